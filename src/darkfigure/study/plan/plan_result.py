"""The result of a plan as one record: JSON, CSV rows, and what stands in the registration."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from darkfigure import __version__
from darkfigure.study.plan.analysis import Answered
from darkfigure.study.plan.designs import BASE
from darkfigure.study.plan.monte_carlo import Measured
from darkfigure.study.plan.plan_spec import Plan
from darkfigure.study.plan.summary import DesignResult, rank, summarise_plan

_MEASURES = (
    "answered",
    "publishable",
    "good",
    "bias_percent",
    "rmse_percent",
    "rmse_published_percent",
    "coverage",
    "change_alike_percent",
    "change_any_percent",
    "false_alarms",
    "good_gain",
    "rmse_ratio",
)
_NUMBERS = ("median_bias_percent", "width", "cost", "within_budget", "top_share", "worlds_needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """Everything that simulating a plan showed.

    Parameters
    ----------
    plan : Plan
    designs : tuple of DesignResult
        The design as planned first.
    ranking : tuple of str
        Names of the changes, the one that helps most first.
    """

    plan: Plan
    designs: tuple[DesignResult, ...]
    ranking: tuple[str, ...]

    @property
    def base(self) -> DesignResult:
        """The design as planned."""
        return next(d for d in self.designs if d.name == BASE)

    def ranked(self) -> tuple[DesignResult, ...]:
        """The changes, the one that helps most first."""
        by_name = {d.name: d for d in self.designs}
        return tuple(by_name[name] for name in self.ranking)

    def to_json(self) -> dict[str, Any]:
        """Text, numbers and lists at full precision."""
        return {
            "darkfigure": __version__,
            "plan": self.plan.plan.id,
            "title": self.plan.plan.title,
            "date": self.plan.plan.date.isoformat(),
            "plan_sha256": self.plan.digest(),
            "worlds": self.plan.plan.worlds,
            "seed": self.plan.plan.seed,
            "estimand": self.plan.analysis.estimand,
            "rank_by": self.plan.changes.rank_by,
            "ranking": list(self.ranking),
            "designs": [asdict(d) for d in self.designs],
        }

    def to_csv(self) -> str:
        """One row a design; every share and error with its Monte-Carlo error beside it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            [
                "design",
                "kind",
                "rank",
                "worlds",
                *(part for name in _MEASURES for part in (name, f"{name}_mc_error")),
                *_NUMBERS,
            ]
        )
        for d in self.designs:
            place: object = self.ranking.index(d.name) + 1 if d.name in self.ranking else ""
            measured = [part for name in _MEASURES for part in _both(getattr(d, name))]
            writer.writerow([d.name, d.kind, place, d.worlds, *measured, *(_cell(getattr(d, n)) for n in _NUMBERS)])
        return out.getvalue()


def result_of(plan: Plan, answers: Sequence[Answered]) -> PlanResult:
    """Sum up the answers of all worlds.

    Parameters
    ----------
    plan : Plan
    answers : sequence of Answered

    Returns
    -------
    PlanResult
    """
    designs = summarise_plan(plan, answers)
    return PlanResult(plan=plan, designs=designs, ranking=rank(plan, designs))


def _both(measured: Measured | None) -> tuple[object, object]:
    return ("", "") if measured is None else (_cell(measured.value), _cell(measured.error))


def _cell(value: float | None) -> object:
    return "" if value is None else repr(value)
