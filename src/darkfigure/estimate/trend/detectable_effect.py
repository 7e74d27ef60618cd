"""How large must a change be before a study of this size would find it?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from darkfigure.errors import EstimateError
from darkfigure.estimate.trend.asked import checked_level, quantile
from darkfigure.estimate.trend.joint_windows import Estimator, window_size
from darkfigure.estimate.trend.window_change import window_change
from darkfigure.records.aggregate import NotEstimable, Reason

METHOD = "detectable-effect"
LARGEST = 100.0
FEWEST_REPEATS = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Two windows that share no day, planned for a population of about ``n_total``.

    Parameters
    ----------
    n_total : float
        Entities in the earlier window.
    sightings : float
        Expected sightings of an entity in a window; in each half of it half as many.
    activity_cv2 : float
        Squared coefficient of variation of the entities' activity (gamma); 0 for equal.
    estimator : str
        ``"chapman"`` or ``"chao"``.
    level, power : float
        Of the two-sided test, as ``1 -`` its error, and the probability to find the change.

    Raises
    ------
    EstimateError (E-EST-78, E-EST-79)
        A number of the design is impossible.

    Examples
    --------
    >>> Design(n_total=1000, sightings=1.0).estimator
    'chapman'
    """

    n_total: float
    sightings: float
    activity_cv2: float = 0.0
    estimator: Estimator = "chapman"
    level: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        checked_level(self.level)
        checked_level(self.power, where="power")
        if not (0 < self.n_total < math.inf and 0 < self.sightings < math.inf and 0 <= self.activity_cv2 < math.inf):
            raise EstimateError(
                "E-EST-78",
                where="design",
                problem="a number of the design is impossible",
                allowed="entities and sightings above 0, unevenness from 0",
                remedy="Give the expected numbers of one window.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableEffect:
    """The smallest changes a design finds.

    Parameters
    ----------
    rise, fall : float
        Smallest factor above 1, and largest below 1, found with the declared power; 0 for ``fall`` when no fall is.
    design : Design
    repeats : float
        Expected entities seen twice in the earlier window.
    """

    rise: float
    fall: float
    design: Design
    repeats: float

    def sentences(self) -> tuple[str, ...]:
        """The answer in words."""
        d = self.design
        said = f"With about {d.n_total:,.0f} entities seen {d.sightings:g} times a window, a rise is found with "
        said += f"{d.power:.0%} probability when it is {self.rise:.2f} times or more"
        said += f", a fall when at most {self.fall:.2f} times as many are left." if self.fall > 0 else "; no fall is."
        return (said,)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and texts."""
        d = self.design
        return {
            "rise": self.rise,
            "fall": self.fall,
            "repeats": self.repeats,
            "n_total": d.n_total,
            "sightings": d.sightings,
            "activity_cv2": d.activity_cv2,
            "estimator": d.estimator,
            "level": d.level,
            "power": d.power,
            "sentences": list(self.sentences()),
        }


def _chances(design: Design) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Probability that an entity is in each state of a window."""
    r, c = design.sightings, design.activity_cv2

    def never(share: float) -> float:
        return math.exp(-share * r) if c == 0 else (1 + c * share * r) ** (-1 / c)

    if design.estimator == "chapman":
        none, half = never(1.0), never(0.5)
        return np.array([none, half - none, half - none, 1 - 2 * half + none])
    none = never(1.0)
    base = 1.0 if c == 0 else 1 / (1 + c * r)
    one = r * none * base
    two = r**2 / 2 * none * base**2 * (1 + c)
    return np.array([none, one, two, 1 - none - one - two])


def log_error(design: Design, ratio: float = 1.0) -> float:
    """Standard error of ``log`` of the estimate, when the population is ``ratio`` times the design's.

    Parameters
    ----------
    design : Design
    ratio : float
        Later over earlier population.

    Returns
    -------
    float

    Notes
    -----
    The delta variance of ``window_change`` at the expected counts, with fixed ``N``: ``sum_a x_a phi(a)^2 - 1 / N``
    scaled by the estimator's expectation. For Chapman and equal entities
    ``(q_1 q_2) / (p_1 p_2 N)`` in large samples.

    Examples
    --------
    >>> d = Design(n_total=4e6, sightings=2 * math.log(2))  # half of all seen in each half
    >>> round(log_error(d) * math.sqrt(4e6), 3)
    1.0
    """
    counts = _chances(design) * design.n_total * ratio
    size = window_size(counts, design.estimator)
    # Both estimators are of degree one, so that the part of the variance due to a random N is 1 / N.
    return math.sqrt(max(float(counts @ size.influence**2) - 1 / (design.n_total * ratio), 0.0))


def detectable_effect(design: Design) -> DetectableEffect | NotEstimable:
    """What is the smallest rise, and the smallest fall, that this design finds?

    Parameters
    ----------
    design : Design

    Returns
    -------
    DetectableEffect or NotEstimable
        A refusal when fewer than seven entities are expected to be seen twice, or no rise up to a factor of 100 is
        found.

    Notes
    -----
    ``log R = z_(1 - a/2) SE + z_power SE`` with ``SE^2 = v(1) + v(R)``: the standard error at the true ratio on both
    sides, since the test estimates it from the data.

    Source
    ------
    Delta method; sample sizes for Chapman's estimator: Robson and Regier (1964), Transactions of the American
    Fisheries Society 93, 215.

    Examples
    --------
    >>> found = detectable_effect(Design(n_total=2000, sightings=1.0))
    >>> round(found.rise, 2), round(found.fall, 2)
    (1.14, 0.87)
    """
    repeats = _repeats(design)
    if repeats < FEWEST_REPEATS:
        return _refused(design, repeats)
    z = quantile(design.level) + float(scipy.special.ndtri(design.power))

    def short(log_ratio: float) -> float:
        return abs(log_ratio) - z * math.hypot(log_error(design), log_error(design, math.exp(log_ratio)))

    if short(math.log(LARGEST)) < 0:
        return _refused(design, repeats)
    rise = float(scipy.optimize.brentq(short, 0.0, math.log(LARGEST)))
    lowest = math.log(FEWEST_REPEATS / repeats) if repeats > FEWEST_REPEATS else 0.0
    fall = 0.0
    if lowest < 0 and short(lowest) > 0:
        fall = math.exp(float(scipy.optimize.brentq(short, lowest, 0.0)))
    return DetectableEffect(rise=math.exp(rise), fall=fall, design=design, repeats=repeats)


def _repeats(design: Design) -> float:
    return float(_chances(design)[3 if design.estimator == "chapman" else 2] * design.n_total)


def _refused(design: Design, repeats: float) -> NotEstimable:
    return NotEstimable(
        method=METHOD,
        reason=Reason.NO_OVERLAP,
        explanation="Too few entities would be seen twice: the design finds no change up to a hundredfold. More "
        "sightings an entity, or longer windows, would be needed.",
        diagnostics={"repeats_expected": repeats, "n_total": design.n_total},
    )


def simulated_power(design: Design, ratio: float, *, draws: int = 500, seed: int = 1) -> float:
    """How often does the design find a change of this ratio, in simulation?

    Parameters
    ----------
    design : Design
    ratio : float
        Later over earlier population; the two are separate entities.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    float
        Share of draws in which the interval of ``window_change`` excludes 1.

    Raises
    ------
    EstimateError (E-EST-78)
        The ratio is not above 0 or there are no draws.

    Notes
    -----
    Entities are the same in both windows as far as the smaller population reaches, seen independently in each.

    Examples
    --------
    >>> 0.7 < simulated_power(Design(n_total=2000, sightings=1.0), 1.143, draws=200) < 0.9
    True
    """
    if not 0 < ratio < math.inf or draws < 1:
        raise EstimateError(
            "E-EST-78",
            where="ratio",
            problem="the ratio or the number of draws is impossible",
            allowed="a ratio above 0 and at least one draw",
            remedy="Give later over earlier.",
        )
    rng = np.random.default_rng(seed)
    chances, found = _chances(design), 0
    sizes = round(design.n_total), round(design.n_total * ratio)
    shared = min(sizes)
    for _ in range(draws):
        joint = rng.multinomial(shared, np.outer(chances, chances).ravel()).reshape(4, 4)
        joint[:, 0] += rng.multinomial(sizes[0] - shared, chances)
        joint[0, :] += rng.multinomial(sizes[1] - shared, chances)
        change = window_change(joint, estimator=design.estimator, level=design.level)
        if not isinstance(change, NotEstimable):
            found += not change.ratio_interval.lower <= 1 <= change.ratio_interval.upper
    return found / draws
