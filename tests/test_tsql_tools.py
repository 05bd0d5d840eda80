"""What looks at T-SQL without running it: check, traps, variables; and the way to a SQL Server."""

import json

import pytest
from common import ROOT
from tsql_cases import read_cases
from typer.testing import CliRunner

from leo_helpers import cli
from leo_helpers.errors import LeoError
from leo_helpers.tsql.check import tsql_check
from leo_helpers.tsql.rules import RULES
from leo_helpers.tsql.traps import tsql_traps
from leo_helpers.tsql.variables import tsql_variables, write_variables

EXAMPLES = sorted((ROOT / "examples" / "sql").glob("*.sql"))
#: One script a rule that breaks it, the line of the finding, and one that keeps it.
KS4 = "npd_i2..ks4pupil_2015_to_2021"
PMR = "leo_i2..learner_ae_id_to_pmr_lookup"
BROKEN = {
    "unread": ("exec sp_executesql @q", 1, "exec ('select 1')"),
    "view_text": (
        "exec ('select 1\nfrom npd_i2..spring_census_2035')",
        2,
        "exec ('select 1 from npd_i2..spring_census_2012')",
    ),
    "statement": (
        "select 1 as x\nexec dbo.tidy\nselect 2 as x",
        2,
        "exec sp_executesql N'select 1 as x'",
    ),
    "function": ("select\nsoundex(x) from #t", 2, "select upper(x) from #t"),
    "elsewhere": ("select\nmedian(x) over () from #t", 2, "select avg(x) over () from #t"),
    "newer": ("select\ngreatest(x, y) from #t", 2, "select iif(x > y, x, y) from #t"),
    "view": ("select 1\nfrom npd_i2..spring_census_2035", 2, "select 1 from #spring_census_2035"),
    "column": (
        f"select ks4_fsm,\n ks4_nothing from {KS4}",
        2,
        f"select ks4_nothing from {KS4} k, #own o",
    ),
    "lookup": (
        f"select l.ae_id from #cohort c join\n{PMR} l on l.ae_id = c.ae_id",
        2,
        f"select top 1000 with ties ae_id from {PMR} where ae_id > @last order by ae_id",
    ),
    "view_index": (
        "use leo_i2\ncreate index i on leo_earnings (edukey)",
        2,
        "create index i on leo_earnings (edukey)",
    ),
    "join": (
        "select 1 from leo_i2..leo_earnings e\njoin leo_i2..leo_benefit b on b.edukey = e.edukey",
        2,
        "select 1 from leo_i2..leo_earnings e\njoin #benefit b on b.edukey = e.edukey",
    ),
    "again": (
        "select 1 from #t t\ncross apply (select top 1 e.earnings\nfrom leo_i2..leo_earnings e"
        " where e.edukey = t.edukey order by e.taxyear) x",
        3,
        "select 1 from #t t where exists (select 1 from leo_i2..leo_earnings e"
        " where e.edukey = t.edukey)",
    ),
    "tempdb": (
        "select edukey, taxyear into #t\nfrom leo_i2..leo_earnings",
        2,
        "select edukey, taxyear into study.t from leo_i2..leo_earnings",
    ),
    "twice": (
        "select 1 as a into #t\ndrop table #t\ncreate table #t (a int)",
        3,
        "select 1 as a into #t\ndrop table #t\ngo\ncreate table #t (a int)",
    ),
    "aims": (
        "select recordid from lilr_i2..aims",
        1,
        "select recordid from lilr_i2..aims where year = 2010",
    ),
    "collate": (
        "create table #k (pmr varchar(18) collate Latin1_General_BIN)\n"
        f"select 1 from {KS4} x\njoin #k k on k.pmr = x.ks4_pupilmatchingrefanonymous",
        3,
        "create table #k (pmr varchar(18))\n"
        f"select 1 from {KS4} x\njoin #k k on k.pmr = x.ks4_pupilmatchingrefanonymous",
    ),
    "pooled": (
        f"select ks4_fsm from {KS4}",
        1,
        "select ks4_fsm from npd_i2..ks4pupil_2002_to_2014",
    ),
    "star": (f"select * from {KS4}", 1, f"select count(*) from {KS4}"),
    "top": ("select top 5 a from #t", 1, "select top 5 a from #t order by a"),
    "row_by_row": (
        "declare @s varchar(max) = ''\n"
        "select @s = @s + ks4_gender from npd_i2..ks4pupil_2015_to_2021",
        2,
        "declare @n int = 0\nselect @n = @n + count(*) from npd_i2..ks4pupil_2015_to_2021",
    ),
    "nullable_key": (
        "create table s.k (a int, b int not null)\ncreate unique index i on s.k (b, a)",
        2,
        "create table s.k (a int not null)\ncreate unique index i on s.k (a)",
    ),
    "alias": ("update n set a = 1 from #t t", 1, "update t set a = 1 from #t t"),
    "cross": (
        "create table #n (a int)\nupdate #n set a = 1 from #t t",
        2,
        "create table #n (a int)\nupdate n set a = 1 from #n n join #t t on t.a = n.a",
    ),
}


