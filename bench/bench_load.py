"""Time ``import leo_helpers``, ``leo.connect()`` and ``leo.load()``.

``python bench/bench_load.py`` makes a data set of 200,000 people first (only the School Census of
2011, in a temporary folder); ``--root FOLDER`` takes one that is there. The table is
written to ``bench/RESULTS.md``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from results import write_section

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

ROWS, COLUMNS, RUNS = 100_000, 10, 5
IMPORT = (
    "import time; start = time.perf_counter(); import leo_helpers; "
    "print(time.perf_counter() - start)"
)


def import_seconds() -> float:
    """Seconds that ``import leo_helpers`` takes in a new process, without starting Python."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def seconds(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(root: Path) -> list[str]:
    """Measure on a data set and write the table.

    Parameters
    ----------
    root : pathlib.Path
        A data set with the spring School Census of 2011, of at least 100,000 rows.

    Returns
    -------
    list of str
        Lines of Markdown: what was measured, the median, the fastest and slowest run, and the aim.
    """
    import leo_helpers as leo
    from leo_helpers.store import read_manifest

    request = {"years": 2011, "terms": "spring", "n": ROWS, "root": root}
    # Every third column: codes, numbers, dates and keys, as a reader would choose them.
    columns = list(leo.load("sc_pupil", **request | {"n": 1}).columns)[: 3 * COLUMNS : 3]
    rows = len(leo.load("sc_pupil", columns=columns, **request))
    if rows < ROWS or len(columns) < COLUMNS:
        sys.exit(
            f"The view has {rows:,} rows and {len(columns)} columns; this needs {ROWS:,} x "
            f"{COLUMNS}. Leave out --root, or generate 250,000 people."
        )
    views = len(read_manifest(root).views)
    measured = (
        ("`import leo_helpers`", 0.3, import_seconds),
        (
            f"`leo.connect()`, {views} views",
            0.5,
            lambda: seconds(lambda: leo.connect(root=root).close()),
        ),
        (
            f"`leo.load()`, {rows:,} rows x {len(columns)} columns",
            0.2,
            lambda: seconds(lambda: leo.load("sc_pupil", columns=columns, **request)),
        ),
        (
            f"`leo.load(labels=True)`, {rows:,} rows x {len(columns)} columns",
            None,
            lambda: seconds(lambda: leo.load("sc_pupil", columns=columns, labels=True, **request)),
        ),
    )
    lines = [
        f"Median of {RUNS} after one run to warm up.",
        "",
        "| What | Median (s) | Fastest (s) | Slowest (s) | Aim (s) |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for what, aim, measure in measured:
        measure()
        times = [measure() for _ in range(RUNS)]
        lines.append(
            f"| {what} | {statistics.median(times):.3f} | {min(times):.3f} | {max(times):.3f} | "
            f"{'' if aim is None else f'< {aim}'} |"
        )
    return lines


def main() -> None:
    """Make a data set if none is given, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, help="a data set that is there")
    parser.add_argument("--people", type=int, default=200_000, help="people to generate without it")
    given = parser.parse_args()
    if given.root is not None:
        print("\n".join(report(given.root)))
        return
    from leo_helpers.synth import generate

    with tempfile.TemporaryDirectory(prefix="leo-bench-") as folder:
        root = Path(folder) / "data"
        generate(root, people=given.people, tables=["sc_pupil"], years=[2011])
        lines = report(root)
    print("\n".join(lines))
    write_section("load", "Loading", "python bench/bench_load.py", lines)


if __name__ == "__main__":
    main()
