"""How does a released finding read as a sentence, and what must stand beside it?"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Literal

from darkfigure.disclosure.released import Release, ReleasedFinding
from darkfigure.errors import StudyError
from darkfigure.report.numbers import WITHHELD, bound, grouped, interval_words, percent, quantity, the_country

Status = Literal["number", "withheld", "refused"]
"""What kind of answer a finding is; all three are printed with the same weight."""

COUNTS, KNOWN = "What it counts", "Known and unknown"
"""Terms of facts."""

_SHARE_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingText:
    """A finding ready to print.

    Parameters
    ----------
    id : str
        Anchor in the report.
    sentence : str
        The statement with its numbers in words.
    status : str
        ``"number"``, ``"withheld"`` or ``"refused"``.
    headline : bool
        Whether it stands among the key findings.
    facts : tuple of (str, str)
        What it counts, base, known and unknown, interval: term and text.
    brief : tuple of (str, str)
        The facts that the sentence does not say itself, without what it counts.
    assumptions, cautions : tuple of str
        Printed below the sentence.
    """

    id: str
    sentence: str
    status: Status
    headline: bool
    facts: tuple[tuple[str, str], ...]
    brief: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    cautions: tuple[str, ...]


def finding_text(finding: ReleasedFinding, release: Release) -> FindingText:
    """Put a finding into words.

    Parameters
    ----------
    finding : ReleasedFinding
    release : Release
        Where other findings named in the statement are found.

    Returns
    -------
    FindingText

    Raises
    ------
    StudyError (E-STUDY-50, E-STUDY-51)
        The statement names a number the finding does not have, or a finding the release does not have.
    """
    status: Status = "number"
    if finding.refusal is not None:
        status = "refused"
    elif finding.suppressed:
        status = "withheld"
    return FindingText(
        id=finding.id,
        sentence=_sentence(finding, release),
        status=status,
        headline=finding.headline,
        facts=_facts(finding),
        brief=_brief(finding),
        assumptions=finding.assumptions,
        cautions=tuple(c.text for c in finding.cautions),
    )


def _sentence(finding: ReleasedFinding, release: Release) -> str:
    if finding.refusal is not None:
        return _refused(finding)
    filled = _filled(finding, release)
    what = finding.estimand or finding.base_label
    if not finding.suppressed or not what:
        return filled
    return f"{what[:1].upper()}{what[1:]}: withheld to protect people, because few people or cases stand behind it."


def _refused(finding: ReleasedFinding) -> str:
    explanation = finding.refusal.explanation if finding.refusal else ""
    what = finding.estimand or finding.base_label
    return f"{what[:1].upper()}{what[1:]}: not answered. {explanation}" if what else f"Not answered. {explanation}"


def _filled(finding: ReleasedFinding, release: Release) -> str:
    parts: list[str] = []
    for text, place, other, _ in string.Formatter().parse(finding.statement):
        parts.append(text)
        if place is not None:
            owner = _other(finding, other, release) if other else finding
            parts.append(_named_interval(owner, place, text) + _place(owner, place, finding.id))
    return _tidy("".join(parts))


def _named_interval(finding: ReleasedFinding, place: str, before: str) -> str:
    """Name an interval with its level, unless the statement has just done so."""
    if place != "interval" or finding.interval is None or "interval" in before[-30:].lower():
        return ""
    return f"{percent(finding.interval.level)} interval "


def _tidy(sentence: str) -> str:
    first, *rest = sentence.split(WITHHELD)
    once = first + WITHHELD + "a withheld number".join(rest) if rest else first
    return once[:1].upper() + once[1:]


def _other(finding: ReleasedFinding, other_id: str, release: Release) -> ReleasedFinding:
    other = release.finding(other_id)
    if other is None:
        raise StudyError(
            "E-STUDY-51",
            where=f"finding {finding.id}",
            problem=f"its statement names finding {other_id}, which this release does not hold",
            allowed="ids of findings of the same release",
            remedy="Correct the statement, or release both findings together.",
        )
    return other


def _place(finding: ReleasedFinding, place: str, stated_in: str) -> str:
    if finding.refusal is not None:
        return "a number that could not be estimated"
    if finding.suppressed:
        return WITHHELD
    interval = finding.interval
    counts = {
        "numerator": finding.numerator,
        "base": finding.base,
        "known": finding.known,
        "unknown": finding.unknown,
    }
    if place == "value" and finding.value is not None:
        text = quantity(finding.value, finding.unit)
        return the_country(text) if finding.unit == "country" else text
    if interval is not None and place == "interval":
        return interval_words(interval, finding.unit)
    if interval is not None and place in ("lower", "upper"):
        return bound(getattr(interval, place), finding.unit) or "no upper limit"
    count = counts.get(place)
    if count is None:
        raise StudyError(
            "E-STUDY-50",
            where=f"finding {stated_in}",
            problem=f"its statement names {{{place}}}, which finding {finding.id} does not have",
            allowed="places for which the finding holds a number",
            remedy="Give the finding that number, or reword the statement.",
        )
    return grouped(count)


def _brief(finding: ReleasedFinding) -> tuple[tuple[str, str], ...]:
    """Leave out what stands in the sentence or at the head of its group."""
    said = {COUNTS}
    places = {place for _, place, other, _ in string.Formatter().parse(finding.statement) if place and not other}
    said |= {"Count"} if "numerator" in places else set()
    said |= {term for term, _ in _facts(finding) if term.endswith(" interval")} if "interval" in places else set()
    said |= {"Published", "Reason"}
    return tuple(
        (term, "known for all" if term == KNOWN and not finding.unknown else words)
        for term, words in _facts(finding)
        if term not in said
    )


def _facts(finding: ReleasedFinding) -> tuple[tuple[str, str], ...]:
    facts = [(COUNTS, finding.estimand)] if finding.estimand else []
    if finding.suppressed:
        return (*facts, ("Base", finding.base_label or "withheld"), ("Published", "No: too few people or cases"))
    if finding.refusal is not None:
        return (*facts, ("Reason", finding.refusal.reason.value.replace("-", " ")))
    if finding.base is not None:
        facts.append(("Base", f"{grouped(finding.base)} {finding.base_label}".strip()))
    elif finding.base_label:
        facts.append(("Base", finding.base_label))
    if finding.known is not None and finding.unknown is not None:
        facts.append((KNOWN, f"known for {grouped(finding.known)}, unknown for {grouped(finding.unknown)}"))
    facts.extend(_share_facts(finding))
    if finding.interval is not None:
        level = percent(finding.interval.level)
        words = interval_words(finding.interval, finding.unit)
        facts.append((f"{level} interval", f"{words} ({finding.interval.method.replace('-', ' ')})"))
    return tuple(facts)


def _share_facts(finding: ReleasedFinding) -> list[tuple[str, str]]:
    whole = denominator_of(finding)
    if whole is None or finding.numerator is None:
        return []
    return [("Count", f"{grouped(finding.numerator)} of {grouped(whole)}")]


def denominator_of(finding: ReleasedFinding) -> int | None:
    """Tell by which released number a share was divided: the known or all; ``None`` when neither gives the share."""
    if finding.unit != "share" or finding.numerator is None or not isinstance(finding.value, int | float):
        return None
    share, count = float(finding.value), finding.numerator
    candidates = [whole for whole in (finding.known, finding.base) if whole]
    fits = [(abs(count / whole - share), place, whole) for place, whole in enumerate(candidates)]
    return min(fits)[2] if fits and min(fits)[0] < _SHARE_TOLERANCE else None
