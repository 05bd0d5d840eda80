"""The pandas twin of ``tests/tsql/scripts/ks2-to-ks4.sql``: every table that it leaves behind."""

import calendar
import datetime as dt
import statistics
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from sql_twins import SEX, low, plain
from sql_twins_work import cut

import leo_helpers as leo

REASONS = {
    "PP": "PHYSICAL ASSAULT, PUPIL", "PA": "PHYSICAL ASSAULT, ADULT", "VP": "VERBAL ABUSE, PUPIL",
    "VA": "VERBAL ABUSE, ADULT", "BU": "BULLYING", "RA": "RACIST ABUSE", "SM": "SEXUAL MISCONDUCT",
    "DA": "DRUGS AND ALCOHOL", "DM": "DAMAGE", "TH": "THEFT", "DB": "PERSISTENT DISRUPTION",
    "OT": "OTHER",
}  # fmt: skip
FIRST, LAST = dt.date(2005, 4, 1), dt.date(2021, 3, 1)


def records(table, **chosen):
    """Return the rows of a table as dictionaries, days as dates."""
    frame = leo.load(table, **chosen)
    for name in frame.select_dtypes("datetime"):
        frame[name] = frame[name].dt.date
    return plain(frame).to_dict("records")


def exact(value, places):
    """Return a number as a decimal, rounded half away; None for a missing one."""
    if value is None:
        return None
    return Decimal(repr(value) if isinstance(value, float) else value).quantize(
        Decimal(1).scaleb(-places), ROUND_HALF_UP
    )


def bit(value):
    """Return a number as a bit holds it."""
    return None if value is None else int(value != 0)


def added(a, b):
    """Add as SUM does: what is missing does not count."""
    return a if b is None else b if a is None else a + b


def level_points(levels):
    """Return the mean of the points of what levels are known."""
    points = []
    for level in filter(None, levels):
        if level[0] in "3456":
            points.append(3 + 6 * int(level[0]))
        elif level.upper() in ("2", "B", "N", "W"):
            points.append(15)
    return exact(cut(sum(points), len(points), 6), 2) if points else None


def ks2():
    """Return one record a pupil: end of key stage, last year, most marks, first school."""
    groups = defaultdict(list)
    for row in records("ks2_pupil"):
        year, pmr = int(row["ks2_acadyr"][-4:]), row["ks2_pupilmatchingrefanonymous"]
        if 1997 <= year <= 2015 and pmr:
            groups[pmr].append((year, row))
    held = {}
    for pmr, found in groups.items():
        found.sort(key=lambda yr: low(yr[1]["ks2_laestab_anon"], ""))
        found.sort(key=lambda yr: low(yr[1]["ks2_mattotmrk"], "-1"), reverse=True)
        found.sort(key=lambda yr: (low(yr[1]["ks2_endks"], 1), yr[0]), reverse=True)
        year, row = found[0]
        born = (row["ks2_yearofbirth"], row["ks2_monthofbirth"])
        marks = row["ks2_mattotmrk"]
        levels = row["ks2_englev"] or None, row["ks2_matlev"] or None
        held[pmr] = {
            "pmr": pmr, "y": year, "eng": levels[0], "mat": levels[1],
            "matm": int(marks) if marks and marks.strip().isdigit() else None,
            "engm": row["ks2_engtotmrk"], "sex": SEX.get(row["ks2_gender"]),
            "fsm": row["ks2_fsm"] if row["ks2_fsm"] is not None else row["ks2_fsm6"],
            "school": row["ks2_laestab_anon"], "born": dt.date(*born, 1) if all(born) else None,
            "cohort": year + 5, "points": level_points(levels), "z": None, "decile": None,
        }  # fmt: skip
    _standardise(held)
    return held


def _standardise(held):
    """Fill in z and decile, year by year."""
    years = defaultdict(list)
    for row in held.values():
        if row["matm"] is not None:
            years[row["y"]].append(row)
    for found in years.values():
        marks = [row["matm"] for row in found]
        if len(marks) < 5:
            continue
        mean, sd = statistics.fmean(marks), statistics.stdev(marks)
        for row in found:
            row["z"] = (row["matm"] - mean) / sd
        ordered = sorted(found, key=lambda row: (row["matm"], row["pmr"]))
        whole, more = divmod(len(ordered), 10)
        tiles = [q for q in range(1, 11) for _ in range(whole + (q <= more))]
        for row, tile in zip(ordered, tiles, strict=True):
            row["decile"] = tile


