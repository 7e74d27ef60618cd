"""Estimators from how many units were seen once, twice and a little more: Chao's lower bounds and Zelterman's."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.closed.frequency_variance import unseen_with_variance
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError, require_overlap
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

NEEDS = "capture frequencies f_1, f_2 (any number of occasions, known or not)"
_INDEPENDENT = "A unit's captures do not depend on each other, given its own chance of capture."


def _f(table: CaptureTable) -> tuple[int, int, float]:
    """``f_1``, ``f_2`` and the factor ``A = (t - 1) / t`` (1 when the number of occasions is unknown)."""
    require_overlap(table)
    t = table.n_occasions
    if t == 1:
        raise UnanswerableError(Reason.TOO_FEW_LISTS, "One occasion shows no repeated capture; two or more are needed.")
    f = (*table.frequencies, 0, 0)
    return f[0], f[1], 1.0 if t is None else (t - 1) / t


def chao(table: CaptureTable, level: float = 0.95) -> Fit:
    """At least how many units are there, when units differ in how easily they are seen? (classic form)

    A lower bound: chances of capture that differ between units make the true number larger. Refuses when nothing was
    seen exactly twice; ``chao-bc`` does not.

    Parameters
    ----------
    table : CaptureTable
        Frequencies; with ``t`` known occasions the factor ``A = (t - 1) / t`` is applied, without it ``A = 1``.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``f_0 = A f_1^2 / (2 f_2)``, with a log-normal interval.

    Notes
    -----
    ``var = f_2 (A r^2 / 2 + A^2 r^3 + A^2 r^4 / 4)`` with ``r = f_1 / f_2``.

    Source
    ------
    Chao (1987), Biometrics 43, 783, doi 10.2307/2531532; the factor: Chao (1989), Biometrics 45, 427,
    doi 10.2307/2531487.

    Examples
    --------
    >>> round(chao(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)).n_unseen, 4)
    11.8371
    """
    f1, f2, a = _f(table)
    if f2 == 0:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "No unit was seen exactly twice, so this form of the lower bound has no finite value; the bias-corrected "
            "form (chao-bc) has.",
            {"f1": f1, "f2": f2},
        )
    r = f1 / f2
    return _wrap(table, a * f1 * r / 2, f2 * (a * r**2 / 2 + a**2 * r**3 + a**2 * r**4 / 4), level, a)


def chao_bias_corrected(table: CaptureTable, level: float = 0.95) -> Fit:
    """At least how many units are there, with the small-sample bias of Chao's bound taken out?

    Parameters
    ----------
    table : CaptureTable
        Frequencies; with ``t`` known occasions the factor ``A = (t - 1) / t`` is applied, without it ``A = 1``.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``f_0 = A f_1 (f_1 - 1) / (2 (f_2 + 1))``, with a log-normal interval.

    Notes
    -----
    ``var = A f_1 (f_1 - 1) / (2 (f_2 + 1)) + A^2 f_1 (2 f_1 - 1)^2 / (4 (f_2 + 1)^2)
    + A^2 f_1^2 f_2 (f_1 - 1)^2 / (4 (f_2 + 1)^4)``; for ``f_2 = 0`` the last term is ``-A^2 f_1^4 / (4 N)``.

    Source
    ------
    Chao (2005), Species estimation and applications, Encyclopedia of Statistical Sciences 12, 7907,
    doi 10.1002/0471667196.ess5051; variance: Chao (1987), doi 10.2307/2531532.

    Examples
    --------
    >>> round(chao_bias_corrected(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)).n_unseen, 4)
    10.8696
    """
    f1, f2, a = _f(table)
    unseen = a * f1 * (f1 - 1) / (2 * (f2 + 1))
    variance = unseen + a**2 * f1 * (2 * f1 - 1) ** 2 / (4 * (f2 + 1) ** 2)
    if f2 > 0:
        variance += a**2 * f1**2 * f2 * (f1 - 1) ** 2 / (4 * (f2 + 1) ** 4)
    elif unseen > 0:
        variance -= a**2 * f1**4 / (4 * (table.n_observed + unseen))
    return _wrap(table, unseen, max(variance, 0.0) if unseen > 0 else 0.0, level, a)


def chao_improved(table: CaptureTable, level: float = 0.95) -> Fit:
    """At least how many units are there, with units seen three and four times raising Chao's bound?

    Nearer to the truth than ``chao`` when units differ much and ``f_4`` is not tiny. Nearest alternative: ``chao-bc``.

    Parameters
    ----------
    table : CaptureTable
        Frequencies; with ``t`` known occasions (4 or more) the form for occasions, without it its limit.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``f_0 = A f_1^2 / (2 f_2) + b f_3 / f_4 max(0, f_1 - c f_2 f_3 / f_4)``, with a log-normal interval.

    Raises
    ------
    UnanswerableError
        Reason ``no-overlap`` or ``too-few-lists``.

    Notes
    -----
    With ``t`` occasions (iChao2) ``A = (t - 1) / t``, ``b = (t - 3) / (4 t)``, ``c = (t - 3) / (2 (t - 1))``; without a
    limit to the captures (iChao1 for many captures) ``A = 1, b = 1 / 4, c = 1 / 2``. For ``f_2 = 0`` the first part is
    ``A f_1 (f_1 - 1) / 2``; for ``f_4 = 0`` a 1 stands for ``f_4``. Variance: delta method.

    Source
    ------
    Chiu, Wang, Walther and Chao (2014), Biometrics 70, 671, doi 10.1111/biom.12200.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> round(chao_improved(table).n_unseen, 4), round(25**2 / 44 * 5 / 6 + 13 / 5 / 8 * (25 - 0.3 * 22 * 13 / 5), 4)
    (14.3851, 14.3851)
    """
    _, _, a = _f(table)
    t = table.n_occasions
    if t is not None and t < _FOUR:
        raise UnanswerableError(
            Reason.TOO_FEW_LISTS,
            f"Units seen four times cannot be had from {t} occasions; four or more are needed.",
            {"occasions": t, "needed": _FOUR},
        )
    b, c = (0.25, 0.5) if t is None else ((t - 3) / (4 * t), (t - 3) / (2 * (t - 1)))

    def unseen(f: NDArray[np.complex128]) -> complex:
        f1, f2, f3, f4 = (complex(x) for x in f[:4])
        first = a * f1 * f1 / (2 * f2) if f2 else a * f1 * (f1 - 1) / 2
        ratio = f3 / (f4 if f4 else 1)
        more = f1 - c * f2 * ratio
        return first + (b * ratio * more if more.real > 0 else 0)

    value, variance = unseen_with_variance(unseen, table.frequencies)
    return _wrap(table, value, variance if value > 0 else 0.0, level, a)


_FOUR = 4


def zelterman(table: CaptureTable, level: float = 0.95) -> Fit:
    """How many units, judging the unseen by those seen once or twice only?

    Robust to a few units that are seen very often; overshoots when many units are seen once because they can be seen
    only once. Nearest alternative: ``chao``.

    Parameters
    ----------
    table : CaptureTable
        Frequencies.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``N = n / (1 - exp(-2 f_2 / f_1))``, with a log-normal interval.

    Notes
    -----
    ``var = n G (1 + n G l^2 (1 / f_1 + 1 / f_2))`` with ``l = 2 f_2 / f_1`` and ``G = exp(-l) / (1 - exp(-l))^2``.

    Source
    ------
    Zelterman (1988), Journal of Statistical Planning and Inference 18, 225, doi 10.1016/0378-3758(88)90007-9;
    variance: Boehning (2008), Statistical Methodology 5, 410, doi 10.1016/j.stamet.2007.10.001.

    Examples
    --------
    >>> round(68 + zelterman(CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)).n_unseen, 3)
    82.13
    """
    f1, f2, _ = _f(table)
    if f1 == 0 or f2 == 0:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "This estimator divides units seen twice by units seen once; one of the two is none.",
            {"f1": f1, "f2": f2},
        )
    n, rate = table.n_observed, 2 * f2 / f1
    g = math.exp(-rate) / math.expm1(-rate) ** 2
    return _wrap(table, n / math.expm1(rate), n * g * (1 + n * g * rate**2 * (1 / f1 + 1 / f2)), level, 1.0)


def _wrap(table: CaptureTable, unseen: float, variance: float, level: float, factor: float) -> Fit:
    error = math.sqrt(variance)
    cautions: tuple[Caution, ...] = ()
    if unseen == 0:
        cautions = (Caution("C-NO-SINGLES", "At most one unit was seen only once, so no unseen unit is indicated."),)
    f = (*table.frequencies, 0, 0)
    return Fit(
        n_unseen=unseen,
        standard_error=error,
        interval=log_normal_interval(table.n_observed, unseen, error, level),
        diagnostics={"f1": f[0], "f2": f[1], "occasion_factor": factor},
        cautions=cautions,
    )


_LOWER = (
    *CLOSED_ASSUMPTIONS,
    _INDEPENDENT,
    "Units may differ in their chance of capture: the number is a lower bound.",
)

_LOW_AND_HIGH = (
    "It stays far below the truth when many units are nearly invisible, and lies above it when units are seen once by "
    "their nature, such as an address leased for a day, because these pile up in f_1."
)

METHODS = (
    Method(
        name="chao",
        question="At least how many units are there, when units differ in how easily they are seen?",
        assumptions=_LOWER,
        source="Chao (1987), doi 10.2307/2531532; Chao (1989), doi 10.2307/2531487",
        needs=NEEDS,
        formula="N = n + A f_1^2/(2 f_2); A = (t - 1)/t, or 1 without a limit to the captures",
        misleads=_LOW_AND_HIGH,
        fit=chao,
    ),
    Method(
        name="chao-bc",
        question="At least how many units are there, with the small-sample bias of Chao's bound taken out?",
        assumptions=_LOWER,
        source="Chao (2005), doi 10.1002/0471667196.ess5051",
        needs=NEEDS,
        formula="N = n + A f_1 (f_1 - 1)/(2 (f_2 + 1)); A = (t - 1)/t, or 1 without a limit to the captures",
        misleads=_LOW_AND_HIGH + " With f_2 = 0 it has a value that rests on units seen once alone.",
        fit=chao_bias_corrected,
    ),
    Method(
        name="chao-improved",
        question="At least how many units are there, with units seen three and four times raising Chao's bound?",
        assumptions=_LOWER,
        source="Chiu, Wang, Walther and Chao (2014), doi 10.1111/biom.12200",
        needs="capture frequencies f_1 to f_4 (four or more occasions, or no limit to the captures)",
        formula="N = n + A f_1^2/(2 f_2) + (t-3)/(4t) f_3/f_4 max(0, f_1 - (t-3)/(2(t-1)) f_2 f_3/f_4); A = (t-1)/t",
        misleads=_LOW_AND_HIGH + " A handful of units seen four times can move it much.",
        fit=chao_improved,
    ),
    Method(
        name="zelterman",
        question="How many units, judging the unseen by those seen once or twice only?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            _INDEPENDENT,
            "Units seen once or twice are like the units never seen.",
        ),
        source="Zelterman (1988), doi 10.1016/0378-3758(88)90007-9; Boehning (2008), doi 10.1016/j.stamet.2007.10.001",
        needs=NEEDS,
        formula="N = n/(1 - exp(-2 f_2/f_1))",
        misleads=(
            "It overshoots when many units are seen once because they can be seen only once, and has no term for the "
            "number of occasions, so with few of them and high chances of capture it is off in either direction."
        ),
        fit=zelterman,
    ),
)
