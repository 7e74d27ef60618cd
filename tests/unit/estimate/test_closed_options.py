"""Shapes with a free parameter, limits to the captures described, and bias corrections: answers and refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.bias_correction import bias_corrected, weights_of_unseen
from darkfigure.estimate.closed.closed_models import METHODS, heterogeneous
from darkfigure.estimate.closed.first_order_bias import taken_by_leverages
from darkfigure.estimate.poisson_regression import fit_poisson
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate

HISTORIES = np.array([w for w in itertools.product((0, 1), repeat=4) if any(w)])
COUNTS = np.array([37, 30, 9, 52, 16, 14, 5, 44, 12, 10, 7, 18, 6, 8, 11])
TABLE = CaptureTable.from_histories(HISTORIES, COUNTS, ordered=True)
CAPTURES = HISTORIES.sum(axis=1).astype(float)


def estimated(method, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


@pytest.mark.parametrize("model", ["Mh", "Mth"])
@pytest.mark.parametrize(
    ("shape", "a", "column"),
    [
        ("poisson", 1.5, 1.5**CAPTURES - 1),
        ("poisson", 3.0, 3**CAPTURES - 1),
        ("gamma", 2.0, -np.log(2 + CAPTURES)),
        ("gamma", 50.0, -np.log(50 + CAPTURES)),
        ("darroch", None, CAPTURES**2 / 2),
    ],
)
def test_shapes_with_a_parameter_equal_their_regression(model, shape, a, column) -> None:
    design = np.column_stack([np.ones(15), HISTORIES if model == "Mth" else CAPTURES, column - column.mean()])
    fit = fit_poisson(design.astype(float), COUNTS.astype(float), stopping="exact")
    # The column was centred for the regression's sake: the unseen cell's value is taken back in.
    at_zero = {"poisson": 0.0, "gamma": -math.log(a or 1), "darroch": 0.0}[shape]
    unseen = math.exp(fit.coefficients[0] + fit.coefficients[-1] * (at_zero - column.mean()))
    ours = estimated(heterogeneous(model, shape=shape, a=a), TABLE)
    assert ours.n_total == pytest.approx(COUNTS.sum() + unseen, rel=1e-6)
    assert ours.deviance == pytest.approx(fit.deviance, abs=1e-7)


def test_default_parameters_are_those_of_the_registry() -> None:
    registry = {m.name: m for m in METHODS}
    for model, shape in itertools.product(("Mh", "Mth"), ("poisson", "gamma", "darroch", "chao")):
        made = heterogeneous(model, shape=shape)
        assert made.name in registry
        assert made.formula == registry[made.name].formula
        assert estimated(made, TABLE).n_total == estimated(made.name, TABLE).n_total


def test_every_method_says_its_formula_and_when_it_misleads() -> None:
    assert all(m.formula and m.misleads for m in METHODS)
    assert "1.5^k" in heterogeneous(shape="poisson", a=1.5).formula


def test_free_levels_leave_the_first_two_frequencies_alone() -> None:
    f = (250, 60, 40, 1, 0, 3)
    table = CaptureTable.from_frequencies(f, n_occasions=6)
    free = estimated(heterogeneous("Mh", shape="chao-free"), table)
    # Two lines through two points: f_0 = A f_1^2 / (2 f_2).
    assert free.n_unseen == pytest.approx(5 / 6 * 250**2 / (2 * 60), rel=1e-8)
    assert free.deviance == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(AssertionError, match="boundary"):
        estimated(heterogeneous("Mh", shape="chao-free"), CaptureTable.from_frequencies([0, 6, 5], n_occasions=4))


def test_free_levels_by_occasion_equal_their_regression_without_the_empty_level() -> None:
    histories = np.array([w for w in itertools.product((0, 1), repeat=5) if any(w)])
    captures = histories.sum(axis=1)
    rng = np.random.default_rng(3)
    counts = np.where(captures == 4, 0, rng.poisson(60.0 / captures**2) + 1)
    table = CaptureTable.from_histories(histories, counts)
    kept = captures != 4
    levels = (captures[:, None] == np.array([3, 5])[None, :]).astype(float)
    design = np.column_stack([np.ones(31), histories, levels])[kept]
    fit = fit_poisson(design, counts[kept].astype(float), stopping="exact")
    ours = estimated(heterogeneous("Mth", shape="chao-free"), table)
    assert ours.n_total == pytest.approx(counts.sum() + math.exp(fit.coefficients[0]), rel=1e-6)
    assert ours.deviance == pytest.approx(fit.deviance, abs=1e-6)
    without = CaptureTable(frequencies=table.frequencies, n_occasions=5, occasion_totals=table.occasion_totals)
    assert estimated(heterogeneous("Mth", shape="chao-free"), without).n_total == pytest.approx(ours.n_total, rel=1e-6)


def test_a_limit_answers_where_the_steep_shape_refuses() -> None:
    k = np.arange(1, 9)
    ways = np.array([math.comb(52, int(j)) for j in k], float)
    frequencies = np.rint(ways * np.exp(16.0 - 4.6 * k + 0.012 * (2.0**k - 1))).astype(int)
    table = CaptureTable.from_frequencies([*frequencies.tolist(), 40, 7], n_occasions=52)
    refused = estimate("Mh-poisson2", table)
    assert isinstance(refused, NotEstimable)
    assert refused.reason.value == "not-identified"
    # The frequencies were rounded to whole units.
    limited = estimated(heterogeneous("Mh", shape="poisson", up_to=8), table)
    assert limited.n_observed == table.n_observed
    assert limited.diagnostics["n_set_aside"] == 47
    assert limited.n_unseen == pytest.approx(math.exp(16.0), rel=1e-3)
    assert limited.parameters["poisson2"] == pytest.approx(0.012, rel=2e-2)
    assert limited.df == 8 - 3
    assert limited.interval is not None
    assert limited.interval.lower < limited.n_total < limited.interval.upper
    assert estimated(heterogeneous("Mh", shape="poisson", a=1.2), table).n_total > limited.n_observed
    assert estimated(heterogeneous(shape="none", up_to=52), table).n_total == estimated("M0", table).n_total


def test_a_limit_without_repeats_is_refused() -> None:
    table = CaptureTable.from_frequencies([20, 0, 0, 5], n_occasions=6)
    result = estimate(heterogeneous(shape="none", up_to=3), table)
    assert isinstance(result, NotEstimable)
    assert result.reason.value == "no-overlap"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "Mx"}, "E-EST-20"),
        ({"shape": "cubic"}, "E-EST-20"),
        ({"up_to": 2}, "E-EST-20"),
        ({"model": "Mth", "up_to": 5}, "E-EST-20"),
        ({"shape": "poisson", "a": 1.0}, "E-EST-21"),
        ({"shape": "gamma", "a": -1.0}, "E-EST-21"),
        ({"shape": "gamma", "a": math.nan}, "E-EST-21"),
        ({"shape": "darroch", "a": 2.0}, "E-EST-21"),
    ],
)
def test_impossible_options_are_named(options, code: str) -> None:
    with pytest.raises(EstimateError, match=code):
        heterogeneous(**options)


@pytest.mark.parametrize("model", ["Mtb", "Mh-normal", "Mh-gamma", "Mh-poisson0.5", "Mh-", "M0-chao", ""])
def test_models_without_a_correction_are_named(model: str) -> None:
    with pytest.raises(EstimateError, match="E-EST-22"):
        bias_corrected(model)


def test_a_limit_of_captures_by_occasion_has_no_correction() -> None:
    with pytest.raises(EstimateError, match="E-EST-22"):
        bias_corrected("Mt", up_to=4)


def test_two_lists_corrected_are_chapmans_estimator() -> None:
    table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    ours, chapman = estimated(bias_corrected("Mt"), table), estimated("chapman", table)
    assert ours.n_total == pytest.approx(chapman.n_total, rel=1e-12)


@pytest.mark.parametrize("shape", [None, "poisson2", "darroch", "gamma3.5", "poisson1.3"])
def test_added_units_make_the_first_order_bias_vanish_when_captures_are_rare(shape: str | None) -> None:
    """``X' d = X' h / 2 - e_1 / 2`` with the leverages of a fit to frequencies that fall off fast."""
    weights = weights_of_unseen(shape)
    k = np.arange(1.0, len(weights) + 1)
    columns = [np.ones(len(k)), k]
    if shape:
        columns.append(
            heterogeneous("Mh", shape=shape.rstrip("0123456789."), a=_parameter(shape)) and _column(shape, k)
        )
    design = np.column_stack(columns)
    added = (1 - np.array(weights)) / 2
    # As many parameters as frequencies: every leverage is one.
    np.testing.assert_allclose(design.T @ added, design.T @ np.ones(len(k)) / 2 - np.eye(len(k))[0] / 2, atol=1e-9)


def _parameter(shape: str) -> float | None:
    number = shape.lstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) if number else None


def _column(shape: str, k: np.ndarray) -> np.ndarray:
    a = _parameter(shape)
    if a is None:
        return k**2 / 2
    return a**k - 1 if shape.startswith("poisson") else np.log(a) - np.log(a + k)


def test_a_correction_that_would_take_more_units_than_there_are_is_refused() -> None:
    table = CaptureTable.from_frequencies([0, 8, 9, 4], n_occasions=5)
    result = estimate(bias_corrected("M0"), table)
    assert isinstance(result, NotEstimable)
    assert result.reason.value == "does-not-exist"


def test_what_the_leverages_ask_of_two_removals_is_the_closed_form() -> None:
    # N = u_1^2 / (u_1 - u_2): second derivatives by hand give (1 + q) / (2 (1 - q)).
    for q in (0.2, 0.5, 5 / 7):
        taken = taken_by_leverages(np.array([700.0, 700.0 * q]))
        assert taken == pytest.approx((1 + q) / (2 * (1 - q)), rel=1e-9)


def test_leverages_take_the_first_order_bias_out_of_the_expected_counts() -> None:
    """Bias of exp(a) by second differences of the estimator over every cell, against the change it makes."""
    histories = np.array([w for w in itertools.product((0, 1), repeat=4) if any(w)], float)
    means = 4000 * np.prod(np.where(histories == 1, 0.3, 0.7), axis=1)
    design = np.column_stack([np.ones(15), histories])

    def unseen(counts: np.ndarray) -> float:
        return math.exp(fit_poisson(design, counts, stopping="exact").coefficients[0])

    bias = 0.0
    for w in range(15):
        step = np.zeros(15)
        step[w] = 0.02 * means[w]
        bias += means[w] * (unseen(means + step) - 2 * unseen(means) + unseen(means - step)) / step[w] ** 2 / 2
    table = CaptureTable.from_histories(histories.astype(int), np.rint(means).astype(int))
    change = estimated(bias_corrected("Mt", rule="leverages"), table).n_total - estimated("Mt", table).n_total
    assert change == pytest.approx(-bias, rel=0.02)
    # The published constants are the limit of rare captures: at chances of 0.3 they push the other way.
    assert bias > 0
    assert estimated(bias_corrected("Mt"), table).n_total > estimated("Mt", table).n_total


@pytest.mark.parametrize(("model", "chance"), [("M0", 0.2), ("Mt", 0.2), ("Mb", 0.35)])
def test_leverages_take_most_of_the_bias_out(model: str, chance: float) -> None:
    """Tables of 100 units on five occasions."""
    rng = np.random.default_rng(11)
    chances = np.ones(5) * chance if model == "Mb" else chance * np.array([0.8, 1.0, 1.2, 0.95, 1.05])
    corrected_by = bias_corrected(model, rule="leverages")
    plain, corrected = [], []
    for _ in range(250):
        histories = rng.random((100, 5)) < chances
        table = CaptureTable.from_histories(histories[histories.any(axis=1)].astype(int), ordered=True)
        without = CaptureTable(
            frequencies=table.frequencies,
            n_occasions=5,
            ordered=True,
            occasion_totals=table.occasion_totals,
            first_captures=table.first_captures,
        )
        both = estimate(model, without), estimate(corrected_by, without)
        if all(isinstance(r, PopulationEstimate) for r in both):
            plain.append(both[0].n_total / 100 - 1)
            corrected.append(both[1].n_total / 100 - 1)
    assert len(plain) > 245
    error = np.std(corrected) / math.sqrt(len(corrected))
    assert np.mean(plain) > 0
    assert abs(np.mean(corrected)) < 0.4 * np.mean(plain) + 2 * error
    assert np.std(corrected) < 1.02 * np.std(plain)


def test_leverages_of_many_histories_are_refused() -> None:
    rng = np.random.default_rng(2)
    histories = (rng.random((200, 13)) < 0.15).astype(int)
    table = CaptureTable.from_histories(histories[histories.any(axis=1)])
    result = estimate(bias_corrected("Mt", rule="leverages"), table)
    assert isinstance(result, NotEstimable)
    assert result.reason.value == "wrong-table"
    assert isinstance(estimate(bias_corrected("Mt"), table), PopulationEstimate)
    assert isinstance(estimate(bias_corrected("M0", rule="leverages"), table), PopulationEstimate)


def test_a_removal_with_too_few_later_captures_is_not_corrected() -> None:
    table = CaptureTable(
        frequencies=(20, 10, 0), n_occasions=3, ordered=True, occasion_totals=(28, 6, 6), first_captures=(28, 1, 1)
    )
    result = estimate(bias_corrected("Mb"), table)
    assert isinstance(result, NotEstimable)
    assert result.reason.value == "does-not-exist"
