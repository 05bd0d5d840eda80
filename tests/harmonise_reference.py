"""Harmonised variables once more, in plain pandas, to hold the harmoniser against.

Written from the notes on the tables and the list of documented breaks before the crosswalk was
read. It shares no code and no rule with ``leo_helpers.harmonise``: it reads the Parquet views
itself, strips the suffixes itself, and recodes with dictionaries and ``if``. Slow and long-winded
is fine here; clever is not.
"""

import re
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

TERMS = {"plasc": "PLASC", "autumn_census": "AUT", "spring_census": "SPR", "summer_census": "SUM"}

#: Which views a table has: folder, and a pattern with its year (and term) where the name has them.
VIEWS = {
    "sc_pupil": ("npd_i2", r"(?P<term>plasc|(?:autumn|spring|summer)_census)_(?P<year>\d{4})"),
    "ap_census": ("npd_i2", r"ap_census_\d+_to_\d+"),
    "absence": ("npd_i2", r"absence_(?P<year>\d{4})_3term"),
    "exclusions_to_2005": ("npd_i2", r"exclusions_(?P<year>\d{4})"),
    "exclusions_t1": ("npd_i2", r"exclusions_table_1_(?P<year>\d{4})"),
    "cin_child": ("npd_i2", r"cin_\d+_to_\d+"),
    "cin_details": ("npd_i2", r"cin_\d+_to_\d+"),
    "cla": ("npd_i2", r"cla_\d+_to_\d+"),
    "nccis": ("npd_i2", r"nccis_\d+_to_\d+"),
    "ks1": ("npd_i2", r"ks1_\d+_to_\d+"),
    "ks4_pupil": ("npd_i2", r"ks4pupil_\d+_to_\d+"),
    "hesa": ("hesa_i2", r"hesa_(?P<year>\d{4})"),
    "lilr_aims": ("lilr_i2", r"aims"),
    "lilr_learners": ("lilr_i2", r"learners"),
    "leo_benefit": ("leo_i2", r"leo_benefit"),
    "leo_earnings": ("leo_i2", r"leo_earnings"),
    "leo_geography": ("leo_i2", r"leo_geography"),
}
SUFFIX = re.compile(r"(_(aut|spr|sum|ab|ex))?_?\d\d$")


@dataclass
class View:
    """One view: its year and term where its name has them, and its columns without suffix."""

    name: str
    year: int | None
    term: str | None
    frame: pd.DataFrame

    def column(self, *names):
        """Values of the first of these columns that the view has, as a list with None."""
        for name in names:
            if name in self.frame:
                values = self.frame[name].astype(object)
                return [None if pd.isna(value) else value for value in values]
        return [None] * len(self.frame)

    def each(self, rule, *names):
        """Apply a rule to every value of the first of these columns."""
        return [rule(value) for value in self.column(*names)]


def read_views(folder, table):
    """Read every view of a table, in the order of year and term."""
    place, pattern = VIEWS[table]
    found = []
    for path in sorted((folder / place).iterdir()):
        match = re.fullmatch(pattern, path.name)
        if not match:
            continue
        groups = match.groupdict()
        year = int(groups["year"]) if "year" in groups else None
        term = TERMS[groups["term"]] if "term" in groups else None
        frame = pd.concat(
            [
                pq.read_table(p, partitioning=None).to_pandas()
                for p in sorted(path.glob("*.parquet"))
            ],
            ignore_index=True,
        )
        if year and table != "hesa":  # hesa names a year in the view only
            frame.columns = [SUFFIX.sub("", name) for name in frame.columns]
        found.append(View(path.name, year, term, frame))
    order = ["PLASC", "AUT", "SPR", "SUM"]
    return sorted(found, key=lambda v: (v.year or 0, order.index(v.term) if v.term else 0, v.name))


