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
    every_occasion,
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
    lost: list[str] = field(default_factory=list)  # keys that the view has and you have not
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
        covers += [_lost(key, when, view) for key in part.lost for when in whens]
        if columns is None:
            absent.append(view)
        else:
            parts.append(part)
    return Plan(table, tuple(concepts), tuple(parts), tuple(covers), tuple(absent), only_years)


def _eras(whens: list[Occasion], steps: list[tuple[Step, ...]]) -> tuple[Era, ...]:
    """Put years with equal steps together."""
    grouped: dict[tuple, tuple[list[int], tuple[Step, ...]]] = {}
    for (year, _), found in zip(whens, steps, strict=True):
        if found:
            key = tuple((id(step.source), step.inputs) for step in found)
            grouped.setdefault(key, ([], found))[0].extend([] if year is None else [year])
    return tuple(Era(tuple(years), found) for years, found in grouped.values())


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
            known = (c.column.lower() for c in crosswalk.catalogue.view_columns(view))
            part.lost += [name] if columns and physical.lower() in known else []
            continue
        whole = column.stored == "integer" or name in _WHOLE_KEYS
        kind = "as it is" if whole else "text"
        part.keys[name] = part.add(column, name, kind, True, "")
    return part


def _lost(key: str, when: Occasion, view: View) -> Cover:
    note = f"The key {key} is not in your extract, so these rows cannot be linked by it."
    state = "not in your extract"
    return Cover(key, *when, f"{view.database}.{view.name}", state, "", "", "", note)


def _key_allowed(
    crosswalk: Crosswalk, table: Table, view: View, column: Column, held: Held
) -> bool:
    if held.approved is None:
        return True
    known = crosswalk.catalogue.view_columns(view)
    return all(held.allowed(c.variable) for c in known if c.column.lower() == column.name.lower())


class _Ruled(NamedTuple):
    """What the rules say of a concept in some years and terms, whatever the data at hand hold."""

    ways: tuple[tuple[Source, tuple[tuple[str, Variable], ...]], ...]  # with their variables
    gap: Source | None  # the rule that says that nothing can be given
    seen: bool  # whether any of its variables was collected


@lru_cache(maxsize=4096)
def _told(crosswalk: Crosswalk, table: Table, concept: Concept) -> dict[Occasion, _Ruled]:
    """What the rules say for each year and term; one object for all that are alike."""
    every = dict.fromkeys(when for when, _ in every_occasion(table))
    sources = []
    for source in crosswalk.sources.get((table.table_id, concept.concept), ()):
        found = [(n, variable_of(crosswalk.catalogue, table.table_id, n)) for n in source.variables]
        held = [(n, v, collected(v, table)) for n, v in found]
        sources.append((source, occasions(source, every, table), held))
    alike: dict[tuple, _Ruled] = {}
    out = {}
    for when in every:
        told = [
            (when in whens, *(when in held for _, _, held in variables))
            for _, whens, variables in sources
        ]
        key = tuple(told)
        if key not in alike:
            alike[key] = _ruled(sources, told)
        out[when] = alike[key]
    return out


def _ruled(sources: Sequence[tuple[Source, set, list]], told: Sequence[tuple[bool, ...]]) -> _Ruled:
    ways, gap, seen = [], None, False
    for (source, _, variables), (holds, *exist) in zip(sources, told, strict=True):
        seen = seen or any(exist)
        there = tuple((n, v) for (n, v, _), e in zip(variables, exist, strict=True) if e)
        if not holds:
            continue
        if source.rule == "none":
            gap = gap or (source if there or not variables else None)
        elif there and not (source.rule == "expression" and len(there) < len(variables)):
            ways.append((source, there))
    return _Ruled(tuple(ways), gap, seen)


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
        self.told = _told(crosswalk, table, concept)
        # By identity: what the rules say is one object for many years; a source is long to hash.
        self._done: dict[int, tuple[tuple, tuple[Step, ...]]] = {}
        self._inputs: dict[tuple[int, str], Input] = {}
        self._columns: dict[str, Column | None] = {}

    def at(self, when: Occasion) -> tuple[Cover, tuple[Step, ...]]:
        """Return the coverage and the steps of one year and term."""
        ruled = self.told[when]
        if id(ruled) not in self._done:
            self._done[id(ruled)] = self._apply(ruled)
        cover, steps = self._done[id(ruled)]
        view = f"{self.view.database}.{self.view.name}"
        return Cover(self.concept.concept, *when, view, *cover), steps

    def _apply(self, ruled: _Ruled) -> tuple[tuple, tuple[Step, ...]]:
        """Look for the columns; return the rest of the coverage, and the steps."""
        steps: list[Step] = []
        lacking: list[tuple[Source, str]] = []
        for source, there in ruled.ways:
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
        return self._cover(steps, lacking, ruled), tuple(steps)

    def _column(self, name: str, variable: Variable) -> Column | None:
        if name not in self._columns:
            number = column_number(name)[1]
            self._columns[name] = self.held.column(self.view, variable, number)
        return self._columns[name]

    def _input(self, source: Source, name: str, variable: Variable, column: Column) -> Input:
        key = (id(source), name)
        if key not in self._inputs:
            kind, cased, missing = _use(source, self.concept, variable)
            made = self.part.add(column, _alias(variable, name), kind, cased, missing, source.left)
            self._inputs[key] = made
        return self._inputs[key]

    def _cover(
        self, steps: list[Step], lacking: list[tuple[Source, str]], ruled: _Ruled
    ) -> tuple[str, str, str, str, str]:
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
        elif ruled.gap:
            source = ruled.gap
            state = "cannot be harmonised" if source.status == "impossible" else "not yet checked"
        else:
            state = "not yet checked" if ruled.seen else "not collected"
        note = source.note if source else ""
        if wanted:
            there = "The view" if self.held.columns(self.view) is None else ", ".join(wanted)
            note = f"{there} is not in your extract. {note}".strip()
        return state, columns, source.rule if source else "", source.status if source else "", note


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


@lru_cache(maxsize=16_384)
def _alias(variable: Variable, name: str) -> str:
    """A name for a column of a variable that needs no quotes; with its number if it has one."""
    kept = "".join(c if c.isalnum() else "_" for c in variable.base.lower()).strip("_")
    kept = f"v_{kept}" if kept[:1].isdigit() else kept
    number = column_number(name)[1]
    return f"{kept}_{number}" if number else kept
