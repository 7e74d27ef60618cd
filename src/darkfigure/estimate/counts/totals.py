"""From a fitted law of captures to the number of units: weights, error, verdicts and the fit that is reported."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.counts.derivatives import exp, variables
from darkfigure.estimate.counts.maximum import Likelihood, Peak, highest, likelihood_of, rise_to_endless_dispersion
from darkfigure.estimate.counts.observations import Observations
from darkfigure.estimate.counts.truncation import CountModel
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import Fit, UnanswerableError
from darkfigure.records.aggregate import Caution, Interval, Quantity, Reason

Array = NDArray[np.float64]

NOT_EXCLUDED = 1.920729
"""Drop of the log-likelihood that a test at the 5% level needs: half the 95% point of chi-squared with one degree."""

FLATTEST = 10.0
"""Largest standard error of a direction of the linear predictor, in natural logarithms, that still counts as known."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model fitted to rows.

    Parameters
    ----------
    likelihood : Likelihood
        The model on the rows.
    seen : Observations
        The rows.
    peak : Peak
        Its maximum.
    covariance : ndarray
        Of the parameters, in the coordinates of the likelihood.
    """

    likelihood: Likelihood
    seen: Observations
    peak: Peak
    covariance: Array

    @property
    def rate(self) -> Array:
        """Mean captures of a unit of each row."""
        return np.exp(self.likelihood.basis @ self.peak.theta[: self.likelihood.basis.shape[1]])

    @property
    def shapes(self) -> Array:
        """Shape parameters, on their own scale."""
        return self.peak.theta[self.likelihood.basis.shape[1] :]


@dataclass(frozen=True, slots=True, eq=False)
class Total:
    """Units nobody saw, with the pieces of its error.

    Parameters
    ----------
    n_unseen : float
        Sum of the odds of being unseen over the units that stand for unseen ones.
    variance_of_chance, variance_of_fit : float
        Error of the sum at known parameters, and error of the parameters carried to the sum.
    odds : ndarray, shape (rows,)
        Unseen units for which one unit of a row stands (0 where it stands for none).
    change : ndarray, shape (rows,)
        Change of the total if one unit of the row were left out, to first order.
    """

    n_unseen: float
    variance_of_chance: float
    variance_of_fit: float
    odds: Array
    change: Array


def fit_counts(model: CountModel, seen: Observations) -> Fitted:
    """Fit a model to rows on which it was found to have a maximum, or refuse.

    Parameters
    ----------
    model : CountModel
        The model.
    seen : Observations
        The rows.

    Returns
    -------
    Fitted
        The maximum with the covariance of its parameters (inverse observed information).

    Examples
    --------
    >>> from darkfigure.estimate.counts.truncation import COUNT_MODELS
    >>> from darkfigure.estimate.counts.observations import observations
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> seen = observations(CaptureTable.from_frequencies([8, 2]), "~ 1")
    >>> fit_counts(COUNT_MODELS["zt-geometric"], seen).rate.round(9).tolist()
    [0.2, 0.2]
    """
    likelihood = likelihood_of(model, seen)
    peak = highest(likelihood, seen)
    _require_interior(peak)
    _require_an_upper_limit(likelihood, peak)
    size, vectors = np.linalg.eigh(peak.information)
    if not (size > 1 / FLATTEST**2).all():
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "The likelihood is almost flat in some direction: different parameters, and different numbers of unseen "
            "units, explain the record equally well. Fewer columns or a simpler law would be needed.",
            {"smallest_curvature": float(size.min())},
        )
    return Fitted(likelihood, seen, peak, (vectors / size) @ vectors.T)


_AT_END = {
    (
        "log(dispersion)",
        -1,
    ): "The dispersion of the negative binomial law went to zero: the record shows no more spread "
    "than Poisson captures have. Ask the Poisson law of the same name instead.",
    ("log(dispersion)", 1): "The likelihood keeps rising as the dispersion of the negative binomial law grows: at its "
    "limit, the logarithmic series, the number of unseen units has no upper limit. Ask a lower bound instead, such as "
    "chao-bc.",
    ("logit(one-inflation)", -1): "The share of extra singletons went to zero: the record shows no more units captured "
    "once than the law expects. Ask the law without one-inflation instead.",
    ("logit(one-inflation)", 1): "The share of extra singletons went to one: no unit is left to inform the law.",
    ("logit(hurdle)", -1): "The share of units captured once went to zero.",
    ("logit(hurdle)", 1): "The share of units captured once went to one.",
}


def _require_interior(peak: Peak) -> None:
    if peak.ends:
        raise UnanswerableError(Reason.BOUNDARY, _AT_END[peak.ends[0]], {"log_likelihood": peak.value})
    if not peak.settled:
        raise UnanswerableError(
            Reason.NOT_CONVERGED,
            "The search for the most likely parameters did not settle: they run away, or the likelihood has no peak.",
            {"log_likelihood": peak.value},
        )


def _require_an_upper_limit(likelihood: Likelihood, peak: Peak) -> None:
    drop = rise_to_endless_dispersion(likelihood, peak)
    if drop is not None and drop < NOT_EXCLUDED:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "The data do not exclude an endless dispersion of the negative binomial law, under which the number of "
            "unseen units has no upper limit. Ask a law without dispersion, or a lower bound such as chao-bc.",
            {"log_likelihood": peak.value, "drop_at_endless_dispersion": drop},
        )


def total_of(fitted: Fitted) -> Total:
    """How many units does a fitted model say were never seen, and how far could that be off?

    Parameters
    ----------
    fitted : Fitted
        The model.

    Returns
    -------
    Total
        The unseen number, its error and the pull of each row.

    Notes
    -----
    A unit of the record that is in it with probability ``p_i`` stands for ``1 / p_i`` units, so with the odds
    ``w_i = (1 - p_i) / p_i``: ``N = n + sum w_i``, ``var(N) = sum w_i (1 + w_i) + g' V g``, ``g`` the gradient of ``N``
    and ``V`` the inverse observed information.

    Source
    ------
    van der Heijden, Bustami, Cruyff, Engbersen and van Houwelingen (2003), Statistical Modelling 3, 305,
    doi 10.1191/1471082X03st057oa.
    """
    rows = fitted.likelihood.rows(fitted.peak.theta)
    stands = fitted.likelihood.model.stands(fitted.seen.captures)
    odds = exp(rows.log_odds_unseen)
    weights = np.where(stands, fitted.seen.counts, 0.0)
    unseen, gradient, _ = fitted.likelihood.total(odds, weights)
    pull = fitted.covariance @ gradient
    z, k = fitted.likelihood.basis, fitted.likelihood.basis.shape[1]
    score = z @ pull[:k] * rows.log_likelihood.gradient[0] + pull[k:] @ rows.log_likelihood.gradient[1:]
    used = fitted.likelihood.model.within(fitted.seen.captures)
    one = np.where(stands, odds.value, 0.0)
    return Total(
        n_unseen=unseen,
        variance_of_chance=float(weights @ (odds.value * (1 + odds.value))),
        variance_of_fit=float(gradient @ pull),
        odds=one,
        change=-(1 + one) - np.where(used, score, 0.0),
    )


def saturated(model: CountModel, captures: Array, shapes: Array) -> Array:
    """Log-likelihood of each row if its rate were its own and no singleton were extra, at the fitted dispersion.

    Parameters
    ----------
    model : CountModel
        The model.
    captures : ndarray, shape (rows,)
        Captures of rows that enter the likelihood.
    shapes : ndarray
        The fitted shape parameters.

    Returns
    -------
    ndarray, shape (rows,)
        0 for the least number of captures, which a rate of 0 makes certain.
    """
    values = np.zeros(captures.size)
    floor = 2 if model.least == 2 or model.extra == ("logit(hurdle)",) else 1
    if model.scheme is None or not (captures > floor).any():
        return values
    distinct, row = np.unique(captures[captures > floor], return_inverse=True)
    log_rate = np.log(distinct)
    law_shapes = np.broadcast_to(shapes[: len(model.law.shapes), None], (len(model.law.shapes), distinct.size))
    for _ in range(60):
        eta, *rest = variables(np.vstack([log_rate, law_shapes]))
        parts = model.law.parts(eta, tuple(rest), distinct)
        chance = parts.at_count - (parts.repeated if floor == 2 else parts.seen)
        step = np.clip(chance.gradient[0] / np.maximum(-chance.hessian[0, 0], 1e-8), -1.0, 1.0)
        log_rate = log_rate + step
        if np.abs(step).max() < 1e-8:
            break
    values[captures > floor] = chance.value[row]
    return values


def reported(fitted: Fitted, level: float) -> Fit:
    """The fit that the front door reports: number, error, log-normal interval, parameters and diagnostics.

    Parameters
    ----------
    fitted : Fitted
        The model.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        With the ends of the normal interval among the diagnostics.
    """
    model, seen = fitted.likelihood.model, fitted.seen
    total = total_of(fitted)
    error = math.sqrt(total.variance_of_chance + total.variance_of_fit)
    n = round(seen.n_observed)
    used = model.within(seen.captures)
    n_used = float(seen.counts[used].sum())
    size = fitted.peak.theta.size
    z = float(scipy.special.ndtri((1 + level) / 2))
    deviance = 2 * (float(seen.counts[used] @ saturated(model, seen.captures[used], fitted.shapes)) - fitted.peak.value)
    names, values, errors = _parameters(fitted)
    strongest = int(np.argmax(np.abs(total.change)))
    return Fit(
        n_unseen=total.n_unseen,
        standard_error=error,
        interval=log_normal_interval(n, total.n_unseen, error, level),
        deviance=max(deviance, 0.0),
        df=round(n_used) - size,
        aic=2 * size - 2 * fitted.peak.value,
        bic=size * math.log(n_used) - 2 * fitted.peak.value,
        parameters=dict(zip(names, values, strict=True)),
        diagnostics={
            "log_likelihood": fitted.peak.value,
            "units_in_likelihood": n_used,
            "normal_lower": max(float(n), n + total.n_unseen - z * error),
            "normal_upper": n + total.n_unseen + z * error,
            "error_of_fit_only": math.sqrt(total.variance_of_fit),
            "largest_change_by_one_unit": float(total.change[strongest]),
        },
        cautions=_cautions(total, n, strongest),
        quantities=tuple(
            Quantity(name=name, value=v, standard_error=e, interval=Interval(v - z * e, v + z * e, level, "normal"))
            for name, v, e in zip(names, values, errors, strict=True)
        ),
    )


def _parameters(fitted: Fitted) -> tuple[list[str], list[float], list[float]]:
    k = fitted.likelihood.basis.shape[1]
    back = np.eye(fitted.peak.theta.size)
    back[:k, :k] = fitted.likelihood.back
    values = back @ fitted.peak.theta
    errors = np.sqrt(np.diag(back @ fitted.covariance @ back.T))
    names = [*fitted.seen.names, *fitted.likelihood.model.shapes]
    return names, values.tolist(), errors.tolist()


def _cautions(total: Total, n: int, strongest: int) -> tuple[Caution, ...]:
    if abs(total.change[strongest]) <= 0.1 * (n + total.n_unseen):
        return ()
    return (
        Caution(
            "C-ONE-UNIT",
            "Leaving out a single unit would change the total by more than a tenth: see `influence_on_total`.",
        ),
    )
