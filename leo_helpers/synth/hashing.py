"""Counter-based draws: every value is a pure function of seed, names, person and occurrence.

The generator never uses a stateful random number generator. A *key* (one uint64 per row) is the
splitmix64 finaliser of its counters; a *lane* (16 bits per row) is the top of that key times an
odd constant taken from the variable's name. Integer arithmetic only, so the same people come out
on every machine, numpy version, number of workers and size of data set.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]
#: Number of distinct lane values; look-up tables have this many entries.
LANES = 1 << 16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


@cache
def name_key(*parts: object) -> np.uint64:
    """Return the odd 64-bit constant that stands for a name.

    Parameters
    ----------
    *parts : object
        Anything with a stable ``str``, for example a table and a variable.

    Returns
    -------
    numpy.uint64
        Odd constant, the same in every process and on every machine.

    Examples
    --------
    >>> int(name_key("ks1", "KS1_READING")) % 2
    1
    """
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little") | 1)


def mix(x: U64) -> U64:
    """Scramble counters into keys with the splitmix64 finaliser (new array, same shape).

    Examples
    --------
    >>> int(mix(np.array([1], dtype=np.uint64))[0])
    6238072747940578789
    """
    z = x >> np.uint64(30)
    z ^= x
    z *= _M1
    shifted = z >> np.uint64(27)
    z ^= shifted
    z *= _M2
    np.right_shift(z, np.uint64(31), out=shifted)
    z ^= shifted
    return z


def counter(*parts: object, n: NDArray) -> U64:
    """Key of each integer in `n` under a name: ``mix(n * golden + name)``.

    Examples
    --------
    >>> a, b = counter("people", 42, n=np.array([7, 8]))
    >>> bool(a != b)
    True
    """
    return mix((n.astype(np.uint64) + np.uint64(1)) * _GOLDEN + name_key(*parts))


def derive(key: U64, *parts: object, n: NDArray | int = 0) -> U64:
    """New keys from old ones, a name and an optional occurrence number per row.

    Examples
    --------
    >>> k = counter("people", 42, n=np.arange(3))
    >>> len(set(map(int, derive(k, "ks1", n=np.arange(3)))))
    3
    """
    step = np.atleast_1d(n).astype(np.uint64) * _GOLDEN + name_key(*parts)
    return mix(key ^ mix(step))


def lane(key: U64, *parts: object) -> NDArray[np.intp]:
    """Sixteen bits per row for one named draw, as indices 0..65535 into a look-up table.

    Examples
    --------
    >>> u = lane(counter("people", 42, n=np.arange(4)), "sex")
    >>> u.shape, bool((u >= 0).all() and (u < 65536).all())
    ((4,), True)
    """
    product = key * name_key(*parts)
    product >>= np.uint64(48)
    return product.view(np.int64).astype(np.intp, copy=False)


def scramble(x: NDArray, bits: int, *parts: object) -> U64:
    """Permute the integers below ``2**bits``: distinct in, distinct out, order hidden.

    Examples
    --------
    >>> len(set(scramble(np.arange(1000), 20, "pmr").tolist()))
    1000
    """
    mask, half = np.uint64((1 << bits) - 1), np.uint64((bits + 1) // 2)
    odd, z = name_key(*parts), x.astype(np.uint64) & mask
    for _ in range(3):
        z = (z * odd) & mask
        z ^= z >> half
    return z
