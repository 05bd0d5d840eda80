"""Rows of the school tables: censuses, absence, PLAMS (exclusions have their own file)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, derive, lane
from .luts import category_lut
from .marginals import rate
from .outside import dual as at_both
from .outside import elsewhere, unit_number, units
from .rows import DAY, Coded, Context, Rows, build, column_of, date, rows_for, spread, stack
from .sessions import sessions
from .spine import PRIMARY_POOL, SECONDARY_POOL, SEN_STAGES, SPECIAL_POOL

CENSUS_DAY = {"aut": (-1, 10, 4), "spr": (0, 1, 17), "sum": (0, 5, 16), "plasc": (0, 1, 16)}
#: The last academic year of the views: one beyond the request form.
LAST_YEAR = 2022
#: Rules that decide which of two records of a pupil is the main one (its duplicate is rule + 100).
RULES = np.array([*range(1, 11), 20])
ON_ROLL_WEIGHTS = (0, 0, 50, 20, 0, 0, 12, 6, 4, 4, 4)
LEAVER_WEIGHTS = (60, 8, 0, 0, 18, 6, 0, 0, 4, 4, 0)
ENROL = ("C", "M", "S", "F", "G", "O")


def census_attrs(ctx: Context, person: NDArray, year: int, term: str) -> dict:
    """What a record of the school census knows of its pupil in a year and term."""
    spine, j = ctx.spine, column_of(year)
    shift, month, day = CENSUS_DAY[term]
    nc = spine.nc_year[person, j]
    joined = np.maximum(spine.cohort[person].astype(int) + np.where(nc >= 7, 12, 5), year - 8)
    return {
        "nc_year": nc,
        "school": spine.school[person, j],
        "fsm": spine.fsm[person, j].astype(np.int8),
        "sen": Coded(spine.sen[person, j], SEN_STAGES),
        "sen_need_rank": spine.sen_need[person],
        "area": spine.moves[person, j].astype(np.int64),
        "language_known": lane(derive(spine.key[person], "language asked"), "asked")
        >= (max(rate("missing_language", year) - 0.005, 0.0) * LANES),
        "record_status": np.full(len(person), -1),
        "on_roll": np.ones(len(person), dtype=np.int8),
        "enrol": Coded(np.zeros(len(person), dtype=np.int8), ENROL),
        "entry_date": date(joined, 9, 3),
        "leaving_date": np.full(len(person), np.datetime64("NaT"), dtype="datetime64[D]"),
        "census_date": np.repeat(date(year + shift, month, day), len(person)),
    }


def off_roll(rows: Rows) -> Rows:
    """Blank what leavers' records do not carry: FSM, SEN and home area."""
    n = len(rows)
    rows.attrs["fsm"] = np.full(n, -1, dtype=np.int8)
    rows.attrs["sen"] = Coded(np.full(n, -1, dtype=np.int8), SEN_STAGES)
    rows.attrs["area"] = np.full(n, -1)
    rows.attrs["on_roll"] = np.zeros(n, dtype=np.int8)
    return rows


@rows_for("sc_pupil")
def census(ctx: Context) -> Rows:
    """A pupil's enrolment at one school on one census day, leavers included."""
    spine, term = ctx.spine, (ctx.term or "spr").lower()
    year = min(ctx.year, LAST_YEAR)
    person = np.flatnonzero(spine.enrolled[:, column_of(year)] & ~elsewhere(spine, year))
    main = build(
        ctx,
        person,
        ctx.year,
        {"aut": 0, "plasc": 1, "spr": 1, "sum": 2}[term] * 16,
        **census_attrs(ctx, person, year, term),
    )
    yearly = derive(spine.key[person], "registration", n=year)
    dual = ctx.hit("dual_registration", yearly)
    decided = RULES[category_lut(ON_ROLL_WEIGHTS)[lane(yearly, "rule")]]
    unit = units(spine, year)
    both, only = at_both(unit)[person], (unit.held & ~at_both(unit))[person]
    dual = (dual & ~only) | both
    listed = dual & ((year >= 2014) | ~both)  # before, the census of the units has that record
    main.attrs["enrol"].index[dual] = ENROL.index("M")
    main.attrs["record_status"][listed] = decided[listed]
    main.attrs["school"] = np.where(only, unit_number(unit)[person], main.attrs["school"])
    parts = [main]
    second = _copy(ctx, main, listed, 1)
    second.attrs["school"] = np.where(
        both[listed], unit_number(unit)[second.person], second.attrs["school"]
    )
    second.attrs["enrol"] = Coded(np.full(len(second), ENROL.index("S"), dtype=np.int8), ENROL)
    second.attrs["record_status"] = 100 + decided[listed]
    parts.append(second)
    if year >= 2006:
        left = ctx.hit("off_roll_rows", derive(yearly, term)) & ~dual
        decided = RULES[category_lut(LEAVER_WEIGHTS)[lane(yearly, "rule")]]
        main.attrs["record_status"][left] = decided[left]
        gone = off_roll(_copy(ctx, main, left, 2))
        gone.attrs["record_status"] = 100 + decided[left]
        gone.attrs["leaving_date"] = gone.attrs["census_date"] - spread(gone.key, "left", 90) - DAY
        main.attrs["entry_date"][left] = gone.attrs["leaving_date"] + 3 * DAY
        parts.append(gone)
    return stack(*parts)


def _copy(ctx: Context, rows: Rows, mask: NDArray, occurrence: int) -> Rows:
    """A second record of the same pupils at another school."""
    out = rows.take(np.flatnonzero(mask))
    out.key = derive(out.key, "copy", n=occurrence)
    out.attrs["school"] = another_school(out.attrs["school"], out.key)
    return out


def another_school(school: NDArray, key: U64) -> NDArray:
    """A different school of the same kind for each row."""
    low = np.select(
        [school < PRIMARY_POOL, school < PRIMARY_POOL + SECONDARY_POOL],
        [0, PRIMARY_POOL],
        PRIMARY_POOL + SECONDARY_POOL,
    )
    size = np.select([low == 0, low == PRIMARY_POOL], [PRIMARY_POOL, SECONDARY_POOL], SPECIAL_POOL)
    return low + (school - low + 1 + lane(key, "school") % (size - 1)) % size


@rows_for("absence")
def absence(ctx: Context) -> Rows:
    """Sessions possible and missed by term for each enrolment of five- to fifteen-year-olds."""
    spine, year = ctx.spine, ctx.year
    j = column_of(year)
    nc = spine.nc_year[:, j]
    first = 7 if year == 2006 else 1
    person = np.flatnonzero(spine.enrolled[:, j] & (nc >= first) & (nc <= 11))
    attrs = census_attrs(ctx, person, year, "spr")
    rows = build(ctx, person, year, **attrs)
    moved = ctx.hit("mover_rows", rows.key)
    other = _copy(ctx, rows, moved, 1)
    rows.attrs["part"] = np.where(moved, 3, 8)
    other.attrs["part"] = np.full(len(other), 5)
    out = stack(rows, other)
    sessions(out, year, spine.special_school[out.person])
    return out
