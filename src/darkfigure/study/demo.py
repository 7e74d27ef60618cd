"""The whole study on a synthetic country, for somebody who has no data yet."""

from __future__ import annotations

import shutil
import tomllib
from importlib import resources
from pathlib import Path
from typing import Literal

from darkfigure.errors import StudyError
from darkfigure.study.pipeline import run_study
from darkfigure.study.world import write_world


def run_demo(out: Path, *, size: Literal["full", "small"] = "full", seed: int = 2020, quiet: bool = False) -> Path:
    """Make the synthetic Philippine world in a folder and run the whole study on it.

    Parameters
    ----------
    out : Path
        Folder to make. A folder that holds something other than an earlier demo is left alone.
    size : {"full", "small"}
        The published size, or about a hundredth.
    seed : int
        Seed of the world.
    quiet : bool
        No progress bars.

    Returns
    -------
    Path
        ``release/report.html``.

    Raises
    ------
    StudyError (E-STUDY-11)
        The folder holds something else.
    """
    packaged = resources.files("darkfigure.study").joinpath("philippines.toml").read_text(encoding="utf-8")
    declared = out / "study.toml"
    if out.exists() and any(out.iterdir()) and not _is_demo(out):
        raise StudyError(
            "E-STUDY-11",
            where=str(out),
            problem="the folder holds something other than an earlier demo",
            allowed="an empty or new folder, or one an earlier demo made",
            remedy="Give another folder with --out.",
        )
    out.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(out / "release", ignore_errors=True)
    declared.write_text(packaged, encoding="utf-8")
    write_world(out, size=size, seed=seed, quiet=quiet)
    return run_study(out, quiet=quiet)


def _is_demo(folder: Path) -> bool:
    """Tell whether an earlier demo, of this version or another, made the folder."""
    try:
        study = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8")).get("study", {})
    except (OSError, ValueError):
        return False
    return study.get("synthetic") is True and (folder / "truth.json").exists()
