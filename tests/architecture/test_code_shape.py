"""The code keeps its shape: sizes, names, documentation, and who may read what."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "darkfigure"
MODULES = sorted(SOURCE.rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "misc", "util", "helper"}


def _id(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    doc = ast.get_docstring(node, clean=False)
    return (node.end_lineno or node.lineno) - node.lineno - (doc.count("\n") + 1 if doc else 0)


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_module_is_of_readable_size(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 600
    assert path.stem not in BANNED_NAMES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert _body_lines(node) <= 80, f"{_id(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=_id)
def test_public_names_are_documented_in_numpy_style(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "module docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            doc = ast.get_docstring(node)
            assert doc, f"{node.name} has no docstring"
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                assert node.returns is not None and all(a.annotation for a in arguments), (
                    f"{node.name} is not annotated"
                )
                raised = {
                    leaf.exc.args[0].value
                    for leaf in ast.walk(node)
                    if isinstance(leaf, ast.Raise)
                    and isinstance(leaf.exc, ast.Call)
                    and leaf.exc.args
                    and isinstance(leaf.exc.args[0], ast.Constant)
                    and str(leaf.exc.args[0].value).startswith("E-")
                }
                for code in raised:
                    assert str(code) in doc, f"{node.name} raises {code} without saying so"


def test_init_files_only_hand_names_on() -> None:
    for path in SOURCE.rglob("__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
        assert all(isinstance(node, allowed) for node in tree.body), _id(path)


def test_only_the_worlds_and_the_comparison_read_the_published_figures() -> None:
    readers = {_id(p) for p in MODULES if "published-figures" in p.read_text(encoding="utf-8")}
    assert readers, "somebody must read them"
    assert all(r.startswith("synth/") or r in ("study/replication.py",) for r in readers), readers


def test_no_published_result_is_typed_into_the_analysis() -> None:
    """Figures that only a computation may give do not stand as literals where results are made."""
    results = {"125032", "193405", "23333", "81723", "381", "285", "313", "3225", "1649", "819"}
    for folder in (
        "intake",
        "linkage",
        "histories",
        "estimate",
        "prevalence",
        "nature",
        "hotspots",
        "practice",
        "classify",
    ):
        for path in (SOURCE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                    assert str(node.value) not in results, f"{_id(path)}:{node.lineno}"


def test_no_todo_no_print_no_network() -> None:
    network = re.compile(
        r"^\s*(?:import|from)\s+(?:urllib\.request|http\.client|requests|socket|ftplib|httpx|aiohttp)\b", re.M
    )
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(?:TODO|FIXME|XXX)\b", text), _id(path)
        assert not network.search(text), _id(path)


def test_layers_are_what_the_architecture_says() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    order = [
        "cli", "study", "report", "disclosure", "prevalence", "estimate", "intake", "reference", "records", "errors",
    ]  # fmt: skip
    places = [text.index(f'"darkfigure.{name}') for name in order]
    assert places == sorted(places)
