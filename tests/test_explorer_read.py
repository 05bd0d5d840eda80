"""What the explorer says of one variable: its years, its breaks, and lines to copy that run."""

import random
import re
from collections import Counter

import pandas as pd
import pytest
from common import EXPLORER, watch
from synth_cases import default_data

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import load_crosswalk
from leo_helpers.tsql import Session

pytestmark = [pytest.mark.site, pytest.mark.browser]
CATALOGUE = load_catalogue()
CROSSWALK = load_crosswalk()
WORDS = {"PLASC": "PLASC (to 2005)", "AUT": "autumn", "SPR": "spring", "SUM": "summer"}
EACH = 2  # variables of each table whose lines are run


@pytest.fixture(scope="module")
def reader(browser, address):
    """One page for all variables, with leave to write to the clipboard."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = watch(context, address)
    page.goto(address + EXPLORER, wait_until="load")
    page.locator("#leo-state:empty").wait_for(state="attached")
    yield page
    assert page.errors == [] and page.outside == []
    context.close()


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    """The default data set, whatever LEO_DATA says, and a session on it."""
    root = default_data(tmp_path_factory)
    return root, Session(data=root)


def show(page, item):
    """Open a variable by its link, as a reader of the link would."""
    page.evaluate("id => { location.hash = 'v=' + encodeURIComponent(id); }", str(item))
    page.wait_for_function(
        "name => document.getElementById('leo-heading')?.textContent === name"
        " && document.querySelector('#leo-one a').href.includes('/tables/')",
        arg=item.name,
    )
    table = CATALOGUE.tables[item.table_id]
    page.locator("#leo-one dd a", has_text=re.compile(f"^{re.escape(table.title)}$")).wait_for()


def copied(page, what):
    """Press a button of the open variable and return what is on the clipboard then."""
    page.evaluate("navigator.clipboard.writeText('nothing yet')")
    page.get_by_role("button", name=f"Copy {what}").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text !== 'nothing yet')")
    page.get_by_role("button", name="Copied").first.wait_for()
    return page.evaluate("navigator.clipboard.readText()")


def some(table):
    """Choose variables of a table, among them one that changed its name, if there is one."""
    every = CATALOGUE.variables(table)
    renamed = [item for item in every if item.columns_by_year]
    draw = random.Random(table)
    first = draw.choice(renamed or every)
    others = [item for item in every if item is not first]
    return [first, *draw.sample(others, min(EACH - 1, len(others)))]


def plain(value):
    """Return a value as both engines group it: no kinds of missing, no case, no spaces behind."""
    if pd.isna(value):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value).removesuffix(" 00:00:00").rstrip().casefold()


def tally(values, numbers):
    found = Counter()
    for value, number in zip(values, numbers, strict=True):
        found[plain(value)] += int(number)
    return found


@pytest.mark.parametrize("table", CATALOGUE.tables)
def test_copied_lines_run_and_agree(reader, default, table, monkeypatch):
    """T-SQL in the translator and pandas in Python count the same values."""
    root, session = default
    monkeypatch.setenv("LEO_DATA", str(root))
    year_column = CATALOGUE.tables[table].year_column
    for item in some(table):
        show(reader, item)
        years = reader.locator("#leo-year option").evaluate_all("all => all.map(o => o.value)")
        reader.select_option("#leo-year", random.Random(str(item)).choice(years))
        query, code = copied(reader, "T-SQL"), copied(reader, "pandas")
        shown = reader.locator("#leo-one pre").all_inner_texts()
        assert [query, code] == shown
        held = {}
        exec(code, held)
        frame, counts = held["df"], eval(code.splitlines()[-1], held)
        assert len(frame) > 0 and counts.sum() == len(frame), item
        got = session.run(query).frames[0]
        assert list(got.columns)[-1] == "n"
        if len(got.columns) == 3 and "years=" in code:  # a pooled view: take the rows of the year
            year = leo.load(
                table, years=int(reader.input_value("#leo-year")), columns=[year_column]
            )
            got = got[got[got.columns[1]].isin(set(year.iloc[:, 0]))]
        elif got.columns[0] == year_column and "years=" in code:  # each year is a value
            got = got[got[got.columns[0]].isin(set(frame.iloc[:, 0]))]
        assert tally(got.iloc[:, 0], got["n"]) == tally(counts.index, counts), item


def with_breaks():
    """Choose variables whose grid has breaks or new names: two of each table that has them."""
    found = {}
    for (table, concept), sources in CROSSWALK.sources.items():
        if any((b.table_id, b.concept) == (table, concept) and b.year for b in CROSSWALK.breaks):
            for name in (name for source in sources for name in source.variables):
                item = CATALOGUE.variable(table, name.partition("#")[0])
                found.setdefault(table, {})[item.name] = item
    chosen = []
    for table in CATALOGUE.tables:
        changed = [item for item in CATALOGUE.variables(table) if item.columns_by_year]
        plain_ones = [item for item in CATALOGUE.variables(table) if item.years]
        broken = list(found.get(table, {}).values())
        for every, number in ((broken, 3), (changed, 1), (plain_ones, 1)):
            chosen += random.Random(table).sample(every, min(number, len(every)))
    return list(dict.fromkeys(chosen))


def concepts(item):
    """Return the concepts that a variable feeds; a number after its name chooses a column."""
    return {
        concept
        for (table, concept), sources in CROSSWALK.sources.items()
        for source in sources
        if table == item.table_id and item.name in [n.partition("#")[0] for n in source.variables]
    }


def shape(item, year, term):
    """Return the name of a column with year and term left out."""
    name = item.columns(year, term)[0]
    if name in {*item.columns(year - 1, term), *item.columns(year + 1, term)}:
        return name  # one name for all years, though it may end in a year
    ending = f"{year % 100:02d}"
    for part in (f"{(term or '')[:3]}{ending}", ending):
        if part and name.endswith(part):
            return name.removesuffix(part)
    return name


@pytest.mark.parametrize("item", with_breaks(), ids=str)
def test_the_grid_shows_years_new_names_and_breaks(reader, item):
    show(reader, item)
    table = CATALOGUE.tables[item.table_id]
    head = reader.locator(".leo-grid thead th").all_inner_texts()
    first, last = (
        (table.first_year, table.last_year)
        if table.first_year
        else (min(item.years), max(item.years))
    )
    span = range(first, last + 1)
    assert [words[:2] for words in head] == [f"{year % 100:02d}" for year in span]
    mine, every = [], [b for b in CROSSWALK.breaks if b.table_id == item.table_id]
    mine = [b for b in every if b.concept in concepts(item)]
    whole = [b for b in every if not b.concept]
    for sign, found in (("▲", mine), ("△", whole)):
        marked = {year for year, words in zip(span, head, strict=True) if sign in words}
        assert marked == {b.year for b in found if b.year} & set(span), sign
    lines = reader.locator(".leo-grid tbody tr")
    terms = [t for t in WORDS if t in item.terms] or [""]
    assert lines.count() == len(terms)
    for n, term in enumerate(terms):
        held = item.terms[term] if term else item.years
        signs = lines.nth(n).locator("td").all_inner_texts()
        assert [sign != "·" for sign in signs] == [year in held for year in span]
        new = [
            y for y in held if y - 1 in held and shape(item, y, term) != shape(item, y - 1, term)
        ]
        assert [y for y, sign in zip(span, signs, strict=True) if sign == "◆"] == sorted(new)
    for title, found in (("What changed", mine), ("What changed in the whole table", whole)):
        said = reader.get_by_role("region", name=title, exact=True).locator("li").all_inner_texts()
        wanted = [f"{b.year}, {b.kind}: " if b.year else f"{b.kind}: " for b in found]
        words = [(b.what + " " + b.advice).replace("`", "") for b in found]
        assert said == [a + b for a, b in zip(wanted, words, strict=True)]


def test_the_sample_has_what_the_grid_can_show():
    """Breaks of its own, of the table, new names and terms: or the test above would show little."""
    chosen = with_breaks()
    breaks = {(b.table_id, b.concept) for b in CROSSWALK.breaks if b.year}
    assert sum(any((i.table_id, c) in breaks for c in concepts(i)) for i in chosen) > 10
    assert sum((i.table_id, "") in breaks for i in chosen) > 10
    assert sum(bool(i.columns_by_year) for i in chosen) > 5 and any(i.terms for i in chosen)


def test_a_year_column_is_read_once(reader):
    show(reader, CATALOGUE.variable("ks4_pupil", "KS4_ACADYR"))
    query = reader.locator("#leo-one pre").first.inner_text()
    assert query.casefold().count("ks4_acadyr") == 3  # selected, grouped, ordered
