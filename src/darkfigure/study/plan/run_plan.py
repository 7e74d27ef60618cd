"""From a plan to its result, its registration and a page."""

from __future__ import annotations

from pathlib import Path

from darkfigure.study.manifest import write_json
from darkfigure.study.plan.plan_page import plan_page
from darkfigure.study.plan.plan_result import PlanResult, result_of
from darkfigure.study.plan.plan_spec import read_plan
from darkfigure.study.plan.preregistration import preregistration_of, preregistration_toml
from darkfigure.study.plan.runner import answers_of_plan
from darkfigure.study.plan.store import WorldStore, cannot_write
from darkfigure.study.progress import progress_bars

REGISTRATION = "preregistration.toml"


def run_plan(
    path: Path, *, out: Path | None = None, processes: int = 2, quiet: bool = False
) -> tuple[PlanResult, Path]:
    """Simulate a plan and write what came of it.

    Parameters
    ----------
    path : Path
        The plan.
    out : Path or None
        Folder for the results; beside the plan, with its name, when left out.
    processes : int
        That work at the same time; results do not depend on it.
    quiet : bool
        No progress bar.

    Returns
    -------
    tuple of (PlanResult, Path)
        The result, and the folder with ``plan-result.json``, ``plan-result.csv``, ``plan-result.html``,
        ``preregistration.toml`` and ``work/``, where finished worlds are kept.

    Raises
    ------
    StudyError (E-STUDY-70, 71, 72, 73)
        The plan is wrong; see ``read_plan``.
    StudyError (E-STUDY-74)
        The folder cannot be written to.
    """
    plan = read_plan(path)
    folder = path.with_name(f"{path.stem}-results") if out is None else out
    store = WorldStore(folder / "work", plan)
    with progress_bars(quiet) as progress:
        answers = answers_of_plan(plan, processes=processes, store=store, progress=progress)
    result = result_of(plan, answers)
    try:
        write_json(folder / "plan-result.json", result.to_json())
        (folder / "plan-result.csv").write_text(result.to_csv(), encoding="utf-8")
        (folder / "plan-result.html").write_text(plan_page(result), encoding="utf-8")
        (folder / REGISTRATION).write_text(preregistration_toml(preregistration_of(result)), encoding="utf-8")
    except OSError as error:
        raise cannot_write(folder) from error
    return result, folder
