"""The chapters: their headings, their cells, their figures, their exercises."""

import re
import statistics
import tomllib

import pytest
import refresh
import yaml
from common import ROOT
from minutes import minutes_of
from prose import blank_code

from leo_helpers.catalogue import load_catalogue
from leo_helpers.exercises import exercises

SKELETON = tomllib.loads((ROOT / "tests" / "skeleton.toml").read_text(encoding="utf-8"))
RULES = SKELETON["rules"]
CHAPTERS = refresh.sources()
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
DRAWS = re.compile(r"\.plot\b|plt\.|\bax(es)?\b|\.hist\(|\.boxplot\(")
#: Pages that every build writes, there or not.
GATHERED = ["tables", "key-points", "exercises", "tsql-conformance", "coverage-map", "explorer"]
GENERATED = {
    "chapters/start/learning-paths",
    *(f"chapters/reference/{name}" for name in GATHERED),
}
FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)

every = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def read(chapter):
    return FRONT.sub("", chapter.read_text(encoding="utf-8"))


def split(cell):
    """Return the options and the code of a cell's body."""
    if cell.startswith("---\n"):
        options, _, code = cell[4:].partition("\n---\n")
        return yaml.safe_load(options), code
    lines = cell.splitlines()
    marks = [line[1:] for line in lines if line.startswith(":")]
    return yaml.safe_load("\n".join(marks)) or {}, "\n".join(lines[len(marks) :])


def cells(chapter):
    return [split(body) for body in CELL.findall(read(chapter))]


def headings(chapter):
    return re.findall(r"^## (.+?)\s*$", blank_code(read(chapter)), re.MULTILINE)


def test_there_are_chapters():
    assert CHAPTERS


@pytest.mark.parametrize("table", load_catalogue().tables.values(), ids=lambda t: t.table_id)
def test_every_table_has_a_chapter_that_reads_it(table):
    chapter = {path.stem: path for path in CHAPTERS}[table.chapter]
    code = "\n".join(code for _, code in cells(chapter)).lower()
    names = [table.table_id, *(view.name.lower() for view in table.views())]
    family = "exclusions_t{n}"  # the one family that a chapter loads by number
    assert any(name in code for name in names) or table.table_id[:-1] + "{n}" == family in code


@every
def test_headings(chapter):
    if chapter.stem in SKELETON["guide"]["guides"]:
        wanted = SKELETON["guide"]["headings"]
        found = [words for words in headings(chapter) if words in wanted]
    else:
        wanted, found = SKELETON["table"]["headings"], headings(chapter)
    assert found == wanted


@every
def test_one_title(chapter):
    assert len(re.findall(r"^# ", blank_code(read(chapter)), re.MULTILINE)) == 1


@every
def test_cells_are_short(chapter):
    lengths = [
        len([line for line in code.splitlines() if line.strip()]) for _, code in cells(chapter)
    ]
    assert statistics.median(lengths) <= RULES["code_lines_median"]
    ninth = statistics.quantiles(lengths, n=10)[-1]
    assert ninth <= RULES["code_lines_p90"], sorted(lengths)


@every
def test_words_before_and_after_each_cell(chapter):
    """No two cells touch, apart from the first, which only imports."""
    pieces = CELL.split(FRONT.sub("", chapter.read_text(encoding="utf-8")))
    text = pieces[0::2]
    gaps = [number for number, piece in enumerate(text) if number > 1 and not piece.strip()]
    assert not gaps, f"cell {gaps[0]} has no words before it"


@every
def test_figures_have_words(chapter):
    for options, code in cells(chapter):
        alt = (options.get("mystnb") or {}).get("image", {}).get("alt")
        shows = DRAWS.search(code) and "import" not in code
        if shows:
            assert alt, f"this cell draws but has no alt text: {code[:80]}"
        if alt:
            assert RULES["alt_shortest"] <= len(alt) <= RULES["alt_longest"], alt
            assert not re.search(r"\.(png|svg|jpg)$", alt), alt


@every
def test_exercises_are_complete(chapter):
    text = read(chapter)
    asked = re.findall(r"\{exercise(?:-start)?\}.*?\n:label: (\S+)", text)
    solved = re.findall(r"\{solution(?:-start)?\} (\S+)", text)
    assert asked == solved, "each exercise is followed by its own solution"
    assert len(asked) >= RULES["exercises_least"]
    checked = re.findall(r"check_answer\(\s*[\"']([^\"']+)[\"']", text)
    own = {name for name in exercises() if name.startswith(f"{chapter.stem}/")}
    assert set(checked) == own, "checks in the chapter and in data/exercises agree"
    for name in own:
        assert checked.count(name) >= 2, f"{name} is checked in the exercise and in the solution"


@every
def test_stated_time_is_true(chapter):
    """The stated minutes are within a third of what words, cells and exercises add up to."""
    found = minutes_of(chapter)
    assert found.stated, "the page says how long it takes (about N minutes)"
    assert RULES["minutes_least"] <= found.stated <= RULES["minutes_most"]
    assert found.stated * 2 / 3 <= found.total <= found.stated * 4 / 3, found


def test_toc_lists_every_chapter():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"(?:file|root): (\S+)", toc)) - {"CHANGELOG"}
    written = {
        str(path.relative_to(ROOT).with_suffix("").as_posix())
        for folder in ("chapters", "docs")
        for path in (ROOT / folder).rglob("*.md")
        if "tables" not in path.parts
    } | GENERATED
    assert listed == written


def test_prose_is_told_from_code():
    page = "---\na: b\n---\nwords\n````{note}\nkept\n```sql\n# gone\n```\nkept too\n````\n## end"
    assert blank_code(page).split("\n") == [
        "",
        "",
        "",
        "words",
        "",
        "kept",
        "",
        "",
        "",
        "kept too",
        "",
        "## end",
    ]


@pytest.mark.parametrize("page", sorted((ROOT / "chapters").rglob("*.md")), ids=lambda p: p.stem)
def test_file_names(page):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.md", page.name)
