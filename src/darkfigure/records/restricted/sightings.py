"""Which address was seen on which day, with addresses as plain numbers. Restricted: row level, no readable repr."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import RecordError


def _fault(problem: str, allowed: str) -> RecordError:
    return RecordError(
        "E-RECORD-05", where="Sightings", problem=problem, allowed=allowed,
        remedy="Report this as a fault in darkfigure.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SelectionStep:
    """What one filter kept: a count of rows before and after it.

    Parameters
    ----------
    rule : str
        Stable name of the filter, such as ``"country"``.
    text : str
        What was kept, in a reader's words.
    rows_in, rows_out : int
        Address entries before and after; ``0 <= rows_out <= rows_in``.

    Raises
    ------
    RecordError (E-RECORD-05)
        More rows after the filter than before.
    """

    rule: str
    text: str
    rows_in: int
    rows_out: int

    def __post_init__(self) -> None:
        if not 0 <= self.rows_out <= self.rows_in:
            raise _fault("a filter kept more rows than it was given", "0 <= rows out <= rows in")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sightings:
    """One row for each selected address entry, the address as a number without meaning.

    Parameters
    ----------
    entity : ndarray of int32, shape (rows,)
        Address number from 0, given by first appearance in row order: it does not depend on the pseudonym key.
    day : ndarray of int32, shape (rows,)
        Days since 1970-01-01 (UTC).
    service : ndarray of int16, shape (rows,)
        Index into ``services``.
    services : tuple of str
        Names of reporting services.
    n_entities : int
        Distinct addresses; every number below it occurs.
    steps : tuple of SelectionStep
        The filters that led here, with rows in and out.

    Raises
    ------
    RecordError (E-RECORD-05)
        Columns differ in length, or an address number is out of range.
    """

    entity: NDArray[np.int32]
    day: NDArray[np.int32]
    service: NDArray[np.int16]
    services: tuple[str, ...]
    n_entities: int
    steps: tuple[SelectionStep, ...] = ()

    def __post_init__(self) -> None:
        if len({self.entity.shape, self.day.shape, self.service.shape}) > 1 or self.entity.ndim != 1:
            raise _fault("columns differ in length", "columns of one length")
        if self.entity.size and not 0 <= int(self.entity.min()) <= int(self.entity.max()) < self.n_entities:
            raise _fault("an address number is out of range", "numbers from 0 to the number of addresses")
        for column in (self.entity, self.day, self.service):
            column.setflags(write=False)

    def __len__(self) -> int:
        return int(self.entity.shape[0])

    def __repr__(self) -> str:
        return f"Sightings(<{len(self)} restricted rows>)"

    def where(self, keep: NDArray[np.bool_]) -> Sightings:
        """Keep some rows; address numbers stay as they are."""
        return Sightings(
            entity=self.entity[keep], day=self.day[keep], service=self.service[keep],
            services=self.services, n_entities=self.n_entities, steps=self.steps,
        )  # fmt: skip
