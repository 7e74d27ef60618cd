"""Small case reviews built by hand."""

from collections.abc import Iterable

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


def a_case(number, **changes):
    fields = {
        "number": number,
        "agency": Agency.PNP_WCPC,
        "year": 2016,
        "initiation": Initiation.INTERNATIONAL_REFERRAL,
        "commercial": YesNo.YES,
        "customer_information": False,
    }
    return CaseFile(**{**fields, **changes})


def a_victim(case, number, **changes):
    fields = {
        "case": case,
        "number": number,
        "sex": Sex.FEMALE,
        "age_years": 11,
        "relation": RelationToTrafficker.UNKNOWN,
        "rescued": False,
        "rescue_group": None,
        "relation_in_group": None,
        "abuse_months": None,
        "province": None,
    }
    return Victim(**{**fields, **changes})


def a_trafficker(case, number, **changes):
    fields = {
        "case": case,
        "number": number,
        "sex": Sex.FEMALE,
        "age_years": 30,
        "nationality": Nationality.FILIPINO,
        "speaks_english": YesNo.UNKNOWN,
        "channels": frozenset(),
        "arrested": False,
        "arrest_province": None,
    }
    return Trafficker(**{**fields, **changes})


def a_customer(case, number, **changes):
    fields = {
        "case": case,
        "number": number,
        "lead": number == 1,
        "sex": Sex.MALE,
        "age_years": 50,
        "country": "US",
        "travelled": YesNo.UNKNOWN,
        "contact_abuse": YesNo.UNKNOWN,
    }
    return Customer(**{**fields, **changes})


def a_review(cases=(), victims=(), traffickers=(), customers=(), links=(), coder="A"):
    return CaseReviewTable(
        coder=coder,
        cases=tuple(cases),
        victims=tuple(victims),
        traffickers=tuple(traffickers),
        customers=tuple(customers),
        links=tuple(links),
    )


def small_review():
    """Four files: a large family case, a single-victim case, a case of two strangers, a file without anybody."""
    group = {"rescued": True, "rescue_group": 1}
    parent, relative = RelationToTrafficker.BIOLOGICAL_PARENT, RelationToTrafficker.OTHER_RELATIVE
    sibling = RelationInGroup.SIBLING
    return a_review(
        cases=[
            a_case(1, spotlight=True, customer_information=True),
            a_case(2, initiation=Initiation.DOMESTIC_REFERRAL, commercial=YesNo.UNKNOWN, agency=Agency.NBI_AHTRAD),
            a_case(3, year=2014, initiation=Initiation.UNKNOWN, customer_information=True),
            a_case(4, year=2011, commercial=YesNo.NO),
        ],
        victims=[
            a_victim(1, 1, age_years=7, relation=parent, relation_in_group=sibling, province="PH-CEB", **group),
            a_victim(1, 2, age_years=0, relation=parent, relation_in_group=sibling, province="PH-CEB", **group),
            a_victim(1, 3, sex=Sex.MALE, relation=relative, relation_in_group=RelationInGroup.UNKNOWN, **group),
            a_victim(
                2,
                1,
                age_years=18,
                abuse_months=6,
                rescued=True,
                rescue_group=1,
                relation_in_group=RelationInGroup.RESCUED_ALONE,
                province="PH-LAG",
            ),
            a_victim(3, 1, age_years=None, relation=RelationToTrafficker.NOT_RELATED, abuse_months=18),
            a_victim(3, 2, age_years=20),
        ],
        traffickers=[
            a_trafficker(
                1,
                1,
                age_years=36,
                speaks_english=YesNo.YES,
                channels=frozenset({Channel.SURFACE_WEB, Channel.MONEY_SERVICE}),
                arrested=True,
                arrest_province="PH-CEB",
            ),
            a_trafficker(3, 1, age_years=15, channels=frozenset({Channel.BANK_TRANSFER})),
            a_trafficker(3, 2, sex=Sex.MALE, nationality=Nationality.FOREIGN, arrested=True, arrest_province="PH-ABR"),
        ],
        customers=[
            a_customer(1, 1, age_years=57, country="AU", travelled=YesNo.YES, status="sentenced"),
            a_customer(1, 2, age_years=None, country="US", status="private remark"),
            a_customer(3, 1, age_years=40, country="US", travelled=YesNo.NO, contact_abuse=YesNo.YES),
        ],
        links=[
            a_link(LinkRole.VICTIM, 1),
            a_link(LinkRole.VICTIM, 2),
            a_link(LinkRole.CUSTOMER, 1),
            a_link(LinkRole.CUSTOMER, 2),
            a_link(LinkRole.SUSPECT_GROUP, 1, people=5),
        ],
    )


def a_link(role, number, people=1, case=1):
    return CaseLink(
        case=case, from_role=LinkRole.TRAFFICKER, from_number=1, to_role=role, to_number=number, people=people
    )


def finding(answer, finding_id):
    return next(f for f in answer.findings if f.id == finding_id)


def table(answer, table_id):
    return next(t for t in answer.tables if t.id == table_id)


def cell(answer, table_id, label, column):
    found = table(answer, table_id)
    return dict(zip(found.column(found.columns[0].name), found.column(column), strict=True))[label]


def codes(cautions: Iterable):
    return [c.code for c in cautions]
