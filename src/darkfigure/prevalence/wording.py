"""What the numbers of this chapter count, under which assumptions, and what each caution means."""

from __future__ import annotations

from typing import Final

from darkfigure.histories import Window
from darkfigure.prevalence.closure import Cause, Verdict
from darkfigure.records.aggregate import Caution

ASSUMPTIONS: Final = (
    "Closure: no address comes into use or goes out of use within the window. Leases, take-downs and arrests break it.",
    "Equal catchability: every address in use is as likely to be reported. Detection differs between services, and "
    "encrypted traffic is not seen.",
    "Independence: one report of an address does not make another more likely. Bundles and repeat uploads do.",
    "Perfect matching: one address is one unit. Shared addresses and changing formats break it.",
    "No false captures: every report concerns real exploitation. Viral or mistaken reports do not.",
    "Correct location: the address lies where the register says. Proxies, roaming and errors move it.",
    "Live-streamed abuse hardly appears in this channel.",
)
"""Assumptions printed with every estimate of addresses in use."""

CAUTIONS: Final = {
    "C-CHURN": "Addresses seem to come into use and go out of use within the year, which makes the estimate too high.",
    "C-NOT-CLOSED": "The number of addresses in use seems to have changed within this window; the estimate then does "
    "not count every address that was in use at some time in it.",
    "C-CLUSTERED": "Addresses seen once are seen again soon after far more often than later, as when one event is "
    "reported several times; this makes the estimate too low.",
    "C-SERVICE-DOMINATES": "The estimate changes much when the reports of the largest reporting service are left out.",
    "C-EFFORT-GREW": "Far more reports were received than in the year before. A rise in reporting cannot be told from "
    "a rise in crime.",
    "C-OVERLAPPING-WINDOWS": "This window shares days with the one before it; the two estimates are not independent.",
    "C-BELOW-OBSERVED": "The estimate lies below the number of distinct addresses seen, which is impossible.",
    "C-WIDE": "The upper end of the interval is more than twice the lower end.",
    "C-CLOSURE-UNTESTED": "Too few addresses were seen again to tell whether the same addresses stayed in use through "
    "the year; if they did not, the estimate can be far off.",
    "C-ONE-INFLATED": "More addresses were seen once than their repeats account for, as when addresses are given up "
    "after one use, or differ in how easily they are seen.",
}
"""Cautions of this chapter by code."""

CLOSURE_CAUTIONS: Final = {
    Cause.TURNOVER: "C-CHURN",
    Cause.DAYS: "C-CHURN",
    Cause.ARRIVALS: "C-NOT-CLOSED",
    Cause.DEPARTURES: "C-NOT-CLOSED",
    Cause.REPEATS: "C-CLUSTERED",
}
"""Which caution a broken limit of closure becomes."""

CAUSES: Final = {
    Cause.TURNOVER: "Addresses change hands within this window: one seen in the first months is seen again in the last "
    "ones far less often than if the same addresses had stayed in use.",
    Cause.DAYS: "Addresses are seen again within days and hardly ever later. Either they change hands within days, or "
    "single events were reported several times; these data cannot tell which.",
    Cause.ARRIVALS: "Many addresses came into use late in this window: they had little time to be seen, and an "
    "estimate would leave many of them out.",
    Cause.DEPARTURES: "Many addresses went out of use early in this window: they had little time to be seen, and an "
    "estimate would leave many of them out.",
    Cause.REPEATS: "Addresses are seen again within days far more often than later, as when one event is reported "
    "several times; an estimate takes that for a small number of addresses. Repeats can be collapsed over a longer "
    "time (collapse_bundle_hours).",
}
"""Why a window is not closed enough, in plain words."""

INSTEAD: Final = (
    "A number of addresses in use would mislead, so none is given. What can be said: how many distinct addresses were "
    "seen, which is certain and is the least there can be; and how many sources were active at a time, where the "
    "chapter on trust could work that out."
)
"""What can be said in place of a switched-off estimate."""

VERDICTS: Final = {
    Verdict.CLOSED: "The addresses seen again say that the same addresses stayed in use",
    Verdict.CHURNING: "The addresses seen again say that the addresses in use changed",
    Verdict.CLUSTERED: "The addresses seen again say that single events were reported several times",
    Verdict.CANNOT_TELL: "Too few addresses were seen again to say whether the same addresses stayed in use",
}
"""A verdict as the beginning of a sentence."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def caution(code: str) -> Caution:
    """Which caution has this code?

    Examples
    --------
    >>> caution("C-CHURN").code
    'C-CHURN'
    """
    return Caution(code, CAUTIONS[code])


def short_label(window: Window) -> str:
    """How does an axis name a window?

    Examples
    --------
    >>> from datetime import date
    >>> short_label(Window(date(2014, 12, 31), 365))
    'Dec 2014'
    """
    return f"{_MONTHS[window.end.month - 1]} {window.end.year}"


def long_label(window: Window) -> str:
    """How does a sentence name a window?

    Examples
    --------
    >>> from datetime import date
    >>> long_label(Window(date(2014, 12, 31), 365))
    'the year to December 2014'
    """
    span = "the year" if window.days in (365, 366) else f"the {window.days} days"
    return f"{span} to {_LONG[window.end.month - 1]} {window.end.year}"


def estimand(window: Window, demonym: str) -> str:
    """What exactly does an estimate for this window count?"""
    return (
        f"distinct {demonym} IPv4 addresses in use for internet-based child sexual exploitation in the {window.days} "
        f"days to {window.end.isoformat()} - not people, not devices, not children"
    )
