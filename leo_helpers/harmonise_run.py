"""Run a harmonisation with DuckDB on the files of a data set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from .connect import DEFAULT_PROJECT
from .crosswalk import Crosswalk
from .errors import DataSetError, HarmoniseError
from .harmonise_engines import lower, read_files, seal, variable_of_map
from .harmonise_held import Held
from .harmonise_plan import Plan
from .harmonise_quick import hasten
from .harmonise_sql import Built, build
from .harmonise_unmapped import unmapped_rows
from .harmonise_words import SQL_TYPES, many_nodes
from .store import NOTICE

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["folder_of", "lowered", "prepared", "run_to_arrow", "run_to_parquet"]


def folder_of(held: Held) -> Path:
    """Give the folder of the data set.

    Raises
    ------
    HarmoniseError
        If the harmonisation was made without data.
    """
    if not held.from_data:
        raise HarmoniseError(
            "This harmonisation was made from the catalogue, without data.",
            "Leave out source='catalogue' to run it.",
        )
    return held.folder


def lowered(plan: Plan, built: Built, engine: str) -> exp.Expression:
    """Put the words of an engine into a tree, and give its columns their types."""
    types = {c.concept: SQL_TYPES[c.type] for c in plan.concepts}
    types = {k: v for k, v in types.items() if v not in ("VARCHAR", "DATE")}
    for piece in built.pieces:
        if engine != "tsql":
            seal(piece.select, types | {"year": "SMALLINT"})
        lower(piece.select, engine)
    return built.tree()


def prepared(plan: Plan, crosswalk: Crosswalk, held: Held) -> tuple[Any, str]:
    """Give a connection that knows the recodes, and the statement over the files.

    Raises
    ------
    HarmoniseError
        If the data hold a code that a recode does not allow.
    """
    import duckdb

    folder = folder_of(held)
    _refuse_unlisted(plan, crosswalk, folder)
    with many_nodes():
        built = build(plan, crosswalk, DEFAULT_PROJECT, "variable")
        for piece in built.pieces:
            hasten(piece.select, built.lookups)
        tree = lowered(plan, built, "duckdb")
        read_files(tree, folder)
        text = tree.sql(dialect="duckdb", copy=False)
    con = duckdb.connect()
    # It makes a join of every long list of codes, which is slow by the hundred.
    con.execute("set disabled_optimizers = 'in_clause'")
    for look in built.lookups.values():
        con.execute(variable_of_map(look.name, look.rows, look.kind))
    return con, text


def run_to_arrow(plan: Plan, crosswalk: Crosswalk, held: Held) -> pa.Table:
    """Run a plan into an Arrow table."""
    con, query = prepared(plan, crosswalk, held)
    with _damage_told(plan, held):
        return con.sql(query).to_arrow_table().replace_schema_metadata({"leo": NOTICE})


def run_to_parquet(plan: Plan, crosswalk: Crosswalk, held: Held, target: Path) -> None:
    """Run a plan into a Parquet file, which takes its place when it is finished."""
    con, query = prepared(plan, crosswalk, held)
    if not target.parent.is_dir():
        raise HarmoniseError(
            f"The folder {target.parent} does not exist.", "Make it, or give another path."
        )
    if target.is_dir():
        raise HarmoniseError(f"{target} is a folder.", "Give the name of a file in it.")
    part = target.with_name(f".{target.name}.{os.getpid()}")
    place, notice = (text.replace("'", "''") for text in (str(part), NOTICE))
    try:
        with _damage_told(plan, held):
            con.execute("set preserve_insertion_order = false")
            con.execute(
                f"copy ({query}) to '{place}' (format parquet, compression zstd, "
                f"kv_metadata {{leo: '{notice}'}})"
            )
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _damage_told(plan: Plan, held: Held) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise DataSetError(
            f"The files of {plan.table.table_id} in {held.folder} cannot be read "
            f"({str(error).splitlines()[0]}).",
            "Check with leo check, then generate the data set again with --overwrite.",
        ) from None


def _refuse_unlisted(plan: Plan, crosswalk: Crosswalk, folder: Path) -> None:
    """Raise for codes in the data where a recode says that others are an error."""
    used = {
        crosswalk.recodes[step.source.recode].unlisted
        for part in plan.parts
        for eras in part.cells.values()
        for era in eras
        for step in era.steps
        if step.source.rule == "recode"
    }
    if "error" not in used:
        return
    for row in unmapped_rows(plan, crosswalk, folder):
        if row["treated"] == "error":
            raise HarmoniseError(
                f"{row['view']}.{row['column']} holds the code {row['code']!r}, which the "
                f"rules for {row['concept']} do not allow.",
                "See .unmapped(), then add the code to the recode.",
            )
