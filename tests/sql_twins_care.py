"""The pandas twin of ``examples/sql/care-spells.sql``, worked out from its meaning."""

import datetime as dt
from collections import defaultdict

from sql_twins import rows

import leo_helpers as leo


def care_spells():
    """Give spells in care, joined where they touch, with the need recorded before each."""
    periods = defaultdict(set)
    names = ["cla_pupilmatchingrefanonymous", "cla_poc_start", "cla_poc_length"]
    for pmr, start, length in rows(leo.load("cla", columns=names), *names):
        if pmr and start is not None and (length or 0) > 0:
            periods[pmr].add((start, start + dt.timedelta(days=length - 1)))
    referrals = defaultdict(dict)
    names = ["cin_pupilmatchingrefanonymous", "cin_cinreferraldate", "cin_cinclosuredate"]
    names += ["cin_primaryneedcode", "cin_referralnfa", "cin_reasonforclosure"]
    for pmr, day, closed, need, nfa, reason in rows(leo.load("cin_details", columns=names), *names):
        inside = day is not None and dt.date(2000, 4, 1) <= day <= dt.date(2021, 3, 31)
        if pmr and inside and not nfa and (reason or "") != "RC8":
            key = (-(closed or dt.date(9999, 12, 31)).toordinal(), need or "")
            referrals[pmr][day] = min(referrals[pmr].get(day, key), key)
    found = []
    for pmr, spans in periods.items():
        spells = []
        for start, end in sorted(spans):
            if spells and start <= spells[-1][1] + dt.timedelta(days=1):
                spells[-1][1] = max(end, spells[-1][1])
                spells[-1][2] += 1
            else:
                spells.append([start, end, 1])
        for number, (first, last, count) in enumerate(spells, 1):
            day = max((d for d in referrals[pmr] if d <= first), default=None)
            need = referrals[pmr][day][1] if day else ""
            before = (first - day).days if day else None
            weeks = (last.toordinal() // 7) - (first.toordinal() // 7)  # day 7 was a Sunday
            days = (last - first).days + 1
            found.append([pmr, number, first, last, days, count, first.isoweekday(), need or "-",
                          before, weeks])  # fmt: skip
    places = {id(row): n for n, row in enumerate(sorted(found, key=lambda r: (r[2], *r[:2])), 1)}
    return [[*row, places[id(row)]] for row in sorted(found)]
