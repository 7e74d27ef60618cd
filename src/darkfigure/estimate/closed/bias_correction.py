"""Closed-population models with their first-order bias taken out by small changes of the frequencies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed import behaviour, closed_models
from darkfigure.estimate.closed.behaviour import RemovalModel, first_captures_of, removal_estimate
from darkfigure.estimate.closed.first_order_bias import by_leverages, taken_by_leverages
from darkfigure.estimate.closed.heterogeneity import CHAO_SHAPES, shape_of
from darkfigure.estimate.closed.independent_fit import report, solve
from darkfigure.estimate.closed.seen import Seen, statistics_of
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.outcomes import (
    Fit,
    Method,
    UnanswerableError,
    require_occasions,
    require_overlap,
)
from darkfigure.records.aggregate import CaptureTable, Reason

Rule = Literal["published", "leverages"]


def weights_of_unseen(shape: str | None) -> tuple[float, ...]:
    """Which contrast of ``log f_1, log f_2, ...`` gives ``log f_0`` when captures are rare?

    Parameters
    ----------
    shape : str or None
        ``None`` and Chao's bounds use two frequencies, the other shapes three.

    Returns
    -------
    tuple of float
        ``a_1, a_2, ...`` with ``sum a_k = 1``, ``sum k a_k = 0``, ``sum h(k) a_k = 0``.

    Examples
    --------
    >>> weights_of_unseen(None), weights_of_unseen("darroch")
    ((2.0, -1.0), (3.0, -3.0, 1.0))
    """
    if shape is None or shape in CHAO_SHAPES:
        return (2.0, -1.0)
    k = np.array([1.0, 2.0, 3.0])
    rows = np.vstack([np.ones(3), k, shape_of(shape).column(k)])
    return tuple(round(float(a), 12) for a in np.linalg.solve(rows, [1.0, 0.0, 0.0]))


@dataclass(frozen=True, slots=True)
class BiasCorrected:
    """How many units, with the small-sample bias of a model of independent captures taken out?

    Parameters
    ----------
    by_time : bool
        Whether occasions differ (Mt, Mth).
    shape : str or None
        How units differ.
    up_to : int or None
        Describe only units captured at most that often, for models with alike occasions.
    rule : {"published", "leverages"}
        Constants for rare captures, as Rcapture has them, or what the fit itself asks for.

    Notes
    -----
    For a Poisson log-linear model with leverages ``h_w`` the bias of ``exp(a)`` vanishes to first order when counts
    ``d_w`` are added with ``X' d = X' h / 2 - e_1 / 2``. Rule ``"leverages"`` takes ``h`` from the fit without a
    correction. Rule ``"published"`` takes its limit: when captures are rare only the cells with one, two (and, with a
    shape, three) captures matter, ``q_k`` parameters rest on those with ``k`` captures, and the condition is met
    by adding ``(q_k - a_k) / 2`` units to those with ``k`` captures, ``a`` from ``weights_of_unseen``, ``q_1 = t`` when
    occasions differ and every other ``q_k = 1``: for Mt ``(t - 2) / 2`` and 1, which is Chapman's estimator at
    ``t = 2``; for M0 ``-1/2`` and 1. ``N`` is the units seen plus ``exp(a)`` of the changed counts. Mh-chao has the
    closed form ``A f_1 (f_1 - 1) / (2 (f_2 + 1))``, ``A = (t - 1) / t``, with ``var = f_0 + f_0^2 - A^2 f_1 (f_1 - 1)
    (f_1 - 2) (f_1 - 3) / (4 (f_2 + 1) (f_2 + 2))``. Mth-chao leaves all frequencies from three on free.

    Source
    ------
    Rivest and Levesque (2001), Canadian Journal of Statistics 29, 555, doi 10.2307/3316007; bias of log-linear
    models: Cordeiro and McCullagh (1991), JRSS B 53, 629. The changes are worked out here from the condition above
    and give Rcapture's numbers; verified in tests/reference/test_rcapture_bias_corrected.py.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> round(68 + BiasCorrected(by_time=False, shape=None).fit(table, 0.95).n_unseen, 6)
    75.388002
    """

    by_time: bool
    shape: str | None
    up_to: int | None = None
    rule: Rule = "published"

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the changed counts; the interval is log-normal on the unseen number."""
        if self.rule == "leverages":
            shape = "chao-free" if self.shape == "chao" else self.shape
            seen = statistics_of(table, by_time=self.by_time, shape=shape, up_to=self.up_to)
            unseen, error = by_leverages(seen, solve(seen, shape))
            added: tuple[float, ...] = ()
        elif self.shape == "chao" and not self.by_time:
            unseen, error = _chao(table)
            added = ()
        else:
            shape = "chao-free" if self.shape == "chao" else self.shape
            seen = statistics_of(table, by_time=self.by_time, shape=shape, up_to=self.up_to)
            added = self._added(seen)
            changed = _changed(seen, added)
            stats = report(changed, solve(changed, shape), shape, added=added)
            unseen, error = stats.n_unseen, stats.standard_error
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level),
            diagnostics={f"added_to_f{k}": x for k, x in enumerate(added, start=1)},
        )

    def _added(self, seen: Seen) -> tuple[float, ...]:
        weights = weights_of_unseen(self.shape)
        parameters = [1.0] * len(weights)
        if self.by_time:
            parameters[0] = float(len(seen.captures))
        return tuple((q - a) / 2 for q, a in zip(parameters, weights, strict=True))


