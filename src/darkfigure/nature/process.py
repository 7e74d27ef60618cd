"""How did the offending work: payment, language, parts of the internet and of the money system?"""

from __future__ import annotations

from darkfigure.nature.category_tables import category_table, share_cells, share_columns
from darkfigure.nature.cautions import MULTIPLE_CHOICE
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.shares import Share, share_of
from darkfigure.nature.speaking import Topic, those_known
from darkfigure.nature.traffickers import BASE, trafficker_topic
from darkfigure.nature.units import Units, units_of
from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table
from darkfigure.records.restricted import Channel, YesNo

CHANNELS = {
    Channel.SURFACE_WEB: "surface web",
    Channel.DARK_WEB: "dark web",
    Channel.MONEY_SERVICE: "money transfer service",
    Channel.BANK_TRANSFER: "bank transfer",
}
COMMERCIAL: dict[str, str] = {YesNo.YES: "confirmed by evidence", YesNo.NO: "found to be absent"}
ENGLISH: dict[str, str] = {YesNo.YES: "English", YesNo.NO: "no English"}


def process_answer(review: Review) -> Answer:
    """Describe the offending process.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``process-commercial``, ``process-english``, ``process-surface-web``; tables
        ``process-commercial-element``, ``process-languages``, ``process-channels``.
    """
    commercial = units_of(review.table.cases, case=lambda c: c.number, code=lambda c: c.commercial)
    english = units_of(review.table.traffickers, case=lambda t: t.case, code=lambda t: t.speaks_english)
    options = review.options
    tables = (
        category_table(
            "process-commercial-element",
            title="Whether evidence confirms a commercial element",
            base="all reviewed case files",
            label="commercial_element",
            unit="case_files",
            units=commercial,
            categories=COMMERCIAL,
            convention=options.commercial_unknowns,
            level=options.level,
        ),
        category_table(
            "process-languages",
            title="Traffickers by the language they used with customers",
            base=BASE,
            label="language",
            unit="traffickers",
            units=english,
            categories=ENGLISH,
            convention=options.attribute_unknowns,
            level=options.level,
        ),
        _by_channel(review),
    )
    return Answer(_findings(review, commercial, english), tables)


def channel_units(review: Review, channel: Channel) -> Units:
    """Say for each trafficker whether one channel is noted; ``None`` when the file names no channel at all.

    A channel that a file leaves out while it names others may still have been used: the share is of noted use.
    """

    def code(channels: frozenset[Channel]) -> str | None:
        if not channels:
            return None
        return "noted" if channel in channels else "not noted"

    return units_of(review.table.traffickers, case=lambda t: t.case, code=lambda t: code(t.channels))


def _channel_share(review: Review, channel: Channel) -> Share:
    options = review.options
    units = channel_units(review, channel)
    return share_of(units, {"noted"}, convention=options.attribute_unknowns, level=options.level)


def _findings(review: Review, commercial: Units, english: Units) -> tuple[Finding, ...]:
    options, topic = review.options, trafficker_topic(review)
    files = Topic(review=review, unit="case files", base_label="reviewed case files")
    surface = _channel_share(review, Channel.SURFACE_WEB)
    speakers = those_known("traffickers", "whose language is known", unknown=english.count(None))
    noted = those_known("traffickers", "with any channel noted", unknown=surface.unknown)
    return (
        files.share(
            "process-commercial",
            "Evidence confirms a commercial element in {value} of the reviewed cases{detail}.",
            share_of(commercial, {YesNo.YES}, convention=options.commercial_unknowns, level=options.level),
            estimand="share of reviewed case files in which evidence confirms a commercial element",
        ),
        topic.share(
            "process-english",
            f"Of the {speakers}, {{value}} communicated in English{{detail}}.",
            share_of(english, {YesNo.YES}, convention=options.attribute_unknowns, level=options.level),
            estimand="share of traffickers of known language who communicated with customers in English",
        ),
        topic.share(
            "process-surface-web",
            f"Of the {noted}, {{value}} are noted to have used the surface of the web{{detail}}.",
            surface,
            estimand="share of traffickers noted to have used the surface web, among those with any channel noted",
            cautions=(MULTIPLE_CHOICE,),
        ),
    )


def _by_channel(review: Review) -> Table:
    convention = review.options.attribute_unknowns
    shares = {text: _channel_share(review, channel) for channel, text in CHANNELS.items()}
    return Table(
        id="process-channels",
        question=Question.NATURE,
        title="Parts of the internet and of the money system that traffickers used",
        base=BASE,
        columns=(
            Column(name="channel", title="Channel", kind=ColumnKind.LABEL),
            *share_columns("traffickers", convention),
        ),
        rows=tuple((text, *share_cells(share)) for text, share in shares.items()),
        source=SOURCE,
        note=f"Shares of known are of the traffickers with any channel noted. {MULTIPLE_CHOICE.text}",
    )
