"""Random T-SQL expressions, each with its type and with a function that works it out in Python."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import tsql_model as model
from hypothesis import strategies as st

#: The columns of the random table; the rows are drawn by `random_rows`.
COLUMNS = {
    "a": ("int",),
    "b": ("int",),
    "c": ("int",),
    "d": ("decimal", 6, 2),
    "e": ("decimal", 9, 4),
    "s": ("varchar", 8),
    "t": ("varchar", 8),
    "p": ("date",),
    "q": ("date",),
}
LETTERS = "aAbBcC012 "
PARTS = ("year", "quarter", "month", "week", "day")
PATTERNS = ("%", "_", "a", "B", "1", " ", "[a-c]", "[0-9]", "[bC]", "%")


class Expr(NamedTuple):
    """An expression in T-SQL, its type, and its value for a row."""

    sql: str
    type: tuple
    value: Callable[[dict], Any]


def texts(size):
    """Draw a short text of a few letters, digits and blanks."""
    return st.text(LETTERS, max_size=size)


def days():
    """Draw a date in LEO's years."""
    return st.dates(dt.date(1984, 1, 1), dt.date(2022, 12, 31))


def decimals(digits, scale):
    """Draw a decimal of at most so many digits."""
    most = 10**digits - 1
    return st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-scale))


def random_rows():
    """Draw up to five rows with NULLs among them."""
    kinds = {
        "a": st.integers(-50000, 50000),
        "b": st.integers(-1000, 1000),
        "c": st.integers(-5, 5),
        "d": decimals(6, 2),
        "e": decimals(9, 4),
        "s": texts(8),
        "t": texts(8),
        "p": days(),
        "q": days(),
    }
    row = st.fixed_dictionaries({name: st.none() | kind for name, kind in kinds.items()})
    return st.lists(row, min_size=1, max_size=5)


def literal(value):
    """Write a value in T-SQL."""
    if value is None:
        return "null"
    if isinstance(value, str | dt.date):
        return f"'{value}'"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def column(*names):
    """Draw one of some columns."""
    return st.sampled_from(names).map(lambda n: Expr(n, COLUMNS[n], lambda row, n=n: row[n]))


def constant(values, kind):
    """Draw a constant; its type is worked out from its value where that matters."""
    return values.map(lambda v: Expr(literal(v), kind(v), lambda row, v=v: v))


def strict(function, *parts):
    """Return a function of a row that is NULL where a part is, else the function of the parts."""

    def value(row):
        values = [part.value(row) for part in parts]
        return None if None in values else function(*values)

    return value


def call(name, kind, function, *parts):
    """Return the expression that calls a function of T-SQL on some parts."""
    return Expr(f"{name}({', '.join(p.sql for p in parts)})", kind, strict(function, *parts))


def simple_ints():
    """Draw an int that can never fail."""
    names = st.sampled_from(("year", "month", "day", "quarter", "dayofyear", "weekday"))
    return st.one_of(
        column("a", "b", "c"),
        constant(st.integers(0, 9999), lambda v: ("int",)),
        column("s", "t").map(lambda x: call("len", ("int",), model.length, x)),
        st.tuples(constant(texts(2), varchar), column("s", "t")).map(
            lambda x: call("charindex", ("int",), model.charindex, *x)
        ),
        st.tuples(st.sampled_from(PARTS), column("p", "q"), column("p", "q")).map(
            lambda x: Expr(
                f"datediff({x[0]}, {x[1].sql}, {x[2].sql})",
                ("int",),
                strict(lambda a, b, part=x[0]: model.datediff(part, a, b), *x[1:]),
            )
        ),
        st.tuples(names, column("p", "q")).map(
            lambda x: Expr(
                f"datepart({x[0]}, {x[1].sql})",
                ("int",),
                strict(lambda day, part=x[0]: model.datepart(part, day), x[1]),
            )
        ),
    )


def varchar(text):
    """Return the type of a text constant."""
    return ("varchar", max(len(text), 1))


def ints(depth):
    """Draw an int expression that may overflow or divide by nought."""
    if depth == 0:
        return simple_ints()
    inner = ints(depth - 1)
    return st.one_of(
        simple_ints(),
        st.tuples(st.sampled_from("+-*/%"), inner, inner).map(
            lambda x: Expr(
                f"({x[1].sql} {x[0]} {x[2].sql})",
                ("int",),
                strict(lambda a, b, sign=x[0]: model.int_arithmetic(sign, a, b), *x[1:]),
            )
        ),
        st.tuples(conditions(), inner, inner).map(lambda x: case(*x)),
        st.tuples(inner, simple_ints()).map(lambda x: first_of("isnull", ("int",), *x)),
        st.tuples(inner, inner).map(lambda x: null_if(*x)),
        numbers(depth - 1).map(lambda x: cast(x, ("int",))),
    )


