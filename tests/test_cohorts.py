"""Which birth cohorts the tables hold, against facts that were published elsewhere."""

import csv

import matplotlib.pyplot as plt
import pytest

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.cohorts import ages
from leo_helpers.errors import LeoError, UnknownName
from leo_helpers.paths import data_dir


def test_every_table_about_people_has_ages():
    tables = load_catalogue().tables
    without = {t for t in tables if t not in ages()}
    assert without == {t for t in tables if t.startswith("lookup_")} | {"lilr_lars", "leo_idbr"}
    assert set(ages()) <= set(tables)
    with (data_dir() / "catalogue" / "ages.csv").open(encoding="utf-8") as file:
        assert {row["status"] for row in csv.DictReader(file)} <= {"form", "assumed"}


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [
        ("ks1", 1990, 2004),
        ("ks2_pupil", 1984, 2004),
        ("ks3_candidate", 1984, 1998),
        ("ks4_pupil", 1985, 2004),
        ("eyfsp", 1997, 2004),
    ],
)
def test_first_and_last_cohort(table, first, last):
    """The stages of school end so that the last cohort reaches 16 in 2021."""
    seen = leo.cohorts(table)["cohort"]
    assert (seen.min(), seen.max()) == (first, last)


def test_years_and_ages_agree():
    seen = leo.cohorts()
    assert (seen["first_year"] - seen["cohort"] - 2 == seen["first_age"]).all()
    assert (seen["last_year"] - seen["cohort"] - 2 == seen["last_age"]).all()
    assert (seen["first_age"] <= seen["last_age"]).all()


def test_two_cohorts_can_be_in_every_table():
    tables = leo.cohorts().groupby("cohort")["table_id"].nunique()
    assert list(tables[tables == len(ages())].index) == [1997, 1998]


def test_a_lookup_has_no_ages_and_an_unknown_table_is_named():
    with pytest.raises(LeoError, match="lookup_pmr has no ages"):
        leo.cohorts("lookup_pmr")
    with pytest.raises(UnknownName, match="ks4_pupil"):
        leo.cohorts("ks4_pupl")


def test_the_drawing_covers_the_ages_of_each_table():
    ax = leo.plots.draw_cohorts(["ks1", "ks4_pupil"])
    heights = [area.get_datalim(ax.transData).extents for area in ax.collections]
    assert [list(h[[1, 3]]) for h in heights] == [[5.5, 6.5], [14.5, 15.5]]
    assert [list(h[[0, 2]]) for h in heights] == [[1989.5, 2004.5], [1984.5, 2004.5]]
    plt.close("all")
