"""Put under each SQL query of a chapter a link that opens it in the playground, ready to edit."""

from __future__ import annotations

import base64
import posixpath

from bs4 import BeautifulSoup

PLAYGROUND = "chapters/reference/playground"
#: What a query must hold to be one on LEO: the end of the name of each of its databases.
MARK = "_i2."


def fragment(query: str) -> str:
    """Return a query as the end of an address.

    The theme's script reads the ends of all links as selectors and stops at anything but letters,
    digits, hyphens and underscores.

    Examples
    --------
    >>> fragment("select '£'")
    'sql-c2VsZWN0ICfCoyc'
    """
    return "sql-" + base64.urlsafe_b64encode(query.encode()).decode().rstrip("=")


def link(soup: BeautifulSoup, name: str) -> None:
    """Add the links to a page in place.

    Parameters
    ----------
    soup : BeautifulSoup
        A finished page.
    name : str
        Its name in the book, without ``.html``.
    """
    target = posixpath.relpath(PLAYGROUND, posixpath.dirname(name) or ".")
    for block in soup.select("article div.highlight-sql"):
        query = block.get_text().strip()
        if MARK not in query:
            continue
        line = soup.new_tag("p", attrs={"class": "leo-try d-print-none"})
        own = soup.new_tag("a", attrs={"href": f"{target}.html#{fragment(query)}"})
        own.string = "Edit and run this query in the playground"
        line.append(own)
        block.insert_after(line)
