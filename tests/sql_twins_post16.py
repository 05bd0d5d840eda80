"""The pandas twins of two scripts of ``tests/tsql/scripts`` on what follows school.

Each gives the rows of its script's result sets by their place; nothing here looks at the SQL.
"""

import datetime as dt
import statistics
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from sql_twins import low, rows, share

import leo_helpers as leo

FIRST_DIGIT = {2: "EDU", 3: "JOB", 4: "TRN", 5: "OTH", 6: "NEET", 7: "OTH"}
#: Which of several activities of a month counts: the lower, the better.
ORDER = dict.fromkeys((210, 220, 230, 240, 250), 1) | dict.fromkeys((310, 320, 330), 3)
ORDER |= {260: 2, 810: 99} | dict.fromkeys(range(610, 700, 10), 9)


def mean(values, places=6, scale=6):
    """Give the mean of exact numbers as SQL Server does: what is beyond the scale is cut off."""
    return share(sum(values), len(values), places, scale)


def months():
    """Give month, group, code, authority and need of each young person, one row a month."""
    names = ["pupilmatchingrefanonymous", "acadyr", "monthno", "current_activity_code"]
    names = [f"nccis_{n}" for n in [*names, "lead_lea_code_anon", "send_flag"]]
    seen = defaultdict(list)
    for pmr, year, month, code, la, need in rows(leo.load("nccis", columns=names), *names):
        if pmr and month is not None and 1 <= month <= 12:
            rank = (ORDER.get(code, 50), -low(code, -1), low(la, ""), low(need, ""))
            first = dt.date(int(year[:4]) + (month < 9), month, 1)
            sen = {"y": 1, "n": 0}.get((need or "").lower())
            group = FIRST_DIGIT.get(low(code, 0) // 100, "NK")
            seen[pmr, first].append((rank, group, code, la or "none", sen))
    return {key: min(found, key=lambda x: x[0])[1:] for key, found in sorted(seen.items())}


def spells(held):
    """Give person, group, first month, months and authorities of each run of months."""

    def run(item):
        place, ((pmr, first), (group, *_)) = item
        return pmr, group, first.year * 12 + first.month - place

    result = []
    for (pmr, group, _), members in groupby(enumerate(held.items()), run):
        members = [m for _, m in members]
        result.append((pmr, group, members[0][0][1], len(members), len({m[1][2] for m in members})))
    return result


def neet_spells():
    """Months, spells and moves between activities, and the NEET among them."""
    held = months()
    groups, found = defaultdict(list), defaultdict(list)
    for (_, first), values in held.items():
        groups[values[0]].append((first, *values[1:]))
    shares = [
        [g, len(m), min(m)[0], max(m)[0], len({x[1] for x in m} - {None}),
         share(100 * len(m), len(held), 12)]
        for g, m in groups.items()
    ]  # fmt: skip
    runs = spells(held)
    moves = Counter()
    for n, (pmr, g, first, length, las) in enumerate(runs):
        found[g].append((length, pmr, first, las))
        before = runs[n - 1][1] if n and runs[n - 1][0] == pmr else "-"
        last = n + 1 == len(runs) or runs[n + 1][0] != pmr
        if g in ("NEET", "JOB"):
            moves[before, g, "END" if last else runs[n + 1][1]] += 1
    summary = []
    for g, of in sorted(found.items()):
        long = [x[0] for x in of]
        ends = [(x[2].year * 12 + x[2].month - 1 + x[0]) for x in of]  # the month after the last
        last = dt.date(max(ends) // 12, max(ends) % 12 + 1, 1) - dt.timedelta(days=1)
        years = [share(n, 12, 6, 6) for n in long]
        summary.append([
            *(g, len(of), len({x[1] for x in of}), sum(long) // len(of), mean(long)),
            *(sum(n // 12 for n in long) // len(of), mean(years), max(long)),
            *(100 * sum(n > 3 for n in long) // len(of), last, max(x[3] for x in of)),
        ])  # fmt: skip
    longest = max(x[0] for x in found["NEET"])
    year = Counter((v[0], m) for (_, m), v in held.items() if "2014-09" < str(m) < "2015-09")
    matrix = [
        [g, *(year[g, dt.date(2014 + (m > 12), (m - 1) % 12 + 1, 1)] for m in range(9, 21))]
        for g in sorted({g for g, _ in year})
    ]
    needs = [v[3] for v in held.values() if v[3] is not None]
    quarters = defaultdict(list)
    for (_, m), (g, *_) in held.items():
        start = m.year - (m.month < 9)
        if start in (2012, 2013):
            quarters[start, -((m.month + 2) // 3)].append(g == "NEET")
    return {
        0: sorted(shares, key=lambda x: (-x[1], x[0])),
        1: summary,
        2: [[*key, n] for key, n in sorted(moves.items())],
        3: [[longest + 1, longest, len(groups["NEET"]), longest]],
        4: matrix,
        5: authorities(held),
        6: [[len(held), sum(needs), mean(needs), max(needs), len(held) - len(needs)]],
        7: [
            [y, -q, len(of), f"{share(100 * sum(of), len(of), 1, 6)}%"]
            for (y, q), of in sorted(quarters.items())
        ],
    }


def authorities(held):
    """Give the five authorities with the greatest share of NEET months."""
    places = defaultdict(list)
    for group, _, la, _ in held.values():
        places[la].append(group == "NEET")
    ranked = sorted((-share(sum(of), len(of), 12), la, of) for la, of in places.items()
                    if len(of) > 50)  # fmt: skip
    result = []
    for rate, la, of in ranked[:5]:
        percent = Decimal(repr(100.0 * sum(of) / len(of))).quantize(Decimal("0.01"), ROUND_HALF_UP)
        place = 1 + sum(other < rate for other, *_ in ranked)
        result.append([la, len(of), sum(of), percent, place])
    return result


def hesa_names(year):
    """Give the names that one year of HESA has for what the script reads."""
    old = year < 2008
    held = leo.load("hesa", years=year, n=1).columns
    return {
        "inst": "he_instid_anon" if old else "he_xinstid01__anon",
        "sex": "he_gender" if year < 2013 else "he_sexid",
        "aim": "he_qualaim" if old else "he_courseaim",
        "subject": "he_sbjqa1" if old else "he_xjacs01_1",
        "left": "he_dateleft" if old else "he_enddate",
        "tariff": next((c for c in sorted(held) if c.startswith("he_xtariff")), None),
    }


def panel():
    """Give the HESA records of each student and year, the main one first, with the same names."""
    result = defaultdict(list)
    same = {
        "pmr": "he_pupilmatchingrefanonymous", "main": "he_xpsr01", "load": "he_stuload",
        "start": "he_comdate", "class": "he_xclass01", "qual": "he_xqobtn01", "level": "he_xlev301",
    }  # fmt: skip
    for year in range(2005, 2021):
        names = same | hesa_names(year)
        wanted = [name for name in names.values() if name]
        for values in rows(leo.load("hesa", years=year, columns=wanted), *wanted):
            held = dict(zip(wanted, values, strict=True))
            row = {key: held.get(name) for key, name in names.items()}
            row["tariff"] = row["tariff"] or None
            if row["pmr"] and row["main"] == 1:
                result[row["pmr"], year].append(row)
    for found in result.values():
        found.sort(key=lambda r: (
            -low(r["load"], 0), low(r["start"], dt.date.min), *(low(r[k], "") for k in
            ("inst", "qual", "class", "subject")),
        ))  # fmt: skip
    return dict(sorted(result.items()))


BEST = {"1": 1, "2": 2, "3": 3, "4": 3, "5": 4}


def entrants(held):
    """Give, for each first year of a first degree, who stays and how they end."""
    years, class_ = defaultdict(set), defaultdict(set)
    for (pmr, year), found in held.items():
        for row in found:
            if row["level"] == 2:
                years[pmr].add(year)
                class_[pmr].add(BEST.get(row["class"]))
    cohorts = defaultdict(list)
    for pmr, seen in years.items():
        first = min(seen)
        best = min(class_[pmr] - {None}, default=None)
        gap = max(seen) - first + 1 - len(seen)
        stays = [(pmr, first + n) in held for n in (1, 2)]
        cohorts[first].append((*stays, best, gap, len(seen)))
    result = []
    for first, of in sorted(cohorts.items()):
        two, three = (sum(x[n] for x in of) for n in (0, 1))
        good, known = sum(x[2] == 1 for x in of), sum(x[2] is not None for x in of)
        rate = Decimal(repr(1e2 * three / len(of))).quantize(Decimal("0.01"), ROUND_HALF_UP)
        result.append([
            *(first, len(of), two, share(100 * two, len(of), 2), rate),
            100 * good // known if good else None,
            sum(x[3] > 0 for x in of), sum(x[4] for x in of) // len(of), mean([x[4] for x in of]),
        ])  # fmt: skip
    return result


def transfers(held):
    """Give how many are at another institution, or in another subject, than the year before."""
    changes = defaultdict(list)
    for (pmr, year), found in held.items():
        if (pmr, year - 1) in held:
            now, before = found[0], held[pmr, year - 1][0]
            subjects = [row["subject"] and row["subject"][0] for row in (before, now)]
            changes[year].append((now["inst"] != before["inst"], None not in subjects
                                  and subjects[0] != subjects[1]))  # fmt: skip
    result = []
    for year, of in sorted(changes.items()):
        moved, n = sum(x[0] for x in of), len(of)
        rate = share(1000 * moved, n, 1).quantize(Decimal("1e-12"))
        result.append([year, moved, sum(x[1] for x in of), n, 1000 * moved // n, rate])
    return result


def tariffs(held):
    """Give the tariff of each year, and its fifths in 2010 to 2015."""
    by_year, ranked = defaultdict(list), []
    for (pmr, year), found in held.items():
        for n, row in enumerate(found):
            by_year[year].append(row["tariff"])
            if row["tariff"] and 2010 <= year <= 2015:
                ranked.append((row["tariff"], pmr, year, n))
    summary = []
    for year, of in sorted(by_year.items()):
        known = [x for x in of if x]
        if len(known) > 1:
            lo, hi, n = min(known), max(known), len(known)
            summary.append([year, n, len(of) - n, sum(known) // n, sum(known) / n,
                            round(statistics.stdev(known), 3), lo, hi, (hi - lo) // 4])  # fmt: skip
    values = [x[0] for x in sorted(ranked)]
    size, more = divmod(len(values), 5)
    fifths, start = [], 0
    for n in range(5):
        part = values[start : start + size + (n < more)]
        start += len(part)
        fifths.append([n + 1, len(part), part[0], part[-1], len(part) / len(values)])
    return summary, fifths


def students_over_years():
    """One table of students over sixteen years, and what it says on staying and moving."""
    held = panel()
    names = [
        [year, f"hesa_i2.[2002237].hesa_{year}",
         *(hesa_names(year)[k] for k in ("inst", "sex", "aim", "subject", "left", "tariff")), 0]
        for year in range(2005, 2021)
    ]  # fmt: skip
    every = [(year, row) for (_, year), found in held.items() for row in found]
    total, latest = len(every), max(year for year, _ in every)
    ages = [
        (row["left"].year - row["start"].year) * 12 + row["left"].month - row["start"].month
        for _, row in every
        if row["left"] and row["start"]
    ]
    first = [total, total, max(map(len, held.values())), f"{latest - 1}/{latest % 100:02}"]
    classes = defaultdict(Counter)
    for _, row in every:
        if row["class"] is not None:
            classes[{1: "M", 2: "F"}.get(row["sex"])][row["class"]] += 1
    by_sex = [[sex, *(n[c] for c in "12345A")] for sex, n in classes.items()]
    years, paths = defaultdict(list), defaultdict(list)
    for (pmr, year), found in held.items():
        years[pmr].append(year)
        paths[pmr] += [(row["inst"], row["class"]) for row in found]
    islands = defaultdict(list)
    for seen in years.values():
        runs = [list(run) for _, run in groupby(enumerate(seen), lambda x: x[1] - x[0])]
        islands[len(runs)].append(max(map(len, runs)))
    several = [
        [pmr, "-".join(inst + (f"({c})" if c is not None else "") for inst, c in path)]
        for pmr, path in sorted(paths.items())
        if len({inst for inst, _ in path}) > 1
    ]
    summary, fifths = tariffs(held)
    return {
        0: names,
        1: [[*first, share(max(ages), 12, 6, 6)]],
        2: entrants(held),
        3: transfers(held),
        4: sorted(by_sex, key=lambda x: low(x[0], ""), reverse=True),
        5: summary,
        6: fifths,
        7: [[n, len(of), max(of)] for n, of in sorted(islands.items())],
        8: several[:10],
    }


TWINS = {"neet-spells": neet_spells, "students-over-years": students_over_years}
