"""Write the pages that gather from the chapters: learning paths, key points, all exercises.

Like the pages of the tables they are made by every build and are not in git.
"""

from __future__ import annotations

import platform
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import refresh
from minutes import minutes_of
from reference import cell, write

from leo_helpers.exercises import Exercise, exercises
from leo_helpers.store import recipe
from leo_helpers.synth import DEFAULT_PEOPLE

ROOT = Path(__file__).resolve().parent.parent
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
POINTS = re.compile(r"^## Key points\n(.*?)^## ", re.MULTILINE | re.DOTALL)
#: Packages whose versions the status page tells.
SHOWN = ("leo-helpers", "pandas", "numpy", "pyarrow", "duckdb", "sqlglot", "matplotlib")
SHOWN += ("jupyter-book", "Sphinx", "myst-nb", "jupytext")
#: Links in the key points are written from the chapter's folder.
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def in_order() -> list[Path]:
    """List the chapters with code in the order of the contents."""
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = re.findall(r"file: (chapters/\S+)", toc)
    known = {str(p.relative_to(ROOT).with_suffix("").as_posix()): p for p in refresh.sources()}
    return [known[name] for name in listed if name in known]


def title_of(chapter: Path) -> str:
    """Return the heading of a chapter."""
    return TITLE.search(chapter.read_text(encoding="utf-8"))[1]


def link_to(chapter: Path, folder: str) -> str:
    """Return a link to a chapter from a page in a folder of ``chapters``."""
    inside = chapter.relative_to(ROOT / "chapters").as_posix()
    return f"[{title_of(chapter)}]({inside if folder == '' else '../' + inside})"


def length(minutes: float) -> str:
    """Return minutes as a reader would say them, to the nearest five.

    Examples
    --------
    >>> length(52), length(185), length(240)
    ('55 minutes', '3 hours 5 minutes', '4 hours')
    """
    hours, rest = divmod(5 * -(-minutes // 5), 60)
    words = [f"{hours:.0f} hour" + ("s" if hours > 1 else "")] if hours else []
    return " ".join([*words, *([f"{rest:.0f} minutes"] if rest or not hours else [])])


def paths_page(chapters: list[Path]) -> str:
    """Return the page of the learning paths, with minutes added up from the chapters."""
    plan = tomllib.loads((ROOT / "book" / "paths.toml").read_text(encoding="utf-8"))["path"]
    by_name = {path.stem: path for path in chapters}
    lines = [
        "# Learning paths",
        "",
        "The same chapters, in three measures. The times are worked out ",
    ]
    lines[-1] += "from the pages: reading at 180 words a minute, half a minute for each cell of "
    lines[-1] += "code, and the minutes of each exercise."
    for path in plan:
        names = list(by_name) if path["chapters"] == "all" else path["chapters"]
        chosen = [by_name[name] for name in names]
        total = sum(minutes_of(chapter).total for chapter in chosen)
        lines += ["", f"## {path['title']}", "", f"*{path['for']}*", ""]
        lines += ["| Chapter | Minutes |", "|---|---|"]
        lines += [f"| {link_to(c, 'start')} | {minutes_of(c).total:.0f} |" for c in chosen]
        lines += ["", f"Together {length(total)}. {path['end']}"]
    return "\n".join(lines) + "\n"


def key_points_page(chapters: list[Path]) -> str:
    """Return the page that repeats the key points of every chapter."""
    lines = ["# Key points", "", "What each chapter asks you to remember, in one place."]
    for chapter in chapters:
        found = POINTS.search(chapter.read_text(encoding="utf-8"))
        folder = chapter.parent.name
        points = LINK.sub(lambda m, f=folder: "](" + moved(m[1], f) + ")", found[1].strip())
        lines += ["", f"## {title_of(chapter)}", "", points, "", f"From {link_to(chapter, 'r')}."]
    return "\n".join(lines) + "\n"


def moved(address: str, folder: str) -> str:
    """Return a link of a chapter as it reads from the reference folder.

    Examples
    --------
    >>> moved("ks1.md", "school"), moved("../work/earnings.md", "school")
    ('../school/ks1.md', '../work/earnings.md')
    """
    return address if address.startswith("../") else f"../{folder}/{address}"


def exercises_page(chapters: list[Path]) -> str:
    """Return the page that lists every exercise with its difficulty and minutes."""
    every = list(exercises().values())
    lines = ["# All exercises", "", f"The {len(every)} exercises of the book, by chapter."]
    for chapter in chapters:
        own = [e for e in every if e.id.startswith(f"{chapter.stem}/")]
        lines += ["", f"## {title_of(chapter)}", "", "| Exercise | Difficulty | Minutes |"]
        lines += ["|---|---|---|", *map(_exercise_row, own), "", f"In {link_to(chapter, 'r')}."]
    return "\n".join(lines) + "\n"


def _exercise_row(exercise: Exercise) -> str:
    return f"| {cell(exercise.title)} | {cell(exercise.difficulty)} | {exercise.minutes} |"


def status_page() -> str:
    """Return the page that says when and with which versions the chapters ran."""
    rows = [f"| {name} | {version(name)} |" for name in SHOWN]
    return "\n".join(
        [
            "# Execution status",
            "",
            "Every chapter was run from top to bottom when this copy of the book was built. The",
            "table says when each one ran, how long it took and whether it finished.",
            "",
            "```{nb-exec-table}",
            "```",
            "",
            "## Versions",
            "",
            "What ran them, and which data set:",
            "",
            "| What | Version |",
            "|---|---|",
            f"| Python, on {platform.system()} | {platform.python_version()} |",
            *rows,
            f"| recipe of the synthetic data, {DEFAULT_PEOPLE:,} people | `{recipe()}` |",
            "",
        ]
    )


def write_all() -> int:
    """Write every page and return their number."""
    chapters = in_order()
    folder = ROOT / "chapters"
    write(folder / "start" / "learning-paths.md", paths_page(chapters))
    write(folder / "reference" / "key-points.md", key_points_page(chapters))
    write(folder / "reference" / "exercises.md", exercises_page(chapters))
    write(folder / "reference" / "status.md", status_page())
    return 4
