"""Looking things up: search, lists of variables and codes, coverage and descriptions."""

import time
from importlib import import_module

import pytest

import leo_helpers as leo
from leo_helpers.browse import code_rows, coverage_rows, table_rows, variable_rows
from leo_helpers.errors import LeoError, UnknownName, YearError
from leo_helpers.search import search_rows


def names(text, limit=5):
    return [f"{row['table_id']}.{row['name']}" for row in search_rows(text, limit)]


@pytest.mark.parametrize(
    ("text", "expected", "within"),
    [
        ("free school meals", "sc_pupil.FSMeligible_[term][yy]", 1),
        ("freee scool meals", "sc_pupil.FSMeligible_[term][yy]", 1),  # codespell:ignore freee
        ("FREE SCHOOL MEALS", "sc_pupil.FSMeligible_[term][yy]", 1),
        ("fsm", "sc_pupil.FSMeligible_[term][yy]", 2),
        ("KS4_LEVEL2_EM", "ks4_pupil.KS4_LEVEL2_EM", 1),
        ("ks4_level2_em", "ks4_pupil.KS4_LEVEL2_EM", 1),
        ("gend_", "sc_pupil.Gender_[term][yy]", 1),
        ("ethnicgroupminor_spr11", "sc_pupil.EthnicGroupMinor_[term][yy]", 1),
        ("earnings", "leo_earnings.Earnings", 1),
        ("salary", "leo_earnings.Earnings", 2),
        ("wages", "leo_earnings.Earnings", 2),
        ("looked after", "cla.", 1),
        ("permanent exclusion", "exclusions_to_2005.PermanentExclusionInd_ex[yy]", 2),
        ("idaci score", "sc_pupil.IDACIScore_[term][yy]", 3),
        ("attainment 8", "ks4_pupil.KS4_ATT8", 2),
        ("universal credit", "leo_benefit.Benefit_type", 3),
        ("sen provision", "sc_pupil.SENprovision_[term][yy]", 2),
        ("senstatus", "sc_pupil.SENprovision_[term][yy]", 1),
        ("EverFSM", "sc_pupil.EVERFSM_6_[term][yy]", 2),
        ("free meals", "sc_pupil.FSMeligible_[term][yy]", 1),
        ("sen support", "sc_pupil.SENprovision_[term][yy]", 2),
        ("dyslexia", "lilr_learners.LLDD_Detail", 2),
        ("income support", "leo_benefit.Benefit_type", 1),
        ("PIP", "leo_benefit.Benefit_type", 1),
        ("WBRI", "sc_pupil.EthnicGroupMinor_[term][yy]", 1),
        ("postcode", "sc_pupil.LSOA11_[term][yy]", 6),
        ("english as additional language", "ks2_pupil.KS2_EALGRP", 1),
        ("pru", "pru_census.", 1),
        ("neet", "nccis.", 1),
        ("university", "hesa.", 1),
        ("attandance", "absence.", 1),
        ("truancy", "absence.UnauthorisedAbsence_Autumn_ab[yy]", 1),
        ("expelled", "exclusions_to_2005.PermanentExclusionInd_ex[yy]", 1),
        ("reason for leaving university", "hesa.HE_RSNLEAVE", 1),
        ("drop out", "hesa.HE_ENDDATE", 8),
        ("ucas points", "hesa.HE_XTARIFF01", 1),
        ("employer size", "leo_idbr.Employees", 1),
        ("first generation", "hesa.HE_PARED", 1),
        ("hmrc", "leo_earnings.Earnings", 1),
        ("dob", "ypmad_chronological.YPMAD_DOB", 1),
        ("pupil id", "sc_pupil.PupilMatchingRefAnonymous_[term][yy]", 1),
        ("key stage 1 reading", "ks1.KS1_READING", 2),
        ("5 good gcses", "ks4_pupil.KS4_PASS_AC5EM", 1),
        ("a levels", "ks5_student.", 1),
        ("a level points", "ks5_student.KS5_TOTPTSE_ALEV", 1),
        ("as level", "ks5_student.KS5_PASSES_GAS", 1),
        ("t level", "lilr_aims.Tlevel", 1),
        ("gcse maths", "ks4_pupil.KS4_GCSE_MATHATT_PTQ", 1),
    ],
)
def test_the_wanted_hit_is_near_the_top(text, expected, within):
    assert expected in names(text, within)


