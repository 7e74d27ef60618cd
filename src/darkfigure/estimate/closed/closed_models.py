"""Closed-population models M0, Mt, Mh and Mth: which statistics they need, how they are fitted and reported."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate import cells, existence
from darkfigure.estimate.closed import chao_model, equal_units
from darkfigure.estimate.closed.capture_counts import CaptureCounts, captures_of
from darkfigure.estimate.closed.heterogeneity import CHAO_IN_WORDS, SHAPES, hinge
from darkfigure.estimate.closed.occasions import of_table
from darkfigure.estimate.intervals import Profile, profile_interval
from darkfigure.estimate.log_linear_family import (
    Family,
    Maximum,
    ProfileOverTotal,
    Refit,
    covariance_of,
    maximise,
    refit_of,
)
from darkfigure.estimate.outcomes import (
    CLOSED_ASSUMPTIONS,
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson
from darkfigure.records.aggregate import CaptureTable, Caution, Reason

Array = NDArray[np.float64]


_STEEP_FROM = 20
"""Occasions above which ``2^k - 1`` has no bend left among the numbers of captures that occur."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """The statistics of a table that one model uses."""

    table: CaptureTable
    t: int | None
    frequencies: tuple[int, ...]
    totals: tuple[int, ...] | None
    keep: NDArray[np.bool_] | None
    captures: Array
    cautions: tuple[Caution, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    """The exact fit: names of the extra columns, the family and its maximum."""

    names: tuple[str, ...]
    columns: Array
    family: Family
    maximum: Maximum
    refit: Refit


@dataclass(frozen=True, slots=True, eq=False)
class _Statistics:
    """Unseen units with their error, and the fit statistics the table allows."""

    n_unseen: float
    variance_of_log: float
    deviance: float | None = None
    df: int | None = None
    aic: float | None = None
    bic: float | None = None


@dataclass(frozen=True, slots=True)
class ClosedModel:
    """How many units, if the population stays the same and units are seen independently?

    Parameters
    ----------
    by_time : bool
        Whether occasions or lists differ in how much they catch (Mt, Mth).
    shape : str or None
        How units differ: ``None``, ``"chao"``, ``"poisson2"``, ``"darroch"`` or ``"gamma3.5"``.

    Notes
    -----
    Poisson log-linear model ``log mu(w) = a + sum b_j w_j + tau h(|w|)`` (all ``b_j`` equal without ``by_time``);
    ``N = n + exp(a)``, ``var N = exp(a) + exp(2 a) var(a)``; the interval is the multinomial profile likelihood's.
    Up to twelve lists the table of cells is fitted; beyond, or without cells, sufficient statistics are, so that the
    cost grows with ``t`` and never with ``2^t``. Without cells M0 and Mh are fitted to the frequencies and have their
    deviance; Mt and Mth then have no deviance and no information criteria, because the constant of the likelihood is
    in the cells; ``aic_without_constant`` compares models on the same table.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x; Cormack (1989),
    Biometrics 45, 395, doi 10.2307/2531485; interval: Cormack (1992), doi 10.2307/2532310. Verified in
    tests/reference/test_rcapture_closed.py.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> fit = ClosedModel(by_time=False, shape="chao").fit(table, 0.95)
    >>> round(68 + fit.n_unseen, 4), round(fit.interval.lower, 2), round(fit.interval.upper, 2)
    (79.8371, 70.57, 95.73)
    """

    by_time: bool
    shape: str | None

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to a table; refuses where no finite answer exists."""
        seen = _statistics_of(table, self)
        existence.check_counts(seen.frequencies, seen.t, self.shape)
        if self.shape == "poisson2" and seen.t is not None and seen.t > _STEEP_FROM:
            raise UnanswerableError(
                Reason.NOT_IDENTIFIED,
                f"With {seen.t} occasions the Poisson shape 2^k - 1 bends only for units seen nearly every time, so it "
                "cannot show differences between the units that were seen a few times. The darroch, gamma and chao "
                "shapes can.",
                {"n_occasions": seen.t},
            )
        solution = self._solve(seen)
        stats = _report(seen, solution, self)
        unseen = stats.n_unseen
        error = math.sqrt(unseen + unseen**2 * stats.variance_of_log)
        profile = _profile(seen, solution, self)
        interval, best = profile_interval(
            profile,
            n_observed=table.n_observed,
            start=math.exp(solution.maximum.theta[0]),
            relative_error=error / max(unseen, 1e-300),
            level=level,
        )
        n_parameters = len(solution.maximum.theta)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=interval,
            deviance=stats.deviance,
            df=stats.df,
            aic=stats.aic,
            bic=stats.bic,
            parameters=_parameters(seen, solution, table.n_observed + unseen),
            diagnostics={
                "n_parameters": n_parameters,
                "n_total_multinomial": table.n_observed + best,
                "aic_without_constant": 2 * n_parameters - 2 * solution.maximum.value,
            },
            cautions=seen.cautions + self._cautions(solution),
        )

    def _solve(self, seen: _Seen) -> _Solution:
        start = equal_units.start_of(seen.frequencies, seen.t, seen.totals)
        if self.shape == "chao":
            return self._solve_chao(seen, start)
        names: tuple[str, ...] = ()
        columns = np.zeros((len(seen.captures), 0))
        if self.shape is not None:
            names, columns = (self.shape,), SHAPES[self.shape].column(seen.captures)[:, None]
            if self.by_time:
                plain = replace(seen, totals=None)
                common = equal_units.start_of(seen.frequencies, seen.t, None)
                start = _spread(maximise(_family(plain, columns), np.append(common, 0.0)).theta, start)
            else:
                start = np.append(start, 0.0)
        family = _family(seen, columns)
        return _Solution(names, columns, family, maximise(family, start), refit_of(family))

    def _solve_chao(self, seen: _Seen, start: Array) -> _Solution:
        frequencies = np.zeros(len(seen.captures))
        frequencies[: len(seen.frequencies)] = seen.frequencies[: len(seen.captures)]

        def build(knots: tuple[int, ...]) -> Family:
            return _family(seen, _hinges(seen.captures, knots))

        plain = replace(seen, totals=None)
        counts = CaptureCounts.of(seen.frequencies, n_occasions=seen.t, columns=())
        guess, first = chao_model.starting_kinks(frequencies, counts.offset)
        if self.by_time:
            guess, fit = chao_model.constrained_fit(
                lambda knots: _family(plain, _hinges(seen.captures, knots)), first, frequencies, knots=guess
            )
            first = _spread(fit.theta, start)
        knots, maximum = chao_model.constrained_fit(build, first, frequencies, knots=guess)
        columns = _hinges(seen.captures, knots)
        refit = chao_model.ConstrainedRefit(build, frequencies, knots)
        return _Solution(tuple(f"eta{k}" for k in knots), columns, _family(seen, columns), maximum, refit)

    def _cautions(self, solution: _Solution) -> tuple[Caution, ...]:
        found = []
        if self.shape in SHAPES and solution.maximum.theta[-1] < 0:
            found.append(
                Caution(
                    "C-NO-HETEROGENEITY",
                    "Units were seen more evenly than chance alone would make them, so differences between units have "
                    "no support here and the estimate lies below that of the simpler model.",
                )
            )
        return tuple(found)


