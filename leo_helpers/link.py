"""Who belongs together: the keys of one person, found by following the lookups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connect import DEFAULT_PROJECT
from .errors import UnknownName

if TYPE_CHECKING:
    import duckdb

__all__ = ["LOOKUPS", "person_keys"]

#: The three lookups: each ties an AE_ID to the keys of other tables.
LOOKUPS = {
    "pmr": ("learner_ae_id_to_pmr_lookup", "pupilmatchingrefanonymous"),
    "edukey": ("learner_ae_id_to_edukey_lookup", "edukey"),
    "recordid": ("education_records_lookup", "recordid"),
}
#: AE_IDs of the synthetic data are longer than any number of people.
_MOST_PEOPLE = 10**9


def person_keys(
    con: duckdb.DuckDBPyConnection, person: int | str, project: str = DEFAULT_PROJECT
) -> dict[str, list]:
    """Every key of the person to whom one key belongs: the lookups, followed to the end.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        From :func:`leo_helpers.connect`.
    person : int or str
        The number of a synthetic person (0, 1, 2 ...), an AE_ID, a PMR or an EDUKEY.
    project : str
        The project number of the connection.

    Returns
    -------
    dict of str to list
        ``ae_id``, ``pmr``, ``edukey`` and ``recordid``, each sorted; a lookup that the project
        does not hold adds nothing.

    Raises
    ------
    UnknownName
        If no lookup has the key.

    Examples
    --------
    >>> from leo_helpers import connect
    >>> keys = person_keys(connect(), 7)
    >>> sorted(keys), len(keys["ae_id"])
    (['ae_id', 'edukey', 'pmr', 'recordid'], 1)
    """
    found: dict[str, set] = {"ae_id": set(), **{kind: set() for kind in LOOKUPS}}
    held = _held(con, project)
    if isinstance(person, str):
        start = {(kind, person) for kind in ("pmr", "edukey")}
    else:
        start = {("ae_id", int(person) if person >= _MOST_PEOPLE else _ae_id(int(person)))}
    new = start
    while new:
        pairs = set()
        for kind, (view, column) in held.items():
            asked = [[key for of, key in new if of == side] for side in ("ae_id", kind)]
            rows = con.execute(
                f'select distinct ae_id, {column} from leo_i2."{project}".{view} '
                f"where ae_id is not null and {column} is not null "
                f"and cast({column} as varchar) <> '' "
                f"and (list_contains(?, ae_id) or list_contains(?, {column}))",
                asked,
            ).fetchall()
            for ae_id, key in rows:
                pairs |= {("ae_id", ae_id), (kind, key)}
        new = {(of, key) for of, key in pairs if key not in found[of]}
        for of, key in new:
            found[of].add(key)
    if not found["ae_id"]:
        raise UnknownName("person with the key", person, next_step="Take a key from a lookup.")
    return {kind: sorted(keys) for kind, keys in found.items()}


def _held(con: duckdb.DuckDBPyConnection, project: str) -> dict[str, tuple[str, str]]:
    """The lookups that the project has."""
    rows = con.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'leo_i2' and table_schema = ?",
        [project],
    ).fetchall()
    names = {row[0] for row in rows}
    return {kind: entry for kind, entry in LOOKUPS.items() if entry[0] in names}


def _ae_id(number: int) -> int:
    """The AE_ID of a synthetic person, which depends on the person's number alone."""
    import numpy as np

    from .synth.keys import ae_id

    return int(ae_id(np.array([number], dtype=np.int64))[0])
