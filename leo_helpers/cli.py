"""The command line: ``leo tables``, ``leo search "free school meals"``, ``leo generate`` ..."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_harmonise import commands
from .cli_show import Json, Root, TableName, print_json, read_years, show, show_frame
from .cli_tsql import commands as tsql_commands
from .errors import LeoError

__all__ = ["app", "main"]

app = typer.Typer(
    help="Learn England's LEO data on a synthetic copy: no row is a real person.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_EXPORT_PATH = "File to write: .csv, .dta, .sav or .xlsx."  # codespell:ignore sav


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 is success, 1 an error of LEO's, 2 wrong usage, 130 Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``leo``; without them those of the process.

    Raises
    ------
    SystemExit
        Always, with the exit code.

    Examples
    --------
    >>> main(["--version"])
    Traceback (most recent call last):
    SystemExit: 0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(args=arguments, prog_name="leo")
    except LeoError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        from . import __version__

        print(f"leo {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Learn England's LEO data on a synthetic copy: no row is a real person."""


@app.command()
def tables(as_json: Json = False) -> None:
    """List the tables of LEO."""
    from .browse import table_rows

    show(
        table_rows(),
        as_json,
        ("table_id", "title", "first_year", "last_year", "variables", "views", "unit"),
    )


@app.command()
def variables(
    table: TableName,
    years: Annotated[
        str, typer.Option(help="Only those of these years: 2011, 2010/11, 2006-2010.")
    ] = "",
    as_json: Json = False,
) -> None:
    """List the variables of a table."""
    from .browse import variable_rows

    rows = variable_rows(table, years or None)
    show(rows, as_json, ("name", "label", "type", "years", "column"))


