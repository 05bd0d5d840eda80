"""Rows of the student record of higher education (HESA)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .courses import (
    ABROAD,
    AFTER,
    BEFORE,
    BREAK,
    FURTHER,
    PART,
    PART_BREAK,
    PART_RESEARCH,
    PROVIDER_REGIONS,
    REGION_OF,
    RESEARCH,
    SANDWICH,
    STAGE,
    TOP_UP,
    Instances,
    course_column,
    instances,
    yearly,
)
from .hashing import LANES, U64, derive, lane
from .luts import category_lut, quantile_lut
from .rows import Coded, Context, Rows, build, date, rows_for, spread, stack
from .spine import SHOWCASE, Spine, rank_among, reference

NOT_A_DAY = np.datetime64("NaT", "D")
DAYS = "timedelta64[D]"
#: Detailed mode and the group that it belongs to; those of further education come last.
_MODES = {
    **{"01": "1", "02": "1", "23": "2", "24": "2", "25": "2", "31": "3", "39": "3", "43": "4"},
    **{"44": "4", "51": "5", "63": "6", "73": "6", "64": "6", "74": "6"},
    **{"12": "7", "13": "7", "14": "7", "33": "8", "35": "8", "36": "8", "38": "8"},
}
MODE_CODES = tuple(_MODES)
MODE_GROUPS = tuple(map(str, range(1, 10)))
_GROUP_OF = np.array([MODE_GROUPS.index(group) for group in _MODES.values()])
_M = {code: position for position, code in enumerate(MODE_CODES)}
#: Years in which a course stands still begin with this step.
PAUSE = 1
#: Why a course was left without its qualification, with assumed weights.
_LEFT = {
    **{"02": 22, "04": 6, "05": 1.5, "06": 5, "07": 34, "08": 4},
    **{"09": 3, "10": 6, "11": 9, "98": 3, "99": 6},
}
REASONS = ("01", "03", *_LEFT)
#: Kinds of disability: code of the older list, code of the list from 2010/11, assumed weight.
_DISABILITIES = (
    *(("00", "00", 900), ("11", "51", 50), ("06", "55", 12), ("07", "54", 12), ("04", "56", 4)),
    *(("03", "57", 3), ("02", "58", 3), ("10", "53", 5), ("08", "08", 5), ("96", "96", 6)),
)
DISABILITY_CODES = tuple(dict.fromkeys(c for old, new, _ in _DISABILITIES for c in (old, new)))
#: Highest qualification on entry: of school leavers and of graduates; short courses show them all.
_SCHOOL_ENTRY = {"P50": 780, "P41": 90, "P42": 20, "P62": 10, "P91": 40, "P92": 10, "X00": 25}
_DEGREE_ENTRY = {"HUK": 900, "H11": 20, "MUK": 40, "M2X": 40}
_OTHER_ENTRY = (
    *("DUK", "DZZ", "D80", "MZZ", "M41", "M44", "M71", "M80", "M90", "HZZ", "H71", "H80", "JUK"),
    *("J10", "J20", "J30", "J48", "J49", "J80", "C20", "C30", "C44", "C80", "C90", "P46", "P47"),
    *("P51", "P53", "P54", "P63", "P64", "P65", "P80", "Q51", "Q52", "Q80", "R51", "R52", "R80"),
    *("X01", "X02", "X04", "X05", "X06"),
)
ENTRY_CODES = (*_SCHOOL_ENTRY, *_DEGREE_ENTRY, *_OTHER_ENTRY)
#: Where students live in their first year, later, and when they study part time (assumed).
HOUSING = ("1", "9", "2", "8", "7", "6", "4", "5")
_HOUSING = ((48, 8, 24, 12, 6, 0, 1, 1), (10, 6, 24, 46, 12, 0, 1, 1), (1, 1, 25, 15, 55, 0, 2, 1))
#: Bands of age, each from 0, 18, 21, 25 and 30.
BANDS = ("1", "2", "3", "4", "5")
TEACHING = (
    *("M71", "H71", "H11", "H72", "M72", "M73", "I11", "I71", "I74", "H12", "I12", "I73"),
    *("C77", "C78", "P77", "P78", "M79", "H79", "I78", "I79"),
)


def _is(line: NDArray, column: str, *values: str) -> NDArray[np.bool_]:
    return np.isin(np.array(course_column(column)), values)[line]


def _standing(found: Instances, step: NDArray, year: int) -> NDArray[np.bool_]:
    """Rows in which nobody studies: a year away, or one that is only still listed."""
    away = np.isin(found.mode, (BREAK, PART_BREAK)) & (step == PAUSE)
    short = _is(found.line, "group", "short") & ~found.done & (step == PAUSE)
    return away | short | (year > found.last)


def _mode(found: Instances, still: NDArray, final: NDArray) -> NDArray:
    """Position in MODE_CODES."""
    u, v = lane(found.key, "mode"), lane(found.key, "standing")
    full = category_lut([97, 3])[u].astype(np.int64)
    thick = _M["23"] + category_lut([76, 14, 10])[u].astype(np.int64)
    part = _M["31"] + category_lut([90, 10])[u].astype(np.int64)
    further = _M["12"] + u * 7 // LANES
    kinds = (SANDWICH, FURTHER, PART, PART_BREAK, PART_RESEARCH)
    active = np.select([found.mode == k for k in kinds], [thick, further, part, part, part], full)
    writing = final & np.isin(found.mode, (RESEARCH, PART_RESEARCH)) & found.done
    active = np.where(writing, _M["43"] + (found.mode == PART_RESEARCH), active)
    begun_full = np.isin(active, (_M["01"], _M["02"]))
    away = _M["51"] + category_lut([20, 55, 25])[v].astype(np.int64)
    listed = _M["63"] + (v < LANES // 4)
    away = np.where(found.part == BEFORE, listed, away)
    return np.where(still, np.where(begun_full, away, _M["64"] + (v < LANES // 2)), active)


@cache
def _among_graduates(cohort: int) -> NDArray[np.int32]:
    """Rank among graduates of the cohort (and its neighbours) of each rank among all.

    Later cohorts go to university in greater numbers, and so less selected.
    """
    people = reference()
    near = np.abs(people.cohort - cohort) <= 1
    return rank_among(_reference_attainment()[people.graduated & near])


@cache
def _reference_attainment() -> NDArray[np.intp]:
    return reference().attainment("he")


def class_rank(spine: Spine) -> NDArray[np.int64]:
    """Rank of each person from which the class of a degree is read, the best first."""
    rank, out = spine.attainment("he"), np.empty(len(spine), dtype=np.int64)
    for cohort in np.unique(spine.cohort):
        rows = spine.cohort == cohort
        out[rows] = LANES - 1 - _among_graduates(int(cohort))[rank[rows]]
    return out


@rows_for("hesa")
def hesa(ctx: Context) -> Rows:
    """A student's instance in one year; some have two (a change of course, a move)."""
    spine, year = ctx.spine, ctx.year
    found, step, closing = yearly(instances(spine), year)
    who, line = found.person, found.line
    final, still = year == found.last, _standing(found, step, year)
    closes = year == closing
    rows = build(ctx, who, year, step * 64 + lane(found.key, "row") % 64)
    rows.key = derive(found.key, "row", n=step)
    mode = _mode(found, still, final)
    gone = closes & ~found.done
    level = np.array(course_column("level"))[line]
    gained = final & found.done & ~still
    exit_award = gone & (level == "4") & (found.part == 0) & (lane(found.key, "exit") < 5000)
    certificate = next(i for i, a in enumerate(course_column("aim")) if a == "C20")
    obtained = np.where(gained, line, np.where(exit_award, certificate, -1))
    paused = np.isin(found.mode, (BREAK, PART_BREAK)) & (step >= PAUSE)
    placed = (found.mode == SANDWICH) & (step == 2)
    abroad = (found.mode == ABROAD) & (step == 2)
    expected = np.array(course_column("years"), dtype=np.int64)[line] - (found.mode == PART_BREAK)
    expected = np.select([found.part == STAGE, found.part == TOP_UP], [2, 1], expected)
    end = _end_date(found, closes, gone, still, year)
    a = rows.attrs
    a |= {
        "instance": found.key,
        "human": spine.key[who],
        "class_rank": spine.once("class rank", lambda: class_rank(spine))[who],
        "provider": found.place,
        "provider_region": Coded(REGION_OF[found.place], PROVIDER_REGIONS),
        "subject": found.subject,
        "age": year - 2 - spine.cohort[who].astype(np.int64),
        "area": spine.moves[who, np.clip(found.first, 1996, 2021) - 1996].astype(np.int64),
        "aim": Coded(line, course_column("aim")),
        "aim_old": Coded(line, course_column("old_aim")),
        "study_level": Coded(line, course_column("level")),
        "obtained": Coded(obtained, course_column("aim")),
        "qualifies": (obtained >= 0).astype(np.int8),
        "classed": (gained & (level == "4")).astype(np.int8),
        "study_year": step + 1,
        "course_year": 1 + found.ahead + step - (paused | still),
        "expected": expected,
        "start_date": _start_date(found),
        "end_date": end,
        "reason": Coded(_reason(found, closes), REASONS),
        "mode_code": Coded(mode, MODE_CODES),
        "mode_group": Coded(_GROUP_OF[mode], MODE_GROUPS),
        "gained_mode": Coded(np.where(obtained >= 0, _GROUP_OF[mode], 8), MODE_GROUPS),
        "stands": still.astype(np.int8),
    }
    a |= _flags(found, step, mode, still, end, year)
    a |= _person(ctx, found, year)
    a["age_later"] = np.where(obtained >= 0, a["age_later"], -1)
    a["age_band_later"] = Coded(np.where(obtained >= 0, a["age_band_later"].index, -1), BANDS)
    a["load"] = np.where(gone & (found.part == 0), 20 + a["load"] // 2, a["load"]) * ~still
    a["completed_year"] = Coded(np.select([still, gone], [3, 1], 0), ("1", "2", "3", "9"))
    a["where"] = Coded(np.select([placed, abroad], [1, 2], 0), ("Z", "D", "F"))
    special = 2 + (lane(found.key, "exchange") < LANES // 2)
    a["special_fee"] = Coded(np.select([placed, abroad], [1, special], 0), ("0", "1", "2", "3"))
    a["housing"] = _housing(rows.key, found, step, still | placed | abroad)
    return stack(rows, _changed(ctx, rows, step, still))


def _start_date(found: Instances) -> NDArray:
    part = np.isin(found.mode, (PART, FURTHER))
    return date(found.first - 1, 9, 12) + spread(found.key, "start", np.where(part, 120, 18))


def _end_date(found: Instances, closes, gone, still, year: int) -> NDArray:
    """Last day of an instance in its closing row, missing before it."""
    summer = date(year, 6, 10) + spread(found.key, "end", 45)
    left = date(year - 1, 10, 20) + spread(found.key, "left", 220)
    autumn = date(year - 1, 9, 20) + spread(found.key, "left", 60)
    moved = (found.part == BEFORE) & ~still
    day = np.where(still, autumn, np.where(gone & ~moved, left, summer))
    return np.where(closes, day, NOT_A_DAY)


def _reason(found: Instances, closes: NDArray) -> NDArray:
    """Position in REASONS; -1 while the course goes on."""
    left = 2 + category_lut(list(_LEFT.values()))[lane(found.key, "why")].astype(np.int64)
    why = np.where(found.part == BEFORE, 1, left)
    return np.where(closes, np.where(found.done & (found.part != BEFORE), 0, why), -1)


def _flags(found: Instances, step, mode, still, end, year: int) -> dict[str, NDArray]:
    """Populations of the row, its load and who it is about."""
    writing = np.isin(mode, (_M["43"], _M["44"]))
    active = ~still & ~writing
    early = end < np.datetime64(f"{year - 1}-12-01")
    counted = active & ~(early & (end < np.datetime64(f"{year - 1}-10-27")))
    fresh = (step == 0) & ~np.isin(found.part, (AFTER, TOP_UP))
    part = np.isin(found.mode, (PART, PART_BREAK, PART_RESEARCH))
    short = _is(found.line, "group", "short")
    low = 10 + lane(found.key, "load") * 6 // LANES * 10
    load = np.where(part, np.where(short, low, 50), np.where(found.mode == FURTHER, low + 20, 100))
    runs = part & (found.last > found.first)
    across = np.where(part & short & (lane(found.key, "across") < LANES // 4), 1, 0)
    position = np.select([step == 0, year == found.last], [2, 4], 3)
    teaching = _is(found.line, "aim", *TEACHING)
    regions = np.array(PROVIDER_REGIONS)
    submitted = date(year, 2, 1) + spread(found.key, "thesis", 90)
    return {
        "session": active.astype(np.int8),
        "registered": counted.astype(np.int8),
        "december": (active & ~early).astype(np.int8),
        "first_december": (active & ~early & fresh).astype(np.int8),
        "first_registered": (counted & fresh).astype(np.int8),
        "load": np.where(writing, 10, load),
        "year_type": Coded(np.where(runs, position, across), ("1", "2", "3", "4", "5")),
        "teaching": teaching.astype(np.int8),
        "teaching_then": (teaching & (year <= 2007)).astype(np.int8),
        "pgce": _is(found.line, "aim", "M71", "H71").astype(np.int8),
        "taught_teacher": (teaching & found.done & (year == found.last)).astype(np.int8),
        "council": np.where(
            np.isin(found.mode, (RESEARCH, PART_RESEARCH)), 1 + lane(found.key, "council") % 7, -1
        ),
        "scottish": (regions[REGION_OF[found.place]] == "X").astype(np.int8),
        "submitted": np.where(writing, submitted, NOT_A_DAY),
    }


def _person(ctx: Context, found: Instances, year: int) -> dict[str, NDArray | Coded]:
    """What the person brings along: entry qualification, tariff, disability."""
    spine, who = ctx.spine, found.person
    key, begun = spine.key[who], found.first
    group = np.array(course_column("group"))[found.line]
    u = lane(found.key, "entry")
    school = category_lut(list(_SCHOOL_ENTRY.values()))[u].astype(np.int64)
    degree = len(_SCHOOL_ENTRY) + category_lut(list(_DEGREE_ENTRY.values()))[u].astype(np.int64)
    turn = np.where(spine.person[who] < SHOWCASE, spine.person[who] // 8, u)
    other = len(_SCHOOL_ENTRY) + len(_DEGREE_ENTRY) + turn % len(_OTHER_ENTRY)
    entry = np.select([group == "short", group == "post"], [other, degree], school)
    points = quantile_lut([(0, 80), (0.5, 260), (1, 480)])[spine.attainment("ks5")[who]] // 10 * 10
    told = (entry < 6) & (lane(found.key, "tariff") < LANES * 92 // 100)
    kind = category_lut([w for _, _, w in _DISABILITIES])[lane(key, "disability")]
    old = (begun < 2011) & (year <= 2013)
    at = np.array([[DISABILITY_CODES.index(c) for c in pair[:2]] for pair in _DISABILITIES])
    gets = (kind > 0) & (lane(key, "allowance") < LANES * 45 // 100)
    age = year - 2 - spine.cohort[who].astype(np.int64)
    older = age + (spine.birth_month[who] != 8)
    hit = ctx.hit("hesa_without_pmr", derive(key, "hesa"))
    return {
        "entry": Coded(entry, ENTRY_CODES),
        "tariff": np.where(told, points, -1),
        "disability": Coded(np.where(old, at[kind, 0], at[kind, 1]), DISABILITY_CODES),
        "allowance": Coded(np.where(gets, 0, 1), ("4", "5")),
        "age_later": older,
        "age_band": Coded(np.digitize(age, (18, 21, 25, 30)), BANDS),
        "age_band_later": Coded(np.digitize(older, (18, 21, 25, 30)), BANDS),
        "no_pmr": hit.astype(np.int8),
    }


def _housing(key: U64, found: Instances, step, away) -> Coded:
    luts = np.stack([category_lut(list(weights)) for weights in _HOUSING])
    part = np.isin(found.mode, (PART, PART_BREAK, PART_RESEARCH, FURTHER))
    which = np.where(part, 2, np.minimum(step, 1))
    place = luts[which, lane(key, "housing")].astype(np.int64)
    return Coded(np.where(away, HOUSING.index("6"), place), HOUSING)


def _changed(ctx: Context, rows: Rows, step, still) -> Rows:
    """The instance that a student dropped in the first weeks for the one that counts."""
    scale = np.where((step == 0) & ~still, 2.4, 0.0)
    other = rows.take(np.flatnonzero(ctx.hit("second_instance", rows.key, scale)))
    n, year = len(other), ctx.year
    other.key = derive(other.key, "instance")
    a = other.attrs
    a["instance"] = derive(a["instance"], "dropped")
    a["subject"] = (a["subject"] + 1 + lane(other.key, "other") % 7) % 32
    ended = date(year - 1, 10, 1) + spread(other.key, "dropped", 70)
    a["end_date"] = np.maximum(ended, a["start_date"] + np.timedelta64(7, "D"))
    a["reason"] = Coded(np.full(n, REASONS.index("11")), REASONS)
    a["load"] = np.full(n, 10)
    a["obtained"] = Coded(np.full(n, -1), a["obtained"].values)
    a["gained_mode"] = Coded(np.full(n, 8), MODE_GROUPS)
    a["age_later"], a["age_band_later"] = np.full(n, -1), Coded(np.full(n, -1), BANDS)
    a["completed_year"] = Coded(np.full(n, 1), a["completed_year"].values)
    for name in ("qualifies", "classed", "taught_teacher", "registered", "december"):
        a[name] = np.zeros(n, dtype=np.int8)
    for name in ("first_december", "first_registered"):
        a[name] = np.zeros(n, dtype=np.int8)
    return other
