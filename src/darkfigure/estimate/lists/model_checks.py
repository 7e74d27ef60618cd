"""Which models of few lists have a best value, and only one? Decided once for each pattern of empty cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate import existence
from darkfigure.estimate.lists.batched_fits import NO_TERM, BatchedFits, Masks, fit_batch, term_of
from darkfigure.estimate.lists.hierarchical_models import Model, models_in_masks, models_of_pairs
from darkfigure.estimate.lists.list_tables import cells_of
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]


class ModelChecks:
    """Existence by linear program and identifiability by rank, remembered by model and pattern of empty cells.

    Whether the maximum exists depends on which cells are empty, not on how many units the others hold; and most fits
    prove it themselves (``BatchedFits.proved``). So many tables resampled from one need few linear programs.

    Parameters
    ----------
    n_lists : int
        ``t``.

    Examples
    --------
    >>> checks = ModelChecks(2)
    >>> checks.verdict(np.array([0.0, 3, 4, 0]), (0, 1, 2))
    (False, True)
    """

    def __init__(self, n_lists: int) -> None:
        self._t = n_lists
        self._cells = np.arange(1 << n_lists)
        self._known: dict[tuple[tuple[int, ...], bytes], tuple[bool, bool]] = {}

    def verdict(self, counts: Array, masks: Sequence[int]) -> tuple[bool, bool]:
        """Whether a model (numbers of its terms) has an extended maximum on one table, and whether it is the only one.

        ``counts`` has shape (2^t,), in the order of binary numbers; entry 0 is not read.
        """
        seen = counts > 0
        seen[0] = False
        key = (tuple(masks), np.packbits(seen).tobytes())
        if key not in self._known:
            self._known[key] = self._decide(seen, masks)
        return self._known[key]

    def _decide(self, seen: NDArray[np.bool_], masks: Sequence[int]) -> tuple[bool, bool]:
        kept = self._cells > 0
        columns = []
        for mask in masks:
            inside = (self._cells & mask) == mask
            if (seen & inside).any():
                columns.append(inside)
            else:
                kept &= ~inside
        design = np.column_stack(columns).astype(np.float64)[kept]
        return existence.cell_verdict(design, seen[kept].astype(np.float64))

    def passes(self, counts: Array, terms: Masks, fits: BatchedFits) -> NDArray[np.bool_]:
        """Which fits have a maximum, and only one: those that prove it, and those the linear program lets pass.

        ``counts`` and ``terms`` as given to ``fit_batch``, with one column for each fit.
        """
        good = fits.proved.copy()
        for i in np.flatnonzero(~good):
            good[i] = all(self.verdict(counts[:, i], [int(m) for m in terms[:, i] if m != NO_TERM]))
        return good


@dataclass(frozen=True, slots=True)
class FailingModel:
    """A model that no fit can settle on the table at hand.

    Parameters
    ----------
    terms : tuple of tuple of int
        Sets of two or more lists with a term; lists counted from 0.
    exists : bool
        Whether an extended maximum exists.
    identified : bool
        Whether it is the only one.

    Examples
    --------
    >>> FailingModel(((0, 1),), exists=True, identified=False).code
    2
    """

    terms: Model
    exists: bool
    identified: bool

    @property
    def code(self) -> int:
        """1 no maximum, 2 not the only one, 3 both; the codes of Chan, Silverman and Vincent (2021)."""
        return (not self.exists) + 2 * (not self.identified)


def failing_models(table: CaptureTable) -> tuple[FailingModel, ...]:
    """Which models of pairs of lists can these data not settle?

    Parameters
    ----------
    table : CaptureTable
        Histories of three to six lists.

    Returns
    -------
    tuple of FailingModel
        Of all models with the effects of single lists and any choice of pairs; empty when every one of them has one
        best value.

    Raises
    ------
    UnanswerableError
        Reason ``too-few-lists``, ``wrong-table``, ``no-overlap`` or ``boundary``.

    Source
    ------
    Chan, Silverman and Vincent (2021), section 2.7, doi 10.1080/01621459.2019.1708748.

    Examples
    --------
    >>> full = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    >>> failing_models(CaptureTable.from_histories(full, [9, 8, 7, 3, 2, 3, 1]))
    ()
    >>> [(m.terms, m.code) for m in failing_models(CaptureTable.from_histories(full, [9, 8, 7, 3, 0, 0, 0]))][0]
    (((0, 1),), 1)
    """
    counts, histories = cells_of(table, at_least=3, at_most=6)
    t = histories.shape[1]
    terms = models_in_masks(models_of_pairs(t), t)
    column = np.concatenate([[0.0], counts])[:, None]
    fits = fit_batch(column, terms, n_lists=t)
    checks = ModelChecks(t)
    failing = []
    for i in np.flatnonzero(~fits.proved):
        masks = [int(m) for m in terms[:, i] if m != NO_TERM]
        exists, identified = checks.verdict(column[:, 0], masks)
        if not (exists and identified):
            named = tuple(term_of(m, t) for m in masks if m.bit_count() > 1)
            failing.append(FailingModel(named, exists, identified))
    return tuple(failing)
