"""The commands that look at T-SQL without running it: ``leo tsql check`` and its like."""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from .cli_show import Json, Root, print_json, read_years, show

__all__ = ["commands"]

commands = typer.Typer(
    help="Look T-SQL scripts over without running them, and carry the data to a SQL Server.",
    no_args_is_help=True,
)

Script = Annotated[Path, typer.Argument(help="A T-SQL script.")]
Project = Annotated[
    str, typer.Option(help="The project number used as schema.", show_default=False)
]
_SERIOUS = {"error", "extract", "refused"}


def _count(found: list, of: str) -> str:
    some = f"{len(found)} {of}{'s' * (len(found) != 1)}."
    return some if found else "Nothing was found."


@commands.command()
def check(
    script: Script,
    approved: Annotated[
        Path | None,
        typer.Option(help="CSV of your approved variables: table_id,variable.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is wrong, missing in your extract, slow, fragile, or refused here."""
    module = import_module(".tsql.check", __package__)
    found = [asdict(item) for item in module.tsql_check(script, approved)]
    if as_json:
        print_json(found)
    else:
        for item in found:
            print(f"{item['line']}:{item['column']} {item['kind']}: {item['words']} {item['step']}")
        print(_count(found, "finding"))
    if any(item["kind"] in _SERIOUS for item in found):
        raise typer.Exit(1)


@commands.command()
def traps(
    script: Script,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Do not run the script on the synthetic rows.")
    ] = False,
    project: Project = "",
    root: Root = None,
    as_json: Json = False,
) -> None:
    """List the expressions whose answer differs between engines, with both answers on the rows."""
    session = None
    if not rules_only:
        session = import_module(".tsql.session", __package__).Session(project or None, root)
    found = import_module(".tsql.traps", __package__).tsql_traps(script, session)
    if as_json:
        print_json([asdict(item) for item in found])
        return
    for item in found:
        sure = "" if item.sure else " (if the types are so)"
        print(f"{item.line}:{item.column} {' '.join(item.text.split())}")
        print(f"    {item.words}{sure}: {item.example} is {item.server}, in DuckDB {item.other}.")
        if item.why:
            print(f"    Not worked out: {item.why}.")
        elif item.rows is not None:
            print(f"    The answers differ in {item.differ} of {item.rows} synthetic rows.")
        if item.differ:
            row = f" where {item.row}" if item.row else ""
            print(f"    SQL Server: {item.server_here}; DuckDB: {item.other_here}{row}.")
    count = _count(found, "expression")
    if session is not None and found:
        count = f"{count[:-1]}; the answers differ here in {sum(bool(i.differ) for i in found)}."
    print(count)


@commands.command()
def variables(
    scripts: Annotated[list[Path], typer.Argument(help="T-SQL scripts.")],
    out: Annotated[
        Path | None, typer.Option(help="CSV to write instead.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List the variables that scripts touch, in the order of the request form."""
    module = import_module(".tsql.variables", __package__)
    found = module.tsql_variables(scripts)
    if out is not None:
        print(module.write_variables(found.rows, out), file=sys.stderr if as_json else sys.stdout)
    if as_json:
        print_json({"variables": [asdict(row) for row in found.rows], "unread": found.unread})
        return
    if out is None:
        names = ("table_id", "sheet", "variable", "years", "terms", "request", "sensitivity", "how")
        show([asdict(row) for row in found.rows], False, names)
    for line in found.unread:
        print(f"Not looked into: {line}", file=sys.stderr)


@commands.command()
def export(
    out: Annotated[Path, typer.Argument(help="Folder for the scripts and the data.")],
    tables: Annotated[list[str], typer.Option("--table", help="A table; may be repeated.")],
    years: Annotated[str, typer.Option(help="Views of these years: 2011, 2006-2010.")] = "",
    project: Project = "",
    root: Root = None,
) -> None:
    """Write CREATE TABLE and BULK INSERT scripts with the data (run on no SQL Server)."""
    module = import_module(".mssql", __package__)
    extra = {"project": project} if project else {}
    for path in module.export_mssql(out, tables, read_years(years), root=root, **extra):
        print(path)
