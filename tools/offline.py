"""What readers take away: learners' notebooks, the printed edition, the whole site as one zip."""

from __future__ import annotations

import html
import logging
import posixpath
import sys
import zipfile
from pathlib import Path

import about
import browser
import gathered
import learner
import playground
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "downloads"
LEARNER, PRINTED, SITE = "learner-notebooks.zip", "learning-leo.pdf", "learning-leo-offline.zip"
WHAT = {
    SITE: "The whole site. Unpack it and open <code>index.html</code>: no connection is needed.",
    PRINTED: "The chapters as a PDF with tags, outline and working links.",
    LEARNER: "The chapters as notebooks, without solutions.",
}
#: Replaced by the list of files on the page that offers them.
PLACE = "leo:downloads"
#: What chapters point to on every page, so it is printed after them.
LAST = ["chapters/reference/glossary", "chapters/reference/bibliography"]
#: What the printed edition leaves out of a page.
NOT_PRINTED = "script, button, .headerlink, .leo-print-only, .leo-about, .leo-try"
#: Signs and names in code, which have the colour of the text: each would be two parts of the PDF's
#: structure, more of them than of everything else together.
PLAIN = "pre span:is(:not([class]), .n, .nn, .p, .w, .o)"
#: Every entry has one time, so that two runs give the same bytes.
TIME = (1980, 1, 1, 0, 0, 0)


def write_zip(target: Path, files: list[tuple[str, Path]]) -> None:
    """Write files into a zip under the names given, always with the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for name, path in sorted(files):
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            bundle.writestr(entry, path.read_bytes())


def write_downloads(out: Path, printed: bool) -> list[str]:
    """Make the files to take away in a site that is being published, and list them on their page.

    Parameters
    ----------
    out : Path
        The site; its pages still have the policy that lets them be opened from a folder.
    printed : bool
        Whether the PDF is wanted.

    Returns
    -------
    list of str
        Names of the files in ``downloads/``.
    """
    folder = out / FOLDER
    folder.mkdir()
    notebooks = learner.write_all()
    entries = [(p.relative_to(learner.TARGET).as_posix(), p) for p in notebooks]
    write_zip(folder / LEARNER, entries)
    made = [LEARNER]
    if printed and print_chapters(out, folder / PRINTED):
        made.insert(0, PRINTED)
    list_downloads(out, folder, made)
    everything = [p for p in out.rglob("*") if p.is_file() and not playground.is_engine(p, out)]
    write_zip(folder / SITE, [(p.relative_to(out).as_posix(), p) for p in everything])
    made.insert(0, SITE)
    list_downloads(out, folder, made)
    return made


def list_downloads(out: Path, folder: Path, made: list[str]) -> None:
    """Write the list of files into the page of the offline edition."""
    lines = [
        f'<li><a href="../../{FOLDER}/{name}" download>{name}</a> '
        f"({(folder / name).stat().st_size / 1e6:.1f} MB). {WHAT[name]}</li>"
        for name in made
    ]
    fill(out / "chapters" / "reference" / "offline.html", PLACE, f"<ul>{''.join(lines)}</ul>")


def fill(page: Path, place: str, words: str) -> None:
    """Replace what stands between the two marks of a place in a page.

    Parameters
    ----------
    page : Path
        A page of the site.
    place : str
        Name of the place; its marks are ``<!-- name -->`` and ``<!-- /name -->``.
    words : str
        HTML.

    Raises
    ------
    SystemExit
        If the page has no such place.
    """
    text = page.read_text(encoding="utf-8")
    before, mark, rest = text.partition(f"<!-- {place} -->")
    _, end, after = rest.partition(f"<!-- /{place} -->")
    if not end:
        sys.exit(f"{page.name} has no place for {place}.")
    page.write_text(f"{before}{mark}{words}{end}{after}", encoding="utf-8")


def one_page(out: Path, names: list[str]) -> str:
    """Return the chapters as one page, with ids that are unique and links that stay inside.

    Parameters
    ----------
    out : Path
        The site.
    names : list of str
        Pages in their order, without ``.html``.

    Returns
    -------
    str
        HTML that stands in the root of the site.
    """
    first = BeautifulSoup((out / f"{names[0]}.html").read_text(encoding="utf-8"), "html.parser")
    styles = [
        posixpath.normpath(posixpath.join(posixpath.dirname(names[0]), link["href"].split("?")[0]))
        for link in first.select("link[rel=stylesheet]")
    ]
    parts, contents = [], []
    for name in names:
        soup = BeautifulSoup((out / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        article = soup.select_one("article")
        rewrite(article, name, names)
        contents.append(f'<li><a href="#{slug(name)}">{html.escape(about.title_of(soup))}</a></li>')
        parts.append(
            f'<div class="leo-chapter" id="{slug(name)}">{article.decode_contents()}</div>'
        )
    site = about.settings()
    head = "".join(f'<link rel="stylesheet" href="{style}"/>' for style in styles)
    return f"""<!DOCTYPE html>
