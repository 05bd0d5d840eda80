"""The example scripts run as they stand and give what their pandas twins give."""

import re
from pathlib import Path

import pytest
from sql_twins import TWINS as SEVERAL
from sql_twins_care import care_spells
from tsql_cases import equal_rows, plain, rows_of

from leo_helpers import tsql

TWINS = {**SEVERAL, "care-spells": care_spells}
FOLDER = Path(__file__).resolve().parent.parent / "examples" / "sql"
SCRIPTS = sorted(FOLDER.glob("*.sql"))


def test_every_script_has_a_twin_and_a_sensible_length():
    assert {path.stem for path in SCRIPTS} == set(TWINS)
    for path in SCRIPTS:
        assert 50 <= len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_equals_its_twin(path, leo_data):
    result = tsql.run(path.read_text(encoding="utf-8"), data=leo_data)
    found = rows_of(result.frames[-1])
    wanted = [[plain(value) for value in row] for row in TWINS[path.stem]()]
    assert len(found) == len(wanted)
    assert wanted, "nothing was compared"
    different = [(a, b) for a, b in zip(wanted, found, strict=True) if not equal_rows([a], [b])]
    assert not different, different[:3]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_runs_for_another_project(path, leo_data):
    text = path.read_text(encoding="utf-8").replace("2002237", "1234567")
    assert tsql.run(text, project="1234567", data=leo_data).frames


def test_scripts_are_written_as_in_the_secure_service():
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    for construct in (
        r"object_id\('study\.",
        r"\[?wip#\w+",
        r"collate Latin1_General_BIN",
        r"#\w+ ",
        r"while @rows > 0",
        r"with ties",
        r"@@rowcount",
        r"\) include \(",
        r" as datediff\(",
        r"cross apply",
        r"outer apply",
    ):
        assert re.search(construct, text), construct
