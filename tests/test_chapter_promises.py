"""What every chapter owes its reader besides its headings: issue 4, line by line.

The outputs are those of the golden notebooks, so that nothing runs here.
"""

import re
import tomllib

import nbformat
import pytest
import refresh
from common import ROOT
from prose import blank_code
from test_chapters import cells, read

import leo_helpers as leo
from leo_helpers.catalogue import load_catalogue
from leo_helpers.exercises import exercises

GUIDES = tomllib.loads((ROOT / "tests" / "skeleton.toml").read_text(encoding="utf-8"))
GUIDES = set(GUIDES["guide"]["guides"])
CHAPTERS = refresh.sources()
TABLES = [path for path in CHAPTERS if path.stem not in GUIDES]
#: Tables of things that are no persons, and so have no rows in a life.
NO_PERSON = {"lars"}
#: Tables of one or two years, over which nothing can be harmonised as a trend.
NO_TREND = {"cjrs", "seiss"}
#: A tour, a page about the generator, and two pages that are about SQL from end to end.
NO_TWIN = {"what-leo-is", "reading-synthetic-data", "life-inside-the-srs", "preparing-tsql"}
#: A page of scripts draws only where a picture says more than its script.
FEW_FIGURES = {"preparing-tsql": 2}
every = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
tables = pytest.mark.parametrize("chapter", TABLES, ids=lambda path: path.stem)
STATED = re.compile(r"\{exercise-start\}.*?\n:label:[^\n]*\n```\n(.*?)^```", re.M | re.S)
MINUTES = re.compile(r"\b(easy|medium|hard),\s+(\d+)\s+minutes", re.I)


def code_of(chapter):
    return "\n".join(code for _, code in cells(chapter))


@every
def test_figures_and_their_captions(chapter):
    drawn = [(o["mystnb"]["image"]["alt"], code) for o, code in cells(chapter) if "mystnb" in o]
    assert len(drawn) >= FEW_FIGURES.get(chapter.stem, 3)
    for alt, code in drawn:
        assert re.search(r"synthetic|catalogue", alt, re.I), f"it may pass for real: {alt}"
        says = r"synthetic|catalogue|draw_cohorts|\.plot\(\)"  # the last two say so themselves
        assert re.search(says, code, re.I), f"no caption says synthetic: {alt}"


@every
def test_exercises_say_what_they_ask_of_you(chapter):
    text = read(chapter)
    own = [task for name, task in exercises().items() if name.startswith(f"{chapter.stem}/")]
    asked = STATED.findall(text)
    assert len(asked) == len(own) == text.count("```{dropdown} Hint")
    for words, task in zip(asked, own, strict=True):
        found = MINUTES.search(words)
        assert found, f"{task.id}: difficulty and minutes are not said"
        assert (found[1].lower(), int(found[2])) == (task.difficulty, task.minutes), task.id
        assert len(task.wrong) >= 2
    kinds = r"debugging|find the mistake"
    assert any(re.search(kinds, words, re.I) for words in asked), "no task is a debugging task"


@pytest.mark.parametrize(
    "chapter", [p for p in CHAPTERS if p.stem not in NO_TWIN], ids=lambda path: path.stem
)
def test_same_in_sql(chapter):
    """One statement runs, and the page shows that pandas has the same numbers."""
    part = read(chapter).split("\n## The same in T-SQL\n")[1].split("\n## ")[0]
    assert re.search(r"leo\.connect|leo\.tsql|\.sql\(", part), "no statement is run"
    book = nbformat.read(refresh.golden_path(chapter), as_version=4)
    shown, inside = [], False
    for cell in book.cells:
        if cell.cell_type == "markdown":
            titles = re.findall(r"^## (.+)$", cell.source, re.M)
            inside = titles[-1] == "The same in T-SQL" if titles else inside
        elif inside:
            outputs = [o.get("data", {}).get("text/plain") or o.get("text") for o in cell.outputs]
            shown += [words.strip() for words in outputs if words]
    assert shown and not any(words == "False" for words in shown), "SQL and pandas differ"


@every
def test_outputs_are_plain_numbers(chapter):
    """A reader sees 4 and True, not np.int64(4) and np.True_."""
    book = nbformat.read(refresh.golden_path(chapter), as_version=4)
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            assert not re.search(r"\bnp\.", output.get("data", {}).get("text/plain", ""))


@tables
def test_one_life(chapter):
    if chapter.stem not in NO_PERSON:
        assert "timeline(" in code_of(chapter), "the rows of one fictional life are not shown"


@tables
def test_harmonised_trend(chapter):
    ids = [t.table_id for t in load_catalogue().tables.values() if t.chapter == chapter.stem]
    if chapter.stem not in NO_TREND and any(leo.concepts(name)["breaks"].sum() for name in ids):
        code = code_of(chapter)
        assert "leo.harmonise(" in code
        assert "mark_breaks(" in code, "no figure shows the breaks"


@tables
def test_decision_for_a_paper(chapter):
    assert re.search(r"\b(in|for) (a|the) paper\b", blank_code(read(chapter)), re.I)


@every
def test_sources_are_cited(chapter):
    assert "{cite" in read(chapter).split("\n## References\n")[1]
