"""Work out the lock files afresh; they hold versions only, never an address."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate"]
OPTIONS += ["--no-emit-index-url", "--upgrade", "--quiet"]
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": [
        "requirements.txt",
        "requirements-dev.txt",
        "--constraints",
        "requirements.lock",
    ],
    "requirements-engines.lock": [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-engines.txt",
        "--constraints",
        "requirements-dev.lock",
    ],
    "requirements-lite.lock": ["requirements-lite.txt"],
}


def compile_lock(name: str, sources: list[str]) -> None:
    """Resolve one lock file with uv, and refuse a result that names a place."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "pip", "compile", *sources, *OPTIONS, "-o", name], cwd=ROOT, check=True)
    text = (ROOT / name).read_text(encoding="utf-8")
    if re.search(r"://|^-|@ ", text, flags=re.MULTILINE):
        sys.exit(f"{name} holds an address; check the index settings of uv and try again.")
    print(f"{name}: {len(text.splitlines())} packages")


if __name__ == "__main__":
    for lock, requirements in LOCKS.items():
        compile_lock(lock, requirements)
