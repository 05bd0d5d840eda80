"""The bibliography: each entry has an address, and no two look alike in the text."""

import re
import string
from collections import defaultdict

import pytest
from common import ROOT

ENTRY = re.compile(r"^@\w+\{([^,]+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^\s*(\w+) = \{(.*)\},?$", re.MULTILINE)
BIBLIOGRAPHY = (ROOT / "references.bib").read_text(encoding="utf-8")
ENTRIES = {key: dict(FIELD.findall(body)) for key, body in ENTRY.findall(BIBLIOGRAPHY)}
PAGES = sorted((ROOT / "chapters").rglob("*.md"))
CITED = re.compile(r"\{cite[^}]*\}`([^`]+)`")


def cited():
    """Yield each cited key with the name of the page."""
    for page in PAGES:
        for keys in CITED.findall(page.read_text(encoding="utf-8")):
            yield from ((key.strip(), page.stem) for key in keys.split(","))


def test_every_entry_is_read():
    assert len(ENTRIES) == BIBLIOGRAPHY.count("\n@") + BIBLIOGRAPHY.startswith("@")


@pytest.mark.parametrize("key", ENTRIES)
def test_entry_says_who_what_when_and_where(key):
    entry = ENTRIES[key]
    assert {"author", "title", "year"} <= set(entry)
    assert re.fullmatch(r"\d{4}[a-z]?", entry["year"])
    assert "doi" in entry or re.match(r"https?://\w", entry.get("url", "")), "it has no address"


def test_no_two_entries_look_alike():
    """Works of one author and year have letters, in the order of the file."""
    letters = defaultdict(list)
    for entry in ENTRIES.values():
        letters[entry["author"], entry["year"][:4]].append(entry["year"][4:])
    for (author, year), found in letters.items():
        wanted = list(string.ascii_lowercase[: len(found)]) if len(found) > 1 else [""]
        assert found == wanted, f"{author}, {year}: give these entries the letters {wanted}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_list_of_references_says_what_each_is(page):
    part = page.read_text(encoding="utf-8").partition("\n## References\n")[2]
    bare = [line for line in part.splitlines() if re.fullmatch(r"- \{cite[^}]*\}`[^`]+`", line)]
    assert not bare


def test_every_citation_has_an_entry_and_every_entry_is_cited():
    keys = {key for key, _ in cited()}
    assert keys <= set(ENTRIES)
    assert set(ENTRIES) - keys == set(), "nobody cites these"
