"""Find the codes in the data that no rule maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlglot import exp

from .crosswalk import Crosswalk
from .crosswalk_model import Concept
from .errors import DataSetError
from .harmonise_engines import lower, read_files
from .harmonise_plan import Plan, Step, ViewPlan
from .harmonise_sql import inner_query
from .harmonise_words import column

__all__ = ["COLUMNS", "unmapped_rows"]

COLUMNS = ("concept", "view", "year", "term", "column", "rule", "code", "treated", "rows")


def unmapped_rows(plan: Plan, crosswalk: Crosswalk, folder: Path) -> list[dict[str, Any]]:
    """List the codes that no rule maps, with the number of rows.

    Parameters
    ----------
    plan : Plan
        The harmonisation.
    crosswalk : Crosswalk
        The rules.
    folder : Path
        The data set.

    Returns
    -------
    list of dict
        One for each concept, view, year, column and code.

    Raises
    ------
    DataSetError
        If files are damaged.
    """
    import duckdb

    con = duckdb.connect()
    out: list[dict[str, Any]] = []
    for part in plan.parts:
        uses = list(_uses(plan, part, crosswalk))
        counted: dict[str, list[tuple]] = {}
        for alias in dict.fromkeys(found.alias for _, _, _, found, _, _ in uses):
            try:
                counted[alias] = con.execute(_count(plan, part, alias, folder)).fetchall()
            except duckdb.Error as error:
                raise DataSetError(
                    f"The files of {part.view.name} in {folder} cannot be read "
                    f"({str(error).splitlines()[0]}).",
                    "Check with leo check, then generate the data set again with --overwrite.",
                ) from None
        for concept, step, years, found, listed, treated in uses:
            out += [
                {
                    "concept": concept.concept,
                    "view": part.view.name,
                    "year": year,
                    "term": part.view.term,
                    "column": found.column.name,
                    "rule": step.source.argument or step.source.rule,
                    "code": code,
                    "treated": treated,
                    "rows": count,
                }
                for code, year, count in counted[found.alias]
                if code not in listed and (not years or year in years)
            ]
    return sorted(out, key=lambda r: (r["concept"], r["year"] or 0, r["view"], -r["rows"]))


def _uses(plan: Plan, part: ViewPlan, crosswalk: Crosswalk) -> Any:
    """Yield every use of a column whose codes are listed, and what other codes become."""
    for concept in plan.concepts:
        for era in part.cells[concept.concept]:
            for step in era.steps:
                known = _listed(step, concept, crosswalk)
                if known is not None:
                    for _, found in step.inputs:
                        yield concept, step, era.years, found, *known


def _listed(step: Step, concept: Concept, crosswalk: Crosswalk) -> tuple[set[str], str] | None:
    source = step.source
    if source.rule == "recode":
        recode = crosswalk.recodes[source.recode]
        return set(recode.to), recode.unlisted
    if source.rule == "copy" and concept.type == "flag":
        return {"0", "1"}, "null"
    if source.rule == "copy" and concept.type == "category":
        return {c.code for c in crosswalk.codes(concept.codelist)}, "keep"
    return None


def _count(plan: Plan, part: ViewPlan, alias: str, folder: Path) -> str:
    """SQL that counts the codes of one column, year by year in a view that pools years."""
    wanted = [i for i in part.inputs.values() if i.alias == alias]
    query = inner_query(plan, part, "project", wanted)
    lower(query, "duckdb")
    read_files(query, folder)
    code, year = column("v", alias), _year(part)
    text = exp.Cast(this=code, to=exp.DataType.build("VARCHAR"))
    return (
        exp.Select(expressions=[text, year, exp.Count(this=exp.Star())])
        .from_(exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("v"))))
        .where(exp.Not(this=exp.Is(this=code.copy(), expression=exp.Null())))
        .group_by(exp.Literal.number(1), exp.Literal.number(2))
        .sql(dialect="duckdb")
    )


def _year(part: ViewPlan) -> exp.Expression:
    if part.year_column is not None:
        return column("v", "year")
    if len(part.view.years) == 1:
        return exp.Literal.number(part.view.years[0])
    return exp.Null()
