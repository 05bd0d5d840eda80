"""Loading and scanning: the right rows and columns, and one clear sentence for bad requests."""

import shutil
from collections import Counter

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.errors import DataSetError, LeoError, UnknownName, YearError
from leo_helpers.store import NOTICE, read_manifest

SPRING = "npd_i2.spring_census_2011"
PICKED = ["gender", "FSMeligible_[term][yy]", "pupilmatchingrefanonymous_spr11"]


def raw(root, view):
    """A view as its files hold it."""
    return pq.read_table(root.joinpath(*view.split(".", 1)), partitioning=None)


def said(error, *parts):
    """Check that an error is one of ours, on one line, with these words in it."""
    text = str(error.value)
    assert isinstance(error.value, LeoError) and "\n" not in text and text.endswith((".", "?"))
    assert all(part in text for part in parts), text


# ---- what comes back


def test_one_view_keeps_its_own_names(small_data):
    df = leo.load("sc_pupil", years=2011, terms="spring", root=small_data)
    table = raw(small_data, SPRING)
    assert list(df.columns) == table.column_names and len(df) == table.num_rows
    assert df["pupilmatchingrefanonymous_spr11"].tolist() == (
        table["pupilmatchingrefanonymous_spr11"].to_pylist()
    )


@pytest.mark.parametrize("years", [2011, "2010/11", "2011", [2011], range(2011, 2012)])
@pytest.mark.parametrize("term", ["spring", "SPR", ["spring"]])
def test_years_and_terms_in_any_spelling(small_data, years, term):
    df = leo.load("school census", years, term, "gender", root=small_data)
    assert df.attrs["views"] == [SPRING] and list(df.columns) == ["gender_spr11"]


def test_columns_by_any_of_their_names_in_the_order_asked_for(small_data):
    df = leo.load("sc_pupil", 2011, "spring", PICKED, root=small_data)
    assert list(df.columns) == [
        "gender_spr11",
        "fsmeligible_spr11",
        "pupilmatchingrefanonymous_spr11",
    ]


def test_attributes_say_what_it_is(small_data):
    df = leo.load("sc_pupil", 2011, "spring", PICKED, root=small_data)
    assert df.attrs == {
        "table": "sc_pupil",
        "notice": NOTICE,
        "views": [SPRING],
        "skipped": [],
    }


def test_columns_have_pyarrow_types(small_data):
    df = leo.load("sc_pupil", 2011, "spring", root=small_data)
    kinds = {str(t) for t in df.dtypes if not isinstance(t, pd.CategoricalDtype)}
    assert not {k for k in kinds if k == "object" or k.startswith("float")}
    assert str(df["entrydate_spr11"].dtype).startswith("datetime64")
    assert df["yearofbirth_spr11"].dtype == pd.ArrowDtype(pa.int32())
    assert df["pupilmatchingrefanonymous_spr11"].dtype == pd.StringDtype("pyarrow")


def test_codes_are_categories_in_the_catalogues_order(small_data):
    df = leo.load("sc_pupil", 2011, "spring", ["gender"], root=small_data)
    codes = load_catalogue().codes(load_catalogue().variable("sc_pupil", "gender").codelist)
    kind = df["gender_spr11"].dtype
    assert kind.ordered and list(kind.categories)[: len(codes)] == [c.code for c in codes]
    held = raw(small_data, SPRING)["gender_spr11"].to_pylist()
    assert [None if pd.isna(v) else v for v in df["gender_spr11"]] == held


def test_labels_in_place_of_codes(small_data):
    codes = leo.load("sc_pupil", 2011, "spring", ["gender"], root=small_data)["gender_spr11"]
    words = leo.load("sc_pupil", 2011, "spring", ["gender"], root=small_data, labels=True)
    shown = words["gender_spr11"]
    assert set(shown.dropna()) >= {"Male", "Female"}
    assert ((codes == "F") == (shown == "Female")).all()


