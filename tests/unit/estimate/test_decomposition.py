"""Crime or reporting: panels of services, bounds by hand, and what cannot be told apart."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from scipy.special import ndtri

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend import (
    CrimeOrReporting,
    Decomposition,
    Limits,
    PanelChange,
    ReportingWorld,
    ServiceCounts,
    SizeAt,
    decompose,
    decompose_sightings,
    decomposition_svg,
    limits_from_detection,
    panel_change,
)
from darkfigure.records.aggregate import NotEstimable, Reason

Z = 1.959963984540054
TABLE = ServiceCounts(
    ("A", "B", "C"), ("then", "between", "now"), np.array([[400, 9, 900], [600, 9, 1100], [0, 9, 1000]])
)


def _size(n: float, spread: float = 1.1, counts: str = "sources") -> SizeAt:
    return SizeAt(n=n, lower=n / spread, upper=n * spread, counts=counts)  # type: ignore[arg-type]


def _found(**options: object) -> Decomposition:
    found = decompose(TABLE, first="then", last="now", **options)  # type: ignore[arg-type]
    assert isinstance(found, Decomposition)
    return found


def test_panel_is_made_of_services_present_throughout() -> None:
    found = panel_change(TABLE, first="then", last="now")
    assert isinstance(found, PanelChange)
    assert (found.services, found.joined, found.left) == (("A", "B"), ("C",), ())
    assert (found.total_factor, found.panel_factor, found.services_factor) == (3.0, 2.0, 1.5)
    assert [(o.service, o.factor) for o in found.left_out] == [("A", 1100 / 600), ("B", 2.25)]
    interrupted = ServiceCounts(("A", "B"), ("1", "2", "3"), np.array([[5, 0, 5], [5, 5, 5]]))
    panel = panel_change(interrupted, first="1", last="3")
    assert isinstance(panel, PanelChange) and panel.services == ("B",) and panel.left_out == ()


def test_a_service_that_makes_the_change_alone_is_named() -> None:
    table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[100, 400], [500, 300]]))
    found = panel_change(table, first="1", last="2")
    assert isinstance(found, PanelChange) and found.decisive() == ("A",)
    assert "rests on one service: A" in " ".join(found.sentences())


def test_counts_alone_never_tell() -> None:
    found = _found()
    assert found.cannot_tell == ("sources", "reporting") and found.verdict == "cannot-tell"
    assert found.status == "cannot-be-told-apart"
    assert (found.part("sources").lower, found.part("sources").upper) == (0.0, math.inf)
    assert found.part("services").lower == found.part("services").upper == 1.5
    assert "product of sources and reports per source" in found.reason


def test_declared_limits_bound_the_sources_by_hand() -> None:
    part = _found(limits=Limits(reporting=(1.0, 1.5))).part("sources")
    error = Z * math.sqrt(1 / 1000 + 1 / 2000)
    assert part.lower == pytest.approx(2 / 1.5 * math.exp(-error), rel=1e-9)
    assert part.upper == pytest.approx(2 * math.exp(error), rel=1e-9)
    wider = _found(limits=Limits(reporting=(1.0, 1.5)), dispersion=4.0).part("sources")
    assert math.log(wider.upper / 2) == pytest.approx(2 * math.log(part.upper / 2), rel=1e-9)


def test_sizes_of_sources_divide_the_change_by_hand() -> None:
    found = _found(sizes=(_size(1000), _size(1050)))
    s, r = found.part("sources"), found.part("reporting")
    half = math.sqrt(2) * math.log(1.1)
    assert (math.log(s.lower), math.log(s.upper)) == pytest.approx(
        (math.log(1.05) - half, math.log(1.05) + half), rel=1e-9
    )
    assert r.lower == pytest.approx(2 / s.upper * math.exp(-Z * math.sqrt(0.0015)), rel=1e-9)
    assert (found.verdict, r.direction, found.cannot_tell) == ("cannot-tell", "up", ())


def test_sources_that_doubled_are_found() -> None:
    found = _found(sizes=(_size(1000), _size(2000)))
    assert found.verdict == "rose" and found.status == "answered"
    assert found.part("reporting").direction == "unknown"
    assert _found(sizes=(_size(2000), _size(1000))).verdict == "fell"


def test_declared_doubt_weakens_the_answer_by_its_own_amount() -> None:
    sizes = _size(1000), _size(2000)
    plain = _found(sizes=sizes).part("sources")
    uneven = _found(sizes=sizes, limits=Limits(unevenness=(0.8, 1.25))).part("sources")
    hidden = _found(sizes=sizes, limits=Limits(newly_visible=0.5))
    assert (uneven.lower, uneven.upper) == pytest.approx((0.8 * plain.lower, 1.25 * plain.upper))
    assert hidden.part("sources").lower == pytest.approx(plain.lower / 2)
    assert hidden.part("sources").upper == pytest.approx(plain.upper)
    assert hidden.verdict == "cannot-tell"


def test_sizes_of_addresses_do_not_tell_sources_from_churn() -> None:
    sizes = _size(1000, counts="addresses"), _size(2000, counts="addresses")
    free = _found(sizes=sizes)
    assert free.cannot_tell == ("sources", "reporting", "churn") and "lagged identification" in free.reason
    held = _found(sizes=sizes, limits=Limits(churn=(0.9, 1.2)))
    s = held.part("sources")
    assert held.verdict == "rose"
    assert s.lower == pytest.approx(2 / 1.2 * math.exp(-math.sqrt(2) * math.log(1.1)), rel=1e-9)


def test_both_kinds_of_evidence_are_met_and_share_the_error() -> None:
    sizes, limits = (_size(1000), _size(1050)), Limits(reporting=(1.9, 2.1))
    both, one = _found(sizes=sizes, limits=limits).part("sources"), _found(sizes=sizes).part("sources")
    # The counts with the limits lower the upper end; the lower end is that of the sizes, at half of the error.
    assert both.upper < one.upper and both.lower < one.lower < 1
    widened = math.log(1.05) - float(-ndtri(0.0125)) / Z * math.sqrt(2) * math.log(1.1)
    assert math.log(both.lower) == pytest.approx(widened, rel=1e-6)


def test_limits_that_contradict_the_sizes_end_in_no_bounds() -> None:
    found = _found(sizes=(_size(1000, 1.01), _size(1000, 1.01)), limits=Limits(reporting=(0.9, 1.1)))
    assert found.contradiction and found.verdict == "cannot-tell" and "exclude each other" in found.reason
    assert found.part("sources").upper == math.inf


def test_churn_of_counted_addresses_by_hand() -> None:
    found = _found(sizes=(_size(1000, 1.0001), _size(1000, 1.0001)), addresses=(500, 2000))
    churn = found.part("churn")
    error = math.exp(Z * math.sqrt(0.0015))
    # Addresses grew fourfold, sources not at all, reports per source twofold: churn took a factor of 2 to 4.
    assert (churn.lower, churn.upper) == pytest.approx((2 / error, 4 * error), rel=1e-3)


def test_rates_of_detection_make_limits() -> None:
    assert limits_from_detection((0.2, 0.25), (0.4, 0.5)) == (1.6, 2.5)


def test_no_panel_is_refused() -> None:
    table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[5, 0], [0, 5]]))
    refused = decompose(table, first="1", last="2")
    assert isinstance(refused, NotEstimable) and refused.reason is Reason.NO_DATA


def test_order_of_services_does_not_matter() -> None:
    turned = ServiceCounts(TABLE.services[::-1], TABLE.periods, TABLE.counts[::-1])
    a, b = (
        _found(sizes=(_size(1000), _size(2000))),
        decompose(turned, first="then", last="now", sizes=(_size(1000), _size(2000))),
    )
    assert isinstance(b, Decomposition) and a.parts == b.parts


@pytest.mark.parametrize("sizes", [None, (_size(1000), _size(2000))])
def test_figure_and_record_say_what_the_answer_says(sizes: tuple[SizeAt, SizeAt] | None) -> None:
    found = _found(sizes=sizes)
    svg = decomposition_svg(found)
    root = ET.fromstring(svg)
    assert found.sentences()[0] in svg and root.tag.endswith("svg")
    assert svg.count('tabindex="0"') == 1 + len(found.parts) and ("not bounded" in svg) == (sizes is None)
    assert json.loads(json.dumps(found.to_dict()))["verdict"] == found.verdict


def test_figure_shows_the_change_to_be_explained_and_what_its_marks_mean() -> None:
    found = _found(sizes=(_size(1000), _size(2000)))
    root = ET.fromstring(decomposition_svg(found))
    space = "{http://www.w3.org/2000/svg}"
    texts = {t.text: float(t.get("x", "nan")) for t in root.iter(f"{space}text")}
    assert {"All reports", "Sources", "Reports per source", "more →", "← less", "may be more or less"} <= set(texts)
    assert "More sources" not in texts, "a bar of `more sources` below 1 would say the opposite of its name"
    titles = [g.findtext(f"{space}title") or "" for g in root.iter(f"{space}g")]
    assert titles[0] == f"All reports: {found.panel.total_factor:.2f} times as many."
    known = next(g for g in root.iter(f"{space}g") if (g.findtext(f"{space}title") or "").startswith("More services"))
    assert known.find(f"{space}circle") is not None and known.find(f"{space}line") is None


def _sightings(**options: object) -> CrimeOrReporting:
    draw = ReportingWorld(n_sources=400, lease_days=30.0, **options).draw(seed=11)  # type: ignore[arg-type]
    found = decompose_sightings(draw.entity, draw.service, draw.days, earlier=(0, 365), later=(365, 730))
    assert isinstance(found, CrimeOrReporting)
    return found


def test_sightings_tell_doubled_crime_from_doubled_reporting() -> None:
    crime, reporting = _sightings(crime=2.0, joining=0.4), _sightings(effort=2.0, joining=0.4)
    assert crime.decomposition.verdict == "rose" and reporting.decomposition.verdict != "rose"
    for found in (crime, reporting):
        assert found.decomposition.panel.panel_factor == pytest.approx(2, rel=0.15)
        assert found.decomposition.part("services").lower == pytest.approx(1.4, rel=0.1)
        assert json.dumps(found.to_dict()) and "Sources active in the later period" in found.sentences()[-1]
    assert crime.matched < 400 * 6 * 1.2


def test_sightings_without_returns_leave_the_counts_alone() -> None:
    rng = np.random.default_rng(1)
    days = np.sort(rng.uniform(0, 730, 3000))
    found = decompose_sightings(np.arange(3000), rng.integers(0, 3, 3000), days, earlier=(0, 365), later=(365, 730))
    assert isinstance(found, CrimeOrReporting)
    assert found.decomposition.verdict == "cannot-tell" and all(isinstance(s, NotEstimable) for s in found.sizes)
    assert found.decomposition.part("sources").upper == math.inf


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("E-EST-70", lambda: ServiceCounts(("A", "A"), ("1",), np.array([[1], [2]]))),
        ("E-EST-70", lambda: ServiceCounts(("A",), ("1",), np.array([[-1]]))),
        ("E-EST-71", lambda: panel_change(TABLE, first="then", last="never")),
        ("E-EST-71", lambda: panel_change(TABLE, first="now", last="then")),
        ("E-EST-72", lambda: Limits(reporting=(2.0, 1.0))),
        ("E-EST-72", lambda: Limits(newly_visible=1.0)),
        ("E-EST-72", lambda: limits_from_detection((0.0, 0.1), (0.1, 0.2))),
        ("E-EST-72", lambda: SizeAt(n=5.0, lower=6.0, upper=7.0)),
        ("E-EST-72", lambda: _found(sizes=(_size(10), _size(10, counts="addresses")))),
        ("E-EST-72", lambda: _found(addresses=(0, 5))),
        ("E-EST-73", lambda: decompose_sightings(*np.zeros((3, 4), dtype=int), earlier=(0, 10), later=(5, 15))),
        ("E-EST-79", lambda: _found(level=2.0)),
    ],
)
def test_mistakes_of_the_caller_are_named(code: str, call: object) -> None:
    with pytest.raises(EstimateError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code
