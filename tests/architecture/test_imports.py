"""The package starts quickly and quietly."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "scipy", "matplotlib", "pydantic", "openpyxl", "lxml", "typst", "jinja2")


def _run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_command_line_imports_nothing_heavy() -> None:
    code = f"import sys, darkfigure.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert _run(code).strip() == "[]"


def test_estimators_stand_alone() -> None:
    code = "import sys, darkfigure.estimate; print(sorted(m for m in sys.modules if m.startswith('darkfigure.')))"
    loaded = _run(code)
    for stage in (
        "intake",
        "linkage",
        "histories",
        "study",
        "report",
        "disclosure",
        "synth",
        "reference",
        "restricted",
    ):
        assert f"darkfigure.{stage}" not in loaded and f".{stage}'" not in loaded, stage


def test_import_has_no_side_effect_on_logging_or_warnings() -> None:
    code = (
        "import logging, warnings, numpy, scipy.optimize; a = (list(logging.root.handlers), list(warnings.filters)); "
        "import darkfigure, darkfigure.estimate; "
        "print(a == (list(logging.root.handlers), list(warnings.filters)))"
    )
    assert _run(code).strip() == "True"