def test_several_views_are_stacked_under_one_name(small_data):
    df = leo.load("sc_pupil", [2010, 2011], ["spring", "autumn"], ["gender"], root=small_data)
    assert list(df.columns) == ["year", "term", "gender"]
    held = {
        (year, term): raw(small_data, f"npd_i2.{name}_census_{year}").num_rows
        for year in (2010, 2011)
        for term, name in (("SPR", "spring"), ("AUT", "autumn"))
    }
    assert df.groupby(["year", "term"], observed=True).size().to_dict() == {
        key: rows for key, rows in held.items() if rows
    }


def test_stacking_says_which_views_lack_a_column(small_data):
    late = load_catalogue().variable("sc_pupil", "LSOA11_[term][yy]")
    first = min(late.terms["SPR"])
    df = leo.load("sc_pupil", [first - 1, first], "spring", ["gender", "lsoa11"], root=small_data)
    assert df.loc[df["year"] == first - 1, "lsoa11"].isna().all()
    assert df["lsoa11"].notna().any()
    assert f"spring_census_{first - 1}: no column lsoa11." in df.attrs["skipped"]


def test_a_census_that_was_not_held_is_said(small_data):
    df = leo.load("sc_pupil", [2002, 2011], "spring", ["gender"], root=small_data)
    assert "sc_pupil: no SPR census in 2002." in df.attrs["skipped"]


def test_years_of_a_pooled_view_are_chosen_by_its_year_column(small_data):
    df = leo.load("leo_earnings", years=[2011, 2012], root=small_data)
    table = raw(small_data, "leo_i2.leo_earnings")
    column = load_catalogue().tables["leo_earnings"].year_column
    wanted = pc.is_in(table[column].cast(pa.string()), pa.array(["201011", "201112"]))
    assert 0 < len(df) == table.filter(wanted).num_rows < table.num_rows
    assert set(df[column].astype(str)) == {"201011", "201112"}


def test_children_in_need_share_a_view_and_have_the_columns_they_list(small_data):
    tables = [t for t in load_catalogue().tables if t.startswith("cin_")]
    frames = {t: leo.load(t, n=1, root=small_data) for t in tables}
    assert len({tuple(df.attrs["views"]) for df in frames.values()}) == 1
    for table, df in frames.items():  # a key that two blocks list is a column of both
        own = {item.column_pattern for item in load_catalogue().variables(table)}
        assert own == set(df) - ({"cin_pupilmatchingrefanonymous", "cin_acadyr"} - own)


@pytest.mark.parametrize("n", [0, 1, 7])
def test_n_rows_of_each_view(small_data, n):
    one = leo.load("sc_pupil", 2011, "spring", ["gender"], n, small_data)
    two = leo.load("sc_pupil", [2010, 2011], "spring", ["gender"], n, small_data)
    assert (len(one), len(two)) == (n, 2 * n)


def test_the_default_data_set_is_found(leo_data):
    assert len(leo.load("leo_benefit", n=3)) == 3


@pytest.mark.parametrize("table", sorted(load_catalogue().tables))
def test_every_table_loads_its_last_view(small_data, table):
    views = [
        v
        for v in load_catalogue().tables[table].views()
        if f"{v.database}.{v.name}" in read_manifest(small_data).views
    ]
    last = views[-1]
    year = last.years[-1] if len(views) > 1 else None
    df = leo.load(table, year, last.term, n=5, root=small_data)
    assert df.attrs["table"] == table and len(df.columns) > 1
    assert df.attrs["views"] == [f"{last.database}.{last.name}"]
    if not table.startswith("cin_"):
        held = raw(small_data, f"{last.database}.{last.name}").column_names
        assert set(df.columns) == set(held)


# ---- scan


def test_scan_is_load_but_lazy(small_data):
    request = {"years": [2010, 2011], "terms": "spring", "columns": ["gender", "fsmeligible"]}
    lazy, df = (
        leo.scan("sc_pupil", **request, root=small_data),
        leo.load("sc_pupil", **request, root=small_data),
    )
    assert lazy.columns == list(df.columns)
    query = lazy.aggregate("year, gender, count(*) as n")
    found = {(y, g): n for y, g, n in query.fetchall()}
    pairs = Counter(
        (year, None if pd.isna(gender) else gender)
        for year, gender in zip(df["year"], df["gender"], strict=True)
    )
    assert found == pairs


