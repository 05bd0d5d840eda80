"""Conversions between SQL Server's types: what CAST, CONVERT, assignment and comparison do."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from .errors import Refused, sql_error
from .sqltypes import BINARY, DATES, FLOATS, MONEY, T
from .styles import style_text, to_style, today
from .value import V, literal, once

__all__ = ["convert", "guard"]


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
        return _to_text(v, to, mode, style)
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


def guard(x: str, attempt: str, mode: str, number: int, message: str, duck: str) -> str:
    """Give an attempt's value; where it has none though there was one to convert, an error."""
    if mode == "try":
        return attempt
    text = literal(f"{number}|{message}").replace("{x}", f"' || {x} || '")
    return (
        f"CASE WHEN {x} IS NULL THEN NULL ELSE COALESCE({attempt}, CAST(t_fail({text}) "
        f"AS {duck})) END"
    )


def _number(v: V, to: T, mode: str, exact: str) -> str:
    """Cast between numbers; out of range is an error, or NULL under TRY."""
    return f"{'TRY_CAST' if mode == 'try' else 'CAST'}({exact} AS {to.duck})"


def _to_integer(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        if isinstance(v.const, str) and v.const.strip().lstrip("+-").isdigit():
            return _number(v, to, mode, str(int(v.const)))
        message = (
            f"Conversion failed when converting the {t.name} value '{{x}}' to data type {to.name}."
        )
        return guard(
            v.sql, f"TRY_CAST(t_integer({v.sql}) AS {to.duck})", mode, 245, message, to.duck
        )
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
        return _number(v, to, mode, f"('0x0' || hex({v.sql}))")
    return _refuse(v, to)


def _to_bit(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if v.t.is_string:
        message = (
            f"Conversion failed when converting the {v.t.name} value '{{x}}' to data type bit."
        )
        return guard(v.sql, f"t_bit_text({v.sql})", mode, 245, message, to.duck)
    if v.t.is_number:
        return f"({v.sql} <> 0)"
    return _refuse(v, to)


def _to_exact(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        reader = "t_money_text" if to.name in MONEY else "t_exact_text"
        number, name = (235, "money") if to.name in MONEY else (8114, "numeric")
        message = f"Error converting data type {t.name} to {name} (value '{{x}}')."
        return guard(
            v.sql, f"TRY_CAST({reader}({v.sql}) AS {to.duck})", mode, number, message, to.duck
        )
    if t.is_number:
        return _number(v, to, mode, v.sql)
    return _refuse(v, to)


def _to_float(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        message = f"Error converting data type {t.name} to {to.name} (value '{{x}}')."
        return guard(
            v.sql, f"TRY_CAST(t_float_text({v.sql}) AS {to.duck})", mode, 8114, message, to.duck
        )
    if t.is_number:
        return _number(v, to, mode, v.sql)
    if t.name in ("datetime", "smalldatetime"):
        return f"(date_diff('microsecond', timestamp '1900-01-01', {v.sql}) / 86400000000.0)"
    return _refuse(v, to)


def _to_date(v: V, to: T, mode: str, style: int | None, dateformat: str) -> str:
    t = v.t
    if t.is_string:
        plain = _plain_date(v.const) if style is None else None
        if plain is not None:
            return f"CAST('{plain}' AS {'DATE' if to.name == 'date' else 'TIMESTAMP'})"
        return _fit_date(_date_text(v, to, mode, style, dateformat), to)
    if t.name in DATES:
        return _fit_date(v.sql, to) if t.name != "date" or to.name != "date" else v.sql
    if t.name == "time" and to.name != "date":
        return today(v.sql)
    if to.name in ("datetime", "smalldatetime") and t.is_number:
        return _fit_date(
            f"(timestamp '1900-01-01' + to_microseconds(({v.sql} * 86400000000)::BIGINT))", to
        )
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
        attempt = f"t_iso({x})"
        if order:
            attempt = f"COALESCE({attempt}, t_numeric_date({x}, '{order}'))"
    else:
        shape = style_text(style)
        attempt = (
            f"COALESCE(t_numeric_date({x}, '{shape}'), CASE WHEN "
            f"regexp_full_match(trim({x}), '([0-9]{{8}})?') THEN t_iso({x}) END)"
        )
    name = "date and/or time"
    failed = f"Conversion failed when converting {name} from character string ('{{x}}')."
    done = guard(x, attempt, mode, 241, failed, "TIMESTAMP")
    if not order and style in (None, 0):
        ambiguous = (
            "R|the text ' || " + x + " || ' is read as day-month or month-day by the language of "
            "the server, which is not known here. Write SET DATEFORMAT dmy first, or "
            "CONVERT(date, x, 103)."
        )
        done = (
            f"CASE WHEN t_looks_numeric_date({x}) THEN CAST(t_fail('{ambiguous}') "
            f"AS TIMESTAMP) ELSE {done} END"
            if mode != "try" or not isinstance(v.const, str)
            else done
        )
    return done


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
        message = (
            "Conversion failed when converting date and/or time from character string ('{x}')."
        )
        attempt = (
            f"COALESCE(TRY_CAST(CASE WHEN regexp_full_match(trim({v.sql}), "
            f"'[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}"
            f"([.][0-9]{{1,6}})?)?') THEN trim({v.sql}) END AS TIME), CAST(t_iso({v.sql}) AS TIME))"
        )
        return guard(v.sql, attempt, mode, 241, message, to.duck)
    if v.t.name in DATES and v.t.name != "date":
        return f"CAST({v.sql} AS TIME)"
    return _refuse(v, to)


def _to_binary(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if v.t.name in BINARY:
        sql = v.sql
    elif v.t.is_string and v.t.name[0] != "n" and not style:
        sql = f"encode({v.sql})"
    elif v.t.is_integer and v.t.name in ("int", "bigint", "smallint", "tinyint"):
        width = {"bigint": 16, "int": 8, "smallint": 4, "tinyint": 2}[v.t.name]
        size = width // 2 if to.n is None else to.n
        full = (
            f"lpad(right(hex({v.sql}::BIGINT), {width}), {width}, CASE WHEN {v.sql} < "
            "0 THEN 'F' ELSE '0' END)"
        )
        return f"unhex(right(lpad({full}, {max(size * 2, width)}, '0'), {size * 2}))"
    else:
        raise Refused(f"Converting {v.t.name} to {to.name} is not done here.")
    if to.n is not None:
        sql = f"unhex(left(hex({sql}), {2 * to.n}))"
    if to.name == "binary":
        sql = f"unhex(rpad(hex({sql}), {2 * (to.n or 30)}, '0'))"
    return sql


def _to_uuid(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    if not v.t.is_string:
        return _refuse(v, to)
    message = (
        "Conversion failed when converting from a character string to uniqueidentifier ('{x}')."
    )
    return guard(v.sql, f"TRY_CAST({v.sql} AS UUID)", mode, 8169, message, to.duck)


_CONVERTERS = {
    "integer": _to_integer, "bit": _to_bit, "decimal": _to_exact, "money": _to_exact,
    "smallmoney": _to_exact, "float": _to_float, "real": _to_float, "date": _to_date,
    "time": _to_time, "binary": _to_binary, "uniqueidentifier": _to_uuid,
}  # fmt: skip


def _to_text(v: V, to: T, mode: str, style: int | None) -> V:
    """Text from anything: cut, padded or refused as the page "CAST and CONVERT" says."""
    t, n = v.t, to.n
    if t.is_string:
        to = replace(to, collation=to.collation or t.collation, label=max(to.label, t.label))
        sql, width = v.sql, t.n
    else:
        sql, width = _written(v, to, style)
    const = v.const if isinstance(v.const, str) else None
    if n is not None and (width is None or width > n):
        if not t.is_string:
            if t.is_integer:
                sql = f"CASE WHEN length({sql}) > {n} THEN '*' ELSE {sql} END"
            elif t.is_number:
                over = literal(
                    f"8115|Arithmetic overflow error converting {t.name} to data type {to.name}."
                )
                bad = "NULL" if mode == "try" else f"t_fail({over})"
                sql = f"CASE WHEN length({sql}) > {n} THEN {bad} ELSE {sql} END"
            else:
                sql = f"left({sql}, {n})"
        elif mode == "assign":
            over = (
                "t_fail('2628|String or binary data would be truncated. Truncated "
                f"value: ''' || left({sql}, {n}) || '''.')"
            )
            sql = f"CASE WHEN length(rtrim({sql}, ' ')) > {n} THEN {over} ELSE left({sql}, {n}) END"
        elif const is not None:
            const = const[:n]
            sql = literal(const)
        else:
            sql = f"left({sql}, {n})"
    if to.fixed and n is not None and not (t.fixed and t.n == n):
        if const is not None:
            const = const.ljust(n)
            sql = literal(const)
        else:
            sql = f"CASE WHEN length({sql}) < {n} THEN rpad({sql}, {n}, ' ') ELSE {sql} END"
    return V(sql, to, const)


def _written(v: V, to: T, style: int | None) -> tuple[str, int | None]:
    """Return a value that is no text as text, and the greatest length it can have."""
    t, sql = v.t, v.sql
    if t.name == "bit":
        return f"CASE {sql} WHEN TRUE THEN '1' WHEN FALSE THEN '0' END", 1
    if t.is_integer:
        return f"CAST({sql} AS VARCHAR)", {"bigint": 20, "int": 11, "smallint": 6, "tinyint": 3}[
            t.name
        ]
    if t.name == "decimal":
        return f"CAST({sql} AS VARCHAR)", t.p + 2
    if t.name in MONEY:
        if style:
            raise Refused(f"CONVERT style {style} for {t.name} is not known here.")
        return f"CAST(CAST({sql} AS DECIMAL(19,2)) AS VARCHAR)", 22
    if t.name in FLOATS:
        if style in (None, 0):
            return f"t_float({sql})", 14
        if style == 2:
            return f"t_float16({sql})", 24
        raise Refused(f"CONVERT style {style} for {t.name} is not known here.")
    if t.is_date or t.name == "time":
        if style is None:
            style = 0 if t.name in ("datetime", "smalldatetime") else 121
        return to_style(sql, t, style), None
    if t.name == "uniqueidentifier":
        return f"upper(CAST({sql} AS VARCHAR))", 36
    if t.name in BINARY and style in (1, 2):
        return (f"('0x' || hex({sql}))" if style == 1 else f"hex({sql})"), None
    raise Refused(
        f"Converting {t.name} to text is not done here.", "Use CONVERT with style 1 or 2."
    )
