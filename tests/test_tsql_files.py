"""Several scripts in one session, and the tables that they leave behind."""

import datetime as dt

import pandas as pd
import pytest

from leo_helpers import LeoError, tsql
from leo_helpers.cli import main
from leo_helpers.errors import UnknownName

MAKE = """if schema_id('study') is null exec('create schema study')
create table [project].[study].[wip#sc] (id int identity(3, 2), code varchar(3), born date,
    share decimal(5, 2), half as share / 2, seen bit)
insert study.wip#sc (code, born, share, seen) values ('', '1990-02-03', 12.5, 1), (null, null, 3, 0)
select code into #kept from study.wip#sc
select n = 1 into study.wip_sc
declare @n int = 4
print 'made'
"""
READ = """select c.id, k.code from [project].[study].[wip#sc] c join #kept k on k.code = c.code
drop table study.wip_sc
select id into [study].[wip_sc] from study.wip#sc where seen = 1
"""


@pytest.fixture
def session(small_data):
    session = tsql.Session(data=small_data)
    session.run(MAKE)
    return session


@pytest.fixture
def scripts(tmp_path):
    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.sql").write_text(text, "utf-8")
        return [str(tmp_path / f"{name}.sql") for name in texts]

    return write


def command(capsys, *words):
    with pytest.raises(SystemExit) as caught:
        main(words)
    return caught.value.code, *capsys.readouterr()


def test_a_session_lists_its_tables_with_rows_and_columns(session):
    found = session.tables()
    assert list(found.columns) == ["table", "rows", "columns"]
    assert found.values.tolist() == [
        ["study.wip#sc", 2, 6],
        ["#kept", 2, 1],
        ["study.wip_sc", 1, 1],
    ]
    session.run("use leo_i2 select 1 as n into tempdb.dbo.[a.b] select 2 as n into project..c")
    assert session.tables(temporary=False)["table"].tolist()[2:] == ["tempdb.dbo.[a.b]", "dbo.c"]
    for name in session.tables()["table"]:
        assert len(session.table(name)) == session.tables().set_index("table").rows[name]


@pytest.mark.parametrize("name", [
    "study.wip#sc", "STUDY.WIP#SC", "[project].[study].[wip#sc]", 'project."study".wip#sc',
])  # fmt: skip
def test_a_table_is_a_frame_like_a_result_set(session, name):
    frame = session.table(name)
    pd.testing.assert_frame_equal(frame, session.run("select * from study.wip#sc").frame)
    assert frame["born"].tolist()[0] == dt.date(1990, 2, 3)
    assert [str(t) for t in frame.dtypes[["id", "code"]]] == ["int32[pyarrow]", "string[pyarrow]"]
    session.run("create view study.seen as select twice = id * 2 from study.wip#sc where seen = 1")
    assert session.table("study.seen")["twice"].tolist() == [6]


def test_a_table_that_is_not_there_is_told_with_the_nearest_names(session):
    with pytest.raises(UnknownName, match=r"'study.wip#cs' in the session. Did you mean study.wip"):
        session.table("study.wip#cs")
    for name in ("", "a..", "[open"):
        with pytest.raises(UnknownName, match="no table called"):
            session.table(name)
    session.reset()
    with pytest.raises(UnknownName, match="No script has made a table"):
        session.table("study.wip#sc")


def test_scripts_run_in_order_in_one_session(capsys, leo_data, scripts, tmp_path):
    out = tmp_path / "out"
    words = ("sql", *scripts(make=MAKE, read=READ), "--out", str(out))
    assert command(capsys, *words)[0] == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "messages.txt",
        "result-1.csv",
        "table-study.wip_sc-2.csv",
        "table-study.wip_sc.csv",
    ]
    assert (out / "messages.txt").read_text("utf-8").splitlines() == [
        f"{words[1]}:",
        "made",
        "Table study.wip#sc: 2 rows in table-study.wip_sc.csv",
        "Table study.wip_sc: 1 rows in table-study.wip_sc-2.csv",
    ]
    assert (out / "result-1.csv").read_text("utf-8").split() == ["id,code", "3,"]
    assert (out / "table-study.wip_sc.csv").read_text("utf-8").splitlines() == [
        "id,code,born,share,half,seen",
        "3,,1990-02-03,12.50,6.250000,1",
        "5,,,3.00,1.500000,0",
    ]
    assert (out / "table-study.wip_sc-2.csv").read_text("utf-8").split() == ["id", "3"]


def test_parquet_keeps_types_and_tells_null_from_empty(capsys, leo_data, scripts, tmp_path):
    out = tmp_path / "out"
    words = ("sql", *scripts(make=MAKE), "--out", str(out), "--parquet")
    assert command(capsys, *words)[0] == 0
    frame = pd.read_parquet(out / "table-study.wip_sc.parquet", dtype_backend="pyarrow")
    assert frame["code"].isna().tolist() == [False, True]
    assert str(frame["share"].dtype) == "decimal128(5, 2)[pyarrow]"
    assert frame["born"].tolist()[0] == dt.date(1990, 2, 3)


def test_variables_end_with_their_script_and_the_database_does_not(capsys, leo_data, scripts):
    ends = scripts(a="declare @n int = 1", b="select @n")
    code, _, err = command(capsys, "sql", *ends)
    assert code == 1
    assert f"Error: {ends[1]}, line 1, column 1: " in err
    code, out, _ = command(capsys, "sql", *scripts(a="use leo_i2", b="select db_name() as d"))
    assert (code, "leo_i2" in out) == (0, True)


def test_an_error_names_its_script_and_keeps_what_was_made(capsys, leo_data, scripts, tmp_path):
    out = tmp_path / "out"
    names = scripts(make=MAKE, wrong="print 'on'\ngo\nselect nothing from study.wip#sc", read=READ)
    code, _, err = command(capsys, "sql", *names, "--out", str(out))
    assert code == 1
    assert f"Error: {names[1]}, line 3, column 8: Invalid column name 'nothing'" in err
    assert len((out / "table-study.wip_sc.csv").read_text("utf-8").split()) == 3
    assert "on" in (out / "messages.txt").read_text("utf-8").splitlines()
    code, out, err = command(capsys, "sql", names[0], str(tmp_path / "away.sql"))
    assert (code, out) == (1, "")  # nothing has run
    assert "away.sql cannot be read" in err


def test_one_script_names_no_file_and_says_which_tables_stand(capsys, leo_data, scripts):
    code, out, err = command(capsys, "sql", *scripts(make=MAKE))
    assert (code, out) == (0, "made\n")
    assert "Table study.wip#sc: 2 rows; write it with --out." in err.splitlines()
    assert "#kept" not in err
    _, _, err = command(capsys, "sql", *scripts(wrong="select"))
    assert "Error: Line 1, column " in err


def test_several_words_that_are_no_scripts_are_explained(capsys, leo_data, scripts):
    code, _, err = command(capsys, "sql", *scripts(make=MAKE), "select 1")
    assert (code, "'select 1' is no T-SQL script" in err) == (1, True)


def test_a_folder_that_cannot_be_written_is_a_clear_error(capsys, leo_data, scripts, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = command(capsys, "sql", *scripts(make=MAKE), "--out", str(tmp_path / "file"))
    assert (code, "cannot be written" in err) == (1, True)
    assert issubclass(UnknownName, LeoError)
