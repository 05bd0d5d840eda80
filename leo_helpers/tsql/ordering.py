"""Typed rewrites of ORDER BY, TOP and OFFSET: NULLs lowest, text by collation, ties kept."""

from __future__ import annotations

import re

from sqlglot import exp

from .errors import Refused, TSqlError, sql_error
from .keys import sort_key
from .literals import any_row_does
from .scope import Col, Query, Scope
from .server import numbered
from .sqltypes import FLOATS, T
from .value import V, literal

__all__ = ["Ordering", "directed"]

_BARE = re.compile(r"[-+() .\deE]+|NULL")  # a literal, which DuckDB takes for a column's place


class Ordering:
    """The rewrites of what puts rows in order and takes the first of them."""

    def order_keys(
        self, items: list[exp.Expression], scope: Scope, window: bool = False
    ) -> list[str]:
        """Translate the ORDER BY of a window: NULLs lowest, text by collation."""
        keys = []
        for item in items:
            if window and isinstance(item.this, exp.Literal):
                raise sql_error(5309)
            if isinstance(item.this, exp.Subquery) and not item.this.find(exp.From):
                continue  # (SELECT NULL): no order
            v = self.expr(item.this, scope)
            self.look_at_order(item, v, scope)
            keys.append(directed(sort_key(v), item))
        return keys

    def look_at_order(
        self, item: exp.Expression, v: V, scope: Scope, name: str | None = None
    ) -> None:
        """Let whoever watches the session compare where NULL comes in an order."""
        if self.session.watch is not None:
            self.session.watch.order(
                self, item, v, scope, name or item.this.sql("tsql", comments=False)
            )

    def _order_items(
        self, node: exp.Expression, scope: Scope, items: list[tuple[str, V]]
    ) -> list[tuple[V, exp.Expression, int | None]]:
        out = []
        for item in node.args["order"].expressions if node.args.get("order") else []:
            e = item.this
            if isinstance(e, exp.Literal) and not e.is_string:
                place = int(e.this) if e.this.isdigit() else 0
                if not 1 <= place <= len(items):
                    raise sql_error(108, place)
                out.append((items[place - 1][1], item, place))
                continue
            bare = e.this if isinstance(e, exp.Collate) else e
            place = None
            if isinstance(bare, exp.Column | exp.Identifier) and not bare.args.get("table"):
                places = [
                    i for i, (name, _) in enumerate(items, 1) if name.lower() == bare.name.lower()
                ]
                if len({items[i - 1][1].sql for i in places}) > 1:
                    raise sql_error(209, bare.name, step="Give each of them its own name.")
                place = places[0] if places else None
            if place is not None and bare is e:
                out.append((items[place - 1][1], item, place))
                continue
            v = self.expr(e, scope)
            same = [i for i, (_, other) in enumerate(items, 1) if other.sql == v.sql]
            out.append((v, item, same[0] if same else None))
        return out

    def _order_inside(
        self,
        columns: str,
        tail: str,
        cols: list[Col],
        node: exp.Select,
        scope: Scope,
        items: list[tuple[str, V]],
        exists: bool,
    ) -> Query:
        order = self._order_items(node, scope, items)
        keys = [directed(sort_key(v), item) for v, item, _ in order]
        for v, item, place in order:
            self.look_at_order(item, v, scope, items[place - 1][0] if place else None)
        limit, options = self.top_of(node)
        by = f" ORDER BY {', '.join(keys)}" if keys else ""
        if keys and any(v.numbers for _, v in items) and not any(v.numbers for v, *_ in order):
            sqls = [numbered(v.t, v.identity, by).sql if v.numbers else v.sql for _, v in items]
            columns = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(sqls, 1))
        if limit is not None and (options.get("with_ties") or options.get("percent")):
            return self._ties(columns, tail, cols, order, limit, options)
        if (
            limit is not None
            and not (keys or exists or any_row_does(node))
            and node.args.get("from_")
        ):
            self.note("TOP without ORDER BY: SQL Server may return any of the rows.")
        return Query(f"SELECT {columns}{tail}{by}{self._slice(node, limit)}", cols, bool(keys))

    def _order_outside(
        self,
        sql: str,
        cols: list[Col],
        node: exp.Expression,
        scope: Scope,
        items: list[tuple[str, V]],
    ) -> Query:
        """Order a DISTINCT or a set operation by its own columns."""
        shown = items or [(c.name, V(f"o.c{i}", c.t)) for i, c in enumerate(cols, 1)]
        order = self._order_items(node, scope, shown)
        if any(place is None for _, _, place in order):
            raise sql_error(145)
        outside = Scope(scope.parent, from_sql=f"({sql}) AS o")
        keys = []
        for v, item, place in order:
            key = V(f"o.c{place}", v.t, firm=v.firm)
            self.look_at_order(item, key, outside, shown[place - 1][0])
            keys.append(directed(sort_key(key), item))
        limit, options = self.top_of(node)
        columns = ", ".join(f"o.c{i}" for i in range(1, len(cols) + 1))
        if limit is not None and (options.get("with_ties") or options.get("percent")):
            named = ", ".join(f"o.c{i} AS c{i}" for i in range(1, len(cols) + 1))
            outer = [(V(f"o.c{place}", v.t), item, place) for v, item, place in order]
            return self._ties(named, f" FROM ({sql}) AS o", cols, outer, limit, options)
        if limit is not None and not keys:
            self.note("TOP without ORDER BY: SQL Server may return any of the rows.")
        if not keys and limit is None:
            return Query(sql, cols)
        by = f" ORDER BY {', '.join(keys)}" if keys else ""
        return Query(
            f"SELECT {columns} FROM ({sql}) AS o{by}{self._slice(node, limit)}", cols, bool(keys)
        )

    def _ties(
        self, columns: str, tail: str, cols: list[Col], order: list, limit: str, options: dict
    ) -> Query:
        """TOP n WITH TIES and TOP n PERCENT, by rank; the keys may be windows themselves."""
        if options.get("with_ties") and not order:
            raise sql_error(1062)
        held = "".join(f", {sort_key(v)} AS k{i}" for i, (v, _, _) in enumerate(order, 1))
        keys = [directed(f"h.k{i}", item) for i, (_, item, _) in enumerate(order, 1)]
        over = f"OVER (ORDER BY {', '.join(keys)})" if keys else "OVER ()"
        rank = "rank" if options.get("with_ties") else "row_number"
        count = (
            f"ceil(count(*) OVER () * CAST({limit} AS DOUBLE) / 100)"
            if options.get("percent")
            else limit
        )
        shown = ", ".join(f"h.c{i}" for i in range(1, len(cols) + 1))
        inner = (
            f"SELECT {shown}, {rank}() {over} AS rk, row_number() {over} AS rn, "
            f"{count} AS lim FROM (SELECT {columns}{held}{tail}) AS h"
        )
        out = ", ".join(f"w.c{i}" for i in range(1, len(cols) + 1))
        return Query(
            f"SELECT {out} FROM ({inner}) AS w WHERE w.rk <= w.lim ORDER BY w.rn", cols, bool(keys)
        )

    def top_of(self, node: exp.Expression) -> tuple[str | None, dict]:
        """Return the number of TOP or FETCH, with its options."""
        limit = node.args.get("limit")
        if limit is None:
            return None, {}
        if isinstance(limit, exp.Fetch):
            if node.args.get("offset") is None:
                raise sql_error(153)
            if limit.args.get("direction") not in (None, "NEXT", "FIRST"):
                raise Refused("FETCH with this direction is not run here.")
            return self._count(limit.args.get("count"), 1, 10744), {}
        options = limit.args.get("limit_options")
        given = {} if options is None else options.args
        count = self._percent if given.get("percent") else self._count
        return count(limit.expression), given

    def _count(self, node: exp.Expression, least: int = 0, number: int = 127) -> str:
        """Return a number of rows; `number` is the error of one below the least that may be."""
        if isinstance(node, exp.Select | exp.SetOperation):
            node = exp.Subquery(this=node.copy())
        v = self.expr(node, Scope())
        whole = v.t.name == "decimal" and not v.t.s and isinstance(node.unnest(), exp.Literal)
        if not whole and v.t.name in ("null", "decimal", *FLOATS):
            raise sql_error(1060)
        if isinstance(v.const, int) and v.const < least:
            raise sql_error(number)
        if isinstance(v.const, int):
            return str(v.const)
        below = literal(f"{number}|{sql_error(number).message}")
        return f"t_count({self.convert(v, T('bigint')).sql}, {least}, {below})"

    def _percent(self, node: exp.Expression) -> str:
        v = self.convert(self.expr(node, Scope()), T("float"))
        below = literal(f"1031|{sql_error(1031).message}")
        return f"t_percent({v.sql}, {below})"

    def _slice(self, node: exp.Expression, limit: str | None) -> str:
        offset = node.args.get("offset")
        if offset is not None and not node.args.get("order"):
            raise TSqlError("Incorrect syntax near 'offset': OFFSET needs ORDER BY.", 102)
        sql = f" LIMIT {limit}" if limit is not None else ""
        return sql + (
            f" OFFSET {self._count(offset.expression, 0, 10742)}" if offset is not None else ""
        )


def directed(key: str, item: exp.Expression) -> str:
    """Return a sort key with its direction; NULL is the lowest value."""
    key = f"CAST({key} AS DOUBLE)" if _BARE.fullmatch(key) else key
    return f"{key} DESC NULLS LAST" if item.args.get("desc") else f"{key} ASC NULLS FIRST"
