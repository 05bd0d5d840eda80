"""The conformance cases of ``tests/tsql``: read, check by rule, and compare with a result."""

import datetime as dt
import math
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parent / "tsql"
KEYS = {"id", "sql", "rows", "error", "line", "refused", "types", "messages", "page", "why"}


@dataclass(frozen=True)
class Case:
    """One script, what SQL Server answers, the page that says so, and why in a sentence."""

    topic: str
    id: str
    sql: str
    page: str
    why: str
    rows: list | None = None
    error: str = ""
    line: int | None = None
    refused: bool = False
    types: tuple = ()
    messages: tuple = ()


def read_cases(folder=FOLDER):
    """Return every case, in the order of the files; a key that nobody knows is an error."""
    cases = []
    for path in sorted(folder.glob("*.toml")):
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            if set(raw) - KEYS:
                raise ValueError(f"{path.name}, {raw.get('id')}: unknown {set(raw) - KEYS}")
            cases.append(Case(topic=path.stem, **raw))
    return cases


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
