"""Rows of PLAMS: what school sixth formers study, and the results that were matched to it.

What is studied follows from the key stage 5 results: an A level there is an aim here, with that
grade. ``data/marginals/sixth_form_aims.csv`` names the subjects. Until a subject was reformed an AS
level of one year comes before an A level of one year; after that an A level takes two years.
"""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .exams import grades, qualifications
from .hashing import LANES, derive, lane
from .keystage5 import TABLE, counted, subject_of
from .luts import category_lut
from .rows import DAY, Coded, Context, Rows, build, column_of, date, repeat, rows_for, spread, stack
from .school import LAST_YEAR, census_attrs
from .spine import ROUTES, Spine

NOT_A_DAY = np.datetime64("NaT", "D")
#: Kinds of aim: title, code of the qualification type, level.
AS, A_LEVEL, BTEC, GCSE, PROJECT = range(5)
KINDS = (
    ("GCE AS level", "121", 3),
    ("GCE A level", "111", 3),
    ("BTEC level 3", "305", 3),
    ("GCSE", "310", 2),
    ("Extended Project", "101", 3),
)
#: Points of an A level to 2015 and from 2016; an AS level or a project has half of them.
POINTS = ({"A*": 300, "A": 270, "B": 240, "C": 210, "D": 180, "E": 150},
          {"A*": 60, "A": 50, "B": 40, "C": 30, "D": 20, "E": 10})  # fmt: skip
GRADES = ("A*", "A", "B", "C", "D", "E", "U", "DI", "M", "P")
WORDS = (*(f"Grade {grade}" for grade in GRADES[:6]), "Ungraded", "Distinction", "Merit", "Pass")
#: Kind of aim of each qualification of the key stage 5 results; the others are BTECs.
KIND_OF = {
    "a_level": A_LEVEL,
    "as_level": AS,
    "as_level_alone": AS,
    "extended_project": PROJECT,
}
#: Number of an entry that no student has among the results: its subject is free to be dropped.
SPARE = 6
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
def _reformed() -> NDArray[np.int64]:
    return np.array([int(s["reformed"]) for s in subjects()])


def _entries(ctx: Context, chosen: NDArray) -> tuple[NDArray, ...]:
    """Person, number, kind, subject and grade of the key stage 5 results of chosen people."""
    exams, kind, grade = counted(ctx)
    here = np.flatnonzero(chosen[exams.person])
    who = exams.person[here]
    starts = np.flatnonzero(np.diff(who, prepend=-1))
    number = np.arange(len(who)) - np.repeat(starts, np.diff([*starts, len(who)]))
    names = [KIND_OF.get(q.name, BTEC) for q in qualifications(TABLE)]
    same = {"*": "A*"}
    words = [same.get(w, w) for w in grades(TABLE)]
    words = [GRADES.index(w if w in GRADES else "U") for w in words]
    found = (
        who,
        number,
        np.array(names)[kind[here]],
        exams.attrs["subject"][here].astype(np.int64),
        np.array(words)[grade[here]],
    )
    without = np.ones(len(chosen), dtype=bool)
    without[who] = False
    return tuple(
        np.concatenate(pair)
        for pair in zip(found, _to_come(ctx, np.flatnonzero(chosen & without)), strict=True)
    )


def _to_come(ctx: Context, person: NDArray) -> tuple[NDArray, ...]:
    """Aims of those whose key stage 5 lies after the last year: three subjects, no grade yet."""
    which, number = repeat(np.full(len(person), 3))
    who = person[which]
    subject = subject_of(ctx.spine, who, number).astype(np.int64)
    return who, number, np.full(len(who), A_LEVEL), subject, np.zeros(len(who), dtype=np.int64)


def _beside(spine: Spine, person: NDArray, upper: NDArray) -> tuple[NDArray, ...]:
    """Aims without a key stage 5 result: one that is dropped, or a GCSE taken again (assumed)."""
    key = derive(spine.key[person], "beside", n=upper)
    drops = lane(key, "drops") < LANES * np.where(upper, 18, 36) // 100
    again = (
        ~upper & (spine.attainment("ks4")[person] < LANES // 2) & (lane(key, "again") < LANES // 3)
    )
    other = np.where(lane(key, "which") < LANES // 2, 0, 6)  # mathematics or English
    spare = subject_of(spine, person, np.full(len(person), SPARE)).astype(np.int64)
    kind = np.where(upper, A_LEVEL, AS)
    gcse = 2 + lane(key, "gcse") * 4 // LANES
    one, two = np.flatnonzero(drops), np.flatnonzero(again)
    leaves = 1 + (lane(key, "moves")[one] < LANES // 5)
    return tuple(
        np.concatenate(pair)
        for pair in (
            (person[one], person[two]),
            (np.full(len(one), 20), np.full(len(two), 21)),
            (kind[one], np.full(len(two), GCSE)),
            (spare[one], other[two]),
            (np.zeros(len(one), dtype=np.int64), gcse[two]),
            (leaves, np.zeros(len(two), dtype=np.int64)),
        )
    )


def _studied(ctx: Context, year: int) -> tuple[NDArray, ...]:
    """Person, number, kind, subject, grade, start, end planned and who leaves, of each aim."""
    spine, j = ctx.spine, column_of(year)
    nc = spine.nc_year[:, j]
    stay = spine.route == ROUTES.index("school_sixth_form")
    chosen = spine.enrolled[:, j] & stay & (nc >= 12)
    own = _entries(ctx, chosen)
    person = np.unique(own[0])
    more = _beside(spine, person, nc[person] == 13)
    parts = (*own, np.zeros(len(own[0]), dtype=np.int64))
    who, number, kind, subject, grade, leaves = (
        np.concatenate(pair) for pair in zip(parts, more, strict=True)
    )
    upper = nc[who] == 13
    linear = year - upper >= _reformed()[subject]
    first = ~upper & (kind == A_LEVEL) & ~linear  # before the reform Year 12 ends in an AS level
    step = lane(derive(spine.key[who], "as grade", n=number), "step") % 2
    grade = np.where(first, np.minimum(np.maximum(grade, 1) + step, GRADES.index("U")), grade)
    kind = np.where(first, AS, kind)
    kind = np.where((leaves > 0) & ~upper & linear, A_LEVEL, kind)
    keep = np.where(upper, kind != AS, kind != PROJECT)
    long = upper & ((kind == BTEC) | ((kind == A_LEVEL) & linear))
    short = (kind == AS) | (kind == GCSE)
    planned = np.where(upper | short, year, year + 1)
    out = (who, number, kind, subject, grade, year - 1 - long, planned, leaves)
    return tuple(x[keep] for x in out)


@rows_for("plams")
def post16_aims(ctx: Context) -> Rows:
    """Learning aims of school sixth formers; some reach the table only as a result."""
    year = min(ctx.year, LAST_YEAR)
    who, number, kind, subject, grade, begun, planned, leaves = _studied(ctx, year)
    rows = build(ctx, who, ctx.year, number, **census_attrs(ctx, who, year, "aut"))
    gone, moved = leaves == 1, leaves == 2
    over = planned == year
    end = np.where(
        gone | moved, date(year, 1, 10) + spread(rows.key, "end", 120), date(year, 6, 25)
    )
    state = np.select([gone, moved, over], [2, 3, 1], 0)
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
