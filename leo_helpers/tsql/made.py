"""The tables that the scripts of a session have made, and each of them as a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import UnknownName
from .names import split_name
from .scope import Query
from .store import Store, Table
from .value import quote

if TYPE_CHECKING:
    import pyarrow as pa

    from .queries import Queries

__all__ = ["Made", "as_frame"]


class Made:
    """Lists and reads what scripts have made; `Session` is one."""

    store: Store
    home: str
    binder: Callable[[], Queries]
    fetch: Callable[[str], list[tuple]]
    source_of: Callable[[Any, str, Queries], tuple]
    read: Callable[[Query], pa.Table]

    def tables(self, temporary: bool = True) -> Any:
        """List the tables that scripts have made and that are still there.

        Parameters
        ----------
        temporary : bool, default True
            Whether to list tables whose names begin with ``#``, too.

        Returns
        -------
        pandas.DataFrame
            The name of each table, its number of rows and its number of columns, in the order in
            which they were made. The database is part of the name where it is another than your
            project's own.

        Examples
        --------
        >>> from leo_helpers.tsql import Session
        >>> session = Session()
        >>> _ = session.run("exec('create schema wip') select 1 as n, 2 as m into wip.a#b")
        >>> session.tables().values.tolist()
        [['wip.a#b', 1, 2]]
        """
        import pandas as pd

        rows = []
        for label, entry in self._made().items():
            if temporary or not entry.name.startswith("#"):
                count = self.fetch(f"SELECT count(*) FROM {quote(entry.physical)}")[0][0]
                rows.append((label, count, len(entry.columns)))
        return pd.DataFrame(rows, columns=["table", "rows", "columns"])

    def table(self, name: str) -> Any:
        """Return a table or view as a frame, with the types of a result set.

        Parameters
        ----------
        name : str
            As a script writes it: ``"study.wip#sc"``, ``"[project].[study].[wip#sc]"`` or
            ``"#t"``. What no database is said for is looked for where the session is, then in
            your project's own database.

        Returns
        -------
        pandas.DataFrame
            All its rows, in no particular order, with pyarrow-backed types.

        Raises
        ------
        UnknownName
            If there is none of that name; the error has the nearest names.

        Examples
        --------
        >>> from leo_helpers.tsql import Session
        >>> session = Session()
        >>> _ = session.run("select 7 / 2 as n into #half")
        >>> session.table("#half")["n"].tolist()
        [3]
        """
        parts = split_name(name) or [name]
        entry = self.store.find(parts)
        if entry is None and len(parts) < 3:
            entry = self.store.find([self.home, *(["dbo"] if len(parts) == 1 else []), *parts])
        if entry is None:
            labels = list(self._made())
            stands = f"The session has {', '.join(labels)}." if len(labels) < 9 else ""
            raise UnknownName(
                "table", name, labels, "in the session",
                stands if labels else "No script has made a table in it so far.",
            )  # fmt: skip
        sql, cols, _ = self.source_of(entry, "s", self.binder())
        query = Query(f"SELECT {', '.join(col.sql for col in cols)} FROM {sql}", cols)
        return as_frame(self.read(query), query)

    def _made(self) -> dict[str, Table]:
        """Return the tables under the names that are shown."""
        return {self._label(e): e for e in self.store.entries.values() if isinstance(e, Table)}

    def _label(self, entry: Table) -> str:
        if entry.name.startswith("#"):
            return entry.name
        parts = [self.store.schema_of(entry)[1], entry.name]
        if entry.database.lower() != self.home.lower():
            parts.insert(0, entry.database)
        return ".".join(f"[{p.replace(']', ']]')}]" if set(p) & set('.[]"') else p for p in parts)


def as_frame(table: pa.Table, query: Query) -> Any:
    """Return the rows of a query as pandas shows them: pyarrow-backed, under the script's names."""
    import pandas as pd

    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    frame.columns = [col.name for col in query.cols]
    return frame
