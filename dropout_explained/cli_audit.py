"""The commands that look for mistakes: in a model, in source files, and in the catalogue of both."""

from __future__ import annotations

import re
import textwrap
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_explained.arguments import BadArgument, BadArgumentType
from dropout_explained.audit import (
    Finding,
    Rule,
    address_of,
    audit,
    lint,
    model_and_inputs,
    rule_of,
    rules,
)
from dropout_explained.cli_parts import PROGRAM, declared, print_json
from dropout_explained.tables import WIDTH

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

FORMATS = ("text", "github")
LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def _add_audit(commands: Any) -> None:
    what = "run a model, and find mistakes with its dropout"
    command = declared(commands, _audit, "audit", what, "my_models:build --input-shape 8,3")
    command.add_argument(
        "target",
        metavar="MODULE:FACTORY",
        help="a model, or what makes one, alone or with its inputs; also file.py:factory",
    )
    command.add_argument(
        "--input-shape",
        nargs="+",
        default=[],
        metavar="SHAPE",
        help="shape of each input, as 2,3 for normal numbers or 2,5:int64 for zeros",
    )
    command.add_argument(
        "--accept",
        nargs="+",
        default=[],
        metavar="NAME",
        help="draws that are meant: module paths, file:line or codes, with * as in file names",
    )


def _audit(arguments: argparse.Namespace) -> int:
    with _said_in_a_sentence(f"target must be made without an error; {arguments.target}"):
        model, inputs, named = model_and_inputs(arguments.target, arguments.input_shape)
    wanted = "target must run on its inputs, which --input-shape sets"
    with _said_in_a_sentence(f"{wanted}; {arguments.target}"):
        report = audit(model, *inputs, accept=arguments.accept, **named)
    if arguments.json:
        print_json(report.as_dict())
    else:
        print(report)
    return 1 if report.errors else 0


@contextmanager
def _said_in_a_sentence(what: str) -> Iterator[None]:
    """Turn whatever the audited code raises into a sentence, with the line that raised."""
    try:
        yield
    except (BadArgument, BadArgumentType, ModuleNotFoundError):
        raise
    except (Exception, SystemExit) as error:
        *_, last = traceback.extract_tb(error.__traceback__)
        # What is no Python names its line itself.
        place = f" ({Path(last.filename).name}:{last.lineno})"
        place = "" if isinstance(error, SyntaxError) else place
        raise BadArgument(f"{what} raises {type(error).__name__}: {error}{place}") from error


def _add_lint(commands: Any) -> None:
    what, example = "find mistakes with dropout in source files and notebooks", "."
    command = declared(commands, _lint, "lint", what, example)
    command.add_argument("paths", nargs="+", metavar="PATH", help="files, and folders to search")
    command.add_argument(
        "--format", choices=FORMATS, default="text", help="github: annotations of a pull request"
    )


def _lint(arguments: argparse.Namespace) -> int:
    for path in arguments.paths:
        if not Path(path).exists():
            raise BadArgument(f"PATH must be a file or a folder; there is no {path}")
    report = lint(arguments.paths)
    if arguments.json:
        print_json(report.as_dict())
    elif arguments.format == "github":
        for finding in report.findings:
            print(annotation(finding))
    else:
        print(report)
        if report.errors or report.warnings:
            print(f"\n{PROGRAM} rules --explain CODE tells more.")
    return 1 if report.errors else 0


def annotation(finding: Finding) -> str:
    """Return a finding as a line of a log that GitHub shows beside the code."""
    message = f"{finding.message} {finding.fix} {finding.docs}"
    path, line = finding.where, "1"
    if place := re.search(r"(?::cell (\d+))?:(\d+)$", finding.where):
        path, (cell, line) = finding.where[: place.start()], place.groups()
        if cell:  # whose lines have other numbers in the file, which is JSON
            message, line = f"Cell {cell}, line {line}: {message}", "1"
    properties = {"file": path, "line": line, "title": finding.code}
    named = ",".join(f"{name}={_escaped(value, ',:')}" for name, value in properties.items())
    return f"::{LEVELS[finding.severity]} {named}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _add_rules(commands: Any) -> None:
    what, example = "list what can be wrong with dropout, or explain one of it", "--explain DE001"
    command = declared(commands, _rules, "rules", what, example)
    command.add_argument("--explain", metavar="CODE", help="the whole text of one, with examples")


def _rules(arguments: argparse.Namespace) -> int:
    if arguments.explain is not None:
        rule = rule_of(arguments.explain)
        if arguments.json:
            return print_json(rule.as_dict())
        print(explained(rule))
        return 0
    if arguments.json:
        return print_json({"rules": [rule.as_dict() for rule in rules().values()]})
    print(listed(rules().values()))
    return 0


def listed(known: Iterable[Rule]) -> str:
    """Return a table of rules: what each says, how bad it is, and which command finds it."""
    parts = [
        "\n".join(
            [
                f"{rule.code}  {rule.severity:<7}  {rule.name} ({', '.join(rule.finds)})",
                *_wrapped(rule.says, "       "),
            ]
        )
        for rule in known
    ]
    return "\n".join(parts)


def explained(rule: Rule) -> str:
    """Return all that the catalogue says of a rule."""
    return "\n".join(
        [
            f"{rule.code} {rule.name} ({rule.severity}, found by {' and '.join(rule.finds)})",
            "",
            *_wrapped(rule.says),
            *_wrapped(f"Why: {rule.why}"),
            *_wrapped(f"Fix: {rule.fix}"),
            "",
            "Wrong:",
            "",
            textwrap.indent(rule.bad, "    "),
            "",
            "Right:",
            "",
            textwrap.indent(rule.good, "    "),
            "",
            f"The whole story: {address_of(rule.page)}",
        ]
    )


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


COMMANDS = (_add_audit, _add_lint, _add_rules)
