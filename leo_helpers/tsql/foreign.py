"""What sqlglot lets pass and SQL Server does not: signs, gaps, and clauses out of order."""

from __future__ import annotations

from sqlglot.tokens import Token, TokenType

from ..errors import nearest
from .blocks import STARTS, word, words
from .errors import Refused, TSqlError, sql_error

__all__ = ["ELSEWHERE", "foreign", "not_begun"]

_ELSEWHERE = words(
    "OPENROWSET OPENQUERY OPENDATASOURCE OPENXML OPENJSON CONTAINSTABLE FREETEXTTABLE"
)
#: Functions of other engines that SQL Server has not, and what it has instead.
ELSEWHERE = {
    **dict.fromkeys(("nvl", "ifnull"), "ISNULL or COALESCE"),
    **dict.fromkeys(("length", "char_length"), "LEN"),
    **dict.fromkeys(("substr", "mid"), "SUBSTRING"),
    **dict.fromkeys(("instr", "strpos", "locate"), "CHARINDEX"),
    **dict.fromkeys(("lpad", "rpad"), "RIGHT(REPLICATE('0', n) + x, n)"),
    **dict.fromkeys(("group_concat", "listagg", "array_agg"), "STRING_AGG"),
    **dict.fromkeys(("now", "curdate", "today", "sysdate"), "GETDATE()"),
    **dict.fromkeys(("date_add", "date_sub", "add_months"), "DATEADD"),
    **dict.fromkeys(("date_diff", "months_between", "age"), "DATEDIFF"),
    **dict.fromkeys(("date_part", "dow", "weekday", "quarter", "week"), "DATEPART"),
    **dict.fromkeys(("to_date", "to_timestamp", "to_number", "str_to_date"), "CONVERT"),
    **dict.fromkeys(("to_char", "strftime", "date_format"), "CONVERT with a style, or FORMAT"),
    **dict.fromkeys(("median", "quantile", "percentile"),
                    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) OVER (PARTITION BY y)"),
    **dict.fromkeys(("stddev", "stddev_samp", "std"), "STDEV"),
    **dict.fromkeys(("variance", "var_samp"), "VAR"),
    "trunc": "ROUND(x, n, 1)", "mod": "x % y",
    **dict.fromkeys(("countif", "count_if", "sumif"), "SUM(CASE WHEN ... THEN 1 ELSE 0 END)"),
    "ceil": "CEILING", "pow": "POWER", "ln": "LOG", "random": "NEWID()", "last_day": "EOMONTH",
    "date_trunc": "DATEFROMPARTS or DATEADD", "decode": "CASE",
    "safe_cast": "TRY_CAST", "make_date": "DATEFROMPARTS", "split_part": "STRING_SPLIT",
}  # fmt: skip
#: Signs that sqlglot reads and SQL Server does not.
_FOREIGN = {"PLACEHOLDER", "COLON", "BACKSLASH"}
#: Quotes and dashes that word processors put in the place of ', " and -.
_TYPOGRAPHIC = set("\u2018\u2019\u201c\u201d\u2013\u2014")
_TYPES_THAT_LEAD = {"DATE", "TIME", "TIMESTAMP", "DATETIME", "DATETIME2", "INTERVAL"}
_NOTHING_BEFORE = {TokenType.L_PAREN, TokenType.SELECT, TokenType.COMMA, TokenType.DISTINCT}
_NOTHING_AFTER = {
    TokenType.R_PAREN, TokenType.COMMA, TokenType.FROM, TokenType.WHERE, TokenType.ORDER_BY,
    TokenType.GROUP_BY, TokenType.HAVING, TokenType.INTO, TokenType.UNION,
}  # fmt: skip
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
#: What must come after what; a JOIN belongs to FROM.
_RANKS = {
    TokenType.FROM: 1, TokenType.WHERE: 2, TokenType.GROUP_BY: 3, TokenType.HAVING: 4,
    TokenType.ORDER_BY: 5,
}  # fmt: skip
#: FOR XML PATH(''), TYPE stands behind everything.
_LAST = 6
_BEGINS = {"SELECT", "UPDATE", "DELETE", "UNION", "EXCEPT", "INTERSECT"}
_JOINS = {"JOIN", "APPLY"}
_BEFORE_JOIN = {"LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER", "HASH", "LOOP", "MERGE"}
_BEFORE_DISTINCT = {"SELECT", "(", "IS", "NOT"}
#: A list ends with WHERE and HAVING, so no comma follows a condition.
_CONDITIONS = {2, 4}
_ORDER = "The order is SELECT, INTO, FROM with its joins, WHERE, GROUP BY, HAVING, ORDER BY."