def test_code_labels_are_found_and_every_hit_says_why():
    rows = search_rows("Bangladeshi", 40)
    assert any(row["why"].startswith("code: ") and "Bangladeshi" in row["why"] for row in rows)
    assert "sc_pupil.EthnicGroupMinor_[term][yy]" in names("Bangladeshi", 40)
    for text in ("fsm", "gend_", "school census", "bangladshi"):
        assert all(": " in row["why"] for row in search_rows(text))


def test_scores_fall_and_hits_are_not_repeated():
    rows = search_rows("key stage 2 reading", 200)
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert len({(row["table_id"], row["name"]) for row in rows}) == len(rows) == 200


def test_nothing_to_find():
    assert search_rows("zzzqqq") == []
    found = leo.search("zzzqqq")
    assert list(found.columns) == ["table_id", "name", "label", "years", "why", "score"]
    assert found.empty


@pytest.mark.parametrize("text", ["", "   ", "???"])
def test_no_word_to_search_for(text):
    with pytest.raises(LeoError, match="no word"):
        leo.search(text)


def test_the_limit():
    assert len(search_rows("school", 3)) == 3
    with pytest.raises(LeoError, match="limit of 0"):
        search_rows("school", 0)


def test_search_is_fast_once_the_index_is_there():
    search_rows("warm up")
    queries = ["fre scholl meels", "higher education", "gcse maths grade", "ethnic", "date left"]
    start = time.perf_counter()
    for query in queries:
        search_rows(query)
    assert (time.perf_counter() - start) / len(queries) < 0.3


def test_tables_are_all_there():
    frame = leo.tables()
    assert len(frame) == len(table_rows()) == 47
    assert frame.index.name == "table_id"
    assert frame.loc["sc_pupil", "views"] > 50
    assert frame["first_year"].isna().sum() == 3  # the lookups
    assert str(frame["first_year"].dtype) == "int64[pyarrow]"


def test_variables_of_some_years():
    every = leo.variables("school census")
    early = leo.variables("plasc", years="2001/02")
    assert 0 < len(early) < len(every)
    assert set(early.index) < set(every.index)
    assert len(variable_rows("sc_pupil", range(2002, 2022))) == len(every)
    assert list(variable_rows("sc_pupil", "2006-2008")) == list(
        variable_rows("sc_pupil", [2006, 2007, 2008])
    )
    assert len(variable_rows("lookup_pmr", 2011)) == 2


@pytest.mark.parametrize("years", [1990, "1990-1995", "abc-2010", [], "2010-2011"])
def test_years_that_make_no_sense(years):
    with pytest.raises(YearError):
        leo.variables("cla", years=years)


def test_years_outside_a_table_say_what_there_is():
    with pytest.raises(YearError, match=r"cla has no data for 1999\. It has 2006-2021"):
        leo.variables("cla", years=1999)


def test_codes_of_a_list_a_variable_and_a_year():
    assert leo.codes("sex_mf").loc["F", "label"] == "Female"
    of_variable = code_rows("sc_pupil.SENprovision")
    in_2018 = {row["code"] for row in code_rows("sc_pupil.SENprovision", "2017/18")}
    assert {"A", "K"} <= {row["code"] for row in of_variable}
    assert "K" in in_2018
    assert "A" not in in_2018


