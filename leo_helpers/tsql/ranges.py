"""What stands between two characters in a collation: the ranges of LIKE's square brackets."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["members"]

#: Punctuation in the order of Latin1_General, before digits and letters (as `t_ranked`).
_MARKS = "'- !\"#$%&()*,./:;?@[\\]^_`{|}~+<=>"
#: Letters that are sorted as others but have no accent that could be taken off.
_AS = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ø": "o", "đ": "d", "ð": "d"}


def _known() -> list[str]:
    """Return the characters of Windows-1252 that have a place in the order."""
    chars = bytes(range(32, 256)).decode("cp1252", "ignore")
    return [c for c in chars if c in _MARKS or c.isalpha() or (c.isascii() and c.isdigit())]


def _key(char: str, cased: bool) -> tuple:
    small = char.lower()
    base = _AS.get(small) or unicodedata.normalize("NFD", small)[0]
    ranks = [_MARKS.find(c) if c in _MARKS else 100 + ord(c) for c in base]
    return ranks, "" if base == small else small, cased and char != small


@lru_cache(maxsize=256)
def members(low: str, high: str, cased: bool) -> str:
    """Return the body of a regular expression's class for a range such as a-z.

    Parameters
    ----------
    low, high : str
        The first and the last character.
    cased : bool
        Whether the collation tells upper from lower case, which then follows it: a A b B.

    Returns
    -------
    str
        The characters, escaped; empty if the range runs backwards.

    Examples
    --------
    >>> members("0", "9", False), members("x", "z", False), members("x", "y", True)
    ('0123456789', 'XYZxyzŸÝýÿ', 'Xxy')
    """
    first, last = _key(low, cased), _key(high, cased)
    return "".join(re.escape(c) for c in _known() if first <= _key(c, cased) <= last)
