"""Attributes of a person that any table may show, looked up by name from ``draws.csv``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .hashing import LANES, derive, lane, scramble
from .luts import category_lut
from .marginals import shares
from .outside import UNITS
from .rows import Coded, Rows, date
from .spine import PRIMARY_POOL, SCHOOL_YEARS, SECONDARY_POOL, Spine

MAJOR = {"W": "WHIT", "M": "MIXD", "A": "ASIA", "B": "BLAC", "C": "CHIN", "O": "AOEG"}
ATTRIBUTES: dict[str, Callable[[Spine, Rows], NDArray | Coded]] = {}


def attribute(name: str):
    """Register a function that gives one value a row."""

    def register(function):
        ATTRIBUTES[name] = function
        return function

    return register


def value_of(name: str, spine: Spine, rows: Rows) -> NDArray | Coded | None:
    """A row's own attribute if it has one, else the person's; None if neither exists."""
    if name in rows.attrs:
        return rows.attrs[name]
    return ATTRIBUTES[name](spine, rows) if name in ATTRIBUTES else None


def _year(rows: Rows) -> NDArray:
    return rows.year.astype(np.int64)


@attribute("sex")
def sex(spine: Spine, rows: Rows) -> Coded:
    """M or F."""
    return Coded(spine.sex[rows.person], tuple(shares("sex")))


@attribute("ethnicity")
def ethnicity(spine: Spine, rows: Rows) -> Coded:
    """Minor ethnic group."""
    return Coded(spine.ethnicity[rows.person], tuple(shares("ethnicity_minor", 2011)))


@attribute("ethnicity_major")
def ethnicity_major(spine: Spine, rows: Rows) -> Coded:
    """Major ethnic group."""
    minor = tuple(shares("ethnicity_minor", 2011))
    major = (*dict.fromkeys(MAJOR.values()), "UNCL")
    group = [MAJOR.get(m[0], "UNCL") if m not in ("REFU", "NOBT") else "UNCL" for m in minor]
    return Coded(np.array([major.index(g) for g in group])[spine.ethnicity[rows.person]], major)


@attribute("language")
def language(spine: Spine, rows: Rows) -> Coded:
    """Language group."""
    group = np.where(_asked(rows), spine.language[rows.person], -1)
    return Coded(group, tuple(shares("language_group", major="OTHER")))


def _asked(rows: Rows) -> NDArray:
    """Whether the language was recorded at all."""
    return rows.attrs.get("language_known", np.ones(len(rows), dtype=bool))


@attribute("language_major")
def language_major(spine: Spine, rows: Rows) -> Coded:
    """English, other than English, or unclassified."""
    groups = tuple(shares("language_group", major="OTHER"))
    to = {"ENG": 0, "ENB": 0, "OTH": 1, "OTB": 1}
    index = np.array([to.get(g, 2) for g in groups])[spine.language[rows.person]]
    return Coded(np.where(_asked(rows), index, 2), ("1_ENG", "2_OTH", "3_UNCL"))


@attribute("phase")
def phase(spine: Spine, rows: Rows) -> Coded:
    """Phase of the school, by its number."""
    edges = (PRIMARY_POOL, PRIMARY_POOL + SECONDARY_POOL, UNITS)
    return Coded(np.digitize(rows.attrs["school"], edges), ("PS", "SS", "SP", "PR"))


@attribute("female")
def female(spine: Spine, rows: Rows) -> NDArray:
    """One for girls and women."""
    return (spine.sex[rows.person] == list(shares("sex")).index("F")).astype(np.int8)


@attribute("other_language")
def other_language(spine: Spine, rows: Rows) -> NDArray:
    """One where the first language is not English."""
    return (language_major(spine, rows).index == 1).astype(np.int8)


def _of_group(*minors: str):
    def flag(spine: Spine, rows: Rows) -> NDArray:
        return np.isin(ethnicity(spine, rows).index, wanted).astype(np.int8)

    wanted = [i for i, g in enumerate(shares("ethnicity_minor", 2011)) if g in minors]
    return flag


def _at_stage(stages: str):
    def flag(spine: Spine, rows: Rows) -> NDArray:
        sen = rows.attrs["sen"]
        wanted = np.array([v in stages for v in sen.values] + [False])
        return np.where(sen.index < 0, -1, wanted[sen.index]).astype(np.int8)

    return flag


for _minor in shares("ethnicity_minor", 2011):
    ATTRIBUTES[f"is_{_minor.lower()}"] = _of_group(_minor)
ATTRIBUTES["is_uncla"] = _of_group("REFU", "NOBT")
for _name, _stages in {
    "a": "A",
    "ps": "PS",
    "k": "K",
    "e": "E",
    "se": "SE",
    "apk": "APK",
    "any": "APKSE",
}.items():
    ATTRIBUTES[f"sen_{_name}"] = _at_stage(_stages)


def _ever_fsm(years: int):
    def flag(spine: Spine, rows: Rows) -> NDArray:
        j = np.clip(_year(rows), SCHOOL_YEARS[0], SCHOOL_YEARS[-1]) - SCHOOL_YEARS[0]
        start = np.maximum(spine.cohort[rows.person] + 5 - SCHOOL_YEARS[0], j - years)
        held = spine.once(
            "years on free meals", lambda: np.cumsum(spine.fsm, axis=1, dtype=np.int16)
        )
        before = np.where(start >= 0, held[rows.person, np.maximum(start, 0)], 0)
        return (held[rows.person, j] > before).astype(np.int8)

    return flag


for _name, _years in {"ever_fsm3": 3, "ever_fsm6": 6, "ever_fsm": 30}.items():
    ATTRIBUTES[_name] = _ever_fsm(_years)


@attribute("relative_age")
def relative_age(spine: Spine, rows: Rows) -> NDArray:
    """Place in the school year in thousandths: near 1000 for September, near 0 for August."""
    return (11 - (spine.birth_month[rows.person] - 9) % 12) * 1000 // 11


@attribute("birth_year")
def birth_year(spine: Spine, rows: Rows) -> NDArray:
    """Calendar year of birth."""
    return spine.birth_year[rows.person]


@attribute("birth_month")
def birth_month(spine: Spine, rows: Rows) -> NDArray:
    """Month of birth."""
    return spine.birth_month[rows.person]


@attribute("age_31_august")
def age_31_august(spine: Spine, rows: Rows) -> NDArray:
    """Age in full years on the 31 August before the academic year."""
    return _year(rows) - 2 - spine.cohort[rows.person]


@attribute("age_month_part")
def age_month_part(spine: Spine, rows: Rows) -> NDArray:
    """Months of age beyond full years on 31 August."""
    return (8 - spine.birth_month[rows.person]) % 12


@attribute("region")
def region(spine: Spine, rows: Rows) -> Coded:
    """Region of the school years."""
    return Coded(spine.region[rows.person], tuple(shares("region")))


@attribute("home_region")
def home_region(spine: Spine, rows: Rows) -> Coded:
    """Region of the adult address; three other countries after the nine English regions."""
    return Coded(rows.attrs["home_region_number"], (*shares("region"), *NEIGHBOURS))


@attribute("home_country")
def home_country(spine: Spine, rows: Rows) -> Coded:
    """Country of the adult address."""
    number = np.maximum(rows.attrs["home_region_number"] - 8, 0)
    return Coded(number, ("England", *NEIGHBOURS))


@attribute("idaci_decile")
def idaci_decile(spine: Spine, rows: Rows) -> NDArray:
    """IDACI decile, 1 most deprived."""
    return spine.idaci_decile[rows.person]


@attribute("idaci_rank")
def idaci_rank(spine: Spine, rows: Rows) -> NDArray:
    """IDACI rank of the home area, 1 most deprived of 32,844."""
    decile = spine.idaci_decile[rows.person] - 1
    rank = decile * 3284 + 1 + area_number(spine, rows) % 3284
    return np.where(_known_area(spine, rows), rank, -1)


@attribute("idaci_score")
def idaci_score(spine: Spine, rows: Rows) -> NDArray:
    """IDACI score in thousandths of one, falling with the rank."""
    rank = idaci_rank(spine, rows)
    left = np.maximum(32_844 - rank, 0)
    return np.where(rank > 0, left * left // 32_844 * 850 // 32_844 + 4, -1)


def _known_area(spine: Spine, rows: Rows) -> NDArray:
    area = rows.attrs.get("area")
    return np.ones(len(rows), dtype=bool) if area is None else area >= 0


@attribute("area_number")
def area_number(spine: Spine, rows: Rows) -> NDArray:
    """Number of the home area, 0 to 32,767; it changes when the family moves."""
    move = rows.attrs.get("area", np.zeros(len(rows), dtype=np.int64))
    return lane(derive(spine.key[rows.person], "area", n=np.maximum(move, 0)), "a") // 2


@attribute("home_area")
def home_area(spine: Spine, rows: Rows) -> NDArray:
    """Home area number, -1 where the record carries none."""
    return np.where(_known_area(spine, rows), area_number(spine, rows), -1)


@attribute("la")
def local_authority(spine: Spine, rows: Rows) -> NDArray:
    """Local authority number, 0 to 152."""
    return spine.region[rows.person] * 17 + area_number(spine, rows) % 17


@attribute("school_rank")
def school_rank(spine: Spine, rows: Rows) -> NDArray:
    """Lasting deprivation rank, used where a column wants a continuous background measure."""
    return spine.deprivation[rows.person]


@attribute("class_of_home")
def class_of_home(spine: Spine, rows: Rows) -> Coded:
    """Social class of the parents as students give it, the same wherever it is asked."""
    given = shares("he_class_of_home")
    u = lane(spine.key[rows.person], "class of home")
    return Coded(category_lut(list(given.values()))[u], tuple(given))


@attribute("has_need")
def has_need(spine: Spine, rows: Rows) -> NDArray:
    """One where the SEN stage calls for a type: P and S to 2014, K and E from 2015."""
    sen = rows.attrs["sen"]
    named = np.array([v in ("P", "K", "S", "E") for v in sen.values] + [False])
    return named[sen.index].astype(np.int8)


@attribute("has_second_need")
def has_second_need(spine: Spine, rows: Rows) -> NDArray:
    """One for the third of pupils with a type of need who have a second one."""
    return has_need(spine, rows) * (lane(spine.key[rows.person], "second need") < LANES * 3 // 10)


@attribute("second_need_rank")
def second_need_rank(spine: Spine, rows: Rows) -> NDArray:
    """Lasting rank from which the second need is read."""
    return lane(spine.key[rows.person], "second need rank")


@attribute("permanent_letter")
def permanent_letter(spine: Spine, rows: Rows) -> Coded:
    """P for a permanent exclusion in the old format, else F."""
    return Coded((rows.attrs["category"].index == 1).astype(np.int8), ("F", "P"))


@attribute("rectype_code")
def rectype_code(spine: Spine, rows: Rows) -> Coded:
    """Reporting level of a key stage 5 row."""
    return Coded(rows.attrs["rectype"], ("1", "5", "4", "7", "3"))


@attribute("season")
def season(spine: Spine, rows: Rows) -> Coded:
    """Summer; a re-sit is in winter."""
    return Coded(rows.attrs["resit"], ("S", "W"))


@attribute("learner")
def learner(spine: Spine, rows: Rows) -> NDArray:
    """A learner's own number, hidden."""
    return scramble(spine.person[rows.person], 40, "learner").astype(np.int64)


