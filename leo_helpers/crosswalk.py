"""The crosswalk: which columns and codes of which year make up a concept, read from CSV files.

Every folder below ``data/crosswalk`` and every folder that a researcher adds may hold
``concepts.csv``, ``codes.csv``, ``sources.csv``, ``recodes.csv``, ``index.csv``, ``breaks.csv``,
``examples.csv`` and ``sources_cited.csv``. An error names the file, the line and the column, and
what to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .catalogue import Catalogue, load_catalogue
from .crosswalk_model import (
    Break,
    Cited,
    Concept,
    Example,
    Index,
    IndexRow,
    ListedCode,
    Recode,
    RecodeRow,
    Source,
)
from .csv_rows import read_rows, split_list
from .errors import CrosswalkError, LeoError, UnknownName
from .years import census_term

__all__ = [
    "Crosswalk",
    "Row",
    "check_crosswalk",
    "crosswalk_folders",
    "load_crosswalk",
    "problems_of",
]


class Row(NamedTuple):
    """A record and where it stands."""

    file: str
    line: int
    item: Any


class Crosswalk:
    """All rules of some folders, made by `load_crosswalk`.

    Parameters
    ----------
    rows : dict of str to list of Row
        The records of each kind of file.
    catalogue : Catalogue
        What the rules speak about.

    Attributes
    ----------
    concepts : dict of (str, str) to Concept
        By table and concept.
    sources : dict of (str, str) to tuple of Source
        By table and concept, in order of priority.
    recodes, indexes : dict
        By name.
    codelists : dict of str to tuple
        The harmonised code lists and those of the catalogue.
    breaks : tuple of Break
        In order of year.
    examples : tuple of Example
        In the order of the files.
    cited : dict of str to Cited
        The documents behind each ``source_id``.
    """

    def __init__(self, rows: dict[str, list[Row]], catalogue: Catalogue) -> None:
        self.rows = rows
        self.catalogue = catalogue
        self.concepts: dict[tuple[str, str], Concept] = {
            (r.item.table_id, r.item.concept): r.item for r in rows["concepts"]
        }
        grouped: dict[tuple[str, str], list[Source]] = {}
        for row in rows["sources"]:
            grouped.setdefault((row.item.table_id, row.item.concept), []).append(row.item)
        self.sources = {
            k: tuple(sorted(v, key=lambda s: (s.priority, s.first_year or 0)))
            for k, v in grouped.items()
        }
        self.recodes = _recodes(rows["recodes"])
        self.indexes = _indexes(rows["index"])
        self.codelists: dict[str, tuple] = dict(catalogue.codelists)
        own: dict[str, list[ListedCode]] = {}
        for row in rows["codes"]:
            own.setdefault(row.item.codelist, []).append(row.item)
        self.codelists |= {k: tuple(sorted(v, key=lambda c: c.order)) for k, v in own.items()}
        self.breaks: tuple[Break, ...] = tuple(
            sorted((r.item for r in rows["breaks"]), key=lambda b: b.year or 0)
        )
        self.examples: tuple[Example, ...] = tuple(r.item for r in rows["examples"])
        self.cited: dict[str, Cited] = {r.item.source_id: r.item for r in rows["sources_cited"]}
        self._tables: dict[str, list[Concept]] = {}
        for concept in self.concepts.values():
            self._tables.setdefault(concept.table_id, []).append(concept)

    def __repr__(self) -> str:
        return (
            f"<Crosswalk: {len({c for _, c in self.concepts})} concepts in {len(self._tables)} "
            f"tables, {sum(map(len, self.sources.values()))} rules, {len(self.breaks)} breaks>"
        )

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that have concepts, in the catalogue's order."""
        return tuple(t for t in self.catalogue.tables if t in self._tables)

    def of_table(self, table_id: str) -> tuple[Concept, ...]:
        """Return the concepts of a table; none if it has none."""
        return tuple(self._tables.get(table_id, ()))

    def concept(self, table: str, name: str) -> Concept:
        """Return one concept.

        Parameters
        ----------
        table : str
            The table or one of its names.
        name : str
            The concept.

        Returns
        -------
        Concept
            The concept as that table has it.

        Raises
        ------
        UnknownName
            If the table has no such concept; the nearest names are given.
        """
        table_id = self.catalogue.resolve_table(table).table_id
        found = self.concepts.get((table_id, name.strip().casefold()))
        if found is None:
            known = [c.concept for c in self.of_table(table_id)]
            raise UnknownName(
                "concept",
                name,
                known,
                f"in {table_id}",
                f"See leo.concepts({table_id!r}) for all of them.",
            )
        return found

    def codes(self, codelist: str) -> tuple:
        """Return the codes of a harmonised code list or of one of the catalogue."""
        if codelist not in self.codelists:
            raise UnknownName("code list", codelist, self.codelists)
        return self.codelists[codelist]


