"""Breakdown values: each is put back and the headline is just gone; a little less and it still stands."""

from __future__ import annotations

import itertools
import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from darkfigure.errors import EstimateError
from darkfigure.estimate import estimate
from darkfigure.estimate.closed.two_samples import lincoln_petersen
from darkfigure.estimate.outcomes import UnanswerableError
from darkfigure.estimate.sensitivity import (
    BreakdownRow,
    Headline,
    Standing,
    above,
    below,
    breakdown_svg,
    corrected_two_lists,
    declared_errors,
    fell,
    held_at,
    how_wrong,
    odds_ratio_bounds,
    rose,
)
from darkfigure.estimate.sensitivity.departures import ratio_interval, standing
from darkfigure.records.aggregate import CaptureTable, PopulationEstimate, TwoSamples

PERIODS = ("2014", "2017")


def two(first: int, second: int, both: int) -> CaptureTable:
    return CaptureTable.from_histories([[1, 0], [0, 1], [1, 1]], [first, second, both])


def lincoln(first: float, second: float, both: float) -> float:
    """From cells, whole or not."""
    return (first + both) * (second + both) / both


EARLY, LATE = two(800, 900, 200), two(1700, 1500, 300)
Case = tuple[CaptureTable | tuple[CaptureTable, CaptureTable], Headline]
CASES: dict[str, Case] = {
    "above": (LATE, above(9_000)),
    "just above": (LATE, above(11_500)),
    "below": (LATE, below(20_000)),
    "rose": ((EARLY, LATE), rose(periods=PERIODS)),
    "rose by": ((EARLY, LATE), rose(by=1.5, periods=PERIODS)),
    "fell": ((LATE, EARLY), fell(periods=PERIODS)),
    "fell to": ((LATE, EARLY), fell(to=0.8, periods=PERIODS)),
}


def toward_neutral(row: BreakdownRow, amount: float) -> float:
    """99% of a departure: of its share, or of its factor on the log scale."""
    return math.exp(0.99 * math.log(amount)) if row.scale == "times" else 0.99 * amount


@pytest.mark.parametrize("name", CASES)
def test_at_each_value_the_headline_is_just_gone(name: str) -> None:
    data, headline = CASES[name]
    answered = 0
    for row in how_wrong(data, headline):
        if row.value is None:
            continue
        answered += 1
        at = held_at(data, headline, assumption=row.assumption, amount=row.value, place=row.place)
        assert at.statistic == pytest.approx(headline.limit, rel=1e-8)
        before = held_at(
            data, headline, assumption=row.assumption, amount=toward_neutral(row, row.value), place=row.place
        )
        assert before.holds
        past = row.value**1.01 if row.scale == "times" else min(1.0, 1.01 * row.value)
        after = held_at(data, headline, assumption=row.assumption, amount=past, place=row.place)
        assert not after.holds
    assert answered >= 3


@pytest.mark.parametrize("name", CASES)
def test_at_each_value_with_sampling_the_interval_just_reaches_the_limit(name: str) -> None:
    data, headline = CASES[name]
    for row in how_wrong(data, headline):
        if row.with_sampling is None or row.with_sampling == row.neutral:
            continue
        assert row.strength_with_sampling is not None
        assert row.strength is None or row.strength_with_sampling < row.strength
        at = held_at(data, headline, assumption=row.assumption, amount=row.with_sampling, place=row.place)
        assert at.end == pytest.approx(headline.limit, rel=1e-8)
        assert at.holds
        before = held_at(
            data, headline, assumption=row.assumption, amount=toward_neutral(row, row.with_sampling), place=row.place
        )
        assert before.holds_beyond_chance


def row_of(data: object, headline: Headline, assumption: str, place: str = "") -> BreakdownRow:
    found = [r for r in how_wrong(data, headline) if r.assumption == assumption and r.place == place]  # type: ignore[arg-type]
    assert len(found) == 1
    return found[0]


def test_dependence_value_put_back_into_the_bounds() -> None:
    row = row_of(LATE, above(9_000), "dependence")
    assert row.value is not None and row.with_sampling is not None
    assert odds_ratio_bounds(LATE, alpha=(row.value, row.value)).lower == pytest.approx(9_000)
    chance = odds_ratio_bounds(LATE, alpha=(row.with_sampling, row.with_sampling))
    # There the unseen number adds its own chance at the new size, here at the old one: nearly the same.
    assert chance.interval.lower == pytest.approx(9_000, rel=0.002)


def test_dependence_of_one_year_makes_both_years_equal() -> None:
    row = row_of((EARLY, LATE), rose(periods=PERIODS), "dependence", "earlier")
    assert row.value is not None and row.value > 1
    early = odds_ratio_bounds(EARLY, alpha=(row.value, row.value)).lower
    assert early == pytest.approx(lincoln(1700, 1500, 300))
    assert "in 2014 the two lists were" in row.words and "more dependent than in 2017" in row.words
    later = row_of((EARLY, LATE), rose(periods=PERIODS), "dependence", "later")
    assert later.value is not None and later.value < 1
    assert odds_ratio_bounds(LATE, alpha=(later.value, later.value)).lower == pytest.approx(lincoln(800, 900, 200))


