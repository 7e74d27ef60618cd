"""The study that all damage tests start from, made once; its markers are those of the privacy tests."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "privacy"))

from canary_scan import Scanner
from damage_study import make_delivery

_MADE: dict[Path, tuple[Path, Scanner]] = {}


def made_delivery(factory: pytest.TempPathFactory) -> tuple[Path, Scanner]:
    """A small study with markers planted everywhere, and a scanner that knows them."""
    base = factory.getbasetemp()
    if base not in _MADE:
        folder = factory.mktemp("delivery") / "study"
        _MADE[base] = (folder, Scanner(make_delivery(folder).all))
    return _MADE[base]
