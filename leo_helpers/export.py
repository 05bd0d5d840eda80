"""Write a selection for other programs: CSV, Stata, SPSS and Excel, marked as synthetic."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ExportError
from .export_labels import Column, as_numbers, prepare, short_names
from .store import NOTICE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["export"]

#: At most 80 characters, which is what Stata keeps.
TITLE = "Synthetic: no real person (Learning LEO)"
_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384
_STATA_COLUMNS = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def export(
    data: str | pd.DataFrame,
    path: str | os.PathLike[str],
    years: Any = None,
    terms: str | Iterable[str] | None = None,
    columns: str | Iterable[str] | None = None,
    n: int | None = None,
    root: str | os.PathLike[str] | None = None,
    table: str | None = None,
    overwrite: bool = True,
) -> Path:
    """Write a table or a data frame to a file with variable labels and labelled codes.

    The ending of the path chooses the format:

    ``.csv``
        Values as they are, and beside them ``..._codebook.csv`` with labels and codes.
    ``.dta`` (Stata)
        Names are cut to 32 characters, before the ending that says year and term. Stata
        labels only numbers, so codes that are text become labelled numbers; the label begins
        with the code. Variable labels are cut to 80 characters.
    ``.sav`` (SPSS)
        Names are cut to 64 characters; codes stay as they are, with their labels.
    ``.xlsx`` (Excel)
        Sheets ``data``, ``variables``, ``codes`` and ``about``.

    Where names were changed, ``..._renamed.csv`` says how. The word ``synthetic`` is added to
    the name of the file, and the files say inside that no person is real. Everything is
    written under a temporary name and moved into place at the end.

    Parameters
    ----------
    data : str or pandas.DataFrame
        A table (its id or a friendly name), or what you made of one. The index is not written.
    path : path
        The file to write.
    years, terms, columns, n, root
        As for `leo.load`; only with the name of a table.
    table : str, optional
        The table whose labels a data frame gets; `leo.load` notes it in ``df.attrs``.
    overwrite : bool, default True
        Replace a file of that name.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    ExportError
        If the format is unknown or cannot hold the selection, or the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> export("leo_benefit", f"{folder}/benefit.csv", n=10).name
    'benefit_synthetic.csv'
    """
    target = _target(path, overwrite)
    if isinstance(data, str):
        from .load import load

        frame = load(data, years=years, terms=terms, columns=columns, n=n, root=root)
    elif any(value is not None for value in (years, terms, columns, n, root)):
        raise ExportError("A data frame is written whole.", "Select its rows and columns first.")
    else:
        frame = data
    made: dict[Path, Path] = {}  # temporary name -> final name

    def temporary(final: Path) -> Path:
        made[place := final.with_name(f".{os.getpid()}-{final.name}")] = final
        return place

    try:
        _WRITERS[target.suffix.lower()](prepare(frame, table), target, temporary)
        for place, final in made.items():
            os.replace(place, final)
    except OSError as error:
        raise ExportError(f"{target} could not be written ({error.strerror or error}).",
                          "Choose another folder or free some space.") from None
    finally:
        for place in made:
            place.unlink(missing_ok=True)
    return target


def _target(path: str | os.PathLike[str], overwrite: bool) -> Path:
    path = Path(path).expanduser()
    if path.suffix.lower() not in _WRITERS:
        raise ExportError(f"{path.name!r} has no ending that says a format.",
                          f"Choose one of {', '.join(_WRITERS)}.")
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}.", "Make it first.")
    if "synthetic" not in path.stem.casefold():
        path = path.with_name(f"{path.stem}_synthetic{path.suffix}")
    if path.exists() and not overwrite:
        raise ExportError(f"{path} exists already.", "Choose another name, or overwrite=True.")
    return path


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f"{target.stem}_{what}.csv")


def _csv(columns: list[Column], target: Path, temporary: Any) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    table = pa.table([c.values for c in columns], names=[c.name for c in columns])
    pacsv.write_csv(table, temporary(target))
    header = ("column", "variable", "label", "code", "code_label")
    rows = [(c.name, c.variable, c.label, code, label)
            for c in columns for code, label in (c.codes or {"": ""}).items()]
    _write_rows(temporary(_beside(target, "codebook")), header, rows)


def _stata(columns: list[Column], target: Path, temporary: Any) -> None:
    import pyreadstat

    if len(columns) > _STATA_COLUMNS:
        raise ExportError(f"Stata holds {_STATA_COLUMNS:,} columns, not {len(columns):,}.",
                          "Choose some with columns=.")
    numbered = [as_numbers(c) for c in columns]
    names = _renamed(columns, 32, target, temporary)
    _statistical(
        pyreadstat.write_dta, numbered, names, temporary(target), file_label=TITLE,
        column_labels={names[c.name]: _cut(c.label, 80) for c in numbered},
        variable_value_labels={names[c.name]: c.codes for c in numbered if c.codes})


def _spss(columns: list[Column], target: Path, temporary: Any) -> None:
    import pyreadstat

    names = _renamed(columns, 64, target, temporary)
    labelled = {}
    for c in columns:
        longest = max((len(str(code).encode()) for code in c.codes), default=0)
        if c.codes and (not c.words or longest <= 8):
            labelled[names[c.name]] = {code: _cut(text, 60) for code, text in c.codes.items()}
    _statistical(
        pyreadstat.write_sav, columns, names, temporary(target), file_label=TITLE,
        note=re.findall(r".{1,75}(?:\s|$)", NOTICE), compress=True,
        column_labels={names[c.name]: _cut(c.label, 120) for c in columns},
        variable_value_labels=labelled)


def _statistical(write: Any, columns: list[Column], names: dict[str, str], place: Path,
                 **options: Any) -> None:
    import pandas as pd
    from pyreadstat import PyreadstatError, ReadstatError

    frame = pd.DataFrame({names[c.name]: _series(c) for c in columns})
    try:
        write(frame, str(place), **options)
    except (PyreadstatError, ReadstatError) as error:
        raise ExportError(f"The columns do not fit the format {place.suffix} ({error}).",
                          "Choose fewer columns, or write a .csv.") from None


def _series(column: Column) -> pd.Series:
    import pandas as pd
    import pyarrow as pa

    values, kind = column.values, column.values.type
    if pa.types.is_integer(kind):
        small = values.cast(pa.float64()) if values.null_count else values
        return pd.Series(small.to_numpy(zero_copy_only=False))
    if pa.types.is_floating(kind) or pa.types.is_timestamp(kind):
        return pd.Series(values.to_numpy(zero_copy_only=False))
    return pd.Series(values.to_pylist(), dtype=object)


def _excel(columns: list[Column], target: Path, temporary: Any) -> None:
    from openpyxl import Workbook

    rows = len(columns[0].values) if columns else 0
    if rows >= _EXCEL_ROWS or len(columns) > _EXCEL_COLUMNS:
        raise ExportError(
            f"An Excel sheet holds {_EXCEL_ROWS - 1:,} rows and {_EXCEL_COLUMNS:,} columns, "
            f"not {rows:,} and {len(columns):,}.", "Choose fewer, or write a .csv.")
    book = Workbook(write_only=True)
    book.properties.title, book.properties.description = TITLE, NOTICE
    sheet = book.create_sheet("data")
    sheet.append([c.name for c in columns])
    for row in zip(*(c.values.to_pylist() for c in columns), strict=True):
        sheet.append([_cell(v) for v in row])
    sheet = book.create_sheet("variables")
    sheet.append(["column", "variable", "label"])
    for c in columns:
        sheet.append([c.name, c.variable, c.label])
    sheet = book.create_sheet("codes")
    sheet.append(["column", "code", "label"])
    for c in columns:
        for code, text in c.codes.items():
            sheet.append([c.name, code, _cell(text)])
    sheet = book.create_sheet("about")
    for line in (TITLE, NOTICE):
        sheet.append([line])
    book.save(temporary(target))


def _cell(value: Any) -> Any:
    return _CONTROL.sub("", value) if isinstance(value, str) else value


def _renamed(columns: list[Column], limit: int, target: Path, temporary: Any) -> dict[str, str]:
    """Names that the format allows; what changed goes into a table beside the file."""
    names = short_names([c.name for c in columns], limit)
    changed = [(c.name, names[c.name], c.label) for c in columns if names[c.name] != c.name]
    if changed:
        header = ("name_in_leo", "name_in_file", "label")
        _write_rows(temporary(_beside(target, "renamed")), header, changed)
    return names


def _cut(text: str, limit: int) -> str:
    """Cut text to so many bytes at most, with dots where something is missing."""
    if len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - 3].decode(errors="ignore").rstrip() + "..."


def _write_rows(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        writer.writerows(rows)


_WRITERS = {".csv": _csv, ".dta": _stata, ".sav": _spss, ".xlsx": _excel}
