"""Writes the synthetic partner files, reads them with the study's layouts, and keeps what came of it."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

from darkfigure.hotspots import MultiCountryOptions, ReferralOptions
from darkfigure.intake.multi_country import read_multi_country
from darkfigure.intake.practice_tables import read_convictions, read_interviews, read_programme, read_trainings
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.referral_decisions import read_referral_decisions
from darkfigure.intake.referral_survey import ReferralLayout, read_referrals
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import (
    MultiCountryTable,
    PracticeTable,
    ReferralDecision,
    ReferralTable,
)

LAYOUTS = tomllib.loads("""
[fbi]
token = "Case Token"
date = "Date Referred"
country = "Destination Country"
definition = "Meets Definition"
victims = "Victims"
suspects = "Suspects"
channel = "Channel"
date_format = "us"
country_format = "english"

[rcmp]
token = "Dossier"
date = "Date du renvoi"
country = "Pays"
definition = "Définition satisfaite"
victims = "Victimes"
suspects = "Suspects"
channel = "Voie"
date_format = "iso"
country_format = "french"
delimiter = ";"

[nca]
token = "Ref"
date = "Referred on"
country = "Country (ISO3)"
definition = "Assessment"
victims = "No. of victims"
suspects = "No. of suspects"
channel = "Route"
date_format = "english"
country_format = "iso3"
sheet = "Referrals"

[nlo]
token = "Saksnummer"
date = "Dato"
country = "Henvist til"
definition = "Definisjon oppfylt"
victims = "Antall ofre"
suspects = "Antall mistenkte"
channel = "Kanal"
date_format = "nordic"
country_format = "nordic"
sheet = "Henvisninger"
""")
FILES = {"fbi": "fbi.csv", "rcmp": "rcmp.csv", "nca": "nca.xlsx", "nlo": "nlo.xlsx"}
KEY = Pseudonymiser(b"a key for tests!")
PERIOD = {"period_start": datetime.date(2010, 1, 1), "period_end": datetime.date(2017, 12, 31)}
REFERRAL_OPTIONS = ReferralOptions(**PERIOD, study_country="PH")
MULTI_COUNTRY_OPTIONS = MultiCountryOptions(**PERIOD, study_country="PH")


def read_referral_study(
    study: Path, *, key: Pseudonymiser = KEY
) -> tuple[ReferralTable, tuple[ReferralDecision, ...], IntakeAudit]:
    audit, referrals = IntakeAudit(), []
    for name, file in FILES.items():
        rows, account = read_referrals(
            study / "input" / "referrals" / file,
            source=f"referrals-{name}",
            agency=name.upper(),
            layout=ReferralLayout(**LAYOUTS[name]),
            pseudonymiser=key,
        )
        referrals += rows
        audit += account
    decisions, account = read_referral_decisions(study / "hand" / "referral-decisions.csv", source="decisions")
    return ReferralTable(tuple(referrals)), decisions, audit + account


def read_enticement_study(study: Path) -> tuple[MultiCountryTable, IntakeAudit]:
    path = study / "input" / "enticement" / "multi-country-reports.csv"
    return read_multi_country(path, source="enticement", pseudonymiser=KEY)


def read_practice_study(study: Path) -> tuple[PracticeTable, IntakeAudit]:
    folder = study / "input" / "practice"
    convictions, a = read_convictions(folder / "convictions.csv", source="convictions")
    interviews, b = read_interviews(folder / "interviews.csv", source="interviews", pseudonymiser=KEY)
    trainings, c = read_trainings(folder / "trainings.csv", source="trainings")
    programme, d = read_programme(folder / "programme.csv", source="programme")
    table = PracticeTable(convictions=convictions, interviews=interviews, trainings=trainings, programme=programme)
    return table, a + b + c + d
