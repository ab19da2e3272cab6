"""What an audit found: findings by severity, the places that drop, and a table of both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_explained.tables import Fact, Row, Table, as_html, as_text

if TYPE_CHECKING:
    from dropout_explained.audit.findings import Finding


@dataclass(frozen=True)
class Site:
    """One place that drops in training.

    Attributes
    ----------
    path, line : str
        Module path, and file and line of the code that called; each may be empty.
    kind : str
        Which function drew.
    p : float or None
        Drop probability; None if it is not one number.
    mode : str
        ``"training"`` or ``"evaluation"``, as the module stood.
    shape : tuple of int
        Shape of what it masks.
    scale : float or None
        The value of the mask where it keeps; None if it met no data that was followed.
    kept : float or None
        Share of the coins that kept.
    """

    path: str
    line: str
    kind: str
    p: float | None
    mode: str
    shape: tuple[int, ...]
    scale: float | None
    kept: float | None


@dataclass(frozen=True)
class Report:
    """Findings, most severe first; printed, a table. True if there are none.

    Attributes
    ----------
    title : str
        What was looked at.
    findings : tuple of Finding
        Each with ``code``, ``severity``, ``where``, ``message``, ``fix`` and ``docs``.
    remarks : tuple of str
        What was not looked at, or not told.
    sites : tuple of Site
        The places that drop, for a model that was run.
    """

    title: str
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity == severity)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings by which results are wrong, or training fails."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Findings that are rarely meant."""
        return self._of("warning")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Findings that may well be meant."""
        return self._of("note")

    def _shown(self, where: str) -> str:
        """Return a place as the table shows it."""
        return short(where)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it by name, for JSON.

        Returns
        -------
        dict
            ``title``, ``findings``, ``remarks`` and ``sites``, as a file or another
            program reads them.
        """
        return {
            "title": self.title,
            "findings": [one.as_dict() for one in self.findings],
            "remarks": list(self.remarks),
            "sites": [{**asdict(one), "shape": list(one.shape)} for one in self.sites],
        }

    def _tables(self) -> list[Table]:
        counts = [
            f"{len(part)} {name if len(part) != 1 else name.removesuffix('s')}"
            for name, part in (
                ("errors", self.errors), ("warnings", self.warnings), ("notes", self.notes)
            )
        ]  # fmt: skip
        title = f"{self.title}: {', '.join(counts)}"
        facts = tuple(
            Fact(one.code, one.severity, f"{self._shown(one.where)}\n{one.message}\nFix: {one.fix}")
            for one in self.findings
        )
        tables = [Table(title, facts=facts, notes=self.remarks, ragged=True)]
        if self.sites:
            rows = tuple(Row(_cells(one), short(one.line)) for one in self.sites)
            columns = ("module", "function", "p", "scale", "kept")
            tables.append(Table("What drops in training", columns, rows, remarks="where"))
        return tables

    def __str__(self) -> str:
        """Return both tables as text, each finding with its fix and its page."""
        title, *rest = self._tables()
        parts = [as_text(Table(title.title))]
        for one in self.findings:
            head = f"{one.code} {one.severity}  {self._shown(one.where)}"
            parts.append(
                "\n".join(
                    [
                        head,
                        *_indented(one.message),
                        *_indented(f"Fix: {one.fix}"),
                        f"    {one.docs}",
                    ]
                )
            )
        if self.remarks:
            parts.append(as_text(Table("", notes=self.remarks)).strip())
        return "\n\n".join([*parts, *map(as_text, rest)])

    def _repr_html_(self) -> str:
        return "".join(map(as_html, self._tables()))


def short(where: str) -> str:
    """Return a place without the folders of its file."""
    path, comma, line = where.rpartition(", ")
    file, colon, number = line.rpartition(":")
    if colon and number.isdigit():
        name = Path(file).name
        line = f"line {number}" if "ipykernel" in file else f"{name}:{number}"
    return f"{path}{comma}{line}"


def _indented(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 62, initial_indent="    ", subsequent_indent="    ")


def _cells(site: Site) -> tuple[str, ...]:
    function = site.kind.replace("scaled_dot_product_attention", "attention")
    function = function.replace("multi_head_attention_forward", "attention")
    return (
        site.path or "(model)",
        function,
        "-" if site.p is None else f"{site.p:g}",
        "-" if site.scale is None else f"{site.scale:.4g}",
        "-" if site.kept is None else f"{site.kept:.1%}",
    )
