"""Nothing that is documented is left out: breaks, renames and the columns of published scripts."""

import pytest
from common import ROOT

from leo_helpers.crosswalk import load_crosswalk
from leo_helpers.crosswalk_rules import DOCUMENTED
from leo_helpers.documented_names import DocumentedName, documented_names, treatment


def test_every_documented_break_is_cited_by_an_entry():
    cited = {name for entry in load_crosswalk().breaks for name in entry.documented}
    assert cited == {f"B{n:03d}" for n in range(1, DOCUMENTED + 1)}


def test_every_documented_name_is_accounted_for():
    left = [n for n in documented_names() if treatment(n).how == "unaccounted"]
    assert left == []


def test_the_facts_are_all_there():
    """1,359 renames by their row, and 1,144 columns that a script reads or has NULL for."""
    names = documented_names()
    rows = {n.document for n in names if n.document.startswith("R")}
    assert rows == {f"R{n:04d}" for n in range(1, 1360)}
    census = [n for n in names if n.document == "C"]
    assert sum(len(n.years) for n in census) == 1144


@pytest.mark.parametrize(
    "name, years, terms, how",
    [
        ("gender_{term}{yy}", (2011, 2012), "SPR", "same variable"),
        ("senstage", (), "", "old name"),
        ("nothing_{yy}", (2011,), "", "unaccounted"),
    ],
)
def test_treatment_is_found_in_the_catalogue(name, years, terms, how):
    item = DocumentedName("X", "sc_pupil", name, "test", years, terms)
    assert treatment(item).how == how


def test_a_script_that_lacks_a_column_says_whether_the_form_has_it():
    lacks = [n for n in documented_names() if n.kind == "census_lacks"]
    assert {treatment(n).how for n in lacks} == {"not collected", "same variable"}


def test_the_page_is_current():
    import harmonisation

    text = (ROOT / "docs" / "harmonisation.md").read_text(encoding="utf-8")
    assert text == harmonisation.page(), "Run: python tools/harmonisation.py"
    assert all(f"| B{n:03d} |" in text for n in range(1, DOCUMENTED + 1))
