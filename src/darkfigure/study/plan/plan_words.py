"""What simulating a plan showed, in words of 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from darkfigure.study.plan.analysis import is_fault
from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_spec import Plan
from darkfigure.study.plan.summary import DesignResult

COLUMNS = 80
COUNTED = {
    "addresses-used": "addresses used in the window",
    "sources-active": "sources active at a time, on average over the window",
    "sources-active-weighted": "sources active at a time, weighted by how active they are",
    "sources-ever-active": "sources active at any time of the window",
}
HEADLINE_BIAS = 20.0
"""Percent of the truth from which a bias is called one in the first sentence."""
FEW_GOOD = 0.5
"""Share of good answers below which even the best change is called poor."""
_FEW_DOMINATE = 0.5
MEANINGS = {
    "gives an answer": "the method does not refuse",
    "may be published": "meets the rules the plan declares",
    "good": "what the designs are compared by",
    "bias": "too high (+) or too low (-) on average; more data do not cure it",
    "typical error (RMSE)": "how far off the number would be, high or low, large errors weighing more",
    "intervals that hold the truth": "should be the level of the interval; fewer mean that it claims too much",
    "width of the interval over the number": "0.4: from a fifth below to a fifth above the number, or so",
    "smallest rise found 4 times in 5": "if use, detection and matching stay as they are",
    "the same when conditions may change too": "if these may lie elsewhere in the ranges at the second time",
    "false alarms between windows without a change": "two studies under the same conditions said to differ",
}
"""What a row of expectations means to somebody who knows no statistics, by the words it begins with."""


def render_plan(result: PlanResult) -> str:
    """Say what to expect of the study, what would help, and how sure the simulation is.

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    plan, base = result.plan, result.base
    title = f"{plan.plan.title} ({base.worlds} simulated worlds, seed {plan.plan.seed})"
    asked = f"To be counted: {COUNTED[plan.analysis.estimand]}. Analysis: {analysis_in_words(plan)}."
    parts = [
        *textwrap.wrap(title, COLUMNS),
        *_filled(asked),
        "",
        *_filled(verdict(result)),
        "",
        "As planned                                                 value    +- error",
        "-" * COLUMNS,
        *(f"{name:<55}{value:>9}{error:>12}" for name, value, error in expected_rows(plan, base)),
        *_wrapped_refusals(base),
        "",
        *_ranking(result),
        "",
        *(line for sentence in honesty(result) for line in _filled(sentence)),
    ]
    return "\n".join(parts)


def analysis_in_words(plan: Plan) -> str:
    """Name the analysis in a clause.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
    """
    a, days = plan.analysis, plan.design.window_days
    unit = "addresses" if a.entity == "address" else "sources"
    services = ", ".join(plan.design.services)
    if a.table == "lagged":
        return f"lagged identification on the records of {services} over {days} days"
    if a.table == "lists":
        return f"{a.method} on {unit} in the lists of {services} over {days} days"
    table = "two halves" if a.table == "halves" else f"occasions of {a.occasion_days} days"
    return f"{a.method} on {unit} in {table} of {days} days, records of {services}"


def verdict(result: PlanResult) -> str:
    """What to expect, in two or three sentences for somebody who knows no statistics.

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
    """
    base, plan = result.base, result.plan
    number = _of_100(base.publishable)
    said = [f"The study as planned would end in a number that may be published in {number} studies of 100."]
    faults = sum(number for reason, number in base.refusals if is_fault(reason))
    if faults:
        said.append(
            f"In {faults} of {base.worlds} worlds the program met a fault of its own; these numbers must not be used."
        )
    if base.bias_percent is None or base.rmse_percent is None:
        return " ".join([*said, "No world gave an answer: the planned analysis cannot answer this question."])
    bias = base.median_bias_percent or 0.0
    if abs(bias) < HEADLINE_BIAS:
        said.append(f"The number would typically be off by {_percent(base.rmse_percent.value)} of the truth.")
    else:
        way = f"{_percent(abs(bias))} too {'high' if bias > 0 else 'low'}"
        way = f"{1 + bias / 100:.1f} times the truth" if bias > 100 else way
        said.append(f"The typical number would be {way}: what the analysis assumes does not hold in these worlds.")
    if base.coverage is not None:
        level, held = f"{100 * plan.analysis.level:g}%", _of_100(base.coverage)
        said.append(f"Its {level} interval would hold the truth in {held} of 100 answers.")
    return " ".join(said)