@attribute("record")
def record(spine: Spine, rows: Rows) -> NDArray:
    """A number for the row itself."""
    return (rows.key >> np.uint64(26)).astype(np.int64)


@attribute("sequence")
def sequence(spine: Spine, rows: Rows) -> NDArray:
    """Position of an aim in its learner's year."""
    return 1 + lane(rows.key, "sequence") * 6 // LANES


@attribute("joined")
def joined(spine: Spine, rows: Rows) -> NDArray:
    """Day of joining the school: the start of the primary, secondary or sixth-form years."""
    nc = _year(rows) - 6 - spine.cohort[rows.person]
    began = np.where(nc >= 12, 17, np.where(nc >= 7, 12, 5))
    return date(spine.cohort[rows.person] + began, 9, 3)


def _years_before(number: int):
    def nc_year(spine: Spine, rows: Rows) -> NDArray:
        return rows.attrs["nc_year"] - number

    return nc_year


for _number in (1, 2):
    ATTRIBUTES[f"nc_year_{_number}"] = _years_before(_number)
#: Countries of adult addresses beside England.
NEIGHBOURS = ("Wales", "Scotland", "Northern Ireland")
NC_YEARS = ("N1", "N2", "R", *map(str, range(1, 15)))


@attribute("nc_code")
def nc_code(spine: Spine, rows: Rows) -> Coded:
    """National Curriculum year as the census writes it: N1, N2, R, 1 to 14."""
    return Coded(np.clip(rows.attrs["nc_year"] + 2, -1, len(NC_YEARS) - 1), NC_YEARS)


def _numbered(name: str):
    def nc_year(spine: Spine, rows: Rows) -> Coded:
        held = rows.attrs[f"held_{name}"] == 1
        return Coded(np.where(held, nc_code(spine, rows).index, -1), NC_YEARS)

    return nc_year


for _n in range(1, 41):
    ATTRIBUTES[f"nc_code_{_n}"] = _numbered(str(_n))


@attribute("source_table")
def source_table(spine: Spine, rows: Rows) -> Coded | None:
    """Which list of the census the row came from, as the censuses to 2008/09 said it."""
    if "on_roll" not in rows.attrs:
        return None
    return Coded(1 - rows.attrs["on_roll"], ("PupilsOnRoll", "PupilsNoLongerOnRoll"))
