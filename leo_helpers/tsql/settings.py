"""SET options: what the rehearsal follows, what changes no answer, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .blocks import word, words
from .errors import Refused, sql_error
from .store import Table

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter

__all__ = ["set_option"]


#: Options that change no answer here, whatever they are set to.
_IGNORED = words(
    "NOCOUNT STATISTICS DEADLOCK_PRIORITY LOCK_TIMEOUT TRANSACTION "
    "CURSOR_CLOSE_ON_COMMIT FORCEPLAN QUERY_GOVERNOR_COST_LIMIT TEXTSIZE"
)
#: Options of which only the value that SQL Server starts with is followed.
_ONLY_ON = words(
    "ANSI_NULLS ANSI_WARNINGS ARITHABORT CONCAT_NULL_YIELDS_NULL "
    "QUOTED_IDENTIFIER ANSI_NULL_DFLT_ON ANSI_DEFAULTS"
)
_ONLY_OFF = words(
    "IMPLICIT_TRANSACTIONS NOEXEC PARSEONLY FMTONLY SHOWPLAN_ALL SHOWPLAN_TEXT SHOWPLAN_XML "
    "ARITHIGNORE NUMERIC_ROUNDABORT"
)
#: What one SET may list with commas, all to be on or all off.
_SWITCHES = _ONLY_ON | _ONLY_OFF | _IGNORED | {"XACT_ABORT", "ANSI_PADDING"}
#: What SET ANSI_WARNINGS OFF lets pass stays an error here, so no answer can differ.
_WITHOUT_WARNINGS = (
    "with ANSI_WARNINGS OFF SQL Server cuts texts that are too long, and can give NULL for a "
    "division by zero or an overflow. Here these stay errors."
)
_LANGUAGES = {
    "us_english": ("mdy", 7),
    "english": ("mdy", 7),
    "british": ("dmy", 1),
    "british english": ("dmy", 1),
}


def set_option(interpreter: Interpreter, statement: Simple) -> None:
    """Follow SET option value."""
    session, tokens = interpreter.session, statement.tokens
    names = [t for t in tokens[1:] if t.text != ","]
    name, value = word(names[0]) if names else "", names[-1] if len(names) > 1 else None
    on = word(value) == "ON"
    given = [t.text.upper() for t in names[:-1]]
    if given and all(n in _SWITCHES for n in given) and word(value) in ("ON", "OFF"):
        for option in given:
            if option == "ANSI_WARNINGS" and not on:
                line = interpreter.source.place(statement.start)[0]
                session.say(f"Note, line {line}: {_WITHOUT_WARNINGS}")
                continue
            if (option in _ONLY_ON and not on) or (option in _ONLY_OFF and on):
                raise Refused(f"SET {option} {word(value)} is not followed here.")
            if option == "XACT_ABORT":
                session.xact_abort = on
            elif option == "ANSI_PADDING":
                session.padding = on
        return
    if name in _IGNORED:
        return
    if name == "DATEFIRST" and value is not None:
        number = (
            interpreter.value([value])[0].const
            if value.text.isdigit()
            else session.variable(value.text, value.start).const
        )
        if not isinstance(number, int) or not 1 <= number <= 7:
            raise sql_error(2742)
        session.datefirst = number
    elif name == "DATEFORMAT" and value is not None:
        if value.text.lower() not in ("dmy", "mdy", "ymd"):
            raise Refused(
                f"SET DATEFORMAT {value.text} is not followed here.", "Use dmy, mdy or ymd."
            )
        session.dateformat = value.text.lower()
    elif name == "LANGUAGE" and value is not None:
        if value.text.lower() not in _LANGUAGES:
            raise Refused(
                f"SET LANGUAGE {value.text} is not followed here.", "Use British or us_english."
            )
        session.dateformat, session.datefirst = _LANGUAGES[value.text.lower()]
    elif name == "IDENTITY_INSERT":
        from .cursor import Cursor

        parts = Cursor(tokens, 2).name()
        entry = session.find(parts, tokens[2].start)
        if not isinstance(entry, Table) or not any(c.identity for c in entry.columns):
            raise sql_error(8106, ".".join(parts))
        held = session.identity_insert
        other = next((e for e in session.store.entries.values() if e.id == held != entry.id), None)
        if on and other is not None:
            raise sql_error(8107, session.store.full_name(other), ".".join(parts))
        if on or held == entry.id:
            session.identity_insert = entry.id if on else None
    elif name == "ROWCOUNT" and value is not None and value.text == "0":
        return
    else:
        raise Refused(f"SET {' '.join(t.text for t in tokens[1:3])} is not followed here.")
