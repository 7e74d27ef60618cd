"""What is planned? ``PLAN.toml`` as a frozen, validated record; an unknown key is an error."""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from darkfigure.errors import StudyError
from darkfigure.estimate.registry import REGISTRY

YEAR_DAYS = 365.0
MOST_EVENTS = 5_000_000
"""Events of one world that still fit in memory beside another process's."""

TableKind = Literal["halves", "weeks", "lists", "lagged"]
"""What the sightings are made into before they are estimated from."""

EstimandName = Literal["addresses-used", "sources-active", "sources-active-weighted", "sources-ever-active"]
"""What the planned number is to count."""

Lease = Literal["exponential", "fixed", "mixed", "static"]
"""How long a source keeps an address: memoryless, always as long, some sources fast and some slow, or for good."""


def _pair(value: object) -> object:
    """One number is a range of itself."""
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        message = "the first number of a range is the smaller one"
        raise ValueError(message)
    return value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_Share = Annotated[float, Field(ge=0, le=1)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

Shares = Annotated[tuple[_Share, _Share], BeforeValidator(_pair)]
"""A share between 0 and 1, or ``[low, high]``."""
Sizes = Annotated[tuple[_Positive, _Positive], BeforeValidator(_pair)]
"""A number above 0, or ``[low, high]``."""
Amounts = Annotated[tuple[_NotNegative, _NotNegative], BeforeValidator(_pair)]
"""A number of 0 or more, or ``[low, high]``."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_post_init(self, _context: object, /) -> None:
        """Refuse a range that runs backwards."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, float) for v in value):
                _ordered(value)


class PlanSection(_Section):
    """``[plan]``: the plan itself."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str
    date: datetime.date
    worlds: int = Field(default=400, ge=20, le=100_000)
    seed: int = Field(default=1, ge=0)


class PopulationSection(_Section):
    """``[population]``: who is to be counted."""

    sources: Sizes
    growth_a_year: Sizes = (1.0, 1.0)
    career_days: Sizes | None = None
    activity_cv2: Amounts = (0.0, 0.0)


class AddressesSection(_Section):
    """``[addresses]``: how sources get, share and give up addresses."""

    lease: Annotated[tuple[Lease, ...], BeforeValidator(_several)] = Field(default=("static",), min_length=1)
    mean_days: Sizes = (30.0, 30.0)
    fast_days: Sizes = (1.0, 1.0)
    fast_share: Shares = (0.5, 0.5)
    shared_share: Shares = (0.0, 0.0)
    shared_pool: Sizes = (300.0, 300.0)
    space: Sizes = (5_000_000.0, 5_000_000.0)


class SightingsSection(_Section):
    """``[sightings]``: how events become records."""

    dependence: Shares = (0.0, 0.0)
    burst_size: Sizes = (1.0, 1.0)
    burst_days: Sizes = (0.02, 0.02)
    missed_matches: Shares = (0.0, 0.0)


class ServiceSection(_Section):
    """``[[service]]``: one service or agency whose records make a list."""

    name: str = Field(pattern=r"^\S(.{0,38}\S)?$")
    used_by: Shares
    events_a_year: Sizes
    detection: Shares
    first_day: float = Field(default=0.0, ge=0)
    cost: float = Field(default=0.0, ge=0)


class DesignSection(_Section):
    """``[design]``: the study as planned."""

    window_days: int = Field(ge=14, le=3650)
    services: tuple[str, ...] = Field(min_length=1)


class AnalysisSection(_Section):
    """``[analysis]``: what will be computed."""

    table: TableKind
    method: str = ""
    estimand: EstimandName
    entity: Literal["address", "source"] = "address"
    occasion_days: int = Field(default=7, ge=1)
    level: float = Field(default=0.95, gt=0.5, lt=1)


class PublishSection(_Section):
    """``[publish]``: when an answer may be the headline."""

    max_width: float = Field(default=1.0, gt=0)
    threshold: int = Field(default=10, ge=1)
    close_percent: float = Field(default=20.0, gt=0)


class CostsSection(_Section):
    """``[costs]``: what the study costs and may cost, in any one currency."""

    fixed: float = Field(default=0.0, ge=0)
    per_day: float = Field(default=0.0, ge=0)
    per_case: float = Field(default=0.0, ge=0)
    budget: float | None = Field(default=None, gt=0)
    when_over: Literal["flag", "sample"] = "flag"


class ChangesSection(_Section):
    """``[changes]``: what to try, one at a time, against the design."""

    window_days: tuple[int, ...] | None = None
    extra_services: tuple[str, ...] | None = None
    leave_out: tuple[str, ...] = ()
    detection_factors: tuple[float, ...] = ()
    analyses: tuple[str, ...] = ()
    rank_by: Literal["good-answer", "rmse"] = "good-answer"


class Plan(_Section):
    """Everything ``PLAN.toml`` declares.

    Examples
    --------
    >>> Plan.model_fields["population"].is_required()
    True
    """

    plan: PlanSection
    population: PopulationSection
    addresses: AddressesSection = AddressesSection()
    sightings: SightingsSection = SightingsSection()
    service: tuple[ServiceSection, ...] = Field(min_length=1)
    design: DesignSection
    analysis: AnalysisSection
    publish: PublishSection = PublishSection()
    costs: CostsSection = CostsSection()
    changes: ChangesSection = ChangesSection()

    def digest(self) -> str:
        """SHA-256 of everything declared, whatever the order and layout of the file."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def read_plan(path: Path) -> Plan:
    """Read and validate a plan.

    Parameters
    ----------
    path : Path
        The TOML file.

    Returns
    -------
    Plan

    Raises
    ------
    StudyError (E-STUDY-70)
        The file does not exist, or is not TOML.
    StudyError (E-STUDY-71)
        A key is unknown, missing or has a value that is not allowed; every fault is listed.
    StudyError (E-STUDY-72)
        Keys contradict each other: a service that is not declared, a method that does not exist, one list.
    StudyError (E-STUDY-73)
        The worlds declared are too large to simulate.
    """
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StudyError(
            "E-STUDY-70",
            where=str(path),
            problem="the file cannot be read",
            allowed="a plan in TOML",
            remedy="Give the path of a plan; studies/plan-example.toml is one.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(
            "E-STUDY-70",
            where=str(path),
            problem="the file is not valid TOML",
            allowed="TOML 1.0 in UTF-8",
            remedy="Check quotes and brackets; compare with studies/plan-example.toml.",
        ) from error
    return plan_of(declared, where=str(path))


def plan_of(declared: dict[str, object], *, where: str = "plan") -> Plan:
    """Validate a plan that is already in memory.

    Parameters
    ----------
    declared : dict
        Sections and keys as in the file.
    where : str
        Name in messages.

    Returns
    -------
    Plan

    Raises
    ------
    StudyError (E-STUDY-71, E-STUDY-72, E-STUDY-73)
        As ``read_plan``.
    """
    try:
        plan = Plan.model_validate(declared)
    except ValidationError as error:
        faults = sorted({_fault(e["loc"], e["type"], e["msg"]) for e in error.errors(include_input=False)})
        raise StudyError(
            "E-STUDY-71",
            where=where,
            problem="; ".join(faults),
            allowed="the keys and values of docs/how-to/plan-a-study.md",
            remedy="Correct these keys.",
        ) from None
    problems = list(_contradictions(plan))
    if problems:
        raise StudyError(
            "E-STUDY-72",
            where=where,
            problem="; ".join(problems),
            allowed="keys that fit together, see docs/how-to/plan-a-study.md",
            remedy="Correct the keys named.",
        )
    if events_at_most(plan) > MOST_EVENTS:
        raise StudyError(
            "E-STUDY-73",
            where=where,
            problem="a world at the upper ends of the ranges would hold too many events",
            allowed=f"up to {MOST_EVENTS:,} events: sources x growth x years x events a year of all services",
            remedy="Plan with a tenth of the sources, or with a shorter window; bias and detection carry over.",
        )
    return plan


def longest_window(plan: Plan) -> int:
    """Days of the longest window the plan looks at."""
    return max(plan.design.window_days, *window_changes(plan), 0)


def window_changes(plan: Plan) -> tuple[int, ...]:
    """Other windows to try: those declared, or half and double."""
    declared = plan.changes.window_days
    base = plan.design.window_days
    tried = (base // 2, base * 2) if declared is None else declared
    return tuple(w for w in dict.fromkeys(tried) if w != base and w >= 14)


def events_at_most(plan: Plan) -> float:
    """Events expected of a world with every range at its upper end."""
    years = longest_window(plan) / YEAR_DAYS
    growth = max(1.0, plan.population.growth_a_year[1]) ** years
    rate = sum(s.events_a_year[1] * s.used_by[1] for s in plan.service)
    return float(plan.population.sources[1] * growth * years * rate)


def _contradictions(plan: Plan) -> list[str]:
    names = [s.name for s in plan.service]
    found = []
    if len(set(names)) < len(names):
        found.append("two services share a name")
    asked = (*plan.design.services, *(plan.changes.extra_services or ()), *plan.changes.leave_out)
    found += [f"service {name} is not declared" for name in sorted(set(asked) - set(names))]
    if len(set(plan.design.services)) < len(plan.design.services):
        found.append("design.services names a service twice")
    table = plan.analysis.table
    found += _wrong_analysis("analysis", table, plan.analysis.method, plan.analysis.entity)
    for text in plan.changes.analyses:
        found += _wrong_analysis("changes.analyses", *analysis_named(text), plan.analysis.entity)
    tables = {table, *(analysis_named(text)[0] for text in plan.changes.analyses)}
    if "lists" in tables and len(plan.design.services) < 2:
        found.append("lists need two services or more in design.services")
    if "weeks" in tables and plan.analysis.occasion_days * 2 > plan.design.window_days:
        found.append("analysis.occasion_days leaves fewer than two occasions in the window")
    if any(w < 14 or w > 3650 for w in plan.changes.window_days or ()):
        found.append("changes.window_days lie between 14 and 3650")
    if any(not 0 < f <= 100 for f in plan.changes.detection_factors):
        found.append("changes.detection_factors lie above 0 and up to 100")
    if plan.costs.when_over == "sample" and (plan.costs.budget is None or plan.costs.per_case <= 0):
        found.append("costs.when_over = sample needs costs.budget and costs.per_case")
    if plan.sightings.burst_size[0] < 1:
        found.append("sightings.burst_size is 1 or more")
    return found


def analysis_named(text: str) -> tuple[str, str]:
    """Table and method of an analysis written as ``"weeks:chao-bc"`` or ``"lagged"``.

    Examples
    --------
    >>> analysis_named("weeks:chao-bc"), analysis_named("lagged")
    (('weeks', 'chao-bc'), ('lagged', ''))
    """
    table, _, method = text.partition(":")
    return table, method


def _wrong_analysis(where: str, table: str, method: str, entity: str) -> list[str]:
    if table not in get_args(TableKind):
        return [f"{where} starts with halves, weeks, lists or lagged"]
    if table == "lagged" and method:
        return [f"{where}: lagged takes no method, it is one"]
    if table == "lagged" and entity == "source":
        return [f"{where}: lagged follows addresses, so entity must be address"]
    if table != "lagged" and method not in REGISTRY:
        return [f"{where}: {method or 'the empty name'} is not a method of `darkfigure methods`"]
    return []


def _fault(place: tuple[int | str, ...], kind: str, message: str) -> str:
    """One fault of the file in words, without the value."""
    parts = [str(p + 1) if isinstance(p, int) else p for p in place if not (isinstance(p, str) and "[" in p)]
    name = ".".join(parts) or "the plan"
    if kind == "extra_forbidden":
        return f"{name} is not a known key"
    if kind == "missing":
        return f"{name} is missing"
    return f"{name}: {message[0].lower()}{message[1:]}"
