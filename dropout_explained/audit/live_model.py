"""Audit a live model: what its dropout does in evaluation and in training, and what is wrong with it."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.audit import evaluation, structure, training
from dropout_explained.audit.mask_scale import keep_probability
from dropout_explained.audit.report import Report, Site
from dropout_explained.models import differentiated, modules_of, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dropout_explained.audit.findings import Finding


def audit(
    model: Callable[..., Any], *inputs: Any, accept: Iterable[str] = (), **kwargs: Any
) -> Report:
    """Find what is wrong with the dropout of a model, by running it in evaluation and in training.

    The model is left as it was: modes, parameters, buffers, attributes, gradients, versions and
    the generators of torch, NumPy and Python, also if it raises.

    Parameters
    ----------
    model : torch.nn.Module or callable
        As it is; modes that differ inside of it are looked at as they stand.
    *inputs
        What it takes, best a batch of two or more. Without, only its layers are looked at.
    accept : list of str
        Draws that are meant: module paths, ``file:line`` endings or codes, with ``*`` as in file
        names.
    **kwargs
        Named arguments of the model.

    Returns
    -------
    Report
        ``errors``, ``warnings`` and ``notes``, each a tuple of findings; ``sites``, a row for
        each place that dropped in training; printed, a table.

    Raises
    ------
    ValueError
        If the model has lazy layers that have not run yet, or has no modes.
    TypeError
        If the model is not callable, or accept is a string.

    Examples
    --------
    >>> import torch
    >>> from dropout_explained import audit
    >>> model = lambda x: torch.nn.functional.dropout(x, 0.5)
    >>> [found.code for found in audit(model, torch.ones(2, 3)).errors]
    ['DE001']
    """
    if not callable(model):
        raise BadArgumentType(f"model must be a torch.nn.Module or a callable; got {model!r}")
    if isinstance(accept, str):
        raise BadArgumentType(f"accept must be a list of names; got the text {accept!r}")
    modules = _by_path(model)
    found = structure.findings_of(modules)
    notes: list[str] = []
    sites: list[Site] = []
    if inputs or kwargs:
        more, sites = _run(model, inputs, kwargs)
        told = {(one.code, one.where.partition(",")[0]) for one in found}
        found += [one for one in more if (one.code, one.where.partition(",")[0]) not in told]
    else:
        notes.append("Only layers were looked at: pass inputs, and draws and scales are seen too.")
    kept = [one for one in found if not _accepted(one, list(accept))]
    if len(kept) < len(found):
        notes.append(f"{len(found) - len(kept)} accepted.")
    return Report(f"Dropout of {_name(model)}", tuple(_in_order(kept)), tuple(notes), tuple(sites))


def _name(model: Any) -> str:
    return str(getattr(model, "__name__", type(model).__name__))


def _by_path(model: Any) -> dict[str, Any]:
    from torch import nn

    if isinstance(model, nn.Module):
        return dict(model.named_modules())
    return {type(one).__name__: one for one in modules_of(model)}


def _run(
    model: Callable[..., Any], inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[list[Finding], list[Site]]:
    import torch

    from dropout_explained.audit.scales import Scales

    roots = modules_of(model)[:1] if isinstance(model, torch.nn.Module) else modules_of(model)
    trains = bool(roots) and roots[0].training

    def rest() -> None:
        _switch(roots, training=False)

    def wake() -> None:
        if not trains:
            _switch(roots, training=True)

    at_rest = Scales()
    with torch.no_grad():
        found = evaluation.findings_of(model, inputs, kwargs, rest, at_rest)
    runs = []
    with torch.enable_grad():
        for seed in range(2):
            scales = Scales()
            recording = watched(model, inputs, kwargs, seed=seed, prepare=wake, listener=scales)
            runs.append((recording, scales))
        found += training.findings_of(runs, at_rest)
        found += _backward(model, inputs, kwargs, wake)
    return found, _sites(*runs[0])


def _switch(roots: list[Any], *, training: bool) -> None:
    try:
        for root in roots:
            root.train(training)
    except NotImplementedError as reason:
        raise BadArgument(
            "model must have a training and an evaluation mode; an exported one has lost them: "
            "audit the model that it was exported from"
        ) from reason


def _backward(
    model: Callable[..., Any],
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    wake: Callable[[], None],
) -> list[Finding]:
    """Run a backward pass, and see whether something was overwritten that it needs."""
    try:
        differentiated(model, inputs, kwargs, wake)
    except RuntimeError as error:
        return training.broken_backward(model, error)
    return []


def _sites(recording: Any, scales: Any) -> list[Site]:
    """Return a row for each place that drew in training."""
    met = {id(meeting.coins): meeting for meeting in scales.meetings}
    sites = []
    for draw in recording.draws:
        if draw.recomputed or draw.generator != "torch":
            continue
        meeting = met.get(id(draw.coins)) if draw.coins is not None else None
        mask = None if draw.coins is None else draw.coins.mask
        q = keep_probability(draw)
        sites.append(
            Site(
                path=draw.place.path,
                line=draw.place.line,
                kind=draw.function,
                p=None if q is None else round(1 - q, 12),
                mode=draw.place.mode,
                shape=draw.shape if meeting is None else meeting.data,
                scale=None if meeting is None else meeting.value,
                kept=None if mask is None or not mask.numel() else mask.double().mean().item(),
            )
        )
    return sites


def _accepted(found: Finding, accept: list[str]) -> bool:
    path, _, line = found.where.rpartition(", ")
    names = {found.code, found.where, path, line, found.where.rpartition("/")[2]}
    return any(fnmatch(name, pattern) for name in names for pattern in accept)


def _in_order(found: list[Finding]) -> list[Finding]:
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(found, key=lambda one: (order[one.severity], one.code))
