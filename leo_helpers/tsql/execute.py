"""EXEC of a string and sp_executesql: a batch of its own, with variables of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

from .alter import rename_column
from .blocks import word, words
from .cursor import Cursor, split_commas
from .errors import Refused, TSqlError, sql_error
from .failure import outside
from .lexer import Script, lead_tokens
from .sqltypes import T
from .store import Table
from .value import V

if TYPE_CHECKING:
    from .blocks import Simple
    from .interpreter import Interpreter

__all__ = ["SHOWN", "execute", "procedure"]


_DEEPEST = 32
#: What SET changes in a text that EXEC runs ends with it.
_SETTINGS = ("xact_abort", "datefirst", "dateformat", "padding")
#: Procedures that show or look after what the server holds: they change no table.
SHOWN = words(
    "sp_help sp_helpindex sp_helptext sp_columns sp_spaceused sp_who sp_who2 sp_tables "
    "sp_updatestats sp_recompile sp_addextendedproperty sp_updateextendedproperty "
    "sp_createstats sp_depends"
)


def execute(interpreter: Interpreter, statement: Simple) -> int | None:
    """Run EXEC ('...') or EXEC sp_executesql."""
    cursor, session = Cursor(statement.tokens, 1), interpreter.session
    if not session.nesting:
        source = interpreter.source
        text = source.text[statement.start : statement.end]
        session.exec_place = (*source.place(statement.start), text)
    if cursor.kind() == TokenType.L_PAREN:
        inner = cursor.brackets()
        if not cursor.done:
            raise Refused("EXEC ('...') AT another server is not run here.")
        return _batch(interpreter, _joined(interpreter, inner), {})
    code = ""
    if cursor.kind() == TokenType.PARAMETER and cursor.kind(2) == TokenType.EQ:
        code = cursor.identifier()[1:]
        cursor.i += 1
    name = cursor.name()[-1].lower()
    if name == "sp_executesql":
        rows = _sp_executesql(interpreter, cursor)
        if code:  # what did not fail returns 0
            interpreter.assign(code, lead_tokens("0"), "", statement.start)
        return rows
    if name == "sp_rename":
        return _sp_rename(interpreter, cursor)
    if name in SHOWN and statement.word != "INSERT":
        line = interpreter.source.place(statement.start)[0]
        session.error_number = 0
        session.say(f"Note, line {line}: {name} is left out; it changes no table.")
        return 0
    raise Refused(
        f"The procedure {name} is not run here.",
        "Only EXEC of a string and sp_executesql are.",
        statement.tokens[1].start,
    )


def procedure(tokens: list[Token]) -> str:
    """Return the name of the procedure that an EXEC calls; '' for EXEC of a text.

    Examples
    --------
    >>> from leo_helpers.tsql.lexer import tokenize
    >>> procedure(tokenize("exec @code = sys.sp_rename 'a.b', 'c'"))
    'sp_rename'
    """
    if word(tokens[0]) not in ("EXEC", "EXECUTE") or len(tokens) < 2 or tokens[1].text == "(":
        return ""
    given = len(tokens) > 3 and tokens[3].text == "="
    try:
        return Cursor(tokens, 4 if given else 1).name()[-1].lower()
    except TSqlError:
        return ""


def _joined(interpreter: Interpreter, tokens: list[Token]) -> str | None:
    """Join the texts and variables of EXEC (...): nothing else may stand there."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.PLUS:
            parts.append([])
        else:
            parts[-1].append(token)
    texts = []
    for part in parts:
        variable = len(part) == 2 and part[0].token_type == TokenType.PARAMETER
        text = len(part) == 1 and part[0].token_type in (
            TokenType.STRING,
            TokenType.NATIONAL_STRING,
        )
        if not (variable or text):
            wrong = part[0] if part else tokens[0]
            raise TSqlError(
                f"Incorrect syntax near '{wrong.text}'.",
                102,
                "Inside EXEC (...) only texts and variables may be "
                "joined; build the text "
                "in a variable first.",
                wrong.start,
            )
        texts.append(interpreter.value(part, T("nvarchar"))[0].const)
    return None if None in texts else "".join(map(str, texts))


