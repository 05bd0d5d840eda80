"""Write the reference page on SQL Server's answers from the cases in tests/tsql.

The same cases are the tests of the engine, so the page says nothing that is not tried.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pygments.lexers import get_lexer_by_name
from pygments.token import Error
from reference import FOLDER, cell, write

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "tsql"
PAGE = FOLDER / "tsql-conformance.md"
KEYS = {"id", "sql", "rows", "error", "line", "refused", "types", "messages", "errors", "page",
        "why"}  # fmt: skip
#: How a topic is headed where its file's name alone would read badly.
TITLES = {
    "ctes": "Common table expressions",
    "dml-update-delete-merge-output": "INSERT, UPDATE, DELETE, MERGE and OUTPUT",
    "dynamic-sql": "Dynamic SQL",
    "like-patterns": "LIKE and patterns",
    "leo-views": "The views of LEO",
    "null-handling": "NULL",
    "pivot": "PIVOT and UNPIVOT",
    "refused": "Refused here",
    "select-into-and-temp-tables": "SELECT INTO and temporary tables",
    "string-agg-xml": "STRING_AGG and FOR XML PATH",
    "top-and-ties": "TOP, ties and order",
    "try-catch": "TRY, CATCH and THROW",
    "going-on": "Going on after an error",
    "batches-and-use": "Batches, USE and SET",
}


@dataclass(frozen=True)
class Case:
    """One script, what SQL Server answers, the page that says so, and why in a sentence."""

    topic: str
    id: str
    sql: str
    page: str
    why: str
    rows: list | None = None
    error: str = ""
    line: int | None = None
    refused: bool = False
    types: list | tuple = ()
    messages: list | tuple = ()
    errors: list | tuple = ()


def read_cases(folder: Path = CASES) -> list[Case]:
    """Return every case, in the order of the files; a key that nobody knows is an error."""
    cases = []
    for path in sorted(folder.glob("*.toml")):
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            if set(raw) - KEYS:
                raise ValueError(f"{path.name}, {raw.get('id')}: unknown {set(raw) - KEYS}")
            cases.append(Case(topic=path.stem, **raw))
    return cases


def title(topic: str) -> str:
    """Return the heading of a topic."""
    return TITLES.get(topic) or topic.replace("-", " ").capitalize()


def fence(sql: str) -> list[str]:
    """Return a script as a block of code, in colours where the lexer can read all of it."""
    kinds = {kind for kind, _ in get_lexer_by_name("tsql").get_tokens(sql)}
    return [f"```{'text' if Error in kinds else 'tsql'}", *sql.rstrip("\n").split("\n"), "```"]


def shown(value: object) -> str:
    """Return one value of an answer as a reader sees it."""
    if value == "<null>":
        return "NULL"
    return "''" if value == "" else str(value)


def answer(case: Case) -> list[str]:
    """Return what comes back: rows, messages, or the error."""
    if case.error:
        who = "Refused here, by the name" if case.refused else "Error"
        where = f" (line {case.line})" if case.line else ""
        return [f"{who}{where}:", "", "```text", case.error, "```"]
    lines = [" | ".join(map(shown, row)) for row in case.rows or []] or ["no rows"]
    kinds = f", of type {', '.join(case.types)}" if case.types else ""
    if case.errors:
        kinds += f", after the errors {', '.join(map(str, case.errors))}"
    return [f"Answer{kinds}:", "", "```text", *case.messages, *lines, "```"]


def page(cases: list[Case]) -> str:
    """Return the Markdown text of the page."""
    topics = list(dict.fromkeys(case.topic for case in cases))
    ordered = [topic for topic in topics if topic != "refused"] + ["refused"]
    lines = [
        "# What SQL Server answers",
        "",
        f"{len(cases)} short scripts in T-SQL with the answer that SQL Server gives, why it gives "
        "it, and the page of its documentation that says so. The rehearsal in this book is tested "
        "on every one of them, and where it cannot give SQL Server's answer it refuses.",
        "",
        "In the answers a stroke stands between columns, and values that are text are shown "
        "without quotes.",
        "",
    ]
    for topic in ordered:
        lines += [f"## {title(topic)}", ""]
        for case in (case for case in cases if case.topic == topic):
            lines += [f"{cell(case.why)} [Documentation]({case.page})", "", *fence(case.sql), ""]
            lines += [*answer(case), ""]
    return "\n".join(lines)


def write_page(path: Path = PAGE) -> int:
    """Write the page and return how many pages that is."""
    write(path, page(read_cases()))
    return 1
