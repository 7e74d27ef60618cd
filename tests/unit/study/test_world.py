"""A synthetic world: same seed, same bytes; never over a real study."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from darkfigure.errors import StudyError
from darkfigure.study.world import write_world

ROOT = Path(__file__).parents[3]


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    study = ROOT / "studies" / "philippines"
    first, again, other = (
        digests(write_world(study, out=tmp_path / name, size="small", seed=seed, quiet=True))
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    assert first == again
    changed = {name for name in first.keys() & other.keys() if first[name] != other[name]}
    assert {"truth.json", "input/cases/case-review.xlsx", "hand/codes-a.csv"} <= changed


def test_a_real_study_is_never_written_over(tmp_path: Path) -> None:
    declared = (ROOT / "studies" / "kosovo" / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(declared, encoding="utf-8")
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "kosovo.csv").write_text("x")
    with pytest.raises(StudyError, match="E-STUDY-10"):
        write_world(tmp_path, size="small", quiet=True)
    assert (tmp_path / "input" / "kosovo.csv").exists()
