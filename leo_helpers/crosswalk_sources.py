"""Check the rows of ``sources.csv``: variables, years, arguments, codes and overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .catalogue_model import Variable
from .crosswalk_model import Concept, Recode, Source, normal
from .crosswalk_years import collected, input_kind, occasions, says_year, variable_of
from .errors import CrosswalkError, LeoError, nearest
from .years import TERMS, format_ranges

if TYPE_CHECKING:
    from .crosswalk import Crosswalk, Row

__all__ = ["broken_sources"]

#: What a concept of each type is made of.
STORED = {
    "category": "text",
    "flag": "integer",
    "integer": "integer",
    "number": "number",
    "date": "date",
    "text": "text",
    "id": "text",
}


def broken_sources(crosswalk: Crosswalk) -> Iterator[CrosswalkError]:
    """Yield what is wrong with the rows of ``sources.csv``.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules as they were read.

    Yields
    ------
    CrosswalkError
        With file, line, column and what to do.
    """
    taken: dict[tuple, Row] = {}
    for row in crosswalk.rows["sources"]:
        source = row.item
        concept = crosswalk.concepts.get((source.table_id, source.concept))
        if source.table_id not in crosswalk.catalogue.tables:
            hint = " or ".join(nearest(source.table_id, crosswalk.catalogue.tables))
            text = f"There is no table {source.table_id!r}. Did you mean {hint or 'another'}?"
            yield _at(row, "table_id", text)
            continue
        if concept is None:
            known = [c.concept for c in crosswalk.of_table(source.table_id)]
            hint = " or ".join(nearest(source.concept, known))
            advice = f"Did you mean {hint}?" if hint else "Add it to concepts.csv."
            text = f"{source.table_id} has no concept {source.concept!r}. {advice}"
            yield _at(row, "concept", text)
            continue
        problems = list(_source(crosswalk, row, concept))
        yield from problems
        if not problems:
            yield from _overlap(crosswalk, row, taken)


def _at(row: Row, column: str, message: str) -> CrosswalkError:
    return CrosswalkError(message, row.file, row.line, column)


def _source(crosswalk: Crosswalk, row: Row, concept: Concept) -> Iterator[CrosswalkError]:
    source: Source = row.item
    if source.status != "complete" and not source.note:
        yield _at(row, "note", f"The status is {source.status}. Say why in the column note.")
    none = source.rule == "none"
    gap = source.status in ("impossible", "undetermined")
    if none != gap:
        text = f"Rule {source.rule} and status {source.status} do not go together. "
        text += "Rule none needs status impossible or undetermined, other rules another one."
        yield _at(row, "status", text)
    variables = []
    for name in source.variables:
        try:
            variables.append(variable_of(crosswalk.catalogue, source.table_id, name))
        except LeoError as error:
            yield _at(row, "variables", str(error))
    if len(variables) < len(source.variables):
        return
    if not variables and not none:
        yield _at(row, "variables", "The rule has no variables. Name at least one.")
        return
    problems = list(_years(crosswalk, row, variables))
    yield from problems
    if not problems and not none:
        yield from _argument(crosswalk, row, concept, variables)


def _years(crosswalk: Crosswalk, row: Row, variables: list[Variable]) -> Iterator[CrosswalkError]:
    source: Source = row.item
    table = crosswalk.catalogue.tables[source.table_id]
    if source.terms and table.view_kind != "per_year_term":
        text = f"{table.table_id} has no census terms. Leave terms blank."
        yield _at(row, "terms", text)
        return
    first, last = source.first_year, source.last_year
    if first and last and first > last:
        yield _at(row, "last_year", f"{first} to {last} runs backwards. Exchange the years.")
        return
    if not variables:
        return
    if (first or last) and not any(says_year(view, table) for view in table.views()):
        text = f"The rows of {table.table_id} say no year. Leave the years blank."
        yield _at(row, "first_year", text)
        return
    held = {v.name: collected(v, table) for v in variables}
    every = set().union(*held.values())
    years = sorted({year for year, _ in every})
    for column, year in (("first_year", first), ("last_year", last)):
        if year and year not in years:
            names = ", ".join(held)
            text = f"{names} has no data in {year}. It has END years {format_ranges(years)}."
            yield _at(row, column, text)
            return
    missing = [t for t in source.terms if t not in {term for _, term in every}]
    if missing:
        names = ", ".join(held)
        terms = [t for t in TERMS if t in {term for _, term in every}]
        text = f"{names} has no {missing[0]} census. It has {', '.join(terms)}."
        yield _at(row, "terms", text)
        return
    inside = occasions(source, every, table)
    if not inside:
        yield _at(row, "terms", "In these years there is no such term. Change years or terms.")
        return
    if source.rule == "expression" and (first or last):
        for name, when in held.items():
            lacking = sorted(inside - when, key=str)
            if lacking:
                year, term = lacking[0]
                text = (
                    f"{name} does not exist in {year}{f' {term}' if term else ''}. Narrow the "
                    "years or the terms, or split the row."
                )
                yield _at(row, "variables", text)
    if not frozenset.intersection(*held.values()) and source.rule == "expression":
        yield _at(row, "variables", "There is no year with all of these variables. Split the row.")


def _argument(
    crosswalk: Crosswalk, row: Row, concept: Concept, variables: list[Variable]
) -> Iterator[CrosswalkError]:
    source: Source = row.item
    if source.rule == "copy":
        if source.argument:
            yield _at(row, "argument", "The rule copy has no argument. Leave it blank.")
        yield from _copied(crosswalk, row, concept, variables)
    elif source.rule == "recode":
        yield from _recoded(crosswalk, row, concept, variables)
    elif source.rule == "scale":
        if concept.type not in ("integer", "number"):
            text = f"{concept} is a {concept.type}. Only integers and numbers can be scaled."
            yield _at(row, "rule", text)
        try:
            scale_of(crosswalk, source)
        except LeoError as error:
            yield _at(row, "argument", str(error))
    else:
        yield from _expression(crosswalk, row, concept, variables)


def scale_of(crosswalk: Crosswalk, source: Source) -> tuple[str, str, str]:
    """Read the argument of a scale: factor, offset and the name of an index, as text.

    Raises
    ------
    LeoError
        If it is no number, or there is no such index.
    """
    text = source.argument.strip()
    if text.startswith("index:"):
        name = text[6:].strip()
        if name not in crosswalk.indexes:
            hint = " or ".join(nearest(name, crosswalk.indexes)) or "none yet; add it to index.csv"
            raise LeoError(f"There is no index {name!r}.", f"Known: {hint}.")
        return "", "", name
    factor, _, offset = text.partition(";")
    for part in filter(None, (factor, offset)):
        try:
            float(part)
        except ValueError:
            raise LeoError(f"{part!r} is no number.", "Write 0.1, 0.1;5 or index:name.") from None
    if not factor:
        raise LeoError("The factor is missing.", "Write 0.1, 0.1;5 or index:name.")
    return factor.strip(), offset.strip(), ""


def _copied(
    crosswalk: Crosswalk, row: Row, concept: Concept, variables: list[Variable]
) -> Iterator[CrosswalkError]:
    for variable in variables:
        if variable.type == "date" and concept.type not in ("date", "text"):
            text = (
                f"{variable.name} is a date and {concept} is a {concept.type}. Use an expression."
            )
            yield _at(row, "rule", text)
        kind = input_kind(variable)
        if kind == "number" and concept.type in ("category", "text", "id"):
            text = f"{variable.name} is a number and {concept} is text. Use an expression."
            yield _at(row, "rule", text)
        if concept.type == "flag" and variable.codelist:
            known = {"0", "1"}
        elif concept.type == "category" and variable.codelist:
            known = {c.code for c in crosswalk.codelists.get(concept.codelist, ())}
        else:
            continue
        for code in _codes_met(crosswalk, row.item, variable):
            if normal(code) not in known:
                text = (
                    f"{variable.name} has the code {code!r}, which {concept} does not have. "
                    "Use rule recode."
                )
                yield _at(row, "rule", text)
                break


def _codes_met(crosswalk: Crosswalk, source: Source, variable: Variable) -> list[str]:
    """The codes of a variable in the years of a source."""
    first = source.first_year or 0
    last = source.last_year or 9999
    return [
        c.code
        for c in crosswalk.catalogue.codelists.get(variable.codelist, ())
        if (c.first_year or first) <= last and (c.last_year or last) >= first
    ]


def _recoded(
    crosswalk: Crosswalk, row: Row, concept: Concept, variables: list[Variable]
) -> Iterator[CrosswalkError]:
    from .crosswalk_rules import value_problem

    source: Source = row.item
    recode: Recode | None = crosswalk.recodes.get(source.recode)
    if recode is None:
        hint = " or ".join(nearest(source.recode, crosswalk.recodes))
        text = f"There is no recode {source.recode!r}. "
        yield _at(row, "argument", text + (f"Did you mean {hint}?" if hint else "Add it."))
        return
    if ";" in source.argument and not source.left:
        text = f"{source.argument!r} cannot be read. Write {recode.name}, or {recode.name};left:4"
        yield _at(row, "argument", f"{text} to recode the first four characters.")
        return
    for code, to in recode.to.items():
        text = value_problem(crosswalk, concept, to) if to is not None else ""
        if text:
            yield _at(row, "argument", f"The recode {recode.name} makes {code!r} wrong: {text}")
    if recode.unlisted == "keep" and concept.type in ("flag", "number", "date"):
        text = f"{recode.name} keeps other codes, but {concept} is a {concept.type}. Use null."
        yield _at(row, "argument", text)
    for variable in variables:
        if variable.type == "number" and not variable.codelist:
            text = f"{variable.name} is a number without codes. Use an expression or a scale."
            yield _at(row, "variables", text)
        if variable.type == "date":
            yield _at(row, "variables", f"{variable.name} is a date. Use an expression.")
        if source.left and input_kind(variable) != "text":
            text = f"{variable.name} is no text, so it has no first characters. Leave left: out."
            yield _at(row, "argument", text)
        met = [(c, normal(c) or "") for c in _codes_met(crosswalk, source, variable)]
        lost = [c for c, code in met if (code[: source.left or None]) not in recode.to]
        if lost and not recode.caught:
            text = (
                f"{variable.name} has the code{'s' if len(lost) > 1 else ''} "
                f"{', '.join(lost[:6])}{' ...' if len(lost) > 6 else ''}, which the recode "
                f"{recode.name} does not list. Add to recodes.csv, or add a line with from = *."
            )
            yield _at(row, "argument", text)


def _expression(
    crosswalk: Crosswalk, row: Row, concept: Concept, variables: list[Variable]
) -> Iterator[CrosswalkError]:
    from .crosswalk_expression import compile_expression
    from .crosswalk_rules import value_problem

    source: Source = row.item
    kinds = {n: input_kind(v) for n, v in zip(source.variables, variables, strict=True)}
    try:
        found = compile_expression(source.argument, kinds)
    except LeoError as error:
        yield _at(row, "argument", str(error))
        return
    for name in source.variables:
        if name not in found.names:
            text = f"The expression does not use {name}. Remove it, or write {{{name}}}."
            yield _at(row, "variables", text)
    need = STORED[concept.type]
    fits = {need, "null"} | ({"integer"} if need in ("text", "number") else set())
    if found.kind not in fits:
        text = f"The expression gives {found.kind}, but {concept} is a {concept.type}. Use CAST."
        yield _at(row, "argument", text)
        return
    for value in sorted(found.outcomes):
        text = value_problem(crosswalk, concept, value)
        if text:
            yield _at(row, "argument", text)


def _overlap(crosswalk: Crosswalk, row: Row, taken: dict[tuple, Row]) -> Iterator[CrosswalkError]:
    source: Source = row.item
    table = crosswalk.catalogue.tables[source.table_id]
    when = [
        collected(variable_of(crosswalk.catalogue, source.table_id, n), table)
        for n in source.variables
    ]
    if source.rule == "none" or not when:
        return
    mix = frozenset.intersection(*when) if source.rule == "expression" else set().union(*when)
    for year, term in sorted(occasions(source, mix, table), key=str):
        key = (source.table_id, source.concept, source.priority, year, term)
        other = taken.setdefault(key, row)
        if other is not row:
            text = (
                f"The rule in line {other.line} already gives {source} in {year or 'every year'}"
                f"{f' {term}' if term else ''} with priority {source.priority}. Give one of them "
                "another priority."
            )
            yield _at(row, "priority", text)
            return
