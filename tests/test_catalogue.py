import csv
import subprocess
import sys

import pytest

from leo_helpers.catalogue import load_catalogue
from leo_helpers.catalogue_model import Code, Variable
from leo_helpers.catalogue_parse import range_bounds, view_entries
from leo_helpers.errors import CatalogueError, LeoError, UnknownName, YearError
from leo_helpers.years import academic_year

CATALOGUE = load_catalogue()


def _view(table, year=None, term=None):
    (view,) = CATALOGUE.tables[table].views(year, term)
    return view


def _columns(view):
    return [item.column for item in CATALOGUE.view_columns(view)]


def test_views_by_year_and_term():
    census = CATALOGUE.tables["sc_pupil"]
    assert {v.name for v in census.views(2011)} == {
        "spring_census_2011",
        "summer_census_2011",
        "autumn_census_2011",
    }
    assert [v.name for v in census.views(2020, "summer")] == []
    assert [(v.name, v.term, v.status) for v in census.views(2003)] == [
        ("plasc_2003", "PLASC", "seen")
    ]
    assert census.views(1999) == ()
    pooled = CATALOGUE.tables["ks4_pupil"].views(2010)
    assert [(v.year, 2010 in v.years, 2015 in v.years) for v in pooled] == [(None, True, False)]
    lookup = CATALOGUE.tables["lookup_pmr"].views(2011)
    assert [(v.name, v.years) for v in lookup] == [("learner_ae_id_to_pmr_lookup", ())]


def test_columns_change_their_names_with_the_year():
    free_meals = CATALOGUE.variable("sc_pupil", "FSMeligible_[term][yy]")
    assert free_meals.columns(2011, "AUT") == ("fsmeligible_aut11",)
    assert free_meals.columns(2004, "plasc") == ("fsmeligible_04",)
    assert free_meals.columns(2011) == (
        "fsmeligible_aut11",
        "fsmeligible_spr11",
        "fsmeligible_sum11",
    )
    assert free_meals.columns(2004, "SPR") == ()
    assert free_meals.columns(1999) == ()
    with pytest.raises(YearError, match=r"sc_pupil\.FSMeligible"):
        free_meals.columns()
    sen = CATALOGUE.variable("sc_pupil", "senstatus_04")
    assert sen.columns(2002, "PLASC") == ("senstage_02",)
    assert sen.columns(2004, "PLASC") == ("senstatus_04",)


def test_numbered_columns():
    repeated = [v for v in CATALOGUE.variables("exclusions_t2") if v.repeats]
    assert repeated
    for variable in repeated:
        names = variable.columns(2011)
        assert len(set(names)) == variable.repeats == 40
    held = list(CATALOGUE.view_columns(_view("exclusions_t2", 2011)))
    assert max(item.n for item in held) == 40
    assert {item.n for item in held if not item.variable.repeats} == {1}


def test_years_after_the_form_take_the_last_year():
    census = CATALOGUE.tables["sc_pupil"]
    now, then = census.views(2022, "SPR")[0], census.views(2021, "SPR")[0]
    assert _columns(now) == [c.replace("spr21", "spr22") for c in _columns(then)]
    assert all(item.assumed for item in CATALOGUE.view_columns(now))
    assert not any(item.assumed for item in CATALOGUE.view_columns(then))
    gone = CATALOGUE.variable("sc_pupil", "EthnicGroup_[term][yy]")
    assert gone.years[-1] < 2021
    assert not gone.exists(2022)


def test_shared_view_has_the_columns_of_all_its_tables():
    blocks = [t for t in CATALOGUE.tables if t.startswith("cin_")]
    assert len(blocks) == 7
    names = [_columns(_view(block)) for block in blocks]
    assert all(columns == names[0] for columns in names)
    assert len(set(names[0])) == len(names[0])
    held = {str(item.variable).split(".")[0] for item in CATALOGUE.view_columns(_view("cin_cpp"))}
    assert held == set(blocks)


