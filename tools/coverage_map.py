"""Write the coverage map: which birth cohort is in which table at which age.

The page holds the same facts twice: as data for the drawing, and as a table that needs no script.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from reference import DATASETS, cell, write

from leo_helpers.catalogue import load_catalogue
from leo_helpers.cohorts import FIRST_COHORT, LAST_COHORT, ages, cohorts, years_seen
from leo_helpers.paths import data_dir
from leo_helpers.years import format_ranges

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "chapters" / "reference" / "coverage-map.md"
SCRIPT = ROOT / "book" / "static" / "explorer" / "cohorts.js"


def notes() -> dict[str, tuple[str, str]]:
    """Return for each table whether its ages are on the form or assumed, and a remark."""
    with (data_dir() / "catalogue" / "ages.csv").open(encoding="utf-8", newline="") as file:
        return {row["table_id"]: (row["status"], row["note"]) for row in csv.DictReader(file)}


def facts() -> dict[str, Any]:
    """Return what the drawing needs: the cohorts, the sources and a line for each table."""
    held = load_catalogue().tables
    return {
        "first": FIRST_COHORT,
        "last": LAST_COHORT,
        "sources": DATASETS,
        "tables": [
            {
                "id": name,
                "title": held[name].title,
                "source": held[name].dataset,
                "page": f"tables/{name.replace('_', '-')}.html",
                "years": list(years_seen(name)),
                "youngest": youngest,
                "oldest": oldest,
                "status": notes()[name][0],
            }
            for name, (youngest, oldest) in ages().items()
        ],
    }


def twin() -> list[str]:
    """Return the lines of the table that says what the drawing says."""
    seen = cohorts()
    lines = [
        "| Table | Cohorts born from September of | Ages | Years | Ages are |",
        "|---|---|---|---|---|",
    ]
    for name, rows in seen.groupby("table_id", sort=False):
        status, note = notes()[name]
        known = {"form": "as the request form says", "assumed": "our assumption"}[status]
        lines.append(
            f"| [{cell(rows['title'].iloc[0])}](tables/{name.replace('_', '-')}.md) "
            f"| {rows['cohort'].min()} to {rows['cohort'].max()} "
            f"| {span(rows['first_age'].min(), rows['last_age'].max())} "
            f"| {format_ranges(years_seen(name)).replace(';', ', ')} "
            f"| {known}{'; ' + cell(note) if note else ''} |"
        )
    return lines


def span(first: int, last: int) -> str:
    """Return a range of ages in words.

    Examples
    --------
    >>> span(6, 6), span(2, 18)
    ('6', '2 to 18')
    """
    return f"{first}" if first == last else f"{first} to {last}"


def page() -> str:
    """Return the page as Markdown."""
    head = (ROOT / "book" / "coverage-map.md").read_text(encoding="utf-8")
    return head.replace("{{ twin }}", "\n".join(twin()))


def write_all() -> int:
    """Write the page and the data of its drawing; return the number of pages."""
    SCRIPT.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(facts(), ensure_ascii=False, separators=(",", ":"))
    SCRIPT.write_text(f"window.LEO_COHORTS={text};\n", encoding="utf-8", newline="\n")
    write(PAGE, page())
    return 1


if __name__ == "__main__":
    print(write_all())
