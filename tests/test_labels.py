"""Labels say what the parts of a variable's name mean (data/catalogue/label_parts.csv)."""

import csv
import re
from pathlib import Path

import pytest

CATALOGUE = Path(__file__).parent.parent / "data" / "catalogue"


def rows(name):
    with (CATALOGUE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


VARIABLES = rows("variables.csv")


@pytest.mark.parametrize(
    "rule", rows("label_parts.csv"), ids=lambda r: f"{r['table_id']}:{r['part']}"
)
def test_label_says_what_the_part_means(rule):
    held = [
        v
        for v in VARIABLES
        if v["table_id"] == rule["table_id"] and re.search(rule["part"], v["name"])
    ]
    assert held, "no variable has this part"
    wrong = [
        (v["name"], v["label"])
        for v in held
        if not re.search(rule["must_say"], v["label"], re.IGNORECASE)
    ]
    assert not wrong


def test_every_variable_has_a_short_label_of_its_own():
    seen = set()
    for v in VARIABLES:
        label = v["label"]
        assert label and len(label.split()) <= 12, (v["name"], label)
        assert not label.endswith("."), v["name"]
        key = (v["table_id"], label.lower())
        assert key not in seen, key
        seen.add(key)
