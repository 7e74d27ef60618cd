"""Traffickers of the synthetic case review: composition of each case, ages, channels, arrests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from darkfigure.records.restricted import Channel, Nationality, RelationToTrafficker, Sex, Trafficker, YesNo
from darkfigure.synth.case_files import CaseDraft
from darkfigure.synth.case_quota import no_such_world, shuffled
from darkfigure.synth.case_targets import CaseTargets
from darkfigure.synth.victim_draft import VictimDraft

SPOTLIGHT_AGE = 36
YEARS_BETWEEN_PARENT_AND_CHILD = 14


@dataclass(slots=True, kw_only=True)
class TraffickerDraft:
    """One trafficker while the world is being drawn."""

    file: CaseDraft
    number: int
    sex: Sex
    age: int = 0
    nationality: Nationality = Nationality.FILIPINO
    speaks_english: YesNo = YesNo.UNKNOWN
    channels: frozenset[Channel] = frozenset()
    arrested: bool = False
    arrest_province: str | None = None

    def as_record(self) -> Trafficker:
        """Give the trafficker as the record of the review."""
        return Trafficker(
            case=self.file.number,
            number=self.number,
            sex=self.sex,
            age_years=self.age,
            nationality=self.nationality,
            speaks_english=self.speaks_english,
            channels=self.channels,
            arrested=self.arrested,
            arrest_province=self.arrest_province,
        )


def draw_traffickers(
    files: Sequence[CaseDraft], victims: Sequence[VictimDraft], targets: CaseTargets, *, rng: np.random.Generator
) -> list[TraffickerDraft]:
    """Who are the traffickers of these files?

    Parameters
    ----------
    files : sequence of CaseDraft
    victims : sequence of VictimDraft
        Their relations bound the ages: a parent is at least fourteen years older than the child.
    targets : CaseTargets
    rng : numpy.random.Generator

    Returns
    -------
    list of TraffickerDraft
        In order of file and number.
    """
    traffickers = [
        TraffickerDraft(file=file, number=number, sex=sex)
        for file, sexes in _compositions(files, targets, rng=rng)
        for number, sex in enumerate(sexes, start=1)
    ]
    _give_ages(traffickers, victims, targets, rng=rng)
    _give_nationalities(traffickers, targets, rng=rng)
    _give_channels(traffickers, targets, rng=rng)
    _arrest(traffickers, victims, targets, rng=rng)
    return traffickers


def _compositions(
    files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator
) -> list[tuple[CaseDraft, list[Sex]]]:
    """Draw the traffickers' sexes case by case; the spotlight has one woman."""
    female, male, transgender = Sex.FEMALE, Sex.MALE, Sex.TRANSGENDER
    single_male = targets.single_trafficker_cases - targets.single_female
    mixed = [[female, male] for _ in range(targets.mixed_cases)]
    women = [[female, female] for _ in range(targets.all_female_cases)]
    men = [[male, male] for _ in range(targets.all_male_cases)]
    others = [[transgender, transgender] for _ in range(targets.all_transgender_cases)]
    alone = [[female]] * (targets.single_female - 1) + [[male]] * single_male
    drawn = 1 + sum(map(len, [*mixed, *women, *men, *others, *alone]))
    more_women = targets.female_traffickers - targets.mixed_cases - 2 * targets.all_female_cases - targets.single_female
    more_men = targets.traffickers - drawn - more_women
    if more_women < 0 or more_men < 0:
        raise no_such_world("composition of trafficker groups")
    for _ in range(more_women):
        pool = [*mixed, *women]
        pool[int(rng.integers(len(pool)))].append(female)
    for _ in range(more_men):
        pool = [*mixed, *men]
        pool[int(rng.integers(len(pool)))].append(male)
    spotlight = next(file for file in files if file.spotlight)
    named = shuffled([file for file in files if file.traffickers and file is not spotlight], rng=rng)
    dealt = [(spotlight, [female]), *zip(named, [*mixed, *women, *men, *others, *alone], strict=True)]
    return sorted(((file, shuffled(sexes, rng=rng)) for file, sexes in dealt), key=lambda pair: pair[0].number)