def numbers(depth):
    """Draw a decimal expression; ints in it are columns, whose precision is known."""
    if depth == 0:
        return column("d", "e")
    inner = numbers(depth - 1)
    with_ints = st.one_of(inner, column("a", "b", "c"))
    places = st.integers(-1, 2)
    found = st.one_of(
        column("d", "e"),
        column("a", "c").map(lambda x: cast(x, ("decimal", 9, 2))),
        st.tuples(st.sampled_from("+-*/%"), inner, with_ints).map(arithmetic),
        st.tuples(st.sampled_from("+-*/"), column("a", "b"), inner).map(arithmetic),
        st.tuples(inner, places).map(
            lambda x: Expr(
                f"round({x[0].sql}, {x[1]})",
                x[0].type,
                strict(lambda v, n=x[1], kind=x[0].type: model.round_to(v, n, kind), x[0]),
            )
        ),
        st.tuples(conditions(), inner, with_ints).map(lambda x: case(*x)),
        st.tuples(inner, column("d", "e")).map(lambda x: first_of("isnull", x[0].type, *x)),
        st.tuples(inner, column("d", "e")).map(
            lambda x: first_of("coalesce", model.common_type(x[0].type, x[1].type), *x)
        ),
        st.tuples(inner, st.integers(0, 4)).map(lambda x: cast(x[0], ("decimal", 20, x[1]))),
    )
    return found.filter(lambda x: x.type[1] < 38)


def arithmetic(parts):
    """Return an operation on two numbers of which one at least is a decimal."""
    sign, left, right = parts
    kind = model.result_type(sign, left.type, right.type)
    work = strict(lambda a, b: model.decimal_arithmetic(sign, a, b, kind), left, right)
    return Expr(f"({left.sql} {sign} {right.sql})", kind, work)


def strings(depth):
    """Draw a text expression."""
    if depth == 0:
        return column("s", "t") | constant(texts(4), varchar)
    inner = strings(depth - 1)
    numbers_of = st.integers(0, 6)
    return st.one_of(
        column("s", "t"),
        st.tuples(inner, inner).map(
            lambda x: Expr(
                f"({x[0].sql} + {x[1].sql})",
                ("varchar", x[0].type[1] + x[1].type[1]),
                strict(lambda a, b: a + b, *x),
            )
        ),
        st.tuples(st.sampled_from(("left", "right")), inner, numbers_of).map(
            lambda x: Expr(
                f"{x[0]}({x[1].sql}, {x[2]})",
                x[1].type,
                strict(
                    lambda v, x=x: v[: x[2]] if x[0] == "left" else v[max(len(v) - x[2], 0) :], x[1]
                ),
            )
        ),
        st.tuples(inner, st.integers(-1, 5), numbers_of).map(
            lambda x: Expr(
                f"substring({x[0].sql}, {x[1]}, {x[2]})",
                x[0].type,
                strict(lambda v, x=x: model.substring(v, *x[1:]), x[0]),
            )
        ),
        inner.map(lambda x: call("upper", x.type, str.upper, x)),
        inner.map(lambda x: call("lower", x.type, str.lower, x)),
        inner.map(lambda x: call("reverse", x.type, lambda v: v[::-1], x)),
        inner.map(lambda x: call("ltrim", x.type, lambda v: v.lstrip(" "), x)),
        inner.map(lambda x: call("rtrim", x.type, lambda v: v.rstrip(" "), x)),
        st.tuples(inner, constant(texts(2), varchar), constant(texts(3), varchar)).map(
            lambda x: call("replace", ("varchar", 8000), model.replace, *x)
        ),
        st.tuples(ints(0), st.integers(1, 6)).map(lambda x: cast(x[0], ("varchar", x[1]))),
        st.tuples(inner, st.integers(1, 6)).map(lambda x: cast(x[0], ("varchar", x[1]))),
        column("p", "q").map(lambda x: cast(x, ("varchar", 10))),
        st.tuples(column("s", "t"), inner).map(lambda x: first_of("isnull", x[0].type, *x)),
        st.tuples(inner, inner).map(lambda x: first_of("coalesce", max(x[0].type, x[1].type), *x)),
        st.tuples(inner, inner).map(lambda x: null_if(*x)),
        st.tuples(conditions(), inner, inner).map(lambda x: case(*x)),
    )


