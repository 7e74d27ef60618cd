"""What do the report's pictures look like: colours, type and sizes, the same in every figure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

import matplotlib as mpl

INK = "#1d2a33"
"""Text and axes."""
SOFT = "#55626b"
"""Secondary text; 4.5 to 1 or more on white."""
LINE = "#b9c2c8"
"""Rules, grids and connecting lines."""
PALE = "#e9edf0"
"""Fills behind text, land on maps, unknown cells under their hatching."""
ACCENT = "#17506f"
"""The one main colour: measured quantities."""
ACCENT_PALE = "#b5d0de"
"""Bands and lesser classes of the main colour."""
CONTRAST = "#d98e2b"
"""The one contrasting colour; lighter than the accent, so that grey print keeps them apart."""
CONTRAST_TEXT = "#8a5200"
"""The contrasting colour for text."""
FAINT = "#8a959c"
"""Thin lines that stand behind others, and marks of known changes."""
HATCH = "////"
"""Unknown, always."""
HATCH_WITHHELD = "xxxx"
"""Withheld, always."""
HATCH_INK = "#7d8990"
"""Lines of a hatching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One rendition of a figure.

    Parameters
    ----------
    name : str
        ``"wide"`` for pages and screens, ``"narrow"`` for phones.
    width : float
        Inches.
    """

    name: Literal["wide", "narrow"]
    width: float

    @property
    def narrow(self) -> bool:
        """Whether the picture is drawn for a phone."""
        return self.name == "narrow"


WIDE = Layout(name="wide", width=7.2)
"""Pages and wide screens."""
NARROW = Layout(name="narrow", width=3.5)
"""Phones."""

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "hatch.color": HATCH_INK,
    "hatch.linewidth": 0.6,
    "patch.linewidth": 0.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "darkfigure",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.usetex": False,
    "text.parse_math": False,
    "path.simplify": False,
}


@contextmanager
def report_style() -> Iterator[None]:
    """Draw with the report's settings, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(cast(Any, _SETTINGS))
        yield
