"""Who is outside mainstream school in a January: pupil referral units, alternative provision.

A place lasts one or two Januaries, so that one pupil's rows of neighbouring years belong together.
A pupil in such a place who is registered nowhere else has no row in the censuses of schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, derive, lane
from .luts import blend
from .marginals import rate
from .rows import column_of, date
from .spine import Spine

#: First school number of the pupil referral units, and how many there are.
UNITS, UNIT_COUNT = 90_000, 300
#: Eighths of the rank of exclusion that last over a pupil's years (assumed).
LASTING = 5
#: Chance of a place in a year, by national curriculum year from this one on (assumed).
UNIT_CHANCE = ((9, 0.010), (4, 0.0015))
AP_CHANCE = ((9, 0.008), (0, 0.0025))


@dataclass
class Places:
    """Places in one January: who has one, since which January, and a key for the whole stay."""

    held: NDArray[np.bool_]
    since: NDArray[np.int64]
    key: U64


def permanently_excluded(spine: Spine, year: int) -> NDArray[np.bool_]:
    """Children whose rank brings a permanent exclusion in the academic year, pupils or not."""
    nc = spine.nc_year[:, column_of(year)]
    own = lane(derive(spine.key, "exclusion", n=year), "perm")
    gone_at = blend(spine.rank("school conduct"), own, LASTING)
    out = np.zeros(len(spine), dtype=bool)
    for phase, rows in (("primary", nc < 7), ("secondary", nc >= 7)):
        out |= (gone_at < rate("permanent_exclusion", year, phase=phase) * LANES) & rows
    return out


def _held(spine: Spine, name: str, year: int, chances: tuple, times: int) -> NDArray[np.bool_]:
    nc = spine.nc_year[:, column_of(year)]
    chance = np.select([nc >= low for low, _ in chances], [p for _, p in chances], 0.0)
    spell = (year + spine.rank(f"{name} offset") % 2) // 2
    near = spine.rank(name, spell) < chance * spine.rare(times) * LANES
    return near & (nc <= 11) & (nc >= 0) & (spine.sector == 0) & ~spine.special_school


def _in_unit(spine: Spine, year: int) -> NDArray[np.bool_]:
    def make() -> NDArray[np.bool_]:
        chosen = _held(spine, "unit", year, UNIT_CHANCE, 6)
        nc = spine.nc_year[:, column_of(year)]
        last_year = permanently_excluded(spine, year - 1)  # before this January in any case
        after = last_year & spine.enrolled[:, column_of(year)] & (nc >= 4) & (nc <= 11)
        return chosen | (after & ~spine.special_school)

    return spine.once(f"in a unit {year}", make)


def _in_ap(spine: Spine, year: int) -> NDArray[np.bool_]:
    return spine.once(
        f"in provision {year}",
        lambda: _held(spine, "ap", year, AP_CHANCE, 5) & ~_in_unit(spine, year),
    )


def _places(spine: Spine, name: str, inside, year: int) -> Places:
    since = np.full(len(spine), year)
    for back in range(1, 4):  # no stay is followed further than that
        since = np.where(
            (since == year - back + 1) & inside(spine, year - back), year - back, since
        )
    return Places(inside(spine, year), since, derive(spine.key, name, n=since))


def units(spine: Spine, year: int) -> Places:
    """Places at pupil referral units in a January."""
    return spine.once(f"units {year}", lambda: _places(spine, "unit stay", _in_unit, year))


def provision(spine: Spine, year: int) -> Places:
    """Places in alternative provision that the local authority pays for, in a January."""
    return spine.once(f"provision {year}", lambda: _places(spine, "ap stay", _in_ap, year))


def unit_number(places: Places) -> NDArray[np.int64]:
    """School number of each person's unit."""
    return UNITS + lane(places.key, "which") * UNIT_COUNT // LANES


def dual(places: Places) -> NDArray[np.bool_]:
    """A third of the pupils at a unit stay registered at their school, too (assumed)."""
    return places.held & (lane(places.key, "dual") < LANES // 3)


def elsewhere(spine: Spine, year: int) -> NDArray[np.bool_]:
    """Pupils whom the censuses of schools do not count, because they are registered elsewhere.

    From 2014 pupil referral units are in the school census themselves.
    """
    out = provision(spine, year).held
    if year < 2014:
        here = units(spine, year)
        out = out | (here.held & ~dual(here))
    return out


def entry(places: Places, census: NDArray) -> NDArray:
    """Day on which the stay began: in the eleven months before its first January."""
    first = date(places.since, 1, 10)
    day = first - (lane(places.key, "entry") * 320 // LANES).astype("timedelta64[D]")
    return np.minimum(day, census)
