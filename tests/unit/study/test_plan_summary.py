"""What is said of a plan follows from its answers, and its Monte-Carlo errors are what repeats show."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from test_plan_spec import small_plan

from darkfigure.study.plan.analysis import Answered, halves_table, weeks_table
from darkfigure.study.plan.monte_carlo import ratio_of_sums
from darkfigure.study.plan.plan_result import result_of
from darkfigure.study.plan.plan_spec import Plan, plan_of
from darkfigure.study.plan.plan_words import budget_words, helps, render_plan, verdict
from darkfigure.study.plan.summary import rank, summarise_plan

ONLY_C = {"window_days": [], "extra_services": ["C"]}


def plan_with(**sections: object) -> Plan:
    return plan_of(small_plan(changes=ONLY_C, **sections))


def answer(world: int, number: float | None, design: str = "as planned", **changes: object) -> Answered:
    told: dict[str, object] = {
        "world": world,
        "design": design,
        "truth": 100.0,
        "n_observed": 50,
        "cases": 60,
        "cost": 200.0,
        "number": number,
        "lower": None if number is None else number - 20,
        "upper": None if number is None else number + 20,
        "refusal": "no-overlap" if number is None else None,
    }
    return Answered(**{**told, **changes})  # type: ignore[arg-type]


def test_shares_and_errors_by_hand() -> None:
    numbers = [110.0, 90.0, 130.0, None]
    answers = [answer(k, n) for k, n in enumerate(numbers)] + [answer(k, 100.0, "with C") for k in range(4)]
    base, more = summarise_plan(plan_with(), answers)
    assert base.answered.value == 0.75
    assert base.bias_percent is not None and base.bias_percent.value == pytest.approx(10)
    assert base.rmse_percent is not None and base.rmse_percent.value == pytest.approx(math.sqrt(1100 / 3))
    assert base.coverage is not None and base.coverage.value == pytest.approx(2 / 3)
    assert base.publishable.value == 0.75
    assert base.good.value == 0.5
    assert base.refusals == (("no-overlap", 1),)
    assert more.good_gain is not None and more.good_gain.value == 0.5
    assert more.rmse_ratio is not None and more.rmse_ratio.value == 0


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({}, 1.0),
        ({"upper": 220.0}, 0.0),
        ({"upper": None}, 0.0),
        ({"lower": None, "upper": None}, 0.0),
        ({"n_observed": 9}, 0.0),
    ],
)
def test_what_may_be_published(changes: dict[str, object], published: float) -> None:
    answers = [answer(k, 110.0, d, **changes) for k in range(2) for d in ("as planned", "with C")]
    assert summarise_plan(plan_with(), answers)[0].publishable.value == published


def test_an_interval_without_an_upper_end_still_holds_what_is_above_it() -> None:
    answers = [answer(k, 110.0, d, upper=None) for k in range(2) for d in ("as planned", "with C")]
    base = summarise_plan(plan_with(), answers)[0]
    assert base.coverage is not None and base.coverage.value == 1.0


def drawn(rng: np.random.Generator, pairs: int) -> list[Answered]:
    """Pairs of worlds with a common and an own error."""
    common = np.repeat(rng.normal(0, 10, pairs), 2)
    numbers = 100 + common + rng.normal(0, 10, 2 * pairs)
    return [answer(k, float(n), d) for k, n in enumerate(numbers) for d in ("as planned", "with C")]


def test_monte_carlo_errors_are_the_spread_of_repeats() -> None:
    rng = np.random.default_rng(5)
    runs = [summarise_plan(plan_with(), drawn(rng, 100))[0] for _ in range(150)]
    for name in ("rmse_percent", "bias_percent", "coverage", "change_alike_percent", "change_any_percent"):
        values = np.array([getattr(r, name).value for r in runs])
        errors = np.array([getattr(r, name).error for r in runs])
        assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.25), name


def test_worlds_needed_make_two_runs_agree() -> None:
    """With that many worlds, 15% holds in about 95 of 100 pairs of runs; with a tenth of them in far fewer."""
    rng = np.random.default_rng(6)
    needed = round(float(np.median([summarise_plan(plan_with(), drawn(rng, 150))[0].worlds_needed for _ in range(5)])))

    def agree(worlds: int) -> float:
        def rmse() -> float:
            found = summarise_plan(plan_with(), drawn(rng, worlds // 2))[0].rmse_percent
            assert found is not None
            return found.value

        return float(np.mean([abs(rmse() / rmse() - 1) <= 0.15 for _ in range(150)]))

    assert 0.89 <= agree(needed) <= 0.99
    assert agree(max(20, needed // 10)) < 0.8


def test_the_smallest_rise_is_found_four_times_in_five() -> None:
    """Draw two windows that far apart: a two-sided test with the right error must find it with that power."""
    rng = np.random.default_rng(7)
    sd = 0.1
    numbers = 100 * np.exp(rng.normal(0, sd, 20_000))
    answers = [answer(k, float(n), d) for k, n in enumerate(numbers) for d in ("as planned", "with C")]
    base = summarise_plan(plan_with(), answers)[0]
    assert base.change_alike_percent is not None
    rise = math.log1p(base.change_alike_percent.value / 100)
    change = rise + rng.normal(0, sd, 20_000) - rng.normal(0, sd, 20_000)
    assert (np.abs(change) > 1.96 * sd * math.sqrt(2)).mean() == pytest.approx(0.8, abs=0.02)


def test_false_alarms_are_those_of_the_intervals() -> None:
    rng = np.random.default_rng(8)
    logs = rng.normal(0, 0.1, 4000)

    def alarms(width: float) -> float:
        answers = [
            answer(k, 100 * math.exp(x), d, lower=100 * math.exp(x - width), upper=100 * math.exp(x + width))
            for k, x in enumerate(logs)
            for d in ("as planned", "with C")
        ]
        found = summarise_plan(plan_with(), answers)[0].false_alarms
        assert found is not None
        return found.value

    assert alarms(1.96 * 0.1) == pytest.approx(0.05, abs=0.015)
    assert alarms(1.96 * 0.05) == pytest.approx(0.327, abs=0.03)


def test_more_data_around_a_wrong_number_are_no_better() -> None:
    base = [answer(k, 125.0, lower=90.0, upper=160.0) for k in range(40)]
    surer = [answer(k, 115.0, "with C", lower=110.0, upper=120.0) for k in range(40)]
    right = [answer(k, 115.0, "with C", lower=95.0, upper=120.0) for k in range(40)]
    said = budget_words(result_of(plan_with(), [*base, *surer]))
    assert "hold the truth in 0 of 100 answers, not 100" in said
    assert "not right" not in budget_words(result_of(plan_with(), [*base, *right]))


def test_pairs_count_once_for_the_error() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=50), 2)
    pair = np.repeat(np.arange(50), 2)
    together = ratio_of_sums(values, np.ones(100), pair)
    apart = ratio_of_sums(values, np.ones(100), np.arange(100))
    assert together is not None and apart is not None and together.error is not None and apart.error is not None
    assert together.error / apart.error == pytest.approx(math.sqrt(2), rel=0.02)


def test_nothing_answered_is_said() -> None:
    answers = [answer(k, None, d) for k in range(4) for d in ("as planned", "with C")]
    result = result_of(plan_with(), answers)
    assert result.base.rmse_percent is None
    assert "cannot answer this question" in verdict(result)
    assert "No change tried helps" in budget_words(result)
    render_plan(result)


def test_a_fault_of_the_program_is_not_taken_for_a_refusal() -> None:
    answers = [answer(k, 110.0 if k else None, d) for k in range(4) for d in ("as planned", "with C")]
    assert "fault" not in verdict(result_of(plan_with(), answers))
    answers = [replace(a, refusal="fault: TypeError") if a.number is None else a for a in answers]
    assert "In 1 of 4 worlds the program met a fault of its own" in verdict(result_of(plan_with(), answers))


def test_ranking_by_good_answers_or_by_error() -> None:
    def answers(plan: Plan) -> list[Answered]:
        always_off = [answer(k, 121.0, "with C") for k in range(20)]
        mostly_close = [answer(k, 110.0 if k else 300.0, "window of 730 days") for k in range(20)]
        return [answer(k, 150.0) for k in range(20)] + always_off + mostly_close

    changes = {"window_days": [730], "extra_services": ["C"]}
    by_good = plan_of(small_plan(changes=changes))
    by_error = plan_of(small_plan(changes={**changes, "rank_by": "rmse"}))
    assert rank(by_good, summarise_plan(by_good, answers(by_good)))[0] == "window of 730 days"
    assert rank(by_error, summarise_plan(by_error, answers(by_error)))[0] == "with C"


def test_a_change_within_its_error_does_not_help() -> None:
    rng = np.random.default_rng(3)
    base = [answer(k, float(100 + rng.normal(0, 10))) for k in range(40)]
    same = [answer(k, float(100 + rng.normal(0, 10)), "with C") for k in range(40)]
    better = [answer(k, float(100 + rng.normal(0, 1)), "with C") for k in range(40)]
    for others, expected in ((same, False), (better, True)):
        result = result_of(plan_with(), [*base, *others])
        assert helps(result, result.ranked()[0]) is expected


def test_a_change_over_the_budget_is_said_to_be() -> None:
    base = [answer(k, 150.0) for k in range(40)]
    better = [answer(k, 101.0 + k % 2, "with C", cost=900.0) for k in range(40)]
    result = result_of(plan_with(costs={"budget": 500.0}), [*base, *better])
    assert "over the budget in 100 of 100" in budget_words(result)


def test_the_text_has_80_columns_and_says_that_worlds_are_too_few() -> None:
    rng = np.random.default_rng(2)
    result = result_of(plan_with(), drawn(rng, 10))
    text = render_plan(result)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "TOO FEW" in text
    assert str(result.base.worlds_needed) in text.replace(",", "")


def test_tables_of_a_window() -> None:
    entity = np.array([1, 1, 1, 2, 3, 3])
    days = np.array([0.5, 1.0, 30.0, 16.0, 3.0, 9.0])
    weeks = weeks_table(entity, days, window_days=31, occasion_days=7)
    # Days 28 and later fill no whole week, so unit 1 was seen in the first week only.
    assert weeks.frequencies == (2, 1, 0, 0)
    assert weeks.occasion_totals == (2, 1, 1, 0)
    assert weeks.first_captures == (2, 0, 1, 0)
    assert weeks.halves is not None and (weeks.halves.n_first, weeks.halves.n_second, weeks.halves.n_both) == (2, 1, 0)
    halves = halves_table(entity, days, window_days=31)
    assert halves.occasion_totals == (2, 2)
    assert halves.frequencies == (2, 1)
