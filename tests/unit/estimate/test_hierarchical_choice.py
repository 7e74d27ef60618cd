"""Choosing among hierarchical models: which there are, what is refused, and the choice against one fit at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from darkfigure.estimate import cells, estimate, existence
from darkfigure.estimate.lists import hierarchical_choice
from darkfigure.estimate.lists.criterion_choices import best_of_all, nested_choices
from darkfigure.estimate.lists.hierarchical_choice import SHARED_KEEP, rank_models, rank_once
from darkfigure.estimate.lists.hierarchical_models import hierarchical_models
from darkfigure.estimate.lists.list_dependence import problem_of
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason


@pytest.mark.parametrize(("lists", "number"), [(3, 8), (4, 113), (5, 6893)])
def test_number_of_hierarchical_models(lists: int, number: int) -> None:
    """Covers of a set by sets none of which holds another: 9, 114, 6,894; one of them is the saturated model."""
    models = list(hierarchical_models(lists))
    assert len(models) == len(set(models)) == number
    assert [len(m) for m in models] == sorted(len(m) for m in models)


def test_models_of_six_lists_are_made_one_at_a_time() -> None:
    first = list(itertools.islice(hierarchical_models(6), 1000))
    assert len(first) == 1000
    assert max(len(m) for m in first) == 4


def test_models_of_four_lists_are_those_of_the_definition() -> None:
    terms = [s for size in (2, 3) for s in itertools.combinations(range(4), size)]
    closed = set()
    for pick in itertools.product((False, True), repeat=len(terms)):
        model = {s for s, chosen in zip(terms, pick, strict=True) if chosen}
        if all(part in model for s in model if len(s) == 3 for part in itertools.combinations(s, 2)):
            closed.add(frozenset(model))
    assert {frozenset(m) for m in hierarchical_models(4)} == closed


def by_hand(counts: np.ndarray, order: int | None = None) -> dict[tuple[tuple[int, ...], ...], tuple[float, float]]:
    """Criterion and unseen units of every model of four lists that has a best value, one fit at a time."""
    scores = {}
    for model in hierarchical_models(4, order=order):
        problem = problem_of(cells.all_histories(4), counts, model)
        try:
            existence.check_cells(problem.design, problem.counts)
        except UnanswerableError:
            continue
        fit = fit_poisson(problem.design, problem.counts, stopping="exact")
        scores[model] = (fit.deviance + (5 + len(model)) * math.log(counts.sum()), math.exp(fit.coefficients[0]))
    return scores


def sparse_counts(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(4 * np.exp(rng.normal(0, 1.2, 15))).astype(float)
    counts[cells.all_histories(4).sum(axis=1) >= 3] *= rng.integers(0, 2)
    return counts


@pytest.mark.parametrize(("seed", "order"), [(0, None), (1, None), (2, 2), (3, None), (4, 2)])
def test_choice_equals_one_fit_at_a_time(seed: int, order: int | None) -> None:
    """On sparse tables with empty overlaps, where many models have no maximum, though the search fits only some."""
    counts = sparse_counts(seed)
    scores = by_hand(counts, order)
    best = min(criterion for criterion, _ in scores.values())
    expected = {m for m, (criterion, _) in scores.items() if criterion <= best + 3}
    ranking = rank_models(np.concatenate([[0.0], counts]), n_lists=4, within=3.0, order=order)
    assert ranking.complete
    assert {m.terms for m in ranking.models} == expected
    for model in ranking.models:
        criterion, unseen = scores[model.terms]
        assert model.behind == pytest.approx(criterion - best, abs=1e-6)
        assert model.n_unseen == pytest.approx(unseen, rel=1e-6)


def test_as_many_models_as_asked_for_in_the_right_order() -> None:
    counts = sparse_counts(1)
    scores = by_hand(counts)
    expected = sorted(criterion for criterion, _ in scores.values())[:12]
    ranking = rank_models(np.concatenate([[0.0], counts]), n_lists=4, within=0.0, keep=12)
    assert [m.behind for m in ranking.models[:12]] == pytest.approx([c - expected[0] for c in expected], abs=1e-6)


def test_repeated_choices_equal_the_choice_on_each_table() -> None:
    tables = np.column_stack([np.concatenate([[0.0], sparse_counts(seed)]) for seed in range(3)])
    alone = [rank_models(tables[:, j], n_lists=4, within=0.0).models[0].n_unseen for j in range(3)]
    together, complete = best_of_all(tables, n_lists=4)
    assert complete
    assert together == pytest.approx(alone, rel=1e-8)
    every = list(hierarchical_models(4))
    nested = nested_choices(tables, every, n_lists=4)
    assert nested[-1] == pytest.approx(alone, rel=1e-8)
    scores = by_hand(tables[1:, 2])
    for k in (1, 7, 40):
        best = min((scores[m] for m in every[:k] if m in scores), default=None)
        assert best is not None
        assert nested[k - 1, 2] == pytest.approx(best[1], rel=1e-6)


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
    assert "x*y" in caution.text or "y*z" in caution.text or "x*z" in caution.text
    assert result.diagnostics["models_close"] >= 1
    assert result.diagnostics["lowest_close_total"] <= result.n_total <= result.diagnostics["highest_close_total"]


def test_two_lists_are_refused() -> None:
    result = estimate("loglinear-bic", CaptureTable.from_histories(cells.all_histories(2), [3, 4, 5]))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.TOO_FEW_LISTS
    assert "3" in result.explanation


def six_lists(dependence: float) -> CaptureTable:
    histories = cells.all_histories(6)
    log_mean = 8.0 + histories @ np.full(6, -2.0) + dependence * histories[:, :2].prod(axis=1)
    return CaptureTable.from_histories(histories, np.rint(np.exp(log_mean)))


def test_six_lists_are_searched_to_the_end_when_few_terms_are_enough() -> None:
    result = estimate("loglinear-bic", six_lists(1.5))
    assert isinstance(result, PopulationEstimate)
    assert "1:2" in result.parameters
    assert "C-SEARCH-CUT" not in {c.code for c in result.cautions}
    assert result.diagnostics["models_scored"] < 2000
    assert result.n_unseen == pytest.approx(math.exp(8.0), rel=0.02)


def test_a_search_that_stops_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hierarchical_choice, "MOST_WORK", 8 << 6)
    result = estimate("loglinear-bic", six_lists(1.5))
    assert isinstance(result, PopulationEstimate)
    (cut,) = (c for c in result.cautions if c.code == "C-SEARCH-CUT")
    assert "more than 0 terms" in cut.text


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


def _column(n_lists: int, seed: int, mean: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sizes = cells.all_histories(n_lists).sum(axis=1)
    return np.concatenate([[0.0], rng.poisson(mean * np.exp(rng.normal(0, 0.5, len(sizes)) - sizes))])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n_lists", "mean", "work"), [(3, 300.0, None), (4, 100.0, None), (5, 60.0, 2**14)])
def test_a_shared_search_answers_as_a_search_of_ones_own(
    n_lists: int, mean: float, work: int | None, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what it says of itself: models scored, most terms, and whether it came to its end before the limit."""
    if work is not None:
        monkeypatch.setattr(hierarchical_choice, "MOST_WORK", work)
    hierarchical_choice._searched.cache_clear()
    column = _column(n_lists, seed, mean)
    for keep in (1, SHARED_KEEP, 7):
        own, shared = (rank(column, n_lists=n_lists, keep=keep) for rank in (rank_models, rank_once))
        assert [m.terms for m in shared.models] == [m.terms for m in own.models]
        assert [m.behind for m in shared.models] == pytest.approx([m.behind for m in own.models], abs=1e-7)
        assert (shared.scored, shared.most_terms, shared.complete) == (own.scored, own.most_terms, own.complete)
    hierarchical_choice._searched.cache_clear()


