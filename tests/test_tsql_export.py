"""The way to a SQL Server: scripts and bulk files, checked by parsers."""

import csv
import json

import pytest
import sqlglot

from leo_helpers.errors import DataSetError, ExportError
from leo_helpers.mssql import export_mssql


def test_export_mssql_is_read_by_parsers_and_holds_every_row(tmp_path, small_data):
    paths = export_mssql(tmp_path, ["lookup_pmr", "sc_pupil"], 2011, project="p1", root=small_data)
    create, load, about, *files = paths
    text = create.read_text()
    batches = [batch for batch in text.split("\ngo\n") if "create table" in batch]
    level = sqlglot.ErrorLevel.RAISE
    trees = [sqlglot.parse_one(batch, dialect="tsql", error_level=level) for batch in batches]
    made = [t for t in trees if isinstance(t, sqlglot.exp.Create) and t.kind == "TABLE"]
    assert len(made) == len(files) >= 2 and "create schema" in text
    assert load.read_text().count("bulk insert") == len(files)
    assert "parsers only" in about.read_text() and "real person" in text
    import duckdb

    for path, tree in zip(files, made, strict=True):
        database, view = path.stem.split(".")
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        assert [c.name for c in tree.find_all(sqlglot.exp.ColumnDef)] == header
        count = duckdb.sql(f"select count(*) from '{small_data / database / view}/*.parquet'")
        assert [(len(rows),)] == count.fetchall()


def test_export_mssql_makes_each_table_in_its_own_database(tmp_path, small_data):
    names = ["ks1", "lookup_pmr", "pru_census"]
    create, *_ = export_mssql(tmp_path, names, root=small_data)
    used, made = "", []
    for batch in create.read_text().split("\ngo\n"):
        if batch.startswith("use "):
            used = batch[5:-1]
        if batch.startswith("create table"):
            made.append((used, batch.split("[")[2].split("]")[0]))
    assert made == [
        ("npd_i2", "ks1_1998_to_2012"),
        ("leo_i2", "learner_ae_id_to_pmr_lookup"),
        ("npd_i2", "pru_census_2010_to_2013"),
    ]


def test_export_mssql_is_read_by_sqlfluff(tmp_path, small_data):
    sqlfluff = pytest.importorskip("sqlfluff", reason="a second parser, only where installed")
    for path in export_mssql(tmp_path, ["lookup_pmr", "leo_benefit"], root=small_data)[:2]:
        assert "unparsable" not in json.dumps(sqlfluff.parse(path.read_text(), dialect="tsql"))


def test_export_mssql_keeps_empty_texts_apart_from_null(tmp_path, small_data):
    import duckdb

    _, load, _, path = export_mssql(tmp_path, "ks2_exam", root=small_data)
    name = "ks2_pupilmatchingrefnonanonymous"
    folder = small_data / "npd_i2" / path.stem.split(".")[1]
    want = duckdb.sql(
        f"select count(*) filter ({name} = ''), count(*) filter ({name} is null) "
        f"from '{folder}/*.parquet'"
    ).fetchall()
    got = duckdb.sql(
        f"select count(*) filter ({name} = '~'), count(*) filter ({name} is null) "
        f"from read_csv('{path}', all_varchar = true)"
    ).fetchall()
    assert got == want and want[0][0] > 0
    assert f"[{name}] = case when [{name}] = '~' then ''" in load.read_text()


def test_export_mssql_says_what_is_wrong(tmp_path, small_data):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        export_mssql(tmp_path / "file", "lookup_pmr", root=small_data)
    with pytest.raises(DataSetError, match="no view"):
        export_mssql(tmp_path, [], root=small_data)
