"""Open populations as a Poisson log-linear model of all histories: rates, sizes and arrivals from its coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.cells import MOST_LISTS, all_histories, full_counts
from darkfigure.estimate.intervals import log_normal_interval
from darkfigure.estimate.open_populations.answers import open_cautions
from darkfigure.estimate.open_populations.identification import slopes_of
from darkfigure.estimate.open_populations.maximum import rate_of
from darkfigure.estimate.open_populations.sightings import require_open
from darkfigure.estimate.open_populations.size_answers import EVER_PRESENT
from darkfigure.estimate.outcomes import MATCHED, REAL, Fit, Method, UnanswerableError
from darkfigure.estimate.poisson_regression import PoissonFit, fit_poisson
from darkfigure.records.aggregate import CaptureTable, Caution, Quantity, Reason

Array = NDArray[np.float64]
Capture = Literal["unequal", "equal"]

_ASSUMPTIONS = (
    EVER_PRESENT,
    "Units not yet seen have the same chances of staying and of being seen as units already seen.",
    "Leaving is for good.",
    MATCHED,
    REAL,
)
_ENDS = "The total takes it that everybody present on the first and on the last occasion was seen: it is a lower bound."
_RUNAWAY = 12.0


def open_log_linear(
    capture: Capture = "unequal", *, most_captures: int | None = None, name: str | None = None
) -> Method:
    """How many units were ever present, by a log-linear model of an open population?

    Parameters
    ----------
    capture : {"unequal", "equal"}
        Whether the chance to be seen differs between occasions.
    most_captures : int, optional
        Leave histories with more captures out of the fit (and count their units in as they are).
    name : str, optional
        Under which the answer is reported; ``"open-loglinear"`` or ``"open-loglinear-equal"`` without it.

    Returns
    -------
    Method
        ``n_total`` counts all units ever present; quantities ``p``, ``Phi``, ``N`` and ``B`` by occasion.

    Raises
    ------
    EstimateError (E-EST-44)
        ``capture`` is neither, or ``most_captures`` is below 2.

    Notes
    -----
    With ``x_1..x_t`` a history, ``ln mu = b_0 + sum_k g_k [x_1 = ... = x_k = 0] + sum_k h_k [x_(k+1) = ... = x_t = 0] +
    sum_k b_k x_k``: ``b_k = logit p_k``, ``exp(g_k) = 1 + B_k / (psi_k (1-p_k) phi_k)`` and
    ``exp(h_k) = 1 + (1 - phi_k) / (phi_k (1-p_(k+1)) chi_(k+1))``, with ``psi_k`` the units present and not yet seen
    and ``chi_k`` the chance never to be seen after ``k``. So ``g_k >= 0`` and ``h_k >= 0``: coefficients below zero
    (no arrivals, nobody leaves) are set to zero and the model is fitted again. With unequal chances ``b_1`` and
    ``b_t`` are part of ``g_1`` and ``h_(t-1)``, which then have no sign. Standard errors by the delta method; those of
    sizes are reduced by the Poisson spread of the number itself, ``var = var_Poisson - N``.

    Source
    ------
    Cormack (1989), Biometrics 45, 395, doi 10.2307/2531485. Rivest and Daigle (2004), Biometrics 60, 100.
    Verified in ``tests/reference/test_rcapture_open.py``.

    Examples
    --------
    >>> open_log_linear("equal").name
    'open-loglinear-equal'
    """
    if capture not in ("unequal", "equal") or (most_captures is not None and most_captures < 2):
        raise EstimateError(
            "E-EST-44",
            where="capture, most_captures",
            problem="this kind of chances is not known, or no history with two captures would be left",
            allowed="'unequal' or 'equal'; most_captures of 2 or more",
            remedy="Choose one of them.",
        )
    unequal = capture == "unequal"
    return Method(
        name=name or ("open-loglinear" if unequal else "open-loglinear-equal"),
        question="How many units were ever present, by a log-linear model of units that join and leave?",
        assumptions=(*_ASSUMPTIONS, _ENDS if unequal else "Every occasion sees units equally easily."),
        source="Cormack (1989), doi 10.2307/2531485; Rivest and Daigle (2004)",
        needs=f"three to {MOST_LISTS} occasions in time order, with histories",
        formula=(
            "ln mu(x) = b_0 + sum g_k [x_1..x_k = 0] + sum h_k [x_(k+1)..x_t = 0] + sum b_k x_k; logit p_k = b_k; "
            "N_(k+1) = phi_k N_k + B_k; N = N_1 + sum B_k"
        ),
        misleads=(
            "Where a coefficient stands at zero, staying is certain or nobody arrives only because the counts say less "
            "than that; units that return after leaving do this, and the standard errors do not know of it."
        ),
        fit=lambda table, level: _fit(table, level, unequal=unequal, most_captures=most_captures),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Columns of the model of ``t`` occasions, in the order intercept, ``g``, ``h`` (last interval first), ``b``."""

    histories: Array
    matrix: Array
    names: tuple[str, ...]
    signed: tuple[int, ...]
    unequal: bool

    @property
    def t(self) -> int:
        return int(self.histories.shape[1])


