"""Walks over tokens where T-SQL's own clauses are read: DDL, and the heads of INSERT and UPDATE."""

from __future__ import annotations

from collections.abc import Container

from sqlglot.tokens import Token, TokenType

from .blocks import word, words
from .errors import TSqlError, sql_error
from .sqltypes import T, parse_type

__all__ = ["RESERVED", "Cursor", "split_commas"]


#: Words that cannot be names unless they are quoted (page "Reserved Keywords").
RESERVED = words(
    "ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY "
    "CASCADE CASE CHECK CHECKPOINT CLOSE CLUSTERED COALESCE COLLATE COLUMN COMMIT COMPUTE "
    "CONSTRAINT CONTAINS CONTINUE CONVERT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME "
    "CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DBCC DEALLOCATE DECLARE DEFAULT DELETE "
    "DENY DESC DISTINCT DISTRIBUTED DOUBLE DROP ELSE END ERRLVL ESCAPE EXCEPT EXEC EXECUTE "
    "EXISTS EXIT EXTERNAL FETCH FILE FILLFACTOR FOR FOREIGN FREETEXT FROM FULL FUNCTION GOTO "
    "GRANT GROUP HAVING HOLDLOCK IDENTITY IF IN INDEX INNER INSERT INTERSECT INTO IS JOIN KEY "
    "KILL LEFT LIKE LINENO MERGE NATIONAL NOCHECK NONCLUSTERED NOT NULL NULLIF OF OFF OFFSETS "
    "ON OPEN OPTION OR ORDER OUTER OVER PERCENT PIVOT PLAN PRECISION PRIMARY PRINT PROC "
    "PROCEDURE PUBLIC RAISERROR READ RECONFIGURE REFERENCES REPLICATION RESTORE RESTRICT "
    "RETURN REVERT REVOKE RIGHT ROLLBACK ROWCOUNT RULE SAVE SCHEMA SELECT SESSION_USER SET "
    "SETUSER SHUTDOWN SOME STATISTICS SYSTEM_USER TABLE TABLESAMPLE THEN TO TOP TRAN "
    "TRANSACTION TRIGGER TRUNCATE UNION UNIQUE UNPIVOT UPDATE USE USER VALUES VARYING VIEW "
    "WAITFOR WHEN WHERE WHILE WITH"
)
_NAME = {TokenType.IDENTIFIER, TokenType.VAR}
_LEADS = {TokenType.PARAMETER, TokenType.HASH}


class Cursor:
    """A place in a list of tokens."""

    def __init__(self, tokens: list[Token], i: int = 0) -> None:
        self.tokens, self.i = tokens, i

    def peek(self, ahead: int = 0) -> Token | None:
        """Return a token without stepping over it."""
        j = self.i + ahead
        return self.tokens[j] if j < len(self.tokens) else None

    def word(self, ahead: int = 0) -> str:
        """Return the word that stands here, in capitals."""
        return word(self.peek(ahead))

    def kind(self, ahead: int = 0) -> TokenType | None:
        """Return the kind of the token that stands here."""
        token = self.peek(ahead)
        return token.token_type if token else None

    @property
    def start(self) -> int:
        """Offset of what stands here, which is a syntax error if nothing does."""
        token = self.peek()
        if token is None:
            raise self.fail()
        return token.start

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.i >= len(self.tokens)

    def fail(self, expected: str = "") -> TSqlError:
        """Return a syntax error at this place."""
        token = self.peek() or (self.tokens[-1] if self.tokens else None)
        near = token.text if token else ""
        more = f": expecting {expected}" if expected else ""
        return TSqlError(
            f"Incorrect syntax near '{near}'{more}.", 102, at=token.start if token else None
        )

    def take(self, *words: str) -> bool:
        """Step over these words if they stand here."""
        if all(self.word(k) == w for k, w in enumerate(words)):
            self.i += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Step over these words, or raise a syntax error."""
        if not self.take(*words):
            raise self.fail(" ".join(words))

    def take_kind(self, kind: TokenType) -> bool:
        """Step over a token of this kind if it stands here."""
        if self.kind() == kind:
            self.i += 1
            return True
        return False

    def identifier(self) -> str:
        """Read one name, which may begin with # or ##, or be a table variable."""
        lead = ""
        while self.kind() in (TokenType.HASH, TokenType.PARAMETER):
            lead += self.peek().text
            self.i += 1
        token = self.peek()
        if (
            token is None
            or token.token_type in (TokenType.STRING, TokenType.NUMBER)
            or not (token.token_type in _NAME or token.text[:1].isalpha() or token.text[:1] == "_")
        ):
            raise self.fail("a name")
        if not lead and word(token) in RESERVED:
            raise sql_error(
                156,
                token.text,
                step=f"It is a reserved word: write [{token.text}].",
                at=token.start,
            )
        self.i += 1
        return lead + token.text

    def name(self) -> list[str]:
        """Read a name of one to four parts; an empty part is ''."""
        parts = [self.identifier()]
        while self.kind() == TokenType.DOT:
            self.i += 1
            parts.append("" if self.kind() == TokenType.DOT else self.identifier())
        return parts

    def brackets(self) -> list[Token]:
        """Return the tokens inside the brackets that open here."""
        if self.kind() != TokenType.L_PAREN:
            raise self.fail("(")
        depth, start = 0, self.i + 1
        while self.i < len(self.tokens):
            kind = self.tokens[self.i].token_type
            depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
            self.i += 1
            if depth == 0:
                return self.tokens[start : self.i - 1]
        raise self.fail(")")

    def until(self, words: Container[str]) -> list[Token]:
        """Return the tokens up to one of these words outside brackets and CASE."""
        start, depth, case = self.i, 0, 0
        while self.i < len(self.tokens):
            token = self.tokens[self.i]
            kind, w = token.token_type, word(token)
            depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
            named = self.i > 0 and self.tokens[self.i - 1].token_type in _LEADS  # @from, #end
            if not depth and kind != TokenType.R_PAREN and not named:
                case += w == "CASE"
                if w in words and not case and self.i >= start:
                    break
                case -= w == "END" and case > 0
            self.i += 1
        return self.tokens[start : self.i]

    def data_type(self, collation: bool = False) -> T:
        """Read a data type of a declaration."""
        name = self.identifier()
        if self.kind() == TokenType.DOT:
            raise sql_error(2715, name, at=self.peek().start)
        if name.lower() in ("double", "char", "character", "national") and self.word() in (
            "PRECISION",
            "VARYING",
        ):
            name += " " + self.identifier()
        args = []
        if self.kind() == TokenType.L_PAREN:
            args = ["".join(t.text for t in part) for part in split_commas(self.brackets())]
        try:
            return parse_type(name, args)
        except ValueError:
            raise self.fail("a length") from None


def split_commas(tokens: list[Token]) -> list[list[Token]]:
    """Cut tokens at the commas outside brackets."""
    out: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if kind == TokenType.COMMA and not depth:
            out.append([])
        else:
            out[-1].append(token)
    return out
