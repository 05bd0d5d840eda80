"""Sessions of absence: terms, totals and reasons of one row agree."""

import numpy as np
import pytest

import leo_helpers as leo

REASONS = {"authorised": "imrsthfec", "unauthorised": "guon"}


@pytest.fixture(scope="module", params=[2008, 2014, 2018, 2021])
def absence(request, small_data):
    frame = leo.load("absence", years=request.param, root=small_data)
    return frame.rename(columns=lambda name: name.removesuffix(f"_ab{request.param % 100:02d}"))


@pytest.mark.parametrize("term", ["autumn", "spring", "summer"])
@pytest.mark.parametrize("kind", REASONS)
def test_reasons_add_up_to_the_term(absence, term, kind):
    names = [f"termlyreason{letter}_{term}" for letter in REASONS[kind]]
    held = [name for name in names if name in absence]
    total = absence[f"{kind}absence_{term}"]
    assert len(held) >= len(names) - 1 and total.sum() > 0
    assert (absence[held].sum(axis=1)[total.notna()] == total.dropna()).all()
    assert absence.loc[total.isna(), held].isna().all(axis=None)


def test_special_schools_report_the_year_alone_until_2016(absence):
    terms = absence["sessionspossible_autumn"]
    if "sessionspossible_annual" not in absence:
        assert terms.notna().all()
        return
    yearly = absence["sessionspossible_annual"]
    assert (yearly.notna() ^ terms.notna()).all()


def test_some_rows_report_the_year_alone(small_data):
    assert (
        leo.load("absence", years=2008, root=small_data)["overallabsence_annual_ab08"].notna().any()
    )


def test_every_row_says_which_list_of_the_census_it_came_from(small_data):
    census = leo.load("sc_pupil", years=2008, terms="spring", root=small_data)
    assert set(census["sourcetable_spr08"].dropna()) <= {"PupilsOnRoll", "PupilsNoLongerOnRoll"}
    assert np.isclose(census["sourcetable_spr08"].isna().mean(), 0, atol=0.02)
