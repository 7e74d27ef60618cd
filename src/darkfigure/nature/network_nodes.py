"""Who stands in the network of one case? People by role and number, never by a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from darkfigure.nature.review import Review
from darkfigure.records.restricted import CaseFile, CaseLink, LinkRole, Nationality, Sex
from darkfigure.reference.countries import country_name

ROLE_LABELS = {
    LinkRole.TRAFFICKER: "Trafficker",
    LinkRole.CUSTOMER: "Customer",
    LinkRole.VICTIM: "Victim",
    LinkRole.SUSPECT_GROUP: "Further suspects",
}
ROLE_ORDER = tuple(ROLE_LABELS)
STATUS_WORDS = {
    "under_investigation": "under investigation",
    "charged": "charged",
    "convicted": "convicted",
    "sentenced": "sentenced",
}
"""States of proceedings that may be shown; any other text of the form stays unsaid."""
NOT_KNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Node:
    """One person, or one group of further suspects, in the network."""

    role: LinkRole
    number: int
    sex: str = NOT_KNOWN
    age_years: int | None = None
    country: str = NOT_KNOWN
    status: str = ""
    people: int = 1

    @property
    def label(self) -> str:
        """Role and number, such as ``"Trafficker 1"``."""
        return f"{ROLE_LABELS[self.role]} {self.number}"


def network_nodes(review: Review, case: CaseFile) -> tuple[Node, ...]:
    """List the people of one case and the groups its ties name, by role and number."""
    links = [k for k in review.table.links if k.case == case.number]
    found = {(n.role, n.number): n for n in (*_people(review, case.number), *_groups(review, links))}
    for role, number in _ends(links):
        found.setdefault((role, number), Node(role=role, number=number))
    return tuple(sorted(found.values(), key=lambda n: (ROLE_ORDER.index(n.role), n.number)))


def _people(review: Review, case: int) -> Iterable[Node]:
    home = country_name(review.options.home_country)
    for trafficker in (t for t in review.table.traffickers if t.case == case):
        local = trafficker.nationality is Nationality.FILIPINO
        yield Node(
            role=LinkRole.TRAFFICKER,
            number=trafficker.number,
            sex=_sex(trafficker.sex, trafficker.age_years, review.options.adult_age),
            age_years=trafficker.age_years,
            country=home if local else NOT_KNOWN,
            status="arrested" if trafficker.arrested else "",
        )
    for customer in (c for c in review.table.customers if c.case == case):
        yield Node(
            role=LinkRole.CUSTOMER,
            number=customer.number,
            sex=_sex(customer.sex, customer.age_years, review.options.adult_age),
            age_years=customer.age_years,
            country=country_name(customer.country) if customer.country else NOT_KNOWN,
            status=STATUS_WORDS.get(customer.status, ""),
        )
    for victim in (v for v in review.table.victims if v.case == case):
        yield Node(
            role=LinkRole.VICTIM,
            number=victim.number,
            sex=_sex(victim.sex, victim.age_years, review.options.adult_age),
            age_years=victim.age_years,
            country=home,
            status="rescued" if victim.rescued else "",
        )


def _groups(review: Review, links: list[CaseLink]) -> Iterable[Node]:
    sizes: dict[int, int] = {}
    for link in links:
        for role, number in ((link.from_role, link.from_number), (link.to_role, link.to_number)):
            if role is LinkRole.SUSPECT_GROUP:
                sizes[number] = max(sizes.get(number, 0), link.people)
    home = country_name(review.options.home_country)
    for number, people in sizes.items():
        yield Node(
            role=LinkRole.SUSPECT_GROUP, number=number, country=home, status="under investigation", people=people
        )


def _ends(links: list[CaseLink]) -> Iterable[tuple[LinkRole, int]]:
    for link in links:
        yield link.from_role, link.from_number
        yield link.to_role, link.to_number


def _sex(sex: Sex, age: int | None, adult_age: int) -> str:
    """Say girl and boy of children, female and male of others."""
    if age is not None and age < adult_age:
        return {Sex.FEMALE: "girl", Sex.MALE: "boy"}.get(sex, str(sex))
    return str(sex)
