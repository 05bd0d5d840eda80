"""From draws to Arrow columns: keys, missing values, the defects of single fields."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..catalogue import Catalogue, Variable, View
from . import exams, numbers, profile, results, stages, subjects  # noqa: F401 - register draws
from .draws import DRAWS, Column, Values, drawer, rule_for
from .hashing import derive
from .keys import edukey, has_second, key_slot, pmr, record_year, resolved_id
from .rows import Context, Rows


@drawer("key")
def key(c: Column, args: tuple[str, ...]) -> Values:
    """``key;pmr|edukey|ae_id|attribute``: identifiers, empty strings where a link is missing."""
    kind, rows = args[0], c.rows
    if kind == "ae_id":
        return Values(resolved_id(rows.attrs["resolved"], rows.attrs["resolution"]))
    if kind in ("pmr", "edukey"):
        return _person_key(c, kind)
    return Values(c.attr(kind))


def _person_key(c: Column, kind: str) -> Values:
    ctx, rows = c.ctx, c.rows
    words, where = ctx.spine.once(
        f"{kind} keys at {ctx.faults.get(f'two_{kind}', 0)}", lambda: _block_keys(ctx, kind)
    )
    slot = rows.attrs.get("slot")
    if slot is None:  # the key under which the person's records stand in this year
        slot = key_slot(ctx.spine, kind, rows.person, record_year(rows))
    index = np.where(
        np.asarray(slot).astype(bool) & (where[rows.person] >= 0), where[rows.person], rows.person
    )
    blank = ctx.hit("empty_keys", derive(rows.key, "empty")) if "empty" not in rows.attrs else None
    if ctx.table.startswith("lookup"):
        blank = np.zeros(len(rows), dtype=bool)
    for name, empty_when in (("no_pmr", 1), ("has_pmr", 0)):
        if name in rows.attrs and kind == "pmr":
            blank = blank | (rows.attrs[name] == empty_when)
    if kind == "pmr":
        blank = blank | ((ctx.spine.sector == 2)[rows.person] & (ctx.table != "lookup_pmr"))
    return Values(np.where(blank, len(words) - 1, index), None, words)


def _block_keys(ctx: Context, kind: str) -> tuple[pa.Array, NDArray]:
    """Keys of a block: all first keys, the second ones, an empty one; where the second ones are."""
    people, make = ctx.spine.person, pmr if kind == "pmr" else edukey
    doubles = np.flatnonzero(has_second(ctx, kind))
    words = pa.concat_arrays(
        [make(people, 0), make(people[doubles], 1), pa.array([""], pa.string())]
    )
    where = np.full(len(people), -1)
    where[doubles] = len(people) + np.arange(len(doubles))
    return words, where


def draw_column(
    ctx: Context, rows: Rows, variable: Variable, number: int, catalogue: Catalogue, pooled: bool
) -> pa.Array:
    """One column of a view as an Arrow array of ``len(rows)`` values.

    Parameters
    ----------
    ctx, rows
        The people and the rows of the view.
    variable : Variable
        What the column holds.
    number : int
        For repeated columns, which one (from 1).
    pooled : bool
        Whether rows of several years share the view; outside its years a variable is null.
    """
    rule = rule_for(variable)
    missing = 0.0 if rule.missing is None else rule.missing
    values = rows.memo.get(variable.name)  # drawn already where another column follows it
    if values is None:
        column = Column(ctx, rows, variable, catalogue, missing, number, rule.by)
        values = DRAWS[rule.kind](column, rule.args)
    else:
        values = Values(values.data, values.valid, values.dictionary)
    if pooled and not rows.attrs.get("reference", False):
        values.valid = _in_years(rows, variable, values.valid)
    held = rows.attrs.get(f"held_{number}") if variable.repeats else None
    if held is not None:  # a numbered column is empty beyond the number of events
        values.valid = held == 1 if values.valid is None else values.valid & (held == 1)
    values = _defects(ctx, rows, variable, values)
    return to_arrow(values, variable.missing_as, variable.type)


def _in_years(rows: Rows, variable: Variable, valid: NDArray | None) -> NDArray | None:
    years = set(variable.years)
    outside = [(a, b) for y, a, b in rows.segments if y and y not in years]
    if not outside:
        return valid
    valid = np.ones(len(rows), dtype=bool) if valid is None else valid.copy()
    for a, b in outside:
        valid[a:b] = False
    return valid


def _defects(ctx: Context, rows: Rows, variable: Variable, values: Values) -> Values:
    """Documented defects of single fields of the school census."""
    if ctx.table != "sc_pupil":
        return values
    name = variable.name.lower().split("_")[0]
    if name == "yearofbirth":
        struck = ctx.hit("born_later", derive(rows.key, "born_later"))
        return Values(np.where(struck, rows.year + 1, values.data), values.valid)
    if values.dictionary is None:
        return values
    extra = {
        "gender": ("gender_letters", {"M": "B", "F": "G"}),
        "senprovision": ("sen_type_in_stage", {}),
    }
    if name in extra:
        fault, words = extra[name]
        struck = ctx.hit(fault, derive(rows.key, fault))
        return _replace(values, struck, lambda code: words.get(code, "MLD"))
    if name in ("ethnicgroupminor", "languagegroupminor"):
        return _replace(
            values,
            ctx.hit("text_in_code", derive(rows.key, name)),
            lambda code: f"{code} - text after the code",
        )
    return values


def _replace(values: Values, struck: NDArray, other: Callable[[str], str]) -> Values:
    """Put other text in the place of each code in the struck rows."""
    if not struck.any() or not pa.types.is_string(values.dictionary.type):
        return values
    words = values.dictionary.to_pylist()
    others = list(dict.fromkeys(map(other, words)))
    to = np.array([len(words) + others.index(other(word)) for word in words], dtype=np.int16)
    data = np.where(struck, to[np.maximum(values.data, 0)], values.data)
    return Values(data, values.valid, pa.array(words + others, pa.string()))


def to_arrow(values: Values, missing_as: str, kind: str) -> pa.Array:
    """Arrow array with missing values stored as the real view stores them."""
    data, valid, words = values.data, values.valid, values.dictionary
    if words is None:
        return _plain(data, valid, missing_as, kind)
    if valid is not None and missing_as == "''" and pa.types.is_string(words.type):
        data = np.where(valid, data, len(words))
        words, valid = pa.concat_arrays([words, pa.array([""], pa.string())]), None
    if pa.types.is_integer(words.type):
        numbers = words.to_numpy()
        if missing_as != "-1" and numbers.min() >= -128 and numbers.max() <= 127:
            numbers = numbers.astype(np.int8)
        data = numbers[np.where(data < 0, 0, data)]
        return _plain(data, valid, missing_as, kind)
    if len(words) > 1000 or len(words) > 2 * len(data):
        data, words = _compact(data, valid, words)
    index = np.int8 if len(words) < 128 else np.int16 if len(words) < 32_768 else np.int32
    positions = arrow_array(data.astype(index, copy=False), valid)
    return pa.DictionaryArray.from_arrays(positions, words, safe=False)  # positions are ours


def arrow_array(data: NDArray, valid: NDArray | None) -> pa.Array:
    """Wrap numbers and a validity mask as an Arrow array without copying the numbers."""
    data = np.ascontiguousarray(data)
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = pa.from_numpy_dtype(data.dtype)
    return pa.Array.from_buffers(kind, len(data), [bitmap, pa.py_buffer(data)])


def _compact(data: NDArray, valid: NDArray | None, words: pa.Array) -> tuple[NDArray, pa.Array]:
    """Keep only the dictionary words that are used."""
    safe = data if valid is None else np.where(valid, data, 0)
    used = np.zeros(len(words), dtype=bool)
    used[safe] = True
    return (np.cumsum(used) - 1)[safe], words.filter(pa.array(used))


def _plain(data: NDArray, valid: NDArray | None, missing_as: str, kind: str) -> pa.Array:
    if data.dtype.kind == "M":
        days = data.astype("datetime64[D]")
        ok = ~np.isnat(days) if valid is None else valid & ~np.isnat(days)
        number = np.where(ok, days.astype(np.int64), 0).astype(np.int32)
        return arrow_array(number, None if ok.all() else ok).view(pa.date32())
    if data.dtype.kind == "f":
        return arrow_array(data.astype(np.float64, copy=False), valid)
    if missing_as == "-1" and valid is not None:
        data, valid = np.where(valid, data, -1), None
    if data.dtype != np.int8:
        data = data.astype(np.int64 if kind == "id" else np.int32)
    return arrow_array(data, valid)


def view_schema_note(view: View) -> dict[bytes, bytes]:
    """Metadata that every file carries."""
    return {b"leo": b"synthetic: no real person", b"view": f"{view.database}.{view.name}".encode()}