def test_scan_of_one_view_and_of_some_years(small_data):
    one = leo.scan("sc_pupil", 2011, "spring", ["gender"], small_data)
    assert one.columns == ["gender_spr11"]
    pay = leo.scan("leo_earnings", years=2011, root=small_data)
    assert len(pay.fetchall()) == len(leo.load("leo_earnings", years=2011, root=small_data))


# ---- requests that make no sense; load and scan must say the same

READERS = pytest.mark.parametrize("read", [leo.load, leo.scan], ids=["load", "scan"])


@READERS
def test_unknown_table(small_data, read):
    with pytest.raises(UnknownName) as error:
        read("sc_pupl", root=small_data)
    said(error, "no table called 'sc_pupl'", "sc_pupil")


@READERS
def test_unknown_column(small_data, read):
    with pytest.raises(UnknownName) as error:
        read("sc_pupil", 2011, "spring", ["gendr"], root=small_data)
    said(error, "'gendr' in sc_pupil", "Did you mean", "ender")


@READERS
def test_unknown_year(small_data, read):
    with pytest.raises(YearError) as error:
        read("sc_pupil", 1990, root=small_data)
    said(error, "sc_pupil has no data for 1990", "END years 2002-2022")


@READERS
@pytest.mark.parametrize("years", ["soon", "201011x", 11.5])
def test_years_that_are_none(small_data, read, years):
    with pytest.raises(YearError) as error:
        read("sc_pupil", years, root=small_data)
    said(error, str(years))


@READERS
def test_unknown_term(small_data, read):
    for term, words in (("sprin", "spring"), ("winter", "autumn, spring, summer")):
        with pytest.raises(LeoError) as error:
            read("sc_pupil", 2011, term, root=small_data)
        said(error, repr(term), words)


@READERS
def test_term_that_was_not_held_that_year(small_data, read):
    with pytest.raises(YearError) as error:
        read("sc_pupil", 2004, "spring", root=small_data)
    said(error, "no SPR census there", "2004 PLASC")


@READERS
def test_terms_of_a_table_without_terms(small_data, read):
    with pytest.raises(YearError) as error:
        read("ks4_pupil", terms="spring", root=small_data)
    said(error, "ks4_pupil has no census terms", "Leave terms out")


@READERS
@pytest.mark.parametrize(
    ("year", "term", "column", "words"),
    [
        (2007, "spring", "LSOA11_[term][yy]", "does not exist in spring_census_2007|exists in|SPR"),
        (2005, "PLASC", "senprovision_spr05", "is no column of plasc_2005|is senstatus_05 there"),
    ],
)
def test_column_outside_its_years(small_data, read, year, term, column, words):
    with pytest.raises(YearError) as error:
        read("sc_pupil", year, term, [column], root=small_data)
    said(error, *words.split("|"))


@READERS
@pytest.mark.parametrize("table", ["leo_idbr", "ypmad_snapshot"])
def test_pooled_view_that_no_year_can_choose(small_data, read, table):
    years = load_catalogue().tables[table].last_year
    with pytest.raises(YearError) as error:
        read(table, years=years, root=small_data)
    said(error, f"{table} cannot be chosen by year", "filter on")


@READERS
def test_pooled_view_without_a_year_column(small_data, read):
    with pytest.raises(YearError) as error:
        read("leo_employment", years=2011, root=small_data)
    said(error, "leo_employment", "years out")


# ---- data sets that are not whole


@READERS
def test_view_that_was_not_generated(some_views, read):
    folder = some_views("leo_i2.leo_benefit")
    with pytest.raises(DataSetError) as error:
        read("sc_pupil", 2011, "spring", root=folder)
    said(error, "no view of sc_pupil", "spring_census_2011", "--tables or --years")


def test_views_that_are_not_there_are_skipped_and_said(some_views):
    folder = some_views(SPRING, "npd_i2.spring_census_2010")
    df = leo.load("sc_pupil", [2010, 2011], ["autumn", "spring"], ["gender"], root=folder)
    assert df.attrs["views"] == ["npd_i2.spring_census_2010", SPRING]
    assert "autumn_census_2011: not in this data set." in df.attrs["skipped"]


