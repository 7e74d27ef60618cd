"""Writes the synthetic referral lists as each agency lays out its own file."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import xlsxwriter

from darkfigure.records.restricted import DefinitionMet
from darkfigure.reference.countries import countries
from darkfigure.synth.referral_world import ReferralRow, ReferralWorld

_ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NORWEGIAN_MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni",
    "juli", "august", "september", "oktober", "november", "desember",
)  # fmt: skip
_DEFINITION = {
    "FBI": {DefinitionMet.YES: "Yes", DefinitionMet.PROBABLE: "Probable", DefinitionMet.UNCLEAR: "Unclear"},
    "RCMP": {DefinitionMet.YES: "oui", DefinitionMet.PROBABLE: "probable", DefinitionMet.UNCLEAR: "incertain"},
    "NCA": {DefinitionMet.YES: "Y", DefinitionMet.PROBABLE: "P", DefinitionMet.UNCLEAR: "U"},
    "NLO": {DefinitionMet.YES: "ja", DefinitionMet.PROBABLE: "sannsynlig", DefinitionMet.UNCLEAR: "uklart"},
}
_ENGLISH_CHANNELS = {
    "liaison-officer": "liaison officer", "interpol": "INTERPOL", "embassy": "embassy",
    "joint-operation": "joint operation", "other": "other",
}  # fmt: skip
_FRENCH_CHANNELS = {
    "liaison-officer": "agent de liaison", "interpol": "INTERPOL", "embassy": "ambassade",
    "joint-operation": "opération conjointe", "other": "autre",
}  # fmt: skip
_NORWEGIAN_CHANNELS = {
    "liaison-officer": "sambandsmann", "interpol": "Interpol", "embassy": "ambassade",
    "joint-operation": "felles aksjon", "other": "annet",
}  # fmt: skip
_NORDIC_OFFICES = ("Norge", "Sverige", "Danmark", "Finland", "Island")
_FIXED_TIME = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
DECISION_COLUMNS = ("agency_a", "row_a", "agency_b", "row_b", "decision", "who", "when", "why")


def write_referrals(world: ReferralWorld, study: Path) -> None:
    """Write four agencies' files under ``input/referrals`` and the reviewers' decisions under ``hand``.

    Parameters
    ----------
    world : ReferralWorld
    study : Path
        Study folder; folders inside it are made.
    """
    folder = study / "input" / "referrals"
    folder.mkdir(parents=True, exist_ok=True)
    (study / "hand").mkdir(parents=True, exist_ok=True)
    lists = world.lists
    (folder / "fbi.csv").write_bytes(b"\xef\xbb\xbf" + _csv(_FBI_HEADER, map(_fbi, lists["FBI"]), end="\r\n"))
    (folder / "rcmp.csv").write_bytes(_csv(_RCMP_HEADER, map(_rcmp, lists["RCMP"]), delimiter=";"))
    _write_xlsx(folder / "nca.xlsx", "Referrals", _NCA_HEADER, map(_nca, lists["NCA"]))
    _write_xlsx(folder / "nlo.xlsx", "Henvisninger", _NLO_HEADER, map(_nlo, lists["NLO"]))
    (study / "hand" / "referral-decisions.csv").write_bytes(_csv(DECISION_COLUMNS, world.decisions))


_FBI_HEADER = (
    "Case Token", "Date Referred", "Field Office", "Destination Country", "Meets Definition", "Victims", "Suspects",
    "Channel",
)  # fmt: skip
_RCMP_HEADER = ("Dossier", "Date du renvoi", "Pays", "Définition satisfaite", "Victimes", "Suspects", "Voie")
_NCA_HEADER = ("Ref", "Country (ISO3)", "Referred on", "Assessment", "No. of suspects", "No. of victims", "Route")
_NLO_HEADER = (
    "Saksnummer", "Rapporterende land", "Dato", "Henvist til", "Definisjon oppfylt", "Antall ofre", "Antall mistenkte",
    "Kanal",
)  # fmt: skip


def _fbi(row: ReferralRow) -> Sequence[str]:
    country = countries()[row.country].english
    if row.country == "PH" and row.case % 9 == 0:
        country = countries()["PH"].also[0]
    return (
        row.token, f"{row.date.month}/{row.date.day}/{row.date.year}", "International Operations", country,
        _DEFINITION["FBI"][row.definition], _count(row.victims, ""), _count(row.suspects, "Unknown"),
        _ENGLISH_CHANNELS[row.channel],
    )  # fmt: skip


def _rcmp(row: ReferralRow) -> Sequence[str]:
    country = "Asie du Sud-Est" if row.damage == "country-unknown" else _named(countries()[row.country].french, row)
    return (
        row.token, row.date.isoformat(), country, _DEFINITION["RCMP"][row.definition], _count(row.victims, "inconnu"),
        _count(row.suspects, "inconnu"), _FRENCH_CHANNELS[row.channel],
    )  # fmt: skip


def _nca(row: ReferralRow) -> Sequence[str]:
    month = _ENGLISH_MONTHS[row.date.month - 1]
    date = f"{month} {row.date.year}" if row.damage == "date-malformed" else f"{row.date.day} {month} {row.date.year}"
    return (
        row.token, countries()[row.country].iso3, date, _DEFINITION["NCA"][row.definition],
        _count(row.suspects, "N/K"), _count(row.victims, "N/K"), _ENGLISH_CHANNELS[row.channel],
    )  # fmt: skip


def _nlo(row: ReferralRow) -> Sequence[str]:
    date = f"{row.date.day}. {_NORWEGIAN_MONTHS[row.date.month - 1]} {row.date.year}"
    victims = "flere" if row.damage == "count-malformed" else _count(row.victims, "ukjent")
    return (
        row.token, _NORDIC_OFFICES[row.date.toordinal() % 5], date, _named(countries()[row.country].nordic, row),
        _DEFINITION["NLO"][row.definition], victims, _count(row.suspects, "ukjent"), _NORWEGIAN_CHANNELS[row.channel],
    )  # fmt: skip


def _named(names: Sequence[str], row: ReferralRow) -> str:
    """Pick one of a country's names, as the office that writes the row would."""
    return names[row.date.toordinal() % 5 % len(names)]


def _count(number: int | None, unknown: str) -> str:
    return unknown if number is None else str(number)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ",", end: str = "\n") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _write_xlsx(path: Path, sheet: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write one sheet of text and whole numbers; the same rows give the same bytes."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _FIXED_TIME, "author": "", "title": "Synthetic referrals"})
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        page.write_row(0, 0, header, bold)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                write: Callable[..., object] = page.write_number if value.isdigit() else page.write_string
                write(number, place, int(value) if value.isdigit() else value)
