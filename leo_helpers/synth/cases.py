"""Rows of children in need: cases by care year, with their plans, and what the child block says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .care import (
    CARE_YEARS,
    NOT_A_DAY,
    Spells,
    age_on,
    asylum_seeking,
    birthday_18,
    describe,
    in_childhood,
    lasting_need,
    looked_after_days,
    number_of,
    on_31_march,
    periods_of_care,
)
from .hashing import LANES, U64, derive, lane
from .luts import category_lut, threshold
from .marginals import rate, shares
from .people import attribute, ethnicity
from .rows import DAY, Coded, Context, Rows, date, rows_for, spread
from .spine import Spine

CIN_TABLES = (
    "cin_overall",
    "cin_child",
    "cin_cpp",
    "cin_details",
    "cin_disabilities",
    "cin_opencase",
    "cin_serviceprovision",
)
#: Cases that end in a year, for each one open at its end (measured on the states below).
ENDED = 0.40
#: Open cases that are not there only because the child is looked after (measured).
OWN = 0.91
#: Children among whom short cases fall: the top of the lasting rank of need.
SHORT_AMONG = 0.30
#: Cases with a plan, for each plan open on 31 March: plans last less long than cases (measured).
PLANS = 2.1
#: Codes of ethnic groups in the first collection, 2009.
FIRST_CODES = dict(
    pair.split(":")
    for pair in (
        *("WBRI:A1", "WIRI:A2", "WOTH:A3", "WIRT:A4", "WROM:A5", "MWBC:B1", "MWBA:B2"),
        *("MWAS:B3", "MOTH:B4", "AIND:C1", "APKN:C2", "ABAN:C3", "AOTH:C4", "BCRB:D1"),
        *("BAFR:D2", "BOTH:D3", "CHNE:E1", "OOTH:E2", "REFU:E3", "NOBT:E4"),
    )
)


@attribute("ethnicity_cin")
def ethnicity_cin(spine: Spine, rows: Rows) -> Coded:
    """Minor ethnic group as the census of children in need writes it: A1, B1 ... in 2009."""
    minor = ethnicity(spine, rows)
    first = tuple(FIRST_CODES.get(m, m) for m in minor.values)
    return Coded(minor.index + len(minor.values) * (rows.year == 2009), (*minor.values, *first))


def _open_days(spine: Spine) -> NDArray[np.bool_]:
    return spine.once(
        "case open",
        lambda: (
            on_31_march(spine, "cin_spell", "cin_at31march", (1, 2, 2, 3, 4, 5, 7), OWN)
            | looked_after_days(spine)
        ),
    )


def _yearly(measure, years: NDArray) -> NDArray:
    """A number for each row from a function of the year, asked once a year."""
    known, position = np.unique(years, return_inverse=True)
    return np.array([measure(int(y)) for y in known], dtype=float)[position]


def _cases(spine: Spine) -> Spells:
    """Cases that were open on some 31 March, and short ones between."""
    state = _open_days(spine)
    cases = Spells(spine, "case", state)
    likely = lasting_need(spine) >= threshold(SHORT_AMONG)
    parts: list[tuple] = []
    for j, year in enumerate(CARE_YEARS[1:], 1):
        short = rate("cin_any", int(year)) - rate("cin_at31march", int(year)) * (1 + ENDED)
        key = derive(spine.key, "short case", n=year)
        chance = short / (SHORT_AMONG - 2 * rate("cin_at31march", int(year)))
        hit = likely & ~state[:, j - 1] & (lane(key, "any") < chance * LANES)
        hit &= in_childhood(spine, int(year)) & (spine.birth_date < date(int(year) - 1, 4, 1))
        again = hit & ~state[:, j] & (lane(key, "again") < LANES * 17 // 100)
        for half, who in enumerate((hit, again)):
            person = np.flatnonzero(who)
            own = derive(key[person], "half", n=half)
            start = date(int(year) - 1, 4, 1) + 180 * half * DAY + spread(own, "start", 110)
            end = start + spread(own, "length", 65)
            parts.append((person, np.full(len(person), year), own, start, end))
        late = (cases.first == j) & hit[cases.person]  # the long case comes after the short one
        later = date(int(year) - 1, 10, 1) + spread(cases.key, "later", 180)
        cases.start = np.where(late, later, cases.start)
    _around_care(spine, cases)
    cases.add(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return cases


def _around_care(spine: Spine, cases: Spells) -> None:
    """Let a case begin before, and end after, a period of care of the same care years."""
    care, shape = periods_of_care(spine), (len(spine), len(CARE_YEARS))
    first, last = np.full(shape, NOT_A_DAY), np.full(shape, NOT_A_DAY)
    first[care.person, care.first], last[care.person, care.last] = care.start, care.end
    cases.start = np.fmin(cases.start, first[cases.person, cases.first])
    ends = np.fmax(cases.end, last[cases.person, cases.last])
    cases.end = np.where(np.isnat(cases.end), NOT_A_DAY, ends)


@rows_for(*CIN_TABLES)
def children_in_need(ctx: Context) -> Rows:
    """One row a case and care year: a case that stays open comes again with the same referral."""
    spine = ctx.spine
    cases = spine.once("cases", lambda: _cases(spine))
    rows, of = cases.rows(ctx, 2009)
    early = (rows.year == 2009) & (cases.end[of] < np.datetime64("2008-10-01"))  # half a year only
    kept = np.flatnonzero(~early)
    rows, of = rows.take(kept), of[kept]
    describe(spine, rows)
    year, birth = rows.year.astype(np.int64), spine.birth_date[rows.person]
    march = date(year, 3, 31)
    start, short, key = cases.start[of], cases.short[of], cases.key[of]
    ended = cases.end[of] <= march
    end = np.where(ended, cases.end[of], NOT_A_DAY)
    began = start > date(year - 1, 3, 31)
    at_18 = ended & (end == birthday_18(birth))
    nothing = short & (lane(key, "no action") < LANES * 28 // 100)
    disabled = lane(derive(spine.key[rows.person], "disabled"), "is") < LANES * 13 // 100
    rows.attrs |= {
        "lasting": key,
        "referral_date": start,
        "closure_date": end,
        "open_31_march": (~ended).astype(np.int8),
        "closed": ended.astype(np.int8),
        "closure_rank": _closure_rank(lane(key, "closure"), short, at_18),
        "no_action": nothing.astype(np.int8),
        "counts": (~nothing).astype(np.int8),
        "began": began.astype(np.int8),
        "throughout": (~began & ~ended).astype(np.int8),
        "age_referral": age_on(birth, start),
        "age_last": age_on(birth, np.where(ended, end, march)),
        "referral_year": start.astype("datetime64[Y]").astype(np.int64) + 1970,
        "referral_month": start.astype("datetime64[M]").astype(np.int64) % 12 + 1,
        "closure_year": np.where(ended, end.astype("datetime64[Y]").astype(np.int64) + 1970, -1),
        "closure_month": np.where(ended, end.astype("datetime64[M]").astype(np.int64) % 12 + 1, -1),
        "need_rank": lane(key, "need"),
        "source_rank": lane(key, "source"),
        "disabled": disabled.astype(np.int8),
        "disability": _disability(spine, rows, disabled),
        "asylum": asylum_seeking(spine, rows, LANES * 3 // 100),
        "child_record": number_of(derive(spine.key[rows.person], "child record", n=year), 26),
        "service_start": start + spread(key, "service", 30),
        "service_end": np.where(ended, end, NOT_A_DAY),
    }
    asked = (rows.attrs["asylum"] == 1) & (lane(key, "asylum ended") < LANES // 4)
    rows.attrs["asylum_end"] = np.where(asked, start + spread(key, "asylum end", 120), NOT_A_DAY)
    rows.attrs["asylum_ended"] = asked.astype(np.int8)
    _plans(rows, key, short, end, march)
    _latest(rows)
    return rows


def _closure_rank(rank: NDArray, short: NDArray, at_18: NDArray) -> NDArray:
    """Rank among the reasons, in their order: short cases end after assessment, the last reason.

    Moving to adult services (between 8 and 13 hundredths) is for those who turn 18: nearly half.
    """
    other = rank * 66 // 100
    adult_services = (other >= LANES * 78 // 1000) & (other < LANES * 132 // 1000)
    other = np.where(adult_services, LANES // 2, other)
    grown = np.where(rank < LANES * 45 // 100, LANES * 106 // 1000, LANES // 2)
    rank = np.where(short, LANES * 70 // 100 + rank * 29 // 100, other)
    return np.where(at_18, grown, rank)


def _disability(spine: Spine, rows: Rows, disabled: NDArray) -> Coded:
    given = shares("cin_disability")
    key = derive(spine.key[rows.person], "disability")
    return Coded(
        np.where(disabled, category_lut(list(given.values()))[lane(key, "kind")], len(given)),
        (*given, "NONE"),
    )


def _plans(rows: Rows, key: U64, short: NDArray, end: NDArray, march: NDArray) -> None:
    """Protection plans: from some weeks after the referral, for about a year."""
    a, year = rows.attrs, rows.year.astype(np.int64)
    share = _yearly(lambda y: rate("cpp", y) / rate("cin_at31march", y) * PLANS, year)
    start = a["referral_date"] + 15 * DAY + spread(key, "plan start", 55)
    finish = start + 90 * DAY + spread(key, "plan length", 900)
    finish = np.where(np.isnat(end), finish, np.minimum(finish, end))
    gone = finish <= march
    held = (lane(key, "plan") < share * LANES) & ~short & (start <= march) & (finish > start)
    held &= finish > date(year - 1, 3, 31)
    reviewed = held & ((np.minimum(finish, march) - start).astype(np.int64) >= 90)
    abuse = lane(key, "abuse")
    other = lane(key, "other abuse") < LANES * 12 // 100
    a |= {
        "plan": held.astype(np.int8),
        "plan_start": np.where(held, start, NOT_A_DAY),
        "plan_end": np.where(held & gone, finish, NOT_A_DAY),
        "plan_open": (held & ~gone).astype(np.int8),
        "plans_before": np.where(
            held, category_lut([0.81, 0.15, 0.03, 0.01])[lane(key, "plans before")], -1
        ),
        "abuse_rank": abuse,
        "abuse_latest_rank": np.where(other, lane(key, "abuse latest"), abuse),
        "reviews_due": np.where(held, reviewed, -1).astype(np.int8),
        "reviews_held": np.where(
            held, reviewed & (lane(rows.key, "reviews") < LANES * 95 // 100), -1
        ).astype(np.int8),
        "seen_on_time": np.where(held, lane(rows.key, "seen") < LANES * 7 // 10, -1).astype(
            np.int8
        ),
    }


def _latest(rows: Rows) -> None:
    """What the child block says over all cases of the child and year."""
    a = rows.attrs
    _, child = np.unique(rows.year.astype(np.int64) * (1 << 32) + rows.person, return_inverse=True)
    count = int(child.max()) + 1 if len(child) else 0
    referral = np.full(count, np.datetime64("1900-01-01"), dtype="datetime64[D]")
    closure, any_open = referral.copy(), np.zeros(count, dtype=np.int8)
    np.maximum.at(referral, child, a["referral_date"])
    np.maximum.at(any_open, child, a["open_31_march"])
    closed = a["closed"] == 1
    np.maximum.at(closure, child[closed], a["closure_date"][closed])
    closure[closure < np.datetime64("1990-01-01")] = NOT_A_DAY
    a |= {
        "latest_referral": referral[child],
        "latest_closure": closure[child],
        "any_open": any_open[child],
    }
