"""The folder that dev.py site makes, from its parts and as a whole."""

import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import about
import offline
import policy
import publish
import pytest
import redirects
from bs4 import BeautifulSoup
from common import ROOT

BASE = "https://example.org/learning-leo/"
REPOSITORY = "https://example.org/code/learning-leo"
PAGE = "<html><head><!-- leo:head --></head><body><p>A.<!-- leo:address --></p><!-- leo:issue -->"


def test_a_page_learns_its_address():
    text = publish.place(PAGE, "chapters/index.html", BASE, REPOSITORY)
    soup = BeautifulSoup(text, "html.parser")
    own = BASE + "chapters/index.html"
    assert soup.select_one("link[rel=canonical]")["href"] == own
    assert soup.select_one("meta[property='og:url']")["content"] == own
    assert soup.p.a["href"] == own
    issue = soup.find("a", string=re.compile("issue"))["href"]
    assert issue.startswith(f"{REPOSITORY}/issues/new?title=")
    assert "chapters%2Findex.html" in issue and "Version" in issue


def test_a_page_without_an_address_says_nothing_of_it():
    text = publish.place(PAGE, "chapters/index.html", "", "")
    assert "leo:" not in text and "href" not in text


def test_publishing_takes_local_files_out_of_the_policy():
    text = f'<meta content="default-src {policy.OWN}"/>'
    assert publish.place(text, "a.html", "", "") == text  # the offline edition is made of these
    assert publish.close(text) == "<meta content=\"default-src 'self'\"/>"


def test_the_policy_names_inline_scripts_and_what_sql_in_the_page_needs():
    soup = BeautifulSoup(
        "<html><head><meta charset='utf-8'><script>let a = 1;</script></head></html>", "html.parser"
    )
    policy.apply(soup)
    policy.apply(soup)
    found = soup.select('meta[http-equiv="Content-Security-Policy"]')
    assert len(found) == 1 and soup.head.find_all("meta")[1] is found[0]
    rules = dict(part.split(" ", 1) for part in found[0]["content"].split("; "))
    assert policy.fingerprint("let a = 1;") in rules["script-src"]
    assert "'wasm-unsafe-eval'" in rules["script-src"] and "blob:" in rules["worker-src"]
    assert "unsafe-inline" not in rules["script-src"] and "https" not in found[0]["content"]


def test_the_policy_comes_after_every_inline_script_is_in_place(site):
    for path in site.rglob("*.html"):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        if "_static" in path.parts:
            continue
        rules = soup.select_one('meta[http-equiv="Content-Security-Policy"]')["content"]
        for script in soup.select("script:not([src])"):
            assert policy.fingerprint(script.string) in rules, path.name
        assert not [
            node for node in soup.find_all(True) if any(k.startswith("on") for k in node.attrs)
        ]


