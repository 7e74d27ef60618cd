"""Customers of the synthetic case review, and the ties of the spotlight case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from darkfigure.records.restricted import CaseLink, Customer, LinkRole, Sex, YesNo
from darkfigure.synth.case_files import SPOTLIGHT_VICTIMS, CaseDraft
from darkfigure.synth.case_quota import dealt, shuffled
from darkfigure.synth.case_targets import CaseTargets

SPOTLIGHT_CUSTOMERS = (
    (57, "AU", "sentenced"),
    (58, "AU", "sentenced"),
    (48, "DE", "sentenced"),
    (None, "US", "under_investigation"),
)
"""Age, country and state of proceedings of the spotlight's customers; the first leads."""

SPOTLIGHT_SUSPECTS = 10
"""Further suspects of the spotlight case, drawn as one node."""

_AGE_KNOWN = 0.7


def draw_customers(files: Sequence[CaseDraft], targets: CaseTargets, *, rng: np.random.Generator) -> list[Customer]:
    """Which customers do the referrals name?

    Parameters
    ----------
    files : sequence of CaseDraft
    targets : CaseTargets
    rng : numpy.random.Generator

    Returns
    -------
    list of Customer
        One lead customer in each file with customer information; all customers are men, as in the published review.
    """
    spotlight = next(file for file in files if file.spotlight)
    others = [file for file in files if file.customer_information and file is not spotlight]
    lead_country = dict(targets.lead_country)
    lead_country[SPOTLIGHT_CUSTOMERS[0][1]] -= 1
    countries = dealt(lead_country, rng=rng)
    ages = _lead_ages(len(others), targets, rng=rng)
    order = shuffled(range(len(others)), rng=rng)
    travelled, contact = set(order[: targets.travelled]), set(order[: targets.contact_abuse])
    refused = set(order[targets.travelled : targets.travelled + len(others) // 6])
    further = set(shuffled(range(len(others)), rng=rng)[: targets.further_customers])
    customers = _spotlight_customers(spotlight)
    for place, file in enumerate(others):
        customers.append(
            Customer(
                case=file.number,
                number=1,
                lead=True,
                sex=Sex.MALE,
                age_years=ages[place],
                country=countries[place] or None,
                travelled=YesNo.YES if place in travelled else YesNo.NO if place in refused else YesNo.UNKNOWN,
                contact_abuse=YesNo.YES if place in contact else YesNo.UNKNOWN,
            )
        )
        if place in further:
            customers.append(_further_customer(file, countries[place], targets, rng=rng))
    return sorted(customers, key=lambda customer: (customer.case, customer.number))


def spotlight_links(files: Sequence[CaseDraft]) -> list[CaseLink]:
    """Who is tied to whom in the spotlight case?

    Parameters
    ----------
    files : sequence of CaseDraft

    Returns
    -------
    list of CaseLink
        The trafficker to each victim, to each customer, and to the group of further suspects: nine ties, ten nodes.
    """
    case = next(file.number for file in files if file.spotlight)
    ends = [
        *((LinkRole.VICTIM, number, 1) for number in range(1, SPOTLIGHT_VICTIMS + 1)),
        *((LinkRole.CUSTOMER, number, 1) for number in range(1, len(SPOTLIGHT_CUSTOMERS) + 1)),
        (LinkRole.SUSPECT_GROUP, 1, SPOTLIGHT_SUSPECTS),
    ]
    return [
        CaseLink(case=case, from_role=LinkRole.TRAFFICKER, from_number=1, to_role=role, to_number=number, people=people)
        for role, number, people in ends
    ]


def _lead_ages(count: int, targets: CaseTargets, *, rng: np.random.Generator) -> list[int | None]:
    low, high = targets.customer_age_min, targets.customer_age_max
    ages: list[int | None] = [low, high]
    for _ in range(count - 2):
        ages.append(int(low + round((high - low) * rng.beta(1.8, 1.9))) if rng.random() < _AGE_KNOWN else None)
    return shuffled(ages, rng=rng)


def _spotlight_customers(file: CaseDraft) -> list[Customer]:
    return [
        Customer(
            case=file.number,
            number=number,
            lead=number == 1,
            sex=Sex.MALE,
            age_years=age,
            country=country,
            travelled=YesNo.UNKNOWN,
            contact_abuse=YesNo.UNKNOWN,
            status=status,
        )
        for number, (age, country, status) in enumerate(SPOTLIGHT_CUSTOMERS, start=1)
    ]


def _further_customer(file: CaseDraft, country: str, targets: CaseTargets, *, rng: np.random.Generator) -> Customer:
    low, high = targets.customer_age_min, targets.customer_age_max
    return Customer(
        case=file.number,
        number=2,
        lead=False,
        sex=Sex.MALE,
        age_years=int(rng.integers(low, high + 1)) if rng.random() < _AGE_KNOWN else None,
        country=country or None,
        travelled=YesNo.UNKNOWN,
        contact_abuse=YesNo.UNKNOWN,
    )
