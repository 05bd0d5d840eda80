"""The conformance cases of ``tests/tsql``, and how a result is compared with what they expect."""

import datetime as dt
import math
from decimal import Decimal

import pandas as pd
from conformance import read_cases

__all__ = ["equal_rows", "plain", "read_cases", "rows_of", "same"]


def plain(value):
    """Return a value of a result as the cases write it."""
    if value is None or value is pd.NaT or value is pd.NA:
        return "<null>"
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return "<null>"
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ")
        return text.rstrip("0") if value.microsecond else text
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return "0x" + bytes(value).hex().upper()
    return value


def rows_of(frame):
    """Return a frame's rows as the cases write them; no frame has no rows."""
    if frame is None:
        return []
    columns = [frame.iloc[:, place].astype(object) for place in range(frame.shape[1])]
    return [[plain(value) for value in row] for row in zip(*columns, strict=True)]


def same(expected, actual):
    """Whether two values are the same: an int is an int, floats are near, texts are exact."""
    if isinstance(expected, float) and isinstance(actual, float):
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    return type(expected) is type(actual) and expected == actual


def equal_rows(expected, actual):
    """Whether two lists of rows are the same, value by value."""
    return len(expected) == len(actual) and all(
        len(a) == len(b) and all(map(same, a, b)) for a, b in zip(expected, actual, strict=True)
    )
