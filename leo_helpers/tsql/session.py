"""A session on the synthetic LEO: its tables, variables and settings, and how statements run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any

import duckdb

from ..connect import DEFAULT_PROJECT, connect
from ..errors import nearest
from .duck import finite, translate
from .errors import Reached, Refused, TSqlError, sql_error
from .fetching import Cursors
from .lexer import Script
from .lookups import Lookups
from .made import Made, as_frame
from .queries import Queries
from .result import Result, script_text
from .scope import Col, Query, Scope
from .sqltypes import T
from .store import LeoView, Store, Table
from .system import system_columns, system_query
from .tables import create_sql
from .value import V

if TYPE_CHECKING:
    import pyarrow as pa

    from .blocks import Simple
    from .probe import Watch

__all__ = ["Session", "Snapshot", "run"]


@dataclass
class Snapshot:
    """What a rollback goes back to."""

    name: str
    entries: dict
    schemas: dict
    identities: dict


class Session(Lookups, Made):
    """Runs T-SQL on the synthetic LEO and keeps tables, variables and settings between calls.

    Parameters
    ----------
    project : str, optional
        Your project number: the schema of the LEO views.
    data : path, optional
        Folder of a data set; without it the default one.
    database : str, default "project"
        Name of your project's own database, until the script says USE.
    max_steps : int, optional
        Stop a script that runs more statements and conditions than this, such as a loop without
        an end.
    on_error : {"stop", "continue"}, default "stop"
        Whether `run` stops at the first error, or goes on where SQL Server would.

    Raises
    ------
    DataSetError
        If there is no data set in the folder.

    Examples
    --------
    >>> session = Session()
    >>> session.run("select 7 / 2 as n into #t")
    1 statements ran.
    >>> session.run("select n from #t").frame["n"].tolist()
    [3]
    """

    def __init__(
        self,
        project: str | None = None,
        data: str | os.PathLike[str] | None = None,
        database: str = "project",
        max_steps: int | None = None,
        on_error: str = "stop",
    ) -> None:
        self.max_steps, self.on_error = max_steps, on_error
        self.going_on = self.compiling = False
        self.watch: Watch | None = None
        self.con = connect(project or DEFAULT_PROJECT, data)
        macros = (resources.files(__package__) / "macros.sql").read_text("utf-8")
        self.con.execute(macros)
        self.con.execute("SET ieee_floating_point_ops = false")  # sqrt(-1) is an error, not NaN
        self.project, self.home = project or DEFAULT_PROJECT, database
        self.counter = 0
        self.physical: set[str] = set()
        self.store = Store(self, self.project)
        self.store.open()
        self.reset()

    def reset(self) -> None:
        """Forget every table, variable and setting, as a new connection would."""
        self.database = self.home
        self.store.clear(self.home)
        self.values: dict[str, tuple[T, V]] = {}
        self.rowcount = self.error_number = self.nesting = self.trancount = 0
        self.datefirst, self.dateformat = 7, ""
        self.identity: int | None = None
        self.identities: dict[int, int] = {}
        self.identity_insert: int | None = None
        self.caught: TSqlError | None = None
        self.snapshots: list[Snapshot] = []
        self.xact_abort, self.padding, self.doomed = False, True, False
        self.exec_place = (1, 1, "")
        self.around: set[tuple[str, str, str]] = set()  # the #tables that stand outside of an EXEC
        self.cursors = Cursors()
        self.writes: Counter[int] = Counter()
        self.result = Result()
        self.steps, self.verb = 0, ""  # what the statement that runs does
        self.script: Script | None = None
        self.last_binder: Queries | None = None
        self.collect()

    # Running --------------------------------------------------------------------------------

    def run(self, script: str | os.PathLike[str], on_error: str | None = None) -> Result:
        """Run a script, or a file with one.

        Parameters
        ----------
        script : str or path
            T-SQL text, or the path of a file: a ``Path``, or a text that ends in ``.sql``.
        on_error : {"stop", "continue"}, optional
            What follows an error. ``"continue"`` goes on where SQL Server would: after the
            statement, the text of an EXEC, or the batch that it ends. Each error is a message and
            in `Result.errors`. What is refused here ends its batch, and the last message says so.
            A SELECT that fails gives no rows; SQL Server may have sent some before.

        Returns
        -------
        Result
            Frames, messages, errors and rows affected.

        Raises
        ------
        TSqlError
            What SQL Server would report; the statement that failed has changed nothing.
        Refused
            What the rehearsal cannot honour.
        """
        from . import failure
        from .interpreter import Interpreter

        self.going_on = failure.goes_on(on_error or self.on_error)
        self.result, self.steps = Result(), 0
        self.values, self.store.variables = {**self.values}, {**self.store.variables}
        interpreter, text = Interpreter(self), script_text(script)
        try:
            for self.script in failure.scripts(interpreter, text):
                interpreter.script(self.script)
        finally:
            if self.doomed:
                interpreter.undo_all()
        self.result.warn()
        return self.result

    def end_batch(self) -> None:
        """Forget variables, as at GO or between two scripts that are run one after the other."""
        self.values, self.store.variables = {}, {}
        self.cursors.local = {}

    def binder(self) -> Queries:
        """Return a translator for one statement."""
        self.last_binder = Queries(self)
        return self.last_binder

    def step(self, statement: Simple) -> None:
        """Count a statement, and tell whoever watches where it is."""
        self.steps += 1
        if self.watch is not None and not self.nesting:
            self.watch.start = statement.start
        if self.max_steps is not None and self.steps > self.max_steps:
            raise Refused(
                f"the script ran more than {self.max_steps} statements.",
                "Look for a loop without an end.",
            )

    def say(self, text: str) -> None:
        """Add a message."""
        self.result.messages.append(text)

    def execute(self, *sqls: str | Callable[[], None]) -> Any:
        """Run DuckDB SQL as one unit; a step may also be a check written in Python."""
        if self.compiling:
            raise Reached
        self.con.execute("BEGIN")
        out = None
        try:
            for sql in sqls:
                if callable(sql):
                    sql()
                else:
                    out = self.con.execute(sql).fetchall()
            self.con.execute("COMMIT")
        except duckdb.Error as error:
            self.con.execute("ROLLBACK")
            raise translate(error, str(sql), self.store) from error
        except BaseException:
            self.con.execute("ROLLBACK")
            raise
        return out

    def fetch(self, sql: str) -> list[tuple]:
        """Return the rows of a query."""
        if self.compiling:
            raise Reached
        try:
            return self.con.execute(sql).fetchall()
        except duckdb.Error as error:
            raise translate(error) from error

    def evaluate(self, sql: str) -> Any:
        """Return the value of an expression without columns."""
        return self.fetch(f"SELECT {sql}")[0][0]

    def read(self, query: Query) -> pa.Table:
        """Return the rows of a query with the types of its columns, which are called c1, c2 ..."""
        if self.compiling:
            raise Reached
        columns = ", ".join(
            f"CAST(c{i} AS {c.t.duck}) AS c{i}" for i, c in enumerate(query.cols, 1)
        )
        alias = ", ".join(f"c{i}" for i in range(1, len(query.cols) + 1))
        try:
            table = self.con.sql(
                f"SELECT {columns} FROM ({query.sql}) AS q({alias})"
            ).to_arrow_table()
        except duckdb.Error as error:
            raise translate(error) from error
        finite(table)
        return table

    def frame(self, query: Query) -> int:
        """Add a result set and return its number of rows."""
        table = self.read(query)
        self.result.frames.append(as_frame(table, query))
        self.result._tables.append((table, query.cols))
        self.result.types.append([str(c.t) for c in query.cols])
        return table.num_rows

    # Names ----------------------------------------------------------------------------------

    def find(self, parts: list[str], at: int | None = None) -> Any:
        """Return what a name in FROM means, or raise error 208."""
        entry = self.store.find(parts)
        if entry is not None:
            return entry
        system = system_query(self.store, parts)
        if system is not None:
            return (system, system_columns(self.store.resolve(parts)), self.store.resolve(parts))
        raise self.store.missing(parts, at)

    def source_of(
        self, entry: Any, alias: str, binder: Queries
    ) -> tuple[str, list[Col], tuple[str, str]]:
        """Return the SQL, the columns and the place (database, schema) of a source."""
        if isinstance(entry, tuple):
            sql, columns, key = entry
            cols = [Col(name, t, f"{alias}.c{i}") for i, (name, t) in enumerate(columns, 1)]
            return f"({sql}) AS {alias}", cols, (key[0], key[1])
        sql, cols = self.store.source(entry, alias, binder)
        binder.read.add(entry.id)
        return sql, cols, (entry.database, entry.schema)

    def missing_column(self, name: str, table: str, scope: Scope, at: int | None) -> TSqlError:
        """Return error 207 or 4104 with the years in which LEO has the column."""
        sources = [s for part in scope.chain() for s in part.sources]
        if table:
            sources = [s for s in sources if s.name.lower() == table.lower()]
            if not sources:
                return sql_error(
                    4104, table, name, step=f"No source in FROM is called {table}.", at=at
                )
        server = next((s.name for s in sources if isinstance(s.entry, tuple)), None)
        if server is not None:
            return Refused(f"{name} is not among the columns that {server} has here.",
                           "Do without it, or ask INFORMATION_SCHEMA.", at)  # fmt: skip
        names = nearest(name, [col.name for s in sources for col in s.cols])
        hints = [f"Did you mean {' or '.join(names)}?"] if names else []
        for source in sources:
            if isinstance(source.entry, LeoView):
                from .advice import years_of

                hints += years_of(source.entry, name)
        return sql_error(207, name, step=" ".join(hints), at=at)

    def variable(self, name: str, at: int | None) -> V:
        """Return the value of a variable."""
        if name.lower() not in self.values:
            raise TSqlError(f'Must declare the scalar variable "@{name}".', 137, at=at)
        return self.values[name.lower()][1]

    def new_physical(self) -> str:
        """Return an unused DuckDB table name."""
        self.counter += 1
        self.physical.add(f"t{self.counter}")
        return f"t{self.counter}"

    # Transactions ---------------------------------------------------------------------------

    def snapshot(self, name: str) -> None:
        """Remember the tables as they are."""
        s = self.store
        self.snapshots.append(
            Snapshot(name, dict(s.entries), dict(s.schemas), dict(self.identities))
        )

    def roll_back_to(self, place: int) -> None:
        """Go back to a snapshot."""
        held = self.snapshots[place]
        self.store.entries, self.store.schemas = dict(held.entries), dict(held.schemas)
        del self.snapshots[place + 1 :]

    def own_copy(self, table: Table) -> Table:
        """Return a table that may be written: in a transaction the first write makes a copy."""
        if self.compiling:
            return table
        self.writes[table.id] += 1
        if not self.snapshots or table.name.startswith("@"):
            return table
        held = {
            e.physical
            for snap in self.snapshots
            for e in snap.entries.values()
            if isinstance(e, Table)
        }
        if table.physical not in held:
            return table
        copy = replace(table, physical=self.new_physical())
        self.execute(create_sql(copy), f'INSERT INTO "{copy.physical}" FROM "{table.physical}"')
        key = (table.database.lower(), table.schema.lower(), table.name.lower())
        self.store.entries[key] = copy
        return copy

    def collect(self) -> None:
        """Drop the DuckDB tables that nothing refers to any more."""
        if self.nesting:
            return
        tables = [*self.store.entries.values(), *self.store.variables.values()]
        tables += [e for snap in self.snapshots for e in snap.entries.values()]
        used = {e.physical for e in tables if isinstance(e, Table)}
        for name in sorted(self.physical - used):
            self.con.execute(f'DROP TABLE IF EXISTS "{name}"')
        self.physical &= used


def run(
    script: str | os.PathLike[str],
    project: str | None = None,
    data: str | os.PathLike[str] | None = None,
    on_error: str = "stop",
) -> Result:
    """Run a T-SQL script on the synthetic LEO.

    Parameters
    ----------
    script : str or path
        T-SQL text, or the path of a file: a ``Path``, or a text that ends in ``.sql``.
    project : str, optional
        Your project number: the schema of the LEO views.
    data : path, optional
        Folder of a data set; without it the default one.
    on_error : {"stop", "continue"}, default "stop"
        Whether to stop at the first error, or to go on where SQL Server would (`Session.run`).

    Returns
    -------
    Result
        Frames, messages, errors and rows affected.

    Raises
    ------
    TSqlError
        What SQL Server would report, with line and column.
    Refused
        What the rehearsal cannot honour, with line and column.

    Examples
    --------
    >>> run("select len('ab  ') as n, 7 / 2 as half").frame.values.tolist()
    [[2, 3]]
    >>> result = run("drop table #old; select 7 / 0 as x; select 1 as y", on_error="continue")
    >>> [error.number for error in result.errors], result.frame.values.tolist()
    ([3701, 8134], [[1]])
    """
    return Session(project, data).run(script, on_error)
