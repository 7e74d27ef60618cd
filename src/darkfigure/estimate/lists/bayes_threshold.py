"""Dependence between pairs of lists kept where its sign is nearly sure in a posterior distribution."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.lists.batched_fits import mask_of, over_subsets
from darkfigure.estimate.lists.hierarchical_choice import model_in_words
from darkfigure.estimate.lists.hierarchical_models import Model
from darkfigure.estimate.lists.list_dependence import ALIKE, labels_of
from darkfigure.estimate.lists.list_tables import cells_of, in_order, order_of_lists
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Reason

Array = NDArray[np.float64]

MOST_LISTS = 8
FEWEST_EFFECTIVE = 400
"""Effective draws below which the posterior is not known well enough to report."""

_DEGREES = 5.0
"""Of the t distribution the draws come from: tails heavier than those of the posterior keep the weights bounded."""

_SPREAD_OF_LISTS = 10.0
"""Prior standard deviation of the intercept and of single lists, around the mode: next to flat."""


def bayes_threshold(
    *, threshold: float = 0.05, prior_spread: float = 1.0, draws: int = 20_000, seed: int = 1
) -> Method:
    """How many units, if the pairs of lists whose dependence has a nearly sure sign depend?

    Parameters
    ----------
    threshold : float
        A pair is kept when the posterior probability of the less likely sign of its effect is at most this.
    prior_spread : float
        Prior standard deviation of the effect of a pair on the log scale; 1 says that two lists seldom share more than
        7 times, or less than a seventh of, the units they would by chance.
    draws : int
        From the posterior, at least 2,000.
    seed : int
        Of the draws.

    Returns
    -------
    Method
        To be given to ``estimate``.

    Raises
    ------
    EstimateError (E-EST-55)
        An option is impossible.

    Source
    ------
    The idea: Silverman (2020), Journal of the Royal Statistical Society A 183, 691, doi 10.1111/rssa.12505. Prior,
    sampler and default threshold are this library's own.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> 3900 < estimate(bayes_threshold(), table).n_total < 4300
    True
    """
    for name, wrong, allowed in (
        ("threshold", not 0 < threshold < 0.5, "a probability above 0 and below a half"),
        ("prior_spread", not 0 < prior_spread <= 10, "above 0, at most 10"),
        ("draws", draws < 2000, "2,000 or more"),
    ):
        if wrong:
            raise EstimateError(
                "E-EST-55",
                where=name,
                problem="the option is impossible",
                allowed=allowed,
                remedy="Leave the option out, or give it an allowed value.",
            )
    return Method(
        name="loglinear-bayes-threshold",
        question="How many units, if the pairs of lists whose dependence has a nearly sure sign depend?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            ALIKE,
            "Lists depend on each other in pairs only, and in those pairs whose effect has a nearly sure sign.",
        ),
        source="Silverman (2020), doi 10.1111/rssa.12505",
        needs="histories of three to eight lists",
        formula=(
            f"log mu(w) = a + sum_j b_j w_j + sum_ij c_ij w_i w_j, c_ij ~ N(0, {prior_spread:g}^2); pairs with "
            f"min(P(c_ij > 0), P(c_ij < 0)) <= {threshold:g} stay, then n_unseen ~ Poisson(exp(a)) under the posterior "
            "with these pairs"
        ),
        misleads=(
            "The prior pulls every dependence towards none, so strong dependence in a sparse table comes out too weak; "
            "and the range takes the kept pairs as known."
        ),
        fit=_Threshold(threshold, prior_spread, draws, seed).fit,
    )


@dataclass(frozen=True, slots=True)
class _Threshold:
    threshold: float
    prior_spread: float
    draws: int
    seed: int

    def fit(self, table: CaptureTable, level: float) -> Fit:
        counts, histories = cells_of(table, at_least=3, at_most=MOST_LISTS)
        order = order_of_lists(histories, counts)
        column = in_order(counts, order)
        t = len(order)
        rng = np.random.default_rng(self.seed)
        pairs = list(itertools.combinations(range(t), 2))
        first = _posterior(column, pairs, t, self.prior_spread, self.draws, rng)
        above = first.weights @ (first.effects[:, 1 + t :] > 0)
        unsure = np.minimum(above, 1 - above)
        kept = [pair for pair, p in zip(pairs, unsure, strict=True) if p <= self.threshold]
        second = _posterior(column, kept, t, self.prior_spread, self.draws, rng)
        unseen = rng.poisson(np.exp(np.minimum(second.effects[:, 0], 40.0))).astype(np.float64)
        low, middle, high = _weighted_quantiles(unseen, second.weights, [(1 - level) / 2, 0.5, (1 + level) / 2])
        spread = math.sqrt(float(second.weights @ (unseen - second.weights @ unseen) ** 2))
        terms: Model = tuple(sorted(tuple(sorted((order[i], order[j]))) for i, j in kept))
        labels = labels_of(table)
        names = {
            ":".join(labels[k] for k in sorted((order[i], order[j]))): float(p)
            for (i, j), p in zip(pairs, unsure, strict=True)
        }
        return Fit(
            n_unseen=middle,
            standard_error=spread,
            interval=Interval(table.n_observed + low, table.n_observed + high, level, "posterior, kept pairs known"),
            parameters={"intercept": float(second.weights @ second.effects[:, 0])},
            diagnostics={
                "effective_draws": min(first.effective, second.effective),
                "pairs_kept": float(len(kept)),
                **{f"sign_unsure {name}": p for name, p in sorted(names.items())},
            },
            cautions=(
                Caution(
                    "C-MODEL-CHOSEN",
                    f"The model ({model_in_words(table, terms)}) was chosen by the same data; the range is conditional "
                    "on it and leaves the choice out.",
                ),
            ),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Posterior:
    effects: Array
    weights: Array
    effective: float


def _posterior(
    column: Array, pairs: list[tuple[int, int]], n_lists: int, prior_spread: float, draws: int, rng: np.random.Generator
) -> _Posterior:
    """Weighted draws of intercept, lists and pairs, by importance sampling from a t distribution at the mode."""
    masks = [0, *(mask_of((i,), n_lists) for i in range(n_lists)), *(mask_of(p, n_lists) for p in pairs)]
    cells = np.arange(1, 1 << n_lists)
    design = np.column_stack([(cells & m) == m for m in masks]).astype(np.float64)
    seen = column[1:]
    centre = np.zeros(len(masks))
    totals = design.T @ seen
    # Single lists have a prior around what independent lists would show, so that it is flat where it matters.
    centre[0] = math.log(seen.sum())
    centre[1 : 1 + n_lists] = np.log((totals[1 : 1 + n_lists] + 0.5) / (seen.sum() + 1))
    precision = np.full(len(masks), 1 / prior_spread**2)
    precision[: 1 + n_lists] = 1 / _SPREAD_OF_LISTS**2
    mode, information = _mode(design, totals, centre, precision)
    factor = np.linalg.cholesky(information)
    normal = rng.standard_normal((draws, len(masks)))
    stretch = np.sqrt(_DEGREES / rng.chisquare(_DEGREES, draws))
    away = scipy.linalg.solve_triangular(factor.T, normal.T, lower=False).T * stretch[:, None]
    effects = mode + away
    means = np.exp(np.minimum(_log_means(effects, masks, n_lists), 60.0)).sum(axis=1)
    log_target = effects @ totals - means - 0.5 * ((effects - centre) ** 2) @ precision
    distance = (normal**2).sum(axis=1) * stretch**2
    log_proposal = -0.5 * (_DEGREES + len(masks)) * np.log1p(distance / _DEGREES)
    weights = scipy.special.softmax(log_target - log_proposal)
    effective = float(1 / (weights**2).sum())
    if effective < FEWEST_EFFECTIVE:
        raise UnanswerableError(
            Reason.NOT_CONVERGED,
            "Too few of the draws count for the posterior to be known: it is far from the shape they come from. More "
            "draws, fewer lists or a narrower prior would be needed.",
            {"effective_draws": effective},
        )
    return _Posterior(effects, weights, effective)


def _log_means(effects: Array, masks: list[int], n_lists: int) -> Array:
    full = np.zeros((1 << n_lists, len(effects)))
    full[masks] = effects.T
    spread: Array = over_subsets(full, n_lists)[1:].T
    return spread


def _mode(design: Array, totals: Array, centre: Array, precision: Array) -> tuple[Array, Array]:
    """Highest point of the log posterior, which is concave, and the information there."""
    effects: Array = centre.copy()
    value = -math.inf
    step: Array = np.zeros_like(effects)
    for _ in range(200):
        means = np.exp(np.minimum(design @ effects, 60.0))
        after = float(effects @ totals - means.sum() - 0.5 * precision @ (effects - centre) ** 2)
        if after < value - 1e-9 * (1 + abs(value)):
            step /= 2
            effects -= step
            continue
        value = after
        information = design.T @ (means[:, None] * design) + np.diag(precision)
        gradient = totals - design.T @ means - precision * (effects - centre)
        step[:] = np.linalg.solve(information, gradient)
        effects += step
        if gradient @ step < 1e-12:
            break
    means = np.exp(np.minimum(design @ effects, 60.0))
    return effects, design.T @ (means[:, None] * design) + np.diag(precision)


def _weighted_quantiles(values: Array, weights: Array, at: list[float]) -> tuple[float, ...]:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(reached, np.array(at) * reached[-1]), len(values) - 1)
    return tuple(float(values[order[i]]) for i in places)


METHODS = (bayes_threshold(),)
