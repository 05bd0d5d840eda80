"""T-SQL that SQL Server can read and that names only what the secure service has."""

import re

import pytest
import sqlglot
from sqlglot import exp

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.crosswalk import load_crosswalk
from leo_helpers.errors import HarmoniseError
from leo_helpers.harmonise_engines import KEY_COLLATION

TABLES = load_crosswalk().tables


def parsed(text):
    """The one statement of a text, by a parser that raises."""
    statements = sqlglot.parse(text, dialect="tsql", error_level=sqlglot.ErrorLevel.RAISE)
    assert len(statements) == 1
    return statements[0]


def pieces(tree):
    """The SELECT of each view."""
    return [s for s in tree.find_all(exp.Select) if s.expressions[0].alias == "view"]


@pytest.mark.parametrize("table", TABLES)
def test_it_parses_and_names_only_columns_of_the_catalogue(small_data, table):
    h = leo.harmonise(table, root=small_data)
    tree = parsed(h.sql("tsql", project="1234567"))
    found = pieces(tree)
    assert len(found) == len(h.views)
    catalogue = load_catalogue()
    views = {v.name: v for v in catalogue.tables[table].views()}
    for select in found:
        inner = select.args["from_"].this.this
        source = inner.args["from_"].this
        assert source.db == "1234567" and f"{source.catalog}.{source.name}" in h.views
        known = {c.column for c in catalogue.view_columns(views[source.name])}
        assert {c.name for c in inner.find_all(exp.Column)} <= known
        own = {e.alias_or_name for e in inner.expressions}
        joined = {j.this.alias_or_name for j in select.args.get("joins") or ()}
        for column in (c for e in select.expressions for c in e.find_all(exp.Column)):
            assert column.table in {"v", *joined}
            assert column.table != "v" or column.name in own
        assert [e.alias for e in select.expressions][-len(h.concepts) :] == h.concepts


@pytest.mark.parametrize("table", TABLES)
def test_the_text_is_the_tree(small_data, table):
    """What was laid out by hand reads back as what was built, but for settled years."""
    h = leo.harmonise(table, root=small_data)
    tree = h.tree("tsql", project="1234567")
    text = parsed(h.sql("tsql", project="1234567"))
    for one, other in zip(pieces(tree), pieces(text), strict=True):
        for a, b in zip(one.expressions, other.expressions, strict=True):
            if not re.search(r"\b(19|20)\d\d\b.*[<>=]|'(SPR|AUT|SUM|PLASC)'", a.sql("tsql")):
                assert _read_back(a) == b.sql("tsql", comments=False)
        for arg in ("from_", "joins", "where"):
            a, b = one.args.get(arg), other.args.get(arg)
            for x, y in zip(_listed(a), _listed(b), strict=True):
                assert x.sql("tsql") == y.sql("tsql", comments=False)


def _read_back(node):
    """As the parser sees it, which writes NOT x IS NULL for x IS NOT NULL."""
    return sqlglot.parse_one(node.sql("tsql"), dialect="tsql").sql("tsql")


def _listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


