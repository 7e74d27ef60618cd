"""From a release to the files a reader opens."""

from __future__ import annotations

import re
from pathlib import Path

from darkfigure.disclosure.released import Release
from darkfigure.errors import StudyError
from darkfigure.report.chapters import build_document
from darkfigure.report.html import html_page
from darkfigure.report.pdf import pdf_bytes
from darkfigure.report.registry import figure_views
from darkfigure.report.tables_csv import csv_text

_PLAIN_ID = re.compile(r"[a-z][a-z0-9.-]*")


def write_report(release: Release, folder: Path) -> None:
    """What did the study find? Writes the answer as web page, printable document, tables and pictures.

    Parameters
    ----------
    release : Release
        The only source: findings and tables that passed the protection policy.
    folder : Path
        An existing folder. Gets ``report.html``, ``report.pdf``, ``tables/*.csv``, ``figures/*.svg`` and
        ``figures/*.png``; the same release gives the same bytes.

    Raises
    ------
    StudyError (E-STUDY-50, E-STUDY-51)
        A finding's statement names a number that is not there.
    StudyError (E-STUDY-52)
        A table lacks a column that its figure needs.
    StudyError (E-STUDY-54)
        The release's date is no calendar date.
    StudyError (E-STUDY-56)
        The id of a table or finding cannot be a file name or an anchor.
    """
    _check_ids(release)
    figures = figure_views(release)
    document = build_document(release, figures)
    for name in ("tables", "figures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for table in release.tables:
        (folder / "tables" / f"{table.id}.csv").write_text(csv_text(table), encoding="utf-8", newline="")
    for figure in figures.values():
        (folder / "figures" / f"{figure.id}.svg").write_bytes(figure.wide.svg)
        (folder / "figures" / f"{figure.id}.png").write_bytes(figure.wide.png)
    (folder / "report.html").write_text(html_page(document), encoding="utf-8", newline="\n")
    (folder / "report.pdf").write_bytes(pdf_bytes(document))


def _check_ids(release: Release) -> None:
    for name in [*(t.id for t in release.tables), *(f.id for f in release.findings)]:
        if not _PLAIN_ID.fullmatch(name):
            raise StudyError(
                "E-STUDY-56",
                where="a table or finding of the release",
                problem="its id cannot be a file name and an anchor",
                allowed="lower-case letters, digits, points and hyphens, beginning with a letter",
                remedy="Rename the table or finding in the analysis that makes it.",
            )
