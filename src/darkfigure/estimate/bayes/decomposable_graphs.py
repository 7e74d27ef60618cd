"""Averaging over all decomposable graphs of dependence between three to six lists."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from darkfigure.errors import EstimateError
from darkfigure.estimate.bayes.growing_grid import NO_MASS, SettledPosterior, settled_posterior
from darkfigure.estimate.bayes.missing_posterior import MissingPosterior, Prior, check_priors
from darkfigure.estimate.bayes.prior_sensitivity import (
    SensitivityRow,
    counts_of,
    customary_deltas,
    model_names,
    row_of,
)
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method, UnanswerableError
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, Reason

MASS_AT_END = 1e-3
"""Probability of the last tenth of the longest grid above which there is no answer."""
SENSITIVE, TOO_SENSITIVE = 1.5, 10.0
"""Ratio of the largest to the smallest median over the customary prior weights: for a caution, and for a refusal."""
MOSTLY_PRIOR = 0.5
"""Probability of the graph without any independence above which there is no answer."""
TOO_WIDE = 50.0
"""Upper over lower end of the 95% interval above which there is no answer."""
_TOP_MODELS = 5
_VALLEY, _HUMP = 0.8, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class _GraphAveraging:
    delta: float | None
    n_missing_max: int | None
    prior: Prior

    def fit(self, table: CaptureTable, level: float) -> Fit:
        counts = counts_of(table)
        n_lists = (len(counts) + 1).bit_length() - 1
        delta = 2.0**-n_lists if self.delta is None else self.delta
        found = settled_posterior(table, counts, delta=delta, prior=self.prior, n_missing_max=self.n_missing_max)
        _refuse_mass_at_end(found, table)
        if self.delta is None:
            _refuse_without_data(found, table)
        rows = [
            row_of(
                table,
                found if other == delta else settled_posterior(table, counts, delta=other, prior=self.prior),
                delta=other,
                prior=self.prior,
                level=level,
            )
            for other in customary_deltas(n_lists, delta)
        ]
        _refuse_prior(rows, found, table)
        _refuse_width(found, table)
        return _told(table, found, rows, delta=delta, level=level)


def _refuse_mass_at_end(found: SettledPosterior, table: CaptureTable) -> None:
    if found.mass_at_end > MASS_AT_END:
        raise UnanswerableError(
            Reason.PRIOR_DOMINATED,
            "However long the grid of numbers missing is made, a good part of the posterior lies at its end: the data "
            "set no upper limit, so where the grid stops would be the answer. Lists that overlap more would be needed.",
            {"mass_at_grid_end": found.mass_at_end, "grid_end": table.n_observed + float(found.posterior.missing[-1])},
        )


def prior_share(posterior: MissingPosterior) -> float:
    """How much of the posterior says nothing but the prior: the probability of the graph that joins all lists.

    Under that graph the seen and the unseen cells have nothing in common, so whatever was seen, the number missing is
    as probable as before.

    Parameters
    ----------
    posterior : MissingPosterior
        Of the number missing.

    Examples
    --------
    >>> from darkfigure.estimate.bayes.missing_posterior import posterior_of_missing
    >>> counts = np.array([9.0, 8, 4, 7, 3, 2, 1])
    >>> round(prior_share(posterior_of_missing(counts, delta=1.0, missing=np.arange(0, 500))), 2)
    0.04
    """
    joined = posterior.family.weights[:, -1] != 0
    return float(posterior.graph_probability[joined].sum())


def _refuse_without_data(found: SettledPosterior, table: CaptureTable) -> None:
    share = prior_share(found.posterior)
    if share > MOSTLY_PRIOR:
        raise UnanswerableError(
            Reason.PRIOR_DOMINATED,
            f"The data favour the pattern in which all lists depend on each other (probability {share:.2g}). Under it "
            "the units seen say nothing about the units missed, so the prior alone would be the answer. Fewer lists "
            "that work alike, or strata within which lists are independent, would be needed.",
            {"prior_share": share, "median": table.n_observed + found.posterior.quantile(0.5)},
        )


def _refuse_width(found: SettledPosterior, table: CaptureTable) -> None:
    lower, upper = (table.n_observed + found.posterior.quantile(level) for level in (0.025, 0.975))
    if upper > TOO_WIDE * lower:
        raise UnanswerableError(
            Reason.PRIOR_DOMINATED,
            f"The 95% range would reach from {lower:,.0f} to {upper:,.0f}: the data set no upper limit that means "
            "anything, and how fast the range ends is decided by the prior. Lists that overlap more would be needed.",
            {"lower_95": lower, "upper_95": upper},
        )


def _refuse_prior(rows: list[SensitivityRow], found: SettledPosterior, table: CaptureTable) -> None:
    medians = [row.median for row in rows] + [table.n_observed + found.posterior.quantile(0.5)]
    if max(medians) > TOO_SENSITIVE * min(medians):
        raise UnanswerableError(
            Reason.PRIOR_DOMINATED,
            f"Prior weights of a cell that are all in use give medians from {min(medians):,.0f} to "
            f"{max(medians):,.0f}: the prior, not the data, would be the answer.",
            {"lowest_median_over_delta": min(medians), "highest_median_over_delta": max(medians)},
        )


def _told(
    table: CaptureTable, found: SettledPosterior, rows: list[SensitivityRow], *, delta: float, level: float
) -> Fit:
    posterior, n = found.posterior, table.n_observed
    valley = deepest_valley(posterior)
    medians = [row.median for row in rows]
    return Fit(
        n_unseen=posterior.quantile(0.5),
        standard_error=posterior.standard_deviation,
        interval=Interval(
            n + posterior.quantile((1 - level) / 2),
            n + posterior.quantile((1 + level) / 2),
            level,
            "posterior-quantiles",
        ),
        parameters={"delta": delta},
        diagnostics={
            "posterior_mean": n + posterior.mean,
            "posterior_median": n + posterior.quantile(0.5),
            "posterior_mode": n + posterior.mode,
            "graphs": len(posterior.graph_probability),
            "grid_end": n + float(posterior.missing[-1]),
            "mass_at_grid_end": found.mass_at_end,
            "prior_share": prior_share(posterior),
            "lowest_median_over_delta": min(medians),
            "highest_median_over_delta": max(medians),
            **{f"P({name})": probability for name, probability in model_names(table, found, _TOP_MODELS)},
            **({} if valley is None else {"lower_hump": n + valley.lower_mode, "upper_hump": n + valley.upper_mode}),
        },
        cautions=_cautions(found, rows, valley, n, level),
    )


def _cautions(
    found: SettledPosterior, rows: list[SensitivityRow], valley: Valley | None, n: int, level: float
) -> tuple[Caution, ...]:
    cautions = []
    share = prior_share(found.posterior)
    if share > (1 - level) / 2:
        text = (
            f"A share of {share:.2g} of the posterior belongs to the pattern in which all lists depend on each other "
            "and the units seen say nothing about the others: an end of the range may be set by the prior alone."
        )
        cautions.append(Caution("C-PRIOR-SHARE", text))
    low, high = min(rows, key=lambda row: row.median), max(rows, key=lambda row: row.median)
    if high.median > SENSITIVE * low.median:
        text = (
            f"The prior weight of a cell alone moves the median from {low.median:,.0f} (weight {low.delta:g}) to "
            f"{high.median:,.0f} (weight {high.delta:g})."
        )
        cautions.append(Caution("C-PRIOR-SENSITIVE", text))
    if valley is not None:
        text = (
            f"The posterior has two humps, near {n + valley.lower_mode:,.0f} and near {n + valley.upper_mode:,.0f}: "
            "patterns of dependence that fit alike give different totals, and the median may lie between them."
        )
        cautions.append(Caution("C-TWO-HUMPS", text))
    if found.mass_at_end > NO_MASS:
        text = (
            f"A share of {found.mass_at_end:.1g} of the posterior lies at the end of the longest grid: its upper tail "
            "is set by the prior, and the mean and the standard error depend on where the grid ends."
        )
        cautions.append(Caution("C-LONG-TAIL", text))
    return tuple(cautions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Valley:
    """Two humps of a posterior and how deep it is between them.

    Parameters
    ----------
    lower_mode, upper_mode : float
        Most probable numbers missing on either side.
    depth : float
        Probability at the lowest point between them over that of the lower hump.
    """

    lower_mode: float
    upper_mode: float
    depth: float


def deepest_valley(posterior: MissingPosterior) -> Valley | None:
    """Does the posterior have two humps, each with a twentieth of its mass, and a real valley between them?

    Parameters
    ----------
    posterior : MissingPosterior
        Of the number missing.

    Returns
    -------
    Valley or None
        ``None`` when the lowest point between any two humps is above 0.8 of the lower one.

    Examples
    --------
    >>> from darkfigure.estimate.bayes.missing_posterior import posterior_of_missing
    >>> counts = np.array([9.0, 8, 4, 7, 3, 2, 1])
    >>> deepest_valley(posterior_of_missing(counts, delta=1.0, missing=np.arange(0, 500))) is None
    True
    """
    density = posterior.probability / posterior.widths
    cumulative = np.cumsum(posterior.probability)
    inside = (cumulative >= _HUMP) & (cumulative <= 1 - _HUMP)
    if not inside.any():
        return None
    before, after = np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1]
    depth = np.full(len(density), math.inf)
    np.divide(density, np.minimum(before, after), out=depth, where=inside)
    place = int(np.argmin(depth))
    if depth[place] > _VALLEY:
        return None
    return Valley(
        lower_mode=float(posterior.missing[int(np.argmax(density[:place]))]),
        upper_mode=float(posterior.missing[place + int(np.argmax(density[place:]))]),
        depth=float(depth[place]),
    )


def decomposable_graphs(
    *, delta: float | None = None, n_missing_max: int | None = None, prior: Prior = "1/n_total"
) -> Method:
    """How many units, averaged over the patterns of direct dependence between lists that have a closed form?

    Parameters
    ----------
    delta : float or None
        Prior weight of each of the ``2^k`` cells; ``None`` for ``2^-k``: all cells together weigh as much as one unit.
    n_missing_max : int or None
        Largest number missing thought possible; ``None`` lets the grid grow until its end carries no mass.
    prior : {"1/n_total", "1/n_missing", "flat"}
        On the number missing: proportional to one over the total, to one over itself, or the same for all.

    Returns
    -------
    Method
        Named ``"dga"``.

    Raises
    ------
    EstimateError (E-EST-40)
        A prior weight, a prior or a largest number that cannot be.

    Notes
    -----
    See ``posterior_of_missing`` for the formula. The total is the posterior median; mean and mode are in the
    diagnostics, with the five most probable graphs and their probabilities. Refused as ``prior-dominated`` when the
    last tenth of the longest grid holds more than 0.001, when the graph that joins all lists is more probable than
    not (``prior_share``; a caution, ``C-PRIOR-SHARE``, where ``delta`` was declared), when the 95% interval ends at
    more than fifty times its beginning, or when the median over prior weights a factor of 16 apart
    (``customary_deltas``) moves by more than a factor of ten; cautioned (``C-PRIOR-SENSITIVE``) from a factor of
    1.5.

    Source
    ------
    Madigan and York (1997), Biometrika 84, 19, doi 10.1093/biomet/84.1.19. Verified in
    tests/reference/test_dga_peers.py.

    Examples
    --------
    >>> from darkfigure.estimate import cells, estimate
    >>> table = CaptureTable.from_histories(cells.all_histories(3).astype(int), [90, 80, 44, 70, 31, 24, 12])
    >>> estimate(decomposable_graphs(delta=0.5), table).n_total
    541.0
    """
    check_priors(1.0 if delta is None else delta, prior)
    if n_missing_max is not None and n_missing_max < 1:
        raise EstimateError(
            "E-EST-40",
            where="decomposable graphs",
            problem="the largest number missing is impossible",
            allowed="a whole number above 0, or None",
            remedy="Correct the option and try again.",
        )
    return Method(
        name="dga",
        question="How many units, averaged over the patterns of direct dependence between a few lists?",
        assumptions=(
            *CLOSED_ASSUMPTIONS,
            "All units have the same chance of each capture history.",
            "Which lists depend on each other directly is one of all decomposable graphs, all equally probable before.",
            "Before the data, each cell weighs as much as the prior weight says, and the number missing is as probable "
            "as its prior says.",
        ),
        source="Madigan and York (1997), doi 10.1093/biomet/84.1.19",
        needs="histories of three to six lists",
        formula="p(n_0, G | n) ~ p(n_0) N!/n_0! prod_cliques h(C) / prod_separators h(S), h(A) = Gamma(2^k d) / "
        "Gamma(N + 2^k d) prod_cells Gamma(n_c + d_A) / Gamma(d_A), d_A = 2^(k-|A|) d; n_total is the posterior median",
        misleads="The prior weight d can decide the answer, because graphs that fit the units seen alike differ about "
        "the unseen. Read C-PRIOR-SENSITIVE and the table of prior_sensitivity beside the number.",
        fit=_GraphAveraging(delta=delta, n_missing_max=n_missing_max, prior=prior).fit,
    )


METHODS = (decomposable_graphs(),)
