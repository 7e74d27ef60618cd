"""Files of every format deleted, cut, copied, shuffled and corrupted: refused clearly, or every row accounted for."""

import random
import tempfile
from pathlib import Path

import pytest
from damage_counts import report_digests
from damage_expectations import MUST_BE_REFUSED, must_be_refused
from damage_fixtures import made_delivery
from damage_kinds import ROWS
from damage_study import TARGETS, copy_delivery
from damage_verdict import KEY, examine, losses
from damage_workbooks import SHEETS
from test_damage_faults import FAULTS, READERS, STAGES
from test_damage_runs import RUNS

from darkfigure.study.inputs import read_inputs
from darkfigure.study.progress import silent
from darkfigure.study.questions import answer_questions
from darkfigure.study.spec import read_spec

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "how-this-is-tested.md"
ROUNDS = 2
"""Times the slow test does every kind of damage again, each time at another place."""
ORDER = {"csv": "shuffle the rows", "lsx": "rows in another order"}
ASKED = 3
"""Of so many damages that change something, one is followed to the answers in the quick test: those take longest."""


def complaints(study, scanner, target, *, seed, to, asked=1):
    """Do each damage to a fresh copy and gather what is wrong with how it was taken; also how often it was refused."""
    name, spec = target.name, target.spec(read_spec(study))
    whole = to / "whole"
    copy_delivery(target, study, whole)
    before = examine(whole, target, spec, scanner=scanner)
    assert before.status == "read", before.told
    assert not before.complaints
    assert before.facts
    found, refused = [], 0
    for number, damage in enumerate(target.damages):
        rng = random.Random(f"{name} {damage.name} {seed}")
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
        must = must_be_refused(name, damage.name)
        told = after.refuses_more_than(before) or (name == "delivery-note" and after.differences)
        if must and after.status == "read" and not told:
            wrong.append("taken as if nothing were wrong")
        if damage.same and after.status != "read":
            wrong.append(f"refused by {after.code}, though it loses nothing")
        elif damage.same:
            changed = [fact for fact in before.facts if after.facts.get(fact) != before.facts[fact]]
            wrong += [f"changes {fact}" for fact in changed if fact not in damage.but]
        found += [f"{name}, {damage.name}, seed {seed}: {complaint}" for complaint in wrong]
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


def test_the_page_on_testing_tells_these_numbers():
    done = [(target.name, damage) for target in TARGETS.values() for damage in target.damages]
    kinds = {damage.name for _, damage in done}
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    same = sum(damage.same for _, damage in done)
    must = sum(must_be_refused(name, damage.name) for name, damage in done)
    assert f"| {len(kinds)} kinds, {len(done):,} damages in {len(TARGETS)} formats; {ROUNDS * len(done):,} more" in page
    assert f"| {must} of those damages |" in page
    assert f"| {same} of those damages |" in page
    assert f"| {len(done):,} damages |" in page
    assert f"| {len(RUNS)} commands |" in page
    assert (
        f"| {len(FAULTS)} kinds of exception that carry a secret, raised in {len(READERS) + len(STAGES)} places" in page
    )
    assert kinds >= MUST_BE_REFUSED
    for name, target in TARGETS.items():
        assert len({damage.name for damage in target.damages}) == len(target.damages), name


@pytest.mark.parametrize("agency", ["fbi.csv", "rcmp.csv", "nca.xlsx", "nlo.xlsx"])
def test_decisions_whose_rows_moved_are_told(agency, delivery, tmp_path):
    study, _ = delivery
    target = TARGETS["referral-decisions"]
    spec = target.spec(read_spec(study))
    shuffle = next(damage for damage in (*ROWS, *SHEETS) if damage.name == ORDER[agency[-3:]])

    def ask(name, seed=None):
        folder = tmp_path / name
        copy_delivery(target, study, folder)
        if seed is not None:
            shuffle.apply(folder / "input" / "referrals" / agency, random.Random(seed))
        inputs = read_inputs(spec, folder=folder, key=KEY, progress=silent)
        answer = answer_questions(spec, inputs, folder=folder, truth=None, progress=silent)
        found = next(finding for finding in answer.findings if finding.id == "referrals-distinct")
        return found.value, {caution.code for caution in found.cautions}

    value, cautions = ask("whole")
    assert "C-DECISIONS-NOT-USED" not in cautions
    moved = [ask(f"moved {seed}", seed) for seed in range(6)]
    assert any(other != value for other, _ in moved)
    assert all("C-DECISIONS-NOT-USED" in told for other, told in moved if other != value)


@pytest.mark.parametrize("seed", range(4))
def test_codes_of_a_sample_that_moved_are_refused(seed, delivery, tmp_path):
    study, scanner = delivery
    target = TARGETS["codes"]
    spec = target.spec(read_spec(study))
    whole, moved = tmp_path / "whole", tmp_path / "moved"
    for folder in (whole, moved):
        copy_delivery(target, study, folder)
    shuffle = next(damage for damage in ROWS if damage.name == "shuffle the rows")
    for path in sorted(moved.glob("input/reports/*/reports-*.csv")):
        shuffle.apply(path, random.Random(seed))
    before, after = (examine(folder, target, spec, scanner=scanner) for folder in (whole, moved))
    assert not before.complaints
    assert not after.complaints
    assert after.code in ("E-STUDY-33", "E-STUDY-35") or after.facts == before.facts
