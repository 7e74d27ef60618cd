"""The choice by information criterion repeated on many tables: among a few models, or among all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.lists.batched_fits import NO_TERM, fit_batch
from darkfigure.estimate.lists.hierarchical_choice import MOST_WORK, chunks_of, lowest_deviance
from darkfigure.estimate.lists.hierarchical_models import Model, models_in_masks, models_of_size
from darkfigure.estimate.lists.model_checks import ModelChecks

Array = NDArray[np.float64]

_AT_ONCE = 2**21
"""Fits times cells in one call."""


def nested_choices(counts: Array, models: Sequence[Model], *, n_lists: int, checks: ModelChecks | None = None) -> Array:
    """What would each of many tables say, if it chose among the first model, the first two, and so on?

    Parameters
    ----------
    counts : ndarray, shape (2^t, tables)
        Units with each history, in the order of binary numbers; row 0 is not read.
    models : sequence of models
        In the order of preference on the original data.
    n_lists : int
        ``t``.
    checks : ModelChecks, optional
        To share what is known of models between calls.

    Returns
    -------
    ndarray, shape (models, tables)
        Unseen units under the model with the smallest criterion among the first ``k``, for row ``k - 1``; not a number
        while none of them has a best value.

    Source
    ------
    Silverman, Chan and Vincent (2024), doi 10.1007/s11222-023-10346-9.

    Examples
    --------
    >>> counts = np.array([[0.0, 0], [400, 400], [400, 400], [80, 80], [400, 400], [80, 80], [600, 80], [120, 16]])
    >>> np.round(nested_choices(counts, [(), ((0, 1),)], n_lists=3)).tolist()
    [[631.0, 2000.0], [2000.0, 2000.0]]
    """
    checks = checks or ModelChecks(n_lists)
    criterion, unseen, proved = _scores(counts, models, n_lists)
    best_criterion = np.full(counts.shape[1], np.inf)
    best_unseen = np.full(counts.shape[1], np.nan)
    rows = []
    terms = models_in_masks(models, n_lists)
    for k in range(len(models)):
        better = criterion[k] < best_criterion
        for table in np.flatnonzero(better & ~proved[k]):
            masks = [int(m) for m in terms[:, k] if m != NO_TERM]
            better[table] = all(checks.verdict(counts[:, table], masks))
        best_criterion[better] = criterion[k, better]
        best_unseen[better] = unseen[k, better]
        rows.append(best_unseen.copy())
    return np.array(rows)


def _scores(counts: Array, models: Sequence[Model], n_lists: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Criterion, unseen units, and whether the maximum is proved, of models on tables, shape (models, tables)."""
    tables = counts.shape[1]
    log_n = np.log(counts[1:].sum(axis=0))
    terms = models_in_masks(models, n_lists)
    start = fit_batch(counts.mean(axis=1, keepdims=True), terms, n_lists=n_lists).effects
    criterion, unseen = np.empty((len(models), tables)), np.empty((len(models), tables))
    proved = np.zeros((len(models), tables), dtype=bool)
    width = max(1, (_AT_ONCE >> n_lists) // max(len(models), 1))
    for first in range(0, tables, width):
        part = slice(first, min(first + width, tables))
        size = part.stop - part.start
        fits = fit_batch(
            np.tile(counts[:, part], (1, len(models))),
            np.repeat(terms, size, axis=1),
            n_lists=n_lists,
            start=np.repeat(start, size, axis=1),
        )
        shape = (len(models), size)
        criterion[:, part] = (fits.deviance + fits.n_parameters * np.tile(log_n[part], len(models))).reshape(shape)
        unseen[:, part], proved[:, part] = fits.n_unseen.reshape(shape), fits.proved.reshape(shape)
    return criterion, unseen, proved


def best_of_all(
    counts: Array, *, n_lists: int, order: int | None = None, checks: ModelChecks | None = None
) -> tuple[Array, bool]:
    """What does each of many tables say under its own best model of all hierarchical ones?

    Parameters
    ----------
    counts : ndarray, shape (2^t, tables)
        Units with each history, in the order of binary numbers; row 0 is not read.
    n_lists : int
        ``t``.
    order : int, optional
        Most lists in one term.
    checks : ModelChecks, optional
        To share what is known of models between calls.

    Returns
    -------
    ndarray, shape (tables,), and bool
        Unseen units; not a number where no model has a best value. Whether every search came to its end.

    Notes
    -----
    As ``rank_models``, table by table, with the tables fitted together: models with one more term at a time, and a
    table leaves once no larger model can have a smaller criterion.

    Examples
    --------
    >>> counts = np.array([[0.0, 0], [400, 400], [400, 400], [80, 80], [400, 400], [80, 80], [600, 80], [120, 16]])
    >>> np.round(best_of_all(counts, n_lists=3)[0]).tolist()
    [2000.0, 2000.0]
    """
    checks = checks or ModelChecks(n_lists)
    tables = counts.shape[1]
    log_n = np.log(counts[1:].sum(axis=0))
    floor = lowest_deviance(counts, n_lists, order)
    best, found = np.full(tables, np.inf), np.full(tables, np.nan)
    scored, size = 0, 0
    while True:
        active = np.flatnonzero((1 + n_lists + size) * log_n + floor <= best)
        if not len(active):
            return found, True
        any_model = False
        for chunk in chunks_of(models_of_size(n_lists, size, order=order), n_lists):
            any_model = True
            if (scored + len(chunk)) << n_lists > MOST_WORK and scored:
                return found, False
            scored += len(chunk)
            _improve(counts, chunk, active, best, found, checks, n_lists)
        if not any_model:
            return found, True
        size += 1


def _improve(
    counts: Array,
    models: list[Model],
    active: NDArray[np.int64],
    best: Array,
    found: Array,
    checks: ModelChecks,
    n_lists: int,
) -> None:
    """Let every active table take a model of the chunk that is better than its best so far."""
    criterion, unseen, proved = _scores(counts[:, active], models, n_lists)
    for sure in (True, False):
        candidates = np.where(proved == sure, criterion, math.inf)
        for j, table in enumerate(active):
            while candidates[:, j].min() < best[table]:
                k = int(candidates[:, j].argmin())
                masks = [int(m) for m in models_in_masks([models[k]], n_lists)[:, 0]]
                if sure or all(checks.verdict(counts[:, table], masks)):
                    best[table], found[table] = candidates[k, j], unseen[k, j]
                candidates[k, j] = math.inf
