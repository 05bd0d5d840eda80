"""Decide, view by view, which column and which rule give each concept, and say what is lacking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

from .catalogue_model import Table, Variable, View
from .crosswalk import Crosswalk
from .crosswalk_model import Concept, Source
from .crosswalk_years import (
    Occasion,
    collected,
    column_number,
    input_kind,
    occasions,
    says_year,
    variable_of,
    view_occasions,
)
from .harmonise_held import Column, Held

__all__ = ["Cover", "Era", "Input", "Plan", "Step", "ViewPlan", "make_plan"]

#: What the map of coverage can say, from the best to the worst.
STATES = (
    "exact",
    "recoded",
    "derived",
    "not comparable",
    "not in your extract",
    "not yet checked",
    "cannot be harmonised",
    "not collected",
)
_STATE_OF_RULE = {"copy": "exact", "recode": "recoded", "scale": "recoded", "expression": "derived"}
#: Keys that are whole numbers in the secure service.
_WHOLE_KEYS = ("recordid", "external_id", "ae_id")


class Input(NamedTuple):
    """A column as a rule wants it, under a name of its own.

    The kind is text, integer, number, date, digits (a whole number as text) or "as it is"; of a
    text only the first ``left`` characters count, unless that is 0.
    """

    alias: str
    column: Column
    kind: str
    cased: bool = False
    missing: str = ""
    left: int = 0


class Step(NamedTuple):
    """One source at work in one view."""

    source: Source
    inputs: tuple[tuple[str, Input], ...]  # variable, column


class Era(NamedTuple):
    """Years of a view in which the same steps hold; no years if the rows say none."""

    years: tuple[int, ...]
    steps: tuple[Step, ...]


class Cover(NamedTuple):
    """What is given for a concept in one year and term, and why."""

    concept: str
    year: int | None
    term: str
    view: str
    state: str
    columns: str
    rule: str
    status: str
    note: str


@dataclass
class ViewPlan:
    """One view: its columns under names of our own, and the rules for each concept."""

    view: View
    years: tuple[int, ...]  # END years of its rows; empty if they say none
    year_column: Column | None = None
    inputs: dict[tuple, Input] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=lambda: {"year", "view", "term"})
    keys: dict[str, Input | None] = field(default_factory=dict)
    cells: dict[str, tuple[Era, ...]] = field(default_factory=dict)

    def add(
        self, column: Column, alias: str, kind: str, cased: bool, missing: str, left: int = 0
    ) -> Input:
        """Give a column a name; the same column for the same use keeps its name."""
        key = (column.name.lower(), kind, cased, missing, left)
        if key not in self.inputs:
            taken = self.aliases
            ending = {"text": "_as_written" if cased else "_text"}.get(kind, f"_{kind}")
            ending = f"_first_{left}" if left else ending
            names = chain((alias, alias + ending), (f"{alias}{ending}_{n}" for n in count(2)))
            name = next(n for n in names if n not in taken)
            taken.add(name)
            self.inputs[key] = Input(name, column, kind, cased, missing, left)
        return self.inputs[key]


@dataclass(frozen=True)
class Plan:
    """A whole harmonisation.

    Attributes
    ----------
    table : Table
        The table.
    concepts : tuple of Concept
        What is wanted.
    parts : tuple of ViewPlan
        The views that can be read.
    covers : tuple of Cover
        What is given for each concept, year and term.
    absent : tuple of View
        Views that are not in the extract.
    only_years : tuple of int
        Years that are chosen in views that pool several.
    """

    table: Table
    concepts: tuple[Concept, ...]
    parts: tuple[ViewPlan, ...]
    covers: tuple[Cover, ...]
    absent: tuple[View, ...]
    only_years: tuple[int, ...]


def make_plan(
    crosswalk: Crosswalk,
    table: Table,
    concepts: Sequence[Concept],
    views: Iterable[View],
    held: Held,
    only_years: tuple[int, ...] = (),
) -> Plan:
    """Work out a harmonisation.

    Parameters
    ----------
    crosswalk : Crosswalk
        The rules.
    table : Table
        The table.
    concepts : sequence of Concept
        The concepts, in the order of the result.
    views : iterable of View
        The views, in the order of the result.
    held : Held
        What may be used.
    only_years : tuple of int
        Only these END years of views that pool several; empty for all.

    Returns
    -------
    Plan
        What to read and what to say about it.
    """
    parts, covers, absent = [], [], []
    for view in views:
        columns = held.columns(view)
        whens = [w for w in view_occasions(view, table) if not only_years or w[0] in only_years]
        part = _start(crosswalk, table, view, held, [y for y, _ in whens if y is not None])
        for concept in concepts:
            work = _Work(crosswalk, table, concept, view, held, part)
            found = [work.at(when) for when in whens]
            covers += [cover for cover, _ in found]
            part.cells[concept.concept] = _eras(whens, [steps for _, steps in found])
        if columns is None:
            absent.append(view)
        else:
            parts.append(part)
    return Plan(table, tuple(concepts), tuple(parts), tuple(covers), tuple(absent), only_years)


def _eras(whens: list[Occasion], steps: list[tuple[Step, ...]]) -> tuple[Era, ...]:
    """Put years with equal steps together."""
    grouped: dict[tuple[Step, ...], list[int]] = {}
    for (year, _), found in zip(whens, steps, strict=True):
        if found:
            grouped.setdefault(found, []).extend([] if year is None else [year])
    return tuple(Era(tuple(years), found) for found, years in grouped.items())


def _start(
    crosswalk: Crosswalk, table: Table, view: View, held: Held, years: list[int]
) -> ViewPlan:
    part = ViewPlan(view, tuple(years))
    columns = held.columns(view) or {}
    if len(view.years) > 1 and says_year(view, table):
        part.year_column = columns.get(table.year_column.lower())
    for pattern in table.key_columns:
        name = pattern.replace("{term}", "").replace("{yy}", "").strip("_").replace("__", "_")
        if part.year_column and name == part.year_column.name.lower():
            continue  # the year stands among the columns already, as an END year
        mark = "" if view.term in (None, "PLASC") else view.term.lower()
        physical = pattern.replace("{term}", mark)
        if view.year is not None:
            physical = physical.replace("{yy}", f"{view.year % 100:02d}")
        column = columns.get(physical.lower())
        if column is None or not _key_allowed(crosswalk, table, view, column, held):
            part.keys[name] = None
            continue
        whole = column.stored == "integer" or name in _WHOLE_KEYS
        kind = "as it is" if whole else "text"
        part.keys[name] = part.add(column, name, kind, True, "")
    return part


def _key_allowed(
    crosswalk: Crosswalk, table: Table, view: View, column: Column, held: Held
) -> bool:
    if held.approved is None:
        return True
    for item in crosswalk.catalogue.view_columns(view):
        if item.column.lower() == column.name.lower():
            return held.allowed(item.variable)
    return True


@lru_cache(maxsize=4096)
def _told(
    crosswalk: Crosswalk, table: Table, concept: Concept
) -> tuple[tuple[Source, frozenset[Occasion], tuple[tuple[str, Variable, frozenset], ...]], ...]:
    """The sources of a concept: when each holds, and its variables with when they exist."""
    every = {when for view in table.views() for when in view_occasions(view, table)}
    out = []
    for source in crosswalk.sources.get((table.table_id, concept.concept), ()):
        found = [(n, variable_of(crosswalk.catalogue, table.table_id, n)) for n in source.variables]
        held = tuple((n, v, collected(v, table)) for n, v in found)
        out.append((source, frozenset(occasions(source, every, table)), held))
    return tuple(out)


class _Work:
    """Find the steps for one concept in one view."""

    def __init__(
        self,
        crosswalk: Crosswalk,
        table: Table,
        concept: Concept,
        view: View,
        held: Held,
        part: ViewPlan,
    ) -> None:
        self.crosswalk, self.table, self.concept = crosswalk, table, concept
        self.view, self.held, self.part = view, held, part
        self.sources = _told(crosswalk, table, concept)
        self._inputs: dict[tuple[int, str], Input] = {}  # by identity: a source is long to hash
        self._columns: dict[str, Column | None] = {}

    def at(self, when: Occasion) -> tuple[Cover, tuple[Step, ...]]:
        """Return the coverage and the steps of one year and term."""
        steps: list[Step] = []
        lacking: list[tuple[Source, str]] = []
        seen = False
        gaps: list[Source] = []
        for source, whens, variables in self.sources:
            there = [(n, v) for n, v, held in variables if when in held]
            seen = seen or bool(there)
            if when not in whens:
                continue
            if source.rule == "none":
                if there or not variables:
                    gaps.append(source)
                continue
            if not there or (source.rule == "expression" and len(there) < len(variables)):
                continue
            inputs = [(n, v, self._column(n, v)) for n, v in there]
            missing = [n for n, _, column in inputs if column is None]
            lacking += [(source, n) for n in missing]
            if source.rule == "expression" and missing:
                continue
            usable = [(n, v, c) for n, v, c in inputs if c is not None]
            if usable:
                steps.append(
                    Step(source, tuple((n, self._input(source, n, v, c)) for n, v, c in usable))
                )
        return self._cover(when, steps, lacking, gaps, seen), tuple(steps)

    def _column(self, name: str, variable: Variable) -> Column | None:
        if name not in self._columns:
            number = column_number(name)[1]
            self._columns[name] = self.held.column(self.view, variable, number)
        return self._columns[name]

    def _input(self, source: Source, name: str, variable: Variable, column: Column) -> Input:
        key = (id(source), name)
        if key not in self._inputs:
            kind, cased, missing = _use(source, self.concept, variable)
            number = column_number(name)[1]
            alias = _plain(variable.base) + (f"_{number}" if number else "")
            made = self.part.add(column, alias, kind, cased, missing, source.left)
            self._inputs[key] = made
        return self._inputs[key]

    def _cover(
        self,
        when: Occasion,
        steps: list[Step],
        lacking: list[tuple[Source, str]],
        gaps: list[Source],
        seen: bool,
    ) -> Cover:
        columns = "; ".join(dict.fromkeys(i.column.name for s in steps for _, i in s.inputs))
        wanted = [f"{self.table.table_id}.{name}" for _, name in lacking]
        source = None
        if steps:
            source = steps[0].source
            state = _STATE_OF_RULE[source.rule]
            if source.status == "not_comparable":
                state = "not comparable"
        elif lacking:
            state, source = "not in your extract", lacking[0][0]
        elif gaps:
            source = gaps[0]
            state = "cannot be harmonised" if source.status == "impossible" else "not yet checked"
        else:
            state = "not yet checked" if seen else "not collected"
        note = source.note if source else ""
        if wanted:
            there = "The view" if self.held.columns(self.view) is None else ", ".join(wanted)
            note = f"{there} is not in your extract. {note}".strip()
        return Cover(
            self.concept.concept,
            when[0],
            when[1],
            f"{self.view.database}.{self.view.name}",
            state,
            columns,
            source.rule if source else "",
            source.status if source else "",
            note,
        )


def _use(source: Source, concept: Concept, variable: Variable) -> tuple[str, bool, str]:
    """What a rule makes of a variable: kind, whether upper and lower case stay, what is missing."""
    kind = input_kind(variable)
    if source.rule == "expression":
        return kind, False, ""
    if source.rule == "recode":
        return ("digits" if kind == "integer" else "text"), False, ""
    missing = variable.missing_as if variable.missing_as in ("-1", "null;1900-01-01") else ""
    if concept.type in ("flag", "integer"):
        return "integer", False, missing
    if concept.type == "number":
        return "number", False, missing
    if concept.type == "date" or kind == "date":
        return "date", False, missing
    if kind == "integer":
        return "digits", False, missing
    return "text", concept.type in ("id", "text"), ""


def _plain(name: str) -> str:
    """A name that needs no quotes."""
    kept = "".join(c if c.isalnum() else "_" for c in name.lower()).strip("_")
    return f"v_{kept}" if kept[:1].isdigit() else kept
