"""Rates of staying and of being seen again, from first capture on (Cormack-Jolly-Seber); no size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.open_populations.answers import (
    column_values,
    edge_cautions,
    open_cautions,
    require_converged_rates,
)
from darkfigure.estimate.open_populations.identification import (
    NamedRate,
    curvature,
    rate_quantities,
    rates_at_the_edge,
)
from darkfigure.estimate.open_populations.maximum import maximise, rate_of
from darkfigure.estimate.open_populations.never_again import never_again, pull_back
from darkfigure.estimate.open_populations.rate_formulas import (
    IN_TIME,
    RateDesign,
    columns_used,
    occasion_columns,
    rate_design,
)
from darkfigure.estimate.open_populations.sightings import Sightings, require_open, sightings
from darkfigure.estimate.outcomes import MATCHED, REAL, Fit, Method
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]

_ASSUMPTIONS = (
    "A unit that was seen has the same chances from then on as any other unit with the same covariates.",
    "Leaving is for good: a unit that is away and comes back counts as present and missed.",
    "Occasions are short against the time between them.",
    MATCHED,
    REAL,
)


@dataclass(frozen=True, slots=True, eq=False)
class CjsLikelihood:
    """The likelihood of all sightings after the first, with its gradient.

    Parameters
    ----------
    data : Sightings
        Exposures of the groups.
    phi, p : RateDesign
        Of staying over the intervals, and of being seen on the occasions 2 to t.
    """

    data: Sightings
    phi: RateDesign
    p: RateDesign

    def evaluate(self, beta: NDArray[Any], push: Mapping[str, Array] | None = None) -> tuple[Any, NDArray[Any]]:
        """Log-likelihood and gradient; ``push`` moves log odds of single entries.

        Notes
        -----
        ``ln L = sum A ln phi + S ln p + U ln(1-p) + L ln chi``: units known to be present over each interval, seen and
        missed on each occasion while known to be present, and by the occasion last seen.
        """
        push, data, cut = push or {}, self.data, len(self.phi.names)
        stays, leaves = rate_of(self.phi.predictor(beta[:cut]) + push.get("Phi", 0.0))
        seen, missed = rate_of(self.p.predictor(beta[cut:]) + push.get("p", 0.0))
        chances = never_again(stays, leaves, missed)
        value = (
            (data.alive * np.log(stays)).sum()
            + (data.seen[:, 1:] * np.log(seen)).sum()
            + (data.missed[:, 1:] * np.log(missed)).sum()
            + (data.last * np.log(chances)).sum()
        )
        by_stays, by_missed = pull_back(data.last / chances, stays, missed, chances)
        slope_phi = data.alive * leaves + by_stays * stays * leaves
        slope_p = data.seen[:, 1:] * missed - (data.missed[:, 1:] + by_missed * missed) * seen
        return value, np.concatenate([self.phi.pull_back(slope_phi), self.p.pull_back(slope_p)])

    def rates(self) -> list[tuple[NamedRate, Mapping[str, Array] | None]]:
        """Every rate, with the entries of its predictor."""
        size = len(self.phi.names) + len(self.p.names)
        found: list[tuple[NamedRate, Mapping[str, Array] | None]] = []
        for symbol, made, offset in (("Phi", self.phi, 0), ("p", self.p, len(self.phi.names))):
            for rate in made.rates:
                row = np.zeros(size)
                row[offset : offset + len(rate.row)] = rate.row
                where = None if rate.where is None else {symbol: rate.where.astype(float)}
                found.append((NamedRate(rate.name, row), where))
        return found


def cjs_likelihood(table: CaptureTable, *, phi: str, p: str) -> CjsLikelihood:
    """The likelihood of a table under two formulas.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0, 1], [1, 1, 0]], [5, 3], ordered=True)
    >>> value, slope = cjs_likelihood(table, phi="~ 1", p="~ 1").evaluate(np.zeros(2))
    >>> round(float(value), 3), slope.shape  # 5 ln(1/16) + 3 ln(3/16)
    (-18.885, (2,))
    """
    t = require_open(table)
    used = dict.fromkeys((*columns_used(phi), *columns_used(p)))
    data = sightings(table, [name for name in used if name not in IN_TIME])
    cohort = data.columns.get("cohort")
    start = np.zeros(len(data.first), dtype=int) if cohort is None else np.array([int(c) - 1 for c in cohort])
    released = np.arange(t - 1)[None, :] >= start[:, None]
    options: dict[str, Any] = {"units": data.columns, "weights": data.n_units, "at_risk": released}
    return CjsLikelihood(
        data=data,
        phi=rate_design(phi, symbol="Phi", occasions=occasion_columns(t, 0, t - 1), **options),
        p=rate_design(p, symbol="p", occasions=occasion_columns(t, 1, t), **options),
    )


def cjs(phi: str = "~ 1", p: str = "~ 1", *, name: str = "cjs") -> Method:
    """How likely is a unit to stay, and to be seen while it is there?

    Parameters
    ----------
    phi, p : str
        Formulas of the chance to stay over an interval and of being seen on an occasion, over the columns ``time``
        (factor), ``Time`` (number), ``cohort`` (occasion of the first capture), ``group`` and covariates of the units.
    name : str
        Under which the answer is reported.

    Returns
    -------
    Method
        Gives rates (quantities ``Phi...`` and ``p...``), never a size. Intervals on the logit scale. Rates the data
        cannot tell apart carry no value but the names of their partners; rates at 0 or 1 carry no standard error.

    Notes
    -----
    ``ln L = sum m_ij [sum ln phi + sum ln(1-p) + ln p_j] + sum_i L_i ln chi_i``, over units released on ``i`` and seen
    next on ``j``; maximised with its analytic gradient and exact second derivatives. ``aic`` counts the parameters the
    data tell apart.

    Source
    ------
    Lebreton, Burnham, Clobert and Anderson (1992), doi 10.2307/2937171. Verified in ``tests/reference/test_marked.py``.

    Examples
    --------
    >>> from darkfigure.estimate import answer
    >>> table = CaptureTable.from_histories([[1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], [9, 8, 3, 5], ordered=True)
    >>> answer(cjs(), table).quantities[0].name
    'Phi'
    """
    return Method(
        name=name,
        question="How likely is a unit to stay from one occasion to the next, and to be seen while it is there?",
        assumptions=_ASSUMPTIONS,
        source="Lebreton et al. (1992), doi 10.2307/2937171",
        needs="three or more occasions in time order, with histories",
        formula=(
            "ln L = sum m_ij [ln phi_i + ... + ln phi_(j-1) + ln(1-p_(i+1)) + ... + ln p_j] + sum L_i ln chi_i; "
            f"chi_i = 1 - phi_i + phi_i (1-p_(i+1)) chi_(i+1); logit phi: {phi}; logit p: {p}"
        ),
        misleads=(
            "Leaving the place and leaving for good look alike, so staying is too low where units wander; and units "
            "that differ in how easily they are seen make the rates of one average unit too confident."
        ),
        fit=lambda table, level: _fit(table, level, phi=phi, p=p),
    )


def _fit(table: CaptureTable, level: float, *, phi: str, p: str) -> Fit:
    likelihood = cjs_likelihood(table, phi=phi, p=p)
    rates = likelihood.rates()
    rows = np.array([rate.row for rate, _ in rates])
    start = np.linalg.lstsq(rows, np.full(len(rows), 0.5), rcond=None)[0]
    top = maximise(likelihood.evaluate, start)
    edges = rates_at_the_edge(
        [(rate, _pushed(likelihood, top.beta, where)) for rate, where in rates if where is not None], top
    )
    found = curvature(top, edges)
    quantities = rate_quantities([rate for rate, _ in rates], top, found, level=level)
    require_converged_rates(quantities)
    names = [f"Phi:{c}" for c in likelihood.phi.names] + [f"p:{c}" for c in likelihood.p.names]
    parameters = {q.name: q.value for q in quantities if q.name in ("Phi", "p") and q.value is not None}
    deviance = -2 * top.value
    return Fit(
        n_unseen=None,
        aic=deviance + 2 * found.n_identified,
        parameters={**parameters, **column_values(names, top, found)},
        diagnostics={
            "neg2_log_likelihood": deviance,
            "n_parameters": float(len(names)),
            "n_parameters_identified": float(found.n_identified),
            "aic_all_columns": deviance + 2 * len(names),
        },
        cautions=(*edge_cautions(edges, top), *open_cautions(quantities)),
        quantities=quantities,
    )


def _pushed(likelihood: CjsLikelihood, beta: Array, where: Mapping[str, Array]) -> Callable[[float], float]:
    return lambda by: float(likelihood.evaluate(beta, {symbol: by * marks for symbol, marks in where.items()})[0])


METHODS: tuple[Method, ...] = (
    cjs(),
    cjs("~ time", "~ time", name="cjs-time"),
)
