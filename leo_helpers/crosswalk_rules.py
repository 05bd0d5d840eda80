"""The rules that hold between the files of the crosswalk, checked whenever they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .crosswalk_model import UNLISTED, normal
from .crosswalk_sources import broken_sources
from .errors import CrosswalkError, nearest

if TYPE_CHECKING:
    from .crosswalk import Crosswalk, Row

__all__ = ["DOCUMENTED", "broken_rules"]

#: How many breaks the documentation of LEO counts; each has an id B001 to B127.
DOCUMENTED = 127
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_INTEGER = re.compile(r"-?\d+")


def broken_rules(crosswalk: Crosswalk, complete: bool = False) -> list[CrosswalkError]:
    """List everything that is wrong with the rules.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules as they were read.
    complete : bool
        Whether every source must have a worked example, and every recode and code list a use.

    Returns
    -------
    list of CrosswalkError
        One for each problem, each with file, line, column and what to do.

    Examples
    --------
    >>> from leo_helpers.crosswalk import load_crosswalk
    >>> broken_rules(load_crosswalk())
    []
    """
    parts = (
        _concepts(crosswalk),
        _codes(crosswalk, complete),
        _recodes(crosswalk, complete),
        _indexes(crosswalk),
        broken_sources(crosswalk),
        _breaks(crosswalk),
        _examples(crosswalk, complete),
    )
    found = [problem for part in parts for problem in part]
    order = {row.file: n for n, row in enumerate(r for rs in crosswalk.rows.values() for r in rs)}
    return sorted(found, key=lambda p: (order.get(p.file, 0), p.line or 0))


def _at(row: Row, column: str, message: str) -> CrosswalkError:
    return CrosswalkError(message, row.file, row.line, column)


def _known_table(crosswalk: Crosswalk, row: Row) -> CrosswalkError | None:
    tables = crosswalk.catalogue.tables
    if row.item.table_id in tables:
        return None
    found = nearest(row.item.table_id, tables)
    hint = f"Did you mean {' or '.join(found)}?" if found else "Use an id of leo.tables()."
    return _at(row, "table_id", f"There is no table {row.item.table_id!r}. {hint}")


def _known_concept(crosswalk: Crosswalk, row: Row) -> CrosswalkError | None:
    problem = _known_table(crosswalk, row)
    if problem or (row.item.table_id, row.item.concept) in crosswalk.concepts:
        return problem
    known = [c.concept for c in crosswalk.of_table(row.item.table_id)]
    found = nearest(row.item.concept, known)
    hint = f"Did you mean {' or '.join(found)}?" if found else "Add it to concepts.csv."
    return _at(row, "concept", f"{row.item.table_id} has no concept {row.item.concept!r}. {hint}")


def _twice(rows: list[Row], column: str, *fields: str) -> Iterator[CrosswalkError]:
    taken: dict[tuple, Row] = {}
    for row in rows:
        key = tuple(getattr(row.item, field) for field in fields)
        first = taken.setdefault(key, row)
        if first is not row:
            words = " ".join(map(repr, key))
            where = f"{first.file}, line {first.line}"
            yield _at(row, column, f"{words} already stands in {where}. Remove one of them.")


def _concepts(crosswalk: Crosswalk) -> Iterator[CrosswalkError]:
    rows = crosswalk.rows["concepts"]
    yield from _twice(rows, "concept", "concept", "table_id")
    first: dict[str, Row] = {}
    for row in rows:
        item = row.item
        problem = _known_table(crosswalk, row)
        if problem:
            yield problem
        if not _NAME.fullmatch(item.concept) or item.concept in ("view", "year", "term"):
            text = f"{item.concept!r} is no name for a concept. Use lower-case letters, digits, _."
            yield _at(row, "concept", text)
        if len(item.label.split()) > 12:
            words = len(item.label.split())
            yield _at(row, "label", f"The label has {words} words. Use at most 12.")
        if item.codelist and item.codelist not in crosswalk.codelists:
            yield _at(row, "codelist", _no_list(crosswalk, item.codelist))
        if item.type == "category" and not item.codelist:
            yield _at(row, "codelist", "A category needs a code list. Name one, or use type text.")
        same = first.setdefault(item.concept, row)
        for column in ("type", "codelist"):
            mine, theirs = getattr(item, column), getattr(same.item, column)
            if mine != theirs:
                text = (
                    f"{item.concept} has {column} {mine or 'blank'} here and {theirs or 'blank'} "
                    f"in {same.file}, line {same.line}. Make them equal, or use another name."
                )
                yield _at(row, column, text)
        if (item.table_id, item.concept) not in crosswalk.sources:
            yield _at(row, "concept", f"{item} has no row in sources.csv. Add one.")


def _no_list(crosswalk: Crosswalk, name: str) -> str:
    found = nearest(name, crosswalk.codelists)
    hint = f"Did you mean {' or '.join(found)}?" if found else "Add it to codes.csv."
    return f"There is no code list {name!r}. {hint}"


def _codes(crosswalk: Crosswalk, complete: bool) -> Iterator[CrosswalkError]:
    rows = crosswalk.rows["codes"]
    yield from _twice(rows, "code", "codelist", "code")
    used = {c.codelist for c in crosswalk.concepts.values()}
    home: dict[str, Row] = {}
    for row in rows:
        name = row.item.codelist
        if home.setdefault(name, row).file != row.file:
            text = f"{name!r} already begins in {home[name].file}. Keep a list in one file."
            yield _at(row, "codelist", text)
        if name in crosswalk.catalogue.codelists:
            text = f"The catalogue already has a code list {name!r}. Use that, or another name."
            yield _at(row, "codelist", text)
        elif complete and name not in used and home[name] is row:
            yield _at(row, "codelist", f"No concept uses {name!r}. Name it in concepts.csv.")


def _recodes(crosswalk: Crosswalk, complete: bool) -> Iterator[CrosswalkError]:
    rows = crosswalk.rows["recodes"]
    yield from _twice(rows, "from", "recode", "from_")
    used = {s.recode for g in crosswalk.sources.values() for s in g}
    home: dict[str, Row] = {}
    for row in rows:
        item = row.item
        if home.setdefault(item.recode, row).file != row.file:
            text = f"{item.recode!r} already begins in {home[item.recode].file}. Keep it in one."
            yield _at(row, "recode", text)
        if complete and item.recode not in used and home[item.recode] is row:
            text = f"No source uses the recode {item.recode!r}. Name it in sources.csv."
            yield _at(row, "recode", text)
        if item.from_ == "*":
            if item.to and item.to not in UNLISTED:
                text = f"{item.to!r} is no way to treat other codes. Write keep, null or error."
                yield _at(row, "to", text)
        elif normal(item.from_) != item.from_:
            text = (
                f"{item.from_!r} is never met, because values are trimmed and upper case. "
                f"Write {normal(item.from_)!r}."
            )
            yield _at(row, "from", text)
        elif not item.to and not item.reason:
            text = f"{item.from_!r} becomes missing. Say why in the column reason."
            yield _at(row, "reason", text)


def _indexes(crosswalk: Crosswalk) -> Iterator[CrosswalkError]:
    yield from _twice(crosswalk.rows["index"], "year", "index", "year")
    yield from _twice(crosswalk.rows["sources_cited"], "source_id", "source_id")


def _breaks(crosswalk: Crosswalk) -> Iterator[CrosswalkError]:
    for row in crosswalk.rows["breaks"]:
        check = _known_concept if row.item.concept else _known_table
        problem = check(crosswalk, row)
        if problem:
            yield problem
        for name in row.item.documented:
            number = int(name[1:]) if re.fullmatch(r"B\d{3}", name) else 0
            if not 1 <= number <= DOCUMENTED:
                text = f"{name!r} is no documented break. Use B001 to B{DOCUMENTED}."
                yield _at(row, "documented", text)


def _examples(crosswalk: Crosswalk, complete: bool) -> Iterator[CrosswalkError]:
    shown: set[Any] = set()
    for row in crosswalk.rows["examples"]:
        item = row.item
        problem = _known_concept(crosswalk, row)
        if problem:
            yield problem
            continue
        sources = crosswalk.sources.get((item.table_id, item.concept), ())
        declared = {name for source in sources for name in source.variables}
        for name in item.inputs:
            if name not in declared:
                hint = " or ".join(nearest(name, declared)) or "the names in sources.csv"
                text = f"No source of {item.concept} declares {name!r}. Use {hint}."
                yield _at(row, "inputs", text)
        fitting = [
            s
            for s in sources
            if set(s.variables) & set(item.inputs)
            and (item.year is None or (s.first_year or 0) <= item.year <= (s.last_year or 9999))
            and (not item.term or not s.terms or item.term in s.terms)
        ]
        if not fitting and item.inputs:
            text = (
                f"No source of {item.concept} with these variables covers {item.year} "
                f"{item.term}".rstrip()
                + ". Change the year or the term."
            )
            yield _at(row, "year", text)
        shown.update(fitting)
        if item.output:
            text = value_problem(
                crosswalk, crosswalk.concepts[item.table_id, item.concept], item.output
            )
            if text:
                yield _at(row, "output", text)
    for row in crosswalk.rows["sources"] if complete else ():
        known = (row.item.table_id, row.item.concept) in crosswalk.concepts
        if known and row.item.rule != "none" and row.item not in shown:
            text = f"This rule of {row.item} has no worked example. Add one to examples.csv."
            yield _at(row, "concept", text)


def value_problem(crosswalk: Crosswalk, concept: Any, value: str) -> str:
    """Say what is wrong with a value of a concept; empty if nothing is.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.
    concept : Concept
        The concept.
    value : str
        The value as text.

    Returns
    -------
    str
        A sentence, or nothing.
    """
    if concept.codelist in crosswalk.codelists:
        codes = [c.code for c in crosswalk.codelists[concept.codelist]]
        if value not in codes and concept.type not in ("integer", "number"):
            near = " or ".join(map(repr, nearest(value, codes)))
            hint = f"Did you mean {near}?" if near else f"Known are {', '.join(codes[:8])}."
            return f"{value!r} is not in the code list {concept.codelist}. {hint}"
    if concept.type == "flag" and value not in ("0", "1"):
        return f"{value!r} is no flag. A flag is 0 or 1; else make the concept a category."
    if concept.type == "integer" and not _INTEGER.fullmatch(value):
        return f"{value!r} is no whole number. Write plain digits."
    if concept.type == "number":
        try:
            float(value)
        except ValueError:
            return f"{value!r} is no number. Write it with a full stop."
    if concept.type == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"{value!r} is no date. Write it like 2015-09-01."
    return ""
