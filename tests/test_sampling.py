"""Moments of any model: sampled and over all masks, batched and one by one, of every structure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from architectures import BUILT, Scores, Stateful, made
from scipy.stats import norm
from torch import nn

from dropout_explained import dropout_calls, output_moments
from dropout_explained.models.many_passes import ManyPasses
from dropout_explained.models.outputs import tensors_of
from dropout_explained.models.recorder import recorded
from dropout_explained.models.sampling import PowerSums

# Few enough coins, with one example, for all masks.
if TYPE_CHECKING:
    from collections.abc import Callable

ENUMERATED: dict[str, Callable[[], tuple[Any, tuple[torch.Tensor, ...]]]] = {
    "mlp": lambda: (made("mlp").model, (torch.randn(1, 4),)),
    "attention": lambda: (made("attention").model, (torch.randn(1, 2, 4),)),
    "attention with weights": lambda: (
        nn.MultiheadAttention(4, 2, dropout=0.4, batch_first=True),
        (torch.randn(1, 2, 4),) * 3,
    ),
    "encoder layer": lambda: (
        nn.TransformerEncoderLayer(2, 2, 2, dropout=0.3, batch_first=True),
        (torch.randn(1, 1, 2),),
    ),
    "both directions": lambda: (
        nn.LSTM(3, 2, 2, dropout=0.5, bidirectional=True),
        (torch.randn(3, 1, 3),),
    ),
    "gru": lambda: (nn.GRU(3, 2, 2, dropout=0.5), (torch.randn(3, 1, 3),)),
    "by hand": lambda: (made("by hand").model, (torch.randn(1, 3),)),
    "residual": lambda: (made("residual").model, (torch.randn(2, 2, 4, 4),)),
    "convolutional": lambda: (nn.Sequential(*made("convolutional").model[:6]), (torch.randn(1, 1, 8, 8),)),
    "self-normalising": lambda: (made("self-normalising").model, (torch.randn(1, 4),)),
    "checkpointed": lambda: (made("checkpointed").model, (torch.randn(2, 4),)),
    "data class": lambda: (made("data class").model, (torch.randn(2, 3),)),
    "shared layer": lambda: (made("shared layer").model, (torch.randn(2, 3),)),
    "in place": lambda: (made("in place").model, (torch.randn(2, 4),)),
    "native": lambda: (made("native").model, (torch.randn(2, 3),)),
    "one mask for all steps": lambda: (made("one mask for all steps").model, (torch.randn(2, 3, 4),)),
    "coins of their own": lambda: (
        lambda x: x * torch.bernoulli(torch.tensor([0.2, 0.5, 0.9])) * (torch.rand(3) < torch.tensor([0.1, 0.4, 0.7])),
        (torch.randn(3),),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENUMERATED)
def test_all_masks_agree_with_what_torch_samples(name: str) -> None:
    """Mean and deviation over all masks lie within 5 standard errors of 2000 sampled passes."""
    torch.manual_seed(0)
    model, inputs = ENUMERATED[name]()
    law = output_moments(model, *inputs)
    assert (law.method, law.exact) == ("all_masks", True)
    ours = output_moments(model, *inputs, method="sampling", passes=2000)
    assert (ours.method, ours.exact, ours.passes) == ("sampling", False, 2000)
    pairs = (
        (law.mean, ours.mean, ours.mean_standard_error),
        (law.standard_deviation, ours.standard_deviation, ours.deviation_standard_error),
    )
    for exact, estimate, error in pairs:
        for a, b, e in zip(*map(tensors_of, (exact, estimate, error)), strict=True):
            # Where nothing varies, the sums differ by rounding alone.
            assert ((a - b).abs() <= 5 * e + 1e-6 * (1 + a.abs())).all()


@pytest.mark.parametrize("name", ENUMERATED)
def test_passes_together_equal_passes_one_by_one(name: str) -> None:
    """Given the same masks, every way of running returns the same, and each pass its own mask's."""
    torch.manual_seed(0)
    model, inputs = ENUMERATED[name]()
    with torch.no_grad():
        draws = recorded(model, inputs, {}).draws
        coins = sum(
            one.coins.true.numel() for one in draws if one.coins and one.coins.true is not None
        )
        masks = torch.rand(5, coins) < 0.5
        together = ManyPasses(model, inputs, {}, draws).run(5, masks)
        alone = ManyPasses(model, inputs, {}, draws, batched=False).run(5, masks)
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a, b)


