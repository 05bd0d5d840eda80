"""The notebooks for the browser: what they may ask of whom, and that Python starts."""

import json
import re
import zipfile

import lite
import nbformat
import publish
import pytest
import wheels
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from common import ROOT

from leo_helpers import __version__

FIRST = "start/what-leo-is.ipynb"
OUTSIDE = re.compile(r"https?://[\w.-]+")
#: What can be tried without the public distribution: our package, its tables, the rows, sqlglot.
PLAIN = """import piplite
await piplite.install(
    ["leo-helpers", "leo-data", "msgspec", "sqlglot", "platformdirs", "filelock"], deps=False)
import leo_data, sqlglot
import leo_helpers as leo
from leo_helpers.browse import table_rows
from leo_helpers.store import data_root, read_manifest
print(leo.__version__, len(table_rows()), leo.academic_year("2010/11"))
print(len(read_manifest(data_root()).views))
print(sqlglot.transpile("select top 1 a from b", "tsql", "duckdb")[0])
"""


def test_a_wheel_is_the_same_twice_and_names_every_file(tmp_path):
    one, two = (wheels.write_package(tmp_path / name) for name in "ab")
    assert one.read_bytes() == two.read_bytes()
    info = f"leo_helpers-{__version__}.dist-info"
    with zipfile.ZipFile(one) as bundle:
        names = bundle.namelist()
        listed = bundle.read(f"{info}/RECORD").decode()
        told = bundle.read(f"{info}/METADATA").decode()
    needs = re.findall("Requires-Dist: (.+)", told)
    assert set(names) == {line.split(",")[0] for line in listed.splitlines()}
    assert needs == list(wheels.NEEDED) and "leo_helpers/_data/catalogue/tables.csv" in names


