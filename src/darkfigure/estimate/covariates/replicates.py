"""Estimates from several completed versions of incomplete data, put together by Rubin's rules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy

from darkfigure.errors import EstimateError
from darkfigure.records.aggregate import Caution, EstimateResult, Interval, NotEstimable, PopulationEstimate


def combine_replicates(estimates: Sequence[EstimateResult], *, level: float = 0.95) -> EstimateResult:
    """How many units, when missing values were filled in several times and each version gave an estimate?

    Use it when covariates (or links) are imputed: the same method is run on each completed table. Misleads when the
    imputations do not express how uncertain the missing values are: the range is then too narrow.

    Parameters
    ----------
    estimates : sequence of PopulationEstimate or NotEstimable
        Of one method, one for each completed table, at least two.
    level : float
        Of the interval.

    Returns
    -------
    PopulationEstimate | NotEstimable
        A refusal when any version was refused: to drop versions is to choose among answers.

    Raises
    ------
    EstimateError (E-EST-34)
        Fewer than two estimates, estimates of different methods, or one without a standard error.
    EstimateError (E-EST-02)
        The level is not between 0 and 1.

    Notes
    -----
    With ``m`` versions: ``N = mean(N_i)``; total variance ``T = W + (1 + 1/m) B``, ``W = mean(var_i)``,
    ``B = sum (N_i - N)^2 / (m - 1)``; ``df = (m - 1) (1 + W / ((1 + 1/m) B))^2``. The interval is log-normal on the
    unseen number, with the quantile of Student's t on ``df`` degrees of freedom, so it never falls below what was seen.

    Source
    ------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, section 3.1.

    Examples
    --------
    >>> runs = [PopulationEstimate(method="Mt", n_observed=60, n_total=n, standard_error=10.0) for n in (98, 100, 102)]
    >>> both = combine_replicates(runs)
    >>> both.n_total, round(both.standard_error**2, 4)  # 100 + (1 + 1/3) * 4
    (100.0, 105.3333)
    """
    _check(estimates, level)
    m = len(estimates)
    refused = [e for e in estimates if isinstance(e, NotEstimable)]
    if refused:
        return NotEstimable(
            method=estimates[0].method,
            reason=refused[0].reason,
            explanation=f"{len(refused)} of {m} completed versions of the data were refused; dropping them would be "
            "choosing among answers.",
            n_observed=refused[0].n_observed,
            diagnostics={"replicates": m, "replicates_refused": len(refused)},
        )
    done = [e for e in estimates if isinstance(e, PopulationEstimate)]
    totals = np.array([e.n_total for e in done])
    within = float(np.mean([(e.standard_error or 0.0) ** 2 for e in done]))
    between = float(totals.var(ddof=1))
    inflated = (1 + 1 / m) * between
    df = (m - 1) * (1 + within / inflated) ** 2 if inflated > 0 else math.inf
    variance = within + inflated
    seen = [e.n_observed for e in done]
    n_observed, mean = round(float(np.mean(seen))), float(totals.mean())
    varying = Caution("C-SEEN-VARIES", "The versions differ in how many units were seen; their mean is shown.")
    return PopulationEstimate(
        method=done[0].method,
        n_observed=n_observed,
        n_total=max(mean, float(n_observed)),
        standard_error=math.sqrt(variance),
        interval=_interval(float(np.mean(seen)), mean, variance, df, level),
        diagnostics={
            "replicates": m,
            "variance_within": within,
            "variance_between": between,
            "share_of_variance_from_missing": inflated / variance if variance > 0 else 0.0,
            **({"degrees_of_freedom": df} if math.isfinite(df) else {}),
        },
        assumptions=(*done[0].assumptions, "The imputations express how uncertain the missing values are."),
        cautions=(varying,) if len(set(seen)) > 1 else (),
    )


def _check(estimates: Sequence[EstimateResult], level: float) -> None:
    if not 0 < level < 1:
        raise EstimateError(
            "E-EST-02",
            where="level",
            problem="the level of an interval is impossible",
            allowed="a number above 0 and below 1, such as 0.95",
            remedy="Give the level as a proportion.",
        )
    unknown = any(isinstance(e, PopulationEstimate) and e.standard_error is None for e in estimates)
    if len(estimates) < 2 or len({e.method for e in estimates}) > 1 or unknown:
        raise EstimateError(
            "E-EST-34",
            where="estimates",
            problem="these estimates cannot be combined",
            allowed="two or more estimates of one method, each with its standard error",
            remedy="Run one method on each completed table.",
        )


def _interval(n_observed: float, total: float, variance: float, df: float, level: float) -> Interval:
    unseen = total - n_observed
    if unseen <= 0 or variance <= 0:
        return Interval(total, total, level, "log-normal, total variance")
    tail = (1 + level) / 2
    quantile = float(scipy.special.stdtrit(df, tail)) if df < 1e9 else float(scipy.special.ndtri(tail))
    spread = math.exp(quantile * math.sqrt(math.log1p(variance / unseen**2)))
    return Interval(n_observed + unseen / spread, n_observed + unseen * spread, level, "log-normal, total variance")
