"""Random expressions over random rows: the engine agrees with a plain-Python model."""

import pytest
import tsql_expressions as draw
import tsql_model as model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tsql_cases import plain, rows_of

from leo_helpers import tsql

BOUNDED = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def session(small_data):
    """One session for all examples; each makes its own table anew."""
    return tsql.Session(data=small_data)


def script(rows, parts):
    """Write the statements that make the table and select the expressions from it."""
    types = ", ".join(
        f"{name} {kind[0]}{'(' + ', '.join(map(str, kind[1:])) + ')' if kind[1:] else ''}"
        for name, kind in draw.COLUMNS.items()
    )
    values = [
        f"({n}, {', '.join(draw.literal(row[name]) for name in draw.COLUMNS)})"
        for n, row in enumerate(rows)
    ]
    select = ",\n  ".join(f"{part.sql} as x{n}" for n, part in enumerate(parts))
    return (
        "drop table if exists #r\n"
        f"create table #r (id int, {types})\n"
        f"insert into #r values {', '.join(values)}\n"
        f"select {select}\nfrom #r order by id\n"
    )


def expected(rows, parts):
    """Return what the model says, or None where it says that the statement stops."""
    try:
        return [[plain(part.value(row)) for part in parts] for row in rows]
    except model.SqlError:
        return None


def agree(session, rows, parts):
    """Run the script and compare it with the model."""
    text, wanted = script(rows, parts), expected(rows, parts)
    if wanted is None:
        with pytest.raises(tsql.TSqlError) as caught:
            session.run(text)
        assert not isinstance(caught.value, tsql.Refused)
    else:
        assert rows_of(session.run(text).frames[-1]) == wanted, text


def some(strategy):
    """Draw one to three expressions."""
    return st.lists(strategy, min_size=1, max_size=3)


@BOUNDED
@given(draw.random_rows(), some(draw.ints(2)))
def test_ints(session, rows, parts):
    agree(session, rows, parts)


@BOUNDED
@given(draw.random_rows(), some(draw.numbers(2)))
def test_decimals(session, rows, parts):
    agree(session, rows, parts)


@BOUNDED
@given(draw.random_rows(), some(draw.strings(2)))
def test_texts(session, rows, parts):
    agree(session, rows, parts)


@BOUNDED
@given(draw.random_rows(), some(draw.dates(2)))
def test_dates(session, rows, parts):
    agree(session, rows, parts)


@BOUNDED
@given(draw.random_rows(), draw.conditions(2))
def test_conditions(session, rows, condition):
    one = draw.Expr("1", ("int",), lambda row: 1)
    nought = draw.Expr("0", ("int",), lambda row: 0)
    neither = draw.Expr("-1", ("int",), lambda row: -1)
    turned = draw.Expr(
        f"not ({condition.sql})", ("bool",), lambda row: model.opposite(condition.value(row))
    )
    agree(session, rows, [draw.case(condition, one, draw.case(turned, nought, neither))])


@BOUNDED
@given(st.lists(st.text("0123456789+-. aeE", max_size=6), min_size=1, max_size=4))
def test_try_cast_of_text_to_decimal(session, values):
    written = [v for v in values if v.strip(" ") and not v.strip(" ").startswith(("+", "-"))]

    def wanted(text):
        try:
            return plain(model.text_to_decimal(text, 9, 2))
        except model.SqlError:
            return "<null>"

    for text in written:
        frame = session.run(f"select try_cast('{text}' as decimal(9, 2)) as x").frames[-1]
        assert rows_of(frame) == [[wanted(text)]], text


@BOUNDED
@given(st.lists(st.text("0123456789 ab", max_size=5), min_size=1, max_size=4))
def test_cast_of_text_to_int(session, values):
    for text in values:
        try:
            wanted = model.text_to_int(text)
        except model.SqlError:
            wanted = "<null>"
        frame = session.run(f"select try_cast('{text}' as int) as x").frames[-1]
        assert rows_of(frame) == [[wanted]], text


def test_the_model_knows_what_the_documentation_says():
    assert model.int_arithmetic("/", -7, 2) == -3
    assert model.int_arithmetic("%", -7, 3) == -1
    assert model.result_type("/", ("decimal", 3, 1), ("int",)) == ("decimal", 14, 12)
    assert model.result_type("*", ("decimal", 38, 10), ("decimal", 38, 10)) == ("decimal", 38, 6)
    assert model.compare("a  ", "A") == 0
    assert model.substring("abcdef", 0, 3) == "ab"
    assert model.like("abc  ", "ABC")
    assert not model.like("abc", "abc ")
    with pytest.raises(model.SqlError):
        model.round_to(model.Decimal("0.7"), 0, ("decimal", 1, 1))
