"""Random draws that meet a total exactly, for worlds with fixed margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from darkfigure.errors import RecordError

T = TypeVar("T")


def shuffled(items: Sequence[T], *, rng: np.random.Generator) -> list[T]:
    """What is a random order of these items?

    Parameters
    ----------
    items : sequence
    rng : numpy.random.Generator

    Returns
    -------
    list
    """
    return [items[int(place)] for place in rng.permutation(len(items))]


def dealt(quota: Mapping[T, int], *, rng: np.random.Generator) -> list[T]:
    """What is a random order of codes, each as often as its quota says?

    Parameters
    ----------
    quota : mapping of code to int
    rng : numpy.random.Generator

    Returns
    -------
    list
        Length: the sum of the quotas.

    Examples
    --------
    >>> sorted(dealt({"a": 2, "b": 1}, rng=np.random.default_rng(1)))
    ['a', 'a', 'b']
    """
    return shuffled([code for code, count in quota.items() for _ in range(count)], rng=rng)


def sizes_with_total(count: int, *, total: int, low: int, high: int, rng: np.random.Generator) -> list[int]:
    """How large is each of so many groups, if together they hold this total?

    Parameters
    ----------
    count, total, low, high : int
        Groups, their sum, and the least and greatest size of one.
    rng : numpy.random.Generator

    Returns
    -------
    list of int
        Length ``count``, sum ``total``, each from ``low`` to ``high``; unequal, as case sizes are.

    Raises
    ------
    RecordError (E-RECORD-40)
        No sizes within the limits have this total.

    Examples
    --------
    >>> sum(sizes_with_total(5, total=17, low=1, high=9, rng=np.random.default_rng(1)))
    17
    """
    if not count * low <= total <= count * high:
        raise no_such_world("group sizes")
    sizes = [low] * count
    pull = rng.gamma(1.2, size=count)
    for _ in range(total - count * low):
        weights = np.where(np.array(sizes) < high, pull, 0.0)
        sizes[int(rng.choice(count, p=weights / weights.sum()))] += 1
    return sizes


def no_such_world(what: str) -> RecordError:
    """What error says that the margins of a synthetic world exclude each other?

    Parameters
    ----------
    what : str
        The margin that could not be met.

    Returns
    -------
    RecordError (E-RECORD-40)
    """
    return RecordError(
        "E-RECORD-40",
        where=f"synthetic case review, {what}",
        problem="no draw meets this margin together with the others",
        allowed="margins that agree with each other",
        remedy="Change the margins in case_targets, or report this as a fault in darkfigure.",
    )
