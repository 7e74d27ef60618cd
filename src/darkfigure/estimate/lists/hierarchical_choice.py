"""The log-linear model that an information criterion prefers among all hierarchical ones."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lists.batched_fits import NO_TERM, Masks, fit_batch
from darkfigure.estimate.lists.hierarchical_models import Model, largest_terms, models_in_masks, models_of_size
from darkfigure.estimate.lists.list_dependence import fit_terms, labels_of
from darkfigure.estimate.lists.list_tables import cells_of, in_given_order, in_order, order_of_lists
from darkfigure.estimate.lists.model_checks import ModelChecks
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Array = NDArray[np.float64]

MOST_LISTS = 12
MOST_WORK = 2**22
"""Models times cells after which the search stops and says so: all models of five lists, 65,536 of six."""

CLOSE = 2.0
"""Models no further behind in the criterion are hardly worse than the best: Raftery (1995), doi 10.2307/271063."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredModel:
    """A model that has a best value, and how good it is beside the others.

    Parameters
    ----------
    terms : tuple of tuple of int
        Sets of two or more lists with a term of their own; lists counted from 0.
    behind : float
        Its Bayesian information criterion minus that of the best model.
    n_unseen : float
        Its number of unseen units.

    Examples
    --------
    >>> ScoredModel(terms=((0, 1),), behind=0.0, n_unseen=120.0).terms
    ((0, 1),)
    """

    terms: Model
    behind: float
    n_unseen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Models in the order of the criterion, and how far the search went.

    Parameters
    ----------
    models : tuple of ScoredModel
        The best first; at least one.
    scored : int
        Models fitted. Models with more terms than these could not have a smaller criterion, whatever their fit.
    most_terms : int
        Terms of two or more lists in the largest models fitted.
    complete : bool
        Whether the search came to its end; if not, models with more terms may be better.

    Examples
    --------
    >>> Ranking(models=(), scored=8, most_terms=3, complete=True).scored
    8
    """

    models: tuple[ScoredModel, ...]
    scored: int
    most_terms: int
    complete: bool


def rank_models(
    counts: Array,
    *,
    n_lists: int,
    within: float = CLOSE,
    keep: int = 1,
    order: int | None = None,
    checks: ModelChecks | None = None,
) -> Ranking:
    """Which hierarchical model has the smallest Bayesian information criterion, and which come close?

    Parameters
    ----------
    counts : ndarray, shape (2^t,)
        Units with each history, in the order of binary numbers; entry 0 is not read.
    n_lists : int
        ``t``.
    within : float
        How far behind the best a model may be.
    keep : int
        At least so many models, however far behind.
    order : int, optional
        Most lists in one term; ``t - 1`` when left out.
    checks : ModelChecks, optional
        To share what is known of models between calls.

    Returns
    -------
    Ranking
        Of the models that have one best value.

    Raises
    ------
    UnanswerableError
        Reason ``does-not-exist`` when no model has a best value.

    Notes
    -----
    ``BIC = p log n - 2 log L``, with ``n`` the units seen and ``p`` the number of terms; a term that no unit is in
    counts. Models are made and fitted by number of terms, fewest first. No model fits better than the largest one, so
    once ``p log n`` plus its deviance exceeds the criterion of the last model wanted, no larger model can enter and the
    search ends: exact, without fitting most models. It stops short after ``MOST_WORK`` models times cells. Ties go to
    fewer unseen units, so that the order of the lists does not matter.

    Source
    ------
    Schwarz (1978), Annals of Statistics 6, 461, doi 10.1214/aos/1176344136; Silverman, Chan and Vincent (2024), doi
    10.1007/s11222-023-10346-9.

    Examples
    --------
    >>> ranking = rank_models(np.array([0.0, 400, 400, 80, 400, 80, 600, 120]), n_lists=3)
    >>> ranking.models[0].terms, round(ranking.models[0].n_unseen)
    (((0, 1),), 2000)
    """
    search = _Search(counts, n_lists, order, checks or ModelChecks(n_lists), within, keep, MOST_WORK)
    return search.run().ranking(within, keep)


SHARED_KEEP = 100
"""Models that a shared search keeps: as many as ``bic_choice`` lets every resample choose among."""
_TABLES = 4
"""Tables whose search is remembered."""


def rank_once(counts: Array, *, n_lists: int, keep: int = 1, order: int | None = None) -> Ranking:
    """The same as ``rank_models``, searched once for all methods that ask about one table.

    The search of the last few tables is remembered by their counts and the order of terms, so that a method that
    reports the chosen model and one that repeats the choice do not both search.

    Parameters
    ----------
    counts : ndarray, shape (2^t,)
        As in ``rank_models``; the lists in an order of their own, see ``order_of_lists``.
    n_lists : int
        ``t``.
    keep : int
        At least so many models; the search is shared for 1 and for ``SHARED_KEEP``.
    order : int, optional
        Most lists in one term.

    Returns
    -------
    Ranking
        Of the models that have one best value.

    Raises
    ------
    UnanswerableError
        Reason ``does-not-exist`` when no model has a best value.

    Examples
    --------
    >>> rank_once(np.array([0.0, 400, 400, 80, 400, 80, 600, 120]), n_lists=3).models[0].terms
    ((0, 1),)
    """
    if keep not in (1, SHARED_KEEP):
        return rank_models(counts, n_lists=n_lists, keep=keep, order=order)
    column = np.ascontiguousarray(counts, dtype=np.float64)
    return _searched(column.tobytes(), n_lists, order, MOST_WORK).ranking(CLOSE, keep)


@functools.lru_cache(maxsize=_TABLES)
def _searched(counts: bytes, n_lists: int, order: int | None, work: int) -> _Searched:
    column = np.frombuffer(counts, dtype=np.float64)
    return _Search(column, n_lists, order, ModelChecks(n_lists), CLOSE, SHARED_KEEP, work).run()


def forget_searches() -> None:
    """Let the next choice search anew; for measuring what a search takes.

    Examples
    --------
    >>> forget_searches()
    """
    _searched.cache_clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Searched:
    """What a search for many models found, from which the answer of a search for fewer can be read.

    Models are scored by number of terms, so a search for fewer models scores the same ones up to where it ends.
    """

    found: tuple[tuple[float, float, Model], ...]
    """Criterion, unseen units and terms, the best first."""
    least: tuple[float, ...]
    """Best criterion before the models of each size, from none on, were scored."""
    scored_before: tuple[int, ...]
    """Models scored by then."""
    scored: int
    """Models scored in all."""
    cheapest: tuple[float, ...]
    """Criterion that no model of that size or larger can fall below."""
    complete: bool

    def ranking(self, within: float, keep: int) -> Ranking:
        """What a search with the same options, or the one for a single model (``keep`` 1), would have answered."""
        if not self.found:
            raise UnanswerableError(
                Reason.DOES_NOT_EXIST,
                "No log-linear model of these lists has a best value: too many overlaps are empty.",
            )
        best = self.found[0][0]
        last = self.found[keep - 1][0] if len(self.found) >= keep else math.inf
        kept = [f for f in self.found if f[0] <= max(best + within, last) + 1e-9]
        size, scored, complete = len(self.least) - 1, self.scored, self.complete
        for k, (cheapest, least) in enumerate(zip(self.cheapest, self.least, strict=True)):
            if keep == 1 and cheapest > least + within + 1e-9:
                size, scored, complete = k, self.scored_before[k], True
                break
        return Ranking(
            models=tuple(ScoredModel(terms=m, behind=c - best, n_unseen=u) for c, u, m in kept),
            scored=scored,
            most_terms=size - 1,
            complete=complete,
        )


class _Search:
    def __init__(
        self,
        counts: Array,
        n_lists: int,
        order: int | None,
        checks: ModelChecks,
        within: float,
        keep: int,
        work: int,
    ) -> None:
        self._column, self._t, self._order, self._checks = counts[:, None], n_lists, order, checks
        self._within, self._keep, self._work = within, keep, work
        self._log_n = math.log(counts[1:].sum())
        self._start = fit_batch(self._column, models_in_masks([()], n_lists), n_lists=n_lists).effects
        self._found: list[tuple[float, float, Model]] = []
        self.scored = 0

    def run(self) -> _Searched:
        floor, size, complete = lowest_deviance(self._column, self._t, self._order)[0], 0, True
        least: list[float] = []
        scored: list[int] = []
        while (1 + self._t + size) * self._log_n + floor <= self._bound() and complete:
            least.append(self._least())
            scored.append(self.scored)
            any_model = False
            for chunk in chunks_of(models_of_size(self._t, size, order=self._order), self._t):
                any_model = True
                if (self.scored + len(chunk)) << self._t > self._work and self.scored:
                    complete = False
                    break
                self._score(chunk)
            if not any_model:
                break
            size += complete
        if len(least) == size:
            least.append(self._least())
            scored.append(self.scored)
        return _Searched(
            found=tuple(self._found),
            least=tuple(least),
            scored_before=tuple(scored),
            scored=self.scored,
            cheapest=tuple((1 + self._t + k) * self._log_n + floor for k in range(size + 1)),
            complete=complete,
        )

    def _least(self) -> float:
        return self._found[0][0] if self._found else math.inf

    def _bound(self) -> float:
        """Criterion above which a model is of no interest."""
        if not self._found:
            return math.inf
        last = self._found[self._keep - 1][0] if len(self._found) >= self._keep else math.inf
        return max(self._found[0][0] + self._within, last) + 1e-9

    def _score(self, models: list[Model]) -> None:
        terms = models_in_masks(models, self._t)
        most = self._bound() - (terms != NO_TERM).sum(axis=0) * self._log_n
        start = np.broadcast_to(self._start, (len(self._start), len(models)))
        fits = fit_batch(self._column, terms, n_lists=self._t, start=start, most_deviance=most)
        criterion = fits.deviance + fits.n_parameters * self._log_n
        self.scored += len(models)
        for sure in (True, False):
            wanted = np.flatnonzero((fits.proved == sure) & (criterion <= self._bound()))
            for i in wanted:
                if sure or all(self._checks.verdict(self._column[:, 0], _masks(terms, int(i)))):
                    self._found.append((float(criterion[i]), float(fits.n_unseen[i]), models[i]))
            self._found.sort(key=lambda f: (round(f[0], 6), round(math.log(max(f[1], 1e-300)), 6)))
            bound = self._bound()
            self._found = [f for f in self._found if f[0] <= bound]


def _masks(terms: Masks, i: int) -> list[int]:
    return [int(m) for m in terms[:, i] if m != NO_TERM]


def chunks_of(models: Iterator[Model], n_lists: int) -> Iterator[list[Model]]:
    """Models in lists that fit the memory well.

    Examples
    --------
    >>> [len(c) for c in chunks_of(iter([((0, 1),)] * 5000), 5)]
    [4096, 904]
    """
    size = max(16, 2**17 >> n_lists)
    while chunk := list(itertools.islice(models, size)):
        yield chunk


def lowest_deviance(counts: Array, n_lists: int, order: int | None) -> Array:
    """How well does the largest model fit each table? No smaller model has a smaller deviance.

    Parameters
    ----------
    counts : ndarray, shape (2^t, tables)
        Units with each history.
    n_lists : int
        ``t``.
    order : int or None
        Most lists in one term.

    Returns
    -------
    ndarray, shape (tables,)
        A bound from below: 0 where the fit of the largest model did not come to its end.

    Examples
    --------
    >>> lowest_deviance(np.array([[0.0], [4], [3], [2]]), 2, None).tolist()
    [0.0]
    """
    t = n_lists
    if order is None or order >= t - 1:
        return np.zeros(counts.shape[1])
    largest = [s for k in range(2, order + 1) for s in itertools.combinations(range(t), k)]
    fits = fit_batch(counts, models_in_masks([tuple(largest)], t), n_lists=t)
    return np.where(fits.settled, np.maximum(fits.deviance - 1e-6, 0.0), 0.0)


def fit_best(table: CaptureTable, level: float, *, order: int | None = None) -> Fit:
    """How many units, if the lists depend on each other in the way these data speak for most?

    Misleads because the choice and the number come from the same data: models hardly worse can give a very different
    number (``diagnostics`` holds their lowest and highest), and the range is conditional on the one chosen. Nearest
    alternatives: ``loglinear-bic-bca``, whose range repeats the choice, and ``loglinear-pairs``, which chooses nothing.

    Parameters
    ----------
    table : CaptureTable
        Histories of three to twelve lists.
    level : float
        Of the interval.
    order : int, optional
        Most lists in one term.

    Returns
    -------
    Fit
        Of the chosen model; a caution names it, another says when the search stopped short.

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``wrong-table``, ``no-overlap``, ``boundary`` or ``does-not-exist``.

    Source
    ------
    Silverman, Chan and Vincent (2024), Statistics and Computing 34, 44, doi 10.1007/s11222-023-10346-9; criterion:
    Schwarz (1978), Annals of Statistics 6, 461, doi 10.1214/aos/1176344136. Verified in
    tests/reference/test_hierarchical_choice_peers.py.

    Examples
    --------
    >>> histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> table = CaptureTable.from_histories(histories, [400, 400, 400, 600, 80, 80, 120])
    >>> fit = fit_best(table, 0.95)
    >>> round(fit.n_unseen), fit.cautions[0].text
    (2000, 'The model (1*2, 3) was chosen by the same data; the range is conditional on it and leaves the choice out.')
    """
    counts, histories = cells_of(table, at_least=3, at_most=MOST_LISTS)
    places = order_of_lists(histories, counts)
    ranking = rank_once(in_order(counts, places), n_lists=histories.shape[1], order=order)
    terms = in_given_order(ranking.models[0].terms, places)
    fit = with_ranking(fit_terms(table, histories, counts, terms, level=level), table, ranking)
    chosen = Caution(
        "C-MODEL-CHOSEN",
        f"The model ({model_in_words(table, terms)}) was chosen by the same data; the range is "
        "conditional on it and leaves the choice out.",
    )
    conditional = "" if fit.interval is None else f"{fit.interval.method}, conditional on the chosen model"
    return replace(
        fit,
        interval=None if fit.interval is None else replace(fit.interval, method=conditional),
        cautions=(chosen, *fit.cautions),
    )


def with_ranking(fit: Fit, table: CaptureTable, ranking: Ranking) -> Fit:
    """Put beside a fit how many models come close, how far apart their totals lie, and whether the search was cut.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([5, 1], n_occasions=2)
    >>> best = ScoredModel(terms=(), behind=0.0, n_unseen=4.0)
    >>> ranking = Ranking(models=(best,), scored=1, most_terms=0, complete=True)
    >>> with_ranking(Fit(n_unseen=4.0), table, ranking).diagnostics["highest_close_total"]
    10.0
    """
    close = [model for model in ranking.models if model.behind <= CLOSE]
    totals = [table.n_observed + unseen for unseen in (fit.n_unseen or 0.0, *(model.n_unseen for model in close[1:]))]
    cut = Caution(
        "C-SEARCH-CUT",
        f"There are too many models of so many lists: those with more than {ranking.most_terms} terms for lists that "
        "depend on each other were not all looked at, and one of them may be better.",
    )
    return replace(
        fit,
        diagnostics={
            **fit.diagnostics,
            "models_close": len(close),
            "lowest_close_total": min(totals),
            "highest_close_total": max(totals),
            "models_scored": ranking.scored,
        },
        cautions=fit.cautions if ranking.complete else (cut, *fit.cautions),
    )


def model_in_words(table: CaptureTable, terms: Model) -> str:
    """The largest sets of lists that depend on each other, such as ``A*B*C, A*D``.

    Examples
    --------
    >>> model_in_words(CaptureTable.from_frequencies([5, 1], n_occasions=3), ((0, 1),))
    '1*2, 3'
    """
    labels = labels_of(table)
    return ", ".join("*".join(labels[i] for i in s) for s in largest_terms(terms, len(labels)))


ASSUMPTIONS = (
    *CLOSED_ASSUMPTIONS,
    "All units have the same chance of being in any one list.",
    "How lists depend on each other is one of all hierarchical patterns, and the one that stands out in these data by "
    "the Bayesian information criterion; all lists together have no dependence of their own.",
)
FORMULA = (
    "log mu(w) = sum of c_S over sets S of lists that w holds; the hierarchical model with the smallest "
    "p log n - 2 log L; n_unseen = exp(c_0), p its terms and n the units seen"
)

METHODS = (
    Method(
        name="loglinear-bic",
        question="How many units, if the lists depend on each other in the way these data speak for most?",
        assumptions=ASSUMPTIONS,
        source="Silverman, Chan and Vincent (2024), doi 10.1007/s11222-023-10346-9",
        needs="histories of three to twelve lists",
        formula=FORMULA,
        misleads=(
            "Models that fit the units seen alike can differ several fold about the unseen; the range is of the one "
            "chosen and knows nothing of the others."
        ),
        fit=fit_best,
    ),
)
