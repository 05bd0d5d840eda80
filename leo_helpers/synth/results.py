"""Draws of results that follow another result of the same row: marks, points, thresholds.

A level, a score or a grade is drawn once; its mark, its points and every flag that asks whether
it was reached read that column again, so that nothing in a row contradicts it.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..paths import data_dir
from .draws import DRAWS, Column, Values, dictionary_of, drawer, drop_missing, recode, rule_for
from .hashing import LANES, lane
from .luts import category_lut, quantile_lut, threshold
from .marginals import quantiles, rate, shares
from .rare import valid_codes
from .rows import Coded
from .spine import SHOWCASE

#: Marks by which two papers of one test lie above and below the pupil's usual mark, at most.
UNEVEN = 3
#: National Curriculum points of the levels that are no plain number; 4 is 27, 5 is 33 ...
POINTS = {"W": 3, "B": 3, "N": 3, "1": 9, "2C": 13, "2B": 15, "2A": 17, "4+": 27}


def other(c: Column, name: str) -> Values:
    """Another column of the same rows, drawn once and read by all that follow it."""
    if name not in c.rows.memo:
        variable = c.catalogue.variable(c.variable.table_id, name)
        rule = rule_for(variable)
        missing = 0.0 if rule.missing is None else rule.missing
        drawn = Column(c.ctx, c.rows, variable, c.catalogue, missing, c.number, rule.by)
        c.rows.memo[name] = DRAWS[rule.kind](drawn, rule.args)
    return c.rows.memo[name]


@cache
def _points(words: tuple[str, ...]) -> NDArray[np.int16]:
    """Points of each code, 0 for a letter that is no level, and last -1 for missing."""
    plain = (int(w) * 6 + 3 if w.isdigit() and w != "0" else 0 for w in words)
    return np.array([*(POINTS.get(w, p) for w, p in zip(words, plain, strict=True)), -1], np.int16)


def words_of(values: Values) -> tuple[tuple[str, ...], NDArray]:
    """Codes of a drawn column and the position of each row, -1 where it is missing."""
    words = tuple(map(str, values.dictionary.to_pylist()))
    data = values.data
    return words, data if values.valid is None else np.where(values.valid, data, -1)


def points_of(c: Column, name: str) -> NDArray:
    """National Curriculum points of a level, or a number as it is; -1 where there is none."""
    values = other(c, name)
    if values.dictionary is None:
        return values.data if values.valid is None else np.where(values.valid, values.data, -1)
    words, index = words_of(values)
    return _points(words)[index]


def _holds(c: Column, condition: str) -> NDArray[np.bool_]:
    """Rows where ``COLUMN>=number``, ``COLUMN<=number`` or ``COLUMN=code|code`` is true."""
    name, sign, value = re.fullmatch(r"(\w+)(>=|<=|=)(.+)", condition).groups()
    if sign == "=":
        words, index = words_of(other(c, name))
        return np.array([*(w in value.split("|") for w in words), False])[index]
    points = points_of(c, name)
    return points >= float(value) if sign == ">=" else (points > 0) & (points <= float(value))


@drawer("every")
def every(c: Column, args: tuple[str, ...]) -> Values:
    """``every;condition[;condition ...]``: one where all conditions on the row hold.

    A condition is ``KS2_MATLEV>=27`` (points of a level, or a number), ``...<=21`` or
    ``KS2_WRITTAOUTCOME=EXS|GDS``.
    """
    out = np.logical_and.reduce([_holds(c, a) for a in args]).astype(np.int8)
    return recode(c, Coded(out, ("0", "1"))) if c.variable.codelist else Values(out)


@drawer("points")
def points(c: Column, args: tuple[str, ...]) -> Values:
    """``points;level[;earlier]``: points of a level, as the highest listed code not above them.

    With ``earlier`` a result without a level shows points of an earlier key stage.
    """
    found = points_of(c, args[0])
    if not c.variable.codelist:
        return drop_missing(c, Values(found.astype(np.int32), found > 0))
    listed = sorted(int(k) for k in c.codes if k.isdigit())
    if "earlier" in args:
        before = np.array([k for k in listed if 0 < k < 21])
        found = np.where(found < 0, before[c.lane() * len(before) // LANES], found)
    place = np.searchsorted(listed, found, side="right") - 1
    return recode(c, Coded(place, tuple(map(str, listed))), exact=True)


@drawer("fine")
def fine(c: Column, args: tuple[str, ...]) -> Values:
    """``fine;level``: the level with one decimal, kept within the range of the catalogue."""
    found = points_of(c, args[0])
    level = (found - 3) // 6 * 10 + lane(c.rows.key, args[0], "part") * 10 // LANES
    low, high = (10 * v for v in c.variable.bounds or (1, 9))
    return drop_missing(c, Values(np.clip(level, low, high) / 10, found >= 9))


@drawer("same")
def same(c: Column, args: tuple[str, ...]) -> Values:
    """``same;column``: what another column of the row says, in this column's codes."""
    values = other(c, args[0])
    if values.dictionary is None:
        return Values(values.data, values.valid)
    words, index = words_of(values)
    return recode(c, Coded(index, words), exact=True)


