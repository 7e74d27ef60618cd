"""Victims of the synthetic case review: ages, rescue groups, families, relations, lengths of abuse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkfigure.records.restricted import RelationInGroup, RelationToTrafficker, Sex
from darkfigure.synth.case_files import LARGE_CASE, CaseDraft
from darkfigure.synth.case_groups import relate_groups
from darkfigure.synth.case_quota import no_such_world, shuffled
from darkfigure.synth.case_targets import CaseTargets
from darkfigure.synth.victim_draft import VictimDraft

SPOTLIGHT_AGES = (7, 11, 10, 11)
SPOTLIGHT_SEXES = (Sex.FEMALE, Sex.FEMALE, Sex.MALE, Sex.FEMALE)
ADULT = 18
OLDEST_CHILD_OF_TRAFFICKER = 24
YOUNGEST_WITH_KNOWN_LENGTH = 5


def draw_victims(files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator) -> list[VictimDraft]:
    """Who are the victims of these files?

    Parameters
    ----------
    files : sequence of CaseDraft
    targets : CaseTargets
    rng : numpy.random.Generator

    Returns
    -------
    list of VictimDraft
        In order of file and number.
    """
    victims = [VictimDraft(file=file, number=number + 1) for file in files for number in range(file.victims)]
    _give_ages(victims, targets, rng=rng)
    _give_sexes(victims, targets, rng=rng)
    groups = _rescue(victims, files, targets, rng=rng)
    relate_groups(groups, targets.relation_in_group, rng=rng)
    _number_families(victims)
    _relate_to_traffickers(victims, targets, rng=rng)
    _give_lengths(victims, targets, rng=rng)
    for victim in victims:
        known = victim.group is not None or rng.random() < 0.7
        victim.province = victim.file.province if known else None
    return victims


def _give_ages(victims: Sequence[VictimDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    ages = _known_ages(targets, rng=rng)
    for victim, age in zip([v for v in victims if v.file.spotlight], SPOTLIGHT_AGES, strict=True):
        victim.age = age
        ages.remove(age)
    for victim in victims:
        if victim.file.lone_adult:
            victim.age = ADULT
            ages.remove(ADULT)
    adults = [age for age in ages if age >= ADULT]
    minors = shuffled([age for age in ages if age < ADULT], rng=rng)
    kept = _seat_adults(victims, adults, rng=rng)
    open_seats = [v for v in victims if v.age is None]
    pull = {v.file.number: float(rng.random()) for v in open_seats}
    order = sorted(open_seats, key=lambda v: (id(v) not in kept, pull[v.file.number] + rng.random()))
    for victim, age in zip(order, minors, strict=False):
        victim.age = age


def _known_ages(targets: CaseTargets, *, rng: np.random.Generator) -> list[int]:
    """Draw the known ages band by band; the median's band has enough victims at the median age itself."""
    ages: list[int] = []
    for band in targets.age_bands:
        if band.low >= ADULT:
            later = ADULT + np.minimum(rng.geometric(0.3, size=band.victims) - 1, targets.age_max - ADULT - 1)
            drawn = [ADULT] * targets.lone_adults + [targets.age_max] + later.tolist()
        else:
            fixed = [age for age in SPOTLIGHT_AGES if band.low <= age <= band.high]
            if band.low <= targets.age_median <= band.high:
                fixed += [targets.age_median] * (band.victims // 2 - len(fixed))
            if band.low == 0:
                fixed = [0]
            drawn = fixed + rng.integers(band.low, band.high + 1, size=band.victims).tolist()
        ages += drawn[: band.victims]
    if np.median(ages) != targets.age_median:
        raise no_such_world("median age of victims")
    return ages


def _seat_adults(victims: Sequence[VictimDraft], adults: Sequence[int], *, rng: np.random.Generator) -> set[int]:
    """Seat adults in files of three victims or more; keep a seat for a minor of known age in each such file."""
    seats: list[VictimDraft] = []
    for file in {id(v.file): v.file for v in victims}.values():
        if file.victims >= 3 and not file.spotlight:
            seats += [v for v in victims if v.file is file][-(file.victims // 3) :]
    chosen = shuffled(seats, rng=rng)[: len(adults)]
    if len(chosen) < len(adults):
        raise no_such_world("adults beside minors")
    for victim, age in zip(chosen, adults, strict=True):
        victim.age = age
    with_adults = {v.file.number for v in chosen}
    return {id(v) for v in victims if v.number == 1 and v.file.number in with_adults}


def _give_sexes(victims: Sequence[VictimDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    for victim, sex in zip([v for v in victims if v.file.spotlight], SPOTLIGHT_SEXES, strict=True):
        victim.sex = sex
    boys = targets.victims - targets.female_victims - SPOTLIGHT_SEXES.count(Sex.MALE)
    for victim in shuffled([v for v in victims if not v.file.spotlight], rng=rng)[:boys]:
        victim.sex = Sex.MALE


def _rescue(
    victims: Sequence[VictimDraft], files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator
) -> list[list[VictimDraft]]:
    """Choose who was rescued, alone or with others of the file; give the groups of two and more."""
    of_file: dict[int, list[VictimDraft]] = {file.number: [] for file in files}
    for victim in victims:
        of_file[victim.file.number].append(victim)
    alone = [v for v in victims if v.file.victims == 1]
    alone += [members[-1] for members in of_file.values() if len(members) >= LARGE_CASE]
    alone.sort(key=lambda v: (not v.file.lone_adult, v.file.victims > 1))
    for victim in alone[: targets.rescued_alone]:
        victim.group, victim.in_group = 9, RelationInGroup.RESCUED_ALONE
    order = shuffled([file for file in files if file.victims >= 2], rng=rng)
    first: dict[str, int] = {}
    for file in order:
        first.setdefault(file.province, file.number)
    order.sort(key=lambda file: (not file.spotlight, first[file.province] != file.number))
    groups: list[list[VictimDraft]] = []
    left = targets.rescued - targets.rescued_alone
    for file in order:
        free = [v for v in of_file[file.number] if v.group is None]
        take = min(len(free), left)
        take -= left - take == 1
        if take >= 2:
            groups += _split(free[:take], rng=rng, whole=file.spotlight)
            left -= take
    if left:
        raise no_such_world("victims rescued together")
    _number_groups(of_file)
    return groups


def _split(members: list[VictimDraft], *, rng: np.random.Generator, whole: bool) -> list[list[VictimDraft]]:
    """Rescue most groups at one time; some larger ones in two operations."""
    chance = 0.0 if whole or len(members) < 4 else 0.6 if len(members) >= LARGE_CASE else 0.15
    parts = [members]
    if rng.random() < chance:
        cut = int(rng.integers(2, len(members) - 1))
        parts = [members[:cut], members[cut:]]
    for number, part in enumerate(parts, start=1):
        for victim in part:
            victim.group = number
    return parts


def _number_groups(of_file: dict[int, list[VictimDraft]]) -> None:
    """Number each file's groups 1, 2, ... in the order of their first victims."""
    for members in of_file.values():
        names = {old: new for new, old in enumerate(dict.fromkeys(v.group for v in members if v.group), start=1)}
        for victim in members:
            victim.group = names[victim.group] if victim.group else None


def _number_families(victims: Sequence[VictimDraft]) -> None:
    """Put siblings of one group into families of up to five; everybody else is a family of one."""
    counters: dict[tuple[int, int | None], int] = {}
    family = 0
    current: dict[tuple[int, int | None], int] = {}
    for victim in victims:
        key = (victim.file.number, victim.group)
        if victim.in_group is not RelationInGroup.SIBLING:
            family += 1
            victim.family = family
            continue
        place = counters.get(key, 0)
        if place % 5 == 0:
            family += 1
            current[key] = family
        counters[key] = place + 1
        victim.family = current[key]


def _relate_to_traffickers(victims: Sequence[VictimDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    """Fill the relations family by family; a relation is known only where the file names a trafficker."""
    families: dict[int, list[VictimDraft]] = {}
    for victim in victims:
        if victim.file.traffickers:
            families.setdefault(victim.family, []).append(victim)
    pull = {v.file.number: float(rng.random()) for v in victims}
    draws = {name: float(rng.random()) for name in families}

    def order(name: int) -> tuple[bool, float]:
        members = families[name]
        return not members[0].file.spotlight, pull[members[0].file.number] + draws[name] - 0.6 * (len(members) > 1)

    queue = sorted(families, key=order)
    for relation, quota in targets.relation.items():
        if relation is RelationToTrafficker.UNKNOWN:
            continue
        left = quota
        for name in list(queue):
            members = families[name]
            grown = any((v.age or 0) > OLDEST_CHILD_OF_TRAFFICKER for v in members)
            if len(members) > left or (grown and relation is RelationToTrafficker.BIOLOGICAL_PARENT):
                continue
            for victim in members:
                victim.relation = relation
            left -= len(members)
            queue.remove(name)
        if left:
            raise no_such_world("relation to the trafficker")


def _give_lengths(victims: Sequence[VictimDraft], targets: CaseTargets, *, rng: np.random.Generator) -> None:
    """Give some rescued victims a length of abuse, alike within a family, with the mean and range required."""
    rescued = [v for v in victims if v.group is not None and not v.file.spotlight]
    old_enough = [v for v in rescued if (v.age or 0) >= YOUNGEST_WITH_KNOWN_LENGTH]
    pull = {v.file.number: float(rng.random()) for v in victims}
    known = sorted(old_enough, key=lambda v: (pull[v.file.number], v.number))[: targets.abuse_known]
    low, high = targets.abuse_min_months, targets.abuse_max_months
    shared = {v.family: int(low + (high - low) * rng.beta(1.6, 1.7)) for v in known}
    months = [shared[v.family] for v in known]
    months[0], months[-1] = low, high
    gap = targets.abuse_mean_months * len(months) - sum(months)
    while gap:
        place = int(rng.integers(1, len(months) - 1))
        step = 1 if gap > 0 else -1
        if low <= months[place] + step <= high:
            months[place] += step
            gap -= step
    for victim, length in zip(known, months, strict=True):
        victim.abuse_months = length
