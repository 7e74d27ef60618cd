"""What a comparison of estimators says, in words with numbers."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from darkfigure.records.aggregate import Interval, NotEstimable, PopulationEstimate

if TYPE_CHECKING:
    from darkfigure.estimate.compare.side_by_side import Multiverse
    from darkfigure.estimate.compare.spread import Placed, Spread

WIDTH = 80
"""Columns of a summary."""

WIDE = 8.0
"""Largest over smallest number from which a scale is better logarithmic, and the estimates call for a warning."""

_NAMED = 6
"""Methods named in a sentence; of more only the number is said."""

_NAME, _FAMILY = 18, 17
"""Columns for a method and its family; a longer name stands on a line of its own."""

_SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def units(value: float) -> str:
    """A number of units as a reader needs it: no more digits than it can bear.

    Examples
    --------
    >>> units(7395.4), units(75.38)
    ('7,395', '75')
    """
    return f"{value:,.0f}"


def short(value: float) -> str:
    """A number of units in a table: with one decimal while it is small.

    Examples
    --------
    >>> short(7395.4), short(75.38)
    ('7,395', '75.4')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}"


def ends(interval: Interval | None) -> str:
    """Both ends of an interval.

    Examples
    --------
    >>> ends(Interval(80.0, math.inf, 0.95, "log-normal"))
    '80.0 to no upper end'
    """
    if interval is None:
        return ""
    upper = "no upper end" if math.isinf(interval.upper) else short(interval.upper)
    return f"{short(interval.lower)} to {upper}"


def _of(count: int, noun: str) -> str:
    number = _SMALL[count] if count < len(_SMALL) else f"{count:,}"
    return f"{number} {noun}" + ("" if count == 1 else "s")


def _verb(count: int, verb: str) -> str:
    return f"{verb}s" if count == 1 else verb


def sentences(found: Multiverse) -> tuple[str, ...]:
    """Say what the methods say together: how far apart, why, what bounds say, who refuses.

    Examples
    --------
    >>> from darkfigure.estimate.compare import multiverse
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> print(sentences(multiverse(table, ("chao", "Mb")))[-1])
    One method refuses to answer: unordered-lists (Mb).
    """
    told = [*_spread_words(found.spread, len(found.estimates))]
    told += _bound_words(found)
    if found.rates:
        names = ", ".join(a.method for a in found.rates)
        count = len(found.rates)
        told.append(f"{_of(count, 'method')} {_verb(count, 'give')} rates and no number of units: {names}.")
    if found.refusals:
        told.append(_refusal_words(found.refusals))
    return tuple(told)


def _spread_words(spread: Spread | None, count: int) -> list[str]:
    if spread is None:
        return ["No method answers with a number of units."]
    if count == 1:
        return [f"One method answers with a number of units: {units(spread.smallest)} ({spread.smallest_method})."]
    told = [
        f"{_of(count, 'method')} answer with a number of units; the smallest says {units(spread.smallest)} "
        f"({spread.smallest_method}), the largest {units(spread.largest)} ({spread.largest_method}), "
        f"{spread.ratio:.1f} times as many; half say {units(spread.median)} or less."
    ]
    if spread.model_share is not None:
        told.append(
            f"{spread.model_share:.0%} of the variation among the {spread.families} families of assumptions is the "
            "choice of model, not chance."
        )
    elif spread.families == 1:
        told.append("All belong to one family of assumptions, so they say nothing about the choice of model.")
    return told


def _bound_words(found: Multiverse) -> list[str]:
    sizes = [a.result for a in found.bounds if isinstance(a.result, PopulationEstimate)]
    if not sizes:
        return []
    top, count = max(sizes, key=lambda r: r.n_total), len(sizes)
    told = [f"One method gives a lower bound: at least {units(top.n_total)} ({top.method})."]
    if count > 1:
        told = [
            f"{_of(count, 'method')} give lower bounds; the highest says at least {units(top.n_total)} ({top.method})."
        ]
    below = found.contradicted
    if below:
        told_below = ", ".join(below[:_NAMED]) + (", ..." if len(below) > _NAMED else "")
        told.append(
            f"{_of(len(below), 'estimate')} {_verb(len(below), 'lie')} below the ranges of all lower bounds "
            f"({told_below}): {'it' if len(below) == 1 else 'they'} and the bounds cannot both be right."
        )
    return told


