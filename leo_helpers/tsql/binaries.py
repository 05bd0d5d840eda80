"""Binary values: made from text and whole numbers, and read as whole numbers."""

from __future__ import annotations

from .errors import Refused, sql_error
from .sqltypes import BINARY, T
from .value import V, once

__all__ = ["binary_integer", "to_binary"]

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


def binary_integer(v: V, to: T) -> str:
    """Read the last bytes of a binary value as a whole number, which may be negative."""
    bits = _BITS[to.name]
    number = f"CAST('0x0' || right(hex({v.sql}), {bits // 4}) AS HUGEINT)"
    if to.name == "tinyint":
        return number
    return once(
        number, lambda y: f"CASE WHEN {y} >= {2 ** (bits - 1)} THEN {y} - {2**bits} ELSE {y} END"
    )


def to_binary(v: V, to: T, mode: str, style: object, dateformat: str) -> str:
    """Convert to binary: cut, or padded with noughts; INSERT and UPDATE do neither to text."""
    if v.t.name in BINARY:
        sql = v.sql
        if mode == "assign" and to.n is not None and (v.t.n is None or v.t.n > to.n):
            bad = "CAST(t_fail('2628|String or binary data would be truncated.') AS BLOB)"
            sql = once(
                sql, lambda y: f"CASE WHEN octet_length({y}) > {to.n} THEN {bad} ELSE {y} END"
            )
    elif v.t.is_string and mode in ("assign", "implicit"):
        raise sql_error(257, v.t.name, to.name)
    elif v.t.is_string and v.t.name[0] != "n" and not style:
        sql = f"t_bytes({v.sql})"
    elif v.t.is_integer and v.t.name in ("int", "bigint", "smallint", "tinyint"):
        width = {"bigint": 16, "int": 8, "smallint": 4, "tinyint": 2}[v.t.name]
        size = width // 2 if to.n is None else to.n
        size = min(size, width // 2) if to.name == "varbinary" else size  # no longer than it is
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
