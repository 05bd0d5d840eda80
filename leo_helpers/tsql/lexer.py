"""T-SQL text to sqlglot's tokens and trees: every function stays as it was written."""

from __future__ import annotations

import re
from bisect import bisect_right
from copy import copy
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from .dialect import PlainTSQL
from .errors import Refused, TSqlError, sql_error
from .foreign import foreign
from .unclosed import unclosed

__all__ = [
    "CURRENCIES",
    "Script",
    "lead_tokens",
    "parse_expression",
    "parse_query",
    "tokenize",
]


_DIALECT = PlainTSQL()
#: !< and !> are >= and <=.
_NOT_MORE = {TokenType.GT: TokenType.LTE, TokenType.LT: TokenType.GTE, TokenType.EQ: TokenType.NEQ}
#: Blanks may stand inside <=, >= and <>, as the pages that describe them write it.
_APART = {
    (TokenType.LT, TokenType.EQ): (TokenType.LTE, "<="),
    (TokenType.GT, TokenType.EQ): (TokenType.GTE, ">="),
    (TokenType.LT, TokenType.GT): (TokenType.NEQ, "<>"),
}
#: A number with its power, before a sign that is none of it.
_POWER = re.compile(r"[\d.]+[eE]\d+(?=[+-])")
_SUMS = {"+": TokenType.PLUS, "-": TokenType.DASH}
_SIGNS = (TokenType.PARAMETER, TokenType.HASH)
#: Signs that make a number money (page "money and smallmoney").
CURRENCIES = {"$", "£", "€", "¥"}
#: Key words of two words, which sqlglot reads as one only where nothing but blanks is between.
_PAIRS = {
    ("GROUP", "BY"): TokenType.GROUP_BY,
    ("ORDER", "BY"): TokenType.ORDER_BY,
    ("PARTITION", "BY"): TokenType.PARTITION_BY,
    ("PRIMARY", "KEY"): TokenType.PRIMARY_KEY,
    ("FOREIGN", "KEY"): TokenType.FOREIGN_KEY,
    ("GROUPING", "SETS"): TokenType.GROUPING_SETS,
}


class Script:
    """A script's text with its tokens and line numbers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0] + [i + 1 for i, char in enumerate(text) if char == "\n"]
        self.tokens = tokenize(text, self)

    def executed(self, literals: list[Token]) -> Script:
        """Return what EXEC would run of these texts: the places are those in this script."""
        text, offsets = "", []
        for token in literals:
            raw = self.text[token.start : token.end + 1]
            at = raw.index("'") + 1
            while at < len(raw) - 1:
                text, offsets = text + raw[at], [*offsets, token.start + at]
                at += 2 if raw[at] == "'" else 1
        inner = copy(self)
        inner.tokens = [
            Token(t.token_type, t.text, t.line, t.col, offsets[t.start], offsets[t.end])
            for t in tokenize(text)
        ]
        return inner

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column of an offset, from 1."""
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1


def tokenize(text: str, script: Script | None = None) -> list[Token]:
    """Cut T-SQL into tokens; the offsets are those of the text."""
    try:
        tokens = _cut(text)
    except TokenError as error:
        failure = unclosed(text)
        if script is not None:
            line, column = script.place(failure.at or 0)
            failure.locate(line, column, text[failure.at : failure.at + 60] if failure.at else "")
        raise failure from error
    for i, token in enumerate(tokens):
        if token is None:
            continue
        before = tokens[i - 1] if i else None
        if (
            before is not None
            and before.token_type in _SIGNS
            and before.end + 1 == token.start
            and token.token_type not in _SIGNS
        ):
            tokens[i] = _named(tokens, i)  # @end and #drop are names
            continue
        if token.token_type == TokenType.IDENTIFIER and text[token.start : token.end + 1] == "0x":
            tokens[i] = _token(TokenType.HEX_STRING, "", token)
        elif (
            token.text == text[token.start] == "!"
            and i + 1 < len(tokens)
            and tokens[i + 1].token_type in _NOT_MORE
        ):
            tokens[i] = _token(_NOT_MORE[tokens[i + 1].token_type], "!", token)
            tokens[i + 1] = None
        elif i + 1 < len(tokens) and (token.token_type, tokens[i + 1].token_type) in _APART:
            tokens[i] = _token(*_APART[token.token_type, tokens[i + 1].token_type], token)
            tokens[i + 1] = None
        elif (
            token.text[:1] in CURRENCIES
            and text[token.start] in CURRENCIES  # and no text or name in quotes
            and (token.text[1:].isdigit() or text[token.start + 1 : token.start + 2] == ".")
        ):
            tail = (
                2
                if i + 2 < len(tokens)
                and tokens[i + 1].token_type == TokenType.DOT
                and tokens[i + 2].start == tokens[i + 1].end + 1
                else 0
            )
            tokens[i] = _token(
                TokenType.NUMBER, "".join(t.text for t in tokens[i : i + tail + 1]), token
            )
            tokens[i + 1 : i + 1 + tail] = [None] * tail
    return _paired([token for token in tokens if token is not None], text)


