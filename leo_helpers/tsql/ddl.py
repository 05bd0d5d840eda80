"""CREATE, ALTER, DROP and TRUNCATE, and what keys and checks make of the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from .convert import V, quote
from .cursor import Cursor, split_commas
from .errors import Refused, TSqlError
from .expressions import collation_name, self_key
from .lexer import parse_expression, parse_query
from .scope import Scope, Source
from .store import Column, Key, LeoView, Table, View
from .sqltypes import T

if TYPE_CHECKING:
    from .interpreter import Interpreter
    from .session import Session
    from .splitter import Simple

__all__ = ["alter", "checks", "create", "drop", "register", "table_variable", "truncate"]

_OPTIONS = {"NOT", "NULL", "COLLATE", "IDENTITY", "DEFAULT", "CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "CHECK",
            "REFERENCES", "FOREIGN", "FOREIGN KEY", "SPARSE", "ROWGUIDCOL", "INDEX", "PERSISTED", "WITH", "FOR"}  # fmt: skip


def create(interpreter: Interpreter, statement: Simple) -> int:
    """CREATE TABLE, INDEX, SCHEMA or VIEW."""
    cursor = Cursor(statement.tokens, 1)
    again = cursor.take("OR", "ALTER")
    if cursor.take("VIEW"):
        return _view(interpreter, statement, cursor, again)
    if cursor.take("TABLE"):
        return _table(interpreter, cursor)
    if cursor.take("SCHEMA"):
        return _schema(interpreter, cursor)
    unique = cursor.take("UNIQUE")
    while cursor.take("CLUSTERED") or cursor.take("NONCLUSTERED") or cursor.take("COLUMNSTORE"):
        pass
    if cursor.take("INDEX"):
        return _index(interpreter, cursor, unique)
    if cursor.take("STATISTICS"):
        return 0
    raise Refused(f"CREATE {cursor.word()} is not run here.", "Tables, views, indexes and schemas are.")


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
        raise TSqlError(f"CREATE SCHEMA permission denied in database '{database}'.", 262,
                        "The LEO databases are read-only; USE your project's database.")  # fmt: skip
    if (database, name.lower()) in store.schemas:
        raise TSqlError(f"There is already an object named '{name}' in the database.", 2714)
    store.schemas = {**store.schemas, (database, name.lower()): len(store.schemas) + 5}
    return 0


# CREATE TABLE -------------------------------------------------------------------------------


def _table(interpreter: Interpreter, cursor: Cursor) -> int:
    session = interpreter.session
    at = cursor.peek().start if cursor.peek() else None
    parts = cursor.name()
    (database, schema, name), shown = session.store.writable(parts, at)
    if session.store.find(parts) is not None:
        raise TSqlError(f"There is already an object named '{shown}' in the database.", 2714,
                        f"Write drop table if exists {'.'.join(parts)} first.", at)  # fmt: skip
    body = cursor.brackets()
    _storage(cursor)
    table = _definition(interpreter, body, Table(database, parts[-2] if len(parts) > 1 and parts[-2] else "dbo", shown, "", ()))
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
    table = _definition(interpreter, Cursor(tokens).brackets(), Table("tempdb", "", name, "", ()))
    table = replace(table, physical=session.new_physical(), id=session.store.next_id())
    session.execute(_create_sql(table))
    session.store.variables[name.lower()] = table


def register(session: Session, table: Table, fill: str | None = None, keep_id: int = 0) -> int:
    """Make a table in DuckDB and give it its name; `fill` is a query whose columns are its own."""
    table = replace(table, physical=session.new_physical(), id=keep_id or session.store.next_id())
    steps: list = [_create_sql(table)]
    if fill is not None:
        stored = ", ".join(quote(c.name) for c in table.columns if c.computed is None)
        steps.append(f"INSERT INTO {quote(table.physical)} ({stored}) {fill}")
    out = session.execute(*steps, *checks(session, table))
    key = (table.database.lower(), table.schema.lower(), table.name.lower())
    session.store.entries = {**session.store.entries, key: table}
    for column in table.columns:
        if column.identity and not keep_id:
            session.identities[table.id] = column.identity[0]
    return int(out[0][0]) if fill is not None and out else 0


def _create_sql(table: Table) -> str:
    lines = [
        f"{quote(c.name)} {c.t.duck}{'' if c.nullable else ' NOT NULL'}"
        for c in table.columns if c.computed is None
    ]  # fmt: skip
    if not lines:
        raise TSqlError("A table must have at least one column that is not computed.", 1709)
    return f"CREATE TABLE {quote(table.physical)} ({', '.join(lines)})"


def _definition(interpreter: Interpreter, body: list[Token], table: Table) -> Table:
    """Read the columns and constraints between the brackets of CREATE TABLE."""
    columns: list[Column] = []
    keys: list[Key] = []
    tests: list[tuple[str, exp.Expression]] = []
    for part in split_commas(body):
        cursor = Cursor(part)
        if not part:
            if part is not None and columns and len(body):
                continue  # a comma too many at the end is allowed by SQL Server
            raise cursor.fail("a column")
        if not _constraint(interpreter, cursor, table, keys, tests):
            _column(interpreter, cursor, table, columns, keys, tests)
    names = [c.name.lower() for c in columns]
    for name in names:
        if names.count(name) > 1:
            raise TSqlError(f"Column names in each table must be unique. Column name '{name}' in table '{table.name}' is specified more than once.", 2705)
    primary = {c.lower() for k in keys if k.kind == "PRIMARY KEY" for c in k.columns}
    if sum(k.kind == "PRIMARY KEY" for k in keys) > 1:
        raise TSqlError(f"Cannot add multiple PRIMARY KEY constraints to table '{table.name}'.", 8110)
    for key in keys:
        _require(key.columns, names, table)
    columns = [replace(c, nullable=False) if c.name.lower() in primary and c.computed is None else c for c in columns]
    return _typed(interpreter, replace(table, columns=tuple(columns), keys=tuple(keys), checks=tuple(tests)))


def _require(wanted: tuple[str, ...], names: list[str], table: Table) -> None:
    for name in wanted:
        if name.lower() not in names:
            raise TSqlError(f"Column name '{name}' does not exist in the target table or view.", 1911)


def _typed(interpreter: Interpreter, table: Table) -> Table:
    """Give the computed columns the type of their expression."""
    binder = interpreter.session.binder()
    stored = [c for c in table.columns if c.computed is None]
    cols = [_col(c, "x") for c in stored]
    out = []
    for column in table.columns:
        if column.computed is not None:
            v = binder.expr(column.computed, Scope(None, [Source(table.name, cols, "x")]))
            t = replace(v.t, n=None) if v.t.is_integer else v.t
            column = replace(column, t=replace(t, label=min(t.label, 1) if not t.is_string else 1))
        out.append(column)
    return replace(table, columns=tuple(out))


def _col(column: Column, alias: str):
    from .scope import Col

    return Col(column.name, column.t, f"{alias}.{quote(column.name)}")


def _constraint(interpreter: Interpreter, cursor: Cursor, table: Table, keys: list, tests: list, column: str = "") -> bool:
    """Read one constraint, if one stands here."""
    name = ""
    if cursor.take("CONSTRAINT"):
        name = cursor.identifier()
    primary = cursor.take("PRIMARY KEY") or cursor.take("PRIMARY", "KEY")
    if primary or cursor.take("UNIQUE"):
        while cursor.take("CLUSTERED") or cursor.take("NONCLUSTERED"):
            pass
        columns = (column,) if column and cursor.kind() != TokenType.L_PAREN else _key_columns(cursor.brackets())
        kind = "PRIMARY KEY" if primary else "UNIQUE KEY"
        ignore = _index_tail(cursor)
        keys.append(Key(name or f"{'PK' if primary else 'UQ'}__{table.name}", columns, kind, None, ignore))
        return True
    if cursor.take("CHECK"):
        cursor.take("NOT", "FOR", "REPLICATION")
        tests.append((name or f"CK__{table.name}", parse_expression(cursor.brackets(), interpreter.source.text)))
        return True
    if cursor.word() in ("FOREIGN", "FOREIGN KEY", "REFERENCES"):
        raise Refused("Foreign keys are not enforced here.", "Leave them out of the script.", cursor.peek().start)
    if not column and cursor.take("INDEX"):
        index = cursor.identifier()
        unique = cursor.take("UNIQUE")
        while cursor.take("CLUSTERED") or cursor.take("NONCLUSTERED"):
            pass
        columns = _key_columns(cursor.brackets())
        if unique:
            keys.append(Key(index, columns, "index"))
        _index_tail(cursor)
        return True
    if name:
        if cursor.word() == "DEFAULT" and column:
            return False
        raise cursor.fail("PRIMARY KEY, UNIQUE or CHECK")
    return False


def _key_columns(tokens: list[Token]) -> tuple[str, ...]:
    out = []
    for part in split_commas(tokens):
        cursor = Cursor(part)
        out.append(cursor.identifier())
        _ = cursor.take("ASC") or cursor.take("DESC")
        if not cursor.done:
            raise cursor.fail()
    return tuple(out)


def _index_tail(cursor: Cursor) -> bool:
    """Step over WITH (...) and ON filegroup of a key; tell whether IGNORE_DUP_KEY is on."""
    ignore = False
    while cursor.word() in ("WITH", "ON"):
        if cursor.take("WITH"):
            inside = [t.text.upper() for t in cursor.brackets()]
            if "IGNORE_DUP_KEY" in inside and "ON" in inside[inside.index("IGNORE_DUP_KEY") :][:3]:
                ignore = True
        else:
            cursor.expect("ON")
            cursor.identifier()
    return ignore


def without_duplicates(session: Session, table: Table, key: Key, rows: str) -> str:
    """Return new rows without those whose key is there already, as IGNORE_DUP_KEY does."""
    def keys(alias: str) -> list[str]:
        found = [table.column(name) for name in key.columns]
        return [self_key(V(f"{alias}.{quote(c.name)}", c.t)) for c in found]

    same = " AND ".join(f"{a} IS NOT DISTINCT FROM {b}" for a, b in zip(keys("n"), keys("k"), strict=True))
    return (f"SELECT n.* FROM ({rows}) AS n WHERE NOT EXISTS (SELECT 1 FROM {quote(table.physical)} AS k WHERE {same}) "
            f"QUALIFY row_number() OVER (PARTITION BY {', '.join(keys('n'))}) = 1")  # fmt: skip


def _column(interpreter: Interpreter, cursor: Cursor, table: Table, columns: list, keys: list, tests: list) -> None:
    """Read one column."""
    name = cursor.identifier()
    if cursor.take("AS"):
        tree = parse_expression(cursor.until({"PERSISTED", "CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "NOT"}), interpreter.source.text)
        column = Column(name, T("int"), computed=tree)
        cursor.take("PERSISTED")
        cursor.take("NOT", "NULL")
    else:
        t = cursor.data_type()
        column = Column(name, replace(t, label=1) if t.is_string else t)
    while not cursor.done:
        before = cursor.i
        if cursor.take("NOT", "NULL"):
            column = replace(column, nullable=False)
        elif cursor.take("NULL") or cursor.take("SPARSE") or cursor.take("ROWGUIDCOL"):
            pass
        elif cursor.take("COLLATE"):
            column = replace(column, t=replace(column.t, collation=collation_name(cursor.identifier()), label=1))
        elif cursor.take("IDENTITY"):
            seed, step = (1, 1)
            if cursor.kind() == TokenType.L_PAREN:
                at = cursor.i
                parts = ["".join(t.text for t in part) for part in split_commas(cursor.brackets())]
                if len(parts) != 2 or not all(re.fullmatch(r"[+-]?\d+", part) for part in parts):
                    cursor.i = at
                    raise cursor.fail("IDENTITY (seed, increment)")
                seed, step = map(int, parts)
            column = replace(column, identity=(seed, step), nullable=False)
        elif cursor.take("DEFAULT") or (cursor.word() == "CONSTRAINT" and cursor.word(2) == "DEFAULT"):
            label = ""
            if cursor.take("CONSTRAINT"):
                label = cursor.identifier()
                cursor.expect("DEFAULT")
            column = replace(column, default=_default(interpreter, cursor), default_name=label)
        elif column.default is not None and cursor.take("WITH", "VALUES"):
            column = replace(column, nullable=False if not column.nullable else None)  # every row gets it
        elif _constraint(interpreter, cursor, table, keys, tests, name):
            pass
        else:
            raise cursor.fail()
        if cursor.i == before:
            raise cursor.fail()
    columns.append(column)


def _default(interpreter: Interpreter, cursor: Cursor) -> exp.Expression:
    start = cursor.i
    if cursor.word() == "NULL":
        cursor.i += 1
        taken = cursor.tokens[start : cursor.i]
    else:
        cursor.i += 1 if cursor.kind() != TokenType.L_PAREN else 0
        rest = cursor.until(_OPTIONS)
        taken = cursor.tokens[start : start + len(rest) + (cursor.i - start - len(rest))]
    return parse_expression(taken, interpreter.source.text)


# Keys and checks ----------------------------------------------------------------------------


def checks(session: Session, table: Table) -> list[Callable[[], None]]:
    """Return what must hold after a change: unique keys (NULL counts as a value) and CHECKs."""
    out: list[Callable[[], None]] = [_unique(session, table, key) for key in table.keys]
    for name, tree in table.checks:
        out.append(_check(session, table, name, tree))
    return out


def _scope(session: Session, table: Table, binder: object) -> tuple[str, Scope]:
    sql, cols = session.store.source(table, "k", binder)
    return sql, Scope(None, [Source(table.name, cols, "k")])


def _unique(session: Session, table: Table, key: Key, making: bool = False) -> Callable[[], None]:
    def run() -> None:
        binder = session.binder()
        sql, scope = _scope(session, table, binder)
        found = [scope.sources[0].find(name) for name in key.columns]
        parts = ", ".join(self_key(V(c.sql, c.t)) for c in found)
        where = f" WHERE {binder.condition(key.where, scope)}" if key.where is not None else ""
        shown = ", ".join(f"any_value({c.sql})" for c in found)
        row = session.con.execute(
            f"SELECT {shown} FROM {sql}{where} GROUP BY {parts} HAVING count(*) > 1 LIMIT 1"
        ).fetchone()
        if row is None:
            return
        values = ", ".join("<NULL>" if v is None else str(v) for v in row)
        if making:
            raise TSqlError(
                f"The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name "
                f"'{table.label}' and the index name '{key.name}'. The duplicate key value is ({values}).", 1505,
                "SQL Server counts NULL as a value: a unique index takes only one.",
            )  # fmt: skip
        if key.kind == "index":
            raise TSqlError(f"Cannot insert duplicate key row in object '{table.label}' with unique index '{key.name}'. The duplicate key value is ({values}).", 2601)
        raise TSqlError(f"Violation of {key.kind} constraint '{key.name}'. Cannot insert duplicate key in object '{table.label}'. The duplicate key value is ({values}).", 2627)

    return run


def _check(session: Session, table: Table, name: str, tree: exp.Expression) -> Callable[[], None]:
    def run() -> None:
        binder = session.binder()
        sql, scope = _scope(session, table, binder)
        test = binder.condition(tree, scope)
        if session.con.execute(f"SELECT 1 FROM {sql} WHERE NOT {test} LIMIT 1").fetchone():
            raise TSqlError(f"The statement conflicted with the CHECK constraint \"{name}\". The conflict occurred in table \"{table.label}\".", 547)

    return run


# CREATE INDEX, VIEW -------------------------------------------------------------------------


def _index(interpreter: Interpreter, cursor: Cursor, unique: bool) -> int:
    """CREATE INDEX: a unique one is enforced, others change no answer but must name columns."""
    session = interpreter.session
    name = cursor.identifier()
    cursor.expect("ON")
    at = cursor.peek().start
    table = _own_table(session, cursor.name(), at, "CREATE INDEX")
    if cursor.done:  # CREATE CLUSTERED COLUMNSTORE INDEX i ON t
        columns: tuple[str, ...] = ()
    else:
        columns = _key_columns(cursor.brackets()) if cursor.kind() == TokenType.L_PAREN else ()
    included: tuple[str, ...] = ()
    where, ignore = None, False
    while not cursor.done:
        if cursor.take("INCLUDE"):
            included = _key_columns(cursor.brackets())
        elif cursor.take("WHERE"):
            where = parse_expression(cursor.until({"WITH", "ON"}), interpreter.source.text)
        elif cursor.word() in ("WITH", "ON"):
            ignore = _index_tail(cursor) or ignore
        else:
            raise cursor.fail()
    names = [c.name.lower() for c in table.columns]
    _require(columns + included, names, table)
    if name.lower() in (n.lower() for n in (*table.indexes, *(k.name for k in table.keys))):
        raise TSqlError(f"The operation failed because an index or statistics with name '{name}' already exists on table '{table.label}'.", 1913)
    if unique:
        key = Key(name, columns, "index", where, ignore)
        try:
            _unique(session, table, key, making=True)()
        except duckdb.Error as error:
            from .session import translate

            raise translate(error) from error
        changed = replace(table, keys=(*table.keys, key))
    else:
        changed = replace(table, indexes=(*table.indexes, name))
    _put(session, changed)
    return 0


def _own_table(session: Session, parts: list[str], at: int | None, doing: str) -> Table:
    entry = session.store.find(parts)
    if isinstance(entry, Table):
        return entry
    if isinstance(entry, LeoView):
        raise TSqlError(f"{doing} permission denied: {'.'.join(parts)} is a view of LEO, which is read-only.", 262,
                        "Copy what you need with SELECT ... INTO first.", at)  # fmt: skip
    if isinstance(entry, View):
        raise Refused(f"{doing} on a view is not run here.", at=at)
    missing = session.store.missing(parts, at)
    missing.message = f"Cannot find the object \"{'.'.join(parts)}\" because it does not exist or you do not have permissions."
    missing.number = 1088
    raise missing


def _put(session: Session, table: Table) -> None:
    if table.name.startswith("@"):
        session.store.variables[table.name.lower()] = table
        return
    key = (table.database.lower(), table.schema.lower(), table.name.lower())
    session.store.entries = {**session.store.entries, key: table}


def _view(interpreter: Interpreter, statement: Simple, cursor: Cursor, again: bool) -> int:
    session = interpreter.session
    at = cursor.peek().start
    parts = cursor.name()
    (database, schema, _), shown = session.store.writable(parts, at)
    names: tuple[str, ...] = ()
    if cursor.kind() == TokenType.L_PAREN:
        names = _key_columns(cursor.brackets())
    if cursor.take("WITH"):
        while cursor.word() != "AS":
            cursor.i += 1
    cursor.expect("AS")
    tokens = cursor.tokens[cursor.i :]
    if len(tokens) > 3 and [t.text.upper() for t in tokens[-3:]] == ["WITH", "CHECK", "OPTION"]:
        raise Refused("WITH CHECK OPTION is not followed here.")
    tree = parse_query(tokens, interpreter.source.text)
    if tree.args.get("order") and not tree.args.get("limit"):
        raise TSqlError("The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.", 1033)
    old = session.store.find(parts)
    if old is not None and not (again and isinstance(old, View)):
        raise TSqlError(f"There is already an object named '{shown}' in the database.", 2714, at=at)
    if any(t.token_type == TokenType.PARAMETER for t in tokens):
        raise TSqlError("Must declare the scalar variable: a view cannot use variables.", 137, at=at)
    binder = session.binder()
    query = binder.query(tree, None)
    binder._check_names(query, list(names), shown)
    view = View(database, parts[-2] if len(parts) > 1 and parts[-2] else "dbo", shown, tree, names, old.id if old else session.store.next_id())
    session.store.entries = {**session.store.entries, session.store.resolve(parts): view}
    return 0


# ALTER, DROP, TRUNCATE ----------------------------------------------------------------------


def alter(interpreter: Interpreter, statement: Simple) -> int:
    """ALTER TABLE ADD, DROP and ALTER COLUMN; REBUILD and ALTER INDEX change no answer."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    if cursor.take("INDEX"):
        return 0
    if not cursor.take("TABLE"):
        raise Refused(f"ALTER {cursor.word()} is not run here.")
    at = cursor.peek().start
    table = _own_table(session, cursor.name(), at, "ALTER TABLE")
    if cursor.word() in ("REBUILD", "SET", "ENABLE", "DISABLE"):
        return 0
    if cursor.take("WITH"):
        _ = cursor.take("CHECK") or cursor.take("NOCHECK")
    if cursor.take("ADD"):
        return _add(interpreter, cursor, table)
    if cursor.take("DROP"):
        return _drop_parts(session, cursor, table)
    if cursor.take("ALTER", "COLUMN"):
        return _alter_column(interpreter, cursor, table)
    raise Refused(f"ALTER TABLE ... {cursor.word()} is not run here.")


