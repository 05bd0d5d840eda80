"""The four calls of pyarrow with which ``leo_helpers.tsql`` hands a listing to DuckDB."""

from duckdb import Table


def string():
    """Return the type of text."""
    return "VARCHAR"


def int32():
    """Return the type of whole numbers."""
    return "INTEGER"


def bool_():
    """Return the type of yes and no."""
    return "BOOLEAN"


def array(values, kind):
    """Return a column with its type."""
    return kind, list(values)


def table(columns):
    """Return columns, by name, as a table."""
    kinds, values = zip(*columns.values(), strict=True)
    return Table(list(columns), list(kinds), list(zip(*values, strict=True)))
