"""Functions that ask the server: OBJECT_ID and its like, @@ROWCOUNT, the error that was caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .errors import Refused, sql_error
from .fetching import status_of
from .sqltypes import T, decimal, parse_type
from .store import Table
from .value import V, literal

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope
from .arguments import text

__all__ = [
    "col_length",
    "cursor_status",
    "db_id",
    "error_fact",
    "identity_column",
    "identity_fact",
    "known",
    "name_value",
    "named_by_number",
    "numbered",
    "object_id",
    "object_property",
    "random_value",
    "schema_id",
    "server_name",
    "server_variable",
]


INT, FLOAT = T("int"), T("float")


def known(b: Queries, arg: exp.Expression, scope: Scope) -> str | None:
    """Return a text argument that must be known before the statement runs."""
    v = b.expr(arg, scope)
    if v.t.name == "null":
        return None
    if isinstance(v.const, str):
        return v.const
    if any(f"{s.alias}." in v.sql for part in scope.chain() for s in part.sources):
        raise Refused("A name that comes from a column is not looked up here.",
                      "Put it in a variable, one name at a time.", b.at)  # fmt: skip
    return b.session.evaluate(text(b, v).sql)


def object_id(b: Queries, args: list, scope: Scope) -> V:
    """OBJECT_ID says whether a table or view is there (page "OBJECT_ID")."""
    name = known(b, args[0], scope)
    kind = known(b, args[1], scope) if len(args) > 1 else None
    return _id(None if name is None else b.session.object_id(name, kind))


def _id(value: int | None) -> V:
    return V("CAST(NULL AS INTEGER)" if value is None else str(value), INT, value)


def schema_id(b: Queries, args: list, scope: Scope) -> V:
    """SCHEMA_ID says whether a schema is there."""
    name = known(b, args[0], scope) if args else None
    return _id(None if args and name is None else b.session.schema_id(name))


def db_id(b: Queries, args: list, scope: Scope) -> V:
    """DB_ID says whether a database is there."""
    name = known(b, args[0], scope) if args else b.session.database
    return _id(b.session.db_id(name or ""))


def col_length(b: Queries, args: list, scope: Scope) -> V:
    """COL_LENGTH says whether a column is there, and how many bytes it has."""
    table, column = (known(b, arg, scope) for arg in args)
    value = b.session.col_length(table or "", column or "")
    return V(f"CAST({'NULL' if value is None else value} AS SMALLINT)", T("smallint"))


def identity_fact(kind: str):
    """Return the rule of IDENT_CURRENT and its like (page "IDENT_CURRENT")."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        value = b.session.identity_facts(known(b, args[0], scope) or "").get(kind)
        return _cast_const("NULL" if value is None else str(value), decimal(38, 0))

    return rule


def cursor_status(b: Queries, args: list, scope: Scope) -> V:
    """CURSOR_STATUS says whether a cursor is there, and open."""
    where, name = (known(b, arg, scope) or "" for arg in args)
    value = status_of(b.session, where, name)
    return V(f"CAST({value} AS SMALLINT)", T("smallint"), value)


def name_value(value: str | None) -> V:
    """Return a text that the server gives, or NULL."""
    if value is None:
        return V("CAST(NULL AS VARCHAR)", T("nvarchar", 128))
    return V(literal(value), T("nvarchar", 128), value)


def server_name(shown: str):
    """Return the rule of a name that every server and user has otherwise: here it is leo."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        b.note(f"{shown} is leo here; inside it names the server's own user, machine or version.")
        return name_value("leo")

    return rule


def named_by_number(kind: str):
    """Return the rule of SCHEMA_NAME, DB_NAME, OBJECT_NAME and their like."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        if not args:
            held = {"database": b.session.database, "user": "dbo"}
            own = b.session.store.default_schema(b.session.database)
            return name_value(held.get(kind, own))
        where = b.expr(args[1], scope) if len(args) > 1 else None
        if where is not None and not isinstance(where.const, int):
            raise Refused("A database number that is computed is not run here.",
                          "Write DB_ID('name').", b.at)  # fmt: skip
        names = b.session.names_by_number(kind, None if where is None else where.const)
        v = b.expr(args[0], scope)
        if isinstance(v.const, int):
            return name_value(names.get(v.const))
        x = b.convert(v, INT).sql
        cases = " ".join(f"WHEN {i} THEN {literal(name)}" for i, name in names.items())
        return V(f"CASE {x} {cases} END" if cases else "CAST(NULL AS VARCHAR)", T("nvarchar", 128))

    return rule


