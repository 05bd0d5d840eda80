"""Key stages 1 to 3 in subjects: ranks of tests and teachers, and what a later stage copies.

A pupil is not equally good at everything, a teacher's judgement is not the test, and the younger
children of a year are behind. Ranks of subjects come from the person and the stage alone, so that
key stage 2 can show the very levels that stand in the key stage 1 table.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .draws import DRAWS, Column, Values, categories, drawer, drop_missing, recode
from .hashing import LANES, derive, lane
from .keystages import STAGES, at_stage, stage_attrs
from .luts import blend
from .marginals import shares
from .people import ATTRIBUTES
from .recode import code_positions
from .results import boycotted, other, points_of, words_of
from .rows import Coded, Rows, build
from .spine import Spine

#: Eighths of a subject's rank that are the pupil's rank at the stage (assumed: results in two
#: subjects go together with a correlation near 0.7), and of a teacher's that are the test's.
SUBJECT, TEACHER = 5, 6
SUBJECTS = ("english", "maths", "science", "gps", "speaking")
#: Reading and writing lie this far from English on either side, at most (assumed).
APART = LANES // 6


def subject_rank(spine: Spine, rows: Rows, subject: str) -> NDArray[np.intp]:
    """Rank in a subject's test at the stage that the row's year is the end of."""
    if (known := f"rank_{subject}") not in rows.memo:
        stage = rows.year.astype(np.int64) - spine.cohort[rows.person]
        key = derive(spine.key[rows.person], "subject", n=stage)
        if subject in ("reading", "writing"):
            step = (lane(key, "reading") - LANES // 2) * 2 * APART // LANES
            rank = subject_rank(spine, rows, "english")
            rank = np.abs(rank + (step if subject == "reading" else -step))
            found = np.minimum(rank, 2 * (LANES - 1) - rank)  # mirrored at both ends: still even
        else:
            found = blend(rows.attrs["rank"], lane(key, subject), SUBJECT)
        rows.memo[known] = found
    return rows.memo[known]


def teacher_rank(spine: Spine, rows: Rows, subject: str) -> NDArray[np.intp]:
    """Rank in the teacher's judgement of a subject."""
    key = derive(spine.key[rows.person], "teacher", n=rows.year.astype(np.int64))
    return blend(subject_rank(spine, rows, subject), lane(key, subject), TEACHER)


for _subject in (*SUBJECTS, "reading", "writing"):
    ATTRIBUTES[f"test_{_subject}"] = lambda s, r, subject=_subject: subject_rank(s, r, subject)
    ATTRIBUTES[f"teacher_{_subject}"] = lambda s, r, subject=_subject: teacher_rank(s, r, subject)


@drawer("test")
def test(c: Column, args: tuple[str, ...]) -> Values:
    """``test;distribution;rank``: as ``share``, but nothing where the school held no test."""
    return boycotted(c, DRAWS["share"](c, args))


@drawer("known")
def known(c: Column, args: tuple[str, ...]) -> Values:
    """``known;column[;column ...]``: one where all these columns of the row have a value."""
    found = np.ones(len(c.rows), dtype=np.int8)
    for name in args:
        values = other(c, name)
        found &= 1 if values.valid is None else values.valid
    return recode(c, Coded(found, ("0", "1")))


