"""The built book: links, figures and pages as files, without a browser."""

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import a11y
import gathered
import pytest
from bs4 import BeautifulSoup
from common import ROOT

pytestmark = pytest.mark.site
SKIP = {"_static", "_sphinx_design_static"}
A_SITE = re.compile(r"^(?:https?:)?//")


@cache
def pages(site):
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
        if not SKIP & set(path.relative_to(site).parts)
    }


@cache
def anchors(site, path):
    soup = pages(site).get(path)
    return {node["id"] for node in soup.find_all(id=True)} if soup else set()


def test_every_page_of_the_contents_is_there(site):
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    for name in re.findall(r"(?:file|root): (\S+)", toc):
        assert (site / f"{name}.html").exists(), name


def test_a_page_for_each_table(site):
    from leo_helpers.catalogue import load_catalogue

    tables = load_catalogue().tables
    found = {path.stem for path in (site / "chapters" / "reference" / "tables").glob("*.html")}
    assert found == {name.replace("_", "-") for name in tables} and len(found) == 47


def test_links_inside_the_book_lead_somewhere(site):
    broken = []
    for path, soup in pages(site).items():
        for node in soup.find_all(["a", "img", "link", "script"]):
            address = node.get("href") or node.get("src") or ""
            parts = urlsplit(address)
            if not address or parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            if target.is_dir():
                target /= "index.html"
            name = unquote(parts.fragment)
            # a query in a link is no place
            query = target.name == "playground.html" and name.startswith(("sql-", "tsql-"))
            known = not name or query or target.suffix != ".html" or name in anchors(site, target)
            if not target.exists() or not known:
                broken.append((path.name, address))
    assert not broken, broken[:10]


def test_nothing_is_fetched_from_elsewhere(site):
    fetched = [
        (path.name, node.get("src") or node.get("href"))
        for path, soup in pages(site).items()
        for node in soup.find_all(["script", "img", "iframe", "link"])
        if A_SITE.match(node.get("src") or node.get("href") or "")
        and node.get("rel") != ["canonical"]
    ]
    assert not fetched, fetched[:10]


def test_figures_have_words(site):
    faults = {path.name: a11y.check_figures(soup) for path, soup in pages(site).items()}
    assert not {name: fault for name, fault in faults.items() if fault}


@pytest.mark.parametrize(
    ("alt", "fault"),
    [
        (None, "no description"),
        ("  ", "no description"),
        ("../_images/a1b2.png", "file name"),
        ("A line", "6 characters"),
        ("x" * 301, "301 characters"),
        ("Line chart: pay rises from 2004 to 2021.", None),
    ],
)
def test_what_counts_as_words(alt, fault):
    assert a11y.alt_fault(alt) == fault or fault in a11y.alt_fault(alt)


def test_cells_that_failed_leave_no_trace(site):
    bad = [
        path.name
        for path, soup in pages(site).items()
        if soup.select(".cell_output .traceback, .cell_output .stderr")
    ]
    assert not bad


def test_pages_say_their_language(site):
    assert {
        soup.html.get("lang") for path, soup in pages(site).items() if path != site / "index.html"
    } == {"en-GB"}


def test_wrong_address_has_a_page(site):
    text = (site / "404.html").read_text(encoding="utf-8")
    assert "not in the book" in text and Path(site / "index.html").exists()


def test_no_launch_buttons(site):
    assert not any(soup.select(".dropdown-launch-buttons") for soup in pages(site).values())


def test_status_lists_every_chapter_as_run_and_the_versions(site):
    soup = pages(site)[site / "chapters" / "reference" / "status.html"]
    runs, versions = (table.get_text(" ", strip=True) for table in soup.select("article table"))
    for chapter in gathered.in_order():
        assert chapter.relative_to(ROOT).with_suffix("").as_posix() in runs
    assert runs.count("passed") == len(gathered.in_order()) and "failed" not in runs
    assert not any(sign in soup.get_text() for sign in a11y.SIGNS)
    for name in gathered.SHOWN:
        assert f"{name} {version(name)}" in versions
