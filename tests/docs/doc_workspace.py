"""A folder in which a reader follows the documentation: the repository's data, and one small demo for all."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import ROOT, Block, commands, words

from darkfigure import cli

DEMO = ["darkfigure", "demo", "--out", "demo", "--size", "small"]
SHELL = {"mkdir", "rm", "shred", "python"}
LENT = ("src", "docs", "tools")


class NetworkError(Exception):
    """Raised in place of a connection."""


def run(arguments: list[str]) -> tuple[int, str]:
    """Run a darkfigure command in this process, as the terminal would: exit code and what it printed."""
    printed = io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(printed):
        try:
            cli.main(arguments)
        except SystemExit as stop:
            code = stop.code
    return int(code) if isinstance(code, int) else 0, printed.getvalue()


def shared_demo(base: Path) -> Path:
    """The small demo, made once for all workers of a test run."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with (base / "docs-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "docs-demo.done").exists():
            with contextlib.chdir(base):
                code, printed = run([*DEMO[1:3], "docs-demo", *DEMO[4:], "--quiet"])
            assert code == 0 and printed == "docs-demo/release/report.html\n"
            (base / "docs-demo.done").touch()
    return base / "docs-demo"


def furnish(folder: Path) -> None:
    """Lend the folders of the repository that commands read, and copy the study they write to."""
    for name in LENT:
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "studies" / "kosovo" / "input", folder / "studies" / "kosovo" / "input")
    shutil.copyfile(ROOT / "studies" / "kosovo" / "study.toml", folder / "studies" / "kosovo" / "study.toml")


def refuse_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every attempt to connect fail."""

    def refused(*_: object) -> None:
        raise NetworkError

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def follow(page_blocks: list[Block], demo: Path, folder: Path) -> int:
    """Write the files a page shows and run its commands, in order; tell how many commands ran."""
    done = 0
    for block in page_blocks:
        if block.file and block.language not in ("", "sh", "python"):
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        if block.language != "sh":
            continue
        lines = commands(block.text)
        for line in lines:
            printed = _command(line, demo, folder)
            assert block.shown is None or len(lines) > 1 or printed == block.shown, line
            done += 1
    return done


def _command(line: str, demo: Path, folder: Path) -> str:
    if words(line) == DEMO:
        shutil.copytree(demo, folder / "demo")
        return "demo/release/report.html\n"
    verb, *rest = words(line)
    if verb == "darkfigure":
        code, printed = run(rest)
        assert code == 0, line
        return printed
    assert verb in SHELL, line
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    shell = subprocess.run(
        ["bash", "-euc", line], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60
    )
    assert shell.returncode == 0, shell.stderr
    return shell.stdout
