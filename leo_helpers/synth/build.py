"""Building a data set safely: checks first, a folder beside the target, one move at the end."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import shutil
from collections.abc import Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from .. import store
from ..catalogue import Catalogue, load_catalogue
from ..errors import GenerateError
from . import BYTES_PER_PERSON, free_bytes
from .engine import Job, run, units
from .faults import fault_rates
from .rows import ROWS

#: Record ids have 27 bits for the person.
MAX_PEOPLE = 1 << 27


@dataclass(frozen=True)
class Request:
    """What was asked of :func:`leo_helpers.synth.generate`."""

    root: Path
    people: int
    seed: int
    faults: str | Mapping[str, float]
    tables: tuple[str, ...] | None
    years: tuple[int, ...] | None
    workers: int
    resume: bool
    overwrite: bool
    progress: bool


def build(request: Request) -> Path:
    """Make the data set of a request; the target appears whole or not at all."""
    _refuse_import()
    catalogue = load_catalogue()
    tables = _tables(request, catalogue)
    plan = _plan(request, tables)
    _check_request(request, tables, catalogue)
    building = request.root.with_name(request.root.name + ".building")
    try:
        request.root.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(building) + ".lock", timeout=_patience(request)):
            _restore(request.root)
            if _already_there(request, plan):
                return request.root
            _check_neighbours(request.root, building)
            _prepare(request, building, plan)
            _run(request, building, tables)
            _finish(request, building, catalogue, plan)
    except Timeout:
        raise GenerateError(
            f"Another process is generating {request.root}.",
            "Wait for it to finish, or choose another --root.",
        ) from None
    except PermissionError as error:
        raise GenerateError(
            f"The folder {request.root.parent} cannot be written ({error.strerror}).",
            "Choose another folder with --root or LEO_DATA.",
        ) from None
    except BrokenProcessPool:
        raise GenerateError(
            "A worker process ended too early, probably for want of memory.",
            "Run the same command with fewer --workers and --resume. A script that calls "
            "generate() itself does so under: if __name__ == '__main__':",
        ) from None
    except OSError as error:
        cure = "Free disk space" if error.errno == errno.ENOSPC else "Look at that folder"
        raise GenerateError(
            f"Writing to {building} failed ({error.strerror or error}).",
            f"{cure}, then run the same command with --resume.",
        ) from None
    return request.root


def _refuse_import() -> None:
    """Say what is wrong when a worker runs the script that started it, and so comes here again."""
    # the test by which multiprocessing itself knows that a process is still starting
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise GenerateError(
            "generate() was called again while one of its workers was starting.",
            "In the script, put the call under: if __name__ == '__main__':",
        )


def _patience(request: Request) -> float:
    """Wait for somebody else's default data set; refuse at once to work on another folder."""
    return 600.0 if request.root == store.default_root() else 0.5


def _tables(request: Request, catalogue: Catalogue) -> list[str]:
    wanted = request.tables if request.tables is not None else tuple(catalogue.tables)
    if not wanted:
        raise GenerateError("No table was chosen.", "See leo tables for their names.")
    names = list(dict.fromkeys(catalogue.resolve_table(t).table_id for t in wanted))
    return [t for t in names if t in ROWS]


def _plan(request: Request, tables: list[str]) -> dict:
    return {
        "recipe": store.recipe(),
        "seed": request.seed,
        "people": request.people,
        "faults": fault_rates(request.faults),
        "tables": tables if request.tables is not None else None,
        "years": sorted(request.years) if request.years is not None else None,
    }


def _check_request(request: Request, tables: list[str], catalogue: Catalogue) -> None:
    if not 1 <= request.people <= MAX_PEOPLE:
        raise GenerateError(
            f"{request.people:,} people cannot be generated.", f"Ask for 1 to {MAX_PEOPLE:,}."
        )
    if request.workers < 1:
        raise GenerateError(f"{request.workers} workers cannot work.", "Ask for one or more.")
    for year in request.years or ():
        if not any(v.year == year for t in tables for v in catalogue.tables[t].views()):
            raise GenerateError(
                f"No yearly view of the chosen tables has the year {year}.",
                "Years are END years: 2010/11 is 2011.",
            )
    share = len(tables) / len(catalogue.tables)
    need = int(request.people * BYTES_PER_PERSON * share)
    free = free_bytes(request.root)
    if need > free:
        raise GenerateError(
            f"{request.people:,} people need about {need / 1e9:.1f} GB and "
            f"{request.root.parent} has {free / 1e9:.1f} GB free.",
            "Choose fewer people or tables, or another disk with --root.",
        )


