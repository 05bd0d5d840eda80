"""INSERT, UPDATE, DELETE and SELECT that writes: into tables and into variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from . import ddl
from .convert import V, quote
from .cursor import Cursor, split_commas
from .errors import Refused, TSqlError
from .lexer import lead_tokens, parse_expression, parse_query
from .scope import Col, Query, Scope, Source
from .sources import table_parts
from .splitter import word
from .store import Column, LeoView, Table
from .sqltypes import T

if TYPE_CHECKING:
    from .interpreter import Interpreter
    from .queries import Queries
    from .splitter import Simple

__all__ = ["after_with", "assignment", "delete", "insert", "into_of", "select_into",
           "select_variables", "update", "variable_list"]  # fmt: skip

_OPS = {TokenType.PLUS: "+", TokenType.DASH: "-", TokenType.STAR: "*", TokenType.SLASH: "/", TokenType.MOD: "%"}
_ENDS = {"OUTPUT", "FROM", "WHERE", "OPTION"}


def assignment(cursor: Cursor) -> str:
    """Step over = or += and return the operator before the sign."""
    op = ""
    if cursor.kind() in _OPS and cursor.kind(1) == TokenType.EQ:
        op = _OPS[cursor.kind()]
        cursor.i += 1
    if not cursor.take_kind(TokenType.EQ):
        raise cursor.fail("=")
    return op


def after_with(tokens: list[Token]) -> tuple[str, int]:
    """Return the verb that uses the common tables of a WITH, and where it stands."""
    depth = 0
    for i, token in enumerate(tokens):
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if not depth and word(token) in ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"):
            return word(token), i
    raise TSqlError("Incorrect syntax: WITH is not followed by a statement that uses it.", 102, at=tokens[0].start)


# SELECT @x = ... and SELECT ... INTO --------------------------------------------------------


def variable_list(tokens: list[Token]) -> tuple[list[tuple[str, str, list[Token]]], list[Token]] | None:
    """Return the variables that a SELECT gives values to, and the SELECT of those values."""
    start = after_with(tokens)[1] if word(tokens[0]) == "WITH" else 0
    cursor = Cursor(tokens, start + 1)
    _ = cursor.take("DISTINCT") or cursor.take("ALL")
    if cursor.take("TOP"):
        if cursor.kind() == TokenType.L_PAREN:
            cursor.brackets()
        else:
            cursor.i += 1
        cursor.take("PERCENT")
        cursor.take("WITH", "TIES")
    first = cursor.i
    if not _is_assignment(cursor):
        return None
    listed = cursor.until({"FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "OPTION", "UNION", "INTO"})
    rest = tokens[cursor.i :]
    out, middle = [], []
    for part in split_commas(listed):
        item = Cursor(part)
        if not _is_assignment(item):
            raise TSqlError("A SELECT statement that assigns a value to a variable must not be combined with "
                            "data-retrieval operations.", 141, at=part[0].start if part else None)  # fmt: skip
        name = item.identifier()[1:]
        op = assignment(item)
        value = part[item.i :]
        comma = [Token(TokenType.COMMA, ",")] if middle else []
        head = [*part[: 2], *[t for t in part[2:3] if op], Token(TokenType.L_PAREN, "(")] if op else []
        middle += [*comma, *head, *value, *([Token(TokenType.R_PAREN, ")")] if op else [])]
        out.append((name, op, value))
    return out, [*tokens[:first], *middle, *rest]


def _is_assignment(cursor: Cursor) -> bool:
    if cursor.kind() != TokenType.PARAMETER or cursor.kind(1) == TokenType.PARAMETER:
        return False
    return cursor.kind(2) == TokenType.EQ or (cursor.kind(2) in _OPS and cursor.kind(3) == TokenType.EQ)


def select_variables(interpreter: Interpreter, statement: Simple, items: list, tokens: list[Token]) -> int:
    """SELECT @x = ...: the last row counts; without rows the variables stay as they were."""
    from .session import to_value

    session, binder = interpreter.session, interpreter.session.binder()
    if "assign" not in statement.cache:
        statement.cache["assign"] = parse_query(tokens, interpreter.source.text)
    tree = statement.cache["assign"]
    query = binder.statement(tree)
    types = [session.variable(name, statement.start) and session.values[name.lower()][0] for name, _, _ in items]
    cells = ", ".join(binder.convert(V(f"q.c{i}", c.t), t, "explicit").sql for i, (c, t) in enumerate(zip(query.cols, types, strict=True), 1))
    rows = session.fetch(f"SELECT {cells} FROM ({query.sql}) AS q")
    names = {name.lower() for name, _, _ in items}
    uses = {tokens[i + 1].text.lower() for _, op, value in items for i in range(len(value) - 1)
            if value[i].token_type == TokenType.PARAMETER for tokens in (value,)} | {n.lower() for n, op, _ in items if op}  # fmt: skip
    if len(rows) > 1 and (names & uses):
        raise Refused("a variable that is built up over several rows in SELECT has no defined answer.",
                      "Use SUM, or STRING_AGG ... WITHIN GROUP (ORDER BY ...).")  # fmt: skip
    if len(rows) > 1 and not query.ordered:
        binder.note("SELECT @variable met several rows: SQL Server may keep any of them.")
    interpreter.notes(binder, statement)
    if rows:
        for (name, _, _), t, value in zip(items, types, rows[-1], strict=True):
            session.values[name.lower()] = (t, to_value(value, t))
    return len(rows)


def into_of(tree: exp.Expression) -> exp.Into | None:
    """Return the INTO of a SELECT, or of the first SELECT of a UNION."""
    while isinstance(tree, exp.SetOperation):
        tree = tree.this
    return tree.args.get("into") if isinstance(tree, exp.Select) else None


def select_into(interpreter: Interpreter, statement: Simple, tree: exp.Expression) -> int:
    """SELECT ... INTO makes a table with the names and types of the query."""
    session = interpreter.session
    into = into_of(tree)
    parts = table_parts(into.this)
    (database, _, _), shown = session.store.writable(parts, into.this.this.meta.get("start"))
    if session.store.find(parts) is not None:
        raise TSqlError(f"There is already an object named '{shown}' in the database.", 2714, "Write drop table if exists first.")
    if "plain" not in statement.cache:
        plain = tree.copy()
        into_of(plain).pop()
        statement.cache["plain"] = plain
    binder = session.binder()
    try:
        query = binder.statement(statement.cache["plain"])
    except TSqlError as error:
        error.at = error.at if error.at is not None else binder.at
        raise
    names = [c.name for c in query.cols]
    for i, name in enumerate(names):
        if not name:
            raise TSqlError("An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name.", 1038, f"Name column {i + 1} with AS.")
        if name.lower() in (n.lower() for n in names[:i]):
            raise TSqlError(f"Column names in each table must be unique. Column name '{name}' in table '{shown}' is specified more than once.", 2705)
    counted = sum(c.identity is not None for c in query.cols) == 1
    columns = tuple(
        Column(c.name, stored_type(c.t), not c.firm, identity=c.identity if counted else None)
        for c in query.cols
    )
    table = Table(database, parts[-2] if len(parts) > 1 and parts[-2] else "dbo", shown, "", columns)
    cells = ", ".join(f"CAST(q.c{i} AS {c.t.duck})" for i, c in enumerate(columns, 1))
    rows = ddl.register(session, table, f"SELECT {cells} FROM ({query.sql}) AS q")
    _count_on(session, session.store.find(parts))
    interpreter.notes(binder, statement)
    return rows


def _count_on(session: Any, table: Table) -> None:
    """Let an identity column that SELECT ... INTO has filled go on after its last number."""
    for column in table.columns:
        if column.identity:
            edge = "max" if column.identity[1] > 0 else "min"
            last = session.fetch(f"SELECT {edge}({quote(column.name)}) FROM {quote(table.physical)}")[0][0]
            if last is not None:
                session.identities[table.id] = last + column.identity[1]


def stored_type(t: T) -> T:
    """Return the type of a column that SELECT ... INTO makes."""
    if t.name == "null":
        return T("int")
    if t.is_integer:
        return T(t.name)
    return T(t.name, t.n, t.p, t.s, t.collation, 1) if t.is_string else t


# INSERT -------------------------------------------------------------------------------------


def insert(interpreter: Interpreter, statement: Simple, withs: list[Token]) -> int:
    """INSERT [INTO] table [(columns)] VALUES, SELECT or DEFAULT VALUES."""
    session, text = interpreter.session, interpreter.source.text
    cursor = Cursor(statement.tokens, 1)
    limit = _top(interpreter, cursor)
    cursor.take("INTO")
    at = cursor.peek().start if cursor.peek() else None
    parts = cursor.name()
    entry = session.own_copy(target(session, parts, at))
    _hints(cursor)
    names = None
    if cursor.kind() == TokenType.L_PAREN and cursor.word(1) not in ("SELECT", "WITH") and cursor.kind(1) != TokenType.L_PAREN:
        names = [Cursor(p).identifier() for p in split_commas(cursor.brackets())]
    _hints(cursor)
    output = []
    if cursor.take("OUTPUT"):
        output = cursor.until({"VALUES", "SELECT", "DEFAULT", "EXEC", "EXECUTE"})
    binder = session.binder()
    columns = _insertable(session, entry, names)
    body = statement.tokens[cursor.i :]
    try:
        if cursor.take("DEFAULT", "VALUES"):
            query, columns = Query("SELECT 1 AS c1", [Col("", T("int"), "")]), []
        elif cursor.word() in ("EXEC", "EXECUTE"):
            return _insert_exec(interpreter, binder, entry, columns, cursor)
        elif cursor.word() == "VALUES":
            query, columns = _values(binder, parse_query(body, text), columns, names is not None)
        else:
            query = binder.statement(parse_query([*withs, *body], text))
        if columns and len(query.cols) != len(columns):
            more = len(query.cols) > len(columns)
            if names is None:
                raise TSqlError("Column name or number of supplied values does not match table definition.", 213)
            raise TSqlError("The select list for the INSERT statement contains " + ("more" if more else "fewer") + " items than the insert list. "
                            "The number of SELECT values must match the number of INSERT columns.", 121 if more else 120)  # fmt: skip
        count = write_rows(interpreter, binder, entry, columns, query, limit, output)
    except TSqlError as error:
        error.at = error.at if error.at is not None else binder.at
        raise
    interpreter.notes(binder, statement)
    return count


def _insert_exec(interpreter: Interpreter, binder: Queries, entry: Table, columns: list[Column], cursor: Cursor) -> int:
    """INSERT ... EXEC writes every result set of the executed text."""
    from .execute import execute
    from .session import Result
    from .splitter import Simple

    session = interpreter.session
    held, session.result = session.result, Result()
    try:
        execute(interpreter, Simple("EXEC", cursor.tokens[cursor.i :]))
        tables, said = session.result._tables, session.result.messages
    finally:
        session.result = held
    held.messages += said
    count = 0
    for table, cols in tables:
        if len(cols) != len(columns):
            raise TSqlError("Column name or number of supplied values does not match table definition.", 213)
        names = [f"c{i}" for i in range(1, len(cols) + 1)]
        session.con.register("executed", table.rename_columns(names))
        count += write_rows(interpreter, binder, entry, columns, Query("SELECT * FROM executed", cols))
    return count


def _top(interpreter: Interpreter, cursor: Cursor) -> str:
    if not cursor.take("TOP"):
        return ""
    tokens = cursor.brackets()
    if cursor.word() == "PERCENT":
        raise Refused("TOP ... PERCENT is not run here in this statement.")
    v, _ = interpreter.value(tokens, T("bigint"))
    return f" LIMIT {v.const}"


def _hints(cursor: Cursor) -> None:
    if cursor.word() == "WITH" and cursor.kind(1) == TokenType.L_PAREN:
        cursor.i += 1
        cursor.brackets()


def target(session: Any, parts: list[str], at: int | None) -> Table:
    """Return the table that a statement writes to."""
    entry = session.find(parts, at)
    if isinstance(entry, Table):
        return entry
    if isinstance(entry, LeoView):
        raise TSqlError(f"The INSERT, UPDATE or DELETE permission was denied on the object '{entry.name}', database '{entry.database}'.", 229, "The LEO views are read-only; copy what you need with SELECT ... INTO.", at)
    raise Refused("Writing through a view is not run here.", "Write to its table.", at)


def _insertable(session: Any, entry: Table, names: list[str] | None) -> list[Column]:
    if names is None:
        return [c for c in entry.columns if c.computed is None and (c.identity is None or session.identity_insert == entry.id)]
    out = []
    for name in names:
        column = entry.column(name)
        if column is None:
            raise TSqlError(f"Invalid column name '{name}'.", 207, f"{entry.label} has {', '.join(c.name for c in entry.columns)}.")
        if column.computed is not None:
            raise TSqlError(f"The column \"{name}\" cannot be modified because it is either a computed column or is the result of a UNION operator.", 271)
        if column.identity and session.identity_insert != entry.id:
            raise TSqlError(f"Cannot insert explicit value for identity column in table '{entry.name}' when IDENTITY_INSERT is set to OFF.", 544)
        if column in out:
            raise TSqlError(f"The column name '{name}' is specified more than once in the SET clause or column list of an INSERT.", 264)
        out.append(column)
    return out


def _is_default(node: exp.Expression) -> bool:
    if isinstance(node, exp.Var):
        return node.name.lower() == "default"
    return isinstance(node, exp.Column) and node.name.lower() == "default" and not node.this.args.get("quoted")


def _values(binder: Queries, tree: exp.Expression, columns: list[Column], listed: bool) -> tuple[Query, list[Column]]:
    """Translate VALUES, in which DEFAULT may stand."""
    rows = [list(row.expressions) if isinstance(row, exp.Tuple) else [row.this] for row in tree.expressions]
    for row in rows:
        if len(row) != len(columns) and not listed:
            raise TSqlError("Column name or number of supplied values does not match table definition.", 213)
        if len(row) != len(columns):
            more = len(row) > len(columns)
            raise TSqlError("There are " + ("fewer" if more else "more") + " columns in the INSERT statement than values specified in the VALUES clause. "
                            "The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.", 110 if more else 109)  # fmt: skip
        for i, column in enumerate(columns):
            if _is_default(row[i]):
                row[i] = column.default if column.default is not None else exp.Null()
    if len(rows) == 1:
        cells = [binder.expr(v, Scope()) for v in rows[0]]
        sql = ", ".join(f"{v.sql} AS c{i}" for i, v in enumerate(cells, 1))
        return Query(f"SELECT {sql}", [Col("", v.t, "") for v in cells]), columns
    lists = exp.Values(expressions=[exp.Tuple(expressions=[v.copy() for v in row]) for row in rows])
    sql, cols = binder.values(lists, None)
    return Query(sql, cols), columns


def row_cells(session: Any, binder: Queries, entry: Table, given: dict[str, V]) -> dict[str, str]:
    """Return the SQL of every stored column of a new row."""
    cells = {}
    for column in entry.columns:
        if column.computed is not None:
            continue
        if column.name in given:
            cells[column.name] = binder.convert(given[column.name], _bare(column.t), "assign").sql
        elif column.identity:
            first = session.identities[entry.id] if entry.id in session.identities else column.identity[0]
            cells[column.name] = f"CAST({first} + {column.identity[1]} * (row_number() OVER () - 1) AS {column.t.duck})"
        elif column.default is not None:
            cells[column.name] = binder.convert(binder.expr(column.default, Scope()), _bare(column.t), "assign").sql
        else:
            cells[column.name] = f"CAST(NULL AS {column.t.duck})"
    return cells


def _bare(t: T) -> T:
    return T(t.name, t.n, t.p, t.s)


def write_rows(interpreter: Interpreter, binder: Queries, entry: Table, columns: list[Column], query: Query,
               limit: str = "", output: list[Token] | None = None, check: bool = True) -> int:  # fmt: skip
    """Insert the rows of a query, with identity, defaults, keys and OUTPUT."""
    session = interpreter.session
    given = {c.name: V(f"q.c{i}", query.cols[i - 1].t) for i, c in enumerate(columns, 1)}
    cells = row_cells(session, binder, entry, given)
    named = ", ".join(quote(name) for name in cells)
    rows = f"SELECT {', '.join(f'{sql} AS {quote(name)}' for name, sql in cells.items())} FROM ({query.sql}{limit and ''}) AS q{limit}"
    tests = ddl.checks(session, entry) if check else []
    for key in entry.keys:
        if key.ignore_duplicates:
            rows = ddl.without_duplicates(session, entry, key, rows)
    if output:
        stage = session.new_physical()
        done = session.execute(
            f"CREATE TABLE {quote(stage)} AS {rows}",
            f"INSERT INTO {quote(entry.physical)} ({named}) FROM {quote(stage)}", *tests)  # fmt: skip
        give_output(interpreter, output, entry, {"inserted": stage})
    else:
        done = session.execute(f"INSERT INTO {quote(entry.physical)} ({named}) {rows}", *tests)
    count = int(done[0][0])
    for column in entry.columns:
        if column.identity and count:
            first = session.identities.get(entry.id, column.identity[0])
            if column.name in given:
                top = session.fetch(f"SELECT {'max' if column.identity[1] > 0 else 'min'}({quote(column.name)}) FROM {quote(entry.physical)}")[0][0]
                session.identities[entry.id], session.identity = max(first, top + column.identity[1]), top
            else:
                session.identities[entry.id] = first + column.identity[1] * count
                session.identity = first + column.identity[1] * (count - 1)
    return count


def give_output(interpreter: Interpreter, tokens: list[Token], entry: Table, stages: dict[str, str]) -> None:
    """OUTPUT inserted.x, deleted.y [INTO table]: from tables that hold the rows as they were and are."""
    from dataclasses import replace

    session, binder = interpreter.session, interpreter.session.binder()
    cursor = Cursor(tokens)
    listed = cursor.until({"INTO"})
    tree = parse_query([*lead_tokens("select"), *listed], interpreter.source.text)
    scope, froms = Scope(), []
    for name, stage in stages.items():
        sql, cols = session.store.source(replace(entry, physical=stage), name, binder)
        scope.add(Source(name, cols, name))
        froms.append(sql)
    items = binder._items(tree, scope)
    join = froms[0] if len(froms) == 1 else f"{froms[0]} JOIN {froms[1]} ON {' = '.join(f'{n}.rid' for n in stages)}"
    cells = ", ".join(f"{v.sql} AS c{i}" for i, (_, v) in enumerate(items, 1))
    query = Query(f"SELECT {cells} FROM {join}", [Col(n, v.t, "") for n, v in items])
    if cursor.take("INTO"):
        at = cursor.peek().start
        into = session.own_copy(target(session, cursor.name(), at))
        names = [Cursor(p).identifier() for p in split_commas(cursor.brackets())] if not cursor.done else None
        write_rows(interpreter, binder, into, _insertable(session, into, names), query)
    else:
        session.frame(query)


# UPDATE and DELETE --------------------------------------------------------------------------


class Target:
    """The rows that an UPDATE or DELETE touches, as a FROM clause with the target in it."""

    def __init__(self, interpreter: Interpreter, parts: list[str], name: list[Token], tail: list[Token], withs: list[Token]) -> None:
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
                binder._cte(cte)
        self.scope = Scope()
        self.from_sql = binder.from_clause(tree, self.scope)
        self.source = self._source(session, parts, name[0].start)
        self.entry: Table = self.source.entry
        if not self.source.rid:
            if isinstance(self.entry, LeoView):
                target(session, parts, name[0].start)
            raise Refused("Rows cannot be changed through this query.", "Name the table itself.", name[0].start)
        where = tree.args.get("where")
        self.where = f" WHERE {binder.condition(where.this, self.scope)}" if where else ""

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
        same = [s for s in self.scope.sources if s.entry is entry]
        if len(same) == 1:
            return same[0]
        if len(same) > 1:
            raise TSqlError(f"The table '{'.'.join(parts)}' is ambiguous.", 8154, "Name its alias.", at)
        alias = self.binder.fresh()
        sql, cols = session.store.source(target(session, parts, at), alias, self.binder)
        source = Source(parts[-1], cols, alias, entry.schema, entry.database, entry, rid=f"{alias}.rowid", base={c.name.lower(): c.name for c in entry.columns})
        self.from_sql += f" CROSS JOIN {sql}"
        self.scope.sources.append(source)
        return source

    def rows(self, cells: list[str], limit: str) -> str:
        """Return a query of the row numbers and new values, one row for each row touched."""
        one = f" QUALIFY row_number() OVER (PARTITION BY {self.source.rid}) = 1" if len(self.scope.sources) > 1 else ""
        some = f"{self.where}{' AND' if self.where else ' WHERE'} {self.source.rid} IS NOT NULL" if one else self.where
        shown = ", ".join([f"{self.source.rid} AS rid", *cells])
        return f"{self.binder.with_clause()}SELECT {shown}{self.from_sql}{some}{one}{limit}"

    def several(self, session: Any) -> bool:
        """Tell whether a row is met more than once, in which case any of the values may win."""
        if len(self.scope.sources) == 1:
            return False
        some = f"{self.where}{' AND' if self.where else ' WHERE'} {self.source.rid} IS NOT NULL"
        return bool(session.fetch(
            f"{self.binder.with_clause()}SELECT 1{self.from_sql}{some} GROUP BY {self.source.rid} HAVING count(*) > 1 LIMIT 1"))  # fmt: skip


def _aim(interpreter: Interpreter, parts: list[str], name: list[Token], tail: list[Token], withs: list[Token]) -> Target:
    """Return the target; in a transaction its table is copied first, and the names looked up again."""
    aim = Target(interpreter, parts, name, tail, withs)
    if interpreter.session.own_copy(aim.entry) is not aim.entry:
        aim = Target(interpreter, parts, name, tail, withs)
    return aim


def update(interpreter: Interpreter, statement: Simple, withs: list[Token]) -> int:
    """UPDATE target SET ... [FROM ...] [WHERE ...]; every value is computed from the old rows."""
    session, text = interpreter.session, interpreter.source.text
    cursor = Cursor(statement.tokens, 1)
    if cursor.take("STATISTICS"):
        return 0
    limit = _top(interpreter, cursor)
    start = cursor.i
    parts = cursor.name()
    name = statement.tokens[start : cursor.i]
    _hints(cursor)
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
            if not any(t.token_type == TokenType.EQ for t in part):  # @x = value, not @x = column = value
                variables.append((variable, binder.expr(parse_expression(part, text), aim.scope)))
                continue
            variables.append((variable, None))
        column_name = item.name()[-1]
        op = assignment(item)
        column = entry.column(aim.source.base.get(column_name.lower(), ""))
        if column is None:
            raise session.missing_column(column_name, "", Scope(None, [aim.source]), part[0].start)
        if column.computed is not None:
            raise TSqlError(f"The column \"{column_name}\" cannot be modified because it is either a computed column or is the result of a UNION operator.", 271)
        if column.identity:
            raise TSqlError(f"Cannot update identity column '{column_name}'.", 8102)
        if column.name in names:
            raise TSqlError(f"The column name '{column_name}' is specified more than once in the SET clause or column list of an INSERT.", 264)
        tree = parse_expression(part[item.i :], text)
        if _is_default(tree):
            tree = column.default if column.default is not None else exp.Null()
        v = binder.expr(tree, aim.scope)
        if op:
            v = binder.arithmetic(op, V(aim.source.find(column_name).sql, column.t), v)
        if variables and variables[-1][1] is None:
            variables[-1] = (variables[-1][0], binder.convert(v, _bare(column.t), "assign"))
        cells.append(f"{binder.convert(v, _bare(column.t), 'assign').sql} AS v{len(names) + 1}")
        names.append(column.name)
    rows = aim.rows(cells, limit)
    if variables:
        _update_variables(session, aim, variables, limit)
    if not names:
        raise Refused("UPDATE that only gives values to variables is not run here.", "Use SELECT @x = ...")
    if aim.several(session):
        binder.note("a row is matched more than once by the UPDATE's FROM: SQL Server may take any of the values.")
    sets = ", ".join(f"{quote(n)} = u.v{i}" for i, n in enumerate(names, 1))
    change = f"UPDATE {quote(entry.physical)} AS t SET {sets} FROM ({rows}) AS u WHERE t.rowid = u.rid"
    if not output:
        done = session.execute(change, *ddl.checks(session, entry))
    else:
        old, new = session.new_physical(), session.new_physical()
        stored = [c.name for c in entry.columns if c.computed is None]
        shown = ", ".join(f"u.v{names.index(n) + 1} AS {quote(n)}" if n in names else f"t.{quote(n)}" for n in stored)
        done = session.execute(
            f"CREATE TABLE {quote(new)} AS SELECT u.rid, {shown} FROM {quote(entry.physical)} AS t JOIN ({rows}) AS u ON t.rowid = u.rid",
            f"CREATE TABLE {quote(old)} AS SELECT t.rowid AS rid, t.* FROM {quote(entry.physical)} AS t WHERE t.rowid IN (SELECT rid FROM {quote(new)})",
            f"UPDATE {quote(entry.physical)} AS t SET {', '.join(f'{quote(n)} = u.{quote(n)}' for n in names)} FROM {quote(new)} AS u WHERE t.rowid = u.rid",
            *ddl.checks(session, entry))  # fmt: skip
        give_output(interpreter, output, entry, {"inserted": new, "deleted": old})
    interpreter.notes(binder, statement)
    return int(done[0][0])


def _update_variables(session: Any, aim: Target, variables: list[tuple[str, V]], limit: str) -> None:
    """UPDATE t SET @x = column = value: only where one row at most is touched."""
    from .session import to_value

    types = [session.variable(name, None) and session.values[name.lower()][0] for name, _ in variables]
    cells = [aim.binder.convert(v, t, "explicit").sql for (_, v), t in zip(variables, types, strict=True)]
    got = session.fetch(aim.rows(cells, limit))
    if len(got) > 1:
        raise Refused("UPDATE that gives a value to a variable from several rows has no defined answer.", "Use ROW_NUMBER.")
    for row in got:
        for (name, _), t, value in zip(variables, types, row[1:], strict=True):
            session.values[name.lower()] = (t, to_value(value, t))


def delete(interpreter: Interpreter, statement: Simple, withs: list[Token]) -> int:
    """DELETE [FROM] target [FROM ...] [WHERE ...]."""
    session = interpreter.session
    cursor = Cursor(statement.tokens, 1)
    limit = _top(interpreter, cursor)
    cursor.take("FROM")
    start = cursor.i
    parts = cursor.name()
    name = statement.tokens[start : cursor.i]
    _hints(cursor)
    output = cursor.until({"FROM", "WHERE", "OPTION"})[1:] if cursor.word() == "OUTPUT" else []
    aim = _aim(interpreter, parts, name, statement.tokens[cursor.i :], withs)
    entry = aim.entry
    rows = aim.rows([], limit)
    if output:
        old = session.new_physical()
        done = session.execute(
            f"CREATE TABLE {quote(old)} AS SELECT t.rowid AS rid, t.* FROM {quote(entry.physical)} AS t WHERE t.rowid IN (SELECT rid FROM ({rows}))",
            f"DELETE FROM {quote(entry.physical)} WHERE rowid IN (SELECT rid FROM {quote(old)})")  # fmt: skip
        give_output(interpreter, output, entry, {"deleted": old})
    else:
        done = session.execute(f"DELETE FROM {quote(entry.physical)} WHERE rowid IN (SELECT rid FROM ({rows}))")
    interpreter.notes(aim.binder, statement)
    return int(done[0][0])