def ks4():
    """Return one record a pupil of either view."""
    kinds = {"old": ("ks4_ptscnewe", "ks4_level2_em"),
             "ptq": ("ks4_ptscnewe_ptq", "ks4_level2_em_ptq"),
             "ptq_ee": ("ks4_ptscnewe_ptq_ee", "ks4_level2_em_94")}  # fmt: skip
    groups = defaultdict(list)
    for row in records("ks4_pupil"):
        pmr, year = row["ks4_pupilmatchingrefanonymous"], int(row["ks4_acadyr"][:4]) + 1
        kind = "old" if year < 2014 else "ptq" if year == 2014 else "ptq_ee"
        points, level = (row[name] for name in kinds[kind])
        att8 = exact(row["ks4_att8"], 2) if kind == "ptq_ee" else None
        if pmr:
            groups[pmr].append((pmr, year, exact(points, 2), level, att8,
                                row["ks4_laestab_anon"] or None, bit(row["ks4_endks"]),
                                kind.ljust(6)))  # fmt: skip
    held = {}
    for pmr, found in groups.items():
        found.sort(key=lambda x: low(x[5], ""))
        found.sort(key=lambda x: (low(x[6], -1), low(x[4], low(x[2], -1)), x[1]), reverse=True)
        row = found[0]
        measure = "A8" if row[4] is not None else "PTS" if row[2] is not None else ""
        held[pmr] = (*row, measure)
    return held


def absence():
    """Return possible, missed and unauthorised sessions by pupil, year and term."""
    held = defaultdict(lambda: [None, None, None])
    words = ("sessionspossible", "overallabsence", "unauthorisedabsence")
    for year in [*range(2006, 2020), 2021]:
        tail = f"ab{year % 100:02d}"
        for row in records("absence", years=year):
            pmr = row[f"pupilmatchingrefanonymous_{tail}"]
            for place, term in enumerate(("autumn", "spring", "summer"), 1):
                values = [row[f"{name}_{term}_{tail}"] for name in words]
                if pmr and low(values[0], 0) > 0:
                    sums = held[pmr, year, place]
                    sums[:] = map(added, sums, values)
    return held


