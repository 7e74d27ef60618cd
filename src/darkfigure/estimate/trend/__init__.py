"""Change over time: crime or reporting, overlapping windows, breaks at known dates, late reports, least effects."""

from darkfigure.estimate.trend.decomposition import (
    Decomposition,
    Limits,
    Part,
    SizeAt,
    decompose,
    limits_from_detection,
)
from darkfigure.estimate.trend.decomposition_figure import decomposition_svg
from darkfigure.estimate.trend.delay_nowcast import Nowcast, NowcastPeriod, delay_nowcast
from darkfigure.estimate.trend.detectable_effect import (
    Design,
    DetectableEffect,
    detectable_effect,
    log_error,
    simulated_power,
)
from darkfigure.estimate.trend.interrupted_series import (
    BreakEffect,
    DatedBreak,
    InterruptedSeries,
    interrupted_series,
)
from darkfigure.estimate.trend.joint_windows import Window
from darkfigure.estimate.trend.matched_sightings import CrimeOrReporting, decompose_sightings
from darkfigure.estimate.trend.reporting_shift import limits_from_shift, reporting_shift
from darkfigure.estimate.trend.reporting_worlds import ReportingDraw, ReportingWorld
from darkfigure.estimate.trend.rolling_trend import RollingTrend, rolling_trend, rolling_windows
from darkfigure.estimate.trend.service_panel import LeftOut, PanelChange, ServiceCounts, panel_change
from darkfigure.estimate.trend.window_change import WindowChange, joint_states, window_change

__all__ = [
    "BreakEffect",
    "CrimeOrReporting",
    "DatedBreak",
    "Decomposition",
    "Design",
    "DetectableEffect",
    "InterruptedSeries",
    "LeftOut",
    "Limits",
    "Nowcast",
    "NowcastPeriod",
    "PanelChange",
    "Part",
    "ReportingDraw",
    "ReportingWorld",
    "RollingTrend",
    "ServiceCounts",
    "SizeAt",
    "Window",
    "WindowChange",
    "decompose",
    "decompose_sightings",
    "decomposition_svg",
    "delay_nowcast",
    "detectable_effect",
    "interrupted_series",
    "joint_states",
    "limits_from_detection",
    "limits_from_shift",
    "log_error",
    "panel_change",
    "reporting_shift",
    "rolling_trend",
    "rolling_windows",
    "simulated_power",
    "window_change",
]