def _give_ages(
    traffickers: Sequence[TraffickerDraft],
    victims: Sequence[VictimDraft],
    targets: CaseTargets,
    *,
    rng: np.random.Generator,
) -> None:
    """Draw ages around the required median, then seat the old enough in files with their own children."""
    low, middle, high = targets.trafficker_age_min, targets.trafficker_age_median, targets.trafficker_age_max
    below = (len(traffickers) - 1) // 2
    above = len(traffickers) - 1 - below
    young = (middle - rng.beta(1.1, 1.9, size=below - 1) * (middle - low)).round().astype(int).tolist()
    old = (middle + rng.beta(1.0, 2.6, size=above - 2) * (high - middle)).round().astype(int).tolist()
    ages = shuffled([low, *young, middle, middle, *old, high], rng=rng)
    ages.append(SPOTLIGHT_AGE)
    ages.remove(min((age for age in ages[:-1] if middle < age < high), key=lambda age: abs(age - SPOTLIGHT_AGE)))
    if np.median(ages) != middle:
        raise no_such_world("median age of traffickers")
    spotlight = next(t for t in traffickers if t.file.spotlight)
    spotlight.age = SPOTLIGHT_AGE
    others = [t for t in traffickers if t is not spotlight]
    for trafficker, age in zip(others, ages[:-1], strict=True):
        trafficker.age = age
    _seat_parents(others, victims)


def _seat_parents(traffickers: Sequence[TraffickerDraft], victims: Sequence[VictimDraft]) -> None:
    """Exchange ages until every file with a trafficker's own child names somebody old enough to be the parent."""
    needed: dict[int, int] = {}
    for victim in victims:
        if victim.relation is RelationToTrafficker.BIOLOGICAL_PARENT and victim.age is not None:
            number = victim.file.number
            needed[number] = max(needed.get(number, 0), victim.age + YEARS_BETWEEN_PARENT_AND_CHILD)
    settled: set[int] = set()
    for number in sorted(needed, key=lambda number: (-needed[number], number)):
        own = [t for t in traffickers if t.file.number == number]
        if not own:
            continue
        eldest = max(own, key=lambda t: (t.age, -t.number))
        if eldest.age < needed[number]:
            donors = [t for t in traffickers if t.age >= needed[number] and id(t) not in settled]
            if not donors:
                raise no_such_world("ages of parents")
            donor = min(donors, key=lambda t: (t.age, t.file.number, t.number))
            donor.age, eldest.age = eldest.age, donor.age
        settled.add(id(eldest))


def _give_nationalities(
    traffickers: Sequence[TraffickerDraft], targets: CaseTargets, *, rng: np.random.Generator
) -> None:
    men = [t for t in traffickers if t.sex is Sex.MALE]
    for trafficker in shuffled(men, rng=rng)[: targets.foreign_traffickers]:
        trafficker.nationality = Nationality.FOREIGN


def _give_channels(traffickers: Sequence[TraffickerDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    order = shuffled(traffickers, rng=rng)
    for trafficker in order[: targets.surface_web]:
        trafficker.channels = frozenset({Channel.SURFACE_WEB})
    shares = {Channel.MONEY_SERVICE: 0.6, Channel.BANK_TRANSFER: 0.08, Channel.DARK_WEB: 0.015}
    for trafficker in traffickers:
        for channel, share in shares.items():
            if rng.random() < share:
                trafficker.channels |= {channel}
    for trafficker in shuffled(order[: targets.surface_web], rng=rng)[: targets.english_known]:
        trafficker.speaks_english = YesNo.YES


def _arrest(
    traffickers: Sequence[TraffickerDraft],
    victims: Sequence[VictimDraft],
    targets: CaseTargets,
    *,
    rng: np.random.Generator,
) -> None:
    """Arrest in some of the provinces where victims were rescued, so that rescues reach further than arrests."""
    rescued_in = {v.file.province for v in victims if v.group is not None}
    named: dict[str, list[TraffickerDraft]] = {}
    for trafficker in traffickers:
        if trafficker.file.province in rescued_in:
            named.setdefault(trafficker.file.province, []).append(trafficker)
    spotlight = next(t for t in traffickers if t.file.spotlight)
    order = sorted(named, key=lambda code: (code != spotlight.file.province, -len(named[code]), code))
    if len(order) < targets.arrest_provinces:
        raise no_such_world("provinces with arrests")
    for code in order[: targets.arrest_provinces]:
        for place, trafficker in enumerate(named[code]):
            if place == 0 or trafficker is spotlight or rng.random() < 0.85:
                trafficker.arrested, trafficker.arrest_province = True, code
