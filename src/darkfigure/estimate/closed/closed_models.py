"""Closed-population models M0, Mt, Mh and Mth: what they assume, and the estimate they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from darkfigure.errors import EstimateError
from darkfigure.estimate.closed.heterogeneity import CHAO_IN_WORDS, CHAO_SHAPES, shape_of
from darkfigure.estimate.closed.independent_fit import Solution, profile_of, report, solve
from darkfigure.estimate.closed.seen import Seen, statistics_of
from darkfigure.estimate.intervals import profile_interval
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS, Fit, Method
from darkfigure.records.aggregate import CaptureTable, Caution


@dataclass(frozen=True, slots=True)
class ClosedModel:
    """How many units, if the population stays the same and units are seen independently?

    Parameters
    ----------
    by_time : bool
        Whether occasions or lists differ in how much they catch (Mt, Mth).
    shape : str or None
        How units differ: ``None``, ``"chao"``, ``"chao-free"``, ``"darroch"``, ``"poisson"`` or ``"gamma"`` with its
        parameter, such as ``"poisson2"``.
    up_to : int or None
        Describe only units captured at most that often; the others are counted. For models with alike occasions.

    Notes
    -----
    Poisson log-linear model ``log mu(w) = a + sum b_j w_j + tau h(|w|)`` (all ``b_j`` equal without ``by_time``);
    ``N = n + exp(a)``, ``var N = exp(a) + exp(2 a) var(a)``; the interval is the multinomial profile likelihood's.
    Up to twelve lists the table of cells is fitted; beyond, or without cells, sufficient statistics are, so that the
    cost grows with ``t`` and never with ``2^t``; the deviance then sums over the histories that occur. Without cells
    M0 and Mh are fitted to the frequencies and have their deviance; Mt and Mth then have no deviance and no
    information criteria, because the constant of the likelihood is in the cells; ``aic_without_constant`` compares
    models on the same table.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x; Cormack (1989),
    Biometrics 45, 395, doi 10.2307/2531485; interval: Cormack (1992), doi 10.2307/2532310. Verified in
    tests/reference/test_rcapture_closed.py.

    Examples
    --------
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> fit = ClosedModel(by_time=False, shape="chao").fit(table, 0.95)
    >>> round(68 + fit.n_unseen, 4), round(fit.interval.lower, 2), round(fit.interval.upper, 2)
    (79.8371, 70.57, 95.73)
    """

    by_time: bool
    shape: str | None
    up_to: int | None = None

    def fit(self, table: CaptureTable, level: float) -> Fit:
        """Fit the model to a table; refuses where no finite answer exists."""
        seen = statistics_of(table, by_time=self.by_time, shape=self.shape, up_to=self.up_to)
        solution = solve(seen, self.shape)
        stats = report(seen, solution, self.shape)
        unseen = stats.n_unseen
        interval, best = profile_interval(
            profile_of(seen, solution, self.shape),
            n_observed=table.n_observed,
            start=unseen,
            relative_error=stats.standard_error / max(unseen, 1e-300),
            level=level,
        )
        n_parameters = len(solution.maximum.theta)
        aside = {"n_set_aside": seen.set_aside} if seen.set_aside else {}
        return Fit(
            n_unseen=unseen,
            standard_error=stats.standard_error,
            interval=interval,
            deviance=stats.deviance,
            df=stats.df,
            aic=stats.aic,
            bic=stats.bic,
            parameters=_parameters(seen, solution, table.n_observed + unseen),
            diagnostics={
                "n_parameters": n_parameters,
                "n_total_multinomial": table.n_observed + best,
                "aic_without_constant": 2 * n_parameters - 2 * solution.maximum.value,
                **aside,
            },
            cautions=seen.cautions + self._cautions(solution),
        )

    def _cautions(self, solution: Solution) -> tuple[Caution, ...]:
        if self.shape is None or self.shape in CHAO_SHAPES or solution.maximum.theta[-1] >= 0:
            return ()
        return (
            Caution(
                "C-NO-HETEROGENEITY",
                "Units were seen more evenly than chance alone would make them, so differences between units have "
                "no support here and the estimate lies below that of the simpler model.",
            ),
        )


def _parameters(seen: Seen, solution: Solution, n_total: float) -> dict[str, float]:
    table, q = seen.table, len(solution.names)
    result = {}
    if table.n_occasions is not None:
        result["mean_capture_probability"] = table.n_captures / (n_total * table.n_occasions)
    extra = solution.maximum.theta[len(solution.maximum.theta) - q :]
    return result | dict(zip(solution.names, (float(x) for x in extra), strict=True))


_ALIKE = "All units have the same chance of being seen on any one occasion."
_CONSTANT = "That chance is the same on every occasion or list."
_VARYING = "That chance may differ from occasion to occasion, or from list to list."
_OWN = "A unit's captures do not depend on each other, given its own chance of capture."
_SOURCE = "Rivest and Baillargeon (2007), doi 10.1111/j.1541-0420.2007.00779.x"
_CORMACK = "Cormack (1989), doi 10.2307/2531485"


_MISLEADS = {
    None: "Units that differ in how easily they are seen make it too low, and a good fit does not show that.",
    "chao": "It is a lower bound: the true number may lie far above it, and no fit shows how far.",
    "shape": "The number of unseen units follows from the assumed shape of their differences; another shape that fits "
    "equally well can give a number several times as large.",
}
_FORMULA = {
    None: "log mu(w) = a + {b}; N = n + exp(a)",
    "chao": "log mu(w) = a + {b} + sum_(j>=3) eta_j (k - j + 1)+, eta_j >= 0, k = |w|; N = n + exp(a)",
    "chao-free": "log mu(w) = a + {b} + lambda_k [k >= 3], k = |w|; N = n + exp(a)",
    "poisson": "log mu(w) = a + {b} + tau ({a}^k - 1), k = |w|; N = n + exp(a)",
    "darroch": "log mu(w) = a + {b} + tau k^2 / 2, k = |w|; N = n + exp(a)",
    "gamma": "log mu(w) = a + {b} + tau (log {a} - log({a} + k)), k = |w|; N = n + exp(a)",
}


def _formula(by_time: bool, shape: str | None) -> str:
    effects = "sum_j b_j w_j" if by_time else "b |w|"
    kind = next((k for k in ("poisson", "gamma") if shape and shape.startswith(k)), shape)
    parameter = f"{shape_of(shape).parameter:g}" if shape and kind in ("poisson", "gamma") else ""
    return _FORMULA[kind].format(b=effects, a=parameter)


def _method(by_time: bool, shape: str | None, up_to: int | None = None) -> Method:
    name = ("Mt" if by_time else "M0") if shape is None else f"{'Mth' if by_time else 'Mh'}-{shape}"
    bound = shape in CHAO_SHAPES
    if shape is None:
        differ: tuple[str, ...] = (_ALIKE,)
    else:
        differ = (_OWN, CHAO_IN_WORDS if bound else shape_of(shape).in_words)
    limit = () if up_to is None else (f"Units captured more than {up_to} times say nothing about the others.",)
    return Method(
        name=name if up_to is None else f"{name}-up-to-{up_to}",
        question=("At least how" if bound else "How")
        + " many units, if "
        + ("occasions differ" if by_time else "all occasions are alike")
        + (" and all units are alike?" if shape is None else " and units differ in how easily they are seen?"),
        assumptions=(*CLOSED_ASSUMPTIONS, *differ, _VARYING if by_time else _CONSTANT, *limit),
        source=_CORMACK if shape is None else _SOURCE,
        needs="frequencies and totals by occasion, or histories"
        if by_time
        else "capture frequencies with the number of occasions, or histories",
        formula=_formula(by_time, shape),
        misleads=_MISLEADS[None if shape is None else "chao" if bound else "shape"],
        fit=ClosedModel(by_time=by_time, shape=shape, up_to=up_to).fit,
    )


METHODS = (
    _method(False, None),
    _method(True, None),
    *(_method(False, shape) for shape in ("chao", "poisson2", "darroch", "gamma3.5")),
    *(_method(True, shape) for shape in ("chao", "poisson2", "darroch", "gamma3.5")),
)


Shape = Literal["none", "chao", "chao-free", "poisson", "darroch", "gamma"]


def heterogeneous(
    model: Literal["Mh", "Mth"] = "Mh", *, shape: Shape = "poisson", a: float | None = None, up_to: int | None = None
) -> Method:
    """How many units, with a shape of differences between them that you choose?

    Parameters
    ----------
    model : {"Mh", "Mth"}
        Occasions alike, or different.
    shape : str
        ``"poisson"`` (``a^k - 1``, 2 by default), ``"gamma"`` (``log a - log(a + k)``, 3.5 by default), ``"darroch"``
        (``k^2 / 2``), ``"chao"`` (any convex form: a lower bound), ``"chao-free"`` (the same bound without asking for a
        convex form) or ``"none"`` (units alike).
    a : float, optional
        Parameter of the shape: above 1 for ``"poisson"``, above 0 for ``"gamma"``.
    up_to : int, optional
        Describe only units captured at most that often and count the others; for ``"Mh"``. At many occasions this
        gives the steep Poisson shape something to bend for.

    Returns
    -------
    Method
        For ``estimate``.

    Raises
    ------
    EstimateError (E-EST-20)
        The model, the shape or ``up_to`` is impossible.
    EstimateError (E-EST-21)
        The parameter of the shape is impossible.

    Source
    ------
    Rivest and Baillargeon (2007), Biometrics 63, 999, doi 10.1111/j.1541-0420.2007.00779.x.

    Examples
    --------
    >>> from darkfigure.estimate import estimate
    >>> table = CaptureTable.from_frequencies([25, 22, 13, 5, 1, 2], n_occasions=6)
    >>> round(estimate(heterogeneous("Mh", shape="poisson", a=1.5), table).n_total, 2)
    84.23
    """
    if model not in ("Mh", "Mth") or shape not in ("none", "chao", "chao-free", "poisson", "darroch", "gamma"):
        raise _impossible("the model or the shape has no such name", "model Mh or Mth; a shape of the documentation")
    if up_to is not None and (up_to < 2 + (shape != "none") or model == "Mth"):
        raise _impossible(
            "the number of captures to describe is impossible", "model Mh, and at least 3 (2 for units alike)"
        )
    lowest = {"poisson": 1.0, "gamma": 0.0}.get(shape)
    if (lowest is None and a is not None) or (lowest is not None and a is not None and not lowest < a < 1e6):
        raise EstimateError(
            "E-EST-21",
            where="a",
            problem="the parameter of the shape is impossible",
            allowed="above 1 for poisson, above 0 for gamma, none for the other shapes",
            remedy="Leave it out, or give a number in that range.",
        )
    name = f"{shape}{a if a is not None else {'poisson': 2.0, 'gamma': 3.5}[shape]:g}" if lowest is not None else shape
    return _method(model == "Mth", None if shape == "none" else name, up_to)


def _impossible(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-20", where="heterogeneous", problem=problem, allowed=allowed, remedy="Choose one of the allowed options."
    )