@pytest.mark.parametrize("rule", [name for name in RULES if not name.startswith("extract")])
def test_each_rule_finds_what_breaks_it_and_nothing_else(rule):
    broken, line, sound = BROKEN[rule]
    found = [item for item in tsql_check(broken) if item.rule == rule]
    assert [(item.line, item.kind) for item in found] == [(line, RULES[rule].kind)]
    assert found[0].words and found[0].step
    assert rule not in [item.rule for item in tsql_check(sound)]


LOOKED_INTO = [
    "exec ('select\n  zz from leo_i2..leo_earnings')",
    "exec('select ''a'',' +\n' zz from leo_i2..leo_earnings')",
    "exec sp_executesql\n@stmt = N'select zz from leo_i2..leo_earnings', N'@a int', @a = 1",
    "use leo_i2 exec ('use npd_i2; select 1')\nselect zz from leo_earnings",
    "insert #t exec ('select a = 1,\nzz from leo_i2..leo_earnings')",
    "merge #t t using (select\nzz from leo_i2..leo_earnings) s on s.zz = t.a\n"
    "when matched then update set a = s.zz;",
    "merge #t t using leo_i2..leo_earnings s on s.edukey = t.a\n"
    "when not matched and s.zz = 1 then insert (a) values (s.edukey);",
    "merge #t t using leo_i2..leo_earnings s on s.edukey = t.a when matched then\n"
    "update set a = s.zz;",
    "update t set a = 1,\nb = s.zz from #t t, leo_i2..leo_earnings s where s.edukey = t.a",
]


@pytest.mark.parametrize("text", LOOKED_INTO)
def test_merge_and_the_literal_text_of_exec_are_looked_into(text):
    found = tsql_check(text)
    (column,) = [item for item in found if item.rule == "column"]
    before = text[: text.index("s.zz" if "s.zz" in text.split("(select")[0] else "zz")]
    assert (column.line, column.column) == (before.count("\n") + 1, len(before.split("\n")[-1]) + 1)
    assert not [item for item in found if item.rule == "unread"]
    assert not tsql_variables([text.replace("zz", "earnings")]).unread


@pytest.mark.parametrize(
    "text", ["exec (@q)", "exec ('select ' + @x)", "exec study.go", "insert #t exec (@q)"]
)
def test_a_text_that_the_script_makes_up_is_said_to_be_unread(text):
    assert [item.line for item in tsql_check(f"\n{text}") if item.rule == "unread"] == [2]


def test_a_procedure_that_reads_no_view_is_not_unread():
    text = "exec sp_rename 'study.t.a', 'b'\nexec sp_help\nexec @n = sys.sp_rename 'a', 'b'"
    assert not [item for item in tsql_check(text) if item.rule == "unread"]
    assert not tsql_variables([text]).unread


