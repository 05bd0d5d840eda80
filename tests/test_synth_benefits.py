"""Benefit spells are lifelike: ages, kinds within their years, moves, overlaps, claims and jobs."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from synth_cases import CATALOGUE, VIEWS, draw, spine

from leo_helpers.synth.faults import fault_rates

PEOPLE = 6_000
LAST_DAY = pd.Timestamp("2021-04-05")
#: People after the showcase: there no rare code is sprinkled in.
ORDINARY = (5_000, 25_000)
OUT_OF_WORK = {"JSA", "JTA", "IS", "ESA", "IB", "SDA", "PIB", "ICA", "UAA", "UBC", "UCE", "UDF"}
IN_WORK = {"DLA", "PIP", "UAB", "UBD", "UNA", "BB", "WB"}
DISABILITY = {"DLA", "PIP"}
#: First and last day on which a claim can begin, as in the law that made or closed a benefit.
BEGAN = {"ESA": "2008-10-27", "PIP": "2013-04-08", "PC": "2003-10-06", "BB": "2001-04-09"}
BEGAN |= dict.fromkeys(("UAA", "UAB", "UBC", "UBD", "UCE", "UDF", "UNA"), "2013-04-29")
CLOSED = {"IB": "2008-10-26", "DLA": "2013-06-09", "IS": "2018-12-31", "PIB": "2008-10-26"}
MOVES = {
    **{kind: {"ESA"} for kind in ("IB", "SDA", "PIB")},
    **{kind: {"UAA", "UAB"} for kind in ("JSA", "JTA")},
    "IS": {"UDF", "UCE", "UBC"},
    "ESA": {"UBC", "UCE"},
    "DLA": {"PIP"},
}


@cache
def claims(start: int = 0, stop: int = PEOPLE, faults: str = "none") -> pd.DataFrame:
    """The spells of some people, with the day of birth and whether a spell is open."""
    table = draw(VIEWS["leo_i2.leo_benefit"], spine(start, stop), fault_rates(faults))
    out = table.to_pandas(date_as_object=True).astype({"benefit_type": str, "edukey": str})
    out["open"] = [pd.isna(d) or d.year == 9999 for d in out["enddate"]]
    out["until"] = pd.to_datetime(out["enddate"].mask(out["open"], LAST_DAY.date()))
    out["startdate"] = pd.to_datetime(out["startdate"])
    return out.rename(columns={"benefit_type": "kind"})


def births(start: int = 0, stop: int = PEOPLE) -> pd.DataFrame:
    """Day of birth of each EDUKEY."""
    from leo_helpers.synth.keys import edukey

    people = spine(start, stop)
    keys = edukey(people.person, 0).to_pylist()
    return pd.DataFrame({"edukey": keys, "born": pd.to_datetime(people.birth_date)})


def pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Two spells of a key of which the second begins before the first is over."""
    rows = rows.reset_index(names="row")
    both = rows.merge(rows, on="edukey", suffixes=("", "_2")).query("row < row_2")
    first = both[["startdate", "startdate_2"]].max(axis=1)
    both["days"] = (both[["until", "until_2"]].min(axis=1) - first).dt.days + 1
    return both[both["days"] > 0]


def test_nobody_claims_before_sixteen_and_few_kinds_before_eighteen():
    rows = claims().merge(births(), on="edukey", validate="many_to_one")
    assert len(rows) > 3_000
    begins = rows["startdate"].dt.strftime("%m%d").astype(int)
    birthday = rows["born"].dt.strftime("%m%d").astype(int)
    age = rows["startdate"].dt.year - rows["born"].dt.year - (begins < birthday)
    assert age.min() == 16
    assert set(rows.loc[age < 18, "kind"]) <= {"IS", "ESA", "IB", "UBC", "UCE", "UDF", "ICA"} | (
        DISABILITY
    )
    assert (age == 18).sum() > 2 * (age == 17).sum() > 0


def test_claims_do_not_heap_on_the_last_day_of_the_tax_year():
    closed = claims().query("~open")["until"]
    for day in ((4, 5), (4, 6)):
        assert ((closed.dt.month == day[0]) & (closed.dt.day == day[1])).mean() < 0.01


@pytest.mark.parametrize("people", [(0, PEOPLE), ORDINARY])
def test_kinds_keep_to_their_years(people):
    rows = claims(*people)
    for kind, day in BEGAN.items():
        assert (rows.loc[rows["kind"] == kind, "startdate"] >= day).all(), kind
    for kind, day in CLOSED.items():
        assert (rows.loc[rows["kind"] == kind, "startdate"] <= day).all(), kind
    assert set(BEGAN) | set(CLOSED) <= set(claims()["kind"])


