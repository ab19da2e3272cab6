"""Small models of many kinds, each with the dropout that its kind has, and an input for it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable


class Made(NamedTuple):
    """A model, what it takes, and the functions that draw in it, in order."""

    model: Any
    inputs: tuple[Any, ...]
    functions: list[str]
    kwargs: dict[str, Any] = {}  # noqa: RUF012  nobody writes to it


class DropPath(nn.Module):
    """Stochastic depth: one coin for an example, as image models have it."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop the whole branch of an example."""
        if not self.training:
            return x
        q = 1 - self.p
        return x * x.new_empty(len(x), *[1] * (x.dim() - 1)).bernoulli_(q).div_(q)


class OldDropPath(DropPath):
    """The same, written with a floor."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop the whole branch of an example."""
        q = 1 - self.p
        return x.div(q) * torch.floor(q + torch.rand(len(x), *[1] * (x.dim() - 1)))


class Block(nn.Module):
    """A layer in a branch beside a skip connection."""

    def __init__(self, inner: nn.Module, drop: nn.Module) -> None:
        super().__init__()
        self.inner, self.drop = inner, drop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the branch."""
        out: torch.Tensor = x + self.drop(self.inner(x))
        return out


class ByHand(nn.Module):
    """Masks of the caller's own making, in five ways."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop five times."""
        q = 0.75
        x = x * (torch.rand(x.shape) < q) / q
        x = x.masked_fill(torch.rand_like(x) < 0.25, 0) / q
        x = torch.where(torch.rand_like(x) >= 0.25, x, 0.0) / q
        x = x * torch.bernoulli(torch.full_like(x, q)) / q
        drop = torch.empty_like(x).bernoulli_(0.25).bool()
        return x * ~drop / q


