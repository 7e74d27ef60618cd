"""What do the report's words mean? Respectful terms, after the 2025 Terminology Guidelines."""

from __future__ import annotations

from darkfigure.records.aggregate import Question

_GENERAL = (
    (
        "Case",
        "One case file of a law-enforcement unit. It may hold several victims and several traffickers, or none that "
        "are named.",
    ),
    (
        "Estimate",
        "A number worked out for what no record shows in full. It comes with an interval and holds only under the "
        "assumptions printed beside it.",
    ),
    (
        "Interval",
        "The range that the method gives for a number at the stated level. It covers chance under the method's "
        "assumptions; it does not cover wrong assumptions.",
    ),
    (
        "Not stated, not applicable, not estimable",
        "Three reasons why a table cell holds no number. None of them means zero.",
    ),
    ("Withheld", "A number that exists but is so small that publishing it could point to a person. It is not zero."),
    (
        "Unknown",
        "The records do not say. Unknown is counted, drawn hatched, and never spread over the known categories.",
    ),
)

_BY_QUESTION: tuple[tuple[frozenset[Question], str, str], ...] = (
    (
        frozenset({Question.PREVALENCE, Question.NATURE, Question.HOTSPOT}),
        "Child",
        "A person under 18 years of age.",
    ),
    (
        frozenset({Question.PREVALENCE, Question.NATURE, Question.HOTSPOT}),
        "Child sexual exploitation and abuse",
        "Sexual activity forced on or obtained from a child; exploitation where someone gains, or expects to gain, "
        "by it.",
    ),
    (
        frozenset({Question.PREVALENCE, Question.NATURE, Question.HOTSPOT}),
        "Online sexual exploitation of children (OSEC)",
        "In this study: the making of child sexual abuse material, or the live showing of abuse, for others over the "
        "internet, for gain.",
    ),
    (
        frozenset({Question.PREVALENCE}),
        "Child sexual abuse material",
        "Any record of the sexual abuse of a child. This study holds none: it reads counts, dates, coded fields and "
        "addresses replaced by pseudonyms.",
    ),
    (
        frozenset({Question.PREVALENCE}),
        "Address",
        "An IP address named in a report. One address may serve many people and one person may use many addresses, so "
        "a number of addresses is neither a number of people nor of children.",
    ),
    (
        frozenset({Question.PREVALENCE}),
        "CyberTipline report",
        "A report that a company or a person sends to the National Center for Missing and Exploited Children.",
    ),
    (
        frozenset({Question.PREVALENCE}),
        "365-day window",
        "The 365 days that end on the stated day. Windows that overlap share data and are not independent.",
    ),
    (
        frozenset({Question.NATURE}),
        "Victim",
        "A person recorded as exploited in a case file; some were adults when they were found.",
    ),
    (
        frozenset({Question.NATURE}),
        "Trafficker",
        "A person recorded as having made a child available for exploitation, for gain.",
    ),
    (
        frozenset({Question.NATURE}),
        "Customer",
        "A person recorded as having paid, or offered to pay, for the exploitation of a child.",
    ),
    (
        frozenset({Question.HOTSPOT}),
        "Referral",
        "A case that one country's law enforcement passes to another's. A country without referrals may still have "
        "cases.",
    ),
    (
        frozenset({Question.LISTS}),
        "List",
        "A set of records made by one project or office. Someone on two lists is counted once on each.",
    ),
    (
        frozenset({Question.LISTS}),
        "Overlap",
        "The number who stand on both of two lists. Estimates of the unlisted rest on it.",
    ),
)


def glossary_for(questions: frozenset[Question]) -> tuple[tuple[str, str], ...]:
    """Which words need explaining in a report on these questions?

    Parameters
    ----------
    questions : frozenset of Question
        Questions with results in the release.

    Returns
    -------
    tuple of (str, str)
        Term and meaning, by alphabet.

    Examples
    --------
    >>> "Trafficker" in dict(glossary_for(frozenset({Question.LISTS})))
    False
    """
    general = [g for g in _GENERAL if g[0] != "Case" or Question.NATURE in questions]
    chosen = [(term, meaning) for needed, term, meaning in _BY_QUESTION if needed & questions]
    return tuple(sorted([*general, *chosen], key=lambda entry: entry[0].lower()))
