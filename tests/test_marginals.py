"""Rules for the calibration tables in ``data/marginals``."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "data" / "marginals"
COLUMNS = {
    "shares.csv": "distribution,year,group,value,share,status,source_id,note",
    "rates.csv": "rate,year,group,value,unit,status,source_id,note",
    "quantiles.csv": "quantity,year,group,p,value,unit,status,source_id,note",
    "sources.csv": "source_id,title,publisher,year,address,licence",
}
TABLES = ("shares.csv", "rates.csv", "quantiles.csv")


def read(file: str) -> list[dict[str, str]]:
    """Rows of one table; every cell is text."""
    with (FOLDER / file).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def series(file: str, name: str) -> dict[tuple[str, str, str], list[dict[str, str]]]:
    """Rows by (name, year, group)."""
    found = defaultdict(list)
    for row in read(file):
        found[row[name], row["year"], row["group"]].append(row)
    return found


@pytest.mark.parametrize("file", COLUMNS)
def test_columns(file: str) -> None:
    with (FOLDER / file).open(encoding="utf-8") as handle:
        assert handle.readline().strip() == COLUMNS[file]


@pytest.mark.parametrize("file", TABLES)
def test_status_source_and_note(file: str) -> None:
    known = {row["source_id"] for row in read("sources.csv")}
    for row in read(file):
        if row["status"] == "assumed":
            assert not row["source_id"] and row["note"].strip(), row
        else:
            assert row["status"] in ("published", "derived"), row
            assert row["source_id"] in known, row


@pytest.mark.parametrize("file", TABLES)
def test_years_and_groups(file: str) -> None:
    name = COLUMNS[file].split(",")[0]
    dated: dict[tuple[str, str], set[bool]] = defaultdict(set)
    for row in read(file):
        if row["year"]:
            assert 1996 <= int(row["year"]) <= 2024, row
        dated[row[name], row["group"]].add(bool(row["year"]))
        keys = [pair.split("=")[0] for pair in row["group"].split(";") if pair]
        assert keys == sorted(keys) and len(keys) == len(set(keys)), row
        assert all("=" in pair for pair in row["group"].split(";") if pair), row
    mixed = [key for key, kinds in dated.items() if len(kinds) > 1]
    assert not mixed, f"both dated and undated rows: {mixed}"


def test_every_source_is_used_once() -> None:
    sources = [row["source_id"] for row in read("sources.csv")]
    assert len(sources) == len(set(sources))
    used = {row["source_id"] for file in TABLES for row in read(file)} - {""}
    assert set(sources) == used
    for row in read("sources.csv"):
        assert all(row.values()), row


def test_shares_sum_to_one() -> None:
    for key, rows in series("shares.csv", "distribution").items():
        values = [row["value"] for row in rows]
        assert len(values) == len(set(values)), key
        shares = [float(row["share"]) for row in rows]
        assert all(0 <= share <= 1 for share in shares), key
        assert abs(sum(shares) - 1) <= 1e-6, (key, sum(shares))


def test_rates_are_single_numbers() -> None:
    for key, rows in series("rates.csv", "rate").items():
        assert len(rows) == 1, key
        row = rows[0]
        if row["unit"].startswith("share"):
            assert 0 <= float(row["value"]) <= 1, row


def test_quantiles_rise() -> None:
    grids: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for key, rows in series("quantiles.csv", "quantity").items():
        p = [float(row["p"]) for row in rows]
        value = [float(row["value"]) for row in rows]
        assert p[0] == 0 and p[-1] == 1 and p == sorted(set(p)), key
        assert value == sorted(value), key
        assert len({row["unit"] for row in rows}) == 1, key
        grids[key[0], key[2]].add(tuple(row["p"] for row in rows))
    assert all(len(grid) == 1 for grid in grids.values()), "quantiles change between years"


def test_readme_lists_every_name() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for file in TABLES:
        column = COLUMNS[file].split(",")[0]
        for name in {row[column] for row in read(file)}:
            assert f"`{name}`" in text, f"README.md does not explain {name} of {file}"
