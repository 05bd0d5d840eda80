"""Rows of the UCAS table: the applications of 18-year-olds, and what became of them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .courses import (
    REGION_OF,
    entrance,
    home_region,
    provider_near,
    subject_lut,
    subjects,
)
from .hashing import LANES, U64, derive, lane
from .luts import category_lut
from .marginals import rate, shares
from .rows import Coded, Context, Rows, build, date, repeat, rows_for, spread
from .spine import ROUTES, Spine, rank_among, reference

#: Regions in the order of PROVIDER_REGIONS, as UCAS writes them.
REGION_NAMES = (
    *("North East", "North West", "Yorkshire and The Humber"),  # codespell:ignore humber - a river
    *("East Midlands", "West Midlands"),
    *("East of England", "London", "South East", "South West", "Wales", "Scotland"),
    *("Northern Ireland", "Overseas"),
)
REGION_CODES = (
    *(f"E1200000{n}" for n in range(1, 10)),
    *("W92000004", "S92000003", "N92000002"),
)
#: Where applicants live (assumed: nearly all who went to school in England live there).
COUNTRIES = ("England", "Wales", "Scotland", "Northern Ireland", "France", "China")
_COUNTRIES = (96, 1, 0.8, 0.6, 0.8, 0.8)
#: How an applicant came by a place, with assumed weights among those who have one.
ROUTES_IN = {
    **{"Firm choice": 76, "Insurance choice": 9, "Main scheme clearing": 8, "Extra": 2},
    **{"Adjustment": 2, "Direct clearing": 2, "Prior": 1, "Not placed": 0},
}
_IN = {name: position for position, name in enumerate(ROUTES_IN)}
ACCEPTANCE = tuple("Not placed" if name == "Prior" else name for name in ROUTES_IN)
#: Route of an application that was made after the main scheme.
_LATER = {
    **{"Main scheme clearing": "Clearing", "Direct clearing": "Clearing", "Extra": "Extra"},
    **{"Adjustment": "Adjustment", "Prior": "Record of Prior Acceptance"},
}
APPLICATION_ROUTES = ("Main scheme", *dict.fromkeys(_LATER.values()))
OFFERS = ("Conditional offer", "Unconditional offer", "Unconditional course change")
#: What providers say to applications without an offer, with assumed weights.
_NO_OFFER = {
    **{"Rejected": 62, "Rejected by default": 8, "Application withdrawn": 16, "Course full": 4},
    **{"Invited for interview": 4, "Decision pending": 4},
    "Provider yet to receive application (new application)": 2,
}
DECISIONS = (*OFFERS, *_NO_OFFER)
REPLIES = ("Firm", "Insurance", "Declined", "Declined by default", "Cancelled")
CENTRES = (
    *("Academy", "State", "Grammar", "Further education", "Sixth form college", "Independent"),
    "Other",
)
DISABILITIES = ("0", "F", "E", "D", "G", "C", "B", "A", "I", "H")
#: UCAS code of each minor ethnic group of the school data.
ETHNIC = {
    **{"WBRI": "10", "WIRI": "10", "WIRT": "10", "WROM": "10", "WOTH": "10", "BCRB": "21"},
    **{"BAFR": "22", "BOTH": "29", "AIND": "31", "APKN": "32", "ABAN": "33", "CHNE": "34"},
    **{"AOTH": "39", "MWBC": "41", "MWBA": "42", "MWAS": "43", "MOTH": "49", "OOTH": "80"},
    **{"REFU": "98", "NOBT": "90"},
}
ETHNIC_CODES = tuple(dict.fromkeys(ETHNIC.values()))
SUBJECTS_AT_18 = (
    *("Mathematics", "Biology", "English Literature", "Psychology", "History", "Chemistry"),
    *("Sociology", "Art and Design", "Geography", "Business Studies", "Physics", "Media Studies"),
)


def _applies(spine: Spine) -> NDArray[np.bool_]:
    return spine.level3_rank >= LANES * 52 // 100


@cache
def _among_applicants() -> NDArray[np.int32]:
    """Rank among applicants of each rank among all."""
    people = reference()
    return rank_among(people.attainment("ks5")[_applies(people)])


@rows_for("ucas")
def ucas(ctx: Context) -> Rows:
    """Applications of 18-year-old applicants; each row has one of their qualifications beside it.

    Whoever enters university in the next year, or the one after it, was accepted on the course
    that the student record shows; a few were accepted and never came.
    """
    spine = ctx.spine
    cycle = spine.cohort.astype(np.int64) + 19
    applied = _applies(spine) & (cycle >= 2008) & (cycle <= 2021)
    found = rate("ucas_to_npd", 0, 0.96) * LANES
    person = np.flatnonzero(applied & (spine.rank("ucas_link") < found))
    key = derive(spine.key[person], "applicant")
    begins, place, subject = (values[person] for values in entrance(spine))
    wait = begins - cycle[person] - 1
    deferred = (wait == 1) & (lane(key, "deferred") < LANES * 30 // 100)
    enters = (wait == 0) | deferred
    absent = ~enters & (lane(key, "never came") < LANES * 14 // 100)
    accepted = enters | absent
    way = category_lut(list(ROUTES_IN.values()))[lane(key, "way")].astype(np.int64)
    way = np.where(accepted, way, _IN["Not placed"])
    later = np.isin(way, [_IN[name] for name in _LATER])
    main = 5 - category_lut([70, 15, 10, 5])[lane(key, "choices")].astype(np.int64)
    main = np.where(np.isin(way, (_IN["Direct clearing"], _IN["Prior"])), 0, main)
    which, number = repeat(main + later)
    who, own = person[which], derive(key[which], "choice", n=number)
    late = number >= main[which]
    first = lane(key, "first") % np.maximum(main, 1)
    firm = (number == first[which]) & ~late
    reserve = (number == ((first + 1) % np.maximum(main, 1))[which]) & ~firm & ~late
    by_reserve = (way == _IN["Insurance choice"]) & (main > 1)
    way = np.where((way == _IN["Insurance choice"]) & ~by_reserve, _IN["Firm choice"], way)
    wanted = np.where(
        late, later[which], np.where(by_reserve[which], reserve, firm & ~later[which])
    )
    taken = wanted.astype(bool) & accepted[which]
    place_taken = taken & enters[which]
    usual = np.where(begins > 0, subject, subject_lut(False)[lane(key, "subject")])[which]
    other = subject_lut(False)[lane(own, "subject")].astype(np.int64)
    alike = place_taken | (lane(own, "same subject") < LANES * 85 // 100)
    course = np.where(alike, usual, other)
    at = np.where(place_taken, place[which], provider_near(own, home_region(spine, who)))
    decision, reply = _answers(own, firm, reserve, late, taken)
    rows = build(
        ctx,
        who,
        cycle[who],
        number,
        human=spine.key[who],
        subject=course,
        place=at,
        course=at * 64 + course,
        leader=(number == 0).astype(np.int8),
        accepted=accepted[which].astype(np.int8),
        deferred=deferred[which].astype(np.int64),
        area=spine.moves[who, -1].astype(np.int64),
        apply_date=_date(key, cycle[person])[which],
        way=Coded(way[which], ACCEPTANCE),
        application_route=Coded(_route(way[which], late), APPLICATION_ROUTES),
        in_main=(~late).astype(np.int8),
        decision=Coded(decision, DECISIONS),
        reply=Coded(reply, REPLIES),
        unconditional=(decision == 1).astype(np.int8),
        number=number,
        course_key=derive(spine.key[who], "provider", n=at),
        in_cycle=(key[which] >> np.uint64(26)).astype(np.int64),
    )
    rows.attrs["entry_start"] = rows.year + rows.attrs["deferred"]
    rows.attrs |= _applicant(spine, rows) | _qualification(spine, rows)
    return rows


def _route(way: NDArray, late: NDArray) -> NDArray:
    """Position in APPLICATION_ROUTES."""
    to = [APPLICATION_ROUTES.index(_LATER.get(name, "Main scheme")) for name in ROUTES_IN]
    return np.where(late, np.array(to)[way], 0)


def _answers(own: U64, firm, reserve, late, taken) -> tuple[NDArray, NDArray]:
    """What the provider decided and what the applicant replied by 30 June, -1 where nothing."""
    offered = firm | reserve | taken | (lane(own, "offer") < LANES * 66 // 100)
    kind = category_lut([86, 12, 2])[lane(own, "kind of offer")].astype(np.int64)
    refused = len(OFFERS) + category_lut(list(_NO_OFFER.values()))[lane(own, "refusal")]
    decision = np.where(late, -1, np.where(offered, kind, refused))
    no = 2 + category_lut([80, 14, 6])[lane(own, "reply")].astype(np.int64)
    reply = np.select([firm, reserve, offered], [0, 1, no], -1)
    return decision, np.where(late, -1, reply)


def _date(key: U64, cycle: NDArray) -> NDArray:
    """Day of the first application of the cycle: most between September and mid-January."""
    early = date(cycle - 1, 9, 10) + spread(key, "applied", 125)
    summer = date(cycle, 2, 1) + spread(key, "applied", 170)
    return np.where(lane(key, "in time") < LANES * 94 // 100, early, summer)


def _applicant(spine: Spine, rows: Rows) -> dict[str, NDArray | Coded]:
    """Columns about the applicant: the same in all rows of a cycle."""
    who, key = rows.person, rows.attrs["human"]
    country = category_lut(list(_COUNTRIES))[lane(key, "country")].astype(np.int64)
    groups = shares("ethnicity_minor", 2011)
    codes = np.array([ETHNIC_CODES.index(ETHNIC[group]) for group in groups])
    home = np.where(country == 0, spine.region[who], np.minimum(country + 8, 12))
    kinds = (900, 50, 12, 12, 4, 3, 3, 5, 5, 6)
    fifth = (spine.idaci_decile[who] + 1) // 2
    young = np.clip(fifth - 1 + category_lut([2, 6, 2])[lane(key, "polar")], 1, 5)
    older = np.clip(young - 1 + category_lut([1, 8, 1])[lane(key, "polar3")], 1, 5)
    route, sector = spine.route[who], spine.sector[who]
    school = category_lut([52, 36, 10, 0, 0, 0, 2])[lane(key, "centre")].astype(np.int64)
    centre = np.select(
        [
            sector == 1,
            route == ROUTES.index("fe_college"),
            route == ROUTES.index("sixth_form_college"),
        ],
        [5, 3, 4],
        school,
    )
    return {
        "country": Coded(country, COUNTRIES),
        "ethnic_code": Coded(codes[spine.ethnicity[who]], ETHNIC_CODES),
        "home": Coded(home, REGION_NAMES),
        "home_code": Coded(np.where(home < 12, home, -1), REGION_CODES),
        "disabled": Coded(category_lut(list(kinds))[lane(key, "disability")], DISABILITIES),
        "imd_fifth": fifth,
        "polar4": young,
        "polar3": older,
        "centre": Coded(centre, CENTRES),
        "place_region": Coded(REGION_OF[rows.attrs["place"]], REGION_NAMES),
        "tariff_group": Coded(
            (rows.attrs["place"] * 7 + 3) % 3, ("Higher tariff", "Medium tariff", "Lower tariff")
        ),
        "subject_code": Coded(rows.attrs["subject"], tuple(s["jacs3"] for s in subjects())),
        "subject_name": Coded(rows.attrs["subject"], tuple(s["subject"] for s in subjects())),
        "subject_broad": Coded(rows.attrs["subject"], tuple(s["broad"] for s in subjects())),
    }


@cache
def _grades() -> tuple[str, ...]:
    """Grades of all cycles, whatever cycles a block has."""
    return tuple(
        dict.fromkeys(g for year in range(2008, 2022) for g in shares("alevel_grade", year))
    )


def _grade(rows: Rows, rank: NDArray, none: NDArray) -> Coded:
    """A level grade at a rank, by the published shares of the year, best grade first."""
    words = _grades()
    out = np.full(len(rows), -1, dtype=np.int64)
    for year, a, b in rows.segments:
        given = shares("alevel_grade", year)
        lut = category_lut([given.get(word, 0.0) for word in words])
        out[a:b] = lut[LANES - 1 - rank[a:b]]
    return Coded(np.where(none, -1, out), words)


def _qualification(spine: Spine, rows: Rows) -> dict[str, NDArray | Coded]:
    """One qualification beside each application: three or four A levels, most still to be taken."""
    key, number = rows.attrs["human"], rows.attrs["number"]
    held = 3 + (lane(key, "a levels") < LANES // 5)
    none = number >= held
    step = np.array([1, 5, 7, 11])[lane(key, "title step") // (LANES // 4)]
    title = (lane(key, "title") % 12 + number * step) % 12
    gained = lane(key, "taken before") < LANES * 6 // 100
    near = (lane(derive(key, "a level", n=number), "grade") - LANES // 2) // 4
    rank = _among_applicants()[spine.attainment("ks5")[rows.person]].astype(np.int64)
    rank = np.clip(rank + near, 0, LANES - 1)
    hoped = np.minimum(rank + LANES * 14 // 100, LANES - 1)
    status = np.where(none, -1, gained.astype(np.int64))
    return {
        "title": Coded(np.where(none, -1, title), SUBJECTS_AT_18),
        "status": Coded(status, ("Pending", "Gained")),
        "described": Coded(np.where(none, -1, 0), ("GCE A level",)),
        "grade": _grade(rows, np.where(gained, rank, hoped), none),
        "exam_year": np.where(none, -1, rows.year - gained),
    }
