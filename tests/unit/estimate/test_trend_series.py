"""Breaks in an estimated series, jumps of reports, and numbers still to be reported."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend import (
    DatedBreak,
    InterruptedSeries,
    Nowcast,
    ServiceCounts,
    delay_nowcast,
    interrupted_series,
    limits_from_shift,
    reporting_shift,
)
from darkfigure.records.aggregate import Interval, NotEstimable, Reason

LAW = DatedBreak(12.0, "a new law")
T = np.arange(24.0)
NOISE = np.random.default_rng(1).normal(size=24)


def _series(y: np.ndarray, covariance: np.ndarray, t: np.ndarray = T, **options: object) -> InterruptedSeries:
    found = interrupted_series(t, y, covariance, **{"breaks": [LAW], **options})  # type: ignore[arg-type]
    assert isinstance(found, InterruptedSeries)
    return found


def _interval(found: InterruptedSeries, what: str = "level") -> Interval:
    quantity = getattr(found.effects[0], what)
    assert quantity is not None and quantity.interval is not None
    return quantity.interval


def _triangle(periods: int = 12, size: float = 200.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array([rng.multinomial(rng.poisson(size), (0.5, 0.3, 0.15, 0.05, 0.0)) for _ in range(periods)])


def test_line_with_a_jump_and_a_bend_is_recovered() -> None:
    y = 3 + 0.02 * T + 0.4 * (T >= 12) - 0.03 * np.maximum(T - 12, 0)
    found = _series(y + 1e-4 * NOISE, np.full(24, 1e-8), slopes=[LAW])
    effect = found.effects[0]
    assert effect.level is not None and effect.slope is not None
    assert effect.level.value == pytest.approx(0.4, abs=1e-3)
    assert effect.slope.value == pytest.approx(-0.03, abs=1e-4)
    assert found.trend.value == pytest.approx(0.02, abs=1e-4)
    assert found.fitted == pytest.approx(y, abs=1e-3)
    assert "the level rose" in found.sentences()[0] and json.dumps(found.to_dict())


def test_windows_take_up_a_jump_gradually() -> None:
    share = np.clip((T - 12) / 6, 0, 1)
    bend = np.array([np.mean(np.maximum(np.linspace(t - 6, t, 6001) - 12, 0)) for t in T])
    y = 3 + 0.4 * share + 0.05 * bend
    effect = _series(y + 1e-5 * NOISE, np.full(24, 1e-10), window=6.0, slopes=[LAW]).effects[0]
    assert effect.level is not None and effect.slope is not None
    assert (effect.level.value, effect.slope.value) == pytest.approx((0.4, 0.05), abs=1e-3)


def test_sampling_errors_of_the_points_widen_the_answer() -> None:
    y = 3 + 0.05 * NOISE
    exact, rough = _interval(_series(y, np.zeros(24))), _interval(_series(y, np.full(24, 0.09)))
    assert rough.upper - rough.lower > 2 * (exact.upper - exact.lower)
    # Generalised least squares with independent errors of 0.3 alone: the jump's error by hand.
    x = np.stack([np.ones(24), T, T >= 12], axis=1)
    by_hand = 0.3 * math.sqrt(np.linalg.inv(x.T @ x)[2, 2])
    quantity = _series(y, np.full(24, 0.09)).effects[0].level
    assert quantity is not None and quantity.standard_error == pytest.approx(by_hand, rel=0.05)


def test_correlated_errors_are_used() -> None:
    y = 3 + 0.05 * NOISE
    together = np.full((24, 24), 0.25) + 1e-4 * np.eye(24)
    i = _interval(_series(y, together))
    j = _interval(_series(y, np.full(24, 0.2501)))
    assert i.upper - i.lower < 0.4 * (j.upper - j.lower)


def test_units_of_time_and_value_do_not_matter() -> None:
    y, s = 3 + 0.1 * NOISE + 0.3 * (T >= 12), np.full(24, 0.01)
    one = _interval(_series(y, s))
    years = interrupted_series(2000 + T / 12, 7 * y, 49 * s, breaks=[DatedBreak(2001.0, "a new law")])
    assert isinstance(years, InterruptedSeries)
    other = _interval(years)
    assert (other.lower / 7, other.upper / 7) == pytest.approx((one.lower, one.upper), rel=1e-4)


def test_persistence_of_the_scatter_is_seen() -> None:
    slow, quick = 0.1 * np.sin(2 * np.pi * T / 11), 0.1 * np.tile([1.0, -1.0], 12)
    assert _series(slow, np.zeros(24)).persistence > _series(quick, np.zeros(24)).persistence + 0.2


@pytest.mark.parametrize(("points", "at"), [(24, 22.0), (24, 2.0), (6, 3.0)])
def test_too_few_points_are_refused(points: int, at: float) -> None:
    refused = interrupted_series(T[:points], NOISE[:points], np.ones(points), breaks=[DatedBreak(at, "x")])
    assert isinstance(refused, NotEstimable) and refused.reason is Reason.NO_DATA


def test_panel_that_doubled_at_the_break_is_seen_and_becomes_a_limit() -> None:
    rng = np.random.default_rng(5)
    rate = np.where(T >= 12, 400.0, 200.0)
    counts = np.stack([rng.poisson(rate), rng.poisson(0.5 * rate), np.where(T > 15, 900, 0)]).astype(int)
    table = ServiceCounts(("A", "B", "late"), tuple(str(int(t)) for t in T), counts)
    found = reporting_shift(table, T, breaks=[LAW])
    assert isinstance(found, InterruptedSeries)
    low, high = limits_from_shift(found)
    assert 1.5 < low < 2 < high < 2.6


def test_shift_is_refused_for_few_reports_and_without_a_panel() -> None:
    few = ServiceCounts(("A",), tuple(str(k) for k in range(24)), np.full((1, 24), 9))
    gone = ServiceCounts(("A",), tuple(str(k) for k in range(24)), np.zeros((1, 24), dtype=int))
    for table in (few, gone):
        refused = reporting_shift(table, T, breaks=[LAW])
        assert isinstance(refused, NotEstimable) and refused.reason is Reason.NO_DATA


def test_nowcast_by_hand() -> None:
    nan = math.nan
    triangle = np.array([[60, 40, 0], [30, 20, 0], [60, 40, 0], [90, 60, nan], [30, nan, nan]])
    found = delay_nowcast(triangle)
    assert isinstance(found, Nowcast)
    assert found.delay == pytest.approx((0.6, 1.0, 1.0))
    assert [p.total for p in found.periods] == pytest.approx([100, 50, 100, 150, 50])
    last = found.periods[-1].interval
    assert last is not None and 30 < last.lower < 50 < last.upper
    whole = found.periods[0].interval
    assert whole is not None and (whole.lower, whole.upper) == (100, 100)
    assert "60%" in found.sentences()[0] and json.dumps(found.to_dict())


def test_nowcast_does_not_look_ahead_and_repeats_itself() -> None:
    full = _triangle()
    hidden = full.astype(float)
    hidden[np.add.outer(np.arange(12), np.arange(5)) > 11] = 1e9
    a, b = delay_nowcast(full), delay_nowcast(hidden)
    assert isinstance(a, Nowcast) and isinstance(b, Nowcast) and a == b


def test_nowcast_of_reports_that_come_in_clumps_is_wider() -> None:
    full = _triangle(periods=20)
    plain, clumped = delay_nowcast(full), delay_nowcast(20 * _triangle(periods=20, size=10.0, seed=3))
    assert isinstance(plain, Nowcast) and isinstance(clumped, Nowcast)
    assert plain.dispersion < 2 < 10 < clumped.dispersion
    i, j = plain.periods[-1].interval, clumped.periods[-1].interval
    assert i is not None and j is not None and j.upper / j.lower > 1.5 * i.upper / i.lower


def test_nowcast_refuses_delays_not_seen_to_their_end() -> None:
    cut = delay_nowcast(_triangle()[:, :3])
    assert isinstance(cut, NotEstimable) and cut.reason is Reason.NOT_IDENTIFIED
    young = delay_nowcast(_triangle()[:6])
    assert isinstance(young, NotEstimable) and young.reason is Reason.NO_DATA


def test_nowcast_says_nothing_of_a_period_hardly_reported() -> None:
    rng = np.random.default_rng(2)
    found = delay_nowcast(np.array([rng.multinomial(3000, (0.01, 0.5, 0.49, 0.0)) for _ in range(10)]))
    assert isinstance(found, Nowcast)
    assert found.periods[-1].total is None and found.periods[-2].total is not None


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("E-EST-75", lambda: interrupted_series(T, NOISE[:5], np.ones(24), breaks=[LAW])),
        ("E-EST-75", lambda: interrupted_series(T, NOISE, -np.ones(24), breaks=[LAW])),
        ("E-EST-75", lambda: interrupted_series(T[::-1], NOISE, np.ones(24), breaks=[LAW])),
        ("E-EST-76", lambda: interrupted_series(T, NOISE, np.ones(24), breaks=[DatedBreak(99.0, "later")])),
        ("E-EST-76", lambda: interrupted_series(T, NOISE, np.ones(24), breaks=[], slopes=[LAW])),
        ("E-EST-75", lambda: reporting_shift(ServiceCounts(("A",), ("1",), np.ones((1, 1))), T, breaks=[LAW])),
        ("E-EST-77", lambda: delay_nowcast(np.array([[1.5, 2.0], [1.0, 0.0]]))),
        ("E-EST-77", lambda: delay_nowcast(np.ones(4))),
        ("E-EST-79", lambda: delay_nowcast(_triangle(), level=1.0)),
    ],
)
def test_mistakes_of_the_caller_are_named(code: str, call: object) -> None:
    with pytest.raises(EstimateError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code
