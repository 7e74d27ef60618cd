"""The sweep: capture frequencies of every window from one pass over sorted keys.

An address seen in week ``w`` is inside the window that starts with week ``s`` exactly when ``w - T + 1 <= s <= w``. So
each distinct (address, week) pair adds one capture to a run of windows, and for one address the number of captures is
a step function of the window. The sweep lists its steps, and for every constant piece with ``c`` captures adds one at
``(c, first window)`` and takes one away at ``(c, after the last)``. A running sum over windows then gives all
``f_1 ... f_T`` of all windows. The work is proportional to the pairs, whatever the number of windows. An address lies
in one block of the sorted keys, and the tables of blocks add up, so memory is bounded by the block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import HistoriesError

WEEK_BITS = 20
_WEEK_MASK = np.uint64((1 << WEEK_BITS) - 1)
_ENTITY_SHIFT = np.uint64(WEEK_BITS)
_ONE = np.uint64(1)

BLOCK_KEYS = 1 << 16
"""Keys swept at a time; small enough for a processor's cache, large enough to hide the cost of a call."""

Keys = NDArray[np.uint64]
"""Packed (address, week) pairs: the address above, the week in the lowest ``WEEK_BITS`` bits."""


def pack_keys(entity: NDArray[np.integer], week: NDArray[np.integer]) -> Keys:
    """Which number holds an address and a week, so that sorting it sorts by address, then week?

    Parameters
    ----------
    entity : ndarray of int, shape (rows,)
        Address numbers, 0 or more, below 2**43.
    week : ndarray of int, shape (rows,)
        Weeks of the grid, 0 or more, below 2**20 - 1.

    Returns
    -------
    ndarray of uint64, shape (rows,)

    Raises
    ------
    HistoriesError (E-HIST-03)
        A week does not fit the key.

    Examples
    --------
    >>> int(pack_keys(np.array([1]), np.array([3]))[0]) == (1 << WEEK_BITS) + 3
    True
    """
    if week.size and not 0 <= int(week.min()) <= int(week.max()) < int(_WEEK_MASK):
        raise HistoriesError(
            "E-HIST-03", where="occasions", problem="a week does not fit the grid",
            allowed=f"at most {int(_WEEK_MASK)} occasions in the period", remedy="Use longer occasions.",
        )  # fmt: skip
    keys = entity.astype(np.uint64)
    keys <<= _ENTITY_SHIFT
    np.bitwise_or(keys, week, out=keys, dtype=np.uint64, casting="unsafe")
    return keys


def distinct_keys(keys: Keys) -> Keys:
    """Which (address, week) pairs occur, each once, in order? Sorts in place; no hash table.

    Parameters
    ----------
    keys : ndarray of uint64, shape (rows,)
        Sorted by this call.

    Returns
    -------
    ndarray of uint64, shape (pairs,)

    Examples
    --------
    >>> distinct_keys(np.array([5, 3, 5], dtype=np.uint64)).tolist()
    [3, 5]
    """
    keys.sort()
    if keys.size == 0:
        return keys
    keep = np.empty(keys.size, dtype=bool)
    keep[0] = True
    np.not_equal(keys[1:], keys[:-1], out=keep[1:])
    return keys[keep]


