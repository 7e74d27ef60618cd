"""Is there a trend in a series of overlapping windows? Sightings shared by windows are counted once, not many times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import quantile
from darkfigure.estimate.trend.joint_windows import (
    Estimator,
    Floats,
    Integers,
    Window,
    checked_estimator,
    checked_sightings,
    states,
    window_size,
)
from darkfigure.records.aggregate import Interval, NotEstimable, Reason

METHOD = "rolling-trend"
FEWEST_REPEATS = 10
MOST_WINDOWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RollingTrend:
    """Estimates of all rolling windows, how they err together, and their trend.

    Parameters
    ----------
    windows : tuple of Window
        In order of time.
    n : ndarray, shape (windows,)
        Estimates.
    log_covariance : ndarray, shape (windows, windows)
        Of ``log n``.
    growth : float
        Factor per ``per`` occasions: the slope of a straight line through ``log n``.
    growth_interval : Interval
    per : int
        Occasions that ``growth`` speaks of: the length of a window.
    p_value : float
        Of no trend, two-sided.
    naive_p_value : float
        What would come out if the windows were taken for independent: for comparison, not for use.
    """

    windows: tuple[Window, ...]
    n: Floats
    log_covariance: Floats
    growth: float
    growth_interval: Interval
    per: int
    p_value: float
    naive_p_value: float

    def sentences(self) -> tuple[str, ...]:
        """The trend in words."""
        i = self.growth_interval
        told = "rising" if i.lower > 1 else "falling" if i.upper < 1 else "neither clearly rising nor clearly falling"
        return (
            f"The series of {len(self.windows)} windows is {told}: a factor of {self.growth:.3f} each {self.per} "
            f"occasions ({i.level:.0%} interval {i.lower:.3f} to {i.upper:.3f}).",
            "Windows share sightings; the interval is that of the entities behind them, not of the number of windows.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts and lists."""
        i = self.growth_interval
        return {
            "windows": [[w.start, w.end] for w in self.windows],
            "n": self.n.tolist(),
            "se_log": np.sqrt(np.diag(self.log_covariance)).tolist(),
            "growth": self.growth,
            "growth_interval": [i.lower, i.upper],
            "level": i.level,
            "per": self.per,
            "p_value": self.p_value,
            "sentences": list(self.sentences()),
        }


def rolling_windows(*, n_occasions: int, length: int, step: int) -> tuple[Window, ...]:
    """Which windows of one length fit in a period, a step apart and ending with the period?

    Raises
    ------
    EstimateError (E-EST-74)
        Length or step is impossible, or there would be more than 2,000 windows.

    Examples
    --------
    >>> [w.start for w in rolling_windows(n_occasions=10, length=6, step=3)]
    [1, 4]
    """
    whole = all(isinstance(k, int | np.integer) for k in (n_occasions, length, step))
    if not whole or not 2 <= length <= n_occasions or step < 1 or (n_occasions - length) // step >= MOST_WINDOWS:
        raise EstimateError(
            "E-EST-74",
            where="rolling windows",
            problem="the length or the step of the windows is impossible",
            allowed=f"whole numbers, 2 <= length <= occasions, a step from 1, at most {MOST_WINDOWS} windows",
            remedy="Count length and step in occasions.",
        )
    ends = range(n_occasions, length - 1, -step)
    return tuple(Window(e - length, e) for e in reversed(ends))


