"""How long a chapter takes: its words, its cells and the minutes of its exercises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from prose import blank_code

from leo_helpers.exercises import exercises

#: Words that a student reads in a minute, and minutes for running a cell and reading its output.
WORDS_A_MINUTE, MINUTES_A_CELL = 180, 0.5
CELL = re.compile(r"^```\{code-cell\}", re.MULTILINE)
STATED = re.compile(r"about (\d+) minutes")
#: Parts of a page that nobody reads word by word: labels, addresses, cited keys, names of roles.
NOT_READ = re.compile(
    r"^[:`].*$|\{cite[^}]*\}`[^`]*`|\{[a-z:]+\}|\]\([^)]*\)|<[^>]+>", re.MULTILINE
)


@dataclass(frozen=True)
class Minutes:
    """What one chapter asks of a reader, and what it says that it asks."""

    words: int
    cells: int
    exercises: int
    stated: int | None

    @property
    def total(self) -> float:
        """Minutes for reading, running and solving."""
        return self.words / WORDS_A_MINUTE + self.cells * MINUTES_A_CELL + self.exercises


def minutes_of(chapter: Path) -> Minutes:
    """Measure a chapter.

    Parameters
    ----------
    chapter : pathlib.Path
        The chapter's text.

    Returns
    -------
    Minutes
        ``stated`` is None where the text names no time.
    """
    text = chapter.read_text(encoding="utf-8")
    prose = NOT_READ.sub(" ", blank_code(text))
    own = [e for e in exercises().values() if e.id.startswith(f"{chapter.stem}/")]
    stated = STATED.search(prose)
    return Minutes(
        words=len(re.findall(r"[A-Za-z0-9][\w'’-]*", prose)),
        cells=len(CELL.findall(text)),
        exercises=sum(e.minutes for e in own),
        stated=int(stated[1]) if stated else None,
    )
