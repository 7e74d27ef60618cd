"""Convert a TopoJSON world atlas into the compact outline file used by the report's map.

Usage: ``python tools/make_world_map.py path/to/countries-110m.json path/to/world-land.json``

The input is ``countries-110m.json`` of the npm package world-atlas 2.0.2, made from Natural Earth (public domain).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

SCALE = 100
SOUTHERN_LIMIT = -60.0


def decoded_arcs(topology: dict) -> list[list[tuple[float, float]]]:
    """Arcs in degrees: TopoJSON stores differences of whole numbers."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * kx + dx, y * ky + dy))
        arcs.append(points)
    return arcs


def ring(indices: list[int], arcs: list) -> list[tuple[float, float]]:
    """Join arcs; ``~i`` means arc ``i`` backwards, and neighbours share their end point."""
    points: list[tuple[float, float]] = []
    for index in indices:
        part = arcs[index] if index >= 0 else arcs[~index][::-1]
        points.extend(part if not points else part[1:])
    return points


def polygons(geometry: dict) -> list:
    """Polygons of a geometry, each a list of rings of arc numbers."""
    if geometry["type"] == "Polygon":
        return [geometry["arcs"]]
    return geometry["arcs"] if geometry["type"] == "MultiPolygon" else []


def compact(points: list[tuple[float, float]]) -> list[int]:
    """Hundredths of a degree as differences: x0, y0, dx1, dy1, ... with repeated points dropped."""
    out: list[int] = []
    last = (0, 0)
    for lon, lat in points:
        now = (round(lon * SCALE), round(lat * SCALE))
        if not out or now != last:
            out += [now[0] - last[0], now[1] - last[1]]
            last = now
    return out


def convert(topology: dict) -> dict:
    """Land outlines north of the southern limit, and the borders that two countries share."""
    arcs = decoded_arcs(topology)
    land = [
        compact(ring(outline, arcs))
        for geometry in topology["objects"]["land"]["geometries"]
        for polygon in polygons(geometry)
        for outline in polygon
        if max(lat for _, lat in ring(outline, arcs)) > SOUTHERN_LIMIT
    ]
    used: Counter[int] = Counter()
    for geometry in topology["objects"]["countries"]["geometries"]:
        used.update({i if i >= 0 else ~i for polygon in polygons(geometry) for outline in polygon for i in outline})
    borders = [compact(arcs[i]) for i in sorted(used) if used[i] > 1]
    return {"scale": SCALE, "land": land, "borders": borders}


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    outline = convert(json.loads(source.read_text(encoding="utf-8")))
    target.write_text(json.dumps(outline, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")
