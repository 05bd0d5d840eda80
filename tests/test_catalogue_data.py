"""Rules that the tables in data/catalogue must keep, read with the csv module only."""

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "data" / "catalogue"
TYPES = {"category", "flag", "integer", "number", "date", "text", "id"}
YEARS = re.compile(r"^\d{4}(-\d{4})?(;\d{4}(-\d{4})?)*$")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _years(text: str) -> set[int]:
    years: set[int] = set()
    for part in filter(None, text.split(";")):
        first, _, last = part.partition("-")
        years.update(range(int(first), int(last or first) + 1))
    return years


def _patterns(text: str) -> list[tuple[str, set[int]]]:
    """Split ``pattern@years;pattern@years``; years never hold a semicolon here."""
    return [(e.split("@")[0], _years(e.split("@")[1])) for e in filter(None, text.split(";"))]


TABLES = {row["table_id"]: row for row in _read(CATALOGUE / "tables.csv")}
VARIABLES = _read(CATALOGUE / "variables.csv")
CODES = _read(CATALOGUE / "codes.csv")
BY_LIST: dict[str, list[dict[str, str]]] = defaultdict(list)
for _row in CODES:
    BY_LIST[_row["codelist"]].append(_row)


def _table_years(table: dict[str, str]) -> set[int]:
    if not table["first_year"]:
        return set()
    return set(range(int(table["first_year"]), int(table["last_year"]) + 1))


def _columns(variable: dict[str, str]) -> dict[tuple[int, str], str]:
    """Physical column of a variable for each (year, term); year 0 for pooled views."""
    special = _patterns(variable["columns_by_year"])
    table = TABLES[variable["table_id"]]
    slots: set[tuple[int, str]] = set()
    if table["view_kind"] == "per_year_term":
        for part in variable["terms"].split("|"):
            term, _, years = part.partition(":")
            slots |= {(year, term) for year in _years(years)}
    elif table["view_kind"] == "per_year":
        slots = {(year, "") for year in _years(variable["years"])}
    else:
        slots = {(0, "")}
    found = {}
    for year, term in slots:
        pattern = next((p for p, years in special if year in years), variable["column_pattern"])
        shown = "" if term == "PLASC" else term.lower()
        column = pattern.replace("{term}", shown).replace("{yy}", f"{year % 100:02d}")
        found[year, term] = column
    return found


def test_counts() -> None:
    assert len(TABLES) == 47
    assert len(VARIABLES) == 4468
    assert sum(v["years_status"] == "seen_in_code_only" for v in VARIABLES) == 6
    assert {v["table_id"] for v in VARIABLES} == set(TABLES)
    assert len(BY_LIST) > 300


@pytest.mark.parametrize("name", ["tables.csv", "variables.csv", "codes.csv"])
def test_files_are_plain(name: str) -> None:
    raw = (CATALOGUE / name).read_bytes()
    assert b"\r" not in raw and raw.endswith(b"\n") and not raw.startswith(b"\xef\xbb\xbf")
    raw.decode("utf-8")


def test_tables_are_well_formed() -> None:
    for table in TABLES.values():
        assert table["dataset"] in {"npd", "lilr", "hesa", "ucas", "leo"}
        assert table["year_kind"] in {"academic", "tax", "cycle", "care", "none"}
        assert table["view_kind"] in {"per_year_term", "per_year", "pooled", "lookup"}
        assert table["title"] and table["unit"] and table["aliases"] and table["chapter"]
        assert (table["year_kind"] == "none") == (table["first_year"] == "")


def test_aliases_point_to_one_table() -> None:
    names = Counter(a.lower() for t in TABLES.values() for a in t["aliases"].split(";"))
    assert [a for a, n in names.items() if n > 1] == []


