"""Rows of the attainment tables: EYFSP, key stages 1 to 4; what key stage 5 shares."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, counter, derive, lane
from .luts import blend
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


#: By stage: eighths of the rank that have nothing to do with age, and eighths of the rest that
#: are age itself. Set so that children born in autumn reach a good level of development 24 points
#: more often than those born in summer, and level 4 eight points (published for 2009).
AGE_PART = {"eyfsp": (6, 5), "ks1": (6, 4), "ks2": (7, 5), "ks3": (7, 3)}


def _with_age(spine: Spine, stage: str, person: NDArray) -> NDArray:
    """Rank at a stage: the older children of a school year are ahead, less so later on."""
    rank = spine.attainment(stage)[person]
    if stage not in AGE_PART:
        return rank
    key = derive(spine.key[person], "age part", stage)
    month = 11 - (spine.birth_month[person].astype(np.int64) - 9) % 12
    age = (month * LANES + lane(key, "within the month")) // 12
    without, part = AGE_PART[stage]
    return blend(rank, blend(age, lane(key, "rest"), part), without)


def stage_attrs(spine: Spine, stage: str, person: NDArray, year: NDArray) -> dict:
    """What the rows of these people at the end of a stage are about, by attribute."""
    j = np.clip(year, 1996, 2021) - 1996
    state = spine.sector[person] == 0
    blank = np.where(state, 0, -1)
    return {
        "rank": (
            ks5_rank(spine.attainment(stage)[person], year)
            if stage == "ks5"
            else _with_age(spine, stage, person)
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
    rows = build(ctx, person, year, **stage_attrs(ctx.spine, stage, person, year))
    rows.attrs["discounted"] = np.zeros(len(rows), dtype=np.int8)
    if stage == "ks4":
        rows = _not_at_end(ctx, rows)
    again = ctx.hit(fault, rows.key)
    copy = rows.take(np.flatnonzero(again))
    copy.key = derive(copy.key, "copy")
    copy.attrs["discounted"] = np.ones(len(copy), dtype=np.int8)
    decided = 1 + lane(rows.key, "record") * 8 // LANES
    rows.attrs["record_status"] = np.where(again, decided, -1)
    copy.attrs["record_status"] = 100 + decided[again]
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
    ctx.table = "ks2_pupil"  # the long view shows the same pupils
    rows = pupils(ctx, "ks2")
    school = rows.attrs["school"]
    struck = counter("boycott", ctx.spine.seed, n=school)
    rows.attrs["boycott"] = ctx.hit("ks2_boycott", struck) & (rows.year == 2010)
    return rows


def _ks3(ctx: Context) -> Rows:
    """Key stage 3 pupils, the same in all three views."""
    ctx.table = "ks3_candidate"
    return pupils(ctx, "ks3")


@rows_for("ks3_candidate", "ks3_indicators")
def ks3(ctx: Context) -> Rows:
    """Key stage 3 pupils, in both views in one order; in 2010 some schools gave no levels."""
    rows = _ks3(ctx)
    withheld = counter("withheld", ctx.spine.seed, n=rows.attrs["school"])
    rows.attrs["boycott"] = ctx.hit("ks3_withheld", withheld) & (rows.year == 2010)
    return rows


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


def _long(rows: Rows, subjects: NDArray, counts: NDArray) -> Rows:
    """A row for each subject of a pupil row, which the draw ``wide`` reads again."""
    which, occurrence = repeat(counts)
    out = rows.take(which)
    out.attrs["subject"] = subjects[which, occurrence]
    out.key = derive(out.key, "long", n=occurrence)
    out.memo["pupils"] = rows, which
    return out


@rows_for("ks2_exam")
def ks2_exam(ctx: Context) -> Rows:
    """One row a subject of key stage 2: English, maths, science; from 2013 five."""
    rows = ks2(ctx)
    new = rows.year >= 2013
    subjects = np.where(new[:, None], [[3, 1, 2, 4, 5]], [[0, 1, 2, -1, -1]])
    out = _long(rows, subjects, np.where(new, 5, 3))
    subject = out.attrs["subject"]  # twenty codes without a label: each stands for one subject
    turns = np.where(subject < 2, 4, 3)
    out.attrs["leap"] = subject + 6 * (lane(out.key, "leap") * turns // LANES)
    return out


@rows_for("ks3_result")
def ks3_result(ctx: Context) -> Rows:
    """One row a subject of key stage 3: English, maths, science."""
    rows = _ks3(ctx)
    return _long(rows, np.tile(np.arange(3), (len(rows), 1)), np.full(len(rows), 3))
