"""How does a drawn figure become the same bytes every time?"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_PNG_DPI = 200
_LONG_NUMBER = re.compile(r"(-?\d+\.\d\d)\d+")
_GEOMETRY = re.compile(r'(?<= )(?:d|x|y|points)="[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One rendition of a figure as files.

    Parameters
    ----------
    svg : bytes
        Vector drawing; text is drawn as outlines, so it looks the same everywhere.
    png : bytes
        The same at 200 dots an inch; empty for the phone rendition, which is only ever part of the page.
    width, height : float
        Inches.
    """

    svg: bytes
    png: bytes
    width: float
    height: float


def svg_bytes(figure: Figure, *, title: str, description: str) -> bytes:
    """Write a figure as SVG without a date, a version or needless digits.

    Parameters
    ----------
    figure : Figure
    title, description : str
        Stored inside the file for readers who meet it alone.

    Returns
    -------
    bytes
        UTF-8; the same for the same figure.
    """
    FigureCanvasSVG(figure)
    buffer = io.BytesIO()
    about = {"Title": title, "Description": description, "Date": None, "Creator": None}
    figure.savefig(buffer, format="svg", metadata=about)
    text = buffer.getvalue().decode("utf-8")
    return _GEOMETRY.sub(lambda m: _LONG_NUMBER.sub(r"\1", m.group(0)), text).encode("utf-8")


def png_bytes(figure: Figure, *, title: str, description: str) -> bytes:
    """Write a figure as PNG at 200 dots an inch, without a software stamp.

    Parameters
    ----------
    figure : Figure
    title, description : str
        Stored inside the file.

    Returns
    -------
    bytes
        The same for the same figure.
    """
    FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    about = {"Title": title, "Description": description, "Software": None}
    figure.savefig(buffer, format="png", dpi=_PNG_DPI, metadata=about)
    return buffer.getvalue()
