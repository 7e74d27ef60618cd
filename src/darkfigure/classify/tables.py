"""Tables of the attempt to class free text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from darkfigure.classify.bounds import TextBounds
from darkfigure.classify.codebook import CODE_LABELS, REASON_LABELS, TextCode, TextReason
from darkfigure.classify.codes import JoinedCodes
from darkfigure.classify.sample import CoderSample
from darkfigure.estimate.agreement import Agreement
from darkfigure.estimate.proportions import wilson_interval
from darkfigure.records.aggregate import Cell, Column, ColumnKind, Missing, Question, Table

SOURCE = "Free text of a sample of CyberTipline reports, coded by two people"
COEFFICIENT_LABELS = {
    "cohen-kappa": "Cohen's kappa",
    "krippendorff-alpha": "Krippendorff's alpha",
    "gwet-ac1": "Gwet's AC1",
}
"""How coefficients read in a report."""

UNRESOLVED_LABEL = "Coders differ and nobody decided"


def _count(name: str, title: str, unit: str = "reports") -> Column:
    return Column(name=name, title=title, kind=ColumnKind.COUNT, unit=unit)


def _share(name: str, title: str, *derived_from: str) -> Column:
    return Column(name=name, title=title, kind=ColumnKind.SHARE, unit="share", derived_from=derived_from, decimals=1)


def classifiable_by_service(sample: CoderSample, joined: JoinedCodes, *, level: float) -> Table:
    """How many texts of each reporting service can be classed? (table ``text-classifiable-by-service``)"""
    return _by_group(
        sample.service, joined, level=level, id="text-classifiable-by-service", label=("service", "Reporting service"),
        title="Reports whose text lets coders tell the kind of activity, by reporting service",
    )  # fmt: skip


def classifiable_by_year(sample: CoderSample, joined: JoinedCodes, *, level: float) -> Table:
    """How many texts of each year of receipt can be classed? (table ``text-classifiable-by-year``)"""
    return _by_group(
        [str(y) for y in sample.year.tolist()], joined, level=level, id="text-classifiable-by-year",
        label=("year", "Year received"),
        title="Reports whose text lets coders tell the kind of activity, by year of receipt",
    )  # fmt: skip


def _by_group(
    group: Sequence[str], joined: JoinedCodes, *, level: float, id: str, label: tuple[str, str], title: str
) -> Table:
    classed = {r.number for r in joined.final if r.code is not TextCode.NOT_DETERMINABLE}
    read = set(joined.numbers)
    rows: list[tuple[Cell, ...]] = []
    for name in (*sorted(set(group)), None):
        members = [i for i, g in enumerate(group, start=1) if name in (None, g)]
        k, n = len(classed.intersection(members)), len(members)
        interval = wilson_interval(k / n, n, level=level)
        share = (k / n, interval.lower, interval.upper)
        rows.append((name or "All", n, len(read.intersection(members)), k, *share))
    behind = ("texts_classifiable", "reports_sampled")
    return Table(
        id=id, question=Question.CLASSIFICATION, title=title, base="sampled reports, with or without text",
        columns=(
            Column(name=label[0], title=label[1], kind=ColumnKind.LABEL),
            _count("reports_sampled", "Reports sampled"), _count("texts_read", "Texts read", "texts"),
            _count("texts_classifiable", "Texts that can be classed", "texts"),
            _share("classifiable_share", "Share that can be classed", *behind),
            _share("share_lower", "Interval from", *behind), _share("share_upper", "to", *behind),
        ),
        rows=tuple(rows), source=SOURCE, total_row=len(rows) - 1,
    )  # fmt: skip


def codes_table(joined: JoinedCodes) -> Table:
    """How often did each coder give each code, and what stands in the end? (table ``text-codes``)"""
    pairs = list(zip(joined.first, joined.second, joined.final, strict=True))
    rows: list[tuple[Cell, ...]] = [
        (
            CODE_LABELS[code],
            sum(a.code is code for a, _, _ in pairs),
            sum(b.code is code for _, b, _ in pairs),
            sum(a.code is code and b.code is code for a, b, _ in pairs),
            sum(f.code is code for _, _, f in pairs),
        )
        for code in TextCode
    ]
    return Table(
        id="text-codes", question=Question.CLASSIFICATION, title="Codes given by two coders who worked apart",
        base="texts read",
        columns=(
            Column(name="code", title="Code", kind=ColumnKind.LABEL),
            _count("first_coder", "First coder", "texts"), _count("second_coder", "Second coder", "texts"),
            _count("both_coders", "Both coders", "texts"), _count("final", "In the end", "texts"),
        ),
        rows=tuple(rows), source=SOURCE,
        note="Where the coders differ an adjudicator decides; where nobody decided, the text is not determinable.",
    )  # fmt: skip


def reasons_table(sample: CoderSample, joined: JoinedCodes) -> Table:
    """Why can texts not be classed? (table ``text-reasons``)"""
    undetermined = [r for r in joined.final if r.code is TextCode.NOT_DETERMINABLE]
    counts: Mapping[TextReason, int] = {reason: sum(r.reason is reason for r in undetermined) for reason in TextReason}
    empty = len(sample) - len(joined.numbers)
    rows: list[tuple[Cell, ...]] = [
        (REASON_LABELS[reason], n + (empty if reason is TextReason.EMPTY else 0)) for reason, n in counts.items()
    ]
    rows.append((UNRESOLVED_LABEL, sum(r.reason is None for r in undetermined)))
    rows.append(("All", sum(int(row[1]) for row in rows if isinstance(row[1], int))))
    return Table(
        id="text-reasons", question=Question.CLASSIFICATION, title="Why the text of reports cannot be classed",
        base="sampled reports whose text cannot be classed",
        columns=(Column(name="reason", title="Reason", kind=ColumnKind.LABEL), _count("reports", "Reports")),
        rows=tuple(rows), source=SOURCE, total_row=len(rows) - 1,
    )  # fmt: skip


def bounds_table(rows: Sequence[tuple[str, TextBounds]], *, max_width: float) -> Table:
    """Between which limits does the share lie, by whose codes? (table ``text-bounds``)"""
    behind = ("texts_classifiable", "texts_osec")
    cells: list[tuple[Cell, ...]] = []
    for label, b in rows:
        among = b.osec_among_classifiable
        cells.append(
            (label, b.sampled, b.classifiable, b.osec, b.classifiable_share,
             Missing.NOT_APPLICABLE if among is None else among, b.lower, b.upper, b.width, max_width)
        )  # fmt: skip
    return Table(
        id="text-bounds", question=Question.CLASSIFICATION,
        title="Between which limits the share of online sexual exploitation of children lies, by text alone",
        base="sampled reports, with or without text",
        columns=(
            Column(name="codes", title="Codes of", kind=ColumnKind.LABEL),
            _count("reports_sampled", "Reports sampled"),
            _count("texts_classifiable", "Texts that can be classed", "texts"),
            _count("texts_osec", "Texts that indicate it", "texts"),
            _share("classifiable_share", "Share that can be classed", "texts_classifiable"),
            _share("osec_among_classifiable", "Of these, share that indicate it", *behind),
            _share("lower", "At least", "texts_osec"), _share("upper", "At most", *behind),
            _share("width", "Width", "texts_classifiable"),
            Column(name="width_limit", title="Widest the study accepts", kind=ColumnKind.MEASURE, unit="share",
                   decimals=1),
        ),
        rows=tuple(cells), source=SOURCE,
    )  # fmt: skip


def agreement_table(results: Sequence[Agreement]) -> Table:
    """How far do the coders agree? (table ``text-agreement``)"""
    missing = Missing.NOT_ESTIMABLE
    rows: list[tuple[Cell, ...]] = [
        (
            COEFFICIENT_LABELS[a.coefficient],
            missing if a.value is None else a.value,
            missing if a.interval is None else a.interval.lower,
            missing if a.interval is None else a.interval.upper,
            missing if a.observed is None else a.observed,
            a.n_units,
        )
        for a in results
    ]
    return Table(
        id="text-agreement", question=Question.CLASSIFICATION, title="Agreement of two coders beyond chance",
        base="texts read by both coders",
        columns=(
            Column(name="coefficient", title="Coefficient", kind=ColumnKind.LABEL),
            Column(name="value", title="Value", kind=ColumnKind.MEASURE, unit="coefficient", decimals=2),
            Column(name="lower", title="Interval from", kind=ColumnKind.MEASURE, unit="coefficient", decimals=2),
            Column(name="upper", title="to", kind=ColumnKind.MEASURE, unit="coefficient", decimals=2),
            _share("observed_agreement", "Same code"),
            _count("texts", "Texts", "texts"),
        ),
        rows=tuple(rows), source=SOURCE,
        note="Kappa and alpha fall when nearly all texts get one code, however often coders agree; AC1 does not.",
    )  # fmt: skip
