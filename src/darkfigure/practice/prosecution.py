"""What do courts and prosecutors record? Convictions, recorded interviews of child witnesses, trainings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from darkfigure.estimate.proportions import clustered_share_interval, wilson_interval
from darkfigure.records.aggregate import Caution, Finding, Question
from darkfigure.records.restricted import Conviction, ConvictionMode, RecordedInterview, Training

PLEA_CAUTION = Caution(
    "C-CONVICTIONS-ONLY",
    "Convictions are counted, not cases begun: acquittals, dismissals and cases still open are not in these records.",
)
CHILD_CAUTION = Caution(
    "C-INTERVIEWS-NOT-CHILDREN", "An interview is not a child: one child can be interviewed more than once."
)
BEFORE_AFTER_CAUTION = Caution(
    "C-NO-COMPARISON",
    "Convictions by trained prosecutors say nothing of what the training did: cases were not given to prosecutors by "
    "chance.",
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MODE_WORDS = {ConvictionMode.PLEA: "a plea agreement", ConvictionMode.TRIAL: "a full trial"}


def month_words(year: int, month: int) -> str:
    """Write a month as a reader would.

    Examples
    --------
    >>> month_words(2018, 3)
    'March 2018'
    """
    return f"{_MONTHS[month - 1]} {year}"


def conviction_findings(
    convictions: Sequence[Conviction], *, level: float, digests: tuple[str, ...]
) -> Iterator[Finding]:
    """How did convictions come about, and how many did trained prosecutors secure?"""
    total = len(convictions)
    trained = [c for c in convictions if c.trained_prosecutor]
    yield Finding(
        id="convictions",
        question=Question.PRACTICE,
        statement="{value} convictions for online sexual exploitation of children came out of cases the programme "
        "supported.",
        value=total,
        unit="convictions",
        contributors=total,
        estimand="convictions in cases the programme supported",
        cautions=(PLEA_CAUTION,),
        source_digests=digests,
    )
    for mode, words in _MODE_WORDS.items():
        n = sum(c.mode is mode for c in convictions)
        yield Finding(
            id=f"convictions-{mode.value}-share",
            question=Question.PRACTICE,
            statement=f"{{value}} of the convictions came by {words} ({{numerator}} of {{base}}; interval "
            "{interval}).",
            value=n / total,
            unit="share",
            numerator=n,
            base=total,
            base_label="convictions",
            known=total,
            unknown=0,
            interval=wilson_interval(n / total, total, level=level),
            contributors=n,
            estimand=f"share of convictions that came by {words}",
            assumptions=("The convictions are a sample of those the same courts could have reached.",),
            cautions=(PLEA_CAUTION,),
            source_digests=digests,
            headline=mode is ConvictionMode.PLEA,
        )
    yield Finding(
        id="convictions-trained-prosecutors",
        question=Question.PRACTICE,
        statement="Prosecutors who had been trained in handling these cases secured {value} of the {base} convictions.",
        value=len(trained),
        unit="convictions",
        base=total,
        base_label="convictions",
        contributors=len(trained),
        estimand="convictions secured by trained prosecutors",
        cautions=(BEFORE_AFTER_CAUTION,),
        source_digests=digests,
    )
    years = [c.year for c in convictions]
    for which, year in (("first", min(years)), ("last", max(years))):
        yield Finding(
            id=f"convictions-{which}-year",
            question=Question.PRACTICE,
            statement=f"The {which} conviction in these records is of {{value}}.",
            value=year,
            unit="year",
            estimand=f"year of the {which} conviction recorded",
            source_digests=digests,
            protected=False,
        )


def interview_findings(
    interviews: Sequence[RecordedInterview], *, level: float, digests: tuple[str, ...]
) -> Iterator[Finding]:
    """How many interviews were recorded, and how many did prosecutors use?"""
    total = len(interviews)
    cases = {interview.case: [0, 0] for interview in interviews}
    for interview in interviews:
        cases[interview.case][0] += interview.used_at_inquest
        cases[interview.case][1] += 1
    used = sum(n for n, _ in cases.values())
    hits, sizes = (np.array([pair[i] for pair in cases.values()], dtype=float) for i in (0, 1))
    yield Finding(
        id="interviews",
        question=Question.PRACTICE,
        statement="{value} interviews with children were recorded on video, in {base} cases.",
        value=total,
        unit="interviews",
        base=len(cases),
        base_label="cases with a recorded interview",
        contributors=len(cases),
        estimand="interviews with child witnesses recorded on video",
        cautions=(CHILD_CAUTION,),
        source_digests=digests,
    )
    yield Finding(
        id="interviewed-cases",
        question=Question.PRACTICE,
        statement="Recorded interviews stand in the files of {value} cases.",
        value=len(cases),
        unit="cases",
        contributors=len(cases),
        estimand="cases with at least one recorded interview",
        source_digests=digests,
    )
    yield Finding(
        id="interviews-used-share",
        question=Question.PRACTICE,
        statement="Prosecutors used {value} of the recorded interviews at inquest ({numerator} of {base}; interval "
        "{interval}).",
        value=used / total,
        unit="share",
        numerator=used,
        base=total,
        base_label="recorded interviews",
        known=total,
        unknown=0,
        interval=clustered_share_interval(hits, sizes, level=level),
        contributors=int((hits > 0).sum()),
        estimand="share of recorded interviews that prosecutors used at inquest",
        assumptions=("Interviews of one case are alike; cases stand alone.",),
        cautions=(CHILD_CAUTION,),
        source_digests=digests,
    )


def training_findings(trainings: Sequence[Training], *, digests: tuple[str, ...]) -> Iterator[Finding]:
    """How many people were trained, and since when?"""
    months = [(t.year, t.month) for t in trainings]
    for audience in sorted({t.audience for t in trainings}):
        people = sum(t.people for t in trainings if t.audience == audience)
        yield Finding(
            id=f"trained-{audience.replace(' ', '-')}",
            question=Question.PRACTICE,
            statement=f"{{value}} {audience} were trained in handling these cases.",
            value=people,
            unit="people",
            estimand=f"{audience} trained, by the programme's attendance lists",
            assumptions=("Nobody attended two trainings of one audience.",),
            source_digests=digests,
            protected=False,
        )
    for which, (year, month) in (("first", min(months)), ("last", max(months))):
        yield Finding(
            id=f"training-{which}-month",
            question=Question.PRACTICE,
            statement=f"The {which} of these trainings was held in {{value}}.",
            value=month_words(year, month),
            unit="month",
            estimand=f"month of the {which} training",
            source_digests=digests,
            protected=False,
        )
