"""What is a figure of the report: which tables it shows, what it says, how it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from darkfigure.disclosure.released import Release, ReleasedTable
from darkfigure.errors import StudyError
from darkfigure.report.style import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureWords:
    """Everything a figure says in words; computed from released values only.

    Parameters
    ----------
    title : str
        The message, a sentence without a full stop.
    subtitle : str
        Unit and base.
    alt : str
        The message and the main numbers, for readers who do not see the picture.
    note : str
        Caution printed under the picture; may be empty.
    """

    title: str
    subtitle: str
    alt: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSpec:
    """One figure the report can draw when its tables were released.

    Parameters
    ----------
    id : str
        File name and anchor.
    label : str
        Number of the figure in the 2020 study, such as ``"Figure 3"``; empty for the others.
    requires : tuple of str
        Ids of tables without which there is no figure.
    optional : tuple of str
        Ids of tables it shows when they are there.
    words : callable
        From a release to what the figure says.
    draw : callable
        From a release and a layout to the picture.
    """

    id: str
    label: str
    requires: tuple[str, ...]
    words: Callable[[Release], FigureWords]
    draw: Callable[[Release, Layout], Figure]
    optional: tuple[str, ...] = ()

    def applies(self, release: Release) -> bool:
        """Whether the release holds every table the figure needs, each with a row at least."""
        found = [release.table(t) for t in self.requires]
        return all(t is not None and t.rows for t in found)

    def tables(self, release: Release) -> tuple[ReleasedTable, ...]:
        """The tables printed with the figure."""
        found = (release.table(t) for t in (*self.requires, *self.optional))
        return tuple(t for t in found if t is not None)


def table_of(release: Release, table_id: str, figure: str) -> ReleasedTable:
    """Fetch a table a figure cannot do without.

    Raises
    ------
    StudyError (E-STUDY-53)
        The release does not hold it.
    """
    table = release.table(table_id)
    if table is None:
        raise StudyError(
            "E-STUDY-53",
            where=f"figure {figure}",
            problem=f"table {table_id} was not released",
            allowed="a release that holds the figure's tables",
            remedy="Draw the figure only where FigureSpec.applies says so.",
        )
    return table
