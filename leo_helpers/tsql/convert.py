"""Conversions between SQL Server's types: what CAST, CONVERT, assignment and comparison do."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from .binaries import binary_integer, to_binary
from .errors import sql_error
from .sqltypes import BINARY, DATES, FLOATS, MONEY, T
from .styles import style_text, today
from .value import V, literal, once
from .written import to_text

__all__ = ["convert", "guard", "span"]


#: What `t_fail` adds to SQL Server's own words.
_VALUE = "|The value is '{x}'."
_NO_DATE = "Conversion failed when converting date and/or time from character string."


def convert(
    v: V, to: T, mode: str = "implicit", style: int | None = None, dateformat: str = ""
) -> V:
    """Convert an expression.

    Parameters
    ----------
    v : V
        The expression.
    to : T
        The type wanted.
    mode : {"implicit", "explicit", "assign", "try"}
        `explicit` and `try` cut text that is too long; `assign` (INSERT and UPDATE) refuses it.
    style : int, optional
        CONVERT's third argument.
    dateformat : str
        The script's own SET DATEFORMAT, such as ``dmy``.

    Returns
    -------
    V
        The same value as SQL Server would give it in the type wanted.
    """
    t = v.t
    if t.name == "null":
        return V(f"CAST(NULL AS {to.duck})", to)
    if v.const is None and len(v.sql) > 80 and v.t != to:
        inner = convert(replace(v, sql="y"), to, mode, style, dateformat)
        if len(re.findall(r"\by\b", inner.sql)) > 1:
            return replace(inner, sql=once(v.sql, lambda _: inner.sql))
    if to.is_string:
        return to_text(v, to, mode, style)
    if t == to:
        return replace(v, t=to)
    done = _CONVERTERS.get(_family(to), _refuse)(v, to, mode, style, dateformat)
    return V(done, to)


def _family(t: T) -> str:
    if t.is_string:
        return "text"
    if t.name in BINARY:
        return "binary"
    if t.name in DATES:
        return "date"
    return "integer" if t.is_integer and t.name != "bit" else t.name


def _refuse(v: V, to: T, *_: object) -> str:
    raise sql_error(529, v.t.name, to.name)


def failure(x: str, number: int, message: str) -> str:
    """Write what `t_fail` takes: number, message and, after another |, what to look at."""
    return literal(f"{number}|{message}").replace("{x}", f"' || {x} || '")


def guard(x: str, attempt: str, mode: str, failed: str, duck: str) -> str:
    """Give an attempt's value; where it has none though there was one to convert, an error."""
    if mode == "try":
        return attempt
    return (
        f"CASE WHEN {x} IS NULL THEN NULL ELSE COALESCE({attempt}, CAST(t_fail({failed}) "
        f"AS {duck})) END"
    )


def _number(v: V, to: T, mode: str, exact: str) -> str:
    """Cast between numbers; out of range is an error, or NULL under TRY."""
    return f"{'TRY_CAST' if mode == 'try' else 'CAST'}({exact} AS {to.duck})"