def _model(t: int, *, unequal: bool) -> _Model:
    histories = all_histories(t)
    first = histories.argmax(axis=1)[:, None]
    last = (t - 1 - histories[:, ::-1].argmax(axis=1))[:, None]
    arrivals, stays = first > np.arange(t - 1)[None, :], last < (t - 1 - np.arange(t - 1))[None, :]
    own = histories[:, 1:-1] if unequal else histories.sum(axis=1, keepdims=True)
    names = ["intercept", *(f"gamma{k}" for k in range(1, 2 * t - 1))]
    names += [f"beta{k}" for k in range(2, t)] if unequal else ["beta"]
    free = (1, t) if unequal else ()
    signed = tuple(k for k in range(1, 2 * t - 1) if k not in free)
    matrix = np.hstack([np.ones((len(histories), 1)), arrivals, stays, own]).astype(float)
    return _Model(histories, matrix, tuple(names), signed, unequal)


def _fit(table: CaptureTable, level: float, *, unequal: bool, most_captures: int | None) -> Fit:
    t = require_open(table)
    if t > MOST_LISTS or table.cells is None:
        raise UnanswerableError(
            Reason.WRONG_TABLE,
            f"This model needs the table of all histories, which is built for up to {MOST_LISTS} occasions; "
            "`jolly-seber` and `popan` take more.",
            {"occasions": float(t)},
        )
    model, counts = _model(t, unequal=unequal), full_counts(table.cells)
    keep = np.ones(len(counts), dtype=bool)
    if most_captures is not None:
        keep = model.histories.sum(axis=1) <= most_captures
    fit, coefficients, covariance, zeroed = _constrained(model, counts, keep)
    if np.abs(coefficients).max() > _RUNAWAY:
        raise UnanswerableError(
            Reason.DOES_NOT_EXIST,
            "Some kinds of history that the model needs were never seen, so its coefficients have no finite value. "
            "Fewer, longer occasions would be needed.",
        )
    left_over = float((counts - np.exp(model.matrix @ coefficients))[~keep].sum())
    total, error, quantities = _answers(model, coefficients, covariance, zeroed, left_over)
    unseen = total - table.n_observed
    if unseen < 0 and unseen > -1e-6 * total:
        unseen = 0.0
    n_parameters = len(model.names) - len(zeroed)
    return Fit(
        n_unseen=unseen,
        standard_error=error,
        interval=log_normal_interval(table.n_observed, unseen, error, level) if unseen >= 0 else None,
        deviance=fit.deviance,
        df=int(keep.sum()) - n_parameters,
        aic=-2 * fit.log_likelihood + 2 * n_parameters,
        bic=-2 * fit.log_likelihood + math.log(max(table.n_observed, 1)) * n_parameters,
        parameters={name: float(value) for name, value in zip(model.names, coefficients, strict=True)}
        | {
            f"se({name})": math.sqrt(float(v))
            for name, v in zip(model.names, np.diag(covariance), strict=True)
            if v > 0
        },
        diagnostics={"n_parameters": float(n_parameters), **_trap_effects(model, counts, keep, zeroed)},
        cautions=(*_cautions(model, zeroed), *open_cautions(quantities)),
        quantities=quantities,
    )


def _constrained(
    model: _Model, counts: Array, keep: NDArray[np.bool_]
) -> tuple[PoissonFit, Array, Array, tuple[int, ...]]:
    """The fit with coefficients that may not be negative set to zero, in turns, until none is."""
    zeroed: tuple[int, ...] = ()
    while True:
        kept = [k for k in range(len(model.names)) if k not in zeroed]
        fit = fit_poisson(model.matrix[keep][:, kept], counts[keep])
        below = tuple(k for k, value in zip(kept, fit.coefficients, strict=True) if k in model.signed and value < 0)
        if not below:
            break
        zeroed = (*zeroed, *below)
    coefficients, covariance = np.zeros(len(model.names)), np.zeros((len(model.names),) * 2)
    coefficients[kept] = fit.coefficients
    covariance[np.ix_(kept, kept)] = fit.covariance
    return fit, coefficients, covariance, zeroed


