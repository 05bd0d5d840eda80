"""Tables in DuckDB: how they are made and replaced, and what keys and checks make of the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from .duck import float_overflow
from .errors import Refused, TSqlError, sql_error
from .keys import self_key
from .scope import Scope, Source
from .sqltypes import FLOATS
from .store import Column, Key, LeoView, Table, View
from .value import V, quote

if TYPE_CHECKING:
    from .session import Session

__all__ = [
    "checks",
    "create_sql",
    "own_table",
    "padded",
    "put",
    "register",
    "require_free",
    "unique_key",
    "without_duplicates",
]

#: The largest float; a comparison with it is settled by DuckDB's statistics of the column.
_MAX = "CAST('1.7976931348623157e308' AS DOUBLE)"


def register(session: Session, table: Table, fill: str | None = None, keep_id: int = 0) -> int:
    """Make a table in DuckDB and give it its name; `fill` is a query whose columns are its own."""
    if not keep_id:
        padded(session, table.columns)
    table = replace(table, physical=session.new_physical(), id=keep_id or session.store.next_id())
    steps: list = [create_sql(table)]
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


def padded(session: Session, columns: Iterable[Column]) -> None:
    """Refuse new columns that would lose their trailing blanks."""
    if not session.padding and any(c.t.name in ("char", "varchar") for c in columns):
        raise Refused(
            "char or varchar columns that are made under SET ANSI_PADDING OFF are not run here.",
            "Write SET ANSI_PADDING ON before it.",
        )


def create_sql(table: Table) -> str:
    """Return the CREATE TABLE that DuckDB runs."""
    lines = [
        f"{quote(c.name)} {c.t.duck}{'' if c.nullable else ' NOT NULL'}"
        for c in table.columns if c.computed is None
    ]  # fmt: skip
    if not lines:
        raise sql_error(1709)
    return f"CREATE TABLE {quote(table.physical)} ({', '.join(lines)})"


def without_duplicates(session: Session, table: Table, key: Key, rows: str) -> str:
    """Return new rows without those whose key is there already, as IGNORE_DUP_KEY does."""

    def keys(alias: str) -> list[str]:
        found = [table.column(name) for name in key.columns]
        return [self_key(V(f"{alias}.{quote(c.name)}", c.t)) for c in found]

    same = " AND ".join(
        f"{a} IS NOT DISTINCT FROM {b}" for a, b in zip(keys("n"), keys("k"), strict=True)
    )
    return (f"SELECT n.* FROM ({rows}) AS n WHERE NOT EXISTS (SELECT 1 FROM "
f"{quote(table.physical)} AS k WHERE {same}) "
            f"QUALIFY row_number() OVER (PARTITION BY {', '.join(keys('n'))}) = 1")  # fmt: skip


def checks(session: Session, table: Table) -> list[Callable[[], None]]:
    """Return what must hold after a change: keys (NULL counts as a value), CHECKs, no infinity."""
    out: list[Callable[[], None]] = [unique_key(session, table, key) for key in table.keys]
    out.append(_finite(session, table))
    for name, tree in table.checks:
        out.append(_check(session, table, name, tree))
    return out


def _scope(session: Session, table: Table, binder: object) -> tuple[str, Scope]:
    sql, cols = session.store.source(table, "k", binder)
    return sql, Scope(None, [Source(table.name, cols, "k")])


def unique_key(
    session: Session, table: Table, key: Key, making: bool = False
) -> Callable[[], None]:
    """Return the check that a key is unique."""

    def run() -> None:
        binder = session.binder()
        sql, scope = _scope(session, table, binder)
        found = [scope.sources[0].find(name) for name in key.columns]
        parts = ", ".join(self_key(V(c.sql, c.t)) for c in found)
        where = f" WHERE {binder.condition(key.where, scope)}" if key.where is not None else ""
        shown = ", ".join(f"any_value({c.sql})" for c in found)
        twice = session.fetch(
            f"SELECT {shown} FROM {sql}{where} GROUP BY {parts} HAVING count(*) > 1 LIMIT 1"
        )
        if not twice:
            return
        (row,) = twice
        values = ", ".join(map(_shown, row))
        if making:
            raise sql_error(
                1505,
                table.label,
                key.name,
                values,
                step="SQL Server counts NULL as a value: a unique index takes only one.",
            )
        if key.kind == "index":
            raise sql_error(2601, table.label, key.name, values)
        raise sql_error(2627, key.kind, key.name, table.label, values)

    return run


def _shown(value: object) -> str:
    """Write a value of a key as SQL Server's errors do."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return "<NULL>" if value is None else str(int(value) if isinstance(value, bool) else value)


