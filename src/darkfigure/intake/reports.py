"""CyberTipline reports of all sources, in whatever shape, as one pair of tables.

Every source is read to its end: a document, a row or a file that cannot be read is refused with the name of a rule and
counted, and the caller sees all problems at once and decides whether to stop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, assert_never

from darkfigure.errors import IntakeError
from darkfigure.intake.archives import MAX_DOCUMENT_BYTES, MAX_EXPANDED_BYTES, ArchiveMember, read_members
from darkfigure.intake.cybertipline_csv import CsvReports, read_csv_reports
from darkfigure.intake.cybertipline_json import read_json_report
from darkfigure.intake.cybertipline_xml import read_xml_report
from darkfigure.intake.delivery_notes import NOTE_NAME, FileFound, FileProblem, compare_delivery, shown_name
from darkfigure.intake.json_safety import DocumentRefusal
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.report_fields import RawReport
from darkfigure.intake.report_gate import CountrySource, FileTally, ReportGate
from darkfigure.records.aggregate import FileAccount, IntakeAudit, RefusalCount, RefusedRow, tally
from darkfigure.records.restricted import IpEventTable, ReportTable, ReportText

ReportKind = Literal["cybertipline-csv", "cybertipline-json", "cybertipline-xml"]
Progress = Callable[[str, int, int], None]

_SUFFIXES: Final[dict[str, str]] = {
    "cybertipline-csv": ".csv",
    "cybertipline-json": ".json",
    "cybertipline-xml": ".xml",
}


@dataclass(frozen=True, slots=True)
class ReportSource:
    """One declared source of reports.

    Parameters
    ----------
    name : str
        As in study.toml.
    kind : {"cybertipline-csv", "cybertipline-json", "cybertipline-xml"}
    path : Path
        A folder of files and archives, one archive, or one file.
    """

    name: str
    kind: ReportKind
    path: Path


@dataclass(frozen=True, slots=True, repr=False)
class ReportIntake:
    """What the reports of all sources say, and what became of every report and address.

    Parameters
    ----------
    reports : ReportTable
    events : IpEventTable
    texts : tuple of ReportText
        For the classifier's own store and for nothing else.
    audit : IntakeAudit
        For each file an account of its reports and one of its addresses (for CSV also of its rows); for each source
        one of its files and, with a delivery note, of what was announced.
    problems : tuple of FileProblem
        Files that could not be read (``refused``) or differ from the delivery note (``difference``).
    """

    reports: ReportTable
    events: IpEventTable
    texts: tuple[ReportText, ...]
    audit: IntakeAudit
    problems: tuple[FileProblem, ...] = ()

    def __repr__(self) -> str:
        return f"ReportIntake({self.reports!r}, {self.events!r}, problems={len(self.problems)})"


def read_reports(
    sources: Sequence[ReportSource],
    *,
    pseudonymiser: Pseudonymiser,
    countries: CountrySource,
    synthetic_space: str | None = None,
    progress: Progress = lambda description, done, total: None,
) -> ReportIntake:
    """Read the reports of all sources into one table of reports and one of their addresses.

    Parameters
    ----------
    sources : sequence of ReportSource
        Read in this order; a report that an earlier source holds is refused in a later one (``duplicate-report``).
    pseudonymiser : Pseudonymiser
        Replaces report numbers, bundle numbers and addresses.
    countries : CountrySource
        Country of each public IPv4 address.
    synthetic_space : str, optional
        IPv4 block that a synthetic study takes as public.
    progress : callable, optional
        Called with a description, files done and files in all.

    Returns
    -------
    ReportIntake
        Rows in the order of sources, of file names and of the documents or rows in a file.

    Notes
    -----
    The time of an address is that of its capture, else of the incident, else of receipt of the report, and
    ``time_source`` says which. Nothing is raised for a file that cannot be read: see ``problems``. Their codes are
    E-INTAKE-01 to 08 (CSV), 20 to 23 (archives), 24 (nothing to read), 25 (a file of another kind), 26 and 27 (delivery
    note), 28 (a link or an unreadable file).
    """
    gate = ReportGate(pseudonymiser, sources=tuple(s.name for s in sources), synthetic_space=synthetic_space)
    audit = IntakeAudit()
    problems: list[FileProblem] = []
    for index, source in enumerate(sources):
        reader = _SourceReader(source, index=index, gate=gate, progress=progress)
        reader.read()
        audit += reader.audit()
        problems += reader.problems
    reports, events, texts = gate.tables(countries)
    return ReportIntake(reports, events, texts, audit, tuple(problems))


class _SourceReader:
    """Reads one source and keeps its accounts."""

    def __init__(self, source: ReportSource, *, index: int, gate: ReportGate, progress: Progress) -> None:
        self.problems: list[FileProblem] = []
        self._source = source
        self._index = index
        self._gate = gate
        self._progress = progress
        self._found: dict[str, FileFound] = {}
        self._accounts: list[FileAccount] = []
        self._refused: list[RefusedRow] = []
        self._files_read = 0
        self._files_refused: list[str] = []
        self._loose: FileTally | None = None
        self._loose_digest = hashlib.sha256()

    def read(self) -> None:
        source = self._source
        paths = self._paths()
        for number, path in enumerate(paths, start=1):
            self._progress(f"reading {source.name}", number - 1, len(paths))
            try:
                self._read_file(path, label=self._label(path, number=number))
            except IntakeError as error:
                self.problems.append(FileProblem.of(error))
                self._files_refused.append("file-refused")
            else:
                self._files_read += 1
        self._progress(f"reading {source.name}", len(paths), len(paths))
        self._finish_loose()
        if source.path.is_dir():
            problems, accounts = compare_delivery(source.path, source=source.name, found=self._found)
            self.problems += problems
            self._accounts += accounts

    def audit(self) -> IntakeAudit:
        refused = len(self._files_refused)
        files = FileAccount(
            source=self._source.name, file=self._source.path.name, unit="files", rows_in=self._files_read + refused,
            rows_accepted=self._files_read, rows_refused=refused,
            refusals=(RefusalCount("(file)", "file-refused", refused),) if refused else (),
        )  # fmt: skip
        return IntakeAudit((files, *self._accounts), tuple(self._refused))

    def _paths(self) -> list[Path]:
        path = self._source.path
        if path.is_dir():
            # Sorted by the parts of the path, so that the order is the same on every file system.
            inside = (p for p in path.rglob("*") if p.is_symlink() or not p.is_dir())
            paths = sorted((p for p in inside if p != path / NOTE_NAME), key=lambda p: p.relative_to(path).parts)
        else:
            paths = [path] if path.exists() else []
        if not paths:
            self._problem("E-INTAKE-24", where=f"source {self._source.name}", problem="there is nothing to read",
                          allowed="a file, an archive or a folder of them at the declared path",
                          remedy="Check the path of the source in study.toml.")  # fmt: skip
        return paths

    def _label(self, path: Path, *, number: int) -> str:
        source = self._source.path
        return source.name if path == source else f"{source.name}/{shown_name(path.name, number=number)}"

    def _problem(self, code: str, *, where: str, problem: str, allowed: str, remedy: str) -> None:
        error = IntakeError(code, where=where, problem=problem, allowed=allowed, remedy=remedy)
        self.problems.append(FileProblem.of(error))

    def _read_file(self, path: Path, *, label: str) -> None:
        where = f"source {self._source.name}, file {label}"
        suffix = path.suffix.lower()
        if suffix not in (".zip", _SUFFIXES[self._source.kind]):
            raise IntakeError(
                "E-INTAKE-25", where=where, problem="the file is of another kind than the source",
                allowed=f"{_SUFFIXES[self._source.kind]} files and .zip archives of them",
                remedy="Move the file away, or declare another source for it.",
            )  # fmt: skip
        digest = _digest(path, where=where)
        if suffix == ".zip":
            members = read_members(path, where=where, suffixes=(_SUFFIXES[self._source.kind],), max_bytes=self._limit)
            account = FileTally(source=self._source.name, file=label, sha256=digest)
            self._read_members(members, account)
            self._finish(account, path=path)
        elif self._source.kind == "cybertipline-csv":
            account = FileTally(source=self._source.name, file=label, sha256=digest)
            self._take_csv(read_csv_reports(path, source=self._source.name, file=label), account)
            self._finish(account, path=path)
        else:
            self._read_loose(path, digest=digest)

    @property
    def _limit(self) -> int:
        return MAX_EXPANDED_BYTES if self._source.kind == "cybertipline-csv" else MAX_DOCUMENT_BYTES

    def _read_members(self, members: Iterator[ArchiveMember], account: FileTally) -> None:
        for member in members:
            if member.content is None:
                self._add(DocumentRefusal(member.rule), row=member.number, account=account)
            elif self._source.kind == "cybertipline-csv":
                self._read_csv_member(member.content, number=member.number, account=account)
            else:
                self._add(self._parse(member.content, row=member.number), row=member.number, account=account)

    def _read_csv_member(self, content: bytes, *, number: int, account: FileTally) -> None:
        file = f"{account.file}, member {number}"
        try:
            found = read_csv_reports(Path(), source=self._source.name, file=file, content=content)
        except IntakeError as error:
            self.problems.append(FileProblem.of(error))
            self._files_refused.append("file-refused")
        else:
            self._take_csv(found, account)

    def _read_loose(self, path: Path, *, digest: str) -> None:
        if self._loose is None:
            self._loose = FileTally(source=self._source.name, file=f"{self._source.path.name}/documents")
        row = self._loose.reports_in + 1
        too_big = path.stat().st_size > MAX_DOCUMENT_BYTES
        document = DocumentRefusal("document-too-big") if too_big else self._parse(path.read_bytes(), row=row)
        self._loose_digest.update(digest.encode())
        self._add(document, row=row, account=self._loose)

    def _parse(self, content: bytes, *, row: int) -> RawReport | DocumentRefusal:
        match self._source.kind:
            case "cybertipline-json":
                return read_json_report(content, row=row)
            case "cybertipline-xml":
                return read_xml_report(content, row=row)
            case "cybertipline-csv":
                raise NotImplementedError
            case _:
                assert_never(self._source.kind)

    def _take_csv(self, found: CsvReports, account: FileTally) -> None:
        for report in found.reports:
            self._add(report, row=report.row, account=account)
        account.unknown_elements += found.unknown_columns
        self._refused += found.refused
        self._accounts.append(
            FileAccount(
                source=account.source, file=account.file, unit="rows", rows_in=found.rows_in,
                rows_accepted=found.rows_accepted, rows_refused=len(found.refused), refusals=tally(found.refused),
                sha256=account.sha256,
            )
        )  # fmt: skip

    def _add(self, raw: RawReport | DocumentRefusal, *, row: int, account: FileTally) -> None:
        self._gate.add(raw, row=row, source=self._index, tally=account)

    def _finish(self, account: FileTally, *, path: Path) -> None:
        self._accounts += account.accounts()
        self._refused += [*account.refused_reports, *account.refused_addresses]
        if path.parent == self._source.path:
            self._found[path.name] = FileFound(account.file, account.reports_in, account.addresses_in, account.sha256)

    def _finish_loose(self) -> None:
        if self._loose is not None:
            self._loose.sha256 = self._loose_digest.hexdigest()
            self._accounts += self._loose.accounts()
            self._refused += [*self._loose.refused_reports, *self._loose.refused_addresses]


def _digest(path: Path, *, where: str) -> str:
    try:
        if not path.is_symlink() and path.is_file():
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        pass
    raise IntakeError(
        "E-INTAKE-28", where=where, problem="the file is a link, is no regular file or cannot be opened",
        allowed="regular files that this user may read", remedy="Copy the file itself into the folder.",
    ) from None  # fmt: skip
