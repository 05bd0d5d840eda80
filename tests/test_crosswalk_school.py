"""What the harmonised codes of school and care must mean, read with the csv module alone."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from leo_helpers.catalogue import load_catalogue
from leo_helpers.harmonise import harmonise

CROSSWALK = Path(__file__).resolve().parents[1] / "data" / "crosswalk"
BROAD = {
    "WHIT": "WBRI WIRI WIRT WROM WOTH",
    "MIXD": "MWBC MWBA MWAS MOTH",
    "ASIA": "AIND APKN ABAN AOTH",
    "BLAC": "BCRB BAFR BOTH",
    "CHIN": "CHNE",
    "AOEG": "OOTH",
    "UNCL": "UNCL",
}
BROAD_OF = {minor: major for major, minors in BROAD.items() for minor in minors.split()}


def _read(name):
    with (CROSSWALK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def recodes():
    found = defaultdict(dict)
    for folder in ("shared", "school"):
        for row in _read(f"{folder}/recodes.csv"):
            found[row["recode"]][row["from"]] = row["to"]
    return found


@pytest.fixture(scope="module")
def sources():
    return _read("school/sources.csv")


def test_minor_and_major_ethnicity_agree_in_every_frame(recodes):
    frames = [name[10:] for name in recodes if name.startswith("eth_minor_")]
    assert len(frames) >= 7
    for frame in frames:
        minor, major = recodes[f"eth_minor_{frame}"], recodes[f"eth_major_{frame}"]
        assert minor.keys() == major.keys(), frame
        wrong = {
            c: major[c] for c, m in minor.items() if c != "*" and m and BROAD_OF[m] != major[c]
        }
        assert not wrong, frame


def test_the_stages_of_2002_agree_with_later_ones(recodes):
    early, later = recodes["sen3_2002"], recodes["sen3"]
    both = early.keys() & later.keys()
    assert {"N", "A", "P", "S"} <= both
    assert {c: early[c] for c in both} == {c: later[c] for c in both}
    assert [early[str(stage)] for stage in range(1, 6)] == ["1", "1", "1", "1", "2"]


def test_no_code_of_the_catalogue_is_forgotten(recodes, sources):
    catalogue = load_catalogue()
    forgotten = []
    for row in (row for row in sources if row["rule"] == "recode"):
        variable = catalogue.variable(row["table_id"], row["variables"].partition("#")[0])
        first, last = int(row["first_year"] or 0), int(row["last_year"] or 9999)
        forgotten += [
            (row["table_id"], row["concept"], code.code)
            for code in (catalogue.codes(variable.codelist) if variable.codelist else ())
            if (code.first_year or first) <= last
            and (code.last_year or last) >= first
            and code.code.strip().upper() not in recodes[row["argument"].partition(";")[0]]
        ]
    assert not forgotten


def test_every_source_of_a_rule_or_break_is_cited(sources):
    cited = {row["source_id"] for row in _read("shared/sources_cited.csv")}
    rows = [*sources, *_read("school/breaks.csv"), *_read("shared/breaks.csv")]
    named = {name for row in rows for name in row["source_id"].split(";")}
    assert named <= cited


def test_absence_rates_and_thresholds_follow_from_the_sessions(small_data):
    found = harmonise("absence", root=small_data).to_pandas()
    assert set(found["year"]) == {*range(2006, 2020), 2021}
    known = found[found["sessions_possible"].notna() & found["sessions_overall"].notna()]
    known = known[known["sessions_possible"] > 0].astype(
        {"sessions_overall": "int64", "sessions_possible": "int64", "absence_rate": "float64"}
    )
    assert len(known) > 0.9 * len(found)
    share = known["sessions_overall"] / known["sessions_possible"]
    assert (share - known["absence_rate"]).abs().max() < 1e-12
    for threshold in (10, 15, 20):
        at_least = known["sessions_overall"] * 100 >= known["sessions_possible"] * threshold
        assert at_least.tolist() == known[f"persistent_{threshold}"].eq(1).tolist()


def test_the_school_census_keeps_its_rows_and_its_two_kinds_of_area(small_data):
    found = harmonise("sc_pupil", ["lsoa01", "lsoa11", "on_roll", "census_term"], root=small_data)
    frame = found.to_pandas()
    assert frame.loc[frame["year"] < 2013, "lsoa11"].isna().all()
    assert frame.loc[frame["year"] > 2014, "lsoa01"].isna().all()
    assert frame.loc[frame["year"].between(2013, 2014), ["lsoa01", "lsoa11"]].notna().any().all()
    terms = {"AUT": "1", "SPR": "2", "PLASC": "2", "SUM": "3"}
    assert frame["census_term"].astype(str).tolist() == frame["term"].map(terms).tolist()