def _rebuild(session: Session, table: Table, columns: dict[str, str]) -> None:
    """Make a table anew from itself: `columns` gives the SQL of each column that is stored."""
    binder = session.binder()
    sql, _ = session.store.source(table, "o", binder)
    shown = ", ".join(columns[c.name] for c in table.columns if c.computed is None)
    register(session, table, f"SELECT {shown} FROM {quote(table.physical)} AS o", keep_id=table.id)


def _add(interpreter: Interpreter, cursor: Cursor, table: Table) -> int:
    session = interpreter.session
    columns, keys, tests = list(table.columns), list(table.keys), list(table.checks)
    old = {c.name for c in columns}
    for part in split_commas(cursor.tokens[cursor.i :]):
        inner = Cursor(part)
        if inner.take("CONSTRAINT") and inner.word(1) == "DEFAULT":
            label = inner.identifier()
            inner.expect("DEFAULT")
            tree = _default(interpreter, inner)
            inner.expect("FOR")
            target = inner.identifier().lower()
            _require((target,), [c.name.lower() for c in columns], table)
            columns = [
                replace(c, default=tree, default_name=label) if c.name.lower() == target else c
                for c in columns
            ]
            continue
        inner.i = 0
        inner.take("COLUMN")
        if not _constraint(interpreter, inner, table, keys, tests):
            _column(interpreter, inner, table, columns, keys, tests)
    names = [c.name.lower() for c in columns]
    for name in names:
        if names.count(name) > 1:
            raise TSqlError(f"Column names in each table must be unique. Column name '{name}' in table '{table.name}' is specified more than once.", 2705)
    for key in keys:
        _require(key.columns, names, table)
    for key in keys[len(table.keys) :]:
        for c in columns:
            if key.kind == "PRIMARY KEY" and c.nullable and c.computed is None and c.name.lower() in [n.lower() for n in key.columns]:
                raise TSqlError(f"Cannot define PRIMARY KEY constraint on nullable column in table '{table.name}'.", 8111)
    changed = _typed(interpreter, replace(table, columns=tuple(columns), keys=tuple(keys), checks=tuple(tests)))
    binder = session.binder()
    sqls = {}
    for c in changed.columns:
        if c.name in old:
            sqls[c.name] = f"o.{quote(c.name)}"
        elif c.identity:
            seed, step = c.identity
            sqls[c.name] = f"CAST({seed} + {step} * (row_number() OVER () - 1) AS {c.t.duck})"
        elif c.default is not None and not c.nullable:
            sqls[c.name] = binder.convert(binder.expr(c.default, Scope()), c.t, "assign").sql
        else:
            sqls[c.name] = f"CAST(NULL AS {c.t.duck})"
    changed = replace(changed, columns=tuple(replace(c, nullable=c.nullable is not False) for c in changed.columns))
    for key in changed.keys[len(table.keys) :]:
        if {n.lower() for n in key.columns} <= {n.lower() for n in old}:
            _unique(session, replace(changed, physical=table.physical, columns=table.columns), key, making=True)()
    _rebuild(session, changed, sqls)
    for c in changed.columns:
        if c.identity and c.name not in old:
            count = session.fetch(f"SELECT count(*) FROM {quote(session.store.find([changed.database, changed.schema, changed.name]).physical)}")[0][0]
            session.identities[table.id] = c.identity[0] + c.identity[1] * count
    return 0


