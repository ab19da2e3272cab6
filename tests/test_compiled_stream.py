"""The stream of compiled code: equal to torch.compile on a CPU in every bit, without torch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from compiling import compiled, needs_compiler
from torch import nn

from dropout_explained import LAYERS, TorchStream, dropout_gradient, replay, replay_mask, verify
from dropout_explained.cli import main
from dropout_explained.streams import COMPILED_VERIFIED_WITH, inductor, philox

SEEDS = [0, 1, -1, 2**32 + 5, -(2**63), 2**64 - 1, 5489, 2**31, -(2**32), 123456789]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
ONES = 0xFFFFFFFF


def same_bits(a: Any, b: torch.Tensor) -> bool:
    """Compare values, signs of zero, type and shape; one NaN is as good as another."""
    a = torch.as_tensor(a)
    equal = (a == b) & (torch.signbit(a) == torch.signbit(b)) | (a.isnan() & b.isnan())
    return a.dtype == b.dtype and a.shape == b.shape and bool(equal.all())


def numbers(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return normal deviates, the same for the same shape."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ONES, ONES, ONES, ONES), (ONES, ONES), "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_words_are_those_of_the_published_generator(
    counter: tuple[int, ...], key: tuple[int, ...], words: str
) -> None:
    """The known answers for philox4x32 with 10 rounds that its authors publish.

    ``tests/kat_vectors`` of Random123, https://github.com/DEShawResearch/random123.
    """
    assert " ".join(f"{word:08x}" for word in philox.philox4x32(counter, key)) == words


@pytest.mark.parametrize("key", [0, 1, ONES, 0xDEADBEEF])
@pytest.mark.parametrize("beyond", [1 - philox.CHUNK, 0, 1, philox.CHUNK + 3])
def test_first_words_are_word_0_of_each_counter(key: int, beyond: int) -> None:
    """In order, for any number of them: within a piece, at its end, and in the next ones."""
    count = philox.CHUNK + beyond
    words = np.concatenate(list(philox.first_words(key, count)))
    assert words.size == count
    ends = [*range(min(count, 5)), *range(philox.CHUNK - 3, philox.CHUNK + 3), count - 1]
    for j in [j for j in [*ends, *range(0, count, 997)] if j < count]:
        assert words[j] == philox.philox4x32((j, 0, 0, 0), (key, 0))[0]


def test_counters_reach_their_last() -> None:
    """Up to 2**32 - 1, which no test has the time to count to."""
    words = philox._Rounds(7, 4).first_words(2**32 - 4)
    expected = [philox.philox4x32((j, 0, 0, 0), (7, 0))[0] for j in range(2**32 - 4, 2**32)]
    assert words.tolist() == expected


@pytest.mark.parametrize("dtype", DTYPES)
def test_p_is_rounded_as_torch_rounds_it(dtype: torch.dtype) -> None:
    """Through float32 to a half type; also where rounding at once would give another number."""
    between = (0.0999755859375 + 0.10003662109375) / 2 + 2**-40  # rounds up at once, down by steps
    ties = np.array([0x3DCC8000, 0x3DCD8000], np.uint32).view(np.float32)  # to an even bfloat16
    some = [0.1, 0.5, 0.99999, 1e-17, 1 - 2**-53, between, *ties.tolist()]
    for p in [*some, *np.random.default_rng(0).random(500)]:
        through = torch.float64 if dtype == torch.float64 else torch.float32
        expected = torch.tensor(p, dtype=torch.float64).to(through).to(dtype).item()
        assert inductor.rounded_p(p, str(dtype).removeprefix("torch.")) == expected


@pytest.mark.parametrize("p", [1e-17, 2**-31, 0.1, 0.5, 0.999, 1 - 2**-24, 1 - 2**-53])
def test_kept_is_what_has_a_uniform_above_p(p: float) -> None:
    """The lowest bits that are kept, found by halving, are right at both sides of them."""
    limit = inductor.rounded_p(p, "float32")
    mask = np.concatenate(list(inductor.masks(3, 20_000, p, "float32")))
    words = np.concatenate(list(philox.first_words(3, 20_000)))
    u = (words & np.uint32(2**31 - 1)).astype(np.float32) * np.float32(4.6566127342e-10)
    assert np.array_equal(mask, u.astype(float) > limit)
    lowest = inductor.lowest_kept(p, "float32")
    assert inductor.uniform(lowest - 1) <= limit
    assert lowest == 2**31 or inductor.uniform(lowest) > limit


def test_a_uniform_equal_to_p_is_dropped() -> None:
    """The comparison is strict, and the next smaller p keeps the element."""
    bits = np.concatenate(list(philox.first_words(3, 20_000))) & np.uint32(2**31 - 1)
    place = int(np.flatnonzero(bits < 2**24)[0])  # few enough that float32 holds them all
    u = np.float32(inductor.uniform(int(bits[place])))
    for p, kept in ((u, False), (np.nextafter(u, np.float32(0)), True)):
        assert np.concatenate(list(inductor.masks(3, 20_000, float(p), "float32")))[place] == kept
        assert (inductor.lowest_kept(float(p), "float32") == bits[place]) == kept


def test_uniforms_lie_below_one() -> None:
    """The largest is the float32 before 1; with 2**-31 as the unit it would be 1 itself."""
    assert inductor.uniform(0) == 0
    assert inductor.uniform(2**31 - 1) == 1 - 2**-24
    assert np.float32(2**31 - 1) * np.float32(2**-31) == 1


def test_a_seed_comes_from_the_second_word_of_a_pair() -> None:
    """torch.randint over all numbers but the last of 64 bits: the last wraps around to the first."""
    assert inductor.call_seed(0x01234567, 0x89ABCDEF) == 0x89ABCDEF
    assert inductor.call_seed(ONES, ONES - 1) == ONES - 1
    assert inductor.call_seed(ONES, ONES) == 0


def test_a_half_type_rounds_p_and_so_changes_the_mask() -> None:
    """0.1 is smaller in float16 and larger in bfloat16: such a mask is compared with another p."""
    n, seed = 200_000, 0
    masks = {
        name: replay_mask(n, 0.1, seed, stream="compiled", dtype=name)
        for name in ("float16", "bfloat16", "float32", "float64")
    }
    assert np.array_equal(masks["float32"], masks["float64"])
    assert masks["float16"].sum() > masks["float32"].sum() > masks["bfloat16"].sum()
    assert np.array_equal(replay_mask(n, 0.1, seed), replay_mask(n, 0.1, seed, dtype="float16"))


def test_a_call_takes_two_words_and_some_take_none() -> None:
    """However many elements; p = 0, p = 1 and what is empty draw nothing."""
    stream = TorchStream(0)
    for shape, p in [((1,), 0.5), ((100_000,), 0.1), ((5,), 0.0), ((5,), 1.0), ((0, 3), 0.5)]:
        stream.mask(shape, p, stream="compiled")
    assert stream.draws == 4


def test_eager_and_compiled_calls_share_the_generator() -> None:
    """An eager call of n elements moves it by 2 n words, and a compiled call goes on from there."""
    stream, words = TorchStream(9), TorchStream(9)._twister.random_raw(2 * 6 + 2)
    stream.mask((2, 3), 0.5)
    drawn = stream.mask(50, 0.5, stream="compiled")
    expected = np.concatenate(list(inductor.masks(int(words[-1]), 50, 0.5, "float32")))
    assert np.array_equal(drawn, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_kind_of_array_is_kept(dtype: torch.dtype) -> None:
    """A tensor gives a tensor of its dtype, an array an array; the same numbers; also empty or 0-d."""
    for shape in [(), (0, 3), (5, 7)]:
        x = numbers(*shape, dtype=dtype)
        for p in (0.0, 0.3, 1.0):
            output = replay(x, p, 0, stream="compiled")
            assert output.dtype == dtype
            assert output.shape == x.shape
            if dtype != torch.bfloat16:  # which NumPy does not have
                array = replay(x.numpy(), p, 0, stream="compiled")
                assert isinstance(array, np.ndarray)
                assert same_bits(array, torch.as_tensor(output))


@pytest.mark.parametrize("p", [float("nan"), -0.1, 2])
def test_arguments_are_checked_as_in_eager_calls(p: float) -> None:
    """The drop probability is one, whichever stream it is for."""
    with pytest.raises(ValueError, match="p must"):
        replay([1.0], p, 0, stream="compiled")


@pytest.mark.parametrize("stream", ["compile", "", None, ("compiled",)])
def test_a_stream_that_does_not_exist_is_refused(stream: Any) -> None:
    """One error names the argument, both streams and what came."""
    for action in (
        lambda: replay([1.0], 0.5, 0, stream=stream),
        lambda: replay_mask(1, 0.5, 0, stream=stream),
    ):
        with pytest.raises(
            ValueError, match="stream must be one of eager, compiled; got stream = "
        ):
            action()


@pytest.mark.parametrize("layer", [name for name in LAYERS if name != "dropout"])
def test_layers_that_compiled_code_draws_as_eager_code_are_refused(layer: str) -> None:
    """The message says which stream has their mask."""
    for action in (
        lambda: replay(np.ones((1, 2, 2, 2)), 0.5, 0, layer=layer, stream="compiled"),
        lambda: replay_mask((1, 2, 2, 2), 0.5, 0, layer=layer, stream="compiled"),
    ):
        with pytest.raises(ValueError, match=f"layer must be dropout .*'{layer}'.* eager stream"):
            action()


def test_a_dtype_that_does_not_exist_is_refused() -> None:
    """Named by its argument, with those that there are; torch's and NumPy's own names are taken."""
    with pytest.raises(
        ValueError, match=r"dtype must be one of float16, bfloat16.* got dtype = 'int64'"
    ):
        replay_mask(1, 0.5, 0, stream="compiled", dtype="int64")
    for dtype in (torch.float16, np.dtype("float16")):
        replay_mask(1, 0.5, 0, stream="compiled", dtype=dtype)


@pytest.mark.compiles
@needs_compiler
def test_a_million_elements_for_each_dtype() -> None:
    """Four calls in a graph, one a dtype, each with its own p: values of any sign, infinity and NaN."""
    probabilities = (0.1, 0.9, 0.5, 0.3)
    graph = compiled(lambda *xs: [F.dropout(x, p) for x, p in zip(xs, probabilities, strict=True)])
    inputs = [numbers(10_007, 10, dtype=dtype) for dtype in DTYPES]
    for x in inputs:
        x[0, 0], x[1, 0], x[2, 0] = float("inf"), float("nan"), 0.0
    for seed in SEEDS:
        torch.manual_seed(seed)
        stream = TorchStream(seed)
        for x, p, y in zip(inputs, probabilities, graph(*inputs), strict=True):
            assert same_bits(stream.dropout(x, p, stream="compiled"), y)


@pytest.mark.compiles
@needs_compiler
def test_extremes_of_p() -> None:
    """Where p rounds to 0 or to 1 in the type, and where it is: nothing is drawn then."""
    probabilities = (1e-17, 0.99999, 1 - 2**-53, 0.0, 1.0, 0.5)
    x = numbers(1000)
    x[0] = float("nan")
    for dtype in (torch.float32, torch.float16):
        inputs = x.to(dtype)
        graph = compiled(lambda x: [F.dropout(x, p) for p in probabilities])
        torch.manual_seed(3)
        stream = TorchStream(3)
        for p, y in zip(probabilities, graph(inputs), strict=True):
            assert same_bits(stream.dropout(inputs, p, stream="compiled"), y), p
        assert stream.draws == 8


@pytest.mark.compiles
@needs_compiler
def test_words_are_dealt_in_memory_order() -> None:
    """Transposed, channels last, sliced and expanded inputs: in the order of the output's memory."""
    inputs = (
        numbers(40, 30).t(),
        numbers(2, 3, 4, 5).to(memory_format=torch.channels_last),
        numbers(6, 5, 8)[..., ::2].permute(2, 0, 1),
        numbers(3, 1, 7).expand(3, 4, 7).transpose(0, 2),
        numbers(5, 1).expand(5, 3),
    )
    graph = compiled(lambda *xs: [F.dropout(x, 0.5) for x in xs])
    for seed in SEEDS:
        torch.manual_seed(seed)
        stream = TorchStream(seed)
        for x, y in zip(inputs, graph(*inputs), strict=True):
            assert same_bits(stream.dropout(x, 0.5, stream="compiled"), y)
    first = inputs[0]
    drawn = replay_mask(first.shape, 0.5, 0, strides=first.stride(), stream="compiled")
    assert not np.array_equal(drawn, replay_mask(first.shape, 0.5, 0, stream="compiled"))


