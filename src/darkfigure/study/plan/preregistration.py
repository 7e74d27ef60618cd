"""What does a plan announce? The registration file: made, written, and read back."""

from __future__ import annotations

import datetime
import hashlib
import json
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from darkfigure.errors import StudyError
from darkfigure.study.plan.plan_result import PlanResult
from darkfigure.study.plan.plan_spec import EstimandName, TableKind
from darkfigure.study.plan.plan_words import COLUMNS, COUNTED, analysis_in_words
from darkfigure.study.spec import StudySpec

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

    @property
    def altered(self) -> bool:
        """Whether the content is another than the one whose digest it holds."""
        return self.registration.content_sha256 != self.content_digest()


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
        "# What this study announces before its data are seen. Put this file into the study folder and write into its",
        "# study.toml, below everything else:",
        "#     [preregistration]",
        '#     file = "preregistration.toml"',
        "# `darkfigure run` then says what was kept and names every departure. Leave the file as it is: after a change",
        "# it no longer fits content_sha256. Whoever changes the file can change that too, so keep a copy of it, or at",
        "# least of the digest, with a date where others can see it.",
    ]
    for section, told in registered.model_dump(mode="json").items():
        lines += ["", f"[{section}]"]
        for key, value in told.items():
            if value is not None:
                bare = section == "registration" and key == "date"
                lines.append(f"{key} = {value if bare else json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def next_step(result: PlanResult) -> str:
    """Say how a study is held to its plan, with the digest to keep elsewhere.

    Parameters
    ----------
    result : PlanResult

    Returns
    -------
    str
        Lines of at most 80 columns.
    """
    told = (
        "To be held to this plan: put preregistration.toml into the study folder, name it in study.toml under "
        "[preregistration], and keep a copy of it, or this digest, with a date where others can see it:"
    )
    return "\n".join([*textwrap.wrap(told, COLUMNS), preregistration_of(result).registration.content_sha256])


def read_preregistration(path: Path) -> Preregistration:
    """Read a registration file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Preregistration
        As it stands; ``altered`` says whether it is what was written.

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
