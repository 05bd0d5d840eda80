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


def watch(context, address):
    """Open a page that notes every request to another machine and every error it shows."""
    new = context.new_page()
    new.outside, new.errors = [], []

    def decide(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            new.outside.append(route.request.url)
            route.abort()

    context.route("**/*", decide)
    new.on("pageerror", lambda error: new.errors.append(str(error)))
    new.on(
        "console",
        lambda said: said.type == "error" and new.errors.append(f"{said.text} {said.location}"),
    )
    return new
