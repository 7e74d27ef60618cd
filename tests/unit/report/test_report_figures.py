import math
import re
from dataclasses import replace

import pytest
import release_fixture as rf
from matplotlib.backends.backend_agg import FigureCanvasAgg

from darkfigure.disclosure import release
from darkfigure.disclosure.released import SUPPRESSED
from darkfigure.errors import StudyError
from darkfigure.estimate import REGISTRY
from darkfigure.records.aggregate import Answer, ColumnKind, Missing, Question
from darkfigure.report.bars import BarPanel, bar_figure
from darkfigure.report.method_names import METHOD_NAMES
from darkfigure.report.plan import CHAPTERS, SCHEME_FIGURES, TRUST, section_of
from darkfigure.report.readings import BarRow, bar_rows
from darkfigure.report.registry import FIGURES
from darkfigure.report.style import NARROW, WIDE, report_style
from darkfigure.report.timelines import apart, by_rank, year_point
from darkfigure.report.truth_gap import lag_words

PHILIPPINES, LISTS = rf.philippine_release(), rf.lists_release()
OPEN = rf.philippine_release(threshold=1)
SPECS = {spec.id: spec for spec in FIGURES}


def release_with(spec):
    return PHILIPPINES if spec.applies(PHILIPPINES) else LISTS


def changed(made, table_id, **changes):
    tables = tuple(replace(t, **changes) if t.id == table_id else t for t in made.tables)
    return replace(made, tables=tables)


def with_cell(made, table_id, row, name, value):
    table = made.table(table_id)
    place = [c.name for c in table.columns].index(name)
    rows = [list(r) for r in table.rows]
    rows[row][place] = value
    return changed(made, table_id, rows=tuple(map(tuple, rows)))


def without_column(made, table_id, name):
    table = made.table(table_id)
    place = [c.name for c in table.columns].index(name)
    columns = tuple(c for c in table.columns if c.name != name)
    return changed(made, table_id, columns=columns, rows=tuple(r[:place] + r[place + 1 :] for r in table.rows))


def test_each_figure_stands_in_exactly_one_section():
    placed = [f for c in (*CHAPTERS, TRUST) for s in c.sections for f in s.figures] + list(SCHEME_FIGURES)
    assert sorted(placed) == sorted(SPECS)


def test_a_broken_line_says_in_how_many_windows_and_why():
    whole = SPECS["window-estimates"].words(PHILIPPINES)
    assert "line breaks" not in whole.note
    made = PHILIPPINES
    for row, reason in ((3, "churning"), (4, "churning"), (6, "no-overlap"), (7, "diverged")):
        made = with_cell(made, "window-estimates", row, "n_total", Missing.NOT_ESTIMABLE)
        made = with_cell(made, "window-estimates", row, "reason", reason)
    note = SPECS["window-estimates"].words(made).note
    assert "(4 of 55 windows)" in note
    assert "in 2 the addresses in use changed within the window, in 1 no address was seen again." in note


def test_the_fixtures_draw_every_figure_but_the_one_of_practice():
    drawn = {s.id for s in FIGURES if s.applies(PHILIPPINES) or s.applies(LISTS)}
    assert set(SPECS) - drawn == {"practice"}


@pytest.mark.parametrize("figure", [i for i in SPECS if i != "practice"])
def test_a_figure_speaks_in_whole_sentences_and_draws_for_page_and_phone(figure):
    spec = SPECS[figure]
    made = release_with(spec)
    words = spec.words(made)
    assert words.title and words.subtitle and len(words.alt) > 60
    assert not words.title.endswith(".")
    for text in (words.title, words.subtitle, words.alt, words.note):
        assert not re.search(r"\bNone\b|\bnan\b|\{|\}|not applicable", text), text
    with report_style():
        wide, narrow = spec.draw(made, WIDE), spec.draw(made, NARROW)
    assert wide.get_size_inches()[0] == WIDE.width and narrow.get_size_inches()[0] == NARROW.width


