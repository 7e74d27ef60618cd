"""One list, repeated counts: what cannot be answered is refused with the right reason, and without a record's value."""

from __future__ import annotations

import numpy as np
import pytest

from darkfigure.estimate import estimate
from darkfigure.estimate.counts import one_inflated_chao
from darkfigure.estimate.counts.maximum import Likelihood
from darkfigure.estimate.counts.truncation import COUNT_MODELS
from darkfigure.estimate.counts.zero_truncated import METHODS, zero_truncated
from darkfigure.records.aggregate import CaptureTable, NotEstimable, Reason, UnitRows

ALL = {m.name: m for m in (*METHODS, *one_inflated_chao.METHODS)}
CANARY = "Zanzibar"


def refused(method: str, table: CaptureTable, formula: str = "~ 1") -> NotEstimable:
    known = method in ALL and formula == "~ 1"
    result = estimate(ALL[method] if known else zero_truncated(method, formula=formula), table)
    assert isinstance(result, NotEstimable), result
    assert CANARY not in repr(result)
    return result


def table_of(cells: list[tuple[str, int, int]], **more: list[str]) -> CaptureTable:
    """Rows of (level, captures, units)."""
    captures, counts = np.array([y for _, y, _ in cells]), np.array([c for *_, c in cells])
    covariates = {"place": np.array([p for p, *_ in cells]), **{k: np.array(v) for k, v in more.items()}}
    return CaptureTable(
        frequencies=tuple(int(f) for f in np.bincount(captures, weights=counts)[1:]),
        n_occasions=None,
        rows=UnitRows(captures=captures, counts=counts, covariates=covariates),
    )


PLAIN = [("a", 1, 300), ("a", 2, 60), ("a", 3, 15), ("a", 4, 4)]


@pytest.mark.parametrize("name", [n for n in ALL if not n.endswith("covariates")])
def test_nothing_seen_twice_sets_no_limit(name: str) -> None:
    assert refused(name, CaptureTable.from_frequencies([100])).reason is Reason.NO_OVERLAP


@pytest.mark.parametrize("name", [n for n in ALL if not n.endswith("covariates")])
def test_all_units_captured_equally_often_show_no_spread(name: str) -> None:
    assert refused(name, CaptureTable.from_frequencies([0, 30])).reason is Reason.NOT_IDENTIFIED


@pytest.mark.parametrize("name", [n for n in ALL if n.endswith("covariates")])
def test_covariates_are_asked_for(name: str) -> None:
    assert refused(name, CaptureTable.from_frequencies([90, 30, 5])).reason is Reason.WRONG_TABLE


@pytest.mark.parametrize("name", [n for n, m in COUNT_MODELS.items() if m.pinning == 2 or m.scheme is None])
def test_a_kind_never_seen_again_has_no_finite_number(name: str) -> None:
    lowest = COUNT_MODELS[name].pinning - 1
    table = table_of([*PLAIN, (CANARY, lowest, 40), ("c", 1, 70), ("c", 2, 20), ("c", 3, 5), ("c", 4, 1)])
    result = refused(name, table, "~ place")
    assert result.reason is Reason.DOES_NOT_EXIST
    assert "place" in result.explanation


@pytest.mark.parametrize("name", ["zot-poisson", "zot-geometric", "zot-negbin", "zt-hurdle-poisson"])
def test_a_kind_never_seen_three_times_has_no_finite_number_without_singletons(name: str) -> None:
    table = table_of([*PLAIN, (CANARY, 1, 40), (CANARY, 2, 6)])
    result = refused(name, table, "~ place")
    assert result.reason is Reason.DOES_NOT_EXIST
    assert "place" in result.explanation


@pytest.mark.parametrize("name", ["zot-poisson", "zt-hurdle-geometric"])
def test_a_kind_only_seen_once_has_no_rate_without_singletons(name: str) -> None:
    result = refused(name, table_of([*PLAIN, (CANARY, 1, 40)]), "~ place")
    assert result.reason is Reason.NOT_IDENTIFIED
    assert "place" in result.explanation


@pytest.mark.parametrize("name", ["chao", "zelterman"])
def test_a_kind_always_seen_twice_has_an_endless_rate(name: str) -> None:
    result = refused(name, table_of([*PLAIN, (CANARY, 2, 9)]), "~ place")
    assert result.reason is Reason.DOES_NOT_EXIST


