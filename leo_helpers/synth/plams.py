"""Rows of PLAMS: what school sixth formers study, and the results that were matched to it.

Subjects come from ``data/marginals/sixth_form_aims.csv``. Until a subject was reformed an AS level
of one year comes before an A level of one year; after that an A level takes two years.
"""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .hashing import LANES, U64, derive, lane
from .keystages import ks5_rank
from .luts import blend, category_lut
from .marginals import shares
from .rows import DAY, Coded, Context, Rows, build, column_of, date, repeat, rows_for, spread, stack
from .school import LAST_YEAR, census_attrs
from .spine import ROUTES

NOT_A_DAY = np.datetime64("NaT", "D")
#: Kinds of aim: title, code of the qualification type, level, distribution of grades, best points.
AS, A_LEVEL, BTEC, GCSE, PROJECT = range(5)
KINDS = (
    ("GCE AS level", "121", 3, "aslevel_grade"),
    ("GCE A level", "111", 3, "alevel_grade"),
    ("BTEC level 3", "305", 3, "ks5_merit_grade"),
    ("GCSE", "310", 2, "alevel_grade"),
    ("Extended Project", "101", 3, "alevel_grade"),
)
#: Points of an A level to 2015 and from 2016; an AS level or a project has half of them.
POINTS = ({"A*": 300, "A": 270, "B": 240, "C": 210, "D": 180, "E": 150},
          {"A*": 60, "A": 50, "B": 40, "C": 30, "D": 20, "E": 10})  # fmt: skip
GRADES = ("A*", "A", "B", "C", "D", "E", "U", "DI", "M", "P")
WORDS = (*(f"Grade {grade}" for grade in GRADES[:6]), "Ungraded", "Distinction", "Merit", "Pass")
STATES = ("1", "2", "3", "4")
#: How closely an aim met a result (assumed mix): counted or discounted, of this year or the last.
MATCHES = ("0", "1", "2", "3", "4", "5", "6", *map(str, range(101, 107)), "200")
_MATCH_MIX = (0, 0.8, 0.06, 0.03, *[0.01] * 3, 0.03, *[0.01] * 5, 0)
SOURCES = ("5", "4", "N", "0")


@cache
def subjects() -> tuple[dict[str, str], ...]:
    """The subjects of ``sixth_form_aims.csv``, in file order."""
    with (data_dir() / "marginals" / "sixth_form_aims.csv").open(encoding="utf-8") as handle:
        return tuple(csv.DictReader(handle))


@cache
def _of_kind(kind: str) -> NDArray[np.int64]:
    return np.array([i for i, s in enumerate(subjects()) if s["kind"] == kind])


@cache
def _reformed() -> NDArray[np.int64]:
    return np.array([int(s["reformed"] or 9999) for s in subjects()])


