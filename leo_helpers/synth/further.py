"""Further education: who learns in which year, in which programme and at which provider."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, derive, lane, scramble
from .luts import category_lut
from .marginals import rate, shares
from .rows import Coded, runs
from .spine import ROUTES, SEN_STAGES, Spine

FIRST_YEAR, LAST_YEAR = 2003, 2021
PROVIDERS = 900
ROUTES_IN_COLLEGE = ("apprenticeship", "fe_college", "sixth_form_college")
#: Kinds of programme. All but the last have a programme aim.
APPRENTICESHIP, TRAINEESHIP, DIPLOMA, CLASSROOM = range(4)
#: Levels in order; "H" is higher without a number, "M" mixed.
LEVELS = ("E", "1", "1.5", "2", "3", "4", "5", "6", "7", "8", "H", "M")
_L = {level: position for position, level in enumerate(LEVELS)}
#: Assumed mix of levels of apprenticeships that begin before 19, and later.
_APPRENTICESHIP_LEVELS = ("2", "3", "4", "5", "6", "7")
_YOUNG_MIX, _ADULT_MIX = (0.60, 0.38, 0.015, 0.005, 0, 0), (0.42, 0.42, 0.07, 0.05, 0.02, 0.02)
#: Assumed share of apprenticeship starts on a standard, by END year; frameworks closed for 2021.
_STANDARDS = {2015: 0.01, 2016: 0.02, 2017: 0.05, 2018: 0.43, 2019: 0.63, 2020: 0.75, 2021: 1.0}
#: What the mix of "4+" is made of (assumed).
_HIGHER = {"4": 0.45, "5": 0.25, "6": 0.12, "7": 0.08, "8": 0.05, "H": 0.05}


@dataclass
class Programmes:
    """The programmes of a block, one entry for each provider that a programme is followed at.

    ``first`` and ``last`` are END years, ``key`` belongs to the whole programme, and ``moved`` is
    1 for the part before a change of provider, 2 for the part after it, else 0.
    """

    person: NDArray
    first: NDArray
    last: NDArray
    key: U64
    kind: NDArray
    level: NDArray
    standard: NDArray
    moved: NDArray

    def take(self, rows: NDArray) -> Programmes:
        """The chosen entries."""
        return Programmes(*(getattr(self, f.name)[rows] for f in fields(self)))


def fe_years(spine: Spine) -> tuple[NDArray, NDArray]:
    """(person, END year) pairs of everyone in publicly funded further education, 2003-2021."""
    person, years = [], []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        age = year - 2 - spine.cohort.astype(np.int64)
        route = np.isin(spine.route, [ROUTES.index(r) for r in ROUTES_IN_COLLEGE])
        young = route & (
            (age == 16)
            | ((age == 17) & (spine.rank("fe17") < LANES * 85 // 100))
            | ((age == 18) & (spine.rank("fe18") < LANES * 38 // 100))
        )
        some = (
            (spine.route == ROUTES.index("employment"))
            & (age <= 18)
            & (spine.rank("fe_work", year) < LANES // 4)
        )
        adult = (age >= 19) & (
            spine.rank("fe_adult", year // 2) < rate("adult_fe", year, 0.07) * LANES
        )
        found = np.flatnonzero((young | some | adult) & (age >= 16))
        person.append(found)
        years.append(np.full(len(found), year))
    return np.concatenate(person), np.concatenate(years)


def programmes(spine: Spine) -> Programmes:
    """Every programme of the block; made once, read by learners, aims and the lookup."""
    return spine.once("programmes", lambda: _programmes(spine))


def _programmes(spine: Spine) -> Programmes:
    person, year = fe_years(spine)
    active = np.zeros((len(spine), LAST_YEAR - FIRST_YEAR + 1), dtype=bool)
    active[person, year - FIRST_YEAR] = True
    years = np.arange(FIRST_YEAR, LAST_YEAR + 1)
    age = years - 2 - spine.cohort[:, None].astype(np.int64)
    apprentice = (spine.route == ROUTES.index("apprenticeship"))[:, None] & (age <= 18)
    fresh = np.stack([spine.rank("new_programme", int(y)) for y in years], axis=1)
    cut = (fresh < np.where(apprentice, LANES // 5, LANES // 2)) | (age == 19)
    person, first, last = runs(active, cut)
    first, last = first + FIRST_YEAR, last + FIRST_YEAR
    key = derive(spine.key[person], "programme", n=first)
    age = first - 2 - spine.cohort[person].astype(np.int64)
    young = age <= 18
    kind = _kind(spine, person, first, age, key)
    level = np.where(
        kind == APPRENTICESHIP,
        _mixed(key, young),
        np.where(kind == TRAINEESHIP, _L["1"], _classroom_level(key, first, young)),
    )
    diploma = np.array([_L["1"], _L["2"], _L["3"]])[lane(key, "diploma level") * 3 // LANES]
    level = np.where(kind == DIPLOMA, diploma, level)
    on_standard = np.array([_STANDARDS.get(y, 0.0) for y in range(FIRST_YEAR, LAST_YEAR + 1)])
    standard = (kind == APPRENTICESHIP) & (
        lane(key, "standard") < (on_standard[first - FIRST_YEAR] * LANES).astype(np.int64)
    )
    whole = Programmes(person, first, last, key, kind, level, standard, np.zeros_like(first))
    moves = (last > first) & (
        lane(key, "moves") < LANES * np.where(kind == APPRENTICESHIP, 12, 5) // 100
    )
    before, after = whole.take(moves), whole.take(moves)
    before.last, before.moved = before.first.copy(), np.ones_like(before.first)
    after.first, after.moved = after.first + 1, np.full_like(after.first, 2)
    parts = (whole.take(~moves), before, after)
    return Programmes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(whole)))


def _kind(spine: Spine, person: NDArray, first: NDArray, age: NDArray, key: U64) -> NDArray:
    young, u = age <= 18, lane(key, "kind")
    on_route = spine.route[person] == ROUTES.index("apprenticeship")
    apprentice = np.where(young, on_route, u < LANES * 30 // 100)
    trainee = (first >= 2015) & (age <= 23) & (u > LANES * 95 // 100)
    diploma = young & (first >= 2009) & (first <= 2013) & (u > LANES * 88 // 100)
    return np.select(
        [apprentice, trainee, diploma], [APPRENTICESHIP, TRAINEESHIP, DIPLOMA], CLASSROOM
    )


def _mixed(key: U64, young: NDArray) -> NDArray:
    at = np.array([_L[level] for level in _APPRENTICESHIP_LEVELS])
    u = lane(key, "apprenticeship level")
    return at[np.where(young, category_lut(_YOUNG_MIX)[u], category_lut(_ADULT_MIX)[u])]


def _classroom_level(key: U64, first: NDArray, young: NDArray) -> NDArray:
    """Level from the assumed shares of the year, with "4+" divided up."""
    u, out = lane(key, "classroom level"), np.zeros(len(key), dtype=np.int64)
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for group, inside in (("16-18", young), ("19+", ~young)):
            given = dict(shares("ilr_level", year, age=group))
            higher = given.pop("4+")
            mix = given | {level: share * higher for level, share in _HIGHER.items()}
            rows = (first == year) & inside
            at = np.array([_L[level] for level in mix])
            out[rows] = at[category_lut(list(mix.values()))[u[rows]]]
    return out


# ---- keys ------------------------------------------------------------------------------------
def provider(spine: Spine, found: Programmes) -> NDArray[np.int64]:
    """Provider of each entry: often the person's usual one, another after a move."""
    usual = lane(derive(spine.key[found.person], "college"), "provider")
    other = lane(found.key, "provider")
    base = np.where(lane(found.key, "usual") < LANES * 60 // 100, usual, other) * PROVIDERS // LANES
    step = 1 + lane(found.key, "next provider") * 6 // LANES
    return np.where(found.moved == 2, (base + step) % PROVIDERS, base).astype(np.int64)


def external_id(spine: Spine, person: NDArray, year: NDArray) -> NDArray[np.int64]:
    """Learner, provider and year: the key that joins learners to aims (never a person)."""
    number = (spine.person[person] * 32 + (year - 2000)).astype(np.int64)
    return np.int64(900_000_000_000_000) + scramble(number, 48, "external").astype(np.int64)


def recordid(spine: Spine, person: NDArray, at: NDArray | int) -> NDArray[np.int64]:
    """One education record: a person at one provider."""
    number = spine.person[person] * 8 + np.asarray(at) % 8
    return np.int64(1_000_000_000) + scramble(number, 30, "recordid").astype(np.int64)


def learner_attrs(spine: Spine, found: Programmes, year: NDArray) -> dict[str, NDArray | Coded]:
    """What a learner's row and the rows of the aims say alike, for one programme a row."""
    person, at = found.person, provider(spine, found)
    j = np.clip(year, 1996, 2021) - 1996
    age = year - 2 - spine.cohort[person].astype(np.int64)
    return {
        "age": age,
        "provider": at,
        "apprentice": (found.kind == APPRENTICESHIP).astype(np.int8),
        "level": np.where(
            age <= 18,
            2 + (spine.level3_rank[person] > LANES // 2),
            1 + lane(derive(spine.key[person], "level"), "l") * 3 // LANES,
        ),
        "external_id": external_id(spine, person, year),
        "recordid": recordid(spine, person, at),
        "area": spine.moves[person, j].astype(np.int64),
        "sen": Coded(spine.sen[person, j], SEN_STAGES),
        "rank": spine.attainment("ks5")[person],
    }
