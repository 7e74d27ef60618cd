"""Draws follow their descriptions: exact cell probabilities, moments, and the same table from the same seed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import chisquare, nbinom, poisson

from darkfigure.errors import EstimateError
from darkfigure.estimate import CaptureTable, estimate
from darkfigure.estimate.cells import all_histories, full_counts
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
    draw,
    from_fit,
)
from darkfigure.records.aggregate import PopulationEstimate

N = 40_000


def agrees(table: CaptureTable, probability: Callable[[tuple[int, ...]], float], n_total: int = N) -> None:
    """Cells of one large draw against exact probabilities, the units never seen among them."""
    assert table.cells is not None and table.n_occasions is not None
    seen = full_counts(table.cells)
    chances = np.array([probability(tuple(int(x) for x in h)) for h in all_histories(table.n_occasions)])
    observed = np.concatenate([[n_total - seen.sum()], seen])
    expected = n_total * np.concatenate([[1 - chances.sum()], chances])
    enough = expected > 5
    observed = np.append(observed[enough], observed[~enough].sum())
    expected = np.append(expected[enough], expected[~enough].sum())
    if expected[-1] < 1e-6:
        assert observed[-1] == 0
        observed, expected = observed[:-1], expected[:-1]
    assert chisquare(observed, expected).pvalue > 0.001


def independent(chances: tuple[float, ...]) -> Callable[[tuple[int, ...]], float]:
    return lambda h: math.prod(p if y else 1 - p for p, y in zip(chances, h, strict=True))


def test_alike_and_by_time() -> None:
    agrees(draw(Homogeneous(n_total=N, n_occasions=4, chance=0.3), 1), independent((0.3,) * 4))
    chances = (0.1, 0.35, 0.6)
    agrees(draw(TimeVarying(n_total=N, chances=chances), 2), independent(chances))


@pytest.mark.parametrize("shift", [-1.0, 0.8])
def test_a_first_capture_shifts_the_odds_of_later_ones(shift: float) -> None:
    before = (0.2, 0.3, 0.25, 0.4)
    after = expit(logit(np.array(before)) + shift)

    def probability(history: tuple[int, ...]) -> float:
        product, met = 1.0, False
        for j, y in enumerate(history):
            p = float(after[j]) if met else before[j]
            product *= p if y else 1 - p
            met = met or bool(y)
        return product

    agrees(draw(TrapResponse(n_total=N, chances=before, shift=shift), 3), probability)


def nodes(spread: str, size: float, p: float) -> tuple[np.ndarray, np.ndarray]:
    """Chances of units with their weights, on a fine grid of the mixing variable."""
    from scipy.stats import beta, gamma, norm

    middle = (np.arange(4000) + 0.5) / 4000
    if spread == "logit-normal":
        chance = expit(logit(p) + size * norm.ppf(middle))
    elif spread == "two-point":
        chance = expit(logit(p) + np.where(middle < 0.5, -size, size))
    elif spread == "gamma":
        chance = expit(logit(p) + np.log(gamma.ppf(middle, 1 / size**2, scale=size**2)))
    else:
        both = (1 - p) / (p * size**2) - 1
        chance = beta.ppf(middle, p * both, (1 - p) * both)
    return chance, np.full(4000, 1 / 4000)


@pytest.mark.parametrize("spread", ["logit-normal", "two-point", "gamma", "beta"])
def test_units_differ_as_declared(spread: str) -> None:
    size, chances = 0.7, (0.2, 0.2, 0.35)
    world = Heterogeneous(n_total=N, chances=chances, spread=spread, size=size)  # type: ignore[arg-type]
    of_units = [nodes(spread, size, p) for p in chances]

    def probability(history: tuple[int, ...]) -> float:
        product = np.ones(4000)
        for (chance, _), y in zip(of_units, history, strict=True):
            product = product * (chance if y else 1 - chance)
        return float(product.mean())

    agrees(draw(world, 4), probability)


def test_a_beta_chance_has_its_mean_and_spread() -> None:
    world = Heterogeneous(n_total=200_000, chances=(0.2,), spread="beta", size=0.5)
    chances = world.unit_chances(np.random.default_rng(1))[:, 0]
    assert chances.mean() == pytest.approx(0.2, rel=0.01)
    assert chances.std() / chances.mean() == pytest.approx(0.5, rel=0.02)


def test_without_spread_units_are_alike() -> None:
    world = Heterogeneous(n_total=N, chances=(0.2, 0.4), spread="gamma", size=0.0)
    agrees(draw(world, 5), independent((0.2, 0.4)))


def test_lists_depend_as_declared_to_any_order() -> None:
    effects = (-0.4, 0.2, -0.9, 0.1)
    terms = (((0, 1), 0.8), ((1, 2, 3), -0.7), ((0, 3), -math.inf))
    world = LogLinear(n_total=N, effects=effects, interactions=terms)

    def weight(h: tuple[int, ...]) -> float:
        value = sum(b * y for b, y in zip(effects, h, strict=True))
        return math.exp(value + sum(c for s, c in terms if all(h[j] for j in s)))

    total = sum(weight(h) for h in itertools.product((0, 1), repeat=4))
    table = draw(world, 6)
    agrees(table, lambda h: weight(h) / total)
    assert table.cells is not None
    assert not (table.cells.histories[:, 0] & table.cells.histories[:, 3]).any()


def test_a_darroch_world_has_units_whose_log_odds_are_normal_among_the_missed() -> None:
    """``exp(b k + s^2 k^2 / 2)`` is the mean of ``exp(k (b + s z))`` over a standard normal ``z``."""
    world = LogLinear(n_total=10, effects=(-1.0,) * 4, shape="darroch", size=0.49)
    z, w = np.polynomial.hermite_e.hermegauss(60)
    means = [float(np.sum(w * np.exp(k * (-1.0 + 0.7 * z))) / np.sum(w)) for k in range(5)]
    total = sum(math.comb(4, k) * m for k, m in enumerate(means))
    probability = world.cell_probabilities()
    assert probability[0] == pytest.approx(1 / total)
    assert probability[1:] == pytest.approx([means[int(h.sum())] / total for h in all_histories(4)])


@pytest.mark.parametrize(
    ("world", "pmf"),
    [
        (RepeatedCounts(n_total=N, family="poisson", mean=1.3), lambda k: poisson.pmf(k, 1.3)),
        (RepeatedCounts(n_total=N, family="geometric", mean=0.8), lambda k: nbinom.pmf(k, 1, 1 / 1.8)),
        (
            RepeatedCounts(n_total=N, family="negative-binomial", mean=1.5, dispersion=0.4),
            lambda k: nbinom.pmf(k, 2.5, 2.5 / 4.0),
        ),
        (
            RepeatedCounts(n_total=N, family="poisson", mean=1.3, one_inflation=0.3),
            lambda k: np.where(k == 0, 1, 0.7) * poisson.pmf(k, 1.3) + (k == 1) * 0.3 * (1 - math.exp(-1.3)),
        ),
        (
            RepeatedCounts(n_total=N, family="geometric", mean=0.8, one_inflation=0.3, ones="of-all"),
            lambda k: 0.7 * nbinom.pmf(k, 1, 1 / 1.8) + (k == 1) * 0.3,
        ),
    ],
)
def test_counts_follow_their_distribution(world: RepeatedCounts, pmf: Callable[[np.ndarray], np.ndarray]) -> None:
    table = draw(world, 7)
    top = 7
    chances = pmf(np.arange(top))
    expected = N * np.append(chances, 1 - chances.sum())
    f = np.array(table.frequencies)
    observed = np.concatenate([[N - f.sum()], f[: top - 1], [f[top - 1 :].sum()]])
    assert chisquare(observed, expected).pvalue > 0.001
    assert world.chance_unseen() == pytest.approx(float(chances[0]))
    assert table.n_occasions is None and table.cells is None


def test_an_open_population_follows_its_history_probabilities() -> None:
    """Jolly-Seber histories by summing over the times of entry and departure."""
    entry, survival, detection = (0.5, 0.3, 0.2), (0.8, 0.6), (0.5, 0.4, 0.7)
    world = OpenPopulation(n_total=N, entry=entry, survival=survival, detection=detection)

    def probability(history: tuple[int, ...]) -> float:
        total = 0.0
        for first, last in itertools.combinations_with_replacement(range(3), 2):
            if any(y and not first <= j <= last for j, y in enumerate(history)):
                continue
            lasting = entry[first] * math.prod(survival[first:last]) * (1 - survival[last] if last < 2 else 1.0)
            total += lasting * math.prod(
                detection[j] if history[j] else 1 - detection[j] for j in range(first, last + 1)
            )
        return total

    agrees(draw(world, 8), probability)
    assert world.expected_sizes() == pytest.approx([0.5 * N, 0.7 * N, (0.2 + 0.42) * N])


def test_visits_and_absence_make_a_robust_design() -> None:
    world = OpenPopulation(n_total=N, entry=(1.0, 0.0), survival=(0.75,), detection=(0.5, 0.6), visits=2, away=0.2)
    table = draw(world, 9)
    assert table.labels == ("1.1", "1.2", "2.1", "2.2") and table.ordered

    def of_period(h: tuple[int, ...], p: float) -> float:
        here = 0.8 * math.prod(p if y else 1 - p for y in h)
        return here + 0.2 * (not any(h))

    def probability(h: tuple[int, ...]) -> float:
        second = 0.75 * of_period(h[2:], 0.6) + 0.25 * (not any(h[2:]))
        return of_period(h[:2], 0.5) * second

    agrees(table, probability)


def test_strata_keep_their_parts_apart() -> None:
    parts = ("x", TimeVarying(n_total=N, chances=(0.2, 0.4))), ("y", TimeVarying(n_total=N, chances=(0.5, 0.1)))
    world = Strata(parts=parts, covariate="area")
    table = draw(world, 10)
    assert world.n_total == 2 * N and table.rows is not None and table.rows.histories is not None
    for level, chances in (("x", (0.2, 0.4)), ("y", (0.5, 0.1))):
        inside = table.rows.covariates["area"] == level
        agrees(
            CaptureTable.from_histories(table.rows.histories[inside], table.rows.counts[inside]), independent(chances)
        )


def test_covariates_drive_the_lists_as_declared() -> None:
    world = CovariateDriven(
        n_total=N, effects=(-0.4, 0.3), slopes=((1.0, 0.0), (-0.5, 2.0)), names=("a", "b"), recorded=("a",)
    )
    table = draw(world, 11)
    z, w = np.polynomial.hermite_e.hermegauss(40)
    a, b = np.meshgrid(z, z)
    weight = np.outer(w, w) / w.sum() ** 2
    p = expit(-0.4 + a), expit(0.3 - 0.5 * a + 2 * b)

    agrees(
        table,
        lambda h: float(np.sum(weight * np.prod([q if y else 1 - q for q, y in zip(p, h, strict=True)], axis=0))),
    )
    assert table.rows is not None and set(table.rows.covariates) == {"a"}
    first = table.rows.histories[:, 0] == 1  # type: ignore[index]
    assert table.rows.covariates["a"][first].mean() == pytest.approx(
        float(np.sum(w * z * expit(-0.4 + z)) / np.sum(w * expit(-0.4 + z))), abs=0.03
    )


WORLDS: tuple[World, ...] = (
    Homogeneous(n_total=90, n_occasions=4, chance=0.3),
    Heterogeneous(n_total=90, chances=(0.3,) * 3, spread="gamma", size=0.5),
    TrapResponse(n_total=90, chances=(0.3,) * 3, shift=0.5),
    LogLinear(n_total=90, effects=(0.1, 0.2)),
    RepeatedCounts(n_total=90, family="geometric", mean=1.0),
    OpenPopulation(n_total=90, entry=(0.5, 0.5), survival=(0.5,), detection=(0.5, 0.5)),
    Strata(parts=(("x", Homogeneous(n_total=90, n_occasions=4, chance=0.3)),)),
    CovariateDriven(n_total=90, effects=(0.0,), slopes=((1.0,),), names=("a",)),
)


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: type(w).__name__)
def test_the_same_seed_gives_the_same_table(world: World) -> None:
    def told(table: CaptureTable) -> tuple[object, ...]:
        rows = table.rows
        return (
            table.frequencies,
            table.occasion_totals,
            None if table.cells is None else table.cells.counts.tolist(),
            None if rows is None else [c.tolist() for c in rows.covariates.values()],
        )

    assert told(draw(world, 5)) == told(draw(world, np.random.default_rng(5)))
    assert any(told(draw(world, seed)) != told(draw(world, 5)) for seed in (6, 7, 8))
    assert draw(world, 5).n_observed <= 90


KOSOVO_LIKE = CaptureTable.from_histories(
    all_histories(3).astype(int), [122, 80, 41, 150, 30, 62, 17], labels=("ABA", "EXH", "HRW")
)


@pytest.mark.parametrize("method", ["loglinear-main", "loglinear-pairs", "loglinear-bic", "M0", "Mt"])
def test_a_fitted_model_makes_a_world_whose_expected_table_gives_the_model_back(method: str) -> None:
    fitted = estimate(method, KOSOVO_LIKE)
    assert isinstance(fitted, PopulationEstimate)
    world = from_fit(fitted, KOSOVO_LIKE, n_total=10_000_000)
    counts = np.rint(10_000_000 * world.cell_probabilities()[1:]).astype(int)
    expected = CaptureTable.from_histories(all_histories(3).astype(int), counts)
    again = estimate("loglinear-pairs" if method == "loglinear-bic" else method, expected)
    assert isinstance(again, PopulationEstimate)
    assert again.n_total == pytest.approx(1e7, rel=1e-4)
    if method.startswith("loglinear") or method == "Mt":
        assert from_fit(fitted, KOSOVO_LIKE).n_total == round(fitted.n_total)
        assert world.cell_probabilities()[1:].sum() == pytest.approx(502 / fitted.n_total, rel=1e-4)
    assert world.labels == ("ABA", "EXH", "HRW")


def test_a_term_that_nobody_was_in_never_occurs_in_the_world() -> None:
    histories = all_histories(4).astype(int)
    counts = np.where(histories[:, 1] & histories[:, 2], 0, [60, 48, 9, 40, 21, 0, 0, 70, 22, 31, 8, 25, 9, 0, 0])
    table = CaptureTable.from_histories(histories, counts)
    fitted = estimate("loglinear-pairs", table)
    assert isinstance(fitted, PopulationEstimate)
    world = from_fit(fitted, table)
    assert dict(world.interactions)[1, 2] == -math.inf
    drawn = draw(world, 3)
    assert drawn.cells is not None and not (drawn.cells.histories[:, 1] & drawn.cells.histories[:, 2]).any()


def test_an_estimate_without_terms_makes_no_world() -> None:
    fitted = estimate("Mth-chao", KOSOVO_LIKE)
    assert isinstance(fitted, PopulationEstimate)
    with pytest.raises(EstimateError, match="E-EST-46"):
        from_fit(fitted, KOSOVO_LIKE)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Homogeneous(n_total=0, n_occasions=3, chance=0.2),
        lambda: Homogeneous(n_total=9, n_occasions=0, chance=0.2),
        lambda: Homogeneous(n_total=9, n_occasions=3, chance=1.2),
        lambda: TimeVarying(n_total=9, chances=()),
        lambda: TrapResponse(n_total=9, chances=(0.2,), shift=math.inf),
        lambda: Heterogeneous(n_total=9, chances=(0.0,), spread="beta", size=0.5),
        lambda: Heterogeneous(n_total=9, chances=(0.2,), spread="magic", size=0.5),  # type: ignore[arg-type]
        lambda: Heterogeneous(n_total=9, chances=(0.2,), spread="gamma", size=-0.5),
        lambda: Heterogeneous(n_total=9, chances=(0.9,), spread="beta", size=0.5),
        lambda: LogLinear(n_total=9, effects=(0.1, math.nan)),
        lambda: LogLinear(n_total=9, effects=(0.1,) * 13),
        lambda: LogLinear(n_total=9, effects=(0.1, 0.1), interactions=(((0, 2), 1.0),)),
        lambda: LogLinear(n_total=9, effects=(0.1, 0.1), interactions=(((0, 0), 1.0),)),
        lambda: LogLinear(n_total=9, effects=(0.1, 0.1), shape="magic"),  # type: ignore[arg-type]
        lambda: RepeatedCounts(n_total=9, family="binomial", mean=1.0),  # type: ignore[arg-type]
        lambda: RepeatedCounts(n_total=9, family="poisson", mean=0.0),
        lambda: RepeatedCounts(n_total=9, family="negative-binomial", mean=1.0, dispersion=0.0),
        lambda: RepeatedCounts(n_total=9, family="poisson", mean=1.0, one_inflation=2.0),
        lambda: OpenPopulation(n_total=9, entry=(0.5, 0.4), survival=(0.5,), detection=(0.5, 0.5)),
        lambda: OpenPopulation(n_total=9, entry=(0.5, 0.5), survival=(0.5, 0.5), detection=(0.5, 0.5)),
        lambda: OpenPopulation(n_total=9, entry=(1.0,), survival=(), detection=(0.5,), visits=0),
        lambda: Strata(parts=()),
        lambda: Strata(parts=(("x", WORLDS[0]), ("x", WORLDS[0]))),
        lambda: draw(Strata(parts=(("x", WORLDS[0]), ("y", WORLDS[4]))), 1),
        lambda: CovariateDriven(n_total=9, effects=(0.0,), slopes=((1.0, 2.0),), names=("a",)),
        lambda: CovariateDriven(n_total=9, effects=(0.0,), slopes=((math.inf,),), names=("a",)),
        lambda: CovariateDriven(n_total=9, effects=(0.0,), slopes=((1.0,),), names=("a",), recorded=("b",)),
    ],
)
def test_an_impossible_description_is_an_error(make: Callable[[], object]) -> None:
    with pytest.raises(EstimateError, match="E-EST-45"):
        make()


def test_nested_strata_keep_both_covariates() -> None:
    one = Homogeneous(n_total=60, n_occasions=3, chance=0.5)
    inner = Strata(parts=(("f", one), ("m", one)), covariate="sex")
    table = draw(Strata(parts=(("x", inner), ("y", replace(inner))), covariate="area"), 3)
    assert table.rows is not None and set(table.rows.covariates) == {"sex", "area"}
