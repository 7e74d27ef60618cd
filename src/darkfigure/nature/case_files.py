"""Which files were reviewed, when and how did the cases begin?"""

from __future__ import annotations

from collections import Counter

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.cautions import SELECTED_FILES
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic
from darkfigure.nature.units import Units, units_of
from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table
from darkfigure.records.restricted import Agency, CaseFile, Initiation

AGENCIES: dict[str, str] = {
    Agency.PNP_WCPC: "Philippine National Police, Women and Children Protection Center",
    Agency.NBI_AHTRAD: "National Bureau of Investigation, Anti-Human Trafficking Division",
}
INITIATIONS: dict[str, str] = {
    Initiation.INTERNATIONAL_REFERRAL: "referral from law enforcement abroad",
    Initiation.DOMESTIC_REFERRAL: "referral within the country",
    Initiation.VICTIM_OR_FAMILY_REPORT: "report by a victim or the family",
    Initiation.ONLINE_INVESTIGATION: "online investigation",
}
BASE = "all reviewed case files"


def case_file_answer(review: Review) -> Answer:
    """Describe the files: how many, whose, of which years, and how the cases began.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``case-files``, ``cases-latest-year``, ``cases-last-year``, ``cases-international-referral``,
        ``cases-with-victims-international-referral``; tables ``cases-by-agency``, ``cases-by-year``,
        ``cases-period``, ``cases-by-initiation``.
    """
    files = review.table.cases
    topic = Topic(review=review, unit="case files", base_label="reviewed case files")
    findings = [
        topic.count(
            "case-files",
            "The review covers {value} case files of national investigating units.",
            len(files),
            estimand="case files reviewed, whatever they hold",
            contributors=len(files),
        ),
        *_latest_year(review, topic),
        *_began_abroad(review, topic),
    ]
    return Answer(tuple(findings), (_by_agency(review), _by_year(review), _period(review), _by_initiation(review)))


def initiation_units(files: tuple[CaseFile, ...]) -> Units:
    """How each case began, ``None`` where the file does not say."""
    return units_of(files, case=lambda c: c.number, code=lambda c: c.initiation)


def years_covered(review: Review) -> range:
    """Calendar years of the review, those without a file included; empty without files."""
    years = [c.year for c in review.table.cases]
    if not years:
        return range(0)
    options = review.options
    first = min(years) if options.first_year is None else min(options.first_year, *years)
    last = max(years) if options.last_year is None else max(options.last_year, *years)
    return range(first, last + 1)


def _latest_year(review: Review, topic: Topic) -> list[Finding]:
    years = Counter(c.year for c in review.table.cases)
    if not years:
        return []
    latest = max(years)
    return [
        topic.count(
            "cases-latest-year",
            "{value} of the {base} cases were referred or investigated in {value:cases-last-year}, the latest year.",
            years[latest],
            estimand="case files whose year of referral or investigation is the latest one found",
            contributors=years[latest],
            base=len(review.table.cases),
        ),
        topic.year("cases-last-year", "The latest of the cases is of {value}.", sorted(years.elements()), last=True),
    ]


def _began_abroad(review: Review, topic: Topic) -> list[Finding]:
    options, files = review.options, review.table.cases
    with_victims = tuple(c for c in files if c.number in review.victim_cases)
    wanted = {Initiation.INTERNATIONAL_REFERRAL}
    convention = options.initiation_unknowns
    of_files = share_of(initiation_units(files), wanted, convention=convention, level=options.level)
    of_cases = share_of(initiation_units(with_victims), wanted, convention=convention, level=options.level)
    victims = Topic(review=review, unit="cases", base_label="reviewed cases that name a victim")
    return [
        topic.share(
            "cases-international-referral",
            "{value} of the reviewed cases began with a referral from law enforcement abroad{detail}.",
            of_files,
            estimand="share of reviewed case files that began with a referral from law enforcement abroad",
            cautions=(SELECTED_FILES,),
        ),
        victims.share(
            "cases-with-victims-international-referral",
            "Among the cases that name a victim, {value} began with a referral from law enforcement abroad{detail}.",
            of_cases,
            estimand="share of reviewed cases naming a victim that began with a referral from law enforcement abroad",
            cautions=(SELECTED_FILES,),
        ),
    ]


def _by_agency(review: Review) -> Table:
    units = units_of(review.table.cases, case=lambda c: c.number, code=lambda c: c.agency)
    return category_table(
        "cases-by-agency",
        title="Case files by agency",
        base=BASE,
        label="agency",
        unit="case_files",
        units=units,
        categories=AGENCIES,
        convention=review.options.attribute_unknowns,
        level=review.options.level,
    )


def _by_initiation(review: Review) -> Table:
    return category_table(
        "cases-by-initiation",
        title="How the cases began",
        base=BASE,
        label="beginning",
        unit="case_files",
        units=initiation_units(review.table.cases),
        categories=INITIATIONS,
        convention=review.options.initiation_unknowns,
        level=review.options.level,
        note=SELECTED_FILES.text,
    )


def _by_year(review: Review) -> Table:
    all_files = Counter(c.year for c in review.table.cases)
    with_victims = Counter(c.year for c in review.table.cases if c.number in review.victim_cases)
    return Table(
        id="cases-by-year",
        question=Question.NATURE,
        title="Cases referred to or investigated by law enforcement, by year",
        base=BASE,
        columns=(
            Column(name="year", title="Year", kind=ColumnKind.LABEL),
            Column(name="cases", title="Cases", kind=ColumnKind.COUNT, unit="cases"),
            Column(name="victim_cases", title="Of these, cases naming a victim", kind=ColumnKind.COUNT, unit="cases"),
            Column(name="files_behind", title="Files behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple((str(y), all_files[y], with_victims[y], all_files[y]) for y in years_covered(review)),
        source=SOURCE,
        note="More cases in later years can mean more crime, more referrals from abroad or more work by investigators.",
    )


def _period(review: Review) -> Table:
    groups = {
        "all files": [c.year for c in review.table.cases],
        "files naming a victim": [c.year for c in review.table.cases if c.number in review.victim_cases],
    }
    rows = [
        (group, which, str(end(years)), years.count(end(years)))
        for group, years in groups.items()
        if years
        for which, end in (("first", min), ("last", max))
    ]
    return Table(
        id="cases-period",
        question=Question.NATURE,
        title="First and last year of the case files",
        base=BASE,
        columns=(
            Column(name="files", title="Files", kind=ColumnKind.LABEL),
            Column(name="end", title="First or last", kind=ColumnKind.LABEL),
            Column(name="year", title="Year", kind=ColumnKind.LABEL),
            Column(name="files_behind", title="Files behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        source=SOURCE,
    )
