"""Cursors that go forward row by row: DECLARE, OPEN, FETCH NEXT, CLOSE and DEALLOCATE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from .blocks import words
from .cursor import Cursor as Walk
from .cursor import split_commas
from .duck import to_value
from .errors import Refused, sql_error
from .lexer import parse_query
from .scope import Col, Query
from .value import V

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .session import Session

__all__ = [
    "Cursors",
    "close",
    "deallocate",
    "declared",
    "fetch",
    "give",
    "open_",
    "query_tokens",
    "status_of",
]


_OPTIONS = words(
    "LOCAL GLOBAL FORWARD_ONLY STATIC KEYSET DYNAMIC FAST_FORWARD READ_ONLY TYPE_WARNING "
    "INSENSITIVE OPTIMISTIC"
)
_COPY = {"STATIC", "INSENSITIVE"}


@dataclass
class Rows:
    """One cursor: its query, and while it is open its rows and the place in them."""

    name: str
    tree: exp.Expression
    values: dict[str, Any]
    static: bool
    cols: list[Col] = field(default_factory=list)
    rows: list[tuple] | None = None
    place: int = 0
    read: dict[int, int] = field(default_factory=dict)


@dataclass
class Cursors:
    """The cursors of a session: those that all batches share, and those of this batch alone."""

    shared: dict[str, Rows] = field(default_factory=dict)
    local: dict[str, Rows | None] = field(default_factory=dict)
    status: int = 0


def declared(interpreter: Interpreter, statement: Simple) -> bool:
    """Follow DECLARE name CURSOR ... FOR SELECT and DECLARE @c CURSOR; False: it is neither."""
    cursors, walk = interpreter.session.cursors, Walk(statement.tokens, 1)
    name = walk.identifier()
    options = {"INSENSITIVE"} if walk.take("INSENSITIVE") else set()
    if walk.word() == "SCROLL":
        raise _scroll(walk)
    if not walk.take("CURSOR"):
        return False
    if name.startswith("@"):
        if not walk.done:
            raise walk.fail()
        cursors.local[name.lower()] = None
        return True
    rows, options = _read(interpreter, walk, name, options)
    held = cursors.local if "LOCAL" in options else cursors.shared
    if name.lower() in held:
        raise sql_error(16915, name, step="Write deallocate before.")
    held[name.lower()] = rows
    return True


def give(interpreter: Interpreter, statement: Simple) -> bool:
    """Follow SET @c = CURSOR FOR SELECT; False: the statement is another SET."""
    walk = Walk(statement.tokens, 1)
    name = walk.identifier()
    if name.lower() not in interpreter.session.cursors.local:
        return False
    if not walk.take_kind(TokenType.EQ):
        raise walk.fail("=")
    if not walk.take("CURSOR"):
        other = _find(interpreter.session, walk)
        interpreter.session.cursors.local[name.lower()] = other
        return True
    rows, _ = _read(interpreter, walk, name, set())
    interpreter.session.cursors.local[name.lower()] = rows
    return True


def _read(
    interpreter: Interpreter, walk: Walk, name: str, options: set[str]
) -> tuple[Rows, set[str]]:
    """Read what follows the word CURSOR; the variables in the query keep today's values."""
    while walk.word() in _OPTIONS:
        options.add(walk.word())
        walk.i += 1
    if walk.word() in ("SCROLL", "SCROLL_LOCKS"):
        raise _scroll(walk)
    walk.expect("FOR")
    body = query_tokens(walk.tokens)
    end = walk.i + len(body)
    if [t.text.upper() for t in walk.tokens[end + 1 : end + 2]] == ["UPDATE"]:
        raise Refused(
            "Cursors FOR UPDATE are not run here.",
            "Change the rows with UPDATE ... WHERE key = @key.",
            walk.tokens[end].start,
        )
    tree = parse_query(body, interpreter.source.text)
    values = dict(interpreter.session.values)
    return Rows(name, tree, values, bool(options & _COPY)), options


def query_tokens(tokens: list[Token]) -> list[Token]:
    """Return the query of DECLARE or SET ... CURSOR ... FOR; nothing if it is another statement."""
    words_ = [t.text.upper() for t in tokens]
    if "CURSOR" not in words_[:6] or "FOR" not in words_:
        return []
    start = words_.index("FOR") + 1
    for i in range(start, len(words_) - 1):
        if words_[i] == "FOR" and words_[i + 1] in ("UPDATE", "READ", "READ_ONLY"):
            return tokens[start:i]
    return tokens[start:]


def _scroll(walk: Walk) -> Refused:
    return Refused(
        "Cursors that scroll are not run here.",
        "Go forward with FETCH NEXT, or read into a table with ROW_NUMBER.",
        walk.peek().start,
    )