def test_every_seen_view_is_produced() -> None:
    made: dict[tuple[str, str], str] = {}
    for table in TABLES.values():
        for entry in table["view_pattern"].split(";"):
            pattern, years, status = entry.split("@")
            assert status in {"seen", "implied", "assumed"}
            if "{year}" in pattern:
                for year in _years(years):
                    made[table["database"], pattern.format(year=year)] = status
            else:
                made[table["database"], pattern] = status
    seen = {
        (r["database"], r["view"]) for r in _read(Path(__file__).parent / "data/seen_views.csv")
    }
    assert len(seen) == 130
    assert seen - set(made) == set()
    assert {view for view, status in made.items() if status == "seen"} == seen


def test_views_cover_the_years_of_their_table() -> None:
    for table in TABLES.values():
        covered = {y for e in table["view_pattern"].split(";") for y in _years(e.split("@")[1])}
        missing = _table_years(table) - covered
        assert missing == ({2020} if table["table_id"] == "absence" else set()), table["table_id"]


def test_names_are_unique() -> None:
    names = Counter((v["table_id"], v["name"].lower()) for v in VARIABLES)
    assert [n for n, k in names.items() if k > 1] == []


def test_years_lie_within_the_table() -> None:
    for v in VARIABLES:
        key = (v["table_id"], v["name"])
        allowed = _table_years(TABLES[v["table_id"]])
        assert v["years_status"], key
        if not allowed:
            assert v["years"] == "", key
            continue
        assert YEARS.match(v["years"]), key
        assert _years(v["years"]) and _years(v["years"]) <= allowed, key


def test_census_terms_make_up_the_years() -> None:
    first = {"PLASC": 2002, "AUT": 2007, "SPR": 2006, "SUM": 2006}
    for v in VARIABLES:
        if v["table_id"] != "sc_pupil":
            assert v["terms"] == "", v["name"]
            continue
        terms = dict(part.split(":") for part in v["terms"].split("|"))
        assert set().union(*map(_years, terms.values())) == _years(v["years"]), v["name"]
        for term, years in terms.items():
            assert min(_years(years)) >= first[term], v["name"]
            assert term != "PLASC" or max(_years(years)) <= 2005, v["name"]
            assert term != "SUM" or 2020 not in _years(years), v["name"]


def test_patterns_hold_known_placeholders_only() -> None:
    for v in VARIABLES:
        patterns = [v["column_pattern"]] + [p for p, _ in _patterns(v["columns_by_year"])]
        for pattern in patterns:
            assert pattern and pattern == pattern.lower() and " " not in pattern, v["name"]
            assert set(re.findall(r"\{(.*?)\}", pattern)) <= {"term", "yy", "n"}, v["name"]
            assert not re.search(r"[\[\]()]", pattern), v["name"]
        assert bool(v["repeats"]) == ("{n}" in v["column_pattern"]), v["name"]
        for _, years in _patterns(v["columns_by_year"]):
            assert years and years <= _years(v["years"]), v["name"]


def test_physical_columns_are_unique_in_each_view() -> None:
    seen: dict[tuple[str, int, str, str], str] = {}
    for v in VARIABLES:
        for (year, term), column in _columns(v).items():
            key = (v["table_id"], year, term, column)
            assert key not in seen, (key, seen[key], v["name"])
            seen[key] = v["name"]


@pytest.mark.parametrize(
    ("name", "year", "term", "column"),
    [
        ("SENprovision_[term][yy]", 2002, "PLASC", "senstage_02"),
        ("SENprovision_[term][yy]", 2003, "PLASC", "senstatus_03"),
        ("SENprovision_[term][yy]", 2007, "AUT", "senprovision_aut07"),
        ("FSMeligible_[term][yy]", 2003, "PLASC", "fsmeligible_03"),
        ("LAEstab_[term][yy]_anon", 2006, "SPR", "laestab_anon_spr06"),
        ("LSOA01_[term][yy]", 2012, "SPR", "llsoa_spr12"),
        ("EthnicGroupMinor_[term][yy]", 2011, "SPR", "ethnicgroupminor_spr11"),
        ("EthnicGroup_[term][yy]", 2007, "AUT", "ethnicgroup_aut07"),
    ],
)
def test_known_census_columns(name: str, year: int, term: str, column: str) -> None:
    variable = next(v for v in VARIABLES if (v["table_id"], v["name"]) == ("sc_pupil", name))
    assert _columns(variable)[year, term] == column


