"""Wheels for Python in the browser: our own package, the rows, and what others have published."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import subprocess
import zipfile
from pathlib import Path

from offline import TIME

ROOT = Path(__file__).resolve().parent.parent
SHIMS = ROOT / "book" / "pyodide"
#: What our package needs there. Export to Stata and Excel and the command line are left out:
#: they would fetch more than they are worth.
NEEDED = ("numpy", "pandas", "pyarrow", "duckdb", "matplotlib")
NEEDED += ("msgspec", "sqlglot", "platformdirs", "filelock")
#: Files of our own that stand in for a package which a browser has not.
STAND_IN = "rapidfuzz.py"
#: Lets one import say where the rows are.
DATA = '''"""The rows of the book. Importing this makes them the default data set."""

import os
from pathlib import Path

os.environ["LEO_DATA"] = str(Path(__file__).parent / "rows")
'''


def write_wheel(
    folder: Path, name: str, version: str, files: dict[str, bytes], needs: tuple[str, ...] = ()
) -> Path:
    """Write a wheel of plain Python, always with the same bytes.

    Parameters
    ----------
    folder : Path
        Where to.
    name, version : str
        Of the distribution, the name with underscores.
    files : dict of str to bytes
        Contents by path in the wheel.
    needs : tuple of str
        Names of what has to be installed with it.

    Returns
    -------
    Path
        The file.
    """
    info = f"{name}-{version}.dist-info"
    about = ["Metadata-Version: 2.1", f"Name: {name.replace('_', '-')}", f"Version: {version}"]
    about += [f"Requires-Dist: {need}" for need in needs]
    wheel = (
        "Wheel-Version: 1.0\nGenerator: learning-leo\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    held = files | {
        f"{info}/METADATA": ("\n".join(about) + "\n").encode(),
        f"{info}/WHEEL": wheel.encode(),
    }
    lines = []
    for path, content in sorted(held.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    held[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for path, content in held.items():
            entry = zipfile.ZipInfo(path, TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            bundle.writestr(entry, content)
    return target


def under(folder: Path, name: str) -> dict[str, bytes]:
    """Return the files of a folder under another name, without what Python compiled."""
    return {
        f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def write_package(folder: Path) -> Path:
    """Write our package as a wheel that needs nothing that a browser has not."""
    from leo_helpers import __version__

    files = under(ROOT / "leo_helpers", "leo_helpers")
    files |= under(ROOT / "data", "leo_helpers/_data")
    files[STAND_IN] = (SHIMS / STAND_IN).read_bytes()
    return write_wheel(folder, "leo_helpers", __version__, files, NEEDED)


def write_rows(folder: Path, data: Path) -> Path:
    """Write a data set as a wheel, because that is what Python in a browser can fetch."""
    from leo_helpers import __version__

    files = {"leo_data/__init__.py": DATA.encode()} | under(data, "leo_data/rows")
    return write_wheel(folder, "leo_data", __version__, files)


def installed(name: str) -> str:
    """Return a requirement for the version of a package that the book is built with."""
    return f"{name}=={importlib.metadata.version(name)}"


def download(python: Path, folder: Path, tags: tuple[str, str], wanted: list[str]) -> None:
    """Fetch wheels for Python in the browser from the package index.

    Parameters
    ----------
    python : Path
        An interpreter with pip.
    folder : Path
        Where to.
    tags : tuple of str
        Version of Python such as ``3.14``, and the platform.
    wanted : list of str
        Requirements, each with its exact version.

    Raises
    ------
    CalledProcessError
        If one is not there or the index cannot be reached.
    """
    version, platform = tags
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--no-deps", "--only-binary=:all:", "--implementation=cp", f"--platform={platform}"]
    command += [f"--python-version={version}", f"--abi=cp{version.replace('.', '')}"]
    subprocess.run([*command, "--dest", str(folder), *wanted], check=True)
