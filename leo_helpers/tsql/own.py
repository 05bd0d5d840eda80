"""What a script says about its own tables, read without making them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokens import Token

from .blocks import word
from .cursor import Cursor, split_commas
from .errors import TSqlError
from .lexer import parse_expression
from .sources import table_parts
from .survey import Statement

__all__ = ["OwnColumn", "OwnTables", "computed_of", "index_of"]

_CONSTRAINTS = {"CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN", "FOREIGN KEY",
                "INDEX"}  # fmt: skip
_COMPUTED_ENDS = {"PERSISTED", "CONSTRAINT", "PRIMARY", "PRIMARY KEY", "UNIQUE", "NOT"}

Collation = Callable[[exp.Expression], str | None]


@dataclass(frozen=True)
class OwnColumn:
    """A column of a table that the script makes; what is not said is None."""

    type: str = ""
    nullable: bool | None = None
    collation: str = ""


class OwnTables(dict[str, dict[str, OwnColumn]]):
    """The tables of a script by their last name in lower case, each with its columns.

    Examples
    --------
    >>> from leo_helpers.tsql import survey
    >>> own = OwnTables()
    >>> for statement in survey("create table #a (id int not null, x varchar(3))"):
    ...     own.note(statement)
    >>> own["#a"]["id"].nullable, own["#a"]["x"].nullable
    (False, True)
    """

    def note(self, statement: Statement, collation: Collation = lambda node: None) -> None:
        """Take in what one statement makes or changes; `collation` says that of an expression."""
        if statement.word in ("CREATE", "ALTER"):
            try:
                self._definition(Cursor(statement.tokens, 1), statement.word)
            except TSqlError:  # whoever runs it says what is wrong with it
                return
        for tree in statement.trees:
            into = tree.args.get("into") if isinstance(tree, exp.Select) else None
            if into is not None:
                held = self.setdefault(table_parts(into.this)[-1].lower(), {})
                for item in tree.expressions:
                    found = collation(item.unalias())
                    kind = "" if found is None else "varchar"
                    held[item.alias_or_name.lower()] = OwnColumn(kind, None, found or "")

    def _definition(self, cursor: Cursor, verb: str) -> None:
        if not cursor.take("TABLE"):
            return
        held = self.setdefault(cursor.name()[-1].lower(), {})
        if verb == "CREATE":
            for part in split_commas(cursor.brackets()):
                self._part(held, part)
        elif cursor.take("ALTER", "COLUMN") or cursor.take("ADD"):
            for part in split_commas(cursor.tokens[cursor.i :]):
                self._part(held, part)

    def _part(self, held: dict[str, OwnColumn], part: list[Token]) -> None:
        if not part:
            return
        words = [word(token) for token in part]
        if words[0] in _CONSTRAINTS:
            if any(w.startswith("PRIMARY") for w in words):
                for name in [token.text.lower() for token in part]:
                    if name in held:
                        held[name] = OwnColumn(held[name].type, False, held[name].collation)
            return
        cursor = Cursor(part)
        name = cursor.identifier().lower()
        firm = ("NOT", "NULL") in pairwise(words) or any(
            w.startswith(("PRIMARY", "IDENTITY")) for w in words
        )
        at = words.index("COLLATE") + 1 if "COLLATE" in words else 0
        computed = cursor.word() == "AS"
        held[name] = OwnColumn(
            "" if computed else cursor.word().lower(),
            None if computed else not firm,
            part[at].text.lower() if at and at < len(part) else "",
        )


def computed_of(statement: Statement, text: str) -> list[exp.Expression]:
    """Return the expressions of the computed columns that CREATE or ALTER TABLE makes.

    Examples
    --------
    >>> from leo_helpers.tsql import survey
    >>> text = "create table #a (x int, y as (x / 2) persisted)"
    >>> [tree.sql() for made in survey(text) for tree in computed_of(made, text)]
    ['(x / 2)']
    """
    if statement.word not in ("CREATE", "ALTER") or statement.depth:
        return []
    cursor, out = Cursor(statement.tokens, 1), []
    try:
        if cursor.take("TABLE") and cursor.name():
            made = statement.word == "CREATE"
            inner = cursor.brackets() if made else cursor.take("ADD") and cursor.tokens[cursor.i :]
            for part in split_commas(inner or []):
                column = Cursor(part, 1)
                if column.take("AS"):
                    out.append(parse_expression(column.until(_COMPUTED_ENDS), text))
    except TSqlError:  # whoever runs it says what is wrong with it
        return []
    return out


def index_of(statement: Statement) -> tuple[str, tuple[str, ...]] | None:
    """Return the table and the columns of CREATE UNIQUE INDEX without a WHERE; else None.

    Examples
    --------
    >>> from leo_helpers.tsql import survey
    >>> [index_of(s) for s in survey("create unique index i on a.b (c desc, d)")]
    [('b', ('c', 'd'))]
    """
    tokens = statement.tokens if statement.word == "CREATE" else []
    words = [word(token) for token in tokens]
    if words[1:2] != ["UNIQUE"] or "INDEX" not in words or "WHERE" in words:
        return None
    cursor = Cursor(tokens, words.index("INDEX") + 1)
    try:
        cursor.identifier()
        cursor.expect("ON")
        table = cursor.name()[-1].lower()
        parts = split_commas(cursor.brackets())
        return table, tuple(Cursor(part).identifier().lower() for part in parts)
    except TSqlError:
        return None
