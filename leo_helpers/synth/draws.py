"""Draws: how a column gets its values, by name, as ``data/marginals/draws.csv`` says.

A draw is a small function ``(column, arguments) -> Values``. The first line of the table whose
patterns match a variable wins; what no line matches falls back on the variable's type, which is a
declared assumption. An argument ``@name`` draws once for all rows that share the key ``name``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..catalogue import Catalogue, Variable
from ..errors import CatalogueError
from ..paths import data_dir
from .code_luts import code_order, code_weights, codes_at, shares_lut
from .hashing import LANES, lane
from .marginals import rate, shares
from .people import value_of
from .rare import rare_lut
from .recode import code_positions
from .rows import NOTHING, Coded, Context, Rows
from .spine import SHOWCASE

#: Numbers that may stand for a code; the same in every block, so that no code depends on others.
NUMBERS = tuple(map(str, range(2048)))


@dataclass(frozen=True)
class Draw:
    """One line of the table: which variables, which draw, with what."""

    tables: str
    variables: str
    kind: str
    args: tuple[str, ...]
    missing: float | str | None
    status: str
    by: str | None = None


@dataclass
class Column:
    """One column of one view for one block: what a draw may look at."""

    ctx: Context
    rows: Rows
    variable: Variable
    catalogue: Catalogue
    missing: float | str
    number: int = 1
    by: str | None = None

    def lane(self, *parts: object) -> NDArray[np.intp]:
        """This column's own lane, the same in all rows that share what it goes `by`."""
        v = self.variable
        key = self.rows.key if self.by is None else self.rows.attrs[self.by]
        return lane(key, v.table_id, v.name, self.number, *parts)

    def attr(self, name: str) -> NDArray | Coded | None:
        """A named attribute of the rows."""
        return value_of(name.replace("{n}", str(self.number)), self.ctx.spine, self.rows)

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes of the variable's list, in order."""
        return _codes(self.catalogue, self.variable.codelist)


@cache
def _codes(catalogue: Catalogue, codelist: str) -> tuple[str, ...]:
    return tuple(c.code for c in catalogue.codes(codelist))


@dataclass
class Values:
    """Drawn values: numbers, or positions in `dictionary`; missing where `valid` is false."""

    data: NDArray
    valid: NDArray | None = None
    dictionary: pa.Array | None = None


Drawer = Callable[[Column, tuple[str, ...]], Values]
DRAWS: dict[str, Drawer] = {}


def drawer(*kinds: str):
    """Register a draw under its names."""

    def register(function: Drawer) -> Drawer:
        DRAWS.update(dict.fromkeys(kinds, function))
        return function

    return register


@cache
def rules() -> tuple[Draw, ...]:
    """The lines of ``draws.csv``, in file order."""
    with (data_dir() / "marginals" / "draws.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(
            Draw(
                r["tables"],
                r["variables"],
                r["draw"],
                tuple(a for a in r["args"].split(";") if a and a[0] != "@"),
                _missing(r["missing"]),
                r["status"],
                next((a[1:] for a in r["args"].split(";") if a[:1] == "@"), None),
            )
            for r in csv.DictReader(handle)
        )


def _missing(text: str) -> float | str | None:
    """A share of rows without a value, or the name of the rate that gives it by year."""
    if text and not text[0].isdigit():
        return text
    return float(text) if text else None


@cache
def _rules_of(table: str) -> tuple[tuple[re.Pattern, Draw], ...]:
    return tuple(
        (re.compile(rule.variables, re.I), rule)
        for rule in rules()
        if re.fullmatch(rule.tables, table)
    )


_SUFFIX = re.compile(r"_?(ex|ab|spr)?(_?\[(term|yy)\])+", re.I)


def rule_for(variable: Variable) -> Draw:
    """The line that says how a variable is drawn.

    Patterns see the name as on the request form, the name without its year suffix, and last
    ``:type`` (``:categoryopen`` for a category without a code list).

    Raises
    ------
    CatalogueError
        If no line fits or the line asks for a draw that does not exist.
    """
    number = variable.type in ("integer", "number") and bool(variable.range)
    listed = bool(variable.codelist) and not number  # a number with letters is still a number
    return _rule(variable.table_id, variable.name, variable.type, listed)


