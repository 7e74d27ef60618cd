"""Which statistics of a table a model of independent captures uses, and when they cannot carry it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import existence
from darkfigure.estimate.closed.capture_counts import captures_of
from darkfigure.estimate.closed.heterogeneity import CHAO_SHAPES, shape_of
from darkfigure.estimate.outcomes import UnanswerableError, require_occasions, require_overlap
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Array = NDArray[np.float64]

_STEEP_FROM = 20.0
"""Doublings above which a Poisson shape has no bend left among the numbers of captures that occur."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The statistics of a table that one model uses.

    Parameters
    ----------
    table : CaptureTable
        Where they come from.
    t : int or None
        Occasions or lists that saw anybody; ``None`` when unlimited.
    frequencies : tuple of float
        ``f_1, f_2, ...`` of the units the model describes.
    totals : tuple of float or None
        ``n_j`` where occasions differ.
    keep : ndarray of bool or None
        Occasions that are kept.
    captures : ndarray
        Numbers of captures that have a row.
    possible : ndarray of bool or None
        Of those, the ones that the model allows; ``None`` for all.
    set_aside : int
        Units captured more often than the model describes: they are counted, nothing else.
    cautions : tuple of Caution
        What looked wrong.

    Examples
    --------
    >>> seen = statistics_of(CaptureTable.from_frequencies([6, 4, 5, 2, 0, 2], n_occasions=11), up_to=5)
    >>> seen.n_described, seen.set_aside
    (17.0, 2)
    """

    table: CaptureTable
    t: int | None
    frequencies: tuple[float, ...]
    totals: tuple[float, ...] | None
    keep: NDArray[np.bool_] | None
    captures: Array
    possible: NDArray[np.bool_] | None = None
    set_aside: int = 0
    cautions: tuple[Caution, ...] = ()

    @property
    def n_described(self) -> float:
        """Units seen that the model describes."""
        return float(sum(self.frequencies))


def statistics_of(
    table: CaptureTable, *, by_time: bool = False, shape: str | None = None, up_to: int | None = None
) -> Seen:
    """What does a model need of a table? Refuses a table that does not have it, or cannot carry the model.

    Parameters
    ----------
    table : CaptureTable
        Frequencies, and totals by occasion for ``by_time``.
    by_time : bool
        Whether occasions differ.
    shape : str or None
        How units differ.
    up_to : int or None
        Describe only units captured at most that often.

    Returns
    -------
    Seen
        The statistics.

    Raises
    ------
    UnanswerableError
        The table lacks a statistic, or no best value of the model exists.

    Examples
    --------
    >>> statistics_of(CaptureTable.from_frequencies([3, 1], n_occasions=2)).captures.tolist()
    [1.0, 2.0]
    """
    t = table.n_occasions
    least = 3 if shape else 2
    if t is not None or by_time or shape not in (None, *CHAO_SHAPES):
        t = require_occasions(table, least)
    require_overlap(table)
    seen = _by_occasion(table, least) if by_time else _alike(table, t, up_to)
    existence.check_counts(
        [int(f) for f in seen.frequencies],
        None if seen.set_aside else seen.t,
        "chao" if shape in CHAO_SHAPES else shape,
    )
    _check_steepness(seen, shape)
    return _with_free_levels(seen) if shape == "chao-free" else seen


def _alike(table: CaptureTable, t: int | None, up_to: int | None) -> Seen:
    if up_to is None or up_to >= len(table.frequencies):
        return Seen(table, t, table.frequencies, None, None, captures_of(len(table.frequencies), t))
    frequencies = table.frequencies[:up_to]
    if not any(frequencies[1:]):
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "No unit was captured more than once among those the model describes: raise the number of captures up to "
            "which it does.",
        )
    captures = np.arange(1.0, up_to + 1)
    return Seen(table, t, frequencies, None, None, captures, set_aside=sum(table.frequencies[up_to:]))


def _by_occasion(table: CaptureTable, least: int) -> Seen:
    if table.occasion_totals is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model needs the number of units seen on each occasion or list; the table lacks it.",
        )
    totals = np.asarray(table.occasion_totals)
    keep = totals > 0
    if (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "One list holds every unit seen, so the lists cannot tell how many all of them missed."
        )
    t = int(keep.sum())
    cautions: tuple[Caution, ...] = ()
    if t < len(totals):
        cautions = (Caution("C-EMPTY-OCCASION", "Occasions or lists without any sighting were left out."),)
    if t < least:
        raise UnanswerableError(Reason.TOO_FEW_LISTS, "Too few occasions or lists saw anybody.", {"occasions": t})
    kept = tuple(int(x) for x in totals[keep])
    return Seen(table, t, table.frequencies[:t], kept, keep, np.arange(1.0, t + 1), cautions=cautions)


def _check_steepness(seen: Seen, shape: str | None) -> None:
    if shape is None or shape in CHAO_SHAPES or seen.t is None:
        return
    most = int(seen.captures[-1])
    if shape_of(shape).doublings(most) > _STEEP_FROM:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            f"With {most} occasions the Poisson shape bends only for units seen nearly every time: any bend among the "
            "units seen a few times would put more units than there are people at the far end, so its best value is "
            "that of the model without differences. The darroch, gamma and chao shapes can bend there; so can this "
            "one when it describes only units seen a few times (option up_to).",
            {"n_occasions": most},
        )


def _with_free_levels(seen: Seen) -> Seen:
    """Each number of captures from three on gets a size of its own; those nobody had are impossible."""
    frequencies = np.zeros(len(seen.captures))
    frequencies[: len(seen.frequencies)] = seen.frequencies[: len(seen.captures)]
    if frequencies[0] == 0:
        raise UnanswerableError(
            Reason.BOUNDARY, "No unit was seen exactly once, so this lower bound indicates no unseen unit."
        )
    return replace(seen, possible=(seen.captures <= 2) | (frequencies > 0))
