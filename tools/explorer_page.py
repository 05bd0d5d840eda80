"""Write the page of the variable explorer, with its first rows and its menus.

They are seen before any script has run, and the scripts go on from there. Both fill the one
template of a row that is in the page; a test compares what they fill in.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from string import Template

from a11y import parts_of
from explorer import OTHER, WORDS, topic_of, topics
from reference import write, years_of

from leo_helpers.catalogue import load_catalogue
from leo_helpers.catalogue_model import Table, Variable

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "chapters" / "reference" / "explorer.md"
FIRST = 15  # rows; the script takes the number from the page
ROW = re.compile(r'<template id="leo-row">(.*)</template>')


def values(table: Table, item: Variable) -> dict[str, str]:
    """Return what stands in the row of a variable, as HTML by its place in the template.

    Examples
    --------
    >>> table = load_catalogue().tables["ks4_pupil"]
    >>> values(table, load_catalogue().variables(table)[0])["parts"]
    'KS4_<wbr>GENDER'
    """
    plain = {
        "id": str(item),
        "name": item.name,
        "label": item.label,
        "title": table.title,
        "years": years_of(item.years) or "every year",
        "request": WORDS["request"].get(item.request, item.request),
    }
    held = {place: escape(words) for place, words in plain.items()}
    return {**held, "parts": "<wbr>".join(map(escape, parts_of(item.name)))}


def menus() -> dict[str, dict[str, str]]:
    """Return what each filter offers: values and their words."""
    catalogue = load_catalogue()
    every = [item for table in catalogue.tables for item in catalogue.variables(table)]
    used = {topic_of(item.table_id, item.label) for item in every}
    titles = [title for title in (*(topic["title"] for topic in topics()), OTHER) if title in used]
    kinds = sorted({item.type for item in every} - {""})
    classes = sorted({item.sensitivity for item in every} - {""})
    return {
        "topic": dict(zip(titles, titles, strict=True)),
        "table": {name: table.title for name, table in catalogue.tables.items()},
        "type": dict(zip(kinds, kinds, strict=True)),
        "sensitivity": dict(zip(classes, classes, strict=True)),
        **{name: WORDS[name] for name in ("dataset", "term", "request")},
    }


def options(menu: dict[str, str]) -> str:
    """Return the options of a filter, the first of which stands for all.

    Examples
    --------
    >>> options({"a": "A & B"})
    '<option value="">all</option><option value="a">A &amp; B</option>'
    """
    pairs = {"": "all", **menu}.items()
    return "".join(f'<option value="{escape(v)}">{escape(words)}</option>' for v, words in pairs)


def page() -> str:
    """Return the page as Markdown."""
    catalogue = load_catalogue()
    every = [(t, item) for t in catalogue.tables.values() for item in catalogue.variables(t)]
    parts = {name: options(menu) for name, menu in menus().items()}
    text = (ROOT / "book" / "explorer.md").read_text(encoding="utf-8")
    row = Template(ROW.search(text)[1])
    parts["rows"] = "".join(row.substitute(values(table, item)) for table, item in every[:FIRST])
    parts["count"] = f"{len(every):,} variables, the first {FIRST} shown"
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: parts[found[1]], text)


def write_page() -> int:
    """Write the page and return the number of pages."""
    write(PAGE, page())
    return 1


if __name__ == "__main__":
    print(write_page())