def test_codes_of_a_year_without_the_variable():
    with pytest.raises(YearError, match=r"does not exist in 1990\. It has 2002-2021"):
        leo.codes("sc_pupil.SENprovision", 1990)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sex_fm", "Did you mean sex_mf"),
        ("SENprovision", "table.variable"),
        ("cla.cla_POC_START", "no codes"),
        ("cla.nothing_like_it", "no variable"),
    ],
)
def test_codes_that_are_not_there(name, says):
    with pytest.raises(UnknownName, match=says):
        leo.codes(name)


def test_coverage_agrees_with_the_catalogue():
    frame = leo.coverage("ks4_pupil")
    catalogue = leo.load_catalogue()
    for name in ("KS4_LEVEL2_EM", "KS4_LEVEL2_EM_PTQ"):
        held = [year for year in frame.columns if frame.loc[name, year]]
        assert tuple(held) == catalogue.variable("ks4_pupil", name).years


def test_coverage_of_a_census_is_by_term():
    frame = leo.coverage("sc_pupil")
    assert frame.columns.names == ["year", "term"]
    assert (2020, "SUM") not in frame.columns
    lsoa = frame.loc["LSOA11_[term][yy]"]
    assert lsoa[2013, "SPR"]
    assert not lsoa[2007, "SPR"]
    _, keys, rows = coverage_rows("sc_pupil")
    assert all(any(row) for row in rows)
    assert keys[0] == (2002, "PLASC")


def test_a_lookup_has_no_coverage():
    with pytest.raises(YearError, match="lookup"):
        leo.coverage("lookup_edukey")


def test_describe_a_variable_a_table_and_a_code_list():
    variable = leo.describe("sc_pupil.SENprovision")
    assert variable.facts["Type"] == "category"
    assert "A = " in variable.facts["Codes"]
    assert "senprovision_{term}{yy}" in repr(variable)
    assert "School Census" in leo.describe("plasc").facts["Table"]
    assert "F = Female" in leo.describe("sex_mf").facts["Codes"]
    assert "" not in variable.facts.values()


def test_every_table_and_variable_can_be_described():
    for table in leo.load_catalogue().tables:
        assert leo.describe(table).facts["One row"]
        for variable in leo.load_catalogue().variables(table)[:6]:
            text = leo.describe(f"{table}.{variable.name}")._repr_html_()
            assert text.startswith("<table><caption>")
            assert text.count("<tr>") == text.count("</tr>")


def test_descriptions_are_escaped_for_html():
    from leo_helpers.describe import Description

    text = Description("a<b", [("x & y", "<script>")])._repr_html_()
    assert "<script>" not in text
    assert "a&lt;b" in text


def test_describe_unknown_names():
    with pytest.raises(UnknownName, match=r"write table\.variable"):
        leo.describe("KS4_LEVEL2_EM_nonsense")
    with pytest.raises(UnknownName, match="Did you mean"):
        leo.describe("ks4_pupil.KS4_LEVEL2_ME")


@pytest.mark.parametrize(
    ("verb", "name", "says"),
    [
        ("describe", "SENprovision", r"such as sc_pupil\.SENprovision"),
        ("describe", "senstatus", r"such as sc_pupil\.SENprovision"),
        ("codes", "gender", r"such as sc_pupil\.Gender_"),
        ("codes", "school census", r"write sc_pupil\.variable"),
        ("coverage", "school census.gender", "Did you mean sc_pupil"),
        ("coverage", "exclusion", "Did you mean exclusions"),
        ("describe", "", r"write table\.variable\."),
    ],
)
def test_a_wrong_name_leads_to_the_right_one(verb, name, says):
    with pytest.raises(UnknownName, match=says):
        getattr(leo, verb)(name)


def test_every_verb_that_exists_is_a_function_even_after_its_module_was_imported():
    for module in ("describe", "search"):
        import_module(f"leo_helpers.{module}")
    assert callable(leo.search)
    assert callable(leo.describe)
    assert set(leo.__all__) <= set(dir(leo))
    with pytest.raises(AttributeError, match="serch"):  # codespell:ignore serch
        _ = leo.serch  # codespell:ignore serch
