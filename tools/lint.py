"""Style and spelling: ruff, codespell, and British English in the prose."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import codespell_lib
from prose import blank_code

ROOT = Path(__file__).resolve().parent.parent
CODE = ["dev.py", "leo_helpers", "tools", "tests", "book", "bench"]
PROSE = ["README.md", "CHANGELOG.md", "chapters", "docs"]
NOT_PROSE = re.compile(r"`[^`\n]+`|\]\([^)]*\)|^:[a-z-]+:.*$|https?://\S+", re.MULTILINE)
#: American spellings that are British words too, or names.
ALSO_BRITISH = {
    "license",
    "licensed",
    "practice",
    "practiced",
    "program",
    "programs",
    "check",
    "checks",
    "meter",
    "meters",
    "story",
    "stories",
    "tire",
    "tires",
    "analog",
    "draft",
    "drafts",
    "inquiry",
    "dialog",
    "disk",
    "disks",
    "curb",
    "jail",
    "prize",
}


def american() -> dict[str, str]:
    """Return American spellings and their British form, from codespell's own list."""
    table = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
    found = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        british, _, us = line.partition("->")
        if us and "," not in us and us not in ALSO_BRITISH:
            found[us.strip()] = british.strip()
    return found


def prose_files() -> list[Path]:
    """List the files that people read."""
    found: list[Path] = []
    for name in PROSE:
        path = ROOT / name
        found += sorted(path.rglob("*.md")) if path.is_dir() else [path]
    return [path for path in found if path.exists() and "tables" not in path.parts]


def american_words() -> list[str]:
    """List the American spellings in the prose, with file and line."""
    known, found = american(), []
    for path in prose_files():
        text = path.read_text(encoding="utf-8")
        plain = NOT_PROSE.sub("", blank_code(text))
        for word in re.finditer(r"[A-Za-z]+", plain):
            british = known.get(word[0].lower())
            if british:
                line = plain.count("\n", 0, word.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {word[0]} -> {british}")
    return found


def main(words: list[str]) -> int:
    """Run every check and return 1 if one found something."""
    fix = "--fix" in words
    code = [name for name in CODE if (ROOT / name).exists()]
    ruff = [sys.executable, "-m", "ruff", "check", *(["--fix"] if fix else []), *code]
    failed = subprocess.run(ruff, cwd=ROOT).returncode != 0
    spelling = [sys.executable, "-m", "codespell_lib", *(["-w"] if fix else []), *code]
    spelling += [name for name in PROSE if (ROOT / name).exists()]
    failed |= subprocess.run(spelling, cwd=ROOT).returncode != 0
    found = american_words()
    if found:
        print("\n".join(found))
    if not (failed or found):
        print("Nothing to mend.")
    return int(failed or bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
