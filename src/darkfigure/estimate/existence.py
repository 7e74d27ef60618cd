"""Does a finite best value exist at all? Checks to make before fitting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.records.aggregate import Reason

Array = NDArray[np.float64]


def check_counts(frequencies: Sequence[int], n_occasions: int | None, shape: str | None) -> None:
    """Refuse frequencies on which the model's likelihood has no highest point.

    Parameters
    ----------
    frequencies : sequence of int
        ``f_1, f_2, ...``; at least one unit seen twice or more.
    n_occasions : int or None
        ``t``.
    shape : str or None
        Heterogeneity: ``None``, ``"chao"`` or a strictly convex shape.

    Raises
    ------
    UnanswerableError
        Reason ``boundary``, ``not-identified`` or ``does-not-exist``.

    Notes
    -----
    A strictly convex or concave curve in ``k`` meets zero at most twice. So with three numbers of captures present the
    maximum exists; with two it exists only when empty numbers lie both between and outside of them (or none is
    empty).

    Examples
    --------
    >>> check_counts((25, 22, 13, 5, 1, 2), 6, "darroch")
    """
    present = [k for k, f in enumerate(frequencies, start=1) if f > 0]
    if n_occasions is not None and present == [n_occasions]:
        raise UnanswerableError(
            Reason.BOUNDARY, "Every unit was seen on every occasion, so the model finds no room for unseen units."
        )
    if len(present) == 1:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED,
            "Every unit was seen equally often. Captures by chance do not look like that, so no model of them can be "
            "judged by these data.",
        )
    if shape is None:
        return
    if shape == "chao":
        if frequencies[1] == 0:
            raise UnanswerableError(
                Reason.DOES_NOT_EXIST,
                "No unit was seen exactly twice, so this lower bound has no finite value.",
                {"f2": 0},
            )
        return
    if len(present) >= 3:
        return
    t = len(frequencies)
    between = len(present) == 2 and present[1] - present[0] > 1
    outside = len(present) == 2 and not (present[0] == 1 and present[1] == t)
    if not (between and outside):
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "The units have too few different numbers of captures to tell differences between units from chance.",
            {"different_numbers_of_captures": len(present)},
        )


def check_cells(design: Array, counts: Array) -> None:
    """Refuse a table whose empty cells let the likelihood rise for ever.

    Parameters
    ----------
    design : ndarray, shape (cells, p)
        Columns of the log-linear model.
    counts : ndarray, shape (cells,)
        Units in each cell.

    Raises
    ------
    UnanswerableError
        Reason ``not-identified`` or ``does-not-exist``.

    Notes
    -----
    Linear program: is there a direction ``d`` with ``(X d)_w = 0`` where ``n_w > 0``, ``(X d)_w <= 0`` elsewhere, and
    not all zero? Then the likelihood rises along ``d`` and has no maximum.

    Source
    ------
    Fienberg and Rinaldo (2012), Annals of Statistics 40, 996, doi 10.1214/12-AOS986.

    Examples
    --------
    >>> check_cells(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([3.0, 2.0]))
    """
    exists, identified = cell_verdict(design, counts)
    if not identified:
        raise UnanswerableError(
            Reason.NOT_IDENTIFIED, "The model has more unknowns than the pattern of lists can settle."
        )
    if not exists:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "Combinations of lists that nobody was seen in let the likelihood rise for ever, so the model has no best "
            "value. A model with fewer terms would be needed.",
        )


def cell_verdict(design: Array, counts: Array) -> tuple[bool, bool]:
    """Does a maximum exist, and is it the only one? The two checks of ``check_cells``, each by itself.

    Parameters
    ----------
    design : ndarray, shape (cells, p)
        Columns of the log-linear model.
    counts : ndarray, shape (cells,)
        Units in each cell.

    Returns
    -------
    bool, bool
        Whether the linear program finds no direction in which the likelihood rises for ever; whether the columns are
        linearly independent.

    Examples
    --------
    >>> cell_verdict(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([3.0, 0.0]))
    (False, True)
    """
    identified = bool(np.linalg.matrix_rank(design) == design.shape[1])
    empty = counts == 0
    if not empty.any():
        return True, identified
    largest = np.abs(design).max(axis=0)
    scaled = design / np.where(largest > 0, largest, 1.0)
    gain = scaled[empty]
    result = scipy.optimize.linprog(
        gain.sum(axis=0),
        A_ub=np.vstack([gain, -gain]),
        b_ub=np.concatenate([np.zeros(len(gain)), np.ones(len(gain))]),
        A_eq=scaled[~empty],
        b_eq=np.zeros(int((~empty).sum())),
        bounds=(None, None),
        method="highs",
    )
    return not (result.status == 0 and result.fun < -1e-6), identified
