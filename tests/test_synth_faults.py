"""Each fault alone: it changes the tables that faults.csv lists for it, and no other."""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from synth_cases import CATALOGUE, TABLES, VIEWS, draw, spine

from leo_helpers.errors import GenerateError
from leo_helpers.synth.digest import table_hash
from leo_helpers.synth.engine import wanted_views
from leo_helpers.synth.faults import LEVELS, fault_rates, fault_table

#: Years of yearly views in which every fault can strike.
YEARS = (2003, 2008, 2012, 2018)
RARE = {"repeated_permanent", "two_pmr"}


@cache
def some_views(table: str, people: int):
    found = wanted_views(CATALOGUE, table, None)
    if found[0].year is None:
        return found
    years = YEARS if people < 1000 else range(2002, 2012)
    return [v for v in found if v.year in years] or found[-1:]


@cache
def hashes(table: str, people: int) -> dict[str, int]:
    """Hash of some views of a table without any fault."""
    return {v.name: table_hash(draw(v, spine(0, people))) for v in some_views(table, people)}


class Asked(dict):
    """Fault rates that note which fault a table asked for: it cannot depend on any other."""

    def __init__(self, rates: dict[str, float]) -> None:
        super().__init__(rates)
        self.table, self.tables = "", defaultdict(set)

    def get(self, fault: str, default: float = 0.0) -> float:
        self.tables[fault].add(self.table)
        return super().get(fault, default)

    def __getitem__(self, fault: str) -> float:
        self.tables[fault].add(self.table)
        return super().__getitem__(fault)


@cache
def asked() -> dict[str, set[str]]:
    from leo_helpers.synth.engine import view_table
    from leo_helpers.synth.spine import Spine

    people, rates = Spine(0, 60, 1), Asked(fault_rates("harsh"))
    for table in TABLES:
        for view in some_views(table, 60):
            rates.table = table
            view_table(view, CATALOGUE, people, rates)
    return rates.tables


def test_tables_ask_only_for_listed_faults():
    known = set(fault_table())
    assert set(asked()) - {""} == known
    lookups = {"lookup_pmr", "lookup_edukey"}  # the keys there are never blank
    for fault, row in fault_table().items():
        listed = set(row["tables"].split(";"))
        assert asked()[fault] - listed <= (lookups if fault == "empty_keys" else set()), fault


@pytest.mark.parametrize("fault", sorted(fault_table()))
def test_a_fault_alone_changes_its_tables(fault):
    people = 2500 if fault in RARE else 300
    listed = set(fault_table()[fault]["tables"].split(";"))
    if fault == "two_pmr":
        listed = {"exclusions_to_2005", "sc_pupil", "lookup_pmr", "ks4_pupil"}
    same = []
    for table in sorted(listed):
        views = {v.name: v for v in some_views(table, people)}
        before = hashes(table, people)
        if all(
            table_hash(draw(v, spine(0, people), {fault: 1.0})) == before[n]
            for n, v in views.items()
        ):
            same.append(table)
    assert not same


def test_a_fault_at_rate_zero_is_no_fault():
    view = VIEWS["npd_i2.spring_census_2012"]
    zero = dict.fromkeys(fault_table(), 0.0)
    assert table_hash(draw(view, None, zero)) == table_hash(draw(view))


def test_faults_do_not_stir_each_other():
    view = VIEWS["leo_i2.leo_employment"]
    one = draw(view, None, {"uncertain_start": 0.5})
    both = draw(view, None, {"uncertain_start": 0.5, "uncertain_end": 0.5})
    for column in one.column_names:
        same = one[column].equals(both[column])
        assert same == (column not in ("enddate", "uncertainenddate")), column


# ---- what a clean data set does not have, and a faulty one does --------------------------------
def values(table, column):
    return table[column].to_pylist()


def repeated(*columns) -> bool:
    rows = list(zip(*columns, strict=True))
    return len(rows) != len(set(rows))


def census(faults, year=2012):
    data = draw(VIEWS[f"npd_i2.spring_census_{year}"], None, faults)
    return {c.rpartition("_")[0]: values(data, c) for c in data.column_names}


def jobs(faults):
    data = draw(VIEWS["leo_i2.leo_employment"], None, faults)
    return {c: values(data, c) for c in data.column_names}


def _ilr(faults):
    aims = draw(VIEWS["lilr_i2.aims"], None, faults)
    learners = draw(VIEWS["lilr_i2.learners"], None, faults)
    return set(values(aims, "external_id")) <= set(values(learners, "external_id"))


def _lookup(name, faults):
    view = next(v for n, v in VIEWS.items() if v.table_id == f"lookup_{name}")
    return {c: values(t, c) for t in [draw(view, None, faults)] for c in t.column_names}


def _column(view, column, faults):
    return values(draw(VIEWS[view], None, faults), column)


