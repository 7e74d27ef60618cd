"""Thirty questions that the data cannot answer, and thirty comparable ones that they can, with the truth known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from darkfigure.estimate import answer, estimate
from darkfigure.estimate.counts.zero_truncated import zero_truncated
from darkfigure.estimate.covariates import METHODS as COVARIATE_METHODS
from darkfigure.estimate.covariates import doubly_robust, huggins, stratified
from darkfigure.estimate.lagged import LeaseWorld, active_sources
from darkfigure.estimate.lists.declared_terms import log_linear
from darkfigure.estimate.open_populations import METHODS as OPEN_METHODS
from darkfigure.estimate.open_populations.robust_design import robust_design
from darkfigure.estimate.open_populations.super_population import popan
from darkfigure.estimate.outcomes import Method, UnanswerableError
from darkfigure.estimate.sensitivity import (
    PairLimit,
    corrected_many_lists,
    corrected_two_lists,
    declared_errors,
    linkage_corrected,
    odds_ratio_bounds,
    pairwise_set,
    top_interaction_bounds,
)
from darkfigure.estimate.simulate import (
    CovariateDriven,
    Heterogeneous,
    Homogeneous,
    LogLinear,
    OpenPopulation,
    RepeatedCounts,
    Strata,
    TimeVarying,
    TrapResponse,
    World,
)
from darkfigure.estimate.trend import (
    DatedBreak,
    Design,
    ReportingWorld,
    ServiceCounts,
    Window,
    decompose,
    decompose_sightings,
    delay_nowcast,
    detectable_effect,
    interrupted_series,
    joint_states,
    panel_change,
    rolling_trend,
    window_change,
)
from darkfigure.records.aggregate import CaptureTable, NotEstimable, Reason, SurvivalEstimate, TwoSamples, merge_lists

OTHER = {m.name: m for m in (*OPEN_METHODS, *COVARIATE_METHODS)}


@dataclass(frozen=True)
class Refusal:
    """What came back instead of a number: the coded reason and the words."""

    reason: str
    words: str


@dataclass(frozen=True)
class Number:
    """What came back: an estimate with its interval."""

    value: float
    lower: float
    upper: float


Outcome = Refusal | Number


@dataclass(frozen=True)
class Unanswerable:
    """A question the data cannot answer: the reasons that would be right, and a word that names the cause."""

    ask: Callable[[], Outcome]
    reasons: frozenset[str]
    word: str


@dataclass(frozen=True)
class Answerable:
    """A question the data can answer: the outcome and the truth behind the simulated data."""

    ask: Callable[[], tuple[Outcome, float]]


def told(result: Any) -> Outcome:
    """The outcome of any question of the library, in one form."""
    if isinstance(result, NotEstimable):
        return Refusal(result.reason.value, result.explanation)
    if isinstance(result, SurvivalEstimate):
        hidden = [q for q in result.quantities if q.value is None]
        assert hidden, "a model without a size was asked for rates that cannot be told apart"
        return Refusal("confounded", "; ".join(f"{q.name} with {', '.join(q.confounded_with)}" for q in hidden))
    value = getattr(result, "n_total", None) or result.n_active
    return Number(value, result.interval.lower, result.interval.upper)


def tried(method: str | Method, table: CaptureTable) -> Outcome:
    """What an estimator says through the front door."""
    return told(estimate(OTHER.get(method, method) if isinstance(method, str) else method, table))


def caught(call: Callable[[], Any]) -> Outcome:
    """What a question outside the registry says."""
    try:
        return told(call())
    except UnanswerableError as refusal:
        return Refusal(refusal.reason.value, refusal.explanation)


def lists(rows: list[str], counts: list[int], *, ordered: bool = False, **covariates: Any) -> CaptureTable:
    """A table from histories written as strings."""
    return CaptureTable.from_strings(rows, counts, ordered=ordered, covariates=covariates or None)


def sources(world: LeaseWorld, seed: int) -> Outcome:
    """Lagged identification of one simulated world."""
    drawn = world.draw(seed=seed)
    return told(active_sources(drawn.entity, drawn.days))


def _one_session() -> Outcome:
    """Every address is reported in one burst of an hour and never again."""
    rng = np.random.default_rng(4)
    entity = np.repeat(np.arange(300), 3)
    days = np.repeat(rng.uniform(0, 365, 300), 3) + rng.uniform(0, 0.04, 900)
    return told(active_sources(entity, days))


def _chance_matches() -> Outcome:
    """Leases of a minute, sightings months apart: what is seen again is chance."""
    world = LeaseWorld(n_sources=1500, sightings_a_year=3, lease_days=0.001, address_space=60_000)
    return sources(world, 5)


def _one_service() -> Outcome:
    """One service whose reports doubled, nothing else known."""
    found = decompose(ServiceCounts(("A",), ("1", "2"), np.array([[500, 1000]])), first="1", last="2")
    if isinstance(found, NotEstimable):
        return told(found)
    part = found.part("sources")
    if found.status == "answered":
        return Number(part.lower, part.lower, part.upper)
    return Refusal(found.status, found.reason)


def _services_came_and_went() -> Outcome:
    table = ServiceCounts(("A", "B"), ("1", "2"), np.array([[500, 0], [0, 900]]))
    found = panel_change(table, first="1", last="2")
    return told(found) if isinstance(found, NotEstimable) else Number(found.panel_factor, 0, 0)


def _one_window() -> Outcome:
    rng = np.random.default_rng(6)
    occasion, entity = np.nonzero(rng.random((12, 800)) < 0.1)
    found = rolling_trend(entity, occasion, n_occasions=12, length=12)
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def _windows_nearly_the_same() -> Outcome:
    """Windows of 48 weeks that end within four weeks of each other."""
    rng = np.random.default_rng(7)
    occasion, entity = np.nonzero(rng.random((52, 800)) < 0.04)
    found = rolling_trend(entity, occasion, n_occasions=52, length=48)
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def identical_windows() -> Any:
    """Change asked of one window compared with itself."""
    rng = np.random.default_rng(8)
    occasion, entity = np.nonzero(rng.random((12, 800)) < 0.1)
    joint = joint_states(entity, occasion, first=Window(0, 12), last=Window(0, 12))
    return window_change(joint)


def _windows_without_repeats() -> Outcome:
    occasion = np.tile(np.arange(8), 20)
    joint = joint_states(np.arange(160), occasion, first=Window(0, 4), last=Window(4, 8))
    found = window_change(joint)
    return told(found) if isinstance(found, NotEstimable) else Number(found.ratio, 0, 0)


def _short_series() -> Outcome:
    found = interrupted_series(range(5), [5.0, 5.1, 5.0, 5.6, 5.5], np.full(5, 0.01), breaks=[DatedBreak(3.0, "law")])
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def _no_complete_period() -> Outcome:
    triangle = np.outer([100, 120, 110, 130], [0.4, 0.3, 0.2, 0.1]).astype(float)
    found = delay_nowcast(triangle)
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def _delays_without_end() -> Outcome:
    found = delay_nowcast(np.outer([100] * 8, [0.2, 0.2, 0.2, 0.2]).astype(int))
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def _no_detectable_change() -> Outcome:
    found = detectable_effect(Design(n_total=60, sightings=0.05))
    return told(found) if isinstance(found, NotEstimable) else Number(1, 1, 1)


def _codes(*reasons: Reason | str) -> frozenset[str]:
    return frozenset(r.value if isinstance(r, Reason) else r for r in reasons)


def _open_table(seed: int = 9) -> CaptureTable:
    world = OpenPopulation(n_total=400, entry=(0.4, 0.2, 0.2, 0.2), survival=(0.8,) * 3, detection=(0.5,) * 4)
    return world.draw(np.random.default_rng(seed))


def _referred() -> CaptureTable:
    """Every case of the police was referred to the clinic; merged, as it should be, one list is left."""
    table = CaptureTable.from_strings(["10", "11"], [40, 60], labels=("clinic", "police"), ordered=False)
    return merge_lists(table, ["clinic", "police"], into="both")


R = Reason
UNANSWERABLE: dict[str, Unanswerable] = {
    "two lists share nobody": Unanswerable(
        lambda: tried("chapman", lists(["10", "01"], [40, 30])), _codes(R.NO_OVERLAP), "share no unit"
    ),
    "four lists share nobody": Unanswerable(
        lambda: tried("Mt", CaptureTable.from_histories(np.eye(4, dtype=int), [40, 30, 20, 10])),
        _codes(R.NO_OVERLAP),
        "more than once",
    ),
    "two halves of a year share nobody": Unanswerable(
        lambda: tried(
            "lincoln-petersen", CaptureTable(frequencies=(90, 4), n_occasions=None, halves=TwoSamples(50, 44, 0))
        ),
        _codes(R.NO_OVERLAP),
        "share no unit",
    ),
    "one list refers every case to the other": Unanswerable(
        lambda: caught(lambda: odds_ratio_bounds(lists(["10", "11"], [40, 60]), gamma=2)),
        _codes(R.BOUNDARY),
        "holds every unit",
    ),
    "one list inside another, two-list estimate": Unanswerable(
        lambda: tried("loglinear-main", lists(["10", "11"], [40, 60])),
        _codes(R.BOUNDARY, R.DOES_NOT_EXIST, R.NOT_IDENTIFIED),
        "list",
    ),
    "one list inside another, Chapman": Unanswerable(
        lambda: tried("chapman", lists(["10", "11"], [40, 60])), _codes(R.BOUNDARY), "is also on"
    ),
    "identical lists, Lincoln-Petersen": Unanswerable(
        lambda: tried("lincoln-petersen", lists(["11"], [60])), _codes(R.BOUNDARY), "same units"
    ),
    "two lists known to refer to each other": Unanswerable(
        lambda: tried(log_linear("[12]"), lists(["10", "01", "11"], [40, 50, 60])),
        _codes(R.NOT_IDENTIFIED, R.TOO_FEW_LISTS),
        "lists",
    ),
    "referring lists merged, one left": Unanswerable(
        lambda: tried("loglinear-main", _referred()), _codes(R.TOO_FEW_LISTS), "lists"
    ),
    "identical lists": Unanswerable(
        lambda: tried("Mt", lists(["11"], [60])), _codes(R.BOUNDARY, R.NOT_IDENTIFIED), "list"
    ),
    "one list only": Unanswerable(lambda: tried("chapman", lists(["1"], [80])), _codes(R.TOO_FEW_LISTS), "list"),
    "pairs that share nobody, and a model of all pairs": Unanswerable(
        lambda: tried("loglinear-pairs", lists(["100", "010", "001", "110", "101", "011"], [60, 40, 50, 0, 9, 0])),
        _codes(R.DOES_NOT_EXIST, R.NOT_IDENTIFIED),
        "share nobody: 1 and 2",
    ),
    "a pair that shares nobody, and a method that reads this pair": Unanswerable(
        lambda: tried(
            doubly_robust(list_pair=(0, 1), other_lists="ignored"),
            lists(["100", "010", "001", "101", "011"], [60, 40, 50, 12, 9], dose=np.arange(5.0)),
        ),
        _codes(R.NO_OVERLAP),
        "both",
    ),
    "two lists for graph averaging": Unanswerable(
        lambda: tried("dga", lists(["10", "01", "11"], [40, 50, 20])), _codes(R.TOO_FEW_LISTS), "lists"
    ),
    "two lists for latent classes": Unanswerable(
        lambda: tried("lcmcr", lists(["10", "01", "11"], [40, 50, 20])), _codes(R.TOO_FEW_LISTS), "lists"
    ),
    "graph averaging ruled by its prior": Unanswerable(
        lambda: tried("dga", lists(["1000", "0100", "0010", "0001", "1100"], [20, 20, 20, 20, 1])),
        _codes(R.PRIOR_DOMINATED),
        "prior",
    ),
    "graph averaging that prefers the graph without any independence": Unanswerable(
        lambda: tried(
            "dga",
            lists(["100", "010", "001", "110", "101", "011", "111"], [9000, 9000, 9000, 900, 900, 900, 9000]),
        ),
        _codes(R.PRIOR_DOMINATED),
        "prior alone",
    ),
    "behaviour of lists without an order": Unanswerable(
        lambda: tried("Mb", lists(["100", "010", "001", "110", "101"], [30, 20, 15, 9, 6])),
        _codes(R.UNORDERED_LISTS),
        "order",
    ),
    "staying and leaving of lists without an order": Unanswerable(
        lambda: tried("popan", lists(["100", "010", "001", "110", "101"], [30, 20, 15, 9, 6])),
        _codes(R.UNORDERED_LISTS),
        "order",
    ),
    "unequal units on two occasions": Unanswerable(
        lambda: tried("Mh-chao", lists(["10", "01", "11"], [40, 50, 20])), _codes(R.TOO_FEW_LISTS), "2 occasions"
    ),
    "new units do not run out": Unanswerable(
        lambda: tried("Mb", lists(["100", "010", "001", "011"], [20, 30, 40, 5], ordered=True)),
        _codes(R.BOUNDARY, R.NOT_IDENTIFIED, R.DIVERGED, R.DOES_NOT_EXIST),
        "first",
    ),
    "only units seen once": Unanswerable(
        lambda: tried("zt-poisson", CaptureTable.from_frequencies([80])), _codes(R.NO_OVERLAP), "more than once"
    ),
    "one-inflation with no unit seen three times": Unanswerable(
        lambda: tried("chao-one-inflated", CaptureTable.from_frequencies([80, 12])),
        _codes(R.DOES_NOT_EXIST, R.NOT_IDENTIFIED),
        "three times",
    ),
    "one-inflation with only units seen once": Unanswerable(
        lambda: tried("oneinflated-zt-poisson", CaptureTable.from_frequencies([80])), _codes(R.NO_OVERLAP), "once"
    ),
    "a covariate that separates": Unanswerable(
        lambda: tried(
            huggins("~ time + kind"),
            lists(["100", "010", "111"], [20, 20, 30], kind=["a", "a", "b"]),
        ),
        _codes(R.DOES_NOT_EXIST),
        "covariates",
    ),
    "a level of which each unit was seen once": Unanswerable(
        lambda: tried(
            zero_truncated("poisson", formula="~ kind"),
            CaptureTable.from_captures([1, 1, 2, 3], [30, 40, 20, 5], covariates={"kind": ["a", "b", "b", "b"]}),
        ),
        _codes(R.DOES_NOT_EXIST),
        "units of some kind",
    ),
    "a stratum without overlap": Unanswerable(
        lambda: tried(
            stratified("chapman", by="kind"),
            lists(["10", "01", "11", "10", "01"], [40, 30, 20, 25, 15], kind=["a", "a", "a", "b", "b"]),
        ),
        _codes(R.NO_OVERLAP, R.NOT_IDENTIFIED),
        "strata",
    ),
    "too few shared units to learn from": Unanswerable(
        lambda: tried(
            doubly_robust(),
            lists(["10", "01", "11"], [40, 30, 2], dose=np.array([0.0, 1.0, 2.0])),
        ),
        _codes(R.NO_OVERLAP),
        "too few",
    ),
    "last rates of an open model with all times free": Unanswerable(
        lambda: told(answer(OTHER["cjs-time"], _open_table())), _codes("confounded"), "p[4]"
    ),
    "number ever present with all times free": Unanswerable(
        lambda: tried(popan(phi="~ time", p="~ time"), _open_table()), _codes(R.NOT_IDENTIFIED), "cannot be told"
    ),
    "a robust design of single visits": Unanswerable(
        lambda: tried(robust_design([1] * 4), _open_table()), _codes(R.TOO_FEW_LISTS), "primary periods"
    ),
    "an empty combination in the rule of no highest interaction": Unanswerable(
        lambda: caught(
            lambda: top_interaction_bounds(lists(["100", "010", "001", "110"], [9, 8, 7, 6]), lambdas=(0, 1))
        ),
        _codes(R.DOES_NOT_EXIST),
        "holds no unit",
    ),
    "declared limits that contradict the counts": Unanswerable(
        lambda: caught(
            lambda: pairwise_set(
                lists(["100", "010", "001", "110", "101", "011", "111"], [200, 200, 200, 300, 5, 5, 200]),
                [
                    PairLimit(first=1, second=2, low=0.01, high=0.02),
                    PairLimit(first=1, second=3, low=50.0, high=60.0),
                ],
            )
        ),
        _codes(R.CHECK_FAILED),
        "limits",
    ),
    "all links may be false": Unanswerable(
        lambda: caught(lambda: corrected_two_lists(TwoSamples(1000, 1000, 20), declared_errors(gamma=0.9, beta=0.02))),
        _codes(R.NOT_IDENTIFIED),
        "false",
    ),
    "links no better than chance": Unanswerable(
        lambda: tried(linkage_corrected(gamma=0.1, beta=0.1), lists(["10", "01", "11"], [400, 500, 200])),
        _codes(R.NOT_IDENTIFIED),
        "no more likely",
    ),
    "links of three lists no better than chance": Unanswerable(
        lambda: caught(
            lambda: corrected_many_lists(
                lists(["100", "010", "001", "110", "101", "011", "111"], [90, 80, 70, 20, 15, 12, 4]),
                declared_errors(gamma=0.05, beta=0.2),
            )
        ),
        _codes(R.NOT_IDENTIFIED),
        "no more likely",
    ),
    "all lags longer than the lease": Unanswerable(
        _chance_matches, _codes(R.NOT_IDENTIFIED, R.NO_OVERLAP, R.TOO_WIDE), "lags"
    ),
    "one session for each address": Unanswerable(_one_session, _codes(R.NO_OVERLAP, R.CHECK_FAILED), "session"),
    "all behind shared addresses": Unanswerable(
        lambda: sources(
            LeaseWorld(n_sources=800, sightings_a_year=6, shared_share=1.0, shared_pool=20, shared_draw="sighting"), 10
        ),
        _codes(R.NOT_IDENTIFIED, R.CHECK_FAILED),
        "share",
    ),
    "addresses that never change, unequal activity": Unanswerable(
        lambda: sources(LeaseWorld(n_sources=800, sightings_a_year=6, lease="static", activity="gamma"), 11),
        _codes(R.NOT_IDENTIFIED),
        "more active",
    ),
    "a single service for the decomposition": Unanswerable(
        _one_service, _codes("cannot-be-told-apart"), "Counts are the product of sources and reports"
    ),
    "no service reported throughout": Unanswerable(_services_came_and_went, _codes(R.NO_DATA), "No service"),
    "a single window for a trend": Unanswerable(_one_window, _codes(R.NO_DATA), "windows"),
    "windows that share nearly all their days": Unanswerable(_windows_nearly_the_same, _codes(R.NO_DATA), "same time"),
    "two windows without repeats": Unanswerable(_windows_without_repeats, _codes(R.NO_OVERLAP), "seen twice"),
    "five points for a dated break": Unanswerable(_short_series, _codes(R.NO_DATA), "Too few points"),
    "no period followed to the longest delay": Unanswerable(
        _no_complete_period, _codes(R.NO_DATA), "followed to the longest delay"
    ),
    "delays that do not end": Unanswerable(_delays_without_end, _codes(R.NOT_IDENTIFIED), "longest delay"),
    "a design in which nobody is seen twice": Unanswerable(_no_detectable_change, _codes(R.NO_OVERLAP), "seen twice"),
}


def _drawn(method: str | Method, world: World, seed: int) -> tuple[Outcome, float]:
    return tried(method, world.draw(np.random.default_rng(seed))), world.n_total


def _halves(seed: int) -> tuple[Outcome, float]:
    table = TimeVarying(n_total=1200, chances=(0.25, 0.3)).draw(np.random.default_rng(seed))
    assert table.cells is not None
    first, second = (int(n) for n in table.occasion_totals or ())
    both = table.frequencies[1]
    found = CaptureTable(frequencies=table.frequencies, n_occasions=None, halves=TwoSamples(first, second, both))
    return tried("chapman", found), 1200


def _rates(seed: int) -> tuple[Outcome, float]:
    """Staying from one occasion to the next with one rate for all times, which can be told from being seen."""
    world = OpenPopulation(n_total=500, entry=(0.4, 0.2, 0.2, 0.2), survival=(0.8,) * 3, detection=(0.5,) * 4)
    result = answer(OTHER["cjs"], world.draw(np.random.default_rng(seed)))
    assert isinstance(result, SurvivalEstimate)
    stay = next(q for q in result.quantities if q.name == "Phi")
    assert stay.value is not None
    assert stay.interval is not None
    return Number(stay.value, stay.interval.lower, stay.interval.upper), 0.8


def _linked(seed: int) -> tuple[Outcome, float]:
    """Two lists of 2,000 out of 10,000; one true pair in ten is missed, one unit in fifty is linked falsely."""
    rng = np.random.default_rng(seed)
    pairs = rng.hypergeometric(2000, 8000, 2000)
    links = rng.binomial(pairs, 0.9) + rng.binomial(2000 - pairs, 0.02)
    return (
        caught(lambda: corrected_two_lists(TwoSamples(2000, 2000, links), declared_errors(gamma=0.9, beta=0.02))),
        10_000,
    )


def _links_missed_in_three_lists(seed: int) -> tuple[Outcome, float]:
    """Three lists by an identifier that one record in twenty has lost: such a record stands alone."""
    rng = np.random.default_rng(seed)
    n = 4000
    seen = rng.random((n, 3)) < np.array([0.3, 0.25, 0.35])
    lost = seen & (rng.random((n, 3)) < 1 - np.sqrt(0.9))
    kept = seen & ~lost
    alone = np.repeat(np.eye(3, dtype=bool), lost.sum(axis=0), axis=0)
    rows = np.concatenate([kept[kept.any(axis=1)], alone]).astype(int)
    errors = declared_errors(gamma=0.9)
    return caught(lambda: corrected_many_lists(CaptureTable.from_histories(rows), errors)), n


def _dependent_pair(seed: int) -> CaptureTable:
    """Two lists with an odds ratio of 1.8."""
    world = LogLinear(n_total=3000, effects=(-1.2, -1.0), interactions=(((0, 1), float(np.log(1.8))),))
    return world.draw(np.random.default_rng(seed))


def _odds_ratio_declared(seed: int) -> tuple[Outcome, float]:
    found = odds_ratio_bounds(_dependent_pair(seed), gamma=2.5)
    return Number(found.independent, found.interval.lower, found.interval.upper), 3000


def _limits_declared(seed: int) -> tuple[Outcome, float]:
    table = TimeVarying(n_total=2000, chances=(0.3, 0.25, 0.35)).draw(np.random.default_rng(seed))
    limits = [PairLimit(first=1, second=2, low=0.5, high=2.0), PairLimit(first=1, second=3, low=0.8, high=1.25)]
    found = pairwise_set(table, limits)
    return Number((found.lower + found.upper) / 2, found.interval.lower, found.interval.upper), 2000


def _active(world: LeaseWorld, seed: int) -> tuple[Outcome, float]:
    drawn = world.draw(seed=seed)
    return told(active_sources(drawn.entity, drawn.days)), drawn.weighted_active


def _rolling_change(seed: int) -> tuple[Outcome, float]:
    """A closed population in two windows that share half their weeks: the true ratio is 1."""
    occasion, entity = np.nonzero(np.random.default_rng(seed).random((24, 1500)) < 0.08)
    joint = joint_states(entity, occasion, first=Window(0, 16), last=Window(8, 24))
    found = window_change(joint)
    if isinstance(found, NotEstimable):
        return told(found), 1.0
    return Number(found.ratio, found.ratio_interval.lower, found.ratio_interval.upper), 1.0


def _dated_break(seed: int) -> tuple[Outcome, float]:
    rng = np.random.default_rng(seed)
    t = np.arange(24.0)
    y = 6 + 0.01 * t + 0.4 * (t >= 12) + rng.normal(0, 0.05, 24)
    found = interrupted_series(t, y, np.full(24, 0.05**2), breaks=[DatedBreak(12.0, "a new law")])
    if isinstance(found, NotEstimable):
        return told(found), 0.4
    level = found.effects[0].level
    assert level.value is not None
    assert level.interval is not None
    return Number(level.value, level.interval.lower, level.interval.upper), 0.4


def _late_reports(seed: int) -> tuple[Outcome, float]:
    rng = np.random.default_rng(seed)
    whole = rng.multinomial(rng.poisson(300, 12), [0.4, 0.35, 0.2, 0.05, 0.0])
    found = delay_nowcast(whole)
    truth = float(whole[-1].sum())
    if isinstance(found, NotEstimable):
        return told(found), truth
    last = found.periods[-1]
    assert last.total is not None
    assert last.interval is not None
    return Number(last.total, last.interval.lower, last.interval.upper), truth


def _crime_doubled(seed: int) -> tuple[Outcome, float]:
    """Sources double, reporting does not change: bounds of the factor of the sources."""
    world = ReportingWorld(n_sources=700, crime=2.0, effort=1.0, lease_days=30.0).draw(seed=seed)
    found = decompose_sightings(world.entity, world.service, world.days, earlier=(0, 365), later=(365, 730))
    if isinstance(found, NotEstimable):
        return told(found), 2.0
    part = found.decomposition.part("sources")
    return Number(float(np.sqrt(part.lower * part.upper)), part.lower, part.upper), 2.0


_FOUR = TimeVarying(n_total=800, chances=(0.3, 0.2, 0.35, 0.25))
_PAIR = LogLinear(n_total=1500, effects=(-1.0, -1.3, -0.8, -1.2), interactions=(((0, 1), float(np.log(3.0))),))
_OPEN = OpenPopulation(n_total=500, entry=(0.4, 0.15, 0.15, 0.15, 0.15), survival=(0.75,) * 4, detection=(0.45,) * 5)
_VISITS = OpenPopulation(n_total=300, entry=(0.4, 0.2, 0.2, 0.2), survival=(0.7,) * 3, detection=(0.35,) * 4, visits=3)
_DRIVEN = CovariateDriven(n_total=2000, effects=(-0.6, -0.9), slopes=((0.7,), (0.6,)), names=("dose",))
_LEVELS = Strata(
    parts=(
        ("a", TimeVarying(n_total=900, chances=(0.5, 0.2))),
        ("b", TimeVarying(n_total=1100, chances=(0.15, 0.45))),
    )
)

_GOOD: dict[str, Callable[[int], tuple[Outcome, float]]] = {
    "two lists that share some": lambda s: _drawn("chapman", TimeVarying(n_total=1000, chances=(0.3, 0.4)), s),
    "two halves of a year": _halves,
    "four lists, independent": lambda s: _drawn("Mt", _FOUR, s),
    "four lists, log-linear": lambda s: _drawn("loglinear-main", _FOUR, s),
    "four lists, two of which refer to each other, declared": lambda s: _drawn(log_linear("[12]"), _PAIR, s),
    "the same, found by the search": lambda s: _drawn("loglinear-stepwise-bca", _PAIR, s),
    "the same, all pairs": lambda s: _drawn("loglinear-pairs", _PAIR, s),
    "four lists, graph averaging": lambda s: _drawn("dga", _FOUR, s),
    "four lists, latent classes": lambda s: _drawn("lcmcr", _FOUR, s),
    "six occasions, equal units": lambda s: _drawn("M0", Homogeneous(n_total=600, n_occasions=6, chance=0.2), s),
    "six occasions with an order, trap response": lambda s: _drawn(
        "Mb", TrapResponse(n_total=600, chances=(0.3,) * 6, shift=0.8), s
    ),
    "six occasions, unequal units": lambda s: _drawn(
        "Mh-normal", Heterogeneous(n_total=1500, chances=(0.3,) * 6, spread="logit-normal", size=0.7), s
    ),
    "six occasions, unequal units, a known law": lambda s: _drawn(
        "Mh-darroch", LogLinear(n_total=1500, effects=(-1.2,) * 6, shape="darroch", size=0.3), s
    ),
    "repeated counts, Poisson": lambda s: _drawn(
        "zt-poisson", RepeatedCounts(n_total=900, family="poisson", mean=1.1), s
    ),
    "repeated counts, geometric": lambda s: _drawn(
        "zt-geometric", RepeatedCounts(n_total=900, family="geometric", mean=1.2), s
    ),
    "repeated counts, Chao where units are equal": lambda s: _drawn(
        "chao", RepeatedCounts(n_total=900, family="poisson", mean=0.8), s
    ),
    "repeated counts with one-inflation": lambda s: _drawn(
        "oneinflated-zt-poisson", RepeatedCounts(n_total=1500, family="poisson", mean=1.8, one_inflation=0.25), s
    ),
    "one-inflation, robust bound": lambda s: _drawn(
        "chao-one-inflated",
        RepeatedCounts(n_total=1500, family="poisson", mean=1.8, one_inflation=0.25, ones="of-all"),
        s,
    ),
    "units come and leave, number ever present": lambda s: _drawn("popan", _OPEN, s),
    "units come and leave, all times free but the ends": lambda s: _drawn("jolly-seber", _OPEN, s),
    "a robust design of three visits": lambda s: _drawn(robust_design([3] * 4), _VISITS, s),
    "staying, with one rate for all times": _rates,
    "strata that all overlap": lambda s: _drawn("stratified-chapman", _LEVELS, s),
    "a covariate that drives both lists": lambda s: _drawn("doubly-robust", _DRIVEN, s),
    "the same, conditional likelihood": lambda s: _drawn("huggins", _DRIVEN, s),
    "links missed and false, chances known": _linked,
    "links missed in three lists": _links_missed_in_three_lists,
    "odds ratio of two lists declared": _odds_ratio_declared,
    "limits of pairs declared": _limits_declared,
    "addresses kept for a week": lambda s: _active(LeaseWorld(n_sources=1500, sightings_a_year=10), s),
    "addresses that never change, equal activity": lambda s: _active(
        LeaseWorld(n_sources=800, sightings_a_year=6, lease="static"), s
    ),
    "change between windows that share half": _rolling_change,
    "a dated break with enough points": _dated_break,
    "delays followed to their end": _late_reports,
    "crime doubled at several services": _crime_doubled,
}

ANSWERABLE: dict[str, Answerable] = {
    name: Answerable(lambda make=make, seed=seed: make(seed))  # type: ignore[misc]
    for seed, (name, make) in enumerate(_GOOD.items(), start=1)
}
"""The seed of each is its place in the list."""
