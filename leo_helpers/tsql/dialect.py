"""sqlglot's T-SQL with the functions as they are written and only T-SQL's own words."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.tokens import TokenType

__all__ = ["PlainTSQL"]

_KEEP = ("CAST", "CONVERT", "TRY_CAST", "TRY_CONVERT")


#: The words that mean something in T-SQL's queries; all others of sqlglot's are plain names here,
#: so that LIMIT, QUALIFY and USING are no syntax and columns may be called so.
_ONE_WORD = (
    "ALL AND ANY APPLY AS ASC BEGIN BETWEEN BIGINT BINARY BIT CASE CHAR CHARACTER COLLATE "
    "COLUMN COMMIT CONSTRAINT CREATE CROSS CUBE CURRENT_TIMESTAMP CURRENT_USER DATE "
    "DATETIME DATETIME2 DATETIMEOFFSET DEC DECIMAL DECLARE DEFAULT DELETE DESC DISTINCT "
    "DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS FETCH FIRST FLOAT FOR FROM FULL HAVING "
    "IMAGE IN INDEX INNER INSERT INT INTEGER INTERSECT INTO IS JOIN JSON LEFT LIKE MERGE "
    "MONEY NCHAR NEXT NOT NTEXT NULL NUMERIC NVARCHAR OFFSET ON OPTION OR OUTER OVER "
    "PARTITION PERCENT PIVOT PRINT PROCEDURE RANGE REFERENCES RIGHT ROLLBACK ROLLUP ROW "
    "ROWS SCHEMA SELECT SESSION_USER SET SMALLDATETIME SMALLINT SMALLMONEY SOME SQL_VARIANT "
    "SYSTEM_USER TABLE TABLESAMPLE TEXT THEN TIME TIMESTAMP TINYINT TOP TRIGGER TRUNCATE "
    "UNION UNIQUE UNIQUEIDENTIFIER UNPIVOT UPDATE USE VALUES VARBINARY VARCHAR VIEW WHEN "
    "WHERE WITH XML"
)
_WORDS = {
    *_ONE_WORD.split(), "CHAR VARYING", "CHARACTER VARYING", "DOUBLE PRECISION", "FOREIGN KEY",
    "GROUP BY", "GROUPING SETS", "ORDER BY", "PARTITION BY", "PRIMARY KEY",
}  # fmt: skip


class PlainTSQL(TSQL):
    """T-SQL in which functions are not turned into others and no word swallows a line."""

    class Tokenizer(TSQL.Tokenizer):
        """sqlglot's words, without the commands that take the rest of a line as text."""

        COMMANDS: ClassVar[set] = set()
        KEYWORDS: ClassVar[dict] = {
            word: kind
            for word, kind in TSQL.Tokenizer.KEYWORDS.items()
            if word in _WORDS or word in ("!=", "<>", "<=", ">=")
        }

    class Parser(TSQL.Parser):
        """sqlglot's grammar, with no function known by name but the casts."""

        FUNCTIONS: ClassVar[dict] = {}
        FUNCTION_PARSERS: ClassVar[dict] = {
            name: parser for name, parser in TSQL.Parser.FUNCTION_PARSERS.items() if name in _KEEP
        }

        def _parse_column_ops(self, this: exp.Expression | None) -> exp.Expression | None:
            """Read (SELECT ...).value(...), of which sqlglot would take the columns for methods."""
            if isinstance(this, exp.Subquery) and self._match(TokenType.DOT):
                field = self._parse_field(any_token=True, anonymous_func=True)
                this = self.expression(exp.Dot(this=this, expression=field))
            return super()._parse_column_ops(this)

        def _parse_table_hints(self) -> list[exp.Expression] | None:
            """Read WITH (hint, ...), in which INDEX = name may stand for INDEX (name)."""
            if not self._match_pair(TokenType.WITH, TokenType.L_PAREN):
                return super()._parse_table_hints()
            hints = self._parse_csv(self._one_hint)
            self._match_r_paren()
            return [self.expression(exp.WithTableHint(expressions=hints))]

        def _one_hint(self) -> exp.Expression | None:
            hint = self._parse_function() or self._parse_var(any_token=True)
            if self._match(TokenType.EQ) and not self._match(TokenType.NUMBER):
                if self._match(TokenType.L_PAREN, advance=False):
                    self._parse_wrapped_id_vars()
                else:
                    self._parse_id_var()
            return hint
