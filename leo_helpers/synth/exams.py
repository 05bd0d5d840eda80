"""Exam results at 16 and 18: the qualification, then a grade of its scale, then its points."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .draws import Column, Values, drawer, recode
from .hashing import lane
from .luts import category_lut
from .marginals import shares
from .rows import Coded, Rows

#: The first subjects of every pupil (English, maths, science) are always GCSEs.
CORE = 3
#: Grades that give the level 2 and the level 1 threshold.
LEVEL = {
    2: {"A*", "A", "B", "C", "**", "AA", "BB", "CC", "9", "8", "7", "6", "5", "4"}
    | {"DI", "M", "P", "ME", "PA"},
    1: {"D", "E", "F", "G", "DD", "EE", "FF", "GG", "3", "2", "1"},
}
#: Grades that pass at level 3; a whole A level gives half of the threshold.
LEVEL3 = {"*", "A", "B", "C", "D", "E", "DI", "M", "P"}


@dataclass(frozen=True)
class Qualification:
    """One line of ``qualifications.csv``."""

    name: str
    code: str
    first: int
    last: int
    share: float
    grades: str
    size: float


@cache
def qualifications(table: str) -> tuple[Qualification, ...]:
    """The qualifications of an exam table, the usual one first."""
    with (data_dir() / "marginals" / "qualifications.csv").open(encoding="utf-8") as handle:
        return tuple(
            Qualification(
                r["qualification"],
                r["code"],
                int(r["first_year"]),
                int(r["last_year"]),
                float(r["share"]),
                r["grades"],
                float(r["size"]),
            )
            for r in csv.DictReader(handle)
            if r["table_id"] == table
        )


@cache
def grades(table: str) -> tuple[str, ...]:
    """All grades of a table's qualifications."""
    words: dict[str, None] = {}
    for q in qualifications(table):
        for year in range(q.first, q.last + 1):
            words.update(dict.fromkeys(shares(q.grades, year)))
    return tuple(words)


@cache
def _kind_lut(table: str, year: int) -> NDArray:
    offered = [q.share * (q.first <= year <= q.last) for q in qualifications(table)]
    return category_lut(offered)


@cache
def _grade_lut(table: str, kind: int, year: int) -> NDArray:
    """Grade by rank; distributions list the best grade first."""
    given, words = shares(qualifications(table)[kind].grades, year), grades(table)
    best_last = list(given)[::-1]
    position = np.array([words.index(w) for w in best_last], dtype=np.int8)
    return position[category_lut([given[w] for w in best_last])]


def kinds_of(rows: Rows, table: str) -> NDArray[np.int8]:
    """Position of the qualification of each row; ``forced`` rows (not -1) have theirs already.

    A re-sit is of the qualification that was first taken: both rows have one ``entry``.
    """
    kind = np.empty(len(rows), dtype=np.int8)
    u = lane(rows.attrs["entry"], "qualification")
    core = (rows.attrs["subject"] < CORE) & (table == "ks4_exam")
    for year, a, b in rows.segments:
        lut = _kind_lut(table, year)
        kind[a:b] = np.where(core[a:b], lut[0], lut[u[a:b]])
    forced = rows.attrs.get("forced")
    return kind if forced is None else np.where(forced >= 0, forced, kind).astype(np.int8)


@cache
def passes_from(table: str, kind: int, year: int) -> int:
    """First rank that passes at level 2 in a qualification of the year."""
    good = np.array([w in LEVEL[2] for w in grades(table)])
    return int(np.argmax(good[_grade_lut(table, kind, year)]))


def results_of(rows: Rows, table: str) -> tuple[NDArray, NDArray]:
    """Position of the qualification and of the grade of each row."""
    if "results" not in rows.memo:
        kind, rank = kinds_of(rows, table), rows.attrs["rank"]
        grade = np.empty(len(rows), dtype=np.int8)
        for year, a, b in rows.segments:
            luts = [_grade_lut(table, i, year) for i in range(len(qualifications(table)))]
            grade[a:b] = np.stack(luts)[kind[a:b], rank[a:b]]
        rows.memo["results"] = kind, grade
    return rows.memo["results"]


def points_of_results(rows: Rows, table: str, scale: str) -> NDArray[np.float64]:
    """Points of each row's grade for a whole qualification, by the scale of its year."""
    grade = results_of(rows, table)[1]
    points = np.empty(len(grade), dtype=np.float64)
    for year, a, b in rows.segments:
        points[a:b] = _points(table, scale, year)[grade[a:b]]
    return points


@cache
def _points(table: str, scale: str, year: int) -> NDArray:
    """Points of each grade for a whole qualification; figures stand for themselves."""
    listed = {}
    with (data_dir() / "marginals" / "grade_points.csv").open(encoding="utf-8") as handle:
        for r in csv.DictReader(handle):
            if r["scale"] == scale and int(r["first_year"]) <= year <= int(r["last_year"]):
                listed[r["grade"]] = float(r["points"])
    singles = (w[0] if len(w) == 2 and w[0] == w[1] else w for w in grades(table))
    singles = ("*" if w == "A*" else w for w in singles)
    return np.array([float(w) if w.isdigit() else listed.get(w, 0.0) for w in singles])


@drawer("exam")
def exam(c: Column, args: tuple[str, ...]) -> Values:
    """``exam;code|grade|size|level1|level2|level3``, ``exam;points;scale``, ``exam;most;n``."""
    table = c.variable.table_id
    kind, grade = results_of(c.rows, table)
    all_kinds, words = qualifications(table), grades(table)
    if args[0] == "code":
        return recode(c, Coded(kind, tuple(q.code for q in all_kinds)), exact=True)
    if args[0] == "grade":
        return recode(c, Coded(grade, words), exact=True)
    size = np.array([q.size for q in all_kinds])[kind]
    if args[0] == "size":
        return Values(size if c.variable.type == "number" else size.astype(np.int32))
    if args[0] == "level3":
        passed = np.array([w in LEVEL3 for w in words])[grade]
        return Values(np.rint(size * passed * 50) / 100)
    if args[0].startswith("level"):
        passing = set().union(*(LEVEL[n] for n in LEVEL if n >= int(args[0][-1])))
        passed = np.array([w in passing for w in words])[grade]
        return Values(np.rint(size * passed * 20) / 100)
    if args[0] == "most":
        return Values(size * float(args[1]))
    points = points_of_results(c.rows, table, args[1])
    return Values(points * (1 if args[1] == "attainment8" else size))
