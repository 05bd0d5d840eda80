"""Rewrites that spare DuckDB work on large files; none of them changes a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlglot import exp

from .crosswalk_nodes import Clean, Clip, Listed
from .harmonise_cells import INLINE
from .harmonise_sql import Lookup
from .harmonise_words import number

__all__ = ["hasten"]

_WHOLE = re.compile(r"0|-?[1-9]\d*")


def hasten(select: exp.Select, lookups: Mapping[str, Lookup]) -> None:
    """Leave out what no reader of a column can tell, and put off what few rows need.

    DuckDB recodes a column once for each different code as long as no CASE stands between.

    Parameters
    ----------
    select : sqlglot.exp.Select
        The query of one view, before its nodes are lowered; it is changed.
    lookups : mapping of str to Lookup
        The small tables that it looks codes up in.
    """
    inner = select.args["from_"].this.this
    readers: dict[str, list[exp.Expression]] = {}
    for item in select.expressions:
        for column in item.find_all(exp.Column):
            readers.setdefault(column.name, []).append(column.parent)
    for item in inner.expressions:
        found = readers.get(item.alias, [])
        if not all(isinstance(reader, Listed) for reader in found):
            for node in item.find_all(Clean):
                node.set("rare", True)
        elif not (_as_number(item, found, lookups) or _first_whole(item, found, lookups)):
            for node in item.find_all(Clean, Clip):
                node.set("blank", True)


def _as_number(
    item: exp.Expression, found: Sequence[exp.Expression], lookups: Mapping[str, Lookup]
) -> bool:
    """Compare whole numbers as numbers, where a list has few that are written so."""
    clean = item.this
    if not isinstance(clean, Clean) or clean.args.get("stored") != "integer":
        return False
    listed = [
        [r for r in lookups[f.args["table"]].rows if _WHOLE.fullmatch(r[0].name)] for f in found
    ]
    if not all(0 < len(rows) <= INLINE for rows in listed):
        return False
    item.set("this", clean.this)
    for reader, rows in zip(found, listed, strict=True):
        ifs = [exp.If(this=number(k.name, True), true=v.copy()) for k, v in rows]
        reader.replace(exp.Case(this=reader.this, ifs=ifs))
    return True


def _first_whole(
    item: exp.Expression, found: Sequence[exp.Expression], lookups: Mapping[str, Lookup]
) -> bool:
    """Look for the whole text first, and for its first characters only where that is no code."""
    clip = item.this
    left = clip.this if isinstance(clip, Clip) else None
    if not isinstance(left, exp.Left) or not isinstance(left.this, Clean):
        return False
    size = int(left.expression.name)
    if any(len(k.name) > size for f in found for k, _ in lookups[f.args["table"]].rows):
        return False
    left.this.set("blank", True)
    item.set("this", left.this)
    for reader in found:
        part = exp.Left(this=reader.this.copy(), expression=exp.Literal.number(size))
        later = Listed(this=Clip(this=part, blank=True), table=reader.args["table"])
        reader.replace(exp.Coalesce(this=reader.copy(), expressions=[later]))
    return True
