"""The catalogue of findings: what can be wrong with dropout, how bad it is, and what mends it.

Its text is in ``rules.toml``, and is the text of the page, of the command and of the tables.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from dropout_explained.arguments import BadArgument
from dropout_explained.audit.addresses import address_of

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong: the text of its page, and an example of it, bad and good."""

    code: str
    name: str
    severity: str
    finds: tuple[str, ...]
    says: str
    why: str
    fix: str
    page: str
    bad: str
    good: str

    def as_dict(self) -> dict[str, Any]:
        """Return the rule by name, for JSON, with the address of its page."""
        return asdict(self) | {"finds": list(self.finds), "docs": docs_of(self.code)}


@dataclass(frozen=True)
class Finding:
    """One place at which a rule was found broken.

    Attributes
    ----------
    code, severity : str
        Of the rule; ``"error"``, ``"warning"`` or ``"note"``.
    where : str
        Module path, or ``file:line``, or both.
    message : str
        What is wrong there, with its numbers.
    fix : str
        What to do.
    docs : str
        The page of the rule: an address if the environment says where the site is, else its path.
    """

    code: str
    severity: str
    where: str
    message: str
    fix: str
    docs: str

    def as_dict(self) -> dict[str, str]:
        """Return the finding by name, for JSON."""
        return asdict(self)


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its code."""
    text = resources.files("dropout_explained.audit").joinpath("rules.toml").read_text("utf-8")
    found = {}
    for code, record in tomllib.loads(text).items():
        texts = {name: one.strip("\n") for name, one in record.items() if name != "finds"}
        found[code] = Rule(code=code, finds=tuple(record["finds"]), **texts)
    return found


def rule_of(code: Any) -> Rule:
    """Return the rule of a code, as ``DE001``, or of a name."""
    by_name = {rule.name: rule for rule in rules().values()}
    found = rules().get(str(code).upper()) or by_name.get(str(code))
    if found is None:
        known = list(rules())
        raise BadArgument(f"code must be one of {known[0]} to {known[-1]}, or a name; got {code!r}")
    return found


def docs_of(code: str) -> str:
    """Return where the page of a rule stands."""
    return address_of(f"fix/findings.html#{code.lower()}")


def finding(code: str, where: str, message: str = "") -> Finding:
    """Return a finding of a rule at a place; without a message, the rule's own sentence."""
    rule = rule_of(code)
    return Finding(code, rule.severity, where, message or rule.says, rule.fix, docs_of(code))
