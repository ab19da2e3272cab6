"""Models with something wrong in their dropout, beyond the examples of the catalogue: what is found, where."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable


class Wrong(NamedTuple):
    """A model, an input for it, the code of its finding, and a part of where it stands."""

    model: Any
    inputs: tuple[Any, ...]
    code: str
    where: str


class Function(nn.Module):
    """A module that runs a function of itself and its input."""

    def __init__(self, function: Callable[[Any, torch.Tensor], torch.Tensor], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run it."""
        return self.function(self, x)


def in_training(function: Callable[[torch.Tensor], torch.Tensor]) -> Function:
    """Return a module that does something in training alone."""
    return Function(lambda self, x: function(x) if self.training else x)


def mask(x: torch.Tensor, q: float) -> torch.Tensor:
    """Return ones and zeros."""
    return (torch.rand_like(x) < q).to(x.dtype)


class Outer(nn.Module):
    """A head behind a part of its own."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part, self.head = part, nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run both."""
        out: torch.Tensor = self.head(self.part(x))
        return out


class Stubborn(nn.Dropout):
    """A layer that will not rest."""

    def train(self, mode: bool = True) -> Stubborn:  # noqa: ARG002
        """Stay in training."""
        super().train(mode=True)
        return self


class NewLayer(nn.Module):
    """Builds a layer inside a helper method."""

    def regularise(self, x: torch.Tensor) -> torch.Tensor:
        """Drop."""
        out: torch.Tensor = nn.Dropout(0.3)(x)
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Call it."""
        return self.regularise(x)


def awake(model: nn.Module, *paths: str) -> nn.Module:
    """Put a model into evaluation, and parts of it back into training."""
    model.eval()
    for path in paths:
        model.get_submodule(path).train()
    return model


def frozen(part: nn.Module) -> nn.Module:
    """Take a part's parameters out of training."""
    return part.requires_grad_(requires_grad=False)


