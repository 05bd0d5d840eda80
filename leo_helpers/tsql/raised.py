"""The message of RAISERROR: what its places take, and how they are written."""

from __future__ import annotations

import re

from .errors import Refused, sql_error
from .value import V

__all__ = ["raised_text"]

#: % [flags] [width] [.precision] [size] type; anything else after % is no place.
_PLACE = re.compile(r"%(?P<flags>[-+ 0#]*)(?P<width>\*|\d*)(?:\.(?P<cut>\*|\d*))?"
                    r"(?P<size>I64|[hl]?)(?P<kind>[diosuxX])|%%|%.?")  # fmt: skip
_WHOLE = ("int", "smallint", "tinyint")


def raised_text(shape: str, values: list[V]) -> str:
    """Put values into the places of a message, as on the page "RAISERROR".

    Parameters
    ----------
    shape : str
        The message, with places such as ``%d``, ``%-10s`` and ``%I64d``.
    values : list of V
        What goes into them.

    Returns
    -------
    str
        The message.

    Raises
    ------
    TSqlError
        2748 and 2786 for a value of the wrong type, 2787 for a % that begins no place.

    Examples
    --------
    >>> from leo_helpers.tsql.literals import text_literal
    >>> raised_text("<%-5s> 100%%", [text_literal("abc")])
    '<abc  > 100%'
    """
    left = list(enumerate(values, 1))

    def taken(kind: str) -> object:
        if not left:
            raise Refused("RAISERROR has fewer values than places in its message.",
                          "Give each place a value; a % of its own is written %%.")  # fmt: skip
        number, v = left.pop(0)
        if not v.t.is_string and v.t.name not in (*_WHOLE, "bigint", "binary", "varbinary"):
            raise sql_error(2748, v.t.name, number)
        fits = {"s": v.t.is_string, "I64": v.t.name == "bigint"}.get(kind, v.t.name in _WHOLE)
        if not fits and v.const is not None:
            raise sql_error(2786, number)
        return v.const

    def written(place: re.Match) -> str:
        if place[0] == "%%":
            return "%"
        if place["kind"] is None:
            raise sql_error(2787, shape[place.start() :])
        if "#" in place["flags"]:
            raise Refused("RAISERROR with the flag # is not run here.")
        width, cut = (
            str(taken("d")) if place[n] == "*" else place[n] or "" for n in ("width", "cut")
        )
        kind = place["kind"]
        value = taken("s" if kind == "s" else place["size"] if place["size"] == "I64" else "d")
        if value is None:
            kind, value = "s", "(null)"
        elif kind in "ouxX" and value < 0:
            value += 2 ** (64 if place["size"] == "I64" else 32)
        flags = place["flags"].replace("0", "") if kind == "s" else place["flags"]
        form = f"%{flags}{width}{'.' + cut if cut else ''}{'d' if kind in 'iu' else kind}"
        return form % value

    return _PLACE.sub(written, shape)
