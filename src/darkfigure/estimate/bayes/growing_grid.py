"""A grid of numbers missing that grows until its end carries no mass."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.estimate.bayes.missing_posterior import Array, GraphScores, MissingPosterior, Prior, posterior_up_to
from darkfigure.records.aggregate import CaptureTable

END_SHARE = 0.9
"""The part of a grid above this share of its end is looked at to see whether the grid is long enough."""
NO_MASS = 1e-6
"""Probability of that part below which the grid is long enough."""
LONGEST = 100.0
"""How many times the homogeneous size the grid may reach."""
_GROWTH = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class SettledPosterior:
    """A posterior, and how much of it presses against the end of its grid.

    Parameters
    ----------
    posterior : MissingPosterior
        Of the number missing.
    mass_at_end : float
        Probability of the last tenth of the grid.
    """

    posterior: MissingPosterior
    mass_at_end: float


def settled_posterior(
    table: CaptureTable, counts: Array, *, delta: float, prior: Prior = "1/n_total", n_missing_max: int | None = None
) -> SettledPosterior:
    """How probable is each number missing, on a grid as long as the posterior needs?

    Parameters
    ----------
    table : CaptureTable
        With at least one repeated capture.
    counts : ndarray, shape (2^k - 1,)
        Its cells.
    delta : float
        Prior weight of a cell.
    prior : {"1/n_total", "1/n_missing", "flat"}
        On the number missing.
    n_missing_max : int or None
        End of the grid; ``None`` lets it grow.

    Returns
    -------
    SettledPosterior
        On a grid whose last tenth holds at most ``NO_MASS``, or that reaches ``LONGEST`` times the size that the
        repeats speak for if all units are alike, ``C^2 / (2 r)``.

    Examples
    --------
    >>> from darkfigure.estimate import cells
    >>> table = CaptureTable.from_histories(cells.all_histories(3).astype(int), [90, 80, 44, 70, 31, 24, 12])
    >>> found = settled_posterior(table, cells.full_counts(table.cells), delta=1.0)
    >>> found.mass_at_end < NO_MASS
    True
    """
    scores = GraphScores(counts, delta, prior)
    if n_missing_max is not None:
        fixed = posterior_up_to(scores, float(n_missing_max))
        return SettledPosterior(fixed, fixed.mass_above(END_SHARE))
    alike = max(table.n_captures**2 / (2 * (table.n_captures - table.n_observed)), float(table.n_observed))
    end = 2 * alike
    while True:
        posterior = posterior_up_to(scores, end)
        mass = posterior.mass_above(END_SHARE)
        if mass <= NO_MASS or end >= LONGEST * alike:
            return SettledPosterior(posterior, mass)
        end = min(end * _GROWTH, LONGEST * alike)
