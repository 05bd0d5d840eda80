"""Where engines answer differently: which expressions are named, and both answers on the rows."""

import pytest

from leo_helpers.tsql import Session
from leo_helpers.tsql.rules import TRAPS
from leo_helpers.tsql.traps import tsql_traps

TRAPPED = {
    "division": ("count(*) / 2", "count(*) / 2.0"),
    "avg": ("avg(len(x))", "avg(cast(x as float))"),
    "len": ("len(x)", "datalength(x)"),
    "cast": ("cast(x as int)", "cast(x as float)"),
    "case": ("iif(x = 'a', 1, 0)", "iif(x collate Latin1_General_BIN = 'A' collate x_BIN, 1, 0)"),
    "class": ("case when x like '[0-9]%' then 1 end", "case when x like '0%' then 1 end"),
    "empty": ("cast('' as date)", "cast('x' as varchar(2))"),
    "cut": ("cast(x as char(2))", "cast(x as varchar(max))"),
    "week": ("datediff(week, x, y)", "datediff(day, x, y)"),
    "weekday": ("datepart(dw, x)", "datepart(day, x)"),
    "nulls": ("row_number() over (order by x)", "row_number() over (order by x desc)"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_is_met_and_its_cure_is_not(trap):
    bad, good = (f"select\n{text} as r from #t" for text in TRAPPED[trap])
    assert [item.line for item in tsql_traps(bad) if item.trap == trap] == [2]
    assert trap not in [item.trap for item in tsql_traps(good)]


def test_a_trap_depends_on_the_types_that_the_script_shows():
    made = "create table #t (a int, b int, c decimal(9, 2))\n"
    (found,) = [t for t in tsql_traps(f"{made}select a / b as q from #t") if t.trap == "division"]
    assert found.sure and found.text == "a / b"
    assert not [t for t in tsql_traps(f"{made}select a / c from #t") if t.trap == "division"]
    (found,) = [t for t in tsql_traps("select a / b from #u") if t.trap == "division"]
    assert not found.sure


BOTH = {
    "division": ("select x / 2 as r from (values (7), (8)) t (x)", 1, "x = 7", "3", "3.5"),
    "avg": ("select avg(x) from (values (1, 'a'), (2, 'a'), (4, 'b')) t (x, y) group by y",
            1, "", "1", "1.5"),
    "len": ("select 1 from (values ('ab  ')) t (x) where len(x) > 5", 1, "x = ab  ", "2", "4"),
    "cast": ("select cast(x as int) from (values (2.7), (2.2)) t (x)", 1, "x = 2.7", "2", "3"),
    "case": ("select 1 from (values ('a')) t (x) join (values ('A '), ('b')) u (y) on x = y",
             1, "x = a, y = A ", "true", "false"),
    "class": ("select sum(case when x like '[0-9]%' then 1 else 0 end) from (values ('1a')) t (x)",
              1, "x = 1a", "true", "false"),
    "empty": ("declare @x varchar(3) = ''; set @x = cast(@x as int) + 1", 1, "", "0", "an error"),
    "cut": ("select cast(x as char(2)) from (values ('abc')) t (x)", 1, "x = abc", "ab", "abc"),
    "nulls": ("select x from (values (5), (null)) t (x) order by x", 2, "x = NULL",
              "place 1", "place 2"),
    "week": ("select datediff(week, '20110101', x) from (values (cast('20110102' as date))) t (x)",
             1, "x = 2011-01-02", "1", "0"),
    "weekday": ("if datepart(dw, cast('20110102' as date)) = 1 print 'x'", 1, "", "1", "0"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_both_answers_are_worked_out_on_the_rows(trap, small_data):
    text, differ, row, here, other = BOTH[trap]
    (found,) = [t for t in tsql_traps(text, Session(data=small_data)) if t.trap == trap]
    assert (found.differ, found.row, found.server_here) == (differ, row, here)
    assert found.other_here == other and found.rows >= differ and not found.why


def test_a_trap_by_type_alone_is_settled_by_the_run(small_data):
    session = Session(data=small_data)
    made = "select a = 7.0, b = 2, c = 7 into #u\n"
    assert not [t for t in tsql_traps(f"{made}select a / b from #u", session) if t.rows is None]
    session.reset()
    (found,) = tsql_traps(f"{made}select c / b from #u", session)
    assert found.sure and found.differ == 1
    session.reset()
    looped = "declare @i int = 0\nwhile @i < 9\nbegin\nselect @i / 2\nset @i += 1\nend\nselect 1/ 0"
    loop, last = [t for t in tsql_traps(looped, session) if t.trap == "division"]
    assert (loop.rows, loop.differ) == (5, 2) and last.line == 7 and last.why
    session.reset()
    nested = (
        "select (select max(t.x / 2) from (values (3), (4)) t (x) where t.x > u.y)\n"
        "from (values (1), (3)) u (y)\nselect a / 0 from #missing\nselect 7 / 2"
    )
    first, missing, after = [t for t in tsql_traps(nested, session) if t.trap == "division"]
    assert (first.rows, first.differ, first.row) == (3, 1, "t.x = 3")
    assert missing.why == after.why == "the script stopped in line 3"


@pytest.mark.parametrize(
    ("text", "row", "here", "other"),
    [
        ("select case x when 'b' then 'M' end from (values ('B')) t (x)", "x = B", "M", "NULL"),
        ("select nullif(x, 'b') from (values ('B')) t (x)", "x = B", "NULL", "B"),
        ("select charindex('b', x) from (values ('aB')) t (x)", "x = aB", "2", "0"),
        ("select replace(x, 'b', 'c') from (values ('aB')) t (x)", "x = aB", "ac", "aB"),
    ],
)
def test_text_is_compared_by_functions_and_case_too(text, row, here, other, small_data):
    (found,) = [t for t in tsql_traps(text, Session(data=small_data)) if t.trap == "case"]
    assert (found.row, found.server_here, found.other_here) == (row, here, other)
    assert [t.trap for t in tsql_traps(text)] == ["case"]


def test_a_trap_in_what_group_by_names_is_worked_out_before_grouping(small_data):
    text = (
        "select n = len(x) / 2 from (values ('abc'), ('abcde'), ('ab')) t (x)\ngroup by len(x) / 2"
    )
    found = [t for t in tsql_traps(text, Session(data=small_data)) if t.trap == "division"]
    assert [(t.line, t.rows, t.differ) for t in found] == [(1, 3, 2), (2, 3, 2)]


def test_where_null_comes_is_no_trap_in_a_column_without_null(small_data):
    made = "create table #n (a int not null, b int)\ninsert #n values (1, null), (2, 3)\n"
    text = (
        f"{made}select n = row_number() over (order by a) from #n order by a\nselect x.a from #n x"
    )
    assert not [t for t in tsql_traps(text, Session(data=small_data)) if t.trap == "nulls"]
    joined = f"{text} left join #n y on y.b = x.a order by y.a, x.b"
    found = [t for t in tsql_traps(joined, Session(data=small_data)) if t.trap == "nulls"]
    assert [(t.text, t.rows, t.differ) for t in found] == [("y.a", 2, 0), ("x.b", 2, 2)]


def test_order_by_of_distinct_and_the_values_of_an_insert_are_worked_out(small_data):
    text = (
        "create table #l (a varchar(30), b int)\ndeclare @n bigint = 5\n"
        "insert #l values (cast(@n as varchar(20)), 7 / 2)\n"
        "insert #l values (cast(@n as varchar(20)), 8 / 2), ('x', null)\n"
        "select distinct b from #l order by b -- a comment\n"
        "select b from #l union select 1 order by b\n"
        "select distinct percentile_cont(0.5) within group (order by b) over () as m from #l"
    )
    found = [
        (t.line, t.text, t.differ, t.why)
        for t in tsql_traps(text, Session(data=small_data))
        if t.trap != "division" or t.line == 4
    ]
    assert found == [(4, "8 / 2", 0, ""), (5, "b", 3, ""), (6, "b", 4, "")]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("select distinct y from #t order by y", "y = NULL"),
        ("select y from #t union all select 3 order by 1", "y = NULL"),
        ("select y, count(*) as n from #t group by y order by 1", "y = NULL"),
        ("select y, avg(r) over (partition by y) from #t", None),
        ("select percentile_cont(0.5) within group (order by y) over () from #t", None),
    ],
)
def test_an_order_is_worked_out_everywhere_and_what_is_no_trap_is_left_out(
    query, shown, small_data
):
    made = "select y, y * 1.5 as r into #t from (values (1), (null)) v (y)\n"
    found = tsql_traps(made + query, Session(data=small_data))
    assert [(trap.row, trap.why) for trap in found] == ([(shown, "")] if shown else [])
