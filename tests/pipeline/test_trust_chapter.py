"""The chapter on trust, from raw files to the page: every part is there, and it says what it may."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from study_runs import copy_world

from darkfigure.study.pipeline import run_study

SECTIONS = {
    "trust-closure": "Did the same addresses stay in use?",
    "trust-overturned": "How wrong would we have to be?",
    "trust-causes": "Crime or reporting?",
    "trust-agreement": "Do the methods agree?",
}
FIGURES = ("closure-tests", "lag-curve", "overturned", "causes-of-change", "method-agreement")


@pytest.fixture(scope="module")
def release(small_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copy_world(small_world, tmp_path_factory.mktemp("trust") / "study")
    return run_study(folder, quiet=True).parent


def test_every_section_and_figure_stands_on_the_page_in_order(release: Path) -> None:
    page = (release / "report.html").read_text(encoding="utf-8")
    trust = page[page.index('<section id="trust"') :]
    places = [trust.index(f'id="section-{name}"') for name in SECTIONS]
    assert places == sorted(places)
    for title in (*SECTIONS.values(), "What each kind of number counts"):
        assert title in trust
    for figure in FIGURES:
        assert f'id="figure-{figure}"' in trust
        assert (release / "figures" / f"{figure}.svg").exists()
        assert (release / "tables" / f"{figure}.csv").exists()
    assert "Internet addresses used at least once" in trust
    assert "It is not the number of offenders or children." in trust


def test_a_small_study_says_that_it_cannot_tell(release: Path) -> None:
    findings = {f["id"]: f for f in json.loads((release / "findings.json").read_text(encoding="utf-8"))}
    assert findings["closure-2017"]["value"] == "cannot tell"
    assert "C-CLOSURE-UNTESTED" in [c["code"] for c in findings["addresses-estimated-2017"]["cautions"]]
    assert findings["change-2014-2017"]["value"]["status"] == "not-estimable"
    assert findings["sources-active-2017"]["value"]["status"] == "not-estimable"
    assert findings["overturned-rose-churn-later"]["value"] > 0


def test_under_the_default_policy_no_row_on_few_addresses_is_published(small_world: Path, tmp_path: Path) -> None:
    folder = copy_world(small_world, tmp_path / "study")
    declared = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(declared[: declared.index("[disclosure]")], encoding="utf-8")
    tables = run_study(folder, quiet=True).parent / "tables"
    closure = (tables / "closure-tests.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert closure and sum("withheld" in row for row in closure) > len(closure) / 2
    assert "recaptures" not in (tables / "lag-curve.csv").read_text(encoding="utf-8")
