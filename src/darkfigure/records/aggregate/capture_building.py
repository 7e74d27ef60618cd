"""From what callers hold (strings, arrays, columns of a data frame) to histories, counts and rows with covariates."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkfigure.errors import RecordError
from darkfigure.records.aggregate.unit_rows import UnitRows

LARGEST_CAPTURES = 1_000_000
"""Times a unit may be seen: beyond it a column of identifiers was given for a column of captures."""
_EXACT = 2**53


class ColumnSource(Protocol):
    """Anything with named columns: a mapping of arrays, or a data frame of any library."""

    def __getitem__(self, name: str, /) -> Any:
        """One column by its name."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Whether there is a column of this name."""
        ...


def table_fault(problem: str, allowed: str) -> RecordError:
    """Make the error of a table that cannot be built; neither text may hold a value of the data.

    Examples
    --------
    >>> table_fault("a count is negative", "counts of 0 or more").code
    'E-RECORD-01'
    """
    return RecordError(
        "E-RECORD-01", where="CaptureTable", problem=problem, allowed=allowed, remedy="Check the counts and try again."
    )


def whole_numbers(values: ArrayLike, *, rows: int, what: str) -> NDArray[np.int64]:
    """Which whole numbers of 0 or more are these, one for each row?

    Parameters
    ----------
    values : array-like, shape (rows,)
        Integers, or floats without a fraction.
    rows : int
        How many there must be.
    what : str
        What they are, in the plural, for the message.

    Returns
    -------
    ndarray of int64, shape (rows,)

    Raises
    ------
    RecordError (E-RECORD-01)
        Another number of values, or one that is not a whole number of 0 or more.

    Examples
    --------
    >>> whole_numbers([3.0, 0], rows=2, what="counts").tolist()
    [3, 0]
    """
    given = plain_array(values)
    kind = given.dtype.kind
    if kind == "O" and all(isinstance(x, numbers.Real) for x in given.flat):
        given, kind = given.astype(float), "f"
    if given.shape != (rows,) or kind not in "iufb":
        raise table_fault(f"{what} do not fit the rows", "one whole number of 0 or more for each row")
    if given.size and not ((given >= 0) & (given < _EXACT) & (given == np.floor(given))).all():
        raise table_fault(f"{what} hold something other than whole numbers of 0 or more", "0, 1, 2, ...")
    return given.astype(np.int64)


def plain_array(values: ArrayLike) -> NDArray[Any]:
    """Make an array of anything array-like, without repeating a value in the error when that fails.

    Raises
    ------
    RecordError (E-RECORD-01)
        The values make no array.

    Examples
    --------
    >>> plain_array([1, 2]).shape
    (2,)
    """
    try:
        return np.asarray(values)
    except (TypeError, ValueError):
        problem = "a column is ragged or makes no array"
    raise table_fault(problem, "one plain column of values")


def histories_of_strings(strings: ArrayLike) -> NDArray[np.uint8]:
    """Which histories do these strings of 0 and 1 write down?

    Parameters
    ----------
    strings : array-like of str, shape (rows,)
        All of one length, such as ``"0110"``.

    Returns
    -------
    ndarray of uint8, shape (rows, occasions)

    Raises
    ------
    RecordError (E-RECORD-01)
        They are numbers (leading zeros would be lost), differ in length, or hold another character.

    Examples
    --------
    >>> histories_of_strings(["011", "100"]).tolist()
    [[0, 1, 1], [1, 0, 0]]
    """
    column = _text(plain_array(strings))
    if column is None or column.ndim != 1:
        raise table_fault("capture histories are not text", "strings such as '0110', leading zeros kept")
    length = column.dtype.itemsize // 4
    signs = np.ascontiguousarray(column).view(np.uint32).reshape(column.size, length)
    if not np.isin(signs, (ord("0"), ord("1"))).all():
        raise table_fault("a capture history is not 0 and 1, or differs in length", "strings of 0 and 1 of one length")
    return (signs - ord("0")).astype(np.uint8)


