"""Which words does a reader see in place of retired ones?"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term with the one to use for it.

    Parameters
    ----------
    kind : str
        ``"retired"`` for a term not to be used, ``"dated"`` for one that belongs to a time and place.
    term, preferred, note : str
        The term, the words to use, and why or where.
    """

    kind: str
    term: str
    preferred: str
    note: str


@cache
def terms() -> tuple[Term, ...]:
    """Which terms are retired or dated, and what is said in their place?

    Returns
    -------
    tuple of Term

    Notes
    -----
    After the Terminology Guidelines for the Protection of Children from Sexual Exploitation and Sexual Abuse, second
    edition (2025).

    Examples
    --------
    >>> [t.preferred for t in terms() if t.term == "OSEC"]
    ['online sexual exploitation of children']
    """
    text = (resources.files("darkfigure.reference") / "data" / "terminology.csv").read_text(encoding="utf-8")
    return tuple(Term(**row) for row in csv.DictReader(text.splitlines()))
