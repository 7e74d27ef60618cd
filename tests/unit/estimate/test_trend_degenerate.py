"""Inputs that hold no change, or are no data: each ends in a refusal or an error, never in a number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend import (
    DatedBreak,
    ServiceCounts,
    Window,
    WindowChange,
    decompose,
    decompose_sightings,
    delay_nowcast,
    interrupted_series,
    joint_states,
    limits_from_detection,
    reporting_shift,
    rolling_trend,
    rolling_windows,
    window_change,
)
from darkfigure.records.aggregate import NotEstimable, Reason

NAN = math.nan
T = np.arange(24.0)
LAW = [DatedBreak(12.0, "a new law")]
OCCASION, ENTITY = np.nonzero(np.random.default_rng(1).random((30, 800)) < 0.06)
JOINT = joint_states(ENTITY, OCCASION, first=Window(0, 20), last=Window(6, 26))


def refused(found: object, reason: Reason, cause: str) -> None:
    assert isinstance(found, NotEstimable)
    assert found.reason is reason
    assert cause in found.explanation


@pytest.mark.parametrize("interval", ["analytic", "bootstrap"])
@pytest.mark.parametrize("estimator", ["chapman", "chao"])
def test_two_identical_windows_are_refused(estimator: Any, interval: Any) -> None:
    window = Window(3, 23)
    joint = joint_states(ENTITY, OCCASION, first=window, last=window, estimator=estimator)
    found = window_change(joint, estimator=estimator, interval=interval, replicates=100)
    refused(found, Reason.NOT_IDENTIFIED, "Both windows are the same")


def test_windows_that_hold_the_same_sightings_are_refused() -> None:
    """Another name for the same data: the last occasion of the longer window has no sighting."""
    early = OCCASION < 20
    joint = joint_states(ENTITY[early], OCCASION[early], first=Window(0, 20), last=Window(0, 21), estimator="chao")
    refused(window_change(joint, estimator="chao"), Reason.NOT_IDENTIFIED, "hold the same sightings")
    # One entity more, on that occasion, and there is something to compare.
    entity, occasion = np.append(ENTITY[early], 900), np.append(OCCASION[early], 20)
    joint = joint_states(entity, occasion, first=Window(0, 20), last=Window(0, 21), estimator="chao")
    assert isinstance(window_change(joint, estimator="chao"), WindowChange)


def test_windows_one_occasion_apart_claim_no_more_than_the_entities_that_differ() -> None:
    """365 days a day apart: few entities are seen otherwise in the later window, and none of that is taken as sure."""
    claims = answered = 0
    for seed in range(80):
        occasion, entity = np.nonzero(np.random.default_rng(seed).random((366, 500)) < 0.002)
        joint = joint_states(entity, occasion, first=Window(0, 365), last=Window(1, 366))
        found = window_change(joint)
        if isinstance(found, NotEstimable):
            continue
        answered += 1
        claims += found.p_value < 0.05
        assert found.ratio_interval.lower <= found.ratio <= found.ratio_interval.upper
        assert found.ratio_interval.upper > found.ratio_interval.lower
        # The interval is that of the entities that differ: a handful of 200 moves the number by some percent.
        assert found.ratio_interval.upper / found.ratio_interval.lower < 1.5
    assert answered > 60 and claims <= 8


@pytest.mark.parametrize(
    ("sightings", "reason", "cause"),
    [
        (np.zeros((4, 4), dtype=int), Reason.NO_OVERLAP, "no entity was seen twice"),
        (np.diag([0, 50, 50, 0]), Reason.NO_OVERLAP, "no entity was seen twice"),
        (np.diag([0, 0, 0, 50]), Reason.BOUNDARY, "or every one was"),
        (np.array([[0, 50, 50, 20], *[[0] * 4] * 3]), Reason.NO_OVERLAP, "In one of the windows"),
    ],
)
def test_counts_that_hold_no_number_hold_no_change(sightings: np.ndarray, reason: Reason, cause: str) -> None:
    refused(window_change(sightings), reason, cause)


def test_a_bootstrap_that_mostly_finds_no_repeats_is_refused() -> None:
    joint = np.zeros((4, 4), dtype=int)
    joint[1, 1], joint[2, 2], joint[3, 1], joint[3, 3] = 30, 30, 1, 2
    assert isinstance(window_change(joint), WindowChange)
    refused(window_change(joint, interval="bootstrap"), Reason.NO_OVERLAP, "draws of the bootstrap have no answer")


def test_a_rolling_trend_of_one_window_is_refused() -> None:
    refused(rolling_trend(ENTITY, OCCASION, n_occasions=30, length=30), Reason.NO_DATA, "Only one window fits")


def test_a_rolling_trend_of_windows_that_hold_the_same_sightings_is_refused() -> None:
    """All sightings lie in the occasions that every window has, so every window is the same under another name."""
    core = (OCCASION >= 12) & (OCCASION < 18)
    found = rolling_trend(ENTITY[core], OCCASION[core], n_occasions=30, length=20, estimator="chao")
    refused(found, Reason.NOT_IDENTIFIED, "All windows are the same")


def test_points_on_a_line_without_errors_are_refused() -> None:
    """An interval as narrow as the rounding errors of the computer says nothing about chance."""
    for y in (np.full(24, 3.0), 3 + 0.1 * T, 3 + 0.1 * T + 0.5 * (T >= 12), np.zeros(24)):
        refused(interrupted_series(T, y, np.zeros(24), breaks=LAW), Reason.BOUNDARY, "exactly on the line")
        assert not isinstance(interrupted_series(T, y, np.full(24, 1e-4), breaks=LAW), NotEstimable)


def test_a_panel_without_reports_is_refused() -> None:
    none = ServiceCounts(("A",), ("1", "2"), np.zeros((1, 2), dtype=int))
    refused(decompose(none, first="1", last="2"), Reason.NO_DATA, "No service reported in every period")
    refused(delay_nowcast(np.zeros((6, 3))), Reason.NO_DATA, "fewer than")


def test_names_of_entities_may_be_texts() -> None:
    named = np.array([f"e{e}" for e in ENTITY], dtype=object)
    for names in (named, named.astype(str)):
        joint = joint_states(names, OCCASION, first=Window(0, 20), last=Window(6, 26))
        assert (joint == JOINT)[1:, 1:].all()


def _table(counts: list[list[float]]) -> ServiceCounts:
    return ServiceCounts(("A", "B"), ("1", "2"), np.array(counts))


def _windows(first: Any, last: Any, **options: Any) -> object:
    return joint_states(ENTITY, OCCASION, first=first, last=last, **options)


def _rolling(**options: Any) -> object:
    return rolling_trend(ENTITY, OCCASION, **{"n_occasions": 30, "length": 12, **options})


def _sighted(entity: Any, occasion: Any = (0, 1, 2)) -> object:
    return joint_states(np.array(entity), np.array(occasion), first=Window(0, 2), last=Window(1, 3))


def _matched(**columns: Any) -> object:
    given = {"entity": ENTITY, "service": ENTITY % 2, "days": OCCASION * 1.0, **columns}
    return decompose_sightings(**given, earlier=(0, 15), later=(15, 30))


_GOOD = _table([[50, 50], [50, 50]])

MISTAKES: list[tuple[str, str, Callable[[], object]]] = [
    ("windows out of order", "E-EST-74", lambda: _windows(Window(6, 26), Window(0, 20))),
    ("one window inside the other", "E-EST-74", lambda: _windows(Window(0, 20), Window(2, 10))),
    ("a window of half an occasion", "E-EST-74", lambda: Window(0.5, 20)),  # type: ignore[arg-type]
    ("a window that begins nowhere", "E-EST-74", lambda: Window(NAN, 20)),  # type: ignore[arg-type]
    ("negative joint counts", "E-EST-74", lambda: window_change(-JOINT)),
    ("joint counts that are no numbers", "E-EST-74", lambda: window_change(JOINT * NAN)),
    ("half an entity", "E-EST-74", lambda: window_change(JOINT * 0.5)),  # type: ignore[arg-type]
    ("joint counts in letters", "E-EST-74", lambda: window_change(np.full((4, 4), "a"))),  # type: ignore[arg-type]
    ("no occasions", "E-EST-74", lambda: window_change(JOINT, estimator="chao", n_occasions=(0, 0))),
    ("unknown estimator", "E-EST-74", lambda: window_change(JOINT, estimator="chap")),  # type: ignore[arg-type]
    ("unknown estimator of states", "E-EST-74", lambda: _windows(Window(0, 20), Window(6, 26), estimator="chap")),
    ("unknown estimator of a trend", "E-EST-74", lambda: _rolling(estimator="chap")),
    ("unknown interval", "E-EST-78", lambda: window_change(JOINT, interval="exact")),  # type: ignore[arg-type]
    ("no draws", "E-EST-78", lambda: window_change(JOINT, interval="bootstrap", replicates=0)),
    ("a level that is no number", "E-EST-79", lambda: window_change(JOINT, level=NAN)),
    ("rolling over half occasions", "E-EST-74", lambda: rolling_windows(n_occasions=10.5, length=3, step=1)),  # type: ignore[arg-type]
    ("sightings after the period", "E-EST-73", lambda: _rolling(n_occasions=24)),
    ("sightings of nobody", "E-EST-73", lambda: _sighted([1.0, NAN, NAN])),
    ("sightings of None", "E-EST-73", lambda: _sighted(np.array(["a", None, "b"], dtype=object))),
    ("negative occasions", "E-EST-73", lambda: _sighted([1, 2, 3], [-1, 0, 1])),
    ("occasions that are no numbers", "E-EST-73", lambda: _sighted([1, 2, 3], [NAN, 0, 1])),
    ("no sightings", "E-EST-73", lambda: _sighted(np.array([], dtype=int), np.array([], dtype=int))),
    ("series with a gap", "E-EST-75", lambda: interrupted_series(T, T * NAN, np.ones(24), breaks=LAW)),
    ("errors that are no numbers", "E-EST-75", lambda: interrupted_series(T, T, T * NAN, breaks=LAW)),
    ("series in letters", "E-EST-75", lambda: interrupted_series(T, np.full(24, "a"), np.ones(24), breaks=LAW)),  # type: ignore[arg-type]
    ("windows of length NaN", "E-EST-75", lambda: interrupted_series(T, T, np.ones(24), breaks=LAW, window=NAN)),
    ("windows of negative length", "E-EST-75", lambda: interrupted_series(T, T, np.ones(24), breaks=LAW, window=-1.0)),
    ("a break at no time", "E-EST-76", lambda: interrupted_series(T, T, np.ones(24), breaks=[DatedBreak(NAN, "x")])),
    ("an empty series", "E-EST-76", lambda: interrupted_series([], [], np.ones(0), breaks=[])),
    ("negative events", "E-EST-77", lambda: delay_nowcast(-np.ones((6, 3)))),
    ("events that are no numbers", "E-EST-77", lambda: delay_nowcast(np.full((6, 3), NAN))),
    ("events in letters", "E-EST-77", lambda: delay_nowcast(np.full((6, 3), "a"))),
    ("a tail that is no share", "E-EST-79", lambda: delay_nowcast(np.ones((6, 3)), largest_tail=NAN)),
    ("endless reports", "E-EST-70", lambda: _table([[math.inf, 1], [1, 1]])),
    ("negative reports", "E-EST-70", lambda: _table([[-1, 1], [1, 1]])),
    ("reports that are no numbers", "E-EST-70", lambda: _table([[NAN, 1], [1, 1]])),
    ("the same period twice", "E-EST-71", lambda: decompose(_GOOD, first="1", last="1")),
    ("periods out of order", "E-EST-71", lambda: decompose(_GOOD, first="2", last="1")),
    ("a dispersion that is no number", "E-EST-72", lambda: decompose(_GOOD, first="1", last="2", dispersion=NAN)),
    ("more detected than there are", "E-EST-72", lambda: limits_from_detection((0.1, 5.0), (0.1, 0.2))),
    ("a dispersion without end", "E-EST-75", lambda: reporting_shift(_GOOD, [0, 1], breaks=[], dispersion=math.inf)),
    ("matched sightings of nobody", "E-EST-73", lambda: _matched(entity=np.where(ENTITY < 9, NAN, ENTITY))),
    ("a negative service", "E-EST-73", lambda: _matched(service=-(ENTITY % 2))),
]


@pytest.mark.parametrize(("code", "call"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_impossible_inputs_are_errors_with_a_remedy(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(EstimateError) as raised:
        call()
    assert raised.value.code == code
