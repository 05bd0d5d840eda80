"""ALTER TABLE: a changed table is made anew from itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from .cursor import Cursor, split_commas
from .definitions import constraint, default_of, finished, read_column, require
from .errors import Refused, TSqlError, sql_error
from .literals import collation_name
from .scope import Scope
from .sqltypes import T
from .store import Column, Table
from .tables import own_table, padded, put, register, unique_key
from .value import V, quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .session import Session

__all__ = ["alter", "rebuild", "rename_column"]


def alter(interpreter: Interpreter, statement: Simple) -> int:
    """ALTER TABLE ADD, DROP and ALTER COLUMN; REBUILD and ALTER INDEX change no answer."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    if cursor.take("INDEX"):
        return 0
    if not cursor.take("TABLE"):
        raise Refused(f"ALTER {cursor.word()} is not run here.")
    at = cursor.start
    table = own_table(session, cursor.name(), at, "ALTER TABLE")
    if cursor.word() in ("REBUILD", "SET", "ENABLE", "DISABLE"):
        return 0
    if cursor.take("CHECK", "CONSTRAINT"):
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


def _again(session: Session, table: Table) -> Table:
    return session.store.find([table.database, table.schema, table.name])


def rebuild(session: Session, table: Table, columns: dict[str, str]) -> None:
    """Make a table anew from itself: `columns` gives the SQL of each column that is stored."""
    shown = ", ".join(columns[c.name] for c in table.columns if c.computed is None)
    try:
        register(
            session, table, f"SELECT {shown} FROM {quote(table.physical)} AS o", keep_id=table.id
        )
    except TSqlError as error:
        if error.number == 515:  # the table made anew has no name yet
            name = session.store.full_name(table)
            error.message = error.message.replace("table ''", f"table '{name}'")
            error.message = error.message.replace("INSERT fails", "UPDATE fails")
        raise


def _add(interpreter: Interpreter, cursor: Cursor, table: Table) -> int:
    session = interpreter.session
    columns, keys, tests = list(table.columns), list(table.keys), list(table.checks)
    old = {c.name for c in columns}
    for part in split_commas(cursor.tokens[cursor.i :]):
        inner = Cursor(part)
        named = inner.take("CONSTRAINT")
        if inner.word(named) == "DEFAULT":
            label = inner.identifier() if named else ""
            inner.expect("DEFAULT")
            tree = default_of(interpreter, inner)
            inner.expect("FOR")
            target = inner.identifier().lower()
            require((target,), [c.name.lower() for c in columns], table)
            _may_have_default(next(c for c in columns if c.name.lower() == target), table)
            columns = [
                replace(c, default=tree, default_name=label) if c.name.lower() == target else c
                for c in columns
            ]
            continue
        inner.i = 0
        inner.take("COLUMN")
        if not constraint(interpreter, inner, table, keys, tests):
            read_column(interpreter, inner, table, columns, keys, tests)
    for key in keys[len(table.keys) :]:
        if sum(k.kind == "PRIMARY KEY" for k in keys) > 1:
            raise sql_error(1779, table.name)
        if key.kind == "PRIMARY KEY":  # a new column of it is NOT NULL, as in CREATE TABLE
            new = {n.lower() for n in key.columns} - {n.lower() for n in old}
            columns = [
                replace(c, nullable=c.nullable and c.name.lower() not in new) for c in columns
            ]
        for c in columns:
            if (
                key.kind == "PRIMARY KEY"
                and c.nullable
                and c.computed is None
                and c.name.lower() in [n.lower() for n in key.columns]
            ):
                raise sql_error(8111, table.name)
    padded(session, [c for c in columns if c.name not in old])
    changed = finished(interpreter, table, columns, keys, tests)
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
            old_row = f"SELECT 1 FROM {quote(table.physical)} LIMIT 1"
            if not c.nullable and c.computed is None and session.fetch(old_row):
                raise sql_error(4901, c.name, table.name)
            sqls[c.name] = f"CAST(NULL AS {c.t.duck})"
    changed = replace(
        changed,
        columns=tuple(replace(c, nullable=c.nullable is not False) for c in changed.columns),
    )
    for key in changed.keys[len(table.keys) :]:
        if {n.lower() for n in key.columns} <= {n.lower() for n in old}:
            unique_key(
                session,
                replace(changed, physical=table.physical, columns=table.columns),
                key,
                making=True,
            )()
    rebuild(session, changed, sqls)
    for c in changed.columns:
        if c.identity and c.name not in old:
            count = session.fetch(
                f"SELECT count(*) FROM {quote(_again(session, changed).physical)}"
            )[0][0]
            session.identities[table.id] = c.identity[0] + c.identity[1] * count
    return 0


def _may_have_default(column: Column, table: Table) -> None:
    """Raise what SQL Server would if a default cannot be added to a column."""
    for number, reason in (
        (1752, column.computed), (1754, column.identity), (1781, column.default)
    ):  # fmt: skip
        if reason is not None:
            raise sql_error(number, column.name, table.name)


