"""The audit of live models: wrong ones are found with their place, right ones stay silent, all stay as they were."""

from __future__ import annotations

import ast
import json
import warnings
from typing import Any, cast

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import wrong_models
from architectures import BUILT, Checkpointed, Stateful, made
from test_dropout_calls import Failing, everything, generators
from torch import nn
from torch.utils.checkpoint import checkpoint

from dropout_explained import audit
from dropout_explained.audit import rules

# Of the architectures, those that drop in evaluation on purpose of the tests.
WRONG_HERE = {"residual", "by hand", "stateful", "function", "native", "transposed"}
AUDITED = [code for code, rule in rules().items() if "audit" in rule.finds]


def run(text: str) -> dict[str, Any]:
    """Run an example of the catalogue, and return what it defines."""
    torch.manual_seed(0)
    space: dict[str, Any] = {
        "torch": torch, "nn": nn, "F": F, "np": np, "warnings": warnings, "checkpoint": checkpoint,
    }  # fmt: skip
    exec(compile(text, "example.py", "exec"), space)  # noqa: S102
    return space


@pytest.mark.parametrize("code", AUDITED)
@pytest.mark.filterwarnings("ignore:dropout")
def test_the_examples_of_the_catalogue(code: str) -> None:
    """The bad one is found, and nothing else in it; the good one stays silent."""
    rule = rules()[code]
    for text, wanted in ((rule.bad, [code]), (rule.good, [])):
        space = run(text)
        report = audit(space["model"], *space["inputs"], accept=space.get("accept", ()))
        assert [found.code for found in report.findings] == wanted
        assert all(found.severity == rule.severity for found in report.findings)


@pytest.mark.parametrize("name", wrong_models.BUILT)
@pytest.mark.filterwarnings("ignore:dropout")
def test_wrong_models_are_found_with_their_place(name: str) -> None:
    """Forty further ones: the finding, and where it stands."""
    torch.manual_seed(0)
    wrong = wrong_models.BUILT[name]()
    report = audit(wrong.model, *wrong.inputs)
    found = [one for one in report.findings if one.code == wrong.code]
    assert found, report
    assert wrong.where in found[0].where
    assert found[0].docs.endswith(f"#{wrong.code.lower()}")


@pytest.mark.parametrize("name", sorted(set(BUILT) - WRONG_HERE))
def test_right_models_have_no_errors(name: str) -> None:
    """Every architecture whose dropout follows its mode."""
    model, inputs, _, kwargs = made(name)
    for seed in range(3):
        torch.manual_seed(seed)
        report = audit(model, *inputs, **kwargs)
        assert not report.errors, report
        assert len(report.sites) >= 1


RIGHT = {
    "vanilla": lambda self, x: x * wrong_models.mask(x, 0.8) if self.training else x * 0.8,
    "divided before": lambda self, x: x / 0.8 * wrong_models.mask(x, 0.8) if self.training else x,
    "divided in the mask": lambda self, x: x * (wrong_models.mask(x, 0.8) / 0.8) if self.training else x,
    "multiplied by 1 / q": lambda self, x: x * wrong_models.mask(x, 0.8) * 1.25 if self.training else x,
    "by the observed rate": lambda self, x: observed(x) if self.training else x,
    "replaced by another value": lambda self, x: (
        torch.where(torch.rand_like(x) < 0.9, x, x.mean()) if self.training else x
    ),
    "filled with minus infinity": lambda self, x: (
        x.masked_fill(torch.rand_like(x) < 0.1, -torch.inf).softmax(1) if self.training else x.softmax(1)
    ),
    "a guarded function": lambda self, x: F.dropout(x, 0.3, self.training),
    "a guarded function, by hand": lambda self, x: F.dropout(x, 0.3) if self.training else x,
    "attention that scales its scores": lambda self, x: (
        F.dropout((x @ x.T / 2).softmax(1), 0.2, self.training) @ x / 2
    ),
    "a factor in both modes": lambda self, x: F.dropout(x, 0.2, self.training) / 0.8,
    "filled in place, and divided": lambda self, x: (
        x.clone().masked_fill_(torch.rand_like(x) < 0.2, 0) / 0.8 if self.training else x
    ),
    "written in place, and divided": lambda self, x: (
        x.clone().index_put_((torch.rand_like(x) < 0.2,), torch.zeros(())) / 0.8
        if self.training
        else x
    ),
    "multiplied in place, and divided": lambda self, x: (
        x.clone().mul_(wrong_models.mask(x, 0.8)).div_(0.8) if self.training else x
    ),
    "a tensor of probabilities, divided": lambda self, x: (
        x * torch.bernoulli(torch.full_like(x, 0.8)) / 0.8 if self.training else x
    ),
    "a probability for each": lambda self, x: (
        x * torch.bernoulli(torch.rand_like(x)) if self.training else x
    ),
    "a mean of two views in evaluation": lambda self, x: (
        F.dropout(x, 0.3, self.training) if self.training else (x + x.flip(0)) / 2
    ),
    "a factor that happens to be q, in both modes": lambda self, x: (
        F.dropout(x, 0.2, self.training) * 0.8
    ),
    "noise in training": lambda self, x: x + torch.randn_like(x) if self.training else x,
}  # fmt: skip