def dates(depth):
    """Draw a date expression."""
    if depth == 0:
        return column("p", "q")
    inner = dates(depth - 1)
    return st.one_of(
        column("p", "q"),
        st.tuples(st.sampled_from(PARTS), column("b", "c"), inner).map(
            lambda x: Expr(
                f"dateadd({x[0]}, {x[1].sql}, {x[2].sql})",
                ("date",),
                strict(lambda n, day, part=x[0]: model.dateadd(part, n, day), *x[1:]),
            )
        ),
        inner.map(
            lambda x: call(
                "eomonth", ("date",), lambda v: v.replace(day=model.last_day(v.year, v.month)), x
            )
        ),
        st.tuples(inner, column("p", "q")).map(lambda x: first_of("isnull", ("date",), *x)),
        st.tuples(conditions(), inner, inner).map(lambda x: case(*x)),
    )


def conditions(depth=1):
    """Draw a condition that cannot fail: a function to true, false or None for unknown."""
    pairs = [
        (simple_ints(), simple_ints()),
        (column("d", "e"), column("d", "e", "a")),
        (strings(0), strings(0)),
        (column("p", "q"), column("p", "q") | constant(days(), lambda v: ("date",))),
    ]
    signs = st.sampled_from(("=", "<>", "<", "<=", ">", ">="))
    simple = st.one_of(
        *(st.tuples(signs, *pair).map(comparison) for pair in pairs),
        st.one_of(column(*COLUMNS)).map(
            lambda x: Expr(f"{x.sql} is null", ("bool",), lambda row: x.value(row) is None)
        ),
        st.tuples(column("s", "t"), st.lists(texts(2), min_size=1, max_size=3)).map(member),
        st.tuples(
            column("s", "t"), st.lists(st.sampled_from(PATTERNS), max_size=5).map("".join)
        ).map(alike),
    )
    if depth == 0:
        return simple
    inner = conditions(depth - 1)
    return st.one_of(
        simple,
        st.tuples(inner, inner).map(lambda x: joined("and", model.both, *x)),
        st.tuples(inner, inner).map(lambda x: joined("or", model.either, *x)),
        inner.map(
            lambda x: Expr(f"not ({x.sql})", ("bool",), lambda row: model.opposite(x.value(row)))
        ),
    )


def order(a, b):
    """Return -1, 0 or 1 for two values, texts by the default collation."""
    return model.compare(a, b) if isinstance(a, str) else (a > b) - (a < b)


def comparison(parts):
    """Return the comparison of two expressions."""
    sign, left, right = parts
    wanted = {"=": (0,), "<>": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}[sign]
    sql = f"{left.sql} {sign} {right.sql}"
    return Expr(sql, ("bool",), strict(lambda a, b: order(a, b) in wanted, left, right))


def member(parts):
    """Return an IN over a list of texts."""
    left, values = parts
    sql = f"{left.sql} in ({', '.join(map(literal, values))})"
    found = strict(lambda v: any(model.compare(v, value) == 0 for value in values), left)
    return Expr(sql, ("bool",), found)


def alike(parts):
    """Return a LIKE with a constant pattern."""
    left, pattern = parts
    sql = f"{left.sql} like {literal(pattern)}"
    return Expr(sql, ("bool",), strict(lambda v: model.like(v, pattern), left))


def joined(word, rule, left, right):
    """Return two conditions with AND or OR between them."""
    sql = f"({left.sql} {word} {right.sql})"
    return Expr(sql, ("bool",), lambda row: rule(left.value(row), right.value(row)))


def cast(part, target):
    """Return a CAST."""
    name = f"{target[0]}({', '.join(map(str, target[1:]))})" if target[1:] else target[0]
    work = strict(lambda v: model.cast(v, part.type, target), part)
    return Expr(f"cast({part.sql} as {name})", target, work)


def fitted(value, source, target):
    """Return a value in the type that it takes among others."""
    return value if value is None or source == target else model.cast(value, source, target)


def shared(left, right):
    """Return the type of two branches."""
    if left[0] in ("int", "decimal"):
        return model.common_type(left, right)
    return max(left, right)


def case(condition, left, right):
    """Return a CASE with two branches, of which only the one that is chosen is worked out."""
    kind = shared(left.type, right.type)

    def value(row):
        part = left if condition.value(row) is True else right
        return fitted(part.value(row), part.type, kind)

    return Expr(f"case when {condition.sql} then {left.sql} else {right.sql} end", kind, value)


def first_of(name, kind, left, right):
    """Return ISNULL or COALESCE of two expressions with the type that it has."""

    def value(row):
        for part in (left, right):
            found = part.value(row)
            if found is not None:
                return fitted(found, part.type, kind)
        return None

    return Expr(f"{name}({left.sql}, {right.sql})", kind, value)


def null_if(left, right):
    """Return a NULLIF."""

    def value(row):
        a, b = left.value(row), right.value(row)
        return None if a is not None and b is not None and order(a, b) == 0 else a

    return Expr(f"nullif({left.sql}, {right.sql})", left.type, value)