@cache
def _rule(table: str, name: str, kind: str, listed: bool) -> Draw:
    kind = "category" if listed and kind != "flag" else kind
    last = f":{kind}open" if kind == "category" and not listed else f":{kind}"
    spellings = (name, _SUFFIX.sub("", name), last)
    for pattern, rule in _rules_of(table):
        if any(pattern.fullmatch(s) for s in spellings):
            if rule.kind not in DRAWS:
                raise CatalogueError(
                    f"data/marginals/draws.csv: {table}.{name} asks for the draw "
                    f"{rule.kind!r}; use one of {', '.join(sorted(DRAWS))}."
                )
            return rule
    raise CatalogueError(f"data/marginals/draws.csv has no line for {table}.{name}.")


# ---- categories ------------------------------------------------------------------------------
def _code_weights(c: Column, year: int, given: dict[str, float] | None, floor: bool):
    known = tuple(given.items()) if given else None
    return code_weights(c.catalogue, c.variable.table_id, c.variable.name, year, known, floor)


def categories(
    c: Column,
    source: Callable[[int], dict[str, float] | None],
    rank: NDArray | None = None,
    rare_codes: bool = True,
) -> Values:
    """Draw codes year by year, each only in its years; the showcase people show the rare ones.

    With a `rank` the codes follow it in the order in which `source` lists them, lowest first.
    """
    rows = c.rows
    out = np.empty(len(rows), dtype=np.int8 if len(c.codes) < 128 else np.int16)
    u = c.lane() if rank is None else rank
    people = c.ctx.spine
    rare_codes = rare_codes and people.start < SHOWCASE
    early = people.person[rows.person] < SHOWCASE if rare_codes else None
    missing = 0.0 if rank is not None else c.missing
    for year, a, b in rows.segments:
        given = source(year)
        order = code_order(c.codes, tuple(given or ())) if rank is not None else None
        plain = codes_at(_code_weights(c, year, given, False), missing, order, u[a:b])
        if early is not None:
            rare = codes_at(_code_weights(c, year, given, True), missing, order, u[a:b])
            plain = np.where(early[a:b], rare, plain)
        out[a:b] = plain
    values = Values(out, out >= 0, dictionary_of(c.codes))
    return values if rank is None else drop_missing(c, values)


@cache
def dictionary_of(values: tuple[str, ...]) -> pa.Array:
    """Categories as Arrow values: integers where all are plain integers, else strings."""
    if values and all(re.fullmatch(r"-?(0|[1-9]\d{0,8})", v) for v in values):
        return pa.array([int(v) for v in values], pa.int32())
    return pa.array(list(values), pa.string())


def drop_missing(c: Column, values: Values) -> Values:
    """Lose the column's missing share from complete values."""
    if isinstance(c.missing, str):
        parts = [(int(rate(c.missing, year) * LANES), b - a) for year, a, b in c.rows.segments]
        lost: NDArray | int = np.repeat(*np.array(parts, dtype=np.int64).reshape(-1, 2).T)
    else:
        lost = int(c.missing * LANES)
    if isinstance(c.missing, str) or lost:
        keep = c.lane("missing") >= lost
        values.valid = keep if values.valid is None else values.valid & keep
    return values


@drawer("code")
def code(c: Column, args: tuple[str, ...]) -> Values:
    """``code[;attribute that ranks]``: any code of the list, early codes more often (assumed)."""
    return categories(c, lambda year: None, c.attr(args[0]) if args else None)


@drawer("share")
def share(c: Column, args: tuple[str, ...]) -> Values:
    """``share;distribution[;attribute that ranks][;down][;group=value ...]``: shares by year.

    ``down`` is for distributions that list the best category first.
    """
    name, *rest = args
    down = "down" in rest
    rest = [part for part in rest if part != "down"]
    group = dict(part.split("=") for part in rest if "=" in part)
    rank = next((c.attr(part) for part in rest if "=" not in part), None)
    if rank is not None and down:
        rank = LANES - 1 - rank
    if not c.variable.codelist:
        return _open_share(c, lambda year: shares(name, year, **group), rank)

    def source(year: int) -> dict[str, float]:
        given = shares(name, year, **group)
        return code_positions(c.catalogue, c.variable, tuple(given), given)

    return categories(c, source, rank, "firm_key" not in rest)


