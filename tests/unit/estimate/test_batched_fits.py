"""Many fits at once against one at a time: numbers, limits, and the proof that a maximum exists."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from darkfigure.estimate import cells, existence
from darkfigure.estimate.lists.batched_fits import NO_TERM, fit_batch, fitted_totals, over_subsets, term_of
from darkfigure.estimate.lists.hierarchical_models import Model, hierarchical_models, models_in_masks
from darkfigure.estimate.lists.list_dependence import problem_of
from darkfigure.estimate.lists.model_checks import ModelChecks, failing_models
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable

Array = NDArray[np.float64]


def sparse_counts(seed: int, n_lists: int, mean: float) -> Array:
    """A column of counts in which many cells of several lists are empty."""
    rng = np.random.default_rng(seed)
    sizes = cells.all_histories(n_lists).sum(axis=1)
    return np.concatenate([[0.0], rng.poisson(mean * np.exp(rng.normal(0, 1, len(sizes)) - sizes))])


def exists(counts: Array, n_lists: int, model: Model) -> bool:
    problem = problem_of(cells.all_histories(n_lists), counts[1:], model)
    try:
        existence.check_cells(problem.design, problem.counts)
    except UnanswerableError:
        return False
    return True


@pytest.mark.parametrize(("n_lists", "seed"), [(3, 1), (3, 2), (4, 3)])
def test_fits_equal_one_at_a_time(n_lists: int, seed: int) -> None:
    models = list(hierarchical_models(n_lists))
    tables = np.column_stack([sparse_counts(seed + 10 * i, n_lists, 150.0) for i in range(3)])
    fits = fit_batch(
        np.repeat(tables, len(models), axis=1),
        np.tile(models_in_masks(models, n_lists), (1, tables.shape[1])),
        n_lists=n_lists,
    )
    compared = 0
    for k, (counts, model) in enumerate(itertools.product(tables.T, models)):
        if not exists(counts, n_lists, model):
            continue
        problem = problem_of(cells.all_histories(n_lists), counts[1:], model)
        alone = fit_poisson(problem.design, problem.counts, stopping="exact")
        assert fits.settled[k]
        assert fits.effects[0, k] == pytest.approx(alone.coefficients[0], abs=1e-9)
        information = problem.design.T @ (alone.means[:, None] * problem.design)
        assert fits.log_variance[k] == pytest.approx(np.linalg.inv(information)[0, 0], rel=1e-8)
        assert fits.deviance[k] == pytest.approx(alone.deviance, abs=1e-9 * (1 + counts.sum()))
        assert fits.n_parameters[k] == 1 + n_lists + len(model)
        assert fits.n_finite[k] == problem.design.shape[1]
        compared += 1
    assert compared > 15


@pytest.mark.parametrize("seed", range(4))
def test_a_proof_is_never_given_where_no_maximum_exists(seed: int) -> None:
    models = list(hierarchical_models(4))
    counts = sparse_counts(seed, 4, 12.0)
    fits = fit_batch(counts[:, None], models_in_masks(models, 4), n_lists=4)
    truth = np.array([exists(counts, 4, m) for m in models])
    assert not (fits.proved & ~truth).any()
    # The proof is worth having: it settles most models that have a maximum.
    assert fits.proved[truth].mean() > 0.9
    passes = ModelChecks(4).passes(np.repeat(counts[:, None], len(models), 1), models_in_masks(models, 4), fits)
    assert (passes == truth).all()


def test_fitted_totals_equal_the_observed_ones_of_every_term() -> None:
    counts = sparse_counts(5, 4, 200.0)
    model: Model = ((0, 1), (1, 2), (0, 2), (0, 1, 2))
    terms = models_in_masks([model], 4)
    fits = fit_batch(counts[:, None], terms, n_lists=4)
    fitted = fitted_totals(fits.effects, 4)[:, 0]
    for mask in terms[:, 0]:
        inside = cells.all_histories(4)[:, list(term_of(int(mask), 4))].prod(axis=1)
        assert fitted[mask] == pytest.approx(counts[1:] @ inside, abs=1e-8)


def test_an_empty_overlap_goes_to_minus_infinity() -> None:
    counts = np.array([0.0, 20, 30, 0, 40, 12, 18, 0])
    fits = fit_batch(counts[:, None], models_in_masks([((1, 2),)], 3), n_lists=3)
    assert fits.effects[3, 0] == -math.inf
    assert fits.n_parameters[0] == fits.n_finite[0] + 1
    means = np.exp(over_subsets(fits.effects.copy(), 3))[:, 0]
    assert means[3] == means[7] == 0
    assert fits.proved[0]
    # Lists 2 and 3 never together: the five other cells are fitted by two independent tables that share list 1.
    assert fits.n_unseen[0] == pytest.approx(40 * (20 + 30) / (12 + 18), rel=0.05)


def test_a_start_and_the_company_of_other_fits_change_nothing() -> None:
    counts = sparse_counts(3, 4, 100.0)[:, None]
    terms = models_in_masks(list(hierarchical_models(4))[:40], 4)
    together = fit_batch(counts, terms, n_lists=4)
    again = fit_batch(counts, terms, n_lists=4, start=together.effects + 0.3)
    good = together.proved
    assert np.allclose(together.effects[0, good], again.effects[0, good], atol=1e-10, rtol=0)
    alone = fit_batch(counts, terms[:, [7]], n_lists=4)
    assert alone.effects[0, 0] == pytest.approx(together.effects[0, 7], abs=1e-12)


def test_counts_and_derivatives_agree() -> None:
    """At the maximum no small change of any effect raises the likelihood."""
    counts = sparse_counts(11, 3, 80.0)
    terms = models_in_masks([((0, 2),)], 3)
    effects = fit_batch(counts[:, None], terms, n_lists=3).effects

    def log_likelihood(at: Array) -> float:
        linear = over_subsets(at.copy(), 3)[1:, 0]
        return float(counts[1:] @ linear - np.exp(linear).sum())

    best = log_likelihood(effects)
    for mask in terms[:, 0]:
        for change in (1e-3, -1e-3):
            moved = effects.copy()
            moved[mask] += change
            assert log_likelihood(moved) < best


def test_existence_depends_on_the_pattern_and_is_decided_once() -> None:
    checks = ModelChecks(3)
    counts = np.array([0.0, 9, 8, 0, 7, 0, 3, 0])
    assert checks.verdict(counts, (0, 1, 2, 4, 6)) == (False, True)
    assert checks.verdict(counts * 5, (0, 1, 2, 4, 6)) == (False, True)
    assert len(checks._known) == 1


def test_three_lists_of_which_one_pair_overlaps_behave_as_published() -> None:
    """Table 3 of Chan, Silverman and Vincent (2021): AB alone 1, AC and BC together 0, all three 2."""
    full = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]
    codes = {m.terms: m.code for m in failing_models(CaptureTable.from_histories(full, [27, 37, 19, 4]))}
    assert codes[((0, 1),)] == 1
    assert ((0, 2), (1, 2)) not in codes
    assert codes[((0, 1), (0, 2), (1, 2))] == 2


def test_columns_without_terms_are_filled_up() -> None:
    masks = models_in_masks([(), ((0, 1), (0, 2))], 3)
    assert masks[:, 0].tolist() == [0, 4, 2, 1, NO_TERM, NO_TERM]
    assert masks[:, 1].tolist() == [0, 4, 2, 1, 6, 5]


@pytest.mark.parametrize("seed", range(3))
def test_a_fit_is_given_up_only_above_its_limit_and_leaves_a_bound(seed: int) -> None:
    """The bound comes from a table with the same marginal totals: it lies below the fit and above the limit."""
    models = list(hierarchical_models(4))
    terms, counts = models_in_masks(models, 4), sparse_counts(seed, 4, 200.0)[:, None]
    whole = fit_batch(counts, terms, n_lists=4)
    limit = np.full(len(models), float(np.median(whole.deviance)))
    cut = fit_batch(counts, terms, n_lists=4, most_deviance=limit)
    below = whole.deviance <= limit
    assert np.allclose(cut.deviance[below], whole.deviance[below], rtol=1e-9, atol=1e-9)
    assert (cut.proved == whole.proved)[below].all()
    given_up = ~cut.settled & whole.settled
    assert given_up.sum() > 10
    assert (cut.deviance[given_up] > limit[given_up]).all()
    assert (cut.deviance[given_up] <= whole.deviance[given_up] + 1e-6).all()
    assert not cut.proved[given_up].any()
