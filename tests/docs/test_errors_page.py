"""Every error code belongs to one stage, is documented, and is triggered by a test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from darkfigure import errors

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\bE-(?:RECORD|USAGE|INTAKE|LINK|HIST|EST|DISC|STUDY)-\d\d\b|\bE-INTERNAL\b")
STAGES = {
    "RecordError": "RECORD",
    "UsageError": "USAGE",
    "IntakeError": "INTAKE",
    "LinkageError": "LINK",
    "HistoriesError": "HIST",
    "EstimateError": "EST",
    "DisclosureError": "DISC",
    "StudyError": "STUDY",
}


def _texts(path: Path) -> list[str]:
    """Every piece of text in the code that is no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def _codes(folder: Path, pattern: str) -> set[str]:
    return {code for path in folder.rglob(pattern) for text in _texts(path) for code in CODE.findall(text)}


RAISED = sorted(_codes(ROOT / "src", "*.py"))
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
TESTED = _codes(ROOT / "tests", "test_*.py")


@pytest.mark.parametrize("code", RAISED)
def test_code_is_documented_with_cause_and_remedy(code: str) -> None:
    entries = re.findall(rf"^\| {code} \| (.+?) \| (.+?) \|$", PAGE, re.M)
    assert len(entries) == 1, f"docs/errors.md has {len(entries)} rows for {code}"
    assert min(len(part) for part in entries[0]) > 15


@pytest.mark.parametrize("code", RAISED)
def test_code_is_triggered_by_a_test(code: str) -> None:
    assert code in TESTED


def test_page_lists_no_code_that_is_gone() -> None:
    assert set(CODE.findall(PAGE)) <= set(RAISED)


def test_a_code_names_the_stage_of_its_error() -> None:
    made = re.compile(rf"\b({'|'.join(STAGES)})\(\s*\"E-([A-Z]+)-\d\d\"")
    pairs = {pair for path in (ROOT / "src").rglob("*.py") for pair in made.findall(path.read_text(encoding="utf-8"))}
    assert len(pairs) >= 6
    assert all(STAGES[error] == stage for error, stage in pairs)


def test_headings_state_the_exit_codes_of_the_stages() -> None:
    for name, stage in STAGES.items():
        if not any(code.startswith(f"E-{stage}-") for code in RAISED):
            continue
        rows = PAGE[: PAGE.index(f"| E-{stage}-")]
        heading = [line for line in rows.splitlines() if line.startswith("## ")][-1]
        assert heading.endswith(f"exit code {getattr(errors, name).exit_code}"), heading
