"""Random rules over random rows, with what the plain model of the contract gives for them."""

import zlib
from dataclasses import dataclass

from contract import (
    CENSUS,
    DATE,
    NUMBER,
    POOLED,
    TEXTS,
    WHOLE,
    YEARS,
    Grammar,
    dates,
    first,
    number_of,
    numbers,
    text_of,
    texts,
    whole_of,
    wholes,
)
from hypothesis import strategies as st

from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import FILES, Crosswalk, Row
from leo_helpers.crosswalk_model import Concept, Example, RecodeRow, Source

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
