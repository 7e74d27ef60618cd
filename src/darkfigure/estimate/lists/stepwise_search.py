"""The stepwise choice of dependence between lists, for many tables at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.lists.batched_fits import NO_TERM, BatchedFits, Masks, fit_batch, fitted_totals, mask_of
from darkfigure.estimate.lists.hierarchical_models import Model
from darkfigure.estimate.lists.model_checks import ModelChecks

Array = NDArray[np.float64]

ENTRY_THRESHOLD = 0.02
"""Largest Poisson tail probability at which the search lets a term in."""


@dataclass(frozen=True, slots=True, eq=False)
class ManyChoices:
    """The model chosen for each of many tables, and what it says of the unseen.

    Parameters
    ----------
    n_unseen : ndarray, shape (tables,)
        Not a number where no model could be fitted.
    log_variance : ndarray, shape (tables,)
        Variance of the logarithm of ``n_unseen``, given the model.
    chosen : tuple of int, one for each table
        The model as a place in ``models``; -1 where none could be fitted.
    models : tuple of tuple of tuple of int
        Every model that was chosen for some table.

    Examples
    --------
    >>> counts = np.array([[0.0], [400], [400], [80], [400], [80], [600], [120]])
    >>> choices = stepwise_choices(counts, n_lists=3)
    >>> choices.models[choices.chosen[0]]
    ((0, 1),)
    """

    n_unseen: Array
    log_variance: Array
    chosen: tuple[int, ...]
    models: tuple[Model, ...]

    @property
    def fitted(self) -> NDArray[np.bool_]:
        """Which tables have a model, shape (tables,)."""
        return np.array([c >= 0 for c in self.chosen], dtype=bool)


def stepwise_choices(
    counts: Array,
    *,
    n_lists: int,
    threshold: float = ENTRY_THRESHOLD,
    order: int = 2,
    checks: ModelChecks | None = None,
) -> ManyChoices:
    """Which lists overlap more or less than the others explain, on each of many tables?

    Parameters
    ----------
    counts : ndarray, shape (2^t, tables)
        Units with each history, in the order of binary numbers; row 0 is not read.
    n_lists : int
        ``t``.
    threshold : float
        Largest tail probability that lets a term in.
    order : int
        Most lists in one term; a term enters only after all smaller terms inside it.
    checks : ModelChecks, optional
        To share what is known of models between calls.

    Returns
    -------
    ManyChoices
        Of all tables; those on which independent lists have no best value stay without a model.

    Notes
    -----
    From independent lists on: for each term ``S`` that could enter, the Poisson tail probability of its observed total
    ``N*_S`` (units in all lists of S) given the fitted ``mu*_S``, the smaller tail. The smallest enters while it is
    below the threshold and the larger model has one best value; a term that fails the checks is passed over.

    Source
    ------
    Chan, Silverman and Vincent (2021), section 3.2, doi 10.1080/01621459.2019.1708748.

    Examples
    --------
    >>> counts = np.array([[0.0, 0], [400, 400], [400, 400], [80, 80], [400, 400], [80, 80], [600, 80], [120, 16]])
    >>> choices = stepwise_choices(counts, n_lists=3)
    >>> [choices.models[c] for c in choices.chosen]
    [((0, 1),), ()]
    >>> np.round(choices.n_unseen).tolist()
    [2000.0, 2000.0]
    """
    search = _Search(counts, n_lists, threshold, order, checks or ModelChecks(n_lists))
    active = search.begin()
    while len(active):
        active = search.extend(active)
    return search.answer()


class _Search:
    def __init__(self, counts: Array, n_lists: int, threshold: float, order: int, checks: ModelChecks) -> None:
        self._counts, self._t, self._threshold, self._checks = counts, n_lists, threshold, checks
        most = min(order, n_lists - 1)
        self._terms = [s for k in range(2, most + 1) for s in itertools.combinations(range(n_lists), k)]
        place = {term: i for i, term in enumerate(self._terms)}
        self._inner = [
            [place[p] for p in itertools.combinations(s, len(s) - 1)] if len(s) > 2 else [] for s in self._terms
        ]
        self._masks = np.array([mask_of(s, n_lists) for s in self._terms], dtype=np.int64)
        self._base = np.array([0, *(mask_of((i,), n_lists) for i in range(n_lists))], dtype=np.int64)
        inside = (np.arange(1 << n_lists)[None, :] & self._masks[:, None]) == self._masks[:, None]
        self._seen = inside[:, 1:].astype(np.float64) @ counts[1:]
        tables = counts.shape[1]
        self._member = np.zeros((len(self._terms), tables), dtype=bool)
        self._effects = np.zeros_like(counts)
        self._log_variance = np.full(tables, np.nan)
        self._fitted = np.zeros(tables, dtype=bool)

    def begin(self) -> Masks:
        """Fit independent lists to every table."""
        every = np.arange(self._counts.shape[1])
        accepted = self._try(every, self._member, start=None)
        self._fitted[every[accepted]] = True
        return every[accepted]

    def extend(self, active: Masks) -> Masks:
        """Let one more term into the model of each table; the tables that took one."""
        tails = self._tails(active)
        took = []
        waiting = np.arange(len(active))
        while len(waiting):
            best = tails[:, waiting].argmin(axis=0)
            enters = tails[best, waiting] < self._threshold
            waiting, best = waiting[enters], best[enters]
            if not len(waiting):
                break
            trial = self._member[:, active[waiting]].copy()
            trial[best, np.arange(len(waiting))] = True
            accepted = self._try(active[waiting], trial, start=self._effects[:, active[waiting]])
            took.append(active[waiting[accepted]])
            tails[best[~accepted], waiting[~accepted]] = np.inf
            waiting = waiting[~accepted]
        return np.sort(np.concatenate(took)) if took else np.zeros(0, dtype=np.int64)

    def _try(self, tables: Masks, member: NDArray[np.bool_], start: Array | None) -> NDArray[np.bool_]:
        """Fit one model to each table; keep those that have one best value, and tell which."""
        counts = self._counts[:, tables]
        columns = np.broadcast_to(self._base[:, None], (len(self._base), len(tables)))
        terms = np.vstack([columns, np.where(member, self._masks[:, None], NO_TERM)])
        fits: BatchedFits = fit_batch(counts, terms, n_lists=self._t, start=start)
        good = self._checks.passes(counts, terms, fits)
        self._effects[:, tables[good]] = fits.effects[:, good]
        self._log_variance[tables[good]] = fits.log_variance[good]
        self._member[:, tables[good]] = member[:, good]
        return good

    def _tails(self, active: Masks) -> Array:
        """Smaller Poisson tail of each term's observed total, (terms, tables); infinite where it may not enter."""
        member = self._member[:, active]
        expected = fitted_totals(self._effects[:, active], self._t)[self._masks]
        seen = self._seen[:, active]
        upper = np.where(seen > 0, scipy.special.pdtrc(np.maximum(seen - 1, 0), expected), 1.0)
        tails: Array = np.minimum(scipy.special.pdtr(seen, expected), upper)
        tails[expected <= 0] = 1.0
        for i, inner in enumerate(self._inner):
            tails[i, member[i] | ~member[inner].all(axis=0)] = np.inf
        return tails

    def answer(self) -> ManyChoices:
        packed = [tuple(np.flatnonzero(column)) for column in self._member.T]
        models = sorted({key for key, fitted in zip(packed, self._fitted, strict=True) if fitted})
        place = {key: i for i, key in enumerate(models)}
        with np.errstate(over="ignore"):
            unseen = np.where(self._fitted, np.exp(self._effects[0]), np.nan)
        return ManyChoices(
            n_unseen=unseen,
            log_variance=self._log_variance,
            chosen=tuple(place[key] if f else -1 for key, f in zip(packed, self._fitted, strict=True)),
            models=tuple(tuple(self._terms[i] for i in key) for key in models),
        )
