"""Sphinx extension: repair what the theme leaves inaccessible and refuse figures without words.

Runs over the finished HTML. Each repair answers one rule of axe-core; a picture whose
description is missing, is a file name, or has not 20 to 300 characters is a build warning,
and the book is built with warnings as errors.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)
FILE_NAME = re.compile(r"\.(png|svg|jpe?g|gif|webp)\s*$|^\.{0,2}/|_images/", re.IGNORECASE)
SHORTEST, LONGEST = 20, 300


def alt_fault(text: str | None) -> str | None:
    """Say what is wrong with a description of a picture, or return None.

    Parameters
    ----------
    text : str or None
        The value of the ``alt`` attribute.

    Returns
    -------
    str or None
        A few words that name the fault.
    """
    words = (text or "").strip()
    if not words:
        return "has no description"
    if FILE_NAME.search(words):
        return "is described by a file name"
    if not SHORTEST <= len(words) <= LONGEST:
        return f"has a description of {len(words)} characters, not {SHORTEST} to {LONGEST}"
    return None


def check_figures(soup: BeautifulSoup) -> list[str]:
    """List the figures of a page whose description is not good enough."""
    faults = []
    for image in soup.select("article img"):
        fault = alt_fault(image.get("alt"))
        if fault:
            faults.append(f"figure {image.get('src')} {fault}")
    return faults


def repair(soup: BeautifulSoup) -> None:
    """Change a page in place so that assistive technology reads it well."""
    for button in soup.select("button[aria-label], summary[aria-label]"):
        if button.get_text(strip=True) and not button.select(".theme-switch"):
            del button["aria-label"]
    for node in soup.select("[role=doc-biblioentry], .citation-list[role=list]"):
        del node["role"]
    for node in soup.select("div.citation[role]"):
        del node["role"]
    for cell in soup.select("thead th, tbody th"):
        if cell.get_text(strip=True):
            cell["scope"] = "col" if cell.find_parent("thead") else "row"
        else:
            cell.name = "td"
    sidebar = soup.select_one(".bd-sidebar-primary")
    if sidebar is not None:
        sidebar["role"], sidebar["aria-label"] = "complementary", "Contents and search"
    for number, output in enumerate(soup.select("div.cell_output pre, div.cell_input pre")):
        output["tabindex"] = "0"
        output.attrs.setdefault("id", f"leo-pre-{number}")
    for script in soup.select("script"):
        # The theme declares Thebe's address twice, which is an error, and nothing here uses it.
        if "thebe" in (script.get("src") or "") or "THEBE_JS_URL" in (script.string or ""):
            script.decompose()
    for style in soup.select("style[scoped]"):
        del style["scoped"]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Go through every page once the builder is done."""
    if error is not None or app.builder.format != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if "_static" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(text, "html.parser")
        for fault in check_figures(soup):
            log.warning("%s: %s; write one in the cell's mystnb image alt", path.stem, fault)
        repair(soup)
        path.write_text(str(soup), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
