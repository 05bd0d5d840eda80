"""What follows an error: the script stops, or it goes on where SQL Server would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .blocks import word
from .effects import effect_of
from .errors import Refused, TSqlError, sql_error
from .lexer import Script
from .splitter import last_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .blocks import Simple
    from .interpreter import Interpreter

__all__ = [
    "Ended",
    "check_writable",
    "ends",
    "finish",
    "goes_on",
    "met",
    "not_started",
    "outside",
    "scripts",
]


_COUNT = 266  # an EXEC has left another number of transactions than it found
_KEPT = {_COUNT, 2748, 2786, 2787}  # what XACT_ABORT leaves alone: RAISERROR's own, too
_CHANGES = {"INSERT", "UPDATE", "DELETE", "MERGE"}
_LOGGED = _CHANGES | {"CREATE", "ALTER", "DROP", "TRUNCATE", "SAVE", "COMMIT", "BEGIN"}
_INDEXES = {"INDEX", "UNIQUE", "CLUSTERED", "NONCLUSTERED", "COLUMNSTORE", "STATISTICS"}


class Ended(Exception):
    """What EXEC runs is over, or a batch; if `whole`, then also the batch around the EXEC."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole


def goes_on(on_error: str) -> bool:
    """Read what `run` was asked to do on an error: whether to go on."""
    if on_error not in ("stop", "continue"):
        raise TSqlError(f"on_error is {on_error!r}.", None, 'Give it "stop" or "continue".')
    return on_error == "continue"


def ends(error: TSqlError, statement: Simple, xact_abort: bool) -> tuple[str, bool]:
    """Return what an error ends, if nothing catches it, and whether it rolls back.

    Parameters
    ----------
    error : TSqlError
        What went wrong.
    statement : Simple
        Where it was met.
    xact_abort : bool
        Whether SET XACT_ABORT is ON.

    Returns
    -------
    tuple of str and bool
        ``statement``, ``scope`` (what EXEC runs, or else the batch) or ``batch``.

    Examples
    --------
    >>> from leo_helpers.tsql.lexer import Script
    >>> from leo_helpers.tsql.splitter import split
    >>> (batch,) = split(Script("insert t values (1)"))
    >>> ends(TSqlError("", 2627), batch.body[0], False)
    ('statement', False)
    >>> ends(TSqlError("", 2627), batch.body[0], True)
    ('batch', True)
    """
    known = effect_of(error.number)
    if error.origin == "RAISERROR":
        return "statement", False
    if error.origin == "THROW":
        return "batch", xact_abort
    compiled = known.ends == "compile"
    structure = _structural(statement) and error.severity > 11 and not compiled
    if known.ends == "batch" or structure:
        return "batch", True
    exempt = (
        error.severity <= 11 or error.number in _KEPT or (error.nested and error.severity == 15)
    )
    if xact_abort and not exempt:
        return "batch", True
    return "scope" if compiled and not error.nested else "statement", False


def _structural(statement: Simple) -> bool:
    """Tell whether a statement changes what a table or an index is made of."""
    second = word(statement.tokens[1]) if len(statement.tokens) > 1 else ""
    if statement.word in ("ALTER", "DROP", "TRUNCATE"):
        return second == "TABLE"
    return statement.word in ("CREATE", "UPDATE") and second in _INDEXES


def met(
    interpreter: Interpreter, error: TSqlError, statement: Simple, at: int | None = None
) -> None:
    """Deal with an error: return if the next statement runs, and raise if not.

    Raises
    ------
    TSqlError
        The error itself, if a TRY catches it or the script stops.
    Ended
        If the rest of the batch, or of the text that EXEC runs, is left out.
    """
    session = interpreter.session
    interpreter.locate(error, statement, at)
    if isinstance(error, Refused) or error.number is None:
        if not session.going_on:
            raise error
        record(interpreter, error)
        raise Ended(True)
    what, undone = ends(error, statement, session.xact_abort)
    if interpreter.catches(error):
        dooms = undone or session.xact_abort or error.number == _COUNT
        session.doomed |= bool(session.trancount) and dooms
        raise error
    if undone and session.trancount:
        interpreter.undo_all()
    if not session.going_on and not error.passed:
        raise error
    record(interpreter, error)
    session.rowcount = 0
    if what != "statement":
        raise Ended(what == "batch")
    verb = session.verb if statement.word == "WITH" else statement.word
    if verb in _CHANGES and not error.nested:
        session.say("The statement has been terminated.")


def record(interpreter: Interpreter, error: TSqlError) -> None:
    """Say what went wrong as SQL Server does, and keep the error with its place in the script."""
    session = interpreter.session
    kept = outside(error) if session.nesting else error
    kept.locate(*session.exec_place)
    session.say((error if error.number else kept).report)
    session.error_number = error.number or session.error_number
    session.result.errors.append(kept)


def outside(error: TSqlError) -> TSqlError:
    """Say that the line is that of the executed text, and leave room for the script's own."""
    kind = Refused if isinstance(error, Refused) else TSqlError
    out = kind.__new__(kind)
    TSqlError.__init__(out, error.message, error.number, error.next_step)
    here = f" (line {error.line}, column {error.column} of the executed text)"
    out.within, out.own_line = here + error.within, error.own_line or error.line
    out.severity, out.state, out.origin = error.severity, error.state, error.origin
    out.nested = True
    return out


def not_started(interpreter: Interpreter, problems: list[TSqlError]) -> None:
    """Deal with a batch, or a text of EXEC, that cannot be compiled: nothing of it runs."""
    session, first = interpreter.session, problems[0]
    if not session.going_on or (interpreter.outer_trying and not isinstance(first, Refused)):
        raise first
    for problem in problems:
        record(interpreter, problem)
    if not session.nesting:
        return
    undone = session.xact_abort and first.severity > 15
    if undone and session.trancount:
        interpreter.undo_all()
    if undone or isinstance(first, Refused):
        raise Ended(True)


def check_writable(interpreter: Interpreter, statement: Simple) -> None:
    """Raise error 3930 if a transaction that can only be rolled back would be written to."""
    tokens, verb = statement.tokens, statement.word
    if verb == "WITH":
        verb = next((word(t) for t in tokens if word(t) in _CHANGES), "")
    named = [t.text for t in tokens[1:4]]
    logged = verb in _LOGGED or any(word(t) == "INTO" for t in tokens if verb == "SELECT")
    own = verb in _CHANGES and "@" in named  # a table variable is outside of transactions
    if interpreter.session.doomed and logged and not own:
        raise sql_error(3930)


def finish(interpreter: Interpreter, last: Simple | None) -> None:
    """End a batch: a transaction that cannot be committed is rolled back, which is an error."""
    session = interpreter.session
    if not session.doomed or session.nesting:
        return
    interpreter.undo_all()
    error = sql_error(3998, step="Write rollback in CATCH.")
    if last is not None:
        interpreter.locate(error, last)
    if not session.going_on:
        raise error
    record(interpreter, error)


def scripts(interpreter: Interpreter, text: str) -> Iterator[Script]:
    """Yield a script; or, if a quote or a comment of it never ends, the batches before that one."""
    try:
        whole = Script(text)
    except TSqlError as error:
        if not interpreter.session.going_on:
            raise
        unread = error
    else:
        yield whole
        return
    readable = Script(text[: unread.at])
    if cut := last_batch(readable):
        yield Script(text[:cut])
    interpreter.source = readable
    record(interpreter, unread)