def only_part(folder):
    (path,) = folder.joinpath(*SPRING.split(".")).glob("*.parquet")
    return path


DAMAGES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "overwritten": lambda path: path.write_bytes(b"gender,fsm\nF,1\n" * 50),
    "scribbled": lambda path: path.write_bytes(
        path.read_bytes()[:4] + b"\xa5" * (path.stat().st_size - 2_000) + path.read_bytes()[-1_996:]
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_parquet(some_views, damage):
    folder = some_views(SPRING)
    path = only_part(folder)
    DAMAGES[damage](path)
    with pytest.raises(DataSetError) as error:
        leo.load("sc_pupil", 2011, "spring", root=folder)
    said(error, path.name, SPRING, "is damaged", "leo check", "--overwrite")


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten"])
def test_scan_of_damaged_parquet(some_views, damage):
    folder = some_views(SPRING)
    DAMAGES[damage](only_part(folder))
    with pytest.raises(DataSetError) as error:
        leo.scan("sc_pupil", 2011, "spring", root=folder)
    said(error, SPRING, "damaged", "leo check", "--overwrite")


def test_files_that_were_removed(some_views):
    folder = some_views(SPRING)
    only_part(folder).unlink()
    with pytest.raises(DataSetError) as error:
        leo.load("sc_pupil", 2011, "spring", root=folder)
    said(error, SPRING, "has no files", "--overwrite")


def test_file_without_the_column_that_the_catalogue_has(some_views):
    folder = some_views(SPRING)
    path = only_part(folder)
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["gender_spr11"]), path)
    with pytest.raises(DataSetError) as error:
        leo.load("sc_pupil", 2011, "spring", ["gender"], root=folder)
    said(error, SPRING, "--overwrite")


@READERS
def test_folder_that_is_no_data_set(tmp_path, read):
    (tmp_path / "holiday.txt").write_text("sun", encoding="utf-8")
    with pytest.raises(DataSetError) as error:
        read("sc_pupil", root=tmp_path)
    said(error, str(tmp_path), "is not a Learning LEO data set", "leo generate")


@READERS
def test_folder_that_does_not_exist(tmp_path, read):
    with pytest.raises(DataSetError) as error:
        read("sc_pupil", root=tmp_path / "nowhere")
    said(error, "There is no folder", "nowhere", "leo generate --root")


@READERS
@pytest.mark.parametrize("text", ["", "{", '{"kind": "other"}'])
def test_manifest_that_cannot_be_read(some_views, read, text):
    folder = some_views("leo_i2.leo_benefit")
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataSetError) as error:
        read("leo_benefit", root=folder)
    said(error, "manifest.json cannot be read", "--overwrite")


def test_manifest_of_another_version(some_views):
    folder = some_views("leo_i2.leo_benefit")
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace('"layout":1', '"layout":99'), encoding="utf-8")
    with pytest.raises(DataSetError) as error:
        leo.load("leo_benefit", root=folder)
    said(error, "layout 99", "reads layout 1", "--overwrite")


def test_a_data_set_can_be_moved(some_views, tmp_path):
    folder = some_views("leo_i2.leo_benefit")
    moved = shutil.move(folder, tmp_path / "it's here, (moved)")
    assert len(leo.load("leo_benefit", n=2, root=moved)) == 2
    assert len(leo.scan("leo_benefit", root=moved).limit(2).fetchall()) == 2


@pytest.mark.parametrize("read", [leo.load, leo.scan], ids=["load", "scan"])
def test_columns_come_in_the_order_asked_for_over_several_views(small_data, read):
    asked = ["KS5_TOTPTS", "KS5_RECTYPE", "KS5_ACADYR"]  # the first view lacks the second
    assert list(read("ks5_student", columns=asked, root=small_data).columns) == [
        name.lower() for name in asked
    ]
    later = read("sc_pupil", [2010, 2011], "spring", ["gender", "fsmeligible"], root=small_data)
    assert list(later.columns) == ["year", "term", "gender", "fsmeligible"]