def _rates(model: _Model, coefficients: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """``p``, ``phi`` and units present and not yet seen; ends seen for certain when chances are unequal."""
    t = model.t
    own = coefficients[2 * t - 1 :]
    seen, missed = np.ones(t, dtype=own.dtype), np.zeros(t, dtype=own.dtype)
    inner = slice(1, -1) if model.unequal else slice(0, t)
    seen[inner], missed[inner] = rate_of(own if model.unequal else np.repeat(own, t))
    stays, never = np.empty(t - 1, dtype=own.dtype), np.ones(t, dtype=own.dtype)
    for k in range(t - 2, -1, -1):
        h = coefficients[2 * t - 2 - k]
        if model.unequal and k == t - 2:
            stays[k], never[k] = 1 / (1 + np.exp(h)), 1 / (1 + np.exp(-h))
            continue
        stays[k] = 1 / (1 + missed[k + 1] * never[k + 1] * (np.exp(h) - 1))
        never[k] = 1 - stays[k] + stays[k] * missed[k + 1] * never[k + 1]
    once = np.array([np.flatnonzero((model.histories == np.eye(t)[k]).all(axis=1))[0] for k in range(t)])
    only_then = np.exp(model.matrix[once] @ coefficients)
    return seen, stays, only_then / (seen * never)


def _answers(
    model: _Model, coefficients: Array, covariance: Array, zeroed: tuple[int, ...], left_over: float
) -> tuple[float, float, tuple[Quantity, ...]]:
    """Total with its standard error, and the quantities of every occasion."""
    t = model.t

    def values(beta: NDArray[Any]) -> NDArray[Any]:
        seen, stays, waiting = _rates(model, beta)
        present = np.empty(t, dtype=beta.dtype)
        joining = waiting[1:] - waiting[:-1] * (1 - seen[:-1]) * stays
        present[0] = waiting[0]
        for k in range(t - 1):
            present[k + 1] = present[k] * stays[k] + joining[k]
        total = present[0] + joining.sum() + left_over
        # Units left out of the fit were present throughout: they leave between occasions as the others do.
        return np.concatenate([seen, stays, present + left_over, joining + left_over * (1 - stays), [total]])

    numbers, slopes = slopes_of(values, coefficients)
    variances = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    names = [f"p[{k + 1}]" for k in range(t)] + [f"Phi[{k + 1}]" for k in range(t - 1)]
    names += [f"N[{k + 1}]" for k in range(t)] + [f"B[{k + 1}]" for k in range(t - 1)]
    partners = _unequal_partners(t) if model.unequal else {}
    still = {f"Phi[{2 * t - 1 - k}]" for k in zeroed if k >= t} | {f"B[{k}]" for k in zeroed if k < t}
    quantities = []
    for name, number, variance in zip(names, numbers[:-1], variances[:-1], strict=True):
        if name in partners:
            quantities.append(Quantity(name=name, value=None, confounded_with=partners[name]))
            continue
        if name.startswith("N"):
            variance = variance - (number - left_over)
        edge = name in still
        error = None if edge else math.sqrt(max(float(variance), 0.0))
        value = round(float(number), 12) if edge and not left_over else float(number)
        quantities.append(Quantity(name=name, value=value, standard_error=error))
    total = float(numbers[-1])
    return total, math.sqrt(max(float(variances[-1]) - total, 0.0)), tuple(quantities)


def _unequal_partners(t: int) -> dict[str, tuple[str, ...]]:
    start, end = ("p[1]", "N[1]", "B[1]"), (f"p[{t}]", f"Phi[{t - 1}]", f"N[{t}]", f"B[{t - 1}]")
    return {name: tuple(n for n in group if n != name) for group in (start, end) for name in group}


def _trap_effects(model: _Model, counts: Array, keep: NDArray[np.bool_], zeroed: tuple[int, ...]) -> dict[str, float]:
    """Does a sighting change the chance of the next one? Fits with one effect, and with one for each inner pair."""
    kept = [k for k in range(len(model.names)) if k not in zeroed]
    base = model.matrix[:, kept]
    pairs = model.histories[:, :-1] * model.histories[:, 1:]
    variants = {"trap": pairs.sum(axis=1, keepdims=True)}
    if model.unequal and model.t > 3:
        variants["trap_by_time"] = pairs[:, 1:-1]
    found: dict[str, float] = {}
    for name, columns in variants.items():
        try:
            fit = fit_poisson(np.hstack([base, columns])[keep], counts[keep])
        except UnanswerableError:
            continue
        found[f"deviance_{name}"] = fit.deviance
        found[f"aic_{name}"] = -2 * fit.log_likelihood + 2 * fit.coefficients.size
        for index in range(columns.shape[1]):
            label = "trap_effect" if name == "trap" else f"trap_effect[{index + 2}]"
            at = len(kept) + index
            found[label] = float(fit.coefficients[at])
            found[f"se({label})"] = math.sqrt(float(fit.covariance[at, at]))
    return found


def _cautions(model: _Model, zeroed: tuple[int, ...]) -> tuple[Caution, ...]:
    t, found = model.t, []
    stays = sorted(2 * t - 1 - k for k in zeroed if k >= t)
    arrivals = sorted(k for k in zeroed if k < t)
    if stays:
        found.append(
            f"{', '.join(f'Phi[{k}]' for k in stays)} stands at its upper limit of 1: the counts would be best "
            "explained by a value above 1, which no chance can have."
        )
    if arrivals:
        found.append(
            f"{', '.join(f'B[{k}]' for k in arrivals)} stands at its lower limit of 0: the counts would be best "
            "explained by fewer arrivals than none."
        )
    cautions = [Caution("C-BOUNDARY", text) for text in found]
    if model.unequal:
        cautions.append(Caution("C-LOWER-BOUND", _ENDS))
    return tuple(cautions)


METHODS: tuple[Method, ...] = (open_log_linear(), open_log_linear("equal"))
