"""The sentences of the chapter on trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from darkfigure.estimate.compare import Multiverse
from darkfigure.histories import Window
from darkfigure.prevalence.causes import YearChange
from darkfigure.prevalence.closure import WindowVerdict, violated
from darkfigure.prevalence.options import PrevalenceOptions
from darkfigure.prevalence.overturning import Overturned
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.prevalence.trust import YearTrust
from darkfigure.prevalence.wording import CAUSES, VERDICTS, long_label
from darkfigure.records.aggregate import (
    Finding,
    Interval,
    LaggedEstimate,
    NotEstimable,
    PopulationEstimate,
    Question,
    Reason,
    Refusal,
)
from darkfigure.records.aggregate.estimand import Estimand, EstimandKind

_Q = Question.TRUST


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrustEvidence:
    """Everything the chapter on trust rests on.

    Parameters
    ----------
    years : tuple of YearTrust
    verdicts : mapping of Window to WindowVerdict
    estimates : mapping of Window to WindowEstimates
    claims : tuple of Overturned
    changes : tuple of YearChange
    agreement : Multiverse or None
        Every method on the last year end.
    """

    years: tuple[YearTrust, ...]
    verdicts: Mapping[Window, WindowVerdict]
    estimates: Mapping[Window, WindowEstimates]
    claims: tuple[Overturned, ...] = ()
    changes: tuple[YearChange, ...] = ()
    agreement: Multiverse | None = None


def trust_findings(
    evidence: TrustEvidence, *, options: PrevalenceOptions, digests: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Say of each year end whether it is closed enough, how many sources were active, and what would overturn it."""
    found: list[Finding] = []
    for year in evidence.years:
        found.append(_verdict(year, options, digests))
        last = year is evidence.years[-1]
        if isinstance(year.sources, LaggedEstimate) or (last and year.sources is not None):
            found.append(_sources(year, options, digests))
    for claim in evidence.claims:
        found += _overturned(claim, options, digests)
    # Every pair of years stands in the table; the sentence is about the first and the last.
    if evidence.changes:
        found.append(_change(evidence.changes[-1], digests))
    return (*found, *_agreement(evidence, options, digests))


def _verdict(year: YearTrust, options: PrevalenceOptions, digests: tuple[str, ...]) -> Finding:
    judged = year.verdict
    off = violated(judged)
    then = ""
    if off:
        refused = options.trust.churn_rule == "refuse"
        then = " The estimate is switched off." if refused else " The estimate stands with a caution, as declared."
    cause = CAUSES.get(judged.cause, "")
    return Finding(
        id=f"closure-{year.window.end.year}",
        question=_Q,
        statement=f"{VERDICTS[judged.verdict]} through {long_label(year.window)}: {{value}}. {cause}{then}".strip(),
        value=judged.verdict.value,
        unit="words",
        estimand="whether the same addresses stayed in use through the year, by the addresses seen again",
        contributors=year.again,
        source_digests=digests,
    )


def _sources(year: YearTrust, options: PrevalenceOptions, digests: tuple[str, ...]) -> Finding:
    found = year.sources
    what = Estimand.of(EstimandKind.SOURCES_ACTIVE, window=f"in the {year.window.days} days to {year.window.end}")
    answered = isinstance(found, LaggedEstimate)
    return Finding(
        id=f"sources-active-{year.window.end.year}",
        question=_Q,
        statement=f"About {{value}} sources were active at a time in {long_label(year.window)} ({{interval}}), by how "
        "soon an address comes back and how soon it stops to.",
        value=found.n_active if isinstance(found, LaggedEstimate) else None,
        unit="sources",
        interval=found.interval if isinstance(found, LaggedEstimate) else None,
        estimand=f"sources active at a time, {what.window} - {what.counts}; not the number of offenders or children",
        contributors=year.again,
        assumptions=found.assumptions if isinstance(found, LaggedEstimate) else (),
        cautions=found.cautions if isinstance(found, LaggedEstimate) else (),
        refusal=None if answered else _refusal(found),
        source_digests=digests,
    )


def _refusal(found: object) -> Refusal:
    if isinstance(found, NotEstimable):
        return Refusal(found.reason, found.explanation)
    return Refusal(Reason.NO_DATA, "The study does not ask for it.")


_FAILURES: Mapping[tuple[str, str], str] = {
    (
        "dependence",
        "earlier",
    ): "in {first} being seen in one half of the year made an address {value} times likelier "
    "to be seen in the other, and did not in {last}",
    (
        "dependence",
        "later",
    ): "in {last} being seen in one half of the year made an address {value} times less likely "
    "to be seen in the other, and did not in {first}",
    ("dependence", "both"): "being seen in one half of the year made an address {value} times likelier to be seen in "
    "the other in {first}, and as many times less likely in {last}",
    ("churn", "later"): "{value} of the addresses in use in {last} had been replaced between its two halves, and none "
    "in {first}",
    ("churn", "earlier"): "{value} of the addresses in use in {first} had been replaced between its two halves, and "
    "none in {last}",
    ("missed-links", "later"): "{value} of the addresses seen in both halves of {last} had not been recognised as the "
    "same, and all had in {first}",
    ("missed-links", "earlier"): "{value} of the addresses seen in both halves of {first} had not been recognised as "
    "the same, and all had in {last}",
    ("false-links", "earlier"): "{value} of the addresses seen in one half of {first} alone had falsely been taken for "
    "ones seen in the other half, and none in {last}",
    ("false-links", "later"): "{value} of the addresses seen in one half of {last} alone had falsely been taken for "
    "ones seen in the other half, and none in {first}",
    ("one-inflation", "later"): "{value} of the addresses seen only once in {last} were spurious or never used again, "
    "and none in {first}",
    ("one-inflation", "earlier"): "{value} of the addresses seen only once in {first} were spurious or never used "
    "again, and none in {last}",
    ("sharing", "earlier"): "{value} times as many sources had stood behind one address in {first} as in {last}, "
    "counting sources",
    (
        "sharing",
        "later",
    ): "{value} times as many sources had stood behind one address in {last} as in {first}, counting sources",
}

