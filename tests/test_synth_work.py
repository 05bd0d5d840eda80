"""Jobs, furlough, grants and firms: one row agrees with itself and with its neighbours."""

import numpy as np
import pandas as pd
import pytest
from synth_cases import VIEWS, draw, only, spine

from leo_helpers.synth.faults import fault_rates


def frame(table, *columns):
    """Some columns as Python objects, for comparisons."""
    return pd.DataFrame({c: table[c].to_pylist() for c in columns})


@pytest.mark.parametrize("faults", ["none", "documented", "harsh"])
def test_spells_of_a_key_are_merged(faults):
    """No spell overlaps or touches another of its key, whatever dates were filled in."""
    view = VIEWS["leo_i2.leo_employment"]
    data = draw(view, spine(0, 3000), fault_rates(faults)).to_pandas(date_as_object=True)
    data = data[data.edukey != ""].sort_values(["edukey", "startdate"])
    end = pd.to_datetime(data.enddate.fillna(np.datetime64("2200-01-01").item()))
    before = end.groupby(data.edukey).shift()
    assert ((pd.to_datetime(data.startdate) - before).dt.days.dropna() > 1).all()
    assert before.notna().sum() > 1000 and end[data.enddate.notna()].max() <= pd.Timestamp(
        "2021-04-05"
    )


def test_furloughed_people_have_a_job_in_each_month_of_it():
    people = spine(0, 3000)
    jobs = frame(draw(VIEWS["leo_i2.leo_employment"], people), "edukey", "startdate", "enddate")
    jobs["end"] = pd.to_datetime(jobs.enddate).fillna(pd.Timestamp("2021-04-05"))
    rows = frame(
        draw(VIEWS["leo_i2.leo_cjrs"], people), "edukey", "taxyear", "cjrs_dtm_ind", "cjrs_eom_ind"
    )
    assert len(rows) > 500
    months = [
        (row.edukey, pd.Timestamp(row.taxyear // 100 + (m > 8), (m + 3) % 12 + 1, 1))
        for row in rows.itertuples()
        for m in range(12)
        if row.cjrs_dtm_ind[m] == "1"
    ]
    seen = pd.DataFrame(months, columns=["edukey", "month"]).reset_index().merge(jobs, on="edukey")
    inside = (pd.to_datetime(seen.startdate) < seen.month + pd.offsets.MonthEnd()) & (
        seen.end >= seen.month
    )
    assert seen.loc[inside, "index"].nunique() == len(months)
    both = rows.cjrs_eom_ind.map(lambda t: int(t, 2)) & ~rows.cjrs_dtm_ind.map(lambda t: int(t, 2))
    assert (both == 0).all()  # on furlough at the end of a month is on furlough during it


def test_grants_follow_from_the_profits_of_the_years_before():
    people = spine(0, 20_000)
    grants = frame(
        draw(VIEWS["leo_i2.leo_seiss"], people), "edukey", "seiss_tot_amt", "seiss_tot_wks"
    )
    returns = frame(
        draw(VIEWS["leo_i2.leo_self_assessment"], people),
        "edukey",
        "taxyear",
        "earnings_self_employment",
    )
    wide = returns.pivot_table(
        index="edukey", columns="taxyear", values="earnings_self_employment", aggfunc="sum"
    )
    own = grants.merge(wide, left_on="edukey", right_index=True, validate="one_to_one")
    assert len(own) == len(grants) > 100
    assert own[201819].between(1, 50_000).all() and own[201920].notna().mean() > 0.9
    assert (own.seiss_tot_amt <= 7_500 + 6_570 + 7_500).all()
    assert own.seiss_tot_wks.isin([13, 26, 39]).all()


def test_firms_pay_only_while_they_live():
    data = frame(only("leo_idbr"), "entkey", "sourceyear", "birth_month", "death_month")
    assert (data.sourceyear == 2019).sum() != (data.sourceyear == 2020).sum()
    dead = data.dropna(subset="death_month")
    assert (pd.to_datetime(dead.death_month) > pd.to_datetime(dead.birth_month)).all()
    until = pd.to_datetime(dead.death_month).groupby(dead.sourceyear).max()
    assert until[2019] <= pd.Timestamp("2018-01-01") < until[2020] <= pd.Timestamp("2020-09-01")
    pay = frame(draw(VIEWS["leo_i2.leo_earnings"], spine(0, 3000)), "taxyear", "main_enterprise")
    pay["sourceyear"] = np.where(pay.taxyear <= 201617, 2019, 2020)
    found = pay[pay.main_enterprise.fillna("") != ""].merge(
        data,
        left_on=["main_enterprise", "sourceyear"],
        right_on=["entkey", "sourceyear"],
        how="left",
    )
    begin = pd.to_datetime((found.taxyear // 100).astype(str) + "-04-01")
    assert found.entkey.notna().all() and len(found) > 5000
    assert not (pd.to_datetime(found.death_month) < begin).any()
    assert not (pd.to_datetime(found.birth_month) > begin + pd.DateOffset(years=1)).any()


def tax_days(spells):
    """Days with a job of each key and tax year END, counted one by one."""
    start = pd.to_datetime(spells.startdate)
    length = (pd.to_datetime(spells.enddate).fillna(pd.Timestamp("2021-04-05")) - start).dt.days + 1
    all_days = spells[["edukey"]].assign(start=start).loc[spells.index.repeat(length)]
    later = all_days.groupby(level=0).cumcount()
    all_days["day"] = all_days["start"] + pd.to_timedelta(later, unit="D")
    days = all_days[["edukey", "day"]].drop_duplicates()
    sixths = pd.to_datetime([f"{year}-04-06" for year in range(1997, 2022)])
    return days.groupby(["edukey", 1997 + sixths.searchsorted(days.day, side="right")]).size()


def test_pay_follows_the_days_worked():
    """Somebody with a job for two months of the tax year earns a sixth of the yearly rate."""
    people = spine(0, 1500)
    jobs = draw(VIEWS["leo_i2.leo_employment"], people, fault_rates("none"))
    pay = frame(
        draw(VIEWS["leo_i2.leo_earnings"], people, fault_rates("none")),
        "edukey",
        "taxyear",
        "earnings",
    )
    pay["tax"] = 2000 + pay.taxyear % 100
    days = tax_days(frame(jobs, "edukey", "startdate", "enddate"))
    days = days.rename_axis(["edukey", "tax"]).rename("days").reset_index()
    both = pay.merge(days, on=["edukey", "tax"], how="left")
    assert both.days.notna().all() and len(both) > 5000  # no pay without a day of work
    spare = days[days.tax >= 2004].merge(pay, on=["edukey", "tax"], how="left")
    assert spare.earnings.notna().all()  # nor work without pay
    both["yearly"] = both.earnings * 365 / both.days.clip(upper=365)
    short, whole = both[both.days.between(30, 120)], both[both.days >= 365]
    assert len(short) > 500 and len(whole) > 500
    assert short.earnings.median() < whole.earnings.median() / 3
    # the rate has nothing to do with the days: compare within years after school
    lately = (both.tax >= 2014) & (both.days >= 30)
    split = both[lately].groupby([both.tax, both.days >= 365]).yearly.median().unstack()
    assert split[True].div(split[False]).between(0.7, 1.4).all()
