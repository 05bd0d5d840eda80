"""The person spine: who the synthetic people are, before any table is drawn.

A :class:`Spine` holds one block of people as columns. Lasting traits are ranks (0..65535, uniform)
from which yearly states follow by comparing with a published share, so that a state changes
plausibly from year to year and yet meets its margin in every year. The ties between ranks
(deprivation with attainment, say) are assumptions that keep a life coherent; nothing about real
relationships may be read from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, U64, counter, derive, lane
from .luts import blend, category_lut, threshold
from .marginals import rate, shares

FIRST_COHORT, LAST_COHORT = 1984, 2004
#: Academic years END that the school histories cover.
SCHOOL_YEARS = np.arange(1996, 2023)
SEN_STAGES = ("N", "A", "P", "K", "S", "E")
#: The first people show rare tables and codes more often, so that small data sets have them.
SHOWCASE = 5_000
SECTORS = ("state", "independent", "elsewhere")
PRIMARY_POOL, SECONDARY_POOL, SPECIAL_POOL = 4000, 800, 200
ROUTES = (
    "neet",
    "unknown",
    "employment",
    "apprenticeship",
    "fe_college",
    "sixth_form_college",
    "school_sixth_form",
)


def draw(key: U64, name: str, distribution: str, year: int = 0, **group: object) -> NDArray:
    """Index of a category per row, in the order of the distribution in ``shares.csv``."""
    return category_lut(list(shares(distribution, year, **group).values()))[lane(key, name)]


@dataclass
class Spine:
    """A block of synthetic people.

    Parameters
    ----------
    start, stop : int
        Person numbers ``start <= person < stop``; a person's life depends on the number and the
        seed, never on the block.
    seed : int
        Seed of the whole data set.

    Examples
    --------
    >>> small, large = Spine(0, 10, 42), Spine(0, 20, 42)
    >>> bool((small.cohort == large.cohort[:10]).all())
    True
    """

    start: int
    stop: int
    seed: int

    def __post_init__(self) -> None:
        self.person = np.arange(self.start, self.stop, dtype=np.int64)
        self.key = counter("person", self.seed, n=self.person)
        self._known: dict[str, object] = {}

    def __len__(self) -> int:
        return self.stop - self.start

    def rank(self, name: str, n: NDArray | int | None = None) -> NDArray[np.intp]:
        """A uniform rank per person under a name, fresh for each `n` (a year, a spell)."""
        return lane(self.key, name) if n is None else lane(derive(self.key, name, n=n), name)

    def once(self, name: str, make):
        """Result of `make`, worked out once for this block of people."""
        if name not in self._known:
            self._known[name] = make()
        return self._known[name]

    def rare(self, times: int) -> NDArray:
        """Factor by which a rare table is richer among the first 5,000 people (declared)."""
        return np.where(self.person < SHOWCASE, times, 1)

    # ---- lasting traits -------------------------------------------------------------------
    @cached_property
    def cohort(self) -> NDArray[np.int16]:
        """Calendar year in which the person's September-to-August birth year starts."""
        years = np.array([int(v) for v in shares("birth_cohort")], dtype=np.int16)
        return years[draw(self.key, "cohort", "birth_cohort")]

    @cached_property
    def birth_month(self) -> NDArray:
        """Month of birth, 1 to 12."""
        months = np.array([int(v) for v in shares("birth_month")])
        return months[draw(self.key, "month", "birth_month")]

    @cached_property
    def birth_year(self) -> NDArray:
        """Calendar year of birth."""
        return self.cohort.astype(np.int64) + (self.birth_month < 9)

    @cached_property
    def birth_day(self) -> NDArray:
        """Day of the month of birth, 1 to 28 (dates of birth never leave the generator)."""
        return self.rank("day") * 28 // LANES + 1

    @cached_property
    def birth_date(self) -> NDArray:
        """Date of birth as numpy days."""
        month = ((self.birth_year - 1970) * 12 + self.birth_month - 1).astype("datetime64[M]")
        return month.astype("datetime64[D]") + (self.birth_day - 1)

    @cached_property
    def sex(self) -> NDArray:
        """Index into ("M", "F")."""
        return draw(self.key, "sex", "sex")

    @cached_property
    def ethnicity(self) -> NDArray:
        """Index into the minor ethnic groups of ``shares.csv``, by the cohort's year 7."""
        return self._by_cohort("ethnicity", "ethnicity_minor", 13)

    @cached_property
    def language(self) -> NDArray:
        """Index into the language groups, drawn given white British or not."""
        british = self.ethnicity == list(shares("ethnicity_minor", 2011)).index("WBRI")
        yes, no = (
            self._by_cohort("language", "language_group", 13, major=m)
            for m in ("WHITE_BRITISH", "OTHER")
        )
        return np.where(british, yes, no)

    @cached_property
    def region(self) -> NDArray:
        """Index into the nine English regions at school."""
        return self._by_cohort("region", "region", 17)

    @cached_property
    def sector(self) -> NDArray:
        """Index into :data:`SECTORS`."""
        independent = rate("independent_share")
        return category_lut([1 - independent - 0.012, independent, 0.012])[lane(self.key, "sector")]

    @cached_property
    def deprivation(self) -> NDArray[np.intp]:
        """Lasting rank, 65535 = most deprived."""
        return self.rank("deprivation")

    @cached_property
    def ability(self) -> NDArray[np.intp]:
        """Lasting attainment rank, 65535 = highest; a little of it is deprivation (assumed)."""
        return blend(self.rank("ability"), LANES - 1 - self.deprivation, 5)

    def attainment(self, stage: str) -> NDArray[np.intp]:
        """Rank at one key stage: the lasting rank and a fresh part."""
        return blend(self.ability, self.rank("stage", _stage_number(stage)), 6)

    @cached_property
    def idaci_decile(self) -> NDArray:
        """IDACI decile of the home area, 1 = most deprived."""
        near = blend(LANES - 1 - self.deprivation, self.rank("idaci"), 6)
        return category_lut(list(shares("idaci_decile", 2015).values()))[near].astype(int) + 1

    # ---- yearly school states, arrays (people, SCHOOL_YEARS) ---------------------------------
    @cached_property
    def nc_year(self) -> NDArray:
        """National Curriculum year by academic year: 0 is Reception, -1 and -2 nursery."""
        return SCHOOL_YEARS[None, :] - (self.cohort[:, None].astype(np.int64) + 6)

    @cached_property
    def enrolled(self) -> NDArray[np.bool_]:
        """In a state school (nursery to year 13) in the academic year."""
        nc, state = self.nc_year, (self.sector == 0)[:, None]
        nursery = (self.rank("nursery") < LANES * 45 // 100)[:, None] & (nc == -1)
        early = (self.rank("nursery") < LANES * 6 // 100)[:, None] & (nc == -2)
        stays = (self.route == ROUTES.index("school_sixth_form"))[:, None]
        leaves = (self.rank("year13") < LANES * 15 // 100)[:, None]
        sixth = stays & ((nc == 12) | ((nc == 13) & ~leaves))
        return state & (((nc >= 0) & (nc <= 11)) | nursery | early | sixth)

    @cached_property
    def fsm(self) -> NDArray[np.bool_]:
        """Eligible for free school meals in the academic year (true whether enrolled or not)."""
        out = np.zeros(self.nc_year.shape, dtype=bool)
        offset = self.rank("fsm_offset") % 3
        spell = np.where(self.rank("fsm_length") < LANES * 4 // 10, 2, 3)
        for j, year in enumerate(SCHOOL_YEARS):
            near = blend(self.deprivation, self.rank("fsm", (year + offset) // spell), 5)
            for share, rows in self._meals(j):
                out[rows, j] = near[rows] >= threshold(share)
        return out

    @cached_property
    def sen(self) -> NDArray[np.int8]:
        """SEN stage, index into :data:`SEN_STAGES`."""
        out = np.zeros(self.nc_year.shape, dtype=np.int8)
        lasting = blend(self.rank("sen"), LANES - 1 - self.ability, 6)
        offset = self.rank("sen_offset") % 4
        for j, year in enumerate(SCHOOL_YEARS):
            near = blend(lasting, self.rank("sen_spell", (year + offset) // 4), 7)
            for phase, rows in self._phases(j):
                given = shares("sen_stage", int(year), phase=phase)
                order = [s for s in SEN_STAGES if given.get(s, 0) > 0]
                index = np.array([SEN_STAGES.index(s) for s in order], dtype=np.int8)
                out[rows, j] = index[category_lut([given[s] for s in order])[near[rows]]]
        return out

    @cached_property
    def sen_need(self) -> NDArray[np.intp]:
        """Lasting rank from which the primary need is read in each year."""
        return self.rank("sen_need")

    @cached_property
    def special_school(self) -> NDArray[np.bool_]:
        """Educated in a special school for the whole of school life."""
        return (blend(self.rank("sen"), LANES - 1 - self.ability, 6) >= threshold(0.012)) & (
            self.sector == 0
        )

    @cached_property
    def moves(self) -> NDArray[np.int8]:
        """Number of school moves (beyond changing phase) so far."""
        moved = np.stack(
            [self.rank("move", int(y)) < LANES * 3 // 100 for y in SCHOOL_YEARS], axis=1
        )
        return np.cumsum(moved & (self.nc_year > 0), axis=1).astype(np.int8)

    @cached_property
    def school(self) -> NDArray[np.int32]:
        """School number: primary below 4,000, secondary to 4,799, special to 4,999."""
        secondary = self.nc_year >= 7
        keys = derive(
            np.repeat(self.key, len(SCHOOL_YEARS)), "school", n=(self.moves * 2 + secondary).ravel()
        )
        u = lane(keys, "school").reshape(secondary.shape)
        number = np.where(
            secondary, PRIMARY_POOL + u * SECONDARY_POOL // LANES, u * PRIMARY_POOL // LANES
        )
        special = PRIMARY_POOL + SECONDARY_POOL + u * SPECIAL_POOL // LANES
        return np.where(self.special_school[:, None], special, number).astype(np.int32)

    # ---- after 16 ---------------------------------------------------------------------------
    @cached_property
    def ks4_year(self) -> NDArray:
        """Academic year END in which the person is 16: end of key stage 4."""
        return self.cohort.astype(np.int64) + 17

    @cached_property
    def route(self) -> NDArray:
        """Index into :data:`ROUTES`: main activity in the first year after key stage 4."""
        out = np.zeros(len(self), dtype=np.int8)
        for year, rows in self._cohorts(17):
            out[rows] = route_lut(year)[self.route_rank[rows]]
        return out

    @cached_property
    def route_rank(self) -> NDArray[np.intp]:
        """Rank that decides the route after key stage 4."""
        return blend(self.attainment("ks4"), self.rank("route"), 5)

    @cached_property
    def level3_rank(self) -> NDArray[np.intp]:
        """Rank that decides level 3 by 19 and entry to higher education."""
        return blend(self.attainment("ks4"), self.rank("level3"), 7)

    @cached_property
    def he_entry(self) -> NDArray:
        """Academic year END of entry to higher education, 0 if never."""
        start = np.zeros(len(self), dtype=np.int64)
        delay = category_lut([0.66, 0.22, 0.06, 0.04, 0.02])[self.rank("he_delay")]
        for year, rows in self._cohorts(20):
            ever = rate("he_by19", year) / (0.66 + 0.22)  # by 19: at once or a year later
            ever /= 0.98  # published figures count linked students: see hesa_without_pmr
            start[rows] = np.where(self.level3_rank[rows] >= threshold(ever), year, 0)
        return np.where(start > 0, start + delay, 0)

    @cached_property
    def he_years(self) -> NDArray:
        """Years of study on the first degree (1 for those who leave in the first year)."""
        length = 3 + (self.rank("he_length") < LANES // 4)
        share = np.zeros(len(self))
        for year in np.unique(self.he_entry[self.he_entry > 0]):
            share[self.he_entry == year] = rate("he_non_continuation", int(year))
        left = self.rank("he_left") < share * LANES
        return np.where(left, 1, length)

    @cached_property
    def graduated(self) -> NDArray[np.bool_]:
        """Gained a first degree."""
        return (self.he_entry > 0) & (self.he_years >= 3)

    # ---- helpers ----------------------------------------------------------------------------
    def _cohorts(self, age: int):
        """Yield (year in which the cohort is `age` on 31 August, row numbers)."""
        for cohort in np.unique(self.cohort):
            yield int(cohort) + age, np.flatnonzero(self.cohort == cohort)

    def _by_cohort(self, name: str, distribution: str, age: int, **group: object) -> NDArray:
        out = np.zeros(len(self), dtype=np.int64)
        for year, rows in self._cohorts(age):
            out[rows] = draw(self.key[rows], name, distribution, year, **group)
        return out

    def _meals(self, j: int):
        """Yield (share eligible for free meals, row numbers): it falls from year 7 to year 11."""
        year, nc = int(SCHOOL_YEARS[j]), self.nc_year[:, j]
        yield rate("fsm", year, phase="primary"), np.flatnonzero(nc < 7)
        whole = rate("fsm", year, phase="secondary")
        slope = (rate("fsm_age15", year) - whole) / 2
        for one in range(7, 12):
            rows = (nc == one) if one < 11 else (nc >= one)
            yield whole + slope * (one - 9), np.flatnonzero(rows)

    def _phases(self, j: int):
        nc = self.nc_year[:, j]
        yield "primary", np.flatnonzero(nc < 7)
        yield "secondary", np.flatnonzero(nc >= 7)


def route_lut(year: int) -> NDArray[np.integer]:
    """Route by lane for those who finish key stage 4 in a year."""
    given = shares("post16_route", year)
    return category_lut([given.get(r, 0.0) for r in ROUTES])


@lru_cache(maxsize=1)
def reference() -> Spine:
    """People of no data set, from whom the generator reads how a chosen group ranks."""
    return Spine(1_000_000, 1_262_144, 20_260_414)


def rank_among(ranks: NDArray) -> NDArray[np.int32]:
    """For every lane its rank (0..65535, uniform) within a group with these ranks.

    Examples
    --------
    >>> rank_among(np.array([10, 20, 30, 40]))[[0, 10, 25, 65535]].tolist()
    [0, 16384, 32768, 65535]
    """
    below = np.searchsorted(np.sort(ranks), np.arange(LANES), side="right").astype(np.int64)
    return np.minimum(below * LANES // max(len(ranks), 1), LANES - 1).astype(np.int32)


def _stage_number(stage: str) -> int:
    return ("eyfsp", "ks1", "ks2", "ks3", "ks4", "ks5", "he", "work").index(stage)
