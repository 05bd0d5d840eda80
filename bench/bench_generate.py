"""Speed, size and memory of the generator.

    python bench/bench_generate.py [--quick] [--runs 5] [--metasyn PYTHON] [--no-million]

Measured, each in fresh processes: the default data set; 200,000 people end to end on two workers;
a bare counter-based numpy loop that writes as many columns of the same kinds and sizes, in turn
with it; memory of all processes together at 200,000 and 1,000,000 people; and metasyn's rate for
the same columns if ``--metasyn`` names a Python that has it. ``--quick`` takes smaller numbers and
leaves ``RESULTS.md`` alone. The data are written to a temporary folder (``TMPDIR``) and removed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from results import write_section

HERE = Path(__file__).resolve()
#: Tables of the run of a million people: the widest, the longest and one for each kind of spell.
LARGE = [
    "ks4_pupil",
    "ks5_student",
    "lilr_aims",
    "nccis",
    "ypmad_chronological",
    "leo_earnings",
    "leo_employment",
    "leo_geography",
]
#: Views whose columns metasyn is asked for.
COMPARED = [
    "npd_i2.spring_census_2011",
    "npd_i2.absence_2012_3term",
    "leo_i2.leo_earnings",
    "hesa_i2.hesa_2012",
]
METASYN = """
import json, sys, time, polars as pl
from metasyn import MetaFrame
cells = seconds = 0
for path in sys.argv[2:]:
    frame = pl.read_parquet(path).head(400)
    frame = frame.select([c for c in frame.columns if frame[c].null_count() < len(frame)])
    meta = MetaFrame.fit_dataframe(frame)
    begun = time.perf_counter()
    made = meta.synthesize(int(sys.argv[1]))
    seconds += time.perf_counter() - begun
    cells += made.height * made.width
print(json.dumps({"cells": cells, "seconds": seconds}))
"""


# ---- what runs in its own process --------------------------------------------------------------
def make(root: str, people: int, workers: int, tables: list[str] | None) -> dict:
    """Generate a data set and say how long it took and how much it holds."""
    begun = time.perf_counter()
    from leo_helpers.synth import generate

    generate(root, people=people, workers=workers, tables=tables, progress=False)
    seconds = time.perf_counter() - begun
    views = json.loads((Path(root) / "manifest.json").read_bytes())["views"].values()
    size = sum(p.stat().st_size for p in Path(root).rglob("*.parquet"))
    cells = sum(v["rows"] * v["columns"] for v in views)
    return {"seconds": seconds, "cells": cells, "bytes": size}


def bare_part(source: str, target: str) -> int:
    """Write a file with as many rows and columns, of the same kinds, as a file of the generator."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from leo_helpers.synth.engine import LARGE_PAGES, ROW_GROUP
    from leo_helpers.synth.hashing import counter, lane
    from leo_helpers.synth.luts import category_lut, quantile_lut

    file = pq.ParquetFile(source)
    rows = file.metadata.num_rows
    key = counter("bare", n=np.arange(rows))
    words = pa.array([f"word {i}" for i in range(24)])
    pick, small = category_lut([1 / (i + 1) for i in range(24)], 0.05), category_lut([3, 1])
    large, columns = quantile_lut([(0, 0), (0.5, 20_000), (1, 90_000)]), {}
    for field in file.schema_arrow:
        u, kind = lane(key, field.name), field.type
        if pa.types.is_string(kind) or pa.types.is_binary(kind):
            index = pick[u]
            columns[field.name] = pa.DictionaryArray.from_arrays(
                pa.array(index, mask=index < 0), words
            )
        elif pa.types.is_int8(kind):
            columns[field.name] = pa.array(small[u])
        elif pa.types.is_floating(kind):
            columns[field.name] = pa.array(large[u] / 10)
        else:
            numbers = pa.array(large[u])
            columns[field.name] = numbers.cast(pa.date32()) if pa.types.is_date(kind) else numbers
    pq.write_table(
        pa.table(columns),
        target,
        compression="snappy",
        row_group_size=ROW_GROUP,
        write_statistics=False,
        store_schema=False,
        data_page_size=16 << 20,
        **LARGE_PAGES,
    )
    Path(target).unlink()
    return rows * len(columns)


def bare(root: str, workers: int) -> dict:
    """The bare loop over every part of a data set."""
    begun = time.perf_counter()
    parts = sorted(Path(root).rglob("*.parquet"), key=lambda p: -p.stat().st_size)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        done = [pool.submit(bare_part, str(p), f"{p}.bare") for p in parts]
        cells = sum(f.result() for f in done)
    return {"seconds": time.perf_counter() - begun, "cells": cells}


def ours(root: str, people: int) -> dict:
    """Draw and write the compared views in one process, as the generator does."""
    from leo_helpers.catalogue import load_catalogue
    from leo_helpers.synth.engine import part_path, view_table, write_part
    from leo_helpers.synth.faults import fault_rates
    from leo_helpers.synth.spine import Spine

    catalogue, faults = load_catalogue(), fault_rates("documented")
    views = [
        v
        for t in catalogue.tables.values()
        for v in t.views()
        if f"{v.database}.{v.name}" in COMPARED
    ]
    begun, cells = time.perf_counter(), 0
    spine = Spine(0, people, 1)
    for view in views:
        table = view_table(view, catalogue, spine, faults)
        write_part(table, part_path(root, view, 0), view)
        cells += table.num_rows * table.num_columns
    return {"seconds": time.perf_counter() - begun, "cells": cells}


