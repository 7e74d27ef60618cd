"""Where does a study do what its registration announced, where does it depart, and what must a reader compare?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from darkfigure.disclosure import Policy
from darkfigure.estimate.closed import two_samples
from darkfigure.records.aggregate import Answer, CaptureTable, Finding
from darkfigure.study.plan.plan_spec import TableKind
from darkfigure.study.plan.plan_words import COUNTED
from darkfigure.study.plan.preregistration import Preregistration, RegisteredAnalysis
from darkfigure.study.spec import ListsSection, StudySpec

Outcome = Literal["kept", "departs", "not-compared"]
ALTERED = "registration.content_sha256"
"""Key of the point that says whether the registration is the one that was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a registration beside what the study does.

    Parameters
    ----------
    key : str
        Stable name such as ``"analysis.method"``.
    name : str
        The same for a reader, such as ``"The method of the headline"``.
    registered, declared : str
        What was announced, and what the study does.
    outcome : str
        ``"kept"``, ``"departs"``, or ``"not-compared"`` where only a reader can.
    words : str
        A sentence for the report.
    """

    key: str
    name: str
    registered: str
    declared: str
    outcome: Outcome
    words: str


def points(
    spec: StudySpec,
    preregistration: Preregistration,
    *,
    lists: Sequence[str] | None = None,
    answer: Answer | None = None,
) -> tuple[Point, ...]:
    """What was announced, point by point, and what does the study do?

    Parameters
    ----------
    spec : StudySpec
        What the study declares.
    preregistration : Preregistration
        What was announced.
    lists : sequence of str or None
        Names of the lists the study has; ``None`` when they are not known, and then not compared.
    answer : Answer or None
        What the study found, for the rule of its headline; ``None`` before there is an answer.

    Returns
    -------
    tuple of Point
        In the order of the registration.
    """
    return tuple(_points(spec, preregistration, lists, answer))


def departures(
    spec: StudySpec,
    preregistration: Preregistration,
    *,
    lists: Sequence[str] | None = None,
    answer: Answer | None = None,
) -> tuple[Point, ...]:
    """In what does a study differ from what was announced?

    Parameters
    ----------
    spec, preregistration, lists, answer
        As for ``points``.

    Returns
    -------
    tuple of Point
        In the order of the registration; empty when there is none.
    """
    found = points(spec, preregistration, lists=lists, answer=answer)
    return tuple(p for p in found if p.outcome == "departs")


def registered_record(
    spec: StudySpec,
    preregistration: Preregistration,
    tables: Sequence[CaptureTable],
    *,
    answer: Answer | None = None,
) -> dict[str, object]:
    """What the manifest of a release holds about its registration.

    Parameters
    ----------
    spec : StudySpec
    preregistration : Preregistration
    tables : sequence of CaptureTable
        The study's lists; their names are compared when there is one table with names.
    answer : Answer or None
        What the study found, for the rule of its headline.

    Returns
    -------
    dict
        ``content_sha256`` is the digest of the registration as it stands, ``points`` everything looked at, and
        ``departures`` those points in which the study departs.
    """
    names = tables[0].labels if len(tables) == 1 and preregistration.analysis.table == "lists" else ()
    found = points(spec, preregistration, lists=names or None, answer=answer)
    return {
        "plan": preregistration.registration.plan,
        "date": preregistration.registration.date.isoformat(),
        "content_sha256": preregistration.content_digest(),
        "altered": preregistration.altered,
        "headline_rule": preregistration.headline.rule,
        "points": [asdict(p) for p in found],
        "departures": [asdict(p) for p in found if p.outcome == "departs"],
    }


def registration_words(folder: Path) -> tuple[str, ...]:
    """What does a release say of its registration, in sentences for the person who ran the study?

    Parameters
    ----------
    folder : Path
        The release folder.

    Returns
    -------
    tuple of str
        One sentence for each departure, or one that there is none; empty when nothing was registered.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    told = manifest.get("preregistration")
    if told is None:
        return ()
    compared = sum(p["outcome"] != "not-compared" for p in told["points"])
    if not told["departures"]:
        return (f"Keeps to its registration of {told['date']} in all {compared} points compared.",)
    return tuple(f"Departs from its registration of {told['date']}: {d['words']}" for d in told["departures"])


def _points(
    spec: StudySpec, registered: Preregistration, lists: Sequence[str] | None, answer: Answer | None
) -> Iterator[Point]:
    yield _as_written(registered)
    yield _dated(spec, registered)
    for key, name, announced, done in _compared(spec, registered):
        yield _point(key, name, announced, done)
    yield from _read_by_people(spec, registered)
    if lists is not None:
        # Lists in another order are the same lists.
        announced, done = ", ".join(sorted(registered.lists.names)), ", ".join(sorted(lists)) or "none"
        yield _point("lists.names", "The lists", announced, done)
    if answer is not None:
        yield from _rule_kept(registered, answer)


def _point(key: str, name: str, announced: str, done: str) -> Point:
    if announced == done:
        return Point(
            key=key,
            name=name,
            registered=announced,
            declared=done,
            outcome="kept",
            words=f"{name}: {announced}, as announced.",
        )
    words = f"{name}: announced was {announced}, the study has {done}."
    return Point(key=key, name=name, registered=announced, declared=done, outcome="departs", words=words)


