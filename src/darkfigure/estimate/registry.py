"""The front door: every estimator by name, and one function to run it."""

from __future__ import annotations

from types import MappingProxyType

from darkfigure.errors import EstimateError
from darkfigure.estimate import (
    behaviour,
    behaviour_by_time,
    closed_models,
    hierarchical_choice,
    list_dependence,
    lower_bounds,
    normal_units,
    two_samples,
)
from darkfigure.estimate.outcomes import Method, UnanswerableError
from darkfigure.estimate.plausibility import check_plausible
from darkfigure.records.aggregate import CaptureTable, NotEstimable, PopulationEstimate, Reason

_FAMILIES: tuple[tuple[Method, ...], ...] = (
    two_samples.METHODS,
    lower_bounds.METHODS,
    closed_models.METHODS,
    normal_units.METHODS,
    behaviour.METHODS,
    behaviour_by_time.METHODS,
    list_dependence.METHODS,
    hierarchical_choice.METHODS,
)

REGISTRY: MappingProxyType[str, Method] = MappingProxyType({m.name: m for family in _FAMILIES for m in family})
"""Every estimator, by name, in the order they are listed for readers."""


def estimate(method: str, table: CaptureTable, *, level: float = 0.95) -> PopulationEstimate | NotEstimable:
    """How many units are there, seen and unseen, according to one estimator?

    Parameters
    ----------
    method : str
        A name of ``REGISTRY``.
    table : CaptureTable
        Who was seen when, as counts; never changed.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    PopulationEstimate | NotEstimable
        Unit: that of the table. A question the data cannot answer is a ``NotEstimable`` with its reason.

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
    entry = REGISTRY.get(method)
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
        fit = check_plausible(entry.fit(table, level), table)
    except UnanswerableError as refusal:
        return NotEstimable(
            method=method,
            reason=refusal.reason,
            explanation=refusal.explanation,
            n_observed=table.n_observed,
            diagnostics=refusal.diagnostics,
        )
    return PopulationEstimate(
        method=method,
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
    )


def _refuse_empty() -> None:
    raise UnanswerableError(Reason.NO_DATA, "No unit was seen at all, so there is nothing to estimate from.")
