"""Outlines of the world's land and country borders, for maps drawn without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Line = NDArray[np.float64]
"""Points in degrees, shape (n, 2): longitude and latitude."""


@dataclass(frozen=True, slots=True)
class WorldOutline:
    """Land and borders of the world, without Antarctica.

    Parameters
    ----------
    land : tuple of array, shape (n, 2)
        Closed outlines of land, degrees.
    borders : tuple of array, shape (n, 2)
        Open lines between two countries, degrees.
    """

    land: tuple[Line, ...]
    borders: tuple[Line, ...]


@cache
def world_outline() -> WorldOutline:
    """Where is land, and where do countries meet?

    Returns
    -------
    WorldOutline
        Natural Earth 1:110m, rounded to hundredths of a degree; see ``data/world-land.LICENSE.txt``.

    Examples
    --------
    >>> outline = world_outline()
    >>> max(float(line[:, 1].max()) for line in outline.land) < 90
    True
    """
    text = (resources.files("darkfigure.reference") / "data" / "world-land.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    scale = float(stored["scale"])

    def lines(name: str) -> tuple[Line, ...]:
        return tuple(np.cumsum(np.asarray(steps, dtype=float).reshape(-1, 2), axis=0) / scale for steps in stored[name])

    return WorldOutline(land=lines("land"), borders=lines("borders"))
