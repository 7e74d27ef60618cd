"""Files of every format deleted, cut, copied, shuffled and corrupted: refused clearly, or every row accounted for."""

import random
import tempfile

import pytest
from damage_counts import report_digests
from damage_expectations import MUST_BE_REFUSED, must_be_refused
from damage_fixtures import made_delivery
from damage_study import TARGETS, copy_delivery
from damage_verdict import examine, losses

from darkfigure.study.spec import read_spec

ROUNDS = 2
"""Times the slow test does every kind of damage again, each time at another place."""
ASKED = 3
"""Of so many damages that change something, one is followed to the answers in the quick test: those take longest."""


def complaints(study, scanner, target, *, seed, to, asked=1):
    """Do each damage to a fresh copy and gather what is wrong with how it was taken; also how often it was refused."""
    spec = target.spec(read_spec(study))
    whole = to / "whole"
    copy_delivery(target, study, whole)
    before = examine(whole, target, spec, scanner=scanner)
    assert before.status == "read", before.told
    assert not before.complaints
    assert before.facts
    found, refused = [], 0
    for number, damage in enumerate(target.damages):
        rng = random.Random(f"{target.name} {damage.name} {seed}")
        folder = to / str(number)
        copy_delivery(target, study, folder)
        damage.apply(rng.choice(sorted(folder.glob(target.damaged))), rng)
        asks = damage.same or target.with_codes or number % asked == 0
        after = examine(folder, target, spec, scanner=scanner, asks=asks)
        wrong = list(after.complaints)
        refused += after.status == "refused"
        if after.status == "read":
            wrong += losses(before, after)
            if report_digests(folder) != report_digests(whole) and not after.differences:
                wrong.append("files differ from the delivery note and nobody is told")
        must = must_be_refused(target.name, damage.name)
        if must and after.status == "read" and not after.refuses_more_than(before):
            wrong.append("taken as if nothing were wrong")
        if damage.same and after.status != "read":
            wrong.append(f"refused by {after.code}, though it loses nothing")
        elif damage.same:
            changed = [name for name in before.facts if after.facts.get(name) != before.facts[name]]
            wrong += [f"changes {name}" for name in changed if name not in damage.but]
        found += [f"{target.name}, {damage.name}, seed {seed}: {complaint}" for complaint in wrong]
    return found, refused


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    return made_delivery(tmp_path_factory)


@pytest.fixture
def quiet_temp(tmp_path, monkeypatch):
    """An empty folder for temporary files; nothing may be left in it."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", TARGETS)
def test_every_damage_is_refused_or_accounted_for(name, delivery, tmp_path, quiet_temp):
    study, scanner = delivery
    found, refused = complaints(study, scanner, TARGETS[name], seed=1, to=tmp_path, asked=ASKED)
    assert not found, "\n".join(found)
    assert 0 < refused < len(TARGETS[name].damages)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 2 + ROUNDS))
@pytest.mark.parametrize("name", TARGETS)
def test_every_kind_of_damage_in_many_places(name, seed, delivery, tmp_path, quiet_temp):
    study, scanner = delivery
    found, refused = complaints(study, scanner, TARGETS[name], seed=seed, to=tmp_path)
    assert not found, "\n".join(found)
    assert refused


def test_the_damages_are_as_many_as_the_page_on_testing_says():
    assert len(TARGETS) == 19
    kinds = sum(len(target.damages) for target in TARGETS.values())
    assert kinds >= 1_250
    assert ROUNDS * kinds >= 2_000
    assert sum(damage.same for target in TARGETS.values() for damage in target.damages) >= 100
    assert (
        sum(must_be_refused(target.name, damage.name) for target in TARGETS.values() for damage in target.damages)
        >= 500
    )
    assert {damage.name for target in TARGETS.values() for damage in target.damages} >= MUST_BE_REFUSED
    for name, target in TARGETS.items():
        names = [damage.name for damage in target.damages]
        assert len(set(names)) == len(names), name
