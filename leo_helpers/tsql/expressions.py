"""Typed rewrites of expressions: each T-SQL operator as DuckDB SQL with SQL Server's answer."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from . import aggregates, arguments, functions, server
from .conditions import COMPARE, Conditions
from .errors import Refused, TSqlError, sql_error
from .literals import aggregate, collation_name, exact_quotient, number, only, text_literal, type_of
from .scope import Scope
from .sqltypes import FLOATS, INTEGERS, NULL, T, arithmetic, as_decimal, char_type, decimal, unify
from .sqltypes import collate as collate_types
from .value import V, literal, once

__all__ = ["Expressions"]


_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_BITS = {exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^"}
_WORDS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}
_PREDICATES = (*COMPARE, exp.And, exp.Or, exp.Not, exp.In, exp.Between, exp.Like, exp.Escape,
               exp.Is, exp.Exists, exp.NullSafeEQ, exp.NullSafeNEQ)  # fmt: skip


#: Paths to the one text of FOR XML PATH('').
_TEXTS = ("./text()", "(./text())", "text()", "(text())")


class Expressions(Conditions):
    """The rewrites of expressions and conditions; `Queries` adds those of whole queries."""

    # Values ---------------------------------------------------------------------------------

    def expr(self, node: exp.Expression, scope: Scope) -> V:
        """Translate an expression that has a value."""
        start = node.meta.get("start") if node._meta else None
        if start is not None:
            self.at = start
        if self.session.watch is not None:
            self.session.watch.met(self, node, scope)
        if isinstance(node, exp.Paren):
            return self.expr(node.this, scope)  # whose SQL stands in brackets of its own
        grouped = self._grouped(node, scope)
        if grouped is not None:
            return grouped
        rule = _RULES.get(type(node))
        if rule is not None:
            return getattr(self, rule)(node, scope)
        if type(node) in _ARITHMETIC:
            return self._arithmetic(node, scope)
        if type(node) in _BITS:
            return self._bits(node, scope)
        if isinstance(node, _PREDICATES):
            raise TSqlError(
                "Incorrect syntax: a condition stands where a value is expected.", 102,
                "Write CASE WHEN ... THEN 1 ELSE 0 END.",
            )  # fmt: skip
        raise Refused(f"{type(node).__name__.upper()} is not run here.")

    def _grouped(self, node: exp.Expression, scope: Scope) -> V | None:
        """Return what stands for an expression of GROUP BY in the select list."""
        if not scope.groups or scope.in_aggregate or type(node) not in scope.group_kinds:
            return None
        with aggregate(scope):
            try:
                raw = self.expr(node, scope)
            except TSqlError:
                return None
        return scope.groups.get(raw.sql)

    def _column(self, node: exp.Expression, scope: Scope) -> V:
        ident = node.this if isinstance(node, exp.Column) else node
        if isinstance(ident, exp.Star):
            raise TSqlError("Incorrect syntax near '*'.", 102)
        at = ident.meta.get("start")
        self.at = self.at if at is None else at
        name, table = ident.name, node.args.get("table") if isinstance(node, exp.Column) else None
        if isinstance(table, exp.Parameter):
            table = exp.to_identifier("@" + table.name)
        tail = [
            part.name if part else ""
            for part in (table, node.args.get("db"), node.args.get("catalog"))
        ]
        if table is not None and (table.args.get("temporary") or table.args.get("global_")):
            tail[0] = ("##" if table.args.get("global_") else "#") + tail[0]
        found = scope.lookup(name, *tail)
        if found is None:
            if not any(tail) and name.lower() in functions.BARE:
                return functions.call(self, name.lower(), [], scope, node)
            raise self.session.missing_column(name, tail[0], scope, at)
        where, _, col = found
        scope.outside.add(where is not scope)
        v = V(col.sql, col.t, firm=col.firm, identity=col.identity)
        if where.groups is None or where.in_aggregate:
            return v
        if col.sql in where.groups:
            return where.groups[col.sql]
        raise TSqlError(
            f"Column '{'.'.join(filter(None, (tail[0], name)))}' is invalid in the "
"select list because it is not contained in "
            "either an aggregate function or the GROUP BY clause.", 8120,
            "Add it to GROUP BY, or take max() of it.", at,
        )  # fmt: skip

    def _literal(self, node: exp.Literal, scope: Scope) -> V:
        return text_literal(node.this) if node.is_string else number(node.this)

    def _national(self, node: exp.National, scope: Scope) -> V:
        text = node.this if isinstance(node.this, str) else node.this.this
        return V(literal(text), char_type(text, national=True), text, firm=True)

    def _hex(self, node: exp.HexString, scope: Scope) -> V:
        digits = node.this or ""
        digits = digits if len(digits) % 2 == 0 else "0" + digits
        return V(f"unhex('{digits}')", T("varbinary", max(len(digits) // 2, 1)))

    def _null(self, node: exp.Null, scope: Scope) -> V:
        return V("NULL", NULL)

    def _parameter(self, node: exp.Parameter, scope: Scope) -> V:
        if isinstance(node.this, exp.Parameter):
            return server.server_variable(self, node.this.name.lower())
        return self.session.variable(node.name, self.at)

    def _neg(self, node: exp.Neg, scope: Scope) -> V:
        v = self.expr(node.this, scope)
        if v.t.is_string or v.t.is_date:
            raise TSqlError(f"Operand data type {v.t.name} is invalid for minus operator.", 8117)
        if v.t.name in ("bit", "null"):
            v = self.convert(v, T("int"))
        if v.t.name == "tinyint":
            v = V(f"CAST({v.sql} AS SMALLINT)", T("smallint"))
        const = -v.const if isinstance(v.const, int) else None
        return V(f"(-{v.sql})" if const is None else f"({const})", v.t, const)

    def _collate(self, node: exp.Collate, scope: Scope) -> V:
        v = arguments.text(self, self.expr(node.this, scope))
        return replace(v, t=replace(v.t, collation=collation_name(node.expression.name), label=2))

    def _arithmetic(self, node: exp.Expression, scope: Scope) -> V:
        op = _ARITHMETIC[type(node)]
        if isinstance(node, exp.Add):  # a long chain leans to the left
            chain, rest = [], node
            while type(rest) is exp.Add:
                chain.append(rest.expression)
                rest = rest.this
            v = self.expr(rest, scope)
            for part in reversed(chain):
                v = self.arithmetic("+", v, self.expr(part, scope))
            return v
        return self.arithmetic(op, self.expr(node.this, scope), self.expr(node.expression, scope))

    def arithmetic(self, op: str, a: V, b: V) -> V:
        """Add, subtract, multiply, divide or take the remainder, in SQL Server's type."""
        if op in "&|^":
            return self.bits(op, a, b)
        if a.t.name == "null" and b.t.name == "null":
            return V("CAST(NULL AS INTEGER)", T("int"))
        if a.t.name == "null" or b.t.name == "null":
            other = b if a.t.name == "null" else a
            null = V(f"CAST(NULL AS {other.t.duck})", other.t)
            a, b = (null, b) if a.t.name == "null" else (a, null)
        if op == "+" and a.t.is_string and b.t.is_string:
            return self._concatenate(a, b)
        if a.t.is_date or b.t.is_date:
            return self._shift_date(op, a, b)
        if a.t.is_string and b.t.is_string:
            raise TSqlError(f"Operand data type {a.t.name} is invalid for operator {op}.", 8117)
        if a.t.is_string:
            a = self.convert(a, b.t.plain)
        if b.t.is_string:
            b = self.convert(b, a.t.plain)
        if not (a.t.is_number and b.t.is_number):
            bad = b if a.t.is_number else a
            raise TSqlError(f"Operand data type {bad.t.name} is invalid for operator {op}.", 8117)
        if a.t.name == b.t.name == "bit":
            raise sql_error(8117, "bit", _WORDS[op], step="Cast one side to int.")
        if a.t.name == "bit":
            a = self.convert(a, replace(b.t, n=None))
        if b.t.name == "bit":
            b = self.convert(b, replace(a.t, n=None))
        t = arithmetic(op, a.t, b.t)
        if t.name in FLOATS:
            if op == "%":
                raise self.incompatible(a, b, "modulo")
            left, right = (f"CAST({v.sql} AS {t.duck})" for v in (a, b))
            sql = f"({left} {op} {right})"
            if op == "/" and not (isinstance(b.const, int) and b.const):
                sql = once(sql, lambda y: f"t_quotient({y})::{t.duck}")
            return V(sql, t)
        if t.is_integer:
            # a constant takes the type beside it in DuckDB, so the other side is cast
            left, right = (
                v.sql if v.t.name == t.name else f"CAST({v.sql} AS {t.duck})" for v in (a, b)
            )
            sql = f"({left} {'//' if op == '/' else op} {right})"
            return V(sql, replace(t, n=None))
        if t.name == "decimal":
            return self._decimal(op, a, b, t)
        sql = f"({a.sql} {op} {b.sql})" if op != "/" else exact_quotient(a, b, decimal(23, 4))
        return V(f"CAST({sql} AS {t.duck})", t)

    def _decimal(self, op: str, a: V, b: V, t: T) -> V:
        """Decimal arithmetic in whole numbers, so that no digit is lost to floating point."""
        x, y = as_decimal(a.t), as_decimal(b.t)
        if op == "/":
            return V(exact_quotient(a, b, t), t)
        if op == "*" and x.s + y.s > 38:
            raise Refused("A product with more than 38 decimal places is not computed here.")
        left, right = f"CAST({a.sql} AS {x.duck})", f"CAST({b.sql} AS {y.duck})"
        if op == "*" and max(x.p, y.p) <= 18 < x.p + y.p:  # DuckDB would keep to 18 digits
            left = f"CAST({left} AS DECIMAL(19,{x.s}))"
        if op in "+-" and t.p == 38:
            left, right = (f"CAST({v} AS DECIMAL(38,{max(x.s, y.s)}))" for v in (left, right))
        return V(f"CAST(({left} {op} {right}) AS {t.duck})", t)

    def _concatenate(self, a: V, b: V) -> V:
        collation, label = collate_types(a.t, b.t, "add")
        national = "n" in (a.t.name[0], b.t.name[0])
        fixed = a.t.fixed and b.t.fixed
        n = None if a.t.n is None or b.t.n is None else a.t.n + b.t.n
        limit = 4000 if national else 8000
        t = T(("n" if national else "") + ("char" if fixed else "varchar"), n and min(n, limit),
              collation=collation, label=label)  # fmt: skip
        if isinstance(a.const, str) and isinstance(b.const, str):
            both = (a.const + b.const)[: limit if n is not None else None]
            return V(literal(both), t, both)
        sql = f"({a.sql} || {b.sql})"
        return V(f"left({sql}, {limit})" if n is not None and n > limit else sql, t)

    def _shift_date(self, op: str, a: V, b: V) -> V:
        """Add days to a datetime, or take one from another; others take no + or - (error 206)."""
        base, other = (a, b) if a.t.is_date else (b, a)
        if base.t.name in ("datetime", "smalldatetime") and op in "+-":
            if other.t.is_number:
                if op == "-" and base is b:
                    raise Refused("A number less a datetime is not computed here.")
                kind = "::INTEGER" if other.t.name == "bit" else ""
                exact = f"{other.sql}{'::DOUBLE' if other.t.name in FLOATS else kind}"
                days = f"to_microseconds(CAST({exact} * 86400000000 AS BIGINT))"
                moved = f"({base.sql} {op} {days})"
                if other.t.is_integer:
                    return V(moved, base.t)
                return self.convert(V(moved, T("datetime2", 7)), base.t)
            if other.t.is_string or other.t.name in ("datetime", "smalldatetime"):
                t = base.t if other.t.is_string else unify(a.t, b.t)
                left, right = self.convert(a, t).sql, self.convert(b, t).sql
                return V(f"({left} {op} ({right} - timestamp '1900-01-01'))", t)
        raise sql_error(206, a.t.name, b.t.name, step="Use DATEADD and DATEDIFF.")

    def _bits(self, node: exp.Expression, scope: Scope) -> V:
        op = _BITS[type(node)]
        if isinstance(node.expression, exp.Add | exp.Sub | exp.BitwiseAnd | exp.BitwiseOr):
            raise Refused("SQL Server reads & | ^ + - from left to right.", "Add brackets.")
        return self.bits(op, self.expr(node.this, scope), self.expr(node.expression, scope))

    def incompatible(self, a: V, b: V, op: str) -> TSqlError:
        """Return the error of an operator whose sides do not go together."""
        text = f"The data types {a.t.name} and {b.t.name} are incompatible in the {op} operator."
        return TSqlError(text, 402)

    def bits(self, op: str, a: V, b: V) -> V:
        """Combine two whole numbers bit by bit."""
        t = unify(a.t, b.t)
        if t.name not in INTEGERS:
            raise self.incompatible(a, b, op)
        left, right = (self.convert(v, T("int") if t.name == "bit" else t).sql for v in (a, b))
        sql = f"xor({left}, {right})" if op == "^" else f"({left} {op} {right})"
        return V(sql if t.name != "bit" else f"({sql} <> 0)", t)

    def _bit_not(self, node: exp.BitwiseNot, scope: Scope) -> V:
        v = self.expr(node.this, scope)
        if v.t.name == "bit":
            return V(f"(NOT {v.sql})", v.t)
        return V(f"(~{v.sql})", v.t)

    def _case(self, node: exp.Case, scope: Scope) -> V:
        whens = []
        around, level = node.find_ancestor(exp.Case), 1
        while around is not None:
            around, level = around.find_ancestor(exp.Case), level + 1
        if level > 10:
            raise sql_error(125)
        for branch in node.args["ifs"]:
            if node.this is not None:
                test = self.compare("=", self.expr(node.this, scope), self.expr(branch.this, scope))
            else:
                test = self.condition(branch.this, scope)
            whens.append((test, self.expr(branch.args["true"], scope)))
        default = node.args.get("default")
        other = self.expr(default, scope) if default is not None else V("NULL", NULL)
        return self.choose(whens, other)

    def choose(self, whens: list[tuple[str, V]], other: V) -> V:
        """Return CASE over translated branches, all in the type of highest precedence."""
        t = other.t
        for _, v in whens:
            t = unify(t, v.t)
        if t.name == "null":
            raise sql_error(8133)
        parts = " ".join(f"WHEN {test} THEN {self.convert(v, t).sql}" for test, v in whens)
        t_out = t.plain
        firm = other.firm and all(v.firm for _, v in whens)
        return V(f"CASE {parts} ELSE {self.convert(other, t).sql} END", t_out, firm=firm)

    def _cast(self, node: exp.Expression, scope: Scope) -> V:
        is_convert = isinstance(node, exp.Convert)
        only(node, "this", "expression", "to", "style", "safe", "format")
        target = type_of(node.this if is_convert else node.args["to"])
        v = self.expr(node.expression if is_convert else node.this, scope)
        style = node.args.get("style")
        number = None
        if style is not None:
            number = self.constant(self.expr(style, scope))
        safe = node.args.get("safe") or isinstance(node, exp.TryCast)
        done = self.convert(v, target, "try" if safe else "explicit", number)
        return replace(done, t=target) if not target.is_string else done

    def constant(self, v: V) -> int:
        """Return a whole number that must be known before the statement runs."""
        if isinstance(v.const, int):
            return v.const
        raise Refused("Only a literal number or a variable can stand here.")

    def _subquery(self, node: exp.Subquery, scope: Scope) -> V:
        only(node, "this", "with_")
        inner = node.this
        if isinstance(inner, exp.Select) and inner.args.get("for_"):
            return self.for_xml(inner, scope, escaped=True)
        query = self.query(inner, scope)
        self.column_of(query, "q")
        return V(f"({query.sql})", query.cols[0].t.plain)

    def _dot(self, node: exp.Dot, scope: Scope) -> V:
        """Translate (SELECT ... FOR XML PATH(''), TYPE).value('.', 'varchar(max)')."""
        call = node.expression
        if (
            isinstance(node.this, exp.Subquery)
            and isinstance(call, exp.Anonymous)
            and call.name.lower() == "value"
        ):
            inner = node.this.this
            path = call.expressions[0].name if call.expressions else ""
            if (
                isinstance(inner, exp.Select)
                and inner.args.get("for_")
                and path in (".", ".[1]", "(.)[1]", *(f"{p}[1]" for p in _TEXTS))
                and len(call.expressions) == 2
            ):
                to = exp.DataType.build(call.expressions[1].name, dialect="tsql")
                done = self.for_xml(inner, scope, escaped=False)
                return self.convert(done, type_of(to), "explicit")
        name = node.sql("tsql")
        raise Refused(
            f"{name[:60]} is a method or a function of the server's own; it is not run here."
        )

    def _function(self, node: exp.Anonymous, scope: Scope) -> V:
        self.at = node.meta.get("start", self.at)
        return functions.call(self, str(node.this).lower(), node.expressions, scope, node)

    def _window(self, node: exp.Window, scope: Scope) -> V:
        return aggregates.window(self, node, scope)

    def _within(self, node: exp.WithinGroup, scope: Scope) -> V:
        return aggregates.within_group(self, node, scope)

    def _now(self, node: exp.Expression, scope: Scope) -> V:
        return functions.call(self, "getdate", [], scope, node)

    def _date_escape(self, node: exp.Expression, scope: Scope) -> V:
        return self.convert(self.expr(node.this, scope), T("datetime"))

    def _concat(self, node: exp.Concat, scope: Scope) -> V:
        raise TSqlError("Incorrect syntax: two strings side by side.", 102)


_RULES = {
    exp.Column: "_column", exp.Identifier: "_column", exp.Literal: "_literal",
    exp.National: "_national", exp.HexString: "_hex", exp.Null: "_null",
    exp.Parameter: "_parameter", exp.Neg: "_neg", exp.Collate: "_collate", exp.Case: "_case",
    exp.Cast: "_cast", exp.TryCast: "_cast", exp.Convert: "_cast", exp.Subquery: "_subquery",
    exp.Dot: "_dot", exp.Anonymous: "_function", exp.Window: "_window",
    exp.WithinGroup: "_within", exp.CurrentTimestamp: "_now", exp.BitwiseNot: "_bit_not",
    exp.Date: "_date_escape", exp.Timestamp: "_date_escape", exp.Concat: "_concat",
}  # fmt: skip