def _changed(seen: Seen, added: tuple[float, ...]) -> Seen:
    frequencies = [float(f) for f in seen.frequencies] + [0.0] * max(len(added) - len(seen.frequencies), 0)
    for k, units in enumerate(added):
        frequencies[k] += units
    if min(frequencies[: len(added)]) < 0 or frequencies[0] <= 0:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "The correction takes away more than the units seen once, twice or three times: there are too few for it.",
        )
    totals = seen.totals
    if totals is not None:
        share = sum(k * units for k, units in enumerate(added, start=1)) / len(totals)
        totals = tuple(n + share for n in totals)
    possible = seen.possible
    return replace(seen, frequencies=tuple(frequencies), totals=totals, possible=possible)


def _chao(table: CaptureTable) -> tuple[float, float]:
    require_overlap(table)
    t = table.n_occasions
    if t is not None:
        require_occasions(table, 2)
    f1, f2 = (*table.frequencies, 0)[:2]
    a = 1.0 if t is None else (t - 1) / t
    unseen = a * f1 * (f1 - 1) / (2 * (f2 + 1))
    fourth = a**2 * f1 * (f1 - 1) * (f1 - 2) * (f1 - 3) / (4 * (f2 + 1) * (f2 + 2))
    return unseen, math.sqrt(unseen + max(unseen**2 - fourth, 0.0))