def _drop_parts(session: Session, cursor: Cursor, table: Table) -> int:
    kind = "CONSTRAINT"
    columns, keys, tests = table.columns, table.keys, table.checks
    for part in split_commas(cursor.tokens[cursor.i :]):
        inner = Cursor(part)
        kind = "COLUMN" if inner.take("COLUMN") else "CONSTRAINT" if inner.take("CONSTRAINT") else kind
        lenient = inner.take("IF", "EXISTS")
        name = inner.identifier().lower()
        if kind == "COLUMN":
            if not any(c.name.lower() == name for c in columns):
                if lenient:
                    continue
                raise TSqlError(f"ALTER TABLE DROP COLUMN failed because column '{name}' does not exist in table '{table.name}'.", 4924)
            if any(name in (n.lower() for n in k.columns) for k in keys):
                raise TSqlError(f"ALTER TABLE DROP COLUMN {name} failed because one or more objects access this column.", 4922, "Drop the key or index first.")
            columns = tuple(c for c in columns if c.name.lower() != name)
        else:
            known = {k.name.lower() for k in keys} | {n.lower() for n, _ in tests}
            known |= {c.default_name.lower() for c in columns if c.default_name}
            if name not in known and not lenient:
                raise TSqlError(f"'{name}' is not a constraint.", 3728)
            keys = tuple(k for k in keys if k.name.lower() != name)
            tests = tuple(t for t in tests if t[0].lower() != name)
            columns = tuple(
                replace(c, default=None, default_name="") if c.default_name.lower() == name else c
                for c in columns
            )
    changed = replace(table, columns=columns, keys=keys, checks=tests)
    if [c.name for c in columns] == [c.name for c in table.columns]:
        _put(session, changed)
        return 0
    _rebuild(session, changed, {c.name: f"o.{quote(c.name)}" for c in columns})
    return 0


