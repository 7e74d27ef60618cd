import csv
import hashlib
import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import release_fixture as rf
from pypdf import PdfReader

from darkfigure.disclosure import release
from darkfigure.errors import StudyError
from darkfigure.records.aggregate import Answer, ColumnKind, Interval, Question
from darkfigure.report import write_report
from darkfigure.report.chapters import build_document
from darkfigure.report.plan import CHAPTERS, section_of
from darkfigure.report.prominence import leading_of
from darkfigure.report.registry import FIGURES
from darkfigure.report.sentences import finding_text

SECTIONED = frozenset(q for c in CHAPTERS for q in c.questions)
CANARIES = ("913577", "778213", "664219")


class Page(HTMLParser):
    """Text, images, ids, links, headings and cells of a page."""

    def __init__(self, text):
        super().__init__()
        self.text, self.images, self.ids, self.links, self.levels, self.cells = [], [], [], [], [], []
        self._in, self.title, self.lang = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._in.append(tag)
        if tag == "html":
            self.lang = given.get("lang", "")
        if tag == "img":
            self.images.append(given)
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.links.append(given["href"][1:])
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        while self._in and self._in.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" in self._in:
            return
        self.text.append(data)
        if "title" in self._in and "head" in self._in:
            self.title += data
        if {"td", "th"} & set(self._in):
            self.cells[-1] += data