def _already_there(request: Request, plan: dict) -> bool:
    """Whether the same data set is finished; refuses anything else that is in the way."""
    root = request.root
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    if not _is_ours(root):
        raise GenerateError(
            f"{root} exists and is not a Learning LEO data set.",
            "Choose another folder; nothing there was touched.",
        )
    if request.overwrite:
        foreign = [
            p
            for p in sorted(root.rglob("*"))
            if p.is_file() and p.name != "manifest.json" and not p.match("part-*.parquet")
        ]
        if foreign:
            raise GenerateError(
                f"{root} also holds {foreign[0].name}, which would be lost.",
                "Move it away, or choose another folder.",
            )
        return False
    made = msgspec.to_builtins(store.read_manifest(root))
    if all(made[k] == v for k, v in plan.items()):
        return True
    raise GenerateError(
        f"{root} holds another data set ({made['people']:,} people, seed {made['seed']}).",
        "Choose another folder, or replace it with --overwrite.",
    )


def _is_ours(folder: Path) -> bool:
    """Whether a folder is a data set of any layout."""
    try:
        return json.loads((folder / "manifest.json").read_bytes())["kind"] == store.KIND
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _old(root: Path) -> Path:
    """Where the data set that is being replaced waits for the new one."""
    return root.with_name(root.name + ".old")


def _restore(root: Path) -> None:
    """Put the old data set back if a replacement stopped between its two moves."""
    if not root.exists() and _is_ours(_old(root)):
        os.replace(_old(root), root)


def _check_neighbours(root: Path, building: Path) -> None:
    """Refuse to use folders beside the target that somebody else made."""
    old = _old(root)
    if _is_ours(old):
        shutil.rmtree(old)
    for folder, ours in ((old, False), (building, _noted(building) is not None)):
        if folder.exists() and not ours and (not folder.is_dir() or any(folder.iterdir())):
            raise GenerateError(
                f"{folder} is in the way and was not made by this program.",
                "Move it away, or choose another folder with --root.",
            )


def _noted(building: Path) -> dict | None:
    """The plan of an interrupted run; None if the folder is not one."""
    try:
        return json.loads((building / "plan.json").read_bytes())
    except (OSError, ValueError):
        if not _is_ours(building):
            return None
    made = msgspec.to_builtins(store.read_manifest(building))
    return {k: made[k] for k in ("recipe", "seed", "people", "faults", "tables", "years")}


def _drop_torn_parts(building: Path) -> None:
    """Remove what a crash left half-written, so that it is made again."""
    for part in building.rglob("*part-*.parquet*"):
        try:
            pq.read_metadata(part)
            torn = part.name.startswith(".")
        except (OSError, pa.ArrowException):
            torn = True
        if torn:
            part.unlink()


def _prepare(request: Request, building: Path, plan: dict) -> None:
    note = building / "plan.json"
    if building.exists():
        same = _noted(building) == plan
        if request.resume and not same:
            raise GenerateError(
                f"The interrupted run in {building} was of another data set.",
                "Leave --resume out to start again.",
            )
        if request.resume:
            _drop_torn_parts(building)
        else:
            shutil.rmtree(building)
    building.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(plan), encoding="utf-8")


def _run(request: Request, building: Path, tables: list[str]) -> None:
    job = Job(
        str(building), request.seed, tuple(fault_rates(request.faults).items()), request.years
    )
    todo = units(tables, request.people)
    if not request.progress:
        for _ in run(job, todo, request.workers):
            pass
        return
    from rich.progress import track

    label = f"Generating a synthetic LEO of {request.people:,} people"
    for _ in track(run(job, todo, request.workers), description=label, total=len(todo)):
        pass


def _finish(request: Request, building: Path, catalogue: Catalogue, plan: dict) -> None:
    entries = {}
    for folder in sorted(p for db in building.iterdir() if db.is_dir() for p in db.iterdir()):
        parts = sorted(folder.glob("part-*.parquet"))
        meta = [pq.read_metadata(p) for p in parts]
        entries[f"{folder.parent.name}.{folder.name}"] = store.ViewEntry(
            rows=sum(m.num_rows for m in meta),
            columns=meta[0].num_columns,
            parts={p.name: store.checksum(p) for p in parts},
        )
    manifest = store.Manifest(
        kind=store.KIND, notice=store.NOTICE, layout=store.LAYOUT, views=entries, **plan
    )
    store.write_manifest(manifest, building)
    (building / "plan.json").unlink()
    old = _old(request.root)
    if request.root.exists():
        os.replace(request.root, old)
    try:
        os.replace(building, request.root)
    except OSError:
        _restore(request.root)
        raise
    shutil.rmtree(old, ignore_errors=True)
