"""Where does a point of the globe fall on a flat, Pacific-centred map?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (n, 2): longitude and latitude in degrees, or x and y on the map."""

CENTRE = 150.0
"""Meridian in the middle of the map, degrees east: the edges then fall in the Atlantic."""


def project(points: Points) -> Points:
    """Place points on a Robinson-like map (the Natural Earth projection).

    Parameters
    ----------
    points : array, shape (n, 2)
        Longitude relative to the map's centre (-180 to 180) and latitude, degrees.

    Returns
    -------
    array, shape (n, 2)
        Map coordinates; x from about -2.73 to 2.73.

    Notes
    -----
    x = l (0.8707 - 0.131979 p^2 - 0.013791 p^4 + 0.003971 p^10 - 0.001529 p^12),
    y = p (1.007226 + 0.015085 p^2 - 0.044475 p^6 + 0.028874 p^8 - 0.005916 p^10), with longitude l and latitude p in
    radians.

    Source
    ------
    Savric, Jenny, Patterson, Petrovic, Hurni (2011), A polynomial equation for the Natural Earth projection,
    Cartography and Geographic Information Science 38(4), doi 10.1559/15230406384363.

    Examples
    --------
    >>> project(np.array([[0.0, 0.0]])).tolist()
    [[0.0, 0.0]]
    """
    lam, phi = np.radians(points[:, 0]), np.radians(points[:, 1])
    p2 = phi**2
    p4 = p2**2
    x = lam * (0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * p2 * (0.003971 - 0.001529 * p2)))
    y = phi * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))
    return np.column_stack([x, y])


def centred(points: Points) -> Points:
    """Shift longitudes to the map's centre, unbroken: neighbours never lie more than half a turn apart.

    Examples
    --------
    >>> centred(np.array([[170.0, 0.0], [-170.0, 0.0]])).tolist()
    [[20.0, 0.0], [40.0, 0.0]]
    """
    lon = np.degrees(np.unwrap(np.radians(points[:, 0] - CENTRE)))
    first = (lon[0] + 180.0) % 360.0 - 180.0
    return np.column_stack([np.round(lon - lon[0] + first, 9), points[:, 1]])


def outline_pieces(ring: Points) -> list[Points]:
    """Cut a closed outline at the map's edges.

    Parameters
    ----------
    ring : array, shape (n, 2)
        Longitude and latitude, degrees.

    Returns
    -------
    list of array, shape (m, 2)
        Closed pieces in map coordinates.
    """
    flat = centred(ring)
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        piece = _clip(_clip(flat + np.array([turn, 0.0]), -180.0, 1.0), 180.0, -1.0)
        if len(piece) > 2:
            pieces.append(project(piece))
    return pieces


def _clip(ring: Points, edge: float, side: float) -> Points:
    """Keep the part of a polygon on one side of a meridian (Sutherland-Hodgman)."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(np.roll(ring, 1, axis=0), ring, strict=True):
        inside0, inside1 = side * (x0 - edge) >= 0, side * (x1 - edge) >= 0
        if inside0 != inside1:
            t = (edge - x0) / (x1 - x0)
            kept.append((edge, y0 + t * (y1 - y0)))
        if inside1:
            kept.append((x1, y1))
    return np.asarray(kept, dtype=float).reshape(-1, 2)


def line_pieces(line: Points) -> list[Points]:
    """Cut an open line where it leaves the map on one side and returns on the other.

    Parameters
    ----------
    line : array, shape (n, 2)
        Longitude and latitude, degrees.

    Returns
    -------
    list of array, shape (m, 2)
        Open pieces in map coordinates.
    """
    flat = centred(line)
    wrapped = (flat[:, 0] + 180.0) % 360.0 - 180.0
    breaks = np.flatnonzero(np.abs(np.diff(wrapped)) > 180.0) + 1
    parts = np.split(np.column_stack([wrapped, flat[:, 1]]), breaks)
    return [project(part) for part in parts if len(part) > 1]


def great_circle(start: tuple[float, float], end: tuple[float, float], steps: int = 60) -> Points:
    """Follow the shortest way over the globe between two places.

    Parameters
    ----------
    start, end : (float, float)
        Longitude and latitude, degrees.
    steps : int
        Points on the way, both ends included.

    Returns
    -------
    array, shape (steps, 2)
        Longitude and latitude, degrees.

    Notes
    -----
    Spherical linear interpolation: sin((1 - t) d) a / sin d + sin(t d) b / sin d, with unit vectors a and b at angle d.

    Examples
    --------
    >>> great_circle((0.0, 0.0), (90.0, 0.0), 3).round(6).tolist()
    [[0.0, 0.0], [45.0, 0.0], [90.0, 0.0]]
    """
    a, b = _unit(start), _unit(end)
    angle = float(np.arccos(np.clip(a @ b, -1.0, 1.0)))
    t = np.linspace(0.0, 1.0, steps)[:, None]
    if angle < 1e-9:
        return np.tile(np.asarray(start, dtype=float), (steps, 1))
    way = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return np.column_stack(
        [np.degrees(np.arctan2(way[:, 1], way[:, 0])), np.degrees(np.arcsin(np.clip(way[:, 2], -1, 1)))]
    )


def _unit(place: tuple[float, float]) -> NDArray[np.float64]:
    lon, lat = np.radians(place)
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
