"""What people meet who read on a phone, with large text, by keyboard, by ear or on paper."""

import io
import re

import about
import pytest
from common import contrast, luminance

pytestmark = [pytest.mark.site, pytest.mark.browser]
CHAPTER = "chapters/school/school-census.html"
PAGES = [f"{name}.html" for name in about.settings()["main_pages"]]
PAGES += [
    "chapters/getting/preparing-tsql.html",
    "chapters/reference/explorer.html#v=sc_pupil.FSMeligible_%5Bterm%5D%5Byy%5D",
    "chapters/reference/playground.html",
    "chapters/reference/notebooks-in-browser.html",
    "chapters/reference/tsql-conformance.html",
    "chapters/reference/exercises.html",
    "chapters/reference/bibliography.html",
    "chapters/reference/status.html",
    "search.html?q=earnings",
    "genindex.html",
    "404.html",
]
#: What WCAG 1.4.12 asks a page to bear.
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; "
    "word-spacing: .16em !important } p { margin-bottom: 2em !important }"
)
#: What stands outside the window without a way to scroll there, or is cut off by its own box.
LOST = """() => {
  const held = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX)) return true; };
  const lost = [];
  for (const e of document.querySelectorAll('body *')) {
    const s = getComputedStyle(e), r = e.getBoundingClientRect();
    if (!e.checkVisibility({ visibilityProperty: true }) || r.width < 2 || r.height < 2) continue;
    const cuts = /hidden|clip/.test(s.overflowX + s.overflowY) && s.clipPath === 'none';
    const more = e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
    if (cuts && more && e.innerText)
      lost.push(['cut off', e.outerHTML.slice(0, 120)]);
    if (r.right > innerWidth + 1 && s.position !== 'fixed' && !held(e))
      lost.push(['outside', e.outerHTML.slice(0, 120)]);
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  return wide > 1 ? [['sideways', wide], ...lost] : lost; }"""
#: What a finger has to meet and is smaller than WCAG 2.5.8 asks; links in a text may be.
SMALL = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .filter((e) => !(e.matches('a') && getComputedStyle(e).display === 'inline' &&
    e.closest('p, li, td, th, dd, dt, figcaption, h1, h2, h3')))
  .map((e) => [e.getBoundingClientRect(), e.outerHTML.slice(0, 120)])
  .filter(([r]) => r.bottom > 0 && r.height > 0 && (r.width < 23.5 || r.height < 23.5))
  .map(([r, what]) => [r.width, r.height, what])"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter((h) => h.checkVisibility({ visibilityProperty: true }) && h.closest('main, body > main'))
  .map((h) => [Number(h.tagName[1]), parseFloat(getComputedStyle(h).fontSize), h.innerText])"""


def open_page(page, address, name):
    page.goto(address + name, wait_until="load")
    if "?q=" in name:
        page.wait_for_selector("#search-results li p.context")
    page.wait_for_timeout(300)  # what scripts draw once the page is seen


@pytest.fixture
def phone(browser, address):
    from conftest import watch

    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    found = watch(context, address)
    yield found
    assert found.errors == [] and found.outside == [] and context.cookies() == []
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_lost_on_a_phone_or_with_more_space(page, address, name):
    page.set_viewport_size({"width": 320, "height": 740})
    open_page(page, address, name)
    assert page.evaluate(LOST) == []
    assert page.evaluate(SMALL) == []
    page.add_style_tag(content=SPACED)
    for width in (320, 640, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        page.wait_for_timeout(200)
        assert page.evaluate(LOST) == [], width


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order_and_smaller_step_by_step(page, address, name, width):
    page.set_viewport_size({"width": width, "height": 740})
    open_page(page, address, name)
    found = page.evaluate(HEADINGS)
    assert [level for level, _, _ in found].count(1) == 1 and found[0][0] == 1
    sizes = {}
    for (before, _, _), (level, size, words) in zip([(0, 0, ""), *found], found, strict=False):
        assert level <= before + 1, words
        sizes.setdefault(level, size)
    in_order = [sizes[level] for level in sorted(sizes)]
    assert in_order == sorted(in_order, reverse=True), sizes


def test_typing_a_search_on_a_phone(phone, address):
    phone.goto(address + CHAPTER, wait_until="load")
    if phone.locator("button.secondary-toggle:visible").count():
        phone.tap("button.secondary-toggle:visible")
        phone.get_by_role("dialog", name="On this page").wait_for()
        phone.keyboard.press("Escape")
    phone.tap("button.primary-toggle:visible")
    phone.get_by_role("dialog", name="Contents and search").wait_for()
    phone.keyboard.press("Escape")
    # The tip of a button that was tapped before must not lie over this one.
    phone.tap("button.search-button:visible")
    box = phone.get_by_role("dialog", name="Search").get_by_role("searchbox")
    assert box.evaluate("box => box === document.activeElement")
    icon = phone.locator("#pst-search-dialog svg").bounding_box()
    start = box.bounding_box()["x"] + box.evaluate(
        "b => parseFloat(getComputedStyle(b).paddingLeft)"
    )
    assert start >= icon["x"] + icon["width"]
    phone.keyboard.type("free school meals")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#search-results li p.context")
    phone.get_by_role("status").filter(has_text="Search finished").wait_for()
    extracts = phone.locator("#search-results p.context").all_inner_texts()
    assert extracts and not any(re.match(r"\s*\.md", text) for text in extracts)
    phone.tap("#search-results li a >> nth=0")
    phone.wait_for_selector(".highlighted")
    assert phone.locator(".bd-links .highlighted").count() == 0


def test_a_frame_on_a_phone_has_lines_of_some_height(phone, address):
    """A column of long words was one word wide, and each line a screen high."""
    phone.goto(address + CHAPTER, wait_until="load")
    heights = phone.eval_on_selector_all(
        "table.dataframe tr", "rows => rows.map(row => row.getBoundingClientRect().height)"
    )
    assert max(heights) < 150


def test_names_in_tables_break_at_their_joints(phone, address):
    phone.goto(address + "chapters/reference/tables/sc-pupil.html", wait_until="load")
    code = phone.locator("td code .pre", has_text="AgeAtStartOfAcademicYear_[term][yy]").first
    lines = code.evaluate(
        """code => { const range = document.createRange(), lines = {};
          for (const node of code.childNodes) if (node.nodeType === 3) {
            range.selectNode(node);
            const tops = new Set([...range.getClientRects()].map((r) => Math.round(r.top)));
            lines[node.data] = tops.size; }
          return lines; }"""
    )
    assert len(lines) > 4 and set(lines.values()) == {1}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ring_around_the_focus_stands_out(page, address, scheme):
    """On the yellow of the skip link, and inside a solution, which cuts off what is outside."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(address + CHAPTER, wait_until="load")
    page.keyboard.press("Tab")
    ring, ground = page.evaluate(
        """() => [getComputedStyle(document.activeElement).outlineColor,
          getComputedStyle(document.querySelector('.skip-link')).backgroundColor]"""
    )
    assert contrast(ring, ground) >= 3, (ring, ground)
    page.locator("details.solution > summary").first.focus()
    page.wait_for_function(  # the ring comes in a frame or two
        """() => { const s = getComputedStyle(document.activeElement);
          return document.activeElement.matches(':focus-visible') && s.outlineStyle !== 'none' &&
            parseFloat(s.outlineOffset) + parseFloat(s.outlineWidth) <= 0; }""",
        timeout=5000,
    )


