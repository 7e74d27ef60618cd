from __future__ import annotations

import csv
import hashlib
from itertools import combinations
from pathlib import Path

import pytest

from darkfigure.synth.partner_targets import target
from darkfigure.synth.referral_world import AGENCIES, ReferralWorld, simulate_referrals
from darkfigure.synth.referral_writers import write_referrals


@pytest.fixture(scope="module")
def world() -> ReferralWorld:
    return simulate_referrals(seed=7, size="full")


def digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_referrals(simulate_referrals(seed=seed, size="small"), tmp_path / name)
    first, second, other = (digests(tmp_path / name) for name in "abc")
    assert first == second
    assert len(first) == 5
    assert all(first[name] != other[name] for name in first)


def test_published_numbers_of_distinct_cases_lie_behind_the_lists(world: ReferralWorld) -> None:
    cases: dict[int, str] = {}
    for rows in world.lists.values():
        for row in rows:
            if not row.damage and row.case < 313:
                cases[row.case] = row.country
    counts = {code: list(cases.values()).count(code) for code in ("PH", "MX", "BR", "IN", "TH", "RO", "KH")}
    assert counts == world.truth["distinct_by_country"]
    assert len(cases) == 313


def test_some_cases_are_referred_by_two_or_three_agencies(world: ReferralWorld) -> None:
    seen: dict[int, set[str]] = {}
    for agency, rows in world.lists.items():
        for row in rows:
            if not row.damage:
                assert agency not in seen.get(row.case, set())
                seen.setdefault(row.case, set()).add(agency)
    sizes = [len(agencies) for agencies in seen.values()]
    assert (sizes.count(2), sizes.count(3)) == (28, 2)


def test_decisions_tell_the_truth_about_every_pair_they_name(world: ReferralWorld) -> None:
    case = {
        (agency, number): row.case
        for agency, rows in world.lists.items()
        for number, row in enumerate(rows, start=2)
        if not row.damage
    }
    decided = {}
    for agency_a, row_a, agency_b, row_b, decision, who, _, _ in world.decisions:
        same = case[(agency_a, int(row_a))] == case[(agency_b, int(row_b))]
        assert decision == ("same" if same else "different")
        assert who == "reviewer 1"
        decided[frozenset({(agency_a, int(row_a)), (agency_b, int(row_b))})] = same
    true_pairs = {
        frozenset({a, b}) for a, b in combinations(sorted(case), 2) if case[a] == case[b]
    }  # fmt: skip
    assert {pair for pair, same in decided.items() if same} == true_pairs
    assert sum(not same for same in decided.values()) > 20


def test_each_agency_writes_in_its_own_way(world: ReferralWorld, tmp_path: Path) -> None:
    write_referrals(world, tmp_path)
    folder = tmp_path / "input" / "referrals"
    assert sorted(p.name for p in folder.iterdir()) == ["fbi.csv", "nca.xlsx", "nlo.xlsx", "rcmp.csv"]
    assert (folder / "fbi.csv").read_bytes().startswith(b"\xef\xbb\xbfCase Token,")
    french = (folder / "rcmp.csv").read_text(encoding="utf-8")
    assert french.startswith("Dossier;")
    assert "Mexique" in french
    with (folder / "fbi.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert len(list(csv.DictReader(handle))) == world.truth["rows"]["FBI"]


def test_each_list_is_in_order_of_date_with_one_faulty_row(world: ReferralWorld) -> None:
    assert tuple(world.lists) == AGENCIES
    for rows in world.lists.values():
        days = [r.date for r in rows]
        assert days == sorted(days)
        assert sum(bool(r.damage) for r in rows) == 1


def test_targets_are_counts_only() -> None:
    assert target("fig7-ph", size="small") == 24
    with pytest.raises(TypeError):
        target("fig7-ratio", size="full")
