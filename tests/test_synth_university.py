"""A course at university is the same course in each of its years, and agrees with itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from synth_cases import CATALOGUE, VIEWS, draw, only

from leo_helpers.synth.courses import BEFORE, PROVIDER_REGIONS, REGION_OF, entrance, instances
from leo_helpers.synth.rows import ROWS, Context
from leo_helpers.synth.spine import Spine

PEOPLE = Spine(0, 3000, 77)
PMR = "he_pupilmatchingrefanonymous"


@pytest.fixture(scope="module")
def students() -> pd.DataFrame:
    """Rows of all years, with the year and the course that each row is of."""
    parts = []
    for view in VIEWS.values():
        if view.table_id == "hesa":
            rows = ROWS["hesa"](Context(PEOPLE, "hesa", view.year, None, {}, view.years))
            part = draw(view, PEOPLE).to_pandas().astype(object)
            parts.append(part.assign(year=view.year, course=rows.attrs["instance"]))
    return pd.concat(parts, ignore_index=True)


LASTING = ("he_courseaim", "he_xlev601", "he_xelsp01", "he_comdate", "he_qualent3", "he_xjacsa01_1")
OF_A_PERSON = ("he_sexid", "he_ethnic", "he_sec", "he_xdomgr01", "he_nation", "he_careleaver")


@pytest.mark.parametrize("name", LASTING)
def test_a_course_keeps_what_it_is(students, name):
    kept = students.dropna(subset=name).groupby("course")[name].nunique()
    assert len(kept) > 500 and (kept == 1).all()
    if name == "he_xlev601":
        assert students[name].nunique() > 4


@pytest.mark.parametrize("name", OF_A_PERSON)
def test_a_person_keeps_what_they_are(students, name):
    known = students[students[PMR] != ""].dropna(subset=name)
    kept = known.groupby(PMR)[name].nunique()
    assert len(kept) > 300 and (kept == 1).all()


def test_years_of_a_course_run_on(students):
    ordered = students.sort_values(["course", "year"]).dropna(subset="he_yearstu")
    began = ordered["year"] - ordered["he_yearstu"].astype(int)
    assert (began.groupby(ordered["course"]).nunique() == 1).all()
    assert not ordered.duplicated(["course", "year"]).any()


def test_class_only_for_those_who_gain_a_qualification_in_the_year(students):
    classed = students["he_xclass01"].notna()
    assert (classed == (students["he_xpqual01"] == 1)).all() and classed.sum() > 300
    degree = students["he_xclass01"].isin(["1", "2", "3", "4", "5"])
    assert (degree == (students["he_xqlev601"].astype(float) == 4)).all()
    ended = students["he_enddate"].notna() | students["he_dateleft"].notna()
    assert ended[classed].all() and (students["he_xqobtn01"].notna() == classed).all()


def test_levels_follow_from_one_another(students):
    three = {"1": "1", "2": "1", "3": "1", "4": "2", "5": "2", "6": "3"}
    five = {"1": "1", "2": "2", "3": "2", "4": "3", "5": "4", "6": "5"}
    level = students["he_xlev601"].astype(str)
    assert (level.map(three) == students["he_xlev301"].astype(str)).all()
    assert (level.map(five) == students["he_xlev501"].astype(str)).all()
    honours = students["he_courseaim"] == "H00"
    assert honours.any() and set(level[honours]) == {"4"}


def test_mode_agrees_with_its_group_and_the_load(students):
    group = students["he_xmode01"].astype(str)
    full = students["he_mode"].isin(["01", "02"])
    assert (full == (group == "1")).all()
    load = students["he_stuload"].astype(float)
    assert (load[group.isin(["5", "6"])] == 0).all() and (load[group == "1"] > 0).all()
    assert students["he_xpsr01"][group.isin(["4", "5", "6"])].astype(int).sum() == 0


def test_shares_of_subjects_add_up(students):
    rows = students[students["year"].between(2008, 2019)]
    parts = rows[[f"he_xfpe01_{n}" for n in range(1, 5)]].astype(float).fillna(0)
    assert (parts.sum(axis=1) == 100).all()
    second = rows["he_xjacs01_2"].notna()
    assert (second == (parts["he_xfpe01_2"] > 0)).all() and 0.05 < second.mean() < 0.3


def test_every_code_stands_in_its_years(students):
    for variable in CATALOGUE.variables("hesa"):
        column = variable.name.lower()
        if not variable.codelist or column not in students:
            continue
        for code in CATALOGUE.codes(variable.codelist):
            years = students.loc[students[column].astype(str) == code.code, "year"]
            assert years.between(code.first_year or 0, code.last_year or 9999).all(), column


def test_a_course_that_was_left_for_another_provider_goes_on_elsewhere():
    found = instances(PEOPLE)
    left = np.flatnonzero(found.part == BEFORE)
    assert len(left) > 10
    after = {(p, f): at for p, f, at in zip(found.person, found.first, found.place, strict=True)}
    for row in left:
        other = after[found.person[row], found.last[row] + 1]
        assert other != found.place[row]


def test_an_accepted_application_is_the_course_that_begins():
    rows = ROWS["ucas"](Context(PEOPLE, "ucas", None, None, {}, tuple(range(2008, 2022))))
    begins, place, subject = (values[rows.person] for values in entrance(PEOPLE))
    accepted = rows.attrs["accepted"] == 1
    start = rows.year.astype(int) + 1 + rows.attrs["deferred"]
    same = (rows.attrs["place"] == place) & (rows.attrs["subject"] == subject)
    who = pd.Series(same & accepted).groupby(rows.person).any()
    comes = pd.Series(accepted & (begins == start)).groupby(rows.person).any()
    assert comes.sum() > 300 and who[comes].all()
    never = pd.Series(accepted & (begins == 0)).groupby(rows.person).any()
    assert 0 < never.sum() < comes.sum() / 3
    region = rows.attrs["place_region"]
    assert (REGION_OF[rows.attrs["place"]] == region.index).all() and len(PROVIDER_REGIONS) == 12


def test_applications_of_one_applicant_agree():
    data = only("ucas").to_pandas().astype(object)
    one = data.groupby("unique_id_cycle")
    for name in ("accept_flag", "acceptance_route", "ethnic_group_detailed", "application_date"):
        assert (one[name].nunique(dropna=False) == 1).all(), name
    assert (one["applicant_flag"].sum() == 1).all()
    placed = data["accept_flag"] == 1
    reply = one["app_response_june30"].agg(lambda r: (r == "Firm").sum())
    assert reply.max() == 1 and placed.any() and not placed.all()
    undecided = data["application_route"] == "Clearing"
    assert data.loc[undecided, "provider_decision_june30"].isna().all()
