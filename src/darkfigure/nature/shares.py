"""What part of the units has a property, out of the known and out of all, and what could the unknown change?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.proportions import clustered_share_interval
from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.units import Units
from darkfigure.records.aggregate import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with everything needed to read it rightly.

    Parameters
    ----------
    count : int
        Units with the property.
    base : int
        All units.
    known : int
        Units whose property is known.
    convention : UnknownConvention
        Which of the two denominators :attr:`value` and :attr:`interval` use.
    interval : Interval or None
        Case-clustered; ``None`` with fewer than two cases.
    contributors : int
        Distinct cases behind ``count``.
    case_base : int
        Distinct cases behind the denominator.
    """

    count: int
    base: int
    known: int
    convention: UnknownConvention
    interval: Interval | None
    contributors: int
    case_base: int

    @property
    def unknown(self) -> int:
        """Units whose property is not known."""
        return self.base - self.known

    @property
    def denominator(self) -> int:
        """Units the stated share is divided by."""
        return self.known if self.convention is UnknownConvention.EXCLUDE else self.base

    @property
    def value(self) -> float | None:
        """The stated share; ``None`` when nothing is known to divide by."""
        return self.count / self.denominator if self.denominator else None

    @property
    def of_known(self) -> float | None:
        """Share of the units whose property is known."""
        return self.count / self.known if self.known else None

    @property
    def of_all(self) -> float | None:
        """Share of all units."""
        return self.count / self.base if self.base else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Share of all units if none, and if every one, of the unknown had the property.

        Notes
        -----
        [k / N, (k + u) / N]: worst-case bounds, which assume nothing about why a property is unknown.

        Source: Manski (1989), J. Hum. Resour. 24, 343-360, doi:10.2307/145818.
        """
        return (self.count / self.base, (self.count + self.unknown) / self.base) if self.base else None


def share_of(units: Units, codes: Collection[str], *, convention: UnknownConvention, level: float) -> Share:
    """What share of the units has one of these codes?

    Parameters
    ----------
    units : Units
        One property of all units.
    codes : collection of str
        Codes that count.
    convention : UnknownConvention
        Whether unknown units belong to the denominator.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Share

    Examples
    --------
    >>> u = Units((1, 1, 2, 3), ("a", None, "b", "a"))
    >>> s = share_of(u, {"a"}, convention=UnknownConvention.EXCLUDE, level=0.95)
    >>> (s.count, s.known, s.base, s.bounds)
    (2, 3, 4, (0.5, 0.75))
    >>> share_of(u, {"a"}, convention=UnknownConvention.INCLUDE, level=0.95).value
    0.5
    """
    counted = [
        (case, code in codes)
        for case, code in zip(units.cases, units.codes, strict=True)
        if code is not None or convention is UnknownConvention.INCLUDE
    ]
    hits, sizes = by_case([case for case, _ in counted], [float(hit) for _, hit in counted])
    return Share(
        count=int(hits.sum()),
        base=len(units.cases),
        known=units.known,
        convention=convention,
        interval=clustered_share_interval(hits, sizes, level=level) if len(sizes) else None,
        contributors=units.behind(lambda code: code in codes),
        case_base=len(sizes),
    )


def by_case(cases: Collection[int], values: Collection[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum values and count units within each case, in the order of case numbers.

    Examples
    --------
    >>> [x.tolist() for x in by_case([2, 1, 2], [5.0, 1.0, 7.0])]
    [[1.0, 12.0], [1.0, 2.0]]
    """
    _, place = np.unique(np.asarray(list(cases), dtype=np.int64), return_inverse=True)
    return (
        np.bincount(place, weights=np.asarray(list(values), dtype=np.float64)).astype(np.float64),
        np.bincount(place).astype(np.float64),
    )
