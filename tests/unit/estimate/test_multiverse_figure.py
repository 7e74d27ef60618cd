"""The spread as a drawing and as a page: every number at its place, every word in the table, nothing fetched."""

from __future__ import annotations

import math
import re
import shutil
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from darkfigure.estimate.compare import multiverse, spread_page, spread_svg
from darkfigure.estimate.compare.axis import Axis, axis_for
from darkfigure.estimate.outcomes import Fit, Method, UnanswerableError
from darkfigure.intake.capture_table import read_capture_table
from darkfigure.records.aggregate import CaptureTable, Interval, Reason

TABLES = Path(__file__).parents[3] / "src/darkfigure/reference/data/capture-tables"
METHODS = ("chao", "zelterman", "M0", "Mt", "Mb", "Mh-darroch", "Mth-chao", "loglinear-pairs", "chapman")
HARE = multiverse(read_capture_table(TABLES / "hare.csv", ordered=True), METHODS)
ORLEANS = multiverse(read_capture_table(TABLES / "new_orleans_8.csv"), METHODS)
SVG = "{http://www.w3.org/2000/svg}"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def lines_of(svg: str, kind: str) -> dict[str, ET.Element]:
    """Group of each method, by name."""
    found = {}
    for group in drawn(svg).iter(f"{SVG}g"):
        if group.get("class") == kind:
            found[group.findtext(f"{SVG}text") or ""] = group
    return found


def test_every_answer_is_a_line_that_says_itself_in_words() -> None:
    svg = spread_svg(HARE)
    assert set(lines_of(svg, "estimate")) == {a.method for a in HARE.estimates}
    assert set(lines_of(svg, "bound")) == {"chao", "Mth-chao"}
    label = lines_of(svg, "estimate")["Mt"].get("aria-label") or ""
    assert label == "Mt: 75.1, 95% interval 69.3 to 82.4"
    assert (lines_of(svg, "bound")["chao"].get("aria-label") or "").startswith("chao: at least 79.8")
    assert all(g.get("tabindex") == "0" for g in drawn(svg).iter(f"{SVG}g"))
    assert 'aria-label="Refused, wrong table: chapman"' in svg and "unordered" not in svg


def test_numbers_stand_where_the_axis_says() -> None:
    lines = lines_of(spread_svg(HARE), "estimate")
    at = {}
    for a in HARE.estimates:
        circle = lines[a.method].find(f"{SVG}circle")
        assert circle is not None
        at[a.result.n_total] = float(circle.get("cx") or "nan")  # type: ignore[union-attr]
    (low, x0), *_, (high, x1) = sorted(at.items())
    for n, x in at.items():
        assert x == pytest.approx(x0 + (n - low) / (high - low) * (x1 - x0), abs=0.11)


def test_the_axis_is_logarithmic_above_a_factor_of_eight() -> None:
    assert "logarithmic scale" in spread_svg(ORLEANS)
    assert "logarithmic scale" not in spread_svg(HARE)
    at = axis_for([100.0, 801.0], [], left=0, right=100)
    assert at.logarithmic and not axis_for([100.0, 799.0], [], left=0, right=100).logarithmic
    middle = math.sqrt(at.low * at.high)
    assert at.at(middle) == pytest.approx(50.0)


def test_ticks_are_round_few_and_on_the_axis() -> None:
    for low, high, log in ((60.0, 170.0, False), (4400.0, 23000.0, False), (185.0, 30000.0, True), (3.0, 9e6, True)):
        axis = Axis(low, high, 0.0, 500.0, log)
        ticks = axis.ticks()
        assert 2 <= len(ticks) <= 8
        assert all(low <= t <= high for t in ticks)
        assert all(re.fullmatch(r"[1-9]\d?0*(\.0)?", f"{t:.1f}") for t in ticks)


def test_an_interval_without_end_is_cut_off_with_an_arrow() -> None:
    fit = Fit(n_unseen=60.0, interval=Interval(80.0, math.inf, 0.95, "profile"))
    endless = Method(name="endless", question="?", assumptions=(), source="", needs="", fit=lambda table, level: fit)
    table = CaptureTable.from_frequencies([40, 20, 5])
    group = lines_of(spread_svg(multiverse(table, (endless,))), "estimate")["endless"]
    assert group.find(f"{SVG}path") is not None
    assert "without an upper end" in (group.get("aria-label") or "")
    assert lines_of(spread_svg(HARE), "estimate")["Mt"].find(f"{SVG}path") is None