def unpack_keys(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which address and which week does each key hold?

    Examples
    --------
    >>> [x.tolist() for x in unpack_keys(pack_keys(np.array([7]), np.array([3])))]
    [[7], [3]]
    """
    return (keys >> _ENTITY_SHIFT).astype(np.int64), (keys & _WEEK_MASK).astype(np.int64)


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """Where windows start on a grid of weeks.

    Parameters
    ----------
    first_week : int
        First whole week of the first window.
    step_weeks : int
        Weeks from one window to the next.
    n_windows : int
        Windows.
    n_weeks : int
        Whole weeks in each window (``T``).
    """

    first_week: int
    step_weeks: int
    n_windows: int
    n_weeks: int

    def first_window(self, week: NDArray[np.int64]) -> NDArray[np.int64]:
        """First window of the grid that starts in this week or later (may be ``n_windows``: none)."""
        steps = week - self.first_week
        if self.step_weeks > 1:
            steps = -(-steps // self.step_weeks)
        return np.clip(steps, 0, self.n_windows)


def sweep_frequencies(keys: Keys, *, grid: WindowGrid, odd_keys: Keys | None = None) -> NDArray[np.int64]:
    """How many addresses were captured exactly once, twice, ... in every window?

    Parameters
    ----------
    keys : ndarray of uint64, shape (pairs,)
        Distinct (address, week) pairs, sorted.
    grid : WindowGrid
        The windows.
    odd_keys : ndarray of uint64 or None
        Distinct, sorted pairs that add a capture only to the window that starts in exactly their week (an odd day
        before the first whole week, counted as an occasion of its own).

    Returns
    -------
    ndarray of int64, shape (n_weeks + 1, n_windows)
        Row ``j - 1`` is ``f_j``.
    """
    odd = keys[:0] if odd_keys is None else odd_keys
    width = grid.n_windows + 1
    difference = np.zeros((grid.n_weeks + 2) * width, dtype=np.int64)
    for block, odd_block in _blocks(keys, odd):
        _add_block(difference, block, odd_block, grid)
    # The first row counts no capture at all: gaps of one address and the space between two.
    return np.cumsum(difference.reshape(-1, width)[1:, :-1], axis=1)


def _blocks(keys: Keys, odd: Keys) -> Iterator[tuple[Keys, Keys]]:
    """Cut both key lists at the same addresses, so that no address lies in two blocks."""
    start, odd_start = 0, 0
    while start < keys.size or odd_start < odd.size:
        stop, odd_stop = keys.size, odd.size
        if start + BLOCK_KEYS < keys.size:
            cut = (keys[start + BLOCK_KEYS] >> _ENTITY_SHIFT) + _ONE << _ENTITY_SHIFT
            stop, odd_stop = int(np.searchsorted(keys, cut)), int(np.searchsorted(odd, cut))
        yield keys[start:stop], odd[odd_start:odd_stop]
        start, odd_start = stop, odd_stop


def _add_block(difference: NDArray[np.int64], keys: Keys, odd: Keys, grid: WindowGrid) -> None:
    """Add one block's constant pieces to the flat difference table.

    Steps are packed as (address, window, gain) and sorted once; a loss sorts before a gain in the same window, so the
    running sum never goes below zero nor above the occasions. Pieces of no length add and take away in the same place.
    """
    codes = _steps(keys, grid, span=grid.n_weeks)
    if odd.size:
        codes = np.concatenate([codes, _steps(odd, grid, span=1)])
    if codes.size == 0:
        return
    codes.sort()
    change = (codes & _ONE).astype(np.int8)
    change *= 2
    change -= 1
    captures = np.cumsum(change, dtype=np.int64)[:-1]
    window = ((codes >> _ONE) & _WEEK_MASK).astype(np.int64)
    row = captures * (grid.n_windows + 1)
    difference += np.bincount(row + window[:-1], minlength=difference.size)
    difference -= np.bincount(row + window[1:], minlength=difference.size)


def _steps(keys: Keys, grid: WindowGrid, *, span: int) -> NDArray[np.uint64]:
    """List where an address gains (lowest bit 1) and loses (0) a capture."""
    week = (keys & _WEEK_MASK).astype(np.int64)
    begin = grid.first_window(week - (span - 1))
    end = grid.first_window(week + 1)
    inside = begin < end
    address = (keys >> _ENTITY_SHIFT << (_ENTITY_SHIFT + _ONE))[inside]
    codes = np.empty(2 * address.size, dtype=np.uint64)
    gains, losses = codes[: address.size], codes[address.size :]
    np.bitwise_or(address, begin[inside] << 1 | 1, out=gains, dtype=np.uint64, casting="unsafe")
    np.bitwise_or(address, end[inside] << 1, out=losses, dtype=np.uint64, casting="unsafe")
    return codes


def distinct_in_spans(keys: Keys, *, grids: Sequence[WindowGrid]) -> tuple[NDArray[np.int64], ...]:
    """How many distinct addresses were seen in the weeks of every window, on each of several grids?

    Counts each address once for each window without sorting again: a pair counts for the windows that hold it but not
    the pair before it.

    Parameters
    ----------
    keys : ndarray of uint64, shape (pairs,)
        Distinct (address, week) pairs, sorted.
    grids : sequence of WindowGrid

    Returns
    -------
    tuple of ndarray of int64, shape (n_windows,)
        One for each grid.
    """
    differences = [np.zeros(grid.n_windows + 1, dtype=np.int64) for grid in grids]
    for block, _ in _blocks(keys, keys[:0]):
        entity, week = unpack_keys(block)
        unseen_from = np.full(week.size, np.iinfo(np.int64).min, dtype=np.int64)
        np.copyto(unseen_from[1:], week[:-1] + 1, where=entity[1:] == entity[:-1])
        for grid, difference in zip(grids, differences, strict=True):
            begin = grid.first_window(np.maximum(week - (grid.n_weeks - 1), unseen_from))
            difference += np.bincount(begin, minlength=difference.size)
            difference -= np.bincount(grid.first_window(week + 1), minlength=difference.size)
    return tuple(np.cumsum(d)[:-1] for d in differences)


def seen_on_odd_day_only(keys: Keys, odd_keys: Keys, *, grid: WindowGrid) -> NDArray[np.int64]:
    """How many addresses does a window hold by the odd day before its first whole week alone?

    Parameters
    ----------
    keys, odd_keys : ndarray of uint64
        As for ``sweep_frequencies``.
    grid : WindowGrid

    Returns
    -------
    ndarray of int64, shape (n_windows,)
    """
    following = keys[np.minimum(np.searchsorted(keys, odd_keys), max(keys.size - 1, 0))] if keys.size else odd_keys
    # Seen in the window's whole weeks too: the next key is the same address, less than a window later.
    again = (following >= odd_keys) & (following < odd_keys + np.uint64(grid.n_weeks)) if keys.size else following < 0
    _, week = unpack_keys(odd_keys[~again])
    begin, end = grid.first_window(week), grid.first_window(week + 1)
    return np.bincount(begin[begin < end], minlength=grid.n_windows)[: grid.n_windows]


def without(odd_keys: Keys, keys: Keys) -> Keys:
    """Which of the odd keys are not among the keys? Both sorted.

    Examples
    --------
    >>> without(np.array([1, 4], dtype=np.uint64), np.array([4, 9], dtype=np.uint64)).tolist()
    [1]
    """
    if keys.size == 0:
        return odd_keys
    place = np.minimum(np.searchsorted(keys, odd_keys), keys.size - 1)
    missing: NDArray[np.bool_] = keys[place] != odd_keys
    return odd_keys[missing]


def weekly_counts(keys: Keys, *, n_weeks: int) -> NDArray[np.int64]:
    """How many distinct addresses were seen in each week of the grid?

    Examples
    --------
    >>> weekly_counts(pack_keys(np.array([0, 0, 1]), np.array([0, 2, 2])), n_weeks=3).tolist()
    [1, 0, 2]
    """
    counts = np.zeros(n_weeks + 1, dtype=np.int64)
    for start in range(0, keys.size, BLOCK_KEYS):
        week = (keys[start : start + BLOCK_KEYS] & _WEEK_MASK).astype(np.int64)
        counts += np.bincount(week, minlength=counts.size)[: counts.size]
    return counts[:n_weeks]