class Attention(nn.Module):
    """Self-attention by scaled_dot_product_attention, on in training alone."""

    def __init__(self, width: int, p: float) -> None:
        super().__init__()
        self.all = nn.Linear(width, 3 * width)
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Attend with two heads."""
        n, length, width = x.shape
        q, k, v = self.all(x).reshape(n, length, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        p = self.p if self.training else 0.0
        out = F.scaled_dot_product_attention(q, k, v, dropout_p=p, is_causal=True)
        return out.transpose(1, 2).reshape(n, length, width)


class Decoder(nn.Module):
    """A language model of two blocks, as GPT has it."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(11, 8), nn.Embedding(5, 8)
        self.drop = nn.Dropout(0.1)
        blocks = [(Block(Attention(8, 0.1), nn.Dropout(0.1)), Block(mlp(8), nn.Dropout(0.1)))] * 2
        self.blocks = nn.ModuleList(one for pair in blocks for one in pair)
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.words.weight  # tied, as usual

    def forward(self, words: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return scores of the next word, in a dictionary."""
        x = self.drop(self.words(words) + self.places.weight[: words.shape[1]])
        for block in self.blocks:
            x = block(x)
        return {"logits": self.head(x), "hidden": x}


class Cross(nn.Module):
    """Attention from one input to another, with weights returned."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2, dropout=0.2, batch_first=True)

    def forward(self, x: torch.Tensor, *, memory: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return output and weights."""
        out: tuple[torch.Tensor, ...] = self.attend(x, memory, memory, need_weights=True)
        return out


class Checkpointed(nn.Module):
    """A block that is recomputed in the backward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Dropout(0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Keep no activations."""
        out: torch.Tensor = checkpoint(self.block, x, use_reentrant=False)
        return out


class Recurrent(nn.Module):
    """An encoder of a sequence, with dropout between its layers and behind them."""

    def __init__(self, kind: Callable[..., nn.RNNBase]) -> None:
        super().__init__()
        self.cells = kind(3, 4, num_layers=3, dropout=0.3, batch_first=True)
        self.drop, self.head = nn.Dropout(0.5), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Read the sequence, and classify by its end."""
        out: torch.Tensor = self.head(self.drop(self.cells(x)[0][:, -1]))
        return out


class Locked(nn.Module):
    """One mask for all steps of a sequence."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Drop the same features at every step."""
        mask = F.dropout(torch.ones(len(x), 1, x.shape[2]), 0.4, self.training)
        return x * mask


class Stateful(nn.Module):
    """Writes to itself in every pass: a buffer, a counter, a cache, a list."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(2), nn.Dropout(0.5)
        self.average: torch.Tensor
        self.register_buffer("average", torch.zeros(2))
        self.passes, self.seen, self.cache = 0, [torch.zeros(1)], {"last": torch.zeros(2, 2)}
        self.weight = nn.Parameter(torch.ones(2))
        self.own = torch.Generator().manual_seed(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Note what came, and drop."""
        self.passes += 1
        self.added = x
        self.average.mul_(0.9).add_(x.detach().mean(0))
        self.seen.append(x.mean())
        self.cache["last"] = x
        with torch.no_grad():
            self.weight.clamp_(max=0.5)
        noise = torch.rand(x.shape, generator=self.own) < 0.5
        out: torch.Tensor = self.drop(self.norm(x) * self.weight) * noise
        return out


@dataclasses.dataclass
class Scores:
    """What a model of some libraries returns."""

    logits: torch.Tensor
    names: tuple[str, ...]


class Labelled(nn.Module):
    """A model that returns a data class."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 2))

    def forward(self, x: torch.Tensor) -> Scores:
        """Return scores with their names."""
        return Scores(self.layers(x), ("no", "yes"))


def mlp(width: int, act: type[nn.Module] = nn.GELU) -> nn.Sequential:
    """Return two layers with dropout between."""
    return nn.Sequential(
        nn.Linear(width, 2 * width), act(), nn.Dropout(0.1), nn.Linear(2 * width, width)
    )


def convolutional() -> nn.Sequential:
    """Return a small network of images, with two kinds of dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout2d(0.2), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.5), nn.Linear(27, 3),
    )  # fmt: skip


def residual() -> nn.Sequential:
    """Return two residual blocks of images with stochastic depth."""
    return nn.Sequential(
        Block(nn.Conv2d(2, 2, 3, padding=1), DropPath(0.2)),
        Block(nn.Conv2d(2, 2, 3, padding=1), OldDropPath(0.3)),
    )


def encoder() -> nn.TransformerEncoder:
    """Return two encoder layers."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def mixer() -> nn.Sequential:
    """Return token mixing and channel mixing, each in a branch."""
    return nn.Sequential(
        nn.LayerNorm(4),
        Block(mlp(4), nn.Dropout(0.1)),
        nn.LayerNorm(4),
        Block(mlp(4), DropPath(0.1)),
    )


ENCODER = ["multi_head_attention_forward", "dropout", "dropout", "dropout"]
BUILT: dict[str, Callable[[], Made]] = {
    "mlp": lambda: Made(mlp(4), (randn(2, 4),), ["dropout"]),
    "in place": lambda: Made(
        nn.Sequential(nn.Dropout(0.3, inplace=True), nn.Linear(4, 2)), (randn(2, 4),), ["dropout"]
    ),
    "convolutional": lambda: Made(convolutional(), (randn(2, 1, 8, 8),), ["dropout2d", "dropout"]),
    "three dimensions": lambda: Made(
        nn.Sequential(nn.Dropout3d(0.3), nn.Conv3d(2, 1, 2)), (randn(1, 2, 3, 3, 3),), ["dropout3d"]
    ),
    "one dimension": lambda: Made(
        nn.Sequential(nn.Conv1d(2, 4, 2), nn.Dropout1d(0.3)), (randn(2, 2, 5),), ["dropout1d"]
    ),
    "self-normalising": lambda: Made(
        nn.Sequential(nn.Linear(4, 6), nn.SELU(), nn.AlphaDropout(0.2), nn.Linear(6, 2)),
        (randn(2, 4),),
        ["alpha_dropout"],
    ),
    "feature alpha": lambda: Made(
        nn.Sequential(nn.Conv1d(2, 4, 2), nn.FeatureAlphaDropout(0.3)),
        (randn(2, 2, 5),),
        ["feature_alpha_dropout"],
    ),
    "residual": lambda: Made(residual(), (randn(2, 2, 4, 4),), ["bernoulli_", "rand"]),
    "mixer": lambda: Made(mixer(), (randn(2, 3, 4),), ["dropout", "dropout", "dropout", "bernoulli_"]),
    "by hand": lambda: Made(
        ByHand(), (randn(2, 3),), ["rand", "rand_like", "rand_like", "bernoulli", "bernoulli_"]
    ),
    "attention": lambda: Made(
        Attention(4, 0.3), (randn(2, 3, 4),), ["scaled_dot_product_attention"]
    ),
    "attention with weights": lambda: Made(
        Cross(), (randn(1, 2, 4),), ["multi_head_attention_forward"], {"memory": randn(1, 3, 4)}
    ),
    "encoder layer": lambda: Made(
        nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True),
        (randn(2, 3, 8),),
        ENCODER,
    ),
    "encoder": lambda: Made(encoder(), (randn(2, 3, 8),), ENCODER * 2),
    "decoder layer": lambda: Made(
        nn.TransformerDecoderLayer(8, 2, 16, dropout=0.1, activation="gelu"),
        (randn(3, 2, 8), randn(4, 2, 8)),
        [
            "multi_head_attention_forward", "dropout", "multi_head_attention_forward",
            "dropout", "dropout", "dropout",
        ],
    ),
    "transformer": lambda: Made(
        nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True),
        (randn(2, 3, 8), randn(2, 4, 8)),
        [
            *ENCODER, "multi_head_attention_forward", "dropout", "multi_head_attention_forward",
            "dropout", "dropout", "dropout",
        ],
    ),
    "language model": lambda: Made(
        Decoder(),
        (torch.randint(11, (2, 4)),),
        ["dropout", *["scaled_dot_product_attention", "dropout", "dropout", "dropout"] * 2],
    ),
    "lstm": lambda: Made(Recurrent(nn.LSTM), (randn(2, 4, 3),), ["lstm", "lstm", "dropout"]),
    "gru": lambda: Made(Recurrent(nn.GRU), (randn(2, 4, 3),), ["gru", "gru", "dropout"]),
    "rnn": lambda: Made(
        Recurrent(nn.RNN), (randn(2, 4, 3),), ["rnn_tanh", "rnn_tanh", "dropout"]
    ),
    "both directions": lambda: Made(
        nn.LSTM(3, 4, 2, dropout=0.5, bidirectional=True), (randn(4, 2, 3),), ["lstm"]
    ),
    "one mask for all steps": lambda: Made(Locked(), (randn(2, 3, 4),), ["dropout"]),
    "checkpointed": lambda: Made(Checkpointed(), (randn(2, 4),), ["dropout", "dropout"]),
    "stateful": lambda: Made(Stateful(), (randn(2, 2),), ["rand", "dropout"]),
    "data class": lambda: Made(Labelled(), (randn(2, 3),), ["dropout"]),
    "shared layer": lambda: Made(
        nn.Sequential(*[nn.Linear(3, 3), (one := nn.Dropout(0.5)), nn.Tanh(), one]),
        (randn(2, 3),),
        ["dropout", "dropout"],
    ),
    "parametrised": lambda: Made(
        nn.Sequential(
            nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), nn.Dropout(0.5), nn.Linear(3, 1)
        ),
        (randn(2, 4),),
        ["dropout"],
    ),
    "function": lambda: Made(
        lambda x: F.dropout(x, 0.2) + torch.dropout(x, 0.3, train=True), (randn(2, 3),), ["dropout"] * 2
    ),
    "native": lambda: Made(
        lambda x: torch.native_dropout(x, 0.3, train=True)[0], (randn(2, 3),), ["native_dropout"]
    ),
    "half precision": lambda: Made(
        nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1)).bfloat16(),
        (randn(2, 4).bfloat16(),),
        ["dropout"],
    ),
    "transposed": lambda: Made(
        lambda x: F.dropout(x.transpose(0, 1), 0.4), (randn(3, 4),), ["dropout"]
    ),
}  # fmt: skip


def randn(*shape: int) -> torch.Tensor:
    """Return an input."""
    return torch.randn(shape)


def made(name: str) -> Made:
    """Build one of the models, always with the same numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return BUILT[name]()
