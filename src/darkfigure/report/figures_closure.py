"""Did the same addresses stay in use, and how often does one come back?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import and_list, measure
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, ACCENT_PALE, CONTRAST_TEXT, FAINT, INK, PALE, SOFT, Layout
from darkfigure.report.timelines import count_axis, end_labels
from darkfigure.report.trust_words import CLOSURE_ASKED

_CLOSURE, _VERDICTS, _LENGTHS = "closure-tests", "window-verdicts", "estimate-by-length"
_LAGS, _SOURCES = "lag-curve", "sources-active"
_SPAN = 8.0
"""Ratios are drawn from one over this to this; whiskers beyond are cut."""


def _verdicts(release: Release) -> list[tuple[str, str]]:
    table = release.table(_VERDICTS)
    if table is None:
        return []
    need(table, ("label", "verdict"), _CLOSURE)
    rows = zip(table.column("label"), labels(table, "verdict"), strict=True)
    return [(name, verdict) for name, verdict in rows if isinstance(name, str) and not hasattr(name, "value")]


def _closure_words(release: Release) -> FigureWords:
    table = table_of(release, _CLOSURE, _CLOSURE)
    need(table, ("label", "test", "ratio", "lower", "upper", "limit", "outcome"), _CLOSURE)
    found = _verdicts(release)
    said: dict[str, list[str]] = {}
    for year, verdict in found:
        said.setdefault(verdict, []).append(year)
    words = {
        "closed enough": "the same addresses stayed in use",
        "churning": "the addresses in use changed",
        "clustered": "single events were reported several times",
        "cannot tell": "too few addresses were seen again to tell",
    }
    parts = [f"{and_list(years)}: {words.get(verdict, verdict)}" for verdict, years in said.items()]
    if len(said) == 1 and found:
        verdict = found[0][1]
        every = f"In all {len(found)} years" if len(found) > 1 else f"In the year to {found[0][0]}"
        title = f"{every} {words.get(verdict, verdict)}"
    else:
        title = "; ".join(parts) or "Did the same addresses stay in use?"
    rows = zip(*(labels(table, c) for c in ("label", "test", "outcome")), numbers(table, "ratio"), strict=True)
    told = "; ".join(
        f"{year}, {CLOSURE_ASKED.get(test, test).lower()}: {'no number' if r is None else measure(r)} ({outcome})"
        for year, test, outcome, r in rows
    )
    return FigureWords(
        title=title,
        subtitle="Number of addresses that one group of those seen again implies over what another implies, with its "
        "95% interval, one line a year, the first year on top; 1: no change; dashed: the limit beyond which the "
        "estimate is switched off",
        alt=f"Dots with whiskers around 1, six comparisons for each year. {told}.",
        note=table.note,
    )


def _closure_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, _CLOSURE, _CLOSURE)
    tests = list(dict.fromkeys(labels(table, "test")))
    years = list(dict.fromkeys(labels(table, "label")))
    columns = (labels(table, c) for c in ("label", "test"))
    values = (numbers(table, c) for c in ("ratio", "lower", "upper", "limit"))
    rows = list(zip(*columns, *values, strict=True))
    band = 0.115 * len(years) + (0.42 if layout.narrow else 0.16)
    height = band * len(tests) + 0.5
    figure = Figure(figsize=(layout.width, height))
    left = 0.02 if layout.narrow else 0.4
    axes = figure.add_axes((left, 0.36 / height, 0.9 - left, 1 - 0.46 / height))
    axes.set_xscale("log")
    axes.set(xlim=(1 / _SPAN, _SPAN), ylim=(len(tests) - 0.02, -0.02), yticks=[])
    axes.set_xticks([0.25, 0.5, 1, 2, 4], ["a quarter", "half", "the same", "twice", "4 times"])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(1, color=SOFT, lw=0.9)
    across = axes.get_yaxis_transform()
    head = 0.32 / band if layout.narrow else 0.08 / band
    step = (0.96 - head) / len(years)
    for place, test in enumerate(tests):
        if place % 2 == 0:
            axes.axhspan(place, place + 1, color=PALE, lw=0, alpha=0.6)
        asked = CLOSURE_ASKED.get(test, test)
        if layout.narrow:
            axes.text(0.01, place + 0.17 / band, asked, transform=across, va="center", fontsize=7.6, zorder=5,
                      bbox={"fc": "white", "ec": "none", "pad": 0.8})  # fmt: skip
        else:
            axes.text(-0.02, place + 0.5, asked, transform=across, va="center", ha="right", fontsize=8.2)
        for year, name, value, lower, upper, limit in rows:
            if name != test:
                continue
            y = place + head + step * (years.index(year) + 0.5)
            axes.text(1.01, y, year[-4:], transform=across, va="center", fontsize=6.6, color=SOFT)
            if limit is not None:
                axes.plot([limit, limit], [place, place + 1], color=CONTRAST_TEXT, lw=0.9, ls=(0, (3, 2)), zorder=2)
            _whisker(axes, y, value, lower, upper, broken=lower is not None and limit is not None and lower > limit)
    return figure


def _whisker(
    axes: Axes, y: float, value: float | None, lower: float | None, upper: float | None, *, broken: bool
) -> None:
    """Draw one value with its interval, cut at the ends of the axis."""
    low, high = axes.get_xlim()
    colour = CONTRAST_TEXT if broken else ACCENT
    if value is None or lower is None or upper is None:
        axes.plot([1], [y], "x", color=FAINT, ms=3.5)
        return
    axes.plot([max(lower, low), min(upper, high)], [y, y], color=colour, lw=1.2, solid_capstyle="butt", zorder=3)
    if low <= value <= high:
        axes.plot([value], [y], "o", color=colour, ms=3.4, mec="white", mew=0.4, zorder=4)


def _lag_rows(table: ReleasedTable) -> dict[str, list[tuple[float, float | None, float | None]]]:
    need(table, ("label", "lag_days", "observed_per_million", "fitted_per_million"), _LAGS)
    found: dict[str, list[tuple[float, float | None, float | None]]] = {}
    columns = (numbers(table, c) for c in ("lag_days", "observed_per_million", "fitted_per_million"))
    for year, lag, observed, fitted in zip(labels(table, "label"), *columns, strict=True):
        if lag is not None:
            found.setdefault(year, []).append((lag, observed, fitted))
    return found


def _lag_words(release: Release) -> FigureWords:
    table = table_of(release, _LAGS, _LAGS)
    rows = _lag_rows(table)
    last = list(rows)[-1]
    known = [(lag, seen) for lag, seen, _ in rows[last] if seen is not None]
    verdict = dict(_verdicts(release)).get(last, "")
    title = {
        "closed enough": "Addresses come back as often after months as after days",
        "churning": "Addresses in use change, and the curve of those that come back shows it",
        "clustered": "Addresses come back within days more often than later",
    }.get(verdict, "Too few addresses come back to say whether time makes a difference")
    told = "; ".join(f"after about {measure(lag)} days {measure(v)}" for lag, v in known)
    fitted = any(f is not None for _, _, f in rows[last])
    return FigureWords(
        title=title,
        subtitle="Pairs of sightings that are of one address, of a million pairs of the same year, by the days between "
        "them; dots: observed" + ("; line: fitted by lagged identification" if fitted else ""),
        alt=f"Dots by year over the days between two sightings. {last}: of a million pairs, {told}.",
        note=table.note + _sources_words(release),
    )


def _sources_words(release: Release) -> str:
    table = release.table(_SOURCES)
    if table is None:
        return ""
    rows = zip(labels(table, "label"), numbers(table, "n_active"), numbers(table, "n_total"), strict=True)
    told = [
        f"{year} {measure(active)} sources active at a time beside {measure(total)} addresses in use"
        for year, active, total in rows
        if active is not None and total is not None
    ]
    return (
        f" A level line at height h means a million over h sources active at a time: {'; '.join(told)}." if told else ""
    )


def _lag_draw(release: Release, layout: Layout) -> Figure:
    rows = _lag_rows(table_of(release, _LAGS, _LAGS))
    height = 2.5 if layout.narrow else 2.9
    figure = Figure(figsize=(layout.width, height))
    left, right = (0.13, 0.8) if layout.narrow else (0.075, 0.88)
    axes = figure.add_axes((left, 0.36 / height, right - left, 1 - 0.46 / height))
    axes.set_xscale("log")
    highest = max((v for year in rows.values() for _, o, f in year for v in (o, f) if v is not None), default=1.0)
    count_axis(axes, highest or 1.0, 4)
    ticks = (4, 11, 30, 90, 270)
    axes.set_xticks(ticks, [f"{t} days" if t == ticks[0] else str(t) for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    shades = _shades(len(rows))
    ends = []
    for (year, points), colour in zip(rows.items(), shades, strict=True):
        seen = [(lag, o) for lag, o, _ in points if o is not None]
        fit = [(lag, f) for lag, _, f in points if f is not None]
        if fit:
            axes.plot(*zip(*fit, strict=True), color=colour, lw=1.3, zorder=2)
        if seen:
            style = "o" if fit else "o-"
            axes.plot(*zip(*seen, strict=True), style, color=colour, ms=4.2, lw=0.6, mec="white", mew=0.5, zorder=3)
            ends.append(((fit or seen)[-1][1], year[-4:], INK if colour == ACCENT else SOFT))
    last = max((lag for year in rows.values() for lag, *_ in year), default=1.0)
    axes.set_xlim(3, last * 1.12)
    end_labels(axes, ends, last * 1.12)
    return figure


def _shades(many: int) -> list[str]:
    """The last year in the main colour, those before it ever paler."""
    return [*([ACCENT_PALE, FAINT, SOFT] * many)[: max(many - 1, 0)][-(many - 1) :], ACCENT] if many > 1 else [ACCENT]


FIGURES = (
    FigureSpec(
        id=_CLOSURE, label="", requires=(_CLOSURE,), optional=(_VERDICTS, _LENGTHS), words=_closure_words,
        draw=_closure_draw,
    ),
    FigureSpec(id=_LAGS, label="", requires=(_LAGS,), optional=(_SOURCES,), words=_lag_words, draw=_lag_draw),
)  # fmt: skip
"""Evidence on closure."""
