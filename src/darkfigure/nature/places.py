"""In which provinces were victims rescued or identified, and where were traffickers arrested?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.speaking import Topic
from darkfigure.records.aggregate import Answer, Column, ColumnKind, Finding, Question, Table
from darkfigure.reference.provinces import provinces

CLASSES = ("neither", "victims only", "victims and arrests", "arrests only")
"""Map classes; the place in this list is the code in column ``class_code``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCounts:
    """What the files place in one province."""

    victims: int
    rescued: int
    victim_cases: int
    arrests: int
    arrest_cases: int

    @property
    def class_code(self) -> int:
        """Place of the map class in :data:`CLASSES`."""
        if self.victims:
            return 2 if self.arrests else 1
        return 3 if self.arrests else 0

    @property
    def contributors(self) -> int:
        """The fewest cases behind a count that is not zero; 0 where nothing was placed."""
        return min((n for n in (self.victim_cases, self.arrest_cases) if n), default=0)


def place_answer(review: Review) -> Answer:
    """Place victims and arrests by province, and count the provinces of each kind.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``places-victims-known``, ``provinces-with-victims``, ``provinces-with-rescues``,
        ``provinces-with-arrests``, ``places-arrests-known``; tables ``places-victims-by-province`` (every province,
        those without any as zero), ``places-by-class``.
    """
    counts = count_places(review)
    return Answer(_findings(review, counts), (_by_province(counts), _by_class(review, counts)))


def count_places(review: Review) -> dict[str, PlaceCounts]:
    """Count victims, arrests and the cases behind them by province code; provinces without any are left out."""
    victims = [v for v in review.table.victims if v.province is not None]
    arrests = [t for t in review.table.traffickers if t.arrested and t.arrest_province is not None]
    by_victim = Counter(v.province for v in victims)
    by_rescue = Counter(v.province for v in victims if v.rescued)
    by_arrest = Counter(t.arrest_province for t in arrests)
    cases = {
        "victims": Counter(place for place, _ in {(v.province, v.case) for v in victims}),
        "arrests": Counter(place for place, _ in {(t.arrest_province, t.case) for t in arrests}),
    }
    return {
        str(code): PlaceCounts(
            victims=by_victim[code],
            rescued=by_rescue[code],
            victim_cases=cases["victims"][code],
            arrests=by_arrest[code],
            arrest_cases=cases["arrests"][code],
        )
        for code in sorted({*by_victim, *by_arrest}, key=str)
    }


def _findings(review: Review, counts: dict[str, PlaceCounts]) -> tuple[Finding, ...]:
    placed = Topic(review=review, unit="victims", base_label="victims named in the reviewed files")
    arrested = Topic(review=review, unit="arrests", base_label="traffickers arrested")
    where = Topic(review=review, unit="provinces", base_label="provinces and Metro Manila")
    victims, arrests = review.table.victims, [t for t in review.table.traffickers if t.arrested]
    with_place = [v for v in victims if v.province is not None]
    arrest_place = [t for t in arrests if t.arrest_province is not None]
    rescue_cases = len({v.case for v in with_place if v.rescued})
    places = len(provinces())
    return (
        placed.count(
            "places-victims-known",
            "The files place {value} of the {base} victims in a province.",
            len(with_place),
            estimand="victims whose province of rescue or identification is stated",
            contributors=len({v.case for v in with_place}),
            base=len(victims),
            known=len(with_place),
        ),
        where.count(
            "provinces-with-victims",
            "Victims were rescued or identified in {value} of the {base} provinces.",
            sum(c.victims > 0 for c in counts.values()),
            estimand="provinces in which at least one victim was rescued or identified",
            contributors=len({v.case for v in with_place}),
            base=places,
        ),
        where.count(
            "provinces-with-rescues",
            "Victims were rescued in {value} of the {base} provinces.",
            sum(c.rescued > 0 for c in counts.values()),
            estimand="provinces in which at least one victim was rescued",
            contributors=rescue_cases,
            base=places,
        ),
        where.count(
            "provinces-with-arrests",
            "Traffickers were arrested in {value} of the {base} provinces.",
            sum(c.arrests > 0 for c in counts.values()),
            estimand="provinces in which at least one trafficker was arrested",
            contributors=len({t.case for t in arrest_place}),
            base=places,
        ),
        arrested.count(
            "places-arrests-known",
            "The files place {value} of the {base} arrests in a province.",
            len(arrest_place),
            estimand="arrested traffickers whose province of arrest is stated",
            contributors=len({t.case for t in arrest_place}),
            base=len(arrests),
            known=len(arrest_place),
        ),
    )


