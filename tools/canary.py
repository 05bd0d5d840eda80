"""See early what a newer tool would break: python tools/canary.py sphinx | book2.

``sphinx`` builds the book, without running it, with the newest Sphinx, theme and extensions on the
configuration that Jupyter Book 1 generates. ``book2`` upgrades a throw-away copy to Jupyter
Book 2 and lists what it cannot read. Both report and neither stops a release: they return 0 unless
the tools themselves cannot be had.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = (".git", ".venv", "_build", ".*_cache", "__pycache__", ".hypothesis")
#: What the generated configuration names beside what requirements.txt does.
CONFIGURED = [
    "sphinx", "myst-nb", "sphinx-external-toc", "sphinx-design", "sphinx-copybutton",
    "sphinx-togglebutton", "sphinx-thebe", "sphinx-comments", "sphinx-jupyterbook-latex",
    "sphinx-multitoc-numbering", "sphinxcontrib-bibtex", "beautifulsoup4",
]  # fmt: skip
HOLD_BACK = {"jupyter-book", "pydata-sphinx-theme"}
#: What the report names with its version.
TOLD = ("sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "myst-nb")
#: Lines of a report that differ only in where they stand count as one kind.
PLACE = re.compile(
    r"^\S*?[^\s:]+\.(md|yml|html):?\d*:?\s*|'[^']*'|\"[^\"]*\"|(?<=not found: )\S+|\d+"
)


def run(*command: object, cwd: Path = ROOT, answers: str = "") -> tuple[int, str]:
    """Run a command and return its exit code and everything it said."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, input=answers, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def environment(folder: Path, packages: list[str]) -> Path:
    """Make an environment of its own with the newest versions and return its programs' folder."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    code, said = run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    if not code:
        code, said = run(
            uv, "pip", "install", "--quiet", "--python", programs / "python", *packages
        )
    if code:
        sys.exit(f"The packages could not be had:\n{said}")
    return programs


def newest() -> list[str]:
    """Return what the book is built with in the version that we have, or a newer one.

    Jupyter Book 1 is left out, because it holds Sphinx back, and so is what the theme stands on:
    the newest of it goes only with a theme that is older than ours.
    """
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    held = dict(re.findall(r"^([\w.-]+)[=>]=([\w.]+)", text, re.MULTILINE))
    ours = [f"{name}>={version}" for name, version in held.items() if name not in HOLD_BACK]
    return [*CONFIGURED, *ours]


def copy(folder: Path) -> Path:
    """Copy the project with its generated pages, and nothing built."""
    return Path(shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_BEHIND)))


def kinds(lines: list[str]) -> list[str]:
    """Return how often each kind of message occurs, the most frequent first.

    Examples
    --------
    >>> kinds(["a.md:3: unknown role 'x'", "b.md:9: unknown role 'y'", "c.md: no title"])
    ['2 x unknown role', '1 x no title']
    """
    found = Counter(" ".join(PLACE.sub("", line).split()) for line in lines)
    return [f"{count} x {words}" for words, count in found.most_common(20)]


def newest_sphinx(folder: Path) -> list[str]:
    """Build with the newest Sphinx and return the lines of the report."""
    work = copy(folder / "copy")
    start = "from jupyter_book.cli.main import main; main()"
    code, said = run(sys.executable, "-c", start, "config", "sphinx", work, cwd=work)
    if code:
        return ["Jupyter Book 1 could not write its configuration:", said]
    conf = work / "conf.py"
    text = conf.read_text(encoding="utf-8")
    text = re.sub(r"['\"]jupyter_book['\"],?\s*", "", text)
    own = f"import sys\nsys.path.insert(0, {str(work / 'book' / 'ext')!r})\n"
    conf.write_text(f'{own}{text}\nnb_execution_mode = "off"\n', encoding="utf-8")
    programs = environment(folder / "newest", [*newest(), "-e", str(work)])
    command = [programs / "python", "-m", "sphinx", "-b", "html", "--keep-going", work]
    code, said = run(*command, folder / "html", cwd=work)
    ask = "import importlib.metadata as m, sys\n"
    ask += "print(*(f'{n} {m.version(n)}' for n in sys.argv[1:]), sep=', ')"
    shown = run(programs / "python", "-c", ask, *TOLD)[1].strip()
    told = [line for line in said.splitlines() if "WARNING" in line or "ERROR" in line]
    report = [f"{shown}: exit code {code}, {len(told)} warnings.", *kinds(told)]
    return report + (said.splitlines()[-15:] if code else [])


def book_two(folder: Path) -> list[str]:
    """Upgrade a copy to Jupyter Book 2 and return the lines of the report."""
    work = copy(folder / "copy")
    programs = environment(folder / "two", ["jupyter-book>=2"])
    tool = programs / "jupyter-book"
    version = run(tool, "--version")[1].strip()
    code, said = run(tool, "init", cwd=work, answers="y\n" * 20)
    if not (work / "myst.yml").exists():
        return [f"Jupyter Book {version} did not upgrade the configuration ({code}).", said]
    code, said = run(tool, "build", "--site", cwd=work)
    errors = [line.lstrip("⛔️ ") for line in said.splitlines() if "⛔" in line]
    doubts = [line.lstrip("⚠️ ") for line in said.splitlines() if "⚠" in line]
    report = [f"Jupyter Book {version}: exit code {code}, {len(errors)} errors, "]
    report[0] += f"{len(doubts)} warnings."
    return [*report, "Errors:", *kinds(errors), "Warnings:", *kinds(doubts)]


CANARIES = {"sphinx": newest_sphinx, "book2": book_two}


def main(words: list[str]) -> int:
    """Let one canary sing and print its report."""
    if len(words) != 1 or words[0] not in CANARIES:
        print(f"Name one of: {', '.join(CANARIES)}.")
        return 2
    with tempfile.TemporaryDirectory(prefix="leo-canary-") as folder:
        print("\n".join(CANARIES[words[0]](Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
