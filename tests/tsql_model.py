"""SQL Server's rules for values, in plain Python: what the rewrites are compared with.

Every function takes and returns Python values, with None for NULL; a type is ``("int",)``,
``("decimal", precision, scale)``, ``("varchar", length)`` or ``("date",)``. Where SQL Server
stops a statement, `SqlError` is raised. The rules rest on the pages named beside the cases in
``tests/tsql``.
"""

import datetime as dt
import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
WIDE = Context(prec=80)
FIRST_DAY, LAST_DAY = dt.date.min, dt.date.max


class SqlError(Exception):
    """What stops a statement in SQL Server."""


# --- numbers -----------------------------------------------------------------------------


def as_int(value):
    """Return a whole number that fits an int."""
    if not INT_MIN <= value <= INT_MAX:
        raise SqlError("Arithmetic overflow error converting expression to data type int.")
    return int(value)


def int_arithmetic(sign, a, b):
    """Add, subtract, multiply, divide or take the remainder of two ints."""
    if sign in "/%":
        if b == 0:
            raise SqlError("Divide by zero error encountered.")
        whole = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return as_int(whole if sign == "/" else a - b * whole)
    return as_int({"+": a + b, "-": a - b, "*": a * b}[sign])


def decimal_type(kind):
    """Return the precision and scale that a type has in decimal arithmetic."""
    return (10, 0) if kind[0] == "int" else kind[1:]


def result_type(sign, left, right):
    """Return the decimal type of an operation, by the table of precision, scale and length."""
    (p, s), (q, t) = decimal_type(left), decimal_type(right)
    if sign in "+-":
        precision, scale = max(s, t) + max(p - s, q - t) + 1, max(s, t)
    elif sign == "*":
        precision, scale = p + q + 1, s + t
    elif sign == "/":
        scale = max(6, s + q + 1)
        precision = p - s + t + scale
    else:
        precision, scale = min(p - s, q - t) + max(s, t), max(s, t)
    if precision > 38 and sign in "*/":
        whole = precision - scale
        scale = min(scale, 38 - whole) if whole < 32 else min(scale, 6)
        precision = 38
    return ("decimal", min(precision, 38), scale)


def decimal_arithmetic(sign, a, b, kind):
    """Return the result of an operation on decimals; a quotient is cut, not rounded."""
    a, b = Decimal(a), Decimal(b)
    if sign in "/%" and b == 0:
        raise SqlError("Divide by zero error encountered.")
    if sign == "%":
        exact = WIDE.remainder(a, b)
    else:
        work = {"+": WIDE.add, "-": WIDE.subtract, "*": WIDE.multiply, "/": WIDE.divide}[sign]
        exact = work(a, b)
    return at_scale(exact, kind[2], ROUND_DOWN)


def at_scale(value, scale, rounding=ROUND_HALF_UP):
    """Return a decimal with so many places; there is no negative nought."""
    exact = value.quantize(Decimal(1).scaleb(-scale), rounding, WIDE)
    return exact if exact else abs(exact)


def to_decimal(value, precision, scale):
    """Round half away from nought to a scale; refuse what has too many digits before the point."""
    exact = at_scale(Decimal(value), scale)
    if abs(exact) >= Decimal(10) ** (precision - scale):
        raise SqlError("Arithmetic overflow error converting to data type numeric.")
    return exact


