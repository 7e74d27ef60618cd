"""Design matrices from formulas such as ``~ time + sex:weight``: the one notation of all models with covariates."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError

_NAME = re.compile(r"[^\W\d][\w.]*")


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Columns of a linear predictor.

    Parameters
    ----------
    matrix : ndarray of float64, shape (rows, columns)
        The first column is the intercept unless the formula removes it with ``0``.
    names : tuple of str
        ``"(Intercept)"``, ``"sex=male"``, ``"weight"``, ``"sex=male:weight"``.
    """

    matrix: NDArray[np.float64]
    names: tuple[str, ...]


def design(formula: str, columns: Mapping[str, NDArray[Any]], *, n_rows: int) -> Design:
    """Which columns does this formula make of these covariates?

    Text columns are factors with treatment coding: the first level in alphabetical order is the base. Numbers enter as
    they are. An interaction takes its parts coded so, so write the main effects too (``a*b`` does).

    Parameters
    ----------
    formula : str
        ``"~ 1"``, ``"~ time"``, ``"~ sex + weight"``, ``"~ sex*time"``, ``"~ 0 + time"``.
    columns : mapping of str to ndarray, shape (n_rows,)
        Text or numbers.
    n_rows : int
        Rows of the design.

    Returns
    -------
    Design
        In the order of the formula, main effects before interactions.

    Raises
    ------
    EstimateError (E-EST-10)
        The formula cannot be read, or names a column the table does not have.

    Examples
    --------
    >>> made = design("~ sex", {"sex": np.array(["f", "m", "m"])}, n_rows=3)
    >>> made.names, made.matrix[:, 1].tolist()
    (('(Intercept)', 'sex=m'), [0.0, 1.0, 1.0])
    """
    intercept, terms = _terms(formula)
    blocks: list[NDArray[np.float64]] = [np.ones((n_rows, 1))] if intercept else []
    names: list[str] = ["(Intercept)"] if intercept else []
    for term in terms:
        whole = not intercept and not names
        parts = [_coded(name, columns, whole=whole and len(term) == 1) for name in term]
        for combination in itertools.product(*(range(len(part.names)) for part in parts)):
            chosen = [part.matrix[:, index] for part, index in zip(parts, combination, strict=True)]
            blocks.append(np.prod(chosen, axis=0)[:, None])
            names.append(":".join(part.names[index] for part, index in zip(parts, combination, strict=True)))
    matrix = np.concatenate(blocks, axis=1) if blocks else np.zeros((n_rows, 0))
    return Design(matrix, tuple(names))


def _terms(formula: str) -> tuple[bool, list[tuple[str, ...]]]:
    right = formula.strip().removeprefix("~").strip()
    intercept = True
    terms: list[tuple[str, ...]] = []
    for piece in right.split("+"):
        part = piece.strip()
        if part in {"0", "1"}:
            intercept = part == "1"
            continue
        factors = [name.strip() for name in re.split(r"[*:]", part)]
        if not all(_NAME.fullmatch(name) for name in factors) or ("*" in part and ":" in part):
            raise _fault("the formula cannot be read")
        if "*" in part:
            expanded = [c for size in range(1, len(factors) + 1) for c in itertools.combinations(factors, size)]
        else:
            expanded = [tuple(factors)]
        terms += [term for term in expanded if term not in terms]
    return intercept, sorted(terms, key=len)


def _coded(name: str, columns: Mapping[str, NDArray[Any]], *, whole: bool) -> Design:
    if name not in columns:
        raise _fault("the formula names a column that the table does not have")
    column = columns[name]
    if column.dtype.kind in "fiub":
        return Design(column.astype(float)[:, None], (name,))
    levels = np.unique(column)
    kept = levels if whole else levels[1:]
    return Design((column[:, None] == kept[None, :]).astype(float), tuple(f"{name}={level}" for level in kept))


def _fault(problem: str) -> EstimateError:
    return EstimateError(
        "E-EST-10",
        where="formula",
        problem=problem,
        allowed="'~ 1' or names of columns joined by '+', ':' or '*', such as '~ sex + age'",
        remedy="Name columns of the table, or 'time' and 'group' in an open model.",
    )