def _drop_parts(session: Session, cursor: Cursor, table: Table) -> int:
    kind = "CONSTRAINT"
    columns, keys, tests = table.columns, table.keys, table.checks
    dropped = {t.text.lower() for t in cursor.tokens[cursor.i :]}
    for part in split_commas(cursor.tokens[cursor.i :]):
        inner = Cursor(part)
        kind = (
            "COLUMN" if inner.take("COLUMN") else "CONSTRAINT" if inner.take("CONSTRAINT") else kind
        )
        lenient = inner.take("IF", "EXISTS")
        name = inner.identifier().lower()
        if kind == "COLUMN":
            if not any(c.name.lower() == name for c in columns):
                if lenient:
                    continue
                raise TSqlError(
                    f"ALTER TABLE DROP COLUMN failed because column '{name}' does "
                    f"not exist in table '{table.name}'.",
                    4924,
                )
            now = replace(table, columns=columns, keys=keys, checks=tests)
            held = [who for who, _ in dependents(now, name) if who.lower() not in dropped]
            if held:
                raise sql_error(4922, name, step=f"Drop {' and '.join(held)} first.")
            columns = tuple(c for c in columns if c.name.lower() != name)
        else:
            known = {k.name.lower() for k in keys} | {n.lower() for n, _ in tests}
            known |= {c.default_name.lower() for c in columns if c.default_name}
            if name not in known and not lenient:
                raise sql_error(3728, name)
            keys = tuple(k for k in keys if k.name.lower() != name)
            tests = tuple(t for t in tests if t[0].lower() != name)
            columns = tuple(
                replace(c, default=None, default_name="") if c.default_name.lower() == name else c
                for c in columns
            )
    changed = replace(table, columns=columns, keys=keys, checks=tests)
    if [c.name for c in columns] == [c.name for c in table.columns]:
        put(session, changed)
        return 0
    rebuild(session, changed, {c.name: f"o.{quote(c.name)}" for c in columns})
    return 0


def _alter_column(interpreter: Interpreter, cursor: Cursor, table: Table) -> int:
    session = interpreter.session
    name = cursor.identifier()
    old = table.column(name)
    if old is None:
        raise TSqlError(
            f"ALTER TABLE ALTER COLUMN failed because column '{name}' does not "
            f"exist in table '{table.name}'.",
            4924,
        )
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
    free = _may_stay(old.t, t)
    held = [who for who, kind in dependents(table, name) if kind not in free]
    if held:
        raise TSqlError(
            f"ALTER TABLE ALTER COLUMN {name} failed because one or more objects access this "
            "column.", 4922, f"Drop {' and '.join(held)} first.",
        )  # fmt: skip
    new = replace(old, t=t, nullable=nullable)
    changed = replace(table, columns=tuple(new if c is old else c for c in table.columns))
    binder = session.binder()
    sqls = {c.name: f"o.{quote(c.name)}" for c in table.columns}
    sqls[new.name] = binder.convert(
        V(sqls[new.name], old.t), replace(t, collation="", label=0), "assign"
    ).sql
    rebuild(session, changed, sqls)
    return 0


def dependents(table: Table, name: str) -> list[tuple[str, str]]:
    """Return name and kind of all that holds on to a column, so that it cannot be dropped."""
    low = name.lower()

    def uses(tree: exp.Expression | None) -> bool:
        return tree is not None and any(
            i.name.lower() == low for i in tree.find_all(exp.Identifier)
        )

    column = table.column(name)
    found = [(k.name, k.kind) for k in table.keys
             if low in map(str.lower, k.columns) or uses(k.where)]  # fmt: skip
    found += [(i.name, "index") for i in table.indexes if low in map(str.lower, i.columns)]
    found += [(check, "check") for check, tree in table.checks if uses(tree)]
    found += [(c.name, "computed") for c in table.columns if c is not column and uses(c.computed)]
    if column.default is not None:
        found.append((column.default_name or "its default", "default"))
    return found


def _may_stay(old: T, new: T) -> set[str]:
    """Return what does not keep a column from its new type (page "ALTER TABLE")."""
    if old.name != new.name:
        return set()
    longer = new.n is None or (old.n is not None and new.n >= old.n)
    varies = old.name in ("varchar", "nvarchar", "varbinary")
    return {"default"} | ({"index", "check", "UNIQUE KEY"} if varies and longer else set())


def rename_column(session: Session, table: Table, old: str, new: str) -> None:
    """Give a column another name, in keys too."""
    sqls = {}
    columns = []
    for c in table.columns:
        renamed = replace(c, name=new) if c.name.lower() == old.lower() else c
        sqls[renamed.name] = f"o.{quote(c.name)}"
        columns.append(renamed)
    keys = tuple(
        replace(k, columns=tuple(new if n.lower() == old.lower() else n for n in k.columns))
        for k in table.keys
    )
    indexes = tuple(
        i._replace(columns=tuple(new if n.lower() == old.lower() else n for n in i.columns))
        for i in table.indexes
    )
    rebuild(session, replace(table, columns=tuple(columns), keys=keys, indexes=indexes), sqls)
