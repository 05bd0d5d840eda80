"""Rows of YPMAD: what a young person had reached in each year, and by each age as of 2021.

Level 2 by 16 follows the key stage 4 rank, level 3 the rank that also decides on university; who
reaches level 2 later is drawn among those who had not, the ablest first.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .further import APPRENTICESHIP, LEVELS, programmes
from .hashing import LANES, derive, lane
from .keystages import stage_attrs
from .luts import threshold
from .marginals import rate
from .rows import Coded, Context, Rows, build, repeat, rows_for, stack
from .spine import ROUTES, Spine, rank_among, reference

FIRST, LAST = 2002, 2021
#: Part of the way from 16 to 19 for level 2, part of the figure at 19 for level 3 (assumed).
_LEVEL2_WAY = {15: -1.0, 16: 0.0, 17: 0.55, 18: 0.85, 19: 1.0, 20: 1.08, 21: 1.14}
_LEVEL3_PART = {15: 0.0, 16: 0.004, 17: 0.06, 18: 0.88, 19: 1.0, 20: 1.03, 21: 1.05}
GRADES = ("*", "A", "B", "C", "D", "E", "F", "G")
#: How level 2 and level 3 were reached: the codes of the lists in the order of the form.
WAYS = ("1", "2", "3", "4", "5", "6", "7")
IN_SCHOOL, IN_COLLEGE, IN_WORK = "School", "College", "Work-based learning"


def _later_rank(spine: Spine, short_of: int) -> NDArray:
    """Rank, among those below a threshold at 16, of how near they come to level 2 later."""
    return _later_lut(short_of)[spine.level3_rank]


@cache
def _later_lut(short_of: int) -> NDArray[np.int32]:
    people = reference()
    return rank_among(people.level3_rank[people.attainment("ks4") < short_of])


def reached(spine: Spine, age: int) -> NDArray[np.bool_]:
    """Whether levels 1, 2 and 3 are reached by the year of an age, array (3, people)."""
    return spine.once(f"levels by {min(age, 21)}", lambda: _reached(spine, min(age, 21)))


def _reached(spine: Spine, age: int) -> NDArray[np.bool_]:
    out = np.zeros((3, len(spine)), dtype=bool)
    if age < 16:
        return out
    early = spine.attainment("ks4")
    for year in np.unique(spine.ks4_year):
        here, turned19 = np.flatnonzero(spine.ks4_year == year), int(year) + 3
        low, high = rate("l2_by_16", turned19), rate("l2_by19", turned19)
        at_16 = threshold(low)
        level2 = low + (high - low) * _LEVEL2_WAY[age]
        later = _later_rank(spine, int(at_16))[here] >= threshold((level2 - low) / (1 - low))
        own = spine.level3_rank[here]
        out[2, here] = own >= threshold(rate("l3_by19", turned19) * _LEVEL3_PART[age])
        out[1, here] = (early[here] >= at_16) | out[2, here] | (later & (age > 16))
        out[0, here] = out[1, here] | (early[here] >= threshold(low + (1 - low) * 0.6))
    return out


def _good(spine: Spine, subject: str) -> NDArray[np.bool_]:
    """A good pass in a subject at the end of key stage 4, as the key stage 4 table has it."""
    out = np.zeros(len(spine), dtype=bool)
    for year in np.unique(spine.ks4_year):
        here = spine.ks4_year == year
        share = rate(f"ks4_l2_{subject}", int(year))
        out[here] = spine.attainment("ks4")[here] >= threshold(share)
    return out


def _places(spine: Spine) -> tuple[NDArray, NDArray]:
    """In further education, and level of an apprenticeship or -1: arrays (people, years)."""
    college = np.zeros((len(spine), LAST - FIRST + 1), dtype=bool)
    apprentice = np.full(college.shape, -1, dtype=np.int8)
    found = programmes(spine)
    which, step = repeat(found.last - found.first + 1)
    person, j = found.person[which], found.first[which] + step - FIRST
    college[person, j] = True
    works = found.kind[which] == APPRENTICESHIP
    apprentice[person[works], j[works]] = found.level[which][works]
    return college, apprentice


@rows_for("ypmad_chronological")
def ypmad(ctx: Context) -> Rows:
    """A row for each person and academic year from 14 to 25."""
    spine, parts = ctx.spine, []
    college, apprentice = spine.once("ypmad places", lambda: _places(spine))
    for year in range(FIRST, LAST + 1):
        age = year - 1 - spine.cohort.astype(np.int64)
        person = np.flatnonzero((age >= 15) & (age <= 25) & (spine.sector != 2))
        at_15 = np.minimum(spine.ks4_year[person], year)
        part = build(ctx, person, year, **stage_attrs(spine, "ks4", person, at_15))
        part.attrs["academic_age"] = age[person] - 1
        part.attrs["base_year"] = spine.ks4_year[person] - 2
        levels = np.zeros((3, len(person)), dtype=bool)
        for one in range(15, 26):
            rows = age[person] == one
            levels[:, rows] = reached(spine, one)[:, person[rows]]
        _held(spine, part, levels)
        _seen(spine, part, college[person, year - FIRST], apprentice[person, year - FIRST], year)
        parts.append(part)
    return stack(*parts)


def _held(spine: Spine, part: Rows, levels: NDArray) -> None:
    """What is held by the year of the row, by way and with counts that fit the levels."""
    person, done = part.person, part.attrs["academic_age"] >= 15
    rank = spine.attainment("ks4")[person]
    one, two, three = levels
    gcse = done & (two & reached(spine, 16)[1][person])
    english, maths = (done & _good(spine, s)[person] for s in ("english", "maths"))
    entries = 5 + rank * 6 // LANES
    good = np.where(gcse, 5 + (entries - 5) * (rank > LANES // 2), (english * 1 + maths) * 2)
    good = np.where(done, np.minimum(good, entries), 0)
    sixth = np.isin(spine.route[person], [ROUTES.index(r) for r in _SIXTH])
    alevel = (
        lane(derive(spine.key[person], "level 3 by"), "way")
        < LANES * np.where(sixth, 85, 20) // 100
    )
    passes = np.where(
        three & alevel & (part.attrs["academic_age"] >= 17), 2 + (rank > LANES * 2 // 3), 0
    )
    grade = {s: _grade(rank, held, done) for s, held in (("eng", english), ("maths", maths))}
    apprentice = spine.route[person] == ROUTES.index("apprenticeship")
    late2 = two & ~gcse
    way2 = np.where(gcse, 0, np.where(apprentice, 2, 4))
    way3 = np.where(alevel, 0, np.where(apprentice, 1, 3))
    flags = {
        "level1": one,
        "level2": two,
        "level3": three,
        "academic1": done & (one & (gcse | (rank > LANES // 5))),
        "academic2": gcse,
        "academic3": three & alevel,
        "english2": english,
        "maths2": maths,
        "english_maths2": two & english & maths,
        "voc2_work": late2 & apprentice,
        "voc2_college": late2 & ~apprentice,
        "voc3_work": three & ~alevel & apprentice,
        "voc3_college": three & ~alevel & ~apprentice,
        "no_level": ~one,
    }
    part.attrs |= {name: flag.astype(np.int8) for name, flag in flags.items()}
    part.attrs |= {
        "good_gcses": good,
        "gcses": np.where(done, entries, 0),
        "alevels": passes,
        "aslevels": np.where(passes > 0, passes + 1, 0),
        "width2": good * 20,
        "width3": passes * 50,
        "grade_eng": grade["eng"],
        "grade_maths": grade["maths"],
        "width1": np.where(done, entries, 0) * 20,
        "zero": np.zeros(len(person), dtype=np.int8),
        "way1": Coded(np.where(one, np.where(two, 3, 0), -1), WAYS),
        "way2": Coded(np.where(two, way2, -1), WAYS),
        "way3": Coded(np.where(three, way3, -1), WAYS),
    }


_SIXTH = ("school_sixth_form", "sixth_form_college")


def _grade(rank: NDArray, good: NDArray, done: NDArray) -> Coded:
    """A letter on the right side of C, the better the higher the rank."""
    upper = 3 - np.minimum((rank - LANES // 3) * 6 // LANES, 3)
    lower = 7 - np.minimum(rank * 10 // LANES, 3)
    index = np.where(good, np.clip(upper, 0, 3), np.clip(lower, 4, 7))
    return Coded(np.where(done, index, -1), GRADES)


def _seen(spine: Spine, part: Rows, college: NDArray, apprentice: NDArray, year: int) -> None:
    """In which sources the person is found in the year, and where they mainly learn."""
    person, nc = part.person, year - 6 - spine.cohort[part.person].astype(np.int64)
    school = spine.enrolled[person, year - 1996]
    results = (nc == 11) | ((nc == 13) & (part.attrs["academic3"] == 1))
    works = apprentice >= 0
    where = np.select([school, works, college], [0, 2, 1], -1)
    level = np.select(
        [apprentice == LEVELS.index("2"), apprentice == LEVELS.index("3")], [3, 2], 10
    )
    part.attrs |= {
        "in_census": school.astype(np.int8),
        "in_results": results.astype(np.int8),
        "in_college": (college & ~works).astype(np.int8),
        "in_work": works.astype(np.int8),
        "place": Coded(where, (IN_SCHOOL, IN_COLLEGE, IN_WORK)),
        "on_apprenticeship": np.where(works, level, 0),
        "main_school": np.where(school, part.attrs["school"], -1),
    }


@rows_for("ypmad_snapshot")
def ypmad_snapshot(ctx: Context) -> Rows:
    """One row a person as the data stood in 2021."""
    spine = ctx.spine
    person = np.flatnonzero((spine.sector != 2) & (spine.cohort <= 2004))
    rows = build(ctx, person, LAST, **stage_attrs(spine, "ks4", person, spine.ks4_year[person]))
    rows.attrs["base_year"] = spine.ks4_year[person] - 2
    rows.attrs["age_2021"] = 2020 - spine.cohort[person].astype(np.int64)
    rows.attrs["academic_age"] = rows.attrs["age_2021"]
    oldest = np.clip(LAST - spine.ks4_year[person] + 16, 16, 21)
    held = np.zeros((3, len(person)), dtype=bool)
    for age in range(16, 22):
        held[:, oldest == age] = reached(spine, age)[:, person[oldest == age]]
    _held(spine, rows, held)
    _levels_by_age(spine, rows)
    begun = _first_apprenticeship(spine)[person]
    rows.attrs |= {
        "first_year": np.maximum(spine.ks4_year[person] - 1, FIRST),
        "last_study": np.minimum(spine.ks4_year[person] + 2, LAST),
        "last_year": np.full(len(person), LAST),
        "begun": begun,
        "begun_age": np.where(begun > 0, begun - spine.cohort[person] - 2, -1),
    }
    return rows


def _first_apprenticeship(spine: Spine) -> NDArray:
    """END year of each person's first apprenticeship, -1 without one."""
    found = programmes(spine)
    works = found.kind == APPRENTICESHIP
    first = np.full(len(spine), 9999)
    np.minimum.at(first, found.person[works], found.first[works])
    return np.where(first < 9999, first, -1)


