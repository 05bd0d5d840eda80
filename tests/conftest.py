"""What all tests share."""

import os
import shutil

import matplotlib
import pytest
from common import EXPLORER, ROOT, watch
from common import browser as tools_browser

matplotlib.use("agg")  # not through the environment, which kernels would inherit


def pytest_addoption(parser):
    parser.addoption(
        "--leo-site", action="store_true", help="fail, not skip, where the book has not been built"
    )


@pytest.fixture(scope="session")
def root():
    """The project folder."""
    return ROOT


@pytest.fixture(scope="session")
def site(request):
    """The folder of the built book."""
    folder = ROOT / "_build" / "html"
    if (folder / "404.html").exists():
        return folder
    if request.config.getoption("--leo-site"):
        pytest.fail("The book is not built; run python dev.py book --no-open.")
    pytest.skip("the book is not built; run python dev.py book --no-open")


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium that is installed."""
    found = tools_browser.find_chromium()
    if not found:
        if os.environ.get("CI"):
            pytest.fail("No Chromium was found; .ci/run installs one.")
        pytest.skip("no Chromium; set LEO_CHROMIUM to one")
    return found


@pytest.fixture(scope="module")
def address(site):
    """The built book, served on this machine."""
    with tools_browser.serve(site) as found:
        yield found


@pytest.fixture(scope="module")
def browser(chromium):
    """A Chromium; one a module, because its loop would disturb tests that have their own."""
    pytest.importorskip("playwright.sync_api", reason="Playwright comes with the dev extra")
    with tools_browser.open_browser(chromium) as found:
        yield found


@pytest.fixture
def page(browser, address):
    """A page that notes every request to another machine and every error it shows."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield watch(context, address)
    assert context.cookies() == []
    context.close()


@pytest.fixture
def loose_page(browser, site):
    """The same for the book opened from its folder."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield watch(context, site.as_uri())
    context.close()


@pytest.fixture
def explorer_page(page, address):
    """The variable explorer, once its search is ready; at the end no error, no request outside."""
    page.goto(address + EXPLORER, wait_until="load")
    page.locator("#leo-state:empty").wait_for(state="attached")
    yield page
    assert page.errors == [] and page.outside == []


@pytest.fixture(scope="session")
def small_data(tmp_path_factory):
    """A data set of 300 people with every view, made once for all workers of a test run."""
    from filelock import FileLock

    from leo_helpers.synth import generate

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "small-data-set"
    with FileLock(f"{folder}.made"):
        if not (folder / "manifest.json").exists():
            generate(folder, people=300, workers=1, progress=False)
    return folder


@pytest.fixture
def leo_data(small_data, monkeypatch):
    """The small data set as the default one, for the length of a test."""
    monkeypatch.setenv("LEO_DATA", str(small_data))
    return small_data


@pytest.fixture
def some_views(small_data, tmp_path):
    """Make a data set of a few views of the small one, to damage or to leave things out.

    Its manifest names only those views, as if it had been generated with ``--tables``.
    """
    import msgspec

    from leo_helpers.store import read_manifest

    def make(*names):
        folder = tmp_path / "some-views"
        for name in names:
            place = name.split(".", 1)
            shutil.copytree(small_data.joinpath(*place), folder.joinpath(*place))
        manifest = read_manifest(small_data)
        manifest.views = {name: manifest.views[name] for name in names}
        (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
        return folder

    return make


@pytest.fixture(scope="session")
def spark():
    """A Spark session in ANSI mode; needs the extra ``spark`` and Java 17 or newer."""
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is an extra: pip install -e .[spark]")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, and there is none")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
