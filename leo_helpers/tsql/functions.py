"""T-SQL's functions by name: each says its arguments, its DuckDB form and its type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from . import aggregates, dates
from .convert import V, convert, literal
from .errors import Refused, TSqlError
from .sqltypes import FLOATS, NULL, T, as_decimal, decimal, parse_type, unify
from .sqltypes import collate as collate_types

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = ["BARE", "call", "server_variable", "text", "window", "within_group"]

INT, BIGINT, FLOAT, BIT = T("int"), T("bigint"), T("float"), T("bit")
#: Functions that are written without brackets.
BARE = {"current_timestamp", "user", "system_user", "session_user", "current_user"}
window, within_group = aggregates.window, aggregates.within_group

#: name: kinds of the arguments (s text, i whole number, f float), DuckDB form, type of the result
#: (v: varchar of the first argument's length, m: varchar(max) or 8000).
SIMPLE: dict[str, tuple[str, str, T | str]] = {
    "len": ("s", "t_len({0})", INT),
    "upper": ("s", "upper({0})", "v"),
    "lower": ("s", "lower({0})", "v"),
    "ltrim": ("s", "ltrim({0}, ' ')", "v"),
    "rtrim": ("s", "rtrim({0}, ' ')", "v"),
    "trim": ("s", "trim({0}, ' ')", "v"),
    "reverse": ("s", "reverse({0})", "v"),
    "ascii": ("s", "CASE WHEN {0} <> '' THEN ascii({0}) END", INT),
    "unicode": ("s", "CASE WHEN {0} <> '' THEN unicode({0}) END", INT),
    "char": ("i", "CASE WHEN {0} BETWEEN 1 AND 255 THEN chr({0}) END", T("char", 1)),
    "nchar": ("i", "CASE WHEN {0} BETWEEN 1 AND 65535 THEN chr({0}) END", T("nchar", 1)),
    "space": ("i", "CASE WHEN {0} >= 0 THEN repeat(' ', {0}) END", T("varchar", 8000)),
    "replicate": ("si", "CASE WHEN {1} >= 0 THEN repeat({0}, {1}) END", "m"),
    "left": ("si", "t_left({0}, {1})", "v"),
    "right": ("si", "t_right({0}, {1})", "v"),
    "substring": ("sii", "t_substring({0}, {1}, {2})", "v"),
    "stuff": ("siis", "t_stuff({0}, {1}, {2}, {3})", "m"),
    "str": ("fii", "t_str({0}, {1}, {2})", T("varchar", 8000)),
    "isnumeric": ("s", "t_isnumeric({0})", INT),
    "isdate": ("s", "CASE WHEN {0} <> '' AND t_iso({0}) IS NOT NULL THEN 1 ELSE 0 END", INT),
    "sqrt": ("f", "sqrt({0})", FLOAT),
    "exp": ("f", "exp({0})", FLOAT),
    "log10": ("f", "log10({0})", FLOAT),
    "square": ("f", "({0} * {0})", FLOAT),
    "sin": ("f", "sin({0})", FLOAT),
    "cos": ("f", "cos({0})", FLOAT),
    "tan": ("f", "tan({0})", FLOAT),
    "asin": ("f", "asin({0})", FLOAT),
    "acos": ("f", "acos({0})", FLOAT),
    "atan": ("f", "atan({0})", FLOAT),
    "atn2": ("ff", "atan2({0}, {1})", FLOAT),
    "pi": ("", "pi()", FLOAT),
    "translate": ("sss", "translate({0}, {1}, {2})", "v"),
    "quotename": ("s", "('[' || replace({0}, ']', ']]') || ']')", T("nvarchar", 258)),
}
_DEFAULTS = {"str": ["10", "0"]}


def text(b: Queries, v: V) -> V:
    """Return a value as text, as the string functions take their arguments."""
    if v.t.is_string:
        return v
    if v.t.name == "null":
        return V("CAST(NULL AS VARCHAR)", T("varchar", 1))
    return convert(v, T("varchar", 8000))


def _as(b: Queries, v: V, kind: str) -> V:
    if kind == "s":
        return text(b, v)
    want = INT if kind == "i" else FLOAT
    if kind == "i" and v.t.name == "bigint":
        return v
    return v if v.t.name == want.name else b.convert(v, want)


def call(b: Queries, name: str, args: list[exp.Expression], scope: Scope, node: Any) -> V:
    """Translate a call of a function, or refuse it by name."""
    for table in (dates.FUNCTIONS, FUNCTIONS, aggregates.FUNCTIONS):
        if name in table:
            try:
                return table[name](b, args, scope)
            except (ValueError, IndexError):
                raise TSqlError(f"The {name} function has the wrong number of arguments.", 174) from None
    if name not in SIMPLE:
        raise Refused(f"The function {name.upper()} is not run here.",
                      "Write it with functions that the rehearsal knows.", b.at)  # fmt: skip
    kinds, form, result = SIMPLE[name]
    values = [b.expr(arg, scope) for arg in args]
    values += [V(d, INT, int(d)) for d in _DEFAULTS.get(name, [])[len(values) - len(kinds) :]] \
        if len(values) < len(kinds) and name in _DEFAULTS else []
    if len(values) != len(kinds):
        raise TSqlError(f"The {name} function requires {len(kinds)} argument(s).", 174)
    if name in ("left", "right", "substring", "replicate", "stuff") and values and values[0].t.name == "null":
        raise TSqlError(f"Argument data type NULL is invalid for argument 1 of {name} function.", 8116)
    if name == "substring" and not values[0].t.is_string and "binary" not in values[0].t.name:
        raise TSqlError(f"Argument data type {values[0].t.name} is invalid for argument 1 of substring function.",
                        8116, "Cast it to varchar, or use left and right, which do so themselves.", b.at)  # fmt: skip
    done = [_as(b, v, kind) for v, kind in zip(values, kinds, strict=True)]
    if isinstance(result, str):
        first = done[0].t
        n = first.n if result == "v" else (None if first.n is None else 8000)
        n = min(n, done[1].const) if name in ("left", "right") and isinstance(done[1].const, int) and n and done[1].const > 0 else n
        result = T("nvarchar" if first.name[0] == "n" else "varchar", n, collation=first.collation, label=first.label)
    return V(form.format(*(v.sql for v in done)), result)


def _values(b: Queries, args: list, scope: Scope) -> list[V]:
    return [b.expr(arg, scope) for arg in args]


def isnull(b: Queries, args: list, scope: Scope) -> V:
    """ISNULL takes the type of its first argument, length included."""
    a, other = _values(b, args, scope)
    if a.t.name == "null":
        return other
    t = replace(a.t, n=None) if a.t.is_integer else a.t
    return V(f"COALESCE({a.sql}, {b.convert(other, t, 'explicit').sql})", t, firm=a.firm or other.firm)


def coalesce(b: Queries, args: list, scope: Scope) -> V:
    """COALESCE takes the type of highest precedence."""
    values = _values(b, args, scope)
    t = values[0].t
    for v in values[1:]:
        t = unify(t, v.t)
    if t.name == "null":
        raise TSqlError("At least one of the arguments to COALESCE must be an expression that is not "
                        "the NULL constant.", 4127)  # fmt: skip
    t = replace(t, n=None) if t.is_integer else t
    return V(f"COALESCE({', '.join(b.convert(v, t).sql for v in values)})", t)


def nullif(b: Queries, args: list, scope: Scope) -> V:
    """NULLIF compares as = does and keeps the first argument's type."""
    x, y = _values(b, args, scope)
    if x.t.name == "null":
        raise TSqlError("The type of the first argument to NULLIF cannot be the NULL constant.", 4151)
    return V(f"CASE WHEN {b.compare('=', x, y)} THEN NULL ELSE {x.sql} END", replace(x.t, n=None) if x.t.is_integer else x.t)


