"""Sessions of the absence table: possible and missed, by term and by reason."""

from __future__ import annotations

import re
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from .draws import Column, Values, drawer
from .hashing import LANES, lane
from .luts import mean_of, quantile_at, quantile_lut
from .marginals import quantiles, rate, shares
from .rows import Rows

#: First year END in which absence is published by band.
FIRST_BANDS = 2017
#: First year END in which special schools report by term.
FIRST_SPECIAL_TERMS = 2017
TERMS = ("autumn", "spring", "summer", "summer6th")


def _absence_points(year: int, phase: str) -> list[tuple[float, float]]:
    """Spread of absence over pupils, bent to meet the published mean and persistent absentees.

    The share over the threshold fixes where the spread crosses it; what lies below is then scaled,
    the more the lower, until the mean is the published share of sessions missed. From 2017 the
    bands are published, and the spread passes through their edges.
    """
    limit, at = (0.15, min(year, 2013)) if year < 2014 else (0.10, max(year, 2015))
    below = 1 - rate("persistent_absence", at, phase=phase)
    points = quantiles("overall_absence_share", year, phase=phase)
    if year >= FIRST_BANDS:
        bands = list(shares("absence_band", year, phase=phase).values())[:-1]
        edges = [(p, n / 20) for n, p in enumerate(accumulate(bands), 1)]
        kept = [(p, v) for p, v in points if all((p - c) * (v - e) > 0 for c, e in edges)]
        return sorted([*kept, *edges])
    crossed = quantile_at(points, below)
    points = sorted([*((p, v) for p, v in points if p != below), (below, crossed)])
    most, fixed, free = points[-1][1], [], []
    for p, v in points:
        near = min(p / below, 1.0) ** 2
        high = limit + (v - crossed) * (most - limit) / (most - crossed)
        fixed.append((p, v * near * limit / crossed if p < below else high))
        free.append((p, v * (1 - near)))
    wanted = rate("overall_absence", year, phase=phase) - mean_of(fixed)
    scale = min(max(wanted / mean_of(free), 0.2), 3.0)
    bent = [a + scale * b for (_, a), (_, b) in zip(fixed, free, strict=True)]
    return [(p, v) for (p, _), v in zip(points, accumulate(bent, max), strict=True)]


def sessions(rows: Rows, year: int, special: NDArray) -> None:
    """Put sessions possible and missed by term on the rows; every total adds up.

    Parameters
    ----------
    rows : Rows
        Enrolments of one year; they get attributes such as ``auth_autumn``.
    year : int
        The END year.
    special : numpy.ndarray of bool, one a row
        In a special school: until 2016 these report one total for the year and nothing by term.
    """
    secondary = rows.attrs["nc_year"] >= 7
    sick = np.zeros(len(rows), dtype=np.int64)
    truant = np.zeros(len(rows), dtype=np.int64)
    for phase, mask in (("primary", ~secondary), ("secondary", secondary)):
        lut = quantile_lut(_absence_points(year, phase), 10_000)
        overall = lut[lane(rows.key, "absent")].astype(np.int64)
        whole = (
            rate("authorised_absence", year, phase=phase),
            rate("unauthorised_absence", year, phase=phase),
        )
        fair = int(10_000 * whole[1] / sum(whole))
        share = np.minimum(10_000, lane(rows.key, "truant") * 4 * fair // LANES)
        share = np.where(lane(rows.key, "ever_truant") < LANES // 2, share, 0)
        sick = np.where(mask, overall * (10_000 - share) // 10_000, sick)
        truant = np.where(mask, overall * share // 10_000, truant)
    half = {"autumn": 146, "spring": 118, "summer": 102, "summer6th": 62}
    total = {name: np.zeros(len(rows), dtype=np.int64) for name in ("possible", "auth", "unauth")}
    for number, (term, days) in enumerate(half.items()):
        possible = (days - lane(rows.key, f"days{number}") * 8 // LANES) * rows.attrs["part"] // 8
        wobble = lane(rows.key, f"wobble{number}")
        wobble = wobble * 10_000 // LANES
        authorised = (possible * sick + wobble) // 10_000
        unauthorised = (possible * truant + 9_999 - wobble) // 10_000
        authorised = np.minimum(authorised, possible)
        unauthorised = np.minimum(unauthorised, possible - authorised)
        for name, value in (("possible", possible), ("auth", authorised), ("unauth", unauthorised)):
            rows.attrs[f"{name}_{term}"] = value
            if term != "summer6th":
                total[name] = total[name] + value
    for name, value in total.items():
        rows.attrs[f"{name}_5half"] = value
        rows.attrs[f"{name}_6half"] = value + rows.attrs[f"{name}_summer6th"]
    for span in (*TERMS, "5half", "6half"):
        a = rows.attrs
        a[f"overall_{span}"] = a[f"auth_{span}"] + a[f"unauth_{span}"]
        a[f"present_{span}"] = a[f"possible_{span}"] - a[f"overall_{span}"]
        safe = np.maximum(a[f"possible_{span}"], 1)
        for name in ("auth", "unauth", "overall"):
            a[f"{name}_pct_{span}"] = (1000 * a[f"{name}_{span}"] // safe) / 10.0
    _by_kind_of_school(rows, special if year < FIRST_SPECIAL_TERMS else np.zeros_like(special))


def _by_kind_of_school(rows: Rows, yearly: NDArray) -> None:
    """Leave only the year's total where a school reports no terms, and only terms elsewhere."""
    a = rows.attrs
    for name in ("possible", "auth", "unauth", "overall", "present"):
        a[f"{name}_annual"] = np.where(yearly, a[f"{name}_6half"], -1)
        for span in (*TERMS, "5half", "6half"):
            a[f"{name}_{span}"] = np.where(yearly, -1, a[f"{name}_{span}"])


_REASON = re.compile(r"(?:Annual|Termly)Reason([A-Z]+)(?:_(Autumn|Spring|Summer6th|Summer))?_ab")


@drawer("cut")
def cut(c: Column, args: tuple[str, ...]) -> Values:
    """``cut;total;distribution``: the sessions of a total that fall to this column's reason.

    The reasons of one row add up to the total of its term: each takes what lies between two
    steps of the distribution, laid over the total from a start that differs from row to row.
    """
    reason, term = _REASON.match(c.variable.name).groups()
    span = (term or "annual").lower()
    total = c.rows.attrs[f"{args[0]}_{span}"]
    start = lane(c.rows.key, "reasons", args[0], span)
    out = np.full(len(c.rows), -1, dtype=np.int64)
    for year, a, b in c.rows.segments:
        given = shares(args[1], year)
        steps = [0, *(round(LANES * part) for part in accumulate(given.values()))]
        place = list(given).index(reason) if reason in given else None
        if place is None:
            continue
        low, high = (total[a:b] * step + start[a:b] for step in steps[place : place + 2])
        out[a:b] = np.where(total[a:b] < 0, -1, high // LANES - low // LANES)
    return Values(out, out >= 0)
