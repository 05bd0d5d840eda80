"""The variable explorer: its data say what the catalogue says, and a person can use it."""

import json
import re
from collections import Counter

import explorer
import pytest
from a11y import parts_of
from bs4 import BeautifulSoup, SoupStrainer
from common import EXPLORER, rows
from explorer_page import FIRST

from leo_helpers.catalogue import load_catalogue
from leo_helpers.years import census_term


def test_every_variable_is_there_once():
    names = [(row[0], row[1]) for row in explorer.variables()]
    catalogue = load_catalogue()
    assert (
        len(names) == len(set(names)) == sum(len(catalogue.variables(t)) for t in catalogue.tables)
    )
    assert all(len(row) == len(explorer.FIELDS) for row in explorer.variables())


def held_in(path, variable):
    """Read the data of a script as a browser does: the text of a string, then JSON."""
    text = path.read_text(encoding="utf-8")
    before, after = f"window.{variable}=JSON.parse('", "');\n"
    assert text.startswith(before) and text.endswith(after) and "</script" not in text
    inside = text[len(before) : -len(after)]
    assert not re.search(r"(?<!\\)(?:\\\\)*'", inside), "a quote would end the string"
    return json.loads(re.sub(r"\\(.)", r"\1", inside))


def test_scripts_are_written_as_data(tmp_path):
    assert explorer.write_all(tmp_path) < 1_200_000
    held = held_in(tmp_path / "data.js", "LEO_CATALOGUE")
    assert held["fields"] == explorer.FIELDS
    values = [
        [c["of"][n] for n in c["is"]] if isinstance(c, dict) else c
        for c in (held["columns"][field] for field in explorer.FIELDS)
    ]
    assert [list(row) for row in zip(*values, strict=True)] == json.loads(
        json.dumps(explorer.variables())
    )
    more = held_in(tmp_path / "codes.js", "LEO_MORE")
    assert more["breaks"]["sc_pupil"] and set(more["codes"]) == set(load_catalogue().codelists)


@pytest.mark.site
@pytest.mark.browser
def test_columns_and_views_agree_with_the_package(explorer_page):
    """The page works out names by itself; for every variable, year and term they are ours."""
    theirs = explorer_page.evaluate(
        """() => {
          const { unpack, termsIn, column, view } = window.LeoCore, out = {};
          for (const item of unpack(window.LEO_CATALOGUE)) for (const year of item.allYears)
            for (const term of termsIn(item, year)) {
              const held = view(item, year, term);
              const own = column(item, year, term);
              out[`${item.id} ${year} ${term}`] = `${held && held.name} ${own}`;
            }
          return out;
        }"""
    )
    ours = {}
    for table in load_catalogue().tables.values():
        for item in load_catalogue().variables(table):
            for year in item.years:
                terms = (
                    [t for t, years in item.terms.items() if year in years] if item.terms else [""]
                )
                for term in terms:
                    views = table.views(year, term or None)
                    view = views[0].name if views else None
                    wanted = census_term(term) if term else None
                    ours[f"{table}.{item.name} {year} {term}"] = (
                        f"{view if view else 'null'} {item.columns(year, wanted)[0]}"
                    )
    assert len(ours) > 20_000
    wrong = [key for key in ours if theirs.get(key) != ours[key]]
    assert not wrong, [(key, theirs.get(key), ours[key]) for key in wrong[:5]]
    assert set(theirs) == set(ours)


@pytest.mark.site
@pytest.mark.browser
def test_names_break_in_the_same_places_everywhere(explorer_page, site):
    """What the script draws, the rows that the page comes with, and the pages of the tables."""
    drawn = explorer_page.evaluate(
        "() => LeoCore.unpack(LEO_CATALOGUE).map(({ name }) => LeoOne.partsOf(name))"
    )
    catalogue = load_catalogue()
    names = [item.name for table in catalogue.tables for item in catalogue.variables(table)]
    assert drawn == [parts_of(name) for name in names]
    for path, cells, table in (
        (EXPLORER, "#leo-rows button", ""),
        ("chapters/reference/tables/ks4-pupil.html", "tr > td:first-child .pre", "ks4_pupil"),
    ):
        html = (site / path).read_text(encoding="utf-8")
        found = BeautifulSoup(html, "html.parser", parse_only=SoupStrainer("tbody")).select(cells)
        expected = [item.name for item in catalogue.variables(table)] if table else names[:FIRST]
        assert [list(cell.strings) for cell in found] == [parts_of(name) for name in expected]


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("free school meals", "sc_pupil.FSMeligible_[term][yy]"),
        ("fre scool meels", "sc_pupil.FSMeligible_[term][yy]"),
        ("senstatus", "sc_pupil.SENprovision_[term][yy]"),
        ("universal credit", "leo_benefit.Benefit_type"),
        ("sen_stage", "sc_pupil.SENprovision_[term][yy]"),
    ],
)
def test_search_by_typo_old_name_code_label_and_concept(explorer_page, words, wanted):
    explorer_page.fill("#leo-q", words)
    assert wanted in rows(explorer_page)[:6]


