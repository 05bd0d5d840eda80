"""The T-SQL session itself: what it keeps, what a failure leaves, and its front ends."""

import json
from types import SimpleNamespace

import pytest

from leo_helpers import LeoError, tsql
from leo_helpers.cli import main
from leo_helpers.tsql.magic import load_ipython_extension
from leo_helpers.tsql.names import split_name


@pytest.fixture(scope="module")
def kept(small_data):
    return tsql.Session(data=small_data)


@pytest.fixture
def session(kept):
    kept.reset()
    return kept


def value(session, text):
    return session.run(text).frame.iloc[0, 0]


def fails(session, text, kind=tsql.TSqlError):
    with pytest.raises(kind) as caught:
        session.run(text)
    return caught.value


def test_tables_and_variables_last_from_call_to_call(session):
    session.run("declare @n int = 3 create table #t (x int) insert #t values (@n)")
    assert value(session, "select x + @n from #t") == 6
    assert fails(session, "go\nselect @n").number == 137


def test_a_failed_statement_changes_nothing(session):
    session.run("create table #t (x int primary key, y tinyint) insert #t values (1, 1), (2, 2)")
    for text, number in (
        ("insert #t values (3, 3), (1, 1)", 2627),
        ("insert #t values (3, 3), (4, 400)", 220),
        ("update #t set y = y * 200", 220),
        ("update #t set x = 1", 2627),
        ("insert #t (y) values (1)", 515),
        ("delete from #t where 1 / (x - 2) > 0", 8134),
        ("select y / 0 as z into #u from #t", 8134),
        ("create unique index ix on #t (nothing)", 1911),
        ("alter table #t add x int", 2705),
    ):
        assert fails(session, text).number == number, text
        assert session.run("select * from #t order by x").frame.values.tolist() == [[1, 1], [2, 2]]
    assert (
        session.run("select case when object_id('tempdb..#u') is null then 1 end").frame.iloc[0, 0]
        == 1
    )


def test_a_rollback_brings_back_rows_tables_and_schemas(session):
    session.run("exec('create schema wip') create table wip.a (x int) insert wip.a values (1)")
    session.run(
        "begin tran update wip.a set x = 2 drop table wip.a create table wip.b (y int) rollback"
    )
    assert value(session, "select x from wip.a") == 1
    assert fails(session, "select * from wip.b").number == 208
    assert session.trancount == 0


def test_the_databases_of_leo_are_read_only(session):
    place = "leo_i2.[2002237].leo_benefit"
    for text in (f"delete from {place}", f"update {place} set edukey = ''", f"drop table {place}",
                 f"insert into {place} (edukey) values ('')", f"truncate table {place}",
                 f"create index ix on {place} (edukey)", f"alter table {place} add x int",
                 "use leo_i2 create table dbo.t (x int)", "select 1 as x into leo_i2.dbo.t",
                 "use leo_i2\nexec('create schema mine')"):  # fmt: skip
        assert fails(session, text).number in (229, 262, 3701), text


@pytest.mark.parametrize("database", ["leo_i2.[2002237]", 'LEO_I2."2002237"', "leo_i2."])
def test_views_are_found_under_every_spelling(session, database):
    assert value(session, f"select count(*) from {database}.leo_benefit") > 0


def test_another_project_number_is_the_schema(small_data):
    other = tsql.Session("1234", small_data)
    assert other.run("select count(*) from leo_i2.[1234].leo_benefit").frame.iloc[0, 0] > 0
    error = fails(other, "select 1 from leo_i2.[2002237].leo_benefit")
    assert "Your project is 1234" in str(error)


def test_a_missing_column_names_its_years_and_the_nearest_names(session):
    error = fails(session, "select\n  onroll_spr06\nfrom npd_i2..spring_census_2006")
    assert (error.number, error.line, error.column) == (207, 2, 3)
    assert "2009-2022" in str(error)
    assert "gender_spr06" in str(
        fails(session, "select gendr_spr06 from npd_i2..spring_census_2006")
    )


def test_an_error_carries_its_place_and_text(session):
    error = fails(session, "print 'a'\n\nselect 1,\n   cast('x' as int)")
    assert (error.number, error.line) == (245, 3)
    assert error.statement.startswith("select 1,")
    assert isinstance(error, LeoError)
    assert session.result.messages == ["a"]


