"""What all tests share."""

import os
import shutil
import sys
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "agg")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_addoption(parser):
    parser.addoption("--leo-site", action="store_true",
                     help="fail, not skip, where the book has not been built")


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
    found = os.environ.get("LEO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        if os.environ.get("CI"):
            pytest.fail("No Chromium was found; .ci/run installs one.")
        pytest.skip("no Chromium; set LEO_CHROMIUM to one")
    return found