def expected_rows(plan: Plan, d: DesignResult) -> Iterator[tuple[str, str, str]]:
    """Rows (what, value, Monte-Carlo error) of one design.

    Parameters
    ----------
    plan : Plan
    d : DesignResult

    Yields
    ------
    tuple of str
    """
    yield _row("gives an answer", d.answered, share=True)
    yield _row("may be published: narrow enough, enough units seen", d.publishable, share=True)
    close = f"{plan.publish.close_percent:g}%"
    yield _row(f"good: may be published, within {close} of the truth", d.good, share=True)
    yield _row("bias, % of the truth", d.bias_percent)
    yield _row("typical error (RMSE), % of the truth", d.rmse_percent)
    yield _row("the same of numbers that may be published", d.rmse_published_percent)
    yield _row("intervals that hold the truth", d.coverage, share=True)
    if d.width is not None:
        yield "width of the interval over the number, median", f"{d.width:.2f}", ""
    yield _row("smallest rise found 4 times in 5: same conditions, %", d.change_alike_percent)
    yield _row("the same when conditions may change too, %", d.change_any_percent)
    yield _row("false alarms between windows without a change", d.false_alarms, share=True)
    if costs_anything(plan):
        yield "cost, mean", f"{d.cost:,.0f}", ""
    if d.within_budget is not None:
        yield "within the budget", f"{100 * d.within_budget:.1f}%", ""


def costs_anything(plan: Plan) -> bool:
    """Whether the plan declares any cost."""
    return plan.costs != type(plan.costs)() or any(s.cost for s in plan.service)


def percent_of_truth(measured: Measured) -> str:
    """An error in a clause, such as ``"18% of the truth"``."""
    return f"{_percent(measured.value)} of the truth"


def refusal_words(d: DesignResult) -> Iterator[str]:
    """Why worlds end without an answer, in a sentence; nothing when all have one."""
    if d.refusals:
        told = ", ".join(f"{reason} ({number} of {d.worlds} worlds)" for reason, number in d.refusals)
        yield f"Worlds that end without an answer, by its reason: {told}."


def honesty(result: PlanResult) -> Iterator[str]:
    """How far the simulation itself can be trusted.

    Parameters
    ----------
    result : PlanResult

    Yields
    ------
    str
    """
    base = result.base
    needed = base.worlds_needed
    if needed is None:
        yield "Too few worlds gave an answer to say how many worlds are needed."
    elif needed <= base.worlds:
        yield (
            f"Worlds: {base.worlds} are enough for the typical error of another run, on fresh worlds of the same "
            f"ranges, to lie within 15% of this one in 95 cases of 100 (about {needed} are needed)."
        )
    else:
        yield (
            f"Worlds: {base.worlds} are TOO FEW for the typical error of another run, on fresh worlds of the same "
            f"ranges, to lie within 15% of this one in 95 cases of 100; about {needed} are needed. Set worlds in the "
            "plan; finished worlds are kept."
        )
    if base.top_share is not None and base.top_share > _FEW_DOMINATE:
        yield (
            f"One answer in a hundred makes {100 * base.top_share:.0f}% of the squared error, so the typical error "
            "rests on a few worlds and the number of worlds needed is itself a guess."
        )
    yield (
        "The worlds are drawn from the ranges you declared: if the real world lies outside them, so may its errors. "
        "Errors after +- are Monte-Carlo standard errors."
    )


