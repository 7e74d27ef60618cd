"""The verdict on closure: worlds that are closed, churning, growing, clustered; what each does to the headline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from report_arrays import DECLARED, FIRST_DAY, LAST_DAY, entries_of, keys_of, options, reports_of

from darkfigure.estimate.lagged.worlds import LeaseWorld
from darkfigure.histories import Window
from darkfigure.prevalence import analyse_prevalence
from darkfigure.prevalence.closure import Cause, ClosureLimits, ClosureTests, Verdict, judge_window, verdict_of
from darkfigure.prevalence.day_pairs import Compared, Comparison, compare_groups, day_pairs
from darkfigure.prevalence.one_inflation import one_inflation
from darkfigure.prevalence.options import TrustOptions
from darkfigure.records.aggregate import CaptureTable, Reason
from darkfigure.records.restricted import Sightings

WINDOW = Window(date(1970, 12, 31), 365)


def sightings(entity, day) -> Sightings:
    numbers, entity = np.unique(entity, return_inverse=True)
    return Sightings(
        entity=entity.astype(np.int32), day=np.floor(day).astype(np.int32), services=("Service A",),
        service=np.zeros(entity.size, dtype=np.int16), n_entities=numbers.size,
    )  # fmt: skip


def of_leases(seed: int, **world) -> Sightings:
    draw = LeaseWorld(**{"n_sources": 4000, "sightings_a_year": 3.0, **world}).draw(seed=seed)
    inside = (draw.days >= 0) & (draw.days < 365)
    return sightings(draw.entity[inside], draw.days[inside])


def of_arrivals(seed: int, start: np.ndarray) -> Sightings:
    rng = np.random.default_rng(seed)
    entity = np.repeat(np.arange(start.size), rng.poisson(3 * (365 - start) / 365))
    return sightings(entity, start[entity] + rng.random(entity.size) * (365 - start[entity]))


def judged(seen: Sightings) -> tuple[Verdict, Cause]:
    found = judge_window(seen, WINDOW, limits=ClosureLimits())
    return found.verdict, found.cause


@pytest.mark.parametrize("seed", range(3))
def test_a_closed_year_is_closed_enough_however_effort_and_activity_vary(seed):
    for world in ({}, {"activity": "gamma"}, {"effort": "seasonal"}):
        assert judged(of_leases(seed, lease="static", **world))[0] is not Verdict.CHURNING
    assert judged(of_leases(seed, lease="static", n_sources=8000))[0] is Verdict.CLOSED


@pytest.mark.parametrize("days", [1.0, 7.0, 30.0, 180.0])
@pytest.mark.parametrize("lease", ["exponential", "fixed"])
def test_leases_up_to_half_a_year_are_churning(lease, days):
    assert judged(of_leases(5, lease=lease, lease_days=days))[0] is Verdict.CHURNING


def test_a_few_shared_addresses_do_not_hide_the_turnover_of_the_others():
    seen = of_leases(6, lease="exponential", lease_days=30.0, shared_share=0.5)
    assert judged(seen)[0] is Verdict.CHURNING


def test_growth_early_in_the_year_is_closed_enough_and_growth_at_its_end_is_not():
    rng = np.random.default_rng(8)
    early = np.concatenate([np.zeros(6000), np.minimum(rng.exponential(28.0, 3000), 360)])
    late = np.concatenate([np.zeros(6000), rng.uniform(250, 360, 6000)])
    assert judged(of_arrivals(8, early))[0] is Verdict.CLOSED
    assert judged(of_arrivals(8, late)) == (Verdict.CHURNING, Cause.ARRIVALS)
    seen = of_arrivals(8, late)
    mirrored = sightings(seen.entity, 364 - seen.day)
    assert judged(mirrored) == (Verdict.CHURNING, Cause.DEPARTURES)


def test_repeats_within_days_are_clustered():
    draw = of_leases(9, lease="static", sightings_a_year=9.0, burst_size=3.0, burst_days=3.0)
    assert judged(draw) == (Verdict.CLUSTERED, Cause.REPEATS)


def test_few_addresses_seen_again_cannot_tell():
    assert judged(of_leases(10, lease="static", n_sources=60))[0] is Verdict.CANNOT_TELL


def test_a_limit_counts_as_broken_or_kept_only_with_the_whole_interval():
    def at(ratio: float, error: float) -> Compared:
        return Compared(ratio=ratio, log_error=error, again=(50, 50))

    def verdict(**changes) -> Verdict:
        level = {name: at(1.0, 0.05) for name in ClosureTests.__dataclass_fields__}
        return verdict_of(ClosureTests(**{**level, **changes}), ClosureLimits())[0]

    assert verdict() is Verdict.CLOSED
    assert verdict(turnover=at(2.5, 0.05)) is Verdict.CHURNING
    assert verdict(turnover=at(2.5, 0.3)) is Verdict.CANNOT_TELL
    assert verdict(arrivals_at_end=at(1.5, 0.05)) is Verdict.CHURNING
    assert verdict(departures=None) is Verdict.CANNOT_TELL
    assert verdict(repeats=at(3.0, 0.1)) is Verdict.CLUSTERED
    # Without a level of later recaptures, repeats cannot be told from leases of days.
    assert verdict(repeats=at(3.0, 0.1), turnover=at(1.0, 0.6)) is Verdict.CHURNING


def test_the_ratio_is_that_of_pooled_totals_where_there_is_one_stratum():
    """Two groups in one week of the later day: the ratio is p1/a1 over p0/a0, with half a recapture added."""
    entity = [0, 0, 1, 1, 2, 2, 3, 4]
    day = [0, 20, 10, 20, 10, 20, 0, 10]
    pairs = day_pairs(sightings(np.array(entity), np.array(day)), Window(date(1970, 1, 21), 21))
    i, j = np.arange(21)[:, None], np.arange(21)[None, :]
    found = compare_groups(pairs, Comparison.of((j - i) == 20, (j - i) == 10, same="later"))
    # Later day 20 (week 2): group of lag 20 has 2 x 3 pairs and 1 again, lag 10 has 3 x 3 pairs and 2 again.
    assert found is not None and found.again == (1, 2)
    assert found.ratio == pytest.approx((6 / 1.5) / (9 / 2.5))


def test_the_headline_is_switched_off_with_its_cause_and_what_can_be_said_instead():
    draw = LeaseWorld(
        n_sources=1500, sightings_a_year=4.0, period_days=float(LAST_DAY - FIRST_DAY + 1), lease="exponential",
        lease_days=30.0,
    ).draw(seed=2)  # fmt: skip
    time = ((draw.days + FIRST_DAY) * 86_400).astype(np.int64)
    world = reports_of(time), entries_of(np.arange(time.size), keys_of(draw.entity), time)

    def found(rule: str):
        opts = replace(options(), headline="chapman", trust=TrustOptions(churn_rule=rule))
        made = analyse_prevalence(*world, options=opts, denominators=[DECLARED])
        return {f.id: f for f in made.findings}, {t.id: t for t in made.tables}

    off, tables = found("refuse")
    for name in ("addresses-estimated-2014", "address-rate-2014"):
        assert off[name].value is None and off[name].refusal.reason is Reason.CHURN
    words = off["addresses-estimated-2014"].refusal.explanation
    assert "change hands" in words and "distinct addresses were seen" in words
    assert off["addresses-observed-2014"].value > 0
    assert off["closure-2014"].value == "churning" and "switched off" in off["closure-2014"].statement
    assert "addresses-panel-highest-2014" not in off
    assert "switched off for Dec 2012, Dec 2013, Dec 2014" in tables["panel-december"].note
    assert set(tables["window-verdicts"].column("verdict")) == {"churning"}
    on, _ = found("caution")
    assert on["addresses-estimated-2014"].value > 0
    assert "C-CHURN" in {c.code for c in on["addresses-estimated-2014"].cautions}


def test_one_inflation_is_found_where_addresses_are_given_up_after_one_use():
    rng = np.random.default_rng(4)
    counts = rng.poisson(0.9, 4000)
    plain = np.bincount(counts[counts > 0])[1:].tolist()
    churned = [plain[0] + 900, *plain[1:]]
    assert one_inflation(CaptureTable.from_frequencies(plain)).chance > 0.01
    found = one_inflation(CaptureTable.from_frequencies(churned))
    assert found.chance < 1e-6 and 0.2 < found.share < 0.5
    assert one_inflation(CaptureTable.from_frequencies([10])) is None
