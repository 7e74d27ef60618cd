"""Units grouped by what was seen of them and by their covariates: what models with covariates read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import RecordError


def _fault(problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-01", where="UnitRows", problem=problem, allowed=allowed, remedy="Check the rows and try again."
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class UnitRows:
    """How many units share a capture history (or a number of captures) and the same covariates?

    A covariate of text is a factor; a covariate of numbers is a quantity. The text of this object names its columns and
    never shows a value.

    Parameters
    ----------
    captures : ndarray of int64, shape (rows,)
        Times each unit of the row was seen, at least 1.
    counts : ndarray of int64, shape (rows,)
        Units the row stands for, at least 0.
    covariates : mapping of str to ndarray, shape (rows,)
        Named columns: text (factors) or float64 (quantities, finite).
    histories : ndarray of uint8, shape (rows, occasions), or None
        Who was seen when; ``None`` when only numbers of captures are known.

    Raises
    ------
    RecordError (E-RECORD-01)
        Shapes differ, a number of captures is below 1 or disagrees with its history, a count is negative, or a
        quantity is not finite.

    Examples
    --------
    >>> rows = UnitRows(captures=np.array([1, 2]), counts=np.array([7, 1]), covariates={"sex": np.array(["f", "m"])})
    >>> rows
    UnitRows(2 rows, 8 units, covariates: sex)
    """

    captures: NDArray[np.int64]
    counts: NDArray[np.int64]
    covariates: Mapping[str, NDArray[Any]]
    histories: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        n = self.captures.shape
        if len(n) != 1 or self.counts.shape != n or any(c.shape != n for c in self.covariates.values()):
            raise _fault("the columns differ in length", "one number of captures, count and covariate for each row")
        if n[0] and (int(self.captures.min()) < 1 or int(self.counts.min()) < 0):
            raise _fault(
                "a number of captures is below 1 or a count below 0", "captures of 1 or more, counts of 0 or more"
            )
        h = self.histories
        if h is not None and (h.ndim != 2 or h.shape[0] != n[0] or (h.sum(axis=1) != self.captures).any()):
            raise _fault("a history and a number of captures disagree", "as many ones in a history as captures")
        for column in self.covariates.values():
            if column.dtype.kind not in "Uf" or (column.dtype.kind == "f" and not np.isfinite(column).all()):
                raise _fault("a covariate is neither text nor finite numbers", "text or finite float64")
            column.setflags(write=False)
        for array in (self.captures, self.counts, *(() if h is None else (h,))):
            array.setflags(write=False)
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))

    def __repr__(self) -> str:
        names = ", ".join(self.covariates) or "none"
        return f"UnitRows({self.captures.size:,} rows, {self.n_observed:,} units, covariates: {names})"

    @property
    def n_observed(self) -> int:
        """Units in all rows."""
        return int(self.counts.sum())
