"""A second reading of some files: the same questions, answered a little differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import TypeVar

import numpy as np

from darkfigure.records.restricted import (
    CaseReviewTable,
    Channel,
    Customer,
    Initiation,
    RelationInGroup,
    RelationToTrafficker,
    Trafficker,
    Victim,
    YesNo,
)
from darkfigure.synth.case_quota import shuffled

R = TypeVar("R")

DISAGREEMENT = {
    "initiation": 0.12,
    "commercial": 0.10,
    "relation": 0.12,
    "relation_in_group": 0.14,
    "age_years": 0.06,
    "abuse_months": 0.04,
    "province": 0.04,
    "speaks_english": 0.12,
    "channels": 0.14,
    "travelled": 0.12,
    "contact_abuse": 0.06,
}
"""Chance that the second reading of a field differs from the first; other fields are read alike."""

_KEPT = (RelationInGroup.RESCUED_ALONE,)
_NEIGHBOURS: Mapping[type[StrEnum], Mapping[str, tuple[StrEnum, ...]]] = {
    Initiation: {
        Initiation.INTERNATIONAL_REFERRAL: (Initiation.UNKNOWN, Initiation.DOMESTIC_REFERRAL),
        Initiation.DOMESTIC_REFERRAL: (Initiation.UNKNOWN, Initiation.INTERNATIONAL_REFERRAL),
        Initiation.VICTIM_OR_FAMILY_REPORT: (Initiation.UNKNOWN, Initiation.DOMESTIC_REFERRAL),
        Initiation.ONLINE_INVESTIGATION: (Initiation.UNKNOWN, Initiation.INTERNATIONAL_REFERRAL),
        Initiation.UNKNOWN: (Initiation.DOMESTIC_REFERRAL, Initiation.VICTIM_OR_FAMILY_REPORT),
    },
    YesNo: {
        YesNo.YES: (YesNo.UNKNOWN,),
        YesNo.NO: (YesNo.UNKNOWN,),
        YesNo.UNKNOWN: (YesNo.NO, YesNo.YES),
    },
    RelationToTrafficker: {
        RelationToTrafficker.BIOLOGICAL_PARENT: (RelationToTrafficker.UNKNOWN, RelationToTrafficker.OTHER_RELATIVE),
        RelationToTrafficker.OTHER_RELATIVE: (RelationToTrafficker.UNKNOWN, RelationToTrafficker.BIOLOGICAL_PARENT),
        RelationToTrafficker.NOT_RELATED: (RelationToTrafficker.UNKNOWN, RelationToTrafficker.OTHER_RELATIVE),
        RelationToTrafficker.UNKNOWN: (RelationToTrafficker.NOT_RELATED, RelationToTrafficker.OTHER_RELATIVE),
    },
    RelationInGroup: {
        RelationInGroup.SIBLING: (RelationInGroup.UNKNOWN, RelationInGroup.OTHER_FAMILIAL),
        RelationInGroup.OTHER_FAMILIAL: (RelationInGroup.UNKNOWN, RelationInGroup.SIBLING),
        RelationInGroup.NOT_RELATED: (RelationInGroup.UNKNOWN, RelationInGroup.OTHER_FAMILIAL),
        RelationInGroup.UNKNOWN: (RelationInGroup.NOT_RELATED, RelationInGroup.OTHER_FAMILIAL),
    },
}
"""What a second reader may find in place of a code, by question: first the likelier one. The codes of two questions
are equal as text, so that one mapping for all would mix them up."""

_FIRST_NEIGHBOUR = 0.7


def read_again(
    first: CaseReviewTable,
    *,
    coder: str,
    files: int,
    rng: np.random.Generator,
    disagreement: Mapping[str, float] = DISAGREEMENT,
) -> CaseReviewTable:
    """What does a second coder find in some of the same files?

    File, victim, trafficker and customer numbers are the same in both readings, so that the codes of one person can
    be laid side by side. The spotlight file is among those read again.

    Parameters
    ----------
    first : CaseReviewTable
        The first reading.
    coder : str
        Label of the second coder.
    files : int
        Files read again.
    rng : numpy.random.Generator
    disagreement : mapping of str to float
        Chance by field that the second reading differs.

    Returns
    -------
    CaseReviewTable
    """
    others = shuffled([case.number for case in first.cases if not case.spotlight], rng=rng)
    spotlight = [case.number for case in first.cases if case.spotlight]
    again = {*spotlight, *others[: files - len(spotlight)]}

    def reread(records: Sequence[R], key: str) -> tuple[R, ...]:
        return tuple(_reread(r, disagreement, rng=rng) for r in records if getattr(r, key) in again)

    return CaseReviewTable(
        coder=coder,
        cases=reread(first.cases, "number"),
        victims=reread(first.victims, "case"),
        traffickers=reread(first.traffickers, "case"),
        customers=reread(first.customers, "case"),
        links=tuple(link for link in first.links if link.case in again),
    )


def _reread(record: R, disagreement: Mapping[str, float], *, rng: np.random.Generator) -> R:
    changes = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if field.name in disagreement and value not in _KEPT and rng.random() < disagreement[field.name]:
            changes[field.name] = _other_reading(field.name, value, rng=rng)
    return replace(record, **changes)  # type: ignore[type-var]


def _other_reading(field: str, value: object, *, rng: np.random.Generator) -> object:
    """Give what a second reader may find: mostly less, sometimes more, seldom a neighbouring code."""
    if isinstance(value, StrEnum):
        near = _NEIGHBOURS[type(value)][value]
        return near[0] if len(near) == 1 or rng.random() < _FIRST_NEIGHBOUR else near[1]
    if field == "channels" and isinstance(value, frozenset):
        return value ^ {Channel.MONEY_SERVICE}
    if field == "age_years" and isinstance(value, int) and value > 0:
        return None if rng.random() < 0.5 else value - 1
    if field == "abuse_months" and isinstance(value, int):
        return None
    return None if field == "province" else value


def differing_share(first: CaseReviewTable, second: CaseReviewTable) -> float:
    """Which share of the codes that were read twice differ?

    Parameters
    ----------
    first, second : CaseReviewTable

    Returns
    -------
    float
        Over all fields in which the readings may differ, counted once for each record in both.
    """
    compared = differing = 0
    for one, two in _pairs(first, second):
        for field in fields(one):  # type: ignore[arg-type]
            value = getattr(one, field.name)
            if field.name in DISAGREEMENT and not (value is None and getattr(two, field.name) is None):
                compared += 1
                differing += value != getattr(two, field.name)
    return differing / compared


def _pairs(first: CaseReviewTable, second: CaseReviewTable) -> list[tuple[object, object]]:
    def keyed(table: CaseReviewTable) -> dict[tuple[object, ...], object]:
        people: list[Victim | Trafficker | Customer] = [*table.victims, *table.traffickers, *table.customers]
        return {
            **{("case", case.number): case for case in table.cases},
            **{(type(person).__name__, person.case, person.number): person for person in people},
        }

    one, two = keyed(first), keyed(second)
    return [(one[key], two[key]) for key in two]
