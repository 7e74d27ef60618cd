"""What was announced before the data were seen, and every departure from it, as results of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table


def registered_answer(record: Mapping[str, object] | None) -> Answer:
    """In how many ways does the study depart from what was announced, and in which?

    Parameters
    ----------
    record : mapping or None
        What ``registered_record`` says; ``None`` for a study without a registration.

    Returns
    -------
    Answer
        Empty without a registration.

    Examples
    --------
    >>> made = registered_answer({"date": "2026-01-31", "headline_rule": "", "departures": []})
    >>> made.findings[0].value
    0
    """
    if record is None:
        return Answer()
    listed = record["departures"]
    rows: Sequence[Mapping[str, object]] = listed if isinstance(listed, list) else ()
    finding = Finding(
        id="departures-registered",
        question=Question.TRUST,
        statement=f"The analysis was announced on {record['date']}, before the data were seen; the study departs from "
        "the announcement in {value} points.",
        value=len(rows),
        unit="points",
        estimand="points in which the study differs from its registration",
        protected=False,
    )
    if not rows:
        return Answer((finding,))
    table = Table(
        id="registered-departures",
        question=Question.TRUST,
        title="Departures from what was announced",
        base="the registration of this study",
        columns=(Column(name="departure", title="Departure", kind=ColumnKind.LABEL),),
        rows=tuple((str(row["words"]),) for row in rows),
        source="the registration file",
        protected=False,
    )
    return Answer((finding,), (table,))
