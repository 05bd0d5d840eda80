"""Keys that stand under two AE_IDs, two keys in one tax year, and firms seen from both sides."""

import numpy as np
import pandas as pd
import pytest
from synth_cases import VIEWS, draw, spine

from leo_helpers.synth.digest import table_hash
from leo_helpers.synth.firms import ENTERPRISES, employees, employer_of, industry
from leo_helpers.synth.hashing import counter
from leo_helpers.synth.luts import category_lut
from leo_helpers.synth.marginals import shares

LOOKUPS = {
    "pmr": "leo_i2.learner_ae_id_to_pmr_lookup",
    "edukey": "leo_i2.learner_ae_id_to_edukey_lookup",
    "record": "leo_i2.education_records_lookup",
}
TWICE = {"shared_pmr": 0.5, "shared_edukey": 0.5, "two_pmr": 0.5, "two_edukey": 0.5}
WRAP = 1 << 64


def frame(view: str, faults, people=None, *columns: str) -> pd.DataFrame:
    table = draw(VIEWS[view], people, faults)
    return pd.DataFrame({c: table[c].to_pylist() for c in columns or table.column_names})


def pairs(kind: str, faults, people=None) -> pd.DataFrame:
    """AE_ID and key of one lookup."""
    found = frame(LOOKUPS[kind], faults, people)
    key = next(c for c in found if c != "ae_id")
    return found[["ae_id", key]].rename(columns={key: "key"}).assign(kind=kind).drop_duplicates()


def components(faults, people=None) -> pd.DataFrame:
    """Every key with the smallest AE_ID that it hangs together with."""
    found = pd.concat([pairs(kind, faults, people) for kind in LOOKUPS])
    found["key"] = found["kind"] + found["key"].astype(str)
    found["person"] = found["ae_id"]
    while True:
        least = found.groupby("key")["person"].transform("min")
        least = least.groupby(found["ae_id"]).transform("min")
        if (least == found["person"]).all():
            return found
        found["person"] = least


@pytest.mark.parametrize("which", ["pmr", "edukey"])
def test_a_shared_key_stands_under_two_ae_ids(which):
    faults = {f"shared_{which}": 0.5}
    owners = pairs(which, faults).groupby("key")["ae_id"].nunique()
    assert set(owners) == {1, 2} and 0.4 < (owners == 2).mean() < 0.6
    assert pairs(which, {}).groupby("key")["ae_id"].nunique().max() == 1


def test_a_person_resolved_twice_is_one_component():
    faults = {"shared_pmr": 0.3, "shared_edukey": 0.3}
    before, after = components({}), components(faults)
    assert after["ae_id"].nunique() > before["ae_id"].nunique() + 100
    people = before.groupby("person")["key"].agg(frozenset)
    assert set(after.groupby("person")["key"].agg(frozenset)) == set(people)


def test_the_smallest_ae_id_of_each_key_leads_to_pay_but_not_to_college():
    faults = {"shared_pmr": 0.3, "shared_edukey": 0.3}
    pupils, tax, college = (
        pairs(kind, faults).sort_values("ae_id").drop_duplicates("key") for kind in LOOKUPS
    )
    assert pupils["ae_id"].isin(tax["ae_id"]).all()
    assert college["ae_id"].isin(tax["ae_id"]).mean() < 0.7


def test_two_edukeys_share_a_years_pay():
    people = spine(0, 3000)
    columns = ("edukey", "taxyear", "earnings")
    clean = frame("leo_i2.leo_earnings", {}, people, *columns)
    double = frame("leo_i2.leo_earnings", {"two_edukey": 1.0}, people, *columns)
    first = pairs("edukey", {}, people).set_index("key")["ae_id"]
    both = pairs("edukey", {"two_edukey": 1.0}, people).set_index("key")["ae_id"]
    clean["ae_id"], double["ae_id"] = clean["edukey"].map(first), double["edukey"].map(both)
    one, two = (
        t.groupby(["ae_id", "taxyear"])["earnings"].agg(["sum", "size"]) for t in (clean, double)
    )
    assert one["sum"].equals(two["sum"])  # the person's pay is the sum over the keys
    assert set(one["size"]) == {1} and set(two["size"]) == {1, 2}
    at_once = two[two["size"] == 2].reset_index()
    assert at_once["taxyear"].nunique() > 10
    assert at_once.groupby("ae_id").size().max() <= 3
    share = at_once["ae_id"].nunique() / two.reset_index()["ae_id"].nunique()
    assert 0.1 < share < 0.4  # of people with two keys, those with pay under both in one year
    used = double.groupby("ae_id")["edukey"].nunique()
    assert (used == 2).mean() > 0.3


