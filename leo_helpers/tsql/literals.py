"""Literals, collations and types as the script names them, and exact division."""

from __future__ import annotations

import re
from contextlib import contextmanager

from sqlglot import exp

from .cursor import RESERVED
from .errors import Refused, TSqlError, sql_error
from .lexer import CURRENCIES
from .ranges import members
from .scope import Scope
from .sqltypes import T, as_decimal, char_type, decimal, parse_type
from .value import V, literal

__all__ = [
    "aggregate",
    "alias_of",
    "any_row_does",
    "collation_name",
    "exact_quotient",
    "first_start",
    "like_regex",
    "number",
    "only",
    "text_literal",
    "type_of",
]


_TYPE_NAMES = {
    "FLOAT": "float",
    "DOUBLE": "float",
    "UTINYINT": "tinyint",
    "UUID": "uniqueidentifier",
    "TIMESTAMPTZ": "datetimeoffset",
    "VARIANT": "sql_variant",
}


def only(node: exp.Expression, *names: str) -> None:
    """Refuse a node that carries anything that no rule has looked at, so that nothing is lost."""
    for name, value in node.args.items():
        if name not in names and value not in (None, False, [], ""):
            raise Refused(f"{type(node).__name__.upper()} with {name.strip('_')} is not run here.")


def first_start(node: exp.Expression) -> int | None:
    """Return where a node begins in the script, if it says so."""
    return min((n.meta["start"] for n in node.walk() if "start" in n.meta), default=None)


def alias_of(node: exp.Expression) -> str:
    """Return an alias, which is no reserved word unless it is quoted."""
    name = node if isinstance(node, exp.Identifier) else node.args.get("alias")
    name = name.this if isinstance(name, exp.TableAlias) else name
    if (
        isinstance(name, exp.Identifier)
        and not name.args.get("quoted")
        and name.name.upper() in RESERVED
    ):
        step = f"It is a reserved word: write [{name.name}]."
        raise sql_error(156, name.name, step=step, at=first_start(name))
    return node.name if node is name else node.alias


def type_of(node: exp.DataType, explicit: bool = True) -> T:
    """Return the type that a CAST names."""
    name = str(node.args.get("kind") or "") or node.this.value
    args = [param.this.name for param in node.expressions]
    return parse_type(_TYPE_NAMES.get(name.upper(), name), args, explicit)


@contextmanager
def aggregate(scope: Scope):
    """Translate the argument of an aggregate: columns need no GROUP BY there."""
    before, scope.in_aggregate = scope.in_aggregate, True
    try:
        yield
    finally:
        scope.in_aggregate = before


def collation_name(name: str) -> str:
    """Return a collation as it is kept here; the default one has no name."""
    low = name.lower()
    if low in ("database_default", "catalog_default", "latin1_general_ci_as"):
        return ""
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*_(bin2?|(ci|cs)_(ai|as).*)", low):
        raise sql_error(448, name)
    if (
        "_cs_" in low
        or "_ai" in low
        or "ks" in low.rsplit("_", 2)[-2:]
        or "ws" in low.rsplit("_", 2)[-2:]
    ):
        raise Refused(f"The collation {name} is not followed here.",
                      "Use Latin1_General_BIN or the default.")  # fmt: skip
    if low == "sql_latin1_general_cp1_ci_as":
        return ""
    # the name has one spelling, so that two columns agree whatever case the script writes it in
    return "_".join(
        part.capitalize() if part in ("latin1", "general") else part.upper()
        for part in low.split("_")
    )


def text_literal(text: str) -> V:
    """Translate a character literal; varchar has the characters of Windows-1252 alone."""
    if not text.isascii() and (odd := [c for c in text if _beyond(c)]):
        raise Refused(f"The text holds {odd[0]!r}, which varchar cannot: SQL Server puts another "
                      "character in its place.", f"Write N{literal(text)[:40]}.")  # fmt: skip
    return V(literal(text), char_type(text), text, firm=True)


