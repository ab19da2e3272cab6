"""Every draw of a model: seen, right, replayed from the seed, and the model left as it was."""

from __future__ import annotations

import random
import threading
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from architectures import BUILT, Checkpointed, Recurrent, Stateful, made
from torch import nn
from torch.utils._pytree import tree_leaves

from dropout_explained import dropout_calls, replay_mask
from dropout_explained.models.as_it_was import modules_of
from dropout_explained.models.recorder import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = (0, 1, 2, 3, 12, 123, 2**40, 2**64 - 1, -5, 77)
# Draws from a generator of its own.
NOT_REPLAYED = {"stateful"}


def copies(one: Any) -> list[Any]:
    """Return the tensors in something, cloned."""
    return [leaf.clone() for leaf in tree_leaves(one) if isinstance(leaf, torch.Tensor)]


def generators() -> tuple[Any, ...]:
    """Return where the three global generators stand."""
    numpys: Any = np.random.get_state()
    return torch.get_rng_state().tolist(), random.getstate(), numpys[1].tolist(), numpys[2:]


@pytest.mark.parametrize("name", BUILT)
def test_every_draw_is_seen_in_order(name: str) -> None:
    """By the function that drew, with a mask of the noise's shape."""
    model, inputs, functions, kwargs = made(name)
    calls = dropout_calls(model, *inputs, **kwargs)
    assert [call.function for call in calls] == functions
    for call in calls:
        assert call.mask is not None
        assert call.mask.dtype == torch.bool
        assert tuple(call.mask.shape) == call.shape
        assert call.generator == "torch"


@pytest.mark.parametrize("name", BUILT)
def test_the_run_is_the_one_that_torch_makes(name: str) -> None:
    """The recorded output equals that of a plain run after the same seed, bit for bit."""
    model, inputs, _, kwargs = made(name)
    ours = recorded(model, inputs, kwargs, 5).output
    torch.manual_seed(5)
    plain = made(name)
    torch.manual_seed(5)
    theirs = plain.model(*plain.inputs, **plain.kwargs)
    ours, theirs = (vars(one) if hasattr(one, "logits") else one for one in (ours, theirs))
    for a, b in zip(copies(ours), copies(theirs), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", sorted(set(BUILT) - NOT_REPLAYED))
def test_the_masks_of_other_seeds_are_found_without_the_model(name: str) -> None:
    """Replayed from the calls alone, at ten seeds: every mask equals what torch draws."""
    model, inputs, _, kwargs = made(name)
    calls = dropout_calls(model, *inputs, **kwargs)
    for seed in SEEDS:
        drawn = [
            one for one in dropout_calls(model, *inputs, seed=seed, **kwargs) if not one.recomputed
        ]
        for found, call in zip(calls.replay(seed), drawn, strict=True):
            assert torch.equal(cast("torch.Tensor", found), cast("torch.Tensor", call.mask))


def everything(model: Any) -> dict[str, Any]:
    """Return what a module holds: identities, versions, values, gradients, attributes."""
    found: dict[str, Any] = {}
    for number, module in enumerate(modules_of(model)):
        for key, value in vars(module).items():
            found[f"{number}.{key}"] = id(value)
            if isinstance(value, (list, dict, set)):
                found[f"{number}.{key}.items"] = [id(one) for one in value] + [
                    id(one) for one in (value.values() if isinstance(value, dict) else ())
                ]
            elif isinstance(value, torch.Generator):
                found[f"{number}.{key}.state"] = value.get_state().tolist()
            elif isinstance(value, (int, str, float)):
                found[f"{number}.{key}.value"] = value
        for name, one in [*module.named_parameters(), *module.named_buffers()]:
            versions = one._version
            found[f"{number}.{name}"] = (id(one), versions, one.tolist(), one.requires_grad)
            found[f"{number}.{name}.grad"] = None if one.grad is None else one.grad.tolist()
    return found


@pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", BUILT)
def test_the_model_is_left_as_it_was(name: str, mode: bool) -> None:
    """By identity, version, value, gradient, mode and attribute; so are input and generators."""
    model, inputs, _, kwargs = made(name)
    if isinstance(model, nn.Module):
        model.train(mode)
        for one in model.parameters():
            one.grad = torch.ones_like(one)
    before, given = everything(model), copies((inputs, kwargs))
    states = generators()
    dropout_calls(model, *inputs, seed=4, **kwargs)
    assert everything(model) == before
    assert all(torch.equal(a, b) for a, b in zip(given, copies((inputs, kwargs)), strict=True))
    assert generators() == states


class Failing(Stateful):
    """A model that raises once it has written and drawn."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Do all that the other does, and raise."""
        super().forward(x)
        self.late = nn.Linear(1, 1)
        self.train(not self.training)
        random.random()
        np.random.rand()
        raise RuntimeError("too late")


def test_also_a_model_that_raises_is_left_as_it_was() -> None:
    """Its error arrives, and nothing else of it is left."""
    model, x = Failing(), torch.randn(2, 2)
    before = everything(model)
    states = generators()
    with pytest.raises(RuntimeError, match="too late"):
        dropout_calls(model, x)
    assert everything(model) == before
    assert generators() == states


def test_a_pending_backward_pass_is_not_disturbed() -> None:
    """What was computed before can still be differentiated: no version moved."""
    model = Stateful()
    model.own.manual_seed(1)
    loss = nn.functional.dropout(model.weight * 2, 0.5).square().sum()
    dropout_calls(model, torch.randn(2, 2))
    loss.backward()
    assert model.weight.grad is not None


def test_a_saved_state_answers_which_units_a_step_dropped() -> None:
    """The masks of the step that began at the state, however many were drawn before it."""
    model, inputs, *_ = made("mlp")
    torch.manual_seed(9)
    states, outputs = [], []
    for _ in range(3):
        states.append(torch.get_rng_state())
        outputs.append(model(*inputs))
    (call,) = dropout_calls(model, *inputs, seed=states[2])
    hidden = model[1](model[0](*inputs))
    assert call.mask is not None
    assert torch.equal(outputs[2], model[3](hidden * (call.mask / 0.9)))
    (replayed,) = dropout_calls(model, *inputs, seed=0).replay(states[2])
    assert torch.equal(cast("torch.Tensor", replayed), call.mask)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.7, 1 / 3, 0.999])
