"""What OBJECT_ID, SCHEMA_ID, COL_LENGTH and their like find in a session."""

from __future__ import annotations

from .names import split_name
from .sqltypes import bytes_of
from .store import Store, Table
from .system import TYPE_IDS, column_facts

__all__ = ["Lookups"]


class Lookups:
    """The questions that a script asks about names; `Session` answers them."""

    store: Store
    identities: dict[int, int]
    database: str
    project: str

    def object_id(self, name: str, kind: str | None) -> int | None:
        """Return what OBJECT_ID gives for a name."""
        parts = split_name(name)
        if not parts:
            return None
        entry = self.store.find(parts)
        if entry is None or parts[-1].startswith("@"):
            return None
        if parts[-1].startswith("#") and (len(parts) == 1 and self.database.lower() != "tempdb"):
            return None  # a temporary table lives in tempdb: OBJECT_ID('#t') finds nothing
        wanted = (kind or "").strip().upper()
        is_table = isinstance(entry, Table)
        return entry.id if wanted in ("", "U" if is_table else "V") else None

    def schema_id(self, name: str | None) -> int | None:
        """Return what SCHEMA_ID gives for a name."""
        database = self.database.lower()
        schema = self.store.default_schema(database) if name is None else name.strip()
        return self.store.schemas.get((database, schema.lower()), (None, ""))[0]

    def names_by_number(self, kind: str, database_id: int | None = None) -> dict[int, str]:
        """Return what SCHEMA_NAME, OBJECT_NAME and their like give, for every number."""
        if kind == "type":
            return {number: name for name, number in TYPE_IDS.items()}
        databases = list(self.store.databases)
        if kind == "database":
            return dict(enumerate(databases, 1))
        if kind == "user":
            return {1: "dbo", 2: "guest", 3: "INFORMATION_SCHEMA", 4: "sys"}
        database = self.database.lower()
        if database_id is not None:
            if not 1 <= database_id <= len(databases):
                return {}
            database = databases[database_id - 1]
        if kind == "schema":
            return {i: name for (db, _), (i, name) in self.store.schemas.items() if db == database}
        found = self.store.listed(database)
        return {e.id: e.name if kind == "object" else self.store.schema_of(e)[1] for e in found}

    def db_id(self, name: str) -> int | None:
        """Return what DB_ID gives for a name."""
        names = list(self.store.databases)
        return names.index(name.lower()) + 1 if name.lower() in names else None

    def col_length(self, table: str, column: str) -> int | None:
        """Return what COL_LENGTH gives: bytes, or None when there is no such column."""
        entry = self.store.find(split_name(table) or [""])
        if entry is None:
            return None
        for name, t, _ in column_facts(entry, self.store):
            if name.lower() == column.lower():
                return bytes_of(t)
        return None

    def identity_facts(self, table: str) -> dict[str, int]:
        """Return first, step and last number of a table's identity column; {} without one."""
        entry = self.store.find(split_name(table) or [""])
        for column in entry.columns if isinstance(entry, Table) else ():
            if column.identity:
                seed, step = column.identity
                next_one = self.identities.get(entry.id, seed)
                last = seed if next_one == seed else next_one - step
                return {"seed": seed, "step": step, "last": last}
        return {}
