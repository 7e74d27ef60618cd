"""How wrong would we have to be? The smallest failure of each assumption at which a claim falls."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from darkfigure.disclosure.released import Release
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import measure, percent
from darkfigure.report.readings import labels, need, numbers
from darkfigure.report.style import ACCENT, CONTRAST, CONTRAST_TEXT, INK, LINE, SOFT, Layout
from darkfigure.report.trust_words import CLAIMS, FAILURES

_ID = "overturned"
_CLAIM_ORDER = ("doubled", "rose", "fell")


@dataclass(frozen=True, slots=True)
class _Failure:
    """One way of being wrong: its scale, and the amount at which each claim is gone."""

    words: str
    scale: str
    amounts: dict[str, float]


def _failures(release: Release) -> tuple[list[_Failure], str]:
    table = table_of(release, _ID, _ID)
    columns = ("claim", "years", "assumption", "place", "scale")
    need(table, (*columns, "value"), _ID)
    found: dict[tuple[str, str, str], _Failure] = {}
    years = ""
    rows = zip(*(labels(table, c) for c in columns), numbers(table, "value"), strict=True)
    for claim, years, assumption, place, scale, value in rows:
        first, _, last = years.partition(" to ")
        words = FAILURES.get((assumption, place), f"{assumption}, {place}").format(first=first, last=last)
        entry = found.setdefault((assumption, place, scale), _Failure(words, scale, {}))
        if value is not None:
            entry.amounts[claim] = value
    return [f for f in found.values() if f.amounts], years


def _words(release: Release) -> FigureWords:
    table = table_of(release, _ID, _ID)
    failures, years = _failures(release)
    claims = [c for c in _CLAIM_ORDER if any(c in f.amounts for f in failures)]
    title = "Nothing that the data allow overturns the change"
    main = "fell" if "fell" in claims else "rose"
    least = [
        min((f.amounts[main] for f in failures if f.scale == scale and main in f.amounts), default=None)
        for scale in ("times", "share")
    ]
    said = [] if least[0] is None else [f"wrong by a factor of {measure(least[0])}"]
    said += [] if least[1] is None else [f"wrong for {percent(least[1])} of the addresses concerned"]
    if said:
        word = "fall" if main == "fell" else "rise"
        title = f"To undo the {word}, one assumption would have to be {' or '.join(said)}, at the least"
    told = "; ".join(
        f"{f.words}: "
        + ", ".join(f"{CLAIMS.get(c, c)} at {_amount(f, f.amounts[c])}" for c in claims if c in f.amounts)
        for f in failures
    )
    return FigureWords(
        title=title,
        subtitle=f"Smallest failure of one assumption at which a claim about {years} is gone, all others holding",
        alt=f"Dots by assumption, above as factors, below as shares. {told}.",
        note=table.note,
    )


def _amount(failure: _Failure, value: float) -> str:
    return percent(value) if failure.scale == "share" else f"{measure(value)} times"


def _draw(release: Release, layout: Layout) -> Figure:
    failures, _ = _failures(release)
    parts = [[f for f in failures if f.scale == scale] for scale in ("times", "share")]
    parts = [p for p in parts if p]
    line = 0.5 if layout.narrow else 0.29
    heights = [line * len(p) for p in parts]
    height = sum(heights) + 0.62 * len(parts) + 0.25
    figure = Figure(figsize=(layout.width, height))
    left = 0.03 if layout.narrow else 0.47
    y = height - 0.3
    for number, (part, tall) in enumerate(zip(parts, heights, strict=True)):
        y -= tall + (0.0 if number == 0 else 0.32)
        axes = figure.add_axes((left, y / height, 0.95 - left, tall / height))
        _panel(axes, part, layout)
        y -= 0.3
    _legend(figure, failures, left, 1 - 0.12 / height)
    return figure


def _legend(figure: Figure, failures: list[_Failure], left: float, y: float) -> None:
    x = left
    for claim in _CLAIM_ORDER:
        if any(claim in f.amounts for f in failures):
            text = figure.text(x, y, f"\N{BLACK CIRCLE} {CLAIMS.get(claim, claim)}", fontsize=7.8, va="center",
                               color=_colour(claim)[1])  # fmt: skip
            x += 0.0105 * len(text.get_text()) * (7.2 / figure.get_size_inches()[0]) + 0.02


def _colour(claim: str) -> tuple[str, str]:
    return (CONTRAST, CONTRAST_TEXT) if claim == "doubled" else (ACCENT, ACCENT)


def _panel(axes: Axes, part: list[_Failure], layout: Layout) -> None:
    scale = part[0].scale
    axes.set(ylim=(len(part) - 0.5, -0.5), yticks=[])
    if scale == "times":
        top = max(v for f in part for v in f.amounts.values()) * 1.15
        ticks = [t for t in (1, 2, 3, 5, 10, 20, 50, 100) if t <= top]
        axes.set_xscale("log")
        axes.set_xlim(1, max(top, 2.2))
        names = [f"{t} times" if t == ticks[-1] or not layout.narrow else str(t) for t in ticks]
        axes.set_xticks(ticks, ["as assumed", *names[1:]])
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.grid(visible=True, axis="x")
    across = axes.get_yaxis_transform()
    start = axes.get_xlim()[0]
    for row, failure in enumerate(part):
        y = row + (0.2 if layout.narrow else 0)
        if layout.narrow:
            axes.text(0, row - 0.22, failure.words, transform=across, va="center", fontsize=7.2, color=INK)
        else:
            axes.text(-0.02, row, failure.words, transform=across, va="center", ha="right", fontsize=7.9)
        axes.plot([start, max(failure.amounts.values())], [y, y], color=LINE, lw=1.2, zorder=2)
        for claim, value in failure.amounts.items():
            axes.plot([value], [y], "o", color=_colour(claim)[0], ms=6, mec="white", mew=0.6, zorder=3, clip_on=False)
            axes.annotate(
                _amount(failure, value), (value, y), xytext=(0, -7.5), textcoords="offset points", ha="center",
                va="center", fontsize=6.4, color=SOFT, annotation_clip=False,
            )  # fmt: skip


FIGURES = (FigureSpec(id=_ID, label="", requires=(_ID,), words=_words, draw=_draw),)
"""The breakdown values."""