def test_columns_that_say_the_same_are_named_and_levels_are_not() -> None:
    cells = [*PLAIN, (CANARY, 1, 90), (CANARY, 2, 30)]
    table = table_of(cells, region=["north"] * 4 + [CANARY] * 2)
    result = refused("zt-poisson", table, "~ place + region")
    assert result.reason is Reason.NOT_IDENTIFIED
    assert "region" in result.explanation
    assert refused("zt-poisson-covariates", table).reason is Reason.NOT_IDENTIFIED


def test_separation_hidden_in_an_interaction_is_found() -> None:
    cells = [(p, y, c) for p in ("a", CANARY) for y, c in ((1, 100), (2, 30), (1, 80), (2, 25))]
    cells[7] = (CANARY, 1, 25)
    table = table_of(cells, sex=["f", "f", "m", "m"] * 2)
    assert refused("zt-poisson", table, "~ place*sex").reason is Reason.DOES_NOT_EXIST
    assert estimate(zero_truncated("poisson", formula="~ place + sex"), table).status == "estimated"


def test_less_spread_than_poisson_is_the_edge_of_the_negative_binomial() -> None:
    # 1,000 units at rate 1.5 in twelve parts of 1/8 each: binomial, less spread than Poisson.
    table = CaptureTable.from_frequencies([345, 296, 155, 55, 14, 2])
    result = refused("zt-negbin", table)
    assert result.reason is Reason.BOUNDARY
    assert "Poisson" in result.explanation


def test_a_logarithmic_series_is_the_other_edge() -> None:
    theta = 0.6
    f = [round(4000 * theta**j / j) for j in range(1, 14)]
    result = refused("zt-negbin", CaptureTable.from_frequencies(f))
    assert result.reason in (Reason.BOUNDARY, Reason.NOT_IDENTIFIED)
    assert "chao-bc" in result.explanation


def test_no_excess_of_singletons_is_the_edge_of_one_inflation() -> None:
    deficit = CaptureTable.from_frequencies([150, 184, 61, 15, 3])
    for name in ("zt-oneinflated-poisson", "oneinflated-zt-poisson"):
        result = refused(name, deficit)
        assert result.reason is Reason.BOUNDARY
        assert "one-inflation" in result.explanation


def test_robust_bound_refuses_what_it_divides_by() -> None:
    assert refused("chao-one-inflated", CaptureTable.from_frequencies([50, 9])).reason is Reason.DOES_NOT_EXIST
    assert refused("chao-one-inflated-bc", CaptureTable.from_frequencies([50, 2, 1])).reason is Reason.DOES_NOT_EXIST
    two = CaptureTable.from_frequencies([50, 9], n_occasions=2)
    assert refused("chao-one-inflated", two).reason is Reason.TOO_FEW_LISTS
    assert estimate(ALL["chao-one-inflated-bc"], CaptureTable.from_frequencies([50, 9])).status == "estimated"


@pytest.mark.parametrize("name", list(ALL))
def test_small_random_tables_get_a_sane_number_or_a_refusal(name: str) -> None:
    rng = np.random.default_rng(7)
    for _ in range(12):
        cells = [(p, y, int(c)) for p in ("a", CANARY) for y, c in enumerate(rng.poisson([8, 3, 1, 0.5]), start=1)]
        table = table_of(cells)
        if table.n_observed == 0:
            continue
        result = estimate(ALL[name], table)
        if isinstance(result, NotEstimable):
            assert len(result.explanation) > 20
            assert CANARY not in repr(result)
            continue
        assert (
            table.n_observed
            <= result.n_total
            <= 20 * max(table.n_captures**2 / (2 * (table.n_captures - table.n_observed)), table.n_observed)
        )
        assert result.standard_error is not None and result.standard_error >= 0


@pytest.mark.parametrize("frequencies", [[17_131, 1], [100, 3]])
def test_a_climb_along_a_limit_is_given_up(frequencies: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The share of singletons is at its limit after a few steps; the ridge beyond is flat and endless."""
    looks = []
    at = Likelihood.at

    def counted(likelihood: Likelihood, theta: np.ndarray) -> object:
        looks.append(theta)
        return at(likelihood, theta)

    monkeypatch.setattr(Likelihood, "at", counted)
    assert refused("hurdle-zt-negbin", CaptureTable.from_frequencies(frequencies)).reason is Reason.BOUNDARY
    assert len(looks) < 300
