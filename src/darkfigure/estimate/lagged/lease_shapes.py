"""How likely an address is still with its source a lag later: the shapes of lease survival."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


SHORTEST_FITTED_DAYS = 0.01
"""Shortest time scale a fit may take; sessions are looked for down to it."""
_BIN_NODES = 8
_LOG_RATIO = (0.7, 6.0)
"""Of the two time scales of a mixture: from twice to four hundred times."""
_LOGIT_SHARE = (-2.2, 2.2)
"""Of the share of its first part: from a tenth to nine tenths."""
_LOG_GAMMA = (-1.0, 3.5)
"""Of the gamma law's shape: coefficients of variation from 1.6 down to 0.17."""
_LOG_SIGMA = (-0.7, 0.6)
"""Of the log-normal law's sigma: coefficients of variation from 0.5 to 5."""
_HALF_WIDTH = (0.05, 1.0)
"""Of the uniform law's half width over its mean."""


@dataclass(frozen=True, slots=True)
class LeaseShape:
    """One family of survival curves.

    Parameters
    ----------
    name : str
        Key of ``SHAPES``.
    prior : float
        How credible the family is before the data are seen; those of ``SHAPES`` add up to one.
    scales : tuple of str
        Of each parameter: ``"time"`` (log of a time in days), ``"ratio"`` (log of the second time over the first),
        ``"share"`` (logit), ``"form"`` (log of the gamma law's shape), ``"sigma"`` (log of the log-normal law's),
        ``"width"`` (half width of the uniform law over its mean).
    survival : callable
        ``survival(theta, lags)`` with ``theta`` of shape (fits, parameters) and ``lags`` of shape (points,); gives
        (fits, points), convex and falling from one.
    mean_days : callable
        ``mean_days(theta)``: the mean time an identifier stays, shape (fits,).
    shortest_days : callable
        ``shortest_days(theta)``: the time scale of the fastest part of the curve, shape (fits,).
    kinked : bool
        Whether the curve has a corner.
    """

    name: str
    prior: float
    scales: tuple[str, ...]
    survival: Callable[[Array, Array], Array]
    mean_days: Callable[[Array], Array]
    shortest_days: Callable[[Array], Array]
    kinked: bool = False

    @property
    def n_parameters(self) -> int:
        """Free parameters of the curve."""
        return len(self.scales)

    def box(self, *, shortest: float, longest: float) -> tuple[Array, Array]:
        """Lowest and highest parameters for time scales between two limits, in days; the fitted scale is uniform."""
        limits = {
            "time": (np.log(shortest), np.log(longest)),
            "ratio": _LOG_RATIO,
            "share": _LOGIT_SHARE,
            "form": _LOG_GAMMA,
            "sigma": _LOG_SIGMA,
            "width": _HALF_WIDTH,
        }
        low, high = zip(*(limits[scale] for scale in self.scales), strict=True)
        return np.array(low), np.array(high)


def as_counted(shape: LeaseShape, *, resolution_days: float, bin_ratio: float) -> LeaseShape:
    """The same curve as the pair counts see it: averaged over lag bins, and over times known only to a grid.

    Parameters
    ----------
    shape : LeaseShape
    resolution_days : float
        Recorded times are multiples of it; 0 when they are exact.
    bin_ratio : float
        Upper edge of a lag bin over its lower one. Only curves with a kink are averaged over bins: within one, the
        others are straight enough.

    Notes
    -----
    The difference of two times cut down to multiples of ``r`` errs by ``r`` times a triangular variable on (-1, 1).
    """
    survival = shape.survival
    if shape.kinked:
        half = (bin_ratio - 1) / (bin_ratio + 1)
        across = 1 + half * (np.arange(_BIN_NODES) + 0.5 - _BIN_NODES / 2) * 2 / _BIN_NODES
        survival = _averaged(survival, across, np.zeros(_BIN_NODES), np.full(_BIN_NODES, 1 / _BIN_NODES))
    if resolution_days > 0:
        nodes = np.linspace(-0.875, 0.875, 8)
        weights = (1 - np.abs(nodes)) / (1 - np.abs(nodes)).sum()
        survival = _averaged(survival, np.ones(nodes.size), resolution_days * nodes, weights)
    return replace(shape, survival=survival)


def _averaged(
    survival: Callable[[Array, Array], Array], factors: Array, shifts: Array, weights: Array
) -> Callable[[Array, Array], Array]:
    def average(theta: Array, lags: Array) -> Array:
        points = np.abs(lags[None, :] * factors[:, None] + shifts[:, None]).ravel()
        curves = survival(theta, points).reshape(theta.shape[0], weights.size, lags.size)
        return np.asarray(np.einsum("fnb,n->fb", curves, weights), dtype=float)

    return average


def _exponential(theta: Array, lags: Array) -> Array:
    return np.exp(-lags[None, :] / np.exp(theta[:, :1]))