def _by_province(counts: dict[str, PlaceCounts]) -> Table:
    nothing = PlaceCounts(victims=0, rescued=0, victim_cases=0, arrests=0, arrest_cases=0)
    rows = []
    for place in provinces():
        found = counts.get(place.code, nothing)
        rows.append(
            (
                place.code,
                place.name,
                place.region_name,
                place.tile_col,
                place.tile_row,
                found.victims,
                found.victim_cases,
                found.arrests,
                found.class_code,
                found.contributors,
            )
        )
    return Table(
        id="places-victims-by-province",
        question=Question.NATURE,
        title="Victims and arrests by province",
        base="victims and arrests whose province is stated",
        columns=_province_columns(),
        rows=tuple(rows),
        source=SOURCE,
        note="A province without victims here may have cases that no file of these agencies shows. Classes: "
        + ", ".join(f"{code} {text}" for code, text in enumerate(CLASSES))
        + ".",
    )


def _province_columns() -> tuple[Column, ...]:
    counts = ("victims", "cases", "arrests")
    return (
        Column(name="province", title="Code", kind=ColumnKind.LABEL),
        Column(name="name", title="Province", kind=ColumnKind.LABEL),
        Column(name="region", title="Region", kind=ColumnKind.LABEL),
        Column(name="tile_col", title="Map column", kind=ColumnKind.MEASURE),
        Column(name="tile_row", title="Map row", kind=ColumnKind.MEASURE),
        *(
            Column(name=name, title=title, kind=ColumnKind.COUNT, unit=unit)
            for name, title, unit in zip(
                counts, ("Victims", "Cases with victims", "Arrests"), ("victims", "cases", "arrests"), strict=True
            )
        ),
        Column(name="class_code", title="Map class", kind=ColumnKind.MEASURE, derived_from=counts),
        Column(name="contributors", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
    )


def _by_class(review: Review, counts: dict[str, PlaceCounts]) -> Table:
    used = sorted({c.class_code for c in counts.values()})
    places = {code: [p for p, c in counts.items() if c.class_code == code] for code in used}
    pairs = {(v.province, v.case) for v in review.table.victims}
    pairs |= {(t.arrest_province, t.case) for t in review.table.traffickers if t.arrested}
    return Table(
        id="places-by-class",
        question=Question.NATURE,
        title="Provinces by what the files place in them",
        base="provinces with victims or arrests",
        columns=(
            Column(name="class", title="Class", kind=ColumnKind.LABEL),
            Column(name="class_code", title="Map class", kind=ColumnKind.MEASURE),
            Column(name="provinces", title="Provinces", kind=ColumnKind.COUNT, unit="provinces"),
            Column(name="victims", title="Victims", kind=ColumnKind.COUNT, unit="victims"),
            Column(name="arrests", title="Arrests", kind=ColumnKind.COUNT, unit="arrests"),
            Column(name="contributors", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(
            (
                CLASSES[code],
                code,
                len(members),
                sum(counts[p].victims for p in members),
                sum(counts[p].arrests for p in members),
                len({case for place, case in pairs if place in members}),
            )
            for code, members in places.items()
        ),
        source=SOURCE,
    )