def _alter_column(interpreter: Interpreter, cursor: Cursor, table: Table) -> int:
    session = interpreter.session
    name = cursor.identifier()
    old = table.column(name)
    if old is None:
        raise TSqlError(f"ALTER TABLE ALTER COLUMN failed because column '{name}' does not exist in table '{table.name}'.", 4924)
    t = cursor.data_type()
    t = replace(t, label=1) if t.is_string else t
    nullable = True
    while not cursor.done:
        if cursor.take("COLLATE"):
            t = replace(t, collation=collation_name(cursor.identifier()))
        elif cursor.take("NOT", "NULL"):
            nullable = False
        elif not cursor.take("NULL"):
            raise cursor.fail()
    new = replace(old, t=t, nullable=nullable)
    changed = replace(table, columns=tuple(new if c is old else c for c in table.columns))
    binder = session.binder()
    sqls = {c.name: f"o.{quote(c.name)}" for c in table.columns}
    sqls[new.name] = binder.convert(V(sqls[new.name], old.t), replace(t, collation="", label=0), "assign").sql
    _rebuild(session, changed, sqls)
    return 0


def rename_column(session: Session, table: Table, old: str, new: str) -> None:
    """Give a column another name, in keys too."""
    sqls = {}
    columns = []
    for c in table.columns:
        renamed = replace(c, name=new) if c.name.lower() == old.lower() else c
        sqls[renamed.name] = f"o.{quote(c.name)}"
        columns.append(renamed)
    keys = tuple(replace(k, columns=tuple(new if n.lower() == old.lower() else n for n in k.columns)) for k in table.keys)
    _rebuild(session, replace(table, columns=tuple(columns), keys=keys), sqls)


