"""The pandas twin of ``tests/tsql/scripts/after-a-degree.sql``: every table that it leaves."""

import datetime as dt
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

from sql_twins import low
from sql_twins_progress import exact, month_end, records
from sql_twins_work import cut

import leo_helpers as leo

DAY = dt.timedelta(1)
LAST = dt.date(2021, 4, 5)
MONTHS = [dt.date(year, month, 1) for year in (2015, 2016) for month in range(1, 13)]
#: The first years of HESA lack the subject that the script reads.
NO_SUBJECT = (2005, 2006, 2007)


def keys(pids, table, name):
    """Return the person of each key; a key of several people is the first one's."""
    found = {}
    for row in records(table):
        if row[name] and row["ae_id"] in pids:
            found[row[name]] = min(found.get(row[name], 1 << 40), pids[row["ae_id"]])
    return found


def people():
    """Return the numbers of people by AE_ID, and their EDUKEYs and PMRs."""
    tables = ("lookup_pmr", "lookup_edukey")
    known = sorted({row["ae_id"] for table in tables for row in records(table)} - {None})
    pids = {ae_id: number for number, ae_id in enumerate(known, 1)}
    edukeys = keys(pids, "lookup_edukey", "edukey")
    return pids, edukeys, keys(pids, "lookup_pmr", "pupilmatchingrefanonymous")


def jobs(edukeys):
    """Return start, end and doubt of each person's spells in work, joined where they touch."""
    found = defaultdict(list)
    for row in records("leo_employment"):
        start, end = row["startdate"], row["enddate"]
        doubts = (row["uncertainstartdate"], row["uncertainenddate"])
        if row["edukey"] in edukeys and start <= LAST and (end or LAST) >= start:
            rank = (start, end is not None, end or LAST, *(low(d, 0) for d in doubts))
            held = (start, min(end or LAST, LAST), int(any(doubts)))
            found[edukeys[row["edukey"]]].append((rank, held))
    spells = {}
    for pid, rows in found.items():
        merged = spells[pid] = []
        for _, (start, end, doubt) in sorted(rows):
            if merged and start <= merged[-1][1] + DAY:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end, doubt])
    return spells


def start_of_tax_year(day):
    """Return the calendar year five days and three months before a day."""
    first = (day.replace(day=1) - 62 * DAY).replace(day=1)
    while (day.year - first.year) * 12 + day.month - first.month < 3:
        first = (first - DAY).replace(day=1)
    return (first.replace(day=min(day.day, month_end(first).day)) - 5 * DAY).year


def benefits(edukeys):
    """Return kind, start, end, out of work and records of each person's benefits."""
    groups = defaultdict(list)
    for row in records("leo_benefit"):
        if row["edukey"] in edukeys and row["startdate"]:
            kind = row["benefit_type"].rstrip()
            groups[edukeys[row["edukey"]], kind, row["startdate"]].append(row)
    for (pid, kind, start), rows in groups.items():
        end = max(row["enddate"] or dt.date(2021, 3, 31) for row in rows)
        out = [row["out_of_work_benefit"] for row in rows]
        if end >= start:
            yield pid, kind, start, end, max(out, key=lambda v: low(v, -1)), len(rows)


def monthly(pids, spells, held):
    """Return days in work and on benefits by month, for people with any in the two years."""
    first, last = MONTHS[0], month_end(MONTHS[-1])
    on_benefit = defaultdict(list)
    for pid, kind, start, end, *_ in held:
        on_benefit[pid].append((start, end, kind))
    for pid in pids.values():
        own = [*spells.get(pid, []), *on_benefit[pid]]
        if not any(start <= last and end >= first for start, end, _ in own):
            continue
        for month in MONTHS:
            close = month_end(month)
            days = [month + n * DAY for n in range(close.day)]
            work = sum(
                (min(end, close) - max(start, month) + DAY).days
                for start, end, _ in spells.get(pid, [])
                if start <= close and end >= month
            )
            now = [b for b in on_benefit[pid] if b[0] <= close and b[1] >= month]
            paid = sum(any(start <= day <= end for start, end, _ in now) for day in days)
            kinds = "+".join(sorted({kind for *_, kind in now}))[:30] or None
            state = "both" if work and paid else "work" if work else "benefit" if paid else "none"
            yield pid, month, work, paid, kinds, state


