"""How is the report written as one HTML page that needs no script, no network and no other file?"""

from __future__ import annotations

import base64
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from darkfigure import __version__
from darkfigure.report.document import Document
from darkfigure.report.finding_views import counted
from darkfigure.report.numbers import grouped
from darkfigure.report.picture import Picture


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("darkfigure.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    environment.filters["grouped"] = grouped
    environment.filters["counted"] = counted
    environment.filters["capfirst"] = lambda text: text[:1].upper() + text[1:]
    return environment.get_template("report.html.j2")


def data_uri(picture: Picture) -> str:
    """Write a picture as an address that holds the picture itself.

    Parameters
    ----------
    picture : Picture

    Returns
    -------
    str
    """
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg).decode("ascii")


def html_page(document: Document) -> str:
    """Write the report as HTML.

    Parameters
    ----------
    document : Document

    Returns
    -------
    str
        A whole page: style sheet and pictures inside, a content policy that forbids everything else.
    """
    css = (resources.files("darkfigure.report") / "templates" / "report.css").read_text(encoding="utf-8")
    return _template().render(
        doc=document,
        css=css,
        software=__version__,
    )
