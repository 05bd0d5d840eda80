"""T-SQL's functions by name: each says its arguments, its DuckDB form and its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from . import aggregates, dates
from .arguments import text, values_of
from .errors import Refused, TSqlError, sql_error
from .foreign import ELSEWHERE
from .numeric import keep_type, log, power, round_number
from .server import (
    col_length,
    cursor_status,
    db_id,
    error_fact,
    identity_column,
    identity_fact,
    name_value,
    named_by_number,
    object_id,
    object_property,
    random_value,
    schema_id,
    server_name,
    server_variable,
)
from .sqltypes import NULL, T, unify
from .texts import (
    charindex,
    concat,
    concat_ws,
    datalength,
    formatmessage,
    hash_bytes,
    parsename,
    patindex,
    quotename,
    replace_text,
)
from .value import V

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = [
    "BARE",
    "FUNCTIONS",
    "SIMPLE",
    "call",
    "choose",
    "coalesce",
    "greatest",
    "iif",
    "isnull",
    "nullif",
]


INT, BIGINT, FLOAT, BIT = T("int"), T("bigint"), T("float"), T("bit")
#: Functions that are written without brackets.
BARE = {"current_timestamp", "user", "system_user", "session_user", "current_user"}
window, within_group = aggregates.window, aggregates.within_group

#: name: kinds of the arguments (s text, i whole number, f float), DuckDB form, type of the result
#: (v: varchar of the first argument's length, m: varchar(max) or 8000).
SIMPLE: dict[str, tuple[str, str, T | str]] = {
    "len": ("s", "t_len({0})", INT),
    "upper": ("s", "t_upper({0})", "v"),
    "lower": ("s", "lower({0})", "v"),
    "ltrim": ("s", "ltrim({0}, ' ')", "v"),
    "rtrim": ("s", "rtrim({0}, ' ')", "v"),
    "trim": ("s", "trim({0}, ' ')", "v"),
    "reverse": ("s", "reverse({0})", "v"),
    "ascii": ("s", "CASE WHEN {0} <> '' THEN ascii({0}) END", INT),
    "unicode": ("s", "CASE WHEN {0} <> '' THEN unicode({0}) END", INT),
    "char": ("i", "CASE WHEN {0} BETWEEN 1 AND 255 THEN chr({0}::INTEGER) END", T("char", 1)),
    "nchar": ("i", "CASE WHEN {0} BETWEEN 1 AND 65535 THEN chr({0}::INTEGER) END", T("nchar", 1)),
    "space": ("i", "CASE WHEN {0} >= 0 THEN repeat(' ', least({0}, 8000)) END", T("varchar", 8000)),
    "replicate": ("si", "CASE WHEN {1} >= 0 THEN repeat({0}, {1}) END", "m"),
    "left": ("si", "t_left({0}, {1})", "v"),
    "right": ("si", "t_right({0}, {1})", "v"),
    "substring": ("sii", "t_substring({0}, {1}, {2})", "v"),
    "stuff": ("siis", "t_stuff({0}, {1}, {2}, {3})", "m"),
    "str": ("fii", "t_str({0}, {1}, {2})", T("varchar", 8000)),
    "isnumeric": ("s", "t_isnumeric({0})", INT),
    "sqrt": ("f", "sqrt({0})", FLOAT),
    "exp": ("f", "exp({0})", FLOAT),
    "log10": ("f", "log10({0})", FLOAT),
    "square": ("f", "({0} * {0})", FLOAT),
    "sin": ("f", "sin({0})", FLOAT),
    "cos": ("f", "cos({0})", FLOAT),
    "cot": ("f", "cot({0})", FLOAT),
    "tan": ("f", "tan({0})", FLOAT),
    "asin": ("f", "asin({0})", FLOAT),
    "acos": ("f", "acos({0})", FLOAT),
    "atan": ("f", "atan({0})", FLOAT),
    "atn2": ("ff", "atan2({0}, {1})", FLOAT),
    "pi": ("", "pi()", FLOAT),
    "translate": ("sss", "t_translate({0}, {1}, {2})", "v"),
}
_DEFAULTS = {"str": ["10", "0"]}


def _as(b: Queries, v: V, kind: str) -> V:
    if kind == "s":
        return text(b, v)
    want = INT if kind == "i" else FLOAT
    if kind == "i" and v.t.name == "bigint":
        return v
    return v if v.t.name == want.name else b.convert(v, want)


def unknown(name: str, at: int | None) -> TSqlError:
    """Return what to say of a function: SQL Server has none of this name, or it is not run here."""
    if name in ELSEWHERE:
        return sql_error(195, name, step=f"SQL Server has {ELSEWHERE[name]}.", at=at)
    return Refused(f"The function {name.upper()} is not run here.",
                   "Write it with functions that the rehearsal knows.", at)  # fmt: skip


def call(b: Queries, name: str, args: list[exp.Expression], scope: Scope, node: Any) -> V:
    """Translate a call of a function, or refuse it by name."""
    for table in (dates.FUNCTIONS, FUNCTIONS, aggregates.FUNCTIONS):
        if name in table:
            try:
                return table[name](b, args, scope)
            except (ValueError, IndexError):
                raise TSqlError(
                    f"The {name} function has the wrong number of arguments.", 174
                ) from None
    if name not in SIMPLE:
        raise unknown(name, b.at)
    kinds, form, result = SIMPLE[name]
    values = [b.expr(arg, scope) for arg in args]
    values += (
        [V(d, INT, int(d)) for d in _DEFAULTS.get(name, [])[len(values) - len(kinds) :]]
        if len(values) < len(kinds) and name in _DEFAULTS
        else []
    )
    if len(values) != len(kinds):
        raise TSqlError(f"The {name} function requires {len(kinds)} argument(s).", 174)
    if (
        name in ("left", "right", "substring", "replicate", "stuff")
        and values
        and values[0].t.name == "null"
    ):
        raise TSqlError(
            f"Argument data type NULL is invalid for argument 1 of {name} function.", 8116
        )
    if name == "substring" and not values[0].t.is_string and "binary" not in values[0].t.name:
        raise TSqlError(f"Argument data type {values[0].t.name} is invalid for argument 1 of "
"substring function.",
                        8116, "Cast it to varchar, or use left and right, which do so "
"themselves.", b.at)  # fmt: skip
    done = [_as(b, v, kind) for v, kind in zip(values, kinds, strict=True)]
    if isinstance(result, str):
        first = done[0].t
        n = first.n if result == "v" else (None if first.n is None else 8000)
        n = (
            min(n, done[1].const)
            if name in ("left", "right")
            and isinstance(done[1].const, int)
            and n
            and done[1].const > 0
            else n
        )
        result = T(
            "nvarchar" if first.name[0] == "n" else "varchar",
            n,
            collation=first.collation,
            label=first.label,
        )
        if name == "replicate" and n is not None:
            form = f"left({form}, {8000 if first.name[0] != 'n' else 4000})"
    return V(form.format(*(v.sql for v in done)), result)


def isnull(b: Queries, args: list, scope: Scope) -> V:
    """ISNULL takes the type of its first argument, length included."""
    a, other = values_of(b, args, scope)
    if a.t.name == "null":
        return other
    t = a.t.plain
    return V(
        f"COALESCE({a.sql}, {b.convert(other, t, 'explicit').sql})", t, firm=a.firm or other.firm
    )


def coalesce(b: Queries, args: list, scope: Scope) -> V:
    """COALESCE takes the type of highest precedence."""
    values = values_of(b, args, scope)
    t = values[0].t
    for v in values[1:]:
        t = unify(t, v.t)
    if t.name == "null":
        raise sql_error(4127)
    t = t.plain
    return V(f"COALESCE({', '.join(b.convert(v, t).sql for v in values)})", t)


def nullif(b: Queries, args: list, scope: Scope) -> V:
    """NULLIF compares as = does and keeps the first argument's type."""
    x, y = values_of(b, args, scope)
    if x.t.name == "null":
        raise sql_error(4151)
    return V(
        f"CASE WHEN {b.compare('=', x, y)} THEN NULL ELSE {x.sql} END",
        x.t.plain,
    )