def iif(b: Queries, args: list, scope: Scope) -> V:
    """IIF is CASE."""
    test, yes, no = args
    return b.choose([(b.condition(test, scope), b.expr(yes, scope))], b.expr(no, scope))


def choose(b: Queries, args: list, scope: Scope) -> V:
    """CHOOSE is CASE over 1, 2, 3 ..."""
    index = b.convert(b.expr(args[0], scope), INT, "explicit").sql
    values = _values(b, args[1:], scope)
    return b.choose([(f"{index} = {i}", v) for i, v in enumerate(values, 1)], V("NULL", NULL))


def concat(b: Queries, args: list, scope: Scope) -> V:
    """CONCAT turns everything into text and NULL into ''."""
    if len(args) < 2:
        raise TSqlError("The concat function requires 2 to 254 arguments.", 189)
    return _joined([text(b, v) for v in _values(b, args, scope)], "")


def concat_ws(b: Queries, args: list, scope: Scope) -> V:
    """CONCAT_WS leaves NULLs out."""
    divider, *rest = [text(b, v) for v in _values(b, args, scope)]
    if len(rest) < 2:
        raise TSqlError("The concat_ws function requires 3 to 254 arguments.", 189)
    return _joined(rest, divider.sql)


def _joined(values: list[V], divider: str) -> V:
    t = values[0].t
    for v in values[1:]:
        collation, label = collate_types(t, v.t, "concat")
        n = None if t.n is None or v.t.n is None else min(t.n + v.t.n, 8000)
        t = T("nvarchar" if "n" in (t.name[0], v.t.name[0]) else "varchar", n, collation=collation, label=label)
    inside = ", ".join(v.sql for v in values)
    return V(f"concat_ws({divider}, {inside})" if divider else f"concat({inside})", replace(t, name=t.name.replace("char", "char") if t.name in ("varchar", "nvarchar") else "varchar"))


