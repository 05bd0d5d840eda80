"""Cuts a script into batches, blocks and statements; T-SQL has no semicolons to rely on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from sqlglot.tokens import Token, TokenType

from .blocks import STARTS, Batch, Block, If, Node, Simple, Try, While, word, words
from .errors import Refused, TSqlError
from .lexer import Script

__all__ = ["last_batch", "located", "split"]


_DROPPABLE = words(
    "TABLE VIEW INDEX SCHEMA PROCEDURE PROC FUNCTION COLUMN CONSTRAINT TYPE SEQUENCE DATABASE "
    "TRIGGER STATISTICS USER SYNONYM ROLE"
)
_VERBS = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}
_BEGUN = words("TRAN TRANSACTION DISTRIBUTED DIALOG CONVERSATION")
_ACTIONS = words("ADD REBUILD ENABLE DISABLE SWITCH CHECK NOCHECK REORGANIZE")
_OPERATORS = {
    TokenType.COMMA, TokenType.EQ, TokenType.PLUS, TokenType.DASH, TokenType.SLASH, TokenType.AND,
    TokenType.OR,
}  # fmt: skip
_INSIDE = {
    "IF": "Inside an expression write CASE WHEN or IIF.",
    "SELECT": "Inside an expression a query stands in brackets.",
}
_MODULES = {"VIEW", "PROC", "PROCEDURE", "FUNCTION", "TRIGGER"}
_DEEPEST = 100


def split(script: Script, lenient: bool = False) -> Iterator[Batch]:
    """Yield the batches of a script, each cut into statements.

    All batches are cut before the first is given, so that a script with an unbalanced block does
    not run halfway; a lenient split gives such a batch with its problem and no statements.
    """
    batches = []
    for tokens, times in _cut_at_go(script):
        try:
            batches.append(Batch(_Splitter(script, tokens).batch(), times))
        except TSqlError as error:
            if not lenient:
                raise
            batches.append(Batch([], times, error))
    yield from batches


def last_batch(script: Script) -> int:
    """Return the offset at which the last batch begins."""
    tokens = _cut_at_go(script)[-1][0]
    return tokens[0].start if tokens else len(script.text)


def _cut_at_go(script: Script) -> list[tuple[list[Token], int]]:
    """Cut at GO, which must stand alone on its line, with a count at most."""
    tokens, out, current, i = script.tokens, [], [], 0
    lines = [script.place(t.start)[0] for t in tokens]
    while i < len(tokens):
        first = i == 0 or script.place(tokens[i - 1].end)[0] < lines[i]
        if word(tokens[i]) == "GO" and first:
            rest = range(i + 1, bisect_right(lines, lines[i]))  # what else is on its line
            kinds, times = [tokens[j].token_type for j in rest], 1
            if kinds[:1] == [TokenType.NUMBER]:
                times = int(tokens[i + 1].text) if tokens[i + 1].text.isdigit() else 1
                del kinds[0]
            if kinds in ([], [TokenType.SEMICOLON]):
                out.append((current, times))
                current, i = [], i + 1 + len(rest)
                continue
        current.append(tokens[i])
        i += 1
    out.append((current, 1))
    return out


class _Splitter:
    """A recursive descent over the tokens of one batch."""

    def __init__(self, script: Script, tokens: list[Token]) -> None:
        if tokens and word(tokens[0]).startswith("SP_"):  # only here EXEC may be left out
            at = {"line": tokens[0].line, "col": tokens[0].col, "start": tokens[0].start}
            tokens = [Token(TokenType.EXECUTE, "exec", **at, end=tokens[0].end), *tokens]
        self.script, self.tokens, self.i, self.depth = script, tokens, 0, 0

    def at(self, i: int) -> Token | None:
        return self.tokens[i] if 0 <= i < len(self.tokens) else None

    def word(self, i: int | None = None) -> str:
        return word(self.at(self.i if i is None else i))

    def fail(
        self, message: str, number: int = 102, i: int | None = None, step: str = ""
    ) -> TSqlError:
        """Return an error at a token."""
        i = self.i if i is None else i
        token = self.at(min(i, len(self.tokens) - 1)) if self.tokens else None
        error = TSqlError(message, number, step, token.start if token else 0)
        return located(self.script, error, token.start if token else 0)

    def batch(self) -> list[Node]:
        body = self.body(())
        if self.i < len(self.tokens):
            raise self.fail(f"Incorrect syntax near '{self.tokens[self.i].text}'.")
        return body

    def body(self, ends: tuple[str, ...], start: int = 0) -> list[Node]:
        out: list[Node] = []
        while True:
            self.skip_semicolons()
            if self.i >= len(self.tokens):
                if ends:
                    line = self.script.place(start)[0]
                    step = f"It is that of line {line}, or one inside it."
                    raise self.fail("A BEGIN has no END.", step=step)
                return out
            if self.word() == "END" or self.word() == "ELSE":
                return out
            if (
                out
                and self.word() in ("WITH", "THROW")
                and self.tokens[self.i - 1].token_type != TokenType.SEMICOLON
            ):
                raise self.fail(f"Incorrect syntax near the keyword '{self.tokens[self.i].text}'. "
"The previous statement must be "
                                "terminated with a semicolon.", 319)  # fmt: skip
            out.append(self.statement())

    def skip_semicolons(self) -> None:
        while self.i < len(self.tokens) and self.tokens[self.i].token_type == TokenType.SEMICOLON:
            self.i += 1

    def statement(self) -> Node:
        self.skip_semicolons()
        if self.i >= len(self.tokens):
            raise self.fail("A statement is missing at the end.", i=self.i - 1)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise located(
                self.script,
                Refused(f"Blocks are nested more than {_DEEPEST} deep."),
                self.tokens[self.i].start,
            )
        try:
            return self._statement()
        finally:
            self.depth -= 1

    def _statement(self) -> Node:
        first, start = self.word(), self.tokens[self.i].start
        if first == "BEGIN" and self.word(self.i + 1) not in _BEGUN:
            if self.word(self.i + 1) == "TRY":
                return self._try(start)
            if self.word(self.i + 1) == "CATCH":
                raise self.fail("BEGIN CATCH stands without a BEGIN TRY before it.")
            self.i += 1
            body = self.body(("END",), start)
            self.expect("END")
            if not body:
                raise self.fail(
                    "Incorrect syntax near 'end': a block needs a statement.", i=self.i - 1
                )
            return Block(body, start)
        if first == "IF":
            condition = self.condition()
            then, other = self.statement(), None
            mark = self.i
            self.skip_semicolons()
            if self.word() == "ELSE":
                self.i += 1
                other = self.statement()
            else:
                self.i = mark
            return If(condition, then, other, start)
        if first == "WHILE":
            condition = self.condition()
            return While(condition, self.statement(), start)
        return self.simple()

    def _try(self, start: int) -> Try:
        self.i += 2
        body = self.body(("END",), start)
        self.expect("END")
        self.expect("TRY")
        self.skip_semicolons()
        mark = self.i
        self.expect("BEGIN")
        self.expect("CATCH")
        catch = self.body(("END",), self.tokens[mark].start)
        self.expect("END")
        self.expect("CATCH")
        return Try(body, catch, start)

    def expect(self, wanted: str) -> None:
        if self.word() != wanted:
            near = (
                self.tokens[self.i].text if self.i < len(self.tokens) else "the end of the script"
            )
            raise self.fail(f"Incorrect syntax near '{near}': expecting {wanted}.")
        self.i += 1

    def condition(self) -> Simple:
        """Take the condition of IF or WHILE: it ends where a statement begins."""
        head = self.i
        self.i += 1
        end = self.find_end(head, self.i, "IF")
        if end == self.i:
            raise self.fail("Incorrect syntax: a condition is missing.")
        taken = self.tokens[self.i : end]
        self.i = end
        return Simple("CONDITION", taken)

    def simple(self) -> Simple:
        """Take one plain statement."""
        head, first = self.i, self.word()
        if self.at(head + 1) is not None and self.at(head + 1).token_type == TokenType.COLON:
            raise located(
                self.script,
                Refused("Labels and GOTO are not run here.", "Use WHILE and IF."),
                self.tokens[head].start,
            )
        if first in ("CREATE", "ALTER"):
            second = [self.word(head + k) for k in range(1, 4)]
            kind = second[2] if second[:2] == ["OR", "ALTER"] else second[0]
            if first == "CREATE" and (kind in _MODULES or kind == "SCHEMA") and head:
                if self.depth > 1:
                    raise self.fail(
                        f"Incorrect syntax near the keyword '{kind.lower()}'.", 156, head + 1
                    )
                raise self.fail(
                    f"'CREATE {kind}' must be the first statement in a query batch.", 111, head
                )
            if kind in _MODULES:
                taken = self.tokens[head:]
                self.i = len(self.tokens)
                while taken[-1].token_type == TokenType.SEMICOLON:
                    taken = taken[:-1]
                return Simple("CREATE", taken)
        end = self.find_end(head, head + 1, first)
        self.i = end
        closed = end < len(self.tokens) and self.tokens[end].token_type == TokenType.SEMICOLON
        return Simple(first or "(", self.tokens[head:end], {"closed": closed})

    def find_end(self, head: int, j: int, first: str) -> int:
        """Return where the statement or condition that begins at `head` ends."""
        tokens, depth, case = self.tokens, 0, 0
        state = {
            "verb": first if first in _VERBS else "",
            "body": False,
            "set": False,
            "action": False,
            "to": False,
        }
        if tokens[head].token_type == TokenType.L_PAREN and j == head + 1:
            depth = 1
        while j < len(tokens):
            token = tokens[j]
            kind = token.token_type
            if kind == TokenType.L_PAREN:
                depth += 1
                if state["verb"] == "INSERT" and self.word(j + 1) == "SELECT":
                    state["body"] = True
            elif kind == TokenType.R_PAREN:
                depth -= 1
                if depth < 0:
                    raise self.fail("Incorrect syntax near ')'.", i=j)
            elif depth:
                pass
            elif kind == TokenType.SEMICOLON:
                return j
            else:
                w = word(token)
                if (
                    tokens[j - 1].token_type in (TokenType.DOT, TokenType.PARAMETER, TokenType.HASH)
                    or not w
                ):
                    pass
                elif w == "CASE":
                    case += 1
                elif w == "END" and case:
                    case -= 1
                elif not case and w in STARTS and not self._belongs(first, w, j, state):
                    if self._open(j - 1):
                        near = f"Incorrect syntax near the keyword '{w.lower()}'."
                        raise self.fail(near, 156, j, _INSIDE.get(w, ""))
                    return j
                elif w in ("VALUES", "DEFAULT") and state["verb"] == "INSERT":
                    state["body"] = True
                elif w in ("TO", "FROM"):
                    state["to"] = True
                elif first == "ALTER" and w in _ACTIONS:
                    state["action"] = True
            j += 1
        if depth:
            raise self.fail("A bracket ( is not closed.", i=head)
        return j

    def _open(self, i: int) -> bool:
        """Tell whether a value must follow a token, so that no statement can begin there."""
        return self.tokens[i].token_type in _OPERATORS or self.word(i) in ("SELECT", "WHERE", "BY")

    def _belongs(self, first: str, w: str, j: int, state: dict) -> bool:
        """Tell whether a word that could begin a statement goes on with this one."""
        before, after = self.word(j - 1), self.word(j + 1)
        if first in ("IF",):
            return w == "WITH" and not self._is_cte(j)
        if first in ("DECLARE", "SET") and before == "FOR" and w in ("SELECT", "WITH"):
            state["verb"] = "CURSOR" if w == "WITH" else first
            return True
        if state["verb"] == "CURSOR" and w == "SELECT":
            state["verb"] = first
            return True
        if w == "WITH":
            return not self._is_cte(j)
        if first == "MERGE" or state["verb"] == "MERGE":
            return w in ("UPDATE", "DELETE", "INSERT", "SET", "SELECT")
        if first == "WITH" and not state["verb"] and w in _VERBS:
            state["verb"] = w
            return True
        if w == "SELECT":
            if before in ("UNION", "EXCEPT", "INTERSECT"):
                return True
            if before == "ALL" and self.word(j - 2) in ("UNION", "EXCEPT", "INTERSECT"):
                return True
        if state["verb"] == "INSERT" and not state["body"] and w in ("SELECT", "EXEC", "EXECUTE"):
            state["body"] = True
            return True
        if w == "SET" and state["verb"] == "UPDATE" and not state["set"]:
            state["set"] = True
            return True
        if first == "ALTER" and not state["action"] and w in ("ALTER", "DROP", "SET"):
            state["action"] = True
            return True
        if w == "IF":
            return after == "EXISTS" and before in _DROPPABLE
        if w in ("UPDATE", "DELETE") and before in ("ON", "FOR"):
            return True
        if w == "SET" and self.word(j - 2) == "ON":
            return True
        if w == "MERGE" and before in ("INNER", "LEFT", "RIGHT", "FULL", "OUTER"):
            return True
        if w == "FETCH" and before in ("ROW", "ROWS"):
            return True
        if first in ("GRANT", "DENY", "REVOKE"):
            return not state["to"]
        if w == "INSERT" and before == "BULK":
            return True
        if w == "THROW":
            nxt = self.at(j + 1)
            return (
                nxt is not None
                and nxt.token_type
                not in (TokenType.NUMBER, TokenType.PARAMETER, TokenType.SEMICOLON)
                and word(nxt) not in STARTS
            )
        return w in ("OPEN", "CLOSE", "SAVE", "CHECKPOINT", "KILL") and before in (
            "AS",
            "SELECT",
            ",",
        )

    def _is_cte(self, j: int) -> bool:
        """Tell WITH name AS ( from WITH (NOLOCK), WITH TIES and their like."""
        name = self.at(j + 1)
        if name is None or name.token_type == TokenType.L_PAREN:
            return False
        k = j + 2
        if self.at(k) is not None and self.at(k).token_type == TokenType.L_PAREN:
            while k < len(self.tokens) and self.tokens[k].token_type != TokenType.R_PAREN:
                k += 1
            k += 1
        return (
            self.word(k) == "AS"
            and self.at(k + 1) is not None
            and self.at(k + 1).token_type == TokenType.L_PAREN
        )


def located(script: Script, error: TSqlError, at: int) -> TSqlError:
    """Give an error its line, column and text."""
    line, column = script.place(at)
    end = script.text.find("\n", at)
    error.locate(line, column, script.text[at : end if end >= 0 else len(script.text)])
    return error
