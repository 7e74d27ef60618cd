"""Sightings of identifiers from CSV or Parquet: which identifier was seen, and when."""

from __future__ import annotations

import csv
import importlib
import math
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import IntakeError

MAX_BYTES = 4 << 30
MAX_FIELD_CHARACTERS = 4096
ENTITY, TIME = "entity", "time"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA_STARTS = tuple("=+-@\t＝＋－＠")
_LARGEST_DAYS = 1e7
_DAY_SECONDS = 86_400.0
_FORMS = (
    "an ISO 8601 date, or a date and time (with its zone in every row or in none), or a number of days below ten "
    "million; one form in the whole file"
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EventsTable:
    """Sightings in the order of the file; identifiers are numbered and their text is not kept.

    Parameters
    ----------
    entity : ndarray of int, shape (sightings,)
        Number of the identifier.
    days : ndarray, shape (sightings,)
        Time in days: since 1970-01-01 in universal time for dates and moments, as given for numbers.
    """

    entity: NDArray[np.int64]
    days: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"EventsTable(<{self.entity.size} restricted rows>)"


def read_events_table(path: Path) -> EventsTable:
    r"""Which identifier was seen when, according to this file?

    Parameters
    ----------
    path : Path
        UTF-8 CSV with the columns ``entity`` and ``time``, or Parquet (``.parquet``) with the same. Other columns are
        not read. Times: ISO 8601 dates, dates with times, or numbers of days. Only the time between sightings is used,
        so times without a zone are read as if they were universal: an hour is off where clocks change.

    Returns
    -------
    EventsTable

    Raises
    ------
    IntakeError (E-INTAKE-84)
        The file cannot be read: missing, too large, not UTF-8, or not Parquet.
    IntakeError (E-INTAKE-85)
        The header lacks ``entity`` or ``time``, or repeats a column.
    IntakeError (E-INTAKE-86)
        A row has another number of fields than the header, runs over several lines, has no identifier, or one that
        looks like a spreadsheet formula.
    IntakeError (E-INTAKE-87)
        A time is none of the allowed forms, or of another form than the rows before.
    IntakeError (E-INTAKE-88)
        Parquet is asked for and ``pyarrow`` is not installed.
    IntakeError (E-INTAKE-89)
        There is no row below the header.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "events.csv"
    ...     _ = file.write_text("entity,time\na,2020-01-01\nb,2020-01-03\na,2020-01-02\n")
    ...     table = read_events_table(file)
    >>> table.entity.tolist(), (table.days - table.days[0]).tolist()
    ([0, 1, 0], [0.0, 2.0, 1.0])
    """
    try:
        too_large = path.stat().st_size > MAX_BYTES
        regular = path.is_file()
    except OSError:
        regular, too_large = False, False
    if not regular or too_large:
        problem = "the file is larger than 4 GiB" if too_large else "the file is missing or no regular file"
        raise _unreadable(path, problem, "a readable file of at most 4 GiB", "Check the path.")
    if path.suffix.lower() in (".parquet", ".pq"):
        return _from_parquet(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _from_csv(file, path.name)
    except UnicodeDecodeError:
        raise _unreadable(path, "the bytes are not UTF-8", "text in UTF-8", "Save the file as UTF-8.") from None
    except OSError:
        raise _unreadable(path, "the file cannot be read", "a readable file", "Check its permissions.") from None


def _unreadable(path: Path, problem: str, allowed: str, remedy: str) -> IntakeError:
    return IntakeError("E-INTAKE-84", where=path.name, problem=problem, allowed=allowed, remedy=remedy)


def _fault(code: str, file: str, row: int, field: str, problem: str, allowed: str) -> IntakeError:
    where = f"{file} row {row}" + (f" field {field}" if field else "")
    return IntakeError(
        code, where=where, problem=problem, allowed=allowed, remedy="Correct the file and read it again."
    )


def _lines(file: TextIO, name: str) -> Iterator[str]:
    """Lines that end in LF or CR LF; a bare carriage return would make two rows of one."""
    for number, line in enumerate(file, start=1):
        if "\0" in line or line.endswith("\r"):
            raise _fault(
                "E-INTAKE-86", name, number, "", "it holds a NUL or a carriage return without a line feed",
                "lines that end in LF or CR LF",
            )  # fmt: skip
        yield line


def _rows(file: TextIO, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(file, name), strict=True)
    number = 0
    while True:
        number += 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = []
        if reader.line_num != number or not fields:
            raise _fault(
                "E-INTAKE-86", name, number, "", "the row is empty, misquoted or runs over several lines",
                "one row on one line, with quotes closed",
            )  # fmt: skip
        yield number, fields


def _from_csv(file: TextIO, name: str) -> EventsTable:
    rows = _rows(file, name)
    _, header = next(rows, (1, []))
    header = [column.strip() for column in header]
    if any(header.count(column) != 1 for column in (ENTITY, TIME)):
        raise IntakeError(
            "E-INTAKE-85", where=f"{name} row 1", problem="the header lacks entity or time, or repeats one",
            allowed="a header with the columns entity and time", remedy="Name the columns in the first line.",
        )  # fmt: skip
    who, when, width = header.index(ENTITY), header.index(TIME), len(header)
    codes: dict[str, int] = {}
    entity, days = array("q"), array("d")
    read_time: Callable[[str], float] | None = None
    for number, fields in rows:
        if len(fields) != width:
            raise _fault(
                "E-INTAKE-86", name, number, "", "the row has another number of fields than the header",
                f"{width} fields",
            )  # fmt: skip
        identifier, text = fields[who].strip(), fields[when].strip()
        _check_identifier(identifier, name, number)
        if read_time is None:
            read_time = _form_of(text)
        days.append(_time(read_time, text, name, number))
        entity.append(codes.setdefault(identifier, len(codes)))
    return _table(name, np.frombuffer(entity, dtype=np.int64), np.frombuffer(days, dtype=np.float64))


def _check_identifier(identifier: str, name: str, number: int) -> None:
    formula = identifier.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(identifier)
    if not identifier or formula or len(identifier) > MAX_FIELD_CHARACTERS:
        raise _fault(
            "E-INTAKE-86", name, number, ENTITY, "the identifier is missing, too long or looks like a formula",
            f"text of 1 to {MAX_FIELD_CHARACTERS} characters that does not begin like a formula",
        )  # fmt: skip


def _time(read_time: Callable[[str], float] | None, text: str, name: str, number: int) -> float:
    try:
        value = math.nan if read_time is None else read_time(text)
    except ValueError:
        value = math.nan
    if not abs(value) < _LARGEST_DAYS:
        raise _fault("E-INTAKE-87", name, number, TIME, "the time is missing or not of the form of the file", _FORMS)
    return value


def _form_of(text: str) -> Callable[[str], float] | None:
    """Reader of the form in which the first time is written."""
    for form, reader in ((_DATE, _moment), (_MOMENT, _moment), (_CLOCK, _moment), (_NUMBER, float)):
        if form.fullmatch(text):
            return _strict(form, reader)
    return None


def _strict(form: re.Pattern[str], reader: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        return reader(text) if form.fullmatch(text) else math.nan

    return read


def _days_of_text(texts: list[str], name: str) -> NDArray[np.float64]:
    read_time = _form_of(texts[0].strip()) if texts else None
    return np.array([_time(read_time, text.strip(), name, row) for row, text in enumerate(texts, start=1)], dtype=float)


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / _DAY_SECONDS


def _table(name: str, entity: NDArray[np.int64], days: NDArray[np.float64]) -> EventsTable:
    if entity.size == 0:
        raise IntakeError(
            "E-INTAKE-89", where=name, problem="there is no sighting below the header",
            allowed="at least one row", remedy="Check that the right file is read.",
        )  # fmt: skip
    return EventsTable(entity, days)


def _from_parquet(path: Path) -> EventsTable:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        pyarrow: Any = importlib.import_module("pyarrow")
    except ImportError:
        raise IntakeError(
            "E-INTAKE-88", where=path.name, problem="reading Parquet needs the package pyarrow, which is not installed",
            allowed="CSV, or Parquet with pyarrow installed",
            remedy="Install it (`pip install pyarrow`) or convert the file to CSV with the columns entity,time.",
        ) from None  # fmt: skip
    try:
        names = parquet.read_schema(path).names
    except (OSError, pyarrow.ArrowException):
        raise _unreadable(path, "the file is not Parquet", "a Parquet file", "Check the file.") from None
    if any(names.count(column) != 1 for column in (ENTITY, TIME)):
        raise IntakeError(
            "E-INTAKE-85", where=path.name, problem="the columns entity or time are missing or repeated",
            allowed="one column entity and one column time", remedy="Name the columns so.",
        )  # fmt: skip
    try:
        table = parquet.read_table(path, columns=[ENTITY, TIME])
    except (OSError, pyarrow.ArrowException):
        raise _unreadable(path, "the file is not Parquet", "a Parquet file", "Check the file.") from None
    return _from_columns(path.name, table[ENTITY], table[TIME], pyarrow)


def _from_columns(name: str, entity: Any, time: Any, pyarrow: Any) -> EventsTable:
    for column, called, code in ((entity, ENTITY, "E-INTAKE-86"), (time, TIME, "E-INTAKE-87")):
        if column.null_count:
            row = int(np.flatnonzero(column.is_null().to_numpy())[0]) + 1
            raise _fault(code, name, row, called, "the value is missing", "a value in each row")
    codes = entity.combine_chunks().dictionary_encode()
    codes = codes.combine_chunks() if hasattr(codes, "combine_chunks") else codes
    kind, types = time.type, pyarrow.types
    if types.is_timestamp(kind):
        days = time.cast(pyarrow.timestamp("us", kind.tz)).cast(pyarrow.int64()).to_numpy() / (_DAY_SECONDS * 1e6)
    elif types.is_date(kind):
        days = time.cast(pyarrow.date32()).cast(pyarrow.int32()).to_numpy().astype(float)
    elif types.is_floating(kind) or types.is_integer(kind):
        days = time.to_numpy().astype(float)
    elif types.is_string(kind) or types.is_large_string(kind):
        days = _days_of_text(time.to_pylist(), name)
    else:
        raise _fault("E-INTAKE-87", name, 1, TIME, "the column is of another type", _FORMS)
    wrong = np.flatnonzero(~(np.abs(days) < _LARGEST_DAYS))
    if wrong.size:
        raise _fault("E-INTAKE-87", name, int(wrong[0]) + 1, TIME, "the time is impossible", _FORMS)
    return _table(name, np.asarray(codes.indices.to_numpy(), dtype=np.int64), np.asarray(days, dtype=float))