def test_nothing_leaves_the_drawing_however_long_the_names() -> None:
    table = CaptureTable.from_frequencies([40, 20, 5])
    fit = Fit(n_unseen=60.0)
    names = [f"{'a-name-that-is-long-' * 2}{k}" for k in range(40)]

    def method(name: str, *, needs: str = "", fails: bool = False) -> Method:
        def give(table: CaptureTable, level: float) -> Fit:
            if fails:
                raise UnanswerableError(Reason.NO_OVERLAP, "No.")
            return fit

        return Method(name=name, question="?", assumptions=(), source="", needs=needs, fit=give)

    found = multiverse(table, [method(n, fails=k > 1) for k, n in enumerate(names)])
    svg = drawn(spread_svg(found))
    _, _, width, height = map(float, (svg.get("viewBox") or "").split())
    told = ""
    for text in svg.iter(f"{SVG}text"):
        x, y, size = float(text.get("x") or 0), float(text.get("y") or 0), 6.5 * len(text.text or "")
        start = x - (
            size if text.get("text-anchor") == "end" else size / 2 if text.get("text-anchor") == "middle" else 0
        )
        assert start > 0 and start + size < width + 1 and y < height - 3, text.text
        told += f"{text.text} "
    assert all(n in told for n in names)


def test_what_was_seen_is_a_line() -> None:
    svg = drawn(spread_svg(HARE))
    (seen,) = [e for e in svg.iter(f"{SVG}line") if e.get("class") == "seen"]
    (told,) = [e for e in svg.iter(f"{SVG}text") if (e.text or "").startswith("seen")]
    assert told.text == "seen: 68" and seen.get("x1") == told.get("x")


def test_title_and_description_name_the_drawing() -> None:
    svg = drawn(spread_svg(HARE))
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None and desc is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "Methods put the number of units between 75 and 105"
    assert desc.text == " ".join(HARE.sentences())


def test_words_from_outside_are_escaped() -> None:
    table = CaptureTable.from_frequencies([40, 20, 5], unit="<b>&hares")
    found = multiverse(table, ("chao", "M0"))
    assert "<b>" not in spread_svg(found) and drawn(spread_svg(found)) is not None
    assert "<b>" not in spread_page(found, title="<b>")
    odd = Method(
        name="<i>&", question="?", assumptions=(), source="", needs="", fit=lambda table, level: Fit(n_unseen=60.0)
    )
    svg = spread_svg(multiverse(table, (odd,)))
    assert lines_of(svg, "estimate")["<i>&"] is not None and "<i>" not in svg


def test_a_table_that_nobody_can_answer_is_drawn_too() -> None:
    found = multiverse(CaptureTable.from_frequencies([5, 0]), ("chao", "M0"))
    svg = drawn(spread_svg(found))
    assert svg.findtext(f"{SVG}title") == "No method gives an estimate"
    assert "no overlap" in spread_svg(found)
    assert "Refused to answer" in spread_page(found)


class Reader(HTMLParser):
    """Collects cells of tables and addresses of anything fetched; refuses tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href", "srcset")]
        if tag not in ("meta", "rect", "line", "circle", "path"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("found", [HARE, ORLEANS], ids=["hare", "new_orleans_8"])
def test_the_page_holds_every_answer_in_tables_and_fetches_nothing(found: object) -> None:
    reader = Reader()
    reader.feed(spread_page(found))  # type: ignore[arg-type]
    assert reader.open == [] and reader.fetched == []
    told = {row[0]: row for row in reader.rows}
    for a in found.answers:  # type: ignore[attr-defined]
        row = told[a.method]
        if a.kind == "refusal":
            assert row[1:] == [a.result.reason.value, a.result.explanation]
        else:
            assert row[2].replace(",", "") in (f"{a.result.n_total:.1f}", f"{a.result.n_total:.0f}")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_is_accessible_in_a_browser(scheme: str, width: int, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: make setup installs it where it may")
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    (tmp_path / "page.html").write_text(spread_page(HARE), encoding="utf-8")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        assert any(label and label.startswith("Mt: 75.1") for label in reached)
        browser.close()
