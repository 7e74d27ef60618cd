"""Rules of the case review that join several answers of a row, or several rows of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from darkfigure.intake.case_review_answers import Answers
from darkfigure.intake.checked_rows import Broken
from darkfigure.records.restricted import (
    Agency,
    CaseFile,
    CaseLink,
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

MONTHS_IN_YEAR = 12


def case_of(answers: Answers) -> CaseFile:
    """Which file does this row of the main sheet describe?

    Parameters
    ----------
    answers : Answers

    Returns
    -------
    CaseFile
    """
    return CaseFile(
        number=answers.whole("file_number"),
        agency=Agency(answers.text("agency")),
        year=answers.whole("year"),
        initiation=Initiation(answers.text("initiation")),
        commercial=YesNo(answers.text("commercial")),
        customer_information=answers.yes("customer_information"),
        spotlight=answers.yes("spotlight"),
    )


def victim_of(answers: Answers, case: CaseFile, *, group_size: Callable[[int], int]) -> Victim | Broken:
    """Which victim does this row describe, or which rule does it break?

    Parameters
    ----------
    answers : Answers
    case : CaseFile
    group_size : callable
        Victims written under a group number in this case.

    Returns
    -------
    Victim or Broken
        Rules: ``not-rescued``, ``group-incomplete``, ``alone-in-group``, ``not-alone-in-group``,
        ``longer-than-life``.
    """
    group, relation = answers.whole_or_none("rescue_group"), answers.text_or_none("relation_in_group")
    broken = _broken_group(
        group, relation, rescued=answers.yes("rescued"), size=0 if group is None else group_size(group)
    )
    age, months = answers.whole_or_none("age_years"), answers.whole_or_none("abuse_months")
    if broken is None and age is not None and months is not None and months >= MONTHS_IN_YEAR * (age + 1):
        broken = Broken("abuse_months", "longer-than-life")
    if broken is not None:
        return broken
    return Victim(
        case=case.number,
        number=answers.whole("number"),
        sex=Sex(answers.text("sex")),
        age_years=age,
        relation=RelationToTrafficker(answers.text("relation")),
        rescued=answers.yes("rescued"),
        rescue_group=group,
        relation_in_group=None if relation is None else RelationInGroup(relation),
        abuse_months=months,
        province=answers.text_or_none("province"),
    )


def _broken_group(group: int | None, relation: str | None, *, rescued: bool, size: int) -> Broken | None:
    if not rescued:
        named = [
            name for name, value in (("rescue_group", group), ("relation_in_group", relation)) if value is not None
        ]
        return Broken(named[0], "not-rescued") if named else None
    if (group is None) != (relation is None):
        return Broken("rescue_group" if group is None else "relation_in_group", "group-incomplete")
    alone = relation == RelationInGroup.RESCUED_ALONE
    if group is not None and alone != (size == 1):
        return Broken("relation_in_group", "not-alone-in-group" if alone else "alone-in-group")
    return None


def trafficker_of(answers: Answers, case: CaseFile) -> Trafficker | Broken:
    """Which trafficker does this row describe, or which rule does it break?

    Parameters
    ----------
    answers : Answers
    case : CaseFile

    Returns
    -------
    Trafficker or Broken
        Rule: ``not-arrested``.
    """
    province = answers.text_or_none("arrest_province")
    if province is not None and not answers.yes("arrested"):
        return Broken("arrest_province", "not-arrested")
    return Trafficker(
        case=case.number,
        number=answers.whole("number"),
        sex=Sex(answers.text("sex")),
        age_years=answers.whole_or_none("age_years"),
        nationality=Nationality(answers.text("nationality")),
        speaks_english=YesNo(answers.text("speaks_english")),
        channels=frozenset(Channel(code) for code in answers.ticked("channels")),
        arrested=answers.yes("arrested"),
        arrest_province=province,
    )


def customer_of(answers: Answers, case: CaseFile) -> Customer | Broken:
    """Which customer does this row describe, or which rule does it break?

    Parameters
    ----------
    answers : Answers
    case : CaseFile

    Returns
    -------
    Customer or Broken
        Rule: ``no-customer-information``.
    """
    if not case.customer_information:
        return Broken("number", "no-customer-information")
    return Customer(
        case=case.number,
        number=answers.whole("number"),
        lead=answers.yes("lead"),
        sex=Sex(answers.text("sex")),
        age_years=answers.whole_or_none("age_years"),
        country=answers.text_or_none("country"),
        travelled=YesNo(answers.text("travelled")),
        contact_abuse=YesNo(answers.text("contact_abuse")),
        status=answers.text_or_none("status") or "",
    )


def link_of(
    answers: Answers, case: CaseFile, *, people: Mapping[LinkRole, frozenset[tuple[int, int]]]
) -> CaseLink | Broken:
    """Which tie does this row describe, or which rule does it break?

    Parameters
    ----------
    answers : Answers
    case : CaseFile
    people : mapping of LinkRole to frozenset of (int, int)
        Case and number of everybody accepted, by role.

    Returns
    -------
    CaseLink or Broken
        Rules: ``link-end-missing``, ``tie-to-itself``, ``people-without-group``.
    """
    ends = [
        (LinkRole(answers.text(f"{end}_role")), answers.whole(f"{end}_number"), f"{end}_number")
        for end in ("from", "to")
    ]
    for role, number, field in ends:
        if role in people and (case.number, number) not in people[role]:
            return Broken(field, "link-end-missing")
    if ends[0][:2] == ends[1][:2]:
        return Broken("to_number", "tie-to-itself")
    count = answers.whole("people")
    if count > 1 and ends[1][0] is not LinkRole.SUSPECT_GROUP:
        return Broken("people", "people-without-group")
    return CaseLink(
        case=case.number,
        from_role=ends[0][0],
        from_number=ends[0][1],
        to_role=ends[1][0],
        to_number=ends[1][1],
        people=count,
    )


def cases_without_one_lead(customers: Iterable[Customer]) -> frozenset[int]:
    """In which cases do none or several of the customers lead?

    Parameters
    ----------
    customers : iterable of Customer

    Returns
    -------
    frozenset of int
    """
    leads: Counter[int] = Counter()
    for customer in customers:
        leads[customer.case] += customer.lead
    return frozenset(case for case, count in leads.items() if count != 1)