@pytest.mark.parametrize("empty", ["edukey <> ''", "edukey > ''", "edukey not in ('', 'x')"])
def test_a_key_that_is_not_empty_is_no_slice(empty):
    text = f"select edukey into study.t from leo_i2..learner_ae_id_to_edukey_lookup where {empty}"
    assert [item.rule for item in tsql_check(text)] == ["lookup"]


PLAIN, MINE = "ks4_pupilmatchingrefanonymous", "create table #k (p varchar(18) collate x_BIN)\n"


@pytest.mark.parametrize(
    "text",
    [
        f";with c as (select p = {PLAIN} from {KS4})\nselect 1 from c join #k k on k.p = c.p",
        f"select 1 from (select * from {KS4}) c\njoin #k k on k.p = c.{PLAIN}",
        f"select 1 from (select p from #k union select p from #k) k\n"
        f"join {KS4} c on c.{PLAIN} = k.p",
        f"select p = isnull({PLAIN}, '') into #own from {KS4}\n"
        "select 1 from #own o, #k k where o.p = k.p",
        f"select p into #own from #k\nselect 1 from {KS4} where {PLAIN} in (select p from #own)",
    ],
)
def test_a_lacking_collate_is_found_through_with_and_derived_tables(text):
    found = [item for item in tsql_check(MINE + text) if item.rule == "collate"]
    assert [item.line for item in found] == [3]
    right = text.replace(PLAIN, f"{PLAIN} collate x_BIN")
    assert not [item for item in tsql_check(MINE + right) if item.rule == "collate"]


def test_a_missing_column_is_found_in_a_table_derived_from_derived_ones():
    text = f"select * from (select u.* from (select 1 as a union all select zz from {KS4}) u) r"
    found = [item.words for item in tsql_check(text) if item.kind == "error"]
    assert found == ["ks4pupil_2015_to_2021 has no column zz."]


def test_a_missing_column_names_its_years_and_the_nearest_names():
    (found,) = [
        item
        for item in tsql_check("select lsoa11_spr07 from npd_i2..spring_census_2007")
        if item.rule == "column"
    ]
    assert "LEO has lsoa11 in views of the same table for 2013-20" in found.step
    (found,) = [i for i in tsql_check(f"select ks4_fms from {KS4}") if i.rule == "column"]
    assert "Did you mean" in found.step and "ks4_" in found.step
    (found,) = [i for i in tsql_check("select 1 from npd_i2..aims") if i.rule == "view"]
    assert found.step == "It is in lilr_i2."


@pytest.mark.parametrize(
    "text",
    [
        "select datediff(week, startdate, enddate) from leo_i2..leo_benefit",
        f"select ks4_fsm as f from {KS4} order by f",
        f"with x as (select ks4_fsm from {KS4}) select * from x",
        f"select (select max(t.a) from #t t where t.k = k.ks4_fsm) from {KS4} k",
        f"update t set a = k.ks4_fsm from #t t join {KS4} k on k.ks4_fsm = t.a",
        "use npd_i2\nselect ks4_fsm from ks4pupil_2015_to_2021",
        "update top (2) #t set a = 1",
    ],
)
def test_what_is_right_is_not_called_wrong(text):
    assert not [item for item in tsql_check(text) if item.kind in ("error", "refused")]


