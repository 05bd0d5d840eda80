"""Children in need, looked after, or outside mainstream school: one life tells one story."""

from functools import cache

import pandas as pd
import pytest
from synth_cases import VIEWS, draw, spine

#: People of the showcase, among whom the rarer tables are richer.
PEOPLE = 4_000


@cache
def frame(name: str) -> pd.DataFrame:
    """One view of the people, faults off."""
    rows = draw(VIEWS[f"npd_i2.{name}"], spine(0, PEOPLE)).to_pandas(date_as_object=False)
    plain = rows.astype(dict.fromkeys(rows.select_dtypes("category"), object))
    years = [c for c in ("cin_acadyr", "cla_processing_year") if c in plain]
    return plain.astype(dict.fromkeys(years, int))


def held(name: str, key: str) -> pd.DataFrame:
    """The rows that have a pupil reference, as ``key``."""
    rows = frame(name)
    column = next(c for c in rows if "matchingref" in c)
    return rows[rows[column] != ""].rename(columns={column: key})


@pytest.fixture(scope="module")
def need() -> pd.DataFrame:
    return held("cin_2009_to_2021", "pmr")


@pytest.fixture(scope="module")
def care() -> pd.DataFrame:
    return held("cla_2006_to_2021", "pmr")


def test_an_open_case_comes_again_with_the_same_referral(need):
    case = need.groupby(["pmr", "cin_cinreferraldate"])
    years = case["cin_acadyr"].agg(["min", "max", "size"])
    assert (years["size"] == years["max"] - years["min"] + 1).all()  # no year is left out
    assert (years["size"] > 1).mean() > 0.2
    assert (case["cin_cinclosuredate"].nunique() <= 1).all()
    closed = need["cin_cinclosuredate"].notna()
    ended = need[closed & (need["cin_acadyr"] > 2009)]
    last = ended.merge(years.reset_index(), on=["pmr", "cin_cinreferraldate"])
    assert len(ended) > 300 and (last["cin_acadyr"] == last["max"]).all()


def test_flags_of_a_case_follow_its_dates(need):
    later = need[need["cin_acadyr"] >= 2019]
    closed = later["cin_cinclosuredate"].notna()
    march = pd.to_datetime(later["cin_acadyr"].astype(str) + "-03-31")
    began = later["cin_cinreferraldate"] > march - pd.DateOffset(years=1)
    for column, wanted in {
        "cin_caseopen31march": ~closed,
        "cin_ended": closed,
        "cin_started": began,
        "cin_throughout": ~began & ~closed,
    }.items():
        assert (later[column].astype(bool) == wanted).all(), column
    assert later["cin_reasonforclosure"].notna().equals(closed)
    assert (later["cin_cinclosuredate"].dropna() <= march[closed]).all()


def test_a_plan_lies_within_its_case(need):
    plan = need[need["cin_cppstartdate"].notna()]
    assert len(plan) > 30
    assert (plan["cin_cppstartdate"] >= plan["cin_cinreferraldate"]).all()
    both = plan[plan["cin_cppenddate"].notna() & plan["cin_cinclosuredate"].notna()]
    assert (both["cin_cppenddate"] <= both["cin_cinclosuredate"]).all()


def test_a_child_looked_after_has_an_open_case(need, care):
    still = care[(care["cla_cla_31_march"] == 1) & (care["cla_processing_year"] >= 2010)]
    open_cases = need[need["cin_caseopen31march"] == 1]
    found = still.merge(
        open_cases[["pmr", "cin_acadyr"]].drop_duplicates(),
        left_on=["pmr", "cla_processing_year"],
        right_on=["pmr", "cin_acadyr"],
        how="left",
    )
    assert len(still) > 300 and found["cin_acadyr"].notna().all()


def test_a_period_of_care_is_one_story(care):
    assert not care.duplicated(["pmr", "cla_processing_year"]).any()
    march = pd.to_datetime(care["cla_processing_year"].astype(str) + "-03-31")
    until = care["cla_date_epi_ceased"].fillna(march)
    assert ((until - care["cla_poc_start"]).dt.days + 1 == care["cla_poc_length"]).all()
    assert (care["cla_poc_start"] <= care["cla_date_epi_comm"]).all()
    goes_on = care["cla_cla_31_march"] == 1
    assert ((care["cla_rec"] == "-10") == goes_on).all()
    assert care["cla_date_epi_ceased"].isna().equals(goes_on)
    period = care.groupby(["pmr", "cla_poc_start"])
    assert (period["cla_processing_year"].nunique() > 1).mean() > 0.4
    episode = care.groupby("cla_epi_idx")
    assert (episode["cla_date_epi_comm"].nunique() == 1).all()


def test_a_unit_is_the_only_school_or_the_second():
    """Who is registered at a unit alone has no row in that January's school census before 2014."""
    for year in (2010, 2013):
        unit = held("pru_census_2010_to_2013", "pmr")
        unit = unit[unit["pru_academicyear"] == f"{year - 1}/{year}"]
        here = unit[unit["pru_onroll"] == 1]
        census = held(f"spring_census_{year}", "pmr")
        at_school = here["pmr"].isin(census["pmr"])
        dual = here["pru_enrolstatus"] == "S"
        assert not at_school[here["pru_enrolstatus"] == "C"].any() and at_school[dual].mean() > 0.9
        status = census.set_index("pmr")[f"enrolstatus_spr{year % 100:02d}"]
        assert (status.loc[here["pmr"][dual & at_school]] == "M").mean() > 0.9
        assert (here["pru_entrydate"].dropna() <= pd.Timestamp(year, 1, 31)).all()
        gone = unit[unit["pru_onroll"] == 0]
        assert gone["pru_leavingdate"].notna().all() and gone["pru_fsmeligible"].isna().all()


def test_placements_share_one_main_record():
    rows = held("ap_census_2008_to_2021", "pmr")
    early = rows[rows["ap_year"] < 2018]
    assert not early.duplicated(["pmr", "ap_year"]).any() and early["ap_recordstatus"].isna().all()
    late = rows[rows["ap_year"] >= 2018].groupby(["pmr", "ap_year"])["ap_recordstatus"]
    main = late.apply(lambda status: (status.isna() | (status < 100)).sum())
    assert (main == 1).all() and (late.size() > 1).any()
    given = late.apply(lambda status: status.mod(100).nunique())
    assert (given <= 1).all()
