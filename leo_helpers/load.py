"""Read the synthetic LEO into pandas, or lazily into DuckDB."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .connect import parquet_of
from .errors import DataSetError
from .selection import Slice, in_order, select
from .store import NOTICE, data_root, read_manifest

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

__all__ = ["load", "scan"]


def load(
    table: str,
    years: Any = None,
    terms: str | Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
    n: int | None = None,
    root: str | os.PathLike[str] | None = None,
    labels: bool = False,
) -> pd.DataFrame:
    """Read a table of the synthetic LEO, with the secure service's own column names.

    Parameters
    ----------
    table : str
        Table id or friendly name: ``"sc_pupil"``, ``"school census"``.
    years : int, str, range or list, optional
        END years; ``2011``, ``"2010/11"``, ``range(2009, 2012)``. Without it every year. In a
        pooled view the rows of those years are chosen by its year column.
    terms : str or list of str, optional
        ``"spring"``, ``"autumn"``, ``"summer"`` or ``"plasc"``, for the school census.
    columns : list of str, optional
        Columns by their name in the view (``"gender_spr11"``), on the form, or without year and
        term (``"gender"``), which works over many years.
    n : int, optional
        At most this many rows of each view.
    root : path, optional
        Folder of a data set; without it the default one, made on first use.
    labels : bool
        Show the labels of codes in place of the codes.

    Returns
    -------
    pandas.DataFrame
        Columns with pyarrow types, dates as datetime64; code lists become categories in the
        catalogue's order. One view
        keeps its column names. Several views are stacked under the names without year and term,
        with ``year`` and ``term`` in front; a column that a view lacks is empty there.
        ``df.attrs`` names the table and the views, what was skipped and why, and that the data
        are synthetic.

    Raises
    ------
    UnknownName, YearError, DataSetError
        For unknown names, years without data, and damaged or foreign folders.

    Examples
    --------
    >>> df = load("sc_pupil", years=2011, terms="spring", columns=["gender"], n=5)
    >>> df.shape, list(df.columns)
    ((5, 1), ['gender_spr11'])
    """
    import pyarrow as pa

    folder = data_root(root)
    found, slices, skipped = select(table, read_manifest(folder), years, terms, columns)
    several = len(slices) > 1
    parts = [_read(folder, s, n) for s in slices]
    if several:
        parts = [_stamp(part, s) for part, s in zip(parts, slices, strict=True)]
    whole = parts[0] if not several else pa.concat_tables(parts, promote_options="permissive")
    if several and columns is not None:
        whole = whole.select(in_order(whole.column_names, slices, columns))
    frame = whole.to_pandas(types_mapper=_pandas_type, date_as_object=False)
    variables = {k: v for s in slices for k, v in s.variables.items()}
    frame = _categories(frame, variables, labels)
    frame.attrs = {
        "table": found.table_id,
        "notice": NOTICE,
        "views": [f"{s.view.database}.{s.view.name}" for s in slices],
        "skipped": skipped,
    }
    return frame


def scan(
    table: str,
    years: Any = None,
    terms: str | Iterable[str] | None = None,
    columns: Iterable[str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> duckdb.DuckDBPyRelation:
    """Select like :func:`load` but read nothing yet: a DuckDB relation to filter and aggregate.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Lazy; ``.df()`` reads it.

    Raises
    ------
    UnknownName, YearError, DataSetError
        As for :func:`load`.

    Examples
    --------
    >>> scan("leo_benefit").aggregate("count(*) > 0").fetchall()
    [(True,)]
    """
    import duckdb

    folder = data_root(root)
    _, slices, _ = select(table, read_manifest(folder), years, terms, columns)
    queries = []
    for part in slices:
        items = [f'"{a}" as "{b}"' for a, b in part.columns.items()]
        if len(slices) > 1:
            stamp = [f"{part.view.year} as year"] if part.view.year else []
            stamp += [f"'{part.view.term}' as term"] if part.view.term else []
            items = stamp + items
        query = (
            f"select {', '.join(items)} from "
            f"{parquet_of(folder, part.view.database, part.view.name)}"
        )
        if part.year_column:
            inside = ", ".join(f"'{v}'" for v in part.year_values)
            query += f' where cast("{part.year_column}" as varchar) in ({inside})'
        queries.append(query)
    try:
        whole = duckdb.connect().sql(" union all by name ".join(queries))
        if len(slices) == 1 or columns is None:
            return whole
        names = in_order(whole.columns, slices, columns)
        return whole.project(", ".join(f'"{name}"' for name in names))
    except duckdb.Error as error:
        held = ", ".join(f"{s.view.database}.{s.view.name}" for s in slices)
        raise DataSetError(
            f"The files of {held} in {folder} are missing or damaged "
            f"({str(error).splitlines()[0]}).",
            "Check with leo check, then generate the data set again with --overwrite.",
        ) from None


def _read(folder: Any, part: Slice, n: int | None) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    place = folder / part.view.database / part.view.name
    names, tables, left = list(part.columns), [], n
    read = list(dict.fromkeys([*names, *([part.year_column] if part.year_column else [])]))
    for path in sorted(place.glob("part-*.parquet")):
        if tables and left is not None and left <= 0:
            break
        try:
            one = pq.read_table(path, columns=read, partitioning=None)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataSetError(
                f"The file {path.name} of {part.view.database}.{part.view.name} is damaged "
                f"({str(error).splitlines()[0]}).",
                "Check with leo check, then generate the data set again with --overwrite.",
            ) from None
        if part.year_column:
            written = one[part.year_column].cast(pa.string())
            one = one.filter(pc.is_in(written, value_set=pa.array(part.year_values)))
        one = one if left is None else one.slice(0, left)
        left = None if left is None else left - one.num_rows
        tables.append(one)
    if not tables:
        raise DataSetError(
            f"{part.view.database}.{part.view.name} has no files in {folder}.",
            "Generate the data set again with leo generate --overwrite.",
        )
    whole = pa.concat_tables(tables, promote_options="permissive").select(names)
    return whole.rename_columns([part.columns[name] for name in names]).replace_schema_metadata()


def _stamp(table: pa.Table, part: Slice) -> pa.Table:
    """Put year and term in front of a view's rows."""
    import pyarrow as pa

    n = table.num_rows
    if part.view.term:
        term = pa.DictionaryArray.from_arrays(pa.array([0] * n, pa.int8()), [part.view.term])
        table = table.add_column(0, "term", term.cast(pa.string()))
    if part.view.year:
        table = table.add_column(0, "year", pa.array([part.view.year] * n, pa.int16()))
    return table


