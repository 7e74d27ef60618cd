"""Sample coverage from capture frequencies alone: Chao and Lee's estimator, and ACE for rarely seen units."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.closed.frequency_variance import unseen_with_variance
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError, require_overlap
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

RARE = 10
"""ACE counts a unit as rarely seen up to this many captures."""
NEEDS = "capture frequencies f_1, f_2, ... (any number of occasions, known or not)"
_Complex = NDArray[np.complex128]


def chao_lee(table: CaptureTable, level: float = 0.95) -> Fit:
    """How many units, judging by the share of all chances of capture that the units seen make up?

    Parameters
    ----------
    table : CaptureTable
        Frequencies; the number of occasions ``t`` may be known or not.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``N = n / C + f_1 g^2 / C``; diagnostics: ``coverage`` and ``cv`` (of the chances of capture, ``g``).

    Raises
    ------
    UnanswerableError
        Reason ``no-overlap`` or ``too-few-lists``.

    Notes
    -----
    ``S = sum j f_j``. Without a limit to the captures (Chao and Lee): ``C = 1 - f_1 / S``,
    ``g^2 = max(0, n / C sum j (j - 1) f_j / (S (S - 1)) - 1)``. With ``t`` occasions ``C = 1 - f_1 / S q`` with
    ``q = (t - 1) f_1 / ((t - 1) f_1 + 2 f_2)``, which is exact when all units are alike, and
    ``g^2 = max(0, n / C t sum j (j - 1) f_j / ((t - 1) S^2) - 1)``. Variance: delta method.

    Source
    ------
    Chao and Lee (1992), JASA 87, 210, doi 10.1080/01621459.1992.10475194; with occasions: Lee and Chao (1994),
    Biometrics 50, 88, doi 10.2307/2533199; that coverage: Chao and Jost (2012), Ecology 93, 2533,
    doi 10.1890/11-1952.1.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([142, 81, 49, 7, 3, 1], n_occasions=10)
    >>> fit = chao_lee(table)
    >>> round(fit.diagnostics["coverage"], 3), round(283 + fit.n_unseen)
    (0.748, 390)
    """
    t = _checked(table)

    def unseen(f: _Complex) -> complex:
        n, coverage, spread = _parts(f, t)
        return complex((n + f[0] * spread) / coverage - n)

    return _wrapped(table, level, unseen, rare=len(table.frequencies), t=t)


def ace(table: CaptureTable, level: float = 0.95) -> Fit:
    """How many units, by sample coverage among the units seen up to ten times?

    Parameters
    ----------
    table : CaptureTable
        Frequencies; the number of occasions ``t`` may be known or not.
    level : float
        Of the interval.

    Returns
    -------
    Fit
        ``N = n_often + n_rare / C + f_1 g^2 / C``; diagnostics: ``coverage``, ``cv`` and ``n_rare``.

    Raises
    ------
    UnanswerableError
        Reason ``no-overlap``, ``too-few-lists``, or ``does-not-exist`` when every rarely seen unit was seen once.

    Notes
    -----
    Sums run over ``j = 1 .. 10``: ``S = sum j f_j``, ``C = 1 - f_1 / S``. Without a limit to the captures (ACE):
    ``g^2 = max(0, n_rare / C sum j (j - 1) f_j / (S (S - 1)) - 1)``; with ``t`` occasions (ICE):
    ``g^2 = max(0, n_rare / C t / (t - 1) sum j (j - 1) f_j / S^2 - 1)``. Variance: delta method.

    Source
    ------
    Chao and Lee (1992), JASA 87, 210, doi 10.1080/01621459.1992.10475194; the cut at ten: Chao, Ma and Yang (1993),
    Biometrika 80, 193, doi 10.1093/biomet/80.1.193; with occasions: Lee and Chao (1994), Biometrics 50, 88,
    doi 10.2307/2533199.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([6, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3])
    >>> round(12 + ace(table).n_unseen, 2)
    20.51
    """
    t = _checked(table)
    s = sum(j * f for j, f in enumerate(table.frequencies[:RARE], start=1))
    if s == table.frequencies[0]:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "Every rarely seen unit was seen exactly once, so the coverage among them is none; the bias-corrected "
            "lower bound (chao-bc) has a value.",
            {"f1": table.frequencies[0]},
        )

    def unseen(f: _Complex) -> complex:
        n, coverage, spread = _parts(f[:RARE], t, classic=True)
        return complex((n + f[0] * spread) / coverage - n)

    return _wrapped(table, level, unseen, rare=RARE, t=t, classic=True)


def _checked(table: CaptureTable) -> int | None:
    require_overlap(table)
    if table.n_occasions == 1:
        raise UnanswerableError(Reason.TOO_FEW_LISTS, "One occasion shows no repeated capture; two or more are needed.")
    return table.n_occasions


def _parts(f: _Complex, t: int | None, *, classic: bool = False) -> tuple[complex, complex, complex]:
    """Units, coverage ``C`` and the squared coefficient of variation ``g^2``."""
    j = np.arange(1, f.size + 1)
    n, s, pairs = complex(f.sum()), complex(j @ f), complex((j * (j - 1)) @ f)
    f1, f2 = complex(f[0]), complex(f[1])
    missed = f1 / s
    if t is not None and not classic and f1 != 0:
        missed *= (t - 1) * f1 / ((t - 1) * f1 + 2 * f2)
    coverage = 1 - missed
    expected = s * (s - 1) if t is None else s * s * (t - 1) / t
    spread = n / coverage * pairs / expected - 1
    return n, coverage, spread if spread.real > 0 else 0j


def _wrapped(
    table: CaptureTable,
    level: float,
    unseen: Callable[[_Complex], complex],
    *,
    rare: int,
    t: int | None,
    classic: bool = False,
) -> Fit:
    value, variance = unseen_with_variance(unseen, table.frequencies)
    # A table without single captures has coverage 1; rounding may leave a value a few digits below zero.
    value = max(value, 0.0) if table.frequencies[0] else 0.0
    error = math.sqrt(variance) if value > 0 else 0.0
    f = np.array([*table.frequencies, 0, 0], dtype=np.complex128)[: max(rare, 2)]
    n, coverage, spread = _parts(f, t, classic=classic)
    cautions: tuple[Caution, ...] = ()
    if value == 0:
        cautions = (Caution("C-NO-SINGLES", "No unit was seen only once, so no unseen unit is indicated."),)
    if coverage.real < _LOW:
        cautions += (
            Caution(
                "C-LOW-COVERAGE",
                "The units seen make up less than half of all chances of being seen: the number is likely too low.",
            ),
        )
    return Fit(
        n_unseen=value,
        standard_error=error,
        interval=log_normal_interval(table.n_observed, value, error, level),
        diagnostics={"coverage": coverage.real, "cv": math.sqrt(spread.real), "n_rare": n.real},
        cautions=cautions,
    )


_LOW = 0.5
_ASSUMPTIONS = (
    *CLOSED_ASSUMPTIONS,
    "A unit's captures do not depend on each other, given its own chance of capture.",
    "Units may differ in their chance of capture; how much is judged from the units seen, by one number.",
)

METHODS = (
    Method(
        name="chao-lee",
        question="How many units, judging by the share of all chances of capture that the units seen make up?",
        assumptions=_ASSUMPTIONS,
        source="Chao and Lee (1992), doi 10.1080/01621459.1992.10475194; Lee and Chao (1994), doi 10.2307/2533199",
        needs=NEEDS,
        formula="N = n/C + f_1 g^2/C; C = 1 - f_1/S, S = sum j f_j, g^2 = max(0, n/C sum j(j-1) f_j/(S(S-1)) - 1)",
        misleads=(
            "A few units seen very often raise g without bound and with it the number; many units that are nearly "
            "never seen leave it far too low, and the range does not show it."
        ),
        fit=chao_lee,
    ),
    Method(
        name="ace",
        question="How many units, by sample coverage among the units seen up to ten times?",
        assumptions=_ASSUMPTIONS,
        source="Chao and Lee (1992), doi 10.1080/01621459.1992.10475194; Chao, Ma and Yang (1993), "
        "doi 10.1093/biomet/80.1.193",
        needs=NEEDS,
        formula="N = n_often + n_rare/C + f_1 g^2/C, with C and g^2 from the units seen 1 to 10 times",
        misleads=(
            "With few occasions nearly every unit counts as rarely seen and C is taken too low, so that the number is "
            "too high when all units are alike; many units nearly never seen leave it too low."
        ),
        fit=ace,
    ),
)
