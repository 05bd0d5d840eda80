"""Which birth cohorts a table can show, and at which ages: arithmetic on the catalogue's years."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING

from .catalogue import load_catalogue
from .errors import LeoError
from .paths import data_dir

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FIRST_COHORT", "LAST_COHORT", "cohorts"]

#: Birth cohorts of LEO by the year in which they begin: September 1984 to August 2005.
FIRST_COHORT, LAST_COHORT = 1984, 2004


@cache
def ages() -> dict[str, tuple[int, int | None]]:
    """First and last age of each table, from ``data/catalogue/ages.csv``; None where it is open.

    Returns
    -------
    dict of str to tuple
        Ages in whole years on 31 August before the academic or tax year begins.

    Examples
    --------
    >>> ages()["ks1"]
    (6, 6)
    """
    path = data_dir() / "catalogue" / "ages.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["table_id"]: (
                int(row["first_age"]),
                int(row["last_age"]) if row["last_age"] else None,
            )
            for row in csv.DictReader(file)
        }


@cache
def years_seen(table: str) -> tuple[int, ...]:
    """Return the years in which a table has data, by the year in which they end.

    Parameters
    ----------
    table : str
        Table id.

    Returns
    -------
    tuple of int
        Years in order, gaps left out.

    Examples
    --------
    >>> years_seen("ks1")[:2]
    (1998, 1999)
    """
    held = load_catalogue().tables[table]
    begin, end = held.first_year or 0, held.last_year or 9999
    years = {year for view in held.views() for year in view.years}
    return tuple(sorted(year for year in years if begin <= year <= end))


def cohorts(table: str | None = None) -> pd.DataFrame:
    """Say which birth cohorts each table holds, and from which age to which.

    A cohort is named by the year in which it begins: 1990 is September 1990 to August 1991. Ages
    are those on 31 August before the year begins, so a cohort is 15 before Year 11.

    Parameters
    ----------
    table : str, optional
        Only this table (id or friendly name).

    Returns
    -------
    pandas.DataFrame
        One row for each table and cohort that it holds: ``table_id``, ``title``, ``cohort``,
        ``first_age``, ``last_age``, ``first_year`` and ``last_year`` (END years).

    Raises
    ------
    UnknownName
        If there is no such table.
    LeoError
        If the table is not about people of an age, such as a lookup.

    Examples
    --------
    >>> ks4 = cohorts("ks4_pupil")
    >>> ks4[["cohort", "first_age", "first_year"]].iloc[0].tolist()
    [1985, 15, 2002]
    """
    import pandas as pd

    tables = load_catalogue().tables
    wanted = list(ages())
    if table is not None:
        wanted = [load_catalogue().resolve_table(table).table_id]
        if wanted[0] not in ages():
            raise LeoError(f"{wanted[0]} has no ages of people.", "Choose another table.")
    rows = []
    for name in wanted:
        youngest, oldest = ages()[name]
        for cohort in range(FIRST_COHORT, LAST_COHORT + 1):
            seen = [y for y in years_seen(name) if youngest <= y - cohort - 2 <= (oldest or y)]
            if seen:
                first, last = seen[0], seen[-1]
                ends = (first - cohort - 2, last - cohort - 2, first, last)
                rows.append((name, tables[name].title, cohort, *ends))
    columns = ["table_id", "title", "cohort", "first_age", "last_age", "first_year", "last_year"]
    return pd.DataFrame(rows, columns=columns)
