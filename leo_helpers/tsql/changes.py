"""UPDATE and DELETE: the rows are found by number, and every value comes from the old rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from . import tables
from .assign import assignment
from .blocks import word
from .cursor import Cursor, split_commas
from .dml import bare, give_output, is_default, skip_hints, target, top_of
from .errors import Refused, sql_error
from .lexer import lead_tokens, parse_expression, parse_query
from .scope import Scope, Source
from .sqltypes import T
from .store import LeoView, Table
from .value import V, quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .session import Session

__all__ = ["Target", "delete", "update"]


_ENDS = {"OUTPUT", "FROM", "WHERE", "OPTION"}


class Target:
    """The rows that an UPDATE or DELETE touches, as a FROM clause with the target in it."""

    def __init__(
        self,
        interpreter: Interpreter,
        parts: list[str],
        name: list[Token],
        tail: list[Token],
        withs: Sequence[Token],
    ) -> None:
        session = interpreter.session
        self.binder = binder = session.binder()
        binder.want_rid = True
        has_from = bool(tail) and word(tail[0]) == "FROM"
        lead = lead_tokens("select 1 as one")
        is_cte = len(parts) == 1 and any(t.text.lower() == parts[0].lower() for t in withs)
        middle = [] if has_from else [*lead_tokens("from"), *name]
        tree = parse_query([*withs, *lead, *middle, *tail], interpreter.source.text)
        if not has_from and not is_cte:
            target(session, parts, name[0].start)
        binder.options(tree)
        if tree.args.get("with_"):
            for cte in tree.args["with_"].expressions:
                binder.add_cte(cte)
        self.scope = Scope(windows=False)
        self.from_sql = binder.from_clause(tree, self.scope)
        self.source = self._source(session, parts, name[0].start)
        self.entry: Table = self.source.entry
        if not self.source.rid:
            if isinstance(self.entry, LeoView):
                view = self.entry
                target(session, [view.database, view.schema, view.name], name[0].start)
            raise Refused(
                "Rows cannot be changed through this query.",
                "Name the table itself.",
                name[0].start,
            )
        self.scope.from_sql = self.from_sql.removeprefix(" FROM ")
        self.where = binder.where(tree, self.scope)

    def _source(self, session: Any, parts: list[str], at: int) -> Source:
        if len(parts) == 1:
            named = [s for s in self.scope.sources if s.name.lower() == parts[0].lower()]
            if named:
                return named[0]
        entry = session.store.find(parts)
        if entry is None:
            error = session.store.missing(parts, at)
            error.next_step = "The target must be a table, or an alias of the FROM clause."
            raise error
        direct = [s for s in self.scope.sources if s.rid.endswith(".rowid")]  # no derived tables
        same = [s for s in direct if s.entry is entry]
        if len(same) == 1:
            return same[0]
        if len(same) > 1:
            raise sql_error(8154, ".".join(parts), step="Name its alias.", at=at)
        alias = self.binder.fresh()
        sql, cols = session.store.source(target(session, parts, at), alias, self.binder)
        source = Source(
            parts[-1],
            cols,
            alias,
            entry.schema,
            entry.database,
            entry,
            rid=f"{alias}.rowid",
            base={c.name.lower(): c.name for c in entry.columns},
        )
        self.from_sql += f" CROSS JOIN {sql}"
        self.scope.sources.append(source)
        return source

    def others(self) -> list[Source]:
        """Return the other sources of FROM as OUTPUT may show them, over x1, x2 ... of `met`."""
        count, out = 0, []
        for source in self.scope.sources:
            if source is not self.source:
                first, count = count + 1, count + len(source.cols)
                cols = [replace(c, sql=f"met.x{i}") for i, c in enumerate(source.cols, first)]
                out.append(replace(source, cols=cols, alias="met"))
        return out

    def other_cells(self) -> list[str]:
        """Return the SQL of the columns of `others`."""
        cols = [c for s in self.scope.sources if s is not self.source for c in s.cols]
        return [f"{c.sql} AS x{i}" for i, c in enumerate(cols, 1)]

    def rows(self, session: Session, cells: list[str], limit: str) -> str:
        """Return a query of the row numbers and new values, one row for each row touched.

        A join is worked out at once; where it meets a row again, any of the values may win.
        """
        self.binder.look(self.scope)
        shown = ", ".join([f"{self.source.rid} AS rid", *cells])
        with_, where = self.binder.with_clause(), self.where
        if len(self.scope.sources) == 1:
            return f"{with_}SELECT {shown}{self.from_sql}{where}{limit}"
        stage = session.new_physical()
        where += f"{' AND' if where else ' WHERE'} {self.source.rid} IS NOT NULL"
        session.execute(f"CREATE TABLE {stage} AS {with_}SELECT {shown}{self.from_sql}{where}")
        if cells and session.evaluate(f"count(*) > count(DISTINCT rid) FROM {stage}"):
            self.binder.note(
                "a row is matched more than once by the UPDATE's FROM: SQL Server may "
                "take any of the values."
            )
        return f"SELECT * FROM {stage} QUALIFY row_number() OVER (PARTITION BY rid) = 1{limit}"


def _aim(
    interpreter: Interpreter,
    parts: list[str],
    name: list[Token],
    tail: list[Token],
    withs: Sequence[Token],
) -> Target:
    """Return the target; in a transaction its table is copied first, then looked up again."""
    aim = Target(interpreter, parts, name, tail, withs)
    if interpreter.session.own_copy(aim.entry) is not aim.entry:
        aim = Target(interpreter, parts, name, tail, withs)
    return aim


def update(interpreter: Interpreter, statement: Simple, withs: Sequence[Token] = ()) -> int:
    """UPDATE target SET ... [FROM ...] [WHERE ...]; every value is computed from the old rows."""
    session, text = interpreter.session, interpreter.source.text
    cursor = Cursor(statement.tokens, 1)
    if cursor.take("STATISTICS"):
        return 0
    limit = top_of(interpreter, cursor)
    start = cursor.i
    parts = cursor.name()
    name = statement.tokens[start : cursor.i]
    skip_hints(cursor)
    cursor.expect("SET")
    assigned = split_commas(cursor.until(_ENDS))
    output = cursor.until(_ENDS - {"OUTPUT"})[1:] if cursor.word() == "OUTPUT" else []
    aim = _aim(interpreter, parts, name, statement.tokens[cursor.i :], withs)
    binder, entry = aim.binder, aim.entry
    cells, names, variables = [], [], []
    for part in assigned:
        item = Cursor(part)
        if item.kind() == TokenType.PARAMETER:
            variable = item.identifier()[1:]
            item.i += item.kind() == TokenType.EQ
            part = part[item.i :]
            item = Cursor(part)
            last = 0
            while item.kind(last + 1) == TokenType.DOT:
                last += 2
            if item.kind(last + 1) != TokenType.EQ:  # @x = value, not @x = column = value
                variables.append((variable, binder.expr(parse_expression(part, text), aim.scope)))
                continue
            variables.append((variable, None))
        column_name = item.name()[-1]
        op = assignment(item)
        column = entry.column(aim.source.base.get(column_name.lower(), ""))
        if column is None:
            raise session.missing_column(column_name, "", Scope(None, [aim.source]), part[0].start)
        if column.computed is not None:
            raise sql_error(271, column_name)
        if column.identity:
            raise sql_error(8102, column_name)
        if column.name in names:
            raise sql_error(264, column_name)
        tree = parse_expression(part[item.i :], text)
        if is_default(tree):
            tree = column.default if column.default is not None else exp.Null()
        v = binder.expr(tree, aim.scope)
        if op:
            v = binder.arithmetic(op, V(aim.source.find(column_name).sql, column.t), v)
        if variables and variables[-1][1] is None:
            variables[-1] = (variables[-1][0], binder.convert(v, bare(entry, column), "assign"))
        cells.append(f"{binder.convert(v, bare(entry, column), 'assign').sql} AS v{len(names) + 1}")
        names.append(column.name)
    rows = aim.rows(session, [*cells, *(aim.other_cells() if output else [])], limit)
    settled = _new_values(session, aim, variables, limit) if variables else {}
    if not names:
        session.values.update(settled)
        interpreter.notes(binder, statement)
        return len(session.fetch(rows))
    sets = ", ".join(f"{quote(n)} = u.v{i}" for i, n in enumerate(names, 1))
    change = (
        f"UPDATE {quote(entry.physical)} AS t SET {sets} FROM ({rows}) AS u WHERE t.rowid = u.rid"
    )
    if not output:
        done = session.execute(change, *tables.checks(session, entry))
    else:
        old, new, met = (session.new_physical() for _ in range(3))
        stored = [c.name for c in entry.columns if c.computed is None]
        shown = ", ".join(
            f"u.v{names.index(n) + 1} AS {quote(n)}" if n in names else f"t.{quote(n)}"
            for n in stored
        )
        done = session.execute(
            f"CREATE TABLE {met} AS {rows}",
            f"CREATE TABLE {quote(new)} AS SELECT u.rid, {shown} FROM "
f"{quote(entry.physical)} AS t JOIN {met} AS u ON t.rowid = u.rid",
            f"CREATE TABLE {quote(old)} AS SELECT t.rowid AS rid, t.* FROM "
f"{quote(entry.physical)} AS t WHERE t.rowid IN (SELECT rid FROM "
f"{quote(new)})",
            f"UPDATE {quote(entry.physical)} AS t SET "
f"{', '.join(f'{quote(n)} = u.{quote(n)}' for n in names)} FROM "
f"{quote(new)} AS u WHERE t.rowid = u.rid",
            *tables.checks(session, entry))  # fmt: skip
        stages = {"inserted": new, "deleted": old}
        give_output(interpreter, output, entry, stages, aim.others(), met)
    session.values.update(settled)  # OUTPUT has shown the values before
    interpreter.notes(binder, statement)
    return int(done[0][0])


def _new_values(
    session: Any, aim: Target, variables: list[tuple[str, V]], limit: str
) -> dict[str, tuple[T, V]]:
    """Work out UPDATE t SET @x = column = value: only where one row at most is touched."""
    from .duck import to_value

    types = [
        session.variable(name, None) and session.values[name.lower()][0] for name, _ in variables
    ]
    cells = [
        aim.binder.convert(v, t, "explicit").sql for (_, v), t in zip(variables, types, strict=True)
    ]
    got = session.fetch(aim.rows(session, cells, limit))
    if len(got) > 1:
        raise Refused(
            "UPDATE that gives a value to a variable from several rows has no defined answer.",
            "Use ROW_NUMBER.",
        )
    return {
        name.lower(): (t, to_value(value, t))
        for row in got
        for (name, _), t, value in zip(variables, types, row[1:], strict=True)
    }


def delete(interpreter: Interpreter, statement: Simple, withs: Sequence[Token] = ()) -> int:
    """DELETE [FROM] target [FROM ...] [WHERE ...]."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    limit = top_of(interpreter, cursor)
    cursor.take("FROM")
    start = cursor.i
    parts = cursor.name()
    name = statement.tokens[start : cursor.i]
    skip_hints(cursor)
    output = cursor.until({"FROM", "WHERE", "OPTION"})[1:] if cursor.word() == "OUTPUT" else []
    aim = _aim(interpreter, parts, name, statement.tokens[cursor.i :], withs)
    entry = aim.entry
    rows = aim.rows(session, aim.other_cells() if output else [], limit)
    if output:
        old, met = session.new_physical(), session.new_physical()
        done = session.execute(
            f"CREATE TABLE {met} AS {rows}",
            f"CREATE TABLE {quote(old)} AS SELECT t.rowid AS rid, t.* FROM "
            f"{quote(entry.physical)} AS t WHERE t.rowid IN (SELECT rid FROM {met})",
            f"DELETE FROM {quote(entry.physical)} WHERE rowid IN (SELECT rid FROM {quote(old)})",
        )
        give_output(interpreter, output, entry, {"deleted": old}, aim.others(), met)
    else:
        done = session.execute(
            f"DELETE FROM {quote(entry.physical)} WHERE rowid IN (SELECT rid FROM ({rows}))"
        )
    interpreter.notes(aim.binder, statement)
    return int(done[0][0])
