"""Where do international agencies refer cases of online sexual exploitation of children?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from darkfigure.hotspots import referral_tables as tables
from darkfigure.hotspots.referral_cases import DistinctCases, ReferralOptions, distinct_cases
from darkfigure.hotspots.shares import goodman_intervals, ranks, ratio_interval
from darkfigure.intake.dates import year_of
from darkfigure.linkage.agency_duplicates import LinkQuality, ReferralLinks
from darkfigure.records.aggregate import Answer, Caution, Finding, Question, Reason, Refusal
from darkfigure.records.restricted import ReferralTable
from darkfigure.reference.countries import country_in_sentence

ABSENCE = Caution("C-ABSENCE", tables.ABSENCE_NOTE)
CAPACITY = Caution(
    "C-CAPACITY",
    "Counts follow how many officers an agency has, where its partners are and what it looks for, besides the crime.",
)
SUPPLIERS = Caution(
    "C-SUPPLIERS", "Only the agencies that answered are counted; others that refer cases, such as Europol, are not."
)
_ESTIMAND = "distinct cases of online sexual exploitation of children referred by the agencies that answered"
_BASE_LABEL = "distinct cases referred"


def analyse_referrals(
    table: ReferralTable, links: ReferralLinks, *, options: ReferralOptions, digests: Sequence[str] = ()
) -> Answer:
    """To which countries do agencies refer cases, and does the order rest on one agency?

    Parameters
    ----------
    table : ReferralTable
        Referrals of all agencies.
    links : ReferralLinks
        Which referrals are one case.
    options : ReferralOptions
        Period, study country, definition, level.
    digests : sequence of str
        SHA-256 of the files behind the table.

    Returns
    -------
    Answer
        Findings and the tables ``referrals-by-country``, ``referrals-leave-one-out``, ``referrals-by-agency``,
        ``referrals-agency-overlap`` and ``referrals-by-year``; without a case that counts, one refusal.

    Notes
    -----
    Shares carry simultaneous multinomial intervals (Goodman 1965), the ratio of two countries the interval of Katz and
    others (1978). Both treat the cases as a sample of those the same agencies could have referred; for the cases listed
    themselves the counts are exact, up to wrong or missed joins.
    """
    cases = distinct_cases(table, links.clusters, options=options)
    if not cases.cases:
        return Answer(findings=(_no_data(tuple(sorted(digests))),))
    fewest = len(distinct_cases(table, links.clusters_if_undecided_same, options=options).cases)
    cited = tuple(sorted(digests))
    findings = (
        *_totals(cases, links.quality, fewest, cited),
        *_study_country(cases, options, cited),
        *_period(cases, cited),
    )
    return Answer(
        findings=findings,
        tables=(
            tables.by_country(cases, level=options.level),
            tables.leave_one_out(cases),
            tables.by_agency(cases),
            tables.agency_overlap(cases),
            tables.by_year(cases),
        ),
    )


def _no_data(digests: tuple[str, ...]) -> Finding:
    return Finding(
        id="referrals-distinct",
        question=Question.HOTSPOT,
        statement="Agencies referred {value} distinct cases.",
        value=None,
        unit="referrals",
        estimand=_ESTIMAND,
        refusal=Refusal(Reason.NO_DATA, "No referral lies in the study period and meets its definition."),
        source_digests=digests,
    )


def _totals(cases: DistinctCases, quality: LinkQuality, fewest: int, digests: tuple[str, ...]) -> Iterator[Finding]:
    total = len(cases.cases)
    shared = sum(len(case.agencies) > 1 for case in cases.cases)
    yield Finding(
        id="referrals-distinct",
        question=Question.HOTSPOT,
        statement="International law-enforcement agencies referred {value} distinct cases of online sexual "
        "exploitation of children in the study period, in {base} referrals.",
        value=total,
        unit="referrals",
        base=cases.referrals,
        base_label="referrals before duplicates between agencies were joined",
        known=total,
        unknown=cases.unclear,
        contributors=total,
        estimand=_ESTIMAND,
        assumptions=("Within its own list, an agency gives each case one token.",),
        cautions=(SUPPLIERS, *_link_cautions(quality)),
        source_digests=digests,
    )
    yield Finding(
        id="referrals-shared",
        question=Question.HOTSPOT,
        statement="{value} of the {base} distinct cases were referred by more than one agency and count once.",
        value=shared,
        unit="referrals",
        base=total,
        base_label=_BASE_LABEL,
        contributors=shared,
        estimand="distinct cases that more than one agency referred",
        cautions=_link_cautions(quality),
        source_digests=digests,
    )
    if fewest < total:
        yield Finding(
            id="referrals-distinct-if-undecided-same",
            question=Question.HOTSPOT,
            statement="If every pair of referrals that reviewers left open were one case, there would be {value} "
            "distinct cases in place of {base}.",
            value=fewest,
            unit="referrals",
            base=total,
            base_label=_BASE_LABEL,
            contributors=fewest,
            estimand="distinct cases if every undecided pair of referrals were one case",
            source_digests=digests,
        )
    yield Finding(
        id="referrals-unclear",
        question=Question.HOTSPOT,
        statement="{value} further cases are left out because no agency says that they meet the study's definition.",
        value=cases.unclear,
        unit="referrals",
        contributors=cases.unclear,
        estimand="cases of the period whose agencies leave open whether the definition is met",
        source_digests=digests,
    )
    yield Finding(
        id="referrals-outside-period",
        question=Question.HOTSPOT,
        statement="{value} referrals are left out because they lie outside the study period.",
        value=cases.outside_period,
        unit="referrals",
        contributors=cases.outside_period,
        estimand="referrals before or after the study period",
        source_digests=digests,
    )
    yield Finding(
        id="referrals-agencies",
        question=Question.HOTSPOT,
        statement="{value} agencies supplied referrals that count.",
        value=len(cases.agencies),
        unit="agencies",
        estimand="agencies with at least one referral that counts",
        cautions=(SUPPLIERS,),
        source_digests=digests,
        protected=False,
    )


def _link_cautions(quality: LinkQuality) -> tuple[Caution, ...]:
    cautions = [
        (
            quality.undecided,
            Caution(
                "C-UNDECIDED-DUPLICATES",
                "Some pairs of referrals that could be one case were left open by the reviewers and count as two.",
            ),
        ),
        (
            quality.same_not_proposed + quality.decisions_without_row,
            Caution(
                "C-DECISIONS-NOT-USED",
                "Some decisions name rows that are gone or pairs that the rules hold impossible; they were not used.",
            ),
        ),
        (
            quality.clusters_with_agency_twice,
            Caution(
                "C-AGENCY-TWICE",
                "Some joined cases hold two referrals that one agency lists as two cases; the decisions may be wrong.",
            ),
        ),
    ]
    return tuple(caution for number, caution in cautions if number)


def _study_country(cases: DistinctCases, options: ReferralOptions, digests: tuple[str, ...]) -> Iterator[Finding]:
    code, total = options.study_country, len(cases.cases)
    counts = {code: 0} | cases.by_country()
    here, name = counts[code], country_in_sentence(code)
    interval = goodman_intervals(list(counts.values()), level=options.level)[0]
    yield Finding(
        id="referrals-study-country-share",
        question=Question.HOTSPOT,
        statement=f"{name}: {{value}} of the distinct cases that agencies referred ({{numerator}} of {{base}}; "
        "interval {interval}).",
        value=here / total,
        unit="share",
        numerator=here,
        base=total,
        base_label=_BASE_LABEL,
        interval=interval,
        contributors=here,
        estimand=f"share of distinct cases referred that were referred to this country: {name}",
        assumptions=("The cases are a sample of those the same agencies could have referred.",),
        cautions=(ABSENCE, CAPACITY, SUPPLIERS),
        source_digests=digests,
        headline=True,
    )
    others = [(c, n) for c, n in counts.items() if c != code]
    if here and others:
        yield _ratio(name, here, others[0], options, digests)
    rank = _rank_without(cases, code, "")
    worst = max(_rank_without(cases, code, agency) for agency in cases.agencies)
    holds = "keeps rank {value}" if worst == rank else "falls to rank {value} at worst"
    yield Finding(
        id="referrals-study-country-rank",
        question=Question.HOTSPOT,
        statement=f"By distinct cases referred, {name} ranks number {{value}} among the countries named.",
        value=rank,
        unit="rank",
        estimand=f"rank by distinct cases referred: {name}",
        cautions=(ABSENCE, CAPACITY),
        source_digests=digests,
        contributors=counts.get(code, 0),
    )
    yield Finding(
        id="referrals-study-country-worst-rank",
        question=Question.HOTSPOT,
        statement=f"Whichever agency's list is left out, {name} {holds}.",
        value=worst,
        unit="rank",
        estimand=f"worst rank when one agency's list is left out: {name}",
        cautions=(ABSENCE, CAPACITY),
        source_digests=digests,
        contributors=counts.get(code, 0),
    )


def _rank_without(cases: DistinctCases, code: str, agency: str) -> int:
    counts = cases.by_country(without=agency)
    codes = list(dict.fromkeys([*counts, code]))
    return ranks([counts.get(c, 0) for c in codes])[codes.index(code)]


def _ratio(name: str, here: int, other: tuple[str, int], options: ReferralOptions, digests: tuple[str, ...]) -> Finding:
    code, next_count = other
    return Finding(
        id="referrals-ratio-to-next",
        question=Question.HOTSPOT,
        statement=f"{name} received {{value}} times as many referred cases as {country_in_sentence(code)}, the country "
        "with the most among the others (interval {interval}; {numerator} against {base}).",
        value=here / next_count,
        unit="ratio",
        numerator=here,
        base=next_count,
        base_label=f"distinct cases referred to the next country: {country_in_sentence(code)}",
        interval=ratio_interval(here, next_count, level=options.level),
        contributors=min(here, next_count),
        estimand="distinct cases referred to the study country for each one referred to the next country",
        cautions=(ABSENCE, CAPACITY),
        source_digests=digests,
    )


def _period(cases: DistinctCases, digests: tuple[str, ...]) -> Iterator[Finding]:
    years = [year_of(case.first_day) for case in cases.cases]
    for which, year in (("first", min(years)), ("last", max(years))):
        yield Finding(
            id=f"referrals-{which}-year",
            question=Question.HOTSPOT,
            statement=f"The {which} of the cases was referred in {{value}}.",
            value=year,
            unit="year",
            estimand=f"{which} year with a referred case that counts",
            source_digests=digests,
            protected=False,
        )