def test_p_is_told_as_it_was_written(p: float) -> None:
    """Not as the difference from 1 that torch passes on."""
    (call,) = dropout_calls(nn.Dropout(p), torch.ones(3))
    assert call.p == p


def test_a_default_that_does_not_arrive_is_one_half() -> None:
    """``bernoulli_()`` tosses fair coins."""
    (call,) = dropout_calls(lambda x: x * torch.empty(3).bernoulli_(), torch.ones(3))
    assert call.p == 0.5


HAND: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "factor": lambda x, u: x * (u < 0.7),
    "factor, turned": lambda x, u: x * ~(u > 0.7),
    "factor, from the other side": lambda x, u: x * torch.gt(torch.tensor(0.7), u),
    "factor, counted from one": lambda x, u: x * (1 - (u >= 0.7).float()),
    "factor, cast and scaled": lambda x, u: x * ((u <= 0.7).to(x.dtype) / 0.7),
    "floor": lambda x, u: x * torch.floor(u + 0.7),
    "shifted": lambda x, u: x * (u + 0.25 < 0.95),
    "equal to zero": lambda x, u: x * ((u >= 0.7) == 0),
    "met twice": lambda x, u: x * (u < 0.7) + 0 * x.masked_fill(u < 0.7, 0),
    "filled": lambda x, u: x.masked_fill(u >= 0.7, 0.0),
    "filled, turned": lambda x, u: x.masked_fill(torch.logical_not(u < 0.7), 0.0),
    "chosen": lambda x, u: torch.where(u < 0.7, x, torch.zeros_like(x)),
    "chosen, replaced": lambda x, u: torch.where(u >= 0.7, torch.tensor(0.0), x),
    "put": lambda x, u: x.index_put((u >= 0.7,), torch.tensor(0.0)),
}


@pytest.mark.parametrize("name", HAND)
def test_a_mask_by_hand_keeps_where_the_output_is_kept(name: str) -> None:
    """Whichever way it is written; and its p is the probability to drop."""

    def model(x: torch.Tensor) -> torch.Tensor:
        return HAND[name](x, torch.rand_like(x))

    x = torch.rand(200) + 1
    (call,) = dropout_calls(model, x, seed=1)
    torch.manual_seed(1)
    moved = name in ("floor", "shifted")
    assert call.p == pytest.approx(0.3, rel=1e-7 if moved else 1e-15)
    assert call.mask is not None
    assert torch.equal(call.mask, model(x) != 0)