def iif(b: Queries, args: list, scope: Scope) -> V:
    """IIF is CASE."""
    test, yes, no = args
    return b.choose([(b.condition(test, scope), b.expr(yes, scope))], b.expr(no, scope))


def choose(b: Queries, args: list, scope: Scope) -> V:
    """CHOOSE is CASE over 1, 2, 3 ..."""
    index = b.convert(b.expr(args[0], scope), INT, "explicit").sql
    values = values_of(b, args[1:], scope)
    return b.choose([(f"{index} = {i}", v) for i, v in enumerate(values, 1)], V("NULL", NULL))


def _grouping(b: Queries, args: list, scope: Scope) -> V:
    from .literals import aggregate

    with aggregate(scope):
        keys = [scope.grouping.get(b.expr(arg, scope).sql) for arg in args]
    if None in keys:
        raise sql_error(8161)
    return V(
        f"grouping({', '.join(keys)})::{'UTINYINT' if len(keys) == 1 else 'INTEGER'}",
        T("tinyint") if len(keys) == 1 else INT,
    )


def greatest(word: str):
    """Return the rule of GREATEST or LEAST."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        v = coalesce(b, args, scope)
        if v.t.is_string:
            raise Refused(f"{word.upper()} of text is not run here.")
        values = [b.convert(x, v.t).sql for x in values_of(b, args, scope)]
        return V(f"{word}({', '.join(values)})", v.t)

    return rule


def isdate(b: Queries, args: list, scope: Scope) -> V:
    """ISDATE: whether a text can be a datetime, by the script's own SET DATEFORMAT."""
    (node,) = args
    v = b.expr(node, scope)
    if v.t.name in ("date", "time", "datetime2"):
        raise sql_error(8116, v.t.name, "isdate")
    v = text(b, v)
    read = b.convert(v, T("datetime"), "try").sql
    return V(f"CASE WHEN {v.sql} <> '' AND {read} IS NOT NULL THEN 1 ELSE 0 END", INT)


