"""What every page says about itself: head tags, how to cite it, how to report a problem."""

from __future__ import annotations

import datetime
import html
import posixpath
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import a11y
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where publishing writes what only it knows: the address of the page and of the repository.
HEAD, ADDRESS, ISSUE = "leo:head", "leo:address", "leo:issue"
LONGEST = 200


@cache
def settings() -> dict:
    """Return ``book/site.toml``."""
    return tomllib.loads((ROOT / "book" / "site.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Facts:
    """One page: its name without ``.html``, the version of the book, the day of its last change."""

    name: str
    version: str
    changed: datetime.date | None

    @property
    def counts(self) -> bool:
        """Whether reading it counts as progress."""
        return counts(self.name)


def counts(name: str) -> bool:
    """Say whether a page is a chapter, whose reading counts as progress.

    Examples
    --------
    >>> counts("chapters/start/what-leo-is"), counts("chapters/reference/glossary")
    (True, False)
    """
    return name.startswith("chapters/") and not name.startswith(tuple(settings()["not_read"]))


def git(*words: str) -> str:
    """Return what git says of this project; nothing without git or in a copy without history.

    A copy that was unpacked inside another project must not be told that one's history.
    """
    if not (ROOT / ".git").exists():
        return ""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


@cache
def days() -> dict[str, datetime.date]:
    """Return the day of the last change of every file in git, by its path; empty without git."""
    said = git("log", "--format=%x00%cs", "--name-only", "--no-renames")
    found: dict[str, datetime.date] = {}
    for entry in said.split("\0")[1:]:
        day, *paths = entry.split("\n")
        for path in filter(None, paths):
            found.setdefault(path, datetime.date.fromisoformat(day))
    return found


def changed(source: str) -> datetime.date | None:
    """Return the day on which a page changed last; a generated page changes with the data."""
    known = days()
    if source in known:
        return known[source]
    return max((day for path, day in known.items() if path.startswith("data/")), default=None)


def title_of(soup: BeautifulSoup) -> str:
    """Return the heading of a page."""
    heading = soup.select_one("article h1")
    return a11y.words_of(heading) if heading else settings()["title"]


def description(soup: BeautifulSoup) -> str:
    """Return the first paragraph of a page, cut at a word, or what the site says of itself."""
    for paragraph in soup.select("article section > p"):
        words = " ".join(paragraph.get_text().split())
        if len(words) > 40:
            return words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0] + " …"
    return settings()["summary"]


def day(date: datetime.date) -> str:
    """Return a date as people write it.

    Examples
    --------
    >>> day(datetime.date(2026, 11, 7))
    '7 November 2026'
    """
    return f"{date.day} {date:%B %Y}"


def head(soup: BeautifulSoup, facts: Facts) -> None:
    """Add the description and the Open Graph tags, and the place for the page's address."""
    site, words = settings(), description(soup)
    for meta in soup.head.find_all("meta", attrs={"name": "viewport"})[1:]:
        meta.decompose()
    tags = [
        ("name", "description", words),
        ("property", "og:site_name", site["title"]),
        ("property", "og:title", title_of(soup)),
        ("property", "og:description", words),
        ("property", "og:type", "article" if facts.counts else "website"),
        ("property", "og:locale", "en_GB"),
    ]
    if facts.changed:
        tags.append(("property", "article:modified_time", facts.changed.isoformat()))
    for kind, name, content in tags:
        soup.head.append(soup.new_tag("meta", attrs={kind: name, "content": content}))
    soup.head.append(BeautifulSoup(f"<!-- {HEAD} -->", "html.parser"))


def citation(title: str, facts: Facts) -> str:
    """Return how to cite a page, as HTML; publishing adds the address."""
    site, year = settings(), (facts.changed or datetime.date.today()).year
    own = "" if title == site["title"] else f"“{html.escape(title)}”. In "
    return (
        f"{html.escape(site['author'])} ({year}). {own}<cite>{html.escape(site['title'])}</cite>, "
        f"version {facts.version}.<!-- {ADDRESS} -->"
    )


def footer(soup: BeautifulSoup, facts: Facts) -> None:
    """Add to the end of a page when it changed, how to cite it and what to put in a report."""
    article = soup.select_one("article.bd-article")
    if article is None:
        return
    title = title_of(soup)
    changed_on = f"Last changed on {day(facts.changed)}. " if facts.changed else ""
    page = html.escape(f"{facts.name}.html")
    read = (
        '<p class="leo-read" hidden><button type="button" id="leo-read" aria-pressed="false">'
        "I have read this page</button></p>"
    )
    text = f"""
<section class="leo-about d-print-none" aria-label="About this page">
{read if facts.counts else ""}
<p>{changed_on}Version {html.escape(facts.version)}.</p>
<details id="leo-cite"><summary>Cite this page</summary>
<p class="leo-copy">{citation(title, facts)}</p>
<p>The text is licensed under <a href="{site_licence()}" rel="license">CC BY 4.0</a>.</p></details>
<details id="leo-report"><summary>Report a problem</summary>
<p>Say what you saw, what you expected and where on the page. Send these lines with it:</p>
<pre class="leo-copy" tabindex="0">Page: {html.escape(title)} ({page})
Version: {html.escape(facts.version)}{f", changed {facts.changed}" if facts.changed else ""}
What is wrong: </pre><!-- {ISSUE} --></details>
</section>
<p class="leo-print-only">{citation(title, facts)}</p>"""
    article.append(BeautifulSoup(text, "html.parser"))


def progress(soup: BeautifulSoup, facts: Facts) -> None:
    """Mark the chapters in the contents, and make the place that says how many were read."""
    folder = posixpath.dirname(facts.name)
    for link in soup.select(".bd-links a[href]"):
        target = posixpath.normpath(posixpath.join(folder, link["href"])).removesuffix(".html")
        if counts(facts.name if link["href"] == "#" else target):
            link["data-leo-chapter"] = ""
    if facts.name in settings()["show_progress"]:
        place = BeautifulSoup('<p id="leo-progress" hidden></p>', "html.parser")
        soup.select_one("article h1").insert_after(place)


def site_licence() -> str:
    """Return the address of the licence of the text."""
    return settings()["licence"]
