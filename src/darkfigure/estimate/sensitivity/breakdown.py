"""How wrong would we have to be? For each assumption, the smallest failure at which a headline no longer holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import scipy

from darkfigure.errors import EstimateError
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity.breakdown_words import CANNOT, sentence
from darkfigure.estimate.sensitivity.departures import DEPARTURES, Departure, Scale, Standing, ratio_interval, standing
from darkfigure.estimate.sensitivity.headline import Headline
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate

Data = CaptureTable | PopulationEstimate | Standing
Place = Literal["", "earlier", "later", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownRow:
    """The smallest failure of one assumption at which a headline no longer holds.

    Parameters
    ----------
    assumption : str
        Stable name, a key of ``DEPARTURES``.
    title, symbol, formula : str
        For a table.
    place : str
        Where it fails: ``""`` (one size), ``"earlier"``, ``"later"`` or ``"both"`` (opposite directions).
    scale : str
        ``"times"`` or ``"share"``.
    neutral : float
        The amount at which the assumption holds: 1 or 0.
    value : float or None
        The amount at which the headline is just gone, to be given to ``held_at``; ``None``: no amount does it.
    with_sampling : float or None
        The amount at which chance alone could do the rest: the interval reaches the limit. ``neutral`` when it does so
        already; ``None`` when no amount does it, or without a standard error.
    words : str
        The row as a sentence.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.headline import above
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> row = how_wrong(table, above(8517))[0]
    >>> row.assumption, round(row.value, 2), round(row.strength, 1)
    ('dependence', 0.5, 2.0)
    """

    assumption: str
    title: str
    symbol: str
    formula: str
    place: Place
    scale: Scale
    neutral: float
    value: float | None
    with_sampling: float | None
    words: str

    @property
    def strength(self) -> float | None:
        """The value as a distance: a factor of 1 or more, or a share."""
        return _strength(self.scale, self.value)

    @property
    def strength_with_sampling(self) -> float | None:
        """The same for the value that leaves the rest to chance."""
        return _strength(self.scale, self.with_sampling)

    def to_dict(self) -> dict[str, object]:
        """All fields as plain values, for JSON."""
        return {
            "assumption": self.assumption,
            "title": self.title,
            "symbol": self.symbol,
            "formula": self.formula,
            "place": self.place,
            "scale": self.scale,
            "neutral": self.neutral,
            "value": self.value,
            "strength": self.strength,
            "with_sampling": self.with_sampling,
            "strength_with_sampling": self.strength_with_sampling,
            "words": self.words,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether a headline holds when one assumption fails by a given amount.

    Parameters
    ----------
    statistic : float
        The size, or the ratio of the later to the earlier one.
    end : float or None
        The end of its interval that is nearest to the limit; ``None`` without a standard error.
    holds : bool
        Whether the statistic is on the headline's side of the limit.
    holds_beyond_chance : bool or None
        Whether the end is too.
    """

    statistic: float
    end: float | None
    holds: bool
    holds_beyond_chance: bool | None


def how_wrong(data: Data | tuple[Data, Data], headline: Headline, *, level: float = 0.95) -> tuple[BreakdownRow, ...]:
    """How wrong would each assumption have to be for a headline to fail?

    Parameters
    ----------
    data : CaptureTable, PopulationEstimate or Standing, or a pair of them
        For a level one; for a change the earlier and the later. A table has two lists or two halves, and its size is
        Lincoln-Petersen's; an estimate allows fewer questions.
    headline : Headline
        Made by ``above``, ``below``, ``rose`` or ``fell``.
    level : float
        Of the intervals behind ``with_sampling``.

    Returns
    -------
    tuple of BreakdownRow
        One row for each assumption and each place where its failure could overturn the headline; rows that cannot
        say so in words.

    Raises
    ------
    EstimateError (E-EST-68)
        A level needs one size and a change two.
    EstimateError (E-EST-69)
        The headline does not even hold while every assumption holds.
    UnanswerableError
        A table has no two samples, or they share no unit.

    Notes
    -----
    One assumption fails at a time; several small failures together can do what no single one does. The two periods of a
    change are taken as independent: windows that overlap in time share units and errors.

    Source
    ------
    The idea of a breakdown point of a conclusion: Masten and Poirier (2020), Quantitative Economics 11, 41,
    doi 10.3982/QE1288. Formulas of each departure: ``DEPARTURES``.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.headline import rose
    >>> early = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [800, 800, 200])
    >>> late = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> how_wrong((early, late), rose(periods=("2014", "2017")))[0].words.split(" (")[0]
    'The rise would vanish if in 2014 the two lists were 3.6 times more dependent than in 2017'
    """
    sides = _sides(data, headline)
    start = _held(sides, headline, level)
    if not start.holds:
        raise EstimateError(
            "E-EST-69",
            where="headline",
            problem="the headline does not hold even while every assumption holds",
            allowed="a claim that the estimates make",
            remedy="Correct the headline; there is nothing to overturn.",
        )
    rows = []
    for departure in DEPARTURES.values():
        for place in _places(departure, headline):
            rows.append(_row(sides, headline, departure, place, level))
    return tuple(rows)


