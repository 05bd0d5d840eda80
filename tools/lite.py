"""The learners' notebooks in the browser, with JupyterLite: experimental, nothing depends on it.

Python and its plain parts are put into the site. The scientific packages are on no registry that a
build could take them from; they come from Pyodide's public distribution, once a reader has agreed
on a page of the book and runs the first cell of a notebook.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gathered
import learner
import nbformat
import npm_files
import offline
import playground
import policy
import wheels
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-lite.lock"
WORK = ROOT / "_build" / "lite"
#: Where the notebooks are in the published site, and the parts of JupyterLite that show them.
FOLDER, APPS = "lite", ("notebooks", "tree")
#: The page that asks, and the mark on it that is replaced.
PAGE, PLACE = "chapters/reference/notebooks-in-browser.html", "leo:lite"
#: The one other machine, and what the kernel would ask without our settings.
HOST = "https://cdn.jsdelivr.net"
PUBLIC = f"{HOST}/pyodide/v{playground.PYODIDE.version}/full/"
#: What starting Python needs of Pyodide's own packages; their dependencies follow from its list.
START = ("micropip", "ipython", "jedi", "traitlets", "platformdirs")
#: The one compiled package that the index has for browsers.
COMPILED = ("msgspec", "0.22.0")
#: Plain packages that Pyodide's list lacks.
PLAIN = ("comm", "sqlglot", "filelock")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
#: What the pages of JupyterLite may do. It compiles the schemas of its settings, hence the eval.
RULES = policy.RULES | {
    "script-src": "{own} 'unsafe-eval' 'wasm-unsafe-eval' {inline}",
    "connect-src": f"{{own}} blob: data: {HOST}",
    "frame-src": "{own} blob: data:",
    "base-uri": "{own}",
}
FIRST_WORDS = f"""**In the browser, experimental.** The next cell fetches NumPy, pandas, pyarrow,
DuckDB and matplotlib from Pyodide's public distribution, `{HOST.removeprefix("https://")}`, and our
package and the rows of the book from this site: some tens of megabytes, for each notebook."""
FIRST_CELL = """%pip install -q leo-helpers leo-data
import duckdb, matplotlib, pandas, pyarrow  # an error here: the public distribution is out of reach
import leo_data"""


class LeftOut(Exception):
    """Why the notebooks could not be made."""


def environment() -> Path:
    """Return an interpreter that has JupyterLite, in an environment of its own, made if need be.

    Raises
    ------
    LeftOut
        If the package index cannot be reached.
    """
    folder = WORK / "venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", folder], [*pip, "--requirement", LOCK]):
        if subprocess.run([str(word) for word in command]).returncode:
            raise LeftOut("JupyterLite could not be installed (see above)")
    stamp.write_text(wanted)
    return python


def closure(packages: dict[str, dict], roots: tuple[str, ...]) -> list[str]:
    """Return the names of packages and of all that they depend on, sorted.

    Examples
    --------
    >>> closure({"a": {"depends": ["b"]}, "b": {"depends": []}, "c": {"depends": []}}, ("a",))
    ['a', 'b']
    """
    found, waiting = set(), list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += packages[name.lower().replace("_", "-")]["depends"]
    return sorted(name.lower().replace("_", "-") for name in found)


def place_packages(packages: dict[str, dict], held: dict[str, Path]) -> None:
    """Let Pyodide's list name our files for what the site holds and its public place for the rest.

    Parameters
    ----------
    packages : dict
        The list, changed in place.
    held : dict of str to Path
        Wheels in the folder of the list, by name of the package.
    """
    for name, entry in packages.items():
        if name in held:
            entry["file_name"] = held[name].name
            entry["version"] = held[name].name.split("-")[1]
            entry["sha256"] = hashlib.sha256(held[name].read_bytes()).hexdigest()
        else:
            entry["file_name"] = PUBLIC + entry["file_name"]


def write_pyodide(python: Path, folder: Path) -> None:
    """Write Python for browsers with its plain packages."""
    source = npm_files.fetch(playground.PYODIDE)
    folder.mkdir(parents=True)
    for name in playground.PYODIDE.files:
        shutil.copy(source / name, folder / name)
    path = folder / "pyodide-lock.json"
    lock = json.loads(path.read_text(encoding="utf-8"))
    packages, info = lock["packages"], lock["info"]
    names = closure(packages, START)
    wanted = [f"{name}=={packages[name]['version']}" for name in names]
    wanted.append("{}=={}".format(*COMPILED))
    version = ".".join(info["python"].split(".")[:2])
    wheels.download(python, folder, (version, f"pyemscripten_{info['abi_version']}_wasm32"), wanted)
    files = {
        file.name.split("-")[0].lower().replace("_", "-"): file for file in folder.glob("*.whl")
    }
    place_packages(packages, files)
    path.write_text(json.dumps(lock), encoding="utf-8")


def write_wheels(python: Path, folder: Path, data: Path) -> None:
    """Write our package and the rows, and fetch the plain packages that Pyodide's list lacks."""
    wheels.write_package(folder)
    wheels.write_rows(folder, data)
    wanted = [wheels.installed(name) for name in PLAIN]
    wheels.download(python, folder, ("3.14", "any"), wanted)


