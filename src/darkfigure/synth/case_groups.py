"""Relations among victims rescued together, under fixed totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from darkfigure.records.restricted import RelationInGroup
from darkfigure.synth.case_quota import no_such_world, shuffled
from darkfigure.synth.victim_draft import VictimDraft

_WHOLE_UNKNOWN = 0.7
"""Share of the unknown relations that stand in groups of which the file says nothing."""


def relate_groups(
    groups: Sequence[Sequence[VictimDraft]], quota: Mapping[RelationInGroup, int], *, rng: np.random.Generator
) -> None:
    """What is each victim to the others of the group, if so many are siblings, relatives, unrelated, unknown?

    Siblings stand in a group with another sibling, other relatives with a sibling or another relative. The
    spotlight's group are siblings.

    Parameters
    ----------
    groups : sequence of sequence of VictimDraft
        Groups of two victims or more; their ``in_group`` is set.
    quota : mapping of RelationInGroup to int
        Victims by relation; the sum is the number of victims in the groups.
    rng : numpy.random.Generator

    Raises
    ------
    RecordError (E-RECORD-40)
        The groups cannot hold these relations.
    """
    left = Counter(quota)
    fixed = [group for group in groups if group[0].file.spotlight]
    free = shuffled([group for group in groups if not group[0].file.spotlight], rng=rng)
    for group in fixed:
        _set(group, RelationInGroup.SIBLING, left)
    told = _leave_unknown(free, left, rng=rng)
    _relate_known(told, left, rng=rng)
    if any(left.values()):
        raise no_such_world("relations within rescue groups")


def _set(members: Sequence[VictimDraft], relation: RelationInGroup, left: Counter[RelationInGroup]) -> None:
    for victim in members:
        victim.in_group = relation
    left[relation] -= len(members)


def _leave_unknown(
    groups: Sequence[Sequence[VictimDraft]], left: Counter[RelationInGroup], *, rng: np.random.Generator
) -> list[list[VictimDraft]]:
    """Mark whole groups and single victims as unknown; give the members left in the other groups."""
    unknown = RelationInGroup.UNKNOWN
    least = left[unknown] * (1 - _WHOLE_UNKNOWN)
    told: list[list[VictimDraft]] = []
    for group in groups:
        if len(group) <= left[unknown] and left[unknown] > least:
            _set(group, unknown, left)
        else:
            told.append(list(group))
    while left[unknown] > 0:
        open_groups = [group for group in told if len(group) >= 3]
        if not open_groups:
            raise no_such_world("unknown relations within rescue groups")
        group = open_groups[int(rng.integers(len(open_groups)))]
        _set([group.pop(int(rng.integers(len(group))))], unknown, left)
    return told


def _relate_known(
    groups: Sequence[list[VictimDraft]], left: Counter[RelationInGroup], *, rng: np.random.Generator
) -> None:
    """Begin with siblings everywhere, then turn pairs and third members into relatives and strangers."""
    sibling = RelationInGroup.SIBLING
    for group in groups:
        _set(group, sibling, left)
    for relation in (RelationInGroup.NOT_RELATED, RelationInGroup.OTHER_FAMILIAL):
        half = left[relation] / 2
        for group in shuffled(groups, rng=rng):
            untouched = len(group) <= 3 and all(victim.in_group is sibling for victim in group)
            if untouched and len(group) <= left[relation] and left[relation] > half:
                left[sibling] += len(group)
                _set(group, relation, left)
        while left[relation] > 0:
            open_groups = [g for g in groups if sum(v.in_group is sibling for v in g) >= 3]
            if not open_groups:
                raise no_such_world("known relations within rescue groups")
            group = open_groups[int(rng.integers(len(open_groups)))]
            left[sibling] += 1
            _set([next(v for v in reversed(group) if v.in_group is sibling)], relation, left)
