"""One list, repeated counts, against singleRcapture 0.2.3: every entry, and why the others differ."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.estimate.counts.observations import observations
from darkfigure.estimate.counts.totals import fit_counts, total_of
from darkfigure.estimate.counts.truncation import COUNT_MODELS
from darkfigure.estimate.counts.zero_truncated import zero_truncated
from darkfigure.records.aggregate import CaptureTable, EstimateResult, NotEstimable, PopulationEstimate, UnitRows

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "src/darkfigure/reference/data/capture-tables/netherlands_immigrants.csv"
PREFIX = "netherlandsimmigrant."
ORACLE = {e["id"].removeprefix(PREFIX): e for e in json.loads((HERE / "oracles/singlercapture.json").read_text())}

OURS = {
    "ztpoisson": "zt-poisson",
    "ztgeom": "zt-geometric",
    "ztnegbin": "zt-negbin",
    "zelterman": "zelterman",
    "chao": "chao",
    "oiztpoisson": "oneinflated-zt-poisson",
    "oiztgeom": "oneinflated-zt-geometric",
    "ztoipoisson": "zt-oneinflated-poisson",
    "ztoigeom": "zt-oneinflated-geometric",
    "Hurdleztpoisson": "hurdle-zt-poisson",
    "ztHurdlepoisson": "zt-hurdle-poisson",
    "zotpoisson": "zot-poisson",
    "zotgeom": "zot-geometric",
}
OK = [name for name, entry in ORACLE.items() if entry["status"] == "ok"]
OTHER_VARIANCE = {
    "oiztgeom.intercept": "sum of w in place of sum of w (1 + w)",
    "oiztgeom.covariates": "sum of w in place of sum of w (1 + w)",
    "zotgeom.intercept": "sum of 1 + w in place of sum of w (1 + w)",
    "zotpoisson.intercept": "leaves out that singletons are fewer where repeated units are more",
    "chao.intercept": "leaves out that units seen three times are fewer where others are more; ours is Chao (1987)",
    "chao.covariates": "leaves out that units seen three times are fewer where others are more",
}
NO_DEVIANCE = {"zelterman.intercept", "zelterman.covariates"}


def table() -> CaptureTable:
    rows = list(csv.DictReader(TABLE.open(encoding="utf-8")))
    captures, counts = (np.array([int(r[k]) for r in rows]) for k in ("capture", "count"))
    made = CaptureTable(
        frequencies=tuple(int(f) for f in np.bincount(captures, weights=counts)[1:]),
        n_occasions=None,
        rows=UnitRows(
            captures=captures,
            counts=counts,
            covariates={k: np.array([r[k] for r in rows]) for k in ("gender", "age", "nation")},
        ),
    )
    assert made.n_observed == 1880
    return made


NETHERLANDS = table()


def formula_of(entry: str) -> str:
    return "~ 1" if entry.endswith("intercept") else "~ gender + age + nation"


def answer(entry: str) -> EstimateResult:
    return estimate(zero_truncated(OURS[entry.split(".")[0]], formula=formula_of(entry)), NETHERLANDS)


def estimated(entry: str) -> PopulationEstimate:
    result = answer(entry)
    assert isinstance(result, PopulationEstimate), result
    return result


@pytest.mark.parametrize("entry", OK)
def test_number_and_likelihood_equal_singlercapture(entry: str) -> None:
    ours, theirs = estimated(entry), ORACLE[entry]["results"]
    assert ours.n_total == pytest.approx(theirs["pointEstimate"], rel=1e-6)
    assert ours.diagnostics["log_likelihood"] == pytest.approx(theirs["logL"], abs=1e-6)
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-6)
    if entry in NO_DEVIANCE:
        assert theirs["deviance"] == 0
        assert ours.deviance == pytest.approx(ORACLE[entry.replace("zelterman", "chao")]["results"]["deviance"])
    else:
        assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-6)


@pytest.mark.parametrize("entry", [e for e in OK if e not in OTHER_VARIANCE])
def test_error_and_intervals_equal_singlercapture(entry: str) -> None:
    ours, theirs = estimated(entry), ORACLE[entry]["results"]
    assert ours.standard_error == pytest.approx(math.sqrt(theirs["variance"]), rel=1e-6)
    assert ours.interval is not None
    assert ours.interval.lower == pytest.approx(theirs["CI"]["logNormal"]["lowerBound"], rel=1e-6)
    assert ours.interval.upper == pytest.approx(theirs["CI"]["logNormal"]["upperBound"], rel=1e-6)
    assert ours.diagnostics["normal_lower"] == pytest.approx(theirs["CI"]["normal"]["lowerBound"], rel=1e-6)
    assert ours.diagnostics["normal_upper"] == pytest.approx(theirs["CI"]["normal"]["upperBound"], rel=1e-6)


def test_the_number_of_compared_entries_is_not_small() -> None:
    assert len(OK) == 21
    assert len(ORACLE) == 26
    assert set(ORACLE) - set(OK) == set(REFUSED)


@pytest.mark.parametrize("entry", [e for e in OK if e.endswith("intercept")])
def test_coefficients_equal_singlercapture(entry: str) -> None:
    """Without covariates; one entry with covariates is compared below (the base level of a factor is a convention)."""
    ours, theirs = estimated(entry), ORACLE[entry]["results"]
    # The peer's logistic coefficient of the two-count models is log(rate / 2).
    shift = math.log(2) if entry.startswith(("chao", "zelterman")) else 0.0
    values = list(ours.parameters.values())
    assert values[0] - shift == pytest.approx(theirs["coef"]["(Intercept)"], abs=1e-6)
    assert values[1:] == pytest.approx(list(theirs["coef"].values())[1:], abs=1e-6)
    errors = [q.standard_error for q in ours.quantities]
    assert errors == pytest.approx(list(theirs["se"].values()), rel=1e-6)


def test_coefficients_with_covariates_equal_singlercapture() -> None:
    ours, theirs = estimated("ztpoisson.covariates").parameters, ORACLE["ztpoisson.covariates"]["results"]["coef"]
    assert ours == pytest.approx({k if k[0] == "(" else _with_equals(k): v for k, v in theirs.items()}, abs=1e-6)


def _with_equals(name: str) -> str:
    column = next(c for c in ("gender", "age", "nation") if name.startswith(c))
    return f"{column}={name.removeprefix(column)}"


@pytest.mark.parametrize("entry", list(OTHER_VARIANCE))
def test_other_variances_differ_by_what_the_peer_leaves_out(entry: str) -> None:
    """The peer's variance is reproduced from ours, so the difference is one term and nothing else."""
    model = COUNT_MODELS[OURS[entry.split(".")[0]]]
    fitted = fit_counts(model, observations(NETHERLANDS, formula_of(entry)))
    total = total_of(fitted)
    stands = model.stands(fitted.seen.captures)
    w, units, rate = total.odds[stands], fitted.seen.counts[stands], fitted.rate[stands]
    never = np.exp(-rate) if "geom" not in entry else 1 / (1 + rate)
    if entry.startswith("oiztgeom"):
        theirs = units @ w
    elif entry.startswith("zotgeom"):
        theirs = units @ (1 + w)
    else:
        # Chance of the counts in use, w = P(0) / that chance: weights (1 + w) as if only these counts occurred.
        theirs = units @ ((1 + w) ** 2 * (1 - never / w))
    peer = ORACLE[entry]["results"]["variance"]
    assert total.variance_of_fit + theirs == pytest.approx(peer, rel=2e-6)
    ours = estimated(entry).standard_error
    assert ours is not None
    assert abs(ours / math.sqrt(peer) - 1) < 0.04