def _recodes(rows: list[Row]) -> dict[str, Recode]:
    grouped: dict[str, list[RecodeRow]] = {}
    for row in rows:
        grouped.setdefault(row.item.recode, []).append(row.item)
    out = {}
    for name, lines in grouped.items():
        other = [r for r in lines if r.from_ == "*"]
        out[name] = Recode(
            name,
            {r.from_: r.to or None for r in lines if r.from_ != "*"},
            {r.from_: r.reason for r in lines if r.reason},
            other[0].to if other and other[0].to else "null",  # type: ignore[arg-type]  # checked on load
            bool(other),
        )
    return out


def _indexes(rows: list[Row]) -> dict[str, Index]:
    grouped: dict[str, list[IndexRow]] = {}
    for row in rows:
        grouped.setdefault(row.item.index, []).append(row.item)
    return {
        k: Index(k, {r.year: r.value for r in sorted(v, key=lambda r: r.year)}, v[0].source_id)
        for k, v in grouped.items()
    }


def _inputs(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        problem = f"{text!r} is no JSON ({error})."
        raise LeoError(problem, 'Write it like {"Name": "value"}.') from error
    if not isinstance(found, dict):
        raise LeoError(f"{text!r} is no JSON object.", 'Write it like {"Name": "value"}.')
    return found


def _terms(text: str) -> tuple[str, ...]:
    return tuple(census_term(t) for t in split_list(text))


#: The files of a folder: the record of a row and how to read some of its cells.
FILES: dict[str, tuple[type, dict[str, Callable[[str], Any]]]] = {
    "concepts": (Concept, {}),
    "codes": (ListedCode, {}),
    "sources": (Source, {"variables": split_list, "terms": _terms}),
    "recodes": (RecodeRow, {}),
    "index": (IndexRow, {}),
    "breaks": (Break, {"documented": split_list}),
    "examples": (Example, {"inputs": _inputs, "term": census_term}),
    "sources_cited": (Cited, {}),
}


def crosswalk_folders(extra: Iterable[str | os.PathLike[str]] | str | None = None) -> list[Path]:
    """List the folders of rules: those of the package, then the ones that are added.

    Parameters
    ----------
    extra : path or iterable of path, optional
        Folders of your own.

    Returns
    -------
    list of Path
        Each folder once.

    Examples
    --------
    >>> all(folder.is_dir() for folder in crosswalk_folders())
    True
    """
    from .paths import data_dir

    base = data_dir() / "crosswalk"
    own = [extra] if isinstance(extra, str | os.PathLike) else extra or ()
    if not isinstance(own, Iterable) or not all(isinstance(p, str | os.PathLike) for p in own):
        raise CrosswalkError(f"rules={extra!r} is no folder. Give a path, or a list of paths.")
    found = sorted(p for p in base.glob("*") if p.is_dir() and any(p.glob("*.csv")))
    folders = [*found, *(Path(p).expanduser() for p in own)]
    return list(dict.fromkeys(p.absolute().resolve() for p in folders))


def load_crosswalk(
    rules: Iterable[str | os.PathLike[str]] | str | None = None,
) -> Crosswalk:
    """Read the rules, and check yours; a second call returns the same object until a file changes.

    Parameters
    ----------
    rules : path or iterable of path, optional
        Folders with rules of your own, which are added to those of the package.

    Returns
    -------
    Crosswalk
        The rules.

    Raises
    ------
    CrosswalkError
        For the first rule that is broken: file, line, column and what to do.

    Examples
    --------
    >>> load_crosswalk().catalogue.resolve_table("school census").table_id
    'sc_pupil'
    """
    folders = tuple(crosswalk_folders(rules))
    return _load(folders, tuple(_stamp(folder) for folder in folders))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files of a folder: researchers edit rules in a session."""
    states = [(path.name, path.stat()) for path in sorted(folder.glob("*.csv"))]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


@cache
def _load(folders: tuple[Path, ...], stamps: tuple) -> Crosswalk:
    own = folders != tuple(crosswalk_folders())
    found, problems = check_crosswalk(folders, trusted=not own)
    if problems:
        raise problems[0]
    return found


def check_crosswalk(
    folders: Sequence[Path], complete: bool = False, trusted: bool = False
) -> tuple[Crosswalk, list[CrosswalkError]]:
    """Read some folders and collect every rule that they break.

    Parameters
    ----------
    folders : sequence of Path
        The folders.
    complete : bool
        Whether every source must have a worked example, and every recode and code list a use.
    trusted : bool
        Whether to read only what each row says and leave out what the rows say of each other: the
        package's own rules are checked by its tests, and the check takes longer than the use.

    Returns
    -------
    Crosswalk, list of CrosswalkError
        What was read, and the problems in the order of the files.

    Examples
    --------
    >>> check_crosswalk(crosswalk_folders())[1]
    []
    """
    from .crosswalk_rules import broken_rules

    rows: dict[str, list[Row]] = {kind: [] for kind in FILES}
    problems: list[CrosswalkError] = []
    for folder in folders:
        for kind, (record, readers) in FILES.items():
            path = folder / f"{kind}.csv"
            if not path.exists():
                continue
            file = f"{folder.name}/{path.name}"
            try:
                rows[kind] += [
                    Row(file, line, item)
                    for line, item in read_rows(
                        path, record, readers, name=file, error=CrosswalkError, whole=False
                    )
                ]
            except CrosswalkError as error:
                problems.append(error)
        problems += _foreign_files(folder)
    crosswalk = Crosswalk(rows, load_catalogue())
    if not trusted:
        problems += broken_rules(crosswalk, complete)
    return crosswalk, problems


def _foreign_files(folder: Path) -> list[CrosswalkError]:
    names = sorted(p.name for p in folder.glob("*.csv")) if folder.is_dir() else []
    known = [f"{kind}.csv" for kind in FILES]
    if not names:
        text = f"There is no folder {folder}. Give one that holds some of: "
        if folder.is_dir():
            text = f"There are no CSV files in {folder}. Save there, as CSV UTF-8, some of: "
        return [CrosswalkError(f"{text}{', '.join(known)}.", folder.name)]
    return [
        CrosswalkError(
            f"No part of the crosswalk is called so. Rename it to one of: {', '.join(known)}.",
            f"{folder.name}/{name}",
        )
        for name in names
        if name not in known
    ]


def problems_of(rules: Iterable[str | os.PathLike[str]] | str | None = None) -> list[str]:
    """Check all rules with their worked examples; one sentence for each problem.

    Parameters
    ----------
    rules : path or iterable of path, optional
        Folders with rules of your own.

    Returns
    -------
    list of str
        Empty if all is well. The examples are run when nothing else is wrong.
    """
    from .crosswalk_rules import broken_rules
    from .harmonise_examples import check_examples

    folders = crosswalk_folders(rules)
    crosswalk, problems = check_crosswalk(folders, complete=True)
    if not broken_rules(crosswalk) and len(crosswalk.examples):
        problems += check_examples(crosswalk)
    return [str(p) for p in problems]
