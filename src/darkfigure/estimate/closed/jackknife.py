"""The jackknife: how the number seen falls when occasions are left out says how it would grow with more of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

HIGHEST_ORDER = 5
NEEDS = "capture frequencies f_1, f_2, ...; a number of occasions, when known, above the order"


def jackknife_weights(order: int, n_occasions: int | None) -> tuple[float, ...]:
    """What does a unit seen once, twice, ... count for in the jackknife of this order?

    Parameters
    ----------
    order : int
        ``k``, occasions left out at most, below ``n_occasions``.
    n_occasions : int or None
        ``t``; ``None``: the limit of many occasions.

    Returns
    -------
    tuple of float
        ``a_1 ... a_k``; units seen more than ``k`` times count 1.

    Notes
    -----
    ``a_i = 1 - (1 / k!) sum over j = i..k of (-1)^j C(k, j) (t - j)^k C(j, i) / C(t, i)``: the generalised jackknife
    of the number of units seen in ``t - j`` of the ``t`` occasions, averaged over all ways to choose them. Its limit
    for many occasions is ``a_i = 1 - (-1)^i C(k, i)``.

    Source
    ------
    Burnham and Overton (1978), Biometrika 65, 625, doi 10.1093/biomet/65.3.625.

    Examples
    --------
    >>> jackknife_weights(1, 10), jackknife_weights(2, 10)
    ((1.9,), (2.7, 0.28888888888888886))
    >>> jackknife_weights(2, None)
    (3.0, 0.0)
    """
    t, k = n_occasions, order
    if t is None:
        return tuple(1.0 - (-1) ** i * math.comb(k, i) for i in range(1, k + 1))
    return tuple(
        float(
            1
            - sum(
                Fraction((-1) ** j * math.comb(k, j) * (t - j) ** k * math.comb(j, i), math.comb(t, i))
                for j in range(i, k + 1)
            )
            / math.factorial(k)
        )
        for i in range(1, k + 1)
    )


@dataclass(frozen=True, slots=True)
class Jackknife:
    """How many units, if capture chances differ in any way but not between occasions?

    Parameters
    ----------
    order : int or None
        1 to 5; ``None`` lets the test of Burnham and Overton choose.
    significance : float
        Of that test.

    Raises
    ------
    EstimateError (E-EST-30)
        Another order, or a significance that is not between 0 and 1.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([142, 81, 49, 7, 3, 1], n_occasions=10, unit="cabs")
    >>> round(283 + Jackknife(order=1).fit(table, 0.95).n_unseen, 1)
    410.8
    """

    order: int | None = None
    significance: float = 0.05

    def __post_init__(self) -> None:
        if self.order not in (None, *range(1, HIGHEST_ORDER + 1)) or not 0 < self.significance < 1:
            raise EstimateError(
                "E-EST-30",
                where="jackknife",
                problem="the order or the significance of the test is impossible",
                allowed=f"order None or 1 to {HIGHEST_ORDER}, significance above 0 and below 1",
                remedy="Leave both out to let the test choose.",
            )

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit to the frequencies of the table; a refusal names its reason.

        Notes
        -----
        ``N = sum a_j f_j``, ``var = sum a_j^2 f_j - N``; log-normal interval on the unseen number. Chosen order: the
        lowest ``k`` at which ``N_{k+1} - N_k = sum b_j f_j`` is not significant, with variance
        ``n / (n - 1) (sum b_j^2 f_j - (sum b_j f_j)^2 / n)``; between ``k - 1`` and ``k`` the weights are
        interpolated to where the test has exactly the significance wanted.

        Source
        ------
        Burnham and Overton (1979), Ecology 60, 927, doi 10.2307/1936861.
        """
        require_overlap(table)
        t, f = table.n_occasions, table.frequencies
        if t is not None:
            require_occasions(table, 2 if self.order is None else self.order + 1)
        highest = HIGHEST_ORDER if t is None else min(HIGHEST_ORDER, t - 1)
        f = (*f, *[0] * max(0, highest - len(f)))
        weights = [_all_weights(k, t, len(f)) for k in range(1, highest + 1)]
        chosen, used = float(self.order or 0), weights[(self.order or 1) - 1]
        cautions: tuple[Caution, ...] = ()
        if self.order is None:
            chosen, used, settled = _chosen(weights, f, self.significance)
            if not settled and highest == HIGHEST_ORDER:
                cautions = (
                    Caution(
                        "C-JACKKNIFE-ORDER",
                        "Even the highest order differs from the one below: chances of being seen differ too much.",
                    ),
                )
        counts = np.array(f, dtype=float)
        unseen = float((used - 1.0) @ counts)
        if unseen < 0:
            raise UnanswerableError(
                Reason.BOUNDARY,
                "Units seen twice are so many beside units seen once that this order points below the number seen. "
                "The first order always has an answer.",
                {"f1": f[0], "f2": f[1], "n_unseen": unseen},
            )
        error = math.sqrt(max(float((used * (used - 1.0)) @ counts), 0.0))
        if f[0] == 0:
            cautions += (Caution("C-NO-SINGLES", "No unit was seen only once, so no unseen unit is indicated."),)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level),
            parameters={f"weight_{j}": float(w) for j, w in enumerate(used[: math.ceil(chosen)], start=1)},
            diagnostics={"order": chosen, **_numbers_by_order(weights, counts)},
            cautions=cautions,
        )


