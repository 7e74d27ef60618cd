"""Known truth for one list with repeated counts: drawn step by step, and asked for by the model that drew it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from darkfigure.estimate import estimate
from darkfigure.estimate.counts import one_inflated_chao
from darkfigure.estimate.counts.truncation import COUNT_MODELS
from darkfigure.estimate.counts.zero_truncated import zero_truncated
from darkfigure.estimate.outcomes import Method
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, UnitRows

Counts = NDArray[np.int64]
SHARE = 0.3
DISPERSION = 0.7
ROBUST = {m.name: m for m in one_inflated_chao.METHODS}


def law(rng: np.random.Generator, name: str, rate: NDArray[np.float64]) -> Counts:
    if name.endswith("geometric"):
        return np.asarray(rng.poisson(rng.exponential(rate)))
    if name.endswith("negbin"):
        return np.asarray(rng.poisson(rng.gamma(1 / DISPERSION, DISPERSION * rate)))
    return np.asarray(rng.poisson(rate))


def not_once(rng: np.random.Generator, name: str, rate: NDArray[np.float64]) -> Counts:
    y = law(rng, name, rate)
    while (y == 1).any():
        y[y == 1] = law(rng, name, rate[y == 1])
    return y


def population(rng: np.random.Generator, name: str, rate: NDArray[np.float64]) -> Counts:
    """Captures of every unit of the population, 0 for those the record misses."""
    chosen = rng.random(rate.size) < SHARE
    if name.startswith("oneinflated-zt"):
        return np.where(chosen, 1, law(rng, name, rate))
    if name.startswith("hurdle-zt"):
        return np.where(chosen, 1, not_once(rng, name, rate))
    if name.startswith("zt-oneinflated"):
        y = law(rng, name, rate)
        return np.where(chosen & (y > 0), 1, y)
    if name.startswith("zt-hurdle"):
        y = not_once(rng, name, rate)
        return np.where(chosen & (y > 0), 1, y)
    if name.startswith("zot"):
        return np.where(chosen, 1, not_once(rng, name, rate))
    if name.startswith("chao-one-inflated"):
        return np.where(chosen, 1, law(rng, "poisson", rate))
    return law(rng, name, rate)


@dataclass(frozen=True)
class Outcome:
    answered: float
    median: float
    coverage: float
    error_ratio: float


def repeat(
    method: Method, name: str, *, units: int, rate: float, replicates: int, seed: int, covariate: bool
) -> Outcome:
    rng = np.random.default_rng(seed)
    totals, errors, covered = [], [], 0
    for _ in range(replicates):
        kind = rng.random(units) < 0.4
        y = population(rng, name, np.where(kind & covariate, rate / 2, rate))
        seen = y > 0
        kinds = np.where(kind[seen], "a", "b")
        cells, inverse = np.unique(np.column_stack([y[seen], kind[seen]]), axis=0, return_inverse=True)
        rows = UnitRows(
            captures=cells[:, 0].astype(np.int64),
            counts=np.bincount(inverse.ravel()).astype(np.int64),
            covariates={"kind": np.where(cells[:, 1] == 1, "a", "b")},
        )
        table = CaptureTable(frequencies=tuple(int(f) for f in np.bincount(y[seen])[1:]), n_occasions=None, rows=rows)
        assert kinds.size == table.n_observed
        result = estimate(method, table)
        if not isinstance(result, PopulationEstimate):
            continue
        assert result.interval is not None and result.standard_error is not None
        totals.append(result.n_total)
        errors.append(result.standard_error)
        covered += result.interval.lower <= units <= result.interval.upper
    spread = (np.quantile(totals, 0.84) - np.quantile(totals, 0.16)) / 2
    return Outcome(
        len(totals) / replicates,
        float(np.median(totals)) / units,
        covered / len(totals),
        float(np.median(errors) / spread),
    )


def method_of(name: str, *, covariate: bool) -> Method:
    if name in ROBUST and not covariate:
        return ROBUST[name]
    return zero_truncated(name, formula="~ kind" if covariate else "~ 1")


QUICK = ("zt-poisson", "zt-geometric", "oneinflated-zt-poisson", "zot-poisson", "chao-one-inflated")
ALL = [n for n in (*COUNT_MODELS, *ROBUST) if not n.endswith("negbin")]


@pytest.mark.parametrize("name", QUICK)
def test_a_true_model_recovers_the_total_and_covers_it(name: str) -> None:
    out = repeat(method_of(name, covariate=False), name, units=2000, rate=1.2, replicates=150, seed=21, covariate=False)
    assert out.answered >= 0.99
    assert out.median == pytest.approx(1, abs=0.02)
    # 95% of 150 with room for three Monte-Carlo standard errors.
    assert out.coverage >= 0.897
    assert out.error_ratio == pytest.approx(1, abs=0.3)


def test_a_true_covariate_is_recovered_and_a_missing_one_pulls_down() -> None:
    options = {"units": 3000, "rate": 1.0, "replicates": 80, "seed": 22, "covariate": True}
    with_it = repeat(zero_truncated("poisson", formula="~ kind"), "zt-poisson", **options)  # type: ignore[arg-type]
    without = repeat(zero_truncated("poisson"), "zt-poisson", **options)  # type: ignore[arg-type]
    assert with_it.median == pytest.approx(1, abs=0.015)
    assert with_it.coverage >= 0.88
    assert without.median < 0.97


def test_extra_singletons_push_plain_models_up_and_robust_ones_not() -> None:
    options = {"units": 3000, "rate": 1.0, "replicates": 60, "seed": 23, "covariate": False}
    plain = repeat(zero_truncated("poisson"), "oneinflated-zt-poisson", **options)  # type: ignore[arg-type]
    robust = repeat(zero_truncated("oneinflated-zt-poisson"), "oneinflated-zt-poisson", **options)  # type: ignore[arg-type]
    bound = repeat(ROBUST["chao-one-inflated"], "oneinflated-zt-poisson", **options)  # type: ignore[arg-type]
    assert plain.median > 1.15
    assert robust.median == pytest.approx(1, abs=0.03)
    assert bound.median == pytest.approx(1, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("covariate", [False, True])
def test_coverage_of_every_model_where_it_is_true(name: str, *, covariate: bool) -> None:
    if covariate and name not in COUNT_MODELS:
        pytest.skip("a formula on frequencies has no covariates")
    out = repeat(
        method_of(name, covariate=covariate),
        name,
        units=5000,
        rate=1.5,
        replicates=1000 if covariate else 2000,
        seed=31,
        covariate=covariate,
    )
    assert out.answered >= 0.99
    assert out.median == pytest.approx(1, abs=0.01)
    assert 0.93 <= out.coverage <= 0.97, out


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in COUNT_MODELS if n.endswith("negbin")])
def test_the_negative_binomial_answers_rightly_when_it_answers(name: str) -> None:
    out = repeat(
        method_of(name, covariate=False), name, units=20_000, rate=3.0, replicates=300, seed=32, covariate=False
    )
    assert out.answered >= 0.95
    assert out.median == pytest.approx(1, abs=0.01)
    assert 0.91 <= out.coverage <= 0.98, out