SIGNS = {
    "dual_registration": lambda f: repeated(census(f)["pupilmatchingrefanonymous"]),
    "off_roll_rows": lambda f: (
        None in census(f)["fsmeligible"] or repeated(census(f)["pupilmatchingrefanonymous"])
    ),
    "empty_keys": lambda f: census(f)["pupilmatchingrefanonymous"].count("") > 0,
    "sen_type_in_stage": lambda f: "MLD" in census(f)["senprovision"],
    "text_in_code": lambda f: any(" - text" in (v or "") for v in census(f)["ethnicgroupminor"]),
    "gender_letters": lambda f: {"B", "G"} <= set(census(f)["gender"]),
    "born_later": lambda f: max(census(f)["yearofbirth"]) > 2012,
    "two_pmr": lambda f: repeated(_lookup("pmr", f)["ae_id"]),
    "two_edukey": lambda f: repeated(_lookup("edukey", f)["ae_id"]),
    "false_links": lambda f: (
        repeated(_lookup("pmr", f)["ae_id"])
        or sorted(_lookup("pmr", f)["ae_id"]) != sorted(set(_lookup("pmr", {})["ae_id"]))
    ),
    "repeated_lookup_pairs": lambda f: repeated(*_lookup("pmr", f).values()),
    "shared_pmr": lambda f: repeated(_lookup("pmr", f)["pupilmatchingrefanonymous"]),
    "shared_edukey": lambda f: repeated(_lookup("edukey", f)["edukey"]),
    "missed_links": lambda f: len(_lookup("edukey", f)["edukey"]) < 300,
    "edukey_without_ae_id": lambda f: (
        len(_lookup("edukey", f)["edukey"])
        < len(set(_column("leo_i2.leo_geography", "edukey", {})))
    ),
    "record_without_ae_id": lambda f: (
        not set(_column("lilr_i2.learners", "recordid", f)) <= set(_lookup("recid", f)["recordid"])
    ),
    "uncertain_start": lambda f: 1 in jobs(f)["uncertainstartdate"],
    "uncertain_end": lambda f: 1 in jobs(f)["uncertainenddate"],
    "aim_without_learner": lambda f: not _ilr(f),
    "hesa_without_pmr": lambda f: (
        sum(v == "" for v in _column("hesa_i2.hesa_2012", "he_pupilmatchingrefanonymous", f))
        > sum(v == "" for v in _column("hesa_i2.hesa_2012", "he_pupilmatchingrefanonymous", {}))
    ),
    "open_end_9999": lambda f: any(
        d and d.year == 9999 for d in _column("leo_i2.leo_benefit", "enddate", f)
    ),
    "nccis_month_missing": lambda f: (
        len(_column("npd_i2.nccis_2011_to_2021", "nccis_acadyr", f)) % 12 != 0
    ),
    "nccis_two_authorities": lambda f: (
        len(_column("npd_i2.nccis_2011_to_2021", "nccis_acadyr", f))
        > len(_column("npd_i2.nccis_2011_to_2021", "nccis_acadyr", {}))
    ),
    "firm_not_in_idbr": lambda f: any(
        not v for v in _column("leo_i2.leo_earnings", "main_enterprise", f)
    ),
}


@pytest.mark.parametrize("fault", sorted(SIGNS))
def test_the_sign_of_a_fault(fault):
    assert SIGNS[fault]({fault: 0.5}), "not found although the fault is on"
    assert not SIGNS[fault]({}), "found although every fault is off"


def test_struck_share_is_the_rate():
    genders = np.array(census({"gender_letters": 0.2}, 2010)["gender"])
    share = np.isin(genders, ["B", "G"]).mean()
    assert abs(share - 0.2) < 4 * (0.16 / len(genders)) ** 0.5
    boys = set(np.array(census({}, 2010)["gender"])[genders == "B"])
    assert boys == {"M"}


def test_links_are_missed_unevenly():
    from leo_helpers.synth.work import linked

    people = spine(0, 20_000)
    found = linked(people, {"missed_links": 0.05})
    minority = people.ethnicity > 0
    assert 0.93 < found.mean() < 0.97
    assert found[minority].mean() < found[~minority].mean() - 0.01


# ---- the dial ----------------------------------------------------------------------------------
def test_the_dial():
    assert fault_rates("none") == {}
    mild, harsh = fault_rates("documented"), fault_rates("harsh")
    assert mild.keys() == harsh.keys() == fault_table().keys()
    assert all(0 < mild[f] <= harsh[f] <= 1 for f in mild)
    assert fault_rates("harsh,two_pmr=0")["two_pmr"] == 0
    assert set(LEVELS) == {"none", "documented", "harsh"}


@pytest.mark.parametrize(
    "words,message",
    [
        ("mild", "no level 'mild'. Use none, documented or harsh."),
        ("none,scan_gpa=0.1", "no fault called 'scan_gpa'. Nearest: scan_gap."),
        ("none,scan_gap=2", "scan_gap is 2.0. Give 0 to 1."),
        ("none,scan_gap=lots", "is 'lots', which is no number. Write scan_gap=0.05"),
        ("none,scan_gap", "is '', which is no number"),
        ({"scan_gap": -0.1}, "scan_gap is -0.1. Give 0 to 1."),
        ({"scan_gap": float("nan")}, "scan_gap is nan. Give 0 to 1."),
    ],
)
def test_errors_of_the_dial(words, message):
    with pytest.raises(GenerateError) as caught:
        fault_rates(words)
    assert message in str(caught.value)