def _exact(t: T) -> bool:
    return t.binary_collation


def charindex(b: Queries, args: list, scope: Scope) -> V:
    """CHARINDEX finds by collation."""
    y, x, *start = _values(b, args, scope)
    y, x = text(b, y), text(b, x)
    collation, _ = collate_types(y.t, x.t, "charindex")
    if "_bin" not in collation.lower():
        y, x = V(f"lower({y.sql})", y.t), V(f"lower({x.sql})", x.t)
    at = b.convert(start[0], INT).sql if start else "1"
    return V(f"CAST(t_charindex({y.sql}, {x.sql}, {at}) AS INTEGER)", INT)


def patindex(b: Queries, args: list, scope: Scope) -> V:
    """PATINDEX is LIKE with a place; only a pattern that is known before the run."""
    from .expressions import like_regex

    pattern, x = _values(b, args, scope)
    if not isinstance(pattern.const, str):
        raise Refused("PATINDEX with a pattern that is computed is not run here.")
    x = text(b, x)
    p = pattern.const
    core = like_regex(p.strip("%"), None)
    flags = "(?s)" if _exact(x.t) else "(?is)"
    head = "^" if not p.startswith("%") else ""
    tail = " *$" if not p.endswith("%") else ""
    regex = literal(f"{flags}{head}{core}{tail}")
    place = f"strpos({x.sql}, regexp_extract({x.sql}, {regex}))"
    return V(f"CASE WHEN {x.sql} IS NULL THEN NULL WHEN regexp_matches({x.sql}, {regex}) THEN CAST({place} AS INTEGER) ELSE 0 END", INT)


def replace_text(b: Queries, args: list, scope: Scope) -> V:
    """REPLACE finds by collation, so without regard to case by default."""
    x, y, z = (text(b, v) for v in _values(b, args, scope))
    collation, label = collate_types(x.t, y.t, "replace")
    form = "replace" if "_bin" in collation.lower() else "t_replace_ci"
    t = T("nvarchar" if x.t.name[0] == "n" else "varchar", None if x.t.n is None else 8000, collation=collation, label=label)
    return V(f"{form}({x.sql}, {y.sql}, {z.sql})", t)


def datalength(b: Queries, args: list, scope: Scope) -> V:
    """DATALENGTH counts bytes, two a character in nvarchar."""
    (v,) = _values(b, args, scope)
    sizes = {"bigint": 8, "int": 4, "smallint": 2, "tinyint": 1, "bit": 1, "float": 8, "real": 4,
             "date": 3, "datetime": 8, "money": 8}  # fmt: skip
    if v.t.is_string:
        return V(f"(length({v.sql}) * {2 if v.t.name[0] == 'n' else 1})::INTEGER", INT)
    if v.t.name in sizes:
        return V(f"CASE WHEN {v.sql} IS NOT NULL THEN {sizes[v.t.name]} END", INT)
    if v.t.name in ("binary", "varbinary"):
        return V(f"octet_length({v.sql})::INTEGER", INT)
    raise Refused(f"DATALENGTH of {v.t.name} is not run here.")


def _numeric(b: Queries, v: V, name: str) -> V:
    if v.t.name == "null":
        return V("CAST(NULL AS INTEGER)", INT)
    if v.t.is_string or v.t.name == "bit":
        return b.convert(v, FLOAT)
    if not v.t.is_number:
        raise TSqlError(f"Argument data type {v.t.name} is invalid for argument 1 of {name} function.", 8116)
    return v