NEEDED = {
    "study-questions": ["question", "source", "method"],
    "weekly-addresses": ["week_end", "addresses", "reports"],
    "window-estimates": ["window_end", "label", "observed", "n_total", "lower", "upper"],
    "coreported-countries": ["name", "lon", "lat", "reports"],
    "cases-by-year": ["year", "cases"],
    "places-victims-by-province": ["province", "name", "tile_col", "tile_row", "victims", "arrests", "class_code"],
    "network-nodes": ["node", "role", "sex", "age_years", "country", "status", "people"],
    "network-edges": ["from_node", "to_node"],
    "referrals-by-country": ["country", "referrals"],
    "enticement-by-region": ["region", "reports", "within_region"],
    "enticement-region-pairs": ["region_a", "region_b", "reports"],
    "panel-december": ["method", "n_total", "lower", "upper", "status", "reason"],
    "list-sizes": ["list", "units", "only_here"],
    "list-overlaps": ["list_a", "list_b", "overlap", "pair_estimate"],
    "rates": ["rate_per_10k"],
    "closure-tests": ["label", "test", "ratio", "lower", "upper", "limit", "outcome"],
    "window-verdicts": ["label", "verdict"],
    "lag-curve": ["label", "lag_days", "observed_per_million", "fitted_per_million"],
    "overturned": ["claim", "years", "assumption", "place", "scale", "value"],
    "causes-of-change": ["years", "cause", "lower", "upper"],
    "method-agreement": ["family", "method", "kind", "n_total"],
    "window-panel": ["method"],
    "reporting-breaks": ["text"],
    "referrals-leave-one-out": ["referrals"],
}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in NEEDED.items() for c in columns])
def test_e_study_52_a_missing_column_is_an_error_and_no_silent_gap(table, column):
    spec = next(s for s in FIGURES if table in (*s.requires, *s.optional))
    with pytest.raises(StudyError, match="E-STUDY-52"), report_style():
        made = without_column(release_with(spec), table, column)
        spec.words(made)
        spec.draw(made, NARROW)


def test_e_study_52_a_table_without_a_count_is_no_bar_chart():
    made = without_column(PHILIPPINES, "victims-by-sex", "victims")
    with pytest.raises(StudyError, match="E-STUDY-52"):
        SPECS["victims"].words(made)


def test_e_study_53_a_figure_is_not_drawn_without_its_table():
    with pytest.raises(StudyError, match="E-STUDY-53"):
        SPECS["network"].words(LISTS)


def test_e_study_55_the_map_needs_a_country_it_knows():
    made = replace(PHILIPPINES, face=replace(PHILIPPINES.face, country="Nowhere"))
    with pytest.raises(StudyError, match="E-STUDY-55"):
        SPECS["coreported-countries"].words(made)


def test_titles_are_computed_from_released_values():
    def title(name, made=OPEN):
        return SPECS[name].words(made).title

    assert title("cases-by-year") == "43 of the 92 cases came in 2017, more than in any other year"
    assert title("window-estimates") == "Estimated addresses in use rose 3.5 times between Dec 2014 and Dec 2017"
    assert title("victims").startswith("86% of victims whose sex is known are girls or women; half")
    assert title("referrals-by-country").startswith("The Philippines received 8.8 times as many")
    more = with_cell(OPEN, "cases-by-year", 7, "cases", 50)
    assert title("cases-by-year", more).startswith("50 of the 99 cases")
    assert title("places") == "Victims were found in 5 provinces, traffickers arrested in 5"


def test_a_withheld_number_gives_a_neutral_title_and_never_appears():
    hidden = with_cell(OPEN, "cases-by-year", 7, "cases", SUPPRESSED)
    words = SPECS["cases-by-year"].words(hidden)
    assert words.title == "Cases referred to or investigated by law enforcement, by year"
    assert "2017: withheld" in words.alt and "43" not in words.alt
    places = SPECS["places"].words(with_cell(OPEN, "places-victims-by-province", 0, "victims", SUPPRESSED))
    assert "1 withheld" in places.alt and places.title == "Provinces with victims and provinces with arrests"
    regions = SPECS["enticement-by-region"].words(with_cell(OPEN, "enticement-by-region", 3, "reports", SUPPRESSED))
    assert "401" not in regions.alt and regions.title.endswith("one report can touch several")


def test_parts_of_weeks_are_not_drawn_and_said_so():
    part = with_cell(OPEN, "weekly-addresses", 416, "marks", "Part of a week")
    part = with_cell(part, "weekly-addresses", 416, "addresses", 999_999)
    words = SPECS["weekly-addresses"].words(part)
    assert "999,999" not in words.alt and words.note.endswith("Parts of weeks stand in the table only.")
    whole = SPECS["weekly-addresses"].words(with_cell(OPEN, "weekly-addresses", 416, "addresses", 999_999))
    assert "999,999" in whole.alt and "Parts of weeks" not in whole.note


