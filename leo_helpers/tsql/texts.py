"""Text functions that follow the collation: CONCAT, CHARINDEX, PATINDEX, REPLACE."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from .arguments import text, values_of
from .errors import Refused, TSqlError
from .sqltypes import T
from .sqltypes import collate as collate_types
from .value import V, literal

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = [
    "INT",
    "charindex",
    "concat",
    "concat_ws",
    "datalength",
    "formatmessage",
    "hash_bytes",
    "parsename",
    "patindex",
    "quotename",
    "replace_text",
]


INT = T("int")


def concat(b: Queries, args: list, scope: Scope) -> V:
    """CONCAT turns everything into text and NULL into ''."""
    if len(args) < 2:
        raise TSqlError("The concat function requires 2 to 254 arguments.", 189)
    return _joined([text(b, v) for v in values_of(b, args, scope)], "")


def concat_ws(b: Queries, args: list, scope: Scope) -> V:
    """CONCAT_WS leaves NULLs out."""
    divider, *rest = [text(b, v) for v in values_of(b, args, scope)]
    if len(rest) < 2:
        raise TSqlError("The concat_ws function requires 3 to 254 arguments.", 189)
    return _joined(rest, f"coalesce({divider.sql}, '')")  # none at all joins with nothing


def _joined(values: list[V], divider: str) -> V:
    t = values[0].t
    for v in values[1:]:
        collation, label = collate_types(t, v.t, "concat")
        n = None if t.n is None or v.t.n is None else min(t.n + v.t.n, 8000)
        t = T(
            "nvarchar" if "n" in (t.name[0], v.t.name[0]) else "varchar",
            n,
            collation=collation,
            label=label,
        )
    inside = ", ".join(v.sql for v in values)
    name = t.name if t.name in ("varchar", "nvarchar") else "varchar"
    call = f"concat_ws({divider}, {inside})" if divider else f"concat({inside})"
    return V(call, replace(t, name=name))


def charindex(b: Queries, args: list, scope: Scope) -> V:
    """CHARINDEX finds by collation."""
    y, x, *start = values_of(b, args, scope)
    y, x = text(b, y), text(b, x)
    collation, _ = collate_types(y.t, x.t, "charindex")
    if "_bin" not in collation.lower():
        y, x = V(f"lower({y.sql})", y.t), V(f"lower({x.sql})", x.t)
    at = b.convert(start[0], INT).sql if start else "1"
    return V(f"CAST(t_charindex({y.sql}, {x.sql}, {at}) AS INTEGER)", INT)


def patindex(b: Queries, args: list, scope: Scope) -> V:
    """PATINDEX is LIKE with a place; only a pattern that is known before the run."""
    from .literals import like_regex

    pattern, x = values_of(b, args, scope)
    if not isinstance(pattern.const, str):
        raise Refused("PATINDEX with a pattern that is computed is not run here.")
    x = text(b, x)
    p = pattern.const
    core = like_regex(p.strip("%"), None, x.t.collation or "")
    flags = "(?s)" if x.t.binary_collation else "(?is)"
    head = "^" if not p.startswith("%") else ""
    tail = " *$" if not p.endswith("%") else ""
    regex = literal(f"{flags}{head}{core}{tail}")
    found = f"regexp_extract({x.sql}, {regex})"
    place = f"strpos({x.sql}, {found})"
    if tail:  # what was found stands at the end, though the same may stand before
        place = f"length({x.sql}) - length({found}) + 1"
    return V(
        f"CASE WHEN {x.sql} IS NULL THEN NULL WHEN regexp_matches({x.sql}, "
        f"{regex}) THEN CAST({place} AS INTEGER) ELSE 0 END",
        INT,
    )


def replace_text(b: Queries, args: list, scope: Scope) -> V:
    """REPLACE finds by collation, so without regard to case by default."""
    x, y, z = (text(b, v) for v in values_of(b, args, scope))
    collation, label = collate_types(x.t, y.t, "replace")
    form = "replace" if "_bin" in collation.lower() else "t_replace_ci"
    t = T(
        "nvarchar" if "n" in (x.t.name[0], y.t.name[0], z.t.name[0]) else "varchar",
        None if x.t.n is None else 8000,
        collation=collation,
        label=label,
    )
    return V(f"{form}({x.sql}, {y.sql}, {z.sql})", t)


_QUOTES = {"'": "''", '"': '""', "`": "``"} | dict.fromkeys("[]", "[]")
_QUOTES |= {c: pair for pair in ("()", "<>", "{}") for c in pair}


def quotename(b: Queries, args: list, scope: Scope) -> V:
    """QUOTENAME doubles the closing mark; more than 128 characters, or no such mark, give NULL."""
    v, *marks = values_of(b, args, scope)
    mark = marks[0].const if marks else "["
    if len(marks) > 1 or not isinstance(mark, str):
        raise Refused("QUOTENAME is run here with a mark that is written out.")
    x, pair, t = text(b, v).sql, _QUOTES.get(mark[:1]), T("nvarchar", 258)
    if pair is None:
        return V("CAST(NULL AS VARCHAR)", t)
    first, last = literal(pair[0]), literal(pair[1])
    inside = f"replace({x}, {last}, {literal(pair[1] * 2)})"
    return V(f"CASE WHEN length({x}) <= 128 THEN {first} || {inside} || {last} END", t)


def datalength(b: Queries, args: list, scope: Scope) -> V:
    """DATALENGTH counts bytes, two a character in nvarchar."""
    (v,) = values_of(b, args, scope)
    sizes = {"bigint": 8, "int": 4, "smallint": 2, "tinyint": 1, "bit": 1, "float": 8, "real": 4,
             "date": 3, "datetime": 8, "money": 8}  # fmt: skip
    if v.t.is_string:
        return V(
            f"((length({v.sql}) + t_pairs({v.sql})) * {2 if v.t.name[0] == 'n' else 1})::INTEGER",
            INT,
        )
    if v.t.name in sizes:
        return V(f"CASE WHEN {v.sql} IS NOT NULL THEN {sizes[v.t.name]} END", INT)
    if v.t.name in ("binary", "varbinary"):
        return V(f"octet_length({v.sql})::INTEGER", INT)
    raise Refused(f"DATALENGTH of {v.t.name} is not run here.")


def hash_bytes(b: Queries, args: list, scope: Scope) -> V:
    """HASHBYTES of varchar, whose bytes are the same here."""
    name, v = values_of(b, args, scope)
    forms = {"md5": "md5", "sha1": "sha1", "sha": "sha1", "sha2_256": "sha256"}
    form = forms.get(str(name.const).lower())
    if form is None or v.t.name not in ("varchar", "char"):
        raise Refused("HASHBYTES is run here for varchar with MD5, SHA1 and SHA2_256 only.")
    return V(f"unhex({form}(t_bytes({v.sql})))", T("varbinary", 8000))


def parsename(b: Queries, args: list, scope: Scope) -> V:
    """PARSENAME gives a part of a name with dots, counted from the right; five parts give none."""
    v, place = values_of(b, args, scope)
    x, n = text(b, v).sql, b.convert(place, INT).sql
    parts = f"string_split({x}, '.')"
    sql = (
        f"CASE WHEN contains({x}, '[') OR contains({x}, '\"') THEN t_fail('R|PARSENAME of a name "
        f"in brackets or quotes is not run here.') WHEN len({parts}) > 4 THEN NULL "
        f"ELSE nullif({parts}[len({parts}) + 1 - {n}], '') END"
    )
    return V(f"CASE WHEN {n} BETWEEN 1 AND 4 THEN {sql} END", T("nvarchar", 128))


def formatmessage(b: Queries, args: list, scope: Scope) -> V:
    """FORMATMESSAGE fills %s, %d and %i of a text that is known before the statement runs."""
    shape, *values = values_of(b, args, scope)
    if not isinstance(shape.const, str):
        raise Refused("FORMATMESSAGE is run here with a text that is written out or a variable.")
    pieces = re.split(r"(%[sdi]|%%)", shape.const)
    if "%" in "".join(pieces[::2]) or len([p for p in pieces[1::2] if p != "%%"]) > len(values):
        raise Refused("FORMATMESSAGE is run here with %s, %d and %i, each with a value.")
    out, rest = [], iter(values)
    for i, piece in enumerate(pieces):
        if i % 2 and piece != "%%":
            out.append(f"coalesce({text(b, next(rest)).sql}, '(null)')")
        else:
            out.append(literal("%" if i % 2 else piece))
    return V(f"({' || '.join(out)})", T("nvarchar", 2047))
