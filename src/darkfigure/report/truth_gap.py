"""Why does the estimate lag the truth of a synthetic world between year ends? Said only where it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from darkfigure.disclosure.released import ReleasedTable
from darkfigure.records.aggregate import Missing
from darkfigure.report.numbers import percent
from darkfigure.report.readings import labels, numbers
from darkfigure.report.timelines import year_point

_LEAST_GAP = 0.10
_QUARTER = 0.25
_MOST_OF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    end: float
    truth: float
    estimate: float
    year_end: bool

    @property
    def short(self) -> float:
        """Part of the truth that the estimate misses."""
        return 1 - self.estimate / self.truth


def lag_words(table: ReleasedTable | None) -> str:
    """Explain the gap between estimate and truth between year ends.

    Parameters
    ----------
    table : ReleasedTable or None
        Windows of the synthetic world with the truth and the estimate.

    Returns
    -------
    str
        One sentence; empty where there is no such table, no such gap, or the truth does not grow mostly in the first
        quarter of each year.
    """
    windows = _windows(table) if table is not None else []
    ends = [w for w in windows if w.year_end]
    between = [w for w in windows if not w.year_end]
    if len(ends) < 2 or not between:
        return ""
    gap, at_ends = max(w.short for w in between), max(abs(w.short) for w in ends)
    if gap < _LEAST_GAP or at_ends > gap / 2 or not _grows_early(windows, ends):
        return ""
    return (
        f"Between year ends the estimate lies up to {percent(gap)} below the truth, because in the synthetic world new "
        "addresses come into use early in each year and a window that straddles this growth is not closed; at the year "
        f"ends the two differ by {percent(at_ends)} at most."
    )


def _windows(table: ReleasedTable) -> list[_Window]:
    if not all(table.has(c) for c in ("window_end", "label", "truth", "n_total")):
        return []
    rows = zip(
        labels(table, "window_end"),
        table.column("label"),
        numbers(table, "truth"),
        numbers(table, "n_total"),
        strict=True,
    )
    return [
        _Window(end=year_point(end), truth=truth, estimate=estimate, year_end=not isinstance(label, Missing))
        for end, label, truth, estimate in rows
        if truth and estimate is not None
    ]


def _grows_early(windows: Sequence[_Window], ends: Sequence[_Window]) -> bool:
    """Whether most of each year's growth of the truth falls in its first quarter."""
    for first, last in pairwise(ends):
        spring = [w.truth for w in windows if first.end < w.end <= first.end + _QUARTER]
        if not spring or max(spring) - first.truth < _MOST_OF * (last.truth - first.truth):
            return False
    return True
