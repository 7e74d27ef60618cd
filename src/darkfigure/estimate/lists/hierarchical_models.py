"""Which log-linear models there are of lists that may depend on each other, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from darkfigure.estimate.lists.batched_fits import NO_TERM, Masks, mask_of

Term = tuple[int, ...]
Model = tuple[Term, ...]


def hierarchical_models(n_lists: int, *, order: int | None = None) -> Iterator[Model]:
    """Which models let lists depend on each other, each with all smaller terms inside its terms?

    Parameters
    ----------
    n_lists : int
        ``t``; every model holds the ``t`` effects of single lists.
    order : int, optional
        Most lists in one term; ``t - 1`` when left out.

    Yields
    ------
    tuple of tuple of int
        Terms of two or more lists, lists counted from 0; models with fewer terms come first. The saturated model, which
        fits any table and says nothing about the unseen, is left out. There are 8 models of three lists, 113 of four,
        6,893 of five, over seven million of six: none is made before it is asked for.

    Source
    ------
    The numbers: one less than the covers of a set by sets none of which holds another, OEIS A006126.

    Examples
    --------
    >>> [sum(1 for _ in hierarchical_models(t)) for t in (3, 4)]
    [8, 113]
    >>> list(hierarchical_models(3, order=2))[4]
    ((0, 1), (0, 2))
    """
    terms = _terms(n_lists, order)
    for size in range(len(terms) + 1):
        yield from models_of_size(n_lists, size, order=order)


def models_of_size(n_lists: int, size: int, *, order: int | None = None) -> Iterator[Model]:
    """Which hierarchical models have a given number of terms of two or more lists?

    Examples
    --------
    >>> [sum(1 for _ in models_of_size(4, size)) for size in range(11)]
    [1, 6, 15, 20, 19, 18, 13, 10, 6, 4, 1]
    """
    terms = _terms(n_lists, order)
    place = {term: i for i, term in enumerate(terms)}
    inner = [
        sum(1 << place[part] for part in itertools.combinations(term, len(term) - 1)) if len(term) > 2 else 0
        for term in terms
    ]

    def extend(chosen: Model, inside: int, first: int) -> Iterator[Model]:
        missing = size - len(chosen)
        if missing == 0:
            yield chosen
            return
        for i in range(first, len(terms) - missing + 1):
            if inner[i] & inside == inner[i]:
                yield from extend((*chosen, terms[i]), inside | 1 << i, i + 1)

    yield from extend((), 0, 0)


def models_of_pairs(n_lists: int) -> list[Model]:
    """Every choice of pairs of lists.

    Examples
    --------
    >>> len(models_of_pairs(4))
    64
    """
    return list(hierarchical_models(n_lists, order=2))


def models_in_masks(models: Sequence[Model], n_lists: int) -> Masks:
    """Models as ``fit_batch`` reads them: intercept, single lists, terms, filled up to the longest.

    Examples
    --------
    >>> models_in_masks([(), ((0, 1),)], 2).tolist()
    [[0, 0], [2, 2], [1, 1], [-1, 3]]
    """
    base = [0, *(mask_of((i,), n_lists) for i in range(n_lists))]
    longest = max((len(m) for m in models), default=0)
    number = {term: mask_of(term, n_lists) for term in _terms(n_lists, n_lists)}
    rows = [base + [number[s] for s in m] + [NO_TERM] * (longest - len(m)) for m in models]
    return np.array(rows, dtype=np.int64).reshape(len(models), len(base) + longest).T


def largest_terms(terms: Sequence[Term], n_lists: int) -> tuple[Term, ...]:
    """The generators of a model: its sets of lists that lie in no other, the largest first.

    Examples
    --------
    >>> largest_terms(((0, 1), (0, 2)), 4)
    ((0, 1), (0, 2), (3,))
    """
    every = [*terms, *((i,) for i in range(n_lists))]
    largest = [s for s in every if not any(set(s) < set(other) for other in terms)]
    return tuple(sorted(largest, key=lambda s: (-len(s), s)))


def _terms(n_lists: int, order: int | None) -> list[Term]:
    most = n_lists - 1 if order is None else min(order, n_lists)
    return [s for size in range(2, most + 1) for s in itertools.combinations(range(n_lists), size)]
