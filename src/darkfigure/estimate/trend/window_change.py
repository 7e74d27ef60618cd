"""Did the number change from one window to another, when the windows share most of their days?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import quantile
from darkfigure.estimate.trend.joint_windows import (
    Estimator,
    Floats,
    Integers,
    Window,
    WindowSize,
    checked_estimator,
    checked_sightings,
    states,
    window_size,
)
from darkfigure.records.aggregate import Caution, Interval, NotEstimable, Reason

METHOD = "window-change"
FEW_REPEATS = 7
FEWEST_DRAWS = 100
MOST_LOST = 0.05
"""Share of the draws without an answer from which the bootstrap refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowChange:
    """Change of an estimated number between two windows that may overlap.

    Parameters
    ----------
    n_first, n_last : float
        Estimates of the two windows.
    se_first, se_last : float
        Their standard errors.
    correlation : float
        Of the two estimates, on the logarithmic scale: from entities that both windows show.
    difference, ratio : float
        ``n_last - n_first`` and ``n_last / n_first``.
    difference_interval, ratio_interval : Interval
    p_value : float
        Of no change, two-sided, from the logarithm of the ratio.
    entities_in_both : int
        Entities seen in both windows.
    estimator : str
        ``"chapman"`` or ``"chao"``.
    cautions : tuple of Caution
    """

    n_first: float
    n_last: float
    se_first: float
    se_last: float
    correlation: float
    difference: float
    difference_interval: Interval
    ratio: float
    ratio_interval: Interval
    p_value: float
    entities_in_both: int
    estimator: Estimator
    cautions: tuple[Caution, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """The change in words."""
        i = self.ratio_interval
        told = "rose" if i.lower > 1 else "fell" if i.upper < 1 else "shows no clear change"
        return (
            f"The number {told}: the later estimate is {self.ratio:.2f} times the earlier one "
            f"({i.level:.0%} interval {i.lower:.2f} to {i.upper:.2f}).",
            f"{self.entities_in_both:,} entities were seen in both windows; the two estimates go together "
            f"(correlation {self.correlation:.2f}), and the interval takes that into account.",
            *(c.text for c in self.cautions),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        d, r = self.difference_interval, self.ratio_interval
        return {
            "estimator": self.estimator,
            "n_first": self.n_first,
            "n_last": self.n_last,
            "se_first": self.se_first,
            "se_last": self.se_last,
            "correlation": self.correlation,
            "difference": self.difference,
            "difference_interval": [d.lower, d.upper],
            "ratio": self.ratio,
            "ratio_interval": [r.lower, r.upper],
            "level": r.level,
            "method": r.method,
            "p_value": self.p_value,
            "entities_in_both": self.entities_in_both,
            "cautions": [c.code for c in self.cautions],
            "sentences": list(self.sentences()),
        }


def joint_states(
    entity: Integers, occasion: Integers, *, first: Window, last: Window, estimator: Estimator = "chapman"
) -> Integers:
    """How many entities are in each pair of states, one for each window?

    Parameters
    ----------
    entity, occasion : ndarray of int, shape (sightings,)
        Who was seen on which occasion, numbered from 0.
    first, last : Window
        The earlier and the later one; they may share days.
    estimator : str
        ``"chapman"`` or ``"chao"``; see ``states``.

    Returns
    -------
    ndarray of int, shape (4, 4)
        Row: state in ``first``; column: state in ``last``; entities in neither window are at (0, 0).

    Raises
    ------
    EstimateError (E-EST-73, E-EST-74)
        The sightings are impossible; the windows are not in order of time, or there is no such estimator.

    Examples
    --------
    >>> int(joint_states(np.array([0, 0, 1]), np.array([0, 3, 2]), first=Window(0, 2), last=Window(2, 4))[1, 2])
    1
    """
    checked_estimator(estimator)
    if first.start > last.start or first.end > last.end:
        raise EstimateError(
            "E-EST-74",
            where="windows",
            problem="the later window begins or ends before the earlier one",
            allowed="two windows in order of time; neither inside the other",
            remedy="Give the earlier window as `first`.",
        )
    entity, occasion = checked_sightings(entity, occasion)
    table = np.zeros(16, dtype=np.int64)
    for block in states(entity, occasion, (first, last), estimator):
        table += np.bincount(4 * block[:, 0] + block[:, 1], minlength=16)
    return table.reshape(4, 4)


def window_change(
    joint: NDArray[np.int64],
    *,
    estimator: Estimator = "chapman",
    n_occasions: tuple[int, int] | None = None,
    interval: Literal["analytic", "bootstrap"] = "analytic",
    replicates: int = 1999,
    seed: int = 1,
    level: float = 0.95,
) -> WindowChange | NotEstimable:
    """By how much did the number change between two windows, which may share days?

    Parameters
    ----------
    joint : ndarray of int, shape (4, 4)
        From ``joint_states``. Windows that share no day are the special case in which the table still holds the
        entities seen in both.
    estimator : str
        The one the table was made for.
    n_occasions : tuple of int, optional
        Of the two windows, for Chao's factor.
    interval : str
        ``"analytic"``: delta method on the joint table; ``"bootstrap"``: whole entities drawn again, percentiles.
    replicates, seed : int
        Of the bootstrap.
    level : float
        Of the intervals.

    Returns
    -------
    WindowChange or NotEstimable
        A refusal when nothing was seen twice in a window, when both windows are the same or hold the same sightings,
        and when too many draws of the bootstrap have no answer.

    Raises
    ------
    EstimateError (E-EST-74, E-EST-78, E-EST-79)
        The table, the estimator or the occasions, the number of draws, or the level is impossible.

    Notes
    -----
    The number of entities in each joint state ``(a, b)`` is taken as Poisson, independent of the others. With
    ``phi_1(a)`` and ``phi_2(b)`` the derivatives of ``log N_1`` and ``log N_2`` by an entity in that state,
    ``var(log N_2 - log N_1) = sum_ab x_ab (phi_2(b) - phi_1(a))^2``. In a closed population this equals the variance
    with fixed ``N``, since both estimates are of degree one in the counts and the part due to ``N`` cancels; with
    coming and going it also covers the chance in who comes and goes, so it is wider than for the sizes that happened
    to be.

    Source
    ------
    Delta method for functions of Poisson counts; Seber (1982), The Estimation of Animal Abundance, section 1.3.

    Examples
    --------
    >>> joint = np.zeros((4, 4), dtype=int)
    >>> joint[1, 1], joint[2, 2], joint[3, 3], joint[1, 0], joint[0, 2] = 300, 280, 60, 8, 12
    >>> found = window_change(joint)
    >>> round(found.ratio, 3), round(found.correlation, 2)
    (1.013, 0.99)
    """
    table = _checked_joint(joint)
    _check_asked(estimator, n_occasions, interval, replicates)
    z = quantile(level)
    t = n_occasions or (None, None)
    sizes = _sizes(table, estimator, t)
    bad = next((s for s in sizes if s.refusal is not None), None)
    if bad is not None and bad.refusal is not None:
        return _refused(
            bad.refusal,
            "In one of the windows no entity was seen twice, or every one was, so its number has no estimate and "
            "neither has the change. Longer windows would be needed.",
            table,
            repeats=bad.repeats,
        )
    if not (table - np.diag(np.diag(table))).any():
        return _refused(
            Reason.NOT_IDENTIFIED,
            "Both windows are the same, or hold the same sightings: every entity is seen alike in both, so nothing "
            "can show a change. Two windows are needed of which each holds sightings that the other does not.",
            table,
            repeats=min(s.repeats for s in sizes),
        )
    covariance = _covariance(table, sizes)
    one, two = sizes
    error = _error(table, one.influence, two.influence)
    log_ratio = math.log(two.n / one.n)
    scaled = covariance * np.outer([one.n, two.n], [one.n, two.n])
    spread = _error(table, one.n * one.influence, two.n * two.influence)
    if interval == "bootstrap":
        drawn = _drawn(table, estimator, t, replicates, seed, level)
        if drawn is None:
            return _refused(
                Reason.NO_OVERLAP,
                f"So few entities were seen twice that over {MOST_LOST:.0%} of the draws of the bootstrap have no "
                "answer; an interval from the others would be too narrow. Longer windows would be needed.",
                table,
                repeats=min(s.repeats for s in sizes),
            )
        ratio, difference, p = drawn
    else:
        ratio = Interval(math.exp(log_ratio - z * error), math.exp(log_ratio + z * error), level, "delta, joint states")
        gap = two.n - one.n
        difference = Interval(gap - z * spread, gap + z * spread, level, "delta, joint states")
        p = float(2 * scipy.special.ndtr(-abs(log_ratio) / error)) if error > 0 else 1.0
    scale = math.sqrt(covariance[0, 0] * covariance[1, 1])
    few = min(one.repeats, two.repeats) < FEW_REPEATS
    return WindowChange(
        n_first=one.n,
        n_last=two.n,
        se_first=math.sqrt(scaled[0, 0]),
        se_last=math.sqrt(scaled[1, 1]),
        correlation=float(covariance[0, 1] / scale),
        difference=two.n - one.n,
        difference_interval=difference,
        ratio=two.n / one.n,
        ratio_interval=ratio,
        p_value=p,
        entities_in_both=int(table[1:, 1:].sum()),
        estimator=estimator,
        cautions=(Caution("C-SMALL-OVERLAP", "Very few entities were seen twice in one of the windows."),)
        if few
        else (),
    )


def _refused(reason: Reason, explanation: str, table: Floats, *, repeats: int) -> NotEstimable:
    return NotEstimable(
        method=METHOD,
        reason=reason,
        explanation=explanation,
        n_observed=int(table.sum()),
        diagnostics={"repeats": repeats},
    )


def _check_asked(estimator: str, n_occasions: tuple[int, int] | None, interval: str, replicates: int) -> None:
    checked_estimator(estimator)
    if n_occasions is not None and not all(isinstance(t, int | np.integer) and t >= 2 for t in n_occasions):
        raise EstimateError(
            "E-EST-74",
            where="n_occasions",
            problem="a window holds fewer than two occasions",
            allowed="two whole numbers from 2, one for each window",
            remedy="Count the occasions of both windows, or leave them out.",
        )
    if interval not in ("analytic", "bootstrap") or replicates < FEWEST_DRAWS:
        raise EstimateError(
            "E-EST-78",
            where="interval",
            problem="the kind of interval is unknown, or the bootstrap has too few draws",
            allowed=f"analytic or bootstrap, and at least {FEWEST_DRAWS} draws",
            remedy="Leave both out for the formula, or give some thousand draws.",
        )


def _checked_joint(joint: NDArray[np.int64]) -> Floats:
    given = np.asarray(joint)
    table = given.astype(float) if given.dtype.kind in "iuf" else np.full((4, 4), np.nan)
    whole = np.isfinite(table) & (table >= 0)
    if given.shape != (4, 4) or not (whole.all() and (table == np.floor(table)).all()):
        raise EstimateError(
            "E-EST-74",
            where="joint states",
            problem="the table of joint states is impossible",
            allowed="four rows and four columns of whole numbers from 0",
            remedy="Make it with `joint_states`.",
        )
    table = table.copy()
    table[0, 0] = 0.0
    return table


def _sizes(table: Floats, estimator: Estimator, t: tuple[int | None, int | None]) -> tuple[WindowSize, WindowSize]:
    return (
        window_size(table.sum(axis=1), estimator, n_occasions=t[0]),
        window_size(table.sum(axis=0), estimator, n_occasions=t[1]),
    )


def _covariance(table: Floats, sizes: tuple[WindowSize, WindowSize]) -> Floats:
    """Covariance matrix of ``(log N_1, log N_2)``."""
    a, b = sizes[0].influence, sizes[1].influence
    cross = float(a @ table @ b)
    return np.array([[float(table.sum(axis=1) @ a**2), cross], [cross, float(table.sum(axis=0) @ b**2)]])


def _error(table: Floats, first: Floats, last: Floats) -> float:
    """Standard error of the difference, from what an entity in each pair of states adds to both."""
    return math.sqrt(float((table * (last[None, :] - first[:, None]) ** 2).sum()))


def _drawn(
    table: Floats,
    estimator: Estimator,
    t: tuple[int | None, int | None],
    replicates: int,
    seed: int,
    level: float,
) -> tuple[Interval, Interval, float] | None:
    """Percentile intervals of the ratio and the difference: each entity counts a Poisson number of times.

    ``None`` when too many draws have no answer.
    """
    draws = np.random.default_rng(seed).poisson(table, (replicates, 4, 4)).astype(float)
    pairs = [_sizes(d, estimator, t) for d in draws]
    kept = np.array([[a.n, b.n] for a, b in pairs if a.refusal is None and b.refusal is None])
    if len(kept) < (1 - MOST_LOST) * replicates:
        return None
    tail = [(1 - level) / 2, (1 + level) / 2]
    ratios, gaps = kept[:, 1] / kept[:, 0], kept[:, 1] - kept[:, 0]
    above = float((np.sum(ratios > 1) + 0.5 * np.sum(ratios == 1) + 0.5) / (ratios.size + 1))
    name = "bootstrap of entities"
    low, high = (float(q) for q in np.quantile(ratios, tail))
    below, top = (float(q) for q in np.quantile(gaps, tail))
    return Interval(low, high, level, name), Interval(below, top, level, name), min(1.0, 2 * min(above, 1 - above))
