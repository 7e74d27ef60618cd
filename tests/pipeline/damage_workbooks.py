"""Damages of workbooks: of a sheet as people may change it, and of the parts inside the file."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from damage_archives import Members, of_members
from damage_kinds import Damage

Sheet = Any
Grid = list[list[Any]]


def of_sheet(name: str, change: Callable[[Sheet, random.Random], None]) -> Damage:
    """A damage that a person may do to one of the sheets that are read."""

    def apply(path: Path, rng: random.Random) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path)
            change(rng.choice(_read_sheets(book)), rng)
            book.save(path)

    return Damage(name, apply)


def _read_sheets(book: openpyxl.Workbook) -> list[Sheet]:
    """All sheets but the last of several, which was planted and is not read."""
    return book.worksheets[:-1] or book.worksheets


def of_rows(name: str, change: Callable[[Grid, random.Random], Grid], *, same: bool = False) -> Damage:
    """A damage that changes the rows below the heading of every sheet."""

    def apply(path: Path, rng: random.Random) -> None:
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets:
            grid = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
            sheet.delete_rows(2, sheet.max_row)
            for row in change(grid, rng):
                sheet.append(row)
        book.save(path)

    return Damage(name, apply, same)


def _cell(sheet: Sheet, rng: random.Random) -> Any:
    """A filled cell below the heading, or the heading's first."""
    filled = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None]
    return rng.choice(filled) if filled else sheet.cell(1, 1)


def _set(value: object) -> Callable[[Sheet, random.Random], None]:
    def change(sheet: Sheet, rng: random.Random) -> None:
        _cell(sheet, rng).value = value

    return change


def _set_heading(value: object) -> Callable[[Sheet, random.Random], None]:
    def change(sheet: Sheet, rng: random.Random) -> None:
        sheet.cell(1, rng.randint(1, sheet.max_column)).value = value

    return change


def _repeat_heading(sheet: Sheet, rng: random.Random) -> None:
    a, b = rng.sample(range(1, max(2, sheet.max_column) + 1), 2)
    sheet.cell(1, a).value = sheet.cell(1, b).value


def _delete_row(sheet: Sheet, rng: random.Random) -> None:
    sheet.delete_rows(rng.randint(2, max(2, sheet.max_row)))


def _delete_column(sheet: Sheet, rng: random.Random) -> None:
    sheet.delete_cols(rng.randint(1, sheet.max_column))


def _repeat_row(sheet: Sheet, rng: random.Random) -> None:
    row = rng.randint(2, max(2, sheet.max_row))
    sheet.append([cell.value for cell in sheet[row]])


def _rename(sheet: Sheet, rng: random.Random) -> None:
    sheet.title = "zz"


def _remove(sheet: Sheet, rng: random.Random) -> None:
    book = sheet.parent
    if len(book.worksheets) == 1:
        book.create_sheet("zz")
    book.remove(sheet)


def _copy(sheet: Sheet, rng: random.Random) -> None:
    sheet.parent.copy_worksheet(sheet)


def _merge(sheet: Sheet, rng: random.Random) -> None:
    sheet.merge_cells(start_row=2, end_row=3, start_column=1, end_column=2)


def _shift_row(sheet: Sheet, rng: random.Random) -> None:
    row = rng.randint(2, max(2, sheet.max_row))
    values = [cell.value for cell in sheet[row]]
    for column, value in enumerate([None, *values[:-1]], start=1):
        sheet.cell(row, column).value = value


def _gap(sheet: Sheet, rng: random.Random) -> None:
    sheet.insert_rows(rng.randint(2, sheet.max_row + 1), 3)


def _beyond(sheet: Sheet, rng: random.Random) -> None:
    sheet.cell(sheet.max_row + 1, sheet.max_column + 3).value = "zz"


def _delete_tick(sheet: Sheet, rng: random.Random) -> None:
    """Delete a 0/1 column of a question with several answers, wherever it is."""
    for other in sheet.parent.worksheets:
        for column in range(1, other.max_column + 1):
            if str(other.cell(1, column).value).endswith("channels/dark_web"):
                other.delete_cols(column)
                return


TICKS = (of_sheet("a 0/1 column deleted", _delete_tick),)
"""Where several answers stand in 0/1 columns alone, a column that is gone would read as an answer nobody gave."""

