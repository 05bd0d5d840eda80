"""Make the folder that is published: python dev.py site OUT.

Builds the book, then adds what only the published site has: the address of each page, a sitemap,
redirects, the files to take away, a manifest and checksums.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import html
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "ext")]

import about
import build
import launch
import lite
import offline
import policy
from redirects import address_of, write_redirects

from leo_helpers import __version__
from leo_helpers.store import data_root

NOT_COUNTED = {"SHA256SUMS", "manifest.json"}
#: In the manifest of every site that was published from here.
NOTE = "Every record in this book is synthetic: no real person is described."


def pages(out: Path) -> list[Path]:
    """List the pages of a built book, without those of the theme's and JupyterLite's own files."""
    found = [(p, p.relative_to(out).parts) for p in sorted(out.rglob("*.html"))]
    return [p for p, parts in found if "_static" not in parts and parts[0] != lite.FOLDER]


def head_tags(address: str, base: str) -> str:
    """Return the tags that name the page's own address; nothing if it is not known."""
    if not address:
        return ""
    card = address_of("_static/card.png", base)
    own = html.escape(address)
    return (
        f'<link href="{own}" rel="canonical"/>\n<meta content="{own}" property="og:url"/>\n'
        f'<meta content="{html.escape(card)}" property="og:image"/>\n'
        '<meta content="The cover of Learning LEO: birth cohorts by age." property="og:image:alt"/>'
    )


def issue_link(repository: str, name: str, address: str) -> str:
    """Return a link that opens an issue with page and version filled in; nothing without one."""
    if not repository:
        return ""
    body = f"Page: {address or name}\nVersion: {__version__}\n\nWhat is wrong: "
    query = urlencode({"title": f"Problem on {name}", "body": body})
    link = html.escape(f"{repository.rstrip('/')}/issues/new?{query}")
    return f'<p><a href="{link}">Open an issue with these lines filled in</a></p>'


def place(text: str, name: str, base: str, repository: str) -> str:
    """Return a page that knows where it is published.

    Parameters
    ----------
    text : str
        A page of the built book.
    name : str
        Its path in the site, with slashes.
    base : str
        Address of the site; empty if it is not known.
    repository : str
        Address of the source on a service with issues; empty if there is none.

    Returns
    -------
    str
        The page with its address in head and citation.
    """
    address = address_of(name, base)
    link = f' <a href="{html.escape(address)}">{html.escape(address)}</a>' if address else ""
    for mark, words in (
        (about.HEAD, head_tags(address, base)),
        (about.ADDRESS, link),
        (about.ISSUE, issue_link(repository, name, address)),
        (launch.PLACE, launch.links(repository)),
    ):
        text = text.replace(f"<!-- {mark} -->", words)
    return text


def close(text: str) -> str:
    """Return a page whose policy no longer allows local files: a server shows it, not a folder."""
    return text.replace(policy.OWN, "'self'")


