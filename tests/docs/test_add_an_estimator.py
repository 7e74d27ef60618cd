"""The how-to is followed to the letter in a copy of the package, and the command answers as the page says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, blocks, words

PAGE = ROOT / "docs" / "how-to" / "add-an-estimator.md"
BLOCKS = blocks(PAGE)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the file of the page in it and its line in the registry."""
    root = tmp_path_factory.mktemp("copy")
    keep = shutil.ignore_patterns("__pycache__", "world-*", "*.parquet")
    shutil.copytree(ROOT / "src", root / "src", ignore=keep)
    (module,) = (b for b in BLOCKS if b.file.endswith(".py"))
    (folder,) = re.findall(rf"In the folder `([\w/]+)`, as `{module.file}`:", PAGE.read_text(encoding="utf-8"))
    assert not (root / folder / module.file).exists()
    (root / folder / module.file).write_text(module.text, encoding="utf-8")
    registry = root / "src/darkfigure/estimate/registry.py"
    (line,) = (b.text for b in BLOCKS if b.text.endswith("METHODS,\n"))
    name = line.strip().removesuffix(".METHODS,")
    package = ".".join(Path(folder).parts[1:])
    text = registry.read_text(encoding="utf-8")
    text = text.replace("\n_FAMILIES", f"\nfrom {package} import {name}\n\n_FAMILIES", 1)
    text, times = re.subn(r"(_FAMILIES[^=]*= \(\n)", rf"\g<1>{line}", text, count=1)
    assert times == 1
    registry.write_text(text, encoding="utf-8")
    return root


def run(copy: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    command = [sys.executable, "-m", "darkfigure.cli", *arguments]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_answers_as_the_page_says(copy: Path) -> None:
    (shown,) = (b.text for b in BLOCKS if b.text.startswith("$ darkfigure estimate"))
    command, _, printed = shown.removeprefix("$ ").partition("\n")
    assert run(copy, *words(command)[1:]) == printed


def test_the_list_of_methods_and_the_comparison_know_it(copy: Path) -> None:
    assert "ratio-of-two" in run(copy, "methods", "ratio-of-two")
    code = (
        "from darkfigure.estimate import CaptureTable\n"
        "from darkfigure.estimate.compare import multiverse\n"
        "found = multiverse(CaptureTable.from_frequencies([25, 22, 13]), ('ratio-of-two', 'zelterman'))\n"
        "print([(a.family, a.kind) for a in found.answers])"
    )
    environment = {**os.environ, "PYTHONPATH": str(copy / "src")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[('ratio-of-two', 'estimate'), ('repeated counts', 'estimate')]"


def test_the_package_itself_does_not_know_it() -> None:
    from darkfigure.estimate import REGISTRY

    assert "ratio-of-two" not in REGISTRY
