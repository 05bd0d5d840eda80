"""The built book in Chromium, served from this machine with everything else blocked."""

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]
PAGES = [
    "chapters/index.html",
    "chapters/reference/tables.html",
    "chapters/reference/tables/sc-pupil.html",
    "chapters/reference/glossary.html",
    "chapters/work/earnings.html",
    "chapters/start/what-leo-is.html",
    "404.html",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_stands_on_its_own(page, address, name, scheme):
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(address + name, wait_until="networkidle")
    assert answer.ok
    assert page.locator("article h1, body > main > h1").first.is_visible()
    assert page.outside == [] and page.errors == []


def test_search_finds_a_table(page, address):
    page.goto(address + "search.html?q=earnings", wait_until="networkidle")
    page.wait_for_selector("#search-results li a", timeout=15_000)
    words = page.locator("#search-results li a").all_inner_texts()
    assert any("Earnings" in text for text in words)
    assert page.outside == []


def test_one_way_to_search(page, address):
    page.goto(address + PAGES[0], wait_until="networkidle")
    buttons = page.locator(".search-button-field:visible, .search-button:visible")
    assert buttons.count() == 1


def test_no_sideways_scrolling_on_a_telephone(page, address):
    page.set_viewport_size({"width": 375, "height": 740})
    for name in PAGES:
        page.goto(address + name, wait_until="load")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 1, name


def test_theme_can_be_switched(page, address):
    page.goto(address + PAGES[0], wait_until="networkidle")
    modes = set()
    for _ in range(3):
        page.locator("button.theme-switch-button:visible").first.click()
        modes.add(page.evaluate("document.documentElement.dataset.theme"))
    assert modes >= {"light", "dark"}