def test_our_variances_keep_the_identity_the_peer_breaks() -> None:
    """Singletons set aside in three ways give one likelihood without covariates: number and error must agree."""
    for law, names in (
        ("poisson", ("oiztpoisson", "Hurdleztpoisson", "zotpoisson")),
        ("geom", ("oiztgeom", "zotgeom")),
    ):
        results = [estimated(f"{name}.intercept") for name in names]
        peers = [ORACLE[f"{name}.intercept"]["results"] for name in names]
        for one in results:
            assert one.n_total == pytest.approx(results[0].n_total, rel=1e-7), law
            assert one.standard_error == pytest.approx(results[0].standard_error, rel=1e-7), law
        assert max(p["pointEstimate"] for p in peers) == pytest.approx(min(p["pointEstimate"] for p in peers), rel=1e-6)
        assert max(p["variance"] for p in peers) > 1.01 * min(p["variance"] for p in peers), law


def test_chao_without_covariates_has_the_published_variance() -> None:
    closed = estimate("chao", NETHERLANDS)
    assert isinstance(closed, PopulationEstimate)
    assert estimated("chao.intercept").standard_error == pytest.approx(closed.standard_error, rel=1e-9)


REFUSED = {
    "ztnegbin.intercept": ("boundary", 5.35e14),
    "ztnegbin.covariates": ("boundary", None),
    "zotpoisson.covariates": ("does-not-exist", 3.2e12),
    "zotgeom.covariates": ("does-not-exist", 5.28e16),
    "ztHurdlepoisson.covariates": ("does-not-exist", 1.74e13),
}
"""Entries on which the peer diverged or stopped: our reason, and the number it printed."""


@pytest.mark.parametrize("entry", list(REFUSED))
def test_what_the_peer_printed_as_an_ordinary_number_is_refused(entry: str) -> None:
    ours = answer(entry)
    reason, printed = REFUSED[entry]
    assert isinstance(ours, NotEstimable)
    assert ours.reason.value == reason
    theirs = ORACLE[entry]["results"]
    if printed is None:
        assert "error" in theirs
        return
    assert theirs["pointEstimate"] == pytest.approx(printed, rel=0.01)
    if reason == "does-not-exist":
        assert "age, nation" in ours.explanation


def test_the_peer_stopped_below_the_edge_of_the_negative_binomial_likelihood() -> None:
    """The geometric law is one negative binomial law, and is more likely than where the peer stopped."""
    stopped = ORACLE["ztnegbin.intercept"]["results"]["logL"]
    edge = answer("ztnegbin.intercept")
    assert isinstance(edge, NotEstimable)
    assert stopped < estimated("ztgeom.intercept").diagnostics["log_likelihood"] < edge.diagnostics["log_likelihood"]


def test_refused_models_answer_when_the_reason_is_removed() -> None:
    rows = NETHERLANDS.rows
    assert rows is not None
    for name in ("zot-poisson", "zot-geometric", "zt-hurdle-poisson"):
        result = estimate(zero_truncated(name, formula="~ gender"), NETHERLANDS)
        assert isinstance(result, PopulationEstimate)
        assert 1880 < result.n_total < 40_000
