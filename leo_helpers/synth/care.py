"""Rows of the social care tables: children in need, looked after."""

from __future__ import annotations

import numpy as np

from .hashing import LANES, derive, lane
from .luts import blend, quantile_lut, threshold
from .marginals import quantiles, rate
from .rows import DAY, Coded, Context, Rows, build, column_of, date, repeat, rows_for, spread, stack
from .spine import SEN_STAGES, Spine

NOT_A_DAY = np.datetime64("NaT", "D")
CIN_TABLES = (
    "cin_overall",
    "cin_child",
    "cin_cpp",
    "cin_details",
    "cin_disabilities",
    "cin_opencase",
    "cin_serviceprovision",
)


def _need_rank(spine: Spine):
    return blend(spine.deprivation, spine.rank("need"), 4)


def _open_share(year: int) -> float:
    """Share of referrals open on 31 March, so that the published share of children has one open."""
    children = rate("cin_at31march", year) / rate("cin_any", year)
    return children / (1 + 0.17 * (1 - children))  # some have a second referral


def _plan_share(year: int) -> float:
    """Share of referrals with a protection plan, so that as many children have one."""
    among = rate("cpp", year) / rate("cin_at31march", year)
    return among * (1 + 0.17 * (1 - _open_share(year))) / 1.17  # some have two open referrals


def person_attrs(spine: Spine, person, year: int) -> dict:
    """What social care and NCCIS rows know of their person in a year."""
    j = column_of(min(max(year, 1996), 2021))
    pupil = spine.enrolled[person, : j + 1].any(axis=1)
    return {
        "nc_year": spine.nc_year[person, j],
        "has_pmr": pupil.astype(np.int8),
        "fsm": spine.fsm[person, j].astype(np.int8),
        "sen": Coded(spine.sen[person, j], SEN_STAGES),
        "area": spine.moves[person, j].astype(np.int64),
        "school": spine.school[person, j],
        "age": year - 1 - spine.cohort[person].astype(np.int64),
        "la": spine.region[person] * 17 + spine.moves[person, j] % 17,
    }


@rows_for(*CIN_TABLES)
def children_in_need(ctx: Context) -> Rows:
    """One row a referral and year to 31 March; cases open over a year end recur."""
    spine, parts = ctx.spine, []
    for year in range(2009, 2022):
        age = year - 1 - spine.cohort.astype(np.int64)
        near = blend(_need_rank(spine), spine.rank("cin_spell", year // 2), 6)
        limit = threshold(rate("cin_any", year))
        person = np.flatnonzero((near >= limit) & (age <= 17) & (age >= -1))
        which, occurrence = repeat(1 + (spine.rank("cin_again", year)[person] < LANES * 17 // 100))
        part = build(
            ctx, person[which], year, occurrence, **person_attrs(spine, person[which], year)
        )
        start = date(year - 1, 4, 1) + spread(part.key, "referred", 365)
        part.attrs["referral_date"] = start - spread(part.key, "earlier", 200)
        days = quantile_lut(quantiles("cin_duration_days"))[lane(part.key, "length")]
        closed = lane(part.key, "open") >= _open_share(year) * LANES
        march = date(year, 3, 31)
        end = start + days.astype("timedelta64[D]")
        end = np.where(
            closed,
            np.minimum(end, march - spread(part.key, "closed", 60)),
            np.maximum(end, march + DAY),
        )
        end = np.maximum(end, start)
        part.attrs["closure_date"] = np.where(closed, end, NOT_A_DAY)
        part.attrs["open_31_march"] = (~closed).astype(np.int8)
        part.attrs["closed"] = closed.astype(np.int8)
        plan = lane(part.key, "plan") < _plan_share(year) * LANES
        part.attrs["plan"] = plan.astype(np.int8)
        part.attrs["plan_start"] = np.where(
            plan, start + spread(part.key, "plan_start", 40), NOT_A_DAY
        )
        part.attrs["plan_end"] = np.where(plan & closed, end, NOT_A_DAY)
        part.attrs["disabled"] = (
            lane(derive(spine.key[part.person], "disabled"), "is") < LANES * 13 // 100
        ).astype(np.int8)
        part.attrs["occurrence"] = occurrence
        parts.append(part)
    return stack(*parts)


@rows_for("cla")
def looked_after(ctx: Context) -> Rows:
    """One row a looked-after child and year to 31 March, with the latest episode."""
    spine, parts = ctx.spine, []
    lasting = _need_rank(spine)
    for year in range(2006, 2022):
        age = year - 1 - spine.cohort.astype(np.int64)
        near = blend(lasting, spine.rank("cla_spell", year // 3), 6)
        limit = threshold(rate("cla_at31march", year) * 1.35)
        person = np.flatnonzero((near >= limit) & (age <= 17) & (age >= 0))
        part = build(ctx, person, year, **person_attrs(spine, person, year))
        days = quantile_lut(quantiles("cla_poc_days"))[lane(part.key, "length")].astype(np.int64)
        end = date(year, 3, 31) - spread(part.key, "end", 365)
        still = lane(part.key, "still") < LANES * 72 // 100
        end = np.where(still, np.datetime64(f"{year}-03-31"), end)
        start = np.maximum(end - days.astype("timedelta64[D]"), spine.birth_date[person])
        part.attrs["poc_start"] = start
        part.attrs["poc_days"] = (end - start).astype(np.int64) + 1
        part.attrs["episode_start"] = end - spread(part.key, "episode", part.attrs["poc_days"])
        part.attrs["episode_end"] = np.where(still, NOT_A_DAY, end)
        part.attrs["still"] = still.astype(np.int8)
        part.attrs["six_months"] = (part.attrs["poc_days"] > 182).astype(np.int8)
        part.attrs["twelve_months"] = (part.attrs["poc_days"] > 365).astype(np.int8)
        parts.append(part)
    return stack(*parts)
