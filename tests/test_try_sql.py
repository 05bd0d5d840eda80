"""The panel *Try this SQL* under a query of a chapter, used as a reader uses it."""

import re

import pytest
from playground import published
from test_accessibility import faults, tab_to
from test_playground import PAGE, PATIENCE, different, need_engine
from tsql_cases import plain, rows_of

import leo_helpers as leo

pytestmark = [pytest.mark.site, pytest.mark.browser]
CHAPTER = "chapters/work/earnings.html"
SEVERAL = "chapters/getting/preparing-tsql.html"
ROWS = """(place) => [...document.querySelectorAll(`#leo-play-${place}-results tbody tr`)].map(
  (row) => [...row.cells].map((c) => c.querySelector('.leo-null') ? null : c.textContent))"""


def queries_of(name):
    """The queries of a page, in the order of the page."""
    return [query for query in published() if f"{query['page']}.html" == name]


def unfold(page, place):
    """Open a panel, told by its place on the page from 1, and return it."""
    panel = page.locator("details.leo-try").nth(place - 1)
    panel.locator("summary").click()
    panel.locator(".leo-play").wait_for()
    return panel


def run(page, place, text=None):
    """Run what is in a panel, or another text, and return the rows of its results."""
    if text is not None:
        page.fill(f"#leo-play-{place}-text", text)
    page.press(f"#leo-play-{place}-text", "Control+Enter")
    page.wait_for_selector(f"#leo-play-{place}-run:enabled", timeout=PATIENCE)
    return page.evaluate(ROWS, place)


def saved(page, panel):
    """Download the first result of a panel and return its lines."""
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="Download result 1 as CSV").click()
    return waiting.value.path().read_text(encoding="utf-8-sig").splitlines()


def test_a_panel_is_used_by_keyboard_alone(page, address, site):
    need_engine(site)
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/_static/")[-1]))
    page.goto(address + CHAPTER, wait_until="load")
    assert not [url for url in asked if "playground" in url]
    page.locator("details.leo-try").first.evaluate(
        "(panel) => panel.previousElementSibling.querySelector('pre').focus()"
    )
    tab_to(page, ".leo-try > summary", 3)
    page.keyboard.press("Enter")
    page.locator(".leo-play").wait_for()
    assert asked[-2:] == ["playground/index.js", "playground.js"]
    (query,) = queries_of(CHAPTER)
    assert page.input_value("#leo-play-1-text") == query["sql"]
    assert tab_to(page, "textarea", 3)
    page.keyboard.press("Control+End")
    page.keyboard.type("\n-- my own line")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#leo-play-1-run:enabled", timeout=PATIENCE)
    text = re.sub(r"\.\[(\w+)\]", r'."\1"', query["sql"])
    wanted = [list(map(plain, row)) for row in leo.connect().execute(text).fetchall()]
    assert not different(page.evaluate(ROWS, 1), wanted)
    assert page.inner_text("#leo-play-1-state").startswith("Done in")
    panel = page.locator("details.leo-try").first
    assert len(saved(page, panel)) == len(wanted) + 1
    link = panel.get_by_role("link").get_attribute("href")
    panel.get_by_role("button", name="Link to this query").press("Enter")
    assert page.input_value("#leo-play-1-address") == link
    panel.get_by_role("button", name="The chapter's query again").press("Enter")
    assert page.input_value("#leo-play-1-text") == query["sql"]
    page.keyboard.press("Shift+Tab")
    for _ in range(9):
        if page.evaluate("document.activeElement.matches('summary')"):
            break
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert panel.get_attribute("open") is None and not page.is_visible("#leo-play-1-text")
    page.goto(link, wait_until="load")
    assert page.input_value("#leo-play-text") == f"{query['sql']}\n-- my own line"
    assert page.outside == [] and page.errors == []


