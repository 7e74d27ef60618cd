"""The demo never touches a folder that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.errors import StudyError
from darkfigure.study import demo
from darkfigure.study.demo import run_demo

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "write_world", lambda *a, **k: None)
    monkeypatch.setattr(demo, "run_study", lambda out, **k: out / "release" / "report.html")


def test_a_new_folder_becomes_the_philippine_study(tmp_path: Path) -> None:
    run_demo(tmp_path / "demo")
    shipped = (ROOT / "studies" / "philippines" / "study.toml").read_text(encoding="utf-8")
    assert (tmp_path / "demo" / "study.toml").read_text(encoding="utf-8") == shipped


def test_an_earlier_demo_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{}")
    (tmp_path / "study.toml").write_text("[study]\nsynthetic = true\nold_key = 1\n")
    assert run_demo(tmp_path) == tmp_path / "release" / "report.html"


@pytest.mark.parametrize("content", ["[study]\nsynthetic = false\n", "not toml [", ""])
def test_a_real_study_or_another_folder_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "study.toml").write_text(content)
    (tmp_path / "truth.json").write_text("{}")
    (tmp_path / "precious.csv").write_text("x")
    with pytest.raises(StudyError, match="E-STUDY-11"):
        run_demo(tmp_path)
    assert (tmp_path / "precious.csv").exists() and (tmp_path / "study.toml").read_text() == content
