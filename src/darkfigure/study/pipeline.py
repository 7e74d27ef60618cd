"""The main path: from a study folder to a report that can be published."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from darkfigure.study.inputs import read_inputs
from darkfigure.study.key import study_key
from darkfigure.study.manifest import write_stage_manifest
from darkfigure.study.plan.departures import registered_record
from darkfigure.study.plan.preregistration import declared_registration
from darkfigure.study.progress import Progress, progress_bars
from darkfigure.study.publish import make_release, publish, recover_release
from darkfigure.study.questions import answer_questions
from darkfigure.study.refusal_list import write_refused_rows
from darkfigure.study.registered_answer import registered_answer
from darkfigure.study.replication import compare_with_published, write_replication
from darkfigure.study.spec import StudySpec, read_spec

STUDY_OF_2020 = "philippines"
"""Id of the study whose published figures are compared record by record."""


def run_study(folder: Path, *, key_file: Path | None = None, resume: bool = False, quiet: bool = False) -> Path:
    """Walk a study from partners' raw files to the report.

    Parameters
    ----------
    folder : Path
        Study folder with ``study.toml``, ``input/`` and ``hand/``.
    key_file : Path or None
        Key of the pseudonyms; see ``study_key``.
    resume : bool
        Take up the last reading of the reports when nothing it depends on has changed; keep it for the next run.
    quiet : bool
        No progress bars.

    Returns
    -------
    Path
        ``release/report.html``.

    Raises
    ------
    DarkfigureError
        Of the stage that cannot go on; nothing is published then, and the last release stays.
    """
    spec = read_spec(folder)
    key = study_key(spec, folder=folder, key_file=key_file)
    with progress_bars(quiet) as progress:
        return _walk(spec, folder=folder, key=key, resume=resume, progress=progress)


def _walk(spec: StudySpec, *, folder: Path, key: bytes, resume: bool, progress: Progress) -> Path:
    recover_release(folder / "release")
    registration = declared_registration(spec, folder)
    work = folder / "work"
    work.mkdir(exist_ok=True, mode=0o700)
    work.chmod(0o700)
    store = work / "reports" if resume else None
    inputs = read_inputs(spec, folder=folder, key=key, progress=progress, store=store)
    digests = inputs.audit.digests()
    write_stage_manifest(work / "intake", spec=spec, inputs=digests)
    write_refused_rows(inputs.audit, work / "intake" / "refused-rows.csv")

    answer = answer_questions(spec, inputs, folder=folder, truth=_truth(spec, folder), progress=progress)
    write_stage_manifest(work / "questions", spec=spec, inputs=digests)

    progress("Writing the report", 0, 1)
    registered = None if registration is None else registered_record(spec, registration, inputs.capture, answer=answer)
    released = make_release(answer + registered_answer(registered), spec, digests=digests)
    compared = compare_with_published(answer) if spec.study.id == STUDY_OF_2020 else ()
    report = publish(released, folder / "release", spec=spec, digests=digests, registered=registered)
    if compared:
        write_replication(compared, folder / "restricted" / "replication.csv")
    progress("Writing the report", 1, 1)
    return report


def _truth(spec: StudySpec, folder: Path) -> dict[date, int] | None:
    """True numbers of a synthetic world, by last day of the window; a real study has none."""
    path = folder / "truth.json"
    if not spec.study.synthetic or not path.exists():
        return None
    windows = json.loads(path.read_text(encoding="utf-8"))["reports"]["windows"]
    return {date.fromisoformat(day): int(number) for day, number in windows.items()}
