import pandas as pd
import pytest

import leo_helpers as leo
from leo_helpers.browse import frame
from leo_helpers.catalogue import load_catalogue
from leo_helpers.errors import UnknownName, YearError

CATALOGUE = load_catalogue()


def test_tables_lists_every_table_with_arrow_types():
    found = leo.tables()
    assert list(found.index) == list(CATALOGUE.tables)
    assert all(isinstance(t, pd.ArrowDtype) for t in found.dtypes)
    assert found.loc["hesa", "first_year"] == 2005
    assert pd.isna(found.loc["lookup_pmr", "first_year"])


@pytest.mark.parametrize(
    "years", [2007, "2006/07", "2007-2009", "2007;2009", [2007], range(2006, 2009)]
)
def test_variables_of_some_years(years):
    names = leo.variables("sc_pupil", years=years).index
    assert "EthnicGroup_[term][yy]" in names
    assert "LSOA11_[term][yy]" not in names
    assert len(names) < len(leo.variables("sc_pupil"))


def test_a_range_is_not_a_pair_of_years():
    ranged = set(leo.variables("sc_pupil", years="2012-2014").index)
    single = set(leo.variables("sc_pupil", years=2012).index)
    assert "LSOA11_[term][yy]" in ranged - single


def test_years_that_a_table_does_not_have():
    with pytest.raises(YearError, match=r"hesa has no data for 1999. It has 2005-2020."):
        leo.variables("hesa", years=1999)
    assert len(leo.variables("lookup_pmr", years=1999)) > 0


def test_codes_of_a_variable_and_of_a_list():
    name = CATALOGUE.variable("ks4_pupil", "KS4_GENDER").codelist
    assert leo.codes("ks4_pupil.KS4_GENDER").equals(leo.codes(name))
    assert leo.codes("school census.senprovision", year=2010).index.isin(["A", "P"]).sum() == 2
    assert leo.codes("school census.senprovision", year="2017/18").index.isin(["A", "P"]).sum() == 0
    assert str(leo.codes(name)["first_year"].dtype) == "int64[pyarrow]"
    with pytest.raises(UnknownName, match=r"table\.variable"):
        leo.codes("KS4_GENDER")
    with pytest.raises(UnknownName, match="It has no codes"):
        leo.codes("leo_earnings.Earnings")


def test_coverage_agrees_with_the_catalogue():
    wide = leo.coverage("sc_pupil")
    assert wide.columns.names == ["year", "term"]
    assert (2020, "SUM") not in wide.columns
    for variable in CATALOGUE.variables("sc_pupil"):
        expected = {(y, t) for t, years in variable.terms.items() for y in years}
        row = wide.loc[variable.name]
        assert set(row[row].index) == expected
    plain = leo.coverage("hesa")
    assert list(plain.columns) == list(range(2005, 2021))
    assert plain.loc["HE_ENDDATE", 2007:2008].tolist() == [False, True]
    with pytest.raises(YearError, match="lookup_pmr is a lookup"):
        leo.coverage("lookup_pmr")


def test_describe_shows_facts_as_text_and_as_a_table():
    found = leo.describe("ks4_pupil.ks4_level2_em")
    assert found.title == "ks4_pupil.KS4_LEVEL2_EM"
    assert found.facts["Type"] == "flag"
    assert "1 = Yes" in repr(found)
    page = found._repr_html_()
    assert page.count("<tr>") == len(found.facts)
    assert "<script" not in leo.describe("school census")._repr_html_()


def test_describe_escapes_what_could_be_markup():
    from leo_helpers.describe import Description

    assert "&lt;b&gt;" in Description("x", [("Label", "<b>")])._repr_html_()


def test_describe_everything():
    for table in CATALOGUE.tables.values():
        assert leo.describe(table.table_id).facts["One row"] == table.unit
        for variable in CATALOGUE.variables(table):
            found = leo.describe(str(variable))
            assert found.title == str(variable)
    for name in list(CATALOGUE.codelists)[::20]:
        assert leo.describe(name).facts["Used by"]


@pytest.mark.parametrize("name", ["ks4_pupl", "ks4_pupil.KS4_LEVEL2_EMM", "ks4pupl.KS4_LEVEL2_EM"])
def test_describe_suggests(name):
    with pytest.raises(UnknownName, match=r"(?i)did you mean ks4_"):
        leo.describe(name)


def test_an_empty_frame_keeps_its_columns():
    assert list(frame([], columns=("a", "b")).columns) == ["a", "b"]