def test_two_edukeys_have_jobs_in_the_same_years_as_pay():
    people, faults = spine(0, 3000), {"two_edukey": 1.0}
    pay = frame("leo_i2.leo_earnings", faults, people, "edukey", "taxyear")
    jobs = frame("leo_i2.leo_employment", faults, people, "edukey", "startdate", "enddate")
    owner = pairs("edukey", faults, people).set_index("key")["ae_id"]
    pay["ae_id"], pay["year"] = pay["edukey"].map(owner), 2001 + pay["taxyear"] // 100 - 2000
    both = pay.groupby(["ae_id", "year"])["edukey"].nunique()
    both = both[both == 2].reset_index()[["ae_id", "year"]]
    jobs["ae_id"] = jobs["edukey"].map(owner)
    start, end = pd.to_datetime(jobs["startdate"]), pd.to_datetime(jobs["enddate"])
    seen = both.merge(
        jobs.assign(start=start, end=end.fillna(pd.Timestamp("2021-04-05"))), on="ae_id"
    )
    begin = pd.to_datetime((seen["year"] - 1).astype(str) + "-04-06")
    close = pd.to_datetime(seen["year"].astype(str) + "-04-05")
    inside = seen[(seen["start"] <= close) & (seen["end"] >= begin)]
    keys = inside.groupby(["ae_id", "year"])["edukey"].nunique()
    assert len(both) > 100 and (keys == 2).sum() > 0.6 * len(both)


@pytest.mark.parametrize(
    "view", [*LOOKUPS.values(), "leo_i2.leo_earnings", "leo_i2.leo_employment"]
)
def test_person_7_is_the_same_among_a_thousand_and_a_million(view):
    """A data set of 1,000 has one block of 1,000, one of 1,000,000 begins with one of 50,000."""
    if view == LOOKUPS["record"]:
        key = "recordid"
    else:
        key = "pupilmatchingrefanonymous" if view == LOOKUPS["pmr"] else "edukey"
    few, many = (draw(VIEWS[view], spine(0, n), TWICE) for n in (1_000, 50_000))
    alone = draw(VIEWS[view], spine(7, 8), TWICE)
    wanted = set(alone[key].to_pylist())
    for table in (few, many):
        mask = np.isin(np.array(table[key].to_pylist(), dtype=object), list(wanted))
        assert table_hash(table.filter(mask)) == table_hash(alone)
    rest = draw(VIEWS[view], spine(1_000, 50_000), TWICE)
    assert (table_hash(few) + table_hash(rest)) % WRAP == table_hash(many)


# ---- firms -------------------------------------------------------------------------------------
def test_the_register_counts_firms_and_pay_counts_people():
    size = employees()
    assert len(size) == ENTERPRISES and size.min() == 1
    assert (size < 10).mean() == pytest.approx(0.82, abs=0.002)
    assert (size >= 250).mean() == pytest.approx(0.006, abs=0.0005)
    firms = employer_of(counter("firms", n=np.arange(200_000)))
    bands = np.histogram(size[firms], [1, 10, 50, 250, 10**6])[0] / len(firms)
    assert bands == pytest.approx(list(shares("firm_size_band").values()), abs=0.005)


def test_firms_of_a_band_are_picked_by_their_employees():
    size = employees()
    picked = np.bincount(employer_of(counter("firms", n=np.arange(400_000))), minlength=ENTERPRISES)
    small, larger = (picked[(size >= a) & (size < b)].mean() for a, b in ((10, 15), (40, 50)))
    assert larger / small == pytest.approx(45 / 12, rel=0.15)


@pytest.mark.parametrize("seed", [1, 20_260_414])
def test_people_divide_over_industries_as_published(seed):
    firms = employer_of(counter("firms", n=np.arange(300_000)))
    given = shares("sic_section")
    section = category_lut(list(given.values()))[industry(seed)[firms]]
    found = np.bincount(section, minlength=len(given)) / len(firms)
    assert found == pytest.approx(list(given.values()), abs=0.006)
    assert (industry(seed) != industry(seed + 1)).mean() > 0.5
