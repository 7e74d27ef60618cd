"""Reads documentation pages: their blocks, the commands and files in them, and their links."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
_FILE = re.compile(r"`([\w./-]+)`(?: \([^)]*\))?:\s*\Z")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, its text, the file that the line before it names, and what is shown after it."""

    language: str
    text: str
    file: str
    shown: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    made = []
    for place, match in enumerate(found):
        named = _FILE.search(text[: match.start()])
        after = found[place + 1] if place + 1 < len(found) else None
        follows = after is not None and not after["language"] and not text[match.end() : after.start()].strip()
        shown = after["text"] if after and follows else None
        made.append(Block(match["language"], dedent(match["text"]), named[1] if named else "", shown))
    return made


def commands(text: str) -> list[str]:
    """Lines of a shell block that hold a command."""
    return [line for line in text.replace("\\\n", " ").splitlines() if words(line)]


def words(line: str) -> list[str]:
    """Words of a command line, without the comment after it."""
    return shlex.split(line, comments=True)


def links(page: Path) -> list[str]:
    """Relative links of a page outside its blocks."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in _LINK.findall(text) if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as code hosts make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
