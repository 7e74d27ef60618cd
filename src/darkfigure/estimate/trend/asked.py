"""What every question about change checks first: the level of its intervals, and how two intervals make one."""

from __future__ import annotations

import math

import scipy

from darkfigure.errors import EstimateError


def checked_level(level: float, *, where: str = "level") -> float:
    """Is this a level an interval can have?

    Raises
    ------
    EstimateError (E-EST-79)
        It is not between 0 and 1.

    Examples
    --------
    >>> checked_level(0.95)
    0.95
    """
    if not 0 < level < 1:
        raise EstimateError(
            "E-EST-79",
            where=where,
            problem="the level of an interval or the power of a test is impossible",
            allowed="a number between 0 and 1, such as 0.95",
            remedy="Give a share, not a percentage.",
        )
    return level


def quantile(level: float) -> float:
    """Half-width of a two-sided interval, in standard errors.

    Examples
    --------
    >>> round(quantile(0.95), 4)
    1.96
    """
    return float(scipy.special.ndtri((1 + checked_level(level)) / 2))


def difference_of(first: tuple[float, float, float], last: tuple[float, float, float]) -> tuple[float, float, float]:
    """What is ``last - first``, when each comes with an interval that need not be symmetric?

    Parameters
    ----------
    first, last : tuple of float
        Lower end, value, upper end; independent of each other.

    Returns
    -------
    tuple of float
        Lower end, value and upper end of the difference.

    Notes
    -----
    ``L = d - sqrt((x_2 - l_2)^2 + (u_1 - x_1)^2)`` and the mirror image for ``U``: variance estimates recovered from
    the ends of the intervals.

    Source
    ------
    Zou and Donner (2008), Statistics in Medicine 27, 1693, doi 10.1002/sim.3095.

    Examples
    --------
    >>> difference_of((1.0, 4.0, 8.0), (7.0, 10.0, 11.0))
    (1.0, 6.0, 9.16227766016838)
    """
    (low_1, x_1, high_1), (low_2, x_2, high_2) = first, last
    middle = x_2 - x_1
    return (
        middle - math.hypot(x_2 - low_2, high_1 - x_1),
        middle,
        middle + math.hypot(high_2 - x_2, x_1 - low_1),
    )
