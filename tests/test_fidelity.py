"""The fidelity report: a data set meets its targets, and one that was tampered with does not."""

from __future__ import annotations

import csv
import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from leo_helpers import fidelity as fid
from leo_helpers.catalogue import load_catalogue
from leo_helpers.errors import CatalogueError, DataSetError, UnknownName
from leo_helpers.fidelity_relations import RELATIONS
from leo_helpers.fidelity_report import assumptions, report
from leo_helpers.paths import data_dir
from leo_helpers.store import read_manifest
from leo_helpers.synth import generate

TABLES = ("sc_pupil", "ks2_pupil", "ks4_pupil", "absence", "ypmad_snapshot", "cin_child", "cla")
VIEWS = {("sc_pupil", "2011"), ("absence", "2011"), ("absence", "2009"), ("pupil_care", "2011")}


def chosen() -> list[dict[str, str]]:
    """Targets that can be measured on the small data set."""
    pooled = {"ks2_pupil", "ks4_pupil", "ypmad_snapshot"}
    return [
        t for t in fid.targets() if t["table_id"] in pooled or (t["table_id"], t["year"]) in VIEWS
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """3,000 people without faults, and only what the chosen targets need."""
    return generate(
        tmp_path_factory.mktemp("fidelity") / "small",
        people=3000,
        faults="none",
        tables=TABLES,
        years=(2009, 2011),
        progress=False,
    )


@pytest.fixture(scope="module")
def table(small):
    """The chosen targets beside what the small data set says."""
    return fid.compare(small, chosen())


def test_the_targets_are_many_and_cover_the_tables():
    topics = {t["topic"] for t in fid.targets()}
    assert len(fid.targets()) >= 300
    assert len({t["target_id"] for t in fid.targets()}) == len(fid.targets())
    assert {"Absence", "Exclusions", "Linkage", "Pay", "Benefits", "Missing values"} <= topics
    tables = set(load_catalogue().tables) | set(RELATIONS)
    assert {t["table_id"] for t in fid.targets()} <= tables


def test_every_target_leads_to_a_number_and_a_source():
    sources = {
        r["source_id"]
        for r in csv.DictReader(
            (data_dir() / "marginals" / "sources.csv").open(encoding="utf-8", newline="")
        )
    }
    for target in fid.targets():
        assert fid.target_value(target) >= 0, target["target_id"]
        assert target["status"] in ("published", "derived", "assumed")
        assert {s for s in target["source_id"].split(";") if s} <= sources, target["target_id"]


def test_a_small_data_set_meets_its_targets(table):
    far = table[(table["z"].abs() > 4) & ~table["within"]]
    assert len(table) >= 60
    assert (table["n"] > 0).all()
    assert far.empty, far[["target_id", "published", "generated", "z"]].to_string()
    assert table["within"].mean() > 0.95


def tampered(small, tmp_path, view, column, change):
    """A copy of the data set in which one column says something else."""
    root = tmp_path / "tampered"
    shutil.copytree(small, root)
    for part in (root / view).glob("*.parquet"):
        found = pq.read_table(part)
        at = found.column_names.index(column)
        pq.write_table(found.set_column(at, column, change(found[column])), part)
    return root


def test_free_meals_that_were_tampered_with_are_flagged(small, tmp_path):
    def all_eligible(values):
        return pa.chunked_array([pa.array([1] * len(values), values.type)])

    root = tampered(small, tmp_path, "npd_i2/spring_census_2011", "fsmeligible_spr11", all_eligible)
    lines = fid.compare(root, [t for t in chosen() if t["target_id"].endswith("primary_2011")])
    flagged = set(lines.loc[~lines["within"], "target_id"])
    assert "fsm_primary_2011" in flagged
    assert not any(name.startswith("sen_") for name in flagged)


def test_absence_that_was_halved_is_flagged(small, tmp_path):
    root = tampered(
        small,
        tmp_path,
        "npd_i2/absence_2011_3term",
        "overallabsence_3term_ab11",
        lambda values: pc.divide(values, 2),
    )
    lines = fid.compare(root, [t for t in chosen() if t["table_id"] == "absence"])
    flagged = set(lines.loc[~lines["within"], "target_id"])
    assert "absence_persistent_secondary_2011" in flagged
    assert not any(name.endswith("2009") for name in flagged)


def test_a_rare_share_that_is_never_there_is_flagged(small):
    """Half a percentage point is no excuse for a share that is smaller than that itself."""
    blank = dict(chosen()[0], table_id="ks2_pupil", year="", term="", where="", reference="")
    rare = blank | {"target_id": "rare", "measure": "1 = 0", "statistic": "share", "value": "0.004"}
    common = rare | {"target_id": "common", "value": "0.00001"}
    lines = fid.compare(small, [rare, common]).set_index("target_id")
    assert (lines["generated"] == 0).all() and lines.loc["rare", "n"] > 2500
    assert lines["within"].to_dict() == {"rare": False, "common": True}


def test_people_resolved_twice_count_once(tmp_path):
    root = generate(
        tmp_path / "twice",
        people=400,
        faults={"shared_pmr": 0.4, "shared_edukey": 0.4},
        tables=["lookup_pmr", "lookup_edukey", "ks4_pupil"],
        progress=False,
    )
    linked = [t for t in fid.targets() if t["target_id"] == "linked_all"]
    line = fid.compare(root, linked).iloc[0]
    assert line["generated"] == 1 and 50 < line["n"] <= 400


def test_the_report_says_what_was_missed_and_what_is_assumed(small, table, tmp_path):
    spoiled = table.copy()
    spoiled.loc[0, "within"] = False
    page = report(spoiled, read_manifest(small), tmp_path / "out").read_text(encoding="utf-8")
    assert spoiled.loc[0, "target"] in page.split("All targets")[0]
    assert "must not be read" in page
    assert f"{len(list(assumptions())):,} assumptions" in page
    assert not any(word in page for word in ("http://cdn", "https://", "<script", "<link"))
    assert (tmp_path / "out" / "fidelity.csv").exists()
    assert len(list((tmp_path / "out" / "plots").glob("*.svg"))) == table["topic"].nunique()


def test_targets_and_topics_that_do_not_exist_are_named(small):
    target = dict(chosen()[0], reference="nonsense:fsm:2011:", value="")
    with pytest.raises(CatalogueError, match="cannot be followed"):
        fid.target_value(target)
    with pytest.raises(UnknownName, match="Absence"):
        fid.fidelity(small, topics=["Absense"])
    with pytest.raises(CatalogueError, match="asks for NoSuchColumn"):
        fid.compare(small, [dict(chosen()[0], measure="{NoSuchColumn} = 1")])
    with pytest.raises(DataSetError, match="hesa_2011"):
        fid.compare(small, [dict(chosen()[0], table_id="hesa", year="2011", term="")])
