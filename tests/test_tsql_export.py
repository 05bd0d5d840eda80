"""The way to a SQL Server: scripts and bulk files, as parsers read them and as they are loaded."""

import csv
import json

import pytest
import sqlglot

from leo_helpers.errors import DataSetError, ExportError
from leo_helpers.mssql import export_mssql


def tables_of(create):
    """The CREATE TABLE statements of a script, parsed."""
    batches = [b for b in create.read_text().split("\ngo\n") if "create table" in b]
    level = sqlglot.ErrorLevel.RAISE
    trees = [sqlglot.parse_one(batch, dialect="tsql", error_level=level) for batch in batches]
    return [t for t in trees if isinstance(t, sqlglot.exp.Create) and t.kind == "TABLE"]


def test_export_mssql_is_read_by_parsers_and_holds_every_row(tmp_path, small_data):
    paths = export_mssql(tmp_path, ["lookup_pmr", "sc_pupil"], 2011, project="p1", root=small_data)
    create, load, about, *files = paths
    text, made = create.read_text(), tables_of(create)
    assert len(made) == len(files) >= 2 and "create schema" in text
    assert load.read_text().count("bulk insert") == len(files)
    assert "No SQL Server has run" in about.read_text() and "real person" in text
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


def test_export_mssql_files_hold_each_value(tmp_path, small_data):
    """Read by the types of create.sql, with the empty texts put back."""
    import duckdb

    create, load, _, *files = export_mssql(
        tmp_path, ["lilr_learners", "leo_benefit"], root=small_data
    )
    kinds = set()
    for path, tree in zip(files, tables_of(create), strict=True):
        items = []
        for column in tree.find_all(sqlglot.exp.ColumnDef):
            kind, name = column.kind.sql("duckdb"), f'"{column.name}"'
            kinds.add(kind.split("(")[0])
            text = "BLOB" not in kind and "TEXT" not in kind
            form = (
                "cast({} as {})"
                if text
                else "unhex({})"
                if "BLOB" in kind
                else "replace({}, '~', '')"
            )
            items.append(form.format(name, kind))
        database, view = path.stem.split(".")
        loaded = f"select {', '.join(items)} from read_csv('{path}', all_varchar = true)"
        stored = f"select * from '{small_data / database / view}/*.parquet'"
        for one, other in ((loaded, stored), (stored, loaded)):
            assert duckdb.sql(f"{one} except all {other}").fetchall() == []
    assert {"TEXT", "BLOB", "INT", "DATE"} <= kinds
    assert "codepage" not in load.read_text()


def test_export_mssql_names_a_codepage_only_where_a_text_needs_it():
    from leo_helpers.catalogue import load_catalogue
    from leo_helpers.mssql import _bulk
    from leo_helpers.tsql.sqltypes import T

    view = load_catalogue().resolve_table("lookup_pmr").views()[0]
    plain = {"a": ("VARCHAR", T("varchar", 8))}
    wide = {**plain, "b": ("VARCHAR", T("nvarchar", 8))}
    assert "codepage" not in _bulk(view, "p1", plain, "x.csv")
    assert "codepage = '65001'" in _bulk(view, "p1", wide, "x.csv")


def test_export_mssql_says_what_is_wrong(tmp_path, small_data):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        export_mssql(tmp_path / "file", "lookup_pmr", root=small_data)
    with pytest.raises(DataSetError, match="no view"):
        export_mssql(tmp_path, [], root=small_data)