def drop(interpreter: Interpreter, statement: Simple) -> int:
    """DROP TABLE, VIEW, INDEX or SCHEMA, with IF EXISTS."""
    session, store = interpreter.session, interpreter.session.store
    cursor = Cursor(statement.tokens, 1)
    kind = cursor.word()
    if kind not in ("TABLE", "VIEW", "INDEX", "SCHEMA", "STATISTICS"):
        raise Refused(f"DROP {kind} is not run here.")
    cursor.i += 1
    lenient = cursor.take("IF", "EXISTS")
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
            raise TSqlError(f"Cannot drop the {kind.lower()} '{'.'.join(parts)}', because it does not exist or you do not have permission.", 3701, "Write drop table if exists.", at)
        store.entries = {k: e for k, e in store.entries.items() if e is not entry}
    if not session.snapshots:
        session.collect()
    return 0


def _drop_schema(session: Session, name: str, lenient: bool) -> None:
    key = (session.database.lower(), name.lower())
    if key not in session.store.schemas:
        if lenient:
            return
        raise TSqlError(f"Cannot drop the schema '{name}', because it does not exist or you do not have permission.", 15151)
    session.store.schemas = dict(session.store.schemas)
    session.store.drop_schema(*key)


def _drop_index(session: Session, cursor: Cursor, parts: list[str], lenient: bool) -> None:
    name = parts[-1]
    if cursor.take("ON"):
        table = session.store.find(cursor.name())
    else:
        table = session.store.find(parts[:-1])
    held = isinstance(table, Table) and any(n.lower() == name.lower() for n in (*table.indexes, *(k.name for k in table.keys if k.kind == "index")))
    if not held:
        if lenient:
            return
        raise TSqlError(f"Cannot drop the index '{name}', because it does not exist or you do not have permission.", 3701)
    _put(session, replace(table, indexes=tuple(n for n in table.indexes if n.lower() != name.lower()), keys=tuple(k for k in table.keys if k.kind != "index" or k.name.lower() != name.lower())))


def truncate(interpreter: Interpreter, statement: Simple) -> int:
    """TRUNCATE TABLE empties a table and begins its identity again."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    cursor.expect("TABLE")
    at = cursor.peek().start
    table = session.own_copy(_own_table(session, cursor.name(), at, "TRUNCATE TABLE"))
    session.execute(f"DELETE FROM {quote(table.physical)}")
    for column in table.columns:
        if column.identity:
            session.identities[table.id] = column.identity[0]
    return 0