def observed(x: torch.Tensor) -> torch.Tensor:
    """Divide a mask by the share that it happens to keep."""
    mask = wrong_models.mask(x, 0.8)
    return x * (mask / mask.mean())


@pytest.mark.parametrize("name", RIGHT)
def test_right_masks_by_hand_stay_silent(name: str) -> None:
    """Vanilla, divided wherever one likes, by the observed rate, replaced: at ten seeds."""
    model = wrong_models.Function(cast("Any", RIGHT[name]))
    for seed in range(10):
        torch.manual_seed(seed)
        report = audit(model, torch.randn(21, 29))
        assert not report.errors, report


def test_rows_without_a_scale_are_a_note() -> None:
    """Words that are dropped whole may be meant to be lost."""
    model = wrong_models.in_training(lambda x: x * (torch.rand(len(x), 1) < 0.8))
    report = audit(model, torch.randn(200, 8))
    assert [(found.code, found.severity) for found in report.notes] == [("DE010", "note")]
    assert not report.errors


@pytest.mark.parametrize("name", BUILT)
def test_the_model_is_left_as_it_was(name: str) -> None:
    """By identity, version, value, gradient, mode and attribute; so are the generators."""
    model, inputs, _, kwargs = made(name)
    if isinstance(model, nn.Module):
        for one in model.parameters():
            one.grad = torch.ones_like(one)
    before, states = everything(model), generators()
    audit(model, *inputs, **kwargs)
    assert everything(model) == before
    assert generators() == states
    assert torch.is_grad_enabled()


def test_what_feeds_and_trains_a_model_is_not_copied() -> None:
    """A module may hold its trainer, and that its data: a copy in each pass could fill the memory."""

    class Data(torch.utils.data.Dataset[torch.Tensor]):
        def __deepcopy__(self, memo: object) -> None:
            pytest.fail("the data was copied")

    class Trainer:
        def __init__(self) -> None:
            self.loops = [{"data": Data()}, self]
            self.steps = [0]

    def step(model: Any, x: torch.Tensor) -> torch.Tensor:
        model.trainer.steps.append(1)
        return F.dropout(x, 0.5, model.training)

    trainer = Trainer()
    model = wrong_models.Function(step)
    vars(model)["trainer"] = trainer
    assert not audit(model, torch.ones(2, 3)).errors
    assert vars(model)["trainer"] is trainer
    assert trainer.steps == [0]


def test_also_if_it_raises() -> None:
    """The error arrives, and nothing else of it is left."""
    model, x = Failing(), torch.randn(2, 2)
    before, states = everything(model), generators()
    with pytest.raises(RuntimeError, match="too late"):
        audit(model, x)
    assert everything(model) == before
    assert generators() == states


def test_it_runs_the_model_seven_times() -> None:
    """Four times in evaluation, twice in training, and once for a backward pass."""
    runs: list[bool] = []

    def noted(self: nn.Module, x: torch.Tensor) -> torch.Tensor:
        runs.append(self.training)
        return x

    layer = wrong_models.Function(noted)
    audit(nn.Sequential(nn.Linear(4, 4), layer), torch.randn(2, 4))
    assert runs == [False] * 4 + [True] * 3


def test_findings_say_by_how_much() -> None:
    """The mean of an unscaled mask, the p of two, the variance before a norm."""
    unscaled = audit(
        wrong_models.in_training(lambda x: x * wrong_models.mask(x, 0.8)), torch.randn(40, 30)
    )
    assert "the mean in training is 0.8 times that in evaluation" in unscaled.errors[0].message
    by_p = audit(
        wrong_models.in_training(lambda x: x * wrong_models.mask(x, 0.8) / 0.2), torch.randn(40, 30)
    )
    assert "It divides by the probability to drop." in by_p.errors[0].message
    twice = audit(nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.2)), torch.randn(3, 4))
    assert "p = 0.5 and 0.2 together drop 0.6" in twice.warnings[0].message
    torch.manual_seed(0)
    x = torch.randn(4000, 5) + 1
    normed = audit(nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(5)), x)
    ratio = float(normed.warnings[0].message.partition("variance by ")[2].split()[0])
    # E[x^2] p / q is added to a variance of 1: with mean 1 and p = 1/2, it triples.
    assert abs(ratio - 3) < 0.2


