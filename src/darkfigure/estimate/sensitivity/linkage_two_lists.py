"""Two lists whose links are partly missed and partly false: the size, with the errors of linkage taken out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity.linkage_evidence import LinkageErrors
from darkfigure.estimate.sensitivity.uncertain import Uncertain
from darkfigure.records.aggregate import Interval, Reason, TwoSamples

Array = NDArray[np.float64]

FalseLinks = Literal["unmatched", "unlinked"]
"""Who can be linked falsely: units without a true partner, or also units whose true link was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageCorrected:
    """A size with the errors of linkage taken out.

    Parameters
    ----------
    n_total : float
        Corrected.
    naive : float
        As if all links were right.
    n_seen : float
        Distinct units in the lists, corrected: missed links make one unit look like two.
    standard_error : float
        Of ``n_total``: sampling, and estimated ``gamma`` and ``beta``; declared ranges are not in it.
    interval : Interval
        Holds declared ranges too; may have no upper end.
    drawn : Interval
        The same by drawing, as a check.
    links : float
        True links among the linked and the missed, ``(m* - beta n_1) / (gamma - beta)``.
    naive_error_percent : float
        How far the naive number is from the corrected one.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.linkage_evidence import declared_errors
    >>> found = corrected_two_lists(TwoSamples(2000, 2000, 394), declared_errors(gamma=0.9, beta=0.02))
    >>> round(found.n_total), round(found.naive)
    (9944, 10152)
    """

    n_total: float
    naive: float
    n_seen: float
    standard_error: float
    interval: Interval
    drawn: Interval
    links: float
    naive_error_percent: float

    def to_dict(self) -> dict[str, object]:
        """All fields as plain values, for JSON; a missing upper end is ``None``."""
        return {
            "n_total": self.n_total,
            "naive": self.naive,
            "n_seen": self.n_seen,
            "standard_error": self.standard_error,
            "interval": _plain(self.interval),
            "drawn": _plain(self.drawn),
            "links": self.links,
            "naive_error_percent": self.naive_error_percent,
        }


def corrected_two_lists(
    samples: TwoSamples,
    errors: LinkageErrors,
    *,
    false_links: FalseLinks = "unmatched",
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 1,
) -> LinkageCorrected:
    """How many units, if links between two lists are sometimes missed and sometimes false?

    Parameters
    ----------
    samples : TwoSamples
        ``n_1``, ``n_2`` and the links found, ``m*``.
    errors : LinkageErrors
        ``gamma`` and ``beta`` with their uncertainty.
    false_links : str
        ``"unmatched"``: only units of the first list without a true partner are linked falsely; ``"unlinked"``: also
        those whose true link was missed (then ``gamma - beta`` becomes ``gamma (1 - beta)``).
    level : float
        Of the intervals.
    draws, seed : int
        Of the check by drawing.

    Returns
    -------
    LinkageCorrected

    Raises
    ------
    UnanswerableError
        ``no-overlap``: no links; ``not-identified``: all links found could be false, or links are no better than
        chance (``gamma <= beta``); ``boundary``: more true links than units.

    Notes
    -----
    ``E m* = gamma M + beta (n_1 - M)`` with ``M`` units in both lists, so
    ``N = n_1 n_2 (gamma - beta) / (m* - beta n_1)``.
    The interval holds every ``N`` whose expected ``m*`` is within ``z`` standard errors of the ``m*`` found, where the
    variance has the hypergeometric part of ``M``, the binomial part of linkage, and the errors of ``gamma`` and
    ``beta``; with declared ranges it is the union over their corners.

    Source
    ------
    Model: Ding and Fienberg (1994), Survey Methodology 20, 149; estimators: Di Consiglio and Tuoto (2015), Journal of
    Official Statistics 31, 415, doi 10.1515/jos-2015-0025. Variance and interval: own derivation, simulated in
    tests/recovery/test_linkage_recovery.py.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.linkage_evidence import declared_errors
    >>> found = corrected_two_lists(TwoSamples(2000, 2000, 300), declared_errors(gamma=0.75))
    >>> round(found.n_total), round(found.naive_error_percent)
    (10000, 33)
    """
    n1, n2, m = samples.n_first, samples.n_second, samples.n_both
    _require_links(samples, errors)
    link = LinkModel(n1, n2, false_links)
    gamma, beta = errors.gamma.value, errors.beta.value
    links = float(link.pairs(m, gamma, beta))
    if links > min(n1, n2):
        raise UnanswerableError(
            Reason.BOUNDARY,
            "With these chances of linking, more links would be true than there are units: links are found more often "
            "than declared.",
            {"links_found": m, "true_links": links},
        )
    total = n1 * n2 / links
    variance = link.variance(total, errors, gamma, beta)
    slope = total / links * float(link.slope(gamma, beta))
    naive = n1 * n2 / m
    return LinkageCorrected(
        n_total=total,
        naive=naive,
        n_seen=n1 + n2 - links,
        standard_error=slope * math.sqrt(variance),
        interval=_by_inversion(link, m, errors, level, total),
        drawn=_by_drawing(link, m, errors, level, total, draws=draws, seed=seed),
        links=links,
        naive_error_percent=100 * (naive / total - 1),
    )


