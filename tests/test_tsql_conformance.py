"""The engine gives what SQL Server's documentation says, case by case."""

import re
import shutil

import msgspec
import pytest
from tsql_cases import equal_rows, read_cases, rows_of

from leo_helpers import tsql
from leo_helpers.store import read_manifest

CASES = read_cases()
#: Views that cases name in a text that they build.
BUILT = {f"npd_i2.spring_census_{year}" for year in (2007, 2008, 2009)}


@pytest.fixture(scope="module")
def few_views(small_data, tmp_path_factory):
    """The small data set with the views that cases name and no others: it opens faster."""
    named = re.findall(r'(\w+_i2)\.["\[]2002237["\]]\.(\w+)', "\n".join(c.sql for c in CASES))
    manifest = read_manifest(small_data)
    wanted = {f"{database}.{view.lower()}" for database, view in named} | BUILT
    manifest.views = {name: entry for name, entry in manifest.views.items() if name in wanted}
    folder = tmp_path_factory.mktemp("few-views")
    for name in manifest.views:
        place = name.split(".", 1)
        shutil.copytree(small_data.joinpath(*place), folder.joinpath(*place))
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return folder


def in_order(wanted, messages):
    """Whether every wanted text stands in the messages, in that order."""
    rest = iter(messages)
    return all(any(text in message for message in rest) for text in wanted)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case, few_views):
    session = tsql.Session(data=few_views)
    if not case.error:
        result = session.run(case.sql)
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
