"""Any estimator within strata of a covariate: the numbers and variances are added, the ends of the ranges are not."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed import closed_models, two_samples
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import Fit, Method, UnanswerableError
from darkfigure.estimate.plausibility import check_plausible
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Quantity, Reason, UnitRows

Combine = Literal["sum", "recovered"]

FEW_REPEATS = 7
"""Below seven repeated captures even Chapman's estimator is biased: Robson and Regier (1964)."""
_ENOUGH_EXPECTED = 5.0


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum: its level and its units as a table of their own.

    Parameters
    ----------
    level : str
        Of the grouping covariate.
    table : CaptureTable
        The units of that level.

    Examples
    --------
    >>> Stratum("north", CaptureTable.from_frequencies([4, 2], n_occasions=2)).table.n_observed
    6
    """

    level: str
    table: CaptureTable


def strata_of(table: CaptureTable, *, by: str | None) -> tuple[Stratum, ...]:
    """Which tables do the levels of a grouping covariate make?

    Parameters
    ----------
    table : CaptureTable
        With ``rows``; with their histories the strata have cells and totals, without them frequencies only.
    by : str or None
        The covariate; ``None`` for the only grouping covariate of the table.

    Returns
    -------
    tuple of Stratum
        In alphabetical order of the levels; levels without any unit are left out.

    Raises
    ------
    UnanswerableError
        Reason ``wrong-table``: no rows, or not exactly one grouping covariate where none is named.
    EstimateError (E-EST-32)
        The table has no such covariate, or it is a quantity.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> rows = UnitRows(captures=np.array([1, 1, 2, 1]), counts=np.array([30, 15, 10, 5]),
    ...     covariates={"sex": np.array(["f", "f", "f", "m"])}, histories=np.array([[1, 0], [0, 1], [1, 1], [0, 1]],
    ...     dtype=np.uint8))
    >>> [(s.level, s.table.n_observed) for s in strata_of(replace(table, rows=rows), by="sex")]
    [('f', 55), ('m', 5)]
    """
    rows, column = _grouping(table, by)
    found = []
    for level in np.unique(column):
        inside = (column == level) & (rows.counts > 0)
        if inside.any():
            found.append(Stratum(str(level), _part(table, rows, inside)))
    return tuple(found)


def pool_strata(table: CaptureTable, *, by: str, into: Mapping[str, str]) -> CaptureTable:
    """Put levels of a grouping covariate together, and write that down in the table.

    Parameters
    ----------
    table : CaptureTable
        With ``rows``.
    by : str
        The covariate.
    into : mapping of str to str
        Old level to new level; levels not named stay.

    Returns
    -------
    CaptureTable
        The same units; ``operations`` says how many strata became how many.

    Raises
    ------
    UnanswerableError
        Reason ``wrong-table``: the table has no rows.
    EstimateError (E-EST-32)
        The table has no such covariate, it is a quantity, or a level to pool is not there.

    Examples
    --------
    >>> rows = UnitRows(captures=np.array([1, 2, 1]), counts=np.array([9, 4, 2]),
    ...     covariates={"area": np.array(["a", "b", "c"])})
    >>> table = replace(CaptureTable.from_frequencies([11, 4], n_occasions=2), rows=rows)
    >>> pooled = pool_strata(table, by="area", into={"b": "b or c", "c": "b or c"})
    >>> pooled.operations, len(strata_of(pooled, by="area"))
    (('strata of area pooled: 3 into 2',), 2)
    """
    rows, column = _grouping(table, by)
    if not set(into) <= {str(level) for level in np.unique(column)}:
        raise EstimateError(
            "E-EST-32",
            where="into",
            problem="a level to pool is not in the table",
            allowed="levels of the grouping covariate",
            remedy="Name levels as the table has them.",
        )
    pooled = np.array([into.get(str(level), str(level)) for level in column], dtype=str)
    done = f"strata of {by} pooled: {len(np.unique(column))} into {len(np.unique(pooled))}"
    return replace(
        table,
        rows=replace(rows, covariates={**rows.covariates, by: pooled}),
        operations=(*table.operations, done),
    )


@dataclass(frozen=True, slots=True)
class StratifiedModel:
    """How many units, if each stratum is estimated on its own and the numbers are added?

    Use it when strata differ in how easily their units are seen: a pooled estimate is then too low. Misleads when
    units change stratum between occasions, when the stratum is recorded wrongly, and when strata are so small that
    the bias of every single estimate adds up. Nearest alternatives: ``huggins`` (strata share what they have in
    common), ``doubly_robust`` (many covariates, two lists).

    Parameters
    ----------
    method : Method
        Run within each stratum.
    by : str or None
        Grouping covariate; ``None`` for the only one of the table.
    combine : {"sum", "recovered"}
        ``N = sum N_h`` and ``var = sum var_h`` either way. ``"sum"``: log-normal interval on the total unseen.
        ``"recovered"``: the strata's own intervals are combined by recovered variances, which keeps their skewness.

    Notes
    -----
    ``N = sum N_h``, ``var N = sum var N_h`` (strata are disjoint). ``"recovered"``:
    ``lower = N - sqrt(sum (N_h - l_h)^2)``, ``upper = N + sqrt(sum (u_h - N_h)^2)``. Adding the ends of the ranges
    would claim that all strata err in the same direction at once.

    Do the strata differ? Likelihood ratio of strata with values of their own against strata that share everything but
    their size: ``G + D_pooled - sum D_h``, where ``G`` is the statistic of independence of stratum and history and
    ``D`` are deviances of the model, on ``(H - 1)(p - 1)`` degrees of freedom. Where the method has no deviance, ``G``
    itself is used, over histories or, when those are sparse, over numbers of captures.

    Source
    ------
    Strata: Sekar and Deming (1949), JASA 44, 101, doi 10.1080/01621459.1949.10483294. Recovered variances: Zou and
    Donner (2008), Statistics in Medicine 27, 1693, doi 10.1002/sim.3095.

    Examples
    --------
    >>> histories = np.array([[1, 0], [0, 1], [1, 1]] * 2, dtype=np.uint8)
    >>> counts = np.array([60, 40, 20, 10, 20, 30])
    >>> rows = UnitRows(captures=histories.sum(axis=1, dtype=np.int64), counts=counts,
    ...     covariates={"sex": np.array(["f"] * 3 + ["m"] * 3)}, histories=histories)
    >>> table = replace(CaptureTable.from_histories(histories, counts), rows=rows)
    >>> fit = StratifiedModel(two_samples.METHODS[0], "sex", "sum").fit(table, 0.95)
    >>> round(fit.n_unseen, 4)  # 60 * 40 / 20 + 10 * 20 / 30
    126.6667
    """

    method: Method
    by: str | None
    combine: Combine

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit every stratum and add up; refuses when any stratum refuses."""
        strata = strata_of(table, by=self.by)
        if len(strata) < 2:
            raise UnanswerableError(
                Reason.WRONG_TABLE, "Only one stratum holds units; without strata the plain method answers."
            )
        fits = self._fits(strata, level)
        unseen = sum(fit.n_unseen or 0.0 for fit in fits)
        errors = [fit.standard_error for fit in fits]
        error = math.sqrt(sum(e**2 for e in errors if e is not None)) if None not in errors else None
        totals = [s.table.n_observed + (fit.n_unseen or 0.0) for s, fit in zip(strata, fits, strict=True)]
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=self._interval(table, fits, totals, error, level),
            diagnostics={"strata": len(strata), **self._difference(table, strata, fits, level)},
            cautions=_cautions(strata, fits),
            quantities=tuple(
                Quantity(name=f"N[{s.level}]", value=total, standard_error=fit.standard_error, interval=fit.interval)
                for s, fit, total in zip(strata, fits, totals, strict=True)
            ),
        )

    def _fits(self, strata: Sequence[Stratum], level: float) -> list[Fit]:
        fits, refused = [], []
        for stratum in strata:
            try:
                fit = check_plausible(self.method.fit(stratum.table, level), stratum.table)
            except UnanswerableError as refusal:
                refused.append(refusal.reason)
                continue
            if fit.n_unseen is None:
                raise UnanswerableError(Reason.NO_SIZE, "The method within strata gives rates and no size.")
            fits.append(fit)
        if refused:
            reason = min(set(refused), key=lambda r: (-refused.count(r), r.value))
            raise UnanswerableError(
                reason,
                f"{len(refused)} of {len(strata)} strata cannot be estimated by themselves, and leaving them out would "
                "leave their units out. Pool strata (pool_strata records it) or use a model they share.",
                {"strata": len(strata), "strata_refused": len(refused)},
            )
        return fits

    def _interval(
        self, table: CaptureTable, fits: Sequence[Fit], totals: Sequence[float], error: float | None, level: float
    ) -> Interval | None:
        total = sum(totals)
        if self.combine == "sum":
            if error is None:
                return None
            return log_normal_interval(table.n_observed, total - table.n_observed, error, level)
        ends = [(n, fit.interval) for n, fit in zip(totals, fits, strict=True)]
        if any(interval is None for _, interval in ends):
            return None
        below = math.sqrt(sum((n - min(i.lower, n)) ** 2 for n, i in ends if i is not None))
        above = math.sqrt(sum((max(i.upper, n) - n) ** 2 for n, i in ends if i is not None))
        return Interval(max(float(table.n_observed), total - below), total + above, level, "recovered variances")

    def _difference(
        self, table: CaptureTable, strata: Sequence[Stratum], fits: Sequence[Fit], level: float
    ) -> dict[str, float]:
        """Do the strata differ beyond chance? With the pooled estimate beside it where there is one."""
        rows, column = _grouping(table, self.by)
        whole = _part(table, rows, rows.counts > 0)
        try:
            pooled: Fit | None = check_plausible(self.method.fit(whole, level), whole)
        except UnanswerableError:
            pooled = None
        found: dict[str, float] = {}
        if pooled is not None and pooled.n_unseen is not None:
            found["n_total_pooled"] = table.n_observed + pooled.n_unseen
        cells, statistic, df = _independence(rows, column)
        sizes = {fit.diagnostics.get("n_parameters") for fit in (*fits, *([pooled] if pooled else []))}
        deviances = [fit.deviance for fit in fits if fit.deviance is not None]
        p = sizes.pop() if len(sizes) == 1 else None
        if pooled is not None and pooled.deviance is not None and len(deviances) == len(fits) and p is not None:
            statistic, df = statistic + pooled.deviance - sum(deviances), int((len(fits) - 1) * (p - 1))
        elif table.n_observed / (len(strata) * cells) < _ENOUGH_EXPECTED:
            _, statistic, df = _independence(replace(rows, histories=None), column)
        if df > 0:
            statistic = max(statistic, 0.0)
            found |= {
                "heterogeneity_statistic": statistic,
                "heterogeneity_df": df,
                "heterogeneity_p": float(scipy.special.chdtrc(df, statistic)),
            }
        return found


