"""Key stage 5: the exam results of a student, and the student's totals added up from them."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .draws import Column, Values, drawer, drop_missing, recode
from .exams import grades, points_of_results, qualifications, results_of
from .hashing import LANES, derive, lane
from .keystages import entry_rows, ks5_rank, pupils, resits
from .luts import category_lut, quantile_lut
from .marginals import quantiles, shares
from .results import count_lut, other
from .rows import Coded, Context, Rows, repeat, rows_for
from .spine import Spine

TABLE = "ks5_exam"
#: First year END in which a student has a row for each reporting level.
FIRST_LEVELS = 2017
#: Qualifications by kind of route.
ROUTES = {
    "ga": ("a_level",),
    "gas": ("as_level", "as_level_alone"),
    "ep": ("extended_project",),
    "alev": ("a_level", "as_level", "as_level_alone"),
    "acad": ("a_level", "as_level", "as_level_alone", "extended_project"),
    "voc": ("national_certificate", "national_extended"),
    "all": tuple(q.name for q in qualifications(TABLE)),
}
#: Results that reach level 3.
PASSES = ("*", "A", "B", "C", "D", "E", "DI", "M", "P")
#: Results at key stage 4 that prior attainment counts: the best eight (assumed).
PRIOR = 8


@cache
def subjects() -> tuple[tuple[str, float, bool], ...]:
    """Column ending, share of entries and whether it is a facilitating subject, by number."""
    with (data_dir() / "marginals" / "ks5_subjects.csv").open(encoding="utf-8") as handle:
        return tuple(
            (r["column"], float(r["weight"]), r["facilitating"] == "1")
            for r in csv.DictReader(handle)
        )


@cache
def _subject_lut() -> NDArray[np.int8]:
    return category_lut([weight for _, weight, _ in subjects()])


def subject_of(spine: Spine, person: NDArray, occurrence: NDArray) -> NDArray:
    """Subject of each entry of a person, as a number in :func:`subjects`: seven different ones."""
    first = lane(derive(spine.key[person], "ks5", "subjects"), "first")
    return _subject_lut()[(first + occurrence * (LANES // 7)) % LANES]


def _number_of_entries(rows: Rows) -> NDArray[np.int64]:
    """How many entries each student has."""
    u, out = lane(rows.key, "entries"), np.empty(len(rows), dtype=np.int64)
    for year, a, b in rows.segments:
        given = shares("ks5_entries", year)
        out[a:b] = np.array([int(n) for n in given])[category_lut(list(given.values()))[u[a:b]]]
    return out


@rows_for("ks5_exam")
def ks5_exam(ctx: Context) -> Rows:
    """One row a result; a student's subjects differ, and a re-sit repeats one of them."""
    rows = pupils(replace(ctx, table="ks5"), "ks5", "")
    which, occurrence = repeat(_number_of_entries(rows))
    out = rows.take(which)
    out.attrs["subject"] = subject_of(ctx.spine, out.person, occurrence)
    entry_rows(out, "ks5", occurrence, out.attrs["rank"])
    return resits(ctx, out)


