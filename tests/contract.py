"""The contract of the harmoniser in plain Python, and hypothesis strategies for rules and rows.

Nothing here uses sqlglot or an engine: an expression is generated as SQL text together with a
Python function that says what it must give.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass

from hypothesis import strategies as st

CENSUS, POOLED = "sc_pupil", "ks4_pupil"
TEXTS = {
    CENSUS: ("Gender_[term][yy]", "SENprovision_[term][yy]"),
    POOLED: ("KS4_GENDER", "KS4_LEVEL2_EM"),
}
WHOLE = {CENSUS: "AgeAtStartOfAcademicYear_[term][yy]", POOLED: "KS4_AGE"}
NUMBER = {CENSUS: "DistCurrSch_[term][yy]", POOLED: "KS4_IDACI"}
DATE = {CENSUS: "EntryDate_[term][yy]", POOLED: ""}
YEARS = (2010, 2011, 2012, 2013)


# --------------------------------------------------------------------------- values


def text_of(value):
    """A text as rules see it."""
    if value is None:
        return None
    return str(value).strip(" ").upper() or None


def whole_of(value):
    """A whole number, or None."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return math.trunc(value) if abs(value) < 2**63 else None
    text = str(value).strip(" ")
    if not re.fullmatch(r"[+-]?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
        return None
    return int(text)


def number_of(value):
    """A number, or None."""
    if value is None or isinstance(value, int | float):
        return None if value is None else float(value)
    text = str(value).strip(" ")
    pattern = r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
    return float(text) if re.fullmatch(pattern, text) else None


def date_of(value):
    """A date, or None."""
    return None if value is None else dt.date.fromisoformat(value)


ODD = [
    "",
    " ",
    "  a",
    "M ",
    "m",
    "F",
    "f ",
    "b",
    "A",
    "S",
    "n",
    "K",
    "1",
    "01",
    "0",
    "é",
    "?",
    "NULL",
    "x\ty",
    "'",
]
texts = st.none() | st.sampled_from(ODD)
wholes = (
    st.none()
    | st.integers(-50, 4000)
    | st.sampled_from(
        ["7", " 12 ", "007", "", "-", "+3", "2.5", "1e3", "x", "-4", "99999999999999999999", "1 2"]
    )
)
numbers = (
    st.none()
    | st.integers(-20, 20)
    | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    | st.sampled_from(
        ["1.5", ".5", "5.", "1e2", "inf", "nan", "1d", "", "-", " 2 ", "1,5", "+.25E-1"]
    )
)
dates = st.none() | st.dates(dt.date(1990, 1, 1), dt.date(2020, 12, 31)).map(str)


# --------------------------------------------------------------------------- expressions


@dataclass(frozen=True)
class Node:
    """Some SQL, and a function of a row (with ``year`` and ``term``) that it must agree with."""

    sql: str
    give: object
    names: frozenset


def leaf(sql, give, *names):
    return Node(sql, give, frozenset(names))


def joined(template, parts, give):
    names = frozenset().union(*(p.names for p in parts))
    return Node(
        template.format(*(p.sql for p in parts)),
        lambda row: give(*(p.give(row) for p in parts)),
        names,
    )


def column(name, read):
    return leaf("{" + name + "}", lambda row: read(row[name]), name)


def unknown(give):
    """What any missing operand makes missing."""
    return lambda *values: None if any(v is None for v in values) else give(*values)


def either(a, b):
    return True if a is True or b is True else None if a is None or b is None else False


def both(a, b):
    return False if a is False or b is False else None if a is None or b is None else True


def first(*values):
    return next((v for v in values if v is not None), None)


def one_of(value, *listed):
    return None if value is None else value in listed


class Grammar:
    """Strategies for expressions over the variables of one table."""

    def __init__(self, table):
        self.table = table
        self.row_term = table == CENSUS

    def text(self, depth):
        codes = st.sampled_from(["M", "F", "A", "B", "1", "É"])
        base = st.sampled_from(TEXTS[self.table]).map(lambda n: column(n, text_of))
        base |= codes.map(lambda c: leaf(f"'{c}'", lambda row: c))
        if self.row_term:
            base |= st.just(leaf("{term}", lambda row: row["term"]))
        if not depth:
            return base
        part = self.text(depth - 1)
        cut = st.integers(1, 3)
        return st.one_of(
            base,
            st.tuples(part, cut).map(
                lambda p: joined(
                    f"LEFT({{}}, {p[1]})", [p[0]], unknown(lambda t: text_of(t[: p[1]]))
                )
            ),
            st.tuples(part, cut).map(
                lambda p: joined(
                    f"RIGHT({{}}, {p[1]})", [p[0]], unknown(lambda t: text_of(t[-p[1] :]))
                )
            ),
            st.tuples(part, cut, cut).map(
                lambda p: joined(
                    f"SUBSTRING({{}}, {p[1]}, {p[2]})",
                    [p[0]],
                    unknown(lambda t: text_of(t[p[1] - 1 : p[1] - 1 + p[2]])),
                )
            ),
            part.map(lambda p: joined("UPPER(TRIM({}))", [p], lambda t: t)),
            st.tuples(part, codes).map(
                lambda p: joined(
                    f"NULLIF({{}}, '{p[1]}')", [p[0]], lambda t: None if t == p[1] else t
                )
            ),
            self.whole(depth - 1).map(lambda p: joined("CAST({} AS VARCHAR)", [p], unknown(str))),
            self.either(part, depth),
        )

    def whole(self, depth):
        base = st.integers(-3, 60).map(lambda n: leaf(str(n), lambda row: n))
        base |= st.just(column(WHOLE[self.table], whole_of))
        base |= st.just(leaf("{year}", lambda row: row["year"]))
        if not depth:
            return base
        part = self.whole(depth - 1)
        choices = [
            base,
            st.tuples(part, part).map(
                lambda p: joined("({} - {})", p, unknown(lambda a, b: a - b))
            ),
            st.tuples(part, part).map(
                lambda p: joined("({} + {})", p, unknown(lambda a, b: a + b))
            ),
            part.map(lambda p: joined("ABS({})", [p], unknown(abs))),
            self.number(depth - 1).map(
                lambda p: joined("CAST({} AS INTEGER)", [p], lambda x: whole_of(x))
            ),
            self.number(depth - 1).map(lambda p: joined("FLOOR({})", [p], unknown(math.floor))),
            self.text(depth - 1).map(lambda p: joined("CAST({} AS INTEGER)", [p], whole_of)),
            self.text(depth - 1).map(lambda p: joined("LENGTH({})", [p], unknown(len))),
            self.either(part, depth),
        ]
        if DATE[self.table]:
            day = st.just(column(DATE[self.table], date_of))
            choices += [
                st.tuples(st.sampled_from(["YEAR", "MONTH", "DAY"]), day).map(
                    lambda p: joined(
                        f"{p[0]}({{}})", [p[1]], unknown(lambda d: getattr(d, p[0].lower()))
                    )
                )
            ]
        return st.one_of(choices)

    def number(self, depth):
        base = st.sampled_from(["0.5", "2.25", "0.0"]).map(lambda n: leaf(n, lambda row: float(n)))
        base |= st.just(column(NUMBER[self.table], number_of))
        if not depth:
            return base
        part, whole = self.number(depth - 1), self.whole(depth - 1)

        def divide(a, b):
            return None if a is None or b is None or b == 0 else a / b

        return st.one_of(
            base,
            st.tuples(whole, part | whole).map(lambda p: joined("({} / {})", p, divide)),
            st.tuples(part, part | whole).map(
                lambda p: joined("({} * {})", p, unknown(lambda a, b: float(a) * float(b)))
            ),
            self.text(depth - 1).map(lambda p: joined("CAST({} AS DOUBLE)", [p], number_of)),
            whole.map(lambda p: joined("CAST({} AS DOUBLE)", [p], unknown(float))),
            self.either(part, depth),
        )

    def truth(self, depth):
        text, whole = self.text(depth - 1), self.whole(depth - 1)
        signs = {
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
            "=": lambda a, b: a == b,
            "<>": lambda a, b: a != b,
        }
        codes = st.lists(st.sampled_from(["M", "F", "A", "S", "1"]), min_size=1, max_size=3)
        base = st.one_of(
            st.tuples(st.sampled_from(sorted(signs)), whole, whole | self.number(depth - 1)).map(
                lambda p: joined(f"{{}} {p[0]} {{}}", p[1:], unknown(signs[p[0]]))
            ),
            st.tuples(st.sampled_from(["=", "<>"]), text, text).map(
                lambda p: joined(f"{{}} {p[0]} {{}}", p[1:], unknown(signs[p[0]]))
            ),
            st.tuples(text, codes).map(
                lambda p: joined(
                    "{} IN (" + ", ".join(f"'{c}'" for c in p[1]) + ")",
                    [p[0]],
                    lambda t: one_of(t, *p[1]),
                )
            ),
            st.tuples(whole, st.integers(0, 9), st.integers(0, 2000)).map(
                lambda p: joined(
                    f"{{}} BETWEEN {p[1]} AND {p[1] + p[2]}",
                    [p[0]],
                    unknown(lambda n: p[1] <= n <= p[1] + p[2]),
                )
            ),
            (text | whole).map(lambda p: joined("{} IS NULL", [p], lambda v: v is None)),
            (text | whole).map(lambda p: joined("{} IS NOT NULL", [p], lambda v: v is not None)),
        )
        if depth < 2:
            return base
        part = self.truth(depth - 1)
        return st.one_of(
            base,
            st.tuples(part, part).map(lambda p: joined("({} AND {})", p, both)),
            st.tuples(part, part).map(lambda p: joined("({} OR {})", p, either)),
            part.map(lambda p: joined("NOT ({})", [p], unknown(lambda b: not b))),
        )

    def either(self, part, depth):
        """A CASE or a COALESCE whose branches are all of one kind."""

        def case(test, yes, no):
            return yes if test is True else no

        return st.one_of(
            st.tuples(self.truth(depth), part, part).map(
                lambda p: joined("CASE WHEN {} THEN {} ELSE {} END", p, case)
            ),
            st.tuples(self.truth(depth), part).map(
                lambda p: joined("CASE WHEN {} THEN {} END", p, lambda t, v: case(t, v, None))
            ),
            st.tuples(part, part).map(lambda p: joined("COALESCE({}, {})", p, first)),
        )
