"""Look a script over without running it: the catalogue, your approved variables, what is slow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlglot import exp

from ..catalogue import load_catalogue
from ..catalogue_model import View
from ..errors import nearest
from ..harmonise_held import Approved, approved_variables
from ..selection import is_approved
from . import aggregates, dates, functions
from .advice import views_like, years_of
from .assign import temporary_made, variable_list
from .blocks import word
from .collations import collation_of
from .cursor import Cursor
from .errors import Refused
from .foreign import ELSEWHERE
from .lexer import Script
from .literals import any_row_does, first_start
from .own import OwnTables, index_of
from .refusals import not_run
from .result import script_text
from .rowwise import builds_up
from .rules import RULES
from .touched import Read, Source, columns, leo_views, read_script, unread

__all__ = ["Finding", "place_of", "tsql_check"]

_COMPARE = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
_BINARY = "_bin"


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    line, column : int
        Where in the script, from 1.
    kind : str
        ``error``, ``extract``, ``slow``, ``fragile``, ``refused`` (here, not inside) or
        ``unread`` (what this check cannot see).
    rule : str
        The rule's name, a key of `RULES`.
    words, step : str
        What was found, and what to do.
    """

    line: int
    column: int
    kind: str
    rule: str
    words: str
    step: str


@dataclass
class _Look:
    """What the rules look at: one statement, and what the script said before it."""

    read: Read
    own: OwnTables
    approved: frozenset[str] | None
    met: set[View]
    made: set[tuple[int, str]]


Hit = tuple[str, exp.Expression | None, dict[str, Any]]


def tsql_check(script: str | os.PathLike[str], approved: Approved = None) -> list[Finding]:
    """Look a T-SQL script over without running it.

    Parameters
    ----------
    script : str or path
        T-SQL, or a ``.sql`` file.
    approved : iterable of str or path, optional
        Your approved variables, as for `leo.harmonise`; without them the extract is not judged.

    Returns
    -------
    list of Finding
        In the order of the script; each rule says a thing once a place.

    Raises
    ------
    LeoError
        If the file or the list cannot be read.
    TSqlError
        If the script cannot be cut into statements.

    Examples
    --------
    >>> found, = tsql_check("select gender_spr12 from npd_i2..spring_census_2011")
    >>> found.kind, found.line, found.words
    ('error', 1, 'spring_census_2011 has no column gender_spr12.')
    """
    text = script_text(script)
    wanted = approved_variables(approved, load_catalogue())
    place, own, met, made = Script(text), OwnTables(), set(), set()
    found: dict[Finding, None] = {}
    for read in read_script(text):
        own.note(read.statement, partial(collation_of, read=read, own=own))
        look = _Look(read, own, wanted, met, made)
        for check in _CHECKS:
            for name, node, values in check(look):
                rule = RULES[name]
                line, column = place_of(node, place, read)
                words, step = rule.words.format(**values), rule.step.format(**values)
                found[Finding(line, column, rule.kind, name, words, step.strip())] = None
        found |= dict.fromkeys(_problem(read))
    return sorted(found, key=lambda f: (f.line, f.column))


def place_of(node: exp.Expression | None, script: Script, read: Read) -> tuple[int, int]:
    """Return line and column of a node, or else of its statement."""
    start = first_start(node) if node is not None else None
    if start is not None:
        return script.place(start)
    return read.statement.line, read.statement.column


def _problem(read: Read) -> Iterator[Finding]:
    problem = read.statement.problem
    if problem is not None:
        kind = "refused" if isinstance(problem, Refused) else "error"
        line, column = problem.line or read.statement.line, problem.column or 1
        yield Finding(line, column, kind, "syntax", problem.message, problem.next_step)


def _unread(look: _Look) -> Iterator[Hit]:
    if look.read.statement.problem is None and unread(look.read.statement):
        yield "unread", None, {"what": look.read.statement.word}


def _statement(look: _Look) -> Iterator[Hit]:
    found = not_run(look.read.statement)
    if found is not None:
        yield "statement", None, {"what": found[0], "step": found[1]}


def _functions(look: _Look) -> Iterator[Hit]:
    for tree in look.read.statement.trees:
        for call in tree.find_all(exp.Anonymous):
            name = call.name.lower()
            known = name in _KNOWN and name not in _RANDOM
            if name in ELSEWHERE:
                yield "elsewhere", call, {"name": call.name.upper(), "instead": ELSEWHERE[name]}
            elif name in _NEWER:
                yield "newer", call, {"name": call.name.upper()}
            elif not known and not isinstance(call.parent, _NOT_SCALAR):
                yield "function", call, {"name": call.name.upper()}


def _views(look: _Look) -> Iterator[Hit]:
    for source, database in look.read.unknown:
        name = source.parts[-1]
        held = [view for db, view in leo_views() if db == database]
        elsewhere = [db for db, view in leo_views() if view == name.lower()]
        near = views_like(name, held)
        step = f"It is in {elsewhere[0]}." if elsewhere else ""
        step = step or (f"Did you mean {', '.join(near)}?" if near else "See leo.tables().")
        rule = "view_text" if look.read.statement.depth else "view"
        yield rule, source.node, {"name": name, "database": database, "near": step}


