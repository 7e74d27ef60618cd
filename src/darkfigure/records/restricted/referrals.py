"""Row-level records of the referral survey, of multi-country reports and of practice. Restricted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DefinitionMet(StrEnum):
    """Whether the agency's case meets the study's definition."""

    YES = "yes"
    PROBABLE = "probable"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Referral:
    """One referral as one agency states it.

    Parameters
    ----------
    agency : str
        Short name of the agency, as declared in the study.
    row : int
        Row in the agency's own file.
    token : str
        Keyed pseudonym of the agency's case token (agency-held; never equal between agencies).
    day : int
        Days since 1970-01-01 of the referral.
    country : str
        ISO 3166-1 alpha-2 of the country referred to.
    definition_met : DefinitionMet
    victims, suspects : int or None
        As the agency states them.
    channel : str or None
        Coded channel of the referral.
    """

    agency: str
    row: int
    token: str
    day: int
    country: str
    definition_met: DefinitionMet
    victims: int | None
    suspects: int | None
    channel: str | None


@dataclass(frozen=True, slots=True, repr=False)
class ReferralTable:
    """All referrals of all agencies, in reading order."""

    referrals: tuple[Referral, ...]

    def __repr__(self) -> str:
        return f"ReferralTable(<{len(self.referrals)} restricted rows>)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReferralDecision:
    """A reviewer's word on two referrals of two agencies: one case or two; names rows, never tokens.

    Parameters
    ----------
    agency_a, agency_b : str
        Short names of the agencies.
    row_a, row_b : int
        Rows in the agencies' own files.
    same : bool
        Whether both rows are about one case.
    """

    agency_a: str
    row_a: int
    agency_b: str
    row_b: int
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MultiCountryReport:
    """One online-enticement report made available to law enforcement in two or more countries."""

    report_key: str
    day: int
    countries: frozenset[str]


@dataclass(frozen=True, slots=True, repr=False)
class MultiCountryTable:
    """All multi-country reports, in reading order."""

    reports: tuple[MultiCountryReport, ...]

    def __repr__(self) -> str:
        return f"MultiCountryTable(<{len(self.reports)} restricted rows>)"


class ConvictionMode(StrEnum):
    """How a conviction came about."""

    PLEA = "plea"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Conviction:
    """One conviction."""

    year: int
    month: int
    mode: ConvictionMode
    trained_prosecutor: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecordedInterview:
    """One video-recorded interview of a child witness."""

    case: str
    used_at_inquest: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Training:
    """People of one audience trained on one day."""

    year: int
    month: int
    audience: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProgrammeYear:
    """Programme totals of one year."""

    year: int
    cases: int
    victims: int
    charged: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PracticeTable:
    """The small practice tables together."""

    convictions: tuple[Conviction, ...]
    interviews: tuple[RecordedInterview, ...]
    trainings: tuple[Training, ...]
    programme: tuple[ProgrammeYear, ...]

    def __repr__(self) -> str:
        return "PracticeTable(<restricted>)"
