"""Which findings and figures belong where? The order of the report, by content."""

from __future__ import annotations

from dataclasses import dataclass

from darkfigure.records.aggregate import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPlan:
    """A section and what belongs to it.

    Parameters
    ----------
    id, title : str
    prefixes : tuple of str
        Starts of the ids of its findings: the longest start that fits wins. A section with the empty start takes the
        rest, without one the last section does.
    leading : tuple of str
        Ids of the findings printed in full beside the key findings; ``*`` stands for the first and the last of a
        series. All findings stand in the section's table of results.
    figures : tuple of str
        Ids of figures, in order.
    """

    id: str
    title: str
    prefixes: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterPlan:
    """A chapter: it is printed when its questions have findings or figures in the release."""

    id: str
    title: str
    lead: str
    questions: tuple[Question, ...]
    sections: tuple[SectionPlan, ...]


CHAPTERS = (
    ChapterPlan(
        id="lists",
        title="Lists and the number they leave out",
        lead="What each list holds, how far the lists overlap, and what every declared method makes of the overlaps.",
        questions=(Question.LISTS,),
        sections=(
            SectionPlan(
                id="lists-held",
                title="What the lists hold",
                prefixes=("lists-observed", "list-"),
                figures=("list-sizes", "list-overlaps"),
            ),
            SectionPlan(id="lists-estimated", title="What the methods say", figures=("panel",)),
        ),
    ),
    ChapterPlan(
        id="prevalence",
        title="Prevalence",
        lead="How many addresses were reported, how many were probably in use, seen or unseen, and out of how many.",
        questions=(Question.PREVALENCE, Question.CLASSIFICATION),
        sections=(
            SectionPlan(
                id="addresses-reported",
                title="Addresses in reports",
                prefixes=("reports", "address-entries", "addresses-distinct", "weekly"),
                leading=(
                    "reports-total",
                    "address-entries-total",
                    "addresses-distinct-total",
                    "weekly-addresses-growth",
                ),
                figures=("weekly-addresses",),
            ),
            SectionPlan(
                id="addresses-in-use",
                title="Addresses in use, seen and unseen",
                prefixes=("address", "estimation", "methods", "truth", ""),
                leading=("addresses-estimated-*", "address-rate-*", "addresses-growth"),
                figures=("window-estimates", "panel-december"),
            ),
            SectionPlan(
                id="countries-linked",
                title="Countries linked by reports",
                prefixes=("coreported",),
                figures=("coreported-countries",),
            ),
            SectionPlan(
                id="text-classed",
                title="Can the reports' text be classed?",
                prefixes=("text", "osec"),
                leading=("osec-share", "text-osec-least", "text-classifiable-share", "text-agreement-kappa"),
            ),
        ),
    ),
    ChapterPlan(
        id="nature",
        title="Nature",
        lead="Who is harmed, who offends and how, as case files of law enforcement record it.",
        questions=(Question.NATURE,),
        sections=(
            SectionPlan(
                id="cases",
                title="Cases",
                prefixes=("case",),
                leading=("case-files", "cases-latest-year", "cases-international-referral"),
                figures=("cases-by-year",),
            ),
            SectionPlan(
                id="victims",
                title="Victims",
                prefixes=("victim", "abuse"),
                leading=("victims", "victims-female", "victims-age-median", "victims-adult", "abuse-length-mean"),
                figures=("victims",),
            ),
            SectionPlan(
                id="relation",
                title="Who abused the victims",
                prefixes=("victims-relation",),
                leading=(
                    "victims-relation-any-relative",
                    "victims-relation-parent",
                    "victims-relation-other-relative",
                    "victims-relation-any-relative-least",
                ),
                figures=("victims-relation",),
            ),
            SectionPlan(
                id="rescue",
                title="Rescue",
                prefixes=("rescue", "victims-rescue", "victims-together"),
                leading=("victims-rescued-together", "victims-together-siblings", "victims-together-unknown"),
                figures=("victims-rescue",),
            ),
            SectionPlan(
                id="traffickers",
                title="Traffickers",
                prefixes=("trafficker",),
                leading=(
                    "traffickers",
                    "traffickers-female",
                    "traffickers-age-median",
                    "trafficker-cases-multiple",
                    "traffickers-filipino",
                ),
                figures=("traffickers",),
            ),
            SectionPlan(
                id="customers",
                title="Customers",
                prefixes=("customer",),
                leading=(
                    "customer-referrals",
                    "customers-men",
                    "customers-age-median",
                    "customers-top-country-share",
                    "customers-travelled",
                    "customers-contact-abuse",
                ),
                figures=("customers",),
            ),
            SectionPlan(
                id="process",
                title="How the crime proceeds",
                prefixes=("process",),
                figures=("process",),
            ),
            SectionPlan(
                id="places",
                title="Places",
                prefixes=("place", "province"),
                leading=("provinces-with-victims", "provinces-with-arrests", "places-victims-known"),
                figures=("places",),
            ),
            SectionPlan(
                id="network",
                title="One case as a network",
                prefixes=("network",),
                leading=("network-people", "network-countries", "network-victims-rescued"),
                figures=("network",),
            ),
            SectionPlan(
                id="coding",
                title="How far coders agree",
                prefixes=("agreement",),
                leading=("agreement-files", "agreement-relation", "agreement-lowest"),
            ),
        ),
    ),
    ChapterPlan(
        id="hotspot",
        title="Hotspot",
        lead="Where international partners see the crime, and what their records cannot show.",
        questions=(Question.HOTSPOT,),
        sections=(
            SectionPlan(
                id="referrals",
                title="Referrals by country",
                prefixes=("referral",),
                leading=(
                    "referrals-study-country-share",
                    "referrals-distinct",
                    "referrals-ratio-to-next",
                    "referrals-study-country-worst-rank",
                    "referrals-shared",
                ),
                figures=("referrals-by-country",),
            ),
            SectionPlan(
                id="enticement",
                title="Online-enticement reports by region",
                prefixes=("enticement",),
                leading=(
                    "enticement-distinct",
                    "enticement-several-regions-share",
                    "enticement-asia-pacific-share",
                    "enticement-asia-pacific-rank",
                ),
                figures=("enticement-by-region", "enticement-pairs"),
            ),
        ),
    ),
    ChapterPlan(
        id="practice",
        title="Practice in prosecution and programme",
        lead="What courts, prosecutors and the programme record.",
        questions=(Question.PRACTICE,),
        sections=(
            SectionPlan(
                id="practice-prosecution",
                title="Convictions and recorded interviews",
                prefixes=("conviction", "interview"),
                leading=(
                    "convictions",
                    "convictions-plea-share",
                    "convictions-trial-share",
                    "convictions-trained-prosecutors",
                    "interviews",
                    "interviews-used-share",
                ),
                figures=("practice",),
            ),
            SectionPlan(
                id="practice-programme",
                title="Training and support",
                leading=(
                    "trained-law-enforcers",
                    "trained-prosecutors",
                    "programme-cases",
                    "programme-victims",
                    "programme-charged",
                ),
            ),
        ),
    ),
)
"""Chapters between what was measured and the recommendations."""

