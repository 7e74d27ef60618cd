"""Files of the synthetic case review: year, unit, how each began, how many victims, where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkfigure.records.restricted import Agency, CaseFile, Initiation, YesNo
from darkfigure.synth.case_quota import dealt, no_such_world, shuffled, sizes_with_total
from darkfigure.synth.case_targets import CaseTargets

SPOTLIGHT_YEAR = 2016
SPOTLIGHT_VICTIMS = 4
SPOTLIGHT_PROVINCE = "PH-CEB"
FIRST_VICTIM_YEAR = 2011
LARGE_CASE = 10
LARGEST_CASE = 19

_PROVINCE_WEIGHTS = {
    "PH-CEB": 15, "PH-00": 14, "PH-PAM": 7, "PH-RIZ": 5, "PH-BUL": 5, "PH-CAV": 5, "PH-LAN": 5, "PH-LAG": 4,
    "PH-MSR": 4, "PH-BTG": 3, "PH-DAS": 3, "PH-ZMB": 3, "PH-BOH": 2, "PH-CAS": 2, "PH-ILI": 2, "PH-LEY": 2,
    "PH-NEC": 2, "PH-NUE": 2, "PH-PAN": 2, "PH-QUE": 2, "PH-TAR": 2, "PH-ALB": 1, "PH-DAV": 1, "PH-SCO": 1,
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class CaseDraft:
    """One file while the world is being drawn."""

    number: int
    year: int
    agency: Agency
    initiation: Initiation
    commercial: YesNo
    victims: int = 0
    lone_adult: bool = False
    traffickers: bool = False
    customer_information: bool = False
    spotlight: bool = False
    province: str = ""

    def as_record(self) -> CaseFile:
        """Give the file as the record of the review."""
        return CaseFile(
            number=self.number,
            agency=self.agency,
            year=self.year,
            initiation=self.initiation,
            commercial=self.commercial,
            customer_information=self.customer_information,
            spotlight=self.spotlight,
        )


def draw_files(targets: CaseTargets, *, rng: np.random.Generator) -> list[CaseDraft]:
    """Which files does the review hold?

    Parameters
    ----------
    targets : CaseTargets
    rng : numpy.random.Generator

    Returns
    -------
    list of CaseDraft
        In order of year, numbered from 1.
    """
    years = [year for year, count in targets.cases_by_year.items() for _ in range(count)]
    agencies = dealt(targets.agency, rng=rng)
    paid = dealt(targets.commercial, rng=rng)
    began = dealt(targets.initiation, rng=rng)
    files = [
        CaseDraft(number=number, year=year, agency=agency, initiation=initiation, commercial=commercial)
        for number, (year, agency, initiation, commercial) in enumerate(
            zip(years, agencies, began, paid, strict=True), start=1
        )
    ]
    spotlight = _mark_spotlight(files, rng=rng)
    _place_victims(files, spotlight, targets, rng=rng)
    _place_provinces(files, targets, rng=rng)
    _mark_traffickers(files, targets, rng=rng)
    _mark_customers(files, targets, rng=rng)
    return files


def _mark_spotlight(files: Sequence[CaseDraft], *, rng: np.random.Generator) -> CaseDraft:
    """Choose the spotlight file; the spotlight takes a foreign referral and a confirmed payment from other files."""
    spotlight = shuffled([file for file in files if file.year == SPOTLIGHT_YEAR], rng=rng)[0]
    donor = next(file for file in files if file.initiation is Initiation.INTERNATIONAL_REFERRAL)
    donor.initiation, spotlight.initiation = spotlight.initiation, donor.initiation
    donor = next(file for file in files if file.commercial is YesNo.YES)
    donor.commercial, spotlight.commercial = spotlight.commercial, donor.commercial
    spotlight.spotlight, spotlight.traffickers, spotlight.customer_information = True, True, True
    spotlight.victims, spotlight.province = SPOTLIGHT_VICTIMS, SPOTLIGHT_PROVINCE
    return spotlight


def _place_victims(
    files: Sequence[CaseDraft], spotlight: CaseDraft, targets: CaseTargets, *, rng: np.random.Generator
) -> None:
    early = [file for file in files if file.year < FIRST_VICTIM_YEAR]
    others = [file for file in files if file.year >= FIRST_VICTIM_YEAR and file is not spotlight]
    without = targets.files - targets.cases_with_victims - len(early)
    if without < 0:
        raise no_such_world("files without victims")
    recent = [file for file in others if file.year == max(targets.cases_by_year)]
    empty = {file.number for file in shuffled(recent, rng=rng)[:without]}
    holders = shuffled([file for file in others if file.number not in empty], rng=rng)
    lone, rest = holders[: targets.lone_adults], holders[targets.lone_adults :]
    large, small = rest[: targets.large_cases], rest[targets.large_cases :]
    for file in lone:
        file.victims, file.lone_adult = 1, True
    many = sizes_with_total(len(large), total=targets.large_victims, low=LARGE_CASE, high=LARGEST_CASE, rng=rng)
    left = targets.victims - targets.large_victims - SPOTLIGHT_VICTIMS - targets.lone_adults
    few = sizes_with_total(len(small), total=left, low=1, high=LARGE_CASE - 1, rng=rng)
    for file, size in zip([*large, *small], [*many, *few], strict=True):
        file.victims = size


def _place_provinces(files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    """Give each file a province, so that every chosen province has a file with at least two victims."""
    chosen = list(_PROVINCE_WEIGHTS)[: targets.victim_provinces]
    weights = np.array([_PROVINCE_WEIGHTS[code] for code in chosen], dtype=float)
    open_files = shuffled([file for file in files if not file.spotlight], rng=rng)
    open_files.sort(key=lambda file: file.victims < 2)
    remaining = [code for code in chosen if code != SPOTLIGHT_PROVINCE]
    for place, file in enumerate(open_files):
        draw = int(rng.choice(len(chosen), p=weights / weights.sum()))
        file.province = remaining[place] if place < len(remaining) else chosen[draw]


def _mark_traffickers(files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    """Choose the files that name traffickers: large files do, since so many known relations need a known trafficker."""
    open_files = shuffled([file for file in files if not file.spotlight], rng=rng)
    open_files.sort(key=lambda file: file.victims < LARGE_CASE)
    for file in open_files[: targets.trafficker_cases - 1]:
        file.traffickers = True


def _mark_customers(files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    referred = [file for file in files if file.initiation is Initiation.INTERNATIONAL_REFERRAL and not file.spotlight]
    for file in shuffled(referred, rng=rng)[: sum(targets.lead_country.values()) - 1]:
        file.customer_information = True