def test_every_code_is_there_and_the_flag_follows_from_it():
    codes = {c.code for c in CATALOGUE.codes("benefit_type")}
    rows = claims(faults="documented")
    assert set(rows["kind"]) == codes
    assert (rows.groupby("kind")["out_of_work_benefit"].nunique() == 1).all()
    flag = rows.groupby("kind")["out_of_work_benefit"].first()
    assert (flag[sorted(OUT_OF_WORK)] == 1).all() and (flag[sorted(IN_WORK)] == 0).all()


def test_one_move_ends_a_spell_and_begins_the_next():
    rows = claims(*ORDINARY)
    both = rows.merge(rows, on="edukey", suffixes=("", "_2"))
    gap = (both["startdate_2"] - both["until"]).dt.days
    moved = both[(both["kind"] != both["kind_2"]) & gap.isin([0, 1]) & ~both["open"]]
    right = [b in MOVES.get(a, ()) for a, b in zip(moved["kind"], moved["kind_2"], strict=True)]
    assert np.mean(right) > 0.8
    moved = moved[right]
    assert moved["kind"].value_counts()[["JSA", "IS", "ESA", "DLA", "IB"]].min() > 5
    assert 0.3 < (moved["startdate_2"] == moved["until"]).mean() < 0.7
    assert (moved.query("kind == 'IB'")["startdate_2"] >= "2008-10-27").all()
    assert (moved.query("kind in ('JSA', 'IS', 'ESA', 'DLA')")["startdate_2"] > "2013-04-28").all()


def test_repeat_claims_are_common():
    rows = claims(*ORDINARY).sort_values(["edukey", "startdate"])
    before = rows.groupby(["edukey", "kind"])["until"].shift()
    gap = (rows["startdate"] - before).dt.days
    assert gap.min() > 1  # two claims of one kind that touch are one spell
    assert 0.08 < gap.between(2, 29).mean() < 0.25


def test_without_the_fault_claims_overlap_at_moves_only():
    assert set(pairs(claims(*ORDINARY))["days"]) == {1}


def test_only_plausible_kinds_overlap():
    found = pairs(claims(*ORDINARY, "none,overlapping_benefits=1"))
    assert (found["kind"] != found["kind_2"]).all()
    of_two = [{a, b} for a, b in zip(found["kind"], found["kind_2"], strict=True)]
    move = np.array(
        [
            b in MOVES.get(a, ()) or a in MOVES.get(b, ())
            for a, b in zip(found["kind"], found["kind_2"], strict=True)
        ]
    )
    beside = np.array([bool(k & DISABILITY) or k == {"ICA", "IS"} for k in of_two])
    assert (move | beside).all()
    assert found.loc[move & ~beside, "days"].between(1, 12).all()
    assert {"DLA", "PIP", "ICA"} <= set.union(*of_two) and beside.sum() > 500


def test_a_job_seeker_is_not_on_one_claim_for_nine_years():
    rows = claims(*ORDINARY).query("kind == 'JSA' and not open")
    days = (rows["until"] - rows["startdate"]).dt.days + 1
    assert 60 < days.median() < 130 and days.quantile(0.95) < 600
    assert (days > 4 * 365).mean() < 0.01


def test_few_work_while_out_of_work():
    """By month end, as the chapter on benefits counts: some, but far fewer than others."""
    view = VIEWS["leo_i2.leo_employment"]
    jobs = draw(view, spine(*ORDINARY)).to_pandas(date_as_object=True)
    jobs["until"] = pd.to_datetime(jobs["enddate"].fillna(LAST_DAY.date()))
    jobs["startdate"] = pd.to_datetime(jobs["startdate"])
    out = claims(*ORDINARY).query("out_of_work_benefit == 1")
    worked = claimed = 0
    for day in pd.date_range("2010-04-30", "2020-04-30", freq="12ME"):
        on, busy = (
            set(rows.loc[(rows["startdate"] <= day) & (day <= rows["until"]), "edukey"])
            for rows in (out, jobs)
        )
        worked += len(on & busy)
        claimed += len(on)
    assert claimed > 5_000 and 0.05 < worked / claimed < 0.3


def test_a_life_does_not_depend_on_how_many_are_generated():
    few, many = claims(0, 2_000, "documented"), claims(faults="documented")
    pd.testing.assert_frame_equal(few, many.head(len(few)))