def test_year_end_rates_come_from_the_table_by_year_where_there_is_one():
    rates = [OPEN.table("rates").column("rate_per_10k")[0]]
    assert f"{rates[0]:.0f} per 10,000" in SPECS["window-estimates"].words(OPEN).alt
    columns = [rf.column("label", ColumnKind.LABEL), rf.column("rate_per_10k", ColumnKind.ESTIMATE)]
    made = rf.table("year-end-estimates", Question.PREVALENCE, "By year", columns, [("Dec 2014", 777.0)])
    table = release(Answer((), (made,)), rf.lenient(1), rf.face()).tables[0]
    both = replace(OPEN, tables=(*OPEN.tables, table))
    assert "Dec 2014: 23,300, 777 per 10,000" in SPECS["window-estimates"].words(both).alt


@pytest.mark.parametrize(
    ("chapter", "finding", "section"),
    [
        ("prevalence", "addresses-distinct-total", "addresses-reported"),
        ("prevalence", "address-rate-2017", "addresses-in-use"),
        ("prevalence", "something-new", "addresses-in-use"),
        ("prevalence", "osec-share", "text-classed"),
        ("nature", "victims-female", "victims"),
        ("nature", "something-new", "coding"),
        ("lists", "lists-observed", "lists-held"),
        ("lists", "lists-estimated", "lists-estimated"),
    ],
)
def test_a_finding_stands_in_its_section(chapter, finding, section):
    assert section_of(next(c for c in CHAPTERS if c.id == chapter), finding).id == section


def test_withheld_countries_are_counted_and_not_drawn():
    words = SPECS["coreported-countries"].words(PHILIPPINES)
    assert "Withheld and not drawn: 1 countries" in words.note
    assert "South Africa" not in words.alt


def test_a_method_beyond_the_axis_is_named_with_its_number():
    far = OPEN
    for row, method in enumerate(OPEN.table("window-panel").column("method")):
        if method == "chapman":
            far = with_cell(far, "window-panel", row, "n_total", 1.0e7)
    assert (
        "Beyond the top of the axis: Chapman, two samples (chapman) up to 10,000,000."
        in SPECS["window-estimates"].words(far).note
    )


def test_the_unknown_keep_their_row_and_intervals_are_scaled_to_counts():
    rows = bar_rows(PHILIPPINES.table("victims-by-relation"), "victims")
    parent, unknown = rows[0], rows[-1]
    assert (parent.label, parent.value, unknown.label, unknown.unknown) == ("Biological parent", 89, "Unknown", True)
    assert parent.lower == pytest.approx(217 * (89 / 217 - 0.08))
    assert unknown.share == pytest.approx(164 / 381) and unknown.of_all
    assert len(rows) == 4


def test_an_unknown_that_dwarfs_the_known_is_drawn_broken_and_said_so():
    rows = [BarRow(label="A", value=10.0), BarRow(label="Unknown", value=900.0, unknown=True)]
    assert BarPanel(rows=rows).known_reach == pytest.approx(12.5)
    assert BarPanel(rows=[*rows, BarRow(label="B", value=300.0)]).known_reach == 0


def test_bar_lengths_are_proportional_to_values():
    rows = [BarRow(label="A", value=100.0), BarRow(label="B", value=25.0)]
    with report_style():
        axes = bar_figure([BarPanel(rows=rows)], WIDE).axes[0]
    lengths = [p.get_width() for p in axes.patches]
    assert lengths[0] / lengths[1] == pytest.approx(4.0)


def test_labels_move_apart_and_keep_their_order():
    moved = apart([1.0, 1.0, 5.0, 5.1], 0.5)
    assert moved == [0.75, 1.25, 4.8, 5.3]
    assert math.isclose(year_point("2016-07-02"), 2016.5, abs_tol=0.01)


def truth_rows(between, at_ends=1.02):
    """The truth over the estimate in the fixture's windows: early in each year, and at year ends."""

    def factor(end, label):
        return between(int(end[5:7])) if isinstance(label, Missing) else at_ends

    table = PHILIPPINES.table("window-truth")
    rows = []
    for row in table.rows:
        later = next(r for r in table.rows if r[0] >= row[0] and not isinstance(r[1], Missing))
        rows.append((*row[:2], round(later[3] * factor(row[0], row[1])), *row[3:]))
    return replace(table, rows=tuple(rows))