def test_what_a_browser_has_is_new_enough():
    """The versions of Pyodide's list are those that the package asks for."""
    import tomllib

    import npm_files
    import playground
    from packaging.requirements import Requirement

    try:
        folder = npm_files.fetch(playground.PYODIDE)
    except npm_files.OutOfReach as why:
        pytest.skip(str(why))
    listed = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))["packages"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {r.name: r for r in map(Requirement, project["dependencies"])}
    for name in set(wheels.NEEDED) & set(listed) - {lite.COMPILED[0]}:
        assert asked[name].specifier.contains(listed[name]["version"]), name
    assert asked[lite.COMPILED[0]].specifier.contains(lite.COMPILED[1])
    assert set(wheels.NEEDED) <= set(listed) | set(lite.PLAIN)


def test_the_list_of_packages_names_our_files_or_the_public_place(tmp_path):
    held = tmp_path / "a-2.0-py3-none-any.whl"
    held.write_bytes(b"x")
    entry = {"file_name": "old.whl", "version": "1.0", "sha256": ""}
    packages = {"a": dict(entry), "b": dict(entry)}
    lite.place_packages(packages, {"a": held})
    assert packages["a"]["file_name"] == held.name and packages["a"]["version"] == "2.0"
    assert packages["a"]["sha256"].startswith("2d711642")
    assert packages["b"]["file_name"] == lite.PUBLIC + "old.whl"


def test_learners_notebooks_begin_with_a_cell_that_installs(tmp_path):
    number = lite.write_notebooks(tmp_path)
    files = list(tmp_path.rglob("*.ipynb"))
    assert len(files) == number >= 30 and tmp_path / FIRST in files
    for path in files:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        assert first.source == lite.FIRST_CELL and notebook.cells[0].source.startswith("# ")


def test_a_build_without_the_index_leaves_the_notebooks_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lite, "WORK", tmp_path / "work")
    monkeypatch.setattr(lite, "LOCK", tmp_path / "lock")
    (tmp_path / "lock").write_text("no-such-package-of-learning-leo==0.0\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert lite.publish(tmp_path / "site", tmp_path) is False
    assert "left out: JupyterLite could not be installed" in capsys.readouterr().out
    assert not (tmp_path / "site" / lite.FOLDER).exists()


@pytest.fixture(scope="module")
def published(site, small_data, tmp_path_factory):
    """A site with the notebooks; skipped where they cannot be fetched.

    Everything that needs it stands outside a class, so that one worker makes it once.
    """
    out = tmp_path_factory.mktemp("lite") / "site"
    publish.assemble(site, out, "https://example.org/", "", printed=False, data=small_data)
    if not (out / lite.FOLDER).exists():
        pytest.skip("JupyterLite or a part of it could not be fetched")
    return out


@pytest.fixture(scope="module")
def served(published):
    import browser

    with browser.serve(published) as found:
        yield found


@pytest.mark.site
def test_only_the_list_of_packages_names_another_machine(published):
    folder = published / lite.FOLDER
    settings = [json.loads(p.read_text("utf-8")) for p in folder.rglob("jupyter-lite.*")]
    settings = [held.get("metadata", held) for held in settings]  # a notebook has a link, too
    settings.append(json.loads((folder / "pypi" / "all.json").read_text("utf-8")))
    assert len(settings) == 2 * (1 + len(lite.APPS)) + 1
    assert not [held for held in settings if OUTSIDE.search(json.dumps(held))]
    config = json.loads((folder / "jupyter-lite.json").read_text("utf-8"))
    kernel = config["jupyter-config-data"]["litePluginSettings"][lite.KERNEL]
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.mjs"
    assert kernel["disablePyPIFallback"] is True
    lock = json.loads((folder / "static/pyodide/pyodide-lock.json").read_text("utf-8"))
    places = [entry["file_name"] for entry in lock["packages"].values()]
    away = [place for place in places if "://" in place]
    assert all(place.startswith(lite.PUBLIC) for place in away) and len(away) > 100
    held = set(places) - set(away)
    assert len(held) > 10
    assert all((folder / "static" / "pyodide" / name).exists() for name in held)


@pytest.mark.site
def test_its_pages_have_a_policy_with_one_other_machine(published):
    pages = list((published / lite.FOLDER).rglob("index.html"))
    assert pages
    for path in pages:
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        rules = soup.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
        assert OUTSIDE.findall(rules) == [lite.HOST] and "unsafe-eval'" in rules
        assert f"connect-src 'self' blob: data: {lite.HOST};" in rules + ";"


@pytest.mark.site
def test_it_is_no_page_of_the_book_and_not_in_the_offline_edition(published):
    assert lite.FOLDER not in (published / "sitemap.xml").read_text("utf-8")
    manifest = json.loads((published / "manifest.json").read_text("utf-8"))
    assert any(name.startswith(f"{lite.FOLDER}/") for name in manifest["files"])
    with zipfile.ZipFile(published / "downloads" / "learning-leo-offline.zip") as bundle:
        assert not [n for n in bundle.namelist() if n.startswith(f"{lite.FOLDER}/")]
        assert "built without the notebooks" in bundle.read(lite.PAGE).decode()


@pytest.mark.site
@pytest.mark.browser
def test_nothing_is_fetched_before_the_reader_agrees(browser, served, published):
    from conftest import watch

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = watch(context, served)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served + lite.PAGE, wait_until="networkidle")
    button = page.get_by_role("button", name="Open the notebook")
    button.click()
    assert page.url == served + lite.PAGE  # the box is not ticked
    assert not [url for url in asked if f"/{lite.FOLDER}/" in url]
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 1
    page.wait_for_timeout(400)  # the theme looks for what scrolls once the width rests
    options = {"preload": False, "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}
    assert not Axe().run(page, "article", options=options).response["violations"]
    page.get_by_label("Chapter").select_option("Earnings")
    page.get_by_label("I know that this is experimental").check()
    button.click()
    page.wait_for_url(f"**/{lite.FOLDER}/notebooks/index.html?path=work%2Fearnings.ipynb")
    assert page.outside == [] and page.errors == []
    context.close()


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.slow
def test_python_starts_and_asks_only_the_named_place(browser, served):
    """What needs no scientific package runs; the first cell then asks only the public place."""
    from conftest import watch

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = watch(context, served)
    page.goto(f"{served}{lite.FOLDER}/notebooks/index.html?path={FIRST}", wait_until="load")
    page.get_by_text("Python (Pyodide)").first.wait_for(timeout=180_000)
    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    editor = cell.locator(".cm-content")
    first = "\n".join(cell.locator(".cm-line").all_inner_texts())
    assert first == lite.FIRST_CELL
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(PLAIN)
    page.keyboard.press("Control+Enter")
    done = cell.locator(".jp-InputPrompt", has_text="[1]")
    done.wait_for(timeout=180_000)
    words = cell.locator(".jp-OutputArea-output").all_inner_texts()
    assert page.outside == [], words
    from leo_helpers.browse import table_rows

    assert (
        f"{__version__} {len(table_rows())} 2011" in words[0]
        and "SELECT a FROM b LIMIT 1" in words[0]
    )
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("await piplite.install(['pandas', 'duckdb'])\nimport pandas")
    page.keyboard.press("Control+Enter")
    cell.locator(".jp-InputPrompt", has_text="[2]").wait_for(timeout=180_000)
    assert len(page.outside) >= 2
    assert all(url.startswith(lite.PUBLIC) for url in page.outside)
    context.close()
