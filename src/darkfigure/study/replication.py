"""Does the study, computed from raw rows, give the published figures? One row for each of the published records."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from darkfigure.errors import StudyError
from darkfigure.records.aggregate import Answer, Cell, ColumnKind, Finding, Missing, Table

How = Literal["recomputed", "within-interval", "declared", "not-recomputable"]
HOWS: tuple[How, ...] = ("recomputed", "within-interval", "declared", "not-recomputable")
FINDING_FIELDS = ("value", "numerator", "base", "known", "unknown")
_SOURCE = re.compile(r"^(finding|table):([a-z0-9-]+)(?:\[(.*)\])?(?:\.([a-z0-9_]+))?$")

Value = int | float | str | tuple[int | float | str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One published record beside ours.

    Parameters
    ----------
    id : str
        Record of the published figures.
    published, ours : str
        As text; ``ours`` is empty for what is no computation.
    how : str
        ``recomputed``, ``within-interval``, ``declared`` or ``not-recomputable``.
    agrees : bool or None
        Whether ours agrees after the published rounding; ``None`` for what is no computation.
    reason : str
        Why not recomputable, or where the report contradicts itself.
    """

    id: str
    published: str
    ours: str
    how: How
    agrees: bool | None
    reason: str


def compare_with_published(answer: Answer) -> tuple[Comparison, ...]:
    """Set every published record beside what this run computed.

    The map of records to findings and tables is package data; the published values are read here and nowhere else in
    the analysis, and only after every result has been made.

    Parameters
    ----------
    answer : Answer
        All findings and tables of the run, before disclosure control.

    Returns
    -------
    tuple of Comparison
        In the order of the published records, each record once.

    Raises
    ------
    StudyError (E-STUDY-20)
        The map names a record, table or column that does not exist, or leaves a record out. A finding or row that a
        small world does not have is no error: the record then disagrees.
    """
    published = _published_records()
    mapped = {row["published_id"]: row for row in _map_rows()}
    if set(mapped) != set(published):
        odd = sorted(set(mapped) ^ set(published))
        raise _map_error(f"records mapped and published differ: {', '.join(odd[:5])}")
    return tuple(_compare(record, mapped[name], answer) for name, record in published.items())