def _sp_executesql(interpreter: Interpreter, cursor: Cursor) -> int | None:
    session = interpreter.session
    parts = split_commas(cursor.tokens[cursor.i :])
    texts: list[object] = []
    given: list[tuple[str, list, bool]] = []
    for part in parts:
        named = (
            len(part) > 3
            and part[0].token_type == TokenType.PARAMETER
            and part[2].token_type == TokenType.EQ
        )
        name, tokens = (part[1].text.lower(), part[3:]) if named else ("", part)
        out = word(tokens[-1]) in ("OUTPUT", "OUT") if tokens else False
        tokens = tokens[:-1] if out else tokens
        if out and (len(tokens) != 2 or tokens[0].token_type != TokenType.PARAMETER):
            raise sql_error(179, at=part[0].start)
        if len(texts) < 2 and name in ("", "stmt", "statement", "params", "parameters"):
            v = interpreter.value(tokens)[0]
            if v.t.name not in ("nvarchar", "nchar", "null"):
                which = "@parameters" if texts else "@statement"
                raise sql_error(214, which, "ntext/nchar/nvarchar", step="Write N'...'.")
            texts.append(v.const)
        else:
            given.append((name, tokens, out))
    declared = _parameters(str(texts[1])) if len(texts) > 1 and texts[1] else []
    values: dict[str, tuple[T, V]] = {}
    outs: list[tuple[str, str]] = []
    for i, (name, tokens, out) in enumerate(given):
        found = (
            next(((n, t) for n, t in declared if n == name), None)
            if name
            else declared[i]
            if i < len(declared)
            else None
        )
        if found is None:
            raise sql_error(8145, name or i + 1)
        values[found[0]] = (found[1], interpreter.value(tokens, found[1])[0])
        if out:
            outs.append((found[0], tokens[-1].text.lower()))
    for name, _ in declared:
        if name not in values:
            raise sql_error(8178, name)
    held = session.values
    rows = _batch(interpreter, texts[0] if texts else None, values, keep := {})
    for inner, outer in outs:
        t, _ = held[outer]
        binder = session.binder()
        done = binder.convert(keep[inner][1], t, "explicit")
        from .duck import to_value

        session.values[outer] = (t, to_value(session.evaluate(done.sql), t))
    return rows


def _sp_rename(interpreter: Interpreter, cursor: Cursor) -> int:
    """Give a table or, with 'COLUMN', one of its columns another name."""
    from .names import split_name

    session = interpreter.session
    session.error_number = 0
    values = [
        interpreter.value(
            p[3:]
            if p[0].token_type == TokenType.PARAMETER
            and len(p) > 3
            and p[2].token_type == TokenType.EQ
            else p
        )[0].const
        for p in split_commas(cursor.tokens[cursor.i :])
    ]
    old, new, kind = (*values, None)[:3] if len(values) < 3 else values[:3]
    parts = split_name(str(old))
    column = str(kind or "").upper() == "COLUMN"
    name = parts.pop() if column and len(parts) > 1 else ""
    entry = session.store.find(parts) if parts else None
    if not isinstance(entry, Table) or str(kind or "OBJECT").upper() not in ("OBJECT", "COLUMN"):
        raise Refused("sp_rename is run here for tables and columns that the script has made.")
    if column:
        if entry.column(name) is None or entry.column(str(new)) is not None:
            raise sql_error(15248, old)
        if any(c.computed is not None for c in entry.columns) or entry.checks:
            raise Refused(
                "sp_rename of a column in a table with computed columns or checks is not run here."
            )
        rename_column(session, entry, name, str(new))
        return 0
    key = (entry.database.lower(), entry.schema.lower(), entry.name.lower())
    new_key = (*key[:2], str(new).lower())
    if new_key in session.store.entries:
        raise sql_error(15335, new)
    entries = {k: e for k, e in session.store.entries.items() if k != key}
    session.store.entries = {**entries, new_key: replace(entry, name=str(new))}
    return 0


def _parameters(text: str) -> list[tuple[str, T]]:
    out = []
    for part in split_commas(Script(text).tokens):
        cursor = Cursor(part)
        name = cursor.identifier()[1:].lower()
        cursor.take("AS")
        out.append((name, cursor.data_type()))
    return out


def _batch(
    interpreter: Interpreter, text: object, values: dict, keep: dict | None = None
) -> int | None:
    """Run a text as a batch: its variables, USE and temporary tables end with it."""
    from .interpreter import Interpreter

    session = interpreter.session
    if text is None:
        return None
    if session.nesting >= _DEEPEST:
        raise sql_error(217)
    held, tables, database = session.values, session.store.variables, session.database
    cursors, session.cursors.local = session.cursors.local, {}
    settings = [getattr(session, name) for name in _SETTINGS]
    begun = session.trancount
    temporary = {key for key in session.store.entries if key[2].startswith("#")}
    session.values, session.store.variables = dict(values), {}
    session.nesting += 1
    session.error_number = 0
    around, session.around = session.around, temporary
    inner = Interpreter(session)
    inner.outer_trying = interpreter.trying + interpreter.outer_trying
    try:
        inner.script(Script(str(text)))
        if keep is not None:
            keep.update(session.values)
    except TSqlError as error:
        raise outside(error) from error
    finally:
        session.nesting -= 1
        session.around = around
        for name, value in zip(_SETTINGS, settings, strict=True):
            setattr(session, name, value)
        session.cursors.local = cursors
        session.values, session.store.variables, session.database = held, tables, database
        for key in [
            k
            for k in session.store.entries
            if k[2].startswith("#") and not k[2].startswith("##") and k not in temporary
        ]:
            del session.store.entries[key]
    if session.trancount != begun:
        raise sql_error(266, begun, session.trancount)
    return session.rowcount
