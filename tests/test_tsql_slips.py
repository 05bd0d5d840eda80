"""What a tired person writes: the place that the error names, and what it says to do."""

import pytest

from leo_helpers import tsql

VIEW = "LEO's view is npd_i2.[2002237].cla_2006_to_2021."
ORDER = "The order is SELECT, INTO, FROM with its joins, WHERE, GROUP BY, HAVING, ORDER BY."
SLIPS = {
    "select 1 from npd_i2.cla_2006_to_2021": (208, (1, 22), VIEW),
    "select 1 from [2002237].cla_2006_to_2021": (208, (1, 25), VIEW),
    "select 1 from cla_2006_to_2021": (208, (1, 15), VIEW),
    "select 1 from npd_i2.2002237.cla_2006_to_2021": (
        102, (1, 22), "A name that begins with a digit stands in brackets: [2002237]."),
    "select 1 from 2002237.cla_2006_to_2021": (
        102, (1, 15), "A name that begins with a digit stands in brackets: [2002237]."),
    "select x = if(1 = 1, 2, 3)": (156, (1, 12), "Inside an expression write CASE WHEN or IIF."),
    "update t set x = select 1 from t": (
        156, (1, 18), "Inside an expression a query stands in brackets."),
    "declare @n integr": (None, (1, 1), "Did you mean int?"),
    "if 1 = 1\nbegin\n while 1 = 2\n begin\n  print 'a'\nend": (
        102, (6, 1), "It is that of line 2, or one inside it."),
    "begin try print 1 end try\nbegin catch\nprint 2": (
        102, (3, 7), "It is that of line 2, or one inside it."),
    "print 'none for + str(1) + ', out'\nif object_id('a') is null\nprint 'b'": (
        105, (3, 9), "The quotes before it may be out of step: see whether one is missing on line"
        " 1 or before."),
    "print 'a\nprint 'b'": (
        105, (2, 9), "The quotes before it may be out of step: see whether one is missing on line"
        " 2 or before."),
    "print N'a' print 'b": (105, (1, 18), ""),
    "select [a from t": (105, (1, 8), ""),
    "/* a": (113, (1, 1), ""),
    "select 1 as a where 1 = 1, 2": (102, (1, 26), ORDER),
    "select 1 as a where 1 = 1 cross apply (values (1)) v (x)": (156, (1, 27), ORDER),
    "select x from (values (1)) v (x) into #a": (156, (1, 34), ORDER),
}  # fmt: skip


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_is_named_with_its_place_and_what_to_do(text, small_data):
    number, place, step = SLIPS[text]
    with pytest.raises(tsql.TSqlError) as caught:
        tsql.run(text, data=small_data)
    error = caught.value
    assert (error.number, (error.line, error.column), error.next_step) == (number, place, step)


def test_clauses_in_order_are_let_through(small_data):
    text = """
create table #t (a int default 0 not null, b as 1 + 1 persisted not null, c int default (1) null)
insert #t (a) select distinct v.x from (values (1), (2)) v (x) where v.x is distinct from 3
update t set a = u.n from #t t join (select n = count(*) from #t having count(*) > 1) u on 1 = 1
delete t output deleted.a into #t (a) from #t t join #t u on u.a = t.a where t.c = 2
merge #t as t using (select 5 as a) s on s.a = t.a when not matched then insert (a) values (s.a);
select n = count(distinct a), m = max(a), r = row_number() over (order by max(a))
from #t where a in (select a from #t group by a) group by a having count(*) > 0
union select 0, 0, 0 from #t where a > 0 order by n, m
select x = (select ',' + v from (values ('a'), ('b')) v (v) where v > 'a' for xml path(''), type)
"""
    frames = tsql.run(text, data=small_data).frames
    assert [f.iloc[:, -1].tolist()[-1] for f in frames] == [2, ",b"]
    assert frames[0]["m"].tolist() == [0, 2, 5]
