"""Scripts give, result by result or table by table, what pandas gives from their meaning."""

import pytest
from common import ROOT
from sql_twins_degree import after_a_degree
from sql_twins_pay import pay_after_degrees
from sql_twins_progress import ks2_to_ks4
from sql_twins_work import work_spells_by_month
from tsql_cases import equal_rows, plain, rows_of

from leo_helpers import tsql

TWINS = {"pay-after-degrees": pay_after_degrees, "work-spells-by-month": work_spells_by_month}
#: Scripts of which the tables are compared that they leave behind.
TABLES = {"after-a-degree": after_a_degree, "ks2-to-ks4": ks2_to_ks4}
FOLDER = ROOT / "tests" / "tsql" / "scripts"


@pytest.mark.parametrize("name", TWINS)
def test_every_result_equals_its_twin(name, leo_data):
    result = tsql.run(FOLDER / f"{name}.sql", data=leo_data)
    wanted = TWINS[name]()
    assert len(result.frames) == len(wanted)
    for number, (frame, rows) in enumerate(zip(result.frames, wanted, strict=True), 1):
        found, expected = rows_of(frame), [[plain(value) for value in row] for row in rows]
        assert expected and len(found) == len(expected), number
        pairs = zip(expected, found, strict=True)
        different = [(number, a, b) for a, b in pairs if not equal_rows([a], [b])]
        assert not different, different[:3]


def order(row):
    """Return what the rows of a table are sorted by: its key is within the first three columns."""
    return [str(value) for value in row[:3]]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_left_behind_equals_its_twin(name, leo_data):
    session = tsql.Session(data=leo_data)
    session.run(FOLDER / f"{name}.sql")
    for table, rows in TABLES[name]().items():
        found = rows_of(session.table(table))
        expected = [[plain(value) for value in row] for row in rows]
        assert expected and len(found) == len(expected), table
        pairs = zip(sorted(expected, key=order), sorted(found, key=order), strict=True)
        different = [(table, a, b) for a, b in pairs if not equal_rows([a], [b])]
        assert not different, different[:3]
