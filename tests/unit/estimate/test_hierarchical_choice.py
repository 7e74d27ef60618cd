"""Choosing among hierarchical models: which there are, what is refused, and the choice against one fit at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from darkfigure.estimate import cells, estimate, existence
from darkfigure.estimate.lists.hierarchical_choice import best_models, hierarchical_models
from darkfigure.estimate.lists.list_dependence import problem_of
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason


@pytest.mark.parametrize(("lists", "number"), [(3, 8), (4, 113), (5, 6893)])
def test_number_of_hierarchical_models(lists: int, number: int) -> None:
    """Covers of a set by sets none of which holds another: 9, 114, 6,894; one of them is the saturated model."""
    models = list(hierarchical_models(lists))
    assert len(models) == len(set(models)) == number


def test_models_of_four_lists_are_those_of_the_definition() -> None:
    terms = [s for size in (2, 3) for s in itertools.combinations(range(4), size)]
    closed = set()
    for pick in itertools.product((False, True), repeat=len(terms)):
        model = {s for s, chosen in zip(terms, pick, strict=True) if chosen}
        if all(part in model for s in model if len(s) == 3 for part in itertools.combinations(s, 2)):
            closed.add(frozenset(model))
    assert {frozenset(m) for m in hierarchical_models(4)} == closed


@pytest.mark.parametrize("seed", range(6))
def test_choice_equals_one_fit_at_a_time(seed: int) -> None:
    """On sparse tables with empty overlaps, where many models have no maximum."""
    rng = np.random.default_rng(seed)
    histories = cells.all_histories(4)
    counts = rng.poisson(4 * np.exp(rng.normal(0, 1.2, 15))).astype(float)
    counts[histories.sum(axis=1) >= 3] *= rng.integers(0, 2)
    by_hand: dict[tuple[tuple[int, ...], ...], tuple[float, float]] = {}
    for model in hierarchical_models(4):
        problem = problem_of(histories, counts, model)
        try:
            existence.check_cells(problem.design, problem.counts)
        except UnanswerableError:
            continue
        fit = fit_poisson(problem.design, problem.counts, stopping="exact")
        by_hand[model] = (fit.deviance + (5 + len(model)) * math.log(counts.sum()), math.exp(fit.coefficients[0]))
    best = min(criterion for criterion, _ in by_hand.values())
    expected = {m for m, (criterion, _) in by_hand.items() if criterion <= best + 3}
    found = best_models(histories, counts, within=3.0)
    assert {m.terms for m in found} == expected
    for model in found:
        criterion, unseen = by_hand[model.terms]
        assert model.behind == pytest.approx(criterion - best, abs=1e-6)
        assert model.n_unseen == pytest.approx(unseen, rel=1e-5)


def test_a_planted_dependence_of_three_lists_is_found() -> None:
    histories = cells.all_histories(4)
    log_mean = 7.0 + histories @ [-1.0, -1.2, -0.8, -1.5] + 1.5 * histories[:, :3].prod(axis=1)
    result = estimate("loglinear-bic", CaptureTable.from_histories(histories, np.rint(np.exp(log_mean))))
    assert isinstance(result, PopulationEstimate)
    assert "1:2:3" in result.parameters
    assert result.n_unseen == pytest.approx(math.exp(7.0), rel=0.02)


def test_answer_says_what_it_is_conditional_on() -> None:
    histories = cells.all_histories(3)
    table = CaptureTable.from_histories(histories, [40, 40, 8, 40, 8, 60, 12], labels=("x", "y", "z"))
    result = estimate("loglinear-bic", table)
    assert isinstance(result, PopulationEstimate)
    assert result.interval is not None
    assert result.interval.method.endswith("conditional on the chosen model")
    (caution,) = (c for c in result.cautions if c.code == "C-MODEL-CHOSEN")
    assert "(x*y, z)" in caution.text
    assert result.diagnostics["models_close"] >= 1
    assert result.diagnostics["lowest_close_total"] <= result.n_total <= result.diagnostics["highest_close_total"]


@pytest.mark.parametrize(("lists", "reason"), [(2, Reason.TOO_FEW_LISTS), (6, Reason.WRONG_TABLE)])
def test_two_and_six_lists_are_refused(lists: int, reason: Reason) -> None:
    histories = cells.all_histories(lists)
    result = estimate("loglinear-bic", CaptureTable.from_histories(histories, np.arange(3, 3 + len(histories))))
    assert isinstance(result, NotEstimable)
    assert result.reason is reason
    assert str({2: 3, 6: 5}[lists]) in result.explanation


def test_two_lists_that_share_nobody_are_taken_to_the_limit() -> None:
    """Lists 1 and 2 exclude each other; the rest is independent with 100, 60, 50, 40 for one list and none."""
    histories = cells.all_histories(4)
    means = 100.0 * np.prod(np.where(histories > 0, [0.6, 0.5, 0.4, 0.3], 1.0), axis=1)
    counts = np.rint(means) * (histories[:, 0] * histories[:, 1] == 0)
    result = estimate("loglinear-bic", CaptureTable.from_histories(histories, counts))
    assert isinstance(result, PopulationEstimate)
    assert "C-EMPTY-OVERLAP" in {c.code for c in result.cautions}
    assert "1:2" not in result.parameters
    assert result.diagnostics["n_parameters"] == 6
    assert result.df == 11 - 5
    assert result.n_unseen == pytest.approx(100, rel=0.02)
