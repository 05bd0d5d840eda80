"""Files out of npm packages, without npm: each package pinned by version and checksum.

A package is fetched once and kept, with nothing but the files that are wanted, in the user's cache.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import platformdirs

REGISTRY = "https://registry.npmjs.org"
#: Seconds without an answer after which the registry counts as out of reach.
PATIENCE = 30


class OutOfReach(Exception):
    """A package that could not be fetched, or is not the one that was pinned."""


@dataclass(frozen=True)
class Package:
    """One npm package: its name, version, checksum as in ``npm view``, and the files wanted."""

    name: str
    version: str
    integrity: str
    files: tuple[str, ...]

    @property
    def address(self) -> str:
        """Where the registry has it.

        Examples
        --------
        >>> Package("@a/b", "1.0", "", ()).address
        'https://registry.npmjs.org/@a/b/-/b-1.0.tgz'
        """
        return f"{REGISTRY}/{self.name}/-/{self.name.split('/')[-1]}-{self.version}.tgz"


def cache() -> Path:
    """Return the folder in which packages are kept between builds."""
    return Path(platformdirs.user_cache_dir("learning-leo", appauthor=False)) / "npm"


def unpack(package: Package, archive: bytes, folder: Path) -> None:
    """Check an archive and write the wanted files of it into a folder.

    Raises
    ------
    OutOfReach
        If the checksum is another one, or a file is not in the archive.
    """
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if digest != package.integrity:
        raise OutOfReach(f"{package.address} is not the file that was pinned")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for name in package.files:
            try:
                held = tar.extractfile(f"package/{name}")
            except KeyError:
                held = None
            if held is None:
                raise OutOfReach(f"{package.name} {package.version} has no {name}")
            (folder / Path(name).name).write_bytes(held.read())


def fetch(package: Package, into: Path | None = None) -> Path:
    """Return the folder with the wanted files of a package, fetched if need be.

    Parameters
    ----------
    package : Package
        What is wanted.
    into : Path, optional
        Where packages are kept; without it the user's cache.

    Returns
    -------
    Path
        A folder that holds the files, without the folders they had in the package.

    Raises
    ------
    OutOfReach
        If the registry cannot be reached or gives another file.
    """
    folder = (into or cache()) / f"{package.name.replace('/', '-')}-{package.version}"
    if all((folder / Path(name).name).exists() for name in package.files):
        return folder
    try:
        with urllib.request.urlopen(package.address, timeout=PATIENCE) as answer:
            archive = answer.read()
    except (OSError, urllib.error.URLError) as error:
        raise OutOfReach(f"{package.address} could not be fetched ({error})") from None
    part = folder.with_name(folder.name + ".part")
    unpack(package, archive, part)
    for path in part.iterdir():  # one by one: another build may have been quicker
        folder.mkdir(exist_ok=True)
        path.replace(folder / path.name)
    part.rmdir()
    return folder
