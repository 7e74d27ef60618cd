"""Conversions between counts: simulated processes, the table of the design by computation, and what they say."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError, RecordError
from darkfigure.estimate.sensitivity import (
    AddressClass,
    Uncertain,
    addresses_from_people,
    addresses_from_sources,
    addresses_per_source,
    between,
    estimated,
    known,
    of_estimate,
    people_from_addresses,
    persons_from_accounts,
    sources_from_addresses,
)
from darkfigure.estimate.sensitivity.uncertain import propagate
from darkfigure.records.aggregate import Interval, PopulationEstimate
from darkfigure.records.aggregate.estimand import Converted, Estimand, EstimandKind

YEAR = "in one year"
OPTIONS = {"mean_lease_days": 7, "events_per_day": 0.1, "window_days": 365, "window": YEAR}
CLASSES = [AddressClass(name="a", share=0.3, people=30), AddressClass(name="b", share=0.7, people=1)]


def addresses_of_one_source(rng: np.random.Generator, rate: float, lease: float, days: float) -> int:
    """Leases one after the other, events thrown at random times: how many leases saw one?"""
    events = np.sort(rng.random(rng.poisson(rate * days)) * days)
    changes = []
    time = rng.exponential(lease)
    while time < days:
        changes.append(time)
        time += rng.exponential(lease)
    return int(np.unique(np.searchsorted(changes, events)).size)


@pytest.mark.parametrize(("rate", "lease"), [(12 / 365, 30.0), (12 / 365, 1.0), (2 / 365, 180.0), (0.2, 7.0)])
def test_addresses_of_a_source_by_simulation(rate: float, lease: float) -> None:
    rng = np.random.default_rng(3)
    drawn = [addresses_of_one_source(rng, rate, lease, 365.0) for _ in range(3000)]
    error = float(np.std(drawn)) / math.sqrt(len(drawn))
    assert float(addresses_per_source(rate, lease, 365.0)) == pytest.approx(float(np.mean(drawn)), abs=3.5 * error)


def test_limits_of_addresses_per_source() -> None:
    assert float(addresses_per_source(math.inf, 30, 365)) == pytest.approx(1 + 365 / 30)
    assert float(addresses_per_source(1e6, 30, 365)) == pytest.approx(1 + 365 / 30, rel=1e-4)
    assert float(addresses_per_source(0.01, 1e-9, 365)) == pytest.approx(3.65)
    assert float(addresses_per_source(0.01, math.inf, 365)) == pytest.approx(1 - math.exp(-3.65))


def test_sources_and_addresses_by_simulation() -> None:
    """Sources draw addresses from a small pool; the number used gives back the number of sources."""
    rng = np.random.default_rng(5)
    sources, pool, rate, lease, days = 600, 4000, 0.05, 20.0, 200.0
    found = []
    for _ in range(12):
        used: set[int] = set()
        for _ in range(sources):
            used.update(rng.integers(pool, size=addresses_of_one_source(rng, rate, lease, days)).tolist())
        made = sources_from_addresses(
            len(used), pool=pool, mean_lease_days=lease, events_per_day=rate, window_days=days, window=YEAR
        )
        found.append(made.value)
    assert float(np.mean(found)) == pytest.approx(sources, rel=0.02)


@pytest.mark.parametrize(
    ("lease", "expected"),
    [
        (1, (225, 7_086, 41_394)),
        (7, (1_549, 8_410, 42_718)),
        (30, (6_254, 13_095, 47_387)),
        (365, (41_169, 46_384, 75_610)),
    ],
)
def test_what_a_published_number_of_addresses_would_mean_in_sources(
    lease: float, expected: tuple[int, int, int]
) -> None:
    """Arithmetic on a published point estimate of 81,723 addresses, to show how much the lease matters."""
    for rate, number in zip((math.inf, 12 / 365, 2 / 365), expected, strict=True):
        made = sources_from_addresses(
            81_723, pool=5_485_000, mean_lease_days=lease, events_per_day=rate, window_days=365, window=YEAR
        )
        assert round(made.value) == number


def test_sources_and_addresses_are_inverse() -> None:
    there = addresses_from_sources(
        700, pool=9_000, mean_lease_days=between(7, 30), events_per_day=0.1, window_days=365, window=YEAR
    )
    back = sources_from_addresses(
        there.value, pool=9_000, mean_lease_days=between(7, 30), events_per_day=0.1, window_days=365, window=YEAR
    )
    assert back.value == pytest.approx(700)
    assert there.before == back.after and there.after == back.before
    assert (there.before.kind, there.after.kind) == (EstimandKind.SOURCES_ACTIVE, EstimandKind.ADDRESSES_USED)


def test_declared_ranges_are_not_averaged_over() -> None:
    """The interval of a range is the range of the answers, at its corners."""
    made = sources_from_addresses(
        20_000,
        pool=1_000_000,
        mean_lease_days=between(1, 30),
        events_per_day=between(2 / 365, 12 / 365),
        window_days=365,
        window=YEAR,
    )
    corners = [
        sources_from_addresses(
            20_000, pool=1_000_000, mean_lease_days=lease, events_per_day=rate, window_days=365, window=YEAR
        ).value
        for lease in (1, 30)
        for rate in (2 / 365, 12 / 365)
    ]
    assert (made.interval.lower, made.interval.upper) == pytest.approx((min(corners), max(corners)))


def test_an_estimate_brings_its_error_along_and_never_less_than_was_seen() -> None:
    result = PopulationEstimate(method="chapman", n_observed=5_000, n_total=20_000.0, standard_error=4_000.0)
    made = sources_from_addresses(of_estimate(result), pool=1_000_000, **OPTIONS)  # type: ignore[arg-type]
    exact = sources_from_addresses(20_000, pool=1_000_000, **OPTIONS)  # type: ignore[arg-type]
    least = sources_from_addresses(5_000, pool=1_000_000, **OPTIONS)  # type: ignore[arg-type]
    spread = math.exp(1.959964 * math.sqrt(math.log1p((4_000 / 15_000) ** 2)))
    ends = [
        sources_from_addresses(5_000 + 15_000 * f, pool=1_000_000, **OPTIONS).value  # type: ignore[arg-type]
        for f in (1 / spread, spread)
    ]
    assert made.value == pytest.approx(exact.value)
    assert least.value < made.interval.lower
    assert (made.interval.lower, made.interval.upper) == pytest.approx(tuple(ends), rel=0.03)
    again = sources_from_addresses(of_estimate(result), pool=1_000_000, **OPTIONS)  # type: ignore[arg-type]
    assert again == made


def test_an_estimate_that_may_fill_the_whole_pool_has_no_upper_end() -> None:
    number = estimated(800, 300, at_least=400)
    made = sources_from_addresses(number, pool=1_000, **OPTIONS)  # type: ignore[arg-type]
    assert math.isinf(made.interval.upper) and math.isfinite(made.value)
    assert "no upper end" in made.sentence() and json.loads(json.dumps(made.to_dict()))["interval"]["upper"] is None
    people = people_from_addresses(number, pool=1_000, people_per_address=CLASSES, window=YEAR)
    assert math.isinf(people.interval.upper)


def test_people_behind_shared_addresses_by_simulation() -> None:
    """People thrown at addresses of two kinds; the addresses with anybody give back the share of people."""
    rng = np.random.default_rng(9)
    people = np.where(rng.random(60_000) < 0.2, 40, 2)
    chance = 0.004
    found, plain = [], []
    for _ in range(20):
        flagged = int((rng.binomial(people, chance) > 0).sum())
        share = float((people == 40).mean())
        classes = [
            AddressClass(name="gateways", share=share, people=40),
            AddressClass(name="lines", share=1 - share, people=2),
        ]
        made = people_from_addresses(flagged, pool=people.size, people_per_address=classes, window=YEAR)
        found.append(made.parts["share_of_people"])
        mean = float(people.mean())
        plain.append(
            people_from_addresses(flagged, pool=people.size, people_per_address=mean, window=YEAR).parts[
                "share_of_people"
            ]
        )
        assert made.value == pytest.approx(made.parts["share_of_people"] * made.parts["people_in_all"])
    assert float(np.mean(found)) == pytest.approx(chance, rel=0.01)
    assert float(np.mean(plain)) < 0.97 * chance, "the mean of unequal sharing gives too few"


def test_one_hundred_and_forty_nine_in_ten_thousand() -> None:
    """A published rate for each address is ten times smaller for each person, if ten share one."""
    made = people_from_addresses(149, pool=10_000, people_per_address=between(1, 10), window=YEAR)
    assert 1e4 * made.parts["share_of_people_lower"] == pytest.approx(-1e3 * math.log(1 - 0.0149))
    assert 1e4 * made.parts["share_of_people_upper"] == pytest.approx(-1e4 * math.log(1 - 0.0149))
    assert made.interval.lower == pytest.approx(made.interval.upper), "the number of people does not depend on it"


def test_people_and_addresses_are_inverse() -> None:
    made = people_from_addresses(900, pool=10_000, people_per_address=CLASSES, window=YEAR)
    back = addresses_from_people(made.value, pool=10_000, people_per_address=CLASSES, window=YEAR)
    assert back.value == pytest.approx(900)


def test_a_conversion_says_what_it_counted_and_counts_now() -> None:
    made = persons_from_accounts(estimated(600, 60), accounts_per_person=between(1, 4), window="in 2017")
    text = made.sentence()
    assert "turned from a number of accounts" in text and "It is not the number of offenders or children." in text
    assert made.inputs["a"] == "between 1 and 4" and made.assumptions
    plain = json.loads(json.dumps(made.to_dict()))
    assert plain["before"]["kind"] == "accounts" and plain["after"]["kind"] == "persons"
    assert Estimand.from_dict(plain["after"]) == made.after


@pytest.mark.parametrize("kind", list(EstimandKind))
def test_every_estimand_says_what_it_is_not(kind: EstimandKind) -> None:
    made = Estimand.of(kind, window="in 2017")
    assert "in 2017" in made.sentence()
    assert made.is_not.startswith("It is not the number of offenders or children.")


def test_draws_follow_the_stated_error() -> None:
    number = estimated(100, 30, at_least=40)
    draws = number.at(np.linspace(0.00005, 0.99995, 20_000))
    assert draws.min() > 40
    # Log-normal around the best value as its median: the spread on the log scale is the stated one.
    assert float(np.std(np.log(draws - 40))) == pytest.approx(math.sqrt(math.log1p(0.25)), rel=0.01)
    passed = propagate(lambda x: x, number, level=0.9, draws=40_000)
    assert passed.lower == pytest.approx(float(np.quantile(draws, 0.05)), rel=0.01)


def test_impossible_records_are_refused() -> None:
    with pytest.raises(RecordError, match="E-RECORD-02"):
        Estimand.of("souls", window="ever")
    with pytest.raises(RecordError, match="E-RECORD-02"):
        Estimand.of("cases", window=" ")
    case = Estimand.of("cases", window=YEAR)
    with pytest.raises(RecordError, match="E-RECORD-02"):
        Converted(
            value=9.0,
            interval=Interval(1.0, 2.0, 0.95, "x"),
            before=case,
            after=case,
            formula="x",
            inputs={},
            assumptions=(),
        )


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: sources_from_addresses(100, pool=100, **OPTIONS), "E-EST-63"),  # type: ignore[arg-type]
        (lambda: sources_from_addresses(between(50, 120), pool=100, **OPTIONS), "E-EST-63"),  # type: ignore[arg-type]
        (lambda: sources_from_addresses(10, pool=100, **{**OPTIONS, "mean_lease_days": 0}), "E-EST-63"),  # type: ignore[arg-type]
        (lambda: addresses_from_sources(10, pool=100, **{**OPTIONS, "window_days": 0}), "E-EST-63"),  # type: ignore[arg-type]
        (lambda: people_from_addresses(10, pool=100, people_per_address=0, window=YEAR), "E-EST-63"),
        (
            lambda: people_from_addresses(
                10, pool=100, people_per_address=[AddressClass(name="a", share=0.5, people=2)], window=YEAR
            ),
            "E-EST-63",
        ),
        (lambda: persons_from_accounts(10, accounts_per_person=between(0, 2), window=YEAR), "E-EST-63"),
        (lambda: known(-1), "E-EST-62"),
        (lambda: known(math.nan), "E-EST-62"),
        (lambda: estimated(10, 1, at_least=20), "E-EST-62"),
        (lambda: between(0, math.inf), "E-EST-62"),
    ],
)
def test_caller_mistakes_are_named(make: object, code: str) -> None:
    assert callable(make)
    with pytest.raises(EstimateError) as mistake:
        make()
    assert mistake.value.code == code


def test_an_uncertain_number_is_said_in_words() -> None:
    assert isinstance(known(3), Uncertain) and known(3).words() == "3"
    assert between(1, 30).words() == "between 1 and 30"
    assert estimated(573, 202).words() == "573 (standard error 202)"
