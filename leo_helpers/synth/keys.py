"""Identifiers, and under which of a person's keys a record stands.

Every identifier carries an impossible prefix (``SYN``, or a leading 99 in numbers). A person is a
connected component of these keys, not a column: some have two PMRs, two EDUKEYs or two AE_IDs, some
have no link, and a few PMRs stand under somebody else's AE_ID.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .hashing import LANES, derive, lane, scramble
from .marginals import rate
from .rows import Context, Rows
from .spine import Spine

_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)
#: Tax years in which a person's two EDUKEYs are both in use, for those who have such years.
AT_ONCE = 3


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


def ae_id(person: NDArray, slot: NDArray | int = 0) -> NDArray[np.int64]:
    """AE_ID, bigint with a leading 99; a person resolved twice has one for each slot, 0 and 1."""
    number = person + 1 + (np.asarray(slot, dtype=np.int64) << 35)
    return np.int64(99_000_000_000_000) + scramble(number, 36, "ae").astype(np.int64)


def resolved_id(person: NDArray, resolution: NDArray) -> NDArray[np.int64]:
    """AE_ID of the only resolution (0), or of the first (1) or the later (2) of two.

    The first one has the smaller number, so that the smallest AE_ID of a key is the person's.
    """
    one, other = ae_id(person, 0), ae_id(person, 1)
    first, later = np.minimum(one, other), np.maximum(one, other)
    return np.where(resolution == 0, one, np.where(resolution == 1, first, later))


def has_second(ctx: Context, which: str) -> NDArray[np.bool_]:
    """People with a second PMR or EDUKEY."""
    return ctx.hit(f"two_{which}", derive(ctx.spine.key, f"two_{which}"))


def is_shared(ctx: Context, which: str) -> NDArray[np.bool_]:
    """People whose PMR (if they have one) or EDUKEY stands under two AE_IDs."""
    struck = ctx.hit(f"shared_{which}", derive(ctx.spine.key, f"shared_{which}"))
    return struck & (ctx.spine.sector != 2) if which == "pmr" else struck


def resolution_of(ctx: Context, person: NDArray) -> NDArray[np.int64]:
    """Nought for people resolved once, one for the first AE_ID of the others."""
    return (is_shared(ctx, "pmr") | is_shared(ctx, "edukey"))[person].astype(np.int64)


def changed_key(spine: Spine, which: str) -> NDArray[np.int64]:
    """Last year END in which a person's records stand under the first of two keys."""
    return spine.once(
        f"{which} changed",
        lambda: 1998 + lane(derive(spine.key, which, "since"), "since") * 20 // LANES,
    )


def key_slot(spine: Spine, which: str, person: NDArray, year: NDArray) -> NDArray[np.bool_]:
    """Whether a record of a year stands under the second key (of those who have one)."""
    return year > changed_key(spine, which)[person]


def both_edukeys(ctx: Context, person: NDArray, year: NDArray) -> NDArray[np.bool_]:
    """Tax years in which a person has records under both EDUKEYs."""
    spine = ctx.spine
    since = year - changed_key(spine, "edukey")[person]
    some = spine.rank("edukeys at once") < rate("two_edukey_at_once") * LANES
    return (some & has_second(ctx, "edukey"))[person] & (since > 0) & (since <= AT_ONCE)


def record_year(rows: Rows) -> NDArray[np.int64]:
    """The year a row is about; for a spell the year in which it begins."""
    if "start_date" in rows.attrs and not rows.year.any():
        return rows.attrs["start_date"].astype("datetime64[Y]").astype(np.int64) + 1970
    return rows.year.astype(np.int64)
