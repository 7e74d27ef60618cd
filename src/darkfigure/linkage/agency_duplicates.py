"""Which referrals of different agencies are about one case? Rules propose, a reviewer's decision file disposes.

A rule can only say that two referrals could be one case: same country, near dates, counts that agree. Whether they are
is for people who may look at both files. A pair nobody decided stays two cases, and is counted, so that the report can
say how far the number could fall.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from darkfigure.errors import LinkageError
from darkfigure.records.restricted import Referral, ReferralDecision, ReferralTable

Pair = tuple[int, int]
"""Indices of two referrals in the table, the smaller first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRules:
    """When two referrals of different agencies could be one case.

    Parameters
    ----------
    max_days : int
        Most days between them.
    count_tolerance : int
        Most by which their numbers of victims, and of suspects, may differ where both are stated.

    Raises
    ------
    LinkageError (E-LINK-01)
        A rule is negative.
    """

    max_days: int = 14
    count_tolerance: int = 1

    def __post_init__(self) -> None:
        if min(self.max_days, self.count_tolerance) < 0:
            raise LinkageError(
                "E-LINK-01",
                where="[hotspots]",
                problem="a rule for duplicate referrals is negative",
                allowed="0 or more",
                remedy="Correct duplicate_days in study.toml.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkQuality:
    """How many pairs were proposed and what became of them.

    Parameters
    ----------
    candidates, decided_same, decided_different, undecided : int
        Pairs the rules propose: ``candidates`` is the sum of the other three.
    same_not_proposed : int
        Pairs decided to be one case that the rules do not propose; they are not linked.
    decisions_without_row : int
        Decisions that name a row the table does not have (refused, removed or moved).
    clusters_with_agency_twice : int
        Linked cases that hold two referrals of one agency, which that agency holds to be two cases.
    """

    candidates: int
    decided_same: int
    decided_different: int
    undecided: int
    same_not_proposed: int
    decisions_without_row: int
    clusters_with_agency_twice: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReferralLinks:
    """Which referrals are one case.

    Parameters
    ----------
    clusters : tuple of int
        Number of the case of each referral, in table order; numbered from 0 by first appearance.
    clusters_if_undecided_same : tuple of int
        The same, were every undecided pair one case (as far as no decision speaks against it).
    candidates, decided, undecided : tuple of Pair
        Pairs the rules propose, those with a decision and those without.
    quality : LinkQuality
    """

    clusters: tuple[int, ...]
    clusters_if_undecided_same: tuple[int, ...]
    candidates: tuple[Pair, ...]
    decided: tuple[Pair, ...]
    undecided: tuple[Pair, ...]
    quality: LinkQuality

    def __repr__(self) -> str:
        return f"ReferralLinks(<{len(self.clusters)} restricted rows>)"


def link_referrals(
    table: ReferralTable, decisions: Sequence[ReferralDecision] = (), *, rules: DuplicateRules | None = None
) -> ReferralLinks:
    """Which referrals of different agencies are about one case?

    Parameters
    ----------
    table : ReferralTable
        Referrals of all agencies.
    decisions : sequence of ReferralDecision
        What reviewers decided.
    rules : DuplicateRules, optional
        When two referrals could be one case; 14 days and counts within one when left out.

    Returns
    -------
    ReferralLinks

    Raises
    ------
    LinkageError (E-LINK-02)
        Two decisions on one pair contradict each other.
    LinkageError (E-LINK-03)
        Two referrals were decided to be different, but other decisions make them one case.
    LinkageError (E-LINK-04)
        Two referrals of one agency have one row number (two files under one agency name).

    Notes
    -----
    Clusters are the connected components of the proposed pairs that were decided to be the same.
    """
    rules = rules or DuplicateRules()
    place = _places(table)
    said = _said(decisions, place)
    candidates = tuple(_candidates(table.referrals, rules))
    proposed = set(candidates)
    same = [pair for pair in candidates if said.get(pair) is True]
    undecided = tuple(pair for pair in candidates if pair not in said)
    different = [pair for pair, is_same in said.items() if not is_same]
    clusters = _Components(len(table.referrals), same).numbers()
    _check_different(table, clusters, different)
    quality = LinkQuality(
        candidates=len(candidates),
        decided_same=len(same),
        decided_different=len(candidates) - len(same) - len(undecided),
        undecided=len(undecided),
        same_not_proposed=sum(is_same and pair not in proposed for pair, is_same in said.items()),
        decisions_without_row=sum(_pair(d, place) is None for d in decisions),
        clusters_with_agency_twice=_agency_twice(table, clusters),
    )
    return ReferralLinks(
        clusters=clusters,
        clusters_if_undecided_same=_joined_further(len(table.referrals), same, undecided, different),
        candidates=candidates,
        decided=tuple(pair for pair in candidates if pair in said),
        undecided=undecided,
        quality=quality,
    )


def _places(table: ReferralTable) -> dict[tuple[str, int], int]:
    place: dict[tuple[str, int], int] = {}
    for index, referral in enumerate(table.referrals):
        if (referral.agency, referral.row) in place:
            raise LinkageError(
                "E-LINK-04",
                where=f"agency {referral.agency}, row {referral.row}",
                problem="two referrals of one agency have one row number",
                allowed="one file for each agency name",
                remedy="Give each file its own agency name in study.toml.",
            )
        place[(referral.agency, referral.row)] = index
    return place


def _pair(decision: ReferralDecision, place: dict[tuple[str, int], int]) -> Pair | None:
    a = place.get((decision.agency_a, decision.row_a))
    b = place.get((decision.agency_b, decision.row_b))
    return None if a is None or b is None or a == b else (min(a, b), max(a, b))


def _said(decisions: Sequence[ReferralDecision], place: dict[tuple[str, int], int]) -> dict[Pair, bool]:
    said: dict[Pair, bool] = {}
    for decision in decisions:
        pair = _pair(decision, place)
        if pair is None:
            continue
        if said.setdefault(pair, decision.same) is not decision.same:
            raise LinkageError(
                "E-LINK-02",
                where=_named(decision.agency_a, decision.row_a, decision.agency_b, decision.row_b),
                problem="one decision calls the pair the same, another different",
                allowed="one decision for each pair",
                remedy="Have the reviewers settle the pair and keep one line in the decision file.",
            )
    return said


def _named(agency_a: str, row_a: int, agency_b: str, row_b: int) -> str:
    return f"decision file, {agency_a} row {row_a} and {agency_b} row {row_b}"


def _candidates(referrals: Sequence[Referral], rules: DuplicateRules) -> Iterator[Pair]:
    """Yield pairs that could be one case, by index."""
    by_country: dict[str, list[int]] = {}
    for index, referral in enumerate(referrals):
        by_country.setdefault(referral.country, []).append(index)
    pairs = []
    for indices in by_country.values():
        ordered = sorted(indices, key=lambda i: (referrals[i].day, i))
        for start, a in enumerate(ordered):
            for b in ordered[start + 1 :]:
                if referrals[b].day - referrals[a].day > rules.max_days:
                    break
                if _could_be_one(referrals[a], referrals[b], rules):
                    pairs.append((min(a, b), max(a, b)))
    yield from sorted(pairs)


def _could_be_one(a: Referral, b: Referral, rules: DuplicateRules) -> bool:
    counts = ((a.victims, b.victims), (a.suspects, b.suspects))
    agree = all(x is None or y is None or abs(x - y) <= rules.count_tolerance for x, y in counts)
    return a.agency != b.agency and agree


class _Components:
    """Referrals joined pair by pair (union-find with path halving)."""

    def __init__(self, n: int, pairs: Sequence[Pair]) -> None:
        self._root = list(range(n))
        for a, b in pairs:
            self.join(a, b)

    def find(self, index: int) -> int:
        root = self._root
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    def join(self, a: int, b: int) -> None:
        first, second = sorted((self.find(a), self.find(b)))
        self._root[second] = first

    def numbers(self) -> tuple[int, ...]:
        """Component of each referral, numbered by first appearance."""
        numbers: dict[int, int] = {}
        return tuple(numbers.setdefault(self.find(index), len(numbers)) for index in range(len(self._root)))


def _joined_further(
    n: int, same: Sequence[Pair], undecided: Sequence[Pair], different: Sequence[Pair]
) -> tuple[int, ...]:
    """Join undecided pairs one after another, leaving out those that would join what was decided to be different."""
    components = _Components(n, same)
    for a, b in undecided:
        ends = {components.find(a), components.find(b)}
        if all({components.find(x), components.find(y)} != ends for x, y in different):
            components.join(a, b)
    return components.numbers()


def _check_different(table: ReferralTable, clusters: tuple[int, ...], different: Sequence[Pair]) -> None:
    for a, b in different:
        if clusters[a] == clusters[b]:
            first, second = table.referrals[a], table.referrals[b]
            raise LinkageError(
                "E-LINK-03",
                where=_named(first.agency, first.row, second.agency, second.row),
                problem="the pair is decided to be different, but other decisions join both to one case",
                allowed="decisions that agree when followed from pair to pair",
                remedy="Have the reviewers settle all pairs of this case.",
            )


def _agency_twice(table: ReferralTable, clusters: tuple[int, ...]) -> int:
    agencies: dict[int, list[str]] = {}
    for referral, cluster in zip(table.referrals, clusters, strict=True):
        agencies.setdefault(cluster, []).append(referral.agency)
    return sum(any(x == y for x, y in combinations(members, 2)) for members in agencies.values())
