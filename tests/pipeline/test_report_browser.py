"""The report as a reader's browser shows it: accessible, whole on a phone, without script or network."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report"))

import release_fixture as rf

from darkfigure.report import write_report
from darkfigure.report.registry import FIGURES

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = {"desktop": 1280, "zoomed-desktop": 640, "phone": 375, "narrow-phone": 320}


@pytest.fixture(scope="module")
def made():
    return rf.philippine_release()


@pytest.fixture(scope="module")
def url(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    write_report(made, folder)
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: make setup installs it where it may")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        opened = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def show(browser, url):
    """Open the page at a width and remember every address it asks for."""
    contexts = []

    def opened(width, *, script=True, height=800):
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@pytest.mark.parametrize("name", ["desktop", "phone"])
def test_axe_finds_nothing_to_mend(show, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = show(WIDTHS[name])
    open_all(page)
    # One long table stays closed: its markup is that of the others, and its 400 rows take axe ten seconds.
    page.evaluate("document.querySelector('#table-weekly-addresses details').open = false")
    results = axe.Axe().run(page)
    found = [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in results.response["violations"]]
    assert found == []


@pytest.mark.parametrize("name", list(WIDTHS))
def test_nothing_sticks_out_of_the_page(show, name):
    page = show(WIDTHS[name])
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[name]
    too_wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && !e.closest('.unseen')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className)"
    )
    assert too_wide == []


def test_the_page_asks_for_nothing_but_itself(show, url):
    page = show(1280)
    open_all(page)
    assert [a for a in page.asked if not a.startswith("data:")] == [url]


def test_without_script_the_page_is_complete_and_details_open(show, made):
    page = show(1280, script=False)
    assert page.locator("main img").count() == sum(s.applies(made) for s in FIGURES)
    table = page.locator("#table-weekly-addresses")
    assert not table.locator("tbody tr").first.is_visible()
    table.locator("summary").click()
    assert table.locator("tbody tr").first.is_visible()


def test_the_first_screen_answers_and_warns(show):
    for width, height in ((1280, 800), (375, 740)):
        page = show(width, height=height)
        band = page.locator(".band")
        assert band.is_visible() and band.bounding_box()["y"] == 0
        assert page.locator(".key .big").first.bounding_box()["y"] + 40 < height
        page.mouse.wheel(0, 4_000)
        page.wait_for_timeout(150)
        assert page.evaluate("scrollY") > 1_000 and abs(band.bounding_box()["y"]) < 1


def test_all_key_findings_fit_the_first_desktop_screen(show, made):
    page = show(1280)
    last = page.locator(".key li").last.bounding_box()
    assert page.locator(".key li").count() == sum(f.headline for f in made.findings)
    assert last["y"] + last["height"] < 800


def test_a_phone_gets_the_pictures_drawn_for_it(show):
    picture = "document.querySelector('#figure-study-questions img')"
    shape = f"{picture}.naturalHeight / {picture}.naturalWidth"
    assert show(1280).evaluate(shape) < 0.6 < 1.2 < show(375).evaluate(shape)


def test_pictures_are_sharp_enough_to_read(show):
    for width in (1280, 375):
        page = show(width)
        drawn = page.evaluate("[...document.querySelectorAll('main img')].map(i => i.width / i.naturalWidth)")
        # Text is drawn at 6.2 points or more, 8.3 pixels at scale one.
        assert min(drawn) > 0.85, drawn


def test_every_picture_loads_and_has_words(show):
    images = show(1280).evaluate(
        "[...document.querySelectorAll('main img')].map(i => [i.complete && i.naturalWidth > 0, i.alt.length])"
    )
    assert images and all(loaded and length > 60 for loaded, length in images)


def test_contents_are_beside_the_page_or_in_a_menu(show):
    wide = show(1280)
    assert wide.locator("nav.toc").is_visible() and not wide.locator("nav.menu").is_visible()
    wide.mouse.wheel(0, 6_000)
    wide.wait_for_timeout(150)
    assert wide.locator("nav.toc a").first.bounding_box()["y"] > 0
    phone = show(375)
    assert phone.locator("nav.menu").is_visible() and not phone.locator("nav.toc").is_visible()
    phone.locator("nav.menu summary").click()
    phone.get_by_role("link", name="Nature").click()
    assert phone.locator("#nature").bounding_box()["y"] < 120


def test_the_keyboard_reaches_the_report_and_its_tables(show):
    page = show(1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#table-victims-by-sex summary").press("Enter")
    page.locator("#table-victims-by-sex .scroll").focus()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_print_shows_the_tables_and_no_menus(show):
    page = show(1280)
    page.emulate_media(media="print")
    assert not page.locator("nav.toc").is_visible()
    assert page.locator("#table-weekly-addresses tbody tr").first.is_visible()
    assert page.locator(".band").is_visible()


def test_a_link_to_a_result_in_a_closed_table_opens_it(show):
    page = show(1280)
    row = page.locator("tr#victims-age-median, li#victims-age-median")
    target = page.locator("tr[id]").first.get_attribute("id")
    assert row.count() == 1 and not page.locator(f"tr#{target}").is_visible()
    page.evaluate(f"location.hash = '{target}'")
    page.wait_for_timeout(150)
    assert page.locator(f"tr#{target}").is_visible()


def test_figures_lead_and_tables_wait_closed(show):
    page = show(1280)
    assert (
        page.evaluate("[...document.querySelectorAll('figure details, [id^=results-] details')].some(d => d.open)")
        is False
    )
