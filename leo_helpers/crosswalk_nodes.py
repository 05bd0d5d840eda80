"""The steps of a harmonisation that engines write differently, as nodes of a sqlglot tree.

A tree holds these nodes until it is written for one engine; `harmonise_engines` then puts the
engine's own words in their place. ``stored`` says what a value is; ``raw`` that it is a column
of the data, about which engines other than the one at hand must not be too sure.
"""

from __future__ import annotations

from sqlglot import exp

__all__ = [
    "Clean",
    "Clip",
    "Key",
    "Listed",
    "RealDiv",
    "ToDate",
    "ToInteger",
    "ToNumber",
    "ToText",
    "Whole",
]


class Clean(exp.Expression, exp.Func):
    """Text of a column: trimmed, upper case unless ``cased``, and NULL when nothing is left.

    With ``blank`` nothing may stay an empty text, because no reader can tell the difference; with
    ``rare`` an engine may test for blanks before it takes them away.
    """

    arg_types = {"this": True, "cased": False, "stored": False, "blank": False, "rare": False}  # noqa: RUF012 - as sqlglot has it


class Clip(exp.Expression, exp.Func):
    """A part of a text, trimmed again, and NULL when nothing is left; ``blank`` as above."""

    arg_types = {"this": True, "blank": False}  # noqa: RUF012 - as sqlglot has it


class ToInteger(exp.Expression, exp.Func):
    """A whole number; NULL for what is none, numbers are cut towards zero."""

    arg_types = {"this": True, "stored": False, "raw": False}  # noqa: RUF012 - as sqlglot has it


class ToNumber(exp.Expression, exp.Func):
    """A double; NULL for a text that is no number."""

    arg_types = {"this": True, "stored": False, "raw": False}  # noqa: RUF012 - as sqlglot has it


class ToDate(exp.Expression, exp.Func):
    """A date; NULL for a text that is not written year-month-day."""

    arg_types = {"this": True, "stored": False, "raw": False}  # noqa: RUF012 - as sqlglot has it


class ToText(exp.Expression, exp.Func):
    """The digits of a whole number, or year-month-day of a date."""

    arg_types = {"this": True, "stored": False}  # noqa: RUF012 - as sqlglot has it


class RealDiv(exp.Expression, exp.Func):
    """Division with a fraction; NULL when dividing by zero."""

    arg_types = {"this": True, "expression": True}  # noqa: RUF012 - as sqlglot has it


class Whole(exp.Expression, exp.Func):
    """The largest whole number that is not above a number."""

    arg_types = {"this": True}  # noqa: RUF012 - as sqlglot has it


class Key(exp.Expression, exp.Func):
    """An identifier, which is compared letter by letter whatever the collation."""

    arg_types = {"this": True}  # noqa: RUF012 - as sqlglot has it


class Listed(exp.Expression, exp.Func):
    """The value that a small table has for a code; NULL for a code that it does not have.

    ``table`` is the table's name and ``expressions`` its rows, or empty when the engine at hand
    has been given the table as a variable.
    """

    arg_types = {"this": True, "table": True, "expressions": False}  # noqa: RUF012 - as sqlglot
