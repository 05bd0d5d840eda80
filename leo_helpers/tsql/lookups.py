"""What OBJECT_ID, SCHEMA_ID, COL_LENGTH and their like find in a session."""

from __future__ import annotations

from typing import Any

from .names import split_name
from .store import Store, Table
from .system import column_facts

__all__ = ["Lookups"]


class Lookups:
    """The questions that a script asks about names; `Session` answers them."""

    store: Store
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
        if self.store.is_leo(database):
            return 5 if (name or "").lower() == self.project.lower() else None
        return self.store.schemas.get((database, (name or "dbo").strip().lower()))

    def schema_name(self, number: Any) -> str | None:
        """Return what SCHEMA_NAME gives for a number."""
        return next(
            (
                s
                for (db, s), i in self.store.schemas.items()
                if i == number and db == self.database.lower()
            ),
            None,
        )

    def object_name(self, number: Any) -> str | None:
        """Return what OBJECT_NAME gives for a number."""
        return next((e.name for e in self.store.entries.values() if e.id == number), None)

    def db_id(self, name: str | None) -> int | None:
        """Return what DB_ID gives for a name."""
        names = list(self.store.databases)
        low = (name or self.database).lower()
        return names.index(low) + 1 if low in names else None

    def col_length(self, table: str, column: str) -> int | None:
        """Return what COL_LENGTH gives: bytes, or None when there is no such column."""
        entry = self.store.find(split_name(table) or [""])
        if entry is None:
            return None
        for name, t, _ in column_facts(entry, self.store):
            if name.lower() == column.lower():
                if t.is_string or t.name == "varbinary":
                    return -1 if t.n is None else t.n * (2 if t.name[0] == "n" else 1)
                return {"int": 4, "bigint": 8, "smallint": 2, "tinyint": 1, "bit": 1, "date": 3,
                        "datetime": 8, "float": 8, "decimal": 9}.get(t.name, 8)  # fmt: skip
        return None
