"""The answer of ``darkfigure estimate``: the JSON contract and the text table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import REGISTRY, estimate
from darkfigure.estimate.plausibility import carrying_limit
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.study.estimate_table import estimate_table, list_methods, render_estimates, render_methods

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"


def test_the_json_contract() -> None:
    result = estimate_table(TABLES / "hare.csv", methods=["Mth-poisson2", "Mb"], ordered=False)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["table"] == {"n_observed": 68, "lists": 6, "ordered": False}
    first, second = result["estimates"]
    assert {"method", "status", "n_total", "standard_error", "interval", "deviance", "df", "aic", "bic"} <= set(first)
    assert first["status"] == "estimated"
    assert set(first["interval"]) == {"level", "lower", "upper", "method"}
    assert first["interval"]["method"] == "profile-multinomial"
    assert isinstance(first["assumptions"][0], str)
    assert second["status"] == "not-estimable"
    assert second["reason"] == "unordered-lists"
    assert second["explanation"]


def test_numbers_keep_full_precision() -> None:
    (row,) = estimate_table(TABLES / "hare.csv", methods=["Mth-poisson2"])["estimates"]
    assert row["n_total"] == estimate("Mth-poisson2", read_capture_table(TABLES / "hare.csv")).n_total  # type: ignore[union-attr]
    assert row["n_total"] == pytest.approx(81.0792814076451, rel=1e-9)


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.csv")), ids=lambda p: p.stem)
def test_all_methods_answer_or_refuse_on_every_reference_table(path: Path) -> None:
    unlimited = path.stem in ("cbird_frequencies", "netherlands_immigrants")
    occasions: Literal["inf"] | None = "inf" if unlimited else None
    result = estimate_table(path, ordered=True, occasions=occasions)
    limit = carrying_limit(read_capture_table(path, ordered=True, occasions=occasions))
    assert [e["method"] for e in result["estimates"]] == list(REGISTRY)
    json.dumps(result, allow_nan=False)
    for e in result["estimates"]:
        if e["status"] == "estimated":
            assert result["table"]["n_observed"] <= e["n_total"] <= limit
    assert all(len(line) <= 80 and line == line.rstrip() for line in render_estimates(result).splitlines())


def test_the_text_table_shows_estimates_cautions_and_refusals() -> None:
    text = render_estimates(estimate_table(TABLES / "uk_modern_slavery_5.csv"))
    assert text.startswith("2,744 units seen; 5 lists or occasions, without an order in time")
    assert "Mt                       13,444" in text
    assert "No answer" in text
    assert "Mb, Mbh, Mtb: unordered-lists." in text
    assert "Cautions" in text


def test_an_unbounded_range_is_null_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("captures,units\n1,30\n2,3\n3,1\n")
    result = estimate_table(path, occasions=4, methods=["Mh-gamma3.5", "Mh-darroch"])
    unbounded = [e for e in result["estimates"] if e["status"] == "estimated" and e["interval"]["upper"] is None]
    for e in unbounded:
        assert "no upper end" in e["interval"]["note"]
        assert "C-WIDE" in {c["code"] for c in e["cautions"]}
    json.dumps(result, allow_nan=False)


def test_an_unknown_method_is_an_error() -> None:
    with pytest.raises(EstimateError, match="E-EST-01"):
        estimate_table(TABLES / "hare.csv", methods=["Mq"])


def test_the_list_of_methods_is_complete() -> None:
    assert [m["name"] for m in list_methods()] == list(REGISTRY)
    text = render_methods()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(f"{name}\n" in text for name in REGISTRY)
