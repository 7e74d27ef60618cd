"""What do the reviewed case files say about cases, victims, traffickers, customers, places and ties?"""

from __future__ import annotations

from darkfigure.nature.abuse_length import abuse_length_answer
from darkfigure.nature.case_files import case_file_answer
from darkfigure.nature.coder_agreement import agreement_answer
from darkfigure.nature.customers import customer_answer
from darkfigure.nature.network import network_answer
from darkfigure.nature.options import NatureOptions
from darkfigure.nature.places import place_answer
from darkfigure.nature.process import process_answer
from darkfigure.nature.relations import relation_answer
from darkfigure.nature.rescue_groups import rescue_group_answer
from darkfigure.nature.review import Review
from darkfigure.nature.traffickers import trafficker_answer
from darkfigure.nature.victim_ages import victim_age_answer
from darkfigure.nature.victims import victim_answer
from darkfigure.records.aggregate import Answer
from darkfigure.records.restricted import CaseReviewTable

TOPICS = (
    case_file_answer,
    victim_answer,
    victim_age_answer,
    relation_answer,
    rescue_group_answer,
    abuse_length_answer,
    customer_answer,
    trafficker_answer,
    process_answer,
    place_answer,
    network_answer,
)
"""The topics of the review, in the order of the report."""


def analyse_nature(
    first: CaseReviewTable,
    second: CaseReviewTable | None,
    *,
    options: NatureOptions,
    digests: tuple[str, ...],
) -> Answer:
    """Answer the study's second question from a structured review of case files.

    Parameters
    ----------
    first : CaseReviewTable
        Records of the first coder, over all files. Every finding but the agreement rests on these.
    second : CaseReviewTable or None
        Records of a second coder over some of the same files, for the agreement.
    options : NatureOptions
        Conventions that change numbers.
    digests : tuple of str
        SHA-256 of the inputs, copied into every finding.

    Returns
    -------
    Answer
        Findings and tables of question "nature". A property no file states gives a finding with a refusal.

    Notes
    -----
    How the fields of a share are used: ``base`` is all units, ``known`` and ``unknown`` split it, ``numerator`` is the
    count with the property. Under the exclude convention the value is numerator / known, under the include convention
    numerator / base. See ``docs/explanation/denominators.md`` and ``docs/methods/case-review.md``.

    Examples
    --------
    >>> from darkfigure.records.restricted import CaseReviewTable
    >>> nobody = CaseReviewTable(coder="A", cases=(), victims=(), traffickers=(), customers=(), links=())
    >>> answer = analyse_nature(nobody, None, options=NatureOptions(), digests=())
    >>> next(f for f in answer.findings if f.id == "victims").value
    0
    """
    review = Review(table=first, options=options, digests=digests)
    answer = Answer()
    for topic in TOPICS:
        answer += topic(review)
    return answer + agreement_answer(review, second)