def test_redirects_lead_to_pages(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "new.html").write_text("new", encoding="utf-8")
    table = {"old/place.html": "docs/new.html"}
    monkeypatch.setattr(about, "settings", lambda: {"redirects": table})
    assert redirects.write_redirects(tmp_path, BASE) == ["old/place.html"]
    soup = BeautifulSoup((tmp_path / "old" / "place.html").read_text("utf-8"), "html.parser")
    assert soup.a["href"] == "../docs/new.html"
    assert soup.select_one("link[rel=canonical]")["href"] == BASE + "docs/new.html"
    table["docs/new.html"] = "docs/new.html"
    with pytest.raises(SystemExit, match="is a page of the book"):
        redirects.write_redirects(tmp_path, BASE)
    table.clear()
    table["a.html"] = "nowhere.html"
    with pytest.raises(SystemExit, match=r"no such page"):
        redirects.write_redirects(tmp_path, BASE)


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of one page, which is published without what is made for readers to take away."""
    folder = tmp_path / "a book"
    folder.mkdir()
    (folder / "a.html").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(publish, "write_redirects", lambda out, base: [])
    monkeypatch.setattr(publish, "wrong_address", lambda out, base: None)
    monkeypatch.setattr(offline, "write_downloads", lambda out, printed: [])
    return folder


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_site_is_made_anew_in_its_place(book, tmp_path):
    out = tmp_path / "my site é"
    for text in ("first", "second"):
        (book / "b.html").write_text(text, encoding="utf-8")
        publish.assemble(book, out, "", "")
        (book / "b.html").unlink()
    assert (out / "b.html").read_text("utf-8") == "second"
    publish.assemble(book, out, "", "")
    assert files(out) == ["SHA256SUMS", "a.html", "manifest.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a book", "my site é"]


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, OSError])
def test_what_is_stopped_halfway_leaves_the_earlier_site(book, tmp_path, monkeypatch, stopped):
    out = tmp_path / "site"
    publish.assemble(book, out, "", "")
    before = {name: (out / name).read_bytes() for name in files(out)}

    def stop(*words):
        raise stopped

    (book / "a.html").write_text("newer", encoding="utf-8")
    with monkeypatch.context() as now:
        now.setattr(publish, "write_manifest", stop)
        with pytest.raises(stopped):
            publish.assemble(book, out, "", "")
    move = Path.rename

    def refuse(self, target):
        if self.name == "new":
            raise PermissionError(13, "Permission denied")
        return move(self, target)

    with monkeypatch.context() as now:
        now.setattr(Path, "rename", refuse)
        with pytest.raises(SystemExit, match="cannot be replaced"):
            publish.assemble(book, out, "", "")
    assert {name: (out / name).read_bytes() for name in files(out)} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a book", "site"]


def test_a_foreign_folder_is_not_overwritten(book, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.docx").write_text("years of work")
    with pytest.raises(SystemExit, match=r"thesis\.docx, which was not published from here"):
        publish.assemble(book, theirs, "", "")
    (theirs / "thesis.docx").rename(theirs / "manifest.json")  # web applications have one, too
    with pytest.raises(SystemExit, match=r"manifest\.json, which was not published from here"):
        publish.assemble(book, theirs, "", "")
    assert files(theirs) == ["manifest.json"]


def test_a_file_that_was_added_to_a_site_is_not_lost(book, tmp_path):
    out = tmp_path / "site"
    publish.assemble(book, out, "", "")
    (out / "CNAME").write_text("book.example.org")
    with pytest.raises(SystemExit, match="holds CNAME"):
        publish.assemble(book, out, "", "")
    assert files(out) == ["CNAME", "SHA256SUMS", "a.html", "manifest.json"]


def test_a_place_that_cannot_be_is_named_before_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(publish.build, "main", lambda words: pytest.fail("the book was built"))
    (tmp_path / "file").write_text("text")
    for words, said in (
        ([str(tmp_path / "file")], "is a file"),
        ([str(tmp_path / "file" / "site")], "is a file"),
        ([str(publish.build.HTML / "site")], "where the book is built"),
        ([str(ROOT)], "where the book is built"),
    ):
        with pytest.raises(SystemExit, match=said):
            publish.main(words)
    monkeypatch.setattr(publish.os, "access", lambda path, mode: mode == publish.os.F_OK)
    with pytest.raises(SystemExit, match="cannot be written"):
        publish.main([str(tmp_path)])


@pytest.mark.parametrize("option", ["--base-url", "--repository"])
def test_an_address_without_https_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        publish.told(["site", option, "example.org/leo"])
    assert "does not begin with https://" in capsys.readouterr().err


def test_a_copy_without_history_is_not_told_another_projects(tmp_path, monkeypatch):
    inside = tmp_path / "learning-leo"
    inside.mkdir()
    for words in (["init", "-q"], ["-c", "user.name=a", "-c", "user.email=b", "commit", "-q"]):
        more = ["--allow-empty", "-m", "theirs"] if "commit" in words else []
        subprocess.run(["git", *words, *more], cwd=tmp_path, check=True)
    monkeypatch.setattr(about, "ROOT", inside)
    assert about.git("rev-parse", "HEAD") == ""
    monkeypatch.setattr(about, "ROOT", tmp_path)
    assert len(about.git("rev-parse", "HEAD").strip()) == 40


def test_ids_stay_apart_and_links_stay_inside_the_printed_edition():
    soup = BeautifulSoup(
        "<article><h1 id='a'>A<a class='headerlink' href='#a'>#</a></h1><a href='../b/two.html#x'>"
        "two</a><a href='#a'>here</a><a href='../reference/tables.html'>not printed</a>"
        "<a href='https://example.org'>away</a><details><p>more</p></details>"
        "<img src='../../_images/p.png'></article>",
        "html.parser",
    )
    names = ["chapters/a/one", "chapters/b/two"]
    offline.rewrite(soup.article, "chapters/a/one", names)
    links = [link.get("href") for link in soup.select("a")]
    assert links == ["#chapters-b-two--x", "#chapters-a-one--a", "https://example.org"]
    assert "not printed" in soup.get_text()
    assert soup.h1["id"] == "chapters-a-one--a" and soup.h1.get_text() == "A"
    assert soup.details.has_attr("open") and soup.img["src"] == "_images/p.png"


def test_a_zip_is_the_same_twice(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    for name in ("x.zip", "y.zip"):
        offline.write_zip(tmp_path / name, [("a.txt", tmp_path / "a.txt")])
    assert (tmp_path / "x.zip").read_bytes() == (tmp_path / "y.zip").read_bytes()


@pytest.fixture(scope="module")
def published(site, tmp_path_factory, chromium):
    out = tmp_path_factory.mktemp("published") / "site"
    publish.assemble(site, out, BASE, REPOSITORY)
    return out


def bookmarks(outline):
    """List the titles of a PDF's bookmarks."""
    for item in outline:
        if isinstance(item, list):
            yield from bookmarks(item)
        else:
            yield item.title


