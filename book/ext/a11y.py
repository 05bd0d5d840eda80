"""Repair what the theme leaves inaccessible, and say which figures have no good words.

Each repair answers one rule of axe-core or of WCAG 2.2. A picture whose description is missing,
is a file name, or has not 20 to 300 characters is a build warning, and the book is built with
warnings as errors.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

FILE_NAME = re.compile(r"\.(png|svg|jpe?g|gif|webp)\s*$|^\.{0,2}/|_images/", re.IGNORECASE)
SHORTEST, LONGEST = 20, 300
#: Windows over the page that the theme leaves without a name.
DIALOGS = {
    "pst-search-dialog": "Search",
    "pst-primary-sidebar-modal": "Contents and search",
    "pst-secondary-sidebar-modal": "On this page",
}
#: The last sign of a part of a name: a ``_``, one before a capital, one before a bracket. The
#: explorer's script is given the same pattern, so it holds nothing that older browsers lack.
JOINT = re.compile(r"_(?=\w)|[a-z](?=[A-Z])|[\w\]}](?=[\[{])")
#: Signs that many machines have no glyph for, and what they stand for where they are alone.
SIGNS = {"✅": "passed", "❌": "failed"}
UNUSED = re.compile(
    r"(?i:thebe)|requestKernel|kernelName|togglebutton|let toggle(Hint|Open)|OPTIONS\.pagename ="
)


def alt_fault(text: str | None) -> str | None:
    """Say what is wrong with a description of a picture, or return None.

    Parameters
    ----------
    text : str or None
        The value of the ``alt`` attribute.

    Returns
    -------
    str or None
        A few words that name the fault.
    """
    words = (text or "").strip()
    if not words:
        return "has no description"
    if FILE_NAME.search(words):
        return "is described by a file name"
    if not SHORTEST <= len(words) <= LONGEST:
        return f"has a description of {len(words)} characters, not {SHORTEST} to {LONGEST}"
    return None


def check_figures(soup: BeautifulSoup) -> list[str]:
    """List the figures of a page whose description is not good enough."""
    faults = []
    for image in soup.select("article img"):
        fault = alt_fault(image.get("alt"))
        if fault:
            faults.append(f"figure {image.get('src')} {fault}")
    return faults


def repair(soup: BeautifulSoup) -> None:
    """Change a page in place so that assistive technology reads it well."""
    name_controls(soup)
    drop_roles(soup)
    fold(soup)
    for table in soup.select("table"):
        mark_heads(table)
    say_signs(soup)
    break_names(soup)
    caption_tables(soup)
    reach_code(soup)
    drop_scripts(soup)


def name_controls(soup: BeautifulSoup) -> None:
    """Let the visible words of a control be its name, and give the sidebar and icons theirs."""
    for button in soup.select("button[aria-label], summary[aria-label]"):
        if button.get_text(strip=True) and not button.select(".theme-switch"):
            del button["aria-label"]
    sidebar = soup.select_one(".bd-sidebar-primary")
    if sidebar is not None:
        sidebar["role"], sidebar["aria-label"] = "complementary", "Contents and search"
    for name, words in DIALOGS.items():
        for dialog in soup.select(f"dialog#{name}"):
            dialog["aria-label"] = words
    for button in soup.select(".theme-switch-button"):
        button["aria-label"] = button["data-bs-title"] = "Colour mode"
    for summary in soup.select(".bd-links details > summary"):
        above = summary.parent.find_previous_sibling("a")
        if above is not None:
            summary["aria-label"] = f"Pages under {' '.join(above.get_text().split())}"
    for button in soup.select("button[onclick]"):
        # The policy of the page allows no code in attributes; site.js reads this one.
        button["data-leo"] = "print" if "print" in button["onclick"] else "full-screen"
        del button["onclick"]


def drop_roles(soup: BeautifulSoup) -> None:
    """Take away roles that the bibliography wears wrongly, and ids that occur twice."""
    for node in soup.select(
        "[role=doc-biblioentry], .citation-list[role=list], div.citation[role]"
    ):
        del node["role"]
    for node in soup.select("#exercise-content, #solution-content"):
        del node["id"]


def fold(soup: BeautifulSoup) -> None:
    """Turn every admonition that a script would fold into a ``details`` that needs none."""
    number = ""
    for box in soup.select("div.exercise, div.admonition.dropdown"):
        if "dropdown" not in box["class"]:
            caption = box.select_one(".caption-number")
            number = " ".join(caption.get_text().split()) if caption else ""
            continue
        title = box.select_one("p.admonition-title")
        box.name, title.name = "details", "summary"
        if "solution" in box["class"] and number:
            title.string = f"Solution to {number[0].lower()}{number[1:]}"


def mark_heads(table: Tag) -> None:
    """Say of each head cell what it heads; an empty one is no head."""
    for cell in table.select("thead th, tbody th"):
        if cell.get_text(strip=True):
            wide = int(cell.get("colspan", 1)) > 1
            cell["scope"] = ("colgroup" if wide else "col") if cell.find_parent("thead") else "row"
        else:
            cell.name = "td"


def say_signs(soup: BeautifulSoup) -> None:
    """Write in words what MyST-NB says with a sign in its table of runs."""
    for node in soup.select("td > p"):
        if node.string in SIGNS:
            node.string = SIGNS[node.string]


def parts_of(name: str) -> list[str]:
    """Return the parts of a name, between which a line may end.

    Examples
    --------
    >>> parts_of("KS2MainLanguage_[term][yy]")
    ['KS2Main', 'Language_', '[term]', '[yy]']
    """
    return JOINT.sub(r"\g<0>\n", name).split("\n")


def break_names(soup: BeautifulSoup) -> None:
    """Let names of variables in tables break where their parts meet, rather than anywhere."""
    for code in soup.select("article td code .pre"):
        first, *others = parts_of(code.string or "")
        if others:
            code.string = first
            for part in others:
                code.extend([soup.new_tag("wbr"), part])


def caption_tables(soup: BeautifulSoup) -> None:
    """Give each table without a caption one for those who hear the page: its section and number."""
    seen: dict[str, int] = {}
    for table in soup.select("article table"):
        if table.find("caption"):
            continue
        name = words_of(table.find_previous(["h1", "h2", "h3"]) or soup.title)
        seen[name] = seen.get(name, 0) + 1
        caption = soup.new_tag("caption", attrs={"class": "leo-hidden"})
        caption.string = f"{name}, table {seen[name]}"
        table.insert(0, caption)


def words_of(heading: Tag) -> str:
    """Return the words of a heading without the sign that links to it."""
    words = [part for part in heading.find_all(string=True) if part.parent.name != "a"]
    return " ".join("".join(words).split())


def reach_code(soup: BeautifulSoup) -> None:
    """Let the keyboard reach whatever may scroll sideways: code, its output and wide tables."""
    for number, output in enumerate(soup.select("div.highlight pre, div.cell_output pre")):
        output["tabindex"] = "0"
        output.attrs.setdefault("id", f"leo-pre-{number}")
    for output in soup.select("div.cell_output div:has(> table), .pst-scrollable-table-container"):
        output["tabindex"], output["role"] = "0", "group"
        output["aria-label"] = output.find("caption").get_text()


def drop_scripts(soup: BeautifulSoup) -> None:
    """Drop scripts that nothing here uses: Thebe, folding, and the page's name for versions."""
    for node in soup.select("script, link[rel=stylesheet]"):
        words = (node.get("src") or node.get("href") or "") + (node.string or "")
        if UNUSED.search(words):
            node.decompose()
    for style in soup.select("style[scoped]"):
        del style["scoped"]