@drawer("tier")
def tier(c: Column, args: tuple[str, ...]) -> Values:
    """``tier;level;code=low-high;...``: a paper on which the level can be reached, else its letter.

    Where several papers lead to a level, each is as likely; what has no paper (N) gets the first.
    """
    words, index = words_of(other(c, args[0]))
    papers = {
        code: set(range(int(low), int(high) + 1)) for code, low, high in map(_paper, args[1:])
    }
    options = []
    for word in words:
        fit = [p for p, levels in papers.items() if word.isdigit() and int(word) in levels]
        none = [next(iter(papers))] if word.isdigit() or word == "N" else [word]
        options.append(fit or none)
    said = tuple(dict.fromkeys(code for found in options for code in found))
    turns = range(12)  # divides evenly among up to four papers
    table = np.array([*([said.index(f[k % len(f)]) for k in turns] for f in options), [-1] * 12])
    return drop_missing(c, recode(c, Coded(table[index, c.lane() * 12 // LANES], said)))


def _paper(text: str) -> tuple[str, str, str]:
    """Code, lowest and highest level of a paper."""
    code, levels = text.split("=")
    return (code, *levels.split("-"))


@drawer("copy")
def copied(c: Column, args: tuple[str, ...]) -> Values:
    """``copy;column``: what another column says; the list's further codes now and then."""
    words, index = words_of(other(c, args[0]))
    return drop_missing(c, recode(c, Coded(index, words)))


@drawer("renamed")
def renamed(c: Column, args: tuple[str, ...]) -> Values:
    """``renamed;distribution;rank;old=new[;old=new ...]``: as ``share``, under other codes."""
    to = dict(pair.split("=") for pair in args[2:])

    def source(year: int) -> dict[str, float]:
        found: dict[str, float] = {}
        for code, part in shares(args[0], year).items():
            found[to.get(code, code)] = found.get(to.get(code, code), 0.0) + part
        return code_positions(c.catalogue, c.variable, tuple(found), found)

    return categories(c, source, c.attr(args[1]))


@drawer("between")
def between(c: Column, args: tuple[str, ...]) -> Values:
    """``between;level;level``: mean points of two levels as a code of the list."""
    found = _points(c, args)
    words = tuple(map(str, range(40)))
    return recode(c, Coded(np.where(np.isnan(found), -1, np.nan_to_num(found)).astype(int), words))


@drawer("below")
def below(c: Column, args: tuple[str, ...]) -> Values:
    """``below;level[;none]``: a P scale where the level is a letter (or missing, with ``none``)."""
    words, index = words_of(other(c, args[0]))
    letter = np.array([*(not w[:1].isdigit() for w in words), "none" in args])[index]
    place = c.lane("scale") * len(c.codes) // LANES
    return recode(c, Coded(np.where(letter, place, -1), c.codes), exact=True)


# ---- what a later stage shows of an earlier one ------------------------------------------------
TABLES = {"KS1": ("ks1", "ks1"), "KS2": ("ks2", "ks2_pupil")}


def _earlier(c: Column, prefix: str) -> Column:
    """A column of an earlier stage's table, over the people of these rows."""
    stage, table = TABLES[prefix]
    if table not in c.rows.memo:
        ctx, person = replace(c.ctx, table=table), c.rows.person
        year = ctx.spine.cohort[person].astype(np.int64) + STAGES[stage][0]
        rows = build(ctx, person, year, **stage_attrs(ctx.spine, stage, person, year))
        first = next(iter(c.catalogue.variables(table)))
        c.rows.memo[table] = Column(ctx, rows, first, c.catalogue, 0.0)
    return c.rows.memo[table]


def _points(c: Column, names: tuple[str, ...]) -> NDArray[np.float64]:
    """Mean points of these columns of the row or of an earlier stage; missing if one is."""
    points = np.stack([_one(c, name) for name in names]).astype(float)
    return np.where((points > 0).all(axis=0), points.mean(axis=0), np.nan)


def _one(c: Column, name: str) -> NDArray:
    prefix = name[:3]
    if c.variable.table_id.startswith(TABLES.get(prefix, ("-",))[0]) or prefix not in TABLES:
        return points_of(c, name)
    there = np.isin(c.rows.person, at_stage(c.ctx.spine, TABLES[prefix][0])[0])
    return np.where(there, points_of(_earlier(c, prefix), name), -1)


def _number(c: Column, found: NDArray[np.float64]) -> Values:
    """Numbers to two decimals, whole ones where the variable is whole; not a number is missing."""
    there = ~np.isnan(found)
    data = np.rint(np.where(there, found, 0) * 100) / 100
    if c.variable.bounds is not None:
        data = np.clip(data, *c.variable.bounds)
    if c.variable.type == "integer":
        data = np.rint(data).astype(np.int32)
    return drop_missing(c, Values(data, there))


def _level(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole level of points: 13, 15 and 17 are level 2, and 3 points no level."""
    return np.floor(points / 6)


@drawer("prior")
def prior(c: Column, args: tuple[str, ...]) -> Values:
    """``prior;KS1_READING[;...][;loose]``: the earlier level (categories) or mean points."""
    if not c.variable.codelist:
        return _number(c, _points(c, args))
    there = np.isin(c.rows.person, at_stage(c.ctx.spine, TABLES[args[0][:3]][0])[0])
    words, index = words_of(other(_earlier(c, args[0][:3]), args[0]))
    return recode(c, Coded(np.where(there, index, -1), words), "loose" not in args)


@drawer("level")
def level(c: Column, args: tuple[str, ...]) -> Values:
    """``level;column``: the whole level of a result, nought where no level was reached."""
    return _number(c, _level(_points(c, args)))


@drawer("gain")
def gain(c: Column, args: tuple[str, ...]) -> Values:
    """``gain;later;earlier``: whole levels gained; a flag says whether they are two or more."""
    found = _level(_points(c, args[:1])) - _level(_points(c, args[1:]))
    if not c.variable.codelist:
        return _number(c, found)
    yes, no = {"progress_flag_2": ("2", "1"), "yes_no_12": ("1", "2")}.get(
        c.variable.codelist, ("1", "0")
    )
    return recode(c, Coded(np.where(np.isnan(found), -1, found >= 2), (no, yes)), exact=True)


@drawer("predict")
def predict(c: Column, args: tuple[str, ...]) -> Values:
    """``predict;middle;slope;earlier[;earlier ...]``: a straight line through 15 earlier points."""
    middle, slope, *names = args
    found = float(middle) + float(slope) * (_points(c, tuple(names)) - 15)
    return _number(c, found)


@drawer("less")
def less(c: Column, args: tuple[str, ...]) -> Values:
    """``less;column;column``: the difference of two numbers of the row, one decimal."""
    a, b = (points_of(c, name).astype(float) for name in args)
    return _number(c, np.where((a < 0) | (b < 0), np.nan, np.rint((a - b) * 10) / 10))


# ---- long rows repeat the wide one -------------------------------------------------------------
@drawer("wide")
def wide(c: Column, args: tuple[str, ...]) -> Values:
    """``wide;table;column;...[;loose]``: what the wide row says; a column a subject, ``-`` none."""
    table, *names = (a for a in args if a != "loose")
    pupils, which = c.rows.memo["pupils"]
    first = next(iter(c.catalogue.variables(table)))
    column, subject = Column(c.ctx, pupils, first, c.catalogue, 0.0), c.attr("subject")
    words: list[str] = []
    found = np.full(len(c.rows), -1)
    for number, name in enumerate(names):
        if name != "-":
            said, index = _texts(other(column, name))
            place = np.array([*range(len(words), len(words) + len(said)), -1])
            found = np.where(subject == number, place[index[which]], found)
            words += said
    if c.variable.type in ("number", "integer") and not c.variable.codelist:
        data = np.array([*map(float, words), 0.0])[found]
        if c.variable.bounds is not None:
            data = np.clip(data, *c.variable.bounds)
        whole = c.variable.type == "integer"
        return Values(data.astype(np.int32) if whole else data, found >= 0)
    listed = set(c.codes)
    kept = [w for w in dict.fromkeys(words) if w in listed or (c.variable.range and w.isdigit())]
    found = np.array([*(kept.index(w) if w in kept else -1 for w in words), -1])[found]
    if c.variable.range:
        return Values(found, found >= 0, pa.array(kept, pa.string()))
    return recode(c, Coded(found, tuple(kept)), "loose" not in args)


def _texts(values: Values) -> tuple[list[str], NDArray]:
    """Values as words and the position of each row, -1 where it is missing."""
    if values.dictionary is not None:
        words, index = words_of(values)
        return list(words), index
    number, index = np.unique(values.data, return_inverse=True)
    there = values.valid if values.valid is not None else True
    return [f"{v:g}" for v in number], np.where(there, index, -1)
