"""What does the programme itself state? Yearly totals of cases, victims and people charged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from darkfigure.records.aggregate import Caution, Finding, Question
from darkfigure.records.restricted import ProgrammeYear

OTHER_POPULATION = Caution(
    "C-PROGRAMME-POPULATION",
    "Programme totals cover other years and other cases than the case review; the two must not be added or divided.",
)
_TOTALS = {
    "cases": (
        "{value} cases of online sexual exploitation of children had the programme's support.",
        "cases supported",
    ),
    "victims": (
        "{value} victims, some of them adults when they were found, were brought to safety in these cases.",
        "victims brought to safety in cases the programme supported",
    ),
    "charged": ("{value} people were charged in these cases.", "people charged in cases the programme supported"),
}


def programme_findings(years: Sequence[ProgrammeYear], *, digests: tuple[str, ...]) -> Iterator[Finding]:
    """What are the programme's totals over all its years?"""
    for name, (statement, estimand) in _TOTALS.items():
        yield Finding(
            id=f"programme-{name}",
            question=Question.PRACTICE,
            statement=statement,
            value=sum(getattr(y, name) for y in years),
            unit="people charged" if name == "charged" else name,
            contributors=sum(y.cases for y in years),
            estimand=f"{estimand}, as the programme states it",
            cautions=(OTHER_POPULATION,),
            source_digests=digests,
        )
    for which, year in (("first", min(y.year for y in years)), ("last", max(y.year for y in years))):
        yield Finding(
            id=f"programme-{which}-year",
            question=Question.PRACTICE,
            statement=f"The {which} year of the programme's totals is {{value}}.",
            value=year,
            unit="year",
            estimand=f"{which} year of the programme's totals",
            source_digests=digests,
            protected=False,
        )
