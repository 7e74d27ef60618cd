"""Who are the customers, as far as the referrals tell?"""

from __future__ import annotations

from collections import Counter

from darkfigure.nature.category_tables import category_table
from darkfigure.nature.cautions import SELECTED_FILES
from darkfigure.nature.review import Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.units import Units, numbers_of, units_of
from darkfigure.records.aggregate import Answer, Finding, Question, Table
from darkfigure.records.restricted import Customer, Sex, YesNo
from darkfigure.reference.countries import country_name

BASE = "lead customers, one for each referral with customer information"
BASE_LABEL = "referrals with customer information, each by its lead customer"
OTHER = "other countries"
SEXES: dict[str, str] = {Sex.MALE: "male", Sex.FEMALE: "female", Sex.TRANSGENDER: "transgender"}
YES_NO: dict[str, str] = {YesNo.YES: "yes", YesNo.NO: "no"}


def customer_answer(review: Review) -> Answer:
    """Describe the customers of the referrals that name one; the lead customer stands for a referral.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``customer-referrals``, ``customers-named``, ``customers-men``, ``customers-age-known``,
        ``customers-age-median``, ``customers-age-youngest``, ``customers-age-oldest``, ``customers-top-country``,
        ``customers-top-country-share``, ``customers-travelled``, ``customers-contact-abuse``; tables
        ``customers-by-country``, ``customers-by-travel``, ``customers-by-contact-abuse``, ``customers-by-sex``.
    """
    lead = lead_customers(review)
    findings = [*_totals(review, lead), *_ages(review), *_countries(review, lead), *_history(review, lead)]
    return Answer(tuple(findings), _tables(review, lead))


def lead_customers(review: Review) -> tuple[Customer, ...]:
    """Customers that stand for their referral, in the order of the cases."""
    return tuple(sorted((c for c in review.table.customers if c.lead), key=lambda c: (c.case, c.number)))


def country_units(review: Review, lead: tuple[Customer, ...]) -> tuple[Units, dict[str, str]]:
    """Country of each lead customer, and the labels in print order: most referrals first, small ones together."""
    units = units_of(lead, case=lambda c: c.case, code=lambda c: c.country)
    counts = Counter(code for code in units.codes if code is not None)
    large = [code for code, n in counts.items() if n >= review.options.country_minimum]
    large.sort(key=lambda code: (-counts[code], country_name(code)))
    small = sorted(set(counts) - set(large))
    return units, {**{code: country_name(code) for code in large}, **dict.fromkeys(small, OTHER)}


def _topic(review: Review) -> Topic:
    return Topic(review=review, unit="lead customers", base_label=BASE_LABEL)


def _totals(review: Review, lead: tuple[Customer, ...]) -> list[Finding]:
    files = [c for c in review.table.cases if c.customer_information]
    by_file = Topic(review=review, unit="referrals", base_label="reviewed case files")
    named = Topic(review=review, unit="customers", base_label="customers named in the reviewed files")
    sexes, options = units_of(lead, case=lambda c: c.case, code=lambda c: c.sex), review.options
    who = those_known("lead customers", "whose sex is known", unknown=sexes.count(None))
    return [
        by_file.count(
            "customer-referrals",
            "{value} of the {base} files hold a referral with information about a customer.",
            len(files),
            estimand="reviewed case files that hold information about a customer",
            contributors=len(files),
            base=len(review.table.cases),
        ),
        named.count(
            "customers-named",
            "The reviewed files name {value} customers.",
            len(review.table.customers),
            estimand="customers named in the reviewed files; a person in two cases counts twice",
            contributors=len({c.case for c in review.table.customers}),
        ),
        _topic(review).share(
            "customers-men",
            f"Of the {who}, {{value}} were men{{detail}}.",
            share_of(sexes, {Sex.MALE}, convention=options.attribute_unknowns, level=options.level),
            estimand="share of lead customers of known sex who were men",
        ),
    ]


