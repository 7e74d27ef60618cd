"""The full synthetic review: published margins, dependency of results on raw rows, order and seed."""

import csv
import json
import math
import random
from dataclasses import replace
from importlib import resources

import pytest
from nature_tables import finding, table

from darkfigure.nature import NatureOptions, analyse_nature
from darkfigure.records.aggregate import Missing
from darkfigure.records.restricted import CaseReviewTable, RelationToTrafficker
from darkfigure.synth.case_world import simulate_case_review

OPTIONS = NatureOptions(first_year=2010, last_year=2017, seed=2020)


@pytest.fixture(scope="module")
def world():
    return simulate_case_review(seed=2020, size="full")


@pytest.fixture(scope="module")
def answer(world):
    return analyse_nature(world.first, world.second, options=OPTIONS, digests=("x",))


def _map_rows():
    text = resources.files("darkfigure.study").joinpath("replication_map/nature.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _published():
    text = resources.files("darkfigure.reference").joinpath("data/published-figures.json").read_text(encoding="utf-8")
    prefixes = ("cf-", "fig5-", "fig6-", "v-", "c-", "t-", "o-", "vl-")
    return {r["id"]: r["value"] for r in json.loads(text) if r["id"].startswith(prefixes)}


def _look_up(source, answer):
    kind, _, rest = source.partition(":")
    if kind == "finding":
        return [finding(answer, rest).value]
    name, _, column = rest.rpartition(".")
    name, _, condition = name.partition("[")
    found = table(answer, name)
    cells = list(found.column(column))
    if condition:
        label_column, _, label = condition.rstrip("]").partition("=")
        cells = [c for c, text in zip(cells, found.column(label_column), strict=True) if text == label]
    return [c for c in cells if not isinstance(c, Missing)]


def _rounded(number, digits):
    return math.floor(number * 10 ** int(digits) + 0.5 + 1e-9) / 10 ** int(digits)


TRANSFORMS = {
    "as-is": lambda cells, digits: cells[0] if isinstance(cells[0], str) else _rounded(cells[0], digits),
    "percent": lambda cells, digits: _rounded(100 * cells[0], digits),
    "months-to-years": lambda cells, digits: _rounded(cells[0] / 12, digits),
    "list": lambda cells, digits: list(cells),
    "set": lambda cells, digits: set(cells),
    "count": lambda cells, digits: len(cells),
    "floor-plus": lambda cells, digits: f"{math.floor(cells[0])}+",
    "under-one": lambda cells, digits: "less than 1" if cells[0] < 1 else cells[0],
    "all-if-one": lambda cells, digits: "all" if cells[0] == 1 else cells[0],
    "most-if-over-half": lambda cells, digits: "most" if cells[0] > 0.5 else cells[0],
}


def test_every_record_of_the_area_is_mapped_once():
    ids = [row["published_id"] for row in _map_rows()]
    assert sorted(ids) == sorted(_published())
    assert all(row["reason"] for row in _map_rows() if row["how"] == "declared")


@pytest.mark.parametrize("row", [r for r in _map_rows() if r["how"] == "recomputed"], ids=lambda r: r["published_id"])
def test_published_figure_is_computed_from_the_rows(row, answer):
    published = _published()[row["published_id"]]
    ours = TRANSFORMS[row["transform"]](_look_up(row["source"], answer), row["digits"])
    if isinstance(published, list):
        published = set(published) if row["transform"] == "set" else [str(p) for p in published]
    if isinstance(published, int) and isinstance(ours, str):
        published = str(published)
    assert ours == published


def test_known_and_unknown_always_stand_together(answer):
    for found in answer.findings:
        assert (found.known is None) == (found.unknown is None), found.id
        if found.known is not None:
            assert found.known + found.unknown == found.base, found.id
        if found.unit == "share":
            whole = found.base if found.value == pytest.approx(found.numerator / found.base) else found.known
            assert found.value == pytest.approx(found.numerator / whole), found.id


def test_categories_and_unknown_add_to_the_total(answer):
    checked = 0
    for found in answer.tables:
        if found.total_row is None:
            continue
        counts = found.column(found.columns[1].name)
        total = counts[found.total_row]
        assert sum(c for i, c in enumerate(counts) if i != found.total_row) == total, found.id
        checked += 1
    assert checked >= 12


def _with_victims(review, victims):
    return CaseReviewTable(
        coder=review.coder,
        cases=review.cases,
        victims=tuple(victims),
        traffickers=review.traffickers,
        customers=review.customers,
        links=review.links,
    )


def _changed(before, after):
    kinds = ("findings", "tables")
    return {
        *(x.id for kind in kinds for x, y in zip(getattr(before, kind), getattr(after, kind), strict=True) if x != y)
    }


RELATION_RESULTS = {
    "victims-relation-known",
    "victims-relation-parent",
    "victims-relation-other-relative",
    "victims-relation-any-relative",
    "victims-relation-any-relative-least",
    "victims-by-relation",
}


@pytest.mark.parametrize("coded_twice", [False, True])
def test_one_relation_changed_moves_exactly_what_rests_on_it(world, answer, coded_twice):
    again = {c.number for c in world.second.cases}
    place = next(
        i
        for i, v in enumerate(world.first.victims)
        if v.relation is RelationToTrafficker.BIOLOGICAL_PARENT and (v.case in again) is coded_twice
    )
    victims = list(world.first.victims)
    victims[place] = replace(victims[place], relation=RelationToTrafficker.UNKNOWN)
    after = analyse_nature(_with_victims(world.first, victims), world.second, options=OPTIONS, digests=("x",))
    expected = set(RELATION_RESULTS)
    if coded_twice:
        expected |= {"agreement-relation", "coder-agreement"}
    assert _changed(answer, after) == expected
    most = "victims-relation-any-relative-most"
    assert finding(after, most).value == finding(answer, most).value, "a parent turned unknown may still be a relative"
    parent = finding(after, "victims-relation-parent")
    assert (parent.numerator, parent.known, parent.unknown) == (88, 216, 165)
    if coded_twice:
        rows = zip(table(answer, "coder-agreement").rows, table(after, "coder-agreement").rows, strict=True)
        assert [a[0] for a, b in rows if a != b] == ["relation to the trafficker"]


def test_one_age_changed_moves_nothing_about_relations(world, answer):
    victims = list(world.first.victims)
    place = next(i for i, v in enumerate(victims) if v.age_years == 9)
    victims[place] = replace(victims[place], age_years=None)
    after = analyse_nature(_with_victims(world.first, victims), None, options=OPTIONS, digests=("x",))
    alone = analyse_nature(world.first, None, options=OPTIONS, digests=("x",))
    changed = _changed(alone, after)
    assert {"victims-age-known", "victims-by-age-band", "victims-adult"} <= changed
    assert all("age" in name or "adult" in name for name in changed)


def test_order_of_rows_does_not_matter(world, answer):
    shuffle = random.Random(4)

    def mixed(table_):
        def order(rows):
            rows = list(rows)
            shuffle.shuffle(rows)
            return tuple(rows)

        return CaseReviewTable(
            coder=table_.coder,
            cases=order(table_.cases),
            victims=order(table_.victims),
            traffickers=order(table_.traffickers),
            customers=order(table_.customers),
            links=order(table_.links),
        )

    again = analyse_nature(mixed(world.first), mixed(world.second), options=OPTIONS, digests=("x",))
    assert again == answer


def test_the_small_world_gives_the_same_findings_and_tables(answer):
    small = simulate_case_review(seed=2020, size="small")
    found = analyse_nature(small.first, small.second, options=OPTIONS, digests=())
    assert {t.id for t in found.tables} == {t.id for t in answer.tables}
    missing = {f.id for f in answer.findings} - {f.id for f in found.findings}
    assert missing <= {"customers-top-country", "customers-top-country-share"}


def test_clustering_widens_the_interval_of_victims(answer):
    parent = finding(answer, "victims-relation-parent")
    naive = 2 * 1.96 * math.sqrt(parent.value * (1 - parent.value) / parent.known)
    assert parent.interval.upper - parent.interval.lower > 1.3 * naive


def test_what_the_unknown_relations_could_change(answer):
    least, most = (finding(answer, f"victims-relation-any-relative-{end}") for end in ("least", "most"))
    assert (least.value, most.value) == pytest.approx((180 / 381, 344 / 381))