@dataclass(frozen=True, slots=True)
class LinkModel:
    """The number of links between two lists as a function of the size and of the chances of linking.

    Parameters
    ----------
    n1, n2 : int
        Units in each list.
    false_links : str
        See ``corrected_two_lists``.

    Examples
    --------
    >>> LinkModel(2000, 2000, "unmatched").expected(10_000, 0.9, 0.02)
    392.0
    """

    n1: int
    n2: int
    false_links: FalseLinks

    def gain(self, gamma: float | Array, beta: float | Array) -> float | Array:
        """Links more for a pair than for an unmatched unit: ``gamma - beta``."""
        return gamma - beta if self.false_links == "unmatched" else gamma * (1 - beta)

    def slope(self, gamma: float, beta: float) -> float:
        """Pairs more for one more link found."""
        return 1 / float(self.gain(gamma, beta))

    def pairs(self, m: float | Array, gamma: float | Array, beta: float | Array) -> float | Array:
        """True pairs behind ``m`` links, ``M``."""
        return (m - beta * self.n1) / self.gain(gamma, beta)

    def expected(self, total: float, gamma: float, beta: float) -> float:
        """Expected links ``E m*`` at this size."""
        return beta * self.n1 + float(self.gain(gamma, beta)) * self.n1 * self.n2 / total

    def variance(self, total: float, errors: LinkageErrors, gamma: float, beta: float) -> float:
        """Of ``m*`` around its expectation at the estimated chances."""
        pairs = self.n1 * self.n2 / total
        among = pairs * max(1 - self.n1 / total, 0.0) * max(1 - self.n2 / total, 0.0)
        hit = beta + float(self.gain(gamma, beta))
        binomial = pairs * hit * (1 - hit) + max(self.n1 - pairs, 0.0) * beta * (1 - beta)
        by_gamma = pairs * (1.0 if self.false_links == "unmatched" else 1 - beta)
        by_beta = self.n1 - pairs * (1.0 if self.false_links == "unmatched" else gamma)
        chances = (by_gamma * _spread(errors.gamma)) ** 2 + (by_beta * _spread(errors.beta)) ** 2
        return float(self.gain(gamma, beta)) ** 2 * among + binomial + chances


def _spread(number: Uncertain) -> float:
    return 0.0 if number.ends else number.standard_error