def _studied(ctx: Context, year: int) -> tuple[NDArray, ...]:
    """Person, number, kind, subject, start, planned end and who leaves, of each aim of a year."""
    spine = ctx.spine
    nc = spine.nc_year[:, column_of(year)]
    stay = spine.route == ROUTES.index("school_sixth_form")
    person = np.flatnonzero(spine.enrolled[:, column_of(year)] & stay & (nc >= 12))
    key = derive(spine.key[person], "sixth form")
    vocational = (spine.level3_rank[person] < LANES * 55 // 100) & (
        lane(key, "vocational") < LANES // 2
    )
    count = np.where(vocational, 1 + lane(key, "n") % 3, 3 + lane(key, "n") % 2)
    resit = vocational & (nc[person] == 12) & (lane(key, "resit") < LANES // 2)
    project = ~vocational & (nc[person] == 13) & (lane(key, "project") < LANES // 6)
    which, number = repeat(count + (resit | project))
    extra = number == count[which]
    academic, other, again = (_of_kind(k) for k in ("academic", "vocational", "resit"))
    first, step = lane(key, "first")[which], np.array([5, 7, 11])[lane(key, "step") % 3][which]
    subject = np.select(
        [extra & resit[which], extra, vocational[which]],
        [again[first % len(again)], _of_kind("project")[0], other[(first + number) % len(other)]],
        academic[(first + number * step) % len(academic)],
    )
    who = person[which]
    upper = nc[who] == 13
    linear = year - upper >= _reformed()[subject]
    kind = np.select(
        [extra & resit[which], extra, vocational[which]],
        [GCSE, PROJECT, BTEC],
        np.where(upper | linear, A_LEVEL, AS),
    )
    fourth = ~vocational[which] & (number == 3) & ~extra & upper  # dropped after a year
    keep = ~(fourth & (lane(key, "drops")[which] < LANES * 3 // 4))
    before, now = (_leaves(spine.key[who], number, year) for year in (12, nc[who]))
    keep &= ~(upper & ~extra & (before > 0))  # who left it in Year 12 has no row in Year 13
    long = upper & ((kind == BTEC) | ((kind == A_LEVEL) & linear))
    begun = year - 1 - long
    short = (kind == AS) | (kind == GCSE)
    planned = np.where(upper | short, year, year + 1)
    return tuple(x[keep] for x in (who, number, kind, subject, begun, planned, now))


def _leaves(key: U64, number: NDArray, nc_year: NDArray | int) -> NDArray:
    """0 for who stays with an aim in the year, 1 for who drops it, 2 for who moves to another."""
    u = lane(derive(key, "leaves aim", n=number * 16 + nc_year), "u")
    return np.select([u < LANES * 8 // 100, u < LANES * 10 // 100], [1, 2], 0)


@rows_for("plams")
def post16_aims(ctx: Context) -> Rows:
    """Learning aims of school sixth formers; some reach the table only as a result."""
    year = min(ctx.year, LAST_YEAR)
    who, number, kind, subject, begun, planned, leaves = _studied(ctx, year)
    rows = build(ctx, who, ctx.year, number, **census_attrs(ctx, who, year, "aut"))
    gone, moved = leaves == 1, leaves == 2
    over = planned == year
    end = np.where(
        gone | moved, date(year, 1, 10) + spread(rows.key, "end", 120), date(year, 6, 25)
    )
    state = np.select([gone, moved, over], [2, 3, 1], 0)
    grade = _grades(ctx, rows, kind)
    matched = (state == 1) & ~ctx.hit("unmatched_result", rows.key)
    how = category_lut(_MATCH_MIX)[lane(rows.key, "how matched")]
    rows.attrs |= {
        "start_date": date(begun, 9, 5),
        "planned_end": date(planned, 7, 1),
        "end_date": np.where(over | gone | moved, end, NOT_A_DAY),
        "aim_status": Coded(state, STATES),
        "gone": gone.astype(np.int8),
        "core_aim": (number == 0).astype(np.int8),
        "source": Coded(np.zeros(len(rows), dtype=np.int8), ("Autumn census", "Results file")),
        "match": Coded(np.where(matched, how, 0), MATCHES),
        "aim_kind": kind,
        "aim_subject": subject,
        "result": grade,
        "matched": matched.astype(np.int8),
    }
    late = _results_only(ctx, rows, (state == 1) & ~matched)
    out = stack(rows, late, _twice(ctx, rows))
    out.attrs |= _words(out)
    return out


def _grades(ctx: Context, rows: Rows, kind: NDArray) -> NDArray:
    """Position in GRADES of each aim's grade, near the person's rank."""
    year = np.clip(rows.year, 2008, LAST_YEAR).astype(np.int64)
    own = ks5_rank(ctx.spine.attainment("ks5")[rows.person], year + 13 - rows.attrs["nc_year"])
    rank = blend(own, lane(rows.key, "grade"), 6)
    out = np.zeros(len(rows), dtype=np.int8)
    for one, (*_, name) in enumerate(KINDS):
        given = shares(name, int(year[0]) if len(year) else 2010)
        order = [g for g in list(given)[::-1] if g in GRADES]
        lut = np.array([GRADES.index(g) for g in order], dtype=np.int8)
        here = kind == one
        out[here] = lut[category_lut([given[g] for g in order])[rank[here]]]
    return np.where((kind == GCSE) & (out < 2), 2, out)


def _results_only(ctx: Context, rows: Rows, unmatched: NDArray) -> Rows:
    """Results whose aim was not found: a row of their own without what a census would say."""
    late = rows.take(np.flatnonzero(unmatched & (lane(rows.key, "found") < LANES * 2 // 3)))
    late.key = derive(late.key, "result")
    n = len(late)
    late.attrs["on_roll"] = np.full(n, 2, dtype=np.int8)
    late.attrs["nc_year"] = np.full(n, -1)
    for name in ("start_date", "planned_end", "end_date"):
        late.attrs[name] = np.full(n, NOT_A_DAY)
    late.attrs["aim_status"] = Coded(np.full(n, -1), STATES)
    late.attrs["core_aim"] = np.full(n, -1, dtype=np.int8)
    late.attrs["source"] = Coded(np.ones(n, dtype=np.int8), ("Autumn census", "Results file"))
    late.attrs["match"] = Coded(np.full(n, len(MATCHES) - 1, dtype=np.int8), MATCHES)
    late.attrs["matched"] = np.ones(n, dtype=np.int8)
    return late


def _twice(ctx: Context, rows: Rows) -> Rows:
    """A fault: an aim reported by the school that the pupil left as well."""
    hit = ctx.hit("aim_reported_twice", rows.key)
    rows.attrs["record_status"][hit] = 1
    again = rows.take(np.flatnonzero(hit))
    again.key = derive(again.key, "again")
    again.attrs["record_status"] = np.full(len(again), 101)
    again.attrs["on_roll"] = np.zeros(len(again), dtype=np.int8)
    again.attrs["school"] = again.attrs["school"] + 1
    again.attrs["leaving_date"] = again.attrs["census_date"] - DAY
    return again


def _each_once(index: NDArray, words: list[str]) -> Coded:
    """Categories of which each word stands once in the list."""
    once, at = np.unique(words, return_inverse=True)
    return Coded(at[index], tuple(once.tolist()))


def _words(rows: Rows) -> dict[str, NDArray | Coded]:
    """What the reference tables and the results say of an aim, in words and codes."""
    kind, subject, grade = (rows.attrs[n] for n in ("aim_kind", "aim_subject", "result"))
    matched, new = rows.attrs["matched"] == 1, rows.year >= _reformed()[subject]
    listed, named = subjects(), kind * len(subjects()) + subject
    titles = [f"{k[0]} in {s['subject']}" for k in KINDS[:-1] for s in listed]
    titles += [KINDS[-1][0]] * len(listed)
    short = [f"{k[0]} {s['short']}" for k in KINDS[:-1] for s in listed]
    short += [KINDS[-1][0]] * len(listed)
    disc = tuple(s["discount_code"] for s in listed)
    kept = np.where(np.array([bool(d) for d in disc])[subject], subject, -1)
    census = rows.attrs["on_roll"] != 2
    types, levels = tuple(k[1] for k in KINDS), np.array([k[2] for k in KINDS])[kind]
    scale = np.array([[p.get(g, 0) for g in GRADES] for p in POINTS])
    points = scale[(rows.year >= 2016).astype(int), grade]
    points = np.where(np.isin(kind, (AS, PROJECT)), points // 2, points)
    graded = matched & np.isin(kind, (AS, A_LEVEL, PROJECT))
    later = rows.year >= 2010  # vocational awards joined in, and "not found" left the list
    source = np.select([~matched, kind == GCSE, (kind == BTEC) & later], [3, 1, 2], 0)

    def where(keep: NDArray, index: NDArray, values: tuple[str, ...]) -> Coded:
        return Coded(np.where(keep, index, -1), values)

    return {
        "title": _each_once(named, titles),
        "title_short": _each_once(named, short),
        "aim_number": np.where(census, named + 300 * new, -1),
        "result_number": np.where(matched, named + 300 * new, -1),
        "aim_disc": where(census, kept, disc),
        "ref_disc": Coded(kept, disc),
        "result_disc": where(matched, kept, disc),
        "aim_type": Coded(kind, types),
        "result_type": where(matched, kind, types),
        "aim_family": Coded(kind, tuple(k[0] for k in KINDS)),
        "result_family": where(matched, kind, tuple(k[0] for k in KINDS)),
        "aim_level": levels,
        "result_level": np.where(matched, levels, -1),
        "grade": where(matched, grade, GRADES),
        "grade_words": where(matched, grade, WORDS),
        "passed": where(matched, (grade != GRADES.index("U")).astype(np.int8), ("F", "P")),
        "points": np.where(graded, points, -1),
        "result_source": Coded(source, SOURCES),
        "grade_source": Coded(np.where((source == 3) & later, -1, source), SOURCES),
        "result_school": np.where(matched, rows.attrs["school"], -1),
        "aim_outcome": Coded(np.where(matched, np.where(grade == 6, 1, 0), 2), ("1", "2", "3")),
        "version": Coded(np.zeros(len(rows), dtype=np.int8), ("A",)),
        "programme": where(census, np.zeros(len(rows), dtype=np.int8), ("01",)),
    }
