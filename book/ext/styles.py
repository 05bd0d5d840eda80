"""One style sheet for the whole book, with the rules that its pages can use and no others.

The theme and its parts bring nine sheets of 450 KB, most of it for things that no page has. A
browser shows nothing before it has fetched and read them all.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

TARGET = Path("styles") / "book.css"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
IMPORT = re.compile(r"@import\s+(?:url\()?[\"']?([^\"');]+)[\"']?\)?\s*;")
ADDRESS = re.compile(r"url\(([\"']?)(?!data:|#)([^\"')]+)\1\)")
#: What stands in the brackets of these is one choice among others, so it asks for nothing.
CHOICE = re.compile(r":(?:not|is|where|has|-webkit-any)\((?:[^()]|\([^()]*\))*\)")
ATTRIBUTE = re.compile(r"\[[^\]]*\]")
NAME = re.compile(r"[.#]((?:[\w-]|\\.|[^\x00-\x7f])+)")
HELD = re.compile(r"\b(?:class|id)=\"([^\"]*)\"")
LINK = re.compile(r"<link [^>]*rel=\"stylesheet\"[^>]*>\n?")
GROUPS = ("@media", "@supports", "@layer", "@container")
#: Beginnings of names that scripts put together from parts: the book's own, and Bootstrap's.
MADE = ("leo-", "bs-")


def rules(text: str) -> Iterator[tuple[str, str]]:
    r"""Split a style sheet without comments into its rules: what is before each brace, and inside.

    A statement without braces comes with an empty second part.

    Examples
    --------
    >>> list(rules('@charset "x";a{b:"}"}@media print{a{b:c}}'))
    [('@charset "x";', ''), ('a', 'b:"}"'), ('@media print', 'a{b:c}')]
    """
    # Signs in strings are no braces. The masked copy has the same length, so places agree.
    masked = STRING.sub(lambda found: "_" * len(found[0]), text)
    start = depth = opened = 0
    for found in re.finditer(r"[{};]", masked):
        sign, place = found[0], found.start()
        if sign == "{":
            depth += 1
            opened = opened if depth > 1 else place
        elif sign == "}":
            depth -= 1
            if depth == 0:
                yield text[start:opened].strip(), text[opened + 1 : place].strip()
                start = place + 1
        elif depth == 0:
            yield text[start : place + 1].strip(), ""
            start = place + 1


def parts(selectors: str) -> list[str]:
    """Split selectors at the commas that stand in no brackets.

    Examples
    --------
    >>> parts("a:is(b, c), d")
    ['a:is(b, c)', 'd']
    """
    found, depth, last = [], 0, 0
    for place, sign in enumerate(selectors):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append(selectors[last:place].strip())
            last = place + 1
    return [*found, selectors[last:].strip()]


def wanted(selector: str, names: set[str]) -> bool:
    """Say whether every class and id that a selector asks for is among the names.

    Examples
    --------
    >>> wanted(".card > p:not(.x)", {"card"}), wanted(".card .x", {"card"})
    (True, False)
    """
    asked = ATTRIBUTE.sub("", CHOICE.sub("", selector))
    found = (name.replace("\\", "") for name in NAME.findall(asked))
    return all(name in names or name.startswith(MADE) for name in found)


def keep(text: str, names: set[str]) -> str:
    """Return a style sheet with only the rules that can apply where only these names occur.

    Parameters
    ----------
    text : str
        A style sheet.
    names : set of str
        Every class and id that a page has or that a script may give to something.

    Returns
    -------
    str
        The rest, without comments.

    Examples
    --------
    >>> keep("a{x:y} .b,.c{x:y} @media print{.c{x:y}}", {"b"})
    'a{x:y}.b{x:y}'
    """
    kept = []
    for before, inside in rules(COMMENT.sub("", text)):
        if before.startswith(GROUPS):
            rest = keep(inside, names)
            kept += [f"{before}{{{rest}}}"] if rest else []
        elif before.startswith("@"):
            kept.append(f"{before}{{{inside}}}" if inside else before)
        else:
            own = [part for part in parts(before) if wanted(part, names)]
            kept += [f"{','.join(own)}{{{inside}}}"] if own and inside else []
    return "".join(kept)


def whole(sheet: Path, folder: Path) -> tuple[str, list[Path]]:
    """Return a style sheet with those that it imports, and where they all stand.

    Addresses in it are as seen from another folder.
    """

    def moved(found: re.Match[str]) -> str:
        target = os.path.relpath(sheet.parent / found[2], folder)
        return f"url({Path(target).as_posix()})"

    text = COMMENT.sub("", sheet.read_text(encoding="utf-8"))
    imported = [whole(sheet.parent / name, folder) for name in IMPORT.findall(text)]
    own = ADDRESS.sub(moved, IMPORT.sub("", text))
    read = [path for _, paths in imported for path in paths]
    return "".join(words for words, _ in imported) + own, [*read, sheet]


def names_in(pages: list[str], scripts: list[str]) -> set[str]:
    """Return every class and id of pages and every word of scripts, which may set any of them.

    Examples
    --------
    >>> sorted(names_in(['<p class="a b" id="c">'], ["x.add('show')"]))
    ['a', 'add', 'b', 'c', 'show', 'x']
    """
    held = {name for page in pages for words in HELD.findall(page) for name in words.split()}
    return held | {word for script in scripts for word in re.findall(r"[A-Za-z_][\w-]*", script)}


def sheets(page: str, path: Path) -> list[Path]:
    """Return the style sheets that a page links to, in their order."""
    links = [re.search(r'href="([^"?]+)', link) for link in LINK.findall(page)]
    return [(path.parent / link[1]).resolve() for link in links if link]


def unite(out: Path) -> int:
    """Give every page of a built book the same one style sheet; return its size in bytes."""
    static = out / "_static"
    paths = [path for path in out.rglob("*.html") if static not in path.parents]
    pages = {path: path.read_text(encoding="utf-8") for path in paths}
    pages = {path: text for path, text in pages.items() if LINK.search(text)}
    scripts = [p.read_text(encoding="utf-8") for p in static.glob("**/*.js") if wears(p, static)]
    order: dict[Path, None] = {}
    for path, text in sorted(pages.items(), key=lambda page: -len(sheets(page[1], page[0]))):
        order |= dict.fromkeys(sheets(text, path))
    target = static / TARGET
    read = [whole(sheet, target.parent) for sheet in order]
    names = names_in(list(pages.values()), scripts)
    text = keep("".join(words for words, _ in read), names)
    target.write_text(text, encoding="utf-8", newline="\n")
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    for path, page in pages.items():
        address = Path(os.path.relpath(target, path.parent)).as_posix()
        link = f'<link href="{address}?v={version}" rel="stylesheet"/>\n'
        first = LINK.search(page).start()
        words = page[:first] + link + LINK.sub("", page[first:])
        path.write_text(words, encoding="utf-8")
    for sheet in {path.resolve() for _, paths in read for path in paths}:
        sheet.unlink()
    return len(text.encode())


def wears(script: Path, static: Path) -> bool:
    """Say whether a script may change pages; data and engines do not."""
    return script.relative_to(static).parts[0] not in {"explorer", "playground", "locales"}
