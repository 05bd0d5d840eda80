"""The engine gives what SQL Server's documentation says, case by case."""

import pytest
from tsql_cases import equal_rows, read_cases, rows_of

from leo_helpers import tsql

CASES = read_cases()


@pytest.fixture(scope="module")
def session(small_data):
    """One session; each case begins with it as new."""
    return tsql.Session(data=small_data)


def in_order(wanted, messages):
    """Whether every wanted text stands in a line of the messages, in that order."""
    rest = iter("\n".join(messages).split("\n"))
    return all(any(text in line for line in rest) for text in wanted)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case, session):
    session.reset()
    if not case.error:
        result = session.run(case.sql, "continue" if case.errors else "stop")
        assert not case.errors or [error.number for error in result.errors] == case.errors
        frame = result.frames[-1] if result.frames else None
        assert equal_rows(case.rows, rows_of(frame)), (case.rows, rows_of(frame))
        assert in_order(case.messages, result.messages)
        assert not case.types or result.types[-1] == case.types
        return
    with pytest.raises(tsql.TSqlError) as caught:
        session.run(case.sql)
    assert isinstance(caught.value, tsql.Refused) == case.refused, str(caught.value)
    assert case.error.casefold() in str(caught.value).casefold()
    if case.line:
        assert caught.value.line == case.line