def test_pooled_views_hold_only_variables_of_their_years():
    early, late = CATALOGUE.tables["ks4_pupil"].views()
    assert "ks4_att8" in _columns(late)
    assert "ks4_att8" not in _columns(early)


def test_every_view_has_columns_without_repeats_or_placeholders():
    for table in CATALOGUE.tables.values():
        for view in table.views():
            columns = [c.casefold() for c in _columns(view)]
            assert columns, view.name
            assert len(set(columns)) == len(columns), view.name
            assert not any("{" in c for c in columns), view.name


@pytest.mark.parametrize(
    "name",
    ["sc_pupil", "School Census", " school-census ", "PLASC", "spring_census_2011",
     "npd_i2.spring_census_2011"],
)  # fmt: skip
def test_friendly_table_names(name):
    assert CATALOGUE.resolve_table(name).table_id == "sc_pupil"


def test_a_shared_view_stands_for_no_single_table():
    with pytest.raises(UnknownName):
        CATALOGUE.resolve_table("cin_2009_to_2021")


@pytest.mark.parametrize(
    "name",
    ["Gender_[term][yy]", "gender_[TERM][YY]", "gender_spr11", "gender_04", "gender", "gend_[yy]",
     "gender_{term}{yy}"],
)  # fmt: skip
def test_friendly_variable_names(name):
    assert CATALOGUE.variable("census", name).name == "Gender_[term][yy]"


def test_exact_names_win_over_similar_ones():
    for table in CATALOGUE.tables:
        for variable in CATALOGUE.variables(table):
            assert CATALOGUE.variable(table, variable.name) is variable
            assert CATALOGUE.variable(table, variable.name.upper()) is variable


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean ks4_pupil"):
        CATALOGUE.resolve_table("ks4_pupl")
    with pytest.raises(UnknownName, match=r"in ks4_pupil\. Did you mean KS4_LEVEL2_EM"):
        CATALOGUE.variable("ks4_pupil", "KS4_LEVEL2_EMM")
    with pytest.raises(UnknownName, match="sex_mf"):
        CATALOGUE.codes("sex_fm")


def test_codes_know_their_years():
    code = Code("sen", "A", "School Action", first_year=2002, last_year=2015)
    assert [code.valid_in(year) for year in (2001, 2002, 2015, 2016)] == [False, True, True, False]
    assert Code("sen", "N", "None").valid_in(1990)


def test_variables_can_be_keys_and_are_read_once():
    assert load_catalogue() is CATALOGUE
    variable = CATALOGUE.variable("cla", "cla_POC_START")
    assert {variable: 1}[variable] == 1
    assert variable.bounds is None
    assert Variable("t", "x", "number", "x", range="0..5").bounds == (0.0, 5.0)


def test_small_notations():
    assert view_entries("a_{year}@2006-2007;2009@seen;b@2010") == [
        ("a_{year}", (2006, 2007, 2009), "seen"),
        ("b", (2010,), "assumed"),
    ]
    assert range_bounds("..3") == (float("-inf"), 3.0)
    for wrong in ("5", "9..1", "a..b"):
        with pytest.raises(LeoError):
            range_bounds(wrong)


TABLES = {
    "table_id": "t", "title": "T", "aliases": "tee", "dataset": "npd", "sub_table": "",
    "unit": "One row", "year_kind": "academic", "first_year": "2005", "last_year": "2010",
    "key_columns": "", "year_column": "", "view_kind": "per_year", "database": "npd_i2",
    "view_pattern": "t_{year}@2005-2010@seen", "view_status": "seen", "request_sheet": "",
    "chapter": "", "notes": "",
}  # fmt: skip
VARIABLE = {
    "table_id": "t", "name": "A", "label": "The first", "type": "category", "codelist": "c",
    "range": "", "years": "2005-2010", "terms": "", "years_status": "ok",
    "column_pattern": "a_{yy}", "columns_by_year": "", "view_status": "seen", "old_names": "",
    "repeats": "", "request": "default", "sensitivity": "E", "identifiability": "5",
    "missing_as": "null", "hidden": "0", "notes": "",
}  # fmt: skip
OTHER = VARIABLE | {"name": "B", "label": "The second", "codelist": "", "type": "integer",
                    "range": "0..9", "column_pattern": "b"}  # fmt: skip
