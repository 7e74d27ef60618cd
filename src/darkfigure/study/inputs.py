"""What did the partners deliver? Every declared source, read into the tables of the study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from darkfigure.errors import IntakeError
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.intake.case_review import read_case_review
from darkfigure.intake.multi_country import read_multi_country
from darkfigure.intake.practice_tables import read_convictions, read_interviews, read_programme, read_trainings
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.referral_decisions import read_referral_decisions
from darkfigure.intake.referral_survey import ReferralLayout, read_referrals
from darkfigure.intake.reports import ReportIntake, ReportSource, read_reports
from darkfigure.records.aggregate import CaptureTable, FileAccount, IntakeAudit
from darkfigure.records.restricted import (
    CaseReviewTable,
    MultiCountryTable,
    PracticeTable,
    Referral,
    ReferralDecision,
    ReferralTable,
)
from darkfigure.reference.delegations import Delegations, read_delegations
from darkfigure.study.manifest import digest_file
from darkfigure.study.progress import Progress
from darkfigure.study.resume import load_reading, reading_fingerprint, save_reading
from darkfigure.study.spec import SourceKind, SourceSection, StudySpec

T = TypeVar("T")
REPORT_KINDS: tuple[SourceKind, ...] = ("cybertipline-csv", "cybertipline-json", "cybertipline-xml")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StudyInputs:
    """Everything read from the partners' files; ``None`` or empty where the study declares no such source."""

    reports: ReportIntake | None
    delegations: Delegations | None
    cases: tuple[CaseReviewTable, ...]
    referrals: ReferralTable | None
    decisions: tuple[ReferralDecision, ...]
    multi_country: MultiCountryTable | None
    practice: PracticeTable | None
    capture: tuple[CaptureTable, ...]
    audit: IntakeAudit


def read_inputs(
    spec: StudySpec, *, folder: Path, key: bytes, progress: Progress, store: Path | None = None
) -> StudyInputs:
    """Read every source a study declares; a file that cannot be read does not hide the next one that cannot.

    Parameters
    ----------
    spec : StudySpec
    folder : Path
        Study folder; sources lie under its ``input``, human decisions under its ``hand``.
    key : bytes
        Secret of the pseudonyms.
    progress : Progress
    store : Path or None
        Where an earlier reading of the reports may lie; taken up when nothing it depends on has changed.

    Returns
    -------
    StudyInputs

    Raises
    ------
    IntakeError (E-INTAKE-00)
        More than one file cannot be read; each is named with its own code.
    IntakeError
        One file cannot be read.
    """
    reading = _Reading(spec=spec, folder=folder, key=key)
    progress("Reading partners' files", 0, 3)
    cases = reading.cases()
    referrals, decisions = reading.referrals()
    multi_country, practice, capture = reading.multi_country(), reading.practice(), reading.capture()
    progress("Reading partners' files", 1, 3)
    delegations = reading.delegations()
    progress("Reading partners' files", 2, 3)
    reports = reading.reports(delegations, progress, store)
    progress("Reading partners' files", 3, 3)
    reading.raise_if_any()
    return StudyInputs(
        reports=reports,
        delegations=delegations,
        cases=cases,
        referrals=referrals,
        decisions=decisions,
        multi_country=multi_country,
        practice=practice,
        capture=capture,
        audit=reading.audit,
    )


