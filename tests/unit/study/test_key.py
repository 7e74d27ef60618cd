"""The key of pseudonyms never lies beside the data."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from darkfigure.errors import IntakeError, StudyError
from darkfigure.study.key import study_key
from darkfigure.study.spec import StudySpec

FACE = {"id": "s", "title": "S", "period_start": "2010-01-01", "period_end": "2011-01-01", "date": "2026-01-01"}
SOURCE = ({"name": "a", "kind": "capture-table", "path": "a.csv"},)


def spec(**changes: object) -> StudySpec:
    return StudySpec.model_validate({"study": {**FACE, **changes}, "source": SOURCE})


def test_a_key_is_made_once_with_private_permissions(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "s.key"
    first = study_key(spec(), folder=tmp_path / "study", key_file=path)
    assert len(first) == 32 and study_key(spec(), folder=tmp_path / "study", key_file=path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_users_folder_is_the_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("DARKFIGURE_KEY_FILE", raising=False)
    study_key(spec(), folder=tmp_path / "study", key_file=None)
    assert (tmp_path / "config" / "darkfigure" / "s.key").exists()


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "elsewhere.key"
    path.write_text("ab" * 32, encoding="ascii")
    path.chmod(0o600)
    monkeypatch.setenv("DARKFIGURE_KEY_FILE", str(path))
    assert study_key(spec(), folder=tmp_path / "study", key_file=None) == bytes.fromhex("ab" * 32)


def test_a_key_inside_the_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="E-STUDY-04"):
        study_key(spec(), folder=tmp_path, key_file=tmp_path / "work" / "k.key")


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 4])
def test_a_file_without_a_key_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.key"
    path.write_text(content, encoding="ascii")
    path.chmod(0o600)
    with pytest.raises(IntakeError, match="E-INTAKE-10") as caught:
        study_key(spec(), folder=tmp_path / "study", key_file=path)
    assert not content or content not in str(caught.value)


def test_synthetic_studies_differ_and_need_no_file(tmp_path: Path) -> None:
    keys = {study_key(spec(synthetic=True, id=name), folder=tmp_path, key_file=None) for name in ("a", "b")}
    assert len(keys) == 2 and not list(tmp_path.iterdir())


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open.key"
    path.write_text("ab" * 32, encoding="ascii")
    path.chmod(0o644)
    with pytest.raises(IntakeError, match="E-INTAKE-11"):
        study_key(spec(), folder=tmp_path / "study", key_file=path)
