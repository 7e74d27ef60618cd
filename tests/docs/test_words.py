"""People read respectful, agreed words; nothing that the repository holds names a machine or a registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
RETIRED = re.compile(
    r"child porn|kiddie|child prostitut|sex tourist|child sex tourism|webcam sex|underage (?:sex|girl)", re.I
)
# The reader must know the wire values it maps; the glossary names the terms it retires.
MAY_NAME_RETIRED = {
    "tests/docs/test_words.py",
    "src/darkfigure/reference/data/terminology.csv",
}
WIRE_VALUES = re.compile(r"src/darkfigure/(?:intake|synth)/|tests/(?:unit/intake|unit/synth|property|privacy)/")


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_retired_terms_stand_nowhere_a_person_reads() -> None:
    for path in _tracked():
        name = path.relative_to(ROOT).as_posix()
        if name not in MAY_NAME_RETIRED and not WIRE_VALUES.match(name):
            assert not RETIRED.search(_text(path)), name


def test_no_machine_path_and_no_index_address() -> None:
    machine = re.compile(r"(?<![\w.])/(?:work|farm|home/\w+|Users/\w+)/\w")
    for path in _tracked():
        name = path.relative_to(ROOT).as_posix()
        if name == "tests/docs/test_words.py":
            continue
        assert not machine.search(_text(path)), name
        if re.search(r"lock|requirements", path.name):
            assert not re.search(r"https?://", _text(path)), name
