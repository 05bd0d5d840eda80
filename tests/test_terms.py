"""Every acronym of the glossary is linked where a chapter uses it first."""

import re

import pytest
import refresh
from common import ROOT
from prose import blank_code

GLOSSARY = (ROOT / "chapters" / "reference" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^(\S.*)\n    \S", GLOSSARY.split("```{glossary}")[1], re.MULTILINE)
#: Words with two capitals are acronyms; the name of the data itself needs no link.
ACRONYMS = [term for term in TERMS if re.search(r"[A-Z].*[A-Z]", term) and " " not in term]
ACRONYMS.remove("LEO")
#: Links to the glossary are kept; headings, directives, code, addresses and other roles go.
NO_PROSE = re.compile(
    r"(\{term\}`[^`]*`)|^(?:#|`{3}|:\w+:)[^\n]*|\{[a-z:]+\}`[^`]*`|``.*?``|`[^`]+`"
    r"|!?\[[^]]*\]\([^)]*\)",
    re.MULTILINE,
)
LINK = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")


def prose_of(page):
    """Blank what is no prose; every line keeps its length."""
    blank = re.compile(r"[^\n]")
    return NO_PROSE.sub(lambda f: f[1] or blank.sub(" ", f[0]), blank_code(page))


def first_uses(page):
    """Say for each acronym that a page's prose uses whether its first use is a link."""
    prose = prose_of(page)
    links = {found.start(): found for found in LINK.finditer(prose)}
    inside = {n for found in links.values() for n in range(found.start(), found.end())}
    uses = {}
    for term in ACRONYMS:
        linked = [place for place, found in links.items() if found[1] == term]
        plain = re.compile(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])")
        bare = [use.start() for use in plain.finditer(prose) if use.start() not in inside]
        if linked or bare:
            uses[term] = min(linked, default=len(prose)) < min(bare, default=len(prose) + 1)
    return uses


def test_glossary_is_read():
    assert {"PMR", "AE_ID", "NS-SEC", "DfE"} <= set(ACRONYMS) and "spell" in TERMS


@pytest.mark.parametrize(
    ("page", "uses"),
    [
        ("The {term}`PMR` is a PMR.", {"PMR": True}),
        ("A PMR, then {term}`PMR`.", {"PMR": False}),
        ("# PMR\n\n`PMR` and [PMR](x.md).", {}),
        ("Two {term}`keys <PMR>`; GCSEs.", {"PMR": True, "GCSE": False}),
        ("HE-X and SHE {cite}`FE`", {}),
    ],
)
def test_first_use(page, uses):
    assert first_uses(page) == uses


@pytest.mark.parametrize("chapter", refresh.sources(), ids=lambda path: path.stem)
def test_acronyms_are_linked(chapter):
    uses = first_uses(chapter.read_text(encoding="utf-8"))
    assert not [term for term, linked in uses.items() if not linked]
