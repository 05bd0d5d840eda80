"""The SQL by which values are equal or come in order: collation and trailing blanks."""

from __future__ import annotations

from .sqltypes import BINARY
from .value import V, literal

__all__ = ["equal_key", "self_key", "sort_key"]


def self_key(v: V) -> str:
    """Return SQL that is equal for values that count as equal: GROUP BY, DISTINCT, PARTITION BY."""
    t = v.t
    if t.is_string:
        if t.binary_collation:
            return v.sql if t.fixed else f"rtrim({v.sql}, ' ')"
        return f"lower({v.sql})" if t.fixed else f"t_key({v.sql})"
    return f"t_binary_key({v.sql})" if t.name in BINARY else v.sql


def equal_key(v: V, collation: str) -> str:
    """Return SQL by which text is compared with other text in a collation."""
    exact = "_bin" in collation.lower() or "_cs_" in f"{collation.lower()}_"
    if isinstance(v.const, str):
        text = v.const.rstrip(" ")
        return literal(text if exact else text.lower())
    return f"rtrim({v.sql}, ' ')" if exact else f"t_key({v.sql})"


def sort_key(v: V) -> str:
    """Return SQL by which values are put in order."""
    if v.t.is_string:
        return f"rtrim({v.sql}, ' ')" if v.t.binary_collation else f"t_sort({v.sql})"
    return f"t_binary_key({v.sql})" if v.t.name in BINARY else v.sql
