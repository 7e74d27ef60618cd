"""Bootstrap totals of a model of repeated counts: from the fitted law, from the record, or from both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.counts.derivatives import variables
from darkfigure.estimate.counts.maximum import climb, likelihood_of
from darkfigure.estimate.counts.observations import Observations, equal_rows
from darkfigure.estimate.counts.totals import Fitted, total_of
from darkfigure.estimate.outcomes import Fit, UnanswerableError
from darkfigure.estimate.plausibility import carrying_limit
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Reason

Array = NDArray[np.float64]
Kind = Literal["parametric", "semiparametric", "nonparametric"]
Progress = Callable[[str, int, int], None]

_TAIL = 1e-10
_LONGEST_TAIL = 20_000


def bootstrap_totals(fitted: Fitted, kind: Kind, *, replicates: int, seed: int, progress: Progress) -> Array:
    """What would the model say of other records of the same population?

    Parameters
    ----------
    fitted : Fitted
        The model.
    kind : str
        ``"parametric"``: a population of the fitted size is captured under the fitted law. ``"semiparametric"``: the
        number of units in the record varies as the fitted size says, the units are drawn from the record.
        ``"nonparametric"``: as many units as the record has are drawn from it.
    replicates : int
        Records drawn.
    seed : int
        Of the random numbers.
    progress : callable
        Told after each record: what, how many, of how many.

    Returns
    -------
    ndarray, shape (replicates,)
        Totals; infinite where a record gave no finite one.

    Source
    ------
    Norris and Pollock (1996), Environmental and Ecological Statistics 3, 235, doi 10.1007/BF00453012; Zwane and van der
    Heijden (2003), Statistics and Probability Letters 65, 121, doi 10.1016/S0167-7152(03)00241-3.
    """
    rng = np.random.default_rng(seed)
    draw = _parametric(fitted, rng) if kind == "parametric" else _from_record(fitted, rng, size_varies=kind[0] == "s")
    totals = np.empty(replicates)
    for b in range(replicates):
        totals[b] = _refitted(fitted, draw())
        progress("bootstrap of repeated counts", b + 1, replicates)
    return totals


def _from_record(fitted: Fitted, rng: np.random.Generator, *, size_varies: bool) -> Callable[[], Observations]:
    seen = fitted.seen
    n = round(seen.n_observed)
    n_total = n + total_of(fitted).n_unseen
    shares = seen.counts / seen.counts.sum()

    def draw() -> Observations:
        size = int(rng.binomial(round(n_total), n / n_total)) if size_varies else n
        counts = rng.multinomial(size, shares).astype(float)
        kept = counts > 0
        return replace(seen, captures=seen.captures[kept], counts=counts[kept], matrix=seen.matrix[kept])

    return draw


def _parametric(fitted: Fitted, rng: np.random.Generator) -> Callable[[], Observations]:
    """Populations by kind of unit, each captured under the fitted law; singletons the law is silent on stay."""
    seen, model = fitted.seen, fitted.likelihood.model
    stands = model.stands(seen.captures)
    kinds, kind = equal_rows(seen.matrix)
    odds = total_of(fitted).odds
    sizes = np.bincount(kind[stands], weights=(seen.counts * (1 + odds))[stands], minlength=len(kinds))
    chances = _chances(fitted, kinds)
    fixed = ~stands
    population = round(float(sizes.sum()))

    def draw() -> Observations:
        units = rng.multinomial(population, sizes / sizes.sum())
        drawn = np.stack([rng.multinomial(u, p) for u, p in zip(units, chances, strict=True)])[:, 1:]
        where, y = np.nonzero(drawn)
        return replace(
            seen,
            captures=np.concatenate([seen.captures[fixed], y + float(model.least)]),
            counts=np.concatenate([seen.counts[fixed], drawn[where, y].astype(float)]),
            matrix=np.concatenate([seen.matrix[fixed], kinds[where]]),
        )

    return draw


def _chances(fitted: Fitted, kinds: Array) -> Array:
    """Chances of each kind of unit to be unseen, and to be seen ``least``, ``least + 1``, ... times."""
    model = fitted.likelihood.model
    log_rate = np.log(fitted.rate)
    _, kind = equal_rows(fitted.seen.matrix)
    eta = np.empty(len(kinds))
    eta[kind] = log_rate
    last = 2 * int(fitted.seen.captures.max()) + 20
    while True:
        y = np.arange(model.least, last + 1, dtype=float)
        table = _log_chances(fitted, np.repeat(eta, y.size), np.tile(y, eta.size))
        seen, odds = table[0].reshape(eta.size, -1), np.exp(table[1].reshape(eta.size, -1)[:, 0])
        if last > _LONGEST_TAIL or (1 - np.exp(seen).sum(axis=1) < _TAIL).all():
            break
        last *= 4
    unseen = odds / (1 + odds)
    chances = np.column_stack([unseen, (1 - unseen)[:, None] * np.exp(seen)])
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _log_chances(fitted: Fitted, eta: Array, captures: Array) -> tuple[Array, Array]:
    model = fitted.likelihood.model
    shapes = np.broadcast_to(fitted.shapes[:, None], (fitted.shapes.size, eta.size))
    first, *rest = variables(np.vstack([eta, shapes]))
    law = len(model.law.shapes)
    rows = model.rows(first, tuple(rest[:law]), tuple(rest[law:]), captures)
    return rows.log_likelihood.value, rows.log_odds_unseen.value


def _refitted(fitted: Fitted, drawn: Observations) -> float:
    """Total of one drawn record, climbing from the fitted parameters; infinite when it has no finite one."""
    model = fitted.likelihood.model
    informing = model.informing(drawn.captures)
    if not (drawn.captures[informing] >= model.pinning).any():
        return math.inf
    if np.linalg.matrix_rank(drawn.matrix[informing]) < drawn.matrix.shape[1]:
        return math.inf
    likelihood = likelihood_of(model, drawn)
    k = likelihood.back.shape[0]
    start = fitted.peak.theta.copy()
    start[:k] = np.linalg.solve(likelihood.back, fitted.likelihood.back @ start[:k])
    peak = climb(likelihood, start)
    if not peak.settled or ("log(dispersion)", 1) in peak.ends:
        return math.inf
    unseen = np.exp(likelihood.rows(peak.theta).log_odds_unseen.value)
    stands = model.stands(drawn.captures)
    total = float(drawn.counts.sum() + (drawn.counts * unseen)[stands].sum())
    frequencies = np.bincount(drawn.captures.astype(np.int64), weights=drawn.counts)[1:]
    # The front door would refuse such a total, so it is none here either: some units' rates ran to zero.
    return (
        total if total <= carrying_limit(CaptureTable.from_frequencies(frequencies.astype(int).tolist())) else math.inf
    )


def with_bootstrap(fit: Fit, n_observed: int, totals: Array, kind: Kind, level: float) -> Fit:
    """A fit with its interval and error taken from bootstrap totals.

    Parameters
    ----------
    fit : Fit
        The analytic fit.
    n_observed : int
        Units in the record.
    totals : ndarray, shape (replicates,)
        As ``bootstrap_totals`` gives them.
    kind : str
        How they were drawn.
    level : float
        Of the percentile interval.

    Returns
    -------
    Fit
        With a percentile interval, and how many records gave no finite total among the diagnostics.

    Examples
    --------
    >>> made = with_bootstrap(Fit(n_unseen=5.0), 10, np.array([12.0, 14.0, 15.0, 17.0, 19.0]), "parametric", 0.5)
    >>> made.interval.lower, made.interval.upper
    (14.0, 17.0)
    """
    ordered = np.sort(totals)
    ends = [(1 - level) / 2 * (ordered.size - 1), (1 + level) / 2 * (ordered.size - 1)]
    lower, upper = (_at(ordered, end) for end in ends)
    lost = int(np.isinf(ordered).sum())
    if math.isinf(lower):
        raise UnanswerableError(
            Reason.TOO_WIDE,
            "Almost none of the drawn records gave a finite number: the data carry no range at all.",
            {"replicates": ordered.size, "replicates_without_total": lost},
        )
    diagnostics = {
        **fit.diagnostics,
        "replicates": float(ordered.size),
        "replicates_without_total": float(lost),
        "bootstrap_median": _at(ordered, (ordered.size - 1) / 2),
    }
    cautions = fit.cautions
    if lost:
        cautions = (
            *cautions,
            Caution("C-RECORDS-LOST", "Some drawn records gave no finite number; they count as an endless one."),
        )
    return replace(
        fit,
        standard_error=fit.standard_error if lost else float(np.std(ordered, ddof=1)),
        interval=Interval(max(lower, float(n_observed)), max(upper, float(n_observed)), level, f"bootstrap-{kind}"),
        diagnostics={k: v for k, v in diagnostics.items() if math.isfinite(v)},
        cautions=cautions,
    )


def _at(ordered: Array, position: float) -> float:
    """Value at a position of the sorted totals, by linear interpolation that survives infinite neighbours."""
    low, high = math.floor(position), math.ceil(position)
    if low == high or ordered[low] == ordered[high]:
        return float(ordered[low])
    return float(ordered[low] + (position - low) * (ordered[high] - ordered[low]))