def budget_words(result: PlanResult) -> str:
    """Which change helps most for the money.

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
    """
    helping = [d for d in result.ranked() if helps(result, d)]
    if not result.ranking:
        return "No change was tried."
    if not helping:
        return "No change tried helps by more than its Monte-Carlo error (2 standard errors)."
    best = helping[0]
    said = f"Helps most: {best.name}, at {best.cost - result.base.cost:+,.0f} cost."
    if best.good.value < FEW_GOOD:
        said += f" Even so, only {_of_100(best.good)} of 100 studies would end in a good answer."
    said += _surer_of_a_wrong_number(result.base, best)
    if best.within_budget is None or best.within_budget >= 0.95:
        return said
    inside = next((d for d in helping if d.within_budget is not None and d.within_budget >= 0.95), None)
    other = "no change that helps stays" if inside is None else f"{inside.name} helps most of those that stay"
    return f"{said} It is over the budget in {100 * (1 - best.within_budget):.0f} of 100 worlds; {other} within it."


def _surer_of_a_wrong_number(base: DesignResult, d: DesignResult) -> str:
    """Warn where more data narrow the interval around a number that is biased."""
    was, now = base.coverage, d.coverage
    if was is None or now is None or was.error is None or now.error is None:
        return ""
    if was.value - now.value <= 2 * math.hypot(was.error, now.error):
        return ""
    return (
        f" But its interval would hold the truth in {_of_100(now)} of 100 answers, not {_of_100(was)}: more data make "
        "a number surer, not right."
    )


def helps(result: PlanResult, d: DesignResult) -> bool:
    """Whether a change is better than the plan by more than two Monte-Carlo standard errors.

    Parameters
    ----------
    result : PlanResult
    d : DesignResult

    Returns
    -------
    bool
    """
    gain, ratio = d.good_gain, d.rmse_ratio
    more = gain is not None and gain.error is not None and gain.value > 2 * gain.error
    fewer = gain is not None and gain.error is not None and gain.value < -2 * gain.error
    closer = ratio is not None and ratio.error is not None and ratio.value + 2 * ratio.error < 1
    if result.plan.changes.rank_by == "rmse":
        return closer
    return more or (closer and not fewer)


def _ranking(result: PlanResult) -> Iterator[str]:
    by = "good answers" if result.plan.changes.rank_by == "good-answer" else "typical error"
    yield f"One change at a time, best first (by {by})"
    yield f"{'change':<24}{'good':>8}{'gain +- error':>18}{'RMSE %':>12}{'cost':>11}{'in':>7}"
    yield "-" * COLUMNS
    for d in (result.base, *result.ranked()):
        gain = "" if d.good_gain is None else _points(d.good_gain)
        rmse = "none" if d.rmse_percent is None else _short(d.rmse_percent.value)
        inside = "" if d.within_budget is None else f"{100 * d.within_budget:.0f}%"
        for k, line in enumerate(textwrap.wrap(d.name, 23)):
            rest = f"{100 * d.good.value:>7.1f}%{gain:>18}{rmse:>12}{d.cost:>11,.0f}{inside:>7}" if k == 0 else ""
            yield f"{line:<24}{rest}".rstrip()
    yield from _filled(budget_words(result))


def _points(gain: Measured) -> str:
    error = "" if gain.error is None else f" +- {100 * gain.error:.1f}"
    return f"{100 * gain.value:+.1f}{error}"


def _wrapped_refusals(d: DesignResult) -> Iterator[str]:
    if d.refusals:
        told = ", ".join(f"{reason} ({number})" for reason, number in d.refusals)
        yield from _filled(f"Refusals: {told}")


def _row(name: str, measured: Measured | None, *, share: bool = False) -> tuple[str, str, str]:
    if measured is None:
        return name, "none", ""
    scale, sign = (100.0, "%") if share else (1.0, "")
    error = "" if measured.error is None else f"{_short(scale * measured.error)}{sign}"
    return name, f"{_short(scale * measured.value)}{sign}", error


def _short(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _percent(value: float) -> str:
    return f"{_short(value)}%"


def _of_100(share: Measured) -> str:
    return f"{100 * share.value:.0f}"


def _filled(text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, break_on_hyphens=False)
