"""Benefit spells: a stretch of tax years with a claim becomes claims, gaps and moves.

A person claims in a tax year or not; a stretch of such years is one *need*. Claims follow each
other through the stretch, each as long as its kind usually lasts, and at least one touches every
year, so that the yearly share of claimants is met. What a kind is, when it could begin and which
benefit took its place stands in ``data/marginals/benefits.csv``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..paths import data_dir
from .hashing import LANES, derive, lane
from .luts import blend, category_lut, quantile_lut, threshold
from .marginals import quantiles, rate, shares
from .people import attribute
from .rows import DAY, Coded, Context, Rows, build, date, rows_for, runs, spread, stack
from .spine import SHOWCASE, Spine
from .work import NOT_A_DAY, TAX_YEARS, changes, linked, work_rank, working

#: Most claims in one stretch; the keys of claims are numbered in steps of it.
MOST = 64
_EARLY, _LATE = np.datetime64("1900-01-01"), np.datetime64("2999-12-31")


@dataclass
class Stretches:
    """Stretches of claiming on their way through the years: one row a stretch."""

    run: NDArray
    person: NDArray
    first: NDArray
    last: NDArray
    start: NDArray
    kind: NDArray

    def take(self, rows: NDArray) -> Stretches:
        """The chosen stretches."""
        return Stretches(*(getattr(self, f.name)[rows] for f in fields(self)))


@cache
def kinds() -> dict[str, dict[str, str]]:
    """What ``data/marginals/benefits.csv`` says about each benefit, in its order.

    Examples
    --------
    >>> kinds()["DLA"]["moves_into"]
    'PIP'
    """
    with (data_dir() / "marginals" / "benefits.csv").open(encoding="utf-8", newline="") as handle:
        return {row["benefit"]: row for row in csv.DictReader(handle)}


@cache
def _days(column: str, default: np.datetime64) -> NDArray:
    return np.array([np.datetime64(k[column] or default, "D") for k in kinds().values()])


def _position(kind: str) -> int:
    return list(kinds()).index(kind)


@attribute("benefit_end")
def benefit_end(spine: Spine, rows: Rows) -> NDArray:
    """End of a benefit spell; some open ones end on 9999-12-31."""
    end = rows.attrs["end_date"]
    return np.where(np.isnat(end) & rows.attrs["open_9999"], np.datetime64("9999-12-31"), end)


@attribute("out_of_work")
def out_of_work(spine: Spine, rows: Rows) -> NDArray:
    """One where the benefit is paid to people out of work: a function of the kind alone."""
    flags = np.array([int(k["out_of_work"]) for k in kinds().values()], dtype=np.int8)
    return flags[rows.attrs["benefit"].index]


@rows_for("leo_benefit")
def benefits(ctx: Context) -> Rows:
    """Benefit spells: claims follow one another, some overlap, short ones fall between scans."""
    spine = ctx.spine
    active = _claiming(spine) & linked(spine, ctx.faults)[:, None]
    person, first, last = runs(active, changes(spine, "claim_change", 0.15))
    run = np.arange(len(person))
    spells, seen = _claims(ctx, _begin(ctx, run, person, first, last, 0), 0)
    second = _beside(ctx, _begin(ctx, run, person, first, last, 1), seen)
    rows = stack(spells, _claims(ctx, second, 1)[0])
    rows = rows.take(np.lexsort((rows.attrs["start_date"], rows.person)))
    days = rows.attrs["end_date"] - rows.attrs["start_date"]
    short = ~np.isnat(days) & (np.where(np.isnat(days), 99 * DAY, days) < 42 * DAY)
    return rows.take(np.flatnonzero(~(short & ctx.hit("scan_gap", rows.key))))


def _claiming(spine: Spine) -> NDArray[np.bool_]:
    """A claim at some time in the tax year, array (people, TAX_YEARS); rarer in work."""
    out = np.zeros((len(spine), len(TAX_YEARS)), dtype=bool)
    lasting = blend(spine.deprivation, spine.rank("claim"), 4)
    offset = spine.rank("claim_offset") % 3
    for j, year in enumerate(TAX_YEARS):
        age = year - 2 - spine.cohort.astype(np.int64)  # on 31 August of the tax year
        own = blend(lasting, spine.rank("claim_spell", (year + offset) // 3), 6)
        near = blend(LANES - 1 - work_rank(spine, year), own, 4)
        for one in np.unique(age[age >= 16]):
            rows = age == one
            share = rate("benefit_claim", int(year), age=int(min(one, 36)))
            out[rows, j] = near[rows] >= threshold(share * rate("benefit_unseen"))
    return out & (TAX_YEARS >= 2000)


def _begin(
    ctx: Context, run: NDArray, person: NDArray, first: NDArray, last: NDArray, layer: int
) -> Stretches:
    """Stretches at their first day, which no 16th birthday may follow, with a first kind."""
    key = derive(ctx.spine.key[person], "stretch", n=layer * MOST + first)
    start = date(TAX_YEARS[first] - 1, 4, 6) + spread(key, "start", 360)
    start = np.maximum(start, _birthday(ctx.spine, person, 16))
    kind = _fresh(ctx.spine, person, start, lane(key, "kind"))
    return Stretches(run, person, first, last, start, _possible(kind, start, lane(key, "into")))


def _birthday(spine: Spine, person: NDArray, age: int) -> NDArray:
    born = spine.birth_date[person]
    month = born.astype("datetime64[M]")
    return (month + 12 * age).astype("datetime64[D]") + (born - month.astype("datetime64[D]"))


def _beside(ctx: Context, all_: Stretches, seen: NDArray[np.int64]) -> Stretches:
    """Stretches with a second benefit at the same time: DLA or PIP, or ICA beside IS alone."""
    disability = 1 << _position("DLA") | 1 << _position("PIP")
    carer = seen == 1 << _position("IS")
    rank = ctx.spine.rank("overlap")[all_.person]
    struck = rank < ctx.faults.get("overlapping_benefits", 0.0) * LANES
    chosen = struck & (all_.last > all_.first) & (seen & disability == 0)
    all_.kind = np.where(
        carer & (rank % 2 == 0),
        _position("ICA"),
        _possible(np.full(len(seen), _position("DLA")), all_.start, rank),
    )
    return all_.take(np.flatnonzero(chosen))


def _claims(ctx: Context, now: Stretches, layer: int) -> tuple[Rows, NDArray[np.int64]]:
    """All claims of the stretches, and the kinds of each stretch as bits."""
    parts, seen = [], np.zeros(len(now.run), dtype=np.int64)
    for step in range(MOST):
        rows = build(ctx, now.person, 0, (layer * MOST + now.first) * MOST + step)
        end, moved = _ends(ctx, rows, now)
        rows.attrs["benefit"] = Coded(now.kind.astype(np.int16), tuple(kinds()))
        rows.attrs["start_date"] = now.start
        late = moved & ctx.hit("overlapping_benefits", derive(rows.key, "late"))
        rows.attrs["end_date"] = end + np.where(late, DAY + spread(rows.key, "late", 10), 0 * DAY)
        rows.attrs["open_9999"] = ctx.hit("open_end_9999", rows.key)
        parts.append(rows)
        if not layer:
            seen[now.run] |= np.int64(1) << now.kind.astype(np.int64)
        now = _onwards(ctx, rows, now, end, moved, layer)
        if not len(now.run):
            break
    return stack(*parts), seen


def _ends(ctx: Context, rows: Rows, now: Stretches) -> tuple[NDArray, NDArray[np.bool_]]:
    """Last days of claims, and which claims end because another benefit takes over."""
    limit = date(TAX_YEARS[now.last], 4, 5)
    end = now.start + (_lengths(now.kind, lane(rows.key, "days")) - 1) * DAY
    move = _move_day(ctx.spine, now.person, now.kind)
    moved = (now.start < move) & (move <= np.minimum(end, limit))
    over = ~moved & (end > limit)
    opened = over & (now.last == len(TAX_YEARS) - 1)
    since = np.maximum(now.start, date(TAX_YEARS[now.last] - 1, 4, 6))
    within = since + spread(rows.key, "within", (limit - since) // DAY)
    before = DAY * (lane(rows.key, "same day") >= rate("benefit_same_day") * LANES)
    end = np.where(moved, move - before, np.where(over, within, end))
    return np.where(opened, NOT_A_DAY, end), moved


def _onwards(
    ctx: Context, rows: Rows, now: Stretches, end: NDArray, moved: NDArray, layer: int
) -> Stretches:
    """The stretches that go on after a claim, at their next first day and with its kind."""
    go = np.flatnonzero(~np.isnat(end))
    rows, now, end, moved = rows.take(go), now.take(go), end[go], moved[go]
    gap = quantile_lut(quantiles("benefit_gap_days"))[lane(rows.key, "gap")]
    move = _move_day(ctx.spine, now.person, now.kind)
    start = np.where(moved, move, end + (1 + gap) * DAY)
    again = (lane(rows.key, "return") < rate("benefit_return") * LANES) & (
        start <= date(TAX_YEARS[now.last], 4, 5)
    )
    kind = np.where(start >= move, _successor(now.kind, lane(rows.key, "into")), now.kind)
    if not layer:
        other = ~moved & (lane(rows.key, "other") >= rate("benefit_same_kind") * LANES)
        other |= (
            (_birthday(ctx.spine, now.person, 18) <= start)
            & ~moved
            & (now.start < _birthday(ctx.spine, now.person, 18))
        )
        new = _fresh(ctx.spine, now.person, start, lane(rows.key, "kind"))
        kind = np.where(other, new, kind)
    now.start, now.kind = start, _possible(kind, start, lane(rows.key, "into"))
    return now.take(np.flatnonzero(moved | again | (_tax_year(end) < TAX_YEARS[now.last])))


def _tax_year(day: NDArray) -> NDArray[np.int64]:
    """END year of the tax year of each day."""
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    return year + (day >= date(year, 4, 6))


@cache
def _length_luts() -> NDArray:
    groups = [{"benefit": k["length"]} if k["length"] else {} for k in kinds().values()]
    return np.stack([quantile_lut(quantiles("benefit_spell_days", **g)) for g in groups])


def _lengths(kind: NDArray, rank: NDArray) -> NDArray[np.int64]:
    """Days that a claim lasts when nothing cuts it short."""
    return np.maximum(_length_luts()[kind, rank].astype(np.int64), 1)


def _move_day(spine: Spine, person: NDArray, kind: NDArray) -> NDArray:
    """First day on the benefit that takes the place of a kind: one day a person and kind."""
    since, until = _days("moves_from", _LATE)[kind], _days("moves_to", _LATE)[kind]
    return since + spread(derive(spine.key[person], "move", n=kind), "day", (until - since) // DAY)


@cache
def _successors() -> NDArray[np.int64]:
    """Kinds that take the place of each kind, array (kinds, 4)."""
    names = list(kinds())
    out = np.repeat(np.arange(len(names))[:, None], 4, axis=1)
    for i, row in enumerate(kinds().values()):
        into = row["moves_into"].split()
        if into:
            out[i] = [names.index(into[j * len(into) // 4]) for j in range(4)]
    return out


def _successor(kind: NDArray, rank: NDArray) -> NDArray[np.int64]:
    return _successors()[kind, rank * 4 // LANES]


def _possible(kind: NDArray, start: NDArray, rank: NDArray) -> NDArray[np.int64]:
    """Kinds that could begin on the day: else what took their place, or what they replaced."""
    closed = start > _days("last_start", _LATE)[kind]
    kind = np.where(closed, _successor(kind, rank), kind)
    names = list(kinds())
    before = np.array([names.index(k["before"] or n) for n, k in kinds().items()])
    for _ in range(2):  # a code of universal credit before ESA began stands for IB
        kind = np.where(start < _days("first_start", _EARLY)[kind], before[kind], kind)
    return kind


def _fresh(spine: Spine, person: NDArray, start: NDArray, rank: NDArray) -> NDArray[np.int64]:
    """Kind of a new need, by tax year, age, work and whether rare codes are to be shown."""
    year = np.clip(_tax_year(start), TAX_YEARS[0], TAX_YEARS[-1])
    group = (
        (spine.person[person] < SHOWCASE)
        + 2 * (start < _birthday(spine, person, 18))
        + 4 * working(spine)[person, year - TAX_YEARS[0]]
    )
    kind, cell = np.zeros(len(person), dtype=np.int64), year * 8 + group
    for one in np.unique(cell):
        rows = np.flatnonzero(cell == one)
        kind[rows] = _kind_lut(int(one))[rank[rows]]
    return kind


def _rarity(row: dict[str, str]) -> float:
    """How much more often a rare code is shown when it can begin in few tax years only."""
    first = int(row["first_start"][:4] or TAX_YEARS[0])
    last = int(row["last_start"][:4] or TAX_YEARS[-1])
    return len(TAX_YEARS) / max(last - max(first, 2001), 1)


@lru_cache(maxsize=256)
def _kind_lut(cell: int) -> NDArray:
    """Kind by lane for a tax year and group (see :func:`_fresh`)."""
    year, showcase, young, works = cell // 8, cell & 1, cell & 2, cell & 4
    given = shares("benefit_type", year)
    low = rate("benefit_shown") if showcase else 0.0
    weights = []
    for name, row in kinds().items():
        share = max(given.get(name, 0.0), low * _rarity(row))
        if name in ("UAB", "UBD"):  # universal credit in work
            share *= rate("benefit_in_work", works=int(bool(works)))
        weights.append(share * (row["young"] == "1" or not young))
    return category_lut(weights)
