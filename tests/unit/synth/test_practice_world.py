from __future__ import annotations

from pathlib import Path

import pytest

from darkfigure.synth.practice_world import PracticeWorld, simulate_practice, write_practice


@pytest.fixture(scope="module")
def world() -> PracticeWorld:
    return simulate_practice(seed=2020, size="full")


def test_convictions_have_the_published_margins(world: PracticeWorld) -> None:
    rows = world.convictions[1:]
    assert [r[2] for r in rows].count("plea") == 63
    assert [r[2] for r in rows].count("trial") == 13
    trained = [r[1] for r in rows if r[3] == "yes"]
    assert len(trained) == 31
    assert min(trained) >= "2018-03"
    assert max(r[1] for r in rows) <= "2019-12"
    assert min(r[1] for r in rows) >= "2011-01"


def test_interviews_have_the_published_margins(world: PracticeWorld) -> None:
    rows = world.interviews[1:]
    assert (len(rows), len({r[1] for r in rows}), [r[2] for r in rows].count("yes")) == (111, 53, 90)


def test_trainings_start_in_the_published_month(world: PracticeWorld) -> None:
    rows = world.trainings[1:]
    people = {a: sum(int(r[3]) for r in rows if r[2] == a) for a in ("prosecutors", "law enforcers")}
    assert people == {"prosecutors": 79, "law enforcers": 45}
    assert min(r[1] for r in rows) == "2018-03"
    assert max(r[1] for r in rows) <= "2019-12"


def test_programme_years_add_up_to_the_published_totals(world: PracticeWorld) -> None:
    rows = world.programme[1:]
    assert [r[0] for r in rows] == [str(y) for y in range(2011, 2020)]
    assert tuple(sum(int(r[k]) for r in rows) for k in (1, 2, 3)) == (171, 571, 229)


@pytest.mark.parametrize("seed", range(5))
def test_a_small_world_is_possible_for_any_seed(seed: int) -> None:
    world = simulate_practice(seed=seed, size="small")
    assert len(world.convictions) - 1 == world.truth["plea"] + world.truth["trial"]
    assert len({r[1] for r in world.interviews[1:]}) == world.truth["interviewed_cases"]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_practice(simulate_practice(seed=seed, size="full"), tmp_path / name)
    content = {
        name: [p.read_bytes() for p in sorted((tmp_path / name / "input" / "practice").iterdir())] for name in "abc"
    }
    assert len(content["a"]) == 4
    assert content["a"] == content["b"]
    assert all(x != y for x, y in zip(content["a"], content["c"], strict=True))
