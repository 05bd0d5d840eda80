"""The notebooks in the browser: what they weigh and how long until the first cell can run.

python bench/bench_lite.py    JupyterLite and its parts come from npm and the package index
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from results import write_section

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "ext")]

import browser
import lite

from leo_helpers.store import data_root

RUNS = 3
PATIENCE = 300_000
CELL = ".jp-Notebook .jp-CodeCell"


def megabytes(folder: Path, pattern: str = "*") -> float:
    """Return the size of files in a folder and below, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob(pattern) if path.is_file()) / 1e6


def start(found: browser.Browser, address: str) -> tuple[float, float]:
    """Open a notebook, run one cell without packages; return seconds and megabytes fetched."""
    context = found.new_context()
    page, sent = context.new_page(), []
    context.on("response", lambda got: sent.append(int(got.headers.get("content-length") or 0)))
    began = time.perf_counter()
    page.goto(f"{address}{lite.APPS[0]}/index.html?path=start/what-leo-is.ipynb")
    page.get_by_text("Python (Pyodide)").first.wait_for(timeout=PATIENCE)
    cell = page.locator(CELL).first
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print(6 * 7)")
    page.keyboard.press("Control+Enter")
    cell.locator(".jp-OutputArea-output", has_text="42").wait_for(timeout=PATIENCE)
    seconds = time.perf_counter() - began
    context.close()
    return seconds, sum(sent) / 1e6


def main() -> int:
    """Measure and write the section of the results."""
    chromium = browser.find_chromium()
    if not chromium:
        print("This needs a Chromium (LEO_CHROMIUM).")
        return 2
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        try:
            out = lite.build(Path(place) / "lite", data_root())
        except lite.LeftOut as why:
            print(f"The notebooks could not be made: {why}.")
            return 2
        built = time.perf_counter() - began
        rows = [
            ("everything", megabytes(out)),
            ("Pyodide and its plain packages", megabytes(out / "static" / "pyodide")),
            ("the rows of the book", megabytes(out / "pypi", "leo_data*")),
            ("our package", megabytes(out / "pypi", "leo_helpers*")),
        ]
        with browser.serve(out) as address, browser.open_browser(chromium) as found:
            seen = [start(found, address) for _ in range(RUNS)]
    seconds, sent = (statistics.median(values) for values in zip(*seen, strict=True))
    lines = ["| Part | In the site |", "|---|---:|"]
    lines += [f"| {name} | {size:.1f} MB |" for name, size in rows]
    lines += ["", f"Made in {built:.0f} s. A notebook's first cell has run after {seconds:.0f} s"]
    lines[-1] += f" and {sent:.0f} MB, uncompressed (median of {RUNS} fresh browsers, this machine)"
    lines[-1] += ". What comes from Pyodide's public distribution could not be measured here."
    print("\n".join(lines))
    write_section("lite", "Notebooks in the browser", "python bench/bench_lite.py", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
