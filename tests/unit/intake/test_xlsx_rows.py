"""Workbooks are read strictly: unsafe ones refused whole, unsound cells refused with their row."""

import zipfile
from datetime import datetime

import openpyxl
import pytest
import xlsxwriter

from darkfigure.errors import IntakeError
from darkfigure.intake.xlsx_rows import read_xlsx_sheets
from darkfigure.intake.xlsx_safety import column_letters, column_number

SECRET = "marker-7f3a"


@pytest.fixture
def book(tmp_path):
    """A workbook of one sheet with a heading and three rows."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Sheet")
        for number, row in enumerate((["name", "count"], [SECRET, 1], ["b", 2], ["c", 3])):
            sheet.write_row(number, 0, row)
    return path


def repack(path, *, change=None, extra=None, target=None):
    """Write the workbook again with a part changed or added."""
    target = target or path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            if change and info.filename in change:
                data = change[info.filename](data)
            new.writestr(info.filename, data)
        for name, data in (extra or {}).items():
            new.writestr(name, data)
    return target


def refused(path, **options):
    with pytest.raises(IntakeError) as caught:
        read_xlsx_sheets(path, source="s", **options)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.code


SHEET = "xl/worksheets/sheet1.xml"


def test_rows_carry_their_true_numbers_and_types(tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["when", "count", "share", "word", "flag"])
    sheet["A3"], sheet["B3"], sheet["C3"], sheet["D3"], sheet["E3"] = datetime(2016, 9, 1), 4, 0.5, "x", True
    sheet["B7"] = 12
    workbook.save(tmp_path / "b.xlsx")
    read = read_xlsx_sheets(tmp_path / "b.xlsx", source="s").sheets["Sheet"]
    assert read.header == ("when", "count", "share", "word", "flag")
    assert [row.number for row in read.rows] == [3, 7]
    assert read.rows[0].values == {
        "when": datetime(2016, 9, 1),
        "count": 4,
        "share": 0.5,
        "word": "x",
        "flag": True,
    }
    assert read.rows[1].values == {"count": 12}
    assert read.rows_in == 2


def test_a_formula_refuses_its_row_and_no_other(tmp_path):
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (["a", "b"], [1, "=A2+1"], [2, 3], ["=HYPERLINK(1)", "=A1"], ["text", "#REF!"]):
        sheet.append(row)
    sheet["B5"].data_type = "e"
    workbook.save(tmp_path / "b.xlsx")
    read = read_xlsx_sheets(tmp_path / "b.xlsx", source="s").sheets["Sheet"]
    assert [row.number for row in read.rows] == [3]
    assert [(r.row, r.field, r.rule) for r in read.refused] == [
        (2, "column B", "formula-cell"),
        (4, "column A", "formula-cell"),
        (5, "column B", "error-cell"),
    ]
    assert [dict(row.values) for row in read.broken] == [{"a": 1}, {}, {"a": "text"}]
    assert read.rows_in == 4


def test_a_value_without_a_heading_is_not_lost_silently(book):
    workbook = openpyxl.load_workbook(book)
    workbook.active["D3"] = "stray"
    workbook.save(book)
    read = read_xlsx_sheets(book, source="s").sheets["Sheet"]
    assert [(r.row, r.field, r.rule) for r in read.refused] == [(3, "column D", "cell-without-heading")]


def test_numbers_without_end_are_refused(book):
    change = {SHEET: lambda data: data.replace(b'"B3"><v>2', b'"B3"><v>1e999')}
    read = read_xlsx_sheets(repack(book, change=change), source="s").sheets["Sheet"]
    assert [(r.row, r.rule) for r in read.refused] == [(3, "number-not-finite")]


def test_a_lying_dimension_hides_no_row(book):
    change = {SHEET: lambda data: data.replace(b'ref="A1:B4"', b'ref="A1:A2"')}
    changed = repack(book, change=change)
    with zipfile.ZipFile(changed) as archive:
        assert b'ref="A1:A2"' in archive.read(SHEET)
    read = read_xlsx_sheets(changed, source="s").sheets["Sheet"]
    assert [dict(row.values) for row in read.rows][-1] == {"name": "c", "count": 3}


def test_header_row_and_sheets_can_be_named(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["Annual list"])
    workbook.active.append(["a"])
    workbook.active.append([5])
    workbook.create_sheet("Notes").append([3])
    workbook.save(tmp_path / "b.xlsx")
    read = read_xlsx_sheets(tmp_path / "b.xlsx", source="s", header_row=2, sheets=["Sheet"])
    assert list(read.sheets) == ["Sheet"]
    assert [(row.number, dict(row.values)) for row in read.sheets["Sheet"].rows] == [(3, {"a": 5})]
    assert refused(tmp_path / "b.xlsx", sheets=["Notes"]) == "E-INTAKE-46"


def test_two_equal_headings_are_refused(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["a", "a"])
    workbook.save(tmp_path / "b.xlsx")
    assert refused(tmp_path / "b.xlsx") == "E-INTAKE-46"


def test_what_is_no_workbook_is_refused(tmp_path):
    assert refused(tmp_path / "missing.xlsx") == "E-INTAKE-40"
    for content in (b"", b"a,b\n1,2\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600):
        (tmp_path / "b.xlsx").write_bytes(content)
        assert refused(tmp_path / "b.xlsx") == "E-INTAKE-40"


def test_every_truncation_is_refused(book):
    content = book.read_bytes()
    for end in range(len(content) // 12, len(content), len(content) // 12):
        book.with_name("cut.xlsx").write_bytes(content[:end])
        assert refused(book.with_name("cut.xlsx")) in ("E-INTAKE-20", "E-INTAKE-23")


def test_archives_that_are_unsafe_are_refused(book):
    assert refused(repack(book, extra={"xl/bomb.xml": b"<a>" + b" " * 20_000_000 + b"</a>"})) == "E-INTAKE-21"
    assert refused(repack(book, extra={"../up.xml": b"<a/>"})) == "E-INTAKE-22"
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = repack(book, extra={SHEET: b"<a/>"})
    assert refused(twice) == "E-INTAKE-22"


def test_large_workbooks_are_refused(book, monkeypatch):
    monkeypatch.setattr("darkfigure.intake.xlsx_safety.MAX_EXPANDED_BYTES", 2_000)
    assert refused(book) == "E-INTAKE-41"
    monkeypatch.undo()
    monkeypatch.setattr("darkfigure.intake.xlsx_safety.MAX_FILE_BYTES", 1_000)
    assert refused(book) == "E-INTAKE-41"


@pytest.mark.parametrize(
    "declaration",
    [
        b"<!DOCTYPE worksheet>",
        b'<!DOCTYPE x [<!ENTITY a "b">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    ],
)
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "_rels/.rels", "docProps/core.xml"])
def test_a_document_type_in_any_part_is_refused(book, part, declaration):
    def declare(data):
        start = data.index(b"?>") + 2 if data.startswith(b"<?xml") else 0
        return data[:start] + declaration + data[start:]

    assert refused(repack(book, change={part: declare})) == "E-INTAKE-42"


def test_a_document_type_in_another_encoding_is_refused(book):
    def recode(data):
        text = data.decode().partition("?>")[2] if data.startswith(b"<?xml") else data.decode()
        return ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a>' + text).encode("utf-16")

    assert refused(repack(book, change={SHEET: recode})) == "E-INTAKE-42"


def test_damaged_xml_is_refused(book):
    assert refused(repack(book, change={SHEET: lambda data: data[:-30]})) == "E-INTAKE-42"


def test_a_part_that_unpacks_to_more_than_it_says_is_refused(book):
    """The directory's size of a part is a claim: unpacking stops at it."""
    content = bytearray(repack(book, extra={"xl/theme/more.xml": b"<a>" + b"b" * 4_000 + b"</a>"}).read_bytes())
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/theme/more.xml"))
    assert int.from_bytes(content[entry + 24 : entry + 28], "little") == 4_007
    content[entry + 24 : entry + 28] = (2_000).to_bytes(4, "little")
    book.with_name("lie.xlsx").write_bytes(content)
    assert refused(book.with_name("lie.xlsx")) == "E-INTAKE-42"


