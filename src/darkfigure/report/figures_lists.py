"""How do the lists of a capture table overlap, and how far do the methods disagree?"""

from __future__ import annotations

from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.bars import BarPanel, bar_figure
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.matrices import pair_figure
from darkfigure.report.numbers import grouped, measure
from darkfigure.report.readings import BarRow, bar_rows, labels, need, numbers, sentence_case
from darkfigure.report.style import Layout


def _size_rows(release: Release) -> list[BarRow]:
    table = table_of(release, "list-sizes", "list-sizes")
    need(table, ("list", "units", "only_here"), "list-sizes")
    return bar_rows(table, "list-sizes", count="units")


def _only_here(table: ReleasedTable) -> dict[str, float | None]:
    names = map(sentence_case, labels(table, "list"))
    return dict(zip(names, numbers(table, "only_here"), strict=True))


def _sizes_words(release: Release) -> FigureWords:
    table = table_of(release, "list-sizes", "list-sizes")
    rows = _size_rows(release)
    only = _only_here(table)
    told = "; ".join(
        f"{r.label}: {_or_withheld(r.value)}, on no other list {_or_withheld(only[r.label])}" for r in rows
    )
    known = sorted((r for r in rows if r.value is not None), key=lambda r: -(r.value or 0))
    title = "Each list names some people that no other list names"
    if known and all(o is not None for o in only.values()):
        high, low = known[0], known[-1]
        times = measure((high.value or 0) / (low.value or 1))
        title = f"The largest list ({high.label}) names {times} times as many as the smallest ({low.label})"
    return FigureWords(
        title=title,
        subtitle=f"On each list; dark: on no other list; pale: also on others; {table.base}",
        alt=f"Bar chart of the lists. {told}.",
    )


def _or_withheld(value: float | None) -> str:
    return "withheld" if value is None else grouped(value)


def _sizes_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, "list-sizes", "list-sizes")
    parts = {name: value for name, value in _only_here(table).items() if value is not None}
    return bar_figure([BarPanel(rows=_size_rows(release), parts=parts)], layout)


def _overlap_words(release: Release) -> FigureWords:
    table = table_of(release, "list-overlaps", "list-overlaps")
    need(table, ("list_a", "list_b", "overlap", "pair_estimate"), "list-overlaps")
    names = [f"{a} and {b}" for a, b in zip(labels(table, "list_a"), labels(table, "list_b"), strict=True)]
    both, pairs = numbers(table, "overlap"), numbers(table, "pair_estimate")
    told = "; ".join(f"{n}: {_or_withheld(v)} on both" for n, v in zip(names, both, strict=True))
    known = [p for p in pairs if p is not None]
    title = "How many each pair of lists shares"
    if len(known) > 1:
        span = f"from {measure(min(known))} to {measure(max(known))}"
        title = f"Pairs of lists, taken as independent, would put the total anywhere {span}"
    return FigureWords(
        title=title,
        subtitle=f"Number on both lists of a pair; {table.base}",
        alt=f"Matrix of overlaps between lists; larger discs mean more on both lists. {told}.",
        note=table.note,
    )


def _overlap_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, "list-overlaps", "list-overlaps")
    pairs = list(zip(labels(table, "list_a"), labels(table, "list_b"), strict=True))
    names = list(dict.fromkeys([*(a for a, _ in pairs), *(b for _, b in pairs)]))
    return pair_figure(names, dict(zip(pairs, table.column("overlap"), strict=True)), layout)


FIGURES = (
    FigureSpec(id="list-sizes", label="", requires=("list-sizes",), words=_sizes_words, draw=_sizes_draw),
    FigureSpec(id="list-overlaps", label="", requires=("list-overlaps",), words=_overlap_words, draw=_overlap_draw),
)
"""Figures of a study whose source is a finished capture table."""
