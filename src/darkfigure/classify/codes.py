"""What did the coders write? Reading ``hand/codes-*.csv`` and joining two coders with an adjudicator."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from darkfigure.classify.codebook import TextCode, TextReason
from darkfigure.classify.sample import CoderSample
from darkfigure.errors import StudyError
from darkfigure.intake.csv_rows import CsvRow, read_csv_rows

REQUIRED_COLUMNS = ("sample_number", "code", "reason", "live_video", "coder", "coded_on")
"""Columns of a code file; ``sample_id`` is read too where it stands."""

_NUMBER = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_LIVE = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class CodedText:
    """One coder's reading of one sampled text."""

    number: int
    code: TextCode
    reason: TextReason | None
    live_video: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFile:
    """All readings of one coder.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    coder : str
        Who coded.
    rows : tuple of CodedText
        By sample number, each once.
    sample_id : str
        Digest of the sample that was coded, where the file states it; else empty.
    sha256 : str
        Digest of the file.
    """

    name: str
    coder: str
    rows: tuple[CodedText, ...]
    sample_id: str
    sha256: str

    def by_number(self) -> dict[int, CodedText]:
        """Readings by sample number."""
        return {row.number: row for row in self.rows}


def read_codes(path: Path) -> CodeFile:
    """What did one coder write about the sampled texts?

    Parameters
    ----------
    path : Path
        CSV with the columns ``sample_number``, ``code``, ``reason``, ``live_video`` (``yes`` or ``no``), ``coder`` and
        ``coded_on`` (ISO date), optionally ``sample_id``.

    Returns
    -------
    CodeFile

    Raises
    ------
    IntakeError
        The file cannot be read as a table at all.
    StudyError (E-STUDY-30)
        A row breaks a rule of the table (number of cells, formula, control character).
    StudyError (E-STUDY-31)
        A code, reason, live-video mark or date is not one of the codebook's.
    StudyError (E-STUDY-32)
        A sample number is malformed or stands twice.
    StudyError (E-STUDY-34)
        A reason stands beside a code that needs none, or is missing.
    StudyError (E-STUDY-36)
        The file is empty, or names more than one coder or sample, or none.
    """
    table = read_csv_rows(path, source="codes", required=REQUIRED_COLUMNS, optional=("sample_id",), unit="coded texts")
    if table.refused:
        first = table.refused[0]
        raise _refuse("E-STUDY-30", path, first.row, first.field, f"the row breaks rule {first.rule}", "a plain table")
    rows = tuple(sorted((_coded(path, row) for row in table.rows), key=lambda r: r.number))
    repeated = [n for n, times in Counter(r.number for r in rows).items() if times > 1]
    if repeated:
        raise _refuse("E-STUDY-32", path, None, "sample_number", "a sample number stands twice", "each number once")
    coders = {row.values["coder"].strip() for row in table.rows}
    samples = {row.values.get("sample_id", "").strip() for row in table.rows}
    if len(coders) != 1 or "" in coders or len(samples) != 1:
        raise _refuse(
            "E-STUDY-36", path, None, "coder or sample_id", "the rows do not name one coder and one sample",
            "one coder, and one sample id or none, throughout a file",
        )  # fmt: skip
    return CodeFile(name=path.name, coder=coders.pop(), rows=rows, sample_id=samples.pop(), sha256=table.sha256)


def _coded(path: Path, row: CsvRow) -> CodedText:
    value = {name: text.strip() for name, text in row.values.items()}
    if not _NUMBER.match(value["sample_number"]):
        raise _refuse("E-STUDY-32", path, row.number, "sample_number", "it is no sample number", "1, 2, 3, ...")
    checks = (
        ("code", value["code"] in set(TextCode), ", ".join(TextCode)),
        ("reason", not value["reason"] or value["reason"] in set(TextReason), ", ".join(TextReason) + " or nothing"),
        ("live_video", value["live_video"] in _LIVE, "yes or no"),
        ("coded_on", _is_date(value["coded_on"]), "a date as YYYY-MM-DD"),
    )
    for field, fine, allowed in checks:
        if not fine:
            raise _refuse("E-STUDY-31", path, row.number, field, "it is not in the codebook", allowed)
    code, reason = TextCode(value["code"]), TextReason(value["reason"]) if value["reason"] else None
    if (code is TextCode.NOT_DETERMINABLE) != (reason is not None):
        raise _refuse(
            "E-STUDY-34", path, row.number, "reason", "it does not fit the code",
            "a reason for not_determinable, and for no other code",
        )  # fmt: skip
    return CodedText(int(value["sample_number"]), code, reason, _LIVE[value["live_video"]])


