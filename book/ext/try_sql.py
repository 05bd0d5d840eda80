"""Put under each SQL query of a chapter a panel in which it can be edited and run.

The panel holds a link to the query in the playground. Its scripts (``site.js``, ``playground.js``)
put the playground itself into the panel when it is first opened; without scripts the link is left.
"""

from __future__ import annotations

import base64
import posixpath
import re
import textwrap

from bs4 import BeautifulSoup

PLAYGROUND = "chapters/reference/playground"
#: What a query must hold to be one on LEO: the end of the name of each of its databases.
MARK = "_i2."
#: A cell that is T-SQL but for its first line, and one that runs a script it has just written down.
CELL = re.compile(r"%%tsql\b[^\n]*\n(?P<script>.*)", re.DOTALL)
GOING = re.compile(r"%%tsql\b[^\n]*--keep-going")
RUN = re.compile(r'script = """\n(?P<script>.*?)"""\nleo\.tsql\.run\(script\)', re.DOTALL)
#: Words after which a script names a table of its own.
MADE = re.compile(r"\b(?:into|create\s+table|create\s+schema)\s+(#?\w+(?:\.\w+)?)", re.IGNORECASE)
#: A cell that writes down a query for both.
BOTH = re.compile(r'sql = """\n(?P<query>.*?)"""', re.DOTALL)


def fragment(query: str, language: str = "sql") -> str:
    """Return a query as the end of an address.

    The theme's script reads the ends of all links as selectors and stops at anything but letters,
    digits, hyphens and underscores.

    Parameters
    ----------
    query : str
        What the editor will hold.
    language : str
        ``"sql"`` or ``"tsql"``.

    Examples
    --------
    >>> fragment("select '£'")
    'sql-c2VsZWN0ICfCoyc'
    """
    return f"{language}-" + base64.urlsafe_b64encode(query.encode()).decode().rstrip("=")


def script_of(cell: str) -> str | None:
    r"""Return the T-SQL of a cell of code; None if it holds none.

    Examples
    --------
    >>> script_of("%%tsql --out pay\nselect 1")
    'select 1'
    >>> script_of("import leo_helpers as leo") is None
    True
    """
    found = CELL.match(cell) or RUN.match(cell)
    return found["script"].strip() if found else None


def query_of(cell: str) -> str | None:
    r"""Return the query on LEO that a cell of code begins with; None if it begins otherwise.

    Examples
    --------
    >>> quotes = '"' * 3
    >>> query_of(f"sql = {quotes}\n    SELECT 1 AS a FROM leo_i2.x.y{quotes}")
    'SELECT 1 AS a FROM leo_i2.x.y'
    """
    found = BOTH.match(cell)
    query = textwrap.dedent(found["query"]).strip() if found else ""
    return query if MARK in query else None


def whole(cells: list[str]) -> dict[int, str]:
    r"""Return the T-SQL of cells by their places, each with those before it that make its tables.

    Cells of a chapter share a session, and a run of the playground is one of its own. Between two
    cells stands ``GO``, because each is a batch. The playground stops at an error, so a cell that
    goes on after errors has no part in it, and neither has one that reads its tables.

    Parameters
    ----------
    cells : list of str
        The cells of a page, in order.

    Examples
    --------
    >>> cells = ["%%tsql\nselect 1 as a into #one", "%%tsql\nselect 2 as b into #two"]
    >>> whole([*cells, "%%tsql\nselect a from #one"])[2]
    'select 1 as a into #one\nGO\nselect a from #one'
    >>> whole(["%%tsql --keep-going\nselect 1 as a into #one", "%%tsql\nselect a from #one"])
    {}
    """
    found = {place: script for place, cell in enumerate(cells) if (script := script_of(cell))}
    going = {place for place in found if GOING.match(cells[place])}
    lost = {table for place in going for table in made(found[place])}
    done: dict[int, str] = {}
    for place, script in found.items():
        if place in going or words(script) & lost - made(script):
            continue
        parts = [script]
        for before in sorted(done.keys(), reverse=True):
            if made(found[before]) & words(" ".join(parts)):
                parts.insert(0, found[before])
        done[place] = "\nGO\n".join(parts)
    return done


def made(script: str) -> set[str]:
    """Return the tables and schemas that a script makes, in small letters.

    Examples
    --------
    >>> sorted(made("create table #a (x int) select 1 as x into study.pay"))
    ['#a', 'study.pay']
    """
    return {name.lower() for name in MADE.findall(script)}


def words(script: str) -> set[str]:
    """Return the names in a script, alone and with their schema, in small letters."""
    return {name.lower() for name in re.findall(r"#?\w+(?:\.\w+)?", script)}


def add(soup: BeautifulSoup, name: str) -> None:
    """Add the panels to a page in place.

    Parameters
    ----------
    soup : BeautifulSoup
        A finished page.
    name : str
        Its name in the book, without ``.html``.
    """
    target = posixpath.relpath(PLAYGROUND, posixpath.dirname(name) or ".")
    found = [(block, block.get_text().strip()) for block in soup.select("div.highlight-sql")]
    queries = [(block, fragment(text)) for block, text in found if MARK in text]
    code = [(block, block.get_text().strip()) for block in soup.select("div.cell_input")]
    queries += [(block, fragment(query)) for block, text in code if (query := query_of(text))]
    scripts = whole([text for _, text in code])
    queries += [(code[place][0], fragment(text, "tsql")) for place, text in scripts.items()]
    for block, end in queries:
        inside = " mt-2" if "cell_input" in block["class"] else ""  # no gap to make up for there
        panel = f"""<details class="leo-try d-print-none{inside}"><summary>Try this SQL</summary>
<p><a href="{target}.html#{end}">Open this query in the playground</a></p></details>"""
        block.insert_after(BeautifulSoup(panel, "html.parser"))
    panels = soup.select("details.leo-try")
    for number, panel in enumerate(panels, 1):
        # Several controls with the same words: those who hear them learn which is which.
        if len(panels) > 1:
            which = soup.new_tag("span", attrs={"class": "leo-hidden"})
            which.string = f", query {number} of {len(panels)} on this page"
            panel.summary.append(which)
