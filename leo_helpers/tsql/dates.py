"""Date functions: DATEADD, DATEDIFF, DATEPART and their like, by boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .convert import span
from .errors import Refused, TSqlError, sql_error
from .formats import format_number
from .sqltypes import DATES, T
from .value import V, literal, once

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = [
    "FUNCTIONS",
    "PARTS",
    "dateadd",
    "datediff",
    "datefromparts",
    "datename",
    "datepart",
    "datetimefromparts",
    "datetrunc",
    "eomonth",
    "format_value",
    "moment",
    "part_of",
]


INT, DATE, DATETIME, DATETIME2 = T("int"), T("date"), T("datetime"), T("datetime2", 7)
_PARTS = {
    "year": "year yy yyyy", "quarter": "quarter qq q", "month": "month mm m",
    "dayofyear": "dayofyear dy y", "day": "day dd d", "week": "week wk ww",
    "weekday": "weekday dw w", "hour": "hour hh", "minute": "minute mi n", "second": "second ss s",
    "millisecond": "millisecond ms", "microsecond": "microsecond mcs",
    "nanosecond": "nanosecond ns", "iso_week": "iso_week isowk isoww",
}  # fmt: skip
PARTS = {name: part for part, names in _PARTS.items() for name in names.split()}
_CLOCK = ("hour", "minute", "second", "millisecond", "microsecond", "nanosecond")
_SHIFTS = {
    "year": "to_months(CAST({n} * 12 AS INTEGER))",
    "quarter": "to_months(CAST({n} * 3 AS INTEGER))",
    "month": "to_months(CAST({n} AS INTEGER))",
    "dayofyear": "to_days(CAST({n} AS INTEGER))",
    "day": "to_days(CAST({n} AS INTEGER))",
    "weekday": "to_days(CAST({n} AS INTEGER))",
    "week": "to_days(CAST({n} * 7 AS INTEGER))",
    "hour": "to_hours({n})",
    "minute": "to_minutes({n})",
    "second": "to_seconds({n})",
    "millisecond": "to_milliseconds({n})",
    "microsecond": "to_microseconds({n})",
}


def part_of(node: exp.Expression) -> str:
    """Return the date part that the first argument names."""
    name = node.name.lower() if isinstance(node, exp.Column | exp.Identifier | exp.Var) else ""
    if name not in PARTS:
        raise sql_error(155, name or node.sql("tsql"))
    return PARTS[name]


def moment(b: Queries, v: V, text: T = DATETIME2) -> V:
    """Return a value as a date or datetime; text is read as SQL Server reads literals."""
    if v.t.name in DATES or v.t.name == "time":
        return v
    if v.t.is_number:
        return b.convert(v, DATETIME)
    return b.convert(v, text)


def dateadd(b: Queries, args: list, scope: Scope) -> V:
    """DATEADD keeps the type of its date; text becomes a datetime; month ends hold."""
    part = part_of(args[0])
    n, x = b.expr(args[1], scope), moment(b, b.expr(args[2], scope), DATETIME)
    if x.t.name == "time":
        raise Refused("DATEADD of a time is not run here.")
    if part not in _SHIFTS:
        raise Refused(f"DATEADD with {part} is not run here.")
    small = part == "microsecond" and x.t.name in ("datetime", "smalldatetime")
    if (x.t.name == "date" and part in _CLOCK) or small:
        raise TSqlError(
            f"The datepart {part} is not supported by date function dateadd for data type "
            f"{x.t.name}.",
            9810,
        )
    count = n if n.t.name == "bigint" else b.convert(n, INT, "explicit")
    moved = f"({x.sql} + {_SHIFTS[part].format(n=count.sql)})"
    moved = once(moved, lambda y: f"t_dated({y}, '{x.t.name}', {span(x.t)})", 120)
    if x.t.name == "date":
        return V(f"CAST({moved} AS DATE)", DATE)
    kept = {"datetime": "t_datetime", "smalldatetime": "t_minute"}.get(x.t.name)
    return V(f"{kept}({moved})" if kept and part in _CLOCK else moved, x.t)


def datediff(b: Queries, args: list, scope: Scope, big: bool = False) -> V:
    """DATEDIFF counts the boundaries between two dates; weeks begin on Sunday."""
    part = part_of(args[0])
    x, y = (moment(b, b.expr(arg, scope)) for arg in args[1:3])
    t = T("bigint") if big else INT
    if part == "week":
        return V(f"CAST(t_weeks({x.sql}, {y.sql}) AS {t.duck})", t)
    if part in ("nanosecond", "iso_week"):
        raise Refused(f"DATEDIFF with {part} is not run here.")
    unit = "day" if part in ("dayofyear", "weekday", "day") else part
    if "time" in (x.t.name, y.t.name):
        if unit not in _CLOCK:
            raise TSqlError(
                f"The datepart {unit} is not supported by date function datediff "
                "for data type time.",
                9810,
            )
        kind = "TIME" if x.t.name == y.t.name else "TIMESTAMP"
    else:
        kind = "TIMESTAMP" if unit in _CLOCK else "DATE"
    sides = [v.sql if v.t.duck == kind else f"CAST({v.sql} AS {kind})" for v in (x, y)]
    count = f"date_diff('{unit}', {sides[0]}, {sides[1]})"
    if unit in ("second", "millisecond", "microsecond") and not big:
        return V(once(count, lambda y: f"t_diff({y})", 0), t)
    return V(f"CAST({count} AS {t.duck})", t)


def _part(b: Queries, part: str, x: V) -> str:
    if x.t.name == "date" and part in _CLOCK:
        raise TSqlError(
            f"The datepart {part} is not supported by date function datepart for data type date.",
            9810,
        )
    if x.t.name == "time" and part not in _CLOCK:
        raise TSqlError(
            f"The datepart {part} is not supported by date function datepart for data type time.",
            9810,
        )
    if part == "weekday":
        return f"t_weekday({x.sql}, {b.session.datefirst})"
    if part == "week":
        return f"t_week({x.sql}, {b.session.datefirst})"
    if part == "nanosecond":
        return f"CAST((date_part('microsecond', {x.sql}) % 1000000) * 1000 AS INTEGER)"
    if part in ("millisecond", "microsecond"):
        size = 1000 if part == "millisecond" else 1
        return f"CAST((date_part('microsecond', {x.sql}) % 1000000) // {size} AS INTEGER)"
    unit = {"dayofyear": "doy", "iso_week": "week"}.get(part, part)
    return f"CAST(date_part('{unit}', {x.sql}) AS INTEGER)"


def datepart(b: Queries, args: list, scope: Scope) -> V:
    """DATEPART; a weekday counts from SET DATEFIRST, 7 being Sunday first."""
    return V(_part(b, part_of(args[0]), moment(b, b.expr(args[1], scope))), INT)


def datename(b: Queries, args: list, scope: Scope) -> V:
    """DATENAME gives English names."""
    part, x = part_of(args[0]), moment(b, b.expr(args[1], scope))
    names = {"month": "monthname", "weekday": "dayname"}
    sql = f"{names[part]}({x.sql})" if part in names else f"CAST({_part(b, part, x)} AS VARCHAR)"
    return V(sql, T("nvarchar", 30))


def _named(part: str):
    def rule(b: Queries, args: list, scope: Scope) -> V:
        (arg,) = args
        return V(_part(b, part, moment(b, b.expr(arg, scope))), INT)

    return rule


def _from_parts(values: list[str], text: str, held: str, t: T) -> V:
    """Make a date of its parts, of which none may be NULL; one that does not exist is error 289."""
    bad = literal(f"289|Cannot construct data type {t.name}, some of the arguments have values "
                  "which are not valid.")  # fmt: skip
    made = f"CASE WHEN {held} THEN TRY_CAST({text} AS {t.duck}) END"
    made = f"COALESCE({made}, CAST(t_fail({bad}) AS {t.duck}))"
    null = " OR ".join(f"{value} IS NULL" for value in values)
    return V(f"CASE WHEN {null} THEN NULL ELSE {made} END", t)


_DAY_TEXT = "lpad({0}::VARCHAR, 4, '0') || '-' || {1}::VARCHAR || '-' || {2}::VARCHAR"
_TIME_TEXT = " || ' ' || {3}::VARCHAR || ':' || {4}::VARCHAR || ':' || {5}::VARCHAR || '.'"


def datefromparts(b: Queries, args: list, scope: Scope) -> V:
    """DATEFROMPARTS; a date that does not exist is an error (289)."""
    parts = y, _, _ = [b.convert(b.expr(arg, scope), INT).sql for arg in args]
    return _from_parts(parts, _DAY_TEXT.format(*parts), f"{y} BETWEEN 1 AND 9999", DATE)


def datetimefromparts(b: Queries, args: list, scope: Scope) -> V:
    """DATETIMEFROMPARTS from year to millisecond."""
    parts = y, _, _, h, _, _, ms = [b.convert(b.expr(arg, scope), INT).sql for arg in args]
    text = f"{(_DAY_TEXT + _TIME_TEXT).format(*parts)} || lpad({ms}::VARCHAR, 3, '0')"
    held = f"{y} BETWEEN 1753 AND 9999 AND {h} < 24 AND {ms} BETWEEN 0 AND 999"
    made = _from_parts(parts, text, held, DATETIME)
    return V(f"t_datetime({made.sql})", DATETIME)


def eomonth(b: Queries, args: list, scope: Scope) -> V:
    """EOMONTH, with months added if there is a second argument."""
    x = moment(b, b.expr(args[0], scope)).sql
    if len(args) > 1:
        x = (
            f"({x} + "
            f"to_months(CAST({b.convert(b.expr(args[1], scope), INT, 'explicit').sql} "
            "AS INTEGER)))"
        )
        x = once(x, lambda y: f"t_dated({y}, 'date', {span(DATE)})", 120)
    return V(f"CAST(last_day(CAST({x} AS DATE)) AS DATE)", DATE)


def datetrunc(b: Queries, args: list, scope: Scope) -> V:
    """DATETRUNC (SQL Server 2022) sets the smaller parts to their least value."""
    part, x = part_of(args[0]), moment(b, b.expr(args[1], scope))
    kind, clock = x.t.name, part in _CLOCK
    finer = part == "microsecond" and kind in ("datetime", "smalldatetime")
    if finer or part in ("weekday", "nanosecond") or kind == ("time" if not clock else "date"):
        raise TSqlError(
            f"The datepart {part} is not supported by date function datetrunc for data type "
            f"{kind}.",
            9810,
        )
    if kind == "time":
        cut = f"date_trunc('{part}', date '2000-01-01' + {x.sql})"
    elif part == "week":
        first = b.session.datefirst
        day = f"date_trunc('day', {x.sql})"
        cut = once(day, lambda y: f"({y} - to_days(t_weekday({y}, {first}) - 1))")
        cut = once(cut, lambda y: f"t_dated({y}, '{kind}', {span(x.t)})", 120)
    else:
        unit = {"dayofyear": "day", "iso_week": "week"}.get(part, part)
        cut = f"date_trunc('{unit}', {x.sql})"
    return V(f"CAST({cut} AS {x.t.duck})", x.t)


_NET = (
    ("yyyy", "%Y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("dddd", "%A"),
    ("ddd", "%a"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("yy", "%y"),
    ("hh", "%I"),
    ("tt", "%p"),
    ("d", "%-d"),
    ("M", "%-m"),
)


#: What d and D stand for in a culture (page "FORMAT").
_CULTURES = {
    "en-us": {"d": "M/d/yyyy", "D": "dddd, MMMM d, yyyy"},
    "en-gb": {"d": "dd/MM/yyyy", "D": "dd MMMM yyyy"},
}


def format_value(b: Queries, args: list, scope: Scope) -> V:
    """FORMAT of numbers, and with the usual pieces of a date; other patterns are refused."""
    x, pattern = b.expr(args[0], scope), b.expr(args[1], scope)
    text = pattern.const
    culture = b.expr(args[2], scope).const if len(args) > 2 else "en-us"
    known = _CULTURES.get(str(culture).lower())
    if known is None or not isinstance(text, str):
        raise Refused("FORMAT with this culture or with a computed pattern is not run here.",
                      "en-US and en-GB are.")  # fmt: skip
    if len(args) > 2 and x.t.name in DATES:
        text = known.get(text, text)
    if known is not _CULTURES["en-us"] and (text[:1] in "Pp" or "tt" in text):
        raise Refused(f"FORMAT with the pattern {text!r} is not run here for {culture}.")
    if x.t.is_number and x.t.name != "bit":
        return format_number(b, x, text)
    if x.t.name not in DATES:
        raise Refused(f"FORMAT of {x.t.name} is not run here.", "Of dates and numbers it is.")
    out, i = "", 0
    while i < len(text):
        found = next(((net, code) for net, code in _NET if text.startswith(net, i)), None)
        if found and len(text) > 1:  # one letter alone stands for a whole pattern
            out, i = out + found[1], i + len(found[0])
        elif text[i].isalpha() or text[i] in "\\'\"%":
            raise Refused(f"FORMAT with the pattern {text!r} is not run here.")
        else:
            out, i = out + text[i], i + 1
    return V(f"strftime({x.sql}, {literal(out)})", T("nvarchar", 4000))


def _now(b: Queries, args: list, scope: Scope) -> V:
    return V("t_datetime(current_localtimestamp())", DATETIME)


def _now2(b: Queries, args: list, scope: Scope) -> V:
    return V("current_localtimestamp()", DATETIME2)


FUNCTIONS = {
    "dateadd": dateadd,
    "datediff": datediff,
    "datepart": datepart,
    "datename": datename,
    "datediff_big": lambda b, a, s: datediff(b, a, s, big=True),
    "year": _named("year"),
    "month": _named("month"),
    "day": _named("day"),
    "datefromparts": datefromparts,
    "datetimefromparts": datetimefromparts,
    "eomonth": eomonth,
    "datetrunc": datetrunc,
    "format": format_value,
    "getdate": _now,
    "current_timestamp": _now,
    "sysdatetime": _now2,
    "getutcdate": lambda b, a, s: V(
        "t_datetime(CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP))", DATETIME
    ),
    "sysutcdatetime": lambda b, a, s: V("CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)", DATETIME2),
}
