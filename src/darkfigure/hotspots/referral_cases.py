"""Which distinct cases do the linked referrals make, and which agencies saw each?"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.intake.dates import day_number
from darkfigure.records.restricted import DefinitionMet, Referral, ReferralTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralOptions:
    """What counts, and how.

    Parameters
    ----------
    period_start, period_end : datetime.date
        First and last day of referrals that count.
    study_country : str
        Two-letter code of the country the study is about.
    level : float
        Confidence level of intervals.
    definitions : frozenset of DefinitionMet
        Standings of the study's definition that count.
    """

    period_start: datetime.date
    period_end: datetime.date
    study_country: str
    level: float = 0.95
    definitions: frozenset[DefinitionMet] = frozenset({DefinitionMet.YES, DefinitionMet.PROBABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctCase:
    """One case, however many agencies referred it."""

    country: str
    first_day: int
    agencies: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctCases:
    """All distinct cases and what was left out.

    Parameters
    ----------
    cases : tuple of DistinctCase
        Cases of the period that meet the definition, by first appearance in the lists.
    agencies : tuple of str
        Agencies with a referral that counts, in the order of the lists.
    referrals : int
        Referrals that count, before duplicates are joined.
    unclear : int
        Cases of the period for which no agency says that the definition is met.
    outside_period : int
        Referrals outside the period.
    """

    cases: tuple[DistinctCase, ...]
    agencies: tuple[str, ...]
    referrals: int
    unclear: int
    outside_period: int

    def by_country(self, *, without: str = "") -> dict[str, int]:
        """Cases by country, largest first, ties by code; ``without`` leaves out what only that agency saw."""
        counts = Counter(case.country for case in self.cases if case.agencies - {without})
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def distinct_cases(table: ReferralTable, clusters: Sequence[int], *, options: ReferralOptions) -> DistinctCases:
    """Which distinct cases do these referrals make?

    Parameters
    ----------
    table : ReferralTable
    clusters : sequence of int
        Number of the case of each referral, as ``link_referrals`` gives it.
    options : ReferralOptions

    Returns
    -------
    DistinctCases
        A case counts when at least one of its referrals lies in the period and meets the definition; it is credited to
        the agencies of those referrals and to its earliest day.
    """
    first, last = day_number(options.period_start), day_number(options.period_end)
    inside = [
        (number, referral)
        for number, referral in zip(clusters, table.referrals, strict=True)
        if first <= referral.day <= last
    ]
    meeting = [(number, referral) for number, referral in inside if referral.definition_met in options.definitions]
    counted: dict[int, list[Referral]] = {}
    for number, referral in meeting:
        counted.setdefault(number, []).append(referral)
    cases = tuple(
        DistinctCase(
            country=members[0].country,
            first_day=min(r.day for r in members),
            agencies=frozenset(r.agency for r in members),
        )
        for members in counted.values()
    )
    return DistinctCases(
        cases=cases,
        agencies=tuple(dict.fromkeys(referral.agency for _, referral in meeting)),
        referrals=len(meeting),
        unclear=len({number for number, _ in inside} - counted.keys()),
        outside_period=len(table.referrals) - len(inside),
    )
