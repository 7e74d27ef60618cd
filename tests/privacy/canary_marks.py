"""Marker strings that stand for what must never leave: made unique, remembered, told apart by kind."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

LETTERS = "bcdfghjklmnpqrstvwxz"
SHORTEST = 9
"""Markers shorter than this could stand in a report by chance, and are not searched for."""


@dataclass(frozen=True)
class Canary:
    """One marker: its text, what it stands for and where it was planted."""

    text: str
    kind: str
    place: str


class Marks:
    """Makes markers and remembers them.

    Made markers have no vowels and begin with ``zq``, so that no word of a report is one of them.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._known: dict[str, Canary] = {}

    @property
    def all(self) -> tuple[Canary, ...]:
        return tuple(self._known.values())

    def by_kind(self) -> Counter[str]:
        return Counter(canary.kind for canary in self.all)

    def word(self, kind: str, place: str) -> str:
        """A new word for a name, a handle, a narrative word or the like."""
        while True:
            text = "zq" + "".join(self._rng.choices(LETTERS, k=10))
            if text not in self._known:
                return self.keep(text, kind, place)

    def name(self, place: str) -> str:
        """A name of a person with letters beyond ASCII."""
        return self.keep(f"Ñ{self.word('name', place)}é", "name", place)

    def number(self, kind: str, place: str) -> str:
        """A report, bundle or case number of 17 digits, within what a report number may be."""
        while True:
            text = "7" + "".join(self._rng.choices("0123456789", k=16))
            if text not in self._known:
                return self.keep(text, kind, place)

    def digest(self, place: str) -> str:
        """Something that looks like the hash of a file."""
        return self.keep("".join(self._rng.choices("0123456789abcdef", k=32)), "file hash", place)

    def keep(self, text: str, kind: str, place: str) -> str:
        """Remember a marker that stands in the files already, such as an address."""
        if len(text) >= SHORTEST:
            self._known.setdefault(text, Canary(text, kind, place))
        return text
