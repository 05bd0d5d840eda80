"""CREATE, ALTER, DROP and TRUNCATE, and what keys and checks make of the rows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from .blocks import word
from .cursor import Cursor, split_commas
from .definitions import definition, index_tail, key_columns, require
from .errors import Refused, TSqlError, sql_error
from .failure import met
from .lexer import parse_expression, parse_query
from .sources import table_parts
from .store import Index, Key, LeoView, Table, View
from .tables import create_sql, own_table, put, register, require_free, unique_key
from .value import quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .session import Session

__all__ = ["create", "drop", "table_variable", "truncate"]


def create(interpreter: Interpreter, statement: Simple) -> int:
    """CREATE TABLE, INDEX, SCHEMA or VIEW."""
    cursor = Cursor(statement.tokens, 1)
    again = cursor.take("OR", "ALTER")
    changed = word(statement.tokens[0]) == "ALTER"
    if cursor.take("VIEW"):
        return _view(interpreter, statement, cursor, again, changed)
    if cursor.take("TABLE"):
        return _table(interpreter, cursor)
    if cursor.take("SCHEMA"):
        return _schema(interpreter, cursor)
    unique = cursor.take("UNIQUE")
    clustered = cursor.take("CLUSTERED")
    cursor.take("NONCLUSTERED")
    cursor.take("COLUMNSTORE")
    if cursor.take("INDEX"):
        return _index(interpreter, cursor, unique, clustered)
    if cursor.take("STATISTICS"):
        return 0
    raise Refused(
        f"CREATE {cursor.word()} is not run here.", "Tables, views, indexes and schemas are."
    )


def _schema(interpreter: Interpreter, cursor: Cursor) -> int:
    store, database = interpreter.session.store, interpreter.session.database.lower()
    if cursor.word() == "AUTHORIZATION":
        raise Refused("CREATE SCHEMA without a name is not run here.")
    name = cursor.identifier()
    if cursor.take("AUTHORIZATION"):
        cursor.identifier()
    if not cursor.done:
        raise cursor.fail()
    if store.is_leo(database):
        raise TSqlError(
            f"CREATE SCHEMA permission denied in database '{database}'.",
            262,
            "The LEO databases are read-only; USE your project's database.",
        )
    if (database, name.lower()) in store.schemas:
        raise sql_error(2714, name)
    store.add_schema(database, name)
    return 0


# CREATE TABLE -------------------------------------------------------------------------------


def _table(interpreter: Interpreter, cursor: Cursor) -> int:
    session = interpreter.session
    at = cursor.peek().start if cursor.peek() else None
    if cursor.kind() == TokenType.PARAMETER:
        raise cursor.fail("a table; DECLARE makes table variables")
    parts = cursor.name()
    (database, _, _), shown = session.store.writable(parts, at)
    require_free(session, parts, shown, at)
    body = cursor.brackets()
    _storage(cursor)
    table = definition(
        interpreter,
        body,
        Table(database, session.store.schema_for(parts), shown, "", ()),
    )
    register(session, table)
    return 0


def _storage(cursor: Cursor) -> None:
    """Step over ON filegroup and WITH (DATA_COMPRESSION = ...), which change no answer."""
    while not cursor.done:
        if cursor.take("WITH"):
            cursor.brackets()
        elif cursor.take("ON") or cursor.take("TEXTIMAGE_ON") or cursor.take("FILESTREAM_ON"):
            cursor.identifier()
            if cursor.kind() == TokenType.L_PAREN:
                cursor.brackets()
        else:
            raise cursor.fail()


def table_variable(interpreter: Interpreter, name: str, tokens: list[Token]) -> None:
    """DECLARE @t TABLE (...); it stays until the batch ends."""
    session = interpreter.session
    if name.lower() in session.store.variables and name.lower() in interpreter.declared:
        return
    interpreter.declared[name.lower()] = 1
    table = definition(interpreter, Cursor(tokens).brackets(), Table("tempdb", "", name, "", ()))
    table = replace(table, physical=session.new_physical(), id=session.store.next_id())
    session.store.variables[name.lower()] = table
    session.execute(create_sql(table))


# CREATE INDEX, VIEW -------------------------------------------------------------------------


def _index(interpreter: Interpreter, cursor: Cursor, unique: bool, clustered: bool) -> int:
    """CREATE INDEX: a unique one is enforced, others change no answer but must name columns."""
    session = interpreter.session
    name = cursor.identifier()
    cursor.expect("ON")
    at = cursor.start
    table = own_table(session, cursor.name(), at, "CREATE INDEX")
    if cursor.done:  # CREATE CLUSTERED COLUMNSTORE INDEX i ON t
        columns: tuple[str, ...] = ()
    else:
        columns = key_columns(cursor.brackets()) if cursor.kind() == TokenType.L_PAREN else ()
    included: tuple[str, ...] = ()
    where, options = None, set()
    while not cursor.done:
        if cursor.take("INCLUDE"):
            included = key_columns(cursor.brackets())
        elif cursor.take("WHERE"):
            where = parse_expression(cursor.until({"WITH", "ON"}), interpreter.source.text)
        elif cursor.word() in ("WITH", "ON"):
            options |= index_tail(cursor)
        else:
            raise cursor.fail()
    names = [c.name.lower() for c in table.columns]
    require(columns + included, names, table)
    if "DROP_EXISTING" in options:
        old, table = table, _without_index(table, name)
        if table == old:
            raise sql_error(7999, name, table.label)
    held = [*table.indexes, *table.keys]
    if name.lower() in (other.name.lower() for other in held):
        raise sql_error(1913, name, table.label)
    first = next((other.name for other in held if other.clustered), None)
    if clustered and first is not None:
        raise sql_error(1902, table.label, first)
    if unique:
        key = Key(name, columns, "index", where, "IGNORE_DUP_KEY" in options, clustered)
        unique_key(session, table, key, making=True)()
        changed = replace(table, keys=(*table.keys, key))
    else:
        changed = replace(
            table, indexes=(*table.indexes, Index(name, columns + included, clustered))
        )
    put(session, changed)
    return 0


def _view(
    interpreter: Interpreter, statement: Simple, cursor: Cursor, again: bool, changed: bool
) -> int:
    session = interpreter.session
    at = cursor.start
    parts = cursor.name()
    (database, _, _), shown = session.store.writable(parts, at)
    names: tuple[str, ...] = ()
    if cursor.kind() == TokenType.L_PAREN:
        names = key_columns(cursor.brackets())
    if cursor.take("WITH"):
        while cursor.word() != "AS":
            cursor.i += 1
    cursor.expect("AS")
    tokens = cursor.tokens[cursor.i :]
    if len(tokens) > 3 and [t.text.upper() for t in tokens[-3:]] == ["WITH", "CHECK", "OPTION"]:
        raise Refused("WITH CHECK OPTION is not followed here.")
    tree = parse_query(tokens, interpreter.source.text)
    if tree.args.get("order") and not tree.args.get("limit"):
        raise sql_error(1033)
    old = session.store.find(parts)
    if changed and old is None:
        raise session.store.missing(parts, at)
    if old is not None and not ((again or changed) and isinstance(old, View)):
        raise sql_error(2714, shown, at=at)
    signs = [t.token_type == TokenType.PARAMETER for t in tokens]
    if any(pair == (True, True) for pair in pairwise(signs)):
        raise Refused("A view with a system variable is not run here.", "Leave it out.", at)
    if any(signs):
        raise TSqlError(
            "Must declare the scalar variable: a view cannot use variables.", 137, at=at
        )
    for table in tree.find_all(exp.Table):
        if table_parts(table)[-1].startswith("#"):
            raise sql_error(4508, step="Make the table in your own schema.", at=at)
    binder = session.binder()
    query = binder.query(tree, None)
    for i, col in enumerate(query.cols, 1):
        if not names and not col.name:
            raise sql_error(4511, i, step="Give it one with AS.", at=binder.at)
    binder.check_names(query, list(names), shown)
    view = View(
        database,
        parts[-2] if len(parts) > 1 and parts[-2] else "dbo",
        shown,
        tree,
        names,
        old.id if old else session.store.next_id(),
    )
    session.store.entries = {**session.store.entries, session.store.resolve(parts): view}
    return 0


# ALTER, DROP, TRUNCATE ----------------------------------------------------------------------


def drop(interpreter: Interpreter, statement: Simple) -> int:
    """DROP TABLE, VIEW, INDEX or SCHEMA, with IF EXISTS."""
    session, store = interpreter.session, interpreter.session.store
    cursor = Cursor(statement.tokens, 1)
    kind = cursor.word()
    if kind not in ("TABLE", "VIEW", "INDEX", "SCHEMA", "STATISTICS"):
        raise Refused(f"DROP {kind} is not run here.")
    cursor.i += 1
    lenient, missing = cursor.take("IF", "EXISTS"), []
    if kind == "STATISTICS":
        return 0
    for part in split_commas(cursor.tokens[cursor.i :]):
        inner = Cursor(part)
        at = inner.peek().start if inner.peek() else None
        parts = inner.name()
        if kind == "SCHEMA":
            _drop_schema(session, parts[-1], lenient)
            continue
        if kind == "INDEX":
            _drop_index(session, inner, parts, lenient)
            continue
        if not inner.done:
            raise inner.fail()
        entry = store.find(parts)
        wanted = Table if kind == "TABLE" else View
        if isinstance(entry, LeoView):
            raise TSqlError(f"Cannot drop '{'.'.join(parts)}': LEO is read-only.", 3701, at=at)
        if not isinstance(entry, wanted):
            if lenient and entry is None:
                continue
            error = TSqlError(
                f"Cannot drop the {kind.lower()} '{'.'.join(parts)}', because it "
                "does not exist or you do not have permission.",
                3701,
                f"Write drop {kind.lower()} if exists.",
                at,
            )
            missing.append(error)
            continue
        store.entries = {k: e for k, e in store.entries.items() if e is not entry}
    if not session.snapshots:
        session.collect()
    for error in missing:
        error.passed = True  # the other tables are dropped
        if error is missing[-1]:
            raise error
        met(interpreter, error, statement)
    return 0


def _drop_schema(session: Session, name: str, lenient: bool) -> None:
    key = (session.database.lower(), name.lower())
    if key not in session.store.schemas:
        if lenient:
            return
        raise sql_error(15151, name)
    if session.store.schemas[key][0] < 5:
        raise sql_error(15150, name)
    session.store.schemas = dict(session.store.schemas)
    session.store.drop_schema(*key)


def _drop_index(session: Session, cursor: Cursor, parts: list[str], lenient: bool) -> None:
    name = parts[-1]
    if cursor.take("ON"):
        table = session.store.find(cursor.name())
    else:
        table = session.store.find(parts[:-1])
    held = isinstance(table, Table) and any(
        n.lower() == name.lower()
        for n in [i.name for i in table.indexes] + [k.name for k in table.keys if k.kind == "index"]
    )
    if not held:
        if lenient:
            return
        raise TSqlError(
            f"Cannot drop the index '{name}', because it does not exist or you do "
            "not have permission.",
            3701,
        )
    put(session, _without_index(table, name))


def _without_index(table: Table, name: str) -> Table:
    """Return a table without an index."""
    return replace(
        table,
        indexes=tuple(i for i in table.indexes if i.name.lower() != name.lower()),
        keys=tuple(k for k in table.keys if k.kind != "index" or k.name.lower() != name.lower()),
    )


def truncate(interpreter: Interpreter, statement: Simple) -> int:
    """TRUNCATE TABLE empties a table and begins its identity again."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    cursor.expect("TABLE")
    at = cursor.start
    table = session.own_copy(own_table(session, cursor.name(), at, "TRUNCATE TABLE"))
    session.execute(f"DELETE FROM {quote(table.physical)}")
    for column in table.columns:
        if column.identity:
            session.identities[table.id] = column.identity[0]
    return 0
