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

_UNIFORM = ("rand", "rand_like", "uniform_")
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
    decides: bool = field(default=False, repr=False)
    toss: Callable[[torch.Tensor], torch.Tensor] | None = field(default=None, repr=False)

    @property
    def coins(self) -> int:
        """How many coins the call tossed; 0 if it tossed none."""
        return 0 if self.mask is None else prod(self.shape)

    @property
    def kept(self) -> float | None:
        """Share of the coins that kept; None if there are none."""
        return self.mask.double().mean().item() if self.mask is not None and self.coins else None

    def replayed(self, stream: TorchStream) -> torch.Tensor | None:
        """Draw the mask of this call where a stream stands; None if it tosses no coins.

        Parameters
        ----------
        stream : TorchStream
            Torch's stream where the call began; it moves on by what the call draws.

        Returns
        -------
        Tensor or None
            The mask, of the shape of the call's noise, True where it keeps; None for
            numbers that are compared with nothing.

        Raises
        ------
        BadArgument
            Of a generator of its own, or of a distribution whose bits are not derived here.
        """
        import torch

        uniform = self.operator in _UNIFORM or self.toss is not None
        if self.own_generator:
            raise self._cannot("from a generator of its own")
        if self.operator in _COINS and isinstance(self.p, float):
            drop = self.p if self.keeps else 1.0 - self.p
            drawn = torch.from_numpy(stream.mask(self.shape, drop, strides=self.strides).copy())
        elif uniform and self.dtype in ("float32", "float64"):
            numbers = stream.uniform(self.shape, self.dtype, strides=self.strides)
            if self.toss is None:
                return None
            drawn = self.toss(torch.from_numpy(numbers.copy())) != 0
        else:
            raise self._cannot(f"by {self.operator}")
        return drawn if self.keeps else ~drawn

    def _cannot(self, how: str) -> BadArgument:
        where = f" at {self.line}" if self.line else ""
        return BadArgument(
            "calls must draw coins, or uniform numbers in single or double precision, with torch's "
            f"generator to be replayed; {self.function}{where} draws {how}"
        )


class DropoutCalls(tuple[DropoutCall, ...]):
    """The random draws of one run of a model, in order; printed, a table."""

    __slots__ = ()

    def replay(self, seed: Any) -> list[torch.Tensor | None]:
        """Find the masks of these calls for another seed, without running the model.

        Parameters
        ----------
        seed : int or torch.Tensor
            What ``torch.manual_seed`` would get, or what ``torch.get_rng_state()`` returned,
            before the run.

        Returns
        -------
        list of torch.Tensor
            One mask a call, booleans, True where kept, and None for uniform numbers that toss no
            coins; what a checkpoint recomputed is left out.

        Raises
        ------
        ValueError
            If a call draws otherwise, or not with torch's own generator; if a coin that
            decides which layers run falls otherwise, so that other calls follow; or the seed
            is out of range.
        """
        at_seed = isinstance(seed, int) or not hasattr(seed, "__len__")
        stream = TorchStream(seed) if at_seed else TorchStream.from_rng_state(seed)
        masks = []
        for call in self:
            if call.recomputed:
                continue
            masks.append(call.replayed(stream))
            if call.decides and not _same(masks[-1], call.mask):
                raise BadArgument(
                    f"seed must let the coins of {call.function} at {call.line} fall as in these "
                    "calls, because they decide what else is run; they do not: use "
                    "dropout_calls(model, ..., seed=seed)"
                )
        return masks

    def _table(self) -> Table:
        columns = ("module", "function", "p", "coins", "kept")
        rows = tuple(Row(_cells(call), _remark(call)) for call in self)
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


def _same(mask: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    import torch

    return mask is not None and other is not None and torch.equal(mask, other)


def _cells(call: DropoutCall) -> tuple[str, ...]:
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
    return call.module or "(model)", function, p, shape, kept


def _remark(call: DropoutCall) -> str:
    file, _, number = call.line.rpartition(":")
    where = f"{Path(file).name}:{number}" if file else ""
    if "ipykernel" in file:  # a cell's file has a number for a name
        where = f"line {number}"
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
