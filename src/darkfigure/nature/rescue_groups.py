"""Were victims rescued together, and what were they to each other?"""

from __future__ import annotations

from collections import Counter

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.cautions import GROUP_CONFLICT
from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.units import Units, units_of
from darkfigure.nature.victims import victim_topic
from darkfigure.records.aggregate import Answer, Caution, Column, ColumnKind, Finding, Question, Table
from darkfigure.records.restricted import RelationInGroup, Victim

TOGETHER, ALONE = "together", "alone"
RELATIONS: dict[str, str] = {
    RelationInGroup.SIBLING: "siblings",
    RelationInGroup.OTHER_FAMILIAL: "other family",
    RelationInGroup.NOT_RELATED: "not related",
}
SHARES = (
    ("victims-together-siblings", RelationInGroup.SIBLING, "were siblings"),
    ("victims-together-other-family", RelationInGroup.OTHER_FAMILIAL, "were otherwise of one family"),
)


def rescue_group_answer(review: Review) -> Answer:
    """Describe the rescues: how many victims, how many with others, and the relation within the group.

    Whether a victim was rescued with others is computed from the rescue groups (same case, same group number), not
    taken from what a coder ticked.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``victims-rescued``, ``victims-rescued-together``, ``rescue-groups``, ``victims-together-siblings``,
        ``victims-together-other-family``, ``victims-together-unknown``; tables ``victims-by-relation-in-group``,
        ``rescue-groups-by-size``.
    """
    rescued = tuple(v for v in review.table.victims if v.rescued)
    company = company_of(rescued)
    together = tuple(v for v, code in zip(rescued, company.codes, strict=True) if code == TOGETHER)
    relations = units_of(together, case=lambda v: v.case, code=_relation)
    findings = [
        *_rescues(review, rescued, company, _conflicts(rescued, company)),
        *_relations(review, relations),
    ]
    return Answer(tuple(findings), (_by_relation(review, relations), _by_size(rescued)))


def company_of(rescued: tuple[Victim, ...]) -> Units:
    """Say for each rescued victim whether the rescue group holds another one; ``None`` without a group number."""
    sizes = _group_sizes(rescued)

    def code(victim: Victim) -> str | None:
        if victim.rescue_group is None:
            return None
        return TOGETHER if sizes[(victim.case, victim.rescue_group)] > 1 else ALONE

    return units_of(rescued, case=lambda v: v.case, code=code)


def _group_sizes(rescued: tuple[Victim, ...]) -> Counter[tuple[int, int]]:
    return Counter((v.case, v.rescue_group) for v in rescued if v.rescue_group is not None)


def _relation(victim: Victim) -> str | None:
    known = victim.relation_in_group in RELATIONS
    return victim.relation_in_group if known else None


def _conflicts(rescued: tuple[Victim, ...], company: Units) -> tuple[Caution, ...]:
    says_alone = [v.relation_in_group is RelationInGroup.RESCUED_ALONE for v in rescued]
    pairs = zip(says_alone, company.codes, strict=True)
    clash = any((alone and code == TOGETHER) or (not alone and code == ALONE) for alone, code in pairs)
    return (GROUP_CONFLICT,) if clash else ()


def _rescues(
    review: Review, rescued: tuple[Victim, ...], company: Units, cautions: tuple[Caution, ...]
) -> list[Finding]:
    options, topic = review.options, victim_topic(review)
    cases = len({v.case for v in rescued})
    by_rescued = Topic(review=review, unit="victims", base_label="victims rescued")
    groups = _group_sizes(rescued)
    who = those_known("rescued victims", "whose rescue group is known", unknown=company.count(None))
    return [
        topic.count(
            "victims-rescued",
            "{value} of the {base} victims had been rescued when the files were reviewed.",
            len(rescued),
            estimand="victims named in the reviewed files who had been rescued",
            contributors=cases,
            base=len(review.table.victims),
        ),
        by_rescued.share(
            "victims-rescued-together",
            f"Of the {who}, {{value}} were rescued with at least one other victim{{detail}}.",
            share_of(company, {TOGETHER}, convention=options.attribute_unknowns, level=options.level),
            estimand="share of rescued victims who share case and rescue group with another victim",
            cautions=cautions,
        ),
        by_rescued.count(
            "rescue-groups",
            "The {base} rescued victims were found in {value} groups of the same time and place, a victim rescued "
            "alone counted as one.",
            len(groups),
            estimand="distinct rescue groups of the same time and place within a case",
            contributors=len({case for case, _ in groups}),
            base=len(rescued),
            unit="groups",
            cautions=cautions,
        ),
    ]


def _relations(review: Review, units: Units) -> list[Finding]:
    options = review.options
    topic = Topic(review=review, unit="victims", base_label="victims rescued with another victim")
    convention = options.group_relation_unknowns
    words = "whose relation to each other is known"
    opening = f"Of the {those_known('victims rescued together', words, unknown=units.count(None))}, "
    if convention is UnknownConvention.INCLUDE:
        opening = "Of the {base} victims rescued together, "
    shares = [
        topic.share(
            finding_id,
            f"{opening}{{value}} {words}{{detail}}.",
            share_of(units, {code}, convention=convention, level=options.level),
            estimand=f"share of victims rescued with another who {words} with those rescued with them",
        )
        for finding_id, code, words in SHARES
    ]
    states_unknown = Units(units.cases, tuple("unknown" if code is None else "known" for code in units.codes))
    return [
        *shares,
        topic.share(
            "victims-together-unknown",
            "For {value} of the {base} victims rescued together the files do not say what they were to each "
            "other{detail}.",
            share_of(states_unknown, {"unknown"}, convention=UnknownConvention.INCLUDE, level=options.level),
            estimand="share of victims rescued with another whose relation to them is not stated",
        ),
    ]


def _by_relation(review: Review, units: Units) -> Table:
    return category_table(
        "victims-by-relation-in-group",
        title="What victims rescued together were to each other",
        base="all victims rescued with another victim",
        label="relation",
        unit="victims",
        units=units,
        categories=RELATIONS,
        convention=review.options.group_relation_unknowns,
        level=review.options.level,
        note="Unknown stays in the base here, unlike the relation to the trafficker: both shares are given.",
    )


def _by_size(rescued: tuple[Victim, ...]) -> Table:
    groups = _group_sizes(rescued)
    bands = (("alone", 1, 1), ("2", 2, 2), ("3 or 4", 3, 4), ("5 to 9", 5, 9), ("10 or more", 10, None))
    rows = []
    for label, low, high in bands:
        within = {key: n for key, n in groups.items() if n >= low and (high is None or n <= high)}
        rows.append((label, len(within), sum(within.values()), len({case for case, _ in within})))
    return Table(
        id="rescue-groups-by-size",
        question=Question.NATURE,
        title="Rescue groups by number of victims",
        base="all rescue groups",
        columns=(
            Column(name="victims_in_group", title="Victims in the group", kind=ColumnKind.LABEL),
            Column(name="groups", title="Groups", kind=ColumnKind.COUNT, unit="groups"),
            Column(name="victims", title="Victims", kind=ColumnKind.COUNT, unit="victims"),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        source=SOURCE,
    )
