"""Occasions, windows and capture tables from sightings."""

from darkfigure.histories.lags import LagBand, LagRecapture, recapture_by_lag
from darkfigure.histories.tables import WindowTable, capture_tables
from darkfigure.histories.weekly import CalendarWeeks, distinct_in_windows, weekly_addresses
from darkfigure.histories.windows import PartialWeek, Window, WindowRules, plan_windows

__all__ = [
    "CalendarWeeks",
    "LagBand",
    "LagRecapture",
    "PartialWeek",
    "Window",
    "WindowRules",
    "WindowTable",
    "capture_tables",
    "distinct_in_windows",
    "plan_windows",
    "recapture_by_lag",
    "weekly_addresses",
]
