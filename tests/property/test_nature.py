"""What must hold for any case review, however odd."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from darkfigure.estimate.proportions import clustered_share_interval, design_effect, effective_size
from darkfigure.nature import NatureOptions, UnknownConvention, analyse_nature
from darkfigure.nature.medians import median_interval, median_of
from darkfigure.nature.units import Numbers
from darkfigure.records.aggregate import ColumnKind, placeholders
from darkfigure.records.restricted import (
    Agency,
    CaseFile,
    CaseLink,
    CaseReviewTable,
    Channel,
    Customer,
    Initiation,
    LinkRole,
    Nationality,
    RelationInGroup,
    RelationToTrafficker,
    Sex,
    Trafficker,
    Victim,
    YesNo,
)

AGES = st.none() | st.integers(0, 90)
PLACES = st.sampled_from([None, "PH-CEB", "PH-00"])


def _cases(numbers):
    return [
        st.builds(
            CaseFile,
            number=st.just(number),
            agency=st.sampled_from(Agency),
            year=st.integers(2009, 2018),
            initiation=st.sampled_from(Initiation),
            commercial=st.sampled_from(YesNo),
            customer_information=st.booleans(),
            spotlight=st.just(number == 1),
        )
        for number in numbers
    ]


VICTIMS = st.builds(
    Victim,
    case=st.integers(1, 6),
    number=st.just(0),
    sex=st.sampled_from(Sex),
    age_years=AGES,
    relation=st.sampled_from(RelationToTrafficker),
    rescued=st.booleans(),
    rescue_group=st.none() | st.integers(1, 2),
    relation_in_group=st.none() | st.sampled_from(RelationInGroup),
    abuse_months=st.none() | st.integers(0, 120),
    province=PLACES,
)
TRAFFICKERS = st.builds(
    Trafficker,
    case=st.integers(1, 6),
    number=st.just(0),
    sex=st.sampled_from(Sex),
    age_years=AGES,
    nationality=st.sampled_from(Nationality),
    speaks_english=st.sampled_from(YesNo),
    channels=st.frozensets(st.sampled_from(Channel)),
    arrested=st.booleans(),
    arrest_province=PLACES,
)
CUSTOMERS = st.builds(
    Customer,
    case=st.integers(1, 6),
    number=st.just(0),
    lead=st.just(False),
    sex=st.sampled_from(Sex),
    age_years=AGES,
    country=st.sampled_from([None, "US", "SE", "ZZ"]),
    travelled=st.sampled_from(YesNo),
    contact_abuse=st.sampled_from(YesNo),
)


def _numbered(records):
    counts = {}
    for record in records:
        counts[record.case] = counts.get(record.case, 0) + 1
        first = counts[record.case] == 1
        change = {"lead": first} if isinstance(record, Customer) else {}
        yield replace(record, number=counts[record.case], **change)


@st.composite
def reviews(draw):
    links = draw(st.lists(st.sampled_from(LinkRole), max_size=4))
    return CaseReviewTable(
        coder="A",
        cases=draw(st.tuples(*_cases(range(1, 7)))),
        victims=tuple(_numbered(draw(st.lists(VICTIMS, max_size=12)))),
        traffickers=tuple(_numbered(draw(st.lists(TRAFFICKERS, max_size=6)))),
        customers=tuple(_numbered(draw(st.lists(CUSTOMERS, max_size=6)))),
        links=tuple(
            CaseLink(case=1, from_role=LinkRole.TRAFFICKER, from_number=1, to_role=role, to_number=n, people=n)
            for n, role in enumerate(links, start=1)
        ),
    )


@given(review=reviews(), convention=st.sampled_from(UnknownConvention))
@settings(max_examples=40, deadline=None)
def test_any_review_is_answered_with_its_parts_in_balance(review, convention):
    options = NatureOptions(relation_unknowns=convention, attribute_unknowns=convention)
    answer = analyse_nature(review, None, options=options, digests=("d",))
    for finding in answer.findings:
        if finding.known is not None:
            assert finding.known + finding.unknown == finding.base
        if finding.unit == "share" and finding.value is not None and finding.interval is not None:
            assert 0 <= finding.interval.lower <= finding.value <= finding.interval.upper <= 1
        places = {name for name, other in placeholders(finding.statement) if not other}
        if finding.refusal is None:
            absent = {name for name in places if getattr(finding, name, None) is None}
            assert not absent - {"value"}, finding.id
        others = {other for _, other in placeholders(finding.statement) if other}
        assert others <= {f.id for f in answer.findings}


@given(review=reviews())
@settings(max_examples=30, deadline=None)
def test_tables_hold_each_unit_once_and_bounds_hold_the_share(review):
    answer = analyse_nature(review, None, options=NatureOptions(), digests=())
    for table in answer.tables:
        counted = next((c.name for c in table.columns if c.kind is ColumnKind.COUNT), None)
        if table.total_row is not None and counted:
            counts = table.column(counted)
            parts = [c for i, c in enumerate(counts) if i != table.total_row]
            assert sum(parts) == counts[table.total_row], table.id
        if "bound_lower" in [c.name for c in table.columns]:
            for low, share, high in zip(
                *(table.column(n) for n in ("bound_lower", "share_all", "bound_upper")), strict=True
            ):
                if all(isinstance(x, float) for x in (low, share, high)):
                    assert low <= share <= high
    provinces = next(t for t in answer.tables if t.id == "places-victims-by-province")
    assert sum(provinces.column("victims")) == sum(v.province is not None for v in review.victims)


@given(review=reviews(), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_is_of_no_account(review, seed):
    rng = np.random.default_rng(seed)

    def mixed(rows):
        return tuple(rows[int(i)] for i in rng.permutation(len(rows)))

    other = CaseReviewTable(
        coder="A",
        cases=mixed(review.cases),
        victims=mixed(review.victims),
        traffickers=mixed(review.traffickers),
        customers=mixed(review.customers),
        links=mixed(review.links),
    )
    first, second = (analyse_nature(r, None, options=NatureOptions(), digests=()) for r in (review, other))
    assert first == second


SIZES = st.lists(st.integers(1, 15), min_size=2, max_size=30)


@given(sizes=SIZES, data=st.data())
@settings(max_examples=150, deadline=None)
def test_clustered_interval_holds_the_share_and_is_no_narrower_than_plain(sizes, data):
    hits = np.array([data.draw(st.integers(0, size)) for size in sizes], dtype=float)
    counted = np.array(sizes, dtype=float)
    share = hits.sum() / counted.sum()
    found = clustered_share_interval(hits, counted, level=0.95)
    assert 0 <= found.lower <= share <= found.upper <= 1
    assert design_effect(hits, counted) >= 1 - 1e-12
    assert 0 < effective_size(hits, counted, level=0.95) <= counted.sum() + 1e-9
    # The property and its opposite give mirrored intervals.
    mirrored = clustered_share_interval(counted - hits, counted, level=0.95)
    assert np.allclose([1 - mirrored.upper, 1 - mirrored.lower], [found.lower, found.upper])


@given(values=st.lists(st.tuples(st.integers(1, 8), st.integers(0, 40)), min_size=1, max_size=60))
@settings(max_examples=150, deadline=None)
def test_median_lies_in_its_interval(values):
    numbers = Numbers(tuple(c for c, _ in values), tuple(v for _, v in values))
    found = median_interval(numbers, level=0.95)
    if len({c for c, _ in values}) < 2:
        assert found is None
    else:
        assert found.lower <= median_of(numbers) <= found.upper
