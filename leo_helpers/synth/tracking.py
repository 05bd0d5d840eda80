"""Rows of NCCIS: what local authorities noted each month about people of 16 to 18.

The activity follows the rest of the life: who is in a school sixth form, in further education, on
an apprenticeship or at university according to the other tables has that code here. Only the
others draw their code from the published and assumed shares.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .care import person_attrs
from .further import APPRENTICESHIP, PROVIDERS, TRAINEESHIP, programmes
from .hashing import LANES, derive, lane
from .luts import category_lut
from .marginals import rate, shares
from .rows import Coded, Context, Rows, build, date, repeat, rows_for, spread, stack
from .spine import ROUTES, SHOWCASE, Spine

NOT_A_DAY = np.datetime64("NaT", "D")
YEARS = range(2009, 2022)
#: Codes that the other tables decide, by where the person is.
SCHOOL, SIXTH, COLLEGE, DEGREE, APPRENTICE, STUDY_JOB, TRAINEE = (
    "210",
    "220",
    "230",
    "240",
    "310",
    "320",
    "450",
)
DECIDED = (SCHOOL, SIXTH, COLLEGE, DEGREE, APPRENTICE, TRAINEE)
#: Codes that the showcase people show although no share is known for them, or a very small one.
RARE = ("110", "120", "130", "140", "150", "420", "440", "510", "520", "550", "551", "660", "720")
#: A gap year is drawn for half of those who go to university a year later (assumed).
GAP_YEAR, UNKNOWN = "260", "810"
#: Days until an authority hears of a new activity, at tenths of people (assumed).
_HEARD = np.array([1, 2, 4, 7, 10, 14, 18, 25, 35, 60])
#: Months for which a record is current, by kind of activity (assumed).
_CURRENT_NEET, _CURRENT = 92, 365


@cache
def codes() -> tuple[str, ...]:
    """Every activity code that a row may have."""
    drawn = (code for age in (16, 17, 18) for code in shares("nccis_activity", 2011, age=age))
    return tuple(dict.fromkeys((*drawn, *RARE)))


def is_neet(values: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which codes are not in education, work or training: 510 to 680 without 551, a job."""
    return np.array([510 <= int(v) <= 680 and v != "551" for v in values])


def states(spine: Spine) -> NDArray[np.int16]:
    """Code decided by the other tables, array (people, YEARS): position in DECIDED, 6 a job.

    -1 is nowhere: the person is in no school, college, apprenticeship or university that year.
    """
    return spine.once("nccis states", lambda: _states(spine))


def _states(spine: Spine) -> NDArray[np.int16]:
    out = np.full((len(spine), len(YEARS)), -1, dtype=np.int16)
    found = programmes(spine)
    which, step = repeat(found.last - found.first + 1)
    person, year = found.person[which], found.first[which] + step
    route = spine.route[person]
    code = np.where(route == ROUTES.index("sixth_form_college"), 1, 2)
    code = np.where(route == ROUTES.index("employment"), 6, code)
    kind = found.kind[which]
    code = np.where(kind == TRAINEESHIP, 5, np.where(kind == APPRENTICESHIP, 4, code))
    order = np.argsort(kind == APPRENTICESHIP, kind="stable")  # an apprenticeship comes first
    inside = order[(year[order] >= YEARS[0]) & (year[order] <= YEARS[-1])]
    out[person[inside], year[inside] - YEARS[0]] = code[inside]
    stays = spine.route == ROUTES.index("school_sixth_form")
    leaves = spine.rank("year13") < LANES * 15 // 100
    for j, end in enumerate(YEARS):
        nc = end - 6 - spine.cohort.astype(np.int64)
        out[stays & ((nc == 12) | ((nc == 13) & ~leaves)), j] = 0
        study = (spine.he_entry > 0) & (end >= spine.he_entry)
        out[study & (end < spine.he_entry + spine.he_years), j] = 3
    return out


def _nowhere(year: int, age: int) -> float:
    """Share of an age that is in no school, college, apprenticeship or university."""
    given = shares("post16_route", year - age + 15)
    colleges = sum(given[r] for r in ("apprenticeship", "fe_college", "sixth_form_college"))
    school, job = given["school_sixth_form"], given["employment"] / 4
    if age == 16:
        return 1 - colleges - school - job
    if age == 17:
        return 1 - 0.85 * (colleges + school) - job
    degree = rate("he_by19", year) / 0.88 / 0.98 * 0.66
    return (1 - degree) * (1 - 0.46 * colleges - job)


