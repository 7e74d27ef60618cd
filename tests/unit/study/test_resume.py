"""A resumed run gives what a whole run gives, and notices every change."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from darkfigure.study import inputs as study_inputs
from darkfigure.study.inputs import read_inputs
from darkfigure.study.progress import silent
from darkfigure.study.spec import read_spec
from darkfigure.study.world import write_world

ROOT = Path(__file__).parents[3]
KEY = b"k" * 32


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(
        ROOT / "studies" / "philippines", out=tmp_path_factory.mktemp("resume"), size="small", quiet=True
    )


@pytest.fixture
def study(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world, tmp_path / "study"))


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often the reports are really read."""
    calls: list[int] = []
    real = study_inputs.read_reports

    def counted(*args, **kwargs):
        calls.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(study_inputs, "read_reports", counted)
    return calls


def read(study: Path, *, key: bytes = KEY):
    return read_inputs(read_spec(study), folder=study, key=key, progress=silent, store=study / "work" / "reports")


def test_the_second_reading_is_taken_up_and_equal(study: Path, readings: list[int]) -> None:
    first, second = read(study), read(study)
    assert len(readings) == 1
    assert first.audit == second.audit
    assert first.reports is not None and second.reports is not None
    for name in ("address_key", "report", "time", "country"):
        assert np.array_equal(getattr(first.reports.events, name), getattr(second.reports.events, name)), name
    assert first.reports.texts == second.reports.texts


def test_a_changed_file_key_or_option_is_noticed(study: Path, readings: list[int]) -> None:
    read(study)
    read(study, key=b"j" * 32)
    assert len(readings) == 2
    path = next((study / "input" / "reports" / "2010-2013").glob("reports-*.csv"))
    path.write_bytes(path.read_bytes().replace(b"240.", b"241.", 1))
    read(study)
    declared = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(declared.replace('"240.0.0.0/4"', '"240.0.0.0/5"'), encoding="utf-8")
    read(study)
    assert len(readings) == 4


def test_a_damaged_store_is_read_anew(study: Path, readings: list[int]) -> None:
    read(study)
    path = study / "work" / "reports" / "events.npz"
    path.write_bytes(path.read_bytes()[:-40])
    read(study)
    assert len(readings) == 2