def held_at(
    data: Data | tuple[Data, Data],
    headline: Headline,
    *,
    assumption: str,
    amount: float,
    place: Place = "",
    level: float = 0.95,
) -> Held:
    """Does a headline still hold when one assumption fails by this amount?

    Parameters
    ----------
    data, headline, level
        As in ``how_wrong``.
    assumption, place : str
        Of a ``BreakdownRow``.
    amount : float
        Such as its ``value``.

    Returns
    -------
    Held

    Raises
    ------
    EstimateError (E-EST-68)
        No such assumption, or data that do not fit the headline.
    UnanswerableError
        The assumption needs more than the data hold.

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.headline import above
    >>> table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [1700, 1700, 300])
    >>> held_at(table, above(8000), assumption="dependence", amount=0.5).holds
    True
    """
    if assumption not in DEPARTURES:
        raise _mismatch("no such assumption", ", ".join(DEPARTURES))
    sides = _sides(data, headline)
    return _held(_moved(sides, headline, DEPARTURES[assumption], place, amount), headline, level)


def _row(
    sides: tuple[Standing, ...], headline: Headline, departure: Departure, place: Place, level: float
) -> BreakdownRow:
    value = chance = None
    try:
        value = _solve(sides, headline, departure, place, level, lambda held: held.statistic)
        chance = _solve(sides, headline, departure, place, level, lambda held: held.end)
        words = sentence(headline, departure, place, value, chance)
    except UnanswerableError as refusal:
        words = f"{CANNOT} {refusal.explanation}"
    return BreakdownRow(
        assumption=departure.key,
        title=departure.title,
        symbol=departure.symbol,
        formula=departure.formula,
        place=place,
        scale=departure.scale,
        neutral=departure.neutral,
        value=value,
        with_sampling=chance,
        words=words,
    )


def _solve(
    sides: tuple[Standing, ...],
    headline: Headline,
    departure: Departure,
    place: Place,
    level: float,
    reads: Callable[[Held], float | None],
) -> float | None:
    """The smallest amount at which what is read reaches the limit; ``None`` when it never does."""
    sign = 1.0 if headline.upward else -1.0
    furthest = _furthest(sides, headline, departure, place)

    def margin(position: float) -> float:
        moved = _moved(sides, headline, departure, place, _amount(departure, position, furthest))
        found = reads(_held(moved, headline, level))
        return math.nan if found is None else sign * (found - headline.limit)

    if math.isnan(margin(0.0)):
        return None
    if margin(0.0) <= 0:
        return departure.neutral
    if margin(1.0) > 0:
        return None
    return _amount(departure, float(scipy.optimize.brentq(margin, 0.0, 1.0, xtol=1e-14, rtol=1e-13)), furthest)


def _amount(departure: Departure, position: float, furthest: float) -> float:
    """Amounts between no departure (position 0) and the furthest one (1)."""
    return math.exp(position * math.log(furthest)) if departure.scale == "times" else position * furthest


def _furthest(sides: tuple[Standing, ...], headline: Headline, departure: Departure, place: Place) -> float:
    side = sides[1] if place == "later" else sides[0]
    most = departure.most(side)
    if departure.scale == "share" or place == "both":
        return most
    raising = headline.upward == (place == "earlier")
    return most if raising else 1 / most


def _moved(
    sides: tuple[Standing, ...], headline: Headline, departure: Departure, place: Place, amount: float
) -> tuple[Standing, ...]:
    if place == "both":
        up, down = (amount, 1 / amount) if headline.upward else (1 / amount, amount)
        return departure.apply(sides[0], up), departure.apply(sides[1], down)
    if place == "later":
        return sides[0], departure.apply(sides[1], amount)
    return departure.apply(sides[0], amount), *sides[1:]


def _held(sides: tuple[Standing, ...], headline: Headline, level: float) -> Held:
    if headline.is_change:
        statistic = sides[1].total / sides[0].total
        ends = ratio_interval(sides[0], sides[1], level)
    else:
        statistic = sides[0].total
        interval = sides[0].interval(level)
        ends = None if interval is None else (interval.lower, interval.upper)
    end = None if ends is None else ends[0] if headline.upward else ends[1]

    def fine(number: float) -> bool:
        return number > headline.limit if headline.upward else number < headline.limit

    return Held(
        statistic=statistic,
        end=end,
        holds=fine(statistic),
        holds_beyond_chance=None if end is None else fine(end),
    )


def _sides(data: Data | tuple[Data, Data], headline: Headline) -> tuple[Standing, ...]:
    given: tuple[Data, ...] = data if isinstance(data, tuple) else (data,)
    if len(given) != (2 if headline.is_change else 1):
        raise _mismatch("the data do not fit the headline", "one size for a level, an earlier and a later for a change")
    return tuple(d if isinstance(d, Standing) else standing(d) for d in given)


def _places(departure: Departure, headline: Headline) -> tuple[Place, ...]:
    """Where a failure works against the headline: lowering what must be high, or raising what must be low."""
    against_high, against_low = departure.lowers, departure.raises
    if not headline.is_change:
        return ("",) if (against_high if headline.upward else against_low) else ()
    places: list[Place] = []
    if against_low if headline.upward else against_high:
        places.append("earlier")
    if (against_high if headline.upward else against_low) and departure.key != "sharing":
        places.append("later")
    if departure.key == "dependence":
        places.append("both")
    return tuple(places)


def _strength(scale: Scale, amount: float | None) -> float | None:
    if amount is None:
        return None
    return max(amount, 1 / amount) if scale == "times" else amount


def _mismatch(problem: str, allowed: str) -> EstimateError:
    return EstimateError(
        "E-EST-68",
        where="data and headline",
        problem=problem,
        allowed=allowed,
        remedy="Give one table or estimate for a level, a pair for a change.",
    )
