"""Which fields did both coders fill in, and how do their codes line up?"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from darkfigure.nature.abuse_length import band_of as length_band
from darkfigure.nature.options import NatureOptions
from darkfigure.nature.units import UNKNOWN, Units
from darkfigure.nature.victim_ages import band_of as age_band
from darkfigure.records.restricted import CaseFile, CaseReviewTable, Channel, Customer, Trafficker, Victim

Code = Hashable
Coded = CaseFile | Victim | Trafficker | Customer
Records = Callable[[CaseReviewTable], tuple[Coded, ...]]
RELATION = "relation to the trafficker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form that both coders filled in.

    Parameters
    ----------
    name : str
        What a reader sees.
    unit : str
        What is coded: ``"case files"``, ``"victims"``, ``"traffickers"``, ``"lead customers"``.
    records : callable
        The coded records of one coder's table.
    code : callable
        Category of one record; unknown is a category, since coders can differ on whether a file says it.
    """

    name: str
    unit: str
    records: Records
    code: Callable[[Coded], Code]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Paired:
    """The codes of both coders for the units that both coded, in the order of case and number."""

    field: Field
    cases: tuple[int, ...]
    first: tuple[Code, ...]
    second: tuple[Code, ...]

    def __repr__(self) -> str:
        return f"Paired({self.field.name!r}, <{len(self.cases)} restricted units>)"

    @property
    def agreed(self) -> Units:
        """Whether the coders agree, unit by unit."""
        pairs = zip(self.first, self.second, strict=True)
        return Units(self.cases, tuple("agreed" if a == b else "differed" for a, b in pairs))


CASE_FIELDS = (
    ("agency", "agency"),
    ("year", "year"),
    ("how the case began", "initiation"),
    ("commercial element", "commercial"),
    ("customer information", "customer_information"),
)
VICTIM_FIELDS = (
    ("sex", "sex"),
    (RELATION, "relation"),
    ("rescued", "rescued"),
    ("relation within the rescue group", "relation_in_group"),
    ("province", "province"),
)
TRAFFICKER_FIELDS = (("sex", "sex"), ("nationality", "nationality"), ("English", "speaks_english"))
CUSTOMER_FIELDS = (
    ("country", "country"),
    ("travelled", "travelled"),
    ("history of contact abuse", "contact_abuse"),
)
CHANNELS = (("surface web noted", Channel.SURFACE_WEB), ("money service noted", Channel.MONEY_SERVICE))


def coded_fields(options: NatureOptions) -> tuple[Field, ...]:
    """List the fields compared, with ages and lengths in the bands of the tables.

    Parameters
    ----------
    options : NatureOptions
        For the age bands.

    Returns
    -------
    tuple of Field
    """
    floors = options.age_band_floors
    plain: tuple[tuple[str, Records, tuple[tuple[str, str], ...]], ...] = (
        ("case files", _cases, CASE_FIELDS),
        ("victims", _victims, VICTIM_FIELDS),
        ("traffickers", _traffickers, TRAFFICKER_FIELDS),
        ("lead customers", _lead_customers, CUSTOMER_FIELDS),
    )
    made = [
        Field(name=name, unit=unit, records=records, code=_attribute(attribute))
        for unit, records, named in plain
        for name, attribute in named
    ]
    made += [
        Field(
            name="age band", unit="victims", records=_victims, code=_banded("age_years", lambda a: age_band(a, floors))
        ),
        Field(name="length of abuse", unit="victims", records=_victims, code=_banded("abuse_months", length_band)),
    ]
    made += [
        Field(name=name, unit="traffickers", records=_traffickers, code=_noted(channel)) for name, channel in CHANNELS
    ]
    units = [unit for unit, _, _ in plain]
    return tuple(sorted(made, key=lambda field: units.index(field.unit)))


def _cases(table: CaseReviewTable) -> tuple[Coded, ...]:
    return table.cases


def _victims(table: CaseReviewTable) -> tuple[Coded, ...]:
    return table.victims


def _traffickers(table: CaseReviewTable) -> tuple[Coded, ...]:
    return table.traffickers


def _lead_customers(table: CaseReviewTable) -> tuple[Coded, ...]:
    return tuple(customer for customer in table.customers if customer.lead)


def _attribute(name: str) -> Callable[[Coded], Code]:
    def code(record: Coded) -> Code:
        found = getattr(record, name)
        return UNKNOWN if found is None else str(found)

    return code


def _banded(name: str, band: Callable[[int], str]) -> Callable[[Coded], Code]:
    def code(record: Coded) -> Code:
        number = getattr(record, name)
        return UNKNOWN if number is None else band(number)

    return code


def _noted(channel: Channel) -> Callable[[Coded], Code]:
    return lambda record: isinstance(record, Trafficker) and channel in record.channels


def pair_codes(first: CaseReviewTable, second: CaseReviewTable, field: Field) -> Paired:
    """Line up the units that both coders coded, by case number and number within the case.

    Parameters
    ----------
    first, second : CaseReviewTable
        Both coders' records.
    field : Field
        What to compare.

    Returns
    -------
    Paired
        Units that one coder named and the other did not are left out.
    """
    codes = [{_key(r): field.code(r) for r in field.records(table)} for table in (first, second)]
    both = sorted(set(codes[0]) & set(codes[1]))
    return Paired(
        field=field,
        cases=tuple(case for case, _ in both),
        first=tuple(codes[0][key] for key in both),
        second=tuple(codes[1][key] for key in both),
    )


def _key(record: Coded) -> tuple[int, int]:
    return (record.number, 0) if isinstance(record, CaseFile) else (record.case, record.number)
