"""Where a peer refused or diverged, the page says what this library answers, and it is what it answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from darkfigure.estimate import estimate
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, UnitRows

ROOT = Path(__file__).parents[2]
ORACLES = Path(__file__).parent / "oracles"
TABLES = ROOT / "src" / "darkfigure" / "reference" / "data" / "capture-tables"
FILES = {
    "hare": "hare.csv",
    "lesbian": "lesbian.csv",
    "duck": "eider_ducks_open.csv",
    "netherlandsimmigrant": "netherlands_immigrants.csv",
}
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| `([^`]+)`: ([^|]+) \|$", re.MULTILINE)
PAGE = ROW.findall((ROOT / "docs" / "methods" / "where-peers-stop.md").read_text(encoding="utf-8"))


def entries() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for path in sorted(ORACLES.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.stem != "speed":
            found += content if isinstance(content, list) else content["entries"]
    return found


def table_of(name: str) -> CaptureTable:
    path = TABLES / FILES[name]
    if name != "netherlandsimmigrant":
        return read_capture_table(path, ordered=True)
    table = read_capture_table(path, occasions="inf")
    assert table.rows is not None
    kept = {key: table.rows.covariates[key] for key in ("gender", "age", "nation")}
    return replace(table, rows=UnitRows(captures=table.rows.captures, counts=table.rows.counts, covariates=kept))


def test_every_entry_without_a_result_has_a_row() -> None:
    assert {row[0] for row in PAGE} == {e["id"] for e in entries() if e["status"] != "ok"}


def test_the_page_counts_the_reference_results_that_there_are() -> None:
    text = (ROOT / "docs" / "methods" / "where-peers-stop.md").read_text(encoding="utf-8")
    assert f"Of the {len(entries())} reference results" in text


@pytest.mark.parametrize("row", PAGE, ids=[row[0] for row in PAGE])
def test_the_page_says_what_is_answered(row: tuple[str, str, str, str]) -> None:
    entry, _, method, told = row
    result = estimate(method, table_of(entry.split(".")[0]))
    if told.startswith("refused"):
        assert isinstance(result, NotEstimable)
        assert told == f"refused, `{result.reason.value}`"
        return
    assert isinstance(result, PopulationEstimate)
    assert f"{result.n_total:,.1f}" == told


@pytest.mark.parametrize("row", [r for r in PAGE if r[1].startswith("prints")], ids=lambda r: r[0])
def test_the_page_quotes_the_peer(row: tuple[str, str, str, str]) -> None:
    printed = int(re.sub(r"\D", "", row[1].split(" people")[0]))
    stored = next(e for e in entries() if e["id"] == row[0])["results"]
    assert isinstance(stored, dict)
    assert printed == pytest.approx(float(stored["pointEstimate"]), rel=1e-12)
