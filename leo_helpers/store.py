"""The store: a data set is a folder with ``manifest.json`` and one folder of Parquet per view.

``<root>/<database>/<view>/part-*.parquet`` holds the view under the secure service's own name;
the manifest says what was generated, from which seed and recipe, and that no person is real.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import msgspec
import platformdirs

from .errors import DataSetError
from .paths import data_dir

__all__ = ["Manifest", "ViewEntry", "check", "data_root", "default_root", "read_manifest", "recipe"]

KIND = "learning-leo synthetic data set"
NOTICE = (
    "synthetic: no real person. Made from public documentation and published aggregates; "
    "no relationship between variables may be read as a fact about the real LEO data."
)
LAYOUT = 1


class ViewEntry(msgspec.Struct):
    """What the manifest knows of one view."""

    rows: int
    columns: int
    parts: dict[str, str]  # file name -> checksum


class Manifest(msgspec.Struct):
    """The contents of ``manifest.json``."""

    kind: str
    notice: str
    layout: int
    recipe: str
    seed: int
    people: int
    faults: dict[str, float]
    tables: list[str] | None
    years: list[int] | None
    views: dict[str, ViewEntry]
    approved: list[str] | None = None  # of an extract: the variables that it was made with


@cache
def recipe() -> str:
    """Fingerprint of everything that the synthetic people are made from.

    Returns
    -------
    str
        Twelve hexadecimal digits over the data tables and the generator's source.

    Examples
    --------
    >>> len(recipe())
    12
    """
    digest = hashlib.blake2b(digest_size=6)
    generator = Path(__file__).parent / "synth"
    tables = [
        p for f in ("catalogue", "marginals", "faults") for p in (data_dir() / f).glob("*.csv")
    ]
    for path in sorted([*tables, *generator.glob("*.py")], key=lambda p: p.name):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def default_root() -> Path:
    """Folder of the default data set: ``LEO_DATA`` if set, else the user's cache.

    Examples
    --------
    >>> isinstance(default_root(), Path)
    True
    """
    if os.environ.get("LEO_DATA"):
        return Path(os.environ["LEO_DATA"]).expanduser()
    return (
        Path(platformdirs.user_cache_dir("learning-leo", appauthor=False)) / f"default-{recipe()}"
    )


def data_root(root: str | os.PathLike[str] | None = None, *, generate: bool = True) -> Path:
    """Folder of a finished data set; the default one is made on first use.

    Parameters
    ----------
    root : path, optional
        Folder of a data set; without it the default data set.
    generate : bool
        Make the default data set if it is not there yet.

    Raises
    ------
    DataSetError
        If the folder is not a data set, is one of another version, or is the default one and was
        made from other tables than this version has.
    """
    folder = default_root() if root is None else Path(root).expanduser()
    if root is None and generate and not (folder / "manifest.json").exists():
        from .synth import generate as make

        make(folder)
    manifest = read_manifest(folder)
    if root is None and manifest.recipe != recipe():
        raise DataSetError(
            f"The data set in {folder} (from LEO_DATA) was made by another generator.",
            "Make it again with: leo generate --overwrite; or read it as it is with root=.",
        )
    return folder


def read_manifest(root: str | os.PathLike[str]) -> Manifest:
    """Read and check a data set's manifest.

    Raises
    ------
    DataSetError
        If the folder is missing, foreign, unfinished, or of another layout.
    """
    folder = Path(root)
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise DataSetError(
            f"There is no folder {folder}.",
            "Make a data set there with: leo generate --root FOLDER.",
        )
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise DataSetError(
            f"The folder {folder} is not a Learning LEO data set: it has no manifest.json.",
            "Choose the folder that leo generate made, or generate a data set there.",
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise DataSetError(
            f"The manifest {path} cannot be read ({error}).",
            "Generate the data set again with: leo generate --overwrite.",
        ) from None
    if manifest.kind != KIND or manifest.layout != LAYOUT:
        raise DataSetError(
            f"The data set in {folder} has layout {manifest.layout} of {manifest.kind!r}; this "
            f"version reads layout {LAYOUT}.",
            "Generate it again with: leo generate --overwrite.",
        )
    return manifest


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of a data set that is otherwise finished."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    (folder / "manifest.json").write_bytes(text)


def checksum(path: Path) -> str:
    """Checksum of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=8)).hexdigest()


def check(root: str | os.PathLike[str] | None = None) -> list[str]:
    """Compare a data set with its manifest.

    Returns
    -------
    list of str
        One sentence for each file that is missing, damaged or foreign; empty if all is well.

    Raises
    ------
    DataSetError
        If there is no readable manifest.
    """
    folder = data_root(root, generate=False)
    manifest = read_manifest(folder)
    problems, known = [], {folder / "manifest.json"}
    for name, entry in manifest.views.items():
        place = folder.joinpath(*name.split(".", 1))
        for part, expected in entry.parts.items():
            known.add(place / part)
            if not (place / part).exists():
                problems.append(f"{name}: the file {part} is missing; generate the data set again.")
            elif checksum(place / part) != expected:
                problems.append(f"{name}: the file {part} is damaged; generate the data set again.")
    problems += [
        f"{path.relative_to(folder)} does not belong to the data set; remove it."
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in known
    ]
    return problems
