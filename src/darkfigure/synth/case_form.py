"""The abstraction form of the case review: its questions, choices and conditions, from which files are written.

One description serves the XLSForm and the export of the answers, so that the two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from darkfigure.records.restricted import (
    Agency,
    Channel,
    Initiation,
    LinkRole,
    Nationality,
    RelationInGroup,
    RelationToTrafficker,
    Sex,
    YesNo,
)
from darkfigure.reference.countries import countries
from darkfigure.reference.provinces import provinces

FORM_TITLE = "Case review"
FORM_ID = "case_review"
FORM_VERSION = "201802"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the form.

    Parameters
    ----------
    name : str
        Last part of the column name in an export.
    kind : str
        ``"integer"``, ``"text"``, ``"select_one LIST"`` or ``"select_multiple LIST"``.
    label : str
        What the coder reads.
    group : str
        Group inside the section, or ``""``.
    required : bool
        Whether the coder must answer.
    relevant : str
        XLSForm condition under which the question is asked.
    limits : tuple of int, optional
        Least and greatest whole number.
    """

    name: str
    kind: str
    label: str
    group: str = ""
    required: bool = True
    relevant: str = ""
    limits: tuple[int, int] | None = None

    @property
    def choice_list(self) -> str:
        """Name of the list of choices, or ``""``."""
        return self.kind.partition(" ")[2]

    @property
    def multiple(self) -> bool:
        """Whether several choices may be ticked."""
        return self.kind.startswith("select_multiple")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The main part of the form, or a part that repeats for each person or tie."""

    name: str
    label: str
    repeat: bool
    questions: tuple[Question, ...]

    def path(self, question: Question) -> str:
        """Column name of a question in an export with group names."""
        return "/".join(part for part in (self.name, question.group, question.name) if part)


_RESCUED = "${rescued} = 'yes'"
_ARRESTED = "${arrested} = 'yes'"
_PERSON = (1, 999)
_AGE = (0, 110)
_AGE_LABEL = "Age in whole years (0: under one year; blank: not known)"

SECTIONS = (
    Section(name="case", label="Case file", repeat=False, questions=(
        Question(name="file_number", kind="integer", label="Running number of the file", limits=(1, 9999)),
        Question(name="agency", kind="select_one agency", label="Unit that holds the file"),
        Question(name="agency_case_reference", kind="text", label="The unit's own reference", required=False),
        Question(name="year", kind="integer", label="Year of referral or first investigation", limits=(2000, 2100)),
        Question(name="initiation", kind="select_one initiation", label="How did the case begin?"),
        Question(name="commercial", kind="select_one yes_no_unknown", label="Is a commercial element confirmed?"),
        Question(name="customer_information", kind="select_one yes_no", label="Does the file tell of customers?"),
        Question(name="spotlight", kind="select_one yes_no", label="Is this the spotlight case?"),
        Question(name="reviewer_notes", kind="text", label="Notes for the review team", required=False),
    )),
    Section(name="victim", label="Victim", repeat=True, questions=(
        Question(name="number", kind="integer", label="Victim number in this file", limits=_PERSON),
        Question(name="sex", kind="select_one sex", label="Sex"),
        Question(name="age_years", kind="integer", label=_AGE_LABEL, required=False, limits=_AGE),
        Question(name="relation", kind="select_one relation", label="What is the trafficker to the victim?"),
        Question(name="rescued", kind="select_one yes_no", label="Was the victim rescued?", group="rescue"),
        Question(name="rescue_group", kind="integer", label="Number of the group rescued at one time and place",
                 group="rescue", relevant=_RESCUED, limits=(1, 99)),
        Question(name="relation_in_group", kind="select_one group_relation", group="rescue", relevant=_RESCUED,
                 label="What is the victim to the others of the group?"),
        Question(name="abuse_months", kind="integer", required=False, limits=(0, 600),
                 label="Length of abuse in months, when the file tells it exactly"),
        Question(name="province", kind="select_one province", label="Province of rescue or identification",
                 required=False),
        Question(name="victim_notes", kind="text", label="Notes for the review team", required=False),
    )),
    Section(name="trafficker", label="Trafficker", repeat=True, questions=(
        Question(name="number", kind="integer", label="Trafficker number in this file", limits=_PERSON),
        Question(name="sex", kind="select_one sex", label="Sex or gender"),
        Question(name="age_years", kind="integer", label=_AGE_LABEL, required=False, limits=_AGE),
        Question(name="nationality", kind="select_one nationality", label="Nationality"),
        Question(name="speaks_english", kind="select_one yes_no_unknown", label="Communicated in English?"),
        Question(name="channels", kind="select_multiple channel", label="Channels used", required=False),
        Question(name="arrested", kind="select_one yes_no", label="Was the trafficker arrested?", group="arrest"),
        Question(name="arrest_province", kind="select_one province", label="Province of the arrest", group="arrest",
                 relevant=_ARRESTED, required=False),
    )),
    Section(name="customer", label="Customer", repeat=True, questions=(
        Question(name="number", kind="integer", label="Customer number in this file", limits=_PERSON),
        Question(name="lead", kind="select_one yes_no", label="Does this customer stand for the referral?"),
        Question(name="sex", kind="select_one sex", label="Sex or gender"),
        Question(name="age_years", kind="integer", label=_AGE_LABEL, required=False, limits=_AGE),
        Question(name="country", kind="select_one country", label="Country of residence", required=False),
        Question(name="travelled", kind="select_one yes_no_unknown", label="Ever travelled to the Philippines?"),
        Question(name="contact_abuse", kind="select_one yes_no_unknown", label="Known for contact abuse there?"),
        Question(name="status", kind="select_one proceedings", label="State of proceedings", required=False),
    )),
    Section(name="case_link", label="Tie between people of the case", repeat=True, questions=(
        Question(name="from_role", kind="select_one link_role", label="From: role"),
        Question(name="from_number", kind="integer", label="From: number in this file", limits=_PERSON),
        Question(name="to_role", kind="select_one link_role", label="To: role"),
        Question(name="to_number", kind="integer", label="To: number in this file", limits=_PERSON),
        Question(name="people", kind="integer", label="People the second end stands for", limits=(1, 9999)),
    )),
)  # fmt: skip
"""Main section first; the others repeat."""


def choice_lists() -> dict[str, tuple[tuple[str, str], ...]]:
    """Which answers may be ticked?

    Returns
    -------
    dict of str to tuple of (str, str)
        Code and label by list.

    Examples
    --------
    >>> choice_lists()["yes_no"]
    (('yes', 'Yes'), ('no', 'No'))
    """
    lists: dict[str, tuple[tuple[str, str], ...]] = {
        name: tuple((code.value, _label(code)) for code in codes)
        for name, codes in (
            ("agency", Agency),
            ("initiation", Initiation),
            ("yes_no_unknown", YesNo),
            ("sex", Sex),
            ("relation", RelationToTrafficker),
            ("group_relation", RelationInGroup),
            ("nationality", Nationality),
            ("channel", Channel),
            ("link_role", LinkRole),
        )
    }
    lists["yes_no"] = (("yes", "Yes"), ("no", "No"))
    lists["proceedings"] = (("under_investigation", "Under investigation"), ("sentenced", "Sentenced"))
    lists["province"] = tuple((province.code, province.name) for province in provinces())
    lists["country"] = tuple((code, country.english) for code, country in sorted(countries().items()))
    return lists


_LABELS = {Agency.PNP_WCPC: "PNP WCPC", Agency.NBI_AHTRAD: "NBI AHTRAD"}


def _label(code: StrEnum) -> str:
    return _LABELS.get(code, code.value.replace("_", " ").capitalize())  # type: ignore[call-overload,no-any-return]
