"""The playground: what is written for it, and that its engines give what Python gives."""

import base64
import hashlib
import io
import json
import re
import tarfile
import zipfile

import gathered
import npm_files
import playground
import pytest
import try_sql
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from tsql_cases import plain, rows_of

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue

PAGE = "chapters/reference/playground.html"
QUERIES = playground.published()
PATIENCE = 180_000


def archive(**files):
    """A package as npm serves it, and its checksum."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    digest = hashlib.sha512(held.getvalue()).digest()
    return held.getvalue(), "sha512-" + base64.b64encode(digest).decode()


def test_a_package_is_taken_only_if_it_is_the_pinned_one(tmp_path):
    data, integrity = archive(a=b"one", b=b"two")
    good = npm_files.Package("x", "1", integrity, ("a",))
    npm_files.unpack(good, data, tmp_path)
    assert (tmp_path / "a").read_bytes() == b"one" and not (tmp_path / "b").exists()
    with pytest.raises(npm_files.OutOfReach, match="not the file that was pinned"):
        npm_files.unpack(npm_files.Package("x", "1", "sha512-A", ("a",)), data, tmp_path)
    with pytest.raises(npm_files.OutOfReach, match="has no c"):
        npm_files.unpack(npm_files.Package("x", "1", integrity, ("c",)), data, tmp_path)


def test_a_build_without_npm_says_that_the_playground_is_left_out(tmp_path, monkeypatch):
    def fetch(package):
        raise npm_files.OutOfReach("npm could not be reached")

    monkeypatch.setattr(npm_files, "fetch", fetch)
    assert playground.write_all(folder=tmp_path / "out") == "npm could not be reached."
    text = (tmp_path / "out" / "index.js").read_text(encoding="utf-8")
    held = json.loads(text[len("window.LEO_PLAYGROUND=") : -2].replace("<\\/", "</"))
    assert held["missing"] == "npm could not be reached." and len(held["examples"]) == len(QUERIES)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["index.js"]


def test_every_view_that_a_chapter_queries_comes_along(leo_data, tmp_path):
    written = playground.write_data(leo_data, tmp_path)
    assert len(QUERIES) >= 20
    for query in QUERIES:
        named = {".".join(found) for found in re.findall(r"(\w+_i2)\..*?\.(\w+)", query["sql"])}
        assert named and named <= set(written), query["page"]
    for facts in written.values():
        assert (tmp_path / facts["file"]).stat().st_size == facts["bytes"] > 0


def test_the_bundle_holds_the_translator_and_its_parts(tmp_path):
    playground.write_python(tmp_path / "a.zip")
    playground.write_python(tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as bundle:
        names = set(bundle.namelist())
        assert b"leo_engine" in bundle.read("duckdb.py")
    assert {"bridge.py", "leo_helpers/connect.py", "leo_helpers/tsql/macros.sql"} <= names
    assert "sqlglot/__init__.py" in names and "connect.py" not in names
    assert any("licenses/LICENSE" in name for name in names)


def test_each_query_of_a_page_gets_a_panel_whose_link_holds_it():
    page = "<article><div class='highlight-sql'><pre>select 1\nfrom leo_i2.x.y</pre></div>"
    soup = BeautifulSoup(
        f"{page}<div class='highlight-sql'>select 2</div></article>", "html.parser"
    )
    try_sql.add(soup, "chapters/work/earnings")
    (panel,) = soup.select("details.leo-try")
    assert panel.summary.get_text() == "Try this SQL" and not panel.has_attr("open")
    own = panel.a
    place, _, end = own["href"].partition("#sql-")
    assert place == "../reference/playground.html" and re.fullmatch(r"[\w-]+", end)
    assert base64.urlsafe_b64decode(end + "==") == b"select 1\nfrom leo_i2.x.y"


def test_a_cell_of_tsql_gets_a_link_with_the_cells_whose_tables_it_reads():
    cells = ["%load_ext leo_helpers.tsql", "%%tsql\nselect 1 as a into #one"]
    cells += ["%%tsql --out b\nselect 2 as b into study.two", "%%tsql\nselect a from #One"]
    cells += ['script = """\nselect b from study.two"""\nleo.tsql.run(script).frame']
    page = "".join(f"<div class='cell_input'>\n<pre>{cell}\n</pre></div>" for cell in cells)
    soup = BeautifulSoup(page, "html.parser")
    try_sql.add(soup, "chapters/work/earnings")
    ends = [link["href"].partition("#tsql-")[2] for link in soup.select(".leo-try a")]
    first, second, third, fourth = (base64.urlsafe_b64decode(e + "==").decode() for e in ends)
    assert (first, second) == ("select 1 as a into #one", "select 2 as b into study.two")
    assert third == f"{first}\nGO\nselect a from #One"
    assert fourth == f"{second}\nGO\nselect b from study.two"
    heard = [summary.get_text() for summary in soup.select(".leo-try > summary")]
    assert heard == [f"Try this SQL, query {n} of 4 on this page" for n in (1, 2, 3, 4)]


def test_every_chapter_on_a_table_has_a_query_on_it_to_try():
    views, named = {}, {path.stem: set() for path in gathered.in_order()}
    for table in load_catalogue().tables.values():
        held = {f"{view.database}.{view.name}" for view in table.views()}
        views.setdefault(table.chapter, set()).update(held)
    every = set(playground.all_views())
    for query in QUERIES:
        named[query["page"].split("/")[-1]] |= playground.named_views(query["sql"], every)
    assert views.keys() <= named.keys() and len(views) >= 30
    assert not [chapter for chapter in views if not views[chapter] & named[chapter]]


def test_every_query_that_the_tests_run_has_its_panel_on_its_page(site):
    linked = []
    for page in sorted({query["page"] for query in QUERIES}):
        soup = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
        linked += [(page, link["href"].partition("#")[2]) for link in soup.select(".leo-try a")]
    ends = [(q["page"], try_sql.fragment(q["sql"], q["language"])) for q in QUERIES]
    assert sorted(linked) == sorted(ends)


def need_engine(site):
    """Skip where the book was built without the engine."""
    index = (site / "_static" / "playground" / "index.js").read_text(encoding="utf-8")
    if '"missing":""' not in index:
        pytest.skip("the engine could not be fetched from npm when the book was built")


@pytest.fixture(scope="module")
def started(browser, address, site):
    """The page with its engine, one for all queries, watched as every page is."""
    from conftest import watch

    need_engine(site)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = watch(context, address)
    page.goto(address + PAGE, wait_until="load")
    yield page
    assert page.outside == [] and page.errors == []
    context.close()


def run_all(page, text, language="duckdb"):
    """Run a query as a reader does and return the rows of every result."""
    page.select_option("#leo-play-language", language)
    page.fill("#leo-play-text", text)
    page.press("#leo-play-text", "Control+Enter")
    page.wait_for_selector("#leo-play-run:enabled", timeout=PATIENCE)
    return page.evaluate(
        """() => [...document.querySelectorAll('#leo-play-results table')].map(table =>
        [...table.tBodies[0].rows].map(row => [...row.cells].map(
          cell => cell.querySelector('.leo-null') ? null : cell.textContent)))"""
    )


def run(page, text, language="duckdb"):
    """Run a query as a reader does and return the rows of the last result."""
    return (run_all(page, text, language) or [[]])[-1]


def same(found, wanted):
    """Say whether a text of the page is a plain value of Python; numbers to twelve digits."""
    if found is None or wanted == "<null>":
        return found is None and wanted == "<null>"
    try:
        one, other = float(found), float(wanted)
    except ValueError:
        return found == str(wanted)
    return abs(one - other) <= 1e-12 * max(abs(one), abs(other), 1)


def different(found, wanted):
    """Return the pairs of rows that differ."""
    assert wanted and len(found) == len(wanted)
    return [
        (a, b)
        for a, b in zip(found, wanted, strict=True)
        if len(a) != len(b) or not all(map(same, a, b))
    ]


@pytest.mark.site
@pytest.mark.browser
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["page"].split("/")[-1])
def test_a_published_query_gives_the_rows_that_python_gives(started, query):
    """In DuckDB as in Python's DuckDB, which is newer, and in T-SQL as in ``leo.tsql``."""
    if query["language"] == "sql":
        text = re.sub(r"\.\[(\w+)\]", r'."\1"', query["sql"])
        wanted = [list(map(plain, row)) for row in leo.connect().execute(text).fetchall()]
        assert not different(run(started, query["sql"]), wanted)
    result = leo.tsql.run(query["sql"])
    found = run_all(started, query["sql"], "tsql")
    assert not started.is_visible("[role=alert]")
    assert result.steps and len(found) == len(result.frames)
    for rows, frame in zip(found, result.frames, strict=True):
        assert not different(rows, rows_of(frame))
    told = started.locator("#leo-play-results pre").all_inner_texts()
    assert told == (["\n".join(result.messages)] if result.messages else [])


