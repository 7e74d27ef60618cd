"""Declared choices of the prevalence question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from darkfigure.errors import HistoriesError
from darkfigure.histories import WindowRules
from darkfigure.linkage.sightings import SelectionRules
from darkfigure.prevalence.closure import ClosureLimits

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done, and how many there are."""


def no_progress(description: str, done: int, total: int) -> None:
    """Tell nobody."""


PANEL = (
    "lincoln-petersen", "chapman", "chao", "chao-bc", "M0", "Mt",
    "Mh-chao", "Mh-poisson2", "Mh-darroch", "Mh-gamma3.5",
    "Mth-chao", "Mth-poisson2", "Mth-darroch", "Mth-gamma3.5",
)  # fmt: skip
"""Every closed-population estimator that 52 occasions allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLimits:
    """Beyond what a check turns into a caution. Each also has to exceed its own sampling noise where it has any.

    Parameters
    ----------
    halves_ratio : float
        Chapman on two halves over bias-corrected Chao on weeks.
    closure_ratio : float
        Population implied by recaptures within the second half of a window over that within the first, or the inverse.
    lag_ratio : float
        Population implied by distant recaptures over that implied by near ones, and near over next-week ones.
    service_change : float
        Relative change of the estimate when the largest reporting service is left out.
    effort_growth : float
        Reports received in a window over those in the window before it.
    """

    halves_ratio: float = 1.5
    closure_ratio: float = 1.15
    lag_ratio: float = 1.5
    service_change: float = 0.25
    effort_growth: float = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustOptions:
    """What becomes of a window that is not closed enough, and which evidence is gathered at the year ends.

    Parameters
    ----------
    churn_rule : {"refuse", "caution"}
        Whether an estimate whose window is not closed enough is switched off, or stands with a caution.
    limits : ClosureLimits
        When a window is not closed enough.
    window_lengths : tuple of int
        Lengths in days for which the headline method is shown side by side.
    sources : bool
        Whether sources active at a time are estimated by lagged identification.
    sources_need : int
        Fewest addresses seen again for that.
    replicates : int
        Of its bootstrap.
    overturned : bool
        Whether to say how wrong each assumption would have to be.
    causes : bool
        Whether the change from year to year is divided into its possible causes.
    agreement : bool
        Whether the spread of the methods is measured on the last year.
    seed : int
        Of everything random.
    """

    churn_rule: Literal["refuse", "caution"] = "refuse"
    limits: ClosureLimits = field(default_factory=ClosureLimits)
    window_lengths: tuple[int, ...] = ()
    sources: bool = False
    sources_need: int = 200
    replicates: int = 100
    overturned: bool = False
    causes: bool = False
    agreement: bool = False
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PrevalenceOptions:
    """Everything the prevalence question lets a study declare.

    Parameters
    ----------
    selection : SelectionRules
        Which address entries count.
    windows : WindowRules
        Windows, step and occasions.
    headline : str
        Registry name of the estimator that is quoted.
    headline_reason : str
        Why that one, in words.
    panel : tuple of str
        Registry names of the estimators shown beside it.
    panel_step_days : int
        Days between windows on which the whole panel runs (besides year ends); a multiple of the windows' step.
        On all other windows only the headline, ``chao-bc`` and ``chapman`` run.
    level : float
        Confidence level.
    demonym : str
        Adjective of the country, such as ``"Philippine"``.
    limits : CheckLimits
        When a check becomes a caution.
    trust : TrustOptions
        Closure rule, and what the chapter on trust holds.

    Raises
    ------
    HistoriesError (E-HIST-05)
        No headline or panel is declared, the level is impossible, or the panel's step is no multiple of the windows'.
    """

    selection: SelectionRules
    windows: WindowRules
    headline: str
    headline_reason: str = ""
    panel: tuple[str, ...] = PANEL
    panel_step_days: int = 91
    level: float = 0.95
    demonym: str = "Philippine"
    limits: CheckLimits = field(default_factory=CheckLimits)
    trust: TrustOptions = field(default_factory=TrustOptions)

    def __post_init__(self) -> None:
        if not self.headline or not self.panel:
            _refuse("headline and panel", "no estimator is declared", "names listed by the command methods")
        if not 0.5 < self.level < 1:
            _refuse("level", "the confidence level is impossible", "a number between 0.5 and 1")
        if self.panel_step_days < 1 or self.panel_step_days % self.windows.step_days:
            _refuse("panel_step_days", "it is no multiple of step_days", "a multiple of step_days, such as 91 for 7")


def _refuse(option: str, problem: str, allowed: str) -> NoReturn:
    raise HistoriesError(
        "E-HIST-05", where=f"prevalence option {option}", problem=problem, allowed=allowed,
        remedy="Mend the [prevalence] section of study.toml.",
    )  # fmt: skip