def test_recurrent_layers_run_in_one_batch_along_their_second_dimension() -> None:
    """Three passes are compared, each alone and all in one; then one batch runs all that are left."""
    model, x = nn.LSTM(3, 4, 2, dropout=0.5), torch.randn(5, 1, 3)
    runs = []
    model.register_forward_pre_hook(lambda _, given: runs.append(given[0].shape))
    with torch.no_grad():
        draws = recorded(model, (x,), {}).draws
        runs.clear()
        ManyPasses(model, (x,), {}, draws).run(50)
    assert runs[-2:] == [(5, 3, 3), (5, 50, 3)]


def test_a_batch_whose_examples_meet_is_not_made_longer() -> None:
    """A mean over the batch is that of one pass, not that of all passes."""

    def model(x: torch.Tensor) -> torch.Tensor:
        h = F.dropout(x, 0.5)
        return h - h.mean(0)

    x = torch.randn(2, 3, dtype=torch.float64)
    law = output_moments(model, x)
    # Half of the difference of two terms of variance x^2 each.
    wanted = (x.square().sum(0) / 4).expand(2, 3)
    torch.testing.assert_close(law.variance, wanted)


@pytest.mark.parametrize("name", BUILT)
def test_every_architecture_has_an_answer(name: str) -> None:
    """In the structure of its output; and the model is asked nothing that it does not take."""
    model, inputs, _, kwargs = made(name)
    law = output_moments(model, *inputs, **kwargs)
    output = recorded(model, inputs, kwargs).output
    assert type(law.mean) is type(output)
    shapes = [one.shape for one in tensors_of(output)]
    for told in (law.mean, law.variance, law.standard_deviation):
        assert [one.shape for one in tensors_of(told)] == shapes
        assert all(one.dtype == torch.float64 for one in tensors_of(told))
    assert law.method in ("all_masks", "propagation", "sampling")


def test_the_standard_errors_are_what_they_say() -> None:
    """Over 200 seeds, mean and deviation lie within theirs as often as a normal variable."""
    x = torch.ones(1, 6)
    model = nn.Sequential(nn.Dropout(0.3), nn.Linear(6, 1), nn.Tanh())
    law = output_moments(model, x, method="all_masks")
    inside = {1: [0, 0], 2: [0, 0]}
    for seed in range(200):
        ours = output_moments(model, x, method="sampling", passes=400, seed=seed)
        off = (
            (ours.mean - law.mean) / ours.mean_standard_error,
            (ours.standard_deviation - law.standard_deviation) / ours.deviation_standard_error,
        )
        for level, counts in inside.items():
            for kind in (0, 1):
                counts[kind] += bool(off[kind].abs() < level)
    for level, counts in inside.items():
        share = norm.cdf(level) - norm.cdf(-level)
        for count in counts:
            # A binomial count of 200, within 4 of its standard deviations.
            assert abs(count - 200 * share) < 4 * np.sqrt(200 * share * (1 - share))