def planted_release():
    """The Philippine fixture with numbers that may never be published."""
    columns = [
        rf.column("group", ColumnKind.LABEL),
        rf.column("victims", ColumnKind.COUNT),
        rf.column("behind", ColumnKind.CONTRIBUTORS),
    ]
    rows = [("few cases", 913_577, 2), ("many cases", 50, 664_219)]
    table = rf.table("planted", Question.NATURE, "Planted numbers", columns, rows)
    finding = rf.finding(
        "planted-finding", Question.NATURE, "{value} of {base}.", 778_213, "victims", base=778_213, contributors=1
    )
    return release(rf.philippine_answer() + Answer((finding,), (table,)), rf.lenient(), rf.face())


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("philippines")
    made = planted_release()
    write_report(made, folder)
    return made, folder


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    write_report(rf.lists_release(), folder)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return Page((written[1] / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pdf(written):
    return PdfReader(written[1] / "report.pdf")


@pytest.fixture(scope="module")
def pdf_text(pdf):
    return "\n".join(p.extract_text() for p in pdf.pages)


def test_every_released_table_is_a_file_and_is_printed(written, page, pdf_text):
    made, folder = written
    assert sorted(p.stem for p in (folder / "tables").iterdir()) == sorted(t.id for t in made.tables)
    squeezed = re.sub(r"\s+", "", pdf_text)
    for table in made.tables:
        rows = list(csv.reader(io.StringIO((folder / "tables" / f"{table.id}.csv").read_text(encoding="utf-8"))))
        assert len(rows) == len(table.rows) + 1
        if table.id != "recommendations":
            assert f"table-{table.id}" in page.ids
            assert re.sub(r"\s+", "", table.title) in squeezed, table.id
    in_sections = [f for f in made.findings if f.question in SECTIONED]
    results = sum(i.startswith("results-") for i in page.ids)
    cells = sum(len(t.columns) * (len(t.rows) + 1) for t in made.tables if t.id != "recommendations")
    assert len(page.cells) == cells + 6 * (len(in_sections) + results)


def test_every_finding_stands_in_page_and_pdf_and_nothing_is_lost(written, page, pdf_text):
    made, _ = written
    words = re.sub(r"\s+", " ", " ".join(page.text))
    squeezed = re.sub(r"[\s\N{SOFT HYPHEN}-]+", "", pdf_text)
    for finding in made.findings:
        sentence = finding_text(finding, made).sentence
        assert page.ids.count(finding.id) == 1, finding.id
        assert words.count(re.sub(r"\s+", " ", sentence)) >= (2 if finding.headline else 1), finding.id
        assert re.sub(r"[\s-]+", "", sentence) in squeezed, finding.id
    rows = [c for c in page.cells if c in {finding_text(f, made).sentence for f in made.findings}]
    assert sorted(rows) == sorted(finding_text(f, made).sentence for f in made.findings if f.question in SECTIONED)


def test_a_section_prints_few_findings_in_full_and_all_in_its_table(tmp_path):
    many = [
        rf.finding(f"process-{n:02}", Question.NATURE, f"Result {chr(65 + n)}: {{value}}.", 40 + n, "cases", base=92)
        for n in range(12)
    ]
    sure = rf.finding("process-sure", Question.NATURE, "Sure: {value}.", 0.5, "share",
                      interval=Interval(0.4, 0.6, 0.95, "wilson"))  # fmt: skip
    document = build_document(release(Answer((*many, sure)), rf.lenient(), rf.face()), {})
    (section,) = document.chapters[0].sections
    assert [v.text.id for v in (*section.key, *section.further)] == [
        "process-sure", "process-00", "process-01", "process-02", "process-03",
    ]  # fmt: skip
    assert [r.text.id for r in section.results] == [f.id for f in (*many, sure)]
    assert [r.leading for r in section.results].count(True) == 5


def test_a_declared_section_leads_with_its_list_and_a_series_with_its_ends():
    found = rf.philippine_release().findings
    years = [replace(found[0], id=f"address-rate-{y}", headline=False) for y in (2014, 2015, 2016, 2017)]
    extra = replace(found[0], id="addresses-panel-lowest-2014", headline=False)
    gone = replace(found[0], id="addresses-growth", headline=False, suppressed=True)
    key = next(f for f in found if f.id == "addresses-estimated-2017")
    declared = next(s for c in CHAPTERS for s in c.sections if s.id == "addresses-in-use").leading
    chosen = leading_of([extra, *years, gone, key], declared)
    assert [f.id for f in chosen] == ["addresses-estimated-2017", "address-rate-2014", "address-rate-2017"]


def test_every_declared_leading_finding_belongs_to_its_section():
    for chapter in CHAPTERS:
        for section in chapter.sections:
            assert all(section_of(chapter, p.rstrip("*")) is section for p in section.leading), section.id


def test_what_is_counted_is_said_once_and_shared_cautions_at_the_head():
    base = rf.finding("process-a", Question.NATURE, "A: {value}.", 40, "cases", estimand="cases seen to 2014-12-31",
                      cautions=(rf.SELECTED, rf.CHURN))  # fmt: skip
    later = replace(base, id="process-b", estimand="cases seen to 2017-12-31", cautions=(rf.SELECTED,))
    rate = replace(later, id="process-c", estimand="cases seen to 2017-12-31, for every town")
    made = release(Answer((base, later, rate)), rf.lenient(), rf.face())
    (section,) = build_document(made, {}).chapters[0].sections
    assert [v.counts for v in section.further] == ["cases seen to 2014-12-31", "", "the same, for every town"]
    assert [m.label for m in section.shared] == ["C1"] and section.warnings == (rf.SELECTED.text,)
    assert [[m.label for m in v.marks] for v in section.further] == [["C2"], [], []]


def test_withheld_results_are_named_in_the_table_and_counted_in_the_text(tmp_path):
    hidden = [rf.finding(f"process-{n}", Question.NATURE, "{value}.", 1, "cases") for n in "ab"]
    shown = rf.finding("process-c", Question.NATURE, "Shown: {value}.", 40, "cases")
    made = release(Answer((*hidden, shown)), rf.lenient(), rf.face())
    write_report(made, tmp_path)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    words = re.sub(r"\s+", " ", " ".join(page.text))
    assert "2 of the 3 results of this section are withheld" in words
    assert [i for i in page.ids if i.startswith("process-")].count("process-a") == 1
    assert "What process-a counts: withheld to protect people" in "".join(page.cells)
    pdf = re.sub(r"\s+", " ", " ".join(p.extract_text() for p in PdfReader(tmp_path / "report.pdf").pages))
    assert "2 of the 3 results of this section are withheld" in pdf


def test_what_the_default_policy_would_withhold_is_linked_from_the_title(tmp_path):
    columns = [rf.column("result", ColumnKind.LABEL), rf.column("cells_withheld", ColumnKind.MEASURE)]
    table = rf.table("default-policy-withholds", Question.ACCOUNTING, "What the default would withhold", columns,
                     [("Cases by year", 4)], protected=False)  # fmt: skip
    write_report(release(rf.lists_answer() + Answer((), (table,)), rf.lenient(), rf.face()), tmp_path)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    header = text[text.index("<header") : text.index("</header>")]
    assert 'href="#default-policy"' in header and '<h3 id="default-policy">' in text
    assert "what the default would withhold" in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    write_report(rf.lists_release(), tmp_path)
    assert "default-policy" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_every_figure_is_a_picture_with_words_in_all_three_places(written, page, pdf_text):
    made, folder = written
    drawn = [s for s in FIGURES if s.applies(made)]
    assert sorted(p.name for p in (folder / "figures").iterdir()) == sorted(
        f"{s.id}.{end}" for s in drawn for end in ("png", "svg")
    )
    assert [i["alt"] for i in page.images] == [s.words(made).alt for s in drawn]
    squeezed = re.sub(r"\s+", "", pdf_text)
    for spec in drawn:
        assert re.sub(r"\s+", "", spec.words(made).title) in squeezed
        svg = (folder / "figures" / f"{spec.id}.svg").read_text(encoding="utf-8")
        assert "<title>Synthetic data: " in svg and "<image" not in svg and "<script" not in svg and "date" not in svg
        assert (folder / "figures" / f"{spec.id}.png").read_bytes()[:4] == b"\x89PNG"


def test_numbers_that_were_not_released_are_in_no_file(written, pdf_text):
    _, folder = written
    plain = [p.read_text(encoding="utf-8") for p in folder.rglob("*") if p.suffix in (".html", ".csv", ".svg")]
    for canary in CANARIES:
        for form in (canary, f"{int(canary):,}"):
            assert not any(form in text for text in (*plain, pdf_text)), form
    assert "withheld" in (folder / "tables" / "planted.csv").read_text(encoding="utf-8")


def test_the_page_is_one_document_in_order(page):
    assert page.lang == "en" and page.title.endswith("(synthetic data)")
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.links) <= set(page.ids)
    assert page.levels[0] == 1 and page.levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.levels, page.levels[1:], strict=False))