@pytest.mark.parametrize(
    "case", [c for c in read_cases() if not c.error and not c.errors], ids=lambda case: case.id
)
def test_what_runs_is_neither_refused_nor_called_an_error(case):
    assert not [item for item in tsql_check(case.sql) if item.kind in ("error", "refused")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_in_order(path):
    assert not [item for item in tsql_check(path) if item.kind in ("error", "refused")]
    assert tsql_variables([path]).rows


def test_the_approved_list_says_what_the_extract_lacks():
    text = "select ks4_gender,\n ks4_fsm, ks4_acadyr from npd_i2..ks4pupil_2002_to_2014"
    allowed = ["ks4_pupil.KS4_GENDER", "ks4_pupil.KS4_ACADYR"]
    assert not [item for item in tsql_check(text) if item.kind == "extract"]
    (found,) = [item for item in tsql_check(text, allowed) if item.kind == "extract"]
    assert (found.line, found.column) == (2, 2)
    assert "ks4_pupil.KS4_FSM" in found.words and "KS4_01-02_to_20-21" in found.step
    (star,) = [
        item
        for item in tsql_check("select * from npd_i2..ks4pupil_2002_to_2014", allowed)
        if item.rule == "extract_star"
    ]
    assert star.line == 1 and "Your extract lacks" in star.words


def test_the_list_of_variables_is_exact_and_serves_as_approved_list(tmp_path):
    text = (
        "select gender_spr11, gender_spr12 as g from npd_i2..spring_census_2011 a,"
        " npd_i2..spring_census_2012 b\nselect enddate, startdate from leo_i2..leo_benefit"
    )
    found = tsql_variables([text])
    assert [(row.table_id, row.variable, row.years, row.terms) for row in found.rows] == [
        ("sc_pupil", "Gender_[term][yy]", "2011-2012", "SPR"),
        ("leo_benefit", "StartDate", "2000-2021", ""),
        ("leo_benefit", "EndDate", "2000-2021", ""),
    ]
    assert found.rows[0].columns == "gender_spr11, gender_spr12"
    assert found.rows[0].sheet.startswith("SC_Pupil") and not found.unread
    path = write_variables(found.rows, tmp_path / "request.csv")
    assert not [item for item in tsql_check(text, path) if item.kind == "extract"]
    assert tsql_variables(["exec (@q)"]).unread and not tsql_variables(["select 1"]).rows
    with pytest.raises(LeoError, match=r"nowhere.sql"):
        tsql_variables([tmp_path / "nowhere.sql"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_script_that_breaks_off_is_a_clear_error_or_none(path):
    text = path.read_text(encoding="utf-8")
    for end in range(97, len(text), len(text) // 12):
        for look in (tsql_check, tsql_traps, lambda part: tsql_variables([part])):
            try:
                look(f"{text[:end]}\n")
            except LeoError as error:
                assert str(error)


def test_the_commands(tmp_path, small_data):
    script = tmp_path / "a.sql"
    script.write_text("select edukey from leo_i2..leo_benefit")
    bad = tmp_path / "b.sql"
    bad.write_text("select edukye from leo_i2..leo_benefit")
    run = CliRunner().invoke

    def leo(*words):
        return run(cli.app, ["tsql", *map(str, words)])

    fine, wrong = leo("check", script), leo("check", bad, "--json")
    assert (fine.exit_code, wrong.exit_code) == (0, 1) and "Nothing" in fine.output
    assert json.loads(wrong.output)[0]["kind"] == "error"
    assert json.loads(leo("variables", script, "--json").output)["variables"][0]["years"]
    assert leo("variables", script, "--out", tmp_path / "v.csv").exit_code == 0
    assert (tmp_path / "v.csv").read_text().startswith("table_id,sheet,variable")
    assert json.loads(leo("traps", bad, "--rules-only", "--json").output) == []
    bad.write_text("select edukey, taxyear / 100 from leo_i2..leo_earnings\nselect 1 / 0")
    found = json.loads(leo("traps", bad, "--root", small_data, "--json").output)
    assert [item["line"] for item in found] == [1, 2] and found[0]["differ"] == found[0]["rows"] > 9
    text = leo("traps", bad, "--root", small_data).output
    assert f"differ in {found[0]['differ']} of {found[0]['rows']} synthetic rows" in text
    assert (
        "in DuckDB 3.5" in text
        and "2 expressions; the answers differ here in 1." in text
        and "; DuckDB: 20" in text
    )
    done = leo("export", tmp_path / "out", "--table", "lookup_pmr", "--root", small_data)
    assert done.exit_code == 0 and (tmp_path / "out" / "create.sql").exists()
