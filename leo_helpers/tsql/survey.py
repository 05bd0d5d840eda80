"""What a script touches, without running it: statements with their trees, tables and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from .assign import after_with, variable_list
from .blocks import Simple, statements, word
from .cursor import Cursor, split_commas
from .errors import TSqlError
from .fetching import query_tokens
from .lexer import Script, lead_tokens, parse_expression, parse_query
from .merge import read_merge
from .sources import table_parts
from .splitter import split

__all__ = ["Name", "Statement", "survey", "trees"]


@dataclass(frozen=True)
class Name:
    """A table or column as the script writes it, with its place from 1."""

    parts: tuple[str, ...]
    line: int
    column: int


@dataclass
class Statement:
    """One statement, or the condition of an IF or WHILE.

    Attributes
    ----------
    word : str
        Its first word, or CONDITION.
    text : str
        As the script has it.
    trees : list of sqlglot.Expression
        The queries and conditions in it that could be read.
    tables, columns : list of Name
        What they name; a table's empty part stands for ``a..b``.
    problem : TSqlError or None
        Why it could not be read.
    tokens : list of Token
        Its tokens.
    batch, depth : int
        Which batch it is in, from 0, and in how many EXECs.
    opened : bool
        Whether it is an EXEC whose text comes next, statement by statement.
    """

    word: str
    line: int
    column: int
    text: str
    trees: list[exp.Expression] = field(default_factory=list)
    tables: list[Name] = field(default_factory=list)
    columns: list[Name] = field(default_factory=list)
    problem: TSqlError | None = None
    tokens: list[Token] = field(default_factory=list, repr=False)
    batch: int = 0
    depth: int = 0
    opened: bool = False


def survey(text: str) -> Iterator[Statement]:
    """Yield every statement of a script in order, whether or not it would ever run.

    Parameters
    ----------
    text : str
        T-SQL.

    Yields
    ------
    Statement
        With what it touches.

    Raises
    ------
    TSqlError
        If the script cannot be cut into statements.

    Examples
    --------
    >>> [found.tables[0].parts for found in survey("select a from npd_i2..ks4_pupil")]
    [('npd_i2', '', 'ks4_pupil')]
    """
    yield from _survey(Script(text), 0)


def _survey(script: Script, depth: int) -> Iterator[Statement]:
    text = script.text
    for number, batch in enumerate(split(script)):
        for simple in statements(batch.body):
            line, column = script.place(simple.start)
            found = Statement(simple.word, line, column, text[simple.start : simple.end])
            found.tokens, found.batch, found.depth = simple.tokens, number, depth
            inner = None
            try:
                found.trees = list(trees(simple, text))
                literals = _executed(simple.tokens)
                inner = list(_survey(script.executed(literals), depth + 1)) if literals else None
            except TSqlError as error:
                at = error.at if error.at is not None else simple.start
                error.locate(*script.place(at), found.text)
                found.problem = error
            for tree in found.trees:
                _names(tree, script, found)
            found.opened = inner is not None
            yield found
            yield from inner or []


def _executed(tokens: list[Token]) -> list[Token]:
    """Return the texts that an EXEC joins, if it is of nothing else."""
    at = next((i for i, t in enumerate(tokens) if word(t) in ("EXEC", "EXECUTE")), None)
    if at is None or word(tokens[0]) not in ("EXEC", "EXECUTE", "INSERT"):
        return []
    cursor = Cursor(tokens, at + 1)
    if cursor.kind() == TokenType.L_PAREN:
        parts = cursor.brackets()
    elif cursor.name()[-1].lower() == "sp_executesql":
        (parts, *_) = split_commas(tokens[cursor.i :])
        parts = parts[3:] if len(parts) > 3 and parts[2].token_type == TokenType.EQ else parts
    else:
        return []
    texts = (TokenType.STRING, TokenType.NATIONAL_STRING)
    joined = all(t.token_type == TokenType.PLUS for t in parts[1::2])
    return parts[::2] if joined and all(t.token_type in texts for t in parts[::2]) else []


def trees(simple: Simple, text: str) -> Iterator[exp.Expression]:
    """Yield the queries and conditions of a statement; heads of DML are read as queries."""
    tokens = simple.tokens
    if simple.word == "CONDITION":
        yield parse_expression(tokens, text)
        return
    withs, verb, start = [], simple.word, 0
    if verb == "WITH":
        verb, start = after_with(tokens)
        withs = tokens[:start]
    if verb in ("SELECT", "("):
        assigned = variable_list(tokens)
        yield parse_query(assigned[1] if assigned else tokens, text)
    elif verb == "INSERT":
        cursor = Cursor(tokens, start + 1)
        cursor.until({"VALUES", "SELECT", "EXEC", "EXECUTE", "DEFAULT"})
        if cursor.word() in ("SELECT", "VALUES"):
            yield parse_query([*withs, *tokens[cursor.i :]], text)
    elif verb == "MERGE":
        _, tree, clauses, output = read_merge(Cursor(tokens, start + 1), text, withs)
        yield tree
        for clause in clauses:
            for part in filter(None, [clause.test, *clause.values]):
                yield parse_expression(part, text)
        listed = Cursor(output).until({"INTO"})
        if listed:
            shown = parse_query([*lead_tokens("select"), *listed], text)
            yield from (item.unalias().copy() for item in shown.expressions)
    elif verb in ("DECLARE", "SET") and query_tokens(tokens):
        yield parse_query(query_tokens(tokens), text)
    elif verb == "UPDATE" and word(tokens[start + 1]) == "STATISTICS":
        return
    elif verb in ("UPDATE", "DELETE"):
        yield from _changed(verb, withs, Cursor(tokens, start + 1), text)
    elif (
        verb == "CREATE"
        and any(word(t) == "AS" for t in tokens)
        and "VIEW" in [word(t) for t in tokens[:4]]
    ):
        cursor = Cursor(tokens)
        cursor.until({"AS"})
        yield parse_query(tokens[cursor.i + 1 :], text)
    elif verb in ("SET", "PRINT") and len(tokens) > 1:
        cursor = Cursor(tokens, 1)
        while verb == "SET" and not cursor.done and cursor.kind() != TokenType.EQ:
            cursor.i += 1
        if verb == "PRINT" or not cursor.done:
            yield parse_expression(tokens[cursor.i + (verb == "SET") :], text)


def _changed(verb: str, withs: list, cursor: Cursor, text: str) -> Iterator[exp.Expression]:
    if cursor.take("TOP"):
        cursor.brackets()
        cursor.take("PERCENT")
    cursor.take("FROM")
    name_start = cursor.i
    cursor.name()
    name = cursor.tokens[name_start : cursor.i]
    sets = cursor.until({"FROM", "WHERE", "OPTION", "OUTPUT"}) if verb == "UPDATE" else []
    cursor.until({"FROM", "WHERE", "OPTION"})
    tail = cursor.tokens[cursor.i :]
    lead = [] if tail and word(tail[0]) == "FROM" else [*lead_tokens("from"), *name]
    yield parse_query([*withs, *lead_tokens("select 1 as one"), *lead, *tail], text)
    inner = Cursor(sets)
    if inner.take("SET"):
        for part in split_commas(sets[inner.i :]):
            item = Cursor(part)
            while not item.done and item.kind() != TokenType.EQ:
                item.i += 1
            if not item.done:
                yield parse_expression(part[item.i + 1 :], text)


def _names(tree: exp.Expression, script: Script, found: Statement) -> None:
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table, exp.Column):
        if isinstance(node, exp.Table):
            parts = tuple(table_parts(node)) if not isinstance(node.this, exp.Anonymous) else ()
            if not parts or (len(parts) == 1 and parts[0].lower() in ctes):
                continue
            out, ident = found.tables, node.this
        else:
            parts = tuple(part.name for part in node.parts if part.name)
            out, ident = found.columns, node.this
        start = ident.meta.get("start") if isinstance(ident, exp.Expression) else None
        if start is not None:
            out.append(Name(parts, *script.place(start)))
