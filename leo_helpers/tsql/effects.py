"""What each of SQL Server's errors ends: its statement, the text being run, or the whole batch."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

__all__ = ["SOURCES", "Effect", "effect_of", "effects"]


_EVENTS = "https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/"
#: What the rows of ``effects.csv`` rest on.
SOURCES = {
    "events": _EVENTS + "database-engine-events-and-errors",
    "resolution": "https://learn.microsoft.com/en-us/previous-versions/sql/sql-server-2008-r2/"
    "ms190686(v=sql.105)",  # Deferred Name Resolution and Compilation
    "raiserror": "https://learn.microsoft.com/en-us/sql/t-sql/language-elements/"
    "raiserror-transact-sql",
    # Sommarskog's table of which errors end the batch and which the statement.
    "background": "https://www.sommarskog.se/error-handling-I.html",
    # The lists by which an open server of T-SQL follows SQL Server's transactions.
    "babelfish": "https://github.com/babelfish-for-postgresql/babelfish_extensions/blob/"
    "BABEL_5_X_DEV/contrib/babelfishpg_tsql/src/err_handler.c",
    # The notes of SqlServerSimulator, a public project: each was tried on SQL Server 2025.
    "probed": "SqlServerSimulator, notes on transactions and on control flow",
    # Nothing was found on this number: most errors end their statement only.
    "default": "https://learn.microsoft.com/en-us/sql/t-sql/statements/set-xact-abort-transact-sql",
}


@dataclass(frozen=True)
class Effect:
    """What an error does.

    Attributes
    ----------
    level, state : int
        As in "Msg 3701, Level 11, State 5".
    ends : str
        ``statement``; ``compile`` (found before anything runs, so that the batch does not start,
        or when a statement is reached whose tables were not there before: then the rest of its
        text ends); or ``batch``, which also rolls an open transaction back.
    source : str
        A key of `SOURCES`.
    """

    level: int = 16
    state: int = 1
    ends: str = "statement"
    source: str = "default"


@lru_cache(maxsize=1)
def effects() -> dict[int, Effect]:
    """Return what every error ends that the rehearsal raises, by its number.

    Examples
    --------
    >>> effects()[2627].ends, effects()[245].ends, effects()[208].ends
    ('statement', 'batch', 'compile')
    """
    file = resources.files(__package__) / "effects.csv"
    with file.open(encoding="utf-8", newline="") as rows:
        return {
            int(row["number"]): Effect(
                int(row["level"]), int(row["state"]), row["ends"], row["source"]
            )
            for row in csv.DictReader(rows)
        }


def effect_of(number: int | None) -> Effect:
    """Return what an error ends; one of the script's own is as RAISERROR's.

    Examples
    --------
    >>> effect_of(3701).level
    11
    """
    return effects().get(number or 0, Effect())
