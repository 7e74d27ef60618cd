"""Can the kind of activity be told from reports' free text? Bounds, or a refusal that comes out of the texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from darkfigure.classify import tables
from darkfigure.classify.bounds import TextBounds, bounds_with_sampling_error, text_bounds
from darkfigure.classify.codebook import TextCode
from darkfigure.classify.codes import CodeFile, JoinedCodes, join_codes
from darkfigure.classify.sample import CoderSample
from darkfigure.estimate.agreement import Agreement, cohen_kappa, gwet_ac1, krippendorff_alpha
from darkfigure.estimate.proportions import wilson_interval
from darkfigure.records.aggregate import Answer, Caution, Finding, Question, Reason, Refusal, Table

UNEVEN = Caution(
    "C-TEXT-UNEVEN",
    "Some reporting services write texts that can be classed far more often than others, so the texts that can be "
    "classed do not stand for the rest.",
)
UNRESOLVED = Caution(
    "C-CODES-UNRESOLVED", "On some texts the coders differ and nobody decided; these count as not determinable."
)
ASSUMPTIONS = (
    "A text that both coders, or the adjudicator, class is classed rightly.",
    "The sample stands for all reports of the study.",
)
_ESTIMAND = "share of reports received that indicate online sexual exploitation of children, told from their free text"


@dataclass(frozen=True, slots=True)
class _Context:
    sample: CoderSample
    digests: tuple[str, ...]
    level: float


def analyse_text(
    sample: CoderSample,
    first: CodeFile | None,
    second: CodeFile | None,
    adjudicated: CodeFile | None = None,
    *,
    max_width: float,
    digests: tuple[str, ...] = (),
    level: float = 0.95,
) -> Answer:
    """What does the free text of reports say about the kind of activity, and does it say enough?

    Parameters
    ----------
    sample : CoderSample
    first, second : CodeFile or None
        Readings of two coders; ``None`` while the sheet has not been coded.
    adjudicated : CodeFile or None
        Decisions where they differ.
    max_width : float
        Widest range of the share that the study accepts as an answer.
    digests : tuple of str
        SHA-256 of the inputs.
    level : float
        Of intervals.

    Returns
    -------
    Answer
        Findings ``osec-share`` (bounds, or refused as too wide), ``text-osec-least``, ``text-osec-most``,
        ``text-read``, ``text-classifiable-share``, ``text-livestream-reports`` and ``text-agreement-`` with ``kappa``,
        ``alpha`` and ``ac1``;
        tables ``text-bounds``, ``text-classifiable-by-service``, ``text-classifiable-by-year``, ``text-codes``,
        ``text-reasons`` and ``text-agreement``.

    Raises
    ------
    StudyError (E-STUDY-33, E-STUDY-35, E-STUDY-37)
        The codes do not fit the sample, or are not of two coders.
    """
    if first is None or second is None or not len(sample):
        return Answer(findings=(_refused(
            digests, Reason.NO_DATA, "No sample of texts has been coded by two people. Fill in the coder sheets first."
        ),))  # fmt: skip
    joined = join_codes(sample, first, second, adjudicated)
    used = (first, second) if adjudicated is None else (first, second, adjudicated)
    context = _Context(sample, tuple(sorted({*digests, *(f.sha256 for f in used if f.sha256)})), level)
    by_service = tables.classifiable_by_service(sample, joined, level=level)
    bounds = text_bounds([r.code for r in joined.final], sampled=len(sample))
    cautions = ((UNEVEN,) if _is_uneven(by_service) else ()) + ((UNRESOLVED,) if joined.unresolved else ())
    agreement = _agreement(sample, joined, level)
    return Answer(
        findings=(
            _osec_share(bounds, max_width, cautions, context),
            *_osec_limits(bounds, cautions, context),
            _read(joined, context),
            _classifiable(bounds, cautions, context),
            _live_video(joined, context),
            *(_agreement_finding(a, context) for a in agreement),
        ),
        tables=(
            tables.bounds_table(_by_coder(joined, bounds), max_width=max_width),
            by_service,
            tables.classifiable_by_year(sample, joined, level=level),
            tables.codes_table(joined),
            tables.reasons_table(sample, joined),
            tables.agreement_table(agreement),
        ),
    )


def _by_coder(joined: JoinedCodes, bounds: TextBounds) -> tuple[tuple[str, TextBounds], ...]:
    alone = (("First coder alone", joined.first), ("Second coder alone", joined.second))
    return (
        ("Both coders and adjudicator", bounds),
        *((label, text_bounds([r.code for r in rows], sampled=bounds.sampled)) for label, rows in alone),
    )


def _is_uneven(by_service: Table) -> bool:
    """Whether the interval of one service lies wholly above that of another."""
    last = by_service.total_row
    lower = [x for i, x in enumerate(by_service.column("share_lower")) if i != last and isinstance(x, float)]
    upper = [x for i, x in enumerate(by_service.column("share_upper")) if i != last and isinstance(x, float)]
    return bool(lower) and max(lower) > min(upper)


def _agreement(sample: CoderSample, joined: JoinedCodes, level: float) -> tuple[Agreement, ...]:
    rng = np.random.default_rng([sample.seed, 62])
    a, b = [r.code for r in joined.first], [r.code for r in joined.second]
    return (
        cohen_kappa(a, b, rng=rng, level=level),
        krippendorff_alpha(a, b, rng=rng, level=level),
        gwet_ac1(a, b, categories=list(TextCode), rng=rng, level=level),
    )


def _refused(digests: tuple[str, ...], reason: Reason, explanation: str, cautions: tuple[Caution, ...] = ()) -> Finding:
    return Finding(
        id="osec-share", question=Question.CLASSIFICATION, value=None, unit="share", headline=True,
        statement="The share of reports that indicate online sexual exploitation of children cannot be told.",
        estimand=_ESTIMAND, refusal=Refusal(reason, explanation), cautions=cautions, assumptions=ASSUMPTIONS,
        source_digests=digests,
    )  # fmt: skip


def _osec_share(bounds: TextBounds, max_width: float, cautions: tuple[Caution, ...], context: _Context) -> Finding:
    if bounds.width > max_width:
        return _refused(
            context.digests, Reason.TOO_WIDE,
            "Most texts are empty or too uneven to class, so the share could lie anywhere in a range wider than the "
            "study accepts as an answer. More reports would not narrow it; better texts, or a coded field, would.",
            cautions,
        )  # fmt: skip
    return Finding(
        id="osec-share", question=Question.CLASSIFICATION, value=bounds.lower, unit="share", headline=True,
        statement="At least {value} of reports indicate online sexual exploitation of children; with the texts that "
        "cannot be classed and the size of the sample the share lies between {lower} and {upper}.",
        base=bounds.sampled, base_label="reports sampled", numerator=bounds.osec, known=bounds.classifiable,
        unknown=bounds.sampled - bounds.classifiable, interval=bounds_with_sampling_error(bounds, level=context.level),
        contributors=bounds.osec, estimand=_ESTIMAND, assumptions=ASSUMPTIONS, cautions=cautions,
        source_digests=context.digests,
    )  # fmt: skip


def _osec_limits(bounds: TextBounds, cautions: tuple[Caution, ...], context: _Context) -> tuple[Finding, Finding]:
    hidden = bounds.sampled - bounds.classifiable
    least = Finding(
        id="text-osec-least", question=Question.CLASSIFICATION, value=bounds.lower, unit="share",
        statement="From the text alone, the share of sampled reports that indicate online sexual exploitation of "
        "children could be anything from {value} to {value:text-osec-most}.",
        base=bounds.sampled, base_label="reports sampled", numerator=bounds.osec, known=bounds.classifiable,
        unknown=hidden, contributors=bounds.classifiable, assumptions=ASSUMPTIONS, cautions=cautions,
        estimand="share of sampled reports whose text indicates it: the least the share can be",
        source_digests=context.digests,
    )  # fmt: skip
    most = Finding(
        id="text-osec-most", question=Question.CLASSIFICATION, value=bounds.upper, unit="share",
        statement="If every text that cannot be classed hid it, {value} of sampled reports would indicate online "
        "sexual exploitation of children.",
        base=bounds.sampled, base_label="reports sampled", numerator=bounds.osec + hidden, known=bounds.classifiable,
        unknown=hidden, contributors=bounds.classifiable, assumptions=ASSUMPTIONS, cautions=cautions,
        estimand="share of sampled reports whose text indicates it or cannot be classed: the most the share can be",
        source_digests=context.digests,
    )  # fmt: skip
    return least, most


def _read(joined: JoinedCodes, context: _Context) -> Finding:
    return Finding(
        id="text-read", question=Question.CLASSIFICATION, value=len(joined.numbers), unit="texts",
        statement="Two coders, working apart, read the free text of {value} reports; the other reports of the "
        "{base} sampled hold no text.",
        base=len(context.sample), base_label="reports sampled", contributors=len(joined.numbers),
        estimand="texts read by both coders", source_digests=context.digests,
    )  # fmt: skip


def _classifiable(bounds: TextBounds, cautions: tuple[Caution, ...], context: _Context) -> Finding:
    return Finding(
        id="text-classifiable-share", question=Question.CLASSIFICATION, value=bounds.classifiable_share, unit="share",
        statement="The kind of activity can be told from the text of {value} of the reports sampled "
        "({numerator} of {base}; {interval}).",
        base=bounds.sampled, base_label="reports sampled", numerator=bounds.classifiable,
        interval=wilson_interval(bounds.classifiable / bounds.sampled, bounds.sampled, level=context.level),
        contributors=bounds.classifiable, estimand="share of reports received whose text can be classed",
        assumptions=ASSUMPTIONS, cautions=cautions, source_digests=context.digests,
    )  # fmt: skip


def _live_video(joined: JoinedCodes, context: _Context) -> Finding:
    marked = sum(r.live_video for r in joined.final)
    return Finding(
        id="text-livestream-reports", question=Question.CLASSIFICATION, value=marked, unit="reports",
        statement="Of {base} texts read, {value} mention abuse shown by live video.",
        base=len(joined.numbers), base_label="texts read", contributors=marked, headline=True,
        estimand="texts read in which a coder found live video mentioned",
        assumptions=("Live video that a text does not mention cannot be counted.",), source_digests=context.digests,
    )  # fmt: skip


_SENTENCES = {
    "cohen-kappa": "Beyond the agreement that their own habits would give by chance, the coders agree to {value} "
    "of one (Cohen's kappa, {base} texts).",
    "krippendorff-alpha": "By Krippendorff's alpha the coders agree to {value} of one beyond chance ({base} texts).",
    "gwet-ac1": "By Gwet's AC1, which does not fall when one code dominates, the coders agree to {value} of one "
    "beyond chance ({base} texts).",
}


def _agreement_finding(result: Agreement, context: _Context) -> Finding:
    refusal = None
    if result.value is None:
        refusal = Refusal(Reason.NOT_IDENTIFIED, "Both coders gave one code throughout, or read fewer than two texts.")
    return Finding(
        id=f"text-agreement-{result.coefficient.rsplit('-', 1)[-1]}", question=Question.CLASSIFICATION,
        statement=_SENTENCES[result.coefficient], value=result.value, unit="coefficient", base=result.n_units,
        base_label="texts read by both coders", interval=result.interval, contributors=result.n_units,
        estimand=f"{tables.COEFFICIENT_LABELS[result.coefficient]} of two coders over three codes", refusal=refusal,
        source_digests=context.digests,
    )  # fmt: skip
