"""Open populations: units enter, stay and leave while they are watched; with visits within periods, a robust design."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.simulate.drawing import check, check_chances, check_size, table_of
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPopulation:
    """Units enter before a period, survive to the next, and may be seen in each (Jolly-Seber, CJS, robust design).

    Parameters
    ----------
    n_total : int
        Units that are ever present (the super-population).
    entry : tuple of float
        Share of them that enters before each period; adds up to 1.
    survival : tuple of float
        Chance to stay from each period to the next; one fewer than periods.
    detection : tuple of float
        Chance to be seen at one visit, by period.
    visits : int
        Visits (secondary occasions) within each period; 1 for a plain open population.
    away : float
        Chance that a unit that is present is out of reach for a whole period (random temporary emigration).

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Notes
    -----
    Occasions of the table are visits in order: period 1 visit 1, period 1 visit 2, ...; with several visits they are
    labelled ``"1.1", "1.2", ...``.

    Source
    ------
    Schwarz and Arnason (1996), Biometrics 52, 860, doi 10.2307/2533048; robust design: Pollock (1982), Journal of
    Wildlife Management 46, 752, doi 10.2307/3808568.

    Examples
    --------
    >>> world = OpenPopulation(n_total=30, entry=(1.0, 0.0), survival=(0.0,), detection=(1.0, 1.0))
    >>> world.draw(np.random.default_rng(1)).occasion_totals
    (30, 0)
    """

    n_total: int
    entry: tuple[float, ...]
    survival: tuple[float, ...]
    detection: tuple[float, ...]
    visits: int = 1
    away: float = 0.0

    def __post_init__(self) -> None:
        check_size(self.n_total)
        for name in ("entry", "detection"):
            check_chances(getattr(self, name), where=name)
        check_chances((*self.survival, self.away), where="survival")
        check(
            len(self.detection) == len(self.entry) == len(self.survival) + 1,
            where="survival",
            problem="periods differ in number",
            allowed="an entry and a detection for each period, a survival between periods",
        )
        check(math.isclose(sum(self.entry), 1.0), where="entry", problem="shares do not add up to 1", allowed="sum 1")
        check(self.visits >= 1, where="visits", problem="no visit", allowed="1 or more")

    def expected_sizes(self) -> Array:
        """Expected units present in each period, shape (periods,)."""
        sizes = np.zeros(len(self.entry))
        for j, share in enumerate(self.entry):
            sizes[j] = share * self.n_total + (sizes[j - 1] * self.survival[j - 1] if j else 0.0)
        return sizes

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table, in order of time."""
        periods = len(self.entry)
        shares = np.array(self.entry) / sum(self.entry)
        entered = rng.choice(periods, size=self.n_total, p=shares)
        here = np.zeros(self.n_total, dtype=bool)
        seen = np.zeros((self.n_total, periods, self.visits), dtype=bool)
        for j in range(periods):
            if j:
                here &= rng.random(self.n_total) < self.survival[j - 1]
            here |= entered == j
            within_reach = here & (rng.random(self.n_total) >= self.away)
            seen[:, j] = within_reach[:, None] & (rng.random((self.n_total, self.visits)) < self.detection[j])
        labels = [f"{j + 1}.{k + 1}" for j in range(periods) for k in range(self.visits)] if self.visits > 1 else []
        return table_of(seen.reshape(self.n_total, -1), labels=labels)
