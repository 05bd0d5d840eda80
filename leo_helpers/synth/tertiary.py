"""Rows of the further and higher education tables: LILR learners, aims and LARS, HESA, UCAS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, counter, derive, lane, scramble
from .luts import category_lut
from .marginals import rate
from .rows import Coded, Context, Rows, build, date, repeat, rows_for, spread, stack
from .spine import ROUTES, SEN_STAGES, Spine

NOT_A_DAY = np.datetime64("NaT", "D")
LARS_POOL = 2500
FE_ROUTES = ("apprenticeship", "fe_college", "sixth_form_college", "employment")


def _fe_years(spine: Spine) -> tuple[NDArray, NDArray]:
    """(person, END year) pairs of everyone in publicly funded further education, 2003-2021."""
    person, years = [], []
    for year in range(2003, 2022):
        age = year - 2 - spine.cohort.astype(np.int64)
        route = np.isin(spine.route, [ROUTES.index(r) for r in FE_ROUTES[:3]])
        young = route & (
            (age == 16)
            | ((age == 17) & (spine.rank("fe17") < LANES * 85 // 100))
            | ((age == 18) & (spine.rank("fe18") < LANES * 38 // 100))
        )
        some = (
            (spine.route == ROUTES.index("employment"))
            & (age <= 18)
            & (spine.rank("fe_work", year) < LANES // 4)
        )
        adult = (age >= 19) & (
            spine.rank("fe_adult", year // 2) < rate("adult_fe", year, 0.07) * LANES
        )
        found = np.flatnonzero((young | some | adult) & (age >= 16))
        person.append(found)
        years.append(np.full(len(found), year))
    return np.concatenate(person), np.concatenate(years)


def _provider(spine: Spine, person: NDArray, year: NDArray) -> NDArray:
    age = year - 2 - spine.cohort[person].astype(np.int64)
    return (
        lane(derive(spine.key[person], "provider", n=np.minimum(age, 19) // 3), "p") * 900 // LANES
    )


def external_id(spine: Spine, person: NDArray, year: NDArray) -> NDArray[np.int64]:
    """Learner, provider and year: the key that joins learners to aims (never a person)."""
    number = (spine.person[person] * 32 + (year - 2000)).astype(np.int64)
    return np.int64(900_000_000_000_000) + scramble(number, 48, "external").astype(np.int64)


def recordid(spine: Spine, person: NDArray, provider: NDArray | int) -> NDArray[np.int64]:
    """One education record: a person at one provider."""
    number = spine.person[person] * 8 + np.asarray(provider) % 8
    return np.int64(1_000_000_000) + scramble(number, 30, "recordid").astype(np.int64)


def _learner_attrs(spine: Spine, person: NDArray, year: NDArray) -> dict:
    provider = _provider(spine, person, year)
    j = np.clip(year, 1996, 2021) - 1996
    age = year - 2 - spine.cohort[person].astype(np.int64)
    apprentice = (spine.route[person] == ROUTES.index("apprenticeship")) & (age <= 18)
    level = np.where(
        age <= 18,
        1 + (spine.level3_rank[person] > LANES // 2) + 1,
        1 + lane(derive(spine.key[person], "level"), "l") * 3 // LANES,
    )
    return {
        "age": age,
        "provider": provider,
        "apprentice": apprentice.astype(np.int8),
        "level": level,
        "external_id": external_id(spine, person, year),
        "recordid": recordid(spine, person, provider),
        "area": spine.moves[person, j].astype(np.int64),
        "sen": Coded(spine.sen[person, j], SEN_STAGES),
        "rank": spine.attainment("ks5")[person],
    }


@rows_for("lilr_learners")
def learners(ctx: Context) -> Rows:
    """A learner at one provider in one academic year and return."""
    person, year = _fe_years(ctx.spine)
    return build(ctx, person, year, **_learner_attrs(ctx.spine, person, year))


@rows_for("lilr_aims")
def aims(ctx: Context) -> Rows:
    """Learning aims; a programme running over two years has a row in each."""
    spine = ctx.spine
    person, year = _fe_years(spine)
    attrs = _learner_attrs(spine, person, year)
    counts = 1 + category_lut([0.22, 0.28, 0.25, 0.15, 0.10])[
        lane(derive(spine.key[person], "aims", n=year), "n")
    ].astype(int)
    counts = np.where(attrs["apprentice"] == 1, np.maximum(counts, 3), counts)
    which, number = repeat(counts)
    rows = build(ctx, person[which], year[which], number, **{k: v[which] for k, v in attrs.items()})
    later = (
        ((rows.attrs["age"] == 17) & (number[: len(rows)] == 0))
        if len(rows)
        else np.array([], bool)
    )
    key = derive(spine.key[rows.person], "aim", n=rows.year.astype(np.int64) - later)
    start = date(rows.year.astype(np.int64) - 1 - later, 9, 1) + spread(key, "start", 60)
    planned = start + np.where(rows.attrs["apprentice"] == 1, 500, 300).astype("timedelta64[D]")
    done = planned <= date(rows.year, 7, 31)
    gone = lane(rows.key, "withdrawn") < LANES * 11 // 100
    rows.attrs["start_date"], rows.attrs["planned_end"] = start, planned
    end = np.where(
        gone, start + spread(rows.key, "left", 250), planned + spread(rows.key, "late", 20)
    )
    end = np.where(done | gone, end, NOT_A_DAY)
    rows.attrs["end_date"] = np.where(ctx.hit("aim_end_missing", rows.key), NOT_A_DAY, end)
    status = np.where(gone, 2, np.where(done, 1, 0))
    rows.attrs["completion"] = Coded(status, ("1", "2", "3"))
    rows.attrs["achieved"] = (
        (status == 1) & (lane(rows.key, "passed") < LANES * 88 // 100)
    ).astype(np.int8)
    rows.attrs["started"] = (start > date(rows.year.astype(np.int64) - 1, 7, 31)).astype(np.int8)
    aim = lane(key, "aim") * LARS_POOL // LANES
    rows.attrs["aim"] = np.where(
        (rows.attrs["apprentice"] == 1) & (lane(rows.key, "first") < LANES // 3), -1, aim
    )
    orphan = ctx.hit("aim_without_learner", rows.key)
    rows.attrs["external_id"] = np.where(
        orphan, rows.attrs["external_id"] + 1, rows.attrs["external_id"]
    )
    return rows


@rows_for("lilr_lars")
def lars(ctx: Context) -> Rows:
    """The catalogue of aims: every reference in every year, with the first people."""
    if ctx.spine.start:
        return reference_rows(ctx, np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    which, year = repeat(np.full(LARS_POOL + 1, 19))
    order = np.argsort(year, kind="stable")
    return reference_rows(ctx, which[order] - 1, year[order] + 2003)


def reference_rows(ctx: Context, item: NDArray, year: NDArray) -> Rows:
    """Rows that belong to a thing (an aim, a firm), not to a person."""
    key = derive(counter(ctx.table, ctx.spine.seed, n=item + 1), "year", n=year)
    stable = counter(ctx.table, ctx.spine.seed, n=item + 1)
    return Rows(
        np.zeros(len(item), dtype=np.int64),
        year.astype(np.int16),
        key,
        {
            "aim": item,
            "enterprise": item,
            "level": lane(stable, "level") * 6 // LANES,
            "stable": stable,
        },
    )


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
