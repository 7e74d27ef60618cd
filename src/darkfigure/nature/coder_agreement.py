"""How far do two coders agree on what the same files say?"""

from __future__ import annotations

import numpy as np

from darkfigure.estimate.agreement import Agreement, cohen_kappa, gwet_ac1, krippendorff_alpha
from darkfigure.nature.cautions import FIRST_CODER
from darkfigure.nature.coder_fields import RELATION, Paired, coded_fields, pair_codes
from darkfigure.nature.options import UnknownConvention
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.shares import share_of
from darkfigure.nature.speaking import Topic
from darkfigure.records.aggregate import Answer, Cell, Column, ColumnKind, Finding, Missing, Question, Table
from darkfigure.records.restricted import CaseReviewTable

LOWEST_POSSIBLE = -1.0
"""No coefficient is printed below full disagreement."""


def agreement_answer(review: Review, second: CaseReviewTable | None) -> Answer:
    """Compare the codes of two coders, field by field, over the files both read.

    Parameters
    ----------
    review : Review
        With the first coder's records.
    second : CaseReviewTable or None
        The second coder's records over some of the same files.

    Returns
    -------
    Answer
        Findings ``agreement-files``, ``agreement-relation``, ``agreement-lowest``, ``agreement-lowest-field``; table
        ``coder-agreement``. Empty without a second coder or a common file.

    Notes
    -----
    Kappa, alpha and AC1 with intervals that resample whole cases. Each field draws its own random numbers from the
    seed, so that a change in one field moves no other.
    """
    common = {c.number for c in review.table.cases} & {c.number for c in second.cases} if second else set()
    if second is None or not common:
        return Answer()
    paired = [pair_codes(review.table, second, field) for field in coded_fields(review.options)]
    rows = [_row(p, seed=review.options.seed, place=i, level=review.options.level) for i, p in enumerate(paired)]
    shown = [row for row in rows if row is not None]
    return Answer(tuple(_findings(review, len(common), paired, shown)), (_table([cells for _, cells in shown]),))


def _row(paired: Paired, *, seed: int, place: int, level: float) -> tuple[Agreement, tuple[Cell, ...]] | None:
    """Kappa and the table row of one field; ``None`` when no unit was coded twice."""
    if not paired.cases:
        return None
    first, second, clusters = list(paired.first), list(paired.second), list(paired.cases)

    def rng(coefficient: int) -> np.random.Generator:
        return np.random.default_rng([seed, place, coefficient])

    kappa = cohen_kappa(first, second, rng=rng(0), clusters=clusters, level=level)
    alpha = krippendorff_alpha(first, second, rng=rng(1), clusters=clusters, level=level)
    ac1 = gwet_ac1(first, second, rng=rng(2), clusters=clusters, level=level)
    agreed = paired.agreed.count("agreed")
    cells: tuple[Cell, ...] = (
        paired.field.name,
        paired.field.unit,
        len(first),
        agreed,
        agreed / len(first),
        *(cell for found in (kappa, alpha, ac1) for cell in _cells(found)),
        len(set(clusters)),
    )
    return kappa, cells


def _cells(found: Agreement) -> tuple[Cell, Cell, Cell]:
    none = Missing.NOT_ESTIMABLE
    if found.value is None:
        return none, none, none
    if found.interval is None:
        return found.value, none, none
    return found.value, max(found.interval.lower, LOWEST_POSSIBLE), found.interval.upper


def _findings(
    review: Review, files: int, paired: list[Paired], shown: list[tuple[Agreement, tuple[Cell, ...]]]
) -> list[Finding]:
    options = review.options
    by_file = Topic(review=review, unit="case files", base_label="reviewed case files")
    found = [
        by_file.count(
            "agreement-files",
            "A second person coded {value} of the {base} files again.",
            files,
            estimand="reviewed case files coded by two people",
            contributors=files,
            base=len(review.table.cases),
            cautions=(FIRST_CODER,),
        )
    ]
    relation = next(p for p in paired if p.field.name == RELATION)
    if relation.cases:
        share = share_of(relation.agreed, {"agreed"}, convention=UnknownConvention.INCLUDE, level=options.level)
        twice = Topic(review=review, unit="victims", base_label="victims coded by two people")
        found.append(
            twice.share(
                "agreement-relation",
                "On what the trafficker is to the victim, the two coders agree for {value} of the victims both "
                "coded{detail}.",
                share,
                estimand="share of victims coded twice whose relation to the trafficker both coders coded alike",
                cautions=(FIRST_CODER,),
            )
        )
    return [*found, *_lowest(review, shown)]


def _lowest(review: Review, shown: list[tuple[Agreement, tuple[Cell, ...]]]) -> list[Finding]:
    defined = [(kappa.value, cells, kappa) for kappa, cells in shown if kappa.value is not None]
    if not defined:
        return []
    value, cells, kappa = min(defined, key=lambda entry: entry[0])
    units, cases = cells[2], cells[-1]
    topic = Topic(review=review, unit=str(cells[1]), base_label=f"{cells[1]} coded by two people")
    base = units if isinstance(units, int) else 0
    behind = cases if isinstance(cases, int) else 0
    name = Finding(
        id="agreement-lowest-field",
        question=Question.NATURE,
        statement="The field on which the two coders agree least beyond chance is: {value}.",
        value=f"{cells[0]} of {cells[1]}",
        unit="field",
        estimand="coded field with the lowest kappa",
        base=base,
        base_label=topic.base_label,
        contributors=behind,
        cautions=(FIRST_CODER,),
        source_digests=review.digests,
    )
    return [
        topic.measure(
            "agreement-lowest",
            "The lowest kappa of any field is {value}{detail}, for {value:agreement-lowest-field}.",
            value,
            unit="kappa",
            estimand="lowest Cohen's kappa over all fields coded by two people",
            base=base,
            known=base,
            contributors=behind,
            case_base=behind,
            interval=kappa.interval,
            cautions=(FIRST_CODER,),
        ),
        name,
    ]


def _table(rows: list[tuple[Cell, ...]]) -> Table:
    def estimate(name: str, title: str) -> Column:
        return Column(name=name, title=title, kind=ColumnKind.ESTIMATE, derived_from=("units", "agreed"), decimals=2)

    coefficients = (("kappa", "Cohen's kappa"), ("alpha", "Krippendorff's alpha"), ("ac1", "Gwet's AC1"))
    return Table(
        id="coder-agreement",
        question=Question.NATURE,
        title="How far two coders agree, field by field",
        base="all units that both coders coded",
        columns=(
            Column(name="variable", title="Field", kind=ColumnKind.LABEL),
            Column(name="coded", title="Unit", kind=ColumnKind.LABEL),
            Column(name="units", title="Units coded twice", kind=ColumnKind.COUNT, unit="units"),
            Column(name="agreed", title="Coded alike", kind=ColumnKind.COUNT, unit="units"),
            Column(
                name="agreement_share",
                title="Share coded alike",
                kind=ColumnKind.SHARE,
                unit="share",
                derived_from=("agreed", "units"),
            ),
            *(
                estimate(name + end, title + words)
                for name, title in coefficients
                for end, words in (("", ""), ("_lower", ", lower limit"), ("_upper", ", upper limit"))
            ),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        source=SOURCE,
        note="Unknown counts as a category. Kappa and alpha fall towards zero when one category is nearly always "
        "right, however often coders agree; AC1 does not. Where the coders never differ, the lower limit is that of "
        "the share coded alike.",
    )
