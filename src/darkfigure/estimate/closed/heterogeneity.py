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
        ``"darroch"``, or ``"poisson"`` or ``"gamma"`` with its parameter, such as ``"poisson2"`` or ``"gamma3.5"``.
    in_words : str
        The assumption, as a sentence.
    parameter : float
        ``a`` of the shape; unused by ``"darroch"``.

    Notes
    -----
    If the log odds of capture vary between units, the cell means bend with the number of captures ``k`` by the
    cumulant function ``h(k)`` of that variation among units never captured: ``a^k - 1`` for a Poisson variable times
    ``log a``, ``k^2 / 2`` for a normal (Darroch), ``log(a) - log(a + k)`` for minus a gamma variable.

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
    parameter: float = 1.0

    def column(self, captures: Array) -> Array:
        """Value ``h(k)`` for each number of captures; 0 at no capture."""
        if self.name.startswith("poisson"):
            with np.errstate(over="ignore"):
                return np.asarray(self.parameter**captures - 1, dtype=np.float64)
        if self.name == "darroch":
            return captures**2 / 2
        return float(np.log(self.parameter)) - np.log(self.parameter + captures)

    def doublings(self, most_captures: int) -> float:
        """How many times the curve doubles up to a number of captures; beyond twenty it has no bend left below."""
        return most_captures * float(np.log2(self.parameter)) if self.name.startswith("poisson") else 0.0


_SPREAD = "The log odds of capture of units that were missed are spread like "
_DARROCH = Heterogeneity("darroch", _SPREAD + "a normal variable.")


def shape_of(name: str) -> Heterogeneity:
    """The shape with a name such as ``"poisson2"``, ``"darroch"`` or ``"gamma3.5"``.

    Examples
    --------
    >>> shape_of("poisson1.5").column(np.array([2.0])).tolist()
    [1.25]
    """
    if name.startswith("poisson"):
        return Heterogeneity(name, _SPREAD + "a Poisson variable.", float(name.removeprefix("poisson")))
    if name.startswith("gamma"):
        return Heterogeneity(name, _SPREAD + "minus a gamma variable.", float(name.removeprefix("gamma")))
    return _DARROCH


SHAPES = {name: shape_of(name) for name in ("poisson2", "darroch", "gamma3.5")}
"""The shapes of the registry, by name."""

CHAO_SHAPES = ("chao", "chao-free")
"""Shapes without a form: convex over the number of captures, or with a size of its own for each number above two."""

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
