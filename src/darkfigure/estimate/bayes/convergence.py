"""Have parallel chains met, and how much are their draws worth?"""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]


def normal_scores(draws: Array) -> Array:
    """Ranks of all draws together as normal quantiles, so that long tails do not hide or feign trouble.

    Examples
    --------
    >>> normal_scores(np.array([[1.0, 100.0, 3.0]])).round(2).tolist()
    [[-0.87, 0.87, 0.0]]
    """
    _, place, times = np.unique(draws, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place].reshape(draws.shape)
    return np.asarray(scipy.special.ndtri((ranks - 0.375) / (draws.size + 0.25)))


def nested_r_hat(draws: Array, groups: int) -> float:
    """Have groups of chains that began at different places come to the same distribution?

    Parameters
    ----------
    draws : ndarray, shape (iterations, chains)
        Chains of one group stand together; all chains of a group began at the same place.
    groups : int
        Number of groups, 2 or more.

    Returns
    -------
    float
        1 when they have; at most the root of ``1 + 1 / (chains per group)`` for independent draws that have.

    Notes
    -----
    Each group is split in its first and its second half, ranks are used for values, and ``R = sqrt(1 + B / W)``, ``B``
    the variance between the means of the half groups and ``W`` the mean over half groups of the variance between chain
    means and within chains. With one chain in a group it is the split R-hat of Gelman and others.

    Source
    ------
    Margossian, Hoffman, Sountsov, Riou-Durand, Vehtari and Gelman (2024), arXiv:2110.13017; splitting and ranks:
    Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), doi 10.1214/20-BA1221.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> met = rng.standard_normal((200, 16))
    >>> nested_r_hat(met, 4) < 1.01, nested_r_hat(met + np.repeat([0, 0, 0, 2], 4), 4) > 1.2
    (True, True)
    """
    half = len(draws) // 2
    scores = normal_scores(draws[: 2 * half])
    # half, iteration, group, chain
    parts = scores.reshape(2, half, groups, -1)
    of_chains = parts.mean(axis=1)
    within = parts.var(axis=1, ddof=1).mean(axis=2)
    if parts.shape[3] > 1:
        within = within + of_chains.var(axis=2, ddof=1)
    between = float(of_chains.mean(axis=2).var(ddof=1))
    return math.sqrt(1 + between / max(float(within.mean()), np.finfo(np.float64).tiny))


def effective_draws(draws: Array) -> float:
    """How many independent draws is the mean of these worth?

    Parameters
    ----------
    draws : ndarray, shape (iterations, chains)
        Of any quantity.

    Returns
    -------
    float
        At most ``iterations * chains * log10(iterations * chains)``.

    Notes
    -----
    Chains are split in halves; autocorrelations of all chains together, ``rho_t = 1 - (W - mean autocovariance_t) /
    var``, ``var`` with the variance between chains; summed in pairs while these stay positive and made to fall.

    Source
    ------
    Geyer (1992), doi 10.1214/ss/1177011137; Vehtari and others (2021), doi 10.1214/20-BA1221, equations 10 to 13.

    Examples
    --------
    >>> independent = np.random.default_rng(1).standard_normal((500, 8))
    >>> 3200 < effective_draws(independent) < 4800
    True
    >>> effective_draws(np.cumsum(independent, axis=0)) < 40
    True
    """
    half = len(draws) // 2
    parts = np.concatenate([draws[:half], draws[half : 2 * half]], axis=1)
    n, chains = parts.shape
    means = parts.mean(axis=0)
    padded = np.fft.rfft(parts - means, n=2 * n, axis=0)
    covariance = np.fft.irfft(padded * padded.conj(), n=2 * n, axis=0)[:n].mean(axis=1) / n
    within = covariance[0] * n / (n - 1)
    total = covariance[0] + means.var(ddof=1)
    most = n * chains * math.log10(n * chains)
    if total <= 0:
        return float(n * chains)
    rho = 1 - (within - covariance) / total
    rho[0] = 1.0
    pairs = rho[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs < 0)
    pairs = np.minimum.accumulate(pairs[: ends[0]] if ends.size else pairs)
    return float(min(n * chains / max(2 * float(pairs.sum()) - 1, 1e-300), most))


def bulk_and_tail(draws: Array) -> tuple[float, float]:
    """Independent draws that the middle, and that the worse of the two tails is worth.

    Source
    ------
    Vehtari and others (2021), doi 10.1214/20-BA1221.

    Examples
    --------
    >>> bulk, tail = bulk_and_tail(np.random.default_rng(1).standard_normal((500, 8)))
    >>> bulk > 3000 and tail > 3000
    True
    """
    low, high = np.quantile(draws, [0.05, 0.95])
    tails = [effective_draws((draws <= cut).astype(np.float64)) for cut in (low, high)]
    return effective_draws(normal_scores(draws)), min(tails)


def quantile_error(draws: Array, level: float) -> float:
    """Monte-Carlo standard error of a quantile.

    Parameters
    ----------
    draws : ndarray, shape (iterations, chains)
        Of any quantity.
    level : float
        Such as 0.5 for the median.

    Returns
    -------
    float
        In the unit of the draws.

    Source
    ------
    Vehtari and others (2021), doi 10.1214/20-BA1221, section 4.4.

    Examples
    --------
    >>> draws = np.random.default_rng(1).standard_normal((2500, 4))
    >>> 0.010 < quantile_error(draws, 0.5) < 0.015  # sqrt(pi / 2 / 10,000) = 0.0125
    True
    """
    worth = effective_draws((draws <= np.quantile(draws, level)).astype(np.float64))
    one_error = float(scipy.special.ndtr(1.0))
    ends = scipy.special.betaincinv(worth * level + 1, worth * (1 - level) + 1, [1 - one_error, one_error])
    low, high = np.quantile(draws, ends)
    return float(high - low) / 2
