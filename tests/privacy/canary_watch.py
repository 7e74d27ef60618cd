"""A command run in a process of its own and in watched folders: what it printed, opened, asked and left behind."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOOK = """
import os, sys

_log = os.open(os.environ["CANARY_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
_writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


def _hook(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & _writing:
        path = os.fsdecode(args[0]) if not isinstance(args[0], int) else f"descriptor {args[0]}"
        os.write(_log, f"write\\t{os.path.abspath(path)}\\n".encode())
    elif event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        os.write(_log, f"network\\t{event}\\n".encode())
    elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        os.write(_log, f"program\\t{args[0]}\\n".encode())


sys.addaudithook(_hook)
"""
FOLDERS = {
    "HOME": "home",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "TMPDIR": "temp",
    "MPLCONFIGDIR": "matplotlib",
}


@dataclass(frozen=True)
class Watched:
    """What one command did."""

    code: int
    out: bytes
    err: bytes
    root: Path
    written: tuple[str, ...]
    network: tuple[str, ...]
    programs: tuple[str, ...]


def watch(root: Path, *words: object, variables: dict[str, str] | None = None) -> Watched:
    """Run ``darkfigure`` with every folder it could write to below ``root``, and listen.

    Parameters
    ----------
    root : Path
        Made anew; holds one folder for each of ``FOLDERS`` and ``here``, where the command is run.
    words : object
        Words of the command.
    variables : dict, optional
        More variables of the environment.
    """
    hook = root.with_name(f"{root.name}-hook")
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    log = hook / "log"
    folders = {name: root / folder for name, folder in FOLDERS.items()}
    for folder in (*folders.values(), root / "here"):
        folder.mkdir(parents=True)
    environment = os.environ | {name: str(folder) for name, folder in folders.items()} | (variables or {})
    environment |= {"PYTHONPATH": str(hook), "PYTHONDONTWRITEBYTECODE": "1", "CANARY_LOG": str(log)}
    command = [sys.executable, "-m", "darkfigure.cli", *map(str, words)]
    done = subprocess.run(command, env=environment, cwd=root / "here", capture_output=True, check=False)
    lines = [line.split("\t", 1) for line in log.read_text(encoding="utf-8", errors="surrogateescape").splitlines()]
    by_kind = {kind: tuple(what for k, what in lines if k == kind) for kind in ("write", "network", "program")}
    return Watched(
        done.returncode, done.stdout, done.stderr, root, by_kind["write"], by_kind["network"], by_kind["program"]
    )


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder, by place."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def modes(folder: Path) -> tuple[set[str], set[str]]:
    """Permissions of the folders (this one too) and of the files below a folder, in octal."""
    places = [folder, *folder.rglob("*")]
    folders, others = (
        {oct(stat.S_IMODE(path.stat().st_mode)) for path in places if path.is_dir() is wanted}
        for wanted in (True, False)
    )
    return folders, others
