"""Typed rewrites of WITH, recursive or not, and of UNION, EXCEPT and INTERSECT."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from .errors import Refused, TSqlError, sql_error
from .keys import self_key
from .literals import alias_of, only
from .scope import Col, Query, Scope, numbered
from .sqltypes import T, unify
from .value import V

__all__ = ["CommonTables"]


class CommonTables:
    """The rewrites of common tables and set operations."""

    def add_cte(self, cte: exp.CTE) -> None:
        """Translate a common table and keep it under its name."""
        name = alias_of(cte)
        if name.lower() in self.ctes:
            raise sql_error(239, name, at=self.at)
        names = [alias_of(col) for col in cte.args["alias"].columns]
        body = cte.this
        if self._refers(body, name):
            self._recursive_cte(name, names, body)
            return
        query = self.derived(body, None)
        self.check_names(query, names, name)
        sql_name = self.fresh("cte")
        cols = self._renamed(query.cols, names)
        self.withs.append(f"{sql_name} AS ({query.sql})")
        self.ctes[name.lower()] = (Query(sql_name, cols, rid=query.rid), False)

    def check_names(self, query: Query, names: list[str], name: str) -> None:
        """Require a name, and only one, for every column of a derived table."""
        if names and len(names) != len(query.cols):
            raise sql_error(8158 if len(query.cols) > len(names) else 8159, name, at=self.at)
        shown = names or [col.name for col in query.cols]
        for i, col in enumerate(shown, 1):
            if not col:
                raise sql_error(8155, i, name, step="Give it one with AS.", at=self.at)
            if col.lower() in (other.lower() for other in shown[: i - 1]):
                raise sql_error(8156, col, name, at=self.at)

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
                raise sql_error(252, name, at=self.at)
            members.append(anchor.expression)
            anchor = anchor.this
        if self._refers_once(anchor, name) or len(members) != 1:
            raise Refused(f"The recursive common table {name} has a form that is not run here.",
                          "Use one anchor, UNION ALL and one recursive SELECT.")  # fmt: skip
        _may_recur(members[0], name)
        start = self.query(anchor, None)
        self.check_names(start, names, name)
        sql_name = self.fresh("cte")
        cols = self._renamed(start.cols, names)
        self.ctes[name.lower()] = (Query(sql_name, cols), True)
        step = self.query(members[0], None)
        if len(step.cols) == len(cols):  # the counter is lost inside a derived table
            raise Refused(f"The common table {name} is read here in a query inside of its own.",
                          "Name it in the FROM of its second SELECT.")  # fmt: skip
        if len(step.cols) != len(cols) + 1:
            raise TSqlError("All queries combined using UNION ALL must have an equal number of "
                            "expressions in their target lists.", 205)  # fmt: skip
        for first, second in zip(cols, step.cols, strict=False):
            a, b = first.t, second.t
            lengths = a.is_string and None not in (a.n, b.n) and a.n != b.n
            if a.name != b.name or lengths or (a.name == "decimal" and (a.p, a.s) != (b.p, b.s)):
                raise sql_error(
                    240,
                    first.name,
                    name,
                    step=f"The anchor gives {a}, the recursive part {b}; cast both to one type.",
                )
        names_sql = ", ".join([*numbered(len(cols)), "lvl"])
        typed = ", ".join(f"CAST(a.c{i} AS {c.t.duck})" for i, c in enumerate(cols, 1))
        self.withs.append(
            f"{sql_name}({names_sql}) AS (SELECT {typed}, 0 FROM ({start.sql}) AS "
            f"a UNION ALL ({step.sql}))"
        )
        self.recursive = True
        self.ctes[name.lower()] = (Query(sql_name, cols), False)

    def _refers_once(self, body: exp.Expression, name: str) -> bool:
        return any(t.name.lower() == name.lower() and not t.db for t in body.find_all(exp.Table))

    def _set_operation(self, node: exp.SetOperation, scope: Scope | None) -> Query:
        only(node, "this", "expression", "distinct", "order", "offset", "limit", "with_", "options")
        parts = self._flatten(node)
        for part in parts:
            inner = part.unnest()
            if inner.args.get("order"):
                raise TSqlError(
                    f"Incorrect syntax near the keyword "
                    f"'{type(node).__name__.lower() if inner is part else 'order'}'.", 156,
                    "ORDER BY may only stand after the last query. One that TOP needs goes into "
                    "SELECT * FROM (SELECT TOP ... ORDER BY ...) x.",
                )  # fmt: skip
        done = [self.query(part, scope) for part in parts]
        left = done[0]
        types = [col.t for col in left.cols]
        for right in done[1:]:
            if len(right.cols) != len(types):
                raise TSqlError(
                    "All queries combined using a UNION, INTERSECT or EXCEPT operator "
                    "must "
                    "have an equal number of expressions in their target lists.",
                    205,
                )
            types = [unify(t, col.t, "UNION") for t, col in zip(types, right.cols, strict=True)]
        firm = [all(q.cols[i].firm for q in done) for i in range(len(types))]
        cols = [Col(c.name, t.plain, "", f) for c, t, f in zip(left.cols, types, firm, strict=True)]
        sides = [self._cast_columns(q, [c.t for c in cols]) for q in done]
        word = type(node).__name__.upper()
        if word == "UNION":
            sql = " UNION ALL ".join(f"({side})" for side in sides)
            if node.args.get("distinct"):
                sql = f"SELECT {self.distinct_of(cols, 'u')} FROM ({sql}) AS u"
        else:
            test = " AND ".join(
                f"{self_key(V(f'x.c{i}', c.t))} IS NOT DISTINCT FROM {self_key(V(f'y.c{i}', c.t))}"
                for i, c in enumerate(cols, 1)
            )
            no = "NOT " if word == "EXCEPT" else ""
            sql = (f"SELECT {self.distinct_of(cols, 'x')} FROM ({sides[0]}) AS x WHERE {no}EXISTS "
                   f"(SELECT 1 FROM ({sides[1]}) AS y WHERE {test})")  # fmt: skip
        if node.args.get("order"):
            return self._order_outside(sql, cols, node, Scope(scope), [])
        return Query(sql, cols)

    def _flatten(self, node: exp.SetOperation) -> list[exp.Expression]:
        """Take a long UNION ALL chain apart, which leans to the left and would nest deeply."""
        if isinstance(node, exp.Union) and not node.args.get("distinct"):
            parts, rest = [], node
            while (
                isinstance(rest, exp.Union)
                and not rest.args.get("distinct")
                and (rest is node or not rest.args.get("order"))
            ):
                parts.append(rest.expression)
                rest = rest.this
            return [rest, *reversed(parts)]
        return [node.this, node.expression]

    def distinct_of(self, cols: list[Col], alias: str) -> str:
        """Return the select list that leaves out rows that count as equal."""
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


def _may_recur(member: exp.Expression, name: str) -> None:
    """Raise what SQL Server says of a recursive part that does more than join (page "WITH")."""
    from .aggregates import AGGREGATES

    own = [n for n in member.find_all(exp.Anonymous, exp.Window) if n.parent_select is member]
    if any(isinstance(n, exp.Window) for n in own):
        raise Refused(f"A window function in the recursive part of {name} is not run here: "
                      "SQL Server sees one row at a time there.")  # fmt: skip
    grouped = member.args.get("group") or member.args.get("having")
    if grouped or any(str(n.this).lower() in AGGREGATES for n in own):
        raise sql_error(467, name)
    if member.args.get("distinct"):
        raise sql_error(460, name)
    if member.args.get("limit"):
        raise sql_error(461, name)
    if any(join.side for join in member.args.get("joins") or []):
        raise sql_error(462, name)
