"""The chapter on trust from end to end: evidence, tables, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkfigure.estimate.compare import Multiverse, multiverse
from darkfigure.histories import Window, WindowTable
from darkfigure.prevalence.causes import year_changes
from darkfigure.prevalence.closure import Verdict, WindowVerdict
from darkfigure.prevalence.options import PrevalenceOptions, Progress
from darkfigure.prevalence.overturning import overturned_claims
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.prevalence.trust import gather_trust
from darkfigure.prevalence.trust_findings import TrustEvidence, trust_findings
from darkfigure.prevalence.trust_tables import (
    agreement_table,
    causes_table,
    closure_table,
    counted_table,
    lag_curve_table,
    lengths_table,
    overturned_table,
    sources_table,
    verdict_table,
)
from darkfigure.prevalence.wording import CLOSURE_CAUTIONS
from darkfigure.records.aggregate import Answer, PopulationEstimate, Table
from darkfigure.records.restricted import Sightings


def trust_answer(
    sightings: Sightings,
    tables: Sequence[WindowTable],
    estimates: Sequence[WindowEstimates],
    verdicts: Mapping[Window, WindowVerdict],
    *,
    options: PrevalenceOptions,
    digests: tuple[str, ...],
    progress: Progress,
) -> Answer:
    """How far may the estimates be trusted, and what would overturn them?

    Parameters
    ----------
    sightings : Sightings
    tables : sequence of WindowTable
    estimates : sequence of WindowEstimates
    verdicts : mapping of Window to WindowVerdict
        Of every window.
    options : PrevalenceOptions
    digests : tuple of str
    progress : Progress

    Returns
    -------
    Answer
        Under the question ``trust``; what ``options.trust`` does not ask for is left out.
    """
    ends = [e for e in estimates if e.window.year_end]
    if not ends:
        return Answer()
    windows = [e.window for e in ends]
    asked = options.trust
    evidence = TrustEvidence(
        years=gather_trust(sightings, windows, verdicts, options=options, progress=progress),
        verdicts=verdicts,
        estimates={e.window: e for e in ends},
        claims=overturned_claims(ends, tables, level=options.level) if asked.overturned else (),
        changes=year_changes(sightings, windows, options=options, progress=progress) if asked.causes else (),
        agreement=_agreement(ends[-1], tables, options) if asked.agreement else None,
    )
    return Answer(trust_findings(evidence, options=options, digests=digests), _tables(evidence, options))


def verdict_cautions(verdicts: Mapping[Window, WindowVerdict]) -> dict[Window, str]:
    """Which caution travels with the estimate of each window that is not known to be closed enough?"""
    return {
        w: "C-CLOSURE-UNTESTED" if found.verdict is Verdict.CANNOT_TELL else CLOSURE_CAUTIONS[found.cause]
        for w, found in verdicts.items()
        if found.verdict is not Verdict.CLOSED
    }


def _agreement(last: WindowEstimates, tables: Sequence[WindowTable], options: PrevalenceOptions) -> Multiverse | None:
    """Every method on the last year end; where its headline is switched off no method holds."""
    table = next(t.table for t in tables if t.window == last.window)
    return multiverse(table, level=options.level) if isinstance(last.headline, PopulationEstimate) else None


def _tables(evidence: TrustEvidence, options: PrevalenceOptions) -> tuple[Table, ...]:
    years, last = evidence.years, evidence.years[-1].window
    asked = options.trust
    found = [
        counted_table(last, options.demonym),
        closure_table(years, asked.limits),
        verdict_table(evidence.verdicts),
        lag_curve_table(years),
    ]
    if asked.sources:
        found.append(sources_table(years, evidence.estimates))
    if asked.window_lengths:
        found.append(lengths_table(years))
    if evidence.claims:
        found.append(overturned_table(evidence.claims))
    if evidence.changes:
        found.append(causes_table(evidence.changes))
    if evidence.agreement is not None:
        found.append(agreement_table(evidence.agreement, last, evidence.estimates[last].recaptures))
    return tuple(found)
