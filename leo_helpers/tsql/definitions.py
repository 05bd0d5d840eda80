"""Reads the columns and constraints of CREATE TABLE and ALTER TABLE ADD."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from .blocks import words
from .cursor import Cursor, split_commas
from .errors import Refused, sql_error
from .lexer import parse_expression
from .literals import collation_name
from .scope import Scope, Source
from .sqltypes import T
from .store import Column, Index, Key, Table
from .value import quote

if TYPE_CHECKING:
    from .interpreter import Interpreter

__all__ = [
    "constraint",
    "default_of",
    "definition",
    "finished",
    "index_tail",
    "key_columns",
    "read_column",
    "require",
]


_OPTIONS = words(
    "NOT NULL COLLATE IDENTITY DEFAULT CONSTRAINT PRIMARY UNIQUE CHECK REFERENCES FOREIGN "
    "SPARSE ROWGUIDCOL INDEX PERSISTED WITH FOR"
) | {"PRIMARY KEY", "FOREIGN KEY"}


def definition(interpreter: Interpreter, body: list[Token], table: Table) -> Table:
    """Read the columns and constraints between the brackets of CREATE TABLE."""
    columns: list[Column] = []
    keys: list[Key] = []
    tests: list[tuple[str, exp.Expression]] = []
    written_null: set[str] = set()
    for part in split_commas(body):
        cursor = Cursor(part)
        if not part:
            if part is not None and columns and len(body):
                continue  # a comma too many at the end is allowed by SQL Server
            raise cursor.fail("a column")
        if not constraint(interpreter, cursor, table, keys, tests):
            written_null.add(read_column(interpreter, cursor, table, columns, keys, tests))
    primary = {c.lower() for k in keys if k.kind == "PRIMARY KEY" for c in k.columns}
    if sum(k.kind == "PRIMARY KEY" for k in keys) > 1:
        raise sql_error(8110, table.name)
    if primary & written_null:
        raise sql_error(8111, table.name)
    columns = [
        replace(c, nullable=False) if c.name.lower() in primary and c.computed is None else c
        for c in columns
    ]
    return finished(interpreter, table, columns, keys, tests)


def finished(
    interpreter: Interpreter, table: Table, columns: list[Column], keys: list[Key], tests: list
) -> Table:
    """Require names that stand once and keys over columns; type the computed columns."""
    names = [c.name.lower() for c in columns]
    for name in names:
        if names.count(name) > 1:
            raise sql_error(2705, name, table.name)
    for key in keys:
        require(key.columns, names, table)
    taken = any(k.clustered for k in keys) or any(i.clustered for i in table.indexes)
    keys = [
        replace(k, clustered=k.kind == "PRIMARY KEY" and not taken) if k.clustered is None else k
        for k in keys
    ]
    plain = tuple(
        Index(k.name, k.columns, bool(k.clustered)) for k in keys if k.kind == "plain index"
    )
    keys = [key for key in keys if key.kind != "plain index"]
    if sum(bool(k.clustered) for k in (*keys, *table.indexes, *plain)) > 1:
        raise sql_error(8112, table.name)
    parts = {"columns": tuple(columns), "keys": tuple(keys), "checks": tuple(tests),
             "indexes": (*table.indexes, *plain)}  # fmt: skip
    return _typed(interpreter, replace(table, **parts))


def require(wanted: tuple[str, ...], names: list[str], table: Table) -> None:
    """Raise error 1911 for a key column that the table does not have."""
    for name in wanted:
        if name.lower() not in names:
            raise sql_error(1911, name)


def _typed(interpreter: Interpreter, table: Table) -> Table:
    """Give the computed columns the type of their expression."""
    binder = interpreter.session.binder()
    stored = [c for c in table.columns if c.computed is None]
    cols = [_col(c, "x") for c in stored]
    out = []
    for column in table.columns:
        if column.computed is not None:
            v = binder.expr(column.computed, Scope(None, [Source(table.name, cols, "x")]))
            t = v.t.plain
            column = replace(column, t=replace(t, label=min(t.label, 1) if not t.is_string else 1))
        out.append(column)
    return replace(table, columns=tuple(out))


def _col(column: Column, alias: str):
    from .scope import Col

    return Col(column.name, column.t, f"{alias}.{quote(column.name)}")


def constraint(
    interpreter: Interpreter,
    cursor: Cursor,
    table: Table,
    keys: list,
    tests: list,
    column: str = "",
) -> bool:
    """Read one constraint, if one stands here."""
    name = ""
    if cursor.take("CONSTRAINT"):
        name = cursor.identifier()
    primary = cursor.take("PRIMARY KEY") or cursor.take("PRIMARY", "KEY")
    if primary or cursor.take("UNIQUE"):
        clustered = True if cursor.take("CLUSTERED") else None
        clustered = False if cursor.take("NONCLUSTERED") else clustered
        columns = (
            (column,)
            if column and cursor.kind() != TokenType.L_PAREN
            else key_columns(cursor.brackets())
        )
        kind = "PRIMARY KEY" if primary else "UNIQUE KEY"
        ignore = "IGNORE_DUP_KEY" in index_tail(cursor)
        name = name or f"{'PK' if primary else 'UQ'}__{table.name}"
        keys.append(Key(name, columns, kind, None, ignore, clustered))
        return True
    if cursor.take("CHECK"):
        cursor.take("NOT", "FOR", "REPLICATION")
        tests.append(
            (
                name or f"CK__{table.name}",
                parse_expression(cursor.brackets(), interpreter.source.text),
            )
        )
        return True
    if cursor.word() in ("FOREIGN", "FOREIGN KEY", "REFERENCES"):
        raise Refused(
            "Foreign keys are not enforced here.",
            "Leave them out of the script.",
            cursor.peek().start,
        )
    if cursor.take("INDEX"):
        keys.append(_inline_index(interpreter, cursor, column))
        return True
    if name:
        if cursor.word() == "DEFAULT" and column:
            return False
        raise cursor.fail("PRIMARY KEY, UNIQUE or CHECK")
    return False


def _inline_index(interpreter: Interpreter, cursor: Cursor, column: str) -> Key:
    """Read INDEX name [UNIQUE] [CLUSTERED] (columns) after a column or on a line of its own."""
    name = cursor.identifier()
    kind = "index" if cursor.take("UNIQUE") else "plain index"
    clustered = cursor.take("CLUSTERED")
    cursor.take("NONCLUSTERED")
    store = cursor.take("COLUMNSTORE")
    columns = (column,) if column else ()
    if cursor.kind() == TokenType.L_PAREN:
        columns = key_columns(cursor.brackets())
    elif not column and not store:
        raise cursor.fail("(")
    if cursor.take("INCLUDE"):
        key_columns(cursor.brackets())
    where = None
    if cursor.take("WHERE"):
        where = parse_expression(cursor.until({"WITH", "ON"}), interpreter.source.text)
    ignore = "IGNORE_DUP_KEY" in index_tail(cursor)
    return Key(name, columns, kind, where, ignore, clustered)


def key_columns(tokens: list[Token]) -> tuple[str, ...]:
    """Read the columns of a key, each with ASC or DESC."""
    out = []
    for part in split_commas(tokens):
        cursor = Cursor(part)
        out.append(cursor.identifier())
        _ = cursor.take("ASC") or cursor.take("DESC")
        if not cursor.done:
            raise cursor.fail()
    return tuple(out)


def index_tail(cursor: Cursor) -> set[str]:
    """Step over WITH (...) and ON filegroup of a key; return the options that are on."""
    on: set[str] = set()
    while cursor.word() in ("WITH", "ON"):
        if cursor.take("WITH"):
            given = _options(cursor)
            on |= {name for name, is_, value in zip(given, given[1:], given[2:], strict=False)
                   if (is_, value) == ("=", "ON")}  # fmt: skip
        else:
            cursor.expect("ON")
            cursor.identifier()
    return on


def _options(cursor: Cursor) -> list[str]:
    """Read the options of a key: (NAME = value, ...), or the older NAME, NAME = value."""
    if cursor.kind() == TokenType.L_PAREN:
        return [t.text.upper() for t in cursor.brackets()]
    out: list[str] = []
    while not out or cursor.take_kind(TokenType.COMMA):
        if cursor.done:
            raise cursor.fail("an option")
        out += [cursor.word(), "=", "ON"]
        cursor.i += 1
        if cursor.take_kind(TokenType.EQ) and cursor.peek():
            out[-1] = cursor.peek().text.upper()
            cursor.i += 1
    return out


def read_column(
    interpreter: Interpreter, cursor: Cursor, table: Table, columns: list, keys: list, tests: list
) -> str:
    """Read one column; return its name in small letters if NULL is written after it."""
    if cursor.kind() == TokenType.PARAMETER:
        raise cursor.fail("a column")
    name = cursor.identifier()
    if cursor.take("AS"):
        tree = parse_expression(
            cursor.until({"PERSISTED", "CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "NOT"}),
            interpreter.source.text,
        )
        column = Column(name, T("int"), computed=tree)
        cursor.take("PERSISTED")
        cursor.take("NOT", "NULL")
    else:
        kind = cursor.peek()
        t = cursor.data_type()
        may_hold_null = kind.text.upper() != "SYSNAME"  # the one type that is NOT NULL of itself
        column = Column(name, replace(t, label=1) if t.is_string else t, may_hold_null)
    may_be_null = False
    while not cursor.done:
        before = cursor.i
        if cursor.take("NOT", "NULL"):
            column = replace(column, nullable=False)
        elif cursor.take("NULL"):
            may_be_null, column = True, replace(column, nullable=True)
        elif cursor.take("SPARSE") or cursor.take("ROWGUIDCOL"):
            pass
        elif cursor.take("COLLATE"):
            column = replace(
                column, t=replace(column.t, collation=collation_name(cursor.identifier()), label=1)
            )
        elif cursor.take("IDENTITY"):
            seed, step = (1, 1)
            if cursor.kind() == TokenType.L_PAREN:
                at = cursor.i
                parts = ["".join(t.text for t in part) for part in split_commas(cursor.brackets())]
                if len(parts) != 2 or not all(re.fullmatch(r"[+-]?\d+", part) for part in parts):
                    cursor.i = at
                    raise cursor.fail("IDENTITY (seed, increment)")
                seed, step = map(int, parts)
            if t.s or not (t.is_integer or t.name in ("decimal", "numeric")):
                raise sql_error(2749, name)
            if any(c.identity for c in columns):
                raise sql_error(2744, table.name)
            column = replace(column, identity=(seed, step), nullable=False)
        elif cursor.take("DEFAULT") or (
            cursor.word() == "CONSTRAINT" and cursor.word(2) == "DEFAULT"
        ):
            label = ""
            if cursor.take("CONSTRAINT"):
                label = cursor.identifier()
                cursor.expect("DEFAULT")
            column = replace(column, default=default_of(interpreter, cursor), default_name=label)
        elif column.default is not None and cursor.take("WITH", "VALUES"):
            column = replace(
                column, nullable=False if not column.nullable else None
            )  # every row gets it
        elif constraint(interpreter, cursor, table, keys, tests, name):
            pass
        else:
            raise cursor.fail()
        if cursor.i == before:
            raise cursor.fail()
    if column.identity and (may_be_null or column.default is not None):
        raise sql_error(8147 if may_be_null else 1754, name, table.name)
    columns.append(column)
    return name.lower() if may_be_null else ""


def default_of(interpreter: Interpreter, cursor: Cursor) -> exp.Expression:
    """Read the expression after DEFAULT."""
    start = cursor.i
    if cursor.word() == "NULL":
        cursor.i += 1
        taken = cursor.tokens[start : cursor.i]
    else:
        cursor.i += 1 if cursor.kind() != TokenType.L_PAREN else 0
        rest = cursor.until(_OPTIONS)
        taken = cursor.tokens[start : start + len(rest) + (cursor.i - start - len(rest))]
    return parse_expression(taken, interpreter.source.text)
