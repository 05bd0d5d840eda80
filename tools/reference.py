"""Write the reference pages, one for each table, from the catalogue.

The pages hold nothing that a person typed: they are made by every build and are not in git.
"""

from __future__ import annotations

import sys
from pathlib import Path

from leo_helpers.catalogue import load_catalogue
from leo_helpers.years import format_ranges

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "chapters" / "reference"
DATASETS = {
    "npd": "Schools and children (National Pupil Database)",
    "lilr": "Further education (Individualised Learner Record)",
    "hesa": "Higher education students (HESA)",
    "ucas": "University applications (UCAS)",
    "leo": "Work, pay, benefits and the tables that link (LEO)",
}
REQUEST = {
    "default": "part of the standard extract",
    "by_request": "only if asked for and justified",
    "included": "what comes with the table",
}
STATUS = {
    "seen": "read in public research code",
    "implied": "follows the pattern of names that were seen",
    "assumed": "our assumption",
}
YEAR_KIND = {
    "academic": "Academic years by the year in which they end (2011 is 2010/11).",
    "tax": "Tax years by the year in which they end (2011 is 2010-11).",
    "cycle": "Application cycles by the year of entry.",
    "care": "Years to 31 March, by the year in which they end.",
    "none": "The table has no year of its own.",
}
MOST_VIEWS = 8
#: Before the list of variables: how many are in the basket, as it stands until a script has looked.
BASKET = """```{{raw}} html
<p id="leo-ticks" data-table="{table}">
<span role="status">Tick a variable to put it in your basket.</span>
<a href="../explorer.html">Open the basket</a>. <a href="#leo-list-end">Go past the list</a></p>
```"""
#: After it: where to go past it, and the scripts, which run once the page is read.
SCRIPTS = """```{raw} html
<span id="leo-list-end"></span>
<script src="../../../_static/basket-store.js"></script>
<script src="../../../_static/basket-ticks.js"></script>
```"""


def cell(text: object) -> str:
    """Return a text that is safe inside a cell of a Markdown table."""
    words = " ".join(str(text or "").split())
    for sign in ("\\", "|", "*", "_", "<", "`", "[", "$", "~", "@"):
        words = words.replace(sign, "\\" + sign)
    return words


def code(text: str) -> str:
    """Return a name in code type, safe inside a cell of a Markdown table."""
    return "`" + text.replace("|", "\\|") + "`" if text else ""


def words_of(value: object) -> list[str]:
    """Return a list whether the catalogue holds a tuple or a text with semicolons."""
    parts = value.split(";") if isinstance(value, str) else list(value or ())
    return [str(part).strip() for part in parts if str(part).strip()]


def years_of(years: tuple[int, ...]) -> str:
    """Return years as short ranges with the dash that readers expect."""
    return format_ranges(years).replace("-", "–").replace(";", ", ")


def views_of(table) -> list[str]:
    """List the views of a table in the secure environment, long families shortened."""
    views = table.views()
    names = [f"{view.database}.{view.name}" for view in views]
    shown = names if len(names) <= MOST_VIEWS else [*names[:3], "…", *names[-3:]]
    lines = [f"- {code(name)}" if name != "…" else "- …" for name in shown]
    kinds = sorted({view.status for view in views}, key=list(STATUS).index)
    meaning = "; ".join(f"*{kind}*: {STATUS[kind]}" for kind in kinds)
    return [*lines, "", f"{len(names)} in all. How sure the names are: {meaning}.", ""]


def chapter_of(table) -> Path:
    """Find the chapter that teaches a table."""
    return next(ROOT.glob(f"chapters/*/{table.chapter}.md"))