@app.command()
def search(
    text: Annotated[list[str], typer.Argument(help="Words, a name or a code's label.")],
    limit: Annotated[int, typer.Option(min=1, help="How many hits at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Find variables and tables by words, even misspelt ones."""
    rows = import_module(".search", __package__).search_rows(" ".join(text), limit)
    if not rows and not as_json:
        print(f"Nothing found for {' '.join(text)!r}. Try fewer or other words.")
        return
    show(rows, as_json, ("table_id", "name", "label", "years", "why"))


@app.command()
def describe(
    name: Annotated[str, typer.Argument(help="table.variable, a table, or a code list.")],
    as_json: Json = False,
) -> None:
    """Say everything that the catalogue knows about one thing."""
    found = import_module(".describe", __package__).describe(name)
    if as_json:
        print_json({"name": found.title, **found.facts})
    else:
        print(found)


@app.command()
def codes(
    name: Annotated[str, typer.Argument(help="table.variable, or the id of a code list.")],
    year: Annotated[str, typer.Option(help="Only codes in use in this year.")] = "",
    as_json: Json = False,
) -> None:
    """List the codes of a variable or a code list."""
    from .browse import code_rows

    show(code_rows(name, year or None), as_json)


@app.command()
def coverage(table: TableName, as_json: Json = False) -> None:
    """Show in which years the variables of a table exist."""
    from .browse import coverage_rows

    names, keys, rows = coverage_rows(table)
    heads = [" ".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in keys]
    if as_json:
        print_json(
            {
                name: [head for head, held in zip(heads, row, strict=True) if held]
                for name, row in zip(names, rows, strict=True)
            }
        )
        return
    width = max(map(len, names))
    print(f"One character a column, from {heads[0]} to {heads[-1]}; # exists, . does not.")
    for name, row in zip(names, rows, strict=True):
        print(f"{name:<{width}}  {''.join('#' if held else '.' for held in row)}")


@app.command()
def generate(
    root: Root = None,
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 5_000,
    seed: Annotated[
        int | None, typer.Option(help="Another seed gives other people.", show_default=False)
    ] = None,
    faults: Annotated[
        str, typer.Option(help="none, documented or harsh, then changes: none,scan_gap=0.1.")
    ] = "documented",
    tables: Annotated[
        list[str] | None,
        typer.Option(help="Only these tables, divided by commas.", show_default=False),
    ] = None,
    years: Annotated[str, typer.Option(help="Only yearly views of these: 2006-2010,2015.")] = "",
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many processes.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an interruption.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the data set that is there.")
    ] = False,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Do nothing when a data set is there already.")
    ] = False,
    progress: Annotated[bool, typer.Option(help="Show a progress bar.")] = True,
    as_json: Json = False,
) -> None:
    """Make a synthetic data set."""
    store = import_module(".store", __package__)
    place = store.default_root() if root is None else root.expanduser()
    if if_missing and overwrite:
        raise typer.BadParameter("--if-missing and --overwrite contradict each other.")
    if if_missing and (place / "manifest.json").exists():
        store.read_manifest(place)
        _made(place, as_json)
        return
    names = [name.strip() for part in tables or () for name in part.split(",") if name.strip()]
    extra = {} if seed is None else {"seed": seed}
    try:
        folder = import_module(".synth", __package__).generate(
            root,
            people=people,
            faults=faults,
            tables=names or None,
            years=read_years(years),
            workers=workers,
            resume=resume,
            overwrite=overwrite,
            progress=progress and not as_json,
            **extra,
        )
    except KeyboardInterrupt:
        print("Interrupted. Go on with the same command and --resume.", file=sys.stderr)
        raise typer.Exit(130) from None
    _made(folder, as_json)


def _made(folder: Path, as_json: bool) -> None:
    if as_json:
        print_json({"root": str(folder)})
    else:
        print(f"The synthetic data set is in {folder}")


@app.command()
def fidelity(
    root: Root = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report with its plots.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare a data set with the published figures that it was steered by."""
    module = import_module(".fidelity", __package__)
    if out is not None:
        page = module.write_report(root, out)
        print(f"The report is in {page}", file=sys.stderr if as_json else sys.stdout)
        if not as_json:
            return
    show_frame(module.fidelity(root), as_json)


@app.command()
def where(root: Root = None, as_json: Json = False) -> None:
    """Say where the data set is and what is in it."""
    store = import_module(".store", __package__)
    folder = store.default_root() if root is None else root
    facts: dict[str, Any] = {"root": str(folder), "exists": (folder / "manifest.json").exists()}
    if facts["exists"]:
        manifest = store.read_manifest(folder)
        facts |= {
            "people": manifest.people,
            "seed": manifest.seed,
            "views": len(manifest.views),
            "rows": sum(entry.rows for entry in manifest.views.values()),
            "notice": manifest.notice,
        }
    if as_json:
        print_json(facts)
        return
    print(folder)
    if facts["exists"]:
        print(f"{facts['people']:,} people, {facts['views']} views, {facts['rows']:,} rows.")
        print(f"{facts['notice'][:1].upper()}{facts['notice'][1:]}")
    else:
        print("Nothing is there yet; leo generate or the first leo.load() makes it.")


@app.command()
def check(
    root: Root = None,
    crosswalk: Annotated[
        bool, typer.Option("--crosswalk", help="Check the harmonisation rules instead.")
    ] = False,
    rules: Annotated[
        list[Path] | None,
        typer.Option(help="A folder with rules of your own; may be repeated.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the files of a data set with its manifest, or check the harmonisation rules."""
    if crosswalk or rules:
        problems = import_module(".crosswalk", __package__).problems_of(rules)
    else:
        problems = import_module(".store", __package__).check(root)
    if as_json:
        print_json(problems)
    else:
        fine = (
            "Every rule is in order."
            if crosswalk or rules
            else "Every file is as it was generated."
        )
        print("\n".join(problems) if problems else fine)
    if problems:
        raise typer.Exit(1)


@app.command()
def sql(
    query: Annotated[
        list[str],
        typer.Argument(help="T-SQL scripts (A.sql B.sql ...), a DuckDB query, or - (stdin)."),
    ],
    root: Root = None,
    project: Annotated[
        str, typer.Option(help="The project number used as schema.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many rows to print at most.")] = 50,
    out: Annotated[
        Path | None, typer.Option(help="Folder for results and tables made.", show_default=False)
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write Parquet files there instead of CSV.")
    ] = False,
    tsql: Annotated[bool, typer.Option("--tsql", help="Read the text as T-SQL.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Go on after an error where SQL Server would.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run T-SQL scripts as the secure service would, or a query in DuckDB's own SQL.

    Several scripts run one after the other in one session: tables and settings last, temporary
    tables too; variables end with their script.
    """
    scripts = [part for part in query if part.lower().endswith(".sql")]
    if tsql or len(scripts) == len(query):
        command = import_module(".tsql.command", __package__)
        give = (query, root, project, out, limit, as_json, parquet, show, keep_going)
        if command.run_files(*give):
            raise typer.Exit(1)
        return
    if len(query) > 1:
        other = next(part for part in query if part not in scripts)
        raise LeoError(
            f"{other!r} is no T-SQL script: several must end in .sql.", "Put a query in quotes."
        )
    import duckdb

    text = sys.stdin.read() if query == ["-"] else query[0]
    options = {"project": project} if project else {}
    connection = import_module(".connect", __package__).connect(root=root, **options)
    try:
        done = connection.execute(text)
        names = [column[0] for column in done.description or ()]
        found = done.fetchmany(limit + 1)
    except duckdb.Error as error:
        raise LeoError(f"The query failed: {str(error).strip()}") from error
    finally:
        connection.close()
    rows = [dict(zip(names, row, strict=True)) for row in found[:limit]]
    show(rows, as_json, names)
    if len(found) > limit:
        print(f"Only the first {limit} rows; ask for more with --limit.", file=sys.stderr)


@app.command()
def export(
    table: TableName,
    path: Annotated[Path, typer.Argument(help=_EXPORT_PATH)],
    years: Annotated[str, typer.Option(help="Years: 2011, 2010/11, 2006-2010.")] = "",
    terms: Annotated[str, typer.Option(help="Census terms, divided by commas.")] = "",
    columns: Annotated[str, typer.Option(help="Columns, divided by commas.")] = "",
    n: Annotated[
        int | None,
        typer.Option("-n", min=1, help="At most so many rows a view.", show_default=False),
    ] = None,
    root: Root = None,
) -> None:
    """Write a selection for Stata, SPSS, Excel or as CSV, marked as synthetic."""
    options: dict[str, Any] = {"root": root, "years": read_years(years), "n": n}
    for name, text in (("terms", terms), ("columns", columns)):
        if text:
            options[name] = [part.strip() for part in text.split(",") if part.strip()]
    given = {name: value for name, value in options.items() if value is not None}
    for written in import_module(".export", __package__).export(table, path, **given):
        print(written)


@app.command()
def extract(
    approved: Annotated[Path, typer.Argument(help="CSV of your variables: table_id,variable.")],
    folder: Annotated[Path, typer.Argument(help="Where to write; it may not be there yet.")],
    root: Root = None,
) -> None:
    """Copy a data set without what you were not approved for, to try chapters and scripts on."""
    made = import_module(".extract", __package__).extract(approved, folder, root=root)
    print(f"{made}\nSet LEO_DATA to this folder, or pass it as root= or --root.")


app.registered_commands += commands.registered_commands
app.add_typer(tsql_commands, name="tsql")

if __name__ == "__main__":
    main()
