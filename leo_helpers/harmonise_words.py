"""Small nodes that the trees of a harmonisation are made of."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

__all__ = ["SQL_TYPES", "as_", "column", "constant", "many_nodes", "name", "number", "typed_null"]

#: Words that some engine keeps for itself: those of DuckDB, and more of SQL Server.
_WORDS = """
    add alter backup begin between browse bulk close cluster commit compute contains continue
    convert current cursor database declare delete deny drop exec execute exists exit external
    file fillfactor function goto holdlock identity if index insert key kill level merge
    national nocheck of off open option over percent plan precision print proc procedure public
    raiserror read restore restrict return revert revoke role rollback rowcount rule save schema
    set shutdown statistics system_user top tran transaction trigger truncate update use values
    varying view waitfor while writetext year
"""
_RESERVED = DuckDB.Generator.RESERVED_KEYWORDS | set(_WORDS.split())
#: How a concept of each type is stored.
SQL_TYPES = {
    "category": "VARCHAR",
    "flag": "SMALLINT",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "text": "VARCHAR",
    "id": "VARCHAR",
}


def name(text: str) -> exp.Identifier:
    """Make an identifier, in quotes where it needs them.

    Examples
    --------
    >>> name("LSOA11 _home").sql(), name("term").sql()
    ('"LSOA11 _home"', 'term')
    """
    return exp.Identifier(this=text) if _is_plain(text) else exp.Identifier(this=text, quoted=True)


@cache
def _is_plain(text: str) -> bool:
    known = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) is not None
    return known and text.lower() not in _RESERVED


@contextmanager
def many_nodes() -> Iterator[None]:
    """Let Python's collector rest while a tree grows: all nodes stay, so it would find nothing.

    Freezing for a moment puts the new nodes among the old objects without looking at each.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def column(table: str, text: str) -> exp.Column:
    """Make a column of a table; without a table if that is empty."""
    if not table:
        return exp.Column(this=name(text))
    return exp.Column(this=name(text), table=name(table))


def as_(node: exp.Expression, text: str) -> exp.Expression:
    """Name a column of a result."""
    if isinstance(node, exp.Column) and node.name == text and not node.table:
        return node
    return exp.Alias(this=node, alias=name(text))


def typed_null(kind: str) -> exp.Cast:
    """Make a NULL of the type that a concept of some type has."""
    return exp.Cast(this=exp.Null(), to=_data_type(SQL_TYPES[kind]).copy())


@cache
def _data_type(text: str) -> exp.DataType:
    return exp.DataType.build(text)


def number(text: str, whole: bool) -> exp.Expression:
    """Make a number: a whole one, or one that every engine reads as a double."""
    minus = text.startswith("-")
    digits = text.lstrip("+-").upper()
    if whole:
        digits = digits.partition(".")[0]
    elif "E" not in digits:
        digits = f"{digits}E0"
    literal = exp.Literal.number(digits)
    return exp.Neg(this=literal) if minus else literal


def constant(value: str | None, kind: str) -> exp.Expression:
    """Make a value of a concept of some type.

    Examples
    --------
    >>> constant("1", "flag").sql(), constant("1", "category").sql()
    ('1', "'1'")
    """
    if value is None:
        return exp.Null()
    if kind in ("flag", "integer"):
        return number(value, True)
    if kind == "number":
        return number(value, False)
    text = exp.Literal.string(value)
    return exp.Cast(this=text, to=exp.DataType.build("DATE")) if kind == "date" else text