def test_the_page_holds_nothing_from_outside(written):
    text = (written[1] / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "<script" not in text
    sources = re.findall(r'(?:src|srcset|href)="([^"#][^"]*)"', text)
    assert sources and all(s.startswith("data:") for s in sources)
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", re.sub(r'data:image[^"]*', "", text))


def test_synthetic_data_say_so_everywhere(written, page, pdf):
    assert "no real person or address" in " ".join(page.text)
    assert all("Synthetic data:" in p.extract_text() for p in pdf.pages)


def test_withheld_zero_and_missing_look_different(written):
    text = (written[1] / "report.html").read_text(encoding="utf-8")
    row = re.search(r"@text</th><td[^>]*>0</td><td[^>]*missing[^>]*>not stated</td>", text)
    assert row and re.search(r"Plain</th><td[^>]*withheld[^>]*>withheld</td>", text)


def test_the_pdf_is_tagged_for_reading_aloud(written, pdf):
    made, _ = written
    root = pdf.trailer["/Root"]
    assert bool(root["/MarkInfo"]["/Marked"]) and root["/Lang"].lower().startswith("en")
    assert pdf.metadata.title.startswith(made.face.title) and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    figures, tables = [], []
    _walk(root["/StructTreeRoot"], figures, tables, set())
    drawn = [s for s in FIGURES if s.applies(made)]
    assert sorted(f["/Alt"] for f in figures) == sorted(s.words(made).alt for s in drawn)
    sections = sum(bool(s.results) for c in build_document(made, {}).chapters for s in c.sections)
    assert len(tables) == len(made.tables) - 1 + sections