@pytest.mark.parametrize("table", TABLES)
def test_another_parser_reads_it_too(small_data, table):
    sqlfluff = pytest.importorskip(
        "sqlfluff.core", reason="sqlfluff is a tool of maintainers: .[dev]"
    )
    limits = {"large_file_skip_byte_limit": 0, "max_parse_nodes": 10_000_000}  # it is only large
    config = sqlfluff.FluffConfig(overrides={"dialect": "tsql", **limits})
    whole = leo.harmonise(table, root=small_data)
    years = sorted(set(whole.coverage["year"].dropna()))
    some = {} if len(whole.views) < 4 else {"years": sorted({years[0], years[len(years) // 2]})}
    h = leo.harmonise(table, root=small_data, **some)
    made = {"into": "#harmonised"} if table == "cla" else {"view": "dbo.harmonised"}
    done = sqlfluff.Linter(config=config).parse_string(h.sql("tsql", **made))
    assert [str(v) for v in done.violations] == []
    assert done.tree is not None and "unparsable" not in done.tree.type_set()


def test_it_says_what_it_does(small_data):
    h = leo.harmonise("sc_pupil", ["sex", "sen_stage", "everfsm_6"], [2004, 2011], root=small_data)
    text = h.sql("tsql", project="1234567", view="harmonised_census")
    head, _, body = text.partition("*/")
    assert head.startswith("/*\nsc_pupil: School Census")
    assert "Project 1234567" in head and "synthetic data only" in head
    assert "everfsm_6  2004, 2011" in head and "is missing" in head
    assert body.strip().startswith("CREATE VIEW harmonised_census AS")
    assert body.count("UNION ALL") == len(h.views) - 1 and text.endswith(";\n")
    assert f"COLLATE {KEY_COLLATION}" in body and "npd_i2.[1234567].spring_census_2011" in body
    assert "CAST(NULL AS SMALLINT)" in body and "-- not collected" in body
    assert not re.search(r"\d\d/\d\d/\d\d\d\d|\d{4}-\d\d-\d\d", head)
    assert all(len(line) <= 120 for line in text.splitlines())
    assert h.sql("tsql") == h.sql("tsql")


def test_into_a_table_of_its_own(small_data):
    h = leo.harmonise("cla", "sex", root=small_data)
    tree = parsed(h.sql("tsql", into="#cla"))
    assert tree.args["into"].this.name == "cla" and pieces(tree)
    with pytest.raises(HarmoniseError, match="contradict"):
        h.sql("tsql", into="a", view="b")
    for name in ("a b", "x; DROP TABLE y", "a.b.c.d", "'x'"):
        with pytest.raises(HarmoniseError, match="cannot be the name"):
            h.sql("tsql", view=name)
    for name in ("#cla", "mine.dbo.cla"):
        assert parsed(h.sql("tsql", into=name))
        with pytest.raises(HarmoniseError, match="makes no view called"):
            h.sql("tsql", view=name)


def test_notes_cannot_end_the_comment(tmp_path, small_data):
    files = {
        "concepts": "concept,table_id,label,type,unit,codelist,caveat\n"
        "boy,sc_pupil,*/ DROP,flag,,,\n",
        "sources": "concept,table_id,variables,first_year,last_year,terms,rule,argument,status,"
        "priority,note,source_id\nboy,sc_pupil,Gender_[term][yy],,,,recode,boys,not_comparable,1,"
        "*/ x /* y,ME\n",
        "recodes": "recode,from,to,reason\nboys,M,1,*/ z\nboys,*,null,\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    h = leo.harmonise("sc_pupil", "boy", 2011, "spring", root=small_data, rules=tmp_path)
    text = h.sql("tsql")
    assert text.count("*/") == 1 == text.count("/*") and len(pieces(parsed(text))) == 1


def test_texts_are_not_cut_and_division_is_real(tmp_path, small_data):
    files = {
        "concepts": "concept,table_id,label,type,unit,codelist,caveat\nx,sc_pupil,X,number,,,\n"
        "t,sc_pupil,T,text,,,\n",
        "sources": "concept,table_id,variables,first_year,last_year,terms,rule,argument,status,"
        "priority,note,source_id\nx,sc_pupil,YearOfBirth_[term][yy],,,,expression,"
        "{YearOfBirth_[term][yy]} / 7,complete,1,,ME\n"
        't,sc_pupil,YearOfBirth_[term][yy],,,,expression,"CAST({YearOfBirth_[term][yy]} AS '
        'VARCHAR)",complete,1,,ME\n',
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    h = leo.harmonise("sc_pupil", ["x", "t"], 2011, "spring", root=small_data, rules=tmp_path)
    text = h.sql("tsql")
    assert "CAST(v.yearofbirth AS FLOAT) / NULLIF(CAST(7 AS FLOAT), 0)" in text
    assert "VARCHAR(100)" in text and not re.search(r"VARCHAR\)", text)
    born = h.to_arrow().to_pylist()[0]
    assert born["x"] == int(born["t"]) / 7