TRUST = ChapterPlan(
    id="trust",
    title="How far to trust this",
    lead="",
    questions=(Question.TRUST,),
    sections=(
        SectionPlan(
            id="trust-closure",
            title="Did the same addresses stay in use?",
            prefixes=("closure", "sources"),
            leading=("closure-*", "sources-active-*"),
            figures=("closure-tests", "lag-curve"),
        ),
        SectionPlan(
            id="trust-overturned",
            title="How wrong would we have to be?",
            prefixes=("overturned",),
            leading=(
                "overturned-rose-dependence-earlier",
                "overturned-rose-churn-later",
                "overturned-rose-sharing-earlier",
            ),
            figures=("overturned",),
        ),
        SectionPlan(
            id="trust-causes",
            title="Crime or reporting?",
            prefixes=("change",),
            leading=("change-*",),
            figures=("causes-of-change",),
        ),
        SectionPlan(
            id="trust-agreement",
            title="Do the methods agree?",
            prefixes=("agreement",),
            leading=("agreement-low", "agreement-all"),
            figures=("method-agreement",),
        ),
        SectionPlan(
            id="trust-departures",
            title="What was announced, and what was done",
            prefixes=("departure", ""),
            leading=("departures-registered",),
        ),
    ),
)
"""Evidence about the numbers themselves; printed in the chapter on how far to trust the report."""

SCHEME_FIGURES = ("study-questions",)
"""Figures of the chapter on what was measured and how."""


COUNTED = "what-is-counted"
"""Table that says what each kind of number counts."""

CHECKS = (COUNTED, "trust-checks", "service-estimates", "recapture-by-lag", "registered-departures")
"""Tables that probe assumptions; printed in the chapter on how far to trust the report."""

PROTECTION = ("default-policy-withholds",)
"""Tables printed with the protection rules."""


def section_of(chapter: ChapterPlan, result_id: str) -> SectionPlan:
    """Find the section of a chapter that a finding belongs to.

    Examples
    --------
    >>> section_of(CHAPTERS[2], "victims-female-share").id
    'victims'
    """
    fits = [(len(p), -place) for place, s in enumerate(chapter.sections) for p in s.prefixes if result_id.startswith(p)]
    return chapter.sections[-max(fits)[1]] if fits else chapter.sections[-1]
