"""The command ``dropout-explained``: a table for people, one JSON document for programs."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from dropout_explained import __version__, rng_state
from dropout_explained.arguments import as_float64, checked_count, checked_dtype, checked_shape
from dropout_explained.closed_forms import moments
from dropout_explained.explanation import Explanation, explain
from dropout_explained.torch_stream import TorchStream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_explained.arguments import Array

PROGRAM = "dropout-explained"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        0 on success, 2 on bad input.

    Examples
    --------
    >>> from dropout_explained.cli import main
    >>> main(["moments", "--p", "0.5", "--json"])
    {"p": 0.5, "n": 1, "mean": 1.0, "variance": 1.0, "second_moment": 2.0, \
"standard_error": 1.0, "interval_95": [0.0, 2.0]}
    0
    """
    given = sys.argv[1:] if argv is None else argv
    arguments = _parser().parse_args(_numbers_are_not_options(given))
    try:
        status: int = arguments.run(arguments)
    except (ValueError, TypeError, ImportError, OSError) as error:
        print(f"{PROGRAM}: error: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Why does dropout change the values it did not zero? See it on your numbers.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _command(
        commands,
        "explain",
        _explain,
        "take one dropout call apart",
        "1 2 3 4 --p 0.5 --seed 0",
    )
    command.add_argument("values", nargs="+", type=float, metavar="VALUE", help="the input x")
    command.add_argument("--p", type=float, default=0.5, help="drop probability (default: 0.5)")
    command.add_argument(
        "--seed", type=int, help="seed of torch's CPU generator; drawn if left out"
    )

    command = _command(
        commands,
        "moments",
        _moments,
        "exact mean, variance and interval",
        "--p 0.9 --n 1000",
    )
    command.add_argument("--p", type=float, default=0.5, help="drop probability (default: 0.5)")
    command.add_argument("--n", type=int, default=1, help="values averaged (default: 1)")
    command.add_argument("--value", type=float, default=1.0, help="input value x (default: 1)")

    command = _command(
        commands, "replay", _replay, "the mask that torch draws", "--seed 0 --p 0.5 --shape 2,3"
    )
    start = command.add_mutually_exclusive_group(required=True)
    start.add_argument("--seed", type=int, help="what torch.manual_seed got")
    start.add_argument(
        "--rng-state", metavar="FILE", help="a saved torch.get_rng_state(): torch.save, npy or raw"
    )
    start.add_argument(
        "--check", action="store_true", help="compare replay with the installed torch"
    )
    command.add_argument("--p", type=float, default=0.5, help="drop probability (default: 0.5)")
    command.add_argument("--shape", default="1", help="shape of the input, as 2,3 (default: 1)")
    command.add_argument("--dtype", default="float32", help="its dtype (default: float32)")
    command.add_argument("--layer", default="dropout", help="which layer (default: dropout)")
    command.add_argument(
        "--calls", type=int, default=1, help="successive calls; their masks are stacked"
    )
    return parser


def _command(commands: Any, name: str, run: Any, what: str, example: str) -> Any:
    command = commands.add_parser(
        name,
        help=what,
        description=f"{what.capitalize()}.",
        epilog=f"example: {PROGRAM} {name} {example}",
    )
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(run=run)
    return command


def _numbers_are_not_options(given: Sequence[str]) -> list[str]:
    """Let argparse take -1e-3 and -inf, which it reads as options, as the numbers they are."""

    def is_number(text: str) -> bool:
        try:
            float(text)
        except ValueError:
            return False
        return True

    # argparse never takes an argument with a space for an option; float() strips it.
    return [f" {text}" if text.startswith("-") and is_number(text) else text for text in given]


def _explain(arguments: argparse.Namespace) -> int:
    told = explain(arguments.values, arguments.p, seed=arguments.seed)
    if not arguments.json:
        print(told)
        return 0
    if arguments.seed is None and told.seed is not None:
        print(f"{PROGRAM}: drew --seed {told.seed}", file=sys.stderr)
    _print_json(_explain_document(told))
    return 0


def _explain_document(told: Explanation) -> dict[str, Any]:
    def listed(array: Array) -> list[float]:
        values: list[float] = as_float64(array).tolist()
        return values

    return {
        "input": listed(told.input),
        "p": told.p,
        "scale": told.scale,
        "mask": [int(kept) for kept in told.mask],
        "output": listed(told.output),
        "mean_input": told.mean_input,
        "mean_output": told.mean_output,
        "expected_output": listed(told.expected_output),
        "standard_deviation": listed(told.standard_deviation),
        "standard_error": told.standard_error,
        "gradient": listed(told.gradient()),
    }


def _moments(arguments: argparse.Namespace) -> int:
    exact = moments(arguments.p, value=arguments.value, n=arguments.n)
    if arguments.json:
        names = ["p", "n", "mean", "variance", "second_moment", "standard_error", "interval_95"]
        _print_json({name: getattr(exact, name) for name in names})
    else:
        print(exact)
    return 0


def _replay(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return _check(as_json=arguments.json)
    dtype, calls = checked_dtype(arguments.dtype), checked_count(arguments.calls, "calls")
    sizes = [size for size in arguments.shape.split(",") if size.strip()]
    shape = checked_shape(
        "shape", [int(size) if size.strip().isdigit() else size for size in sizes]
    )
    if arguments.rng_state is None:
        stream, start = TorchStream(arguments.seed), f"seed {arguments.seed}"
    else:
        stream = TorchStream.from_rng_state(rng_state.read(arguments.rng_state))
        start = f"the state in {arguments.rng_state}"
    masks = [stream.mask(shape, arguments.p, layer=arguments.layer) for _ in range(calls)]
    kept = sum(int(mask.sum()) for mask in masks)
    if arguments.json:
        listed = [mask.astype(int).tolist() for mask in masks]
        document = {"mask": listed if calls > 1 else listed[0], "kept": kept, "shape": list(shape)}
        _print_json(document | {"dtype": dtype, "draws": stream.draws})
        return 0
    print(f"Masks of {arguments.layer} from {start}, p = {arguments.p:g}, shape {shape}, {dtype}")
    for mask in masks:
        print(f"\n{mask.astype(int)}")
    size = sum(mask.size for mask in masks)
    print(f"\nkept {kept} of {size}; {stream.draws} words of 32 bits drawn")
    return 0


def _check(*, as_json: bool) -> int:
    from dataclasses import asdict

    from dropout_explained.verification import verify

    found = verify()
    if as_json:
        _print_json(asdict(found))
    else:
        print(found)
    return 0 if found.matches == found.cases else 1


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(_without_nan(document), allow_nan=False))


def _without_nan(value: Any) -> Any:
    """Spell NaN and infinity as strings, as ProtoJSON does: JSON has no such numbers."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
