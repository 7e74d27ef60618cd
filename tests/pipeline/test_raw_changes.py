"""Changing one raw value changes exactly the findings and tables that depend on it."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from study_runs import answer_of, changed, copy_world

from darkfigure.records.aggregate import Answer

ACCOUNTING = {"intake-accounts", "intake-refusals", "rows-read", "rows-refused"}


@pytest.fixture(scope="module")
def before(small_world: Path) -> Answer:
    return answer_of(small_world)


def double_coded(world: Path) -> set[int]:
    book = openpyxl.load_workbook(world / "input" / "cases" / "case-review-second-coder.xlsx")
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    return {row[header.index("file_number")] for row in rows if row[0] is not None}


def test_a_relation_that_becomes_unknown(small_world: Path, before: Answer, tmp_path: Path) -> None:
    world = copy_world(small_world, tmp_path / "study")
    path = world / "input" / "cases" / "case-review.xlsx"
    book = openpyxl.load_workbook(path)
    cases = list(book["case_review"].iter_rows(values_only=True))
    numbers = {row[cases[0].index("_index")]: row[cases[0].index("case/file_number")] for row in cases[1:]}
    spotlight = {row[cases[0].index("_index")] for row in cases[1:] if row[cases[0].index("case/spotlight")] == "yes"}
    sheet = book["victim"]
    header = [cell.value for cell in sheet[1]]
    relation, parent = header.index("victim/relation"), header.index("_parent_index")
    seen_twice = double_coded(world)
    target = next(
        row
        for row in sheet.iter_rows(min_row=2)
        if row[relation].value == "biological_parent"
        and numbers[row[parent].value] not in seen_twice
        and row[parent].value not in spotlight
    )
    target[relation].value = "unknown"
    book.save(path)
    assert changed(before, answer_of(world)) == {
        "victims-relation-known",
        "victims-relation-parent",
        "victims-relation-other-relative",
        "victims-relation-any-relative",
        "victims-relation-any-relative-least",
        "victims-by-relation",
    }


def rewrite(path: Path, change) -> None:
    text = path.read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    fields = list(rows[0])
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_plea_that_was_a_trial(small_world: Path, before: Answer, tmp_path: Path) -> None:
    world = copy_world(small_world, tmp_path / "study")

    def to_trial(rows: list[dict[str, str]]) -> None:
        next(r for r in rows if r["mode"] == "plea")["mode"] = "trial"

    rewrite(world / "input" / "practice" / "convictions.csv", to_trial)
    assert changed(before, answer_of(world)) == {
        "convictions-plea-share",
        "convictions-trial-share",
        "convictions-by-mode",
        "convictions-by-year",
    }


def test_a_report_that_touches_one_more_region(small_world: Path, before: Answer, tmp_path: Path) -> None:
    world = copy_world(small_world, tmp_path / "study")

    def add_japan(rows: list[dict[str, str]]) -> None:
        next(r for r in rows if r["countries"] == "US;CA" or r["countries"] == "CA;US")["countries"] += ";JP"

    rewrite(world / "input" / "enticement" / "multi-country-reports.csv", add_japan)
    touched = changed(before, answer_of(world))
    assert touched >= {
        "enticement-asia-pacific",
        "enticement-region-sum",
        "enticement-by-region",
        "enticement-by-country",
    }
    assert all(name.startswith("enticement") for name in touched)
    assert not touched & {
        "enticement-distinct",
        "enticement-north-america",
        "enticement-europe",
        "enticement-middle-east",
    }


def test_a_refused_row_is_accounted_and_touches_its_own_question_alone(
    small_world: Path, before: Answer, tmp_path: Path
) -> None:
    world = copy_world(small_world, tmp_path / "study")

    def spoil(rows: list[dict[str, str]]) -> None:
        rows[0]["used_at_inquest"] = "perhaps"

    rewrite(world / "input" / "practice" / "interviews.csv", spoil)
    touched = changed(before, answer_of(world))
    assert touched - ACCOUNTING <= {"interviews", "interviewed-cases", "interviews-used-share", "interviews-used"}
    assert {"interviews", "rows-refused", "intake-accounts", "intake-refusals"} <= touched


def test_order_of_rows_and_the_key_change_nothing(small_world: Path, before: Answer, tmp_path: Path) -> None:
    world = copy_world(small_world, tmp_path / "study")
    rewrite(world / "input" / "enticement" / "multi-country-reports.csv", lambda rows: rows.reverse())
    rewrite(world / "input" / "practice" / "convictions.csv", lambda rows: rows.reverse())
    assert changed(before, answer_of(world, key=b"another key of thirty-two bytes!")) == set()
