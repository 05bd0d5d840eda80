"""Rows of the censuses outside mainstream school: pupil referral units, alternative provision."""

from __future__ import annotations

import numpy as np

from .hashing import LANES, derive, lane
from .luts import category_lut
from .marginals import shares
from .outside import Places, dual, entry, provision, unit_number, units
from .rows import Coded, Context, Rows, build, column_of, date, repeat, rows_for, spread, stack
from .school import ENROL, census_attrs, off_roll
from .spine import SEN_STAGES

#: Rules that decide which of two or three placements is a pupil's main record (assumed shares).
AP_RULES = np.arange(1, 11)
AP_RULE_WEIGHTS = (0.16, 0.09, 0.14, 0.10, 0.09, 0.08, 0.09, 0.10, 0.08, 0.07)
#: Rules under which the record that gave way, too, is an open placement.
BOTH_OPEN, SEVERAL, NONE_OPEN = (3, 4, 7, 8, 9), (5, 6, 7, 8), (2, 6)
#: First END year in which a row of alternative provision is a placement, not a pupil.
PLACEMENTS = 2018


def _stage(attrs: dict, likely: np.ndarray, year: int) -> None:
    """Most of these pupils have special needs: raise the stage of some who have none."""
    stage = SEN_STAGES.index("K" if year >= 2015 else "P")
    index = attrs["sen"].index
    attrs["sen"] = Coded(
        np.where((index == SEN_STAGES.index("N")) & likely, stage, index), SEN_STAGES
    )


def _at_unit(ctx: Context, places: Places, person: np.ndarray, year: int, number: int) -> Rows:
    attrs = census_attrs(ctx, person, year, "spr")
    _stage(attrs, lane(places.key[person], "need") < LANES * 7 // 10, year)
    part = build(ctx, person, year, number, **attrs)
    key = places.key[person]
    stay = dual(places)[person]
    part.attrs["school"] = unit_number(places)[person]
    part.attrs["enrol"] = Coded(np.where(stay, ENROL.index("S"), 0).astype(np.int8), ENROL)
    part.attrs["entry_date"] = entry(places, date(year, 1, 10))[person]
    some = lane(key, "part time") < LANES * 3 // 10
    hours = np.where(some, 40 + lane(part.key, "hours") * 110 // LANES, 0)
    hours = np.where(some, hours, 190 + lane(part.key, "hours") * 60 // LANES)
    part.attrs["part_time"], part.attrs["contact"] = some.astype(np.int8), hours
    part.attrs["boards"] = Coded(np.zeros(len(part), dtype=np.int8), ("N", "B"))
    return part


@rows_for("pru_census")
def pru(ctx: Context) -> Rows:
    """January records of pupils at a pupil referral unit, 2010 to 2013, leavers included."""
    spine, parts = ctx.spine, []
    for year in range(2010, 2014):
        here, before = units(spine, year), units(spine, year - 1)
        nc = spine.nc_year[:, column_of(year)]
        main = _at_unit(ctx, here, np.flatnonzero(here.held), year, 0)
        moved = lane(derive(here.key, "moved", n=year), "unit")[main.person] < LANES * 6 // 100
        left = before.held & ~here.held & (nc <= 11)
        left &= lane(derive(before.key, "left", n=year), "unit") < LANES * 6 // 10
        gone = _leavers(ctx, before, np.flatnonzero(left), year, 1)
        other = _leavers(ctx, here, main.person[moved], year, 2)
        other.attrs["school"] += 1
        other.attrs["record_status"][:] = 101  # on roll beats off roll
        main.attrs["record_status"][moved] = 1
        main.attrs["entry_date"][moved] = other.attrs["leaving_date"] + 3
        parts += [main, gone, other]
    return stack(*parts)


def _leavers(ctx: Context, places: Places, person: np.ndarray, year: int, number: int) -> Rows:
    """Records of pupils who left a unit since the last January."""
    rows = off_roll(_at_unit(ctx, places, person, year, number))
    day = date(year - 1, 2, 1) + spread(rows.key, "left", 320)
    rows.attrs["leaving_date"] = day
    rows.attrs["entry_date"] = np.minimum(rows.attrs["entry_date"], day - 20)
    return rows


@rows_for("ap_census")
def alternative_provision(ctx: Context) -> Rows:
    """Places in alternative provision paid for by the local authority, 2008 to 2021."""
    spine, parts = ctx.spine, []
    kinds = tuple(shares("ap_type", 2010))
    for year in range(2008, 2022):
        places = provision(spine, year)
        person = np.flatnonzero(places.held)
        own = derive(places.key[person], "placements", n=year)
        rule = AP_RULES[category_lut(AP_RULE_WEIGHTS)[lane(own, "rule")]]
        more = (year >= PLACEMENTS) & (lane(own, "two") < LANES // 3)
        which, occurrence = repeat(1 + more + (more & np.isin(rule, SEVERAL)))
        attrs = census_attrs(ctx, person[which], year, "spr")
        rule, pair, key = rule[which], more[which], places.key[person][which]
        attrs["record_status"] = np.where(pair, rule + 100 * (occurrence > 0), -1)
        open_now = np.where(occurrence > 0, np.isin(rule, BOTH_OPEN), ~np.isin(rule, NONE_OPEN))
        single = lane(own, "open")[which] < LANES * 85 // 100
        attrs["open_placement"] = np.where(pair, open_now, single).astype(np.int8)
        given = shares("ap_type", year)
        lut = category_lut([given.get(k, 0.0) for k in kinds])
        attrs["ap_type"] = Coded(lut[lane(key, "kind")], kinds)
        _stage(attrs, lane(key, "need") < LANES * 7 // 10, year)
        special = attrs["ap_type"].index == kinds.index("NMS")  # a place there needs a statement
        stage = SEN_STAGES.index("E" if year >= 2015 else "S")
        attrs["sen"] = Coded(np.where(special, stage, attrs["sen"].index), SEN_STAGES)
        parts.append(build(ctx, person[which], year, occurrence, **attrs))
    return stack(*parts)