def _spread(alike: Array, by_time: Array) -> Array:
    """Coefficients of a model with alike occasions, its one effect spread out as the occasions' totals ask for."""
    return np.concatenate([alike[:1], alike[1] + by_time[1:] - np.mean(by_time[1:]), alike[2:]])


def _hinges(captures: Array, knots: tuple[int, ...]) -> Array:
    return np.column_stack([np.zeros((len(captures), 0)), *(hinge(captures, k) for k in knots)])


def _statistics_of(table: CaptureTable, model: ClosedModel) -> _Seen:
    require_overlap(table)
    t = table.n_occasions
    if model.by_time or model.shape not in (None, "chao"):
        t = require_occasions(table, 3 if model.shape else 2)
    elif t is not None:
        require_occasions(table, 3 if model.shape else 2)
    if not model.by_time:
        captures = captures_of(len(table.frequencies), t)
        return _Seen(table, t, table.frequencies, None, None, captures, ())
    return _by_occasion(table, model)


def _by_occasion(table: CaptureTable, model: ClosedModel) -> _Seen:
    if table.occasion_totals is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model needs the number of units seen on each occasion or list; the table lacks it.",
        )
    totals = np.asarray(table.occasion_totals)
    keep = totals > 0
    if (totals == table.n_observed).any():
        raise UnanswerableError(
            Reason.BOUNDARY, "One list holds every unit seen, so the lists cannot tell how many all of them missed."
        )
    t = int(keep.sum())
    cautions: tuple[Caution, ...] = ()
    if t < len(totals):
        cautions = (Caution("C-EMPTY-OCCASION", "Occasions or lists without any sighting were left out."),)
    if t < (3 if model.shape else 2):
        raise UnanswerableError(Reason.TOO_FEW_LISTS, "Too few occasions or lists saw anybody.", {"occasions": t})
    kept = tuple(int(x) for x in totals[keep])
    return _Seen(table, t, table.frequencies[:t], kept, keep, np.arange(1.0, t + 1), cautions)


