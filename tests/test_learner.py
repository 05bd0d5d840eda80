"""Copies for learners: no word of a solution is left, and everything else is."""

import jupytext
import learner
import pytest
import refresh
from common import ROOT

PAGE = """# A page

```{exercise-start}
:label: ex-1
```
How many?
```{exercise-end}
```

````{solution-start} ex-1
:class: dropdown
````

SECRET words

```{code-cell} ipython3
SECRET = 1
```

````{solution-end}
````

After it.

```{code-cell} ipython3
kept = 2
```

```{exercise}
:label: ex-2
Why?
```

```{solution} ex-2
SECRET reason
```

The end.
"""


def notebook(text):
    found = jupytext.reads(text, fmt="md:myst")
    for number, cell in enumerate(found.cells):
        cell["id"] = f"c{number}"
    return found


def test_solutions_go_and_the_rest_stays():
    copy = learner.strip_solutions(notebook(PAGE))
    text = "\n".join(cell.source for cell in copy.cells)
    assert "SECRET" not in text and "solution" not in text
    for words in ("How many?", "After it.", "kept = 2", "Why?", "The end.", "exercise-end"):
        assert words in text
    assert [c.source for c in copy.cells].count(learner.ROOM) == 2
    assert len({c["id"] for c in copy.cells}) == len(copy.cells)


def test_outputs_go():
    page = notebook(PAGE)
    code = [cell for cell in page.cells if cell.cell_type == "code"]
    code[-1].execution_count = 7
    copy = learner.strip_solutions(page)
    assert all(c.execution_count is None for c in copy.cells if c.cell_type == "code")
    assert code[-1].execution_count == 7, "the original is not touched"


def test_solution_without_end():
    with pytest.raises(learner.UnclosedSolution, match="no solution-end"):
        learner.strip_solutions(notebook(PAGE.replace("````{solution-end}\n````\n", "")))


def test_end_without_start():
    page = "Words\n\n```{solution-end}\n```\n"
    with pytest.raises(learner.UnclosedSolution, match="too many"):
        learner.strip_solutions(notebook(page))


@pytest.mark.parametrize("chapter", refresh.sources(), ids=lambda path: path.stem)
def test_shipped_chapters(chapter):
    """Judge the split line by line with a plain state machine, not with the code under test."""
    inside, kept, secret = False, [], []
    for cell in refresh.read_chapter(chapter).cells:
        for line in cell.source.splitlines():
            if "{solution-start}" in line:
                inside = True
            (secret if inside else kept).append((cell.cell_type, line.strip()))
            if "{solution-end}" in line:
                inside = False
    copy = learner.strip_solutions(refresh.read_chapter(chapter), chapter.stem)
    left = {line.strip() for cell in copy.cells for line in cell.source.splitlines()}
    plain = {line for _, line in kept}
    fences = {"```", "````", ":::", "::::", ""}
    assert not {line for _, line in secret if line not in plain} & left
    assert plain - fences <= left | fences


def test_files_are_written(tmp_path):
    written = learner.write_all(tmp_path)
    assert len(written) == len(refresh.sources()) and all(p.is_file() for p in written)
    assert ROOT not in tmp_path.parents
