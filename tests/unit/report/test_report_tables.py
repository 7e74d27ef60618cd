import csv
import io

import pytest
import release_fixture as rf

from darkfigure.disclosure import release
from darkfigure.records.aggregate import Answer, ColumnKind, Missing, Question
from darkfigure.report.document import table_view
from darkfigure.report.tables_csv import csv_text, inert


def released_table(rows, threshold=3):
    columns = [
        rf.column("label", ColumnKind.LABEL),
        rf.column("n", ColumnKind.COUNT),
        rf.column("x", ColumnKind.ESTIMATE),
    ]
    made = rf.table("t", Question.NATURE, "A table", columns, rows)
    return release(Answer((), (made,)), rf.lenient(threshold), rf.face()).tables[0]


def test_csv_keeps_zero_withheld_and_missing_apart():
    table = released_table([("a", 0, 1.5), ("b", 2, Missing.NOT_ESTIMABLE), ("c", 1_234, 1e6 / 3)])
    rows = list(csv.reader(io.StringIO(csv_text(table))))
    assert rows[0] == ["label", "n", "x"]
    assert rows[1:] == [["a", "0", "1.5"], ["b", "withheld", "not estimable"], ["c", "1234", "333333.3333"]]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", " =1", "＝1", "\n=1", "\t@x", "\r+1", "\0=1"])
def test_a_label_that_a_spreadsheet_would_run_is_inert(start):
    text = csv_text(released_table([(start, 5, 1.0)]))
    assert text.count("\n") == 2
    cell = next(csv.reader(io.StringIO(text.splitlines()[1])))[0]
    assert cell.startswith("'") and cell.isprintable() and cell.endswith(start[-1])


def test_a_line_break_in_a_label_does_not_break_the_row():
    assert csv_text(released_table([("two\r\nlines", 5, 1.0)])).splitlines() == ["label,n,x", "two lines,5,1"]


def test_numbers_below_zero_stay_numbers():
    assert csv_text(released_table([("a", 5, -2.5)])).splitlines()[1] == "a,5,-2.5"
    assert inert("Cebu-1") == "Cebu-1"


def test_printed_cells_say_what_they_are():
    view = table_view(released_table([("a", 2, Missing.NOT_STATED), ("b", 0, 2.0)]))
    assert [c.state for c in view.rows[0]] == ["text", "withheld", "missing"]
    assert [c.state for c in view.rows[1]] == ["text", "number", "number"]
    assert view.heads == (("Label", False), ("N", True), ("X", True))
