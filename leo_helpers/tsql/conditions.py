"""Typed rewrites of conditions: comparisons by type and collation, IN, LIKE and EXISTS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from . import arguments
from .convert import convert
from .errors import Refused, TSqlError, sql_error
from .keys import equal_key, sort_key
from .literals import like_regex, only
from .scope import Scope
from .sqltypes import BINARY, T, unify
from .sqltypes import collate as collate_types
from .value import V, literal

__all__ = ["COMPARE", "Conditions"]


COMPARE = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}


_WORDS = {"=": "equal to", "<>": "not equal to", ">": "greater than", "<": "less than"}


class Conditions:
    """The rewrites of what stands after WHERE, ON, HAVING, WHEN and IF."""

    session: Any
    at: int | None = None

    def condition(self, node: exp.Expression, scope: Scope) -> str:
        """Translate a condition: what stands after WHERE, ON, HAVING, WHEN and IF."""
        if self.session.watch is not None:
            self.session.watch.met(self, node, scope)
        if isinstance(node, exp.Paren):
            return self.condition(node.this, scope)
        if isinstance(node, exp.And | exp.Or):
            word = " AND " if isinstance(node, exp.And) else " OR "
            kind, parts, rest = type(node), [], node
            while type(rest) is kind:  # a long chain leans to the left
                parts.append(rest.expression)
                rest = rest.this
            return "(" + word.join(self.condition(p, scope) for p in [rest, *reversed(parts)]) + ")"
        if isinstance(node, exp.Not):
            return f"(NOT {self.condition(node.this, scope)})"
        if type(node) in COMPARE:
            return self._comparison(node, scope)
        if isinstance(node, exp.Is):
            if not isinstance(node.expression, exp.Null):
                raise TSqlError("Incorrect syntax near 'is': only IS [NOT] NULL is T-SQL.", 102)
            return f"({self.expr(node.this, scope).sql} IS NULL)"
        if isinstance(node, exp.NullSafeEQ | exp.NullSafeNEQ):
            a, b = (self.expr(part, scope) for part in (node.this, node.expression))
            word = (
                "IS NOT DISTINCT FROM" if isinstance(node, exp.NullSafeEQ) else "IS DISTINCT FROM"
            )
            return self.compare(word, a, b)
        if isinstance(node, exp.Between):
            only(node, "this", "low", "high")
            x, low, high = (self.expr(node.args[k], scope) for k in ("this", "low", "high"))
            return f"({self.compare('>=', x, low)} AND {self.compare('<=', x, high)})"
        if isinstance(node, exp.In):
            return self._in(node, scope)
        if isinstance(node, exp.Exists):
            return f"EXISTS ({self.query(node.this, scope, exists=True).sql})"
        if isinstance(node, exp.Escape):
            return self._like(node.this, scope, node.expression)
        if isinstance(node, exp.Like):
            return self._like(node, scope)
        if isinstance(node, exp.Anonymous) and str(node.this).lower() in (
            "contains",
            "freetext",
            "update",
        ):
            raise Refused(f"{str(node.this).upper()} is not run here.")
        raise sql_error(4145, step="Write a comparison, such as x = 1.")

    def _comparison(self, node: exp.Expression, scope: Scope) -> str:
        op = COMPARE[type(node)]
        if isinstance(node.expression, exp.Any | exp.All):
            return self._quantified(op, node, scope)
        return self.compare(op, self.expr(node.this, scope), self.expr(node.expression, scope))

    def _quantified(self, op: str, node: exp.Expression, scope: Scope) -> str:
        """Translate = ANY (query), >= ALL (query) through EXISTS-free DuckDB forms."""
        word = "ANY" if isinstance(node.expression, exp.Any) else "ALL"
        inner = node.expression.this
        query = self.query(inner.this if isinstance(inner, exp.Subquery) else inner, scope)
        left, right = self.pair(self.expr(node.this, scope), self.column_of(query, "q"), op)
        return f"({left} {op} {word} (SELECT {right} FROM ({query.sql}) AS q))"

    def column_of(self, query: Any, alias: str) -> V:
        """Return the one column of a subquery that stands for a value."""
        if len(query.cols) != 1:
            raise sql_error(116)
        return V(f"{alias}.c1", query.cols[0].t)

    def _in(self, node: exp.In, scope: Scope) -> str:
        only(node, "this", "expressions", "query")
        x = self.expr(node.this, scope)
        if not node.expressions and not node.args.get("query"):
            raise TSqlError("Incorrect syntax near ')': IN needs a value.", 102)
        if node.args.get("query"):
            query = self.query(node.args["query"].this, scope)
            left, right = self.pair(x, self.column_of(query, "q"), "=")
            return f"({left} IN (SELECT {right} FROM ({query.sql}) AS q))"
        items = [self.expr(item, scope) for item in node.expressions]
        common = x.t
        for item in items:  # the list takes one type, the highest of all
            common = (
                unify(common, item.t, "equal to")
                if not (common.is_string and item.t.is_string)
                else common
            )
        if common.is_string:
            parts = [self.pair(x, item, "=") for item in items]
            return f"({parts[0][0]} IN ({', '.join(right for _, right in parts)}))"
        sides = [self.coerce(v, common) for v in (x, *items)]
        return f"({sides[0]} IN ({', '.join(sides[1:])}))"

    def compare(self, op: str, a: V, b: V) -> str:
        """Compare two values as SQL Server does: types by precedence, text by collation."""
        left, right = self.pair(a, b, op)
        return f"({left} {op} {right})"

    def pair(self, a: V, b: V, op: str) -> tuple[str, str]:
        """Return both sides of a comparison in the common type."""
        if a.t.is_string and b.t.is_string:
            collation, _ = collate_types(a.t, b.t, _WORDS.get(op, "equal to"))
            if op in ("=", "<>") or op.startswith("IS"):
                if a.t == b.t and a.t.fixed and a.t.binary_collation:
                    return a.sql, b.sql
                return equal_key(a, collation), equal_key(b, collation)
            return tuple(sort_key(replace(v, t=replace(v.t, collation=collation))) for v in (a, b))
        common = unify(a.t, b.t, _WORDS.get(op, "equal to"))
        left, right = self.coerce(a, common), self.coerce(b, common)
        if common.name in BINARY:
            return f"t_binary_key({left})", f"t_binary_key({right})"
        return left, right

    def coerce(self, v: V, common: T) -> str:
        """Convert only where DuckDB would not read the value the same way."""
        if v.t.name == "null":
            return v.sql
        same = (
            (v.t.is_number and common.is_number and v.t.name != "bit")
            or (v.t.is_date and common.is_date)
            or v.t.name == common.name
        )
        return v.sql if same and not common.is_string else self.convert(v, common).sql

    def convert(self, v: V, to: T, mode: str = "implicit", style: int | None = None) -> V:
        """Convert with the session's date format."""
        return convert(v, to, mode, style, self.session.dateformat)

    def _like(
        self, node: exp.Expression, scope: Scope, escape: exp.Expression | None = None
    ) -> str:
        only(node, "this", "expression", "negate")
        x = arguments.text(self, self.expr(node.this, scope))
        pattern = arguments.text(self, self.expr(node.expression, scope))
        collation, _ = collate_types(x.t, pattern.t, "like")
        exact = "_bin" in collation.lower() or "_cs_" in f"{collation.lower()}_"
        unicode = "n" in (x.t.name[0], pattern.t.name[0])  # trailing blanks of x then count
        mark = self.expr(escape, scope).const if escape is not None else None
        if isinstance(mark, str) and len(mark) != 1:
            raise sql_error(506, mark, "LIKE")
        if isinstance(pattern.const, str):
            blanks = "" if unicode else " *"
            text = self._like_constant(x, pattern.const, mark, collation, exact, blanks)
        elif escape is not None:
            raise Refused("LIKE with ESCAPE and a pattern that is computed is not run here.")
        else:
            bad = "R|a LIKE pattern that comes from a column and holds [ is not run here."
            word = "LIKE" if exact else "ILIKE"
            right = (
                f"CASE WHEN contains({pattern.sql}, '[') THEN t_fail('{bad}') ELSE "
                f"replace({pattern.sql}, '\\', '\\\\') END"
            )
            text = f"({x.sql} {word} {right} ESCAPE '\\')"
            if not unicode:  # blanks at the end of x may be left over, those of the pattern not
                spare = f"length({x.sql}) - length(rtrim({x.sql}, ' '))"
                wanted = f"length({pattern.sql}) - length(rtrim({pattern.sql}, ' '))"
                text = (
                    f"({text} OR ({spare} >= {wanted} AND rtrim({x.sql}, ' ') {word} "
                    f"rtrim({right}, ' ') ESCAPE '\\'))"
                )
        return f"(NOT {text})" if node.args.get("negate") else text

    def _like_constant(
        self, x: V, pattern: str, mark: str | None, collation: str, exact: bool, blanks: str
    ) -> str:
        if mark is None and pattern.endswith("%") and not set("[]\\") & set(pattern):
            return f"({x.sql} {'LIKE' if exact else 'ILIKE'} {literal(pattern)})"
        flags = "(?s)" if exact else "(?is)"
        regex = flags + like_regex(pattern, mark, collation) + blanks
        return f"regexp_full_match({x.sql}, {literal(regex)})"