def _is_date(text: str) -> bool:
    if not _DATE.match(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _refuse(code: str, path: Path, row: int | None, field: str, problem: str, allowed: str) -> StudyError:
    where = f"{path.name}, field {field}" if row is None else f"{path.name}, row {row}, field {field}"
    return StudyError(code, where=where, problem=problem, allowed=allowed, remedy="Correct the code file by hand.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCodes:
    """Two coders' readings of the same texts, and what stands in the end.

    Parameters
    ----------
    numbers : tuple of int
        Sample numbers of the texts read.
    first, second : tuple of CodedText
        Readings in that order.
    final : tuple of CodedText
        The common code; where the two differ, the adjudicator's; where nobody adjudicated, not determinable (without
        a reason). Live video counts when either coder or the adjudicator marked it.
    unresolved : int
        Texts on which the two differ and nobody adjudicated.
    """

    numbers: tuple[int, ...]
    first: tuple[CodedText, ...]
    second: tuple[CodedText, ...]
    final: tuple[CodedText, ...]
    unresolved: int


def join_codes(sample: CoderSample, first: CodeFile, second: CodeFile, adjudicated: CodeFile | None) -> JoinedCodes:
    """What do two coders and an adjudicator say about every text of the sample?

    Parameters
    ----------
    sample : CoderSample
    first, second : CodeFile
        Both must have coded every text that is not empty, and nothing else.
    adjudicated : CodeFile or None
        Decisions on texts of the sample; need not be complete.

    Returns
    -------
    JoinedCodes

    Raises
    ------
    StudyError (E-STUDY-33)
        A text of the sample has no code, or a code has no text in the sample.
    StudyError (E-STUDY-35)
        A file states the id of another sample.
    StudyError (E-STUDY-37)
        Both files name the same coder.
    """
    wanted = [number for number, _ in sample.readable()]
    files = (first, second) if adjudicated is None else (first, second, adjudicated)
    for file in files:
        if file.sample_id not in ("", sample.sample_id):
            raise _mismatch("E-STUDY-35", file, "it codes another sample", "codes of the sample that was drawn")
        numbers = set(file.by_number())
        if not numbers <= set(wanted) or (file is not adjudicated and len(numbers) < len(wanted)):
            raise _mismatch("E-STUDY-33", file, "codes and sampled texts do not match", "one code a sampled text")
    if first.coder == second.coder:
        raise _mismatch("E-STUDY-37", second, "both files name the same coder", "two coders who worked apart")
    a, b = first.by_number(), second.by_number()
    decided = adjudicated.by_number() if adjudicated else {}
    final = tuple(_final(a[n], b[n], decided.get(n)) for n in wanted)
    unresolved = sum(a[n].code is not b[n].code and n not in decided for n in wanted)
    return JoinedCodes(
        numbers=tuple(wanted), first=tuple(a[n] for n in wanted), second=tuple(b[n] for n in wanted), final=final,
        unresolved=unresolved,
    )  # fmt: skip


def _final(a: CodedText, b: CodedText, decided: CodedText | None) -> CodedText:
    live = a.live_video or b.live_video or (decided is not None and decided.live_video)
    if decided is not None:
        return CodedText(a.number, decided.code, decided.reason, live)
    if a.code is b.code:
        return CodedText(a.number, a.code, a.reason, live)
    return CodedText(a.number, TextCode.NOT_DETERMINABLE, None, live)


def _mismatch(code: str, file: CodeFile, problem: str, allowed: str) -> StudyError:
    return StudyError(
        code, where=file.name, problem=problem, allowed=allowed,
        remedy="Code the sheet in work/ that belongs to this study and seed, or correct the file.",
    )  # fmt: skip
