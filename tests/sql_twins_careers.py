"""What ``tsql/scripts/school-careers.sql`` should give, worked out in pandas from its meaning."""

from collections import defaultdict
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from sql_twins import census_view, end_year, ks4_results, low, rows, share

import leo_helpers as leo

SEN_RANKS = {"S": 3, "E": 3, "P": 2, "K": 2, "A": 1, "N": 0}
PLACES = {"plasc": 2, "autumn": 1, "spring": 2, "summer": 3}


def number(text):
    """Return the whole number in a text, or None."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() else None


def mean(values):
    """Return the mean of whole numbers as a decimal with three places; AVG cuts it at six."""
    values = [value for value in values if value is not None]
    return share(sum(values), len(values), 3, 6) if values else None


def cohort():
    """Year and results at the end of KS4 by pupil: the last year, and the best of its records."""
    best = {}
    for row in ks4_results():
        if 2009 <= row["year"] <= 2012:
            rank = (row["year"], low(row["points"], -1), low(row["level2"], -1))
            if row["pmr"] not in best or rank > best[row["pmr"]][0]:
                best[row["pmr"]] = (rank, row["year"], row["points"], row["level2"])
    return {pmr: held[1:] for pmr, held in best.items()}


def roll(pupils):
    """School, school year, FSM and SEN of each pupil at each census of the five years to KS4."""
    best = {}
    names = ["pupilmatchingrefanonymous", "laestab_anon", "ncyearactual", "fsmeligible"]
    names += ["senprovision", "senstatus", "enrolstatus", "entrydate"]
    for term, place in PLACES.items():
        for year in range(2005, 2013):
            if (term == "plasc") != (year < 2006) or (term, year) == ("autumn", 2006):
                continue
            for row in census_view(term, year, names):
                pmr, grade, sen = row["pmr"], row["ncyearactual"], row["sen"] or ""
                if pmr in pupils and pupils[pmr][0] - 5 < year <= pupils[pmr][0]:
                    school, fsm, since = (
                        row[name] for name in ("laestab_anon", "fsmeligible", "entrydate")
                    )
                    rank = (
                        row["enrolstatus"] not in ("C", "M"),
                        -since.toordinal() if since else 0,
                    )
                    rank += (school or "", -low(fsm, -1), sen, low(grade, ""))
                    key = (pmr, year * 3 + place)
                    if key not in best or rank < best[key][0]:
                        best[key] = (rank, school or None, number(grade), fsm, SEN_RANKS.get(sen))
    return {key: held[1:] for key, held in sorted(best.items())}


def in_years_7_to_11(records):
    """The records of school years 7 to 11 by pupil, in order of time."""
    seen = defaultdict(list)
    for (pmr, _), record in records.items():
        if record[1] is not None and 7 <= record[1] <= 11:
            seen[pmr].append(record)
    return seen


def exclusions(pupils):
    """Permanent or not, sessions and day of each exclusion from year 7 on, by pupil."""
    found = defaultdict(list)
    old = ("year", "pupilmatchingrefanonymous_ex", "permanentexclusionind_ex", "startdate_ex")
    frame = leo.load("exclusions_to_2005", years=[2004, 2005])
    records = [(y, pmr, kind == "P", None, day) for y, pmr, kind, day in rows(frame, *old)]
    new = ("year", "pupilmatchingrefanonymous_ex", "category_ex", "sessions_ex", "startdate_ex")
    for y, pmr, kind, sessions, day in rows(
        leo.load("exclusions_t1", years=range(2006, 2013)), *new
    ):
        if kind is not None and kind != "LNCH":
            records.append((y, pmr, kind == "PERM", sessions, day))
    for y, pmr, permanent, sessions, day in records:
        if pmr in pupils and pupils[pmr][0] - 4 <= y <= pupils[pmr][0]:
            found[pmr].append((permanent, sessions, day))
    return found


def absence(pupils):
    """Sessions possible and missed in each term of the last two years, by pupil."""
    found = defaultdict(list)
    for year in range(2008, 2013):
        frame = leo.load("absence", years=year)
        frame.columns = [name.rsplit("_ab", 1)[0] for name in frame.columns]
        for term in ("autumn", "spring", "summer"):
            names = (f"sessionspossible_{term}", f"overallabsence_{term}")
            for pmr, possible, missed in rows(frame, "pupilmatchingrefanonymous", *names):
                if pmr in pupils and pupils[pmr][0] - 1 <= year <= pupils[pmr][0] and possible:
                    found[pmr].append((possible, missed))
    return found


def levels(pupils):
    """Points at KS2 five years before KS4, by pupil: the best record of English and maths."""
    found = {}
    names = ("ks2_acadyr", "ks2_pupilmatchingrefanonymous", "ks2_englev", "ks2_matlev")
    for acadyr, pmr, *held in rows(leo.load("ks2_pupil", columns=names), *names):
        known = [Decimal(6 * level + 3) for level in map(number, held) if level is not None]
        if pmr in pupils and end_year(acadyr) == pupils[pmr][0] - 5 and known:
            found[pmr] = max(found.get(pmr, 0), sum(known) / len(known))
    return found


def fifths(pupils, points):
    """Fifth of the KS2 points within the year of KS4, by pupil; ties go by the key."""
    found = {}
    for year in range(2009, 2013):
        ranked = sorted((points[pmr], pmr) for pmr in points if pupils[pmr][0] == year)
        size, more = divmod(len(ranked), 5)
        bounds = [fifth for fifth in range(1, 6) for _ in range(size + (fifth <= more))]
        found |= {pmr: fifth for fifth, (_, pmr) in zip(bounds, ranked, strict=True)}
    return found


def careers(pupils, records):
    """A row for each pupil, as the script's last result set."""
    out, missed, ks2 = (f(pupils) for f in (exclusions, absence, levels))
    records = in_years_7_to_11(records)
    fifth = fifths(pupils, ks2)
    peers = defaultdict(list)
    for pmr, place in fifth.items():
        if pupils[pmr][1] is not None:
            peers[pupils[pmr][0], place].append(pupils[pmr][1])
    result = []
    for pmr, (year, points, level2) in sorted(pupils.items()):
        seen, excluded, terms = records[pmr], out[pmr], missed[pmr]
        schools = [record[0] for record in seen]
        moves = sum(a != b for a, b in pairwise(schools) if a and b)
        fsm = [mean(r[2] for r in seen if r[1] in grades) for grades in ((7, 8, 9), (10, 11))]
        change = None
        if None not in fsm:
            change = "more" if fsm[1] > fsm[0] else "less" if fsm[1] < fsm[0] else "same"
        permanent = any(e[0] for e in excluded)
        fixed = sum(not e[0] for e in excluded)
        lost = [e[1] for e in excluded if e[1] is not None]
        possible = sum(t[0] for t in terms)
        gone = [t[1] for t in terms if t[1] is not None]
        rate = share(100 * sum(gone), possible, 2) if possible >= 100 and gone else None
        place, gain = fifth.get(pmr), None
        if place is not None and points is not None:
            held = peers[year, place]
            gain = round(points - sum(held) / len(held), 4)
        unsettled = moves > 0 or fixed > 2 or permanent or (rate is not None and rate >= 10)
        level = ks2.get(pmr)
        result.append([
            *(pmr, year, len(seen), len(set(schools) - {None}), moves, *fsm, change),
            max((r[3] for r in seen if r[3] is not None), default=None),
            *(fixed, int(permanent), sum(lost) / 2 if lost else None),
            min((e[2] for e in excluded if e[2] is not None), default=None),
            *(rate, None if level is None else level.quantize(Decimal("0.1"), ROUND_DOWN), place),
            *(points, None if level2 is None else int(level2 != 0), gain, int(unsettled)),
        ])  # fmt: skip
    return result


