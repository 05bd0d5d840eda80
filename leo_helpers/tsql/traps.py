"""The trap report: expressions of a script whose answer differs between engines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from ..harmonise_held import expected_storage
from .check import place_of
from .lexer import Script
from .own import OwnTables
from .rules import TRAPS
from .touched import Read, read_script, script_text

__all__ = ["TrapFound", "tsql_traps"]

_INTEGERS = {"int", "integer", "bigint", "smallint", "tinyint"}
_COUNTS = {"count", "count_big", "len", "datediff", "datepart", "year", "month", "day"}
_CASTS = (exp.Cast, exp.TryCast, exp.Convert)


@dataclass(frozen=True)
class TrapFound:
    """One expression, and a worked example of what SQL Server and DuckDB make of its like.

    Attributes
    ----------
    line, column : int
        Where in the script, from 1.
    trap : str
        A key of `TRAPS`.
    text : str
        The expression.
    sure : bool
        False where it depends on a type that the script does not show.
    words, example, server, other : str
        The rule, the worked example, SQL Server's answer to it and DuckDB's.
    """

    line: int
    column: int
    trap: str
    text: str
    sure: bool
    words: str
    example: str
    server: str
    other: str


def tsql_traps(script: str | os.PathLike[str]) -> list[TrapFound]:
    """List the expressions of a script whose answer differs between engines.

    Parameters
    ----------
    script : str or path
        T-SQL, or a ``.sql`` file.

    Returns
    -------
    list of TrapFound
        In the order of the script, each trap once a place.

    Raises
    ------
    LeoError
        If the file cannot be read or cut into statements.

    Examples
    --------
    >>> [(trap.line, trap.trap, trap.sure) for trap in tsql_traps("select 7 / 2, len(x) from #t")]
    [(1, 'division', True), (1, 'len', True)]
    """
    text = script_text(script)
    place, own = Script(text), OwnTables()
    found: dict[tuple, TrapFound] = {}
    for read in read_script(text):
        own.note(read.statement)
        for tree in read.statement.trees:
            for node in tree.walk():
                for name, sure in _traps(node, read, own):
                    line, column = place_of(node, place, read)
                    trap = TrapFound(line, column, name, node.sql("tsql"), sure, *TRAPS[name])
                    found.setdefault((line, column, name), trap)
    return sorted(found.values(), key=lambda trap: (trap.line, trap.column))


def _traps(node: exp.Expression, read: Read, own: OwnTables) -> Iterator[tuple[str, bool]]:
    for kind, rule in _RULES:
        if isinstance(node, kind):
            for name, sure in rule(node, read, own):
                yield name, sure is True


_Found = Iterator[tuple[str, bool | None]]


def _is_integer(node: exp.Expression, read: Read, own: OwnTables) -> bool | None:
    """Tell whether an expression is an integer; None where the script does not show it."""
    if isinstance(node, exp.Paren | exp.Neg):
        return _is_integer(node.this, read, own)
    if isinstance(node, exp.Literal):
        return not node.is_string and node.name.isdigit()
    if isinstance(node, _CASTS):
        to = node.this if isinstance(node, exp.Convert) else node.args["to"]
        return to.sql("tsql").lower() in _INTEGERS
    if isinstance(node, exp.Anonymous) and node.name.lower() in _COUNTS:
        return True
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        sides = [_is_integer(side, read, own) for side in (node.this, node.expression)]
        return False if False in sides else None if None in sides else True
    if isinstance(node, exp.Column):
        for column, _, item in read.used:
            if column is node:
                return expected_storage(item.variable) == "integer"
        source = read.source_of(node)
        if source is not None and source.parts:
            held = own.get(source.parts[-1].lower(), {}).get(node.name.lower())
            return held.type in _INTEGERS if held and held.type else None
    return None


def _division(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    sides = [_is_integer(side, read, own) for side in (node.this, node.expression)]
    if False not in sides:
        yield "division", None not in sides


def _call(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    name, first = node.name.lower(), next(iter(node.expressions), None)
    if name == "len":
        yield "len", True
    elif name == "avg" and first is not None and _is_integer(first, read, own) is not False:
        yield "avg", _is_integer(first, read, own)
    elif name == "datediff" and first is not None and first.name.lower() in ("week", "wk", "ww"):
        yield "week", True
    elif name == "datepart" and first is not None and first.name.lower() in ("weekday", "dw", "w"):
        yield "weekday", True


def _cast(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    convert = isinstance(node, exp.Convert)
    to, value = (node.this, node.expression) if convert else (node.args["to"], node.this)
    kind = to.sql("tsql").lower()
    if isinstance(value, exp.Literal) and value.is_string:
        if not value.name.strip() and (kind in _INTEGERS or kind.startswith("date")):
            yield "empty", True
    elif kind in _INTEGERS and _is_integer(value, read, own) is not True:
        yield "cast", None


def _text(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    sides = [node.this, node.args.get("expression"), *(node.args.get("expressions") or [])]
    letters = any(isinstance(s, exp.Literal) and s.is_string and re.search(r"[^\W\d]", s.name)
                  for s in sides)  # fmt: skip
    if letters and not any(isinstance(s, exp.Collate) for s in sides):
        yield "case", True


def _like(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and re.search(r"\[.+\]", pattern.name):
        yield "class", True
    yield from _text(node, read, own)


def _order(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    if not node.args.get("desc") and isinstance(node.this, exp.Column):
        yield "nulls", None


_RULES: tuple[tuple[type | tuple[type, ...], Callable[..., _Found]], ...] = (
    (exp.Div, _division),
    (exp.Anonymous, _call),
    (_CASTS, _cast),
    ((exp.EQ, exp.NEQ, exp.In), _text),
    (exp.Like, _like),
    (exp.Ordered, _order),
)
