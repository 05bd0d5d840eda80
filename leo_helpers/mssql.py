"""Write views of the data set for a SQL Server: CREATE TABLE, BULK INSERT and the files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .catalogue import load_catalogue
from .catalogue_model import View
from .connect import DEFAULT_PROJECT, parquet_of
from .errors import DataSetError, ExportError
from .selection import views_for
from .store import NOTICE, data_root, read_manifest
from .tsql.sqltypes import T, view_type

__all__ = ["export_mssql"]

#: Stands for an empty text in the files, where an empty field is NULL.
_EMPTY = "~"
_LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4000)
_ABOUT = """{notice}

1. Copy this folder to the server. load.sql expects its files in {place}.
2. Run create.sql, then load.sql (SQL Server 2017 or later), as a member of bulkadmin.
   SQL Server on Linux takes no codepage: load.sql names one only where a text needs it.

Empty texts are written as {empty}; load.sql turns them back. An empty field is NULL.
Lengths of text columns are those that these rows need, rounded up.
No SQL Server has run these scripts. With all 188 views of 1,000 people create.sql and the updates
of load.sql ran on Babelfish 4.3, another engine for T-SQL, and each value came out as it went in.
Rows were loaded there by COPY, and four binary columns decoded after it: BULK INSERT has been
checked by parsers only.
"""


def export_mssql(
    out: str | os.PathLike[str],
    tables: str | Iterable[str],
    years: Any = None,
    *,
    project: str = DEFAULT_PROJECT,
    place: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> list[Path]:
    """Write CREATE TABLE and BULK INSERT scripts and the rows of views.

    No SQL Server has run what is written. Babelfish 4.3 ran create.sql and the updates of load.sql
    for all views, and gave back each value that COPY had loaded. BULK INSERT is checked by
    parsers only.

    Parameters
    ----------
    out : path
        Folder to write to; files of those names are replaced.
    tables : str or iterable of str
        Tables by any of their names.
    years : int, str or iterable of int, optional
        Only views that hold these END years. A pooled view is written whole, a lookup always.
    project : str
        The project number that is used as schema.
    place : str, optional
        Where the folder ``data`` lies as the server sees it; without it as it lies here.
    root : path, optional
        Folder of the data set.

    Returns
    -------
    list of Path
        ``create.sql``, ``load.sql``, ``README.txt`` and a CSV file for each view.

    Raises
    ------
    UnknownName, YearError
        As `leo.load`.
    DataSetError
        If the data set holds none of the views.
    ExportError
        If a file cannot be written, or a value is what stands for an empty text.

    Examples
    --------
    >>> import tempfile
    >>> [path.name for path in export_mssql(tempfile.mkdtemp(), "lookup_pmr")]
    ['create.sql', 'load.sql', 'README.txt', 'leo_i2.learner_ae_id_to_pmr_lookup.csv']
    """
    import duckdb

    catalogue, folder = load_catalogue(), data_root(root)
    held = read_manifest(folder).views
    names = [tables] if isinstance(tables, str) else list(tables)
    asked = [
        view
        for table in map(catalogue.resolve_table, names)
        for view in views_for(table, None if table.view_kind == "lookup" else years, None)
    ]
    views = {f"{v.database}.{v.name}": v for v in asked if f"{v.database}.{v.name}" in held}
    if not views:
        raise DataSetError(
            f"The data set holds no view of {', '.join(names)} for this request.",
            "Generate it with these tables and years.",
        )
    out = Path(out).expanduser()
    data = out / "data"
    seen_as = place or str(data.absolute())
    create, load, files, used = [], [], [], ""
    try:
        data.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as con:
            for key, view in views.items():
                source = parquet_of(folder, view.database, view.name)
                columns = _columns(con, source, key)
                files.append(data / f"{key}.csv")
                _copy(con, source, columns, files[-1])
                if view.database != used:
                    create += _schema(view.database, project)
                    used = view.database
                create.append(_table(view, project, columns))
                load.append(_bulk(view, project, columns, f"{seen_as}/{key}.csv"))
        written = {
            "create.sql": f"-- {NOTICE}\n" + "\ngo\n".join([*create, ""]),
            "load.sql": f"-- {NOTICE}\n" + "\ngo\n".join([*load, ""]),
            "README.txt": _ABOUT.format(notice=NOTICE, place=seen_as, empty=_EMPTY),
        }
        for name, text in written.items():
            (out / name).write_text(text, encoding="utf-8")
    except (OSError, duckdb.IOException) as error:
        raise ExportError(
            f"The folder {out} cannot be written ({str(error).splitlines()[0]}).",
            "Choose another one.",
        ) from None
    return [*(out / name for name in written), *files]


def _columns(con: Any, source: str, view: str) -> dict[str, tuple[str, T]]:
    """Return what DuckDB stores of each column, and its T-SQL type; texts as long as they are."""
    stored = {row[0]: row[1] for row in con.execute(f"describe from {source}").fetchall()}
    texts = [name for name, kind in stored.items() if kind == "VARCHAR"]
    found: dict[str, tuple[str, T]] = {
        name: (kind, view_type(kind, name)) for name, kind in stored.items() if name not in texts
    }
    for name in texts:
        column = _quoted(name)
        length, octets, marks = con.execute(
            f"select max(length({column})), max(strlen({column})), "
            f"count(*) filter ({column} = '{_EMPTY}') from {source}"
        ).fetchone()
        if marks:
            raise ExportError(
                f"{view}.{name} holds {_EMPTY!r}, which stands for an empty text in the files.",
                "Leave this table out.",
            )
        fit = next((n for n in _LENGTHS if n >= (length or 1)), None)
        found[name] = ("VARCHAR", T("nvarchar" if octets != length else "varchar", fit))
    return {name: found[name] for name in stored}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _copy(con: Any, source: str, columns: dict[str, tuple[str, T]], path: Path) -> None:
    forms = {
        "VARCHAR": f"case {{0}} when '' then '{_EMPTY}' else {{0}} end",
        "BLOB": "hex({0})",
        "BOOLEAN": "cast({0} as tinyint)",
    }
    items = ", ".join(
        f"{forms.get(kind, '{0}').format(_quoted(name))} as {_quoted(name)}"
        for name, (kind, _) in columns.items()
    )
    target = str(path).replace("'", "''")
    con.execute(f"copy (select {items} from {source}) to '{target}' (format csv, header true)")


def _schema(database: str, project: str) -> list[str]:
    return [
        f"if db_id('{database}') is null create database [{database}]",
        f"use [{database}]",
        f"if schema_id('{project}') is null exec('create schema [{project}]')",
    ]


def _table(view: View, project: str, columns: dict[str, tuple[str, T]]) -> str:
    lines = ",\n".join(f"    [{name}] {kind} null" for name, (_, kind) in columns.items())
    return f"create table [{project}].[{view.name}] (\n{lines}\n)"


def _bulk(view: View, project: str, columns: dict[str, tuple[str, T]], path: str) -> str:
    name = f"[{view.database}].[{project}].[{view.name}]"
    path = path.replace("'", "''")
    texts = [column for column, (kind, _) in columns.items() if kind == "VARCHAR"]
    sets = ",\n    ".join(
        f"[{c}] = case when [{c}] = '{_EMPTY}' then '' else [{c}] end" for c in texts
    )
    back = f"\ngo\nupdate {name}\nset {sets}" if texts else ""
    # SQL Server on Linux refuses the option, which matters to characters beyond ASCII only.
    wide = any(kind.name == "nvarchar" for _, kind in columns.values())
    codepage = "codepage = '65001', " if wide else ""
    return (
        f"bulk insert {name}\nfrom '{path}'\nwith (format = 'CSV', firstrow = 2, "
        f"rowterminator = '0x0a', {codepage}tablock){back}"
    )
