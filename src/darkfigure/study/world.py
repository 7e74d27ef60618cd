"""A synthetic world as partners would deliver it: raw files, human decisions, and the truth beside them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from darkfigure.classify import draw_sample
from darkfigure.errors import StudyError
from darkfigure.intake.report_fields import clean_text
from darkfigure.records.restricted import Flag, ReportTable, ReportText
from darkfigure.study.manifest import write_json
from darkfigure.study.progress import Progress, progress_bars
from darkfigure.study.spec import ClassificationSection, StudySpec, read_spec
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.coders import adjudicate, code_as_synthetic_coder, write_codes
from darkfigure.synth.enticement_world import simulate_enticement, write_enticement
from darkfigure.synth.kobo import write_case_review
from darkfigure.synth.practice_world import simulate_practice, write_practice
from darkfigure.synth.referral_world import simulate_referrals
from darkfigure.synth.referral_writers import write_referrals
from darkfigure.synth.report_model import SyntheticReport
from darkfigure.synth.report_process import simulate_reports
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

Size = Literal["full", "small"]
STEPS = 5


def write_world(
    study: Path, *, out: Path | None = None, size: Size = "full", seed: int | None = None, quiet: bool = False
) -> Path:
    """Write the raw files of a synthetic study, its human decisions and its truth.

    Parameters
    ----------
    study : Path
        Folder with the ``study.toml`` of a synthetic study.
    out : Path or None
        Study folder to write; ``study`` itself when left out. Its ``input`` and ``hand`` are replaced.
    size : {"full", "small"}
        The published size, or about a hundredth.
    seed : int or None
        Seed of the world; the study's own when left out. Same seed, same bytes.
    quiet : bool
        No progress bars.

    Returns
    -------
    Path
        The study folder.

    Raises
    ------
    StudyError (E-STUDY-10)
        The study does not declare itself synthetic, so its files are not ours to replace.
    """
    spec = read_spec(study)
    if not spec.study.synthetic:
        raise StudyError(
            "E-STUDY-10",
            where=str(study / "study.toml"),
            problem="the study does not declare itself synthetic",
            allowed="synthetic = true under [study]",
            remedy="Give a synthetic study; a real study's files are never replaced.",
        )
    folder = out or study
    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() != study.resolve():
        shutil.copyfile(study / "study.toml", folder / "study.toml")
    for name in ("input", "hand"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    with progress_bars(quiet) as progress:
        truth = _write_all(spec, folder, size=size, seed=spec.study.seed if seed is None else seed, progress=progress)
    write_json(folder / "truth.json", truth)
    return folder


def _write_all(spec: StudySpec, folder: Path, *, size: Size, seed: int, progress: Progress) -> dict[str, object]:
    def step(done: int) -> None:
        progress("Making the synthetic world", done, STEPS)

    step(0)
    world = simulate_reports(seed=seed, size=size)
    step(1)
    reports = folder / "input" / "reports"
    by_year = sorted(world.reports, key=lambda r: (r.received, r.report_id))
    write_report_csv([r for r in by_year if _year(r) <= 2013], reports / "2010-2013")
    write_report_json([r for r in by_year if 2014 <= _year(r) <= 2016], reports / "2014-2016")
    step(2)
    write_report_xml([r for r in by_year if _year(r) >= 2017], reports / "2017")
    step(3)
    addresses = folder / "input" / "addresses"
    addresses.mkdir(parents=True, exist_ok=True)
    (addresses / "delegated-extended.txt").write_text(world.delegations_text, encoding="utf-8", newline="\n")
    cases = simulate_case_review(seed=seed, size=size)
    write_case_review(cases, folder / "input")
    step(4)
    referrals = simulate_referrals(seed=seed, size=size)
    write_referrals(referrals, folder)
    enticement = simulate_enticement(seed=seed, size=size)
    write_enticement(enticement, folder)
    practice = simulate_practice(seed=seed, size=size)
    write_practice(practice, folder)
    if spec.classification is not None:
        _write_codes(by_year, folder, declared=spec.classification, spec=spec)
    step(STEPS)
    return {"seed": seed, "size": size, "reports": world.truth, "cases": cases.truth} | {
        "referrals": referrals.truth,
        "enticement": enticement.truth,
        "practice": practice.truth,
    }


def _year(report: SyntheticReport) -> int:
    return datetime.fromtimestamp(report.received, tz=UTC).year


def _write_codes(
    reports: list[SyntheticReport], folder: Path, *, declared: ClassificationSection, spec: StudySpec
) -> None:
    """Let two synthetic coders and an adjudicator read the sample the study will draw from these reports."""
    texts = [ReportText(i, clean_text(r.text)) for i, r in enumerate(reports) if clean_text(r.text)]
    sample = draw_sample(texts, _frame(reports), size=declared.sample_size, seed=spec.study.seed)
    read = sample.readable()
    codes = [
        code_as_synthetic_coder(read, coder=name, seed=spec.study.seed, sample_id=sample.sample_id)
        for name in ("coder-a", "coder-b")
    ]
    for rows, path in zip(codes, declared.codes, strict=True):
        write_codes(rows, folder / path)
    if declared.adjudicated:
        rows = adjudicate(read, codes[0], codes[1], coder="adjudicator", sample_id=sample.sample_id)
        write_codes(rows, folder / declared.adjudicated)


def _frame(reports: list[SyntheticReport]) -> ReportTable:
    """Make the table that intake will make of these reports, as far as drawing a sample needs it."""
    n = len(reports)
    services = tuple(sorted({r.service for r in reports}))
    code = {name: i for i, name in enumerate(services)}
    return ReportTable(
        report_key=np.zeros(n, dtype="S32"),
        received=np.array([r.received for r in reports], dtype=np.int64),
        incident=np.array([r.incident for r in reports], dtype=np.int64),
        incident_type=np.array([r.incident_type for r in reports], dtype=np.int8),
        service=np.array([code[r.service] for r in reports], dtype=np.int16),
        services=services,
        bundle_key=np.zeros(n, dtype="S32"),
        batched=np.full(n, Flag.NO, dtype=np.int8),
        escalated=np.full(n, Flag.NO, dtype=np.int8),
        has_text=np.array([bool(r.text) for r in reports], dtype=np.bool_),
        source_index=np.zeros(n, dtype=np.int16),
        sources=("synthetic",),
    )
