"""Yearly states of work, and the rows of self-employment and addresses."""

from __future__ import annotations

from math import fsum

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, derive, lane
from .luts import blend, category_lut, quantile_lut, threshold
from .marginals import quantiles, rate, shares
from .rows import NOTHING, Context, Rows, build, rows_for
from .spine import SCHOOL_YEARS, SEN_STAGES, Spine

TAX_YEARS = np.arange(1998, 2022)
NOT_A_DAY = np.datetime64("NaT", "D")
#: Last tax year whose output areas were mapped from those of 2001; about one address in eight
#: got another area of the same authority by that (assumed).
AREAS_MAPPED_TO = 2013


def linked(spine: Spine, faults: dict[str, float]) -> NDArray[np.bool_]:
    """People with an EDUKEY: matched to tax and benefit records (the rate differs by group)."""
    missed = faults.get("missed_links", 0.0)
    return spine.once(
        f"linked at {missed}",
        lambda: spine.rank("linked") >= (missed * LANES * missed_risk(spine) if missed else 0),
    )


#: Groups of ``linked_to_tax`` by the first letter of the ethnic code and by SEN stage.
_ETHNIC = {"W": "WHITE", "M": "MIXED", "A": "ASIAN", "B": "BLACK", "C": "CHINESE", "O": "OTHER"}
_SEN = {"N": "N", "A": "SUPPORT", "P": "SUPPORT", "K": "SUPPORT", "S": "PLAN", "E": "PLAN"}


def missed_risk(spine: Spine) -> NDArray[np.float64]:
    """Risk of a missed link over the mean risk: the ratios of single traits, multiplied."""
    return spine.once("missed risk", lambda: _missed_risk(spine))


def _missed_risk(spine: Spine) -> NDArray[np.float64]:
    j = np.clip(spine.ks4_year, SCHOOL_YEARS[0], SCHOOL_YEARS[-1]) - SCHOOL_YEARS[0]
    who = np.arange(len(spine))
    minor = shares("ethnicity_minor", 2011)
    ethnic = [_ETHNIC.get(m[0] if m not in ("REFU", "NOBT") else "", "UNCLASSIFIED") for m in minor]
    meals, stages = rate("fsm_age15", 2011), shares("sen_stage", 2011, phase="secondary")
    private = rate("independent_share", 2011)
    return (
        _relative("ethnicity", ethnic, list(minor.values()))[spine.ethnicity]
        * _relative("sex", list(shares("sex")), list(shares("sex").values()))[spine.sex]
        * _relative("fsm", ["0", "1"], [1 - meals, meals])[spine.fsm[who, j].astype(int)]
        * _relative("sen", [_SEN[s] for s in SEN_STAGES], [stages.get(s, 0.0) for s in SEN_STAGES])[
            spine.sen[who, j]
        ]
        * _relative("sector", ["state", "independent", "elsewhere"], [1 - private, private, 0.0])[
            spine.sector
        ]
    )


def _relative(trait: str, values: list[str], weights: list[float]) -> NDArray[np.float64]:
    """Risk of a missed link by the values of one trait, one on average."""
    missed = np.array([1 - rate("linked_to_tax", 0, **{trait: v}) for v in values])
    return missed / (fsum(m * w for m, w in zip(missed, weights, strict=True)) / fsum(weights))


def years_after_ks4(spine: Spine) -> NDArray:
    """Tax year END minus the year of key stage 4, array (people, TAX_YEARS)."""
    return TAX_YEARS[None, :] - spine.ks4_year[:, None]


def working(spine: Spine) -> NDArray[np.bool_]:
    """Had pay from an employer at some time in the tax year."""
    return spine.once("working", lambda: _working(spine))


