"""Typed rewrites of FROM: tables, joins, APPLY, VALUES, PIVOT and UNPIVOT."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .aggregates import AGGREGATES
from .blocks import words
from .errors import Refused, TSqlError, sql_error
from .literals import alias_of
from .scope import Col, Query, Scope, Source, from_query, numbered, weaken
from .sqltypes import T, unify
from .store import Table
from .value import V, literal

__all__ = ["Sources", "table_parts"]


_HINTS = words(
    "nolock tablock tablockx holdlock readuncommitted readcommitted rowlock paglock updlock "
    "xlock index forceseek forcescan readpast serializable repeatableread nowait noexpand "
    "snapshot keepidentity ignore_constraints"
)


def _as_table(node: exp.Expression) -> exp.Expression:
    """Return a query that may stand in FROM: FOR XML gives one row, ORDER BY needs TOP."""
    if isinstance(node, exp.Select) and node.args.get("for_"):
        return exp.Select(expressions=[exp.Subquery(this=node.copy())])
    if node.args.get("order") and not (node.args.get("limit") or node.args.get("offset")):
        raise sql_error(1033)
    if node.args.get("with_"):
        raise sql_error(156, "with", step="WITH stands before the whole statement.")
    return node


class Sources:
    """The rewrites of what stands after FROM."""

    def from_clause(self: Any, node: exp.Select, scope: Scope) -> str:
        """Translate FROM with its joins; each source is added to the scope."""
        first = node.args.get("from_")
        if first is None:
            return ""
        return " FROM " + self.joined(first.this, node.args.get("joins") or [], scope)

    def joined(self: Any, first: exp.Expression, joins: list[exp.Join], scope: Scope) -> str:
        """Translate a source and the joins that follow it."""
        sql = scope.from_sql = self.source(first, scope)
        for join in [*(first.args.get("joins") or []), *joins]:
            sql = scope.from_sql = self._join(sql, join, scope)
        return sql

    def _join(self: Any, left: str, join: exp.Join, scope: Scope) -> str:
        for name in ("using", "method", "global_", "match_condition", "pivots"):
            if join.args.get(name):
                raise TSqlError(f"Incorrect syntax near '{name}': this is not T-SQL.", 102)
        if join.args.get("hint"):
            self.note("Join hints change nothing here.")
        if isinstance(join.this, exp.Lateral):
            return self._apply(left, join.this, scope)
        side, kind = str(join.side or "").upper(), str(join.kind or "").upper()
        earlier = len(scope.sources)
        right = self.joined(join.this, [], scope)
        if side in ("LEFT", "FULL"):
            weaken(scope.sources[earlier:])
        if side in ("RIGHT", "FULL"):
            weaken(scope.sources[:earlier])
        if join.this.args.get("joins"):
            right = f"({right})"
        on = join.args.get("on")
        if on is None:
            if side or kind not in ("", "CROSS"):
                raise TSqlError("Incorrect syntax: this join has no ON.", 102, at=self.at)
            return f"{left} CROSS JOIN {right}"
        if kind not in ("", "INNER", "OUTER"):
            raise TSqlError(f"Incorrect syntax near '{kind} JOIN'.", 102, at=self.at)
        scope.joining = left, right
        condition = self.condition(on, scope)
        scope.joining = None
        return f"{left} {side or 'INNER'} JOIN {right} ON {condition}"

    def _apply(self: Any, left: str, node: exp.Lateral, scope: Scope) -> str:
        """Translate CROSS APPLY and OUTER APPLY as LATERAL joins."""
        if node.args.get("cross_apply") is None:
            raise TSqlError("Incorrect syntax near 'lateral': this is not T-SQL.", 102)
        alias, names = self._alias(node)
        body = node.this
        if isinstance(body, exp.Anonymous):
            query = self._table_function(body, scope)
        else:
            inner = body.this if isinstance(body, exp.Subquery) else body
            query = self.query(_as_table(inner), scope)
        sql_alias = self.fresh()
        scope.add(from_query(query, alias, sql_alias, self._names(query, names, alias)), self.at)
        columns = ", ".join(numbered(len(query.cols)))
        join = "CROSS JOIN" if node.args["cross_apply"] else "LEFT JOIN"
        on = "" if node.args["cross_apply"] else " ON TRUE"
        if on:
            weaken(scope.sources[-1:])
        return f"{left} {join} LATERAL ({query.sql}) AS {sql_alias}({columns}){on}"

    def _alias(self: Any, node: exp.Expression) -> tuple[str, list[str]]:
        alias = node.args.get("alias")
        if alias is None:
            return "", []
        names = [alias_of(col) for col in alias.args.get("columns") or []]
        return alias_of(node), names

    def _names(self: Any, query: Query, names: list[str], alias: str) -> list[str] | None:
        if not alias:
            raise TSqlError("Incorrect syntax: a derived table needs an alias.", 102, at=self.at)
        self.check_names(query, names, alias)
        return names or None

    def source(self: Any, node: exp.Expression, scope: Scope) -> str:
        """Translate one source and add it to the scope."""
        sql, source = self._one_source(node, scope)
        for pivot in node.args.get("pivots") or []:
            sql, source = self._pivot(pivot, sql, source, scope)
        scope.froms[source.alias] = sql
        scope.add(source, self.at)
        return sql

    def _one_source(self: Any, node: exp.Expression, scope: Scope) -> tuple[str, Source]:
        alias, names = self._alias(node)
        sql_alias = self.fresh()
        if isinstance(node, exp.Table):
            return self._table(node, alias, names, sql_alias, scope)
        if isinstance(node, exp.Values):
            sql, cols = self.values(node, scope.parent)
            query = Query(sql, cols)
        elif isinstance(node, exp.Subquery):
            if isinstance(node.this, exp.Table | exp.Subquery) and (
                node.this.args.get("joins") or isinstance(node.this, exp.Table)
            ):
                return self._bracketed(node, scope)
            if node.args.get("sample"):
                raise Refused("TABLESAMPLE draws other rows on every run.")
            query = self.derived(node.this, scope.parent)
        else:
            raise Refused(f"{type(node).__name__.upper()} is not run here in FROM.")
        source = from_query(query, alias, sql_alias, self._names(query, names, alias))
        columns = ", ".join(numbered(len(query.cols)))
        return f"({query.sql}) AS {sql_alias}({columns})", source

    def derived(self: Any, node: exp.Expression, outer: Scope | None) -> Query:
        """Translate a derived table."""
        return self.query(_as_table(node), outer, rid=self.want_rid)

    def _bracketed(self: Any, node: exp.Subquery, scope: Scope) -> tuple[str, Source]:
        """Translate FROM a JOIN (b JOIN c ON ...) ON ...: the sources join the scope one by one."""
        inner = node.this
        before = len(scope.sources)
        sql = self.joined(inner, [], scope)
        last = scope.sources.pop()
        if before == len(scope.sources) and not inner.args.get("joins"):
            return sql, last
        return f"({sql})", last

    def _table(
        self: Any, node: exp.Table, alias: str, names: list[str], sql_alias: str, scope: Scope
    ) -> tuple[str, Source]:
        if node.args.get("sample"):
            raise Refused("TABLESAMPLE draws other rows on every run.")
        for key in node.args:
            if (
                key not in ("this", "alias", "db", "catalog", "hints", "joins", "pivots", "sample")
                and node.args[key]
            ):
                raise Refused(f"A table with {key} is not run here.", at=self.at)
        self._note_hints(node)
        if isinstance(node.this, exp.Anonymous):
            query = self._table_function(node.this, scope)
            source = from_query(query, alias or str(node.this.this), sql_alias, names or None)
            return f"({query.sql}) AS {sql_alias}({', '.join(numbered(len(query.cols)))})", source
        parts = table_parts(node)
        if isinstance(node.this, exp.Dot) or len(parts) > 3:
            raise Refused("Linked servers are not here.", "Leave the server's name out.", self.at)
        if len(parts) == 1 and parts[0].lower() in self.ctes:
            query, recursive = self.ctes[parts[0].lower()]
            source = from_query(query, alias or parts[0], sql_alias, names or None)
            source.recursive = recursive
            return f"{query.sql} AS {sql_alias}", source
        start = node.this.meta.get("start") if isinstance(node.this, exp.Identifier) else None
        self.at = self.at if start is None else start
        entry = self.session.find(parts, self.at)
        sql, cols, place = self.session.source_of(entry, sql_alias, self)
        named = Source(
            alias or parts[-1],
            cols,
            sql_alias,
            "" if alias else place[1],
            "" if alias else place[0],
            entry,
        )
        if isinstance(entry, Table):
            named.rid, named.base = (
                f"{sql_alias}.rowid",
                {c.name.lower(): c.name for c in entry.columns},
            )
        return sql, named

    def _note_hints(self: Any, node: exp.Table) -> None:
        for hint in node.args.get("hints") or []:
            for item in hint.expressions:
                name = (
                    item.name if not isinstance(item, exp.Anonymous) else str(item.this)
                ).lower()
                if name not in _HINTS:
                    raise sql_error(321, name, at=self.at)
                self.note(f"The hint {name.upper()} changes nothing here.")

    def _table_function(self: Any, node: exp.Anonymous, scope: Scope) -> Query:
        name = str(node.this).lower()
        args = [self.expr(arg, scope) for arg in node.expressions]
        if name == "string_split" and len(args) in (2, 3):
            from .arguments import text

            x, divider = (text(self, v) for v in args[:2])
            if isinstance(divider.const, str) and len(divider.const) != 1:
                raise sql_error(214, "separator", "nchar(1)/nvarchar(1)")
            parts, cols = f"string_split({x.sql}, {divider.sql})", [Col("value", x.t, "")]
            numbers = ""
            if len(args) == 3 and self.constant(args[2]):
                numbers = f", unnest(generate_series(1, len({parts}))) AS c2"
                cols.append(Col("ordinal", T("bigint"), ""))
            return Query(f"SELECT unnest({parts}) AS c1{numbers}", cols)
        if name == "generate_series" and len(args) in (2, 3):
            t = T("int")
            inside = ", ".join(self.convert(v, t).sql for v in args)
            return Query(
                f"SELECT CAST(unnest(generate_series({inside})) AS INTEGER) AS c1",
                [Col("value", t, "")],
            )
        raise Refused(f"The table function {name.upper()} is not run here.", "", self.at)

    def values(self: Any, node: exp.Values, outer: Scope | None) -> tuple[str, list[Col]]:
        """Translate VALUES (...), (...): each column takes one type."""
        scope = outer or Scope()
        rows = [
            [
                self.expr(v, scope)
                for v in (row.expressions if isinstance(row, exp.Tuple) else [row.this])
            ]
            for row in node.expressions
        ]
        if outer is None:
            self.look(scope)
        width = {len(row) for row in rows}
        if len(width) != 1:
            raise sql_error(10709)
        types = [row.t for row in rows[0]]
        for row in rows[1:]:
            types = [unify(t, v.t, "VALUES") for t, v in zip(types, row, strict=True)]
        types = [t.plain for t in types]
        lines = []
        for row in rows:
            cells = ", ".join(
                f"CAST({self.convert(v, t).sql} AS {t.duck})"
                for v, t in zip(row, types, strict=True)
            )
            lines.append(f"({cells})")
        names = ", ".join(numbered(len(types)))
        return f"SELECT * FROM (VALUES {', '.join(lines)}) AS v({names})", [
            Col("", t, "") for t in types
        ]

    # PIVOT ----------------------------------------------------------------------------------

    def _pivot(
        self: Any, node: exp.Pivot, sql: str, source: Source, scope: Scope
    ) -> tuple[str, Source]:
        alias, _ = self._alias(node)
        if not alias:
            raise TSqlError("Incorrect syntax: PIVOT needs an alias.", 102, at=self.at)
        (field,) = node.args["fields"]
        names = [item.name for item in field.expressions]
        build = self._unpivoted if node.args.get("unpivot") else self._pivoted
        query = build(node, sql, source, field.this.name, names)
        sql_alias = self.fresh()
        columns = ", ".join(numbered(len(query.cols)))
        return f"({query.sql}) AS {sql_alias}({columns})", from_query(query, alias, sql_alias)

    def _column_in(self: Any, source: Source, name: str) -> Col:
        col = source.find(name)
        if col is None:
            raise sql_error(207, name, at=self.at)
        return col

    def _pivoted(
        self: Any, node: exp.Pivot, sql: str, source: Source, by: str, names: list[str]
    ) -> Query:
        """PIVOT groups by every column that it does not name."""
        from .keys import self_key

        (call,) = node.expressions
        function = str(call.this).lower() if isinstance(call, exp.Anonymous) else ""
        if function not in AGGREGATES - {"string_agg"} or len(call.expressions) != 1:
            raise Refused("PIVOT is run here with one plain aggregate.")
        value, spread = call.expressions[0].name, self._column_in(source, by)
        used = {by.lower(), value.lower()}
        groups = [col for col in source.cols if col.name.lower() not in used]
        keys = [self_key(V(col.sql, col.t)) for col in groups]
        items, cols = [], []
        for col, key in zip(groups, keys, strict=True):
            items.append(col.sql if key == col.sql else f"min({col.sql})")
            cols.append(Col(col.name, col.t, ""))
        amount = self._column_in(source, value)
        for name in names:
            test = self.compare(
                "=",
                V(spread.sql, spread.t),
                V(literal(name), T("varchar", max(len(name), 1)), name),
            )
            only_these = Source(
                "p", [Col("x", amount.t, f"CASE WHEN {test} THEN {amount.sql} END")], "p"
            )
            v = self.expr(
                exp.Anonymous(this=function, expressions=[exp.column("x")]),
                Scope(None, [only_these], {}),
            )
            items.append(v.sql)
            cols.append(Col(name, v.t, ""))
        shown = ", ".join(f"{item} AS c{i}" for i, item in enumerate(items, 1))
        group = f" GROUP BY {', '.join(keys)}" if keys else ""
        return Query(f"SELECT {shown} FROM {sql}{group}", cols)

    def _unpivoted(
        self: Any, node: exp.Pivot, sql: str, source: Source, by: str, names: list[str]
    ) -> Query:
        """UNPIVOT makes a row of each value that is not NULL."""
        value = node.expressions[0].name
        moved = [self._column_in(source, name) for name in names]
        if len({(c.t.name, c.t.n, c.t.p, c.t.s) for c in moved}) != 1:
            raise sql_error(8167)
        low = {name.lower() for name in names}
        kept = [col for col in source.cols if col.name.lower() not in low]
        parts = []
        for col in moved:
            cells = [*(k.sql for k in kept), col.sql, literal(col.name)]
            shown = ", ".join(f"{cell} AS c{i}" for i, cell in enumerate(cells, 1))
            parts.append(f"SELECT {shown} FROM {sql} WHERE {col.sql} IS NOT NULL")
        cols = [Col(k.name, k.t, "") for k in kept]
        cols += [Col(value, moved[0].t, ""), Col(by, T("nvarchar", 128), "")]
        return Query(" UNION ALL ".join(parts), cols)


def table_parts(node: exp.Table) -> list[str]:
    """Return the parts of a table's name, with # and @ where they belong; '' for a..b."""
    this = node.this
    if isinstance(this, exp.Parameter):
        return ["@" + this.name]
    lead = ""
    if isinstance(this, exp.Identifier) and not this.name.startswith("#"):
        lead = "##" if this.args.get("global_") else "#" if this.args.get("temporary") else ""
    parts = [lead + this.name]
    if node.args.get("catalog"):
        parts = [
            node.args["catalog"].name,
            node.args["db"].name if node.args.get("db") else "",
            *parts,
        ]
    elif node.args.get("db"):
        parts = [node.args["db"].name, *parts]
    return parts
