"""Scripts that go on after an error do so exactly where SQL Server would."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tsql_failure_model import FAILS, Model, text

from leo_helpers import tsql
from leo_helpers.tsql.effects import SOURCES, effects


@pytest.fixture(scope="module")
def session(small_data):
    """One session that goes on after errors."""
    return tsql.Session(data=small_data, on_error="continue")


# The table of effects ---------------------------------------------------------------------------


def numbers_raised(root):
    """Every number of an error in the package's own code."""
    found = set()
    for path in (root / "leo_helpers" / "tsql").glob("*.py"):
        code = path.read_text("utf-8")
        found |= set(re.findall(r"sql_error\(\s*(\d+)", code))
        found |= set(re.findall(r"TSqlError\((?:[^()]|\([^()]*\))*?,\s*(\d{3,5})[,)\s]", code))
        found |= set(re.findall(r"['(](\d{3,5})\|", code))
    macros = (root / "leo_helpers" / "tsql" / "macros.sql").read_text("utf-8")
    return {int(n) for n in found | set(re.findall(r"'(\d{3,5})\|", macros))}


def test_every_error_has_its_effect(root):
    raised = numbers_raised(root)
    assert len(raised) > 100
    assert raised - set(effects()) == set()


def test_every_effect_rests_on_a_source():
    for number, effect in effects().items():
        assert effect.ends in ("statement", "batch", "compile"), number
        assert effect.source in SOURCES, number
        assert 11 <= effect.level <= 16, number


# Random scripts ---------------------------------------------------------------------------------

PLAIN = st.one_of(
    st.tuples(st.sampled_from(sorted(FAILS))),
    st.tuples(st.sampled_from(["begin", "commit", "rollback", "condition"])),
    st.tuples(st.just("insert"), st.integers(1, 10**6)),
    st.tuples(st.just("print"), st.integers(0, 99)),
    st.tuples(st.just("option"), st.booleans()),
)
STEPS = st.lists(
    st.recursive(
        PLAIN,
        lambda inner: st.one_of(
            st.tuples(st.just("exec"), st.lists(inner, min_size=1, max_size=4)),
            st.tuples(
                st.just("attempt"),
                st.lists(inner, min_size=1, max_size=4),
                st.lists(inner, max_size=3),
            ),
        ),
        max_leaves=6,
    ),
    min_size=1,
    max_size=6,
)


def distinct(steps, seen):
    """Give every row that is written a key of its own."""
    out = []
    for kind, *rest in steps:
        if kind == "insert":
            seen.append(rest[0])
            rest = [len(seen)]
        out.append((kind, *[distinct(r, seen) if isinstance(r, list) else r for r in rest]))
    return out


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(batches=st.lists(STEPS, min_size=1, max_size=3))
def test_random_scripts_fail_as_the_model_says(session, batches):
    batches, model = [distinct(batch, seen) for seen in [[]] for batch in batches], Model()
    model.script(batches)
    session.reset()
    session.run("create table t (a int primary key)\ninsert t values (0)")
    script = "\ngo\n".join(map(text, batches))
    result = session.run(script)
    said = [re.match(r"Msg \d+|print \w+", m) for m in result.messages]
    assert [m.group() for m in said if m] == model.said, script
    assert session.trancount == model.count, script
    left = session.run("select a from t order by a").frame["a"].tolist()
    assert left == sorted(model.rows), script


# Refusals, results, the ways to ask for it ------------------------------------------------------


def test_a_refusal_ends_its_batch_and_is_told_at_the_end(session):
    session.reset()
    result = session.run(
        "select 1 as a\nbegin try exec sp_who_knows end try begin catch select 2 as a end catch\n"
        "select 3 as a\ngo\nselect 4 as a"
    )
    assert [frame.iloc[0, 0] for frame in result.frames] == [1, 4]
    assert [error.line for error in result.refused] == [2]
    assert result.messages[-1].startswith("1 refused here, first on line 2")
    session.run("select 1 as a")
    assert not session.result.refused