@pytest.mark.site
@pytest.mark.browser
def test_a_script_of_tsql_runs_with_variables_loops_and_messages(started):
    script = """
        select taxyear, count(*) as n into #years from leo_i2.[2002237].leo_earnings
        group by taxyear;
        declare @i int = 0;
        while @i < 2 begin set @i += 1; print concat('round ', @i) end;
        select count(*) as years, 7 / 2 as half, len('ab  ') as n from #years"""
    wanted = rows_of(leo.tsql.run(script).frame)
    assert not different(run(started, script, "tsql"), wanted)
    assert started.inner_text("#leo-play-results pre").split("\n") == ["round 1", "round 2"]
    run(started, "select earning from leo_i2.[2002237].leo_earnings", "tsql")
    assert "207" in started.inner_text("[role=alert]")
    run(started, "select 1 as a from leo_i2.[2002237].leo_earning", "tsql")
    told = started.inner_text("[role=alert]")
    assert "208" in told and "Did you mean leo_earnings" in told


@pytest.mark.site
@pytest.mark.browser
def test_errors_are_told_and_views_left_out_are_named(started):
    run(started, "select nonsense")
    assert "nonsense" in started.inner_text("[role=alert]")
    left = next(v for v in playground.all_views() if v == "npd_i2.plasc_2002")
    run(started, f"select * from {left.replace('.', '.[2002237].')}")
    assert "not among the views of the playground" in started.inner_text("[role=alert]")
    assert run(started, "select 42") == [["42"]]
    assert not started.is_visible("[role=alert]")


