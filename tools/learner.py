"""Make copies of the notebooks for learners: no outputs and no solutions.

A solution is everything from ``solution-start`` to ``solution-end``, or one ``solution`` block.
In its place stands an empty cell; every other cell stays as it is in the chapter.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parent))
import refresh

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "_build" / "learner"
FENCE = r"^(?P<fence>`{3,}|:{3,})\{%s\}[^\n]*\n(?:.*?\n)??(?P=fence)[ \t]*$"
START = re.compile(FENCE % "solution-start", re.MULTILINE | re.DOTALL)
END = re.compile(FENCE % "solution-end", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(FENCE % "solution", re.MULTILINE | re.DOTALL)
ROOM = "# Your answer"


class UnclosedSolution(ValueError):
    """A solution that starts without ending, or the other way round."""


def strip_solutions(notebook: nbformat.NotebookNode, name: str = "") -> nbformat.NotebookNode:
    """Return a copy of a notebook without solutions and without outputs.

    Parameters
    ----------
    notebook : NotebookNode
        A chapter as a notebook; it is not changed.
    name : str
        What to call the chapter in an error.

    Returns
    -------
    NotebookNode
        The copy, with one empty code cell in the place of each solution.

    Raises
    ------
    UnclosedSolution
        If the marks of a solution do not pair.
    """
    copy = nbformat.from_dict(notebook)
    cells, inside = [], False
    for cell in copy.cells:
        if cell.cell_type == "code":
            if not inside:
                cell.outputs, cell.execution_count = [], None
                cells.append(cell)
            continue
        text, kept = cell.source, []
        while text:
            mark = END.search(text) if inside else START.search(text)
            if mark is None:
                kept += [] if inside else [text]
                break
            if not inside:
                kept.append(text[: mark.start()])
            text, inside = text[mark.end() :], not inside
            if inside:
                kept.append(None)
        cells += _split(cell, kept)
    if inside:
        raise UnclosedSolution(f"A solution in {name or 'this chapter'} has no solution-end.")
    copy.cells = cells
    for cell in cells:
        if cell.cell_type == "markdown" and END.search(cell.source):
            raise UnclosedSolution(f"{name or 'This chapter'} has a solution-end too many.")
    return copy


def _split(cell: nbformat.NotebookNode, parts: list[str | None]) -> list[nbformat.NotebookNode]:
    """Return text cells for the parts that stay and an empty code cell for each solution."""
    found: list[nbformat.NotebookNode] = []
    for part in parts:
        if part is None:
            found.append(nbformat.v4.new_code_cell(ROOM))
            continue
        pieces = [piece.strip("\n") for piece in BLOCK.sub("\0", part).split("\0")]
        for number, piece in enumerate(pieces):
            if number:
                found.append(nbformat.v4.new_code_cell(ROOM))
            if piece.strip():
                found.append(nbformat.v4.new_markdown_cell(piece))
    for number, new in enumerate(found):
        new["id"] = f"{cell['id']}-{number}" if number else cell["id"]
    return found


def write_all(target: Path = TARGET) -> list[Path]:
    """Write a learner's copy of every chapter with code and return the files."""
    written = []
    for chapter in refresh.sources():
        notebook = strip_solutions(refresh.read_chapter(chapter), chapter.stem)
        path = target / chapter.relative_to(refresh.CHAPTERS).with_suffix(".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


if __name__ == "__main__":
    for done in write_all():
        print(done.relative_to(ROOT))
