"""The playground: what it weighs and how long a first run takes, from this machine.

python bench/bench_playground.py    the book in _build/html
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from pathlib import Path

from results import write_section

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools")]

import browser

SITE = ROOT / "_build" / "html"
PAGE = "chapters/reference/playground.html"
RUNS = 3
PAY = 'select taxyear, avg(earnings) from leo_i2."2002237".leo_earnings group by all'
STEPS = [
    ("first query, no view", "duckdb", "select 1"),
    (
        "earnings by tax year, with fetching the view",
        "duckdb",
        PAY,
    ),
    (
        "the same again",
        "duckdb",
        PAY,
    ),
    ("first T-SQL, with starting Python", "tsql", "select 7 / 2 as half"),
    (
        "T-SQL again: earnings by tax year",
        "tsql",
        "select taxyear, avg(earnings) as pay from leo_i2.[2002237].leo_earnings group by taxyear",
    ),
]


def weight(*paths: Path) -> str:
    """Return the size of files in kilobytes: as they are, and as a host sends them compressed."""
    raw = sum(path.stat().st_size for path in paths)
    sent = sum(
        path.stat().st_size
        if path.suffix in (".gz", ".zip")
        else len(gzip.compress(path.read_bytes(), 6))
        for path in paths
    )
    return f"{raw / 1e3:,.0f} KB | {sent / 1e3:,.0f} KB"


def sizes(folder: Path) -> list[str]:
    """Return the lines of the table of sizes."""
    engine, data = folder / "engine", sorted((folder / "data").iterdir())
    text = (folder / "index.js").read_text(encoding="utf-8")
    views = json.loads(text.partition("=")[2].rstrip(";\n").replace("<\\/", "</"))["views"]
    duck = [engine / "duckdb.mjs", engine / "duckdb-eh.wasm.gz"]
    arrow = next((SITE / "_static" / "vendor").glob("apache-arrow-*.mjs"))
    rest = [p for p in sorted(engine.iterdir()) if p not in duck]
    own = [SITE / "_static" / name for name in ("playground.js", "playground-worker.js")]
    largest = max(data, key=lambda path: path.stat().st_size)
    return [
        "| What | In the site | Over the line |",
        "|---|---:|---:|",
        f"| the page's own scripts, at once | {weight(*own, folder / 'index.js')} |",
        f"| DuckDB, on the first run | {weight(*duck, arrow)} |",
        f"| Python and the translator, on the first T-SQL | {weight(*rest)} |",
        f"| {len(data)} views, {sum(v['rows'] for v in views.values()):,} rows | {weight(*data)} |",
        f"| the largest view ({largest.name.removesuffix('.arrow.gz')}) | {weight(largest)} |",
    ]


def times(found: browser.Browser, address: str) -> dict[str, float]:
    """Return the seconds of each step, the median of three fresh browsers' pages."""
    seen: dict[str, list[float]] = {}
    for _ in range(RUNS):
        context = found.new_context()
        page = context.new_page()
        page.goto(address + PAGE, wait_until="load")
        for name, language, text in STEPS:
            page.select_option("#leo-play-language", language)
            page.fill("#leo-play-text", text)
            start = time.perf_counter()
            page.click("#leo-play-run")
            page.wait_for_selector("#leo-play-run:enabled", timeout=300_000)
            seen.setdefault(name, []).append(time.perf_counter() - start)
            if page.is_visible("[role=alert]"):
                sys.exit(f"{name}: {page.inner_text('[role=alert]')}")
        context.close()
    return {name: statistics.median(found) for name, found in seen.items()}


def main() -> int:
    """Measure and write the section of the results."""
    chromium, folder = browser.find_chromium(), SITE / "_static" / "playground"
    if not chromium or not (folder / "engine").exists():
        print("This needs a Chromium (LEO_CHROMIUM) and a built book with the playground's engine.")
        return 2
    lines = [*sizes(folder), "", "| Step | Seconds |", "|---|---:|"]
    with browser.serve(SITE) as address, browser.open_browser(chromium) as found:
        lines += [f"| {name} | {value:.2f} |" for name, value in times(found, address).items()]
    lines += ["", f"Times are medians of {RUNS} fresh pages, served from this machine."]
    print("\n".join(lines))
    write_section("playground", "The playground", "python bench/bench_playground.py", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
