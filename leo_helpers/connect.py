"""A DuckDB connection in which the synthetic LEO stands as it does in the secure service."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DataSetError
from .store import data_root, read_manifest

if TYPE_CHECKING:
    import duckdb

__all__ = ["DEFAULT_PROJECT", "connect"]

#: The project number of the examples; every project sees the same views under its own number.
DEFAULT_PROJECT = "2002237"


def connect(
    project: str = DEFAULT_PROJECT, root: str | os.PathLike[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the data set under the secure service's database, schema and view names.

    Parameters
    ----------
    project : str
        Project number: the schema that holds the views, as in
        ``npd_i2."2002237".spring_census_2011``.
    root : path, optional
        Folder of a data set; without it the default data set, made on first use.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory; the views read the Parquet files, and nothing that you do changes those.

    Raises
    ------
    DataSetError
        If the project number holds other characters than letters, digits and underscores, or the
        folder is not a data set.

    Examples
    --------
    >>> con = connect()
    >>> con.execute('select count(*) > 0 from leo_i2."2002237".leo_benefit').fetchone()
    (True,)
    """
    import duckdb

    if not isinstance(project, str) or not re.fullmatch(r"\w{1,40}", project):
        raise DataSetError(
            f"{project!r} cannot be a project number.",
            "Use letters, digits and underscores, such as '2002237'; a folder is given as root=.",
        )
    folder = data_root(root)
    views = [name.split(".", 1) for name in read_manifest(folder).views]
    con = duckdb.connect()
    for database in sorted({db for db, _ in views}):
        con.execute(f"attach ':memory:' as {database}")
        con.execute(f'create schema {database}."{project}"')
    for database, view in views:
        try:
            con.execute(
                f'create view {database}."{project}"."{view}" as '
                f"from {parquet_of(folder, database, view)}"
            )
        except duckdb.Error as error:
            raise DataSetError(
                f"The files of {database}.{view} in {folder} are missing or damaged "
                f"({str(error).splitlines()[0]}).",
                "Check with leo check, then generate the data set again with --overwrite.",
            ) from None
    return con


def parquet_of(folder: Path, database: str, view: str) -> str:
    """SQL that reads the Parquet files of one view."""
    place = str(folder / database / view / "*.parquet").replace("'", "''")
    return f"read_parquet('{place}')"