def _elsewhere(year: int, age: int) -> dict[str, float]:
    """Codes of those who are nowhere: NEET, custody and unknown as in the shares, else the rest."""
    given = {c: s for c, s in shares("nccis_activity", year, age=age).items() if c not in DECIDED}
    nowhere = _nowhere(year, age)
    neet = dict(zip(given, is_neet(tuple(given)), strict=True))
    fixed = {c: s / nowhere for c, s in given.items() if neet[c] or c[0] in "78"}
    free = {c: s for c, s in given.items() if c not in fixed}
    left = max(1 - sum(fixed.values()), 0.0) / sum(free.values())
    order = sorted(given, key=lambda c: (not neet[c], c[0] != "7", c[0] != "8", c[0] == "3"))
    return {c: fixed[c] if c in fixed else free[c] * left for c in order}


def _place(spine: Spine, person: NDArray, age: NDArray, year: int, spell: int) -> NDArray:
    """Rank among those who are nowhere: the route's for two in three, else fresh."""
    fresh = lane(derive(spine.key[person], "nowhere", n=year * 2 + spell), "place")
    own = np.empty(len(person), dtype=np.int64)
    for one in (16, 17, 18):
        given, rows = shares("post16_route", year - one + 15), age == one
        lowest, job = given["neet"] + given["unknown"], given["employment"]
        rank = spine.route_rank[person[rows]]
        below = rank - np.maximum(rank - lowest * LANES, 0) / 4  # a quarter with a job is trained
        own[rows] = below / (lowest + job * 3 / 4)
    return np.where((fresh % 3 > 0) & (own < LANES), own, fresh)


