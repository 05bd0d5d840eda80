"""SELECT that writes: values for variables, and SELECT ... INTO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from . import rowwise, tables
from .blocks import word
from .cursor import Cursor, split_commas
from .errors import TSqlError, sql_error
from .lexer import parse_query
from .sources import table_parts
from .sqltypes import T
from .store import Column, Table
from .value import V, quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter

__all__ = [
    "after_with",
    "assignment",
    "count_on",
    "declares_variables",
    "into_of",
    "is_assignment",
    "select_into",
    "select_variables",
    "stored_type",
    "temporary_made",
    "variable_list",
]


_OPS = {
    TokenType.PLUS: "+",
    TokenType.DASH: "-",
    TokenType.STAR: "*",
    TokenType.SLASH: "/",
    TokenType.MOD: "%",
    TokenType.AMP: "&",
    TokenType.PIPE: "|",
    TokenType.CARET: "^",
}


def assignment(cursor: Cursor) -> str:
    """Step over = or += and return the operator before the sign."""
    op = ""
    if cursor.kind() in _OPS and cursor.kind(1) == TokenType.EQ:
        op = _OPS[cursor.kind()]
        cursor.i += 1
    if not cursor.take_kind(TokenType.EQ):
        raise cursor.fail("=")
    return op


def after_with(tokens: list[Token]) -> tuple[str, int]:
    """Return the verb that uses the common tables of a WITH, and where it stands."""
    depth = 0
    for i, token in enumerate(tokens):
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if not depth and word(token) in ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"):
            return word(token), i
    raise TSqlError(
        "Incorrect syntax: WITH is not followed by a statement that uses it.",
        102,
        at=tokens[0].start,
    )


def variable_list(
    tokens: list[Token],
) -> tuple[list[tuple[str, str, list[Token]]], list[Token]] | None:
    """Return the variables that a SELECT gives values to, and the SELECT of those values."""
    start = after_with(tokens)[1] if word(tokens[0]) == "WITH" else 0
    cursor = Cursor(tokens, start + 1)
    _ = cursor.take("DISTINCT") or cursor.take("ALL")
    if cursor.take("TOP"):
        if cursor.kind() == TokenType.L_PAREN:
            cursor.brackets()
        else:
            cursor.i += 1
        cursor.take("PERCENT")
        cursor.take("WITH", "TIES")
    first = cursor.i
    if not is_assignment(cursor):
        return None
    listed = cursor.until(
        {
            "FROM",
            "WHERE",
            "GROUP BY",
            "HAVING",
            "ORDER BY",
            "OPTION",
            "UNION",
            "EXCEPT",
            "INTERSECT",
            "INTO",
        }
    )
    rest = tokens[cursor.i :]
    if set_operation(rest):
        raise sql_error(10734, at=tokens[first].start)
    out, middle = [], []
    for part in split_commas(listed):
        item = Cursor(part)
        if not is_assignment(item):
            raise sql_error(141, at=part[0].start if part else None)
        name = item.identifier()[1:]
        op = assignment(item)
        value = part[item.i :]
        comma = [Token(TokenType.COMMA, ",")] if middle else []
        head = (
            [*part[:2], *[t for t in part[2:3] if op], Token(TokenType.L_PAREN, "(")] if op else []
        )
        middle += [*comma, *head, *value, *([Token(TokenType.R_PAREN, ")")] if op else [])]
        out.append((name, op, value))
    return out, [*tokens[:first], *middle, *rest]


def set_operation(tokens: list[Token]) -> bool:
    """Tell whether UNION, EXCEPT or INTERSECT stands outside of brackets."""
    cursor = Cursor(tokens)
    cursor.until({"UNION", "EXCEPT", "INTERSECT"})
    return not cursor.done


def is_assignment(cursor: Cursor) -> bool:
    """Tell whether `@x =` or `@x +=` stands here."""
    if cursor.kind() != TokenType.PARAMETER or cursor.kind(1) == TokenType.PARAMETER:
        return False
    return cursor.kind(2) == TokenType.EQ or (
        cursor.kind(2) in _OPS and cursor.kind(3) == TokenType.EQ
    )


def select_variables(
    interpreter: Interpreter, statement: Simple, items: list, tokens: list[Token]
) -> int:
    """SELECT @x = ...: the last row counts; without rows the variables stay as they were.

    A value that uses a variable of the same list is worked out row by row, left to right.
    """
    from .duck import to_value

    session, binder = interpreter.session, interpreter.session.binder()
    if "assign" not in statement.cache:
        statement.cache["assign"] = parse_query(tokens, interpreter.source.text)
    tree = statement.cache["assign"]
    query = binder.statement(tree)
    types = [
        session.variable(name, statement.start) and session.values[name.lower()][0]
        for name, _, _ in items
    ]
    cells = ", ".join(
        binder.convert(V(f"q.c{i}", c.t), t, "explicit").sql
        for i, (c, t) in enumerate(zip(query.cols, types, strict=True), 1)
    )
    names, values = [name.lower() for name, _, _ in items], tree.selects
    if rowwise.depends(names, values):
        return rowwise.build_up(interpreter, statement, names, tree)
    rows = session.fetch(f"SELECT {cells} FROM ({query.sql}) AS q")
    if len(rows) > 1 and rowwise.builds_up(names, values):
        return rowwise.build_up(interpreter, statement, names, tree)
    if len(rows) > 1 and not query.ordered:
        binder.note("SELECT @variable met several rows: SQL Server may keep any of them.")
    interpreter.notes(binder, statement)
    if rows:
        for (name, _, _), t, value in zip(items, types, rows[-1], strict=True):
            session.values[name.lower()] = (t, to_value(value, t))
    return len(rows)


def declares_variables(statement: Simple) -> bool:
    """Tell DECLARE @x from the DECLARE of a cursor that has a name."""
    tokens = statement.tokens
    named = len(tokens) > 1 and tokens[1].token_type != TokenType.PARAMETER
    return statement.word == "DECLARE" and not named


def temporary_made(statement: Simple) -> str:
    """Return the #table that CREATE TABLE or SELECT ... INTO makes; '' if none."""
    cursor = Cursor(statement.tokens)
    try:
        verb = after_with(statement.tokens)[0] if statement.word == "WITH" else statement.word
        made = cursor.take("CREATE", "TABLE")
        if not made and verb == "SELECT":
            cursor.until({"INTO"})
            made = cursor.take("INTO")
        hash_ = made and cursor.kind() == TokenType.HASH and cursor.kind(1) != TokenType.HASH
        return cursor.identifier().lower() if hash_ else ""
    except TSqlError:  # whoever runs it says what is wrong with it
        return ""