def years_of(view, table):
    """Return the END year of every row of a view."""
    if view.year:
        return [view.year] * len(view.frame)
    if table in (
        "cin_child",
        "cin_details",
        "cla",
    ):  # a year to 31 March, named by the year in which it ends
        return [int(v) for v in view.column("cin_acadyr", "cla_processing_year")]
    if table in ("lilr_aims", "lilr_learners"):  # named by the year in which it starts
        return [int(v) + 1 for v in view.column("year")]
    if table in ("leo_earnings", "leo_geography"):  # 200304 is the tax year to April 2004
        return [int(str(v)[:4]) + 1 for v in view.column("taxyear")]
    text = view.column("ks1_acadyr", "ks4_acadyr", "nccis_acadyr", "ap_acadyr")
    return [None if v is None else int(str(v)[:4]) + 1 for v in text]


def upper(value):
    return None if value is None else str(value).strip().upper()


def first_answer(*columns):
    """Take row by row the first of several columns that gives an answer."""
    return [next((v for v in row if v is not None), None) for row in zip(*columns, strict=True)]


# School census ------------------------------------------------------------------------------


def sex(value):
    return {"M": "M", "B": "M", "F": "F", "G": "F", "U": "U"}.get(upper(value))


def sen_stage(value):
    value = upper(value)
    if value == "N":
        return "none"
    if value in ("A", "P", "K"):
        return "support"
    return "plan" if value in ("S", "E") else None  # a type of need in the stage says nothing


def sen_stage_of_census(view):
    """The stage; where it is missing or unreadable the group that was supplied from 2008/09."""
    return first_answer(
        view.each(sen_stage, "senstage", "senstatus", "senprovision"),
        view.each(
            lambda x: {"1_NON": "none", "2_SNS": "support", "3_SS": "plan"}.get(upper(x)),
            "senprovisionmajor",
        ),
    )


MAJOR = {"W": "WHIT", "M": "MIXD", "A": "ASIA", "B": "BLAC", "C": "CHIN", "O": "AOEG"}
MAJOR_BY_TEXT = {
    "white british": "WHIT",
    "irish": "WHIT",
    "traveller of irish heritage": "WHIT",
    "gypsy / romany": "WHIT",
    "any other white background": "WHIT",
    "white and black caribbean": "MIXD",
    "white and black african": "MIXD",
    "white and asian": "MIXD",
    "any other mixed background": "MIXD",
    "indian": "ASIA",
    "pakistani": "ASIA",
    "bangladeshi": "ASIA",
    "any other asian background": "ASIA",
    "caribbean": "BLAC",
    "african": "BLAC",
    "any other black background": "BLAC",
    "chinese": "CHIN",
    "any other ethnic group": "AOEG",
    "refused": "UNCL",
    "information not obtained": "UNCL",
    "missing": "UNCL",
}


def major_of_code(value):
    """Major group of a minor or an extended code, of which only the first four letters count."""
    if value is None:
        return None
    code = upper(value)[:4]
    if code in ("REFU", "NOBT", "MISS", "INVA", "N/A"):
        return "UNCL"
    return MAJOR[code[0]]


def major_of_text(value):
    if value is None:
        return None
    return MAJOR_BY_TEXT.get(str(value).lower())  # "Pre 2002 Code" names a frame, not a group


def ethnicity_major(view):
    """Derived from the detailed group; then the group as supplied, the raw code, the words."""
    return first_answer(
        view.each(major_of_code, "ethnicgroupminor"),
        view.each(upper, "ethnicgroupmajor"),
        view.each(major_of_code, "ethnicity"),
        view.each(major_of_text, "ethnicgroup"),
    )


def eal(view):
    """First language of every year; the grouped variable, from 2006, where that is silent."""
    return first_answer(
        view.each(eal_of_code, "firstlanguage", "mothertongue"),
        view.each(eal_of_code, "languagegroupminor"),
        view.each(eal_of_code, "languagegroup"),
        view.each(lambda x: {"1_ENG": 0, "2_OTH": 1}.get(upper(x)), "languagegroupmajor"),
    )


def eal_of_code(value):
    code = (upper(value) or "")[:3]
    if code in ("ENG", "ENB"):
        return 0
    return 1 if code in ("OTH", "OTB") else None


def nc_year(value):
    value = upper(value)
    if value in ("E1", "N1"):
        return -2
    if value in ("E2", "N2"):
        return -1
    if value == "R":
        return 0
    return int(value) if value and value.isdigit() else None


