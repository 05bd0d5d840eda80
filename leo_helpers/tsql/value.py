"""A translated expression with its type, and how texts and names are written for DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .sqltypes import T

__all__ = ["V", "literal", "once", "quote"]


@dataclass(frozen=True)
class V:
    """A translated expression: DuckDB SQL, its T-SQL type, and its value where it is a literal.

    A firm one is never NULL; `identity` is the seed and step of an identity column. Both matter
    to SELECT ... INTO alone; `numbers` tells the function IDENTITY from a column that has it.
    """

    sql: str
    t: T
    const: object = None
    firm: bool = False
    identity: tuple[int, int] | None = None
    numbers: bool = False


def literal(text: str) -> str:
    """Write a Python text as a DuckDB literal."""
    return "'" + text.replace("'", "''") + "'"


def quote(name: str) -> str:
    """Write a name as a DuckDB identifier; a script's own rowid is not DuckDB's number of a row."""
    name += " " * (name.lower() in ("rowid", "rid"))
    return '"' + name.replace('"', '""') + '"'


def once(sql: str, build: Callable[[str], str], longest: int = 80) -> str:
    """Use a long expression in several places, but write and work it out a single time."""
    if len(sql) <= longest:
        return build(sql)
    return f"list_transform([{sql}], lambda y: {build('y')})[1]"
