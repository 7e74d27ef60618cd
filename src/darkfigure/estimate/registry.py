"""The front door: every estimator by name, and one function to run it."""

from __future__ import annotations

from types import MappingProxyType

from darkfigure.errors import EstimateError
from darkfigure.estimate.bayes.decomposable_graphs import METHODS as GRAPH_METHODS
from darkfigure.estimate.bayes.latent_classes import METHODS as CLASS_METHODS
from darkfigure.estimate.closed import (
    behaviour,
    behaviour_by_time,
    bias_correction,
    closed_models,
    coverage_of_counts,
    jackknife,
    lower_bounds,
    normal_units,
    sample_coverage,
    two_samples,
)
from darkfigure.estimate.counts import one_inflated_chao, zero_truncated
from darkfigure.estimate.covariates import METHODS as COVARIATE_METHODS
from darkfigure.estimate.lists import bayes_threshold, hierarchical_choice, list_dependence, resampled_choice
from darkfigure.estimate.open_populations import METHODS as OPEN_METHODS
from darkfigure.estimate.outcomes import Fit, Method, UnanswerableError
from darkfigure.estimate.plausibility import check_plausible
from darkfigure.records.aggregate import (
    CaptureTable,
    EstimateResult,
    NotEstimable,
    PopulationEstimate,
    Reason,
    SurvivalEstimate,
)

_FAMILIES: tuple[tuple[Method, ...], ...] = (
    two_samples.METHODS,
    lower_bounds.METHODS,
    jackknife.METHODS,
    coverage_of_counts.METHODS,
    sample_coverage.METHODS,
    closed_models.METHODS,
    normal_units.METHODS,
    behaviour.METHODS,
    behaviour_by_time.METHODS,
    bias_correction.METHODS,
    list_dependence.METHODS,
    hierarchical_choice.METHODS,
    resampled_choice.METHODS,
    bayes_threshold.METHODS,
    GRAPH_METHODS,
    CLASS_METHODS,
    one_inflated_chao.METHODS,
    zero_truncated.METHODS,
    OPEN_METHODS,
    COVARIATE_METHODS,
)

REGISTRY: MappingProxyType[str, Method] = MappingProxyType({m.name: m for family in _FAMILIES for m in family})
"""Every estimator, by name, in the order they are listed for readers."""


def estimate(method: str | Method, table: CaptureTable, *, level: float = 0.95) -> EstimateResult:
    """How many units are there, seen and unseen, according to one estimator?

    Parameters
    ----------
    method : str or Method
        A name of ``REGISTRY``, or a method made with options of its own.
    table : CaptureTable
        Who was seen when, as counts; never changed.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PopulationEstimate | NotEstimable
        Unit: that of the table. A question the data cannot answer is a ``NotEstimable`` with its reason; so is a model
        that gives rates and no size (``answer`` shows them).

    Raises
    ------
    EstimateError (E-EST-01)
        The method is not in the registry.
    EstimateError (E-EST-02)
        The level is not between 0 and 1.

    Examples
    --------
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    >>> estimate("chapman", table).n_total
    573.0
    >>> estimate("Mb", table).reason.value
    'unordered-lists'
    """
    result = answer(method, table, level=level)
    if not isinstance(result, SurvivalEstimate):
        return result
    return NotEstimable(
        method=result.method,
        reason=Reason.NO_SIZE,
        explanation="This model gives rates of staying and of being seen; it says nothing about units never seen.",
        n_observed=result.n_observed,
    )


def answer(method: str | Method, table: CaptureTable, *, level: float = 0.95) -> EstimateResult | SurvivalEstimate:
    """What does one estimator say: a number of units, rates without a number, or a refusal?

    Parameters
    ----------
    method : str or Method
        A name of ``REGISTRY``, or a method made with options of its own.
    table : CaptureTable
        Who was seen when, as counts; never changed.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PopulationEstimate | SurvivalEstimate | NotEstimable
        Unit: that of the table.

    Raises
    ------
    EstimateError (E-EST-01)
        The method is not in the registry.
    EstimateError (E-EST-02)
        The level is not between 0 and 1.

    Examples
    --------
    >>> answer("chapman", CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])).status
    'estimated'
    """
    entry = method if isinstance(method, Method) else REGISTRY.get(method)
    if entry is None:
        raise EstimateError(
            "E-EST-01",
            where="method",
            problem="no estimator has this name",
            allowed=", ".join(REGISTRY),
            remedy="Choose a name from `darkfigure methods`.",
        )
    if not 0 < level < 1:
        raise EstimateError(
            "E-EST-02",
            where="level",
            problem="the level of an interval is impossible",
            allowed="a number above 0 and below 1, such as 0.95",
            remedy="Give the level as a proportion.",
        )
    try:
        if table.n_observed == 0:
            _refuse_empty()
        if table.n_occasions == 1:
            _refuse_single()
        fit = check_plausible(entry.fit(table, level), table)
    except UnanswerableError as refusal:
        return NotEstimable(
            method=entry.name,
            reason=refusal.reason,
            explanation=refusal.explanation,
            n_observed=table.n_observed,
            diagnostics=refusal.diagnostics,
        )
    return _wrapped(entry, fit, table)


def _wrapped(entry: Method, fit: Fit, table: CaptureTable) -> PopulationEstimate | SurvivalEstimate:
    if fit.n_unseen is None:
        return SurvivalEstimate(
            method=entry.name,
            n_observed=table.n_observed,
            quantities=fit.quantities,
            deviance=fit.deviance,
            df=fit.df,
            aic=fit.aic,
            bic=fit.bic,
            parameters=fit.parameters,
            diagnostics=fit.diagnostics,
            assumptions=entry.assumptions,
            cautions=fit.cautions,
        )
    return PopulationEstimate(
        method=entry.name,
        n_observed=table.n_observed,
        n_total=table.n_observed + float(fit.n_unseen),
        standard_error=fit.standard_error,
        interval=fit.interval,
        deviance=fit.deviance,
        df=fit.df,
        aic=fit.aic,
        bic=fit.bic,
        parameters=fit.parameters,
        diagnostics=fit.diagnostics,
        assumptions=entry.assumptions,
        cautions=fit.cautions,
        quantities=fit.quantities,
    )


def _refuse_empty() -> None:
    raise UnanswerableError(Reason.NO_DATA, "No unit was seen at all, so there is nothing to estimate from.")


def _refuse_single() -> None:
    raise UnanswerableError(
        Reason.TOO_FEW_LISTS,
        "The table has a single list or occasion, on which nobody can be seen twice; at least two lists are needed, "
        "or counts of how often each unit was seen.",
        {"occasions": 1, "needed": 2},
    )
