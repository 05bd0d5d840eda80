"""The pandas twin of ``tests/tsql/scripts/pay-after-degrees.sql``, worked out from its meaning."""

import math
import re
import statistics
from collections import Counter, defaultdict
from decimal import ROUND_DOWN, Decimal
from functools import partial

from sql_twins import rows, smallest_ae_id
from sql_twins_work import between, cut, half_up, mean

import leo_helpers as leo

CPI = [69.4, 70.3, 71.8, 73.6, 75.2, 78.1, 79.8, 82.5, 86.1]
CPI += [88.4, 90.4, 91.3, 91.4, 92.4, 95, 97.2, 98.8, 99.4]
ALLOWANCE = [4615, 4745, 4895, 5035, 5225, 6035, 6475, 6475, 7475]
ALLOWANCE += [8105, 9440, 10000, 10600, 11000, 11500, 11850, 12500, 12500]
PRICES = dict(zip(range(2004, 2022), zip(CPI, ALLOWANCE, strict=True), strict=True))
money = partial(half_up, places=4)


def prices():
    """Return what the table of prices shows: money has four places, and division cuts."""
    for year, (cpi, allowance) in PRICES.items():
        now = allowance * (100 / cpi)
        up = None
        if year > 2004:
            up = half_up(100 * (math.log(cpi) - math.log(PRICES[year - 1][0])), 2)
        yield (
            (
                year,
                money(now),
                float(round(now / 100) * 100),
                cut(allowance, 12, 4),
                money(allowance % 100),
                Decimal(allowance * 11).scaleb(-1).quantize(Decimal("1e-5")),
                cut(allowance, 3, 7),
                f"£{allowance:,}.00",
                f"{cpi:6.2f}",
                up,
            )
        )


