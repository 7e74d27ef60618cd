"""Referral lists of law-enforcement agencies: each in its own layout, all to one table.

A layout says under which column names an agency writes what, and in which form it writes dates and countries. Only the
columns named there are read; the others are counted and dropped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from darkfigure.errors import IntakeError
from darkfigure.intake.checked_rows import Broken, check_rows, whole_number
from darkfigure.intake.country_names import COUNTRY_FORMS, CountryForm, resolve_country
from darkfigure.intake.csv_rows import CsvRow, CsvRows, read_csv_rows
from darkfigure.intake.dates import DATE_FORMS, DateForm, day_number, parse_date
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.referral_sheets import read_referral_sheet
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import DefinitionMet, Referral

_DEFINITION_WORDS: Mapping[DefinitionMet, tuple[str, ...]] = {
    DefinitionMet.YES: ("yes", "y", "oui", "o", "ja", "j", "kyllä", "já"),
    DefinitionMet.PROBABLE: ("probable", "probably", "p", "likely", "sannsynlig", "sannolik", "sandsynlig"),
    DefinitionMet.UNCLEAR: ("unclear", "u", "uncertain", "incertain", "uklart", "uklar", "oklart", "epäselvä"),
}
_CHANNEL_WORDS: Mapping[str, tuple[str, ...]] = {
    "liaison-officer": ("liaison officer", "agent de liaison", "sambandsmann", "sambandsman"),
    "interpol": ("interpol",),
    "embassy": ("embassy", "ambassade", "ambassad"),
    "joint-operation": ("joint operation", "opération conjointe", "felles aksjon"),
    "other": ("other", "autre", "annet", "annat", "andet"),
}
_DEFINITIONS = {word: meaning for meaning, words in _DEFINITION_WORDS.items() for word in words}
_CHANNELS = {word: code for code, words in _CHANNEL_WORDS.items() for word in words}
_NOT_KNOWN = frozenset({"", "unknown", "n/k", "inconnu", "ukjent", "okänt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralLayout:
    """How one agency lays out its referral file.

    Parameters
    ----------
    token, date, country : str
        Column names: the agency's own case token, the day of the referral, the country referred to.
    definition, victims, suspects, channel : str
        Column names, or empty where the agency has no such column.
    date_format : str
        ``"iso"``, ``"us"``, ``"english"``, ``"french"`` or ``"nordic"`` (see ``parse_date``).
    country_format : str
        ``"iso2"``, ``"iso3"``, ``"english"``, ``"french"`` or ``"nordic"`` (see ``resolve_country``).
    delimiter : str
        Of a CSV file.
    sheet : str
        Of an XLSX file.

    Raises
    ------
    IntakeError (E-INTAKE-80)
        A form is not one of those above, the delimiter is not one character, or two fields share a column.
    """

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

    def __post_init__(self) -> None:
        named = [*self.required, *self.optional]
        faults = [
            (self.date_format not in DATE_FORMS, "date_format is not known", ", ".join(DATE_FORMS)),
            (self.country_format not in COUNTRY_FORMS, "country_format is not known", ", ".join(COUNTRY_FORMS)),
            (len(self.delimiter) != 1, "delimiter is not one character", "one character"),
            (len(set(named)) != len(named), "two fields share a column", "one column for each field"),
            (not all(self.required), "token, date or country has no column", "the names of three columns"),
        ]
        for broken, problem, allowed in faults:
            if broken:
                raise IntakeError(
                    "E-INTAKE-80",
                    where="[source.layout]",
                    problem=problem,
                    allowed=allowed,
                    remedy="Correct the layout of this source in study.toml.",
                )

    @property
    def required(self) -> tuple[str, ...]:
        """Columns every row must have."""
        return (self.token, self.date, self.country)

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns of this layout that a row may leave empty."""
        return tuple(c for c in (self.definition, self.victims, self.suspects, self.channel) if c)