def _activity(spine: Spine, person: NDArray, age: NDArray, year: int, spell: int) -> NDArray:
    """Position in :func:`codes` of what each person does in a spell of the year."""
    values = codes()
    at = {code: position for position, code in enumerate(values)}
    place = _place(spine, person, age, year, spell)
    out = np.zeros(len(person), dtype=np.int16)
    for one in (16, 17, 18):
        given = _elsewhere(year, one)
        lut = np.array([at[c] for c in given])[category_lut(list(given.values()))]
        rows = age == one
        out[rows] = lut[place[rows]]
    key = derive(spine.key[person], "rare activity", n=year * 2 + spell)
    waits = (spine.he_entry[person] == year + 1) & (age == 18) & (lane(key, "gap") < LANES // 2)
    out = np.where(waits, at[GAP_YEAR], out)
    rare = (spine.person[person] < SHOWCASE) & (lane(key, "shown") < LANES * 9 // 100)
    shown = np.array([at[c] for c in RARE])[lane(key, "which") * len(RARE) // LANES]
    return np.where(rare & ~waits, shown, out)


@rows_for("nccis")
def nccis(ctx: Context) -> Rows:
    """Monthly records of 16- to 18-year-olds, 16- and 17-year-olds only from 2017."""
    spine, parts = ctx.spine, []
    decided = states(spine)
    for year in range(2011, 2022):
        age = year - 2 - spine.cohort.astype(np.int64)  # on the 31 August before
        oldest = 18 if year < 2017 else 17
        person = np.flatnonzero((age >= 16) & (age <= oldest) & (spine.sector != 2))
        part = _year(ctx, person, age, decided, year)
        lost = ctx.hit("nccis_month_missing", part.key)
        parts.append(part.take(np.flatnonzero(~lost)))
    return stack(*parts)


def _since(decided: NDArray, person: NDArray, j: int) -> NDArray:
    """Years for which each person has been in the same place, nought if new."""
    same, years = np.ones(len(person), dtype=bool), np.zeros(len(person), dtype=np.int64)
    for back in range(1, min(j, 2) + 1):
        same &= decided[person, j - back] == decided[person, j]
        years += same
    return years


def _year(ctx: Context, person: NDArray, age: NDArray, decided: NDArray, year: int) -> Rows:
    spine, j = ctx.spine, year - YEARS[0]
    held = decided[person, j]
    months = np.full(len(person), 12)
    which, month = repeat(months)
    # somebody who is nowhere may change in the year; the others stay
    turn = np.where(
        (held < 0) & (spine.rank("nccis_moves", year)[person] < LANES * 45 // 100),
        2 + spine.rank("nccis_change", year)[person] * 9 // LANES,
        12,
    )
    place = np.where(held < 0, 0, np.array([codes().index(c) for c in (*DECIDED, STUDY_JOB)])[held])
    nowhere = np.flatnonzero(held < 0)
    one, two = place.copy(), place.copy()
    for spell, out in enumerate((one, two)):
        out[nowhere] = _activity(spine, person[nowhere], age[person[nowhere]], year, spell)
    since = np.where(held < 0, 0, _since(decided, person, j))
    part = build(ctx, person[which], year, month, **person_attrs(spine, person[which], year))
    second = month >= turn[which]
    index = np.where(second, two[which], one[which])
    begun = np.where(second, turn[which], 0)
    key = derive(spine.key[part.person], "activity", n=year * 2 + second)
    first = date(year - 1 - since[which], 9, 1).astype("datetime64[M]")
    first = (first + begun.astype("timedelta64[M]")).astype("datetime64[D]")
    start = first + spread(key, "day", 20)
    heard = _HEARD[lane(key, "heard") * 10 // LANES]
    recorded = start + np.where(second, heard % 10, heard).astype("timedelta64[D]")
    closing = date(year - 1, 9, 1).astype("datetime64[M]") + (month + 1).astype("timedelta64[M]")
    closing = closing.astype("datetime64[D]") - np.timedelta64(1, "D")
    unheard = recorded > closing
    index = np.where(unheard, codes().index(UNKNOWN), index)
    opening = date(year - 1, 9, 1)
    start = np.where(unheard, opening, start)
    recorded = np.where(unheard, opening, recorded)
    seen = np.maximum(closing - spread(part.key, "seen", 75), recorded)
    seen = np.where(unheard, opening, seen)
    neet = is_neet(codes())[index]
    due = seen + np.where(neet, _CURRENT_NEET, _CURRENT).astype("timedelta64[D]")
    due = np.where(np.char.startswith(np.array(codes()), "8")[index], seen, due)
    study = np.isin(index, [codes().index(c) for c in (SCHOOL, SIXTH, COLLEGE, APPRENTICE)])
    last = year + np.where((age[part.person] == 16) & (lane(key, "course") > LANES // 4), 1, 0)
    part.attrs |= {
        "month": np.where(month < 4, month + 9, month - 3),
        "activity": Coded(index, codes()),
        "activity_start": start,
        "recorded": recorded,
        "verified": seen,
        "neet_start": np.where(neet, start, NOT_A_DAY),
        "due_to_lapse": due,
        "lapsed": (due <= closing).astype(np.int8),
        "course_end": np.where(study, date(last, 7, 31), NOT_A_DAY),
        "plan": LANES - 1 - spine.route_rank[part.person],
        "review": seen + np.timedelta64(90, "D"),
        "la_year_11": part.attrs["la"],
        "establishment": _establishment(spine, part, index),
        "transferred": np.full(len(part), -1),
        "cohort_status": Coded(np.zeros(len(part), dtype=np.int8), ("P", "M")),
    }
    return _two_authorities(ctx, part, month, year)


def _establishment(spine: Spine, part: Rows, index: NDArray) -> NDArray:
    """School for sixth formers, another number for students of a college, else none."""
    college = (
        5000 + lane(derive(spine.key[part.person], "college"), "provider") * PROVIDERS // LANES
    )
    here = [codes().index(c) for c in (SIXTH, COLLEGE)]
    out = np.where(index == codes().index(SCHOOL), part.attrs["school"], -1)
    return np.where(np.isin(index, here), college, out)


def _two_authorities(ctx: Context, part: Rows, month: NDArray, year: int) -> Rows:
    """A fault: somebody who moved is reported by both authorities for three months."""
    spine = ctx.spine
    moves = ctx.hit("nccis_two_authorities", derive(spine.key, "moved away", n=year))[part.person]
    turn = 2 + spine.rank("nccis_turn", year)[part.person] * 6 // LANES
    new = (part.attrs["la"] + 1 + spine.rank("nccis_to", year)[part.person] % 16) % 153
    after = moves & (month >= turn)
    both = np.flatnonzero(after & (month < turn + 3))
    old = part.take(both)
    old.key = derive(old.key, "old authority")
    unknown = codes().index(UNKNOWN)
    old.attrs["activity"] = Coded(np.full(len(old), unknown, dtype=np.int16), codes())
    old.attrs["cohort_status"] = Coded(np.ones(len(old), dtype=np.int8), ("P", "M"))
    old.attrs["transferred"] = new[both]
    old.attrs["neet_start"] = np.full(len(old), NOT_A_DAY)
    old.attrs["course_end"] = np.full(len(old), NOT_A_DAY)
    old.attrs["establishment"] = np.full(len(old), -1)
    old.attrs["lapsed"] = np.ones(len(old), dtype=np.int8)
    part.attrs["la"] = np.where(after, new, part.attrs["la"])
    return stack(part, old)
