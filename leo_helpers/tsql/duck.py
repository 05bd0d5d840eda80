"""Between DuckDB and T-SQL: values for variables, and DuckDB's errors as SQL Server's."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from .errors import Refused, TSqlError, sql_error
from .sqltypes import T
from .value import V, literal

if TYPE_CHECKING:
    import pyarrow as pa

    from .store import Store

__all__ = ["finite", "float_overflow", "to_value", "translate"]


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
        if not math.isfinite(value):
            raise float_overflow()
        return V(f"CAST('{value!r}' AS {t.duck})", t)
    if isinstance(value, Decimal | dt.date | dt.time):
        return V(f"CAST('{value}' AS {t.duck})", t)
    return V(f"CAST('{value}' AS {t.duck})", t)


_NAMES = {"INT32": "int", "INT64": "bigint", "INT16": "smallint", "UINT8": "tinyint"}
_INTO = "Arithmetic overflow error converting {} to data type {}."


def _cast(source: str, value: str, target: str) -> tuple[int, str]:
    """Return the error of a number that does not fit a type of whole numbers."""
    name = _NAMES.get(target, "int")
    if source in ("DOUBLE", "FLOAT"):
        return 232, f"Arithmetic overflow error for type {name}, value = {float(value):.6f}."
    if name in ("smallint", "tinyint") and source in ("INT8", "INT16", "INT32", "UINT8"):
        return 220, f"Arithmetic overflow error for data type {name}, value = {value}."
    return 8115, _INTO.format("expression", name)


def _decimal(value: str) -> tuple[int, str]:
    """Return the error of a number that has more digits than a decimal."""
    source = "numeric" if value.startswith('"') else "float" if "." in value else "int"
    return 8115, _INTO.format(source, "numeric")


#: What DuckDB says, and the number and text of SQL Server's error made of its parts.
_KNOWN = (
    (r"[Dd]ivision by zero", lambda: (8134, "Divide by zero error encountered.")),
    (r"Type (\w+) with value (\S+) can't be cast because the value is out of range for the "
     r"destination type (\w+)", _cast),
    (r"Failed to cast decimal value \S+ to type (\w+)",
     lambda target: (8115, _INTO.format("numeric", _NAMES.get(target, "int")))),
    (r"Casting value (\"\S+\") to type DECIMAL|Could not cast value (\S+) to DECIMAL",
     lambda one, two: _decimal(one or two)),
    (r"Overflow in \w+ of (\w+)",
     lambda kind: (8115, _INTO.format("expression", _NAMES.get(kind, "numeric")))),
    (r"Overflow in negation|Overflow on abs",
     lambda: (8115, _INTO.format("expression", "int"))),
    (r"logarithm of|square root of",
     lambda: (3623, "An invalid floating point operation occurred.")),
    (r"Could not cast value|Out of Range Error|out of range for the destination|"
     r"value is out of range|could not be cast|DECIMAL\(\d+,\d+\) failed",
     lambda: (8115, "Arithmetic overflow error converting expression to its data type.")),
    (r"More than one row returned by a subquery|Scalar subquery can only return a single row",
     lambda: (512, "Subquery returned more than 1 value. This is not permitted when the subquery "
              "follows =, !=, <, <= , >, >= or when the subquery is used as an expression.")),
)  # fmt: skip


def float_overflow() -> TSqlError:
    """Return SQL Server's error of a float that is too large."""
    found = TSqlError(_INTO.format("expression", "float"), 8115)
    found.runtime = True
    return found


def finite(table: pa.Table) -> None:
    """Raise SQL Server's overflow of a float where DuckDB has gone on to infinity."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in table.columns:
        if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
            raise float_overflow()


def translate(error: duckdb.Error, sql: str = "", store: Store | None = None) -> TSqlError:
    """Return SQL Server's error for one of DuckDB's, whose place is the whole statement."""
    null = re.search(r"NOT NULL constraint failed: (t\d+)\.(.*)", str(error))
    if null and store is not None:
        column = null[2].strip().strip('"')
        found = sql_error(515, column, store.called(null[1]), sql.split()[0])
    else:
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
        message, _, step = message.partition("|")
        return Refused(message) if number == "R" else TSqlError(message, int(number), step)
    for pattern, build in _KNOWN:
        found = re.search(pattern, text)
        if found:
            number, message = build(*found.groups())
            return TSqlError(message, number)
    first = text.splitlines()[0] if text else type(error).__name__
    return Refused(
        f"the translated statement failed in DuckDB: {first[:300]}",
        "Please report it with the statement.",
    )