def read_referrals(
    path: Path, *, source: str, agency: str, layout: ReferralLayout, pseudonymiser: Pseudonymiser, file: str = ""
) -> tuple[tuple[Referral, ...], IntakeAudit]:
    """Which referrals does this agency state, and which of its rows break a rule?

    Parameters
    ----------
    path : Path
        CSV or XLSX file of the agency.
    source, agency : str
        Name of the declared source, and short name of the agency.
    layout : ReferralLayout
        How the agency writes.
    pseudonymiser : Pseudonymiser
        Replaces case tokens.
    file : str
        Name of the file in the account; the file's own name when empty.

    Returns
    -------
    tuple of Referral
        Accepted rows in file order; ``row`` is the line (CSV) or row (XLSX) of the agency's own file.
    IntakeAudit
        Every row, accepted or refused.

    Raises
    ------
    IntakeError (E-INTAKE-01 to E-INTAKE-08, E-INTAKE-81, E-INTAKE-82)
        The file cannot be read as a whole.

    Notes
    -----
    Rules, in the order checked: ``token-missing``, ``token-repeated`` (the first accepted row of a token stands),
    ``date-malformed``, ``country-unknown``, ``definition-not-listed``, ``count-malformed``, ``channel-not-listed``. An
    empty definition counts as unclear, an empty number or channel as not stated.
    """
    name = file or path.name
    rows = _read_rows(path, source=source, name=name, layout=layout)
    seen: set[str] = set()

    def check(row: CsvRow) -> Referral | Broken:
        token = row.values[layout.token].strip()
        if token in seen:
            return Broken(layout.token, "token-repeated")
        made = _referral(row, agency=agency, layout=layout, pseudonymiser=pseudonymiser)
        if isinstance(made, Referral):
            seen.add(token)
        return made

    checked = check_rows(rows, source=source, file=name, unit="referrals", check=check)
    return checked.records, checked.audit


def _read_rows(path: Path, *, source: str, name: str, layout: ReferralLayout) -> CsvRows:
    kind = path.suffix.lower()
    if kind == ".csv":
        return read_csv_rows(
            path, source=source, required=(*layout.required, *layout.optional), unit="referrals",
            delimiter=layout.delimiter, file=name,
        )  # fmt: skip
    if kind == ".xlsx":
        columns = (*layout.required, *layout.optional)
        return read_referral_sheet(path, source=source, sheet=layout.sheet, columns=columns, file=name)
    raise IntakeError(
        "E-INTAKE-81",
        where=f"source {source}, file {name}",
        problem="the file is neither CSV nor XLSX",
        allowed="a file whose name ends in .csv or .xlsx",
        remedy="Save the list in one of these formats and correct the path in study.toml.",
    )


def _referral(row: CsvRow, *, agency: str, layout: ReferralLayout, pseudonymiser: Pseudonymiser) -> Referral | Broken:
    values = {column: value.strip() for column, value in row.values.items()}
    token = values[layout.token]
    if not token:
        return Broken(layout.token, "token-missing")
    date = parse_date(values[layout.date], form=cast(DateForm, layout.date_format))
    if date is None:
        return Broken(layout.date, "date-malformed")
    country = resolve_country(values[layout.country], form=cast(CountryForm, layout.country_format))
    if country is None:
        return Broken(layout.country, "country-unknown")
    definition = _word(values, layout.definition, _DEFINITIONS)
    channel = _word(values, layout.channel, _CHANNELS)
    victims, suspects = _count(values, layout.victims), _count(values, layout.suspects)
    for made in (definition, victims, suspects, channel):
        if isinstance(made, Broken):
            return made
    return Referral(
        agency=agency,
        row=row.number,
        token=pseudonymiser.of(f"referral {agency}", token),
        day=day_number(date),
        country=country,
        definition_met=cast(DefinitionMet, definition or DefinitionMet.UNCLEAR),
        victims=cast("int | None", victims),
        suspects=cast("int | None", suspects),
        channel=cast("str | None", channel),
    )


def _word(values: Mapping[str, str], column: str, words: Mapping[str, str]) -> str | Broken | None:
    text = unicodedata.normalize("NFKC", values.get(column, "")).casefold()
    if text in words:
        return words[text]
    rule = "definition-not-listed" if words is _DEFINITIONS else "channel-not-listed"
    return None if text in _NOT_KNOWN else Broken(column, rule)


def _count(values: Mapping[str, str], column: str) -> int | Broken | None:
    text = values.get(column, "")
    number = whole_number(text)
    if number is not None or text.casefold() in _NOT_KNOWN:
        return number
    return Broken(column, "count-malformed")
