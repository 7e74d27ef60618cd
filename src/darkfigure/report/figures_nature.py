"""Who is harmed, who offends and how: panels of labelled bars with intervals, unknown and bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.report.bars import BarPanel, bar_figure, count_and_share
from darkfigure.report.figure_spec import FigureSpec, FigureWords
from darkfigure.report.messages import Message, finding_message, leading_message, unknown_count
from darkfigure.report.numbers import measure
from darkfigure.report.readings import BarRow, bar_rows
from darkfigure.report.style import Layout

_SHOWN = "Number and share"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSource:
    """A table drawn as one panel of a figure.

    Parameters
    ----------
    table : str
        Id of the table.
    subject : str
        How a sentence speaks of the counted units, such as ``"victims"``.
    bounds : bool
        Whether each bar shows how far it would reach with every unknown.
    count : str
        Count column; the first one by default.
    """

    table: str
    subject: str
    bounds: bool = False
    count: str = ""


def _panels(
    release: Release, figure: str, sources: Sequence[PanelSource]
) -> list[tuple[PanelSource, ReleasedTable, list[BarRow]]]:
    found = []
    for source in sources:
        table = release.table(source.table)
        if table is not None and table.rows:
            found.append((source, table, bar_rows(table, figure, count=source.count)))
    return [(source, table, _drawn(rows, source, found)) for source, table, rows in found]


def _drawn(
    rows: list[BarRow], source: PanelSource, others: Sequence[tuple[PanelSource, ReleasedTable, list[BarRow]]]
) -> list[BarRow]:
    """Leave out categories with nobody in them, unless another panel has somebody there or the unknown could be."""
    if source.bounds and unknown_count(rows):
        return rows
    elsewhere = {r.label for other, _, theirs in others if other is not source for r in theirs if r.value}
    return [r for r in rows if r.value != 0 or r.label in elsewhere] or rows


def _empty_words(panels: Sequence[tuple[PanelSource, ReleasedTable, list[BarRow]]], figure: str) -> str:
    """Name the categories that stand in the table but are not drawn."""
    left_out = [
        row.label
        for source, table, rows in panels
        for row in bar_rows(table, figure, count=source.count)
        if row.value == 0 and row.label not in {r.label for r in rows}
    ]
    return f"Not drawn, because the count is 0: {', '.join(dict.fromkeys(left_out))}." if left_out else ""


def _alt(panels: Sequence[tuple[PanelSource, ReleasedTable, list[BarRow]]]) -> str:
    parts = [
        f"{table.title}: {', '.join(f'{r.label} {count_and_share(r)}' for r in rows)}" for _, table, rows in panels
    ]
    return f"Bar charts. {'. '.join(parts)}."


def bar_spec(
    figure: str, fallback: str, messages: Sequence[Message], sources: Sequence[PanelSource], *, label: str = ""
) -> FigureSpec:
    """Make a figure of panels; its title is the message of findings, else of the first panel, else neutral.

    Parameters
    ----------
    figure : str
        Id.
    fallback : str
        Neutral title for when numbers are withheld.
    messages : sequence of Message
        What the title says, joined by semicolons.
    sources : sequence of PanelSource
        The first is required, the others are shown when released.
    label : str
        Number of the figure in the 2020 study.

    Returns
    -------
    FigureSpec
    """

    def words(release: Release) -> FigureWords:
        panels = _panels(release, figure, sources)
        title = "; ".join(m for m in (finding_message(release, m) for m in messages) if m)
        title = title or leading_message(panels[0][2], panels[0][0].subject)
        title = title[:1].upper() + title[1:]
        bounds = any(s.bounds and unknown_count(rows) for s, _, rows in panels)
        notes = dict.fromkeys(x for x in (*(t.note for _, t, _ in panels), _empty_words(panels, figure)) if x)
        return FigureWords(
            title=title or fallback,
            subtitle=_SHOWN
            + (
                "; whiskers: interval of the share, by case"
                if any(r.upper for _, _, rows in panels for r in rows)
                else ""
            )
            + ("; hatched: unknown" if any(unknown_count(rows) for _, _, rows in panels) else "")
            + ("; broken bars: longer than drawn" if any(_panel(release, *p).known_reach for p in panels) else "")
            + ("; hatched extension: reach if every unknown belonged to the category" if bounds else ""),
            alt=_alt(panels),
            note=" ".join(notes),
        )

    def draw(release: Release, layout: Layout) -> Figure:
        return bar_figure([_panel(release, *found) for found in _panels(release, figure, sources)], layout)

    return FigureSpec(
        id=figure,
        label=label,
        requires=(sources[0].table,),
        optional=tuple(s.table for s in sources[1:]),
        words=words,
        draw=draw,
    )


def _panel(release: Release, source: PanelSource, table: ReleasedTable, rows: list[BarRow]) -> BarPanel:
    mark, text = None, ""
    if source.table == "victims-by-age-band":
        median = release.finding("victims-age-median")
        if median is not None and isinstance(median.value, int | float):
            mark, text = _band_with(rows, float(median.value)), f"median {measure(float(median.value))}"
    return BarPanel(
        rows=rows,
        heading=table.title,
        mark=mark,
        mark_text=text,
        unknown_added=unknown_count(rows) if source.bounds else 0.0,
    )


def _band_with(rows: Sequence[BarRow], value: float) -> int | None:
    """Find the row whose label names an age band that holds a value."""
    for index, row in enumerate(rows):
        numbers = [float(n) for n in re.findall(r"\d+", row.label)]
        if len(numbers) == 2 and numbers[0] <= value < numbers[1] + 1:
            return index
        if len(numbers) == 1 and "under" in row.label.lower() and value < numbers[0]:
            return index
        if len(numbers) == 1 and "over" in row.label.lower() and value >= numbers[0]:
            return index
        if len(numbers) == 1 and row.label.strip().isdigit() and int(value) == int(numbers[0]):
            return index
    return None


FIGURES = (
    bar_spec(
        "victims",
        "Victims by sex and age",
        (
            Message("victims-female", "{value} of victims whose sex is known are girls or women"),
            Message("victims-age-median", "half of those whose age is known are {value} or younger"),
        ),
        (
            PanelSource(table="victims-by-sex", subject="victims"),
            PanelSource(table="victims-by-age-band", subject="victims"),
            PanelSource(table="victims-by-length-of-abuse", subject="victims"),
        ),
    ),
    bar_spec(
        "victims-relation",
        "Victims by their relation to the trafficker",
        (
            Message(
                "victims-relation-any-relative",
                "{value} of victims whose relation to the trafficker is known were abused by a parent or another "
                "relative",
            ),
        ),
        (PanelSource(table="victims-by-relation", subject="victims", bounds=True),),
    ),
    bar_spec(
        "victims-rescue",
        "Victims rescued together",
        (Message("victims-rescued-together", "{value} of rescued victims were rescued with at least one other"),),
        (
            PanelSource(table="victims-by-relation-in-group", subject="victims rescued together, unknown included"),
            PanelSource(table="rescue-groups-by-size", subject="groups"),
        ),
    ),
    bar_spec(
        "traffickers",
        "Traffickers by sex, nationality and company",
        (
            Message("traffickers-female", "{value} of traffickers whose sex is known are girls or women"),
            Message("traffickers-age-median", "half of those whose age is known are {value} or younger"),
        ),
        (
            PanelSource(table="traffickers-by-sex", subject="traffickers"),
            PanelSource(table="trafficker-cases-by-composition", subject="cases with several traffickers"),
            PanelSource(table="traffickers-by-nationality", subject="traffickers"),
        ),
    ),
    bar_spec(
        "customers",
        "Customers by country, sex and what is known of them",
        (
            Message("customers-men", "{value} of lead customers whose sex is known are men"),
            Message("customers-travelled", "{value} are known to have travelled to the victims' country"),
        ),
        (
            PanelSource(table="customers-by-country", subject="referrals with a customer, unknown included"),
            PanelSource(table="customers-by-sex", subject="lead customers"),
            PanelSource(table="customers-by-travel", subject="lead customers"),
            PanelSource(table="customers-by-contact-abuse", subject="lead customers"),
        ),
    ),
    bar_spec(
        "process",
        "How the crime proceeds",
        (Message("process-commercial", "Evidence confirms a commercial element in {value} of the reviewed cases"),),
        (
            PanelSource(table="process-commercial-element", subject="cases, unknown included"),
            PanelSource(table="process-languages", subject="traffickers"),
            PanelSource(table="process-channels", subject="traffickers", count="traffickers"),
        ),
    ),
)
"""Figures of victims, traffickers, customers and the offending process."""
