"""Every example of the package and every Python block of the documentation runs and prints what it shows."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import pkgutil
import sys
import types
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, blocks

import darkfigure

MODULES = sorted(m.name for m in pkgutil.walk_packages(darkfigure.__path__, "darkfigure."))
WITH_PYTHON = [page for page in PAGES if any(b.language == "python" for b in blocks(page))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_module(name: str) -> None:
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0, told.getvalue()


def test_modules_have_examples_at_all() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [t for name in MODULES for t in finder.find(importlib.import_module(name)) if t.examples]
    assert len(found) > 100


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_python_of_page(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a block prints stands below it: in a plain block, or as the comments that end it."""
    monkeypatch.chdir(ROOT)
    module = types.ModuleType("documented_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = vars(module)
    for block in blocks(page):
        if block.language != "python":
            continue
        if ">>>" in block.text:
            test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), 0)
            assert doctest.DocTestRunner().run(test).failed == 0
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block.text, str(page), "exec"), names)
        assert printed.getvalue() == (_comments(block.text) if block.shown is None else block.shown)


def _comments(text: str) -> str:
    """The comment lines that end a block, as the output they stand for."""
    lines = text.splitlines()
    last = next((i for i in range(len(lines), 0, -1) if not lines[i - 1].startswith("#")), 0)
    return "".join(line.removeprefix("# ") + "\n" for line in lines[last:])
