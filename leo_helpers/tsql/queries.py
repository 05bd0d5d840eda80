"""Typed rewrites of queries: SELECT with its clauses, set operations and common tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from .aggregates import AGGREGATES
from .convert import V
from .errors import Refused, TSqlError
from .expressions import Expressions, only, self_key, sort_key
from .scope import Col, Query, Scope, numbered
from .sources import Sources
from .sqltypes import T, unify

__all__ = ["Queries"]

_SELECT = ("expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset",
           "distinct", "with_", "options", "into", "for_", "operation_modifiers", "kind")  # fmt: skip


class Queries(Sources, Expressions):
    """Translates one statement; holds what the statement has used and what it should be told.

    Parameters
    ----------
    session : Session
        Where names, variables and settings come from.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.ctes: dict[str, tuple[Query, bool]] = {}
        self.want_rid = False
        self.withs: list[str] = []
        self.recursive = False
        self.max_recursion = 100
        self.counter = 0
        self.at: int | None = None
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Keep something that the reader should know about the statement."""
        if text not in self.notes:
            self.notes.append(text)

    def fresh(self, lead: str = "s") -> str:
        """Return a name that the statement has not used."""
        self.counter += 1
        return f"{lead}{self.counter}"

    def statement(self, node: exp.Expression, scope: Scope | None = None) -> Query:
        """Translate a whole query with its WITH and OPTION clauses."""
        self.options(node)
        query = self.query(node, scope)
        return Query(self.with_clause() + query.sql, query.cols, query.ordered)

    def with_clause(self) -> str:
        """Return the WITH clause of everything translated so far."""
        if not self.withs:
            return ""
        return f"WITH {'RECURSIVE ' if self.recursive else ''}{', '.join(self.withs)} "

    def options(self, node: exp.Expression) -> None:
        """Note the hints of OPTION (...), which change no answer."""
        for option in node.args.get("options") or []:
            name = option.name.upper()
            value = option.args.get("expression")
            if name == "MAXRECURSION" and value is not None and value.name.isdigit():
                self.max_recursion = int(value.name)
            else:
                self.note(f"OPTION ({name}) changes nothing here.")

    def query(self, node: exp.Expression, scope: Scope | None, exists: bool = False) -> Query:
        """Translate a query inside a scope."""
        if isinstance(node, exp.Subquery):
            only(node, "this", "with_", "order", "alias")
            return self.query(node.this, scope, exists)
        with_ = node.args.get("with_")
        if with_ is not None:
            for cte in with_.expressions:
                self._cte(cte)
        if isinstance(node, exp.Select):
            return self.select(node, scope, exists)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, scope)
        if isinstance(node, exp.Values):
            source_sql, cols = self.values(node, scope)
            return Query(source_sql, cols)
        raise Refused(f"{type(node).__name__.upper()} is not run here as a query.")

    # Common tables --------------------------------------------------------------------------

    def _cte(self, cte: exp.CTE) -> None:
        name = cte.alias
        names = [col.name for col in cte.args["alias"].columns]
        body = cte.this
        if self._refers(body, name):
            self._recursive_cte(name, names, body)
            return
        query = self._derived(body, None)
        self._check_names(query, names, name)
        sql_name = self.fresh("cte")
        cols = self._renamed(query.cols, names)
        self.withs.append(f"{sql_name} AS ({query.sql})")
        self.ctes[name.lower()] = (Query(sql_name, cols, rid=query.rid), False)

    def _check_names(self, query: Query, names: list[str], name: str) -> None:
        if names and len(names) != len(query.cols):
            raise TSqlError(f"'{name}' has {'more' if len(names) > len(query.cols) else 'fewer'} columns "
                            "than were specified in the column list.", 8158, at=self.at)  # fmt: skip
        shown = names or [col.name for col in query.cols]
        for i, col in enumerate(shown, 1):
            if not col:
                raise TSqlError(f"No column name was specified for column {i} of '{name}'.", 8155,
                                "Give it one with AS.", self.at)  # fmt: skip
            if col.lower() in (other.lower() for other in shown[: i - 1]):
                raise TSqlError(f"The column '{col}' was specified multiple times for '{name}'.", 8156, at=self.at)

    def _renamed(self, cols: list[Col], names: list[str]) -> list[Col]:
        named = zip(names or [""] * len(cols), cols, strict=True)
        return [replace(c, name=n or c.name, sql="") for n, c in named]

    def _refers(self, body: exp.Expression, name: str) -> bool:
        return any(
            table.name.lower() == name.lower() and not table.db and not table.args.get("catalog")
            for table in body.find_all(exp.Table)
        ) and isinstance(body, exp.SetOperation)

    def _recursive_cte(self, name: str, names: list[str], body: exp.Expression) -> None:
        """Translate a recursive common table, with a counter that stops at MAXRECURSION."""
        anchor, members = body, []
        while isinstance(anchor, exp.SetOperation) and self._refers_once(anchor.expression, name):
            if not isinstance(anchor, exp.Union) or anchor.args.get("distinct"):
                raise TSqlError(f"Recursive common table expression '{name}' does not contain a "
                                "top-level UNION ALL operator.", 252, at=self.at)  # fmt: skip
            members.append(anchor.expression)
            anchor = anchor.this
        if self._refers_once(anchor, name) or len(members) != 1:
            raise Refused(f"The recursive common table {name} has a form that is not run here.",
                          "Use one anchor, UNION ALL and one recursive SELECT.")  # fmt: skip
        start = self.query(anchor, None)
        self._check_names(start, names, name)
        sql_name = self.fresh("cte")
        cols = self._renamed(start.cols, names)
        self.ctes[name.lower()] = (Query(sql_name, cols), True)
        step = self.query(members[0], None)
        if len(step.cols) != len(cols) + 1:
            raise TSqlError("All queries combined using UNION ALL must have an equal number of "
                            "expressions in their target lists.", 205)  # fmt: skip
        for first, second in zip(start.cols, step.cols, strict=False):
            a, b = first.t, second.t
            lengths = a.is_string and None not in (a.n, b.n) and a.n != b.n
            if a.name != b.name or lengths or (a.name == "decimal" and (a.p, a.s) != (b.p, b.s)):
                raise TSqlError(
                    "Types don't match between the anchor and the recursive part in column "
                    f'"{first.name}" of recursive query "{name}".', 240,
                    f"The anchor gives {a}, the recursive part {b}; cast both to one type.",
                )  # fmt: skip
        names_sql = ", ".join([*numbered(len(cols)), "lvl"])
        typed = ", ".join(f"CAST(a.c{i} AS {c.t.duck})" for i, c in enumerate(cols, 1))
        self.withs.append(
            f"{sql_name}({names_sql}) AS (SELECT {typed}, 0 FROM ({start.sql}) AS a UNION ALL ({step.sql}))"
        )
        self.recursive = True
        self.ctes[name.lower()] = (Query(sql_name, cols), False)

    def _refers_once(self, body: exp.Expression, name: str) -> bool:
        return any(t.name.lower() == name.lower() and not t.db for t in body.find_all(exp.Table))

    # Set operations -------------------------------------------------------------------------

    def _set_operation(self, node: exp.SetOperation, scope: Scope | None) -> Query:
        only(node, "this", "expression", "distinct", "order", "offset", "limit", "with_", "options")
        parts = self._flatten(node)
        done = [self.query(part, scope) for part in parts]
        left = done[0]
        types = [col.t for col in left.cols]
        for right in done[1:]:
            if len(right.cols) != len(types):
                raise TSqlError("All queries combined using a UNION, INTERSECT or EXCEPT operator must "
                                "have an equal number of expressions in their target lists.", 205)  # fmt: skip
            types = [unify(t, col.t, "UNION") for t, col in zip(types, right.cols, strict=True)]
        firm = [all(q.cols[i].firm for q in done) for i in range(len(types))]
        cols = [
            Col(c.name, t if not t.is_integer else T(t.name), "", f)
            for c, t, f in zip(left.cols, types, firm, strict=True)
        ]
        sides = [self._cast_columns(q, [c.t for c in cols]) for q in done]
        word = type(node).__name__.upper()
        if word == "UNION":
            sql = " UNION ALL ".join(f"({side})" for side in sides)
            if node.args.get("distinct"):
                sql = f"SELECT {self._distinct(cols, 'u')} FROM ({sql}) AS u"
        else:
            test = " AND ".join(
                f"{self_key(V(f'x.c{i}', c.t))} IS NOT DISTINCT FROM {self_key(V(f'y.c{i}', c.t))}"
                for i, c in enumerate(cols, 1)
            )
            no = "NOT " if word == "EXCEPT" else ""
            sql = (f"SELECT {self._distinct(cols, 'x')} FROM ({sides[0]}) AS x WHERE {no}EXISTS "
                   f"(SELECT 1 FROM ({sides[1]}) AS y WHERE {test})")  # fmt: skip
        if node.args.get("order"):
            return self._order_outside(sql, cols, node, Scope(scope), [])
        return Query(sql, cols)

    def _flatten(self, node: exp.SetOperation) -> list[exp.Expression]:
        """Take a long UNION ALL chain apart, which leans to the left and would nest deeply."""
        if isinstance(node, exp.Union) and not node.args.get("distinct"):
            parts, rest = [], node
            while isinstance(rest, exp.Union) and not rest.args.get("distinct") and (rest is node or not rest.args.get("order")):
                parts.append(rest.expression)
                rest = rest.this
            return [rest, *reversed(parts)]
        return [node.this, node.expression]

    def _distinct(self, cols: list[Col], alias: str) -> str:
        values = [V(f"{alias}.c{i}", c.t) for i, c in enumerate(cols, 1)]
        keys = [self_key(v) for v in values]
        columns = ", ".join(v.sql for v in values)
        if keys == [v.sql for v in values]:
            return f"DISTINCT {columns}"
        return f"DISTINCT ON ({', '.join(keys)}) {columns}"

    def _cast_columns(self, query: Query, types: list[T]) -> str:
        if [c.t for c in query.cols] == types:
            return query.sql
        alias = self.fresh()
        columns = ", ".join(
            f"{self.convert(V(f'{alias}.c{i}', c.t), t).sql} AS c{i}"
            for i, (c, t) in enumerate(zip(query.cols, types, strict=True), 1)
        )
        return f"SELECT {columns} FROM ({query.sql}) AS {alias}"

    # SELECT ---------------------------------------------------------------------------------

    def select(self, node: exp.Select, outer: Scope | None, exists: bool = False) -> Query:
        """Translate one SELECT."""
        only(node, *_SELECT)
        if node.args.get("for_") and not exists:
            raise Refused("FOR XML and FOR JSON are run here only as (SELECT ... FOR XML PATH('')) "
                          "inside an expression.")  # fmt: skip
        scope = Scope(outer)
        from_sql = self.from_clause(node, scope)
        where = node.args.get("where")
        scope.windows = False
        where_sql = f" WHERE {self.condition(where.this, scope)}" if where else ""
        group_sql = self._group(node, scope)
        scope.windows = True
        items = [("", V("1", T("int")))] if exists and self._only_stars(node) else self._items(node, scope)
        having = node.args.get("having")
        scope.windows = False
        having_sql = f" HAVING {self.condition(having.this, scope)}" if having else ""
        scope.windows = True
        recursive = next((s for s in scope.sources if s.recursive), None)
        if recursive is not None:
            limit = f"WHEN {recursive.alias}.lvl >= {self.max_recursion} THEN error('530|The statement terminated. The maximum recursion {self.max_recursion} has been exhausted before statement completion.') " if self.max_recursion else ""
            level = f"{recursive.alias}.lvl + 1"
            items.append(("lvl", V(f"CASE {limit}ELSE {level} END" if limit else level, T("int"))))
        alone = len(scope.sources) < 2 and scope.groups is None and not node.args.get("distinct")
        cols = [Col(name, v.t, "", v.firm, v.identity if alone else None) for name, v in items]
        rid = None
        if self.want_rid and scope.groups is None and not node.args.get("distinct"):
            owners = [s for s in scope.sources if s.rid]
            if len(owners) == 1:
                base = {c.sql: owners[0].base.get(c.name.lower()) for c in owners[0].cols}
                rid = owners[0].entry, {n.lower(): base[v.sql] for n, v in items if base.get(v.sql)}
                items.append(("rid", V(owners[0].rid, T("bigint"))))
        columns = ", ".join(f"{v.sql} AS c{i}" for i, (_, v) in enumerate(items, 1))
        tail = f"{from_sql}{where_sql}{group_sql}{having_sql}"
        if node.args.get("distinct"):
            inner = f"SELECT {columns}{tail}"
            sql = f"SELECT {self._distinct(cols, 'd')} FROM ({inner}) AS d"
            return self._order_outside(sql, cols, node, scope, items)
        query = self._order_inside(columns, tail, cols, node, scope, items, exists)
        return replace(query, rid=rid) if rid and "AS w WHERE w.rk" not in query.sql else query

    def _only_stars(self, node: exp.Select) -> bool:
        return all(isinstance(e, exp.Star | exp.Literal) or (isinstance(e, exp.Column) and isinstance(e.this, exp.Star))
                   for e in node.expressions)  # fmt: skip

    def _items(self, node: exp.Select, scope: Scope) -> list[tuple[str, V]]:
        items: list[tuple[str, V]] = []
        for item in node.expressions:
            if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
                items += self.star(item, scope)
            elif isinstance(item, exp.Alias):
                items.append((item.alias, self.expr(item.this, scope)))
            elif isinstance(item, exp.Subquery) and item.alias:  # name = (SELECT ...)
                held = item.copy()
                held.set("alias", None)
                items.append((item.alias, self.expr(held, scope)))
            elif isinstance(item, exp.EQ) and isinstance(item.this, exp.Literal) and item.this.is_string:
                items.append((item.this.this, self.expr(item.expression, scope)))  # 'name' = value
            elif isinstance(item, exp.Concat) and len(item.expressions) == 2 and item.args.get("coalesce"):
                value, name = item.expressions  # 'text' 'name'
                items.append((name.this, self.expr(value, scope)))
            else:
                v = self.expr(item, scope)
                named = item.this if isinstance(item, exp.Collate) else item
                items.append((named.name if isinstance(named, exp.Column | exp.Identifier) else "", v))
        return items

    def star(self, item: exp.Expression, scope: Scope) -> list[tuple[str, V]]:
        """Return the columns that * or t.* stands for."""
        table = item.args.get("table") if isinstance(item, exp.Column) else None
        sources = scope.sources
        if table is not None:
            name = "@" + table.name if isinstance(table, exp.Parameter) else table.name
            if isinstance(table, exp.Identifier) and (table.args.get("temporary") or table.args.get("global_")):
                name = ("##" if table.args.get("global_") else "#") + name
            sources = [s for s in sources if s.answers(name, item.text("db"), item.text("catalog"))]
        if not sources:
            raise TSqlError(f"The column prefix '{table.name if table else '*'}' does not match with a table name or alias "
                            "name used in the query.", 107, at=self.at)  # fmt: skip
        out = []
        for source in sources:
            for col in source.cols:
                v = V(col.sql, col.t, firm=col.firm, identity=col.identity)
                if scope.groups is not None:
                    if col.sql not in scope.groups:
                        raise TSqlError(f"Column '{source.name}.{col.name}' is invalid in the select list because it is "
                                        "not contained in either an aggregate function or the GROUP BY clause.", 8120)  # fmt: skip
                    v = scope.groups[col.sql]
                out.append((col.name, v))
        return out

    def _has_aggregate(self, node: exp.Select) -> bool:
        roots = [*node.expressions]
        for name in ("having", "order"):
            if node.args.get(name):
                roots.append(node.args[name])

        def found(n: Any) -> bool:
            if isinstance(n, exp.Select | exp.SetOperation):
                return False
            if isinstance(n, exp.Window):
                call = n.this
                inner = call.expressions if isinstance(call, exp.Anonymous) else []
                rest = [*inner, *(n.args.get("partition_by") or [])]
                if n.args.get("order"):
                    rest += n.args["order"].expressions
                return any(found(x) for x in rest)
            if isinstance(n, exp.Anonymous) and str(n.this).lower() in AGGREGATES:
                return True
            return any(found(child) for child in n.iter_expressions())

        return any(found(root) for root in roots)

    def _group(self, node: exp.Select, scope: Scope) -> str:
        group = node.args.get("group")
        if group is None:
            if node.args.get("having") or self._has_aggregate(node):
                scope.groups = {}
            return ""
        only(group, "expressions", "rollup", "cube", "all")
        sets = False
        seen: dict[str, V] = {}

        def key(item: exp.Expression) -> str:
            while isinstance(item, exp.Paren):
                item = item.this
            if isinstance(item, exp.Tuple):
                return f"({', '.join(key(part) for part in item.expressions)})"
            if isinstance(item, exp.Literal):
                raise TSqlError("Each GROUP BY expression must contain at least one column that is not an "
                                "outer reference.", 164)  # fmt: skip
            v = self.expr(item, scope)
            seen[v.sql] = v
            scope.group_kinds.add(type(item))
            return self_key(v)

        def part(item: exp.Expression) -> str:
            nonlocal sets
            if isinstance(item, exp.Rollup | exp.Cube | exp.GroupingSets):
                sets = True
                word = {"Rollup": "ROLLUP", "Cube": "CUBE"}.get(type(item).__name__, "GROUPING SETS")
                return f"{word} ({', '.join(part(x) for x in item.expressions)})"
            return key(item)

        parts = [part(item) for item in group.expressions]
        for word in ("rollup", "cube"):
            if group.args.get(word):
                sets = True
                parts = [f"{word.upper()} ({', '.join(parts)})"]
        scope.groups = {}
        for sql, v in seen.items():
            k = self_key(v)
            scope.grouping[sql] = k
            shown = sql if k == sql else f"min({sql})"
            if sets and k != sql:
                shown = f"CASE WHEN grouping({k}) = 0 THEN min({sql}) END"
            scope.groups[sql] = V(shown, v.t, firm=v.firm and not sets)
        return f" GROUP BY {', '.join(parts)}" if parts else ""

    # ORDER BY, TOP, OFFSET ------------------------------------------------------------------

    def order_keys(self, items: list[exp.Expression], scope: Scope, window: bool = False) -> list[str]:
        """Translate the ORDER BY of a window: NULLs lowest, text by collation."""
        keys = []
        for item in items:
            if window and isinstance(item.this, exp.Literal):
                raise TSqlError("Windowed functions do not support constants as ORDER BY clause "
                                "expressions.", 5309)  # fmt: skip
            if isinstance(item.this, exp.Subquery) and not item.this.find(exp.From):
                continue  # (SELECT NULL): no order
            keys.append(_directed(sort_key(self.expr(item.this, scope)), item))
        return keys

    def _order_items(self, node: exp.Expression, scope: Scope, items: list[tuple[str, V]]) -> list[tuple[V, exp.Expression, int | None]]:
        out = []
        for item in node.args["order"].expressions if node.args.get("order") else []:
            e = item.this
            if isinstance(e, exp.Literal) and not e.is_string:
                place = int(e.this) if e.this.isdigit() else 0
                if not 1 <= place <= len(items):
                    raise TSqlError(f"The ORDER BY position number {place} is out of range of the number of items in the select list.", 108)
                out.append((items[place - 1][1], item, place))
                continue
            bare = e.this if isinstance(e, exp.Collate) else e
            place = None
            if isinstance(bare, exp.Column | exp.Identifier) and not bare.args.get("table"):
                places = [i for i, (name, _) in enumerate(items, 1) if name.lower() == bare.name.lower()]
                place = places[0] if places else None
            if place is not None and bare is e:
                out.append((items[place - 1][1], item, place))
                continue
            v = self.expr(e, scope)
            same = [i for i, (_, other) in enumerate(items, 1) if other.sql == v.sql]
            out.append((v, item, same[0] if same else None))
        return out

    def _order_inside(self, columns: str, tail: str, cols: list[Col], node: exp.Select, scope: Scope,
                      items: list[tuple[str, V]], exists: bool) -> Query:  # fmt: skip
        order = self._order_items(node, scope, items)
        keys = [_directed(sort_key(v), item) for v, item, _ in order]
        limit, options = self._top(node)
        by = f" ORDER BY {', '.join(keys)}" if keys else ""
        if limit is not None and (options.get("with_ties") or options.get("percent")):
            return self._ties(columns, tail, cols, order, limit, options)
        if limit is not None and not keys and not exists and not self._single(node, limit):
            self.note("TOP without ORDER BY: SQL Server may return any of the rows.")
        return Query(f"SELECT {columns}{tail}{by}{self._slice(node, limit)}", cols, bool(keys))

    def _single(self, node: exp.Select, limit: str) -> bool:
        return not node.args.get("from_")

    def _order_outside(self, sql: str, cols: list[Col], node: exp.Expression, scope: Scope, items: list[tuple[str, V]]) -> Query:
        """Order a DISTINCT or a set operation by its own columns."""
        shown = items or [(c.name, V(f"o.c{i}", c.t)) for i, c in enumerate(cols, 1)]
        order = self._order_items(node, scope, shown)
        if any(place is None for _, _, place in order):
            raise TSqlError("ORDER BY items must appear in the select list if the statement contains DISTINCT, "
                            "UNION, INTERSECT or EXCEPT.", 145)  # fmt: skip
        keys = [_directed(sort_key(V(f"o.c{place}", v.t)), item) for v, item, place in order]
        limit, options = self._top(node)
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
        return Query(f"SELECT {columns} FROM ({sql}) AS o{by}{self._slice(node, limit)}", cols, bool(keys))

    def _ties(self, columns: str, tail: str, cols: list[Col], order: list, limit: str, options: dict) -> Query:
        """TOP n WITH TIES and TOP n PERCENT, by rank; the keys may be windows themselves."""
        if options.get("with_ties") and not order:
            raise TSqlError("The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.", 1062)
        held = "".join(f", {sort_key(v)} AS k{i}" for i, (v, _, _) in enumerate(order, 1))
        keys = [_directed(f"h.k{i}", item) for i, (_, item, _) in enumerate(order, 1)]
        over = f"OVER (ORDER BY {', '.join(keys)})" if keys else "OVER ()"
        rank = "rank" if options.get("with_ties") else "row_number"
        count = f"ceil(count(*) OVER () * CAST({limit} AS DOUBLE) / 100)" if options.get("percent") else limit
        shown = ", ".join(f"h.c{i}" for i in range(1, len(cols) + 1))
        inner = f"SELECT {shown}, {rank}() {over} AS rk, row_number() {over} AS rn, {count} AS lim FROM (SELECT {columns}{held}{tail}) AS h"
        out = ", ".join(f"w.c{i}" for i in range(1, len(cols) + 1))
        return Query(f"SELECT {out} FROM ({inner}) AS w WHERE w.rk <= w.lim ORDER BY w.rn", cols, bool(keys))

    def _top(self, node: exp.Expression) -> tuple[str | None, dict]:
        limit = node.args.get("limit")
        if limit is None:
            return None, {}
        if isinstance(limit, exp.Fetch):
            if limit.args.get("direction") not in (None, "NEXT", "FIRST"):
                raise Refused("FETCH with this direction is not run here.")
            return self._count(limit.args.get("count")), {}
        options = limit.args.get("limit_options")
        given = {} if options is None else options.args
        v = self._count(limit.expression, percent=bool(given.get("percent")))
        return v, given

    def _count(self, node: exp.Expression, percent: bool = False) -> str:
        v = self.expr(node, Scope())
        if isinstance(v.const, int) and v.const < 0:
            raise TSqlError("A TOP or FETCH clause contains an invalid value.", 1014)
        if isinstance(v.const, int):
            return str(v.const)
        if v.t.name == "null":
            raise TSqlError("A TOP or FETCH clause contains an invalid value.", 1014)
        return v.sql if percent else f"({self.convert(v, T('bigint')).sql})"

    def _slice(self, node: exp.Expression, limit: str | None) -> str:
        offset = node.args.get("offset")
        if offset is not None and not node.args.get("order"):
            raise TSqlError("Incorrect syntax near 'offset': OFFSET needs ORDER BY.", 102)
        sql = f" LIMIT {limit}" if limit is not None else ""
        return sql + (f" OFFSET {self._count(offset.expression)}" if offset is not None else "")

    # FOR XML PATH('') -----------------------------------------------------------------------

    def for_xml(self, node: exp.Select, outer: Scope, escaped: bool) -> V:
        """Join the rows of (SELECT ... FOR XML PATH('')), the old form of STRING_AGG."""
        clause = node.args["for_"]
        shape = [option.sql("tsql").lower().replace(" ", "") for option in clause.expressions]
        if str(clause.args.get("kind")).upper() != "XML" or not shape or not shape[0].startswith("path('')") or not set(shape[1:]) <= {"type"}:
            raise Refused("Only FOR XML PATH(''), with TYPE or without, is run here.")
        if len(node.expressions) != 1:
            raise Refused("FOR XML PATH('') is run here for one column only.")
        item = node.expressions[0]
        if isinstance(item, exp.Alias) and item.alias.lower() not in ("text()", "data()") or isinstance(item, exp.Column):
            raise Refused("FOR XML PATH('') of a named column makes XML elements, which are not made here.",
                          "Write '' + the column, or AS [text()].")  # fmt: skip
        plain = node.copy()
        plain.set("for_", None)
        if isinstance(item, exp.Alias):
            plain.set("expressions", [item.this.copy()])
        if not node.args.get("order"):
            self.note("FOR XML PATH('') without ORDER BY joins in any order.")
        query = self.query(plain, outer)
        from .functions import text

        v = text(self, V("x.c1", query.cols[0].t))
        joined = f"t_xml({v.sql})" if escaped else v.sql
        return V(f"(SELECT string_agg({joined}, '') FROM ({query.sql}) AS x)", T("nvarchar"))


def _directed(key: str, item: exp.Expression) -> str:
    return f"{key} DESC NULLS LAST" if item.args.get("desc") else f"{key} ASC NULLS FIRST"