@pytest.mark.site
@pytest.mark.browser
def test_a_link_opens_one_variable_and_names_its_column(page, address):
    from playwright.sync_api import expect

    name = "sc_pupil.SENprovision_%5Bterm%5D%5Byy%5D"
    page.goto(f"{address}{EXPLORER}#v={name}", wait_until="load")
    assert page.inner_text("#leo-heading") == "SENprovision_[term][yy]"
    buttons = page.locator("#leo-one button")
    assert buttons.all_inner_texts() == ["Copy link", "Copy T-SQL", "Copy pandas"]
    expect(page.locator("#leo-heading")).to_be_in_viewport()
    page.wait_for_selector("#leo-one details table")
    page.select_option("#leo-year", "2004")
    assert "senstatus_04" in page.inner_text("#leo-one")
    assert "plasc_2004" in page.inner_text("#leo-one")
    assert "What changed" in page.inner_text("#leo-one")
    assert page.errors == [] and page.outside == []


@pytest.mark.site
@pytest.mark.browser
def test_it_works_from_a_folder(loose_page, site):
    loose_page.goto((site / EXPLORER).as_uri(), wait_until="load")
    loose_page.locator("#leo-state:empty").wait_for(state="attached")
    loose_page.fill("#leo-q", "ethnicity")
    assert rows(loose_page) and loose_page.errors == [] and loose_page.outside == []


@pytest.mark.site
@pytest.mark.browser
def test_by_keyboard_alone(explorer_page):
    explorer_page.focus("#leo-q")
    explorer_page.keyboard.type("free school meals")
    for _ in range(40):
        explorer_page.keyboard.press("Tab")
        if explorer_page.evaluate("document.activeElement.classList.contains('leo-link')"):
            break
    explorer_page.keyboard.press("Enter")
    assert explorer_page.evaluate("document.activeElement.id") == "leo-heading"


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1010])
def test_the_list_only_scrolls_down_and_is_a_table_to_the_ear(explorer_page, width):
    explorer_page.set_viewport_size({"width": width, "height": 800})
    outside = explorer_page.locator(".leo-found").evaluate(
        """box => { const edges = (node) => node.getBoundingClientRect();
          const { left, right } = edges(box), cells = [...box.querySelectorAll('tr > *')];
          const out = cells.filter((cell) => edges(cell).left < left || edges(cell).right > right);
          return [box.scrollWidth - box.clientWidth, ...out.map((cell) => cell.innerText)]; }"""
    )
    assert outside == [0]
    tree = explorer_page.context.new_cdp_session(explorer_page)
    nodes = tree.send("Accessibility.getFullAXTree")["nodes"]
    roles = Counter(node.get("role", {}).get("value") for node in nodes)
    assert (roles["table"], roles["columnheader"], roles["rowheader"]) == (1, 5, FIRST)
    assert (roles["row"], roles["cell"]) == (FIRST + 1, 5 * FIRST + 1)


@pytest.mark.site
@pytest.mark.browser
def test_what_the_marks_of_the_years_mean_stays_in_view(page, address):
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{address}{EXPLORER}#v=sc_pupil.Gender_%5Bterm%5D%5Byy%5D", wait_until="load")
    box = page.locator(".leo-scroll:has(.leo-grid)")
    moved = box.evaluate("box => { box.scrollLeft = 9999; return box.scrollLeft; }")
    assert moved > 50
    edges = "node => [node.getBoundingClientRect().left, node.getBoundingClientRect().right]"
    left, right = box.evaluate(edges)
    for part in (box.locator("caption"), box.locator("tbody th").first):
        begins, ends = part.evaluate(edges)
        assert left - 1 <= begins < ends <= right + 1
