"""The basket: what a person puts in it, takes away as files, sends as a link, and feeds to leo."""

import csv
import io
from itertools import groupby

import openpyxl
import pytest
from common import EXPLORER

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.cli import main
from leo_helpers.years import format_ranges

pytestmark = [pytest.mark.site, pytest.mark.browser]
CATALOGUE = load_catalogue()
HEAD = ["Form tab", "Table", "Variable", "What it says", "Years (end)", "Request status"]
HEAD += ["Sensitivity", "Why it is needed"]
#: Ticked in this order, which is not the form's; of each class that the summary counts.
TICKED = [
    "leo_earnings.Earnings",
    "hesa.HE_XINSTG01",
    "absence.Gender_ab[yy]",
    "sc_pupil.FSMeligible_[term][yy]",
    "ks4_pupil.KS4_ACADYR",
    "sc_pupil.Gender_[term][yy]",
    "sc_pupil.SENprovision_[term][yy]",
]
WHY = 'disadvantage, as "free meals"'


def in_order():
    """Return the variables in the order of the form's tabs, then of the form."""
    every = [item for table in CATALOGUE.tables for item in CATALOGUE.variables(table)]
    return [item for item in every if str(item) in TICKED]


def expected():
    lines = []
    for item in in_order():
        table = CATALOGUE.tables[item.table_id]
        years = format_ranges(item.years).replace(";", "; ")
        status = item.request.replace("_", " ")
        why = WHY if item.name.startswith("FSM") else ""
        line = [table.request_sheet, table.title, item.name, item.label, years, status]
        lines.append([*line, item.sensitivity, why])
    return lines


@pytest.fixture
def filled(explorer_page):
    """The explorer with a basket that a person has filled, one variable after the other."""
    for name in TICKED:
        table, _, variable = name.partition(".")
        explorer_page.select_option("#leo-table", table)
        explorer_page.fill("#leo-q", variable)
        explorer_page.locator(f'#leo-rows tr[data-id="{name}"] input').check()
    note = explorer_page.get_by_label("Why FSMeligible_[term][yy] is needed")
    note.fill(WHY)
    return explorer_page


def saved(page, button):
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value


def named(page):
    return page.locator("#leo-basket strong").all_inner_texts()


def test_the_sample_shows_what_it_should():
    """Several tabs, some by request and some not, some sensitive and some not, some with years."""
    items = in_order()
    assert sorted(map(str, items)) == sorted(TICKED) and [str(i) for i in items] != TICKED
    assert {i.request for i in items} >= {"default", "by_request"}
    assert len({i.table_id for i in items}) == 5 and {i.sensitivity for i in items} >= {
        "",
        "C",
        "D",
        "E",
    }


def test_tables_stand_in_the_order_of_the_forms_tabs():
    """A tab is not left and entered again, so the order of tables is one of tabs."""
    sheets = [sheet for sheet, _ in groupby(t.request_sheet for t in CATALOGUE.tables.values())]
    assert len(sheets) == len(set(sheets))


def test_it_counts_against_proportionality(filled):
    items = in_order()
    every = sum(len(CATALOGUE.variables(table)) for table in CATALOGUE.tables)
    asked = sum(item.request == "by_request" for item in items)
    fine = sum(item.sensitivity in {"A", "B", "C"} for item in items)
    said = filled.inner_text("#leo-basket-count")
    assert said.startswith(
        f"{len(items)} of {every:,} variables ({100 * len(items) / every:.1f} %) from 5 of "
        f"{len(CATALOGUE.tables)} tables; {asked} need a reason of their own, "
        f"{fine} are of the more sensitive classes (A to C)."
    )
    assert named(filled) == [item.name for item in items]
    filled.get_by_role("button", name="Take FSMeligible_[term][yy] out of the basket").click()
    assert filled.evaluate("document.activeElement.id") == "leo-basket-heading"
    assert filled.inner_text("#leo-basket-count").startswith(f"{len(items) - 1} of ")
    assert "FSMeligible_[term][yy]" not in named(filled)