def is_main(value):
    return 1 if value is None or int(value) < 100 else 0


def need_group(value):
    value = upper(value)
    if value in ("HI", "VI", "MSI"):
        return "SENS"
    if value in ("BESD", "SEMH"):
        return "BEHAV"
    return None if value == "NSA" else value


# Absence and exclusions ---------------------------------------------------------------------


def absence_rate(view):
    """Five half terms: the only basis that all years share."""
    missed = view.column("overallabsence_3term", "overallabsence_5halfterms")
    possible = view.column("sessionspossible_3term", "sessionspossible_5halfterms")
    return [
        None if m is None or not p else float(m) / float(p)
        for m, p in zip(missed, possible, strict=True)
    ]


def persistent_10(view):
    """At least one session in ten, exact and not rounded: 10 x missed >= possible."""
    missed = view.column("overallabsence_3term", "overallabsence_5halfterms")
    possible = view.column("sessionspossible_3term", "sessionspossible_5halfterms")
    return [
        None if m is None or not p else int(10 * int(m) >= int(p))
        for m, p in zip(missed, possible, strict=True)
    ]


def old_category(value):
    return {"P": "PERM", "F": "FIXD"}.get(upper(value))


# Social care, activity at 16 and 17 -----------------------------------------------------------


def need(value):
    """Category of need N1 to N9; N0 says that none was stated."""
    return None if upper(value) == "N0" else upper(value)


def sex_by_number(value):
    if value is None:
        return None
    return {1: "M", 2: "F"}.get(int(value), "U")


def activity(value):
    """Activity of a month from the three-digit code."""
    if value is None:
        return None
    code = int(value)
    if code in (130, 290, 710):
        return "custody"
    if code in (150, 810, 820, 830):
        return "unknown"
    if code in (110, 120, 140) or 200 <= code < 300:
        return "education"
    if 310 <= code <= 381 or code == 551:  # 551: a job, by an older code
        return "employment"
    if 410 <= code <= 460:
        return "training"
    if 510 <= code <= 619:  # 510 and 520 are older codes of the same
        return "neet_active"
    if 620 <= code <= 680:
        return "neet_inactive"
    return "other" if code == 720 else None  # refugees and asylum seekers


def month_of_year(value):
    """September is the first month of the academic year, August the twelfth."""
    month = int(value)
    return month - 8 if month >= 9 else month + 4


# Attainment -----------------------------------------------------------------------------------

#: 4+ is level 4 or above; 33 and 39 are the last two values of the points that were supplied.
KS1_POINTS = {
    **{"W": 3, "L": 3, "N": 3, "1": 9, "2": 15, "2C": 13, "2B": 15, "2A": 17, "3": 21},
    **{"4": 27, "4+": 27, "5": 33, "6": 39},
}


def ks1_points(value):
    return KS1_POINTS.get(upper(value))


def level2_em(view):
    """Five or more at level 2 with English and maths, each year under its own suffix."""
    result = [None] * len(view.frame)
    years = years_of(view, "ks4_pupil")
    for first, last, name in (
        (2004, 2013, "ks4_level2_em"),
        (2014, 2014, "ks4_level2_em_ptq"),
        (2015, 2021, "ks4_level2_em_94"),
    ):
        for place, value in enumerate(view.column(name)):
            if first <= years[place] <= last:
                result[place] = None if value is None else int(value)
    return result


# Colleges and universities ----------------------------------------------------------------------

LEVEL = {"0": "E", "1": "1", "1.5": "1", **{str(n): str(n) for n in range(2, 9)}}
APPRENTICESHIPS = (2, 3, 10, 20, 21, 22, 23, 25)


def level8(view):
    """Entry to 8. Before 2004/05 there is only the old scale, whose 4 and 5 span several levels."""
    old = [LEVEL.get(str(v)) for v in view.column("notional_level")]
    new = view.each(lambda x: LEVEL.get(upper(x)), "notional_level_v2")
    years = years_of(view, "lilr_aims")
    return [
        n if year >= 2005 else o if o in ("E", "1", "2", "3") else None
        for year, o, n in zip(years, old, new, strict=True)
    ]