X, WIDE, ROWS = (torch.randn(2, 4),), (torch.randn(64, 4),), (torch.randn(40, 30),)
WORDS = (torch.randn(2, 3, 4),)
OUTSIDE = np.random.default_rng(0)
SDPA = F.scaled_dot_product_attention
BUILT: dict[str, Callable[[], Wrong]] = {
    "F.dropout, default p": lambda: Wrong(
        Function(lambda _, x: F.dropout(x)), X, "DE001", "wrong_models.py"
    ),
    "F.dropout, told to train": lambda: Wrong(
        Function(lambda _, x: F.dropout(x, 0.1, training=True)), X, "DE001", "wrong_models.py"
    ),
    "F.dropout2d": lambda: Wrong(
        Function(lambda _, x: F.dropout2d(x, 0.2)), (torch.randn(2, 3, 4, 4),), "DE001", ""
    ),
    "F.dropout1d in a part": lambda: Wrong(
        Outer(Function(lambda _, x: F.dropout1d(x[:, None], 0.2)[:, 0])), X, "DE001", "part"
    ),
    "torch.dropout": lambda: Wrong(
        Function(lambda _, x: torch.dropout(x, 0.2, True)), X, "DE001", "wrong_models.py"
    ),
    "F.alpha_dropout in training always": lambda: Wrong(
        Function(lambda _, x: F.alpha_dropout(F.selu(x), 0.2, training=True)), X, "DE001", ""
    ),
    "under no_grad": lambda: Wrong(
        Function(torch.no_grad()(lambda _, x: F.dropout(x, 0.5))), X, "DE001", ""
    ),
    "in inference mode": lambda: Wrong(
        Function(torch.inference_mode()(lambda _, x: F.dropout(x, 0.5))), X, "DE001", ""
    ),
    "attention, constant": lambda: Wrong(
        Function(lambda _, x: SDPA(x, x, x, dropout_p=0.1)), WORDS, "DE002", "wrong_models.py"
    ),
    "attention in a part": lambda: Wrong(
        Outer(Function(lambda _, x: SDPA(x, x, x, None, 0.2))), WORDS, "DE002", "part"
    ),
    "a layer in a helper": lambda: Wrong(NewLayer(), X, "DE003", "wrong_models.py"),
    "a channel layer in forward": lambda: Wrong(
        Function(lambda _, x: nn.Dropout2d(0.5)(x)), (torch.randn(2, 3, 4, 4),), "DE003", ""
    ),
    "a layer in a dictionary": lambda: Wrong(
        Function(lambda self, x: self.parts["drop"](x), parts={"drop": nn.Dropout(0.5)}), X, "DE004", ""
    ),
    "a layer in a tuple": lambda: Wrong(
        Function(lambda self, x: self.parts[1](x), parts=(nn.Identity(), nn.Dropout(0.5))), X, "DE004", ""
    ),
    "bernoulli": lambda: Wrong(
        Function(lambda _, x: x * torch.bernoulli(torch.full_like(x, 0.9)) / 0.9), X, "DE005", "wrong_models.py"
    ),
    "noise": lambda: Wrong(
        Function(lambda _, x: x + torch.randn_like(x)), X, "DE005", "wrong_models.py"
    ),
    "a permutation": lambda: Wrong(
        Function(lambda _, x: x[torch.randperm(len(x))]), X, "DE005", "wrong_models.py"
    ),
    "Python's coin": lambda: Wrong(
        Function(lambda _, x: x * float(random.random() < 0.5)), X, "DE006", ""
    ),
    "NumPy's noise": lambda: Wrong(
        Outer(Function(lambda _, x: x + float(np.random.randn()))), X, "DE006", "part"
    ),
    "a generator of NumPy's own": lambda: Wrong(
        Function(lambda _, x: x * float(OUTSIDE.random())), X, "DE006", ""
    ),
    "a growing cache": lambda: Wrong(
        Function(lambda self, x: (self.seen.append(1), x * len(self.seen))[1], seen=[]), X, "DE007", ""
    ),
    "a running mean": lambda: Wrong(
        Function(
            lambda self, x: x - self.average.mul_(0.9).add_(x.mean(0).detach()),
            average=nn.Buffer(torch.zeros(4)),
        ), X, "DE007", "",
    ),
    "a stubborn layer": lambda: Wrong(nn.Sequential(nn.Linear(4, 4), Stubborn(0.5)), X, "DE008", "1"),
    "a part awake": lambda: Wrong(
        awake(nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))), "0"), X, "DE008", "0.1"
    ),
    "a frozen transformer layer": lambda: Wrong(
        Outer(frozen(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True))), WORDS, "DE009", "part"
    ),
    "a frozen batch norm": lambda: Wrong(Outer(frozen(nn.BatchNorm1d(4))), WIDE, "DE009", "part"),
    "unscaled, multiplied": lambda: Wrong(in_training(lambda x: x * mask(x, 0.8)), ROWS, "DE010", ""),
    "unscaled, filled": lambda: Wrong(
        in_training(lambda x: x.masked_fill(torch.rand_like(x) < 0.2, 0.0)), ROWS, "DE010", "wrong_models.py"
    ),
    "unscaled, chosen": lambda: Wrong(
        in_training(lambda x: torch.where(torch.rand_like(x) < 0.8, x, torch.zeros_like(x))), ROWS, "DE010", ""
    ),
    "unscaled, Bernoulli": lambda: Wrong(
        in_training(lambda x: x * torch.empty_like(x).bernoulli_(0.6)), ROWS, "DE010", ""
    ),
    "divided again behind": lambda: Wrong(
        Function(lambda self, x: F.dropout(x, 0.4, self.training) / (0.6 if self.training else 1)), ROWS, "DE011", ""
    ),
    "multiplied in evaluation as well": lambda: Wrong(
        Function(lambda self, x: F.dropout(x, 0.4, self.training) * (1 if self.training else 0.6)), ROWS, "DE011", ""
    ),
    "a layer, and its parent multiplies in evaluation": lambda: Wrong(
        Function(lambda self, x: self.drop(x) if self.training else self.drop(x) * 0.5, drop=nn.Dropout(0.5)),
        ROWS, "DE011", "drop",
    ),
    "divided by hand, multiplied in evaluation": lambda: Wrong(
        Function(lambda self, x: x * mask(x, 0.7) / 0.7 if self.training else x * 0.7), ROWS, "DE011", ""
    ),
    "divided in the mask and behind": lambda: Wrong(
        in_training(lambda x: x * (mask(x, 0.8) / 0.8) / 0.8), ROWS, "DE011", ""
    ),
    "filled in place, divided by p": lambda: Wrong(
        in_training(lambda x: x.clone().masked_fill_(torch.rand_like(x) < 0.2, 0) / 0.2), ROWS, "DE012", ""
    ),
    "unscaled, whole numbers": lambda: Wrong(
        in_training(lambda x: x * torch.randint(0, 2, x.shape)), ROWS, "DE010", ""
    ),
    "unscaled, of a tensor of probabilities": lambda: Wrong(
        in_training(lambda x: x * torch.bernoulli(torch.full_like(x, 0.8))), ROWS, "DE010", ""
    ),
    "a tensor of probabilities, divided by p": lambda: Wrong(
        in_training(lambda x: x * torch.bernoulli(torch.full_like(x, 0.8)) / 0.2), ROWS, "DE012", ""
    ),
    "divided before as well": lambda: Wrong(
        Function(lambda self, x: F.dropout(x / 0.6 if self.training else x, 0.4, self.training)), ROWS, "DE011", ""
    ),
    "divided by p": lambda: Wrong(in_training(lambda x: x * mask(x, 0.8) / 0.2), ROWS, "DE012", ""),
    "inverted": lambda: Wrong(
        in_training(lambda x: x * (torch.rand_like(x) < 0.2) / 0.8), ROWS, "DE012", ""
    ),
    "divided by the root": lambda: Wrong(
        in_training(lambda x: x * mask(x, 0.8) / 0.8**0.5), ROWS, "DE012", ""
    ),
    "scaled twice by hand": lambda: Wrong(
        in_training(lambda x: x * mask(x, 0.8) / 0.64), ROWS, "DE012", ""
    ),
    "two functions in a row": lambda: Wrong(
        Function(lambda self, x: F.dropout(F.dropout(x, 0.1, self.training).relu(), 0.2, self.training)), X, "DE020", ""
    ),
    "before a two-dimensional norm": lambda: Wrong(
        nn.Sequential(nn.Conv2d(1, 3, 1), nn.Dropout2d(0.2), nn.ReLU(), nn.BatchNorm2d(3)),
        (torch.randn(8, 1, 5, 5),), "DE021", "1",
    ),
    "rows of three dimensions": lambda: Wrong(
        nn.Dropout3d(0.5), (torch.randn(2, 3, 4, 4),), "DE022", ""
    ),
    "a checkpoint by the older way": lambda: Wrong(
        Function(
            lambda self, x: checkpoint(self.part, x, use_reentrant=True, preserve_rng_state=False),
            part=nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)),
        ), (torch.randn(8, 4, requires_grad=True),), "DE024", "part.1",
    ),
    "channels, alpha, no SELU": lambda: Wrong(
        nn.Sequential(nn.Conv1d(2, 4, 1), nn.Tanh(), nn.FeatureAlphaDropout(0.2)),
        (torch.randn(2, 2, 3),), "DE026", "2",
    ),
    "SELU, a function": lambda: Wrong(
        Function(lambda self, x: F.dropout(F.selu(x), 0.1, self.training)), X, "DE027", ""
    ),
    "a function that drops nearly all": lambda: Wrong(
        Function(lambda self, x: F.dropout(x, 0.85, self.training)), X, "DE028", "wrong_models.py"
    ),
    "p = 1": lambda: Wrong(nn.Sequential(nn.Linear(4, 4), nn.Dropout(p=1)), X, "DE029", "1"),
    "in place behind tanh": lambda: Wrong(
        nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.5, inplace=True)), X, "DE030", "2"
    ),
    "in place behind exp": lambda: Wrong(
        Function(lambda self, x: self.drop(self.first(x).exp()), first=nn.Linear(4, 4), drop=nn.Dropout(0.5, True)),
        X, "DE030", "drop",
    ),
}  # fmt: skip
