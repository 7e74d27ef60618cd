"""The observed against the fitted lag curve as a drawing: SVG text that stands alone or inside a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from darkfigure.estimate.compare.axis import Axis

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 800, 440, 90, 780, 76, 370
_STYLE = """
.df-lag{--ink:#1b2733;--soft:#51606e;--line:#d3dae0;--paper:#fff;--dot:#0b5fa5;--fit:#8a4b08;
font:13px system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.df-lag{--ink:#e8edf2;--soft:#aab6c2;--line:#3b4754;--paper:#14191f;
--dot:#6cb6f5;--fit:#f0a95b}}
@media print{.df-lag{--ink:#000;--soft:#333;--line:#bbb;--paper:#fff;--dot:#0b5fa5;--fit:#8a4b08}}
.df-lag text{fill:var(--ink)}.df-lag .soft{fill:var(--soft)}.df-lag .back{fill:var(--paper)}
.df-lag .grid{stroke:var(--line)}.df-lag .whisker{stroke:var(--dot);stroke-width:1.5}
.df-lag .dot{fill:var(--dot)}.df-lag .fit{fill:none;stroke:var(--fit);stroke-width:2.5}
.df-lag .floor{stroke:var(--soft);stroke-dasharray:4 3}
"""
_PAGE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;
margin:0 auto;padding:1.5rem;max-width:60rem}h1{font-size:1.4rem}svg{width:100%;height:auto}
table{border-collapse:collapse;font-size:.9rem}td,th{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #9993}
@media print{body{padding:0}svg,tr{break-inside:avoid}}"""
_READ = (
    "A dot is a range of lags: how often two sightings so far apart show the same identifier, with the range that "
    "chance allows. The line is the fitted curve. Where the dots leave the line, the number is not to be trusted. The "
    "height of the line at short lags gives the number of sources; how far out it falls, how long identifiers are "
    "kept; the dashed line is the chance of unrelated sightings."
)


def lagged_svg(result: Mapping[str, Any]) -> str:
    """Do the observed lags follow the fitted curve, as a drawing?

    Parameters
    ----------
    result : mapping
        As ``lagged_table`` gave it, with a curve.

    Returns
    -------
    str
        One ``<svg>`` element with a title and a description in words; light, dark and printed colours are inside it.

    Examples
    --------
    >>> points = [{"lag_days": 1.0, "pairs": 1e6, "same": 50.0, "fitted": 55.0}]
    >>> points.append({"lag_days": 9.0, "pairs": 1e6, "same": 20.0, "fitted": 15.0})
    >>> lagged_svg({"curve": points, "floor": 0.0, "n_active": 3000.0}).count("<circle")
    2
    """
    points = pooled_points(result["curve"])
    lags = [p["lag_days"] for p in points]
    top = max(1.15 * max(max(p["rate"], p["fitted"]) for p in points), 1e-12)
    across = Axis(min(lags) / 1.2, max(lags) * 1.2, _LEFT, _RIGHT, True)
    up = Axis(0.0, top * 1e6, _BOTTOM, _TOP, False)
    body = [*_open(points, result), *_frame(across, up)]
    floor = up.at(float(result["floor"]) * 1e6)
    body.append(f'<line class="floor" x1="{_LEFT}" x2="{_RIGHT}" y1="{floor:.1f}" y2="{floor:.1f}"/>')
    line = " ".join(f"{across.at(p['lag_days']):.1f},{up.at(p['fitted'] * 1e6):.1f}" for p in points)
    body.append(f'<polyline class="fit" points="{line}"/>')
    for p in points:
        x = across.at(p["lag_days"])
        low, high = up.at(p["low"] * 1e6), up.at(p["high"] * 1e6)
        told = escape(
            f"lag {lag_words(p['lag_days'])}: observed {p['rate'] * 1e6:.3g} per million pairs, fitted ", quote=True
        )
        told += f"{p['fitted'] * 1e6:.3g}"
        body.append(
            f'<g><title>{told}</title><line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
            f'<circle class="dot" cx="{x:.1f}" cy="{up.at(p["rate"] * 1e6):.1f}" r="4"/></g>'
        )
    return "".join([*body, "</svg>"])


def lagged_page(result: Mapping[str, Any]) -> str:
    """The drawing as a page to open, print or send, with how to read it and every number of it in a table."""
    rows = "".join(
        f"<tr><td>{lag_words(p['lag_days'])}</td><td>{p['rate'] * 1e6:.4g}</td><td>{p['fitted'] * 1e6:.4g}</td></tr>"
        for p in pooled_points(result["curve"])
    )
    title = escape(_headline(result))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_PAGE}</style></head><body><main>'
        f"<h1>{title}</h1>{lagged_svg(result)}<p>{_READ}</p><table><caption>Pairs with one identifier, per million"
        '</caption><thead><tr><th scope="col">lag</th><th scope="col">observed</th><th scope="col">fitted</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></main></body></html>\n"
    )


def pooled_points(curve: Sequence[Mapping[str, float]], *, at_least: float = 8.0) -> list[dict[str, float]]:
    """Neighbouring lag bins joined until each expects a few matches; rates with the range that chance allows."""
    points: list[dict[str, float]] = []
    held = {"pairs": 0.0, "same": 0.0, "fitted": 0.0, "lag": 0.0}
    for k, bin_ in enumerate(curve):
        for name in ("pairs", "same", "fitted"):
            held[name] += bin_[name]
        held["lag"] += bin_["pairs"] * math.log(bin_["lag_days"])
        if held["fitted"] >= at_least or k == len(curve) - 1:
            pairs, same = held["pairs"], held["same"]
            spread = 1.96 * math.sqrt(max(same, 1.0))
            points.append(
                {
                    "lag_days": math.exp(held["lag"] / pairs), "rate": same / pairs, "fitted": held["fitted"] / pairs,
                    "low": max(same - spread, 0.0) / pairs, "high": (same + spread) / pairs,
                }
            )  # fmt: skip
            held = dict.fromkeys(held, 0.0)
    return points


def lag_words(days: float) -> str:
    """A lag in the unit a reader would use.

    Examples
    --------
    >>> lag_words(0.01), lag_words(0.5), lag_words(40.0)
    ('14 min', '12 h', '40 d')
    """
    if days < 1 / 24:
        return f"{days * 1440:.0f} min"
    return f"{days * 24:.0f} h" if days < 2 else f"{days:.0f} d"


def _headline(result: Mapping[str, Any]) -> str:
    number = result.get("n_active")
    return (
        "Lag curve: no answer" if number is None else f"Lag curve behind {float(number):,.0f} sources active at a time"
    )


def _open(points: Sequence[Mapping[str, float]], result: Mapping[str, Any]) -> Iterator[str]:
    first, last = points[0], points[-1]
    told = (
        f"At lags near {lag_words(first['lag_days'])}, {first['rate'] * 1e6:.3g} of a million pairs show one "
        f"identifier; near {lag_words(last['lag_days'])}, {last['rate'] * 1e6:.3g}. The fitted curve says "
        f"{first['fitted'] * 1e6:.3g} and {last['fitted'] * 1e6:.3g}."
    )
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="df-lag" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="df-lag-title df-lag-desc"><title id="df-lag-title">{escape(_headline(result))}</title>'
        f'<desc id="df-lag-desc">{escape(told)}</desc><style>{_STYLE}</style>'
        f'<rect class="back" width="100%" height="100%"/>'
        f'<text x="8" y="24" font-size="17" font-weight="600">{escape(_headline(result))}</text>'
    )
    yield _text(
        8, 46, "pairs of sightings with one identifier, per million; dots observed, line fitted", "soft", "start"
    )


def _frame(across: Axis, up: Axis) -> Iterator[str]:
    for tick in across.ticks():
        x = across.at(tick)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BOTTOM}"/>'
        yield _text(x, _BOTTOM + 18, lag_words(tick), "soft", "middle")
    for tick in up.ticks():
        y = up.at(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(_LEFT - 8, y + 4, f"{tick:,.6g}", "soft", "end")
    yield _text((_LEFT + _RIGHT) / 2, _BOTTOM + 42, "time between the two sightings", "soft", "middle")


def _text(x: float, y: float, text: str, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
