"""The default data set shows every code of every code list, and its limits are kept."""

from collections import defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from synth_cases import CATALOGUE, VIEWS, default_data

from leo_helpers import store
from leo_helpers.synth import DEFAULT_PEOPLE, DEFAULT_SEED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return default_data(tmp_path_factory)


def read(data, name: str, columns: list[str]) -> pa.Table:
    """Columns of a view; the few words of text columns stay in a dictionary."""
    folder = data.joinpath(*name.split(".", 1))
    return pa.concat_tables(
        pq.ParquetFile(p, read_dictionary=columns).read(columns)
        for p in sorted(folder.glob("*.parquet"))
    )


def test_every_code_appears(data):
    wanted = {name: {k.code for k in codes} for name, codes in CATALOGUE.codelists.items()}
    used = {v.codelist for t in CATALOGUE.tables for v in CATALOGUE.variables(t) if v.codelist}
    assert used == set(wanted)
    unseen = {name: set(codes) for name, codes in wanted.items()}
    for name, view in VIEWS.items():
        columns = {
            c.column: c.variable.codelist
            for c in CATALOGUE.view_columns(view)
            if c.variable.codelist and unseen[c.variable.codelist]
        }
        if columns:
            table = read(data, name, list(columns))
            for column, codelist in columns.items():
                found = pc.unique(table[column].cast(pa.string())).to_pylist()
                unseen[codelist] -= set(found)
    assert not {name: sorted(codes) for name, codes in unseen.items() if codes}


def test_every_number_lies_in_its_range(data):
    """Over all views: numbers and codes of a column with a range, also where they are text."""
    wrong, checked = [], 0
    for name, view in VIEWS.items():
        ranged = [c for c in CATALOGUE.view_columns(view) if c.variable.bounds is not None]
        table = read(data, name, [c.column for c in ranged]) if ranged else None
        for item in ranged:
            low, high = item.variable.bounds
            codelist = item.variable.codelist
            spare = {k.code for k in CATALOGUE.codes(codelist)} if codelist else set()
            spare |= {"None", "", "-1" if item.variable.missing_as == "-1" else ""}
            found = {str(v) for v in pc.unique(table[item.column]).to_pylist()} - spare
            checked += 1
            if not all(low <= float(v) <= high for v in found):
                wrong.append((name, item.column, (low, high), sorted(found)[:5]))
    assert checked > 400 and not wrong


def test_manifest_of_the_default_data_set(data):
    made = store.read_manifest(data)
    assert (made.people, made.seed) == (DEFAULT_PEOPLE, DEFAULT_SEED) == (5_000, 20_260_414)
    assert set(made.views) == set(VIEWS) and made.tables is None and made.years is None
    assert "synthetic: no real person" in made.notice and made.recipe == store.recipe()
    assert store.check(data) == []
    empty = {name for name, entry in made.views.items() if not entry.rows}
    assert empty == {"npd_i2.ks5student_2002", "npd_i2.ks5exam_2002"}  # nobody is 18 in 2002


def test_the_default_data_set_is_small(data):
    size = sum(p.stat().st_size for p in data.rglob("*.parquet"))
    assert 10e6 < size < 100e6


def test_every_file_says_that_it_is_synthetic(data):
    for path in sorted(data.rglob("*.parquet"))[::17]:
        note = pq.read_schema(path).metadata
        assert note[b"leo"] == b"synthetic: no real person"
        assert note[b"view"].decode() == f"{path.parent.parent.name}.{path.parent.name}"


def test_blocks_of_a_view_would_have_one_schema(data):
    kinds = defaultdict(set)
    for path in data.rglob("*.parquet"):
        kinds[path.parent].add(str(pq.read_schema(path).remove_metadata()))
    assert {len(k) for k in kinds.values()} == {1}
