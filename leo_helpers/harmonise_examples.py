"""Run the worked examples of the crosswalk: each rule is tested by what its authors wrote down."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sqlglot import exp

from .catalogue_model import Table, View
from .crosswalk import Crosswalk
from .crosswalk_model import Concept, Example
from .crosswalk_years import (
    collected,
    column_number,
    occasions,
    says_year,
    variable_of,
    view_occasions,
)
from .errors import CrosswalkError
from .harmonise_engines import lower
from .harmonise_held import Column, Held, expected_storage
from .harmonise_plan import make_plan
from .harmonise_sql import build
from .harmonise_words import as_, column, name
from .selection import written

__all__ = ["Case", "cases", "check_examples", "differs", "queries"]

_SQL_STORED = {"text": "VARCHAR", "integer": "BIGINT", "float": "DOUBLE", "date": "DATE"}


class Case(NamedTuple):
    """An example, and the view and year that it is run in."""

    number: int
    example: Example
    concept: Concept
    table: Table
    view: View
    year: int | None


def cases(crosswalk: Crosswalk) -> list[Case]:
    """Find the view that each example is about.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.

    Returns
    -------
    list of Case
        In the order of the files. An example without a year takes the first in which one of its
        variables exists.

    Examples
    --------
    >>> from leo_helpers.crosswalk import load_crosswalk
    >>> crosswalk = load_crosswalk()
    >>> len(cases(crosswalk)) == len(crosswalk.examples)
    True
    """
    return [_case(crosswalk, n, example) for n, example in enumerate(crosswalk.examples)]


def _case(crosswalk: Crosswalk, number: int, example: Example) -> Case:
    table = crosswalk.catalogue.tables[example.table_id]
    concept = crosswalk.concepts[example.table_id, example.concept]
    there = [
        (view, when)
        for view in table.views()
        for when in view_occasions(view, table)
        if example.year in (None, when[0]) or when[0] is None
        if not example.term or view.term == example.term
    ]
    sources = crosswalk.sources.get((example.table_id, example.concept), ())
    named = [
        (source, collected(variable_of(crosswalk.catalogue, table.table_id, n), table))
        for source in sources
        for n in source.variables
        if n in example.inputs
    ]
    fitting = [
        (view, when)
        for view, when in there
        if any(when in held and occasions(source, [when], table) for source, held in named)
    ]
    view, (year, _) = (fitting or there or [(table.views()[0], (example.year, ""))])[0]
    return Case(number, example, concept, table, view, year)


class _Given(Held):
    """Columns that hold the inputs of some examples, as what they were given."""

    def __init__(self, crosswalk: Crosswalk, table: Table, view: View, group: list[Case]) -> None:
        super().__init__(crosswalk.catalogue, None, None, from_data=False)
        self.group, self.values = group, {}
        columns: dict[str, Column] = {}
        concept = group[0].concept
        for source in crosswalk.sources[table.table_id, concept.concept]:
            for wanted in source.variables:
                variable = variable_of(crosswalk.catalogue, table.table_id, wanted)
                assumed = Held(crosswalk.catalogue, None, None, from_data=False)
                found = assumed.column(view, variable, column_number(wanted)[1])
                if found is not None:
                    values = [case.example.inputs.get(wanted) for case in group]
                    stored = _stored(values, expected_storage(variable))
                    columns[found.name.lower()] = Column(found.name, stored)
                    self.values[found.name] = values
        if says_year(view, table) and len(view.years) > 1:
            self._stamp(columns, view, table)
        self.given = columns

    def _stamp(self, columns: dict[str, Column], view: View, table: Table) -> None:
        """Fill the column that says the year, except where an example gives it itself."""
        key = table.year_column.lower()
        own = self.values.get(columns[key].name) if key in columns else None
        asked = {n.lower() for case in self.group for n in case.example.inputs}
        if own is None or key not in asked:
            own = [None] * len(self.group)
        values = [
            value if value is not None or case.year is None else written(table, case.year)
            for case, value in zip(self.group, own, strict=True)
        ]
        named = columns[key].name if key in columns else table.year_column
        columns[key] = Column(named, _stored(values, "text"))
        self.values[named] = values

    def columns(self, view: View) -> dict[str, Column]:
        """Return the columns that were given."""
        return self.given

    def rows(self) -> exp.Values:
        """The inputs as rows, with the number of the example."""
        rows = [
            exp.Tuple(
                expressions=[
                    exp.Literal.number(case.number),
                    *(
                        _literal(values[n], self.given[named.lower()].stored)
                        for named, values in self.values.items()
                    ),
                ]
            )
            for n, case in enumerate(self.group)
        ]
        columns = [name("example"), *(name(named) for named in self.values)]
        return exp.Values(
            expressions=rows, alias=exp.TableAlias(this=name("given"), columns=columns)
        )


def _stored(values: Iterable[Any], expected: str) -> str:
    kinds = {type(v) for v in values if v is not None}
    if not kinds:
        return "text" if expected == "binary" else expected
    if kinds <= {bool, int}:
        return "integer"
    if kinds <= {bool, int, float}:
        return "float"
    return "date" if expected == "date" else "text"


def _literal(value: Any, stored: str) -> exp.Expression:
    kind = exp.DataType.build(_SQL_STORED[stored])
    if value is None:
        return exp.Cast(this=exp.Null(), to=kind)
    if isinstance(value, bool):
        value = int(value)
    return exp.Cast(this=exp.Literal.string(str(value)), to=kind)


def queries(
    crosswalk: Crosswalk, engine: str, chunk: int = 60
) -> Iterator[tuple[exp.Expression, list[Case]]]:
    """Write the examples as queries that give a number and the concept as text.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.
    engine : {"duckdb", "spark", "tsql"}
        The engine.
    chunk : int
        How many SELECTs to put together in one query.

    Yields
    ------
    tree, list of Case
        A query, and the examples that are in it.
    """
    groups: dict[tuple, list[Case]] = {}
    for case in cases(crosswalk):
        key = (case.table.table_id, case.concept.concept, case.view)
        groups.setdefault(key, []).append(case)
    listed = list(groups.values())
    for start in range(0, len(listed), chunk):
        part = listed[start : start + chunk]
        whole: exp.Expression | None = None
        for group in part:
            select = _select(crosswalk, group, engine)
            whole = select if whole is None else _union(whole, select)
        if whole is not None:
            yield whole, [case for group in part for case in group]


def _union(one: exp.Expression, other: exp.Expression) -> exp.Expression:
    return exp.Union(this=one, expression=other, distinct=False)


def _select(crosswalk: Crosswalk, group: list[Case], engine: str) -> exp.Select:
    first = group[0]
    held = _Given(crosswalk, first.table, first.view, group)
    plan = make_plan(crosswalk, first.table, [first.concept], [first.view], held)
    select = build(plan, crosswalk, "project", "map").pieces[0].select
    inner = select.args["from_"].this.this
    inner.set("from_", exp.From(this=held.rows()))
    inner.append("expressions", column("", "example"))
    value = select.expressions[-1]
    value = value.this if isinstance(value, exp.Alias) else value
    text = exp.Cast(this=value, to=exp.DataType.build("VARCHAR"))
    select.set("expressions", [column("v", "example"), as_(text, "outcome")])
    lower(select, engine)
    return select


def differs(case: Case, outcome: str | None) -> bool:
    """Tell whether an outcome is another one than the example says.

    Parameters
    ----------
    case : Case
        The example.
    outcome : str or None
        What an engine gave, as text.

    Returns
    -------
    bool
        Numbers are compared as numbers.
    """
    expected = case.example.output or None
    if expected is None or outcome is None:
        return expected is not outcome
    if case.concept.type == "number":
        return not math.isclose(float(expected), float(outcome), rel_tol=1e-9, abs_tol=1e-12)
    return expected != outcome


def check_examples(
    crosswalk: Crosswalk, run: Callable[[str], list[tuple]] | None = None, engine: str = "duckdb"
) -> list[CrosswalkError]:
    """Run every worked example and list those that come out otherwise.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.
    run : callable, optional
        Runs a query and gives its rows; without it DuckDB does.
    engine : {"duckdb", "spark"}
        The engine that ``run`` stands for.

    Returns
    -------
    list of CrosswalkError
        File, line and both outcomes.

    Examples
    --------
    >>> from leo_helpers.crosswalk import load_crosswalk
    >>> check_examples(load_crosswalk())
    []
    """
    if run is None:
        import duckdb

        con = duckdb.connect()

        def run(text: str) -> list[tuple]:
            return con.execute(text).fetchall()

    problems = []
    for tree, group in queries(crosswalk, engine):
        got = dict(run(tree.sql(dialect=engine, copy=False)))
        for case in group:
            if differs(case, got[case.number]):
                row = crosswalk.rows["examples"][case.number]
                outcome = "NULL" if got[case.number] is None else repr(got[case.number])
                wanted = repr(case.example.output) if case.example.output else "NULL"
                text = (
                    f"{case.concept} is {outcome} here and not {wanted} "
                    f"({case.view.name}). Change the output or the rule."
                )
                problems.append(CrosswalkError(text, row.file, row.line, "output"))
    return problems
