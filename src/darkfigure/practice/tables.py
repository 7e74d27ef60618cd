"""Tables of practice: convictions by year and mode, interviews, trainings, programme totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from darkfigure.estimate.proportions import wilson_interval
from darkfigure.records.aggregate import Column, ColumnKind, Question, Table
from darkfigure.records.restricted import Conviction, ConvictionMode, ProgrammeYear, RecordedInterview, Training

_SOURCE = "Records of the supporting programme"
_MODE_LABELS = {ConvictionMode.PLEA: "Plea agreement", ConvictionMode.TRIAL: "Full trial"}


def convictions_by_mode(convictions: Sequence[Conviction], *, level: float) -> Table:
    """How did convictions come about?"""
    total = len(convictions)
    rows = []
    for mode, label in _MODE_LABELS.items():
        n = sum(c.mode is mode for c in convictions)
        interval = wilson_interval(n / total, total, level=level)
        rows.append((label, n, n / total, interval.lower, interval.upper))
    return Table(
        id="convictions-by-mode",
        question=Question.PRACTICE,
        title="Convictions by how they came about",
        base="all convictions in cases the programme supported",
        columns=(
            Column(name="mode", title="How the conviction came about", kind=ColumnKind.LABEL),
            _count("convictions", "Convictions"),
            *_shares("convictions"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
    )


def convictions_by_year(convictions: Sequence[Conviction]) -> Table:
    """How many convictions were there in each year, and how many by trained prosecutors?"""
    years = range(min(c.year for c in convictions), max(c.year for c in convictions) + 1)
    modes = Counter((c.year, c.mode) for c in convictions)
    trained = Counter(c.year for c in convictions if c.trained_prosecutor)
    rows = []
    for year in years:
        plea, trial = modes[(year, ConvictionMode.PLEA)], modes[(year, ConvictionMode.TRIAL)]
        rows.append((str(year), plea + trial, plea, trial, trained[year]))
    return Table(
        id="convictions-by-year",
        question=Question.PRACTICE,
        title="Convictions by year",
        base="all convictions in cases the programme supported",
        columns=(
            Column(name="year", title="Year", kind=ColumnKind.LABEL),
            _count("convictions", "Convictions"),
            _count("plea", "By plea agreement"),
            _count("trial", "By full trial"),
            _count("trained_prosecutor", "By a trained prosecutor"),
        ),
        rows=tuple(rows),
        source=_SOURCE,
    )


def interviews_used(interviews: Sequence[RecordedInterview]) -> Table:
    """How many recorded interviews did prosecutors use?"""
    total = len(interviews)
    rows = []
    for label, used in (("Used at inquest", True), ("Not used at inquest", False)):
        own = [i for i in interviews if i.used_at_inquest is used]
        rows.append((label, len(own), len(own) / total, len({i.case for i in own})))
    return Table(
        id="interviews-used",
        question=Question.PRACTICE,
        title="Recorded interviews by use at inquest",
        base="all recorded interviews; a case can stand in both rows",
        columns=(
            Column(name="use", title="Use", kind=ColumnKind.LABEL),
            _count("interviews", "Interviews", unit="interviews"),
            Column(
                name="share",
                title="Share",
                kind=ColumnKind.SHARE,
                unit="share",
                derived_from=("interviews",),
                decimals=0,
            ),
            Column(name="cases", title="Cases behind the row", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        note="An interview is not a child: one child can be interviewed more than once.",
        source=_SOURCE,
    )


def trainings_by_audience(trainings: Sequence[Training]) -> Table:
    """How many people were trained in each year?"""
    people: Counter[tuple[int, str]] = Counter()
    sessions: Counter[tuple[int, str]] = Counter()
    for training in trainings:
        people[(training.year, training.audience)] += training.people
        sessions[(training.year, training.audience)] += 1
    return Table(
        id="trainings-by-audience",
        question=Question.PRACTICE,
        title="People trained, by year and audience",
        base="all trainings of the programme",
        columns=(
            Column(name="year", title="Year", kind=ColumnKind.LABEL),
            Column(name="audience", title="Audience", kind=ColumnKind.LABEL),
            Column(name="people", title="People trained", kind=ColumnKind.MEASURE, unit="people"),
            Column(name="trainings", title="Trainings", kind=ColumnKind.MEASURE, unit="trainings"),
        ),
        rows=tuple(
            (str(year), audience.capitalize(), people[(year, audience)], sessions[(year, audience)])
            for year, audience in sorted(people)
        ),
        note="Officials in training courses; no victim or case is counted here.",
        source=_SOURCE,
        protected=False,
    )


def programme_by_year(years: Sequence[ProgrammeYear]) -> Table:
    """What does the programme state for each year, and in all?"""
    rows = [(str(y.year), y.cases, y.victims, y.charged) for y in sorted(years, key=lambda y: y.year)]
    total = ("All years", *(sum(getattr(y, name) for y in years) for name in ("cases", "victims", "charged")))
    return Table(
        id="programme-by-year",
        question=Question.PRACTICE,
        title="Programme totals by year",
        base="all cases the programme supported",
        columns=(
            Column(name="year", title="Year", kind=ColumnKind.LABEL),
            _count("cases", "Cases", unit="cases"),
            _count("victims", "Victims brought to safety", unit="victims"),
            _count("charged", "People charged", unit="people"),
            Column(name="contributors", title="Cases behind the row", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple((*row, row[1]) for row in [*rows, total]),
        note="Another population than the case review: other years and other cases.",
        source=_SOURCE,
        total_row=len(rows),
    )


def _count(name: str, title: str, *, unit: str = "convictions") -> Column:
    return Column(name=name, title=title, kind=ColumnKind.COUNT, unit=unit)


def _shares(count: str) -> tuple[Column, ...]:
    titles = {"share": "Share", "share_lower": "Share, lower bound", "share_upper": "Share, upper bound"}
    return tuple(
        Column(name=name, title=title, kind=ColumnKind.SHARE, unit="share", derived_from=(count,))
        for name, title in titles.items()
    )