def _all_weights(order: int, n_occasions: int | None, size: int) -> NDArray[np.float64]:
    weights = np.ones(size)
    weights[:order] = jackknife_weights(order, n_occasions)
    return weights


def _numbers_by_order(weights: Sequence[NDArray[np.float64]], counts: NDArray[np.float64]) -> dict[str, float]:
    return {f"n_total_order_{k}": float(w @ counts) for k, w in enumerate(weights, start=1)}


def _chosen(
    weights: Sequence[NDArray[np.float64]], frequencies: Sequence[int], significance: float
) -> tuple[float, NDArray[np.float64], bool]:
    """Order (a fraction when interpolated), weights, and whether a test settled it."""
    before = 0.0
    for k in range(1, len(weights)):
        p = _p_value(weights[k] - weights[k - 1], frequencies)
        if p > significance:
            if k == 1:
                return 1.0, weights[0], True
            share = (significance - before) / (p - before)
            return k - 1 + share, share * weights[k - 1] + (1 - share) * weights[k - 2], True
        before = p
    return float(len(weights)), weights[-1], False


def _p_value(change: NDArray[np.float64], frequencies: Sequence[int]) -> float:
    """Two-sided, for the hypothesis that the next order changes nothing."""
    f = np.array(frequencies, dtype=float)
    n, difference = float(f.sum()), float(change @ f)
    variance = n / (n - 1) * (float(change**2 @ f) - difference**2 / n) if n > 1 else 0.0
    if variance <= 0:
        return 1.0
    return 2 * float(scipy.special.ndtr(-abs(difference) / math.sqrt(variance)))


def jackknife(*, order: int | None = None, significance: float = 0.05) -> Method:
    """Make the jackknife of one order, or of the order its test chooses, a method for ``estimate``.

    Parameters
    ----------
    order : int or None
        1 to 5; ``None``: chosen.
    significance : float
        Of the test that chooses.

    Returns
    -------
    Method
        Named ``jackknife-<order>`` or ``jackknife``.

    Raises
    ------
    EstimateError (E-EST-30)
        Another order, or a significance that is not between 0 and 1.

    Examples
    --------
    >>> jackknife(order=2).name
    'jackknife-2'
    """
    chosen = order is None
    return Method(
        name="jackknife" if chosen else f"jackknife-{order}",
        question=(
            "How many units, by the jackknife of the order that the data need?"
            if chosen
            else f"How many units, if leaving out up to {order} of the occasions shows how the number seen grows?"
        ),
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "Units may differ in their chance of capture in any way, but each has the same chance on every occasion.",
            "A unit's captures do not depend on each other, given its own chance of capture.",
        ),
        source="Burnham and Overton (1978), doi 10.1093/biomet/65.3.625; (1979), doi 10.2307/1936861",
        needs=NEEDS,
        formula=_FORMULAS.get(
            order, "N = a_1 f_1 + ... + a_k f_k + f_{k+1} + ...; weights of the generalised jackknife"
        ),
        misleads=(
            "It adds at most k times the units seen once, so with few occasions or hard-to-see units it is far too "
            "low and its range far too narrow; when all units are alike, higher orders are too high."
            + (" The range leaves out that the order was chosen." if chosen else "")
        ),
        fit=Jackknife(order, significance).fit,
    )


_FORMULAS: dict[int | None, str] = {
    1: "N = n + (t - 1)/t f_1; without a limit to the captures N = n + f_1",
    2: "N = n + (2t - 3)/t f_1 - (t - 2)^2/(t (t - 1)) f_2; without a limit N = n + 2 f_1 - f_2",
    None: "N = c N_k + (1 - c) N_{k-1}; k the lowest order that N_{k+1} does not differ from at 5%",
}

METHODS = (jackknife(order=1), jackknife(order=2), jackknife())
