"""Aggregates and window functions: the types of SUM and AVG, NULLs, order and frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .errors import Refused, TSqlError, sql_error
from .foreign import ELSEWHERE
from .literals import any_row_does
from .sqltypes import FLOATS, MONEY, T, decimal
from .value import V

if TYPE_CHECKING:
    from .queries import Queries
    from .scope import Scope

__all__ = ["AGGREGATES", "FUNCTIONS", "window", "within_group"]


INT, BIGINT, FLOAT = T("int"), T("bigint"), T("float")
_STATS = {"stdev": "stddev_samp", "stdevp": "stddev_pop", "var": "var_samp", "varp": "var_pop"}
AGGREGATES = {"sum", "avg", "min", "max", "count", "count_big", "string_agg", *_STATS}
_RANKS = {"row_number", "rank", "dense_rank", "ntile", "percent_rank", "cume_dist"}
_SHIFTS = {"lag", "lead", "first_value", "last_value"}


def _argument(b: Queries, name: str, args: list, scope: Scope) -> tuple[V, bool]:
    from .literals import aggregate

    (node,) = args
    distinct = isinstance(node, exp.Distinct)
    if distinct:
        (node,) = node.expressions
    if any(isinstance(n, exp.Select) for n in node.walk()):
        raise sql_error(130)
    with aggregate(scope):
        v = b.expr(node, scope)
    if v.t.name == "null":
        raise TSqlError(f"Operand data type NULL is invalid for {name} operator.", 8117)
    return v, distinct


def _plain(b: Queries, name: str, args: list, scope: Scope, over: str = "") -> V:
    """Translate one aggregate; `over` is the text of a window, if any."""
    if name in ("count", "count_big"):
        return _count(b, name, args, scope, over)
    v, distinct = _argument(b, name, args, scope)
    word = "DISTINCT " if distinct and name not in ("min", "max") else ""
    if name in ("min", "max"):
        return _extreme(b, name, v, over)
    if v.t.is_string or v.t.is_date or v.t.name in ("bit", "uniqueidentifier", "time"):
        raise sql_error(8117, v.t.name, name, step="Convert it to a number first.")
    if name in _STATS:
        return V(f"{_STATS[name]}({word}CAST({v.sql} AS DOUBLE)){over}", FLOAT)
    t = _sum_type(v.t)
    total = f"sum({word}{v.sql}){over}"
    if name == "sum":
        return V(f"CAST({total} AS {t.duck})", t)
    count = f"count({word}{v.sql}){over}"
    if t.is_integer:
        return V(f"(CAST({total} AS {t.duck}) // nullif({count}, 0))::{t.duck}", t)
    if t.name in FLOATS:
        return V(f"avg({word}CAST({v.sql} AS DOUBLE)){over}", FLOAT)
    from .literals import exact_quotient

    total = f"sum({word}CAST({v.sql} AS DECIMAL(38,{4 if v.t.name in MONEY else v.t.s}))){over}"
    mean = decimal(38, 4 if v.t.name in MONEY else max(v.t.s, 6))
    dividend = V(total, T("decimal", p=38, s=4 if v.t.name in MONEY else v.t.s))
    sql = exact_quotient(dividend, V(f"nullif({count}, 0)", decimal(18, 0)), mean)
    return V(f"CAST({sql} AS {t.duck})", t) if t.name in MONEY else V(sql, mean)


def _sum_type(t: T) -> T:
    if t.is_integer:
        return BIGINT if t.name == "bigint" else INT
    if t.name == "decimal":
        return T("decimal", p=38, s=t.s)
    if t.name in MONEY:
        return T("money")
    return FLOAT


def _count(b: Queries, name: str, args: list, scope: Scope, over: str) -> V:
    from .keys import self_key

    t = BIGINT if name == "count_big" else INT
    if len(args) == 1 and isinstance(args[0], exp.Star):
        return V(f"CAST(count(*){over} AS {t.duck})", t)
    v, distinct = _argument(b, name, args, scope)
    inner = f"DISTINCT {self_key(v)}" if distinct else v.sql
    return V(f"CAST(count({inner}){over} AS {t.duck})", t)


def _extreme(b: Queries, name: str, v: V, over: str) -> V:
    from .keys import sort_key

    if v.t.name == "bit":
        raise TSqlError(f"Operand data type bit is invalid for {name} operator.", 8117)
    t = v.t.plain
    if not v.t.is_string or v.t.binary_collation:
        return V(f"{name}({v.sql}){over}", t)
    return V(f"arg_{name}({v.sql}, {sort_key(v)} || chr(0) || {v.sql}){over}", t)


def _string_agg(b: Queries, args: list, scope: Scope, order: list[str] | None) -> V:
    from .arguments import text
    from .literals import aggregate

    if isinstance(args[0], exp.Distinct):
        step = "STRING_AGG has no DISTINCT: take the distinct values in a subquery first."
        raise TSqlError("Incorrect syntax near ','.", 102, step, b.at)
    with aggregate(scope):
        v, divider = text(b, b.expr(args[0], scope)), text(b, b.expr(args[1], scope))
    if order is None:
        b.note("STRING_AGG without WITHIN GROUP (ORDER BY ...) joins in any order.")
    by = f" ORDER BY {', '.join(order)}" if order else ""
    t = T("nvarchar" if v.t.name[0] == "n" else "varchar", None if v.t.n is None else 8000,
          collation=v.t.collation, label=v.t.label)  # fmt: skip
    joined = f"string_agg({v.sql}, {divider.sql}{by})"
    if t.n is not None:
        joined = f"t_joined({joined}, {4000 if t.name[0] == 'n' else 8000})"
    return V(joined, t)


def _rule(name: str):
    def rule(b: Queries, args: list, scope: Scope) -> V:
        if scope.groups is None and not scope.in_aggregate:
            raise sql_error(147, name.upper())
        if scope.in_aggregate:
            raise sql_error(130)
        if name == "string_agg":
            return _string_agg(b, args, scope, None)
        scope.outside.clear()
        v = _plain(b, name, args, scope)
        if len(scope.outside) > 1:  # which of the two queries should sum?
            raise sql_error(8124)
        return v

    return rule


FUNCTIONS = {name: _rule(name) for name in sorted(AGGREGATES)}


def within_group(b: Queries, node: exp.WithinGroup, scope: Scope, over: str = "") -> V:
    """Translate STRING_AGG and PERCENTILE_CONT ... WITHIN GROUP (ORDER BY ...)."""
    from .literals import aggregate

    call, order = node.this, node.expression
    name = str(call.this).lower()
    if name == "string_agg" and not over:
        with aggregate(scope):
            keys = b.order_keys(order.expressions, scope)
        return _string_agg(b, call.expressions, scope, keys)
    if name in ("percentile_cont", "percentile_disc"):
        if not over:
            raise sql_error(10753, name.upper())
        if "ORDER BY" in over:
            raise TSqlError(f"{name.upper()} takes no ORDER BY in its OVER.", None,
                            "Its order stands in WITHIN GROUP.")  # fmt: skip
        (item,) = order.expressions
        share = b.expr(call.expressions[0], scope).sql
        share = f"(1 - {share})" if item.args.get("desc") else share
        v = b.expr(item.this, scope)
        form = "quantile_cont" if name == "percentile_cont" else "quantile_disc"
        x = f"CAST({v.sql} AS DOUBLE)" if name == "percentile_cont" else v.sql
        return V(
            f"{form}({x}, CAST({share} AS DOUBLE)){over}",
            FLOAT if name == "percentile_cont" else v.t,
        )
    raise Refused(f"{name.upper()} WITHIN GROUP is not run here.")


def window(b: Queries, node: exp.Window, scope: Scope) -> V:
    """Translate FUNCTION(...) OVER (PARTITION BY ... ORDER BY ... frame)."""
    from .keys import self_key
    from .literals import only

    only(node, "this", "partition_by", "order", "spec", "over")
    if not scope.windows:
        raise sql_error(4108, step="Put the query in a subquery or WITH, and filter outside it.")
    call = node.this
    order = node.args.get("order")
    parts = ", ".join(self_key(b.expr(p, scope)) for p in node.args.get("partition_by") or [])
    keys = b.order_keys(order.expressions, scope, window=True) if order else []
    over = f" OVER ({f'PARTITION BY {parts}' if parts else ''}"
    over += f" ORDER BY {', '.join(keys)}" if keys else ""
    over += f"{_frame(b, node.args.get('spec'), scope, bool(order))})"
    if isinstance(call, exp.WithinGroup):
        return within_group(b, call, scope, over)
    if not isinstance(call, exp.Anonymous):
        raise Refused(f"{type(call).__name__.upper()} with OVER is not run here.")
    name, args = str(call.this).lower(), call.expressions
    if name in AGGREGATES:
        if name == "string_agg" or any(isinstance(a, exp.Distinct) for a in args):
            raise sql_error(10759, name)
        return _over_aggregate(b, name, args, scope, over)
    if name in _RANKS | _SHIFTS and not order:
        raise sql_error(4112, name)
    if name in _RANKS:
        inside = ""
        if name == "ntile":
            size = b.expr(args[0], scope)
            if isinstance(size.const, int) and size.const < 1:
                raise sql_error(4116, name)
            inside = b.convert(size, BIGINT).sql
        if not keys and name == "row_number" and not any_row_does(node.find_ancestor(exp.Select)):
            b.note("ROW_NUMBER over a constant order: SQL Server may number in any order.")
        t = FLOAT if name in ("percent_rank", "cume_dist") else BIGINT
        return V(f"{name}({inside}){over}", t)
    if name in _SHIFTS:
        v = b.expr(args[0], scope)
        rest = ""
        if len(args) > 1:
            rest = f", t_offset({b.convert(b.expr(args[1], scope), BIGINT).sql})"
        if len(args) > 2:
            rest += f", {b.convert(b.expr(args[2], scope), v.t).sql}"
        t = v.t.plain
        return V(f"{name}({b.convert(v, t).sql if v.t.name == 'null' else v.sql}{rest}){over}", t)
    if name in ELSEWHERE:
        raise sql_error(195, name, step=f"SQL Server has {ELSEWHERE[name]}.", at=b.at)
    raise Refused(f"{name.upper()} with OVER is not run here.")


def _over_aggregate(b: Queries, name: str, args: list, scope: Scope, over: str) -> V:
    """Translate an aggregate over a window: its argument may hold grouped aggregates."""
    before = scope.groups
    if before is None:
        return _plain(b, name, args, scope, over)
    if len(args) == 1 and isinstance(args[0], exp.Star):
        return _count(b, name, args, scope, over)
    v = b.expr(args[0], scope)  # in the grouped scope, before the window is put on
    return _plain(_Fixed(b, v), name, args, scope, over)


class _Fixed:
    """A translator that gives one finished value, for an aggregate of aggregates."""

    def __init__(self, b: Queries, v: V) -> None:
        self._b, self._v = b, v

    def expr(self, node: exp.Expression, scope: Scope) -> V:
        return self._v

    def __getattr__(self, name: str) -> object:
        return getattr(self._b, name)


def _frame(b: Queries, spec: exp.WindowSpec | None, scope: Scope, ordered: bool) -> str:
    if spec is None:
        return ""
    if not ordered:
        raise sql_error(10756)
    kind = str(spec.args["kind"]).upper()

    def edge(which: str) -> str:
        value, side = spec.args.get(which), spec.args.get(f"{which}_side")
        if isinstance(value, exp.Expression):
            if kind == "RANGE":
                raise sql_error(4194)
            if isinstance(value, exp.Neg):
                raise TSqlError("Incorrect syntax near '-': a frame counts rows from 0 up.", 102)
            return f"{b.expr(value, scope).sql} {str(side).upper()}"
        return f"{str(value).upper()} {str(side or '').upper()}".strip()

    end = edge("end") if spec.args.get("end") else "CURRENT ROW"
    return f" {kind} BETWEEN {edge('start')} AND {end}"
