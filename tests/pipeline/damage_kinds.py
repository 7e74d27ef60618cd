"""What may happen to a partner's file on its way: one function a kind of damage, each drawing from a given generator.

A damage changes one file in place (or the folder it lies in). ``same`` marks those that change order or spelling and
nothing else, so that every finding must stay as it was.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARK = b"\xef\xbb\xbf"
Apply = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Damage:
    """One kind of damage: its name, what it does, and what has to come of it.

    ``same``: the findings must stay the same, ``but`` for some.
    """

    name: str
    apply: Apply
    same: bool = False
    but: tuple[str, ...] = ()


def of_bytes(name: str, change: Callable[[bytes, random.Random], bytes], *, same: bool = False) -> Damage:
    """A damage that changes the bytes of a file."""

    def apply(path: Path, rng: random.Random) -> None:
        path.write_bytes(change(path.read_bytes(), rng))

    return Damage(name, apply, same)


def of_lines(name: str, change: Callable[[list[bytes], random.Random], list[bytes]], *, same: bool = False) -> Damage:
    """A damage that changes the lines of a text file; the first is the header."""

    def apply(path: Path, rng: random.Random) -> None:
        lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
        path.write_bytes(b"\n".join(change(lines, rng)) + b"\n")

    return Damage(name, apply, same)


def _flip(data: bytes, rng: random.Random) -> bytes:
    flipped = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)


def _insert(data: bytes, rng: random.Random, what: bytes) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + what + data[place:]


def _zero_run(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data))
    return data[:place] + b"\0" * min(64, len(data) - place) + data[place + 64 :]


def _swap_blocks(data: bytes, rng: random.Random) -> bytes:
    size = max(1, min(512, len(data) // 4))
    a, b = sorted(rng.sample(range(max(2, len(data) // size)), 2))
    first, second = data[a * size : (a + 1) * size], data[b * size : (b + 1) * size]
    return data[: a * size] + second + data[(a + 1) * size : b * size] + first + data[(b + 1) * size :]


def _as_folder(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.mkdir()


def _as_link(path: Path, rng: random.Random) -> None:
    """Put a link where the file was; the file itself moves out of the study."""
    study = next(folder for folder in path.parents if (folder / "study.toml").exists())
    elsewhere = study.with_name(f"{study.name}-elsewhere")
    elsewhere.mkdir()
    shutil.move(path, elsewhere / path.name)
    path.symlink_to(elsewhere / path.name)


def _broken_link(path: Path, rng: random.Random) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


FILE = (
    Damage("delete the file", lambda path, rng: path.unlink()),
    of_bytes("empty the file", lambda data, rng: b""),
    of_bytes("cut at a random byte", lambda data, rng: data[: rng.randrange(1, len(data))]),
    of_bytes("flip bits", _flip),
    of_bytes("a run of zeros", _zero_run),
    of_bytes("lose the first bytes", lambda data, rng: data[rng.randint(1, 40) :]),
    of_bytes("junk at the end", lambda data, rng: data + bytes(rng.randrange(256) for _ in range(50))),
    of_bytes("junk within", lambda data, rng: _insert(data, rng, rng.randbytes(20))),
    of_bytes("blocks swapped", _swap_blocks),
    of_bytes("content twice", lambda data, rng: data + data),
    of_bytes("random bytes instead", lambda data, rng: rng.randbytes(len(data))),
    Damage("a folder instead", _as_folder),
    Damage("a link instead", _as_link),
    Damage("a broken link instead", _broken_link),
)
"""Damages of any file."""


def _row(lines: list[bytes], rng: random.Random) -> int:
    return rng.randrange(1, len(lines)) if len(lines) > 1 else 0


def _edit_row(name: str, edit: Callable[[bytes, random.Random], bytes]) -> Damage:
    def change(lines: list[bytes], rng: random.Random) -> list[bytes]:
        row = _row(lines, rng)
        return [*lines[:row], edit(lines[row], rng), *lines[row + 1 :]]

    return of_lines(name, change)


def _repeat_row(lines: list[bytes], rng: random.Random) -> list[bytes]:
    row = _row(lines, rng)
    return [*lines[: row + 1], *lines[row:]]


def _delete_row(lines: list[bytes], rng: random.Random) -> list[bytes]:
    row = _row(lines, rng)
    return [*lines[:row], *lines[row + 1 :]]


def _with_row(lines: list[bytes], rng: random.Random, row: bytes) -> list[bytes]:
    place = _row(lines, rng)
    return [*lines[:place], row, *lines[place:]]


def _swap_rows(lines: list[bytes], rng: random.Random) -> list[bytes]:
    changed = list(lines)
    a, b = _row(lines, rng), _row(lines, rng)
    changed[a], changed[b] = changed[b], changed[a]
    return changed


def _shuffle_rows(lines: list[bytes], rng: random.Random) -> list[bytes]:
    body = lines[1:]
    rng.shuffle(body)
    return [lines[0], *body]


ROWS = (
    of_lines("repeat a row", _repeat_row),
    of_lines("delete a row", _delete_row),
    of_lines("delete half the rows", lambda lines, rng: lines[: 1 + len(lines) // 2]),
    of_lines("swap two rows", _swap_rows, same=True),
    of_lines("shuffle the rows", _shuffle_rows, same=True),
    of_lines("header again in the middle", lambda lines, rng: _with_row(lines, rng, lines[0])),
    of_lines("a blank row", lambda lines, rng: _with_row(lines, rng, b"")),
    of_lines("rows without end", lambda lines, rng: [*lines, b"," * 200_000]),
    of_lines("header only", lambda lines, rng: lines[:1]),
    of_bytes("no line end at the end", lambda data, rng: data.removesuffix(b"\n"), same=True),
    of_bytes("line ends of Windows", lambda data, rng: data.replace(b"\n", b"\r\n"), same=True),
    of_bytes("line ends of old Macs", lambda data, rng: data.replace(b"\n", b"\r")),
    _edit_row("a NUL in a row", lambda line, rng: _insert(line + b" ", rng, b"\0")),
    _edit_row("a bare carriage return", lambda line, rng: _insert(line + b" ", rng, b"\r")),
    _edit_row("a control character", lambda line, rng: _insert(line + b" ", rng, b"\x07")),
    _edit_row("a line separator", lambda line, rng: _insert(line + b" ", rng, "\u2028".encode())),
    _edit_row("a broken row", lambda line, rng: _insert(line + b" ", rng, b"\n")),
    _edit_row("a cut row", lambda line, rng: line[: rng.randrange(len(line) + 1)]),
    _edit_row("a huge field", lambda line, rng: line + b"x" * 150_000),
    _edit_row("Latin-1 in a row", lambda line, rng: _insert(line + b" ", rng, "é".encode("latin-1"))),
    of_bytes("in UTF-16", lambda data, rng: data.decode("utf-8-sig").encode("utf-16")),
    of_bytes("in code page 850", lambda data, rng: ("é" + data.decode("utf-8-sig")).encode("cp850", "replace")),
)
"""Damages of any text file with one record a line."""


def _cells(line: bytes, delimiter: bytes) -> list[bytes]:
    return line.split(delimiter)


def csv_damages(delimiter: str = ",", *, date_column: int = 1) -> tuple[Damage, ...]:
    """Damages of a CSV file: ``delimiter`` as it uses, ``date_column`` a column that holds a date."""
    comma = delimiter.encode()

    def set_cell(name: str, value: bytes, column: int) -> Damage:
        def edit(line: bytes, rng: random.Random) -> bytes:
            cells = _cells(line, comma)
            cells[min(column, len(cells) - 1)] = value
            return comma.join(cells)

        return _edit_row(name, edit)

    def header(name: str, edit: Callable[[list[bytes], random.Random], list[bytes]]) -> Damage:
        return of_lines(
            name, lambda lines, rng: [comma.join(edit(_cells(lines[0], comma), rng)), *lines[1:]]
        )  # fmt: skip

    def swap_columns(lines: list[bytes], rng: random.Random) -> list[bytes]:
        return [comma.join(reversed(_cells(lines[0], comma))), *lines[1:]]

    return (
        of_bytes("a byte order mark", lambda data, rng: MARK + data.removeprefix(MARK), same=True),
        of_bytes("two byte order marks", lambda data, rng: MARK + MARK + data),
        _edit_row("an open quote", lambda line, rng: b'"' + line),
        _edit_row("an open quote within", lambda line, rng: _insert(line + b" ", rng, b'"')),
        _edit_row("a formula", lambda line, rng: comma.join([b"=1+1", *_cells(line, comma)[1:]])),
        _edit_row("a full-width formula", lambda line, rng: comma.join(["＝1".encode(), *_cells(line, comma)[1:]])),
        _edit_row("a cell too many", lambda line, rng: line + comma + b"1"),
        _edit_row("a cell too few", lambda line, rng: comma.join(_cells(line, comma)[:-1])),
        _edit_row("cells of spaces and tabs", lambda line, rng: line.replace(comma, b" \t" + comma + b" ")),
        of_bytes("another delimiter", lambda data, rng: data.replace(comma, b"\t")),
        of_lines("a column more", lambda lines, rng: [line + comma + b"zz%d" % i for i, line in enumerate(lines)]),
        header("a column missing", lambda cells, rng: cells[1:]),
        header("a column renamed", lambda cells, rng: [cells[0] + b" ", *cells[1:]]),
        header("a column twice", lambda cells, rng: [cells[0], cells[0], *cells[2:]]),
        header("header in capitals", lambda cells, rng: [cell.upper() for cell in cells]),
        of_lines("header reversed", swap_columns),
        of_lines("no header", lambda lines, rng: lines[1:]),
        set_cell("an empty first cell", b"", 0),
        set_cell("a day that is none", b"2016-02-30", date_column),
        set_cell("a date of another land", b"30.02.16", date_column),
        set_cell("a date without zone", b"2016-03-04 05:06:07", date_column),
        set_cell("a date far off", b"9999-12-31", date_column),
        set_cell("digits of another script", "٣٤٥".encode(), date_column),
        set_cell("a huge number", b"9" * 5_000, date_column),
        set_cell("not a number", b"NaN", date_column),
        set_cell("a negative number", b"-1", date_column),
    )