def test_opposite_dependence_needs_less_than_one_sided() -> None:
    both = row_of((EARLY, LATE), rose(periods=PERIODS), "dependence", "both")
    assert both.value is not None
    up = odds_ratio_bounds(EARLY, alpha=(both.value, both.value)).lower
    down = odds_ratio_bounds(LATE, alpha=(1 / both.value, 1 / both.value)).lower
    assert up == pytest.approx(down)
    for place in ("earlier", "later"):
        one = row_of((EARLY, LATE), rose(periods=PERIODS), "dependence", place)
        assert one.strength is not None and both.strength is not None and both.strength < one.strength


def test_churn_value_put_back_as_a_population_that_is_partly_replaced() -> None:
    """The truth with that churn is the limit, and its expected samples give the number that was believed."""
    row = row_of(LATE, above(9_000), "churn")
    assert row.value is not None
    at_a_time, n1, n2 = 9_000.0, 2_000.0, 1_800.0
    still_there = (1 - row.value) * n1
    both = still_there * n2 / at_a_time
    assert both == pytest.approx(300)


def test_missed_and_false_links_put_back_into_the_correction() -> None:
    samples = TwoSamples(2_000, 1_800, 300)
    missed = row_of(LATE, above(9_000), "missed-links").value
    false = row_of(LATE, below(20_000), "false-links").value
    assert missed is not None and false is not None
    gone = corrected_two_lists(samples, declared_errors(gamma=1 - missed), draws=10)
    assert gone.n_total == pytest.approx(9_000)
    too_many = corrected_two_lists(samples, declared_errors(gamma=1.0, beta=false), draws=10)
    assert too_many.n_total == pytest.approx(20_000)
    at = held_at(LATE, above(9_000), assumption="missed-links", amount=0.2)
    plain = corrected_two_lists(samples, declared_errors(gamma=0.8), draws=10)
    assert standing(LATE).error == pytest.approx(lincoln_petersen(LATE).standard_error)
    assert at.statistic == pytest.approx(plain.n_total)


def test_one_inflation_put_back_by_taking_singles_away() -> None:
    row = row_of(LATE, above(9_000), "one-inflation")
    assert row.value is not None
    keep = 1 - row.value
    assert lincoln(keep * 1700, keep * 1500, 300) == pytest.approx(9_000)


def test_one_inflation_of_an_estimate_by_chao() -> None:
    """Chao's bound from frequencies: spurious singles leave f1 and the number seen."""
    f1, f2, f3 = 4_000, 600, 100
    seen, unseen = f1 + f2 + f3, f1**2 / (2 * f2)
    data = Standing(seen=seen, unseen=unseen, error=900.0, singles=f1)
    row = row_of(data, above(10_000), "one-inflation")
    assert row.value is not None
    left = (1 - row.value) * f1
    assert left + f2 + f3 + left**2 / (2 * f2) == pytest.approx(10_000)


def test_sharing_of_a_change_is_the_ratio() -> None:
    row = row_of((EARLY, LATE), rose(periods=PERIODS), "sharing", "earlier")
    assert row.value == pytest.approx(lincoln(1700, 1500, 300) / lincoln(800, 900, 200))


def test_a_fall_is_a_rise_read_backwards() -> None:
    up = how_wrong((EARLY, LATE), rose(by=1.5))
    down = how_wrong((LATE, EARLY), fell(to=1 / 1.5))
    other = {"earlier": "later", "later": "earlier", "both": "both"}
    backwards = {(r.assumption, other[r.place]): r for r in down}
    for row in up:
        if row.assumption == "sharing":
            continue
        twin = backwards[row.assumption, row.place]
        assert (row.strength is None) == (twin.strength is None)
        if row.strength is not None:
            assert twin.strength == pytest.approx(row.strength, rel=1e-8)
            assert twin.strength_with_sampling == pytest.approx(row.strength_with_sampling, rel=1e-8)


def test_what_cannot_happen_has_no_value() -> None:
    """Below the larger list no churn or missed link can go: those units stand in it."""
    rows = {r.assumption: r for r in how_wrong(LATE, above(1_900))}
    assert rows["churn"].value is None and rows["missed-links"].value is None
    assert "no amount" in rows["churn"].words
    assert rows["dependence"].value is None, "seen units stay seen, however dependent the lists are"
    later = row_of((EARLY, two(9000, 9000, 2000)), rose(periods=PERIODS), "dependence", "later")
    assert later.value is None, "more were seen in the later year than there were in the earlier one"


def test_a_headline_that_chance_alone_could_make() -> None:
    table = two(90, 80, 12)
    row = row_of(table, above(700), "churn")
    assert row.with_sampling == 0.0 and row.value is not None
    assert "chance alone" in row.words