@pytest.mark.site
@pytest.mark.browser
def test_rows_are_cut_in_the_table_and_whole_in_the_file(started):
    sql = "select range as n, case when range = 1 then 'a,\"b' end as t from range(250)"
    assert len(run(started, sql)) == 200
    assert "250 rows, the first 200 shown" in started.inner_text("#leo-play-results caption")
    with started.expect_download() as waiting:
        started.get_by_role("button", name="Download result 1 as CSV").click()
    lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[:3] == ["n,t", "0,", '1,"a,""b"'] and len(lines) == 251


@pytest.mark.site
@pytest.mark.browser
def test_a_query_can_be_stopped_and_the_next_one_runs(started):
    started.select_option("#leo-play-language", "duckdb")
    started.fill("#leo-play-text", "select count(*) from range(100000000) a, range(100000) b")
    started.click("#leo-play-run")
    started.click("#leo-play-stop")
    started.wait_for_selector("#leo-play-run:enabled")
    assert "Stopped" in started.inner_text("[role=alert]")
    assert run(started, "select 1") == [["1"]]


@pytest.mark.site
@pytest.mark.browser
def test_nothing_is_loaded_before_the_first_run_and_a_link_carries_the_query(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}chapters/work/earnings.html", wait_until="load")
    page.locator(".leo-try > summary").first.click()
    page.locator(".leo-try a").first.click()
    page.wait_for_url("**/playground.html#sql-*")
    text = page.input_value("#leo-play-text")
    assert text == next(q["sql"] for q in QUERIES if q["page"] == "chapters/work/earnings")
    assert not [url for url in asked if "/engine/" in url or "/data/" in url]
    page.fill("#leo-play-text", "select 'ä & 1'")
    page.select_option("#leo-play-language", "tsql")
    page.click("#leo-play-share")
    link = page.input_value("#leo-play-address")
    page.goto("about:blank")
    page.goto(link, wait_until="load")
    assert page.input_value("#leo-play-text") == "select 'ä & 1'"
    assert page.input_value("#leo-play-language") == "tsql"


@pytest.mark.site
@pytest.mark.browser
def test_a_page_without_webassembly_says_so(page, address):
    page.add_init_script("delete window.WebAssembly")
    page.goto(address + PAGE, wait_until="load")
    assert "WebAssembly is blocked" in page.inner_text("[role=alert]")
    assert page.is_disabled("#leo-play-run")


@pytest.mark.site
@pytest.mark.browser
def test_results_and_errors_are_accessible(started):
    run(started, 'select * from leo_i2."2002237".leo_earnings')
    table = started.locator("#leo-play-results table")
    assert table.locator("thead th[scope=col]").count() == 17
    assert table.locator("caption").count() == 1
    options = {"preload": False, "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]}}
    shown = Axe().run(started, "article", options=options).response["violations"]
    run(started, "select nonsense")
    assert not shown + Axe().run(started, "article", options=options).response["violations"]
