"""MERGE: source and target are paired once, then every clause works on the old rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from . import assign, dml, tables
from .blocks import STARTS
from .cursor import Cursor, split_commas
from .errors import Refused, sql_error
from .lexer import lead_tokens, parse_expression, parse_query
from .scope import Col, Scope, Source
from .sqltypes import T
from .value import V, quote

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter
    from .store import Table

__all__ = ["Clause", "merge", "read_merge"]


#: Columns of the working tables, beside those of the target: of the target's row, of the source's.
_RID, _SID = '"merge rid"', '"merge sid"'


@dataclass
class Clause:
    """WHEN [NOT] MATCHED [BY SOURCE] [AND ...] THEN action."""

    matched: str  # both, source (only there) or target (only there)
    test: list[Token]
    action: str
    columns: list[str] = field(default_factory=list)
    values: list[list[Token]] = field(default_factory=list)
    ops: list[str] = field(default_factory=list)  # + of += in UPDATE


class Events:
    """What MERGE does to each row, for OUTPUT: $action, and the row before and after it."""

    def __init__(self, entry: Table) -> None:
        self.entry = entry
        self.columns = [c for c in entry.columns if c.computed is None]
        self.parts: list[str] = []

    def add(self, action: str, work: str, given: set[str]) -> None:
        """Take in the rows of one clause; `given` names the columns that have new values."""
        cells = [f"'{action}' AS act, u.{_SID} AS sid"]
        for i, c in enumerate(self.columns, 1):
            none, old = f"CAST(NULL AS {c.t.duck})", f"t.{quote(c.name)}"
            new = f"u.{quote(c.name)}" if c.name in given else old
            cells.append(f"{none if action == 'DELETE' else new} AS i{i}")
            cells.append(f"{none if action == 'INSERT' else old} AS d{i}")
        pair = f"JOIN {quote(self.entry.physical)} AS t ON t.rowid = u.{_RID}"
        from_sql = f"{work} AS u {'' if action == 'INSERT' else pair}"
        self.parts.append(f"SELECT {', '.join(cells)} FROM {from_sql}")

    def sql(self) -> str:
        """Return one query of all that happens."""
        if len(self.columns) < len(self.entry.columns):
            raise Refused("OUTPUT of MERGE into a table with computed columns is not run here.")
        return " UNION ALL ".join(self.parts)

    def sources(self) -> list[Source]:
        """Return what OUTPUT may name: inserted, deleted and $action."""
        rows = [
            Source(
                name, [Col(c.name, c.t, f"o.{k}{i}") for i, c in enumerate(self.columns, 1)], "o"
            )
            for name, k in (("inserted", "i"), ("deleted", "d"))
        ]
        return [*rows, Source("$action", [Col("$action", T("nvarchar", 10), "o.act")], "o")]


def _clauses(cursor: Cursor) -> list[Clause]:
    out = []
    while cursor.take("WHEN"):
        matched = "both"
        if cursor.take("NOT"):
            cursor.expect("MATCHED")
            matched = "source"
            if cursor.take("BY", "SOURCE"):
                matched = "target"
            else:
                cursor.take("BY", "TARGET")
        else:
            cursor.expect("MATCHED")
        test = cursor.until({"THEN"})[1:] if cursor.word() == "AND" else []
        cursor.expect("THEN")
        clause = Clause(matched, test, cursor.word())
        cursor.i += 1
        if clause.action == "UPDATE" and matched != "source":
            cursor.expect("SET")
            for part in split_commas(cursor.until({"WHEN", "OUTPUT", "OPTION"})):
                item = Cursor(part)
                clause.columns.append(item.name()[-1])
                clause.ops.append(assign.assignment(item))
                clause.values.append(part[item.i :])
        elif clause.action == "INSERT" and matched == "source":
            if cursor.kind() == TokenType.L_PAREN:
                clause.columns = [Cursor(p).name()[-1] for p in split_commas(cursor.brackets())]
            if cursor.take("DEFAULT", "VALUES"):
                raise Refused("MERGE with INSERT DEFAULT VALUES is not run here.")
            cursor.expect("VALUES")
            clause.values = split_commas(cursor.brackets())
        elif clause.action != "DELETE" or matched == "source":
            raise cursor.fail()
        out.append(clause)
    return out


def read_merge(
    cursor: Cursor, text: str, withs: Sequence[Token]
) -> tuple[list[Token], exp.Expression, list[Clause], list[Token]]:
    """Read MERGE: its target, a SELECT of target and source joined, the clauses and OUTPUT."""
    if cursor.word() == "TOP":
        raise Refused("MERGE TOP is not run here.")
    cursor.take("INTO")
    named = cursor.until({"USING"})
    walk = Cursor(named)
    walk.name()
    head = named[: walk.i]
    dml.skip_hints(walk)
    named = [*head, *named[walk.i :]]
    cursor.expect("USING")
    using = cursor.until({"ON"})
    cursor.expect("ON")
    on = cursor.until({"WHEN"})
    clauses = _clauses(cursor)
    output = cursor.until({"OPTION"}) if cursor.take("OUTPUT") else []
    if not clauses or not (cursor.done or cursor.word() == "OPTION"):
        raise sql_error(10713) if clauses and cursor.word() in STARTS else cursor.fail()
    lead, join, then = map(lead_tokens, ("select 1 as one from", "inner join", "on"))
    tree = parse_query([*withs, *lead, *named, *join, *using, *then, *on], text)
    return named, tree, clauses, output


def merge(interpreter: Interpreter, statement: Simple, withs: Sequence[Token] = ()) -> int:
    """Run MERGE [INTO] target USING source ON condition WHEN ... THEN ..."""
    session, text = interpreter.session, interpreter.source.text
    cursor = Cursor(statement.tokens, 1)
    after = text[statement.end :].lstrip()
    if not (statement.cache.get("closed") or after.startswith(";")):
        raise sql_error(10713)
    named, tree, clauses, output = read_merge(cursor, text, withs)
    start = Cursor(named)
    entry = session.own_copy(dml.target(session, start.name(), named[0].start))
    binder = session.binder()
    for cte in tree.args["with_"].expressions if tree.args.get("with_") else []:
        binder.add_cte(cte)
    (join,) = tree.args["joins"]
    scope = Scope()
    target_sql = binder.source(tree.args["from_"].this, scope)
    source_sql = binder.source(join.this, scope)
    target, source = scope.sources
    stage, pairs = session.new_physical(), session.new_physical()
    kept = ", ".join(f"{c.sql} AS k{i}" for i, c in enumerate(source.cols, 1))
    steps: list[Any] = [
        f"CREATE TABLE {stage} AS {binder.with_clause()}SELECT row_number() OVER "
        f"() AS sid, {kept} FROM {source_sql}"
    ]
    held = Source(
        source.name, [Col(c.name, c.t, f"s.k{i}") for i, c in enumerate(source.cols, 1)], "s"
    )
    both, only_source, only_target = (
        Scope(None, [target, held], windows=False),
        Scope(None, [held], windows=False),
        Scope(None, [target], windows=False),
    )
    condition = binder.condition(join.args["on"], both)
    steps.append(
        f"CREATE TABLE {pairs} AS SELECT {target.rid} AS rid, s.sid FROM "
        f"{target_sql} JOIN {stage} AS s ON {condition}"
    )
    froms = {
        "both": (
            both,
            f"{target_sql} JOIN {pairs} AS p ON p.rid = {target.rid} JOIN {stage} "
            "AS s ON s.sid = p.sid",
            "",
        ),
        "source": (only_source, f"{stage} AS s", f"s.sid NOT IN (SELECT sid FROM {pairs})"),
        "target": (only_target, target_sql, f"{target.rid} NOT IN (SELECT rid FROM {pairs})"),
    }
    changes, taken = [], {"both": [], "source": [], "target": []}
    counts: list[str] = []
    events = Events(entry)
    for clause in clauses:
        inside, from_sql, base = froms[clause.matched]
        test = (
            binder.condition(parse_expression(clause.test, text), inside) if clause.test else "TRUE"
        )
        wheres = [
            w
            for w in (base, f"({test})", *(f"({t}) IS NOT TRUE" for t in taken[clause.matched]))
            if w
        ]
        taken[clause.matched].append(test)
        rows, work = f"FROM {from_sql} WHERE {' AND '.join(wheres)}", session.new_physical()
        counts.append(work)
        values = [binder.expr(parse_expression(v, text), inside) for v in clause.values]
        if clause.action == "INSERT":
            columns = dml.insertable(session, entry, clause.columns or None)
            if len(columns) != len(values):
                raise sql_error(213)
            cells = dml.row_cells(
                session, binder, entry, {c.name: v for c, v in zip(columns, values, strict=True)}
            )
            if any(c.identity for c in entry.columns):
                raise Refused("MERGE into a table with an identity column is not run here.")
            steps.append(
                f"CREATE TABLE {work} AS SELECT s.sid AS {_SID}, "
                f"{', '.join(f'{sql} AS {quote(n)}' for n, sql in cells.items())} "
                f"{rows}"
            )
            events.add("INSERT", work, set(cells))
            changes.append(
                f"INSERT INTO {quote(entry.physical)} ({', '.join(map(quote, cells))}) "
                f"SELECT {', '.join(map(quote, cells))} FROM {work}"
            )
            continue
        cells = []
        for name, op, v in zip(clause.columns, clause.ops, values, strict=True):
            column = entry.column(name)
            if column is None or column.computed is not None:
                raise sql_error(207, name)
            if op:
                v = binder.arithmetic(op, V(target.find(name).sql, column.t), v)
            written = binder.convert(v, dml.bare(entry, column), "assign").sql
            cells.append(f", {written} AS {quote(column.name)}")
        sid = "p.sid" if clause.matched == "both" else "NULL::BIGINT"
        steps.append(
            f"CREATE TABLE {work} AS SELECT {sid} AS {_SID}, {target.rid} AS {_RID}"
            f"{''.join(cells)} {rows}"
        )
        steps.append(_once(session, work))
        events.add(clause.action, work, {entry.column(n).name for n in clause.columns})
        if clause.action == "DELETE":
            changes.append(
                f"DELETE FROM {quote(entry.physical)} WHERE rowid IN (SELECT {_RID} FROM {work})"
            )
        else:
            names = [entry.column(n).name for n in clause.columns]
            sets = ", ".join(f"{quote(n)} = u.{quote(n)}" for n in names)
            changes.append(
                f"UPDATE {quote(entry.physical)} AS t SET {sets} FROM {work} AS u "
                f"WHERE t.rowid = u.{_RID}"
            )
    changes.sort(key=lambda sql: sql.startswith("INSERT"))
    told = session.new_physical()
    if output:
        steps.append(f"CREATE TABLE {told} AS {events.sql()}")
    session.execute(*steps, *changes, *tables.checks(session, entry))
    if output:
        shown = Scope(None, [*events.sources(), held])
        joined = f"{told} AS o LEFT JOIN {stage} AS s ON s.sid = o.sid"
        dml.send_output(interpreter, output, binder, shown, joined)
    interpreter.notes(binder, statement)
    total = " + ".join(f"(SELECT count(*) FROM {work})" for work in counts)
    return int(session.evaluate(total))


def _once(session: Any, work: str):
    def run() -> None:
        if session.fetch(f"SELECT 1 FROM {work} GROUP BY {_RID} HAVING count(*) > 1 LIMIT 1"):
            raise sql_error(8672, step="Make the source unique by its key first.")

    return run
