"""What the scripts of ``examples/sql`` should give, worked out in pandas from their meaning.

Each function reads the tables with ``leo.load`` and returns the rows of its script's last result,
in the same order. Nothing here looks at the SQL.
"""

import datetime as dt
from collections import defaultdict
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import pairwise

import leo_helpers as leo

SEN = {"S": "E", "E": "E", "A": "K", "P": "K", "K": "K", "N": "N"}
SEX = {"M": "M", "B": "M", "F": "F", "G": "F"}


def plain(frame):
    """Return a frame with objects and None, so that no missing value turns into a number."""
    frame = frame.astype(object)
    return frame.where(frame.notna(), None)


def rows(frame, *names):
    """Return the rows of some columns as tuples: days as dates, None for what is missing."""
    frame = frame[list(names)].copy()
    for name in frame.select_dtypes("datetime"):
        frame[name] = frame[name].dt.date
    return list(plain(frame).itertuples(index=False, name=None))


def share(part, whole, places, scale=12):
    """Divide as a decimal in SQL Server does: cut at 12 places, then round half away."""
    cut = (Decimal(part) / Decimal(whole)).quantize(Decimal(1).scaleb(-scale), ROUND_DOWN)
    return cut.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def low(value, missing):
    """Return a value to sort by, with a stand-in for a missing one."""
    return missing if value is None else value


def end_year(text):
    """Return the year in which an academic year such as ``2009/2010`` ends."""
    return int(text[:4]) + 1


def ks4_results():
    """Return end-of-KS4 rows of 2010 to 2016 as dictionaries."""
    both = [f"ks4_{n}" for n in ("acadyr", "yearofbirth", "monthofbirth", "gender", "endks")]
    both += ["ks4_laestab_anon", "ks4_pupilmatchingrefanonymous", "ks4_fsm"]
    old = ["ks4_ptscnewe", "ks4_ptscnewe_ptq", "ks4_level2_em", "ks4_level2_em_ptq"]
    new = ["ks4_ptscnewe_ptq_ee", "ks4_level2_em_94", "ks4_att8"]
    frame = leo.load("ks4_pupil", columns=both + old + new)
    for row in plain(frame).to_dict("records"):
        if row["ks4_endks"] != 1 or not row["ks4_pupilmatchingrefanonymous"]:
            continue
        year = end_year(row["ks4_acadyr"])
        kind = "" if year < 2014 else "_ptq" if year == 2014 else "_ptq_ee"
        level = "ks4_level2_em" + ("_94" if year > 2014 else kind)
        yield {
            "pmr": row["ks4_pupilmatchingrefanonymous"],
            "year": year,
            "born": (row["ks4_yearofbirth"], row["ks4_monthofbirth"]),
            "sex": SEX.get(row["ks4_gender"]),
            "school": row["ks4_laestab_anon"] or None,
            "points": row["ks4_ptscnewe" + kind],
            "level2": row[level],
            "att8": row["ks4_att8"] if year > 2014 else None,
            "fsm": row["ks4_fsm"],
        }


def smallest_ae_id(table, key):
    """Return the smallest AE_ID of each key that is not empty."""
    frame = leo.load(table)
    frame = frame[frame[key] != ""]
    return frame.groupby(key)["ae_id"].min().astype(object).to_dict()


def census_row(row):
    """Return how good a census row is: main registrations, then those on roll, then the rest."""
    return 1 if row["enrolstatus"] in ("C", "M") else 2 if row.get("onroll") == 1 else 3


