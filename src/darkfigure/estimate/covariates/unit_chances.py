"""Chances of capture that depend on covariates, on any number of occasions: conditional likelihood (Huggins, Alho)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.formulas import design
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError, require_overlap
from darkfigure.records.aggregate import CaptureTable, Caution, Quantity, Reason, UnitRows

Array = NDArray[np.float64]

_TOO_FAR = 15.0
"""Log odds at which a chance is below one in a million: the likelihood rises for ever in that direction."""
_FEW_CHANCES = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Captures by kind of unit, occasion, and whether the unit had been captured before.

    Parameters
    ----------
    n_units : ndarray, shape (kinds,)
        Units seen of each kind (same covariates).
    before, after : ndarray, shape (kinds * occasions, columns)
        Design for units not yet, and already, captured; the occasion runs fastest.
    captured, at_risk : ndarray, shape (2, kinds * occasions)
        Captures and units at risk, first row not yet captured, second row already captured.
    names : tuple of str
        Of the columns.
    n_occasions : int
        ``t``.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> sightings_of(table, "~ 1").captured.sum(axis=0).tolist()
    [40.0, 30.0]
    """

    n_units: Array
    before: Array
    after: Array
    captured: Array
    at_risk: Array
    names: tuple[str, ...]
    n_occasions: int


def sightings_of(table: CaptureTable, formula: str | None) -> Sightings:
    """What does the conditional likelihood read from a table?

    Parameters
    ----------
    table : CaptureTable
        With rows and histories, or with cells when the formula names no covariate.
    formula : str or None
        Of covariates, ``time`` (the occasion) and ``behaviour`` (1 after the first capture); ``None`` for time and all
        covariates.

    Returns
    -------
    Sightings
        Grouped by kind of unit.

    Raises
    ------
    UnanswerableError
        Reason ``wrong-table``, ``unordered-lists`` or ``not-identified``.
    EstimateError (E-EST-10)
        The formula cannot be read or names a column that is not there.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> sightings_of(table, "~ time").names
    ('(Intercept)', 'time=2')
    """
    rows = _rows(table)
    histories = rows.histories
    if histories is None:
        raise UnanswerableError(Reason.WRONG_TABLE, "This model needs the histories of the units.")
    t = histories.shape[1]
    text = formula if formula is not None else "~ " + " + ".join(("time", *rows.covariates))
    if "behaviour" in text and not table.ordered:
        raise UnanswerableError(
            Reason.UNORDERED_LISTS,
            "Behaviour compares first with later captures, so the occasions need an order in time.",
        )
    kinds, columns = _kinds(rows)
    n_kinds = int(kinds.max()) + 1 if kinds.size else 0
    digits = len(str(t))
    long = {name: np.repeat(column, t) for name, column in columns.items()}
    long["time"] = np.tile(np.array([f"{j + 1:0{digits}d}" for j in range(t)]), n_kinds)
    flat = n_kinds * t
    before = design(text, {**long, "behaviour": np.zeros(flat)}, n_rows=flat)
    after = design(text, {**long, "behaviour": np.ones(flat)}, n_rows=flat)
    captured, at_risk = _counted(histories, rows.counts, kinds, n_kinds)
    n_units = np.bincount(kinds, weights=rows.counts.astype(float), minlength=n_kinds).astype(float)
    return Sightings(n_units, before.matrix, after.matrix, captured, at_risk, before.names, t)


def _rows(table: CaptureTable) -> UnitRows:
    if table.rows is not None:
        return table.rows
    if table.cells is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE, "This model needs the histories of the units; the table has totals only."
        )
    histories = table.cells.histories
    return UnitRows(
        captures=histories.sum(axis=1, dtype=np.int64), counts=table.cells.counts, covariates={}, histories=histories
    )


def _kinds(rows: UnitRows) -> tuple[NDArray[np.int64], dict[str, NDArray[np.generic]]]:
    """Number of the kind of each row, and the covariates of each kind."""
    if not rows.covariates:
        return np.zeros(len(rows.captures), dtype=np.int64), {}
    codes = [np.unique(column, return_inverse=True)[1].ravel() for column in rows.covariates.values()]
    _, first, kinds = np.unique(np.column_stack(codes), axis=0, return_index=True, return_inverse=True)
    return kinds.ravel(), {name: column[first] for name, column in rows.covariates.items()}


def _counted(
    histories: NDArray[np.uint8], counts: NDArray[np.int64], kinds: NDArray[np.int64], n_kinds: int
) -> tuple[Array, Array]:
    t = histories.shape[1]
    first = histories.argmax(axis=1)
    later = np.arange(t)[None, :] > first[:, None]
    captured, at_risk = np.zeros((2, n_kinds, t)), np.zeros((2, n_kinds, t))
    for number, inside in enumerate((~later, later)):
        np.add.at(at_risk[number], kinds, inside * counts[:, None])
        np.add.at(captured[number], kinds, inside * histories * counts[:, None])
    return captured.reshape(2, -1), at_risk.reshape(2, -1)


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """Log-likelihood with its gradient and the observed information."""

    value: float
    gradient: Array
    information: Array


