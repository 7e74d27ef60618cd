"""For how long were victims abused, as far as the files say?"""

from __future__ import annotations

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.cautions import LENGTH_BIASED
from darkfigure.nature.review import Review
from darkfigure.nature.speaking import those_known
from darkfigure.nature.units import Numbers, Units, numbers_of
from darkfigure.nature.victims import BASE, victim_topic
from darkfigure.records.aggregate import Answer, Table

BANDS = (
    ("up to 6 months", 6),
    ("7 to 12 months", 12),
    ("over 1 to 2 years", 24),
    ("over 2 to 3 years", 36),
    ("over 3 years", None),
)
"""Label and last month of each band of lengths."""


def abuse_length_answer(review: Review) -> Answer:
    """Describe the lengths of abuse that the files state, and how few they are.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``abuse-length-known``, ``abuse-length-mean``, ``abuse-length-median``, ``abuse-length-shortest``,
        ``abuse-length-longest`` (months); table ``victims-by-length-of-abuse``.
    """
    topic, cautions = victim_topic(review), (LENGTH_BIASED,)
    months = numbers_of(review.table.victims, case=lambda v: v.case, value=lambda v: v.abuse_months)
    known = len(months.known.cases)
    who = those_known("victims", "for whom it is known", unknown=len(months.cases) - known)
    of = f"of the {who}"
    findings = (
        topic.count(
            "abuse-length-known",
            "The files state the exact length of abuse of {value} of the {base} victims.",
            known,
            estimand="victims whose exact length of abuse is stated",
            contributors=months.behind(),
            base=len(months.cases),
            known=known,
            cautions=cautions,
        ),
        topic.mean(
            "abuse-length-mean",
            f"The mean length of abuse {of} was {{value}} months{{detail}}.",
            months,
            unit="months",
            estimand="mean length of abuse in months over victims whose exact length is stated, up to rescue",
            cautions=cautions,
        ),
        topic.median(
            "abuse-length-median",
            f"Half {of} were abused for {{value}} months or less{{detail}}.",
            months,
            unit="months",
            estimand="median length of abuse in months over victims whose exact length is stated, up to rescue",
            cautions=cautions,
        ),
        *topic.extremes(
            months,
            ids=("abuse-length-shortest", "abuse-length-longest"),
            statements=(
                "The shortest length of abuse stated was {value} months.",
                "The longest length of abuse stated was {value} months.",
            ),
            estimands=("lowest stated length of abuse in months", "highest stated length of abuse in months"),
            unit="months",
            cautions=cautions,
        ),
    )
    return Answer(findings, (_by_band(review, months),))


def band_of(months: int) -> str:
    """Name the band of one length.

    Examples
    --------
    >>> band_of(6), band_of(7), band_of(48)
    ('up to 6 months', '7 to 12 months', 'over 3 years')
    """
    return next(label for label, last in BANDS if last is None or months <= last)


def _by_band(review: Review, months: Numbers) -> Table:
    units = Units(months.cases, tuple(None if m is None else band_of(m) for m in months.values))
    return category_table(
        "victims-by-length-of-abuse",
        title="Victims by length of abuse",
        base=BASE,
        label="length_of_abuse",
        unit="victims",
        units=units,
        categories={label: label for label, _ in BANDS},
        convention=review.options.attribute_unknowns,
        level=review.options.level,
        note=LENGTH_BIASED.text,
    )
