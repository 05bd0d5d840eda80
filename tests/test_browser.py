"""The built book in Chromium, served from this machine with everything else blocked."""

import about
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


@pytest.mark.parametrize("name", about.settings()["main_pages"])
def test_main_pages_stand_on_their_own_in_a_folder(loose_page, site, name):
    loose_page.goto((site / f"{name}.html").as_uri(), wait_until="load")
    assert loose_page.locator("article h1").first.is_visible()
    assert loose_page.outside == [] and loose_page.errors == []


def test_search_from_a_folder(loose_page, site):
    loose_page.goto((site / "search.html").as_uri() + "?q=earnings", wait_until="load")
    loose_page.wait_for_selector("#search-results li a")
    assert loose_page.errors == []


@pytest.mark.parametrize("short", ["index.html", "explorer.html", "glossary.html"])
def test_short_addresses_lead_to_pages(page, address, short):
    page.goto(address + short, wait_until="load")
    page.wait_for_url(address + about.settings()["redirects"][short] + "*")
    assert page.errors == []


def test_reading_progress_is_kept_and_forgotten(page, address):
    first, second = "chapters/start/what-leo-is.html", "chapters/start/how-tables-link.html"
    page.goto(address + first, wait_until="load")
    button = page.get_by_role("button", name="I have read this page")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    page.goto(address + "chapters/index.html", wait_until="load")
    words = page.inner_text("#leo-progress")
    assert words.startswith("You have read 1 of ")
    assert page.locator(".bd-links .leo-done").count() == 1
    page.locator("#leo-progress a").click()
    page.wait_for_url(address + second)
    page.goto(address + "chapters/index.html", wait_until="load")
    page.get_by_role("button", name="Forget this").click()
    assert page.locator("#leo-progress").is_hidden()
    assert page.locator(".bd-links .leo-done").count() == 0
    assert page.errors == []


def test_a_solution_opens_and_everything_is_open_on_paper(page, address):
    page.goto(address + "chapters/school/school-census.html", wait_until="load")
    solution = page.locator("details.solution").first
    inside = solution.locator("section")
    assert not inside.is_visible()
    solution.locator("summary").click()
    assert inside.is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open], .leo-try)").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("article details[open]").count() == 1
    page.emulate_media(media="print")
    assert page.locator("#pst-primary-sidebar").is_hidden()
    assert page.locator(".leo-print-only").is_visible()
    assert page.locator(".leo-about").is_hidden()


def test_a_report_names_page_and_version(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address + "chapters/work/earnings.html", wait_until="load")
    page.get_by_text("Report a problem").click()
    page.locator("#leo-report").get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "chapters/work/earnings.html" in copied and "Version: " in copied


def test_the_policy_stops_what_the_page_did_not_bring(page, address):
    page.goto(address + PAGES[0], wait_until="load")
    page.evaluate(
        """() => { const script = document.createElement('script');
          script.textContent = 'window.broken = true'; document.head.append(script); }"""
    )
    assert page.evaluate("window.broken") is None
    assert any("Content Security Policy" in words for words in page.errors)
