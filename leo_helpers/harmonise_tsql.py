"""Write a harmonisation as T-SQL that a person likes to read: commented, aligned, one statement."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from .crosswalk import Crosswalk
from .errors import HarmoniseError
from .harmonise_engines import lower
from .harmonise_plan import Plan
from .harmonise_sql import Built, Lookup, Piece
from .years import format_ranges

__all__ = ["write_tsql"]

_LINE = 98  # no line is longer
_WIDE = 76  # an expression that is longer is put on several lines
_ALIGN = 60  # names are aligned up to here
_TARGET = re.compile(r"(\[?[\w#]+\]?\.){0,2}\[?[#\w]+\]?")


def write_tsql(
    plan: Plan,
    crosswalk: Crosswalk,
    built: Built,
    project: str,
    into: str | None = None,
    view: str | None = None,
) -> str:
    """Write the statement.

    Parameters
    ----------
    plan : Plan
        What is read and what is lacking.
    crosswalk : Crosswalk
        The rules.
    built : Built
        The queries; they are changed.
    project : str
        The project number.
    into, view : str, optional
        The table or the view to make.

    Returns
    -------
    str
        T-SQL.

    Raises
    ------
    HarmoniseError
        If both or a name that cannot be one are given.
    """
    if into and view:
        raise HarmoniseError("into and view contradict each other.", "Give one of them.")
    for target in filter(None, (into, view)):
        if not _TARGET.fullmatch(target):
            raise HarmoniseError(
                f"{target!r} cannot be the name of a table.", "Use letters, digits and _."
            )
    if view and ("#" in view or view.count(".") > 1):
        raise HarmoniseError(
            f"SQL Server makes no view called {view!r}: a view is never temporary and never in "
            "another database.",
            "Write a name or schema.name, or use into= for a temporary table.",
        )
    lines = list(_header(plan, crosswalk, project))
    if view:
        lines += [f"CREATE VIEW {view} AS"]
    lines += list(_lookups(built))
    if into:
        lines += ["SELECT *", f"INTO {into}", "FROM ("]
    body: list[str] = []
    for n, piece in enumerate(built.pieces):
        body += ["UNION ALL"] if n else []
        _settle_years(piece.select)
        lower(piece.select, "tsql")
        body += list(_query(plan, piece))
    lines += [f"    {line}".rstrip() for line in body] if into else body
    if into:
        lines += [") AS harmonised"]
    return "\n".join(lines) + ";\n"


def _settle_years(select: exp.Select) -> None:
    """Decide comparisons of the year with a year: both are known in a view of one year."""
    tests = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ, exp.NEQ, exp.In, exp.Between)
    for item in select.expressions:
        known = any(
            isinstance(t, tests) and isinstance(t.this, exp.Literal) for t in item.find_all(*tests)
        )
        if known and isinstance(item, exp.Alias):
            item.set("this", simplify(item.this))


def _sql(node: exp.Expression) -> str:
    return node.sql(dialect="tsql", copy=False)


# ---------------------------------------------------------------------------- comments


def _header(plan: Plan, crosswalk: Crosswalk, project: str) -> Iterator[str]:
    table = plan.table
    yield "/*"
    yield f"{table.table_id}: {table.title}, the same names and codes in every year"
    yield ""
    views = "1 view" if len(plan.parts) == 1 else f"{len(plan.parts)} views"
    yield from _wrapped(
        f"Project {project}. One row for each row of {views}: none is dropped, "
        "none is doubled. [year] is the END year of the academic, tax or care year. Written by "
        "Learning LEO from its harmonisation rules, which were run on synthetic data only: "
        "compare some counts with the views before you rely on them."
    )
    yield ""
    yield "Concepts"
    width = max(len(c.concept) for c in plan.concepts)
    for concept in plan.concepts:
        unit = f" ({concept.unit})" if concept.unit else ""
        text = f"{concept.label}{unit}"
        if concept.codelist and concept.type == "category":
            codes = crosswalk.codes(concept.codelist)
            if len(codes) <= 12:
                text += ": " + ", ".join(f"{c.code} {c.label}" for c in codes)
        yield from _item(concept.concept, text, width)
    for title, states in (
        ("Never compare over the break", ("not comparable",)),
        ("Not in your extract, so NULL", ("not in your extract",)),
        ("Cannot be given, so NULL", ("cannot be harmonised", "not yet checked")),
        ("Not collected, so NULL", ("not collected",)),
    ):
        yield from _states(plan, title, states)
    if plan.absent:
        yield ""
        yield "Views that are not in your extract"
        yield from _wrapped("  " + ", ".join(v.name for v in plan.absent))
    yield from _reasons(plan, crosswalk)
    yield "*/"


def _states(plan: Plan, title: str, states: tuple[str, ...]) -> Iterator[str]:
    found: dict[tuple[str, str], list[tuple[int | None, str]]] = {}
    for cover in plan.covers:
        if cover.state in states:
            note = cover.note if cover.state != "not collected" else ""
            found.setdefault((cover.concept, note), []).append((cover.year, cover.term))
    if not found:
        return
    yield ""
    yield title
    width = max(len(name) for name, _ in found)
    for (name, note), when in found.items():
        years = format_ranges({y for y, _ in when if y}).replace(";", ", ")
        yield from _item(name, ": ".join(filter(None, (years, note))) or "every row", width)


def _reasons(plan: Plan, crosswalk: Crosswalk) -> Iterator[str]:
    """Why codes become what they become, for the recodes that stand in the text as CASE."""
    used = {
        step.source.recode: None
        for part in plan.parts
        for eras in part.cells.values()
        for era in eras
        for step in era.steps
        if step.source.rule == "recode"
    }
    lines = []
    for name in used:
        recode = crosswalk.recodes[name]
        alike: dict[tuple[str | None, str], list[str]] = {}
        for code, reason in recode.reasons.items():
            if code != "*":
                alike.setdefault((recode.to.get(code), reason), []).append(code)
        said = [
            f"{', '.join(codes)} {'becomes' if len(codes) == 1 else 'become'} {to} ({reason})"
            if to
            else f"{', '.join(codes)} {'is' if len(codes) == 1 else 'are'} missing ({reason})"
            for (to, reason), codes in alike.items()
        ]
        other = {"keep": "other codes are kept", "error": "other codes are an error"}
        said.append(other.get(recode.unlisted, "other codes are missing"))
        lines += list(_item(name, "; ".join(said), max(map(len, used))))
    if lines:
        yield ""
        yield "Recodes"
        yield from lines


def _item(name: str, text: str, width: int) -> Iterator[str]:
    first, *rest = textwrap.wrap(_safe(text), 94 - width) or [""]
    yield f"  {name:<{width}}  {first}".rstrip()
    yield from (f"  {'':<{width}}  {line}" for line in rest)


def _wrapped(text: str) -> Iterable[str]:
    return textwrap.wrap(_safe(text), 98, subsequent_indent="  " if text[:1] == " " else "")


def _safe(text: str) -> str:
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())


# ---------------------------------------------------------------------------- queries


def _lookups(built: Built) -> Iterator[str]:
    if not built.lookups:
        return
    texts = [list(_lookup(look)) for look in built.lookups.values()]
    for n, lines in enumerate(texts):
        lines[0] = ("WITH " if n == 0 else "") + lines[0]
        lines[-1] += "," if n < len(texts) - 1 else ""
        yield from lines


def _lookup(look: Lookup) -> Iterator[str]:
    query = look.select()
    alias = query.args["from_"].this.args["alias"]
    names = ", ".join(_sql(c) for c in alias.args["columns"])
    table = _sql(exp.to_identifier(look.name))
    yield f"{table} AS ("
    yield f"    SELECT {', '.join(_sql(e) for e in query.expressions)}"
    yield "    FROM (VALUES"
    rows = [f"({_sql(k)}, {_sql(v)})" for k, v in look.rows]
    width = max(map(len, rows)) + 1
    notes = look.notes or ("",) * len(rows)
    for n, (row, note) in enumerate(zip(rows, notes, strict=True)):
        text = f"        {row + (',' if n < len(rows) - 1 else ''):<{width}}"
        yield (f"{text}  -- {_safe(note)}" if note else text).rstrip()
    yield f"    ) AS {_sql(alias.this)} ({names})"
    yield ")"


def _query(plan: Plan, piece: Piece) -> Iterator[str]:
    select = piece.select
    view = piece.part.view
    notes = _notes(plan, f"{view.database}.{view.name}")
    yield f"-- {view.name}"
    yield "SELECT"
    yield from _columns(select.expressions, "    ", notes)
    inner = select.args["from_"].this
    yield "FROM ("
    yield "    SELECT"
    yield from _columns(inner.this.expressions, "        ", {})
    yield f"    FROM {_sql(inner.this.args['from_'].this)}"
    yield f") AS {_sql(inner.args['alias'])}"
    for join in select.args.get("joins") or ():
        yield f"LEFT JOIN {_sql(join.this)} ON {_sql(join.args['on'])}"
    if select.args.get("where"):
        yield f"WHERE {_sql(select.args['where'].this)}"


def _notes(plan: Plan, view: str) -> dict[str, str]:
    """What to say beside the concepts of one view."""
    said: dict[str, dict[str, None]] = {}
    for cover in plan.covers:
        if cover.view != view or cover.state in ("exact", "recoded", "derived"):
            continue
        said.setdefault(cover.concept, {})[cover.state] = None
    return {name: ", ".join(states) for name, states in said.items()}


def _columns(items: list[exp.Expression], indent: str, notes: dict[str, str]) -> Iterator[str]:
    """One line a column, names under one another where they are short enough."""
    parts = [(_lines(i.this if isinstance(i, exp.Alias) else i), i.alias_or_name) for i in items]
    short = [len(lines[-1]) for lines, _ in parts]
    width = max((n for n in short if n <= _ALIGN), default=0)
    for n, ((lines, name), item) in enumerate(zip(parts, items, strict=True)):
        for line in lines[:-1]:
            yield indent + line
        text = lines[-1]
        if isinstance(item, exp.Alias):
            text = f"{text:<{width}} AS {_sql(item.args['alias'])}"
        comma = "," if n < len(parts) - 1 else ""
        note = f"  -- {notes[name]}" if name in notes else ""
        yield f"{indent}{text}{comma}{note}"


def _fold(text: str) -> list[str]:
    """Break a long line at blanks, but not inside of quotes or brackets."""
    indent = text[: len(text) - len(text.lstrip())]
    out, line = [], ""
    for word in re.findall(r"(?:'[^']*'|\[[^\]]*\]|[^\s'\[])+", text):
        if line and len(line) + len(word) >= _LINE - 8:
            out.append(line)
            line = indent + "    " + word
        else:
            line = f"{line} {word}" if line else indent + word
    return [*out, line]


def _lines(node: exp.Expression) -> list[str]:
    """An expression on one line, or a CASE or COALESCE on several."""
    text = _sql(node)
    if len(text) <= _WIDE:
        return [text]
    if isinstance(node, exp.Case):
        out = [f"CASE {_sql(node.this)}" if node.this else "CASE"]
        for branch in node.args["ifs"]:
            first, *rest = _lines(branch.args["true"])
            test = _sql(branch.this)
            out += [*_fold(f"    WHEN {test} THEN {first}"), *(f"        {line}" for line in rest)]
        if node.args.get("default"):
            first, *rest = _lines(node.args["default"])
            out += [f"    ELSE {first}", *(f"        {line}" for line in rest)]
        return [*out, "END"]
    if isinstance(node, exp.Coalesce):
        parts = [_lines(part) for part in (node.this, *node.expressions)]
        out = ["COALESCE("]
        for n, lines in enumerate(parts):
            lines[-1] += "," if n < len(parts) - 1 else ""
            out += [f"    {line}" for line in lines]
        return [*out, ")"]
    if isinstance(node, exp.Cast | exp.TryCast) and isinstance(node.this, exp.Case):
        word = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
        lines = _lines(node.this)
        lines[0] = f"{word}({lines[0]}"
        lines[-1] += f" AS {_sql(node.to)})"
        return lines
    return _fold(text)