def work_rank(spine: Spine, year: int) -> NDArray[np.intp]:
    """Rank in a tax year, from which paid work is read; claims are tied to it."""
    offset = spine.rank("work_offset") % 3
    return blend(spine.rank("work"), spine.rank("work_spell", (year + offset) // 3), 5)


def _working(spine: Spine) -> NDArray[np.bool_]:
    out = np.zeros((len(spine), len(TAX_YEARS)), dtype=bool)
    after = years_after_ks4(spine)
    for j, year in enumerate(TAX_YEARS):
        near = work_rank(spine, year)
        for yak in np.unique(after[:, j]):
            if yak < 0:
                continue
            share = rate("employment", 0, years_after_ks4=min(max(int(yak), 1), 19))
            rows = after[:, j] == yak
            out[rows, j] = near[rows] >= threshold(share * (0.25 if yak == 0 else 1.0))
    return out


def changes(spine: Spine, name: str, share: float) -> NDArray[np.bool_]:
    """Tax years in which something changes, array (people, TAX_YEARS)."""
    return np.stack([spine.rank(name, int(y)) < share * LANES for y in TAX_YEARS], axis=1)


def self_employed(spine: Spine, faults: dict[str, float]) -> NDArray[np.bool_]:
    """A return with self-employment, array (people, tax years from 2014)."""
    years, paid = TAX_YEARS[TAX_YEARS >= 2014], working(spine)
    out = np.zeros((len(spine), len(years)), dtype=bool)
    alone = rate("self_employed_without_pay")
    for j, year in enumerate(years):
        age = year - 1 - spine.cohort.astype(np.int64)
        near = blend(spine.rank("self"), spine.rank("self_spell", year // 3), 6)
        for one in np.unique(age[age >= 16]):
            among = rate("self_employed", 0, age=int(min(max(one, 18), 36)))
            work = rate("employment", 0, years_after_ks4=int(min(max(one - 16, 1), 19)))
            share = among * work / (1 - among * alone)  # of all, not of those who work
            for employed, part in ((True, (1 - alone) / work), (False, alone / (1 - work))):
                rows = (age == one) & (paid[:, year - TAX_YEARS[0]] == employed)
                out[rows, j] = near[rows] >= threshold(share * part)
    return out & linked(spine, faults)[:, None]


def profit(spine: Spine, person: NDArray, year: NDArray) -> NDArray[np.int64]:
    """Pounds of profit, less than 0 for a loss, NOTHING where the return had none of either."""
    lut = quantile_lut(quantiles("self_employment_profit"))
    key = derive(spine.key[person], "profit", n=year)
    found = lut[blend(spine.rank("profit")[person], lane(key, "luck"), 5)].astype(np.int64)
    return np.where(lane(key, "nothing") < rate("no_profit_at_all") * LANES, NOTHING, found)


@rows_for("leo_self_assessment")
def self_assessment(ctx: Context) -> Rows:
    """Self-employment income by tax year from 2014."""
    person, j = np.nonzero(self_employed(ctx.spine, ctx.faults))
    rows = build(ctx, person, 2014 + j)
    total = profit(ctx.spine, rows.person, rows.year.astype(np.int64))
    lasting = blend(ctx.spine.rank("trade")[rows.person], lane(rows.key, "kind"), 7)
    kind = category_lut([0.86, 0.10, 0.04])[lasting]  # sole trader, partner, both
    part = np.where(kind == 2, total * 6 // 10, total)
    some = total != NOTHING
    rows.attrs.update(
        total=total,
        sole=np.where(some & (kind != 1), part, NOTHING),
        partnership=np.where(some & (kind > 0), np.where(kind == 2, total - part, total), NOTHING),
    )
    return rows


@rows_for("leo_geography")
def geography(ctx: Context) -> Rows:
    """Where the person lived longest in each tax year, 2005 to 2021."""
    spine = ctx.spine
    since = years_after_ks4(spine)
    grown = (since >= 0) & (TAX_YEARS >= 2005) & linked(spine, ctx.faults)[:, None]
    gap = np.stack(
        [ctx.hit("no_address", derive(spine.key, "address", n=int(y))) for y in TAX_YEARS], axis=1
    )
    moved = np.cumsum(changes(spine, "adult_move", 0.07) & (since >= 2), axis=1)
    person, j = np.nonzero(grown & ~gap)
    rows = build(ctx, person, TAX_YEARS[j], move=moved[person, j])
    where = derive(spine.key[rows.person], "home", n=rows.attrs["move"])
    away = (rows.attrs["move"] > 0) & (spine.rank("adult_region")[rows.person] < LANES // 4)
    far = category_lut(list(shares("adult_region").values()))[lane(where, "region")]
    region = np.where(away, far, spine.region[rows.person]).astype(np.int64)
    area = lane(derive(spine.key[rows.person], "area", n=64 + rows.attrs["move"]), "a") // 2
    rough = (rows.year <= AREAS_MAPPED_TO) & (lane(where, "mapped") < LANES * 12 // 100)
    other = area + np.where(area < 16_384, 17, -17) * (1 + area % 9)
    rows.attrs |= {
        "home_region_number": region,
        "home_la": region * 17 + area % 17,
        "constituency": region * 68 + area % 68,
        "output_area": np.where(rough, other, area),
    }
    return rows