def _fixed(theta: Array, lags: Array) -> Array:
    return np.maximum(0.0, 1 - lags[None, :] / np.exp(theta[:, :1]))


def _gamma(theta: Array, lags: Array) -> Array:
    scaled = lags[None, :] / np.exp(theta[:, :1])
    k = np.exp(theta[:, 1:2])
    x = k * scaled
    return np.asarray(
        np.maximum(0.0, scipy.special.gammaincc(k + 1, x) - scaled * scipy.special.gammaincc(k, x)), dtype=float
    )


def _lognormal(theta: Array, lags: Array) -> Array:
    scaled = np.maximum(lags[None, :] / np.exp(theta[:, :1]), 1e-300)
    sigma = np.exp(theta[:, 1:2])
    upper = -np.log(scaled) / sigma + sigma / 2
    beyond = scipy.special.ndtr(upper) - scaled * scipy.special.ndtr(upper - sigma)
    return np.asarray(np.clip(beyond, 0.0, 1.0), dtype=float)


def _uniform(theta: Array, lags: Array) -> Array:
    scaled, width = lags[None, :] / np.exp(theta[:, :1]), theta[:, 1:2]
    ending = np.maximum(0.0, 1 + width - scaled) ** 2 / (4 * width)
    return np.where(scaled < 1 - width, 1 - scaled, np.where(scaled < 1 + width, ending, 0.0))


def _fixed_with_exit(theta: Array, lags: Array) -> Array:
    return _fixed(theta, lags) * np.exp(-lags[None, :] / np.exp(theta[:, 1:2]))


def _share(theta: Array) -> Array:
    return 1 / (1 + np.exp(-theta[:, 2:3]))


def _second(theta: Array) -> Array:
    return theta[:, :1] + theta[:, 1:2]


def _two(first: Callable[[Array, Array], Array], second: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def survival(theta: Array, lags: Array) -> Array:
        share = _share(theta)
        return share * first(theta[:, :1], lags) + (1 - share) * second(_second(theta), lags)

    return survival


def _first(theta: Array) -> Array:
    return np.exp(theta[:, 0])


def _two_mean(theta: Array) -> Array:
    share = _share(theta)[:, 0]
    return np.asarray(share * np.exp(theta[:, 0]) + (1 - share) * np.exp(_second(theta)[:, 0]), dtype=float)


def _exit_mean(theta: Array) -> Array:
    """Time until either ends, as if both ended at any moment with the same chance."""
    return np.asarray(1 / (np.exp(-theta[:, 0]) + np.exp(-theta[:, 1])), dtype=float)


def _lognormal_shortest(theta: Array) -> Array:
    """A lease one standard deviation below the median."""
    sigma = np.exp(theta[:, 1])
    return np.asarray(np.exp(theta[:, 0] - sigma**2 / 2 - sigma), dtype=float)


def _gamma_shortest(theta: Array) -> Array:
    return np.asarray(np.exp(theta[:, 0] + np.minimum(theta[:, 1], 0.0)), dtype=float)


_TWO = ("time", "ratio", "share")


SHAPES: MappingProxyType[str, LeaseShape] = MappingProxyType(
    {
        shape.name: shape
        for shape in (
            LeaseShape("exponential", 0.25, ("time",), _exponential, _first, _first),
            LeaseShape("fixed", 0.25, ("time",), _fixed, _first, _first, kinked=True),
            LeaseShape("uniform", 0.06, ("time", "width"), _uniform, _first, _first, kinked=True),
            LeaseShape("gamma", 0.12, ("time", "form"), _gamma, _first, _gamma_shortest),
            LeaseShape("lognormal", 0.07, ("time", "sigma"), _lognormal, _first, _lognormal_shortest),
            LeaseShape(
                "fixed-with-exit", 0.08, ("time", "time"), _fixed_with_exit, _exit_mean, _exit_mean, kinked=True
            ),
            LeaseShape("mixture", 0.10, _TWO, _two(_exponential, _exponential), _two_mean, _first),
            LeaseShape("fixed-mixture", 0.07, _TWO, _two(_fixed, _fixed), _two_mean, _first, kinked=True),
        )
    }
)
"""Survival curves in order of simplicity.

A lease drawn from a law with survival ``G`` and mean ``m``, met at a random time, lasts a further ``tau`` with
probability ``S(tau) = (1 / m) * integral from tau of G`` (Cox 1962, Renewal Theory, chapter 5): exponential leases keep
their law, fixed ones give ``max(0, 1 - tau / m)``, uniform, gamma and log-normal leases lie between and beyond; every
law gives a convex curve with ``S(0) = 1``. An exit of the source at rate ``d`` multiplies ``S`` by ``exp(-d tau)``,
which no exponential lease can be told apart from.
"""