def _walk(node, figures, tables, seen):
    node = node.get_object()
    if isinstance(node, int):
        return
    if isinstance(node, list):
        for kid in node:
            _walk(kid, figures, tables, seen)
        return
    if node.get("/S") == "/Figure" and "/Alt" in node:
        figures.append(node)
    if node.get("/S") == "/Table":
        tables.append(node)
    if "/K" in node:
        _walk(node["/K"], figures, tables, seen)


def test_the_pdf_has_the_studys_date(pdf):
    assert str(pdf.metadata.creation_date_raw).startswith("D:20261121")


def test_chapters_follow_the_results(written, lists, page):
    words = " ".join(page.text)
    for chapter in ("Prevalence", "Nature", "Hotspot", "Recommendations", "How far to trust this", "Annex"):
        assert chapter in words
    other = Page((lists / "report.html").read_text(encoding="utf-8"))
    assert {"lists", "trust", "annex", "key-findings"} <= set(other.ids)
    assert not {"prevalence", "nature", "hotspot", "practice", "recommendations", "measured"} & set(other.ids)
    told = " ".join(other.text)
    for word in ("Philippine", "CyberTipline", "victim", "trafficker", "Synthetic"):
        assert word.lower() not in told.lower(), word
    assert "refused to answer" in told
    assert "Synthetic" not in PdfReader(lists / "report.pdf").pages[0].extract_text()


def test_refusals_cautions_and_assumptions_are_gathered(page):
    words = re.sub(r"\s+", " ", " ".join(page.text))
    parts = (
        "What the key findings count", "What the numbers do not count", "What must hold",
        "Cautions in reading", "What could not be answered", "What the protection of people cannot do",
    )  # fmt: skip
    places = [words.rindex(part) for part in parts]
    assert places == sorted(places)
    trust = words[places[0] :]
    assert "Addresses are not people, not devices and not children" in trust
    assert "(what was seen early can no longer be seen again)" in trust
    assert "Too few texts can be classed" in trust
    assert "Closure: no address comes into use" in trust and "they are no sample of all cases" in trust
    assert words.count("Not answered") == 2


def test_key_findings_come_first_and_in_the_order_of_the_chapters(page):
    words = " ".join(page.text)
    first = words[words.index("Key findings") :][:2_500]
    assert first.index("81,700") < first.index("Not answered") < first.index("86%")


def test_the_same_release_gives_the_same_bytes_anywhere(lists, tmp_path):
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import release_fixture as rf; from pathlib import Path; "
        "from darkfigure.report import write_report; write_report(rf.lists_release(), Path(sys.argv[2]))"
    )
    odd = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "MPLCONFIGDIR": str(tmp_path),
    }
    out = tmp_path / "again"
    out.mkdir()
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", script, here, str(out)], env=odd, check=True)
    assert _digests(lists) == _digests(out)


def _digests(folder):
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_e_study_54_the_date_must_be_one(tmp_path):
    made = rf.lists_release()
    with pytest.raises(StudyError, match="E-STUDY-54"):
        write_report(replace(made, face=replace(made.face, date="soon")), tmp_path)


def test_e_study_56_an_id_must_be_a_plain_file_name(tmp_path):
    made = rf.lists_release()
    tables = (replace(made.tables[0], id="../outside"), *made.tables[1:])
    with pytest.raises(StudyError, match="E-STUDY-56"):
        write_report(replace(made, tables=tables), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_markup_in_released_words_stays_words(tmp_path):
    made = rf.lists_release()
    sharp = replace(made, face=replace(made.face, title="<b>&\"'#strong[x]"))
    write_report(sharp, tmp_path)
    assert "<b>&" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "#strong[x]" in PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
