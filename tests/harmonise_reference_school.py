"""The reference in pandas: school census, absence, exclusions, social care, NCCIS, key stages."""

from harmonise_reference_views import first_answer, upper, years_of

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


def sessions(view):
    """Pairs of missed and possible sessions of the half terms that all years share.

    Special schools gave whole years only until 2015/16; for them the year stands in.
    """
    missed = view.column("overallabsence_3term", "overallabsence_5halfterms")
    possible = view.column("sessionspossible_3term", "sessionspossible_5halfterms")
    year = zip(
        view.column("overallabsence_annual"), view.column("sessionspossible_annual"), strict=True
    )
    part = zip(missed, possible, strict=True)
    return [p if p[1] else y for p, y in zip(part, year, strict=True)]


def absence_rate(view):
    return [None if m is None or not p else float(m) / float(p) for m, p in sessions(view)]


def persistent_10(view):
    """At least one session in ten, exact and not rounded: 10 x missed >= possible."""
    return [None if m is None or not p else int(10 * int(m) >= int(p)) for m, p in sessions(view)]


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