<html lang="en-GB" data-theme="light" data-mode="light"><head><meta charset="utf-8"/>{head}
<title>{site["title"]}</title></head><body class="leo-printed"><main class="bd-article">
<header><h1>{site["title"]}</h1><p>{html.escape(site["summary"])}</p>
<p>Version {about_version()}. Every record in this book is synthetic: no real person is described.
Text: <a href="{site["licence"]}">CC BY 4.0</a>; code: MIT.</p></header>
<nav aria-label="Contents"><h2>Contents</h2><ol>{"".join(contents)}</ol></nav>
{"".join(parts)}</main></body></html>"""


def about_version() -> str:
    """Return the version of the book."""
    from leo_helpers import __version__

    return __version__


def slug(name: str) -> str:
    """Return the id of a page in the printed edition.

    Examples
    --------
    >>> slug("chapters/work/earnings")
    'chapters-work-earnings'
    """
    return name.replace("/", "-")


def rewrite(article: Tag, name: str, names: list[str]) -> None:
    """Make ids unique, open what is folded, and let links between chapters stay inside."""
    own, folder = slug(name), posixpath.dirname(name)
    for node in article.select(NOT_PRINTED):
        node.decompose()
    for box in article.select("details"):
        box["open"] = ""
    for span in article.select(PLAIN):
        span.unwrap()
    for node in article.find_all(True):
        for key in ("id", "for"):
            if node.get(key):
                node[key] = f"{own}--{node[key]}"
        if node.get("aria-labelledby"):
            del node["aria-labelledby"]
    for image in article.select("img[src]"):
        image["src"] = posixpath.normpath(posixpath.join(folder, image["src"]))
    for link in article.select("a[href]"):
        path, _, fragment = link["href"].partition("#")
        if ":" in path:
            continue
        target = posixpath.normpath(posixpath.join(folder, path)) if path else f"{name}.html"
        target = target.removesuffix(".html")
        if target in names:
            link["href"] = f"#{slug(target)}--{fragment}" if fragment else f"#{slug(target)}"
        else:
            link.unwrap()  # a page that is not printed: words that look like a link lead nowhere


def print_chapters(out: Path, target: Path) -> bool:
    """Print every chapter into one PDF with tags and outline; False where there is no Chromium."""
    chromium = browser.find_chromium()
    if not chromium:
        print("No Chromium was found, so the PDF is left out: set LEO_CHROMIUM to one.")
        return False
    names = [p.relative_to(ROOT).with_suffix("").as_posix() for p in gathered.in_order()]
    page = out / "printed.html"
    page.write_text(one_page(out, ["chapters/index", *names, *LAST]), encoding="utf-8")
    foot = (
        '<p style="font-size:8px;width:100%;text-align:center">Learning LEO, synthetic data, '
        '<span class="pageNumber"></span> of <span class="totalPages"></span></p>'
    )
    try:
        with browser.open_browser(chromium) as found:
            view = found.new_page()
            view.goto(page.as_uri(), wait_until="load", timeout=0)  # a busy machine takes minutes
            view.pdf(
                path=str(target), format="A4", tagged=True, outline=True, print_background=True,
                display_header_footer=True, header_template="<p></p>", footer_template=foot,
                margin={"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
            )  # fmt: skip
        name_bookmarks(target, page.read_text(encoding="utf-8"))
    finally:
        page.unlink()
    return True


def name_bookmarks(target: Path, text: str) -> None:
    """Give each bookmark of a PDF its heading's words.

    Chromium lays a heading out twice that it moves to the next page, and then its bookmark reads
    "ExercisesExercises". The bookmarks stand in the order of the headings.

    Parameters
    ----------
    target
        The PDF, which is replaced.
    text
        The HTML that it was printed from.

    Raises
    ------
    RuntimeError
        There are more or fewer bookmarks than headings.
    """
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, TextStringObject

    soup = BeautifulSoup(text, "html.parser")
    wanted = [" ".join(node.get_text().split()) for node in soup.select("h1, h2, h3, h4, h5, h6")]
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium counts its objects wrongly
    writer = PdfWriter(clone_from=target)
    marks = list(bookmarks(writer.get_outline_root()))
    if len(marks) != len(wanted):
        raise RuntimeError(
            f"{target.name} has {len(marks)} bookmarks for {len(wanted)} headings: look at how "
            "this Chromium makes the outline of a page, in tools/offline.py."
        )
    for mark, title in zip(marks, wanted, strict=True):
        mark[NameObject("/Title")] = TextStringObject(title)
    temporary = target.with_suffix(".tmp")
    writer.write(temporary)
    temporary.replace(target)


def bookmarks(parent):
    """List the bookmarks below one, in reading order."""
    child = parent.get("/First")
    while child:
        child = child.get_object()
        yield child
        yield from bookmarks(child)
        child = child.get("/Next")
