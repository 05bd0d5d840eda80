"""The golden notebooks agree with the chapters; nbval then runs them."""

import nbformat
import pytest
import refresh
from common import ROOT

CHAPTERS = refresh.sources()
every = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)


def golden(chapter):
    path = refresh.golden_path(chapter)
    assert path.exists(), f"{path.name} is missing; run python dev.py refresh"
    return nbformat.read(path, as_version=4)


def test_no_notebook_without_its_chapter():
    wanted = {refresh.golden_path(chapter) for chapter in CHAPTERS}
    assert set((ROOT / "notebooks").rglob("*.ipynb")) == wanted


@every
def test_same_cells(chapter):
    text, notebook = refresh.read_chapter(chapter), golden(chapter)
    assert [(c["id"], c.cell_type, c.source) for c in text.cells] == [
        (c["id"], c.cell_type, c.source) for c in notebook.cells
    ], "the chapter changed; run python dev.py refresh"


@every
def test_every_cell_was_run(chapter):
    """nbval compares nothing in a cell that has no execution count."""
    counts = [c.execution_count for c in golden(chapter).cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


@every
def test_normalised(chapter):
    notebook = golden(chapter)
    assert notebook.metadata == {"kernelspec": refresh.KERNEL}
    for cell in notebook.cells:
        assert "execution" not in cell.metadata
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")
            assert not any(kind.startswith("image/") for kind in output.get("data", {}))


@every
def test_nothing_of_this_machine(chapter):
    text = nbformat.writes(golden(chapter))
    assert "/tmp/" not in text and str(ROOT) not in text and "/home/" not in text


def test_ids_do_not_change(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```{code-cell} ipython3\n1 + 1\n```\n", encoding="utf-8")
    first, second = (nbformat.writes(refresh.read_chapter(page)) for _ in range(2))
    assert first == second


def test_normalise_drops_pictures_and_times():
    cell = nbformat.v4.new_code_cell("x", metadata={"execution": {"started": "now"}})
    cell.outputs = [nbformat.v4.new_output("display_data", {"image/png": "AA", "text/plain": "p"})]
    done = refresh.normalise(nbformat.v4.new_notebook(cells=[cell])).cells[0]
    assert dict(done.outputs[0].data) == {"text/plain": "p"} and "execution" not in done.metadata