def apprenticeship_product(value):
    if value is None or int(value) not in APPRENTICESHIPS:
        return None
    return "ST" if int(value) == 25 else "FW"


def programme_aim(value):
    """1 and 35 (the old code); -1 is how the record writes that nothing is known."""
    return None if value is None or int(value) == -1 else int(int(value) in (1, 35))


def is_apprenticeship(view):
    """An apprenticeship programme type, counted on the programme aim only."""
    kinds, aims = view.column("programme_type"), view.column("aimtype")
    return [
        None if k is None or a is None else int(int(k) in APPRENTICESHIPS and int(a) in (1, 35))
        for k, a in zip(kinds, aims, strict=True)
    ]


ILR_MAJOR = {
    "ASIA": (1, 6, 7, 9, 11, 12, 13, 14, 39, 40, 41, 43),
    "BLAC": (2, 3, 4, 15, 16, 17, 44, 45, 46),
    "CHIN": (5, 18, 42),
    "MIXD": (19, 20, 21, 22, 35, 36, 37, 38),
    "WHIT": (8, 23, 24, 25, 31, 32, 33, 34),
    "AOEG": (47, 98),
    "UNCL": (99, -1),
}
ILR_ETHNICITY = {code: group for group, codes in ILR_MAJOR.items() for code in codes}


def ilr_ethnicity(value):
    return None if value is None else ILR_ETHNICITY[int(value)]


def he_mode(view):
    """The grouped mode; 7 to 9 tell no hours, the detailed mode may."""
    return first_answer(
        view.each(he_mode_grouped, "he_xmode01"), view.each(he_mode_detailed, "he_mode")
    )


def he_mode_grouped(value):
    if value is None:
        return None
    code = int(value)
    if code in (1, 2):
        return "full_time"
    if code == 3:
        return "part_time"
    return "inactive" if code in (4, 5, 6) else None


def he_mode_detailed(value):
    """Codes up to 25 are full time or sandwich, to 39 part time; then nobody studies."""
    if value is None:
        return None
    code = int(value)
    return "full_time" if code <= 25 else "part_time" if code <= 39 else "inactive"


def he_level(value):
    names = ("pgr", "pgt", "pg_other", "first_degree", "ug_other", "fe")
    return None if value is None else names[int(value) - 1]


def he_class(value):
    return {"1": "first", "2": "2:1", "3": "2:2", "4": "third"}.get(upper(value))


# Benefits, earnings, region ---------------------------------------------------------------------

OUT_OF_WORK_GROUP = {
    "unemployment": ("JSA", "JTA", "UAA"),
    "incapacity": ("ESA", "IB", "SDA", "UBC", "PIB"),  # PIB: passported incapacity benefit
    "income_support": ("IS",),
    "uc_in_work": ("UAB", "UBD"),
    "disability": ("DLA", "PIP", "AA"),
}


def benefit_group(value):
    if value is None:
        return None
    for group, kinds in OUT_OF_WORK_GROUP.items():
        if upper(value) in kinds:
            return group
    return "other"


def end_date(value):
    """31 December 9999 stands for a spell that is still open."""
    return None if value is None or value.year == 9999 else pd.Timestamp(value)


#: Consumer prices, change of the yearly mean on the year before in per cent, as published.
INFLATION = {
    **{2004: 1.3, 2005: 2.1, 2006: 2.3, 2007: 2.3, 2008: 3.6, 2009: 2.2, 2010: 3.3, 2011: 4.5},
    **{2012: 2.8, 2013: 2.6, 2014: 1.5, 2015: 0.0, 2016: 0.7, 2017: 2.7, 2018: 2.5, 2019: 1.8},
    **{2020: 0.9, 2021: 2.6},
}


def real_pay(view):
    """Pounds of 2020-21. A tax year is three quarters of one calendar year and one of the next."""
    level = {2003: 100.0}
    for year, rate in INFLATION.items():
        level[year] = level[year - 1] * (1 + rate / 100)
    prices = {end: 0.75 * level[end - 1] + 0.25 * level[end] for end in range(2004, 2022)}
    return [
        None if pay is None else float(pay) * prices[2021] / prices[year]
        for pay, year in zip(view.column("earnings"), years_of(view, "leo_earnings"), strict=True)
    ]