def exclusions():
    """Return every exclusion, numbered in order."""
    found = []
    for year in range(2002, 2022):
        tail = f"ex{year % 100:02d}"
        table = "exclusions_to_2005" if year < 2006 else "exclusions_t1"
        for row in records(table, years=year):
            pmr, started = row[f"pupilmatchingrefanonymous_{tail}"], row[f"startdate_{tail}"]
            if year < 2006:
                sort = row[f"permanentexclusionind_{tail}"]
                rest = ({"P": "PERM", "F": "FIXD"}.get(sort, "?"), None, None)
            else:
                if row[f"perm_duplicate_{tail}"]:
                    continue
                rest = (row[f"category_{tail}"], row[f"reason_{tail}"] or None,
                        row[f"sessions_{tail}"] or None)  # fmt: skip
            if pmr:
                found.append((pmr, year, started, *rest))
    found.sort(key=lambda row: [(v is not None, low(v, 0)) for v in row])
    for number, (pmr, year, started, kind, reason, sessions) in enumerate(found, 1):
        back = days = None
        if sessions is not None:
            days = exact(Decimal(sessions) / 2, 6)
            back = started and started + dt.timedelta((sessions + 1) // 2)
        month = started and dt.datetime(started.year, started.month, 1)
        yield (number, pmr, year, started, kind.ljust(4), reason, sessions, days, back, month,
               started and started.isoweekday())  # fmt: skip


def month_end(first):
    """Return the last day of a month."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def care():
    """Return months in care by pupil and school year; an episode counts once, at its longest."""
    longest = {}
    for row in records("cla"):
        pmr, start = row["cla_pupilmatchingrefanonymous"], row["cla_date_epi_comm"]
        end = row["cla_date_epi_ceased"]
        if not pmr or start is None or (end and end < start):
            continue
        if row["cla_legal_status"] not in ("V3", "V4"):
            end = end or dt.date(row["cla_processing_year"], 3, 31)
            place = row["cla_placement"][:1]
            held = longest.get((pmr, start))
            if held is None or (end, -ord(place)) > (held[0], -ord(held[1])):
                longest[pmr, start] = (end, place)
    months = defaultdict(lambda: [0, ""])
    for (pmr, start), (end, place) in longest.items():
        month = max(start.replace(day=1), FIRST)
        while month <= min(end, LAST):
            held, last = months[pmr, month], month_end(month)
            held[0] += (min(end, last) - max(start, month)).days + 1
            held[1] = max(held[1], place)
            month = last + dt.timedelta(1)
    years = defaultdict(list)
    for (pmr, month), (days, place) in sorted(months.items()):
        years[pmr, month.year + (month.month >= 9)].append((month, days, place))
    for (pmr, year), found in years.items():
        days, places = sum(d for _, d, _ in found), "".join(p for *_, p in found)
        if days > 1:
            yield (pmr, year, len(found), days, found[0][0], f"{found[-1][0]:%Y-%m}",
                   places.count("U") * 100 // len(found), places)  # fmt: skip


def _outcomes(panel, by_ks4):
    """Fill in z at KS4 within year and measure, and what is expected in the decile."""
    groups, deciles = defaultdict(list), defaultdict(list)
    for pmr, row in panel.items():
        if row["pts"] is not None:
            groups[by_ks4[pmr][1], by_ks4[pmr][7]].append(row)
    scores = {}
    for found in groups.values():
        points = [row["pts"] for row in found]
        sd, mean = statistics.pstdev(map(float, points)), cut(sum(points), len(points), 6)
        for row in found:
            scores[row["pmr"]] = float(row["pts"] - mean) / sd if sd else None
    for pmr, score in scores.items():
        deciles[panel[pmr]["decile"]].append(score)
    for pmr, score in scores.items():
        row = panel[pmr]
        row["z"] = None if score is None else float(np.float32(score))
        known = [x for x in deciles[row["decile"]] if x is not None]
        if row["decile"] is not None and len(deciles[row["decile"]]) >= 3:
            row["expected"] = statistics.fmean(known)
            row["va"] = None if score is None else row["z"] - row["expected"]


def _days_out(panel, by_ks2, found):
    """Fill in exclusions of the five years after KS2."""
    seen = set()
    for _, pmr, year, _, kind, reason, sessions, *_ in found:
        if pmr not in panel or not by_ks2[pmr]["y"] < year <= by_ks2[pmr]["cohort"]:
            continue
        row = panel[pmr]
        if pmr not in seen:
            row["reason"] = REASONS.get(reason)
        seen.add(pmr)
        row["fixed"] += kind == "FIXD"
        row["perm"] += kind == "PERM"
        row["days"] = added(row["days"], sessions)
    for pmr in seen:
        row = panel[pmr]
        row["days"] = exact(Decimal(row["days"]) / 2, 1) if row["days"] is not None else None
        row["note"] += "perm;" if row["perm"] else ""


def _missed(panel, held):
    """Fill in absence in Years 7 to 11."""
    terms = defaultdict(list)
    for (pmr, year, _), sums in held.items():
        terms[pmr].append((year, sums))
    for pmr, row in panel.items():
        found = [(y, s) for y, s in terms[pmr] if row["cohort"] - 5 < y <= row["cohort"]]
        missed = [s[1] for _, s in found if s[1] is not None]
        if missed:
            rate = cut(sum(missed), sum(s[0] for _, s in found), 12)
            row["absence"], row["persistent"] = exact(rate, 4), int(rate >= Decimal("0.1"))
        years = len({year for year, _ in found})
        row["note"] += f"absence {years} of 5 years;" if years < 5 else ""


COLUMNS = [
    "pmr", "cohort", "sex", "born", "fsm", "ks2", "decile", "pts", "l2em", "z", "expected", "va",
    "timing", "fixed", "perm", "days", "reason", "absence", "persistent", "care", "moved", "note",
]  # fmt: skip


def panel_of(by_ks2, by_ks4, held, found, months):
    """Return the panel: one record a pupil, and those who are only known from care."""
    empty = dict.fromkeys(COLUMNS) | {"fixed": 0, "perm": 0, "note": ""}
    panel = {}
    for pmr, row in by_ks2.items():
        result = by_ks4.get(pmr)
        if result and not row["cohort"] - 1 <= result[1] <= row["cohort"] + 2:
            result = None
        if row["cohort"] >= 2002:
            born = row["born"] and dt.datetime.combine(row["born"], dt.time())
            panel[pmr] = empty | {
                "pmr": pmr, "cohort": row["cohort"], "sex": row["sex"], "born": born,
                "fsm": bit(row["fsm"]), "ks2": row["points"], "decile": row["decile"],
                "pts": result and result[2],
                "l2em": {1: "Yes", 0: "No"}.get(result[3]) if result else None,
                "timing": result and result[1] - row["cohort"],
            }  # fmt: skip
    _outcomes(panel, by_ks4)
    _days_out(panel, by_ks2, found)
    _missed(panel, held)
    for pmr, number in months.items():
        if pmr in panel:
            panel[pmr]["care"] = number
        else:
            panel[pmr] = empty | {"pmr": pmr, "cohort": -1, "care": number, "note": "no KS2;"}
    for pmr, row in panel.items():
        schools = (by_ks2.get(pmr, {}).get("school"), by_ks4.get(pmr, [None] * 6)[5])
        if all(schools):
            row["moved"] = int(schools[0] != schools[1])
    return [tuple(row[name] for name in COLUMNS) for row in panel.values()]


def ks2_to_ks4():
    """Return the rows of each table by its name."""
    by_ks2, by_ks4, held = ks2(), ks4(), absence()
    found, in_care, months = list(exclusions()), list(care()), Counter()
    for pmr, _, number, *_ in in_care:
        months[pmr] += number
    return {
        "ks.wip#ks2": [tuple(row.values()) for row in by_ks2.values()],
        "ks.wip#ks4": list(by_ks4.values()),
        "ks.absence": [
            (*key, *sums, None if sums[1] is None else cut(sums[1], sums[0], 10))
            for key, sums in held.items()
        ],
        "ks.exclusions": found,
        "ks.care_months": in_care,
        "ks.panel": panel_of(by_ks2, by_ks4, held, found, months),
    }
