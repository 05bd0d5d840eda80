"""SQL Server's data types: precedence, lengths, scales, collations, and what stores them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..errors import nearest
from .errors import Refused, TSqlError, sql_error

__all__ = [
    "BINARY",
    "DATES",
    "FLOATS",
    "INTEGERS",
    "MONEY",
    "NULL",
    "PRECEDENCE",
    "STRINGS",
    "T",
    "arithmetic",
    "as_decimal",
    "bytes_of",
    "char_type",
    "collate",
    "decimal",
    "parse_type",
    "unify",
    "view_type",
]


#: Highest precedence first, as on the page "Data type precedence (Transact-SQL)".
_BY_RANK = (
    "datetimeoffset datetime2 datetime smalldatetime date time float real decimal money "
    "smallmoney bigint int smallint tinyint bit uniqueidentifier nvarchar nchar varchar "
    "char varbinary binary null"
)
PRECEDENCE = _BY_RANK.split()
STRINGS = {"nvarchar", "nchar", "varchar", "char"}
INTEGERS = {"bigint": 19, "int": 10, "smallint": 5, "tinyint": 3, "bit": 1}
MONEY = {"money": 19, "smallmoney": 10}
FLOATS = {"float", "real"}
DATES = {"date", "datetime", "datetime2", "smalldatetime"}
BINARY = {"binary", "varbinary"}
_DUCK = {
    "bigint": "BIGINT",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "tinyint": "UTINYINT",
    "bit": "BOOLEAN",
    "float": "DOUBLE",
    "real": "FLOAT",
    "date": "DATE",
    "time": "TIME",
    "datetime": "TIMESTAMP",
    "datetime2": "TIMESTAMP",
    "smalldatetime": "TIMESTAMP",
    "money": "DECIMAL(19,4)",
    "smallmoney": "DECIMAL(10,4)",
    "uniqueidentifier": "UUID",
    "null": "INTEGER",
    "binary": "BLOB",
    "varbinary": "BLOB",
}
_SYNONYMS = {
    "integer": "int", "dec": "decimal", "numeric": "decimal", "character": "char",
    "double precision": "float", "double": "float", "rowversion": "timestamp",
    "char varying": "varchar", "character varying": "varchar", "national character": "nchar",
    "sysname": "nvarchar",
}  # fmt: skip


@dataclass(frozen=True)
class T:
    """One data type: `n` is the length (None: max or unknown), `label` how firm the collation is.

    The label is 0 for literals and variables, 1 for columns and 2 for an explicit COLLATE, as on
    the page "Collation precedence". The place says where a value of the type is written, for
    errors that SQL Server words with it.
    """

    name: str
    n: int | None = None
    p: int = 0
    s: int = 0
    collation: str = ""
    label: int = 0
    place: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.name in ("nvarchar", "nchar") and (self.n or 0) > 4000:
            object.__setattr__(self, "n", 4000)  # no national text is longer

    @property
    def is_string(self) -> bool:
        """Whether it is text."""
        return self.name in STRINGS

    @property
    def is_integer(self) -> bool:
        """Whether it is a whole number, bit among them."""
        return self.name in INTEGERS

    @property
    def plain(self) -> T:
        """Itself, without the digits that a literal integer carries."""
        return replace(self, n=None) if self.is_integer else self

    @property
    def is_exact(self) -> bool:
        """Whether it is a whole number, a decimal or money."""
        return self.name in INTEGERS or self.name == "decimal" or self.name in MONEY

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return self.is_exact or self.name in FLOATS

    @property
    def is_date(self) -> bool:
        """Whether it is a date, with a time of day or without."""
        return self.name in DATES

    @property
    def binary_collation(self) -> bool:
        """Whether text compares byte by byte."""
        return "_bin" in self.collation.lower()

    @property
    def fixed(self) -> bool:
        """Whether text is padded to its length."""
        return self.name in ("char", "nchar")

    @property
    def duck(self) -> str:
        """The DuckDB type that holds it."""
        if self.is_string:
            return "VARCHAR"
        if self.name == "decimal":
            return f"DECIMAL({self.p},{self.s})"
        return _DUCK[self.name]

    @property
    def rank(self) -> int:
        """Its place in the order of precedence, 0 the highest."""
        return PRECEDENCE.index(self.name)

    def __str__(self) -> str:
        if self.is_string or self.name in BINARY:
            return f"{self.name}({'max' if self.n is None else self.n})"
        if self.name == "decimal":
            return f"decimal({self.p},{self.s})"
        return self.name


NULL = T("null")


def decimal(p: int, s: int) -> T:
    """Return a decimal type, cut to 38 digits as on the page "Precision, scale, and length"."""
    if p > 38:
        whole = p - s
        s = min(s, 38 - whole) if whole < 32 else min(s, 6)
        p = 38
    return T("decimal", p=p, s=max(s, 0))


def char_type(text: str, national: bool = False) -> T:
    """Return the type of a character literal; a long one is of the type (max)."""
    longest = 4000 if national else 8000
    n = max(len(text), 1) if len(text) <= longest else None
    return T("nvarchar" if national else "varchar", n)


def as_decimal(t: T) -> T:
    """Return the decimal that an exact number becomes beside another decimal."""
    if t.name == "decimal":
        return t
    if t.name in MONEY:
        return decimal(MONEY[t.name], 4)
    return decimal(t.n or INTEGERS[t.name], 0)  # a literal integer carries its digits in n


def parse_type(name: str, args: list[str], explicit: bool = False) -> T:
    """Return the type of a declaration; `explicit` is CAST and CONVERT, where length is 30."""
    name = " ".join(name.lower().split())
    if not all(arg.isdigit() or arg.lower() == "max" for arg in args):
        raise TSqlError(f"Incorrect syntax near '{', '.join(args)}': expecting a length.", 102)
    if name == "sysname":
        return T("nvarchar", 128)
    name = _SYNONYMS.get(name, name)
    if name in ("text", "ntext"):
        return T("nvarchar" if name == "ntext" else "varchar")
    if name in STRINGS or name in BINARY:
        if not args:
            return T(name, 30 if explicit else 1)
        if args[0].lower() == "max":
            if name in ("char", "nchar", "binary"):
                raise TSqlError(f"Incorrect syntax near '{name}(max)'.", 102)
            return T(name)
        length, limit = int(args[0]), 4000 if name in ("nvarchar", "nchar") else 8000
        if not 1 <= length <= limit:
            raise sql_error(131, length, name, limit)
        return T(name, length)
    if name == "decimal":
        p = int(args[0]) if args else 18
        s = int(args[1]) if len(args) > 1 else 0
        if not (1 <= p <= 38 and s <= p):
            raise sql_error(1002, p, s)
        return T("decimal", p=p, s=s)
    if name == "float":
        return T("real" if args and int(args[0]) <= 24 else "float")
    if name in ("datetime2", "time"):
        if (n := int(args[0]) if args else 7) > 7:
            raise TSqlError(f"Specified scale {n} is invalid.", 1002)
        return T(name, n)
    if name in _DUCK and name != "null":
        return T(name)
    names = nearest(name, [known for known in _DUCK if known != "null"])
    step = f"Did you mean {' or '.join(names)}?" if names else "Use one of the common types."
    raise Refused(f"The data type {name} is not known here.", step)


def view_type(duck: str, column: str) -> T:
    """Return the T-SQL type of a column of a LEO view from what stores it."""
    duck = duck.upper()
    simple = {
        "BIGINT": "bigint", "INTEGER": "int", "SMALLINT": "smallint", "TINYINT": "smallint",
        "UTINYINT": "tinyint", "BOOLEAN": "bit", "DOUBLE": "float", "FLOAT": "real",
        "DATE": "date", "TIMESTAMP": "datetime2", "TIME": "time",
    }  # fmt: skip
    if duck == "VARCHAR":
        return T("varchar", label=1)
    if duck == "BLOB":
        return T("binary", 16) if column.endswith("_anon") else T("varbinary")
    if duck.startswith("DECIMAL"):
        p, s = duck[8:-1].split(",")
        return decimal(int(p), int(s))
    if duck in simple:
        return T(simple[duck])
    raise Refused(f"Column {column} has the type {duck}, which has no counterpart in T-SQL.")


def collate(a: T, b: T, what: str = "equal to") -> tuple[str, int]:
    """Return the collation and label of two strings together, or raise the conflict (468)."""
    if a.label == b.label and a.collation != b.collation:
        if a.label == 2 or a.label == 1:
            names = [t.collation or "the database default" for t in (a, b)]
            name = next((t.collation for t in (a, b) if t.collation), "Latin1_General_BIN")
            step = f"Add COLLATE after one of the two sides, as in a.x = b.x collate {name}."
            raise sql_error(468, *names, what, step=step)
        return "", 0
    top = a if a.label >= b.label else b
    return top.collation, top.label


def unify(a: T, b: T, what: str = "CASE") -> T:
    """Return the type of CASE branches, COALESCE, UNION columns and comparisons."""
    if a.name == "null" or b.name == "null":
        return b if a.name == "null" else a
    high, low = (a, b) if a.rank <= b.rank else (b, a)
    if high.is_string and low.is_string:
        n = None if a.n is None or b.n is None else max(a.n, b.n)
        name = high.name
        if a.fixed != b.fixed or (a.fixed and a.n != b.n):
            name = "nvarchar" if high.name[0] == "n" else "varchar"
        collation, label = collate(a, b, what)
        return T(name, n, collation=collation, label=label)
    if high.name == "decimal" and low.is_exact:
        x, y = as_decimal(high), as_decimal(low)
        s = max(x.s, y.s)
        return decimal(max(x.p - x.s, y.p - y.s) + s, s)
    if high.is_integer and low.is_integer:
        return replace(high, n=None)
    if high.name in BINARY and low.name in BINARY:
        return T(high.name, None if a.n is None or b.n is None else max(a.n, b.n))
    if high.name in ("datetime2", "time") and low.name == high.name:
        return T(high.name, max(a.n or 0, b.n or 0))
    return high


def arithmetic(op: str, a: T, b: T) -> T:
    """Return the type of a sum, difference, product, quotient or remainder of numbers."""
    high = a if a.rank <= b.rank else b
    if high.name in FLOATS:
        return T(high.name)
    if high.name != "decimal":
        return T("int" if high.name == "bit" else high.name)
    x, y = as_decimal(a), as_decimal(b)
    if op in "+-":
        s = max(x.s, y.s)
        p, s = max(x.p - x.s, y.p - y.s) + s + 1, s
        if p > 38:
            whole = max(x.p - x.s, y.p - y.s)
            return T("decimal", p=38, s=max(min(s, 38 - whole), 0))
        return T("decimal", p=p, s=s)
    if op == "*":
        return decimal(x.p + y.p + 1, x.s + y.s)
    if op == "/":
        s = max(6, x.s + y.p + 1)
        return decimal(x.p - x.s + y.s + s, s)
    s = max(x.s, y.s)
    return decimal(min(x.p - x.s, y.p - y.s) + s, s)


_BYTES = {
    "bigint": 8, "int": 4, "smallint": 2, "tinyint": 1, "bit": 1, "float": 8, "real": 4, "date": 3,
    "datetime": 8, "smalldatetime": 4, "money": 8, "smallmoney": 4, "uniqueidentifier": 16,
}  # fmt: skip


def bytes_of(t: T) -> int:
    """Return how many bytes a type takes, as COL_LENGTH and sys.columns say; -1 for max."""
    if t.is_string or t.name in BINARY:
        return -1 if t.n is None else t.n * (2 if t.name[0] == "n" else 1)
    if t.name == "decimal":
        return 5 if t.p < 10 else 9 if t.p < 20 else 13 if t.p < 29 else 17
    if t.name in ("datetime2", "time"):
        digits = 7 if t.n is None else t.n
        return (6 if t.name == "datetime2" else 3) + (digits > 2) + (digits > 4)
    return _BYTES.get(t.name, 8)