def _levels_by_age(spine: Spine, rows: Rows) -> None:
    """Levels reached by each age from 16 to 21, -1 where that age lies after 2021."""
    ks4_year = spine.ks4_year[rows.person]
    for age in range(16, 22):
        here = ks4_year + age - 16 <= LAST
        for level, flags in enumerate(reached(spine, age)[:, rows.person], start=1):
            rows.attrs[f"level{level}_at_{age}"] = np.where(here, flags, -1).astype(np.int8)
        rows.attrs[f"in_{age}"] = here.astype(np.int8)
        for level in (1, 2, 3):
            way = rows.attrs[f"way{level}"]
            known = rows.attrs[f"level{level}_at_{age}"] == 1
            rows.attrs[f"way{level}_at_{age}"] = Coded(np.where(known, way.index, -1), WAYS)
    for level in (1, 2, 3):
        got = np.stack([rows.attrs[f"level{level}_at_{a}"] == 1 for a in range(16, 22)], axis=1)
        age = np.where(got.any(axis=1), 16 + got.argmax(axis=1), -1)
        rows.attrs[f"level{level}_age"] = np.where(age > 0, age - 1, -1)
        rows.attrs[f"level{level}_year"] = np.where(age > 0, ks4_year + age - 16, -1)
    for name in ("english2", "maths2", "english_maths2"):
        rows.attrs[f"{name}_age"] = np.where(rows.attrs[name] == 1, 15, -1)
