"""What a reader sees while a page still comes in: nothing that is there moves."""

import time

import about
import browser as tools_browser
import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]
PAGES = [f"{name}.html" for name in about.settings()["main_pages"]]
PAGES += ["chapters/reference/tables/ks4-pupil.html", "chapters/reference/playground.html"]
PARTS, PAUSE = 5, 0.15  # seconds, long enough for a browser to paint what has come
MOVED = """window.moved = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: 'layout-shift', buffered: true });"""


class InParts(tools_browser.Quiet):
    """Sends a page in parts, as it comes over a line in a train."""

    def copyfile(self, source, outputfile):
        text = source.read()
        size = len(text) if not self.path.endswith(".html") else len(text) // PARTS + 1
        for start in range(0, len(text), size):
            outputfile.write(text[start : start + size])
            outputfile.flush()
            time.sleep(PAUSE if size < len(text) else 0)


@pytest.fixture(scope="module")
def slow_address(site):
    """The built book over a slow line."""
    with tools_browser.serve(site, InParts) as found:
        yield found


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_moves_while_a_page_comes_in(browser, slow_address, path, width):
    """Readers notice 0.1, as much as a side that comes late; columns settle with less than 0.01."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.add_init_script(MOVED)
    page.goto(slow_address + path, wait_until="load")
    page.wait_for_function("document.readyState === 'complete'")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")
    assert page.evaluate("window.moved") < 0.02
    context.close()