CODES = {"codelist": "c", "code": "1", "label": "One", "first_year": "", "last_year": "",
         "order": "1", "status": "form"}  # fmt: skip
FILES = ("tables.csv", "variables.csv", "codes.csv")


def _write(folder, change=None, drop=(), add=()):
    rows = {
        "tables.csv": [dict(TABLES)],
        "variables.csv": [dict(VARIABLE), dict(OTHER)],
        "codes.csv": [dict(CODES), CODES | {"code": "2", "label": "Two", "order": "2"}],
    }
    if change:
        file, number, column, value = change
        rows[file][number][column] = value
    for file, row in add:
        rows[file].append(row)
    for file in FILES:
        with (folder / file).open("w", encoding="utf-8", newline="") as handle:
            names = [n for n in rows[file][0] if (file, n) not in drop]
            writer = csv.DictWriter(handle, names, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[file])
    return folder


def test_a_small_catalogue_is_read(tmp_path):
    catalogue = load_catalogue(_write(tmp_path))
    assert repr(catalogue) == "<Catalogue: 1 tables, 2 variables, 1 code lists>"
    view = catalogue.tables["t"].views(2007)[0]
    assert [item.column for item in catalogue.view_columns(view)] == ["a_07", "b"]


T, V, C = FILES
BROKEN = [
    ((T, 0, "first_year", "two"), 2, "first_year"),
    ((T, 0, "first_year", "2011"), 2, "first_year"),
    ((T, 0, "last_year", ""), 2, "first_year"),
    ((T, 0, "dataset", "npt"), 2, "dataset"),
    ((T, 0, "title", ""), 2, "title"),
    ((T, 0, "view_pattern", "t_{year}"), 2, "view_pattern"),
    ((T, 0, "view_pattern", "t_{year}@2005-x"), 2, "view_pattern"),
    ((T, 0, "view_pattern", "t_{month}@2005"), 2, "view_pattern"),
    ((T, 0, "view_pattern", "t_{year}@2005;t_2005@2005"), 2, "view_pattern"),
    ((T, 0, "view_kind", "per_year_term"), 2, "view_pattern"),
    ((V, 0, "table_id", "u"), 2, "table_id"),
    ((V, 1, "name", "a"), 3, "name"),
    ((V, 1, "label", "the FIRST"), 3, "label"),
    ((V, 0, "type", "categorical"), 2, "type"),
    ((V, 0, "codelist", "d"), 2, "codelist"),
    ((V, 1, "range", "0-9"), 3, "range"),
    ((V, 0, "years", "2005-2011"), 2, "years"),
    ((V, 0, "years", "2004"), 2, "years"),
    ((V, 0, "years", ""), 2, "years"),
    ((V, 0, "years", "2005,2006"), 2, "years"),
    ((V, 0, "terms", "SPR:2006-2010"), 2, "terms"),
    ((V, 0, "terms", "WIN:2005-2010"), 2, "terms"),
    ((V, 0, "column_pattern", ""), 2, "column_pattern"),
    ((V, 0, "column_pattern", "a_[yy]"), 2, "column_pattern"),
    ((V, 0, "column_pattern", "a_{year}"), 2, "column_pattern"),
    ((V, 1, "column_pattern", "A_{yy}"), 3, "column_pattern"),
    ((V, 0, "column_pattern", "a_{n}"), 2, "repeats"),
    ((V, 0, "repeats", "3"), 2, "repeats"),
    ((V, 0, "columns_by_year", "x_{yy}"), 2, "columns_by_year"),
    ((V, 0, "columns_by_year", "x_{yy}@2011"), 2, "columns_by_year"),
    ((V, 0, "columns_by_year", "b@2006"), 3, "column_pattern"),
    ((C, 1, "code", "1"), 3, "code"),
    ((C, 1, "order", "1"), 3, "order"),
    ((C, 0, "order", "first"), 2, "order"),
    ((C, 1, "codelist", "unused"), 3, "codelist"),
]