def sitemap(out: Path, names: list[str], base: str) -> str:
    """Return the sitemap of the pages, with the day of change that each page states."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">')
    for name in names:
        text = (out / name).read_text(encoding="utf-8")
        tag = '<meta content="{}" property="article:modified_time"/>'
        before, _, _ = text.partition(tag.partition("{}")[2])
        day = before[-10:] if len(before) < len(text) else ""
        last = f"<lastmod>{day}</lastmod>" if day else ""
        lines.append(f"<url><loc>{html.escape(address_of(name, base))}</loc>{last}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def write_manifest(out: Path, base: str) -> dict:
    """Write ``manifest.json`` and ``SHA256SUMS`` over everything that is published."""
    files = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file()):
        name = path.relative_to(out).as_posix()
        if name not in NOT_COUNTED:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files[name] = {"bytes": path.stat().st_size, "sha256": digest}
    manifest = {
        "title": about.settings()["title"],
        "version": __version__,
        "commit": about.git("rev-parse", "HEAD").strip(),
        "published": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "base_url": base,
        "note": NOTE,
        "pages": sum(name.endswith(".html") for name in files),
        "bytes": sum(entry["bytes"] for entry in files.values()),
        "files": files,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    sums = "".join(f"{entry['sha256']}  {name}\n" for name, entry in files.items())
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    return manifest


def wrong_address(out: Path, base: str) -> None:
    """Let the page for wrong addresses, which is shown at any depth, find the first page."""
    if base:
        path = out / "404.html"
        root = urlsplit(base).path.rstrip("/") + "/"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('href="index.html"', f'href="{root}"'), encoding="utf-8")


def foreign(folder: Path) -> str:
    """Return the name of a file in a folder that no manifest of ours lists, or nothing."""
    try:
        held = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        held = None
    ours = isinstance(held, dict) and held.get("note") == NOTE
    known = NOT_COUNTED | set(held["files"]) if ours else set()
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return next((name for name in names if name not in known), "")


def check_target(out: Path, book: Path = build.HTML) -> None:
    """Stop unless a folder may be made, or made anew, before minutes are spent on it.

    Parameters
    ----------
    out : Path
        The folder to make.
    book : Path
        The built book, which is copied.

    Raises
    ------
    SystemExit
        If it is a file, holds something else, holds the book or is held by it, or cannot be
        written.
    """
    if out == book or out in book.parents or book in out.parents:
        sys.exit(f"{out} is where the book is built; name another folder.")
    there = [folder for folder in (out, *out.parents) if os.access(folder, os.F_OK)]
    if not there[0].is_dir():
        sys.exit(f"{there[0]} is a file; name a folder.")
    needed = there[:2] if there[0] == out else there[:1]
    if not all(os.access(folder, os.W_OK | os.X_OK) for folder in needed):
        sys.exit(f"{out} cannot be written; name a folder in a place that is yours.")
    if there[0] == out and (name := foreign(out)):
        sys.exit(f"{out} holds {name}, which was not published from here; name another folder.")


def assemble(
    book: Path,
    out: Path,
    base: str,
    repository: str,
    printed: bool = True,
    data: Path | None = None,
) -> dict:
    """Make the published folder from a built book, all of it or nothing.

    It is made beside its place and moved there when it is complete, so an earlier site stays
    until then.

    Parameters
    ----------
    book : Path
        The built book.
    out : Path
        The folder to make; it may exist only if it is an earlier published site.
    base, repository : str
        Addresses; empty if they are not known.
    printed : bool
        Whether the printed edition is wanted.
    data : Path, optional
        The data set that goes with the notebooks for the browser; without it there are none.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    SystemExit
        If the folder may not be made, as `check_target` says.
    """
    check_target(out, book)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        new, old = Path(folder) / "new", Path(f"{folder}-old")
        manifest = fill(book, new, base, repository, printed, data)
        try:
            if out.exists():
                out.rename(old)
            new.rename(out)
        except OSError as why:  # such as a disk that is mounted just there
            sys.exit(f"{out} cannot be replaced ({why.strerror}); name a folder that is not there.")
        finally:
            if old.exists() and not out.exists():
                old.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return manifest


def fill(
    book: Path, out: Path, base: str, repository: str, printed: bool, data: Path | None
) -> dict:
    """Write the site into a folder that does not exist yet and return its manifest."""
    shutil.copytree(book, out, ignore=shutil.ignore_patterns(".buildinfo", "*.doctree"))
    redirects = set(write_redirects(out, base))
    own = {p.relative_to(out).as_posix(): p for p in pages(out)}
    own = {name: path for name, path in own.items() if name not in redirects}
    for name, path in own.items():
        text = place(path.read_text(encoding="utf-8"), name, base, repository)
        path.write_text(text, encoding="utf-8")
    offline.write_downloads(out, printed)
    if data:
        lite.publish(out, data)
    for path in own.values():
        path.write_text(close(path.read_text(encoding="utf-8")), encoding="utf-8")
    names = [name for name in own if name not in ("404.html", "search.html", "genindex.html")]
    wrong_address(out, base)
    if base:
        (out / "sitemap.xml").write_text(sitemap(out, names, base), encoding="utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {address_of('sitemap.xml', base)}\n"
        (out / "robots.txt").write_text(robots, encoding="utf-8")
    return write_manifest(out, base)


def address(text: str) -> str:
    """Return an address that a browser can open, or nothing.

    Examples
    --------
    >>> address("https://example.org/leo"), address("")
    ('https://example.org/leo', '')
    >>> address("example.org/leo")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: 'example.org/leo' does not begin with https:// or http://
    """
    if text and not text.startswith(("https://", "http://")):
        raise argparse.ArgumentTypeError(f"{text!r} does not begin with https:// or http://")
    return text


def told(words: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    site = about.settings()
    ask = argparse.ArgumentParser(prog="python dev.py site", description=__doc__.split("\n")[0])
    ask.add_argument("out", type=Path, help="folder to make")
    for name, what in (("base_url", "site"), ("repository", "source")):
        option = "--" + name.replace("_", "-")
        ask.add_argument(option, default=site[name], type=address, help=f"address of the {what}")
    ask.add_argument("--no-build", action="store_true", help="publish the book as it was built")
    ask.add_argument("--no-pdf", action="store_true", help="leave out the printed edition")
    ask.add_argument("--no-lite", action="store_true", help="leave out JupyterLite")
    return ask.parse_args(words)


def main(words: list[str]) -> int:
    """Build the book and publish it into a folder."""
    asked = told(words)
    out = asked.out.resolve()
    check_target(out)
    if not asked.no_build:
        code = build.main([])
        if code:
            return code
    if not (build.HTML / "404.html").exists():
        sys.exit("The book is not built; leave out --no-build.")
    data = None if asked.no_lite else data_root()
    addresses = (asked.base_url, asked.repository)
    made = assemble(build.HTML, out, *addresses, printed=not asked.no_pdf, data=data)
    print(f"{out}: {made['pages']} pages, {made['bytes'] / 1e6:.1f} MB.")
    if not asked.base_url:
        print("No address is known, so there is no sitemap: give --base-url https://...")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