def histories_of_array(counts: ArrayLike) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Which histories and counts does an array with one axis for each list hold?

    Parameters
    ----------
    counts : array-like, shape (2,) * k
        Index 1 on an axis means: in that list. The cell ``[0, 0, ..., 0]`` is 0 or NaN: nobody saw those units.

    Returns
    -------
    histories : ndarray of uint8, shape (2**k - 1, k)
    counts : ndarray of int64, shape (2**k - 1,)

    Raises
    ------
    RecordError (E-RECORD-01)
        Another shape, a cell that is not a whole number, or units in the cell nobody saw.

    Examples
    --------
    >>> histories, units = histories_of_array([[0, 52], [37, 3]])
    >>> histories.tolist(), units.tolist()
    ([[0, 1], [1, 0], [1, 1]], [52, 37, 3])
    """
    cells = plain_array(counts)
    k = cells.ndim
    if k == 0 or cells.shape != (2,) * k:
        raise table_fault("the array of counts has another shape", "an array of shape (2, 2, ..., 2), an axis a list")
    flat = cells.ravel()
    if not _is_empty(flat[0]):
        raise table_fault("the cell of units in no list carries a count", "0, None or NaN there")
    histories = ((np.arange(1, 2**k)[:, None] >> np.arange(k)[::-1]) & 1).astype(np.uint8)
    return histories, whole_numbers(flat[1:], rows=2**k - 1, what="the cells")


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, numbers.Real) and (cell == 0 or cell != cell))


def covariate_columns(covariates: Mapping[str, ArrayLike], *, rows: int) -> dict[str, NDArray[Any]]:
    """Which factors (text) and quantities (numbers) are these columns?

    Parameters
    ----------
    covariates : mapping of str to array-like, shape (rows,)
        Text becomes a factor; numbers and truth values become a quantity.
    rows : int
        How many values each must have.

    Returns
    -------
    dict of str to ndarray
        Text or float64.

    Raises
    ------
    RecordError (E-RECORD-01)
        A column has another length, mixes text and numbers, or has gaps.

    Examples
    --------
    >>> made = covariate_columns({"sex": ["f", "m"], "age": [31, 40]}, rows=2)
    >>> [column.dtype.kind for column in made.values()]
    ['U', 'f']
    """
    made = {}
    for name, values in covariates.items():
        given = plain_array(values)
        if given.shape != (rows,):
            raise table_fault("a covariate differs in length from the rows", "one value for each row")
        quantity = _numbers(given)
        column: NDArray[Any] | None = _text(given) if quantity is None else quantity
        if column is None or (column.dtype.kind == "f" and not np.isfinite(column).all()):
            raise table_fault(
                "a covariate has gaps, or is neither text nor numbers",
                "all text (a factor) or all finite numbers (a quantity)",
            )
        made[str(name)] = column
    return made


def factor_of(values: ArrayLike) -> NDArray[np.str_]:
    """Which groups are these, when numbers are names of groups too?

    Parameters
    ----------
    values : array-like, shape (rows,)
        Text or numbers, without gaps.

    Returns
    -------
    ndarray of str, shape (rows,)

    Raises
    ------
    RecordError (E-RECORD-01)
        The column has gaps or mixes text and numbers.

    Examples
    --------
    >>> factor_of([1, 2.0, 2.5]).tolist()
    ['1', '2', '2.5']
    """
    column = covariate_columns({"": values}, rows=np.size(values))[""]
    if column.dtype.kind == "U":
        return column
    return np.array([str(int(x)) if x == int(x) else repr(x) for x in column.tolist()], dtype=np.str_)


def _numbers(column: NDArray[Any]) -> NDArray[np.float64] | None:
    if column.dtype.kind in "iufb" or (
        column.dtype.kind == "O" and column.size and all(isinstance(x, numbers.Real | np.bool_) for x in column)
    ):
        return column.astype(np.float64)
    return None


def _text(column: NDArray[Any]) -> NDArray[np.str_] | None:
    if column.dtype.kind in "UT" or (column.dtype.kind == "O" and all(isinstance(x, str) for x in column.flat)):
        return column.astype(np.str_)
    return None if column.size else np.zeros(column.shape, "U1")


def unit_rows(
    *,
    captures: NDArray[np.int64],
    counts: NDArray[np.int64],
    covariates: Mapping[str, ArrayLike],
    histories: NDArray[np.uint8] | None = None,
) -> UnitRows:
    """How many units share what was seen of them and their covariates? Equal rows are added up, in sorted order.

    Parameters
    ----------
    captures, counts : ndarray of int64, shape (rows,)
        Times each unit of the row was seen, and units of the row; rows without units are left out.
    covariates : mapping of str to array-like, shape (rows,)
        Factors and quantities.
    histories : ndarray of uint8, shape (rows, occasions), or None
        Who was seen when.

    Returns
    -------
    UnitRows
        Unit: that of the counts.

    Raises
    ------
    RecordError (E-RECORD-01)
        As ``covariate_columns``, and as ``UnitRows``.

    Examples
    --------
    >>> one, two = np.array([1, 2, 1]), np.array([4, 1, 3])
    >>> unit_rows(captures=one, counts=two, covariates={"sex": ["f", "f", "f"]}).counts.tolist()
    [7, 1]
    """
    columns = covariate_columns(covariates, rows=captures.size)
    keys: list[NDArray[Any]] = [captures if histories is None else _row_keys(histories), *columns.values()]
    group = np.zeros(captures.size, dtype=np.int64)
    for key in keys:
        code = np.unique(key, return_inverse=True)[1]
        group = np.unique(group * (int(code.max(initial=0)) + 1) + code, return_inverse=True)[1]
    units = np.bincount(group, weights=counts, minlength=0)
    first = np.unique(group, return_index=True)[1]
    kept = first[np.rint(units) > 0]
    return UnitRows(
        captures=captures[kept],
        counts=np.rint(units[np.rint(units) > 0]).astype(np.int64),
        covariates={name: column[kept] for name, column in columns.items()},
        histories=None if histories is None else histories[kept],
    )


def _row_keys(histories: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One number for each row, equal for equal histories and in their order."""
    packed = np.ascontiguousarray(np.packbits(histories, axis=1))
    if packed.shape[1] == 0:
        return np.zeros(histories.shape[0], dtype=np.int64)
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def columns_of(frame: ColumnSource, names: Sequence[str]) -> list[NDArray[Any]]:
    """Which arrays stand under these names in a mapping or data frame?

    Parameters
    ----------
    frame : mapping of str to array-like, or a data frame
        Read by name only, so any library's frame will do.
    names : sequence of str
        Columns wanted.

    Returns
    -------
    list of ndarray, shape (rows,) each

    Raises
    ------
    RecordError (E-RECORD-01)
        A column is missing, or is not one plain column, or the columns differ in length.

    Examples
    --------
    >>> [c.tolist() for c in columns_of({"A": [1, 0], "B": [1, 1]}, ["B"])]
    [[1, 1]]
    """
    arrays = []
    for name in names:
        if name not in frame:
            raise table_fault("a column that was asked for is not there", "names of columns of the frame")
        arrays.append(plain_array(frame[name]))
    if any(a.ndim != 1 or a.shape != arrays[0].shape for a in arrays):
        raise table_fault("the columns differ in length", "plain columns with one value for each row")
    return arrays
