"""Generate a synthetic LEO: every table and view, no real person."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["DEFAULT_PEOPLE", "DEFAULT_SEED", "generate"]

DEFAULT_PEOPLE = 5_000
DEFAULT_SEED = 20_260_414
#: Bytes on disk of one person over all tables, rounded up (measured, see bench/RESULTS.md).
BYTES_PER_PERSON = 16_000


def generate(
    root: str | os.PathLike[str] | None = None,
    people: int = DEFAULT_PEOPLE,
    seed: int = DEFAULT_SEED,
    faults: str | Mapping[str, float] = "documented",
    tables: Iterable[str] | None = None,
    years: Iterable[int] | None = None,
    workers: int | None = None,
    resume: bool = False,
    progress: bool = True,
    overwrite: bool = False,
) -> Path:
    """Generate a data set and return its folder.

    Parameters
    ----------
    root : path, optional
        Folder to make; without it the default data set's place.
    people : int
        Number of people. Person 7 has the same life whatever the number.
    seed : int
        Another seed gives other people.
    faults : str or mapping
        The fault dial, see :func:`leo_helpers.synth.faults.fault_rates`.
    tables : iterable of str, optional
        Only these tables (ids or friendly names).
    years : iterable of int, optional
        Only yearly views of these END years; pooled views are always whole.
    workers : int, optional
        Processes; one up to 20,000 people, else one a core.
    resume : bool
        Go on with an interrupted run of the same data set.
    progress : bool
        Show a progress bar on a terminal or in a notebook.
    overwrite : bool
        Replace a data set that is already there.

    Returns
    -------
    pathlib.Path
        The finished folder.

    Raises
    ------
    GenerateError
        If the request makes no sense, the disk is full, the folder cannot be written, holds
        something else, or another process is generating there.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> generate(folder + "/tiny", people=50, tables=["leo_benefit"], progress=False).name
    'tiny'
    """
    from ..store import default_root
    from .build import Request, build

    if workers is None:
        workers = 1 if people <= 20_000 else (os.cpu_count() or 1)
    request = Request(
        root=Path(root).expanduser().absolute() if root is not None else default_root(),
        people=people,
        seed=seed,
        faults=faults,
        tables=tuple(tables) if tables is not None else None,
        years=tuple(years) if years is not None else None,
        workers=workers,
        resume=resume,
        overwrite=overwrite,
        progress=progress and (sys.stderr.isatty() or "ipykernel" in sys.modules),
    )
    return build(request)


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk that holds a folder (or will hold it)."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