def whole(value):
    return None if value is None else int(value)


#: Table, then what is asked, then how to work it out from one view.
REFERENCE = {
    "sc_pupil": {
        "sex": lambda v: v.each(sex, "gender"),
        "fsm": lambda v: v.each(whole, "freeschoolmeals", "fsmeligible", "fsmeligibility"),
        "sen_stage": sen_stage_of_census,
        "ethnicity_major": ethnicity_major,
        "eal": eal,
        "nc_year": lambda v: v.each(nc_year, "actualncyeargroup", "ncyearactual"),
        "is_main_record": lambda v: v.each(is_main, "recordstatus"),
        "need_group": lambda v: v.each(need_group, "primarysentype"),
    },
    "ap_census": {
        "sex": lambda v: v.each(sex_by_number, "ap_gender"),
        "sen_stage": lambda v: v.each(sen_stage, "ap_senprovision"),
    },
    "absence": {"absence_rate": absence_rate, "persistent_10": persistent_10},
    "exclusions_to_2005": {"category": lambda v: v.each(old_category, "permanentexclusionind")},
    "exclusions_t1": {
        "category": lambda v: v.each(upper, "category"),
        "reason": lambda v: first_answer(v.each(upper, "reason"), v.each(upper, "reason_a")),
    },
    "cin_child": {
        "sex": lambda v: v.each(sex_by_number, "cin_gender"),
        "ethnicity_major": lambda v: v.each(major_of_code, "cin_ethnicgroupminor"),
    },
    "cin_details": {"need": lambda v: v.each(need, "cin_primaryneedcode")},
    "cla": {
        "sex": lambda v: v.each(sex_by_number, "cla_sex"),
        "need": lambda v: v.each(need, "cla_cat_need"),
    },
    "nccis": {
        "sex": lambda v: v.each(lambda x: {"W": "U"}.get(upper(x), upper(x)), "nccis_gender"),
        "activity": lambda v: v.each(activity, "nccis_current_activity_code"),
        "month_of_year": lambda v: v.each(month_of_year, "nccis_monthno"),
    },
    "ks1": {"reading_points": lambda v: v.each(ks1_points, "ks1_reading")},
    "ks4_pupil": {"level2_em": level2_em},
    "lilr_aims": {
        "level": level8,
        "programme_aim": lambda v: v.each(programme_aim, "aimtype"),
        "apprenticeship": is_apprenticeship,
        "product": lambda v: v.each(apprenticeship_product, "programme_type"),
    },
    "lilr_learners": {"ethnicity_major": lambda v: v.each(ilr_ethnicity, "ethnicity")},
    "hesa": {
        "sex": lambda v: v.each(sex_by_number, "he_gender", "he_sexid"),
        "level": lambda v: v.each(he_level, "he_xlev601"),
        "mode": he_mode,
        "class": lambda v: v.each(he_class, "he_xclass01"),
        "end_date": lambda v: v.each(
            lambda x: None if x is None else pd.Timestamp(x), "he_enddate", "he_dateleft"
        ),
    },
    "leo_benefit": {
        "benefit_group": lambda v: v.each(benefit_group, "benefit_type"),
        "out_of_work": lambda v: v.each(whole, "out_of_work_benefit"),
        "end_date": lambda v: v.each(end_date, "enddate"),
    },
    "leo_earnings": {
        "pay": lambda v: v.each(lambda x: None if x is None else float(x), "earnings"),
        "real_pay": real_pay,
    },
    "leo_geography": {"region": lambda v: v.each(upper, "gor")},
}


def reference(folder, table, name):
    """Harmonise one variable: a frame of view, year and value, in the order of the views' rows."""
    parts = []
    for view in read_views(folder, table):
        values = REFERENCE[table][name](view)
        part = pd.DataFrame({"view": view.name, "value": pd.Series(values, dtype=object)})
        part.insert(1, "year", pd.Series(years_of(view, table), dtype=object))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
