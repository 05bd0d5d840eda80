"""Each filter of the explorer, alone and together, against the catalogue itself."""

import random
import re

import explorer
import pytest
from common import EXPLORER, every_row, rows
from explorer_page import FIRST

from leo_helpers.catalogue import load_catalogue

pytestmark = [pytest.mark.site, pytest.mark.browser]
CHOICES = ["topic", "dataset", "table", "type", "term", "request", "sensitivity"]
FIELDS = ["q", *CHOICES, "from", "to"]
CATALOGUE = load_catalogue()
EVERY = [
    (table, item) for table in CATALOGUE.tables.values() for item in CATALOGUE.variables(table)
]
#: What a variable has, by the name of the filter that asks for it.
HAS = {
    "topic": lambda table, item: [explorer.topic_of(table.table_id, item.label)],
    "dataset": lambda table, item: [table.dataset],
    "table": lambda table, item: [table.table_id],
    "type": lambda table, item: [item.type],
    "term": lambda table, item: list(item.terms),
    "request": lambda table, item: [item.request],
    "sensitivity": lambda table, item: [item.sensitivity] if item.sensitivity else [],
}


def fits(table, item, want):
    """Say whether a variable is what somebody wants; one without years is there in every year."""
    if any(want[name] not in HAS[name](table, item) for name in CHOICES if want.get(name)):
        return False
    years = item.terms[want["term"]] if want.get("term") else item.years
    low, high = int(want.get("from") or 0), int(want.get("to") or 9999)
    return not item.years or (low, high) == (0, 9999) or any(low <= y <= high for y in years)


def wanted(**want):
    return [str(item) for table, item in EVERY if fits(table, item, want)]


def choose(page, **want):
    for name, value in want.items():
        if name in CHOICES:
            page.select_option(f"#leo-{name}", value)
        else:
            page.fill(f"#leo-{name}", value)
            page.locator(f"#leo-{name}").press("Tab")


def counted(page):
    """Return the number that the page says."""
    said = page.inner_text("#leo-count")
    found = re.match(r"([\d,]+) variables?", said)
    assert found or said.startswith("No variable matches")
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_of_each_filter(explorer_page, name):
    every = {value for table, item in EVERY for value in HAS[name](table, item)}
    options = explorer_page.eval_on_selector_all(
        f"#leo-{name} option", "all => all.map(option => option.value)"
    )
    assert options[0] == "" and len(options) == len(set(options)) and set(options[1:]) == every
    for value in options[1:]:
        choose(explorer_page, **{name: value})
        right = wanted(**{name: value})
        assert right and counted(explorer_page) == len(right), value
        assert rows(explorer_page) == right[:FIRST], value
    choose(explorer_page, **{name: ""})
    assert counted(explorer_page) == len(EVERY)


def test_menus_say_what_they_offer(explorer_page):
    words = explorer_page.locator("#leo-table option").all_inner_texts()
    assert words == ["all", *(table.title for table in CATALOGUE.tables.values())]
    for name in CHOICES:
        words = explorer_page.locator(f"#leo-{name} option").all_inner_texts()
        assert all(words) and len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("low", "high"),
    [("2006", "2006"), ("", "1997"), ("2021", ""), ("1996", "2001"), ("2014", "2016")],
)
def test_years(explorer_page, low, high):
    choose(explorer_page, **{"from": low, "to": high})
    right = wanted(**{"from": low, "to": high})
    assert 0 < len(right) < len(EVERY) and counted(explorer_page) == len(right)
    assert rows(explorer_page) == right[:FIRST]


def test_years_are_those_of_the_term(explorer_page):
    """The autumn census begins in 2007; a variable of the years before is not one of autumn."""
    choose(explorer_page, term="AUT", to="2006")
    assert counted(explorer_page) == len(wanted(term="AUT", to="2006"))
    choose(explorer_page, to="2007")
    right = wanted(term="AUT", to="2007")
    assert right and rows(explorer_page) == right[:FIRST]


def mixed(seed):
    """Return choices that some variable fits, each with half of the filters."""
    draw = random.Random(seed)
    table, item = draw.choice([pair for pair in EVERY if pair[1].years])
    every = {name: draw.choice(HAS[name](table, item) or [""]) for name in CHOICES}
    kept = draw.sample(CHOICES, 3)
    years = item.terms[every["term"]] if "term" in kept and every["term"] else item.years
    return {name: every[name] for name in kept} | {"from": str(draw.choice(years))}


@pytest.mark.parametrize("seed", range(6))
def test_filters_together(explorer_page, seed):
    want = mixed(seed)
    choose(explorer_page, **want)
    right = wanted(**want)
    assert right and counted(explorer_page) == len(right), want
    assert every_row(explorer_page) == right, want


def test_words_and_filters_together(explorer_page):
    choose(explorer_page, q="free school meals")
    found = every_row(explorer_page)
    want = {"request": "by_request", "from": "2010", "to": "2012"}
    choose(explorer_page, **want)
    right = set(wanted(**want))
    assert every_row(explorer_page) == [name for name in found if name in right] != []
    assert len(found) > counted(explorer_page)
    choose(explorer_page, q="zzzzzzzz")
    assert counted(explorer_page) == 0 and rows(explorer_page) == []


def test_clear_takes_everything_back(explorer_page):
    first = rows(explorer_page)
    choose(explorer_page, q="meals", **(mixed(3) | {"to": "2019"}))
    choose(explorer_page, **dict.fromkeys(CHOICES, ""))
    explorer_page.locator("#leo-rows button").first.click()
    assert explorer_page.locator("#leo-one").is_visible()
    explorer_page.wait_for_url(re.compile("#q=meals.*&v="))
    explorer_page.click("#leo-clear")
    assert [explorer_page.input_value(f"#leo-{name}") for name in FIELDS] == [""] * len(FIELDS)
    assert rows(explorer_page) == first and counted(explorer_page) == len(EVERY)
    assert explorer_page.locator("#leo-one").is_hidden()
    assert explorer_page.evaluate("document.activeElement.id") == "leo-q"
    explorer_page.wait_for_url(re.compile(r"explorer\.html$"))


@pytest.mark.parametrize(
    "want",
    [
        {"term": "SPR", "from": "2008", "to": "2012", "request": "by_request"},
        {"topic": "Place and deprivation", "dataset": "npd", "type": "category"},
        {"table": "hesa", "type": "category", "from": "2015"},
        {"q": "ethnicity", "table": "sc_pupil", "to": "2010"},
    ],
    ids=str,
)
def test_the_link_keeps_what_was_chosen(explorer_page, address, want):
    choose(explorer_page, **want)
    said, shown = counted(explorer_page), rows(explorer_page)
    assert shown
    explorer_page.locator("#leo-rows button").first.click()
    name = explorer_page.inner_text("#leo-heading")
    explorer_page.wait_for_url(re.compile("&v="))
    link = explorer_page.url
    other = explorer_page.context.new_page()
    other.goto(link)
    other.locator("#leo-state:empty").wait_for(state="attached")
    assert {f: other.input_value(f"#leo-{f}") for f in FIELDS} == dict.fromkeys(FIELDS, "") | want
    assert (counted(other), rows(other)) == (said, shown)
    assert other.inner_text("#leo-heading") == name
    # The address of another list, while the page is open.
    other.goto(address + EXPLORER + "#table=ks1")
    assert counted(other) == len(wanted(table="ks1"))
    other.locator("#leo-one").wait_for(state="hidden")
    other.close()
