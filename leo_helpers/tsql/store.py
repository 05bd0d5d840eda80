"""The tables and views of a session: what stands under which name, and who may write there."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp

from ..errors import nearest
from .advice import views_like
from .errors import Refused, TSqlError, sql_error
from .scope import Col, Scope, Source
from .sqltypes import T, view_type
from .value import quote

if TYPE_CHECKING:
    from .queries import Queries
    from .session import Session

__all__ = ["LEO", "Column", "Index", "Key", "LeoView", "Store", "Table", "View"]


LEO = ("npd_i2", "hesa_i2", "lilr_i2", "leo_i2", "ucas_i2")
_SYSTEM = {"sys", "information_schema"}
#: The schemas of every database, with SQL Server's numbers; a database's own come after.
_SCHEMAS = {"dbo": 1, "guest": 2, "INFORMATION_SCHEMA": 3, "sys": 4}


@dataclass(frozen=True)
class Column:
    """A column of a table of the script's own."""

    name: str
    t: T
    nullable: bool = True
    default: exp.Expression | None = None
    default_name: str = ""
    computed: exp.Expression | None = None
    identity: tuple[int, int] | None = None


@dataclass(frozen=True)
class Key:
    """A primary key, unique constraint or unique index."""

    name: str
    columns: tuple[str, ...]
    kind: str  # PRIMARY KEY, UNIQUE KEY or index
    where: exp.Expression | None = None
    ignore_duplicates: bool = False
    clustered: bool | None = None  # None until its table is whole: then as SQL Server chooses


class Index(NamedTuple):
    """An index that is not unique: it changes no answer, but holds on to its columns."""

    name: str
    columns: tuple[str, ...]
    clustered: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the script's own; `physical` is its name in DuckDB."""

    database: str
    schema: str
    name: str
    physical: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...] = ()
    checks: tuple[tuple[str, exp.Expression], ...] = ()
    indexes: tuple[Index, ...] = ()
    id: int = 0

    @property
    def label(self) -> str:
        """The name as SQL Server shows it in errors."""
        return self.name if self.name[0] in "#@" else f"{self.schema}.{self.name}"

    def column(self, name: str) -> Column | None:
        """Return a column by its name, in any case."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass(frozen=True)
class View:
    """A view of the script's own: its query is translated where it is used."""

    database: str
    schema: str
    name: str
    tree: exp.Expression
    names: tuple[str, ...]
    id: int = 0


@dataclass(frozen=True)
class LeoView:
    """A view of the synthetic LEO, which can only be read."""

    database: str
    schema: str
    name: str
    columns: tuple[tuple[str, T, str], ...]

    @property
    def id(self) -> int:
        """What OBJECT_ID gives."""
        return zlib.crc32(f"{self.database}.{self.name}".encode()) % 900_000_000 + 1_000_000_000


Key3 = tuple[str, str, str]