def _grouping(table: CaptureTable, by: str | None) -> tuple[UnitRows, NDArray[np.str_]]:
    rows = table.rows
    if rows is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE, "Strata need the units by a covariate; the table holds none beside the captures."
        )
    factors = [name for name, column in rows.covariates.items() if column.dtype.kind == "U"]
    if by is None:
        if len(factors) != 1:
            raise UnanswerableError(
                Reason.WRONG_TABLE,
                "This method takes the strata from the only grouping covariate; the table has none, or several.",
                {"grouping_covariates": len(factors)},
            )
        return rows, rows.covariates[factors[0]]
    if by not in factors:
        raise EstimateError(
            "E-EST-32",
            where="by",
            problem="the table has no such grouping covariate (a quantity makes no strata)",
            allowed=", ".join(factors) or "no grouping covariate in this table",
            remedy="Name a covariate of text, or cut a quantity in classes first.",
        )
    return rows, rows.covariates[by]


def _part(table: CaptureTable, rows: UnitRows, inside: NDArray[np.bool_]) -> CaptureTable:
    """The chosen rows as a table of their own."""
    if rows.histories is not None:
        part = CaptureTable.from_histories(
            rows.histories[inside], rows.counts[inside], labels=table.labels, ordered=table.ordered, unit=table.unit
        )
    else:
        captures = rows.captures[inside]
        f = np.bincount(captures, weights=rows.counts[inside].astype(float), minlength=2)[1:]
        part = CaptureTable.from_frequencies(
            [int(x) for x in np.rint(f)], n_occasions=table.n_occasions, unit=table.unit
        )
    return replace(
        part,
        rows=UnitRows(
            captures=rows.captures[inside],
            counts=rows.counts[inside],
            covariates={name: column[inside] for name, column in rows.covariates.items()},
            histories=None if rows.histories is None else rows.histories[inside],
        ),
        operations=table.operations,
    )


