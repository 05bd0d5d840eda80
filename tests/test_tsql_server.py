"""The comparison with a T-SQL server: what it counts as the same, and what is known to differ."""

import doctest

import pytest
import tsql_server as server
from conformance import Case, read_cases

CASE = Case(topic="t", id="some-case", sql="select 1", page="p", why="w", rows=[[1, "0.50"]])
SERVERS = sorted(path.stem for path in server.KNOWN.glob("*.toml"))


class Cursor:
    """A driver's cursor with one result set a batch; the text FAIL is an error."""

    description = (("a",), ("b",))

    def execute(self, batch):
        if "FAIL" in batch:
            raise RuntimeError("no")

    def fetchall(self):
        return [(1, "x")]

    def nextset(self):
        return False


class Connection:
    """As much of a connection as the tool asks for."""

    cursor = Cursor


def test_examples():
    assert doctest.testmod(server).failed == 0


def test_an_error_ends_the_script_or_only_its_batch():
    script = "select 1\ngo\nFAIL\ngo\nselect 2"
    stopped = server.ask(Connection, script)
    assert (len(stopped.sets), stopped.errors) == (1, ["no"])
    went_on = server.ask(Connection, script, go_on=True)
    assert (len(went_on.sets), went_on.errors) == (2, ["no"])


@pytest.mark.parametrize(
    ("case", "answer", "found"),
    [
        (CASE, server.Answer([(["a", "b"], [[1, "0.5"]])]), "agrees"),
        (CASE, server.Answer([(["a", "b"], [[1, "0.6"]])]), "rows [[1, '0.6']]"),
        (CASE, server.Answer(errors=["208 gone"]), "208 gone"),
        (Case("t", "e", "s", "p", "w", error="gone"), server.Answer(errors=["208 x"]), "agrees"),
        (Case("t", "e", "s", "p", "w", error="gone"), server.Answer(), "no error"),
        (Case("t", "r", "s", "p", "w", error="no", refused=True), server.Answer(), "refused"),
        (Case("t", "n", "s", "p", "w", rows=[], errors=[245]), server.Answer(errors=["8114 x"]),
         "8114 x"),
    ],
)  # fmt: skip
def test_verdicts(case, answer, found):
    assert server.verdict(case, answer) == found


def test_scripts_are_compared_without_the_order_of_rows():
    here = server.Answer([(["A"], [[1], [2]])])
    assert not server.differences(here, server.Answer([(["a"], [[2], [1]])]))
    assert server.differences(here, server.Answer([(["a"], [[2], [2]])]))
    assert server.differences(here, server.Answer(errors=["208 gone"]))


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_server_does_otherwise_is_told_once_and_of_cases_that_exist(name):
    ids = [case for row in server.causes(name) for case in row.get("cases", [])]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {case.id for case in read_cases()}
    assert all(
        row["cause"] and (row.get("cases") or row.get("says")) for row in server.causes(name)
    )