def write_replication(comparisons: Iterable[Comparison], path: Path) -> None:
    """Write ``replication.csv`` (id, published, ours, how, agrees, reason)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["id", "published", "ours", "how", "agrees", "reason"])
        for c in comparisons:
            agrees = "" if c.agrees is None else ("yes" if c.agrees else "no")
            writer.writerow([c.id, c.published, c.ours, c.how, agrees, c.reason])


def _map_error(problem: str) -> StudyError:
    return StudyError(
        "E-STUDY-20",
        where="study/replication_map",
        problem=problem,
        allowed="each published record once, pointing at a finding or table cell of this run",
        remedy="Correct the map.",
    )


def _published_records() -> dict[str, dict[str, object]]:
    text = resources.files("darkfigure.reference").joinpath("data/published-figures.json").read_text(encoding="utf-8")
    return {record["id"]: record for record in json.loads(text)}


def _map_rows() -> list[dict[str, str]]:
    folder = resources.files("darkfigure.study").joinpath("replication_map")
    rows: list[dict[str, str]] = []
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if item.name.endswith(".csv"):
            rows += list(csv.DictReader(item.read_text(encoding="utf-8").splitlines()))
    ids = [row["published_id"] for row in rows]
    if len(set(ids)) != len(ids):
        raise _map_error("a record is mapped twice")
    return rows


def _compare(record: dict[str, object], row: dict[str, str], answer: Answer) -> Comparison:
    how = next((h for h in HOWS if h == row["how"]), None)
    if how is None:
        raise _map_error(f"{row['published_id']} has an unknown way of obtaining it")
    value = record["value"]
    ours: Value = None
    agrees: bool | None = None
    if how in ("recomputed", "within-interval"):
        ours = _transformed(_look_up(row["source"], answer), row["transform"] or "as-is")
        agrees = (
            _within(row["source"], value, answer)
            if how == "within-interval"
            else _agree(ours, value, digits=row["digits"], transform=row["transform"])
        )
    return Comparison(
        id=row["published_id"],
        published=_as_text(value),
        ours=_as_text(ours),
        how=how,
        agrees=agrees,
        reason=row["reason"],
    )


def _look_up(source: str, answer: Answer) -> tuple[Cell | None, ...]:
    found = _SOURCE.match(source)
    if not found:
        raise _map_error(f"{source} names neither a finding nor a table")
    kind, name, rows, field = found.groups()
    if kind == "finding":
        finding = next((f for f in answer.findings if f.id == name), None)
        if (field or "value") not in FINDING_FIELDS:
            raise _map_error(f"{source} names a field that is not there")
        return () if finding is None else (_field(finding, field or "value"),)
    table = next((t for t in answer.tables if t.id == name), None)
    if table is None or field is None or field not in [c.name for c in table.columns]:
        raise _map_error(f"{source} names a table or column that is not there")
    return _cells(table, rows, field, source)


def _field(finding: Finding, field: str) -> Cell | None:
    if field == "value" and finding.refusal is not None:
        return "not estimable"
    value = getattr(finding, field)
    if value is not None and not isinstance(value, int | float | str):
        raise _map_error(f"finding {finding.id} has no number there")
    return value


def _cells(table: Table, rows: str | None, field: str, source: str) -> tuple[Cell, ...]:
    wanted = table.rows
    for condition in (rows or "").split("&") if rows else []:
        column, _, label = condition.partition("=")
        names = [c.name for c in table.columns if c.kind is ColumnKind.LABEL]
        if column not in names:
            raise _map_error(f"{source} names a label column that is not there")
        index = [c.name for c in table.columns].index(column)
        wanted = tuple(r for r in wanted if r[index] == label)
    index = [c.name for c in table.columns].index(field)
    return tuple(r[index] for r in wanted)


def _transformed(cells: tuple[Cell | None, ...], transform: str) -> Value:
    """Bring what was looked up to the form of the published record."""
    present = tuple(c for c in cells if c is not None and not isinstance(c, Missing))
    if transform in ("list", "set"):
        return present
    if transform == "count":
        return len(present)
    if not present:
        return None
    if len(present) != 1:
        raise _map_error(f"a record needs one number, {len(present)} were found")
    value = present[0]
    if transform == "number-list":
        return tuple(int(n) for n in str(value).replace(",", " ").split())
    if transform == "as-is" or isinstance(value, str):
        return value
    if transform not in _TRANSFORMS:
        raise _map_error(f"transform {transform} is not known")
    return _TRANSFORMS[transform](value)


_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_TRANSFORMS: dict[str, Callable[[float], Value]] = {
    "percent": lambda x: x * 100.0,
    "months-to-years": lambda x: x / 12,
    "floor-plus": lambda x: f"{math.floor(x)}+",
    "under-one": lambda x: "less than 1" if x < 1 else x,
    "all-if-one": lambda x: "all" if x == 1 else x,
    "more-than-times": lambda x: f"more than {_WORDS[math.floor(x)]} times",
    "most-if-over-half": lambda x: "most" if x > 0.5 else x,
}
"""How a published wording relates to a number: the report writes "4+" for a mean of 4.2, "all" for a share of 1."""


def _agree(ours: Value, published: object, *, digits: str, transform: str) -> bool:
    if isinstance(published, list):
        mine = [str(v) for v in (ours if isinstance(ours, tuple) else (ours,))]
        theirs = [str(v) for v in published]
        return sorted(mine) == sorted(theirs) if transform == "set" else mine == theirs
    if isinstance(published, int | float) and isinstance(ours, int | float):
        places = int(digits or 0)
        # Halves are rounded away from zero, as the report's percentages are.
        rounded = math.floor(abs(ours) * 10**places + 0.5 + 1e-9) / 10**places * (-1 if ours < 0 else 1)
        return math.isclose(rounded, published, abs_tol=1e-9)
    return str(ours) == str(published)


def _within(source: str, published: object, answer: Answer) -> bool:
    name = source.removeprefix("finding:").split(".")[0]
    finding = next((f for f in answer.findings if f.id == name), None)
    if not isinstance(published, int | float):
        raise _map_error(f"{source} has no number to compare with")
    return (
        finding is not None
        and finding.interval is not None
        and finding.interval.lower <= published <= finding.interval.upper
    )


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(str(v) for v in value)
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)