def conditional_log_likelihood(data: Sightings, beta: Array) -> float:
    """How likely are the histories, given that each unit was seen at least once?

    Parameters
    ----------
    data : Sightings
        Grouped captures.
    beta : ndarray, shape (columns,)
        Of the linear predictor of ``logit p``.

    Returns
    -------
    float
        ``sum_i [sum_j y_ij log p_ij + (1 - y_ij) log(1 - p_ij) - log pi_i]``.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1, 1, 1])
    >>> round(conditional_log_likelihood(sightings_of(table, "~ 1"), np.zeros(1)), 6)  # 3 log(1/3)
    -3.295837
    """
    return _evaluate(data, beta).value


def _evaluate(data: Sightings, beta: Array) -> _Value:
    value, p_columns = 0.0, len(beta)
    gradient, information = np.zeros(p_columns), np.zeros((p_columns, p_columns))
    for number, matrix in enumerate((data.before, data.after)):
        linear = matrix @ beta
        y, risk = data.captured[number], data.at_risk[number]
        p = scipy.special.expit(linear)
        value += float(np.sum(y * scipy.special.log_expit(linear) + (risk - y) * scipy.special.log_expit(-linear)))
        gradient += matrix.T @ (y - risk * p)
        information += (matrix * (risk * p * (1 - p))[:, None]).T @ matrix
    log_missed, slopes, curve = _missed(data, beta)
    seen = -np.expm1(log_missed)
    odds = np.exp(log_missed) / seen
    value -= float(np.sum(data.n_units * np.log(seen)))
    gradient -= slopes.T @ (data.n_units * odds)
    information += (data.before * np.repeat(data.n_units * odds, data.n_occasions)[:, None] * curve[:, None]).T @ (
        data.before
    )
    information -= (slopes * (data.n_units * odds / seen)[:, None]).T @ slopes
    return _Value(value, gradient, information)


def _missed(data: Sightings, beta: Array) -> tuple[Array, Array, Array]:
    """Log chance of never being seen by kind, minus its gradient, and ``p (1 - p)``."""
    linear = data.before @ beta
    p = scipy.special.expit(linear)
    t = data.n_occasions
    log_missed = scipy.special.log_expit(-linear).reshape(-1, t).sum(axis=1)
    slopes = (data.before * p[:, None]).reshape(-1, t, len(beta)).sum(axis=1)
    return log_missed, slopes, p * (1 - p)


