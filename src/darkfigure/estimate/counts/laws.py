"""How often one unit is captured: Poisson, geometric and negative binomial numbers of captures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from darkfigure.estimate.counts.derivatives import Jet, chosen, exp, log, log_complement, log_sum, softplus

Array = NDArray[np.float64]
LawName = Literal["poisson", "geometric", "negbin"]

_SERIES_TERMS = 14
_SMALL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Logarithms of the probabilities a truncated likelihood is made of.

    Parameters
    ----------
    at_count : Jet
        ``log P(Y = y)`` at each row's own number of captures.
    never, once : Jet
        ``log P(Y = 0)`` and ``log P(Y = 1)``.
    seen, repeated : Jet
        ``log P(Y >= 1)`` and ``log P(Y >= 2)``.
    """

    at_count: Jet
    never: Jet
    once: Jet
    seen: Jet
    repeated: Jet

    @property
    def not_once(self) -> Jet:
        """``log P(Y != 1)``."""
        return log_sum(self.never, self.repeated)


@dataclass(frozen=True, slots=True)
class Law:
    """One law of the number of captures, with mean ``exp(eta)``.

    Parameters
    ----------
    name : str
        ``"poisson"``, ``"geometric"`` or ``"negbin"``.
    shapes : tuple of str
        Names of its shape parameters; empty or ``("log(dispersion)",)``.
    parts : callable
        ``parts(eta, shapes, captures)``.
    """

    name: LawName
    shapes: tuple[str, ...]
    parts: Callable[[Jet, tuple[Jet, ...], Array], Parts]


def _poisson(eta: Jet, _: tuple[Jet, ...], captures: Array) -> Parts:
    rate = np.exp(eta.value)
    with np.errstate(over="ignore"):
        seen = np.where(rate > 0, rate / np.expm1(rate), 1.0)
    two = scipy.special.gammainc(2.0, rate)
    repeated = rate**2 * np.exp(-rate) / two
    never = eta.through(-rate, -rate, -rate)
    return Parts(
        at_count=never + eta * captures - scipy.special.gammaln(captures + 1),
        never=never,
        once=never + eta,
        seen=eta.through(np.log(-np.expm1(-rate)), seen, seen * (1 - rate - seen)),
        repeated=eta.through(np.log(two), repeated, repeated * (2 - rate - repeated)),
    )


def _geometric(eta: Jet, _: tuple[Jet, ...], captures: Array) -> Parts:
    never = -softplus(eta)
    again = eta + never
    return Parts(at_count=never + again * captures, never=never, once=never + again, seen=again, repeated=again * 2.0)


def _negative_binomial(eta: Jet, shapes: tuple[Jet, ...], captures: Array) -> Parts:
    (shape,) = shapes
    log_z = eta + shape
    spread = softplus(log_z)
    never = -(exp(eta) * _log1p_over(exp(log_z)))
    once = never + eta - spread
    at_count = never + (eta - spread) * captures + _rising(shape, captures) - scipy.special.gammaln(captures + 1)
    seen = log_complement(never)
    return Parts(at_count, never, once, seen, _repeated(never, once, seen, eta, shape, spread))


def _log1p_over(z: Jet) -> Jet:
    """``log(1 + z) / z`` with its derivatives, by its series near 0."""
    x = z.value
    far = np.where(np.abs(x) < _SMALL, 1.0, x)
    l = np.log1p(far)  # noqa: E741 - the only name a logarithm has here
    value = l / far
    first = (1 / (1 + far) - value) / far
    second = (-1 / (1 + far) ** 2 - 2 * first) / far
    near = np.where(np.abs(x) < _SMALL, x, 0.0)
    k = np.arange(_SERIES_TERMS)[:, None]
    sign = np.where(k % 2 == 0, 1.0, -1.0)
    powers = near[None, :] ** k
    series = sign / (k + 1)
    s0 = (series * powers).sum(axis=0)
    s1 = (series[1:] * k[1:] * powers[:-1]).sum(axis=0)
    s2 = (series[2:] * k[2:] * (k[2:] - 1) * powers[:-2]).sum(axis=0)
    small = np.abs(x) < _SMALL
    return z.through(np.where(small, s0, value), np.where(small, s1, first), np.where(small, s2, second))


def _rising(shape: Jet, captures: Array) -> Jet:
    """``sum of log(1 + alpha j)`` over ``j`` below each number of captures, with ``alpha = exp(shape)``."""
    last = int(captures.max())
    step = np.arange(last) * np.exp(shape.value[0])
    share = step / (1 + step)
    index = captures.astype(np.int64)
    sums = [np.concatenate([[0.0], np.cumsum(x)])[index] for x in (np.log1p(step), share, share * (1 - share))]
    return shape.through(sums[0], sums[1], sums[2])


def _repeated(never: Jet, once: Jet, seen: Jet, eta: Jet, shape: Jet, spread: Jet) -> Jet:
    """``log P(Y >= 2)``; by its series where the difference would cancel."""
    rare = (eta.value < np.log(_SMALL)) & (eta.value + shape.value < np.log(_SMALL))
    direct = seen + log_complement(_below(once - seen))
    if not rare.any():
        return direct
    ratio = eta - spread
    alpha = exp(shape)
    term = exp(once + ratio) * 0.5 * (alpha + 1.0)
    total = term
    for y in range(2, _SERIES_TERMS):
        term = term * exp(ratio) * (alpha * float(y) + 1.0) * (1 / (y + 1))
        total = total + term
    return chosen(rare, log(total), direct)


def _below(x: Jet) -> Jet:
    """Keep a log-probability off 0 where rounding would put it there; those rows take the series."""
    return Jet(np.minimum(x.value, -1e-16), x.gradient, x.hessian)


LAWS: dict[LawName, Law] = {
    "poisson": Law("poisson", (), _poisson),
    "geometric": Law("geometric", (), _geometric),
    "negbin": Law("negbin", ("log(dispersion)",), _negative_binomial),
}
"""The laws by name."""