def object_property(b: Queries, args: list, scope: Scope) -> V:
    """OBJECTPROPERTY says whether a number is a table's or a view's (page "OBJECTPROPERTY")."""
    store, wanted = b.session.store, (known(b, args[1], scope) or "").lower()
    kinds = {"isusertable": True, "istable": True, "isview": False}
    if wanted not in kinds:
        raise Refused(f"The property {wanted} of an object is not looked up here.",
                      "IsUserTable, IsTable and IsView are.", b.at)  # fmt: skip
    found = store.listed(store.resolve(["x"])[0])
    cases = " ".join(f"WHEN {e.id} THEN {isinstance(e, Table) is kinds[wanted]:d}" for e in found)
    x = b.convert(b.expr(args[0], scope), INT).sql
    return V(f"CASE {x} {cases} END" if cases else "CAST(NULL AS INTEGER)", INT)


def error_fact(field: str):
    """Return the rule of ERROR_NUMBER() and its like."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        error = b.session.caught
        value = None if error is None else getattr(error, field)
        if field == "line" and error is not None:
            value = error.own_line or value
        if field == "message":
            return (
                name_value(value)
                if value is None
                else V(literal(value), T("nvarchar", 4000), value)
            )
        return _id(value)

    return rule


def _cast_const(value: str, t: T) -> V:
    return V(f"CAST({value} AS {t.duck})", t)


def server_variable(b: Queries, name: str) -> V:
    """Translate @@ROWCOUNT and its like."""
    s = b.session
    numbers = {"rowcount": s.rowcount, "trancount": s.trancount, "error": s.error_number,
               "datefirst": s.datefirst, "fetch_status": s.cursors.status}  # fmt: skip
    if name in numbers:
        return V(str(numbers[name]), INT, numbers[name])
    if name == "identity":
        return _cast_const("NULL" if s.identity is None else str(s.identity), decimal(38, 0))
    if name in ("servername", "version", "servicename"):
        return server_name(f"@@{name.upper()}")(b, [], None)
    if name == "nestlevel":
        return V(str(s.nesting), INT, s.nesting)
    raise Refused(f"@@{name} is not known here.", "", b.at)


def random_value(name: str):
    """Return the rule that refuses a function of chance."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        raise Refused(f"{name} draws other values on every run, so no answer can be compared.",
                      "Sample by a column, such as a hash of a key.", b.at)  # fmt: skip

    return rule


def identity_column(b: Queries, args: list, scope: Scope) -> V:
    """IDENTITY(type, seed, step) numbers the rows of SELECT ... INTO."""
    if not b.makes_table:
        raise sql_error(177, step="Use ROW_NUMBER() to number what you only look at.")
    seed, step = (b.constant(b.expr(arg, scope)) for arg in args[1:]) if len(args) == 3 else (1, 1)
    t = parse_type(args[0].name, [])
    if t.s or not (t.is_integer or t.name == "decimal") or t.name == "bit":
        raise sql_error(2749, "IDENTITY")
    return numbered(t, (seed, step), "")


def numbered(t: T, identity: tuple[int, int], by: str) -> V:
    """Number the rows of SELECT ... INTO from a seed by a step, in an order or as they stand."""
    seed, step = identity
    number = f"CAST({seed} + {step} * (row_number() OVER ({by}) - 1) AS {t.duck})"
    return V(number, t, firm=True, identity=identity, numbers=True)
