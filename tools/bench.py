"""Run every benchmark of ``bench/``, or those that are named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(names: list[str]) -> int:
    """Run the benchmarks one after another and return 1 if one failed."""
    scripts = sorted((ROOT / "bench").glob("bench_*.py"))
    chosen = [path for path in scripts if not names or any(name in path.stem for name in names)]
    if not chosen:
        known = ", ".join(path.stem.removeprefix("bench_") for path in scripts) or "none yet"
        print(f"There is no such benchmark; known: {known}.")
        return 2
    failed = 0
    for path in chosen:
        print(f"== {path.stem}", flush=True)
        failed |= subprocess.run([sys.executable, str(path)], cwd=ROOT).returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
