"""Ticking variables on the page of a table: the basket is the explorer's."""

import gzip

import pytest
import reference
from bs4 import BeautifulSoup, SoupStrainer

from leo_helpers.catalogue import load_catalogue

TABLES = "chapters/reference/tables/"
STORED = "Object.keys(JSON.parse(localStorage.getItem('leo-basket') || '{}'))"

pytestmark = [pytest.mark.site, pytest.mark.browser]


def path_of(table):
    return TABLES + reference.page_name(table).replace(".md", ".html")


def open_table(page, address, table):
    page.goto(address + path_of(table), wait_until="load")
    page.locator("#leo-ticks[data-ready]").wait_for()


def box(page, label):
    return page.get_by_role("checkbox", name=f"Add {label} to the basket", exact=True)


def test_a_tick_on_a_table_page_is_in_the_explorer_and_back(page, address):
    name = "sc_pupil.FSMeligible_[term][yy]"
    open_table(page, address, "sc_pupil")
    assert page.inner_text("#leo-ticks [role=status]").startswith("Tick a variable")
    box(page, name).check()
    assert page.inner_text("#leo-ticks [role=status]") == "1 variable in your basket:"
    open_table(page, address, "leo_earnings")
    assert page.inner_text("#leo-ticks [role=status]") == "1 variable in your basket:"
    box(page, "leo_earnings.Earnings").check()
    page.click("#leo-ticks a:has-text('open it')")
    page.locator("#leo-state:empty").wait_for(state="attached")
    assert page.url.endswith("explorer.html")
    named = page.locator("#leo-basket strong").all_inner_texts()
    assert named == ["FSMeligible_[term][yy]", "Earnings"]
    page.fill("#leo-basket li:first-child input", "free meals before pay")
    page.click("#leo-basket li:last-child button")
    page.go_back()  # whether the browser kept the page or reads it again, it says what is so
    page.locator("#leo-ticks[data-ready]").wait_for()
    assert not box(page, "leo_earnings.Earnings").is_checked()
    box(page, "leo_earnings.TaxYear").check()
    kept = page.evaluate("JSON.parse(localStorage.getItem('leo-basket'))")
    assert kept == {name: "free meals before pay", "leo_earnings.TaxYear": ""}
    assert page.errors == [] and page.outside == []


def test_two_open_pages_do_not_undo_each_other(page, address):
    open_table(page, address, "leo_benefit")
    other = page.context.new_page()
    open_table(other, address, "leo_cjrs")
    box(other, "leo_cjrs.CJRS_TOT_WKS").check()
    page.get_by_text("1 variable in your basket:").wait_for()
    box(page, "leo_benefit.Benefit_type").check()
    assert set(page.evaluate(STORED)) == {"leo_cjrs.CJRS_TOT_WKS", "leo_benefit.Benefit_type"}


def test_by_keyboard_and_past_the_list(page, address):
    open_table(page, address, "cin_disabilities")
    page.focus("#leo-ticks a")
    for _ in range(3):  # the other link, the list itself where it scrolls, the first box
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.leo-tick')"):
            break
    assert page.evaluate("document.activeElement.dataset.id") == "cin_disabilities.CIN_ACADYR"
    page.keyboard.press("Space")
    assert page.evaluate(STORED) == ["cin_disabilities.CIN_ACADYR"]
    page.keyboard.press("Space")
    assert page.evaluate(STORED) == []
    page.focus("#leo-ticks a:last-child")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.matches('.leo-tick')")
    below = "document.activeElement.getBoundingClientRect().top >= "
    below += "[...document.querySelectorAll('.leo-tick')].pop().getBoundingClientRect().bottom"
    assert page.evaluate(below)


@pytest.mark.parametrize("width", [320, 1280])
def test_boxes_are_large_enough_and_move_nothing(page, address, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(
        """window.moved = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.moved += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });"""
    )
    open_table(page, address, "ks4_pupil")
    ids = page.eval_on_selector_all(".leo-tick", "all => all.map(box => box.dataset.id)")
    assert ids == [f"ks4_pupil.{v.name}" for v in load_catalogue().variables("ks4_pupil")]
    sizes = page.eval_on_selector_all(
        ".leo-tick", "all => all.map(b => b.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert min(min(size) for size in sizes) >= 24
    assert page.evaluate("window.moved") < 0.1


def test_it_works_from_a_folder(loose_page, site):
    page = loose_page
    page.goto((site / path_of("leo_idbr")).as_uri(), wait_until="load")
    page.locator("#leo-ticks[data-ready]").wait_for()
    box(page, "leo_idbr.Employees").check()
    page.evaluate("localStorage.clear()")  # some browsers keep what each file stores apart
    page.click("#leo-ticks a:has-text('open it')")
    page.locator("#leo-state:empty").wait_for(state="attached")
    assert page.locator("#leo-basket strong").all_inner_texts() == ["Employees"]
    assert page.errors == [] and page.outside == []


def test_without_scripts_the_page_is_a_list_to_read(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + path_of("cla"))
    assert page.locator("#leo-ticks").is_hidden() and page.locator(".leo-tick").count() == 0
    assert page.locator("td:first-child code").count() == len(load_catalogue().variables("cla"))
    room = page.locator("td:first-child p").first.evaluate("p => getComputedStyle(p).paddingLeft")
    assert room == "0px"
    context.close()


def test_every_variable_of_every_table_will_have_its_box(site):
    """The script takes table and names from the page; they are those of the catalogue."""
    for table in load_catalogue().tables:
        html = (site / path_of(table)).read_text(encoding="utf-8")
        line = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer(id="leo-ticks"))
        assert line.find(id="leo-ticks")["data-table"] == table
        listed = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("tbody"))
        names = [code.get_text() for code in listed.select("tr > td:first-child code")]
        assert names == [v.name for v in load_catalogue().variables(table)]


def test_the_largest_page_is_light(site):
    largest = max((site / TABLES).glob("*.html"), key=lambda path: path.stat().st_size)
    scripts = [site / "_static" / name for name in ("basket-store.js", "basket-ticks.js")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in [largest, *scripts]) < 400_000