def _refusal_words(refusals: tuple[Placed, ...]) -> str:
    by_reason: dict[str, list[str]] = {}
    for a in refusals:
        if isinstance(a.result, NotEstimable):
            by_reason.setdefault(a.result.reason.value, []).append(a.method)
    told = {r: ", ".join(names) if len(names) <= _NAMED else f"{len(names)} methods" for r, names in by_reason.items()}
    reasons = "; ".join(f"{reason} ({names})" for reason, names in told.items())
    return f"{_of(len(refusals), 'method')} {_verb(len(refusals), 'refuse')} to answer: {reasons}."


def summary(found: Multiverse) -> str:
    """Lines of at most 80 columns: what was seen, what is said in words, and every answer in its group.

    Examples
    --------
    >>> from darkfigure.estimate.compare import multiverse
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6, unit="hares")
    >>> print(summary(multiverse(table, ("chao", "Mh-darroch"))))
    68 hares seen; 6 lists or occasions
    <BLANKLINE>
      One method answers with a number of units: 90 (Mh-darroch).
      One method gives a lower bound: at least 80 (chao).
    <BLANKLINE>
    estimate            all units  std. error           95% range  family
    --------------------------------------------------------------------------------
    Mh-darroch               90.4        11.6       73.5 to 121.0  units that differ
    <BLANKLINE>
    lower bound         all units  std. error           95% range  family
    --------------------------------------------------------------------------------
    chao                     79.8         6.4        72.4 to 99.8  lower bounds
    """
    lines = [heading(found), ""]
    for sentence in sentences(found):
        lines += textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    for title, answers in (("estimate", found.estimates), ("lower bound", found.bounds)):
        if answers:
            lines += ["", *_rows(title, answers, found.level)]
    return "\n".join(lines)


def heading(found: Multiverse) -> str:
    """What was seen, and what was done to the lists.

    Examples
    --------
    >>> from darkfigure.estimate.compare import multiverse
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> heading(multiverse(CaptureTable.from_frequencies([25, 22, 13]), ("chao",)))
    '60 units seen; any number of captures possible'
    """
    seen = f"{found.n_observed:,} {found.unit} seen"
    if found.n_occasions is None:
        return f"{seen}; any number of captures possible"
    order = ", in order of time" if found.ordered else ""
    done = f"; {', '.join(found.operations)}" if found.operations else ""
    return f"{seen}; {found.n_occasions} lists or occasions{order}{done}"


def _rows(title: str, answers: tuple[Placed, ...], level: float) -> list[str]:
    share = f"{level * 100:g}% range"
    lines = [f"{title:<{_NAME}}{'all units':>11}{'std. error':>12}{share:>20}  family", "-" * WIDTH]
    for a in answers:
        if not isinstance(a.result, PopulationEstimate):
            continue
        error = "" if a.result.standard_error is None else short(a.result.standard_error)
        name, family = a.method, a.family if len(a.family) <= _FAMILY else f"{a.family[: _FAMILY - 3]}..."
        if len(name) > _NAME:
            lines.append(name)
            name = ""
        line = f"{name:<{_NAME}}{short(a.result.n_total):>11}{error:>12}{ends(a.result.interval):>20}  {family}"
        lines.append(line.rstrip())
    return lines


def tally(found: Multiverse) -> dict[str, int]:
    """How many answers are of each kind.

    Examples
    --------
    >>> from darkfigure.estimate.compare import multiverse
    >>> from darkfigure.records.aggregate import CaptureTable
    >>> tally(multiverse(CaptureTable.from_frequencies([25, 22, 13]), ("chao", "Mt")))
    {'lower-bound': 1, 'refusal': 1}
    """
    return dict(Counter(a.kind for a in found.answers))
