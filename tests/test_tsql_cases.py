"""Every case of tests/tsql gives the rows, types or error that SQL Server's documentation says."""

import datetime as dt
import math
import tomllib
from decimal import Decimal
from uuid import UUID

import pandas as pd
import pytest
from common import ROOT

from leo_helpers import tsql

FOLDER = ROOT / "tests" / "tsql"
CASES = [
    pytest.param(case, id=f"{path.stem}:{case['id']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for case in tomllib.loads(path.read_text("utf-8"))["case"]
]


@pytest.fixture(scope="module")
def connected(small_data):
    """One session; each case begins with it as new."""
    return tsql.Session(data=small_data)


def shown(value):
    """A value as the cases write it."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "<null>"
    if isinstance(value, dt.datetime):
        text = value.isoformat(sep=" ")
        return text
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return "0x" + value.hex().upper()
    if isinstance(value, UUID):
        return str(value).upper()
    return value


def same(got, wanted):
    """Compare one cell: floats to 1e-9, everything else exactly."""
    got = shown(got)
    if isinstance(wanted, float) and isinstance(got, int | float):
        return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(wanted, dt.date | dt.time):
        wanted = shown(wanted)
    if isinstance(got, str) and isinstance(wanted, str) and wanted != got:
        return _moment(got) == _moment(wanted) is not None
    return got == wanted


def _moment(text):
    try:
        return dt.datetime.fromisoformat(text[:26])
    except ValueError:
        return None


@pytest.mark.parametrize("case", CASES)
def test_case(case, connected):
    session = connected
    session.reset()
    if case.get("refused"):
        with pytest.raises(tsql.Refused) as caught:
            session.run(case["sql"])
        assert case.get("error", "").lower() in str(caught.value).lower()
        assert caught.value.line == case.get("line", caught.value.line)
        return
    if "error" in case:
        with pytest.raises(tsql.TSqlError) as caught:
            session.run(case["sql"])
        assert not isinstance(caught.value, tsql.Refused), caught.value
        assert case["error"].lower() in str(caught.value).lower()
        assert caught.value.line == case.get("line", caught.value.line)
        return
    result = session.run(case["sql"])
    if "rows" in case and not (case["rows"] == [] and not result.frames):
        rows = [list(row) for row in result.frame.itertuples(index=False, name=None)]
        assert len(rows) == len(case["rows"]), rows
        for got, wanted in zip(rows, case["rows"], strict=True):
            assert len(got) == len(wanted)
            assert all(map(same, got, wanted)), f"got {[*map(shown, got)]}, wanted {wanted}"
    if "types" in case:
        assert [t.replace(" ", "") for t in result.types[-1]] == [t.replace(" ", "") for t in case["types"]]
    for message in case.get("messages", []):
        assert any(message in said for said in result.messages), result.messages
