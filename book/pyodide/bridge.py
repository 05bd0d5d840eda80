"""What the page's worker calls: run a T-SQL script and return all that it gave, as JSON."""

import json
from functools import cache

import duckdb

from leo_helpers.errors import LeoError
from leo_helpers.tsql.session import Session

#: A loop without an end must stop by itself: the page cannot interrupt it.
MOST_STEPS = 5_000

# The clock of the machine's own place is in a part of the engine that is not here: this is UTC.
CLOCK = (
    "CREATE OR REPLACE MACRO current_localtimestamp() AS "
    "make_timestamp(epoch_us(get_current_timestamp()))"
)


class BrowserSession(Session):
    """A session whose result sets are plain rows instead of pandas frames."""

    def frame(self, query):
        """Add a result set and return its number of rows."""
        columns = ", ".join(
            f"CAST(c{i} AS {c.t.duck}) AS c{i}" for i, c in enumerate(query.cols, 1)
        )
        alias = ", ".join(f"c{i}" for i in range(1, len(query.cols) + 1))
        rows = self.fetch(f"SELECT {columns} FROM ({query.sql}) AS q({alias})")
        names = [c.name for c in query.cols]
        table = duckdb.Table(names, [c.t.duck for c in query.cols], rows)
        self.result.frames.append(table)
        self.result._tables.append((table, query.cols))
        self.result.types.append([str(c.t) for c in query.cols])
        return len(rows)


def shown(value):
    """Return a value as the text that the page shows; None stays."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(int(value))
    return f"0x{value.hex().upper()}" if isinstance(value, bytes) else str(value)


@cache
def session():
    """Return the one session of the page; its functions can be made only once in an engine."""
    duckdb.query(CLOCK)
    return BrowserSession(max_steps=MOST_STEPS)


def run(script):
    """Run a script as on a new connection."""
    held, error = session(), None
    held.store.open()  # views that the page has fetched since
    try:
        held.run(script)
    except LeoError as found:
        error = str(found)
    finally:
        result = held.result
        held.reset()
    tables = [
        {"names": held.names, "types": types, "rows": [list(map(shown, row)) for row in held.rows]}
        for held, types in zip(result.frames, result.types, strict=True)
    ]
    return json.dumps({"error": error, "messages": result.messages, "results": tables})
