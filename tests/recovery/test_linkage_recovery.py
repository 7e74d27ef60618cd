"""Known truth for wrong links: units drawn, listed, and linked one by one by a process that errs; then asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity import (
    LinkageErrors,
    checked_sample,
    corrected_many_lists,
    corrected_two_lists,
    declared_errors,
    linkage_corrected,
)
from darkfigure.estimate.sensitivity.linkage_two_lists import FalseLinks
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, TwoSamples

GAMMA, BETA = 0.9, 0.02
KNOWN = declared_errors(gamma=GAMMA, beta=BETA)


def linked_pairs(
    rng: np.random.Generator, units: int, chances: tuple[float, float], gamma: float, beta: float, process: str
) -> TwoSamples:
    """Units of two lists with the links somebody made between them, one record after the other.

    ``"unmatched"``: a unit of the first list that is not in the second is linked to a random one there with chance
    beta. ``"unlinked"``: so is one whose true link was missed. ``"free"``: like that, to one without a link.
    ``"taken"``: like ``"unlinked"``, but a link to a record that already has one is dropped.
    """
    first, second = rng.random(units) < chances[0], rng.random(units) < chances[1]
    partner: dict[int, int] = {}
    used: set[int] = set()
    for unit in np.flatnonzero(first & second):
        if rng.random() < gamma:
            partner[int(unit)] = int(unit)
            used.add(int(unit))
    there = np.flatnonzero(second)
    for unit in np.flatnonzero(first):
        searching = int(unit) not in partner and (process != "unmatched" or not second[unit])
        if not searching or rng.random() >= beta:
            continue
        target = int(rng.choice(there))
        if process == "free":
            while target in used:
                target = int(rng.choice(there))
        if process == "taken" and target in used:
            continue
        partner[int(unit)] = target
        used.add(target)
    return TwoSamples(int(first.sum()), int(second.sum()), len(partner))


def measured(rng: np.random.Generator, pairs: int = 300, others: int = 600) -> LinkageErrors:
    """What a checked sample of that size says of the same linkage."""
    found, false = int(rng.binomial(pairs, GAMMA)), int(rng.binomial(others, BETA))
    return checked_sample(
        true_linked=found, true_missed=pairs - found, unmatched_linked=false, unmatched_unlinked=others - false
    )


@dataclass(frozen=True)
class Result:
    bias: float
    naive: float
    coverage: float
    drawn: float
    error_ratio: float


def two_lists(
    *,
    units: int,
    chances: tuple[float, float],
    process: str,
    replicates: int,
    seed: int,
    evidence: Callable[[np.random.Generator], LinkageErrors] = lambda _: KNOWN,
    beta: float = BETA,
    gamma: float = GAMMA,
) -> Result:
    rng = np.random.default_rng(seed)
    kind: FalseLinks = "unmatched" if process == "unmatched" else "unlinked"
    sizes, naive, errors, held, drawn = [], [], [], 0, 0
    for _ in range(replicates):
        samples = linked_pairs(rng, units, chances, gamma, beta, process)
        found = corrected_two_lists(samples, evidence(rng), false_links=kind, draws=400)
        sizes.append(found.n_total)
        naive.append(found.naive)
        errors.append(found.standard_error)
        held += found.interval.lower <= units <= found.interval.upper
        drawn += found.drawn.lower <= units <= found.drawn.upper
    return Result(
        bias=float(np.mean(sizes)) / units - 1,
        naive=float(np.mean(naive)) / units - 1,
        coverage=held / replicates,
        drawn=drawn / replicates,
        error_ratio=float(np.mean(errors)) / float(np.std(sizes)),
    )


def test_the_number_is_right_where_the_naive_one_is_not() -> None:
    result = two_lists(units=1000, chances=(0.6, 0.7), process="unmatched", replicates=150, seed=11)
    assert abs(result.bias) < 0.01
    assert 0.09 < result.naive < 0.13
    assert 0.9 <= result.coverage <= 0.99
    assert 0.85 < result.error_ratio < 1.15


@pytest.mark.slow
@pytest.mark.parametrize("process", ["unmatched", "unlinked", "free"])
@pytest.mark.parametrize("evidence", [lambda _: KNOWN, measured], ids=["known", "measured"])
@pytest.mark.parametrize(("units", "chances"), [(2000, (0.25, 0.3)), (5000, (0.2, 0.2)), (1500, (0.6, 0.5))])
def test_bias_is_small_and_coverage_is_nominal(
    units: int, chances: tuple[float, float], process: str, evidence: Callable[[np.random.Generator], LinkageErrors]
) -> None:
    """Bias under 5%, and coverage within two points of 95% with two Monte-Carlo standard errors of room."""
    result = two_lists(units=units, chances=chances, process=process, replicates=1000, seed=7, evidence=evidence)
    print(f"{units} {chances} {process}: {result}")
    assert abs(result.bias) < 0.05
    assert abs(result.bias) < abs(result.naive)
    assert abs(result.coverage - 0.95) < 0.02 + 2 * np.sqrt(0.95 * 0.05 / 1000)
    assert 0.9 < result.error_ratio < 1.1


@pytest.mark.slow
def test_dropping_links_to_taken_records_lowers_the_rate_that_must_be_declared() -> None:
    """The declared rate is that of false links that stay: with links to taken records dropped, fewer do."""
    result = two_lists(units=1500, chances=(0.6, 0.5), process="taken", replicates=600, seed=3)
    left = BETA * (1 - GAMMA * 0.6)
    right = two_lists(
        units=1500,
        chances=(0.6, 0.5),
        process="taken",
        replicates=600,
        seed=3,
        evidence=lambda _: declared_errors(gamma=GAMMA, beta=left),
    )
    print(f"declared {BETA}: {result}; declared {left:.4f}: {right}")
    assert abs(result.bias) < 0.05
    assert abs(right.bias) < 0.005 < result.bias
    assert abs(right.coverage - 0.95) < 0.02 + 2 * np.sqrt(0.95 * 0.05 / 600)


def fragments(
    rng: np.random.Generator,
    units: int,
    chances: tuple[float, ...],
    gamma: float,
    beta: float,
    *,
    together: float = 0.0,
) -> CaptureTable:
    """Several lists: each record keeps its identity with chance sqrt(gamma), singles are joined with chance beta.

    ``together``: chance that a unit of list 1 is referred to list 2.
    """
    t = len(chances)
    histories = rng.random((units, t)) < np.array(chances)
    histories[:, 1] |= histories[:, 0] & (rng.random(units) < together)
    pieces: list[set[int]] = []
    for row in histories:
        whole: set[int] = set()
        for j in np.flatnonzero(row):
            if rng.random() < np.sqrt(gamma):
                whole.add(int(j))
            else:
                pieces.append({int(j)})
        if whole:
            pieces.append(whole)
    singles = [i for i, piece in enumerate(pieces) if len(piece) == 1 and min(piece) < t - 1]
    gone: set[int] = set()
    for i in singles:
        if i in gone or len(pieces[i]) != 1 or rng.random() >= beta:
            continue
        own = min(pieces[i])
        while True:
            k = int(rng.integers(len(pieces)))
            if k not in gone and k != i and own not in pieces[k] and max(pieces[k]) > own:
                break
        pieces[k] = pieces[k] | pieces[i]
        gone.add(i)
    kept = [piece for i, piece in enumerate(pieces) if i not in gone]
    return CaptureTable.from_histories([[int(j in piece) for j in range(t)] for piece in kept])


@dataclass(frozen=True)
class ManyResult:
    bias: float
    naive: float
    coverage: float
    error_ratio: float


def many_lists(
    *,
    units: int,
    chances: tuple[float, ...],
    replicates: int,
    seed: int,
    evidence: Callable[[np.random.Generator], LinkageErrors] = lambda _: KNOWN,
    together: float = 0.0,
) -> ManyResult:
    rng = np.random.default_rng(seed)
    sizes, naive, errors, held = [], [], [], 0
    for _ in range(replicates):
        table = fragments(rng, units, chances, GAMMA, BETA, together=together)
        pairs = ((1, 2),) if together else ()
        found = corrected_many_lists(table, evidence(rng), pairs=pairs)
        plain = corrected_many_lists(table, declared_errors(gamma=1.0, beta=0.0), pairs=pairs)
        sizes.append(found.n_total)
        naive.append(plain.n_total)
        errors.append(found.standard_error)
        held += found.interval.lower <= units <= found.interval.upper
    return ManyResult(
        bias=float(np.mean(sizes)) / units - 1,
        naive=float(np.mean(naive)) / units - 1,
        coverage=held / replicates,
        error_ratio=float(np.mean(errors)) / float(np.std(sizes)),
    )


def test_three_lists_are_corrected() -> None:
    result = many_lists(units=1500, chances=(0.4, 0.3, 0.3), replicates=60, seed=5)
    assert abs(result.bias) < 0.02 < result.naive
    assert result.coverage >= 0.88
    assert 0.75 < result.error_ratio < 1.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chances", "together"),
    [((0.3, 0.3, 0.25), 0.0), ((0.2, 0.25, 0.2, 0.3), 0.0), ((0.3, 0.3, 0.25), 0.3)],
    ids=["three", "four", "three with referral"],
)
@pytest.mark.parametrize("evidence", [lambda _: KNOWN, measured], ids=["known", "measured"])
def test_many_lists_bias_and_coverage(
    chances: tuple[float, ...], together: float, evidence: Callable[[np.random.Generator], LinkageErrors]
) -> None:
    result = many_lists(units=2500, chances=chances, replicates=500, seed=9, evidence=evidence, together=together)
    print(f"{chances} {together}: {result}")
    assert abs(result.bias) < 0.05
    assert abs(result.bias) < abs(result.naive)
    assert abs(result.coverage - 0.95) < 0.02 + 2 * np.sqrt(0.95 * 0.05 / 500)


def linked_in_turn(
    rng: np.random.Generator, units: int, chances: tuple[float, ...], gamma: float, beta: float
) -> CaptureTable:
    """Lists linked one after the other to a file of entities: to the oldest of the unit, to a wrong one, or to none."""
    seen = rng.random((units, len(chances))) < np.array(chances)
    entities: list[set[int]] = []
    of_unit: dict[int, list[int]] = {}
    for j in range(len(chances)):
        before = len(entities)
        for unit in rng.permutation(np.flatnonzero(seen[:, j])).tolist():
            own = of_unit.get(unit, [])
            if own and rng.random() < gamma:
                entities[own[0]].add(j)
                continue
            if not own and before and rng.random() < beta:
                wrong = int(rng.integers(before))
                while j in entities[wrong]:
                    wrong = int(rng.integers(before))
                entities[wrong].add(j)
                continue
            entities.append({j})
            of_unit.setdefault(unit, []).append(len(entities) - 1)
    return CaptureTable.from_histories([[int(j in e) for j in range(len(chances))] for e in entities])


@pytest.mark.slow
@pytest.mark.parametrize("chances", [(0.3, 0.3, 0.25), (0.2, 0.25, 0.2, 0.3)], ids=["three", "four"])
def test_lists_linked_in_turn(chances: tuple[float, ...]) -> None:
    """The model of linking in turn fits; the model of linking at once is off, by less than the naive number."""
    rng = np.random.default_rng(21)
    units, replicates = 2000, 500
    turn, once, naive, held = [], [], [], 0
    for _ in range(replicates):
        table = linked_in_turn(rng, units, chances, GAMMA, BETA)
        found = corrected_many_lists(table, KNOWN, linking="in-turn")
        turn.append(found.n_total / units - 1)
        held += found.interval.lower <= units <= found.interval.upper
        once.append(corrected_many_lists(table, KNOWN).n_total / units - 1)
        naive.append(corrected_many_lists(table, declared_errors(gamma=1.0)).n_total / units - 1)
    print(f"{chances}: in turn {np.mean(turn):.4f}, at once {np.mean(once):.4f}, naive {np.mean(naive):.4f}, {held}")
    assert abs(float(np.mean(turn))) < abs(float(np.mean(once))) < 0.05 < float(np.mean(naive))
    assert abs(held / replicates - 0.95) < 0.02 + 2 * np.sqrt(0.95 * 0.05 / replicates)


def test_most_false_links_end_in_a_refusal_not_in_a_number() -> None:
    """With as many false links as true ones the lists say next to nothing: no draw gets a narrow wrong answer."""
    rng = np.random.default_rng(2)
    narrow = 0
    for _ in range(60):
        samples = linked_pairs(rng, 20_000, (0.02, 0.02), 0.3, 0.02, "unmatched")
        try:
            found = corrected_two_lists(samples, declared_errors(gamma=0.3, beta=0.02), draws=100)
        except UnanswerableError:
            continue
        narrow += not found.interval.lower <= 20_000 <= found.interval.upper
    assert narrow <= 6


def test_the_front_door_gives_the_same_number() -> None:
    samples = linked_pairs(np.random.default_rng(4), 4000, (0.3, 0.3), GAMMA, BETA, "unmatched")
    only = (samples.n_first - samples.n_both, samples.n_second - samples.n_both)
    table = CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [*only, samples.n_both])
    result = estimate(linkage_corrected(gamma=GAMMA, beta=BETA), table)
    assert isinstance(result, PopulationEstimate)
    plain = corrected_two_lists(samples, KNOWN)
    assert result.n_total == pytest.approx(plain.n_total)
    assert result.interval == plain.interval
    assert result.diagnostics["n_seen_corrected"] == pytest.approx(plain.n_seen)