def test_csv_and_xlsx_say_the_same_in_the_order_of_the_form(filled):
    file = saved(filled, "Save as CSV")
    assert file.suggested_filename == "leo-variable-request.csv"
    text = file.path().read_bytes().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [HEAD, *expected()]
    file = saved(filled, "Save as XLSX")
    assert file.suggested_filename == "leo-variable-request.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(file.path().read_bytes())).active
    lines = [[cell or "" for cell in line] for line in sheet.values]
    assert lines[0] == HEAD and lines[1:-1] == expected()
    assert lines[-1][0].startswith("Made with Learning LEO") and not any(lines[-1][1:])
    assert all(cell.font.bold for cell in sheet[1]) and not sheet["A2"].font.bold


def test_it_is_kept_and_emptied(filled):
    filled.reload(wait_until="load")
    filled.locator("#leo-explorer[data-ready]").wait_for()
    assert named(filled) == [item.name for item in in_order()]
    assert filled.get_by_label("Why FSMeligible_[term][yy] is needed").input_value() == WHY
    filled.get_by_role("button", name="Empty the basket").click()
    assert named(filled) == [] and filled.locator("#leo-basket-buttons").is_hidden()
    assert filled.inner_text("#leo-basket-count").startswith("Your basket is empty.")
    assert filled.locator("#leo-rows input:checked").count() == 0
    filled.reload(wait_until="load")
    filled.locator("#leo-explorer[data-ready]").wait_for()
    assert named(filled) == []


def test_a_link_brings_it_to_another_browser(filled, browser, address):
    filled.context.grant_permissions(["clipboard-read", "clipboard-write"])
    filled.get_by_role("button", name="Share as a link").click()
    link = filled.get_by_label("Address of this basket").input_value()
    assert filled.evaluate("navigator.clipboard.readText()") == link
    other = browser.new_context().new_page()
    other.goto(address + EXPLORER)
    other.locator('#leo-rows input[data-id="sc_pupil.Ethnicity_[term][yy]"]').check()
    other.goto("about:blank")
    other.goto(link + "%7Cno_table.no_variable")
    other.locator("#leo-basket li").first.wait_for()
    items = in_order()
    own = CATALOGUE.variable("sc_pupil", "Ethnicity_[term][yy]")
    both = [i for i in CATALOGUE.variables("sc_pupil") if i in items or i is own]
    assert named(other) == [i.name for i in (*both, *(i for i in items if i not in both))]
    assert other.get_by_label("Why FSMeligible_[term][yy] is needed").input_value() == ""
    held = other.evaluate("Object.keys(JSON.parse(localStorage.getItem('leo-basket')))")
    assert set(held) == {str(own), *TICKED}
    other.context.close()


def test_leo_reads_the_file_of_approved_variables(filled, small_data, tmp_path, monkeypatch):
    """The file makes an extract with these columns and no others, and harmonise takes it."""
    file = saved(filled, "Save as approved variables")
    assert file.suggested_filename == "leo-approved-variables.csv"
    path = tmp_path / file.suggested_filename
    file.save_as(path)
    lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [f"{x['table_id']}.{x['variable']}" for x in lines] == [str(i) for i in in_order()]
    monkeypatch.setenv("LEO_DATA", str(small_data))
    with pytest.raises(SystemExit) as end:
        main(["extract", str(path), str(tmp_path / "mine")])
    assert end.value.code == 0
    monkeypatch.setenv("LEO_DATA", str(tmp_path / "mine"))
    columns = {"gender_spr11", "fsmeligible_spr11", "senprovision_spr11"}
    assert set(leo.load("sc_pupil", 2011, "spring")) == columns
    made = leo.harmonise(
        "sc_pupil", ["sex", "fsm", "ethnicity_major"], 2011, "spring", approved=path
    )
    states = made.coverage.set_index("concept")["state"]
    assert states["ethnicity_major"] == "not in your extract" not in set(states[["sex", "fsm"]])
