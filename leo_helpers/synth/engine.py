"""The generator's engine: blocks of people, one view at a time, streamed to Parquet.

A unit of work is one table for one block. A unit is a pure function of (seed, block, faults), so
units run in any order, on any number of workers, and an interrupted run is resumed by doing the
units whose files are not there.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from inspect import signature
from itertools import groupby
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..catalogue import Catalogue, View, load_catalogue
from . import (  # noqa: F401 - register rows
    aims,
    applications,
    benefits,
    care,
    cases,
    covid,
    earnings,
    exclusions,
    firm_traits,
    firms,
    further,
    gcses,
    grants,
    jobs,
    keystage5,
    keystages,
    learners,
    lookups,
    placements,
    plams,
    school,
    tertiary,
    tracking,
    work,
    ypmad,
)
from .columns import draw_column, view_schema_note
from .rows import ROWS, Context, Rows
from .spine import Spine

#: People in one block, and so in one file of each view.
BLOCK = 50_000
#: Rows in one row group.
ROW_GROUP = 1 << 20
#: Large pages write a fifth faster; older pyarrow has no limit of rows to lift.
LARGE_PAGES = (
    {"max_rows_per_page": ROW_GROUP}
    if "max_rows_per_page" in signature(pq.write_table).parameters
    else {}
)
#: Views that would hold everything twice are drawn once under their first table.
REFERENCE = ("lilr_lars", "leo_idbr")

#: The largest tables are drawn last in a block, half a block at a time, to keep memory low.
LARGEST = ("lilr_aims", "nccis", "ypmad_chronological")


@dataclass(frozen=True)
class Unit:
    """One table for one block of people."""

    table: str
    start: int
    stop: int


@dataclass(frozen=True)
class Job:
    """Everything a worker needs to know."""

    root: str
    seed: int
    faults: tuple[tuple[str, float], ...]
    years: tuple[int, ...] | None


def view_arrays(
    view: View, catalogue: Catalogue, rows: Rows, ctx: Context
) -> Iterator[tuple[str, pa.Array]]:
    """Name and Arrow array of every column of a view, in the view's order."""
    pooled = view.year is None
    for item in catalogue.view_columns(view):
        array = draw_column(ctx, rows, item.variable, item.n or 1, catalogue, pooled)
        yield item.column, array


def view_rows(view: View, spine: Spine, faults: dict[str, float]) -> Rows:
    """Who has a row in a view; in a view of all years, the rows of every such view of the table."""
    return ROWS[view.table_id](_context(view, spine, faults))


def _context(view: View, spine: Spine, faults: dict[str, float]) -> Context:
    return Context(spine, view.table_id, view.year, view.term, faults, view.years)


def view_table(
    view: View,
    catalogue: Catalogue,
    spine: Spine,
    faults: dict[str, float],
    rows: Rows | None = None,
) -> pa.Table:
    """One view for one block of people as an Arrow table.

    Parameters
    ----------
    view : View
        The view, from the catalogue.
    catalogue : Catalogue
        The catalogue that says what its columns are.
    spine : Spine
        The people.
    faults : dict of str to float
        Rate of each fault; a fault that is left out does not happen.
    rows : Rows, optional
        What :func:`view_rows` gives, if it is known from another view of the table.

    Returns
    -------
    pyarrow.Table
        The view's columns under the names of the secure service.
    """
    ctx = _context(view, spine, faults)
    rows = view_rows(view, spine, faults) if rows is None else rows
    if view.year is None and rows.year.size and rows.year.max() > 0:
        first = int(np.searchsorted(rows.year, min(view.years)))
        last = int(np.searchsorted(rows.year, max(view.years), side="right"))
        if (first, last) != (0, len(rows)):
            rows = rows.take(slice(first, last))
    names, arrays = [], []
    for name, array in view_arrays(view, catalogue, rows, ctx):
        names.append(name)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, names=names)


def part_path(root: str | Path, view: View, start: int) -> Path:
    """File of one view and block."""
    return Path(root) / view.database / view.name / f"part-{start:012d}.parquet"