def test_sampling_starts_at_its_seed_and_leaves_the_generator() -> None:
    """The same seed gives the same passes, another seed others, none the next ones."""
    model, x = nn.Sequential(nn.Dropout(0.5)), torch.ones(1, 30)
    before = torch.get_rng_state()
    first, again, other = (
        output_moments(model, x, method="sampling", passes=100, seed=seed).mean
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(1)
    state = torch.get_rng_state()
    for seed in (None, state):
        found = output_moments(model, x, method="sampling", passes=100, seed=seed).mean
        assert torch.equal(found, first)


def test_sampling_stops_at_the_wanted_error() -> None:
    """No later than the chunk that reaches it, and not before."""
    model, x = nn.Dropout(0.5), torch.ones(1, 50)
    law = output_moments(model, x, standard_error=0.05)
    assert law.method == "sampling"
    assert law.passes is not None
    assert float(law.mean_standard_error.max()) <= 0.05
    # An element of deviation 1 needs about 1 / 0.05^2 passes; the largest of 50 a few more.
    assert 400 <= law.passes <= 1200
    most = output_moments(model, x, standard_error=1e-6, passes=64)
    assert most.passes == 64
    assert float(most.mean_standard_error.max()) > 1e-6


def test_power_sums_are_those_of_numpy() -> None:
    """In chunks, about a mean of a million: variance and both standard errors."""
    outputs = torch.from_numpy(np.random.default_rng(0).gamma(2, size=(1000, 3))) + 1e6
    sums = PowerSums(outputs[:100])
    for chunk in outputs.split(100):
        sums.add(chunk)
    told = sums.estimate()
    values = outputs.numpy()
    centred = values - values.mean(0)
    np.testing.assert_allclose(told.mean, values.mean(0), rtol=1e-14)
    np.testing.assert_allclose(told.variance, values.var(0, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(told.mean_standard_error, values.std(0, ddof=1) / 1000**0.5)
    spread = (centred**4).mean(0) - (centred**2).mean(0) ** 2 * 997 / 999
    wanted = np.sqrt(spread / 1000) / (2 * values.std(0, ddof=1))
    np.testing.assert_allclose(told.deviation_standard_error, wanted, rtol=1e-6)


def test_a_single_pass_has_no_error_to_tell() -> None:
    """One pass tells a mean, and no deviation."""
    law = output_moments(nn.Dropout(0.5), torch.ones(1, 2), method="sampling", passes=1)
    assert law.passes == 1
    assert not torch.isfinite(law.mean_standard_error).any()


def test_batch_normalisation_rests() -> None:
    """Whatever its mode, its averages are used, and they do not move."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    model(torch.randn(9, 3))  # averages that are not those of the start
    x = torch.randn(2, 3)
    awake = {m: output_moments(model, x, method=m) for m in ("all_masks", "propagation")}
    model[1].eval()
    for method, law in awake.items():
        assert torch.equal(law.variance, output_moments(model, x, method=method).variance)
    torch.testing.assert_close(awake["all_masks"].variance, awake["propagation"].variance)
    assert model[2].training


def test_numbers_that_torch_does_not_draw_are_drawn_in_every_pass() -> None:
    """NumPy's and Python's coins are tossed for each pass, not once for all of them."""

    def model(x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, 0.5) * float(np.random.rand() < 0.5) * float(random.random() < 0.5)

    random.seed(0)
    np.random.seed(0)
    law = output_moments(model, torch.ones(1), passes=2000)
    # y is 2 with probability 1/8.
    deviation = 2 * np.sqrt(1 / 8 * 7 / 8)
    assert abs(float(law.mean) - 0.25) < 5 * deviation / np.sqrt(2000)
    assert abs(float(law.standard_deviation) - deviation) < 5 * float(law.deviation_standard_error)


def test_layers_that_are_skipped_at_random_are_sampled() -> None:
    """A coin that decides what else is run has no fixed masks; sampling asks for none."""

    class Skipping(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if torch.rand(()) < 0.5 else F.dropout(x, 0.5)

    law = output_moments(Skipping(), torch.ones(1), passes=4000)
    assert law.method == "sampling"
    # Half of the time 1, else 0 or 2: mean 1, variance 1/2.
    assert abs(float(law.mean) - 1) < 5 * float(law.mean_standard_error)
    deviation = abs(float(law.standard_deviation) - np.sqrt(0.5))
    assert deviation < 5 * float(law.deviation_standard_error)


def test_a_model_may_look_at_its_values() -> None:
    """A branch that depends on them: each mask takes its own, one at a time."""

    def model(x: torch.Tensor) -> torch.Tensor:
        h = F.dropout(x, 0.5)
        return h * 10 if h.sum() > 3 else h

    law = output_moments(model, torch.ones(1, 2, dtype=torch.float64))
    # Both kept: 2 + 2 > 3, so 20 each; one kept: 2; of four masks.
    assert torch.equal(law.mean, torch.full((1, 2), (20 + 2) / 4).double())


def test_draws_that_are_empty_or_asleep_are_no_coins() -> None:
    """They are stepped over when masks are given."""

    def model(x: torch.Tensor) -> torch.Tensor:
        asleep = torch.native_dropout(x, 0.5, train=False)[0]
        return F.dropout(asleep, 0.5) + torch.rand(0).sum()

    law = output_moments(model, torch.ones(3))
    assert law.masks == 8
    torch.testing.assert_close(law.variance, torch.ones(3).double())


def test_what_draws_otherwise_in_every_run_has_no_masks() -> None:
    """A layer that drops in the first pass alone, or in all but the first."""

    class First(nn.Module):
        def __init__(self, first: float, later: float) -> None:
            super().__init__()
            self.p, self.later = first, later

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            p, self.p = self.p, self.later
            return F.dropout(F.dropout(x, 0.5), p)

    for first, later in ((0.5, 0.0), (0.0, 0.5)):
        with pytest.raises(ValueError, match="must toss the same coins in every run"):
            output_moments(First(first, later), torch.ones(2), method="all_masks")


class Both(NamedTuple):
    """Two tensors."""

    one: torch.Tensor
    two: torch.Tensor


class Strict(dict[str, torch.Tensor]):
    """A dictionary that is made of nothing."""

    def __init__(self) -> None:
        super().__init__()


def test_outputs_of_classes_come_back_in_them_where_they_can_be_built() -> None:
    """A named tuple does; a dictionary of a class of its own becomes a plain one."""

    def strict(x: torch.Tensor) -> Strict:
        made = Strict()
        made["y"] = F.dropout(x, 0.5)
        return made

    x = torch.ones(2)
    law = output_moments(lambda x: Both(F.dropout(x, 0.5), x), x)
    assert isinstance(law.mean, Both)
    assert torch.equal(law.mean.two, x.double())
    assert type(output_moments(strict, x).mean) is dict


def test_outputs_keep_their_structure() -> None:
    """Tuples, lists, dictionaries and data classes, with what is no floating tensor left as it is."""

    def model(x: torch.Tensor) -> Any:
        y = F.dropout(x, 0.5)
        return {"a": y, "b": [y.sum(), 3, (y > 0).sum()], "c": Scores(y * 2, ("n",))}

    law = output_moments(model, torch.ones(2))
    assert list(law.mean) == ["a", "b", "c"]
    assert torch.equal(law.mean["a"], torch.ones(2).double())
    assert law.mean["b"][0] == 2
    assert law.mean["b"][1] == 3
    assert isinstance(law.mean["c"], Scores)
    assert torch.equal(law.standard_deviation["c"].logits, torch.full((2,), 2.0).double())


def test_the_model_is_left_as_it_was_by_every_method() -> None:
    """Parameters, buffers and modes are the objects and the values that they were."""
    from test_dropout_calls import everything

    given: tuple[tuple[Any, torch.Tensor], ...] = (
        (Stateful(), torch.randn(2, 2)),
        (made("mlp").model, torch.randn(2, 4)),
        (made("convolutional").model, torch.randn(2, 1, 8, 8)),
    )
    for model, x in given:
        before = everything(model)
        output_moments(model, x, passes=10)
        output_moments(model, x, method="sampling", passes=10)
        assert everything(model) == before


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"passes": 0}, ValueError, "passes must be an integer from 1"),
        ({"passes": 1.5}, TypeError, "passes must be an integer"),
        ({"standard_error": 0.0}, ValueError, "standard_error must be a number above 0; got"),
        ({"standard_error": float("nan")}, ValueError, "standard_error must be a number above 0"),
        ({"standard_error": "0.1"}, TypeError, "standard_error must be a number above 0"),
        ({"seed": 2**64}, ValueError, "seed must be an integer from"),
    ],
)
def test_bad_wishes_are_named(given: dict[str, Any], error: type[Exception], message: str) -> None:
    """The argument, what is allowed, and what came."""
    with pytest.raises(error, match=message):
        output_moments(nn.Dropout(), torch.ones(1, 2), method="sampling", **given)


def test_sampling_needs_something_to_sample() -> None:
    """A model in evaluation mode is told to train."""
    with pytest.raises(ValueError, match=r"it draws nothing: call model.train\(\) first"):
        output_moments(nn.Dropout().eval(), torch.ones(1, 2), method="sampling")


def test_a_long_wait_shows_a_bar_at_a_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written where nobody waits."""
    output_moments(nn.Dropout(), torch.ones(1, 30), method="sampling")
    assert capsys.readouterr() == ("", "")


def test_the_calls_are_those_that_moments_average() -> None:
    """As many masks as 2 to the power of the coins that dropout_calls tells."""
    model, inputs = ENUMERATED["attention"]()
    coins = sum(call.coins for call in dropout_calls(model, *inputs))
    assert output_moments(model, *inputs).masks == 2**coins
