"""Small synthetic studies shared by the pipeline tests."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from darkfigure.records.aggregate import Answer, Finding, Table
from darkfigure.study.inputs import read_inputs
from darkfigure.study.key import study_key
from darkfigure.study.pipeline import _truth
from darkfigure.study.progress import silent
from darkfigure.study.questions import answer_questions
from darkfigure.study.spec import read_spec
from darkfigure.study.world import write_world

ROOT = Path(__file__).parents[2]


def make_world(folder: Path, *, seed: int = 2020) -> Path:
    """Write a small world into a folder."""
    return write_world(ROOT / "studies" / "philippines", out=folder, size="small", seed=seed, quiet=True)


def copy_world(world: Path, folder: Path) -> Path:
    """Copy raw files, decisions and truth, nothing that a run made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("input", "hand"):
        shutil.copytree(world / name, folder / name)
    for name in ("study.toml", "truth.json"):
        shutil.copyfile(world / name, folder / name)
    return folder


def answer_of(folder: Path, *, key: bytes | None = None) -> Answer:
    """Answer every question of a study folder, without writing a release."""
    spec = read_spec(folder)
    secret = key or study_key(spec, folder=folder, key_file=None)
    inputs = read_inputs(spec, folder=folder, key=secret, progress=silent)
    truth: dict[date, int] | None = _truth(spec, folder)
    return answer_questions(spec, inputs, folder=folder, truth=truth, progress=silent)


def content(item: Finding | Table) -> object:
    """What a finding or table says, without the digests of its inputs."""
    if isinstance(item, Table):
        return item
    return tuple(getattr(item, f) for f in item.__dataclass_fields__ if f != "source_digests")


def changed(before: Answer, after: Answer) -> set[str]:
    """Ids of findings and tables that differ in what they say."""
    old = {i.id: content(i) for i in (*before.findings, *before.tables)}
    new = {i.id: content(i) for i in (*after.findings, *after.tables)}
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