def test_a_probability_for_each_coin() -> None:
    """It comes back for each."""
    q = torch.tensor([0.2, 0.5, 0.9])
    for draw in (lambda x: x * torch.bernoulli(q), lambda x: x * (torch.rand(3) < q)):
        (call,) = dropout_calls(draw, torch.ones(3))
        torch.testing.assert_close(cast("torch.Tensor", call.p), 1 - q)
        assert "0.1 to 0.8" in str(dropout_calls(draw, torch.ones(3)))


@pytest.mark.parametrize("name", HAND)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_masks_by_hand_are_replayed(name: str, dtype: torch.dtype) -> None:
    """From the seed, by doing with the numbers what the model did; at ten seeds, transposed too."""

    def model(x: torch.Tensor) -> torch.Tensor:
        x = F.dropout(x, 0.1)
        x = x * torch.bernoulli(torch.full_like(x, 0.75))
        return F.dropout(HAND[name](x.t(), torch.rand_like(x.t())), 0.2)

    x = torch.rand(5, 3, dtype=dtype) + 1
    calls = dropout_calls(model, x)
    for seed in SEEDS:
        for found, call in zip(calls.replay(seed), dropout_calls(model, x, seed=seed), strict=True):
            assert torch.equal(cast("torch.Tensor", found), cast("torch.Tensor", call.mask))


def test_a_coin_that_decides_what_is_run_must_fall_as_it_did() -> None:
    """Then the calls behind it are the same; else the model is asked again."""

    def model(x: torch.Tensor) -> torch.Tensor:
        if torch.rand(()) < 0.5:
            x = F.dropout(x, 0.5)
        return F.dropout(x, 0.25)

    x = torch.ones(4)
    by_number: dict[int, Any] = {}
    for seed in range(20):
        calls = dropout_calls(model, x, seed=seed)
        by_number.setdefault(len(calls), calls)
        for number, earlier in by_number.items():
            if number == len(calls):
                masks = earlier.replay(seed)
                assert all(
                    torch.equal(cast("torch.Tensor", a), cast("torch.Tensor", b.mask))
                    for a, b in zip(masks, calls, strict=True)
                )
            else:
                with pytest.raises(ValueError, match="decide what else is run; they do not"):
                    earlier.replay(seed)
    assert set(by_number) == {2, 3}


def test_uniform_numbers_that_toss_no_coins_are_stepped_over() -> None:
    """What is drawn behind them is replayed."""

    def model(x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x[torch.rand(4).argsort()], 0.5)

    calls = dropout_calls(model, torch.ones(4))
    for seed in SEEDS:
        nothing, mask = calls.replay(seed)
        assert nothing is None
        drawn = dropout_calls(model, torch.ones(4), seed=seed)[1].mask
        assert torch.equal(cast("torch.Tensor", mask), cast("torch.Tensor", drawn))


def test_where_a_call_is_written() -> None:
    """Module path, class, mode and line of the code that called."""

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
            self.unregistered = [nn.Dropout(0.25)]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.inner(x)
            x = self.unregistered[0](x)
            return F.dropout(x, 0.125)

    model = Outer().eval()
    model.inner.train()
    calls = dropout_calls(model, torch.ones(1, 2))
    assert [(call.module, call.kind, call.mode, call.p) for call in calls] == [
        ("inner.1", "Dropout", "training", 0.5),
        ("", "Outer", "evaluation", 0.25),
        ("", "Outer", "evaluation", 0.125),
    ]
    source = Path(__file__).read_text(encoding="utf-8").splitlines()
    lines = [call.line.rpartition(":") for call in calls]
    assert all(Path(file).name == Path(__file__).name for file, _, _ in lines)
    written = [source[int(number) - 1].strip() for _, _, number in lines]
    assert written[0] == "x = self.inner(x)"
    assert written[1] == "x = self.unregistered[0](x)"
    assert written[2] == "return F.dropout(x, 0.125)"


def test_what_a_checkpoint_draws_again_is_marked() -> None:
    """With the same mask; and none is drawn again where no gradient is wanted."""
    model, x = Checkpointed(), torch.randn(2, 4)
    first, again = dropout_calls(model, x)
    assert (first.recomputed, again.recomputed) == (False, True)
    assert first.mask is not None
    assert again.mask is not None
    assert torch.equal(first.mask, again.mask)
    assert len(dropout_calls(model, x).replay(0)) == 1
    with torch.no_grad():
        assert len(dropout_calls(model, x)) == 1


