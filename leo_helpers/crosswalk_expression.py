"""Read the SQL expressions of the crosswalk: a small, typed part of SQL that engines agree on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from .crosswalk_model import normal
from .crosswalk_nodes import Clip, RealDiv, ToDate, ToInteger, ToNumber, ToText, Whole
from .errors import LeoError, UnknownName

__all__ = ["Compiled", "compile_expression"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NUMERIC = ("integer", "number")
_ISO = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


class Typed(NamedTuple):
    """A node and what it gives: text, integer, number, date, boolean or null."""

    node: exp.Expression
    kind: str


class Compiled(NamedTuple):
    """An expression that was read.

    Attributes
    ----------
    tree : sqlglot.exp.Expression
        The expression, in which ``exp.Placeholder`` holds the position of a name in ``names``.
    kind : str
        ``text``, ``integer``, ``number`` or ``date``; ``null`` for a bare NULL.
    names : tuple of str
        The variables, ``year`` and ``term`` that occur in it, each once.
    outcomes : frozenset of str
        The texts and whole numbers that it can give as written.
    """

    tree: exp.Expression
    kind: str
    names: tuple[str, ...]
    outcomes: frozenset[str]


def compile_expression(text: str, kinds: Mapping[str, str]) -> Compiled:
    """Read an expression and check that it stays within what every engine does alike.

    Parameters
    ----------
    text : str
        SQL with ``{Name}`` for each variable.
    kinds : mapping of str to str
        What each variable is in an expression: text, integer, number or date.

    Returns
    -------
    Compiled
        The tree and its type.

    Raises
    ------
    LeoError
        Says what is not allowed and what to write instead.

    Examples
    --------
    >>> compile_expression("CASE WHEN {Age} > 15 THEN 1 ELSE 0 END", {"Age": "integer"}).kind
    'integer'
    """
    return _compiled(text, tuple(sorted(kinds.items())))


@lru_cache(maxsize=16_384)
def _compiled(text: str, kinds: tuple[tuple[str, str], ...]) -> Compiled:
    known = {**dict(kinds), "year": "integer", "term": "text"}
    names = tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))
    marked = _PLACEHOLDER.sub(lambda found: f"_p{names.index(found[1])}", text)
    try:
        tree, kind, told = _shape(marked, tuple(known.get(name, "") for name in names))
    except LeoError:
        tree, kind, told = _Reader(names, known).read(marked)  # the same error, with the names
    return Compiled(tree, kind, names, told)


@lru_cache(maxsize=4096)
def _shape(marked: str, kinds: tuple[str, ...]) -> tuple[exp.Expression, str, frozenset[str]]:
    """Read an expression without the names: many differ by nothing else."""
    names = tuple(str(n) for n in range(len(kinds)))
    return _Reader(names, {n: k for n, k in zip(names, kinds, strict=True) if k}).read(marked)


class _Reader:
    def __init__(self, names: Sequence[str], kinds: Mapping[str, str]) -> None:
        self.names, self.kinds = names, kinds

    def read(self, marked: str) -> tuple[exp.Expression, str, frozenset[str]]:
        try:
            parsed = sqlglot.parse_one(marked)
        except sqlglot.errors.SqlglotError as error:
            first = re.sub(r"\x1b\[\d*m", "", str(error).splitlines()[0])
            raise LeoError(
                f"The expression cannot be read ({first})", "Write standard SQL."
            ) from None
        tree, kind = self.visit(parsed)
        if kind == "boolean":
            raise LeoError(
                "The expression gives true or false.", "Write CASE WHEN ... THEN 1 ELSE 0 END."
            )
        return tree, kind, frozenset(outcomes(tree))

    def visit(self, node: exp.Expression) -> Typed:
        reader = _READERS.get(type(node))
        if reader is None:
            raise LeoError(
                f"{self.shown(node)!r} is not allowed ({type(node).__name__}).",
                "Use CASE, comparisons, AND OR NOT, IN, BETWEEN, IS NULL, COALESCE, NULLIF, "
                "+ - * /, CAST, LEFT, RIGHT, SUBSTRING, LENGTH, TRIM, UPPER, YEAR, MONTH, DAY, "
                "ABS, FLOOR.",
            )
        return reader(self, node)

    def value(self, node: exp.Expression, *allowed: str) -> Typed:
        """Read a node that must give one of some types."""
        found = self.visit(node)
        if found.kind not in (*allowed, "null"):
            raise LeoError(
                f"{self.shown(node)} is {found.kind}, but {' or '.join(allowed)} is needed there.",
                "Use CAST, or another variable.",
            )
        return found

    def shown(self, node: exp.Expression) -> str:
        text = node.sql()
        for n in reversed(range(len(self.names))):
            text = text.replace(f"_p{n}", "{" + self.names[n] + "}")
        return text


def outcomes(node: exp.Expression) -> set[str]:
    """The literals that an expression can give, as text."""
    if isinstance(node, exp.Literal):
        return {str(node.this)}
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal):
        return {f"-{node.this.this}"}
    if isinstance(node, exp.Case):
        parts = [branch.args["true"] for branch in node.args["ifs"]]
        parts += [node.args["default"]] if node.args.get("default") else []
    elif isinstance(node, exp.Coalesce):
        parts = [node.this, *node.expressions]
    elif isinstance(node, exp.Paren | exp.Nullif | ToText):
        parts = [node.this]
    else:
        parts = []
    return {text for part in parts for text in outcomes(part)}


def _column(r: _Reader, node: exp.Column) -> Typed:
    name = node.name
    if not re.fullmatch(r"_p\d+", name) or node.table:
        raise LeoError(f"{node.sql()!r} is no variable.", f"Write it as {{{node.name}}}.")
    name = r.names[int(name[2:])]
    if name not in r.kinds:
        known = [n for n in r.kinds if n not in ("year", "term")]
        raise UnknownName(
            "variable", name, known, "in the column variables", "Name it there as well."
        )
    return Typed(exp.Placeholder(this=name), r.kinds[name])


def _literal(r: _Reader, node: exp.Literal) -> Typed:
    if node.is_string:
        if not node.this.strip():
            raise LeoError("An empty text is NULL here.", "Write IS NULL or NULL.")
        return Typed(exp.Literal.string(node.this), "text")
    if node.is_int:
        return Typed(exp.Literal.number(node.this), "integer")
    number = str(node.this).upper()
    return Typed(exp.Literal.number(number if "E" in number else f"{number}E0"), "number")


def _compared(r: _Reader, *nodes: exp.Expression, order: bool = False) -> list[exp.Expression]:
    """Read nodes that are compared with one another; they must be of one type."""
    found = [r.visit(node) for node in nodes]
    kinds = {f.kind for f in found} - {"null"}
    mixed = "boolean" in kinds or (len(kinds) > 1 and not kinds <= set(_NUMERIC))
    if mixed:
        words = ", ".join(f"{r.shown(n)} is {f.kind}" for n, f in zip(nodes, found, strict=True))
        raise LeoError(f"Different types are compared: {words}.", "Put CAST around one.")
    if any(f.kind == "null" for f in found):
        raise LeoError("A comparison with NULL is never true.", "Write IS NULL.")
    if order and "text" in kinds:
        raise LeoError(
            "The order of texts differs between engines.", "CAST them AS INTEGER, or use IN."
        )
    for item in found:
        if item.kind == "text" and isinstance(item.node, exp.Literal):
            literal = item.node.this
            if normal(literal) != literal:
                raise LeoError(
                    f"{literal!r} is never met: values are trimmed and upper case here.",
                    f"Write {normal(literal)!r}.",
                )
    return [f.node for f in found]


def _comparison(order: bool) -> Callable:
    def read(r: _Reader, node: exp.Binary) -> Typed:
        left, right = _compared(r, node.this, node.expression, order=order)
        return Typed(type(node)(this=left, expression=right), "boolean")

    return read


def _logic(r: _Reader, node: exp.Connector) -> Typed:
    left, right = r.value(node.this, "boolean"), r.value(node.expression, "boolean")
    return Typed(type(node)(this=left.node, expression=right.node), "boolean")


def _not(r: _Reader, node: exp.Not) -> Typed:
    inner = r.value(node.this, "boolean").node
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        known = exp.Is(this=inner.this, expression=exp.Not(this=exp.Null()))
        return Typed(known, "boolean")
    return Typed(exp.Not(this=inner), "boolean")


def _in(r: _Reader, node: exp.In) -> Typed:
    if not node.expressions or node.args.get("query"):
        raise LeoError("IN needs a list of values.", "Write {Name} IN ('A', 'B').")
    first, *rest = _compared(r, node.this, *node.expressions)
    return Typed(exp.In(this=first, expressions=rest), "boolean")


def _between(r: _Reader, node: exp.Between) -> Typed:
    this, low, high = _compared(r, node.this, node.args["low"], node.args["high"], order=True)
    return Typed(exp.Between(this=this, low=low, high=high), "boolean")


def _is(r: _Reader, node: exp.Is) -> Typed:
    if not isinstance(node.expression, exp.Null):
        raise LeoError(f"{r.shown(node)} is not allowed.", "Only IS NULL and IS NOT NULL are.")
    this = r.value(node.this, "text", "integer", "number", "date")
    return Typed(exp.Is(this=this.node, expression=exp.Null()), "boolean")


def _together(r: _Reader, found: list[Typed]) -> tuple[list[exp.Expression], str]:
    """Bring the parts of a CASE or COALESCE to one type."""
    kinds = {f.kind for f in found} - {"null"}
    if kinds == set(_NUMERIC):
        return [ToNumber(this=f.node) if f.kind == "integer" else f.node for f in found], "number"
    if len(kinds) > 1 or "boolean" in kinds:
        raise LeoError(
            f"One expression gives {' and '.join(sorted(kinds))}.", "Use CAST to give one type."
        )
    return [f.node for f in found], next(iter(kinds), "null")


def _case(r: _Reader, node: exp.Case) -> Typed:
    branches = node.args["ifs"]
    if node.this is None:
        operand, tests = None, [r.value(b.this, "boolean").node for b in branches]
    else:
        operand, *tests = _compared(r, node.this, *(b.this for b in branches))
    default = node.args.get("default")
    values = [r.visit(b.args["true"]) for b in branches] + ([r.visit(default)] if default else [])
    nodes, kind = _together(r, values)
    ifs = [exp.If(this=t, true=v) for t, v in zip(tests, nodes[: len(branches)], strict=True)]
    return Typed(exp.Case(this=operand, ifs=ifs, default=nodes[-1] if default else None), kind)


def _coalesce(r: _Reader, node: exp.Coalesce) -> Typed:
    nodes, kind = _together(r, [r.visit(n) for n in (node.this, *node.expressions)])
    return Typed(exp.Coalesce(this=nodes[0], expressions=nodes[1:]), kind)


def _nullif(r: _Reader, node: exp.Nullif) -> Typed:
    left, right = _compared(r, node.this, node.expression)
    return Typed(exp.Nullif(this=left, expression=right), r.visit(node.this).kind)


def _arithmetic(r: _Reader, node: exp.Binary) -> Typed:
    left, right = r.value(node.this, *_NUMERIC), r.value(node.expression, *_NUMERIC)
    if isinstance(node, exp.Div):
        return Typed(RealDiv(this=left.node, expression=right.node), "number")
    kind = "number" if "number" in (left.kind, right.kind) else "integer"
    return Typed(type(node)(this=left.node, expression=right.node), kind)


def _same(*allowed: str) -> Callable:
    """Read a sign, a bracket or ABS, which keep the type."""

    def read(r: _Reader, node: exp.Unary) -> Typed:
        found = r.value(node.this, *allowed)
        return Typed(type(node)(this=found.node), found.kind)

    return read


def _cast(r: _Reader, node: exp.Cast) -> Typed:
    to = node.to.this
    literal = isinstance(node.this, exp.Literal) and node.this.is_string
    if to == exp.DataType.Type.DATE and literal:
        if not _ISO.fullmatch(node.this.this):
            raise LeoError(f"{node.this.this!r} is no date.", "Write DATE '2015-09-01'.")
        return Typed(exp.Cast(this=exp.Literal.string(node.this.this), to=node.to.copy()), "date")
    found = r.value(node.this, "text", "integer", "number", "date")
    kinds = {"INT": "integer", "BIGINT": "integer", "DOUBLE": "number", "DATE": "date"}
    kind = kinds.get(to.value, "text" if to.value in ("VARCHAR", "TEXT") else "")
    if kind == found.kind:
        return found
    nodes = {"integer": ToInteger, "number": ToNumber, "date": ToDate, "text": ToText}
    sources = {
        "integer": ("text", "number"),
        "number": ("text", "integer"),
        "date": ("text",),
        "text": ("integer", "date"),
    }
    if found.kind not in (*sources.get(kind, ()), "null"):
        raise LeoError(
            f"{r.shown(node)} is not allowed: {found.kind} as {node.to.sql()}.",
            "INTEGER, DOUBLE, VARCHAR and DATE are known; a number becomes text by way of INTEGER.",
        )
    return Typed(nodes[kind](this=found.node, stored=found.kind), kind)


def _positive(r: _Reader, node: exp.Expression | None) -> exp.Literal:
    if not isinstance(node, exp.Literal) or not node.is_int or int(node.this) < 1:
        raise LeoError("A position or length must be a whole number from 1.", "Write a digit.")
    return exp.Literal.number(node.this)


def _part(r: _Reader, node: exp.Func) -> Typed:
    this = r.value(node.this, "text").node
    if isinstance(node, exp.Substring):
        start = _positive(r, node.args.get("start"))
        length = node.args.get("length")
        size = _positive(r, length) if length else exp.Literal.number(8000)
        return Typed(Clip(this=exp.Substring(this=this, start=start, length=size)), "text")
    part = type(node)(this=this, expression=_positive(r, node.expression))
    return Typed(Clip(this=part), "text")


def _unchanged(r: _Reader, node: exp.Func) -> Typed:
    if isinstance(node, exp.Trim) and (node.expression or node.args.get("position")):
        raise LeoError("TRIM takes only blanks away.", "Write TRIM({Name}).")
    return r.value(node.this, "text")


def _length(r: _Reader, node: exp.Length) -> Typed:
    return Typed(exp.Length(this=r.value(node.this, "text").node), "integer")


def _date_part(r: _Reader, node: exp.Func) -> Typed:
    inner = node.this.this if isinstance(node.this, exp.TsOrDsToDate) else node.this
    return Typed(type(node)(this=r.value(inner, "date").node), "integer")


def _floor(r: _Reader, node: exp.Floor) -> Typed:
    found = r.value(node.this, *_NUMERIC)
    return found if found.kind == "integer" else Typed(Whole(this=found.node), "integer")


_READERS: dict[type, Callable] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Null: lambda r, node: Typed(exp.Null(), "null"),
    exp.EQ: _comparison(order=False),
    exp.NEQ: _comparison(order=False),
    **{kind: _comparison(order=True) for kind in (exp.LT, exp.LTE, exp.GT, exp.GTE)},
    exp.And: _logic,
    exp.Or: _logic,
    exp.Not: _not,
    exp.In: _in,
    exp.Between: _between,
    exp.Is: _is,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div), _arithmetic),
    exp.Neg: _same(*_NUMERIC),
    exp.Abs: _same(*_NUMERIC),
    exp.Paren: _same("text", "integer", "number", "date", "boolean"),
    exp.Cast: _cast,
    exp.TryCast: _cast,
    **dict.fromkeys((exp.Left, exp.Right, exp.Substring), _part),
    exp.Trim: _unchanged,
    exp.Upper: _unchanged,
    exp.Length: _length,
    **dict.fromkeys((exp.Year, exp.Month, exp.Day), _date_part),
    exp.Floor: _floor,
}
