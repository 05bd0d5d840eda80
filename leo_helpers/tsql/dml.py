"""INSERT, UPDATE, DELETE and SELECT that writes: into tables and into variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from . import tables
from .cursor import Cursor, split_commas
from .errors import Refused, TSqlError, sql_error
from .lexer import lead_tokens, parse_query
from .scope import Col, Query, Scope, Source
from .sqltypes import T
from .store import Column, LeoView, Table
from .value import V, quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .queries import Queries

__all__ = [
    "bare",
    "give_output",
    "insert",
    "insertable",
    "is_default",
    "row_cells",
    "send_output",
    "skip_hints",
    "target",
    "top_of",
    "write_rows",
]


def insert(interpreter: Interpreter, statement: Simple, withs: Sequence[Token] = ()) -> int:
    """INSERT [INTO] table [(columns)] VALUES, SELECT or DEFAULT VALUES."""
    session, text = interpreter.session, interpreter.source.text
    cursor = Cursor(statement.tokens, 1)
    limit = top_of(interpreter, cursor)
    cursor.take("INTO")
    at = cursor.peek().start if cursor.peek() else None
    parts = cursor.name()
    entry = session.own_copy(target(session, parts, at))
    skip_hints(cursor)
    names = None
    if (
        cursor.kind() == TokenType.L_PAREN
        and cursor.word(1) not in ("SELECT", "WITH")
        and cursor.kind(1) != TokenType.L_PAREN
    ):
        names = [Cursor(p).identifier() for p in split_commas(cursor.brackets())]
    skip_hints(cursor)
    output = []
    if cursor.take("OUTPUT"):
        output = cursor.until({"VALUES", "SELECT", "DEFAULT", "EXEC", "EXECUTE"})
    binder = session.binder()
    columns = insertable(session, entry, names)
    body = statement.tokens[cursor.i :]
    try:
        if cursor.take("DEFAULT", "VALUES"):
            query, columns = Query("SELECT 1 AS c1", [Col("", T("int"), "")]), []
        elif cursor.word() in ("EXEC", "EXECUTE"):
            return _insert_exec(interpreter, binder, entry, columns, cursor)
        else:
            if "body" not in statement.cache:  # a loop comes here again
                statement.cache["body"] = parse_query([*withs, *body], text)
            tree = statement.cache["body"]
            if cursor.word() == "VALUES":
                query, columns = _insert_values(binder, tree, columns, names is not None, entry)
            else:
                query = binder.statement(tree)
        if columns and len(query.cols) != len(columns):
            more = len(query.cols) > len(columns)
            if names is None:
                raise _wrong_count(entry, len(columns), len(query.cols))
            raise TSqlError(
                "The select list for the INSERT statement contains "
                + ("more" if more else "fewer")
                + " items than the insert list. "
                "The number of SELECT values must match the number of "
                "INSERT columns.",
                121 if more else 120,
            )
        count = write_rows(interpreter, binder, entry, columns, query, limit, output)
    except TSqlError as error:
        error.at = error.at if error.at is not None else binder.at
        raise
    interpreter.notes(binder, statement)
    return count


def _insert_exec(
    interpreter: Interpreter, binder: Queries, entry: Table, columns: list[Column], cursor: Cursor
) -> int:
    """INSERT ... EXEC writes every result set of the executed text."""
    from .blocks import Simple
    from .execute import execute
    from .result import Result

    session = interpreter.session
    held, session.result = session.result, Result()
    try:
        execute(interpreter, Simple("INSERT", cursor.tokens[cursor.i :]))
        tables = session.result._tables
    finally:
        inner, session.result = session.result, held
        held.messages += inner.messages
        held.errors += inner.errors
    if inner.errors:
        raise Refused("INSERT ... EXEC of a text that fails is not followed here.")
    count = 0
    for table, cols in tables:
        if len(cols) != len(columns):
            raise sql_error(213)
        names = [f"c{i}" for i in range(1, len(cols) + 1)]
        session.con.register("executed", table.rename_columns(names))
        count += write_rows(
            interpreter, binder, entry, columns, Query("SELECT * FROM executed", cols)
        )
    return count


def top_of(interpreter: Interpreter, cursor: Cursor) -> str:
    """Read TOP (n) of INSERT, UPDATE or DELETE as a LIMIT."""
    if not cursor.take("TOP"):
        return ""
    start = cursor.i
    cursor.brackets()
    tokens = cursor.tokens[start : cursor.i]  # with the brackets: there may be a SELECT in them
    if cursor.word() == "PERCENT":
        raise Refused("TOP ... PERCENT is not run here in this statement.")
    v, _ = interpreter.value(tokens, T("bigint"))
    if v.const is None or v.const < 0:
        raise sql_error(127 if v.const is not None else 1060)
    return f" LIMIT {v.const}"


def skip_hints(cursor: Cursor) -> None:
    """Step over WITH (TABLOCK) and its like."""
    if cursor.word() == "WITH" and cursor.kind(1) == TokenType.L_PAREN:
        cursor.i += 1
        cursor.brackets()


def target(session: Any, parts: list[str], at: int | None) -> Table:
    """Return the table that a statement writes to."""
    entry = session.find(parts, at)
    if isinstance(entry, Table):
        return entry
    if isinstance(entry, LeoView):
        raise sql_error(
            229,
            entry.name,
            entry.database,
            step="The LEO views are read-only; copy what you need with SELECT ... INTO.",
            at=at,
        )
    raise Refused("Writing through a view is not run here.", "Write to its table.", at)


def insertable(session: Any, entry: Table, names: list[str] | None) -> list[Column]:
    """Return the columns that an INSERT fills, or raise what SQL Server would."""
    if names is None:
        return [c for c in entry.columns if c.computed is None and c.identity is None]
    out = []
    for name in names:
        column = entry.column(name)
        if column is None:
            raise sql_error(
                207, name, step=f"{entry.label} has {', '.join(c.name for c in entry.columns)}."
            )
        if column.computed is not None:
            raise sql_error(271, name)
        if column.identity and session.identity_insert != entry.id:
            raise sql_error(544, entry.name)
        if column in out:
            raise sql_error(264, name)
        out.append(column)
    return out


def _wrong_count(entry: Table, wanted: int, given: int) -> TSqlError:
    """Return the error of an INSERT without a list of columns that gives too many or too few."""
    if given == wanted + 1 and any(c.identity for c in entry.columns):
        return sql_error(8101, entry.name)
    return sql_error(213)


def is_default(node: exp.Expression) -> bool:
    """Tell whether the word DEFAULT stands for a value."""
    if isinstance(node, exp.Var):
        return node.name.lower() == "default"
    return (
        isinstance(node, exp.Column)
        and node.name.lower() == "default"
        and not node.this.args.get("quoted")
    )


def _insert_values(
    binder: Queries, tree: exp.Expression, columns: list[Column], listed: bool, entry: Table
) -> tuple[Query, list[Column]]:
    """Translate VALUES, in which DEFAULT may stand."""
    rows = [
        list(row.expressions) if isinstance(row, exp.Tuple) else [row.this]
        for row in tree.expressions
    ]
    for row in rows:
        if len(row) != len(columns) and not listed:
            raise _wrong_count(entry, len(columns), len(row))
        if len(row) != len(columns):
            more = len(row) > len(columns)
            raise TSqlError(
                "There are "
                + ("fewer" if more else "more")
                + " columns in the INSERT statement than values specified in the VALUES "
                "clause. "
                "The number of values in the VALUES clause must match "
                "the number of columns specified in the INSERT "
                "statement.",
                110 if more else 109,
            )
        for i, column in enumerate(columns):
            if is_default(row[i]):
                row[i] = column.default if column.default is not None else exp.Null()
    if len(rows) == 1:
        scope = Scope()
        cells = [binder.expr(v, scope) for v in rows[0]]
        binder.look(scope)
        sql = ", ".join(f"{v.sql} AS c{i}" for i, v in enumerate(cells, 1))
        return Query(f"SELECT {sql}", [Col("", v.t, "") for v in cells]), columns
    lists = exp.Values(expressions=[exp.Tuple(expressions=[v.copy() for v in row]) for row in rows])
    sql, cols = binder.values(lists, None)
    return Query(sql, cols), columns


def row_cells(session: Any, binder: Queries, entry: Table, given: dict[str, V]) -> dict[str, str]:
    """Return the SQL of every stored column of a new row."""
    cells = {}
    for column in entry.columns:
        if column.computed is not None:
            continue
        if column.name in given:
            v = given[column.name]
            cells[column.name] = binder.convert(v, bare(entry, column), "assign").sql
        elif column.identity:
            if session.identity_insert == entry.id:
                raise sql_error(545, entry.name)
            first = (
                session.identities[entry.id]
                if entry.id in session.identities
                else column.identity[0]
            )
            cells[column.name] = (
                f"CAST({first} + {column.identity[1]} * (row_number() OVER () - 1) "
                f"AS {column.t.duck})"
            )
        elif column.default is not None:
            cells[column.name] = binder.convert(
                binder.expr(column.default, Scope()), bare(entry, column), "assign"
            ).sql
        else:
            cells[column.name] = f"CAST(NULL AS {column.t.duck})"
    return cells


def bare(entry: Table, column: Column) -> T:
    """Return a column's type without its collation, which assignment does not change."""
    place = f" in table '{entry.label}', column '{column.name}'".replace("|", "")
    return T(column.t.name, column.t.n, column.t.p, column.t.s, place=place)