def _pandas_type(kind: pa.DataType) -> Any:
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_date(kind):
        return None  # datetime64: pandas compares and subtracts it, Arrow's dates it does not
    return pd.StringDtype("pyarrow") if pa.types.is_string(kind) else pd.ArrowDtype(kind)


def _categories(frame: pd.DataFrame, variables: dict[str, Any], labels: bool) -> pd.DataFrame:
    """Code lists as ordered categories; codes that no list knows keep their place at the end."""
    import pandas as pd

    from .catalogue import load_catalogue

    for name, variable in variables.items():
        if not variable.codelist or variable.range:
            continue
        codes = load_catalogue().codes(variable.codelist)
        text = pd.api.types.is_string_dtype(frame[name].dtype)
        known = (
            [c.code if text else int(c.code) for c in codes]
            if text or all(c.code.lstrip("-").isdigit() for c in codes)
            else None
        )
        if known is None:
            continue
        extra = sorted(set(frame[name].dropna().unique()) - set(known))
        if text:
            frame[name] = pd.Categorical(frame[name], [*dict.fromkeys(known), *extra], ordered=True)
        if labels:
            named = dict(zip(known, (c.label for c in codes), strict=True))
            words = [*dict.fromkeys(named.values()), *map(str, extra)]
            shown = (
                frame[name].astype(object).map(lambda v, n=named: n.get(v, v), na_action="ignore")
            )
            frame[name] = pd.Categorical(shown.astype(object), list(dict.fromkeys(words)))
    return frame
