"""Capture tables from CSV: who was seen in which list or on which occasion, as counts.

Four shapes are told apart by their header: a ``history`` (or ``ch``, ``capture_history``) column; a ``captures`` (or
``capture``) column, with a count or one row a unit; and otherwise columns of 0 and 1, one for each list. A ``count``
(or ``units``) column says how many units a row stands for; without it every row is one unit. All other columns are
covariates: the counts are summed over them, and ``rows`` of the table keeps them for the models that use them. A
column that tells units apart one by one, as an identifier does, is not kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import IntakeError
from darkfigure.records.aggregate import CaptureTable
from darkfigure.records.aggregate.capture_building import LARGEST_CAPTURES

MAX_BYTES = 256 * 1024 * 1024
_COUNT_NAMES = ("count", "units")
_CAPTURE_NAMES = ("captures", "capture")
_HISTORY_NAMES = ("history", "ch", "capture_history")
_GROUP = "group"
_FEW_ROWS = 20
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)
_HISTORY = re.compile(r"[01]+", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA_STARTS = tuple("=+-@\t＝＋－＠")


@dataclass(frozen=True, slots=True, repr=False)
class _Sheet:
    """A strictly read file: its name, header and rows; no value is ever shown."""

    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        index = self.header.index(name)
        return [row[index] for row in self.rows]

    def fault(self, code: str, row: int | None, field: str, problem: str, allowed: str, remedy: str) -> IntakeError:
        where = self.file + (f" row {row}" if row is not None else "") + (f" field {field}" if field else "")
        return IntakeError(code, where=where, problem=problem, allowed=allowed, remedy=remedy)


def read_capture_table(
    path: Path, *, occasions: int | Literal["inf"] | None = None, ordered: bool = False, unit: str = "units"
) -> CaptureTable:
    """Who was seen in which list or on which occasion, according to this CSV file?

    Parameters
    ----------
    path : Path
        UTF-8 CSV with a header. Shapes: columns of 0 and 1 with ``count``; ``history`` with ``count``; ``captures``
        with ``units``; one row a unit with ``captures`` and covariates. Any further column is a covariate: text makes
        a factor, numbers make a quantity, ``group`` is a factor always; beside lists, a column that holds only 0 and 1
        counts as a list. Columns without values, numbers with gaps and identifiers are no covariates;
        ``operations`` says so.
    occasions : int, "inf" or None
        Occasions ``T`` behind a ``captures`` column, or ``"inf"`` when a unit can be seen any number of times. Needed
        for a table of ``captures`` alone; ``captures`` with covariates means ``"inf"`` unless told otherwise;
        elsewhere it must be absent or equal the number of lists.
    ordered : bool
        Whether the lists are occasions in order of time.
    unit : str
        What is counted, in the plural.

    Returns
    -------
    CaptureTable
        With cells, totals and frequencies, or with frequencies only; with ``rows`` when there are covariates.

    Raises
    ------
    IntakeError (E-INTAKE-60)
        The file cannot be read as UTF-8 CSV.
    IntakeError (E-INTAKE-61)
        The header repeats or lacks a column.
    IntakeError (E-INTAKE-62)
        A row has another number of fields than the header, or a field runs over several lines.
    IntakeError (E-INTAKE-63)
        A count is not a whole number of 0 or more.
    IntakeError (E-INTAKE-64)
        A history is not made of 0 and 1, differs in length, or shows no capture.
    IntakeError (E-INTAKE-65)
        A number of captures is not a whole number from 1 to the number of occasions.
    IntakeError (E-INTAKE-66)
        ``occasions`` is missing, impossible or contradicts the lists.
    IntakeError (E-INTAKE-67)
        A field looks like a spreadsheet formula.
    IntakeError (E-INTAKE-68)
        There is no row below the header.
    """
    sheet = _read(path)
    captures = next((name for name in _CAPTURE_NAMES if name in sheet.header), None)
    history = next((name for name in _HISTORY_NAMES if name in sheet.header), None)
    if captures is not None and history is not None:
        raise _header_fault(sheet.file, "both a history and a captures column")
    counts = _counts(sheet)
    labels: tuple[str, ...] = ()
    if captures is not None:
        seen: tuple[str, ...] = (captures,)
    elif history is not None:
        seen, histories = (history,), _histories(sheet, history)
    else:
        histories, labels = _zero_one_columns(sheet)
        seen = labels
    covariates, left_out = _covariates(sheet, (*seen, *_COUNT_NAMES))
    if captures is not None:
        table = _from_captures(sheet, captures, counts, covariates, occasions=occasions, unit=unit)
    else:
        table = _from_histories(
            sheet, histories, counts, labels, covariates, occasions=occasions, ordered=ordered, unit=unit
        )
    return replace(table, operations=left_out)


def _covariates(sheet: _Sheet, others: Sequence[str]) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    """Keep factors and quantities by name, and say which columns were left out."""
    kept: dict[str, NDArray[Any]] = {}
    left_out = []
    one_row_a_unit = not set(_COUNT_NAMES) & set(sheet.header)
    for name in sheet.header:
        if name in others:
            continue
        fields = [field.strip() for field in sheet.column(name)]
        known = [field for field in fields if field.lower() not in _NOTHING]
        numeric = name != _GROUP and all(_NUMBER.fullmatch(field) for field in known)
        numbers = np.array(known if numeric else [], dtype=np.float64)
        if one_row_a_unit and len(set(fields)) == len(fields) > _FEW_ROWS and (numbers == np.floor(numbers)).all():
            left_out.append(f"column {name} tells units apart one by one and is no covariate")
        elif not known or (numeric and (len(known) < len(fields) or not np.isfinite(numbers).all())):
            left_out.append(f"column {name} has gaps and is no covariate")
        else:
            kept[name] = numbers if numeric else np.array(fields, dtype=np.str_)
    return kept, tuple(left_out)


def _read(path: Path) -> _Sheet:
    file = path.name

    def unreadable(problem: str) -> IntakeError:
        return IntakeError(
            "E-INTAKE-60",
            where=file,
            problem=problem,
            allowed="a CSV file in UTF-8, up to 256 MB, with balanced quotes",
            remedy="Save the table again as CSV (UTF-8).",
        )

    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError:
        raise unreadable("the file cannot be opened") from None
    if size > MAX_BYTES:
        raise unreadable("the file is too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise unreadable("the file is not UTF-8 text") from None
    if "\0" in text:
        raise unreadable("the file holds NUL characters")
    try:
        lines = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        raise unreadable("a quoted field is not closed or is malformed") from None
    while lines and not any(lines[-1]):
        lines.pop()
    if not lines:
        raise unreadable("the file is empty")
    sheet = _Sheet(file, tuple(name.strip() for name in lines[0]), tuple(lines[1:]))
    _check_shape(sheet)
    return sheet


def _header_fault(file: str, problem: str) -> IntakeError:
    return IntakeError(
        "E-INTAKE-61",
        where=f"{file} row 1",
        problem=f"the header has {problem}",
        allowed="each column once; 0/1 columns with count, history with count, or captures with units",
        remedy="Mend the header; see the page on capture tables.",
    )


def _check_shape(sheet: _Sheet) -> None:
    header = sheet.header
    if not all(header):
        raise _header_fault(sheet.file, "a column without a name")
    if len(set(header)) != len(header):
        raise _header_fault(sheet.file, "a column twice")
    if any(sum(name in header for name in names) > 1 for names in (_COUNT_NAMES, _CAPTURE_NAMES, _HISTORY_NAMES)):
        raise _header_fault(sheet.file, "two columns of the same meaning")
    if not sheet.rows:
        raise sheet.fault(
            "E-INTAKE-68", None, "", "there is no row below the header", "at least one row", "Check the export."
        )
    for number, row in enumerate(sheet.rows, start=2):
        if len(row) != len(header) or any("\n" in field or "\r" in field for field in row):
            raise sheet.fault(
                "E-INTAKE-62",
                number,
                "",
                "the row has another number of fields than the header, or a field runs over lines",
                "as many fields as columns, each on one line",
                "Check the row's separators and quotes.",
            )
        for name, field in zip(header, row, strict=True):
            if field.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(field):
                raise sheet.fault(
                    "E-INTAKE-67",
                    number,
                    name,
                    "the field looks like a spreadsheet formula",
                    "plain text and numbers",
                    "Replace formulas by their values.",
                )


def _counts(sheet: _Sheet) -> list[int]:
    name = next((n for n in _COUNT_NAMES if n in sheet.header), None)
    if name is None:
        return [1] * len(sheet.rows)
    result = []
    for number, field in enumerate(sheet.column(name), start=2):
        if not _WHOLE.fullmatch(field.strip()):
            raise sheet.fault(
                "E-INTAKE-63",
                number,
                name,
                "the count is not a whole number of 0 or more",
                "digits only",
                "Correct the count, or leave the row out.",
            )
        result.append(int(field))
    return result


def _histories(sheet: _Sheet, name: str) -> list[list[int]]:
    fields = [field.strip() for field in sheet.column(name)]
    for number, field in enumerate(fields, start=2):
        if not _HISTORY.fullmatch(field) or len(field) != len(fields[0]):
            problem = "the history is not made of 0 and 1, or differs in length"
            raise _history_fault(sheet, number, problem, field=name)
    return [[int(c) for c in field] for field in fields]


def _history_fault(sheet: _Sheet, number: int, problem: str, *, field: str = "history") -> IntakeError:
    return sheet.fault(
        "E-INTAKE-64",
        number,
        field,
        problem,
        "0 and 1 for each list, at least one 1, the same number of lists in each row; leading zeros kept",
        "Correct the row; a spreadsheet may have dropped leading zeros.",
    )


def _zero_one_columns(sheet: _Sheet) -> tuple[list[list[int]], tuple[str, ...]]:
    names = [n for n in sheet.header if n not in (*_COUNT_NAMES, _GROUP)]
    lists = [n for n in names if {field.strip() for field in sheet.column(n)} <= {"0", "1"}]
    if len(lists) < 2:
        raise _header_fault(sheet.file, "no history, no captures and fewer than two columns of 0 and 1")
    for name in names:
        if name not in lists:
            _check_label(sheet, name)
    columns = [[int(field) for field in sheet.column(name)] for name in lists]
    return [list(row) for row in zip(*columns, strict=True)], tuple(lists)


def _check_label(sheet: _Sheet, name: str) -> None:
    """Refuse a column that looks like a damaged list: 0 and 1 among nothing but numbers and blanks."""
    fields = [field.strip().lower() for field in sheet.column(name)]
    if {"0", "1"}.isdisjoint(fields) or not all(f in _NOTHING or _NUMBER.fullmatch(f) for f in fields):
        return
    number = 2 + next(i for i, f in enumerate(fields) if f not in ("0", "1"))
    raise _history_fault(sheet, number, "a column of 0 and 1 holds something else", field=name)


_NOTHING = ("", "na", "n/a", "nan", "none", "null", "inf", "-inf")


def _from_histories(
    sheet: _Sheet,
    histories: list[list[int]],
    counts: list[int],
    labels: Sequence[str],
    covariates: dict[str, NDArray[Any]],
    *,
    occasions: int | Literal["inf"] | None,
    ordered: bool,
    unit: str,
) -> CaptureTable:
    t = len(histories[0])
    if occasions not in (None, t):
        raise _occasions_fault(sheet, "the number of occasions given differs from the lists in the file")
    for number, (history, count) in enumerate(zip(histories, counts, strict=True), start=2):
        if count > 0 and not any(history):
            raise _history_fault(sheet, number, "the row counts units that no list holds")
    return CaptureTable.from_histories(
        np.asarray(histories, dtype=np.uint8),
        np.asarray(counts, dtype=np.int64),
        labels=labels,
        ordered=ordered,
        unit=unit,
        covariates=covariates or None,
    )


def _occasions_fault(sheet: _Sheet, problem: str) -> IntakeError:
    return sheet.fault(
        "E-INTAKE-66",
        None,
        "",
        problem,
        "--occasions T with T at least the largest number of captures, or --occasions inf when there is no limit",
        "Say how many occasions or lists there were.",
    )


def _from_captures(
    sheet: _Sheet,
    name: str,
    counts: list[int],
    covariates: dict[str, NDArray[Any]],
    *,
    occasions: int | Literal["inf"] | None,
    unit: str,
) -> CaptureTable:
    if occasions is None and covariates:
        occasions = "inf"
    if occasions is None:
        raise _occasions_fault(sheet, "a table of numbers of captures does not say how many occasions there were")
    if occasions != "inf" and occasions < 1:
        raise _occasions_fault(sheet, "the number of occasions is impossible")
    top = LARGEST_CAPTURES if occasions == "inf" else occasions
    times = []
    for number, (field, count) in enumerate(zip(sheet.column(name), counts, strict=True), start=2):
        captures = int(field) if _WHOLE.fullmatch(field.strip()) else -1
        if captures < 0 or captures > top or (captures == 0 and count > 0):
            raise sheet.fault(
                "E-INTAKE-65",
                number,
                name,
                "the number of captures is not a whole number from 1 to the number of occasions",
                "1 up to the number of occasions; units never captured have no row",
                "Correct the row, or the number of occasions.",
            )
        times.append(captures)
    return CaptureTable.from_captures(
        times, counts, covariates=covariates or None, n_occasions=None if occasions == "inf" else occasions, unit=unit
    )