@dataclass(frozen=True, slots=True)
class ConditionalLikelihood:
    """How many units, if the chance of capture depends on what is known of each unit?

    Use it with any number of occasions or lists when covariates explain who is seen. Misleads when units differ in
    ways that no covariate shows: the number is then too low. Nearest alternatives: ``stratified`` (nothing shared
    between groups), ``Mth-chao`` (differences that no covariate explains).

    Parameters
    ----------
    formula : str or None
        Of covariates, ``time`` and ``behaviour``; ``None`` for time and all covariates.

    Notes
    -----
    ``logit p_ij = x_ij' b``; ``pi_i = 1 - prod_j (1 - p_ij)``. ``b`` maximises
    ``sum_i [sum_j y_ij log p_ij + (1 - y_ij) log(1 - p_ij) - log pi_i]``; ``N = sum 1 / pi_i``;
    ``var N = sum (1 - pi_i) / pi_i^2 + g' I^-1 g``, ``g = dN / db``. Log-normal interval on the unseen number. Without
    covariates the number is that of ``M0`` (``~ 1``), ``Mt`` (``~ time``), ``Mb`` (``~ behaviour``) or ``Mtb``
    (``~ time + behaviour``).

    Source
    ------
    Huggins (1989), Biometrika 76, 133, doi 10.1093/biomet/76.1.133; Alho (1990), Biometrics 46, 623,
    doi 10.2307/2532083.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10])
    >>> round(ConditionalLikelihood("~ time").fit(table, 0.95).n_unseen, 6)  # 30 * 20 / 10
    60.0
    """

    formula: str | None

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the chances and weigh each unit seen by the inverse of its chance."""
        require_overlap(table)
        data = sightings_of(table, self.formula)
        if data.n_occasions < 2:
            raise UnanswerableError(Reason.TOO_FEW_LISTS, "This model needs two or more occasions or lists.")
        beta, at = _maximum(data)
        covariance = np.linalg.inv(at.information)
        log_missed, slopes, _ = _missed(data, beta)
        seen = -np.expm1(log_missed)
        missed = np.exp(log_missed)
        unseen = float(np.sum(data.n_units * missed / seen))
        gradient = -slopes.T @ (data.n_units * missed / seen**2)
        sampling, fitting = float(np.sum(data.n_units * missed / seen**2)), float(gradient @ covariance @ gradient)
        error = math.sqrt(sampling + fitting)
        p = len(beta)
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level),
            parameters=dict(zip(data.names, (float(b) for b in beta), strict=True)),
            diagnostics={
                "n_parameters": p,
                "log_likelihood_conditional": at.value,
                "aic_conditional": 2 * p - 2 * at.value,
                "lowest_chance_of_being_seen": float(seen.min()),
                "variance_from_the_fit": fitting,
            },
            cautions=_cautions(data, seen, fitting),
            quantities=tuple(
                Quantity(name=name, value=float(b), standard_error=math.sqrt(max(float(v), 0.0)))
                for name, b, v in zip(data.names, beta, np.diag(covariance), strict=True)
            ),
        )


def _maximum(data: Sightings) -> tuple[Array, _Value]:
    """Damped Newton search; refuses designs without full rank and likelihoods without a highest point."""
    met = np.vstack([data.before[data.at_risk[0] > 0], data.after[data.at_risk[1] > 0]])
    if np.linalg.matrix_rank(met) < met.shape[1]:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The formula has more unknowns than the kinds of units and occasions can settle."
        )
    beta = np.zeros(data.before.shape[1])
    at = _evaluate(data, beta)
    for _ in range(200):
        step = _step(at)
        size = 1.0
        while size > 1e-9:
            after = _evaluate(data, beta + size * step)
            if math.isfinite(after.value) and after.value >= at.value - 1e-10 * abs(at.value):
                break
            size /= 2
        beta, at = beta + size * step, after
        if _out_of_reach(data, beta):
            break
        if float(np.abs(at.gradient).max()) < 1e-8 * max(1.0, data.n_units.sum()) and np.abs(step).max() < 1e-7:
            break
    else:
        raise UnanswerableError(Reason.NOT_CONVERGED, "The fit of the chances of capture did not settle.")
    if _out_of_reach(data, beta):
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "For some kind of unit, or some occasion, every chance of capture fits better the closer it is to nought "
            "or one: there is no best value. Fewer covariates or pooled levels would be needed.",
        )
    if np.linalg.eigvalsh(at.information).min() <= 0:
        raise UnanswerableError(Reason.NOT_IDENTIFIED, "Several sets of chances fit these histories equally well.")
    return beta, at


def _out_of_reach(data: Sightings, beta: Array) -> bool:
    met = [m[r > 0] @ beta for m, r in zip((data.before, data.after), data.at_risk, strict=True) if (r > 0).any()]
    return bool(max(float(np.abs(linear).max()) for linear in met) > _TOO_FAR)


def _step(at: _Value) -> Array:
    values, vectors = np.linalg.eigh(at.information)
    floor = max(float(np.abs(values).max()) * 1e-10, 1e-12)
    made: Array = vectors @ ((vectors.T @ at.gradient) / np.maximum(np.abs(values), floor))
    return made


def _cautions(data: Sightings, seen: Array, fitting: float) -> tuple[Caution, ...]:
    found = []
    if float(seen.min()) < _FEW_CHANCES:
        found.append(
            Caution(
                "C-RARELY-SEEN",
                "Some kinds of units had less than one chance in twenty of being seen at all; each of those seen "
                "stands for many.",
            )
        )
    if len(data.n_units) == 1 and any("=" in name and not name.startswith("time") for name in data.names):
        found.append(Caution("C-ONE-KIND", "All units seen have the same covariates."))
    return tuple(found)


def huggins(formula: str | None = None) -> Method:
    """Make a conditional-likelihood method with a formula of its own.

    Parameters
    ----------
    formula : str or None
        ``"~ sex"``, ``"~ time + sex*age"``, ``"~ time + behaviour"``; ``None`` for time and all covariates of the
        table, added up.

    Returns
    -------
    Method
        Named ``huggins``, with the formula when one is given.

    Examples
    --------
    >>> huggins("~ time + sex").name
    'huggins ~ time + sex'
    """
    return Method(
        name="huggins" if formula is None else f"huggins ~ {formula.strip().removeprefix('~').strip()}",
        question="How many units, if the chance of capture depends on what is known of each unit?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "Units with the same covariates have the same chance of capture on any one occasion.",
            "A unit's captures do not depend on each other, given its covariates (unless the formula has behaviour).",
            "The log odds of capture add up from the parts of the formula.",
        ),
        source="Huggins (1989), doi 10.1093/biomet/76.1.133; Alho (1990), doi 10.2307/2532083",
        needs="histories with covariates for each unit; histories alone when the formula names no covariate",
        formula="logit p_ij = x_ij' b; pi_i = 1 - prod_j (1 - p_ij); N = sum_i 1 / pi_i over the units seen",
        misleads=(
            "When units differ in ways that no covariate shows: the units seen are then the easy ones, and the number "
            "is too low. When kinds of units exist of which nobody was seen: they are not in the number at all."
        ),
        fit=ConditionalLikelihood(formula).fit,
    )


METHODS = (huggins(),)