@pytest.mark.parametrize("text, word", [
    ("declare c scroll cursor for select 1", "ursor"), ("select rand()", "RAND"),
    ("goto x", "GOTO"), ("create procedure p as select 1", "PROCEDURE"),
    ("select * from openjson('[]')", "OPENJSON"), ("exec xp_cmdshell 'dir'", "xp_cmdshell"),
    ("waitfor (receive 1)", "WAITFOR"),
    ("select a from (values (1)) v(a) for json auto", "FOR XML and FOR JSON"),
    ("set rowcount 5", "rowcount"), ("select soundex('a')", "SOUNDEX"),
])  # fmt: skip
def test_what_cannot_be_honoured_is_refused_by_name(session, text, word):
    assert word in str(fails(session, text, tsql.Refused))


def test_a_refusal_is_never_caught_by_the_script(session):
    fails(
        session, "begin try select rand() end try begin catch print 'fine' end catch", tsql.Refused
    )


def test_hints_and_unstable_queries_are_noted_once_with_their_line(session):
    result = session.run("select top 1 x from (values (1)) v(x)\noption (recompile)\nselect 1 as a")
    assert result.messages == [
        "Note, line 1: OPTION (RECOMPILE) changes nothing here.",
        "Note, line 1: TOP without ORDER BY: SQL Server may return any of the rows.",
    ]


@pytest.mark.parametrize(
    ("items", "unstable"),
    [
        ("row_number() over (order by (select null)) as n", False),
        ("percentile_cont(0.5) within group (order by x) over () as median", False),
        ("row_number() over (order by x) as n", True),
        ("row_number() over (order by (select 1)) as n, x", True),
        ("*", True),
    ],
)
def test_a_tally_of_numbers_is_not_unstable(session, items, unstable):
    text = f"select top 2 {items} from (values (1), (2), (3)) v (x)"
    assert any("TOP without" in said for said in session.run(text).messages) is unstable
    assert any(found.rule == "top" for found in tsql.tsql_check(text)) is unstable


@pytest.mark.parametrize("count", ["0", "(0)"])
def test_top_0_is_not_unstable(session, count):
    text = f"select top {count} * into #shape from (values (1), (2)) v (x)"
    assert session.run(text).messages == []
    assert not tsql.tsql_check(text)


def test_rows_affected_are_told_per_statement(session):
    result = session.run(
        "create table #t (x int)\ninsert #t values (1), (2)\ndelete #t where x = 1"
    )
    assert result.affected.values.tolist() == [[1, "CREATE", 0], [2, "INSERT", 2], [3, "DELETE", 1]]
    with pytest.raises(tsql.TSqlError, match="returned no rows"):
        _ = result.frame


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_are_read_in_the_encodings_that_editors_write(session, tmp_path, encoding):
    path = tmp_path / "script.sql"
    path.write_text("select 'café' as x", encoding)
    assert value(session, path) == "café"
    assert value(session, str(path)) == "café"


def test_a_missing_file_is_a_clear_error(session, tmp_path):
    assert "cannot be read" in str(fails(session, tmp_path / "nothing.sql"))


def test_a_loop_without_an_end_can_be_stopped(small_data):
    bounded = tsql.Session(data=small_data, max_steps=50)
    assert "more than 50 statements" in str(fails(bounded, "while 1 = 1 print 'x'", tsql.Refused))


def test_a_script_that_does_not_parse_runs_nothing(session):
    fails(session, "create table #t (x int)\nbegin\nselect 1")
    assert fails(session, "select * from #t").number == 208


@pytest.mark.parametrize("text, parts", [
    ("a.b", ["a", "b"]), ("tempdb..#t", ["tempdb", "", "#t"]), ("[a b].[c]]d]", ["a b", "c]d"]),
    ('x."2002237".y', ["x", "2002237", "y"]), ("[open", []), ("", []),
])  # fmt: skip
def test_names_in_text_are_cut_into_their_parts(text, parts):
    assert split_name(text) == parts


def test_the_magic_keeps_one_session_and_gives_the_last_frame_a_name(small_data):
    registered, names = {}, {}
    shell = SimpleNamespace(
        user_ns=names, register_magic_function=lambda f, kind, name: registered.update({name: f})
    )
    load_ipython_extension(shell)
    run = registered["tsql"]
    run(f"--data {small_data}", "create table #t (x int) insert #t values (7)")
    run("--out kept", "select x from #t")
    assert names["kept"]["x"].tolist() == [7]
    with pytest.raises(tsql.TSqlError, match="nonsense"):
        run("--nonsense", "")
    with pytest.raises(tsql.TSqlError, match="208"):
        run("--new", "select x from #t")


