"""Headlines that can fail: a number above or below a limit, a rise or a fall by a factor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from darkfigure.errors import EstimateError

Claim = Literal["above", "below", "rose", "fell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A sentence about one size, or about two sizes in order of time.

    Parameters
    ----------
    claim : str
        ``"above"``, ``"below"``: of one size; ``"rose"``, ``"fell"``: of the later size over the earlier one.
    limit : float
        Units, or the ratio of the later to the earlier size that must be exceeded (``rose``: 1 or more) or stayed below
        (``fell``: 1 or less).
    periods : (str, str)
        Names of the earlier and the later period, such as ``("2014", "2017")``.
    unit : str
        What is counted, in the plural.

    Raises
    ------
    EstimateError (E-EST-67)
        The limit is impossible for the claim.

    Examples
    --------
    >>> rose(periods=("2014", "2017"), unit="addresses").sentence()
    'There were more addresses in 2017 than in 2014.'
    >>> above(10_000, unit="addresses").sentence()
    'There are more than 10,000 addresses.'
    """

    claim: Claim
    limit: float
    periods: tuple[str, str] = ("the earlier period", "the later period")
    unit: str = "units"

    def __post_init__(self) -> None:
        fine = {
            "above": 0 < self.limit < math.inf,
            "below": 0 < self.limit < math.inf,
            "rose": 1 <= self.limit < math.inf,
            "fell": 0 < self.limit <= 1,
        }
        if not fine.get(self.claim, False):
            raise EstimateError(
                "E-EST-67",
                where="headline",
                problem="the claim is unknown or its limit is impossible",
                allowed="above or below a positive number; rose by 1 or more; fell to 1 or less",
                remedy="Use above(), below(), rose() or fell().",
            )

    @property
    def is_change(self) -> bool:
        """Whether it is about two sizes."""
        return self.claim in ("rose", "fell")

    @property
    def upward(self) -> bool:
        """Whether it fails when the size, or the ratio, is smaller than it seems."""
        return self.claim in ("above", "rose")

    def sentence(self) -> str:
        """The headline as a sentence."""
        earlier, later = self.periods
        if not self.is_change:
            word = "more" if self.upward else "fewer"
            return f"There are {word} than {self.limit:,.0f} {self.unit}."
        word = "more" if self.upward else "fewer"
        if self.limit == 1:
            return f"There were {word} {self.unit} in {later} than in {earlier}."
        return f"There were {word} than {self.limit:,.3g} times as many {self.unit} in {later} as in {earlier}."


def above(limit: float, *, unit: str = "units") -> Headline:
    """There are more than ``limit`` units.

    Examples
    --------
    >>> above(100).claim
    'above'
    """
    return Headline(claim="above", limit=limit, unit=unit)


def below(limit: float, *, unit: str = "units") -> Headline:
    """There are fewer than ``limit`` units.

    Examples
    --------
    >>> below(100).upward
    False
    """
    return Headline(claim="below", limit=limit, unit=unit)


def rose(
    *, by: float = 1.0, periods: tuple[str, str] = ("the earlier period", "the later period"), unit: str = "units"
) -> Headline:
    """The number grew to more than ``by`` times what it was.

    Examples
    --------
    >>> rose(by=2).limit
    2
    """
    return Headline(claim="rose", limit=by, periods=periods, unit=unit)


def fell(
    *, to: float = 1.0, periods: tuple[str, str] = ("the earlier period", "the later period"), unit: str = "units"
) -> Headline:
    """The number fell to less than ``to`` times what it was.

    Examples
    --------
    >>> fell(to=0.5).is_change
    True
    """
    return Headline(claim="fell", limit=to, periods=periods, unit=unit)