def test_draws_that_torch_did_not_make_are_told() -> None:
    """With the module in which the generators of NumPy and Python moved."""

    class Foreign(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * torch.from_numpy(np.random.rand(3) < random.random())

    calls = dropout_calls(nn.Sequential(nn.Dropout(0.5), Foreign()), torch.ones(3))
    assert [(call.generator, call.module) for call in calls] == [
        ("torch", "0"),
        ("numpy.random", "1"),
        ("random", "1"),
    ]
    assert calls[1].mask is None
    assert calls[1].p is None
    assert "torch did not make those numbers" in " ".join(str(calls).split())


@pytest.mark.parametrize("inference", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_the_mode_of_gradients_hides_nothing(inference: Any) -> None:
    """The same draws with the same masks, also in inference mode."""
    for name in ("lstm", "encoder layer", "self-normalising", "attention with weights", "by hand"):
        model, inputs, functions, kwargs = made(name)
        usual = dropout_calls(model, *inputs, seed=0, **kwargs)
        with inference():
            calls = dropout_calls(model, *inputs, seed=0, **kwargs)
        assert [call.function for call in calls] == functions
        for one, other in zip(usual, calls, strict=True):
            assert torch.equal(cast("torch.Tensor", one.mask), cast("torch.Tensor", other.mask))


def test_nothing_is_drawn_at_the_ends_of_p_and_in_evaluation() -> None:
    """Nor by attention without dropout, nor by what has no elements."""
    attention = nn.MultiheadAttention(4, 2, dropout=0.0)
    x = torch.randn(3, 1, 4)
    assert not dropout_calls(attention, x, x, x)
    for layer in (nn.Dropout(0.0), nn.Dropout(1.0), nn.Dropout(0.5).eval()):
        assert not dropout_calls(layer, torch.ones(3))
    assert not dropout_calls(nn.Dropout(0.5), torch.ones(0, 3))
    resting = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    assert not dropout_calls(resting, torch.randn(1, 2, 8))


def test_a_layer_at_rest_takes_its_fast_path_as_before() -> None:
    """The output of an encoder at rest is that of a plain run, bit for bit."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = torch.randn(1, 2, 8)
    with torch.no_grad():
        assert torch.equal(recorded(layer, (x,), {}).output, layer(x))


def test_a_layer_at_rest_hides_no_name() -> None:
    """With gradients on, a resting encoder beside it does not change what a call is called."""
    resting = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    x = torch.randn(1, 2, 8)
    (call,) = dropout_calls(lambda one: torch.dropout(resting(one), 0.5, train=True), x)
    assert call.function == "dropout"


def test_the_table() -> None:
    """A line for each call: module, function, p, coins, share kept, where, and what is odd."""
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.25), Recurrent(nn.LSTM).drop.eval())
    calls = dropout_calls(model, torch.ones(2, 2), seed=0)
    kept = int(replay_mask((2, 4), 0.25, 0).sum()) / 8
    title, _, head, row = str(calls).splitlines()
    assert title == "1 random draw, 8 coins"
    assert head.split() == ["module", "function", "p", "coins", "kept"]
    assert row.split() == ["1", "dropout", "0.25", "2x4", f"{kept:.1%}"]
    html = calls._repr_html_()
    assert "<caption>1 random draw, 8 coins</caption>" in html
    forgotten = dropout_calls(OnlyFunction().eval(), torch.ones(2))
    assert ", evaluation" in str(forgotten)
    assert "where nothing should be drawn" in " ".join(str(forgotten).split())


class OnlyFunction(nn.Module):
    """Forgets to say in which mode it is."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop."""
        return F.dropout(x, 0.5)


def test_compiled_models_are_run_as_they_were_written() -> None:
    """Their draws are the eager ones, no graph is added, and no warning is heard."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    compiled = torch.compile(model, backend="eager")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (ours,) = dropout_calls(compiled, torch.ones(1, 2), seed=0)
    (theirs,) = dropout_calls(model, torch.ones(1, 2), seed=0)
    assert torch.equal(cast("torch.Tensor", ours.mask), cast("torch.Tensor", theirs.mask))


class Sleepy(nn.Module):
    """Puts its dropout to sleep after a pass, and counts by a batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(2), nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop, and sleep."""
        x = self.drop(self.norm(x))
        self.drop.training = False
        return x


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripted_models() -> None:
    """The operator is seen below the script, whose buffers and modes are put back."""
    model = torch.jit.script(Sleepy())
    before = {name: one.clone() for name, one in model.named_buffers()}
    (call,) = dropout_calls(model, torch.randn(3, 2), seed=0)
    assert call.mask is not None
    for name, one in model.named_buffers():
        assert torch.equal(one, before[name])
    assert model.drop.training


def test_numbers_that_become_something_else_are_no_coins() -> None:
    """A logarithm in place, a sum of uniforms: drawn, and no mask."""

    def model(x: torch.Tensor) -> torch.Tensor:
        noise = torch.rand_like(x)
        return x + noise.log_().neg_() + (torch.rand_like(x) + torch.rand_like(x))

    calls = dropout_calls(model, torch.ones(3))
    assert [call.mask for call in calls] == [None] * 3


def test_the_line_of_a_cell_is_told_without_its_file() -> None:
    """The file of a notebook's cell has a number for a name, in a folder that nobody knows."""
    source = "def model(x):\n    return F.dropout(x, 0.5)\n"
    space: dict[str, Any] = {"F": F}
    exec(compile(source, "/anywhere/ipykernel_7/123.py", "exec"), space)  # noqa: S102
    row = str(dropout_calls(space["model"], torch.ones(3))).splitlines()[3]
    assert row.endswith("line 2")


def test_what_cannot_be_copied_is_shared() -> None:
    """A lock in a model, a name that a function does not have yet: neither is in the way."""

    class Locked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lock = threading.Lock()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with self.lock:
                return F.dropout(x, 0.5)

    locked = Locked()

    def model(x: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", locked(x) if x.sum() > 0 else late(locked, x))

    before = everything(locked)
    assert len(dropout_calls(model, torch.ones(3))) == 1
    assert len(dropout_calls(partial(Locked.forward, locked), torch.ones(3))) == 1
    assert everything(locked) == before

    def late(one: nn.Module, x: torch.Tensor) -> Any:
        return one(x)


def test_modules_that_a_function_runs_are_left_alone_too() -> None:
    """Whether it closes over them, is bound to them, or has them as a first argument."""
    norm = nn.BatchNorm1d(2)
    x = torch.randn(3, 2)
    for model in (
        lambda x: F.dropout(norm(x)),
        norm.forward,
        partial(lambda one, x: F.dropout(one(x)), norm),
    ):
        before = everything(norm)
        dropout_calls(model, x)
        assert everything(norm) == before


def test_what_cannot_be_looked_at_is_refused() -> None:
    """In one sentence, which says what to do."""
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module.*got str"):
        dropout_calls(cast("Any", "model"))
    with pytest.raises(ValueError, match=r"is lazy: call model\(...\) first"):
        dropout_calls(nn.Sequential(nn.LazyLinear(2), nn.Dropout()), torch.ones(1, 2))
    with pytest.raises(ValueError, match="seed must be an integer from"):
        dropout_calls(nn.Dropout(), torch.ones(2), seed=2**64)
    with pytest.raises(TypeError, match="seed must be an integer"):
        dropout_calls(nn.Dropout(), torch.ones(2), seed=cast("Any", 0.5))
    with pytest.raises(ValueError, match=r"what torch.get_rng_state.. returned, 5056 bytes"):
        dropout_calls(nn.Dropout(), torch.ones(2), seed=torch.zeros(3))
    with pytest.raises(ValueError, match=r"randn at .* draws by randn"):
        dropout_calls(lambda x: x * torch.randn(3), torch.ones(3)).replay(0)
    with pytest.raises(ValueError, match=r"in single or double precision.* draws by rand"):
        dropout_calls(lambda x: x * (torch.rand_like(x) < 0.5), torch.ones(3).half()).replay(0)
    cast_later = dropout_calls(lambda x: x * (torch.rand(3).half() < 0.5), torch.ones(3))
    assert len(cast_later.replay(0)) == 1
    own = torch.Generator()
    mine = dropout_calls(lambda x: x * torch.empty(3).bernoulli_(0.5, generator=own), torch.ones(3))
    with pytest.raises(ValueError, match="from a generator of its own"):
        mine.replay(0)
