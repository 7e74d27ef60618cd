"""Row accounting: for every file, rows in = rows accepted + rows refused, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from darkfigure.errors import RecordError


@dataclass(frozen=True, slots=True, order=True)
class RefusalCount:
    """How often one rule refused one field in one file.

    Parameters
    ----------
    field : str
        Field name as the format defines it, never a value.
    rule : str
        Code of the rule, such as ``"address-malformed"``.
    rows : int
        Rows refused by it.
    """

    field: str
    rule: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccount:
    """What became of every row of one file.

    Parameters
    ----------
    source : str
        Name of the declared source, such as ``"reports-2010-2013"``.
    file : str
        Path inside the study's ``input`` folder, as declared by the study or ``member 3 of ...``; never a name taken
        from inside an archive.
    unit : str
        What a row is: ``"reports"``, ``"addresses"``, ``"cases"`` ...
    rows_in, rows_accepted, rows_refused : int
        ``rows_in == rows_accepted + rows_refused``.
    refusals : tuple of RefusalCount
        Sum of ``rows`` equals ``rows_refused`` (one rule, the first broken, for each refused row).
    unknown_elements : int
        Elements or columns the reader did not know: counted, never stored.
    sha256 : str
        Digest of the file.

    Raises
    ------
    RecordError (E-RECORD-04)
        The account does not balance.
    """

    source: str
    file: str
    unit: str
    rows_in: int
    rows_accepted: int
    rows_refused: int
    refusals: tuple[RefusalCount, ...] = ()
    unknown_elements: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_accepted + self.rows_refused or self.rows_refused != sum(
            r.rows for r in self.refusals
        ):
            raise RecordError(
                "E-RECORD-04",
                where=f"account of source {self.source}",
                problem="rows in differ from rows accepted plus rows refused",
                allowed="a balanced account",
                remedy="Report this as a fault in darkfigure.",
            )


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One refused row: where it is and which rule it broke; never what it held."""

    source: str
    file: str
    row: int
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class IntakeAudit:
    """The accounts of all files of one intake, and the place of every refused row."""

    accounts: tuple[FileAccount, ...] = ()
    refused_rows: tuple[RefusedRow, ...] = ()

    def __add__(self, other: IntakeAudit) -> IntakeAudit:
        """Join the audits of two sources."""
        return IntakeAudit(self.accounts + other.accounts, self.refused_rows + other.refused_rows)

    def digests(self, source: str = "") -> tuple[str, ...]:
        """SHA-256 of the files read, of one source or of all, sorted; a workbook of several sheets once."""
        return tuple(sorted({a.sha256 for a in self.accounts if a.sha256 and source in ("", a.source)}))


def tally(refused: Iterable[RefusedRow]) -> tuple[RefusalCount, ...]:
    """Count refused rows by field and rule, sorted.

    Examples
    --------
    >>> tally([RefusedRow("s", "f", 1, "ip", "bad"), RefusedRow("s", "f", 2, "ip", "bad")])
    (RefusalCount(field='ip', rule='bad', rows=2),)
    """
    counts: dict[tuple[str, str], int] = {}
    for row in refused:
        counts[(row.field, row.rule)] = counts.get((row.field, row.rule), 0) + 1
    return tuple(RefusalCount(f, r, n) for (f, r), n in sorted(counts.items()))
