"""Figures 7 and 8: where cases are referred, and which regions online-enticement reports touch."""

from __future__ import annotations

from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release
from darkfigure.report.bars import BarPanel, bar_figure, count_and_share
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.matrices import pair_figure
from darkfigure.report.numbers import grouped, measure, percent, the_country
from darkfigure.report.readings import BarRow, bar_rows, labels, need, numbers, sentence_case
from darkfigure.report.style import Layout

_REFERRALS, _LEFT_OUT = "referrals-by-country", "referrals-leave-one-out"
_REGIONS, _PAIRS = "enticement-by-region", "enticement-region-pairs"


def _referral_rows(release: Release) -> list[BarRow]:
    table = table_of(release, _REFERRALS, _REFERRALS)
    need(table, ("country", "referrals"), _REFERRALS)
    return bar_rows(table, _REFERRALS, count="referrals", label="country")


def _ticks(release: Release) -> dict[str, list[float]]:
    table = release.table(_LEFT_OUT)
    if table is None:
        return {}
    need(table, ("agency_left_out", "country", "referrals"), _REFERRALS)
    ticks: dict[str, list[float]] = {}
    for country, value in zip(labels(table, "country"), numbers(table, "referrals"), strict=True):
        if value is not None:
            ticks.setdefault(sentence_case(country), []).append(value)
    return ticks


def _referral_words(release: Release) -> FigureWords:
    rows, ticks = _referral_rows(release), _ticks(release)
    table = table_of(release, _REFERRALS, _REFERRALS)
    title = "Distinct cases referred, by country"
    if len(rows) > 1 and rows[0].value and rows[1].value:
        stated = release.finding("referrals-ratio-to-next")
        ratio = rows[0].value / rows[1].value
        if stated is not None and isinstance(stated.value, int | float):
            ratio = float(stated.value)
        first, second = sentence_case(the_country(rows[0].label)), the_country(rows[1].label)
        title = f"{first} received {measure(ratio)} times as many referred cases as the next country, {second}"
    return FigureWords(
        title=title,
        subtitle="Distinct cases and share; whiskers: interval"
        + ("; small ticks: the count when each agency in turn is left out" if ticks else ""),
        alt=f"Bar chart: {', '.join(f'{r.label} {count_and_share(r)}' for r in rows)}.",
        note=table.note,
    )


def _referral_draw(release: Release, layout: Layout) -> Figure:
    return bar_figure([BarPanel(rows=_referral_rows(release), ticks=_ticks(release))], layout)


def _region_rows(release: Release) -> tuple[list[BarRow], dict[str, float]]:
    table = table_of(release, _REGIONS, _REGIONS)
    need(table, ("region", "reports", "within_region", "with_other_regions"), _REGIONS)
    rows = bar_rows(table, _REGIONS, count="reports", label="region")
    alone = zip(rows, numbers(table, "within_region"), strict=False)
    return rows, {r.label: v for r, v in alone if v is not None}


def _region_words(release: Release) -> FigureWords:
    rows, alone = _region_rows(release)
    table = table_of(release, _REGIONS, _REGIONS)
    known = [r for r in rows if r.value]
    title = "Online-enticement reports by region; one report can touch several"
    if known and not any(r.withheld for r in rows):
        top = max(known, key=lambda r: r.value or 0)
        title = f"{top.label} is touched by {percent(top.share) if top.share is not None else grouped(top.value or 0)} "
        title += "of the reports that involve two or more countries; one report can touch several regions"
    told = ", ".join(
        f"{r.label} {count_and_share(r)}"
        + (f", {grouped(alone[r.label])} of them in no other region" if r.label in alone else "")
        for r in rows
    )
    return FigureWords(
        title=title,
        subtitle="Distinct reports touching each region and share of all reports; dark: in this region alone; "
        "pale: also in other regions, so the shares add up to more than 100%",
        alt=f"Bar chart: {told}.",
        note=table.note,
    )


def _region_draw(release: Release, layout: Layout) -> Figure:
    rows, alone = _region_rows(release)
    return bar_figure([BarPanel(rows=rows, parts=alone)], layout)


def _pair_words(release: Release) -> FigureWords:
    table = table_of(release, _PAIRS, "enticement-pairs")
    need(table, ("region_a", "region_b", "reports"), "enticement-pairs")
    rows = list(zip(labels(table, "region_a"), labels(table, "region_b"), numbers(table, "reports"), strict=True))
    apart = [(v, a, b) for a, b, v in rows if v is not None and a != b]
    title = "Pairs of regions that reports touch together"
    if apart:
        most, first, second = max(apart)
        title = f"{first} and {second} stand together in {grouped(most)} reports, more than any other two regions"
    told = ", ".join(f"{a} and {b} {'withheld' if v is None else grouped(v)}" for a, b, v in rows)
    return FigureWords(
        title=title,
        subtitle="Distinct reports that touch both regions; a region with itself: reports that touch two or more "
        "of its countries",
        alt=f"Triangle of discs, larger for more reports: {told}.",
        note=table.note,
    )


def _pair_draw(release: Release, layout: Layout) -> Figure:
    table = table_of(release, _PAIRS, "enticement-pairs")
    pairs = list(zip(labels(table, "region_a"), labels(table, "region_b"), strict=True))
    regions = release.table(_REGIONS)
    known = {x for pair in pairs for x in pair}
    order = [r for r in labels(regions, "region") if r in known] if regions is not None else []
    names = [*order, *(x for pair in pairs for x in pair if x not in order)]
    return pair_figure(list(dict.fromkeys(names)), dict(zip(pairs, table.column("reports"), strict=True)), layout)


FIGURES = (
    FigureSpec(
        id=_REFERRALS,
        label="Figure 7",
        requires=(_REFERRALS,),
        optional=(_LEFT_OUT,),
        words=_referral_words,
        draw=_referral_draw,
    ),
    FigureSpec(id=_REGIONS, label="Figure 8", requires=(_REGIONS,), words=_region_words, draw=_region_draw),
    FigureSpec(id="enticement-pairs", label="", requires=(_PAIRS,), words=_pair_words, draw=_pair_draw),
)
"""Referrals by country and enticement reports by region."""
