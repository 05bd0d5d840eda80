"""Courses at university: who follows which, where, in what and from when to when.

A course of one person at one provider is an *instance*. What it leads to, how it is studied, its
subject and its length come from ``data/marginals/courses.csv`` and ``subjects.csv`` once, when it
begins, so that each year's row of it says the same.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .hashing import LANES, U64, derive, lane
from .luts import category_lut
from .marginals import shares
from .spine import SHOWCASE, Spine

#: Universities, numbered by region in the order of PROVIDER_REGIONS (assumed).
PROVIDER_REGIONS = ("A", "B", "D", "E", "F", "G", "H", "J", "K", "W", "X", "Y")
_PROVIDERS = (6, 16, 12, 9, 13, 11, 38, 20, 14, 9, 9, 3)
REGION_OF = np.repeat(np.arange(12), _PROVIDERS)
#: Every eighth person takes one short course as an adult; the first people take each kind in turn.
SHORT_EVERY, SHORT_IS = 8, 3
#: Parts of a course: all of it, before and after a move to another provider, first stage, top-up.
WHOLE, BEFORE, AFTER, STAGE, TOP_UP = range(5)
FULL, SANDWICH, ABROAD, BREAK, PART, PART_BREAK, RESEARCH, PART_RESEARCH, FURTHER = range(9)
MODES = (
    *("full", "sandwich", "abroad", "break", "part", "part_break", "research", "part_research"),
    "further",
)


@cache
def courses() -> dict[str, list[dict[str, str]]]:
    """Lines of ``courses.csv`` by the group of people they are for, with their number."""
    out: dict[str, list[dict[str, str]]] = {}
    for number, line in enumerate(_read("courses.csv")):
        out.setdefault(line["group"], []).append(line | {"number": str(number)})
    return out


@cache
def course_column(name: str) -> tuple[str, ...]:
    """One column of ``courses.csv``, all lines in order."""
    return tuple(line[name] for line in _read("courses.csv"))


@cache
def subjects() -> tuple[dict[str, str], ...]:
    """Lines of ``subjects.csv``."""
    return tuple(_read("subjects.csv"))


def _read(file: str) -> list[dict[str, str]]:
    with (data_dir() / "marginals" / file).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def subject_lut(showcase: bool) -> NDArray:
    """Subject by lane; the first people study each one often enough for it to be seen."""
    groups = shares("he_subject_jacs")
    given = [groups[s["group"]] * float(s["share"]) for s in subjects()]
    return category_lut([max(g, 0.016) for g in given] if showcase else given)


@dataclass
class Instances:
    """Instances of a block of people, one entry each.

    ``first`` and ``last`` are the END years of its first and last row, ``line`` its line of
    ``courses.csv``, ``ahead`` the years of the course that were done elsewhere, ``done`` whether
    the qualification is gained in the last year, ``place`` and ``subject`` numbers of the provider
    and the subject, ``key`` what every row of it shares.
    """

    person: NDArray
    first: NDArray
    last: NDArray
    line: NDArray
    mode: NDArray
    part: NDArray
    ahead: NDArray
    done: NDArray
    place: NDArray
    subject: NDArray
    key: U64

    def take(self, rows: NDArray) -> Instances:
        """The chosen entries."""
        return Instances(*(getattr(self, f.name)[rows] for f in fields(self)))


def instances(spine: Spine) -> Instances:
    """Every instance of the block; made once, read by students and applications."""
    return spine.once("instances", lambda: _instances(spine))


def _instances(spine: Spine) -> Instances:
    parts = [*_degrees(spine), _after(spine), _short(spine)]
    return Instances(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Instances))
    )


def _chosen(group: str, u: NDArray) -> NDArray:
    """Line of ``courses.csv`` for each lane of a group of people."""
    lines = courses()[group]
    at = np.array([int(line["number"]) for line in lines])
    return at[category_lut([float(line["share"]) for line in lines])[u]]


def _mode(line: NDArray) -> NDArray:
    names = [MODES.index(m) if m in MODES else FULL for m in course_column("mode")]
    return np.array(names)[line]


def home_region(spine: Spine, person: NDArray) -> NDArray:
    """Region of the home, by its place in PROVIDER_REGIONS."""
    return spine.region[person].astype(np.int64)


def provider_near(key: U64, region: NDArray) -> NDArray[np.int64]:
    """A provider: one of the home region for about half, else any."""
    low = np.concatenate([[0], np.cumsum(_PROVIDERS)[:-1]])[region]
    near = low + lane(key, "near") * np.array(_PROVIDERS)[region] // LANES
    anywhere = lane(key, "anywhere") * len(REGION_OF) // LANES
    return np.where(lane(key, "stays") < LANES * 45 // 100, near, anywhere).astype(np.int64)


def _subject(spine: Spine, person: NDArray, key: U64) -> NDArray:
    u = lane(key, "subject")
    early = spine.person[person] < SHOWCASE
    return np.where(early, subject_lut(True)[u], subject_lut(False)[u]).astype(np.int64)


def _make(spine: Spine, person, first, last, line, group: str, done) -> Instances:
    """Whole instances with a key, a provider and a subject of their own."""
    key = derive(spine.key[person], "course " + group, n=first)
    zero = np.zeros(len(person), dtype=np.int64)
    region = home_region(spine, person)
    return Instances(
        *(person, first, last, line, _mode(line), zero, zero, done),
        *(provider_near(key, region), _subject(spine, person, key), key),
    )


def _degrees(spine: Spine) -> list[Instances]:
    """The course after school; some move to another provider, some top up a shorter course."""
    person = np.flatnonzero(spine.he_entry > 0)
    first, length = spine.he_entry[person], spine.he_years[person]
    u = spine.rank("course")[person]
    by_length = [_chosen(group, u) for group in ("left", "three", "four")]
    line = np.select([length == 1, length == 3], by_length[:2], by_length[2])
    whole_year = (length == 1) & (np.array(course_column("years"))[line] == "1")
    done = spine.graduated[person] | whole_year
    whole = _make(spine, person, first, first + length - 1, line, "degree", done)
    topped = np.array(course_column("mode"))[line] == "top_up"
    moves = ~topped & (whole.mode == FULL) & (length >= 3) & (lane(whole.key, "moves") < 2600)
    return [whole.take(~topped & ~moves), *_two(whole, topped, 2, TOP_UP), *_two(whole, moves)]


def _two(whole: Instances, which: NDArray, years: int = 1, after: int = AFTER) -> list[Instances]:
    """The two instances of those who go on elsewhere, or with another course, after some years."""
    one, two = whole.take(which), whole.take(which)
    topping = after == TOP_UP
    one.last, one.part = one.first + years - 1, np.full_like(one.part, STAGE if topping else BEFORE)
    one.done = np.full_like(one.done, topping)
    two.first, two.ahead = two.first + years, np.full_like(two.ahead, years)
    two.part, two.key = np.full_like(two.part, after), derive(two.key, "second")
    if topping:  # the shorter course leads on to the last year of an honours degree
        two.line = np.full_like(two.line, int(courses()["three"][0]["number"]))
    other = provider_near(two.key, REGION_OF[two.place])
    stays = topping & (lane(two.key, "same place") < LANES * 70 // 100)
    other = np.where(other == two.place, (other + 1) % len(REGION_OF), other)
    two.place = np.where(stays, two.place, other)
    return [one, two]


def _after(spine: Spine) -> Instances:
    """A course after the first degree, begun up to two years after it."""
    gap = 1 + spine.rank("pg_gap") * 3 // LANES
    wanted = spine.graduated & (spine.rank("postgraduate") < LANES * 18 // 100)
    person = np.flatnonzero(wanted)
    first = (spine.he_entry + spine.he_years - 1 + gap)[person]
    line = _chosen("post", lane(derive(spine.key[person], "post"), "line"))
    last = first + np.array(course_column("years"), dtype=np.int64)[line] - 1
    done = lane(derive(spine.key[person], "post"), "done") < LANES * 92 // 100
    return _make(spine, person, first, last, line, "post", done)


def _short(spine: Spine) -> Instances:
    """A short course for adults, most in one year; one in six is left off and lies dormant."""
    person = np.flatnonzero(spine.person % SHORT_EVERY == SHORT_IS)
    key = derive(spine.key[person], "short")
    lines = np.array([int(line["number"]) for line in courses()["short"]])
    turn = spine.person[person] // SHORT_EVERY
    turn = np.where(spine.person[person] < SHOWCASE, turn, lane(key, "line")) % len(lines)
    line = lines[turn]
    graduate = np.isin(np.array(course_column("level"))[line], ("1", "2", "3"))
    cohort = spine.cohort[person].astype(np.int64)
    start = cohort + 22 + np.where(graduate, 2, 0)  # the year in which they are 20 or 22
    room = np.clip(2021 - start, 1, np.where(graduate, 8, 10))
    first = start + lane(key, "begins") * room // LANES
    done = lane(key, "dormant") >= LANES // 6
    return _make(spine, person, first, first + ~done, line, "short", done)


def entrance(spine: Spine) -> tuple[NDArray, NDArray, NDArray]:
    """Year of the first row, provider and subject of each person's course after school, 0 if none.

    The arrays have one entry a person; they are what an accepted application agrees with.
    """
    found = instances(spine)
    degree = np.isin(
        found.line, [int(x["number"]) for g in ("left", "three", "four") for x in courses()[g]]
    )
    at = np.flatnonzero(degree & np.isin(found.part, (WHOLE, BEFORE, STAGE)))
    out = [np.zeros(len(spine), dtype=np.int64) for _ in range(3)]
    for array, values in zip(out, (found.first, found.place, found.subject), strict=True):
        array[found.person[at]] = values[at]
    return out[0], out[1], out[2]


def yearly(found: Instances, year: int) -> tuple[Instances, NDArray, NDArray]:
    """Instances with a row in the year, the years they have run before it, and the last one's year.

    An instance that was left for another provider keeps a dormant row there for one more year in
    about a third of cases.
    """
    stays = (found.part == BEFORE) & (lane(found.key, "still listed") < LANES // 3)
    rows = np.flatnonzero((found.first <= year) & (year <= found.last + stays))
    return found.take(rows), year - found.first[rows], (found.last + stays)[rows]
