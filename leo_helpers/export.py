"""Write a selection for other programs: CSV, Stata, SPSS and Excel, marked as synthetic."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ExportError
from .export_labels import Column, as_days, as_numbers, prepare, short_names, small_integers
from .store import NOTICE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["export"]

#: At most 64 characters, which is what an SPSS file keeps (Stata keeps 80).
TITLE = "Synthetic: no real person (Learning LEO)"
_EXCEL_ROWS, _EXCEL_COLUMNS = 1_048_576, 16_384
_STATA_COLUMNS = 32_767
_STATA_NAME, _SPSS_NAME = 32, 64
#: In a Stata file pyreadstat keeps the labels of a column under its name and a number.
_STATA_LABELLED_NAME = 26
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: Gives the temporary name of a file, which gets its own name when all are written.
_Temporary = Callable[[Path], Path]


def export(
    table_or_frame: str | pd.DataFrame,
    path: str | os.PathLike[str],
    years: Any = None,
    terms: str | Iterable[str] | None = None,
    columns: str | Iterable[str] | None = None,
    n: int | None = None,
    root: str | os.PathLike[str] | None = None,
    *,
    table: str | None = None,
) -> list[Path]:
    """Write a table or a data frame to a file with variable labels and labelled codes.

    The ending of the path chooses the format:

    ``.csv``
        Values as they are, dates as ``2011-01-20``; missing values are blank, empty texts
        are ``""``. ``..._codebook.csv`` beside it has the labels and codes.
    ``.dta`` (Stata)
        Names are cut to 32 characters (26 where codes have labels), before the ending that says
        year and term. Stata labels only numbers, so text codes become labelled numbers, whose
        labels begin with the code, and an empty text becomes a missing value. Variable labels
        are cut to 80 bytes. Marks that mix numbers and letters stay text, without labels.
    ``.sav`` (SPSS)
        Names are cut to 64 characters; codes stay as they are, with their labels.
    ``.xlsx`` (Excel)
        Sheets ``data``, ``variables``, ``codes`` and ``about``.

    Where names were changed, ``..._renamed.csv`` says how. The word ``synthetic`` is added to
    the name of the file, and the files say inside that no person is real. Everything is written
    under a temporary name and then moved; files that are there under those names are replaced.

    Parameters
    ----------
    table_or_frame : str or pandas.DataFrame
        A table (its id or a friendly name), or a data frame. Its index is not written.
    path : path
        The file to write.
    years, terms, columns, n, root
        As for `leo.load`; only with the name of a table.
    table : str, optional
        The table whose labels a data frame gets, if it does not come straight from `leo.load`.

    Returns
    -------
    list of pathlib.Path
        The file, then what was written beside it.

    Raises
    ------
    ExportError
        If the format is unknown or cannot hold the selection, or the folder cannot be written.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> df = pd.DataFrame({"gender_spr11": ["M", "F"]})
    >>> [path.name for path in export(df, tempfile.mkdtemp() + "/toy.csv", table="sc_pupil")]
    ['toy_synthetic.csv', 'toy_synthetic_codebook.csv']
    """
    target = _target(path)
    frame = _frame(table_or_frame, years=years, terms=terms, columns=columns, n=n, root=root)
    made: dict[Path, Path] = {}  # temporary name -> final name

    def temporary(final: Path) -> Path:
        made[place := final.with_name(f".{os.getpid()}-{final.name}")] = final
        return place

    try:
        _WRITERS[target.suffix.lower()](prepare(frame, table), target, temporary)
        for place, final in made.items():
            place.replace(final)
    except OSError as error:
        raise ExportError(
            f"{target} could not be written ({error.strerror or error}).",
            "Close it in other programs, choose another folder, or free some space.",
        ) from None
    finally:
        for place in made:
            place.unlink(missing_ok=True)
    return list(made.values())


def _frame(table_or_frame: str | pd.DataFrame, **choices: Any) -> pd.DataFrame:
    if isinstance(table_or_frame, str):
        from .load import load

        return load(table_or_frame, **choices)
    if not hasattr(table_or_frame, "iloc") or not hasattr(table_or_frame, "columns"):
        raise ExportError(
            f"A {type(table_or_frame).__name__} cannot be exported.",
            "Give the name of a table or a pandas data frame.",
        )
    given = [name for name, value in choices.items() if value is not None]
    if given:
        raise ExportError(
            f"A data frame is written whole, so {', '.join(given)} has no meaning here.",
            "Choose rows and columns of the data frame first, or give the name of a table.",
        )
    return table_or_frame


def _target(path: str | os.PathLike[str]) -> Path:
    path = Path(path).expanduser()
    if path.suffix.lower() not in _WRITERS:
        raise ExportError(
            f"The name {path.name!r} does not end in a format.",
            f"Choose one of {', '.join(_WRITERS)}.",
        )
    if not path.parent.is_dir():
        raise ExportError(f"There is no folder {path.parent}.", "Make it first.")
    if "synthetic" not in path.stem.casefold():
        path = path.with_name(f"{path.stem}_synthetic{path.suffix}")
    return path


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f"{target.stem}_{what}.csv")


def _csv(columns: list[Column], target: Path, temporary: _Temporary) -> None:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    table = pa.table([c.values for c in columns], names=[c.name for c in columns])
    pacsv.write_csv(table, temporary(target))
    header = ("column", "variable", "label", "code", "code_label")
    rows = [("", "", NOTICE, "", "")]
    rows += [
        (c.name, c.variable, c.label, code, label)
        for c in columns
        for code, label in (c.codes or {"": ""}).items()
    ]
    _write_rows(temporary(_beside(target, "codebook")), header, rows)


def _stata(columns: list[Column], target: Path, temporary: _Temporary) -> None:
    import pyarrow as pa
    import pyreadstat

    if len(columns) > _STATA_COLUMNS:
        raise ExportError(
            f"Stata holds {_STATA_COLUMNS:,} columns, not {len(columns):,}.",
            "Choose some with columns=.",
        )
    place = temporary(target)
    numbered = [small_integers(as_days(as_numbers(c))) for c in columns]
    labelled = {
        c.name: c.codes for c in numbered if c.codes and not pa.types.is_string(c.values.type)
    }
    limits = {c.name: _STATA_LABELLED_NAME if c.name in labelled else _STATA_NAME for c in columns}
    names = _labels_apart(short_names(limits), list(labelled))
    _list_renamed(columns, names, target, temporary)
    _statistical(
        pyreadstat.write_dta,
        {names[c.name]: c.values for c in numbered},
        place,
        file_label=TITLE,
        version=15,
        column_labels={names[c.name]: _cut(c.label, 80) for c in numbered},
        variable_value_labels={names[name]: codes for name, codes in labelled.items()},
        variable_format={names[c.name]: "%td" for c in columns if pa.types.is_date(c.values.type)},
    )


def _labels_apart(names: dict[str, str], labelled: list[str]) -> dict[str, str]:
    """Change names whose labels would be kept under one name, as those of a1 + 1 and a + 11."""
    names = dict(names)
    for _ in labelled:
        kept: dict[str, str] = {}
        for number, name in enumerate(labelled):
            other = kept.setdefault(f"{names[name]}{number}", name)
            if other != name:
                longer = max(name, other, key=lambda one: len(names[one]))
                taken = {short.casefold() for short in names.values()}
                while names[longer].casefold() in taken:
                    names[longer] += "_"
                break
        else:
            break
    return names


def _spss(columns: list[Column], target: Path, temporary: _Temporary) -> None:
    import pyarrow as pa
    import pyreadstat

    place = temporary(target)
    names = short_names({c.name: _SPSS_NAME for c in columns})
    _list_renamed(columns, names, target, temporary)
    _statistical(
        pyreadstat.write_sav,
        {names[c.name]: c.values for c in columns},
        place,
        file_label=TITLE,
        note=re.findall(r".{1,75}(?:\s|$)", NOTICE),
        compress=False,
        row_compress=True,
        column_labels={names[c.name]: _cut(c.label, 120) for c in columns},
        variable_value_labels={
            names[c.name]: {code: _cut(text, 120) for code, text in c.codes.items()}
            for c in columns
            if c.codes
        },
        variable_format={
            names[c.name]: "DATE11" for c in columns if pa.types.is_date(c.values.type)
        },
    )


def _statistical(write: Any, values: dict[str, pa.Array], place: Path, **options: Any) -> None:
    import pandas as pd
    from pyreadstat import PyreadstatError, ReadstatError

    frame = pd.DataFrame({name: _series(array) for name, array in values.items()})
    try:
        write(frame, str(place), **options)
    except (PyreadstatError, ReadstatError) as error:
        raise ExportError(
            f"The columns do not fit the format {place.suffix} ({error}).",
            "Choose fewer columns, or write a .csv.",
        ) from None


def _series(values: pa.Array) -> pd.Series:
    """Values in numpy's types, as the writers of Stata and SPSS files want them."""
    import pandas as pd
    import pyarrow as pa

    kind = values.type
    if pa.types.is_integer(kind) and values.null_count:
        values = values.cast(pa.float64())
    if pa.types.is_string(kind):
        return pd.Series(values.fill_null("").to_pylist(), dtype=object)
    if pa.types.is_date(kind):
        values = values.cast(pa.timestamp("ms"))
    return pd.Series(values.to_numpy(zero_copy_only=False))


