"""The latent-class model of capture histories: density, slope, curvature, and one sweep of the plain Gibbs sampler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FARTHEST = 30.0
"""Logits are kept within this: a chance of 1e-13 or its complement, beyond what any table can show."""
_SMALLEST_CHANCE = 1e-9
"""Of being seen at all: keeps a draw of the number missing within whole numbers; such draws are refused later."""
_MOST_CELLS = 48
"""Cells, the largest first, whose curvature the metric holds; any metric is valid, so this only sets the speed."""


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a set of chains is.

    Parameters
    ----------
    position : ndarray, shape (chains, classes * lists + classes - 1)
        Logits of the chance of being on each list for each class, class by class; then logits of the sticks.
    alpha : ndarray, shape (chains,)
        Concentration of the stick-breaking prior.
    """

    position: Array
    alpha: Array


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """The model at one position of each chain.

    Parameters
    ----------
    log_density : ndarray, shape (chains,)
        Of the position given ``alpha``, up to a constant.
    gradient : ndarray, shape of the position
        Its derivative.
    unseen_chance : ndarray, shape (chains,)
        Chance that no list holds a unit.
    """

    log_density: Array
    gradient: Array
    unseen_chance: Array


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Curvature at one position of each chain, ``M = diag(d) + U U'``, with what is needed to apply its inverse.

    Parameters
    ----------
    diagonal : ndarray, shape of the position
        ``d``.
    factor : ndarray, shape (chains, coordinates, cells)
        ``U``.
    inverse_factor : ndarray, shape (chains, coordinates, cells)
        ``P`` with ``M^-1 = diag(1 / d) - P P'``.
    """

    diagonal: Array
    factor: Array
    inverse_factor: Array

    def velocity(self, momentum: Array) -> Array:
        """``M^-1`` times a momentum."""
        inner = np.matmul(momentum[:, None, :], self.inverse_factor)
        return np.asarray(momentum / self.diagonal - np.matmul(self.inverse_factor, inner.transpose(0, 2, 1))[:, :, 0])

    def momentum(self, rng: np.random.Generator) -> Array:
        """A normal draw with covariance ``M``."""
        noise = rng.standard_normal((len(self.diagonal), self.factor.shape[2], 1))
        own = np.sqrt(self.diagonal) * rng.standard_normal(self.diagonal.shape)
        return np.asarray(own + np.matmul(self.factor, noise)[:, :, 0])


class LatentClassModel:
    """Capture histories as a mixture of classes with independent lists, cut off at a number of classes.

    Parameters
    ----------
    histories : ndarray, shape (cells, lists)
        Distinct histories that some unit has.
    counts : ndarray, shape (cells,)
        Units in each.
    classes : int
        ``K``.
    a_alpha, b_alpha : float
        Shape and rate of the gamma prior of the concentration.

    Notes
    -----
    With the prior ``1 / N`` the number missing integrates out: the density of the chances and weights is their prior
    times ``prod_c p_c^{n_c} / (1 - p_0)^n``, and given them the number missing is negative binomial with size ``n`` and
    chance ``1 - p_0``.

    Examples
    --------
    >>> model = LatentClassModel(np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([30.0, 20, 10]), classes=1,
    ...     a_alpha=0.25, b_alpha=0.25)
    >>> bool(np.isclose(model.slope(State(np.zeros((1, 2)), np.ones(1))).unseen_chance[0], 0.25))
    True
    """

    def __init__(self, histories: Array, counts: Array, *, classes: int, a_alpha: float, b_alpha: float) -> None:
        self.cells = np.vstack([histories, np.zeros(histories.shape[1])])
        self.counts = counts.astype(np.float64)
        self.n_observed = float(counts.sum())
        self.classes, self.lists = classes, histories.shape[1]
        self.a_alpha, self.b_alpha = a_alpha, b_alpha
        self._columns = np.ascontiguousarray(self.cells.T)
        self._with_total = np.column_stack([self.cells, np.ones(len(self.cells))])
        self._each_class = np.ones((1, 1, classes))
        self._each_list = np.ones(self.lists)
        self._prior_weight = np.repeat([2.0, 1.0], [classes * self.lists, classes - 1])
        self._whole = np.rint(counts).astype(np.int64)
        self._large = np.sort(np.argsort(-counts, kind="stable")[:_MOST_CELLS])

    def _parts(self, position: Array) -> tuple[Array, Array, Array, Array]:
        """Chances, log complements of the chances, log weights of classes, chance of each class and cell."""
        chains, split = len(position), self.classes * self.lists
        odds = np.exp(np.clip(position, -FARTHEST, FARTHEST))
        above = 1.0 + odds
        away = -np.log(above)
        log_weight = np.zeros((chains, self.classes))
        log_weight[:, :-1] = position[:, split:] + away[:, split:]
        log_weight[:, 1:] += np.cumsum(away[:, split:], axis=1)
        start = log_weight + (away[:, :split].reshape(-1, self.lists) @ self._each_list).reshape(chains, -1)
        cells = (position[:, :split].reshape(-1, self.lists) @ self._columns).reshape(chains, self.classes, -1)
        cells += start[:, :, None]
        np.exp(cells, out=cells)
        odds /= above
        return odds, away, log_weight, cells

    def _totals(self, cells: Array) -> Array:
        """Chance of each cell over all classes; a product with ones is faster than a sum."""
        return np.asarray(np.matmul(self._each_class, cells)[:, 0, :])

    def slope(self, state: State) -> Slope:
        """Log density and its derivative."""
        position, alpha = state.position, state.alpha
        chains, split = len(position), self.classes * self.lists
        chance, away, _, cells = self._parts(position)
        p = self._totals(cells)
        unseen = p[:, -1]
        value = np.log(p[:, :-1]) @ self.counts - self.n_observed * np.log1p(-unseen)
        value += away @ self._prior_weight + position.sum(axis=1) + alpha * away[:, split:].sum(axis=1)
        share = np.empty_like(p)
        np.divide(self.counts, p[:, :-1], out=share[:, :-1])
        share[:, -1] = self.n_observed / (1 - unseen)
        cells *= share[:, None, :]
        # Expected captures of each class on each list, and expected units of each class, the unseen included.
        expected = (cells.reshape(chains * self.classes, -1) @ self._with_total).reshape(chains, self.classes, -1)
        units = expected[:, :, -1]
        gradient = np.empty_like(position)
        by_list = chance[:, :split].reshape(chains, self.classes, self.lists)
        pull = by_list * (units + 2)[:, :, None]
        np.subtract(expected[:, :, :-1], pull, out=pull)
        pull += 1
        gradient[:, :split] = pull.reshape(chains, -1)
        later = np.cumsum(units[:, ::-1], axis=1)[:, ::-1]
        gradient[:, split:] = units[:, :-1] + 1 - chance[:, split:] * (later[:, :-1] + 1 + alpha[:, None])
        return Slope(value, gradient, unseen)

    def metric(self, state: State, own_share: float) -> Metric:
        """Expected curvature of the observed cells, plus that of the priors and a share of the complete data's."""
        position = state.position
        chains, split = len(position), self.classes * self.lists
        chance, _, _, cells = self._parts(position)
        p = self._totals(cells)
        seen = 1 - p[:, -1:]
        belong = cells / p[:, None, :]
        by_list = chance[:, :split].reshape(chains, self.classes, self.lists)
        stick = chance[:, split:]
        chosen = np.append(self._large, len(self.counts))
        part, columns = belong[:, :, chosen], self._columns[:, chosen]
        slope = np.empty((chains, position.shape[1], len(chosen)))
        slope[:, :split] = (part[:, :, None, :] * (columns - by_list[:, :, :, None])).reshape(chains, split, -1)
        later = np.cumsum(part[:, ::-1], axis=1)[:, ::-1]
        slope[:, split:] = part[:, :-1] - stick[:, :, None] * later[:, :-1]
        factor = slope[:, :, :-1] + (p[:, -1:] / seen)[:, :, None] * slope[:, :, -1:]
        factor *= np.sqrt(self.n_observed * p[:, self._large] / seen)[:, None, :]
        units = (belong[:, :, :-1] @ self.counts) + belong[:, :, -1] * (self.n_observed * p[:, -1:] / seen)
        diagonal = np.empty_like(position)
        diagonal[:, :split] = np.repeat(0.4 + own_share * 0.15 * units, self.lists, axis=1)
        after = np.cumsum(units[:, ::-1], axis=1)[:, ::-1][:, :-1]
        diagonal[:, split:] = 0.1 + stick * (1 - stick) * (own_share * after + 1 + state.alpha[:, None])
        scaled = factor / diagonal[:, :, None]
        inner = factor.transpose(0, 2, 1) @ scaled
        inner[:, np.arange(inner.shape[1]), np.arange(inner.shape[1])] += 1
        return Metric(diagonal, factor, scaled @ np.linalg.cholesky(np.linalg.inv(inner)))

    def renew_alpha(self, position: Array, rng: np.random.Generator) -> Array:
        """Draw the concentration given the sticks."""
        sticks = position[:, self.classes * self.lists :]
        fallen = np.log1p(np.exp(np.minimum(sticks, FARTHEST))).sum(axis=1)
        return np.asarray(rng.gamma(self.a_alpha + self.classes - 1, 1 / (self.b_alpha + fallen)))

    def draw_missing(self, unseen_chance: Array, rng: np.random.Generator) -> Array:
        """Draw the number missing given the chance that no list holds a unit."""
        seen = np.maximum(1 - unseen_chance, _SMALLEST_CHANCE)
        return np.asarray(rng.negative_binomial(self.n_observed, seen), dtype=np.float64)

    def gibbs(self, state: State, rng: np.random.Generator) -> tuple[State, Array]:
        """One sweep of the plain Gibbs sampler on cell counts: classes of all units, chances, sticks, concentration.

        Returns
        -------
        State, ndarray
            The new state, and the number missing drawn on the way.
        """
        chains = len(state.position)
        _, _, _, cells = self._parts(state.position)
        p = self._totals(cells)
        missing = self.draw_missing(p[:, -1], rng)
        units = np.empty((chains, p.shape[1]), dtype=np.int64)
        units[:, :-1], units[:, -1] = self._whole, missing
        cells /= p[:, None, :]
        classes = rng.multinomial(units, np.ascontiguousarray(cells.transpose(0, 2, 1)))
        counted = classes.transpose(0, 2, 1).astype(np.float64) @ self._with_total
        size, captures = counted[:, :, -1], counted[:, :, :-1]
        position = np.empty_like(state.position)
        split = self.classes * self.lists
        caught = rng.standard_gamma(1 + captures)
        not_caught = rng.standard_gamma(1 + size[:, :, None] - captures)
        position[:, :split] = _log_ratio(caught, not_caught).reshape(chains, -1)
        after = np.cumsum(size[:, ::-1], axis=1)[:, ::-1][:, 1:]
        broken, left = rng.standard_gamma(1 + size[:, :-1]), rng.standard_gamma(state.alpha[:, None] + after)
        position[:, split:] = _log_ratio(broken, left)
        return State(position, self.renew_alpha(position, rng)), missing


def _log_ratio(top: Array, bottom: Array) -> Array:
    smallest = np.finfo(np.float64).tiny
    logit = np.log(np.maximum(top, smallest)) - np.log(np.maximum(bottom, smallest))
    return np.asarray(np.clip(logit, -FARTHEST, FARTHEST))