@pytest.mark.site
class TestPublished:
    def test_sitemap_lists_every_page_with_its_day(self, published):
        tree = ET.parse(published / "sitemap.xml").getroot()
        space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
        listed = {url.find(f"{space}loc").text.removeprefix(BASE) for url in tree}
        moved = set(about.settings()["redirects"])
        pages = {path.relative_to(published).as_posix() for path in publish.pages(published)}
        assert listed == pages - moved - {"404.html", "search.html", "genindex.html"}
        days = [url.find(f"{space}lastmod") for url in tree]
        if about.days():
            assert sum(day is not None for day in days) > 0.9 * len(days)
        assert f"Sitemap: {BASE}sitemap.xml" in (published / "robots.txt").read_text("utf-8")

    def test_every_page_says_what_it_is(self, published):
        for path in publish.pages(published):
            name = path.relative_to(published).as_posix()
            if name in about.settings()["redirects"] or name == "404.html":
                continue
            text = path.read_text(encoding="utf-8")
            assert not re.search(r'(?:src|href)="/', text), f"{name} would leave a folder of a site"
            soup = BeautifulSoup(text, "html.parser")
            assert soup.select_one("link[rel=canonical]")["href"] == BASE + name
            for key in ("og:title", "og:description", "og:url", "og:image", "og:type"):
                assert soup.select_one(f"meta[property='{key}']")["content"], (name, key)
            assert soup.select_one("link[rel=icon]"), name
            assert "file:" not in soup.select_one("meta[http-equiv]")["content"]
            if name not in ("search.html", "genindex.html"):
                cited = soup.select_one("#leo-cite").get_text()
                assert BASE + name in cited and "version" in cited
                assert name in soup.select_one("#leo-report pre").get_text()
                assert soup.select_one("#leo-report a")["href"].startswith(REPOSITORY)
        card = published / "_static" / "card.png"
        assert card.read_bytes().startswith(b"\x89PNG")

    def test_wrong_addresses_lead_home_from_any_depth(self, published):
        assert 'href="/learning-leo/"' in (published / "404.html").read_text(encoding="utf-8")

    def test_checksums_and_manifest_name_every_file(self, published):
        sums = dict(
            line.split("  ", 1)[::-1]
            for line in (published / "SHA256SUMS").read_text("utf-8").splitlines()
        )
        files = {p.relative_to(published).as_posix() for p in published.rglob("*") if p.is_file()}
        assert set(sums) == files - {"SHA256SUMS", "manifest.json"}
        manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
        for name, digest in sums.items():
            assert hashlib.sha256((published / name).read_bytes()).hexdigest() == digest
            assert manifest["files"][name]["sha256"] == digest
        assert manifest["pages"] == sum(name.endswith(".html") for name in files)

    def test_the_offline_edition_opens_from_a_folder(self, published, tmp_path, browser):
        from conftest import watch

        held = tmp_path / "unpacked"
        with zipfile.ZipFile(published / offline.FOLDER / offline.SITE) as bundle:
            assert f"{offline.FOLDER}/{offline.LEARNER}" in bundle.namelist()
            bundle.extractall(held)
        context = browser.new_context()
        page = watch(context, held.as_uri())
        page.goto((held / "index.html").as_uri(), wait_until="load")
        page.wait_for_url("**/chapters/index.html")
        for name in about.settings()["main_pages"]:
            page.goto((held / f"{name}.html").as_uri(), wait_until="load")
            assert page.locator("article h1").first.is_visible()
        page.goto((held / "search.html").as_uri() + "?q=earnings", wait_until="load")
        page.wait_for_selector("#search-results li a")
        assert page.errors == [] and page.outside == []
        page.goto((held / "chapters/reference/offline.html").as_uri(), wait_until="load")
        assert page.locator(f"a[href$='{offline.LEARNER}']").count() == 1
        page.get_by_text("Cite this page").click()
        assert f"{BASE}chapters/reference/offline.html" in page.inner_text("#leo-cite")
        context.close()

    def test_learners_notebooks_have_no_solutions(self, published):
        with zipfile.ZipFile(published / offline.FOLDER / offline.LEARNER) as bundle:
            names = bundle.namelist()
            text = bundle.read(names[0]).decode()
        assert len(names) >= 10 and all(name.endswith(".ipynb") for name in names)
        assert "solution-start" not in text

    def test_the_printed_edition_has_every_chapter(self, published):
        import gathered
        from pypdf import PdfReader

        book = PdfReader(published / offline.FOLDER / offline.PRINTED)
        titles = list(bookmarks(book.outline))
        for chapter in gathered.in_order():
            assert gathered.title_of(chapter).replace("`", "") in titles, (chapter, titles[:9])
        assert titles.count("Exercises") > 10  # Chromium's own would say some of them twice over
        assert book.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF object
        assert book.trailer["/Root"]["/Lang"] == "en-GB"
        assert book.metadata.title == about.settings()["title"]
        assert not (published / "printed.html").exists()
        # Each page whose text cites something has links, to the bibliography at the end.
        linked = [page for page in book.pages if page.get("/Annots")]
        assert {"Glossary", "Bibliography"} <= set(titles) and len(linked) > len(book.pages) / 4
        # A shadow would be a mask, a picture of its own: 1,073 of them at one time.
        states = [page["/Resources"].get("/ExtGState", {}).values() for page in book.pages]
        masks = [state.get_object().get("/SMask", "/None") for group in states for state in group]
        assert set(masks) <= {"/None"}

    def test_it_names_the_files_to_take_away(self, published):
        text = (published / "chapters" / "reference" / "offline.html").read_text("utf-8")
        for name in (offline.SITE, offline.PRINTED, offline.LEARNER):
            assert f"downloads/{name}" in text
            assert (published / "downloads" / name).stat().st_size > 10_000


def test_site_asks_for_a_folder():
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "publish.py"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "out" in done.stderr
