"""Learning aims: yearly rows of one aim agree, programmes have one programme aim, levels a list."""

import pandas as pd
import pytest
from synth_cases import VIEWS, draw, spine

APPRENTICESHIP = [2, 3, 10, 20, 21, 22, 23, 25]
KEY = ["recordid", "sequence_index", "start_date"]


@pytest.fixture(scope="module")
def aims() -> pd.DataFrame:
    return draw(VIEWS["lilr_i2.aims"], spine(0, 3000), {}).to_pandas()


def test_what_belongs_to_an_aim_never_changes(aims):
    same = ["programme_type", "framework_id", "standard_id", "end_date_expected", "ukprn_anon"]
    known = aims.groupby(KEY)[same].nunique()  # a lost provider number is not a second one
    assert (known <= 1).all(axis=None) and aims.groupby(KEY).size().max() >= 3


def test_an_aim_has_a_row_a_year_and_ends_in_its_last(aims):
    assert not aims.duplicated([*KEY, "year"]).any()
    rows = aims[aims["active"] == 1].sort_values("year")
    group = rows.groupby(KEY)["year"]
    assert (group.max() - group.min() + 1 == group.size()).all()
    last = rows["year"] == rows.groupby(KEY)["year"].transform("max")
    assert (rows.loc[~last, "compstatus"] == 1).all() and rows.loc[~last, "end_date"].isna().all()
    ended = rows[last & (rows["compstatus"] != 1)]
    days = pd.to_datetime(ended["end_date"])
    assert ((days.dt.year - (days.dt.month < 8)) == ended["year"]).all()
    assert rows.loc[rows["start"] == 1].groupby(KEY).size().eq(1).all()


def test_an_apprenticeship_has_one_programme_aim_and_parts(aims):
    rows = aims[aims["programme_type"].isin(APPRENTICESHIP) & (aims["active"] == 1)]
    whole = rows["aimtype"].isin([1, 35])
    assert set(rows.loc[whole, "learning_aim_id"].dropna()) == {"ZPROG001"}
    assert "ZPROG001" not in set(rows.loc[~whole, "learning_aim_id"])
    assert (rows.loc[rows["year"] < 2011, "aimtype"].isin([-1, 30, 35])).all()
    assert (whole.groupby([rows["recordid"], rows["year"]]).sum() == 1).all()
    assert rows.groupby(["recordid", "year"]).size().min() >= 2


def test_completing_is_not_achieving(aims):
    done = aims[aims["completion"] == 1]
    assert 0.6 < done["achievement"].mean() < 0.98
    assert (aims.loc[aims["achievement"] == 1, "compstatus"] == 2).all()


def test_a_move_of_provider_is_a_withdrawal_and_a_new_start(aims):
    whole = aims[(aims["learning_aim_id"] == "ZPROG001") & (aims["framework_id"] > 0)]
    spells = whole.sort_values("year").drop_duplicates(["learner_id", "start_date"], keep="last")
    spells = spells.sort_values(["learner_id", "start_date"])
    group = spells.groupby(["learner_id", "framework_id"])
    gap = pd.to_datetime(spells["start_date"]) - pd.to_datetime(group["end_date"].shift())
    moved = gap.dt.days.between(0, 90)
    assert moved.sum() > 10 and (group["compstatus"].shift()[moved] == 3).all()
    known = moved & spells["ukprn_anon"].notna() & group["ukprn_anon"].shift().notna()
    assert (spells["ukprn_anon"] != group["ukprn_anon"].shift())[known].all()


def test_levels_are_those_of_the_list_of_that_year(aims):
    lars = draw(VIEWS["lilr_i2.lars"], spine(0, 10), {}).to_pandas()
    both = aims.merge(
        lars[["year", "learnaimref", "notional_level_v2"]],
        left_on=["year", "learning_aim_id"],
        right_on=["year", "learnaimref"],
        suffixes=("", "_listed"),
        validate="many_to_one",
    )
    both = both[(both["learning_aim_id"] != "ZPROG001")].dropna(subset="notional_level_v2")
    listed = both["notional_level_v2_listed"].astype(str).replace({"E": "0", "H": "9", "M": "-1"})
    assert len(both) > 3000 and (both["notional_level_v2"].astype(str) == listed).all()
    latest = both["notional_level_v2_latest"].astype(str).replace({"15": "1.5", "nan": None})
    differ = (both["notional_level_v2"].astype(str) != latest)[latest.notna()]
    assert 0.01 < differ.mean() < 0.2
