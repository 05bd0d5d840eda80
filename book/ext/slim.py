"""Make the theme as light as what the pages use of it, and let no script hold a page up.

The theme brings a rule and a glyph for each of 2,000 icons. The pages draw theirs themselves
(``icons``); what is left are the two dozen signs that style sheets put beside admonitions and
links. A page is then half as heavy.
"""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup
from fontTools import subset

#: One rule for the glyph of one icon: ``.fa-sun:before{content:"\\f185"}``.
GLYPH_RULE = re.compile(r'(?:\.fa-[\w-]+:{1,2}before,?)+\{content:"[^"]*"\}')
CODE_POINT = re.compile(r'"\\([0-9a-f]{3,5})\s?"')
OTHER_FORMATS = re.compile(r',\s*url\([^)]*\.ttf\)\s*format\("truetype"\)')

#: A rule that shows a sign of the icon font, which a screen reader would try to say.
ICON_RULE = re.compile(
    r"([^{};]+)\{(?:[^{}]*;)?\s*content:\s*"
    r"(var\(--pst-icon-[\w-]+\)|\"(?:\\f[0-9a-f]{3}|[\ue000-\uf8ff])\")[^{}]*\}"
)
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


def trim_styles(text: str) -> str:
    r"""Return a style sheet without the rules of single icons and without fonts in other formats.

    Examples
    --------
    >>> trim_styles('a{x:y}.fa-sun:before,.fa-day:before{content:"\\f185"}b{x:y}')
    'a{x:y}b{x:y}'
    """
    text = OTHER_FORMATS.sub("", GLYPH_RULE.sub("", text))
    return text.replace('.woff2) format("woff2")', '.woff) format("woff")')


def unspoken(text: str) -> str:
    r"""Return a style sheet whose icons have no words, in browsers that know how to say so.

    Examples
    --------
    >>> unspoken('.a{content:"\\f185"}b{x:y}')
    '.a{content:"\\f185"}@supports (content:"" / ""){.a{content:"\\f185" / ""}}b{x:y}'
    """
    again = r'\g<0>@supports (content:"" / ""){\1{content:\2 / ""}}'
    return ICON_RULE.sub(again, text)


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


def signs(texts: list[str]) -> set[int]:
    r"""Return the code points that style sheets name, as a number or as the sign itself.

    Examples
    --------
    >>> sorted(signs(['a{content:"\\f185"}', ':root{--sign:"\uf101"}'])) == [0xF101, 0xF185]
    True
    """
    named = {int(code, 16) for text in texts for code in CODE_POINT.findall(text)}
    return named | {ord(sign) for text in texts for sign in text if "\ue000" <= sign <= "\uf8ff"}


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


def slim(static: Path) -> None:
    """Trim the style sheets of a built book and cut its icon fonts down to the signs they name."""
    mend(static)
    sheets = [p for p in static.rglob("*.css") if ".min." not in p.name]
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        sheet.write_text(unspoken(trim_styles(text)), encoding="utf-8")
    named = signs([sheet.read_text(encoding="utf-8") for sheet in sheets])
    for font in sorted((static / "vendor" / "fontawesome" / "webfonts").glob("*.ttf")):
        options = subset.Options(flavor="woff", layout_features=[], notdef_outline=False)
        loaded = subset.load_font(str(font), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=named)
        cutter.subset(loaded)
        subset.save_font(loaded, str(font.with_suffix(".woff")), options)