def write_rows(
    interpreter: Interpreter,
    binder: Queries,
    entry: Table,
    columns: list[Column],
    query: Query,
    limit: str = "",
    output: list[Token] | None = None,
    check: bool = True,
) -> int:
    """Insert the rows of a query, with identity, defaults, keys and OUTPUT."""
    session = interpreter.session
    given = {c.name: V(f"q.c{i}", query.cols[i - 1].t) for i, c in enumerate(columns, 1)}
    cells = row_cells(session, binder, entry, given)
    named = ", ".join(quote(name) for name in cells)
    rows = (
        f"SELECT {', '.join(f'{sql} AS {quote(name)}' for name, sql in cells.items())} "
        f"FROM ({query.sql}) AS q{limit}"
    )
    tests = tables.checks(session, entry) if check else []
    for key in entry.keys:
        if key.ignore_duplicates:
            rows = tables.without_duplicates(session, entry, key, rows)
    stage = session.new_physical() if output else ""
    into = f"INSERT INTO {quote(entry.physical)} ({named}) "
    staged = [f"CREATE TABLE {quote(stage)} AS {rows}"] if output else []
    try:
        done = session.execute(*staged, into + (f"FROM {quote(stage)}" if output else rows), *tests)
    except TSqlError as error:
        _lose_numbers(session, entry, given, rows, error)
        raise
    if output:
        give_output(interpreter, output, entry, {"inserted": stage})
    count = int(done[0][0])
    for column in entry.columns:
        if column.identity and count:
            first = session.identities.get(entry.id, column.identity[0])
            step = column.identity[1]
            if column.name in given:
                furthest = max if step > 0 else min
                # DuckDB numbers the rows in the order in which they were inserted
                last = session.fetch(
                    f"SELECT {quote(column.name)} FROM {quote(entry.physical)} "
                    f"ORDER BY rowid DESC LIMIT {count}"
                )
                top = furthest(value for (value,) in last)
                session.identities[entry.id] = furthest(first, top + step)
                session.identity = last[0][0]
            else:
                session.identities[entry.id] = first + step * count
                session.identity = first + step * (count - 1)
    return count


