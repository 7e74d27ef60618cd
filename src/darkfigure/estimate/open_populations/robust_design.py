"""Pollock's robust design: primary periods, closed within, open between; each period has several occasions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.open_populations.entries import Chances, entry_likelihood
from darkfigure.estimate.open_populations.maximum import rate_of
from darkfigure.estimate.open_populations.rate_formulas import RateDesign, occasion_columns, rate_design
from darkfigure.estimate.open_populations.sightings import Sightings, occasion_labels, require_open, sightings
from darkfigure.estimate.open_populations.size_answers import EVER_PRESENT, sized_fit
from darkfigure.estimate.open_populations.super_population import shares
from darkfigure.estimate.outcomes import MATCHED, REAL, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Reason

Array = NDArray[np.float64]
Emigration = Literal["none", "random"]

_ASSUMPTIONS = (
    EVER_PRESENT,
    "Within a primary period nobody joins or leaves; between periods units may.",
    "Within a primary period all units that are there are as likely to be seen on an occasion, seen before or not.",
    "Leaving for good is for good.",
    MATCHED,
    REAL,
)
_AWAY = {
    "none": "A unit present in the population is within reach in every primary period.",
    "random": "In each primary period a unit is away with the same chance, wherever it was before.",
}


@dataclass(frozen=True, slots=True, eq=False)
class RobustDesignLikelihood:
    """The likelihood of primary periods with closed occasions in them.

    Parameters
    ----------
    data : Sightings
        Exposures by primary period.
    period : ndarray of int, shape (occasions,)
        Primary period of each occasion.
    captures : ndarray, shape (occasions,)
        Units seen on each occasion.
    period_units : ndarray, shape (periods,)
        Units seen in each period.
    phi, p, pent : RateDesign
        Of staying between periods, of being seen on an occasion, and of entering.
    gamma : RateDesign or None
        Of being away for a period; ``None`` when nobody is.
    """

    data: Sightings
    period: NDArray[np.intp]
    captures: Array
    period_units: Array
    phi: RateDesign
    p: RateDesign
    pent: RateDesign
    gamma: RateDesign | None

    @property
    def blocks(self) -> tuple[tuple[str, RateDesign, int], ...]:
        """Symbol, design and first column of each formula."""
        made = [("Phi", self.phi), ("p", self.p)]
        made += [] if self.gamma is None else [("gamma", self.gamma)]
        made.append(("pent", self.pent))
        starts = np.cumsum([0, *(len(block.names) for _, block in made)])
        return tuple((symbol, block, int(start)) for (symbol, block), start in zip(made, starts[:-1], strict=True))

    @property
    def n_columns(self) -> int:
        """Columns of the formulas; ``ln f_0`` follows them."""
        return sum(len(made.names) for _, made, _ in self.blocks)

    def _predictors(self, beta: NDArray[Any], push: Mapping[str, Array] | None) -> dict[str, NDArray[Any]]:
        return {
            symbol: made.predictor(beta[start : start + len(made.names)]) + (push or {}).get(symbol, 0.0)
            for symbol, made, start in self.blocks
        }

    def _missed_all(self, missed: NDArray[Any]) -> NDArray[Any]:
        """Chance to be missed on every occasion of each period, shape (periods,)."""
        out = np.ones(len(self.period_units), dtype=missed.dtype)
        np.multiply.at(out, self.period, missed[0])
        return out

    def chances(self, beta: NDArray[Any], push: Mapping[str, Array] | None = None) -> Chances:
        """Rates between and over the primary periods."""
        predictor = self._predictors(beta, push)
        stays, leaves = rate_of(predictor["Phi"])
        missed_all = self._missed_all(rate_of(predictor["p"])[1])[None, :]
        seen = 1 - missed_all
        if self.gamma is not None:
            away, there = rate_of(predictor["gamma"])
            seen, missed_all = there * seen, away + there * missed_all
        return Chances(stays, leaves, seen, missed_all, shares(predictor["pent"]), np.exp(beta[self.n_columns :]))

    def evaluate(
        self, beta: NDArray[Any], push: Mapping[str, Array] | None = None, expected: Sightings | None = None
    ) -> tuple[Any, NDArray[Any]]:
        """Log-likelihood and gradient: entries and stays by period, times occasions given that a unit was seen.

        Notes
        -----
        ``P(seen in period k) = (1 - gamma_k) p*_k`` with ``p*_k = 1 - prod_s (1 - p_ks)``; given that, the occasions of
        the period have chance ``prod_s p_ks^x (1 - p_ks)^(1-x) / p*_k``.
        """
        at = self.chances(beta, push)
        predictor = self._predictors(beta, push)
        value, slope = entry_likelihood(expected or self.data, at, given_n=expected is not None)
        p, q = (x[0] for x in rate_of(predictor["p"]))
        missed_all = self._missed_all(q[None, :])
        period_units, captures = self.period_units, self.captures
        if expected is not None:
            period_units = (expected.first + expected.seen)[0]
            captures = period_units[self.period] * (p / (1 - missed_all)[self.period]).real
        caught = period_units[self.period] - captures
        value += (captures * np.log(p) + caught * np.log(q)).sum() - (period_units * np.log(1 - missed_all)).sum()
        there: Any = np.ones(1)
        parts = {
            "Phi": self.phi.pull_back(slope.stays * at.stays * at.leaves),
            "pent": self.pent.pull_back(
                (at.enters * (slope.enters - (slope.enters * at.enters).sum(axis=1, keepdims=True)))[:, 1:]
            ),
        }
        if self.gamma is not None:
            away, there = rate_of(predictor["gamma"])
            parts["gamma"] = self.gamma.pull_back(-slope.seen * (1 - missed_all)[None, :] * away * there)
        # With m the chance to be missed all along a period, dm / d(logit p_s) = -m p_s.
        by_missed_all = -(slope.seen * there)[0] + period_units / (1 - missed_all)
        by_p = captures * q - caught * p - (by_missed_all * missed_all)[self.period] * p
        parts["p"] = self.p.pull_back(by_p[None, :])
        ordered = [parts[symbol] for symbol, _, _ in self.blocks]
        return value, np.concatenate([*ordered, slope.unseen * at.unseen])


def robust_design(
    primary: Sequence[int] | None = None,
    *,
    phi: str = "~ 1",
    p: str = "~ primary",
    pent: str = "~ time",
    emigration: Emigration = "none",
    gamma: str = "~ 1",
    name: str = "robust-design",
) -> Method:
    """How many units were ever present, when each period between moves holds several occasions?

    Parameters
    ----------
    primary : sequence of int, optional
        Occasions in each primary period, in order; they must add up to those of the table. Without it, periods of two
        occasions (of three for a table whose number of occasions is not even).
    phi, pent : str
        Formulas of staying and entering over primary periods: ``time``, ``Time``.
    p : str
        Formula of being seen on an occasion: ``time``, ``Time`` (occasion) and ``primary`` (period).
    emigration : {"none", "random"}
        Whether units may be away for single periods.
    gamma : str
        Formula of being away, over primary periods.
    name : str
        Under which the answer is reported.

    Returns
    -------
    Method
        ``n_total`` counts all units ever present; ``N[k]`` those present in period ``k``, also when away for it.

    Raises
    ------
    EstimateError (E-EST-42)
        A period has no occasion, or the kind of emigration is not known.

    Notes
    -----
    Refused as ``not-identified`` when units were seen again less often than there are rates of staying and of being
    seen.

    Source
    ------
    Pollock (1982), Journal of Wildlife Management 46, 752, doi 10.2307/3808568. Emigration: Kendall, Nichols and Hines
    (1997), Ecology 78, 563. Entries: Schwarz and Arnason (1996), doi 10.2307/2533048.

    Examples
    --------
    >>> robust_design([2, 2, 2]).name
    'robust-design'
    """
    if (primary is not None and min(primary, default=0) < 1) or emigration not in ("none", "random"):
        raise EstimateError(
            "E-EST-42",
            where="primary, emigration",
            problem="a primary period has no occasion, or this kind of emigration is not known",
            allowed="one occasion or more in each period; emigration 'none' or 'random'",
            remedy="Give the number of occasions of each period, in order.",
        )
    lengths = None if primary is None else tuple(primary)
    formulas = {"phi": phi, "p": p, "pent": pent, "gamma": gamma}
    return Method(
        name=name,
        question="How many units were ever present, judging by periods that hold several occasions each?",
        assumptions=(*_ASSUMPTIONS, _AWAY[emigration]),
        source="Pollock (1982), doi 10.2307/3808568; Kendall, Nichols and Hines (1997)",
        needs="occasions in time order, grouped in three or more primary periods, with histories",
        formula=(
            "p*_k = 1 - prod_s (1 - p_ks); P(seen in period k) = (1 - gamma_k) p*_k; entries and stays as in POPAN; "
            f"logit phi: {phi}; logit p: {p}; log(b_k / b_1): {pent}"
            + (f"; logit gamma: {gamma}" if emigration == "random" else "; gamma = 0")
        ),
        misleads=(
            "Units that join or leave within a period make it look larger than it is; units that stay away for several "
            "periods in a row look like units that left."
        ),
        fit=lambda table, level: _fit(table, level, lengths, emigration, formulas),
    )


def _fit(
    table: CaptureTable,
    level: float,
    lengths: tuple[int, ...] | None,
    emigration: Emigration,
    formulas: Mapping[str, str],
) -> Fit:
    likelihood = robust_likelihood(table, lengths, emigration=emigration, formulas=formulas)
    _require_repeats(table, likelihood)
    return sized_fit(likelihood, level)


def _require_repeats(table: CaptureTable, likelihood: RobustDesignLikelihood) -> None:
    """Only units seen again bear on staying and being seen: fewer repeats than such rates settle nothing."""
    repeats = table.n_captures - table.n_observed
    rates = likelihood.n_columns - len(likelihood.pent.names)
    if repeats < rates:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            f"Units were seen again {repeats} times in all, fewer than the {rates} rates of staying and of being seen "
            "that the model has. A longer record, or one chance of being seen for all periods, would be needed.",
            {"repeats": repeats, "rates": rates},
        )


def robust_likelihood(
    table: CaptureTable, lengths: tuple[int, ...] | None, *, emigration: Emigration, formulas: Mapping[str, str]
) -> RobustDesignLikelihood:
    """The likelihood of a table under formulas ``phi``, ``p``, ``pent`` and ``gamma``.

    Raises
    ------
    EstimateError (E-EST-43)
        The occasions of the periods do not add up to those of the table.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]], [5, 3], ordered=True)
    >>> formulas = {"phi": "~ 1", "p": "~ 1", "pent": "~ 1", "gamma": "~ 1"}
    >>> robust_likelihood(table, (2, 2, 2), emigration="none", formulas=formulas).captures.tolist()
    [5.0, 5.0, 3.0, 3.0, 5.0, 3.0]
    """
    t = require_open(table)
    sizes = _period_lengths(lengths, t)
    if sum(sizes) != t:
        raise EstimateError(
            "E-EST-43",
            where="primary",
            problem="the occasions of the primary periods do not add up to those of the table",
            allowed="as many occasions in all periods together as the table has",
            remedy="Give one number of occasions for each period, in order.",
        )
    k = len(sizes)
    if k < 3 or max(sizes) < 2:
        raise UnanswerableError(
            Reason.TOO_FEW_LISTS,
            "The robust design needs three or more primary periods, at least one of them with two occasions or more.",
            {"periods": float(k), "needed": 3.0},
        )
    period = np.repeat(np.arange(k), sizes)
    by_period, captures, period_units = _collapsed(table, period)
    on_occasions = {**occasion_columns(t, 0, t), "primary": occasion_labels(k)[period]}
    options: dict[str, Any] = {"units": {}, "weights": by_period.n_units}
    between = occasion_columns(k, 0, k - 1)
    return RobustDesignLikelihood(
        data=by_period,
        period=period,
        captures=captures,
        period_units=period_units,
        phi=rate_design(formulas["phi"], symbol="Phi", occasions=between, **options),
        p=rate_design(formulas["p"], symbol="p", occasions=on_occasions, **options),
        pent=rate_design(formulas["pent"], symbol="pent", occasions=occasion_columns(k, 1, k), **options),
        gamma=None
        if emigration == "none"
        else rate_design(formulas["gamma"], symbol="gamma", occasions=occasion_columns(k, 0, k), **options),
    )


def _period_lengths(lengths: tuple[int, ...] | None, t: int) -> tuple[int, ...]:
    if lengths is not None:
        return lengths
    if t % 2 == 0:
        return (2,) * (t // 2)
    return (3,) * (t // 3) if t % 3 == 0 else (*((2,) * ((t - 3) // 2)), 3)


def _collapsed(table: CaptureTable, period: NDArray[np.intp]) -> tuple[Sightings, Array, Array]:
    """Exposures by period, units seen on each occasion, and units seen in each period."""
    if table.cells is not None:
        histories, counts = table.cells.histories, table.cells.counts
    elif table.rows is not None and table.rows.histories is not None:
        histories, counts = table.rows.histories, table.rows.counts
    else:
        raise TypeError("require_open has refused tables without histories")
    member = (period[:, None] == np.arange(period[-1] + 1)[None, :]).astype(np.int64)
    in_period = (histories.astype(np.int64) @ member > 0).astype(np.uint8)
    collapsed = CaptureTable.from_histories(in_period, counts, ordered=True)
    made = sightings(collapsed, ())
    return (
        made,
        (histories * counts[:, None]).sum(axis=0).astype(float),
        (in_period * counts[:, None]).sum(axis=0) * 1.0,
    )


METHODS: tuple[Method, ...] = (robust_design(),)
