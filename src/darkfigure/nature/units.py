"""Units of count (cases, victims, traffickers, lead customers), each with its case and one property."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")

UNKNOWN = "unknown"
"""Code of the review form for a property the file leaves open."""


@dataclass(frozen=True, slots=True, repr=False)
class Units:
    """One coded property of many units.

    Parameters
    ----------
    cases : tuple of int
        Case of each unit.
    codes : tuple of (str or None)
        Code of each unit; ``None`` is unknown.
    """

    cases: tuple[int, ...]
    codes: tuple[str | None, ...]

    def __repr__(self) -> str:
        return f"Units(<{len(self.cases)} restricted units>)"

    @property
    def known(self) -> int:
        """Units whose property is known."""
        return sum(code is not None for code in self.codes)

    def behind(self, wanted: Callable[[str | None], bool]) -> int:
        """Count the distinct cases that hold a unit of a wanted code."""
        return len({case for case, code in zip(self.cases, self.codes, strict=True) if wanted(code)})

    def count(self, code: str | None) -> int:
        """Count the units of one code (``None``: unknown)."""
        return self.codes.count(code)


@dataclass(frozen=True, slots=True, repr=False)
class Numbers:
    """One number (age in years, months of abuse) of many units; ``None`` is unknown."""

    cases: tuple[int, ...]
    values: tuple[int | None, ...]

    def __repr__(self) -> str:
        return f"Numbers(<{len(self.cases)} restricted units>)"

    @property
    def known(self) -> Numbers:
        """The units whose number is known."""
        pairs = [(c, v) for c, v in zip(self.cases, self.values, strict=True) if v is not None]
        return Numbers(tuple(c for c, _ in pairs), tuple(v for _, v in pairs))

    @property
    def array(self) -> NDArray[np.float64]:
        """Known numbers, in the order of the records."""
        return np.array([v for v in self.values if v is not None], dtype=np.float64)

    def behind(self, value: int | None = None) -> int:
        """Count the distinct cases with a known number, or with exactly this one."""
        pairs = zip(self.cases, self.values, strict=True)
        return len({c for c, v in pairs if v is not None and value in (None, v)})


def units_of(
    records: Iterable[Record], *, case: Callable[[Record], int], code: Callable[[Record], str | None]
) -> Units:
    """Take one coded property of records; the form's code for unknown becomes ``None``.

    Parameters
    ----------
    records : iterable
        Victims, traffickers, customers or cases.
    case : callable
        Case number of a record.
    code : callable
        Code of a record.

    Returns
    -------
    Units

    Examples
    --------
    >>> units_of([(1, "female"), (1, "unknown")], case=lambda r: r[0], code=lambda r: r[1]).codes
    ('female', None)
    """
    pairs = [(case(r), code(r)) for r in records]
    return Units(tuple(c for c, _ in pairs), tuple(None if k is None or k == UNKNOWN else str(k) for _, k in pairs))


def numbers_of(
    records: Iterable[Record], *, case: Callable[[Record], int], value: Callable[[Record], int | None]
) -> Numbers:
    """Take one numeric property of records.

    Examples
    --------
    >>> numbers_of([(1, 11), (2, None)], case=lambda r: r[0], value=lambda r: r[1]).known.values
    (11,)
    """
    pairs = [(case(r), value(r)) for r in records]
    return Numbers(tuple(c for c, _ in pairs), tuple(v for _, v in pairs))