def test_batch_norm_that_rests_or_keeps_no_averages_is_left_alone() -> None:
    """In evaluation it divides by stored numbers in both modes; without averages it stores none."""

    class Resting(nn.BatchNorm1d):
        def train(self, mode: bool = True) -> Resting:  # noqa: ARG002
            super().train(mode=False)
            return self

    x = torch.randn(8, 5)
    assert not audit(nn.Sequential(nn.Dropout(0.5), Resting(5)).train(), x).findings
    frozen = wrong_models.frozen(nn.BatchNorm1d(4, track_running_stats=False))
    assert "DE009" not in {one.code for one in audit(wrong_models.Outer(frozen)).findings}


def test_of_a_frozen_part_at_rest_only_what_is_awake_is_named() -> None:
    """The part itself was put to rest, its batch norm was forgotten."""
    part = wrong_models.frozen(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)))
    model = wrong_models.Outer(part)
    part.eval().get_submodule("1").train()
    assert [(one.code, one.where) for one in audit(model).findings] == [("DE009", "part.1")]


def test_parts_that_rest_in_a_training_model_are_left_at_rest() -> None:
    """Modes that differ are looked at as they stand; a model at rest is woken as a whole."""
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 4), nn.Dropout(0.2))
    model.get_submodule("1").eval()
    assert [site.path for site in audit(model, torch.randn(8, 4)).sites] == ["3"]
    assert [site.path for site in audit(model.eval(), torch.randn(8, 4)).sites] == ["1", "3"]


