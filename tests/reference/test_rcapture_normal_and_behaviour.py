"""Models whose Rcapture numbers are not a target to every digit, and why ours differ."""

from __future__ import annotations

import numpy as np
import pytest
from test_rcapture_closed import ORACLE, estimated, table_of


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
def test_mbh_equals_rcapture_but_for_the_standard_error(dataset: str) -> None:
    theirs = ORACLE[f"{dataset}.closedp.t"]["results"]["table"]["Mbh"]
    ours = estimated("Mbh", table_of(dataset))
    assert ours.n_total == pytest.approx(theirs["abundance"], rel=1e-6)
    assert ours.deviance == pytest.approx(theirs["deviance"], abs=1e-6)
    assert ours.aic == pytest.approx(theirs["AIC"], abs=1e-6)
    assert ours.bic == pytest.approx(theirs["BIC"], abs=1e-6)
    assert ours.df == theirs["df"]
    assert ours.standard_error is not None
    assert theirs["stderr"] > 1.2 * ours.standard_error


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