def command(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(words)
    return caught.value.code, *capsys.readouterr()


def test_the_command_prints_or_writes_what_a_script_gives(capsys, leo_data, tmp_path):
    path = tmp_path / "job.sql"
    path.write_text("print 'begun' select 1 as a, 'x' select 2 as b", "utf-8")
    code, out, err = command(capsys, "sql", str(path))
    assert (code, out.splitlines()[0]) == (0, "begun")
    assert "3 statements ran" in err
    assert json.loads(command(capsys, "sql", str(path), "--json")[1]) == {
        "messages": ["begun"],
        "errors": [],
        "results": [[{"a": 1, "column2": "x"}], [{"b": 2}]],
    }
    folder = tmp_path / "out"
    assert command(capsys, "sql", str(path), "--out", str(folder))[0] == 0
    assert (folder / "result-2.csv").read_text().split() == ["b", "2"]
    assert (folder / "messages.txt").read_text() == "begun\n"
    code, out, err = command(capsys, "sql", "print 'a' select 1 / 0", "--tsql")
    assert (code, out) == (1, "a\n")
    assert "8134" in err


def test_bits_and_bytes_are_shown_as_ssms_shows_them(capsys, leo_data, tmp_path):
    sql = "select cast(1 as bit) as a, 0xFF as b, cast(null as bit) as a, cast(null as binary(2))"
    assert command(capsys, "sql", sql, "--tsql", "--out", str(tmp_path))[0] == 0
    assert (tmp_path / "result-1.csv").read_text() == "a,b,a_3,column4\n1,0xFF,,\n"
    assert command(capsys, "sql", sql, "--tsql")[1].splitlines()[1].split() == ["1", "0xFF"]
    found = json.loads(command(capsys, "sql", sql, "--tsql", "--json")[1])["results"]
    assert found == [[{"a": 1, "b": "0xFF", "a_3": None, "column4": None}]]
    assert command(capsys, "sql", "create table #t (a bit) select * from #t", "--tsql")[0] == 0


def test_a_survey_names_tables_and_columns_with_their_places():
    text = """if object_id('tempdb..#t') is null
select s.gender_spr11 into #t from npd_i2.[2002237].spring_census_2011 s where s.x = 1
;with c as (select a from #t) update u set v = c.a from u join c on c.a = u.a
insert fft.wip#x select b from leo_i2..leo_earnings"""
    found = {s.line: s for s in tsql.survey(text)}
    assert [s.word for s in found.values()] == ["CONDITION", "SELECT", "WITH", "INSERT"]
    assert ("npd_i2", "2002237", "spring_census_2011") in [t.parts for t in found[2].tables]
    assert ("s", "gender_spr11") in [c.parts for c in found[2].columns]
    assert found[4].tables[0].parts == ("leo_i2", "", "leo_earnings")
    assert found[4].columns[0].line == 4
    (broken,) = tsql.survey("select from where")
    assert broken.problem is not None


WORDS = (
    "limit", "qualify", "using", "lateral", "window", "interval", "semi", "anti", "asof",
    "natural", "describe", "filter", "rank", "year", "month", "day", "type", "level", "value",
    "status", "position", "format", "range", "rows", "first", "next", "text", "row",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_words_that_are_not_t_sql_are_plain_names(session, word):
    """Reserved Keywords (Transact-SQL): none of these is one."""
    got = session.run(
        f"select {word} = 1 into #t\n"
        f"select {word}.{word}, max({word}) as {word} from #t {word} where {word} = 1\n"
        f"group by {word}"
    )
    assert got.frame.values.tolist() == [[1, 1]]


@pytest.mark.parametrize("text", [
    "select 1, from #t", "select from #t", "select x from #t,", "select x from #t where x in ()",
    "select x from #t group by", "select x from #t limit 5", "select x from #t qualify 1 = 1",
    "select x::int from #t", "select x || 'a' from #t", "select x from #t where x == 1",
    "select x from #t where x <=> 1", "select * exclude (x) from #t", "select * except (x) from #t",
    "select x from #t join #t u using (x)", "select x from #t natural join #t u",
    "select cast(x as string) from #t", "select x from #t order by x nulls last",
    "select count(*) filter (where x = 1) from #t", "select x ? 1 from #t", "select x->1 from #t",
    "select x from #t fetch first 5 rows only", "select x from #t where x is true",
    "select [1, 2][1] from #t", "select x from #t t semi join #t u on t.x = u.x",
    "select date '2011-01-01'", "select x from #t where (x, x) = (1, 2)",
    "select x from #t offset 5",
    "select x from #t cross join #t u on 1 = 1", "select x ilike 'a' from #t", "select if(x, 1, 2)",
])  # fmt: skip
def test_what_only_other_engines_read_is_no_t_sql(session, text):
    session.run("create table #t (x int)")
    fails(session, text)