def _columns(look: _Look) -> Iterator[Hit]:
    for column, views in look.read.lacking:
        view, name = views[0], column.name
        steps = years_of(view, name)
        if not steps:
            steps = [
                f"{other.name} has it."
                for other in load_catalogue().tables[view.table_id].views()
                if name.lower() in columns(other)
            ]
        near = nearest(name, columns(view))
        steps += [f"Did you mean {', '.join(near)}?"] if near else []
        where = " or ".join(dict.fromkeys(v.name for v in views))
        step = " ".join(steps) or f"See leo.variables({view.table_id!r})."
        yield "column", column, {"view": where, "name": name, "near": step}


def _extract(look: _Look) -> Iterator[Hit]:
    if look.approved is None:
        return

    def lacks(variable: Any) -> bool:
        return not is_approved(variable, look.approved)

    for column, view, item in look.read.used:
        if lacks(item.variable):
            sheet = load_catalogue().tables[item.variable.table_id].request_sheet
            yield "extract", column, {"column": column.name, "view": view.name,
                                      "variable": item.variable, "sheet": sheet}  # fmt: skip
    for star, view in look.read.stars:
        items = columns(view).values()
        missing = [item.column for item in items if lacks(item.variable)]
        if missing:
            yield "extract_star", star, {"count": len(missing), "total": len(items),
                                         "view": view.name, "first": missing[0]}  # fmt: skip


def _whole(look: _Look) -> Iterator[Hit]:
    for tree in look.read.statement.trees:
        for select in tree.find_all(exp.Select):
            for source in look.read.scopes[id(select)]:
                table = load_catalogue().tables[source.view.table_id] if source.view else None
                if table is None or select.args.get("limit") is not None:
                    continue
                names = {*table.key_columns, table.year_column, "academicyear"}
                if (table.view_kind == "lookup" or table.table_id == "lilr_aims") and not any(
                    _slices(node, names, source) for node in select.find_all(*_COMPARE)
                ):
                    rule = "aims" if table.table_id == "lilr_aims" else "lookup"
                    yield rule, source.node, {"view": source.view.name}


def _slices(node: exp.Expression, names: set[str], source: Source) -> bool:
    """Tell whether a comparison holds a key or year of a source against what is no column."""
    sides = [node.this, *(node.args.get(k) for k in ("expression", "low", "high"))]
    sides += node.args.get("expressions") or []
    if isinstance(node.parent, exp.Not) or any(s == exp.Literal.string("") for s in sides):
        return False
    held = [list(side.find_all(exp.Column)) for side in sides if side is not None]
    return any(not side for side in held) and any(
        column.name.lower() in names and column.table.lower() in ("", source.name)
        for side in held
        for column in side
    )


def _collations(look: _Look) -> Iterator[Hit]:
    for tree in look.read.statement.trees:
        for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
            query = node.args.get("query")
            inner = query.this.selects[:1] if query is not None else [node.args.get("expression")]
            if not inner or inner[0] is None:
                continue
            sides = [node.this, inner[0].unalias()]
            held = [collation_of(side, look.read, look.own) for side in sides]
            if None in held or held[0] == held[1] or not any(_BINARY in name for name in held):
                continue
            if not any(isinstance(side.unnest(), exp.Collate) for side in sides):
                plain = sides[_BINARY in held[0]].sql()
                yield "collate", node, {"left": sides[0].sql(), "right": sides[1].sql(),
                                        "plain": plain}  # fmt: skip


def _view_index(look: _Look) -> Iterator[Hit]:
    words = [word(token) for token in look.read.statement.tokens]
    if words[:1] == ["CREATE"] and "INDEX" in words[:5] and "ON" in words:
        parts = Cursor(look.read.statement.tokens, words.index("ON") + 1).name()
        database = (parts[-3] if len(parts) > 2 else look.read.database).lower()
        if (database, parts[-1].lower()) in leo_views():
            yield "view_index", None, {"view": parts[-1]}


def _joins(look: _Look) -> Iterator[Hit]:
    for sources in look.read.scopes.values():
        views = [s for s in sources if s.view is not None]
        views = [s for s in views if load_catalogue().tables[s.view.table_id].view_kind != "lookup"]
        if len(views) > 1:
            yield "join", views[1].node, {"view": views[0].view.name, "other": views[1].view.name}


