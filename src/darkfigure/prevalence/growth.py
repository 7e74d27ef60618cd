"""How much did the estimate grow from the first year to the last, and what may be said of it?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from darkfigure.histories import Window
from darkfigure.prevalence.options import PrevalenceOptions
from darkfigure.prevalence.panel import WindowEstimates
from darkfigure.prevalence.wording import ASSUMPTIONS, long_label
from darkfigure.records.aggregate import (
    Caution,
    EstimateResult,
    Finding,
    Interval,
    PopulationEstimate,
    Question,
    Reason,
    Refusal,
)


def ratio_of(upper: EstimateResult, lower: EstimateResult) -> tuple[float, Interval | None] | None:
    """How many times as many, with an interval made from the two intervals?

    Parameters
    ----------
    upper, lower : PopulationEstimate or NotEstimable
        Of windows that share no days.

    Returns
    -------
    tuple of (float, Interval or None), or None
        ``None`` where either is refused.

    Notes
    -----
    Variance recovery on the log scale: with ``r = log N2 - log N1`` and intervals ``(l, u)``, the lower end is
    ``r - sqrt((log N2 - log l2)^2 + (log u1 - log N1)^2)``, the upper likewise.

    Source
    ------
    Zou and Donner (2008), Statistics in Medicine 27, 1693-1702, doi 10.1002/sim.3095.

    Examples
    --------
    >>> a = PopulationEstimate(method="x", n_observed=1, n_total=200.0, interval=Interval(100, 400, 0.95, "x"))
    >>> b = PopulationEstimate(method="x", n_observed=1, n_total=100.0, interval=Interval(100, 100, 0.95, "x"))
    >>> ratio, interval = ratio_of(a, b)
    >>> ratio, round(interval.lower, 6), round(interval.upper, 6)
    (2.0, 1.0, 4.0)
    """
    if not isinstance(upper, PopulationEstimate) or not isinstance(lower, PopulationEstimate) or lower.n_total <= 0:
        return None
    ratio = upper.n_total / lower.n_total
    a, b = upper.interval, lower.interval
    if a is None or b is None or min(a.lower, b.lower) <= 0 or ratio <= 0:
        return ratio, None
    down = math.hypot(math.log(upper.n_total / a.lower), math.log(b.upper / lower.n_total))
    up = math.hypot(math.log(a.upper / upper.n_total), math.log(lower.n_total / b.lower))
    high = math.inf if math.isinf(up) else ratio * math.exp(up)
    low = 0.0 if math.isinf(down) else ratio * math.exp(-down)
    return ratio, Interval(low, high, a.level, "variance-recovery")


def growth_findings(
    ends: Sequence[WindowEstimates],
    cautions: Mapping[Window, tuple[Caution, ...]],
    *,
    options: PrevalenceOptions,
    digests: tuple[str, ...],
) -> tuple[Finding, ...]:
    """Say how many times the first year's estimate the last one is, as a number and in words."""
    if len(ends) < 2 or ends[-1].window.start <= ends[0].window.end:
        return ()
    first, last = ends[0], ends[-1]
    both = dict.fromkeys([*cautions.get(first.window, ()), *cautions.get(last.window, ())])
    ratio = ratio_of(last.headline, first.headline)
    refused = Refusal(Reason.NO_DATA, "One of the two years has no estimate.") if ratio is None else None
    number = Finding(
        id="addresses-growth", question=Question.PREVALENCE, value=None if ratio is None else ratio[0], unit="ratio",
        statement=f"The estimate for {long_label(last.window)} is {{value}} times ({{interval}}) that for "
        f"{long_label(first.window)}.",
        interval=None if ratio is None else ratio[1], cautions=tuple(both), refusal=refused,
        contributors=min(first.recaptures, last.recaptures),
        estimand=f"estimated {options.demonym} addresses in use, last year end over first",
        assumptions=(*ASSUMPTIONS, "The two windows share no days, so their errors are taken as independent."),
        source_digests=digests,
    )  # fmt: skip
    if ratio is None or ratio[1] is None:
        return (number,)
    words = Finding(
        id="addresses-growth-words", question=Question.PREVALENCE, value=growth_in_words(ratio[1]), unit="words",
        statement=f"From {long_label(first.window)} to {long_label(last.window)} the estimate {{value}}.",
        cautions=tuple(both), contributors=number.contributors, estimand=number.estimand,
        assumptions=number.assumptions, source_digests=digests,
    )  # fmt: skip
    return number, words


def growth_in_words(interval: Interval) -> str:
    """What may be said of a ratio, going by the end of its interval that says least?

    Examples
    --------
    >>> growth_in_words(Interval(3.4, 3.7, 0.95, "x")), growth_in_words(Interval(0.9, 1.4, 0.95, "x"))
    ('more than tripled', 'did not clearly change')
    """
    if interval.lower <= 1 <= interval.upper:
        return "did not clearly change"
    if interval.upper < 1:
        return "more than halved" if interval.upper < 0.5 else "fell"
    steps = ((4, "more than quadrupled"), (3, "more than tripled"), (2, "more than doubled"))
    return next((words for least, words in steps if interval.lower > least), "rose")
