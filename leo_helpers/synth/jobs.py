"""Spells of employment: times with at least one job, as the tax office's dates tell them.

Jobs of one EDUKEY that overlap or touch are one spell, as the request form says. Then some dates
are lost, and filled in by its rules: a start at 6 April or at the day before the end, an end at
5 April; only where the new date does not reach a neighbouring spell, for that one would have been
merged.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .covid import furloughed
from .hashing import LANES, derive, lane
from .keys import both_edukeys, has_second, key_slot
from .marginals import rate
from .rows import DAY, Context, Rows, build, date, rows_for, runs, spread, stack
from .spine import Spine
from .work import NOT_A_DAY, TAX_YEARS, changes, linked, working

#: Stand for no neighbour and for an open end; the second is after every date of the data.
_BEFORE, _AFTER = np.datetime64("1900-01-01"), np.datetime64("2200-01-01")
#: Days between the calendars of two keys laid end to end: more than the data span.
_SPAN = 1 << 20
#: Last days on which a furloughed person must have been hired: first scheme, and from November.
_HIRED = np.datetime64("2020-02-28"), np.datetime64("2020-10-30")


@rows_for("leo_employment")
def employment(ctx: Context) -> Rows:
    """Spells of employment: main and second jobs, merged; some dates are filled in."""
    rows = jobs(ctx)
    return _filled_in(ctx, _merged(rows, _key(rows)))


def jobs(ctx: Context) -> Rows:
    """Every job with its true dates, before jobs are merged and dates are lost."""
    active = working(ctx.spine) & linked(ctx.spine, ctx.faults)[:, None]
    both = both_edukeys(ctx, np.arange(len(ctx.spine))[:, None], TAX_YEARS[None, :])
    other = _job_spells(_employment(ctx), active & both, np.zeros_like(active), 2)
    other.attrs["slot"] = np.ones(len(other), dtype=bool)
    rows = stack(*_usual(ctx, active), other)
    rows.attrs["slot"] &= has_second(ctx, "edukey")[rows.person]
    return rows


def _employment(ctx: Context) -> Context:
    return replace(ctx, table="leo_employment", year=None, term=None)


def _usual(ctx: Context, active: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Main and second jobs: all but those that are there to show a second key."""
    ctx, spine = _employment(ctx), ctx.spine
    cut = changes(spine, "job_change", 0.3)
    cut[:, -1] &= ~furloughed(spine)[:, :3].any(axis=1)  # furlough keeps the job
    main = _job_spells(ctx, active, cut, 0)
    side = active & changes(spine, "second_job", 0.22)
    return main, _job_spells(ctx, side, changes(spine, "second_change", 0.7), 1)


def days_worked(ctx: Context) -> NDArray[np.int16]:
    """Days with a job in each tax year, at most 365, array (people, TAX_YEARS).

    Two jobs on one day count once, and no fault of the records changes anything here: pay follows
    the jobs as they were.
    """
    return ctx.spine.once("days worked", lambda: _days(ctx))


def _days(ctx: Context) -> NDArray[np.int16]:
    rows = stack(*_usual(ctx, working(ctx.spine)))
    rows = _merged(rows, rows.person)
    opens = date(np.append(TAX_YEARS - 1, TAX_YEARS[-1]), 4, 6)  # each year, and the next one
    start, end = rows.attrs["start_date"], rows.attrs["end_date"]
    end = np.where(np.isnat(end), opens[-1] - DAY, end)
    first, last = (np.searchsorted(opens, day, side="right") - 1 for day in (start, end))
    shape = (len(ctx.spine), len(TAX_YEARS))

    def add(year: NDArray, days: NDArray | None = None) -> NDArray[np.int64]:
        total = np.bincount(rows.person * shape[1] + year, days, shape[0] * shape[1])
        return total.astype(np.int64).reshape(shape)

    # from the start to the end of that year, whole years, less what follows the end in its year
    days = add(first, (opens[first + 1] - start) / DAY)
    days -= add(last, (opens[last + 1] - end) / DAY - 1)
    goes_on = np.cumsum(add(first) - add(last), axis=1)
    days[:, 1:] += goes_on[:, :-1] * np.diff(opens)[1:].astype(np.int64)
    return np.minimum(days, 365).astype(np.int16)


