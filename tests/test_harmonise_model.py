"""Random rules over random rows give what a plain-Python model of the contract says."""

from contract_rules import crosswalks
from hypothesis import HealthCheck, assume, given, settings
from sqlglot import exp

from leo_helpers.crosswalk_rules import broken_rules
from leo_helpers.harmonise_examples import check_examples, differs, queries

CALM = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@given(crosswalks())
@settings(CALM, max_examples=150)
def test_duckdb_gives_what_the_contract_says(crosswalk):
    # An example of a year that no rule covers must come out as NULL; the loader warns of it.
    broken = [str(p) for p in broken_rules(crosswalk) if p.file != "examples.csv"]
    assume(not any("does not exist in" in p for p in broken))  # drawn for a term without it
    assert broken == []
    assert [str(p) for p in check_examples(crosswalk)] == []


def test_spark_gives_what_the_contract_says(spark):
    drawn = []

    @given(crosswalks())
    @settings(CALM, max_examples=60, database=None, derandomize=True)
    def draw(crosswalk):
        drawn.append(crosswalk)

    draw()
    parts, cases = [], {}
    for n, crosswalk in enumerate(drawn):
        for tree, group in queries(crosswalk, "spark", chunk=1):
            cases |= {(n, case.number): case for case in group}
            parts.append(f"SELECT {n} AS tag, drawn.* FROM ({tree.sql(dialect='spark')}) AS drawn")
    got = {(r[0], r[1]): r[2] for r in spark.sql(" UNION ALL ".join(parts)).collect()}
    assert got.keys() == cases.keys()
    wrong = [(cases[k].example, got[k]) for k in cases if differs(cases[k], got[k])]
    assert wrong == []


@given(crosswalks())
@settings(CALM, max_examples=40)
def test_every_rule_can_be_written_for_sql_server(crosswalk):
    import sqlglot

    for tree, _ in queries(crosswalk, "tsql"):
        text = tree.sql(dialect="tsql")
        assert isinstance(sqlglot.parse_one(text, dialect="tsql"), exp.Query)
        assert "REGEXP" not in text.upper() and "::" not in text
