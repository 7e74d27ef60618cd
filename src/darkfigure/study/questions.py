"""The study's questions, each asked with the options that ``study.toml`` declares."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from darkfigure.classify import CodeFile, analyse_text, draw_sample, read_codes, write_coder_sheet
from darkfigure.histories import WindowRules, plan_windows
from darkfigure.hotspots import (
    MultiCountryOptions,
    ReferralOptions,
    analyse_multi_country,
    analyse_referrals,
)
from darkfigure.linkage.agency_duplicates import DuplicateRules, link_referrals
from darkfigure.linkage.sightings import SelectionRules
from darkfigure.nature import NatureOptions, analyse_nature
from darkfigure.practice import PracticeOptions, analyse_practice, recommendations
from darkfigure.prevalence import PrevalenceOptions, TrustOptions, analyse_prevalence
from darkfigure.prevalence.capture_lists import ListOptions, analyse_lists
from darkfigure.prevalence.closure import ClosureLimits
from darkfigure.records.aggregate import Answer
from darkfigure.records.restricted import Role
from darkfigure.reference.denominators import delegated_denominators, philippine_address_space
from darkfigure.reference.reporting_breaks import reporting_breaks
from darkfigure.study.accounting import DeliveryDifference, analyse_accounting
from darkfigure.study.inputs import REPORT_KINDS, StudyInputs
from darkfigure.study.pair_list import write_undecided_pairs
from darkfigure.study.progress import Progress
from darkfigure.study.spec import ClassificationSection, SourceKind, StudySpec

_ROLES = {
    "reported-user": Role.REPORTED_USER,
    "recipient": Role.RECIPIENT,
    "victim": Role.VICTIM,
    "file": Role.FILE,
}


def answer_questions(
    spec: StudySpec, inputs: StudyInputs, *, folder: Path, truth: dict[date, int] | None, progress: Progress
) -> Answer:
    """Ask every question the study has data for.

    Parameters
    ----------
    spec : StudySpec
    inputs : StudyInputs
    folder : Path
        Study folder, for the coder sheet and the coders' files.
    truth : dict of date to int, or None
        In a synthetic study, the true number of addresses in use in the window that ends on a day; shown beside the
        estimates and used by none.
    progress : Progress

    Returns
    -------
    Answer
        Findings and tables of all questions, the recommendations they bear on, and the accounting of rows.
    """
    answer = Answer()
    if inputs.reports is not None:
        answer += _prevalence(spec, inputs, truth=truth, progress=progress)
        if spec.classification is not None:
            answer += _classification(spec, spec.classification, inputs, folder)
    if inputs.cases:
        answer += _nature(spec, inputs)
    if inputs.referrals is not None:
        answer += _referrals(spec, inputs, folder)
    if inputs.multi_country is not None:
        answer += analyse_multi_country(
            inputs.multi_country,
            options=MultiCountryOptions(
                period_start=spec.study.period_start,
                period_end=spec.study.period_end,
                study_country=spec.study.country,
            ),
            digests=_digests(spec, inputs, "multi-country-reports"),
        )
    if inputs.practice is not None:
        kinds: tuple[SourceKind, ...] = ("convictions", "interviews", "trainings", "programme")
        answer += analyse_practice(inputs.practice, options=PracticeOptions(), digests=_digests(spec, inputs, *kinds))
        answer += recommendations(answer.findings)
    for table in inputs.capture:
        answer += analyse_lists(
            table, options=_list_options(spec), digests=_digests(spec, inputs, "capture-table")
        )  # fmt: skip
    return answer + analyse_accounting(inputs.audit, _differences(inputs))


def _differences(inputs: StudyInputs) -> tuple[DeliveryDifference, ...]:
    problems = inputs.reports.problems if inputs.reports is not None else ()
    return tuple(
        DeliveryDifference(p.where, p.problem, p.remedy) for p in problems if p.severity == "difference"
    )  # fmt: skip


def _digests(spec: StudySpec, inputs: StudyInputs, *kinds: SourceKind) -> tuple[str, ...]:
    names = [s.name for s in spec.sources(*kinds)]
    return tuple(sorted(d for name in names for d in inputs.audit.digests(name)))


def _prevalence(spec: StudySpec, inputs: StudyInputs, *, truth: dict[date, int] | None, progress: Progress) -> Answer:
    declared, study = spec.prevalence, spec.study
    windows = WindowRules(
        period_start=study.period_start,
        period_end=study.period_end,
        window_days=declared.window_days,
        step_days=declared.step_days,
        partial_week=declared.partial_week,
        first_end=declared.first_window_end,
    )
    options = PrevalenceOptions(
        selection=SelectionRules(
            country=study.country,
            period_start=study.period_start,
            period_end=study.period_end,
            roles=tuple(_ROLES[name] for name in declared.roles),
            exclude_proxies=declared.exclude_proxies,
            collapse_bundle_hours=declared.collapse_bundle_hours,
        ),
        windows=windows,
        headline=declared.headline,
        headline_reason=declared.headline_reason,
        panel=declared.panel,
        panel_step_days=declared.panel_step_days,
        level=declared.level,
        demonym=declared.demonym,
        trust=_trust(spec),
    )
    delivered = inputs.reports
    if delivered is None or inputs.delegations is None:
        return Answer()
    denominators = delegated_denominators(
        inputs.delegations,
        country=study.country,
        declared=declared.denominator_date or study.period_end,
        window_ends=[w.end for w in plan_windows(windows)],
        source="the study's delegations file",
    )
    alternatives = philippine_address_space() if study.country == "PH" else ()
    names = {s.name for s in spec.sources(*REPORT_KINDS)}
    refused = sum(a.rows_refused for a in inputs.audit.accounts if a.source in names and a.unit == "addresses")
    return analyse_prevalence(
        delivered.reports,
        delivered.events,
        options=options,
        denominators=(*denominators, *alternatives),
        breaks=reporting_breaks(),
        entries_refused=refused,
        truth=truth,
        digests=_digests(spec, inputs, *REPORT_KINDS, "address-delegations"),
        progress=progress,
    )


def _trust(spec: StudySpec) -> TrustOptions:
    declared = spec.prevalence.trust
    limits = ClosureLimits(
        turnover=declared.turnover_limit, change=declared.change_limit, repeats=declared.repeats_limit
    )
    return TrustOptions(
        limits=limits,
        seed=spec.study.seed,
        **declared.model_dump(exclude={"turnover_limit", "change_limit", "repeats_limit"}),
    )


def _classification(spec: StudySpec, declared: ClassificationSection, inputs: StudyInputs, folder: Path) -> Answer:
    if inputs.reports is None:
        return Answer()
    reports = inputs.reports.reports
    sample = draw_sample(inputs.reports.texts, reports, size=declared.sample_size, seed=spec.study.seed)
    sheet = folder / "work" / "classify"
    sheet.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_coder_sheet(sample, sheet / "coder-sheet.csv")
    files = [folder / name for name in (*declared.codes, declared.adjudicated) if name]
    there = [path.exists() or path.is_symlink() for path in files]
    codes: list[CodeFile | None] = [
        read_codes(p) if is_there else None for p, is_there in zip(files, there, strict=True)
    ]
    first, second, third, *_ = [*codes, None, None, None]
    return analyse_text(
        sample,
        first,
        second,
        third,
        max_width=declared.max_width,
        digests=_digests(spec, inputs, *REPORT_KINDS),
    )


def _nature(spec: StudySpec, inputs: StudyInputs) -> Answer:
    first, *others = inputs.cases
    return analyse_nature(
        first,
        others[0] if others else None,
        options=NatureOptions(
            level=spec.nature.level,
            seed=spec.study.seed,
            first_year=spec.study.period_start.year,
            last_year=spec.study.period_end.year,
            age_band_floors=spec.nature.age_band_floors,
            country_minimum=spec.nature.country_minimum,
            home_country=spec.study.country,
        ),
        digests=_digests(spec, inputs, "case-review"),
    )


def _referrals(spec: StudySpec, inputs: StudyInputs, folder: Path) -> Answer:
    if inputs.referrals is None:
        return Answer()
    links = link_referrals(
        inputs.referrals, inputs.decisions, rules=DuplicateRules(max_days=spec.hotspots.duplicate_days)
    )
    write_undecided_pairs(inputs.referrals, links, folder / "work" / "linkage" / "undecided-pairs.csv")
    options = ReferralOptions(
        period_start=spec.study.period_start,
        period_end=spec.study.period_end,
        study_country=spec.study.country,
        level=spec.hotspots.level,
    )
    digests = tuple(sorted({*_digests(spec, inputs, "referral-survey"), *inputs.audit.digests("referral-decisions")}))
    return analyse_referrals(inputs.referrals, links, options=options, digests=digests)


def _list_options(spec: StudySpec) -> ListOptions:
    declared = spec.lists
    if declared is None:
        source = spec.sources("capture-table")[0]
        return ListOptions(
            panel=("Mt", "Mh-chao", "Mth-chao"),
            headline="",
            headline_reason="",
            level=0.95,
            entity=source.unit,
            estimand="",
        )
    return ListOptions(**declared.model_dump())