def write_part(table: pa.Table, path: Path, view: View) -> None:
    """Write one part under a temporary name and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with pq.ParquetWriter(
            temporary,
            table.schema,
            compression="snappy",
            write_statistics=False,
            store_schema=False,
            dictionary_pagesize_limit=4 << 20,
            data_page_size=16 << 20,
            **LARGE_PAGES,
        ) as writer:
            writer.add_key_value_metadata(view_schema_note(view))
            writer.write_table(table, row_group_size=ROW_GROUP)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def owner(catalogue: Catalogue, table: str) -> str:
    """The first of the tables that share a table's views: the one that draws them."""
    held = {(v.database, v.name) for v in catalogue.tables[table].views()}
    return next(
        name
        for name, other in catalogue.tables.items()
        if any((v.database, v.name) in held for v in other.views())
    )


def wanted_views(catalogue: Catalogue, table: str, years: tuple[int, ...] | None) -> list[View]:
    """Views of a table in the given years; a view that tables share is drawn as the first one's."""
    views = list(catalogue.tables[owner(catalogue, table)].views())
    if years is not None:
        views = [v for v in views if v.year is None or v.year in years]
    return views


def run_unit(job: Job, unit: Unit) -> list[tuple[str, int, int]]:
    """Make every view of one unit; returns (view, rows, cells) of each."""
    catalogue = load_catalogue()
    spine = _spine(unit.start, unit.stop, job.seed)
    done, faults = [], dict(job.faults)
    missing = [
        view
        for view in wanted_views(catalogue, unit.table, job.years)
        if not part_path(job.root, view, unit.start).exists()
    ]
    pooled = sum(view.year is None for view in missing)
    rows = view_rows(missing[0], spine, faults) if pooled > 1 else None
    for view in missing:
        path = part_path(job.root, view, unit.start)
        table = view_table(view, catalogue, spine, faults, rows)
        write_part(table, path, view)
        done.append(
            (f"{view.database}.{view.name}", table.num_rows, table.num_rows * table.num_columns)
        )
        del table
    pa.default_memory_pool().release_unused()
    return done


_LAST: list[Spine] = []


def _spine(start: int, stop: int, seed: int) -> Spine:
    """The block's people; the last block stays in memory, for its next table."""
    if not _LAST or (_LAST[0].start, _LAST[0].stop, _LAST[0].seed) != (start, stop, seed):
        _LAST.clear()  # before the next is made, or both would be held
        _LAST.append(Spine(start, stop, seed))
    return _LAST[0]


def units(tables: list[str], people: int) -> list[Unit]:
    """All units, block by block; tables that share their views make one unit."""
    catalogue = load_catalogue()
    drawn = dict.fromkeys(owner(catalogue, table) for table in tables)
    small = [table for table in drawn if table not in LARGEST]
    large = [table for table in LARGEST if table in drawn]
    return [
        Unit(table, first, min(first + step, people))
        for start in range(0, people, BLOCK)
        for step, part in ((BLOCK, small), (BLOCK // 2, large))
        for first in range(start, min(start + BLOCK, people), step)
        for table in part
        if start == 0 or table not in REFERENCE
    ]


class _NoPandas(MetaPathFinder):
    """pyarrow imports pandas at the first list that it sees: 0.4 s and 40 MB for nothing."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("No pandas in a worker.", name=fullname)


def _start_worker() -> None:
    """Make a worker end at once when the process that started it was killed; spare it pandas."""
    sys.meta_path.insert(0, _NoPandas())
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def run(
    job: Job, todo: list[Unit], workers: int
) -> Iterator[tuple[Unit, list[tuple[str, int, int]]]]:
    """Do the units, yielding each as it is finished.

    A worker stays with a block, because what it knows about these people serves their next table;
    only when no block is left does it help another with the rest of its block.
    """
    if workers <= 1:
        for unit in todo:
            yield unit, run_unit(job, unit)
        return
    blocks = deque(deque(part) for _, part in groupby(todo, lambda unit: unit.start // BLOCK))
    queues: list[deque[Unit]] = [deque() for _ in range(workers)]
    pools = [ProcessPoolExecutor(1, get_context("spawn"), _start_worker) for _ in range(workers)]
    busy: dict[Future, tuple[Unit, int]] = {}
    idle = list(range(workers))
    try:
        while idle or busy:
            for worker in idle:
                if not queues[worker]:
                    queues[worker] = blocks.popleft() if blocks else max(queues, key=len)
                if queues[worker]:
                    unit = queues[worker].popleft()
                    busy[pools[worker].submit(run_unit, job, unit)] = (unit, worker)
            finished, _ = wait(busy, return_when=FIRST_COMPLETED)
            idle = [busy[future][1] for future in finished]
            for future in finished:
                yield busy.pop(future)[0], future.result()
    finally:
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