def keep_type(form: str):
    """Return a rule for a numeric function whose result has the type of its argument."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        (v,) = _values(b, args, scope)
        v = _numeric(b, v, form)
        t = replace(v.t, n=None) if v.t.is_integer else v.t
        if t.name == "decimal" and form in ("floor", "ceil"):
            t = decimal(t.p, 0)
        if t.name == "tinyint":
            return v
        return V(f"CAST({form}({v.sql}) AS {t.duck})", t)

    return rule


def round_number(b: Queries, args: list, scope: Scope) -> V:
    """ROUND rounds halves away from zero; with a third argument it cuts off."""
    x, places, *cut = _values(b, args, scope)
    x = _numeric(b, x, "round")
    t = replace(x.t, n=None) if x.t.is_integer else x.t
    d = b.convert(places, INT).sql
    truncate = bool(cut) and b.constant(cut[0]) != 0
    if t.is_integer:
        if truncate:
            raise Refused("ROUND of a whole number with a third argument is not run here.")
        return V(f"CAST(t_round_int({x.sql}, {d}) AS {t.duck})", t)
    if t.name in FLOATS:
        form = f"trunc({x.sql} * power(10, {d})) / power(10, {d})" if truncate else f"round({x.sql}, {d})"
        return V(f"CAST({form} AS {t.duck})", t)
    if not isinstance(places.const, int):
        raise Refused("ROUND of a decimal to a number of places that is computed is not run here.")
    k = places.const
    if truncate:
        scale = f"trunc(CAST({x.sql} AS DECIMAL(38,{as_decimal(t).s})) * {10 ** max(k, 0)})"
        unit = f"CAST('{10 ** -max(k, 0):.{max(k, 0)}f}' AS DECIMAL({max(k, 0) + 1},{max(k, 0)}))"
        if k < 0:
            raise Refused("ROUND that cuts off before the point is not run here.")
        return V(f"CAST(CAST({scale} AS DECIMAL(38,0)) * {unit} AS {t.duck})", t)
    if k >= 0:
        return V(f"CAST(round({x.sql}, {min(k, 37)}) AS {t.duck})", t)
    whole = f"t_round_int(CAST(trunc({x.sql}) AS HUGEINT), {k})"
    return V(f"CAST({whole} AS {t.duck})", t)


def power(b: Queries, args: list, scope: Scope) -> V:
    """POWER keeps the type of its first argument."""
    x, y = _values(b, args, scope)
    x = _numeric(b, x, "power")
    t = replace(x.t, n=None) if x.t.is_integer else x.t
    t = INT if t.name in ("smallint", "tinyint") else T("decimal", p=38, s=t.s) if t.name == "decimal" else t
    raised = f"power(CAST({x.sql} AS DOUBLE), CAST({b.convert(y, FLOAT).sql} AS DOUBLE))"
    return V(f"CAST({f'trunc({raised})' if t.is_integer else raised} AS {t.duck})", t)


def log(b: Queries, args: list, scope: Scope) -> V:
    """LOG is natural, or to the base of its second argument."""
    values = [b.convert(v, FLOAT).sql for v in _values(b, args, scope)]
    return V(f"ln({values[0]})" if len(values) == 1 else f"(ln({values[0]}) / ln({values[1]}))", FLOAT)


def known(b: Queries, arg: exp.Expression, scope: Scope) -> str | None:
    """Return a text argument that must be known before the statement runs."""
    v = b.expr(arg, scope)
    if v.t.name == "null":
        return None
    if isinstance(v.const, str):
        return v.const
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
    return _id(b.session.schema_id(known(b, args[0], scope) if args else None))


def db_id(b: Queries, args: list, scope: Scope) -> V:
    """DB_ID says whether a database is there."""
    return _id(b.session.db_id(known(b, args[0], scope) if args else None))


def col_length(b: Queries, args: list, scope: Scope) -> V:
    """COL_LENGTH says whether a column is there, and how many bytes it has."""
    table, column = (known(b, arg, scope) for arg in args)
    value = b.session.col_length(table or "", column or "")
    return V(f"CAST({'NULL' if value is None else value} AS SMALLINT)", T("smallint"))


def _name(value: str | None) -> V:
    if value is None:
        return V("CAST(NULL AS VARCHAR)", T("nvarchar", 128))
    return V(literal(value), T("nvarchar", 128), value)


def _error(field: str):
    def rule(b: Queries, args: list, scope: Scope) -> V:
        error = b.session.caught
        value = None if error is None else getattr(error, field)
        if field == "message":
            return _name(value) if value is None else V(literal(value), T("nvarchar", 4000), value)
        return _id(value)

    return rule


def _cast_const(value: str, t: T) -> V:
    return V(f"CAST({value} AS {t.duck})", t)


def server_variable(b: Queries, name: str) -> V:
    """Translate @@ROWCOUNT and its like."""
    s = b.session
    numbers = {"rowcount": s.rowcount, "trancount": s.trancount, "error": s.error_number,
               "datefirst": s.datefirst, "fetch_status": -1}  # fmt: skip
    if name in numbers:
        return V(str(numbers[name]), INT, numbers[name])
    if name == "identity":
        return _cast_const("NULL" if s.identity is None else str(s.identity), decimal(38, 0))
    raise Refused(f"@@{name} is not known here.", "", b.at)


def _random(name: str):
    def rule(b: Queries, args: list, scope: Scope) -> V:
        raise Refused(f"{name} draws other values on every run, so no answer can be compared.",
                      "Sample by a column, such as a hash of a key.", b.at)  # fmt: skip

    return rule


def identity_column(b: Queries, args: list, scope: Scope) -> V:
    """IDENTITY(type, seed, step) numbers the rows of SELECT ... INTO."""
    seed, step = (b.constant(b.expr(arg, scope)) for arg in args[1:]) if len(args) == 3 else (1, 1)
    t = parse_type(args[0].name, [])
    number = f"CAST({seed} + {step} * (row_number() OVER () - 1) AS {t.duck})"
    return V(number, t, firm=True, identity=(seed, step))


def _grouping(b: Queries, args: list, scope: Scope) -> V:
    from .expressions import aggregate

    with aggregate(scope):
        keys = [scope.grouping.get(b.expr(arg, scope).sql) for arg in args]
    if None in keys:
        raise TSqlError("Argument 1 of the GROUPING function does not match any of the expressions in "
                        "the GROUP BY clause.", 8161)  # fmt: skip
    return V(f"grouping({', '.join(keys)})::{'UTINYINT' if len(keys) == 1 else 'INTEGER'}", T("tinyint") if len(keys) == 1 else INT)


def _greatest(word: str):
    def rule(b: Queries, args: list, scope: Scope) -> V:
        v = coalesce(b, args, scope)
        if v.t.is_string:
            raise Refused(f"{word.upper()} of text is not run here.")
        values = [b.convert(x, v.t).sql for x in _values(b, args, scope)]
        return V(f"{word}({', '.join(values)})", v.t)

    return rule


def _hash(b: Queries, args: list, scope: Scope) -> V:
    name, v = _values(b, args, scope)
    forms = {"md5": "md5", "sha1": "sha1", "sha": "sha1", "sha2_256": "sha256"}
    form = forms.get(str(name.const).lower())
    if form is None or v.t.name not in ("varchar", "char"):
        raise Refused("HASHBYTES is run here for varchar with MD5, SHA1 and SHA2_256 only.")
    return V(f"unhex({form}({v.sql}))", T("varbinary", 8000))


FUNCTIONS = {
    "isnull": isnull, "coalesce": coalesce, "nullif": nullif, "iif": iif, "choose": choose,
    "concat": concat, "concat_ws": concat_ws, "charindex": charindex, "patindex": patindex,
    "replace": replace_text, "datalength": datalength, "abs": keep_type("abs"),
    "sign": keep_type("sign"), "floor": keep_type("floor"), "ceiling": keep_type("ceil"),
    "degrees": keep_type("degrees"), "radians": keep_type("radians"), "round": round_number,
    "power": power, "log": log, "object_id": object_id, "schema_id": schema_id, "db_id": db_id,
    "col_length": col_length, "hashbytes": _hash, "rand": _random("RAND"), "newid": _random("NEWID"),
    "newsequentialid": _random("NEWSEQUENTIALID"), "identity": identity_column,
    "db_name": lambda b, a, s: _name(b.session.database),
    "schema_name": lambda b, a, s: _name("dbo") if not a else _name(b.session.schema_name(b.expr(a[0], s).const)),
    "object_name": lambda b, a, s: _name(b.session.object_name(b.expr(a[0], s).const)),
    "error_number": _error("number"), "error_message": _error("message"),
    "error_line": _error("line"), "error_severity": _error("severity"),
    "error_state": _error("state"),
    "error_procedure": lambda b, a, s: _name(None),
    "xact_state": lambda b, a, s: V(str(min(b.session.trancount, 1)), T("smallint"), min(b.session.trancount, 1)),
    "scope_identity": lambda b, a, s: server_variable(b, "identity"),
    "rowcount_big": lambda b, a, s: V(f"{b.session.rowcount}::BIGINT", BIGINT),
    "grouping": _grouping, "grouping_id": _grouping,
    "greatest": _greatest("greatest"), "least": _greatest("least"),
    "user_name": lambda b, a, s: _name("dbo"), "user": lambda b, a, s: _name("dbo"),
    "current_user": lambda b, a, s: _name("dbo"), "session_user": lambda b, a, s: _name("dbo"),
}  # fmt: skip