_CLAIM_GONE = {
    "rose": "The rise from {first} to {last} would vanish if ",
    "fell": "The fall from {first} to {last} would vanish if ",
    "doubled": "The number would not have doubled from {first} to {last} if ",
}


def _overturned(claim: Overturned, options: PrevalenceOptions, digests: tuple[str, ...]) -> list[Finding]:
    """Put every failure that would overturn a claim in a sentence; what no amount overturns stands in the table."""
    years = {"first": str(claim.first.window.end.year), "last": str(claim.last.window.end.year)}
    found = []
    for r in claim.rows:
        words = _FAILURES.get((r.assumption, r.place))
        if r.strength is None or words is None:
            continue
        statement = _CLAIM_GONE[claim.claim].format(**years) + words.format(value="{value}", **years) + "."
        found.append(
            Finding(
                id=f"overturned-{claim.claim}-{r.assumption}-{r.place}",
                question=_Q,
                statement=statement,
                value=float(r.strength),
                unit="ratio" if r.scale == "times" else "share",
                estimand=f"smallest failure of one assumption at which the claim about estimated {options.demonym} "
                "addresses in use falls, all others holding",
                contributors=claim.again,
                source_digests=digests,
            )
        )
    return found


def _change(change: YearChange, digests: tuple[str, ...]) -> Finding:
    first, last = change.first.end.year, change.last.end.year
    found = change.found
    what = "change of the number of sources behind the addresses, apart from reporting, services and address churn"
    statement, value, interval, refusal = "", None, None, None
    if isinstance(found, NotEstimable):
        refusal = Refusal(found.reason, found.explanation)
    elif found.verdict == "cannot-tell":
        words = f"Between {first} and {last} more crime and more reporting cannot be told apart."
        refusal = Refusal(Reason.NOT_IDENTIFIED, words if change.sized else f"{words} {_NOT_SIZED}")
    else:
        part = found.part("sources")
        interval = Interval(part.lower, part.upper, found.level, "bounds")
        value = part.lower if found.verdict == "rose" else part.upper
        ends = "at least {value} and at most {upper}" if found.verdict == "rose" else "between {lower} and {value}"
        statement = (
            f"From {first} to {last} the number of sources itself {found.verdict}: to {ends} times what it was. More "
            "reporting and more services do not explain it."
        )
    return Finding(
        id=f"change-{first}-{last}", question=_Q, statement=statement, value=value, unit="ratio", estimand=what,
        refusal=refusal, interval=interval, contributors=change.again, source_digests=digests,
        assumptions=_CHANGE_ASSUMPTIONS if value is not None else (),
    )  # fmt: skip


_NOT_SIZED = (
    "The number of sightings is the number of sources times how often each is reported; without a number of sources "
    "for both years any split fits."
)


_CHANGE_ASSUMPTIONS = (
    "Change: no new group of sources became visible to services that could not have been reported before, and how "
    "unequally active sources are did not change.",
)


def _agreement(evidence: TrustEvidence, options: PrevalenceOptions, digests: tuple[str, ...]) -> tuple[Finding, ...]:
    found = evidence.agreement
    results = [a.result for a in found.estimates] if found is not None else []
    totals = sorted(r.n_total for r in results if isinstance(r, PopulationEstimate))
    if found is None or len(totals) < 4:
        return ()
    year = evidence.years[-1]
    again = evidence.estimates[year.window].recaptures
    quarter = len(totals) // 4
    low, high = totals[quarter], totals[-1 - quarter]
    what = f"estimates of {options.demonym} addresses in use in {long_label(year.window)} by methods that assume "
    what += "different things"
    return (
        Finding(
            id="agreement-low", question=_Q, value=low, unit="addresses", estimand=what,
            statement=f"Of the estimates of all methods for {long_label(year.window)}, the middle half lie between "
            "{value} and {value:agreement-high}.",
            contributors=again, source_digests=digests,
        ),
        Finding(
            id="agreement-high", question=_Q, value=high, unit="addresses", estimand=what,
            statement="A quarter of the methods say more than {value}.", contributors=again, source_digests=digests,
        ),
        Finding(
            id="agreement-all", question=_Q, value=totals[-1] / totals[0], unit="ratio", estimand=what,
            statement="The highest estimate is {value} times the lowest: a method that does not suit the data can say "
            "almost anything.",
            contributors=again, source_digests=digests,
        ),
    )  # fmt: skip
