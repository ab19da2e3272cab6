"""The stream without torch: equal to torch in every bit, from a seed or from a state."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dropout_explained import TorchStream, dropout_gradient, explain, replay, replay_mask
from dropout_explained.streams import read

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = [0, 1, -1, 2**32 + 5, -(2**63), 2**64 - 1, 5489, 2**31, -(2**32), 123456789]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_million_elements_for_each_seed(seed: int) -> None:
    """Ten million in all: every output bit is torch's, at both ends of p too."""
    x = torch.arange(1, 250_002, dtype=torch.float32)
    for p in (0.1, 0.5, 1e-17, 1 - 2**-53):
        torch.manual_seed(seed)
        assert torch.equal(torch.as_tensor(replay(x, p, seed)), F.dropout(x, p))


def test_a_uniform_equal_to_the_keep_probability_is_dropped() -> None:
    """The comparison is strict: torch keeps u < 1 - p, and here u is 1 - p to the last bit."""
    high, low = (int(word) for word in TorchStream(0)._twister.random_raw(2))
    u = ((high << 32 | low) % 2**53) / 2**53
    assert u > 0.5  # so that 1 - (1 - u) is u exactly
    p = 1 - u
    for probability, kept in ((p, False), (p - 2**-53, True)):
        torch.manual_seed(0)
        assert (F.dropout(torch.ones(1), probability) != 0).item() is kept
        assert replay_mask(1, probability, 0).item() is kept


def test_words_are_those_of_the_published_generator() -> None:
    """The ten-thousandth word of mt19937 from its default seed 5489 is 4123659995.

    C++ requires it of std::mt19937 (ISO C++, [rand.predef]).
    """
    assert TorchStream(5489)._twister.random_raw(10_000)[-1] == 4123659995


def test_successive_calls_go_on_in_the_stream() -> None:
    """A model with three dropout layers, in call order; calls that draw nothing count nothing."""
    torch.manual_seed(3)
    stream = TorchStream(3)
    for shape, p in [((5, 7), 0.5), ((5, 3), 0.0), ((4,), 1.0), ((2, 2, 2), 0.1), ((700,), 0.9)]:
        x = torch.ones(shape)
        assert torch.equal(torch.as_tensor(stream.dropout(x, p)), F.dropout(x, p))
    assert stream.draws == 2 * (35 + 8 + 700)


@pytest.mark.parametrize("before", [0, 1, 3, 311, 312, 313, 1000])
def test_a_captured_state_continues_where_torch_stood(before: int) -> None:
    """What mask did that step use? In the middle of a block, at its end, and before the first."""
    torch.manual_seed(7)
    if before:
        F.dropout(torch.ones(before), 0.5)
    captured = torch.get_rng_state()
    x = torch.ones(700)
    expected = F.dropout(x, 0.3)
    continued = TorchStream.from_rng_state(captured).dropout(x, 0.3)
    assert torch.equal(torch.as_tensor(continued), expected)


def test_a_state_survives_every_way_of_saving_it(tmp_path: Path) -> None:
    """torch.save, numpy.save and raw bytes; read without torch."""
    torch.manual_seed(11)
    F.dropout(torch.ones(5), 0.5)
    state = torch.get_rng_state()
    torch.save(state, tmp_path / "state.pt")
    np.save(tmp_path / "state.npy", state.numpy())
    (tmp_path / "state.bin").write_bytes(state.numpy().tobytes())
    for name in ("state.pt", "state.npy", "state.bin"):
        stream = TorchStream.from_rng_state(read(tmp_path / name))
        torch.set_rng_state(state)
        x = torch.ones(9)
        assert torch.equal(torch.as_tensor(stream.dropout(x, 0.5)), F.dropout(x, 0.5))


def test_a_state_of_another_generator_is_refused(tmp_path: Path) -> None:
    """The message says what a state is, and what came."""
    with pytest.raises(ValueError, match=r"get_rng_state\(\) of a CPU, 5056 bytes; got 16 bytes"):
        TorchStream.from_rng_state(b"0" * 16)
    with pytest.raises(ValueError, match="seeded = 0"):
        TorchStream.from_rng_state(bytes(5056))
    beyond_the_block = bytearray(torch.get_rng_state().numpy().tobytes())
    beyond_the_block[8:12] = (625).to_bytes(4, "little")  # the field "left", of 624 words
    with pytest.raises(ValueError, match="left = 625"):
        TorchStream.from_rng_state(bytes(beyond_the_block))
    torch.save(torch.ones(3), tmp_path / "other.pt")
    with pytest.raises(ValueError, match="holds no tensor of that size"):
        read(tmp_path / "other.pt")


def test_memory_order_decides_which_element_is_dropped() -> None:
    """The same values, transposed in memory, get another mask; torch agrees."""
    x = torch.ones(30, 40)
    transposed = torch.ones(40, 30).t()
    torch.manual_seed(0)
    expected = F.dropout(transposed, 0.5) != 0
    drawn = replay_mask((30, 40), 0.5, 0, strides=transposed.stride())
    assert torch.equal(torch.from_numpy(drawn), expected)
    assert not np.array_equal(drawn, replay_mask((30, 40), 0.5, 0, strides=x.stride()))


