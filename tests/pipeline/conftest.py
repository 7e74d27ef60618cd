"""Damage tests plant the markers of the privacy tests, so that messages can be searched for them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "privacy"))