def cohort_with_ks4():
    """Pupils at the end of KS4 with their census record."""
    best = {}
    for row in ks4_results():
        if not 2010 <= row["year"] <= 2016:
            continue
        rank = (row["year"], row["level2"] or 0, low(row["points"], -1), low(row["att8"], -1))
        last = tuple(low(v, "") for v in (row["school"], row["sex"]))
        held = best.get(row["pmr"])
        if held is None or rank > held[0] or (rank == held[0] and last < held[1]):
            best[row["pmr"]] = (rank, last, row)
    census = {}
    names = ["fsmeligible", "senprovision", "ethnicgroupminor", "onroll", "enrolstatus"]
    names += ["recordstatus", "laestab_anon", "pupilmatchingrefanonymous"]
    frame = leo.load("sc_pupil", years=range(2010, 2017), terms="spring", columns=names)
    for row in plain(frame).to_dict("records"):
        key = (row["pupilmatchingrefanonymous"], row["year"])
        sen = SEN.get(row["senprovision"])
        ethnicity = row["ethnicgroupminor"] and row["ethnicgroupminor"][:4]
        fsm = row["fsmeligible"]
        rank = (census_row(row), low(row["recordstatus"], 0), low(row["laestab_anon"], ""))
        rank += (low(fsm, 9), low(sen, ""), low(ethnicity, ""))
        if key not in census or rank < census[key][0]:
            census[key] = (rank, fsm, sen, ethnicity)
    people = smallest_ae_id("lookup_pmr", "pupilmatchingrefanonymous")
    result = []
    for pmr, (_, _, row) in sorted(best.items()):
        _, fsm, sen, ethnicity = census.get((pmr, row["year"]), (None,) * 4)
        if ethnicity in ("REFU", "NOBT", "MISS", "INVA", "N/A"):
            ethnicity = None
        year, (born_year, born_month) = row["year"], row["born"]
        known = born_year is not None and born_month is not None
        age = (year - 1 - born_year) * 12 + 8 - born_month if known else None
        minority = None if ethnicity is None else int(ethnicity != "WBRI")
        start = dt.date(year - 1, 9, 1)
        result.append(
            [
                *(pmr, people.get(pmr), year, row["sex"], fsm, sen, ethnicity, row["level2"]),
                *(row["points"], row["att8"], start, age, minority),
            ]
        )
    return result


def person_lookup():
    """Everybody's keys, with the people found as connected groups of keys."""
    tables = {
        "pmr": ("lookup_pmr", "pupilmatchingrefanonymous"),
        "edukey": ("lookup_edukey", "edukey"),
        "record": ("lookup_recid", "recordid"),
    }
    parent = {}

    def root(node):
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for kind, (table, key) in tables.items():
        for ae_id, value in rows(leo.load(table), "ae_id", key):
            if value != "":
                one, other = root(("ae_id", str(ae_id))), root((kind, str(value)))
                parent[other] = one
    people = defaultdict(list)
    for node in parent:
        people[root(node)].append(node)
    groups = sorted(
        people.values(), key=lambda nodes: min(int(v) for kind, v in nodes if kind == "ae_id")
    )
    result = []
    for number, nodes in enumerate(groups, 1):
        for kind in ("ae_id", "edukey", "pmr", "record"):
            values = sorted(value for k, value in nodes if k == kind)
            result += [[number, kind, value, n, int(n == 1)] for n, value in enumerate(values, 1)]
    return result


