"""Rows of children looked after, and what children in need share with them.

What lasts is drawn once: on which 31 March a child's case was open, or the child was looked after.
Runs of such days are cases and periods of care, with one start and one end; a row is what one of
them says in one care year. Children looked after always have an open case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, derive, lane
from .luts import blend, category_lut
from .marginals import rate, shares
from .people import attribute
from .rows import DAY, Coded, Context, Rows, column_of, date, rows_for, runs, spread
from .spine import SEN_STAGES, Spine

NOT_A_DAY = np.datetime64("NaT", "D")
#: Care years END (31 March) in which a case may be open; the tables begin later.
CARE_YEARS = np.arange(1998, 2022)


def lasting_need(spine: Spine) -> NDArray[np.intp]:
    """Rank from which need follows; half of it is deprivation (assumed)."""
    return spine.once("lasting need", lambda: blend(spine.deprivation, spine.rank("need"), 4))


def in_childhood(spine: Spine, year: int) -> NDArray[np.bool_]:
    """Born, and not yet 18, on 31 March."""
    day = date(year, 3, 31)
    grown = spine.once("eighteenth birthday", lambda: birthday_18(spine.birth_date))
    return spine.once(f"childhood {year}", lambda: (spine.birth_date <= day) & (grown > day))


def birthday_18(birth: NDArray) -> NDArray:
    """Eighteenth birthday (days of birth end at the 28th)."""
    month = birth.astype("datetime64[M]")
    return (month + np.timedelta64(216, "M")).astype("datetime64[D]") + (birth - month)


def on_31_march(
    spine: Spine, name: str, measure: str, spells: tuple[int, ...], times: NDArray | float
) -> NDArray[np.bool_]:
    """Whether a state holds on 31 March of each care year, array (people, CARE_YEARS).

    A part of the rank that decides is fresh every few years; how many differs between people.
    """
    out = np.zeros((len(spine), len(CARE_YEARS)), dtype=bool)
    spell = np.array(spells)[spine.rank(f"{name} length") * len(spells) // LANES]
    offset, times = spine.rank(f"{name} offset") % spell, np.broadcast_to(times, len(spine))
    for j, year in enumerate(CARE_YEARS):
        near = blend(lasting_need(spine), spine.rank(name, (year + offset) // spell), 6)
        limit = LANES * (1 - rate(measure, int(year)) * times)
        out[:, j] = (near >= limit) & in_childhood(spine, int(year))
    return out


def looked_after_days(spine: Spine) -> NDArray[np.bool_]:
    """Looked after on 31 March, array (people, CARE_YEARS); richer among the first people."""
    return spine.once(
        "looked after",
        lambda: on_31_march(
            spine, "cla_spell", "cla_at31march", (1, 2, 3, 4, 5, 6, 8, 11), spine.rare(5)
        ),
    )


class Spells:
    """Cases or periods of care, one entry each: whose, when, and a key of its own."""

    def __init__(self, spine: Spine, name: str, state: NDArray):
        self.person, self.first, last = runs(state, np.zeros_like(state))
        self.key: U64 = derive(spine.key[self.person], name, n=self.first)
        self.last = np.minimum(last + 1, len(CARE_YEARS) - 1)
        open_end = last == len(CARE_YEARS) - 1
        begin, close = date(CARE_YEARS[self.first] - 1, 4, 1), date(CARE_YEARS[self.last] - 1, 4, 1)
        birth = spine.birth_date[self.person]
        self.start = np.maximum(begin + spread(self.key, "start", 365), birth)
        end = np.minimum(close + spread(self.key, "end", 365), birthday_18(birth))
        self.end = np.where(open_end, NOT_A_DAY, np.maximum(end, self.start))
        self.short = np.zeros(len(self.person), dtype=bool)

    def add(self, person: NDArray, year: NDArray, key: U64, start: NDArray, end: NDArray) -> None:
        """Further cases that begin and end within one care year."""
        column = year - CARE_YEARS[0]
        for name, more in {
            "person": person,
            "first": column,
            "last": column,
            "key": key,
            "start": start,
            "end": end,
            "short": np.ones(len(person), dtype=bool),
        }.items():
            setattr(self, name, np.concatenate([getattr(self, name), more]))

    def rows(self, ctx: Context, first_year: int) -> tuple[Rows, NDArray]:
        """One row for each care year that a spell touches, and the spell of each row."""
        length = self.last - self.first + 1
        spell = np.repeat(np.arange(len(length)), length)
        step = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length, length)
        year = CARE_YEARS[self.first[spell] + step]
        kept = np.flatnonzero(year >= first_year)
        kept = kept[np.lexsort((self.start[spell[kept]], self.person[spell[kept]], year[kept]))]
        spell, year = spell[kept], year[kept]
        key = derive(self.key[spell], ctx.table, n=year)
        return Rows(self.person[spell], year.astype(np.int16), key), spell


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


def describe(spine: Spine, rows: Rows) -> None:
    """What every row says about the child: pupil or not, school year, place, age on 31 March."""
    person, year = rows.person, rows.year.astype(np.int64)
    j = column_of(0) + year
    ever = spine.once("ever a pupil", lambda: np.logical_or.accumulate(spine.enrolled, axis=1))
    march = date(year, 3, 31)
    rows.attrs |= {
        "nc_year": spine.nc_year[person, j],
        "has_pmr": ever[person, j].astype(np.int8),
        "fsm": spine.fsm[person, j].astype(np.int8),
        "sen": Coded(spine.sen[person, j], SEN_STAGES),
        "area": spine.moves[person, j].astype(np.int64),
        "school": spine.school[person, j],
        "age": age_on(spine.birth_date[person], march),
    }


def age_on(birth: NDArray, day: NDArray) -> NDArray:
    """Age in whole years on a day; -1 where there is no day or the child is not yet born.

    Examples
    --------
    >>> birth = np.array(["2000-09-10"], dtype="datetime64[D]")
    >>> [int(age_on(birth, np.array([d], dtype="datetime64[D]"))[0])
    ...  for d in ("2010-09-09", "2010-09-10")]
    [9, 10]
    """
    months = (day.astype("datetime64[M]") - birth.astype("datetime64[M]")).astype(np.int64)
    late = (day - day.astype("datetime64[M]")) < (birth - birth.astype("datetime64[M]"))
    return np.where(np.isnat(day), -1, np.maximum((months - late) // 12, -1))


def number_of(key: U64, bits: int) -> NDArray[np.int64]:
    """The top of a key as a number, for row keys and episode numbers."""
    return (key >> np.uint64(bits)).astype(np.int64)


def asylum_seeking(spine: Spine, rows: Rows, limit: int) -> NDArray:
    """Unaccompanied and seeking asylum: a few older children (assumed)."""
    older = rows.attrs["age"] >= 14
    return (older & (lane(spine.key[rows.person], "asylum") < limit)).astype(np.int8)


# ---- children looked after -----------------------------------------------------------------------
def _periods(spine: Spine) -> Spells:
    """Periods of care: those that reach a 31 March, and short ones within a year."""
    state = looked_after_days(spine)
    periods = Spells(spine, "period of care", state)
    parts: list[tuple] = []
    for j, year in enumerate(CARE_YEARS[1:], 1):
        near = blend(lasting_need(spine), spine.rank("short care", year), 6)
        share = rate("cla_at31march", int(year)) * 0.08 * spine.rare(5)
        who = (near >= LANES - share * LANES) & ~state[:, j - 1] & ~state[:, j]
        who &= in_childhood(spine, int(year)) & (spine.birth_date < date(int(year) - 1, 4, 1))
        person = np.flatnonzero(who)
        key = derive(spine.key[person], "short care", n=year)
        start = date(int(year) - 1, 4, 1) + spread(key, "start", 250)
        parts.append(
            (person, np.full(len(person), year), key, start, start + 2 * DAY + spread(key, "d", 90))
        )
    periods.add(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return periods


def periods_of_care(spine: Spine) -> Spells:
    """Periods of care of a block of people, worked out once."""
    return spine.once("periods of care", lambda: _periods(spine))


@rows_for("cla")
def looked_after(ctx: Context) -> Rows:
    """One row a looked-after child and care year, with the latest episode of the latest period."""
    spine, periods = ctx.spine, periods_of_care(ctx.spine)
    rows, of = periods.rows(ctx, int(CARE_YEARS[0]))
    last = np.ones(len(rows), dtype=bool)  # the latest period stands where a year has two
    last[:-1] = (np.diff(rows.person) != 0) | (np.diff(rows.year) != 0)
    rows, of = rows.take(np.flatnonzero(last)), of[last]
    describe(spine, rows)
    year, birth = rows.year.astype(np.int64), spine.birth_date[rows.person]
    march, key, start = date(year, 3, 31), periods.key[of], periods.start[of]
    ended = periods.end[of] <= march
    until = np.where(ended, periods.end[of], march)
    days = (until - start).astype(np.int64) + 1
    episode, episode_start, moved = _episodes(rows, of, key, start, until)
    later = (year - 1 > start.astype("datetime64[Y]").astype(np.int64) + 1970).astype(np.int64)
    full, aged = ~ended, age_31_august(rows, spine)
    school_age = (aged >= np.where(year < 2013, 5, 4)) & (aged <= 15)
    away = lane(episode, "outside") < LANES * 10 // 100
    place = np.where(away, 1, category_lut([0.58, 0.4, 0.02])[lane(episode, "where")])
    rows.attrs |= {
        "lasting": key,
        "poc_start": start,
        "poc_days": days,
        "episode": number_of(episode, 44),
        "episode_start": episode_start,
        "episode_end": np.where(ended, until, NOT_A_DAY),
        "still": full.astype(np.int8),
        "six_months": (full & (days > 182)).astype(np.int8),
        "twelve_months": (full & (days > 365)).astype(np.int8),
        "premium_six": (full & (days > 182) & school_age).astype(np.int8),
        "premium_day": school_age.astype(np.int8),
        "oc3": ((aged == 15) & (start <= date(year - 1, 4, 1))).astype(np.int8),
        "need_rank": lane(key, "need"),
        "legal_rank": lane(derive(key, "legal", n=later), "status"),
        "placement_rank": lane(episode, "placement"),
        "moved": moved.astype(np.int8),
        "abroad": away.astype(np.int8),
        "place": Coded(place, ("IN", "OUT", "CON")),
        "episode_reason": _reason(rows, key, ended, age_on(birth, until)),
        "asylum": asylum_seeking(spine, rows, LANES * 12 // 100),
    }
    return rows.take(np.flatnonzero(rows.year >= 2006))


def age_31_august(rows: Rows, spine: Spine) -> NDArray:
    """Age on the 31 August before the care year ends."""
    return rows.year.astype(np.int64) - 2 - spine.cohort[rows.person]


def _episodes(rows: Rows, of: NDArray, key: U64, start: NDArray, until: NDArray):
    """Latest episode of each row: its key, its first day, and whether the child moved into it."""
    order = np.lexsort((rows.year, of))
    back = np.argsort(order)
    first = np.diff(of[order], prepend=-1) != 0
    opens = np.maximum(start, date(rows.year.astype(np.int64) - 1, 4, 1))
    day = opens + spread(rows.key, "move", np.maximum((until - opens).astype(np.int64), 1))
    moved = (lane(rows.key, "moves") < LANES * 35 // 100) & (day > start) & (day < until)
    begins = np.where(moved, day, start)[order]
    latest = np.maximum.accumulate(np.where(first | moved[order], np.arange(len(order)), 0))
    number = np.where(moved, rows.year, 0)[order][latest]
    return derive(key, "episode", n=number[back]), begins[latest][back], moved


def _reason(rows: Rows, key: U64, ended: NDArray, age: NDArray) -> Coded:
    """Why the latest episode ended, for the child's age and year; -10 where it goes on."""
    groups = {low: (age >= low) & (age < high) for low, high in ((0, 10), (10, 16), (16, 99))}
    values = tuple(dict.fromkeys(k for a in groups for k in shares("cla_episode_end", 2014, age=a)))
    index, rank = np.full(len(rows), len(values)), lane(key, "reason")
    for year, first, last in rows.segments:
        for low, inside in groups.items():
            given = shares("cla_episode_end", year, age=low)
            lut = category_lut([given.get(v, 0.0) for v in values])
            here = np.flatnonzero((ended & inside)[first:last]) + first
            index[here] = lut[rank[here]]
    return Coded(index, (*values, "-10"))


def _flags(spine: Spine) -> dict[str, NDArray]:
    """Looked after for a day, six months or a year up to 31 March, arrays (people, years)."""
    periods = periods_of_care(spine)
    out = {n: np.zeros((len(spine), len(CARE_YEARS)), dtype=np.int8) for n in ("1", "6", "12")}
    for j, year in enumerate(CARE_YEARS):
        march = np.datetime64(f"{year}-03-31")
        inside = (periods.start <= march) & (periods.last >= j)
        still = inside & ~(periods.end <= march)
        for name, rows in (
            ("1", inside),
            ("6", still & (periods.start < march - 182 * DAY)),
            ("12", still & (periods.start < march - 365 * DAY)),
        ):
            out[name][periods.person[rows], j] = 1
    return out


def _looked_after_for(months: str):
    def flag(spine: Spine, rows: Rows) -> NDArray:
        known = spine.once("care flags", lambda: _flags(spine))[months]
        return known[rows.person, np.clip(rows.year - CARE_YEARS[0], 0, len(CARE_YEARS) - 1)]

    return flag


for _months in ("1", "6", "12"):
    attribute(f"looked_after_{_months}")(_looked_after_for(_months))
