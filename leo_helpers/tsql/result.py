"""What a script gives: frames, messages and rows affected; and how a script is read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import Refused, TSqlError
from .scope import Col

__all__ = ["Result", "Step", "script_text"]


@dataclass(frozen=True)
class Step:
    """One statement that has run: its line, its first word and how many rows it touched."""

    line: int
    word: str
    rows: int | None


@dataclass
class Result:
    """What a script gave.

    Attributes
    ----------
    frames : list of pandas.DataFrame
        One for each SELECT that returns rows, with pyarrow-backed types.
    messages : list of str
        What PRINT and RAISERROR wrote, errors that did not end the script ("Msg 3701, ..."),
        and the session's own notes ("Note, line 3: ...").
    steps : list of Step
        Line, first word and rows affected of every statement that ran.
    errors : list of TSqlError
        What went wrong without ending the script, in order.
    """

    frames: list[Any] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    errors: list[TSqlError] = field(default_factory=list)
    types: list[list[str]] = field(default_factory=list)
    _tables: list[tuple[Any, list[Col]]] = field(default_factory=list)

    @property
    def frame(self) -> Any:
        """The last result set."""
        if not self.frames:
            raise TSqlError("The script returned no rows.", None, "End it with a SELECT.")
        return self.frames[-1]

    @property
    def refused(self) -> list[TSqlError]:
        """What was refused here: answers after the first of these are not SQL Server's."""
        return [error for error in self.errors if isinstance(error, Refused)]

    def warn(self) -> None:
        """Say at the end that something was refused."""
        if self.refused:
            first = self.refused[0].line
            self.messages.append(
                f"{len(self.refused)} refused here, first on line {first}: SQL Server would have "
                "run it, so do not compare what came after."
            )

    @property
    def affected(self) -> Any:
        """Rows affected per statement, as a pandas frame of line, statement and rows."""
        import pandas as pd

        rows = [(s.line, s.word, s.rows) for s in self.steps]
        return pd.DataFrame(rows, columns=["line", "statement", "rows"]).convert_dtypes()

    def __repr__(self) -> str:
        parts = [*self.messages, *(repr(frame) for frame in self.frames)]
        return "\n".join(parts) or f"{len(self.steps)} statements ran."

    def _repr_html_(self) -> str:
        from html import escape

        notes = "".join(f"<pre>{escape(message)}</pre>" for message in self.messages)
        return notes + "".join(frame.to_html(max_rows=50, index=False) for frame in self.frames)


def script_text(script: str | os.PathLike[str]) -> str:
    """Return the text of a script given as text or as a path."""
    if isinstance(script, str) and not ("\n" not in script and script.lower().endswith(".sql")):
        return script.removeprefix("\ufeff")
    path = Path(script)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TSqlError(f"The script {path} cannot be read ({error.strerror}).") from None
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text if "\n" in text else text.replace("\r", "\n")
    raise TSqlError(
        f"The script {path} is not text in UTF-8, UTF-16 or Windows-1252.",
        None,
        "Save it again as UTF-8.",
    )


def _encodings(data: bytes) -> tuple[str, ...]:
    """Return what a script may be written in; SSMS saves UTF-16, with its mark or without."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    if data[1:2] == b"\0":
        return ("utf-16-le",)
    if data[:1] == b"\0":
        return ("utf-16-be",)
    return "utf-8", "cp1252"
