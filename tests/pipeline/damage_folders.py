"""Damages of a delivery of several files: files lost, copied, renamed, exchanged, moved, unpacked or strange."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from damage_archives import read_members
from damage_kinds import Damage


def _copy(path: Path, rng: random.Random) -> None:
    shutil.copyfile(path, path.with_name(f"reports-1999-01{path.suffix}"))


def _copy_under_any_name(path: Path, rng: random.Random) -> None:
    shutil.copyfile(path, path.with_name(f"Copy of {path.name}"))


def _rename(path: Path, rng: random.Random) -> None:
    path.rename(path.with_name(f"a{path.name}"))


def _rename_suffix(path: Path, rng: random.Random) -> None:
    path.rename(path.with_suffix(".txt"))


def _capitals(path: Path, rng: random.Random) -> None:
    path.rename(path.with_suffix(path.suffix.upper()))


def _exchange(path: Path, rng: random.Random) -> None:
    others = [p for p in sorted(path.parent.iterdir()) if p.suffix == path.suffix and p.name != "manifest.csv"]
    other = rng.choice([p for p in others if p != path])
    kept = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _into_folder(path: Path, rng: random.Random) -> None:
    folder = path.parent / "zz"
    folder.mkdir()
    path.rename(folder / path.name)


def _stray(name: str, content: bytes) -> Damage:
    def apply(path: Path, rng: random.Random) -> None:
        path.with_name(name).write_bytes(content)

    return Damage(f"a stray file {name}", apply)


def _another_kind(path: Path, rng: random.Random) -> None:
    path.with_name("zz.zip" if path.suffix == ".csv" else "zz.csv").write_bytes(path.read_bytes())


def _unpack(path: Path, rng: random.Random) -> None:
    """Unpack an archive beside itself and take it away: the same documents, loose."""
    for name, content in read_members(path):
        path.with_name(name).write_bytes(content)
    path.unlink()


def _no_note(path: Path, rng: random.Random) -> None:
    path.with_name("manifest.csv").unlink()


def _no_file_left(path: Path, rng: random.Random) -> None:
    for other in path.parent.glob("*"):
        other.unlink()


def _no_folder(path: Path, rng: random.Random) -> None:
    shutil.rmtree(path.parent)


def _file_for_folder(path: Path, rng: random.Random) -> None:
    folder = path.parent
    kept = path.read_bytes()
    shutil.rmtree(folder)
    folder.write_bytes(kept)


def _pipe(path: Path, rng: random.Random) -> None:
    """A named pipe: whoever opens it waits for ever."""
    os.mkfifo(path.with_name(f"zz{path.suffix}"))


COPIES_COUNT = ("finding address-entries-total",)
"""What counts refused entries of a copy too, and says so."""

FOLDER = (
    Damage("a file twice", _copy, same=True, but=COPIES_COUNT),
    Damage("a file twice under any name", _copy_under_any_name, same=True, but=COPIES_COUNT),
    Damage("a file renamed", _rename, same=True),
    Damage("a suffix renamed", _rename_suffix),
    Damage("a suffix in capitals", _capitals, same=True),
    Damage("two files exchanged", _exchange, same=True),
    Damage("a file in a folder", _into_folder, same=True),
    Damage("a file of another kind", _another_kind),
    Damage("no delivery note", _no_note, same=True),
    Damage("an empty folder", _no_file_left),
    Damage("no folder", _no_folder),
    Damage("a file for the folder", _file_for_folder),
    Damage("a named pipe", _pipe),
    _stray(".DS_Store", b"\0\0\0\1Bud1"),
    _stray("readme.md", b"zz"),
    _stray("reports-1999-02.csv", b"report_id\n1\n"),
    _stray("reports-1999-03.zip", b"PK\5\6" + b"\0" * 18),
)
"""Damages of the folder that the damaged file lies in."""

UNPACKED = Damage("an archive unpacked", _unpack, same=True)
