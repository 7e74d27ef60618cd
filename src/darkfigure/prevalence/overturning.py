"""How wrong would each assumption have to be for the rise to vanish?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity import BreakdownRow, Headline, fell, how_wrong, rose
from darkfigure.histories import WindowTable
from darkfigure.prevalence.columns import recaptures_in
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.records.aggregate import PopulationEstimate

DOUBLED = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overturned:
    """What would overturn one claim about the change from the first to the last year end.

    Parameters
    ----------
    claim : str
        ``"rose"``, ``"doubled"`` or ``"fell"``.
    first, last : WindowEstimates
    rows : tuple of BreakdownRow
    again : int
        Fewest addresses seen in both halves, of the two years; for protection only.
    """

    claim: str
    first: WindowEstimates
    last: WindowEstimates
    rows: tuple[BreakdownRow, ...]
    again: int


def overturned_claims(
    estimates: Sequence[WindowEstimates], tables: Sequence[WindowTable], *, level: float
) -> tuple[Overturned, ...]:
    """How wrong would each assumption have to be for the change from first to last year end to fail?

    Parameters
    ----------
    estimates : sequence of WindowEstimates
        Year ends, by end date.
    tables : sequence of WindowTable
        Of all windows.
    level : float

    Returns
    -------
    tuple of Overturned
        Nothing where an estimate of the two is refused, or the two halves share no address.
    """
    if len(estimates) < 2:
        return ()
    first, last = estimates[0], estimates[-1]
    if not isinstance(first.headline, PopulationEstimate) or not isinstance(last.headline, PopulationEstimate):
        return ()
    pair = {t.window: t.table for t in tables if t.window in (first.window, last.window)}
    early, late = pair[first.window], pair[last.window]
    names = (str(first.window.end.year), str(last.window.end.year))
    claims: list[tuple[str, Headline]] = [
        ("rose", rose(periods=names)), ("doubled", rose(by=DOUBLED, periods=names)), ("fell", fell(periods=names)),
    ]  # fmt: skip
    made = []
    for claim, headline in claims:
        try:
            rows = how_wrong((early, late), headline, level=level)
        except (EstimateError, UnanswerableError):
            # The claim is not even made by the data, or there is nothing to build it on: there is nothing to overturn.
            continue
        made.append(
            Overturned(
                claim=claim, first=first, last=last, rows=rows, again=min(recaptures_in(early), recaptures_in(late))
            )
        )
    return tuple(made)