@rows_for("ks5_student")
def ks5_student(ctx: Context) -> Rows:
    """Students with their totals: from 2017 a row for each reporting level."""
    rows = pupils(replace(ctx, table="ks5"), "ks5", "provider_move")
    rows.attrs |= _totals(ctx, rows)
    rows.attrs |= _prior(ctx.spine, rows)
    u = lane(rows.key, "levels")
    third = (u < LANES // 4).astype(int)  # at a third level: authority, maintained, consortium
    levels = np.where(rows.attrs["discounted"] == 1, 1, 2 + third)  # one national row a student
    which, occurrence = repeat(np.where(rows.year >= FIRST_LEVELS, levels, 1))
    out = rows.take(which)
    out.key = derive(out.key, "rectype", n=occurrence)
    out.attrs["rectype"] = np.where(occurrence == 2, 2 + u[which] % 3, occurrence)
    return out


def _exams(ctx: Context) -> tuple[Rows, NDArray, NDArray]:
    """Results that count, with the position of the qualification and of the grade."""
    rows = ks5_exam(replace(ctx, faults={}))  # a re-sit changes nothing that counts
    return (rows, *results_of(rows, TABLE))


def counted(ctx: Context) -> tuple[Rows, NDArray, NDArray]:
    """Results that count of everybody in the block, with qualification and grade; made once."""
    return ctx.spine.once("ks5 results", lambda: _exams(ctx))


def _totals(ctx: Context, rows: Rows) -> dict[str, NDArray]:
    """Entries, sizes (in halves), points and passes of each student, by route."""
    exams, kind, grade = counted(ctx)
    words, kinds = np.array(grades(TABLE)), qualifications(TABLE)
    names, size = np.array([q.name for q in kinds])[kind], np.array([q.size for q in kinds])[kind]
    half, got = np.rint(size * 2).astype(int), words[grade]
    points = np.rint(points_of_results(exams, TABLE, "qca") * size).astype(int)
    passed, top, good = np.isin(got, PASSES), np.isin(got, ("*", "A")), got == "B"
    ga = names == "a_level"
    helpful = np.array([f for _, _, f in subjects()])[exams.attrs["subject"]]

    def add(chosen: NDArray, what: NDArray | int = 1) -> NDArray:
        worth = np.broadcast_to(what, chosen.shape) * chosen
        return np.bincount(exams.person, worth, len(ctx.spine)).astype(np.int64)[rows.person]

    out: dict[str, NDArray] = {"pass_ga": add(ga & passed), "a_ga": add(ga & top)}
    out |= {"b_ga": add(ga & good), "a_fac": add(ga & top & helpful)}
    out["b_fac"] = add(ga & good & helpful)
    for route, members in ROUTES.items():
        inside = np.isin(names, members)
        out[f"n_{route}"], out[f"size_{route}"] = add(inside), add(inside, half)
        out[f"pts_{route}"], out[f"pass_{route}_2"] = (
            add(inside, points),
            add(inside & passed, half),
        )
        for n in (1, 2, 3):
            out[f"p{n}_{route}"] = (out[f"pass_{route}_2"] >= 2 * n).astype(np.int8)
    out["best3"] = add(_best(exams.person, np.where(ga, points, -1), 3) & ga, points)
    return out | _derived(out)


def _best(person: NDArray, points: NDArray, number: int) -> NDArray[np.bool_]:
    """Which results are among the `number` best of their person."""
    order = np.lexsort((-points, person))
    place = np.arange(len(person))
    starts = np.flatnonzero(np.diff(person[order], prepend=-1))
    within = place - np.repeat(starts, np.diff([*starts, len(person)]))
    chosen = np.empty(len(person), dtype=bool)
    chosen[order] = within < number
    return chosen


def _derived(t: dict[str, NDArray]) -> dict[str, NDArray]:
    """Flags and shares that follow from the totals."""
    mostly = t["size_voc"] > t["size_acad"]
    whole = np.maximum(t["size_all"], 1)
    most = 300 * t["size_all"] // 2
    flags = {
        "in_best3": (t["n_ga"] >= 3) | ((t["n_ga"] >= 1) & (t["n_voc"] == 0)),
        "aab": (t["a_ga"] >= 2) & (t["a_ga"] + t["b_ga"] >= 3),
        "aab_fac": (t["a_fac"] >= 2) & (t["a_fac"] + t["b_fac"] >= 3),
        "acad": t["size_acad"] >= 2,
        "ep_passed": t["pass_ep_2"] >= 1,
        "voc": t["size_voc"] >= 2,
        "p2_alevel_route": (t["p2_all"] == 1) & ~mostly,
        "p2_btec_route": (t["p2_all"] == 1) & mostly,
    }
    two = (t["a_fac"] + t["b_fac"] >= 2) & flags["aab"]
    out = {name: held.astype(np.int8) for name, held in (flags | {"aab_two": two}).items()}
    shares = {f"share_{r}": 1000 * t[f"size_{r}"] // whole for r in ("alev", "acad", "voc")}
    return out | shares | {"most_points": most, "route": Coded(mostly.astype(np.int8), ("5", "3"))}


def _prior(spine: Spine, rows: Rows) -> dict[str, NDArray]:
    """Prior attainment from the pupil's key stage 4, and points predicted from it."""
    rank = spine.attainment("ks4")[rows.person]
    among = ks5_rank(rank, rows.year)
    before = np.zeros(len(rows), dtype=np.int64)
    tops, per_size = before.copy(), before.copy()
    for year, a, b in rows.segments:
        ks4 = max(year - 2, 2004)
        before[a:b] = (quantile_lut(quantiles("ptscnewe", ks4), 8)[rank[a:b]] + 4) // 8
        tops[a:b] = count_lut(0.25, ks4)[rank[a:b]]
        given = quantiles("ks5_points", year, measure="per_entry")
        per_size[a:b] = quantile_lut(given)[among[a:b]]
    gap = {s: lane(rows.key, s, "gap") * 121 // LANES - 60 for s in ("english", "maths")}
    predicted = per_size * rows.attrs["size_all"] // 2
    return {
        "prior_points": before,
        "prior_volume": np.full(len(rows), PRIOR),
        "prior_mean_10": before * 10 // PRIOR,
        "prior_english_10": before * 10 // PRIOR + gap["english"],
        "prior_maths_10": before * 10 // PRIOR + gap["maths"],
        "english_gap_10": gap["english"],
        "maths_gap_10": gap["maths"],
        "prior_tops": tops.astype(np.int64),
        "predicted": predicted,
        "value_added": rows.attrs["pts_all"] - predicted,
    }


@drawer("subject_grade")
def subject_grade(c: Column, args: tuple[str, ...]) -> Values:
    """``subject_grade;ga|gas``: the grade in the subject that the column is named after."""
    exams, kind, grade = counted(c.ctx)
    numbers = {column: n for n, (column, _, _) in enumerate(subjects())}
    number = numbers.get(c.variable.name.split("_", 2)[2], -1)
    wanted = np.array([q.name in ROUTES[args[0]] for q in qualifications(TABLE)])
    here = np.flatnonzero(exams.attrs["subject"] == number)
    here = here[wanted[kind[here]]]
    index = np.full(len(c.ctx.spine), -1)
    index[exams.person[here]] = grade[here]
    words = tuple("A" if w == "*" else w for w in grades(TABLE))  # the list of the form ends at A
    return recode(c, Coded(index[c.rows.person], words), exact=True)


@drawer("held")
def held(c: Column, args: tuple[str, ...]) -> Values:
    """``held;prefix[;grade|grade]``: how many columns of that prefix hold a grade (of these)."""
    total = np.zeros(len(c.rows), dtype=np.int32)
    for variable in c.catalogue.variables(c.variable.table_id):
        if not variable.name.startswith(args[0]):
            continue
        values, known = other(c, variable.name), np.isin(c.rows.year, variable.years)
        words = values.dictionary.to_pylist()
        wanted = args[1].split("|") if len(args) > 1 else words
        counted = np.array([*(w in wanted for w in words), False])
        valid = known if values.valid is None else known & values.valid
        total += counted[np.where(valid, values.data, -1)]
    return drop_missing(c, Values(total))
