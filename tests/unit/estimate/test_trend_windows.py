"""Change between windows that overlap, and the trend of a rolling series."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import CaptureTable, estimate
from darkfigure.estimate.trend import (
    Design,
    DetectableEffect,
    RollingTrend,
    Window,
    WindowChange,
    detectable_effect,
    joint_states,
    log_error,
    rolling_trend,
    rolling_windows,
    simulated_power,
    window_change,
)
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate, Reason


def _sightings(n: int = 800, occasions: int = 30, chance: float = 0.06, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    occasion, entity = np.nonzero(np.random.default_rng(seed).random((occasions, n)) < chance)
    return entity, occasion


def _change(joint: np.ndarray, **options: object) -> WindowChange:
    found = window_change(joint, **options)  # type: ignore[arg-type]
    assert isinstance(found, WindowChange)
    return found


@pytest.mark.parametrize("estimator", ["chapman", "chao"])
def test_sizes_are_those_of_the_registry(estimator: str) -> None:
    entity, occasion = _sightings()
    joint = joint_states(entity, occasion, first=Window(0, 20), last=Window(4, 24), estimator=estimator)
    found = _change(joint, estimator=estimator, n_occasions=(20, 20))
    for n, start in ((found.n_first, 0), (found.n_last, 4)):
        inside = (occasion >= start) & (occasion < start + 20)
        seen = np.zeros((800, 20), dtype=int)
        seen[entity[inside], occasion[inside] - start] = 1
        halves = np.stack([seen[:, :10].any(axis=1), seen[:, 10:].any(axis=1)], axis=1).astype(int)
        histories = halves if estimator == "chapman" else seen
        table = CaptureTable.from_histories(histories[histories.any(axis=1)])
        answer = estimate("chapman" if estimator == "chapman" else "chao-bc", table)
        assert isinstance(answer, PopulationEstimate)
        assert n == pytest.approx(answer.n_total, rel=1e-12)


def test_variance_by_hand_for_windows_without_shared_entities() -> None:
    joint = np.zeros((4, 4), dtype=int)
    joint[1:, 0], joint[0, 1:] = (37, 52, 13), (40, 40, 20)
    found = _change(joint)
    a, b, m = 51.0, 66.0, 14.0
    n = a * b / m - 1
    by_hand = 37 * (b / m) ** 2 + 52 * (a / m) ** 2 + 13 * (a / m + b / m - a * b / m**2) ** 2
    assert found.n_first == n
    assert found.se_first == pytest.approx(math.sqrt(by_hand), rel=1e-12)
    assert found.correlation == 0
    spread = math.hypot(found.se_first / found.n_first, found.se_last / found.n_last)
    assert math.log(found.ratio_interval.upper / found.ratio) == pytest.approx(1.959964 * spread, rel=1e-6)


def test_windows_that_differ_in_one_entity_differ_by_its_part() -> None:
    joint = np.diag([0, 30, 40, 20])
    joint[1, 0] = 1
    found = _change(joint)
    # Of the earlier window 31, 40 and 20 in the three states, of the later one 30, 40 and 20.
    n = [(31 + 20 + 1) * (40 + 20 + 1) / 21 - 1, (30 + 20 + 1) * (40 + 20 + 1) / 21 - 1]
    assert (found.n_first, found.n_last) == pytest.approx(n)
    assert found.correlation > 0.97


def test_overlap_narrows_the_interval() -> None:
    entity, occasion = _sightings(3000, 40)
    widths = []
    for start in (1, 8, 20):
        joint = joint_states(entity, occasion, first=Window(0, 20), last=Window(start, start + 20))
        i = _change(joint).ratio_interval
        widths.append(math.log(i.upper / i.lower))
    assert widths[0] < 0.6 * widths[1] < 0.6 * widths[2]


def test_closed_population_seen_twice_has_the_variance_of_a_fixed_size() -> None:
    """The part of the variance due to a random size cancels through the entities seen in both windows."""
    design = Design(n_total=1e7, sightings=1.0)
    half = 1 - math.exp(-0.5)
    p = np.array([(1 - half) ** 2, half * (1 - half), half * (1 - half), half**2])
    found = _change(np.round(1e7 * np.outer(p, p)).astype(np.int64))
    spread = math.log(found.ratio_interval.upper / found.ratio) / 1.959964
    assert spread == pytest.approx(math.sqrt(2) * log_error(design), rel=1e-4)
    assert log_error(design) ** 2 * 1e7 == pytest.approx(((1 - half) / half) ** 2, rel=1e-4)


def test_labels_order_and_direction_do_not_matter() -> None:
    entity, occasion = _sightings()
    joint = joint_states(entity, occasion, first=Window(0, 20), last=Window(6, 26))
    shuffled = np.random.default_rng(0).permutation(entity.size)
    again = joint_states(7919 * (900 - entity[shuffled]), occasion[shuffled], first=Window(0, 20), last=Window(6, 26))
    assert (joint == again).all()
    one, other = _change(joint), _change(joint.T)
    assert one.ratio == pytest.approx(1 / other.ratio, rel=1e-12)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-12)


def test_bootstrap_agrees_with_the_formula() -> None:
    entity, occasion = _sightings(4000)
    joint = joint_states(entity, occasion, first=Window(0, 20), last=Window(6, 26))
    formula, drawn = _change(joint), _change(joint, interval="bootstrap", replicates=1500)
    a, b = formula.ratio_interval, drawn.ratio_interval
    assert math.log(b.upper / b.lower) == pytest.approx(math.log(a.upper / a.lower), rel=0.12)
    assert drawn.to_dict() == _change(joint, interval="bootstrap", replicates=1500).to_dict()
    assert json.dumps(drawn.to_dict()) and "go together" in " ".join(drawn.sentences())


def test_few_repeats_are_said_and_none_is_refused() -> None:
    joint = np.zeros((4, 4), dtype=int)
    joint[1, 1], joint[2, 2], joint[3, 3], joint[0, 1] = 30, 30, 3, 5
    assert [c.code for c in _change(joint).cautions] == ["C-SMALL-OVERLAP"]
    joint[3, 3], joint[3, 1] = 0, 3
    refused = window_change(joint)
    assert isinstance(refused, NotEstimable) and refused.reason is Reason.NO_OVERLAP


def _trend(entity: np.ndarray, occasion: np.ndarray, **options: object) -> RollingTrend:
    found = rolling_trend(entity, occasion, **options)  # type: ignore[arg-type]
    assert isinstance(found, RollingTrend)
    return found


def test_rolling_series_is_made_of_its_windows() -> None:
    entity, occasion = _sightings(2000, 40)
    found = _trend(entity, occasion, n_occasions=40, length=20, step=5)
    assert [w.start for w in found.windows] == [0, 5, 10, 15, 20]
    pair = _change(joint_states(entity, occasion, first=found.windows[1], last=found.windows[3]))
    c = found.log_covariance
    assert found.n[[1, 3]] == pytest.approx([pair.n_first, pair.n_last], rel=1e-12)
    assert c[1, 3] / math.sqrt(c[1, 1] * c[3, 3]) == pytest.approx(pair.correlation, rel=1e-9)
    slope = np.polyfit([w.end / 20 for w in found.windows], np.log(found.n), 1)[0]
    assert math.log(found.growth) == pytest.approx(slope, rel=1e-8)
    weekly = _trend(entity, occasion, n_occasions=40, length=20, step=1)
    assert weekly.naive_p_value < weekly.p_value
    assert json.dumps(found.to_dict()) and "share sightings" in found.sentences()[1]


def test_rolling_trend_finds_growth() -> None:
    rng = np.random.default_rng(4)
    arrive = np.concatenate([np.zeros(1500), rng.uniform(0, 60, 3000)])
    occasion, entity = np.nonzero((rng.random((60, 4500)) < 0.06) & (np.arange(60)[:, None] >= arrive))
    found = _trend(entity, occasion, n_occasions=60, length=20, step=2)
    assert found.growth_interval.lower > 1.1 and "rising" in found.sentences()[0]


def test_rolling_trend_refuses_what_holds_no_trend() -> None:
    entity, occasion = _sightings(2000, 24)
    short = rolling_trend(entity, occasion, n_occasions=24, length=20)
    assert isinstance(short, NotEstimable) and short.reason is Reason.NO_DATA
    sparse = rolling_trend(*_sightings(60, 40, 0.01), n_occasions=40, length=20)
    assert isinstance(sparse, NotEstimable) and sparse.reason is Reason.NO_OVERLAP


def test_detectable_effect_shrinks_with_the_study() -> None:
    rises = []
    for n in (500, 2000, 8000):
        found = detectable_effect(Design(n_total=n, sightings=1.0))
        assert isinstance(found, DetectableEffect)
        rises.append(math.log(found.rise))
        assert found.fall < 1 < found.rise and json.dumps(found.to_dict())
    assert rises[0] > 1.8 * rises[1] > 3.2 * rises[2]


def test_detectable_effect_refuses_a_hopeless_design() -> None:
    refused = detectable_effect(Design(n_total=100, sightings=0.1))
    assert isinstance(refused, NotEstimable) and refused.reason is Reason.NO_OVERLAP


@pytest.mark.parametrize("estimator", ["chapman", "chao"])
def test_simulation_confirms_the_planned_power(estimator: str) -> None:
    design = Design(n_total=2000, sightings=0.7, activity_cv2=0.5, estimator=estimator)
    found = detectable_effect(design)
    assert isinstance(found, DetectableEffect)
    assert 0.75 < simulated_power(design, found.rise, draws=1200) < 0.85
    assert 0.03 < simulated_power(design, 1.0, draws=1200) < 0.07


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("E-EST-73", lambda: joint_states(np.array([1, 2]), np.array([0]), first=Window(0, 2), last=Window(2, 4))),
        ("E-EST-74", lambda: Window(3, 4)),
        ("E-EST-74", lambda: rolling_windows(n_occasions=10, length=11, step=1)),
        ("E-EST-74", lambda: window_change(np.ones((3, 3), dtype=int))),
        ("E-EST-78", lambda: Design(n_total=0, sightings=1.0)),
        ("E-EST-78", lambda: simulated_power(Design(n_total=10, sightings=1.0), -1.0)),
        ("E-EST-79", lambda: window_change(np.ones((4, 4), dtype=int), level=95)),
        ("E-EST-79", lambda: Design(n_total=10, sightings=1.0, power=80)),
    ],
)
def test_mistakes_of_the_caller_are_named(code: str, call: object) -> None:
    with pytest.raises(EstimateError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code