def _open_share(
    c: Column, given: Callable[[int], dict[str, float]], rank: NDArray | None
) -> Values:
    """Shares for a variable whose code list is open: the distribution's own categories."""
    u = c.lane() if rank is None else rank
    years = c.variable.years or c.ctx.years or (0,)
    values = tuple(dict.fromkeys(k for year in years for k in given(year)))
    out = np.empty(len(c.rows), dtype=np.int16)
    for year, a, b in c.rows.segments:
        at = given(year)
        out[a:b] = shares_lut(tuple(at.get(v, 0.0) for v in values), 0.0)[u[a:b]]
    if c.variable.type != "integer":
        return drop_missing(c, Values(out, None, dictionary_of(values)))
    numbers = tuple(v for v in values if v.isdigit())  # letters say why there is no number
    out = np.array([numbers.index(v) if v in numbers else -1 for v in values])[out]
    return drop_missing(c, Values(out, out >= 0, dictionary_of(numbers)))


@drawer("from")
def taken(c: Column, args: tuple[str, ...]) -> Values:
    """``from;attribute[;scale][;signed][;exact|lasting]``: what the person or row says, as a code.

    With ``exact`` no other code of the list stands in its place, not even as an example; with
    ``lasting`` a rare example stands in all rows of a case or person, not in a row at random.
    """
    found = c.attr(args[0])
    if found is None:
        return DRAWS["null"](c, ())
    if isinstance(found, Coded):
        return recode(c, found, "exact" in args, "lasting" in args)
    if found.dtype.kind == "M":
        return drop_missing(c, Values(found, ~np.isnat(found)))
    if c.variable.codelist:
        inside = (found >= 0) & (found < len(NUMBERS))
        return recode(c, Coded(np.where(inside, found, -1), NUMBERS), "exact" in args)
    scale = next((int(a) for a in args[1:] if a.isdigit()), 1)
    known = found > NOTHING if "signed" in args else found >= 0
    return drop_missing(c, Values(found / scale if scale > 1 else found, known))


def recode(c: Column, found: Coded, exact: bool = False, lasting: bool = False) -> Values:
    """Categories of the generator in the codes of the variable's list."""
    if not c.variable.codelist:
        text = c.variable.type == "text"
        words = pa.array(found.values, pa.string()) if text else dictionary_of(found.values)
        return drop_missing(c, Values(found.index, found.index >= 0, words))
    table, reached = _recode_table(c.catalogue, c.variable, found.values)
    if not reached:
        return categories(c, lambda year: None)
    index = table[found.index]
    exact = exact or c.variable.type == "flag"  # a flag says what the row says; never a rare code
    if c.ctx.spine.start < SHOWCASE and not exact and "stable" not in c.rows.attrs:
        index = sprinkle(c, index, reached, lasting)
    return drop_missing(c, Values(index, index >= 0, dictionary_of(c.codes)))


@cache
def _recode_table(
    catalogue: Catalogue, variable: Variable, values: tuple[str, ...]
) -> tuple[NDArray, tuple[str, ...]]:
    """Position of each category's code (-1 without one, and last), and the codes reached."""
    to = dict(code_positions(catalogue, variable, values))
    position = {k.code: i for i, k in enumerate(catalogue.codes(variable.codelist))}
    kind = np.int8 if len(position) < 128 else np.int16
    table = np.array([*(position.get(to.get(v, ""), -1) for v in values), -1], dtype=kind)
    return table, tuple(sorted(set(to.values())))


def sprinkle(c: Column, index: NDArray, reached: tuple[str, ...], lasting: bool = False) -> NDArray:
    """Codes that no attribute leads to (refused, not known ...) on a few showcase people."""
    early = (c.ctx.spine.person[c.rows.person] < SHOWCASE) & (index >= 0)
    own = (c.variable.table_id, c.variable.name, "rare")
    u = lane(c.ctx.spine.key[c.rows.person], *own) if lasting else c.lane("rare")
    out = index.copy()
    for year, a, b in c.rows.segments:
        lut = rare_lut(
            c.catalogue, c.variable.table_id, c.variable.name, year, () if lasting else reached
        )
        rare = lut[u[a:b]]
        out[a:b] = np.where((rare >= 0) & early[a:b], rare, out[a:b])
    return out
