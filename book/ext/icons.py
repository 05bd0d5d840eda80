"""Draw the theme's icons as SVG in the page, so that no reader loads its 1.5 MB of icon script."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag

#: Classes of Font Awesome that name a family or a size, not a picture.
NOT_NAMES = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-sm", "fa-xs", "fa-fw"}
FAMILIES = {"fa-solid", "fas", "fa"}


class UnknownIcon(LookupError):
    """A page asks for an icon that the theme does not bring."""


@cache
def drawing(script: Path, name: str) -> tuple[int, int, str]:
    """Return width, height and path of a solid icon from the theme's own script.

    Parameters
    ----------
    script : Path
        The theme's ``fontawesome.js``.
    name : str
        Name of the icon without ``fa-``.

    Returns
    -------
    tuple of int, int and str
        Width and height of the drawing and the data of its path.

    Raises
    ------
    UnknownIcon
        If the script has no such icon.
    """
    text = _text(script)
    key = re.escape(name)
    entry = rf'[{{,](?:"{key}"|{key}):\[(\d+),(\d+),\[[^\]]*\],"\w+","([^"]+)"'
    found = re.findall(entry, text)
    if not found:
        raise UnknownIcon(f"The theme has no icon {name}.")
    width, height, path = found[-1]  # the solid family is the last of the three
    return int(width), int(height), path


@cache
def _text(script: Path) -> str:
    return script.read_text(encoding="utf-8")


def draw(soup: BeautifulSoup, script: Path) -> None:
    """Replace every icon of a page by its drawing and drop the script that would draw it."""
    for mark in soup.select("i[class], span[class]"):
        classes = mark["class"]
        names = [c for c in classes if c.startswith("fa-") and c not in NOT_NAMES]
        if not (FAMILIES & set(classes) and names):
            continue
        mark.replace_with(_svg(soup, mark, *drawing(script, names[0].removeprefix("fa-"))))
    for node in soup.select("script[src*=fontawesome]"):
        node.decompose()


def _svg(soup: BeautifulSoup, mark: Tag, width: int, height: int, path: str) -> Tag:
    kept = {k: v for k, v in mark.attrs.items() if k not in ("class", "aria-label")}
    svg = soup.new_tag("svg", attrs={**kept, "class": ["svg-inline--fa", *mark["class"]]})
    svg["viewBox"] = f"0 0 {width} {height}"
    svg["aria-hidden"], svg["focusable"], svg["fill"] = "true", "false", "currentColor"
    svg.append(soup.new_tag("path", attrs={"d": path}))
    return svg