def write_notebooks(folder: Path) -> int:
    """Write the learners' copies with a first cell that installs, and return their number."""
    written = learner.write_all(folder)
    for path in written:
        notebook = nbformat.read(path, as_version=4)
        words, cell = (
            nbformat.v4.new_markdown_cell(FIRST_WORDS),
            nbformat.v4.new_code_cell(FIRST_CELL),
        )
        words["id"], cell["id"] = "in-the-browser", "install"
        notebook.cells[1:1] = [words, cell]
        notebook.metadata = nbformat.from_dict(
            {"kernelspec": {"display_name": "Python (Pyodide)", "name": "python"}}
        )
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    return len(written)


def apply_policy(out: Path) -> None:
    """Put a policy of their own into JupyterLite's pages."""
    for path in out.rglob("*.html"):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        if soup.head:
            policy.apply(soup, RULES)
            path.write_text(str(soup).replace(policy.OWN, "'self'"), encoding="utf-8")


def build(out: Path, data: Path) -> Path:
    """Make JupyterLite with the notebooks in a folder that must not exist yet.

    Parameters
    ----------
    out : Path
        The folder to make.
    data : Path
        The data set that comes along.

    Raises
    ------
    LeftOut
        If npm or the package index cannot be reached, or JupyterLite stops.
    """
    python, source = environment(), WORK / "source"
    shutil.rmtree(source, ignore_errors=True)  # a memory of an earlier build would bring the
    source.mkdir(parents=True)  # settings of the makers back
    try:
        write_pyodide(python, source / "static" / "pyodide")
        write_wheels(python, source / "pypi", data)
    except (npm_files.OutOfReach, subprocess.CalledProcessError) as error:
        raise LeftOut(f"a part of it could not be fetched ({error})") from None
    write_notebooks(source / "files")
    settings = {"litePluginSettings": {KERNEL: {"disablePyPIFallback": True}}}
    settings["appName"] = "Learning LEO"
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    (source / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")
    command = [python, "-m", "jupyterlite_core", "build", "--lite-dir", source, "--output-dir", out]
    command += [word for app in APPS for word in ("--apps", app)]
    command += ["--no-sourcemaps", "--no-unused-shared-packages"]
    done = subprocess.run(
        [str(word) for word in command], cwd=source, capture_output=True, text=True
    )
    if done.returncode:
        raise LeftOut(f"JupyterLite stopped: {done.stderr.strip()[-500:]}")
    apply_policy(out)
    return out


def invitation(size: int, notebooks: list[tuple[str, str]]) -> str:
    """Return what the page shows where the notebooks are there: a list, a box to tick, a button.

    Parameters
    ----------
    size : int
        Bytes of all that could be fetched from the site.
    notebooks : list of tuple
        Path and title of each notebook, in the order of the book.
    """
    options = "".join(
        f'<option value="{html.escape(path)}">{html.escape(title)}</option>'
        for path, title in notebooks
    )
    return f"""<form class="leo-panel" action="../../{FOLDER}/{APPS[0]}/index.html" method="get">
<p><label for="leo-notebook">Chapter</label>
<select id="leo-notebook" name="path">{options}</select></p>
<p><label><input type="checkbox" required/> I know that this is experimental, that opening a
notebook fetches up to {size / 1e6:.0f} MB from this site, and that its first cell fetches
scientific packages from <code>{HOST.removeprefix("https://")}</code>.</label></p>
<p><button type="submit">Open the notebook</button></p></form>"""


def publish(out: Path, data: Path) -> bool:
    """Add the notebooks to a site that is being published; say so and return False if left out."""
    try:
        build(out / FOLDER, data)
    except LeftOut as why:
        print(f"The notebooks for the browser are left out: {why}.")
        shutil.rmtree(out / FOLDER, ignore_errors=True)
        return False
    size = sum(p.stat().st_size for p in (out / FOLDER).rglob("*") if p.suffix != ".ipynb")
    chapters = [
        (path.relative_to(gathered.ROOT / "chapters").with_suffix(".ipynb").as_posix(), path)
        for path in gathered.in_order()
    ]
    named = [(path, gathered.title_of(source).replace("`", "")) for path, source in chapters]
    offline.fill(out / PAGE, PLACE, invitation(size, named))
    return True
