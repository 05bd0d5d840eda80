"""Rows of the exclusion tables: one list of events, shown in three ways (two formats)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, derive, lane
from .luts import blend, category_lut
from .marginals import rate, shares
from .outside import LASTING, permanently_excluded
from .rows import Coded, Context, Rows, build, column_of, date, repeat, rows_for, stack
from .school import ENROL, LAST_YEAR, another_school, census_attrs

#: First and last day (month, day) of the half terms; exclusions begin on their weekdays (assumed).
HALF_TERMS = (
    ((9, 5), (10, 21)),
    ((11, 1), (12, 18)),
    ((1, 6), (2, 10)),
    ((2, 20), (3, 30)),
    ((4, 18), (5, 24)),
    ((6, 4), (7, 19)),
)
TERMS = ("Autumn", "Spring", "Summer", "Invalid")
CATEGORIES = ("FIXD", "PERM", "LNCH")
#: Shares of pupils with two or more exclusions who got them at one, two or three schools (assumed).
SCHOOLS = (0.82, 0.13, 0.05)
YSSA = ("Yes", "No", "UNS", "SNR")
YSSA_WEIGHTS = (0.66, 0.14, 0.12, 0.08)  # assumed
#: Wide tables number up to so many exclusions.
NUMBERED = 40


def _school_days(year: int) -> tuple[NDArray, NDArray]:
    """Weekdays of the year's terms, in order, and the term (0 to 2) of each."""
    days, terms = [], []
    for half, (first, last) in enumerate(HALF_TERMS):
        a, b = (date(year - (m >= 9), m, d)[0] for m, d in (first, last))
        span = np.arange(a, b + 1)
        days.append(span[np.is_busday(span)])
        terms.append(np.full(len(days[-1]), half // 2, dtype=np.int8))
    return np.concatenate(days), np.concatenate(terms)


def _counts(ctx: Context, year: int, nc: NDArray) -> tuple[NDArray, NDArray]:
    """Fixed-period exclusions of each person in the year, and who was excluded for good."""
    spine = ctx.spine
    key = derive(spine.key, "exclusion", n=year)
    lasting = spine.rank("school conduct")
    struck_at = blend(lasting, lane(key, "any"), LASTING)
    fixed = np.zeros(len(spine), dtype=np.int64)
    for phase, mask in (("primary", nc < 7), ("secondary", nc >= 7)):
        pupils = rate("pupils_with_fixed", year, phase=phase)
        events = max(rate("fixed_exclusion", year, phase=phase), pupils)
        struck = (struck_at < pupils * LANES) & mask
        mean_more = max(events / max(pupils, 1e-6) - 1.0, 0.0)
        extra = sum(
            (lane(key, f"more{n}") < min(mean_more * part / 2**n, 1.0) * LANES).astype(int) * 2**n
            for n, part in enumerate((0.5, 0.25, 0.15, 0.1))
        )
        fixed = np.where(struck, 1 + extra, fixed)
    return fixed, permanently_excluded(spine, min(year, LAST_YEAR))


def exclusion_events(ctx: Context, year: int) -> Rows:
    """Every exclusion of the year, one row an event by date; all three tables are made of them."""
    spine, j = ctx.spine, column_of(min(year, LAST_YEAR))
    nc = spine.nc_year[:, j]
    fixed, permanent = _counts(ctx, year, nc)
    present = spine.enrolled[:, j] & (nc >= 1) & (nc <= 12)
    fixed, permanent = np.where(present, fixed, 0), permanent & present
    person, occurrence = repeat(fixed + permanent)
    attrs = census_attrs(ctx, person, min(year, LAST_YEAR), "spr")
    one = replace(ctx, table="exclusions")  # the same events in every table that lists them
    rows = build(one, person, year, 1024 + occurrence, **attrs)
    last = occurrence == fixed[person]
    lunch = (lane(rows.key, "lunch") < LANES * 3 // 100) & ~last
    rows.attrs["category"] = Coded(np.where(last, 1, np.where(lunch, 2, 0)), CATEGORIES)
    half_days = 1 + lane(rows.key, "sessions") * lane(rows.key, "sessions2") // LANES * 19 // LANES
    rows.attrs["sessions"] = np.where(last, -1, np.where(lunch, 1, half_days))
    total = (fixed + permanent)[person]
    _when(one, rows, total, occurrence, year)
    _where(one, rows, total, occurrence, year)
    _why(rows, year)
    return rows


def _when(ctx: Context, rows: Rows, total: NDArray, occurrence: NDArray, year: int) -> None:
    """Dates, one in each part of a pupil's year; a wrong year makes the term invalid."""
    days, terms = _school_days(year)
    width = len(days) // np.maximum(total, 1)
    at = occurrence * width + lane(rows.key, "start") * width // LANES
    wrong = ctx.hit("exclusion_year_wrong", rows.key)
    rows.attrs["start_date"] = days[at] - np.where(wrong, 364, 0).astype("timedelta64[D]")
    rows.attrs["reporting_term"] = Coded(terms[at], TERMS)
    rows.attrs["exclusion_term"] = Coded(np.where(wrong, 3, terms[at]), TERMS)


def _where(ctx: Context, rows: Rows, total: NDArray, occurrence: NDArray, year: int) -> None:
    """Schools: most pupils' exclusions are all at one, some go on at a second or a third."""
    pupil = derive(ctx.spine.key[rows.person], "exclusion schools", n=year)
    schools = np.minimum(1 + category_lut(SCHOOLS)[lane(pupil, "schools")], total)
    place = occurrence * schools // np.maximum(total, 1)
    school = rows.attrs["school"]
    for n in (1, 2):
        other = another_school(school, derive(pupil, "school", n=n))
        school = np.where(place >= n, other, school)
    rows.attrs["school"], rows.attrs["place"] = school, place
    status = category_lut([0.94, 0.04, 0.02])[lane(derive(pupil, "enrol", n=place), "status")]
    rows.attrs["enrol"] = Coded(status, ENROL)
    rows.attrs["yssa"] = Coded(category_lut(YSSA_WEIGHTS)[lane(pupil, "yssa")], YSSA)


def _why(rows: Rows, year: int) -> None:
    """Reasons: the first by category; a second for one in five, a third for one in twenty."""
    names = tuple(shares("exclusion_reason", year))
    first = np.zeros(len(rows), dtype=np.int64)
    for position, name in enumerate(CATEGORIES):
        given = shares("exclusion_reason", year, category=name)
        lut = category_lut([given.get(k, 0.0) for k in names])
        here = rows.attrs["category"].index == position
        first[here] = lut[lane(rows.key, "reason")[here]]
    more = lane(rows.key, "reasons")
    second = (first + 1 + lane(rows.key, "second") % (len(names) - 2)) % len(names)
    third = (second + 1) % len(names)
    third = np.where(third == first, (third + 1) % len(names), third)
    rows.attrs["reason"] = Coded(first, names)
    rows.attrs["reason_b"] = Coded(np.where(more < LANES // 5, second, -1), names)
    rows.attrs["reason_c"] = Coded(np.where(more < LANES // 20, third, -1), names)


@rows_for("exclusions_t1")
def exclusions(ctx: Context) -> Rows:
    """One row an exclusion; a few permanent ones are recorded twice."""
    rows = exclusion_events(ctx, ctx.year)
    permanent = rows.attrs["category"].index == 1
    twice = permanent & ctx.hit("repeated_permanent", rows.key)
    rows.attrs["perm_duplicate"] = np.zeros(len(rows), dtype=np.int8)
    again = rows.take(np.flatnonzero(twice))
    again.key = derive(again.key, "again")
    again.attrs["perm_duplicate"] = np.ones(len(again), dtype=np.int8)
    return stack(rows, again)


@rows_for("exclusions_to_2005")
def exclusions_old(ctx: Context) -> Rows:
    """The old format: 2005 holds permanent exclusions only."""
    rows = exclusion_events(ctx, ctx.year)
    if ctx.year == 2005:
        rows = rows.take(np.flatnonzero(rows.attrs["category"].index == 1))
    return rows


@rows_for("exclusions_t2")
def exclusions_by_school(ctx: Context) -> Rows:
    """One row a pupil and school, the year's exclusions there numbered across the columns."""
    events = exclusion_events(ctx, ctx.year)
    return _wide(events, events.person * 4 + events.attrs["place"])


@rows_for("exclusions_t3")
def exclusions_by_pupil(ctx: Context) -> Rows:
    """One row a pupil, the year's exclusions numbered across the columns; the latest school."""
    events = exclusion_events(ctx, ctx.year)
    return _wide(events, events.person)


def _wide(events: Rows, group: NDArray) -> Rows:
    """One row a group of neighbouring events, which carries the facts of its latest one."""
    _, first, which, count = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    rows = events.take(first + count - 1)
    attrs, category = rows.attrs, events.attrs["category"].index
    attrs["total_fixed"] = np.bincount(which, category != 1, len(rows)).astype(np.int64)
    attrs["permanent"] = np.bincount(which, category == 1, len(rows)).astype(np.int8)
    lost = np.maximum(events.attrs["sessions"], 0)
    attrs["total_sessions"] = np.bincount(which, lost, len(rows)).astype(np.int64)
    place = np.zeros(int(events.person.max(initial=0)) + 1, dtype=np.int64)
    np.maximum.at(place, events.person, events.attrs["place"])
    attrs["enrolments"] = Coded(place[rows.person], ("1", "2", "3"))
    for n in range(NUMBERED):
        held = np.flatnonzero(count > n)
        here = first[held] + n
        for name in ("category", "exclusion_term", "reason"):
            index = np.full(len(rows), -1)
            index[held] = events.attrs[name].index[here]
            attrs[f"{name}_{n + 1}"] = Coded(index, events.attrs[name].values)
        sessions = np.full(len(rows), -1)
        sessions[held] = events.attrs["sessions"][here]
        start = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
        start[held] = events.attrs["start_date"][here]
        attrs[f"sessions_{n + 1}"], attrs[f"start_date_{n + 1}"] = sessions, start
        attrs[f"held_{n + 1}"] = (count > n).astype(np.int8)
    return rows