def _family(seen: _Seen, columns: Array) -> Family:
    if seen.totals is not None:
        return of_table(seen.table.n_observed, seen.totals, seen.frequencies, columns)
    named = [(str(i), columns[:, i]) for i in range(columns.shape[1])]
    return CaptureCounts.of(seen.frequencies, n_occasions=seen.t, columns=named)


def _profile(seen: _Seen, solution: _Solution, model: ClosedModel) -> Profile:
    if model.shape is None:
        return equal_units.profile_of(seen.frequencies, seen.t, seen.totals)
    return ProfileOverTotal(solution.refit, solution.maximum.theta, n_observed=seen.table.n_observed)


def _report(seen: _Seen, solution: _Solution, model: ClosedModel) -> _Statistics:
    table, theta = seen.table, solution.maximum.theta
    if table.cells is not None and seen.t is not None and seen.t <= cells.MOST_LISTS:
        histories = cells.all_histories(seen.t)
        captures = histories.sum(axis=1)
        first = histories if model.by_time else captures[:, None]
        extra = solution.columns[captures.astype(int) - 1]
        design = np.column_stack([np.ones(len(captures)), first, extra])
        counts = cells.full_counts(table.cells, seen.keep)
        if seen.t <= 6 and model.shape != "chao":
            existence.check_cells(design, counts)
        return _from_poisson(_peer_fit(design, counts, None, theta), table.n_observed, len(counts))
    if isinstance(solution.family, CaptureCounts) and table.cells is None:
        family = solution.family
        fit = _peer_fit(family.design, family.counts, family.offset, theta)
        return _from_poisson(fit, table.n_observed, len(family.counts) if seen.t is not None else None)
    return _from_sufficient(seen, solution)


_TOO_STEEP = 1e9
"""Columns that reach this make the peer's start diverge, so that it is not tried."""


def _peer_fit(design: Array, counts: Array, offset: Array | None, theta: Array) -> PoissonFit:
    """The peer's iterations where they settle at the maximum; the exact maximum where they do not."""
    if np.abs(design).max() < _TOO_STEEP:
        try:
            fit = fit_poisson(design, counts, offset=offset)
        except UnanswerableError:
            fit = None
        if fit is not None and abs(math.expm1(fit.coefficients[0] - theta[0])) < 1e-4:
            return fit
    linear = design @ theta + (0.0 if offset is None else offset)
    return fit_poisson(design, counts, offset=offset, stopping="exact", start=np.exp(np.maximum(linear, -690.0)))


