"""What is the trafficker to the victim?"""

from __future__ import annotations

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.review import Review
from darkfigure.nature.shares import Share, share_of
from darkfigure.nature.speaking import those_known
from darkfigure.nature.units import Units, units_of
from darkfigure.nature.victims import BASE, victim_topic
from darkfigure.records.aggregate import Answer, Finding
from darkfigure.records.restricted import RelationToTrafficker as Relation

RELATIONS: dict[str, str] = {
    Relation.BIOLOGICAL_PARENT: "biological parent",
    Relation.OTHER_RELATIVE: "other relative",
    Relation.NOT_RELATED: "not related",
}
SHARES: tuple[tuple[str, frozenset[Relation], str], ...] = (
    ("victims-relation-parent", frozenset({Relation.BIOLOGICAL_PARENT}), "a biological parent"),
    ("victims-relation-other-relative", frozenset({Relation.OTHER_RELATIVE}), "another relative"),
    (
        "victims-relation-any-relative",
        frozenset({Relation.BIOLOGICAL_PARENT, Relation.OTHER_RELATIVE}),
        "a parent or another relative",
    ),
)


def relation_answer(review: Review) -> Answer:
    """Say how many victims were abused by a parent, another relative or someone not related.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``victims-relation-known``, ``victims-relation-parent``, ``victims-relation-other-relative``,
        ``victims-relation-any-relative``, ``victims-relation-any-relative-least``,
        ``victims-relation-any-relative-most``; table ``victims-by-relation``.
    """
    units = units_of(review.table.victims, case=lambda v: v.case, code=lambda v: v.relation)
    options = review.options
    table = category_table(
        "victims-by-relation",
        title="What the trafficker is to the victim",
        base=BASE,
        label="trafficker_is",
        unit="victims",
        units=units,
        categories=RELATIONS,
        convention=options.relation_unknowns,
        level=options.level,
        note="Where several traffickers are named, the closest relation counts. The bounds show what the unknown could "
        "change.",
    )
    return Answer((_known(review, units), *_shares(review, units), *_bounds(review, units)), (table,))


def _known(review: Review, units: Units) -> Finding:
    return victim_topic(review).count(
        "victims-relation-known",
        "The files state what the trafficker is to {value} of the {base} victims.",
        units.known,
        estimand="victims whose relation to the trafficker is stated",
        contributors=units.behind(lambda code: code is not None),
        base=len(units.cases),
        known=units.known,
    )


def _shares(review: Review, units: Units) -> list[Finding]:
    options, topic = review.options, victim_topic(review)
    opening = "Of all {base} victims, among them {unknown} of unknown relation, "
    if options.relation_unknowns is UnknownConvention.EXCLUDE:
        words = "whose relation to the trafficker is known"
        opening = f"Of the {those_known('victims', words, unknown=units.count(None))}, "
    return [
        topic.share(
            finding_id,
            f"{opening}{{value}} were abused by {who}{{detail}}.",
            share_of(units, codes, convention=options.relation_unknowns, level=options.level),
            estimand=f"share of victims named in the reviewed files who were abused by {who}",
            headline=finding_id == "victims-relation-any-relative",
        )
        for finding_id, codes, who in SHARES
    ]


def _bounds(review: Review, units: Units) -> list[Finding]:
    """State what share of all victims relatives abused if none, and if all, of the unknown were abused by one."""
    topic = victim_topic(review)
    _, codes, who = SHARES[-1]
    certain = sum(code in codes for code in units.codes)
    if not units.codes or not units.count(None):
        return []
    ends = {
        "least": (
            certain,
            units.behind(lambda code: code in codes),
            f"Whatever the relation of the victims for whom it is unknown, at least {{value}} of all {{base}} victims "
            f"were abused by {who}, and at most {{value:victims-relation-any-relative-most}}.",
        ),
        "most": (
            certain + units.count(None),
            units.behind(lambda code: code is None or code in codes),
            f"At most {{value}} of all {{base}} victims were abused by {who}: that is, if all were for whom the "
            "relation is unknown.",
        ),
    }
    return [
        topic.share(
            f"victims-relation-any-relative-{end}",
            statement,
            Share(
                count=count,
                base=len(units.codes),
                known=len(units.codes),
                convention=UnknownConvention.INCLUDE,
                interval=None,
                contributors=behind,
                case_base=units.behind(lambda _: True),
            ),
            estimand=f"{end} share of all victims named who can have been abused by {who}, whatever is unknown",
        )
        for end, (count, behind, statement) in ends.items()
    ]
