"""What scripts on work and pay in ``tests/tsql/scripts`` should give, worked out in pandas.

Each function returns the rows of every result of its script, in order. Nothing here looks at SQL.
"""

import datetime as dt
import math
import statistics
from collections import defaultdict
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise

from sql_twins import rows, smallest_ae_id

import leo_helpers as leo

DAY = dt.timedelta(days=1)
LAST = dt.date(2021, 4, 5)


def cut(part, whole, places):
    """Divide as decimals are divided: digits beyond the scale are cut off."""
    return (Decimal(part) / Decimal(whole)).quantize(Decimal(1).scaleb(-places), ROUND_DOWN)


def half_up(value, places):
    """Round a decimal, halves away from nought."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def mean(values):
    """Give the mean of whole numbers as a whole number."""
    return int(sum(values) / len(values))


def between(values, share):
    """Give a percentile that lies between two values."""
    values, place = sorted(values), (len(values) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    return values[low] + (values[high] - values[low]) * (place - low)


def held(values, share):
    """Give the least value that at least this share of the values does not exceed."""
    values = sorted(values)
    return values[max(math.ceil(len(values) * share) - 1, 0)]


def months_apart(first, last):
    """Count the changes of month between two days."""
    return (last.year - first.year) * 12 + last.month - first.month


def tax_year(day):
    """Return the year in which the tax year of a day ends."""
    return day.year + ((day.month, day.day) >= (4, 6))


def work_records():
    """Return people's jobs, and how many pairs, orphans and jobs there were."""
    lookup = rows(leo.load("lookup_edukey"), "edukey")
    people = smallest_ae_id("lookup_edukey", "edukey")
    first = defaultdict(lambda: dt.date.max)
    names = ["edukey", "startdate", "enddate", "uncertainstartdate", "uncertainenddate"]
    records = rows(leo.load("leo_employment", columns=names), *names)
    for key, start, *_ in records:
        if key and key not in people:
            first[key] = min(first[key], start)
    orphans = {k: -i for i, k in enumerate(sorted(first, key=lambda k: (first[k], k)), 1)}
    jobs = []
    for key, start, end, guess, guess_end in records:
        person = people.get(key, orphans.get(key))
        if person is None or not dt.date(1997, 1, 1) <= start <= LAST:
            continue
        if end is None or end >= start:
            open_ = end is None or end > LAST
            jobs.append((person, start, LAST if open_ else end, open_, guess or 0, guess_end or 0))
    pairs = sum(1 for (key,) in lookup if key)
    counts = [("pairs", pairs), ("orphans", len(orphans)), ("jobs", len(jobs))]
    kept = [j for j in jobs if not (j[4] and j[5] and j[1] == j[2])]
    return kept, counts


def packed(spans, gap):
    """Join spans of days that are no more than a gap apart."""
    out = []
    for start, end in sorted(spans):
        if out and (start - out[-1][1]).days <= gap + 1:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return out


def work_spells_by_month():
    """Spells of work from the records, months from the spells."""
    jobs, counts = work_records()
    ends = defaultdict(list)
    for job in jobs:
        ends[tax_year(job[2])].append(job)
    first_result = []
    for year, found in sorted(ends.items(), reverse=True):
        days = [(j[2] - j[1]).days + 1 for j in found]
        if len(days) > 20:
            row = (year, len(days), mean(days), cut(sum(days), len(days), 6), max(days))
            row += (sum(j[3] for j in found), sum(1 for j in found if j[4] or j[5]))
            first_result.append(row)

    spells = []
    for person, found in groupby(sorted(jobs), key=lambda j: j[0]):
        for n, (start, end) in enumerate(packed([j[1:3] for j in found], 7), 1):
            after = end + DAY
            whole = months_apart(start, after) - (after.day < start.day)
            years = half_up(cut((end - start).days, Decimal("365.25"), 6), 2)
            spells.append((person, n, start, end, months_apart(start, end) + 1, whole, years))
    by_length = sorted(spells, key=lambda s: (-s[4], -s[5], s[0]))
    fifth = (by_length[4][4], by_length[4][5], by_length[4][0])
    longest = [s for s in by_length if (-s[4], -s[5], s[0]) <= (-fifth[0], -fifth[1], fifth[2])]

    calendar, start = [], dt.date(2003, 4, 1)
    while start < dt.date(2021, 4, 1):
        after = dt.date(start.year + start.month // 12, start.month % 12 + 1, 1)
        calendar.append((start, after - DAY))
        start = after
    days = [end.day for _, end in calendar]
    labels = [f"{start:%b %y}" for start, _ in calendar]
    sd = round(statistics.stdev(days), 8)
    third = [(len(days), calendar[0][0], calendar[-1][1], mean(days), sd, max(labels))]

    worked = defaultdict(dict)  # person: month: [days, whether all of it]
    for person, _, start, end, *_ in spells:
        for i, (a, b) in enumerate(calendar):
            if start <= b and end >= a:
                here = worked[person].setdefault(i, [0, False])
                here[0] += (min(end, b) - max(start, a)).days + 1
                here[1] |= start <= a and end >= b
    years = defaultdict(list)
    for person, months in worked.items():
        for i, (n, whole) in months.items():
            a = calendar[i][0]
            years[a.year + (a.month >= 4)].append((person, n, whole))
    fourth = []
    for year, found in sorted(years.items()):
        people, n = len({f[0] for f in found}), len(found)
        days, whole = [f[1] for f in found], sum(f[2] for f in found)
        row = (year, people, n, whole, n // people, cut(n, people, 12))
        row += (mean(days), cut(sum(days), n, 6), half_up(cut(100 * whole, n, 12), 1))
        fourth.append(
            (*row, round(statistics.stdev(days), 4), round(statistics.pvariance(days), 4))
        )

    moves = defaultdict(int)
    for person in {s[0] for s in spells}:
        states = ["in" if i in worked[person] else "out" for i in range(100, 161)]
        moves["new", states[0]] += 1
        for pair in pairwise(states):
            moves[pair] += 1
    totals = defaultdict(int)
    for (before, _), n in moves.items():
        totals[before] += n
    fifth = [
        (*pair, n, half_up(cut(100 * n, totals[pair[0]], 12), 2))
        for pair, n in sorted(moves.items())
    ]

    begun = defaultdict(list)
    for _, n, start, _, months, *_ in spells:
        if n == 1 and start >= dt.date(2004, 4, 6):
            begun[(start - 95 * DAY).year + 1].append(months)
    sixth = [
        (y, len(found), between(found, 0.25), held(found, 0.5))
        for y, found in sorted(begun.items())
    ]
    seventh = [*counts, ("spells", len(spells)), ("only in packing", 0), ("only in windows", 0)]
    return [first_result, longest, third, fourth, fifth, sixth, seventh]


TWINS = {"work-spells-by-month": work_spells_by_month}
