"""What test modules import from one another."""

import re
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


def luminance(colour):
    """Return the relative luminance of ``rgb(...)``, from 0 to 1."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    light = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def contrast(one, other):
    """Return the contrast of two colours as WCAG counts it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


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