def number(text: str) -> V:
    """Translate a number as SQL Server types it: int, decimal(p,s) or float."""
    low = text.lower()
    if "e" in low:
        mantissa, _, power = low.partition("e")
        if not re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)e[+-]?[0-9]*", low):
            raise TSqlError(f"Incorrect syntax near '{text}'.", 102)
        return V(f"CAST({literal(f'{mantissa}e{power or 0}')} AS DOUBLE)", T("float"), firm=True)
    if low[:1] in CURRENCIES:
        return V(f"CAST({literal(low[1:] or '0')} AS DECIMAL(19,4))", T("money"), firm=True)
    if not re.fullmatch(r"[0-9]*\.?[0-9]*", low):
        raise TSqlError(f"Incorrect syntax near '{text}'.", 102)
    if "." not in low:
        value = int(low)
        if value <= 2147483647:
            return V(str(value), T("int", len(str(value))), value, firm=True)
        return V(
            f"CAST({literal(str(value))} AS DECIMAL({len(str(value))},0))",
            decimal(len(str(value)), 0),
            firm=True,
        )
    whole, _, part = low.partition(".")
    digits = len(whole.lstrip("0")) + len(part)
    t = decimal(max(digits, 1), len(part))
    written = literal(f"{whole or 0}.{part}" if part else whole)
    return V(f"CAST({written} AS {t.duck})", t, firm=True)


def exact_quotient(a: V, b: V, t: T) -> str:
    """Divide two exact numbers: digits beyond the scale are cut off, not rounded."""
    x, y = as_decimal(a.t), as_decimal(b.t)
    whole = [
        f"CAST(CAST({v.sql} AS DECIMAL(38,{d.s})) * {10**d.s} AS HUGEINT)"
        for v, d in ((a, x), (b, y))
    ]
    shift = t.s - x.s + y.s
    top = f"{whole[0]} * CAST('{10 ** max(shift, 0)}' AS HUGEINT)"
    bottom = whole[1] if shift >= 0 else f"{whole[1]} * CAST('{10**-shift}' AS HUGEINT)"
    unit = f"CAST('{'0.' + '0' * (t.s - 1) + '1' if t.s else '1'}' AS DECIMAL({max(t.s, 1)},{t.s}))"
    return f"CAST(CAST(({top}) // ({bottom}) AS DECIMAL(38,0)) * {unit} AS {t.duck})"


def any_row_does(select: exp.Select) -> bool:
    """Tell whether a select list reads no row of its own, as a tally of numbers or TOP 0."""
    limit = select.args.get("limit")
    if limit is not None and limit.expression is not None:
        count = limit.expression.unnest()
        if isinstance(count, exp.Literal) and count.name == "0":
            return True
    if any(item.find(exp.Star) for item in select.expressions):
        return False
    for item in select.expressions:
        for column in item.find_all(exp.Column):
            over = column.find_ancestor(exp.Window)
            if over is None or over.args.get("partition_by") or over.args.get("order"):
                return False
    return True


def like_regex(pattern: str, mark: str | None, collation: str) -> str:
    """Turn a LIKE pattern into a regular expression (page "LIKE (Transact-SQL)")."""
    nothing = "[^\\x00-\\x{10FFFF}]"
    out, i = [], 0
    while i < len(pattern):
        char = pattern[i]
        if mark and char == mark:
            i += 1
            if i == len(pattern):
                return nothing
            out.append(re.escape(pattern[i]))
        elif char == "%":
            out.append(".*")
        elif char == "_":
            out.append(".")
        elif char == "[":
            end = pattern.find("]", i + 1)
            if end < 0:
                return nothing  # as an open bracket does
            body = pattern[i + 1 : end]
            negated, body = (True, body[1:]) if body.startswith("^") else (False, body)
            if mark and mark in body:
                raise Refused("LIKE with ESCAPE inside [ ] is not run here.")
            if not body:
                raise Refused("A LIKE pattern with nothing in [ ] is not run here.",
                              "A ] needs no brackets: write it as it is.")  # fmt: skip
            safe = _class(body, collation.lower())
            some = f"[{'^' if negated else ''}{safe}]"
            out.append(some if safe else "." if negated else nothing)
            i = end
        else:
            out.append(re.escape(char))
        i += 1
    return "".join(out)


def _beyond(char: str) -> bool:
    """Tell whether a character is none of Windows-1252."""
    try:
        return not char.encode("cp1252")
    except UnicodeEncodeError:
        return ord(char) > 159  # of 128 to 159 five have no character but are kept


def _class(body: str, collation: str) -> str:
    """Write what stands in [ ]: characters, and ranges in the order of the collation."""
    out, i = [], 0
    while i < len(body):
        low, high = body[i], body[i + 2 : i + 3]
        if not (high and body[i + 1] == "-"):
            out.append(re.escape(low))
            i += 1
            continue
        if "_bin" not in collation:
            out.append(members(low, high, "_cs_" in f"{collation}_"))
        elif low <= high:
            out.append(f"{re.escape(low)}-{re.escape(high)}")
        i += 3
    return "".join(out)
