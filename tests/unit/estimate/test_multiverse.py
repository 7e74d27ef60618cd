"""Side by side: the spread, the share of it that is model choice, the words, and the record."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import REGISTRY, estimate
from darkfigure.estimate.compare import Multiverse, multiverse
from darkfigure.estimate.compare.families import family_of, is_lower_bound
from darkfigure.estimate.outcomes import Fit, Method, UnanswerableError
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, Caution, Interval, PopulationEstimate, Quantity, Reason

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"
QUICK = ("lincoln-petersen", "chao", "zelterman", "M0", "Mt", "Mb", "Mh-darroch", "Mth-chao", "loglinear-pairs")
TABLE = CaptureTable.from_frequencies([40, 20, 5, 0], n_occasions=4)
HARE = read_capture_table(TABLES / "hare.csv", ordered=True)


def fixed(
    name: str, n_total: float | None, error: float | None = None, *, bound: bool = False, **more: object
) -> Method:
    """A method that always says the same."""
    unseen = None if n_total is None else n_total - TABLE.n_observed
    fit = Fit(n_unseen=unseen, standard_error=error, **more)  # type: ignore[arg-type]
    return Method(
        name=name,
        question="How many?",
        assumptions=("The number is a lower bound.",) if bound else ("It is so.",),
        source="(2000)",
        needs="anything",
        fit=lambda table, level: fit,
    )


def refusing(name: str, reason: Reason) -> Method:
    def fit(table: CaptureTable, level: float) -> Fit:
        raise UnanswerableError(reason, "It cannot be said.")

    return Method(name=name, question="How many?", assumptions=(), source="(2000)", needs="anything", fit=fit)


def test_the_share_of_model_choice_by_hand() -> None:
    found = multiverse(
        TABLE, [fixed("loglinear-x", 100.0, 10.0), fixed("loglinear-y", 100.0, 20.0), fixed("own", 400.0, 80.0)]
    )
    # Two families of equal weight, log 4 apart: variance (log 4 / 2)^2. Within: mean of (0.1^2 + 0.2^2) / 2 and 0.2^2.
    between, within = (math.log(4) / 2) ** 2, ((0.01 + 0.04) / 2 + 0.04) / 2
    spread = found.spread
    assert spread is not None
    assert spread.families == 2
    assert spread.between == pytest.approx(between)
    assert spread.within == pytest.approx(within)
    assert spread.model_share == pytest.approx(between / (between + within))
    assert (spread.smallest, spread.largest, spread.median, spread.ratio) == (100.0, 400.0, 100.0, 4.0)
    assert (spread.smallest_method, spread.largest_method) == ("loglinear-x", "own")


def test_variants_of_one_family_do_not_weigh_more() -> None:
    pair = [fixed("loglinear-a", 100.0, 10.0), fixed("own", 300.0, 30.0)]
    variants = [fixed(f"loglinear-{k}", 100.0, 10.0) for k in range(5)]
    few, many = multiverse(TABLE, pair).spread, multiverse(TABLE, [*pair, *variants]).spread
    assert few is not None and many is not None
    assert many.model_share == pytest.approx(few.model_share)
    others = multiverse(TABLE, [*pair, *(fixed(f"other-{k}", 100.0, 10.0) for k in range(5))]).spread
    assert others is not None and few.model_share is not None and others.model_share is not None
    assert others.model_share < few.model_share - 0.01


def test_more_data_leave_model_choice_alone() -> None:
    shares = []
    for scale in (1, 100):
        table = CaptureTable.from_frequencies([scale * f for f in HARE.frequencies], n_occasions=6)
        spread = multiverse(table, ("M0", "Mh-poisson2", "Mh-darroch", "zelterman")).spread
        assert spread is not None and spread.model_share is not None
        shares.append(spread.model_share)
    assert shares[0] < 0.6 and shares[1] > 0.95


def test_the_range_stands_in_for_a_standard_error_that_is_missing() -> None:
    interval = Interval(80.0, 125.0, 0.95, "profile")  # 100 / 1.25 to 100 * 1.25
    found = multiverse(TABLE, [fixed("a", 100.0, interval=interval), fixed("b", 200.0, 20.0)])
    assert found.spread is not None
    expected = (math.log(125 / 80) / (2 * 1.959963984540054)) ** 2
    assert found.spread.within == pytest.approx((expected + 0.01) / 2)
    silent = multiverse(TABLE, [fixed("a", 100.0), fixed("b", 200.0)])
    assert silent.spread is not None and silent.spread.model_share is None
    assert not any("%" in s for s in silent.sentences())


def test_lower_bounds_never_enter_the_spread() -> None:
    bounds = [fixed("chao-x", 2000.0, 50.0, bound=True, interval=Interval(1900.0, 2100.0, 0.95, "log-normal"))]
    without = multiverse(TABLE, [fixed("a", 100.0, 10.0), fixed("b", 120.0, 10.0)])
    found = multiverse(TABLE, [fixed("a", 100.0, 10.0), fixed("b", 120.0, 10.0), *bounds])
    assert [a.method for a in found.bounds] == ["chao-x"]
    assert found.spread == without.spread
    assert [a.method for a in found.estimates] == ["a", "b"]
    assert found.contradicted == ("a", "b")
    assert found.sentences()[2] == "One method gives a lower bound: at least 2,000 (chao-x)."
    assert "Two estimates lie below the ranges of all lower bounds (a, b)" in found.sentences()[3]


def test_an_estimate_within_reach_of_a_bound_is_not_contradicted() -> None:
    bound = fixed("chao-x", 110.0, 5.0, bound=True, interval=Interval(99.0, 130.0, 0.95, "log-normal"))
    assert multiverse(TABLE, [fixed("a", 100.0, 10.0), bound]).contradicted == ()


def test_every_method_of_the_registry_that_says_lower_bound_is_kept_apart() -> None:
    bounds = {m.name for m in REGISTRY.values() if is_lower_bound(m)}
    assert {"chao", "chao-bc", "Mh-chao", "Mth-chao"} <= bounds
    assert not bounds & {"M0", "Mt", "zelterman", "loglinear-pairs", "Mh-darroch"}


def test_families() -> None:
    family = {name: family_of(m) for name, m in REGISTRY.items()}
    assert family["M0"] == family["Mt"] == family["loglinear-main"]
    assert family["Mh-darroch"] == family["Mth-gamma3.5"] == family["Mh-normal"]
    assert family["chao"] == family["Mth-chao"] != family["Mth-darroch"]
    assert family_of(fixed("ratio-of-two", 1.0)) == "ratio-of-two"


def test_no_estimate_at_all() -> None:
    found = multiverse(TABLE, [refusing("a", Reason.NO_OVERLAP), refusing("b", Reason.NO_OVERLAP)])
    assert found.spread is None
    assert found.sentences() == (
        "No method answers with a number of units.",
        "Two methods refuse to answer: no-overlap (a, b).",
    )


def test_many_refusals_are_counted_and_few_are_named() -> None:
    many = [refusing(f"m{k}", Reason.NO_OVERLAP) for k in range(7)]
    told = multiverse(TABLE, [*many, refusing("x", Reason.BOUNDARY)]).sentences()[-1]
    assert told == "Eight methods refuse to answer: no-overlap (7 methods); boundary (x)."


def test_rates_without_a_size_are_told_and_not_counted() -> None:
    rates = fixed("cjs", None, quantities=(Quantity(name="Phi", value=0.56),))
    found = multiverse(TABLE, [rates, fixed("a", 100.0, 10.0)])
    assert [a.kind for a in found.answers] == ["rates", "estimate"]
    assert "One method gives rates and no number of units: cjs." in found.sentences()


@pytest.mark.parametrize(("file", "ordered"), [("hare", True), ("kosovo", False), ("new_orleans_8", False)])
def test_the_record_goes_to_json_and_back_without_loss(file: str, ordered: bool) -> None:
    found = multiverse(read_capture_table(TABLES / f"{file}.csv", ordered=ordered), QUICK)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert Multiverse.from_dict(told) == found
    assert Multiverse.from_dict(told).summary() == found.summary()


def test_infinite_ends_and_odd_numbers_survive_the_record() -> None:
    odd = fixed(
        "odd",
        100.0,
        5.0,
        interval=Interval(80.0, math.inf, 0.9, "profile"),
        parameters={"a": math.inf, "b": -math.inf, "c": 0.1},
        cautions=(Caution("C-X", "Wide."),),
        quantities=(Quantity(name="N[1]", value=None, confounded_with=("p[1]",)), Quantity(name="x", value=0.1)),
    )
    found = multiverse(TABLE, [odd, fixed("cjs", None, quantities=(Quantity(name="Phi", value=0.5),))], level=0.9)
    assert Multiverse.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))) == found


def test_another_version_of_the_record_is_refused() -> None:
    told = {**multiverse(TABLE, ("chao",)).to_dict(), "version": 0}
    with pytest.raises(EstimateError, match="E-EST-81"):
        Multiverse.from_dict(told)


@pytest.mark.parametrize("methods", [(), ("M0", "M0")])
def test_no_method_or_one_twice_is_an_error(methods: tuple[str, ...]) -> None:
    with pytest.raises(EstimateError, match="E-EST-80"):
        multiverse(TABLE, methods)


def test_an_unknown_method_is_the_front_doors_error() -> None:
    with pytest.raises(EstimateError, match="E-EST-01"):
        multiverse(TABLE, ("M0", "nobody"))


def test_progress_is_told_of_each_method() -> None:
    heard: list[tuple[str, int, int]] = []
    multiverse(TABLE, ("chao", "M0"), progress=lambda *step: heard.append(step))
    assert heard == [("chao", 0, 2), ("M0", 1, 2), ("", 2, 2)]


def test_the_order_of_methods_changes_nothing_but_the_order() -> None:
    forth, back = multiverse(HARE, QUICK), multiverse(HARE, QUICK[::-1])
    assert forth.spread is not None and back.spread is not None
    assert forth.spread.model_share == pytest.approx(back.spread.model_share)
    assert {a.method: a for a in forth.answers} == {a.method: a for a in back.answers}


def test_the_summary_fits_a_terminal_and_names_every_answer() -> None:
    found = multiverse(HARE, QUICK)
    lines = found.summary().splitlines()
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    assert lines[0] == "68 units seen; 6 lists or occasions, in order of time"
    assert all(any(a.method in line for line in lines) for a in found.answers)


def test_long_names_do_not_break_the_columns() -> None:
    found = multiverse(TABLE, [fixed("a-method-with-a-very-long-name", 100.0, 10.0), fixed("b", 120.0, 10.0)])
    lines = found.summary().splitlines()
    assert all(len(line) <= 80 for line in lines)
    place = lines.index("a-method-with-a-very-long-name")
    assert lines[place + 1].split()[0] == "100.0" and lines[place + 1].index("100.0") == lines[place + 2].index("120.0")


def test_every_family_fits_its_column() -> None:
    assert all(len(family_of(m)) <= 17 for m in REGISTRY.values())


def test_tidy_rows_have_the_same_columns_for_every_answer() -> None:
    rows = multiverse(HARE, QUICK).tidy()
    assert [r["method"] for r in rows] == list(QUICK)
    assert len({tuple(r) for r in rows}) == 1
    by_name = {r["method"]: r for r in rows}
    alone = estimate("Mt", HARE)
    assert isinstance(alone, PopulationEstimate) and alone.interval is not None
    assert by_name["chao"]["kind"] == "lower-bound" and by_name["Mt"]["upper"] == alone.interval.upper
    assert by_name["lincoln-petersen"]["reason"] == "wrong-table" and by_name["lincoln-petersen"]["n_total"] is None
