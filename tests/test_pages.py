"""What is done to every finished page, piece by piece."""

import datetime

import a11y
import about
import icons
import pytest
import slim
import styles
from bs4 import BeautifulSoup

FACTS = about.Facts("chapters/school/census", "1.2.3", datetime.date(2026, 11, 7))
SCRIPT = """{var p={sun:[512,512,[9728],"f185","M_regular"]};d("far",p)}
{var p={sun:[512,512,[9728],"f185","M_solid"],"arrow-up":[384,512,[8593],"f062","M_up"]}}"""


def page(body, head=""):
    return BeautifulSoup(
        f"<html><head>{head}<title>T</title></head><body><article class='bd-article'>{body}"
        "</article></body></html>",
        "html.parser",
    )


def test_solutions_become_parts_that_open_without_a_script():
    soup = page(
        "<div class='exercise admonition'><p class='admonition-title'><span class='caption-number'>"
        "Exercise 3 </span></p><section id='exercise-content'></section></div>"
        "<div class='solution dropdown admonition' id='s'><p class='admonition-title'>Solution</p>"
        "<section id='solution-content'><p>42</p></section></div>"
        "<div class='note dropdown admonition'><p class='admonition-title'>More</p></div>"
    )
    a11y.repair(soup)
    solution, note = soup.select("details")
    assert solution["id"] == "s" and solution.summary.get_text() == "Solution to exercise 3"
    assert note.summary.get_text() == "More"
    assert not soup.select("#exercise-content, #solution-content")


def test_tables_get_captions_and_heads():
    soup = page(
        "<h2>Load it<a class='headerlink'>#</a></h2>"
        "<table><thead><tr><th></th><th colspan='2'>n</th></tr></thead>"
        "<tbody><tr><th>a</th><td>1</td></tr></tbody></table>"
        "<table><caption>Own</caption></table><table></table>"
    )
    a11y.repair(soup)
    captions = [caption.get_text() for caption in soup.select("caption")]
    assert captions == ["Load it, table 1", "Own", "Load it, table 2"]
    assert [cell.name for cell in soup.select("thead tr > *")] == ["td", "th"]
    assert soup.select_one("thead th")["scope"] == "colgroup"
    assert soup.select_one("tbody th")["scope"] == "row"


def test_no_code_stays_in_attributes():
    soup = page('<button onclick="window.print()">P</button><button onclick="toggleFullScreen()">')
    a11y.repair(soup)
    assert [button["data-leo"] for button in soup.select("button")] == ["print", "full-screen"]
    assert "onclick" not in str(soup)


def test_scripts_that_nothing_uses_are_dropped():
    soup = page(
        "<script src='_static/sphinx-thebe.js'></script><script>let toggleHintShow = 'x';</script>"
        "<script src='_static/site.js'></script>"
    )
    a11y.repair(soup)
    assert [script["src"] for script in soup.select("script")] == ["_static/site.js"]


def test_icons_are_drawn_from_the_solid_family(tmp_path):
    script = tmp_path / "fontawesome.js"
    script.write_text(SCRIPT)
    soup = page('<i class="fa-solid fa-sun fa-lg" data-mode="light"></i><i class="x"></i>')
    icons.draw(soup, script)
    svg = soup.svg
    assert svg.path["d"] == "M_solid" and svg["aria-hidden"] == "true"
    assert svg["data-mode"] == "light" and "fa-lg" in svg["class"]
    assert soup.select_one("i.x") is not None
    with pytest.raises(icons.UnknownIcon, match="no icon moon"):
        icons.drawing(script, "moon")


def test_a_page_says_what_it_is():
    soup = page(
        "<section><h1>School &amp; census<a>#</a></h1><p>Short.</p><p>"
        + "word " * 60
        + "</p></section>"
    )
    about.head(soup, FACTS)
    held = {m.get("property") or m.get("name"): m["content"] for m in soup.select("meta")}
    assert held["og:title"] == "School & census"
    assert held["description"] == held["og:description"]
    assert held["description"].endswith("word …") and len(held["description"]) <= 203
    assert held["article:modified_time"] == "2026-11-07" and held["og:type"] == "article"


