"""How units may differ in their chance of capture: the columns that Mh and Mth models add."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """One shape of differences between units, as a column over the number of captures.

    Parameters
    ----------
    name : str
        ``"poisson2"``, ``"darroch"`` or ``"gamma3.5"``.
    in_words : str
        The assumption, as a sentence.

    Notes
    -----
    If the log odds of capture vary between units, the cell means bend with the number of captures ``k`` by the
    cumulant function ``h(k)`` of that variation among units never captured: ``2^k - 1`` for a Poisson variable times
    ``log 2``, ``k^2 / 2`` for a normal (Darroch), ``log(3.5) - log(3.5 + k)`` for minus a gamma variable.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x.

    Examples
    --------
    >>> SHAPES["darroch"].column(np.array([1.0, 2.0])).tolist()
    [0.5, 2.0]
    """

    name: str
    in_words: str

    def column(self, captures: Array) -> Array:
        """Value ``h(k)`` for each number of captures; 0 at no capture."""
        if self.name == "poisson2":
            return np.exp2(captures) - 1
        if self.name == "darroch":
            return captures**2 / 2
        return float(np.log(3.5)) - np.log(3.5 + captures)


_SPREAD = "The log odds of capture of units that were missed are spread like "

SHAPES = {
    s.name: s
    for s in (
        Heterogeneity("poisson2", _SPREAD + "a Poisson variable."),
        Heterogeneity("darroch", _SPREAD + "a normal variable."),
        Heterogeneity("gamma3.5", _SPREAD + "minus a gamma variable."),
    )
}
"""The shapes by name."""

CHAO_IN_WORDS = "Units may differ in their chance of capture in any way: the number is a lower bound."


def hinge(captures: Array, knot: int) -> Array:
    """Column of Chao's model for ``eta_knot``: how far ``k`` exceeds ``knot - 1``.

    Any mixture of capture chances makes the log means convex in ``k``, so its coefficients are zero or above.

    Source
    ------
    Rivest and Baillargeon (2007), section 3, doi 10.1111/j.1541-0420.2007.00779.x.

    Examples
    --------
    >>> hinge(np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist()
    [0.0, 0.0, 1.0, 2.0]
    """
    return np.maximum(captures - (knot - 1), 0.0)
