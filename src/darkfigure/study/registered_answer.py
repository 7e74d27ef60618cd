"""What was announced before the data were seen, and every departure from it, as results of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table

_OUTCOMES = {"kept": "as announced", "departs": "departs", "not-compared": "for the reader to compare"}
_NOTE = (
    "The program compares what the registration file says with what the study declares and found. It cannot tell when "
    "the file was written: a copy kept elsewhere with a date can."
)


def registered_answer(record: Mapping[str, object] | None) -> Answer:
    """In how many ways does the study depart from what was announced, and in which?

    Parameters
    ----------
    record : mapping or None
        What ``registered_record`` says; ``None`` for a study without a registration.

    Returns
    -------
    Answer
        A finding, and a table of all points with what was announced beside what was done; empty without a
        registration.

    Examples
    --------
    >>> kept = {"outcome": "kept", "name": "The level", "registered": "95%", "declared": "95%"}
    >>> made = registered_answer({"date": "2026-01-31", "altered": False, "points": [kept]})
    >>> made.findings[0].value, made.tables[0].rows
    (0, (('The level', '95%', '95%', 'as announced'),))
    """
    if record is None:
        return Answer()
    listed = record["points"]
    points: Sequence[Mapping[str, object]] = listed if isinstance(listed, list) else ()
    departing = sum(p["outcome"] == "departs" for p in points)
    finding = Finding(
        id="departures-registered",
        question=Question.TRUST,
        statement=_statement(record, departing=departing),
        value=departing,
        unit="points",
        base=sum(p["outcome"] != "not-compared" for p in points),
        base_label="points compared",
        estimand="points in which the study differs from its registration",
        protected=False,
    )
    return Answer((finding,), (_table(points),))


def _statement(record: Mapping[str, object], *, departing: int) -> str:
    announced = f"The analysis was announced in a registration dated {record['date']}"
    if record["altered"]:
        return (
            "The registration of this study was altered after it was written, so it does not show what was announced "
            "(that and all else: {value} departures in {base} points compared)."
        )
    if departing:
        return f"{announced}; the study departs from it in {{value}} of {{base}} points compared."
    return f"{announced}, and the study keeps to it: {{value}} departures in {{base}} points compared."


def _table(points: Sequence[Mapping[str, object]]) -> Table:
    rows = tuple(
        (str(p["name"]), str(p["registered"]), str(p["declared"]), _OUTCOMES[str(p["outcome"])]) for p in points
    )
    return Table(
        id="registered-departures",
        question=Question.TRUST,
        title="What was announced, and what was done",
        base="the registration of this study",
        columns=(
            Column(name="point", title="Point", kind=ColumnKind.LABEL),
            Column(name="announced", title="Announced", kind=ColumnKind.LABEL),
            Column(name="done", title="In this study", kind=ColumnKind.LABEL),
            Column(name="outcome", title="Outcome", kind=ColumnKind.LABEL),
        ),
        rows=rows,
        note=_NOTE,
        source="the registration file",
        protected=False,
    )
