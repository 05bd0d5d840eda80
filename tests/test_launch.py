"""The files for Binder and the links to it and to Colab name what is there."""

import os

import launch
from common import ROOT


def test_binder_installs_files_that_exist():
    folder = ROOT / ".binder"
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = [line.removeprefix("-r ") for line in lines if line.startswith("-r ")]
    assert named and all((folder / name).exists() for name in named)
    script = folder / "postBuild"
    tools = [w for w in script.read_text(encoding="utf-8").split() if w.startswith("tools/")]
    assert tools and all((ROOT / tool).exists() for tool in tools)
    assert os.name == "nt" or os.access(script, os.X_OK)


def test_links_open_what_exists_and_need_a_known_place():
    assert (ROOT / launch.FIRST).exists()
    assert launch.links("") == "" and launch.links("https://example.org/some/book") == ""
    found = launch.links("https://github.com/some/book.git")
    assert "/gh/some/book/HEAD" in found and f"/some/book/blob/HEAD/{launch.FIRST}" in found
    assert "<code>!pip install -q git+https://github.com/some/book</code>" in found