def test_panels_of_a_page_share_one_engine_and_keep_their_own_rows(page, address, site):
    need_engine(site)
    page.goto(address + SEVERAL, wait_until="load")
    queries = queries_of(SEVERAL)
    assert {query["language"] for query in queries} == {"tsql"} and len(queries) > 2
    panels = [unfold(page, place) for place in (1, len(queries))]
    result = leo.tsql.run(queries[-1]["sql"])
    assert page.input_value(f"#leo-play-{len(queries)}-language") == "tsql"
    wanted = [row for frame in result.frames for row in rows_of(frame)]
    assert not different(run(page, len(queries)), wanted)
    assert run(page, 1, "select 7 / 2 as half") == [["3"]]
    assert len(page.workers) == 1
    assert saved(page, panels[0]) == ["half", "3"]
    assert saved(page, panels[1])[0] == ",".join(result.frames[0].columns)
    page.fill("#leo-play-1-text", "while 1 = 1 begin declare @i int end")
    page.click("#leo-play-1-run")
    page.click("#leo-play-1-stop")
    page.wait_for_selector("#leo-play-1-run:enabled")
    panels[1].get_by_role("button", name="Download result 1 as CSV").click()
    assert "run the query again" in panels[1].locator("[role=alert]").inner_text()
    assert run(page, 1, "select 7 / 2 as half") == [["3"]]
    assert page.outside == [] and page.errors == []


@pytest.mark.parametrize("width", [1280, 320])
def test_open_panels_have_no_violation_and_keep_to_the_page(page, address, site, width):
    need_engine(site)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + SEVERAL, wait_until="load")
    across = "document.querySelector('.bd-article-container').clientWidth"
    before = page.evaluate(across)
    for place in (1, 2):
        unfold(page, place)
    assert len(run(page, 1, "select * from leo_i2.[2002237].leo_earnings")) == 200
    assert run(page, 2, "select nonsense") == []
    assert page.is_visible("#leo-play-2-error")
    assert page.evaluate(across) == before, "a wide result would move the text of the chapter"
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 1, f"the page scrolls {wide} pixels sideways"
    found = faults(page, "light") + faults(page, "dark")
    assert not found, (len(found), found[:5])
    page.emulate_media(forced_colors="active")
    borders = "(all) => all.map((one) => getComputedStyle(one).borderTopStyle)"
    assert set(page.locator(".leo-play :is(button, select, textarea)").evaluate_all(borders)) == {
        "solid"
    }
    assert page.errors == []


def test_paper_has_no_panel_and_does_not_open_one(page, address):
    page.goto(address + CHAPTER, wait_until="load")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    panel = page.locator("details.leo-try").first
    assert not panel.is_visible() and panel.get_attribute("open") is None
    assert page.locator("article details:not(.leo-try)").first.get_attribute("open") is not None


def test_a_panel_in_a_folder_says_at_once_that_it_cannot_run(loose_page, site):
    loose_page.goto((site / CHAPTER).as_uri(), wait_until="load")
    panel = unfold(loose_page, 1)
    assert "Open the published site" in panel.get_by_role("alert").inner_text()
    assert panel.locator("textarea, button").count() == 0
    assert loose_page.errors == [] and loose_page.outside == []


def test_a_panel_without_webassembly_says_so(page, address):
    page.add_init_script("delete window.WebAssembly")
    page.goto(address + CHAPTER, wait_until="load")
    assert "WebAssembly is blocked" in unfold(page, 1).get_by_role("alert").inner_text()


def test_a_panel_that_cannot_be_fetched_says_so_and_is_tried_again(page, address):
    page.goto(address + CHAPTER, wait_until="load")
    page.route("**/playground.js", lambda route: route.abort())
    panel = page.locator("details.leo-try").first
    panel.locator("summary").click()
    assert "could not be fetched" in panel.get_by_role("alert").inner_text()
    panel.locator("summary").click()
    page.unroute("**/playground.js")
    unfold(page, 1)
    assert panel.locator("textarea").is_visible() and panel.get_by_role("alert").count() == 0


def test_without_scripts_the_link_is_left(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + CHAPTER, wait_until="load")
    page.locator("details.leo-try > summary").first.click()
    link = page.locator("details.leo-try a").first
    assert link.is_visible() and f"{PAGE}#sql-" in link.evaluate("(a) => a.href")
    context.close()
