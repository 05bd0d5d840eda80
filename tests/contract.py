"""The contract of the harmoniser in plain Python, and hypothesis strategies for rules and rows.

Nothing here uses sqlglot or an engine: an expression is generated as SQL text together with a
Python function that says what it must give.
"""

import datetime as dt
import math
import re
import zlib
from dataclasses import dataclass

from hypothesis import strategies as st

from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import FILES, Crosswalk, Row
from leo_helpers.crosswalk_model import Concept, Example, RecodeRow, Source

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


# --------------------------------------------------------------------------- rules


@dataclass(frozen=True)
class Rule:
    """A source, the recode that it uses, and what it gives for a row."""

    source: Source
    recode: tuple
    give: object


def written(value, kind):
    """A value as the column output of examples.csv has it."""
    if value is None:
        return ""
    return repr(float(value)) if kind == "number" else str(value)


def expression_rules(table, kind):
    grammar = Grammar(table)
    made = {"text": grammar.text, "integer": grammar.whole, "number": grammar.number}[kind](2)

    def rule(node):
        source = Source("c", table, "expression", tuple(sorted(node.names)), argument=node.sql)
        return Rule(source, (), node.give)

    return made.filter(lambda node: node.names).map(rule)


def recode_rules(table, kind):
    codes = ["M", "F", "B", "A", "S", "N", "K", "1", "01", "0", "É", "?", "X", "Y", "Z", "'"]
    goals = st.none() | st.sampled_from(["1", "2", "30"])
    ways = ["null", "null", "keep"] if kind != "number" else ["null"]

    @st.composite
    def rule(draw):
        to = draw(st.dictionaries(st.sampled_from(codes), goals, min_size=1, max_size=len(codes)))
        way = draw(st.sampled_from(ways))
        variables = tuple(
            draw(st.lists(st.sampled_from(TEXTS[table]), min_size=1, max_size=2, unique=True))
        )
        left = draw(st.sampled_from([None, None, 1, 2]))  # characters that count; None for all
        label = f"r{zlib.crc32(repr((to, way)).encode())}"
        rows = [RecodeRow(label, k, v or "", "said") for k, v in to.items()]
        rows.append(RecodeRow(label, "*", way))

        def one(value):
            code = text_of((text_of(value) or "")[:left])
            if code is None:
                return None
            if code in to:
                return to[code]
            return (whole_of(code) if kind == "integer" else code) if way == "keep" else None

        def give(row):
            found = first(*(one(row[v]) for v in variables))
            return float(found) if kind == "number" and found is not None else found

        argument = f"{label};left:{left}" if left else label
        return Rule(Source("c", table, "recode", variables, argument=argument), tuple(rows), give)

    return rule()


def copy_rules(table, kind):
    if kind == "text":
        options = [
            (n, lambda v: None if v is None else str(v).strip(" ") or None) for n in TEXTS[table]
        ]
    elif kind == "integer":
        options = [(WHOLE[table], whole_of)]
    else:
        options = [(NUMBER[table], number_of), (WHOLE[table], number_of)]
    return st.sampled_from(options).map(
        lambda o: Rule(Source("c", table, "copy", (o[0],)), (), lambda row: o[1](row[o[0]]))
    )


def scale_rules(table, kind):
    factors = ["10", "-2", "1"] if kind == "integer" else ["0.1", "2.5", "-1"]
    name, read = (WHOLE[table], whole_of) if kind == "integer" else (NUMBER[table], number_of)

    def rule(picked):
        factor, offset = picked
        change = int if kind == "integer" else float
        text = factor + (f";{offset}" if offset else "")

        def give(row):
            value = read(row[name])
            return None if value is None else value * change(factor) + change(offset or "0")

        return Rule(Source("c", table, "scale", (name,), argument=text), (), give)

    return st.tuples(st.sampled_from(factors), st.sampled_from(["", "5"])).map(rule)


@st.composite
def crosswalks(draw):
    """A crosswalk of one concept, with examples whose outputs come from the plain model."""
    table = draw(st.sampled_from([CENSUS, POOLED]))
    kind = draw(st.sampled_from(["text", "integer", "number"]))
    kinds = [expression_rules, recode_rules, copy_rules] + ([scale_rules] if kind != "text" else [])
    rules = draw(
        st.lists(
            st.sampled_from(kinds).flatmap(lambda make: make(table, kind)), min_size=1, max_size=3
        )
    )
    placed = []
    for priority, rule in enumerate(rules, 1):
        low = draw(st.sampled_from(YEARS)) if draw(st.booleans()) else None
        high = draw(st.sampled_from([y for y in YEARS if y >= (low or 0)])) if low else None
        made = Source(
            "c", table, rule.source.rule, rule.source.variables, low, high,
            argument=rule.source.argument, priority=priority,
        )  # fmt: skip
        placed.append(Rule(made, rule.recode, rule.give))
    names = {n for r in placed for n in r.source.variables}
    values = {
        **dict.fromkeys(TEXTS[table], texts), WHOLE[table]: wholes, NUMBER[table]: numbers,
        DATE[table]: dates,
    }  # fmt: skip
    examples = []
    for _ in range(draw(st.integers(1, 6))):
        year = draw(st.sampled_from(YEARS))
        inputs = {n: draw(values[n]) for n in sorted(names)}
        row = {**inputs, "year": year, "term": "SPR"}
        given = [
            r.give(row)
            for r in placed
            if (r.source.first_year or 0) <= year <= (r.source.last_year or 9999)
        ]
        term = "SPR" if table == CENSUS else ""
        examples.append(Example("c", table, inputs, year, term, written(first(*given), kind)))
    items = {
        "concepts": [Concept("c", table, "A concept", kind)],
        "sources": [r.source for r in placed],
        "recodes": list(dict.fromkeys(x for r in placed for x in r.recode)),
        "examples": examples,
    }
    rows = {k: [Row(f"{k}.csv", n, x) for n, x in enumerate(items.get(k, []), 2)] for k in FILES}
    return Crosswalk(rows, load_catalogue())
