"""Exports, read back by other readers: values, names, labels, codes, and the word synthetic."""

import csv
import datetime as dt
import errno
from dataclasses import replace
from importlib import import_module

import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.errors import ExportError, UnknownName
from leo_helpers.export_labels import short_names
from leo_helpers.store import NOTICE

FORMATS = ("csv", "dta", "sav", "xlsx")
COLUMNS = [
    "gender",
    "pupilmatchingrefanonymous",
    "fsmeligible",
    "yearofbirth",
    "dateofbirth",
    "monthpartofageatstartofacademicyear",
    "entrydate",
    "ethnicgroupminor",
]


def write(data, path, **options):
    return leo.export(data, path, **options)[0]


def plain(values, blank=None):
    """Values as a list in which everything that is missing is the same."""
    known = [v.date() if isinstance(v, pd.Timestamp) and v == v.normalize() else v for v in values]
    return [blank if pd.isna(v) else v for v in known]


def rows(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def census(small_data):
    held = set(leo.load("sc_pupil", 2011, "spring", n=1, root=small_data).columns)
    wanted = [name for name in COLUMNS if f"{name}_spr11" in held]
    return leo.load("sc_pupil", 2011, "spring", wanted, root=small_data)


@pytest.fixture
def mixed():
    """One column of every kind, each with something missing."""
    day = [dt.date(2011, 1, 20), None, dt.date(1959, 12, 31)]
    return pd.DataFrame(
        {
            "word": pd.array(["a", "", None], pd.StringDtype("pyarrow")),
            "old_word": ["x", None, "=1+1"],
            "small": pd.array([100, None, 127], pd.ArrowDtype(pa.int8())),
            "full": pd.array([1, 2, 101], pd.ArrowDtype(pa.int8())),
            "large": pd.array([2**60, None, 1], pd.ArrowDtype(pa.int64())),
            "number": [1.5, None, -2.0],
            "yes": pd.array([True, None, False], pd.ArrowDtype(pa.bool_())),
            "day": pd.array(day, pd.ArrowDtype(pa.date32())),
            "object_day": day,
            "time": pd.to_datetime(["2011-01-20 08:30", None, "2012-02-29 00:00"]),
            "kind": pd.Categorical(["b", None, "a"], ["b", "a"], ordered=True),
            "bytes": pd.array([b"\x01\xff", None, b""], pd.ArrowDtype(pa.binary())),
            "nothing": [None, None, None],
            "no_day": pd.array([None] * 3, pd.ArrowDtype(pa.date32())),
        }
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_file_name_and_what_is_returned(census, tmp_path, kind):
    made = leo.export(census, tmp_path / f"pupils.{kind}")
    assert made[0] == tmp_path / f"pupils_synthetic.{kind}"
    assert sorted(made) == sorted(tmp_path.iterdir())


def test_a_name_that_says_synthetic_stays(census, tmp_path):
    assert write(census, tmp_path / "Synthetic-a.CSV").name == "Synthetic-a.CSV"


def test_a_table_is_loaded_and_written(small_data, tmp_path):
    path = write(
        "school census",
        tmp_path / "a.csv",
        years=2011,
        terms="spring",
        columns=["gender"],
        n=5,
        root=small_data,
    )
    assert [set(row) for row in rows(path)] == [{"gender_spr11"}] * 5


def test_csv_and_its_codebook(census, tmp_path):
    path, book = leo.export(census, tmp_path / "a.csv")
    back = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in census:
        assert back[name].tolist() == [str(v) for v in plain(census[name], "")], name
    listed = rows(book)
    assert listed[0]["label"] == NOTICE
    found = {(row["column"], row["code"]): row["code_label"] for row in listed}
    assert (found["gender_spr11", "F"], found["fsmeligible_spr11", "1"]) == ("Female", "Yes")


def test_csv_tells_missing_from_empty(mixed, tmp_path):
    lines = write(mixed[["word", "old_word"]], tmp_path / "a.csv").read_text("utf-8").splitlines()
    assert lines == ['"word","old_word"', '"a","x"', '"",', ',"=1+1"']


def test_stata_values_labels_and_codes(census, tmp_path):
    path, renamed = leo.export(census, tmp_path / "a.dta")
    back, meta = pyreadstat.read_dta(str(path))
    assert meta.file_label.startswith("Synthetic: no real person")
    codes = meta.variable_value_labels["gender_spr11"]
    shown = back["gender_spr11"].map(codes).str.split(" ").str[0]
    assert plain(shown) == plain(census["gender_spr11"])
    assert {"M Male", "F Female"} <= set(codes.values())
    assert meta.variable_value_labels["fsmeligible_spr11"][1] == "Yes"
    assert plain(back["fsmeligible_spr11"]) == plain(census["fsmeligible_spr11"])
    label = load_catalogue().variable("sc_pupil", "gender").label
    assert meta.column_names_to_labels["gender_spr11"] == label
    long = "monthpartofageatstartofacademicyear_spr11"
    short = {row["name_in_leo"]: row["name_in_file"] for row in rows(renamed)}
    assert set(short) == {long} and short[long].endswith("_spr11") and len(short[long]) == 32
    assert plain(back[short[long]]) == plain(census[long])


def test_stata_dates_are_dates(census, tmp_path):
    path = write(census, tmp_path / "a.dta")
    back, meta = pyreadstat.read_dta(str(path))
    assert meta.original_variable_types["entrydate_spr11"] == "%td"
    assert plain(back["entrydate_spr11"]) == plain(census["entrydate_spr11"])
    frame = pd.read_stata(path, convert_categoricals=False)
    assert plain(frame["entrydate_spr11"].dt.date) == plain(census["entrydate_spr11"])


def test_spss_values_labels_and_codes(census, tmp_path):
    path = write(census, tmp_path / "a.sav")
    back, meta = pyreadstat.read_sav(str(path))
    assert list(back.columns) == list(census.columns)
    assert meta.file_label.startswith("Synthetic: no real person")
    assert " ".join(line.strip() for line in meta.notes) == NOTICE
    assert plain(back["gender_spr11"], "") == plain(census["gender_spr11"], "")
    assert meta.variable_value_labels["gender_spr11"]["F"] == "Female"
    assert meta.variable_value_labels["fsmeligible_spr11"][1] == "Yes"
    assert plain(back["entrydate_spr11"]) == plain(census["entrydate_spr11"])


def test_excel_sheets(census, tmp_path):
    book = openpyxl.load_workbook(write(census, tmp_path / "a.xlsx"))
    assert book.sheetnames == ["data", "variables", "codes", "about"]
    lines = list(book["data"].values)
    assert lines[0] == tuple(census.columns) and len(lines) == len(census) + 1
    place = lines[0].index("entrydate_spr11")
    days = [line[place] and line[place].date() for line in lines[1:]]
    assert days == plain(census["entrydate_spr11"])
    assert ("gender_spr11", "F", "Female") in list(book["codes"].values)
    assert book["about"]["A2"].value == NOTICE and "Synthetic" in book.properties.title


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_of_column(mixed, tmp_path, kind):
    path = write(mixed, tmp_path / f"a.{kind}")
    if kind == "csv":
        back = pd.read_csv(path, dtype={"large": str})
    elif kind == "xlsx":
        back = pd.read_excel(path, dtype={"large": str})
    else:
        back, _ = getattr(pyreadstat, f"read_{kind}")(str(path))
    assert back.shape == mixed.shape
    known = {
        "small": [100, None, 127],
        "full": [1, 2, 101],
        "number": [1.5, None, -2],
        "yes": [1, None, 0],
        "old_word": ["x", None, "=1+1"],
        "kind": ["b", None, "a"],
    }
    for name, want in known.items():
        assert [None if v == "" else v for v in plain(back[name])] == want, name
    assert back["large"][0] == str(2**60)
    for name in ("day", "object_day"):
        days = pd.to_datetime(back[name]).dt.date
        assert (days[0], days[2]) == (dt.date(2011, 1, 20), dt.date(1959, 12, 31))
        assert pd.isna(days[1])
    assert pd.to_datetime(back["time"])[0] == pd.Timestamp("2011-01-20 08:30")
    assert back["bytes"][0] == "0x01FF"
    assert back["no_day"].isna().all()


def test_excel_text_is_never_a_formula(mixed, tmp_path):
    sheet = openpyxl.load_workbook(write(mixed, tmp_path / "a.xlsx"))["data"]
    (cell,) = [c for row in sheet.iter_rows() for c in row if c.value == "=1+1"]
    assert cell.data_type == "s"


@pytest.mark.parametrize("kind", FORMATS)
def test_no_rows(census, tmp_path, kind):
    assert write(census.head(0), tmp_path / f"a.{kind}").stat().st_size > 0


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("table", ["ks5_exam", "exclusions_t2", "cin_details", "hesa", "eyfsp"])
def test_tables_with_hard_columns(small_data, tmp_path, table, kind):
    df = leo.load(table, n=40, root=small_data)
    path = write(df, tmp_path / f"{table}.{kind}")
    if kind in ("dta", "sav"):
        back, meta = getattr(pyreadstat, f"read_{kind}")(str(path))
        assert back.shape == df.shape
        assert sum(bool(label) for label in meta.column_labels) > len(df.columns) / 2


def test_stacked_views_say_year_and_term(small_data, tmp_path):
    path = write(
        "sc_pupil",
        tmp_path / "a.dta",
        years=[2010, 2011],
        terms="spring",
        columns=["gender"],
        root=small_data,
    )
    back, meta = pyreadstat.read_dta(str(path))
    assert set(back["year"]) == {2010, 2011}
    assert "year of the view" in meta.column_names_to_labels["year"]
    assert "F Female" in meta.variable_value_labels["gender"].values()


def test_labels_of_a_frame_of_ones_own(tmp_path):
    df = pd.DataFrame({"gender_spr11": ["F", "M", "?"], "mine": [1, 2, 3]})
    _, plain = pyreadstat.read_dta(str(write(df, tmp_path / "a.dta")))
    assert plain.variable_value_labels == {}
    back, meta = pyreadstat.read_dta(str(write(df, tmp_path / "b.dta", table="sc_pupil")))
    codes = meta.variable_value_labels["gender_spr11"]
    assert [codes[v] for v in back["gender_spr11"]] == ["F Female", "M Male", "?"]
    with pytest.raises(UnknownName, match="sc_pupil"):
        leo.export(df, tmp_path / "c.dta", table="sc_pupl")


def test_names_that_other_programs_do_not_take():
    odd = ["if", "2nd", "_x", "a b", "a-b", "STR12", "n" * 40, "n" * 40 + "m"]
    short = short_names(dict.fromkeys(odd, 27))
    assert len({name.casefold() for name in short.values()}) == len(odd)
    assert all(len(name) <= 27 and name.isidentifier() for name in short.values())
    assert not {"if", "STR12"} & set(short.values())
    assert short["a b"] == "a_b" and short["a-b"] == "a_b_2"


def test_odd_names_are_written_and_listed(tmp_path):
    df = pd.DataFrame({"if": [1], "a b": [2], "fine": [3]})
    path, renamed = leo.export(df, tmp_path / "a.dta")
    assert list(pyreadstat.read_dta(str(path))[0].columns) == ["if_", "a_b", "fine"]
    assert [row["name_in_leo"] for row in rows(renamed)] == ["if", "a b"]


def test_stata_keeps_the_labels_of_like_named_columns_apart(tmp_path, monkeypatch):
    module = import_module("leo_helpers.export")
    plainly = module.prepare

    def labelled(frame, table):
        return [replace(c, codes={1: f"label of {c.name}"}) for c in plainly(frame, table)]

    monkeypatch.setattr(module, "prepare", labelled)
    # pyreadstat keeps the second column's labels as a1 + 1 and the last one's as a + 11
    names = ["q", "a1", *(f"c{i}" for i in range(9)), "a"]
    df = pd.DataFrame({name: [1] for name in names})
    path, renamed = leo.export(df, tmp_path / "a.dta")
    labels = pyreadstat.read_dta(str(path))[1].variable_value_labels
    short = {row["name_in_leo"]: row["name_in_file"] for row in rows(renamed)}
    assert short == {"a1": "a1_"}
    assert {name: labels[short.get(name, name)][1] for name in names} == {
        name: f"label of {name}" for name in names
    }


# ---- requests that make no sense


def fails(words, *arguments, **options):
    with pytest.raises(ExportError, match=words) as error:
        leo.export(*arguments, **options)
    assert error.value.next_step
    return error


def test_ending_that_is_no_format(census, tmp_path):
    error = fails("'a.doc' does not end in a format", census, tmp_path / "a.doc")
    assert ".csv, .dta, .sav, .xlsx" in str(error.value)


def test_folder_that_does_not_exist(census, tmp_path):
    fails("There is no folder .*nowhere", census, tmp_path / "nowhere" / "a.csv")


def test_neither_table_nor_frame(tmp_path):
    fails("A list cannot be exported", [1, 2], tmp_path / "a.csv")


def test_a_frame_takes_no_selection(census, tmp_path):
    fails("so years, n has no meaning", census, tmp_path / "a.csv", years=2011, n=3)


def test_two_columns_of_one_name(tmp_path):
    df = pd.DataFrame([[1, 2]], columns=["a", "a"])
    fails("2 columns are called 'a'", df, tmp_path / "a.csv")


def test_columns_that_mix_kinds(tmp_path):
    df = pd.DataFrame({"odd": [1, "x", [2]]})
    error = fails("The column 'odd' holds values that no format takes", df, tmp_path / "a.dta")
    assert "int, list, str" in str(error.value)


def test_more_rows_than_a_sheet_holds(tmp_path):
    df = pd.DataFrame({"a": range(1_048_576)})
    fails("An Excel sheet holds 1,048,575 rows", df, tmp_path / "a.xlsx")
    assert not list(tmp_path.iterdir())


def test_more_columns_than_stata_holds(census, tmp_path, monkeypatch):
    monkeypatch.setattr(import_module("leo_helpers.export"), "_STATA_COLUMNS", 3)
    fails("Stata holds 3 columns", census, tmp_path / "a.dta")


@pytest.mark.parametrize("kind", FORMATS)
def test_full_disk_leaves_the_old_file_and_nothing_else(census, tmp_path, monkeypatch, kind):
    path = write(census.head(1), tmp_path / f"a.{kind}")
    before, names = path.read_bytes(), sorted(tmp_path.iterdir())

    def full(self, other):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    fails("could not be written .No space left", census, tmp_path / f"a.{kind}")
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == (before, names)
