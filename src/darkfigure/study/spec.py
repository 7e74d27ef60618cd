"""What does this study declare? ``study.toml`` as a frozen, validated record; an unknown key is an error."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from darkfigure.errors import StudyError
from darkfigure.prevalence.options import PANEL

SourceKind = Literal[
    "cybertipline-csv",
    "cybertipline-json",
    "cybertipline-xml",
    "address-delegations",
    "case-review",
    "referral-survey",
    "multi-country-reports",
    "convictions",
    "interviews",
    "trainings",
    "programme",
    "capture-table",
]
"""Shapes of partners' files this version reads."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudySection(_Section):
    """``[study]``: what the report says about the study itself."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    title: str
    subtitle: str = ""
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    country_name: str = ""
    period_start: datetime.date
    period_end: datetime.date
    authors: str = ""
    version: str = "1.0"
    date: datetime.date
    synthetic: bool = False
    seed: int = Field(default=1, ge=0)


class LayoutSection(_Section):
    """``[source.layout]``: how one agency lays out its referral file."""

    token: str
    date: str
    country: str
    definition: str = ""
    victims: str = ""
    suspects: str = ""
    channel: str = ""
    date_format: str
    country_format: str = "english"
    delimiter: str = ","
    sheet: str = ""


class SourceSection(_Section):
    """``[[source]]``: one partner's file or folder under ``input/``."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: SourceKind
    path: str
    coder: str = ""
    form: str = ""
    agency: str = ""
    unit: str = "people"
    ordered: bool = False
    occasions: int | Literal["inf"] | None = None
    layout: LayoutSection | None = None


class TrustSection(_Section):
    """``[prevalence.trust]``: closure rule, and the evidence that the chapter on trust gathers at the year ends."""

    churn_rule: Literal["refuse", "caution"] = "refuse"
    turnover_limit: float = Field(default=2.0, gt=1)
    change_limit: float = Field(default=1.25, gt=1)
    repeats_limit: float = Field(default=1.5, gt=1)
    window_lengths: tuple[int, ...] = (91, 182, 365, 730)
    sources: bool = True
    sources_need: int = Field(default=200, ge=2)
    replicates: int = Field(default=100, ge=20)
    overturned: bool = True
    causes: bool = True
    agreement: bool = True


class PrevalenceSection(_Section):
    """``[prevalence]``: which sightings count, windows, panel, denominators."""

    window_days: int = Field(default=365, ge=28)
    step_days: int = Field(default=7, ge=1)
    panel_step_days: int = Field(default=91, ge=1)
    partial_week: Literal["drop", "own", "join"] = "join"
    first_window_end: datetime.date | None = None
    roles: tuple[Literal["reported-user", "recipient", "victim", "file"], ...] = ("reported-user", "recipient", "file")
    exclude_proxies: bool = True
    collapse_bundle_hours: int = Field(default=72, ge=0)
    headline: str = "chao-bc"
    headline_reason: str = ""
    panel: tuple[str, ...] = PANEL
    level: float = Field(default=0.95, gt=0.5, lt=1)
    denominator_date: datetime.date | None = None
    synthetic_space: str = ""
    demonym: str = "Philippine"
    trust: TrustSection = TrustSection()


class NatureSection(_Section):
    """``[nature]``: case review."""

    level: float = Field(default=0.95, gt=0.5, lt=1)
    age_band_floors: tuple[int, ...] = (0, 3, 6, 8, 11, 13, 15, 18)
    country_minimum: int = Field(default=3, ge=1)


class HotspotSection(_Section):
    """``[hotspots]``: referral survey and multi-country reports."""

    level: float = Field(default=0.95, gt=0.5, lt=1)
    duplicate_days: int = Field(default=14, ge=0)
    decisions: str = "hand/referral-decisions.csv"


class ClassificationSection(_Section):
    """``[classification]``: the attempt to class free text."""

    sample_size: int = Field(default=400, ge=20)
    max_width: float = Field(default=0.3, gt=0, le=1)
    codes: tuple[str, ...] = ("hand/codes-a.csv", "hand/codes-b.csv")
    adjudicated: str = ""