def test_an_estimate_allows_fewer_questions_and_says_which() -> None:
    histories = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]]
    result = estimate("Mt", CaptureTable.from_histories(histories, [140, 150, 130, 30, 28, 25, 12]))
    assert isinstance(result, PopulationEstimate)
    limit = 0.8 * result.n_total
    rows = {r.assumption: r for r in how_wrong(result, above(limit))}
    assert rows["dependence"].value == pytest.approx((limit - result.n_observed) / result.n_unseen)
    for name in ("churn", "missed-links", "one-inflation"):
        assert rows[name].value is None and rows[name].words.startswith("Not known from these data.")


def test_an_estimate_without_a_standard_error_says_nothing_of_chance() -> None:
    data = PopulationEstimate(method="x", n_observed=100, n_total=500.0)
    row = row_of(data, above(300), "dependence")
    assert row.value == pytest.approx(0.5) and row.with_sampling is None


def test_the_interval_of_a_ratio_holds_it() -> None:
    """Two populations drawn and listed on their own: the interval holds their ratio about as often as it says."""
    rng = np.random.default_rng(12)
    held, replicates = 0, 600
    for _ in range(replicates):
        sides = []
        for units in (1500, 3000):
            first, second = rng.random(units) < 0.2, rng.random(units) < 0.25
            sides.append(
                standing(two(int((first & ~second).sum()), int((second & ~first).sum()), int((first & second).sum())))
            )
        ends = ratio_interval(sides[0], sides[1], 0.95)
        assert ends is not None
        held += ends[0] <= 2.0 <= ends[1]
    assert abs(held / replicates - 0.95) < 2.5 * math.sqrt(0.95 * 0.05 / replicates)


def test_rows_are_plain_data_and_the_figure_says_every_row_in_words() -> None:
    data, headline = CASES["rose"]
    rows = how_wrong(data, headline)
    assert json.loads(json.dumps([r.to_dict() for r in rows]))[0]["strength"] == rows[0].strength
    svg = breakdown_svg(rows, headline)
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    titles = [g.findtext(f"{space}title") for g in root.iter(f"{space}g")]
    assert sorted(t or "" for t in titles) == sorted(r.words for r in rows)
    described = root.findtext(f"{space}desc") or ""
    assert all(r.words in described for r in rows)
    dots = list(root.iter(f"{space}circle"))
    assert len(dots) == 1 + sum(r.value is not None for r in rows), "one in the key, one for each value"


def test_the_figure_asks_its_question_and_has_a_scale_that_can_be_read() -> None:
    for name in ("above", "rose"):
        data, headline = CASES[name]
        rows = how_wrong(data, headline)
        root = ElementTree.fromstring(breakdown_svg(rows, headline))
        space = "{http://www.w3.org/2000/svg}"
        texts = [(t.text or "", float(t.get("x", "nan")), t.get("text-anchor")) for t in root.iter(f"{space}text")]
        assert texts[0][0] == "How wrong would we have to be?"
        assert any(headline.sentence() in words for words, _, _ in texts)
        factors = [(words, x) for words, x, anchor in texts if anchor == "middle" and words.endswith("×")]
        assert len(factors) >= 3, "two ticks on a logarithmic axis do not show that it is one"
        # About seven pixels a letter: ticks stay apart, names end before the axis.
        places = [x for _, x in factors]
        assert all(b - a > 36 for a, b in itertools.pairwise(places))
        labels = [t.text or "" for g in root.iter(f"{space}g") for t in list(g.iter(f"{space}text"))[:1]]
        assert labels and all(8 + 6.9 * len(words) < 350 for words in labels)


def test_longer_lines_are_safer() -> None:
    """In the figure a larger share stands further to the right."""
    data, headline = CASES["rose"]
    rows = [r for r in how_wrong(data, headline) if r.scale == "share" and r.strength is not None]
    root = ElementTree.fromstring(breakdown_svg(rows, headline))
    space = "{http://www.w3.org/2000/svg}"
    by_words = {g.findtext(f"{space}title"): g.find(f"{space}circle") for g in root.iter(f"{space}g")}
    places = {r.strength: float(c.get("cx", "nan")) for r in rows if (c := by_words[r.words]) is not None}
    assert [places[s] for s in sorted(places, key=lambda s: s or 0)] == sorted(places.values())
    assert len(set(places.values())) >= 2


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: above(0), "E-EST-67"),
        (lambda: rose(by=0.5), "E-EST-67"),
        (lambda: fell(to=2.0), "E-EST-67"),
        (lambda: how_wrong(LATE, rose()), "E-EST-68"),
        (lambda: how_wrong((EARLY, LATE), above(5)), "E-EST-68"),
        (lambda: held_at(LATE, above(5), assumption="luck", amount=1.0), "E-EST-68"),
        (lambda: how_wrong(LATE, above(50_000)), "E-EST-69"),
        (lambda: how_wrong((LATE, EARLY), rose()), "E-EST-69"),
    ],
)
def test_caller_mistakes_are_named(make: object, code: str) -> None:
    assert callable(make)
    with pytest.raises(EstimateError) as mistake:
        make()
    assert mistake.value.code == code


def test_a_table_without_overlap_has_nothing_to_break() -> None:
    with pytest.raises(UnanswerableError, match="share no unit"):
        how_wrong(two(10, 10, 0), above(5))
