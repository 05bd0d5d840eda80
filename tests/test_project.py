"""The project's own files: set-up, locks, packaging, licences."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from common import ROOT
from packaging.requirements import Requirement

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {
    "requirements.lock": "requirements.txt",
    "requirements-dev.lock": "requirements-dev.txt",
    "requirements-engines.lock": "requirements-engines.txt",
    "requirements-lite.lock": "requirements-lite.txt",
}
#: Each holds the one before; the notebooks in the browser have an environment of their own.
NESTED = list(LOCKS)[:3]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def specs(name):
    lines = (line.split("#")[0].strip() for line in read(name).splitlines())
    return {Requirement(line).name.lower(): line for line in lines if line}


def test_dev_needs_only_the_standard_library():
    tree = ast.parse(read("dev.py"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_dev_explains_itself():
    done = subprocess.run([sys.executable, ROOT / "dev.py"], capture_output=True, text=True)
    assert done.returncode == 1
    for command in [
        "book",
        "test",
        "serve",
        "site",
        "shots",
        "lint",
        "refresh",
        "bench",
        "canary",
        "server",
        "lock",
    ]:
        assert f"dev.py {command}" in done.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_versions_and_no_address(name):
    text = read(name)
    assert "://" not in text and "--" not in text
    assert all(re.match(r"[a-z0-9-]+==\S+( ; .+)?$", line) for line in text.splitlines())


@pytest.mark.parametrize(("lock", "source"), LOCKS.items())
def test_lock_covers_what_is_asked_for(lock, source):
    locked = dict(line.split(" ;")[0].split("==") for line in read(lock).splitlines())
    for name, line in specs(source).items():
        assert name in locked and Requirement(line).specifier.contains(locked[name]), line


def test_the_locks_agree():
    lean, full, most = (
        {line.split(" ;")[0] for line in read(name).splitlines()} for name in NESTED
    )
    assert lean <= full <= most


def test_package_and_requirements_agree():
    wanted = specs("requirements.txt")
    for line in PROJECT["dependencies"]:
        assert wanted[Requirement(line).name.lower()] == line
    extra = PROJECT["optional-dependencies"]["dev"]
    assert set(extra) == set(specs("requirements-dev.txt").values())


def test_each_dependency_has_its_reason():
    reasons = read("docs/decisions.md")
    for name in {**specs("requirements.txt"), **specs("requirements-dev.txt")}:
        assert re.search(rf"\b{re.escape(name)}\b", reasons), name


def test_themes_are_pinned():
    text = read("requirements.lock")
    for pin in (
        "jupyter-book==1.0.4.post1",
        "sphinx-book-theme==1.2.0",
        "pydata-sphinx-theme==0.16.1",
    ):
        assert pin in text


def test_data_dir_is_the_checkout():
    from leo_helpers.paths import data_dir

    assert data_dir() == ROOT / "data"


@pytest.mark.slow
def test_wheel_carries_its_tables(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    wheel = next(tmp_path.glob("leo_helpers-*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("tables", "variables", "codes"):
        assert f"leo_helpers/_data/catalogue/{name}.csv" in names
    assert "leo_helpers/leo.mplstyle" in names
    assert not [name for name in names if name.startswith(("tests/", "chapters/", "notebooks/"))]
    finder = "import leo_helpers.paths as p; print(p.data_dir())"
    place = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(place)
    said = subprocess.run(
        [sys.executable, "-c", finder],
        cwd=place,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(place)},
    )
    assert said.stdout.strip() == str(place / "leo_helpers" / "_data"), said.stderr


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "LICENSE",
        "LICENSE-text",
        "CITATION.cff",
        "CHANGELOG.md",
        "docs/decisions.md",
        "docs/contributing.md",
        "docs/data-card.md",
        ".ci/run",
    ],
)
def test_files_are_there(name):
    assert (ROOT / name).stat().st_size > 200


def test_ci_is_what_the_readme_says():
    assert "dev.py test" in read(".ci/run") and "python dev.py test" in read("README.md")


def test_no_file_of_code_is_long():
    for folder in ("leo_helpers", "tools", "tests", "book", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 420, path.name
