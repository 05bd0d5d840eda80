"""Rows of the attainment tables: EYFSP, key stages 1 to 4, YPMAD; what key stage 5 shares."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, counter, derive, lane
from .luts import blend, threshold
from .marginals import rate
from .rows import Coded, Context, Rows, build, repeat, rows_for, stack
from .school import ENROL
from .spine import ROUTES, SEN_STAGES, Spine, rank_among, reference, route_lut

#: Years after the cohort's start in which each stage ends, and the first and last END year.
STAGES = {
    "eyfsp": (6, 2003, 2010),
    "ks1": (8, 1998, 2012),
    "ks2": (12, 1996, 2016),
    "ks3": (15, 1998, 2013),
    "ks4": (17, 2002, 2021),
    "ks5": (19, 2002, 2021),
}


def at_stage(spine: Spine, stage: str) -> tuple[NDArray, NDArray]:
    """People who reach the end of a stage inside the table's years, and the year."""
    after, first, last = STAGES[stage]
    year = spine.cohort.astype(np.int64) + after
    inside = (year >= first) & (year <= last) & (spine.sector != 2)
    if stage == "eyfsp":
        tenth = (year >= 2007) | (spine.rank("eyfsp_sample") < LANES // 10)
        inside &= tenth & (spine.sector == 0)
    elif stage in ("ks1", "ks3"):
        inside &= (spine.sector == 0) | (spine.rank("ks_independent") < LANES // 8)
    elif stage == "ks2":
        inside &= (spine.sector == 0) | (spine.rank("ks_independent") < LANES // 3)
    elif stage == "ks5":
        inside &= _reaches_ks5(spine, spine.route)
    person = np.flatnonzero(inside)
    return person, year[person]


def _reaches_ks5(spine: Spine, route: NDArray) -> NDArray[np.bool_]:
    """Sixth formers, and the abler half of those in colleges of further education."""
    sixth = [ROUTES.index(r) for r in ("school_sixth_form", "sixth_form_college")]
    college = route == ROUTES.index("fe_college")
    return np.isin(route, sixth) | (college & (spine.level3_rank > LANES // 2))


@cache
def _ks5_lut(year: int) -> NDArray[np.int32]:
    """Rank among those who reach key stage 5 in a year, who are no average of all people."""
    people = reference()
    chosen = _reaches_ks5(people, route_lut(year - 2)[people.route_rank]) & (people.sector != 2)
    return rank_among(people.attainment("ks5")[chosen])


def ks5_rank(rank: NDArray, year: NDArray) -> NDArray:
    """Ranks among everybody as ranks among those who reach key stage 5 in the year."""
    out = np.empty(len(rank), dtype=np.int64)
    for one in np.unique(year):
        rows = year == one
        out[rows] = _ks5_lut(int(one))[rank[rows]]
    return out


@cache
def entry_rank() -> NDArray[np.int32]:
    """Rank among key stage 4 entries: abler pupils have more of them."""
    entries = np.cumsum(ks4_entries(np.arange(LANES, dtype=np.int64)))
    return ((entries - entries[0]) * (LANES - 1) // int(entries[-1])).astype(np.int32)


def ks4_entries(rank: NDArray) -> NDArray:
    """Entries at key stage 4, five to ten."""
    return 5 + rank * 6 // LANES


def _attrs(spine: Spine, stage: str, person: NDArray, year: NDArray) -> dict:
    j = np.clip(year, 1996, 2021) - 1996
    state = spine.sector[person] == 0
    blank = np.where(state, 0, -1)
    return {
        "rank": (
            ks5_rank(spine.attainment(stage)[person], year)
            if stage == "ks5"
            else spine.attainment(stage)[person]
        ),
        "nc_year": spine.nc_year[person, j],
        "school": np.where(state, spine.school[person, j], 95_000 + spine.school[person, j] % 900),
        "fsm": np.where(state, spine.fsm[person, j], -1).astype(np.int8),
        "sen": Coded(np.where(state, spine.sen[person, j], -1), SEN_STAGES),
        "sen_need_rank": spine.sen_need[person],
        "area": np.where(state, spine.moves[person, j], -1),
        "enrol": Coded(blank, ENROL),
        "state": state.astype(np.int8),
    }


def pupils(ctx: Context, stage: str, fault: str = "repeated_result") -> Rows:
    """One row a pupil at the end of the stage, and now and then a second one."""
    person, year = at_stage(ctx.spine, stage)
    rows = build(ctx, person, year, **_attrs(ctx.spine, stage, person, year))
    rows.attrs["discounted"] = np.zeros(len(rows), dtype=np.int8)
    if stage == "ks4":
        rows = _not_at_end(ctx, rows)
    again = ctx.hit(fault, rows.key)
    copy = rows.take(np.flatnonzero(again))
    copy.key = derive(copy.key, "copy")
    copy.attrs["discounted"] = np.ones(len(copy), dtype=np.int8)
    if fault == "repeated_result":  # at two providers a student's results are the same
        copy.attrs["rank"] = np.minimum(copy.attrs["rank"], lane(copy.key, "lower"))
    return stack(rows, copy)


def _not_at_end(ctx: Context, rows: Rows) -> Rows:
    """Add earlier rows of pupils below the end of the stage who took an exam early."""
    rows.attrs["end_ks"] = np.ones(len(rows), dtype=np.int8)
    early = ctx.hit("early_entry_rows", rows.key) & (rows.year > 2007)
    before = rows.take(np.flatnonzero(early))
    before.year = before.year - np.int16(1)
    before.key = derive(before.key, "early")
    before.attrs["nc_year"] = before.attrs["nc_year"] - 1
    before.attrs["end_ks"] = np.zeros(len(before), dtype=np.int8)
    return stack(rows, before)


@rows_for("eyfsp")
def eyfsp(ctx: Context) -> Rows:
    """Foundation stage profiles: a tenth of children to 2006, then all."""
    return pupils(ctx, "eyfsp")


@rows_for("ks1")
def ks1(ctx: Context) -> Rows:
    """Key stage 1 results at age seven."""
    return pupils(ctx, "ks1")


@rows_for("ks2_pupil")
def ks2(ctx: Context) -> Rows:
    """Key stage 2 results; a quarter of schools boycotted the 2010 tests."""
    rows = pupils(ctx, "ks2")
    school = rows.attrs["school"]
    struck = counter("boycott", ctx.spine.seed, n=school)
    rows.attrs["boycott"] = ctx.hit("ks2_boycott", struck) & (rows.year == 2010)
    return rows


@rows_for("ks3_candidate", "ks3_indicators")
def ks3(ctx: Context) -> Rows:
    """Key stage 3 pupils; both views hold the same people in the same order."""
    ctx.table = "ks3_candidate"
    return pupils(ctx, "ks3")


def _results(ctx: Context, stage: str, subjects: int, counts: NDArray, rows: Rows) -> Rows:
    """Long results: `counts` subjects for each pupil row."""
    which, occurrence = repeat(counts)
    out = rows.take(which)
    out.attrs["subject"] = subject_of(ctx, out, stage, subjects, occurrence)
    entry_rows(out, stage, occurrence, out.attrs["rank"])
    out.attrs["discounted"] = np.zeros(len(out), dtype=np.int8)
    return out


def subject_of(ctx: Context, out: Rows, stage: str, subjects: int, occurrence: NDArray) -> NDArray:
    """Numbers of different subjects; the first three are everybody's."""
    start = lane(derive(ctx.spine.key[out.person], stage, "subjects"), "first") % 7
    return np.where(occurrence < 3, occurrence, 3 + (start + (occurrence - 3) * 5) % (subjects - 3))


def entry_rows(out: Rows, stage: str, occurrence: NDArray, own: NDArray) -> None:
    """Make results of pupil rows: a key each, and a rank near the pupil's own."""
    out.key = derive(out.key, stage, n=occurrence)
    out.attrs["entry"] = out.key
    out.attrs["rank"] = blend(own, lane(out.key, "subject_noise"), 6)
    out.attrs["resit"] = np.zeros(len(out), dtype=np.int8)


def resits(ctx: Context, out: Rows, first_counts: NDArray | bool = False) -> Rows:
    """Add re-sits of some results; the lower of two counts for nothing.

    Where `first_counts` is true (key stage 4 from 2014) it is the later one, though it is better.
    """
    again, step = ctx.hit("resit", out.key), LANES // 16
    first = np.broadcast_to(first_counts, again.shape)
    resit = out.take(np.flatnonzero(again))
    later = first[again]
    rank = resit.attrs["rank"]
    resit.key = derive(resit.key, "resit")
    resit.attrs["rank"] = np.where(later, np.minimum(rank + step, LANES - 1), rank)
    out.attrs["rank"] = np.where(
        again & ~first, np.maximum(out.attrs["rank"] - step, 0), out.attrs["rank"]
    )
    out.attrs["discounted"] = (again & ~first).astype(np.int8)
    out.attrs["discounted_best"] = again.astype(np.int8)
    resit.attrs["discounted"] = later.astype(np.int8)
    resit.attrs["discounted_best"] = np.zeros(len(resit), dtype=np.int8)
    resit.attrs["resit"] = np.ones(len(resit), dtype=np.int8)
    return stack(out, resit)


@rows_for("ks2_exam")
def ks2_exam(ctx: Context) -> Rows:
    """One row a test or assessment at key stage 2."""
    rows = pupils(ctx, "ks2")
    return _results(ctx, "ks2", 6, np.where(rows.year < 2013, 4, 5), rows)


@rows_for("ks3_result")
def ks3_result(ctx: Context) -> Rows:
    """One row a test (to 2008) or teacher assessment at key stage 3."""
    rows = pupils(ctx, "ks3")
    return _results(ctx, "ks3", 6, np.where(rows.year <= 2008, 6, 3), rows)


@rows_for("ypmad_chronological")
def ypmad(ctx: Context) -> Rows:
    """A row for each person and academic year from 14 to 25."""
    parts = []
    for year in range(2002, 2022):
        age = year - 1 - ctx.spine.cohort.astype(np.int64)
        person = np.flatnonzero((age >= 15) & (age <= 25) & (ctx.spine.sector != 2))
        part = build(
            ctx, person, year, **_attrs(ctx.spine, "ks4", person, np.full(len(person), year))
        )
        part.attrs["academic_age"] = age[person] - 1
        parts.append(part)
    return stack(*parts)


@rows_for("ypmad_snapshot")
def ypmad_snapshot(ctx: Context) -> Rows:
    """One row a person as the data stood in 2021."""
    spine = ctx.spine
    person = np.flatnonzero((spine.sector != 2) & (spine.cohort <= 2004))
    rows = build(ctx, person, 2021, **_attrs(spine, "ks4", person, spine.ks4_year[person]))
    rows.attrs["base_year"] = spine.ks4_year[person] - 2
    rows.attrs["age_2021"] = 2020 - spine.cohort[person].astype(np.int64)
    _levels_by_age(spine, rows)
    return rows


#: Part of the way from 16 to 19 for level 2, part of the figure at 19 for level 3 (assumed).
_LEVEL2_WAY = {16: 0.0, 17: 0.55, 18: 0.85, 19: 1.0, 20: 1.08, 21: 1.14}
_LEVEL3_PART = {16: 0.004, 17: 0.06, 18: 0.88, 19: 1.0, 20: 1.03, 21: 1.05}


def _levels_by_age(spine: Spine, rows: Rows) -> None:
    """Levels reached by each age from 16 to 21, -1 where that age lies after 2021."""
    rank, ks4_year = spine.level3_rank[rows.person], spine.ks4_year[rows.person]
    for age in range(16, 22):
        found = np.full((3, len(rows)), -1, dtype=np.int8)
        for year in np.unique(ks4_year[ks4_year + age - 16 <= 2021]):
            here, turned19 = np.flatnonzero(ks4_year == year), int(year) + 3
            low, high = rate("l2_by_16", turned19), rate("l2_by19", turned19)
            level2 = low + (high - low) * _LEVEL2_WAY[age]
            level3 = rate("l3_by19", turned19) * _LEVEL3_PART[age]
            for position, share in enumerate((level2 + (1 - level2) * 0.6, level2, level3)):
                found[position, here] = rank[here] >= threshold(share)
        for level in range(3):
            rows.attrs[f"level{level + 1}_at_{age}"] = found[level]
        rows.attrs[f"in_{age}"] = np.where(found[0] < 0, 0, 1)
    for level in (1, 2, 3):
        reached = np.stack([rows.attrs[f"level{level}_at_{a}"] == 1 for a in range(16, 22)], axis=1)
        age = np.where(reached.any(axis=1), 16 + reached.argmax(axis=1), -1)
        rows.attrs[f"level{level}_age"] = np.where(age > 0, age - 1, -1)
        rows.attrs[f"level{level}_year"] = np.where(age > 0, ks4_year + age - 16, -1)
