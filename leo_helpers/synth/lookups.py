"""Identifiers and the three lookups that tie them to a person.

Every identifier carries an impossible prefix (``SYN``, or a leading 99 in numbers). A person is a
connected component of these keys, not a column: some have two PMRs or two EDUKEYs, some have no
link, and a few share an AE_ID with somebody else.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .hashing import derive, scramble
from .rows import Context, Rows, build, repeat, rows_for, stack
from .spine import Spine
from .tertiary import _fe_years, _provider, recordid
from .work import linked

_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)


def hex_text(prefix: str, number: NDArray[np.uint64], digits: int) -> pa.Array:
    """Fixed-width text keys: a prefix and hexadecimal digits, as an Arrow string array.

    Examples
    --------
    >>> hex_text("SYN", np.array([255], dtype=np.uint64), 4).to_pylist()
    ['SYN00FF']
    """
    width = len(prefix) + digits
    out = np.empty((len(number), width), dtype=np.uint8)
    out[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    for i in range(digits):
        shift = np.uint64(4 * (digits - 1 - i))
        out[:, len(prefix) + i] = _HEX[((number >> shift) & np.uint64(15)).astype(np.intp)]
    offsets = np.arange(len(number) + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(
        len(number), pa.py_buffer(offsets), pa.py_buffer(out.tobytes())
    )


def pmr(person: NDArray, slot: NDArray | int) -> pa.Array:
    """Pupil matching reference, char 18."""
    return hex_text("SYN", scramble(person * 4 + slot + 1, 60, "pmr"), 15)


def edukey(person: NDArray, slot: NDArray | int) -> pa.Array:
    """EDUKEY, char 14."""
    return hex_text("SYN", scramble(person * 4 + slot + 1, 44, "edukey"), 11)


def ae_id(person: NDArray) -> NDArray[np.int64]:
    """AE_ID, bigint with a leading 99."""
    return np.int64(99_000_000_000_000) + scramble(person + 1, 36, "ae").astype(np.int64)


def has_second(ctx: Context, which: str) -> NDArray[np.bool_]:
    """People with a second PMR or EDUKEY."""
    return ctx.hit(f"two_{which}", derive(ctx.spine.key, f"two_{which}"))


def resolved_person(ctx: Context, person: NDArray) -> NDArray[np.int64]:
    """Person number behind the AE_ID: now and then a false link to somebody else."""
    spine: Spine = ctx.spine
    false = ctx.hit("false_links", derive(spine.key[person], "false"))
    return np.where(false, np.maximum(spine.person[person] ^ 1, 0), spine.person[person])


def _repeat_pairs(ctx: Context, rows: Rows) -> Rows:
    again = rows.take(np.flatnonzero(ctx.hit("repeated_lookup_pairs", rows.key)))
    return stack(rows, again)


@rows_for("lookup_pmr")
def pmr_lookup(ctx: Context) -> Rows:
    """AE_ID and PMR pairs of everyone who was ever in an English school record."""
    person, slot = repeat(np.where(ctx.spine.sector == 2, 0, 1 + has_second(ctx, "pmr")))
    return _repeat_pairs(
        ctx, build(ctx, person, 0, slot, slot=slot, resolved=resolved_person(ctx, person))
    )


@rows_for("lookup_edukey")
def edukey_lookup(ctx: Context) -> Rows:
    """AE_ID and EDUKEY pairs of the people matched to tax and benefit records."""
    found = linked(ctx.spine, ctx.faults) & ~ctx.hit(
        "edukey_without_ae_id", derive(ctx.spine.key, "orphan")
    )
    person, slot = repeat(np.where(found, 1 + has_second(ctx, "edukey"), 0))
    return _repeat_pairs(
        ctx, build(ctx, person, 0, slot, slot=slot, resolved=ctx.spine.person[person])
    )


@rows_for("lookup_recid")
def recid_lookup(ctx: Context) -> Rows:
    """RECORDID and AE_ID pairs of further education records."""
    spine = ctx.spine
    person, year = _fe_years(spine)
    number = recordid(spine, person, _provider(spine, person, year))
    _, first = np.unique(number, return_index=True)
    first = np.sort(first)
    lost = ctx.hit(
        "record_without_ae_id", derive(spine.key[person[first]], "lost", n=number[first])
    )
    keep = first[~lost]
    return build(
        ctx,
        person[keep],
        0,
        number[keep] % 2048,
        recordid=number[keep],
        resolved=spine.person[person[keep]],
    )
