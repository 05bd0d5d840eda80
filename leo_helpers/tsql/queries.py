"""Typed rewrites of queries: SELECT with its clauses, set operations and common tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from .aggregates import AGGREGATES
from .ctes import CommonTables
from .errors import Refused, TSqlError, sql_error
from .expressions import Expressions
from .keys import self_key
from .literals import alias_of, only
from .ordering import Ordering
from .scope import Col, Query, Scope
from .sources import Sources
from .sqltypes import T
from .value import V

__all__ = ["Queries"]


_SELECT = (
    "expressions",
    "from_",
    "joins",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "distinct",
    "with_",
    "options",
    "into",
    "for_",
    "operation_modifiers",
    "kind",
)


class Queries(CommonTables, Ordering, Sources, Expressions):
    """Translates one statement; holds what the statement has used and what it should be told.

    Parameters
    ----------
    session : Session
        Where names, variables and settings come from.
    """

    def __init__(self, session: Any) -> None:
        self.session = session
        self.ctes: dict[str, tuple[Query, bool]] = {}
        self.want_rid = self.makes_table = False
        self.withs: list[str] = []
        self.recursive = False
        self.max_recursion = 100
        self.counter = 0
        self.at: int | None = None
        self.notes: list[str] = []
        #: The numbers of the tables that the statement reads.
        self.read: set[int] = set()

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

    def query(
        self, node: exp.Expression, scope: Scope | None, exists: bool = False, rid: bool = False
    ) -> Query:
        """Translate a query inside a scope; `rid` asks for the row numbers of a table under it."""
        if isinstance(node, exp.Subquery):
            only(node, "this", "with_", "order", "alias")
            if node.this.args.get("with_"):
                raise sql_error(156, "with", step="WITH stands before the whole statement.")
            return self.query(node.this, scope, exists, rid)
        with_ = node.args.get("with_")
        if with_ is not None:
            for cte in with_.expressions:
                self.add_cte(cte)
        if isinstance(node, exp.Select):
            return self.select(node, scope, exists, rid)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, scope)
        if isinstance(node, exp.Values):
            source_sql, cols = self.values(node, scope)
            return Query(source_sql, cols)
        raise Refused(f"{type(node).__name__.upper()} is not run here as a query.")

    # SELECT ---------------------------------------------------------------------------------

    def select(
        self, node: exp.Select, outer: Scope | None, exists: bool = False, rid: bool = False
    ) -> Query:
        """Translate one SELECT."""
        only(node, *_SELECT)
        if not node.expressions:
            raise TSqlError("Incorrect syntax: SELECT has no columns.", 102, at=self.at)
        if node.args.get("for_") and not exists:
            raise Refused("FOR XML and FOR JSON are run here only as (SELECT ... FOR XML PATH('')) "
                          "inside an expression.")  # fmt: skip
        scope = Scope(outer)
        from_sql = self.from_clause(node, scope)
        where_sql = self.where(node, scope)
        scope.windows = False
        group_sql = scope.group_sql = self._group(node, scope)
        scope.windows = True
        items = (
            [("", V("1", T("int")))]
            if exists and self._only_stars(node)
            else self.items_of(node, scope)
        )
        having = node.args.get("having")
        scope.windows = False
        having_sql = f" HAVING {self.condition(having.this, scope)}" if having else ""
        scope.windows = True
        recursive = next((s for s in scope.sources if s.recursive), None)
        if recursive is not None:
            limit = (
                f"WHEN {recursive.alias}.lvl >= {self.max_recursion} THEN "
                "error('530|The statement terminated. The maximum recursion "
                f"{self.max_recursion} has been exhausted before statement "
                "completion.') "
                if self.max_recursion
                else ""
            )
            level = f"{recursive.alias}.lvl + 1"
            items.append(("lvl", V(f"CASE {limit}ELSE {level} END" if limit else level, T("int"))))
        alone = len(scope.sources) < 2 and scope.groups is None and not node.args.get("distinct")
        cols = [
            Col(name, v.t, "", v.firm, v.identity if alone or v.numbers else None)
            for name, v in items
        ]
        if node.args.get("order") and any(v.numbers for _, v in items):
            self.note("IDENTITY() numbers by ORDER BY here; SQL Server may in another order.")
        held = None
        if rid and scope.groups is None and not node.args.get("distinct"):
            owners = [s for s in scope.sources if s.rid]
            if len(owners) == 1:
                base = {c.sql: owners[0].base.get(c.name.lower()) for c in owners[0].cols}
                names = {n.lower(): base[v.sql] for n, v in items if base.get(v.sql)}
                held = owners[0].entry, names
                items.append(("rid", V(owners[0].rid, T("bigint"))))
        columns = ", ".join(f"{v.sql} AS c{i}" for i, (_, v) in enumerate(items, 1))
        scope.group_sql += having_sql
        tail = f"{from_sql}{where_sql}{group_sql}{having_sql}"
        if node.args.get("distinct"):
            inner = f"SELECT {columns}{tail}"
            sql = f"SELECT {self.distinct_of(cols, 'd')} FROM ({inner}) AS d"
            self.look(scope)
            return self._order_outside(sql, cols, node, scope, items)
        query = self._order_inside(columns, tail, cols, node, scope, items, exists)
        self.look(scope)
        return replace(query, rid=held) if held and "AS w WHERE w.rk" not in query.sql else query

    def where(self, node: exp.Expression, scope: Scope) -> str:
        """Translate WHERE, in which windows may not stand."""
        where = node.args.get("where")
        windows, scope.windows, scope.clause = scope.windows, False, "where"
        if where is not None:
            scope.where_sql = f" WHERE {self.condition(where.this, scope)}"
        scope.windows, scope.clause = windows, "list"
        return scope.where_sql

    def look(self, scope: Scope) -> None:
        """Let whoever watches the session work out what was met in a scope."""
        if self.session.watch is not None:
            self.session.watch.look(self, scope)

    def _only_stars(self, node: exp.Select) -> bool:
        return all(
            isinstance(e, exp.Star | exp.Literal)
            or (isinstance(e, exp.Column) and isinstance(e.this, exp.Star))
            for e in node.expressions
        )

    def items_of(self, node: exp.Select, scope: Scope) -> list[tuple[str, V]]:
        """Translate the select list."""
        items: list[tuple[str, V]] = []
        for item in node.expressions:
            if isinstance(item, exp.Star) or (
                isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
            ):
                items += self.star(item, scope)
            elif isinstance(item, exp.Alias):
                items.append((alias_of(item), self.expr(item.this, scope)))
            elif isinstance(item, exp.Subquery) and item.alias:  # name = (SELECT ...)
                held = item.copy()
                held.set("alias", None)
                items.append((alias_of(item), self.expr(held, scope)))
            elif (
                isinstance(item, exp.EQ)
                and isinstance(item.this, exp.Literal)
                and item.this.is_string
            ):
                items.append((item.this.this, self.expr(item.expression, scope)))  # 'name' = value
            elif (
                isinstance(item, exp.Concat)
                and len(item.expressions) == 2
                and item.args.get("coalesce")
            ):
                value, name = item.expressions  # 'text' 'name'
                items.append((name.this, self.expr(value, scope)))
            else:
                v = self.expr(item, scope)
                named = item.unnest()  # a column in brackets keeps its name
                named = named.this if isinstance(named, exp.Collate) else named
                items.append(
                    (named.name if isinstance(named, exp.Column | exp.Identifier) else "", v)
                )
        return items

    def star(self, item: exp.Expression, scope: Scope) -> list[tuple[str, V]]:
        """Return the columns that * or t.* stands for."""
        only(item.this if isinstance(item, exp.Column) else item)
        table = item.args.get("table") if isinstance(item, exp.Column) else None
        sources = scope.sources
        if table is not None:
            name = "@" + table.name if isinstance(table, exp.Parameter) else table.name
            if isinstance(table, exp.Identifier) and (
                table.args.get("temporary") or table.args.get("global_")
            ):
                name = ("##" if table.args.get("global_") else "#") + name
            sources = [s for s in sources if s.answers(name, item.text("db"), item.text("catalog"))]
        if not sources:
            raise sql_error(107, table.name if table else "*", at=self.at)
        out = []
        for source in sources:
            for col in source.cols:
                v = V(col.sql, col.t, firm=col.firm, identity=col.identity)
                if scope.groups is not None:
                    if col.sql not in scope.groups:
                        raise TSqlError(f"Column '{source.name}.{col.name}' is invalid in the "
"select list because it is "
                                        "not contained in either an aggregate "
"function or the GROUP BY clause.", 8120)  # fmt: skip
                    v = scope.groups[col.sql]
                out.append((col.name, v))
        return out

    def _has_aggregate(self, node: exp.Select) -> bool:
        clauses = (node.args.get(name) for name in ("having", "order"))
        roots = [*node.expressions, *filter(None, clauses)]

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
        if group.args.get("all") and node.args.get("where"):
            raise Refused("GROUP BY ALL keeps groups that WHERE leaves without a row.",
                          "Leave ALL out and count with SUM(CASE WHEN ... END).")  # fmt: skip
        sets = False
        seen: dict[str, V] = {}

        def key(item: exp.Expression) -> str:
            while isinstance(item, exp.Paren):
                item = item.this
            if isinstance(item, exp.Tuple):
                return f"({', '.join(key(part) for part in item.expressions)})"
            if isinstance(item, exp.Literal):
                raise sql_error(164)
            if item.find(exp.Select):
                raise sql_error(144)
            v = self.expr(item, scope)
            seen[v.sql] = v
            scope.group_kinds.add(type(item))
            return self_key(v)

        def part(item: exp.Expression) -> str:
            nonlocal sets
            if isinstance(item, exp.Rollup | exp.Cube | exp.GroupingSets):
                sets = True
                word = {"Rollup": "ROLLUP", "Cube": "CUBE"}.get(
                    type(item).__name__, "GROUPING SETS"
                )
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

    # FOR XML PATH('') -----------------------------------------------------------------------

    def for_xml(self, node: exp.Select, outer: Scope, escaped: bool) -> V:
        """Join the rows of (SELECT ... FOR XML PATH('')), the old form of STRING_AGG."""
        clause = node.args["for_"]
        shape = [
            option.sql("tsql", comments=False).lower().replace(" ", "").replace("(n'", "('")
            for option in clause.expressions
        ]
        if (
            str(clause.args.get("kind")).upper() != "XML"
            or not shape
            or not shape[0].startswith("path('')")
            or not set(shape[1:]) <= {"type"}
        ):
            raise Refused("Only FOR XML PATH(''), with TYPE or without, is run here.")
        if len(node.expressions) != 1:
            raise Refused("FOR XML PATH('') is run here for one column only.")
        item = node.expressions[0]
        if (
            isinstance(item, exp.Alias) and item.alias.lower() not in ("text()", "data()")
        ) or isinstance(item, exp.Column):
            raise Refused("FOR XML PATH('') of a named column makes XML elements, which are not "
"made here.",
                          "Write '' + the column, or AS [text()].")  # fmt: skip
        plain = node.copy()
        plain.set("for_", None)
        if isinstance(item, exp.Alias):
            plain.set("expressions", [item.this.copy()])
        order = " ORDER BY x.c1" if node.args.get("distinct") else ""  # as a sort would leave them
        if not node.args.get("order"):
            self.note("FOR XML PATH('') without ORDER BY joins in any order.")
        query = self.query(plain, outer)
        from .arguments import text

        v = text(self, V("x.c1", query.cols[0].t))
        joined = f"t_xml({v.sql})" if escaped else v.sql
        gap = " " if item.alias.lower() == "data()" else ""  # single values stand apart
        sql = f"(SELECT string_agg({joined}, '{gap}'{order}) FROM ({query.sql}) AS x)"
        return V(sql, T("nvarchar"))