def test_icons_are_not_said(page, address):
    page.goto(address + CHAPTER, wait_until="load")
    said = page.locator("body").aria_snapshot()
    assert "Solution to exercise" in said and "Colour mode" in said
    assert not re.search("[\ue000-\uf8ff]", said)
    shown = page.locator(".exercise .admonition-title").first
    assert shown.evaluate("t => getComputedStyle(t, '::after').content") not in ("none", "normal")


def test_feedback_is_dark_on_a_dark_page(page, address):
    page.emulate_media(color_scheme="dark")
    page.goto(address + CHAPTER, wait_until="load")
    box = page.locator(".text_html:has(> .leo-feedback)").first
    assert luminance(box.evaluate("b => getComputedStyle(b).color")) > 0.5
    ground = box.evaluate("b => getComputedStyle(b).backgroundColor")
    assert ground == "rgba(0, 0, 0, 0)" or luminance(ground) < 0.1


def test_a_chapter_on_paper(page, address):
    """Solutions are open, nothing is cut off, and what needs a screen is gone."""
    from pypdf import PdfReader

    page.set_viewport_size({"width": 700, "height": 1000})
    page.goto(address + CHAPTER, wait_until="load")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(LOST) == []
    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))
    words = " ".join(" ".join(sheet.extract_text().split()) for sheet in printed.pages)
    assert "Solution to exercise" in words and "version" in words
    for gone in ("Try this SQL", "I have read this page", "Report a problem", "Previous"):
        assert gone not in words, gone
    for solution in page.locator("details.solution section").all():
        assert solution.inner_text().split("\n")[0][:30] in words