def test_two_methods_that_choose_by_criterion_search_one_table_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []
    run = hierarchical_choice._Search.run

    def counted(search: hierarchical_choice._Search) -> object:
        searches.append(search)
        return run(search)

    monkeypatch.setattr(hierarchical_choice._Search, "run", counted)
    hierarchical_choice._searched.cache_clear()
    histories, counts = cells.all_histories(4).astype(int), _column(4, 1, 100.0)[1:].astype(int)
    first = estimate("loglinear-bic", CaptureTable.from_histories(histories, counts))
    turned = CaptureTable.from_histories(histories[:, [2, 0, 3, 1]], counts)
    assert isinstance(first, PopulationEstimate)
    for table in (CaptureTable.from_histories(histories, counts), turned):
        again = estimate("loglinear-bic-bca", table)
        assert isinstance(again, PopulationEstimate)
        assert again.n_total == pytest.approx(first.n_total, rel=1e-9)
    assert len(searches) == 1, "the same counts, also with the lists in another order"
    more = estimate("loglinear-bic", CaptureTable.from_histories(histories, counts + 1))
    assert len(searches) == 2
    assert isinstance(more, PopulationEstimate)
    assert more.n_total != first.n_total
    assert hierarchical_choice._searched.cache_info().maxsize == 4


def test_a_search_that_gives_models_up_early_finds_the_same_models(monkeypatch: pytest.MonkeyPatch) -> None:
    column = _column(5, 3, 40.0)
    quick = rank_models(column, n_lists=5, keep=30)
    fit_batch = hierarchical_choice.fit_batch

    def to_the_end(counts: np.ndarray, terms: np.ndarray, **options: object) -> object:
        options.pop("most_deviance", None)
        return fit_batch(counts, terms, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(hierarchical_choice, "fit_batch", to_the_end)
    slow = rank_models(column, n_lists=5, keep=30)
    assert [m.terms for m in quick.models] == [m.terms for m in slow.models]
    assert [m.n_unseen for m in quick.models] == pytest.approx([m.n_unseen for m in slow.models], rel=1e-6)