_RANGES = {
    "tinyint": (0, 255), "smallint": (-32768, 32767), "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}  # fmt: skip


def _over(t: T, to: T) -> tuple[int, str]:
    """Return the error of text that holds a number too large for a whole number type."""
    if to.name == "bigint":
        return 8115, "Arithmetic overflow error converting expression to data type bigint."
    start = f"The conversion of the {t.name} value '{{x}}' overflowed an "
    if to.name == "int":
        return 248, f"{start}int column."
    size = "INT1" if to.name == "tinyint" else "INT2"
    return 244, f"{start}{size} column. Use a larger integer column."


def _to_integer(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        const = v.const.strip() if isinstance(v.const, str) else ""
        low, high = _RANGES[to.name]
        if const.lstrip("+-").isdigit() and low <= int(const) <= high:
            return f"CAST({int(const)} AS {to.duck})"
        failed = (
            f"CASE WHEN regexp_full_match(trim({v.sql}), '[+-]?[0-9]+') "
            f"THEN {failure(v.sql, *_over(t, to))} ELSE "
            + failure(
                v.sql,
                245,
                f"Conversion failed when converting the {t.name} value '{{x}}' to data type "
                f"{to.name}.",
            )
            + " END"
        )
        return guard(v.sql, f"TRY_CAST(t_integer({v.sql}) AS {to.duck})", mode, failed, to.duck)
    if t.is_integer:
        return _number(v, to, mode, v.sql)
    if t.name in FLOATS or t.name == "decimal":
        return _number(v, to, mode, f"trunc({v.sql})")
    if t.name in MONEY:
        return _number(v, to, mode, f"round({v.sql}, 0)")
    if t.name in ("datetime", "smalldatetime"):
        days = f"date_diff('day', date '1900-01-01', date_trunc('day', {v.sql} + to_hours(12)))"
        return _number(v, to, mode, days)
    if t.name in BINARY:
        return _number(v, to, mode, binary_integer(v, to))
    return _refuse(v, to)


def _to_bit(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if v.t.is_string:
        message = (
            f"Conversion failed when converting the {v.t.name} value '{{x}}' to data type bit."
        )
        failed = failure(v.sql, 245, message)
        return guard(v.sql, f"t_bit_text({v.sql})", mode, failed, to.duck)
    if v.t.is_number:
        return f"({v.sql} <> 0)"
    return _refuse(v, to)


#: The last amount of each type of money; the first is one ten-thousandth further from nought.
_MOST = {"money": "922337203685477.5807", "smallmoney": "214748.3647"}


def _to_money(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    """Convert to money, which has room for fewer amounts than its digits."""
    over = f"8115|Arithmetic overflow error converting expression to data type {to.name}."
    bad = "NULL" if mode == "try" else f"CAST(t_fail('{over}') AS {to.duck})"
    most = _MOST[to.name]
    return once(
        _to_exact(v, to, mode, style, dateformat),
        lambda y: f"CASE WHEN {y} > {most} OR {y} < -{most} - 0.0001 THEN {bad} ELSE {y} END",
    )


def _to_exact(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        money = to.name in MONEY
        reader = "t_money_text" if money else "t_exact_text"
        bad = (235, "Cannot convert a char value to money. The char value has incorrect syntax.")
        if to.name == "smallmoney":
            bad = (
                293,
                "Cannot convert char value to smallmoney. The char value has incorrect syntax.",
            )
        if not money:
            bad = (8114, f"Error converting data type {t.name} to numeric.")
        over = f"Arithmetic overflow error converting {t.name} to data type "
        over += f"{to.name if money else 'numeric'}.{_VALUE}"
        failed = (
            f"CASE WHEN {reader}({v.sql}) IS NULL THEN "
            f"{failure(v.sql, bad[0], bad[1] + _VALUE)} ELSE {failure(v.sql, 8115, over)} END"
        )
        return guard(v.sql, f"TRY_CAST({reader}({v.sql}) AS {to.duck})", mode, failed, to.duck)
    if t.name in FLOATS and to.s > 17:  # a float has no more places
        return _number(v, to, mode, f"CAST({v.sql} AS DECIMAL(38,17))")
    if t.is_number:
        return _number(v, to, mode, v.sql)
    if t.name in ("datetime", "smalldatetime"):
        return _number(v, to, mode, _days(v.sql))
    return _refuse(v, to)


def _days(sql: str) -> str:
    """Count the days since 1900, with what is left of the last."""
    return f"(date_diff('microsecond', timestamp '1900-01-01', {sql}) / 86400000000.0)"


def _to_float(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        failed = failure(v.sql, 8114, f"Error converting data type {t.name} to {to.name}.{_VALUE}")
        return guard(v.sql, f"TRY_CAST(t_float_text({v.sql}) AS {to.duck})", mode, failed, to.duck)
    if t.is_number:
        return _number(v, to, mode, v.sql)
    if t.name in ("datetime", "smalldatetime"):
        return _days(v.sql)
    return _refuse(v, to)


def _to_date(v: V, to: T, mode: str, style: int | None, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        swapped = dateformat == "dmy" and to.name in ("datetime", "smalldatetime")
        plain = _plain_date(v.const) if style is None and not swapped else None
        if plain is not None and _held(plain, to):
            return f"CAST('{plain}' AS {'DATE' if to.name == 'date' else 'TIMESTAMP'})"
        read = _date_text(v, to, mode, style, dateformat)
        if to.name not in _FIRST_LAST:
            return _fit_date(read, to)
        return once(read, lambda x: _in_range(replace(v, sql=x), to, mode))
    if t.name in DATES and to.name in _FIRST_LAST and t.name not in ("smalldatetime", to.name):
        return _in_range(v, to, mode)
    if t.name in DATES:
        return _fit_date(v.sql, to) if t.name != "date" or to.name != "date" else v.sql
    if t.name == "time" and to.name != "date":
        return _fit_date(today(v.sql), to)
    if to.name in ("datetime", "smalldatetime") and t.is_number:
        long = t.name == "decimal" and t.p > 27  # times the microseconds of a day: over 38 digits
        days = f"{v.sql}::DOUBLE" if long or t.name in FLOATS else v.sql
        days = f"{days}::INTEGER" if t.name == "bit" else days
        sql = f"(timestamp '1900-01-01' + to_microseconds(({days} * 86400000000)::BIGINT))"
        over = f"Arithmetic overflow error converting expression to data type {to.name}."
        return once(sql, lambda x: _in_range(replace(v, sql=x), to, mode, (8115, over)))
    if t.is_number:
        raise sql_error(206, t.name, to.name)
    return _refuse(v, to)


def _plain_date(const: object) -> dt.date | None:
    """Return the date that a literal such as 20110901 or 2011-09-01 is in every language."""
    found = (
        re.fullmatch(r"(\d{4})(\d\d)(\d\d)|(\d{4})-(\d\d?)-(\d\d?)", const)
        if isinstance(const, str)
        else None
    )
    try:
        return dt.date(*(int(part) for part in found.groups() if part)) if found else None
    except ValueError:
        return None


def _date_text(v: V, to: T, mode: str, style: int | None, dateformat: str) -> str:
    x = v.sql
    order = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y/%m/%d"}.get(dateformat)
    if style in (None, 0, 100, 20, 21, 120, 121, 126, 23, 111, 102, 112, 12, 106, 107):
        swapped = dateformat == "dmy" and to.name in ("datetime", "smalldatetime")
        attempt = f"t_iso(t_year_first_dmy({x}))" if swapped and not style else f"t_iso({x})"
        if order:
            full = f"t_full_year({x})" if dateformat != "ymd" and not style else x
            attempt = f"COALESCE({attempt}, t_numeric_date({full}, '{order}'))"
    else:
        shape = style_text(style)
        attempt = (
            f"COALESCE(t_numeric_date({x}, '{shape}'), CASE WHEN "
            f"regexp_full_match(trim({x}), '([0-9]{{8}})?') THEN t_iso({x}) END)"
        )
    failed = failure(x, 241, _NO_DATE + _VALUE)
    if to.name in ("datetime", "smalldatetime"):
        attempt = f"CASE WHEN NOT regexp_matches({x}, ':[0-9]+[.][0-9]{{4}}') THEN {attempt} END"
        range_ = f"The conversion of a {v.t.name} data type to a {to.name} data type resulted in "
        range_ += f"an out-of-range value.{_VALUE}"
        failed = f"CASE WHEN t_looks_date({x}) THEN {failure(x, 242, range_)} ELSE {failed} END"
    done = guard(x, attempt, mode, failed, "TIMESTAMP")
    if not order and style in (None, 0):
        ambiguous = (
            "R|the text ' || " + x + " || ' is read as day-month or month-day by the language of "
            "the server, which is not known here. Write SET DATEFORMAT dmy first, or "
            "CONVERT(date, x, 103)."
        )
        done = (
            f"CASE WHEN t_looks_numeric_date({x}) THEN CAST(t_fail('{ambiguous}') "
            f"AS TIMESTAMP) ELSE {done} END"
        )
    return done


def _in_range(v: V, to: T, mode: str, error: tuple[int, str] | None = None) -> str:
    """Turn a date into a datetime, which begins in 1753, or a smalldatetime, in 1900 to 2079."""
    fit = f"{v.sql} BETWEEN {span(to).replace(',', ' AND')}"
    message = f"The conversion of a {v.t.name} data type to a {to.name} data type resulted in an "
    number, message = error or (242, message + "out-of-range value.")
    bad = f"CAST(t_fail({failure('', number, message)}) AS TIMESTAMP)"
    bad = "NULL" if mode == "try" else bad
    return f"CASE WHEN {fit} OR {v.sql} IS NULL THEN {_fit_date(v.sql, to)} ELSE {bad} END"


#: The first moment and the last that is not rounded up beyond the end.
_FIRST_LAST = {
    "datetime": ("1753-01-01", "9999-12-31 23:59:59.998333"),
    "smalldatetime": ("1900-01-01", "2079-06-06 23:59:29.998999"),
}
_ALL_DAYS = ("0001-01-01", "9999-12-31 23:59:59.999999")


def span(t: T) -> str:
    """Return the first and the last moment that a type has room for, as DuckDB writes them."""
    return ", ".join(f"timestamp '{end}'" for end in _FIRST_LAST.get(t.name, _ALL_DAYS))


def _held(day: dt.date, to: T) -> bool:
    """Tell whether a type has room for a day."""
    first, last = _FIRST_LAST.get(to.name, _ALL_DAYS)
    return first <= day.isoformat() <= last


def _fit_date(sql: str, to: T) -> str:
    if to.name == "date":
        return f"CAST({sql} AS DATE)"
    if to.name == "datetime":
        return f"t_datetime(CAST({sql} AS TIMESTAMP))"
    if to.name == "smalldatetime":
        return f"t_minute(CAST({sql} AS TIMESTAMP))"
    if to.n is not None and to.n < 6:
        return f"t_round_time(CAST({sql} AS TIMESTAMP), {to.n})"
    return f"CAST({sql} AS TIMESTAMP)"


def _to_time(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if v.t.is_string:
        failed = failure(v.sql, 241, _NO_DATE + _VALUE)
        attempt = (
            f"COALESCE(TRY_CAST(CASE WHEN regexp_full_match(trim({v.sql}), "
            f"'([01]?[0-9]|2[0-3]):[0-9]{{2}}(:[0-9]{{2}}"
            f"([.][0-9]{{1,7}})?)?') THEN trim({v.sql}) END AS TIME), CAST(t_iso({v.sql}) AS TIME))"
        )
        return _fit_time(guard(v.sql, attempt, mode, failed, to.duck), to)
    if (v.t.name in DATES and v.t.name != "date") or v.t.name == "time":
        return _fit_time(f"CAST({v.sql} AS TIME)", to)
    return _refuse(v, to)


def _fit_time(sql: str, to: T) -> str:
    """Round to the places of time(n); what rounds up to midnight begins again."""
    if to.n is None or to.n >= 6:
        return sql
    return f"CAST(t_round_time({today(sql)}, {to.n}) AS TIME)"


def _to_uuid(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if not v.t.is_string:
        return _refuse(v, to)
    message = "Conversion failed when converting from a character string to uniqueidentifier."
    failed = failure(v.sql, 8169, message + _VALUE)
    return guard(v.sql, f"TRY_CAST(left({v.sql}, 36) AS UUID)", mode, failed, to.duck)


_CONVERTERS = {
    "integer": _to_integer, "bit": _to_bit, "decimal": _to_exact, "money": _to_money,
    "smallmoney": _to_money, "float": _to_float, "real": _to_float, "date": _to_date,
    "time": _to_time, "binary": to_binary, "uniqueidentifier": _to_uuid,
}  # fmt: skip
