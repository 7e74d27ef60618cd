"""What was announced before the data were seen, and where does a study depart from it?"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from darkfigure.disclosure import Policy
from darkfigure.errors import StudyError
from darkfigure.estimate.closed import two_samples
from darkfigure.records.aggregate import CaptureTable
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_spec import EstimandName, TableKind
from darkfigure.study.plan.plan_words import COUNTED, analysis_in_words
from darkfigure.study.spec import ListsSection, StudySpec

FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisteredPlan(_Part):
    """``[registration]``: which plan this is."""

    format: int = Field(ge=FORMAT, le=FORMAT)
    plan: str
    title: str
    date: datetime.date
    plan_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    content_sha256: str = ""


class RegisteredAnalysis(_Part):
    """``[analysis]``: what will be computed, and what the number counts."""

    estimand: EstimandName
    counts: str
    table: TableKind
    method: str
    entity: str
    level: float
    window_days: int
    in_words: str


class RegisteredLists(_Part):
    """``[lists]``: whose records will be used."""

    names: tuple[str, ...]


class RegisteredHeadline(_Part):
    """``[headline]``: when the number may be the headline."""

    max_width: float
    threshold: int
    rule: str


class RegisteredExpectation(_Part):
    """``[expected]``: what the simulation promised."""

    worlds: int
    seed: int
    answered: float
    publishable: float
    bias_percent: float | None = None
    rmse_percent: float | None = None
    rmse_mc_error: float | None = None
    coverage: float | None = None
    coverage_mc_error: float | None = None
    smallest_rise_percent: float | None = None


class Preregistration(_Part):
    """Everything a registration file holds.

    Examples
    --------
    >>> Preregistration.model_fields["analysis"].is_required()
    True
    """

    registration: RegisteredPlan
    analysis: RegisteredAnalysis
    lists: RegisteredLists
    headline: RegisteredHeadline
    expected: RegisteredExpectation

    def content_digest(self) -> str:
        """SHA-256 of everything but the digest itself: another one than the file's means it was altered."""
        told = self.model_dump(mode="json")
        told["registration"].pop("content_sha256")
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One point in which a study differs from its registration.

    Parameters
    ----------
    key : str
        Stable name such as ``"analysis.method"``.
    registered, declared : str
        What was announced, and what the study does.
    words : str
        A sentence for the report.
    """

    key: str
    registered: str
    declared: str
    words: str


def preregistration_of(result: PlanResult) -> Preregistration:
    """What a plan announces, with what its simulation promises.

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    Preregistration
        With the digest of its own content.
    """
    plan, base = result.plan, result.base
    rmse, coverage, rise = base.rmse_percent, base.coverage, base.change_alike_percent
    rule = (
        f"The number is the headline only if its {100 * plan.analysis.level:g}% interval is no wider than "
        f"{plan.publish.max_width:g} times the number and at least {plan.publish.threshold} units were seen."
    )
    made = Preregistration(
        registration=RegisteredPlan(
            format=FORMAT,
            plan=plan.plan.id,
            title=plan.plan.title,
            date=plan.plan.date,
            plan_sha256=plan.digest(),
        ),
        analysis=RegisteredAnalysis(
            estimand=plan.analysis.estimand,
            counts=COUNTED[plan.analysis.estimand],
            table=plan.analysis.table,
            method=plan.analysis.method or "lagged-identification",
            entity=plan.analysis.entity,
            level=plan.analysis.level,
            window_days=plan.design.window_days,
            in_words=analysis_in_words(plan),
        ),
        lists=RegisteredLists(names=plan.design.services),
        headline=RegisteredHeadline(
            max_width=plan.publish.max_width, threshold=plan.publish.threshold, rule=rule
        ),
        expected=RegisteredExpectation(
            worlds=base.worlds,
            seed=plan.plan.seed,
            answered=base.answered.value,
            publishable=base.publishable.value,
            bias_percent=None if base.bias_percent is None else base.bias_percent.value,
            rmse_percent=None if rmse is None else rmse.value,
            rmse_mc_error=None if rmse is None else rmse.error,
            coverage=None if coverage is None else coverage.value,
            coverage_mc_error=None if coverage is None else coverage.error,
            smallest_rise_percent=None if rise is None else rise.value,
        ),
    )  # fmt: skip
    stamped = made.registration.model_copy(update={"content_sha256": made.content_digest()})
    return made.model_copy(update={"registration": stamped})


def preregistration_toml(registered: Preregistration) -> str:
    """Write a registration as TOML.

    Parameters
    ----------
    registered : Preregistration

    Returns
    -------
    str
        The same for the same registration.
    """
    lines = [
        "# What this study announced before its data were seen; `darkfigure run` names every departure from it.",
        "# Keep it unchanged, and keep a copy with a date where others can see it. A change shows: content_sha256.",
    ]
    for section, told in registered.model_dump(mode="json").items():
        lines += ["", f"[{section}]"]
        for key, value in told.items():
            if value is not None:
                bare = section == "registration" and key == "date"
                lines.append(f"{key} = {value if bare else json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def read_preregistration(path: Path) -> Preregistration:
    """Read a registration file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Preregistration
        As it stands; ``departures`` says whether it was altered.

    Raises
    ------
    StudyError (E-STUDY-75)
        The file does not exist, or is not TOML.
    StudyError (E-STUDY-76)
        A key is unknown, missing or has a value that is not allowed.
    """
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _unreadable(path.name) from error
    try:
        return Preregistration.model_validate(told)
    except ValidationError as error:
        keys = sorted({".".join(str(p) for p in e["loc"]) for e in error.errors(include_input=False)})
        raise StudyError(
            "E-STUDY-76",
            where=path.name,
            problem=f"keys are unknown, missing or not allowed: {', '.join(keys)}",
            allowed="the preregistration.toml that `darkfigure plan` writes, unchanged",
            remedy="Bring back the file as it was written, or write it again with `darkfigure plan`.",
        ) from None


def _unreadable(where: str) -> StudyError:
    return StudyError(
        "E-STUDY-75",
        where=where,
        problem="the registration cannot be read",
        allowed="the preregistration.toml that `darkfigure plan` writes, inside the study folder",
        remedy="Put the file into the study folder and name it under [preregistration] in study.toml.",
    )


def declared_registration(spec: StudySpec, folder: Path) -> Preregistration | None:
    """Read the registration that a study declares, if it declares one.

    Parameters
    ----------
    spec : StudySpec
    folder : Path
        The study folder.

    Returns
    -------
    Preregistration or None

    Raises
    ------
    StudyError (E-STUDY-75)
        The file is not there, is not TOML, or its path leads out of the study folder.
    StudyError (E-STUDY-76)
        A key is unknown, missing or has a value that is not allowed.
    """
    if spec.preregistration is None:
        return None
    named = Path(spec.preregistration.file)
    if named.is_absolute() or ".." in named.parts:
        raise _unreadable("[preregistration] file")
    return read_preregistration(folder / named)


def registered_record(
    spec: StudySpec, preregistration: Preregistration, tables: Sequence[CaptureTable]
) -> dict[str, object]:
    """What the manifest of a release holds about its registration.

    Parameters
    ----------
    spec : StudySpec
    preregistration : Preregistration
    tables : sequence of CaptureTable
        The study's lists; their names are compared when there is one table with names.

    Returns
    -------
    dict
    """
    names = tables[0].labels if len(tables) == 1 and preregistration.analysis.table == "lists" else ()
    found = departures(spec, preregistration, lists=names or None)
    return {
        "plan": preregistration.registration.plan,
        "date": preregistration.registration.date.isoformat(),
        "content_sha256": preregistration.registration.content_sha256,
        "headline_rule": preregistration.headline.rule,
        "departures": [asdict(d) for d in found],
    }


def departures_of_release(folder: Path) -> tuple[str, ...]:
    """Sentences of all departures that the manifest of a release names.

    Parameters
    ----------
    folder : Path
        The release folder.

    Returns
    -------
    tuple of str
        Empty when there are none, or nothing was registered.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return tuple(str(d["words"]) for d in manifest.get("preregistration", {}).get("departures", ()))