def by_fifth(found):
    """Unsettled pupils, share with level 2 and mean gain of those who gain, by fifth of KS2."""
    groups = defaultdict(list)
    for row in found:
        groups[row[15]].append(row)
        groups["all"].append(row)
    result = []
    for fifth in sorted(groups, key=lambda x: (x == "all", x is not None, x)):
        level2 = [row[17] for row in groups[fifth] if row[17] is not None]
        gains = [row[18] for row in groups[fifth] if row[18] is not None and row[18] > 0]
        result.append([
            *(None if fifth == "all" else fifth, len(groups[fifth])),
            *(sum(row[19] for row in groups[fifth]), 100 * sum(level2) // len(level2)),
            round(sum(gains) / len(gains), 3) if gains else None,
        ])  # fmt: skip
    return result


def excluded_or_absent(found):
    """How many are excluded but settled and seldom absent, and the other way round."""
    counts = {"excluded": 0, "absent": 0}
    for row in found:
        excluded, absent = row[9] > 0 or row[10] == 1, row[13] is not None and row[13] >= 10
        if row[4] == 0 and excluded != absent:
            counts["absent" if absent else "excluded"] += 1
    return [list(pair) for pair in counts.items()]


def biggest(records):
    """The five schools with most pupils, and those that have as many, with their years."""
    pupils, years = defaultdict(set), defaultdict(set)
    for (pmr, seq), record in records.items():
        if record[0]:
            pupils[record[0]].add(pmr)
            years[record[0]].add((seq - 1) // 3)
    sizes = sorted((len(held) for held in pupils.values() if len(held) > 1), reverse=True)
    kept = [school for school in pupils if len(pupils[school]) > 1]
    kept = [school for school in kept if len(pupils[school]) >= sizes[:5][-1]]
    kept.sort(key=lambda school: (-len(pupils[school]), school))
    return [[s, len(pupils[s]), ",".join(map(str, sorted(years[s])))] for s in kept]


def school_careers():
    """The rows of every result set of the script."""
    pupils = cohort()
    records = roll(pupils)
    found = careers(pupils, records)
    return {0: by_fifth(found), 1: excluded_or_absent(found), 2: biggest(records), 3: found}


TWINS = {"school-careers": school_careers}
