"""Sphinx extension: go once through the finished pages and complete them.

Repairs what the theme leaves inaccessible (``a11y``), draws the icons (``icons``), adds what each
page says about itself (``about``) and the content-security policy (``policy``), and leaves out
what no page uses (``slim``, ``styles``).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import a11y
import about
import icons
import policy
import slim
import styles
import try_sql
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util import logging

from leo_helpers import __version__

log = logging.getLogger(__name__)
#: Files of the theme that no page asks for after this pass.
UNUSED = ["scripts/fontawesome.js", "scripts/*.map", "styles/*.map", "togglebutton.*"]
UNUSED += ["sphinx-thebe.*", "*webpack-macros.html"]


def complete(text: str, facts: about.Facts, static: Path) -> tuple[str, list[str]]:
    """Return a finished page and what is wrong with its figures.

    Parameters
    ----------
    text : str
        HTML as Sphinx wrote it.
    facts : Facts
        What is known of the page.
    static : Path
        The folder ``_static`` of the built book.

    Returns
    -------
    tuple of str and list of str
        The page, and one line for each figure without good words.
    """
    soup = BeautifulSoup(text, "html.parser")
    faults = a11y.check_figures(soup)
    a11y.repair(soup)
    icons.draw(soup, static / "scripts" / "fontawesome.js")
    about.head(soup, facts)
    about.footer(soup, facts)
    about.progress(soup, facts)
    slim.late(soup)
    try_sql.add(soup, facts.name)
    policy.apply(soup)
    return str(soup), faults


def finish(app: Sphinx, error: Exception | None) -> None:
    """Go through every page once the builder is done."""
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in sorted(out.rglob("*.html")):
        if "_static" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if "<head" not in text:
            continue  # a stub that leads to the first page; tools/redirects.py writes a whole one
        name = path.relative_to(out).with_suffix("").as_posix()
        day = about.changed(source_of(app, name)) if name in app.env.all_docs else None
        facts = about.Facts(name, __version__, day)
        text, faults = complete(text, facts, out / "_static")
        for fault in faults:
            log.warning("%s: %s; write one in the cell's mystnb image alt", path.stem, fault)
        path.write_text(text, encoding="utf-8")
    slim.mend(out / "_static")
    drop_unused(out / "_static")
    slim.cut(out / "_static", styles.signs(styles.unite(out)))


def source_of(app: Sphinx, name: str) -> str:
    """Return the path of a page's source in the project, with slashes."""
    return Path(app.env.doc2path(name)).resolve().relative_to(about.ROOT).as_posix()


def drop_unused(static: Path) -> None:
    """Delete what no page loads any more, most of it icons in other formats and source maps."""
    for pattern in UNUSED:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