def _job_spells(ctx: Context, active: NDArray, cut: NDArray, kind: int) -> Rows:
    person, first, last = runs(active, cut)
    start_year, end_year = TAX_YEARS[first], TAX_YEARS[last]
    rows = build(ctx, person, 0, kind * 64 + first)
    fresh = spread(rows.key, "start", 358)
    start = date(start_year - 1, 4, 6) + fresh
    length = np.where(first == last, 363 - fresh.astype(np.int64), 358)
    end = date(end_year - 1, 4, 6) + np.where(first == last, fresh, np.timedelta64(0, "D"))
    end = end + (1 + lane(rows.key, "end") * length // LANES).astype("timedelta64[D]")
    if kind == 0:
        start, end = _kept_on(ctx.spine, person, last, start, end)
    rows.attrs["slot"] = key_slot(ctx.spine, "edukey", person, start_year) & ~both_edukeys(
        ctx, person, start_year
    )
    running = (end_year == TAX_YEARS[-1]) & (
        lane(rows.key, "running") < rate("job_running") * LANES
    )
    rows.attrs["start_date"] = start
    rows.attrs["end_date"] = np.where(running, NOT_A_DAY, np.maximum(end, start))
    return rows


def _kept_on(
    spine: Spine, person: NDArray, last: NDArray, start: NDArray, end: NDArray
) -> tuple[NDArray, NDArray]:
    """Dates of jobs with furlough: hired in time, and held until its last month is over."""
    months = furloughed(spine)[person]
    on = months.any(axis=1) & (last == len(TAX_YEARS) - 1)
    hired = np.where(months[:, :3].any(axis=1), *_HIRED)
    final = months.shape[1] - np.argmax(months[:, ::-1], axis=1)  # months after February 2020
    month_end = (np.datetime64("2020-03") + final).astype("datetime64[D]") - DAY
    start = np.where(on, np.minimum(start, hired), start)
    return start, np.where(on, np.maximum(end, month_end), end)


def _key(rows: Rows) -> NDArray[np.int64]:
    return rows.person * 2 + rows.attrs["slot"]


def _merged(rows: Rows, key: NDArray[np.int64]) -> Rows:
    """One spell for jobs of a key that overlap or touch, in order of key and start."""
    if not len(rows):
        return rows
    order = np.lexsort((rows.attrs["start_date"], key))
    rows, key = rows.take(order), key[order]
    end = rows.attrs["end_date"]
    end = np.where(np.isnat(end), _AFTER, end).astype(np.int64)
    shift = _SPAN * np.cumsum(np.diff(key, prepend=-1) != 0)
    reach = np.maximum.accumulate(end + shift)
    start = rows.attrs["start_date"].astype(np.int64) + shift
    at = np.flatnonzero(np.append(True, start[1:] > reach[:-1] + 1))
    last = np.maximum.reduceat(end, at).astype("datetime64[D]")
    rows = rows.take(at)
    rows.attrs["end_date"] = np.where(last == _AFTER, NOT_A_DAY, last)
    return rows


def _filled_in(ctx: Context, rows: Rows) -> Rows:
    """Lose some dates and put others in their place, with the flags that say so."""
    start, end = rows.attrs["start_date"], rows.attrs["end_date"]
    same = np.diff(_key(rows), prepend=-1, append=-1) == 0
    before = np.where(same[:-1], np.append(_BEFORE, end[:-1]), _BEFORE)
    lost = ctx.hit("uncertain_start", rows.key) & (before < _tax_start(start) - DAY)
    within = _tax_start(end) == _tax_start(start)  # false for an open end
    by_end = lost & within & (end > start + DAY)
    by_end &= lane(rows.key, "only the end") < rate("job_start_by_end") * LANES
    start = np.where(by_end, end - DAY, np.where(lost, _tax_start(start), start))
    after = np.where(same[1:], np.append(start[1:], _AFTER), _AFTER)
    unknown = ctx.hit("uncertain_end", derive(rows.key, "end")) & ~np.isnat(end) & ~by_end
    unknown &= after > _tax_end(end) + DAY
    rows.attrs.update(
        start_date=start,
        end_date=np.where(unknown, _tax_end(end), end),
        uncertain_start=lost.astype(np.int8),
        uncertain_end=unknown.astype(np.int8),
    )
    return rows


def _tax_start(day: NDArray) -> NDArray:
    """6 April of the tax year of each day; no day for no day."""
    known = ~np.isnat(day)
    year = np.where(known, day, _BEFORE).astype("datetime64[Y]").astype(np.int64) + 1970
    april = date(year, 4, 6)
    return np.where(known, np.where(day >= april, april, date(year - 1, 4, 6)), NOT_A_DAY)


def _tax_end(day: NDArray) -> NDArray:
    """5 April at the end of the tax year of each day."""
    return _tax_start(_tax_start(day) + 370 * DAY) - DAY
