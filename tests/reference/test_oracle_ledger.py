"""Every reference result is compared by a test that bears its name, or stands here with the reason why not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

READ_BY_ID = {
    "*.descriptive": ("test_rcapture_descriptive.py", 'ORACLE[f"{dataset}.descriptive"]'),
    "cbird.ci.Mh.Normal": ("test_rcapture_normal_and_behaviour.py", '"cbird.ci.Mh.Normal"'),
    "duck.ci.t.Mh.Normal": ("test_rcapture_normal_and_behaviour.py", 'ORACLE["duck.ci.t.Mh.Normal"]'),
    "*.ci.t.M*.Normal": ("test_rcapture_normal_and_behaviour.py", 'f"{dataset}.ci.t.{kind}.Normal"'),
    "*.ci.0.Mh.Normal": ("test_rcapture_normal_and_behaviour.py", 'ORACLE[f"{dataset}.ci.0.Mh.Normal"]'),
    "hare.Mtb": ("test_rcapture_normal_and_behaviour.py", 'ORACLE["hare.Mtb"]'),
    "kosovo.lcmcr.seed*": ("test_lcmcr_peers.py", 'f"kosovo.lcmcr.seed{seed}"'),
    "kosovo.lcmcr.10000": ("test_lcmcr_peers.py", 'ORACLE["kosovo.lcmcr.10000"]'),
    "dipper.js": ("test_marked.py", 'ORACLE["dipper.js"]'),
}
"""Entries whose test does not carry their id: the file, and the words with which it reads them."""

NOT_COMPARED = {
    "cbird_t0_5.ci.Mh.Normal": "a normal model of the first five numbers of captures only is not offered",
    "duck.ci.t.Mth.Normal": "the peer's coarse quadrature is far from the integral on these counts",
    "duck.ci.0.Mh.Normal": "the peer's coarse quadrature is far from the integral on these counts",
    "lesbian.closedpMS.t.Chao": "no model here joins heterogeneity with chosen dependence of lists",
    "lesbian.closedpMS.t.Darroch": "no model here joins heterogeneity with chosen dependence of lists",
    "lesbian.closedpMS.t.Poisson": "no model here joins heterogeneity with chosen dependence of lists",
    "lesbian.closedpMS.t.Gamma": "no model here joins heterogeneity with chosen dependence of lists",
    "duck.bc.Mbh": "the peer's number is negative; here the model is refused as on the boundary",
}


def usable() -> list[str]:
    found = []
    for path in sorted((HERE / "oracles").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if path.stem != "speed":
            entries = content if isinstance(content, list) else content["entries"]
            found += [entry["id"] for entry in entries if entry["status"] == "ok"]
    return found


@cache
def collected() -> tuple[str, ...]:
    """Ids of all parametrised tests of this folder, slow ones too."""
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", "-p", "no:cacheprovider", str(HERE)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    ).stdout
    return tuple(
        match[1]
        for line in told.splitlines()
        if Path(__file__).name not in line and (match := re.search(r"::\w+\[(.*)\]$", line))
    )


def bears(test: str, entry: str) -> bool:
    """Whether the id of a test names this entry and not one whose name goes on."""
    name = entry.removeprefix("netherlandsimmigrant.")
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", test) is not None


@pytest.mark.parametrize("entry", usable())
def test_entry_is_compared_or_the_reason_is_given(entry: str) -> None:
    if entry in NOT_COMPARED:
        assert len(NOT_COMPARED[entry]) > 30
        assert not any(bears(test, entry) for test in collected()), "compared after all: take it off the list"
        return
    if any(bears(test, entry) for test in collected()):
        return
    found = next((where for pattern, where in READ_BY_ID.items() if fnmatch(entry, pattern)), None)
    assert found is not None, "no test bears this name"
    file, words = found
    assert words in (HERE / file).read_text(encoding="utf-8")
