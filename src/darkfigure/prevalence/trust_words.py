"""Names that the tables of the chapter on trust print."""

from __future__ import annotations

from typing import Final

from darkfigure.records.aggregate.estimand import EstimandKind

COUNTED: Final = {
    EstimandKind.ADDRESSES_USED: "Estimated {demonym} addresses in use",
    EstimandKind.SOURCES_ACTIVE: "Sources active at a time",
    EstimandKind.REPORTS: "Reports received",
}
"""Which numbers count what."""

TEST_NAMES: Final = {
    "turnover": "Months apart over weeks apart",
    "arrivals": "Last quarter over the one before",
    "arrivals_at_end": "Last four weeks over the third quarter",
    "departures": "First quarter over the one after",
    "departures_at_start": "First four weeks over the second quarter",
    "repeats": "Weeks apart over days apart",
}
"""Comparisons of closure, in the order of the rule."""

SHAPES: Final = {
    "none": "they do not change within the year",
    "exponential": "for a time without a fixed end",
    "fixed": "for a fixed time",
    "uniform": "for a time that varies between two limits",
    "gamma": "for a time that varies",
    "lognormal": "for a time that varies, a few for very long",
    "fixed-with-exit": "for a fixed time, or until the source stops",
    "mixture": "some for a short time, some for a long one",
    "fixed-mixture": "some for a short fixed time, some for a long one",
}
"""Shapes of the time an address stays with its source."""