SHEETS = (
    of_sheet("a row deleted", _delete_row),
    of_sheet("a row repeated", _repeat_row),
    of_sheet("a row shifted by a cell", _shift_row),
    of_sheet("empty rows between", _gap),
    of_sheet("a column deleted", _delete_column),
    of_sheet("a heading repeated", _repeat_heading),
    of_sheet("a heading cleared", _set_heading(None)),
    of_sheet("a heading as a number", _set_heading(7)),
    of_sheet("a heading renamed", _set_heading("zz")),
    of_sheet("a heading as a formula", _set_heading('="a"&"b"')),
    of_sheet("a formula in a cell", _set("=1+1")),
    of_sheet("a web formula in a cell", _set('=HYPERLINK("http://example.invalid")')),
    of_sheet("an error in a cell", _set("#REF!")),
    of_sheet("text in a cell", _set("zz")),
    of_sheet("a very long text", _set("x" * 32_767)),
    of_sheet("a negative number", _set(-1)),
    of_sheet("a broken number", _set(1.5)),
    of_sheet("a huge number", _set(1e300)),
    of_sheet("true in a cell", _set(True)),
    of_sheet("a cell cleared", _set(None)),
    of_sheet("spaces in a cell", _set("   ")),
    of_sheet("digits of another script", _set("٣")),
    of_sheet("a value beyond the headings", _beyond),
    of_sheet("merged cells", _merge),
    of_sheet("a sheet renamed", _rename),
    of_sheet("a sheet removed", _remove),
    of_sheet("a sheet twice", _copy),
    of_rows("every row twice", lambda grid, rng: grid + grid),
    of_rows("half the rows", lambda grid, rng: grid[: len(grid) // 2]),
    of_rows("headings only", lambda grid, rng: []),
    of_rows("rows in another order", lambda grid, rng: rng.sample(grid, len(grid)), same=True),
    of_rows("rows reversed", lambda grid, rng: grid[::-1], same=True),
)
"""What people do to workbooks."""


def of_part(name: str, part: str, old: str, new: str) -> Damage:
    """A damage inside one XML part: the first that matches ``part`` and holds ``old``."""
    pattern = re.compile(old.encode(), re.DOTALL)

    def change(members: Members, rng: random.Random) -> Members:
        places = [i for i, (n, content) in enumerate(members) if re.search(part, n) and pattern.search(content)]
        if not places:
            raise LookupError(f"no part to damage: {name}")
        place = rng.choice(places)
        member, content = members[place]
        return [*members[:place], (member, pattern.sub(new.encode(), content, count=1)), *members[place + 1 :]]

    return of_members(name, change)


def _without(pattern: str) -> Callable[[Members, random.Random], Members]:
    return lambda members, rng: [(n, c) for n, c in members if not re.search(pattern, n)]


SHEET_PART = r"worksheets/sheet\d+\.xml$"
PARTS = (
    of_part("a document type in a sheet", SHEET_PART, r"<worksheet", "<!DOCTYPE x><worksheet"),
    of_part(
        "an entity in a sheet",
        SHEET_PART,
        r"<worksheet",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet',
    ),
    of_part("an open element in a sheet", SHEET_PART, r"</row>", ""),
    of_part("two rows of one number", SHEET_PART, r'<row r="3"', '<row r="2"'),
    of_part("a row far down", SHEET_PART, r'<row r="3"', '<row r="1048577"'),
    of_part("a row without number", SHEET_PART, r'<row r="2"', '<row r="x"'),
    of_part("two cells of one place", SHEET_PART, r'r="B2"', 'r="A2"'),
    of_part("a cell of another row", SHEET_PART, r'r="B2"', 'r="B9"'),
    of_part("a lying dimension", SHEET_PART, r'<dimension ref="[^"]*"', '<dimension ref="A1:A1"'),
    of_part("a cell of an unknown type", SHEET_PART, r'(<c r="A2"[^>]*?) t="\w+"', r'\1 t="zz"'),
    of_part(
        "a value in the wrong element", SHEET_PART, r'<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="inlineStr"><v>1</v></c>'
    ),
    of_part("two values in a cell", SHEET_PART, r'(<c r="A2"[^>]*>.*?)</c>', r"\1<v>7</v></c>"),
    of_part("a string that is not there", SHEET_PART, r'<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="s"><v>999999</v></c>'),
    of_part("a style that is not there", SHEET_PART, r'<c r="A2"', '<c r="A2" s="4000"'),
    of_part("a sheet that is not there", r"workbook\.xml\.rels$", r"worksheets/sheet1\.xml", "worksheets/sheet77.xml"),
    of_members("no content types", _without(r"\[Content_Types\]")),
    of_members("no strings", _without(r"sharedStrings")),
    of_members("no styles", _without(r"styles\.xml")),
    of_members("no workbook part", _without(r"workbook\.xml$")),
    of_members("macros", lambda members, rng: [*members, ("xl/vbaProject.bin", b"zz")]),
    of_members("a link to a file", lambda members, rng: [*members, ("xl/externalLinks/externalLink1.xml", b"<a/>")]),
    of_members("an embedded program", lambda members, rng: [*members, ("xl/embeddings/a.exe", b"MZ")]),
    of_members("a bomb within", lambda members, rng: [*members, ("xl/media/a.xml", b"<a>" + b" " * 5_000_000)]),
    of_members("a nested archive within", lambda members, rng: [*members, ("xl/a.zip", b"PK")]),
    of_members("a name that climbs", lambda members, rng: [*members, ("../a.xml", b"<a/>")]),
    of_members("a part twice", lambda members, rng: [*members, members[rng.randrange(len(members))]]),
    of_members("parts in another order", lambda members, rng: rng.sample(members, len(members)), same=True),
)
"""What programs and attackers do to workbooks."""
