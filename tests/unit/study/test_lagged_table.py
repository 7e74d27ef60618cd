"""``darkfigure lagged``: the answer as JSON, as text and as a figure, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from darkfigure.cli import main
from darkfigure.errors import StudyError
from darkfigure.estimate.lagged import LeaseWorld
from darkfigure.estimate.lagged.lease_shapes import SHAPES
from darkfigure.prevalence import trust_words
from darkfigure.study import lagged_table as lagged_tables
from darkfigure.study.lagged_table import check_lagged_figure, lagged_table, render_lagged, write_lagged_figure

SECRET = "10.99.88.77"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = LeaseWorld(n_sources=500, sightings_a_year=12.0, lease_days=20.0).draw(seed=1)
    path = tmp_path_factory.mktemp("events") / "events.csv"
    rows = (f"{SECRET}/{e},{t:.5f}" for e, t in zip(drawn.entity, drawn.days, strict=True))
    path.write_text("\n".join(["entity,time", *rows, ""]))
    return path


def test_json_has_the_declared_fields(events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["lagged", str(events), "--json"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    result = json.loads(out)
    assert {"status", "n_active", "interval", "decay", "floor", "diagnostics"} <= set(result)
    assert result["status"] == "estimated"
    assert {"shape", "mean_days"} <= set(result["decay"])
    assert result["interval"]["lower"] < 500 < result["interval"]["upper"]
    assert sum(point["same"] for point in result["curve"]) == pytest.approx(result["n_matches"], abs=1)
    assert SECRET not in out


def test_text_fits_and_shows_the_curve(events: Path) -> None:
    result = lagged_table(events)
    text = render_lagged(result)
    assert max(map(len, text.splitlines())) <= 80
    assert f"{result['n_active']:,.0f} sources active at a time" in text
    assert "observed" in text
    assert text.count("#") > 20


def test_figures_are_whole_and_say_what_they_show(events: Path, tmp_path: Path) -> None:
    result = lagged_table(events)
    for name in ("curve.svg", "curve.html"):
        write_lagged_figure(result, tmp_path / name)
    svg = ElementTree.fromstring((tmp_path / "curve.svg").read_text())
    space = "{http://www.w3.org/2000/svg}"
    assert svg.attrib["role"] == "img"
    assert svg.find(f"{space}title").text.startswith("Lag curve behind")  # type: ignore[union-attr]
    assert len(svg.findall(f".//{space}circle")) >= 5
    assert svg.find(f".//{space}polyline") is not None
    page = (tmp_path / "curve.html").read_text()
    assert "<table>" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_refusals_have_reason_and_explanation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "few.csv"
    path.write_text("entity,time\n" + "".join(f"x{k},{k}\n" for k in range(50)))
    result = lagged_table(path)
    assert set(result) == {"status", "reason", "explanation", "diagnostics"}
    assert (result["status"], result["reason"]) == ("not-estimable", "no-overlap")
    with pytest.raises(SystemExit) as left:
        main(["lagged", str(path), "--figure", str(tmp_path / "few.svg")])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("No answer: no-overlap.")
    assert not (tmp_path / "few.svg").exists()


def test_a_figure_without_a_kind_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "curve.png", tmp_path / "none" / "curve.svg"):
        with pytest.raises(StudyError) as refused:
            check_lagged_figure(path)
        assert refused.value.code == "E-STUDY-85"


def test_every_shape_has_words_here_and_in_the_report() -> None:
    shapes = {*SHAPES, "none"}
    assert set(lagged_tables._SHAPES) == shapes
    assert set(trust_words.SHAPES) == shapes