@cache
def _follows(name: str) -> tuple[tuple[str, str], ...]:
    """Pattern and result of one map of ``follows.csv``, in file order."""
    with (data_dir() / "marginals" / "follows.csv").open(encoding="utf-8", newline="") as handle:
        return tuple((r["from"], r["to"]) for r in csv.DictReader(handle) if r["map"] == name)


@drawer("follow")
def follow(c: Column, args: tuple[str, ...]) -> Values:
    """``follow;column;map``: what another column of the row implies, as ``follows.csv`` says."""
    words, index = words_of(other(c, args[0]))
    to = [next((t for p, t in _follows(args[1]) if re.fullmatch(p, w)), None) for w in words]
    values = tuple(dict.fromkeys(filter(None, to)))
    place = np.array([*(values.index(t) if t else -1 for t in to), -1])[index]
    out = recode(c, Coded(place, values), exact=True)
    for year, a, b in c.rows.segments if c.variable.codelist else ():
        known = np.array([*valid_codes(c.catalogue, c.variable.codelist, year), False])
        out.valid[a:b] &= known[out.data[a:b]]
    return out


@drawer("within")
def within(c: Column, args: tuple[str, ...]) -> Values:
    """``within;column``: one of the list's codes under a broader code (4.1, 4.2 under 4)."""
    broad, index = words_of(other(c, args[0]))
    under = [[i for i, k in enumerate(c.codes) if w in (k, k.split(".")[0])] for w in broad]
    longest = max(map(len, under))
    table = np.array([[*(u * longest)[:longest]] or [-1] * longest for u in under])
    table = np.concatenate([table, np.full((1, longest), -1)])
    place = table[index, c.lane() * longest // LANES]
    return Values(place, place >= 0, dictionary_of(c.codes))


def _with_letters(c: Column, number: NDArray, level: str) -> Values:
    """Marks; where the level is a letter, the same letter, else nothing (N has a mark)."""
    words, index = words_of(other(c, level))
    listed = [*c.codes] if c.variable.codelist else []
    unknown = listed.index("_NV") if "_NV" in listed else -1
    marked = [w.isdigit() or w == "N" for w in words]
    spare = [listed.index(w) if w in listed else -1 for w in words]
    letter = [-2 if m else s for m, s in zip(marked, spare, strict=True)]
    place = np.array([*letter, unknown])[index]
    if not listed:
        return Values(number, place == -2)
    top = int(number.max(initial=0)) + 1
    out = np.where(place == -2, number, np.where(place >= 0, top + place, -1))
    return Values(out, out >= 0, pa.array([*map(str, range(top)), *listed], pa.string()))


@lru_cache(maxsize=300)
def _mark_lut(name: str, year: int, most: int) -> NDArray[np.int32]:
    spread = quantiles(name, year)
    full = round(spread[-1][1])
    return (quantile_lut(spread, 8 * most) + 4 * full) // (8 * full)


@drawer("mark")
def mark(c: Column, args: tuple[str, ...]) -> Values:
    """``mark;quantity;rank;level[;+ or -]``: a mark within the range, in line with the level."""
    most, rank = int(c.variable.bounds[1]), c.attr(args[1])
    number = np.empty(len(c.rows), dtype=np.int32)
    for year, a, b in c.rows.segments:
        number[a:b] = _mark_lut(args[0], year, most)[rank[a:b]]
    if args[3:]:  # two papers of one length share out the same marks unevenly
        step = lane(c.rows.key, args[2], "papers") * (2 * UNEVEN + 1) // LANES - UNEVEN
        room = np.minimum(number, most - number)
        number += (np.clip(step, -room, room) * (1 if args[3] == "+" else -1)).astype(np.int32)
    return boycotted(c, _with_letters(c, number, args[2]))


@drawer("adds")
def adds(c: Column, args: tuple[str, ...]) -> Values:
    """``adds;level;mark;mark ...``: the sum of the marks of the row's papers."""
    total = np.zeros(len(c.rows), dtype=np.int32)
    for name in args[1:]:
        words, index = words_of(other(c, name))
        total += np.array([*(int(w) if w.isdigit() else 0 for w in words), 0])[index]
    return boycotted(c, _with_letters(c, total, args[0]))


def boycotted(c: Column, values: Values) -> Values:
    """No marks where the school held no test in 2010."""
    boycott = c.attr("boycott")
    if boycott is not None:
        values.valid = ~boycott if values.valid is None else values.valid & ~boycott
    return values


@drawer("outcome")
def outcome(c: Column, args: tuple[str, ...]) -> Values:
    """``outcome;score;distribution``: AS from a scaled score of 100, NS below, else the reason."""
    score, codes = points_of(c, args[0]), list(c.codes)
    usual = category_lut([shares(args[1]).get(k, 0.0) for k in codes])[c.lane()]
    reasons = np.array([i for i, k in enumerate(codes) if k not in ("AS", "NS")])
    any_ = reasons[c.lane("reason") * len(reasons) // LANES]
    early = c.ctx.spine.person[c.rows.person] < SHOWCASE  # show every reason at least once
    result = np.where(score >= 100, codes.index("AS"), codes.index("NS"))
    found = np.where(score > 0, result, np.where(early, any_, usual))
    return Values(found, None, dictionary_of(c.codes))


# ---- counts and components at key stage 4 ------------------------------------------------------
@lru_cache(maxsize=600)
def count_lut(part: float, year: int) -> NDArray[np.int8]:
    """Passes at or above a grade by rank: five or more for the share of pupils with five.

    Part 1 stands for grade C (the share that reaches level 2), 2 for grade G (level 1).
    """
    good, all_ = rate("ks4_5ac", year), rate("ks4_level1", year)
    five = threshold(good * part if part <= 1 else good + (all_ - good) * (part - 1))
    rank = np.arange(LANES)
    above = 5 + np.maximum(rank - five, 0) * 5 // max(LANES - five, 1)
    return np.where(rank < five, rank * 5 // max(five, 1), above).astype(np.int8)


@drawer("count")
def count(c: Column, args: tuple[str, ...]) -> Values:
    """``count;part[;part]``: passes down to a grade, less those down to a better grade."""
    out = c.attr(f"count_{args[0]}")
    return drop_missing(c, Values(out - c.attr(f"count_{args[1]}") if len(args) > 1 else out))


def in_band(rank: NDArray, year: int, together: str, single: str, first: str = "") -> NDArray:
    """Which ranks pass a subject, as :func:`band` says."""
    both = rate(together, year)
    own = max(rate(single, year), both)
    skipped = max(rate(first, year), both) if first else both
    only = (rank < threshold(skipped)) & (rank >= threshold(skipped + own - both))
    return (rank >= threshold(both)) | only


@drawer("band")
def band(c: Column, args: tuple[str, ...]) -> Values:
    """``band;both;own[;first]``: a pass in one of two subjects, `both` the share with both.

    Those with the pass in this subject alone lie just below those with both, or, with the rate of
    the subject named `first`, just below those with that subject alone, so that two such flags are
    both one exactly in the rows of the measure for both.
    """
    rank, out = c.attr("rank"), np.zeros(len(c.rows), dtype=np.int8)
    for year, a, b in c.rows.segments:
        out[a:b] = in_band(rank[a:b], year, *args)
    return recode(c, Coded(out, ("0", "1"))) if c.variable.codelist else Values(out)


@drawer("slot")
def slot(c: Column, args: tuple[str, ...]) -> Values:
    """``slot;column;tenths``: a part of Attainment 8, in tenths of the whole."""
    whole = other(c, args[0])
    return Values(np.rint(whole.data * 10 * int(args[1])) / 100, whole.valid)


@drawer("sum")
def summed(c: Column, args: tuple[str, ...]) -> Values:
    """``sum;level;level ...[;mean]``: points of the levels together, or the mean of those held."""
    names = [a for a in args if a != "mean"]
    points = np.stack([np.maximum(points_of(c, name), 0) for name in names])
    total = points.sum(axis=0)
    if "mean" in args:
        known = (points > 0).sum(axis=0)
        mean = np.rint(total * 100 / np.maximum(known, 1)) / 100
        return drop_missing(c, Values(np.clip(mean, *(c.variable.bounds or (0, 99))), known > 0))
    if c.variable.type == "integer":
        total = total.astype(np.int32)
    if c.variable.bounds is not None:
        total = np.clip(total, *c.variable.bounds)
    return drop_missing(c, Values(total))


@drawer("first")
def first(c: Column, args: tuple[str, ...]) -> Values:
    """``first;condition;condition ...``: the number of the first that holds, or the next."""
    held = np.stack([_holds(c, a) for a in args] + [np.ones(len(c.rows), dtype=bool)])
    numbers = tuple(str(i + 1) for i in range(len(held)))
    return recode(c, Coded(held.argmax(axis=0), numbers))


@drawer("nth")
def nth(c: Column, args: tuple[str, ...]) -> Values:
    """``nth;attribute``: the code of the list at that position, round and round."""
    return recode(c, Coded(c.attr(args[0]) % len(c.codes), c.codes), exact=True)
