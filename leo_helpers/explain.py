"""Look harmonised variables up: `leo.concepts` lists them, `leo.explain` tells their history."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .browse import frame
from .catalogue_model import Table
from .crosswalk import Crosswalk, load_crosswalk
from .crosswalk_model import Break, Concept, Recode, Source
from .crosswalk_years import collected, occasions, variable_of
from .describe import Description
from .errors import UnknownName
from .harmonise_held import Held
from .harmonise_plan import Cover, make_plan
from .years import TERMS, format_ranges

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["concept_rows", "concepts", "explain"]

_COLUMNS = (
    "table_id",
    "concept",
    "label",
    "type",
    "unit",
    "codelist",
    "years",
    "breaks",
    "compare",
    "caveat",
)


def concepts(table: str | None = None, rules: Iterable[str] | str | None = None) -> pd.DataFrame:
    """List the harmonised variables.

    Parameters
    ----------
    table : str, optional
        Only those of this table, by ``concept``; without it all.
    rules : path or list of path, optional
        Folders with rules of your own.

    Returns
    -------
    pandas.DataFrame
        One row a concept and table: label, type, code list, END years, how many breaks it has,
        and ``compare``: ``yes``, or ``not over breaks`` where years must not be compared.

    Raises
    ------
    UnknownName
        If there is no such table.

    Examples
    --------
    >>> list(concepts().columns[:3])
    ['table_id', 'concept', 'label']
    """
    rows = concept_rows(table, rules)
    return frame(rows, index="concept" if table else None, columns=_COLUMNS)


def concept_rows(
    table: str | None = None, rules: Iterable[str] | str | None = None
) -> list[dict[str, Any]]:
    """Return the rows of `concepts` as plain dictionaries.

    Parameters
    ----------
    table : str, optional
        Only those of this table.
    rules : path or list of path, optional
        Folders with rules of your own.

    Returns
    -------
    list of dict
        One per concept and table.

    Examples
    --------
    >>> isinstance(concept_rows("sc_pupil"), list)
    True
    """
    crosswalk = load_crosswalk(rules)
    catalogue = crosswalk.catalogue
    wanted = [catalogue.resolve_table(table).table_id] if table else crosswalk.tables
    out = []
    for table_id in wanted:
        found = catalogue.tables[table_id]
        for concept in crosswalk.of_table(table_id):
            sources = crosswalk.sources.get((table_id, concept.concept), ())
            breaks = _breaks_of(crosswalk, concept)
            careful = any(s.status == "not_comparable" for s in sources)
            out.append(
                {
                    "table_id": table_id,
                    "concept": concept.concept,
                    "label": concept.label,
                    "type": concept.type,
                    "unit": concept.unit or None,
                    "codelist": concept.codelist or None,
                    "years": format_ranges(_given(crosswalk, found, sources)) or "all rows",
                    "breaks": len(breaks),
                    "compare": "not over breaks" if careful else "yes",
                    "caveat": concept.caveat or None,
                }
            )
    return out


def _given(crosswalk: Crosswalk, table: Table, sources: tuple[Source, ...]) -> set[int]:
    """END years in which some rule gives a concept."""
    years: set[int] = set()
    for source in sources:
        if source.rule == "none":
            continue
        when = [
            collected(variable_of(crosswalk.catalogue, table.table_id, n), table)
            for n in source.variables
        ]
        join = frozenset.intersection if source.rule == "expression" else frozenset.union
        years |= {y for y, _ in occasions(source, join(*when), table) if y}
    return years


def _breaks_of(crosswalk: Crosswalk, concept: Concept) -> list[Break]:
    return [
        b
        for b in crosswalk.breaks
        if b.table_id == concept.table_id and b.concept == concept.concept
    ]


def explain(name: str, rules: Iterable[str] | str | None = None) -> Description:
    """Tell the history of a harmonised variable: columns, codes before and after, breaks, source.

    Parameters
    ----------
    name : str
        A table and a concept with a full stop between: ``"sc_pupil.sen_stage"``.
    rules : path or list of path, optional
        Folders with rules of your own.

    Returns
    -------
    Description
        Shows itself as text or, in a notebook, as a table; ``facts`` is a dictionary.

    Raises
    ------
    UnknownName
        If there is no such table or concept; the nearest names are given.

    Examples
    --------
    >>> explain("sc_pupil.sex").facts["Type"]
    'category'
    """
    crosswalk = load_crosswalk(rules)
    table_name, _, concept_name = name.partition(".")
    if not concept_name:
        known = [f"{t}.{c}" for t, c in crosswalk.concepts if c == table_name]
        raise UnknownName(
            "concept",
            name,
            known or map(str, crosswalk.concepts.values()),
            "",
            "Write table.concept.",
        )
    concept = crosswalk.concept(table_name, concept_name)
    table = crosswalk.catalogue.tables[concept.table_id]
    held = Held(crosswalk.catalogue, None, None, from_data=False)
    plan = make_plan(crosswalk, table, [concept], table.views(), held)
    sources = crosswalk.sources.get((concept.table_id, concept.concept), ())
    breaks = _breaks_of(crosswalk, concept)
    facts = [
        ("Label", concept.label),
        ("Type", concept.type + (f", {concept.unit}" if concept.unit else "")),
        ("Codes", _codes(crosswalk, concept)),
        *_history(crosswalk, table, plan.covers),
        ("Breaks", "\n".join(f"{b.year or 'always'}: {b.what} {b.advice}" for b in breaks)),
        ("Caveat", concept.caveat),
        ("Sources", _sources(crosswalk, sources, breaks)),
    ]
    return Description(str(concept), facts)


def _codes(crosswalk: Crosswalk, concept: Concept) -> str:
    if not concept.codelist:
        return ""
    codes = crosswalk.codes(concept.codelist)
    lines = [f"{c.code} = {c.label}" for c in codes[:20]]
    return "\n".join([*lines, *([f"... {len(codes) - 20} more"] if len(codes) > 20 else [])])


def _history(
    crosswalk: Crosswalk, table: Table, covers: tuple[Cover, ...]
) -> list[tuple[str, str]]:
    """One fact an era: from which columns, by which rule, and what becomes of the codes."""
    eras: dict[tuple, list[Cover]] = {}
    for cover in covers:
        key = (_pattern(crosswalk, table, cover), cover.state, cover.rule, cover.note)
        eras.setdefault(key, []).append(cover)
    told: dict[str, str] = {}
    explained: set[str] = set()
    for (_, state, _, note), group in sorted(eras.items(), key=lambda e: _first(e[1])):
        years = format_ranges({c.year for c in group if c.year}).replace(";", ", ")
        terms = [t for t in TERMS if t in {c.term for c in group}]
        in_years = {(c.year, c.term) for c in covers if c.year in {g.year for g in group}}
        some = terms if in_years != {(c.year, c.term) for c in group} else []
        title = " ".join(filter(None, (years or "Every row", "/".join(some))))
        columns = [c.columns for c in group if c.columns]
        shown = " ... ".join(dict.fromkeys((columns[0], columns[-1]))) if columns else ""
        lines = [": ".join(filter(None, (state, shown)))]
        steps = _steps(crosswalk, table, group[0])
        for n, source in enumerate(steps):
            if len(steps) > 1:
                lines.append(_turn(source, n))
            recode = crosswalk.recodes.get(source.recode)
            if recode and recode.name in explained:
                lines.append(f"  codes as above ({recode.name})")
            elif recode:
                explained.add(recode.name)
                lines += _recode_lines(recode)
        lines += [note] if note else []
        text = "\n".join(lines)
        told[title] = f"{told[title]}\n{text}" if title in told else text
    return list(told.items())


def _first(group: list[Cover]) -> tuple[int, str]:
    return min((c.year or 0, c.term) for c in group)


def _steps(crosswalk: Crosswalk, table: Table, cover: Cover) -> list[Source]:
    """The sources that stand behind one cell of the coverage."""
    if not cover.columns:
        return []
    out = []
    for source in crosswalk.sources.get((table.table_id, cover.concept), ()):
        when = (cover.year, cover.term)
        there = [
            when in collected(variable_of(crosswalk.catalogue, table.table_id, n), table)
            for n in source.variables
        ]
        held = all(there) if source.rule == "expression" else any(there)
        if source.rule != "none" and held and occasions(source, [when], table):
            out.append(source)
    return out


def _pattern(crosswalk: Crosswalk, table: Table, cover: Cover) -> tuple[Source, ...]:
    return tuple(_steps(crosswalk, table, cover))


def _turn(source: Source, n: int) -> str:
    """Say which variable is read, when its turn comes, and how."""
    names = ", ".join(re.sub(r"_?\[\w+\]", "", name).strip("_") for name in source.variables)
    part = f"the first {source.left} characters of " if source.left else ""
    how = {"copy": "as it stands", "expression": "worked out", "scale": "in another unit"}
    ending = how.get(source.rule, "")
    return f"{part}{names}{', where nothing is found so far' if n else ''}:{f' {ending}'.rstrip()}"


def _recode_lines(recode: Recode) -> list[str]:
    by_target: dict[str, list[str]] = {}
    for code, to in recode.to.items():
        reason = recode.reasons.get(code, "")
        by_target.setdefault(to or f"missing ({reason})", []).append(code)
    same = [code for code, to in recode.to.items() if code == to and by_target[to] == [code]]
    lines = []
    if len(same) > 3:
        lines = textwrap.wrap(f"{', '.join(same)} -> unchanged", 90, initial_indent="  ")
        lines = [lines[0], *(f"  {line}" for line in lines[1:])]
        by_target = {to: codes for to, codes in by_target.items() if to not in same}
    for to, codes in by_target.items():
        more = f" and {len(codes) - 12} more" if len(codes) > 12 else ""
        lines.append(f"  {', '.join(codes[:12])}{more} -> {to}")
    if len(lines) > 24:
        lines = [*lines[:24], f"  ... {len(lines) - 24} more codes"]
    other = {"keep": "stay as they are", "null": "missing, and counted by .unmapped()"}
    return [*lines, f"  other codes -> {other.get(recode.unlisted, 'an error')}"]


def _sources(crosswalk: Crosswalk, sources: tuple[Source, ...], breaks: list[Break]) -> str:
    names = [part.strip() for s in (*sources, *breaks) for part in s.source_id.split(";")]
    lines = []
    for name in dict.fromkeys(filter(None, names)):
        cited = crosswalk.cited.get(name)
        lines.append(f"{name}: {cited.title}" if cited else name)
    return "\n".join(lines)
