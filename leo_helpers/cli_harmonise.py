"""The commands of the harmoniser: ``leo harmonise``, ``leo concepts``, ``leo explain``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_show import Json, Root, TableName, print_json, read_years, show, show_frame

__all__ = ["commands"]

commands = typer.Typer()

Rules = Annotated[
    list[Path] | None,
    typer.Option(help="A folder with rules of your own; may be repeated.", show_default=False),
]


@commands.command()
def harmonise(
    table: TableName,
    concepts: Annotated[str, typer.Option(help="Concepts, divided by commas.")] = "",
    years: Annotated[str, typer.Option(help="Years: 2011, 2010/11, 2006-2010.")] = "",
    terms: Annotated[str, typer.Option(help="Census terms, divided by commas.")] = "",
    sql: Annotated[
        str, typer.Option(help="Write SQL instead of rows: tsql, spark or duckdb.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            help="File to write: Parquet for rows, text for SQL; without it to the screen.",
            show_default=False,
        ),
    ] = None,
    project: Annotated[
        str, typer.Option(help="Your project number, for SQL.", show_default=False)
    ] = "",
    into: Annotated[str, typer.Option(help="For T-SQL: SELECT ... INTO this table.")] = "",
    view: Annotated[str, typer.Option(help="For T-SQL: CREATE VIEW of this name.")] = "",
    approved: Annotated[
        Path | None,
        typer.Option(help="CSV of your approved variables: table_id,variable.", show_default=False),
    ] = None,
    rules: Rules = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if a view or a column is not there.")
    ] = False,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Harmonise a table: show what is covered, write the rows, or write SQL."""
    asked: dict[str, Any] = {"approved": approved, "rules": rules, "root": root, "strict": strict}
    for name, text in (("concepts", concepts), ("terms", terms)):
        asked[name] = [part.strip() for part in text.split(",") if part.strip()] or None
    done = import_module(".harmonise", __package__).harmonise(
        table, years=read_years(years), **asked
    )
    if sql:
        names = {"into": into or None, "view": view or None}
        options = {"project": project} if project else {}
        text = done.sql(sql, **{k: v for k, v in (names | options).items() if v})
        if out is None:
            print(text)
        else:
            out.write_text(text, encoding="utf-8")
            print(out)
        return
    if out is not None:
        print(done.to_parquet(out))
        return
    covered = done.coverage
    if as_json:
        show_frame(covered, True)
        return
    print(done, file=sys.stderr)
    show(_eras(covered), False)


def _eras(covered: Any) -> list[dict[str, Any]]:
    """One row for each concept and state, with its years."""
    from .years import format_ranges

    found: dict[tuple, set[int]] = {}
    for row in covered.to_dict("records"):
        key = (row["concept"], row["state"])
        found.setdefault(key, set()).update([] if row["year"] is None else [row["year"]])
    return [
        {"concept": concept, "state": state, "years": format_ranges(years) or "all rows"}
        for (concept, state), years in found.items()
    ]


@commands.command()
def concepts(
    table: Annotated[str, typer.Argument(help="Only those of this table.")] = "",
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """List the harmonised variables."""
    rows = import_module(".explain", __package__).concept_rows(table or None, rules)
    show(rows, as_json, ("table_id", "concept", "label", "type", "years", "breaks", "compare"))


@commands.command()
def explain(
    name: Annotated[str, typer.Argument(help="table.concept, such as sc_pupil.sen_stage.")],
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Tell the history of a harmonised variable."""
    found = import_module(".explain", __package__).explain(name, rules)
    if as_json:
        print_json({"name": found.title, **found.facts})
    else:
        print(found)
