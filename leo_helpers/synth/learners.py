"""Learners of further education: what a provider reports about a person in each year.

Who they are (ethnic group, difficulty or disability, what they had attained before) belongs to the
person; the full level they take and reach follows from the programme that their aims are part of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .further import APPRENTICESHIP, LEVELS, Programmes, learner_attrs, programmes
from .hashing import LANES, derive, lane
from .luts import category_lut
from .marginals import shares
from .rows import Coded, Context, Rows, build, repeat, rows_for
from .spine import SHOWCASE, Spine

#: Code of each minor ethnic group of the school data in the three frames, oldest first.
_ETHNIC = {
    **{"WBRI": "8 23 31", "WIRI": "8 24 32", "WIRT": "8 25 33", "WROM": "8 25 33"},
    **{"WOTH": "8 25 34", "MWBC": "4 21 35", "MWBA": "4 20 36", "MWAS": "9 19 37"},
    **{"MOTH": "9 22 38", "AIND": "6 12 39", "APKN": "7 13 40", "ABAN": "1 11 41"},
    **{"CHNE": "5 18 42", "AOTH": "9 14 43", "BAFR": "2 15 44", "BCRB": "3 16 45"},
    **{"BOTH": "4 17 46", "OOTH": "9 98 98", "REFU": "99 99 99", "NOBT": "99 99 99"},
}
_FRAMES = (
    tuple(map(str, range(1, 10))),
    (*map(str, range(11, 26)), "98", "99"),
    (*map(str, range(31, 48)), "98", "99"),
)
ETHNIC_CODES = tuple(dict.fromkeys((*_FRAMES[0], *_FRAMES[1], *_FRAMES[2])))
#: Difficulties and disabilities: the detailed code, the two older codes, an assumed weight.
_KINDS = (
    *(("10", "98", "01", 16), ("12", "98", "10", 20), ("8", "06", "98", 8), ("14", "98", "20", 8)),
    *(("9", "07", "98", 8), ("95", "05", "98", 7), ("94", "98", "19", 4), ("5", "02", "98", 3)),
    *(("4", "01", "98", 3), ("6", "03", "98", 3), ("1", "06", "98", 3), ("3", "98", "90", 3)),
    *(("11", "98", "02", 2), ("13", "98", "11", 2), ("15", "10", "98", 2), ("2", "90", "98", 2)),
    *(("7", "09", "98", 2), ("16", "08", "98", 2), ("93", "04", "98", 2), ("96", "98", "97", 2)),
    *(("97", "97", "98", 2), ("0", "90", "90", 2)),
)
_NOT_SAID = (("98", "99", "99", 1), ("99", "99", "99", 1))
_ALL = (*_KINDS, *_NOT_SAID)
DETAILS, DISABILITIES, DIFFICULTIES = (tuple(k[i] for k in _ALL) for i in range(3))
#: Attained before, from the lowest rank up: at 16 to 18, and as adults (assumed).
PRIOR = ("99", "9", "7", "1", "2", "3", "4", "5", "10", "11", "12", "13", "97", "98")
_YOUNG = category_lut([5, 4, 8, 33, 50])
_ADULT = category_lut([3, 2, 4, 18, 30, 34, 9])


@rows_for("lilr_learners")
def learners(ctx: Context) -> Rows:
    """A learner at one provider in one academic year and return."""
    spine, found = ctx.spine, programmes(ctx.spine)
    which, step = repeat(found.last - found.first + 1)
    found = found.take(which)
    year = found.first + step
    attrs = learner_attrs(spine, found, year)
    attrs |= _who(spine, found, year) | _full_level(found, year)
    return build(ctx, found.person, year, human=spine.key[found.person], **attrs)


def _who(spine: Spine, found: Programmes, year: NDArray) -> dict[str, NDArray | Coded]:
    """What the learner says about themselves."""
    person, key = found.person, spine.key[found.person]
    school = spine.sen[person, -12:].max(axis=1) > 0
    says = lane(key, "lldd") < LANES * np.where(school, 55, 9) // 100
    silent = lane(key, "silent") < LANES * 5 // 100
    kind = category_lut([k[3] for k in _KINDS])[lane(key, "kind")].astype(np.int64)
    refused = len(_KINDS) + lane(key, "refused") * 2 // LANES
    kind = np.where(silent, refused, np.where(says, kind, -1))
    asked = lane(derive(found.key, "support", n=year), "support")
    costs = says & ~silent & (asked < LANES * 55 // 100)
    cost = 200 + lane(derive(key, "cost", n=year), "cost") * 240 // LANES * 20
    older = np.where(kind < 0, len(_ALL), kind)
    older = np.where(lane(key, "not coded") < LANES // 50, len(_ALL) + 1, older)
    return {
        "ethnic_code": _ethnic(spine, person, year),
        "lldd": Coded(np.where(silent, 2, np.where(says, 0, 1)), ("1", "2", "9")),
        "lldd_detail": Coded(kind, DETAILS),
        "disability": Coded(older, (*DISABILITIES, "98", "-1")),
        "learning_difficulty": Coded(older, (*DIFFICULTIES, "98", "-1")),
        "support_cost": np.where(costs, cost, -1),
        "prior": Coded(_prior(spine, found, year), PRIOR),
        "custody": Coded(
            category_lut([98.2, 0.6, 0.6, 0.6])[lane(derive(key, "custody", n=year), "c")],
            ("9", "1", "2", "3"),
        ),
    }


def _ethnic(spine: Spine, person: NDArray, year: NDArray) -> Coded:
    """Code in the frame of the year; one in twenty of the first people shows a code in turn."""
    groups = list(shares("ethnicity_minor", 2011))
    frames = np.array([[ETHNIC_CODES.index(c) for c in _ETHNIC[g].split()] for g in groups])
    frame = np.digitize(year, (2005, 2012))
    code = frames[spine.ethnicity[person], frame]
    key = spine.key[person]
    early = (spine.person[person] < SHOWCASE) & (lane(key, "shown") < LANES // 20)
    for number, codes in enumerate(_FRAMES):
        listed = np.array([ETHNIC_CODES.index(c) for c in codes])
        turn = listed[lane(key, "turn") * len(listed) // LANES]
        code = np.where(early & (frame == number), turn, code)
    return Coded(code, ETHNIC_CODES)


def _prior(spine: Spine, found: Programmes, year: NDArray) -> NDArray:
    """Position in PRIOR by the rank that decides level 3; it never falls as people grow older."""
    person, key = found.person, spine.key[found.person]
    age = found.first - 2 - spine.cohort[person].astype(np.int64)
    rank = spine.level3_rank[person]
    at = np.where(age <= 18, _YOUNG[rank], _ADULT[rank]).astype(np.int64)
    high = lane(key, "how high")
    old = 6 + (high > LANES * 60 // 100)
    new = 8 + category_lut([40, 20, 25, 15])[high].astype(np.int64)
    at = np.where(at == 6, np.where(found.first <= 2013, old, new), at)
    unclear = lane(found.key, "prior") < LANES * 5 // 100
    return np.where(unclear, 12 + lane(found.key, "which") % 2, at)


def _full_level(found: Programmes, year: NDArray) -> dict[str, NDArray]:
    """Whether a full level 2 or 3 is taken, and reached in the programme's last year."""
    part = derive(found.key, "part", n=found.moved)  # as the aims have it
    apprentice = found.kind == APPRENTICESHIP
    gone = lane(part, "gone") < LANES * np.where(apprentice, 28, 11) // 100
    over = (year == found.last) & ~gone & (found.moved != 1)
    passed = over & (lane(found.key, "full level") < LANES * 86 // 100)
    whole = apprentice | (lane(found.key, "whole") < LANES * 62 // 100)
    out = {}
    for level in ("2", "3"):
        takes = whole & (found.level == LEVELS.index(level))
        out[f"full_{level}"] = takes.astype(np.int8)
        out[f"full_{level}_reached"] = (takes & passed).astype(np.int8)
    return out