def _lose_numbers(session: Any, entry: Table, given: dict, rows: str, error: TSqlError) -> None:
    """Leave out the number of a row that broke a key; of several rows, or other errors, say so."""
    for column in entry.columns:
        if not column.identity or column.name in given or isinstance(error, Refused):
            continue
        if error.number in (547, 2601, 2627) and len(session.fetch(f"{rows} LIMIT 2")) == 1:
            first = session.identities.get(entry.id, column.identity[0])
            session.identities[entry.id] = first + column.identity[1]
        else:
            gap = (
                f"SQL Server may leave a gap in {column.name}: it does not give the numbers of an "
                "INSERT that failed again."
            )
            error.next_step = f"{error.next_step} {gap}".strip()


def give_output(
    interpreter: Interpreter,
    tokens: list[Token],
    entry: Table,
    stages: dict[str, str],
    others: Sequence[Source] = (),
    met: str = "",
) -> None:
    """OUTPUT inserted.x, deleted.y [INTO table], from tables that hold the rows of both kinds.

    The other sources of FROM have their columns in the table `met`.
    """
    session, binder = interpreter.session, interpreter.session.binder()
    scope, froms = Scope(), []
    for name, stage in stages.items():
        sql, cols = session.store.source(replace(entry, physical=stage), name, binder)
        scope.add(Source(name, cols, name))
        froms.append(sql)
    join = (
        froms[0]
        if len(froms) == 1
        else f"{froms[0]} JOIN {froms[1]} ON {' = '.join(f'{n}.rid' for n in stages)}"
    )
    for source in others:
        scope.add(source)
    if others:
        join += f" JOIN {met} AS met ON met.rid = {next(iter(stages))}.rid"
    send_output(interpreter, tokens, binder, scope, join)


def send_output(
    interpreter: Interpreter, tokens: list[Token], binder: Queries, scope: Scope, from_sql: str
) -> None:
    """Show what OUTPUT lists, or write it INTO a table."""
    session, cursor = interpreter.session, Cursor(tokens)
    listed = cursor.until({"INTO"})
    tree = parse_query([*lead_tokens("select"), *listed], interpreter.source.text)
    items = binder.items_of(tree, scope)
    cells = ", ".join(f"{v.sql} AS c{i}" for i, (_, v) in enumerate(items, 1))
    query = Query(f"SELECT {cells} FROM {from_sql}", [Col(n, v.t, "") for n, v in items])
    if cursor.take("INTO"):
        at = cursor.start
        into = session.own_copy(target(session, cursor.name(), at))
        names = (
            [Cursor(p).identifier() for p in split_commas(cursor.brackets())]
            if not cursor.done
            else None
        )
        write_rows(interpreter, binder, into, insertable(session, into, names), query)
    else:
        session.frame(query)