FUNCTIONS = {
    "isnull": isnull,
    "isdate": isdate,
    "coalesce": coalesce,
    "nullif": nullif,
    "iif": iif,
    "choose": choose,
    "concat": concat,
    "concat_ws": concat_ws,
    "charindex": charindex,
    "patindex": patindex,
    "quotename": quotename,
    "replace": replace_text,
    "datalength": datalength,
    "abs": keep_type("abs"),
    "sign": keep_type("sign"),
    "floor": keep_type("floor"),
    "ceiling": keep_type("ceil"),
    "degrees": keep_type("degrees"),
    "radians": keep_type("radians"),
    "round": round_number,
    "power": power,
    "log": log,
    "object_id": object_id,
    "schema_id": schema_id,
    "db_id": db_id,
    "col_length": col_length,
    "cursor_status": cursor_status,
    "hashbytes": hash_bytes,
    "rand": random_value("RAND"),
    "newid": random_value("NEWID"),
    "newsequentialid": random_value("NEWSEQUENTIALID"),
    "identity": identity_column,
    "parsename": parsename,
    "formatmessage": formatmessage,
    "db_name": named_by_number("database"),
    "schema_name": named_by_number("schema"),
    "objectproperty": object_property,
    "object_name": named_by_number("object"),
    "object_schema_name": named_by_number("object_schema"),
    "type_name": named_by_number("type"),
    "error_number": error_fact("number"),
    "error_message": error_fact("message"),
    "error_line": error_fact("line"),
    "error_severity": error_fact("severity"),
    "error_state": error_fact("state"),
    "error_procedure": lambda b, a, s: name_value(None),
    "xact_state": lambda b, a, s: V(
        str(state := -1 if b.session.doomed else min(b.session.trancount, 1)), T("smallint"), state
    ),
    "scope_identity": lambda b, a, s: server_variable(b, "identity"),
    "ident_current": identity_fact("last"),
    "ident_seed": identity_fact("seed"),
    "ident_incr": identity_fact("step"),
    "rowcount_big": lambda b, a, s: V(f"{b.session.rowcount}::BIGINT", BIGINT),
    "grouping": _grouping,
    "grouping_id": _grouping,
    "greatest": greatest("greatest"),
    "least": greatest("least"),
    "user_name": named_by_number("user"),
    "user": lambda b, a, s: name_value("dbo"),
    "suser_sname": server_name("SUSER_SNAME()"),
    "suser_name": server_name("SUSER_NAME()"),
    "original_login": server_name("ORIGINAL_LOGIN()"),
    "system_user": server_name("SYSTEM_USER"),
    "host_name": server_name("HOST_NAME()"),
    "app_name": server_name("APP_NAME()"),
}
