"""The DuckDB connection: the secure service's names over the Parquet files."""

import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

import leo_helpers as leo
from leo_helpers.connect import DEFAULT_PROJECT
from leo_helpers.errors import DataSetError
from leo_helpers.store import read_manifest


@pytest.fixture
def con(small_data):
    connection = leo.connect(root=small_data)
    yield connection
    connection.close()


def one(con, sql):
    return con.execute(sql).fetchall()[0][0]


def test_every_view_of_the_data_set_is_there_and_no_other(con, small_data):
    found = con.execute(
        "select database_name || '.' || view_name from duckdb_views() where schema_name = ?",
        [DEFAULT_PROJECT],
    ).fetchall()
    assert {name for (name,) in found} == set(read_manifest(small_data).views)


def test_views_hold_the_rows_of_the_manifest(con, small_data):
    for name, entry in list(read_manifest(small_data).views.items())[::9]:
        database, view = name.split(".", 1)
        assert one(con, f'select count(*) from {database}."2002237"."{view}"') == entry.rows, name


def test_values_and_columns_are_those_of_the_files(con, small_data):
    table = pq.read_table(small_data / "npd_i2" / "spring_census_2011", partitioning=None)
    found = con.execute('select * from npd_i2."2002237".spring_census_2011')
    assert [column[0] for column in found.description] == table.column_names
    assert [tuple(row.values()) for row in table.to_pylist()] == found.fetchall()


def test_names_are_read_in_any_case(con):
    assert one(con, 'SELECT COUNT(*) FROM NPD_I2."2002237".Spring_Census_2011') == one(
        con,
        "select count(gender_SPR11) + count(*) - count(GENDER_spr11) "
        'from npd_i2."2002237".spring_census_2011',
    )


def test_tables_of_several_databases_join(con):
    query = """
        select count(*) from leo_i2."2002237".leo_earnings e
        semi join leo_i2."2002237".leo_benefit b using (edukey)"""
    assert one(con, query) > 0


def test_another_project_number(small_data):
    con = leo.connect(project="1900001", root=small_data)
    assert one(con, 'select count(*) from leo_i2."1900001".leo_benefit') > 0
    with pytest.raises(duckdb.CatalogException):
        con.execute('select 1 from leo_i2."2002237".leo_benefit')


@pytest.mark.parametrize("project", ["", 'x"; drop', "a b", "x" * 41, Path("data")])
def test_project_numbers_that_cannot_be(small_data, project):
    with pytest.raises(DataSetError, match="cannot be a project number"):
        leo.connect(project=project, root=small_data)


def test_only_the_views_of_the_data_set(some_views):
    con = leo.connect(root=some_views("leo_i2.leo_benefit"))
    assert one(con, 'select count(*) from leo_i2."2002237".leo_benefit') > 0
    with pytest.raises(duckdb.Error, match="npd_i2"):
        con.execute('select 1 from npd_i2."2002237".spring_census_2011')


def test_nothing_that_is_done_reaches_the_files(con, small_data):
    place = small_data / "leo_i2" / "leo_benefit"
    before = [path.read_bytes() for path in sorted(place.iterdir())]
    with pytest.raises(duckdb.Error):
        con.execute('delete from leo_i2."2002237".leo_benefit')
    con.execute('drop view leo_i2."2002237".leo_benefit')
    con.execute("create table mine as select 1 as one")
    assert [path.read_bytes() for path in sorted(place.iterdir())] == before
    assert one(leo.connect(root=small_data), 'select count(*) from leo_i2."2002237".leo_benefit')


def test_damaged_file_is_named_when_connecting(some_views):
    folder = some_views("leo_i2.leo_benefit")
    (path,) = (folder / "leo_i2" / "leo_benefit").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataSetError) as error:
        leo.connect(root=folder)
    for part in ("leo_i2.leo_benefit", "missing or damaged", "leo check", "--overwrite"):
        assert part in str(error.value)
    path.unlink()
    with pytest.raises(DataSetError, match=r"leo_i2\.leo_benefit .* missing or damaged"):
        leo.connect(root=folder)


def test_folder_that_is_no_data_set(tmp_path):
    with pytest.raises(DataSetError, match=r"is not a Learning LEO data set"):
        leo.connect(root=tmp_path)


def test_the_default_data_set_is_found(leo_data):
    assert one(leo.connect(), 'select count(*) from leo_i2."2002237".leo_benefit') > 0


def test_connecting_is_quick(small_data):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        leo.connect(root=small_data).close()
        times.append(time.perf_counter() - start)
    assert min(times) < 2.0  # half a second on a machine with nothing else to do: see bench
