"""Write what the variable explorer shows: the catalogue as two scripts that any page can load.

Scripts, not JSON, because a page that is opened from a folder may not fetch files. They are made
by every build and are not in git.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent / "book" / "ext"))

from a11y import JOINT

from leo_helpers.catalogue import load_catalogue
from leo_helpers.catalogue_model import Table
from leo_helpers.catalogue_parse import name_entries
from leo_helpers.crosswalk import load_crosswalk
from leo_helpers.crosswalk_years import variable_of
from leo_helpers.errors import YearError
from leo_helpers.selection import year_filter
from leo_helpers.years import format_ranges, format_terms

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "static" / "explorer"
TOPICS = ROOT / "book" / "topics.toml"
OTHER = "Other"
#: How the explorer says what the catalogue holds as a word.
WORDS = {
    "dataset": {
        "npd": "School (NPD)",
        "lilr": "Further education",
        "hesa": "Higher education",
        "ucas": "UCAS",
        "leo": "Work, pay, benefits",
    },
    "term": {"PLASC": "PLASC (to 2005)", "AUT": "autumn", "SPR": "spring", "SUM": "summer"},
    "request": {
        "default": "standard extract",
        "by_request": "by request",
        "included": "comes with the table",
    },
    "status": {"seen": "seen in public code", "implied": "implied", "assumed": "assumed"},
}
#: Fields of one variable, in the order in which its line holds them.
FIELDS = [
    "table", "name", "label", "type", "list", "years", "terms", "request", "sensitivity",
    "identifiability", "pattern", "byYear", "old", "concepts", "notes", "status", "repeats",
    "topic",
]  # fmt: skip


def tables() -> list[dict[str, Any]]:
    """Every table with what its variables share."""
    return [
        {
            "id": table.table_id,
            "title": table.title,
            "dataset": table.dataset,
            "first": table.first_year,
            "last": table.last_year,
            "database": table.database,
            "sheet": table.request_sheet,
            "yearColumn": table.year_column,
            "byYear": takes_years(table),
            "views": [[v.name, v.year, v.term, list(v.years), v.status] for v in table.views()],
        }
        for table in load_catalogue().tables.values()
    ]


def takes_years(table: Table) -> bool:
    """Say whether ``leo.load`` can choose the rows of a table by year.

    Examples
    --------
    >>> held = load_catalogue().tables
    >>> takes_years(held["ks4_pupil"]), takes_years(held["leo_benefit"])
    (True, False)
    """
    try:
        year_filter(table, table.last_year)
    except YearError:
        return False
    return bool(table.last_year)


def variables() -> list[list[Any]]:
    """Every variable as a list of values in the order of :data:`FIELDS`."""
    catalogue = load_catalogue()
    concepts = concepts_of()
    number = {table: n for n, table in enumerate(catalogue.tables)}
    return [
        [
            number[table],
            item.name,
            item.label,
            item.type,
            item.codelist,
            format_ranges(item.years),
            format_terms(item.terms),
            item.request,
            item.sensitivity,
            item.identifiability,
            item.column_pattern,
            [[n, t, list(y)] for n, t, y in name_entries(item.columns_by_year)],
            ";".join(item.old_names),
            concepts.get((table, item.name), ""),
            item.notes,
            item.years_status,
            item.repeats,
            topic_of(table, item.label),
        ]
        for table in catalogue.tables
        for item in catalogue.variables(table)
    ]


@cache
def topics() -> list[dict[str, Any]]:
    """Return ``book/topics.toml``: each topic with its patterns and tables."""
    listed = tomllib.loads(TOPICS.read_text(encoding="utf-8"))["topic"]
    for topic in listed:
        topic["labels"] = [re.compile(text, re.IGNORECASE) for text in topic.get("labels", ())]
    return listed


def topic_of(table: str, label: str) -> str:
    """Return the topic of a variable: the first that fits its label, or its table's.

    Examples
    --------
    >>> topic_of("absence", "Pupil's year of birth")
    'Sex, age and birth'
    >>> topic_of("absence", "Possible sessions, autumn term")
    'Absence'
    """
    for topic in topics():
        if any(pattern.search(label) for pattern in topic["labels"]):
            return topic["title"]
    return next((t["title"] for t in topics() if table in t.get("rest", ())), OTHER)


def concepts_of() -> dict[tuple[str, str], str]:
    """The harmonised concepts that each variable feeds, by table and variable."""
    found: dict[tuple[str, str], list[str]] = {}
    catalogue = load_catalogue()
    for (table, concept), sources in load_crosswalk().sources.items():
        for source in sources:
            for name in source.variables:  # one of several columns has its number behind
                item = variable_of(catalogue, table, name)
                kept = found.setdefault((item.table_id, item.name), [])
                if concept not in kept:
                    kept.append(concept)
    return {key: ";".join(names) for key, names in found.items()}


def breaks() -> dict[str, list[list[Any]]]:
    """What changed in each table: concept (or nothing), year, kind, what, and what to do."""
    found: dict[str, list[list[Any]]] = {}
    for item in load_crosswalk().breaks:
        line = [item.concept, item.year, item.kind, item.what, item.advice]
        found.setdefault(item.table_id, []).append(line)
    return found


def codes() -> dict[str, list[list[Any]]]:
    """Every code list: code, label, first and last year."""
    return {
        name: [[c.code, c.label, c.first_year, c.last_year] for c in listed]
        for name, listed in load_catalogue().codelists.items()
    }


def columns(rows: list[list[Any]]) -> dict[str, Any]:
    """Return rows as columns by field; one with few different values as those and their numbers.

    Half the bytes, and a quarter of the time in which a browser has read them.
    """
    found: dict[str, Any] = {}
    for field, values in zip(FIELDS, zip(*rows, strict=True), strict=True):
        places: dict[str, int] = {}
        numbers = [places.setdefault(json.dumps(value), len(places)) for value in values]
        few = field != "table" and len(places) < len(values) / 4
        kept = {"of": [json.loads(text) for text in places], "is": numbers}
        found[field] = kept if few else list(values)
    return found


def script(variable: str, content: Any) -> str:
    r"""Return a script that sets a global variable; its data stand in a text to be read as JSON.

    Browsers read that faster than the same data as code.

    Examples
    --------
    >>> print(script("A", {"it's": "</p>"}), end="")
    window.A=JSON.parse('{"it\'s":"<\/p>"}');
    """
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for plain, written in (("\\", "\\\\"), ("'", "\\'"), ("</", "<\\/")):
        text = text.replace(plain, written)
    return f"window.{variable}=JSON.parse('{text}');\n"


def write_all(folder: Path = FOLDER) -> int:
    """Write both scripts and return their size in bytes.

    The list needs ``data.js`` at once; ``codes.js`` has what search and a single variable need.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = columns(variables())
    catalogue = {"fields": FIELDS, "tables": tables(), "columns": held, "words": WORDS}
    catalogue["joint"] = JOINT.pattern
    size = 0
    for name, variable, content in (
        ("data.js", "LEO_CATALOGUE", catalogue),
        ("codes.js", "LEO_MORE", {"codes": codes(), "breaks": breaks()}),
    ):
        text = script(variable, content)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        size += len(text.encode())
    return size


if __name__ == "__main__":
    print(f"{write_all() / 1e6:.2f} MB")
