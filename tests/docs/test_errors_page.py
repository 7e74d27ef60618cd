"""Every error code is unique in meaning, documented, and triggered by a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\bE-(?:RECORD|USAGE|INTAKE|LINK|HIST|EST|DISC|STUDY)-\d\d\b|\bE-INTERNAL\b")


def _codes(folder: Path, pattern: str) -> set[str]:
    return {c for p in folder.rglob(pattern) for c in CODE.findall(p.read_text(encoding="utf-8"))}


RAISED = sorted(_codes(ROOT / "src", "*.py"))
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") if (ROOT / "docs" / "errors.md").exists() else ""
TESTED = _codes(ROOT / "tests", "test_*.py")


@pytest.mark.parametrize("code", RAISED)
def test_code_is_documented_with_cause_and_remedy(code: str) -> None:
    entry = re.search(rf"^\| {code} \| (.+?) \| (.+?) \|$", PAGE, re.M)
    assert entry, f"docs/errors.md has no row for {code}"
    assert len(entry.group(1)) > 15 and len(entry.group(2)) > 15


@pytest.mark.parametrize("code", RAISED)
def test_code_is_triggered_by_a_test(code: str) -> None:
    assert code in TESTED


def test_page_lists_no_code_that_is_gone() -> None:
    assert set(CODE.findall(PAGE)) <= set(RAISED)
