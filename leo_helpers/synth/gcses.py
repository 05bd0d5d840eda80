"""Key stage 4: exam results that bear out the flags of the pupil row, and the counts of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .exams import grades, kinds_of, passes_from, qualifications, results_of
from .hashing import LANES
from .keystages import entry_rank, entry_rows, ks4_entries, pupils, resits, subject_of
from .luts import threshold
from .marginals import rate
from .results import count_lut, in_band
from .rows import Context, Rows, repeat, rows_for

TABLE = "ks4_exam"
SUBJECTS = 40
ENGLISH, MATHS, CORE = 0, 1, 3
#: First year END in which the first entry counts, not the best.
FIRST_ENTRY = 2014
#: Rates of a good pass in both subjects and in each, to 2016 and from 2017.
BASICS = (
    ("ks4_5acem", "ks4_l2_english", "ks4_l2_maths"),
    ("ks4_em_94", "ks4_l2_english_94", "ks4_l2_maths_94"),
)
#: Lowest letter and lowest number that each part of the counts in ``draws.csv`` takes in.
PARTS = {
    "0.06": ("", "9"),
    "0.08": ("*", ""),
    "0.13": ("", "8"),
    "0.25": ("A", "7"),
    "0.48": ("", "6"),
    "0.55": ("B", ""),
    "0.72": ("", "5"),
    "1": ("C", "4"),
    "1.35": ("D", "3"),
    "1.65": ("E", ""),
    "1.7": ("", "2"),
    "1.85": ("F", ""),
    "2": ("G", "1"),
    "2.2": ("U", "U"),
}
LETTERS, NUMBERS = "*ABCDEFGU", "987654321U"


@rows_for("ks4_pupil")
def ks4_pupil(ctx: Context) -> Rows:
    """Key stage 4 pupil records, one a year: early entrants and repeats included."""
    rows = pupils(replace(ctx, table="ks4"), "ks4")
    rows.attrs |= _counts(ctx, rows)
    return rows


@rows_for("ks4_exam")
def ks4_exam(ctx: Context) -> Rows:
    """One row a GCSE or equivalent result, once a pupil and year; re-sits leave two."""
    rows = pupils(replace(ctx, table="ks4"), "ks4", "")
    end = rows.attrs["end_ks"] == 1
    which, occurrence = repeat(np.where(end, ks4_entries(rows.attrs["rank"]), 1))
    out = rows.take(which)
    out.attrs["pupil_rank"] = out.attrs["rank"]
    out.attrs["subject"] = subject_of(ctx, out, "ks4", SUBJECTS, occurrence)
    entry_rows(out, "ks4", occurrence, entry_rank()[out.attrs["rank"]])
    out.attrs["forced"] = np.full(len(out), -1, dtype=np.int8)
    _bear_out(out, which)
    return resits(ctx, out, out.year >= FIRST_ENTRY)


def _bear_out(out: Rows, pupil: NDArray) -> None:
    """Move grades over the pass mark where the pupil's flags say so, and no others.

    English and mathematics pass as the pupil row has it; with five good passes there are five,
    if need be by an equivalent worth two; without them there are not.
    """
    subject, rank = out.attrs["subject"], out.attrs["pupil_rank"]
    end = out.attrs["end_ks"] == 1
    five, passed = np.zeros(len(out), dtype=bool), np.ones(len(out), dtype=bool)
    width = np.zeros(len(out), dtype=np.int64)
    for year, a, b in out.segments:
        width[a:b] = int(rate("ks4_spared", year) * LANES)
        both, english, maths = BASICS[year >= 2017]
        here = rank[a:b]
        five[a:b] = here >= threshold(rate("ks4_5ac", year))
        passed[a:b] = np.where(
            subject[a:b] == ENGLISH,
            in_band(here, year, both, english),
            in_band(here, year, both, maths, english),
        )
    basic = (subject == ENGLISH) | (subject == MATHS)
    eligible = ~basic | passed
    _equivalents(out, pupil, end & five, basic & passed, ~basic)
    mark, half = _marks(out)
    score = out.attrs["rank"] - mark
    needed = eligible & (_running(pupil, (-score, ~eligible), half * eligible) - half < 10)
    # ranks above the mark that nobody needs fall below it: that makes the lifted grades good
    spared = end & ~basic & ~(five & needed) & (score >= 0) & (score < width)
    out.attrs["rank"] = np.where(spared, mark - 1 - score, out.attrs["rank"])
    _move(out, mark, up=end & ((five & needed) | (basic & passed)))
    _move(out, mark, down=end & basic & ~passed)
    reached = (out.attrs["rank"] >= mark) & end
    over = _running(pupil, (-score, ~(basic & passed)), half * reached) > 9
    _move(out, mark, down=end & ~five & reached & over)


def _equivalents(out: Rows, pupil: NDArray, five: NDArray, sure: NDArray, free: NDArray) -> None:
    """Turn GCSEs below the mark into equivalents worth two, where passes fall short of five."""
    mark, half = _marks(out)
    passing = sure | (free & (out.attrs["rank"] >= mark))
    total = np.bincount(pupil, half * passing)[pupil]
    spare = five & free & ~passing & (out.attrs["subject"] >= CORE) & (half == 2)
    wanted = np.maximum(13 - total, 0) // 4
    place = _running(pupil, (~spare,), spare.astype(np.int64))
    big = [q.name for q in qualifications(TABLE)].index("first_certificate")
    out.attrs["forced"] = np.where(spare & (place <= wanted), big, -1).astype(np.int8)


def _marks(out: Rows) -> tuple[NDArray, NDArray]:
    """Rank at which each row passes at level 2, and its size in half GCSEs."""
    kind = kinds_of(out, TABLE)
    half = np.array([round(2 * q.size) for q in qualifications(TABLE)])[kind]
    mark = np.empty(len(out), dtype=np.int64)
    for year, a, b in out.segments:
        marks = [passes_from(TABLE, k, year) for k in range(len(qualifications(TABLE)))]
        mark[a:b] = np.array(marks)[kind[a:b]]
    return mark, half


def _running(group: NDArray, order: tuple[NDArray, ...], weight: NDArray) -> NDArray:
    """Sum of the weights up to each row within its group, in the order given (last key first)."""
    place = _order(group, order)
    total = np.cumsum(weight[place])
    first = np.flatnonzero(np.diff(group[place], prepend=-1))
    before = (total - weight[place])[first]
    found = np.empty(len(group), dtype=np.int64)
    found[place] = total - np.repeat(before, np.diff([*first, len(group)]))
    return found


def _order(group: NDArray, order: tuple[NDArray, ...]) -> NDArray:
    """Rows by group, then by the keys, the last one first: as one number, which sorts fast."""
    packed = group.astype(np.int64)
    for key in reversed(order):
        key = key.astype(np.int64)
        low, high = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        packed = packed * (high - low + 1) + key - low
    return np.argsort(packed, kind="stable")


def _move(out: Rows, mark: NDArray, up: NDArray | bool = False, down: NDArray | bool = False):
    """Lift ranks below the mark over it, or lower those above it, in their order."""
    rank = out.attrs["rank"].astype(np.int64)
    raised = mark + rank * (LANES - mark) // LANES
    rank = np.where(up & (rank < mark), raised, rank)
    out.attrs["rank"] = np.where(down & (rank >= mark), rank * mark // LANES, rank)


def _counts(ctx: Context, rows: Rows) -> dict[str, NDArray]:
    """GCSEs of each pupil row at or above a grade, added up from the results that count."""
    kept = {fault: dial for fault, dial in ctx.faults.items() if fault != "resit"}
    exams = ks4_exam(replace(ctx, faults=kept))  # a re-sit changes nothing that counts
    kind, grade = results_of(exams, TABLE)
    words = np.array([w[0] for w in ("*" if w == "A*" else w for w in grades(TABLE))])
    size = np.array(
        [q.size * ("gcse" in q.name or "award" in q.name) for q in qualifications(TABLE)]
    )
    weight = size[kind].astype(np.int64)
    span = int(rows.person.max(initial=0)) + 1
    key, wanted = (r.person * 2 + r.attrs["end_ks"] for r in (exams, rows))
    copy, out = rows.attrs["discounted"] == 1, {}
    for part, (letter, number) in {"all": ("U", "U"), **PARTS}.items():
        every = part == "all"  # whatever the qualification
        chosen = set(LETTERS[: LETTERS.find(letter) + 1] if letter else "")
        chosen |= set(NUMBERS[: NUMBERS.find(number) + 1] if number else "")
        counted = np.ones(len(key)) if every else weight * np.isin(words, sorted(chosen))[grade]
        found = np.bincount(key, counted, 2 * span)[wanted]
        for year, a, b in rows.segments:  # the second record of a pupil stands lower
            lower = count_lut(2.2 if every else float(part), year)[rows.attrs["rank"][a:b]]
            found[a:b] = np.where(copy[a:b], lower, found[a:b])
        out[f"count_{part}"] = found.astype(np.int32)
    return out