def round_to(value, places, kind):
    """Round half away from nought within the type; places may be negative."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE)
    return to_decimal(rounded, *kind[1:])


def common_type(left, right):
    """Return the type that two decimals or ints share in CASE, COALESCE and UNION."""
    if left[0] == right[0] == "int":
        return left
    (p, s), (q, t) = decimal_type(left), decimal_type(right)
    return ("decimal", max(p - s, q - t) + max(s, t), max(s, t))


# --- text --------------------------------------------------------------------------------


def key(text):
    """Return what a text counts as in a comparison: case and blanks at the end do not matter."""
    return text.rstrip(" ").casefold()


def compare(a, b):
    """Return -1, 0 or 1 for two texts of letters, digits and blanks, the shorter one padded."""
    a, b = key(a), key(b)
    width = max(len(a), len(b))
    a, b = a.ljust(width), b.ljust(width)
    return (a > b) - (a < b)


def length(text):
    """Return the number of characters, without blanks at the end."""
    return len(text.rstrip(" "))


def substring(text, start, count):
    """Return a stretch; positions before the first use up the count."""
    if count < 0:
        raise SqlError("Invalid length parameter passed to the LEFT or SUBSTRING function.")
    first, last = max(start, 1), start + count
    return text[first - 1 : max(last - 1, first - 1)]


def replace(text, old, new):
    """Replace whatever the case; the empty text is never found."""
    if old == "":
        return text
    return re.sub(re.escape(old), lambda _: new, text, flags=re.IGNORECASE)


def charindex(part, text):
    """Return the first position, whatever the case, or nought."""
    return text.casefold().find(part.casefold()) + 1 if part else 0


def like(text, pattern, exact=False):
    """Match a pattern with %, _ and classes; blanks at the end of the text may be left out."""
    parts = re.findall(r"\[\^?[^\]]+\]|.", pattern, re.DOTALL)
    named = {"%": ".*", "_": "."}
    signs = [p if p.startswith("[") and len(p) > 1 else named.get(p, re.escape(p)) for p in parts]
    flags = re.DOTALL | (0 if exact else re.IGNORECASE)
    rule = re.compile("".join(signs), flags)
    ends = range(len(text.rstrip(" ")), len(text) + 1)
    return any(rule.fullmatch(text[:end]) for end in ends)


# --- casts -------------------------------------------------------------------------------


def text_to_int(text):
    """Read a text as an int; the empty one is nought, and so is a sign alone."""
    if text.strip(" ") in ("", "+", "-"):
        return 0
    if not re.fullmatch(r" *[+-]?\d+ *", text):
        raise SqlError(f"Conversion failed when converting the varchar value '{text}'")
    return as_int(int(text))


def text_to_decimal(text, precision, scale):
    """Read a text as a decimal; the empty one is none."""
    if not re.fullmatch(r" *[+-]?(\d+\.?\d*|\.\d+) *", text):
        raise SqlError("Error converting data type varchar to numeric.")
    return to_decimal(Decimal(text.strip(" ")), precision, scale)


def text_to_date(text):
    """Read year-month-day; the empty text is the first day of 1900."""
    if not text.strip(" "):
        return dt.date(1900, 1, 1)
    try:
        return dt.date.fromisoformat(text.strip(" "))
    except ValueError:
        raise SqlError("Conversion failed when converting date and/or time") from None


def cast(value, source, target):
    """Convert a value from one type to another, as CAST does."""
    kinds = source[0], target[0]
    if value is None:
        return None
    if kinds[1] == "varchar":
        return to_text(value, source, target[1])
    if kinds == ("decimal", "int"):
        return as_int(value.to_integral_value(ROUND_DOWN))
    if kinds == ("varchar", "int"):
        return text_to_int(value)
    if kinds == ("varchar", "decimal"):
        return text_to_decimal(value, *target[1:])
    if kinds[1] == "decimal":
        return to_decimal(value, *target[1:])
    if kinds == ("varchar", "date"):
        return text_to_date(value)
    return value


def to_text(value, source, width):
    """Write a value; texts are cut, an int too long is a star, a decimal too long an error."""
    if source[0] == "varchar":
        return value[:width]
    text = (
        value.isoformat()
        if source[0] == "date"
        else format(value, "d" if source[0] == "int" else "f")
    )
    if len(text) <= width or source[0] == "date":
        return text[:width]
    if source[0] == "int":
        return "*"
    raise SqlError("Arithmetic overflow error converting numeric to data type varchar.")


# --- dates -------------------------------------------------------------------------------


def last_day(year, month):
    """Return the number of days of a month."""
    if (year, month) == (LAST_DAY.year, 12):
        return 31
    return (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day


def dateadd(part, number, day):
    """Add to a date; the day is cut to the length of the month."""
    try:
        if part in ("day", "week"):
            return day + dt.timedelta(days=number * (7 if part == "week" else 1))
        months = number * {"month": 1, "quarter": 3, "year": 12}[part]
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        return dt.date(year, month + 1, min(day.day, last_day(year, month + 1)))
    except (ValueError, OverflowError):
        raise SqlError("Adding a value to a 'date' column caused an overflow.") from None


def datediff(part, a, b):
    """Count the boundaries crossed; weeks begin on Sunday."""
    if part == "day":
        return (b - a).days
    if part == "week":
        return b.toordinal() // 7 - a.toordinal() // 7  # ordinal 7 is a Sunday
    size = {"month": 1, "quarter": 3, "year": 12}[part]
    return (b.year * 12 + b.month - 1) // size - (a.year * 12 + a.month - 1) // size


def datepart(part, day):
    """Return a part of a date; Sunday is 1."""
    names = {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "quarter": (day.month + 2) // 3,
        "dayofyear": day.timetuple().tm_yday,
        "weekday": day.isoweekday() % 7 + 1,
    }
    return names[part]


# --- conditions --------------------------------------------------------------------------


def both(a, b):
    """AND over true, false and None for unknown."""
    return False if a is False or b is False else None if a is None or b is None else True


def either(a, b):
    """OR over true, false and None for unknown."""
    return True if a is True or b is True else None if a is None or b is None else False


def opposite(a):
    """NOT over true, false and None for unknown."""
    return None if a is None else not a
