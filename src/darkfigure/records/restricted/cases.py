"""Row-level records of the structured review of case files. Restricted; values are the codes of the review form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from darkfigure.errors import RecordError


class Agency(StrEnum):
    """Unit that held the file."""

    PNP_WCPC = "pnp_wcpc"
    NBI_AHTRAD = "nbi_ahtrad"


class Initiation(StrEnum):
    """How the case began."""

    INTERNATIONAL_REFERRAL = "international_referral"
    DOMESTIC_REFERRAL = "domestic_referral"
    VICTIM_OR_FAMILY_REPORT = "victim_or_family_report"
    ONLINE_INVESTIGATION = "online_investigation"
    UNKNOWN = "unknown"


class YesNo(StrEnum):
    """A property that a file may leave open."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    """Sex or gender as the file states it."""

    FEMALE = "female"
    MALE = "male"
    TRANSGENDER = "transgender"
    UNKNOWN = "unknown"


class RelationToTrafficker(StrEnum):
    """What the trafficker is to the victim."""

    BIOLOGICAL_PARENT = "biological_parent"
    OTHER_RELATIVE = "other_relative"
    NOT_RELATED = "not_related"
    UNKNOWN = "unknown"


class RelationInGroup(StrEnum):
    """What a victim is to the others rescued at the same time and place."""

    SIBLING = "sibling"
    OTHER_FAMILIAL = "other_familial"
    NOT_RELATED = "not_related"
    UNKNOWN = "unknown"
    RESCUED_ALONE = "rescued_alone"


class Nationality(StrEnum):
    """Nationality of a trafficker, in two classes."""

    FILIPINO = "filipino"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


class Channel(StrEnum):
    """Parts of the internet and of the money system a trafficker used (a file may name several)."""

    SURFACE_WEB = "surface_web"
    DARK_WEB = "dark_web"
    MONEY_SERVICE = "money_service"
    BANK_TRANSFER = "bank_transfer"


class LinkRole(StrEnum):
    """Kind of a node in a case network."""

    VICTIM = "victim"
    TRAFFICKER = "trafficker"
    CUSTOMER = "customer"
    SUSPECT_GROUP = "suspect_group"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseFile:
    """One reviewed file. ``number`` is its row in the review (1..n), not an agency's case number."""

    number: int
    agency: Agency
    year: int
    initiation: Initiation
    commercial: YesNo
    customer_information: bool
    spotlight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Victim:
    """One victim in one case. ``age_years`` is whole years at rescue or identification; 0 is under one year."""

    case: int
    number: int
    sex: Sex
    age_years: int | None
    relation: RelationToTrafficker
    rescued: bool
    rescue_group: int | None
    relation_in_group: RelationInGroup | None
    abuse_months: int | None
    province: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trafficker:
    """One trafficker in one case."""

    case: int
    number: int
    sex: Sex
    age_years: int | None
    nationality: Nationality
    speaks_english: YesNo
    channels: frozenset[Channel]
    arrested: bool
    arrest_province: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Customer:
    """One customer named in a referral; ``lead`` marks the one that characterises the referral (exactly one each)."""

    case: int
    number: int
    lead: bool
    sex: Sex
    age_years: int | None
    country: str | None
    travelled: YesNo
    contact_abuse: YesNo
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseLink:
    """One tie in a case network, between two people or a person and a group of further suspects."""

    case: int
    from_role: LinkRole
    from_number: int
    to_role: LinkRole
    to_number: int
    people: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CaseReviewTable:
    """All records one coder abstracted.

    Raises
    ------
    RecordError (E-RECORD-05)
        A record belongs to a case that is not there, or a case number repeats.
    """

    coder: str
    cases: tuple[CaseFile, ...]
    victims: tuple[Victim, ...]
    traffickers: tuple[Trafficker, ...]
    customers: tuple[Customer, ...]
    links: tuple[CaseLink, ...]

    def __post_init__(self) -> None:
        numbers = [c.number for c in self.cases]
        known = set(numbers)
        owners = {
            *(v.case for v in self.victims),
            *(t.case for t in self.traffickers),
            *(c.case for c in self.customers),
            *(k.case for k in self.links),
        }
        if len(known) != len(numbers) or owners - known:
            raise RecordError(
                "E-RECORD-05",
                where="CaseReviewTable",
                problem="a record has no case, or a case stands twice",
                allowed="each record under exactly one case",
                remedy="Report this as a fault in darkfigure.",
            )

    def __repr__(self) -> str:
        return f"CaseReviewTable(<{len(self.cases)} restricted cases>)"
