"""Every line that a reader coming from R is told to write runs here and answers."""

from __future__ import annotations

import re
import sys
import types
from typing import Any

import pytest
from doc_pages import ROOT, blocks

from darkfigure.estimate import REGISTRY
from darkfigure.records.aggregate import NotEstimable

PAGE = ROOT / "docs" / "how-to" / "coming-from-r.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [
    (told.strip(), re.sub(r"\\\|", "|", code)) for told, code in re.findall(r"^\| (.+) \| `([^`]+)` \|$", TEXT, re.M)
]
PEERS = ("Rcapture", "SparseMSE", "MultipleSystemsEstimation", "dga", "LCMCR", "CARE1", "singleRcapture", "marked",
         "drpop", "verdata")  # fmt: skip


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the blocks of the page import and read."""
    module = types.ModuleType("coming_from_r")
    sys.modules[module.__name__] = module
    for block in blocks(PAGE):
        if block.language == "python":
            exec(compile(block.text.replace('Path("src', f'Path("{ROOT}/src'), str(PAGE), "exec"), vars(module))
    return vars(module)


def test_every_package_has_its_table() -> None:
    headings = " ".join(re.findall(r"^## (.+)$", TEXT, re.M))
    assert all(peer in headings for peer in PEERS)
    assert len(ROWS) > 50
    lines = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| in R", "| ---"))]
    assert len(ROWS) == len([line for line in lines if not line.startswith("| to ask")])


@pytest.mark.parametrize(("told", "code"), ROWS, ids=[code for _, code in ROWS])
def test_every_line_runs_and_answers(told: str, code: str, names: dict[str, Any]) -> None:
    result = eval(code, names)
    assert result is not None
    assert not isinstance(result, NotEstimable), (told, result.explanation if isinstance(result, NotEstimable) else "")


def test_methods_named_in_quotes_are_in_the_registry() -> None:
    asked = {m for _, code in ROWS for m in re.findall(r"(?:estimate|answer)\(\"([\w.-]+)\"", code)}
    assert len(asked) > 25
    assert asked <= set(REGISTRY)
