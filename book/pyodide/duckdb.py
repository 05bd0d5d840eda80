"""DuckDB in the browser, under the name and with the few calls that ``leo_helpers.tsql`` uses.

The engine is the one that the page runs SQL in; ``leo_engine`` is given by the page's worker.
"""

import datetime as dt
import json
from decimal import Decimal

import leo_engine  # made by playground-worker.js


class Error(Exception):
    """What DuckDB says about a statement."""


#: How a value comes over from the page, by the kind of its column.
READ = {
    "int": int,
    "float": float,
    "decimal": Decimal,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "bytes": bytes.fromhex,
}


def query(sql):
    """Return the kinds, the names and the rows of one statement."""
    answer = json.loads(leo_engine.query(sql))
    if "error" in answer:
        raise Error(answer["error"])
    reads = [READ.get(kind, lambda value: value) for kind in answer["kinds"]]
    rows = [
        tuple(None if v is None else read(v) for v, read in zip(row, reads, strict=True))
        for row in answer["rows"]
    ]
    return answer["kinds"], answer["names"], rows


def literal(value):
    """Return a value as DuckDB SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, bytes):
        return f"unhex('{value.hex()}')"
    text = str(value).replace("'", "''")
    return f"'{text}'"


class Table:
    """Rows with names and types of DuckDB: as much of an Arrow table as is needed here."""

    def __init__(self, names, types, rows):
        self.names, self.types, self.rows = names, types, rows

    @property
    def num_rows(self):
        """How many rows there are."""
        return len(self.rows)

    def rename_columns(self, names):
        """Return the same rows under other names."""
        return Table(names, self.types, self.rows)


class Connection:
    """One connection; the page has one engine for all."""

    def execute(self, sql):
        """Run a statement and keep its rows."""
        self.kinds, self.names, self.rows = query(sql)
        return self

    def fetchall(self):
        """Return the rows that are left."""
        rows, self.rows = self.rows, []
        return rows

    def fetchone(self):
        """Return the next row, or None."""
        return self.rows.pop(0) if self.rows else None

    def register(self, name, table):
        """Make rows readable under a name."""
        columns = ", ".join(
            f'CAST(column{i} AS {kind}) AS "{name}"'
            for i, (name, kind) in enumerate(zip(table.names, table.types, strict=True))
        )
        rows = table.rows or [(None,) * len(table.names)]
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        end = "" if table.rows else " LIMIT 0"
        aliases = ", ".join(f"column{i}" for i in range(len(table.names)))
        query(
            f'CREATE OR REPLACE TEMP TABLE "{name}" AS '
            f"SELECT {columns} FROM (VALUES {values}) AS v({aliases}){end}"
        )
