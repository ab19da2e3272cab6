"""The command ``dropout-explained``: a table for people, one JSON document for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from dropout_explained import __version__, cli_audit
from dropout_explained.arguments import (
    FLOATING,
    STREAMS,
    BadArgument,
    BadArgumentType,
    checked_count,
    checked_shape,
)
from dropout_explained.cli_parts import (
    PROGRAM,
    Parser,
    complain,
    declared,
    output_written,
    print_json,
)
from dropout_explained.closed_forms import moments
from dropout_explained.explanation import explain
from dropout_explained.streams import TorchStream, read, verify

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        0 on success, 1 where ``verify`` found a difference, 2 on bad input.

    Examples
    --------
    >>> from dropout_explained.cli import main
    >>> main(["moments", "--p", "0.5", "--json"])
    {"p": 0.5, "n": 1, "mean": 1.0, "variance": 1.0, "second_moment": 2.0, \
"standard_error": 1.0, "interval_95": [0.0, 2.0]}
    0
    """
    given = sys.argv[1:] if argv is None else argv
    try:
        with output_written(), np.errstate(over="ignore", invalid="ignore"):
            arguments = _parser().parse_args(_numbers_are_not_options(given))
            status: int = arguments.run(arguments)
    except (BadArgument, BadArgumentType, ModuleNotFoundError, OSError) as error:
        wrong = str(error)
    except MemoryError as error:
        wrong = f"that does not fit into memory. {error}"
    else:
        return status
    complain(f"{PROGRAM}: error: {wrong}")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Why does dropout change the values it did not zero? See it on your numbers.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add_command in (_add_explain, _add_moments, _add_replay, _add_verify, *cli_audit.COMMANDS):
        add_command(commands)
    return parser


def _add_p(command: Any) -> None:
    command.add_argument("--p", type=float, default=0.5, help="drop probability (default: 0.5)")


def _add_stream(command: Any) -> None:
    command.add_argument(
        "--stream",
        choices=STREAMS,
        default="eager",
        help="eager calls or torch.compile's, on a CPU",
    )


def _add_explain(commands: Any) -> None:
    what, example = "take one dropout call apart", "1 2 3 4 --p 0.5 --seed 0"
    command = declared(commands, _explain, "explain", what, example)
    command.add_argument("values", nargs="+", type=float, metavar="VALUE", help="the input x")
    _add_p(command)
    command.add_argument(
        "--seed", type=int, metavar="N", help="seed of torch's CPU generator; drawn if left out"
    )


def _explain(arguments: argparse.Namespace) -> int:
    told = explain(arguments.values, arguments.p, seed=arguments.seed)
    if not arguments.json:
        print(told)
        return 0
    if arguments.seed is None and told.seed is not None:
        print(f"{PROGRAM}: drew --seed {told.seed}", file=sys.stderr)
    document = {
        **_taken(told, "input", "p", "scale"),
        "mask": [int(kept) for kept in told.mask],
        **_taken(told, "output", "mean_input", "mean_output", "expected_output"),
        **_taken(told, "standard_deviation", "standard_error"),
        "gradient": told.gradient(),
    }
    return print_json(document)


def _add_moments(commands: Any) -> None:
    what, example = "exact mean, variance and interval", "--p 0.9 --n 1000"
    command = declared(commands, _moments, "moments", what, example)
    _add_p(command)
    command.add_argument("--n", type=int, default=1, help="values averaged (default: 1)")
    command.add_argument("--value", type=float, default=1.0, help="input value x (default: 1)")


def _moments(arguments: argparse.Namespace) -> int:
    exact = moments(arguments.p, value=arguments.value, n=arguments.n)
    if not arguments.json:
        print(exact)
        return 0
    names = ("p", "n", "mean", "variance", "second_moment", "standard_error", "interval_95")
    return print_json(_taken(exact, *names))


def _add_replay(commands: Any) -> None:
    what, example = "the mask that torch draws", "--seed 0 --p 0.5 --shape 2,3"
    command = declared(commands, _replay, "replay", what, example)
    start = command.add_mutually_exclusive_group(required=True)
    start.add_argument("--seed", type=int, metavar="N", help="what torch.manual_seed got")
    start.add_argument(
        "--rng-state", metavar="FILE", help="a saved torch.get_rng_state(): torch.save, npy or raw"
    )
    _add_p(command)
    command.add_argument("--shape", default="1", help="shape of the input, as 2,3 (default: 1)")
    command.add_argument("--layer", default="dropout", help="which layer (default: dropout)")
    _add_stream(command)
    command.add_argument(
        "--dtype",
        choices=FLOATING,
        default="float32",
        metavar="TYPE",
        help=f"of the input, {', '.join(FLOATING)}; matters when compiled",
    )
    command.add_argument(
        "--calls", type=int, default=1, help="successive calls; their masks are stacked"
    )


def _replay(arguments: argparse.Namespace) -> int:
    calls = checked_count(arguments.calls, "calls")
    sizes = [size for size in arguments.shape.split(",") if size.strip()]
    shape = checked_shape(
        "shape", [int(size) if size.strip().isdigit() else size for size in sizes]
    )
    if arguments.rng_state is None:
        stream, start = TorchStream(arguments.seed), f"seed {arguments.seed}"
    else:
        stream = TorchStream.from_rng_state(read(arguments.rng_state))
        start = f"the state in {arguments.rng_state}"
    masks = [
        stream.mask(
            shape,
            arguments.p,
            layer=arguments.layer,
            stream=arguments.stream,
            dtype=arguments.dtype,
        )
        for _ in range(calls)
    ]
    kept = sum(int(mask.sum()) for mask in masks)
    if arguments.json:
        listed = [mask.astype(int).tolist() for mask in masks]
        document = {"mask": listed if calls > 1 else listed[0], "kept": kept, "shape": shape}
        return print_json(document | {"draws": stream.draws})
    drawn = "Masks" if arguments.stream == "eager" else "Compiled masks"
    print(f"{drawn} of {arguments.layer} from {start}, p = {arguments.p:g}, shape {shape}")
    for mask in masks:
        print(f"\n{mask.astype(int)}")
    size = sum(mask.size for mask in masks)
    print(f"\nkept {kept} of {size}; {stream.draws} words of 32 bits drawn")
    return 0


def _add_verify(commands: Any) -> None:
    what = "compare replay with the installed torch, bit for bit"
    command = declared(commands, _verify, "verify", what, "")
    command.add_argument(
        "--cases", type=int, default=3000, help="random calls to compare (default: 3000)"
    )
    _add_stream(command)


def _verify(arguments: argparse.Namespace) -> int:
    found = verify(arguments.cases, stream=arguments.stream)
    if arguments.json:
        names = ("torch_version", "machine", "stream", "cases", "elements", "matches")
        print_json(_taken(found, *names, "first_mismatch"))
    else:
        print(found)
    return 0 if found.matches == found.cases else 1


def _taken(result: object, *names: str) -> dict[str, Any]:
    return {name: getattr(result, name) for name in names}


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