def person_years():
    """Return PAYE, self-employment, jobs and source of each person and tax year."""
    people, found = smallest_ae_id("lookup_edukey", "edukey"), defaultdict(list)
    names = ["edukey", "taxyear", "earnings", "num_employments"]
    for key, year, paye, jobs in rows(leo.load("leo_earnings", columns=names), *names):
        if key in people and (paye or 0) > 0:
            found[people[key], year // 100 + 1].append((paye, None, jobs))
    names = ["edukey", "taxyear", "earnings_self_employment"]
    for key, year, income in rows(leo.load("leo_self_assessment", columns=names), *names):
        if key in people and income:
            found[people[key], year // 100 + 1].append((None, income, 0))
    years = {}
    for (person, year), parts in found.items():
        paye, income, jobs = (
            [v for v in column if v is not None] for column in zip(*parts, strict=True)
        )
        kind = "paye"
        if max(income, default=0) > 0:
            kind = "both" if max(paye, default=0) > 0 else "self-employed"
        elif min(income, default=0) < 0:
            kind = "loss"
        if 2004 <= year <= 2021:
            years[person, year] = (sum(paye), sum(income), sum(jobs), kind)
    return years


def by_source(years):
    """Return the means of each source of income, the most frequent first."""
    sources, out, so_far = defaultdict(list), [], 0
    for row in years.values():
        sources[row[3]].append(row)
    for source, found in sorted(sources.items()):
        n, income = len(found), [row[1] for row in found]
        so_far += n
        jobs = half_up(cut(sum(row[2] for row in found), n, 6), 3)
        row = (source, n, mean([row[0] for row in found]), mean(income), min(income), max(income))
        out.append((*row, sum(income), jobs, cut(100 * n, len(years), 12), so_far))
    return sorted(out, key=lambda row: -row[1])


def pupils():
    """Return the people of each PMR."""
    people, names = defaultdict(set), ["ae_id", "pupilmatchingrefanonymous"]
    for person, pmr in rows(leo.load("lookup_pmr"), *names):
        people[pmr].add(person)
    return people


def degrees(people):
    """Return year, class and subject of people's first degrees."""
    names = ["he_pupilmatchingrefanonymous", "he_xqobtn01", "he_xqlev501", "he_xclass01"]
    names += ["he_xjacs01_1"]
    frame, seen = leo.load("hesa", years=range(2008, 2016), columns=names), defaultdict(list)
    for pmr, got, level, class_, subject, year in rows(frame, *names, "year"):
        for person in people.get(pmr, ()) if pmr and got is not None and level == 3 else ():
            seen[person].append((year, class_, subject))
    first = {}
    for person, found in seen.items():
        year = min(f[0] for f in found)
        classes, subjects = zip(*(f[1:] for f in found if f[0] == year), strict=True)
        least = (min([v for v in values if v], default=None) for values in (classes, subjects))
        first[person] = (year, *least)
    return first


def by_year(first):
    """Return how many degrees each year has, with their classes."""
    years = defaultdict(list)
    for year, class_, subject in first.values():
        years[year].append((class_, subject))
    for year, found in sorted(years.items()):
        classes = [class_ for class_, _ in found if class_]
        subjects = {subject[0] for _, subject in found if subject}
        firsts = sum(class_ in ("01", "1") for class_ in classes)
        yield year, len(found), firsts, "".join(sorted(classes)), len(subjects)


def cohorts(people):
    """Return year of KS4, sex and points of each person."""
    names = ["ks4_pupilmatchingrefanonymous", "ks4_acadyr", "ks4_gender", "ks4_ptscnewe"]
    best = {}
    for pmr, text, sex, points, end in rows(
        leo.load("ks4_pupil", columns=[*names, "ks4_endks"]), *names, "ks4_endks"
    ):
        if not re.fullmatch("200[3-9]/20[01][0-9]", text) or end != 1:
            continue
        for person in people.get(pmr, ()):
            rank = (points is None, -(points or 0), text)
            if person not in best or rank < best[person][0]:
                female = {"F": 1, "G": 1, "M": 0, "B": 0}.get(sex)
                best[person] = (rank, int(text[-4:]), female, points)
    return {person: held[1:] for person, held in best.items() if held[3] is not None}


def tiles(ordered, n):
    """Return the tile of each of some ordered things; the first tiles take what is left over."""
    size, over = divmod(len(ordered), n)
    sizes = [size + (i < over) for i in range(n)]
    numbers = [i for i, count in enumerate(sizes, 1) for _ in range(count)]
    return dict(zip(ordered, numbers, strict=True))


def by_cohort(cohort):
    """Return the spread of points in each year of KS4."""
    years = defaultdict(list)
    for person, (year, female, points) in cohort.items():
        years[year].append((person, female, points))
    for year, found in sorted(years.items()):
        points, n = [f[2] for f in found], len(found)
        centre, sd = float(cut(sum(points), n, 6)), statistics.pstdev(points)
        z = [(p - centre) / sd for p in points]
        women = [f[1] for f in found if f[1] is not None]
        below = sum((sum(q < p for q in points) / (n - 1)) >= 0.5 for p in points)
        upper = sum((sum(q <= p for q in points) / n) > 0.75 for p in points)
        tenth = tiles([f[0] for f in sorted(found, key=lambda f: (-f[2], f[0]))], 10)
        yield (
            (
                year,
                n,
                sum(women),
                mean(women),
                cut(sum(women), len(women), 6),
                round(sum(women) / len(women), 8),
                round(statistics.stdev(z), 6),
                round(sum(v**3 for v in z) / n, 4),
                float(between(points, 0.5)),
                below,
                upper,
                round(math.exp(statistics.fmean(math.log(p + 1) for p in points)), 4),
                min(f[2] for f in found if tenth[f[0]] == 1),
            )
        )


def panel(cohort, years, first):
    """Return person, years since KS4, group, pay, total, growth, real and trimmed pay."""
    out, real = [], defaultdict(dict)
    for person, (ks4, _, _) in cohort.items():
        for year, (cpi, _) in PRICES.items():
            if 3 <= year - ks4 <= 12:
                pay, income, *_ = years.get((person, year), (None, None))
                if pay is not None:
                    real[year][person] = pay / cpi * 100
                out.append((person, year, year - ks4, "D" if person in first else "N", pay, income))
    paid = {(row[0], row[1]): row[4] for row in out}
    ends = {
        year: [between(list(found.values()), share) for share in (0.01, 0.99)]
        for year, found in real.items()
    }
    for person, year, t, group, pay, income in out:
        before, growth, now = paid.get((person, year - 1)), None, real[year].get(person)
        if before and pay is not None:
            growth = cut(pay - before, before, 4)
        trimmed = None if now is None else min(max(now, ends[year][0]), ends[year][1])
        yield person, t, group, pay, (pay or 0) + (income or 0), growth, now, trimmed


def by_years_since(people):
    """Return pay by years since KS4 and group."""
    groups = defaultdict(list)
    for row in people:
        if row[1] <= 10:
            groups[row[1], "DN".index(row[2])].append(row)
    for (t, group), found in sorted(groups.items(), key=lambda item: (item[0][0], -item[0][1])):
        n, total = len(found), sum(row[4] for row in found)
        pay, growth, trimmed = ([r[i] for r in found if r[i] is not None] for i in (3, 5, 7))
        pennies = cut(sum(pay), len(pay), 4)
        yield (
            (
                t,
                "DN"[group],
                n,
                len(pay),
                half_up(cut(100 * len(pay), n, 12), 1),
                round(statistics.fmean(trimmed), 4),
                pennies,
                round(statistics.stdev(trimmed), 4),
                cut(sum(growth), len(growth), 6) if growth else None,
                money(max(r[4] for r in found)),
                money(total),
                int(half_up(cut(total, 1000, 4), 0)),
                money(pennies.quantize(Decimal(1), ROUND_DOWN)),
            )
        )


def gaps(people):
    """Return how much more graduates have, and what it comes to."""
    groups, before, sum_ = defaultdict(list), 0.0, 0.0
    for row in people:
        if row[7] is not None:
            groups[row[1], row[2]].append(row[7])
    means = {key: statistics.fmean(found) for key, found in groups.items()}
    times = sorted({t for t, _ in means})
    for t in times:
        d, n = means[t, "D"], means[t, "N"]
        sum_ += (d - n) / 1.035**t
        last = None if t == times[0] else int(before)
        yield (
            (
                t,
                half_up(d - n, 2),
                half_up((d / n - 1) * 100, 2),
                last,
                half_up(d - n - before, 1),
                int(means[times[-1], "D"]),
                round(sum_, 2),
            )
        )
        before = d - n


def moves(people):
    """Return how many go from fifth to fifth of real pay between years 5 and 10."""
    fifths = {}
    for t in (5, 10):
        found = [(row[6], row[0]) for row in people if row[1] == t and row[6] is not None]
        fifths[t] = tiles([person for _, person in sorted(found)], 5)
    pairs = Counter(
        (fifths[5][person], fifths[10][person]) for person in fifths[5] if person in fifths[10]
    )
    table = [[pairs[a, b] for b in range(1, 6)] for a in range(1, 6)]
    lines = [(a, *line, sum(line)) for a, line in enumerate(table, 1)]
    total = [sum(column) for column in zip(*table, strict=True)]
    return [*lines, (None, *total, sum(total))]


def pay_after_degrees():
    """Real pay of graduates and of everybody else, and what leads to it."""
    years, people = person_years(), pupils()
    first, cohort = degrees(people), cohorts(people)
    rows_of_panel = list(panel(cohort, years, first))
    return [
        list(prices()), by_source(years), list(by_year(first)), list(by_cohort(cohort)),
        list(by_years_since(rows_of_panel)), list(gaps(rows_of_panel)), moves(rows_of_panel),
    ]  # fmt: skip