def _finite(session: Session, table: Table) -> Callable[[], None]:
    """Return the check that no float has overflowed: DuckDB goes on to infinity."""
    floats = [quote(c.name) for c in table.columns if c.computed is None and c.t.name in FLOATS]
    beyond = " OR ".join(f"{name} > {_MAX} OR {name} < -{_MAX}" for name in floats)

    def run() -> None:
        query = f"SELECT 1 FROM {quote(table.physical)} WHERE {beyond} LIMIT 1"
        if floats and session.fetch(query):
            raise float_overflow()

    return run


def _check(session: Session, table: Table, name: str, tree: exp.Expression) -> Callable[[], None]:
    def run() -> None:
        binder = session.binder()
        sql, scope = _scope(session, table, binder)
        test = binder.condition(tree, scope)
        if session.fetch(f"SELECT 1 FROM {sql} WHERE NOT {test} LIMIT 1"):
            named = {c.name.lower(): c.name for c in table.columns}
            used = {named[i.name.lower()] for i in tree.find_all(exp.Identifier)
                    if i.name.lower() in named}  # fmt: skip
            column = f", column '{used.pop()}'" if len(used) == 1 else ""
            verb = "ALTER TABLE" if session.verb == "ALTER" else session.verb
            database = session.store.databases.get(table.database, table.database)
            raise sql_error(547, verb, name, database, f"{table.schema}.{table.name}", column)

    return run


def require_free(session: Session, parts: list[str], shown: str, at: int | None = None) -> None:
    """Raise error 2714 if something has the name of a new table."""
    if session.store.find(parts) is None:
        return
    if shown[:2] != "##" and session.store.resolve(parts) in session.around:
        raise Refused(
            f"EXEC makes a table {shown} of its own beside the one around it, which is not run "
            "here.",
            "Give it another name.",
            at,
        )
    step = f"Write drop table if exists {'.'.join(parts)} first."
    raise sql_error(2714, shown, step=step, at=at)


def own_table(session: Session, parts: list[str], at: int | None, doing: str) -> Table:
    """Return a table of the script's own, or raise what SQL Server would."""
    entry = session.store.find(parts)
    if isinstance(entry, Table):
        return entry
    if isinstance(entry, LeoView):
        raise TSqlError(f"{doing} permission denied: {'.'.join(parts)} is a view of LEO, which is "
"read-only.", 262,
                        "Copy what you need with SELECT ... INTO first.", at)  # fmt: skip
    if isinstance(entry, View):
        raise Refused(f"{doing} on a view is not run here.", at=at)
    missing = session.store.missing(parts, at)
    missing.message = (
        f'Cannot find the object "{".".join(parts)}" because it does not exist or you '
        "do not have permissions."
    )
    missing.number = {"ALTER TABLE": 4902, "TRUNCATE TABLE": 4701}.get(doing, 1088)
    raise missing


def put(session: Session, table: Table) -> None:
    """Replace what stands under a table's name."""
    if table.name.startswith("@"):
        session.store.variables[table.name.lower()] = table
        return
    key = (table.database.lower(), table.schema.lower(), table.name.lower())
    session.store.entries = {**session.store.entries, key: table}
