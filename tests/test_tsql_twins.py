"""Scripts on work and pay give, result by result, what pandas gives from their meaning."""

import pytest
from common import ROOT
from sql_twins_pay import pay_after_degrees
from sql_twins_work import work_spells_by_month
from tsql_cases import equal_rows, plain, rows_of

from leo_helpers import tsql

TWINS = {"pay-after-degrees": pay_after_degrees, "work-spells-by-month": work_spells_by_month}
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