@dataclass
class Store:
    """Everything that has a name; a copy of `entries` is all that a rollback needs."""

    session: Session
    project: str
    entries: dict[Key3, Table | View] = field(default_factory=dict)
    schemas: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    leo: dict[tuple[str, str], str] = field(default_factory=dict)
    described: dict[tuple[str, str], LeoView] = field(default_factory=dict)
    listed_leo: dict[tuple[str, str], str] = field(default_factory=dict)
    variables: dict[str, Table] = field(default_factory=dict)
    last_id: int = 245575913
    listings: int = 0

    def open(self) -> None:
        """Read the names of the LEO views."""
        rows = self.session.con.execute(
            "select database_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        self.leo = {(db.lower(), view.lower()): view for db, view in rows if db.lower() in LEO}

    def clear(self, home: str) -> None:
        """Forget everything but LEO itself."""
        self.entries, self.schemas, self.variables, self.databases = {}, {}, {}, {}
        for name in ("master", "tempdb", *LEO):
            self.add_database(name)
            if name in LEO:
                self.add_schema(name, self.project)
        self.add_database(home)

    def add_database(self, name: str) -> None:
        """Make a database of the project's own known."""
        self.databases[name.lower()] = name
        for schema, number in _SCHEMAS.items():
            self.schemas[name.lower(), schema.lower()] = number, schema

    def add_schema(self, database: str, name: str) -> None:
        """Make a schema known under the next number of its database."""
        numbers = [number for (db, _), (number, _) in self.schemas.items() if db == database]
        self.schemas = {**self.schemas, (database, name.lower()): (max(*numbers, 4) + 1, name)}

    def is_leo(self, database: str) -> bool:
        """Tell whether a database is one of LEO."""
        return database.lower() in LEO

    def schema_of(self, entry: Table | View | LeoView) -> tuple[int, str]:
        """Return number and name of the schema in which something stands, as it was made."""
        return self.schemas[entry.database.lower(), entry.schema.lower()]

    def default_schema(self, database: str) -> str:
        """Return the schema of a name that says none."""
        return self.project if self.is_leo(database) else "dbo"

    def next_id(self) -> int:
        """Return a number for OBJECT_ID."""
        self.last_id += 16_000_057
        return self.last_id % 2_000_000_000

    def resolve(self, parts: list[str]) -> Key3:
        """Return database, schema and name, in lower case, of a name with one to four parts."""
        parts = [part.lower() for part in parts]
        name = parts[-1]
        if name.startswith("#"):
            return "tempdb", "dbo", name
        if len(parts) > 3:
            parts = parts[-3:]
        database = (parts[-3] if len(parts) == 3 else "") or self.session.database.lower()
        schema = parts[-2] if len(parts) >= 2 else ""
        if not schema:
            schema = self.default_schema(database).lower()
        return database, schema, name

    def find(self, parts: list[str]) -> Table | View | LeoView | None:
        """Return what stands under a name, or None."""
        if parts[-1].startswith("@"):
            return self.variables.get(parts[-1].lower())
        key = self.resolve(parts)
        if key in self.entries:
            return self.entries[key]
        database, schema, name = key
        if (
            self.is_leo(database)
            and schema == self.project.lower()
            and (database, name) in self.leo
        ):
            return self._describe(database, name)
        return None

    def _describe(self, database: str, name: str) -> LeoView:
        if (database, name) not in self.described:
            view = self.leo[database, name]
            rows = self.session.con.execute(
                f"describe {database}.{quote(self.project)}.{quote(view)}"
            ).fetchall()
            self._remember(database, view, rows)
        return self.described[database, name]

    def _remember(self, database: str, view: str, rows: list) -> None:
        columns = tuple((row[0], view_type(row[1], row[0]), row[1]) for row in rows)
        found = LeoView(database, self.project, view, columns)
        self.described[database, view.lower()] = found

    def _describe_all(self, database: str) -> list[LeoView]:
        """Return every view of a LEO database; one question is ten times as fast as one a view."""
        names = [(db, view) for db, view in self.leo if db == database]
        if any(name not in self.described for name in names):
            rows = self.session.con.execute(
                "SELECT table_name, list([column_name, data_type] ORDER BY column_index) "
                "FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? GROUP BY ALL",
                [database, self.project],
            ).fetchall()
            for view, columns in rows:
                self._remember(database, view, columns)
        return [self._describe(*name) for name in names]

    def missing(self, parts: list[str], at: int | None) -> TSqlError:
        """Return error 208 with the nearest names."""
        shown = ".".join(parts)
        database, schema, name = self.resolve(parts)
        step = ""
        if schema in _SYSTEM or name in ("sysobjects", "syscolumns", "sysindexes"):
            shown = shown if schema in _SYSTEM else f"sys.{name}"
            return Refused(f"The system view {shown} is not made here.",
                           "Those of tables, columns, types and indexes are.", at)  # fmt: skip
        if parts[-1].startswith("@"):
            return sql_error(1087, parts[-1], at=at)
        if self.is_leo(database):
            if schema != self.project.lower():
                step = f"Your project is {self.project}: write {database}.[{self.project}].{name}."
            else:
                names = views_like(name, [view for db, view in self.leo if db == database])
                step = f"Did you mean {', '.join(names)}? " if names else ""
                step += f"The data set at hand has no such view in {database}."
        elif database not in self.databases:
            step = f"There is no database {database}; LEO's are {', '.join(LEO)}."
        elif name.startswith("#"):
            step = "The temporary table has not been made, or not in this session."
        else:
            places = [db for db, view in self.leo if view == name]
            same = [f"{key[1]}.{name}" for key in self.entries if key[2] == name]
            names = same or nearest(name, [key[2] for key in self.entries])
            if places:
                step = f"LEO's view is {places[0]}.[{self.project}].{name}."
            elif names:
                step = f"Did you mean {', '.join(names)}?"
            else:
                step = "The script has not made it so far."
        return sql_error(208, shown, step=step, at=at)

    def called(self, physical: str) -> str:
        """Return the full name of the table that DuckDB knows by another name, or ''."""
        for entry in (*self.entries.values(), *self.variables.values()):
            if isinstance(entry, Table) and entry.physical == physical:
                return self.full_name(entry)
        return ""

    def full_name(self, table: Table) -> str:
        """Return the name of a table with its database, as SQL Server's errors write it."""
        if table.name.startswith("@"):
            return table.name
        database = self.databases.get(table.database, table.database)
        return f"{database}.{table.schema}.{table.name}"

    @staticmethod
    def schema_for(parts: list[str]) -> str:
        """Return the schema of what is made under a name; one before a #table does not count."""
        named = len(parts) > 1 and parts[-2] and not parts[-1].startswith("#")
        return parts[-2] if named else "dbo"

    def writable(self, parts: list[str], at: int | None) -> tuple[Key3, str]:
        """Return where something may be made, and the name as written; LEO is read-only."""
        key = self.resolve(parts)
        database, schema, _ = key
        if self.is_leo(database):
            raise TSqlError(
                f"CREATE TABLE permission denied in database '{database}'.", 262,
                "The LEO databases are read-only; write USE and your project's database first.", at,
            )  # fmt: skip
        if database not in self.databases or database == "master":
            raise sql_error(2702, database, at=at)
        if (database, schema) not in self.schemas or schema in _SYSTEM:
            raise sql_error(2760, schema, step=f"Write create schema {schema} first.", at=at)
        return key, parts[-1]

    def source(
        self, entry: Table | View | LeoView, alias: str, binder: Queries
    ) -> tuple[str, list[Col]]:
        """Return the SQL of a source in FROM and its columns."""
        if isinstance(entry, LeoView):
            cols = []
            for name, t, duck in entry.columns:
                sql = f"{alias}.{quote(name)}"
                cols.append(Col(name, t, f"CAST({sql} AS SMALLINT)" if duck == "TINYINT" else sql))
            return f"{entry.database}.{quote(entry.schema)}.{quote(entry.name)} AS {alias}", cols
        if isinstance(entry, View):
            held, binder.ctes = binder.ctes, {}
            query = binder.query(entry.tree, None)
            binder.ctes = held
            names = list(entry.names) or [c.name for c in query.cols]
            cols = [  # a view's column has a type, so NULL alone is an int
                Col(n, T("int") if c.t.name == "null" else c.t.plain, f"{alias}.c{i}", c.firm)
                for i, (n, c) in enumerate(zip(names, query.cols, strict=True), 1)
            ]
            return f"({query.sql}) AS {alias}", cols
        stored = [
            Col(c.name, c.t, f"{alias}.{quote(c.name)}", not c.nullable, c.identity)
            for c in entry.columns
            if c.computed is None
        ]
        sql = f"{quote(entry.physical)} AS {alias}"
        if len(stored) == len(entry.columns):
            return sql, stored
        # worked out below a join, so that its outer rows have NULL there and not what NULL gives
        scope = Scope(None, [Source(entry.name, stored, alias)])
        items, by_name = [], {c.name: c for c in stored}
        for column in entry.columns:
            if column.computed is not None:
                v = binder.convert(binder.expr(column.computed, scope), column.t, "explicit")
                items.append(f"{v.sql} AS {quote(column.name)}")
                name = f"{alias}.{quote(column.name)}"
                by_name[column.name] = Col(column.name, column.t, name)
        watch = binder.session.watch
        if watch is not None and entry.id not in watch.before:
            scope.from_sql = sql
            binder.look(scope)
        sql = f"(SELECT {alias}.rowid, {alias}.*, {', '.join(items)} FROM {sql}) AS {alias}"
        return sql, [by_name[c.name] for c in entry.columns]

    def drop_schema(self, database: str, schema: str) -> None:
        """Forget an empty schema."""
        if any(key[:2] == (database, schema) for key in self.entries):
            raise sql_error(3729, schema)
        del self.schemas[database, schema]

    def listed(self, database: str, columns: bool = False) -> list[Table | View | LeoView]:
        """Return the tables and views of a database."""
        found = [e for key, e in self.entries.items() if key[0] == database]
        if self.is_leo(database):
            found += self._describe_all(database) if columns else [
                LeoView(db, self.project, view, ())
                for (db, _), view in self.leo.items() if db == database
            ]  # fmt: skip
        return found
