"""Breakdown values as sentences."""

from __future__ import annotations

from darkfigure.estimate.sensitivity.departures import Departure
from darkfigure.estimate.sensitivity.headline import Headline

CANNOT = "Not known from these data."


def sentence(headline: Headline, departure: Departure, place: str, value: float | None, chance: float | None) -> str:
    """One row of the table of breakdown values as a sentence.

    Parameters
    ----------
    headline : Headline
    departure : Departure
    place : str
        Of the row.
    value, chance : float or None
        Its two amounts.

    Returns
    -------
    str

    Examples
    --------
    >>> from darkfigure.estimate.sensitivity.departures import DEPARTURES
    >>> from darkfigure.estimate.sensitivity.headline import above
    >>> sentence(above(100), DEPARTURES["churn"], "", 0.4, None)
    'The number would be 100 or less if 40% of the units had been replaced between the two samples.'
    """
    failure = _failure(headline)
    if value is None:
        return (
            f"{_nothing(departure, headline, place)} Allowing for chance, {_amount(departure, chance)} would do."
            if (chance is not None and chance != departure.neutral)
            else _nothing(departure, headline, place)
        )
    told = f"{failure} if {_clause(headline, departure, place, value)}"
    if chance is None:
        return f"{told}."
    if chance == departure.neutral:
        return f"{told}; chance alone could do it even if the assumption holds."
    return f"{told}; with chance on its side, {_amount(departure, chance)} would do."


def _failure(headline: Headline) -> str:
    if not headline.is_change:
        return f"The number would be {headline.limit:,.0f} or {'less' if headline.upward else 'more'}"
    if headline.limit == 1:
        return f"The {'rise' if headline.upward else 'fall'} would vanish"
    return f"The ratio would be {headline.limit:,.3g} or {'less' if headline.upward else 'more'}"


def _nothing(departure: Departure, headline: Headline, place: str) -> str:
    where = "" if not headline.is_change else f" in {_named(headline, place)}" if place != "both" else ""
    return f"{departure.title}{where}: no amount that the data allow overturns the headline."


def _named(headline: Headline, place: str) -> str:
    return headline.periods[1] if place == "later" else headline.periods[0]


def _other(headline: Headline, place: str) -> str:
    return headline.periods[0] if place == "later" else headline.periods[1]


def _factor(amount: float) -> str:
    return f"{max(amount, 1 / amount):,.2g}" if max(amount, 1 / amount) < 100 else f"{max(amount, 1 / amount):,.0f}"


def _amount(departure: Departure, amount: float | None) -> str:
    if amount is None:
        return "no amount"
    return f"{_factor(amount)} times" if departure.scale == "times" else _percent(amount)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.2g}%"


def _clause(headline: Headline, departure: Departure, place: str, value: float) -> str:
    period = f" in {_named(headline, place)}" if headline.is_change else ""
    if departure.key == "dependence":
        return _dependence(headline, place, value)
    if departure.key == "sharing":
        return _sharing(headline, place, value)
    share = _percent(value)
    clauses = {
        "churn": f"{share} of the units had been replaced between the two samples{period}",
        "missed-links": f"{share} of the true matches had been missed{period}",
        "false-links": f"{share} of the units without a match had been matched falsely{period}",
        "one-inflation": f"{share} of the units seen once{period} were spurious",
    }
    none_there = f", and none in {_other(headline, place)}" if headline.is_change else ""
    return clauses[departure.key] + none_there


def _dependence(headline: Headline, place: str, value: float) -> str:
    times = _factor(value)
    if place == "both":
        first, second = headline.periods if headline.upward else headline.periods[::-1]
        return (
            f"the odds of being in both lists were {times} times higher than independence says in {first} and {times} "
            f"times lower in {second}"
        )
    more = "more" if value > 1 else "less"
    if not headline.is_change:
        return (
            f"the two lists were {times} times {more} dependent than assumed (odds ratio {value:.2g} against 1, "
            f"and the unseen number multiplied by it)"
        )
    return (
        f"in {_named(headline, place)} the two lists were {times} times {more} dependent than in "
        f"{_other(headline, place)} (odds ratio {value:.2g} against 1)"
    )


def _sharing(headline: Headline, place: str, value: float) -> str:
    times = _factor(value)
    if headline.is_change:
        more = "more" if value > 1 else "fewer"
        return (
            f"{times} times {more} sources stood behind an identifier in {_named(headline, place)} than in "
            f"{_other(headline, place)}, counting sources instead of identifiers"
        )
    if value > 1:
        return f"{times} sources stood behind each identifier, counting sources instead of identifiers"
    return f"each source used {times} identifiers, counting sources instead of identifiers"
