"""The arguments of functions, translated and made text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .convert import convert
from .scope import Scope
from .sqltypes import T
from .value import V

if TYPE_CHECKING:
    from .queries import Queries

__all__ = ["date_part", "text", "values_of"]


_WITH_PART = {"dateadd", "datediff", "datediff_big", "datepart", "datename", "datetrunc"}


def text(b: Queries, v: V) -> V:
    """Return a value as text, as the string functions take their arguments."""
    if v.t.is_string:
        return v
    if v.t.name == "null":
        return V("CAST(NULL AS VARCHAR)", T("varchar", 1))
    return convert(v, T("varchar", 8000))


def values_of(b: Queries, args: list, scope: Scope) -> list[V]:
    """Translate the arguments of a function."""
    return [b.expr(arg, scope) for arg in args]


def date_part(column: exp.Column) -> bool:
    """Tell whether a word is the first argument of DATEDIFF or its like."""
    call = column.parent
    return (
        isinstance(call, exp.Anonymous)
        and call.name.lower() in _WITH_PART
        and call.expressions[0] is column
    )
