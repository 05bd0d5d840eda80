"""Make the theme as light as what the pages use of it, and let no script hold a page up.

The theme brings fonts of 2,000 icons. The pages draw theirs themselves (``icons``); what is left
are the two dozen signs that the style sheet (``styles``) puts beside admonitions and links.
"""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup
from fontTools import subset

#: What scripts of Sphinx get wrong in this theme, and how it is right. The extract of a hit is of
#: the article, not of the buttons and contents around it, and so are the words that are marked on
#: a page; the number of hits is said.
MENDED = {
    "searchtools.js": {
        '[role="main"]': "article.bd-article",
        'searchSummary.classList.add("search-summary");': (
            'searchSummary.classList.add("search-summary"); '
            'searchSummary.setAttribute("role", "status");'
        ),
    },
    "sphinx_highlight.js": {
        'querySelectorAll("div.body")': 'querySelectorAll("article.bd-article")'
    },
}

#: Says at once what the theme's script says once it runs. A locked-down browser keeps no choice.
SCHEME = """{
  let mode = "auto";
  try { mode = localStorage.getItem("mode") || mode; } catch { }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.mode = mode;
  document.documentElement.dataset.theme = mode === "auto" ? dark : mode;
}"""


def mend(static: Path) -> None:
    """Let the scripts of Sphinx fit the theme.

    Parameters
    ----------
    static : Path
        The folder ``_static`` of a built book.

    Raises
    ------
    RuntimeError
        If Sphinx has changed what this changes.
    """
    for name, changes in MENDED.items():
        text = (static / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            if old not in text:
                raise RuntimeError(f"{name} has no {old}: look at MENDED in book/ext/slim.py.")
            text = text.replace(old, new)
        (static / name).write_text(text, encoding="utf-8")


def late(soup: BeautifulSoup) -> None:
    """Let no script keep the page from being seen: all run, in their order, once it is read.

    The theme's script settles late whether the page is light or dark, which would paint it twice
    and the first time in the wrong colours, so the page settles it as it begins.
    """
    for script in soup.select("script[src]"):
        script["defer"] = ""
    for script in soup.select("head script:not([src])"):
        if "dataset.theme" in (script.string or ""):
            script.string = SCHEME
            soup.html["data-theme"] = "light"  # for those without scripts


def cut(static: Path, signs: set[str]) -> None:
    """Cut the icon fonts of a built book down to some signs, one file for each."""
    for font in sorted((static / "vendor" / "fontawesome" / "webfonts").glob("*.ttf")):
        options = subset.Options(flavor="woff", layout_features=[], notdef_outline=False)
        loaded = subset.load_font(str(font), options)
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(signs))
        cutter.subset(loaded)
        subset.save_font(loaded, str(font.with_suffix(".woff")), options)
        font.unlink()
        font.with_suffix(".woff2").unlink()
