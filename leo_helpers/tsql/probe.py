"""Both answers of an expression on the rows at hand: SQL Server's, and DuckDB's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from .arguments import text
from .conditions import COMPARE
from .dates import moment, part_of
from .errors import TSqlError
from .keys import sort_key
from .lexer import Script
from .literals import aggregate, first_start, type_of
from .scope import Scope
from .value import V

__all__ = ["Answers", "Met", "Watch"]

_MOST_RUNS = 5
_FEW = 200_000


@dataclass
class Met:
    """Where an expression was met while its query was translated."""

    node: exp.Expression
    place: str  # list, where or on
    inside: bool  # an aggregate
    joining: tuple[str, str] | None


@dataclass
class Answers:
    """What the runs of one expression have shown.

    Attributes
    ----------
    text : str
        The expression.
    runs, rows, differ : int
        How often it was looked at, on how many rows in all, and in how many the answers differ.
    example : dict
        The columns of one row that differs, in text, with ``SQL Server`` and ``DuckDB`` last.
    why : str
        Why it could not be worked out.
    """

    text: str
    runs: int = 0
    rows: int = 0
    differ: int = 0
    example: dict[str, str] | None = None
    why: str = ""


class Watch:
    """Looks on while a session runs a script, and works the doubtful expressions out twice.

    Parameters
    ----------
    script : Script
        The script; what an EXEC runs is not looked at.
    before : set of int, optional
        The tables that were there before it: their computed columns are no part of it.
    """

    def __init__(self, script: Script, before: set[int] | None = None) -> None:
        self.script, self.before = script, before or set()
        self.found: dict[tuple[int, int, str], Answers] = {}
        self.settled: set[tuple[int, int, str]] = set()
        self.busy = False
        self.start = 0

    def place(self, node: exp.Expression) -> tuple[int, int]:
        """Return line and column of a node, or else of its statement."""
        start = first_start(node)
        return self.script.place(self.start if start is None else start)

    def met(self, b: Any, node: exp.Expression, scope: Scope) -> None:
        """Remember an expression that other engines may answer otherwise."""
        if self.busy or b.session.nesting or not isinstance(node, _KINDS):
            return
        if not any(held.node is node for held in scope.met):
            scope.met.append(Met(node, scope.clause, scope.in_aggregate, scope.joining))

    def look(self, b: Any, scope: Scope) -> None:
        """Work out what was met in a scope, now that its clauses are known."""
        if self.busy or b.session.nesting:
            return
        self.busy, at = True, b.at
        held = scope.groups, scope.in_aggregate, scope.windows
        try:
            for met in scope.met:
                outside = met.place != "list" or met.inside
                scope.in_aggregate, scope.windows = met.inside, True
                scope.groups = None if outside else held[0]
                self._expression(b, met, scope)
        finally:
            scope.met = []
            scope.groups, scope.in_aggregate, scope.windows = held
            self.busy, b.at = False, at

    def order(self, b: Any, item: exp.Expression, v: V, scope: Scope, name: str) -> None:
        """Compare the places that an ascending key gives to NULL, if it can be NULL."""
        if self.busy or b.session.nesting or item.args.get("desc"):
            return
        if v.firm:
            self.settled.add((*self.place(item), item.sql("tsql", comments=False)))
            return
        met, key = Met(item, "list", scope.in_aggregate, None), sort_key(v)
        self._note(b, met, scope, ("nulls", key, key), {name: key})

    def _expression(self, b: Any, met: Met, scope: Scope) -> None:
        try:
            pairs = list(_pairs(b, met.node, scope))
        except TSqlError:
            if scope.groups is None:
                return
            # a part of what GROUP BY names: looked at on the rows before they are grouped
            scope.groups, met = None, replace(met, inside=True)
            try:
                pairs = list(_pairs(b, met.node, scope))
            except TSqlError:
                return
        for node in (met.node, met.node.this) if isinstance(met.node, exp.Window) else (met.node,):
            self.settled.add((*self.place(node), node.sql("tsql", comments=False)))
        around, shown = met.node.find_ancestor(exp.Select), {}
        for column in met.node.find_all(exp.Column) if pairs else []:
            if column.find_ancestor(exp.Select) is around:
                try:
                    shown[column.sql("tsql", comments=False)] = b.expr(column, scope).sql
                except TSqlError:  # inside an aggregate, or the part of a date
                    continue
        for pair in pairs:
            self._note(b, met, scope, pair, shown)

    def _note(
        self, b: Any, met: Met, scope: Scope, pair: tuple[str, str, str], shown: dict[str, str]
    ) -> None:
        """Run the two answers side by side and keep what comes out."""
        name, server, other = pair
        key = (*self.place(met.node), name)
        found = self.found.setdefault(key, Answers(met.node.sql("tsql", comments=False)))
        if found.runs >= _MOST_RUNS:
            return
        found.runs += 1
        if any(source.recursive for source in scope.sources):
            found.why = "it stands in the recursive part of a WITH"
            return
        columns = "".join(
            f", CAST({sql} AS VARCHAR) AS x{i}" for i, sql in enumerate(shown.values())
        )
        wanted = f"SELECT {server} AS a, {other} AS b{columns}{_rows(met, scope, server)}"
        base = f"{b.with_clause()}SELECT p.* FROM {_around(scope, wanted)} LIMIT {_FEW}"
        if name == "nulls":
            places = (f"rank() OVER (ORDER BY a NULLS {end})" for end in ("FIRST", "LAST"))
            base = "SELECT {} AS a, {} AS b, * EXCLUDE (a, b) FROM ({})".format(*places, base)
        try:
            ((rows, differ),) = b.session.fetch(
                f"SELECT count(*), count(*) FILTER (t_differs(a, b)) FROM ({base})"
            )
            found.rows, found.differ = found.rows + rows, found.differ + differ
            if differ and found.example is None:
                ((one, two, *values),) = b.session.fetch(
                    f"SELECT * FROM ({base}) WHERE t_differs(a, b) ORDER BY ALL LIMIT 1"
                )
                error = name == "empty" and two is None
                found.example = dict(zip(shown, map(_shown, values), strict=True))
                place = "place " * (name == "nulls")
                found.example["SQL Server"] = place + _shown(one)
                found.example["DuckDB"] = "an error" if error else place + _shown(two)
        except TSqlError as error:
            around = " LATERAL (" in base
            found.why = "it depends on the query around it" if around else error.message


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "NULL" if value is None else str(value)


def _rows(met: Met, scope: Scope, server: str) -> str:
    """Return FROM and what follows it for the rows on which an expression is worked out."""
    if met.joining is not None:
        alone = [s for s in scope.sources if f"{s.alias}." in server]
        if len(alone) == 1 and alone[0].alias in scope.froms:
            return f" FROM {scope.froms[alone[0].alias]}"
        on = server if isinstance(met.node, tuple(COMPARE)) else "TRUE"
        return f" FROM {met.joining[0]} JOIN {met.joining[1]} ON {on}"
    tail = f" FROM {scope.from_sql}" if scope.from_sql else ""
    if met.place == "list":
        tail += scope.where_sql + ("" if met.inside else scope.group_sql)
    return tail


def _around(scope: Scope, wanted: str) -> str:
    """Put a query that depends on the query around it beside the rows of that one."""
    outer = scope.parent
    while outer is not None and not any(f"{s.alias}." in wanted for s in outer.sources):
        outer = outer.parent
    if outer is None:
        return f"({wanted}) AS p"
    beside = f"{outer.from_sql} CROSS JOIN LATERAL ({wanted}) AS p{outer.where_sql}"
    return _around(outer, f"SELECT p.* FROM {beside}")  # which may depend on one further out


_Pairs = Iterator[tuple[str, str, str]]


def _pairs(b: Any, node: exp.Expression, scope: Scope) -> _Pairs:
    """Yield the name of a trap, SQL Server's answer and DuckDB's own, in DuckDB SQL."""
    for kind, rule in _RULES:
        if isinstance(node, kind):
            yield from rule(b, node, scope)


def _division(b: Any, node: exp.Div, scope: Scope) -> _Pairs:
    x, y = b.expr(node.this, scope), b.expr(node.expression, scope)
    done = b.arithmetic("/", x, y)
    if done.t.is_integer:
        yield "division", done.sql, f"({x.sql} / {y.sql})"


def _call(b: Any, node: exp.Anonymous, scope: Scope) -> _Pairs:
    name, args = node.name.lower(), node.expressions
    if name == "avg":
        yield from _average(b, node, node, scope)
    elif name == "len":
        v = text(b, b.expr(args[0], scope))
        yield "len", b.expr(node, scope).sql, f"length({v.sql})"
    elif name == "datediff" and part_of(args[0]) == "week":
        x, y = (f"CAST({moment(b, b.expr(arg, scope)).sql} AS DATE)" for arg in args[1:])
        yield "week", b.expr(node, scope).sql, f"date_diff('week', {x}, {y})"
    elif name == "datepart" and part_of(args[0]) == "weekday":
        yield (
            "weekday",
            b.expr(node, scope).sql,
            f"date_part('dow', {moment(b, b.expr(args[1], scope)).sql})",
        )
    elif name in _OF_TEXT and len(args) == _OF_TEXT[name].count("{"):
        values = [b.expr(arg, scope) for arg in args]
        if all(v.t.is_string for v in values):
            yield "case", b.expr(node, scope).sql, _OF_TEXT[name].format(*(v.sql for v in values))


def _branches(b: Any, node: exp.Case, scope: Scope) -> _Pairs:
    """CASE x WHEN 'a' compares as = does."""
    if node.this is None:
        return
    x, default = b.expr(node.this, scope), node.args.get("default")
    whens = [(b.expr(w.this, scope), b.expr(w.args["true"], scope)) for w in node.args["ifs"]]
    if x.t.is_string and all(v.t.is_string for v, _ in whens):
        other = b.expr(default or exp.Null(), scope)
        plain = b.choose([(f"{x.sql} = {v.sql}", then) for v, then in whens], other)
        yield "case", b.expr(node, scope).sql, plain.sql


def _window(b: Any, node: exp.Window, scope: Scope) -> _Pairs:
    if isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "avg":
        yield from _average(b, node, node.this, scope)


def _average(b: Any, whole: exp.Expression, call: exp.Anonymous, scope: Scope) -> _Pairs:
    (arg,) = call.expressions
    with aggregate(scope):
        integer = b.expr(
            arg.expressions[0] if isinstance(arg, exp.Distinct) else arg, scope
        ).t.is_integer
    if integer:
        exact = whole.copy()
        inner = next(n for n in exact.find_all(exp.Anonymous) if n.name.lower() == "avg")
        value = inner.expressions[0]
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value
        value.replace(exp.Cast(this=value.copy(), to=exp.DataType.build("double")))
        yield "avg", b.expr(whole, scope).sql, b.expr(exact, scope).sql


def _cast(b: Any, node: exp.Expression, scope: Scope) -> _Pairs:
    convert = isinstance(node, exp.Convert)
    to = type_of(node.this if convert else node.args["to"])
    v = b.expr(node.expression if convert else node.this, scope)
    done = b.expr(node, scope).sql
    if to.is_integer and to.name != "bit" and v.t.is_number and not v.t.is_integer:
        yield "cast", done, f"CAST({v.sql} AS {to.duck})"
    elif v.t.is_string and (to.is_number or to.is_date):
        yield "empty", done, f"TRY_CAST({v.sql} AS {to.duck})"
    elif v.t.is_string and to.is_string and to.n is not None:
        yield "cut", done, v.sql


def _compare(b: Any, node: exp.Expression, scope: Scope) -> _Pairs:
    if isinstance(node.expression, exp.Any | exp.All) or node.args.get("query"):
        return
    items = node.expressions if isinstance(node, exp.In) else [node.expression]
    x, *rest = (b.expr(part, scope) for part in (node.this, *items))
    if not (x.t.is_string and all(v.t.is_string for v in rest)):
        return
    right = ", ".join(v.sql for v in rest)
    plain = f"({x.sql} IN ({right}))" if isinstance(node, exp.In) else None
    plain = plain or f"({x.sql} {COMPARE[type(node)]} {right})"
    yield "case", b.condition(node, scope), plain


def _like(b: Any, node: exp.Like, scope: Scope) -> _Pairs:
    x, pattern = (text(b, b.expr(part, scope)) for part in (node.this, node.expression))
    no = "NOT " if node.args.get("negate") else ""
    name = "class" if isinstance(pattern.const, str) and "[" in pattern.const else "case"
    yield name, b.condition(node, scope), f"({no}{x.sql} LIKE {pattern.sql})"


#: Functions that look for text in text, as DuckDB has them.
_OF_TEXT = {
    "nullif": "nullif({}, {})",
    "charindex": "strpos({1}, {0})",
    "replace": "replace({}, {}, {})",
}
_RULES = (
    (exp.Div, _division),
    (exp.Anonymous, _call),
    (exp.Case, _branches),
    (exp.Window, _window),
    ((exp.Cast, exp.TryCast, exp.Convert), _cast),
    ((*COMPARE, exp.In), _compare),
    (exp.Like, _like),
)
_KINDS = (exp.Div, exp.Anonymous, exp.Case, exp.Window, exp.Cast, exp.TryCast, exp.Convert,
          *COMPARE, exp.In, exp.Like)  # fmt: skip
