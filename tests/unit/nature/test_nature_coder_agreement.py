"""Two coders over the same files."""

from dataclasses import replace

import numpy as np
import pytest
from nature_tables import a_case, a_review, a_trafficker, a_victim, codes, finding, table

from darkfigure.estimate.agreement import cohen_kappa
from darkfigure.nature import NatureOptions, analyse_nature
from darkfigure.nature.coder_fields import RELATION, coded_fields, pair_codes
from darkfigure.records.aggregate import Missing
from darkfigure.records.restricted import RelationToTrafficker

PARENT, UNKNOWN = RelationToTrafficker.BIOLOGICAL_PARENT, RelationToTrafficker.UNKNOWN


def first_coder():
    cases = [a_case(n, year=2010 + n) for n in range(1, 13)]
    victims = [a_victim(n, k, relation=PARENT if n % 2 else UNKNOWN) for n in range(1, 13) for k in (1, 2)]
    return a_review(cases=cases, victims=victims, traffickers=[a_trafficker(1, 1)])


def second_coder(first):
    """Codes cases 2 to 11; reads one relation differently, finds a further victim, misses the trafficker."""
    victims = [v for v in first.victims if 2 <= v.case <= 11]
    victims[0] = replace(victims[0], relation=PARENT)
    return a_review(
        cases=[c for c in first.cases if 2 <= c.number <= 11],
        victims=[*victims, a_victim(3, 9)],
        coder="B",
    )


@pytest.fixture(scope="module")
def answer():
    first = first_coder()
    return analyse_nature(first, second_coder(first), options=NatureOptions(seed=5), digests=())


def row(answer, name, unit):
    found = table(answer, "coder-agreement")
    names = [c.name for c in found.columns]
    return next(dict(zip(names, r, strict=True)) for r in found.rows if r[0] == name and r[1] == unit)


def test_units_are_lined_up_by_case_and_number(answer):
    first = first_coder()
    field = next(f for f in coded_fields(NatureOptions()) if f.name == RELATION)
    paired = pair_codes(first, second_coder(first), field)
    assert paired.cases == tuple(n for n in range(2, 12) for _ in (1, 2))
    assert [a == b for a, b in zip(paired.first, paired.second, strict=True)] == [False] + [True] * 19
    assert "parent" not in repr(paired)


def test_kappa_of_the_table_is_that_of_the_codes(answer):
    found = row(answer, RELATION, "victims")
    # One of twenty differs; ten of twenty are parents in the first reading, eleven in the second.
    expected = (10 / 20) * (11 / 20) + (10 / 20) * (9 / 20)
    assert (found["units"], found["agreed"], found["cases"]) == (20, 19, 10)
    assert found["kappa"] == pytest.approx((19 / 20 - expected) / (1 - expected))
    assert found["kappa_lower"] <= found["kappa"] <= found["kappa_upper"]
    plain = cohen_kappa("aa" * 5 + "bb" * 5, "a" * 10 + "a" + "b" * 9, rng=np.random.default_rng(0), replicates=10)
    assert plain.value == pytest.approx(found["kappa"])


def test_agreement_as_findings(answer):
    assert (finding(answer, "agreement-files").value, finding(answer, "agreement-files").base) == (10, 12)
    assert finding(answer, "agreement-relation").value == pytest.approx(19 / 20)
    lowest = finding(answer, "agreement-lowest")
    assert finding(answer, "agreement-lowest-field").value == f"{RELATION} of victims"
    assert lowest.value == pytest.approx(row(answer, RELATION, "victims")["kappa"])
    assert "C-FIRST-CODER-USED" in codes(lowest.cautions)


def test_one_category_throughout_gives_no_kappa(answer):
    assert row(answer, "sex", "victims")["kappa"] is Missing.NOT_ESTIMABLE
    assert row(answer, "sex", "victims")["agreement_share"] == 1.0


def test_units_named_once_are_left_out(answer):
    assert not [r for r in table(answer, "coder-agreement").rows if r[1] == "traffickers"]


def test_other_results_rest_on_the_first_coder(answer):
    alone = analyse_nature(first_coder(), None, options=NatureOptions(seed=5), digests=())
    shared = [f for f in answer.findings if not f.id.startswith("agreement")]
    assert shared == list(alone.findings)
    assert not [f for f in alone.findings if f.id.startswith("agreement")]


def test_no_common_file_no_agreement():
    first = first_coder()
    other = a_review(cases=[a_case(99)], coder="B")
    answer = analyse_nature(first, other, options=NatureOptions(), digests=())
    assert not [t for t in answer.tables if t.id == "coder-agreement"]


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others():
    first = first_coder()
    second = second_coder(first)
    tables = [
        table(analyse_nature(first, second, options=NatureOptions(seed=s), digests=()), "coder-agreement")
        for s in (1, 1, 2)
    ]
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


@pytest.mark.parametrize("coefficient", ["kappa", "alpha", "ac1"])
def test_whole_cases_are_resampled(coefficient):
    # Ten victims a case, all coded alike within it: twenty cases carry as much as twenty victims, not two hundred.
    cases = [a_case(n) for n in range(1, 21)]
    many, single = range(1, 11), range(1, 2)

    def coders(people):
        first = [a_victim(n, k, relation=PARENT if n % 2 else UNKNOWN) for n in range(1, 21) for k in people]
        second = [replace(v, relation=PARENT if v.case == 2 else v.relation) for v in first]
        return a_review(cases=cases, victims=first), a_review(cases=cases, victims=second, coder="B")

    def width(people):
        answer = analyse_nature(*coders(people), options=NatureOptions(seed=3), digests=())
        found = row(answer, RELATION, "victims")
        return found[f"{coefficient}_upper"] - found[f"{coefficient}_lower"]

    assert width(many) == pytest.approx(width(single), rel=0.15)