@pytest.mark.parametrize(
    "name",
    [
        "xl/vbaProject.bin",
        "xl/externalLinks/externalLink1.xml",
        "xl/embeddings/oleObject1.bin",
        "xl/activeX/activeX1.xml",
        "xl/macrosheets/sheet1.xml",
        "xl/connections.xml",
        "customUI/customUI.xml",
    ],
)
def test_active_content_is_refused(book, name):
    assert refused(repack(book, extra={name: b"<a/>"})) == "E-INTAKE-43"


def test_links_to_other_files_are_refused_but_a_web_link_in_a_cell_is_not(book):
    def relation(kind):
        schemas = "http://schemas.openxmlformats.org"
        return (
            f'<?xml version="1.0"?><Relationships xmlns="{schemas}/package/2006/relationships"><Relationship Id="rId9" '
            f'Type="{schemas}/officeDocument/2006/relationships/{kind}" Target="http://example.org/x" '
            'TargetMode="External"/></Relationships>'
        ).encode()

    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    assert refused(repack(book, extra={rels: relation("attachedTemplate")})) == "E-INTAKE-43"
    read = read_xlsx_sheets(repack(book, extra={rels: relation("hyperlink")}), source="s")
    assert read.sheets["Sheet"].rows_in == 3


def test_macro_content_types_are_refused(book):
    change = {"[Content_Types].xml": lambda data: data.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")}
    assert refused(repack(book, change=change)) == "E-INTAKE-43"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="3"', b'<row r="2"'),
        (b'<row r="4"', b'<row r="99999999999999"'),
        (b'<row r="4"', b'<row r="4.0"'),
        (b'<c r="B3"', b'<c r="A3"'),
        (b'<c r="B3"', b'<c r="ZZZ3"'),
        (b'<c r="B3"', b'<c r="B9"'),
    ],
)
def test_cells_out_of_order_are_refused(book, old, new):
    changed = repack(book, change={SHEET: lambda data: data.replace(old, new)})
    with zipfile.ZipFile(changed) as archive:
        assert new in archive.read(SHEET)
    assert refused(changed) == "E-INTAKE-44"


def test_two_rows_with_one_number_are_refused(book):
    """A reader of spreadsheets would keep one of them and count on."""

    def number_again(data):
        assert b'<row r="3"' in data
        return data.replace(b'<row r="3"', b'<row r="2"').replace(b'"A3"', b'"A2"').replace(b'"B3"', b'"B2"')

    assert refused(repack(book, change={SHEET: number_again})) == "E-INTAKE-44"


def test_parts_that_do_not_fit_together_are_refused(book):
    changed = repack(book, change={SHEET: lambda data: data.replace(b'<c r="A3" t="s"><v>', b'<c r="A3" t="s"><v>9')})
    assert refused(changed) == "E-INTAKE-45"


def test_columns_are_counted_as_spreadsheets_do():
    for number in (1, 26, 27, 52, 53, 702, 703, 16_384):
        assert column_number(column_letters(number)) == number
    assert column_letters(703) == "AAA"


def test_nothing_of_a_record_is_in_a_representation(book):
    read = read_xlsx_sheets(book, source="s")
    assert SECRET not in repr(read) + repr(read.sheets["Sheet"]) + repr(read.sheets["Sheet"].rows)
    assert read.sheets["Sheet"].rows[0].values["name"] == SECRET
    assert len(read.sha256) == 64
