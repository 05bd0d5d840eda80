"""FORMAT of numbers: the standard patterns D, F, N and P, and patterns of 0, #, comma and %."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Refused
from .sqltypes import FLOATS, T, as_decimal
from .value import V, literal, once

if TYPE_CHECKING:
    from .queries import Queries

__all__ = ["format_number"]

_CUSTOM = re.compile(r"(?P<whole>#,##0|#,#|#|0+)(\.(?P<firm>0*)(?P<loose>#*))?(?P<tail> ?%)?")
_STANDARD = re.compile(r"(?P<kind>[DFNP])(?P<digits>\d{0,2})", re.IGNORECASE)
#: Most places after the point: beyond, the digits of a float are noise.
_MOST = 10


@dataclass(frozen=True)
class _Shape:
    """How a number is written."""

    digits: int = 0  # after the point, always
    loose: int = 0  # after these, if they are not 0
    least: int = 1  # before the point; 0: none for zero
    commas: bool = False
    tail: str = ""  # with % the number is taken a hundred times


def _shape(text: str) -> _Shape | None:
    standard, custom = _STANDARD.fullmatch(text), _CUSTOM.fullmatch(text)
    if standard:
        kind, given = standard["kind"].upper(), standard["digits"]
        if kind == "D":
            return _Shape(least=max(int(given or 1), 1))
        tail = " %" if kind == "P" else ""
        return _Shape(int(given or 2), commas=kind in "NP", tail=tail)
    if custom:
        whole = custom["whole"]
        least = whole.count("0")
        return _Shape(len(custom["firm"] or ""), len(custom["loose"] or ""), least, "," in whole,
                      custom["tail"] or "")  # fmt: skip
    return None


def format_number(b: Queries, x: V, text: str) -> V:
    """FORMAT of a number; halves are rounded away from zero, floats by their first 15 digits."""
    shape = _shape(text)
    whole = x.t.is_integer
    if (
        shape is None
        or shape.digits + shape.loose > _MOST
        or (not whole and (text[:1] in "Dd" or not shape.least))
        or (x.t.name not in FLOATS and not whole and as_decimal(x.t).s > 16)
        or x.t.name == "real"
    ):
        raise Refused(
            f"FORMAT of {x.t.name} with the pattern {text!r} is not run here.",
            "D, F, N, P and patterns such as 000, 0.0, #,##0.00 and 0.0% are.",
        )
    if text[:1] in "Pp":
        b.note("FORMAT with P writes a blank before % as us_english does; some languages do not.")
    if x.t.name in FLOATS:
        beyond = "R|FORMAT of a float with more than 17 digits before the point is not run here."
        exact = (
            f"CASE WHEN abs({x.sql}) >= 1e17 THEN t_fail({literal(beyond)})::DECIMAL(34,16) "
            f"ELSE CAST(printf('%.14e', {x.sql}) AS DECIMAL(34,16)) END"
        )
    else:
        exact = f"CAST({x.sql} AS DECIMAL(34,{0 if whole else as_decimal(x.t).s}))"
    places = shape.digits + shape.loose
    if "%" in shape.tail:
        exact = f"(round({exact}, {places + 2}) * CAST(100 AS DECIMAL(3,0)))"
    written = f"CAST(CAST(round({exact}, {places}) AS DECIMAL(38,{places})) AS VARCHAR)"
    return V(once(written, lambda y: _pieces(y, shape), 0), T("nvarchar", 4000))


def _pieces(y: str, shape: _Shape) -> str:
    """Put sign, digits before and after the point and the tail together."""
    front = f"ltrim(split_part({y}, '.', 1), '-')"
    if not shape.least:
        front = f"ltrim({front}, '0')"
    elif shape.least > 1:
        front = f"lpad({front}, greatest({shape.least}, length({front}))::INTEGER, '0')"
    if shape.commas:
        front = f"regexp_replace(reverse({front}), '([0-9]{{3}})', '\\1,', 'g')"
        front = f"reverse(rtrim({front}, ','))"
    after = f"split_part({y}, '.', 2)"
    if shape.loose:
        after = f"regexp_replace({after}, '0{{0,{shape.loose}}}$', '')"
    point = f"CASE WHEN {after} = '' THEN '' ELSE '.' || {after} END"
    sign = f"CASE WHEN {y} LIKE '-%' THEN '-' ELSE '' END"
    return f"({sign} || {front} || {point} || {literal(shape.tail)})"