class ListsSection(_Section):
    """``[lists]``: a study whose source is a finished capture table."""

    panel: tuple[str, ...] = ("loglinear-main", "Mt", "Mh-chao", "Mth-chao", "Mth-poisson2", "Mth-darroch")
    headline: str = ""
    headline_reason: str = ""
    level: float = Field(default=0.95, gt=0.5, lt=1)
    entity: str = "people"
    estimand: str = ""


class DisclosureSection(_Section):
    """``[disclosure]``: rules of this release; the default when absent."""

    name: str
    threshold: int = Field(ge=1)
    rounding_base: int = Field(ge=1)
    complementary: int = Field(default=2, ge=1)
    reason: str = ""


class PreregistrationSection(_Section):
    """``[preregistration]``: what was announced before the data were seen."""

    file: str


class StudySpec(_Section):
    """Everything ``study.toml`` declares.

    Examples
    --------
    >>> StudySpec.model_fields["study"].is_required()
    True
    """

    study: StudySection
    source: tuple[SourceSection, ...] = Field(min_length=1)
    prevalence: PrevalenceSection = PrevalenceSection()
    nature: NatureSection = NatureSection()
    hotspots: HotspotSection = HotspotSection()
    classification: ClassificationSection | None = None
    lists: ListsSection | None = None
    disclosure: DisclosureSection | None = None
    preregistration: PreregistrationSection | None = None

    def sources(self, *kinds: SourceKind) -> tuple[SourceSection, ...]:
        """Sources of the given kinds, in declared order."""
        return tuple(s for s in self.source if s.kind in kinds)


def read_spec(folder: Path) -> StudySpec:
    """Read and validate the ``study.toml`` of a study folder.

    Parameters
    ----------
    folder : Path
        Study folder.

    Returns
    -------
    StudySpec

    Raises
    ------
    StudyError (E-STUDY-01)
        There is no ``study.toml``, or it is not TOML.
    StudyError (E-STUDY-02)
        A key is unknown, missing or has a value that is not allowed; every fault is listed.
    StudyError (E-STUDY-03)
        Two sources share a name, or a path leaves the input folder.
    """
    path = folder / "study.toml"
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StudyError(
            "E-STUDY-01",
            where=str(path),
            problem="the file does not exist",
            allowed="a folder that holds study.toml",
            remedy="Give a study folder, such as studies/philippines.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(
            "E-STUDY-01",
            where=str(path),
            problem="the file is not valid TOML",
            allowed="TOML 1.0 in UTF-8",
            remedy="Check quotes and brackets; compare with docs/reference/study-toml.md.",
        ) from error
    try:
        spec = StudySpec.model_validate(declared)
    except ValidationError as error:
        faults = sorted({_fault_in_words(e["loc"], e["type"], e["msg"]) for e in error.errors(include_input=False)})
        raise StudyError(
            "E-STUDY-02",
            where=str(path),
            problem="; ".join(faults),
            allowed="the keys and values of docs/reference/study-toml.md",
            remedy="Correct these keys.",
        ) from None
    _check_sources(spec, path)
    return spec


def _fault_in_words(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    if kind == "extra_forbidden":
        return f"{name} is not a known key"
    if kind == "missing":
        return f"{name} is missing"
    return f"{name}: {message[0].lower()}{message[1:]}"


def _check_sources(spec: StudySpec, path: Path) -> None:
    names = [s.name for s in spec.source]
    parts = [Path(p) for s in spec.source for p in (s.path, s.form)]
    if len(set(names)) == len(names) and not any(p.is_absolute() or ".." in p.parts for p in parts):
        return
    raise StudyError(
        "E-STUDY-03",
        where=str(path),
        problem="two sources share a name, or a path leads out of the input folder",
        allowed="each name once; paths inside input/",
        remedy="Correct the [[source]] entries.",
    )
