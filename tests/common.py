"""What test modules import from one another."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPLORER = "chapters/reference/explorer.html"
sys.path[:0] = [
    path for path in (str(ROOT / "tools"), str(ROOT / "book" / "ext")) if path not in sys.path
]

import browser  # noqa: F401 - conftest.py takes it


def rows(page):
    """Return the ids of the variables that the explorer's list shows."""
    return page.eval_on_selector_all("#leo-rows tr", "all => all.map(row => row.dataset.id)")


def every_row(page):
    """Return the ids of all variables that the explorer has found, and show them all."""
    while page.locator("#leo-more").is_visible():
        page.click("#leo-more")
    return rows(page)