def test_types_and_lists_agree() -> None:
    for v in VARIABLES:
        key = (v["table_id"], v["name"])
        assert v["type"] in TYPES, key
        if v["codelist"]:
            assert v["codelist"] in BY_LIST, key
            assert v["type"] in {"category", "flag", "integer", "number"}, key
        if v["type"] == "flag":
            assert v["codelist"] and not v["range"], key
            assert {c["code"] for c in BY_LIST[v["codelist"]]} <= {"0", "1"}, key
        if v["type"] in {"integer", "number"} and v["codelist"]:
            assert v["range"], key
        if v["range"]:
            low, high = map(float, v["range"].split(".."))
            assert low <= high and v["type"] in {"integer", "number"}, key
        assert v["request"] in {"default", "by_request", "included"}, key
        assert v["view_status"] in {"seen", "implied", "assumed"}, key
        assert v["missing_as"], key


def test_categories_have_values_or_are_named_as_gaps() -> None:
    gaps = (ROOT / "docs" / "catalogue-gaps.md").read_text(encoding="utf-8")
    for v in VARIABLES:
        if v["type"] == "category" and not v["codelist"] and not v["range"]:
            assert f"`{v['table_id']}.{v['name']}`" in gaps, (v["table_id"], v["name"])


def test_no_code_list_is_an_orphan() -> None:
    assert set(BY_LIST) - {v["codelist"] for v in VARIABLES} == set()


def test_codes_are_well_formed() -> None:
    for codelist, rows in BY_LIST.items():
        assert re.fullmatch(r"[a-z0-9_]+", codelist)
        codes = [r["code"] for r in rows]
        assert len(set(codes)) == len(codes), codelist
        assert [int(r["order"]) for r in rows] == list(range(1, len(rows) + 1)), codelist
        for r in rows:
            key = (codelist, r["code"])
            assert r["code"] and r["code"].lower() not in {"null", "blank"}, key
            assert r["label"] and len(r["label"].split()) <= 10, key
            assert r["status"] in {"form", "resolved", "open"}, key
            assert bool(r["first_year"]) == bool(r["last_year"]), key
            if r["first_year"]:
                assert 1996 <= int(r["first_year"]) <= int(r["last_year"]) <= 2021, key


def test_every_code_can_occur() -> None:
    years: dict[str, set[int]] = defaultdict(set)
    for v in VARIABLES:
        years[v["codelist"]] |= _years(v["years"])
    for r in CODES:
        if r["first_year"]:
            valid = set(range(int(r["first_year"]), int(r["last_year"]) + 1))
            assert valid & years[r["codelist"]], (r["codelist"], r["code"])


def test_code_lists_are_not_repeated() -> None:
    shapes: dict[tuple, list[str]] = defaultdict(list)
    for codelist, rows in BY_LIST.items():
        shape = tuple(sorted((r["code"], r["label"].lower(), r["first_year"]) for r in rows))
        shapes[shape].append(codelist)
    assert [names for names in shapes.values() if len(names) > 1] == []


def test_sen_codes_change_in_2015() -> None:
    rows = {r["code"]: (r["first_year"], r["last_year"]) for r in BY_LIST["sen_provision"]}
    assert rows["A"][1] == rows["P"][1] == "2015"
    assert rows["K"][0] == rows["E"][0] == "2015"


def test_labels_are_short_and_distinct() -> None:
    seen: set[tuple[str, str]] = set()
    for v in VARIABLES:
        if not v["label"]:
            continue
        assert len(v["label"].split()) <= 12, (v["table_id"], v["name"])
        assert not v["label"].endswith("."), (v["table_id"], v["name"])
        key = (v["table_id"], v["label"].lower())
        assert key not in seen, key
        seen.add(key)
