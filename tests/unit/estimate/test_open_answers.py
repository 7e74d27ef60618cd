"""Open populations: what is refused, what is not told apart, what stands at a limit, and what must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import answer, estimate
from darkfigure.estimate.open_populations import METHODS
from darkfigure.estimate.open_populations.cormack_jolly_seber import cjs
from darkfigure.estimate.open_populations.open_log_linear import open_log_linear
from darkfigure.estimate.open_populations.robust_design import robust_design, robust_likelihood
from darkfigure.estimate.open_populations.size_answers import sized_fit
from darkfigure.estimate.open_populations.super_population import jolly_seber, popan
from darkfigure.estimate.outcomes import Method
from darkfigure.records.aggregate import (
    CaptureTable,
    NotEstimable,
    PopulationEstimate,
    Quantity,
    Reason,
    SurvivalEstimate,
)
from darkfigure.records.aggregate.unit_rows import UnitRows


def drawn(
    seed: int = 1, *, units: int = 400, phi: float = 0.75, p: float = 0.5, t: int = 5, covariates: bool = False
) -> CaptureTable:
    rng = np.random.default_rng(seed)
    come, there = rng.integers(0, t, units), np.zeros(units, dtype=bool)
    heavy = rng.normal(size=units).round(1)
    seen = np.zeros((units, t), dtype=np.uint8)
    for k in range(t):
        there = (there & (rng.random(units) < phi)) | (come == k)
        seen[:, k] = there & (rng.random(units) < p)
    kept = seen.any(axis=1)
    table = CaptureTable.from_histories(seen[kept], ordered=True)
    if not covariates:
        return table
    sex = np.where(rng.random(units) < 0.5, "f", "m")[kept]
    rows = UnitRows(
        captures=seen[kept].sum(axis=1).astype(np.int64),
        counts=np.ones(kept.sum(), dtype=np.int64),
        covariates={"sex": sex, "weight": heavy[kept]},
        histories=seen[kept],
    )
    return replace(table, rows=rows)


def rates(method: Method, table: CaptureTable) -> SurvivalEstimate:
    result = answer(method, table)
    assert isinstance(result, SurvivalEstimate), result
    return result


def sized(method: Method, table: CaptureTable) -> PopulationEstimate:
    result = estimate(method, table)
    assert isinstance(result, PopulationEstimate), result
    return result


def named(result: SurvivalEstimate | PopulationEstimate) -> dict[str, Quantity]:
    return {q.name: q for q in result.quantities}


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_lists_without_order_are_refused(method: Method) -> None:
    table = CaptureTable.from_histories([[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0]], [9, 8, 30])
    assert answer(method, table).reason is Reason.UNORDERED_LISTS  # type: ignore[union-attr]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
@pytest.mark.parametrize(
    ("histories", "reason"),
    [
        ([[1, 1], [1, 0], [0, 1]], Reason.TOO_FEW_LISTS),
        ([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]], Reason.NO_OVERLAP),
    ],
)
def test_too_few_occasions_and_no_recapture_are_refused(
    method: Method, histories: list[list[int]], reason: Reason
) -> None:
    table = CaptureTable.from_histories(histories, [20, 12, 9], ordered=True)
    assert answer(method, table).reason is reason  # type: ignore[union-attr]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_totals_without_histories_are_refused(method: Method) -> None:
    table = CaptureTable(frequencies=(30, 10, 2), n_occasions=3, ordered=True, occasion_totals=(20, 20, 16))
    assert answer(method, table).reason is Reason.WRONG_TABLE  # type: ignore[union-attr]


def test_the_robust_design_needs_three_periods() -> None:
    assert answer(robust_design([3, 2]), drawn()).reason is Reason.TOO_FEW_LISTS  # type: ignore[union-attr]
    assert answer(robust_design([1] * 5), drawn()).reason is Reason.TOO_FEW_LISTS  # type: ignore[union-attr]


def test_many_occasions_are_sent_from_the_log_linear_model_to_the_others() -> None:
    table = drawn(t=14)
    refusal = answer(open_log_linear(), table)
    assert isinstance(refusal, NotEstimable)
    assert refusal.reason is Reason.WRONG_TABLE
    assert sized(popan(pent="~ 1"), table).n_total > table.n_observed


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("E-EST-10", lambda: answer(cjs("~ colour"), drawn())),
        ("E-EST-10", lambda: answer(cjs("~ colour"), drawn(covariates=True))),
        ("E-EST-48", lambda: answer(popan("~ weight"), drawn(covariates=True))),
        ("E-EST-48", lambda: answer(popan("~ cohort"), drawn())),
        ("E-EST-49", lambda: jolly_seber(ends="loose")),
        ("E-EST-42", lambda: robust_design([2, 0, 3])),
        ("E-EST-42", lambda: robust_design(emigration="markov")),  # type: ignore[arg-type]
        ("E-EST-43", lambda: answer(robust_design([2, 2, 2]), drawn())),
        ("E-EST-44", lambda: open_log_linear("some")),  # type: ignore[arg-type]
        ("E-EST-44", lambda: open_log_linear(most_captures=1)),
    ],
)
def test_a_mistake_of_the_caller_has_its_code(code: str, call: object) -> None:
    with pytest.raises(EstimateError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.code == code


def test_rates_that_cannot_be_told_apart_are_named_not_printed() -> None:
    result = rates(cjs("~ time", "~ time"), drawn(p=0.6))
    found = named(result)
    assert [q.name for q in result.quantities if q.value is None] == ["Phi[4]", "p[5]"]
    assert found["Phi[4]"].confounded_with == ("p[5]",)
    assert found["p[5]"].confounded_with == ("Phi[4]",)
    assert result.diagnostics["n_parameters"] - result.diagnostics["n_parameters_identified"] == 1
    assert "Phi:time=4" not in result.parameters
    assert any(c.code == "C-CONFOUNDED" and "Phi[4]" in c.text for c in result.cautions)


def test_a_constant_rate_on_either_side_tells_them_apart() -> None:
    for formulas in (("~ time", "~ 1"), ("~ 1", "~ time")):
        result = rates(cjs(*formulas), drawn(p=0.6))
        assert all(q.value is not None for q in result.quantities)


def test_groups_in_p_alone_are_told_apart_only_with_a_shared_survival() -> None:
    table = drawn(p=0.6, covariates=True)
    apart = rates(cjs("~ time*sex", "~ time*sex"), table)
    both = {"Phi[4, sex=f]", "Phi[4, sex=m]", "p[5, sex=f]", "p[5, sex=m]"}
    assert {q.name for q in apart.quantities if q.value is None} == both
    assert named(apart)["Phi[4, sex=f]"].confounded_with == ("p[5, sex=f]",)


def test_the_full_jolly_seber_model_names_its_ends() -> None:
    found = named(rates(jolly_seber(ends="free"), drawn(p=0.6)))
    left_open = {name for name, q in found.items() if q.value is None and not name.startswith("pent")}
    assert left_open == {"p[1]", "N[1]", "B[1]", "Phi[4]", "p[5]", "N[5]", "B[4]"}
    assert found["Phi[4]"].confounded_with == ("p[5]",)


def test_a_total_that_cannot_be_told_is_refused() -> None:
    refusal = answer(popan("~ time", "~ time", "~ time"), drawn(p=0.6))
    assert isinstance(refusal, NotEstimable)
    assert refusal.reason is Reason.NOT_IDENTIFIED
    away = answer(robust_design([2, 2, 2], phi="~ time", gamma="~ time", emigration="random"), drawn(t=6, p=0.6))
    assert isinstance(away, NotEstimable)
    assert away.reason is Reason.NOT_IDENTIFIED


PUSHED = [[1, 0, 1], [1, 1, 1], [1, 1, 0], [0, 1, 0], [0, 1, 1], [1, 0, 0], [0, 0, 1]]
"""Of 54 units seen first, 52 come back, most of them unseen between: a survival above 1 would fit best."""


def test_survival_above_one_is_never_returned_and_the_reader_is_told_why() -> None:
    table = CaptureTable.from_histories(PUSHED, [40, 10, 2, 30, 4, 2, 5], ordered=True)
    # By hand: marked and present on occasion 2 is m + z R / r = 12 + 40 * 46 / 14 = 143 of 54 released, 2.65 each.
    first = named(rates(cjs("~ time", "~ time"), table))["Phi[1]"]
    assert first.value == 1.0
    assert first.standard_error is None
    assert first.interval is None
    cautions = rates(cjs("~ time", "~ time"), table).cautions
    assert any(c.code == "C-BOUNDARY" and "Phi[1]" in c.text and "1 or more" in c.text for c in cautions)
    for method in METHODS:
        result = answer(method, table)
        if not isinstance(result, NotEstimable):
            assert all(q.value is None or q.value <= 1 for q in result.quantities if q.name.startswith("Phi"))


def test_an_inner_estimate_equals_the_closed_form_of_jolly_and_seber() -> None:
    table = drawn(p=0.6, units=900)
    assert table.cells is not None
    h, n = table.cells.histories.astype(bool), table.cells.counts
    found = named(rates(cjs("~ time", "~ time"), table))
    marked = []
    for i in range(1, 4):
        before, after = h[:, :i].any(axis=1), h[:, i + 1 :].any(axis=1)
        m, z = n[before & h[:, i]].sum(), n[before & ~h[:, i] & after].sum()
        r, released = n[h[:, i] & after].sum(), n[h[:, i]].sum()
        marked.append((m + z * released / r, m, released))
        assert found[f"p[{i + 1}]"].value == pytest.approx(m / marked[-1][0], rel=1e-7)
    for i in range(2):
        (known, m, released), later = marked[i], marked[i + 1][0]
        assert found[f"Phi[{i + 2}]"].value == pytest.approx(later / (known - m + released), rel=1e-7)


def test_groups_fitted_together_are_groups_fitted_apart() -> None:
    table = drawn(covariates=True)
    assert table.rows is not None
    assert table.rows.histories is not None
    together = rates(cjs("~ sex", "~ sex"), table)
    deviance = 0.0
    for level in ("f", "m"):
        chosen = table.rows.covariates["sex"] == level
        one = rates(cjs(), CaptureTable.from_histories(table.rows.histories[chosen], ordered=True))
        deviance += one.diagnostics["neg2_log_likelihood"]
        assert named(together)[f"Phi[sex={level}]"].value == pytest.approx(one.parameters["Phi"], rel=1e-7)
        assert named(together)[f"p[sex={level}]"].standard_error == pytest.approx(
            named(one)["p"].standard_error, rel=1e-6
        )
    assert together.diagnostics["neg2_log_likelihood"] == pytest.approx(deviance, rel=1e-10)


def test_totals_of_groups_add_up() -> None:
    table = drawn(covariates=True)
    assert table.rows is not None
    assert table.rows.histories is not None
    together = sized(popan("~ sex", "~ sex", "~ time*sex"), table)
    parts = []
    for level in ("f", "m"):
        chosen = table.rows.covariates["sex"] == level
        parts.append(sized(popan(), CaptureTable.from_histories(table.rows.histories[chosen], ordered=True)))
        assert named(together)[f"N[sex={level}]"].value == pytest.approx(parts[-1].n_total, rel=1e-6)
    assert together.n_total == pytest.approx(sum(part.n_total for part in parts), rel=1e-6)
    assert together.standard_error == pytest.approx(
        sum(part.standard_error**2 for part in parts if part.standard_error is not None) ** 0.5, rel=1e-5
    )


def test_a_number_as_covariate_gives_its_rate_at_the_mean() -> None:
    table = drawn(covariates=True)
    result = rates(cjs("~ weight"), table)
    assert table.rows is not None
    mean = float(table.rows.covariates["weight"].mean())
    beta = result.parameters
    eta = beta["Phi:(Intercept)"] + beta["Phi:weight"] * mean
    assert result.parameters["Phi"] == pytest.approx(1 / (1 + np.exp(-eta)), rel=1e-12)


@pytest.mark.parametrize("method", [cjs("~ sex + weight", "~ time"), popan("~ sex")], ids=["cjs", "popan"])
def test_order_of_units_does_not_matter(method: Method) -> None:
    table = drawn(covariates=True)
    assert table.rows is not None
    assert table.rows.histories is not None
    order = np.random.default_rng(3).permutation(len(table.rows.counts))
    other = UnitRows(
        captures=table.rows.captures[order].copy(),
        counts=table.rows.counts[order].copy(),
        covariates={k: v[order].copy() for k, v in table.rows.covariates.items()},
        histories=table.rows.histories[order].copy(),
    )
    one, two = named(answer(method, table)), named(answer(method, replace(table, rows=other)))  # type: ignore[arg-type]
    assert {k: q.value for k, q in one.items()} == pytest.approx({k: q.value for k, q in two.items()}, rel=1e-9)


def test_the_total_says_whom_it_counts() -> None:
    for method in METHODS:
        if not method.name.startswith("cjs"):
            assert any("ever" in a or "at least one occasion" in a for a in method.assumptions)
        assert method.formula
        assert method.misleads


def test_arrivals_and_sizes_add_up_to_the_total() -> None:
    result = sized(popan(), drawn())
    found = named(result)
    arrivals = sum(q.value or 0.0 for name, q in found.items() if name.startswith("B["))
    assert (found["N[1]"].value or 0.0) + arrivals == pytest.approx(result.n_total, rel=1e-9)
    assert found["N[2]"].value == pytest.approx(
        result.parameters["Phi"] * (found["N[1]"].value or 0.0) + (found["B[1]"].value or 0.0), rel=1e-9
    )


def test_equal_ends_are_the_chances_of_their_neighbours() -> None:
    table = drawn(p=0.6, units=900)
    tied = sized(jolly_seber(), table)
    names = [name for name in named(tied) if name.startswith("p[")]
    assert names == ["p[2]", "p[3]", "p[4]"]
    assert tied.diagnostics["n_parameters"] == tied.diagnostics["n_parameters_identified"]


def test_a_robust_design_by_period_without_emigration_is_nested_in_one_with() -> None:
    table = drawn(t=9, p=0.4, units=800)
    there = sized(robust_design([3, 3, 3]), table)
    away = sized(robust_design([3, 3, 3], emigration="random"), table)
    assert away.diagnostics["neg2_log_likelihood"] <= there.diagnostics["neg2_log_likelihood"] + 1e-8
    assert away.diagnostics["n_parameters"] == there.diagnostics["n_parameters"] + 1


def test_the_front_door_gives_no_size_where_there_is_none() -> None:
    refusal = estimate(cjs(), drawn())
    assert isinstance(refusal, NotEstimable)
    assert refusal.reason is Reason.NO_SIZE


def test_a_robust_design_with_fewer_repeats_than_rates_is_refused_before_any_search() -> None:
    rows = [[0, 1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0]]
    result = estimate("robust-design", CaptureTable.from_histories(rows, [2, 1, 1], ordered=True))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_IDENTIFIED
    assert result.diagnostics == {"repeats": 2.0, "rates": 5.0}


def test_the_profile_of_a_robust_design_follows_the_rates_far_out() -> None:
    """Ten times the unseen, a tenth of the chances: the profile is flat and sets no upper end."""
    rows = [[0, 1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0]]
    table = CaptureTable.from_histories(rows, [2, 1, 1], ordered=True)
    formulas = {"phi": "~ 1", "p": "~ primary", "pent": "~ time", "gamma": "~ 1"}
    likelihood = robust_likelihood(table, None, emigration="none", formulas=formulas)
    fit = sized_fit(likelihood, 0.95)
    assert fit.interval is not None
    assert fit.interval.upper == float("inf")
