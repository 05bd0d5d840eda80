"""The trap report: expressions of a script whose answer differs between engines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from ..harmonise_held import expected_storage
from .check import place_of
from .errors import TSqlError
from .lexer import Script
from .own import OwnTables, computed_of
from .probe import Watch
from .result import script_text
from .rules import TRAPS
from .session import Session
from .touched import Read, read_script

__all__ = ["TrapFound", "tsql_traps"]

_INTEGERS = {"int", "integer", "bigint", "smallint", "tinyint"}
_COUNTS = {"count", "count_big", "len", "datediff", "datepart", "year", "month", "day"}
_CASTS = (exp.Cast, exp.TryCast, exp.Convert)


@dataclass(frozen=True)
class TrapFound:
    """One expression, what SQL Server and DuckDB make of its like, and of itself on the rows.

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
    rows, differ : int or None
        On how many rows it was worked out, and in how many of them the two answers differ.
    row : str
        One row that differs, by the columns that the expression reads.
    server_here, other_here : str
        SQL Server's answer in that row, and DuckDB's.
    why : str
        Why it was not worked out.
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
    rows: int | None = None
    differ: int | None = None
    row: str = ""
    server_here: str = ""
    other_here: str = ""
    why: str = ""


def tsql_traps(script: str | os.PathLike[str], session: Session | None = None) -> list[TrapFound]:
    """List the expressions of a script whose answer differs between engines.

    Parameters
    ----------
    script : str or path
        T-SQL, or a ``.sql`` file.
    session : Session, optional
        Where to run the script, so that each expression is worked out on the rows at hand under
        both rules (in a loop, the first five times). Without it only the rules are given.

    Returns
    -------
    list of TrapFound
        In the order of the script, each trap once a place.

    Raises
    ------
    LeoError
        If the file cannot be read or cut into statements. A script that stops while it runs is no
        error: what it did not come to has `why`.

    Examples
    --------
    >>> [(trap.line, trap.trap, trap.sure) for trap in tsql_traps("select 7 / 2, len(x) from #t")]
    [(1, 'division', True), (1, 'len', True)]
    >>> from leo_helpers.tsql import Session
    >>> text = "select len(x) from (values ('ab  '), ('b')) t (x)"
    >>> found, = tsql_traps(text, Session())
    >>> found.rows, found.differ, found.row, found.server_here, found.other_here
    (2, 1, 'x = ab  ', '2', '4')
    """
    text = script_text(script)
    place, own = Script(text), OwnTables()
    found: dict[tuple[int, int, str], TrapFound] = {}
    for read in read_script(text):
        own.note(read.statement)
        for tree in [*read.statement.trees, *computed_of(read.statement, text)]:
            for node in tree.walk():
                for name, sure in _traps(node, read, own):
                    line, column = place_of(node, place, read)
                    trap = TrapFound(
                        line, column, name, node.sql("tsql", comments=False), sure, *TRAPS[name]
                    )
                    found.setdefault((line, column, name), trap)
    if session is not None:
        before = {entry.id for entry in session.store.entries.values()}
        found = _worked_out(found, text, Watch(place, before), session)
    return sorted(found.values(), key=lambda trap: (trap.line, trap.column))


def _worked_out(
    found: dict[tuple[int, int, str], TrapFound], text: str, watch: Watch, session: Session
) -> dict[tuple[int, int, str], TrapFound]:
    """Run the script and put the answers beside the rules; what is no trap by type is left out."""
    why = "the script does not come to it, or it is in a MERGE"
    session.watch = watch
    try:
        session.run(text + "\n")
    except TSqlError as error:
        why = f"the script stopped in line {error.line}"
    finally:
        session.watch = None
    out = {}
    for key in {**found, **watch.found}:
        line, column, name = key
        answers, trap = watch.found.get(key), found.get(key)
        if answers is None:
            if (line, column, trap.text) not in watch.settled:
                out[key] = replace(trap, why=why)
        elif trap is not None or answers.differ:
            trap = trap or TrapFound(line, column, name, answers.text, True, *TRAPS[name])
            row = dict(answers.example or {})
            here, there = row.pop("SQL Server", ""), row.pop("DuckDB", "")
            shown = ", ".join(f"{column} = {value}" for column, value in row.items())
            out[key] = replace(trap, sure=True, rows=answers.rows, differ=answers.differ, row=shown,
                               server_here=here, other_here=there, why=answers.why)  # fmt: skip
    return out


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
    elif name in ("nullif", "charindex", "replace") and _letters(node.expressions):
        yield "case", True


def _cast(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    convert = isinstance(node, exp.Convert)
    to, value = (node.this, node.expression) if convert else (node.args["to"], node.this)
    kind = to.sql("tsql").lower()
    if re.match(r"n?(var)?char\((?!max)", kind) and not isinstance(value, exp.Literal):
        yield "cut", None
    if isinstance(value, exp.Literal) and value.is_string:
        if not value.name.strip() and (kind in _INTEGERS or kind.startswith("date")):
            yield "empty", True
    elif kind in _INTEGERS and _is_integer(value, read, own) is not True:
        yield "cast", None


def _text(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    sides = [node.this, node.args.get("expression"), *(node.args.get("expressions") or [])]
    if _letters(sides):
        yield "case", True


def _branches(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    if node.this is not None and _letters([node.this, *(w.this for w in node.args["ifs"])]):
        yield "case", True


def _letters(sides: list) -> bool:
    """Tell whether a letter is compared, with no collation named."""
    texts = [s.name for s in sides if isinstance(s, exp.Literal) and s.is_string]
    named = any(isinstance(s, exp.Collate) for s in sides)
    return not named and any(re.search(r"[^\W\d]", text) for text in texts)


def _like(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and re.search(r"\[.+\]", pattern.name):
        yield "class", True
    yield from _text(node, read, own)


def _order(node: exp.Expression, read: Read, own: OwnTables) -> _Found:
    within = node.find_ancestor(exp.WithinGroup, exp.Select)
    leaves_null_out = isinstance(within, exp.WithinGroup) and within.this.name.lower()[:10] == (
        "percentile"
    )
    if not node.args.get("desc") and isinstance(node.this, exp.Column) and not leaves_null_out:
        yield "nulls", None


_RULES: tuple[tuple[type | tuple[type, ...], Callable[..., _Found]], ...] = (
    (exp.Div, _division),
    (exp.Anonymous, _call),
    (_CASTS, _cast),
    ((exp.EQ, exp.NEQ, exp.In), _text),
    (exp.Case, _branches),
    (exp.Like, _like),
    (exp.Ordered, _order),
)
