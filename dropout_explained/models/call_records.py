"""What one draw of a model was: a record for each, and all of them as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument
from dropout_explained.streams import TorchStream
from dropout_explained.tables import Row, Table, as_html, as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

UNIFORM = ("float32", "float64")
_COINS = ("bernoulli", "bernoulli_", "native_dropout")


@dataclass(frozen=True, eq=False)
class DropoutCall:
    """One random draw of a model, from :func:`dropout_calls`.

    Attributes
    ----------
    module : str
        Path of the module that drew, as in ``model.named_modules()``; empty for the model itself.
    kind : str
        Class of that module.
    mode : str
        ``"training"`` or ``"evaluation"``, as that module stood.
    function : str
        Which function drew: ``"dropout"``, ``"dropout2d"``, ``"alpha_dropout"``,
        ``"scaled_dot_product_attention"``, ``"lstm"``, ``"rand"``, ``"bernoulli_"``, ...
    line : str
        File and line of the code that called it; that of an installed library, if no other
        called; empty where there is none, as for an ``nn.Sequential``.
    p : float or torch.Tensor or None
        Drop probability, one for all coins or one for each; None if the numbers tossed no coins.
    shape : tuple of int
        Shape of the noise: one coin an element, a channel, a row of attention weights.
    mask : torch.Tensor or None
        Booleans of that shape, True where kept; None if the numbers tossed no coins.
    generator : str
        ``"torch"``; ``"numpy.random"`` or ``"random"`` for a draw that torch did not make.
    recomputed : bool
        Whether a checkpoint drew it again in the backward pass.
    """

    module: str
    kind: str
    mode: str
    function: str
    line: str
    p: float | torch.Tensor | None
    shape: tuple[int, ...]
    mask: torch.Tensor | None
    generator: str = "torch"
    recomputed: bool = False
    strides: tuple[int, ...] = field(default=(), repr=False)
    operator: str = field(default="", repr=False)
    own_generator: bool = field(default=False, repr=False)
    keeps: bool = field(default=True, repr=False)
    dtype: str = field(default="", repr=False)
    toss: Callable[[torch.Tensor], torch.Tensor] | None = field(default=None, repr=False)

    @property
    def coins(self) -> int:
        """How many coins the call tossed; 0 if it tossed none."""
        return 0 if self.mask is None else prod(self.shape)

    @property
    def kept(self) -> float | None:
        """Share of the coins that kept; None if there are none."""
        return self.mask.double().mean().item() if self.mask is not None and self.coins else None

    def replayed(self, stream: TorchStream) -> torch.Tensor:
        """Draw the mask of this call where a stream stands."""
        import torch

        if self.operator in _COINS and isinstance(self.p, float) and not self.own_generator:
            drop = self.p if self.keeps else 1.0 - self.p
            drawn = torch.from_numpy(stream.mask(self.shape, drop, strides=self.strides).copy())
        elif self.toss is not None and self.dtype in UNIFORM and not self.own_generator:
            numbers = stream.uniform(self.shape, self.dtype, strides=self.strides)
            drawn = self.toss(torch.from_numpy(numbers.copy())) != 0
        else:
            how = "from a generator of its own" if self.own_generator else f"by {self.operator}"
            where = f" at {self.line}" if self.line else ""
            raise BadArgument(
                "calls must toss coins with torch's generator, in single or double precision, to "
                f"be replayed; {self.function}{where} draws {how}"
            )
        return drawn if self.keeps else ~drawn


class DropoutCalls(tuple[DropoutCall, ...]):
    """The random draws of one run of a model, in order; printed, a table."""

    __slots__ = ()

    def replay(self, seed: Any) -> list[torch.Tensor]:
        """Find the masks of these calls for another seed, without running the model.

        Parameters
        ----------
        seed : int or torch.Tensor
            What ``torch.manual_seed`` would get, or what ``torch.get_rng_state()`` returned,
            before the run.

        Returns
        -------
        list of torch.Tensor
            One mask a call, booleans, True where kept; what a checkpoint recomputed is left out.

        Raises
        ------
        ValueError
            If a call tosses no coins, or not with torch's own generator,
            or the seed is out of range.
        """
        at_seed = isinstance(seed, int) or not hasattr(seed, "__len__")
        stream = TorchStream(seed) if at_seed else TorchStream.from_rng_state(seed)
        return [call.replayed(stream) for call in self if not call.recomputed]

    def _table(self) -> Table:
        columns = ("call", "module", "function", "p", "coins", "kept")
        rows = tuple(
            Row(_cells(number, call), _remark(call)) for number, call in enumerate(self, start=1)
        )
        coins = sum(call.coins for call in self)
        title = f"{len(self)} random draws" if len(self) != 1 else "1 random draw"
        return Table(
            f"{title}, {coins} coins", columns, rows, remarks="where", facts=(), notes=_notes(self)
        )

    def __str__(self) -> str:
        """Return the table as text."""
        return as_text(self._table())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self._table())


def _cells(number: int, call: DropoutCall) -> tuple[str, ...]:
    if call.p is None:
        p = "-"
    elif isinstance(call.p, float):
        p = f"{call.p:g}"
    else:
        low, high = call.p.min().item(), call.p.max().item()
        p = f"{low:.2g} to {high:.2g}"
    shape = "x".join(map(str, call.shape)) or ("1" if call.mask is not None else "-")
    kept = "-" if call.kept is None else f"{call.kept:.1%}"
    function = {"scaled_dot_product_attention": "attention"}.get(call.function, call.function)
    function = function.replace("multi_head_attention_forward", "attention")
    return str(number), call.module or "(model)", function, p, shape, kept


def _remark(call: DropoutCall) -> str:
    file, _, number = call.line.rpartition(":")
    where = f"{Path(file).name}:{number}" if file else ""
    parts = [where, "evaluation" if call.mode == "evaluation" else ""]
    parts.append("recomputed" if call.recomputed else "")
    return ", ".join(part for part in parts if part)


def _notes(calls: DropoutCalls) -> tuple[str, ...]:
    notes = []
    foreign = sorted({call.generator for call in calls if call.generator != "torch"})
    if foreign:
        notes.append(f"{' and '.join(foreign)} drew too: torch did not make those numbers.")
    resting = [call for call in calls if call.mode == "evaluation"]
    if resting:
        notes.append(
            f"{len(resting)} of them by a module in evaluation mode, where nothing should be drawn."
        )
    return tuple(notes)