def _find(session: Session, walk: Walk) -> Rows:
    """Return the cursor that is named here, the batch's own before the shared one."""
    only_shared = walk.take("GLOBAL")
    name = walk.identifier()
    held = session.cursors
    if not only_shared and name.lower() in held.local:
        found = held.local[name.lower()]
        if found is None:
            raise sql_error(16950, name)
        return found
    if name.lower() not in held.shared:
        raise sql_error(16916, name)
    return held.shared[name.lower()]


def _fill(session: Session, rows: Rows) -> tuple[list[tuple], list[Col], dict[int, int]]:
    """Work a cursor's query out, with the variables as they were when it was declared."""
    held, session.values = session.values, rows.values
    try:
        binder = session.binder()
        query: Query = binder.statement(rows.tree)
        got = session.fetch(query.sql)
    finally:
        session.values = held
    return got, query.cols, {number: session.writes[number] for number in binder.read}


def open_(interpreter: Interpreter, statement: Simple) -> int:
    """OPEN works the query out."""
    session = interpreter.session
    rows = _find(session, Walk(statement.tokens, 1))
    if rows.rows is not None:
        raise sql_error(16905)
    rows.rows, rows.cols, rows.read = _fill(session, rows)
    rows.place = 0
    return 0


def fetch(interpreter: Interpreter, statement: Simple) -> int:
    """FETCH [NEXT FROM] gives the next row to variables, or as a result set."""
    session, walk = interpreter.session, Walk(statement.tokens, 1)
    if walk.word() in ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE"):
        raise _scroll(walk)
    walk.take("NEXT")
    walk.take("FROM")
    rows = _find(session, walk)
    names = []
    if walk.take("INTO"):
        names = [Walk(part).identifier()[1:] for part in split_commas(walk.tokens[walk.i :])]
    if rows.rows is None:
        raise sql_error(16917)
    if names and len(names) != len(rows.cols):
        raise sql_error(16924)
    _unchanged(session, rows)
    if rows.place >= len(rows.rows):
        session.cursors.status = -1
        return 0
    row = rows.rows[rows.place]
    rows.place += 1
    session.cursors.status = 0
    cells = [to_value(cell, col.t) for cell, col in zip(row, rows.cols, strict=True)]
    if not names:
        shown = ", ".join(f"{v.sql} AS c{i}" for i, v in enumerate(cells, 1))
        return session.frame(Query(f"SELECT {shown}", rows.cols))
    for name, v in zip(names, cells, strict=True):
        _assign(session, name, v)
    return 1


def _assign(session: Session, name: str, v: V) -> None:
    """Give a variable a value of the row, in its own type."""
    session.variable(name, None)
    t = session.values[name.lower()][0]
    if v.t != t:
        done = session.binder().convert(v, t, "explicit")
        v = to_value(session.evaluate(done.sql), t)
    session.values[name.lower()] = (t, v)


def _unchanged(session: Session, rows: Rows) -> None:
    """Refuse to go on where a table that the cursor reads now gives other rows.

    A static cursor keeps its rows; whether another one sees a change depends on the plan.
    """
    now = {number: session.writes[number] for number in rows.read}
    if rows.static or now == rows.read:
        return
    again, _, rows.read = _fill(session, rows)
    if again[rows.place :] != rows.rows[rows.place :]:
        raise Refused(
            f"the loop has changed rows that the cursor {rows.name} has yet to give; whether SQL "
            "Server's cursor sees that depends on its kind.",
            "Declare it STATIC, or read the rows into a table of their own first.",
        )


def close(interpreter: Interpreter, statement: Simple) -> int:
    """CLOSE gives the rows up; the cursor can be opened again."""
    rows = _find(interpreter.session, Walk(statement.tokens, 1))
    if rows.rows is None:
        raise sql_error(16917)
    rows.rows = None
    return 0


def deallocate(interpreter: Interpreter, statement: Simple) -> int:
    """DEALLOCATE takes a name from a cursor, which is forgotten with its last one."""
    held, walk = interpreter.session.cursors, Walk(statement.tokens, 1)
    _find(interpreter.session, walk)
    only_shared, name = statement.tokens[1].text.upper() == "GLOBAL", statement.tokens[-1].text
    if name := name.lower():
        if f"@{name}" in held.local and statement.tokens[1].token_type == TokenType.PARAMETER:
            held.local[f"@{name}"] = None
        elif name in held.local and not only_shared:
            del held.local[name]
        else:
            del held.shared[name]
    return 0


def status_of(session: Session, scope: str, name: str) -> int:
    """Return what CURSOR_STATUS gives: 1 open, 0 open and empty, -1 closed, -2 or -3 none."""
    held = session.cursors.shared if scope.lower() == "global" else session.cursors.local
    key = f"@{name.lstrip('@')}" if scope.lower() == "variable" else name
    if key.lower() not in held:
        return -3
    rows = held[key.lower()]
    if rows is None:
        return -2
    return -1 if rows.rows is None else int(bool(rows.rows))
