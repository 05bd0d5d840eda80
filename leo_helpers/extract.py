"""Your extract: a data set that holds the variables you were approved for, and no other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .catalogue import Catalogue, View, load_catalogue
from .errors import DataSetError
from .harmonise_held import Approved, approved_variables
from .selection import is_approved
from .store import Manifest, ViewEntry, checksum, data_root, read_manifest, write_manifest

__all__ = ["extract"]


def extract(
    approved: Approved,
    folder: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
) -> Path:
    """Copy a data set without the columns and views that you were not approved for.

    Set ``LEO_DATA`` to the new folder, or pass it as ``root=``, and every chapter and every script
    meets what it would meet in your project.

    Parameters
    ----------
    approved : iterable of str or path
        Variables such as ``"sc_pupil.gender"``, or a CSV file with the columns ``table_id`` and
        ``variable``, as the basket of the variable explorer saves it. What comes along with a
        table need not be named; the key that links its rows may have to be.
    folder : path
        Where to write; it may not be there yet.
    root : path, optional
        Folder of the data set to copy from; without it the default one.

    Returns
    -------
    pathlib.Path
        The folder. A view is in it if one of its variables was named; the lookups and the tables
        of tax and benefits come with every project.

    Raises
    ------
    HarmoniseError
        If a name is unknown or the file cannot be read.
    DataSetError
        If the folder is there already, cannot be written, or nothing was approved.

    Examples
    --------
    >>> import tempfile
    >>> from leo_helpers import load
    >>> made = extract(["sc_pupil.gender"], Path(tempfile.mkdtemp()) / "mine")
    >>> "fsmeligible_spr11" in load("sc_pupil", 2011, "spring", root=made)
    False
    """
    catalogue, target = load_catalogue(), Path(folder).expanduser()
    wanted = approved_variables(approved, catalogue)
    if not wanted:
        raise DataSetError(
            "No variable is approved, so there is nothing to extract.",
            "Give a list such as ['sc_pupil.gender'], or a CSV file.",
        )
    source = data_root(root)
    manifest = read_manifest(source)
    if target.exists():
        raise DataSetError(
            f"{target} is there already.",
            "Remove it or choose another folder; nothing was touched.",
        )
    building = target.with_name(target.name + ".building")
    try:
        building.mkdir(parents=True)
        manifest.views = _copy(catalogue, manifest, wanted, source, building)
        manifest.approved = sorted(wanted)
        write_manifest(manifest, building)
        os.replace(building, target)
    except FileExistsError:
        raise DataSetError(
            f"{building} is in the way.", "Remove it if no other process is writing there."
        ) from None
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise DataSetError(
            f"The extract cannot be written to {target} ({error.strerror or error}).",
            "Choose another folder or free disk space.",
        ) from None
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    return target


def _copy(
    catalogue: Catalogue, manifest: Manifest, wanted: frozenset[str], source: Path, target: Path
) -> dict[str, ViewEntry]:
    """Copy the views that are approved, and return what the manifest says of them."""
    import pyarrow.parquet as pq

    from .synth.engine import write_part

    done: dict[str, ViewEntry] = {}
    for name, (view, columns) in _columns(catalogue, wanted).items():
        if name not in manifest.views:
            continue
        place = target / view.database / view.name
        entry = manifest.views[name]
        for part in entry.parts:
            path = source / view.database / view.name / part
            try:
                whole = pq.read_table(path, columns=columns, partitioning=None)
            except (OSError, ValueError) as error:  # Arrow's own errors are among these
                raise DataSetError(
                    f"The file {part} of {name} is damaged ({str(error).splitlines()[0]}).",
                    "Check with leo check, then generate the data set again with --overwrite.",
                ) from None
            write_part(whole, place / part, view)
        parts = {part: checksum(place / part) for part in entry.parts}
        done[name] = ViewEntry(rows=entry.rows, columns=len(columns), parts=parts)
    return done


def _columns(catalogue: Catalogue, wanted: frozenset[str]) -> dict[str, tuple[View, list[str]]]:
    """Every view that one of the variables leads to, and its approved columns."""
    found = {}
    for table in catalogue.tables.values():
        for view in table.views():
            items = catalogue.view_columns(view)
            if table.dataset == "leo" or any(str(item.variable) in wanted for item in items):
                kept = [item.column for item in items if is_approved(item.variable, wanted)]
                found[f"{view.database}.{view.name}"] = (view, kept)
    return found
