"""Odd scripts: comments, case and quotes change no answer, and a failure changes nothing."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tsql_cases import read_cases, rows_of

from leo_helpers import LeoError, tsql
from leo_helpers.tsql.lexer import Script
from leo_helpers.tsql.splitter import split

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "sql"
CASES = {case.id: case for case in read_cases()}
BOUNDED = settings(
    max_examples=80,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
#: Pieces that break lexers and splitters when they stand in the wrong place.
PIECES = (
    *("'", "''", '"', "[", "]", "]]", "--", "/*", "*/", "(", ")", ";", ",", ".", "#", "@", "@@"),
    *("go\n", "GO 2\n", "begin ", "end ", "if ", "else ", "while 1 = 0 ", "case ", "when "),
    *("select ", "1 ", "as x ", "from ", "#t ", "into ", "where ", "insert ", "values (1) "),
    *("create table #t (x int) ", "drop table #t ", "exec ", "exec('select 1') ", "N'", "0x", "0e"),
    *("declare @x int = 1 ", "set @x += 1 ", "print @x ", "begin try ", "end try ", "begin catch "),
    *("end catch ", "begin tran ", "rollback ", "with a as (select 1 as x) ", "union all ", "\n"),
    *("declare c cursor for select 1 ", "open c ", "fetch next from c into @x ", "close c "),
    *("deallocate c ", "select @x = @x + x from #t ", "set @c = cursor for ", "waitfor delay "),
    *("return ", "break ", "continue ", "throw ", "use npd_i2 ", "\x00", "\ufeff", "é", "\t", "£"),
)
COMMENTS = ("/**/", "/* ' */", "-- ' \" [ \n", "/* go\n/* inner */ */", "/* ; end */", "\n\t\n")


def attempt(session, text):
    """Run a script; any error but a LeoError fails the test."""
    try:
        return session.run(text)
    except LeoError as error:
        assert "translator itself failed" not in str(error), error
        return None


@pytest.fixture(scope="module")
def session(small_data):
    """One session for all examples: after a failure it must go on working."""
    return tsql.Session(data=small_data)


@BOUNDED
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_pieces_in_any_order(session, text):
    attempt(session, text)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_scripts_cut_off_anywhere(path, small_data):
    text = path.read_text(encoding="utf-8")
    chance = random.Random(20240520)
    for n in range(100):
        cut = chance.randrange(len(text))
        start = chance.choice((0, text.rfind("\ngo\n", 0, cut) + 1))
        try:
            list(split(Script(text[start:cut])))
            if n < 3:
                tsql.run(text[start:cut], data=small_data)
        except LeoError as error:
            assert "translator itself failed" not in str(error), error


def with_comments(text, chance):
    """Put comments and changes of case between the words of a script, never inside a text."""
    parts = re.split(r"('(?:[^']|'')*'|\"[^\"]*\"|\[[^\]]*\]|--[^\n]*|/\*.*?\*/)", text, flags=re.S)
    for n in range(0, len(parts), 2):
        words = re.split(r"(?<=\w)(?= )", parts[n])
        words = [chance.choice((word, word.upper(), word.title())) for word in words]
        parts[n] = "".join(
            word + (chance.choice(COMMENTS) if chance.random() < 0.2 else "") for word in words
        )
    return "".join(parts)


@pytest.mark.parametrize(
    "name",
    [
        "int-divide-columns",
        "cmp-join-binary",
        "null-not-in-subquery",
        "conv-style-120",
        "date-tax-year",
        "like-all-digits",
        "agg-having",
        "win-gaps-islands",
        "top-with-ties",
        "apply-outer",
        "cte-delete-duplicates",
        "dml-update-from",
        "flow-while-break-continue",
        "flow-while-rowcount",
        "try-throw",
        "tran-in-catch",
        "computed-column",
        "leo-slices",
        "sagg-group",
        "pivot-sum",
    ],
)
def test_comments_and_case_change_no_answer(name, small_data):
    case = CASES[name]
    chance = random.Random(name)
    for _ in range(3):
        text = with_comments(case.sql, chance)
        frame = tsql.Session(data=small_data).run(text).frames[-1]
        assert rows_of(frame) == case.rows, text


def test_quotes_within_quotes(session):
    text = "x"
    for _ in range(6):
        text = "exec('" + text.replace("'", "''") + "')" if text != "x" else "select 'it''s' as x"
    assert rows_of(session.run(text).frames[-1]) == [["it's"]]


def test_ten_thousand_lines(session):
    lines = ["declare @n int = 0"]
    lines += [
        f"set @n = @n + {n % 7}  -- step {n}" if n % 3 else "/* nothing\nhere */ set @n += 1"
        for n in range(6700)
    ]
    text = "\n".join([*lines, "select @n as n"])
    assert text.count("\n") >= 8900
    text += "\n" * 1100
    wanted = sum(n % 7 if n % 3 else 1 for n in range(6700))
    assert rows_of(session.run(text).frames[-1]) == [[wanted]]


def test_a_failed_statement_leaves_the_session_as_it_was(session):
    session.reset()  # ALTER TABLE that fails rolls back a transaction that others have begun
    session.run("drop table if exists #kept\ncreate table #kept (x int primary key)\ngo\n")
    session.run("insert into #kept values (1)")
    for wrong in (
        "insert into #kept values (2), (1)",
        "update #kept set x = 1 / 0",
        "select * into #new from #kept where x / 0 = 1",
        "delete from #kept where nothing = 1",
        "alter table #kept add y int not null",
    ):
        with pytest.raises(LeoError):
            session.run(wrong)
        assert rows_of(session.run("select * from #kept").frames[-1]) == [[1]], wrong
    assert rows_of(session.run("select object_id('tempdb..#new') as x").frames[-1]) == [["<null>"]]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"),
     ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""), ("cp1252", b"")],
)  # fmt: skip
def test_a_script_is_read_as_it_was_saved(encoding, mark, session, tmp_path):
    path = tmp_path / "script.sql"
    text = "select\tN'£ café' as x -- é\r\nGO\r\nselect 2 as y\r\n"
    path.write_bytes(mark + text.encode(encoding))
    assert [frame.iloc[0, 0] for frame in session.run(path).frames] == ["£ café", 2]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [(b"", 0), (b"-- nothing\n/* at all */", 0), (b"GO\nGO\n", 0),
     (b"select 1 as x\rgo\rselect 2 as x", 2)],
)  # fmt: skip
def test_a_script_may_be_empty_or_end_its_lines_as_old_macs_did(data, wanted, session, tmp_path):
    path = tmp_path / "script.sql"
    path.write_bytes(data)
    assert len(session.run(path).frames) == wanted


def test_what_is_no_text_is_said_to_be_none(session, tmp_path):
    path = tmp_path / "script.sql"
    path.write_bytes(b"select 1 \x00 as x")
    with pytest.raises(LeoError, match="not text in UTF-8"):
        session.run(path)
    with pytest.raises(LeoError, match="cannot be read"):
        session.run(tmp_path / "another.sql")
    with pytest.raises(LeoError, match="word processor"):
        session.run("select ‘a’ as x")


@pytest.mark.parametrize(
    "text",
    ["alter table", "select 1 as a into", "create index i on", "truncate table", "drop view"],
)
def test_a_statement_cut_short_is_an_error_of_syntax(text, session):
    with pytest.raises(tsql.TSqlError) as caught:
        session.run(text)
    assert (caught.value.number, caught.value.line) == (102, 1)
