"""The variable explorer: its data say what the catalogue says, and a person can use it."""

import csv
import io
import json
import re
import zipfile

import explorer
import pytest

from leo_helpers.catalogue import load_catalogue
from leo_helpers.years import census_term

EXPLORER = "chapters/reference/explorer.html"


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


@pytest.fixture
def ready(page, address):
    page.goto(address + EXPLORER, wait_until="load")
    page.locator("#leo-state:empty").wait_for(state="attached")
    yield page
    assert page.errors == [] and page.outside == []


def rows(page):
    return page.eval_on_selector_all("#leo-rows tr", "all => all.map(row => row.dataset.id)")


@pytest.mark.site
@pytest.mark.browser
def test_columns_and_views_agree_with_the_package(ready):
    """The page works out names by itself; for every variable, year and term they are ours."""
    theirs = ready.evaluate(
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
def test_search_by_typo_old_name_code_label_and_concept(ready, words, wanted):
    ready.fill("#leo-q", words)
    assert wanted in rows(ready)[:6]


@pytest.mark.site
@pytest.mark.browser
def test_filters_narrow_the_list(ready):
    ready.select_option("#leo-table", "ks4_pupil")
    ready.fill("#leo-from", "2021")
    ready.dispatch_event("#leo-from", "change")
    found = rows(ready)
    assert found and all(name.startswith("ks4_pupil.") for name in found)
    variables = {f"ks4_pupil.{v.name}": v for v in load_catalogue().variables("ks4_pupil")}
    assert all(2021 in variables[name].years for name in found)
    ready.fill("#leo-q", "zzzzzzzz")
    assert "No variable matches" in ready.inner_text("#leo-count")


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
def test_basket_is_kept_exported_and_shared(ready, address):
    ready.fill("#leo-q", "earnings in the tax year")
    ready.select_option("#leo-table", "leo_earnings")
    ready.check("#leo-rows tr:first-child input")
    ready.select_option("#leo-table", "sc_pupil")
    ready.fill("#leo-q", "free school meals")
    ready.check("#leo-rows tr:first-child input")
    ready.fill("#leo-basket li:first-child input", "prior disadvantage, with a comma")
    assert "2 of" in ready.inner_text("#leo-basket-count")

    def saved(button):
        with ready.expect_download() as waiting:
            ready.click(button)
        return waiting.value.path()

    text = saved("#leo-save-csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[1] for line in lines[1:]] == ["School Census", "Earnings"]  # the form's order
    assert lines[1][7] == "prior disadvantage, with a comma"
    approved = list(csv.DictReader(io.StringIO(saved("#leo-save-approved").read_text("utf-8"))))
    assert {"table_id", "variable"} == set(approved[0]) and len(approved) == 2
    for line in approved:
        load_catalogue().variable(line["table_id"], line["variable"])
    with zipfile.ZipFile(saved("#leo-save-xlsx")) as book:
        sheet = book.read("xl/sharedStrings.xml") + book.read("xl/worksheets/sheet1.xml")
        assert b"FSMeligible" in sheet

    ready.reload(wait_until="load")
    assert ready.locator("#leo-basket li").count() == 2
    ready.click("#leo-share")
    link = ready.input_value("#leo-share-address")
    ready.click("#leo-empty")
    assert ready.locator("#leo-basket li").count() == 0
    ready.goto("about:blank")
    ready.goto(link, wait_until="load")
    assert ready.locator("#leo-basket li").count() == 2


@pytest.mark.site
@pytest.mark.browser
def test_it_works_from_a_folder(loose_page, site):
    loose_page.goto((site / EXPLORER).as_uri(), wait_until="load")
    loose_page.locator("#leo-state:empty").wait_for(state="attached")
    loose_page.fill("#leo-q", "ethnicity")
    assert rows(loose_page) and loose_page.errors == [] and loose_page.outside == []


@pytest.mark.site
@pytest.mark.browser
def test_by_keyboard_alone(ready):
    ready.focus("#leo-q")
    ready.keyboard.type("free school meals")
    for _ in range(40):
        ready.keyboard.press("Tab")
        if ready.evaluate("document.activeElement.classList.contains('leo-link')"):
            break
    ready.keyboard.press("Enter")
    assert ready.evaluate("document.activeElement.id") == "leo-heading"
