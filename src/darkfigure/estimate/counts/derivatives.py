"""Functions of a few quantities with their first and second derivatives, row by row: exact, without formulas by hand.

A likelihood of repeated counts is a composition of a few smooth functions of one linear predictor and one or two shape
parameters. Carrying value, gradient and Hessian through each composition gives exact derivatives, so each model is
written once, as its log-probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Jet:
    """A value for each row, with derivatives with respect to ``m`` quantities of that row.

    Parameters
    ----------
    value : ndarray, shape (rows,)
        The function.
    gradient : ndarray, shape (m, rows)
        First derivatives.
    hessian : ndarray, shape (m, m, rows)
        Second derivatives.

    Examples
    --------
    >>> x = variables(np.array([[2.0]]))[0]
    >>> square = exp(x + x)
    >>> bool(np.isclose(square.hessian[0, 0, 0], 4 * np.exp(4.0)))
    True
    """

    value: Array
    gradient: Array
    hessian: Array

    def __add__(self, other: Jet | float | Array) -> Jet:
        if isinstance(other, Jet):
            return Jet(self.value + other.value, self.gradient + other.gradient, self.hessian + other.hessian)
        return Jet(self.value + other, self.gradient, self.hessian)

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.gradient, -self.hessian)

    def __sub__(self, other: Jet | float | Array) -> Jet:
        return self + (-other)

    def __mul__(self, other: Jet | float | Array) -> Jet:
        if not isinstance(other, Jet):
            return Jet(self.value * other, self.gradient * other, self.hessian * other)
        cross = self.gradient[:, None] * other.gradient[None, :]
        return Jet(
            self.value * other.value,
            self.gradient * other.value + other.gradient * self.value,
            self.hessian * other.value + other.hessian * self.value + cross + cross.swapaxes(0, 1),
        )

    __rmul__ = __mul__

    def through(self, value: Array, first: Array, second: Array) -> Jet:
        """Chain rule: a function of this jet, given its value and two derivatives at this jet's value."""
        g = self.gradient
        return Jet(value, first * g, first * self.hessian + second * (g[:, None] * g[None, :]))


def variables(values: Array) -> tuple[Jet, ...]:
    """Independent quantities, one for each row of ``values`` (shape ``(m, rows)``), as jets of each other.

    Examples
    --------
    >>> [jet.gradient[:, 0].tolist() for jet in variables(np.zeros((2, 1)))]
    [[1.0, 0.0], [0.0, 1.0]]
    """
    m, rows = values.shape
    unit = np.broadcast_to(np.eye(m)[:, :, None], (m, m, rows))
    flat = np.zeros((m, m, rows))
    return tuple(Jet(values[i], unit[i], flat) for i in range(m))


def exp(x: Jet) -> Jet:
    """Exponential of a jet."""
    e = np.exp(x.value)
    return x.through(e, e, e)


def log(x: Jet) -> Jet:
    """Logarithm of a jet above 0."""
    inverse = 1 / x.value
    return x.through(np.log(x.value), inverse, -(inverse**2))


def softplus(x: Jet) -> Jet:
    """``log(1 + exp(x))`` without overflow."""
    p = np.where(x.value >= 0, 1 / (1 + np.exp(-np.abs(x.value))), 1 - 1 / (1 + np.exp(-np.abs(x.value))))
    return x.through(np.logaddexp(0.0, x.value), p, p * (1 - p))


def log_sigmoid(x: Jet) -> Jet:
    """``log(1 / (1 + exp(-x)))`` without overflow."""
    return -softplus(-x)


def log_sum(x: Jet, y: Jet) -> Jet:
    """``log(exp(x) + exp(y))`` without overflow."""
    return y + softplus(x - y)


def log_complement(x: Jet) -> Jet:
    """``log(1 - exp(x))`` for ``x`` below 0, without cancellation."""
    value = x.value
    ratio = 1 / np.expm1(-value)
    return x.through(np.log(-np.expm1(value)), -ratio, -ratio * (1 + ratio))


def chosen(where: NDArray[np.bool_], x: Jet, y: Jet) -> Jet:
    """``x`` in the rows where the mask holds, ``y`` in the others."""
    return Jet(
        np.where(where, x.value, y.value),
        np.where(where, x.gradient, y.gradient),
        np.where(where, x.hessian, y.hessian),
    )
