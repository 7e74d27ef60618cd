"""Generated reference pages are those the code would write now."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_study_toml_page_is_current() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_reference_docs.py"))
    page = (ROOT / "docs" / "reference" / "study-toml.md").read_text(encoding="utf-8")
    assert page == tool["study_toml_page"](), "run make docs"
    assert "`window_days`" in page and "`rounding_base`" in page
