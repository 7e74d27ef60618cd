"""What a model family hands to the front door: a fit, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Quantity, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a model says about the units nobody saw.

    Parameters
    ----------
    n_unseen : float or None
        Units no record shows, ``f_0``; ``None`` for a model that says nothing about them.
    standard_error : float or None
        Of the total.
    interval : Interval or None
        Of the total.
    deviance, aic, bic : float or None
        Fit statistics; ``None`` where the table does not hold what they need.
    df : int or None
        Cells minus parameters.
    parameters, diagnostics : mapping of str to float
        Named numbers.
    cautions : tuple of Caution
        What looked wrong.
    quantities : tuple of Quantity
        Further answers, such as a survival rate or the size at each occasion.

    Examples
    --------
    >>> Fit(n_unseen=12.0).n_unseen
    12.0
    """

    n_unseen: float | None
    standard_error: float | None = None
    interval: Interval | None = None
    deviance: float | None = None
    df: int | None = None
    aic: float | None = None
    bic: float | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    cautions: tuple[Caution, ...] = ()
    quantities: tuple[Quantity, ...] = ()


class UnanswerableError(Exception):
    """Internal signal: the data cannot answer. The front door turns it into a ``NotEstimable``, never a traceback.

    Parameters
    ----------
    reason : Reason
        The coded reason.
    explanation : str
        One or two sentences for a reader, with what would be needed. No record value.
    diagnostics : mapping of str to float
        Numbers that show the reason.

    Examples
    --------
    >>> UnanswerableError(Reason.NO_OVERLAP, "Nothing was seen twice.").reason.value
    'no-overlap'
    """

    def __init__(self, reason: Reason, explanation: str, diagnostics: Mapping[str, float] | None = None) -> None:
        self.reason = reason
        self.explanation = explanation
        self.diagnostics = {k: float(v) for k, v in (diagnostics or {}).items() if math.isfinite(v)}
        super().__init__(explanation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One estimator of the registry.

    Parameters
    ----------
    name : str
        What a caller asks for, such as ``"Mth-chao"``.
    question : str
        The question it answers, in a reader's words.
    assumptions : tuple of str
        What must hold, in plain sentences.
    source : str
        Author (year), DOI.
    needs : str
        The kind of table it takes.
    formula : str
        The estimator in the paper's symbols, plain text.
    misleads : str
        When the number is wrong although nothing looks wrong, in a reader's words.
    fit : callable
        ``fit(table, level)`` gives a ``Fit`` or raises ``UnanswerableError``.

    Examples
    --------
    >>> from darkfigure.estimate import REGISTRY
    >>> REGISTRY["chapman"].needs
    'two samples: halves of a period, or two lists'
    """

    name: str
    question: str
    assumptions: tuple[str, ...]
    source: str
    needs: str
    fit: Callable[[CaptureTable, float], Fit]
    formula: str = ""
    misleads: str = ""


CLOSED = "The population stays the same over the whole period: nobody joins or leaves."
MATCHED = "Every repeated sighting is recognised: no unit is split in two and no two units are merged."
REAL = "Every record is a true sighting of a unit of the population."
CLOSED_ASSUMPTIONS = (CLOSED, MATCHED, REAL)


def require_overlap(table: CaptureTable) -> None:
    """Refuse a table in which no unit was seen twice: it bears on no upper limit.

    Examples
    --------
    >>> require_overlap(CaptureTable.from_frequencies([5, 1]))
    """
    if table.n_captures == table.n_observed:
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "No unit was seen more than once, so the data set no upper limit to how many were missed. "
            "A longer period, or lists that share some units, would be needed.",
            {"n_observed": table.n_observed},
        )


def require_occasions(table: CaptureTable, at_least: int) -> int:
    """Occasions ``t`` of a table; refuses an unknown or too small number."""
    t = table.n_occasions
    if t is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model needs to know how many occasions or lists there were; the table has no upper limit to the "
            "number of captures.",
        )
    if t < at_least:
        raise UnanswerableError(
            Reason.TOO_FEW_LISTS,
            f"This model has more unknowns than {t} occasions or lists can settle; it needs at least {at_least}.",
            {"occasions": t, "needed": at_least},
        )
    return t
