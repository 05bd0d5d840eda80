"""The three lookups that tie identifiers to a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .further import programmes, provider, recordid
from .hashing import derive
from .keys import has_second, is_shared, resolution_of
from .rows import Context, Rows, build, repeat, rows_for, stack
from .spine import Spine
from .work import linked, missed_risk


def resolved_person(ctx: Context, person: NDArray) -> NDArray[np.int64]:
    """Person number behind the AE_ID: now and then a false link to somebody else."""
    spine: Spine = ctx.spine
    false = ctx.hit("false_links", derive(spine.key[person], "false"))
    return np.where(false, np.maximum(spine.person[person] ^ 1, 0), spine.person[person])


def _repeat_pairs(ctx: Context, rows: Rows) -> Rows:
    again = rows.take(np.flatnonzero(ctx.hit("repeated_lookup_pairs", rows.key)))
    return stack(rows, again)


def _shared(ctx: Context, rows: Rows, which: str) -> Rows:
    """Pairs under the later AE_ID of people who were resolved twice and whose key shows it."""
    again = rows.take(np.flatnonzero(is_shared(ctx, which)[rows.person]))
    again.key = derive(again.key, "shared")
    again.attrs["resolved"] = ctx.spine.person[again.person]
    again.attrs["resolution"] = np.full(len(again), 2)
    return stack(rows, again)


@rows_for("lookup_pmr")
def pmr_lookup(ctx: Context) -> Rows:
    """AE_ID and PMR pairs of everyone who was ever in an English school record."""
    person, slot = repeat(np.where(ctx.spine.sector == 2, 0, 1 + has_second(ctx, "pmr")))
    resolved, first = resolved_person(ctx, person), resolution_of(ctx, person)
    first = np.where(resolved == ctx.spine.person[person], first, 0)
    rows = build(ctx, person, 0, slot, slot=slot, resolved=resolved, resolution=first)
    return _repeat_pairs(ctx, _shared(ctx, rows, "pmr"))


@rows_for("lookup_edukey")
def edukey_lookup(ctx: Context) -> Rows:
    """AE_ID and EDUKEY pairs of the people matched to tax and benefit records."""
    orphan = derive(ctx.spine.key, "orphan")
    found = linked(ctx.spine, ctx.faults) & ~ctx.hit(
        "edukey_without_ae_id", orphan, missed_risk(ctx.spine)
    )
    person, slot = repeat(np.where(found, 1 + has_second(ctx, "edukey"), 0))
    resolved, first = ctx.spine.person[person], resolution_of(ctx, person)
    rows = build(ctx, person, 0, slot, slot=slot, resolved=resolved, resolution=first)
    return _repeat_pairs(ctx, _shared(ctx, rows, "edukey"))


@rows_for("lookup_recid")
def recid_lookup(ctx: Context) -> Rows:
    """RECORDID and AE_ID pairs of further education records."""
    spine = ctx.spine
    found = programmes(spine)
    person, number = found.person, recordid(spine, found.person, provider(spine, found))
    _, first = np.unique(number, return_index=True)
    first = np.sort(first)
    lost = ctx.hit(
        "record_without_ae_id", derive(spine.key[person[first]], "lost", n=number[first])
    )
    keep = first[~lost]
    # further education of people resolved twice is known under their later AE_ID
    later = 2 * resolution_of(ctx, person[keep])
    return build(
        ctx,
        person[keep],
        0,
        number[keep] % 2048,
        recordid=number[keep],
        resolved=spine.person[person[keep]],
        resolution=later,
    )
