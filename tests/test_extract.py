"""An extract holds what was approved and no other, and everything that reads it says so."""

import pyarrow.parquet as pq
import pytest

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.cli import main
from leo_helpers.errors import DataSetError, LeoError
from leo_helpers.store import check, read_manifest

MINE = ["sc_pupil.gender", "sc_pupil.PupilMatchingRefAnonymous", "hesa.HE_XINSTG01"]


@pytest.fixture(scope="module")
def mine(small_data, tmp_path_factory):
    return leo.extract(MINE[:2], tmp_path_factory.mktemp("extract") / "mine", root=small_data)


def test_a_view_has_its_approved_columns_and_all_its_rows(mine, small_data):
    whole = leo.load("sc_pupil", 2011, "spring", root=small_data)
    got = leo.load("sc_pupil", 2011, "spring", root=mine)
    assert set(got.columns) == {"gender_spr11", "pupilmatchingrefanonymous_spr11"}
    assert got.equals(whole[list(got.columns)])
    assert got.attrs["skipped"] == ["sc_pupil: 52 variables are not in your extract."]


def test_a_column_that_two_blocks_of_the_form_list_comes_with_either(small_data, tmp_path):
    asked = ["cin_disabilities.CIN_ChildTableID", "cin_disabilities.CIN_Disability"]
    made = leo.extract(asked, tmp_path / "disabled", root=small_data)
    got = leo.load("cin_disabilities", root=made)
    assert set(got) == {"cin_childtableid", "cin_disability_code"}


def test_one_variable_is_one(small_data, tmp_path):
    catalogue = load_catalogue()
    view = catalogue.tables["sc_pupil"].views(2011, "spring")[0]
    every = [str(item.variable) for item in catalogue.view_columns(view)]
    made = leo.extract(every[1:], tmp_path / "nearly", root=small_data)
    got = leo.load("sc_pupil", 2011, "spring", root=made)
    assert got.attrs["skipped"] == ["sc_pupil: 1 variable is not in your extract."]


def test_tax_benefits_and_lookups_come_with_every_project(mine, small_data):
    views = set(read_manifest(mine).views)
    assert {v for v in read_manifest(small_data).views if v.startswith("leo_i2.")} <= views
    assert not any(v.startswith("hesa_i2.") or ".absence" in v for v in views)


def test_files_are_in_order_and_say_synthetic(mine):
    assert check(mine) == []
    part = next((mine / "npd_i2" / "spring_census_2011").glob("*.parquet"))
    assert b"synthetic" in pq.read_metadata(part).metadata[b"leo"]


def test_harmonise_degrades_and_lists_what_is_missing(mine):
    made = leo.harmonise("sc_pupil", ["sex", "fsm"], 2011, "spring", root=mine)
    frame = made.to_pandas()
    assert frame["fsm"].isna().all() and frame["sex"].notna().any()
    states = made.coverage.set_index("concept")["state"]
    assert states["fsm"] == "not in your extract" != states["sex"]


def test_scripts_meet_the_extract(mine):
    text = "select top 1 {} from npd_i2.[2002237].spring_census_2011"
    assert len(leo.tsql.run(text.format("gender_spr11"), data=mine).frames[0]) == 1
    with pytest.raises(LeoError, match="your extract"):
        leo.tsql.run(text.format("fsmeligible_spr11"), data=mine)


@pytest.mark.parametrize(
    "columns, words",
    [
        ("fsmeligible", "not in your extract"),
        ("gendre", "gender"),
        ("gender_aut11", "gender_aut11 is no column of spring_census_2011"),
    ],
)
def test_a_column_that_is_not_there(mine, columns, words):
    with pytest.raises(LeoError, match=words):
        leo.load("sc_pupil", 2011, "spring", columns, root=mine)


def test_a_table_that_is_not_there(mine):
    with pytest.raises(DataSetError, match="It is an extract"):
        leo.load("absence", root=mine)


def test_the_basket_file_is_read_by_the_command(small_data, tmp_path):
    listed = tmp_path / "mine.csv"
    listed.write_text("table_id,variable\nhesa,HE_XINSTG01\n", encoding="utf-8-sig")
    with pytest.raises(SystemExit) as ended:
        main(["extract", str(listed), str(tmp_path / "out"), "--root", str(small_data)])
    assert ended.value.code == 0
    assert any(v.startswith("hesa_i2.") for v in read_manifest(tmp_path / "out").views)


def test_bad_requests_touch_nothing(small_data, mine, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in mine.rglob("*")}
    with pytest.raises(DataSetError, match="is there already"):
        leo.extract(MINE, mine, root=small_data)
    with pytest.raises(DataSetError, match="nothing to extract"):
        leo.extract([], tmp_path / "none", root=small_data)
    with pytest.raises(LeoError, match="item 1"):
        leo.extract(["sc_pupil.gendre"], tmp_path / "none", root=small_data)
    assert before == {p: p.stat().st_mtime_ns for p in mine.rglob("*")}
    assert not list(tmp_path.iterdir())


def test_a_damaged_file_is_named_and_nothing_is_left(small_data, tmp_path, monkeypatch):
    def torn(*_, **__):
        raise OSError("torn")

    monkeypatch.setattr(pq, "read_table", torn)
    with pytest.raises(DataSetError, match=r"part-.* is damaged"):
        leo.extract(MINE, tmp_path / "new", root=small_data)
    assert not list(tmp_path.iterdir())