def departures(
    spec: StudySpec, preregistration: Preregistration, *, lists: Sequence[str] | None = None
) -> tuple[Departure, ...]:
    """In what does a study differ from what was announced?

    Parameters
    ----------
    spec : StudySpec
        What the study declares.
    preregistration : Preregistration
        What was announced.
    lists : sequence of str or None
        Names of the lists the study has; ``None`` when they are not known, and then not compared.

    Returns
    -------
    tuple of Departure
        In the order of the registration; empty when there is none.
    """
    return tuple(_departures(spec, preregistration, lists))


def _departures(spec: StudySpec, registered: Preregistration, lists: Sequence[str] | None) -> Iterator[Departure]:
    head = registered.registration
    if head.content_sha256 != registered.content_digest():
        yield Departure(
            key="registration.content_sha256",
            registered=head.content_sha256[:16] or "none",
            declared=registered.content_digest()[:16],
            words="The registration was altered after it was written; it no longer shows what was announced.",
        )
    if spec.study.date < head.date:
        yield Departure(
            key="registration.date",
            registered=head.date.isoformat(),
            declared=spec.study.date.isoformat(),
            words="The report is dated before the registration.",
        )
    for key, name, announced, done in _compared(spec, registered):
        if announced != done:
            yield Departure(
                key=key,
                registered=announced,
                declared=done,
                words=f"{name}: announced was {announced}, the study has {done}.",
            )
    if lists is not None and set(lists) != set(registered.lists.names):
        announced, done = ", ".join(registered.lists.names), ", ".join(lists) or "none"
        yield Departure(
            key="lists.names",
            registered=announced,
            declared=done,
            words=f"The lists: announced were {announced}, the study has {done}.",
        )


