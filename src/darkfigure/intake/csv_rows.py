"""Strict reading of partners' CSV files: one line, one row, and every row accounted for.

Common readers lose rows without a word: an open quote swallows the rest of a file, a bare carriage return makes a
second row. Here a quoted line break is not allowed, so that a line is a row; an open quote, a bare carriage return or
a NUL refuses the whole file and names the row; and the rows read are compared with an independent count of the line
ends in the bytes.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from darkfigure.errors import IntakeError
from darkfigure.records.aggregate import RefusedRow

MAX_FILE_BYTES = 1 << 30
MAX_FIELD_CHARACTERS = 131_072
WHOLE_ROW = "(row)"
"""Field name of a refusal that concerns the row and not one field."""

_ENCODINGS = ("utf-8", "ascii", "cp1252", "latin-1")
_FORMULA_STARTS = frozenset("=+-@\t\r＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True, repr=False)
class CsvRow:
    """One accepted row: its line in the file (the header is line 1) and the values of the known columns."""

    number: int
    values: dict[str, str]

    def __repr__(self) -> str:
        return f"CsvRow({self.number}, <{len(self.values)} restricted values>)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CsvRows:
    """What one CSV file held.

    Parameters
    ----------
    rows : tuple of CsvRow
        Rows that broke no rule so far; callers check meaning and may refuse more.
    refused : tuple of RefusedRow
        Rows that broke a rule, with the first rule broken.
    rows_in : int
        Data rows of the file: ``len(rows) + len(refused)``, confirmed by counting line ends in the bytes.
    unknown_columns : int
        Columns the reader did not know: counted, never stored.
    sha256 : str
        Digest of the file's bytes.
    """

    rows: tuple[CsvRow, ...]
    refused: tuple[RefusedRow, ...]
    rows_in: int
    unknown_columns: int
    sha256: str

    def __repr__(self) -> str:
        return f"CsvRows(<{len(self.rows)} restricted rows>, refused={len(self.refused)})"


def read_csv_rows(
    path: Path,
    *,
    source: str,
    required: Sequence[str],
    optional: Sequence[str] = (),
    unit: str,
    delimiter: str = ",",
    encoding: str = "utf-8",
    numeric: Sequence[str] = (),
    checked_by_caller: Sequence[str] = (),
    file: str | None = None,
    content: bytes | None = None,
) -> CsvRows:
    """Read the rows of a CSV file, and say which break a rule of the format.

    Parameters
    ----------
    path : Path
        The file.
    source : str
        Name of the declared source, for messages.
    required, optional : sequence of str
        Columns to read, by exact name; the others are counted and dropped.
    unit : str
        What a row is (``"reports"``), for messages.
    delimiter : str
        One character.
    encoding : str
        ``"utf-8"`` (with or without byte order mark), ``"ascii"``, ``"cp1252"`` or ``"latin-1"``.
    numeric : sequence of str
        Columns in which a plain signed number may begin with ``+`` or ``-``.
    checked_by_caller : sequence of str
        Columns that the caller checks or cleans by itself: the cell rules are not applied to them.
    file : str, optional
        Name of the file in messages and refusals; the file's own name when left out.
    content : bytes, optional
        The file's bytes when they were already read (from an archive); ``path`` is then not opened.

    Returns
    -------
    CsvRows

    Raises
    ------
    IntakeError (E-INTAKE-01)
        The file is missing or is no regular file.
    IntakeError (E-INTAKE-02)
        The file is larger than 1 GiB.
    IntakeError (E-INTAKE-03)
        The bytes are not in the declared encoding, or the encoding is not one of the four.
    IntakeError (E-INTAKE-04)
        The file holds a NUL or a carriage return without a line feed.
    IntakeError (E-INTAKE-05)
        There is no header, or a required column is missing.
    IntakeError (E-INTAKE-06)
        A column name occurs twice.
    IntakeError (E-INTAKE-07)
        A quote is left open at the end of a line.
    IntakeError (E-INTAKE-08)
        The rows read differ from the line ends counted.

    Notes
    -----
    Row-level rules, in the order checked: ``blank-row``, ``quote-malformed``, ``row-too-long``, ``too-few-fields``,
    ``too-many-fields``, ``control-character``, ``formula``.
    """
    name = path.name if file is None else file
    where = f"source {source}, file {name}"
    content = _read_bytes(path, where=where) if content is None else content
    lines = _lines(content, where=where, encoding=encoding)
    header = _header(lines, delimiter=delimiter, where=where)
    columns = _columns(header, required=required, optional=optional, where=where)
    rows: list[CsvRow] = []
    refused: list[RefusedRow] = []
    for number, fields in _records(lines, delimiter=delimiter, where=where):
        broken = fields if isinstance(fields, str) else _broken_shape(fields, width=len(header))
        field = WHOLE_ROW
        if broken is None:
            values = {column: fields[index] for column, index in columns.items()}
            cell = _broken_cell(values, numeric=numeric, unchecked=checked_by_caller)
            if cell is None:
                rows.append(CsvRow(number, values))
                continue
            field, broken = cell
        refused.append(RefusedRow(source, name, number, field, broken))
    rows_in = _count_line_ends(content) - 1
    if rows_in != len(rows) + len(refused):
        raise IntakeError(
            "E-INTAKE-08", where=where, problem=f"the {unit} read differ from the line ends in the file",
            allowed="one line for each row", remedy="Report this as a fault in darkfigure.",
        )  # fmt: skip
    return CsvRows(
        rows=tuple(rows), refused=tuple(refused), rows_in=rows_in, unknown_columns=len(header) - len(columns),
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def _read_bytes(path: Path, *, where: str) -> bytes:
    missing = IntakeError(
        "E-INTAKE-01", where=where, problem="the file is missing, unreadable or no regular file",
        allowed="a readable file at the declared path", remedy="Check the path of the source in study.toml.",
    )  # fmt: skip
    if not path.is_file():
        raise missing
    if path.stat().st_size > MAX_FILE_BYTES:
        raise IntakeError(
            "E-INTAKE-02", where=where, problem="the file is larger than 1 GiB", allowed="files up to 1 GiB",
            remedy="Ask the partner for smaller files, one a month for example.",
        )  # fmt: skip
    try:
        return path.read_bytes()
    except OSError:
        raise missing from None


def _lines(content: bytes, *, where: str, encoding: str) -> list[str]:
    if encoding not in _ENCODINGS:
        raise IntakeError(
            "E-INTAKE-03", where=where, problem="the declared encoding is not supported",
            allowed=", ".join(_ENCODINGS), remedy="Declare one of these encodings or convert the file.",
        )  # fmt: skip
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise IntakeError(
            "E-INTAKE-03", where=f"{where}, row {row}", problem=f"the bytes are not {encoding}",
            allowed=f"text in {encoding}", remedy="Save the file again in this encoding.",
        ) from None  # fmt: skip
    text = text.replace("\r\n", "\n")
    for character, called in (("\0", "a NUL character"), ("\r", "a carriage return without a line feed")):
        position = text.find(character)
        if position >= 0:
            raise IntakeError(
                "E-INTAKE-04", where=f"{where}, row {text.count(chr(10), 0, position) + 1}",
                problem=f"the file holds {called}", allowed="lines that end in LF or CR LF, and no NUL",
                remedy="Ask the partner to export the file again.",
            )  # fmt: skip
    return text.removesuffix("\n").split("\n")


def _count_line_ends(content: bytes) -> int:
    """Lines of the file, from its bytes alone (a last line without an end counts)."""
    return content.count(b"\n") + (not content.endswith(b"\n"))


def _header(lines: list[str], *, delimiter: str, where: str) -> list[str]:
    first = list(_records(lines[:1], delimiter=delimiter, where=where, start=1))
    header = first[0][1] if first else "blank-row"
    if isinstance(header, str):
        raise IntakeError(
            "E-INTAKE-05", where=where, problem="the first line is no header", allowed="a line of column names",
            remedy="Export the file with its header.",
        )  # fmt: skip
    return header


def _columns(header: list[str], *, required: Sequence[str], optional: Sequence[str], where: str) -> dict[str, int]:
    missing = [column for column in required if column not in header]
    if missing:
        raise IntakeError(
            "E-INTAKE-05", where=where, problem=f"the header lacks {', '.join(missing)}",
            allowed=f"the columns {', '.join(required)}", remedy="Export the file with these columns.",
        )  # fmt: skip
    named = [column for column in header if column]
    if len(set(named)) != len(named):
        raise IntakeError(
            "E-INTAKE-06", where=where, problem="a column name occurs twice in the header",
            allowed="column names that differ", remedy="Ask the partner which column is meant and export again.",
        )  # fmt: skip
    known = [*required, *optional]
    return {column: header.index(column) for column in known if column in header}


def _records(lines: list[str], *, delimiter: str, where: str, start: int = 2) -> Iterator[tuple[int, list[str] | str]]:
    """Yield ``(line number, fields)``, or the rule a line broke in place of its fields."""
    body = lines if start == 1 else lines[1:]
    reader = csv.reader(iter(body), delimiter=delimiter, strict=True)
    for index, line in enumerate(body):
        fields: list[str] | str
        try:
            fields = next(reader)
        except csv.Error:
            fields = "row-too-long" if len(line) > MAX_FIELD_CHARACTERS else "quote-malformed"
            swallowed = reader.line_num == len(body) and _quote_is_open(line, delimiter=delimiter)
        else:
            swallowed = False
        if swallowed or reader.line_num != index + 1:
            raise IntakeError(
                "E-INTAKE-07", where=f"{where}, row {index + start}", problem="a quote is left open in this row",
                allowed="quotes closed on the line where they open", remedy="Ask the partner to export the file again.",
            )  # fmt: skip
        yield index + start, fields or "blank-row"


def _quote_is_open(line: str, *, delimiter: str) -> bool:
    try:
        next(csv.reader([line, ""], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _broken_shape(fields: list[str], *, width: int) -> str | None:
    if not any(fields):
        return "blank-row"
    if len(fields) != width:
        return "too-few-fields" if len(fields) < width else "too-many-fields"
    if max(map(len, fields)) > MAX_FIELD_CHARACTERS:
        return "row-too-long"
    return None


def _broken_cell(
    values: dict[str, str], *, numeric: Collection[str], unchecked: Collection[str]
) -> tuple[str, str] | None:
    for column, value in values.items():
        if not value or column in unchecked:
            continue
        if value[0] in _FORMULA_STARTS and not (column in numeric and _PLAIN_NUMBER.fullmatch(value)):
            return column, "formula"
        if _CONTROL.search(value):
            return column, "control-character"
    return None
