"""Between DuckDB and T-SQL: values for variables, and DuckDB's errors as SQL Server's."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import duckdb

from .errors import Refused, TSqlError, sql_error
from .sqltypes import T
from .value import V, literal

__all__ = ["to_value", "translate"]


def to_value(value: Any, t: T) -> V:
    """Turn a value that DuckDB gave into an expression, for a variable."""
    if value is None:
        return V(f"CAST(NULL AS {t.duck})", t)
    if isinstance(value, bool):
        return V("TRUE" if value else "FALSE", t)
    if t.is_string:
        return V(literal(value), t, value)
    if isinstance(value, int) and t.name in ("int", "bigint", "smallint", "tinyint"):
        sql = str(value) if t.name == "int" else f"CAST({value} AS {t.duck})"
        return V(f"({sql})" if value < 0 else sql, t, value)
    if isinstance(value, bytes):
        return V(f"unhex('{value.hex()}')", t)
    if isinstance(value, float):
        return V(f"CAST('{value!r}' AS {t.duck})", t)
    if isinstance(value, Decimal | dt.date | dt.time):
        return V(f"CAST('{value}' AS {t.duck})", t)
    return V(f"CAST('{value}' AS {t.duck})", t)


_KNOWN = (
    (r"[Dd]ivision by zero", 8134, "Divide by zero error encountered."),
    (
        r"Could not cast value|Out of Range Error|out of range for the "
        r"destination|value is out of range|Overflow in|"
        r"could not be cast|DECIMAL\(\d+,\d+\) failed",
        8115,
        "Arithmetic overflow error converting expression to its data type.",
    ),
    (
        r"More than one row returned by a subquery|Scalar subquery can only return a single row",
        512,
        "Subquery returned more than 1 value. This is not permitted when the subquery "
        "follows =, !=, <, <= , >, >= or when the subquery is used as an expression.",
    ),
)


def translate(error: duckdb.Error) -> TSqlError:
    """Return SQL Server's error for one of DuckDB's, whose place is the whole statement."""
    found = _translated(error)
    found.runtime = True
    return found


def _translated(error: duckdb.Error) -> TSqlError:
    """Return SQL Server's error for one of DuckDB's; an unknown one is a refusal."""
    text = str(error)
    found = re.search(r"Invalid Input Error: (530)\|(.*)", text, re.S) or re.search(
        r"Could not convert string '(\d+|R)\|(.*)' to INT32", text, re.S
    )  # 530 comes from error(), which the optimiser never leaves out
    if found:
        number, message = found.groups()
        return Refused(message) if number == "R" else TSqlError(message, int(number))
    found = re.search(r"NOT NULL constraint failed: t\d+\.(.*)", text)
    if found:
        return sql_error(515, found.group(1).strip())
    for pattern, number, message in _KNOWN:
        if re.search(pattern, text):
            return TSqlError(message, number)
    first = text.splitlines()[0] if text else type(error).__name__
    return Refused(
        f"the translated statement failed in DuckDB: {first[:300]}",
        "Please report it with the statement.",
    )
