"""The errors that Learning LEO raises: one clear sentence each, then what to do next."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "CatalogueError",
    "CrosswalkError",
    "DataSetError",
    "ExportError",
    "GenerateError",
    "HarmoniseError",
    "LeoError",
    "UnknownName",
    "YearError",
    "nearest",
]


class LeoError(Exception):
    """What every error of this package is; catch this one to catch them all.

    Parameters
    ----------
    message : str
        One sentence that names the table, year, column or file.
    next_step : str, optional
        What the reader can do about it, shown after the sentence.

    Examples
    --------
    >>> str(LeoError("The folder is empty.", "Run leo generate."))
    'The folder is empty. Run leo generate.'
    """

    def __init__(self, message: str, next_step: str = "") -> None:
        self.message = message
        self.next_step = next_step
        super().__init__(message, next_step)

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}".strip()


class UnknownName(LeoError, LookupError):
    """A table, variable, code list or term that does not exist.

    Parameters
    ----------
    kind : str
        What was looked for, such as ``"table"``.
    name : str
        The name as it was given.
    names : iterable of str
        The names that exist, from which the nearest ones are suggested.
    where : str, optional
        Where it was looked for, such as ``"in sc_pupil"``.
    next_step : str, optional
        What to do when no name is near.

    Examples
    --------
    >>> print(UnknownName("table", "ks4_pupl", ["ks4_pupil", "ks5_exam"]))
    There is no table called 'ks4_pupl'. Did you mean ks4_pupil?
    """

    def __init__(
        self,
        kind: str,
        name: object,
        names: Iterable[str] = (),
        where: str = "",
        next_step: str = "",
    ) -> None:
        self.kind, self.name, self.where = kind, name, where
        self.suggestions = nearest(str(name), names)
        place = f" {where}" if where else ""
        hint = ""
        if self.suggestions:
            *first, last = self.suggestions
            hint = f"Did you mean {', '.join(first) + ' or ' if first else ''}{last}?"
        super().__init__(
            f"There is no {kind} called {str(name)!r}{place}.", f"{hint} {next_step}".strip()
        )

    def __reduce__(self):
        """Rebuild the finished sentence in another process."""
        return _rebuild, (type(self), self.__dict__)


class YearError(LeoError, ValueError):
    """A year that cannot be read, is ambiguous, or in which something does not exist."""


class CatalogueError(LeoError):
    """A catalogue file that breaks one of its rules.

    Parameters
    ----------
    message : str
        The rule that is broken.
    file : str, optional
        The name of the file.
    line : int, optional
        The line in that file; the header is line 1.
    column : str, optional
        The column in that line.

    Examples
    --------
    >>> print(CatalogueError("'x' is no year.", "tables.csv", 4, "first_year"))
    tables.csv, line 4, column first_year: 'x' is no year.
    """

    def __init__(
        self, message: str, file: str = "", line: int | None = None, column: str = ""
    ) -> None:
        self.file, self.line, self.column = file, line, column
        where = [file] if file else []
        where += [f"line {line}"] if line else []
        where += [f"column {column}"] if column else []
        super().__init__(f"{', '.join(where)}: {message}" if where else message)

    def __reduce__(self):
        """Rebuild the finished sentence in another process."""
        return _rebuild, (type(self), self.__dict__)


class CrosswalkError(CatalogueError):
    """A file of harmonisation rules that breaks one of its own rules."""


class HarmoniseError(LeoError):
    """A harmonisation that cannot be given as asked, such as for want of a column."""


class DataSetError(LeoError):
    """A synthetic data set that is missing, damaged, foreign or from another version."""


class GenerateError(LeoError):
    """A data set that could not be generated, such as for want of space on the disk."""


class ExportError(LeoError):
    """A selection that could not be written in the format that was asked for."""


def _rebuild(kind: type[LeoError], state: dict) -> LeoError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (error.message, error.next_step)
    return error


def nearest(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Return the names that look most like a misspelt one, best first.

    Parameters
    ----------
    name : str
        The name that was not found.
    names : iterable of str
        The names that exist.
    limit : int, default 3
        How many to return at most.

    Returns
    -------
    tuple of str
        Names that are near enough to be worth suggesting; often just one.

    Examples
    --------
    >>> nearest("hessa", ["hesa", "ucas"])
    ('hesa',)
    """
    from rapidfuzz import fuzz, process

    choices = {str(choice): str(choice).casefold() for choice in names}
    for scorer, cutoff in ((fuzz.ratio, 60), (fuzz.WRatio, 75)):
        found = process.extract(
            name.casefold(), choices, scorer=scorer, limit=limit, score_cutoff=cutoff
        )
        if found:
            break
    if not found:
        return ()
    best = found[0][1]
    return tuple(choice for _, score, choice in found if score >= best - 12)