def title_of(page: Path) -> str:
    """Return the first heading of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return next(line[2:] for line in lines if line.startswith("# "))


def table_page(catalogue, table) -> str:
    """Return the Markdown text of one table's page."""
    variables = catalogue.variables(table.table_id)
    lines = [
        f"(table-{table.table_id.replace('_', '-')})=",
        f"# {table.title}",
        "",
        f"One row is: {cell(table.unit[:1].lower() + table.unit[1:])}.",
        "",
        f"- Name in this book: {code(table.table_id)}",
        f"- Years: {years_of(range(table.first_year, table.last_year + 1))}. "
        f"{YEAR_KIND[table.year_kind]}"
        if table.first_year
        else f"- {YEAR_KIND['none']}",
        f"- Variables: {len(variables)}",
    ]
    chapter = chapter_of(table)
    lines += [f"- Chapter: [{title_of(chapter)}](../../{chapter.parent.name}/{chapter.name})"]
    keys = ", ".join(code(key) for key in words_of(table.key_columns))
    lines += [f"- Keys: {keys}"] if keys else []
    aliases = ", ".join(words_of(table.aliases))
    lines += [f"- Also answers to: {cell(aliases)}"] if aliases else []
    lines += ["", "## Views", "", *views_of(table)]
    if table.notes:
        lines += ["## Worth knowing", "", cell(table.notes), ""]
    lines += ["## Variables", ""]
    lines += [
        "The form's name comes first; the column is how the view spells it where that is "
        "more than small letters."
    ]
    lines += ["{term} stands for `aut`, `spr` or `sum`, {yy} for the year's last two digits.", ""]
    lines += [BASKET.format(table=table.table_id), ""]
    lines += ["| Variable | What it says | Column | Kind | Years | Request |"]
    lines += ["|---|---|---|---|---|---|"]
    for item in variables:
        lines.append(
            f"| {code(item.name)} | {cell(item.label)} | {column_of(item)} "
            f"| {item.type}{code_list(catalogue, item)} | {years_of(item.years)} "
            f"| {cell(item.request.replace('_', ' '))} |"
        )
    meaning = "; ".join(f"*{kind.replace('_', ' ')}* is {words}" for kind, words in REQUEST.items())
    lines += ["", SCRIPTS, "", f"Request: {meaning}.", ""]
    return "\n".join(lines)


def column_of(variable) -> str:
    """Return the column of a variable, or nothing where it is the name in small letters."""
    same = variable.column_pattern == variable.name.lower()
    return "" if same else code(variable.column_pattern)


def code_list(catalogue, variable) -> str:
    """Return how many codes a variable has, in brackets, or nothing."""
    if not variable.codelist:
        return ""
    return f" ({len(catalogue.codes(variable.codelist))} codes)"


def index_page(catalogue) -> str:
    """Return the Markdown text of the page that lists all tables."""
    tables = list(catalogue.tables.values())
    total = sum(len(catalogue.variables(table.table_id)) for table in tables)
    lines = [
        "# All tables",
        "",
        f"The catalogue describes {len(tables)} tables and {total:,} "
        "variables. These pages are made from it whenever the book is built.",
        "",
    ]
    for dataset, title in DATASETS.items():
        lines += [f"## {title}", "", "| Table | One row is | Years | Variables |"]
        lines += ["|---|---|---|---|"]
        for table in tables:
            if table.dataset == dataset:
                span = f"{table.first_year}–{table.last_year}" if table.first_year else ""
                lines.append(
                    f"| [{cell(table.title)}](tables/{page_name(table.table_id)}) "
                    f"| {cell(table.unit)} | {span} | {len(catalogue.variables(table.table_id))} |"
                )
        lines.append("")
    return "\n".join(lines)


def page_name(table_id: str) -> str:
    """Return the file name of a table's page."""
    return table_id.replace("_", "-") + ".md"


def write(path: Path, text: str) -> None:
    """Write a page unless it already says the same."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


def write_all(folder: Path = FOLDER) -> int:
    """Write every page, remove those of tables that are gone and return the number."""
    catalogue = load_catalogue()
    pages = folder / "tables"
    pages.mkdir(parents=True, exist_ok=True)
    wanted = {page_name(table_id) for table_id in catalogue.tables}
    for old in pages.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for table_id, table in catalogue.tables.items():
        write(pages / page_name(table_id), table_page(catalogue, table))
    write(folder / "tables.md", index_page(catalogue))
    return len(wanted) + 1


if __name__ == "__main__":
    print(f"Wrote {write_all()} pages.")
    sys.exit(0)
