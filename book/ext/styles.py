"""One style sheet for the whole book, with the rules that its pages can use and no others.

The theme and its parts bring nine sheets of 450 KB, most of it for things that no page has. A
browser shows nothing before it has fetched and read them all. Signs of the icon font, which a
screen reader would try to say, have no words here.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import tinycss2
from tinycss2.ast import Node

TARGET = Path("styles") / "book.css"
HELD = re.compile(r"\b(?:class|id)=\"([^\"]*)\"")
LINK = re.compile(r"<link [^>]*rel=\"stylesheet\"[^>]*>\n?")
GROUPS = {"media", "supports", "layer", "container"}
#: Beginnings of names that scripts put together from parts: the book's own, and Bootstrap's.
MADE = ("leo-", "bs-")
#: What stands in the sheet as it is, wherever the sheet stands.
ANYWHERE = ("data:", "#")
#: Where fonts put signs that are no letters, and how the theme's variables for them begin.
OWN_SIGNS = re.compile("[\ue000-\uf8ff]")
ICON = "--pst-icon-"


def read(text: str) -> list[Node]:
    """Return the rules of a style sheet."""
    return tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)


def asked(selector: list[Node]) -> set[str]:
    """Return the classes and ids that a selector asks for.

    What stands in the brackets of ``:not``, ``:is`` and the like is one choice among others, and
    an attribute has a name of its own, so neither asks for anything.

    Examples
    --------
    >>> sorted(asked(tinycss2.parse_component_value_list("#a > p.b:not(.x)[class=y]")))
    ['a', 'b']
    """
    dotted = [node for before, node in pairwise(selector) if before == "."]
    classes = {node.value for node in dotted if node.type == "ident"}
    return classes | {node.value for node in selector if node.type == "hash"}


def wanted(prelude: list[Node], names: set[str]) -> list[Node]:
    """Return those of a rule's selectors that ask only for what is among the names.

    Examples
    --------
    >>> selectors = tinycss2.parse_component_value_list("a:is(b, c), .d, .card > p")
    >>> tinycss2.serialize(wanted(selectors, {"card"}))
    'a:is(b, c),.card > p'
    """
    kept: list[Node] = []
    ends = [place for place, node in enumerate(prelude) if node == ","] + [len(prelude)]
    for start, end in zip([-1, *ends], ends, strict=False):
        own = trimmed(prelude[start + 1 : end])
        if all(name in names or name.startswith(MADE) for name in asked(own)):
            kept += [prelude[start], *own] if kept else own
    return kept


def every(nodes: list[Node]) -> Iterator[Node]:
    """Yield the parts of a style sheet, each before what is in it."""
    for node in nodes:
        yield node
        for part in ("prelude", "content", "arguments"):
            yield from every(getattr(node, part, None) or [])


def signs(text: str) -> set[str]:
    r"""Return the signs of icon fonts that a style sheet names.

    Examples
    --------
    >>> signs('a{content:"\\f185 x"} :root{--sign:"\uf101"}') == {"\uf185", "\uf101"}
    True
    """
    words = "".join(node.value for node in every(read(text)) if node.type == "string")
    return set(OWN_SIGNS.findall(words))


def shown_icon(inside: list[Node]) -> str:
    r"""Return what a rule puts before or after something, if that is a sign of an icon font.

    Examples
    --------
    >>> rules = read('a{content: "\\f185"} b{content:"→"} i{c:d;content:var(--pst-icon-x)}')
    >>> [bool(shown_icon(rule.content)) for rule in rules]
    [True, False, True]
    """
    for rule in tinycss2.parse_declaration_list(inside, True, True):
        if getattr(rule, "lower_name", "") == "content":
            held = [node.value for node in every(rule.value) if node.type in {"ident", "string"}]
            if any(words.startswith(ICON) or OWN_SIGNS.search(words) for words in held):
                return tinycss2.serialize(trimmed(rule.value))
    return ""


def cut_font(inside: list[Node]) -> list[Node]:
    """Return what a rule says of a font, with the file that `slim.cut` makes of an icon font.

    Examples
    --------
    >>> font = 'a:b;src:url(fontawesome/c.woff2) format("woff2"),url(fontawesome/c.ttf)'
    >>> tinycss2.serialize(cut_font(tinycss2.parse_component_value_list(font)))
    'a:b;src:url(fontawesome/c.woff) format("woff")'
    """
    first = next((node.value for node in addresses(inside)), "")
    if "fontawesome" not in first:
        return inside
    held = tinycss2.parse_declaration_list(inside, True, True)
    said = {rule.name: tinycss2.serialize(rule.value) for rule in held}
    said["src"] = f'url({Path(first).with_suffix(".woff").as_posix()}) format("woff")'
    text = ";".join(f"{name}:{value}" for name, value in said.items())
    return tinycss2.parse_component_value_list(text)


def trimmed(nodes: list[Node]) -> list[Node]:
    """Return parts of a style sheet without comments, and without space at either end."""
    own = [node for node in nodes if node.type != "comment"]
    solid = [place for place, node in enumerate(own) if node.type != "whitespace"]
    return own[solid[0] : solid[-1] + 1] if solid else []


def keep(rules: list[Node], names: set[str]) -> str:
    """Return a style sheet with only the rules that can apply where only these names occur.

    Parameters
    ----------
    rules : list of Node
        A style sheet, as `read` gives it.
    names : set of str
        Every class and id that a page has or that a script may give to something.

    Returns
    -------
    str
        The rest, without comments.

    Examples
    --------
    >>> keep(read("a{x:y} .b,.c{x:y} @media print{.c{x:y}}"), {"b"})
    'a{x:y}.b{x:y}'
    >>> keep(read("i{content:var(--pst-icon-x)}"), set())
    'i{content:var(--pst-icon-x)}@supports (content:"" / ""){i{content:var(--pst-icon-x) / ""}}'
    """
    return "".join(
        kept_styles(rule, names) if rule.type == "qualified-rule" else kept_at(rule, names)
        for rule in rules
    )


def kept_at(rule: Node, names: set[str]) -> str:
    """Return a rule such as ``@media`` or ``@font-face`` with what can apply, or nothing."""
    start = f"@{rule.at_keyword} {tinycss2.serialize(trimmed(rule.prelude))}".rstrip()
    if rule.content is None:
        return f"{start};"
    if rule.lower_at_keyword in GROUPS:
        rest = keep(tinycss2.parse_rule_list(rule.content, True, True), names)
        return f"{start}{{{rest}}}" if rest else ""
    inside = trimmed(rule.content)
    inside = cut_font(inside) if rule.lower_at_keyword == "font-face" else inside
    return f"{start}{{{tinycss2.serialize(inside)}}}"


def kept_styles(rule: Node, names: set[str]) -> str:
    """Return a rule for what it can apply to, or nothing; a sign loses its words in a second one.

    A rule for the sign of one icon, such as ``.fa-sun::before``, has nothing to apply to: the pages
    have drawings of those.
    """
    selectors, inside = wanted(rule.prelude, names), trimmed(rule.content)
    if not (selectors and inside):
        return ""
    start, shown, icons = tinycss2.serialize(selectors), shown_icon(inside), asked(selectors)
    if shown and icons and all(name.startswith("fa-") for name in icons):
        return ""
    unspoken = f'@supports (content:"" / ""){{{start}{{content:{shown} / ""}}}}' if shown else ""
    return f"{start}{{{tinycss2.serialize(inside)}}}{unspoken}"


def addresses(nodes: list[Node]) -> list[Node]:
    """Return the parts that hold an address, in any depth.

    Examples
    --------
    >>> [node.value for node in addresses(read("a{b:url(c.png);d:url('e.png')}"))]
    ['c.png', 'e.png']
    """
    found = []
    for node in every(nodes):
        if node.type == "url":
            found.append(node)
        elif node.type == "function" and node.lower_name == "url":
            found += [part for part in node.arguments if part.type == "string"]
    return found


def whole(sheet: Path, folder: Path) -> tuple[list[Node], list[Path]]:
    """Return the rules of a style sheet after those that it imports, and where they all stand.

    Addresses in it are as seen from another folder.
    """
    rules, paths = read(sheet.read_text(encoding="utf-8")), [sheet]
    imports = [rule for rule in rules if getattr(rule, "lower_at_keyword", "") == "import"]
    own = [rule for rule in rules if rule not in imports]
    for node in addresses(own):
        if not node.value.startswith(ANYWHERE):
            target = Path(os.path.relpath(sheet.parent / node.value, folder)).as_posix()
            written = node.representation.replace(node.value, target)
            node.value, node.representation = target, written
    before: list[Node] = []
    for rule in imports:
        name = next(part for part in trimmed(rule.prelude) if part.type in {"string", "url"}).value
        held, read_too = whole(sheet.parent / name, folder)
        before, paths = before + held, read_too + paths
    return before + own, paths


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


def unite(out: Path) -> str:
    """Give every page of a built book the same one style sheet, and return it."""
    static = out / "_static"
    paths = [path for path in out.rglob("*.html") if static not in path.parents]
    pages = {path: path.read_text(encoding="utf-8") for path in paths}
    pages = {path: text for path, text in pages.items() if LINK.search(text)}
    scripts = [p.read_text(encoding="utf-8") for p in static.glob("**/*.js") if wears(p, static)]
    order: dict[Path, None] = {}
    for path, text in sorted(pages.items(), key=lambda page: -len(sheets(page[1], page[0]))):
        order |= dict.fromkeys(sheets(text, path))
    target = static / TARGET
    united = [whole(sheet, target.parent) for sheet in order]
    rules = [rule for own, _ in united for rule in own]
    text = keep(rules, names_in(list(pages.values()), scripts))
    target.write_text(text, encoding="utf-8", newline="\n")
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    for path, page in pages.items():
        address = Path(os.path.relpath(target, path.parent)).as_posix()
        link = f'<link href="{address}?v={version}" rel="stylesheet"/>\n'
        first = LINK.search(page).start()
        words = page[:first] + link + LINK.sub("", page[first:])
        path.write_text(words, encoding="utf-8")
    for sheet in {path.resolve() for _, paths in united for path in paths}:
        sheet.unlink()
    return text


def wears(script: Path, static: Path) -> bool:
    """Say whether a script may change pages; data and engines do not."""
    return script.relative_to(static).parts[0] not in {"explorer", "playground", "locales"}
