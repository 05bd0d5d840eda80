"""What test modules import from one another."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [
    path for path in (str(ROOT / "tools"), str(ROOT / "book" / "ext")) if path not in sys.path
]

import browser  # noqa: F401 - conftest.py takes it