def test_the_lag_behind_the_truth_is_explained_only_where_it_is():
    words = lag_words(truth_rows(lambda month: 1.02))
    assert words.startswith("Between year ends the estimate lies up to ") and "differ by 2% at most" in words
    assert lag_words(PHILIPPINES.table("window-truth")) == "" == lag_words(None)
    assert lag_words(truth_rows(lambda month: 0.5 if month < 10 else 1.02)) == ""
    assert lag_words(truth_rows(lambda month: 1.02, at_ends=1.9)) == ""
    assert lag_words(truth_rows(lambda month: 1.02, at_ends=0.75)) == ""


def test_the_lag_stands_under_figure_3():
    made = replace(
        PHILIPPINES,
        tables=tuple(truth_rows(lambda m: 1.02) if t.id == "window-truth" else t for t in PHILIPPINES.tables),
    )
    assert "window that straddles this growth is not closed" in SPECS["window-estimates"].words(made).note
    without = replace(made, tables=tuple(t for t in made.tables if t.id != "window-truth"))
    assert "truth" not in SPECS["window-estimates"].words(without).note


def level_windows():
    """Estimates that do not change, so that labels of neighbouring years want the same place."""
    table = PHILIPPINES.table("window-estimates")
    place = {c.name: i for i, c in enumerate(table.columns)}
    rows = [list(row) for row in table.rows]
    for row in rows:
        for name in ("observed", "n_total", "lower", "upper"):
            row[place[name]] = 40_000 if name == "observed" else 50_000.0
    kept = [t for t in PHILIPPINES.tables if t.id not in ("window-truth", "window-panel", "window-estimates")]
    return replace(PHILIPPINES, tables=(*kept, replace(table, rows=tuple(map(tuple, rows)))))


@pytest.mark.parametrize("level", [False, True], ids=["rising", "level"])
def test_labels_of_year_ends_cover_no_line_and_no_label(level):
    tables = tuple(truth_rows(lambda m: 1.02) if t.id == "window-truth" else t for t in PHILIPPINES.tables)
    made = level_windows() if level else replace(PHILIPPINES, tables=tables)
    for layout in (WIDE, NARROW):
        with report_style():
            figure = SPECS["window-estimates"].draw(made, layout)
        canvas = FigureCanvasAgg(figure)
        axes = figure.axes[0]
        boxes = [t.get_window_extent(canvas.get_renderer()) for t in axes.texts if "10,000" in t.get_text()]
        assert len(boxes) == 4
        for place, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[place + 1 :])
            for line in axes.lines:
                points = axes.transData.transform(line.get_xydata())
                assert len(points) == 2 or not any(box.contains(x, y) for x, y in points)


def test_lines_that_end_together_are_named_in_order_of_importance():
    assert apart(by_rank([5.0, 5.0, 5.0], 1.0), 2.0) == pytest.approx([7.0, 5.0, 3.0], abs=0.01)
    assert by_rank([1.0, 9.0], 1.0) == [1.0, 9.0]


def test_an_empty_category_is_drawn_only_where_a_sibling_has_somebody():
    empty = with_cell(OPEN, "traffickers-by-sex", 2, "traffickers", 0)
    words = SPECS["traffickers"].words(empty)
    assert "transgender 0" not in words.alt.lower()
    assert words.note.endswith("Not drawn, because the count is 0: Transgender.")
    assert "transgender 4" in SPECS["traffickers"].words(OPEN).alt.lower()
    abroad = with_cell(OPEN, "victims-by-relation", 2, "victims", 0)
    assert "other 0" in SPECS["victims-relation"].words(abroad).alt.lower()


def test_methods_are_named_in_words():
    assert "Chao, bias-corrected (chao-bc)" in SPECS["panel-december"].words(OPEN).alt
    assert set(REGISTRY) == set(METHOD_NAMES)
    assert len(set(METHOD_NAMES.values())) == len(METHOD_NAMES)


def test_the_title_of_referrals_says_what_the_finding_says():
    ratio = rf.finding("referrals-ratio-to-next", Question.HOTSPOT, "{value} times", 7.0, "ratio")
    made = release(rf.philippine_answer() + Answer((ratio,)), rf.lenient(1), rf.face())
    assert SPECS["referrals-by-country"].words(made).title.startswith("The Philippines received 7 times")