def test_the_kind_of_array_is_kept() -> None:
    """A tensor gives a tensor of its dtype, an array an array, also empty or 0-d."""
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        assert replay(torch.ones(3, dtype=dtype), 0.5, 0).dtype == dtype
    for name in ("float16", "float32", "float64"):
        assert replay(np.ones(3, dtype=name), 0.5, 0).dtype == name
    assert replay(np.ones((0, 3)), 0.5, 0).shape == (0, 3)
    assert replay(torch.ones(0), 0.5, 0).shape == (0,)
    assert replay(2.0, 0.5, 0).shape == ()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_gradients_follow_the_replayed_mask(dtype: torch.dtype) -> None:
    """In every dtype, autograd multiplies by what the replayed mask says."""
    for p in (0.1, 0.9):
        x = torch.randn(6, 50, generator=torch.Generator().manual_seed(1)).to(dtype)
        leaf = x.t().detach().requires_grad_()
        torch.manual_seed(5)
        (F.dropout(leaf, p) * x.t()).sum().backward()
        mask = replay_mask(leaf.shape, p, 5, strides=leaf.stride())
        assert leaf.grad is not None
        gradient = dropout_gradient(mask, p, upstream=x.t())
        assert torch.equal(leaf.grad, torch.as_tensor(gradient))


def peak(action: Any) -> int:
    """Return the bytes that an action has allocated at its peak."""
    action()  # what is loaded once does not count
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_within_three_times_the_output() -> None:
    """For a mask, and for an output."""
    count = 3_000_000
    assert peak(lambda: replay_mask(count, 0.5, 0)) <= 3 * count
    x = np.ones(count, dtype=np.float32)
    assert peak(lambda: replay(x, 0.5, 0)) <= 3 * x.nbytes


def test_chunks_need_constant_memory() -> None:
    """Ten times the elements, the same peak: a billion would stream through as well."""

    def consume(count: int) -> int:
        return sum(int(piece.sum()) for piece in TorchStream(0)._chunks(count, 0.5))

    small, large = peak(lambda: consume(200_000)), peak(lambda: consume(2_000_000))
    assert large < 1.1 * small
    assert large < 3_000_000
    assert consume(200_000) == replay_mask(200_000, 0.5, 0).sum()


def test_another_device_is_refused_with_its_name() -> None:
    """A seed names a mask only together with the generator; another device has another."""

    class ElsewhereTensor(torch.Tensor):
        """A tensor that says it lives on another device: no such device is needed."""

        device = torch.device("cuda:0")

    x = torch.ones(2).as_subclass(ElsewhereTensor)
    for action in (lambda: replay(x, 0.5, 0), lambda: explain(x, seed=0)):
        with pytest.raises(ValueError, match=r"must be on the CPU.*cuda:0.*x\.cpu\(\)"):
            action()


def test_compiled_code_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.compile draws from another generator: the message says which setting changes it."""
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    with pytest.raises(RuntimeError, match="fallback_random"):
        replay(torch.ones(2), 0.5, 0)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"p": float("nan")}, ValueError, ["p", "nan", "[0, 1]"]),
        ({"seed": 2**64}, ValueError, ["seed", "2**64 - 1"]),
        ({"shape": (2, -1)}, ValueError, ["shape", "at least 0", "(2, -1)"]),
        ({"shape": 2.5}, TypeError, ["shape", "integers", "2.5"]),
        ({"shape": "23"}, TypeError, ["shape", "integers", "'23'"]),
        ({"layer": "dropout4d"}, ValueError, ["layer", "dropout3d", "'dropout4d'"]),
        ({"layer": "dropout2d"}, ValueError, ["x", "3 or 4 dimensions", "(2, 3)"]),
        ({"layer": "feature_alpha_dropout", "shape": 3}, ValueError, ["at least 2 dimensions"]),
        ({"strides": (1,)}, ValueError, ["strides", "one entry a dimension, 2"]),
    ],
)
def test_replay_mask_refuses(arguments: dict[str, Any], kind: type, words: list[str]) -> None:
    """One clear error that names the argument, the value and what is allowed."""
    with pytest.raises(kind) as caught:
        replay_mask(**{"seed": 0, "p": 0.5, "shape": (2, 3), **arguments})
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_are_those_of_rand(dtype: str) -> None:
    """Bit for bit, between dropout calls, row-major and transposed."""
    for seed in (0, 7, 2**40):
        torch.manual_seed(seed)
        kind = getattr(torch, dtype)
        first = F.dropout(torch.ones(5), 0.5)
        numbers = torch.rand(3, 4, dtype=kind), torch.rand_like(torch.empty(4, 3, dtype=kind).t())
        last = F.dropout(torch.ones(5), 0.5)
        stream = TorchStream(seed)
        assert np.array_equal(stream.mask((5,), 0.5), first != 0)
        assert np.array_equal(stream.uniform((3, 4), dtype), numbers[0])
        assert np.array_equal(stream.uniform((3, 4), dtype, strides=(1, 3)), numbers[1])
        assert np.array_equal(stream.mask((5,), 0.5), last != 0)


def test_uniform_numbers_of_other_dtypes_are_refused() -> None:
    """Half types are drawn from fewer bits."""
    with pytest.raises(ValueError, match="dtype must be float32 or float64; got dtype = 'float16'"):
        TorchStream(0).uniform(3, "float16")