def _ages(review: Review) -> list[Finding]:
    ages = numbers_of(review.table.customers, case=lambda c: c.case, value=lambda c: c.age_years)
    topic = Topic(review=review, unit="customers", base_label="customers named in the reviewed files")
    known = len(ages.known.cases)
    who = those_known("customers", "whose age is known", unknown=len(ages.cases) - known)
    return [
        topic.count(
            "customers-age-known",
            "The files state the age of {value} of the {base} customers named.",
            known,
            estimand="customers named in the reviewed files whose age is stated",
            contributors=ages.behind(),
            base=len(ages.cases),
            known=known,
        ),
        topic.median(
            "customers-age-median",
            f"Half of the {who} were {{value}} years old or younger{{detail}}.",
            ages,
            unit="years",
            estimand="median age in completed years of customers of known age",
        ),
        *topic.extremes(
            ages,
            ids=("customers-age-youngest", "customers-age-oldest"),
            statements=("The youngest customer was {value} years old.", "The oldest customer was {value} years old."),
            estimands=("lowest known age in completed years", "highest known age in completed years"),
            unit="years",
        ),
    ]


def _countries(review: Review, lead: tuple[Customer, ...]) -> list[Finding]:
    units, labels = country_units(review, lead)
    first = next((code for code, text in labels.items() if text != OTHER), None)
    if first is None:
        return []
    options, topic = review.options, _topic(review)
    share = share_of(units, {first}, convention=options.history_unknowns, level=options.level)
    top = Finding(
        id="customers-top-country",
        question=Question.NATURE,
        statement="The country named most often for a lead customer is {value}.",
        value=labels[first],
        unit="country",
        estimand="country with most lead customers; countries with few are not compared",
        base=share.base,
        base_label=BASE_LABEL,
        known=share.known,
        unknown=share.unknown,
        contributors=share.contributors,
        cautions=(SELECTED_FILES,),
        source_digests=review.digests,
    )
    return [
        top,
        topic.share(
            "customers-top-country-share",
            "{value:customers-top-country} is the country named most often for a lead customer: in {value} of the "
            "referrals with customer information{detail}.",
            share,
            estimand="share of referrals whose lead customer lived in the country named most often",
            cautions=(SELECTED_FILES,),
        ),
    ]


def _history(review: Review, lead: tuple[Customer, ...]) -> list[Finding]:
    options, topic = review.options, _topic(review)
    travelled = units_of(lead, case=lambda c: c.case, code=lambda c: c.travelled)
    contact = units_of(lead, case=lambda c: c.case, code=lambda c: c.contact_abuse)
    return [
        topic.share(
            "customers-travelled",
            "In {value} of the referrals with customer information{detail} the lead customer was known to have "
            "travelled to the country of the victims.",
            share_of(travelled, {YesNo.YES}, convention=options.history_unknowns, level=options.level),
            estimand="share of referrals whose lead customer was known to have travelled to the victims' country",
            cautions=(SELECTED_FILES,),
        ),
        topic.share(
            "customers-contact-abuse",
            "In {value} of the referrals with customer information{detail} the lead customer had a known history of "
            "contact abuse of children there.",
            share_of(contact, {YesNo.YES}, convention=options.history_unknowns, level=options.level),
            estimand="share of referrals whose lead customer had a known history of contact abuse of children there",
            cautions=(SELECTED_FILES,),
        ),
    ]


def _tables(review: Review, lead: tuple[Customer, ...]) -> tuple[Table, ...]:
    options = review.options
    country, labels = country_units(review, lead)
    kept = {code: text for code, text in labels.items() if text != OTHER}
    grouped = {**kept, **{code: OTHER for code, text in labels.items() if text == OTHER}}
    travelled = units_of(lead, case=lambda c: c.case, code=lambda c: c.travelled)
    contact = units_of(lead, case=lambda c: c.case, code=lambda c: c.contact_abuse)
    sexes = units_of(lead, case=lambda c: c.case, code=lambda c: c.sex)
    history, attribute = options.history_unknowns, options.attribute_unknowns
    made = (
        ("customers-by-country", "Lead customers by country", "country", country, grouped, history),
        ("customers-by-sex", "Lead customers by sex", "sex", sexes, SEXES, attribute),
        (
            "customers-by-travel",
            "Lead customers by travel to the country",
            "travelled",
            travelled,
            YES_NO,
            history,
        ),
        (
            "customers-by-contact-abuse",
            "Lead customers by known history of contact abuse in the country",
            "contact_abuse",
            contact,
            YES_NO,
            history,
        ),
    )
    return tuple(
        category_table(
            table_id,
            title=title,
            base=BASE,
            label=label,
            unit="referrals",
            units=units,
            categories=categories,
            convention=convention,
            level=options.level,
            note=SELECTED_FILES.text,
        )
        for table_id, title, label, units, categories, convention in made
    )