def foreign(tokens: list[Token], text: str) -> TSqlError | None:
    """Return what SQL Server says of the first sign or word that it does not read, if any.

    Parameters
    ----------
    tokens : list of Token
        A statement, a query or a part of one.
    text : str
        The script that the tokens are from.

    Returns
    -------
    TSqlError or None
        With the offset of the word.

    Examples
    --------
    >>> from leo_helpers.tsql.lexer import tokenize
    >>> def said(text):
    ...     error = foreign(tokenize(text), text)
    ...     return error and error.message
    >>> said("select a from t where a = 1 join u on u.a = t.a")
    "Incorrect syntax near the keyword 'join'."
    >>> said("select a, from t")
    "Incorrect syntax near ','."
    >>> said("select a from t join u on u.a = t.a where a = 1")
    """
    return next(filter(None, (_foreign(tokens, i, text) for i in range(len(tokens)))), None) or (
        _misplaced(tokens)
    )


def _foreign(tokens: list[Token], i: int, text: str) -> TSqlError | None:
    """Return what is wrong with one token and what follows it."""
    token, at = tokens[i], tokens[i].start
    if text.startswith("::", at):
        return Refused("Methods of types (type::method) are not run here.", at=at)
    if token.token_type == TokenType.VAR and set(token.text) & _TYPOGRAPHIC:
        return TSqlError(
            f"Incorrect syntax near '{token.text}'.", 102,
            "This is a quote or dash from a word processor: write ' or - in its place.", at,
        )  # fmt: skip
    near = text[at : token.end + 1]
    if _digits(tokens, i):
        name = near.rstrip(".")
        return TSqlError(
            f"Incorrect syntax near '{near}'.", 102,
            f"A name that begins with a digit stands in brackets: [{name}].", at,
        )  # fmt: skip
    if token.token_type.name in _FOREIGN or _gap(tokens, i) or _open_brace(tokens, i):
        if near == ":":
            return Refused("Labels and GOTO are not run here.", "Use WHILE and IF.", at)
        return TSqlError(f"Incorrect syntax near '{near}'.", 102, "This is not T-SQL.", at)
    if (
        word(token) in _TYPES_THAT_LEAD
        and i + 1 < len(tokens)
        and tokens[i + 1].token_type == TokenType.STRING
    ):
        return Refused(
            f"{token.text} before a text is a name with an alias in SQL Server.",
            "Write [ ] around the name, and AS.",
            at,
        )
    if word(token) in _ELSEWHERE:
        return Refused(f"{word(token)} reads what is not here.", at=at)
    return None


def _digits(tokens: list[Token], i: int) -> bool:
    """Tell whether a number stands where only a name can, as in npd_i2.2002237.leavers."""
    if tokens[i].token_type != TokenType.NUMBER or not i:
        return False
    last = tokens[i - 1]
    if last.token_type == TokenType.DOT and i > 1:
        return tokens[i - 2].token_type in _NAMES and tokens[i - 2].end + 1 == last.start
    return word(last) in ("FROM", "JOIN") and word(tokens[i - 2]) != "DISTINCT"


