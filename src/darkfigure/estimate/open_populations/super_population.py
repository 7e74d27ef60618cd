"""Sizes of open populations: all units ever present, with the rates at which they come, stay and are seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.open_populations.entries import Chances, entry_likelihood
from darkfigure.estimate.open_populations.maximum import rate_of
from darkfigure.estimate.open_populations.rate_formulas import (
    IN_TIME,
    RateDesign,
    columns_used,
    occasion_columns,
    rate_design,
)
from darkfigure.estimate.open_populations.sightings import Sightings, require_open, sightings
from darkfigure.estimate.open_populations.size_answers import EVER_PRESENT, sized_fit
from darkfigure.estimate.outcomes import MATCHED, REAL, Fit, Method
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]
_SOURCE = "Schwarz and Arnason (1996), doi 10.2307/2533048"
_FORMULA = (
    "ln L = ln N! - ln (N-n)! + (N-n) ln P_0 + sum u_i ln(psi_i p_i) + ln L(seen again); "
    "psi_(i+1) = psi_i (1-p_i) phi_i + b_(i+1), sum b_i = 1; "
    "N_(i+1) = phi_i N_i + B_(i+1), B_i = N b_i; "
)
_ASSUMPTIONS = (
    EVER_PRESENT,
    "Units not yet seen have the same chances of staying and of being seen as units already seen.",
    "Leaving is for good, and units that come and leave between two occasions are not counted.",
    MATCHED,
    REAL,
)
_MISLEADS = (
    "Units that are hard to see, or that stay too short to meet an occasion, are missed without a trace: the number is "
    "then too low. Units that return after leaving look like units that stayed unseen, and push it up."
)


@dataclass(frozen=True, slots=True, eq=False)
class SuperPopulationLikelihood:
    """The likelihood of a super-population under three formulas.

    Parameters
    ----------
    data : Sightings
        Exposures of the groups.
    phi, p, pent : RateDesign
        Of staying, of being seen, and of entering (multinomial logit against the first occasion).
    """

    data: Sightings
    phi: RateDesign
    p: RateDesign
    pent: RateDesign

    @property
    def blocks(self) -> tuple[tuple[str, RateDesign, int], ...]:
        """Symbol, design and first column of each formula."""
        first, second = len(self.phi.names), len(self.phi.names) + len(self.p.names)
        return (("Phi", self.phi, 0), ("p", self.p, first), ("pent", self.pent, second))

    @property
    def n_columns(self) -> int:
        """Columns of the formulas; the logarithms of ``f_0`` of each group follow them."""
        return len(self.phi.names) + len(self.p.names) + len(self.pent.names)

    def chances(self, beta: NDArray[Any], push: Mapping[str, Array] | None = None) -> Chances:
        """The rates at ``beta``; ``push`` moves log odds of single entries."""
        predictor = {
            symbol: made.predictor(beta[start : start + len(made.names)]) + (push or {}).get(symbol, 0.0)
            for symbol, made, start in self.blocks
        }
        stays, leaves = rate_of(predictor["Phi"])
        seen, missed = rate_of(predictor["p"])
        return Chances(stays, leaves, seen, missed, shares(predictor["pent"]), np.exp(beta[self.n_columns :]))

    def evaluate(
        self, beta: NDArray[Any], push: Mapping[str, Array] | None = None, expected: Sightings | None = None
    ) -> tuple[Any, NDArray[Any]]:
        """Log-likelihood and gradient; of other exposures given their number when ``expected`` is there."""
        at = self.chances(beta, push)
        value, slope = entry_likelihood(expected or self.data, at, given_n=expected is not None)
        by_pent = at.enters * (slope.enters - (slope.enters * at.enters).sum(axis=1, keepdims=True))
        return value, np.concatenate(
            [
                self.phi.pull_back(slope.stays * at.stays * at.leaves),
                self.p.pull_back(slope.seen * at.seen * at.missed),
                self.pent.pull_back(by_pent[:, 1:]),
                slope.unseen * at.unseen,
            ]
        )


def shares(predictor: NDArray[Any]) -> NDArray[Any]:
    """Multinomial logit: shares of the first occasion (log odds 0) and of the later ones.

    Examples
    --------
    >>> shares(np.array([[0.0]])).tolist()
    [[0.5, 0.5]]
    """
    whole = np.concatenate([np.zeros((predictor.shape[0], 1)), predictor], axis=1)
    below = whole - whole.real.max(axis=1, keepdims=True)
    # A share of e^-36 is none; without the limit a bold trial step would reach a share of exactly zero.
    raised = np.exp(np.where(below.real < -36.0, -36.0, below))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def super_population(
    table: CaptureTable, *, phi: str, p: str, pent: str, tie_ends: bool = False
) -> SuperPopulationLikelihood:
    """The likelihood of a table under three formulas.

    Parameters
    ----------
    table : CaptureTable
        Ordered, with histories.
    phi, p, pent : str
        Formulas over ``time``, ``Time``, ``group`` and text covariates.
    tie_ends : bool
        Whether the first and last occasion share the ``time`` of their neighbours in ``p``.

    Raises
    ------
    EstimateError (E-EST-48)
        A formula names a covariate of numbers, or the cohort, which units never seen do not have.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 1], [1, 1, 0]], [5, 3], ordered=True)
    >>> super_population(table, phi="~ 1", p="~ 1", pent="~ 1").n_columns
    3
    """
    t = require_open(table)
    used = dict.fromkeys(name for formula in (phi, p, pent) for name in columns_used(formula))
    names = [name for name in used if name not in IN_TIME]
    data = None if "cohort" in names else sightings(table, names)
    if data is None or any(column.dtype.kind != "U" for column in data.columns.values()):
        raise EstimateError(
            "E-EST-48",
            where="formula",
            problem="units never seen have no value of this column, so their number cannot be told",
            allowed="time, Time, group and text covariates in a model that gives a size",
            remedy="Use `cjs` for covariates of numbers and cohorts, or cut the number into classes.",
        )
    options: dict[str, Any] = {"units": data.columns, "weights": data.n_units}
    on_occasions = occasion_columns(t, 0, t)
    if tie_ends:
        on_occasions["time"][[0, -1]] = on_occasions["time"][[1, -2]]
    return SuperPopulationLikelihood(
        data=data,
        phi=rate_design(phi, symbol="Phi", occasions=occasion_columns(t, 0, t - 1), **options),
        p=rate_design(p, symbol="p", occasions=on_occasions, **options),
        pent=rate_design(pent, symbol="pent", occasions=occasion_columns(t, 1, t), **options),
    )


def popan(phi: str = "~ 1", p: str = "~ 1", pent: str = "~ time", *, name: str = "popan") -> Method:
    """How many units were ever present in an open population?

    Parameters
    ----------
    phi, p, pent : str
        Formulas of staying, of being seen and of entering, over ``time``, ``Time``, ``group`` and text covariates. A
        group has its own number of units.
    name : str
        Under which the answer is reported.

    Returns
    -------
    Method
        ``n_total`` counts all units ever present; quantities hold rates, ``pent``, sizes ``N[i]`` and arrivals
        ``B[i]``.

    Notes
    -----
    The likelihood is the full multinomial one of Schwarz and Arnason (1996) with ``N - n = f_0`` on the log scale;
    intervals by profile likelihood.

    Source
    ------
    Schwarz and Arnason (1996), Biometrics 52, 860, doi 10.2307/2533048. Verified in
    ``tests/reference/test_marked.py``.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> seen = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, 1]]
    >>> table = CaptureTable.from_histories(seen, [9, 8, 9, 3, 7, 6, 5], ordered=True)
    >>> result = estimate(popan(pent="~ 1"), table)
    >>> result.n_total > 47
    True
    """
    return Method(
        name=name,
        question="How many units were ever present in a population that units join and leave?",
        assumptions=_ASSUMPTIONS,
        source=_SOURCE,
        needs="three or more occasions in time order, with histories",
        formula=f"{_FORMULA}logit phi: {phi}; logit p: {p}; log(b_i / b_1): {pent}",
        misleads=_MISLEADS,
        fit=lambda table, level: _popan_fit(table, level, phi=phi, p=p, pent=pent),
    )


def jolly_seber(*, ends: str = "equal", name: str = "jolly-seber") -> Method:
    """How many units were present on each occasion, and ever, when every rate changes with time?

    Parameters
    ----------
    ends : {"equal", "free"}
        ``"equal"``: the chance to be seen on the first and last occasion is that of their neighbours, which makes the
        number ever present estimable. ``"free"``: the classical model, which has rates and sizes of the inner occasions
        and no total.
    name : str
        Under which the answer is reported.

    Returns
    -------
    Method
        Quantities ``Phi[i]``, ``p[i]``, ``N[i]``, ``B[i]``; a survival never exceeds 1.

    Raises
    ------
    EstimateError (E-EST-49)
        ``ends`` is neither.

    Source
    ------
    Jolly (1965), Biometrika 52, 225, doi 10.1093/biomet/52.1-2.225. Seber (1965), Biometrika 52, 249,
    doi 10.1093/biomet/52.1-2.249. Likelihood: Schwarz and Arnason (1996), doi 10.2307/2533048.

    Examples
    --------
    >>> jolly_seber(ends="free").name
    'jolly-seber'
    """
    if ends not in ("equal", "free"):
        raise EstimateError(
            "E-EST-49",
            where="ends",
            problem="this treatment of the first and last occasion is not known",
            allowed="'equal' or 'free'",
            remedy="Choose one of them.",
        )
    tied = ends == "equal"
    extra = ("The first and the last occasion saw units as easily as their neighbours did.",) if tied else ()
    return Method(
        name=name,
        question="How many units were present on each occasion, and ever, when all rates change with time?",
        assumptions=(*_ASSUMPTIONS, *extra),
        source="Jolly (1965), doi 10.1093/biomet/52.1-2.225; Seber (1965), doi 10.1093/biomet/52.1-2.249",
        needs="three or more occasions in time order, with histories",
        formula=f"{_FORMULA}phi, p and b free for each occasion{', p_1 = p_2, p_t = p_(t-1)' if tied else ''}",
        misleads=_MISLEADS,
        fit=lambda table, level: _jolly_seber_fit(table, level, tied=tied),
    )


def _popan_fit(table: CaptureTable, level: float, *, phi: str, p: str, pent: str) -> Fit:
    return sized_fit(super_population(table, phi=phi, p=p, pent=pent), level)


def _jolly_seber_fit(table: CaptureTable, level: float, *, tied: bool) -> Fit:
    likelihood = super_population(table, phi="~ 0 + time", p="~ 0 + time", pent="~ 0 + time", tie_ends=tied)
    return sized_fit(likelihood, level, with_total=tied)


METHODS: tuple[Method, ...] = (jolly_seber(), popan())
