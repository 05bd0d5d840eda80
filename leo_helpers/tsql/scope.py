"""What names mean inside one statement: sources, their columns, and where grouping applies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .errors import sql_error
from .sqltypes import T
from .value import V, quote

__all__ = ["Col", "Query", "Scope", "Source", "from_query", "numbered", "weaken"]


@dataclass(frozen=True)
class Col:
    """A column as the script names it, its type, its SQL, and whether it is never NULL."""

    name: str
    t: T
    sql: str
    firm: bool = False
    identity: tuple[int, int] | None = None


@dataclass
class Source:
    """Something in a FROM clause: a table, view, subquery, list of values or common table."""

    name: str
    cols: list[Col]
    alias: str
    schema: str = ""
    database: str = ""
    entry: object = None
    recursive: bool = False
    #: For UPDATE and DELETE: SQL of the row's number, and the table's own column names.
    rid: str = ""
    base: dict[str, str] = field(default_factory=dict)

    def answers(self, table: str, schema: str, database: str) -> bool:
        """Tell whether a qualified column can mean this source."""
        return (
            self.name.lower() == table.lower()
            and schema.lower() in ("", self.schema.lower())
            and database.lower() in ("", self.database.lower())
        )

    def find(self, name: str) -> Col | None:
        """Return a column by its name, in any case."""
        low = name.lower()
        return next((col for col in self.cols if col.name.lower() == low), None)


@dataclass(frozen=True)
class Query:
    """A translated query; its columns are called c1, c2 ... in the SQL."""

    sql: str
    cols: list[Col]
    ordered: bool = False
    rid: tuple[object, dict[str, str]] | None = None


def numbered(count: int) -> list[str]:
    """Return the column names of a translated query."""
    return [f"c{i + 1}" for i in range(count)]


@dataclass
class Scope:
    """The sources of one SELECT, inside those of the query around it."""

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    #: GROUP BY: raw SQL of each grouped expression and what stands for it in the select list.
    groups: dict[str, V] | None = None
    group_kinds: set[type] = field(default_factory=set)
    grouping: dict[str, str] = field(default_factory=dict)
    in_aggregate: bool = False
    #: Whether each column of the aggregate at hand belongs to a query around this one.
    outside: set[bool] = field(default_factory=set)
    windows: bool = True
    #: SQL of the clauses as far as they are known, each source's own, and what a `Watch` has met.
    clause: str = "list"
    from_sql: str = ""
    where_sql: str = ""
    group_sql: str = ""
    froms: dict[str, str] = field(default_factory=dict)
    joining: tuple[str, str] | None = None
    met: list = field(default_factory=list)

    def chain(self) -> Iterator[Scope]:
        """Yield this scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def add(self, source: Source, at: int | None = None) -> None:
        """Add a source, whose name may stand only once."""
        low = source.name.lower()
        if low and any(
            other.name.lower() == low and other.schema == source.schema
            and other.database == source.database for other in self.sources
        ):  # fmt: skip
            raise sql_error(1013, source.name, source.name, step="Give each its own alias.", at=at)
        self.sources.append(source)

    def lookup(
        self, name: str, table: str, schema: str, database: str
    ) -> tuple[Scope, Source, Col] | None:
        """Find a column from the inside out; ambiguity is an error."""
        for scope in self.chain():
            found = []
            for source in scope.sources:
                if table and not source.answers(table, schema, database):
                    continue
                col = source.find(name)
                if col is not None:
                    found.append((scope, source, col))
            if len(found) > 1:
                raise sql_error(209, name, step="Write its alias before it.")
            if found:
                return found[0]
            if table and any(s.answers(table, schema, database) for s in scope.sources):
                return None
        return None


def weaken(sources: list[Source]) -> None:
    """Let every column of some sources be NULL, as the outer side of a join does."""
    for source in sources:
        source.cols = [replace(col, firm=False) for col in source.cols]


def from_query(query: Query, name: str, alias: str, names: list[str] | None = None) -> Source:
    """Return a source over a translated query, whose columns may be renamed."""
    given = names or [col.name for col in query.cols]
    cols = [
        replace(col, name=called, t=col.t.plain, sql=f"{alias}.{quote(f'c{i + 1}')}")
        for i, (called, col) in enumerate(zip(given, query.cols, strict=True))
    ]
    source = Source(name, cols, alias)
    if query.rid is not None:
        source.entry, held = query.rid
        source.rid = f"{alias}.c{len(cols) + 1}"
        source.base = {
            new.lower(): held[old.name.lower()]
            for new, old in zip(given, query.cols, strict=True) if old.name.lower() in held
        }  # fmt: skip
    return source