def test_elements_and_rows_have_each_their_own_purpose() -> None:
    """Dropout and stochastic depth, directly after one another, are no two in a row."""

    def both(self: nn.Module, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        return F.dropout(x, 0.5) * ((torch.rand(len(x), 1) < 0.75) / 0.75)

    assert not audit(wrong_models.Function(both), torch.randn(40, 30)).findings


def test_draws_that_are_meant_can_be_accepted() -> None:
    """By the path of the module, by a pattern, by the line, by the code."""
    model = nn.Sequential(nn.Linear(4, 4), wrong_models.Function(lambda _, x: F.dropout(x, 0.5)))
    x = torch.randn(2, 4)
    (found,) = audit(model, x).errors
    line = found.where.rpartition("/")[2]
    for accept in (["1"], ["?"], [line], ["wrong_models.py:*", "test_audit.py:*"], ["DE001"]):
        report = audit(model, x, accept=accept)
        assert not report.findings
        assert report.remarks == ("1 accepted.",)
    assert audit(model, x, accept=["2", "DE002"]).errors


def test_without_inputs_only_layers_are_looked_at() -> None:
    """And the report says so."""
    report = audit(nn.Sequential(nn.Dropout(0.9), nn.Dropout(True)))
    assert [found.code for found in report.findings] == ["DE029", "DE028"]
    assert "Only layers were looked at" in report.remarks[0]
    assert not report.sites


def test_models_of_unusual_kinds() -> None:
    """Compiled, scripted, traced, tied, parametrised: looked at; lazy, exported: refused."""
    x = torch.randn(3, 4)
    plain = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(plain)
        traced = torch.jit.trace(plain.train(), x, check_trace=False)
    for model in (torch.compile(plain, backend="eager"), scripted):
        report = audit(cast("Any", model), x)
        assert not report.errors
        assert len(report.sites) == 1
    # A trace keeps the mode in which it was taken.
    assert audit(cast("Any", traced), x).errors
    with pytest.raises(ValueError, match=r"lazy: call model\(...\) first"):
        audit(nn.Sequential(nn.LazyLinear(2), nn.Dropout()), x)
    exported = torch.export.export(plain.eval(), (x,)).module()
    with pytest.raises(ValueError, match="an exported one has lost them"):
        audit(exported, x)
    with pytest.raises(TypeError, match=r"model must be a torch.nn.Module or a callable"):
        audit(cast("Any", 3))
    with pytest.raises(TypeError, match="accept must be a list of names"):
        audit(plain, x, accept="1")


def test_sites_tell_what_drops() -> None:
    """Path, function, p, mode, shape, scale and share kept, of every draw in training."""
    model, inputs, functions, _ = made("encoder layer")
    sites = audit(model, *inputs).sites
    assert [one.kind for one in sites] == functions
    assert {one.p for one in sites} == {0.1}
    assert [one.path for one in sites] == ["self_attn", "dropout1", "dropout", "dropout2"]
    assert all(one.scale == pytest.approx(1 / 0.9, rel=1e-6) for one in sites)
    assert all(one.mode == "training" for one in sites)
    assert len(audit(Checkpointed(), torch.randn(2, 4)).sites) == 1


def test_the_report_reads_well() -> None:
    """Counts, then each finding with its fix and its page, then what drops; as JSON too."""
    model = nn.Sequential(nn.Linear(4, 4), wrong_models.Function(lambda _, x: F.dropout(x, 0.5)))
    report = audit(model, torch.randn(2, 4))
    text = str(report)
    assert text.splitlines()[0] == "Dropout of Sequential: 1 error, 0 warnings, 0 notes"
    assert "DE001 error  1, test_audit.py:" in text
    assert "Fix: Pass training=self.training, or use nn.Dropout." in text
    assert "fix/findings.html#de001" in text
    assert "What drops in training" in text
    document = json.loads(json.dumps(report.as_dict()))
    assert list(document["findings"][0]) == ["code", "severity", "where", "message", "fix", "docs"]
    assert document["sites"][0]["p"] == 0.5
    assert "<caption>Dropout of Sequential: 1 error" in report._repr_html_()


def test_the_address_of_the_site_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a finding links to it."""
    monkeypatch.setenv("DROPOUT_EXPLAINED_DOCS", "https://example.org/docs/")
    (found,) = audit(F.dropout, torch.ones(2, 3)).errors
    assert found.docs == "https://example.org/docs/fix/findings.html#de001"


def test_monte_carlo_dropout_is_no_error() -> None:
    """Dropout layers awake in a model at rest are a warning, and can be accepted."""
    model = wrong_models.awake(
        nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)), "2"
    )
    report = audit(model, torch.randn(8, 4))
    assert [found.code for found in report.findings] == ["DE008"]
    assert not audit(model, torch.randn(8, 4), accept=["2"]).findings


def test_a_model_may_do_much_at_once() -> None:
    """State, a generator of its own, a parameter that it clamps: each is told, none is changed."""
    codes = {found.code for found in audit(Stateful(), torch.randn(2, 2)).findings}
    assert {"DE005", "DE007"} <= codes


def test_what_the_audit_cannot_read_it_leaves_alone() -> None:
    """Rows behind elements, a replaced branch, masks of integers, other errors of backward()."""

    def behind(self: nn.Module, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        rows = (torch.rand(len(x), 1) < 0.75).to(x.dtype) / 0.75
        x = F.dropout(x, 0.5) * rows
        x = torch.where(torch.rand_like(x) >= 0.125, x, x.flip(0))
        x = torch.where(torch.rand_like(x) < 0.125, torch.tensor(0.5), x)
        words = torch.ones(len(x), dtype=torch.int64).masked_fill(torch.rand(len(x)) < 0.5, 0)
        uneven = torch.bernoulli(torch.linspace(0.2, 0.8, x.shape[1]).expand_as(x))
        return x * words[:, None] + x * uneven * torch.linspace(1, 2, x.shape[1])

    report = audit(wrong_models.Function(behind), torch.randn(40, 30))
    assert not report.errors, report

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:  # noqa: ARG004
            return x.clone()

        @staticmethod
        def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # noqa: ARG004
            raise RuntimeError("of its own")

    broken = nn.Sequential(
        nn.Linear(4, 4),
        wrong_models.Function(lambda _, x: cast("Any", Broken).apply(x)),
    )
    assert not audit(broken, torch.randn(2, 4)).findings

    def in_place(self: nn.Module, x: torch.Tensor) -> torch.Tensor:
        return cast("torch.Tensor", self.get_submodule("first")(x)).exp().mul_(2)

    overwritten = wrong_models.Function(in_place, first=nn.Linear(4, 4))
    assert not audit(overwritten, torch.randn(2, 4)).findings


def test_flake8_gets_errors_and_warnings() -> None:
    """With line, column, code and message; a note is no failure there."""
    from dropout_explained.audit.flake8_plugin import Flake8Plugin

    source = (
        "import torch.nn.functional as F\nfrom torch import nn\n\n\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        return F.dropout(x, 0.5)\n\n\ndrop = nn.Dropout(0.9)\n"
    )
    (found,) = Flake8Plugin(ast.parse(source), source.splitlines(keepends=True)).run()
    line, column, text, owner = found
    assert (line, column) == (7, 15)
    assert text.startswith("DE001 F.dropout")
    assert owner is Flake8Plugin
