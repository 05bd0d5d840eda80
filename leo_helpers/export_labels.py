"""What other programs need beside the values: short names, labels and labelled codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .catalogue import Variable, load_catalogue
from .errors import ExportError, UnknownName

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Column", "as_days", "as_numbers", "prepare", "short_names", "small_integers"]

_STAMPS = {
    "year": "End year of the view that the row is from",
    "term": "Census term of the view that the row is from",
}
#: Whole numbers beyond this lose digits in Stata, SPSS and Excel, so they are written as text.
_EXACT = 2**53
#: Stata keeps the largest numbers of each size for its missing values.
_STATA_SIZES = {
    "int8": (-127, 100),
    "int16": (-32_767, 32_740),
    "int32": (-(2**31) + 1, 2**31 - 28),
}
#: Words that Stata or SPSS do not take as the name of a variable.
_RESERVED = frozenset(
    re.findall(
        r"\S+",
        """
_all _b _cons _n _pi _pred _rc _skip all and aggregate array boolean break by byte case
catch class continue default delegate delete do double else enum eq explicit export
external float for friend function ge global goto gt if in inline int le local long lt ne
new not null or pragma private protected quad rowvector short strl super switch this throw
to try typedef union using vector virtual while with
""",
    )
)


@dataclass
class Column:
    """One column on its way to a file."""

    name: str
    label: str
    variable: str
    values: pa.Array
    codes: dict[Any, str] = field(default_factory=dict)
    words: bool = False  # text codes that stand for categories


def prepare(frame: pd.DataFrame, table: str | None = None) -> list[Column]:
    """Put values, labels and codes of every column of a data frame side by side.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `leo.load` returns it, or any other.
    table : str, optional
        The table whose variables the columns are; else ``frame.attrs["table"]``.

    Returns
    -------
    list of Column
        In the order of the frame. Columns that the catalogue does not know have no label.

    Raises
    ------
    ExportError
        If two columns have one name, or a column holds mixed things.
    UnknownName
        If there is no such table.
    """
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    for name, times in Counter(names).items():
        if times > 1:
            raise ExportError(f"{times} columns are called {name!r}.", "Rename them first.")
    if table is not None:
        load_catalogue().resolve_table(table)
    stacked = len(frame.attrs.get("views", ())) > 1
    table = table or frame.attrs.get("table")
    done = []
    for place, name in enumerate(names):
        series = frame.iloc[:, place]
        try:
            values = pa.array(series, from_pandas=True)
            done.append(_column(name, _plain(values), table, stacked))
        except pa.ArrowException:
            kinds = ", ".join(sorted({type(v).__name__ for v in series.dropna()})[:3])
            raise ExportError(
                f"The column {name!r} holds values that no format takes ({kinds}).",
                "Make them one kind, such as with .astype(str).",
            ) from None
    return done


def short_names(limits: Mapping[str, int]) -> dict[str, str]:
    """Shorten names to what a program allows and keep them apart.

    Letters, digits and underscores stay; everything else becomes an underscore. A name that
    is too long loses letters before its ending (``_spr11``), which says year and term. Names
    that would then be the same get a number.

    Parameters
    ----------
    limits : mapping of str to int
        The names as they are in the view, and how many characters each may have.

    Returns
    -------
    dict of str to str
        The name in the file for every name.

    Examples
    --------
    >>> short_names({"monthpartofageatstartofacademicyear_spr11": 32})
    {'monthpartofageatstartofacademicyear_spr11': 'monthpartofageatstartofaca_spr11'}
    """
    done: dict[str, str] = {}
    taken: set[str] = set()
    for name, limit in limits.items():
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not re.match(r"[A-Za-z]", plain):
            plain = f"v{plain}" if plain.startswith("_") else f"v_{plain}"
        if plain.casefold() in _RESERVED or re.fullmatch(r"(?i)str\d+", plain):
            plain += "_"
        ending = re.search(r"_[A-Za-z]{0,3}\d{1,2}$", plain)
        tail = ending[0] if ending and len(plain) > limit else ""
        head = plain[: len(plain) - len(tail)]
        short, number = head[: limit - len(tail)] + tail, 1
        while short.casefold() in taken:
            number += 1
            mark = f"_{number}{tail}"
            short = head[: limit - len(mark)] + mark
        taken.add(short.casefold())
        done[name] = short
    return done


def as_numbers(column: Column) -> Column:
    """Turn text codes into labelled numbers, for Stata, which labels nothing else.

    Codes that are whole numbers in text become those numbers. Others become 1, 2, ... in the
    catalogue's order, and the label begins with the code. Empty text becomes missing.

    Parameters
    ----------
    column : Column
        Any column; those without text codes come back as they are.

    Returns
    -------
    Column
        The same column with numbers and labels.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not column.words:
        return column
    met = [v for v in pc.unique(column.values.drop_null()).to_pylist() if v]
    known = dict.fromkeys([*column.codes, *sorted(set(met) - set(column.codes))])
    numeric = all(re.fullmatch(r"-?(0|[1-9]\d{0,8})", word) for word in known)
    place = {word: int(word) if numeric else number for number, word in enumerate(known, 1)}
    labels = {}
    for word, number in place.items():
        label = column.codes.get(word, word)
        labels[number] = label if numeric or label == word else f"{word} {label}"
    where = pc.index_in(column.values, pa.array(list(place), pa.string()))
    values = pc.take(pa.array(list(place.values()), pa.int32()), where)
    return replace(column, values=values, codes=labels, words=False)