def _from_poisson(fit: PoissonFit, n_observed: int, n_cells: int | None) -> _Statistics:
    p = len(fit.coefficients)
    return _Statistics(
        n_unseen=math.exp(fit.coefficients[0]),
        variance_of_log=float(fit.covariance[0, 0]),
        deviance=None if n_cells is None else max(fit.deviance, 0.0),
        df=None if n_cells is None else n_cells - p,
        aic=-2 * fit.log_likelihood + 2 * p,
        bic=-2 * fit.log_likelihood + p * math.log(n_observed),
    )


def _from_sufficient(seen: _Seen, solution: _Solution) -> _Statistics:
    """Statistics at the exact maximum; the cells' constants when the table has cells."""
    theta, table = solution.maximum.theta, seen.table
    variance = float(covariance_of(solution.family, theta)[0, 0])
    if table.cells is None or seen.t is None:
        return _Statistics(math.exp(theta[0]), variance)
    p, counts = len(theta), table.cells.counts.astype(float)
    log_likelihood = solution.maximum.value - float(scipy.special.gammaln(counts + 1).sum())
    return _Statistics(
        n_unseen=math.exp(theta[0]),
        variance_of_log=variance,
        deviance=2 * (float(scipy.special.xlogy(counts, counts).sum()) - solution.maximum.value - table.n_observed),
        df=2**seen.t - 1 - p if seen.t <= 52 else None,
        aic=-2 * log_likelihood + 2 * p,
        bic=-2 * log_likelihood + p * math.log(table.n_observed),
    )


def _parameters(seen: _Seen, solution: _Solution, n_total: float) -> dict[str, float]:
    table, q = seen.table, len(solution.names)
    result = {}
    if table.n_occasions is not None:
        result["mean_capture_probability"] = table.n_captures / (n_total * table.n_occasions)
    extra = solution.maximum.theta[len(solution.maximum.theta) - q :]
    return result | dict(zip(solution.names, (float(x) for x in extra), strict=True))


_ALIKE = "All units have the same chance of being seen on any one occasion."
_CONSTANT = "That chance is the same on every occasion or list."
_VARYING = "That chance may differ from occasion to occasion, or from list to list."
_OWN = "A unit's captures do not depend on each other, given its own chance of capture."
_SOURCE = "Rivest and Baillargeon (2007), doi 10.1111/j.1541-0420.2007.00779.x"
_CORMACK = "Cormack (1989), doi 10.2307/2531485"


def _method(by_time: bool, shape: str | None) -> Method:
    name = ("Mt" if by_time else "M0") if shape is None else f"{'Mth' if by_time else 'Mh'}-{shape}"
    if shape is None:
        differ: tuple[str, ...] = (_ALIKE,)
    else:
        differ = (_OWN, CHAO_IN_WORDS if shape == "chao" else SHAPES[shape].in_words)
    return Method(
        name=name,
        question=("At least how" if shape == "chao" else "How")
        + " many units, if "
        + ("occasions differ" if by_time else "all occasions are alike")
        + (" and all units are alike?" if shape is None else " and units differ in how easily they are seen?"),
        assumptions=(*CLOSED_ASSUMPTIONS, *differ, _VARYING if by_time else _CONSTANT),
        source=_CORMACK if shape is None else _SOURCE,
        needs="frequencies and totals by occasion, or histories"
        if by_time
        else "capture frequencies with the number of occasions, or histories",
        fit=ClosedModel(by_time=by_time, shape=shape).fit,
    )


METHODS = (
    _method(False, None),
    _method(True, None),
    *(_method(False, shape) for shape in ("chao", "poisson2", "darroch", "gamma3.5")),
    *(_method(True, shape) for shape in ("chao", "poisson2", "darroch", "gamma3.5")),
)
