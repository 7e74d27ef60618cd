"""Workbooks checked before they are opened: size, names, document types, macros, links, and the order of cells.

A workbook is a zip archive of XML parts. Every part is parsed once with a parser that refuses a document type, so that
no entity is ever expanded; rows and cells must follow one another, since a reader of spreadsheets keeps the last of
two cells with one address and says nothing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NoReturn
from xml.parsers import expat

from darkfigure.errors import IntakeError
from darkfigure.intake.archives import MAX_MEMBERS, inspect_archive, read_members

MAX_FILE_BYTES: Final = 100 << 20
MAX_EXPANDED_BYTES: Final = 200 << 20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 2_000

_ZIP_START: Final = b"PK\x03\x04"
_XML_SUFFIXES: Final = (".xml", ".rels", ".vml")
_ACTIVE: Final = re.compile(
    r"vbaproject|externallinks/|embeddings/|activex/|macrosheets/|dialogsheets/|connections\.xml|querytables/|"
    r"customui|\.(exe|dll|js|vbs|bat|cmd|ps1)$",
    re.IGNORECASE,
)
_MAIN_NAMESPACES: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "http://purl.oclc.org/ooxml/spreadsheetml/main ",
)
_CELL_TYPES: Final = frozenset(("b", "d", "e", "inlineStr", "n", "s", "str"))
_CELL_ADDRESS: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)


def check_workbook(path: Path, *, where: str) -> None:
    """May this file be opened as a workbook?

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file.
    where : str
        Source and file, for messages.

    Raises
    ------
    IntakeError (E-INTAKE-20 to E-INTAKE-23)
        The archive breaks a rule of ``inspect_archive``.
    IntakeError (E-INTAKE-40)
        The file is missing, or is no workbook in the XLSX format (an old or a password-protected one, for example).
    IntakeError (E-INTAKE-41)
        The file is larger than 100 MiB, or unpacks to more than 200 MiB.
    IntakeError (E-INTAKE-42)
        A part declares a document type, is not well-formed XML, or does not unpack to its declared size.
    IntakeError (E-INTAKE-43)
        The workbook holds macros, embedded objects, data connections or links to other files.
    IntakeError (E-INTAKE-44)
        Rows or cells are out of order, stand twice, or lie beyond the limits of the reader.
    IntakeError (E-INTAKE-45)
        A cell's type is unknown, or its value does not fit it: the library would read the cell as empty.
    """
    _check_file(path, where=where)
    infos = inspect_archive(path, where=where)
    if sum(info.file_size for info in infos) > MAX_EXPANDED_BYTES:
        _refuse_size(where)
    if any(_ACTIVE.search(info.filename) for info in infos):
        _refuse_active(where)
    # Every part is unpacked here within its declared size: the library that reads the cells would trust that size.
    parts = read_members(path, where=where, suffixes=("",), max_members=MAX_MEMBERS, max_bytes=MAX_EXPANDED_BYTES)
    for info, part in zip(infos, parts, strict=True):
        place = f"{where}, part {part.number}"
        if part.content is None:
            _refuse_xml(place)
        if info.filename.lower().endswith(_XML_SUFFIXES):
            _PartCheck(place).run(part.content)


class _PartCheck:
    """One pass over one XML part."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._row = 0
        self._column = 0
        self._cell_type = "n"
        self._values = 0
        self._depth = 0
        self._row_depth = 0

    def run(self, content: bytes) -> None:
        """Parse the part, or raise at the first rule it breaks."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError):
            _refuse_xml(self._where)

    def _doctype(self, *_: object) -> None:
        _refuse_xml(self._where)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        local = name.rpartition(" ")[2]
        if self._row_depth:
            if self._depth == self._row_depth + 1:
                self._cell(name, attributes)
            elif self._depth == self._row_depth + 2 and local in ("v", "is"):
                self._value(local)
        elif local == "row" and name.startswith(_MAIN_NAMESPACES):
            self._row_depth = self._depth
            self._start_row(attributes)
        elif local == "Relationship" and attributes.get("TargetMode") == "External":
            if not attributes.get("Type", "").endswith("/hyperlink"):
                _refuse_active(self._where)
        elif local in ("Override", "Default") and "macro" in attributes.get("ContentType", "").lower():
            _refuse_active(self._where)

    def _end(self, _: str) -> None:
        if self._depth == self._row_depth:
            self._row_depth = 0
        self._depth -= 1

    def _start_row(self, attributes: dict[str, str]) -> None:
        written = attributes.get("r")
        number = self._row + 1 if written is None else _whole(written)
        if not self._row < number <= MAX_ROWS:
            _refuse_order(self._where)
        self._row, self._column = number, 0

    def _cell(self, name: str, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        column = self._column + 1
        if address is not None:
            match = _CELL_ADDRESS.fullmatch(address)
            if match is None or int(match[2]) != self._row:
                _refuse_order(self._where)
            column = column_number(match[1])
        if not name.endswith(" c") or not self._column < column <= MAX_COLUMNS:
            _refuse_order(self._where)
        self._column, self._cell_type, self._values = column, attributes.get("t", "n"), 0
        if self._cell_type not in _CELL_TYPES:
            _refuse_value(self._where)

    def _value(self, element: str) -> None:
        """Refuse a value that the library would pass over: in the wrong element, or a second one."""
        self._values += 1
        if (element == "is") != (self._cell_type == "inlineStr") or self._values > 1:
            _refuse_value(self._where)


def column_number(letters: str) -> int:
    """Which column, counted from 1, do these letters name?

    Parameters
    ----------
    letters : str
        Capital letters A to Z.

    Returns
    -------
    int

    Examples
    --------
    >>> column_number("A"), column_number("AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """Which letters name this column, counted from 1?

    Parameters
    ----------
    number : int

    Returns
    -------
    str

    Examples
    --------
    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else -1


def _check_file(path: Path, *, where: str) -> None:
    if not path.is_file():
        start = b""
    elif path.stat().st_size > MAX_FILE_BYTES:
        _refuse_size(where)
    else:
        with path.open("rb") as stream:
            start = stream.read(len(_ZIP_START))
    if start != _ZIP_START:
        raise IntakeError(
            "E-INTAKE-40", where=where, problem="the file is missing or is no XLSX workbook",
            allowed="a workbook in the XLSX format without a password",
            remedy="Check the path in study.toml, or save the workbook again as XLSX without a password.",
        )  # fmt: skip


def _refuse_size(where: str) -> NoReturn:
    raise IntakeError(
        "E-INTAKE-41", where=where, problem="the workbook is too large, packed or unpacked",
        allowed="100 MiB packed and 200 MiB unpacked", remedy="Ask the partner for smaller workbooks.",
    )  # fmt: skip


def _refuse_xml(where: str) -> NoReturn:
    raise IntakeError(
        "E-INTAKE-42", where=where, problem="a part of the workbook declares a document type or is damaged",
        allowed="well-formed XML without a document type", remedy="Open the workbook and save it again as XLSX.",
    ) from None  # fmt: skip


def _refuse_active(where: str) -> NoReturn:
    raise IntakeError(
        "E-INTAKE-43", where=where, problem="the workbook holds macros, embedded objects or links to other files",
        allowed="cells only", remedy="Copy the values to a new workbook and save it as XLSX.",
    )  # fmt: skip


def _refuse_order(where: str) -> NoReturn:
    raise IntakeError(
        "E-INTAKE-44", where=where, problem="rows or cells are out of order, stand twice or lie beyond the limits",
        allowed=f"rows 1 to {MAX_ROWS} and {MAX_COLUMNS} columns, each cell once, in order",
        remedy="Open the workbook and save it again as XLSX.",
    )  # fmt: skip


def _refuse_value(where: str) -> NoReturn:
    raise IntakeError(
        "E-INTAKE-45", where=where, problem="a cell's value and type do not fit together",
        allowed="one value of a known type in a cell", remedy="Open the workbook and save it again as XLSX.",
    )  # fmt: skip
