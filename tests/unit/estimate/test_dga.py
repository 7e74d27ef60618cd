"""Averaging over decomposable graphs: graphs, posterior by brute force, refusals, cautions, invariances."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import CaptureTable, cells, estimate
from darkfigure.estimate.bayes import decomposable_graphs, posterior_of_missing, prior_sensitivity
from darkfigure.estimate.bayes.chordal_graphs import decomposable_family
from darkfigure.estimate.bayes.decomposable_graphs import prior_share
from darkfigure.estimate.bayes.growing_grid import LONGEST, settled_posterior
from darkfigure.estimate.bayes.missing_posterior import GraphScores, posterior_up_to
from darkfigure.estimate.bayes.prior_sensitivity import customary_deltas
from darkfigure.records.aggregate import NotEstimable, PopulationEstimate, Reason

THREE = [90, 80, 44, 70, 31, 24, 12]
FOUR = [122, 98, 40, 77, 21, 18, 9, 64, 15, 22, 6, 17, 8, 5, 3]


def table_of(counts: list[int]) -> CaptureTable:
    lists = (len(counts) + 1).bit_length() - 1
    return CaptureTable.from_histories(cells.all_histories(lists).astype(int), counts)


def estimated(table: CaptureTable, **options: object) -> PopulationEstimate:
    result = estimate(decomposable_graphs(**options), table)  # type: ignore[arg-type]
    assert isinstance(result, PopulationEstimate), result
    return result


def has_long_cycle_without_chord(n: int, edges: set[tuple[int, int]]) -> bool:
    joined = {frozenset(edge) for edge in edges}
    for size in range(4, n + 1):
        for ring in itertools.permutations(range(n), size):
            around = {frozenset((ring[i], ring[(i + 1) % size])) for i in range(size)}
            inside = {frozenset(pair) for pair in itertools.combinations(ring, 2)}
            if around <= joined and not (inside - around) & joined:
                return True
    return False


@pytest.mark.parametrize(("lists", "graphs"), [(2, 2), (3, 8), (4, 61), (5, 822), (6, 18_154)])
def test_number_of_decomposable_graphs(lists: int, graphs: int) -> None:
    assert decomposable_family(lists).weights.shape[0] == graphs


@pytest.mark.parametrize("lists", [4, 5])
def test_graphs_are_those_without_a_long_cycle(lists: int) -> None:
    pairs = list(itertools.combinations(range(lists), 2))
    rng = np.random.default_rng(1)
    every = range(1 << len(pairs)) if lists == 4 else rng.choice(1 << len(pairs), 60, replace=False).tolist()
    ours = set(decomposable_family(lists).edges.tolist())
    for number in every:
        edges = {pair for bit, pair in enumerate(pairs) if number >> bit & 1}
        assert (number in ours) != has_long_cycle_without_chord(lists, edges), edges


def test_cliques_and_separators_hold_each_list_once() -> None:
    for lists in (3, 4, 5, 6):
        weights = decomposable_family(lists).weights
        holds = np.array([[s >> j & 1 for j in range(lists)] for s in range(1 << lists)])
        assert (weights.astype(int) @ holds == 1).all()


def dirichlet(cell_counts: list[float], weight: float) -> float:
    """Log probability of an ordered sample with these cell counts under a symmetric Dirichlet prior."""
    total = sum(cell_counts)
    value = math.lgamma(weight * len(cell_counts)) - math.lgamma(weight * len(cell_counts) + total)
    return value + sum(math.lgamma(weight + c) - math.lgamma(weight) for c in cell_counts)


def three_lists_by_hand(counts: list[int], delta: float, missing: int) -> list[float]:
    """Log score of the eight graphs of three lists A, B, C, each written out."""
    n = {"000": missing, **dict(zip(("001", "010", "011", "100", "101", "110", "111"), counts, strict=True))}

    def margin(places: str) -> float:
        sums: dict[str, float] = {}
        for cell, count in n.items():
            key = "".join(cell["ABC".index(place)] for place in places)
            sums[key] = sums.get(key, 0) + count
        return dirichlet(list(sums.values()), delta * 2 ** (3 - len(places)))

    a, b, c = margin("A"), margin("B"), margin("C")
    ab, ac, bc, abc = margin("AB"), margin("AC"), margin("BC"), margin("ABC")
    graphs = [a + b + c, ab + c, ac + b, bc + a, ab + ac - a, ab + bc - b, ac + bc - c, abc]
    total = sum(n.values())
    ways = math.lgamma(total + 1) - math.lgamma(missing + 1)
    return [g + ways for g in graphs]


PRIORS = {"1/n_total": lambda m, n: -math.log(m + n), "1/n_missing": lambda m, n: -math.log(m), "flat": lambda m, n: 0}


@pytest.mark.parametrize("prior", list(PRIORS))
@pytest.mark.parametrize("delta", [0.125, 1.0, 2.5])
def test_three_lists_equal_the_formulas_written_out(prior: str, delta: float) -> None:
    counts = [9, 8, 4, 7, 3, 2, 1]
    grid = range(1, 400)
    scores = np.array([three_lists_by_hand(counts, delta, m) for m in grid]).T
    scores += np.array([PRIORS[prior](m, sum(counts)) for m in grid])
    joint = np.exp(scores - scores.max())
    joint /= joint.sum()
    ours = posterior_of_missing(np.array(counts, dtype=float), delta=delta, missing=np.array(grid), prior=prior)  # type: ignore[arg-type]
    assert ours.probability == pytest.approx(joint.sum(axis=0), rel=1e-10, abs=1e-15)
    by_cliques = {ours.family.cliques(g): p for g, p in enumerate(ours.graph_probability)}
    a, b, c, ab, ac, bc = (0,), (1,), (2,), (0, 1), (0, 2), (1, 2)
    names = [(a, b, c), (ab, c), (ac, b), (bc, a), (ab, ac), (ab, bc), (ac, bc), ((0, 1, 2),)]
    for name, probability in zip(names, joint.sum(axis=1), strict=True):
        assert by_cliques[name] == pytest.approx(probability, rel=1e-10)


def test_what_is_left_out_is_negligible() -> None:
    """All graphs at all points, without the bound, on a grid long enough for the bound to bite."""
    scores = GraphScores(np.array(FOUR, dtype=float), 0.0625, "1/n_total")
    grid = np.arange(0, 6000.0)
    full = scores.of(grid, slice(None))
    joint = np.exp(full - full.max())
    joint /= joint.sum()
    ours = posterior_of_missing(np.array(FOUR, dtype=float), delta=0.0625, missing=grid)
    assert ours.probability == pytest.approx(joint.sum(axis=0), rel=1e-9, abs=1e-18)
    assert ours.graph_probability == pytest.approx(joint.sum(axis=1), rel=1e-9, abs=1e-18)


def test_bound_between_two_points_holds() -> None:
    scores = GraphScores(np.array(FOUR, dtype=float), 0.0625, "1/n_total")
    for start, end in ((3.0, 40.0), (100.0, 3000.0), (5000.0, 9000.0)):
        inside = scores.of(np.linspace(start, end, 101), slice(None))
        bound = (
            np.maximum(inside[:, 0], inside[:, -1])
            + scores.excess(np.array([start]), np.array([end - start]), slice(None))[:, 0]
        )
        assert (inside.max(axis=1) <= bound + 1e-9).all()
        peaks = inside.max(axis=1) > np.maximum(inside[:, 0], inside[:, -1]) + 1e-6
        assert peaks.any() == (start == 100.0)


def test_points_that_stand_for_several_numbers_change_nothing() -> None:
    counts = np.array([5200.0, 4100, 610, 3900, 480, 370, 45])
    scores = GraphScores(counts, 0.125, "1/n_total")
    coarse = posterior_up_to(scores, 200_000)
    fine = posterior_of_missing(counts, delta=0.125, missing=np.arange(0, 200_001))
    assert coarse.widths.max() > 1
    assert coarse.mean == pytest.approx(fine.mean, rel=1e-9)
    assert coarse.standard_deviation == pytest.approx(fine.standard_deviation, rel=1e-6)
    assert coarse.graph_probability == pytest.approx(fine.graph_probability, rel=1e-7, abs=1e-12)
    for level in (0.025, 0.25, 0.5, 0.75, 0.975):
        assert abs(coarse.quantile(level) - fine.quantile(level)) <= 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5])
def test_order_of_lists_does_not_matter(order: tuple[int, ...]) -> None:
    histories = cells.all_histories(4).astype(int)
    plain = estimated(CaptureTable.from_histories(histories, FOUR))
    turned = estimated(CaptureTable.from_histories(histories[:, order], FOUR))
    assert turned.n_total == plain.n_total
    assert turned.interval == plain.interval
    assert turned.diagnostics["posterior_mean"] == pytest.approx(plain.diagnostics["posterior_mean"], rel=1e-12)


def test_total_is_the_posterior_median_and_the_rest_is_told() -> None:
    table = table_of(FOUR)
    result = estimated(table)
    posterior = posterior_of_missing(
        cells.full_counts(table.cells),
        delta=2.0**-4,
        missing=np.arange(0, 40_000),  # type: ignore[arg-type]
    )
    n = table.n_observed
    assert result.n_total == n + posterior.quantile(0.5)
    assert result.interval is not None
    assert result.interval.lower == n + posterior.quantile(0.025)
    assert result.interval.upper == n + posterior.quantile(0.975)
    assert result.diagnostics["posterior_mode"] == n + posterior.mode
    assert result.diagnostics["mass_at_grid_end"] <= 1e-6
    probabilities = [value for name, value in result.diagnostics.items() if name.startswith("P(")]
    assert probabilities == pytest.approx(np.sort(posterior.graph_probability)[::-1][:5], rel=1e-6)


def test_grid_grows_until_its_end_is_empty() -> None:
    table = table_of(THREE)
    found = settled_posterior(table, cells.full_counts(table.cells), delta=0.5)  # type: ignore[arg-type]
    assert found.mass_at_end <= 1e-6
    short = settled_posterior(table, cells.full_counts(table.cells), delta=0.5, n_missing_max=120)  # type: ignore[arg-type]
    assert short.mass_at_end > 0.01
    assert short.posterior.missing[-1] == 120


def test_posterior_that_never_settles_is_refused() -> None:
    """Only the graph that joins all lists fits; its posterior falls as a power of the total that the prior sets."""
    table = table_of([30, 30, 0, 30, 0, 0, 3])
    result = estimate(decomposable_graphs(prior="flat"), table)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.PRIOR_DOMINATED
    assert result.diagnostics["mass_at_grid_end"] > 1e-3
    alike = table.n_captures**2 / (2 * (table.n_captures - table.n_observed))
    assert result.diagnostics["grid_end"] == pytest.approx(LONGEST * alike, rel=0.05)


def test_grid_cut_where_the_posterior_is_high_is_refused() -> None:
    result = estimate(decomposable_graphs(n_missing_max=100), table_of(THREE))
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.PRIOR_DOMINATED


def test_answer_that_is_the_prior_weight_alone_is_refused() -> None:
    table = table_of([900, 800, 2, 700, 2, 3, 0])
    result = estimate(decomposable_graphs(), table)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.PRIOR_DOMINATED
    assert result.diagnostics["highest_median_over_delta"] > 10 * result.diagnostics["lowest_median_over_delta"]


def test_customary_weights_span_a_factor_of_sixteen() -> None:
    for lists, delta in ((3, None), (4, 0.5), (5, 1 / 32), (4, 4.0), (3, 0.001)):
        low, middle, high = customary_deltas(lists, delta)
        assert high / low == pytest.approx(16)
        assert low < middle < high
        assert delta is None or low <= delta <= high


def test_sensitivity_rows_say_what_the_estimate_says() -> None:
    table = table_of(FOUR)
    rows = prior_sensitivity(table, deltas=(0.0625, 1.0), priors=("1/n_total", "flat"))
    assert [(row.prior, row.delta) for row in rows] == [
        ("1/n_total", 0.0625), ("1/n_total", 1.0), ("flat", 0.0625), ("flat", 1.0),
    ]  # fmt: skip
    for row in rows:
        alone = estimated(table, delta=row.delta, prior=row.prior)
        assert (row.median, row.lower, row.upper) == (
            alone.n_total, alone.interval.lower, alone.interval.upper,  # type: ignore[union-attr]
        )  # fmt: skip
        assert alone.diagnostics[f"P({row.top_model})"] == row.top_probability
    assert rows[2].median > rows[0].median


def test_same_answer_twice() -> None:
    assert estimated(table_of(FOUR)) == estimated(table_of(FOUR))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [30, 20, 10]), Reason.TOO_FEW_LISTS),
        (CaptureTable.from_histories(np.eye(3, dtype=int), [30, 20, 10]), Reason.NO_OVERLAP),
        (
            CaptureTable.from_histories(np.vstack([np.eye(7, dtype=int), np.ones((1, 7), dtype=int)])),
            Reason.WRONG_TABLE,
        ),
        (CaptureTable.from_frequencies([30, 20, 10], n_occasions=4), Reason.WRONG_TABLE),
        (CaptureTable.from_frequencies([30, 20, 10]), Reason.WRONG_TABLE),
    ],
)
def test_refusals(table: CaptureTable, reason: Reason) -> None:
    result = estimate(decomposable_graphs(), table)
    assert isinstance(result, NotEstimable)
    assert result.reason is reason


@pytest.mark.parametrize("options", [{"delta": 0.0}, {"delta": math.inf}, {"prior": "jeffreys"}, {"n_missing_max": 0}])
def test_impossible_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(EstimateError) as caught:
        decomposable_graphs(**options)  # type: ignore[arg-type]
    assert caught.value.code == "E-EST-40"


@pytest.mark.parametrize("grid", [[0, 1, 2], [3, 2, 1], [], [1, 1]])
def test_impossible_grids_are_refused(grid: list[int]) -> None:
    with pytest.raises(EstimateError) as caught:
        posterior_of_missing(np.array(THREE, dtype=float), delta=1.0, missing=np.array(grid), prior="1/n_missing")
    assert caught.value.code == "E-EST-40"


def test_largest_graph_family_answers() -> None:
    rng = np.random.default_rng(4)
    seen = rng.random((400, 6)) < 0.25
    table = CaptureTable.from_histories(seen[seen.any(axis=1)].astype(int))
    result = estimated(table)
    assert result.diagnostics["graphs"] == 18_154
    assert 350 < result.n_total < 460


def test_a_posterior_of_the_joined_graph_is_refused_because_it_is_the_prior() -> None:
    """With many units and a strong dependence the data choose the graph under which they say nothing of the unseen."""
    table = table_of([9000, 9000, 900, 9000, 900, 900, 9000])
    result = estimate("dga", table)
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.PRIOR_DOMINATED
    assert result.diagnostics["prior_share"] > 0.99
    declared = estimated(table, delta=0.125)
    assert "C-PRIOR-SHARE" in [caution.code for caution in declared.cautions]
    posterior = settled_posterior(table, np.array([9000.0, 9000, 900, 9000, 900, 900, 9000]), delta=0.125).posterior
    flat = settled_posterior(table, np.array([4500.0, 4500, 450, 4500, 450, 450, 4500]), delta=0.125).posterior
    assert abs(posterior.quantile(0.9) / flat.quantile(0.9) - 2) < 0.1, "half the units, the same share unseen"


def test_the_share_of_the_joined_graph_is_that_of_brute_force() -> None:
    counts = np.array(THREE, dtype=float)
    posterior = posterior_of_missing(counts, delta=1.0, missing=np.arange(0, 3000))
    joined = [g for g in range(8) if posterior.family.cliques(g) == ((0, 1, 2),)]
    assert prior_share(posterior) == pytest.approx(float(posterior.graph_probability[joined].sum()))
    assert 0 < prior_share(posterior) < 0.5
    assert estimated(table_of(THREE), delta=1.0).diagnostics["prior_share"] == pytest.approx(
        prior_share(posterior), rel=1e-4
    )


def test_a_range_without_a_meaning_is_refused() -> None:
    """The upper end more than fifty times the lower: the tail falls as the prior does."""
    for level in (0.95, 0.5):
        result = estimate("dga", table_of([60, 65, 0, 45, 0, 1, 0]), level=level)
        assert isinstance(result, NotEstimable)
        assert result.reason is Reason.PRIOR_DOMINATED
        assert result.diagnostics["upper_95"] > 50 * result.diagnostics["lower_95"] > 0


@pytest.mark.parametrize("end", [3e5, 2e6])
def test_far_out_fewer_points_give_the_same_posterior(end: float) -> None:
    counts = np.array([12_000.0, 9_000, 700, 15_000, 900, 800, 60])
    scores = GraphScores(counts, 0.125, "1/n_total")
    coarse = posterior_up_to(scores, end)
    whole = posterior_of_missing(counts, delta=0.125, missing=np.arange(0, int(end) + 1))
    for level in (0.025, 0.5, 0.975):
        assert coarse.quantile(level) == pytest.approx(whole.quantile(level), rel=1e-5)
    assert coarse.mean == pytest.approx(whole.mean, rel=1e-6)
    assert coarse.graph_probability == pytest.approx(whole.graph_probability, abs=1e-6)


def test_up_to_150_000_missing_the_grid_is_as_fine_as_ever() -> None:
    found = posterior_up_to(GraphScores(np.array([9.0, 8, 4, 7, 3, 2, 1]), 0.125, "1/n_total"), 150_000)
    assert found.widths.max() <= 4
    assert found.widths[found.missing < 16_000].max() == 1


def test_a_grid_to_a_thousand_million_has_few_points() -> None:
    found = posterior_up_to(GraphScores(np.array([9.0, 8, 4, 7, 3, 2, 1]), 0.125, "1/n_total"), 1e9)
    assert len(found.missing) < 1_100_000
