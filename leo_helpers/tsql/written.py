"""Text from anything: CAST and CONVERT to char and varchar."""

from __future__ import annotations

from dataclasses import replace

from .errors import Refused
from .sqltypes import BINARY, FLOATS, MONEY, T
from .styles import to_style
from .value import V, literal

__all__ = ["to_text"]


def to_text(v: V, to: T, mode: str, style: int | None) -> V:
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
            if t.name in ("int", "smallint", "tinyint", "bit") and to.name[0] != "n":
                sql = f"CASE WHEN length({sql}) > {n} THEN '*' ELSE {sql} END"
            elif t.is_number:
                name = (
                    "expression" if t.is_integer else "numeric" if t.name == "decimal" else t.name
                )
                over = literal(
                    f"8115|Arithmetic overflow error converting {name} to data type {to.name}."
                )
                bad = "NULL" if mode == "try" else f"t_fail({over})"
                sql = f"CASE WHEN length({sql}) > {n} THEN {bad} ELSE {sql} END"
            else:
                sql = f"left({sql}, {n})"
        elif mode == "assign":
            over = literal(f"2628|String or binary data would be truncated{to.place}.")
            over = f"t_fail({over} || ' Truncated value: ''' || left({sql}, {n}) || '''.')"
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
        room = f"CAST({sql} AS DECIMAL({min(t.p + 1, 38)},{t.s}))" if t.p == t.s else sql
        return f"CAST({room} AS VARCHAR)", t.p + 2  # DuckDB writes no nought that has no room
    if t.name in MONEY:
        if style in (2, 126):
            return f"CAST(CAST({sql} AS DECIMAL(19,4)) AS VARCHAR)", 24
        text = f"CAST(CAST({sql} AS DECIMAL(19,2)) AS VARCHAR)"
        if style not in (None, 0, 1):
            raise Refused(f"CONVERT style {style} for {t.name} is not known here.")
        return (f"t_thousands({text})", 30) if style == 1 else (text, 22)
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
    if t.name in BINARY and style in (None, 0) and to.name in ("varchar", "char"):
        return f"t_byte_text({sql})", None
    raise Refused(
        f"Converting {t.name} to text is not done here.", "Use CONVERT with style 1 or 2."
    )
