"""Every built page against WCAG 2.2 AA, as far as a machine can tell, and the keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from common import ROOT

pytestmark = [pytest.mark.site, pytest.mark.browser]
SITE = ROOT / "_build" / "html"
PAGES = [
    path.relative_to(SITE).as_posix()
    for path in sorted(SITE.rglob("*.html"))
    if "_static" not in path.parts and 'http-equiv="refresh"' not in path.read_text("utf-8")
]
BY_SIZE = sorted(PAGES, key=lambda name: (SITE / name).stat().st_size)
CHAPTER = "chapters/school/school-census.html"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Two rules that belong to WCAG 2.2 AA but that axe leaves off. It loads no style sheets of its
#: own, because it looks for those that others import in the wrong folder.
EVERY_RULE = {
    "preload": False,
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {
        "label-content-name-mismatch": {"enabled": True},
        "target-size": {"enabled": True},
    },
}
#: The colour scheme changes colours and nothing else, so in the dark only their rule is asked.
COLOURS = {**EVERY_RULE, "runOnly": {"type": "rule", "values": ["color-contrast"]}, "rules": {}}
#: A page of more than 10,000 elements is generated, and repeats one make hundreds of times: axe
#: sees the first of each, or it would take minutes.
SHORTEN = """() => {
  if (document.querySelectorAll('*').length < 10000) return;
  const more = 'tbody tr:nth-child(n+31), article section > :nth-child(n+13):not(section)';
  document.querySelectorAll(more).forEach((node) => node.remove()); }"""


def faults(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(400)  # the theme's script looks for what scrolls once the width rests
    found = Axe().run(page, options=EVERY_RULE if scheme == "light" else COLOURS)
    return [
        (scheme, rule["id"], node["html"][:160])
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


def check(page, address, name):
    page.set_viewport_size({"width": 320, "height": 900})
    page.goto(address + name, wait_until="load")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 1, f"{name} scrolls {wide} pixels sideways at 320"
    page.evaluate(SHORTEN)
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        found = faults(page, "light") + faults(page, "dark")
        assert not found, (width, len(found), found[:5])
    assert page.outside == [] and page.errors == []


# Two classes, so that two workers can share the pages, large and small ones alike.
class TestHalfOfThePages:
    @pytest.mark.parametrize("name", BY_SIZE[::2])
    def test_page_has_no_violation(self, page, address, name):
        check(page, address, name)


class TestOtherHalf:
    @pytest.mark.parametrize("name", BY_SIZE[1::2])
    def test_page_has_no_violation(self, page, address, name):
        check(page, address, name)


def tab_to(page, selector, most=200):
    """Press Tab until something that matches has the focus; say how many presses it took."""
    for number in range(1, most + 1):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return number
    raise AssertionError(f"{most} presses of Tab do not reach {selector}")


def test_keyboard_reaches_contents_search_exercise_solution_and_back(page, address):
    page.goto(address + CHAPTER, wait_until="load")
    assert tab_to(page, ".skip-link a") == 1
    tab_to(page, ".search-button-field")
    tab_to(page, ".bd-links a")
    page.evaluate("document.querySelector('.exercise').scrollIntoView()")
    page.locator(".exercise a, .exercise summary, .exercise pre").first.focus()
    tab_to(page, "details.solution > summary")
    solution = page.locator("details.solution").first
    assert page.evaluate("document.activeElement.textContent").startswith("Solution to exercise")
    page.keyboard.press("Enter")
    assert solution.get_attribute("open") is not None
    page.keyboard.press("Tab")
    inside = "document.querySelector('details.solution').contains(document.activeElement)"
    assert page.evaluate(inside)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert solution.get_attribute("open") is None
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate(inside)


def test_keyboard_search(page, address):
    page.goto(address + CHAPTER, wait_until="load")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("earnings")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    assert page.errors == []


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_contents_open_and_close(page, address, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + CHAPTER, wait_until="load")
    link = page.locator("#pst-primary-sidebar a[href$='what-leo-is.html']:visible")
    toggle = page.locator("button.primary-toggle:visible").first
    if width >= 992:
        assert link.count() == 1
        toggle.focus()
        page.keyboard.press("Enter")
        link.first.wait_for(state="hidden")
        assert page.evaluate("document.activeElement.className").find("primary-toggle") >= 0
        page.keyboard.press("Enter")
    else:
        assert link.count() == 0
        toggle.focus()
        page.keyboard.press("Enter")
    page.locator("a[href$='what-leo-is.html']:visible").first.wait_for()
    if width < 992:
        page.keyboard.press("Escape")
        page.locator("dialog#pst-primary-sidebar-modal").wait_for(state="hidden")
    assert page.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_seen(page, address, scheme):
    """At each stop something is seen: what has the focus, and an outline.

    The walk ends some stops after the first copy button, which is invisible until it has the
    focus; before it come the contents, so it is longer with every chapter.
    """
    page.emulate_media(color_scheme=scheme)
    page.goto(address + CHAPTER, wait_until="load")
    look = """() => { const s = getComputedStyle(document.activeElement);
        const drawn = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
        const clear = document.activeElement.checkVisibility({opacityProperty: true});
        return [drawn, clear, document.activeElement.outerHTML.slice(0, 120)]; }"""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    copies = 0
    for _ in range(400):
        page.keyboard.press("Tab")
        for _ in range(50):  # even without motion a change of opacity takes some frames
            drawn, clear, what = page.evaluate(look)
            if drawn and clear:
                break
            page.wait_for_timeout(20)
        assert drawn and clear, what
        copies += "copybtn" in what
        if copies == 3:
            break
    assert copies == 3, "the walk has to pass buttons that are invisible until they have the focus"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_link_under_the_pointer_can_be_read(page, address, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address + CHAPTER, wait_until="load")
    before = "getComputedStyle(document.querySelector('article p a')).color"
    resting = page.evaluate(before)
    page.locator("article p a").first.hover()
    page.wait_for_function("resting => " + before + " !== resting", arg=resting)
    assert not Axe().run(page, "article p", options=COLOURS).response["violations"]


@pytest.mark.parametrize(
    "name", ["chapters/index.html", CHAPTER, "chapters/reference/explorer.html"]
)
def test_forced_colours_keep_controls_visible(page, address, name):
    page.emulate_media(forced_colors="active")
    page.goto(address + name, wait_until="load")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    bare = page.evaluate(
        """() => [...document.querySelectorAll('article button, article input, article select')]
          .filter((b) => b.offsetParent && !b.matches('.leo-link, .copybtn, [type=checkbox]'))
          .filter((b) => getComputedStyle(b).borderTopStyle === 'none')
          .map((b) => b.outerHTML.slice(0, 80))"""
    )
    assert not bare
    icons = page.evaluate(
        """() => {
          const ground = getComputedStyle(document.body).backgroundColor;
          return [...document.querySelectorAll('svg.svg-inline--fa')]
            .filter((s) => s.checkVisibility() && getComputedStyle(s).fill === ground).length; }"""
    )
    assert icons == 0


def test_reduced_motion_is_kept(page, address):
    page.emulate_media(reduced_motion="reduce")
    page.goto(address + CHAPTER, wait_until="load")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter((e) => {
          const s = getComputedStyle(e);
          const long = (text) => text.split(',').some((t) => parseFloat(t) > 0.01);
          return (s.animationName !== 'none' && long(s.animationDuration)) ||
            (s.transitionProperty !== 'none' && long(s.transitionDuration)); })
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert not moving, moving[:5]
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize("name", PAGES)
def test_tables_have_captions_and_heads(site, name):
    from bs4 import BeautifulSoup

    soup = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
    for table in soup.select("article table"):
        assert table.find("caption") is not None, str(table)[:120]
        for cell in table.find_all("th"):
            assert cell.get("scope") or cell.find_parent("svg"), str(cell)
            assert cell.get_text(strip=True), str(cell)


def test_statement_has_dates(site):
    text = (site / "docs" / "accessibility.html").read_text(encoding="utf-8")
    assert "WCAG" in text or "Web Content Accessibility Guidelines 2.2" in text
    assert "November 2026" in text