def _require_links(samples: TwoSamples, errors: LinkageErrors) -> None:
    if samples.n_both == 0:
        raise UnanswerableError(
            Reason.NO_OVERLAP,
            "No links were found between the lists, so nothing says how many units stand in both.",
            {"n_first": samples.n_first, "n_second": samples.n_second},
        )
    for gamma, beta in _corners(errors):
        if gamma <= beta:
            raise UnanswerableError(
                Reason.NOT_IDENTIFIED,
                "A true pair is no more likely to be linked than a unit without a partner (gamma <= beta), so links "
                "say nothing about who stands in both lists. A better identifier would be needed.",
                {"gamma": gamma, "beta": beta},
            )
        if samples.n_both <= beta * samples.n_first:
            raise UnanswerableError(
                Reason.NOT_IDENTIFIED,
                "All links found could be false: as many are expected by chance alone. Fewer false links, or a closer "
                "declaration of how many there are, would be needed.",
                {"links_found": samples.n_both, "false_links_expected": beta * samples.n_first},
            )


def _corners(errors: LinkageErrors) -> Iterator[tuple[float, float]]:
    gammas = {errors.gamma.value, *errors.gamma.ends}
    yield from itertools.product(sorted(gammas), sorted({errors.beta.value, *errors.beta.ends}))


def _by_inversion(link: LinkModel, m: int, errors: LinkageErrors, level: float, total: float) -> Interval:
    z = float(scipy.special.ndtri((1 + level) / 2))
    floor = float(max(link.n1, link.n2))
    ceiling = 1e9 * total
    lows, highs = [total], [total]
    for gamma, beta in _corners(errors):

        def gap(log_total: float, sign: float, gamma: float = gamma, beta: float = beta) -> float:
            size = math.exp(log_total)
            error = math.sqrt(link.variance(size, errors, gamma, beta))
            return link.expected(size, gamma, beta) - m - sign * z * error

        start = math.log(max(link.n1 * link.n2 / float(link.pairs(m, gamma, beta)), floor * (1 + 1e-9)))
        lows.append(_root(gap, start, math.log(floor), 1.0, floor))
        highs.append(_root(gap, start, math.log(ceiling), -1.0, math.inf))
    return Interval(min(lows), max(highs), level, "test inversion, union over declared ranges")


def _root(gap: Callable[[float, float], float], start: float, end: float, sign: float, beyond: float) -> float:
    """Where the found links are just ``z`` errors off, between the estimate and ``end``; ``beyond`` if nowhere."""
    if start == end or gap(start, sign) * gap(end, sign) > 0:
        return beyond
    return math.exp(float(scipy.optimize.brentq(gap, min(start, end), max(start, end), args=(sign,), xtol=1e-12)))


def _by_drawing(
    link: LinkModel, m: int, errors: LinkageErrors, level: float, total: float, *, draws: int, seed: int
) -> Interval:
    """Parametric draws of links and chances; draws in which all links could be false have no upper end."""
    rng = np.random.default_rng(seed)
    z, u, v = rng.standard_normal(draws), rng.random(draws), rng.random(draws)
    lows, highs = [total], [total]
    exact = LinkageErrors(gamma=_exactly(errors.gamma), beta=_exactly(errors.beta), source="")
    for gamma, beta in _corners(errors):
        found = m + z * math.sqrt(link.variance(total, exact, gamma, beta))
        g = errors.gamma.at(u) if not errors.gamma.ends else np.full(draws, gamma)
        b = errors.beta.at(v) if not errors.beta.ends else np.full(draws, beta)
        pairs = np.asarray(link.pairs(found, g, b), dtype=float)
        sizes = np.sort(np.where(pairs > 0, link.n1 * link.n2 / np.where(pairs > 0, pairs, 1.0), math.inf))
        lows.append(float(sizes[round((1 - level) / 2 * (draws - 1))]))
        highs.append(float(sizes[round((1 + level) / 2 * (draws - 1))]))
    return Interval(min(lows), max(highs), level, "draws, union over declared ranges")


def _exactly(number: Uncertain) -> Uncertain:
    return Uncertain(kind="known", value=number.value)


def _plain(interval: Interval) -> dict[str, object]:
    upper = None if math.isinf(interval.upper) else interval.upper
    return {"lower": interval.lower, "upper": upper, "level": interval.level, "method": interval.method}
