"""What the commands share: options, and how results are printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .years import year_list

__all__ = ["Json", "Root", "TableName", "print_json", "read_years", "show", "show_frame"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
TableName = Annotated[str, typer.Argument(help='Table id or friendly name: "school census".')]
Root = Annotated[
    Path | None,
    typer.Option(help="Folder of the data set; without it the default one.", show_default=False),
]


def read_years(text: str) -> list[int] | None:
    """Read years from an option; none if it is empty."""
    return list(year_list(text)) if text.strip() else None


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def show_frame(data: Any, as_json: bool) -> None:
    """Print a data frame as JSON or as a table."""
    rows = json.loads(data.reset_index(drop=True).to_json(orient="records"))
    show(rows, as_json)


def show(rows: Iterable[dict[str, Any]], as_json: bool, columns: Sequence[str] = ()) -> None:
    """Print rows as JSON (every column) or as a table (the columns that matter)."""
    listed = list(rows)
    if as_json:
        print_json(listed)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    names = list(columns) or list(listed[0] if listed else ())
    table = Table(*names, box=None, pad_edge=False, header_style="bold")
    for row in listed:
        table.add_row(*(Text("" if row[name] is None else str(row[name])) for name in names))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)