def degrees(pmrs):
    """Return level, class, subject and university by person and year of a qualification."""
    found = {}
    names = ["he_pupilmatchingrefanonymous", "he_xqobtn01", "he_xqlev501", "he_xjacs01_1"]
    names += ["he_xinstid01__anon", "he_xclass01"]
    for year in range(2005, 2021):
        if year in NO_SUBJECT:
            continue
        columns = [n for n in names if n in leo.load("hesa", years=year, n=1).columns]
        best = {}
        for row in records("hesa", years=year, columns=columns):
            pid = pmrs.get(row["he_pupilmatchingrefanonymous"])
            if pid is None or not row["he_xqobtn01"]:
                continue
            order = (row["he_xqlev501"], row["he_xjacs01_1"], row["he_xinstid01__anon"])
            rank = [(v is not None, low(v, 0)) for v in order]
            if pid not in best or rank < best[pid][0]:
                best[pid] = (rank, order, row.get("he_xclass01") or None)
        for pid, (_, (level, subject, university), grade) in best.items():
            first = None if subject is None else subject[:1].upper().ljust(1)
            found[pid, year] = (level, grade, first, university)
    return found


def earnings(edukeys):
    """Return pay, jobs and profits by person and tax year."""
    found = {}
    for row in records("leo_earnings"):
        if row["edukey"] in edukeys and low(row["earnings"], 0) > 0:
            key = (edukeys[row["edukey"]], int(str(row["taxyear"])[:4]) + 1)
            found.setdefault(key, [0, 0])[0] += row["earnings"]
    profits = Counter()
    for row in records("leo_self_assessment"):
        if row["edukey"] in edukeys:
            key = (edukeys[row["edukey"]], int(str(row["taxyear"])[:4]) + 1)
            profits[key] += low(row["earnings_ptr"], 0) + low(row["earnings_sole"], 0)
    for key, profit in profits.items():
        if key in found or profit > 0:
            found.setdefault(key, [0, 0])[1] = profit
    return found


def annual(grads, pay, spells):
    """Return pay one, three and five years after the first qualification."""
    groups, first = defaultdict(list), {}
    for pid, year in grads:
        first[pid] = min(first.get(pid, year), year)
    for pid, year in first.items():
        for after in (1, 3, 5):
            now = year + after
            if now > 2021:
                continue
            paid, total = pay.get((pid, now)), None
            real = daily = None
            begin, close = dt.date(now - 1, 4, 6), dt.date(now, 4, 5)
            worked = sum(
                (min(end, close) - max(start, begin) + DAY).days
                for start, end, _ in spells.get(pid, [])
                if start <= close and end >= begin
            )
            if paid:
                total = sum(paid)
                hundreds = Decimal(repr(total / 1.02 ** (now - 2015) / 100))
                real = float(hundreds.quantize(Decimal(1), ROUND_HALF_UP)) * 100
                daily = exact(cut(paid[0], worked, 4), 2) if worked else None
            money = [exact(v, 4) for v in (*(paid or (None, None)), total)]
            groups[year, after].append((pid, year, after, now, *money, real, worked, daily))
    for rows in groups.values():
        for row in rows:
            above = sum(low(other[6], -1_000_000) > low(row[6], -1_000_000) for other in rows)
            yield (*row, above + 1)


def after_a_degree():
    """Return the rows of each table by its name."""
    pids, edukeys, pmrs = people()
    spells, held = jobs(edukeys), list(benefits(edukeys))
    grads, pay = degrees(pmrs), earnings(edukeys)
    count, own, years = Counter(edukeys.values()), defaultdict(list), Counter(p for p, _ in grads)
    for pmr, pid in pmrs.items():
        own[pid].append(pmr)
    return {
        "pay.people": [
            (pid, ae_id, count[pid], len(own[pid]), min(own[pid], default=None))
            for ae_id, pid in pids.items()
        ],
        "pay.p45": [
            (pid, n, start, end, doubt, (end - start).days + 1, start_of_tax_year(start))
            for pid, rows in spells.items()
            for n, (start, end, doubt) in enumerate(rows, 1)
        ],
        "pay.benefits": [(pid, kind.ljust(4), *rest) for pid, kind, *rest in held],
        "pay.monthly": list(monthly(pids, spells, held)),
        "pay.grads": [(*key, *row, years[key[0]]) for key, row in grads.items()],
        "pay.annual": list(annual(grads, pay, spells)),
    }