def _independence(rows: UnitRows, column: NDArray[np.str_]) -> tuple[int, float, int]:
    """Cells met, likelihood-ratio statistic of independence of stratum and cell, degrees of freedom."""
    counted = rows.counts > 0
    what = rows.captures[:, None] if rows.histories is None else rows.histories
    _, cell = np.unique(what[counted], axis=0, return_inverse=True)
    _, stratum = np.unique(column[counted], return_inverse=True)
    crossed = np.zeros((int(stratum.max()) + 1, int(cell.max()) + 1))
    np.add.at(crossed, (stratum.ravel(), cell.ravel()), rows.counts[counted])

    def entropy(n: NDArray[np.float64]) -> float:
        return float(scipy.special.xlogy(n, n).sum())

    margins = entropy(crossed.sum(axis=0)) + entropy(crossed.sum(axis=1)) - entropy(crossed.sum(keepdims=True))
    h, w = crossed.shape
    return w, 2 * (entropy(crossed) - margins), (h - 1) * (w - 1)


def _cautions(strata: Sequence[Stratum], fits: Sequence[Fit]) -> tuple[Caution, ...]:
    found = []
    sparse = sum(s.table.n_captures - s.table.n_observed < FEW_REPEATS for s in strata)
    if sparse:
        found.append(
            Caution(
                "C-SPARSE-STRATA",
                f"{sparse} of {len(strata)} strata hold very few repeated sightings; their estimates may be far off, "
                "and so may the sum.",
            )
        )
    told: dict[str, tuple[int, str]] = {}
    for fit in fits:
        for caution in fit.cautions:
            told[caution.code] = (told.get(caution.code, (0, ""))[0] + 1, caution.text)
    found += [Caution(code, f"In {n} of {len(strata)} strata: {text}") for code, (n, text) in sorted(told.items())]
    return tuple(found)


