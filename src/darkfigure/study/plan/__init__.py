"""The design simulator: what to expect of a study before its data are seen."""

from darkfigure.study.plan.departures import departures
from darkfigure.study.plan.plan_spec import read_plan
from darkfigure.study.plan.plan_words import render_plan
from darkfigure.study.plan.preregistration import next_step, read_preregistration
from darkfigure.study.plan.run_plan import run_plan

__all__ = ["departures", "next_step", "read_plan", "read_preregistration", "render_plan", "run_plan"]
