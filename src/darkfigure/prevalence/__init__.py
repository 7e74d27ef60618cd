"""How many addresses are used: weekly series, windows, rates, checks."""

from darkfigure.prevalence.analyse import analyse_prevalence
from darkfigure.prevalence.options import PANEL, CheckLimits, PrevalenceOptions, TrustOptions

__all__ = ["PANEL", "CheckLimits", "PrevalenceOptions", "TrustOptions", "analyse_prevalence"]
