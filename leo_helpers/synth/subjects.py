"""Draws of what a university course is in, and of the class of degree it ends with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .courses import subjects
from .draws import DRAWS, Column, Values, drawer, recode
from .hashing import LANES, derive, lane
from .rows import Coded


def _number(c: Column) -> np.ndarray:
    """Subject of the column's place (the digit at the end of its name), -1 where there is none.

    About one course in six has two subjects; which ones is settled by the person and the first.
    """
    first, place = c.rows.attrs["subject"], int(c.variable.name[-1])
    if place == 1:
        return first
    step = 1 + lane(_key(c), "second") * (len(subjects()) - 2) // LANES
    number = (first + step * (place - 1)) % len(subjects())
    return np.where(_joint(c) if place == 2 else _third(c) & (place == 3), number, -1)


def _key(c: Column) -> np.ndarray:
    return derive(c.rows.attrs["human"], "joint", n=c.rows.attrs["subject"])


def _joint(c: Column) -> np.ndarray:
    return lane(_key(c), "joint") < LANES * 16 // 100


def _third(c: Column) -> np.ndarray:
    return (lane(_key(c), "third") < LANES // 20) & _joint(c)


@drawer("subject")
def subject(c: Column, args: tuple[str, ...]) -> Values:
    """``subject;what``: the nth subject's column of ``subjects.csv``, in the frame of the year.

    ``jacs`` is the code in the version of the year and ``line`` its first two characters; with a
    third argument the text is written after it (``cah;-01``).
    """
    what, tail = args[0], "".join(args[1:])
    names = {"jacs": ("jacs1", "jacs2", "jacs3"), "line": ("jacs1", "jacs2", "jacs3")}
    lists = [
        [s[name][:2] if what == "line" else s[name] + tail for s in subjects()]
        for name in names.get(what, (what,) * 3)
    ]
    words = tuple(dict.fromkeys(w for words in lists for w in words))
    place = np.array([[words.index(w) for w in words_of] + [-1] for words_of in lists])
    vintage = np.digitize(c.rows.year, (2008, 2013))
    return recode(c, Coded(place[vintage, _number(c)], words), exact=True)


@drawer("subject_share")
def subject_share(c: Column, args: tuple[str, ...]) -> Values:
    """``subject_share``: percentage of the time that goes to the nth subject; they add to 100."""
    third = _third(c)
    joint, place = _joint(c), int(c.variable.name[-1])
    even = lane(c.rows.attrs["instance"], "even") < LANES * 60 // 100
    first = np.where(third, 34, np.where(joint, np.where(even, 50, 67), 100))
    second = np.where(third, 33, 100 - first)
    out = (first, second, np.where(third, 33, 0))[place - 1] if place <= 3 else first * 0
    return Values(out.astype(np.float64), out > 0)


@drawer("balance")
def balance(c: Column, args: tuple[str, ...]) -> Values:
    """``balance``: 1 for one subject, 2 for two, 3 for three (what it means is assumed)."""
    return Values((1 + _joint(c) + _third(c)).astype(np.int32) - 1, None, pa.array([1, 2, 3]))


@drawer("degree_class")
def degree_class(c: Column, args: tuple[str, ...]) -> Values:
    """``degree_class``: class by rank of those who gain a first degree; else why there is none."""
    out = DRAWS["when"](c, ("classed", "degree_class", "class_rank"))
    a, codes = c.rows.attrs, c.codes
    further = a["study_level"].index
    levels = np.array([*a["study_level"].values])[further]
    other = (a["qualifies"] == 1) & (a["classed"] == 0)
    spare = np.where(levels == "6", codes.index("6"), codes.index("A"))
    return Values(np.where(other, spare, out.data), out.valid | other, out.dictionary)