def _gap(tokens: list[Token], i: int) -> bool:
    """Tell whether a comma, SELECT or GROUP BY has nothing where sqlglot lets it pass."""
    kind, after = tokens[i].token_type, tokens[i + 1].token_type if i + 1 < len(tokens) else None
    if kind == TokenType.COMMA:
        return (
            after is None
            or after in _NOTHING_AFTER
            or (i > 0 and tokens[i - 1].token_type in _NOTHING_BEFORE)
        )
    if kind in (TokenType.SELECT, TokenType.GROUP_BY):
        return after is None or after in _NOTHING_AFTER
    if tokens[i].text.upper() == "NULLS" and i + 1 < len(tokens):
        return tokens[i + 1].text.upper() in ("FIRST", "LAST")
    if kind == TokenType.NOT and after == TokenType.NULL and i > 0:
        return tokens[i - 1].token_type in (*_NAMES, TokenType.R_PAREN)  # IS is missing
    if kind == TokenType.DISTINCT and after == TokenType.FROM:
        return i == 0 or word(tokens[i - 1]) not in ("IS", "NOT")
    return False


def _open_brace(tokens: list[Token], i: int) -> bool:
    """Tell whether a { begins nothing: only words follow it in T-SQL, as in {d '2011-09-01'}."""
    after = tokens[i + 1 : i + 2]
    return tokens[i].token_type == TokenType.L_BRACE and not (after and after[0].text.isalpha())


def _misplaced(tokens: list[Token]) -> TSqlError | None:
    """Return what SQL Server says of the first clause that stands where it may not."""
    rank: int | None = 0
    begun = ""
    outer: list[tuple[int | None, str]] = []
    for i, token in enumerate(tokens):
        name, last = word(token), word(tokens[i - 1]) if i else ""
        if token.token_type == TokenType.L_PAREN:
            outer.append((rank, begun))
            # only a query has clauses: ORDER BY in OVER (...) stands for itself
            rank = 0 if word(tokens[i + 1] if i + 1 < len(tokens) else None) == "SELECT" else None
        elif token.token_type == TokenType.R_PAREN:
            rank, begun = outer.pop() if outer else (0, "")
        elif name in _BEGINS and rank is not None:
            rank, begun = 0, name
        elif name == "FOR" and rank is not None:
            rank = _LAST
        elif name == "DISTINCT" and i and last not in _BEFORE_DISTINCT:
            return _near(token, "DISTINCT stands before TOP and the columns.")
        elif rank is None:
            continue
        elif name in _JOINS and rank > 1:
            while i and word(tokens[i - 1]) in _BEFORE_JOIN:
                i -= 1
            return _near(tokens[i], _ORDER)
        elif name == "INTO" and rank and begun == "SELECT":  # not that of OUTPUT
            return _near(token, _ORDER)
        elif token.token_type == TokenType.COMMA and rank in _CONDITIONS:
            return TSqlError("Incorrect syntax near ','.", 102, _ORDER, token.start)
        elif token.token_type in _RANKS and last != "DISTINCT":  # IS DISTINCT FROM
            if _RANKS[token.token_type] <= rank:
                return _near(token, _ORDER)
            rank = _RANKS[token.token_type]
    return None


def _near(token: Token, step: str) -> TSqlError:
    return sql_error(156, token.text.split()[0].lower(), step=step, at=token.start)


_HEADS = STARTS | words("REVERT SHUTDOWN ENABLE DISABLE LINENO SETUSER")
#: What to do instead of a statement that is not run here.
_INSTEAD = {
    ":": "Lines with : are for sqlcmd; write DECLARE @x for :setvar x, and @x for $(x).",
    "GOTO": "Use WHILE, IF and BREAK.",
    "DBCC": "Leave it out: it looks after the server.",
    "BULK": "Files are not read from a script; make the table with INSERT.",
}


def not_begun(tokens: list[Token]) -> TSqlError:
    """Return the error of a first word that is not run here, or that begins no statement at all."""
    first = word(tokens[0])
    if first in _HEADS or first in _INSTEAD:
        step = _INSTEAD.get(first, "")
        return Refused(f"Statements that begin with {first} are not run here.", step)
    near = nearest(first, STARTS, 1)
    step = f"Did you mean {near[0]}?" if near else "No statement of T-SQL begins so."
    return TSqlError(f"Incorrect syntax near '{tokens[0].text}'.", 102, step)
