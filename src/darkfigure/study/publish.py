"""From answers to the release folder: what may be published, as report, findings and tables."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Mapping
from pathlib import Path

from darkfigure.disclosure import (
    Policy,
    Release,
    ReleasedFinding,
    StudyFace,
    default_policy_table,
    release,
)
from darkfigure.records.aggregate import Answer
from darkfigure.report import write_report
from darkfigure.study.manifest import digest_all, write_json, write_release_manifest
from darkfigure.study.spec import StudySpec


def make_release(answer: Answer, spec: StudySpec, *, digests: tuple[str, ...]) -> Release:
    """Apply the study's protection policy; a weaker one than the default prints what the default would withhold.

    Parameters
    ----------
    answer : Answer
    spec : StudySpec
    digests : tuple of str
        Digests of all inputs.

    Returns
    -------
    Release
    """
    policy = declared_policy(spec)
    if policy.threshold < Policy.default().threshold:
        answer = answer + Answer(tables=(default_policy_table(answer),))
    study = spec.study
    face = StudyFace(
        title=study.title,
        subtitle=study.subtitle,
        country=study.country_name or study.country,
        period=f"{study.period_start.isoformat()} to {study.period_end.isoformat()}",
        authors=study.authors,
        version=study.version,
        date=study.date.isoformat(),
        synthetic=study.synthetic,
        input_digest=digest_all(digests),
        policy=policy.in_words(),
    )
    return release(answer, policy, face)


def declared_policy(spec: StudySpec) -> Policy:
    """Policy the study declares, or the default."""
    if spec.disclosure is None:
        return Policy.default()
    declared = spec.disclosure
    return Policy(
        name=declared.name,
        threshold=declared.threshold,
        rounding_base=declared.rounding_base,
        complementary=declared.complementary,
        reason=declared.reason,
    )


def publish(
    released: Release,
    folder: Path,
    *,
    spec: StudySpec,
    digests: tuple[str, ...],
    registered: Mapping[str, object] | None = None,
) -> Path:
    """Write the release folder anew, whole or not at all.

    Parameters
    ----------
    released : Release
    folder : Path
        The study's ``release`` folder; replaced only once everything is written.
    spec : StudySpec
    digests : tuple of str
        Digests of all inputs.
    registered : mapping or None
        What was announced, and every departure from it; it goes into the manifest.

    Returns
    -------
    Path
        ``report.html``.

    Notes
    -----
    The new release is written beside the old one and the two folders change names, so that whoever stops the program,
    at whatever moment, finds a whole release: the old one, the new one, or one that ``recover_release`` brings back.
    """
    draft, retired = _beside(folder)
    recover_release(folder)
    try:
        draft.mkdir(parents=True)
        write_report(released, draft)
        write_json(draft / "findings.json", [finding_as_json(f) for f in released.findings])
        _write_suppressions(released, draft / "suppression.csv")
        write_release_manifest(draft, spec=spec, inputs=digests, registered=registered)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if folder.exists():
        folder.rename(retired)
    draft.rename(folder)
    shutil.rmtree(retired, ignore_errors=True)
    return folder / "report.html"


def recover_release(folder: Path) -> None:
    """Clear away what a stopped run left beside the release, and bring back a release it had set aside.

    Parameters
    ----------
    folder : Path
        The study's ``release`` folder.
    """
    draft, retired = _beside(folder)
    if retired.exists() and not folder.exists():
        retired.rename(folder)
    for leftover in (draft, retired):
        shutil.rmtree(leftover, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where a release is drafted, and where the last one waits while the two change names."""
    return folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")


def finding_as_json(finding: ReleasedFinding) -> dict[str, object]:
    """One released finding as ``findings.json`` holds it.

    Parameters
    ----------
    finding : ReleasedFinding

    Returns
    -------
    dict
        A withheld value is ``{"suppressed": true}``, a refusal ``{"status": "not-estimable", "reason": code}``.
    """
    value: object = finding.value
    if finding.suppressed:
        value = {"suppressed": True}
    elif finding.refusal is not None:
        value = {
            "status": "not-estimable",
            "reason": finding.refusal.reason.value,
            "explanation": finding.refusal.explanation,
        }
    interval = None
    if finding.interval is not None:
        upper = finding.interval.upper if math.isfinite(finding.interval.upper) else None
        interval = {
            "level": finding.interval.level,
            "lower": finding.interval.lower,
            "upper": upper,
            "method": finding.interval.method,
        }
    return {
        "id": finding.id,
        "question": finding.question.value,
        "value": value,
        "unit": finding.unit,
        "base": finding.base,
        "base_label": finding.base_label,
        "numerator": finding.numerator,
        "known": finding.known,
        "unknown": finding.unknown,
        "interval": interval,
        "estimand": finding.estimand,
        "assumptions": list(finding.assumptions),
        "cautions": [{"code": c.code, "text": c.text} for c in finding.cautions],
        "source_digests": list(finding.source_digests),
    }


def _write_suppressions(released: Release, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["kind", "id", "row", "column", "rule"])
        for s in released.suppressions:
            writer.writerow([s.kind, s.id, s.row, s.column, "withheld"])
