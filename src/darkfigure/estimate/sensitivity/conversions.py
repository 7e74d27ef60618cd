"""From one count to another: addresses used, sources active, people. Each step says what it assumes and how sure it is.

Nothing else in the library turns one count into another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darkfigure.errors import EstimateError
from darkfigure.estimate.sensitivity.uncertain import Number, Passed, Uncertain, as_uncertain, propagate, words_of
from darkfigure.records.aggregate import Interval
from darkfigure.records.aggregate.estimand import Converted, Estimand, EstimandKind

Array = NDArray[np.float64]
_K = EstimandKind

_CHURN = (
    "Every source is active through the whole window; sources that came or went count for the part they were there.",
    "A source keeps an address for an exponential time and then draws another at random from the pool.",
    "Events of a source follow one Poisson rate, and all sources have the same rate and the same mean lease.",
    "An address counts as used when at least one event happened on it.",
)
_SHARING = (
    "People involved are rare and spread over addresses at random: being behind a shared address changes nothing.",
    "An address counts as involved when at least one person behind it is.",
    "The number of people behind an address is its number in the window of the count, not at one moment.",
)


def addresses_per_source(events_per_day: ArrayLike, mean_lease_days: ArrayLike, window_days: ArrayLike) -> Array:
    """On how many different addresses does one source show activity in a window, on average?

    Parameters
    ----------
    events_per_day : array-like
        ``r``, events of one source; infinite for a source that is always active.
    mean_lease_days : array-like
        ``1 / mu``; infinite for a fixed address.
    window_days : array-like
        ``w``.

    Returns
    -------
    ndarray of float64
        ``F``, shape of the inputs broadcast together.

    Notes
    -----
    ``F = r mu w / (r + mu) + r^2 / (r + mu)^2 (1 - exp(-(r + mu) w))``. As ``r`` grows, ``F`` tends to ``1 + mu w``; as
    leases shrink, to ``r w``; for a fixed address to ``1 - exp(-r w)``.

    Source
    ------
    Own derivation: leases are a stationary Poisson process of changes, events another; checked by simulation in
    tests/unit/estimate/test_conversions.py.

    Examples
    --------
    >>> round(float(addresses_per_source(float("inf"), 30, 365)), 2)
    13.17
    >>> round(float(addresses_per_source(12 / 365, 30, 365)), 2)
    6.29
    """
    rate, lease, window = np.broadcast_arrays(
        np.asarray(events_per_day, dtype=float),
        np.asarray(mean_lease_days, dtype=float),
        np.asarray(window_days, dtype=float),
    )
    change = 1 / lease
    always = np.isinf(rate)
    r = np.where(always, 1.0, rate)
    both = r + change
    share = np.where(both > 0, r / np.where(both > 0, both, 1.0), 0.0)
    return np.asarray(
        np.where(always, 1 + change * window, share * change * window - share**2 * np.expm1(-both * window)),
        dtype=float,
    )


def sources_from_addresses(
    addresses: Number,
    *,
    pool: Number,
    mean_lease_days: Number,
    events_per_day: Number,
    window_days: float,
    window: str,
    level: float = 0.95,
    seed: int = 1,
) -> Converted:
    """How many sources were active at a time, if that many addresses were used in a window?

    Parameters
    ----------
    addresses : float or Uncertain
        ``N``, addresses used in the window, seen or not; ``of_estimate`` makes one from an estimate.
    pool : float or Uncertain
        ``A``, addresses that leases are drawn from.
    mean_lease_days : float or Uncertain
        ``1 / mu``.
    events_per_day : float or Uncertain
        ``r``, events of one source, whether or not anyone reported them.
    window_days : float
        ``w``.
    window : str
        The window in words.
    level : float
        Of the interval.
    seed : int
        Of the draws.

    Returns
    -------
    Converted
        Unit: sources active at a time.

    Raises
    ------
    EstimateError (E-EST-63)
        The pool is not larger than the addresses used, or a time or rate is impossible.

    Notes
    -----
    ``K = -A ln(1 - N / A) / F(r, mu, w)``.

    Source
    ------
    Own derivation; simulated in tests/unit/estimate/test_conversions.py.

    Examples
    --------
    >>> made = sources_from_addresses(20_000, pool=1_000_000, mean_lease_days=7, events_per_day=12 / 365,
    ...     window_days=365, window="in one year")
    >>> round(made.value), made.after.kind.value
    (2064, 'sources-active')
    """
    inputs = (as_uncertain(addresses), as_uncertain(pool), as_uncertain(mean_lease_days), as_uncertain(events_per_day))
    _require_times(inputs[2], inputs[3], window_days)
    _require_pool(inputs[0], inputs[1])

    def sources(n: Array, a: Array, lease: Array, rate: Array) -> Array:
        full = -a * np.log1p(-_share_used(n, a)) / addresses_per_source(rate, lease, window_days)
        return np.where(n < a, full, np.inf)

    best = [np.array([i.value]) for i in inputs]
    passed = propagate(sources, *inputs, level=level, seed=seed)
    return Converted(
        value=passed.value,
        interval=_interval(passed, level),
        before=Estimand.of(_K.ADDRESSES_USED, window=window),
        after=Estimand.of(_K.SOURCES_ACTIVE, window=window),
        formula="K = -A ln(1 - N/A) / F, F = r mu w/(r + mu) + r^2/(r + mu)^2 (1 - exp(-(r + mu) w))",
        inputs=_churn_words("N", "addresses used", inputs, window_days),
        assumptions=_CHURN,
        parts={"addresses_per_source": float(addresses_per_source(best[3], best[2], window_days)[0])},
    )


def addresses_from_sources(
    sources: Number,
    *,
    pool: Number,
    mean_lease_days: Number,
    events_per_day: Number,
    window_days: float,
    window: str,
    level: float = 0.95,
    seed: int = 1,
) -> Converted:
    """How many addresses were used in a window, if that many sources were active at a time?

    Parameters
    ----------
    sources : float or Uncertain
        ``K``.
    pool, mean_lease_days, events_per_day, window_days, window, level, seed
        As in ``sources_from_addresses``.

    Returns
    -------
    Converted
        Unit: addresses used.

    Raises
    ------
    EstimateError (E-EST-63)
        A time, a rate or the pool is impossible.

    Notes
    -----
    ``N = A (1 - exp(-K F / A))``.

    Source
    ------
    Own derivation; simulated in tests/unit/estimate/test_conversions.py.

    Examples
    --------
    >>> made = addresses_from_sources(2063.59, pool=1_000_000, mean_lease_days=7, events_per_day=12 / 365,
    ...     window_days=365, window="in one year")
    >>> round(made.value)
    20000
    """
    inputs = (as_uncertain(sources), as_uncertain(pool), as_uncertain(mean_lease_days), as_uncertain(events_per_day))
    _require_times(inputs[2], inputs[3], window_days)
    _require_pool(as_uncertain(0), inputs[1])

    def used(k: Array, a: Array, lease: Array, rate: Array) -> Array:
        return np.asarray(-a * np.expm1(-k * addresses_per_source(rate, lease, window_days) / a), dtype=float)

    best = [np.array([i.value]) for i in inputs]
    passed = propagate(used, *inputs, level=level, seed=seed)
    return Converted(
        value=passed.value,
        interval=_interval(passed, level),
        before=Estimand.of(_K.SOURCES_ACTIVE, window=window),
        after=Estimand.of(_K.ADDRESSES_USED, window=window),
        formula="N = A (1 - exp(-K F/A)), F = r mu w/(r + mu) + r^2/(r + mu)^2 (1 - exp(-(r + mu) w))",
        inputs=_churn_words("K", "sources active", inputs, window_days),
        assumptions=_CHURN,
        parts={"addresses_per_source": float(addresses_per_source(best[3], best[2], window_days)[0])},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressClass:
    """Addresses that are shared alike: fixed lines, mobile gateways, carrier-grade NAT.

    Parameters
    ----------
    name : str
        Such as ``"mobile"``.
    share : float
        Of all addresses of the pool, between 0 and 1; the shares of all classes add up to 1.
    people : float or Uncertain
        ``s``, people behind one address of the class.

    Examples
    --------
    >>> AddressClass(name="mobile", share=0.2, people=50).name
    'mobile'
    """

    name: str
    share: float
    people: Number


def people_from_addresses(
    addresses: Number,
    *,
    pool: Number,
    people_per_address: Number | Sequence[AddressClass],
    window: str,
    level: float = 0.95,
    seed: int = 1,
) -> Converted:
    """How many people, and what share of all people, stand behind addresses that were used?

    Parameters
    ----------
    addresses : float or Uncertain
        ``N``, addresses used by at least one of them.
    pool : float or Uncertain
        ``A``, all addresses in use by anybody.
    people_per_address : float, Uncertain or sequence of AddressClass
        ``s``; classes when it differs strongly, since the mean alone gives too few people.
    window, level, seed
        As in ``sources_from_addresses``.

    Returns
    -------
    Converted
        Unit: persons. ``parts``: ``share_of_people`` ``q`` and its interval, ``people_in_all`` ``A s``.

    Raises
    ------
    EstimateError (E-EST-63)
        The pool is not larger than the addresses used, an address serves nobody, or shares do not add up to 1.

    Notes
    -----
    With ``pi = N / A`` and classes ``c``: ``pi = sum_c share_c (1 - exp(-q s_c))``; with one class
    ``q = -ln(1 - pi) / s``, so the number of people ``q s A`` does not depend on ``s`` while their share does.

    Source
    ------
    Own derivation (Poisson numbers behind an address); simulated in tests/unit/estimate/test_conversions.py.

    Examples
    --------
    >>> made = people_from_addresses(149, pool=10_000, people_per_address=10, window="in one year")
    >>> round(made.value), round(10_000 * made.parts["share_of_people"], 1)
    (150, 15.0)
    """
    classes = _classes(people_per_address)
    inputs = (as_uncertain(addresses), as_uncertain(pool), *(as_uncertain(c.people) for c in classes))
    _require_pool(inputs[0], inputs[1])
    shares = np.array([c.share for c in classes])

    def chance(n: Array, a: Array, *people: Array) -> Array:
        return np.where(n < a, _share_of_people(_share_used(n, a), shares, np.stack(people)), np.inf)

    def persons(n: Array, a: Array, *people: Array) -> Array:
        return np.asarray(chance(n, a, *people) * a * (shares @ np.stack(people)), dtype=float)

    rate = propagate(chance, *inputs, level=level, seed=seed)
    mean = float(sum(c.share * i.value for c, i in zip(classes, inputs[2:], strict=True)))
    names = [
        ("N", inputs[0]),
        ("A", inputs[1]),
        *((f"s ({c.name})", i) for c, i in zip(classes, inputs[2:], strict=True)),
    ]
    passed = propagate(persons, *inputs, level=level, seed=seed)
    return Converted(
        value=passed.value,
        interval=_interval(passed, level),
        before=Estimand.of(_K.ADDRESSES_USED, window=window),
        after=Estimand.of(_K.PERSONS, window=window),
        formula="N/A = sum_c share_c (1 - exp(-q s_c)); persons = q A s; one class: q = -ln(1 - N/A)/s",
        inputs=words_of(names),
        assumptions=_SHARING,
        parts={
            "share_of_people": rate.value,
            "share_of_people_lower": rate.lower,
            "share_of_people_upper": rate.upper,
            "people_in_all": inputs[1].value * mean,
        },
    )


def addresses_from_people(
    people: Number,
    *,
    pool: Number,
    people_per_address: Number | Sequence[AddressClass],
    window: str,
    level: float = 0.95,
    seed: int = 1,
) -> Converted:
    """On how many addresses would that many people show, if addresses are shared?

    Parameters
    ----------
    people : float or Uncertain
        ``q A s``, people involved, each behind one address.
    pool, people_per_address, window, level, seed
        As in ``people_from_addresses``.

    Returns
    -------
    Converted
        Unit: addresses used.

    Raises
    ------
    EstimateError (E-EST-63)
        The pool is empty, an address serves nobody, or shares do not add up to 1.

    Examples
    --------
    >>> made = addresses_from_people(150.12, pool=10_000, people_per_address=10, window="in one year")
    >>> round(made.value)
    149
    """
    classes = _classes(people_per_address)
    inputs = (as_uncertain(people), as_uncertain(pool), *(as_uncertain(c.people) for c in classes))
    _require_pool(as_uncertain(0), inputs[1])
    shares = np.array([c.share for c in classes])

    def used(persons: Array, a: Array, *each: Array) -> Array:
        s = np.stack(each)
        chance = persons / (a * (shares @ s))
        return np.asarray(-a * (shares @ np.expm1(-chance * s)), dtype=float)

    names = [("people", inputs[0]), ("A", inputs[1])]
    names += [(f"s ({c.name})", i) for c, i in zip(classes, inputs[2:], strict=True)]
    passed = propagate(used, *inputs, level=level, seed=seed)
    return Converted(
        value=passed.value,
        interval=_interval(passed, level),
        before=Estimand.of(_K.PERSONS, window=window),
        after=Estimand.of(_K.ADDRESSES_USED, window=window),
        formula="N = A sum_c share_c (1 - exp(-q s_c)), q = people/(A s)",
        inputs=words_of(names),
        assumptions=_SHARING,
    )


def persons_from_accounts(
    accounts: Number, *, accounts_per_person: Number, window: str, level: float = 0.95, seed: int = 1
) -> Converted:
    """How many people stand behind that many accounts?

    Parameters
    ----------
    accounts : float or Uncertain
    accounts_per_person : float or Uncertain
        Accounts of the population counted, not only those seen, for each person; at least 1 unless people share them.
    window, level, seed
        As in ``sources_from_addresses``.

    Returns
    -------
    Converted
        Unit: persons.

    Raises
    ------
    EstimateError (E-EST-63)
        The number of accounts for each person may be 0.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.uncertain import between
    >>> made = persons_from_accounts(600, accounts_per_person=between(1, 4), window="in 2017")
    >>> made.value, made.interval.lower, made.interval.upper
    (300.0, 150.0, 600.0)
    """
    inputs = (as_uncertain(accounts), as_uncertain(accounts_per_person))
    if _smallest(inputs[1]) <= 0:
        raise _fault("accounts_per_person", "a person may have no account", "a number above 0")

    def persons(n: Array, each: Array) -> Array:
        return np.asarray(n / each, dtype=float)

    passed = propagate(persons, *inputs, level=level, seed=seed)
    return Converted(
        value=passed.value,
        interval=_interval(passed, level),
        before=Estimand.of(_K.ACCOUNTS, window=window),
        after=Estimand.of(_K.PERSONS, window=window),
        formula="persons = accounts / a",
        inputs=words_of([("accounts", inputs[0]), ("a", inputs[1])]),
        assumptions=("The mean number of accounts holds for the people counted, not only for those who were caught.",),
    )


def _share_used(used: Array, pool: Array) -> Array:
    """Kept below 1 so that logarithms exist; draws at or above the whole pool have no upper end."""
    return np.asarray(np.minimum(used / pool, 1 - 1e-12), dtype=float)


def _share_of_people(used: Array, shares: Array, people: Array) -> Array:
    """``q`` with ``used = sum_c share_c (1 - exp(-q s_c))``, by Newton from below, since the right side is concave."""
    q = -np.log1p(-used) / (shares @ people)
    if shares.size == 1:
        return np.asarray(q, dtype=float)
    for _ in range(200):
        gone = np.exp(-q * people)
        step = (used - shares @ (1 - gone)) / (shares @ (people * gone))
        q = q + step
        if np.max(np.abs(step) / np.maximum(q, 1e-300), initial=0.0) < 1e-13:
            break
    return np.asarray(q, dtype=float)


def _classes(given: Number | Sequence[AddressClass]) -> tuple[AddressClass, ...]:
    classes = (
        (AddressClass(name="all", share=1.0, people=given),)
        if isinstance(given, int | float | Uncertain)
        else tuple(given)
    )
    if not classes or any(c.share <= 0 for c in classes) or not math.isclose(sum(c.share for c in classes), 1.0):
        raise _fault(
            "people_per_address", "the shares of address classes do not add up", "positive shares that add to 1"
        )
    for one in classes:
        number = as_uncertain(one.people)
        if _smallest(number) <= 0 or math.isinf(number.value):
            raise _fault("people_per_address", "an address serves nobody or everybody", "people above 0, finite")
    return classes


def _smallest(number: Uncertain) -> float:
    return min((number.value, *number.ends))


def _require_pool(used: Uncertain, pool: Uncertain) -> None:
    largest = max((used.value, *used.ends))
    if not (_smallest(pool) > largest and math.isfinite(pool.value)):
        raise _fault(
            "pool", "there are no more addresses in the pool than were used", "a finite pool above the addresses"
        )


def _require_times(lease: Uncertain, rate: Uncertain, window_days: float) -> None:
    if not (_smallest(lease) > 0 and _smallest(rate) > 0 and 0 < window_days < math.inf):
        raise _fault("lease, rate or window", "a time or a rate is 0 or missing", "times and rates above 0")


def _churn_words(symbol: str, what: str, inputs: Sequence[Uncertain], window_days: float) -> dict[str, str]:
    n, pool, lease, rate = (i.words() for i in inputs)
    return {
        symbol: f"{what}: {n}",
        "A": f"addresses in the pool: {pool}",
        "1/mu": f"mean lease in days: {lease}",
        "r": f"events of a source each day: {rate}",
        "w": f"days of the window: {window_days:g}",
    }


def _interval(passed: Passed, level: float) -> Interval:
    return Interval(passed.lower, passed.upper, level, "draws, union over declared ranges")


def _fault(where: str, problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-63", where=where, problem=problem, allowed=allowed, remedy="Check the declared numbers and their units."
    )
