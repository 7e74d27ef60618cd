"""What did the 2020 study ask about and recommend? Its three questions and ten recommendations, in our own words."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One recommendation of the study.

    Parameters
    ----------
    number : int
        Its number in the study.
    text : str
        What it asks for, in our own words.
    capability_numbers : tuple of int
        Capabilities of the Model National Response (2016) the study names for it.
    evidence : tuple of str
        Ids of findings that bear on it, by our reading.
    """

    number: int
    text: str
    capability_numbers: tuple[int, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyQuestion:
    """One question of the study with its source and its method (the study's Figure 1).

    Parameters
    ----------
    number : int
        Its place.
    question, source, method : str
        What is asked, from which data, by which method; in our own words.
    chapter : str
        Chapter of the report that answers it.
    """

    number: int
    question: str
    source: str
    method: str
    chapter: str


@cache
def published_recommendations() -> tuple[Recommendation, ...]:
    """What does the study recommend?

    Returns
    -------
    tuple of Recommendation
        In the study's order.

    Examples
    --------
    >>> published_recommendations()[3].capability_numbers
    (8, 9)
    """
    return tuple(
        Recommendation(
            number=int(row["number"]),
            text=row["recommendation"],
            capability_numbers=tuple(int(n) for n in row["capability_numbers"].split(";") if n),
            evidence=tuple(e for e in row["evidence"].split(";") if e),
        )
        for row in _rows("recommendations.csv")
    )


@cache
def published_questions() -> tuple[StudyQuestion, ...]:
    """What does the study ask, from which data and how?

    Returns
    -------
    tuple of StudyQuestion
        In the study's order.

    Examples
    --------
    >>> [q.chapter for q in published_questions()]
    ['prevalence', 'nature', 'hotspot']
    """
    return tuple(
        StudyQuestion(
            number=int(row["number"]),
            question=row["question"],
            source=row["source"],
            method=row["method"],
            chapter=row["chapter"],
        )
        for row in _rows("study-questions.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("darkfigure.reference") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
