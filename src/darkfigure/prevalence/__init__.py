"""How many addresses are used: weekly series, windows, rates, checks."""

from darkfigure.prevalence.analyse import analyse_prevalence
from darkfigure.prevalence.options import PANEL, CheckLimits, PrevalenceOptions

__all__ = ["PANEL", "CheckLimits", "PrevalenceOptions", "analyse_prevalence"]