def _again(look: _Look) -> Iterator[Hit]:
    for tree in look.read.statement.trees:
        for select in tree.find_all(exp.Select):
            holder = select.parent
            while isinstance(holder, exp.Subquery | exp.Paren) and isinstance(
                holder.parent, exp.Subquery | exp.Paren | exp.Lateral
            ):
                holder = holder.parent
            plain = isinstance(holder, exp.Subquery) and not isinstance(
                holder.parent, exp.From | exp.Join | exp.In
            )
            sources = look.read.scopes[id(select)]
            own = {source.name for source in sources}
            outer = {c.table.lower() for c in select.find_all(exp.Column)} - own - {""}
            views = [source for source in sources if source.view is not None]
            if views and outer and (plain or isinstance(holder, exp.Lateral)):
                yield "again", views[0].node, {"view": views[0].view.name}


def _temporary(look: _Look) -> Iterator[Hit]:
    statement = look.read.statement
    name = temporary_made(statement)
    if name and not statement.depth:
        if (statement.batch, name) in look.made:
            yield "twice", None, {"table": name}
        look.made.add((statement.batch, name))
    if statement.word == "INSERT":
        cursor = Cursor(statement.tokens, 1)
        cursor.take("INTO")
        name = cursor.name()[-1]
    for select in statement.trees if name.startswith("#") else []:
        if not isinstance(select, exp.Select):
            continue
        limits = any(select.args.get(k) for k in ("limit", "group", "where", "distinct"))
        for source in look.read.scopes[id(select)]:
            if source.view is not None and not limits:
                yield "tempdb", source.node, {"table": name, "view": source.view.name}


def _pooled(look: _Look) -> Iterator[Hit]:
    for sources in look.read.scopes.values():
        for source in sources:
            view = source.view
            if view is None or view.year is not None or view in look.met or not view.years:
                continue
            last = load_catalogue().tables[view.table_id].last_year
            if max(view.years) == last and view.name.endswith(str(last)):
                look.met.add(view)
                yield "pooled", source.node, {"view": view.name}


def _stars(look: _Look) -> Iterator[Hit]:
    for star, view in look.read.stars:
        if not isinstance(star.find_ancestor(exp.Select).parent, exp.Exists):
            yield "star", star, {"view": view.name}


def _tops(look: _Look) -> Iterator[Hit]:
    for tree in look.read.statement.trees:
        for select in tree.find_all(exp.Select):
            limit = select.args.get("limit")
            options = limit.args.get("limit_options") if isinstance(limit, exp.Limit) else None
            percent = options is not None and options.args.get("percent")
            whole = percent and limit.expression.name == "100"
            if not isinstance(limit, exp.Limit) or select.args.get("order") or whole:
                continue
            if any_row_does(select):
                continue
            if not select.find_ancestor(exp.Exists) and limit.expression.name != "0":
                yield "top", limit, {}


def _keys(look: _Look) -> Iterator[Hit]:
    found = index_of(look.read.statement)
    if found is not None:
        table, names = found
        held = look.own.get(table, {})
        loose = [n for n in names if n in held and held[n].nullable]
        if loose:
            yield "nullable_key", None, {"table": table, "columns": ", ".join(loose)}


def _aliases(look: _Look) -> Iterator[Hit]:
    statement = look.read.statement
    if statement.word != "UPDATE" or not statement.trees:
        return
    cursor = Cursor(statement.tokens, 1)
    if cursor.take("TOP"):
        cursor.brackets()
        cursor.take("PERCENT")
    parts = cursor.name()
    name = parts[-1]
    sources = look.read.scopes.get(id(statement.trees[0]), [])
    have = {source.name for source in sources} | {s.parts[-1].lower() for s in sources if s.parts}
    if name.lower() not in have:
        cross = name.lower() in look.own or len(parts) > 1
        shown = ", ".join(source.name for source in sources)
        yield "cross" if cross else "alias", None, {"name": name, "have": shown}


def _row_by_row(look: _Look) -> Iterator[Hit]:
    statement = look.read.statement
    assigned = variable_list(statement.tokens) if statement.word in ("SELECT", "WITH") else None
    if assigned is None or not statement.trees or not statement.trees[0].args.get("from_"):
        return
    tree = statement.trees[0]
    calls = [c for value in tree.selects for c in value.find_all(exp.Anonymous)]
    one_row = any(c.name.lower() in aggregates.AGGREGATES for c in calls) and not (
        tree.args.get("group") or any(isinstance(c.parent, exp.Window) for c in calls)
    )
    for (name, _, _), value in zip(assigned[0], tree.selects, strict=True):
        if not one_row and builds_up([name.lower()], [value]):
            yield "row_by_row", None, {"name": name}


_NOT_SCALAR = (exp.Table, exp.Lateral, exp.Window, exp.WithinGroup, exp.Dot)
_RANDOM = {"rand", "newid", "newsequentialid"}
_NEWER = {"greatest", "least", "datetrunc", "generate_series"}
_KNOWN = {*dates.FUNCTIONS, *functions.FUNCTIONS, *aggregates.FUNCTIONS, *functions.SIMPLE}
_CHECKS = (_unread, _statement, _functions, _views, _columns, _extract, _view_index, _joins, _again,
           _temporary, _whole, _collations, _pooled, _stars, _tops, _keys, _aliases,
           _row_by_row)  # fmt: skip
