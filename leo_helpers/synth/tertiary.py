"""Rows of the higher education tables: HESA, UCAS."""

from __future__ import annotations

import numpy as np

from .hashing import LANES, derive, lane
from .marginals import rate
from .rows import Context, Rows, build, date, repeat, rows_for, spread, stack

NOT_A_DAY = np.datetime64("NaT", "D")


@rows_for("hesa")
def hesa(ctx: Context) -> Rows:
    """A student's instance in one year; some have two (a change of course, a PGCE)."""
    spine, year = ctx.spine, ctx.year
    person, begun, kind = [], [], []
    first = spine.he_entry
    in_degree = (first > 0) & (year >= first) & (year < first + spine.he_years)
    person.append(np.flatnonzero(in_degree))
    begun.append(first[person[0]])
    kind.append(np.zeros(len(person[0]), dtype=np.int64))
    gap = 1 + spine.rank("pg_gap") * 3 // LANES
    after = first + spine.he_years - 1 + gap
    post = spine.graduated & (spine.rank("postgraduate") < LANES * 15 // 100) & (after == year)
    person.append(np.flatnonzero(post))
    begun.append(np.full(len(person[1]), year))
    kind.append(np.ones(len(person[1]), dtype=np.int64))
    who, start, level = (np.concatenate(x) for x in (person, begun, kind))
    rows = build(ctx, who, year, level, **{"level": level, "study_year": year - start + 1})
    last = np.where(level == 1, True, year == start + spine.he_years[who] - 1)
    rows.attrs["rank"] = spine.attainment("he")[who]
    rows.attrs["start_date"] = date(start - 1, 9, 15)
    rows.attrs["end_date"] = np.where(
        last, date(year, 6, 20) + spread(rows.key, "end", 40), NOT_A_DAY
    )
    rows.attrs["final"] = (last & ((level == 1) | spine.graduated[who])).astype(np.int8)
    rows.attrs["provider"] = lane(derive(spine.key[who], "university", n=level), "u") * 160 // LANES
    rows.attrs["subject"] = lane(derive(spine.key[who], "he_subject", n=level), "s")
    rows.attrs["age"] = year - 2 - spine.cohort[who].astype(np.int64)
    rows.attrs["area"] = spine.moves[who, min(year, 2021) - 1996].astype(np.int64)
    rows.attrs["no_pmr"] = ctx.hit("hesa_without_pmr", derive(spine.key[who], "hesa")).astype(
        np.int8
    )
    second = ctx.hit("second_instance", rows.key)
    other = rows.take(np.flatnonzero(second))
    other.key = derive(other.key, "instance")
    other.attrs["subject"] = lane(other.key, "other")
    other.attrs["final"] = np.zeros(len(other), dtype=np.int8)
    return stack(rows, other)


@rows_for("ucas")
def ucas(ctx: Context) -> Rows:
    """Applications (up to five a cycle) of 18-year-old applicants."""
    spine = ctx.spine
    cycle = spine.cohort.astype(np.int64) + 19
    applied = (spine.level3_rank >= LANES * 52 // 100) & (cycle >= 2008) & (cycle <= 2021)
    person = np.flatnonzero(
        applied & (spine.rank("ucas_link") < rate("ucas_to_npd", 0, 0.96) * LANES)
    )
    which, number = repeat(3 + spine.rank("choices")[person] * 3 // LANES)
    who = person[which]
    placed = spine.he_entry[who] == cycle[who] + 1
    rows = build(
        ctx,
        who,
        cycle[who],
        number,
        choice=number,
        placed=placed.astype(np.int8),
        provider=lane(derive(spine.key[who], "ucas", n=number), "u") * 160 // LANES,
        rank=spine.attainment("ks5")[who],
        accepted=(placed & (number == 0)).astype(np.int8),
    )
    rows.attrs["area"] = spine.moves[rows.person, -1].astype(np.int64)
    return rows
