"""Peers in R are timed only where R and the package answer; a stand-in plays Rscript."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.peers import STEPWISE, beside, peer_seconds

from darkfigure.records.aggregate import CaptureTable

TABLE = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 5])


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    program = folder / "Rscript"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_peer_gets_our_table_and_its_seconds_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(
        tmp_path, monkeypatch, f'cp "$2" {tmp_path}/script.R; cp "$3" {tmp_path}/cells.csv; echo "loading"; echo 2.5'
    )
    assert peer_seconds(STEPWISE, TABLE) == 2.5
    header, *rows = (tmp_path / "cells.csv").read_text().split()
    assert (header, set(rows)) == ("list1,list2,count", {"1,0,30", "0,1,20", "1,1,5"})
    assert "library(SparseMSE)" in (tmp_path / "script.R").read_text()
    assert beside(STEPWISE, TABLE, 0.5).endswith("2.50 s CPU, 5 x ours")


@pytest.mark.parametrize("body", ["exit 3", "echo no number", "exit 0"])
def test_without_the_package_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    stand_in(tmp_path, monkeypatch, body)
    assert peer_seconds(STEPWISE, TABLE) is None
    assert beside(STEPWISE, TABLE, 0.5) == ""


def test_without_r_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert peer_seconds(STEPWISE, TABLE) is None