def _as_written(registered: Preregistration) -> Point:
    written, now = registered.registration.content_sha256, registered.content_digest()
    return Point(
        key=ALTERED,
        name="The registration file",
        registered=f"digest {written[:16] or 'missing'}",
        declared=f"digest {now[:16]}",
        outcome="departs" if registered.altered else "kept",
        words="The registration was altered after it was written; it no longer shows what was announced."
        if registered.altered
        else "The registration is the one that was written, as far as its own digest tells.",
    )


def _dated(spec: StudySpec, registered: Preregistration) -> Point:
    announced, report = registered.registration.date, spec.study.date
    early = report < announced
    return Point(
        key="registration.date",
        name="The date",
        registered=f"registration of {announced.isoformat()}",
        declared=f"report of {report.isoformat()}",
        outcome="departs" if early else "kept",
        words="The report is dated before the registration." if early else "The report is dated no earlier.",
    )


def _compared(spec: StudySpec, registered: Preregistration) -> Iterator[tuple[str, str, str, str]]:
    """Each point that both sides hold: (key, what it is, announced, done)."""
    announced = registered.analysis
    done = _lists_side(spec, announced) if announced.table == "lists" else _windows_side(spec)
    window = f"{announced.window_days} days"
    yield "analysis.table", "The shape of the analysis", _SHAPES[announced.table], _SHAPES[done.table]
    if done.table != "lists":
        yield "analysis.estimand", "What the number counts", announced.counts, done.counts
    yield "analysis.method", "The method of the headline", announced.method, done.method or "none"
    yield "analysis.level", "The level of the interval", f"{100 * announced.level:g}%", f"{100 * done.level:g}%"
    yield "analysis.window_days", "The length of the window", window, f"{done.window_days} days"
    threshold = Policy.default().threshold if spec.disclosure is None else spec.disclosure.threshold
    yield "headline.threshold", "The smallest count published", str(registered.headline.threshold), str(threshold)


def _read_by_people(spec: StudySpec, registered: Preregistration) -> Iterator[Point]:
    """Points that stand in free words, or that this kind of study does not declare."""
    if registered.analysis.table == "lists" and spec.sources("capture-table"):
        counts = (spec.lists.estimand if spec.lists is not None else "") or "not said"
        yield _for_the_reader(
            "analysis.estimand", "What the number counts", registered.analysis.counts, counts, "stands in free words"
        )
    elif not spec.sources("capture-table"):
        names = ", ".join(registered.lists.names)
        yield _for_the_reader(
            "lists.names", "Whose records", names, "all services in the reports", "is not declared by such a study"
        )


def _for_the_reader(key: str, name: str, announced: str, done: str, why: str) -> Point:
    return Point(
        key=key,
        name=name,
        registered=announced,
        declared=done,
        outcome="not-compared",
        words=f"{name}: {why} and must be compared by a reader.",
    )


def _rule_kept(registered: Preregistration, answer: Answer) -> Iterator[Point]:
    """The rule for the headline, held against what the study found; a refusal is no headline and keeps it."""
    rule = registered.headline
    quoted = [f for f in answer.findings if f.headline and _is_estimate(f)]
    seen = next((f.value for f in answer.findings if f.id == "lists-observed"), None)
    broken: list[str] = []
    for finding in quoted:
        interval, number = finding.interval, finding.value
        if not isinstance(number, int | float) or number <= 0:
            continue
        if interval is None or not interval.upper - interval.lower <= rule.max_width * number:
            broken.append("wider than announced" if interval is not None else "without an interval")
        units = finding.base if finding.base is not None else seen
        if isinstance(units, int) and units < rule.threshold:
            broken.append("on fewer units than announced")
    name, limit = "The rule for the headline", f"interval no wider than {rule.max_width:g} times the number"
    limit = f"{limit}, {rule.threshold} or more units seen"
    if broken:
        done = f"a headline {' and '.join(dict.fromkeys(broken))}"
        yield Point(
            key="headline.rule",
            name=name,
            registered=limit,
            declared=done,
            outcome="departs",
            words=f"{name}: announced was {limit}; the report has {done}.",
        )
        return
    done = "a headline within the rule" if quoted else "no estimate as a headline"
    words = f"{name}: {done}, as announced."
    yield Point(key="headline.rule", name=name, registered=limit, declared=done, outcome="kept", words=words)


def _is_estimate(finding: Finding) -> bool:
    return finding.value is not None and (
        finding.id == "lists-estimated" or finding.id.startswith("addresses-estimated-")
    )


@dataclass(frozen=True, slots=True)
class _Side:
    table: TableKind
    counts: str
    method: str
    level: float
    window_days: int


_SHAPES = {
    "halves": "two halves of a window",
    "weeks": "occasions within a window",
    "lists": "lists side by side",
    "lagged": "lagged identification",
}
_OF_TWO_SAMPLES = frozenset(method.name for method in two_samples.METHODS)


def _windows_side(spec: StudySpec) -> _Side:
    """What a study of reports does: addresses in windows, by halves when its method takes two samples."""
    declared = spec.prevalence
    table: TableKind = "halves" if declared.headline in _OF_TWO_SAMPLES else "weeks"
    return _Side(table, COUNTED["addresses-used"], declared.headline, declared.level, declared.window_days)


def _lists_side(spec: StudySpec, announced: RegisteredAnalysis) -> _Side:
    """What a study of lists does; what it counts stands in free words, which are not compared."""
    declared, study = ListsSection() if spec.lists is None else spec.lists, spec.study
    days = (study.period_end - study.period_start).days + 1
    if not spec.sources("capture-table"):
        return _windows_side(spec)
    return _Side("lists", announced.counts, declared.headline, declared.level, days)
