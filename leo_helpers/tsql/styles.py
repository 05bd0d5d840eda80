"""The styles of CONVERT for dates."""

from __future__ import annotations

from .errors import Refused, TSqlError
from .sqltypes import T
from .value import literal

__all__ = ["style_text", "to_style", "today"]


#: Styles of CONVERT for dates: how DuckDB writes and reads them (page "CAST and CONVERT").
_STYLES = {
    1: "%m/%d/%y", 2: "%y.%m.%d", 3: "%d/%m/%y", 4: "%d.%m.%y", 5: "%d-%m-%y", 6: "%d %b %y",
    7: "%b %d, %y", 10: "%m-%d-%y", 11: "%y/%m/%d", 12: "%y%m%d",
    101: "%m/%d/%Y", 102: "%Y.%m.%d", 103: "%d/%m/%Y", 104: "%d.%m.%Y", 105: "%d-%m-%Y",
    106: "%d %b %Y", 107: "%b %d, %Y", 110: "%m-%d-%Y", 111: "%Y/%m/%d", 112: "%Y%m%d",
    23: "%Y-%m-%d", 8: "%H:%M:%S", 24: "%H:%M:%S", 108: "%H:%M:%S", 20: "%Y-%m-%d %H:%M:%S",
    120: "%Y-%m-%d %H:%M:%S", 21: "%Y-%m-%d %H:%M:%S.%g", 25: "%Y-%m-%d %H:%M:%S.%g",
    121: "%Y-%m-%d %H:%M:%S.%g", 126: "%Y-%m-%dT%H:%M:%S.%g", 114: "%H:%M:%S:%g",
    113: "%d %b %Y %H:%M:%S:%g", 13: "%d %b %Y %H:%M:%S:%g",
    14: "%H:%M:%S:%g",
}  # fmt: skip


_CLOCK = {8, 14, 24, 108, 114}


def to_style(sql: str, t: T, style: int) -> str:
    """Write a date, time or datetime as text in one of CONVERT's styles."""
    if style in (0, 100):
        if t.name == "date":
            return f"t_month_text({sql})"
        if t.name == "time":
            return f"ltrim(t_clock({today(sql)}))"
        return f"(t_month_text({sql}) || ' ' || t_clock({sql}))"
    if style in (9, 109) and t.name == "datetime":
        clock = f"lpad(strftime({sql}, '%-I:%M:%S:%g%p'), 14, ' ')"
        return f"(t_month_text({sql}) || ' ' || {clock})"
    style = 126 if style == 127 else style  # which differs in datetimeoffset alone
    if style not in _STYLES:
        raise Refused(f"CONVERT style {style} is not known here.", "Use 103, 112, 120 or 126.")
    shape = _STYLES[style]
    if t.name == "date":
        if style in _CLOCK:
            raise TSqlError("Error converting data type date to varchar.", 8114)
        shape = shape.split("%H")[0].rstrip(" T")
    if t.name == "time":
        if "%H" not in shape:
            raise TSqlError("Error converting data type time to varchar.", 8114)
        shape, sql = shape[shape.index("%H") :], today(sql)
    if t.name in ("datetime2", "time") and "%g" in shape:
        if ":%g" in shape:
            raise Refused(f"CONVERT style {style} of {t.name} is not known here.", "Use 121.")
        digits = 7 if t.n is None else t.n
        if digits == 0:
            return f"strftime({sql}, {literal(shape.removesuffix('%g').rstrip('.:'))})"
        tail = f"left(strftime({sql}, '%f') || '0', {digits})"
        return f"(strftime({sql}, {literal(shape.replace('%g', ''))}) || {tail})"
    text = f"strftime({sql}, {literal(shape)})"
    if style == 126 and t.name == "datetime":
        return f"replace({text}, '.000', '')"
    return text


def today(sql: str) -> str:
    """Return a time of day as a moment of 1900-01-01."""
    return f"(date '1900-01-01' + {sql})"


def style_text(style: int) -> str:
    """Return the pattern in which CONVERT reads a date of this style, with / as divider."""
    if style not in _STYLES or style in _CLOCK:
        raise Refused(f"CONVERT of text with style {style} is not known here.")
    return _STYLES[style].replace("-", "/").replace(".%", "/%")