def stratified(method: str | Method, *, by: str | None = "group", combine: Combine = "sum") -> Method:
    """Make a method that runs another one within strata and adds up.

    Parameters
    ----------
    method : str or Method
        A name of the registry, or a method with options of its own.
    by : str or None
        Grouping covariate of ``table.rows``; ``None`` for the only one.
    combine : {"sum", "recovered"}
        How the interval is made (see ``StratifiedModel``).

    Returns
    -------
    Method
        Named ``stratified-`` and the method's name.

    Raises
    ------
    EstimateError (E-EST-01)
        The registry has no such method.
    EstimateError (E-EST-33)
        ``combine`` is neither of the two ways.

    Examples
    --------
    >>> stratified("chapman", by="district").name
    'stratified-chapman'
    """
    if combine not in ("sum", "recovered"):
        raise EstimateError(
            "E-EST-33",
            where="combine",
            problem="there is no such way to combine strata",
            allowed="sum, recovered",
            remedy="Choose one of the two.",
        )
    inner = method if isinstance(method, Method) else _named(method)
    return Method(
        name=f"stratified-{inner.name}",
        question="How many units, if each stratum is estimated on its own and the numbers are added?",
        assumptions=(
            *inner.assumptions,
            "What is assumed of all units holds within each stratum; strata may differ from each other.",
            "Every unit belongs to one stratum, which is recorded without error and does not change.",
        ),
        source=f"Sekar and Deming (1949), doi 10.1080/01621459.1949.10483294; within strata: {inner.source}",
        needs=f"one grouping covariate beside the captures; within strata: {inner.needs}",
        formula="N = sum_h N_h; var N = sum_h var N_h",
        misleads=(
            "When many strata are small: each estimate is biased a little in the same direction, and the sum a lot. "
            "When units were put in the wrong stratum on some lists, overlaps are lost and the number is too large."
        ),
        fit=StratifiedModel(inner, by, combine).fit,
    )


def _named(name: str) -> Method:
    # The registry lists methods of this module, so it can be read only when a method is made.
    from darkfigure.estimate.registry import REGISTRY

    if name not in REGISTRY:
        raise EstimateError(
            "E-EST-01",
            where="method",
            problem="no estimator has this name",
            allowed=", ".join(REGISTRY),
            remedy="Choose a name from `darkfigure methods`.",
        )
    return REGISTRY[name]


def _of(family: Sequence[Method], name: str) -> Method:
    return next(method for method in family if method.name == name)


METHODS = (
    stratified(_of(two_samples.METHODS, "chapman"), by=None),
    stratified(_of(closed_models.METHODS, "Mt"), by=None),
)
