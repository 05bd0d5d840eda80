"""Write docs/harmonisation.md: every documented break and column name, and how it is treated."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from reference import cell, code

from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import load_crosswalk
from leo_helpers.crosswalk_rules import DOCUMENTED
from leo_helpers.documented_names import (
    DocumentedName,
    documented_names,
    treatment,
)
from leo_helpers.years import format_ranges

PAGE = ROOT / "docs" / "harmonisation.md"
HOW = {
    "same variable": "one variable of the catalogue has this column in these years",
    "old name": "a former name; the catalogue finds the variable by it",
    "not collected": "a script has NULL there, and the request form has no such column",
    "break": "an entry of the breaks says why not, and what to do",
}


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def breaks() -> str:
    """Every documented break, row by row, with what the project does about it."""
    crosswalk = load_crosswalk()
    rows = []
    for number in range(1, DOCUMENTED + 1):
        name = f"B{number:03d}"
        for entry in (b for b in crosswalk.breaks if name in b.documented):
            where = f"{entry.table_id}.{entry.concept}" if entry.concept else entry.table_id
            rows.append(
                (
                    name,
                    code(where),
                    str(entry.year or "all"),
                    entry.kind,
                    cell(entry.what),
                    cell(entry.advice),
                    cell(entry.source_id.replace(";", ", ")),
                )
            )
    return table(("Break", "Where", "END year", "Kind", "What", "What we do", "Source"), rows)


def states() -> str:
    """How many rules there are of each kind and status."""
    sources = [s for group in load_crosswalk().sources.values() for s in group]
    count = Counter((s.rule, s.status) for s in sources)
    rows = [(code(rule), status.replace("_", " "), str(n)) for (rule, status), n in count.items()]
    return table(("Rule", "Status", "Rows"), sorted(rows))


def names_of(table_id: str) -> str:
    """Every documented column name of a table, row by row."""
    rows = []
    for item in (n for n in documented_names() if n.table_id == table_id):
        found = treatment(item)
        variable = found.variable.partition(".")[2]
        rows.append(
            (
                code(item.name),
                _when(item),
                item.kind.replace("_", " "),
                found.how,
                code(variable),
                ", ".join(map(code, found.rules)) or cell(found.note),
            )
        )
    head = ("Name", "END years", "Listed as", "Treated as", "Variable", "Concepts, or what to do")
    return table(head, list(dict.fromkeys(rows)))


def _when(item: DocumentedName) -> str:
    years = format_ranges(item.years).replace(";", ", ")
    terms = item.terms.replace("|", ", ").replace(";", ", ")
    return f"{years} {terms}".strip() or "no year given"


def page() -> str:
    """The whole page."""
    crosswalk = load_crosswalk()
    names = documented_names()
    treated = Counter(treatment(n).how for n in names)
    concepts = {concept for _, concept in crosswalk.concepts}
    tables = [t for t in load_catalogue().tables if any(n.table_id == t for n in names)]
    parts = [
        "# Harmonisation, row by row",
        f"This page accounts for all {DOCUMENTED} documented breaks and all {len(names):,} "
        "documented column names. It is written by `python tools/harmonisation.py` from the tables "
        "of rules in `data/crosswalk`; a test checks that it is current.",
        f"There are {len(concepts)} harmonised concepts ({len(crosswalk.concepts)} counted by "
        f"table) in {len(crosswalk.tables)} tables. `leo.concepts()` lists them, "
        '`leo.explain("sc_pupil.sen_stage")` tells the history of one, and '
        '`leo.harmonise("sc_pupil")` runs them.',
        "## How the rules divide",
        states(),
        "Three kinds of gap are kept apart: not collected (there is neither a rule nor a column), "
        "impossible (collected, but nothing comparable can be made of it) and undetermined (not "
        "checked yet).",
        "## Documented breaks",
        breaks(),
        "## Documented column names",
        table(
            ("Treated as", "Names", "What that means"),
            [(how, f"{treated[how]:,}", words) for how, words in HOW.items()],
        ),
        "In a name, `{term}` is `spr`, `aut`, `sum` or nothing, `{yy}` the last two digits of the "
        "END year, and `*` a family of names.",
    ]
    for table_id in tables:
        parts += [f"### {table_id}", names_of(table_id)]
    return "\n\n".join(parts) + "\n"


def write_all() -> int:
    """Write the page and return how many there are."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    return 1


if __name__ == "__main__":
    write_all()