@dataclass(frozen=True, slots=True)
class BiasCorrectedRemoval:
    """How many units, judging by the decline of first captures, with the small-sample bias taken out (Mb, Mbh)?

    Parameters
    ----------
    first_apart : bool
        Whether the first occasion has its own chance of capture (Mbh).
    rule : {"published", "leverages"}
        A constant, as Rcapture has it, or what the fit itself asks for.

    Notes
    -----
    Rule ``"published"``: three units are taken from ``sum (i - 1) u_i`` over the occasions that show the decline (all
    of them, or from the second on), none from ``sum u_i``: the decline is made a little steeper. For two occasions the
    first-order bias vanishes when ``(1 + q) / (2 (1 - q))`` units are taken, so three are right at ``q = 5/7`` and a
    compromise elsewhere. The constant is the one that Rcapture's printed numbers answer to. Rule ``"leverages"`` takes
    what makes the first-order bias vanish at the fitted decline.

    Source
    ------
    Rivest and Levesque (2001), doi 10.2307/3316007; verified in tests/reference/test_rcapture_bias_corrected.py.

    Examples
    --------
    >>> table = CaptureTable(frequencies=(40, 20, 4), n_occasions=3, ordered=True, occasion_totals=(32, 30, 30),
    ...     first_captures=(32, 20, 12))
    >>> round(BiasCorrectedRemoval(first_apart=False).fit(table, 0.95).n_unseen, 1)
    14.3
    """

    first_apart: bool
    rule: Rule = "published"

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the changed first captures; refuses when they do not fall off even before the change."""
        first = first_captures_of(table, at_least=3)
        later = first[1:] if self.first_apart else first
        RemovalModel.check_decline(later)
        taken = 3.0 if self.rule == "published" else taken_by_leverages(later)
        passed = float(np.arange(len(later)) @ later)
        if passed <= taken:
            raise UnanswerableError(
                Reason.DOES_NOT_EXIST, "The correction takes away more than the later first captures: too few for it."
            )
        unseen, error = removal_estimate(float(later.sum()), passed - taken, len(later))
        return Fit(
            n_unseen=unseen,
            standard_error=error,
            interval=log_normal_interval(table.n_observed, unseen, error, level),
            diagnostics={"taken_from_later": taken},
        )


_MODELS = ("M0", "Mt", "Mb", "Mbh", "Mh-chao", "Mth-chao")


def bias_corrected(model: str = "M0", *, up_to: int | None = None, rule: Rule = "published") -> Method:
    """How many units, by a closed-population model with its small-sample bias taken out?

    Parameters
    ----------
    model : str
        ``"M0"``, ``"Mt"``, ``"Mb"``, ``"Mbh"``, or ``"Mh-"`` or ``"Mth-"`` with ``chao``, ``darroch``, ``poisson2`` or
        ``gamma3.5`` (or another parameter).
    up_to : int, optional
        Describe only units captured at most that often; for ``"M0"`` and ``"Mh-"``.
    rule : {"published", "leverages"}
        ``"published"``: constant changes that are right when captures are rare, as Rcapture makes them; for ``Mt`` and
        ``Mth`` at ordinary chances of capture they overshoot. ``"leverages"``: the changes that the fit asks for, at
        any chance of capture (``Mt`` and ``Mth``: up to twelve occasions).

    Returns
    -------
    Method
        Named as the model, with ``-bc``.

    Raises
    ------
    EstimateError (E-EST-22)
        There is no correction for this model: Mtb and the normal models are not log-linear.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [37, 52, 3])
    >>> round(estimate(bias_corrected("Mt"), table).n_total, 6)
    573.0
    """
    kind, _, shape = model.partition("-")
    known = model in _MODELS or (kind in ("Mh", "Mth") and _is_shape(shape))
    if (
        rule not in ("published", "leverages")
        or not known
        or (up_to is not None and (kind not in ("M0", "Mh") or up_to < 2 + bool(shape)))
    ):
        raise EstimateError(
            "E-EST-22",
            where="bias_corrected",
            problem="there is no bias correction for this model or this number of captures",
            allowed="M0, Mt, Mb, Mbh, Mh- or Mth- with a shape; up_to of 3 or more (M0: 2) for M0 and Mh",
            remedy="Choose one of these models, or use the model without a correction.",
        )
    by_time = kind in ("Mt", "Mth")
    removal = kind in ("Mb", "Mbh")
    run = (
        BiasCorrectedRemoval(first_apart=kind == "Mbh", rule=rule).fit
        if removal
        else BiasCorrected(by_time=by_time, shape=shape or None, up_to=up_to, rule=rule).fit
    )
    plain = next(m for m in (*behaviour.METHODS, *closed_models.METHODS) if m.name == ("Mt" if by_time else "M0"))
    like = next((m for m in (*behaviour.METHODS, *closed_models.METHODS) if m.name == model), plain)
    return Method(
        name=model + (f"-up-to-{up_to}" if up_to else "") + ("-bc" if rule == "published" else "-bc-leverages"),
        question=like.question.rstrip("?") + ", with the small-sample bias taken out?",
        assumptions=like.assumptions,
        source="Rivest and Levesque (2001), doi 10.2307/3316007",
        needs=like.needs,
        formula=_FORMULA[rule, removal] + like.formula,
        misleads=like.misleads,
        fit=run,
    )


_FORMULA: dict[tuple[str, bool], str] = {
    ("published", False): "add (q_k - a_k) / 2 to f_k, then: ",
    ("published", True): "take 3 from sum (i - 1) u_i, then: ",
    ("leverages", False): "add d with X' d = X' h / 2 - e_1 / 2, then: ",
    ("leverages", True): "take from sum (i - 1) u_i what makes the first-order bias of f_0 vanish, then: ",
}


def _is_shape(name: str) -> bool:
    if name == "darroch":
        return True
    for kind, lowest in (("poisson", 1.0), ("gamma", 0.0)):
        number = name.removeprefix(kind)
        if number != name and number.replace(".", "", 1).isdigit():
            return lowest < float(number) < 1e6
    return False


_SHAPES = ("chao", "poisson2", "darroch", "gamma3.5")

METHODS = tuple(
    bias_corrected(model)
    for model in ("M0", "Mt", "Mb", "Mbh", *(f"{kind}-{shape}" for kind in ("Mh", "Mth") for shape in _SHAPES))
)
"""The corrected models with their usual options."""
