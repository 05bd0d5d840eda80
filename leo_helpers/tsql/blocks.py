"""What a script is made of: statements, blocks, conditions and batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

if TYPE_CHECKING:
    from .errors import TSqlError

__all__ = [
    "STARTS",
    "Batch",
    "Block",
    "If",
    "Simple",
    "Try",
    "While",
    "statements",
    "word",
    "words",
]


@dataclass
class Simple:
    """One statement without blocks: its first word and its tokens."""

    word: str
    tokens: list[Token]
    cache: dict = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Offset of the first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind the last character."""
        return self.tokens[-1].end + 1


@dataclass
class Block:
    """BEGIN ... END."""

    body: list[Node]
    start: int


@dataclass
class If:
    """IF condition statement [ELSE statement]."""

    condition: Simple
    then: Node
    other: Node | None
    start: int


@dataclass
class While:
    """WHILE condition statement."""

    condition: Simple
    body: Node
    start: int


@dataclass
class Try:
    """BEGIN TRY ... END TRY BEGIN CATCH ... END CATCH."""

    body: list[Node]
    catch: list[Node]
    start: int


Node = Simple | Block | If | While | Try


@dataclass
class Batch:
    """What stands between two GOs, and how often it runs."""

    body: list[Node]
    times: int = 1
    problem: TSqlError | None = None  # why it cannot be cut into statements


def word(token: Token | None) -> str:
    """Return an unquoted word in capitals; '' for anything else."""
    if token is None or token.token_type in (
        TokenType.IDENTIFIER,
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.NATIONAL_STRING,
        TokenType.HEX_STRING,
    ):
        return ""
    return token.text.upper()


def statements(nodes: list[Node]) -> Iterator[Simple]:
    """Yield every plain statement and condition, in the order of the text."""
    for node in nodes:
        if isinstance(node, Simple):
            yield node
        elif isinstance(node, Block):
            yield from statements(node.body)
        elif isinstance(node, If):
            yield node.condition
            yield from statements([node.then] + ([node.other] if node.other else []))
        elif isinstance(node, While):
            yield node.condition
            yield from statements([node.body])
        else:
            yield from statements(node.body + node.catch)


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


#: The words that begin a statement.
STARTS = words(
    "SELECT WITH INSERT UPDATE DELETE MERGE CREATE ALTER DROP TRUNCATE DECLARE SET IF WHILE "
    "BEGIN END ELSE RETURN BREAK CONTINUE PRINT THROW RAISERROR EXEC EXECUTE USE COMMIT "
    "ROLLBACK SAVE GOTO WAITFOR DBCC GRANT DENY REVOKE BULK BACKUP RESTORE KILL FETCH OPEN "
    "CLOSE DEALLOCATE CHECKPOINT RECONFIGURE"
)
