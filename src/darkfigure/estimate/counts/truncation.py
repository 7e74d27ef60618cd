"""How a record of repeated captures arises from their law: truncation, extra singletons, hurdles, two counts only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from darkfigure.estimate.counts.derivatives import Jet, chosen, log_sigmoid, log_sum, softplus
from darkfigure.estimate.counts.laws import LAWS, Law, Parts

Array = NDArray[np.float64]
SchemeName = Literal["zt", "zt-oneinflated", "oneinflated-zt", "zot", "zt-hurdle", "hurdle-zt"]
_Extra = tuple[Jet, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What one model says of each row.

    Parameters
    ----------
    log_likelihood : Jet
        Of the row's number of captures, given that the unit is in the record.
    log_odds_unseen : Jet
        Logarithm of the number of unseen units that each unit of the row stands for.
    """

    log_likelihood: Jet
    log_odds_unseen: Jet


@dataclass(frozen=True, slots=True)
class CountModel:
    """One way in which a law of captures becomes a record, with its linear predictor ``log(rate)``.

    Parameters
    ----------
    name : str
        Such as ``"zt-oneinflated-poisson"``.
    law : Law
        Of the captures of one unit.
    extra : tuple of str
        Names of shape parameters beside those of the law; on the logit scale.
    least, most : int, int or None
        Captures that enter the likelihood.
    pinning : int
        A unit captured less often than this would be most likely at a rate of 0, and one captured at least as often
        would not.
    rising : bool
        Whether a unit captured at least ``pinning`` times would be most likely at an endless rate (two counts only).
    standing : tuple of int and (int or None)
        Captures of the units that stand for unseen ones.
    scheme : str or None
        The scheme; ``None`` when the model does not describe whole records.
    rows : callable
        ``rows(eta, law_shapes, extra, captures)`` gives ``Seen``.
    """

    name: str
    law: Law
    extra: tuple[str, ...]
    least: int
    most: int | None
    pinning: int
    rising: bool
    standing: tuple[int, int | None]
    scheme: SchemeName | None
    rows: Callable[[Jet, tuple[Jet, ...], _Extra, Array], Seen]

    @property
    def shapes(self) -> tuple[str, ...]:
        """Names of all parameters beside the coefficients."""
        return (*self.law.shapes, *self.extra)

    def within(self, captures: Array) -> NDArray[np.bool_]:
        """Which rows enter the likelihood?"""
        return (captures >= self.least) & (captures <= (math.inf if self.most is None else self.most))

    def informing(self, captures: Array) -> NDArray[np.bool_]:
        """Which rows say something about the rate?"""
        return self.within(captures) & (captures >= self.pinning - 1)

    def stands(self, captures: Array) -> NDArray[np.bool_]:
        """Which rows stand for unseen units?"""
        first, last = self.standing
        return (captures >= first) & (captures <= (math.inf if last is None else last))


def _zero_truncated(parts: Parts, _: _Extra, __: Array) -> Seen:
    return Seen(parts.at_count - parts.seen, parts.never - parts.seen)


def _inflated_after(parts: Parts, extra: _Extra, captures: Array) -> Seen:
    share, rest = log_sigmoid(extra[0]), log_sigmoid(-extra[0])
    plain = rest + parts.at_count - parts.seen
    return Seen(chosen(captures == 1, log_sum(share, plain), plain), parts.never - parts.seen)


def _inflated_before(parts: Parts, extra: _Extra, captures: Array) -> Seen:
    share, rest = log_sigmoid(extra[0]), log_sigmoid(-extra[0])
    seen = log_sum(share, rest + parts.seen)
    plain = rest + parts.at_count
    return Seen(chosen(captures == 1, log_sum(share, plain), plain) - seen, rest + parts.never - seen)


def _zero_one_truncated(parts: Parts, _: _Extra, __: Array) -> Seen:
    return Seen(parts.at_count - parts.repeated, parts.never - parts.repeated)


def _hurdle_after(parts: Parts, extra: _Extra, captures: Array) -> Seen:
    share, rest = log_sigmoid(extra[0]), log_sigmoid(-extra[0])
    again = rest + parts.at_count - parts.repeated
    return Seen(chosen(captures == 1, share, again), parts.never - parts.repeated)


def _hurdle_before(parts: Parts, extra: _Extra, captures: Array) -> Seen:
    share, rest = log_sigmoid(extra[0]), log_sigmoid(-extra[0])
    not_once = parts.not_once
    seen = log_sum(share, rest + parts.repeated - not_once)
    again = rest + parts.at_count - not_once
    return Seen(chosen(captures == 1, share, again) - seen, rest + parts.never - not_once - seen)


_SINGLETONS = ("logit(one-inflation)",)
_HURDLE = ("logit(hurdle)",)
_SCHEMES: dict[SchemeName, tuple[Callable[[Parts, _Extra, Array], Seen], tuple[str, ...], int, int]] = {
    "zt": (_zero_truncated, (), 1, 2),
    "zt-oneinflated": (_inflated_after, _SINGLETONS, 1, 2),
    "oneinflated-zt": (_inflated_before, _SINGLETONS, 1, 2),
    "zot": (_zero_one_truncated, (), 2, 3),
    "zt-hurdle": (_hurdle_after, _HURDLE, 1, 3),
    "hurdle-zt": (_hurdle_before, _HURDLE, 1, 2),
}


def _of_scheme(scheme: SchemeName, law: Law) -> CountModel:
    compose, extra, least, pinning = _SCHEMES[scheme]

    def rows(eta: Jet, shapes: tuple[Jet, ...], more: _Extra, captures: Array) -> Seen:
        return compose(law.parts(eta, shapes, captures), more, captures)

    return CountModel(
        name=f"{scheme}-{law.name}",
        law=law,
        extra=extra,
        least=least,
        most=None,
        pinning=pinning,
        rising=False,
        standing=(least, None),
        scheme=scheme,
        rows=rows,
    )


def _two_counts(name: str, lower: int) -> CountModel:
    """Poisson captures of which only ``lower`` and ``lower + 1`` are used, as a logistic regression."""
    shift = math.log(lower + 1)
    constant = math.lgamma(lower + 1)

    def rows(eta: Jet, _: tuple[Jet, ...], __: _Extra, captures: Array) -> Seen:
        tilt = eta - shift
        chance = chosen(captures == lower, log_sigmoid(-tilt), log_sigmoid(tilt))
        return Seen(chance, -(eta * float(lower)) + constant - softplus(tilt))

    return CountModel(
        name=name,
        law=LAWS["poisson"],
        extra=(),
        least=lower,
        most=lower + 1,
        pinning=lower + 1,
        rising=True,
        standing=(lower, lower + 1),
        scheme=None,
        rows=rows,
    )


def _zelterman() -> CountModel:
    """The same logistic regression on once and twice; every unit stands for unseen ones, at its Poisson rate."""
    likelihood = _two_counts("zelterman", 1)
    law = LAWS["poisson"]

    def rows(eta: Jet, shapes: tuple[Jet, ...], extra: _Extra, captures: Array) -> Seen:
        parts = law.parts(eta, (), captures)
        return Seen(likelihood.rows(eta, shapes, extra, captures).log_likelihood, parts.never - parts.seen)

    return replace(likelihood, standing=(1, None), rows=rows)


COUNT_MODELS: dict[str, CountModel] = {
    model.name: model
    for model in (
        *(_of_scheme(scheme, law) for scheme in _SCHEMES for law in LAWS.values()),
        _two_counts("chao", 1),
        _zelterman(),
        _two_counts("chao-one-inflated", 2),
    )
}
"""The models by name."""
