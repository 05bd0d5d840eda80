"""Run every chapter and write its golden copy to ``notebooks/``.

A golden copy holds what the chapter printed, and nothing that differs from one run to the next:
cell ids follow from the position and the source, pictures and times are left out.
"""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS, NOTEBOOKS = ROOT / "chapters", ROOT / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def sources(chapters: Path = CHAPTERS) -> list[Path]:
    """List the chapters that hold code, in the order of their names."""
    found = sorted(chapters.rglob("*.md"))
    return [path for path in found if "{code-cell}" in path.read_text(encoding="utf-8")]


def golden_path(chapter: Path) -> Path:
    """Return where a chapter's golden copy belongs."""
    return NOTEBOOKS / chapter.relative_to(CHAPTERS).with_suffix(".ipynb")


def read_chapter(chapter: Path) -> nbformat.NotebookNode:
    """Read a chapter as a notebook whose cells have stable ids."""
    notebook = jupytext.read(chapter)
    for number, cell in enumerate(notebook.cells):
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        cell["id"] = f"c{number:03d}-{digest}"
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out of the outputs whatever differs between two runs."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.pop("metadata", None)
            if "data" in output:
                output["metadata"] = {}
                for kind in [kind for kind in output["data"] if kind.startswith("image/")]:
                    del output["data"][kind]
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    return notebook


def refresh(chapter: Path) -> str:
    """Run one chapter in its own folder and write the golden copy."""
    from nbclient import NotebookClient

    notebook = read_chapter(chapter)
    place = {"metadata": {"path": str(chapter.parent)}}
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", record_timing=False, resources=place
    ).execute()
    target = golden_path(chapter)
    target.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(normalise(notebook)) + "\n"
    target.write_text(text, encoding="utf-8", newline="\n")
    return str(target.relative_to(ROOT))


def main(names: list[str]) -> int:
    """Refresh every chapter, or those whose path holds one of the names."""
    from leo_helpers.store import data_root

    data_root()
    every = sources()
    chosen = [path for path in every if not names or any(name in str(path) for name in names)]
    if not chosen:
        print("No chapter has that name; chapters: " + ", ".join(path.stem for path in every))
        return 2
    if not names:
        wanted = {golden_path(path) for path in every}
        for old in set(NOTEBOOKS.rglob("*.ipynb")) - wanted:
            old.unlink()
    with ProcessPoolExecutor(min(len(chosen), os.cpu_count() or 1, 4)) as pool:
        for done in pool.map(refresh, chosen):
            print(done, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