@pytest.mark.compiles
@needs_compiler
def test_executions_graph_breaks_and_eager_calls_go_on_in_the_stream() -> None:
    """Two graphs with an eager call between them, run three times: one stream tells all masks."""
    outside = torch.compiler.disable(F.dropout)

    def broken(x: torch.Tensor) -> list[torch.Tensor]:
        first, second = F.dropout(x, 0.5), F.dropout(x[:2], 0.1)
        third = outside(x, 0.4)
        return [first, second, third, F.dropout(x.t(), 0.2)]

    torch._dynamo.reset()
    graphs = torch.compile(broken, dynamic=False)
    x = numbers(5, 40)
    torch.manual_seed(11)
    stream = TorchStream(11)
    for _ in range(3):
        first, second, third, fourth = graphs(x)
        assert same_bits(stream.dropout(x, 0.5, stream="compiled"), first)
        assert same_bits(stream.dropout(x[:2], 0.1, stream="compiled"), second)
        assert same_bits(stream.dropout(x, 0.4), third)
        assert same_bits(stream.dropout(x.t(), 0.2, stream="compiled"), fourth)


@pytest.mark.compiles
@needs_compiler
def test_a_saved_state_tells_the_masks_of_a_training_step() -> None:
    """Forward and backward of a compiled model: the gradient passes where the mask says."""
    model = nn.Sequential(nn.Dropout(0.5), nn.Tanh(), nn.Dropout(0.2))
    step = compiled(model)
    x = numbers(30, 20).requires_grad_()
    torch.manual_seed(1)
    step(x)
    state = torch.get_rng_state()
    step(x).sum().backward()
    stream = TorchStream.from_rng_state(state)
    inner = stream.mask(x.shape, 0.5, stream="compiled")
    outer = stream.mask(x.shape, 0.2, stream="compiled")
    hidden = torch.tanh(torch.from_numpy(dropout_gradient(inner, 0.5)) * x.detach())
    gradient = dropout_gradient(outer, 0.2) * (1 - hidden.square().numpy())
    expected = torch.from_numpy(gradient * dropout_gradient(inner, 0.5))
    assert x.grad is not None
    torch.testing.assert_close(x.grad.double(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.compiles
@needs_compiler
def test_a_graph_takes_its_seeds_at_its_first_dropout() -> None:
    """What else draws in a graph comes before or after all of them; random tensors take one, too."""

    def mixed(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a = F.dropout2d(x, 0.5)
        b = F.dropout(x, 0.5)
        c = F.dropout2d(x, 0.5)
        return a, b, c, torch.rand(3), F.dropout(x, 0.5)

    x = torch.ones(4, 10, 2, 2)
    torch.manual_seed(5)
    a, b, c, rand, d = compiled(mixed)(x)
    stream = TorchStream(5)
    assert same_bits(stream.dropout(x, 0.5, layer="dropout2d"), a)
    assert same_bits(stream.dropout(x, 0.5, stream="compiled"), b)
    at_half = stream.mask(3, 0.5, stream="compiled")
    assert (rand > 0.5).tolist() == at_half.tolist()
    assert same_bits(stream.dropout(x, 0.5, stream="compiled"), d)
    assert same_bits(stream.dropout(x, 0.5, layer="dropout2d"), c)


@pytest.mark.compiles
@needs_compiler
def test_layers_by_channel_and_in_place_draw_from_the_eager_stream() -> None:
    """Their masks are those of eager calls after the same seed."""
    x = torch.ones(3, 5, 2, 2)
    for layer in ("dropout2d", "alpha_dropout", "feature_alpha_dropout"):
        function = getattr(F, layer)
        torch.manual_seed(2)
        y = compiled(lambda x, function=function: function(x, 0.5, training=True))(x)
        assert same_bits(replay(x, 0.5, 2, layer=layer), y)
    torch.manual_seed(2)
    y = compiled(lambda x: F.dropout(x.clone(), 0.5, inplace=True))(x)
    assert same_bits(replay(x, 0.5, 2), y)


@needs_compiler
def test_random_calls_of_every_dtype_agree() -> None:
    """Graphs of one to four calls, seeds from both ends of the range, successive executions."""
    torch._dynamo.reset()
    found = verify(cases=240, seed=1, stream="compiled")
    assert found.first_mismatch is None
    assert found.matches == found.cases == 240
    assert found.elements > 40_000
    assert f"torch.compile of torch {torch.__version__}" in str(found)
    assert all(release in str(found) for release in COMPILED_VERIFIED_WITH)


@needs_compiler
def test_a_mismatch_of_compiled_calls_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that is wrong is caught by the command, with the call that shows it: status 1."""
    monkeypatch.setattr(inductor, "BITS", 30)
    status = main(["verify", "--stream", "compiled", "--cases", "2", "--json"])
    document = json.loads(capsys.readouterr().out)
    assert status == 1
    assert document["stream"] == "compiled"
    assert document["matches"] < document["cases"] == 2
    for word in ("compiled dropout, torch.float", "strides", "call 1 of execution 1 after seed"):
        assert word in document["first_mismatch"]


def test_without_a_compiler_the_remedy_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence and with status 2; what else torch.compile refuses is not called that."""
    torch._dynamo.reset()
    nowhere = {"cpp.cxx": (None, "/nowhere/g++"), "fx_graph_cache": False}
    with torch._inductor.config.patch(nowhere):
        status = main(["verify", "--stream", "compiled", "--cases", "1"])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert "error: torch.compile needs a C++ compiler (g++, or what CXX names)" in err

    def failing(message: str) -> Any:
        def graph(_: torch.Tensor) -> Any:
            raise RuntimeError(message)

        return lambda *_, **__: graph

    headers = "fatal error: Python.h: No such file or directory"
    for message, kind, words in (
        (headers, OSError, "header files"),
        ("another reason", RuntimeError, "another reason"),
    ):
        monkeypatch.setattr(torch, "compile", failing(message))
        with pytest.raises(kind, match=words):
            verify(cases=1, stream="compiled")


def test_the_command_replays_compiled_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """Masks of successive calls, two words each, from a seed or a state; of the type that is given."""
    arguments = ["replay", "--seed", "7", "--p", "0.1", "--shape", "30,40", "--stream", "compiled"]
    main([*arguments, "--calls", "3", "--dtype", "float16", "--json"])
    document = json.loads(capsys.readouterr().out)
    stream = TorchStream(7)
    expected = [stream.mask((30, 40), 0.1, stream="compiled", dtype="float16") for _ in range(3)]
    assert document["mask"] == np.array(expected).astype(int).tolist()
    assert document["draws"] == 6
    assert document["kept"] == np.sum(expected)
    main(arguments)
    assert capsys.readouterr().out.startswith("Compiled masks of dropout from seed 7, p = 0.1")


def test_the_command_refuses_what_is_not_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """A layer whose mask is that of eager code, and a stream that does not exist."""
    arguments = ["replay", "--seed", "0", "--shape", "1,2,2,2"]
    status = main([*arguments, "--stream", "compiled", "--layer", "dropout2d"])
    assert status == 2
    assert "layer must be dropout" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([*arguments, "--stream", "lazy"])
    assert "'eager', 'compiled'" in capsys.readouterr().err
