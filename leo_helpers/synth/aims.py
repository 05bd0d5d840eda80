"""Learning aims: the rows of a programme, year by year, and what the list of aims says of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .further import (
    APPRENTICESHIP,
    CLASSROOM,
    DIPLOMA,
    LAST_YEAR,
    LEVELS,
    TRAINEESHIP,
    Programmes,
    learner_attrs,
    programmes,
)
from .hashing import LANES, U64, counter, derive, lane
from .luts import category_lut
from .marginals import shares
from .people import attribute
from .rows import Coded, Context, Rows, build, date, reference_rows, repeat, rows_for, spread
from .spine import Spine

NOT_A_DAY = np.datetime64("NaT", "D")
#: Aims of each level in the list, in the order of LEVELS: their numbers run on from one another.
POOL = (300, 500, 100, 700, 650, 90, 60, 40, 20, 20, 10, 10)
LARS_POOL = sum(POOL)
_ENDS = np.cumsum(POOL)
#: The reference under which a whole programme stands.
PROGRAMME_AIM = -1
REFERENCES = ("ZPROG001", *(f"S{number:07d}" for number in range(LARS_POOL)))
TITLES = ("Programme as a whole", *(f"Synthetic aim {number}" for number in range(LARS_POOL)))
#: How the levels are written: on the aims (new and old scale) and in the list of aims.
NEW = ("0", *LEVELS[1:10], "9", "-1")
OLD = ("0", "1", "1", "2", "3", "4", "4", "4", "5", "5", "6", "9")
LISTED_OLD = ("E", "1", "1", "2", "3", "4", "4", "4", "5", "5", "H", "M", "X")
LISTED_NEW = (*LEVELS, "X")
_STATES = ("1", "2", "3", "4", "6")
CONTINUING, COMPLETED, WITHDRAWN, TRANSFERRED, BREAK = range(5)
_TYPES = ("1", "3", "4", "5", "30", "35")
_PROGRAMMES = ("2", "3", "10", "15", "16", "17", "18", "20", "21", "22", "23", "24", "25", "99")
_OUTCOMES = tuple(map(str, range(1, 10)))


def level_of(aim: NDArray, year: NDArray) -> NDArray:
    """Position in LEVELS of each aim as the list of that year has it; a few aims are moved."""
    base = np.searchsorted(_ENDS, np.maximum(aim, 0), side="right")
    key = counter("list of aims", n=aim + 1)
    moved = lane(key, "moved") < LANES * 12 // 100
    since = 2007 + lane(key, "since") * 13 // LANES
    other = np.clip(base + np.where(lane(key, "way") < LANES // 2, -1, 1), 0, 9)
    return np.where(moved & (year < since) & (base < 10), other, base)


def _pick(key: U64, level: NDArray) -> NDArray:
    """An aim of the level."""
    low = np.concatenate([[0], _ENDS[:-1]])[level]
    return low + lane(key, "aim") * np.array(POOL)[level] // LANES


def _count(found: Programmes, key: U64) -> NDArray:
    """Aims of each programme: the whole programme and its parts, or some courses a year."""
    some = category_lut([0.22, 0.28, 0.25, 0.15, 0.10])[lane(key, "n")].astype(np.int64)
    years = found.last - found.first + 1
    return np.where(found.kind == CLASSROOM, 1 + some * years, 3 + some % 3)


@rows_for("lilr_aims")
def aims(ctx: Context) -> Rows:
    """Learning aims; an aim that is open in three academic years has three rows."""
    spine, found = ctx.spine, programmes(ctx.spine)
    part = derive(found.key, "part", n=found.moved)
    which, number = repeat(_count(found, part))
    found, key = found.take(which), derive(part[which], "aim", n=number)
    first, last = _years(found, number, key)
    facts = _dates(found, number, key, part[which], first, last)
    late = facts["late"] & (last < found.last)  # the result came after the aim's last year
    many, step = repeat(last - first + 1 + late)
    year = first[many] + step
    final, carried = year == last[many], year > last[many]
    rows_of = found.take(many)
    attrs = learner_attrs(spine, rows_of, year)
    attrs |= _identity(spine, found, number, key, first, many, year)
    attrs |= _state(facts, many, year, final, carried, late[many])
    attrs["grade"] = Coded(
        np.where(attrs["achieved"] & (lane(key, "graded")[many] % 2), 0, -1), ("PASS",)
    )
    attrs["stable"] = key[many]  # a code belongs to the aim: none is put in to be seen
    rows = build(ctx, rows_of.person, year, step * 64 + number[many], **attrs)
    lost = ctx.hit("aim_end_missing", rows.key)
    rows.attrs["end_date"] = np.where(lost, NOT_A_DAY, rows.attrs["end_date"])
    orphan = ctx.hit("aim_without_learner", rows.key)
    rows.attrs["external_id"] = rows.attrs["external_id"] + orphan
    return rows


def _years(found: Programmes, number: NDArray, key: U64) -> tuple[NDArray, NDArray]:
    """First and last END year of each aim inside its programme."""
    length = found.last - found.first + 1
    whole = (number == 0) | ((number == 1) & (found.kind == APPRENTICESHIP))
    first = found.first + np.where(whole, 0, lane(key, "year") * length // LANES)
    return first, np.where(whole, found.last, first)


def _dates(
    found: Programmes, number: NDArray, key: U64, part: U64, first: NDArray, last: NDArray
) -> dict[str, NDArray]:
    """Start, planned end, end, state and outcome of each aim."""
    apprentice = found.kind == APPRENTICESHIP
    one_year = found.first == found.last
    opening, july = date(first - 1, 8, 1), date(last, 7, 31)
    days = np.where(apprentice, np.where(one_year, 200, 320), 60)
    days = np.where(found.moved == 2, 45, days)
    start = opening + np.where(
        first == found.first,
        spread(part, "start", days) + np.where(apprentice, 0, 31).astype("timedelta64[D]"),
        spread(key, "start", 45) + np.timedelta64(31, "D"),
    )
    usual = np.where(
        apprentice,
        date(last - 1, 8, 20) + spread(part, "finish", 330),
        date(last, 6, 10) + spread(key, "finish", 45),
    )
    least = np.where(apprentice & (number < 2) & one_year, 150, 40).astype("timedelta64[D]")
    end = np.minimum(np.maximum(usual, start + least), july)
    at_end = last == found.last
    gone = at_end & (
        (lane(part, "gone") < LANES * np.where(apprentice, 28, 11) // 100)
        | (found.moved == 1)
        | (found.standard & one_year & (found.moved == 0))  # a standard lasts twelve months
    )
    still = at_end & (last == LAST_YEAR) & (lane(part, "open") < LANES * 55 // 100)
    still = (still & (number < 2)) | (lane(key, "vanished") < LANES * 2 // 100)
    state = np.select([gone, still], [WITHDRAWN, CONTINUING], COMPLETED)
    u = lane(part, "how")
    state = np.where(gone & (found.moved == 0) & (u < LANES * 8 // 100), TRANSFERRED, state)
    broke = gone & (found.moved == 0) & (u > LANES * 90 // 100) & (last >= 2011)
    state = np.where(broke, BREAK, state)
    begun = np.maximum(start, date(last - 1, 8, 1)) + np.timedelta64(10, "D")
    room = np.maximum((end - begun).astype(np.int64), 1)
    left = np.where(found.moved == 1, date(last, 6, 20) + spread(part, "left", 40), begun)
    left = np.where(found.moved == 1, left, begun + spread(part, "left", room))
    end = np.where(gone, np.maximum(left, start), end)
    return {
        "start": start,
        "planned": _planned(key, part, start, end, gone | still),
        "end": np.where(state == CONTINUING, NOT_A_DAY, end),
        "state": state,
        "outcome": _outcome(found, key, state),
        "late": (state == COMPLETED) & (lane(key, "late result") < LANES * 12 // 100),
    }


def _planned(key: U64, part: U64, start: NDArray, end: NDArray, short: NDArray) -> NDArray:
    """Planned end: often days before the real one, now and then months away, or after it."""
    u = lane(part, "plan")
    before = np.select(
        [u < LANES * 30 // 100, u < LANES * 70 // 100, u < LANES * 85 // 100],
        [0, u % 60, 60 + u % 200],
        -(u % 60),
    ).astype("timedelta64[D]")
    later = end + np.timedelta64(60, "D") + spread(key, "plan", 300)
    half = ((end - start).astype(np.int64) // 2).astype("timedelta64[D]")
    return np.where(short, later, np.maximum(end - before, start + half))


def _outcome(found: Programmes, key: U64, state: NDArray) -> NDArray:
    """Position in _OUTCOMES of the last row: to complete an aim is not to achieve it."""
    usual = category_lut([0.86, 0.02, 0.08, 0.01, 0.01, 0, 0, 0.02, 0])[lane(key, "outcome")]
    usual = usual.astype(np.int64)
    sixth = (found.kind == CLASSROOM) & (found.level == LEVELS.index("3")) & (found.last <= 2017)
    cashed = category_lut([0.5, 0.2, 0.3])[lane(key, "cashed")]
    usual = np.where((usual == 0) & sixth, np.array([0, 5, 6])[cashed], usual)
    partly = lane(key, "partly") < LANES * 4 // 100
    gone = np.where(partly, 1, 2)
    return np.select([state == COMPLETED, np.isin(state, (CONTINUING, BREAK))], [usual, 8], gone)


def _state(facts: dict, many: NDArray, year: NDArray, final, carried, late) -> dict:
    """What changes from one yearly row of an aim to the next."""
    start, end, outcome = facts["start"][many], facts["end"][many], facts["outcome"][many]
    state = facts["state"][many]
    over = final | carried
    passed = over & (state == COMPLETED) & np.isin(outcome, (0, 5, 6))
    waiting = final & late
    shown = np.where(over, np.where(waiting, 7, outcome), 8)
    achieved = passed & ~waiting
    return {
        "start_date": start,
        "planned_end": facts["planned"][many],
        "end_date": np.where(over, end, NOT_A_DAY),
        "achievement_date": np.where(achieved, end, NOT_A_DAY),
        "completion": Coded(np.where(over, state, CONTINUING), _STATES),
        "outcome": Coded(shown, _OUTCOMES),
        "completed": (final & (state == COMPLETED)).astype(np.int8),
        "achieved": achieved.astype(np.int8),
        "started": ((start >= date(year - 1, 8, 1)) & ~carried).astype(np.int8),
        "in_learning": (~carried).astype(np.int8),
    }


def _identity(
    spine: Spine,
    found: Programmes,
    number: NDArray,
    key: U64,
    first: NDArray,
    many: NDArray,
    year: NDArray,
) -> dict:
    """What stays the same in every yearly row of an aim, but for codes that changed."""
    kind, apprentice = found.kind, found.kind == APPRENTICESHIP
    programme = (number == 0) & (kind != CLASSROOM)
    same = derive(found.key, "reference", n=number)  # a move of provider keeps it
    lower = np.maximum(found.level - 1 - lane(same, "lower") * 2 // LANES, 0)
    u = lane(same, "which level")
    level = np.where((number > 1) & (u < LANES * 35 // 100), lower, found.level)
    level = np.where((kind == CLASSROOM) & (u > LANES * 99 // 100), LEVELS.index("M"), level)
    level = np.where((level == 1) & (u > LANES * 88 // 100), LEVELS.index("1.5"), level)
    aim = np.where(programme, PROGRAMME_AIM, _pick(same, level))
    age = first - 2 - spine.cohort[found.person].astype(np.int64)
    started = found.first - (found.moved == 2)
    broken = lane(key, "broken flag") < LANES // 3
    old = year < 2012
    latest = level_of(aim[many], np.full(len(many), LAST_YEAR))
    own = level_of(aim[many], year)
    of_programme = found.level[many]
    row_programme = programme[many]
    own, latest = (np.where(row_programme, of_programme, x) for x in (own, latest))
    wrong = (latest == 2) & (lane(key, "point")[many] < LANES // 2)
    framework = apprentice & ~found.standard
    types = np.select(
        [old & row_programme, old, row_programme, kind[many] != CLASSROOM], [5, 4, 0, 1], 2
    )
    core = ~old & (year >= 2014) & (kind == CLASSROOM)[many] & ((number == 0) & (age <= 18))[many]
    unknown = old & ((number > 1) & apprentice & (lane(same, "type") < LANES // 4))[many]
    types = np.where(unknown, -1, np.where(core, 3, types))
    technical = (kind == CLASSROOM) & (age <= 17) & (started == LAST_YEAR) & (u % 10 == 0)
    flag = np.where(year < 2005, broken[many], (apprentice & programme)[many])
    return {
        "aim": aim[many],
        "aim_ref": Coded(aim[many] + 1, REFERENCES),
        "aim_title": Coded(aim[many] + 1, TITLES),
        "aim_subject": np.where(programme, lane(found.key, "subject"), _subject(aim))[many],
        "aim_level": Coded(own, NEW),
        "aim_level_old": Coded(own, OLD),
        "aim_level_own": Coded(np.where(row_programme, -1, own), OLD),
        "aim_level_latest": Coded(np.where(wrong, len(NEW), latest), (*NEW, "15")),
        "full_2": ((own == 3) & ~row_programme & (u[many] % 2 == 0)).astype(np.int8),
        "full_3": ((own == 4) & ~row_programme & (u[many] % 2 == 0)).astype(np.int8),
        "aim_type": Coded(types, _TYPES),
        "programme_type": Coded(_programme_type(found, started)[many], _PROGRAMMES),
        "framework": np.where(framework, 401 + lane(found.key, "framework") // 264, -1)[many],
        "pathway": np.where(framework, 1 + lane(found.key, "pathway") * 9 // LANES, -1)[many],
        "standard": np.where(found.standard, 1 + lane(found.key, "standard no") // 100, -1)[many],
        "on_framework": framework[many].astype(np.int8),
        "on_standard": found.standard[many].astype(np.int8),
        "app_flag": flag.astype(np.int8),
        "enrolled": np.where(row_programme | (kind == CLASSROOM)[many], 1, 0).astype(np.int8),
        "trainee": (kind == TRAINEESHIP)[many].astype(np.int8),
        "t_level": (technical & (found.level == LEVELS.index("3")))[many].astype(np.int8),
        "t_transition": (technical & (found.level == LEVELS.index("2")))[many].astype(np.int8),
        "levy": (apprentice & (lane(found.key, "levy") < LANES // 2) & (started >= 2018))[
            many
        ].astype(np.int8),
        "employer": np.where(apprentice, lane(found.key, "employer") // 8, -1)[many],
        "sequence": 1 + number[many],
        "age_start": age[many],
    }


def _programme_type(found: Programmes, started: NDArray) -> NDArray:
    """Position in _PROGRAMMES, -1 for courses outside a programme."""
    code = {name: position for position, name in enumerate(_PROGRAMMES)}
    level = found.level
    higher = np.select(
        [level == 5, level == 6, level == 7], [code["20"], code["21"], code["22"]], code["23"]
    )
    higher = np.where(started < 2012, code["10"], higher)
    framework = np.select([level == 3, level == 4], [code["3"], code["2"]], higher)
    advanced = np.where(lane(found.key, "diploma") < LANES // 2, code["17"], code["18"])
    diploma = np.select([level == 1, level == 3], [code["15"], code["16"]], advanced)
    none = (started < 2014) & (lane(found.key, "none") < LANES * 30 // 100)
    return np.select(
        [found.standard, found.kind == APPRENTICESHIP, found.kind == TRAINEESHIP],
        [code["25"], framework, code["24"]],
        np.where(found.kind == DIPLOMA, diploma, np.where(none, code["99"], -1)),
    )


# ---- the list of aims ------------------------------------------------------------------------
@rows_for("lilr_lars")
def lars(ctx: Context) -> Rows:
    """The catalogue of aims: every reference in every year, with the first people."""
    if ctx.spine.start:
        return reference_rows(ctx, np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    which, year = repeat(np.full(LARS_POOL + 1, 19))
    keep = listed(which - 1, year + 2003)
    which, year = which[keep], year[keep]
    order = np.argsort(year, kind="stable")
    return reference_rows(ctx, which[order] - 1, year[order] + 2003)


def listed(item: NDArray, year: NDArray) -> NDArray[np.bool_]:
    """Whether the list of a year has the aim: a few are not there in every year."""
    key = derive(counter("list of aims", n=item + 1), "listed", n=year)
    return (item == PROGRAMME_AIM) | (lane(key, "listed") >= LANES * 2 // 100)


def _listed_level(rows: Rows) -> NDArray:
    aim = rows.attrs["aim"]
    found = level_of(aim, rows.year.astype(np.int64))
    return np.where(aim == PROGRAMME_AIM, len(LEVELS), found)


def _subject(aim: NDArray) -> NDArray:
    return lane(counter("list of aims", n=aim + 1), "subject")


@attribute("listed_level")
def listed_level(spine: Spine, rows: Rows) -> Coded:
    """Level in the list of aims, newer scale."""
    return Coded(_listed_level(rows), LISTED_NEW)


@attribute("listed_level_old")
def listed_level_old(spine: Spine, rows: Rows) -> Coded:
    """Level in the list of aims, older scale."""
    return Coded(_listed_level(rows), LISTED_OLD)


@attribute("aim_ref")
def aim_ref(spine: Spine, rows: Rows) -> Coded:
    """Reference of an aim."""
    return Coded(rows.attrs["aim"] + 1, REFERENCES)


@attribute("aim_title")
def aim_title(spine: Spine, rows: Rows) -> Coded:
    """Title of an aim."""
    return Coded(rows.attrs["aim"] + 1, TITLES)


@attribute("aim_subject")
def aim_subject(spine: Spine, rows: Rows) -> NDArray:
    """Lasting rank of an aim that gives its subject in every year and table."""
    return _subject(rows.attrs["aim"])


#: Levels of a listed aim with shares of their own: up to 1, 2, 3, above.
LISTED_LEVELS = ("entry_1", "2", "3", "higher")


def _by_level(name: str):
    """An attribute of a listed aim by its level, with the shares of ``lars_`` and its name."""

    def found(spine: Spine, rows: Rows) -> Coded:
        given = [shares(f"lars_{name}", level=level) for level in LISTED_LEVELS]
        luts = np.stack([category_lut(list(mix.values())) for mix in given])
        level = np.digitize(level_of(rows.attrs["aim"], np.full(len(rows), LAST_YEAR)), (3, 4, 5))
        u = lane(counter("list of aims", n=rows.attrs["aim"] + 1), name)
        return Coded(luts[level, u].astype(np.int64), tuple(given[0]))

    attribute(name)(found)


for _name in ("counts_2", "counts_3", "college_or_university", "regulation"):
    _by_level(_name)
