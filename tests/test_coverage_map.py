"""The coverage map: its drawing, its table and leo.cohorts say the same, and it can be worked."""

import json
import re

import coverage_map
import pytest
from common import contrast, luminance

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.cohorts import ages, years_seen

MAP = "chapters/reference/coverage-map.html"
#: Colours of the drawing as the browser computes them, and of the page behind it.
COLOURS = """() => {
  const of = (selector) => getComputedStyle(document.querySelector(`#leo-map-drawing ${selector}`));
  const grounds = [];
  for (let e = document.getElementById('leo-map-drawing'); e; e = e.parentElement)
    grounds.push(getComputedStyle(e).backgroundColor);
  return {
    page: grounds.find((colour) => colour !== 'rgba(0, 0, 0, 0)'),
    line: of('.leo-map-0').stroke,
    squares: [1, 2, 3, 4].map((level) => of(`.leo-map-${level}`).fill),
    numbers: [1, 2, 3, 4].map((level) => of(`.leo-map-on-${level}`).fill),
    rings: [1, 2].map((place) => of(`.leo-map-cursor > :nth-child(${place})`).stroke),
  }; }"""


def test_its_data_are_those_of_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(coverage_map, "SCRIPT", tmp_path / "static" / "cohorts.js")
    monkeypatch.setattr(coverage_map, "PAGE", tmp_path / "map.md")
    assert coverage_map.write_all() == 1
    text = (tmp_path / "static" / "cohorts.js").read_text(encoding="utf-8")
    held = json.loads(text.removeprefix("window.LEO_COHORTS=").rstrip(";\n"))
    assert [table["id"] for table in held["tables"]] == list(ages())
    for table in held["tables"]:
        assert tuple(table["years"]) == years_seen(table["id"])
        assert (table["youngest"], table["oldest"]) == ages()[table["id"]]
    page = (tmp_path / "map.md").read_text(encoding="utf-8")
    assert "{{" not in page and "raw} html" in page


def test_the_twin_has_a_line_for_each_table():
    lines = coverage_map.twin()[2:]
    assert len(lines) == len(ages())
    seen = leo.cohorts("ks4_pupil")
    line = next(text for text in lines if "ks4-pupil.md" in text)
    assert f"| {seen['cohort'].min()} to {seen['cohort'].max()} | 15 | 2002-2021 |" in line
    absence = next(text for text in lines if "absence.md" in text)
    assert "2006-2019, 2021" in absence


@pytest.fixture
def ready(page, address):
    page.goto(address + MAP, wait_until="load")
    page.wait_for_selector("#leo-map:not([hidden])")
    yield page
    assert page.errors == [] and page.outside == []


@pytest.mark.site
@pytest.mark.browser
class TestInTheBrowser:
    def test_every_cell_is_what_the_package_says(self, ready):
        theirs = ready.evaluate(
            """() => LEO_COHORTS.tables.flatMap((t) => {
              const out = [];
              for (let c = LEO_COHORTS.first; c <= LEO_COHORTS.last; c += 1) {
                const own = LeoMap.agesOf(t, c);
                if (own.length) out.push([t.id, c, own[0], own[own.length - 1]]);
              }
              return out; })"""
        )
        columns = ["table_id", "cohort", "first_age", "last_age"]
        assert [tuple(row) for row in theirs] == list(
            leo.cohorts()[columns].itertuples(index=False, name=None)
        )

    def test_one_table_by_keyboard(self, ready):
        ready.focus("#leo-map-table")
        ready.keyboard.type("Key Stage 4 p")
        assert ready.input_value("#leo-map-table") == "table:ks4_pupil"
        squares = ready.get_attribute("#leo-map-drawing path.leo-map-3", "d").count("z")
        marks = ready.locator("#leo-map-drawing g text").all_text_contents()
        assert squares == len(leo.cohorts("ks4_pupil")) and marks == ["●"] * squares
        ready.keyboard.press("Tab")
        assert ready.evaluate("document.activeElement.id") == "leo-map-cohort"
        ready.keyboard.press("Home")
        assert "Born 1984/85, aged 15, in 2000/01: not in" in ready.inner_text("#leo-map-here")
        ready.keyboard.press("ArrowRight")
        assert "Born 1985/86, aged 15, in 2001/02: Key Stage 4 pupil." in ready.inner_text(
            "#leo-map-here"
        )
        ready.keyboard.press("Tab")
        ready.keyboard.press("ArrowUp")
        assert "aged 16, in 2002/03: not in" in ready.inner_text("#leo-map-here")
        row = ready.locator("#leo-map-rows tr")
        assert row.count() == 1 and "15" in row.inner_text()

    def test_a_year_without_data_is_a_hole(self, ready):
        """Absence has no 2020: the cohort of 2008 would have been 10, that of 2004 was 14."""
        ready.select_option("#leo-map-table", "table:absence")
        ready.evaluate(
            """() => { for (const [id, value] of [['cohort', 2004], ['age', 14]]) {
              const range = document.getElementById(`leo-map-${id}`);
              range.value = value; range.dispatchEvent(new Event('input')); } }"""
        )
        assert "in 2019/20: not in Absence" in ready.inner_text("#leo-map-here")
        assert re.search(r"4–13, 15", ready.inner_text("#leo-map-rows"))

    def test_pointing_and_the_link(self, ready):
        ready.locator("#leo-map-drawing").click(position={"x": 44 + 13, "y": 8 + 15 * 26 - 7})
        assert "Born 1984/85, aged 10" in ready.inner_text("#leo-map-here")
        ready.wait_for_url(re.compile("age=10"), wait_until="commit")
        link = ready.url
        ready.goto("about:blank")
        ready.goto(link, wait_until="load")
        assert "Born 1984/85, aged 10" in ready.inner_text("#leo-map-here")


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_squares_and_lines_stand_out(page, address, scheme):
    """WCAG 1.4.11 for what is drawn and 1.4.3 for the numbers, from what the browser paints."""
    page.emulate_media(color_scheme=scheme)
    page.goto(address + MAP, wait_until="load")
    page.wait_for_selector("#leo-map:not([hidden])")
    held = page.evaluate(COLOURS)
    assert (luminance(held["page"]) < 0.1) == (scheme == "dark")
    for colour in (held["line"], *held["squares"]):
        assert contrast(colour, held["page"]) >= 3, colour
    for number, square in zip(held["numbers"], held["squares"], strict=True):
        assert contrast(number, square) >= 4.5, (number, square)
    assert contrast(*held["rings"]) >= 3
    strength = [contrast(square, held["page"]) for square in held["squares"]]
    assert strength == sorted(strength), "more tables, a stronger colour"


@pytest.mark.site
@pytest.mark.browser
def test_it_works_from_a_folder(loose_page, site):
    loose_page.goto((site / MAP).as_uri(), wait_until="load")
    loose_page.select_option("#leo-map-table", "source:npd")
    schools = [name for name in ages() if load_catalogue().tables[name].dataset == "npd"]
    assert f"of {len(schools)} tables" in loose_page.inner_text("#leo-map-key")
    assert loose_page.errors == [] and loose_page.outside == []