def _compared(spec: StudySpec, registered: Preregistration) -> Iterator[tuple[str, str, str, str]]:
    """Each point that both sides hold: (key, what it is, announced, done)."""
    announced = registered.analysis
    done = _lists_side(spec, announced) if announced.table == "lists" else _windows_side(spec)
    window = f"{announced.window_days} days"
    yield "analysis.table", "The shape of the analysis", _SHAPES[announced.table], _SHAPES[done.table]
    yield "analysis.estimand", "What the number counts", announced.counts, done.counts
    yield "analysis.method", "The method of the headline", announced.method, done.method or "none"
    yield "analysis.level", "The level of the interval", f"{100 * announced.level:g}%", f"{100 * done.level:g}%"
    yield "analysis.window_days", "The length of the window", window, f"{done.window_days} days"
    threshold = Policy.default().threshold if spec.disclosure is None else spec.disclosure.threshold
    yield "headline.threshold", "The smallest count published", str(registered.headline.threshold), str(threshold)


@dataclass(frozen=True, slots=True)
class _Side:
    table: TableKind
    counts: str
    method: str
    level: float
    window_days: int


_SHAPES = {
    "halves": "two halves of a window",
    "weeks": "occasions within a window",
    "lists": "lists side by side",
    "lagged": "lagged identification",
}
_OF_TWO_SAMPLES = frozenset(method.name for method in two_samples.METHODS)


def _windows_side(spec: StudySpec) -> _Side:
    """What a study of reports does: addresses in windows, by halves when its method takes two samples."""
    declared = spec.prevalence
    table: TableKind = "halves" if declared.headline in _OF_TWO_SAMPLES else "weeks"
    return _Side(table, COUNTED["addresses-used"], declared.headline, declared.level, declared.window_days)


def _lists_side(spec: StudySpec, announced: RegisteredAnalysis) -> _Side:
    """What a study of lists does; what it counts stands in free words, which are not compared."""
    declared, study = ListsSection() if spec.lists is None else spec.lists, spec.study
    days = (study.period_end - study.period_start).days + 1
    if not spec.sources("capture-table"):
        return _windows_side(spec)
    return _Side("lists", announced.counts, declared.headline, declared.level, days)
