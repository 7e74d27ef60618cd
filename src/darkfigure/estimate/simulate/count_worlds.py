"""One list that can meet a unit any number of times: Poisson, geometric and negative binomial counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from darkfigure.estimate.simulate.drawing import check, check_chances, check_size
from darkfigure.records.aggregate import CaptureTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedCounts:
    """Each unit is recorded a random number of times, with no upper limit.

    Parameters
    ----------
    n_total : int
        Units, those never recorded with them.
    family : {"poisson", "geometric", "negative-binomial"}
        Of the number of records of a unit.
    mean : float
        Records a unit, on average; above 0.
    dispersion : float
        ``alpha`` of the negative binomial: ``variance = mean + alpha mean^2``; the geometric has 1.
    one_inflation : float
        Share of units that are recorded exactly once whatever else (see ``ones``).
    ones : {"of-seen", "of-all"}
        ``"of-seen"``: that share of the units recorded at all is never recorded again, such as people who leave after
        the first contact. ``"of-all"``: that share of all units is recorded once, none of them missed.

    Raises
    ------
    EstimateError (E-EST-45)
        The description is impossible.

    Source
    ------
    One-inflation of those seen: Godwin and Boehning (2017), Journal of the Royal Statistical Society C 66, 425,
    doi 10.1111/rssc.12192.

    Examples
    --------
    >>> world = RepeatedCounts(n_total=40, family="poisson", mean=30.0, one_inflation=1.0)
    >>> world.draw(np.random.default_rng(1)).frequencies
    (40,)
    """

    n_total: int
    family: Literal["poisson", "geometric", "negative-binomial"]
    mean: float
    dispersion: float = 1.0
    one_inflation: float = 0.0
    ones: Literal["of-seen", "of-all"] = "of-seen"

    def __post_init__(self) -> None:
        check_size(self.n_total)
        known = self.family in ("poisson", "geometric", "negative-binomial")
        check(known, where="family", problem="unknown", allowed="poisson, geometric or negative-binomial")
        check(0 < self.mean < math.inf, where="mean", problem="not above 0", allowed="a number above 0")
        check(0 < self.dispersion < math.inf, where="dispersion", problem="not above 0", allowed="a number above 0")
        check_chances([self.one_inflation], where="one_inflation")
        check(self.ones in ("of-seen", "of-all"), where="ones", problem="unknown", allowed="of-seen or of-all")

    def chance_unseen(self) -> float:
        """Chance that a unit is never recorded."""
        if self.family == "poisson":
            missed = math.exp(-self.mean)
        else:
            alpha = 1.0 if self.family == "geometric" else self.dispersion
            missed = (1 + alpha * self.mean) ** (-1 / alpha)
        return missed if self.ones == "of-seen" else (1 - self.one_inflation) * missed

    def draw(self, rng: np.random.Generator) -> CaptureTable:
        """One table of frequencies, without a number of occasions."""
        rate = np.full(self.n_total, self.mean)
        if self.family != "poisson":
            shape = 1.0 if self.family == "geometric" else 1 / self.dispersion
            rate = rng.gamma(shape, self.mean / shape, self.n_total)
        times = rng.poisson(rate)
        once = rng.random(self.n_total) < self.one_inflation
        if self.ones == "of-seen":
            once &= times > 0
        times = np.where(once, 1, times)
        return CaptureTable.from_frequencies([int(f) for f in np.bincount(times, minlength=2)[1:]])
