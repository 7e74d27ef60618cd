import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
import release_fixture as rf

from darkfigure.disclosure import release
from darkfigure.records.aggregate import Answer, ColumnKind, Missing, Question
from darkfigure.report.document import table_view
from darkfigure.report.finding_views import marks
from darkfigure.report.pdf_tables import numbered, table_groups
from darkfigure.report.print_rows import printed_rows
from darkfigure.report.tables_csv import csv_text, inert
from darkfigure.report.trust import checks_in_words

NOT = Missing.NOT_APPLICABLE


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


def long_table(rows, columns):
    made = rf.table("t", Question.NATURE, "A table", columns, rows, protected=False)
    return table_view(release(Answer((), (made,)), rf.lenient(1), rf.face()).tables[0])


DAYS = [(date(2014, 1, 5) + timedelta(days=7 * k)).isoformat() for k in range(104)]
LABELS = rf.column("day", ColumnKind.LABEL), rf.column("name", ColumnKind.LABEL)
NUMBER = rf.column("n", ColumnKind.COUNT)


def first_cells(printed):
    return [row[0].text for row in printed.rows]


def test_a_short_table_is_printed_whole():
    printed = printed_rows(long_table([(str(n), n) for n in range(44)], (LABELS[0], NUMBER)))
    assert len(printed.rows) == 44 and printed.words == ""


def test_of_a_long_series_the_named_days_are_printed_else_the_quarters():
    named = long_table([(d, "Dec" if d[5:7] == "12" and int(d[8:]) > 24 else NOT, 1) for d in DAYS], (*LABELS, NUMBER))
    assert first_cells(printed_rows(named)) == ["2014-12-28", "2015-12-27"]
    assert printed_rows(named).words == "Printed: 2 of 104 rows, those that end a year. All rows: tables/t.csv."
    plain = printed_rows(long_table([(d, 1) for d in DAYS], (LABELS[0], NUMBER)))
    assert first_cells(plain) == ["2014-03-30", "2014-06-29", "2014-09-28", "2014-12-28", "2015-03-29", "2015-06-28",
                                  "2015-09-27", "2015-12-27"]  # fmt: skip


def test_of_many_places_those_with_a_count_are_printed_else_the_first_with_the_total():
    places = [(f"place {n}", int(n % 4 == 0)) for n in range(80)]
    assert first_cells(printed_rows(long_table(places, (LABELS[0], NUMBER)))) == [f"place {n}" for n in range(0, 80, 4)]
    full = [(f"place {n}", 1) for n in range(80)]
    view = replace(long_table(full, (LABELS[0], NUMBER)), total_row=79)
    printed = printed_rows(view)
    assert first_cells(printed) == [*(f"place {n}" for n in range(39)), "place 79"] and printed.total_row == 39


def test_of_many_rows_a_day_the_last_day_is_printed():
    rows = [(day, f"m{k}", 1) for day in ("2014-12-31", "2015-12-31", "2016-12-31") for k in range(30)]
    assert first_cells(printed_rows(long_table(rows, (*LABELS, NUMBER)))) == ["2016-12-31"] * 30


def test_tables_are_numbered_once_and_each_stands_in_one_group():
    views = [replace(long_table([("a", 1)], (LABELS[0], NUMBER)), id=f"t{n}") for n in range(5)]
    wide = replace(views[0], id="w", heads=(("x" * 60, False), ("n", True)), question=Question.PREVALENCE)
    tables = numbered([*views, wide])
    groups = table_groups(tables)
    printed = [t["number"] for g in groups for t in (*(t for s in g["stacks"] for side in s for t in side), *g["wide"])]
    assert sorted(printed) == [1, 2, 3, 4, 5, 6] and [g["title"] for g in groups] == ["Prevalence", "Nature"]


def test_checks_are_told_in_words():
    columns = [rf.column(c, ColumnKind.LABEL) for c in ("check", "verdict", "meaning")]
    columns += [rf.column(c, ColumnKind.ESTIMATE) for c in ("value", "limit")]
    rows = [
        ("A new check", "passed", NOT, 0.9, 1.5),
        ("A new check", "caution", "Beware.", 1.9, 1.5),
        ("Estimate over distinct addresses seen", "passed", NOT, 2.0, 1.0),
    ]
    made = rf.table("c", Question.PREVALENCE, "Checks", columns, rows, protected=False)
    new, known = checks_in_words(release(Answer((), (made,)), rf.lenient(), rf.face()).tables)
    assert new.found == "From 0.90 to 1.9. Passed: 1 of 2; caution: 1 of 2. Beware." and new.warns
    assert known.asked == "Is the estimate at least the number seen?" and not known.warns


def test_runs_of_remarks_become_one_sign():
    signs = marks({("A", n) for n in (1, 2, 3, 5, 6, 9)} | {("C", 2)})
    assert [m.label for m in signs] == ["C2", "A1\N{EN DASH}3", "A5", "A6", "A9"]
    assert [m.target for m in signs] == ["caution-2", "assumption-1", "assumption-5", "assumption-6", "assumption-9"]