def test_a_script_that_is_to_stop_stops(session):
    session.reset()
    with pytest.raises(tsql.TSqlError) as caught:
        session.run("select 1 as a\nselect 1 / 0 as b\nselect 2 as c", on_error="stop")
    assert caught.value.number == 8134
    assert len(session.result.frames) == 1
    with pytest.raises(tsql.TSqlError, match="continue"):
        session.run("select 1 as a", on_error="maybe")


def test_to_drop_what_is_not_there_never_stops_a_script(session):
    session.reset()
    result = session.run("drop table #a\ndrop view v\nselect 1 as a", on_error="stop")
    assert [error.number for error in result.errors] == [3701, 3701]
    assert result.frame.iloc[0, 0] == 1
    (database, view), *_ = session.store.leo
    with pytest.raises(tsql.TSqlError, match="read-only"):
        session.run(f"drop view {database}.[{session.project}].{view}", on_error="stop")


def test_an_error_inside_exec_has_the_line_of_the_script(session):
    session.reset()
    result = session.run("print 'a'\n\nexec('print ''b''\n\nselect 1 / 0 as x')")
    assert result.messages[2].startswith("Msg 8134, Level 16, State 1, Line 3\n")
    assert [(error.number, error.line) for error in result.errors] == [(8134, 3)]
    assert "line 3, column 1 of the executed text" in str(result.errors[0])


def test_a_transaction_that_cannot_be_committed_does_not_outlive_an_error(session):
    session.reset()
    script = (
        "begin transaction\nbegin try select cast('x' as int) as x end try\n"
        "begin catch throw end catch"
    )
    with pytest.raises(tsql.TSqlError) as caught:
        session.run(script, on_error="stop")
    assert caught.value.number == 245
    assert session.trancount == 0
    assert [e.number for e in session.run(script).errors] == [245, 3998]


def test_reading_a_batch_first_leaves_no_trace(session):
    session.reset()
    session.run("create table t (a int, b varchar(3))\ninsert t values (1, 'x')")
    before = session.store.entries, session.store.variables
    result = session.run(
        "begin transaction\ndeclare @v table (a int)\ninsert t select 2, 'y' where 1 = 0\n"
        "select top (1) a into #u from t\nupdate t set b = b + 'z' from t where b like 'q%'\n"
        "rollback\nselect nosuch from t"
    )
    assert [error.number for error in result.errors] == [207]
    assert result.steps == [] and result.frames == []
    assert (session.store.entries, session.store.variables) == before
    assert session.trancount == 0


def test_the_command_line_counts_errors(small_data, capsys):
    from typer.testing import CliRunner

    from leo_helpers.cli import app

    run = CliRunner().invoke
    script = "drop table #a; select 1/0 as x; select 2 as y"
    done = run(app, ["sql", script, "--tsql", "--keep-going", "--root", str(small_data)])
    assert done.exit_code == 1
    assert "Msg 8134, Level 16, State 1, Line 1" in done.stdout
    assert "2 errors." in done.stderr
    fine = run(app, ["sql", "select 2 as y", "--tsql", "--keep-going", "--root", str(small_data)])
    assert fine.exit_code == 0
    shown = run(app, ["sql", script, "--tsql", "--keep-going", "--json", "--root", str(small_data)])
    assert [e["number"] for e in json.loads(shown.stdout)["errors"]] == [3701, 8134]


def test_a_cell_can_go_on(small_data):
    from leo_helpers.tsql.magic import Cells

    cells = Cells({})
    result = cells.run(f"--data {small_data} --keep-going", "select 1 / 0 as x\nselect 2 as y")
    assert [error.number for error in result.errors] == [8134]
    with pytest.raises(tsql.TSqlError):
        cells.run("", "select 1 / 0 as x\nselect 2 as y")
