"""Whatever a script holds, it runs or ends in a clear error: no crash, no hang."""

import random
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from leo_helpers import tsql
from leo_helpers.tsql.lexer import Script
from leo_helpers.tsql.splitter import split

SCRIPT = """
use cohort /* a /* nested */ comment */
set nocount on -- quietly
if object_id('tempdb..#t') is not null drop table #t;
create table #t (id int identity(1, 1) primary key,
    [odd ]] name] varchar(10) collate Latin1_General_BIN, "n" decimal(5, 2))
insert #t ([odd ]] name], n) values ('it''s', 1.5), (N'b', null), ('', .25)
declare @i int = 0, @s varchar(max) = 'x'
while @i < 3
begin
    set @i += 1
    if @i = 2 begin continue end else print 'n ' + cast(@i as varchar(10))
end
select top (2) with ties t.*, share = n / nullif(sum(n) over (), 0),
    case when n is null then 'none' else 'some' end
from #t as t cross apply (values (1), (2)) v (k)
where [odd ]] name] <> '' and exists (select * from #t u where u.id = t.id)
order by n desc
;with d as (select *, rn = row_number() over (partition by [odd ]] name] order by id) from #t)
delete d where rn > 1
update x set n = x.n + 1 from #t x join #t y on y.id = x.id where x.id in (select id from #t)
begin try select 1 / 0 end try begin catch print error_message() end catch
select stuff((select ',' + [odd ]] name] from #t order by id for xml path('')), 1, 1, '')
exec('select 1 as a')
go
select count(*) from leo_i2..leo_earnings where taxyear between 200304 and 201011
"""
WORDS = re.findall(r"\w+|[^\w\s]|\s+", SCRIPT)


@pytest.fixture(scope="module")
def session(small_data):
    return tsql.Session(data=small_data, max_steps=300)


def attempt(session, text):
    """Run a text; anything but success and a clear error fails the test."""
    session.reset()
    try:
        session.run(text + "\n")
    except tsql.TSqlError as error:
        assert error.line is not None, f"no place in {error}"
        assert str(error).strip()
        assert "translator itself failed" not in str(error), error


def test_the_script_itself_runs(session):
    session.reset()
    result = session.run(SCRIPT)
    assert result.messages[0].startswith("Note, line 2")
    assert "Divide by zero error encountered." in result.messages
    assert len(result.frames) == 4


@pytest.mark.parametrize("start", range(5))
def test_truncated_scripts_end_in_a_clear_error(session, start):
    for end in range(start * 12, len(SCRIPT), 61):
        attempt(session, SCRIPT[:end])


@pytest.mark.parametrize("seed", range(5))
def test_damaged_scripts_end_in_a_clear_error(session, seed):
    draw = random.Random(seed)
    for _ in range(30):
        words = list(WORDS)
        for _ in range(draw.randint(1, 4)):
            at, other = draw.randrange(len(words)), draw.randrange(len(words))
            kind = draw.randrange(4)
            if kind == 0:
                del words[at]
            elif kind == 1:
                words.insert(at, words[other])
            elif kind == 2:
                words[at], words[other] = words[other], words[at]
            else:
                words[at] = draw.choice(
                    [
                        "'",
                        '"',
                        "[",
                        "]",
                        "/*",
                        "*/",
                        "--",
                        "(",
                        ")",
                        ";",
                        "#",
                        "@",
                        "0x",
                        "$",
                        "€",
                        "\0",
                    ]
                )
        attempt(session, "".join(words))


@given(st.text(alphabet=" \n'\"[]()/*-;,.#@=+<>!0aeE$_%&|^~{}:?\\", max_size=60))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example("0{=")
@example("select a{e}")
def test_random_signs_end_in_a_clear_error(session, text):
    attempt(session, text)


@given(
    st.lists(
        st.sampled_from(
            sorted(
                {w for w in WORDS if w.strip()}
                | {"select", "from", "where", "and", "group by", "over", "end"}
            )
        ),
        max_size=25,
    )
)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_random_words_end_in_a_clear_error(session, words):
    attempt(session, " ".join(words))


def test_mixed_case_runs_the_same(session):
    session.reset()
    upper = re.sub(
        r"'[^']*'|\[[^]]*\]*[^]]*\]|\"[^\"]*\"|(\w+)",
        lambda m: m.group(0).upper() if m.group(1) else m.group(0),
        "select Len('ab ') as n, Case When 'A' = 'a' Then 1 End as c",
    )
    assert session.run(upper).frame.values.tolist() == [[2, 1]]


def test_ten_thousand_lines_are_cut_into_statements():
    lines = [
        "if 1 = 1",
        "begin",
        "  select a = case when 1 = 1 then 'x' else 'y' end -- end",
        "end",
        "else print 'it''s'",
    ] * 2000
    (batch,) = split(Script("\n".join(lines)))
    assert len(batch.body) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000 + "1" + ")" * 3000,
        "1" + "+1" * 4000,
        "case when 1=1 then " * 400 + "1" + " end" * 400,
        "-" * 1 + " - " * 3000 + "1",
        "not " * 3000 + "1=1",
    ],
)
def test_deep_nesting_is_refused_or_run(session, text):
    attempt(session, f"select {text}" if "not" not in text else f"if {text} print 'x'")


def test_deep_blocks_are_refused(session):
    attempt(session, "begin " * 5000 + "print 'x' " + "end " * 5000)
    attempt(session, "if 1=1 " * 3000 + "print 'x'")


def test_a_long_union_runs(session):
    session.reset()
    text = " union all ".join(f"select {i} as n" for i in range(400))
    assert len(session.run(text).frame) == 400
