"""The conformance cases are well formed; what they say is proved in test_tsql_conformance."""

import re

import conformance
import pytest
from reference import cell
from tsql_cases import read_cases, same

CASES = read_cases()
TOPICS = [
    "going-on",
    "integer-arithmetic",
    "decimals",
    "strings",
    "comparison-and-collation",
    "null-handling",
    "conversion",
    "dates",
    "like-patterns",
    "aggregates",
    "windows",
    "top-and-ties",
    "joins-and-apply",
    "ctes",
    "dml-update-delete-merge-output",
    "select-into-and-temp-tables",
    "table-variables",
    "identity-default-computed",
    "keys-and-indexes",
    "control-flow",
    "variables-and-rowcount",
    "try-catch",
    "transactions",
    "dynamic-sql",
    "schemas-and-metadata",
    "pivot",
    "grouping-sets",
    "string-agg-xml",
    "batches-and-use",
    "leo-views",
    "cursors",
    "variables-row-by-row",
    "errors-by-number",
    "refused",
]


def test_there_are_at_least_250_cases_in_all_topics():
    assert len(CASES) >= 250
    assert {case.topic for case in CASES} == set(TOPICS)
    assert all(sum(case.topic == topic for case in CASES) >= 6 for topic in TOPICS)


def repeated(values):
    seen = set()
    return [value for value in values if value in seen or seen.add(value)]


def test_ids_and_scripts_are_unique():
    assert not repeated(case.id for case in CASES)
    assert not repeated(" ".join(case.sql.split()) for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_is_well_formed(case):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", case.id)
    assert case.sql.strip()
    assert re.fullmatch(r"https?://\S+", case.page)
    assert 3 <= len(case.why.split()) <= 25
    assert case.why.endswith(".")
    assert (case.rows is None) == bool(case.error)
    assert not case.refused or case.error
    assert case.line is None or (case.error and 1 <= case.line <= case.sql.count("\n"))
    widths = {len(row) for row in case.rows or []}
    assert len(widths) <= 1
    assert not case.types or widths == {len(case.types)}
    allowed = (str, int, float)
    assert all(isinstance(v, allowed) and v is not True for row in case.rows or [] for v in row)


def test_an_int_is_no_decimal_and_no_float():
    assert same(3, 3)
    assert not same(3, 3.0)
    assert not same("3", 3)
    assert same(0.1 + 0.2, 0.3)


def test_page_shows_every_case_once():
    text = conformance.page(CASES)
    assert text.count("[Documentation](") == len(CASES)
    assert text.count("## ") == len(TOPICS)
    for case in CASES:
        assert f"{cell(case.why)} [Documentation]({case.page})" in text
        assert case.sql.rstrip("\n") in text


def test_page_tells_rows_errors_and_refusals_apart():
    case = {
        "topic": "t",
        "id": "a-b",
        "sql": "select 1\n",
        "page": "https://x",
        "why": "One two three.",
    }
    assert conformance.answer(conformance.Case(**case, rows=[["<null>", ""]]))[3] == "NULL | ''"
    assert "no rows" in conformance.answer(conformance.Case(**case, rows=[]))
    assert conformance.answer(conformance.Case(**case, error="x", line=2))[0] == "Error (line 2):"
    refused = conformance.Case(**case, error="x", refused=True)
    assert conformance.answer(refused)[0].startswith("Refused here")
