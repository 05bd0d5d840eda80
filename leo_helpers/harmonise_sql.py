"""Turn a plan into one sqlglot tree: a SELECT for every view, put together with UNION ALL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from .crosswalk import Crosswalk
from .crosswalk_model import Recode
from .crosswalk_nodes import Clean, Clip, Key, ToDate, ToInteger, ToNumber, ToText
from .harmonise_cells import Cells, Style
from .harmonise_plan import Input, Plan, ViewPlan
from .harmonise_words import as_, column, name, typed_null

__all__ = ["Built", "Lookup", "Piece", "build", "inner_query"]


@dataclass(frozen=True)
class Lookup:
    """A recode or an index as a small table.

    Attributes
    ----------
    name : str
        What the table is called.
    key : str
        Its key column: ``code`` or ``year``.
    stored : str
        What its values are: text, integer, number or date.
    rows : tuple of (key, value) nodes
        Its rows.
    kind : str
        The SQL type of its values.
    notes : tuple of str
        For each row, why it is so; may be empty.
    recode : Recode or None
        The recode that it holds.
    """

    name: str
    key: str
    stored: str
    rows: tuple[tuple[exp.Expression, exp.Expression], ...]
    kind: str
    notes: tuple[str, ...] = ()
    recode: Recode | None = None

    def select(self) -> exp.Select:
        """The table as a query."""
        rows = [exp.Tuple(expressions=[k.copy(), v.copy()]) for k, v in self.rows]
        alias = exp.TableAlias(this=name("listed"), columns=[name(self.key), name("value")])
        return exp.Select(
            expressions=[column("", self.key), column("", "value")],
            from_=exp.From(this=exp.Values(expressions=rows, alias=alias)),
        )


@dataclass(frozen=True)
class Piece:
    """The query of one view, and the plan that it came from."""

    part: ViewPlan
    select: exp.Select


@dataclass
class Built:
    """Everything that a text or an engine is made from."""

    pieces: list[Piece] = field(default_factory=list)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    joined: bool = True

    def tree(self) -> exp.Expression:
        """Put the whole harmonisation together as one tree; the pieces become its branches."""
        whole: exp.Expression = self.pieces[0].select
        for piece in self.pieces[1:]:
            whole = exp.Union(this=whole, expression=piece.select, distinct=False)
        if self.lookups and self.joined:
            tables = [
                exp.CTE(this=look.select(), alias=exp.TableAlias(this=name(look.name)))
                for look in self.lookups.values()
            ]
            whole.set("with_", exp.With(expressions=tables))
        return whole


def build(plan: Plan, crosswalk: Crosswalk, project: str, style: Style = "join") -> Built:
    """Build the tree of a plan.

    Parameters
    ----------
    plan : Plan
        What to read.
    crosswalk : Crosswalk
        The rules.
    project : str
        The project number, which is the schema of the views.
    style : {"join", "map", "variable"}
        How small tables are used.

    Returns
    -------
    Built
        One query for each view, and the small tables that they join.
    """
    built = Built(joined=style == "join")
    for part in plan.parts:
        built.pieces.append(Piece(part, _select(plan, part, crosswalk, built, project, style)))
    return built


def _select(
    plan: Plan, part: ViewPlan, crosswalk: Crosswalk, built: Built, project: str, style: Style
) -> exp.Select:
    view = part.view
    cells = Cells(part, crosswalk, {c.concept for c in plan.concepts}, built.lookups, style)
    items = [
        as_(exp.Literal.string(view.name), "view"),
        as_(cells.year(), "year"),
        as_(exp.Literal.string(view.term) if view.term else typed_null("text"), "term"),
    ]
    for key, found in part.keys.items():
        value = typed_null("id")
        if found:
            value = column("v", found.alias)
            value = Key(this=value) if found.kind == "text" else value
        items.append(as_(value, key))
    items += [as_(cells.cell(concept), concept.concept) for concept in plan.concepts]
    clean = exp.Subquery(
        this=inner_query(plan, part, project), alias=exp.TableAlias(this=name("v"))
    )
    query = exp.Select(expressions=items, from_=exp.From(this=clean))
    for alias, (table, key) in cells.joins.items():
        query.append(
            "joins",
            exp.Join(
                this=exp.Table(
                    this=name(table),
                    alias=exp.TableAlias(this=name(alias)) if alias != table else None,
                ),
                on=exp.EQ(this=column(alias, built.lookups[table].key), expression=key),
                side="LEFT",
            ),
        )
    if plan.only_years and part.year_column is not None:
        years = [exp.Literal.number(y) for y in part.years]
        query.set("where", exp.Where(this=exp.In(this=cells.year(), expressions=years)))
    return query


def inner_query(
    plan: Plan, part: ViewPlan, project: str, inputs: Iterable[Input] | None = None
) -> exp.Select:
    """Select the columns of a view, clean and under names that stay the same over the years.

    Parameters
    ----------
    plan : Plan
        The harmonisation.
    part : ViewPlan
        The view.
    project : str
        The schema.
    inputs : iterable of Input, optional
        Only these columns.

    Returns
    -------
    sqlglot.exp.Select
        The query.
    """
    items = [as_(_clean(i), i.alias) for i in (inputs or part.inputs.values())]
    if part.year_column is not None:
        items.insert(0, as_(_row_year(plan, part), "year"))
    table = exp.Table(
        this=name(part.view.name),
        db=exp.Identifier(this=project, quoted=True),
        catalog=name(part.view.database),
    )
    return exp.Select(
        expressions=items or [as_(exp.Literal.number(1), "one")], from_=exp.From(this=table)
    )


def _clean(item: Input) -> exp.Expression:
    """A column as the rules want it."""
    raw, stored = column("", item.column.name), item.column.stored
    if item.kind == "as it is":
        return raw
    if item.kind == "text":
        text = Clean(this=raw, cased=item.cased, stored=stored)
        if not item.left:
            return text
        return Clip(this=exp.Left(this=text, expression=exp.Literal.number(item.left)))
    kinds = {"integer": ToInteger, "number": ToNumber, "date": ToDate, "digits": ToInteger}
    value: exp.Expression = kinds[item.kind](this=raw, stored=stored, raw=True)
    if item.missing == "-1":
        value = exp.Nullif(this=value, expression=exp.Literal.number(-1))
    elif item.missing and item.kind == "date":
        blank = exp.Cast(this=exp.Literal.string("1900-01-01"), to=exp.DataType.build("DATE"))
        value = exp.Nullif(this=value, expression=blank)
    return ToText(this=value, stored="integer") if item.kind == "digits" else value


def _row_year(plan: Plan, part: ViewPlan) -> exp.Expression:
    """The END year of a row, read from the view's own year column."""
    assert part.year_column is not None
    raw, stored = column("", part.year_column.name), part.year_column.stored
    table = plan.table
    pair = table.year_kind == "tax" or (
        table.year_kind == "academic" and table.dataset != "lilr" and stored != "integer"
    )
    if pair:  # 2010/2011 or 201011: the first four digits, and one more
        text = Clean(this=raw, cased=True, stored=stored)
        first = exp.Left(this=text, expression=exp.Literal.number(4))
        start: exp.Expression = ToInteger(this=first, stored="text")
    else:
        start = ToInteger(this=raw, stored=stored, raw=True)
    if pair or table.dataset == "lilr":
        start = exp.Add(this=start, expression=exp.Literal.number(1))
    return exp.Cast(this=start, to=exp.DataType.build("SMALLINT"))
