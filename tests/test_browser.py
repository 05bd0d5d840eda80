"""The built book in Chromium, served from this machine with everything else blocked."""

import functools
import http.server
import threading

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]
playwright = pytest.importorskip("playwright.sync_api")
PAGES = [
    "chapters/index.html",
    "chapters/reference/tables.html",
    "chapters/reference/tables/sc-pupil.html",
    "chapters/reference/glossary.html",
    "chapters/work/earnings.html",
    "chapters/start/what-leo-is.html",
    "404.html",
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def browser(chromium):
    with playwright.sync_playwright() as start:
        found = start.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser, address):
    """A page that notes every request to another machine and every error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    new = context.new_page()
    new.outside, new.errors = [], []

    def decide(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            new.outside.append(route.request.url)
            route.abort()

    context.route("**/*", decide)
    new.on("pageerror", lambda error: new.errors.append(str(error)))
    yield new
    context.close()


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