def rolling_trend(
    entity: Integers,
    occasion: Integers,
    *,
    n_occasions: int,
    length: int,
    step: int = 1,
    estimator: Estimator = "chapman",
    level: float = 0.95,
) -> RollingTrend | NotEstimable:
    """Does the number rise or fall over all rolling windows?

    Parameters
    ----------
    entity, occasion : ndarray of int, shape (sightings,)
        Who was seen on which occasion, numbered from 0.
    n_occasions : int
        Of the whole period.
    length, step : int
        Of the windows, in occasions.
    estimator : str
        ``"chapman"`` on the halves of each window, or ``"chao"``.
    level : float
        Of the interval.

    Returns
    -------
    RollingTrend or NotEstimable
        A refusal with one window, with fewer than three, when the windows end within less than half a window of each
        other, when all hold the same sightings, or when a window has fewer than ten entities that were seen twice.

    Raises
    ------
    EstimateError (E-EST-73, E-EST-74, E-EST-79)
        Sightings, windows, the estimator or the level are impossible; a sighting lies after the last occasion.

    Notes
    -----
    Slope ``b = sum_w c_w log N_w`` by least squares, ``c_w = (t_w - t) / sum (t_w - t)^2``. Entity ``i`` adds
    ``u_i = sum_w c_w phi_w(state of i in w)`` with ``phi`` the derivatives of ``log N_w``, and ``var b = sum_i u_i^2``
    over the entities, for any number of windows it is in. Entities are taken as independent; events that change the
    chances of all entities for some windows only (and that the estimator does not absorb) are not in the interval: use
    ``interrupted_series`` on ``n`` and ``log_covariance`` when the series scatters by more than it should.

    Source
    ------
    Sandwich variance clustered by entity: Liang and Zeger (1986), Biometrika 73, 13, doi 10.1093/biomet/73.1.13.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> occasion, entity = np.nonzero(rng.random((24, 1500)) < 0.08)
    >>> found = rolling_trend(entity, occasion, n_occasions=24, length=12)
    >>> len(found.windows), found.growth_interval.lower < 1 < found.growth_interval.upper
    (13, True)
    """
    z = quantile(level)
    checked_estimator(estimator)
    entity, occasion = checked_sightings(entity, occasion)
    windows = rolling_windows(n_occasions=n_occasions, length=length, step=step)
    if int(occasion.max()) >= n_occasions:
        raise EstimateError(
            "E-EST-73",
            where="sightings",
            problem="sightings lie after the last occasion of the period",
            allowed="occasions from 0 up to, not including, n_occasions",
            remedy="Give the number of occasions of the whole period, or leave out the sightings after it.",
        )
    n_entities = int(entity[-1]) + 1
    reach = windows[-1].end - windows[0].end
    if len(windows) == 1:
        return _refused(
            Reason.NO_DATA,
            "Only one window fits into the period, so there is nothing to compare it with: a trend needs three windows "
            "and a period at least half as long again as a window.",
            n_entities,
        )
    if len(windows) < 3 or 2 * reach < length:
        return _refused(
            Reason.NO_DATA,
            "Too few windows, or windows that cover nearly the same time: a trend needs a period at least half as "
            "long again as a window, and three windows.",
            n_entities,
        )
    counts = np.zeros((len(windows), 4))
    for block in states(entity, occasion, windows, estimator):
        counts += np.stack([(block == k).sum(axis=0) for k in range(4)], axis=1)
    sizes = [window_size(c, estimator, n_occasions=length) for c in counts]
    if any(s.refusal is not None or s.repeats < FEWEST_REPEATS for s in sizes):
        return _refused(
            Reason.NO_OVERLAP,
            f"A window has fewer than {FEWEST_REPEATS} entities seen twice, so its number is hardly known. Longer "
            "windows would be needed.",
            n_entities,
        )
    if (counts[:, 1:] == counts[0, 1:]).all() and _all_alike(entity, occasion, windows, estimator):
        return _refused(
            Reason.NOT_IDENTIFIED,
            "All windows are the same, or hold the same sightings, so nothing can show a trend. Sightings spread over "
            "the whole period would be needed.",
            n_entities,
        )
    influence = np.array([s.influence for s in sizes])
    log_n = np.log([s.n for s in sizes])
    covariance = np.zeros((len(windows), len(windows)))
    columns = np.arange(len(windows))
    for block in states(entity, occasion, windows, estimator):
        phi = influence[columns, block]
        covariance += phi.T @ phi
    times = np.array([w.end for w in windows], dtype=float) / length
    weights = (times - times.mean()) / float(((times - times.mean()) ** 2).sum())
    slope, error = float(weights @ log_n), math.sqrt(float(weights @ covariance @ weights))
    naive = math.sqrt(float(weights**2 @ np.diag(covariance)))
    return RollingTrend(
        windows=windows,
        n=np.exp(log_n),
        log_covariance=covariance,
        growth=math.exp(slope),
        growth_interval=Interval(
            math.exp(slope - z * error), math.exp(slope + z * error), level, "least squares, clustered by entity"
        ),
        per=length,
        p_value=float(2 * scipy.special.ndtr(-abs(slope) / error)),
        naive_p_value=float(2 * scipy.special.ndtr(-abs(slope) / naive)),
    )


def _all_alike(entity: Integers, occasion: Integers, windows: tuple[Window, ...], estimator: Estimator) -> bool:
    """Whether every entity is in the same state in all windows."""
    return all(bool((block == block[:, :1]).all()) for block in states(entity, occasion, windows, estimator))


def _refused(reason: Reason, explanation: str, n_observed: int) -> NotEstimable:
    return NotEstimable(method=METHOD, reason=reason, explanation=explanation, n_observed=n_observed)
