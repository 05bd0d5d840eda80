"""Which statements are not run, told from their first words, for `check`."""

from __future__ import annotations

from .blocks import word
from .execute import SHOWN, procedure
from .foreign import not_begun
from .interpreter import HANDLERS
from .survey import Statement

__all__ = ["not_run"]


_BEFORE_KIND = {"OR", "ALTER", "UNIQUE", "CLUSTERED", "NONCLUSTERED", "COLUMNSTORE"}
_KINDS = {"TABLE", "VIEW", "INDEX", "SCHEMA", "STATISTICS"}
_PROCEDURES = {"sp_executesql", "sp_rename", *SHOWN}


def not_run(statement: Statement) -> tuple[str, str] | None:
    """Return what a statement is and what to do instead, if it is refused whatever it holds.

    Examples
    --------
    >>> from leo_helpers.tsql import survey
    >>> found, = survey("create procedure p as select 1 as x")
    >>> not_run(found)
    ('CREATE PROCEDURE', 'Put its statements into the script.')
    """
    first, tokens = statement.word, statement.tokens
    if first == "CONDITION":
        return None
    if first not in HANDLERS:
        return first, not_begun(tokens).next_step or "Leave it out."
    if first in ("CREATE", "ALTER", "DROP"):
        kind = next((w for w in map(word, tokens[1:]) if w not in _BEFORE_KIND), "")
        if kind not in _KINDS:
            return f"{first} {kind}", "Put its statements into the script."
    name = procedure(tokens)
    if name and name not in _PROCEDURES:
        return f"The procedure {name}", "Put its statements into the script."
    return None
