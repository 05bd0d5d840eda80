"""Where the package finds its own tables, in a wheel as well as in a checkout."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

_MARKER = "catalogue"


@cache
def data_dir() -> Path:
    """Return the folder that holds the catalogue, the marginals and the other tables.

    In an installed wheel this is ``leo_helpers/_data``; in a checkout it is ``data`` beside
    the package.

    Returns
    -------
    Path
        An existing folder.

    Raises
    ------
    FileNotFoundError
        If neither place exists, which means that the installation is incomplete.

    Examples
    --------
    >>> data_dir().is_dir()
    True
    """
    package = Path(str(resources.files("leo_helpers")))
    for folder in (package / "_data", package.parent / "data"):
        if (folder / _MARKER).is_dir():
            return folder
    raise FileNotFoundError(
        "The tables of leo_helpers (catalogue and others) are missing from this installation; "
        "install it again with: python -m pip install --force-reinstall leo-helpers"
    )
