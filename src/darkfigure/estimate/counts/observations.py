"""Units with equal captures and equal covariates as one row, with the design of the linear predictor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.counts.truncation import CountModel
from darkfigure.estimate.formulas import Design, design
from darkfigure.estimate.outcomes import UnanswerableError, require_overlap
from darkfigure.records.aggregate import CaptureTable, Reason, UnitRows

Array = NDArray[np.float64]
_DEPENDENT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """What a regression of captures reads.

    Parameters
    ----------
    captures, counts : ndarray, shape (rows,)
        Times captured, and units of the row; each pair of captures and design row stands once.
    matrix : ndarray, shape (rows, k)
        Columns of the linear predictor.
    names : tuple of str
        Of the coefficients.
    sources : tuple of str
        The columns of the table that each coefficient comes from; these may stand in messages, names may not.
    """

    captures: Array
    counts: Array
    matrix: Array
    names: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def n_observed(self) -> float:
        """Units in all rows."""
        return float(self.counts.sum())


def observations(table: CaptureTable, formula: str | None) -> Observations:
    """Which distinct rows does a regression with this formula see?

    Parameters
    ----------
    table : CaptureTable
        With ``rows`` unless the formula is ``"~ 1"``.
    formula : str or None
        As ``darkfigure.estimate.formulas.design`` reads it; ``None`` for the main effects of all covariates.

    Returns
    -------
    Observations
        Sorted, so that the order of rows in the table does not matter.

    Raises
    ------
    EstimateError (E-EST-52)
        The formula leaves no column at all.
    EstimateError (E-EST-10)
        The formula cannot be read, or names a column the table does not have.

    Examples
    --------
    >>> seen = observations(CaptureTable.from_frequencies([5, 0, 2]), "~ 1")
    >>> seen.captures.tolist(), seen.counts.tolist()
    ([1.0, 3.0], [5.0, 2.0])
    """
    rows = table.rows
    if formula is not None and _is_intercept(formula):
        f = np.asarray(table.frequencies, dtype=float)
        seen = np.flatnonzero(f)
        return Observations(
            (seen + 1).astype(float), f[seen], np.ones((seen.size, 1)), ("(Intercept)",), ("intercept",)
        )
    if rows is None or not rows.covariates:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            "This model compares units by their covariates; the table has numbers of captures only.",
        )
    made, sources = _designed(formula, rows)
    if not made.names:
        raise EstimateError(
            "E-EST-52",
            where="formula",
            problem="the formula leaves nothing to estimate",
            allowed="an intercept or at least one column",
            remedy="Write '~ 1' for a rate that all units share.",
        )
    kept = rows.counts > 0
    both = np.column_stack([rows.captures[kept].astype(float), made.matrix[kept]])
    distinct, group = equal_rows(both)
    counts = np.bincount(group, weights=rows.counts[kept], minlength=distinct.shape[0]).astype(float)
    return Observations(distinct[:, 0], counts, distinct[:, 1:], made.names, sources)


def _designed(formula: str | None, rows: UnitRows) -> tuple[Design, tuple[str, ...]]:
    """The design with the columns behind each coefficient; main effects take any name of a column."""
    n, columns = rows.captures.size, tuple(rows.covariates)
    if formula is not None:
        made = design(formula, rows.covariates, n_rows=n)
        return made, tuple(_source(name, columns) for name in made.names)
    matrix, names, sources = [np.ones((n, 1))], ["(Intercept)"], ["intercept"]
    for column, values in rows.covariates.items():
        one = design("~ x", {"x": values}, n_rows=n)
        matrix.append(one.matrix[:, 1:])
        names += [column + name.removeprefix("x") for name in one.names[1:]]
        sources += [column] * (len(one.names) - 1)
    return Design(np.concatenate(matrix, axis=1), tuple(names)), tuple(sources)


def _is_intercept(formula: str) -> bool:
    return formula.strip().removeprefix("~").strip() == "1"


def equal_rows(values: Array) -> tuple[Array, NDArray[np.intp]]:
    """Which rows are equal?

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        At least one row.

    Returns
    -------
    ndarray, ndarray of intp
        The distinct rows, sorted by their first column, then the next; and which of them each row is.

    Examples
    --------
    >>> equal_rows(np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 1.0]]))[1].tolist()
    [1, 0, 1]
    """
    order = np.lexsort(values.T[::-1])
    ordered = values[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])
    group = np.empty(order.size, dtype=np.intp)
    group[order] = np.cumsum(new) - 1
    return ordered[new], group


def _source(name: str, columns: tuple[str, ...]) -> str:
    """The columns a coefficient comes from, without the level, which is a value of a record."""
    found = [c for c in columns if any(part == c or part.startswith(f"{c}=") for part in name.split(":"))]
    return ":".join(found) or "intercept"


def require_information(seen: Observations, model: CountModel, table: CaptureTable) -> None:
    """Refuse data on which the likelihood of a model has no single, finite maximum in its coefficients.

    Parameters
    ----------
    seen : Observations
        The distinct rows.
    model : CountModel
        The model to be fitted.
    table : CaptureTable
        The data behind them.

    Examples
    --------
    >>> from darkfigure.estimate.counts.truncation import COUNT_MODELS
    >>> table = CaptureTable.from_frequencies([9, 2])
    >>> require_information(observations(table, "~ 1"), COUNT_MODELS["zt-poisson"], table)
    """
    require_overlap(table)
    informing = model.informing(seen.captures)
    if np.unique(seen.captures[model.within(seen.captures)]).size < 2:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "All units this model reads were captured equally often, so the data do not show how numbers of captures "
            f"spread. It reads units captured {_range(model)}.",
            {"units_in_likelihood": float(seen.counts[model.within(seen.captures)].sum())},
        )
    _require_rank(seen, informing)
    _require_no_separation(seen, model, informing)


def _range(model: CountModel) -> str:
    return f"{model.least} or {model.most} times" if model.most else f"{model.least} times or more"


def _columns(seen: Observations, chosen: NDArray[np.bool_]) -> str:
    return ", ".join(sorted({source for source, take in zip(seen.sources, chosen, strict=True) if take}))


def _require_rank(seen: Observations, informing: NDArray[np.bool_]) -> None:
    scaled = seen.matrix[informing]
    norm = np.sqrt((scaled**2).sum(axis=0))
    scaled = scaled / np.where(norm > 0, norm, 1.0)
    basis: list[Array] = []
    aliased = np.zeros(scaled.shape[1], dtype=bool)
    for j in range(scaled.shape[1]):
        left = scaled[:, j]
        for b in basis * 2:
            left = left - b * (b @ left)
        size = float(np.sqrt(left @ left))
        aliased[j] = size < _DEPENDENT
        if not aliased[j]:
            basis.append(left / size)
    if aliased.any():
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            f"The effects of these columns cannot be told apart on the units that inform the rate: "
            f"{_columns(seen, aliased)}. Leave a column out, or merge levels that few units have.",
            {"coefficients": seen.matrix.shape[1], "aliased": float(aliased.sum())},
        )


def _require_no_separation(seen: Observations, model: CountModel, informing: NDArray[np.bool_]) -> None:
    """Linear program: is there a direction in which some units' rates run to an end and no unit's fit worsens?"""
    high = informing & (seen.captures >= model.pinning)
    low = informing & (seen.captures < model.pinning)
    x, k = seen.matrix, seen.matrix.shape[1]
    if not high.any():
        _refuse_separation("intercept", model)
    held = np.linalg.matrix_rank(x[high])
    if held == k and not model.rising:
        return
    gain = x[low].sum(axis=0) - (x[high].sum(axis=0) if model.rising else 0.0)
    bounded = np.vstack([x[low], -x[high]]) if model.rising else x[low]
    found = scipy.optimize.linprog(
        gain,
        A_ub=bounded,
        b_ub=np.zeros(bounded.shape[0]),
        A_eq=None if model.rising else x[high],
        b_eq=None if model.rising else np.zeros(int(high.sum())),
        bounds=(-1, 1),
    )
    if found.status == 0 and found.fun < -1e-7:
        _refuse_separation(_columns(seen, np.abs(found.x) > 1e-7), model)


def _refuse_separation(columns: str, model: CountModel) -> None:
    least = f"no more than {model.pinning - 1} time{'s' if model.pinning > 2 else ''}"
    raise UnanswerableError(
        Reason.DOES_NOT_EXIST,
        f"Units of some kind (by: {columns}) were all captured {least}"
        + (", or all as often as this model reads," if model.rising else " among those this model reads,")
        + " so the likelihood is highest where their rate runs to its end and the number of unseen units has no finite "
        "value. Leave a column out, merge levels, or use a model that reads more of the record.",
    )
