"""Problems with whole files, and the partner's delivery note against what was found.

A file that cannot be read takes its rows with it. The delivery note, ``manifest.csv`` beside the files, says how many
reports and addresses each file holds, so that a missing file, a cut archive or a lost row shows as a difference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from darkfigure.errors import IntakeError
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows
from darkfigure.records.aggregate import FileAccount, RefusalCount

NOTE_NAME: Final = "manifest.csv"

_SHOWN_NAME: Final = re.compile(r"reports-\d{4}(-\d{2})?\.(csv|zip|json|xml)", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,9}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Something wrong with a whole file of reports, found while the other files were read on.

    Parameters
    ----------
    severity : {"refused", "difference"}
        The file could not be read, or it was read and differs from what the delivery note says.
    code, where, problem, allowed, remedy : str
        As in an error; never a value of a record.
    """

    severity: Literal["refused", "difference"]
    code: str
    where: str
    problem: str
    allowed: str
    remedy: str

    @classmethod
    def of(cls, error: IntakeError, *, severity: Literal["refused", "difference"] = "refused") -> FileProblem:
        """Keep an error as a problem."""
        return cls(
            severity=severity, code=error.code, where=error.where, problem=error.problem, allowed=error.allowed,
            remedy=error.remedy,
        )  # fmt: skip

    def error(self) -> IntakeError:
        """Give the problem as the error to raise when the caller decides to stop."""
        return IntakeError(self.code, where=self.where, problem=self.problem, allowed=self.allowed, remedy=self.remedy)


@dataclass(frozen=True, slots=True)
class FileFound:
    """What one file turned out to hold."""

    label: str
    reports: int
    addresses: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Announced:
    label: str
    reports: int
    addresses: int
    sha256: str


def shown_name(name: str, *, number: int) -> str:
    """Give the name under which a file is mentioned: its own when it follows the pattern, else its number.

    Examples
    --------
    >>> shown_name("reports-2014-01.zip", number=1), shown_name("maria.zip", number=2)
    ('reports-2014-01.zip', 'file 2')
    """
    return name if _SHOWN_NAME.fullmatch(name) else f"file {number}"


def compare_delivery(
    folder: Path, *, source: str, found: Mapping[str, FileFound]
) -> tuple[tuple[FileProblem, ...], tuple[FileAccount, ...]]:
    """Compare a folder's delivery note with what was found in its files.

    Parameters
    ----------
    folder : Path
        Folder of the source.
    source : str
        Name of the declared source.
    found : mapping of str to FileFound
        By file name.

    Returns
    -------
    tuple of (problems, accounts)
        E-INTAKE-27 when there is no note; E-INTAKE-26 for a file that is missing, not announced, or differs in
        reports, addresses or digest; the error of ``read_csv_rows`` when the note cannot be read. Accounts
        ``announced reports`` and ``announced addresses``: announced, found, and not found.
    """
    note = folder / NOTE_NAME
    where = f"source {source}, delivery note"
    if not note.exists():
        missing = IntakeError(
            "E-INTAKE-27", where=where, problem="there is no delivery note, so missing files cannot be noticed",
            allowed=f"{NOTE_NAME} with file, reports, addresses and sha256", remedy="Ask the partner for one.",
        )  # fmt: skip
        return (FileProblem.of(missing, severity="difference"),), ()
    try:
        announced = _read_note(note, source=source)
    except IntakeError as error:
        return (FileProblem.of(error),), ()
    problems = [
        _difference(f"source {source}, {item.label}", problem)
        for name, item in announced.items()
        for problem in _differences(item, found.get(name))
    ]
    problems += [
        _difference(f"source {source}, {item.label}", "the delivery note does not name this file")
        for name, item in found.items()
        if name not in announced
    ]
    pairs = [(item, found.get(name)) for name, item in announced.items()]
    accounts = (
        _account(source, "announced reports", [(a.reports, 0 if f is None else f.reports) for a, f in pairs]),
        _account(source, "announced addresses", [(a.addresses, 0 if f is None else f.addresses) for a, f in pairs]),
    )
    return tuple(problems), accounts


def _read_note(note: Path, *, source: str) -> dict[str, _Announced]:
    table = read_csv_rows(
        note, source=source, required=("file", "reports", "addresses"), optional=("sha256",), unit="files",
        file="the delivery note",
    )  # fmt: skip
    rows = [_announced(row) for row in table.rows]
    complete = {name: item for row in rows if row is not None for name, item in [row]}
    if table.refused or len(complete) != len(table.rows):
        raise IntakeError(
            "E-INTAKE-26", where=f"source {source}, delivery note", problem="a row of it is malformed or repeated",
            allowed="one row a file: file, reports, addresses, sha256", remedy="Ask the partner for a new note.",
        )  # fmt: skip
    return complete


def _announced(row: CsvRow) -> tuple[str, _Announced] | None:
    values = row.values
    digest = values.get("sha256", "")
    if not (_COUNT.fullmatch(values["reports"]) and _COUNT.fullmatch(values["addresses"])):
        return None
    if digest and not _DIGEST.fullmatch(digest):
        return None
    label = shown_name(values["file"], number=row.number - 1)
    return values["file"], _Announced(label, int(values["reports"]), int(values["addresses"]), digest)


def _differences(announced: _Announced, found: FileFound | None) -> list[str]:
    if found is None:
        return ["the delivery note names this file, but it is missing or cannot be read"]
    problems = [
        f"the delivery note says {said} {unit}, the file holds {held}"
        for unit, said, held in (
            ("reports", announced.reports, found.reports),
            ("addresses", announced.addresses, found.addresses),
        )
        if said != held
    ]
    if announced.sha256 and announced.sha256 != found.sha256:
        problems.append("the file's digest differs from the delivery note")
    return problems


def _difference(where: str, problem: str) -> FileProblem:
    error = IntakeError(
        "E-INTAKE-26", where=where, problem=problem, allowed="files as the delivery note says",
        remedy="Ask the partner to send the files and the note again, or accept the difference and say so.",
    )  # fmt: skip
    return FileProblem.of(error, severity="difference")


def _account(source: str, unit: str, pairs: Sequence[tuple[int, int]]) -> FileAccount:
    announced = sum(said for said, _ in pairs)
    lacking = sum(max(said - held, 0) for said, held in pairs)
    refusals = (RefusalCount("(file)", "announced-not-found", lacking),) if lacking else ()
    return FileAccount(
        source=source, file="delivery note", unit=unit, rows_in=announced, rows_accepted=announced - lacking,
        rows_refused=lacking, refusals=refusals,
    )  # fmt: skip
