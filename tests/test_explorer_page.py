"""The explorer's list is in the page before any script runs, and the scripts go on from there."""

import pytest
from bs4 import BeautifulSoup
from common import EXPLORER, rows
from explorer_page import FIRST

from leo_helpers.catalogue import load_catalogue

pytestmark = [pytest.mark.site, pytest.mark.browser]
LINK = "#v=sc_pupil.SENprovision_%5Bterm%5D%5Byy%5D"
#: What the page comes with and the script draws again when the list changes.
DRAWN = """() => ({
  rows: document.getElementById('leo-rows').innerHTML,
  count: document.getElementById('leo-count').innerHTML,
  more: document.getElementById('leo-more').hidden,
  basket: document.getElementById('leo-basket-count').innerHTML,
  buttons: document.getElementById('leo-basket-buttons').hidden,
})"""
SCRIPTS = "**/_static/**/*.js"


def drawn(page):
    """Return what stands there, whatever the order of its attributes."""
    found = page.evaluate(DRAWN)
    return {**found, "rows": str(BeautifulSoup(found["rows"], "html.parser"))}


def every():
    catalogue = load_catalogue()
    return [item for table in catalogue.tables for item in catalogue.variables(table)]


def hold_scripts(page):
    """Keep the scripts back, as a slow line does; return what lets them go."""
    held, holding = [], True

    def decide(route):
        if holding:
            held.append(route)
        else:
            route.fallback()

    def let_go():
        nonlocal holding
        holding = False
        for route in held:
            route.fallback()

    page.route(SCRIPTS, decide)
    return let_go


def test_the_page_comes_with_the_first_rows(site):
    page = BeautifulSoup((site / EXPLORER).read_text(encoding="utf-8"), "html.parser")
    ids = [row["data-id"] for row in page.select("#leo-rows tr")]
    assert len(ids) == FIRST and ids == [str(item) for item in every()[:FIRST]]
    words = page.select_one("#leo-count").get_text()
    assert words == f"{len(every()):,} variables, the first {FIRST} shown"


def test_it_is_what_the_script_draws(browser, page, address):
    still = browser.new_context(java_script_enabled=False).new_page()
    still.goto(address + EXPLORER)
    written = drawn(still)
    still.context.close()
    page.goto(address + EXPLORER)
    page.locator("#leo-state:empty").wait_for(state="attached")
    assert drawn(page) == written
    page.fill("#leo-q", "zzzzzzzz")
    assert rows(page) == []
    page.fill("#leo-q", "")
    assert drawn(page) == written
    assert page.errors == []


@pytest.mark.parametrize(("early", "value"), [("q", "ethnicity"), ("request", "default")])
def test_the_list_is_seen_before_any_script_of_the_page_has_come(page, address, early, value):
    let_go = hold_scripts(page)
    page.goto(address + EXPLORER, wait_until="commit")
    page.locator(f"#leo-rows tr:nth-child({FIRST})").wait_for()
    assert page.locator("#leo-rows tr").first.is_visible()
    assert page.locator("#leo-explorer[data-ready]").count() == 0
    # What a quick reader does meanwhile counts once the scripts are there.
    page.locator("#leo-rows input").nth(1).check()
    if early == "q":
        page.fill("#leo-q", value)
        page.keyboard.press("Enter")
    else:
        page.select_option(f"#leo-{early}", value)
    let_go()
    page.locator("#leo-state:empty").wait_for(state="attached")
    assert "?" not in page.url and page.input_value(f"#leo-{early}") == value
    assert rows(page) and rows(page) != [str(item) for item in every()[:FIRST]]
    assert page.locator("#leo-basket strong").all_inner_texts() == [every()[1].name]
    assert page.errors == []


def test_a_box_shows_what_is_in_the_basket_already(page, address):
    page.goto(address + EXPLORER)
    page.locator("#leo-rows input").nth(2).check()
    page.locator("#leo-basket strong").wait_for()
    page.reload()
    page.locator("#leo-explorer[data-ready]").wait_for()
    states = page.eval_on_selector_all("#leo-rows input", "all => all.map(box => box.checked)")
    assert [n for n, checked in enumerate(states) if checked] == [2]


@pytest.mark.parametrize("link", [LINK, "#q=ethnicity&table=sc_pupil", "#request=default"])
def test_a_link_shows_nothing_else_first(page, address, link):
    let_go = hold_scripts(page)
    page.goto(address + EXPLORER + link, wait_until="commit")
    page.locator("#leo-basket-heading").wait_for(state="attached")
    assert page.locator("#leo-rows tr").first.is_hidden()
    let_go()
    page.locator("#leo-state:empty").wait_for(state="attached")
    assert page.locator("#leo-rows tr").first.is_visible()
    if link == LINK:
        assert page.inner_text("#leo-heading") == "SENprovision_[term][yy]"
        assert page.locator("#leo-one details table").count() == 1
    else:
        assert rows(page) != [str(item) for item in every()[:FIRST]]
    assert page.errors == []


@pytest.mark.parametrize("held", [[], ["sc_pupil.Gender_[term][yy]", "leo_earnings.Earnings"]])
@pytest.mark.parametrize("link", ["", LINK, "#q=meals&request=by_request"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_jumps(page, address, width, link, held):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + "404.html")
    kept = dict.fromkeys(held, "")
    page.evaluate("kept => localStorage.setItem('leo-basket', JSON.stringify(kept))", kept)
    page.add_init_script(
        """window.moved = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.moved += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });"""
    )
    page.goto(address + EXPLORER + link)
    page.locator("#leo-state:empty").wait_for(state="attached")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
    assert page.locator("#leo-basket li").count() == len(held)
    assert page.evaluate("window.moved") < 0.02


def test_without_scripts_the_page_says_what_is_needed(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + EXPLORER)
    said = page.locator("noscript p")  # a search by text passes over such elements
    assert said.is_visible() and "needs JavaScript" in said.text_content()
    assert page.locator("#leo-explorer").is_hidden()
    context.close()
