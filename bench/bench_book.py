"""How long a reader waits for the book, and how long the check of its notebooks takes.

    python bench/bench_book.py

A clone of what is committed, with a home folder that is empty: so packages are fetched, the data
set is generated, every chapter runs. Then nbval runs every notebook and compares what it prints.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from results import write_section

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import dev


def timed(*command: object, cwd: Path, env: dict[str, str]) -> tuple[float, str]:
    """Run a command; return its seconds and what it printed, or end with its output if it fails."""
    begun = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout[-4000:])
    return time.perf_counter() - begun, done.stdout


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds."""
    return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"


def main() -> None:
    """Measure and write the section."""
    with tempfile.TemporaryDirectory() as folder:
        home, clone = Path(folder) / "home", Path(folder) / "clone"
        home.mkdir()
        drop = ("LEO_DATA", "XDG_CACHE_HOME", "UV_CACHE_DIR", "PIP_CACHE_DIR")
        env = {k: v for k, v in dev.ENV.items() if k not in drop}
        env |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        python = getattr(sys, "_base_executable", sys.executable)
        whole, told = timed(python, "dev.py", "book", "--no-open", cwd=clone, env=env)
        pages, built = re.search(r"with (\d+) generated pages in (\d+) seconds", told).groups()
        check, told = timed(*dev.PYTEST, "--nbval", "notebooks", cwd=ROOT, env=env)
        cells = re.search(r"(\d+) passed", told)[1]
    chapters = len(list((ROOT / "notebooks").rglob("*.ipynb")))
    write_section(
        "book",
        "The book",
        "python bench/bench_book.py",
        [
            "| What | Measured | Aim |",
            "|---|---:|---:|",
            f"| fresh clone, empty home, `python dev.py book` | {clock(whole)} | |",
            f"| of it the build of {chapters} chapters and {pages} generated pages "
            f"| {clock(int(built))} | 10 min |",
            f"| nbval over all notebooks, {cells} cells | {clock(check)} | 15 min |",
        ],
    )


if __name__ == "__main__":
    main()
