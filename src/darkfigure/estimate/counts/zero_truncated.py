"""Estimators from one list with repeated captures: laws, truncation, covariates, bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from darkfigure.errors import EstimateError
from darkfigure.estimate.counts import words
from darkfigure.estimate.counts.observations import observations, require_information
from darkfigure.estimate.counts.resampling import Kind, bootstrap_totals, with_bootstrap
from darkfigure.estimate.counts.totals import fit_counts, reported
from darkfigure.estimate.counts.truncation import COUNT_MODELS
from darkfigure.estimate.outcomes import Fit, Method
from darkfigure.records.aggregate import CaptureTable

Progress = Callable[[str, int, int], None]


def _silent(_: str, __: int, ___: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class CountRegression:
    """Options of one estimator from repeated counts; calling it fits a table.

    Parameters
    ----------
    family : str
        A name of ``COUNT_MODELS``.
    formula : str or None
        Of the logarithm of the rate; ``None`` for the main effects of all covariates of the table.
    bootstrap : str or None
        Kind of bootstrap; ``None`` for the analytic error and the log-normal interval.
    replicates, seed : int
        Of the bootstrap.
    progress : callable
        Told after each replicate.

    Examples
    --------
    >>> fit = CountRegression("zt-geometric")(CaptureTable.from_frequencies([60, 20, 5]), 0.95)
    >>> round(fit.n_unseen, 2)
    240.83
    """

    family: str
    formula: str | None = "~ 1"
    bootstrap: Kind | None = None
    replicates: int = 500
    seed: int = 1
    progress: Progress = _silent

    def __call__(self, table: CaptureTable, level: float) -> Fit:
        """Fit the table: a number, or a refusal raised as ``UnanswerableError``."""
        model = COUNT_MODELS[self.family]
        seen = observations(table, self.formula)
        require_information(seen, model, table)
        fitted = fit_counts(model, seen)
        fit = reported(fitted, level)
        if self.bootstrap is None:
            return fit
        totals = bootstrap_totals(
            fitted, self.bootstrap, replicates=self.replicates, seed=self.seed, progress=self.progress
        )
        return with_bootstrap(fit, table.n_observed, totals, self.bootstrap, level)


def zero_truncated(
    family: str,
    *,
    formula: str | None = "~ 1",
    interval: Literal["analytic", "bootstrap"] = "analytic",
    bootstrap: Kind = "parametric",
    replicates: int = 500,
    seed: int = 1,
    progress: Progress = _silent,
) -> Method:
    """How many units are there, judging by how often each unit of one list stands on it?

    Parameters
    ----------
    family : str
        ``"poisson"``, ``"geometric"``, ``"negbin"`` (zero-truncated), or a full name: ``"zt-"``, ``"zt-oneinflated-"``,
        ``"oneinflated-zt-"``, ``"zot-"``, ``"zt-hurdle-"`` or ``"hurdle-zt-"`` with one of these laws; ``"chao"``,
        ``"zelterman"`` or ``"chao-one-inflated"`` (two counts only, as regressions).
    formula : str or None
        Of the logarithm of the rate, such as ``"~ sex + age"``; ``"~ 1"`` reads the frequencies alone, ``None`` takes
        the main effects of all covariates.
    interval : str
        ``"analytic"``: log-normal, from the delta method. ``"bootstrap"``: percentiles.
    bootstrap : str
        ``"parametric"``, ``"semiparametric"`` or ``"nonparametric"`` (which holds the size of the record fixed and is
        too narrow for that reason).
    replicates : int
        Records drawn, 20 to 20,000.
    seed : int
        Of the random numbers: the same seed gives the same interval.
    progress : callable
        Told after each replicate.

    Returns
    -------
    Method
        For ``estimate(method, table)``.

    Raises
    ------
    EstimateError (E-EST-50)
        There is no such family.
    EstimateError (E-EST-51)
        The interval or the bootstrap is not one of those offered, or the number of replicates is out of bounds.

    Notes
    -----
    ``N = n + sum w_i`` with ``w_i`` the odds of being unseen, ``var(N) = sum w_i (1 + w_i) + g' V g``.

    Source
    ------
    van der Heijden, Bustami, Cruyff, Engbersen and van Houwelingen (2003), Statistical Modelling 3, 305,
    doi 10.1191/1471082X03st057oa.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> result = estimate(zero_truncated("poisson"), CaptureTable.from_frequencies([60, 20, 5]))
    >>> round(result.n_total, 1), round(result.interval.upper, 1)
    (180.1, 247.8)
    """
    name = f"zt-{family}" if family in ("poisson", "geometric", "negbin") else family
    if name not in COUNT_MODELS:
        raise EstimateError(
            "E-EST-50",
            where="family",
            problem="no family of repeated counts has this name",
            allowed=", ".join(COUNT_MODELS),
            remedy="Choose one of these names, or a law alone for its zero-truncated form.",
        )
    _require_options(name, interval, bootstrap, replicates)
    kind = bootstrap if interval == "bootstrap" else None
    return _method(name, CountRegression(name, formula, kind, replicates, seed, progress))


def _require_options(name: str, interval: str, bootstrap: str, replicates: int) -> None:
    kinds = ("parametric", "semiparametric", "nonparametric")
    problem = None
    if interval not in ("analytic", "bootstrap"):
        problem, allowed = "there is no such interval", "analytic or bootstrap"
    elif bootstrap not in kinds:
        problem, allowed = "there is no such bootstrap", ", ".join(kinds)
    elif not 20 <= replicates <= 20_000:
        problem, allowed = "the number of replicates is out of bounds", "20 to 20,000"
    elif interval == "bootstrap" and bootstrap == "parametric" and COUNT_MODELS[name].scheme is None:
        problem, allowed = "a model of two counts does not say how whole records arise", "semiparametric, nonparametric"
    if problem is not None:
        raise EstimateError(
            "E-EST-51", where="zero_truncated", problem=problem, allowed=allowed, remedy="Correct the option."
        )


def _method(name: str, options: CountRegression) -> Method:
    model = COUNT_MODELS[name]
    plain = options.formula == "~ 1"
    full = name if plain else f"{name}-covariates" if options.formula is None else f"{name} {options.formula}"
    return Method(
        name=full if options.bootstrap is None else f"{full} ({options.bootstrap} bootstrap)",
        question=words.question(model, covariates=not plain),
        assumptions=words.assumptions(model, covariates=not plain),
        source=words.source(model, covariates=not plain),
        needs=words.needs(model, covariates=not plain),
        formula=words.formula(model),
        misleads=words.misleads(model),
        fit=options,
    )


_WITHOUT_COVARIATES = tuple(name for name, model in COUNT_MODELS.items() if model.scheme is not None)

METHODS = (
    *(zero_truncated(name) for name in _WITHOUT_COVARIATES),
    *(zero_truncated(name, formula=None) for name in COUNT_MODELS),
)
"""Each law and scheme with one rate for all units, then each with the main effects of all covariates."""
