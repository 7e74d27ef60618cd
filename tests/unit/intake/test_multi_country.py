from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.intake.multi_country import read_multi_country
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import MultiCountryTable

KEY = Pseudonymiser(b"a key for tests!")


def read(folder: Path, *rows: str) -> tuple[MultiCountryTable, IntakeAudit]:
    path = folder / "reports.csv"
    path.write_text("\n".join(["report_id,received,countries", *rows]) + "\n")
    return read_multi_country(path, source="s", pseudonymiser=KEY)


def test_a_row_becomes_a_report(tmp_path: Path) -> None:
    table, audit = read(tmp_path, "77,2016-03-12,US;PH;US")
    assert table.reports[0].countries == frozenset({"US", "PH"})
    assert table.reports[0].report_key == KEY.of("report", "77")
    assert audit.accounts[0].rows_accepted == 1


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        (",2016-03-12,US;PH", "report_id", "report-missing"),
        ("1,2016-03-12,US;PH", "report_id", "report-repeated"),
        ("2,3/12/2016,US;PH", "received", "date-malformed"),
        ("2,2016-03-12,US;XX", "countries", "country-unknown"),
        ("2,2016-03-12,US;", "countries", "country-unknown"),
        ("2,2016-03-12,us;ph", "countries", "country-unknown"),
        ("2,2016-03-12,US", "countries", "too-few-countries"),
        ("2,2016-03-12,US;US", "countries", "too-few-countries"),
    ],
)
def test_a_faulty_row_is_refused(tmp_path: Path, row: str, field: str, rule: str) -> None:
    table, audit = read(tmp_path, "1,2016-03-12,US;GB", row)
    assert len(table.reports) == 1
    assert [(r.row, r.field, r.rule) for r in audit.refused_rows] == [(3, field, rule)]


def test_a_refused_report_may_come_again_in_order(tmp_path: Path) -> None:
    table, _ = read(tmp_path, "1,2016-03-12,US", "1,2016-03-12,US;GB")
    assert len(table.reports) == 1
