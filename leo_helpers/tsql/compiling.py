"""What SQL Server finds while it compiles a batch, before any statement of it runs.

Syntax, variables and the names of columns are looked at first. A statement one of whose tables is
not there yet is left until it is reached ("deferred name resolution").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlglot import exp

from . import assign
from .blocks import Block, If, Node, Simple, Try, While, statements, word
from .effects import effect_of
from .errors import Reached, Refused, TSqlError, sql_error
from .fetching import query_tokens
from .sources import table_parts
from .survey import trees
from .value import V

if TYPE_CHECKING:
    from .interpreter import Interpreter
    from .session import Session

__all__ = ["hoist", "problems"]


_TRIED = {
    "SELECT", "WITH", "(", "INSERT", "UPDATE", "DELETE", "MERGE", "DECLARE", "SET", "PRINT",
    "CONDITION",
}  # fmt: skip
_LONG = 20_000  # tokens: rows upon rows of VALUES are read once only, when they are reached
_SYNTAX = 15  # the level of what the parser finds
_PUT_GO = (
    "If this batch makes the column, put GO before this statement: SQL Server reads a batch before"
    " it runs."
)


def problems(interpreter: Interpreter, body: list[Node]) -> list[TSqlError]:
    """Return what keeps a batch from running: its first error of syntax, or all wrong names.

    Parameters
    ----------
    interpreter : Interpreter
        Whose session has the tables as they are before the batch.
    body : list of Node
        The batch.

    Returns
    -------
    list of TSqlError
        Each with its place; empty if the batch can start.
    """
    listed, remade = list(statements(body)), False
    found = [interpreter.locate(stray_error(s), s) for s in _stray(body)]
    found += [
        interpreter.locate(sql_error(178), s)
        for s in listed if s.word == "RETURN" and len(s.tokens) > 1
    ]  # fmt: skip
    if len(listed) > 1 and not any(map(_quotes, listed)):  # one alone fails alike when it runs
        with _compiling(interpreter.session):
            for statement in listed:
                error = _problem(interpreter, statement)
                if isinstance(error, Refused):
                    return [error]
                if error is not None:
                    found.append(error)
                    put_go = _PUT_GO if remade and error.number == 207 else ""
                    error.next_step = f"{error.next_step} {put_go}".strip()
                remade |= statement.word in ("ALTER", "CREATE", "DROP")
            interpreter.declared = {}
    syntax = [error for error in found if error.severity == _SYNTAX]
    return syntax[:1] or found


@contextmanager
def _compiling(session: Session) -> Iterator[None]:
    """Let statements be translated without being run, and leave no trace of it."""
    store, result = session.store, session.result
    held = store.entries, store.schemas, store.databases, store.variables
    kept = session.values, session.database, session.watch, len(result.messages)
    store.entries, store.schemas, store.databases = map(dict, held[:3])
    store.variables, session.values = dict(held[3]), dict(session.values)
    session.compiling, session.watch = True, None
    try:
        yield
    finally:
        session.compiling = False
        store.entries, store.schemas, store.databases, store.variables = held
        session.values, session.database, session.watch, said = kept
        del result.messages[said:]


def _problem(interpreter: Interpreter, statement: Simple) -> TSqlError | None:
    """Compile one statement, and return what SQL Server would say of it before the batch runs."""
    session = interpreter.session
    session.last_binder = None
    if statement.word == "USE":
        name = statement.tokens[1].text if len(statement.tokens) > 1 else ""
        session.database = session.store.databases.get(name.lower(), name)
        return None
    if statement.word not in _TRIED or len(statement.tokens) > _LONG:
        return None
    try:
        if assign.declares_variables(statement):
            for name, t, _ in interpreter.declarations(statement):
                if t is not None:  # known from here on
                    session.values[name] = (t, V(f"CAST(NULL AS {t.duck})", t))
        _translate(interpreter, statement)
    except Reached:
        return None
    except TSqlError as error:
        binder = session.last_binder
        at = binder.at if binder is not None else None
        if isinstance(error, Refused) and assign.declares_variables(statement):
            return interpreter.locate(error, statement, at)  # what reads the variable would fail
        return _judged(interpreter, statement, error, at)
    except Exception:  # whatever it is, it comes again, with its line, if the statement is reached
        return None
    return None


def _translate(interpreter: Interpreter, statement: Simple) -> None:
    from .interpreter import HANDLERS

    tokens = statement.tokens
    if statement.word == "CONDITION":
        interpreter.condition(statement)
    elif statement.word == "SET" and (len(tokens) < 2 or tokens[1].text != "@"):
        return
    elif query_tokens(tokens) or (
        statement.word == "DECLARE" and not assign.declares_variables(statement)
    ):
        list(trees(statement, interpreter.source.text))  # a cursor's query
    else:
        HANDLERS[statement.word](interpreter, statement)


def _judged(
    interpreter: Interpreter, statement: Simple, error: TSqlError, at: int | None
) -> TSqlError | None:
    """Return what SQL Server finds at once: an error of syntax even where a table is missing."""
    if not _at_once(error):
        try:
            list(trees(statement, interpreter.source.text))
        except TSqlError as other:
            error, at = other, None
    if not _at_once(error):
        return None
    if error.severity != _SYNTAX and _waits(interpreter, statement):
        return None
    return interpreter.locate(error, statement, at)


def _quotes(statement: Simple) -> bool:
    """Tell whether a statement changes how the rest of its batch is read."""
    return statement.word == "SET" and any(
        word(token) == "QUOTED_IDENTIFIER" for token in statement.tokens
    )


def _at_once(error: TSqlError) -> bool:
    refused = isinstance(error, Refused) or error.number == 208
    return not refused and effect_of(error.number).ends == "compile"


def _waits(interpreter: Interpreter, statement: Simple) -> bool:
    """Tell whether a statement reads a table that is not there before the batch runs."""
    for tree in trees(statement, interpreter.source.text):
        own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        for node in tree.find_all(exp.Table):
            if isinstance(node.this, exp.Anonymous):
                continue
            parts = table_parts(node)
            if len(parts) == 1 and parts[0].lower() in own:
                continue
            try:
                interpreter.session.find(parts)
            except TSqlError:
                return True
    return False


def _stray(nodes: list[Node]) -> Iterator[Simple]:
    """Yield BREAK and CONTINUE outside a loop."""
    for node in nodes:
        if isinstance(node, Simple):
            if word(node.tokens[0]) in ("BREAK", "CONTINUE"):
                yield node
        elif isinstance(node, Block):
            yield from _stray(node.body)
        elif isinstance(node, If):
            yield from _stray([node.then, *([node.other] if node.other else [])])
        elif isinstance(node, Try):
            yield from _stray([*node.body, *node.catch])
        else:
            assert isinstance(node, While)


def stray_error(statement: Simple) -> TSqlError:
    """Return what SQL Server says of BREAK or CONTINUE outside a loop."""
    return sql_error(135 if statement.word == "BREAK" else 136)


def hoist(interpreter: Interpreter, body: list[Node]) -> None:
    """Make known every variable of a batch, as SQL Server does before it runs."""
    session, made = interpreter.session, set()
    for statement in statements(body):
        table = assign.temporary_made(statement)
        if table in made:
            session.say(
                f"Note, line {interpreter.source.place(statement.start)[0]}: {table} is made twice "
                "in one batch, which SQL Server refuses (2714). Put GO between."
            )
        made |= {table} - {""}
        if assign.declares_variables(statement):
            for name, t, _ in interpreter.declarations(statement):
                if t is not None and name in interpreter.declared:
                    raise interpreter.locate(sql_error(134, name), statement)
                if t is not None:
                    interpreter.declared[name] = id(statement)
                    session.values[name] = (t, V(f"CAST(NULL AS {t.duck})", t))
