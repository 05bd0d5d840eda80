"""Pages that lead from an old or short address to a page of the book."""

from __future__ import annotations

import html
import os
import sys
from pathlib import Path
from urllib.parse import quote

import about


def address_of(name: str, base: str) -> str:
    """Return the address of a page.

    Examples
    --------
    >>> address_of("docs/decisions.html", "https://example.org/leo/")
    'https://example.org/leo/docs/decisions.html'
    """
    return base.rstrip("/") + "/" + quote(name) if base else ""


def redirect(to: str, address: str = "") -> str:
    """Return a page that leads to another one without JavaScript.

    Parameters
    ----------
    to : str
        Where it leads, as a link from the page itself.
    address : str
        The full address of the same, if it is known.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> 'url=../docs/decisions.html"' in redirect("../docs/decisions.html")
    True
    """
    to = html.escape(to)
    canonical = f'<link href="{html.escape(address)}" rel="canonical"/>' if address else ""
    return f"""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"/>
<meta content="default-src 'none'; img-src data:" http-equiv="Content-Security-Policy"/>
<link href="data:," rel="icon"/>
<meta content="width=device-width, initial-scale=1" name="viewport"/>
<meta content="0; url={to}" http-equiv="refresh"/>{canonical}
<title>Learning LEO: this page has moved</title></head>
<body><main><h1>This page has moved</h1>
<p><a href="{to}">Go to where it is now</a></p></main></body>
</html>
"""


def write_redirects(out: Path, base: str = "") -> list[str]:
    """Write a page for every address in ``[redirects]`` and return their names.

    Raises
    ------
    SystemExit
        If one of them leads nowhere or stands where a page is.
    """
    names = []
    for name, target in about.settings()["redirects"].items():
        path = out / name
        if not (out / target).is_file():
            sys.exit(f"book/site.toml sends {name} to {target}, and there is no such page.")
        if path.exists() and 'http-equiv="refresh"' not in path.read_text(encoding="utf-8").lower():
            sys.exit(f"book/site.toml sends {name} elsewhere, but it is a page of the book.")
        relative = Path(os.path.relpath(out / target, path.parent)).as_posix()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(redirect(relative, address_of(target, base)), encoding="utf-8")
        names.append(name)
    return names