def _excel(columns: list[Column], target: Path, temporary: _Temporary) -> None:
    from openpyxl import Workbook

    rows = len(columns[0].values) if columns else 0
    if rows >= _EXCEL_ROWS or len(columns) > _EXCEL_COLUMNS:
        raise ExportError(
            f"An Excel sheet holds {_EXCEL_ROWS - 1:,} rows and {_EXCEL_COLUMNS:,} columns, "
            f"not {rows:,} and {len(columns):,}.",
            "Choose fewer, or write a .csv.",
        )
    book = Workbook(write_only=True)
    book.properties.title, book.properties.description = TITLE, NOTICE
    codes = ((c, code, text) for c in columns for code, text in c.codes.items())
    for name, header, lines in (
        (
            "data",
            [c.name for c in columns],
            zip(*(c.values.to_pylist() for c in columns), strict=True),
        ),
        (
            "variables",
            ["column", "variable", "label"],
            ((c.name, c.variable, c.label) for c in columns),
        ),
        ("codes", ["column", "code", "label"], ((c.name, code, text) for c, code, text in codes)),
        ("about", [TITLE], [[NOTICE]]),
    ):
        sheet = book.create_sheet(name)
        sheet.append(header)
        for line in lines:
            sheet.append([_cell(value, sheet) for value in line])
    book.save(temporary(target))


def _cell(value: Any, sheet: Any) -> Any:
    """A value that Excel can hold; text that looks like a formula stays text."""
    if not isinstance(value, str):
        return value
    value = _CONTROL.sub("", value)[:32_767]
    if not value.startswith("="):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


def _list_renamed(
    columns: list[Column], names: dict[str, str], target: Path, temporary: _Temporary
) -> None:
    """Say in a table beside the file which names are others there."""
    changed = [(c.name, names[c.name], c.label) for c in columns if names[c.name] != c.name]
    if changed:
        header = ("name_in_leo", "name_in_file", "label")
        _write_rows(temporary(_beside(target, "renamed")), header, changed)


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
