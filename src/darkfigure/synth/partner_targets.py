"""Published margins that the synthetic partner files are drawn to."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Literal

Size = Literal["full", "small"]
"""``full`` has the published totals; ``small`` about a tenth of them, for tests."""


@cache
def _published() -> dict[str, object]:
    text = (resources.files("darkfigure.reference") / "data" / "published-figures.json").read_text(encoding="utf-8")
    return {record["id"]: record["value"] for record in json.loads(text)}


def target(published_id: str, *, size: Size) -> int:
    """Which count must the world hold for this published figure?

    Parameters
    ----------
    published_id : str
        Id of a published count.
    size : {"full", "small"}

    Returns
    -------
    int
        The count itself, or about a tenth of it and at least 1.

    Examples
    --------
    >>> target("fig7-mx", size="full"), target("fig7-mx", size="small"), target("fig7-kh", size="small")
    (27, 3, 1)
    """
    count = _published()[published_id]
    if not isinstance(count, int):
        raise TypeError(f"the published figure {published_id} is no count")
    return count if size == "full" else max(1, round(count / 10))