class _Reading:
    """Reads sources one by one, adding up audits and keeping file-level errors for the end."""

    def __init__(self, *, spec: StudySpec, folder: Path, key: bytes) -> None:
        self.spec = spec
        self.folder = folder
        self.key = key
        self.pseudonymiser = Pseudonymiser(key)
        self.audit = IntakeAudit()
        self.errors: list[IntakeError] = []

    def _path(self, source: SourceSection) -> Path:
        path = self.folder / "input" / source.path
        if not path.exists():
            raise IntakeError(
                "E-INTAKE-98",
                where=f"source {source.name}",
                problem="the declared file or folder does not exist",
                allowed=f"a file or folder at input/{source.path}",
                remedy="Put the partner's delivery there, or correct the path in study.toml.",
            )
        return path

    def _each(self, kind: SourceKind, reader: Callable[[SourceSection, Path], tuple[T, IntakeAudit]]) -> list[T]:
        tables: list[T] = []
        for source in self.spec.sources(kind):
            try:
                table, audit = reader(source, self._path(source))
            except IntakeError as error:
                self.errors.append(error)
                continue
            self.audit = self.audit + audit
            tables.append(table)
        return tables

    def cases(self) -> tuple[CaseReviewTable, ...]:
        return tuple(self._each("case-review", self._case_review))

    def _case_review(self, source: SourceSection, path: Path) -> tuple[CaseReviewTable, IntakeAudit]:
        form = self.folder / "input" / source.form if source.form else None
        return read_case_review(path, source=source.name, coder=source.coder, form=form)

    def referrals(self) -> tuple[ReferralTable | None, tuple[ReferralDecision, ...]]:
        if not self.spec.sources("referral-survey"):
            return None, ()
        parts = self._each("referral-survey", self._agency)
        decisions: tuple[ReferralDecision, ...] = ()
        hand = self.folder / self.spec.hotspots.decisions
        # A link that leads nowhere is a file that cannot be read, not one that was never there.
        if hand.exists() or hand.is_symlink():
            try:
                decisions, audit = read_referral_decisions(hand, source="referral-decisions")
            except IntakeError as error:
                self.errors.append(error)
            else:
                self.audit = self.audit + audit
        return ReferralTable(tuple(r for part in parts for r in part)), decisions

    def _agency(self, source: SourceSection, path: Path) -> tuple[tuple[Referral, ...], IntakeAudit]:
        if source.layout is None:
            raise IntakeError(
                "E-INTAKE-99",
                where=f"source {source.name}",
                problem="a referral survey without a [source.layout]",
                allowed="the agency's column names, date form and country form",
                remedy="Add [source.layout] below this source in study.toml.",
            )
        layout = ReferralLayout(**source.layout.model_dump())
        return read_referrals(
            path, source=source.name, agency=source.agency, layout=layout, pseudonymiser=self.pseudonymiser
        )

    def multi_country(self) -> MultiCountryTable | None:
        tables = self._each(
            "multi-country-reports",
            lambda s, p: read_multi_country(p, source=s.name, pseudonymiser=self.pseudonymiser),
        )
        return MultiCountryTable(tuple(r for t in tables for r in t.reports)) if tables else None

    def practice(self) -> PracticeTable | None:
        if not self.spec.sources("convictions", "interviews", "trainings", "programme"):
            return None
        convictions = self._each("convictions", lambda s, p: read_convictions(p, source=s.name))
        interviews = self._each(
            "interviews", lambda s, p: read_interviews(p, source=s.name, pseudonymiser=self.pseudonymiser)
        )
        trainings = self._each("trainings", lambda s, p: read_trainings(p, source=s.name))
        programme = self._each("programme", lambda s, p: read_programme(p, source=s.name))
        return PracticeTable(
            convictions=tuple(row for part in convictions for row in part),
            interviews=tuple(row for part in interviews for row in part),
            trainings=tuple(row for part in trainings for row in part),
            programme=tuple(row for part in programme for row in part),
        )

    def capture(self) -> tuple[CaptureTable, ...]:
        return tuple(self._each("capture-table", self._capture_table))

    @staticmethod
    def _capture_table(source: SourceSection, path: Path) -> tuple[CaptureTable, IntakeAudit]:
        table = read_capture_table(path, occasions=source.occasions, ordered=source.ordered, unit=source.unit)
        account = FileAccount(
            source=source.name,
            file=source.path,
            unit=source.unit,
            rows_in=table.n_observed,
            rows_accepted=table.n_observed,
            rows_refused=0,
            sha256=digest_file(path),
        )
        return table, IntakeAudit((account,))

    def delegations(self) -> Delegations | None:
        tables = self._each("address-delegations", lambda s, p: read_delegations(p, source=s.name))
        return tables[0] if tables else None

    def reports(self, delegations: Delegations | None, progress: Progress, store: Path | None) -> ReportIntake | None:
        sources = self.spec.sources(*REPORT_KINDS)
        if not sources:
            return None
        if delegations is None:
            self.errors.append(
                IntakeError(
                    "E-INTAKE-97",
                    where="study.toml",
                    problem="reports without a readable source of kind address-delegations",
                    allowed="one delegations file, which says which country an address belongs to",
                    remedy="Declare it under [[source]], or mend it.",
                )
            )
            return None
        try:
            found = [ReportSource(name=s.name, kind=s.kind, path=self._path(s)) for s in sources]  # type: ignore[arg-type]
            intake = self._read_or_take_up(found, delegations, progress, store)
        except IntakeError as error:
            self.errors.append(error)
            return None
        self.errors += [p.error() for p in intake.problems if p.severity == "refused"]
        self.audit = self.audit + intake.audit
        return intake

    def _read_or_take_up(
        self, sources: list[ReportSource], delegations: Delegations, progress: Progress, store: Path | None
    ) -> ReportIntake:
        space = self.spec.prevalence.synthetic_space
        names = [s.name for s in self.spec.sources("address-delegations")]
        digest = "".join(d for name in names for d in self.audit.digests(name))
        fingerprint = ""
        if store is not None:
            fingerprint = reading_fingerprint(sources, delegations=digest, space=space, key=self.key)
            kept = load_reading(store, fingerprint=fingerprint)
            if kept is not None:
                return kept
        intake = read_reports(
            sources,
            pseudonymiser=self.pseudonymiser,
            countries=delegations,
            synthetic_space=space or None,
            progress=progress,
        )
        if store is not None:
            save_reading(intake, store, fingerprint=fingerprint)
        return intake

    def raise_if_any(self) -> None:
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise IntakeError(
                "E-INTAKE-00",
                where=f"{len(self.errors)} sources",
                problem="; ".join(str(e).rstrip(".") for e in self.errors),
                allowed="files that can be read as a whole",
                remedy="Mend each of them as its own message says.",
            )