def test_a_page_says_how_to_cite_and_report_it():
    soup = page("<section><h1>A &lt;table&gt;</h1></section>")
    about.footer(soup, FACTS)
    assert "(2026). “A <table>”. In Learning LEO, version 1.2.3." in soup.get_text()
    assert "Page: A <table> (chapters/school/census.html)" in soup.pre.get_text()
    assert "Last changed on 7 November 2026" in soup.get_text()
    assert soup.select_one("#leo-read")


def test_only_chapters_count_as_read():
    soup = BeautifulSoup(
        "<div class='bd-links'><a href='#'></a><a href='../work/pay.html'></a>"
        "<a href='../reference/glossary.html'></a></div><article><h1>x</h1></article>",
        "html.parser",
    )
    about.progress(soup, FACTS)
    marked = [link["href"] for link in soup.select("[data-leo-chapter]")]
    assert marked == ["#", "../work/pay.html"]
    assert soup.select_one("#leo-progress") is None


def test_days_of_change_come_from_git(root):
    if not about.days():
        pytest.skip("this copy of the project has no history")
    assert about.changed("chapters/index.md") == about.days()["chapters/index.md"]
    generated = about.changed("chapters/reference/tables/ks1.md")
    assert generated == max(day for path, day in about.days().items() if path.startswith("data/"))


SHEET = """/* { */ @charset "utf-8";
a, .used > .never:not(.gone), .used:not(.gone) { content: "} .used{"; }
.never[class~=".used"] { color: red }
@media (min-width: 9px) { .never { x: y } #here .used { background: url(../a.png) } }
@media print { .never { x: y } }
@font-face { src: url("data:x"), url(b.woff) }
.leo-made-1, .bs-tooltip-auto, .\\31 0 { x: y }
"""


def test_one_style_sheet_with_what_the_pages_use(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "more").mkdir()
    (static / "styles" / "theme.css").write_text('@import "../more/all.css";\n.gone{x:y}')
    (static / "more" / "all.css").write_text(SHEET)
    (static / "own.css").write_text(".used{z:z} .set-by-script{x:y}")
    (static / "own.js").write_text("node.classList.add('set-by-script');")
    links = '<link href="../_static/{}" rel="stylesheet" type="text/css"/>\n'
    (tmp_path / "part").mkdir()
    page = tmp_path / "part" / "page.html"
    head = links.format("styles/theme.css?digest=1") + "<title>T</title>" + links.format("own.css")
    page.write_text(f'<head>{head}</head><p class="used" id="here">')
    (tmp_path / "stub.html").write_text("<p class='never'>")
    text = styles.unite(tmp_path)
    sheet = static / styles.TARGET
    assert (
        sheet.read_text()
        == text
        == (
            '@charset "utf-8";a,.used:not(.gone){content: "} .used{";}'
            "@media (min-width: 9px){#here .used{background: url(../a.png)}}"
            '@font-face{src: url("data:x"), url(../more/b.woff)}'
            ".leo-made-1,.bs-tooltip-auto{x: y}.used{z:z}.set-by-script{x:y}"
        )
    )
    assert list(static.rglob("*.css")) == [sheet]
    found = BeautifulSoup(page.read_text(), "html.parser").select("link")
    assert len(found) == 1 and found[0]["href"].startswith("../_static/styles/book.css?v=")
    assert styles.sheets(page.read_text(), page) == [sheet]


def test_icons_of_the_sheet_are_not_spoken_and_those_of_the_pages_have_no_rule():
    sheet = """.fa-sun:before, .fa-day:before { content: "\\f185" }
      .used:after { color: red; content: "\\f062" } .used:before { content: "→" }
      @media print { .used:after { content: var(--pst-icon-bell) } }"""
    text = styles.keep(styles.read(sheet), {"used", "fa-sun"})
    silent = '@supports (content:"" / ""){.used:after{content:'
    assert text == (
        f'.used:after{{color: red; content: "\uf062"}}{silent}"\uf062" / ""}}}}'
        '.used:before{content: "→"}@media print{.used:after{content: var(--pst-icon-bell)}'
        f'{silent}var(--pst-icon-bell) / ""}}}}}}'
    )
    assert styles.signs(text) == {"\uf062"}


def test_a_page_is_light_or_dark_before_it_is_painted():
    soup = page(
        "", "<script>document.documentElement.dataset.theme = 'x';</script><script src='a'>"
    )
    slim.late(soup)
    first, second = soup.select("script")
    assert "prefers-color-scheme" in first.string and soup.html["data-theme"] == "light"
    assert second.has_attr("defer")
