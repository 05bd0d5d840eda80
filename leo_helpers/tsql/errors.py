"""What goes wrong in a script: SQL Server's own errors, and what the rehearsal refuses."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources

from ..errors import LeoError
from .effects import effect_of

__all__ = ["Reached", "Refused", "TSqlError", "sql_error"]


class TSqlError(LeoError):
    """An error that SQL Server would report too, with its number and the place in the script.

    Parameters
    ----------
    message : str
        What SQL Server would say, or the nearest to it that is known.
    number : int, optional
        SQL Server's message number.
    next_step : str, optional
        What to do about it.
    at : int, optional
        Offset in the text of the script; the line and the column follow from it.

    Attributes
    ----------
    line, column : int or None
        Where in the script, counted from 1.
    statement : str
        The text of the statement.
    severity, state : int
        SQL Server's level and state.

    Examples
    --------
    >>> print(TSqlError("Invalid object name 'x'.", 208))
    Invalid object name 'x'. [SQL Server message 208]
    """

    def __init__(
        self, message: str, number: int | None = None, next_step: str = "", at: int | None = None
    ) -> None:
        super().__init__(message, next_step)
        self.number, self.at = number, at
        self.file = ""  # where several scripts run one after the other
        self.line: int | None = None
        self.column: int | None = None
        self.statement = ""
        known = effect_of(number)
        self.severity, self.state = known.level, known.state
        self.origin = ""  # THROW or RAISERROR, if the script has raised it itself
        self.runtime = False  # met while rows were read, so that only the statement is known
        self.passed = False  # every script goes on: something to be dropped was not there
        self.within = ""  # where in the text of an EXEC, in words for the reader
        self.own_line: int | None = None  # the line there, which is what ERROR_LINE() gives
        self.nested = False  # raised inside EXEC, so that a TRY around it catches even 208

    def locate(self, line: int, column: int, statement: str) -> None:
        """Fill in the place, unless a nested call has done it."""
        if self.line is None:
            self.line, self.column, self.statement = line, column, statement

    @property
    def report(self) -> str:
        """The error as SQL Server's tools print it, and what to do about it."""
        if self.number is None:
            return f"Line {self.line}: {self.message}{self.within} {self.next_step}".rstrip()
        head = f"Msg {self.number}, Level {self.severity}, State {self.state}, Line {self.line}"
        return "\n".join(filter(None, [head, self.message, self.next_step]))

    def __str__(self) -> str:
        line = f"{'line' if self.file else 'Line'} {self.line}, column {self.column}"
        places = [self.file] * bool(self.file) + [line] * bool(self.line)
        where = f"{', '.join(places)}: " if places else ""
        number = f" [SQL Server message {self.number}]" if self.number else ""
        step = f" {self.next_step}" if self.next_step else ""
        excerpt = " ".join(self.statement.split())
        text = f"\n  In: {excerpt[:200]}{' ...' if len(excerpt) > 200 else ''}" if excerpt else ""
        return f"{where}{self.message}{self.within}{number}{step}{text}"


class Reached(Exception):
    """A statement that is only compiled got as far as its rows: nothing is wrong with it."""


class Refused(TSqlError):
    """T-SQL that may be right inside, but that the rehearsal cannot honour, so it does not guess.

    Examples
    --------
    >>> print(Refused("Cursors are not run here.", next_step="Write it as one statement."))
    Refused: Cursors are not run here. Write it as one statement.
    """

    def __init__(self, message: str, next_step: str = "", at: int | None = None) -> None:
        super().__init__(f"Refused: {message}", None, next_step, at)


@lru_cache(maxsize=1)
def _messages() -> dict[int, str]:
    with (resources.files(__package__) / "messages.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["number"]): row["text"] for row in csv.DictReader(file)}


def sql_error(number: int, *values: object, step: str = "", at: int | None = None) -> TSqlError:
    """Return an error with SQL Server's text for its number, from ``messages.csv``.

    Parameters
    ----------
    number : int
        SQL Server's message number.
    *values : object
        What stands in the gaps of the text.
    step : str, optional
        What to do about it.
    at : int, optional
        Offset in the text of the script.

    Returns
    -------
    TSqlError
        The error, to raise.

    Raises
    ------
    KeyError
        If the table has no such number.

    Examples
    --------
    >>> print(sql_error(2714, "t"))
    There is already an object named 't' in the database. [SQL Server message 2714]
    """
    return TSqlError(_messages()[number].format(*values), number, step, at)
