"""Harmonised variables once more, in plain pandas, to hold the harmoniser against.

Written from the notes on the tables and the list of documented breaks before the crosswalk was
read. It shares no code and no rule with ``leo_helpers.harmonise``: it reads the Parquet views
itself, strips the suffixes itself, and recodes with dictionaries and ``if``. Slow and long-winded
is fine here; clever is not.
"""

import harmonise_reference_school as school
import pandas as pd
from harmonise_reference_views import first_answer, read_views, upper, years_of

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
        None
        if k is None or a is None or int(a) == -1
        else int(int(k) in APPRENTICESHIPS and int(a) in (1, 35))
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
        "sex": lambda v: v.each(school.sex, "gender"),
        "fsm": lambda v: v.each(whole, "freeschoolmeals", "fsmeligible", "fsmeligibility"),
        "sen_stage": school.sen_stage_of_census,
        "ethnicity_major": school.ethnicity_major,
        "eal": school.eal,
        "nc_year": lambda v: v.each(school.nc_year, "actualncyeargroup", "ncyearactual"),
        "is_main_record": lambda v: v.each(school.is_main, "recordstatus"),
        "need_group": lambda v: v.each(school.need_group, "primarysentype"),
    },
    "ap_census": {
        "sex": lambda v: v.each(school.sex_by_number, "ap_gender"),
        "sen_stage": lambda v: v.each(school.sen_stage, "ap_senprovision"),
    },
    "absence": {"absence_rate": school.absence_rate, "persistent_10": school.persistent_10},
    "exclusions_to_2005": {
        "category": lambda v: v.each(school.old_category, "permanentexclusionind")
    },
    "exclusions_t1": {
        "category": lambda v: v.each(upper, "category"),
        "reason": lambda v: first_answer(v.each(upper, "reason"), v.each(upper, "reason_a")),
    },
    "cin_child": {
        "sex": lambda v: v.each(school.sex_by_number, "cin_gender"),
        "ethnicity_major": lambda v: v.each(school.major_of_code, "cin_ethnicgroupminor"),
    },
    "cin_details": {"need": lambda v: v.each(school.need, "cin_primaryneedcode")},
    "cla": {
        "sex": lambda v: v.each(school.sex_by_number, "cla_sex"),
        "need": lambda v: v.each(school.need, "cla_cat_need"),
    },
    "nccis": {
        "sex": lambda v: v.each(lambda x: {"W": "U"}.get(upper(x), upper(x)), "nccis_gender"),
        "activity": lambda v: v.each(school.activity, "nccis_current_activity_code"),
        "month_of_year": lambda v: v.each(school.month_of_year, "nccis_monthno"),
    },
    "ks1": {"reading_points": lambda v: v.each(school.ks1_points, "ks1_reading")},
    "ks4_pupil": {"level2_em": school.level2_em},
    "lilr_aims": {
        "level": level8,
        "programme_aim": lambda v: v.each(programme_aim, "aimtype"),
        "apprenticeship": is_apprenticeship,
        "product": lambda v: v.each(apprenticeship_product, "programme_type"),
    },
    "lilr_learners": {"ethnicity_major": lambda v: v.each(ilr_ethnicity, "ethnicity")},
    "hesa": {
        "sex": lambda v: v.each(school.sex_by_number, "he_gender", "he_sexid"),
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
