"""Lower bounds that units captured once cannot push up: Chao's bound moved to units captured two and three times."""

from __future__ import annotations

import math

from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError, require_overlap
from darkfigure.records.aggregate import CaptureTable, Reason


def _f(table: CaptureTable) -> tuple[int, int, float]:
    """``f_2``, ``f_3`` and ``a_0 a_3^2 / a_2^3``: 2/9 for Poisson captures, less when there are ``t`` occasions."""
    require_overlap(table)
    if max(table.frequencies) == table.n_observed:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "All units were captured equally often, so the data do not show how numbers of captures spread.",
        )
    t = table.n_occasions
    if t is not None and t < 3:
        raise UnanswerableError(
            Reason.TOO_FEW_LISTS,
            "Units captured three times are needed, so there must be three occasions or lists at least.",
            {"occasions": t, "needed": 3},
        )
    f = (*table.frequencies, 0, 0, 0)
    return f[1], f[2], 2 / 9 * (1.0 if t is None else (t - 2) ** 2 / (t * (t - 1)))


def chao_one_inflated(table: CaptureTable, level: float = 0.95) -> Fit:
    """At least how many units are there, when some can be captured only once?

    Units captured once count as seen, and say nothing about the unseen. Refuses when no unit was captured exactly three
    times; ``chao-one-inflated-bc`` does not.

    Parameters
    ----------
    table : CaptureTable
        Frequencies.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``f_0 = (2 / 9) f_2^3 / f_3^2`` (with ``t`` known occasions times ``(t - 2)^2 / (t (t - 1))``), with a
        log-normal interval.

    Notes
    -----
    ``var = f_0 + f_0^2 (9 / f_2 + 4 / f_3)``: the delta method on multinomial ``f_0, f_1, ...``, as Chao (1987) has it
    for the bound on ``f_1, f_2``.

    Source
    ------
    Boehning, Kaskasamkul and van der Heijden (2019), Metrika 82, 361, equation 11, doi 10.1007/s00184-018-0689-5.

    Examples
    --------
    >>> chao_one_inflated(CaptureTable.from_frequencies([500, 90, 30])).n_unseen
    180.0
    """
    f2, f3, constant = _f(table)
    if f3 == 0 or f2 == 0:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "This bound divides units captured twice by units captured three times; one of the two is none. The "
            "bias-corrected form (chao-one-inflated-bc) has a value.",
            {"f2": f2, "f3": f3},
        )
    unseen = constant * f2**3 / f3**2
    return _wrap(table, unseen, unseen + unseen**2 * (9 / f2 + 4 / f3), level, constant)


def chao_one_inflated_bias_corrected(table: CaptureTable, level: float = 0.95) -> Fit:
    """At least how many units are there, when some can be captured only once and few were captured three times?

    Parameters
    ----------
    table : CaptureTable
        Frequencies.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``f_0 = (2 / 9) f_2 (f_2 - 1) (f_2 - 2) / ((f_3 + 1) (f_3 + 2))`` (with ``t`` known occasions times
        ``(t - 2)^2 / (t (t - 1))``), with a log-normal interval.

    Notes
    -----
    ``var = f_0 + f_0^2 (1 + (2 f_2 + 3 f_3)^2 / ((f_2 + 1) (f_3 + 1))) / (f_2 + f_3)``; the second term tends to that
    of the plain form.

    Source
    ------
    Boehning, Kaskasamkul and van der Heijden (2019), Metrika 82, 361, equations 16 and 20,
    doi 10.1007/s00184-018-0689-5; the first term of the variance as in ``chao_one_inflated``.

    Examples
    --------
    >>> round(chao_one_inflated_bias_corrected(CaptureTable.from_frequencies([500, 90, 30])).n_unseen, 3)
    157.903
    """
    f2, f3, constant = _f(table)
    unseen = constant * f2 * (f2 - 1) * (f2 - 2) / ((f3 + 1) * (f3 + 2))
    if unseen == 0:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "This bound needs three units captured twice; there are fewer, so it says nothing.",
            {"f2": f2, "f3": f3},
        )
    spread = (1 + (2 * f2 + 3 * f3) ** 2 / ((f2 + 1) * (f3 + 1))) / (f2 + f3)
    return _wrap(table, unseen, unseen + unseen**2 * spread, level, constant)


def _wrap(table: CaptureTable, unseen: float, variance: float, level: float, constant: float) -> Fit:
    error = math.sqrt(variance)
    f = (*table.frequencies, 0, 0, 0)
    return Fit(
        n_unseen=unseen,
        standard_error=error,
        interval=log_normal_interval(table.n_observed, unseen, error, level),
        diagnostics={"f2": f[1], "f3": f[2], "constant": constant},
    )


_ASSUMPTIONS = (
    *CLOSED_ASSUMPTIONS,
    "A unit's captures do not depend on each other, given its own chance of capture, except that any number of units "
    "may be captured once and never again.",
    "Units may differ in their chance of capture: the number is a lower bound.",
)
_NEEDS = "capture frequencies f_2, f_3 (any number of occasions, known or not)"
_MISLEADS = (
    "It rests on the units captured three times, which are few: one more or less of them moves it far. If the many "
    "units captured once are no excess, it throws away most of what the record says."
)

METHODS = (
    Method(
        name="chao-one-inflated",
        question="At least how many units are there, when some can be captured only once?",
        assumptions=_ASSUMPTIONS,
        source="Boehning, Kaskasamkul and van der Heijden (2019), doi 10.1007/s00184-018-0689-5, equation 11",
        needs=_NEEDS,
        formula="N = n + (a_0 a_3^2 / a_2^3) f_2^3 / f_3^2, with a_x = 1/x! (2/9), or binomial when t is known",
        misleads=_MISLEADS,
        fit=chao_one_inflated,
    ),
    Method(
        name="chao-one-inflated-bc",
        question="At least how many units are there, when some can be captured only once and few were captured three "
        "times?",
        assumptions=_ASSUMPTIONS,
        source="Boehning, Kaskasamkul and van der Heijden (2019), doi 10.1007/s00184-018-0689-5, equations 16 and 20",
        needs=_NEEDS,
        formula="N = n + (a_0 a_3^2 / a_2^3) f_2 (f_2 - 1) (f_2 - 2) / ((f_3 + 1) (f_3 + 2))",
        misleads=_MISLEADS,
        fit=chao_one_inflated_bias_corrected,
    ),
)
