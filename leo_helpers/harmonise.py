"""Harmonise the years of a table: one definition, run by DuckDB or written as SQL of any engine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .catalogue import load_catalogue
from .connect import DEFAULT_PROJECT
from .crosswalk import Crosswalk, load_crosswalk
from .errors import HarmoniseError, UnknownName
from .harmonise_engines import ENGINES, view_tables
from .harmonise_held import Approved, Held, approved_variables
from .harmonise_plan import Plan, make_plan
from .harmonise_run import folder_of, lowered, run_to_arrow, run_to_parquet
from .harmonise_sql import build
from .harmonise_words import many_nodes
from .selection import views_for, year_filter
from .store import NOTICE
from .years import format_ranges, year_list

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from matplotlib.figure import Figure
    from sqlglot import exp


__all__ = ["Harmonised", "harmonise"]

Engine = Literal["duckdb", "spark", "tsql"]


def harmonise(
    table: str,
    concepts: Iterable[str] | str | None = None,
    years: Any = None,
    terms: str | Iterable[str] | None = None,
    root: str | os.PathLike[str] | None = None,
    approved: Approved = None,
    rules: Iterable[str | os.PathLike[str]] | str | None = None,
    strict: bool = False,
    source: Literal["data", "catalogue"] = "data",
) -> Harmonised:
    """Put the years of a table on top of one another under names and codes that stay the same.

    Nothing is read yet: ask the result for a data frame, a file, SQL, or what it covers.

    Parameters
    ----------
    table : str
        Table id or friendly name.
    concepts : str or list of str, optional
        The concepts, as `leo_helpers.concepts` lists them; without it all of the table.
    years : int, str, range or list, optional
        END years; without it all.
    terms : str or list of str, optional
        Census terms, for the school census.
    root : path, optional
        Folder of a data set; without it the default one, made on first use.
    approved : list of str or path, optional
        The variables of your project, as ``"table.variable"`` or as a CSV file with the columns
        ``table_id`` and ``variable``. What is not among them becomes NULL and is listed.
    rules : path or list of path, optional
        Folders with rules of your own.
    strict : bool
        Raise an error when a view or a column is not there, instead of giving NULL.
    source : {"data", "catalogue"}
        ``"catalogue"`` takes every view and column that is known to exist, and needs no data; it
        can be written as SQL, not run.

    Returns
    -------
    Harmonised
        One row for each row of the views: ``view``, ``year``, ``term``, the keys, the concepts.

    Raises
    ------
    UnknownName, YearError
        For tables, concepts, years or terms that do not exist.
    HarmoniseError
        If there are no rules for the table, no view can be read, or, with ``strict``, something
        is lacking.

    Examples
    --------
    >>> harmonise("sc_pupil", years=2011, terms="spring").table_id
    'sc_pupil'
    """
    catalogue, crosswalk = load_catalogue(), load_crosswalk(rules)
    found = catalogue.resolve_table(table)
    known = crosswalk.of_table(found.table_id)
    if concepts is None:
        wanted = known
    else:
        names = [concepts] if isinstance(concepts, str) else list(concepts)
        wanted = tuple(crosswalk.concept(found.table_id, n) for n in dict.fromkeys(names))
    if concepts is not None and not wanted:
        raise HarmoniseError(
            "No concept was asked for.",
            f"Name some of leo.concepts({found.table_id!r}), or leave concepts out for all.",
        )
    if not wanted:
        raise HarmoniseError(
            f"There are no harmonisation rules for {found.table_id}.",
            f"There are some for: {', '.join(crosswalk.tables)}.",
        )
    views = views_for(found, years, terms)
    column, _ = year_filter(found, years)
    held = Held(catalogue, root, approved_variables(approved, catalogue), source == "data")
    only = tuple(year_list(years)) if column else ()
    with many_nodes():
        plan = make_plan(crosswalk, found, wanted, views, held, only)
    if strict:
        _refuse(plan)
    if not plan.parts:
        raise HarmoniseError(
            f"None of the views of {found.table_id} is in the data set "
            f"(looked for {', '.join(v.name for v in views[:3])}).",
            "Generate them as well, or use source='catalogue' to write SQL without data.",
        )
    return Harmonised(plan, crosswalk, held)


def _refuse(plan: Plan) -> None:
    lacking = [c for c in plan.covers if c.state == "not in your extract"]
    if not lacking and not plan.absent:
        return
    by_concept: dict[str, list[int]] = {}
    for cover in lacking:
        by_concept.setdefault(cover.concept, []).append(cover.year or 0)
    parts = [
        f"{name} ({format_ranges(y for y in years if y) or 'all years'})"
        for name, years in by_concept.items()
    ]
    parts += [f"the view {view.name}" for view in plan.absent[:5]]
    raise HarmoniseError(
        f"{plan.table.table_id}: not in your extract: {', '.join(parts)}.",
        "Leave these out, apply for them, or use strict=False to get NULL.",
    )


class Harmonised:
    """A harmonisation, made by `harmonise`: run it, write it as SQL, or ask what it covers."""

    def __init__(self, plan: Plan, crosswalk: Crosswalk, held: Held) -> None:
        self._plan, self._crosswalk, self._held = plan, crosswalk, held

    @property
    def table_id(self) -> str:
        """The table."""
        return self._plan.table.table_id

    @property
    def concepts(self) -> list[str]:
        """The concepts, in the order of the columns."""
        return [c.concept for c in self._plan.concepts]

    @property
    def views(self) -> list[str]:
        """The views that are read, as ``database.view``."""
        return [f"{p.view.database}.{p.view.name}" for p in self._plan.parts]

    def __repr__(self) -> str:
        covers = self._plan.covers
        years = format_ranges({c.year for c in covers if c.year}) or "no years"
        lines = [
            f"<Harmonised {self.table_id}: {len(self.concepts)} concepts, {len(self.views)} "
            f"views, END years {years}>"
        ]
        lacking = sum(c.state == "not in your extract" for c in covers)
        if lacking:
            lines.append(f"  {lacking} cells are not in your extract; see .coverage")
        careful = sorted({c.concept for c in covers if c.state == "not comparable"})
        if careful:
            lines.append(f"  never compare over their breaks: {', '.join(careful)}; see .breaks")
        lines.append("  .to_pandas()  .to_parquet(path)  .sql('tsql')  .coverage  .breaks  .plot()")
        return "\n".join(lines)

    def tree(self, engine: Engine | None = None, project: str = DEFAULT_PROJECT) -> exp.Expression:
        """Return the sqlglot tree of the whole harmonisation.

        Parameters
        ----------
        engine : {"duckdb", "spark", "tsql"}, optional
            Whose words to use; without it the neutral tree.
        project : str
            Project number: the schema of the views.

        Returns
        -------
        sqlglot.exp.Expression
            One SELECT, or several put together with UNION ALL.

        Examples
        --------
        >>> harmonise("sc_pupil", years=2011, terms="spring").tree().key
        'select'
        """
        if engine not in (None, *ENGINES):
            raise UnknownName("engine", engine, ENGINES)
        with many_nodes():
            if engine is None:
                return build(self._plan, self._crosswalk, project).tree()
            style = "join" if engine == "tsql" else "map"
            built = build(self._plan, self._crosswalk, project, style)
            return lowered(self._plan, built, engine)

    def sql(
        self,
        engine: Engine = "tsql",
        project: str = DEFAULT_PROJECT,
        into: str | None = None,
        view: str | None = None,
    ) -> str:
        """Write the harmonisation as SQL.

        Parameters
        ----------
        engine : {"tsql", "duckdb", "spark"}
            For SQL Server, with comments; for DuckDB, as ``leo.connect()`` understands it; or
            for Spark, where each view is a table of its own name.
        project : str
            Your project number: the schema of the views.
        into, view : str, optional
            For T-SQL: make a table with ``SELECT ... INTO``, or a view, of this name.

        Returns
        -------
        str
            One statement.

        Examples
        --------
        >>> "UNION ALL" in harmonise("sc_pupil", years=range(2010, 2012)).sql("tsql")
        True
        """
        if engine != "tsql" and (into or view):
            raise HarmoniseError(
                "into and view are for T-SQL.", "Leave them out, or write sql('tsql', view=...)."
            )
        if engine == "tsql":
            from .harmonise_tsql import write_tsql

            built = build(self._plan, self._crosswalk, project)
            return write_tsql(self._plan, self._crosswalk, built, project, into, view)
        tree = self.tree(engine, project)
        if engine == "spark":
            for table in view_tables(tree):
                table.set("catalog", None)
                table.set("db", None)
        return tree.sql(dialect=engine, pretty=True, copy=False)

    def to_arrow(self) -> pa.Table:
        """Run the harmonisation into an Arrow table.

        Returns
        -------
        pyarrow.Table
            One row for each row of the views.

        Raises
        ------
        DataSetError
            If files of the data set are damaged.

        Examples
        --------
        >>> harmonise("sc_pupil", years=2011, terms="spring").to_arrow().column_names[:3]
        ['view', 'year', 'term']
        """
        return run_to_arrow(self._plan, self._crosswalk, self._held)

    def to_pandas(self, labels: bool = False) -> pd.DataFrame:
        """Run the harmonisation into a data frame.

        Parameters
        ----------
        labels : bool
            Show the labels of codes in place of the codes.

        Returns
        -------
        pandas.DataFrame
            One row for each row of the views, with pyarrow types; categories are in the order of
            their code list. ``df.attrs`` names the table and says that the data are synthetic.

        Examples
        --------
        >>> list(harmonise("sc_pupil", years=2011, terms="spring").to_pandas().columns[:3])
        ['view', 'year', 'term']
        """
        from .harmonise_frames import to_frame

        frame = to_frame(self.to_arrow(), self._plan.concepts, self._crosswalk, labels)
        frame.attrs = {"table": self.table_id, "notice": NOTICE, "views": self.views}
        return frame

    def to_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Run the harmonisation into a Parquet file; memory does not grow with the rows.

        Parameters
        ----------
        path : path
            The file; an old one is replaced only when the new one is finished.

        Returns
        -------
        Path
            The file.

        Examples
        --------
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> h = harmonise("sc_pupil", years=2011, terms="spring")
        >>> h.to_parquet(f"{folder}/census.parquet").name
        'census.parquet'
        """
        target = Path(path).expanduser()
        run_to_parquet(self._plan, self._crosswalk, self._held, target)
        return target

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """What is given for each concept, year and term, by which column and rule, and why not."""
        from .harmonise_frames import coverage_frame

        return coverage_frame(self._plan)

    @cached_property
    def breaks(self) -> pd.DataFrame:
        """The years in which a concept of this harmonisation changes, and what to do about it."""
        from .harmonise_frames import breaks_frame

        return breaks_frame(self._plan, self._crosswalk)

    def unmapped(self) -> pd.DataFrame:
        """Count the codes in the data that no rule maps.

        Returns
        -------
        pandas.DataFrame
            One row a view, column and code: what becomes of it, and how many rows have it.

        Examples
        --------
        >>> list(harmonise("sc_pupil", years=2011, terms="spring").unmapped().columns[:3])
        ['concept', 'view', 'year']
        """
        from .browse import frame
        from .harmonise_unmapped import COLUMNS, unmapped_rows

        rows = unmapped_rows(self._plan, self._crosswalk, folder_of(self._held))
        return frame(rows, columns=COLUMNS)

    def plot(self) -> Figure:
        """Draw the coverage as a map, one row a concept and one column a year.

        Returns
        -------
        matplotlib.figure.Figure
            The map; its numbers are ``.coverage``.

        Examples
        --------
        >>> len(harmonise("sc_pupil", years=2011).plot().axes) > 0
        True
        """
        from .harmonise_map import draw_map

        return draw_map(self._plan, self._crosswalk)
