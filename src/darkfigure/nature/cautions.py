"""Coded warnings that travel beside the numbers of the case review."""

from __future__ import annotations

from darkfigure.nature.shares import Share
from darkfigure.records.aggregate import Caution

MANY_UNKNOWN_SHARE = 0.2
"""Share of unknown units from which a finding carries C-UNKNOWN-MANY."""

SMALL_BASE_UNITS, SMALL_BASE_CASES = 50, 30
"""Units, or cases behind them, below which a finding carries C-SMALL-BASE."""

AVAILABLE_FILES = Caution(
    "C-CENSUS-OF-AVAILABLE-FILES",
    "These are the files that the agencies held and could show, not a sample of all cases: the numbers describe the "
    "files, and the intervals only say how far other files of the same kind might differ.",
)
SELECTED_FILES = Caution(
    "C-SELECTED-FILES",
    "Many of these cases began with a referral from abroad, so the countries and histories of customers mirror which "
    "police refer cases, not where all customers live.",
)
UNKNOWN_MANY = Caution(
    "C-UNKNOWN-MANY",
    "Many files do not state this, and those that do may differ from those that do not: read the bounds for the "
    "unknown beside the share.",
)
SMALL_BASE = Caution("C-SMALL-BASE", "This rests on few people or few cases, so one case can move it.")
LENGTH_BIASED = Caution(
    "C-LENGTH-BIASED",
    "The start of abuse is often not known, what ended by rescue was cut short, and longer abuse is more likely to be "
    "found: the lengths known are not those of all victims.",
)
GROUP_CONFLICT = Caution(
    "C-GROUP-CONFLICT",
    "For some victims the file says rescued alone although the same rescue group holds others, or the reverse; the "
    "groups decide.",
)
MULTIPLE_CHOICE = Caution(
    "C-MULTIPLE-CHOICE", "A trafficker may have used several of these, so the shares do not add to the whole."
)
ONE_CASE = Caution(
    "C-ONE-CASE", "This describes one case that was chosen to show how cases connect; it stands for no other case."
)
FIRST_CODER = Caution(
    "C-FIRST-CODER-USED", "Where two coders differ, the findings use the first coder's record; no third person decided."
)


def share_cautions(share: Share) -> tuple[Caution, ...]:
    """Which warnings does a share need because of its base and its unknown units?

    Examples
    --------
    >>> from darkfigure.nature.shares import share_of
    >>> from darkfigure.nature.units import Units
    >>> from darkfigure.nature.options import UnknownConvention
    >>> s = share_of(Units((1, 2), ("a", None)), {"a"}, convention=UnknownConvention.EXCLUDE, level=0.95)
    >>> [c.code for c in share_cautions(s)]
    ['C-UNKNOWN-MANY', 'C-SMALL-BASE']
    """
    return base_cautions(base=share.base, known=share.known, used=share.denominator, cases=share.case_base)


def base_cautions(*, base: int, known: int, used: int, cases: int) -> tuple[Caution, ...]:
    """Which warnings do a base, its known part, the units used and the cases behind them call for?"""
    found = []
    if base and (base - known) / base >= MANY_UNKNOWN_SHARE:
        found.append(UNKNOWN_MANY)
    if used < SMALL_BASE_UNITS or cases < SMALL_BASE_CASES:
        found.append(SMALL_BASE)
    return tuple(found)