def _cut(text: str) -> list[Token]:
    """Cut a text as sqlglot does, but for 1e0+2, of which it would make one number."""
    signs: dict[int, TokenType] = {}
    while True:
        held = "".join("," if i in signs else c for i, c in enumerate(text)) if signs else text
        tokens = _DIALECT.tokenize(held)
        found = {
            t.start + end.end(): _SUMS[text[t.start + end.end()]]
            for t in tokens
            if t.token_type == TokenType.NUMBER and (end := _POWER.match(t.text))
        }
        if not found:
            return [_token(signs[t.start], text[t.start], t) if t.start in signs else t
                    for t in tokens]  # fmt: skip
        signs |= found


def _named(tokens: list[Token], i: int) -> Token:
    """Return the name behind @ or #: @1st is one, of which sqlglot makes a number and a word."""
    token, rest = tokens[i], tokens[i + 1 : i + 2]
    if token.text[:1].isdigit() and rest and rest[0].start == token.end + 1:
        tail = rest[0].text
        if tail[:1].isalpha() or tail[:1] == "_":
            tokens[i + 1] = None
            return Token(TokenType.VAR, token.text + tail, token.line, token.col, token.start,
                         rest[0].end)  # fmt: skip
    return _token(TokenType.VAR, token.text, token)


def _paired(tokens: list[Token], text: str) -> list[Token]:
    """Make one token of key words of two words that a comment keeps apart."""
    out: list[Token] = []
    for token in tokens:
        last = out[-1] if out else None
        kind = _PAIRS.get((last.text.upper(), token.text.upper())) if last is not None else None
        if kind is None or {text[last.start], text[token.start]} & set("\"['"):
            out.append(token)
        else:
            words = f"{last.text} {token.text}".upper()
            out[-1] = Token(
                kind, words, line=last.line, col=last.col, start=last.start, end=token.end
            )
    return out


def _token(kind: TokenType, text: str, like: Token) -> Token:
    return Token(kind, text, line=like.line, col=like.col, start=like.start, end=like.end)


def _parse(tokens: list[Token], text: str, lead: str) -> exp.Expression:
    wrong = foreign(tokens, text)
    if wrong is not None:
        raise wrong
    head = _lead(lead)
    try:
        parser = _DIALECT.parser(error_level=ErrorLevel.RAISE)
        trees = parser.parse([*head, *tokens], text)
    except (ParseError, TokenError, AttributeError) as error:  # INTO and nothing behind it
        at = tokens[0].start if tokens else 0
        near = ""
        if isinstance(error, ParseError) and error.errors:
            first = error.errors[0]
            near = str(first.get("highlight") or "")
            at = _offset(tokens, first) or at
        raise TSqlError(
            f"Incorrect syntax near '{near}'.", 102,
            "If SQL Server accepts this, the rehearsal cannot read it yet.", at,
        ) from error  # fmt: skip
    except RecursionError as error:
        raise Refused("The expression is nested too deeply to be read here.",
                      "Cut it into steps.", tokens[0].start) from error  # fmt: skip
    if len(trees) != 1 or trees[0] is None:
        at = tokens[0].start if tokens else 0
        raise TSqlError("Incorrect syntax: an expression is missing.", 102, at=at)
    return trees[0]


def _offset(tokens: list[Token], error: dict) -> int | None:
    for token in tokens:
        if token.line == error.get("line") and token.col == error.get("col"):
            return token.start
    return None


@lru_cache(maxsize=8)
def _lead(text: str) -> tuple[Token, ...]:
    return tuple(_DIALECT.tokenize(text)) if text else ()


def parse_query(tokens: list[Token], text: str) -> exp.Expression:
    """Return the tree of a SELECT, with WITH or UNION if need be."""
    return _parse(tokens, text, "")


def parse_expression(tokens: list[Token], text: str) -> exp.Expression:
    """Return the tree of one expression or condition."""
    if not tokens:
        raise TSqlError("Incorrect syntax: an expression is missing.", 102)
    tree = _parse(tokens, text, "select top 1 1 from t where")
    held = {key for key, value in tree.args.items() if value} - {"expressions", "from_", "limit"}
    if held != {"where"}:  # a clause behind the expression, which can be none here
        clause = "union" if "where" not in held else min(held - {"where"}).strip("_")
        raise sql_error(156, clause, at=tokens[0].start)
    return tree.args["where"].this.pop()


def lead_tokens(text: str) -> list[Token]:
    """Return the tokens of words that a clause needs before it to be a statement."""
    return list(_lead(text))
