"""Generating safely: nothing is lost, nothing half-made is taken for a data set."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from filelock import FileLock
from synth_cases import CATALOGUE

from leo_helpers import store
from leo_helpers.errors import DataSetError, GenerateError, LeoError, UnknownName
from leo_helpers.synth import build, engine, generate
from leo_helpers.synth.digest import logical_hash

SMALL = {
    "people": 40,
    "tables": ["leo_benefit", "lookup_pmr", "lookup_edukey"],
    "progress": False,
    "workers": 1,
}


def make(root, **changes) -> Path:
    return generate(root, **{**SMALL, **changes})


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def made(tmp_path):
    return make(tmp_path / "data")


# ---- requests that make no sense ---------------------------------------------------------------
@pytest.mark.parametrize(
    "changes,error,message",
    [
        ({"people": 0}, GenerateError, "0 people cannot be generated. Ask for 1 to"),
        ({"people": -5}, GenerateError, "-5 people"),
        ({"people": 10**12}, GenerateError, "cannot be generated"),
        ({"workers": 0}, GenerateError, "0 workers"),
        ({"tables": ["leo_benefits"]}, UnknownName, "Did you mean leo_benefit?"),
        ({"tables": []}, GenerateError, "No table"),
        ({"faults": {"scan_gaps": 1}}, GenerateError, "Nearest: scan_gap"),
        ({"faults": "worst"}, GenerateError, "no level 'worst'"),
        ({"years": [1066], "tables": ["sc_pupil"]}, GenerateError, "the year 1066"),
        ({"years": [2020], "tables": ["absence"]}, GenerateError, "the year 2020"),
    ],
)
def test_a_senseless_request_leaves_no_trace(tmp_path, changes, error, message):
    with pytest.raises(error) as caught:
        make(tmp_path / "data", **changes)
    assert message in str(caught.value)
    assert isinstance(caught.value, LeoError) and not list(tmp_path.iterdir())


def test_friendly_names_and_shared_views(tmp_path):
    root = make(tmp_path / "data", tables=["benefits", "leo_benefit", "cin_cpp", "cin_child"])
    assert set(store.read_manifest(root).views) == {"leo_i2.leo_benefit", "npd_i2.cin_2009_to_2021"}


def test_years_choose_yearly_views_and_leave_pooled_ones_whole(tmp_path):
    root = make(tmp_path / "data", tables=["sc_pupil", "leo_benefit"], years=[2020])
    assert set(store.read_manifest(root).views) == {
        "leo_i2.leo_benefit",
        "npd_i2.spring_census_2020",
        "npd_i2.autumn_census_2020",
    }


# ---- what is in the way ------------------------------------------------------------------------
def test_the_same_data_set_is_not_made_twice(made, monkeypatch):
    monkeypatch.setattr(build, "run", lambda *a: pytest.fail("made again"))
    before = files(made)
    assert make(made) == made and files(made) == before


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "data").mkdir()
    assert store.check(make(tmp_path / "data")) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_other_files_is_left_alone(tmp_path, overwrite):
    root = tmp_path / "data"
    root.mkdir()
    (root / "thesis.docx").write_text("three years of work")
    with pytest.raises(GenerateError, match=r"is not a Learning LEO data set"):
        make(root, overwrite=overwrite)
    assert files(root) == {"thesis.docx": b"three years of work"}


def test_a_file_in_the_way(tmp_path):
    root = tmp_path / "data"
    root.write_text("a file")
    with pytest.raises(GenerateError, match=r"is not a Learning LEO data set"):
        make(root, overwrite=True)
    assert root.read_text() == "a file"


def test_a_manifest_of_something_else_is_left_alone(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "manifest.json").write_text('{"name": "my web app"}')
    for overwrite in (False, True):
        with pytest.raises(LeoError):
            make(root, overwrite=overwrite)
    assert files(root) == {"manifest.json": b'{"name": "my web app"}'}


def test_another_data_set_is_kept_unless_told(made):
    before = files(made)
    for changes in ({"seed": 7}, {"people": 41}, {"faults": "none"}, {"tables": ["leo_benefit"]}):
        with pytest.raises(GenerateError, match=r"holds another data set.*--overwrite"):
            make(made, **changes)
    assert files(made) == before
    make(made, seed=7, overwrite=True)
    assert store.read_manifest(made).seed == 7 and store.check(made) == []
    assert [p.name for p in made.parent.iterdir() if not p.name.endswith(".lock")] == ["data"]


def test_overwriting_a_data_set_with_files_of_the_users(made):
    (made / "notes.txt").write_text("mine")
    with pytest.raises(GenerateError, match=r"notes\.txt"):
        make(made, seed=7, overwrite=True)
    assert (made / "notes.txt").read_text() == "mine" and store.read_manifest(made).seed != 7


def test_an_older_layout_can_be_replaced(made):
    manifest = json.loads((made / "manifest.json").read_text())
    (made / "manifest.json").write_text(json.dumps({**manifest, "layout": 0}))
    with pytest.raises(DataSetError, match=r"reads layout 1.*leo generate --overwrite"):
        store.read_manifest(made)
    with pytest.raises(LeoError):
        make(made)
    make(made, overwrite=True)
    assert store.check(made) == []


# ---- interruptions -----------------------------------------------------------------------------
class Pulled(KeyboardInterrupt):
    """Somebody pressed Ctrl-C."""


def interrupt(monkeypatch, after: int, error: BaseException):
    real, count = engine.write_part, []

    def write_part(table, path, view):
        if len(count) == after:
            raise error
        count.append(path)
        real(table, path, view)

    monkeypatch.setattr(engine, "write_part", write_part)
    return count


def test_an_interrupted_run_is_resumed(tmp_path, monkeypatch):
    whole = logical_hash(make(tmp_path / "whole"))
    root = tmp_path / "data"
    with monkeypatch.context() as patch:
        interrupt(patch, 2, Pulled())
        with pytest.raises(KeyboardInterrupt):
            make(root)
    assert not root.exists()
    with monkeypatch.context() as patch:
        written = interrupt(patch, 99, Pulled())
        make(root, resume=True)
    assert len(written) == 1, "only the part that was missing is made"
    assert logical_hash(root) == whole and store.check(root) == []
    assert not (tmp_path / "data.building").exists()


def test_a_torn_part_is_made_again_on_resume(tmp_path, monkeypatch):
    root, building = tmp_path / "data", tmp_path / "data.building"
    with monkeypatch.context() as patch:
        interrupt(patch, 2, Pulled())
        with pytest.raises(KeyboardInterrupt):
            make(root)
    part = next(building.rglob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-7])  # the machine lost power
    (part.parent / ".part-000000000000.parquet.4711").write_bytes(b"half")
    make(root, resume=True)
    assert store.check(root) == [] and len(logical_hash(root)) == 3


def test_resume_of_another_plan_is_refused(tmp_path, monkeypatch):
    root, building = tmp_path / "data", tmp_path / "data.building"
    with monkeypatch.context() as patch:
        interrupt(patch, 1, Pulled())
        with pytest.raises(KeyboardInterrupt):
            make(root)
    before = files(building)
    with pytest.raises(GenerateError, match=r"was of another data set. Leave --resume out"):
        make(root, resume=True, seed=8)
    assert files(building) == before
    make(root, seed=8)
    assert store.read_manifest(root).seed == 8


def test_resume_with_nothing_to_resume(tmp_path):
    assert store.check(make(tmp_path / "data", resume=True)) == []


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), ValueError("a bug"), Pulled()]
)
def test_a_failed_overwrite_keeps_the_old_data_set(made, monkeypatch, error):
    before = files(made)
    interrupt(monkeypatch, 1, error)
    with pytest.raises((GenerateError, ValueError, KeyboardInterrupt)) as caught:
        make(made, seed=9, overwrite=True)
    if isinstance(error, OSError):
        assert "No space left on device" in str(caught.value) and "--resume" in str(caught.value)
    assert files(made) == before and store.check(made) == []


def test_a_failure_at_the_last_move_keeps_the_old_data_set(made, monkeypatch):
    before, real = files(made), os.replace

    def replace(source, target):
        if str(source).endswith(".building"):
            raise OSError(5, "Input/output error")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(GenerateError):
        make(made, seed=9, overwrite=True)
    assert files(made) == before


def test_a_crash_between_the_two_moves_is_mended(made, tmp_path):
    before = files(made)
    made.rename(tmp_path / "data.old")
    assert make(made) == made and files(made) == before
    assert not (tmp_path / "data.old").exists()


def test_a_killed_worker(tmp_path, monkeypatch):
    def run(*args):
        raise BrokenProcessPool("killed")

    monkeypatch.setattr(build, "run", run)
    with pytest.raises(GenerateError, match=r"worker process ended too early.*fewer --workers"):
        make(tmp_path / "data")


def test_workers_end_with_the_process_that_was_killed(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from leo_helpers.synth import generate\n"
        "if __name__ == '__main__':\n"
        f"    generate({str(tmp_path / 'data')!r}, people=300_000, workers=2, tables=['ks1'], "
        "progress=False)\n"
    )
    running = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    while not (done := list(tmp_path.rglob("part-*.parquet"))):
        assert running.poll() is None
        time.sleep(0.02)
    running.kill()
    running.communicate(timeout=120)  # comes back when the last worker lets go of the pipe
    assert len(list(tmp_path.rglob("part-*.parquet"))) < 6 and done[0].exists()
    root = make(tmp_path / "data", people=300_000, tables=["ks1"], resume=True)
    assert store.check(root) == [] and store.read_manifest(root).people == 300_000


@pytest.mark.parametrize("name", ["data.building", "data.old"])
def test_a_user_folder_beside_the_target_is_left_alone(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(GenerateError, match=f"{name} is in the way"):
            make(tmp_path / "data", resume=resume)
    assert files(tmp_path / name) == {"mine.txt": b"mine"} and not (tmp_path / "data").exists()


# ---- disk and other processes ------------------------------------------------------------------
def test_a_full_disk_is_noticed_before_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "free_bytes", lambda folder: 1_000_000)
    with pytest.raises(GenerateError, match=r"10,000 people need about .* GB and .* free"):
        make(tmp_path / "data", people=10_000, tables=None)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write anywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(GenerateError, match=r"cannot be written"):
            make(tmp_path / "data")
    finally:
        tmp_path.chmod(0o700)


def test_a_read_only_folder_for_any_user(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(build, "_prepare", refuse)
    with pytest.raises(GenerateError, match=r"cannot be written.*--root or LEO_DATA"):
        make(tmp_path / "data")


def test_a_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(GenerateError):
        make(tmp_path / "file" / "data")


def test_a_script_without_a_main_guard_is_told(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from leo_helpers.synth import generate\n"
        f"generate({str(tmp_path / 'data')!r}, people=1500, workers=2, tables=['ks4_pupil'], "
        "progress=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "put the call under: if __name__ == '__main__':" in done.stderr
    assert "does so under: if __name__ == '__main__':" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "data").exists()


def test_two_processes_at_once(tmp_path):
    with (
        FileLock(str(tmp_path / "data.building.lock")),
        pytest.raises(GenerateError, match="Another process is generating"),
    ):
        make(tmp_path / "data")
    assert store.check(make(tmp_path / "data")) == []


def test_the_second_waits_for_the_default_data_set(tmp_path, monkeypatch):
    monkeypatch.setenv("LEO_DATA", str(tmp_path / "data"))
    found = []
    threads = [threading.Thread(target=lambda: found.append(generate(**SMALL))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "data"] * 3 and store.check(found[0]) == []
    assert store.data_root() == tmp_path / "data"


# ---- reading -----------------------------------------------------------------------------------
def test_damage_is_reported(made):
    assert store.check(made) == []
    one, two, *_ = sorted(made.rglob("*.parquet"))
    one.write_bytes(one.read_bytes()[:100])
    two.unlink()
    (made / "extra.csv").write_text("a,b")
    problems = store.check(made)
    assert len(problems) == 3
    assert any("is damaged" in p for p in problems) and any("is missing" in p for p in problems)
    assert any("extra.csv does not belong" in p for p in problems)


@pytest.mark.parametrize(
    "text,message",
    [
        (None, "has no manifest.json"),
        ("", "cannot be read"),
        ('{"kind": ', "cannot be read"),
        ('{"kind": "something", "layout": 1}', "cannot be read"),
    ],
)
def test_what_is_no_data_set(tmp_path, text, message):
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(DataSetError, match=message):
        store.data_root(tmp_path)


def test_a_missing_folder(tmp_path):
    with pytest.raises(DataSetError, match=r"There is no folder.*leo generate --root"):
        store.data_root(tmp_path / "nowhere")


def test_recipe_changes_with_its_ingredients():
    assert len(store.recipe()) == 12 and int(store.recipe(), 16) >= 0
    assert len(CATALOGUE.tables) == 47


def test_a_default_data_set_of_an_older_recipe_is_not_read_unseen(made, monkeypatch):
    path = made / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace(store.recipe(), "0" * 12))
    monkeypatch.setenv("LEO_DATA", str(made))
    with pytest.raises(DataSetError, match=r"another generator.*leo generate"):
        store.data_root()
    assert store.data_root(made) == made