@pytest.mark.parametrize(("change", "line", "column"), BROKEN, ids=lambda v: str(v)[:60])
def test_a_broken_rule_names_file_line_and_column(tmp_path, change, line, column):
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(_write(tmp_path, change))
    assert (caught.value.file, caught.value.line, caught.value.column) == (change[0], line, column)


def test_ends_before_it_begins(tmp_path):
    bad = CODES | {"code": "3", "order": "3", "first_year": "2010", "last_year": "2009"}
    with pytest.raises(CatalogueError, match=r"codes.csv, line 4, column first_year"):
        load_catalogue(_write(tmp_path, add=[(C, bad)]))


def test_tables_without_variables_or_with_a_taken_name(tmp_path):
    for name, alias, column in (
        ("u", "", "table_id"),
        ("u", "Tee", "aliases"),
        ("t", "", "table_id"),
    ):
        row = TABLES | {"table_id": name, "aliases": alias}
        folder = tmp_path / f"{name}{alias}"
        folder.mkdir()
        with pytest.raises(CatalogueError) as caught:
            load_catalogue(_write(folder, add=[(T, row)]))
        assert (caught.value.line, caught.value.column) == (3, column)


def test_files_that_are_no_catalogue(tmp_path):
    with pytest.raises(CatalogueError, match=r"tables.csv: The file cannot be read"):
        load_catalogue(tmp_path / "nowhere")
    with pytest.raises(CatalogueError, match=r"variables.csv, line 1: The column 'years'"):
        load_catalogue(_write(tmp_path, drop=[(V, "years")]))
    folder = tmp_path / "short"
    folder.mkdir()
    _write(folder)
    with (folder / "codes.csv").open("a", encoding="utf-8") as handle:
        handle.write("c,3\n")
    with pytest.raises(CatalogueError, match=r"codes.csv, line 4: There are 2 cells"):
        load_catalogue(folder)


@pytest.mark.parametrize("verb", ["search", "describe"])
def test_a_verb_is_not_hidden_by_its_module(verb):
    code = f"import leo_helpers.{verb}, leo_helpers as leo; assert callable(leo.{verb})"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, leo_helpers as leo; dir(leo); leo.tables;"
        "print(*{'pandas', 'pyarrow', 'duckdb', 'numpy', 'typer', 'rapidfuzz'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""


def test_every_public_name_is_there():
    import leo_helpers as leo

    for name in leo.__all__:
        assert getattr(leo, name) is not None, name
    assert leo.academic_year is academic_year
    with pytest.raises(AttributeError, match="no attribute 'tabels'"):
        leo.tabels  # noqa: B018 - the look-up is the test  # codespell:ignore tabels


def test_every_column_of_every_view_finds_its_variable_again():
    lost = []
    for table in CATALOGUE.tables.values():
        for view in (table.views()[0], table.views()[-1]):
            for column in CATALOGUE.view_columns(view):
                if column.variable.table_id == table.table_id:
                    found = CATALOGUE.variable(table, column.column)
                    if found != column.variable:
                        lost.append(f"{view.name}.{column.column} -> {found.name}")
    assert not lost


def test_records_can_be_members_of_a_set():
    table = CATALOGUE.tables["cla"]
    things = [table, *table.views(), *CATALOGUE.variables(table), *CATALOGUE.codes("sex_mf")]
    things.append(CATALOGUE.view_columns(table.views()[0])[0])
    assert len(set(things)) == len(things)