def as_days(column: Column) -> Column:
    """Turn dates into days since 1960-01-01, as Stata counts them.

    Parameters
    ----------
    column : Column
        Any column; those without dates come back as they are.

    Returns
    -------
    Column
        The same column with numbers, missing where there is no date.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_date(column.values.type):
        return column
    days = pc.add(column.values.cast(pa.int32()), 3_653)
    return replace(column, values=days)


def small_integers(column: Column) -> Column:
    """Keep whole numbers in the smallest size that holds them in Stata.

    Parameters
    ----------
    column : Column
        Any column; those without whole numbers come back as they are.

    Returns
    -------
    Column
        The same column.
    """
    import pyarrow as pa

    if not pa.types.is_integer(column.values.type):
        return column
    low, high = _extremes(column.values)
    fits = (k for k, (least, most) in _STATA_SIZES.items() if least <= low and high <= most)
    return replace(column, values=column.values.cast(next(fits, "double")))


def _extremes(values: pa.Array) -> tuple[int, int]:
    import pyarrow.compute as pc

    found = pc.min_max(values).as_py()
    return found["min"] or 0, found["max"] or 0


def _variable(table: str | None, name: str) -> Variable | None:
    if table is None:
        return None
    try:
        return load_catalogue().variable(table, name)
    except UnknownName:
        return None


def _column(name: str, values: pa.Array, table: str | None, stacked: bool) -> Column:
    import pyarrow as pa

    if stacked and name in _STAMPS:
        return Column(name, _STAMPS[name], "", values)
    variable = _variable(table, name)
    if variable is None:
        return Column(name, "", "", values)
    column = Column(name, variable.label, str(variable), values)
    codes = load_catalogue().codes(variable.codelist) if variable.codelist else ()
    labels = {code.code: code.label for code in codes}
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        column.codes = {int(c): text for c, text in labels.items() if re.fullmatch(r"-?\d+", c)}
    elif pa.types.is_string(values.type):
        met = set(values.unique().to_pylist()) - {None, ""}
        if met & set(labels) or not met:  # else they are labels already
            column.codes = labels
            column.words = bool(labels) and variable.type in ("category", "flag")
    return column


def _plain(values: pa.Array) -> pa.Array:
    """Reduce Arrow's many types to whole numbers, numbers, dates, times and text."""
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _plain(values.dictionary_decode())
    if pa.types.is_boolean(kind):
        return values.cast(pa.int8())
    if pa.types.is_null(kind):
        return values.cast(pa.float64())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array(
            [None if v is None else "0x" + v.hex().upper() for v in values.to_pylist()], pa.string()
        )
    if pa.types.is_integer(kind):
        if max(map(abs, _extremes(values))) > _EXACT:
            return values.cast(pa.string())
        return values
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return values.cast(pa.float64())
    if pa.types.is_date(kind):
        return values.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        days = values.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
        same = days.cast(pa.timestamp("us")).equals(values.cast(pa.timestamp("us")))
        return days if same else values.cast(pa.timestamp("us"))
    return values.cast(pa.string())
