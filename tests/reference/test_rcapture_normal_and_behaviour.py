"""Models whose Rcapture numbers are not a target to every digit, and why ours differ."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from test_rcapture_closed import ORACLE, estimated, frequencies_only, table_of


def test_mtb_reaches_a_higher_likelihood_than_rcapture() -> None:
    theirs = ORACLE["hare.Mtb"]["results"]["table"]["Mtb"]
    ours = estimated("Mtb", table_of("hare"))
    assert ours.deviance is not None
    assert ours.deviance < theirs["deviance"]
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-3)
    assert ours.df == theirs["df"]
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=5e-6)
    assert ours.standard_error == pytest.approx(theirs["stderr"], rel=1e-5)


@pytest.mark.parametrize("dataset", ["hare", "lesbian"])
def test_mbh_equals_rcapture_and_holds_its_standard_error_beside_ours(dataset: str) -> None:
    theirs = ORACLE[f"{dataset}.closedp.t"]["results"]["table"]["Mbh"]
    ours = estimated("Mbh", table_of(dataset))
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=1e-6)
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-6)
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-6)
    assert ours.bic == pytest.approx(theirs["BIC"], abs=1e-6)
    assert ours.df == theirs["df"]
    assert ours.standard_error is not None
    assert theirs["stderr"] > 1.2 * ours.standard_error
    assert ours.diagnostics["standard_error_rcapture"] == pytest.approx(theirs["stderr"], rel=1e-6)


def test_simulation_supports_our_standard_error_of_mbh() -> None:
    """First captures drawn from the model fitted to lesbian: 2,403 units, 997 on the first list, q = 0.5371 after."""
    theirs = ORACLE["lesbian.closedp.t"]["results"]["table"]["Mbh"]
    ours = estimated("Mbh", table_of("lesbian"))
    rng = np.random.default_rng(20)
    n_total, first_share, q, later = 2403, 997 / 2403, 0.5371215, 3
    spread = []
    for _ in range(2000):
        first = rng.binomial(n_total, first_share)
        left, captured = n_total - first, []
        for _ in range(later):
            captured.append(rng.binomial(left, 1 - q))
            left -= captured[-1]
        spread.append(first + _removal(np.array(captured, float)))
    assert ours.standard_error == pytest.approx(float(np.std(spread)), rel=0.08)
    assert abs(theirs["stderr"] / np.std(spread) - 1) > 0.2


def _removal(captured: np.ndarray) -> float:
    """Total behind a declining series, by bisection on the ratio q."""
    k = np.arange(len(captured))
    target = float((k * captured).sum() / captured.sum())
    low, high = 1e-6, 1 - 1e-9
    for _ in range(60):
        q = (low + high) / 2
        mean = float((k * q**k).sum() / (q**k).sum())
        low, high = (q, high) if mean < target else (low, q)
    return float(captured.sum() / (1 - q ** len(captured)))


@pytest.mark.parametrize(("dataset", "digits"), [("hare", 1e-5), ("lesbian", 3e-5), ("cbird", 1e-5)])
@pytest.mark.parametrize("kind", ["Mh", "Mth"])
def test_normal_units_equal_rcapture_as_far_as_its_quadrature_goes(dataset: str, digits: float, kind: str) -> None:
    name = {"cbird": "cbird.ci.Mh.Normal"}.get(dataset, f"{dataset}.ci.t.{kind}.Normal")
    (theirs,) = ORACLE[name]["results"]["fit"].values()
    ours = estimated("Mh-normal" if dataset == "cbird" else f"{kind}-normal", table_of(dataset))
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=digits)
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-4)
    assert ours.df == theirs["df"]
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-4)


@pytest.mark.parametrize(("dataset", "digits"), [("hare", 1e-5), ("lesbian", 3e-5)])
def test_normal_units_of_frequencies_equal_rcapture_as_far_as_its_quadrature_goes(dataset: str, digits: float) -> None:
    (theirs,) = ORACLE[f"{dataset}.ci.0.Mh.Normal"]["results"]["fit"].values()
    ours = estimated("Mh-normal", frequencies_only(table_of(dataset)))
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=digits)
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-4)
    assert ours.df == theirs["df"]
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-4)


@pytest.mark.parametrize("dataset", ["hare", "lesbian"])
def test_rcapture_halves_the_variance_of_normal_units(dataset: str) -> None:
    """Its variance is ours with the part from the information matrix halved, as if minus 2 log L were minus log L."""
    (theirs,) = ORACLE[f"{dataset}.ci.t.Mh.Normal"]["results"]["fit"].values()
    ours = estimated("Mh-normal", table_of(dataset))
    assert ours.standard_error is not None
    halved = (ours.standard_error**2 - ours.n_unseen) / 2 + ours.n_unseen
    assert theirs["stderr"] == pytest.approx(math.sqrt(halved), rel=2e-3)


def test_normal_units_of_duck_need_more_points_than_the_peer_uses() -> None:
    """Where units differ much, twenty Gauss-Hermite points give 4,461 units and a hundred give 5,157."""
    (theirs,) = ORACLE["duck.ci.t.Mh.Normal"]["results"]["fit"].values()
    table = table_of("duck")
    ours = estimated("Mh-normal", table)
    assert theirs["abundance"] == pytest.approx(_normal_by_quadrature(table.frequencies, 20), rel=1e-3)
    assert ours.n_total == pytest.approx(_normal_by_quadrature(table.frequencies, 200), rel=1e-3)


def _normal_by_quadrature(frequencies: tuple[int, ...], points: int) -> float:
    z, w = np.polynomial.hermite_e.hermegauss(points)
    f, t = np.array(frequencies, float), len(frequencies)
    k = np.arange(t + 1)
    ways = np.array([math.comb(t, int(j)) for j in k])

    def chances(x: np.ndarray) -> np.ndarray:
        p = 1 / (1 + np.exp(-(x[0] + x[1] * z)))
        return ways * ((p[None, :] ** k[:, None] * (1 - p[None, :]) ** (t - k[:, None])) @ (w / w.sum()))

    def loss(x: np.ndarray) -> float:
        d = chances(x)
        return -float(f @ np.log(d[1:] / (1 - d[0])))

    best = minimize(loss, [-2.0, 1.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}).x
    return float(f.sum() / (1 - chances(best)[0]))
