"""Numeric functions: ROUND, POWER and those that keep the type of their argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import values_of
from .errors import Refused, sql_error
from .sqltypes import FLOATS, T, as_decimal, decimal
from .value import V

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = ["keep_type", "log", "power", "round_number"]


INT, FLOAT = T("int"), T("float")


def _numeric(b: Queries, v: V, name: str) -> V:
    if v.t.name == "null":
        return V("CAST(NULL AS INTEGER)", INT)
    if v.t.is_string or v.t.name == "bit":
        return b.convert(v, FLOAT)
    if not v.t.is_number:
        raise sql_error(8116, v.t.name, name)
    return v


def keep_type(form: str):
    """Return a rule for a numeric function whose result has the type of its argument."""

    def rule(b: Queries, args: list, scope: Scope) -> V:
        (v,) = values_of(b, args, scope)
        v = _numeric(b, v, form)
        t = v.t.plain
        if t.name == "decimal" and form in ("floor", "ceil"):
            t = decimal(t.p, 0)
        angle = form in ("degrees", "radians")
        if t.name == "decimal" and angle:
            t = T("decimal", p=38, s=max(t.s, 18))
        if t.name == "tinyint" and form in ("abs", "floor", "ceil"):
            return v
        if t.name == "tinyint" or (t.name == "smallint" and (angle or form == "sign")):
            t = INT
        whole = t.is_integer and angle  # which then cut off what is left
        return V(
            f"CAST({f'trunc({form}({v.sql}))' if whole else f'{form}({v.sql})'} AS {t.duck})", t
        )

    return rule


def round_number(b: Queries, args: list, scope: Scope) -> V:
    """ROUND rounds halves away from zero; with a third argument it cuts off."""
    x, places, *cut = values_of(b, args, scope)
    x = _numeric(b, x, "round")
    t = x.t.plain
    d = b.convert(places, INT).sql
    truncate = bool(cut) and b.constant(cut[0]) != 0
    t = INT if t.name in ("smallint", "tinyint") else t
    whole = "t_cut_int" if truncate else "t_round_int"
    if t.is_integer:
        return V(f"CAST({whole}({x.sql}, {d}) AS {t.duck})", t)
    if t.name in FLOATS:
        form = (
            f"trunc({x.sql} * power(10, {d})) / power(10, {d})"
            if truncate
            else f"round({x.sql}, {d})"
        )
        return V(f"CAST({form} AS {t.duck})", t)
    if not isinstance(places.const, int):
        raise Refused("ROUND of a decimal to a number of places that is computed is not run here.")
    k = places.const
    if truncate and k >= 0:
        scale = f"trunc(CAST({x.sql} AS DECIMAL(38,{as_decimal(t).s})) * {10**k})"
        unit = f"CAST('{10**-k:.{k}f}' AS DECIMAL({k + 1},{k}))"
        return V(f"CAST(CAST({scale} AS DECIMAL(38,0)) * {unit} AS {t.duck})", t)
    if k >= 0:
        return V(f"CAST(round({x.sql}, {min(k, 37)}) AS {t.duck})", t)
    return V(f"CAST({whole}(CAST(trunc({x.sql}) AS HUGEINT), {k}) AS {t.duck})", t)


def power(b: Queries, args: list, scope: Scope) -> V:
    """POWER keeps the type of its first argument."""
    x, y = values_of(b, args, scope)
    x = _numeric(b, x, "power")
    t = x.t.plain
    t = (
        INT
        if t.name in ("smallint", "tinyint")
        else T("decimal", p=38, s=t.s)
        if t.name == "decimal"
        else t
    )
    raised = f"t_power(CAST({x.sql} AS DOUBLE), CAST({b.convert(y, FLOAT).sql} AS DOUBLE))"
    return V(f"CAST({f'trunc({raised})' if t.is_integer else raised} AS {t.duck})", t)


def log(b: Queries, args: list, scope: Scope) -> V:
    """LOG is natural, or to the base of its second argument."""
    values = [b.convert(v, FLOAT).sql for v in values_of(b, args, scope)]
    return V(
        f"ln({values[0]})" if len(values) == 1 else f"(ln({values[0]}) / ln({values[1]}))", FLOAT
    )