def benefit_months():
    """Months and days on benefit by person and tax year, counted as sets of days."""
    people = smallest_ae_id("lookup_edukey", "edukey")
    first, last = dt.date(2005, 4, 1), dt.date(2021, 3, 31)
    any_days, oow_days = defaultdict(set), defaultdict(set)
    names = ("edukey", "startdate", "enddate", "out_of_work_benefit")
    for edukey, start, end, oow in rows(leo.load("leo_benefit"), *names):
        end = last if end is None or end == dt.date(9999, 12, 31) else end
        if edukey not in people or start > last or end < first or end < start:
            continue
        days = set(range(max(start, first).toordinal(), min(end, last).toordinal() + 1))
        any_days[people[edukey]] |= days
        if oow == 1:
            oow_days[people[edukey]] |= days
    result = []
    for person in sorted(any_days):
        months = defaultdict(lambda: [0, 0])
        for kind, days in enumerate((any_days[person], oow_days[person])):
            for day in map(dt.date.fromordinal, days):
                months[day.year, day.month][kind] += 1
        years = defaultdict(list)
        for (year, month), counts in months.items():
            years[year + (month >= 4)].append(counts)
        for year in sorted(years):
            days, oow = (sum(part) for part in zip(*years[year], strict=True))
            n = len(years[year])
            some = sum(counts[1] > 0 for counts in years[year])
            result.append([person, year, n, some, days, oow, days // n, share(oow, days, 4)])
    return result


def apprenticeship_spells():
    """Apprenticeships of each person, joined when at most 30 days lie between."""
    levels = {2: 2, 3: 3, 25: 0} | dict.fromkeys((10, 20, 21, 22, 23), 4)
    person = dict(rows(leo.load("lookup_recid"), "recordid", "ae_id"))
    aims = defaultdict(list)
    names = ("recordid", "programme_type", "start_date", "academicyear", "end_date_expected")
    names += ("end_date", "compstatus", "app")
    frame = leo.load("lilr_aims", columns=names)
    for record, kind, start, year, planned, end, status, app in rows(frame, *names):
        if app == 1 and kind in levels and start and start != dt.date(1900, 1, 1) and record:
            end = None if end == dt.date(1900, 1, 1) else end
            aims[record, kind, start].append((end_year(year), planned, end, status))
    spans = defaultdict(list)
    for (record, kind, start), seen in aims.items():
        year = max(seen)[0] if len(seen) == 1 else max(row[0] for row in seen)
        seen = [row for row in seen if row[0] == year]
        planned = max((row[1] for row in seen if row[1]), default=None)
        end = max((row[2] for row in seen if row[2]), default=None)
        if end is None:
            summer = dt.date(year, 7, 31)
            end = min(planned or summer, summer)
        done = {row[3] for row in seen}
        if end >= start and record in person:
            spans[person[record]].append((start, end, levels[kind], 2 in done, 3 in done))
    result = []
    for ae_id in sorted(spans):
        spells = []
        for aim in sorted(spans[ae_id]):
            if spells and (aim[0] - max(a[1] for a in spells[-1])).days <= 30:
                spells[-1].append(aim)
            else:
                spells.append([aim])
        for number, spell in enumerate(spells, 1):
            start, end = min(a[0] for a in spell), max(a[1] for a in spell)
            completed = any(a[3] for a in spell)
            withdrawn = not completed and any(a[4] for a in spell)
            outcome = "completed" if completed else "withdrawn" if withdrawn else "open or unknown"
            months = (end.year - start.year) * 12 + end.month - start.month
            result.append(
                [
                    *(ae_id, number, start, end, (end - start).days + 1, months),
                    *(start.year + (start.month >= 8), len(spell), max(a[2] for a in spell)),
                    *(int(completed), int(withdrawn), outcome),
                ]
            )
    return result


def census_details():
    """Every census record of 2003 to 2022 on one set of columns."""
    names = ["laestab_anon", "gender", "ethnicity", "ethnicgroupminor", "firstlanguage", "onroll"]
    names += ["senstatus", "senprovision", "fsmeligible", "enrolstatus", "recordstatus"]
    names += ["ncyearactual", "yearofbirth", "monthofbirth", "llsoa", "lsoa11", "idaciscore"]
    names += ["ethnicgroup", "pupilmatchingrefanonymous"]
    terms = {"plasc": "pla", "autumn": "aut", "spring": "spr", "summer": "sum"}
    groups = defaultdict(list)
    for term, short in terms.items():
        years = range(2003, 2006) if term == "plasc" else range(2006, 2023)
        for year in years:
            if (term, year) in (("autumn", 2006), ("summer", 2020)):
                continue
            for row in census_view(term, year, names):
                groups[row["pmr"], year, short].append(row)
    result = []
    for (pmr, year, term), seen in sorted(groups.items()):
        for number, row in enumerate(sorted(seen, key=census_order), 1):
            result.append(census_values(pmr, year, term, number, row))
    return result


def census_view(term, year, names):
    """Yield the records of one census, with the names that the year has."""
    known = leo.load("sc_pupil", years=year, terms=term, n=1)
    held = {name.rsplit("_", 1)[0]: name for name in known.columns}
    columns = [held[name] for name in names if name in held]
    frame = leo.load("sc_pupil", years=year, terms=term, columns=columns)
    frame.columns = [name.rsplit("_", 1)[0] for name in frame.columns]
    first = "ethnicity" if term == "plasc" else "ethnicgroupminor"
    for row in plain(frame).to_dict("records"):
        if row["pupilmatchingrefanonymous"]:
            ethnic = row[first] if first in row else row.get("ethnicgroup")
            lsoa = row["lsoa11"] if "lsoa11" in row else row.get("llsoa")
            lsoa = lsoa if lsoa and len(lsoa) == 9 and lsoa[0].upper() in "EWS" else None
            missing = not ethnic or ethnic[:4] in ("MISS", "N/A", "INVA")
            sen = row["senstatus"] if term == "plasc" else row["senprovision"]
            school = row["laestab_anon"]
            yield row | {
                "pmr": row["pupilmatchingrefanonymous"],
                "laestab_anon": school or None if term == "plasc" else school,
                "onroll": row.get("onroll"),
                "ethnic": None if missing else ethnic,
                "lsoa": lsoa,
                "sen": sen,
                "idaciscore": row.get("idaciscore"),
                "ncyearactual": (row["ncyearactual"] or "").strip() or None,
            }


def census_order(row):
    """Return what a pupil's records within one census are sorted by."""
    texts = [row["laestab_anon"], row["ncyearactual"], row["sen"], row["ethnic"]]
    texts += [row["firstlanguage"], row["lsoa"]]
    return (
        *(census_row(row), low(row["recordstatus"], 0), *(low(text, "") for text in texts)),
        *(low(row["fsmeligible"], 9), low(row["gender"], ""), low(row["idaciscore"], -1)),
        *(low(row["enrolstatus"], ""), low(row["onroll"], 9)),
        *(low(row["yearofbirth"], 0), low(row["monthofbirth"], 0)),
    )


def census_values(pmr, year, term, number, row):
    """Return one row of the finished table, the computed columns last."""
    month = row["monthofbirth"] if row["monthofbirth"] in range(1, 13) else None
    sen, lsoa, born = SEN.get(row["sen"]), row["lsoa"], row["yearofbirth"]
    country = {"E": "England", "W": "Wales", "S": "Scotland"}.get((lsoa or " ")[0].upper())
    age = None if born is None else year - 1 - born - (month is not None and month > 8)
    status = row["enrolstatus"] and row["enrolstatus"][:1]
    return [
        *(pmr, year, term, number, row["laestab_anon"], SEX.get(row["gender"])),
        *(row["ethnic"] and row["ethnic"][:4], row["firstlanguage"] and row["firstlanguage"][:3]),
        *(sen, row["fsmeligible"], row["onroll"], status, int(low(row["recordstatus"], 0) <= 100)),
        *(row["ncyearactual"], born, month, lsoa, row["idaciscore"], country),
        *(None if sen is None else int(sen != "N"), f"{year - 1}/{year % 100:02}", age),
    ]


def sustained_employment():
    """Shares in sustained work three years after KS4, by group."""
    cohort = {}
    for row in ks4_results():
        if 2008 <= row["year"] <= 2014:
            year, fsm, sex = cohort.get(row["pmr"], (0, 0, None))
            sexes = [s for s in (sex, row["sex"]) if s]
            best = max(year, row["year"]), max(fsm, row["fsm"] or 0), max(sexes, default=None)
            cohort[row["pmr"]] = best
    pmr = leo.load("lookup_pmr")
    edukey = leo.load("lookup_edukey")
    keys = pmr.merge(edukey[edukey["edukey"] != ""], on="ae_id")
    keys = keys[keys["pupilmatchingrefanonymous"].isin(list(cohort))]
    mine = defaultdict(set)
    for key, value in rows(keys, "pupilmatchingrefanonymous", "edukey"):
        mine[key].add(value)
    jobs, profits = defaultdict(list), set()
    for key, start, end in rows(leo.load("leo_employment"), "edukey", "startdate", "enddate"):
        jobs[key].append((start, end or dt.date.max))
    own = leo.load("leo_self_assessment")
    for key, year, profit in rows(own, "edukey", "taxyear", "earnings_self_employment"):
        if profit and profit > 0:
            profits.add((key, year // 100 + 1))
    groups = defaultdict(list)
    for person, (year, fsm, sex) in cohort.items():
        starts = [dt.date(year + 2 + (m > 12), (m - 1) % 12 + 1, 1) for m in range(10, 17)]
        held = [job for key in mine[person] for job in jobs[key]]
        months = sum(any(s < after and e >= m for s, e in held) for m, after in pairwise(starts))
        paye = months >= 5
        either = paye or any((key, year + 3) in profits for key in mine[person])
        facts = (bool(mine[person]), paye, either, months)
        named = {"M": ["male"], "F": ["female"]}.get(sex, [])
        for name in ["all", "fsm" if fsm == 1 else "not fsm", *named]:
            groups[year, name].append(facts)
    result = []
    for (year, name), facts in sorted(groups.items()):
        linked = [f for f in facts if f[0]]
        if len(facts) < 10:
            result.append([year, name, *[None] * 5, "c"])
            continue
        percents = [None, None]
        if linked:
            percents = [share(100 * sum(f[n] for f in facts), len(linked), 1) for n in (1, 2)]
        mean = sum(f[3] for f in linked) // len(linked) if linked else None
        result.append([year, name, len(facts), len(linked), *percents, mean, ""])
    return result


TWINS = {
    "cohort-with-ks4": cohort_with_ks4,
    "person-lookup": person_lookup,
    "benefit-months": benefit_months,
    "apprenticeship-spells": apprenticeship_spells,
    "census-details": census_details,
    "sustained-employment": sustained_employment,
}
