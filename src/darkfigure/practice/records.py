"""What do the records of prosecution and programme show?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.practice import tables
from darkfigure.practice.programme import programme_findings
from darkfigure.practice.prosecution import conviction_findings, interview_findings, training_findings
from darkfigure.records.aggregate import Answer
from darkfigure.records.restricted import PracticeTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeOptions:
    """How intervals are made.

    Parameters
    ----------
    level : float
        Confidence level.
    """

    level: float = 0.95


def analyse_practice(
    table: PracticeTable, *, options: PracticeOptions | None = None, digests: Sequence[str] = ()
) -> Answer:
    """How did convictions come about, were recorded interviews used, who was trained, what does the programme state?

    Parameters
    ----------
    table : PracticeTable
        The four small tables; one that is empty gives no finding and no table.
    options : PracticeOptions, optional
        Confidence level; 95% when left out.
    digests : sequence of str
        SHA-256 of the files behind the tables.

    Returns
    -------
    Answer
        Findings and the tables ``convictions-by-mode``, ``convictions-by-year``, ``interviews-used``,
        ``trainings-by-audience`` and ``programme-by-year``.

    Notes
    -----
    Shares carry Wilson intervals; for interviews widened by the design effect of the cases they stand in.
    """
    level = (options or PracticeOptions()).level
    cited = tuple(sorted(digests))
    answer = Answer()
    if table.convictions:
        answer += Answer(
            tuple(conviction_findings(table.convictions, level=level, digests=cited)),
            (
                tables.convictions_by_mode(table.convictions, level=level),
                tables.convictions_by_year(table.convictions),
            ),
        )
    if table.interviews:
        answer += Answer(
            tuple(interview_findings(table.interviews, level=level, digests=cited)),
            (tables.interviews_used(table.interviews),),
        )
    if table.trainings:
        answer += Answer(
            tuple(training_findings(table.trainings, digests=cited)),
            (tables.trainings_by_audience(table.trainings),),
        )
    if table.programme:
        answer += Answer(
            tuple(programme_findings(table.programme, digests=cited)),
            (tables.programme_by_year(table.programme),),
        )
    return answer