# ---- measuring ---------------------------------------------------------------------------------
def _family(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += _family(int(child))
    return found


def _memory(pid: int) -> int:
    """Memory of a process and its children in bytes; shared pages count once."""
    total = 0
    try:
        for one in _family(pid):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    except OSError:
        pass  # a process ended meanwhile
    return total


def child(task: str, *words: object) -> dict:
    """Run one of the functions above in a fresh process; adds its peak memory."""
    command = [sys.executable, str(HERE), "--task", task, json.dumps(words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"{task} failed")
    return {**json.loads(process.stdout.read().splitlines()[-1]), "peak": peak}


def median(runs: list[dict], value: Callable[[dict], float]) -> float:
    """Median over the runs."""
    return statistics.median(map(value, runs))


def speed(run: dict) -> float:
    """Cells a second, in millions."""
    return run["cells"] / run["seconds"] / 1e6


def metasyn_rate(python: str | None, folder: Path, rows: int) -> dict | None:
    """Rate of metasyn for the compared views, fitting and writing left out."""
    if not python:
        return None
    paths = [str(next(folder.joinpath(*v.split(".")).glob("*.parquet"))) for v in COMPARED]
    command = [python, "-c", METASYN, str(rows), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print("metasyn failed:", done.stderr.strip().splitlines()[-1])
        return None
    return json.loads(done.stdout.splitlines()[-1])


def bench(options: argparse.Namespace, folder: Path) -> list[str]:
    """Measure everything and return the lines of the report."""
    runs, workers = options.runs, 2
    many, million = (20_000, 60_000) if options.quick else (200_000, 1_000_000)
    lines = ["| what | result | target |", "| --- | ---: | ---: |"]

    def say(what: str, result: str, target: str = "") -> None:
        print(f"{what}: {result}" + (f" (target {target})" if target else ""), flush=True)
        lines.append(f"| {what} | {result} | {target} |")

    root = folder / "data"

    def fresh(task: str, *words: object) -> dict:
        shutil.rmtree(root, ignore_errors=True)
        return child(task, str(root), *words)

    default = [fresh("make", 5_000, 1, None) for _ in range(runs)]
    say(
        "default data set, 5,000 people",
        f"{median(default, lambda r: r['seconds']):.1f} s",
        "at most 15 s",
    )
    say("its size", f"{default[0]['bytes'] / 1e6:.0f} MB", "at most 100 MB")
    print("metasyn: give --metasyn PYTHON to compare" if not options.metasyn else "", flush=True)
    theirs = metasyn_rate(options.metasyn, root, 2_000)
    if theirs:
        own = [child("ours", str(folder / "compared"), many) for _ in range(runs)]
        rate = median(own, speed)
        say("metasyn, million cells a second", f"{speed(theirs):.2f}")
        say("the generator for the same columns, one process", f"{rate:.0f}")
        say("ratio", f"{rate / speed(theirs):.0f}", "at least 100")
    full, loops = [], []
    for _ in range(runs):
        full.append(fresh("make", many, workers, None))
        loops.append(child("bare", str(root), workers))
    rate, loop = median(full, speed), median(loops, speed)
    ratio = statistics.median(speed(a) / speed(b) for a, b in zip(full, loops, strict=True))
    say(f"{many:,} people, every table, cells", f"{full[0]['cells'] / 1e9:.2f} thousand million")
    say("time on two workers", f"{median(full, lambda r: r['seconds']):.0f} s")
    say("bytes a person", f"{full[0]['bytes'] / many:,.0f}")
    say("million cells a second, end to end", f"{rate:.1f}", "at least 40")
    say("the bare loop of the same run", f"{loop:.1f}")
    say("ratio to the bare loop", f"{ratio:.2f}", "at least 0.5")
    top = max(r["peak"] for r in full)
    say(f"peak memory at {many:,} people, every table", f"{top / 1e9:.2f} GB", "under 1.5 GB")
    if not options.no_million:
        some = fresh("make", many, workers, LARGE)["peak"]
        more = fresh("make", million, workers, LARGE)["peak"]
        say(f"the same, {len(LARGE)} largest tables", f"{some / 1e9:.2f} GB", "under 1.5 GB")
        say(
            f"peak memory at {million:,} people, those tables",
            f"{more / 1e9:.2f} GB",
            "under 1.5 GB, flat",
        )
    lines += [
        "",
        f"Median of {runs}. The {len(LARGE)} tables are {', '.join(LARGE)}.",
        "Memory is the proportional set size of all processes, sampled five times a second.",
    ]
    return lines


def main() -> None:
    """Carry out one task for the parent process, or the whole benchmark."""
    if sys.argv[1:2] == ["--task"]:
        task = {"make": make, "bare": bare, "ours": ours}[sys.argv[2]]
        print(json.dumps(task(*json.loads(sys.argv[3]))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller numbers, no RESULTS.md")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--metasyn", help="a Python that has metasyn installed")
    parser.add_argument("--no-million", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leo-bench-") as folder:
        lines = bench(options, Path(folder))
    if not options.quick:
        words = " ".join(w for w in sys.argv[1:] if w != options.metasyn)
        command = f"python bench/bench_generate.py {words}".replace("--metasyn", "--metasyn PYTHON")
        write_section("generate", "Generator", command.strip(), lines)


if __name__ == "__main__":
    main()