def into_of(tree: exp.Expression) -> exp.Into | None:
    """Return the INTO of a SELECT, or of the first SELECT of a UNION."""
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    return tree.args.get("into") if isinstance(tree, exp.Select) else None


def select_into(interpreter: Interpreter, statement: Simple, tree: exp.Expression) -> int:
    """SELECT ... INTO makes a table with the names and types of the query."""
    session = interpreter.session
    into = into_of(tree)
    parts = table_parts(into.this)
    (database, _, _), shown = session.store.writable(parts, into.this.this.meta.get("start"))
    tables.require_free(session, parts, shown)
    if "plain" not in statement.cache:
        plain = tree.copy()
        into_of(plain).pop()
        statement.cache["plain"] = plain
    binder = session.binder()
    binder.makes_table = True
    try:
        query = binder.statement(statement.cache["plain"])
    except TSqlError as error:
        error.at = error.at if error.at is not None else binder.at
        raise
    names = [c.name for c in query.cols]
    for i, name in enumerate(names):
        if not name:
            raise sql_error(1038, step=f"Name column {i + 1} with AS.")
        if name.lower() in (n.lower() for n in names[:i]):
            raise sql_error(2705, name, shown)
    counted = sum(c.identity is not None for c in query.cols) == 1
    columns = tuple(
        Column(c.name, stored_type(c.t), not c.firm, identity=c.identity if counted else None)
        for c in query.cols
    )
    table = Table(database, session.store.schema_for(parts), shown, "", columns)
    cells = ", ".join(f"CAST(q.c{i} AS {c.t.duck})" for i, c in enumerate(columns, 1))
    rows = tables.register(session, table, f"SELECT {cells} FROM ({query.sql}) AS q")
    count_on(session, session.store.find(parts))
    interpreter.notes(binder, statement)
    return rows


def count_on(session: Any, table: Table) -> None:
    """Let an identity column that SELECT ... INTO has filled go on after its last number."""
    for column in table.columns:
        if column.identity:
            edge = "max" if column.identity[1] > 0 else "min"
            last = session.fetch(
                f"SELECT {edge}({quote(column.name)}) FROM {quote(table.physical)}"
            )[0][0]
            if last is not None:
                session.identities[table.id] = last + column.identity[1]


def stored_type(t: T) -> T:
    """Return the type of a column that SELECT ... INTO makes."""
    if t.name == "null":
        return T("int")
    if t.is_integer:
        return T(t.name)
    return T(t.name, t.n, t.p, t.s, t.collation, 1) if t.is_string else t
