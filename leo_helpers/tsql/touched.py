"""Which views and columns of LEO a script names, by the catalogue and without running it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from sqlglot import exp

from ..catalogue import load_catalogue
from ..catalogue_model import View, ViewColumn
from .arguments import date_part
from .blocks import word
from .execute import SHOWN, procedure
from .functions import BARE
from .sources import table_parts
from .store import LEO
from .survey import Statement, survey

__all__ = ["Read", "Source", "columns", "leo_views", "read_script", "unread"]


@dataclass(frozen=True)
class Source:
    """One source of a FROM: a view of LEO, or a table of the script's own.

    Attributes
    ----------
    name : str
        The alias, or else the table's name, in lower case.
    parts : tuple of str
        The table as written; empty for a derived table.
    view : View or None
        The view of LEO that it is.
    node : sqlglot.Expression
        Where it stands in the tree.
    """

    name: str
    parts: tuple[str, ...]
    view: View | None
    node: exp.Expression


@dataclass
class Read:
    """A statement, and what its columns mean.

    Attributes
    ----------
    statement : Statement
        What `survey` gave.
    database : str
        The one that USE has named.
    scopes : dict of int to list of Source
        The sources of each SELECT, by the id of its node.
    unknown : list of (Source, str)
        Sources in a database of LEO that the catalogue lacks, with the database.
    used : list of (exp.Column, View, ViewColumn)
        The columns of LEO that are read.
    lacking : list of (exp.Column, list of View)
        Columns that none of the sources that they can mean has.
    stars : list of (exp.Expression, View)
        Each ``*`` over a view.
    """

    statement: Statement
    database: str = ""
    scopes: dict[int, list[Source]] = field(default_factory=dict)
    unknown: list[tuple[Source, str]] = field(default_factory=list)
    used: list[tuple[exp.Column, View, ViewColumn]] = field(default_factory=list)
    lacking: list[tuple[exp.Column, list[View]]] = field(default_factory=list)
    stars: list[tuple[exp.Expression, View]] = field(default_factory=list)

    def chain(self, node: exp.Expression) -> Iterator[list[Source]]:
        """Yield the sources of the SELECT that a node is in, then of those around it."""
        select = node.find_ancestor(exp.Select)
        if select is None and self.statement.word in ("UPDATE", "DELETE", "MERGE", "WITH"):
            select = next((t for t in self.statement.trees if id(t) in self.scopes), None)
        while select is not None:
            yield self.scopes.get(id(select), [])
            select = _outer(select)

    def source_of(self, column: exp.Column) -> Source | None:
        """Return the source that a column with an alias before it comes from."""
        for sources in self.chain(column):
            for source in sources:
                if column.table and source.name == column.table.lower():
                    return source
            if not column.table and len(sources) == 1:
                return sources[0]
        return None


def _outer(select: exp.Select) -> exp.Select | None:
    """Return the query whose sources one inside it sees, if any."""
    around = select.find_ancestor(exp.Select, exp.Subquery, exp.CTE)
    while isinstance(around, exp.Subquery) and not _derived(around):
        around = around.find_ancestor(exp.Select, exp.Subquery, exp.CTE)
    if isinstance(around, exp.Subquery):  # it does not see what it is joined with
        holder = around.find_ancestor(exp.Select)
        return holder and _outer(holder)
    return around if isinstance(around, exp.Select) else None


def _derived(node: exp.Subquery) -> bool:
    """Tell whether a query stands in FROM, but not after APPLY."""
    return isinstance(node.parent, exp.From | exp.Join)


@lru_cache(maxsize=1)
def leo_views() -> dict[tuple[str, str], View]:
    """Map database and name, in lower case, to each view of the catalogue.

    Returns
    -------
    dict of (str, str) to View
        A view that several tables share stands once.

    Examples
    --------
    >>> leo_views()["npd_i2", "cin_2009_to_2021"].table_id
    'cin_overall'
    """
    found: dict[tuple[str, str], View] = {}
    for table in load_catalogue().tables.values():
        for view in table.views():
            found.setdefault((view.database.lower(), view.name.lower()), view)
    return found


@lru_cache(maxsize=512)
def columns(view: View) -> dict[str, ViewColumn]:
    """Return the columns of a view by their name in lower case."""
    return {item.column.lower(): item for item in load_catalogue().view_columns(view)}


def read_script(text: str) -> Iterator[Read]:
    """Yield every statement of a script with the views and columns of LEO that it names.

    Parameters
    ----------
    text : str
        T-SQL.

    Yields
    ------
    Read
        One a statement. A column without an alias, in a query that also reads tables of the
        script's own, is taken for LEO's only where a view has it; it is never lacking.

    Raises
    ------
    TSqlError
        If the script cannot be cut into statements.

    Examples
    --------
    >>> read, = read_script("select k.ks4_fsm from npd_i2..ks4pupil_2015_to_2021 k")
    >>> [(column.name, item.variable.name) for column, _, item in read.used]
    [('ks4_fsm', 'KS4_FSM')]
    """
    used = [""]  # by USE, in the script and in each EXEC inside it
    for statement in survey(text):
        used = [*used[: statement.depth + 1], *used[-1:] * (statement.depth + 1 - len(used))]
        if statement.word == "USE" and len(statement.tokens) > 1:
            used[-1] = statement.tokens[1].text.lower()
        database = used[-1]
        read = Read(statement, database)
        for tree in statement.trees:
            names = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
            for select in tree.find_all(exp.Select):
                read.scopes[id(select)] = list(_sources(select, names, database, read))
        for tree in statement.trees:
            for select in tree.find_all(exp.Select):
                _stars(select, read)
            for column in tree.find_all(exp.Column):
                if not isinstance(column.this, exp.Star):
                    _column(column, read)
        yield read


def _sources(select: exp.Select, ctes: set[str], database: str, read: Read) -> Iterator[Source]:
    first = select.args.get("from_")
    heads = [first.this] if first is not None else []
    heads += [join.this for join in select.args.get("joins") or []]
    while heads:
        node = heads.pop(0)
        heads += [join.this for join in node.args.get("joins") or []]
        inner = node.this if isinstance(node, exp.Subquery | exp.Paren) else None
        if isinstance(inner, exp.Table | exp.Subquery):  # brackets around a join
            heads.append(inner)
            continue
        alias = node.alias_or_name.lower()
        for pivot in node.args.get("pivots") or []:
            yield Source(pivot.alias.lower(), (), None, node)
        if not isinstance(node, exp.Table) or isinstance(node.this, exp.Anonymous):
            yield Source(alias, (), None, node)
            continue
        parts = tuple(table_parts(node))
        where = parts[-3].lower() if len(parts) > 2 else database
        view = None
        if where in LEO and not parts[-1].startswith(("#", "@")) and parts[-1].lower() not in ctes:
            view = leo_views().get((where, parts[-1].lower()))
        source = Source(alias or parts[-1].lower(), parts, view, node)
        if (
            view is None
            and where in LEO
            and not (len(parts) == 1 and parts[0].lower() in ctes)
            and not parts[-1].startswith(("#", "@"))
            and (len(parts) < 2 or parts[-2].lower() not in ("sys", "information_schema"))
        ):
            read.unknown.append((source, where))
        yield source


def _stars(select: exp.Select, read: Read) -> None:
    for item in select.expressions:
        star = item if isinstance(item, exp.Star) else None
        wanted = ""
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            star, wanted = item, item.table.lower()
        if star is not None:
            for source in read.scopes[id(select)]:
                if source.view is not None and wanted in ("", source.name):
                    read.stars.append((star, source.view))


def _column(column: exp.Column, read: Read) -> None:
    name, table = column.name.lower(), column.table.lower()
    if not table and (name in BARE or date_part(column)):
        return
    candidates: list[View] = []
    others = bool(_alias_of(column))
    for sources in read.chain(column):
        for source in sources:
            if table and source.name != table:
                continue
            if source.view is None:
                others = True
                continue
            item = columns(source.view).get(name)
            if item is not None:
                read.used.append((column, source.view, item))
                return
            candidates.append(source.view)
        if table and (candidates or others):
            break
    if candidates and not others:
        read.lacking.append((column, candidates))


def _alias_of(column: exp.Column) -> bool:
    """Tell whether ORDER BY names a column of the select list."""
    order = column.find_ancestor(exp.Order, exp.Select)
    if column.table or not isinstance(order, exp.Order):
        return False
    query = order.parent
    names = [item.alias_or_name.lower() for item in getattr(query, "selects", [])]
    return column.name.lower() in names


def unread(statement: Statement) -> bool:
    """Tell whether a statement may name columns that `read_script` cannot see."""
    if statement.opened or procedure(statement.tokens) in ("sp_rename", *SHOWN):
        return False
    words = {word(token) for token in statement.tokens}
    return bool(statement.problem) or (
        statement.word in ("EXEC", "EXECUTE", "INSERT") and bool(words & {"EXEC", "EXECUTE"})
    )
